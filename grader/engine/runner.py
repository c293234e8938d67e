"""Run a chapter's checks on a learner and turn what they find into a report.

One result stands in the report for every check listed beforehand. A check that never ran is worth nothing, so that
nobody gains by ending the run early: points are divided by what was asked, not by what came back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

from grader.checking.check import Check, Suite
from grader.engine.profile import Profile
from grader.engine.scoring import score
from grader.engine.suites import suite_for
from grader.engine.trial import LONG, Trial
from grader.errors import CourseError, SubmissionError
from grader.records import (
    Cause,
    Chapter,
    CheckResult,
    ExerciseScore,
    Limits,
    Note,
    Outcome,
    Overrun,
    Problem,
    Report,
    ReportState,
    Ruling,
    SourceLine,
    Submission,
    TimeLimit,
)
from grader.sandbox.exceptions import LearnerLost, LearnerRaised
from grader.sandbox.process_time import BACKSTOP
from grader.sandbox.proxy import Learner
from grader.syntax import parsed, untouched_names

# An exercise that loses its process twice will do so again, and each loss may take the whole limit of a call.
LOSSES_PER_EXERCISE = 2
MAX_NOTES = 100


class Workplace(Protocol):
    """Where a learner's code runs: a sandbox, or this very process when debugging.

    Attributes:
        level: how far it is kept from this machine; stands in the report.
        limits: what one submission may use.
        device: where its tensors live.
    """

    level: Any
    limits: Limits
    device: str

    def open(self, source: str) -> Learner:
        """A fresh learner with `source` loaded; the one before is gone.

        Raises:
            LearnerRaised: the source raises when it is loaded.
            LearnerLost: it does not come to an end, or takes its process down.
        """
        ...


# --- from a submission to a report ------------------------------------------------------------------------


def run_checks(
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

    Returns:
        The report; whatever the learner's code does, it ends up in there. Known mistakes are not named yet.
    """
    start = time.perf_counter()
    suite = suite or suite_for(submission.chapter)
    checks: list[CheckResult] = []

    def so_far(last: CheckResult) -> None:
        if tell is not None:
            tell(_report(submission, run, (*checks, last), start))

    run = _Run(suite, ruling, workplace, profile, submission.chapter, so_far)
    if profile.kept is not None:
        profile.kept.open(suite.sha256)
    for result in run.results():
        so_far(result)
        checks.append(result)
    if profile.kept is not None:
        profile.kept.save()
    return _report(submission, run, tuple(checks), start)


def _report(submission: Submission, run: _Run, checks: tuple[CheckResult, ...], start: float) -> Report:
    """The report on these checks, which may be only the first of them."""
    chapter, ruling, workplace, profile = submission.chapter, run.ruling, run.workplace, run.profile
    checks = tuple(run.placed(result, submission) for result in checks)
    return Report(
        chapter=chapter.stem,
        title=chapter.title,
        path=str(submission.path),
        checks=checks,
        exercises=score(chapter, checks, ruling, profile.only),
        breaches=tuple(replace(breach, origin=submission.origin(breach.line)) for breach in ruling.breaches),
        notes=_notes(submission, ruling),
        state=ReportState.GRADED if run.problem is None else ReportState.NOT_LOADED,
        problem=run.placed_problem(submission),
        profile=profile.name,
        device=profile.device,
        isolation=str(workplace.level),
        submission_sha256=submission.sha256,
        checks_sha256=run.suite.sha256,
        kit=kit_version(),
        seconds=time.perf_counter() - start,
        output="".join(run.output)[: workplace.limits.output_kib * 1024],
    )


def _notes(submission: Submission, ruling: Ruling) -> tuple[Note, ...]:
    """What is not run: first what may have been meant to be, then the scratch work of the top level."""
    unsaid = [Note(None, why, always=True) for why in submission.notes]
    cells = sorted((*submission.unread, *submission.left_out))
    unsaid += [Note(submission.origin(line), why, always=True) for line, why in cells]
    return (*unsaid, *(Note(submission.origin(line), why) for line, why in ruling.dropped))[:MAX_NOTES]


def unjudged(
    chapter: Chapter, path: Path, profile: Profile, state: ReportState, problem: Problem | None = None
) -> Report:
    """The report on a submission of which not one line ran: every check not run, every exercise 0.

    Args:
        state: `UNREADABLE` or `KIT_FAULT`.
        problem: what is wrong with the file.
    """
    try:
        suite = suite_for(chapter)
        checks = tuple(_not_run(check) for check in suite.checks)
        sha256 = suite.sha256
    except CourseError:
        checks, sha256 = (), ""
    exercises = tuple(ExerciseScore(e.name, 0.0, e.points, e.extra) for e in chapter.exercises)
    return Report(
        chapter.stem, chapter.title, str(path), checks, exercises, state=state, problem=problem,
        profile=profile.name, device=profile.device, isolation="none", checks_sha256=sha256, kit=kit_version(),
    )  # fmt: skip


def unreadable(chapter: Chapter, path: Path, error: SubmissionError, profile: Profile) -> Report:
    """The report on a submission that could not be read."""
    problem = Problem(error.what, error.where, error.next_step)
    return unjudged(chapter, path, profile, ReportState.UNREADABLE, problem)


@cache
def kit_version() -> str:
    """The version of this kit."""
    try:
        return version("brickwork")
    except PackageNotFoundError:
        return "unknown"


def _not_run(check: Check, cause: Cause | None = None, **particulars: Any) -> CheckResult:
    return CheckResult(
        check.name, check.exercise, check.title, Outcome.NOT_RUN, check.weight, cause, hint=check.hint,
        **particulars,
    )  # fmt: skip


class _Run:
    """One pass over the checks of a chapter, with a fresh learner whenever one is lost.

    Attributes:
        problem: why the file could not be loaded; once that is known no further check runs.
        output: what the learner's code printed, piece by piece.
    """

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
        self.problem: Problem | None = None
        self.output: list[str] = []
        self._learner: Learner | None = None
        self._results: dict[str, CheckResult] = {}
        self._lost: dict[str, int] = {}
        self._long: dict[str, Sequence[int]] = {}
        self._spent_s, self._start = 0.0, time.monotonic()
        asked = {check.exercise for check in suite.checks if profile.only in (None, check.exercise)}
        # Where nothing is written there is nothing to run, and no sandbox to wait for.
        self._is_untouched = asked <= untouched_names(parsed(ruling.source))

    def results(self) -> Iterator[CheckResult]:
        """One result per check listed, in order, each as soon as it is known."""
        for check in self.suite.checks:
            if self.profile.only is not None and check.exercise != self.profile.only:
                continue
            result = self._result(check)
            self._results[check.name] = result
            yield result

    def _result(self, check: Check) -> CheckResult:
        held_back = self._held_back(check)
        if held_back is not None:
            return held_back
        learner = self._open()
        if learner is None:
            return self._unloaded(check)
        # A check may take its own limit, or what is left of the chapter's.
        limits = self.workplace.limits
        limit_s = min(limits.check_s, limits.chapter_s - self._spent_s)
        leads = not any(
            r.exercise == check.exercise and r.outcome is Outcome.FAILED for r in self._results.values()
        )
        how = self.profile, self.chapter, limit_s, self.tell_early
        # Where only the shorter sides show an exercise's first broken law, the others are not tried on longer ones.
        long = self._long.get(check.exercise, LONG)
        printed = len(self.output)
        # A law that comes after a broken one of its exercise is mostly broken too, and would have to be repeated.
        trial = Trial(check, learner, *how, leads=leads, in_batches=leads, long=long)
        result = trial.run()
        if (
            trial.must_repeat
        ):  # only the repetition counts, its time too: a verdict must not hang on what was on record
            self._learner = None
            del self.output[printed:]
            learner = self._open()
            if learner is None:
                return self._unloaded(check)
            trial = Trial(check, learner, *how, leads=leads, before=trial, long=long)
            result = trial.run()
        if leads and trial.shown_at is not None:
            self._long[check.exercise] = LONG[LONG.index(trial.shown_at) :]
        self._spent_s += trial.spent_s
        if trial.lost:
            self._learner = None
            self._lost[check.exercise] = self._lost.get(check.exercise, 0) + 1
        return result

    def _held_back(self, check: Check) -> CheckResult | None:
        """The result of a check that need not run, or cannot; None for one that is to run."""
        if check.exercise in self.ruling.barred():
            return _not_run(check, Cause.BARRED)
        if self.problem is not None:
            return self._unloaded(check)
        for needed in check.after:
            if self._holds_up(needed):
                return _not_run(check, Cause.WAITING, waits_for=needed.title)
        if self._lost.get(check.exercise, 0) >= LOSSES_PER_EXERCISE:
            return _not_run(check, Cause.GIVEN_UP)
        if self._is_used_up():
            overrun = Overrun(TimeLimit.CHAPTER, self.workplace.limits.chapter_s)
            late = Cause.OUT_OF_TIME if self._spent_s >= overrun.seconds else Cause.STARVED
            return _not_run(check, late, overrun=overrun)
        if self._is_untouched:
            return replace(_not_run(check, Cause.UNWRITTEN), outcome=Outcome.FAILED)
        return None

    def _is_used_up(self) -> bool:
        """Whether the learner's code has had the chapter's time to itself, or ten times that has passed."""
        limit_s = self.workplace.limits.chapter_s
        return self._spent_s >= limit_s or time.monotonic() > self._start + BACKSTOP * limit_s

    def _unloaded(self, check: Check) -> CheckResult:
        """The result of a check on a file that could not be loaded: the reason is the same for all of them."""
        problem = self.problem or Problem()
        return _not_run(
            check, problem.cause, message=problem.what, line=problem.line, overrun=problem.overrun
        )

    def _holds_up(self, needed: Check) -> bool:
        """Whether those that come after a check must wait for it.

        One of an exercise that is not asked for is run all the same, so that points agree. A law that opens an exercise
        has to be broken: where it could not be tried, the others say why, each for itself.
        """
        if needed.name not in self._results:
            self._results[needed.name] = self._result(needed)
        found = self._results[needed.name]
        return found.cause is Cause.BROKEN_LAW if needed.opens else found.outcome is not Outcome.PASSED

    def _open(self) -> Learner | None:
        """The learner with the submission loaded, opened anew if there is none; None if it cannot be loaded."""
        if self._learner is not None:
            return self._learner
        try:
            learner = self.workplace.open(self.ruling.source)
        except LearnerRaised as raised:
            line = SourceLine(raised.line) if raised.line else None
            self.problem = Problem(str(raised), cause=Cause.RAISED, line=line)
            return None
        except LearnerLost as lost:
            overrun = Overrun(TimeLimit.CALL, self.workplace.limits.call_s) if lost.is_late else None
            self.problem = Problem(lost.reason, cause=lost.cause, overrun=overrun)
            return None
        learner.returns = self.suite.returns
        learner.output = self.output
        self._learner = learner
        return learner

    def placed(self, result: CheckResult, submission: Submission) -> CheckResult:
        """The result with its line as its author knows it, and where a missing name may be."""
        if result.line is not None:
            return replace(result, line=submission.origin(result.line.line))
        if result.cause is Cause.MISSING and submission.unread:
            line, why = submission.unread[0]
            return replace(result, line=submission.origin(line), explanation=why)
        return result

    def placed_problem(self, submission: Submission) -> Problem | None:
        """Why the file could not be loaded, with the line as its author knows it."""
        if self.problem is None or self.problem.line is None:
            return self.problem
        return replace(self.problem, line=submission.origin(self.problem.line.line))
