"""Draw a wrong function of one variable beside the right one: the failed check is run again and its comparisons kept.

Over which number a schedule is drawn is declared by its check. That a function of tensors has one variable is found
out: each call has one tensor, its entries become the result's one by one, and the same entry has the same right answer
wherever it stands. Of a way back the slope is drawn: the gradient over that of the output, at the input it is taken at.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from grader.checking.check import Check, Sweep
from grader.checking.comparison import comparisons
from grader.checking.failures import CheckFailure, GradientPair
from grader.checking.gradients import recording
from grader.engine.generation import drawing_straight
from grader.records import Curve
from grader.sandbox.example import Call
from grader.sandbox.exceptions import LearnerBarred, LearnerMisbehaved, LearnerMissing, LearnerRaised
from grader.sandbox.proxy import Learner

_INPUTS = 40
_TELLING = 8  # a law none of whose first ones gives a point is about something else
_FURTHEST = 6.0  # beyond it an activation is flat, or a straight line
_FEWEST, _MOST = 12, 40  # points of a curve
_REPEATED = 8  # entries that came again, before it is believed that their places do not matter
_SMALLEST_GRAD_OUT = 0.01  # a slope is divided by it, and so are its last digits

_Point = tuple[float, float, float]  # the input, what came, what should have
_Pair = tuple[torch.Tensor, torch.Tensor]


def curve_of(check: Check, learner: Learner, seed: int) -> Curve | None:
    """The learner's function and the right one, as the check compares them.

    Args:
        check: the law that failed.
        learner: whose function it is; its code is called again.
        seed: fixes the inputs.

    Returns:
        None where the law is about something else, or its inputs are too few or too close to each other.

    Raises:
        LearnerLost: the learner's process came to its end.
    """
    if check.curve is not None:
        return _over_a_number(check, check.curve, learner, seed)
    if not check.inputs:
        return None
    forward, slopes = _OneVariable(), _OneVariable(is_slope=True)
    for number, drawn in enumerate(drawing_straight(check, seed, _INPUTS), 1):
        one = _asked(check, learner, seed, drawn)
        forward.add(_points(one.calls, one.pairs))
        slopes.add(_slopes(one.gradients))
        told = forward if forward.points else slopes
        if told.is_refuted or (number == _TELLING and not told.points):
            return None
    return (forward if forward.points else slopes).curve()


@dataclass(frozen=True)
class _Asked:
    """What the learner was asked in one example, and what would have been compared; nothing where no value came."""

    calls: Sequence[Call] = ()
    pairs: Sequence[_Pair] = ()
    gradients: Sequence[GradientPair] = ()


def _asked(check: Check, learner: Learner, seed: int, drawn: Mapping[str, Any]) -> _Asked:
    """Run the check on one input; nothing is judged."""
    learner.begin_example(seed & 0xFFFF_FFFF)
    with comparisons() as pairs, recording() as gradients:
        try:
            check.body(learner, **drawn)
        except (CheckFailure, LearnerRaised, LearnerMisbehaved, LearnerMissing, LearnerBarred):
            return _Asked()
    return _Asked(tuple(learner.calls), pairs, gradients)


def _over_a_number(check: Check, sweep: Sweep, learner: Learner, seed: int) -> Curve | None:
    """A function drawn over the number that its check says; None where one of the places has no single answer."""
    points: list[_Point] = []
    for x, inputs in sweep.inputs:
        pairs = _asked(check, learner, seed, inputs).pairs
        if len(pairs) != 1 or pairs[0][1].numel() != 1:
            return None
        [(got, expected)] = pairs
        points.append((float(x), got.item(), expected.item()))
    return _curve(points, over=sweep.over)


@dataclass
class _OneVariable:
    """What may be a function of one variable, as far as it was asked.

    Args:
        is_slope: whether its values were divided, so that fewer of their digits are right.

    Attributes:
        points: one for each input that was met.
        repeated: how often one was met again.
        is_refuted: whether the same input has several right answers.
    """

    is_slope: bool = False
    points: dict[float, _Point] = field(default_factory=dict)
    repeated: int = 0
    is_refuted: bool = False

    def add(self, found: Sequence[_Point]) -> None:
        """The points of one more example."""
        for x, got, expected in found:
            self.repeated += x in self.points
            known = self.points.setdefault(x, (x, got, expected))
            rel_tol = 1e-5 if self.is_slope else 1e-6
            self.is_refuted |= not math.isclose(known[2], expected, rel_tol=rel_tol, abs_tol=1e-9)

    def curve(self) -> Curve | None:
        """The points as one curve; None where there are too few of them."""
        shown = sorted(point for point in self.points.values() if abs(point[0]) <= _FURTHEST)
        if self.repeated < _REPEATED or len(shown) < _FEWEST or shown[-1][0] - shown[0][0] < 2:
            return None
        apart = max(1.0, (len(shown) - 1) / (_MOST - 1))
        picked = [shown[round(i * apart)] for i in range(min(_MOST, len(shown)))]
        return _curve(picked, is_slope=self.is_slope)


def _points(calls: Sequence[Call], pairs: Sequence[_Pair]) -> list[_Point]:
    """The entries of one comparison, each with the input's at its place; none where that is not what was compared."""
    if len(calls) != 1 or len(pairs) != 1 or len(calls[0].args) != 1 or calls[0].kwargs:
        return []
    [x], result, [(got, expected)] = calls[0].args, calls[0].result, pairs
    if not (isinstance(x, torch.Tensor) and isinstance(result, torch.Tensor) and x.shape == got.shape):
        return []
    if not torch.equal(result.nan_to_num(), got.nan_to_num()):
        return []
    return _rows(x, got, expected)


def _slopes(gradients: Sequence[GradientPair]) -> list[_Point]:
    """The entries of one gradient over those of the output's, each with the input's at its place."""
    if len(gradients) != 1:
        return []
    [pair] = gradients
    x, given, got, expected = pair.at, pair.grad_out, pair.actual, pair.expected
    if x is None or given is None or not isinstance(got, torch.Tensor):
        return []
    if not x.shape == given.shape == got.shape == expected.shape:
        return []
    large = given.detach().cpu().abs() >= _SMALLEST_GRAD_OUT
    x, given, got, expected = (tensor.detach().cpu().double()[large] for tensor in (x, given, got, expected))
    return _rows(x, got / given, expected / given)


def _rows(x: torch.Tensor, got: torch.Tensor, expected: torch.Tensor) -> list[_Point]:
    """Three tensors of one shape, entry by entry."""
    columns = (tensor.detach().cpu().double().flatten().tolist() for tensor in (x, got, expected))
    return [
        point for point in zip(*columns, strict=True) if math.isfinite(point[0]) and math.isfinite(point[2])
    ]


def _curve(points: Sequence[_Point], *, over: str = "x", is_slope: bool = False) -> Curve:
    """The points in a record, with the digits that a picture needs."""

    def short(value: float) -> float:
        return float(f"{value:.6g}") + 0.0  # no minus before a zero

    return Curve(
        x=tuple(short(x) for x, _, _ in points),
        got=tuple(short(got) if math.isfinite(got) else None for _, got, _ in points),
        expected=tuple(short(expected) for _, _, expected in points),
        over=over,
        is_slope=is_slope,
    )
