"""Turn a chapter's percent-format source into the notebook that Jupyter opens and nbgrader grades."""

from __future__ import annotations

import ast
import base64
import copy
import hashlib
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.course.stubs import MARK, make_stub
from grader.records import Chapter, Exercise
from grader.text import unwrapped

if TYPE_CHECKING:
    from nbformat import NotebookNode

CHECK_SUFFIX = "-check"  # what the name of a cell that is graded ends in, after the exercise's
# Percent cells begin with `# %%`. A magic in a comment is the lesson's text, and stays one.
_FORMAT = {"extension": ".py", "format_name": "percent", "comment_magics": False}
# How a lesson shows a picture, seen from its own folder.
_PICTURE = re.compile(r"!\[(?P<words>[^\]\n]*)\]\(\.\./pictures/(?P<path>[\w-]+/[\w.-]+\.svg)\)")
_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


@dataclass(frozen=True)
class _Part:
    """A piece of the chapter that becomes one cell.

    Args:
        kind: code, markdown or raw.
        text: what the cell says, its secret parts included.
        exercise: the one that is written in it; None for a lesson or an import.
    """

    kind: str
    text: str
    exercise: Exercise | None = None


def make_notebook(source: str, chapter: Chapter, pictures: Path | None = None) -> NotebookNode:
    """Lay out a solution as the instructor's notebook, its secret parts between nbgrader's marks.

    Lessons and imports are locked. Each exercise has a cell of its own, called by its name, and directly after it
    the cell that checks it. An exercise file, which has no secret parts, gives the same cells.

    Args:
        source: solutions/STEM.py, or an exercise file.
        chapter: says which definitions are exercises, and what each is worth.
        pictures: the folder of the course's pictures. They are put into the notebook, which then needs no other file;
            without it they stay links.

    Returns:
        A notebook of nbformat 4 with nbgrader's metadata, the same at every call.
    """
    from nbformat import v4

    makers = {"code": v4.new_code_cell, "markdown": v4.new_markdown_cell, "raw": v4.new_raw_cell}
    cells: list[NotebookNode] = []
    lessons = 0
    for part in _gathered(list(_parts(source, chapter))):
        if part.exercise is None:
            lessons += 1
            text = _with_pictures(part.text, pictures) if pictures else part.text
            cells.append(_cell(makers[part.kind], text, f"lesson-{lessons}", locked=True))
            continue
        name, points = part.exercise.name, part.exercise.worth
        cells.append(_cell(v4.new_code_cell, _with_marks(part.text, "###"), name, solution=True))
        test = f'from grader import check\ncheck("{name}")'
        cells.append(
            _cell(v4.new_code_cell, test, name + CHECK_SUFFIX, locked=True, grade=True, points=points)
        )
    metadata = {"kernelspec": _KERNEL, "language_info": {"name": "python"}}
    notebook: NotebookNode = v4.new_notebook(cells=cells, metadata=metadata)
    return notebook


def make_release(notebook: NotebookNode, label: str) -> NotebookNode:
    """Take the secret parts out of the instructor's notebook, as nbgrader would, and mark it as handed out.

    Args:
        notebook: what `make_notebook` returned; it stays as it is.
        label: the chapter's short name, such as ch03, for the stubs' message.

    Returns:
        The notebook for learners: test cells and lessons are locked, and each cell has nbgrader's checksum.
    """
    released = copy.deepcopy(notebook)
    for cell in released.cells:
        nbgrader = cell.metadata.nbgrader
        if nbgrader.solution:
            cell.source = without_solution(cell.source, label)
        cell.metadata.deletable = False
        if nbgrader.locked:
            cell.metadata.editable = False
        nbgrader.checksum = _checksum(cell)
        nbgrader.cell_type = cell.cell_type
    return released


def without_solution(cell_source: str, label: str) -> str:
    """Take the secret parts out of one cell, marked as nbgrader marks them."""
    return make_stub(_with_marks(cell_source, "#"), label, where="the notebook's cell").rstrip("\n")


def has_marks(text: str) -> bool:
    """Whether there are secret parts in the text, marked in either way."""
    return any(MARK.fullmatch(line) for line in _with_marks(text, "#").split("\n"))


def as_text(notebook: NotebookNode) -> str:
    """The notebook's file."""
    import nbformat

    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)) + "\n"


# --- cutting the source into cells ------------------------------------------------------------------------


def _parts(source: str, chapter: Chapter) -> Iterator[_Part]:
    """The chapter's cells; a code cell that holds several exercises is cut after each."""
    import jupytext

    exercises = {exercise.name: exercise for exercise in chapter.exercises}
    for cell in jupytext.reads(source, fmt=_FORMAT).cells:
        if cell.cell_type != "code":
            yield _Part(cell.cell_type, unwrapped(cell.source))
            continue
        lines = cell.source.split("\n")
        found = [
            (exercises[name], _end_of(node, lines))
            for node in ast.parse(cell.source).body
            if (name := getattr(node, "name", "")) in exercises
        ]
        start = 0
        for exercise, end in found[:-1]:
            yield _Part("code", "\n".join(lines[start:end]).strip("\n"), exercise)
            start = end
        yield _Part("code", "\n".join(lines[start:]).strip("\n"), found[-1][0] if found else None)


def _end_of(node: ast.stmt, lines: list[str]) -> int:
    """The line after a definition; the comments inside it, such as the last mark, have no node of their own."""
    end = node.end_lineno or 0
    while end < len(lines) and (not lines[end].strip() or lines[end][0].isspace()):
        end += 1
    return end


def _gathered(parts: list[_Part]) -> list[_Part]:
    """Put cells that hold nothing but secrets to the next exercise, or to the last: nbgrader wants them there."""
    kept: list[_Part] = []
    secrets: list[str] = []
    for part in parts:
        if part.kind == "code" and part.exercise is None and has_marks(part.text):
            secrets.append(part.text)
        elif part.exercise is not None and secrets:
            kept.append(replace(part, text="\n\n\n".join([*secrets, part.text])))
            secrets = []
        else:
            kept.append(part)
    if secrets:
        last = max(number for number, part in enumerate(kept) if part.exercise is not None)
        kept[last] = replace(kept[last], text="\n\n\n".join([kept[last].text, *secrets]))
    return kept


# --- cells ------------------------------------------------------------------------------------------------


def _cell(make: Any, text: str, grade_id: str, **nbgrader: Any) -> NotebookNode:
    """A cell with nbgrader's metadata. It is called by its grade_id: that stays the same from release to release."""
    metadata = {
        "schema_version": 3,
        "grade_id": grade_id,
        "grade": False,
        "solution": False,
        "locked": False,
        "task": False,
        **nbgrader,
    }
    return make(text, id=grade_id, metadata={"nbgrader": metadata})  # type: ignore[no-any-return]


def _with_pictures(text: str, folder: Path) -> str:
    """The pictures of a lesson written into its text; one that is not there stays a link.

    As HTML: editors differ in what they let a Markdown picture or an attachment hold, and SVG is often not among it.
    """

    def written(link: re.Match[str]) -> str:
        path = folder / link["path"]
        if not path.is_file():
            return link[0]
        svg = path.read_text(encoding="utf-8")
        told = re.search(r"<title>(.*?)</title>", svg, re.DOTALL)
        alt = html.escape(html.unescape(told[1]) if told else link["words"])
        packed = base64.b64encode(svg.encode()).decode()
        return f'<img alt="{alt}" src="data:image/svg+xml;base64,{packed}">'

    return _PICTURE.sub(written, text)


def _with_marks(text: str, hashes: str) -> str:
    """The marks written as solutions write them, `#`, or as nbgrader's users know them, `###`."""
    return re.sub(r"(?m)^([ \t]*)#+ (BEGIN|END) SOLUTION[ \t]*$", rf"\1{hashes} \2 SOLUTION", text)


def _checksum(cell: NotebookNode) -> str:
    """nbgrader's checksum of a cell, by which it sees that a locked cell was changed."""
    nbgrader = cell.metadata.nbgrader
    locked = nbgrader.locked or (nbgrader.grade and not nbgrader.solution)
    parts = [cell.source, cell.cell_type, str(nbgrader.grade), str(nbgrader.solution), str(locked)]
    parts += [nbgrader.grade_id, *([str(float(nbgrader.points))] if nbgrader.grade else [])]
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()
