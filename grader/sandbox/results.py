"""Turn what a call returned into values that travel, and keep here the objects that do not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from grader.sandbox import protocol
from grader.sandbox.protocol import (
    Body,
    BytesValue,
    DictValue,
    HandleValue,
    ListValue,
    TupleValue,
    WireError,
)

_KIND_CHARS = 80
_DEPTH_LOOKED_INTO, _ITEMS_LOOKED_INTO = 4, 1000


@dataclass(frozen=True)
class Held:
    """A tensor that is to be sent as a handle, to be changed in place here."""

    value: Any


@dataclass(frozen=True)
class Plain:
    """A held thing that is to be sent by value."""

    value: Any


class Objects:
    """The objects of one example that stay here, by number. No two objects of a check get the same one."""

    def __init__(self) -> None:
        self.by_number: dict[int, Any] = {}
        self._next = 0

    def keep(self, thing: Any) -> HandleValue:
        """Give an object a number.

        Until `clear`, so that a learner's object lives exactly as long as the example that made it.
        """
        number = self._next
        self._next += 1
        self.by_number[number] = thing
        return HandleValue(number, type(thing).__name__[:_KIND_CHARS], callable(thing))

    def clear(self) -> None:
        """Forget all of them: an example is over."""
        self.by_number.clear()

    def restart(self) -> None:
        """Count from 0 again: another check begins, which then asks for the same numbers in every process."""
        self._next = 0


class Encoder:
    """Turns one result into a value, counting as it goes.

    Args:
        objects: keeps what is sent as a handle.
        body: takes the bytes of tensors.
    """

    def __init__(self, objects: Objects, body: Body) -> None:
        self._objects, self._body, self._nodes = objects, body, 0

    def encode(self, thing: Any, depth: int = 0) -> protocol.Value:
        """One thing as a value; WireError for what cannot be sent, and for more than the limits allow.

        By exact type: a subclass of a number or a list may behave otherwise, so it stays here as an object.

        Args:
            thing: what the learner's code returned.
            depth: how far inside the result we are.
        """
        self._nodes += 1
        if self._nodes > protocol.NODE_LIMIT or depth > protocol.DEPTH_LIMIT:
            raise WireError("the result has too many parts")
        kind = type(thing)
        if thing is None or isinstance(thing, bool) or (isinstance(thing, float) and kind is float):
            return thing
        if isinstance(thing, int) and kind is int:
            if not -(2**63) <= thing < 2**63:
                raise WireError("the result has an integer of more than 64 bits")
            return thing
        if isinstance(thing, str) and kind is str:
            return thing[: protocol.HEADER_LIMIT].encode("utf-8", "replace").decode()
        if isinstance(thing, torch.Tensor):
            return self._body.add_tensor(thing)
        if kind is list:
            return ListValue(tuple(self.encode(item, depth + 1) for item in thing))
        if isinstance(thing, tuple):
            return TupleValue(tuple(self.encode(item, depth + 1) for item in thing))
        if kind is dict:
            keys = tuple(self.encode(key, depth + 1) for key in thing)
            if not all(protocol.is_key(key) for key in keys):
                raise WireError("a dict has keys that are not plain")
            return DictValue(keys, tuple(self.encode(item, depth + 1) for item in thing.values()))
        if kind is bytes:
            return BytesValue(self._body.add_bytes(thing), len(thing))
        if isinstance(thing, torch.dtype | torch.device):
            return str(thing)
        if kind is Plain:
            return self.encode(thing.value, depth)
        return self._objects.keep(thing.value if kind is Held else thing)


def tensors_in(thing: Any, depth: int = 0) -> Iterator[torch.Tensor]:
    """The tensors of a result, a few levels deep.

    Bounded in depth and length: a result may contain itself.
    """
    if isinstance(thing, torch.Tensor):
        yield thing
    elif isinstance(thing, Held):
        return
    elif isinstance(thing, list | tuple) and depth < _DEPTH_LOOKED_INTO:
        for item in thing[:_ITEMS_LOOKED_INTO]:
            yield from tensors_in(item, depth + 1)
    elif type(thing) is dict and depth < _DEPTH_LOOKED_INTO:
        for item in thing.values():
            yield from tensors_in(item, depth + 1)
