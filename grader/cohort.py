"""Walk submissions through the stages: find what was handed in, grade each, let none stop the rest."""

from __future__ import annotations

import hashlib
import os
import re
import traceback
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from grader.checking.diagnose import diagnose
from grader.checking.run import Profile, grade_submission, load_suite, unreadable
from grader.errors import KitError, SubmissionError, UsageError
from grader.records import Chapter, Course, Limits, Report
from grader.rules import judge
from grader.sandbox.host import Sandbox
from grader.sandbox.isolation import Level
from grader.store import Store, key_of
from grader.submission import read_submission
from grader.variants import Variant, read_variants

KIT_FAULT = "a fault of the kit, not of the submission"
_LABEL = re.compile(r"(?<![a-z0-9])ch(\d\d)(?!\d)", re.IGNORECASE)
_SUFFIXES = (".py", ".ipynb")


@dataclass(frozen=True)
class HandedIn:
    """One file of one learner."""

    learner: str
    chapter: Chapter
    path: Path


@dataclass(frozen=True)
class Collection:
    """What was found in the folders named: submissions, every learner met, and what was passed over and why."""

    submissions: tuple[HandedIn, ...]
    learners: tuple[str, ...]
    passed_over: tuple[str, ...]


@dataclass(frozen=True)
class Lane:
    """What one process needs to grade: where code runs, how long it may, and how it is judged."""

    level: Level
    limits: Limits
    profile: Profile


# --- the journey of one submission ------------------------------------------------------------------------


def grade_file(path: Path, chapter: Chapter, sandbox: Sandbox, profile: Profile) -> Report:
    """Read, judge and run one submission; one that cannot be read gets a report that says so."""
    try:
        submission = read_submission(path, chapter)
    except SubmissionError as error:
        return unreadable(chapter, path, str(error), profile)
    ruling = judge(submission)
    report = grade_submission(submission, ruling, sandbox, profile)
    mistakes = (
        _known_mistakes(profile.mistakes, chapter.stem) if profile.mistakes and not report.passed else ()
    )
    if not mistakes:
        return report
    return diagnose(report, ruling, sandbox, profile, load_suite(chapter.stem), mistakes)


@cache
def _known_mistakes(folder: Path, stem: str) -> tuple[Variant, ...]:
    """The known wrong versions of a chapter's exercises; none away from a checkout, where they are not."""
    file, solution = folder / f"{stem}.py", folder.parent / f"{stem}.py"
    if not (file.is_file() and solution.is_file()):
        return ()
    return read_variants(file, solution.read_text(encoding="utf-8"))


def _grade_or_explain(path: Path, chapter: Chapter, sandbox: Sandbox, profile: Profile) -> Report:
    """The same for one of many: a fault of the kit is put into its report and the others go on."""
    try:
        return grade_file(path, chapter, sandbox, profile)
    except Exception:
        return faulty(path, chapter, profile, traceback.format_exc(limit=-4))


def faulty(path: Path, chapter: Chapter, profile: Profile, details: str) -> Report:
    """The report on a submission that the kit could not grade."""
    return replace(unreadable(chapter, path, KIT_FAULT, profile), output=details)


def could_not_grade(report: Report) -> bool:
    """Whether the report says nothing about the learner."""
    return report.error == KIT_FAULT


# --- finding submissions ----------------------------------------------------------------------------------


def collect(paths: Iterable[Path], course: Course, only: Sequence[Chapter] = ()) -> Collection:
    """Find submissions: a file, a learner's folder of chapter files, or a folder of such folders."""
    chapters = {chapter.label: chapter for chapter in (only or course.chapters)}
    found: list[HandedIn] = []
    learners: dict[str, None] = {}
    passed_over: list[str] = []
    for path in paths:
        if not path.exists():
            step = "name a folder of learners, a learner's folder, or a file"
            raise UsageError("there is nothing here to grade", str(path), step)
        for learner, files in _learners_in(path, passed_over):
            name = _unused(learner, learners)
            learners[name] = None
            found += _chapter_files(name, files, chapters, course, passed_over)
    return Collection(tuple(found), tuple(learners), tuple(passed_over))


def _learners_in(path: Path, passed_over: list[str]) -> Iterator[tuple[str, list[Path]]]:
    if path.is_file():
        yield path.resolve().parent.name, [path]
        return
    files = _candidates(path)
    if files:
        yield path.resolve().name, files
        return
    for folder in sorted(path.iterdir()):
        if folder.name.startswith("."):
            continue
        if folder.is_symlink():
            passed_over.append(f"{folder}: a link, not a folder")
        elif folder.is_dir():
            yield folder.name, _candidates(folder)


def _candidates(folder: Path) -> list[Path]:
    """Files that name a chapter, in the folder or in its `exercises`."""
    places = [folder, folder / "exercises"]
    return [
        path
        for place in places
        if place.is_dir() and not (place is not folder and place.is_symlink())
        for path in sorted(place.iterdir())
        if path.suffix.lower() in _SUFFIXES and _LABEL.search(path.stem) and not path.name.startswith(".")
    ]


def _chapter_files(
    learner: str, files: list[Path], chapters: dict[str, Chapter], course: Course, passed_over: list[str]
) -> list[HandedIn]:
    """One file per chapter: the plainest name wins, and the others are named."""
    by_chapter: dict[str, list[Path]] = {}
    known = {chapter.label for chapter in course.chapters}
    for path in files:
        match = _LABEL.search(path.stem)
        label = f"ch{match.group(1)}" if match else ""
        if label in chapters:
            by_chapter.setdefault(label, []).append(path)
        elif label not in known:
            passed_over.append(f"{path}: the course has no chapter {label or 'of that name'}")
    found = []
    for label, candidates in sorted(by_chapter.items()):
        stem = chapters[label].stem
        ranked = sorted(
            candidates, key=lambda path: (path.stem != stem, path.suffix.lower() != ".py", str(path))
        )
        best, *others = ranked
        twins = [other for other in others if other.with_suffix("") == best.with_suffix("")]
        # Of a script and a notebook side by side read_submission takes the one that is further on.
        found.append(HandedIn(learner, chapters[label], best.parent if twins and best.stem == stem else best))
        passed_over += [
            f"{other}: {best.name} was graded for {label}" for other in others if other not in twins
        ]
    return found


def _unused(name: str, taken: Iterable[str]) -> str:
    if name not in taken:
        return name
    number = 2
    while f"{name}-{number}" in taken:
        number += 1
    return f"{name}-{number}"


# --- grading many -----------------------------------------------------------------------------------------


def grade_all(
    submissions: Sequence[HandedIn], lane: Lane, jobs: int = 0
) -> Iterator[tuple[HandedIn, Report]]:
    """Grade every submission, in `jobs` processes, and yield each report when it is there.

    Args:
        jobs: 0 for as many as are worth their start.
    """
    workers = jobs or sensible_jobs(len(submissions))
    if workers == 1:
        with _sandbox(lane, submissions) as sandbox:
            for item in submissions:
                yield item, _grade_or_explain(item.path, item.chapter, sandbox, lane.profile)
        return
    waiting = list(submissions)
    while waiting:
        done: set[HandedIn] = set()
        for item, report in _one_pool(waiting, lane, workers):
            done.add(item)
            yield item, report
        waiting = [item for item in waiting if item not in done]
        if waiting and workers == 1:
            # Alone in its process and the process is gone: this one is to blame, the others go on.
            culprit = waiting.pop(0)
            yield culprit, faulty(culprit.path, culprit.chapter, lane.profile, "the grading process ended")
        workers = 1


def grade_stored(
    submissions: Sequence[HandedIn], lane: Lane, store: Store, jobs: int = 0
) -> Iterator[tuple[HandedIn, Report]]:
    """The same, and what the store holds a verdict on is not graded again."""
    keys: dict[HandedIn, str] = {}
    waiting = []
    for item in submissions:
        key = _key_of(item, lane)
        found = store.find(key) if key else None
        if found is None:
            waiting.append(item)
            keys[item] = key
        else:
            yield item, replace(found, path=str(item.path))
    for item, report in grade_all(waiting, lane, jobs) if waiting else ():
        if keys[item] and not could_not_grade(report):
            store.add(keys[item], item.learner, report, handed_in=_handed_in(item.path))
        yield item, report


def _key_of(item: HandedIn, lane: Lane) -> str:
    """The store's name for the verdict on a submission; '' for one that cannot be read, which costs nothing."""
    try:
        submission = read_submission(item.path, item.chapter)
        checks = load_suite(item.chapter.stem).sha256
    except KitError:
        return ""
    profile = lane.profile
    secret = hashlib.sha256(profile.secret or b"").hexdigest()
    words = f"{profile.name} {profile.examples} {profile.seed} {profile.only} {secret}"
    mistakes = profile.mistakes / f"{item.chapter.stem}.py" if profile.mistakes else None
    known = hashlib.sha256(mistakes.read_bytes()).hexdigest() if mistakes and mistakes.is_file() else ""
    # The learner's name is part of it: two who hand in the same file have a history each.
    attempt = f"{item.learner} {submission.sha256}"
    return key_of(attempt, checks + known, isolation=lane.level.value, device=profile.device, profile=words)


def _handed_in(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None


def sensible_jobs(submissions: int) -> int:
    """A lane costs about three seconds to start; fewer than eight submissions do not repay it."""
    return max(1, min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
                      submissions // 8))  # fmt: skip


def _one_pool(waiting: Sequence[HandedIn], lane: Lane, workers: int) -> Iterator[tuple[HandedIn, Report]]:
    """Grade in fresh processes until all is done or one of them is gone."""
    context = get_context("spawn")
    with ProcessPoolExecutor(
        workers, mp_context=context, initializer=_open_lane, initargs=(lane, tuple(waiting))
    ) as pool:
        futures: dict[Future[Report], HandedIn] = {
            pool.submit(_grade_in_lane, item): item for item in waiting
        }
        for future in as_completed(futures):
            try:
                report = future.result()
            except BrokenProcessPool:
                return
            yield futures[future], report


_lane: Lane
_lane_sandbox: Sandbox


def _open_lane(lane: Lane, submissions: Sequence[HandedIn]) -> None:
    """Runs first in every process of a pool; the sandbox lives as long as the process."""
    global _lane, _lane_sandbox
    _lane = lane
    _lane_sandbox = _sandbox(lane, submissions)
    _lane_sandbox.start()


def _grade_in_lane(item: HandedIn) -> Report:
    return _grade_or_explain(item.path, item.chapter, _lane_sandbox, _lane.profile)


def _sandbox(lane: Lane, submissions: Iterable[HandedIn]) -> Sandbox:
    imports = {name for item in submissions for name in item.chapter.imports}
    return Sandbox(
        lane.level, lane.limits, lane.profile.device, imports=tuple(sorted(imports)), warm_fake=True
    )
