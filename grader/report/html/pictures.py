"""Turn numbers into small inline drawings, each with its words for those who cannot see it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from markupsafe import Markup

from grader.report.html.rendering import fill
from grader.report.html.values import entries_of

_FEWEST, _MOST = 4, 48


@dataclass(frozen=True)
class Dot:
    """One entry of two values: where it stands and how high got and expected are."""

    x: float
    got: float
    expected: float
    differs: bool


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
