"""Find what was handed in: folders and zips, as people and learning platforms make them, become submissions.

Read are a file, a learner's folder, a folder of such folders, of assignments or both, nbgrader's `submitted` or the
course around it, assignment downloads from Moodle and Canvas, and exports of Gradescope; each of them unpacked or as
a zip. Nothing that somebody handed in is dropped without a word: it is taken, or named as passed over.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader.errors import UsageError
from grader.language import kept
from grader.records import Chapter, Course, Submission
from grader.submissions.files import File, Platform
from grader.submissions.layouts import Layout, Placed, Tree, absolute, layout_of, place, tree_of
from grader.submissions.names import ChapterNames, code_suffix, learner_name, stem_of
from grader.submissions.platforms import canvas, gradescope, moodle, nbgrader
from grader.submissions.reading import read_files
from grader.submissions.times import GivenTimes, believable

_CHECKS = "checks"  # the folder that a course of one's own has its checks in
MAX_NAMED = 5  # files of one learner that are named as passed over; the rest is counted
_COPY = re.compile(r"\((\d+)\)$|[-_ ]v?(\d+)$")  # how browsers and people number versions


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
class PassedOver:
    """Something that was handed in and is not graded, and why; `learner` is '' where nobody's it is."""

    learner: str
    path: Path
    why: str

    @property
    def where(self) -> tuple[str, ...]:
        """The path; before it whose it is, where the path does not say so."""
        path = str(self.path)
        return (path,) if self.learner in path else (self.learner, path)

    def __str__(self) -> str:
        return ": ".join((*self.where, self.why))


@dataclass(frozen=True)
class Collection:
    """What was found: submissions, every learner met, what was passed over learner by learner, what is to be known."""

    submissions: tuple[HandedIn, ...]
    learners: tuple[str, ...]
    passed_over: tuple[PassedOver, ...] = ()
    notes: tuple[str, ...] = ()


def collect(
    paths: Iterable[Path], course: Course, only: Sequence[Chapter] = (), times: GivenTimes | None = None
) -> Collection:
    """Find the submissions in these files, folders and zips; of two for one chapter the later path's counts.

    Args:
        only: these chapters; by default all of the course. If it is one, a learner's only file is taken for it.
        times: when who handed in, where the instructor knows it better than the files.

    Raises:
        UsageError: one of the paths is not there or cannot be read as a whole, or two learners' names cannot be told
            apart.
    """
    finder = _Finder(course, only, times or GivenTimes())
    for path in paths:
        finder.look_into(path)
    return finder.collection()


# --- whose is it ------------------------------------------------------------------------------------------


class _Finder:
    """Goes through paths and gathers what it finds.

    Each path is one tree with one layout. Who a file belongs to is settled for the whole tree first, then each
    learner's files are weighed against each other; a later path only replaces what an earlier one found.
    """

    def __init__(self, course: Course, only: Sequence[Chapter], times: GivenTimes) -> None:
        self.chapters = {chapter.label: chapter for chapter in (only or course.chapters)}
        self.known = {chapter.label for chapter in course.chapters}
        self.names = ChapterNames(tuple(chapter.stem for chapter in course.chapters))
        self.has_own_checks = bool(course.name)
        self.only_label = only[0].label if len(only) == 1 else ""
        self.times = times
        self.found: dict[tuple[str, str], HandedIn] = {}
        self.learners: dict[
            str, tuple[str, Path]
        ] = {}  # by the name that counts: as it was written, and where
        self.passed_over: list[PassedOver] = []
        self.notes: list[str] = []

    def collection(self) -> Collection:
        """Everything found, in the order of the learners' names."""
        learners = sorted(self.found_names())
        unknown = sorted(self.times.learners.difference(learners))
        if unknown:
            self.notes.append(kept(f"times are given for {', '.join(unknown)}, of whom nothing was found"))
        return Collection(
            tuple(sorted(self.found.values(), key=lambda item: (item.learner, item.chapter.stem))),
            tuple(learners),
            tuple(sorted(self.passed_over, key=lambda one: (one.learner, str(one.path)))),
            tuple(self.notes),
        )

    def found_names(self) -> set[str]:
        """The learners met, by the names that are kept."""
        return {learner_name(written) for written, _ in self.learners.values()}

    def look_into(self, path: Path) -> None:
        """Add what lies at `path`."""
        unfollowed: list[tuple[Path, str]] = []
        tree = tree_of(path, unfollowed, self.names)
        layout = layout_of(tree)
        export = gradescope.read_export(tree.file(gradescope.METADATA))
        files = self._one_learners_or_many(tree, [place(file, tree, layout) for file in tree.files])
        clock = _Clock(tree, layout, export, [one for one in files if self._is_of_this_course(one)])
        by_learner: dict[str, list[Placed]] = {}
        for one in files:
            for name in export.learners(one.learner) if one.learner else ():
                by_learner.setdefault(self._met(name, one.file.path), []).append(one)
        for folder in sorted(self._folders_of_learners(tree, layout, files)):
            for name in export.learners(folder):
                by_learner.setdefault(self._met(name, tree.path / folder), [])
        self.passed_over += [PassedOver("", where, why) for where, why in unfollowed]
        self._tell_of_nobodys(one for one in files if not one.learner)
        for learner, mine in by_learner.items():
            self._take(learner, mine, clock)
        self._tell_of_times(path, files, clock)

    def _met(self, written: str, where: Path) -> str:
        """The name that is kept; two that cannot be told apart, on a screen or a disk, are refused."""
        kept, composed = learner_name(written), unicodedata.normalize("NFC", written)
        before, place_of_before = self.learners.setdefault(kept.casefold(), (composed, where))
        if before != composed:
            raise UsageError(
                f"the names of two learners read the same: {before!r} and {composed!r}",
                f"{_shown(place_of_before)} and {_shown(where)}",
                "rename one of them, then try again",
            )
        return kept

    def _is_of_this_course(self, one: Placed) -> bool:
        """Whether it is code of a chapter that is being graded, by its name or by a folder around it."""
        return one.is_code and one.label in self.chapters

    def _one_learners_or_many(self, tree: Tree, files: list[Placed]) -> list[Placed]:
        """Loose files make the path one learner's, unless there are several learners' folders beside them."""
        work = [one for one in files if self._is_of_this_course(one) and one.is_named]
        loose = [one for one in work if _is_loose(one)]
        others = {one.learner for one in work if not _is_loose(one)} - {tree.owner}
        if loose and len(others) < 2 and not any(map(_by_platform, work)):
            return [replace(one, learner=tree.owner, inside=one.file.names[:-1]) for one in files]
        # What lies beside the folders of learners, or the files that a platform named, is nobody's.
        around = (
            others
            or any(not self.names.is_part(name) for name in tree.names())
            or any(map(_by_platform, files))
        )
        return [replace(one, learner="") if around and _is_loose(one) else one for one in files]

    def _folders_of_learners(self, tree: Tree, layout: Layout, files: Sequence[Placed]) -> set[str]:
        """Everybody who has a folder here, whether or not there is any work in it."""
        if layout is Layout.ONE_LEARNER or any(one.learner == tree.owner for one in files):
            return {tree.owner}
        depth = 2 if layout is Layout.ASSIGNMENTS else 1
        return {
            moodle.learner_of_folder(name) or name
            for name in tree.names(depth)
            if not self.names.is_part(name)
        }

    # --- one learner's files ----------------------------------------------------------------------------------

    def _take(self, learner: str, files: Sequence[Placed], clock: _Clock) -> None:
        """One hand-in per chapter, and a word on every other file that may have been meant as one.

        A name that says the chapter comes first. A file that only lies in the chapter's folder, or is the only one
        where only one chapter is asked for, is taken if nothing competes with it: to guess between two would grade
        a draft.
        """
        copied = [one for one in files if one.is_code and self.has_own_checks and _CHECKS in one.inside]
        self._pass_over(learner, copied, kept("it lies in a folder of checks, which are the course's"))
        code = [one for one in files if one.is_code and one not in copied]
        by_label: dict[str, list[Placed]] = {}
        unnamed: dict[str, list[Placed]] = {}
        for one in code:
            if one.is_named:
                by_label.setdefault(one.label, []).append(one)
            else:
                unnamed.setdefault(one.label or self.only_label, []).append(one)
        for label, candidates in by_label.items():
            if label in self.chapters:
                self._choose(learner, label, candidates, clock)
            elif label not in self.known:
                self._pass_over(learner, candidates, kept(f"the course has no chapter {label}"))
        for label, candidates in unnamed.items():
            if label in self.chapters and label not in by_label and len(set(map(_twin, candidates))) == 1:
                self._choose(learner, label, candidates, clock)
        if not by_label and not any((learner, label) in self.found for label in unnamed):
            self._pass_over(learner, code, kept("its name does not say which chapter it is"))
        packed = [one for one in files if one.file.path.suffix.lower() == ".zip"]
        self._pass_over(learner, packed, kept("an archive that was handed in is not opened"))
        other = [one for one in files if not one.is_code and one not in packed and one.is_named]
        if not (code or packed or other):
            # All that this learner handed in: it may be the work, in another form.
            other = [one for one in files if not _is_about_it(one)]
        self._pass_over(learner, other, kept("neither a .py file nor a notebook"))

    def _choose(self, learner: str, label: str, candidates: Sequence[Placed], clock: _Clock) -> None:
        """The plainest name wins, of versions the newest, and the others are named."""
        chapter = self.chapters[label]
        best, *others = sorted(candidates, key=lambda one: _rank(one, chapter))
        # Of a script and a notebook side by side the reader takes the one that is further on.
        twins = [one for one in others if _twin(one) == _twin(best)]
        left = [one for one in others if one not in twins]
        self._pass_over(learner, left, kept(f"{best.file.path.name} was graded for {label}"))
        if not best.is_named:
            self.notes.append(
                kept(f"{learner}: {_shown(best.file.path)} was taken for {label}, as the only file")
            )
        files = tuple(one.file for one in sorted((best, *twins), key=lambda one: not _is_script(one)))
        given = self.times.of(learner, label)
        times = [given] if given is not None else [clock.time_of(one) for one in (best, *twins)]
        time = max((found for found in times if found is not None), default=None)
        late = best.marked_late and given is None
        before = self.found.get((learner, label))
        if before is not None:
            why = kept(f"{best.file.path} was graded for {label} of {learner}")
            self.passed_over.append(PassedOver(learner, before.path, why))
        self.found[learner, label] = HandedIn(learner, chapter, files, time, late)

    # --- what is said -----------------------------------------------------------------------------------------

    def _pass_over(self, learner: str, files: Sequence[Placed], why: str) -> None:
        """Name some of a learner's files that are not graded; who hands in a whole project is not listed in full."""
        self.passed_over += [PassedOver(learner, one.file.path, why) for one in files[:MAX_NAMED]]
        if len(files) > MAX_NAMED:
            left = kept(f"{len(files) - MAX_NAMED} more files like it: {why}")
            self.passed_over.append(PassedOver(learner, files[MAX_NAMED].file.path, left))

    def _tell_of_nobodys(self, files: Iterable[Placed]) -> None:
        """Work beside the learners' folders may be an example of the instructor's, or a learner's that got lost."""
        for one in files:
            if one.is_code:
                self.passed_over.append(PassedOver("", one.file.path, kept("it lies in no learner's folder")))

    def _tell_of_times(self, path: Path, files: Sequence[Placed], clock: _Clock) -> None:
        """Where times are missing, coarse or odd, lateness is not what it seems: whoever grades is to know."""
        work = [one for one in files if self._is_of_this_course(one)]
        if clock.is_that_of_the_download and any(self.chapters[one.label].deadline for one in work):
            self.notes.append(
                kept(
                    f"{path}: its times are those of the download, so nobody in it counts as late; "
                    "give the real ones with --times"
                )
            )
        if any(one.marked_late for one in work):
            self.notes.append(
                kept(f"{path}: Canvas marks who was late, not by how much; each counts as one day late")
            )
        self.notes += [
            kept(f"{stamp} says no time that can be, so the file's own counts") for stamp in clock.unreadable
        ]


def _is_loose(one: Placed) -> bool:
    """Whether it lies directly in the path that was given, and nothing but the path can say whose it is."""
    return len(one.file.names) == 1 and not _by_platform(one)


def _is_about_it(one: Placed) -> bool:
    """Whether a file is no work, but says something about it: a platform's stamp, or a hidden file of a system's."""
    return one.name == nbgrader.STAMP or one.name.startswith(".")


def _by_platform(one: Placed) -> bool:
    return one.platform is not Platform.NONE


def _rank(one: Placed, chapter: Chapter) -> tuple[bool, int, int, float, int, bool, str]:
    """Sorts first what is most likely meant: the chapter's own name, where it belongs, handed in last.

    A copy in a folder of its own (old, backup) often is newer than the work it was copied from, so depth counts
    before time. Numbers that browsers add count last: they are what is left where a download dated all files alike.
    """
    stem, again = stem_of(one.name), 0
    if one.platform is Platform.CANVAS:
        stem, again = canvas.attempt_of(stem)
    copy = _COPY.search(stem) if stem != chapter.stem else None
    number = int((copy[1] or copy[2])[:9]) if copy else 0
    newest = -(believable(one.file.time) or 0.0)
    return stem != chapter.stem, -again, one.depth, newest, -number, not _is_script(one), str(one.file.path)


def _is_script(one: Placed) -> bool:
    return code_suffix(one.name) == ".py"


def _twin(one: Placed) -> Path:
    """What a script and the notebook beside it have in common."""
    return one.file.path.parent / stem_of(one.name)


def _shown(path: Path) -> str:
    """A path of which every character can be seen."""
    return str(path) if str(path).isprintable() else repr(str(path))


# --- when was it handed in --------------------------------------------------------------------------------


class _Clock:
    """Tells when a file was handed in, by the best evidence there is.

    A stamp is believed where a platform put it: nbgrader into the folder of an assignment, Gradescope beside the
    folders of its export. Anywhere else it is one more file of the learner's.
    """

    def __init__(self, tree: Tree, layout: Layout, export: gradescope.Export, work: Sequence[Placed]) -> None:
        self.tree, self.export = tree, export
        of_moodle = [one for one in work if one.platform is Platform.MOODLE]
        own = (believable(one.file.time) for one in of_moodle)
        self.is_that_of_the_download = moodle.are_of_the_download([time for time in own if time is not None])
        stamped = _stamped_folders(tree, layout)
        self._stamps = {
            file.names[:-1]: nbgrader.read_stamp(file)
            for file in tree.files
            if file.names[-1] == nbgrader.STAMP and len(file.names) - 1 == stamped
        }
        self.unreadable = [
            tree.path.joinpath(*folder, nbgrader.STAMP)
            for folder, time in self._stamps.items()
            if time is None
        ]
        self._stamped = stamped
        self._autograder = gradescope.time_in_autograder(absolute(tree.path))

    def time_of(self, one: Placed) -> float | None:
        """Seconds since 1970; None if nothing says it, or nothing that can be."""
        names = one.file.names
        stamps = (
            self._stamps.get(names[: self._stamped]) if self._stamped is not None else None,
            self.export.time_of(names[0]),
            self._autograder,
        )
        for stamp in stamps:
            if stamp is not None:
                return stamp
        if one.platform is Platform.CANVAS:  # its archives say when they were made, and marks who was late
            return None
        if one.platform is Platform.MOODLE and self.is_that_of_the_download:
            return None
        return believable(one.file.time)


def _stamped_folders(tree: Tree, layout: Layout) -> int | None:
    """How many folders below the path nbgrader's stamps lie; None where nbgrader put nothing."""
    if layout is Layout.NBGRADER:
        return 2  # a learner's, an assignment's
    path = absolute(tree.path)
    above = [parent.name for parent in (path.parent, path.parent.parent)]
    return 1 - above.index(nbgrader.SUBMITTED) if nbgrader.SUBMITTED in above else None
