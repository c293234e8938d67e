"""Take the names of learners out of results, so that somebody can look at work without knowing whose it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from grader.grading.roster import pseudonym
from grader.records import ClassResults, Report


def anonymous(results: ClassResults, secret: bytes) -> ClassResults:
    """The class under pseudonyms, without members and paths, sorted anew so that no order tells who is who.

    What learners wrote themselves stays, such as text that their code prints.

    Args:
        secret: the course's; whoever has it can lead a pseudonym back to the learner, and nobody else.
    """
    learners = []
    for one in results.learners:
        name = pseudonym(one.learner, secret)
        reports = tuple(
            with_path(report, f"{name}/{report.chapter}{Path(report.path).suffix}") for report in one.reports
        )
        mine = tuple(replace(a, learner=name if a.learner else "") for a in one.adjustments)
        learners.append(replace(one, learner=name, reports=reports, adjustments=mine, member=None))
    return replace(results, learners=tuple(sorted(learners, key=lambda one: one.learner)))


def with_path(report: Report, path: str) -> Report:
    """The report as if its file had lain elsewhere."""
    problem = report.problem
    if problem is not None:
        # What cannot be read says where it lies in each of its parts.
        for place in (report.path, str(Path(report.path).parent)):
            if place not in ("", ".", "/"):
                what, where, step = (
                    part.replace(place, path) for part in (problem.what, problem.where, problem.next_step)
                )
                problem = replace(problem, what=what, where=where, next_step=step)
    return replace(report, path=path, problem=problem)
