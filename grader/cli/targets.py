"""What the words on the command line mean: chapters, exercises and files."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader.course.config import find_chapter, find_exercise
from grader.errors import UsageError
from grader.records import Chapter, Course
from grader.workspace.workspace import Workspace


@dataclass(frozen=True)
class Target:
    """One file to check, and the one exercise in it that is meant, None for all."""

    chapter: Chapter
    path: Path
    exercise: str | None = None


def find_targets(
    course: Course, workspace: Workspace, words: Sequence[str], exercise: str | None
) -> list[Target]:
    """What the words on the command line mean; without words every chapter that has a file in the workspace.

    Args:
        words: chapters, or files.
        exercise: the only exercise that is meant in each.

    Raises:
        UsageError: a word means nothing, or there is nothing to check.
    """
    targets: list[Target] = []
    for word in words:
        path = Path(word)
        is_file = path.suffix in (".py", ".ipynb") and path.is_file()
        chapter = find_chapter(course, word)
        targets.append(Target(chapter, path if is_file else shown_path(workspace.exercise_file(chapter))))
    if not words:
        found = ((chapter, workspace.find(chapter)) for chapter in course.chapters)
        targets = [
            Target(chapter, shown_path(path)) for chapter, path in found if path and _has_checks(chapter)
        ]
        if exercise is not None:
            targets = [t for t in targets if exercise in (e.name for e in t.chapter.exercises)]
    if not targets:
        what = (
            "there are no exercises here"
            if exercise is None
            else f"no chapter here has the exercise {exercise}"
        )
        raise UsageError(what, str(workspace.root), "run: brick init, or name the chapter")
    if exercise is None:
        return targets
    return [replace(target, exercise=find_exercise(target.chapter, exercise).name) for target in targets]


def find_words(course: Course, what: str, exercise: str | None) -> tuple[Chapter, str | None]:
    """The chapter and exercise meant; one word may be an exercise's name that only one chapter has."""
    if exercise is None:
        owners = [c for c in course.chapters if what in (e.name for e in c.exercises)]
        if len(owners) == 1:
            return owners[0], what
    chapter = find_chapter(course, what)
    return chapter, find_exercise(chapter, exercise).name if exercise else None


def shown_path(path: Path) -> Path:
    """A path as short as a person would type it from here."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


def _has_checks(chapter: Chapter) -> bool:
    """Whether the kit judges the chapter at all; one that an author has just laid out has no checks yet."""
    return importlib.util.find_spec(f"grader.checks.{chapter.stem}") is not None
