"""What there is to say about an exercise that is not solved, from a first pointer to the steps."""

from __future__ import annotations

from collections.abc import Mapping

from grader.records import Outcome, Report
from grader.report.refusals import refusal_words


def hints_for(report: Report, exercise: str, written: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The hints of an exercise that is not solved: the failing check's own, then the chapter's idea and steps."""
    failing = [r for r in report.checks if r.exercise == exercise and r.outcome is Outcome.FAILED]
    # A law without weight says how an answer must not be come by; another one points to the way.
    failing.sort(key=lambda result: not result.weight)
    breaches = [breach for breach in report.breaches if exercise in breach.exercises]
    if breaches:
        where = f"{breaches[0].name} may not be used here: {refusal_words(breaches[0])}"
    elif failing:
        where = f"{failing[0].title} {failing[0].hint}"
    else:
        return ()
    return (where, *written.get(exercise, ()))
