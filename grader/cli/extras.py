"""Say in a sentence that a part of the kit is not installed, instead of a traceback about an import."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from grader.errors import UsageError


@contextmanager
def needs(extra: str, what: str) -> Iterator[None]:
    """Import inside what an extra of the package brings; UsageError with the command that installs it if it is missing.

    Only missing modules are answered so; any other error in an import is a bug, and keeps its traceback.

    Args:
        extra: the name of the extra.
        what: the option or command that needs it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        step = f"run: pip install 'brickwork[{extra}]'"
        raise UsageError(f"{error.name} is not installed here", what, step) from error


def needs_notebooks() -> AbstractContextManager[None]:
    """Make a notebook inside: what writes it is for those who hand out chapters, and is not installed for learners."""
    return needs("instructor", "--as ipynb")


def needs_nbgrader() -> AbstractContextManager[None]:
    """Import inside what needs nbgrader."""
    return needs("instructor", "--as nbgrader")
