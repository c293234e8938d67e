"""Find what was handed in: folders and zips, as people and learning platforms make them, become submissions.

Read are a file, a learner's folder, a folder of such folders, nbgrader's `submitted` or the course around it,
assignment downloads from Moodle and Canvas, and exports of Gradescope; each of them unpacked or as a zip.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.records import Chapter, Course, Submission
from grader.submissions.files import File, Platform
from grader.submissions.layouts import Placed, Tree, absolute, is_code, is_part, place, tree_of
from grader.submissions.platforms import canvas, moodle
from grader.submissions.platforms.gradescope import METADATA, Export, read_export, time_in_autograder
from grader.submissions.platforms.nbgrader import STAMP, read_stamp
from grader.submissions.reading import read_files
from grader.text import clean_line


@dataclass(frozen=True)
class HandedIn:
    """One learner's work on one chapter: a file, or a script and a notebook of which the one further on counts.

    Args:
        time: when it was handed in, seconds since 1970, as the submission itself says; None if it does not.
        marked_late: whether the platform says that it was late, without saying by how much.
    """

    learner: str
    chapter: Chapter
    files: tuple[File, ...]
    time: float | None = None
    marked_late: bool = False

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.files[0].path

    def read(self) -> Submission:
        """The submission; SubmissionError if it cannot be read."""
        return read_files([(file.path, file.read) for file in self.files], self.chapter)


@dataclass(frozen=True)
class Collection:
    """What was found: submissions, every learner met, and what was passed over or is to be known, in words."""

    submissions: tuple[HandedIn, ...]
    learners: tuple[str, ...]
    passed_over: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def collect(paths: Iterable[Path], course: Course, only: Sequence[Chapter] = ()) -> Collection:
    """Find the submissions in these files, folders and zips; of two for one chapter the later path's counts.

    Raises:
        UsageError: one of them is not there or cannot be read as a whole.
    """
    finder = _Finder({chapter.label: chapter for chapter in (only or course.chapters)}, course)
    for path in paths:
        finder.look_into(path)
    found = sorted(finder.found.values(), key=lambda item: (item.learner, item.chapter.stem))
    return Collection(
        tuple(found), tuple(sorted(finder.learners)), tuple(finder.passed_over), tuple(finder.notes)
    )


# --- whose is it ------------------------------------------------------------------------------------------


class _Finder:
    """Goes through paths and gathers what it finds."""

    def __init__(self, chapters: dict[str, Chapter], course: Course) -> None:
        self.chapters = chapters
        self.known = {chapter.label for chapter in course.chapters}
        self.found: dict[tuple[str, str], HandedIn] = {}
        self.learners: dict[str, None] = {}
        self.passed_over: list[str] = []
        self.notes: list[str] = []

    def look_into(self, path: Path) -> None:
        """Add what lies at `path`."""
        tree = tree_of(path, self.passed_over)
        gradescope = read_export(tree.file(METADATA))
        named = self._named(tree)
        by_learner: dict[str, list[Placed]] = {}
        for learner in self._learners_of(tree, named):
            for name in gradescope.learners(learner):
                by_learner[_plain(name)] = []
        for one in named:
            for name in gradescope.learners(one.learner):
                by_learner.setdefault(_plain(name), []).append(one)
        clock = _Clock(tree, gradescope, named)
        if clock.is_that_of_the_download and any(self.chapters[one.label].deadline for one in named):
            self.notes.append(
                f"{path}: its times are those of the download, so nobody in it counts as late; "
                "Moodle's grading worksheet has the real ones"
            )
        if any(one.marked_late for one in named):
            self.notes.append(
                f"{path}: Canvas marks who was late, not by how much; each counts as one day late"
            )
        self._tell_of_files_without_a_chapter(tree, named)
        for learner, files in by_learner.items():
            self.learners[learner] = None
            for label in sorted({one.label for one in files}):
                self._choose(learner, label, [one for one in files if one.label == label], clock)

    def _named(self, tree: Tree) -> list[Placed]:
        """The files that name a chapter of the course and lie where a learner would put them."""
        found = []
        for file in tree.files:
            one = place(file, tree)
            if one is None:
                continue
            if not one.label:
                if file.path.suffix.lower() == ".zip":
                    self.passed_over.append(f"{file.path}: an archive that was handed in is not opened")
            elif one.label not in self.known:
                self.passed_over.append(f"{file.path}: the course has no chapter {one.label}")
            elif one.label in self.chapters:
                found.append(one)
        return self._one_learners_or_many(tree, found)

    def _tell_of_files_without_a_chapter(self, tree: Tree, named: list[Placed]) -> None:
        """Whoever has code here but none that is recognized may have named it as they liked."""
        recognized = {one.learner for one in named}
        for file in tree.files:
            one = place(file, tree) if is_code(file) else None
            if one is not None and not one.label and one.learner not in recognized:
                self.passed_over.append(f"{file.path}: its name does not say which chapter it is")

    def _one_learners_or_many(self, tree: Tree, found: list[Placed]) -> list[Placed]:
        """Loose files make the path one learner's, unless there are several learners' folders beside them."""
        loose = [one for one in found if one.learner == tree.owner and one.platform is Platform.NONE]
        others = [one for one in found if one not in loose]
        if not loose or not others:
            return found
        if (
            any(one.platform is not Platform.NONE for one in others)
            or len({one.learner for one in others}) > 1
        ):
            self.passed_over += [f"{one.file.path}: it lies in no learner's folder" for one in loose]
            return others
        return loose

    def _learners_of(self, tree: Tree, named: list[Placed]) -> Iterator[str]:
        """Everybody who has a folder or a file here, whether or not it names a chapter."""
        if any(one.learner == tree.owner and one.platform is Platform.NONE for one in named):
            yield tree.owner
            return
        for folder in tree.folders:
            learner = moodle.learner_of_folder(folder)
            if learner or not is_part(folder):
                yield learner or folder
        for file in tree.files:
            one = place(file, tree)
            if one is not None and one.platform is not Platform.NONE:
                yield one.learner

    def _choose(self, learner: str, label: str, candidates: list[Placed], clock: _Clock) -> None:
        """One hand-in per chapter: the plainest name wins, and the others are named."""
        chapter = self.chapters[label]
        best, *others = sorted(candidates, key=lambda one: _rank(one, chapter))
        # Of a script and a notebook side by side the reader takes the one that is further on.
        twins = [one for one in others if _twin(one) == _twin(best)]
        for one in others:
            if one not in twins:
                self.passed_over.append(f"{one.file.path}: {best.file.path.name} was graded for {label}")
        files = (best.file, *(one.file for one in twins))
        time = max((t for t in map(clock.time_of, (best, *twins)) if t is not None), default=None)
        before = self.found.get((learner, label))
        if before is not None:
            self.passed_over.append(f"{before.path}: {best.file.path} was graded for {label} of {learner}")
        self.found[learner, label] = HandedIn(learner, chapter, files, time, best.marked_late)


def _twin(one: Placed) -> Path:
    return one.file.path.parent / Path(one.name).stem


def _plain(learner: str) -> str:
    """A learner's name as it is kept: composed, on one line, without what no one can see."""
    return clean_line(unicodedata.normalize("NFC", learner), 200) or "nameless"


def _rank(one: Placed, chapter: Chapter) -> tuple[bool, int, bool, str]:
    stem, again = Path(one.name).stem, 0
    if one.platform is Platform.CANVAS:
        stem, again = canvas.attempt_of(stem)
    return stem != chapter.stem, -again, one.file.path.suffix.lower() != ".py", str(one.file.path)


# --- when was it handed in --------------------------------------------------------------------------------


class _Clock:
    """Tells when a file was handed in, by the best evidence there is."""

    def __init__(self, tree: Tree, gradescope: Export, named: list[Placed]) -> None:
        self.tree, self.gradescope = tree, gradescope
        of_moodle = [one for one in named if one.platform is Platform.MOODLE]
        self.is_that_of_the_download = moodle.are_of_the_download(
            [one.file.time for one in of_moodle if one.file.time is not None]
        )
        self._stamps: dict[tuple[str, ...], float | None] = {
            file.names[:-1]: read_stamp(file) for file in tree.files if file.names[-1] == STAMP
        }
        self._autograder = time_in_autograder(absolute(tree.path))

    def time_of(self, one: Placed) -> float | None:
        """Seconds since 1970; None if nothing says it."""
        stamps = (
            self._stamps.get(one.file.names[:-1]),  # nbgrader
            self.gradescope.time_of(one.file.names[0]),
            self._autograder,
        )
        for stamp in stamps:
            if stamp is not None:
                return stamp
        if one.platform is Platform.CANVAS:  # its archives say when they were made, and marks who was late
            return None
        if one.platform is Platform.MOODLE and self.is_that_of_the_download:
            return None
        return one.file.time
