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
    OBJECT,
    TENSOR,
    Learner,
    agree,
    booleans,
    check,
    composite,
    fail,
    given,
    integers,
    just,
    lists,
    one_of,
    refuses,
    require,
    sampled_from,
    seeds,
    tensor_from,
    tensors,
)

RETURNS = {"export_mlp": OBJECT, "run_model": TENSOR}

HINTS = {
    "export_mlp": (
        "A model is a graph with its operator set; the graph is a list of nodes, the weights, one input, one output.",
        "Keep the name of the current value, starting with that of the input. For each layer store weight and bias "
        "under names of their own, add a node that reads the current value and both, and a Relu unless it is the "
        "last. Add the softmax if asked for. Declare input and output as float32 with a name for the batch axis.",
    ),
    "run_model": (
        "A table from names to tensors is all the state there is: each node reads from it and writes into it.",
        "Fill the table with the initializers and with x, under the name of the input that none of them fills. For "
        "each node refuse an unknown op_type by name, look its inputs up, read its attributes, and store the result "
        "under its output's name. Look up the name of the graph's output at the end.",
    ),
}

OPERATOR_SET = 17
UNKNOWN = sampled_from(["Sigmoid", "Tanh", "Sub", "Conv", "LogSoftmax", "LeakyRelu", "Flatten"])
SMALL = (0.0, -1.0)
Layers = list[tuple[Tensor, Tensor]]


def agree_float32(found: Any, expected: Tensor, what: str = "the output") -> None:
    """Fail unless two float32 results agree up to the order in which they were added up."""
    size = max(1.0, expected.abs().max().item()) if expected.numel() else 1.0
    agree(found, expected.to(torch.float32), rtol=1e-5, atol=1e-5 * size, what=what)


# --- export_mlp -------------------------------------------------------------------------------------------


@composite
def networks(draw: Any, fewest: int = 1) -> Layers:
    """Layers of a perceptron; square weights among them, no weight with few digits."""
    sizes = draw(lists(integers(1, 4), min_size=fewest + 1, max_size=4))
    if draw(booleans()):
        sizes = [max(2, sizes[0])] * len(sizes)
    widths = pairwise(sizes)
    parts = [(draw(tensors((b, a), special=SMALL)), draw(tensors((b,), special=SMALL))) for a, b in widths]
    return [((weight / 3).to(torch.float32), (bias / 3).to(torch.float32)) for weight, bias in parts]


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


@check(
    "export_mlp",
    hint="What does the checker say? Does each name lead from the input to the output?",
    examples=25,
)
@given(layers=networks(), rows=integers(1, 4), seed=seeds())
def check_export_mlp_is_the_network(learner: Learner, layers: Layers, rows: int, seed: int) -> None:
    """The model is valid, and two independent runtimes compute what the network computes."""
    x = rows_for(layers, seed, rows)
    verdict = judged(learner, learner.export_mlp(layers), x)
    agree_float32(verdict["output"], output_of(layers, x), "the model's output")


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


@check("export_mlp", hint="A Softmax node follows the last layer, over the classes.", examples=20)
@given(layers=networks(), rows=integers(1, 4), seed=seeds())
def check_export_mlp_softmax(learner: Learner, layers: Layers, rows: int, seed: int) -> None:
    """With softmax=True the model's output is the shares of the classes."""
    x = rows_for(layers, seed, rows)
    verdict = judged(learner, learner.export_mlp(layers, softmax=True), x)
    agree_float32(verdict["output"], output_of(layers, x, softmax=True), "the model's output")


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
    ends = (("input", layers[0][0].shape[1]), ("output", layers[-1][0].shape[0]))
    for kind, width in ends:
        found = verdict[f"{kind}s"]
        require(
            len(found) == 1,
            f"the model has {len(found)} {kind}s, not one: weights belong to the initializers",
        )
        require(found[0]["type"] == "float", f"the {kind} is of type {found[0]['type']}, not float")
        shape = found[0]["shape"]
        require(len(shape) == 2, f"the {kind} has shape {shape}; it needs two axes")
        require(isinstance(shape[0], str), f"the {kind}'s batch axis is {shape[0]!r}, not a name")
        require(shape[1] == width, f"the {kind}'s width is {shape[1]!r}, not {width}")
    names = [verdict[f"{kind}s"][0]["shape"][0] for kind, _ in ends]
    require(names[0] == names[1], f"the batch axis is {names[0]!r} in the input, {names[1]!r} in the output")


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


def verify_run(learner: Learner, data: bytes, x: Tensor) -> None:
    """Fail unless the learner's interpreter answers what onnx's reference evaluator does, on a model of ours."""
    x = x.to(torch.float32)
    expected = ReferenceEvaluator(onnx.ModelProto.FromString(data)).run(None, {"data": x.numpy()})[0]
    agree_float32(learner.run_model(learner.model(data), x), torch.from_numpy(expected.copy()))


def attributes(**values: Any) -> dict[str, Any]:
    """Only those attributes that are there."""
    return {name: value for name, value in values.items() if value is not None}


@composite
def gemms(draw: Any) -> dict[str, Any]:
    """How a Gemm is written: any attribute and the third input may be missing."""
    factor = sampled_from([None, 0.5, 2.0, -1.0, 0.0])
    flag = sampled_from([None, 0, 1])
    written = {"alpha": draw(factor), "beta": draw(factor), "transA": draw(flag), "transB": draw(flag)}
    written["bias"] = draw(
        sampled_from(["vector", "row", "column", "matrix", "scalar", "empty name", "missing"])
    )
    return written


# --- run_model --------------------------------------------------------------------------------------------


@check(
    "run_model", hint="An attribute that is not there has its default: alpha and beta 1, transA and transB 0."
)
@given(written=gemms(), sides=lists(integers(1, 4), min_size=3, max_size=3), square=booleans(), seed=seeds())
def check_run_model_gemm(
    learner: Learner, written: dict[str, Any], sides: list[int], square: bool, seed: int
) -> None:
    """Gemm obeys alpha, beta, transA and transB, has their defaults, and does without a third input."""
    n, d, h = [max(2, sides[0])] * 3 if square else sides
    x = tensor_from(seed + 1, (d, n) if written["transA"] else (n, d))
    bias = written["bias"]
    shapes = {"vector": (h,), "row": (1, h), "column": (n, 1), "matrix": (n, h), "scalar": ()}
    weights = {"w": tensor_from(seed + 2, (h, d) if written["transB"] else (d, h))}
    inputs = ["data", "w", *([] if bias == "missing" else [""] if bias == "empty name" else ["c"])]
    if bias in shapes:
        weights["c"] = tensor_from(seed + 3, shapes[bias])
    given_ = attributes(**{name: value for name, value in written.items() if name != "bias"})
    verify_run(
        learner, serialised([helper.make_node("Gemm", inputs, ["y"], **given_)], weights, list(x.shape)), x
    )


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
    agree_float32(learner.run_model(learner.model(data), torch.tensor([[1.0, 2.0]])), torch.tensor([[-4.5]]))


@check(
    "run_model", hint="Softmax has an axis, by default the last. Large scores must not overflow.", examples=60
)
@given(
    shape=sampled_from([(3,), (2, 3), (3, 1), (2, 3, 4), (1, 2, 3)]),
    axis=one_of(just(None), integers(-3, 2)),
    seed=seeds(),
    scale=sampled_from([1.0, 1e3]),
)
def check_run_model_softmax(
    learner: Learner, shape: tuple[int, ...], axis: int | None, seed: int, scale: float
) -> None:
    """Softmax runs over its axis, or over the last, for any rank and for large scores."""
    x = tensor_from(seed, shape) * scale
    axis = None if axis is None else axis % len(shape) - (len(shape) if axis < 0 else 0)
    node = helper.make_node("Softmax", ["data"], ["y"], **attributes(axis=axis))
    verify_run(learner, serialised([node], {}, list(shape)), x)


STACKS = sampled_from(
    [((2, 3), (3, 4)), ((1, 3), (3, 1)), ((4, 2, 3), (3, 2)), ((3,), (3, 4)), ((2, 3), (3,)), ((4, 2, 3), (4, 3, 2)),
     ((2, 3), (4, 3, 2)), ((1, 2, 3), (4, 3, 1))]
)  # fmt: skip


@check(
    "run_model",
    hint="MatMul and Add follow the rules of torch.matmul and of +, stacks and broadcasting too.",
    examples=60,
)
@given(sides=STACKS, added=sampled_from(["scalar", "one", "row", "column"]), seed=seeds(), first=booleans())
def check_run_model_matmul_and_add(
    learner: Learner, sides: tuple[Any, Any], added: str, seed: int, first: bool
) -> None:
    """MatMul takes stacks of matrices on either side, Add stretches axes, and the order of inputs is kept."""
    x, w = (tensor_from(seed + k, shape) for k, shape in enumerate(sides, start=1))
    found = (x @ w).shape
    shapes = {"scalar": (), "one": (1,), "row": found[-1:], "column": (*found[:-1], 1)}
    weights = {"w": w, "c": tensor_from(seed + 3, tuple(shapes[added]))}
    nodes = [
        helper.make_node("MatMul", ["data", "w"], ["product"]),
        helper.make_node("Add", ["c", "product"] if first else ["product", "c"], ["y"]),
    ]
    verify_run(learner, serialised(nodes, weights, list(x.shape)), x)


@check(
    "run_model",
    hint="Each node reads the names it lists; the graph says which value is its output.",
    examples=60,
)
@given(
    seed=seeds(),
    rows=integers(1, 3),
    listed=sampled_from(["", "before", "after"]),
    raw=booleans(),
    output=sampled_from(["sum", "cut", "y", "product"]),
)
def check_run_model_follows_the_names(
    learner: Learner, seed: int, rows: int, listed: str, raw: bool, output: str
) -> None:
    """Values can be read twice or later, any of them can be the output, and weights can be listed as inputs."""
    weights = {"w": tensor_from(seed + 1, (2, 2)), "x": tensor_from(seed + 2, (2,))}
    nodes = [
        helper.make_node("MatMul", ["data", "w"], ["product"]),
        helper.make_node("Relu", ["product"], ["cut"]),
        helper.make_node("Add", ["product", "cut"], ["sum"]),
        helper.make_node("Add", ["sum", "x"], ["shifted"]),
        helper.make_node("MatMul", ["w", "w"], ["aside"]),
        helper.make_node("Gemm", ["shifted", "aside", "data"], ["y"], beta=0.5),
    ]
    data = serialised(nodes, weights, [rows, 2], output=output, listed=listed, raw=raw)
    verify_run(learner, data, tensor_from(seed + 3, (rows, 2)))


@check(
    "run_model",
    hint="Does it understand what export_mlp writes?",
    after=(check_run_model_gemm, check_run_model_follows_the_names),
    examples=20,
)
@given(layers=networks(), rows=integers(1, 5), seed=seeds(), softmax=booleans())
def check_run_model_runs_your_export(
    learner: Learner, layers: Layers, rows: int, seed: int, softmax: bool
) -> None:
    """Your interpreter, run on your export, answers what the network does, for any batch."""
    x = rows_for(layers, seed, rows)
    found = learner.run_model(learner.export_mlp(layers, softmax=softmax), x)
    agree_float32(found, output_of(layers, x, softmax))


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
    model = learner.model(serialised(nodes, {}, ["N", 2]))
    refuses(lambda: learner.run_model(model, torch.tensor([[1.0, -1.0]])), names=op_type)
