"""Keep how far the learner is: in one small text file that may be committed, and the last report of each chapter."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from grader.course.writing import write_whole
from grader.language import kept, translate
from grader.records import Chapter, Course, Exercise, Report
from grader.serialization import as_dict, from_dict, sealed, unsealed
from grader.workspace.workspace import Workspace

PROGRESS_FILE = "brickwork-progress.txt"
_HEAD = kept("Where you are in the course. brick keeps this file; commit it to carry your place along.")


@dataclass(frozen=True)
class CourseExercise:
    """One exercise in its chapter; written `ch03_activations/softmax`, for two chapters may share a name."""

    chapter: Chapter
    exercise: Exercise

    def __str__(self) -> str:
        return f"{self.chapter.stem}/{self.exercise.name}"


@dataclass
class Progress:
    """How far a learner is.

    Args:
        current: the exercise that is worked on, as `CourseExercise` is written; empty at the beginning.
        done: those that passed every check when they were last judged.
    """

    current: str = ""
    done: set[str] = field(default_factory=set)


def exercises_of(course: Course) -> Iterator[CourseExercise]:
    """Every exercise in the order of the course."""
    for chapter in course.chapters:
        for exercise in chapter.exercises:
            yield CourseExercise(chapter, exercise)


def read_progress(path: Path) -> Progress:
    """What the file says; the beginning if there is none, and nothing a hand put in is obeyed blindly.

    It is text with a word and a name on each line, so that a merge of two machines' files is still readable.
    """
    progress = Progress()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return progress
    for line in lines:
        word, _, rest = line.strip().partition(" ")
        if word == "current" and rest:
            progress.current = rest.strip()
        elif word == "done" and rest:
            progress.done.add(rest.strip())
    return progress


def write_progress(path: Path, progress: Progress, course: Course) -> OSError | None:
    """Keep it in the order of the course, whole or not at all; a folder that is read-only keeps none.

    An unchanged file is not written again: it may be under version control, and each write is an event to watchers.

    Returns:
        Why it could not be kept; None where it was.
    """
    known = [str(exercise) for exercise in exercises_of(course)]
    lines = [translate(_HEAD), ""]
    lines += [f"current {progress.current}", ""] if progress.current else []
    lines += [f"done {name}" for name in known if name in progress.done]
    text = "\n".join(lines).rstrip("\n") + "\n"
    try:
        if not path.is_file() or path.read_bytes() != text.encode():
            write_whole(path, text)
    except OSError as error:
        return error
    return None


# --- the last reports -------------------------------------------------------------------------------------


def kept_report(workspace: Workspace, chapter: Chapter) -> Report | None:
    """The last report on the learner's own file of a chapter; None if there is none that can be read."""
    return _read_report(workspace, _report_note(chapter))


def report_on(workspace: Workspace, chapter: Chapter, sha256: str) -> Report | None:
    """The last report on a chapter if it is about this very file, by its hash; None if it is about another."""
    report = kept_report(workspace, chapter)
    return report if report is not None and report.submission_sha256 == sha256 else None


def last_report(workspace: Workspace, chapter: Chapter, exercise: str | None) -> Report | None:
    """The last report that says something of an exercise: on it alone if that came later, else on its chapter.

    Args:
        exercise: None for the chapter's.
    """
    alone = None if exercise is None else _read_report(workspace, _report_note(chapter, exercise))
    return alone or kept_report(workspace, chapter)


def every_report(workspace: Workspace, chapter: Chapter) -> Iterator[Report]:
    """All that is kept of a chapter: the last report on it, and later ones on an exercise alone."""
    for exercise in (None, *(exercise.name for exercise in chapter.exercises)):
        report = _read_report(workspace, _report_note(chapter, exercise))
        if report is not None:
            yield report


def keep_report(
    workspace: Workspace, chapter: Chapter, report: Report, exercise: str | None = None
) -> OSError | None:
    """Keep a report where `brick hint` and `brick status` look for it.

    Args:
        exercise: the one that the report is on alone; such a report counts until the next on the whole chapter.

    Returns:
        Why it could not be kept; None where it was.
    """
    if exercise is None:
        shutil.rmtree((workspace.state / _report_note(chapter)).with_suffix(""), ignore_errors=True)
    return workspace.write_note(_report_note(chapter, exercise), sealed(as_dict(report)))


def _read_report(workspace: Workspace, note: str) -> Report | None:
    try:
        return from_dict(unsealed(workspace.read_note(note)))
    except (ValueError, KeyError, TypeError):  # damaged, or written by another version of the kit or a hand
        return None


def _report_note(chapter: Chapter, exercise: str | None = None) -> str:
    return f"reports/{chapter.stem}.json" if exercise is None else f"reports/{chapter.stem}/{exercise}.json"
