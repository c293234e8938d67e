"""Notice when a submission leaves something on what is not its own: an attribute on a class or function of a library.

The rules follow names. What one exercise hangs on `torch.Tensor`, another could find there without a name in common.
"""

from __future__ import annotations

import copyreg
import sys
import warnings
from collections.abc import Iterator
from functools import cache
from types import FunctionType
from typing import Any

import torch

from grader.sandbox.fixtures import FIXTURES

_MODULES = (
    "torch torch.linalg math typing collections collections.abc dataclasses functools itertools"
    " numpy onnx onnx.helper onnx.numpy_helper torch.nn.functional abc contextlib copy datetime decimal enum fractions"
    " json numbers operator re statistics types warnings"
).split()
_IMMUTABLE = 1 << 8  # Py_TPFLAGS_IMMUTABLETYPE: Python itself refuses attributes there


class Snapshot:
    """How everything that a submission can get hold of looked before it was loaded.

    It says how many attributes a function has, and which objects a class holds. It does not look into values, whose
    comparison would be the learner's code to run, nor at what torch itself fills in late.
    """

    def __init__(self) -> None:
        _have_filled_in()
        self._before = [(name, thing, _looks(thing)) for name, thing in _things()]
        self._tensor = _looks(torch.Tensor)
        # While what was there lives on, nothing new can have its id.
        self._alive = [list(vars(thing).values()) for _, thing, _ in self._before]

    def tensors_changed(self) -> bool:
        """Whether `torch.Tensor` itself is another one. Quick: it is asked before each look at an argument.

        Without it, learner code could decide what the look at an argument finds.
        """
        return _looks(torch.Tensor) != self._tensor

    def changed(self) -> str:
        """The name of what was changed; empty if nothing was.

        It looks at everything, so it is asked once a check and not once a call.
        """
        for name, thing, before in self._before:
            if _looks(thing) != before:
                return name
        return ""


def _have_filled_in() -> None:
    """Have Python and torch put down first what they put down when it is asked for: it is no learner's doing.

    Whoever copies a tensor lets Python note the slots of its class, and the first `x.storage()` notes that it warned.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.zeros(1).storage()  # type: ignore[no-untyped-call]
        for _, thing in _things():
            if isinstance(thing, type):
                copyreg._slotnames(thing)  # type: ignore[attr-defined]


@cache
def snapshot() -> Snapshot:
    """One for the process: taken before any submission is loaded, and inherited by every fork."""
    return Snapshot()


def _looks(thing: Any) -> object:
    """What changes when an attribute is set on it. By id: `==` of what a submission leaves there may say anything."""
    if isinstance(thing, type):
        return [*map(id, vars(thing).values())]
    return len(vars(thing))


def _things() -> Iterator[tuple[str, Any]]:
    """Everything with a place for attributes among the names of these modules, and in their classes."""
    seen: set[int] = set()
    modules = [(name, sys.modules[name]) for name in _MODULES if name in sys.modules]
    # Private functions are out of a submission's reach, and torch itself leaves notes on some of them.
    named = [
        (f"{place}.{name}", thing)
        for place, module in modules
        for name, thing in vars(module).items()
        if name[0] != "_" or isinstance(thing, type)
    ]
    named += FIXTURES.items()
    for name, thing in named:
        parts = [(name, thing)]
        if isinstance(thing, type):
            parts += [(f"{name}.{key}", value) for key, value in vars(thing).items()]
        for label, part in parts:
            if id(part) not in seen and _takes_attributes(part):
                seen.add(id(part))
                yield label, part


def _takes_attributes(thing: Any) -> bool:
    """Whether an attribute can be left on it: on a class that Python does not guard, or on a function."""
    if isinstance(thing, type):
        # Protobuf's classes look up their fields late, and keep what they found.
        return not thing.__flags__ & _IMMUTABLE and type(thing).__name__ != "MessageMeta"
    return isinstance(thing, FunctionType)
