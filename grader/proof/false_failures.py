"""Try right answers under many seeds: a check that fails one of them once in a thousand seeds is a wrong check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from grader.checking.check import Check
from grader.engine.generation import Kept, draw_straight
from grader.engine.profile import Profile
from grader.engine.suites import load_suite
from grader.engine.trial import Trial
from grader.proof.candidates import Candidate
from grader.proof.timeouts import Alarmed
from grader.records import Chapter, Outcome
from grader.sandbox.exceptions import LearnerLost, LearnerRaised
from grader.sandbox.proxy import Learner

SEEDS = 200
_INPUTS_OF_THE_FIRST = 25  # as many as a learner's own check gets
_ENOUGH = 100  # a check content with a fifth as many inputs gets one under every fifth seed
_SEEDS_AT_ONCE = 50
_CHECK_S = 600.0  # by the wall's clock: on a busy machine what is right takes long, and passes all the same


@dataclass(frozen=True)
class Portion:
    """All right answers to one exercise under some of the seeds: they share the inputs, which are dear to draw."""

    stem: str
    exercise: str
    right: tuple[Candidate, ...]
    seeds: range
    thorough: bool = False


@dataclass
class Soaked:
    """What a portion came to: how an answer failed a check first, by their names; seconds of each check in all."""

    failures: dict[tuple[str, str], str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def portions(
    chapter: Chapter, right: Iterable[Candidate], seeds: int, *, thorough: bool = False
) -> Iterator[Portion]:
    """Split up a chapter's right answers under seeds 0, 1, …, to be soaked side by side.

    Args:
        thorough: whether every check judges under every seed, even one that is content with a few inputs.
    """
    answers = list(right)
    for exercise in chapter.exercises:
        own = tuple(one for one in answers if exercise.name in one.judges)
        for start in range(0, seeds, _SEEDS_AT_ONCE):
            part = range(start, min(start + _SEEDS_AT_ONCE, seeds))
            yield Portion(chapter.stem, exercise.name, own, part, thorough)


def soak(portion: Portion) -> Soaked:
    """Judge the answers. Under the first seed they get what Hypothesis finds, under every other one input straight."""
    suite, workplace, soaked = load_suite(portion.stem), Alarmed(), Soaked()
    learners: list[tuple[str, Learner]] = []
    for candidate in portion.right:
        try:
            learner = workplace.open(candidate.source)
        except (LearnerRaised, LearnerLost) as error:
            for check in suite.of(portion.exercise):
                soaked.failures[candidate.label, check.name] = f"it does not load: {error}"
            continue
        learner.returns = suite.returns
        learners.append((candidate.label, learner))
    for seed in portion.seeds:
        kept, inputs = (Kept(draw_straight), 1) if seed else (Kept(), _INPUTS_OF_THE_FIRST)
        profile = Profile("prove", inputs, seed=seed, shrink=False, kept=kept)
        for check in suite.of(portion.exercise):
            if not _has_a_turn(check, seed, thorough=portion.thorough):
                continue
            for label, learner in learners:
                if (label, check.name) in soaked.failures:
                    continue
                result = Trial(check, learner, profile, portion.stem, _CHECK_S).run()
                soaked.seconds[check.name] = soaked.seconds.get(check.name, 0.0) + result.seconds
                if result.outcome is Outcome.FAILED:
                    soaked.failures[label, check.name] = (
                        f"under seed {seed}, {result.message or result.cause}"
                    )
    return soaked


def _has_a_turn(check: Check, seed: int, *, thorough: bool) -> bool:
    """Whether a check judges under this seed: without inputs only once, content with a few not every time."""
    if not check.inputs:
        return seed == 0
    return thorough or seed % max(1, _ENOUGH // (check.examples or _ENOUGH)) == 0
