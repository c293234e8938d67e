"""Turn check results into points: each exercise's are shared among its checks by weight."""

from __future__ import annotations

from collections.abc import Iterable

from grader.records import (
    Chapter,
    CheckResult,
    ExerciseScore,
    Outcome,
    Ruling,
)


def score(
    chapter: Chapter, results: Iterable[CheckResult], ruling: Ruling, only: str | None = None
) -> tuple[ExerciseScore, ...]:
    """Share each exercise's points among its checks by weight; an exercise the rules bar gets 0.

    Args:
        chapter: its exercises and their points.
        results: one for every check listed, also those that were not run.
        ruling: says which exercises are barred.
        only: the one exercise that is scored; None for all.

    Returns:
        A score for each exercise, in the chapter's order. A check that could not judge has weight 0 and neither
        costs nor gives anything.
    """
    by_exercise: dict[str, list[CheckResult]] = {}
    for result in results:
        by_exercise.setdefault(result.exercise, []).append(result)
    barred = ruling.barred()
    scores = []
    for exercise in chapter.exercises:
        if only is not None and exercise.name != only:
            continue
        listed = by_exercise.get(exercise.name, [])
        # Divide by the checks listed, not returned: a submission can end the run early.
        total = sum(result.weight for result in listed)
        passed = sum(result.weight for result in listed if result.outcome is Outcome.PASSED)
        is_barred = exercise.name in barred
        points = 0.0 if is_barred or not total else exercise.points * passed / total
        scores.append(
            ExerciseScore(exercise.name, round(points, 4), exercise.points, exercise.extra, is_barred)
        )
    return tuple(scores)
