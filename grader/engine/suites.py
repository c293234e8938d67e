"""Find the checks of a chapter by its stem; the engine imports no chapter by name."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path

from grader.checking.check import Suite, suite_of
from grader.engine.fingerprint import source_sha256
from grader.errors import CourseError
from grader.records import Chapter


def load_suite(stem: str) -> Suite:
    """All checks that the kit has for a chapter.

    Args:
        stem: such as `ch03_activations`; the checks are in the module of `grader.checks` of that name.

    Raises:
        CourseError: there is no such module.
    """
    name = f"grader.checks.{stem}"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise CourseError("the chapter has no checks", f"grader/checks/{stem}.py", "write them") from None
    return suite_of(module, source_sha256(Path(str(module.__file__))))


def suite_for(chapter: Chapter) -> Suite:
    """The checks of a chapter's exercises: a course of one's own may leave out some that the kit has checks for."""
    suite, names = load_suite(chapter.stem), {exercise.name for exercise in chapter.exercises}
    return replace(suite, checks=tuple(check for check in suite.checks if check.exercise in names))
