"""Check ONNX: models that the learner wrote, judged in another process, and models of ours that the learner runs."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from torch import Tensor

from grader.checking import (
    BOOL,
    OBJECT,
    TENSOR,
    Learner,
    agree,
    booleans,
    check,
    composite,
    fail,
    floats,
    given,
    integers,
    just,
    law_exercise,
    one_of,
    refuses,
    require,
    sampled_from,
    seeds,
    shortened,
    tensor_from,
    tensors,
)

RETURNS = {"export_mlp": OBJECT, "run_model": TENSOR, "law_run_exported": BOOL}

OPERATOR_SET = 17
# All of these are operations of the standard; the interpreter is asked for five others only.
UNKNOWN = sampled_from(["Sigmoid", "Tanh", "Sub", "Conv", "LogSoftmax", "LeakyRelu", "Flatten"])
SMALL = (0.0, -1.0)
Layers = list[tuple[Tensor, Tensor]]


def agree_float32(found: Any, expected: Tensor, what: str = "the output", *, least: float = 1.0) -> None:
    """Fail unless two float32 results agree up to the order in which they were added up.

    Args:
        least: what was added up is at least so large; less than 1 for a result that is small as a whole.
    """
    size = max(least, expected.abs().max().item()) if expected.numel() else 1.0
    agree(found, expected.to(torch.float32), rtol=1e-5, atol=1e-5 * size, what=what)


# --- export_mlp -------------------------------------------------------------------------------------------


# Neighbours differ and none is 1: there the checker itself sees a weight that lies the wrong way round.
PLAIN_SIZES = ((3, 4, 2), (2, 3, 4, 3), (4, 2, 3), (2, 4, 3, 2))


@composite
def networks(draw: Any, sizes: Any = PLAIN_SIZES, any_entries: bool = False) -> Layers:
    """Layers of a perceptron, no weight with few digits.

    Args:
        sizes: what its widths are sampled from. Laws that others wait for draw the plain ones; square weights, a single
            layer, widths of 1 and many weights have laws of their own.
        any_entries: whether some are tiny or in the hundreds, or all equal, sorted, of one sign, or cancelling.
    """
    widths = pairwise(shortened(draw(sampled_from(sizes))))
    special, divisor = ((50.0, -50.0, 300.0, -1.0), 1) if any_entries else (SMALL, 3)
    shapes = [((after, before), (after,)) for before, after in widths]
    parts = [
        [draw(tensors(shape, special=special, textures=any_entries)) for shape in layer] for layer in shapes
    ]
    return [
        ((weight / divisor).to(torch.float32), (bias / divisor).to(torch.float32)) for weight, bias in parts
    ]


def rows_for(layers: Layers, seed: int, rows: int) -> Tensor:
    """A batch that the network takes."""
    return tensor_from(seed + 1, (rows, layers[0][0].shape[1])).to(torch.float32)


def output_of(layers: Layers, x: Tensor, softmax: bool = False) -> Tensor:
    """What the network itself answers, worked out in float64."""
    x = x.to(torch.float64)
    for place, (weight, bias) in enumerate(layers):
        x = x @ weight.to(torch.float64).T + bias
        x = x.relu() if place < len(layers) - 1 else x
    return torch.softmax(x, dim=1) if softmax else x


def judged(learner: Learner, model: Any, x: Tensor) -> dict[str, Any]:
    """The verdict on a learner's model, which must be valid."""
    verdict = learner.judge_model(model, x)
    if not verdict["valid"]:
        fail(verdict["message"])
    return verdict


# Judged where no learner code is: onnx's checker, its shape inference, its reference evaluator, and
# onnxruntime where it is installed.
@check(
    "export_mlp",
    hint="What does the checker say? Does each name lead from the input to the output?",
    examples=25,
)
@given(layers=networks(), rows=integers(2, 4), seed=seeds())
def check_export_mlp_is_the_network(learner: Learner, layers: Layers, rows: int, seed: int) -> None:
    """The model is valid, and two independent runtimes compute what the network computes."""
    x = rows_for(layers, seed, rows)
    verdict = judged(learner, learner.export_mlp(layers), x)
    agree_float32(verdict["output"], output_of(layers, x), "the model's output")


def _exports(learner: Learner, layers: Layers, seed: int) -> None:
    x = rows_for(layers, seed, 3)
    agree_float32(judged(learner, learner.export_mlp(layers), x)["output"], output_of(layers, x))


# Here the checker finds no fault with a missing transB; only the numbers tell.
@check("export_mlp", hint="With equal sides no shape helps: is transB there?", examples=12)
@given(layers=networks(((2, 2), (3, 3, 3), (2, 2, 2, 2))), seed=seeds())
def check_export_mlp_of_square_weights(learner: Learner, layers: Layers, seed: int) -> None:
    """A square weight is used the right way round too."""
    _exports(learner, layers, seed)


@check("export_mlp", hint="Every number is stored as it is.", weight=0.5, examples=60)
@given(layers=networks(any_entries=True), seed=seeds())
def check_export_mlp_of_any_weights(learner: Learner, layers: Layers, seed: int) -> None:
    """Weights may be tiny or in the hundreds, equal, sorted, of one sign, or cancel."""
    _exports(learner, layers, seed)


@check("export_mlp", hint="The only layer is the last: no Relu follows it.", weight=0.5, examples=12)
@given(layers=networks(((2, 3), (3, 2), (4, 3))), seed=seeds())
def check_export_mlp_of_one_layer(learner: Learner, layers: Layers, seed: int) -> None:
    """A network of one layer has no ReLU."""
    _exports(learner, layers, seed)


@check(
    "export_mlp", hint="No size is written down, and an axis of length 1 is an axis.", weight=0.5, examples=12
)
@given(layers=networks(((1, 3), (3, 1), (2, 1, 2), (1, 1), (9, 20, 3), (2, 3, 2, 3, 2, 3))), seed=seeds())
def check_export_mlp_of_any_width(learner: Learner, layers: Layers, seed: int) -> None:
    """Layers may have one input or one neuron, or many, and there may be many layers."""
    _exports(learner, layers, seed)


@check(
    "export_mlp",
    hint="Put every weight and bias into the graph's list of initializers, not into nodes of type Constant.",
    examples=10,
    after=check_export_mlp_is_the_network,
    weight=0.5,
)
@given(layers=networks(), softmax=booleans())
def check_export_mlp_names_its_weights(learner: Learner, layers: Layers, softmax: bool) -> None:
    """Weights and biases are initializers that the nodes read by name."""
    verdict = judged(learner, learner.export_mlp(layers, softmax=softmax), rows_for(layers, 0, 2))
    wanted = sum(weight.numel() + bias.numel() for weight, bias in layers)
    # At least as many: what else a model stores is its own matter.
    require(
        verdict["weights"] >= wanted,
        f"{verdict['weights']} of {wanted} weights and biases are initializers that a node reads",
    )


# A square weight on purpose: (1, 13), where the forgotten transpose gives (1, 12).
@check(
    "export_mlp",
    hint="Is transB there? PyTorch's weight is (outputs, inputs).",
    after=check_export_mlp_is_the_network,
)
def check_export_mlp_known_value(learner: Learner) -> None:
    """The layer with weight ((1, 2), (3, 4)) and bias (0, 10) turns (1, 0) into (1, 13)."""
    layers = [(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([0.0, 10.0]))]
    verdict = judged(learner, learner.export_mlp(layers), torch.tensor([[1.0, 0.0]]))
    agree_float32(verdict["output"], torch.tensor([[1.0, 13.0]]))


# The shares are compared, so a log-softmax or one over the batch is seen.
@check("export_mlp", hint="A Softmax node follows the last layer, over the classes.", examples=20)
@given(layers=networks(), rows=integers(2, 4), seed=seeds())
def check_export_mlp_softmax(learner: Learner, layers: Layers, rows: int, seed: int) -> None:
    """With softmax=True the model's output is the shares of the classes."""
    x = rows_for(layers, seed, rows)
    verdict = judged(learner, learner.export_mlp(layers, softmax=True), x)
    agree_float32(verdict["output"], output_of(layers, x, softmax=True), "the model's output")


# One row is what an example has, and seven what nobody has tried.
@check("export_mlp", hint="Give the batch axis a name instead of a number.", examples=10)
@given(layers=networks(), seed=seeds(), softmax=booleans())
def check_export_mlp_takes_any_batch(learner: Learner, layers: Layers, seed: int, softmax: bool) -> None:
    """The same model runs on batches of 1 and of 7."""
    model = learner.export_mlp(layers, softmax=softmax)
    for rows in (1, 7):
        x = rows_for(layers, seed, rows)
        agree_float32(
            judged(learner, model, x)["output"], output_of(layers, x, softmax), f"the output for {rows} rows"
        )


def _declared(end: dict[str, Any], width: int, what: str) -> None:
    """An input or output is float32, of a batch that has a name, and of this width."""
    shape = end["shape"]
    require(end["type"] == "float", f"{what} is of type {end['type']}, not float")
    require(len(shape) == 2, f"{what} has shape {shape}; it needs two axes")
    require(isinstance(shape[0], str), f"{what}'s batch axis is {shape[0]!r}, not a name")
    require(shape[1] == width, f"{what}'s width is {shape[1]!r}, not {width}")


# Runtimes read nothing else before they run a model.
@check(
    "export_mlp",
    hint="One input, one output, float32, (a name, a number) each.",
    examples=12,
    after=check_export_mlp_is_the_network,
)
@given(layers=networks(), softmax=booleans())
def check_export_mlp_declares_its_ends(learner: Learner, layers: Layers, softmax: bool) -> None:
    """It has one input and one output, float32, with a named batch axis, the same in both, and the right width."""
    verdict = judged(learner, learner.export_mlp(layers, softmax=softmax), rows_for(layers, 0, 2))
    inputs, outputs = verdict["inputs"], verdict["outputs"]
    require(
        len(inputs) == 1, f"the model has {len(inputs)} inputs, not one: weights belong to the initializers"
    )
    require(len(outputs) == 1, f"the model has {len(outputs)} outputs, not one")
    _declared(inputs[0], layers[0][0].shape[1], what="the input")
    _declared(outputs[0], layers[-1][0].shape[0], what="the output")
    names = [end["shape"][0] for end in (*inputs, *outputs)]
    require(names[0] == names[1], f"the batch axis is {names[0]!r} in the input, {names[1]!r} in the output")


# helper.make_model declares the newest set of the package that is installed, which others may not know.
@check(
    "export_mlp",
    hint="helper.make_opsetid says which operator set a model follows.",
    after=check_export_mlp_is_the_network,
)
def check_export_mlp_operator_set(learner: Learner) -> None:
    """The model declares operator set 17, so that older runtimes read it."""
    layers = [(torch.ones(1, 2), torch.zeros(1))]
    verdict = judged(learner, learner.export_mlp(layers), torch.ones(1, 2))
    require(
        verdict["opset"] == OPERATOR_SET,
        f"the model declares operator set {verdict['opset']}, not {OPERATOR_SET}",
    )


# Values must be stored in the order of the indices, not in that of the memory.
@check(
    "export_mlp", hint="Use reshape or flatten, not view.", after=check_export_mlp_is_the_network, examples=10
)
@given(layers=networks(), seed=seeds())
def check_export_mlp_any_layout(learner: Learner, layers: Layers, seed: int) -> None:
    """It takes weights that are transposed views."""
    x = rows_for(layers, seed, 2)
    model = learner.export_mlp([(weight.T.contiguous().T, bias) for weight, bias in layers])
    agree_float32(judged(learner, model, x)["output"], output_of(layers, x), "the model's output")


# --- models of ours ---------------------------------------------------------------------------------------


def serialised(
    nodes: list[Any],
    weights: dict[str, Tensor],
    shape: list[Any],
    *,
    output: str = "y",
    listed: str = "",
    raw: bool = True,
) -> bytes:
    """A model of ours with the input "data".

    `listed` names the weights among the inputs too, "before" or "after" it; `raw` stores them as bytes, not numbers.
    """
    if raw:
        stored = [numpy_helper.from_array(w.to(torch.float32).numpy(), name) for name, w in weights.items()]
    else:
        stored = [
            helper.make_tensor(name, TensorProto.FLOAT, w.shape, w.flatten().tolist())
            for name, w in weights.items()
        ]
    data = helper.make_tensor_value_info("data", TensorProto.FLOAT, shape)
    others = [helper.make_tensor_value_info(t.name, t.data_type, list(t.dims)) for t in stored]
    inputs = {"": [data], "before": [*others, data], "after": [data, *others]}[listed]
    outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)]
    graph = helper.make_graph(nodes, "ours", inputs, outputs, stored)
    model = helper.make_model_gen_version(graph, opset_imports=[helper.make_opsetid("", OPERATOR_SET)])
    return model.SerializeToString()  # type: ignore[no-any-return]


def loaded(learner: Learner, data: bytes) -> Any:
    """The model in the learner's process; a card tells its nodes and the shapes of its weights."""
    graph = onnx.ModelProto.FromString(data).graph
    nodes = [
        f"{', '.join(node.output)} = {node.op_type}({', '.join([*node.input, *map(_setting, node.attribute)])})"
        for node in graph.node
    ]
    weights = [f"{weight.name} {tuple(weight.dims)}" for weight in graph.initializer]
    return learner.model(data, "; ".join([*nodes, *weights]))


def _setting(attribute: Any) -> str:
    value = helper.get_attribute_value(attribute)
    return f"{attribute.name}={f'{value:.6g}' if isinstance(value, float) else value}"


def verify_run(learner: Learner, data: bytes, x: Tensor) -> None:
    """Fail unless the learner's interpreter answers what onnx's reference evaluator does, on a model of ours."""
    x = x.to(torch.float32)
    expected = ReferenceEvaluator(onnx.ModelProto.FromString(data)).run(None, {"data": x.numpy()})[0]
    agree_float32(learner.run_model(loaded(learner, data), x), torch.from_numpy(expected.copy()))


def attributes(**values: Any) -> dict[str, Any]:
    """Only those attributes that are there."""
    return {name: value for name, value in values.items() if value is not None}


# --- run_model: Gemm --------------------------------------------------------------------------------------


def verify_gemm(
    learner: Learner, sides: tuple[int, int, int], seed: int, bias: str = "vector", **written: Any
) -> None:
    """Fail unless the learner runs one Gemm as the reference does.

    Args:
        sides: N, D and H, where (N, D) times (D, H) is (N, H).
        bias: the shape of the third input, or how it is missing.
        written: the attributes of the node; those that are None are not written.
    """
    n, d, h = sides
    x = tensor_from(seed + 1, (d, n) if written.get("transA") else (n, d))
    shapes = {"vector": (h,), "row": (1, h), "column": (n, 1), "matrix": (n, h), "scalar": ()}
    weights = {"w": tensor_from(seed + 2, (h, d) if written.get("transB") else (d, h))}
    inputs = ["data", "w", *([] if bias == "missing" else [""] if bias == "empty name" else ["c"])]
    if bias in shapes:
        weights["c"] = tensor_from(seed + 3, shapes[bias])
    node = helper.make_node("Gemm", inputs, ["y"], **attributes(**written))
    verify_run(learner, serialised([node], weights, list(x.shape)), x)


# No two sides are equal and none is 1; what happens there is the matter of a law of its own.
SIDES = sampled_from(((2, 3, 4), (4, 3, 2), (3, 2, 4), (2, 4, 3))).map(shortened)


# What export_mlp writes: this law and no other is waited for.
@check(
    "run_model", hint="Look the three inputs up, multiply the first two, add the third. What does transB say?"
)
@given(sides=SIDES, seed=seeds())
def check_run_model_gemm(learner: Learner, sides: tuple[int, int, int], seed: int) -> None:
    """A Gemm as an export of PyTorch writes it, transB = 1 and a bias, is a linear layer."""
    verify_gemm(learner, sides, seed, transB=1)


FACTORS = sampled_from([None, 0.5, 2.0, -1.0, 0.0])


# 0 is a legal factor: it must not be taken for one that is missing.
@check(
    "run_model", hint="alpha multiplies the product, beta the third input; where they are missing they are 1."
)
@given(sides=SIDES, seed=seeds(), alpha=FACTORS, beta=FACTORS)
def check_run_model_gemm_factors(
    learner: Learner, sides: tuple[int, int, int], seed: int, alpha: float | None, beta: float | None
) -> None:
    """Gemm obeys alpha and beta, and takes 1 for either that is missing."""
    verify_gemm(learner, sides, seed, transB=1, alpha=alpha, beta=beta)


FLAGS = sampled_from([None, 0, 1])


# Where a flag is missing it is 0, as for whoever stores weights as (inputs, outputs).
@check(
    "run_model",
    hint="transA and transB turn their matrix where they are 1, and are 0 where they are missing.",
)
@given(
    sides=one_of(SIDES, sampled_from(((2, 2, 2), (3, 3, 3), (1, 3, 2), (2, 1, 3), (3, 2, 1)))),
    seed=seeds(), transA=FLAGS, transB=FLAGS,
)  # fmt: skip
def check_run_model_gemm_transposes(
    learner: Learner, sides: tuple[int, int, int], seed: int, transA: int | None, transB: int | None
) -> None:
    """Gemm obeys transA and transB, and takes 0 for either that is missing; square matrices are no exception."""
    verify_gemm(learner, sides, seed, transA=transA, transB=transB)


# An input that is left out at the end may also have the empty name.
@check(
    "run_model",
    hint="The third input may be missing, or have the empty name; else it is added as + adds.",
    weight=0.5,
)
@given(
    sides=SIDES,
    seed=seeds(),
    bias=sampled_from(["missing", "empty name", "vector", "row", "column", "matrix", "scalar"]),
)
def check_run_model_gemm_third_input(
    learner: Learner, sides: tuple[int, int, int], seed: int, bias: str
) -> None:
    """Gemm does without a third input, and stretches one of any shape."""
    verify_gemm(learner, sides, seed, bias, transB=1)


@check("run_model", hint="No number is too small or too large to be multiplied.", weight=0.5, examples=40)
@given(seed=seeds(), of_x=floats(-8, 8), of_w=floats(-8, 8), rows=sampled_from((1, 2, 40)))
def check_run_model_gemm_of_any_size(
    learner: Learner, seed: int, of_x: float, of_w: float, rows: int
) -> None:
    """Inputs and weights may be as small as 1e-8 or as large as 1e8."""
    x, w = 10.0**of_x * tensor_from(seed + 1, (rows, 3)), 10.0**of_w * tensor_from(seed + 2, (3, 2))
    x, w = x.to(torch.float32), w.to(torch.float32)
    data = serialised([helper.make_node("Gemm", ["data", "w"], ["y"])], {"w": w}, list(x.shape))
    expected = (x.to(torch.float64) @ w.to(torch.float64)).to(torch.float32)
    # Terms may cancel: a sum is as exact as its largest term.
    least = float(x.abs().max()) * float(w.abs().max())
    agree_float32(learner.run_model(loaded(learner, data), x), expected, least=least)


# The table of the lesson, worked by hand.
@check("run_model", hint="Work the table of the lesson by hand.", after=check_run_model_gemm)
def check_run_model_known_value(learner: Learner) -> None:
    """The lesson's two layers turn (1, 2) into -4.5."""
    nodes = [
        helper.make_node("Gemm", ["data", "w0", "b0"], ["z0"], transB=1),
        helper.make_node("Relu", ["z0"], ["a0"]),
        helper.make_node("Gemm", ["a0", "w1", "b1"], ["y"], transB=1),
    ]
    weights = {"w0": [[1.0, -1.0], [2.0, 1.0]], "b0": [0.0, 1.0], "w1": [[4.0, -1.0]], "b1": [0.5]}
    data = serialised(nodes, {name: torch.tensor(value) for name, value in weights.items()}, ["N", 2])
    agree_float32(
        learner.run_model(loaded(learner, data), torch.tensor([[1.0, 2.0]])), torch.tensor([[-4.5]])
    )


# --- run_model: the other operations ----------------------------------------------------------------------


def verify_softmax(learner: Learner, x: Tensor, axis: int | None) -> None:
    node = helper.make_node("Softmax", ["data"], ["y"], **attributes(axis=axis))
    verify_run(learner, serialised([node], {}, list(x.shape)), x)


@check("run_model", hint="Along which axis do the shares add up to 1?", examples=40)
@given(rows=integers(2, 4), seed=seeds(), axis=sampled_from((None, -1, 1)))
def check_run_model_softmax(learner: Learner, rows: int, seed: int, axis: int | None) -> None:
    """Softmax turns each row into shares."""
    verify_softmax(learner, tensor_from(seed, (rows, 3)), axis)


# Until operator set 12 the axis was 1 by default and all behind it one; since 13 it is the last.
@check(
    "run_model",
    hint="Softmax has an axis; where it is missing it is the last, whatever the rank.",
    weight=0.5,
)
@given(
    shape=sampled_from([(3,), (2, 3), (3, 1), (2, 3, 4), (1, 2, 3)]),
    axis=one_of(just(None), integers(-3, 2)),
    seed=seeds(),
)
def check_run_model_softmax_axis(
    learner: Learner, shape: tuple[int, ...], axis: int | None, seed: int
) -> None:
    """Softmax runs over its axis, or over the last, for any rank."""
    axis = None if axis is None else axis % len(shape) - (len(shape) if axis < 0 else 0)
    verify_softmax(learner, tensor_from(seed, shape), axis)


@check(
    "run_model", hint="How large may a score get before its exponential is infinite?", weight=0.5, examples=30
)
@given(rows=integers(2, 4), seed=seeds())
def check_run_model_softmax_of_large_scores(learner: Learner, rows: int, seed: int) -> None:
    """Scores in the thousands give shares, never NaN."""
    verify_softmax(learner, tensor_from(seed, (rows, 3)) * 1e3, None)


# Sizes down to 1e-8: compared beside the largest entry, not beside 1.
@check(
    "run_model", hint="Positive numbers pass as they are, and all others become 0.", weight=0.5, examples=60
)
@given(
    x=one_of(tensors((2, 3)), tensors(ndim=(1, 3), side=(1, 3)), tensors((9, 9))),
    decade=one_of(just(0.0), floats(-8, 8)),
)
def check_run_model_relu(learner: Learner, x: Tensor, decade: float) -> None:
    """Relu keeps positive numbers of any size, and turns all others into 0, in a tensor of its own."""
    x = (x * 10.0**decade).to(torch.float32)
    data = serialised([helper.make_node("Relu", ["data"], ["y"])], {}, list(x.shape))
    agree_float32(learner.run_model(loaded(learner, data), x), x.relu(), least=0.0)


PAIRS = sampled_from([((2, 3), (3, 4)), ((4, 3), (3, 2)), ((3, 2), (2, 4))])


@check("run_model", hint="Two inputs, in the order in which the node lists them.", examples=30)
@given(sides=PAIRS, seed=seeds())
def check_run_model_matmul_and_add(learner: Learner, sides: tuple[Any, Any], seed: int) -> None:
    """MatMul multiplies matrices, Add adds a row to each of theirs."""
    _verify_matmul_and_add(learner, sides, "row", seed, first=False)


STACKS = sampled_from(
    [((1, 3), (3, 1)), ((4, 2, 3), (3, 2)), ((3,), (3, 4)), ((2, 3), (3,)), ((4, 2, 3), (4, 3, 2)),
     ((2, 3), (4, 3, 2)), ((1, 2, 3), (4, 3, 1))]
)  # fmt: skip


# A vector on either side loses its axis, and stacks are broadcast, as in torch.
@check("run_model", hint="MatMul follows the rules of torch.matmul, stacks too.", weight=0.5, examples=40)
@given(sides=STACKS, seed=seeds())
def check_run_model_matmul_of_stacks(learner: Learner, sides: tuple[Any, Any], seed: int) -> None:
    """MatMul takes vectors, and stacks of matrices on either side."""
    _verify_matmul_and_add(learner, sides, "one", seed, first=False)


# The vector stands first as often as second: nothing may depend on the order.
@check("run_model", hint="Add follows the rules of +, broadcasting too.", weight=0.5, examples=30)
@given(sides=PAIRS, added=sampled_from(["scalar", "one", "row", "column"]), seed=seeds(), first=booleans())
def check_run_model_add_stretches(
    learner: Learner, sides: tuple[Any, Any], added: str, seed: int, first: bool
) -> None:
    """Add stretches axes of length 1, on either side."""
    _verify_matmul_and_add(learner, sides, added, seed, first=first)


def _verify_matmul_and_add(
    learner: Learner, sides: tuple[Any, Any], added: str, seed: int, *, first: bool
) -> None:
    """Run x w + c, or c + x w if `first`."""
    x, w = (tensor_from(seed + k, shape) for k, shape in enumerate(sides, start=1))
    found = (x @ w).shape
    shapes = {"scalar": (), "one": (1,), "row": found[-1:], "column": (*found[:-1], 1)}
    weights = {"w": w, "c": tensor_from(seed + 3, tuple(shapes[added]))}
    nodes = [
        helper.make_node("MatMul", ["data", "w"], ["product"]),
        helper.make_node("Add", ["c", "product"] if first else ["product", "c"], ["y"]),
    ]
    verify_run(learner, serialised(nodes, weights, list(x.shape)), x)


# --- run_model: names -------------------------------------------------------------------------------------


def verify_names(learner: Learner, seed: int, rows: int, output: str = "y", **stored: Any) -> None:
    """Run a model whose values are read twice, or later than at once; `stored` says how its weights are."""
    weights = {"w": tensor_from(seed + 1, (2, 2)), "x": tensor_from(seed + 2, (2,))}
    nodes = [
        helper.make_node("MatMul", ["data", "w"], ["product"]),
        helper.make_node("Relu", ["product"], ["cut"]),
        helper.make_node("Add", ["product", "cut"], ["sum"]),
        helper.make_node("Add", ["sum", "x"], ["shifted"]),
        helper.make_node("MatMul", ["w", "w"], ["aside"]),
        helper.make_node("MatMul", ["shifted", "aside"], ["turned"]),
        helper.make_node("Add", ["turned", "data"], ["y"]),
    ]
    data = serialised(nodes, weights, [rows, 2], output=output, **stored)
    verify_run(learner, data, tensor_from(seed + 3, (rows, 2)))


# A chain that hands each result to the next node is right for most models, and wrong here.
@check("run_model", hint="Each node reads the names it lists, and nothing else.", examples=40)
@given(seed=seeds(), rows=integers(2, 3))
def check_run_model_follows_the_names(learner: Learner, seed: int, rows: int) -> None:
    """Values can be read twice, or later."""
    verify_names(learner, seed, rows)


# In most models the last value is the output; here it is one before.
@check("run_model", hint="The graph says which value is its output.", weight=0.5, examples=30)
@given(seed=seeds(), rows=integers(1, 3), output=sampled_from(["sum", "cut", "product", "turned"]))
def check_run_model_finds_its_output(learner: Learner, seed: int, rows: int, output: str) -> None:
    """Any value can be the output, not only the last."""
    verify_names(learner, seed, rows, output)


# Until IR version 4 every initializer had to be listed among the inputs as well.
@check(
    "run_model", hint="The model's own input is the one that no initializer fills.", weight=0.5, examples=30
)
@given(seed=seeds(), rows=integers(1, 3), listed=sampled_from(["before", "after"]))
def check_run_model_finds_its_input(learner: Learner, seed: int, rows: int, listed: str) -> None:
    """The weights may be listed among the inputs, before or after the one that x fills."""
    verify_names(learner, seed, rows, listed=listed)


# make_tensor stores a list of numbers, from_array the bytes of an array; files of others have either.
@check(
    "run_model", hint="numpy_helper.to_array reads a weight, however it is stored.", weight=0.5, examples=10
)
@given(seed=seeds(), rows=integers(2, 3))
def check_run_model_reads_stored_numbers(learner: Learner, seed: int, rows: int) -> None:
    """Weights may be stored as numbers as well as bytes."""
    verify_names(learner, seed, rows, raw=False)


# Both exercises together: an export with MatMul and Add is as good as one with Gemm.
@check(
    "run_model",
    hint="Does it understand what export_mlp writes?",
    after=check_run_model_gemm,
    examples=20,
)
@given(layers=networks(), rows=integers(2, 5), seed=seeds(), softmax=booleans())
def check_run_model_runs_your_export(
    learner: Learner, layers: Layers, rows: int, seed: int, softmax: bool
) -> None:
    """Your interpreter, run on your export, answers what the network does, for any batch."""
    x = rows_for(layers, seed, rows)
    found = learner.run_model(learner.export_mlp(layers, softmax=softmax), x)
    agree_float32(found, output_of(layers, x, softmax))


# Nodes taken off the list leave an empty model behind; the bytes tell.
@check(
    "run_model",
    hint="Read the model; take nothing out of it and write nothing into it.",
    examples=5,
    after=check_run_model_runs_your_export,
)
@given(layers=networks(), seed=seeds(), softmax=booleans())
def check_run_model_leaves_the_model_alone(
    learner: Learner, layers: Layers, seed: int, softmax: bool
) -> None:
    """The same model can be run again: it is the same as before, and so is its answer."""
    model, x = learner.export_mlp(layers, softmax=softmax), rows_for(layers, seed, 2)
    before = learner.model_bytes(model)
    learner.run_model(model, x)
    require(learner.model_bytes(model) == before, "run_model changed the model")
    agree_float32(learner.run_model(model, x), output_of(layers, x, softmax))


# Skipped in silence, an operation makes wrong numbers. Refusing everything would pass, hence after.
@check(
    "run_model",
    hint="Raise ValueError with node.op_type in its message.",
    examples=30,
    after=check_run_model_gemm,
)
@given(op_type=UNKNOWN, place=integers(0, 2))
def check_run_model_refuses_unknown_operations(learner: Learner, op_type: str, place: int) -> None:
    """An operation that is not known raises ValueError that names it, wherever it stands."""
    kinds = ["Relu", "Relu"]
    kinds.insert(place, op_type)
    names = ["data", "a", "b", "y"]
    nodes = [helper.make_node(kind, [names[k]], [names[k + 1]]) for k, kind in enumerate(kinds)]
    model = loaded(learner, serialised(nodes, {}, ["N", 2]))
    refuses(lambda: learner.run_model(model, torch.tensor([[1.0, -1.0]])), names=op_type)


# --- law_run_exported -------------------------------------------------------------------------------------
#
# Both halves of the chapter in one: `run_exported(layers, x)` writes a network as a model, and runs that on x. Weights
# and inputs are small whole numbers, so that float32 computes exactly, in any order.


def run_exported__product_by_product(layers, x):
    """It multiplies by turned weights, and cuts between the layers."""
    for place, (weight, bias) in enumerate(layers):
        x = (x if place == 0 else x.relu()) @ weight.T + bias
    return x


def run_exported__list_of_nodes(layers, x):
    """It makes a list of nodes first, and then runs one after the other."""
    nodes = []
    for weight, bias in layers:
        nodes += [("Gemm", weight, bias), ("Relu", None, None)]
    for kind, weight, bias in nodes[:-1]:
        x = torch.addmm(bias, x, weight.T) if kind == "Gemm" else x.clamp(min=0)
    return x


def run_exported__sample_by_sample(layers, x):
    """It runs one sample after the other."""
    rows = []
    for row in x:
        for weight, bias in layers[:-1]:
            row = torch.maximum(weight @ row + bias, torch.zeros_like(bias))
        rows.append(layers[-1][0] @ row + layers[-1][1])
    return torch.stack(rows)


def run_exported__zeros(layers, x):
    """The model always answers 0."""
    return torch.zeros(len(x), len(layers[-1][1]), dtype=x.dtype)


def run_exported__no_relu(layers, x):
    """There is no Relu between the layers."""
    for weight, bias in layers:
        x = x @ weight.T + bias
    return x


def run_exported__relu_at_the_end(layers, x):
    """A Relu stands behind the last layer as well."""
    return run_exported__product_by_product(layers, x).relu()


def run_exported__relu_at_the_start(layers, x):
    """A Relu stands before the first layer as well."""
    return run_exported__product_by_product(layers, x.relu())


def run_exported__not_turned(layers, x):
    """Square weights are used the wrong way round."""
    turned = [(weight.T if weight.shape[0] == weight.shape[1] else weight, bias) for weight, bias in layers]
    return run_exported__product_by_product(turned, x)


def run_exported__last_bias_lost(layers, x):
    """The bias of the last layer is not in the model."""
    weight, bias = layers[-1]
    return run_exported__product_by_product([*layers[:-1], (weight, torch.zeros_like(bias))], x)


def run_exported__first_bias_everywhere(layers, x):
    """All layers with as many outputs as the first have its bias: two initializers share one name."""
    first = layers[0][1]
    named = [(weight, first if bias.shape == first.shape else bias) for weight, bias in layers]
    return run_exported__product_by_product(named, x)


def run_exported__batch_of_one(layers, x):
    """The size of the batch is fixed: all rows get the answer of the first."""
    return run_exported__product_by_product(layers, x[:1]).repeat(len(x), 1)


def run_exported__softmax_left_on(layers, x):
    """A Softmax stands at the end, and nobody asked for it."""
    return torch.softmax(run_exported__product_by_product(layers, x), -1)


def run_exported__layer_skipped(layers, x):
    """The layers between the first and the last are left out, where the sizes allow it."""
    short = [layers[0], layers[-1]] if len(layers) > 2 else layers
    fits = short[-1][0].shape[1] == short[0][0].shape[0] or len(short) == 1
    return run_exported__product_by_product(short if fits else layers, x)


def whole(seed, shape):
    """Small whole numbers in float32."""
    return tensor_from(seed, shape, dtype=torch.float32).round().clamp(-4, 4)


def networks_to_judge_on():
    """Networks of one to three layers, square ones among them, and batches of one to four rows."""
    sizes = [
        (1, 1),
        (2, 1),
        (2, 2),
        (1, 2, 1),
        (2, 2, 2),
        (2, 3, 2),
        (2, 2, 2, 2),
        (3, 2, 2, 1),
        (3, 3, 3, 3),
    ]
    for number, widths in enumerate(sizes):
        layers = [
            (whole(1 + 9 * number + layer, (wide, narrow)), whole(5 + 9 * number + layer, (wide,)))
            for layer, (narrow, wide) in enumerate(pairwise(widths))
        ]
        yield {"layers": layers, "x": whole(9 + 9 * number, (1 + number % 4, widths[0]))}


law_run_exported = law_exercise(
    "law_run_exported",
    "run_exported",
    networks_to_judge_on(),
    right=(
        run_exported__product_by_product,
        run_exported__list_of_nodes,
        run_exported__sample_by_sample,
    ),
    wrong={
        run_exported__zeros: "Does the answer depend on the weights?",
        run_exported__no_relu: "What stands between two layers?",
        run_exported__relu_at_the_end: "Can the answer be negative?",
        run_exported__relu_at_the_start: "Can an input be negative?",
        run_exported__not_turned: "Do you compare values, and not only shapes?",
        run_exported__last_bias_lost: "What is the answer, if the last weight were 0?",
        run_exported__first_bias_everywhere: "Do you compare with all layers of the network?",
        run_exported__batch_of_one: "Does each row get its own answer?",
        run_exported__softmax_left_on: "Which scores does the network itself give?",
        run_exported__layer_skipped: "Do you compare with all layers of the network?",
    },
)
