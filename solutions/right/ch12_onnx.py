"""Right answers to chapter 12, written in other ways; all checks must pass them."""

# ruff: noqa: F821 -- the solution's names are put beside these versions when a submission is assembled
from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import torch
from onnx import ModelProto, TensorProto, helper, numpy_helper
from torch import Tensor

# --- export_mlp -------------------------------------------------------------------------------------------


def export_mlp__matmul_and_add(layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False) -> ModelProto:
    """MatMul and Add in the place of Gemm, on transposed weights."""
    nodes, weights = [], []
    name = "input"
    for k, (weight, bias) in enumerate(layers):
        transposed = np.ascontiguousarray(weight.detach().cpu().numpy().T)
        weights.append(numpy_helper.from_array(transposed, name=f"layer{k}.weight"))
        weights.append(numpy_helper.from_array(bias.detach().cpu().numpy(), name=f"layer{k}.bias"))
        nodes.append(helper.make_node("MatMul", [name, f"layer{k}.weight"], [f"layer{k}.product"]))
        nodes.append(helper.make_node("Add", [f"layer{k}.product", f"layer{k}.bias"], [f"layer{k}.sum"]))
        name = f"layer{k}.sum"
        if k < len(layers) - 1:
            nodes.append(helper.make_node("Relu", [name], [f"layer{k}.active"]))
            name = f"layer{k}.active"
    if softmax:
        nodes.append(helper.make_node("Softmax", [name], ["shares"], axis=1))
        name = "shares"
    graph = helper.make_graph(
        nodes=nodes,
        name="network",
        inputs=[helper.make_tensor_value_info("input", TensorProto.FLOAT, ("batch", layers[0][0].size(1)))],
        outputs=[helper.make_tensor_value_info(name, TensorProto.FLOAT, ("batch", layers[-1][1].numel()))],
        initializer=weights,
    )
    return helper.make_model(graph, producer_name="me", opset_imports=[helper.make_opsetid("", 17)])


def export_mlp__transposed_weights(
    layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False
) -> ModelProto:
    """MatMul and Add on weights that are stored turned round, and a softmax with its axis written."""
    nodes, weights, current = [], [], "input"
    for i, (weight, bias) in enumerate(layers):
        turned = weight.t().contiguous()
        weights.append(
            helper.make_tensor(f"W{i}", TensorProto.FLOAT, list(turned.shape), turned.flatten().tolist())
        )
        weights.append(helper.make_tensor(f"B{i}", TensorProto.FLOAT, list(bias.shape), bias.tolist()))
        nodes.append(helper.make_node("MatMul", [current, f"W{i}"], [f"m{i}"]))
        nodes.append(helper.make_node("Add", [f"m{i}", f"B{i}"], [f"s{i}"]))
        current = f"s{i}"
        if i + 1 < len(layers):
            nodes.append(helper.make_node("Relu", inputs=[current], outputs=[f"r{i}"]))
            current = f"r{i}"
    if softmax:
        nodes.append(helper.make_node("Softmax", inputs=[current], outputs=["output"], axis=1))
        current = "output"
    x = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", int(layers[0][0].shape[1])])
    y = helper.make_tensor_value_info(current, TensorProto.FLOAT, ["batch", int(layers[-1][0].shape[0])])
    graph = helper.make_graph(nodes, "mlp", [x], [y], initializer=weights)
    model = helper.make_model(graph, producer_name="me", opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    return model


def export_mlp__names_the_output_first(
    layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False
) -> ModelProto:
    last = len(layers) - 1
    nodes, weights = [], []
    for k, (weight, bias) in enumerate(layers):
        for letter, value in (("W", weight), ("B", bias)):
            raw = value.contiguous().cpu().numpy().astype(np.float32).tobytes()
            weights.append(
                helper.make_tensor(f"{letter}{k}", TensorProto.FLOAT, list(value.shape), raw, raw=True)
            )
        inside = f"h{k}" if k else "features"
        out = "scores" if k == last and softmax else "result" if k == last else f"z{k}"
        nodes.append(
            helper.make_node("Gemm", [inside, f"W{k}", f"B{k}"], [out], alpha=1.0, beta=1.0, transB=1)
        )
        if k != last:
            nodes.append(helper.make_node("Relu", [out], [f"h{k + 1}"], name=f"relu {k}"))
    if softmax:
        nodes.append(helper.make_node("Softmax", ["scores"], ["result"], axis=-1))
    first = helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, layers[0][0].shape[1]])
    result = helper.make_tensor_value_info("result", TensorProto.FLOAT, [None, layers[last][0].shape[0]])
    for value in (first, result):
        value.type.tensor_type.shape.dim[0].dim_param = "rows"
    opset = onnx.OperatorSetIdProto(version=17)
    return onnx.helper.make_model(
        onnx.helper.make_graph(nodes, "g", [first], [result], weights), opset_imports=[opset]
    )


def export_mlp__transpose_nodes(layers: list[tuple[Tensor, Tensor]], *, softmax: bool = False) -> ModelProto:
    nodes, weights, width = [], [], layers[0][0].shape[1]

    def keep(name, value):
        weights.append(helper.make_tensor(name, TensorProto.FLOAT, value.shape, value.reshape(-1).tolist()))

    current = "x"
    for k, (weight, bias) in enumerate(layers):
        if k > 0:
            nodes.append(helper.make_node("Relu", [current], [f"r{k}"]))
            current = f"r{k}"
        keep(f"w{k}", weight)
        keep(f"b{k}", bias)
        nodes.append(helper.make_node("Transpose", [f"w{k}"], [f"t{k}"], perm=[1, 0]))
        nodes.append(helper.make_node("Gemm", [current, f"t{k}", f"b{k}"], [f"y{k}"]))
        current, width = f"y{k}", weight.shape[0]
    if softmax:
        nodes.append(helper.make_node("Softmax", [current], ["p"]))
        current = "p"
    graph = helper.make_graph(
        nodes,
        "mlp",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", layers[0][0].shape[1]])],
        [helper.make_tensor_value_info(current, TensorProto.FLOAT, ["N", width])],
        initializer=weights,
    )
    model = helper.make_model(graph)
    model.opset_import[0].version = 17
    model.ir_version = 8
    return model


# --- run_model --------------------------------------------------------------------------------------------


def run_model__one_long_function(model: ModelProto, x: Tensor) -> Tensor:
    """One long function with a branch for each kind of node."""
    names = {
        tensor.name: torch.tensor(numpy_helper.to_array(tensor)).to(x) for tensor in model.graph.initializer
    }
    for value in model.graph.input:
        if value.name not in names:
            names[value.name] = x
    for node in model.graph.node:
        options = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        given = [names[name] if name else None for name in node.input]
        if node.op_type == "Relu":
            out = torch.where(given[0] > 0, given[0], torch.zeros_like(given[0]))
        elif node.op_type == "Add":
            out = given[0] + given[1]
        elif node.op_type == "MatMul":
            out = given[0] @ given[1]
        elif node.op_type == "Softmax":
            axis = options.get("axis", -1)
            shifted = given[0] - torch.max(given[0], dim=axis, keepdim=True).values
            out = shifted.exp() / shifted.exp().sum(dim=axis, keepdim=True)
        elif node.op_type == "Gemm":
            left = given[0].transpose(0, 1) if options.get("transA") else given[0]
            right = given[1].transpose(0, 1) if options.get("transB") else given[1]
            out = options.get("alpha", 1.0) * torch.mm(left, right)
            if len(given) > 2 and given[2] is not None:
                out = out + options.get("beta", 1.0) * given[2]
        else:
            raise ValueError("cannot run " + node.op_type)
        names[node.output[0]] = out
    return names[model.graph.output[0].name]


class _Runtime:
    """Runs whatever node has all it reads, until none is left."""

    def __init__(self, x: Tensor) -> None:
        self.x, self.values = x, {}

    def run(self, model: ModelProto) -> Tensor:
        for tensor in model.graph.initializer:
            flat = numpy_helper.to_array(tensor).flatten().tolist()
            self.values[tensor.name] = torch.tensor(flat, device=self.x.device).reshape(tuple(tensor.dims))
        for entry in model.graph.input:
            if entry.name not in self.values:
                self.values[entry.name] = self.x
        waiting = list(model.graph.node)
        while waiting:
            ready = [node for node in waiting if all(name in self.values for name in node.input if name)]
            for node in ready:
                self.values[node.output[0]] = self.compute(node, [self.values[n] for n in node.input if n])
                waiting.remove(node)
        return self.values[model.graph.output[0].name]

    def compute(self, node, inputs):
        options = {"alpha": 1.0, "beta": 1.0, "transA": 0, "transB": 0, "axis": -1}
        for entry in node.attribute:
            options[entry.name] = helper.get_attribute_value(entry)
        kind = node.op_type
        if kind == "Relu":
            return (inputs[0] + inputs[0].abs()) / 2
        if kind == "Softmax":
            scores = inputs[0].movedim(options["axis"], 0)
            raised = torch.exp(scores - scores.amax(0))
            return (raised / raised.sum(0)).movedim(0, options["axis"])
        if kind == "Add":
            return inputs[1] + inputs[0]
        if kind == "MatMul":
            return inputs[0].matmul(inputs[1])
        if kind != "Gemm":
            raise ValueError(f"op_type {kind!r} is not known here")
        first = torch.einsum("dn->nd", inputs[0]) if options["transA"] else inputs[0]
        second = "hd" if options["transB"] else "dh"
        out = torch.einsum(f"nd,{second}->nh", options["alpha"] * first, inputs[1])
        return sum((options["beta"] * c for c in inputs[2:]), out)


def run_model__when_ready(model: ModelProto, x: Tensor) -> Tensor:
    """A node runs as soon as all that it reads is there."""
    return _Runtime(x).run(model)


def run_model__recursive(model: ModelProto, x: Tensor) -> Tensor:
    made_by = {name: node for node in model.graph.node for name in node.output}
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    operations = {"Add", "Gemm", "MatMul", "Relu", "Softmax"}
    for node in model.graph.node:
        if node.op_type not in operations:
            raise ValueError(f"{node.op_type} is not one of {sorted(operations)}")

    def value_of(name):
        if name in made_by:
            return _apply(made_by[name], [value_of(item) for item in made_by[name].input if item])
        if name in stored:
            return torch.tensor(numpy_helper.to_array(stored[name]), device=x.device)
        return x

    (output,) = model.graph.output
    return value_of(output.name)


def _apply(node, values):
    number = {entry.name: entry.f if entry.name in ("alpha", "beta") else entry.i for entry in node.attribute}
    if node.op_type == "Add":
        return torch.add(*values)
    if node.op_type == "MatMul":
        return torch.matmul(*values)
    if node.op_type == "Relu":
        return torch.maximum(values[0], torch.zeros_like(values[0]))
    if node.op_type == "Softmax":
        axis = number.get("axis", -1)
        raised = torch.exp(values[0] - values[0].amax(dim=axis, keepdim=True))
        return raised / torch.sum(raised, dim=axis, keepdim=True)
    a, b = values[:2]
    out = (a.t() if number.get("transA") else a) @ (b.t() if number.get("transB") else b)
    out = out * number.get("alpha", 1.0)
    return out + values[2] * number.get("beta", 1.0) if len(values) > 2 else out


# --- law_run_exported -------------------------------------------------------------------------------------


def law_run_exported__my_own_model(
    learner: Any, layers: list[tuple[Tensor, Tensor]], x: Tensor
) -> bool:
    """The answer of one's own interpreter to one's own export."""
    return torch.allclose(learner.run_exported(layers, x), run_model(export_mlp(layers), x))


def law_run_exported__row_by_row(
    learner: Any, layers: list[tuple[Tensor, Tensor]], x: Tensor
) -> bool:
    """Each row is asked for alone as well, and computed number by number."""
    together = learner.run_exported(layers, x)
    for n, row in enumerate(x):
        values = row.tolist()
        for place, (weight, bias) in enumerate(layers):
            values = [max(value, 0.0) for value in values] if place else values
            sums = [sum(w * v for w, v in zip(line, values)) for line in weight.tolist()]
            values = [total + b for total, b in zip(sums, bias.tolist())]
        if not torch.allclose(together[n], torch.tensor(values)):
            return False
    return together.shape[0] == x.shape[0]


def law_run_exported__asserts(
    learner: Any, layers: list[tuple[Tensor, Tensor]], x: Tensor
) -> bool:
    """An error where the law is broken, and True at the end."""
    found, values = learner.run_exported(layers, x), x
    for number, (weight, bias) in enumerate(layers):
        if number > 0:
            values = values.clamp(min=0)
        values = torch.einsum("nd,hd->nh", values, weight) + bias
    assert found.shape == values.shape
    assert bool((found - values).abs().max() < 1e-3)
    return True
