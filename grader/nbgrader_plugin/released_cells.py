"""Turn a learner's notebook into the one that nbgrader goes on with: its cells as the gradebook knows them.

Nothing of a submission but text gets through: no metadata, output or attachment, and no HTML that would run in the
browser of whoever looks at it in formgrader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from grader.language import kept
from grader.release.notebook import CHECK_SUFFIX
from grader.submissions.notebooks import NotebookCell


@dataclass(frozen=True)
class MasterCell:
    """A cell as it was released, by the name that nbgrader gave it.

    Args:
        name: its grade_id, unique in the notebook.
        kind: code or markdown.
        source: what it said.
        checksum: nbgrader's own, by which it sees that a locked cell was changed.
        locked, grade, solution, task: what nbgrader's metadata says of it.
        points: the most it is worth, 0 if it is not graded.
    """

    name: str
    kind: str
    source: str
    checksum: str
    locked: bool
    grade: bool
    solution: bool
    task: bool
    points: float

    @property
    def is_test(self) -> bool:
        """Whether it is graded by what it shows."""
        return self.grade and not self.solution and self.kind == "code"


def master_cells(notebook: Any) -> tuple[MasterCell, ...]:
    """The cells of a notebook as nbgrader's gradebook has them."""
    worth = {cell.name: float(cell.max_score) for cell in (*notebook.grade_cells, *notebook.task_cells)}
    graded = {cell.name for cell in notebook.grade_cells}
    solutions = {cell.name for cell in notebook.solution_cells}
    tasks = {cell.name for cell in notebook.task_cells}
    return tuple(
        MasterCell(
            name=cell.name,
            kind=cell.cell_type,
            source=cell.source or "",
            checksum=cell.checksum or "",
            locked=bool(cell.locked),
            grade=cell.name in graded,
            solution=cell.name in solutions,
            task=cell.name in tasks,
            points=worth.get(cell.name, 0.0),
        )
        for cell in notebook.source_cells
    )


def restored(cells: Sequence[NotebookCell], masters: Sequence[MasterCell]) -> Any:
    """The learner's cells, with every test cell as it was released and where it belongs: after its exercise.

    Args:
        cells: as they were handed in, in any order, with any name given to any of them.
        masters: the cells of the gradebook. Of several cells by one name the last counts; a test cell that the learner
            took out comes back at the end.

    Returns:
        A notebook of nbformat 4.
    """
    from nbformat import v4

    by_name = {master.name: master for master in masters}
    last = {cell.grade_id: number for number, cell in enumerate(cells)}
    tests = {master.name: master for master in masters if master.is_test}
    missing = dict(tests)
    shown: list[Any] = []
    for number, cell in enumerate(cells):
        master = by_name.get(cell.grade_id)
        if cell.grade_id in tests:
            continue
        if master is None or master.kind != cell.kind or last[cell.grade_id] != number:
            shown.append(_own_cell(cell, f"cell-{number}"))
            continue
        shown.append(_master_cell(master, cell.text))
        test = missing.pop(f"{master.name}{CHECK_SUFFIX}", None)
        shown += [_master_cell(test)] if test else []
    shown += [_master_cell(test) for test in missing.values()]
    return v4.new_notebook(cells=shown, metadata={"language_info": {"name": "python"}})


def changes(cells: Sequence[NotebookCell], masters: Sequence[MasterCell]) -> Iterator[str]:
    """What the learner did to the test cells, in words."""
    for master in masters:
        if not master.is_test:
            continue
        texts = [cell.text for cell in cells if cell.grade_id == master.name]
        if not texts:
            yield kept(f"the cell {master.name} was missing")
        elif texts != [master.source]:
            yield kept(
                f"the cell {master.name} was changed" if len(texts) == 1 else f"{master.name} was there twice"
            )


def _master_cell(master: MasterCell, text: str | None = None) -> Any:
    """A cell under nbgrader's care; locked ones say what they said when they were released."""
    from nbformat import v4

    nbgrader = {
        "schema_version": 3,
        "grade_id": master.name,
        "grade": master.grade,
        "solution": master.solution,
        "locked": master.locked,
        "task": master.task,
        "cell_type": master.kind,
        "checksum": master.checksum,
    }
    if master.grade or master.task:
        nbgrader["points"] = master.points
    source = master.source if text is None or master.locked else text
    if master.kind == "code":
        return v4.new_code_cell(source, id=master.name[:64], metadata={"nbgrader": nbgrader})
    source = source if source == master.source else _verbatim(source)
    return v4.new_markdown_cell(source, id=master.name[:64], metadata={"nbgrader": nbgrader})


def _own_cell(cell: NotebookCell, name: str) -> Any:
    """A cell that the learner added: code stays code, everything else is shown as it was typed."""
    from nbformat import v4

    if cell.kind == "code":
        return v4.new_code_cell(cell.text, id=name)
    return v4.new_markdown_cell(_verbatim(cell.text), id=name)


def _verbatim(text: str) -> str:
    """Markdown that shows `text` as it is: a fence longer than any that the text could close it with."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"
