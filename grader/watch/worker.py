"""Judge one job after the other in a thread; what is asked newly stops what runs. Imports nothing heavy by itself.

The thread imports torch and starts the sandbox while the screen is drawn already. In quiet moments it generates the
inputs of the checks that will be needed soon. All it has to say it says through one function, as events; the screen
acts on them in its own thread, so that no state is touched by two.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from grader.errors import KitError
from grader.records import CheckResult, Outcome, Report
from grader.watch.jobs import Event, EventKind, Job

if TYPE_CHECKING:
    from grader.watch.warm_sandbox import WarmSandbox

# How often the number of checks done is told while none has failed.
PARTIAL_EVERY_S = 0.3


class Cancelled(BaseException):
    """A newer save made this run pointless; not an Exception, so that no check takes it for its own."""


class Worker:
    """A thread that judges what was asked last.

    Args:
        set_up: makes the sandbox that learner code runs in; called in the thread, for it imports torch.
        tell: called in the thread with each event.
    """

    def __init__(self, set_up: Callable[[], WarmSandbox], tell: Callable[[Event], None]) -> None:
        self._set_up, self._tell = set_up, tell
        self._sandbox: WarmSandbox | None = None
        self._wake = threading.Condition()
        self._asked: tuple[Job, ...] | None = None
        self._since = 0.0
        self._last: Job | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="judging", daemon=True)

    def start(self) -> None:
        """Begin: warm up first, then serve."""
        self._thread.start()

    def ask(self, jobs: Sequence[Job]) -> None:
        """Judge these, in order, instead of whatever is judged now.

        The time that a verdict took is counted from here.

        Args:
            jobs: none asks for nothing, but stops what runs.
        """
        with self._wake:
            self._asked, self._since = tuple(jobs), time.perf_counter()
            self._stop_run()

    def stop(self) -> None:
        """Judge no more; does not wait for what cannot be interrupted, such as the import of torch."""
        with self._wake:
            self._closed = True
            self._stop_run()

    def close(self) -> None:
        """Stop, wait for the end, and end the sandbox."""
        self.stop()
        if self._thread.is_alive():
            self._thread.join(10)
        if self._sandbox is not None:
            self._sandbox.close()

    def _stop_run(self) -> None:
        """Called with the lock held, so that a run cannot begin between the question and the stop."""
        if self._sandbox is not None:
            self._sandbox.stop_run()
        self._wake.notify()

    # --- in the thread ---

    def _run(self) -> None:
        """Set up, generate inputs while the process starts, warm up, then serve until closed."""
        try:
            sandbox = self._set_up()
        except KitError as error:
            self._tell(Event(EventKind.NO_SANDBOX, error=str(error)))
            return
        with self._wake:
            self._sandbox = sandbox
            self._last = self._asked[0] if self._asked else None
        while sandbox.is_launching and self._generates_ahead(sandbox):
            pass
        try:
            sandbox.warm_up()
        except Cancelled:
            pass
        except KitError as error:
            self._tell(Event(EventKind.NO_SANDBOX, error=str(error)))
            return
        except Exception:  # a fault of the kit; the first save may go well without the rehearsal
            self._tell(Event(EventKind.FAULT, error=traceback.format_exc(limit=-4)))
        with self._wake:
            # What was asked while we got ready did not take that long to judge.
            self._since = time.perf_counter()
        self._tell(Event(EventKind.READY))
        while True:
            while self._asked is None and self._generates_ahead(sandbox):
                pass
            with self._wake:
                self._wake.wait_for(lambda: self._closed or self._asked is not None)
                if self._closed:
                    return
                jobs, since, self._asked = self._asked or (), self._since, None
                sandbox.allow_run()
            self._serve(sandbox, jobs, since)

    def _generates_ahead(self, sandbox: WarmSandbox) -> bool:
        """Use a quiet moment; False when there is nothing left to prepare."""
        if self._last is None or self._closed:
            return False
        try:
            return sandbox.generate_ahead(self._last.chapter, self._last.exercise)
        except Exception:  # whoever asks for a verdict will hear of it
            self._last = None
            return False

    def _serve(self, sandbox: WarmSandbox, jobs: tuple[Job, ...], since: float) -> None:
        """Judge the jobs of one question; whatever goes wrong in the kit is told, and the thread lives on."""
        self._last = jobs[0] if jobs else self._last
        try:
            for job in jobs:
                self._serve_one(sandbox, job, since)
                since = time.perf_counter()
        except Cancelled:
            return
        except KitError as error:
            self._tell(Event(EventKind.FAULT, error=str(error)))
            return
        except Exception:  # a fault of the kit: shown whole, and the next save is judged all the same
            self._tell(Event(EventKind.FAULT, error=traceback.format_exc(limit=-4)))
            return
        self._tell(Event(EventKind.DONE))

    def _serve_one(self, sandbox: WarmSandbox, job: Job, since: float) -> None:
        """The verdict goes out before known mistakes are looked for, which takes its time."""
        self._tell(Event(EventKind.BEGUN, job))
        told = since
        shown: CheckResult | None = None

        def so_far(report: Report) -> None:
            """Pass on the first failure at once, and how far it is from time to time."""
            nonlocal told, shown
            now, failure = time.perf_counter(), _first_failure(report)
            if failure != shown or now - told > PARTIAL_EVERY_S:
                told, shown = now, failure
                self._tell(Event(EventKind.PARTIAL, job, report, now - since))

        judged = sandbox.verdict(job, so_far)
        self._tell(Event(EventKind.JUDGED, job, judged.report, time.perf_counter() - since))
        named = sandbox.name_mistakes_in(judged)
        if named is not None:
            self._tell(Event(EventKind.JUDGED, job, named, time.perf_counter() - since))


def _first_failure(report: Report) -> CheckResult | None:
    return next((result for result in report.checks if result.outcome is Outcome.FAILED), None)
