"""Known wrong versions of chapter 12; each docstring is what a teacher would say about it."""

# ruff: noqa: F821 -- the solution's names are put beside these versions when a submission is assembled
from __future__ import annotations

from typing import Any

import torch
from onnx import ModelProto, TensorProto, helper, numpy_helper
from torch import Tensor

# --- export_mlp -------------------------------------------------------------------------------------------


def _node(model, op_type):
    """The first node of a type."""
    return next(node for node in model.graph.node if node.op_type == op_type)


def _rebuilt(model, nodes=None, initializers=None, opset=17):
    """The same model with some part replaced."""
    graph = helper.make_graph(
        list(model.graph.node) if nodes is None else nodes,
        "mlp",
        list(model.graph.input),
        list(model.graph.output),
        list(model.graph.initializer) if initializers is None else initializers,
    )
    return helper.make_model_gen_version(graph, opset_imports=[helper.make_opsetid("", opset)])


def export_mlp__weights_not_transposed(
    layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False
) -> ModelProto:
    """transB is missing: a square weight is used the wrong way round, any other does not fit."""
    model = export_mlp(layers, softmax=softmax)
    for node in model.graph.node:
        if node.op_type == "Gemm":
            node.ClearField("attribute")
    return model


def export_mlp__transposed_twice(layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False) -> ModelProto:
    """The weights are stored transposed and transB is set as well; one of the two is enough."""
    model = export_mlp([(weight.T.contiguous(), bias) for weight, bias in layers], softmax=softmax)
    for value, weight in (
        (model.graph.input[0], layers[0][0].shape[1]),
        (model.graph.output[0], layers[-1][0].shape[0]),
    ):
        value.type.tensor_type.shape.dim[1].dim_value = weight
    return model


def export_mlp__relu_after_the_last(
    layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False
) -> ModelProto:
    """A ReLU follows the last layer too; its outputs may be negative."""
    model = export_mlp(layers)
    last = model.graph.output[0].name
    nodes = [*model.graph.node, helper.make_node("Relu", [last], ["last"])]
    model.graph.output[0].name = "last"
    if softmax:
        nodes.append(helper.make_node("Softmax", ["last"], ["p"]))
        model.graph.output[0].name = "p"
    return _rebuilt(model, nodes)


def export_mlp__no_relu(layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False) -> ModelProto:
    """There is no ReLU between the layers, so the whole is one linear layer."""
    nodes, current = [], "x"
    model = export_mlp(layers, softmax=softmax)
    for node in model.graph.node:
        if node.op_type != "Relu":
            node.input[0] = current
            nodes.append(node)
            current = node.output[0]
    return _rebuilt(model, nodes)


def export_mlp__relu_before_the_first(
    layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False
) -> ModelProto:
    """A ReLU stands before the first layer; it belongs between the layers."""
    model = export_mlp(layers, softmax=softmax)
    model.graph.node[0].input[0] = "cut"
    return _rebuilt(model, [helper.make_node("Relu", ["x"], ["cut"]), *model.graph.node])


def export_mlp__softmax_ignored(layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False) -> ModelProto:
    """softmax=True has no effect."""
    return export_mlp(layers)


def export_mlp__softmax_always(layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False) -> ModelProto:
    """A softmax is added without being asked for."""
    return export_mlp(layers, softmax=True)


def export_mlp__softmax_over_the_batch(
    layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False
) -> ModelProto:
    """The softmax runs over the batch; it must run over the classes."""
    model = export_mlp(layers, softmax=softmax)
    if softmax:
        _node(model, "Softmax").attribute.append(helper.make_attribute("axis", 0))
    return model


def export_mlp__log_softmax(layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False) -> ModelProto:
    """The logarithm of the softmax is exported; the shares themselves are asked for."""
    model = export_mlp(layers, softmax=softmax)
    if softmax:
        _node(model, "Softmax").op_type = "LogSoftmax"
    return model


def export_mlp__fixed_batch(layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False) -> ModelProto:
    """The batch axis is fixed to 1; other batches are refused."""
    model = export_mlp(layers, softmax=softmax)
    for value in (model.graph.input[0], model.graph.output[0]):
        value.type.tensor_type.shape.dim[0].dim_value = 1
    return model


def export_mlp__two_batch_names(layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False) -> ModelProto:
    """Input and output call the batch axis by two names, as if its size could change on the way."""
    model = export_mlp(layers, softmax=softmax)
    model.graph.output[0].type.tensor_type.shape.dim[0].dim_param = "M"
    return model


def export_mlp__no_shapes(layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False) -> ModelProto:
    """Input and output say nothing about their shapes."""
    model = export_mlp(layers, softmax=softmax)
    for value in (model.graph.input[0], model.graph.output[0]):
        value.type.tensor_type.ClearField("shape")
    return model


def export_mlp__width_has_a_name(layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False) -> ModelProto:
    """All axes have names; only the batch is free, the widths are those of the weights."""
    model = export_mlp(layers, softmax=softmax)
    for value, name in ((model.graph.input[0], "D"), (model.graph.output[0], "C")):
        value.type.tensor_type.shape.dim[1].dim_param = name
    return model


def export_mlp__bias_missing(layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False) -> ModelProto:
    """The biases are left out."""
    return export_mlp([(weight, torch.zeros_like(bias)) for weight, bias in layers], softmax=softmax)


def export_mlp__bias_not_stored(layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False) -> ModelProto:
    """The biases are named in the nodes but not stored in the model."""
    model = export_mlp(layers, softmax=softmax)
    return _rebuilt(
        model, initializers=[tensor for tensor in model.graph.initializer if len(tensor.dims) == 2]
    )


def export_mlp__one_name_for_all_weights(
    layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False
) -> ModelProto:
    """All layers store their weight under the same name, so that only one is left."""
    model = export_mlp(layers, softmax=softmax)
    first = model.graph.node[0].input[1]
    for node in model.graph.node:
        if node.op_type == "Gemm":
            node.input[1] = first
    return model


def export_mlp__weights_are_inputs(
    layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False
) -> ModelProto:
    """The weights are listed among the model's inputs; it should have one input."""
    model = export_mlp(layers, softmax=softmax)
    for tensor in model.graph.initializer:
        model.graph.input.append(
            helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims))
        )
    return model


def export_mlp__weights_are_constants(
    layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False
) -> ModelProto:
    """The weights are hidden in nodes of type Constant; they belong to the initializers, where tools look for them."""
    model = export_mlp(layers, softmax=softmax)
    constants = [
        helper.make_node("Constant", [], [tensor.name], value=tensor) for tensor in model.graph.initializer
    ]
    return _rebuilt(model, [*constants, *model.graph.node], initializers=[])


def export_mlp__biases_are_constants(
    layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False
) -> ModelProto:
    """The biases are hidden in nodes of type Constant; they belong to the initializers, like the weights."""
    model = export_mlp(layers, softmax=softmax)
    stored = list(model.graph.initializer)
    constants = [
        helper.make_node("Constant", [], [tensor.name], value=tensor)
        for tensor in stored
        if len(tensor.dims) == 1
    ]
    matrices = [tensor for tensor in stored if len(tensor.dims) == 2]
    return _rebuilt(model, [*constants, *model.graph.node], initializers=matrices)


def export_mlp__every_layer_an_output(
    layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False
) -> ModelProto:
    """The result of every layer is an output; the model should have one."""
    model = export_mlp(layers, softmax=softmax)
    outputs = {model.graph.output[0].name}
    for node, (weight, _) in zip([n for n in model.graph.node if n.op_type == "Gemm"], layers):
        if node.output[0] not in outputs:
            shape = ["N", weight.shape[0]]
            model.graph.output.append(helper.make_tensor_value_info(node.output[0], TensorProto.FLOAT, shape))
    return model


def export_mlp__wrong_order(layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False) -> ModelProto:
    """The nodes stand in the reverse order, so that a node reads what nobody has written yet."""
    model = export_mlp(layers, softmax=softmax)
    return _rebuilt(model, list(model.graph.node)[::-1])


def export_mlp__double_precision(layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False) -> ModelProto:
    """The weights are stored as float64 in a model of float32."""
    model = export_mlp(layers, softmax=softmax)
    doubles = [
        helper.make_tensor(t.name, TensorProto.DOUBLE, t.dims, numpy_helper.to_array(t).flatten().tolist())
        for t in model.graph.initializer
    ]
    return _rebuilt(model, initializers=doubles)


def export_mlp__rounded_weights(layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False) -> ModelProto:
    """The weights lose digits on the way into the model, as they do when they are printed."""
    return export_mlp(
        [(torch.round(w, decimals=2), torch.round(b, decimals=2)) for w, b in layers], softmax=softmax
    )


def export_mlp__newest_operator_set(
    layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False
) -> ModelProto:
    """The model declares whatever operator set is newest here; the runtimes of others may not know it."""
    return helper.make_model(export_mlp(layers, softmax=softmax).graph)


def export_mlp__no_operator_set(layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False) -> ModelProto:
    """The model does not declare an operator set."""
    model = export_mlp(layers, softmax=softmax)
    model.ClearField("opset_import")
    return model


def export_mlp__first_layer_only(layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False) -> ModelProto:
    """Only the first layer is exported."""
    return export_mlp(layers[:1], softmax=softmax)


def export_mlp__graph_only(layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False) -> ModelProto:
    """The graph is returned; a model is the graph with its operator set around it."""
    return export_mlp(layers, softmax=softmax).graph


def export_mlp__softmax_for_every_layer(
    layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False
) -> ModelProto:
    """With softmax=True the layers are joined by softmax, not by ReLU."""
    model = export_mlp(layers, softmax=softmax)
    for node in model.graph.node:
        if softmax and node.op_type == "Relu":
            node.op_type = "Softmax"
    return model


def export_mlp__bias_multiplied(layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False) -> ModelProto:
    """beta = 0 in Gemm leaves the bias out."""
    model = export_mlp(layers, softmax=softmax)
    _node(model, "Gemm").attribute.append(helper.make_attribute("beta", 0.0))
    return model


# --- run_model --------------------------------------------------------------------------------------------


def _input_name(graph):
    """The input that no initializer fills."""
    stored = {tensor.name for tensor in graph.initializer}
    return next(value.name for value in graph.input if value.name not in stored)


def _relu(x: Tensor) -> Tensor:
    return x.clamp(min=0)


def _softmax(x: Tensor, axis: int = -1) -> Tensor:
    shares = torch.exp(x - x.amax(axis, keepdim=True))
    return shares / shares.sum(axis, keepdim=True)


def _gemm(
    a: Tensor,
    b: Tensor,
    c: Tensor | float = 0.0,
    alpha: float = 1.0,
    beta: float = 1.0,
    transA: int = 0,
    transB: int = 0,
) -> Tensor:
    return alpha * ((a.T if transA else a) @ (b.T if transB else b)) + beta * c


def _interpret(model, x, **changed):
    """Run a model with some operations replaced."""
    operators = {"Gemm": _gemm, "MatMul": torch.matmul, "Add": torch.add, "Relu": _relu, "Softmax": _softmax}
    operators |= changed
    values = {tensor.name: torch.tensor(numpy_helper.to_array(tensor)) for tensor in model.graph.initializer}
    values[_input_name(model.graph)] = x
    for node in model.graph.node:
        if node.op_type not in operators:
            raise ValueError(f"no operation {node.op_type}")
        attributes = {entry.name: helper.get_attribute_value(entry) for entry in node.attribute}
        values[node.output[0]] = operators[node.op_type](*[values[n] for n in node.input if n], **attributes)
    return values[model.graph.output[0].name]


def run_model__alpha_ignored(model: ModelProto, x: Tensor) -> Tensor:
    """alpha is ignored."""

    def gemm(a, b, c=0.0, alpha=1.0, **attributes):
        return _gemm(a, b, c, **attributes)

    return _interpret(model, x, Gemm=gemm)


def run_model__beta_ignored(model: ModelProto, x: Tensor) -> Tensor:
    """beta is ignored."""

    def gemm(a, b, c=0.0, beta=1.0, **attributes):
        return _gemm(a, b, c, **attributes)

    return _interpret(model, x, Gemm=gemm)


def run_model__alpha_scales_the_bias(model: ModelProto, x: Tensor) -> Tensor:
    """alpha multiplies the bias as well; it belongs to the product only."""

    def gemm(a, b, c=0.0, alpha=1.0, **attributes):
        return alpha * _gemm(a, b, c, **attributes)

    return _interpret(model, x, Gemm=gemm)


def run_model__missing_beta_is_zero(model: ModelProto, x: Tensor) -> Tensor:
    """A beta that is not there counts as 0; its default is 1."""

    def gemm(a, b, c=0.0, beta=0.0, **attributes):
        return _gemm(a, b, c, beta=beta, **attributes)

    return _interpret(model, x, Gemm=gemm)


def run_model__missing_alpha_is_zero(model: ModelProto, x: Tensor) -> Tensor:
    """An alpha that is not there counts as 0; its default is 1."""

    def gemm(a, b, c=0.0, alpha=0.0, **attributes):
        return _gemm(a, b, c, alpha=alpha, **attributes)

    return _interpret(model, x, Gemm=gemm)


def run_model__always_transposes_b(model: ModelProto, x: Tensor) -> Tensor:
    """The second matrix of Gemm is always transposed; only transB = 1 asks for it."""

    def gemm(a, b, c=0.0, transB=1, **attributes):
        return _gemm(a, b, c, transB=1, **attributes)

    return _interpret(model, x, Gemm=gemm)


def run_model__never_transposes_b(model: ModelProto, x: Tensor) -> Tensor:
    """transB is ignored; with a square weight the numbers are wrong."""

    def gemm(a, b, c=0.0, transB=0, **attributes):
        return _gemm(a, b, c, **attributes)

    return _interpret(model, x, Gemm=gemm)


def run_model__never_transposes_a(model: ModelProto, x: Tensor) -> Tensor:
    """transA is ignored."""

    def gemm(a, b, c=0.0, transA=0, **attributes):
        return _gemm(a, b, c, **attributes)

    return _interpret(model, x, Gemm=gemm)


def run_model__transposes_switched(model: ModelProto, x: Tensor) -> Tensor:
    """transA and transB are mixed up."""

    def gemm(a, b, c=0.0, transA=0, transB=0, **attributes):
        return _gemm(a, b, c, transA=transB, transB=transA, **attributes)

    return _interpret(model, x, Gemm=gemm)


def run_model__bias_required(model: ModelProto, x: Tensor) -> Tensor:
    """The third input of Gemm is required; it may be missing."""

    def gemm(a, b, c, **attributes):
        return _gemm(a, b, c, **attributes)

    return _interpret(model, x, Gemm=gemm)


def run_model__softmax_axis_ignored(model: ModelProto, x: Tensor) -> Tensor:
    """The axis of Softmax is ignored; the last is used always."""
    return _interpret(model, x, Softmax=lambda x, axis=-1: _softmax(x))


def run_model__softmax_axis_1_by_default(model: ModelProto, x: Tensor) -> Tensor:
    """An axis that is not there counts as 1, the rule before operator set 13; since then it is the last."""
    return _interpret(model, x, Softmax=lambda x, axis=1: _softmax(x, axis if x.ndim > 1 else 0))


def run_model__softmax_overflows(model: ModelProto, x: Tensor) -> Tensor:
    """The row's largest score is not subtracted, so large scores overflow to inf / inf."""

    def softmax(x, axis=-1):
        return torch.exp(x) / torch.exp(x).sum(axis, keepdim=True)

    return _interpret(model, x, Softmax=softmax)


def run_model__unknown_skipped(model: ModelProto, x: Tensor) -> Tensor:
    """An unknown operation is skipped in silence."""
    names = {node.op_type for node in model.graph.node} - {"Gemm", "MatMul", "Add", "Relu", "Softmax"}
    return _interpret(model, x, **{name: lambda first, *rest, **attributes: first for name in names})


def run_model__unknown_not_named(model: ModelProto, x: Tensor) -> Tensor:
    """An unknown operation is refused, but the message does not say which it is."""
    for node in model.graph.node:
        if node.op_type not in ("Gemm", "MatMul", "Add", "Relu", "Softmax"):
            raise ValueError("the model has an operation that is not known")
    return _interpret(model, x)


def run_model__unknown_key_error(model: ModelProto, x: Tensor) -> Tensor:
    """An unknown operation ends in a KeyError; it must be a ValueError."""
    for node in model.graph.node:
        if node.op_type not in ("Gemm", "MatMul", "Add", "Relu", "Softmax"):
            raise KeyError(node.op_type)
    return _interpret(model, x)


def run_model__first_input(model: ModelProto, x: Tensor) -> Tensor:
    """The first input gets x; in some models an initializer is listed before it."""
    values = {model.graph.input[0].name: x}
    free = _input_name(model.graph)
    if free not in values:
        raise KeyError(free)
    return _interpret(model, x)


def run_model__last_input(model: ModelProto, x: Tensor) -> Tensor:
    """The last input gets x; in some models initializers are listed after it."""
    free = _input_name(model.graph)
    if model.graph.input[-1].name != free:
        raise KeyError(free)
    return _interpret(model, x)


def run_model__takes_nodes_out(model: ModelProto, x: Tensor) -> Tensor:
    """Each node is taken out of the model as it is run, so that the model can be run only once."""
    out = _interpret(model, x)
    del model.graph.node[:]
    return out


def run_model__last_value(model: ModelProto, x: Tensor) -> Tensor:
    """The value of the last node is returned; the graph says which value is its output."""
    model.graph.output[0].name = model.graph.node[-1].output[0]
    return _interpret(model, x)


def run_model__own_names_only(model: ModelProto, x: Tensor) -> Tensor:
    """The input must be called x, as in the own export; names are free."""
    if _input_name(model.graph) != "x":
        raise KeyError("x")
    return _interpret(model, x)


def run_model__chain_only(model: ModelProto, x: Tensor) -> Tensor:
    """Each node gets the value of the node before it, whatever name it reads."""
    values = {tensor.name: torch.tensor(numpy_helper.to_array(tensor)) for tensor in model.graph.initializer}
    for node in model.graph.node:
        stored = [values[name] for name in node.input if name in values]
        attributes = {entry.name: helper.get_attribute_value(entry) for entry in node.attribute}
        operators = {
            "Gemm": _gemm,
            "MatMul": torch.matmul,
            "Add": torch.add,
            "Relu": _relu,
            "Softmax": _softmax,
        }
        if node.op_type not in operators:
            raise ValueError(f"no operation {node.op_type}")
        x = operators[node.op_type](x, *stored, **attributes)
    return x


def run_model__relu_in_place(model: ModelProto, x: Tensor) -> Tensor:
    """Relu changes its input in place; whoever reads that value next gets the changed one."""
    return _interpret(model, x, Relu=lambda x: x.clamp_(min=0))


def run_model__relu_of_the_size(model: ModelProto, x: Tensor) -> Tensor:
    """Relu takes the absolute value; negative numbers become 0."""
    return _interpret(model, x, Relu=torch.abs)


def run_model__empty_names_looked_up(model: ModelProto, x: Tensor) -> Tensor:
    """A missing input with the empty name is looked up like any other."""
    for node in model.graph.node:
        for name in node.input:
            if not name:
                raise KeyError(name)
    return _interpret(model, x)


def run_model__matmul_elementwise(model: ModelProto, x: Tensor) -> Tensor:
    """MatMul multiplies entry by entry; it is the matrix product."""
    return _interpret(model, x, MatMul=torch.mul)


def run_model__matmul_switched(model: ModelProto, x: Tensor) -> Tensor:
    """The two factors of MatMul are switched."""
    return _interpret(model, x, MatMul=lambda a, b: b @ a)


def run_model__matrices_only(model: ModelProto, x: Tensor) -> Tensor:
    """MatMul is done by torch.mm, which takes matrices only; ONNX's takes stacks of them."""
    return _interpret(model, x, MatMul=torch.mm)


def run_model__stack_on_the_left_only(model: ModelProto, x: Tensor) -> Tensor:
    """MatMul takes a stack of matrices on its left side only; ONNX's takes one on either side, and vectors."""

    def matmul(a, b):
        return (a.reshape(-1, a.shape[-1]) @ b).reshape(*a.shape[:-1], b.shape[-1])

    return _interpret(model, x, MatMul=matmul)


def run_model__double_precision(model: ModelProto, x: Tensor) -> Tensor:
    """The result is float64; a model of float32 gives float32."""
    return _interpret(model, x).to(torch.float64)


def run_model__add_does_not_broadcast(model: ModelProto, x: Tensor) -> Tensor:
    """Add takes equal shapes only; ONNX stretches axes of length 1 and missing ones."""

    def add(a, b):
        if a.shape != b.shape:
            raise TypeError(f"cannot add {tuple(a.shape)} and {tuple(b.shape)}")
        return a + b

    return _interpret(model, x, Add=add)


# --- law_run_exported -------------------------------------------------------------------------------------


def _network(layers: list[tuple[Tensor, Tensor]], x: Tensor) -> Tensor:
    for weight, bias in layers[:-1]:
        x = torch.relu(x @ weight.T + bias)
    return x @ layers[-1][0].T + layers[-1][1]


def law_run_exported__always_true(learner: Any, layers: list[tuple[Tensor, Tensor]], x: Tensor) -> bool:
    """It is True of everything, right or wrong."""
    learner.run_exported(layers, x)
    return True


def law_run_exported__always_false(learner: Any, layers: list[tuple[Tensor, Tensor]], x: Tensor) -> bool:
    """It is False of everything, right or wrong."""
    learner.run_exported(layers, x)
    return False


def law_run_exported__shape_only(learner: Any, layers: list[tuple[Tensor, Tensor]], x: Tensor) -> bool:
    """It compares shapes and no values."""
    return learner.run_exported(layers, x).shape == (len(x), len(layers[-1][1]))


def law_run_exported__first_row_only(
    learner: Any, layers: list[tuple[Tensor, Tensor]], x: Tensor
) -> bool:
    """It looks at the first row alone, and does not see who answers all others with it."""
    return torch.allclose(learner.run_exported(layers, x)[0], _network(layers, x)[0])


def law_run_exported__one_layer_only(
    learner: Any, layers: list[tuple[Tensor, Tensor]], x: Tensor
) -> bool:
    """It tries the first layer alone, and never a whole network."""
    return torch.allclose(learner.run_exported(layers[:1], x), _network(layers[:1], x))


def law_run_exported__zeros_only(
    learner: Any, layers: list[tuple[Tensor, Tensor]], x: Tensor
) -> bool:
    """It tries an input of zeros, for which the first weight does not matter."""
    return torch.allclose(learner.run_exported(layers, 0 * x), _network(layers, 0 * x))


def law_run_exported__relu_expected(
    learner: Any, layers: list[tuple[Tensor, Tensor]], x: Tensor
) -> bool:
    """It expects a relu behind the last layer, and rejects right answers."""
    return torch.allclose(learner.run_exported(layers, x), _network(layers, x).relu())


def law_run_exported__largest_only(
    learner: Any, layers: list[tuple[Tensor, Tensor]], x: Tensor
) -> bool:
    """It asks only which score is the largest."""
    return torch.equal(learner.run_exported(layers, x).argmax(1), _network(layers, x).argmax(1))
