"""Run a submission's definitions, as often as needed, and tell its lines from those of others."""

from __future__ import annotations

import linecache
import sys
import types
from collections.abc import Callable
from typing import Any

from grader.sandbox.evaluations import builtins_that_note

FILENAME = "<submission>"


class LearnerModule:
    """The module that a submission's source makes.

    It is run again for each set of barred operations, so that nothing computed under one is there under another.
    """

    def __init__(self) -> None:
        self._code: types.CodeType | None = None
        self._module = types.ModuleType("submission")

    def compile(self, source: str) -> None:
        """Take another source; nothing of it runs yet. Raises what Python says about it."""
        # So that a traceback shows the learner's lines, though there is no such file.
        linecache.cache[FILENAME] = (len(source), None, source.splitlines(keepends=True), FILENAME)
        self._code = compile(source, FILENAME, "exec")

    def run(self) -> tuple[str, ...]:
        """Run the definitions in a fresh module; the public names of what can be called in it.

        Raises:
            BaseException: whatever the learner's code raises, SystemExit too.
        """
        self._module = types.ModuleType("submission")
        vars(self._module)["__builtins__"] = builtins_that_note()
        sys.modules["submission"] = self._module  # dataclasses look their module up there
        if self._code is not None:
            exec(self._code, vars(self._module))
        names = vars(self._module).items()
        return tuple(name for name, value in names if callable(value) and name[0] != "_")

    def function(self, name: str) -> Callable[..., Any] | None:
        """The function or class of that name; None if there is none.

        Looked up in the module as it is now; what a call defined since is found too.
        """
        found: object = vars(self._module).get(name)
        return found if callable(found) else None


def place_of(error: BaseException) -> tuple[int | None, str]:
    """The learner's line that was running when the error came, and the function or class of the file it is in.

    Returns:
        None and "" if no line of theirs was running. Of a method or an inner function the name is what the file
        defines around it; it is empty for a lambda and for the top level.

    Args:
        error: as it was caught; its traceback goes from the outermost frame to the innermost.
    """
    line, function = None, ""
    frames = error.__traceback__
    while frames is not None:
        code = frames.tb_frame.f_code
        if code.co_filename == FILENAME:
            line, function = frames.tb_lineno, code.co_qualname.split(".")[0]
        frames = frames.tb_next
    return line, function if function.isidentifier() else ""
