"""Run a chapter's checks on a learner and turn what they find into a report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

from grader.checking.check import Check, Suite
from grader.engine.profile import Profile
from grader.engine.scoring import score
from grader.engine.suites import suite_for
from grader.engine.trial import NOT_DEFINED, Trial, line_words
from grader.errors import CourseError
from grader.records import (
    Chapter,
    CheckResult,
    ExerciseScore,
    Limits,
    Outcome,
    Report,
    Ruling,
    Submission,
)
from grader.sandbox.exceptions import LearnerLost, LearnerRaised
from grader.sandbox.proxy import Learner

LOSSES_PER_EXERCISE = 2


class Workplace(Protocol):
    """Where a learner's code runs: a sandbox, or this very process when debugging."""

    level: Any
    limits: Limits
    device: str

    def open(self, source: str) -> Learner:
        """A fresh learner with `source` loaded; the one before is gone."""
        ...


# --- from a submission to a report ------------------------------------------------------------------------


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
            self.error = f"the file raises {raised} when it is loaded{line_words(raised.line)}"
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
        if message.startswith(NOT_DEFINED) and submission.unread:
            line, why = submission.unread[0]
            return f"{message}; {_place(submission, line)}: {why}"
        if not submission.origins or "<line " not in message:
            return message.replace("<line ", "line ").replace(">", "", message.count("<line "))
        head, _, rest = message.partition("<line ")
        number, _, tail = rest.partition(">")
        return head + _place(submission, int(number)) + tail
