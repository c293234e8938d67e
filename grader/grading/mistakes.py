"""Group the learners of a class by the mistake they made, so that one comment can reach all of them.

Two learners made the same mistake where the same known mistake explains both, or where the same law fails with the
same classification. A mistake is found again by an id that depends on nothing else, so it survives a regrade.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from grader.records import Cause, CheckResult, GradientFinding, LearnerResult, Outcome, Report

_ID_LETTERS = 6  # as many as a call to be replayed has: short enough to be typed


@dataclass(frozen=True)
class Mistake:
    """What several learners may have done wrong alike.

    Args:
        id: what is typed after `brick adjust --mistake`.
        chapter: the stem.
        diagnosis: the known mistake; empty where only a law is known to fail.
        law: the title of the law that fails; empty where the mistake is known.
        gradient: how the gradient is wrong, where that could be told.
        cause: why it fails; None where the mistake is known.
    """

    id: str
    chapter: str
    exercise: str
    diagnosis: str = ""
    law: str = ""
    gradient: GradientFinding | None = None
    cause: Cause | None = None


def mistakes_of(report: Report) -> Iterator[Mistake]:
    """The mistakes that a report shows, each once: of an exercise with a known one, only that."""
    seen = set()
    for result in report.checks:
        # What is not written is no mistake, and what the file lacks is no answer.
        if result.outcome is not Outcome.FAILED or result.cause in (Cause.UNWRITTEN, Cause.MISSING):
            continue
        found = _mistake(report.chapter, result)
        if found.id not in seen:
            seen.add(found.id)
            yield found


def _mistake(chapter: str, result: CheckResult) -> Mistake:
    """What a failed check is a sign of. The check's name enters the id, and not its title, which may be reworded."""
    if result.diagnosis:
        key = (chapter, result.exercise, result.diagnosis)
        return Mistake(_id(*key), *key)
    cause = result.cause
    number = _id(chapter, result.exercise, result.name, str(cause), *_facts(result.gradient))
    return Mistake(number, chapter, result.exercise, "", result.title, result.gradient, cause)


def _facts(finding: GradientFinding | None) -> tuple[str, ...]:
    """What tells one kind of wrong gradient from another; in how many cases it was seen does not."""
    if finding is None:
        return ()
    return tuple(map(str, (finding.fault, finding.factor, finding.scale, finding.inverse, finding.axis)))


def _id(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:_ID_LETTERS]


def who_made_what(learners: Iterable[LearnerResult]) -> dict[Mistake, tuple[str, ...]]:
    """Every mistake of a class with the learners who made it: known ones before laws, of each the commonest first."""
    found: dict[Mistake, list[str]] = {}
    for one in learners:
        for report in one.reports:
            for mistake in mistakes_of(report):
                found.setdefault(mistake, []).append(one.learner)
    ranked = sorted(found.items(), key=lambda item: (not item[0].diagnosis, -len(item[1])))
    return {mistake: tuple(names) for mistake, names in ranked}


def distinct(groups: Mapping[Mistake, tuple[str, ...]]) -> dict[Mistake, tuple[str, ...]]:
    """The mistakes without those of the same exercise that the very same learners made: one fault breaks many laws."""
    seen = set()
    found = {}
    for mistake, who in groups.items():
        place = (mistake.chapter, mistake.exercise, who)
        if place not in seen:
            seen.add(place)
            found[mistake] = who
    return found
