"""Give every submission its verdict: the one that the store holds, or a new one that is kept there."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from traceback import format_exception

from grader.engine.runner import unjudged, unreadable
from grader.errors import SubmissionError
from grader.grading.batch import grade_all
from grader.grading.hand_ins import HandInRead, read_whole
from grader.grading.known import unreadable_key, verdict_key
from grader.grading.setup import Setup
from grader.grading.store import Store, Verdict
from grader.grading.workers import LocalWorkers, Workers
from grader.records import ReportState, Submission
from grader.submissions.collecting import HandedIn
from grader.submissions.contents import NoPermission

_HERE = LocalWorkers()


def grade_handed_in(
    handed_in: Iterable[HandInRead],
    setup: Setup,
    store: Store,
    workers: Workers = _HERE,
    *,
    again: bool = False,
) -> Generator[tuple[HandedIn, Verdict]]:
    """Grade what was handed in; what the store holds a verdict on is not graded again.

    Args:
        handed_in: one learner's work on one chapter each, read.
        setup: how all of it is judged.
        store: where verdicts are found and kept.
        workers: where it is graded.
        again: grade it all the same.

    Yields:
        Each item with its verdict, those that cannot be read first.
    """
    readable: list[tuple[HandedIn, Submission]] = []
    for read in map(read_whole, handed_in):
        match read.content:
            case Submission() as submission:
                readable.append((read.item, submission))
            case NoPermission() as error:
                yield read.item, _fault_in_reading(read, error, setup, store)
            case SubmissionError() as error:
                yield read.item, _verdict_on_unreadable(read.item, error, setup, store)
            case Exception() as error:
                yield read.item, _fault_in_reading(read, error, setup, store)
    for number, verdict in grade_stored([one for _, one in readable], setup, store, workers, again=again):
        yield readable[number][0], verdict


def grade_stored(
    submissions: Sequence[Submission],
    setup: Setup,
    store: Store,
    workers: Workers = _HERE,
    *,
    again: bool = False,
) -> Iterator[tuple[int, Verdict]]:
    """Yield the verdict on each submission, with its number: from the store, or made and kept now.

    Of those who handed in the very same file the first is graded, and the others share that verdict: also one that
    another try may change, so that what is equal is judged equally. That one is tried again by the next run. A fault
    of the kit is no verdict on the file, so it is not shared: the next of them is graded.
    """
    same: dict[str, list[int]] = {}
    for number, submission in enumerate(submissions):
        key = verdict_key(submission.chapter, submission.sha256, setup)
        found = None if again or key in same else store.find(key)
        if found is not None:
            yield number, _placed(found, submission)
        else:
            same.setdefault(key, []).append(number)
    waiting = list(same.items())
    while waiting:
        untried: list[tuple[str, list[int]]] = []
        firsts = [submissions[numbers[0]] for _, numbers in waiting]
        for position, report in grade_all(firsts, setup, workers):
            key, (first, *copies) = waiting[position]
            verdict = store.keep(key, report, submissions[first])
            yield first, verdict
            if copies and report.state is ReportState.KIT_FAULT:
                untried.append((key, copies))
                continue
            for number in copies:
                yield number, _placed(replace(verdict, is_new=False), submissions[number])
        waiting = untried


def _placed(verdict: Verdict, submission: Submission) -> Verdict:
    """The verdict with the path of this submission: who handed in the very same file shares the verdict."""
    return replace(verdict, report=replace(verdict.report, path=str(submission.path)))


def _verdict_on_unreadable(item: HandedIn, error: SubmissionError, setup: Setup, store: Store) -> Verdict:
    """Kept like the others, under the reason."""
    key = unreadable_key(item.chapter, error, setup)
    return store.find(key) or store.keep(key, unreadable(item.chapter, item.path, error, setup.profile))


def _fault_in_reading(read: HandInRead, error: Exception, setup: Setup, store: Store) -> Verdict:
    """The kit failed at a file, or may not read it, before anything ran: no grade, and tried again next time."""
    chapter, path = read.item.chapter, read.item.path
    report = unjudged(chapter, path, setup.profile, ReportState.KIT_FAULT)
    details = "".join(format_exception(error))
    report = replace(report, submission_sha256=read.sha256, output=details)
    return store.keep(verdict_key(chapter, read.sha256, setup), report)
