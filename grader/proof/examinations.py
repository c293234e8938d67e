"""Examine checks for more than strength: what they draw, what the text promises, fairness, and empty regions."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path

from grader.course.paths import gates_file, is_checkout
from grader.errors import UsageError
from grader.language import kept
from grader.proof.barred import finished_answers
from grader.proof.candidates import Candidate, Kind, right_answers, wrong_answers
from grader.proof.coverage import inputs_table
from grader.proof.fairness import Closeness, closeness_of
from grader.proof.gates import gates_of
from grader.proof.naming import names_table
from grader.proof.prove import judge
from grader.proof.reviewed import read_reviewed
from grader.proof.tables import Table
from grader.proof.timeouts import warm_up
from grader.proof.wording import wording_table
from grader.records import Chapter, Course


class Examination(StrEnum):
    """What is asked of a chapter's checks."""

    INPUTS = "inputs"  # which regions of the inputs are visited
    WORDING = "wording"  # whether lesson and docstrings say what the checks demand
    FAIRNESS = "fairness"  # whether who is nearly right keeps most of the points
    GATES = "gates"  # whether the solution, wrong in one region only, is caught
    NAMES = "names"  # whether each known mistake would be named, should a learner make it
    BARRED = "barred"  # whether each finished function of torch that gives an answer is barred


Advance = Callable[[str, int, int], None]


def examine(
    course: Course,
    chapters: Iterable[Chapter],
    asked: Iterable[Examination],
    *,
    jobs: int | None = None,
    advance: Advance = lambda chapter, done, total: None,
) -> Iterator[Table]:
    """Answer questions about the checks of some chapters, chapter by chapter.

    Args:
        course: a checkout, with solutions and mistakes beside course.yml.
        asked: the questions, in order.
        jobs: processes; as many as there are cores if left out.
        advance: told (chapter, candidates done, candidates in all) by what takes minutes.

    Raises:
        UsageError: without a checkout.

    Yields:
        A table for each question and chapter, as soon as it is there; for several chapters, last of all, the mistakes
        that are judged hardest in the course.
    """
    if not is_checkout(course.root):
        raise UsageError("prove needs the solutions", str(course.root), "run it in a checkout of the course")
    warm_up()  # once for all processes, which are forks of this one
    questions = list(asked)
    measured: dict[str, list[Closeness]] = {}
    with ProcessPoolExecutor(jobs or os.cpu_count()) as pool:
        for chapter in chapters:
            solution = next(right_answers(course.root, chapter))
            for question in questions:
                match question:
                    case Examination.INPUTS:
                        yield inputs_table(chapter, solution)
                    case Examination.WORDING:
                        yield wording_table(chapter, solution.source)
                    case Examination.FAIRNESS:
                        measured[chapter.stem] = _measure(course.root, chapter, solution, pool, advance)
                        yield _fairness_table(chapter.stem, measured[chapter.stem])
                    case Examination.GATES:
                        yield _gates_table(course.root, chapter, solution, pool, advance)
                    case Examination.NAMES:
                        yield names_table(course.root, chapter, pool, advance)
                    case Examination.BARRED:
                        # In a process of the pool: to bar an operation is to change torch itself.
                        yield pool.submit(_barred_table, course.root, chapter).result()
    if len(measured) > 1:
        yield _hardest_judged(measured)


# --- fairness ---------------------------------------------------------------------------------------------


def _measure(
    root: Path, chapter: Chapter, solution: Candidate, pool: ProcessPoolExecutor, advance: Advance
) -> list[Closeness]:
    """All known mistakes of a chapter, those that are judged hardest first.

    The mistakes of one exercise are measured by one process, for they share the inputs and the solution's answers.

    Args:
        solution: the right version.
        pool: measures the mistakes of several exercises at once.
        advance: told (chapter, mistakes done, mistakes in all).
    """
    by_exercise: dict[tuple[str, ...], list[Candidate]] = defaultdict(list)
    for candidate in wrong_answers(root, chapter, mutate=False):
        if candidate.kind is Kind.MISTAKE:
            by_exercise[candidate.judges].append(candidate)
    found: list[Closeness] = []
    total = sum(map(len, by_exercise.values()))
    for some in pool.map(
        _measure_packed, [(chapter, solution, mistakes) for mistakes in by_exercise.values()]
    ):
        found += some
        advance(chapter.stem, len(found), total)
    return sorted(found, key=_hardship)


def _hardship(one: Closeness) -> tuple[bool, float, float, str]:
    """Sorts mistakes: of those that are nearly right, whoever keeps least comes first."""
    return one.keeps is None, one.keeps or 0.0, -one.agrees, one.label


def _fairness_table(stem: str, found: list[Closeness]) -> Table:
    """One row per mistake that is nearly right, those that keep least first; the unfair ones fall short.

    Args:
        stem: the chapter's.
        found: every mistake, in the order of the rows.
    """
    unfair = [one for one in found if one.is_unfair]
    number, total = len(unfair), len(found)
    return Table(
        stem,
        Examination.FAIRNESS,
        kept(f"{number} of {total} mistakes lose more than half although they are nearly right"),
        _FAIRNESS_COLUMNS,
        tuple(_fairness_row(one) for one in found if one.keeps is not None),
        tuple(map(_unfair, unfair)),
        worded=_FAIRNESS_COLUMNS[-1:],
    )


def _unfair(one: Closeness) -> str:
    """What is unfair about the points that a mistake keeps."""
    label, agrees, keeps = one.label, f"{one.agrees:.0%}", f"{one.keeps:.0%}"
    return kept(f"{label} is right on {agrees} of the plain inputs and keeps {keeps} of the points")


def _hardest_judged(measured: dict[str, list[Closeness]]) -> Table:
    """The mistakes of the whole course that are nearly right and keep least; what falls short the chapters say.

    Args:
        measured: every mistake, by chapter.
    """
    close = sorted(
        (one for found in measured.values() for one in found if one.keeps is not None), key=_hardship
    )
    number, total = len(close), sum(map(len, measured.values()))
    summary = kept(f"{number} of {total} mistakes are nearly right")
    if close:
        # Printed without the rows as well, so the summary says how little the first of them keeps.
        least = f"{close[0].keeps:.0%}"
        summary = kept(f"{number} of {total} mistakes are nearly right; none of them keeps less than {least}")
    return Table(
        "",
        Examination.FAIRNESS,
        summary,
        _FAIRNESS_COLUMNS,
        tuple(map(_fairness_row, close[:_HARDEST])),
        worded=_FAIRNESS_COLUMNS[-1:],
    )


_FAIRNESS_COLUMNS = (kept("mistake"), kept("agrees"), kept("keeps"), "")
_HARDEST = 10  # of these the whole course shows


def _fairness_row(one: Closeness) -> tuple[str, ...]:
    return one.label, f"{one.agrees:.0%}", f"{one.keeps:.0%}", kept("unfair") if one.is_unfair else ""


# A pool calls functions of one argument, found by their names.
def _measure_packed(work: tuple[Chapter, Candidate, list[Candidate]]) -> list[Closeness]:
    """All that is known about some mistakes, for a pool."""
    return list(closeness_of(*work))


# --- gates ------------------------------------------------------------------------------------------------


def _gates_table(
    root: Path, chapter: Chapter, solution: Candidate, pool: ProcessPoolExecutor, advance: Advance
) -> Table:
    """One row per gate that survives, with the reviewed reason why it may; those without one fall short.

    The list names gates by patterns (`softmax*, x: rank 3`), for one reason often holds for many.

    Args:
        solution: it is gated in every exercise.
        pool: kills gates side by side.
        advance: told (chapter, gates done, gates in all).
    """
    names = tuple(exercise.name for exercise in chapter.exercises)
    gates = [
        Candidate(Kind.GATE, gate.label, (gate.definition,), gate.source, path=solution.path)
        for gate in gates_of(solution.source, names)
    ]
    alive: list[str] = []
    for done, (label, killed) in enumerate(
        pool.map(_kill_packed, [(chapter, gate) for gate in gates], chunksize=4), 1
    ):
        if not killed:
            alive.append(label)
        advance(chapter.stem, done, len(gates))
    reasons = read_reviewed(gates_file(root)).get(chapter.stem, {})
    rows = tuple((label, _reason_for(label, reasons)) for label in alive)
    open_gates = [label for label, reason in rows if not reason]
    stale = [pattern for pattern in reasons if not any(fnmatchcase(label, pattern) for label in alive)]
    total, dead, listed = len(gates), len(gates) - len(alive), len(alive) - len(open_gates)
    file = gates_file(root).name
    return Table(
        chapter.stem,
        Examination.GATES,
        kept(f"{dead} of {total} gates killed, {listed} listed with a reason"),
        (kept("survives"), kept("because")),
        rows,
        (
            *(kept(f"the gate survives: {label}") for label in open_gates),
            *(kept(f"{file} lists {label!r}, which is killed or gone") for label in stale),
        ),
    )


def _reason_for(label: str, reasons: dict[str, str]) -> str:
    """Why a gate may survive, by the first pattern that it fits; '' if none does.

    Args:
        label: such as `softmax, x: rank 3`.
        reasons: by pattern, in the order of the list.
    """
    return next((reason for pattern, reason in reasons.items() if fnmatchcase(label, pattern)), "")


def _kill_packed(work: tuple[Chapter, Candidate]) -> tuple[str, bool]:
    """Whether a gate is killed, with its label: the source need not travel back."""
    verdict = judge(*work)
    return verdict.candidate.label, bool(verdict.failed)


# --- barred answers ---------------------------------------------------------------------------------------


def _barred_table(root: Path, chapter: Chapter) -> Table:
    """One row per finished function of torch that gives an answer and is not barred.

    An elementary operation that is open is no shortfall: exercises are built from those.
    """
    found = finished_answers(root, chapter)
    rows = tuple((one.exercise, one.function, one.arguments) for one in found if one.is_open)
    total, is_open = len(found), len(rows)
    tools = sum(one.elementary and not one.barred for one in found)
    arguments = kept("called with")
    return Table(
        chapter.stem,
        Examination.BARRED,
        kept(f"{total} finished functions give an answer, {is_open} of them are open, {tools} are tools"),
        (kept("exercise"), kept("finished function"), arguments),
        rows,
        tuple(
            kept(f"{exercise}: {function} gives the answer and is not barred")
            for exercise, function, _ in rows
        ),
        worded=(arguments,),
    )
