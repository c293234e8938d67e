"""Judge one job after the other in a thread; what is asked newly stops what runs. Imports nothing heavy by itself."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.errors import KitError
from grader.records import CheckResult, Outcome, Report
from grader.watch.session import Job

if TYPE_CHECKING:
    from grader.watch.warm_sandbox import Bench

SO_FAR_EVERY_S = 0.3


class Cancelled(BaseException):
    """A newer save made this run pointless; not an Exception, so that no check takes it for its own."""


@dataclass(frozen=True)
class News:
    """What the judge has to say. One of: ready, a job begun, its report so far, judged, all done, or broken."""

    kind: str
    job: Job | None = None
    report: Report | None = None
    seconds: float = 0.0
    error: str = ""


class Judging:
    """A thread that judges what was asked last.

    Args:
        set_up: makes the bench that learner code runs on; called in the thread, for it imports torch.
        tell: called in the thread with each piece of news.
    """

    def __init__(self, set_up: Callable[[], Bench], tell: Callable[[News], None]) -> None:
        self._set_up, self._tell = set_up, tell
        self._bench: Bench | None = None
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
        """Judge these, in order, instead of whatever is judged now."""
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
        if self._bench is not None:
            self._bench.close()

    def _stop_run(self) -> None:
        if self._bench is not None:
            self._bench.stop_run()
        self._wake.notify()

    # --- in the thread ---

    def _run(self) -> None:
        try:
            bench = self._set_up()
            with self._wake:
                self._bench = bench
                self._last = self._asked[0] if self._asked else None
            while bench.is_launching and self._draws_ahead(bench):
                pass
            bench.warm_up()
        except Cancelled:
            pass
        except KitError as error:
            self._tell(News("broken", error=str(error)))
            return
        with self._wake:
            self._since = (
                time.perf_counter()
            )  # what was asked while we got ready did not take that long to judge
        self._tell(News("ready"))
        while True:
            while self._asked is None and self._draws_ahead(bench):
                pass
            with self._wake:
                self._wake.wait_for(lambda: self._closed or self._asked is not None)
                if self._closed:
                    return
                jobs, since, self._asked = self._asked or (), self._since, None
                bench.allow_run()
            self._serve(bench, jobs, since)

    def _draws_ahead(self, bench: Bench) -> bool:
        """Use a quiet moment; False when there is nothing left to prepare."""
        if self._last is None or self._closed:
            return False
        try:
            return bench.draw_ahead(self._last.chapter, self._last.exercise)
        except Exception:  # whoever asks for a verdict will hear of it
            self._last = None
            return False

    def _serve(self, bench: Bench, jobs: tuple[Job, ...], since: float) -> None:
        self._last = jobs[0] if jobs else self._last
        try:
            for job in jobs:
                self._serve_one(bench, job, since)
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

    def _serve_one(self, bench: Bench, job: Job, since: float) -> None:
        self._tell(News("begun", job))
        told = since
        shown: CheckResult | None = None

        def so_far(report: Report) -> None:
            """Pass on the first failure at once, and how far it is from time to time."""
            nonlocal told, shown
            now, failure = time.perf_counter(), _first_failure(report)
            if failure != shown or now - told > SO_FAR_EVERY_S:
                told, shown = now, failure
                self._tell(News("so far", job, report, now - since))

        judged = bench.verdict(job, so_far)
        self._tell(News("judged", job, judged.report, time.perf_counter() - since))
        named = bench.name_mistakes_in(judged)
        if named is not None:
            self._tell(News("judged", job, named, time.perf_counter() - since))


def _first_failure(report: Report) -> CheckResult | None:
    return next((result for result in report.checks if result.outcome is Outcome.FAILED), None)
