"""Verdicts that were never graded, as a store holds them: what pages, exports and decisions are made of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from grader.grading.store import Collected, Entry, Settings, Store
from grader.records import Cause, Chapter, CheckResult, Counts, ExerciseScore, Outcome, Report


def check(exercise: str, name: str, outcome: Outcome, **fields: Any) -> CheckResult:
    """A check of weight 1 that is called so, with a law of its own."""
    return CheckResult(name, exercise, f"law {name}", outcome, 1.0, **fields)


def judged_chapter(chapter: Chapter, *halves: str) -> Report:
    """The chapter with two checks an exercise, `a` and `b`, all passed; those of `halves` fail their first one."""
    checks, scores = [], []
    for exercise in chapter.exercises:
        half = exercise.name in halves
        first = Outcome.FAILED if half else Outcome.PASSED
        checks += [
            check(exercise.name, "a", first, cause=Cause.BROKEN_LAW if half else None),
            check(exercise.name, "b", Outcome.PASSED),
        ]
        points = exercise.points / 2 if half else exercise.points
        scores.append(ExerciseScore(exercise.name, points, exercise.points, exercise.extra))
    return Report(
        chapter.stem, chapter.title, "", tuple(checks), tuple(scores), submission_sha256=f"handed in {halves}"
    )


def publish(
    store: Store,
    report: Report,
    learner: str,
    time: datetime | None = None,
    assigned: Sequence[str] = (),
    *,
    late_s: float = 0.0,
    deducted: float = 0.0,
) -> None:
    """Let a report stand for the first attempt of a learner, handed in at that time.

    Args:
        assigned: stems of the chapters of the run; the report's own by default.
    """
    seconds = None if time is None else time.timestamp()
    collected = Collected(learner, report.chapter, report.submission_sha256, "", seconds)
    run = store.begin_run(
        assigned or [report.chapter], [learner], Settings("bwrap", None, "cpu"), [collected]
    )
    verdict = store.keep(report.submission_sha256, report)
    entry = Entry(
        learner, report.chapter, 1, report.submission_sha256, "", seconds, False, verdict.id, late_s, deducted,
        Counts.LAST,
    )  # fmt: skip
    store.publish(run, [entry])
