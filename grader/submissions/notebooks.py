"""Turn a notebook's JSON into its cells, and the outputs and pictures among them into nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from grader.errors import SubmissionError
from grader.submissions.contents import MAX_NOTEBOOK_BYTES, bytes_of, decoded, refuse_utf16

GRADER_TAG = "grader"  # a notebook cell with this tag belongs to the grader, not to the learner
_STAND_IN, _HALF = "\ufffe", "\ud800"  # no character at all stands for half a one until the JSON is read

# Two things that Jupyter writes into outputs and JSON does not know. The first begins after one of these marks and
# outside of strings; the second is an escape, and so has an odd number of backslashes.
_NO_NUMBER = re.compile(rb"(?<=[:\[,\s])-?(?:NaN|Infinity)(?=[,\]}\s])")
_HALVES = re.compile(rb"(?<!\\)((?:\\\\)*)((?:\\u[dD][89a-fA-F][0-9a-fA-F]{2})+)")
_PAIR_OR_HALF = re.compile(rb"(\\u[dD][89abAB]..\\u[dD][c-fC-F]..)|\\u....")


@dataclass(frozen=True)
class NotebookCell:
    """A cell as its author left it; `grade_id` is the name by which nbgrader knows it, '' for none.

    `is_the_graders` marks cells of tests, which say nothing about what the learner wrote.
    """

    kind: str
    text: str
    grade_id: str = ""
    is_the_graders: bool = False


def read_cells(path: Path) -> tuple[NotebookCell, ...]:
    """All cells of a learner's notebook, to be shown.

    Raises:
        SubmissionError: as for `read_submission`, except that no cell need be Python.
    """
    cells = cells_of(bytes_of(path, path.parent, MAX_NOTEBOOK_BYTES), path)
    return tuple(replace(cell, text=cell.text.replace(_HALF, "\N{REPLACEMENT CHARACTER}")) for cell in cells)


def is_notebook(data: bytes) -> bool:
    """Whether a file is a notebook by what stands in it, however it is called: an object with cells."""
    start = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(b"{") and re.search(rb'"(?:cells|nbformat|worksheets)"\s*:', data) is not None


def cells_of(data: bytes, path: Path) -> tuple[NotebookCell, ...]:
    """The cells of a notebook; SubmissionError if it is none. `path` names it in messages."""
    step = "open it in Jupyter, save it, and try again"
    refuse_utf16(data, path)
    try:
        notebook = _decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        decoded(data, path)  # that it is no UTF-8 is the plainer reason
        raise SubmissionError(f"this is no notebook: {error}", str(path), step) from error
    if notebook.cells is None:
        raise SubmissionError(f"this notebook has an old format ({notebook.nbformat})", str(path), step)
    return tuple(_cell(cell) for cell in notebook.cells)


# --- JSON, and what Jupyter takes for JSON ----------------------------------------------------------------


class _Cell(msgspec.Struct):
    """What is read of a cell; the outputs, the attachments and all else are skipped unread.

    Metadata is kept as it stands: a learner's tools write what they like there, and what is odd in it is no reason
    to refuse the work.
    """

    cell_type: str
    source: str | list[str] | None = ""
    metadata: msgspec.Raw = msgspec.Raw(b"null")


class _Notebook(msgspec.Struct):
    cells: list[_Cell] | None = None
    nbformat: int = 4


def _decode(data: bytes) -> _Notebook:
    try:
        return msgspec.json.decode(data, type=_Notebook)
    except msgspec.MsgspecError:
        mended = _HALVES.sub(_without_halves, _without_odd_numbers(data))
        if mended == data:
            raise
        return msgspec.json.decode(mended, type=_Notebook)


def _without_odd_numbers(data: bytes) -> bytes:
    """NaN and Infinity as null where they are values; in a string they are text, and a learner's code may be that."""
    pieces: list[bytes] = []
    position, in_string = 0, False
    for match in _NO_NUMBER.finditer(data):
        between = data[position : match.start()]
        escaped = between.replace(b"\\\\", b"")  # backslashes stand in strings only
        in_string ^= bool((escaped.count(b'"') - escaped.count(b'\\"')) % 2)
        pieces += [between, match[0] if in_string else b"null"]
        position = match.end()
    return b"".join([*pieces, data[position:]])


def _without_halves(match: re.Match[bytes]) -> bytes:
    """Surrogates of a pair stay; one alone becomes what can be found again in the text of a cell."""
    return match[1] + _PAIR_OR_HALF.sub(lambda one: one[1] or b"\\ufffe", match[2])


# --- cells ------------------------------------------------------------------------------------------------


def _cell(cell: _Cell) -> NotebookCell:
    try:
        metadata = msgspec.json.decode(cell.metadata)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        metadata = None
    about = metadata if isinstance(metadata, dict) else {}
    nbgrader = about.get("nbgrader")
    by_nbgrader = nbgrader if isinstance(nbgrader, dict) else {}
    grade_id = by_nbgrader.get("grade_id")
    return NotebookCell(
        cell.cell_type,
        _text_of(cell),
        grade_id if isinstance(grade_id, str) else "",
        _is_the_graders(by_nbgrader, about.get("tags")),
    )


def _is_the_graders(nbgrader: dict[str, Any], tags: object) -> bool:
    """Cells of tests; a manually graded answer is marked `grade` as well, but it is the learner's."""
    tests = nbgrader.get("grade") is True and nbgrader.get("solution") is not True
    return tests or (isinstance(tags, list) and GRADER_TAG in tags)


def _text_of(cell: _Cell) -> str:
    text = cell.source if isinstance(cell.source, str) else "".join(cell.source or ())
    return text.replace("\r\n", "\n").replace("\r", "\n").replace(_STAND_IN, _HALF)
