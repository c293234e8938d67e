"""What the words on the command line mean: chapters, exercises and files."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader.course.config import COURSE_FILE, find_by_name, find_chapter, find_exercise
from grader.course.paths import checks_file
from grader.errors import UsageError
from grader.language import gettext as _
from grader.records import Chapter, Course
from grader.workspace.workspace import Workspace


@dataclass(frozen=True)
class Target:
    """One file to check, and the one exercise in it that is meant, None for all.

    Args:
        path: as it is to be shown; relative to here where that is shorter.
    """

    chapter: Chapter
    path: Path
    exercise: str | None = None


def find_targets(
    course: Course, workspace: Workspace, words: Sequence[str], exercise: str | None
) -> list[Target]:
    """What the words on the command line mean; without words every chapter that has a file in the workspace.

    Args:
        words: chapters, files or exercises. An exercise after its chapter or file means that exercise alone:
            `ch03 softmax` is one target.
        exercise: the only exercise that is meant in each, as with `--exercise`.

    Raises:
        UsageError: a word means nothing, or there is nothing to check.
    """
    targets: list[Target] = []
    for word in words:
        last = targets[-1] if targets else None
        if last is not None and last.exercise is None and _is_in(word, last.chapter):
            targets[-1] = replace(last, exercise=find_exercise(last.chapter, word).name)
        else:
            targets.append(_target(course, workspace, word, last))
    # Chapters without a file are passed over here; one that is named without having a file is an error.
    if not words:
        found = ((chapter, workspace.find(chapter)) for chapter in course.chapters)
        targets = [
            Target(chapter, shown_path(path)) for chapter, path in found if path and _has_checks(chapter)
        ]
        if exercise is not None:
            targets = [target for target in targets if _is_in(exercise, target.chapter)]
    if not targets:
        what = (
            "there are no exercises here"
            if exercise is None
            else f"no chapter here has the exercise {exercise}"
        )
        raise UsageError(what, str(workspace.root), f"{workspace.how_to_begin()}, or name the chapter")
    if exercise is None:
        return targets
    return [replace(target, exercise=find_exercise(target.chapter, exercise).name) for target in targets]


def _target(course: Course, workspace: Workspace, word: str, last: Target | None) -> Target:
    """One word: a file that is there, or a chapter or an exercise in the workspace.

    Args:
        last: the target before, for a word that names another exercise of the same chapter.

    Raises:
        UsageError: the file is not there, or no chapter or exercise has that name.
    """
    path = Path(word)
    if path.suffix in (".py", ".ipynb") or (len(path.parts) > 1 and not _names_exercise(course, word)):
        if not path.is_file():
            raise UsageError("there is no such file", word, _step_to_file(course, workspace, path))
        return Target(find_chapter(course, word), path)
    if last is not None and _is_in(word, last.chapter):
        return replace(last, exercise=find_exercise(last.chapter, word).name)
    # `neuron` is a chapter and an exercise in it: to check the chapter is to check both.
    chapter = next((one for one in course.chapters if one.stem.partition("_")[2] == word), None)
    chapter, exercise = (chapter, None) if chapter else find_words(course, word, None)
    return Target(chapter, shown_path(workspace.exercise_file(chapter)), exercise)


def _names_exercise(course: Course, word: str) -> bool:
    """Whether a word with a slash is `ch03/softmax` and no path."""
    label, _, name = word.rpartition("/")
    return any(
        label in (chapter.label, chapter.stem) and _is_in(name, chapter) for chapter in course.chapters
    )


def _step_to_file(course: Course, workspace: Workspace, missing: Path) -> str:
    """What to do about a file that is not there: get a lost exercise back, or type a file that is."""
    chapter = next((chapter for chapter in course.chapters if chapter.stem == missing.stem), None)
    if chapter is None:
        files = {
            str(shown_path(path)) for one in course.chapters if (path := workspace.find(one)) is not None
        }
        # A high bar: a wrong guess at a path is worse than none.
        near = difflib.get_close_matches(str(missing), files, n=1, cutoff=0.85)
        return (
            _("did you mean {near}?").format(near=near[0])
            if near
            else _("name a chapter, such as ch03, or a file that is there")
        )
    found = workspace.find(chapter)
    return (
        _("run: brick check {label}").format(label=chapter.label)
        if found
        else _("run: brick reset {label}").format(label=chapter.label)
    )


def _is_in(word: str, chapter: Chapter) -> bool:
    """Whether the chapter has an exercise of that name, in any case of letters."""
    return word.lower() in (exercise.name.lower() for exercise in chapter.exercises)


def find_words(course: Course, what: str, exercise: str | None) -> tuple[Chapter, str | None]:
    """The chapter and exercise that one or two words mean.

    One word may be an exercise's name: `softmax`, or `ch03/softmax` where chapters share the name. What is neither
    is told with its nearest neighbour of both kinds; UsageError.

    Args:
        what: a chapter, or an exercise if it stands alone.
        exercise: in that chapter; None if only one word was given.

    Returns:
        The chapter, and the exercise's name as the course writes it; None for the whole chapter.
    """
    if exercise is not None:
        chapter = find_chapter(course, what)
        return chapter, find_exercise(chapter, exercise).name
    if any(_is_in(what, chapter) for chapter in course.chapters) or _names_exercise(course, what):
        owners = find_by_name(course, what)
        if len(owners) > 1:
            choices = [f"{chapter.label}/{one.name}" for chapter, one in owners]
            raise UsageError(f"'{what}' could be {' or '.join(choices)}", "exercise", f"type {choices[0]}")
        [(chapter, found)] = owners
        return chapter, found.name
    try:
        return find_chapter(course, what), None
    except UsageError:
        known = [one.name for chapter in course.chapters for one in chapter.exercises]
        near = difflib.get_close_matches(what, known, n=1, cutoff=0.75)
        if not near:
            raise
        step = f"type a chapter, {course.chapters[0].label} to {course.chapters[-1].label}, or an exercise"
        raise UsageError(
            f"no chapter or exercise '{what}'; did you mean {near[0]}?", str(course.root / COURSE_FILE), step
        ) from None


def shown_path(path: Path) -> Path:
    """A path as short as a person would type it from here."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


def _has_checks(chapter: Chapter) -> bool:
    """Whether the chapter is judged at all; only looked for, not imported, for checks import torch."""
    return checks_file(chapter).is_file()
