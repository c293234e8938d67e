"""Ask a process of its own, and be that process: one JSON line with a question, one with the answer, in turn."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grader.errors import KitError, words_of
from grader.language import kept

Message = dict[str, Any]

# Not `-m`: that would look for modules in the current folder first, and a learner's folder may hold a torch.py.
_BOOT = """
import importlib, sys
sys.path.append(sys.argv[1])
importlib.import_module(sys.argv[2]).main()
"""


class HelperLost(Exception):
    """The process ended without an answer; the text says how."""


class HelperFault(Exception):
    """A fault of the kit; the text is the traceback from over there."""


class Helper:
    """A process that answers questions; started by the first one, and again by the next if it is gone.

    Args:
        module: has a `main` that calls `serve`.
        settings: the first thing the process is told.
    """

    def __init__(self, module: str, **settings: Any) -> None:
        self._module, self._settings = module, settings
        self._child: subprocess.Popen[str] | None = None
        self._turn = threading.Lock()
        atexit.register(self.close)

    def ask(self, **question: Any) -> Message:
        """The answer to a question.

        Raises:
            KitError: somebody can mend what is wrong.
            HelperFault: nobody but the kit's authors can.
            HelperLost: no answer came.
        """
        with self._turn:
            try:
                answer = self._exchange_again_if_lost(question)
            except BaseException:
                self.close()  # an interrupted answer must not be taken for the next one
                raise
        if "refused" in answer:
            raise KitError(*answer["refused"])
        if "fault" in answer:
            raise HelperFault(answer["fault"])
        return answer

    def close(self) -> None:
        """End the process, and with it what it started."""
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        for pipe in (child.stdin, child.stdout, child.stderr):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        child.wait()

    def _exchange_again_if_lost(self, question: Message) -> Message:
        try:
            return self._exchange(question)
        except HelperLost:  # perhaps it was gone before it was asked
            self.close()
            return self._exchange(question)

    def _exchange(self, question: Message) -> Message:
        if self._child is None or self._child.poll() is not None:
            self.close()
            try:
                self._child = self._start()
            except OSError as error:  # a Python in the browser has no processes
                raise HelperLost(kept(f"it cannot be started: {words_of(error)}")) from error
            _send(self._child, self._settings)
        _send(self._child, question)
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line:
            raise HelperLost(_last_words(self._child))
        answer = json.loads(line)
        assert isinstance(answer, dict)
        return answer

    def _start(self) -> subprocess.Popen[str]:
        folder = str(Path(__file__).resolve().parent.parent)
        return subprocess.Popen(
            [sys.executable, "-P", "-c", _BOOT, folder, self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # One thread: tiny products are faster so, and sums come out the same everywhere.
            env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUTF8": "1"},
            encoding="utf-8",
            start_new_session=True,  # Jupyter's interrupt goes to the kernel's whole group
        )


def _send(child: subprocess.Popen[str], message: Message) -> None:
    assert child.stdin is not None
    try:
        child.stdin.write(json.dumps(message) + "\n")
        child.stdin.flush()
    except BrokenPipeError:
        raise HelperLost(_last_words(child)) from None


def _last_words(child: subprocess.Popen[str]) -> str:
    """The last line that a process has complained in, or its exit code."""
    assert child.stderr is not None
    lines = child.stderr.read().strip().splitlines()
    return lines[-1] if lines else kept(f"it ended with code {child.wait()}")


# --- the other end ----------------------------------------------------------------------------------------


def serve(prepare: Callable[[Message], Callable[[Message], Message]]) -> None:
    """Answer on what was standard output until the asking process is gone.

    Args:
        prepare: turns the settings into the function that answers.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    settings = json.loads(sys.stdin.readline())
    answer: Callable[[Message], Message] | None = None
    for line in sys.stdin:
        try:
            if answer is None:
                answer = prepare(settings)
                with open(os.devnull, "wb") as null:  # what is printed from here on, nobody reads
                    os.dup2(null.fileno(), 1)
                    os.dup2(null.fileno(), 2)
            reply = answer(json.loads(line))
        except KitError as error:
            reply = {"refused": [error.what, error.where, error.next_step]}
        except Exception:
            reply = {"fault": traceback.format_exc(limit=-6)}
        answers.write(json.dumps(reply) + "\n")
        answers.flush()
