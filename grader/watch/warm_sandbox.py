"""A sandbox that stays warm between saves, with the next inputs generated ahead, so that a save is judged at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from grader.checking import agree, tensors
from grader.checking.check import Check
from grader.engine.generation import Kept
from grader.engine.pipeline import Judged, judge_path, name_mistakes
from grader.engine.profile import Profile
from grader.engine.suites import suite_for
from grader.engine.trial import Trial
from grader.records import Chapter, Limits, Report
from grader.report.terminal import is_untouched
from grader.sandbox.host import Sandbox
from grader.sandbox.launch import Wishes, Zygote
from grader.sandbox.levels import Level
from grader.sandbox.proxy import Learner
from grader.watch.jobs import Job
from grader.watch.worker import Cancelled


class WarmSandbox(Sandbox):
    """A sandbox whose run can be stopped from another thread, and what is run in it.

    Args:
        limits: time and memory of one learner's process.
        imports: modules that the chapters may use beyond the common ones; they are imported once, before the first.
        profile: how the checks are run.
        launched: a process that is being started already, for the first time.

    Only `stop_run` and `kill` may be called from another thread; everything else belongs to the thread that judges.
    """

    def __init__(
        self,
        limits: Limits,
        imports: tuple[str, ...],
        profile: Profile,
        launched: Future[Zygote] | None = None,
    ) -> None:
        super().__init__(Level.PLAIN, limits, profile.device, imports=imports, warm_fake=True)
        self._launched = launched
        self._profile = replace(profile, kept=profile.kept or Kept())
        self._stopped = threading.Event()

    def _launch(self, wishes: Wishes) -> Zygote:
        """The first time a process that was started ahead is used; after that one is started when it is needed."""
        launched, self._launched = self._launched, None
        return super()._launch(wishes) if launched is None else launched.result()

    @property
    def is_launching(self) -> bool:
        """Whether there is still to wait for the process; time to generate inputs."""
        return self._launched is not None and not self._launched.done()

    # --- stopping ---

    def open(self, source: str) -> Learner:
        """As in every sandbox, but a stopped run gets no fresh process, and a process that was ended is no fault."""
        self.refuse_if_stopped()
        try:
            return super().open(source)
        finally:
            self.refuse_if_stopped()

    def refuse_if_stopped(self) -> None:
        """Raise Cancelled in a run that was stopped."""
        if self._stopped.is_set():
            raise Cancelled

    def stop_run(self) -> None:
        """End the run that is on: its learner's process at once, its checks at the next call.

        The process is ended rather than asked: learner code may be in a loop that never looks at anything.
        """
        self._stopped.set()
        self.kill()

    def allow_run(self) -> None:
        """Let the next run begin.

        Called just before a run, so that a stop which came between two runs is not carried into the next.
        """
        self._stopped.clear()

    # --- judging ---

    def warm_up(self) -> None:
        """Start the sandbox and let Hypothesis generate and shrink once, so that the first save does not pay for it.

        Raises:
            SandboxError: no process could be started.
        """
        self.start()

        def body(learner: Learner, **drawn: Any) -> None:
            agree(drawn["x"], drawn["x"].abs())

        chapter = Chapter("rehearsal", "", "", (), ())
        rehearsal = Check("check_rehearsal", "rehearsal", "A rehearsal.", body, {"x": tensors()})
        Trial(rehearsal, self.open(""), replace(self._profile, memory=None), chapter, 5.0).run()

    def verdict(self, job: Job, tell: Callable[[Report], None]) -> Judged:
        """Judge one job; `tell` hears the report as far as it goes, check by check.

        Args:
            job: its file is read now, not when it was saved.

        Raises:
            Cancelled: a newer save made it pointless.
        """
        try:
            return self._verdict(job, tell)
        except SystemError:  # see grader.syntax.PARSER; not every parse is ours to put in turn
            return self._verdict(job, tell)

    def _verdict(self, job: Job, tell: Callable[[Report], None]) -> Judged:
        """One try; a SystemError of Python's parser may end it."""
        profile = replace(self._profile, only=job.exercise)
        judged = judge_path(job.path, job.chapter, self, profile, tell)
        self.refuse_if_stopped()  # a run that was cut short says nothing about the learner
        return judged

    def name_mistakes_in(self, judged: Judged) -> Report | None:
        """Look for the learner's mistakes among the known ones, which takes its time; None when none is found.

        Returns:
            The same report with known mistakes named; None where nothing is added.
        """
        report = judged.report
        if judged.ruling is None or all(is_untouched(report, score.name) for score in report.exercises):
            return None
        named = name_mistakes(judged, self, self._profile)
        self.refuse_if_stopped()
        return named if named != report else None

    def generate_ahead(self, chapter: Chapter, exercise: str | None) -> bool:
        """Generate the inputs of one check, the current exercise first; False when all are there.

        One check at a time, so that a save which comes meanwhile waits for no more than that.

        Args:
            exercise: its checks come first, for they are the next to be run.
        """
        suite, kept = suite_for(chapter), self._profile.kept
        if kept is None:
            return False
        kept.open(suite.sha256)
        for check in sorted(suite.checks, key=lambda check: check.exercise != exercise):
            seed, examples = self._profile.seed_of(chapter.stem, check.name), self._profile.examples_of(check)
            if not kept.has(check, seed, examples):
                next(kept.inputs(check, seed, examples), None)
                return True
        kept.save()
        return False
