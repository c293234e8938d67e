"""Things of the guest's as the host holds them: objects by number, and arguments that only exist over there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from grader.sandbox.exceptions import LearnerMisbehaved

ITERATION_LIMIT = 100_000


class Owner(Protocol):
    """Whoever asks the guest on behalf of its objects: the learner they came from."""

    def invoke(
        self,
        op: str,
        name: str,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        target: Handle | None = None,
    ) -> Any:
        """Call a function, or a method of `target`."""
        ...

    def ask(self, op: str, handle: Handle) -> Any:
        """What Python's own protocols ask of an object: `iter`, `next`, `len` or `list`."""
        ...

    def fetch(self, handle: Handle) -> Any:
        """What a held tensor holds now."""
        ...

    def get_attribute(self, handle: Handle, name: str) -> Any:
        """Read an attribute; a callable one becomes a function here."""
        ...

    def set_attribute(self, handle: Handle, name: str, value: Any) -> None:
        """Set an attribute."""
        ...


@dataclass
class Reference:
    """What a handle stands for.

    Args:
        owner: the learner whose object it is.
        number: the guest's number for it; good until the next example.
        kind: the name of its class, fit to be shown.
        label: a variable's name for it, so that recorded calls read as code.
        is_described: whether the label is no code but tells what it is.
    """

    owner: Owner
    number: int
    kind: str
    label: str
    is_described: bool = False


class Handle:
    """An object of the learner's that stays in the guest; attributes, methods and operators run there.

    Its attributes are those of the learner's object, so it can have none of its own: `reference_of` reads what it
    stands for.
    """

    def __init__(self, reference: Reference) -> None:
        vars(self)["reference"] = reference

    def __getattribute__(self, name: str) -> Any:
        # Python's own look-ups, such as `__class__`, are about the handle.
        if name.startswith("__"):
            return object.__getattribute__(self, name)
        return reference_of(self).owner.get_attribute(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        reference_of(self).owner.set_attribute(self, name, value)

    def __len__(self) -> int:
        """Checked here, for Python would raise an error of its own about a length that makes no sense."""
        length = reference_of(self).owner.ask("len", self)
        if not isinstance(length, int) or not 0 <= length <= ITERATION_LIMIT:
            raise LearnerMisbehaved(f"len({self!r}) is {length!r}")
        return length

    def __bool__(self) -> bool:
        """Without this Python would ask for the length, which is a call."""
        return True

    def __iter__(self) -> Iterator[Any]:
        found = reference_of(self).owner.ask("iter", self)
        if not isinstance(found, Handle):
            raise LearnerMisbehaved(f"iter({self!r}) gave {found!r}, not an iterator")
        return GuestIterator(found)

    def __next__(self) -> Any:
        return reference_of(self).owner.ask("next", self)

    def __repr__(self) -> str:
        return reference_of(self).label


def reference_of(handle: Handle) -> Reference:
    """What a handle stands for."""
    return vars(handle)["reference"]  # type: ignore[no-any-return]


def _operator(name: str) -> Callable[..., Any]:
    """A method for one of Python's operators, which looks it up on the class and never asks `__getattribute__`."""

    def apply(self: Handle, *others: Any) -> Any:
        return reference_of(self).owner.invoke("method", name, others, {}, target=self)

    return apply


_OPERATORS = ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "pow", "neg", "getitem")
for _name in (f"__{word}__" for word in _OPERATORS):
    setattr(Handle, _name, _operator(_name))


class GuestIterator:
    """An iterator of the guest, cut off when it does not end.

    Each step is a call, so an iterator that never ends is ended after a fixed number.
    """

    def __init__(self, handle: Handle) -> None:
        self.handle, self._taken = handle, 0

    def __iter__(self) -> GuestIterator:
        return self

    def __next__(self) -> Any:
        self._taken += 1
        if self._taken > ITERATION_LIMIT:
            raise LearnerMisbehaved(f"iteration did not end after {ITERATION_LIMIT} items")
        return next(self.handle)


@dataclass(frozen=True)
class ByReference:
    """A tensor that lives in the guest, changed in place by the calls it is passed to.

    Args:
        handle: the tensor over there.
        start: what it held when it was sent.
    """

    handle: Handle
    start: torch.Tensor

    def value(self) -> torch.Tensor:
        """What it holds now.

        A call; each asks anew.
        """
        return reference_of(self.handle).owner.fetch(self.handle)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class GuestSequence:
    """Travels as an object with only `__len__` and `__getitem__`: a data set that is not a list.

    Args:
        items: what it holds, in order.
        once: travels as an iterator instead, which gives its items one time.
    """

    items: tuple[Any, ...]
    once: bool = False


@dataclass(frozen=True)
class GuestFixture:
    """Travels as the guest's plain function of that name (see fixtures.py): a function cannot be sent."""

    name: str


@dataclass(frozen=True)
class GuestVersion:
    """Travels as an object with one function of ours, which the guest makes from its source (see versions.py).

    Args:
        source: definitions that need torch and math alone.
        name: of the one that is meant.
        function: what the learner's code calls it.
    """

    source: str
    name: str
    function: str
