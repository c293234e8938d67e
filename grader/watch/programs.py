"""Programs started from the watch: the learner's own editor at a line, and other commands of ours."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_VSCODE = ("code", "codium", "cursor", "code-insiders")
_PLUS_LINE = ("vi", "vim", "nvim", "nano", "emacs", "emacsclient", "micro", "kak", "joe")
# Those that open a window of their own and give the terminal back at once.
_WINDOWED = (*_VSCODE, "subl", "gedit", "kate", "zed", "mate", "gvim", "pycharm")


def editor_words(command: list[str], path: Path, line: int) -> list[str]:
    """The command line that opens `path` at `line`, in the manner of the editor.

    An editor that is not known opens the file at its top: a wrong option would keep it from opening at all.

    Args:
        command: the learner's editor with the options that they gave it.
        line: counted from 1.
    """
    program = Path(command[0]).name
    if program in _VSCODE:
        return [*command, "--goto", f"{path}:{line}"]
    if program in _PLUS_LINE:
        return [*command, f"+{line}", str(path)]
    return [*command, str(path)]


def has_window(command: list[str]) -> bool:
    """Whether the editor opens a window of its own and leaves the terminal alone.

    Judged by the program's name alone; one that is not known is taken for one that needs the terminal.
    """
    return Path(command[0]).name in _WINDOWED


def open_window(command: list[str], path: Path, line: int) -> None:
    """Start an editor that has a window, and do not wait for it; OSError if it does not start."""
    words = editor_words(command, path, line)
    # What it prints would land in the middle of our screen.
    subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def run_in_terminal(command: list[str], path: Path, line: int) -> None:
    """Give the terminal to an editor that runs in it, until it ends; OSError if it does not start."""
    subprocess.run(editor_words(command, path, line), check=False)


def run_brick(*words: str, cwd: Path) -> int:
    """Run another command of ours in this terminal; its exit code.

    In this very interpreter, whatever `brick` may be found on the path.
    """
    command = [sys.executable, "-c", "from grader.cli import main; main()", *words]
    return subprocess.run(command, cwd=cwd, check=False).returncode


@contextmanager
def without_interrupts() -> Iterator[None]:
    """While a program has our terminal, Ctrl-C is meant for that program; only in the main thread."""
    # A handler is not handed on to a program, as a signal that is ignored would be.
    before = signal.signal(signal.SIGINT, lambda *about: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
