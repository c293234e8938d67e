"""Count how often a call evaluates functions beside a point where it has evaluated them: so gradients are measured.

A gradient worked out by hand needs exp, log, a root or a quotient once for each entry. One that is measured, by
differences of whatever order, needs them again a short step away, and a way round that is not known: what sums and
products alone make of a step is a polynomial. Whether the copies are made one by one or stacked into one tensor is all
the same here.
"""

from __future__ import annotations

import builtins
import itertools
import math
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

# Functions of a sum or difference: a step is as long after an addition as before. Of all others it is told by its
# share of the value.
_OF_SUMS = frozenset(
    "exp exp2 expm1 tanh sigmoid sinh cosh sin cos tan erf erfc erfcx ndtr log_ndtr softplus".split()
)
_OF_SIZES = frozenset(
    "log log1p log2 log10 logit sqrt cbrt rsqrt reciprocal asinh acosh atanh asin acos atan".split()
)
_QUOTIENTS = frozenset({"div", "true_divide", "divide"})
_POWERS = frozenset({"pow", "float_power"})
_LIST_PREFIX = "_foreach_"

# Differences reach full accuracy with steps of 1e-3 (fourth order) to 0.05 (eighth). Inputs are drawn farther apart.
_STEP, _SHARE = 0.05, 0.015
_SAME = 1e-9  # the same number up to rounding, or up to a small number that guards a division
_MOST_POINTS = 200_000


def nearby_points(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> int:
    """Call a function; at how many points it evaluates exp, log, roots or quotients beside another such point.

    Points that are equal up to rounding count once, so it does not matter how often a formula is worked out anew.

    Args:
        function: the learner's; what it returns is of no interest.

    Returns:
        0 for a formula on inputs that are well apart.

    Raises:
        Exception: whatever the function raises.
    """
    with _Points() as points:
        _counting.append(points)
        try:
            function(*args, **kwargs)
        finally:
            _counting.pop()
    return sum(
        _beside_another(values, relative=name not in _OF_SUMS) for name, values in points.by_name.items()
    )


class _Points(TorchDispatchMode):
    """Puts down the numbers that go through each function, wherever in torch it is called from."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.by_name: dict[str, list[float]] = {}
        self._left = _MOST_POINTS

    def __torch_dispatch__(
        self, operation: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        name = (
            operation.overloadpacket.__name__.removeprefix(_LIST_PREFIX).removeprefix("special_").rstrip("_")
        )
        for value in _points_of(name, args):
            for tensor in value if isinstance(value, list | tuple) else (value,):
                self._note_entries(name, tensor)
        return operation(*args, **(kwargs or {}))

    def note(self, name: str, number: Any) -> None:
        """Put down one number that a function of Python's own is called with."""
        if isinstance(number, int | float) and self._left > 0:
            self._left -= 1
            self.by_name.setdefault(name, []).append(float(number))

    def _note_entries(self, name: str, tensor: Any) -> None:
        if isinstance(tensor, torch.Tensor) and tensor.is_floating_point() and tensor.numel() <= self._left:
            self._left -= tensor.numel()
            self.by_name.setdefault(name, []).extend(tensor.detach().double().reshape(-1).tolist())


def _points_of(name: str, args: Sequence[Any]) -> Sequence[Any]:
    """The arguments of an operation that it is not a polynomial of."""
    if name in _OF_SUMS or name in _OF_SIZES:
        return args[:1]
    if name in _QUOTIENTS:
        return args[1:2]
    if name == "addcdiv":
        return args[2:3]
    if name in _POWERS:
        exponent = args[1]
        return () if isinstance(exponent, int | float) and exponent in (0, 1, 2, 3, 4) else args[:2]
    return ()


def _beside_another(values: Iterable[float], *, relative: bool) -> int:
    """How many of these numbers have a smaller one close to them.

    Args:
        relative: whether closeness is a share of the number.
    """
    points: list[float] = []
    for value in sorted(value for value in values if math.isfinite(value)):
        if not points or value - points[-1] > _SAME * max(1.0, abs(value)):
            points.append(value)
    return sum(
        high - low < (_SHARE * abs(high) if relative else _STEP) for low, high in itertools.pairwise(points)
    )


# --- numbers of Python's own ------------------------------------------------------------------------------

_counting: list[_Points] = []  # those that are counted now; a call of a learner's may be made inside another


class _NotingFunction:
    """A function of `math` that puts down its numbers while points are counted. Nothing can be hung on it."""

    __slots__ = ("__name__", "_function")

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self.__name__, self._function = name, function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if _counting:
            for number in args:
                _counting[-1].note(self.__name__, number)
        return self._function(*args, **kwargs)


def builtins_that_note() -> dict[str, Any]:
    """The built-in names for a learner's module, whose import gives a `math` that puts down its numbers.

    It is the same at all times, so that no code can tell when points are counted.
    """
    noting = types.ModuleType("math", math.__doc__)
    for name, value in vars(math).items():
        setattr(
            noting, name, _NotingFunction(name, value) if name in _OF_SUMS | _OF_SIZES | _POWERS else value
        )

    def learners_import(name: str, *args: Any, **kwargs: Any) -> Any:
        return noting if name == "math" else builtins.__import__(name, *args, **kwargs)

    return vars(builtins) | {"__import__": learners_import}
