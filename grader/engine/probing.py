"""Ask a version of an exercise what it does on fixed inputs: whether each keeps the law, and a digest of all answers.

The inputs are those of the exercise's own checks, call sequences of classes among them, and are the same in every run
and for everybody: they are drawn from a seed that is no secret. Nobody gains by recognising them, for what a name is
given by gives no point; and only so the answers of the known mistakes can be kept (`known_mistakes.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from hypothesis.errors import UnsatisfiedAssumption

from grader.checking.check import Check, Suite
from grader.checking.failures import NotCheckable
from grader.engine.digests import digest
from grader.engine.generation import Kept, draw_straight
from grader.engine.profile import Profile
from grader.engine.runner import Workplace
from grader.engine.trial import Trial
from grader.records import Chapter
from grader.sandbox.exceptions import LearnerLost
from grader.sandbox.proxy import Learner

PROBES = 8  # inputs for each check, or fewer where the check says that fewer do
PROBED_BYTES = 64 * 2**20  # what a version's answers may come to
# No secret, and drawn once in a process.
PROBE_PROFILE = Profile("probe", PROBES, shrink=False, kept=Kept(draw_straight))


@dataclass(frozen=True)
class Answer:
    """What a version did on one input.

    Args:
        kept: whether the law held.
        digest: of all that came back.
    """

    kept: bool
    digest: bytes


@dataclass(frozen=True)
class Probing:
    """Where versions are probed.

    Args:
        workplace: where their code runs.
        chapter: bars what its exercises may not use; its stem enters the seeds.
        suite: the checks of the chapter, for what its functions return.
        profile: how many inputs of each check, and from which seed.
    """

    workplace: Workplace
    chapter: Chapter
    suite: Suite
    profile: Profile = PROBE_PROFILE

    def answers(self, source: str, checks: Iterable[Check]) -> list[Answer]:
        """What a version does on the inputs of these checks, one after the other.

        All of them together have the time of one check.

        Args:
            source: the version, a whole submission.

        Raises:
            LearnerRaised: the source raises when it is loaded.
            LearnerLost: it did not answer, or not in time, or too much.
        """
        learner = self.workplace.open(source)
        learner.returns = self.suite.returns
        start_s, limit_s = learner.spent_s, self.workplace.limits.check_s
        found: list[Answer] = []
        for check in checks:
            left_s = limit_s - (learner.spent_s - start_s)
            trial = Trial(_observed(check, found.append), learner, self.profile, self.chapter, left_s)
            trial.run()
            if trial.failure is not None:
                raise LearnerLost("a probe got no answer")
        return found

    def inputs(self, check: Check) -> bytes:
        """A digest of a check's inputs: another version of Hypothesis may draw others."""
        profile = self.profile
        if not check.inputs or profile.kept is None:
            return digest([])
        seed = profile.seed_of(self.chapter.stem, check.name)
        return digest(list(profile.kept.inputs(check, seed, profile.examples_of(check))))

    def count(self, check: Check) -> int:
        """On how many inputs a check is probed."""
        return self.profile.examples_of(check) if check.inputs else 1


def _observed(check: Check, note: Callable[[Answer], None]) -> Check:
    """The same check, never failing, that notes what each example gave."""

    def body(learner: Learner, **drawn: Any) -> None:
        outcome = ""
        try:
            check.body(learner, **drawn)
        except (UnsatisfiedAssumption, NotCheckable):
            pass
        except Exception as error:
            outcome = type(error).__name__
        if learner.connection.received_bytes > PROBED_BYTES:
            raise LearnerLost("its answers are too large to be compared")
        calls = [(c.target, c.exception, c.changed, c.aliases) for c in learner.calls]
        # An optimizer's step returns nothing: what counts is read back from attributes and held tensors.
        note(Answer(not outcome, digest([outcome, calls, learner.example.answers])))

    return replace(check, body=body)
