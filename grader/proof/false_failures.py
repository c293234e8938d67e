"""Try right answers under many seeds: a check that fails one of them once in a thousand seeds is a wrong check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from grader.checking.check import Check
from grader.engine.generation import Kept, draw_straight
from grader.engine.profile import Profile
from grader.engine.suites import load_suite
from grader.engine.trial import Trial
from grader.language import kept
from grader.proof.candidates import Candidate
from grader.proof.timeouts import TimedProcess
from grader.records import Cause, Chapter, CheckResult, Outcome
from grader.sandbox.exceptions import LearnerLost, LearnerRaised
from grader.sandbox.proxy import Learner

SEEDS = 200
# Under the first seed the inputs are those that Hypothesis would give a learner, simple ones first: as many as a
# learner's own check gets. Under every other seed one random input will do, which is several times as cheap to draw.
_INPUTS_OF_THE_FIRST_SEED = 25
# A check with `examples=20` gets a fifth of the inputs of one with the usual hundred, so it runs under every fifth
# seed: it is expensive, and a learner meets it no more often.
_USUAL_EXAMPLES = 100
_SEEDS_PER_TASK = 50
_CHECK_S = 600.0  # by the wall's clock: on a busy machine what is right takes long, and passes all the same


@dataclass(frozen=True)
class Task:
    """All right answers to one exercise under some of the seeds; they share the inputs, expensive to generate.

    `thorough` is whether every check runs under every seed.

    Tasks run side by side, so one is small enough that all cores have work until the end.
    """

    chapter: Chapter
    exercise: str
    right: tuple[Candidate, ...]
    seeds: range
    thorough: bool = False


@dataclass
class Findings:
    """What a task came to.

    `failures` says by (answer, check) how it failed first; `seconds` how long each check took, over all answers.
    """

    failures: dict[tuple[str, str], str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def tasks_of(
    chapter: Chapter, right: Iterable[Candidate], seeds: int, *, thorough: bool = False
) -> Iterator[Task]:
    """Split up a chapter's right answers under seeds 0, 1, … into tasks that may run side by side.

    Args:
        right: the solution, which answers every exercise, and the right versions of each.
        seeds: how many.
        thorough: whether every check runs under every seed, even one with few examples.

    Yields:
        Tasks of one exercise after the other; each with some of the seeds.
    """
    answers = list(right)
    for exercise in chapter.exercises:
        own = tuple(one for one in answers if exercise.name in one.judges)
        for start in range(0, seeds, _SEEDS_PER_TASK):
            part = range(start, min(start + _SEEDS_PER_TASK, seeds))
            yield Task(chapter, exercise.name, own, part, thorough)


def find_false_failures(task: Task) -> Findings:
    """Run the checks of the exercise on every right answer; none may fail.

    Returns:
        How each answer and check that fails did so first, and how long each check took.
    """
    suite, workplace, found = load_suite(task.chapter), TimedProcess(), Findings()
    learners: list[tuple[str, Learner]] = []
    for candidate in task.right:
        try:
            learner = workplace.open(candidate.source)
        except (LearnerRaised, LearnerLost) as error:
            for check in suite.of(task.exercise):
                found.failures[candidate.label, check.name] = kept(f"it does not load: {error}")
            continue
        learner.returns = suite.returns
        learners.append((candidate.label, learner))
    for seed in task.seeds:
        drawn, inputs = (Kept(draw_straight), 1) if seed else (Kept(), _INPUTS_OF_THE_FIRST_SEED)
        profile = Profile("prove", inputs, seed=seed, shrink=False, kept=drawn)
        for check in suite.of(task.exercise):
            if not _runs_under(check, seed, thorough=task.thorough):
                continue
            for label, learner in learners:
                if (label, check.name) in found.failures:
                    continue  # the first failure is enough to name it
                # By the wall's clock and with much of it: what is right must not fail because the machine is busy.
                result = Trial(check, learner, profile, task.chapter, _CHECK_S).run()
                found.seconds[check.name] = found.seconds.get(check.name, 0.0) + result.seconds
                if result.outcome is Outcome.FAILED:
                    why = _why(result)
                    found.failures[label, check.name] = kept(f"under seed {seed}, {why}")
    return found


def _why(result: CheckResult) -> str:
    """Why a check failed, in words: of some causes the message has only a name."""
    name = error = result.message
    exercise = result.exercise
    match result.cause:
        case Cause.MISSING:
            return kept(f"the file does not define {name}")
        case Cause.RAISED:
            return kept(f"it raised {error}")
        case Cause.BARRED:
            return kept(f"it calls {name}, which may not be used here")
        case Cause.UNWRITTEN:
            return kept(f"{exercise} is not written yet")
        case Cause.OUT_OF_TIME:
            return kept("no answer in time")
    return result.message


def _runs_under(check: Check, seed: int, *, thorough: bool) -> bool:
    """Whether a check runs under this seed: without inputs only once, with few examples under some.

    Args:
        thorough: every check with inputs under every seed.
    """
    if not check.inputs:
        return seed == 0
    return thorough or seed % max(1, _USUAL_EXAMPLES // (check.examples or _USUAL_EXAMPLES)) == 0
