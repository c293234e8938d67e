"""Turn proofs of chapters into the lines an author reads, and into JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from grader.course.paths import checks_file
from grader.records import Course, label_of

if TYPE_CHECKING:
    from grader.proof.prove import Proof
    from grader.proof.tables import Table

SCHEMA = "brickwork/proof/v2"


def lines(proof: Proof, *, matrix: bool = False) -> Iterator[str]:
    """One chapter: its figures, its matrix on request, and what falls short."""
    verdict = "ok  " if proof.holds else "FAIL"
    yield (
        f"{verdict}  {proof.chapter:22} mistakes {proof.mistakes_caught}/{proof.mistakes}"
        f"  mutants {proof.killed}/{proof.mutants - proof.equivalent}"
        + (f" (+{proof.equivalent} equivalent)" if proof.equivalent else "")
        + f"  right {proof.right_passed}/{proof.right}"
    )
    if matrix:
        yield from _matrix(proof)
    for shortfall in proof.shortfalls:
        yield f"      {shortfall}"


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
    """One table: its summary, and its rows in columns; without `rows` only what falls short."""
    yield f"{'FAIL' if table.shortfalls else 'ok  '}  {table.chapter:22} {table.name}: {table.summary}"
    if not rows:
        yield from (f"      {shortfall}" for shortfall in table.shortfalls)
    elif table.rows:
        lines = (table.columns, *table.rows)
        widths = [max(len(line[place]) for line in lines) for place in range(len(table.columns))]
        for line in lines:
            yield (
                "      "
                + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            )


def summary(course: Course, proofs: Sequence[Proof], tables: Sequence[Table] = ()) -> Iterator[str]:
    """The whole course in one line, and the next step."""
    figures = [
        f"{sum(p.mistakes_caught for p in proofs)} of {sum(p.mistakes for p in proofs)} mistakes caught",
        f"{sum(p.killed for p in proofs)} of {sum(p.mutants for p in proofs)} mutants killed",
        f"{sum(p.equivalent for p in proofs)} equivalent",
        f"{sum(p.right_passed for p in proofs)} of {sum(p.right for p in proofs)} right answers passed"
        f" under {_seeds(min((p.seeds for p in proofs), default=0))}",
    ]
    yield ""
    yield ", ".join(figures)
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
    return f"next: mend {shown.as_posix()}, then run: brick prove {label_of(stem)}"


def _seeds(number: int) -> str:
    return "1 seed" if number == 1 else f"{number} seeds"


def as_json(proofs: Iterable[Proof], tables: Iterable[Table] = ()) -> str:
    """The proofs and tables with a schema name."""
    chapters = [dataclasses.asdict(proof) | {"holds": proof.holds} for proof in proofs]
    found = [dataclasses.asdict(table) for table in tables]
    return json.dumps({"schema": SCHEMA, "chapters": chapters, "tables": found}, indent=2) + "\n"
