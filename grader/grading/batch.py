"""Grade many submissions so that none of them stops the rest.

Only so many are with the workers at a time. A worker that is lost takes at most what it had with it: what was yielded
is kept, what was with it is sent again when all the others are done, alone, until it is known which one is to blame.
That one gets a report that says it was a fault of the kit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress

from grader.engine.pipeline import fault
from grader.grading.setup import Setup
from grader.grading.workers import LocalWorkers, Open, Workers
from grader.language import kept
from grader.records import Report, Submission

_WAITING_PER_WORKER = 2  # one being graded and one that it goes on with; more would be lost with a worker
_HERE = LocalWorkers()


def grade_all(
    submissions: Sequence[Submission], setup: Setup, workers: Workers = _HERE
) -> Iterator[tuple[int, Report]]:
    """Grade every submission, and yield each report when it is there, with its number.

    Args:
        submissions: what was read; numbers count from 0 in this order.
        setup: how all of them are judged.
        workers: where they are graded.

    Yields:
        Number and report, in the order in which they are done. A fault of the kit is a report too.

    Raises:
        SandboxError: no sandbox starts where one was sent to.
    """
    numbers: Sequence[int] = range(len(submissions))
    for trial in range(workers.tries):
        lost: list[int] = []
        for number, report in _sent(numbers, submissions, setup, workers, alone=trial > 0):
            if report is None:
                lost.append(number)
            else:
                yield number, report
        numbers = lost
        if not numbers:
            return
    for number in numbers:
        yield number, fault(submissions[number], setup.profile, kept("the grading process ended"))


def _sent(
    numbers: Iterable[int], submissions: Sequence[Submission], setup: Setup, workers: Workers, *, alone: bool
) -> Iterator[tuple[int, Report | None]]:
    """Send these submissions to workers, and to new ones when those are lost.

    What the system killed beside others, or kept from a core, is sent once more when they are done, alone.

    Args:
        alone: one after the other instead of side by side.

    Yields:
        The number, and its report or None if the worker that had it is lost.
    """
    waiting, again = deque(numbers), deque[int]()
    while waiting or again:
        left = [submissions[number] for number in (*waiting, *again)]
        with workers.open(setup, left, alone=alone) as open_workers:
            in_flight: dict[Future[Report], int] = {}
            # A pool with a lost process takes no more; what waits goes on in a new one.
            with suppress(*workers.lost):
                while waiting or again or in_flight:
                    _fill(in_flight, waiting, submissions, open_workers, alone=alone)
                    side_by_side = not alone and open_workers.width > 1 and bool(in_flight)
                    if not in_flight:
                        _send(in_flight, again, submissions, open_workers)
                    for future in wait(in_flight, return_when=FIRST_COMPLETED).done:
                        number = in_flight.pop(future)  # none is held longer than it takes to keep it
                        try:
                            report = future.result()
                        except workers.lost:
                            report = None
                        if report is not None and report.is_transient and side_by_side:
                            again.append(number)
                        else:
                            yield number, report
            for number in in_flight.values():
                yield number, None


def _fill(
    in_flight: dict[Future[Report], int],
    waiting: deque[int],
    submissions: Sequence[Submission],
    open_workers: Open,
    *,
    alone: bool,
) -> None:
    """Send as many as the workers have use for, and at least one."""
    width = open_workers.width
    window = 1 if alone or width == 1 else width * _WAITING_PER_WORKER
    while waiting and len(in_flight) < max(1, window):
        _send(in_flight, waiting, submissions, open_workers)


def _send(
    in_flight: dict[Future[Report], int],
    waiting: deque[int],
    submissions: Sequence[Submission],
    open_workers: Open,
) -> None:
    """Send the first that waits, which waits on if the workers are gone."""
    future = open_workers.send(submissions[waiting[0]])
    in_flight[future] = waiting.popleft()
