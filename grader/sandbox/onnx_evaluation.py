"""Turn the bytes of a model that a learner made into a verdict and an output; runs where no learner code is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

MODEL_MIB = 16
_PARTS, _CHARS = 200, 80
_RTOL, _ATOL = 1e-4, 1e-5  # between two runtimes that add up float32 in different orders


class Refused(Exception):
    """The model is not acceptable; the message says why, in words for the learner."""


def judge_model(data: bytes, x: Tensor) -> dict[str, Any]:
    """Check a serialised model from all sides and evaluate it on x.

    Args:
        data: what the learner's model serialises to; not trusted.
        x: float32, shape (batch, features), the value of the model's only free input.

    Returns:
        `valid`, and if not, why in `message`; `inputs` and `outputs`, each a dict of `name`, `type` and
        `shape` (a number, a name, or None per axis); `ops`, the operations in order; `opset`, the version of
        the default operator set; `weights`, how many numbers the initializers hold that a node reads; `output`,
        the value of the model's only output, or None.
    """
    verdict: dict[str, Any] = {
        "valid": False,
        "message": "",
        "inputs": [],
        "outputs": [],
        "ops": [],
        "opset": 0,
        "weights": 0,
    }
    verdict["output"] = None
    try:
        model = read_model(data)
        check_model(model)
        verdict |= describe_model(model)
        verdict["output"] = torch.from_numpy(evaluate_model(model, data, x.detach().cpu().numpy()).copy())
        verdict["valid"] = True
    except Refused as refusal:
        verdict["message"] = str(refusal)
    return verdict


def read_model(data: bytes) -> Any:
    """Parse a model; Refused when it is too large, not a model, or keeps weights in other files."""
    import onnx

    if len(data) > MODEL_MIB * 2**20:
        raise Refused(f"the model has {len(data) / 2**20:.1f} MiB, more than {MODEL_MIB}")
    try:
        model = onnx.ModelProto.FromString(data)
    except Exception as error:
        raise Refused(f"the bytes are not an ONNX model: {_first_line(error)}") from None
    # Before anything opens a file: a tensor may point to any path of this machine.
    for tensor in tensors_in(model):
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            raise Refused(f"the tensor {tensor.name!r} is kept in another file; store it in the model")
    return model


def tensors_in(message: Any) -> Iterator[Any]:
    """Every TensorProto inside a message: initializers, attributes, subgraphs, functions, sparse ones."""
    if message.DESCRIPTOR.full_name == "onnx.TensorProto":
        yield message
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        for part in [value] if hasattr(value, "DESCRIPTOR") else value:
            yield from tensors_in(part)


def describe_model(model: Any) -> dict[str, Any]:
    """What the model declares about itself, cut short where it goes on and on."""
    read = {name for node in model.graph.node for name in node.input}
    return {
        "inputs": [_describe_value(value) for value in model.graph.input[:_PARTS]],
        "outputs": [_describe_value(value) for value in model.graph.output[:_PARTS]],
        "ops": [node.op_type[:_CHARS] for node in model.graph.node[:_PARTS]],
        "opset": max(
            (entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=0
        ),
        # An initializer that nothing reads is no weight: weights may be hidden in nodes of type Constant beside it.
        "weights": sum(math.prod(tensor.dims) for tensor in model.graph.initializer if tensor.name in read),
    }


def check_model(model: Any) -> None:
    """Ask onnx whether the model keeps the standard, shapes included.

    Raises:
        Refused: it does not; with onnx's own first line.
    """
    import onnx

    try:
        onnx.checker.check_model(model, full_check=True)
        onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    except Exception as error:
        raise Refused(f"onnx finds fault with the model: {_first_line(error)}") from None


def evaluate_model(model: Any, data: bytes, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The model's output for x, on which every runtime here agrees, and which does not depend on the batch.

    Args:
        model: as parsed.
        data: the same in bytes, for onnxruntime.
        x: float32, shape (batch, features).

    Raises:
        Refused: it cannot be evaluated, or not in a way that can be relied on.
    """
    weights = {tensor.name for tensor in model.graph.initializer}
    free = [value for value in model.graph.input if value.name not in weights]
    if len(free) != 1 or len(model.graph.output) != 1:
        inputs, outputs = len(free), len(model.graph.output)
        raise Refused(f"the model has {inputs} free inputs and {outputs} outputs, not one of each")
    name, shape = free[0].name, _describe_value(free[0])["shape"]
    if not shape or not isinstance(shape[0], str):
        raise Refused(
            f"the first axis of the input has no name, its shape is {shape}: the batch must be free"
        )
    whole = _run_reference(model, name, x)
    if whole.dtype != np.float32 or whole.shape[:1] != x.shape[:1]:
        raise Refused(
            f"the output has type {whole.dtype} and shape {list(whole.shape)} for {len(x)} float32 rows"
        )
    # A model that has the batch's size built in, or mixes rows, would be right for the input of the check alone.
    if not _close(_run_reference(model, name, x[:1]), whole[:1]):
        raise Refused("the output for a row depends on the other rows of the batch")
    runtime = _run_onnxruntime(data, name, x)
    if runtime is not None and not _close(runtime, whole):
        raise Refused("onnxruntime and the reference evaluator do not agree on the model's output")
    return whole


def _run_reference(model: Any, name: str, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """onnx's own evaluator, written in numpy: slow, and it follows the standard."""
    from onnx.reference import ReferenceEvaluator

    try:
        with np.errstate(all="ignore"):
            outputs: Any = ReferenceEvaluator(model).run(None, {name: x})
            return np.asarray(outputs[0])
    except Exception as error:
        raise Refused(f"the reference evaluator cannot run the model: {_first_line(error)}") from None


def _run_onnxruntime(data: bytes, name: str, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
    """The output according to onnxruntime; None where it is not installed."""
    try:
        import onnxruntime
    except ImportError:
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        return np.asarray(session.run(None, {name: x})[0])
    except Exception as error:
        raise Refused(f"onnxruntime cannot run the model: {_first_line(error)}") from None


def _close(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> bool:
    """Whether two outputs agree, measured by the largest entry."""
    return (
        a.shape == b.shape
        and a.dtype == b.dtype
        and np.allclose(a, b, _RTOL, _ATOL * _size(b), equal_nan=True)
    )


def _size(a: np.ndarray[Any, Any]) -> float:
    """The largest finite entry, at least 1."""
    finite = np.abs(a[np.isfinite(a)])
    return max(1.0, float(finite.max())) if finite.size else 1.0


def _describe_value(value: Any) -> dict[str, Any]:
    """Name, type and shape of an input or output, cut short."""
    import onnx

    tensor = value.type.tensor_type
    return {
        "name": value.name[:_CHARS],
        "type": onnx.TensorProto.DataType.Name(tensor.elem_type).lower(),
        "shape": [_describe_axis(axis) for axis in tensor.shape.dim[:_PARTS]],
    }


def _describe_axis(axis: Any) -> int | str | None:
    """A number, a name, or None where the axis says nothing."""
    if axis.HasField("dim_value"):
        return int(axis.dim_value)
    return axis.dim_param[:_CHARS] or None


def _first_line(error: Exception) -> str:
    """What an error says in one line, at most 300 characters."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:300]
