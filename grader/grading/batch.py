"""Walk submissions through the stages: read, judge and run each, keep the verdicts, let none stop the rest."""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from itertools import cycle, islice
from multiprocessing import SimpleQueue, active_children, get_context, parent_process
from pathlib import Path
from threading import Thread, current_thread, main_thread

from grader.engine.fingerprint import source_sha256
from grader.engine.generation import Kept
from grader.engine.pipeline import fault, grade_or_fault
from grader.engine.profile import Profile
from grader.engine.runner import unreadable
from grader.engine.suites import load_suite
from grader.errors import CourseError, SubmissionError
from grader.grading.store import Store, Verdict, key_of
from grader.records import Chapter, Limits, Report, Submission
from grader.sandbox.affinity import stay_on, usable_cores
from grader.sandbox.host import Sandbox
from grader.sandbox.levels import Level
from grader.submissions.collecting import HandedIn


@dataclass(frozen=True)
class Lane:
    """What one process needs to grade: where code runs, how long it may, and how it is judged."""

    level: Level
    limits: Limits
    profile: Profile


# --- what was graded before -------------------------------------------------------------------------------


def grade_handed_in(
    handed_in: Iterable[HandedIn], lane: Lane, store: Store, jobs: int = 0, *, again: bool = False
) -> Generator[tuple[HandedIn, Verdict]]:
    """Read and grade what was handed in; what the store holds a verdict on is not graded again.

    Args:
        jobs: how many at once; 0 for as many as are worth their start.
        again: grade it all the same.
    """
    readable: list[tuple[HandedIn, Submission]] = []
    for item in handed_in:
        try:
            readable.append((item, item.read()))
        except SubmissionError as error:
            yield item, _verdict_on_unreadable(item, error, lane, store)
    for number, verdict in grade_stored([read for _, read in readable], lane, store, jobs, again=again):
        yield readable[number][0], verdict


def grade_stored(
    submissions: Sequence[Submission], lane: Lane, store: Store, jobs: int = 0, *, again: bool = False
) -> Iterator[tuple[int, Verdict]]:
    """Yield the verdict on each submission, with its number: from the store, or made and kept now.

    Of those who handed in the very same file the first is graded. The others share that verdict, unless it is one
    that another try may change.
    """
    waiting = list(range(len(submissions)))
    keys = [verdict_key(one.chapter, one.sha256, lane) for one in submissions]
    while waiting:
        firsts: dict[str, int] = {}
        others: list[int] = []
        for number in waiting:
            found = None if again else store.find(keys[number])
            if found is not None:
                yield number, _placed(found, submissions[number])
            elif keys[number] in firsts:
                others.append(number)
            else:
                firsts[keys[number]] = number
        chosen = list(firsts.values())
        for position, report in grade_all([submissions[number] for number in chosen], lane, jobs):
            number = chosen[position]
            yield number, store.keep(keys[number], report, submissions[number])
        waiting, again = others, False


def _placed(verdict: Verdict, submission: Submission) -> Verdict:
    return replace(verdict, report=replace(verdict.report, path=str(submission.path)))


def _verdict_on_unreadable(item: HandedIn, error: SubmissionError, lane: Lane, store: Store) -> Verdict:
    """Kept like the others, under the reason: the same reason again is the same verdict."""
    report = unreadable(item.chapter, item.path, error, lane.profile)
    key = verdict_key(item.chapter, f"unreadable: {error}", lane)
    return store.find(key) or store.keep(key, report)


def verdict_key(chapter: Chapter, submission_sha256: str, lane: Lane) -> str:
    """The store's name for the verdict on a submission: it changes with all that the verdict depends on."""
    profile, limits = lane.profile, lane.limits
    secret = hashlib.sha256(profile.secret or b"").hexdigest()
    words = f"{profile.name} {profile.examples} {profile.seed} {profile.only} {secret} {limits}"
    judged_by = f"{_content_of_checks(chapter, profile.mistakes)} {chapter.exercises} {chapter.imports}"
    return key_of(
        submission_sha256, judged_by, isolation=lane.level.value, device=profile.device, profile=words
    )


@cache
def _content_of_checks(chapter: Chapter, mistakes: Path | None) -> str:
    """The checks of a chapter and its known mistakes in one word."""
    try:
        checks = load_suite(chapter.stem).sha256
    except CourseError:  # each submission's own report will say so
        checks = ""
    file = mistakes / f"{chapter.stem}.py" if mistakes else None
    return checks + (source_sha256(file) if file and file.is_file() else "")


# --- grading many -----------------------------------------------------------------------------------------


def grade_all(submissions: Sequence[Submission], lane: Lane, jobs: int = 0) -> Iterator[tuple[int, Report]]:
    """Grade every submission, in `jobs` processes, and yield each report when it is there, with its number.

    Args:
        jobs: 0 for as many as are worth their start.
    """
    if not submissions:
        return
    # Every learner gets the same inputs, so each process draws them once.
    lane = replace(lane, profile=replace(lane.profile, kept=Kept()))
    workers = jobs or sensible_jobs(len(submissions))
    if workers == 1:
        with _sandbox(lane, _imports(submissions)) as sandbox:
            for number, submission in enumerate(submissions):
                yield number, grade_or_fault(submission, sandbox, lane.profile)
        return
    waiting = dict(enumerate(submissions))
    while waiting:
        for number, report in _one_pool(waiting, lane, workers):
            del waiting[number]
            yield number, report
        if waiting and workers == 1:
            # Alone in its process and the process is gone: this one is to blame, the others go on.
            number = next(iter(waiting))
            yield number, fault(waiting.pop(number), lane.profile, "the grading process ended")
        workers = 1


def sensible_jobs(submissions: int) -> int:
    """A lane costs about three seconds to start; fewer than eight submissions do not repay it."""
    return max(1, min(len(usable_cores()) or os.cpu_count() or 1, submissions // 8))


def _one_pool(waiting: Mapping[int, Submission], lane: Lane, workers: int) -> Iterator[tuple[int, Report]]:
    """Grade in fresh processes until all is done or one of them is gone."""
    context = get_context("spawn")
    others = set(active_children())
    cores: SimpleQueue[int] = context.SimpleQueue()
    for core in islice(cycle(usable_cores()), workers):
        cores.put(core)
    imports = _imports(waiting.values())
    with ProcessPoolExecutor(
        workers, mp_context=context, initializer=_open_lane, initargs=(lane, imports, cores)
    ) as pool:
        with _uninterrupted():  # the lanes start here
            futures: dict[Future[Report], int] = {
                pool.submit(_grade_in_lane, submission): number for number, submission in waiting.items()
            }
        try:
            for future in as_completed(futures):
                report = future.result()
                yield futures.pop(future), report  # none is held longer than it takes to keep it
        except BrokenProcessPool:
            return
        except BaseException:
            # Nobody asks any more, for an error or on Ctrl-C: what is in the lanes is lost, what was yielded is kept.
            pool.shutdown(wait=False, cancel_futures=True)
            for lane_process in set(active_children()) - others:
                lane_process.terminate()
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


_lane: Lane
_lane_sandbox: Sandbox


def _open_lane(lane: Lane, imports: tuple[str, ...], cores: SimpleQueue[int]) -> None:
    """Runs first in every process of a pool; the sandbox lives as long as the process, on a core of its own."""
    global _lane, _lane_sandbox
    if not cores.empty():
        stay_on(cores.get())
    Thread(target=_end_with_parent, daemon=True).start()
    _lane = lane
    _lane_sandbox = _sandbox(lane, imports)
    _lane_sandbox.start()


def _end_with_parent() -> None:
    """A lane whose parent was killed would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _grade_in_lane(submission: Submission) -> Report:
    return grade_or_fault(submission, _lane_sandbox, _lane.profile)


def _imports(submissions: Iterable[Submission]) -> tuple[str, ...]:
    return tuple(sorted({name for submission in submissions for name in submission.chapter.imports}))


def _sandbox(lane: Lane, imports: tuple[str, ...]) -> Sandbox:
    return Sandbox(lane.level, lane.limits, lane.profile.device, imports=imports, warm_fake=True)
