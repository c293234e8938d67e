"""Measure whether points follow closeness: who is right on nearly every plain input keeps at least half of them.

A learner who forgot one corner should lose that corner's share. Where a law that others wait for also draws the corner,
one slip costs the whole exercise: `choose_qparams` that was right but for a range of 0..0 had 0 of 2 points.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.checking.check import Check, Suite
from grader.engine.digests import agree
from grader.engine.generation import Kept
from grader.engine.probing import Answer, Probing
from grader.engine.profile import Profile
from grader.engine.runner import run_checks
from grader.engine.suites import load_suite
from grader.proof.candidates import Candidate
from grader.proof.timeouts import TimedProcess
from grader.records import Chapter, Outcome, Ruling, Submission
from grader.sandbox.exceptions import LearnerLost, LearnerRaised

# A version that is wrong on every tenth input has missed more than a corner. Half of the points is little enough to
# lose for one corner, and more than the two or three laws that may well fail beside it.
CLOSE = 0.9  # who agrees on so many of the plain inputs
KEEPS = 0.5  # should keep so much of the points
EXAMPLES = 40


@dataclass(frozen=True)
class Closeness:
    """A known mistake: on which share of the plain inputs it is right, and which share of the points it keeps.

    Args:
        label: names the mistake.
        agrees: from 0 to 1.
        keeps: from 0 to 1; None for one that is not nearly right, or whose answer is not
            come by as it must (a gradient that is measured): its points say nothing about fairness.
    """

    label: str
    agrees: float
    keeps: float | None

    @property
    def is_unfair(self) -> bool:
        """Whether it is nearly right and loses most."""
        return self.keeps is not None and self.keeps < KEEPS


def plain_checks(suite: Suite, exercise: str) -> tuple[Check, ...]:
    """The laws that others of the exercise wait for: what they draw counts as plain. The first law if none does.

    Args:
        exercise: has at least one check.
    """
    # A law without weight says how an answer must not be come by, and nothing about the answer.
    own = tuple(check for check in suite.of(exercise) if check.weight)
    gating = {needed.name for check in own for needed in check.after}
    return tuple(check for check in own if check.name in gating) or own[:1]


def closeness_of(
    chapter: Chapter, solution: Candidate, mistakes: list[Candidate], kept: Kept | None = None
) -> Iterator[Closeness]:
    """How close each mistake comes to the solution, and the points that it keeps if it is nearly right.

    Args:
        chapter: the chapter of all these versions.
        solution: the right version.
        mistakes: known mistakes, each in one exercise.
        kept: inputs drawn before.

    Yields:
        One for each mistake, in their order.
    """
    suite = load_suite(chapter)
    profile = Profile("prove", EXAMPLES, shrink=False, kept=kept or Kept())
    probing = Probing(TimedProcess(), chapter, suite, profile)
    right: dict[str, list[Answer]] = {}
    for mistake in mistakes:
        [exercise] = mistake.judges
        checks = plain_checks(suite, exercise)
        if exercise not in right:
            right[exercise] = probing.answers(solution.source, checks)
        agrees = _share_alike(right[exercise], _answers(probing, mistake.source, checks))
        # To ask every law takes most of the time, and only what is nearly right can be judged unfairly.
        keeps = _share_kept(chapter, mistake, exercise, profile) if agrees >= CLOSE else None
        yield Closeness(mistake.label, agrees, keeps)


def _answers(probing: Probing, source: str, checks: tuple[Check, ...]) -> list[Answer]:
    """What a version gives; nothing for one that does not come to an end."""
    try:
        return probing.answers(source, checks)
    except (LearnerLost, LearnerRaised):
        return []


def _share_alike(right: list[Answer], theirs: list[Answer]) -> float:
    """On how many inputs two versions give the same; 0 if one of them did not come to the end.

    Args:
        right: what the solution gave, input by input.
        theirs: what the other version gave to the same inputs.
    """
    if not right or len(right) != len(theirs):
        return 0.0
    return sum(agree(a.digest, b.digest) for a, b in zip(right, theirs, strict=True)) / len(right)


def _share_kept(chapter: Chapter, mistake: Candidate, exercise: str, profile: Profile) -> float | None:
    """The share of the exercise's points that the checks leave, as for a learner; None for no slip, but a trick.

    Args:
        mistake: right in every other exercise.
        profile: the same inputs as for all the others.
    """
    submission = Submission(chapter, mistake.source, Path(f"{chapter.stem}.py"), "")
    alone = Profile(
        profile.name, profile.examples, seed=profile.seed, only=exercise, shrink=False, kept=profile.kept
    )
    report = run_checks(submission, Ruling(mistake.source), TimedProcess(), alone)
    if any(result.outcome is Outcome.FAILED and not result.weight for result in report.checks):
        return None
    [score] = report.exercises
    return score.points / score.max_points
