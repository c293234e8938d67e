"""Grade many submissions, in one process or several, so that none of them stops the rest.

Each worker process has a sandbox of its own, on a core of its own, and takes one submission after the other. A worker
that is lost takes at most the submission it had with it: what was yielded is kept, what was waiting is graded again,
one at a time, until the one to blame is known. That one gets a report that says it was a fault of the kit.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import cycle, islice
from multiprocessing import SimpleQueue, active_children, get_context, parent_process
from threading import Thread, current_thread, main_thread

from grader.engine.generation import Kept
from grader.engine.pipeline import fault, grade_or_fault
from grader.engine.profile import Profile
from grader.records import Limits, Report, Submission
from grader.sandbox.affinity import stay_on, usable_cores
from grader.sandbox.host import Sandbox
from grader.sandbox.levels import Level


@dataclass(frozen=True)
class Setup:
    """What a worker needs to grade: where code runs, how long it may, and how it is judged.

    It travels to other processes, so it holds plain data and no open sandbox.
    """

    level: Level
    limits: Limits
    profile: Profile


# --- what was graded before -------------------------------------------------------------------------------


def grade_all(submissions: Sequence[Submission], setup: Setup, jobs: int = 0) -> Iterator[tuple[int, Report]]:
    """Grade every submission, and yield each report when it is there, with its number.

    Args:
        submissions: what was read; numbers count from 0 in this order.
        setup: how all of them are judged.
        jobs: worker processes; 0 for as many as are worth their start.

    Yields:
        Number and report, in the order in which they are done. A fault of the kit is a report too.
    """
    if not submissions:
        return
    # Every learner gets the same inputs, so each process draws them once.
    setup = replace(setup, profile=replace(setup.profile, kept=Kept()))
    workers = jobs or sensible_jobs(len(submissions))
    if workers == 1:
        with _sandbox(setup, _imports(submissions)) as sandbox:
            for number, submission in enumerate(submissions):
                yield number, grade_or_fault(submission, sandbox, setup.profile)
        return
    waiting = dict(enumerate(submissions))
    late: list[int] = []
    while waiting:
        for number, report in _one_pool(waiting, setup, workers):
            del waiting[number]
            if report.is_transient and workers > 1:
                late.append(number)
            else:
                yield number, report
        if waiting and workers == 1:
            # Alone in its process and the process is gone: this one is to blame, the others go on.
            number = next(iter(waiting))
            yield number, fault(waiting.pop(number), setup.profile, "the grading process ended")
        workers = 1
    # Beside others a process may have been lost, or late, for want of memory or of a core. Alone it is its own doing.
    if late:
        with _sandbox(setup, _imports(submissions)) as sandbox:
            for number in late:
                yield number, grade_or_fault(submissions[number], sandbox, setup.profile)


def sensible_jobs(submissions: int) -> int:
    """How many workers to start: one costs about three seconds, which fewer than eight submissions do not repay."""
    return max(1, min(len(usable_cores()) or os.cpu_count() or 1, submissions // 8))


def _one_pool(waiting: Mapping[int, Submission], setup: Setup, workers: int) -> Iterator[tuple[int, Report]]:
    """Grade in fresh processes until all is done or one of them is gone."""
    context = get_context("spawn")
    others = set(active_children())
    cores: SimpleQueue[int] = context.SimpleQueue()
    for core in islice(cycle(usable_cores()), workers):
        cores.put(core)
    imports = _imports(waiting.values())
    with ProcessPoolExecutor(
        workers, mp_context=context, initializer=_open_worker, initargs=(setup, imports, cores)
    ) as pool:
        with _uninterrupted():  # the workers start with the first submission
            futures: dict[Future[Report], int] = {
                pool.submit(_grade_in_worker, submission): number for number, submission in waiting.items()
            }
        try:
            for future in as_completed(futures):
                report = future.result()
                yield futures.pop(future), report  # none is held longer than it takes to keep it
        except BrokenProcessPool:
            return
        except BaseException:
            # Nobody asks any more, for an error or on Ctrl-C. What was yielded is kept; submissions being graded now
            # are graded again next time. Leaving the block waits for the pool's own thread: one that is still at work
            # when Python ends complains on the terminal.
            for worker in set(active_children()) - others:
                worker.terminate()
            raise


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Processes started inside do not hear Ctrl-C: it is for the one that hands out the work."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


# A worker's own, set once when it starts: a task that is sent to it carries the submission alone.
_setup: Setup
_sandbox_here: Sandbox


def _open_worker(setup: Setup, imports: tuple[str, ...], cores: SimpleQueue[int]) -> None:
    """Runs first in every process of a pool; the sandbox lives as long as the process, on a core of its own."""
    global _setup, _sandbox_here
    if not cores.empty():
        stay_on(cores.get())
    Thread(target=_end_with_parent, daemon=True).start()
    _setup = setup
    _sandbox_here = _sandbox(setup, imports)
    _sandbox_here.start()


def _end_with_parent() -> None:
    """Leave with the parent: a worker whose parent was killed would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _grade_in_worker(submission: Submission) -> Report:
    """Runs in a worker, once for each submission."""
    return grade_or_fault(submission, _sandbox_here, _setup.profile)


def _imports(submissions: Iterable[Submission]) -> tuple[str, ...]:
    """The modules that any of these submissions may import, to be imported once before the first."""
    return tuple(sorted({name for submission in submissions for name in submission.chapter.imports}))


def _sandbox(setup: Setup, imports: tuple[str, ...]) -> Sandbox:
    return Sandbox(setup.level, setup.limits, setup.profile.device, imports=imports, warm_fake=True)
