"""The judge of learners' ONNX models: what it accepts, what it refuses, and that it opens no file on the way."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
import torch
from onnx import TensorProto, helper

from grader.sandbox import onnx_evaluation
from grader.sandbox.onnx_evaluation import judge_model

X = torch.tensor([[1.0, -2.0], [0.5, 3.0], [0.0, 0.0]])
WEIGHT = torch.tensor([[1.0, 2.0], [-1.0, 0.5], [0.0, 4.0]])


def make_model(**changes: object) -> onnx.ModelProto:
    """A linear layer from 2 to 3 features, with some part of it replaced."""
    parts: dict[str, object] = {
        "nodes": [helper.make_node("Gemm", ["x", "w"], ["y"], transB=1)],
        "inputs": [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 2])],
        "outputs": [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 3])],
        "initializer": [helper.make_tensor("w", TensorProto.FLOAT, [3, 2], WEIGHT.flatten().tolist())],
    } | changes
    graph = helper.make_graph(parts["nodes"], "g", parts["inputs"], parts["outputs"], parts["initializer"])
    return helper.make_model_gen_version(graph, opset_imports=[helper.make_opsetid("", 17)])


def external(name: str, path: str) -> TensorProto:
    """A tensor that says its values are in a file."""
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[3, 2])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=path)
    return tensor


def refusal(model: onnx.ModelProto | bytes) -> str:
    """Why the judge does not accept a model."""
    verdict = judge_model(model if isinstance(model, bytes) else model.SerializeToString(), X)
    assert not verdict["valid"]
    assert verdict["output"] is None
    return str(verdict["message"])


def test_a_good_model_is_described_and_evaluated() -> None:
    verdict = judge_model(make_model().SerializeToString(), X)

    assert verdict["valid"], verdict["message"]
    assert verdict["inputs"] == [{"name": "x", "type": "float", "shape": ["N", 2]}]
    assert (verdict["ops"], verdict["opset"]) == (["Gemm"], 17)
    torch.testing.assert_close(verdict["output"], X @ WEIGHT.T)


@pytest.mark.parametrize("place", ["initializer", "sparse", "attribute", "subgraph", "function", "training"])
def test_external_data_is_refused_before_anything_is_opened(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.bin").write_bytes(WEIGHT.numpy().tobytes())
    monkeypatch.setattr(onnx_evaluation, "check_model", lambda model: pytest.fail("onnx looked at the model"))
    tensor = external("w", "w.bin")
    model = make_model(initializer=[tensor] if place == "initializer" else [])
    if place == "sparse":
        model.graph.sparse_initializer.add(values=tensor)
    if place == "attribute":
        model.graph.node.append(helper.make_node("Constant", [], ["w"], value=tensor))
    if place == "subgraph":
        inner = helper.make_graph([], "inner", [], [], [tensor])
        model.graph.node.append(helper.make_node("If", ["c"], ["w"], then_branch=inner, else_branch=inner))
    if place == "function":
        model.functions.add(name="f").node.append(helper.make_node("Constant", [], ["w"], value=tensor))
    if place == "training":
        model.training_info.add().initialization.initializer.append(tensor)

    assert "another file" in refusal(model)


def test_a_model_over_the_limit_is_refused_unread() -> None:
    assert "more than 16" in refusal(bytes(onnx_evaluation.MODEL_MIB * 2**20 + 1))


def test_what_is_not_a_model_is_refused() -> None:
    assert "not an ONNX model" in refusal(b"\xff" * 100)
    assert "finds fault" in refusal(b"")


def test_shapes_that_do_not_fit_are_refused() -> None:
    wide = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 7])]

    assert "finds fault" in refusal(make_model(outputs=wide))


def test_a_fixed_batch_is_refused() -> None:
    fixed = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [3, 2])]

    assert "no name" in refusal(make_model(inputs=fixed))


def test_a_model_that_mixes_rows_is_refused() -> None:
    nodes = [
        helper.make_node("Gemm", ["x", "w"], ["z"], transB=1),
        helper.make_node("Softmax", ["z"], ["y"], axis=0),
    ]

    assert "other rows" in refusal(make_model(nodes=nodes))


def test_a_second_input_is_refused() -> None:
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 2]) for name in ("x", "unused")]

    assert "2 free inputs" in refusal(make_model(inputs=inputs))


def test_double_precision_is_refused() -> None:
    nodes = [
        helper.make_node("Gemm", ["x", "w"], ["z"], transB=1),
        helper.make_node("Cast", ["z"], ["y"], to=TensorProto.DOUBLE),
    ]
    double = [helper.make_tensor_value_info("y", TensorProto.DOUBLE, ["N", 3])]

    assert "float64" in refusal(make_model(nodes=nodes, outputs=double))


def test_an_unknown_operation_is_refused() -> None:
    assert "Frobnicate" in refusal(make_model(nodes=[helper.make_node("Frobnicate", ["x", "w"], ["y"])]))
