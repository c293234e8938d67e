"""Hold a course file against what it speaks of: the checks, the exercise files, and the modules there are.

What a wrong `course.yml` says in itself is refused when it is read. A name that stands for nothing shows only here:
an exercise without a check can never be failed, nor can anybody earn its points.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator
from pathlib import Path

from grader.course.config import COURSE_FILE
from grader.course.paths import exercise_file, solution_file
from grader.engine.suites import load_suite
from grader.errors import CourseError, did_you_mean
from grader.language import kept
from grader.records import Chapter, Course
from grader.rules.allowlist import modules_for
from grader.syntax import Definition, Unreadable, parse


def require_consistent(course: Course, chapters: Iterable[Chapter], *, exercises: bool = True) -> None:
    """Refuse a course that speaks of what is not there, before it costs anybody a point.

    Args:
        course: the course.
        chapters: those that are about to be judged.
        exercises: whether the exercise files are the instructor's; a learner's own may lack what they please.

    Raises:
        CourseError: the first inconsistency, and how many more there are.
    """
    found = [error for chapter in chapters for error in inconsistencies(course, chapter, exercises=exercises)]
    if found:
        first = found[0]
        more = kept(f" ({len(found) - 1} more: run brick doctor)") if len(found) > 1 else ""
        raise CourseError(first.what + more, first.where, first.next_step)


def inconsistencies(course: Course, chapter: Chapter, *, exercises: bool = True) -> Iterator[CourseError]:
    """What the course file says of a chapter and is not so; none of it is raised.

    Args:
        course: for where its files lie.
        chapter: one of its chapters.
        exercises: as for `require_consistent`.
    """
    where = f"{course.root / COURSE_FILE}, {chapter.stem}"
    missing = list(_imports_not_there(chapter, where))
    yield from missing
    if missing:  # the checks may well need the same module
        return
    try:
        suite = load_suite(chapter)
    except CourseError as error:
        yield error
        return
    judged = {check.exercise for check in suite.checks}
    step = "mend the name in course.yml, or write a check for it"
    for exercise in chapter.exercises:
        if exercise.name not in judged:
            what = f"{chapter.label}: no check judges the exercise {exercise.name}"
            yield CourseError(what + did_you_mean(exercise.name, judged), where, step)
    yield from _not_in_the_file(course, chapter, exercises=exercises)


def _imports_not_there(chapter: Chapter, where: str) -> Iterator[CourseError]:
    """Modules that learners may import by the course file, and cannot."""
    for name in chapter.imports:
        try:
            modules_for((name,))
        except CourseError as error:
            yield CourseError(f"{chapter.label}: {error.what}", where, error.next_step)
            continue
        if importlib.util.find_spec(name) is None:
            what = f"{chapter.label}: learners may import {name}, and it is not installed here"
            yield CourseError(what, where, f"run: pip install {name}; or take it out of imports")


def _not_in_the_file(course: Course, chapter: Chapter, *, exercises: bool) -> Iterator[CourseError]:
    """Exercises that the solution does not define, or the file that learners get where there is no solution."""
    path = solution_file(course.root, chapter.stem)
    if not path.is_file():
        path = exercise_file(course.root, chapter.stem)
        if not exercises or not path.is_file():
            return
    defined = _defined_in(path)
    for exercise in chapter.exercises:
        if defined and exercise.name not in defined:
            what = f"{chapter.label}: {path.name} has no exercise {exercise.name}"
            step = "mend the name there or in course.yml"
            yield CourseError(what + did_you_mean(exercise.name, defined), str(path), step)


def _defined_in(path: Path) -> set[str]:
    """The functions and classes of a file; none where it cannot be read, which others will say."""
    try:
        tree = parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, Unreadable):
        return set()
    return {node.name for node in tree.body if isinstance(node, Definition)}
