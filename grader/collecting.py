"""Find what was handed in: a file, a learner's folder or a folder of learners becomes a list of submissions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.errors import UsageError
from grader.records import Chapter, Course, Submission
from grader.submission import read_submission

_LABEL = re.compile(r"(?<![a-z0-9])ch(\d\d)(?!\d)", re.IGNORECASE)
_SUFFIXES = (".py", ".ipynb")


@dataclass(frozen=True)
class HandedIn:
    """One file of one learner. `time` is when it was handed in, seconds since 1970, as the submission itself says."""

    learner: str
    chapter: Chapter
    path: Path
    time: float | None = None
    marked_late: bool = False

    def read(self) -> Submission:
        """The submission; SubmissionError if it cannot be read."""
        return read_submission(self.path, self.chapter)


@dataclass(frozen=True)
class Collection:
    """What was found in the folders named: submissions, every learner met, and what was passed over and why."""

    submissions: tuple[HandedIn, ...]
    learners: tuple[str, ...]
    passed_over: tuple[str, ...]


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
        where = best.parent if twins and best.stem == stem else best
        found.append(HandedIn(learner, chapters[label], where, _time_of(best)))
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


def _time_of(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None
