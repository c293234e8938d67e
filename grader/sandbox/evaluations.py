"""Count how often a call evaluates functions beside a point where it has evaluated them: so gradients are measured.

A gradient worked out by hand needs exp, log, a root or a quotient once for each entry. One that is measured, by
differences of whatever order, needs them again a short step away, and a way round that is not known: what sums and
products alone make of a step is a polynomial. Whether the copies are made one by one or stacked into one tensor is all
the same here.
"""

from __future__ import annotations

import itertools
import math
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
    "log log1p log2 log10 logit sqrt rsqrt reciprocal asinh acosh atanh asin acos atan".split()
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
        function(*args, **kwargs)
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
                self._note(name, tensor)
        return operation(*args, **(kwargs or {}))

    def _note(self, name: str, tensor: Any) -> None:
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
