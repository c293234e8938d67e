"""Turn numbers into small inline drawings, each with its words for those who cannot see it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from markupsafe import Markup

from grader.records import CheckResult, Curve
from grader.report.html.rendering import fill
from grader.report.html.values import entries_of
from grader.report.plot import value_range

_FEWEST, _MOST = 4, 48
_WIDEST = 16  # cells along a side of a map
_CELL = 18


@dataclass(frozen=True)
class Dot:
    """One entry of two values: where it stands and how high got and expected are."""

    x: float
    got: float
    expected: float
    differs: bool


@dataclass(frozen=True)
class Cell:
    """One entry of a matrix: where it stands, and how far off it is, 1 for the furthest."""

    x: int
    y: int
    error: float


def picture_of(result: CheckResult, got: str, expected: str) -> Markup:
    """The drawing that tells most about a failed check, if any does.

    Args:
        got, expected: both values as the card writes them.
    """
    return curve(result.curve) or heat(got, expected) or dots(got, expected)


def curve(found: Curve | None) -> Markup:
    """The right function as a line, and what came at each input as a dot; one far away stands at the edge."""
    if found is None:
        return Markup("")
    low, high = value_range(found)
    left, right = found.x[0], found.x[-1]
    if not (math.isfinite(high - low) and high > low and right > left):
        return Markup("")

    def at(x: float, y: float) -> tuple[float, float]:
        inside = min(max(y, low), high)
        return round(4 + 300 * (x - left) / (right - left), 1), round(
            104 - 96 * (inside - low) / (high - low), 1
        )

    places = zip(found.x, found.got, found.expected, strict=True)
    drawn = [Dot(*at(x, y), at(x, e)[1], not _alike(y, e)) for x, y, e in places if y is not None]
    line = " ".join("{},{}".format(*at(x, e)) for x, e in zip(found.x, found.expected, strict=True))
    return fill(
        "curve.svg", dots=drawn, line=line, zero=at(left, 0.0)[1], wrong=sum(dot.differs for dot in drawn),
        over=found.over, is_slope=found.is_slope, count=len(found.x), left=f"{left:g}",
        right=f"{right:g}", low=f"{low:.3g}", high=f"{high:.3g}",
    )  # fmt: skip


def heat(got: str, expected: str) -> Markup:
    """A map of a matrix that says where it is wrong and how far; nothing where a single entry is, or all alike.

    Args:
        got, expected: values as a card writes them. Only whole ones of the same two sides are drawn.
    """
    came, wanted = entries_of(got), entries_of(expected)
    places = [entry.index for entry in wanted.found]
    if not (came.whole and wanted.whole) or places != [entry.index for entry in came.found]:
        return Markup("")
    if not places or any(len(place) != 2 for place in places):
        return Markup("")
    rows, columns = (1 + max(place[side] for place in places) for side in (0, 1))
    errors = [abs(a.number - e.number) for a, e in zip(came.found, wanted.found, strict=True)]
    wrong = [not _alike(a.number, e.number) for a, e in zip(came.found, wanted.found, strict=True)]
    small = not (2 <= rows <= _WIDEST and 2 <= columns <= _WIDEST)
    if small or sum(wrong) < 2 or not all(map(math.isfinite, errors)):
        return Markup("")
    worst = max(errors)
    cells = [
        Cell(_CELL * column, _CELL * row, round(0.15 + 0.85 * error / worst, 2) if off else 0.0)
        for (row, column), error, off in zip(places, errors, wrong, strict=True)
    ]
    return fill(
        "heat.svg", cells=cells, size=_CELL, width=_CELL * columns, height=_CELL * rows,
        wrong=sum(wrong), count=len(cells),
    )  # fmt: skip


def dots(got: str, expected: str) -> Markup:
    """Got and expected side by side, entry by entry; nothing where the picture would say no more than the text.

    Args:
        got, expected: values as a card writes them. Only whole ones of the same shape are drawn, with 4 to 48
            entries of which two or more are wrong, all of them finite.
    """
    came, wanted = entries_of(got), entries_of(expected)
    if not (came.whole and wanted.whole and _FEWEST <= len(came.found) <= _MOST):
        return Markup("")
    if [entry.index for entry in came.found] != [entry.index for entry in wanted.found]:
        return Markup("")
    pairs = [(a.number, e.number) for a, e in zip(came.found, wanted.found, strict=True)]
    values = [value for pair in pairs for value in pair]
    wrong = sum(not _alike(a, e) for a, e in pairs)
    if not all(map(math.isfinite, values)) or wrong < 2 or len({e for _, e in pairs}) < 3:
        return Markup("")
    low, high = min(*values, 0.0), max(*values, 0.0)
    span = (high - low) or 1.0
    if not math.isfinite(span):
        return Markup("")
    step = min(24.0, 480 / len(pairs))
    drawn = [
        Dot(
            x=round(step * (place + 0.5), 1),
            got=round(70 - 60 * (a - low) / span, 1),
            expected=round(70 - 60 * (e - low) / span, 1),
            differs=not _alike(a, e),
        )
        for place, (a, e) in enumerate(pairs)
    ]
    zero = round(70 - 60 * (0.0 - low) / span, 1)
    return fill(
        "dots.svg", dots=drawn, width=round(step * len(pairs), 1), zero=zero, wrong=wrong, count=len(pairs)
    )


def _alike(a: float, e: float) -> bool:
    return abs(a - e) <= 1e-6 * max(1.0, abs(e))
