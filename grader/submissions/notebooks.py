"""Turn a notebook's JSON into cells, and a cell into the lines of it that are Python."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from grader.errors import SubmissionError
from grader.submissions.contents import MAX_NOTEBOOK_BYTES, bytes_of, decoded
from grader.syntax import Unreadable, parse

GRADER_TAG = "grader"  # a notebook cell with this tag belongs to the grader, not to the learner
HARMLESS_CELL_MAGICS = ("%%time", "%%capture")  # their cell still runs as ordinary Python

_MAGIC = re.compile(r"%\S|!|\?|[\w., ]+=\s*(!|%[A-Za-z])")


@dataclass(frozen=True)
class NotebookCell:
    """A cell as its author left it; `grade_id` is the name by which nbgrader knows it, '' for none."""

    kind: str
    text: str
    grade_id: str = ""


def read_cells(path: Path) -> tuple[NotebookCell, ...]:
    """All cells of a learner's notebook, to be shown.

    Raises:
        SubmissionError: as for `read_submission`, except that no cell need be Python.
    """
    text = decoded(bytes_of(path, path.parent, MAX_NOTEBOOK_BYTES), path)
    return tuple(
        NotebookCell(cell.cell_type, _text_of(cell), _grade_id(cell)) for cell in _cells_of(text, path)
    )


class _Nbgrader(msgspec.Struct):
    grade: bool = False
    solution: bool = False
    grade_id: Any = ""


class _Metadata(msgspec.Struct):
    nbgrader: _Nbgrader | None = None
    tags: list[str] = []


class _Cell(msgspec.Struct):
    cell_type: str
    source: str | list[str] = ""
    metadata: _Metadata = msgspec.field(default_factory=_Metadata)


class _Notebook(msgspec.Struct):
    """What we read of a notebook; all else, the outputs among it, is skipped unread."""

    cells: list[_Cell] | None = None
    nbformat: int = 4


def code_cells(content: str, path: Path) -> list[tuple[int, str]]:
    """The learner's cells of code, each with its number, counted over all cells from 1."""
    return [
        (number, _text_of(cell))
        for number, cell in enumerate(_cells_of(content, path), start=1)
        if cell.cell_type == "code" and not _belongs_to_the_grader(cell)
    ]


def _cells_of(content: str, path: Path) -> list[_Cell]:
    step = "open it in Jupyter, save it, and try again"
    try:
        notebook = msgspec.json.decode(content, type=_Notebook)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise SubmissionError(f"this is no notebook: {error}", str(path), step) from error
    if notebook.cells is None:
        raise SubmissionError(f"this notebook has an old format ({notebook.nbformat})", str(path), step)
    return notebook.cells


def _belongs_to_the_grader(cell: _Cell) -> bool:
    """Cells of tests; a manually graded answer is marked `grade` as well, but it is the learner's."""
    nbgrader = cell.metadata.nbgrader
    tests = nbgrader is not None and nbgrader.grade and not nbgrader.solution
    return tests or GRADER_TAG in cell.metadata.tags


def _grade_id(cell: _Cell) -> str:
    found = cell.metadata.nbgrader.grade_id if cell.metadata.nbgrader else ""
    return found if isinstance(found, str) else ""


def _text_of(cell: _Cell) -> str:
    text = cell.source if isinstance(cell.source, str) else "".join(cell.source)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def without_magics(text: str) -> list[str]:
    """The lines of a cell with what only IPython understands left empty, so that the others keep their numbers.

    A line is only taken for IPython's where Python cannot read the cell: a docstring may hold `!`, and a
    continued expression may begin with `%`.

    Raises:
        Unreadable: Python cannot read what is left.
    """
    lines = text.split("\n")
    first = next((line for line in lines if line.strip()), "")
    if first.startswith("%%"):
        if first.split()[0] not in HARMLESS_CELL_MAGICS:
            return [""] * len(lines)
        lines[lines.index(first)] = ""
    for attempt in range(5):
        try:
            parse("\n".join(lines))
            return lines
        except Unreadable as error:
            suspects = [number for number, line in enumerate(lines) if _may_be_magic(line.strip())]
            here = [number for number in suspects if number + 1 == error.line]
            if not suspects:
                raise
            _blank(lines, here if here and attempt < 3 else suspects)
    parse("\n".join(lines))
    return lines


def _may_be_magic(line: str) -> bool:
    return line.endswith("?") or _MAGIC.match(line) is not None


def _blank(lines: list[str], numbers: Iterable[int]) -> None:
    for number in numbers:
        line = lines[number]
        indent = line[: len(line) - len(line.lstrip())]
        lines[number] = f"{indent}pass" if indent else ""
