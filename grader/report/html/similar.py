"""Turn similar pairs into the page on which an instructor looks at both sides before thinking anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grader.language import aside, translate
from grader.language import gettext as _
from grader.report.html.rendering import page
from grader.similarity.comparing import FEWEST, THRESHOLD, Block, Document, Pair
from grader.similarity.search import ChapterPairs
from grader.similarity.tokens import Unit
from grader.text import clean_line

_BLOCKS, _LINES = 12, 80  # of a pair, of a function: whoever wants more opens the files


@dataclass(frozen=True)
class Line:
    """A line of a function, and whether both files have it."""

    number: int
    text: str
    shared: bool


@dataclass(frozen=True)
class Side:
    """One of two functions beside each other. `left_out` counts lines that are not shown."""

    name: str
    lines: tuple[Line, ...]
    left_out: int


@dataclass(frozen=True)
class Row:
    """A pair as it is shown; `sides` holds the functions that share lines, those with most first."""

    pair: Pair
    left: str
    right: str
    sides: tuple[tuple[Side, Side], ...]


def similar_page(course_title: str, chapters: Sequence[ChapterPairs], most: int) -> str:
    """The page about all similar pairs, for the instructor alone.

    Args:
        most: how many pairs of a chapter are shown.
    """
    shown = [(found, [_row(pair) for pair in found.pairs[:most]]) for found in chapters]
    return page(
        "similar.html",
        title=_("{course}: similar files").format(course=clean_line(translate(course_title), 80)),
        course=course_title,
        chapters=shown,
        threshold=THRESHOLD,
        fewest=FEWEST,
    )


def _row(pair: Pair) -> Row:
    """A pair with its functions side by side."""
    sides = tuple(_sides(pair, block) for block in pair.blocks[:_BLOCKS])
    return Row(pair, name_of(pair.left), name_of(pair.right), sides)


def name_of(one: Document) -> str:
    """Whose file it is, and of which archive."""
    name = clean_line(one.learner, 60)
    return name + aside(clean_line(one.archive, 40)) if one.archive else name


def _sides(pair: Pair, block: Block) -> tuple[Side, Side]:
    """A function of each, with the lines that both have."""
    return (
        _side(pair.left, block.left, block.left_lines),
        _side(pair.right, block.right, block.right_lines),
    )


def _side(one: Document, unit: Unit, shared: frozenset[int]) -> Side:
    """The lines of one function; blank ones at its end are left out."""
    numbers = range(unit.first, min(unit.last, unit.first + _LINES - 1) + 1)
    lines = [Line(number, _code(one.lines[number - 1]), number in shared) for number in numbers]
    return Side(unit.name, tuple(lines), unit.last - numbers[-1])


def _code(text: str) -> str:
    """A line of code with its indent, no longer than a screen is wide."""
    indent = text[: len(text) - len(text.lstrip())].expandtabs(4)[:40]
    return indent + clean_line(text, 160)
