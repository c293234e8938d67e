"""Say in a sentence that a part of the kit is not installed, instead of a traceback about an import."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from grader.errors import UsageError


@contextmanager
def needs_nbgrader() -> Iterator[None]:
    """Import inside what needs nbgrader; UsageError with the command that installs it where it is missing.

    Only missing modules are answered so; any other error in an import is a bug, and keeps its traceback.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        step = "run: pip install 'brickwork[instructor]'"
        raise UsageError(f"{error.name} is not installed here", "--as nbgrader", step) from error
