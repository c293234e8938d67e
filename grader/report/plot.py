"""Plot a wrong function of one variable beside the right one, in a few lines of a terminal.

Both have a panel with the same axes, so that no colour has to tell them apart. A braille character is two dots wide and
four high.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from grader.language import gettext as _
from grader.records import Curve
from grader.text import pad, width_of

FEWEST_ROWS, MOST_ROWS = 3, 5  # of characters; the heading is one line more
_WIDEST, _NARROWEST = 28, 12
_BLANK = 0x2800
_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))  # of the left and of the right column, downwards


def value_range(curve: Curve) -> tuple[float, float]:
    """The lowest and the highest value shown: what came may lie as far outside the right ones as these are apart."""
    span = max(curve.expected) - min(curve.expected)
    came = [y for y in curve.got if y is not None]
    low = max(min(*curve.expected, *came, 0.0), min(*curve.expected, 0.0) - span)
    high = min(max(*curve.expected, *came, 0.0), max(*curve.expected, 0.0) + span)
    return low, high


def plot(curve: Curve, width: int, rows: int) -> list[str]:
    """What came to the left, what should have to the right, over the same inputs.

    Args:
        width: columns there are.
        rows: characters high, without the heading.

    Returns:
        One line more than `rows`; nothing where there is too little room, or all values are the same.
    """
    low, high = value_range(curve)
    labels = [f"{high:.3g}", *[""] * (rows - 2), f"{low:.3g}"]
    margin = max(map(len, labels)) + 1
    wide = min(_WIDEST, (width - 2 * margin - 1) // 2)
    if wide < _NARROWEST or rows < 2 or not (math.isfinite(high - low) and high > low):
        return []
    over = _("got, slope over {name}") if curve.is_slope else _("got, over {name}")
    heading = over.format(name=curve.over) + _(" from {low:.3g} to {high:.3g}").format(
        low=curve.x[0], high=curve.x[-1]
    )
    if width_of(heading) > wide + margin - 1:
        heading = over.format(name=curve.over)
    panels = [_panel(curve.x, ys, (low, high), wide, rows) for ys in (curve.got, curve.expected)]
    lines = [pad(" " * margin + heading, 2 * margin + wide + 1) + _("expected")]
    for label, got, expected in zip(labels, *panels, strict=True):
        lines.append(f"{label:>{margin - 1}} {got} {label:>{margin - 1}} {expected}".rstrip())
    return lines


def _panel(
    xs: Sequence[float], ys: Sequence[float | None], edges: tuple[float, float], wide: int, rows: int
) -> list[str]:
    """One function as characters; where it has no value, or one outside the edges, nothing is drawn."""
    low, high = edges
    cells = [[_BLANK] * wide for _ in range(rows)]
    across, down = (2 * wide - 1) / (xs[-1] - xs[0]), (4 * rows - 1) / (high - low)
    dots = [
        None if y is None or not low <= y <= high else ((x - xs[0]) * across, (high - y) * down)
        for x, y in zip(xs, ys, strict=True)
    ]
    for start, end in pairwise(dots):
        for x, y in _between(start or end, end or start):
            cells[y // 4][x // 2] |= _BITS[x % 2][y % 4]
    return ["".join(map(chr, row)) for row in cells]


def _between(start: tuple[float, float] | None, end: tuple[float, float] | None) -> Iterator[tuple[int, int]]:
    """The dots on the line from one place to another."""
    if start is None or end is None:
        return
    steps = max(1, math.ceil(max(abs(end[0] - start[0]), abs(end[1] - start[1]))))
    for step in range(steps + 1):
        share = step / steps
        yield round(start[0] + share * (end[0] - start[0])), round(start[1] + share * (end[1] - start[1]))
