"""Run a chapter's checks on a learner and turn what they find into a report."""

from __future__ import annotations

import hashlib
import hmac
import importlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

import hypothesis

from grader.checking.check import Check, Suite, suite_of
from grader.checking.comparison import answers_from
from grader.checking.failures import CheckFailure, NotCheckable
from grader.engine.counterexample import build_counterexample
from grader.engine.generation import DRAW, DRAW_AND_SHRINK, REPEAT_AND_SHRINK, Kept, run_examples
from grader.errors import CourseError
from grader.records import (
    Chapter,
    CheckResult,
    Counterexample,
    ExerciseScore,
    Limits,
    Outcome,
    Report,
    Ruling,
    Submission,
)
from grader.sandbox.proxy import Learner, LearnerLost, LearnerMisbehaved, LearnerMissing, LearnerRaised

SHRINK_LIMIT_S = 6.0
LOSSES_PER_EXERCISE = 2
_PUBLIC_KEY = b"brickwork practice"
_NOT_DEFINED = "the file does not define"


@dataclass(frozen=True)
class Profile:
    """How a submission is run.

    Args:
        name: practice or grade; stands in the report.
        examples: examples per check.
        secret: the course's key; fixes the inputs without telling them. None for practice.
        seed: another set of inputs.
        only: the one exercise to check; None for all.
        device: cpu or cuda.
        memory: a folder where failing examples are kept and replayed first; None for none.
        mistakes: the folder of known mistakes, to name the learner's; None for no diagnosis.
        shrink: whether to look for the smallest failing example, or stop at the first.
        kept: inputs drawn before, for whoever runs the same checks again and again; None draws anew.
    """

    name: str = "practice"
    examples: int = 25
    secret: bytes | None = None
    seed: int = 0
    only: str | None = None
    device: str = "cpu"
    memory: Path | None = None
    shrink: bool = True
    mistakes: Path | None = None
    kept: Kept | None = field(default=None, compare=False)

    def seed_of(self, chapter: str, check: str) -> int:
        """The seed of one check: the same for every learner."""
        text = f"{chapter}/{check}/{self.seed}".encode()
        return int.from_bytes(hmac.digest(self.secret or _PUBLIC_KEY, text, "sha256")[:8], "big")

    def examples_of(self, check: Check) -> int:
        """How many inputs a check gets; some are content with fewer."""
        return min(self.examples, check.examples or self.examples)


class Workplace(Protocol):
    """Where a learner's code runs: a sandbox, or this very process when debugging."""

    level: Any
    limits: Limits
    device: str

    def open(self, source: str) -> Learner:
        """A fresh learner with `source` loaded; the one before is gone."""
        ...


# --- from a submission to a report ------------------------------------------------------------------------


def load_suite(stem: str) -> Suite:
    """The checks of a chapter, found by its stem; CourseError when there are none."""
    name = f"grader.checks.{stem}"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise CourseError("the chapter has no checks", f"grader/checks/{stem}.py", "write them") from None
    return suite_of(module, hashlib.sha256(Path(str(module.__file__)).read_bytes()).hexdigest())


def suite_for(chapter: Chapter) -> Suite:
    """The checks of a chapter's exercises: a course of one's own may leave out some that the kit has checks for."""
    suite, names = load_suite(chapter.stem), {exercise.name for exercise in chapter.exercises}
    return replace(suite, checks=tuple(check for check in suite.checks if check.exercise in names))


def grade_submission(
    submission: Submission,
    ruling: Ruling,
    workplace: Workplace,
    profile: Profile,
    suite: Suite | None = None,
    tell: Callable[[Report], None] | None = None,
) -> Report:
    """Run every check of the submission's chapter and score the exercises.

    Args:
        submission: what was handed in.
        ruling: what the rules made of it; only `ruling.source` runs.
        workplace: where it runs.
        profile: how many examples, and from which seed.
        suite: the checks; by default those of the chapter.
        tell: hears the report as far as it goes, after each check, and before its smallest failure is looked for.
    """
    start = time.perf_counter()
    suite = suite or suite_for(submission.chapter)
    checks: list[CheckResult] = []

    def so_far(last: CheckResult) -> None:
        if tell is not None:
            tell(_report(submission, run, (*checks, last), start))

    run = _Run(suite, ruling, workplace, profile, submission.chapter, so_far)
    for result in run.results():
        so_far(result)
        checks.append(result)
    return _report(submission, run, tuple(checks), start)


def _report(submission: Submission, run: _Run, checks: tuple[CheckResult, ...], start: float) -> Report:
    chapter, ruling, workplace, profile = submission.chapter, run.ruling, run.workplace, run.profile
    checks = tuple(replace(result, message=run.placed(result.message, submission)) for result in checks)
    return Report(
        chapter=chapter.stem,
        title=chapter.title,
        path=str(submission.path),
        checks=checks,
        exercises=score(chapter, checks, ruling, profile.only),
        breaches=tuple(replace(breach, place=_place(submission, breach.line)) for breach in ruling.breaches),
        notes=tuple(f"{_place(submission, line)} is not run: {why}" for line, why in ruling.dropped),
        error=run.placed(run.error, submission),
        profile=profile.name,
        device=profile.device,
        isolation=str(workplace.level),
        submission_sha256=submission.sha256,
        checks_sha256=run.suite.sha256,
        kit=kit_version(),
        seconds=time.perf_counter() - start,
        output="".join(run.output)[: workplace.limits.output_kib * 1024],
    )


def _place(submission: Submission, line: int) -> str:
    """A line as its author knows it, without the file: `line 12`, or `cell 3, line 2` in a notebook."""
    return submission.place(line).removeprefix(f"{submission.path}, ")


def unreadable(chapter: Chapter, path: Path, error: str, profile: Profile) -> Report:
    """The report on a submission that could not be read: every check not run, every exercise 0."""
    try:
        suite = suite_for(chapter)
        checks = tuple(_not_run(check, "the submission could not be read") for check in suite.checks)
        sha256 = suite.sha256
    except CourseError:
        checks, sha256 = (), ""
    exercises = tuple(ExerciseScore(e.name, 0.0, e.points, e.extra) for e in chapter.exercises)
    return Report(
        chapter.stem, chapter.title, str(path), checks, exercises, error=error, profile=profile.name,
        device=profile.device, isolation="none", checks_sha256=sha256, kit=kit_version(),
    )  # fmt: skip


@cache
def kit_version() -> str:
    """The version of this kit."""
    try:
        return version("brickwork")
    except PackageNotFoundError:
        return "unknown"


def score(
    chapter: Chapter, results: Iterable[CheckResult], ruling: Ruling, only: str | None = None
) -> tuple[ExerciseScore, ...]:
    """Share each exercise's points among its checks by weight; an exercise the rules bar gets 0."""
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
        points = 0.0 if exercise.name in barred or not total else exercise.points * passed / total
        note = "uses what the rules do not allow" if exercise.name in barred else ""
        scores.append(ExerciseScore(exercise.name, round(points, 4), exercise.points, exercise.extra, note))
    return tuple(scores)


def _not_run(check: Check, why: str) -> CheckResult:
    return CheckResult(
        check.name, check.exercise, check.title, Outcome.NOT_RUN, check.weight, why, check.hint
    )


class _Run:
    """One pass over the checks of a chapter, with fresh guests when one is lost."""

    def __init__(
        self,
        suite: Suite,
        ruling: Ruling,
        workplace: Workplace,
        profile: Profile,
        chapter: Chapter,
        tell_early: Callable[[CheckResult], None],
    ) -> None:
        self.suite, self.ruling, self.workplace, self.profile = suite, ruling, workplace, profile
        self.chapter, self.tell_early = chapter, tell_early
        self.error = ""
        self.output: list[str] = []
        self._learner: Learner | None = None
        self._outcomes: dict[str, Outcome] = {}
        self._lost: dict[str, int] = {}
        self._end = time.monotonic() + workplace.limits.chapter_s

    def results(self) -> Iterator[CheckResult]:
        """One result per check listed, in order, each as soon as it is known."""
        for check in self.suite.checks:
            if self.profile.only is not None and check.exercise != self.profile.only:
                continue
            result = self._result(check)
            self._outcomes[check.name] = result.outcome
            yield result

    def _result(self, check: Check) -> CheckResult:
        reason = self._reason_not_to_run(check)
        if reason:
            return _not_run(check, reason)
        learner = self._open()
        if learner is None:
            return _not_run(check, self.error)
        limit_s = min(self.workplace.limits.check_s, self._end - time.monotonic())
        trial = Trial(check, learner, self.profile, self.chapter.stem, limit_s, self.tell_early)
        result = trial.run()
        if trial.lost:
            self._learner = None
            self._lost[check.exercise] = self._lost.get(check.exercise, 0) + 1
        return result

    def _reason_not_to_run(self, check: Check) -> str:
        if check.exercise in self.ruling.barred():
            return f"{check.exercise} uses what the rules do not allow"
        if self.error:
            return self.error
        for needed in check.after:
            if self._outcome_of(needed) is not Outcome.PASSED:
                return f"first fix: {needed.title}"
        if self._lost.get(check.exercise, 0) >= LOSSES_PER_EXERCISE:
            return f"{check.exercise} gave no answer {LOSSES_PER_EXERCISE} times already"
        if time.monotonic() >= self._end:
            return f"the chapter's {self.workplace.limits.chapter_s:g} s are used up"
        return ""

    def _outcome_of(self, needed: Check) -> Outcome:
        """What a check came to; one of an exercise that is not asked for is run all the same, so that points agree."""
        if needed.name not in self._outcomes:
            self._outcomes[needed.name] = self._result(needed).outcome
        return self._outcomes[needed.name]

    def _open(self) -> Learner | None:
        if self._learner is not None:
            return self._learner
        try:
            learner = self.workplace.open(self.ruling.source)
        except LearnerRaised as raised:
            self.error = f"the file raises {raised} when it is loaded{_line_words(raised.line)}"
            return None
        except LearnerLost as lost:
            self.error = f"the file could not be loaded: {lost.reason}"
            return None
        learner.returns = self.suite.returns
        learner.output = self.output
        self._learner = learner
        return learner

    def placed(self, message: str, submission: Submission) -> str:
        """Replace '(line N)' by the place its author knows, and say where a missing name may be."""
        if message.startswith(_NOT_DEFINED) and submission.unread:
            line, why = submission.unread[0]
            return f"{message}; {_place(submission, line)}: {why}"
        if not submission.origins or "<line " not in message:
            return message.replace("<line ", "line ").replace(">", "", message.count("<line "))
        head, _, rest = message.partition("<line ")
        number, _, tail = rest.partition(">")
        return head + _place(submission, int(number)) + tail


def _line_words(line: int | None) -> str:
    return f", <line {line}>" if line else ""


# --- one check --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Failure:
    """A failing example as it was when it failed."""

    message: str
    inputs: Mapping[str, Any]
    calls: tuple[Any, ...]
    got: str = ""
    expected: str = ""
    worst: str = ""
    explain: Callable[[], str] | None = None


class _Stop(BaseException):
    """Ends a check at once, unshrunk; the failure is recorded already."""


class Trial:
    """One check on one learner: examples drawn, run, shrunk; the last failing one kept.

    Args:
        limit_s: seconds the whole check may take.
        tell_early: hears of a failure that is about to be shrunk.
    """

    def __init__(
        self,
        check: Check,
        learner: Learner,
        profile: Profile,
        chapter: str,
        limit_s: float,
        tell_early: Callable[[CheckResult], None] = lambda result: None,
    ) -> None:
        self.check, self.learner, self.profile, self._tell_early = check, learner, profile, tell_early
        self.seed = profile.seed_of(chapter, check.name)
        self.failure: Failure | None = None
        self.examples = 0
        self.lost = False
        self.not_checkable = ""
        self._start = time.monotonic()
        self._end = self._start + limit_s
        self._shrink_end = float("inf")
        learner.deadline_s = lambda: max(0.01, self._end - time.monotonic())

    def run(self) -> CheckResult:
        """Run the check; whatever the learner does, a result comes back."""
        try:
            with answers_from(self.learner.device):
                self._examples()
        except _Stop:
            pass
        except CheckFailure:
            pass
        except NotCheckable as reason:
            self.not_checkable = str(reason)
        except hypothesis.errors.Flaky:
            self._note_flaky()
        return self._result(self._explanation())

    def _examples(self) -> None:
        if not self.check.inputs:
            self._once()
            return
        if self.profile.kept is not None and self._keeps_with(self.profile.kept):
            return
        self.examples = 0
        self._run(DRAW_AND_SHRINK if self.profile.shrink else DRAW)
        if self.failure is not None:
            self._note_flaky()

    def _keeps_with(self, kept: Kept) -> bool:
        """Whether the law holds for what failed before and for all kept inputs; if not, the smallest is to be found."""
        if self.profile.memory is not None:
            self._run(REPEAT_AND_SHRINK)
        try:
            for drawn in kept.inputs(self.check, self.seed, self.profile.examples_of(self.check)):
                self._once(**drawn)
        except CheckFailure:
            if not self.profile.shrink:
                raise
            self._tell_early(self._result())
            return False
        return True

    def _run(self, phases: tuple[hypothesis.Phase, ...]) -> None:
        profile = self.profile
        run_examples(
            self.check, self._once, self.seed, profile.examples_of(self.check), phases, profile.memory
        )

    def _once(self, **drawn: Any) -> None:
        """One example; every way to fail becomes one exception that Hypothesis shrinks, or one that ends the check."""
        now = time.monotonic()
        if now > self._shrink_end:
            raise _Stop
        if now > self._end:
            self._record(f"the checks of one law took over {self._end - self._start:.0f} s", drawn)
            raise _Stop
        self.examples += 1
        self.learner.begin_example(self.seed & 0xFFFF_FFFF)
        try:
            self.check.body(self.learner, **drawn)
        except CheckFailure as failure:
            self._record(failure.message, drawn, failure)
            raise
        except LearnerRaised as raised:
            if raised.name == "NotImplementedError":
                self._record(f"{self.check.exercise} is not written yet", drawn)
                raise _Stop from None
            self._fail(f"it raised {raised}{_line_words(raised.line)}", drawn)
        except LearnerMissing as missing:
            self._record(f"{_NOT_DEFINED} {missing}", drawn)
            raise _Stop from None
        except LearnerMisbehaved as misbehaved:
            self._fail(str(misbehaved), drawn)
        except LearnerLost as lost:
            self.lost = True
            self._record(lost.reason, drawn)
            raise _Stop from None
        except hypothesis.errors.HypothesisException:
            raise
        except StopIteration:
            self._fail("the iteration ended too early", drawn)
        except (
            Exception
        ) as error:  # arithmetic on what came back failed: the learner's answer has the wrong form
            self._fail(f"what it returned cannot be used: {type(error).__name__}: {error}", drawn)

    def _fail(self, message: str, drawn: Mapping[str, Any]) -> None:
        self._record(message, drawn)
        raise CheckFailure(message)

    def _record(self, message: str, drawn: Mapping[str, Any], failure: CheckFailure | None = None) -> None:
        if self.failure is None:
            self._shrink_end = time.monotonic() + (SHRINK_LIMIT_S if self.profile.shrink else 0.0)
        calls = tuple(self.learner.calls)
        if failure is None:
            self.failure = Failure(message, dict(drawn), calls)
        else:
            values = (failure.got, failure.expected, failure.worst)
            self.failure = Failure(message, dict(drawn), calls, *values, failure.explain)

    def _note_flaky(self) -> None:
        before = self.failure or Failure("", {}, ())
        message = f"not the same twice: the same call gave another answer ({before.message})"
        self.failure = replace(before, message=message)

    def _explanation(self) -> str:
        """What kind of wrong it is, when that can be told; asking may call the learner's code again."""
        if self.failure is None or self.failure.explain is None or self.lost:
            return ""
        try:
            words = self.failure.explain()
        except LearnerLost:
            self.lost = True
            return ""
        except Exception:  # an explanation is a courtesy: none is better than a wrong verdict
            return ""
        return f"; {words}" if words else ""

    def _result(self, explanation: str = "") -> CheckResult:
        check, failure = self.check, self.failure
        counterexample: Counterexample | None = None
        message = ""
        if failure is not None:
            message = failure.message + explanation
            counterexample = build_counterexample(
                failure.inputs,
                list(failure.calls),
                got=failure.got,
                expected=failure.expected,
                worst=failure.worst,
            )
        elif self.not_checkable:
            message = f"not checkable: {self.not_checkable}"
        return CheckResult(
            name=check.name,
            exercise=check.exercise,
            title=check.title,
            outcome=Outcome.PASSED if failure is None else Outcome.FAILED,
            weight=0.0 if self.not_checkable and failure is None else check.weight,
            message=message,
            hint=check.hint,
            counterexample=counterexample,
            seed=self.seed,
            examples=self.examples,
            seconds=time.monotonic() - self._start,
        )


# --- the same without a boundary --------------------------------------------------------------------------


class SameProcess:
    """A workplace without a sandbox, for breakpoints and for the author's desk: code runs in this very process."""

    level = "in process"

    def __init__(self, limits: Limits | None = None, device: str = "cpu") -> None:
        self.limits, self.device = limits or Limits(), device

    def open(self, source: str) -> Learner:
        """A fresh session in this process."""
        from grader.sandbox.proxy import InProcess

        def judge(data: bytes, x: Any) -> dict[str, Any]:
            from grader.sandbox.onnx_evaluation import judge_model

            return judge_model(data, x)

        learner = Learner(InProcess(self.device), self.limits, self.device, judge=judge)
        learner.load(source)
        return learner
