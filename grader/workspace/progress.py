"""Keep the learner's place in one small text file that may be committed: the current exercise, and those done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from grader.records import Chapter, Course, Exercise, Report
from grader.serialization import as_dict, from_dict
from grader.workspace.workspace import Workspace, write_whole

PLACE_FILE = "brickwork-progress.txt"
_HEAD = "Where you are in the course. brick keeps this file; commit it to carry your place along."


@dataclass(frozen=True)
class Spot:
    """One exercise in its chapter; written `ch03_activations/softmax`."""

    chapter: Chapter
    exercise: Exercise

    def __str__(self) -> str:
        return f"{self.chapter.stem}/{self.exercise.name}"


@dataclass
class Place:
    """The current exercise, and those that passed every check when they were last judged."""

    current: str = ""
    done: set[str] = field(default_factory=set)


def spots(course: Course) -> Iterator[Spot]:
    """Every exercise in the order of the course."""
    for chapter in course.chapters:
        for exercise in chapter.exercises:
            yield Spot(chapter, exercise)


def read_place(path: Path) -> Place:
    """The place as it was kept; the beginning if there is no file, and nothing a hand put in is obeyed blindly."""
    place = Place()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return place
    for line in lines:
        word, _, rest = line.strip().partition(" ")
        if word == "current" and rest:
            place.current = rest.strip()
        elif word == "done" and rest:
            place.done.add(rest.strip())
    return place


def write_place(path: Path, place: Place, course: Course) -> None:
    """Keep the place, in the order of the course, whole or not at all; a workspace that is read-only keeps none."""
    known = [str(spot) for spot in spots(course)]
    lines = [_HEAD, "", f"current {place.current}", ""] if place.current else [_HEAD, ""]
    lines += [f"done {name}" for name in known if name in place.done]
    text = "\n".join(lines).rstrip("\n") + "\n"
    try:
        if not path.is_file() or path.read_bytes() != text.encode():
            write_whole(path, text)
    except OSError:
        return


def kept_report(workspace: Workspace, chapter: Chapter) -> Report | None:
    """The last report on the learner's own file of a chapter; None if there is none that can be read."""
    try:
        return from_dict(workspace.read_note(f"reports/{chapter.stem}.json"))
    except (ValueError, KeyError, TypeError):
        return None


def report_on(workspace: Workspace, chapter: Chapter, sha256: str) -> Report | None:
    """The last report on a chapter if it is about this very file, by its hash; None if it is about another."""
    report = kept_report(workspace, chapter)
    return report if report is not None and report.submission_sha256 == sha256 else None


def keep_report(workspace: Workspace, chapter: Chapter, report: Report) -> None:
    """Keep a whole chapter's report, where `brick hint` and `brick status` look for it."""
    workspace.write_note(f"reports/{chapter.stem}.json", as_dict(report))
