"""Turn proofs of chapters into the lines an author reads, and into JSON, which stays English."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from grader.course.paths import checks_file
from grader.language import gettext as _
from grader.language import ngettext, translate
from grader.records import Course, label_of
from grader.text import pad, width_of

if TYPE_CHECKING:
    from grader.proof.prove import Proof
    from grader.proof.tables import Table

SCHEMA = "brickwork/proof/v2"
_OK, _FAIL = "ok", "FAIL"
_CHAPTER_COLUMN = 22


def lines(proof: Proof, *, matrix: bool = False) -> Iterator[str]:
    """One chapter: its figures, its matrix on request, and what falls short."""
    equivalent = _(" (+{number} equivalent)").format(number=proof.equivalent) if proof.equivalent else ""
    figures = (
        _("mistakes {caught}/{mistakes}").format(caught=proof.mistakes_caught, mistakes=proof.mistakes),
        _("mutants {killed}/{mutants}").format(killed=proof.killed, mutants=proof.mutants - proof.equivalent)
        + equivalent,
        _("right {passed}/{right}").format(passed=proof.right_passed, right=proof.right),
    )
    yield _lead(proof.chapter, holds=proof.holds) + "  ".join(figures)
    if matrix:
        yield from _matrix(proof)
    for shortfall in proof.shortfalls:
        yield f"      {translate(shortfall)}"


def _lead(chapter: str, *, holds: bool) -> str:
    """The verdict and the chapter, in columns; without a chapter it is about the whole course."""
    verdict = pad(_(_OK if holds else _FAIL), max(width_of(_(word)) for word in (_OK, _FAIL)))
    name = chapter or _("the course")
    return f"{verdict}  {pad(name, _CHAPTER_COLUMN)} "


def _matrix(proof: Proof) -> Iterator[str]:
    """Checks down, mistakes across, exercise by exercise; `x` where the check catches the mistake."""
    by_exercise: dict[str, list[str]] = {}
    for mistake in proof.caught_by:
        by_exercise.setdefault(mistake.split("__")[0], []).append(mistake)
    for exercise, mistakes in by_exercise.items():
        yield f"      {exercise}"
        for number, mistake in enumerate(mistakes, 1):
            yield f"        {number:2}  {mistake.split('__', 1)[1]}"
        caught = {name for mistake in mistakes for name in proof.caught_by[mistake]}
        yield "        " + "".join(f"{number:3}" for number in range(1, len(mistakes) + 1))
        for check in (name for name in proof.kills if name in caught):
            marks = ["x" if check in proof.caught_by[mistake] else "." for mistake in mistakes]
            yield "        " + "".join(f"{mark:>3}" for mark in marks) + f"  {check}"


def table_lines(table: Table, *, rows: bool = True) -> Iterator[str]:
    """One table: its summary, its rows in columns, and what falls short.

    Not every shortfall has a row: a list of reasons may name what is gone.

    Args:
        rows: print the rows, too.
    """
    lead = _lead(table.chapter, holds=not table.shortfalls)
    yield f"{lead}{table.name}{_(': ')}{translate(table.summary)}"
    if rows and table.rows:
        lines = [[_(head) for head in table.columns], *(_cells(table, row) for row in table.rows)]
        widths = [max(map(width_of, cells)) for cells in zip(*lines, strict=True)]
        for line in lines:
            yield "      " + "  ".join(map(pad, line, widths)).rstrip()
    yield from (f"      {translate(shortfall)}" for shortfall in table.shortfalls)


def _cells(table: Table, row: Sequence[str]) -> list[str]:
    """A row as it is read: the sentences among its cells in the reader's language."""
    return [
        translate(cell) if head in table.worded else cell
        for head, cell in zip(table.columns, row, strict=True)
    ]


def summary(course: Course, proofs: Sequence[Proof], tables: Sequence[Table] = ()) -> Iterator[str]:
    """The whole course in one line, and the next step."""
    seeds = min((proof.seeds for proof in proofs), default=0)
    right = ngettext(
        "{passed} of {right} right answers passed under {number} seed",
        "{passed} of {right} right answers passed under {number} seeds",
        seeds,
    )
    figures = (
        _("{caught} of {mistakes} mistakes caught").format(
            caught=sum(p.mistakes_caught for p in proofs), mistakes=sum(p.mistakes for p in proofs)
        ),
        _("{killed} of {mutants} mutants killed").format(
            killed=sum(p.killed for p in proofs), mutants=sum(p.mutants for p in proofs)
        ),
        _("{number} equivalent").format(number=sum(p.equivalent for p in proofs)),
        right.format(
            passed=sum(p.right_passed for p in proofs), right=sum(p.right for p in proofs), number=seeds
        ),
    )
    yield ""
    yield _(", ").join(figures)
    short = [proof.chapter for proof in proofs if not proof.holds]
    if short:
        yield _mend(course, short[0])
        return
    open_tables = [table for table in tables if table.shortfalls]
    if open_tables:
        yield f"{_mend(course, open_tables[0].chapter)} --table {open_tables[0].name}"


def _mend(course: Course, stem: str) -> str:
    """The next step for a chapter that falls short: its file of checks, and the command that proves it again."""
    file = checks_file(next(chapter for chapter in course.chapters if chapter.stem == stem))
    shown = file.relative_to(course.root) if file.is_relative_to(course.root) else file
    return _("next: mend {file}, then run: brick prove {label}").format(
        file=shown.as_posix(), label=label_of(stem)
    )


def as_json(proofs: Iterable[Proof], tables: Iterable[Table] = ()) -> str:
    """The proofs and tables with a schema name."""
    chapters = [dataclasses.asdict(proof) | {"holds": proof.holds} for proof in proofs]
    found = [dataclasses.asdict(table) for table in tables]
    return json.dumps({"schema": SCHEMA, "chapters": chapters, "tables": found}, indent=2) + "\n"
