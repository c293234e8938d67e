"""Give every submission its verdict: the one that the store holds, or a new one that is kept there."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from traceback import format_exception

from grader.course.paths import known_mistakes_file
from grader.engine.profile import Profile
from grader.engine.runner import unjudged, unreadable
from grader.engine.suites import load_suite
from grader.errors import CourseError, SubmissionError
from grader.grading.batch import grade_all
from grader.grading.hand_ins import HandInRead, read_whole
from grader.grading.store import Store, Verdict, key_of
from grader.grading.worker import Setup
from grader.grading.workers import LocalWorkers, Workers
from grader.records import Chapter, ReportState, Submission
from grader.submissions.collecting import HandedIn
from grader.submissions.contents import NoPermission

_HERE = LocalWorkers()


def known_verdicts(handed_in: Sequence[HandInRead], setup: Setup, store: Store) -> dict[int, int]:
    """Find what needs no grading: of each hand-in on which the store holds a verdict, the place and its number."""
    keys = {
        place: verdict_key(read.item.chapter, read.sha256, setup)
        for place, read in enumerate(handed_in)
        if not isinstance(read.content, Exception)
    }
    found = store.find_numbers(keys.values())
    return {place: found[key] for place, key in keys.items() if key in found}


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


def count_unstored(
    handed_in: Iterable[HandInRead], setup: Setup, store: Store, *, again: bool = False
) -> int:
    """How many files the checks have to be run on: each once, and none of which the store holds the verdict."""
    readable = [read for read in handed_in if not isinstance(read.content, Exception)]
    keys = {verdict_key(read.item.chapter, read.sha256, setup) for read in readable}
    return len(keys if again else keys - store.find_numbers(keys).keys())


def _placed(verdict: Verdict, submission: Submission) -> Verdict:
    """The verdict with the path of this submission: who handed in the very same file shares the verdict."""
    return replace(verdict, report=replace(verdict.report, path=str(submission.path)))


def _verdict_on_unreadable(item: HandedIn, error: SubmissionError, setup: Setup, store: Store) -> Verdict:
    """Kept like the others, under the reason: the same reason again is the same verdict."""
    report = unreadable(item.chapter, item.path, error, setup.profile)
    key = verdict_key(item.chapter, f"unreadable: {error}", setup)
    return store.find(key) or store.keep(key, report)


def _fault_in_reading(read: HandInRead, error: Exception, setup: Setup, store: Store) -> Verdict:
    """The kit failed at a file, or may not read it, before anything ran: no grade, and tried again next time."""
    chapter, path = read.item.chapter, read.item.path
    report = unjudged(chapter, path, setup.profile, ReportState.KIT_FAULT)
    details = "".join(format_exception(error))
    report = replace(report, submission_sha256=read.sha256, output=details)
    return store.keep(verdict_key(chapter, read.sha256, setup), report)


def verdict_key(chapter: Chapter, submission_sha256: str, setup: Setup) -> str:
    """The store's name for the verdict on a submission: it changes with all that the verdict depends on.

    Args:
        chapter: its exercises, imports, checks and known mistakes enter.
        submission_sha256: of the source, so that a file that was only moved keeps its verdict.
        setup: isolation, limits and profile enter; of the secret only its hash, since the name is no secret.
    """
    profile, limits = setup.profile, setup.limits
    words = (
        f"{profile.name} {profile.examples} {profile.seed} {profile.only} {secret_sha256(profile)} {limits}"
    )
    judged_by = f"{content_of_checks(chapter, profile.names_mistakes)} {chapter.exercises} {chapter.imports}"
    return key_of(
        submission_sha256, judged_by, isolation=setup.level.value, device=profile.device, profile=words
    )


def secret_sha256(profile: Profile) -> str:
    """What the secret is known by where it must not be told."""
    return hashlib.sha256(profile.secret or b"").hexdigest()


@cache
def content_of_checks(chapter: Chapter, names_mistakes: bool) -> str:
    """The checks of a chapter and its known mistakes in one word."""
    try:
        checks = load_suite(chapter).sha256
    except CourseError:  # each submission's own report will say so
        checks = ""
    file = known_mistakes_file(chapter)
    return checks + (
        hashlib.sha256(file.read_bytes()).hexdigest() if names_mistakes and file.is_file() else ""
    )
