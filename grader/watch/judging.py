"""Judge one exercise after the other in a warm sandbox; what is asked newly stops what runs."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from grader.checking import agree, tensors
from grader.checking.law import Check
from grader.checking.run import Profile, Trial
from grader.cohort import grade_file
from grader.errors import KitError
from grader.records import Limits, Report
from grader.sandbox.host import Sandbox
from grader.sandbox.isolation import Level
from grader.sandbox.learner import Learner
from grader.watch.session import Job


class Cancelled(BaseException):
    """A newer save made this run pointless; not an Exception, so that no check takes it for its own."""


class Bench(Sandbox):
    """A sandbox for one's own work, whose run can be stopped from another thread."""

    def __init__(self, limits: Limits, device: str, imports: tuple[str, ...]) -> None:
        super().__init__(Level.PLAIN, limits, device, imports=imports, warm_fake=True)
        self._stopped = threading.Event()

    def open(self, source: str) -> Learner:
        """As in every sandbox, but a stopped run gets no fresh process."""
        self.refuse_if_stopped()
        learner = super().open(source)
        self.refuse_if_stopped()
        return learner

    def refuse_if_stopped(self) -> None:
        """Raise Cancelled in a run that was stopped."""
        if self._stopped.is_set():
            raise Cancelled

    def stop_run(self) -> None:
        """End the run that is on: its learner's process at once, its checks at the next call."""
        self._stopped.set()
        self.kill()

    def allow_run(self) -> None:
        """Let the next run begin."""
        self._stopped.clear()


@dataclass(frozen=True)
class News:
    """What the judge has to say. One of: ready, a job begun, a report on it, all done, or broken."""

    kind: str
    job: Job | None = None
    report: Report | None = None
    seconds: float = 0.0
    error: str = ""


class Judging:
    """A thread that judges what was asked last.

    Args:
        bench: where learner code runs.
        profile: how the checks are run.
        tell: called in the thread with each piece of news.
    """

    def __init__(self, bench: Bench, profile: Profile, tell: Callable[[News], None]) -> None:
        self._bench, self._profile, self._tell = bench, profile, tell
        self._wake = threading.Condition()
        self._asked: tuple[Job, ...] | None = None
        self._since = 0.0
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="judging", daemon=True)

    def start(self) -> None:
        """Begin: warm up first, then serve."""
        self._thread.start()

    def ask(self, jobs: Sequence[Job]) -> None:
        """Judge these, in order, instead of whatever is judged now."""
        with self._wake:
            self._asked, self._since = tuple(jobs), time.perf_counter()
            self._bench.stop_run()
            self._wake.notify()

    def close(self) -> None:
        """Stop at once, and end the sandbox."""
        with self._wake:
            self._closed = True
            self._bench.stop_run()
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join(10)
        self._bench.close()

    def _run(self) -> None:
        try:
            warm_up(self._bench, self._profile)
        except Cancelled:
            pass
        except KitError as error:
            self._tell(News("broken", error=str(error)))
            return
        self._tell(News("ready"))
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._closed or self._asked is not None)
                if self._closed:
                    return
                jobs, since, self._asked = self._asked or (), self._since, None
                self._bench.allow_run()
            self._serve(jobs, since)

    def _serve(self, jobs: tuple[Job, ...], since: float) -> None:
        try:
            for job in jobs:
                self._tell(News("begun", job))
                report = self._judge(job, replace(self._profile, mistakes=None))
                self._tell(News("judged", job, report, time.perf_counter() - since))
                if _can_be_named(report, self._profile):
                    named = self._judge(job, self._profile)
                    self._tell(News("judged", job, named, time.perf_counter() - since))
                since = time.perf_counter()
        except Cancelled:
            return
        except KitError as error:
            self._tell(News("broken", error=str(error)))
            return
        except Exception:  # a fault of the kit: shown whole, and the next save is judged all the same
            self._tell(News("broken", error=traceback.format_exc(limit=-4)))
            return
        self._tell(News("done"))

    def _judge(self, job: Job, profile: Profile) -> Report:
        profile = replace(profile, only=job.exercise)
        try:
            report = grade_file(job.path, job.chapter, self._bench, profile)
        except SystemError:  # see grader.syntax.PARSER; not every parse is ours to put in turn
            report = grade_file(job.path, job.chapter, self._bench, profile)
        self._bench.refuse_if_stopped()  # a run that was cut short says nothing about the learner
        return report


def _can_be_named(report: Report, profile: Profile) -> bool:
    """Whether known mistakes are at hand and the learner's may be among them; looking for it takes its time."""
    from grader.report.terminal import is_untouched

    if profile.mistakes is None or not profile.mistakes.is_dir() or report.passed or report.error:
        return False
    return not all(is_untouched(report, score.name) for score in report.exercises)


def warm_up(bench: Bench, profile: Profile) -> None:
    """Start the sandbox and let Hypothesis draw and shrink once, so that the first save does not pay for it."""
    bench.start()

    def body(learner: Learner, **drawn: Any) -> None:
        agree(drawn["x"], drawn["x"].abs())

    rehearsal = Check("check_rehearsal", "rehearsal", "A rehearsal.", body, {"x": tensors()})
    Trial(rehearsal, bench.open(""), replace(profile, memory=None), "rehearsal", 5.0).run()
