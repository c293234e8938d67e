"""Find the checks of a chapter: the kit's by its stem, or those of its course by their file."""

from __future__ import annotations

import hashlib
import importlib
import sys
import traceback
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from grader.checking.check import Law, Suite, suite_of
from grader.engine.fingerprint import content_sha256, source_sha256
from grader.errors import CourseError
from grader.records import Chapter


def load_suite(chapter: Chapter) -> Suite:
    """All checks that there are for a chapter, also those of exercises that the course leaves out.

    Raises:
        CourseError: there is no such file, or it cannot be loaded.
    """
    return _suite_of_kit(chapter.stem) if chapter.checks is None else _suite_of_file(chapter.checks)


def suite_for(chapter: Chapter) -> Suite:
    """The checks of a chapter's exercises: a course of one's own may leave out some that the kit has checks for."""
    suite, names = load_suite(chapter), {exercise.name for exercise in chapter.exercises}
    return replace(suite, checks=tuple(check for check in suite.checks if check.exercise in names))


def needs_fake_tensors(chapters: Iterable[Chapter]) -> bool:
    """Whether a law of these chapters runs code on tensors of another kind, which a sandbox is made ready for at once.

    To be ready takes a second of every start, and to make ready in each guest a second of every submission.
    """
    laws = {check.law for chapter in chapters for check in suite_for(chapter).checks}
    return bool(laws & {Law.DEVICE, Law.DERIVED})


def _suite_of_kit(stem: str) -> Suite:
    """The checks in the module of `grader.checks` that is called like the chapter."""
    name = f"grader.checks.{stem}"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise CourseError("the chapter has no checks", f"grader/checks/{stem}.py", "write them") from None
    return suite_of(module, source_sha256(Path(str(module.__file__))))


def _suite_of_file(path: Path) -> Suite:
    """The checks in a file of a course's own. It runs as the code of whoever grades: `course.trust` let it pass."""
    try:
        content = path.read_bytes()
    except OSError as error:
        what = f"the checks of the chapter cannot be read: {error.strerror}"
        raise CourseError(what, str(path), "write them") from None
    try:
        return suite_of(_module_of(path, content), content_sha256(content))
    except Exception as error:  # an author's slip; a fault of the kit's own checks keeps its traceback
        raise _unloadable(path, error) from error


def _module_of(path: Path, content: bytes) -> ModuleType:
    """The file of checks as a module; loaded once, and again when it has changed.

    It is run from the very bytes that are hashed, so that no verdict bears the hash of other checks than made it.
    The module is known by a name of its own: two courses may each have a chapter `week1`.
    """
    name = f"grader_checks_{hashlib.sha256(str(path).encode() + content).hexdigest()}"
    if name in sys.modules:
        return sys.modules[name]
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        exec(compile(content, str(path), "exec", dont_inherit=True), vars(module))
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _unloadable(path: Path, error: Exception) -> CourseError:
    """What is wrong with an author's checks, and on which line of them."""
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)
    ]
    line = error.lineno if isinstance(error, SyntaxError) else next(reversed(lines), None)
    where = f"{path}, line {line}" if line else str(path)
    what = error.msg if isinstance(error, SyntaxError) else error
    return CourseError(f"the checks cannot be loaded: {type(error).__name__}: {what}", where, "mend them")
