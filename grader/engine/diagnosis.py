"""Name a learner's mistake: the known one whose wrong answers the learner's code gives, and no other's.

A name is a claim, and a false one sends the learner the wrong way. So the smallest failing input is not enough, where
many mistakes agree: the learner's code is asked again on the inputs that all known mistakes were given, in a guest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from grader.checking.check import Suite
from grader.engine.known_mistakes import KnownMistakes, ProbedExercise
from grader.engine.nearest import nearest
from grader.engine.probing import Probing
from grader.engine.runner import Workplace
from grader.records import (
    UNANSWERED_CAUSES,
    Cause,
    Chapter,
    CheckResult,
    GradientFault,
    Likeness,
    Outcome,
    Report,
    Ruling,
)
from grader.sandbox.exceptions import LearnerLost, LearnerRaised
from grader.sandbox.proxy import Learner

CALL_S = 1.0  # of the learner's own time for a call that only looks for a name


class _Brief:
    """A workplace where a call has no more time than that. Whose calls are that slow goes without a name.

    Args:
        workplace: where the learner's code runs.
    """

    def __init__(self, workplace: Workplace) -> None:
        self._workplace, self.level, self.device = workplace, workplace.level, workplace.device
        self.limits = replace(workplace.limits, call_s=min(CALL_S, workplace.limits.call_s))

    def open(self, source: str) -> Learner:
        """A fresh learner there, whose calls have less time."""
        learner = self._workplace.open(source)
        learner.limits = self.limits
        return learner


@dataclass(frozen=True)
class _Named:
    """What is said of an exercise.

    Args:
        diagnosis: the mistake's sentence.
        laws: the checks that it breaks as the learner's code does.
    """

    diagnosis: str
    likeness: Likeness
    laws: frozenset[str]


def diagnose(
    chapter: Chapter,
    report: Report,
    ruling: Ruling,
    workplace: Workplace,
    suite: Suite,
    known: KnownMistakes,
) -> Report:
    """Say of each failed exercise which known mistake gives the same results, or nearly, if exactly one does.

    Exercises that are not written, or whose guest was lost, have no diagnosis.

    Args:
        chapter: the chapter of all that follows.
        report: what the checks found.
        ruling: the learner's source, as it ran.
        workplace: where it runs once more.
        suite: the checks of the chapter.
        known: the mistakes, as they were probed.

    Returns:
        The report, with the name in the failed checks that it explains.
    """
    probing = Probing(_Brief(workplace), chapter, suite)
    found: dict[str, _Named] = {}
    for exercise, probed in known.exercises.items():
        if _is_wrong([result for result in report.checks if result.exercise == exercise]):
            named = _name(ruling.source, probed, probing)
            if named is not None:
                found[exercise] = named
    return replace(report, checks=tuple(_with_name(one, found.get(one.exercise)) for one in report.checks))


def _is_wrong(results: list[CheckResult]) -> bool:
    """Whether an exercise fails by a mistake of its own.

    Whoever gave no answer in time would give none again, and what is missing is missing again; the gradient of a wrong
    forward is right for what it is of.
    """
    failed = [result for result in results if result.outcome is Outcome.FAILED and not result.is_unwritten]
    return bool(failed) and not any(
        one.cause in (*UNANSWERED_CAUSES, Cause.MISSING)
        or (one.gradient is not None and one.gradient.fault is GradientFault.OWN_FORWARD)
        for one in failed
    )


def _name(source: str, probed: ProbedExercise, probing: Probing) -> _Named | None:
    """The name of what is wrong with an exercise; None if it has none."""
    checks = probed.usable(probing)
    try:
        answers = probing.answers(source, checks)
    except (LearnerLost, LearnerRaised):
        return None
    laws = [check.name for check in checks for _ in range(probing.count(check))]
    found = nearest(answers, probed.answers_to(checks), laws)
    if found is None:
        return None
    mistake, likeness, like = found
    # Whoever makes another mistake besides must not read that this one broke the other's laws.
    explained = laws if likeness is Likeness.SAME else (laws[i] for i in like.agreed)
    return _Named(mistake.diagnosis, likeness, frozenset(explained))


def _with_name(result: CheckResult, named: _Named | None) -> CheckResult:
    """A result with the name, if it failed by that mistake."""
    if named is None or result.outcome is not Outcome.FAILED or result.name not in named.laws:
        return result
    return replace(result, diagnosis=named.diagnosis, likeness=named.likeness)
