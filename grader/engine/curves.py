"""Draw a wrong function of one variable beside the right one: the failed check is run again and its comparisons kept.

That it has one variable is found out, not declared: each call has one tensor, its entries become the result's one by
one, and the same entry has the same right answer wherever it stands.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from grader.checking.check import Check
from grader.checking.comparison import comparisons
from grader.checking.failures import CheckFailure
from grader.engine.generation import draw_straight
from grader.records import Curve
from grader.sandbox.example import Call
from grader.sandbox.exceptions import LearnerBarred, LearnerMisbehaved, LearnerMissing, LearnerRaised
from grader.sandbox.proxy import Learner

_INPUTS = 40
_FURTHEST = 6.0  # beyond it an activation is flat, or a straight line
_FEWEST, _MOST = 12, 40  # points of a curve
_REPEATED = 8  # entries that came again, before it is believed that their places do not matter

_Point = tuple[float, float, float]  # the input, what came, what should have


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
    points: dict[float, _Point] = {}
    repeated = 0
    for drawn in draw_straight(check, seed, _INPUTS) if check.inputs else ():
        learner.begin_example(seed & 0xFFFF_FFFF)
        with comparisons() as pairs:
            try:
                check.body(learner, **drawn)
            except (CheckFailure, LearnerRaised, LearnerMisbehaved, LearnerMissing, LearnerBarred):
                continue  # no value came, so there is nothing to draw
        for x, got, expected in _points(learner.calls, pairs):
            repeated += x in points
            known = points.setdefault(x, (x, got, expected))
            if not math.isclose(known[2], expected, rel_tol=1e-6, abs_tol=1e-9):
                return None
    shown = sorted(point for point in points.values() if abs(point[0]) <= _FURTHEST)
    if repeated < _REPEATED or len(shown) < _FEWEST or shown[-1][0] - shown[0][0] < 2:
        return None
    apart = max(1.0, (len(shown) - 1) / (_MOST - 1))
    return _curve([shown[round(i * apart)] for i in range(min(_MOST, len(shown)))])


def _points(calls: Sequence[Call], pairs: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> list[_Point]:
    """The entries of one comparison, each with the input's at its place; none where that is not what was compared."""
    if len(calls) != 1 or len(pairs) != 1 or len(calls[0].args) != 1 or calls[0].kwargs:
        return []
    [x], result, [(got, expected)] = calls[0].args, calls[0].result, pairs
    if not (isinstance(x, torch.Tensor) and isinstance(result, torch.Tensor) and x.shape == got.shape):
        return []
    if not torch.equal(result.nan_to_num(), got.nan_to_num()):
        return []
    columns = (tensor.detach().cpu().double().flatten().tolist() for tensor in (x, got, expected))
    return [
        point for point in zip(*columns, strict=True) if math.isfinite(point[0]) and math.isfinite(point[2])
    ]


def _curve(points: Sequence[_Point]) -> Curve:
    """The points in a record, with the digits that a picture needs."""

    def short(value: float) -> float:
        return float(f"{value:.6g}")

    return Curve(
        x=tuple(short(x) for x, _, _ in points),
        got=tuple(short(got) if math.isfinite(got) else None for _, got, _ in points),
        expected=tuple(short(expected) for _, _, expected in points),
    )
