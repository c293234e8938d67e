"""Write a value as code that a person can read and paste."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from grader.sandbox.handles import (
    ByReference,
    GuestFixture,
    GuestSequence,
    GuestVersion,
    Handle,
    reference_of,
)

VALUE_CHARS = 400
ENTRIES_SHOWN = 200  # of a tensor; a larger one is described


def shown_value(value: Any, limit: int = VALUE_CHARS) -> str:
    """A value as code: `tensor([[0.0, 0.0]])`; float32 is named, float64 is understood.

    Args:
        value: a plain value, a tensor, or what stands for something in the learner's process.
        limit: characters, past which it is cut and its size told.
    """
    text = _code(value)
    return text if len(text) <= limit else f"{text[:limit]}… ({_summary(value)})"


def is_code(value: Any, limit: int = VALUE_CHARS) -> bool:
    """Whether `shown_value` writes all of a value, so that what it writes can be run."""
    return _is_written_out(value) and len(_code(value)) <= limit


def _is_written_out(value: Any) -> bool:
    """Whether no part of a value is only described."""
    if isinstance(value, torch.Tensor):
        return value.numel() <= ENTRIES_SHOWN
    if isinstance(value, ByReference):
        return _is_written_out(value.start)
    if isinstance(value, GuestSequence):
        return all(map(_is_written_out, value.items))
    if isinstance(value, list | tuple):
        return all(map(_is_written_out, value))
    if isinstance(value, Mapping):
        return all(map(_is_written_out, [*value.keys(), *value.values()]))
    if isinstance(value, Handle):
        return not reference_of(value).is_described
    return not isinstance(value, bytes | GuestVersion)


def _code(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return _tensor_code(value)
    if isinstance(value, ByReference):
        return _tensor_code(value.start)
    if isinstance(value, GuestSequence):
        return f"{'iter' if value.once else 'sequence'}({_code(list(value.items))})"
    if isinstance(value, GuestFixture):
        return value.name
    if isinstance(value, GuestVersion):
        return "learner"
    if isinstance(value, Handle):
        return repr(value)
    if isinstance(value, list):
        return "[" + ", ".join(_code(item) for item in value) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(_code(item) for item in value) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_code(k)}: {_code(v)}" for k, v in value.items()) + "}"
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if isinstance(value, str):
        return repr(value)
    return str(value)


def _tensor_code(tensor: torch.Tensor) -> str:
    """A tensor's entries, in the shortest digits that give them back; a large one is only described."""
    if tensor.numel() > ENTRIES_SHOWN:
        return f"<tensor of shape {tuple(tensor.shape)}, {str(tensor.dtype).removeprefix('torch.')}>"
    dtype = "" if tensor.dtype in (torch.float64, torch.int64, torch.bool) else f", dtype={tensor.dtype}"
    if tensor.numel() == 0:
        return f"empty({tuple(tensor.shape)}{dtype})"
    if tensor.dtype is torch.float32:
        return f"tensor({_nested(tensor)}{dtype})"
    return f"tensor({tensor.tolist()}{dtype})"


def _nested(tensor: torch.Tensor) -> str:
    """Float32 entries in their own shortest digits, not those of the float64 they widen to."""
    if tensor.ndim == 0:
        return str(tensor.detach().cpu().numpy()[()])
    return "[" + ", ".join(_nested(row) for row in tensor) + "]"


def _summary(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"shape {tuple(value.shape)}"
    return f"{len(value)} items" if hasattr(value, "__len__") else "cut"
