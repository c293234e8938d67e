"""Make the arguments of a call out of a request, and see afterwards which of them the call changed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch

from grader.sandbox import protocol
from grader.sandbox.fixtures import FIXTURES
from grader.sandbox.protocol import (
    BytesValue,
    DictValue,
    FixtureValue,
    HandleValue,
    ListValue,
    SequenceValue,
    TensorValue,
    TupleValue,
    VersionValue,
    WireError,
)
from grader.sandbox.results import tensors_in
from grader.sandbox.versions import version


class MinimalSequence:
    """A sequence with `__len__` and `__getitem__` and not one method more.

    What a data set is to code that asks for no more: whoever calls `.append` or slices it has taken it for a list.
    """

    __slots__ = ("_items",)

    def __init__(self, items: list[Any]) -> None:
        self._items = items

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> Any:
        if not 0 <= index < len(self._items):
            raise IndexError(index)
        return self._items[index]


class Arguments:
    """The arguments of one call, made real, with what is needed to see whether the call changed them.

    Args:
        body: the bytes that came with the request; tensors lie right on them.
        handles: the objects of earlier calls, by number.
        device: where tensors are put.
        watch: whether anybody will ask what was changed.

    A tensor that lies in the frame's memory is compared byte by byte with what came. A copy is made only of those that
    do not: in another layout, as bool, or on a GPU.
    """

    def __init__(
        self, body: bytearray, handles: Mapping[int, Any], device: torch.device, *, watch: bool
    ) -> None:
        self._body, self._handles, self._device, self._watch = body, handles, device, watch
        self._original = bytes(body) if watch else b""
        self._tensors: list[tuple[str, torch.Tensor, TensorValue, torch.Tensor | None]] = []
        self._containers: list[tuple[str, Any, Any]] = []

    def build(self, value: protocol.Value, name: str) -> Any:
        """Turn one value into the object the learner's code gets.

        Args:
            value: as it came; nested ones are made from the inside out.
            name: the parameter it is passed to, by which a change is told.

        Raises:
            WireError: it describes what cannot be made.
            KeyError: a handle of an earlier example.
        """
        match value:
            case TensorValue():
                return self._tensor(value, name)
            case ListValue():
                items = [self.build(item, name) for item in value.items]
                self._containers.append((name, items, list(items)))
                return items
            case TupleValue():
                return tuple(self.build(item, name) for item in value.items)
            case DictValue():
                keys = [self.build(key, name) for key in value.keys]
                made = dict(zip(keys, (self.build(item, name) for item in value.values), strict=True))
                self._containers.append((name, made, dict(made)))
                return made
            case HandleValue():
                return self._handles[value.number]
            case SequenceValue():
                items = [self.build(item, name) for item in value.items]
                return iter(items) if value.once else MinimalSequence(items)
            case FixtureValue():
                return FIXTURES[value.name]
            case VersionValue():
                return version(value.source, value.name, value.function)
            case BytesValue():
                return protocol.read_bytes(value, self._body)
        return value

    def _tensor(self, value: TensorValue, name: str) -> torch.Tensor:
        """One tensor, with what is needed to see later whether it was changed."""
        tensor = protocol.read_tensor(value, self._body)
        copy = None
        if value.strides is not None:
            tensor = _with_strides(tensor, value.strides)
            copy = tensor.clone()
        elif tensor.dtype is torch.bool:
            copy = tensor.clone()
        if self._device.type != "cpu":
            tensor = tensor.to(self._device)
            # The original lies in memory of the CPU, and says nothing about what is on the GPU.
            copy = tensor.clone() if self._watch else None
        self._tensors.append((name, tensor, value, copy))
        return tensor

    def changed(self) -> tuple[str, ...]:
        """Names of the arguments that are not as they were sent.

        Only after the call; a container counts as changed if it holds other objects than before, or in another order.
        """
        names: list[str] = []
        body_changed = self._body != self._original
        for name, tensor, value, copy in self._tensors:
            if tuple(tensor.shape) != value.shape:
                names.append(name)
            elif copy is not None:
                if not torch.equal(_bits(tensor), _bits(copy)):
                    names.append(name)
            elif body_changed:
                size = tensor.numel() * tensor.element_size()
                region = slice(value.offset, value.offset + size)
                if self._body[region] != self._original[region]:
                    names.append(name)
        for name, now, before in self._containers:
            if isinstance(now, list):
                same = len(now) == len(before) and all(a is b for a, b in zip(now, before, strict=True))
            else:
                # By identity: comparing values could run code of the learner's.
                same = now.keys() == before.keys() and all(now[key] is before[key] for key in before)
            if not same:
                names.append(name)
        return tuple(dict.fromkeys(names))

    def aliased_by(self, result: Any) -> tuple[str, ...]:
        """Names of the arguments whose memory the result shares.

        Args:
            result: what the call returned; tensors are looked for a few levels deep.
        """
        memory = {t.untyped_storage().data_ptr() for t in tensors_in(result) if t.numel() and not t.is_meta}
        memory.discard(0)
        if not memory:
            return ()
        held = [(name, tensor) for name, tensor, _, _ in self._tensors]
        return tuple(dict.fromkeys(name for name, t in held if t.untyped_storage().data_ptr() in memory))


def _with_strides(tensor: torch.Tensor, strides: tuple[int, ...]) -> torch.Tensor:
    """The same values in another layout; stride 0 is an expanded axis.

    Raises:
        WireError: there is no such layout for the shape.
    """
    shape = tensor.shape
    if len(strides) != len(shape) or any(stride < 0 for stride in strides):
        raise WireError(f"no tensor of shape {tuple(shape)} has the strides {strides}")
    # How many entries the memory must have to hold the furthest one.
    reach = 1 + sum((side - 1) * stride for side, stride in zip(shape, strides, strict=True) if side)
    if reach * tensor.element_size() > protocol.BODY_LIMIT or math.prod(shape) == 0:
        return tensor
    base = torch.zeros(reach, dtype=tensor.dtype)
    # Of an expanded axis one entry stands for all; only that one is written.
    narrow = tensor
    for axis, stride in enumerate(strides):
        if stride == 0 and shape[axis] > 1:
            narrow = narrow.narrow(axis, 0, 1)
    base.as_strided(narrow.shape, strides).copy_(narrow)
    return base.as_strided(shape, strides)


def _bits(tensor: torch.Tensor) -> torch.Tensor:
    """The tensor's bytes: NaN equals the same NaN, and -0.0 is not 0.0."""
    return tensor.contiguous().reshape(-1).view(torch.uint8)
