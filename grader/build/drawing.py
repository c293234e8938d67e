"""Draw an ONNX graph as text, one operation below the other: what `brick view` shows where there is no browser."""

from __future__ import annotations

import math
from pathlib import Path

import onnx
from onnx import helper, shape_inference

from grader.errors import UsageError
from grader.language import gettext as _
from grader.text import clean


def draw_graph(path: Path) -> str:
    """The graph of a model: inputs, operations with their weights, outputs.

    Args:
        path: any ONNX file; names in it may be anything, so what is returned is cleaned.

    Raises:
        UsageError: it is no ONNX model.
    """
    try:
        model = shape_inference.infer_shapes(onnx.load(str(path)))
    except Exception as error:  # the parser of protobuf, and onnx, raise several kinds
        what = f"this is no ONNX model: {type(error).__name__}"
        raise UsageError(what, str(path), "name an ONNX file, or run: brick build") from error
    graph = model.graph
    weights = {entry.name: list(entry.dims) for entry in graph.initializer}
    shapes = {v.name: _shape(v) for v in (*graph.input, *graph.value_info, *graph.output)}
    lines = [f"{v.name} {shapes[v.name]}" for v in graph.input if v.name not in weights]
    for node in graph.node:
        held = [name for name in node.input if name in weights]
        about = [f"{name} {_dims(weights[name])}" for name in held]
        about += [f"{a.name}={helper.get_attribute_value(a)}" for a in node.attribute]
        flowing = ", ".join(name for name in node.input if name and name not in weights)
        made = ", ".join(f"{name} {shapes.get(name, '')}".strip() for name in node.output)
        lines += ["  |", f"[{node.op_type}]  {flowing} -> {made}"]
        if about:
            lines.append(f"  |  {', '.join(about)}")
    lines += ["  |", ", ".join(f"{v.name} {shapes[v.name]}" for v in graph.output)]
    count = sum(math.prod(dims) for dims in weights.values())
    words = _("{operations} operations, {numbers:,} numbers in {weights} weights and biases").format(
        operations=len(graph.node), numbers=count, weights=len(weights)
    )
    return clean("\n".join([*lines, "", words])) + "\n"


def _shape(value: onnx.ValueInfoProto) -> str:
    """The shape of a value; a side that is open has a name, such as N."""
    dims = value.type.tensor_type.shape.dim
    return _dims([dim.dim_param or dim.dim_value for dim in dims])


def _dims(dims: list[int | str]) -> str:
    return f"({', '.join(str(dim) for dim in dims)})"
