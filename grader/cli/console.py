"""What the commands share: how wide and how colourful to write, errors in three lines, a progress bar."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from grader.errors import KitError
from grader.text import clean, wrap

if TYPE_CHECKING:
    from rich.progress import TaskID

    from grader.report.terminal import Style

Item = TypeVar("Item")
NARROWEST, WIDEST = 40, 100
PLAIN_LINE_EVERY_S = 10.0


def columns() -> int:
    """Columns to write in: the terminal's, within reason; 80 where there is no terminal."""
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size((80, 24)).columns))


def wants_colour() -> bool:
    """Colour only on a terminal that has it, and never against NO_COLOR."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not plain


def style(cards: int = 1) -> Style:
    """How to write on this terminal."""
    from grader.report.terminal import Style

    return Style(columns(), wants_colour(), cards)


def error_lines(error: KitError) -> list[str]:
    """The three parts of an error, cleaned and wrapped."""
    parts = (("error:", error.what), ("  where:", error.where), ("  next: ", error.next_step))
    lines: list[str] = []
    for label, text in parts:
        lines += wrap(f"{label} {clean(text)}", columns(), indent="         ", first="", cut=False)
    return lines


def progress(items: Iterable[Item], total: int, label: str, *, quiet: bool = False) -> Iterator[Item]:
    """Pass `items` through; on a terminal a bar on stderr shows how far it is."""
    if quiet or total < 2 or not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, no_color=bool(os.environ.get("NO_COLOR")))
    shown = (TextColumn(label), BarColumn(bar_width=None), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*shown, console=console, transient=True) as bar:
        task = bar.add_task(label, total=total)
        for item in items:
            bar.advance(task)
            yield item


def grading(
    items: Iterable[Item], total: int, label: str, fails: Callable[[Item], bool], *, quiet: bool = False
) -> Iterator[Item]:
    """Pass verdicts through; on stderr stands how many are done and failing, how fast it goes, and what is left.

    A bar where the terminal can redraw a line, else a line now and then; nothing where there is no terminal.
    """
    if quiet or total < 2 or not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, no_color=bool(os.environ.get("NO_COLOR")))
    told = TextColumn("{task.fields[told]}")
    shown = (TextColumn(label), BarColumn(bar_width=None), MofNCompleteColumn(), told, TimeRemainingColumn())
    start = last_line = time.monotonic()
    failing = 0
    with Progress(*shown, console=console, transient=True, disable=console.is_dumb_terminal) as bar:
        task = bar.add_task(label, total=total, told="starting")
        for done, item in enumerate(items, start=1):
            failing += fails(item)
            now = time.monotonic()
            text = f"{failing} failing, {_rate(done, now - start)}"
            bar.update(task, completed=done, told=text)
            if console.is_dumb_terminal and now - last_line >= PLAIN_LINE_EVERY_S:
                minutes = (now - start) / done * (total - done) / 60
                print(f"{label}: {done} of {total}, {text}, {minutes:.0f} min left", file=sys.stderr)
                last_line = now
            yield item


def _rate(done: int, seconds: float) -> str:
    """How fast it goes; not before there is something to tell it by."""
    return f"{60 * done / seconds:.0f} a minute" if seconds > 1 else "starting"


@contextmanager
def waiting(label: str, *, quiet: bool = False) -> Iterator[None]:
    """A word and a moving sign on stderr while something short runs; nothing where there is no terminal."""
    if quiet or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True, no_color=bool(os.environ.get("NO_COLOR"))).status(label):
        yield


@contextmanager
def counter(label: str, *, quiet: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """A bar for work that reports (name, done, total) itself; nothing where there is no terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda name, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, no_color=bool(os.environ.get("NO_COLOR")))
    shown = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*shown, console=console, transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def advance(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(f"{label} {name}", total=total)
            bar.update(tasks[name], completed=done)

        yield advance
