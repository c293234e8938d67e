"""Open worker processes on this machine, each with a sandbox of its own, on a core of its own."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle, islice
from multiprocessing import SimpleQueue, active_children, get_context, parent_process
from threading import Thread
from typing import Any, Protocol, TypeVar

from grader.grading.setup import Setup
from grader.grading.worker import Needs, close_here, generate_here, grade_here, needs_of
from grader.records import Report, Submission
from grader.sandbox.affinity import stay_on, usable_cores

_Result = TypeVar("_Result")
_PARTS_PER_WORKER = 4  # of the inputs of a chapter, so that all are done at about the same time


class Open(Protocol):
    """Workers that are open and take submissions, wherever they run."""

    @property
    def width(self) -> int:
        """How many submissions are graded at once."""

    def send(self, submission: Submission) -> Future[Report]:
        """Have one graded. The future raises what `Workers.lost` names if the worker that had it is gone."""


class Workers(Protocol):
    """Somewhere to grade."""

    @property
    def lost(self) -> tuple[type[BaseException], ...]:
        """What the future of a submission raises when the worker that had it is gone."""

    @property
    def tries(self) -> int:
        """How often a submission is sent before it is to blame for the loss of its workers, at least twice."""

    def open(
        self, setup: Setup, submissions: Sequence[Submission], *, alone: bool
    ) -> AbstractContextManager[Open]:
        """Open workers for these submissions, and close them at the end.

        Args:
            alone: they will be sent one after the other, and may be what ended a worker before.
        """


@dataclass(frozen=True)
class LocalWorkers:
    """Processes of this machine; for few submissions this process alone.

    Args:
        jobs: how many; 0 for as many as are worth their start.
    """

    jobs: int = 0
    lost = (BrokenProcessPool,)
    tries = 3  # beside others a worker may be lost for want of memory; alone it is the submission's doing

    @contextmanager
    def open(self, setup: Setup, submissions: Sequence[Submission], *, alone: bool) -> Iterator[Open]:
        """See `Workers`."""
        width = 1 if alone else self.jobs or sensible_jobs(len(submissions))
        needs = needs_of(submissions)
        if width == 1 and not alone:
            try:
                yield _InThisProcess(setup, needs)
            finally:
                close_here()
        else:
            with _processes(width) as pool:
                processes = _InProcesses(setup, needs, width, pool)
                if not alone and setup.inputs is not None:
                    processes.generate_for(submissions)
                yield processes


def sensible_jobs(submissions: int) -> int:
    """How many workers to start: one costs about three seconds, which fewer than eight submissions do not repay."""
    return max(1, min(len(usable_cores()) or os.cpu_count() or 1, submissions // 8))


@dataclass(frozen=True)
class _InThisProcess:
    setup: Setup
    needs: Needs
    width = 1

    def send(self, submission: Submission) -> Future[Report]:
        """Grade it now; the future is done when it is returned."""
        future: Future[Report] = Future()
        future.set_result(grade_here(self.setup, self.needs, submission))
        return future


@dataclass(frozen=True)
class _InProcesses:
    setup: Setup
    needs: Needs
    width: int
    pool: Executor

    def generate_for(self, submissions: Iterable[Submission]) -> None:
        """Let them draw the inputs of these chapters first, each a part, which takes longer than to grade a few.

        They take work in the order in which it comes, and what is drawn by then is there for all of them. A fault of
        the checks is told by the first submission that meets it.
        """
        parts = _PARTS_PER_WORKER * self.width
        with suppress(BrokenProcessPool):
            for chapter in dict.fromkeys(submission.chapter for submission in submissions):
                for part in range(parts):
                    self._submit(generate_here, chapter, part, parts)

    def send(self, submission: Submission) -> Future[Report]:
        """Hand it to whichever process is free first."""
        return self._submit(grade_here, submission)

    def _submit(self, work: Callable[..., _Result], *what: Any) -> Future[_Result]:
        return _deaf_to_ctrl_c(lambda: self.pool.submit(work, self.setup, self.needs, *what))


@contextmanager
def _processes(width: int) -> Iterator[ProcessPoolExecutor]:
    """A pool of fresh processes, which are ended at once where nobody asks for their answers any more.

    They are forks of one that has imported torch and the kit, and has no thread and nothing of this process; it ends
    with this one. To import them in each took two CPU seconds a process.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload(["grader.grading.forked"])
    others = set(active_children())
    cores: SimpleQueue[int] = context.SimpleQueue()
    for core in islice(cycle(usable_cores()), width):
        cores.put(core)
    with ProcessPoolExecutor(width, mp_context=context, initializer=_start, initargs=(cores,)) as pool:
        try:
            yield pool
        except BaseException:
            # An error, or Ctrl-C. Submissions being graded now are graded again next time. Leaving the block waits for
            # the pool's own thread: one that is still at work when Python ends complains on the terminal.
            for process in set(active_children()) - others:
                process.terminate()
            raise


def _deaf_to_ctrl_c(start: Callable[[], Future[_Result]]) -> Future[_Result]:
    """Processes that are started inside do not hear Ctrl-C: it is for the one that hands out the work.

    The signal is held back and not ignored, so that one which arrives meanwhile is heard here afterwards.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(cores: SimpleQueue[int]) -> None:
    """Runs first in every process of a pool, when torch is imported: what is there stays as long as the process."""
    gc.freeze()
    if not cores.empty():
        stay_on(cores.get())
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Leave with the parent: a worker whose parent was killed would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
