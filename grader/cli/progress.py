"""The one progress bar: how far a command is, on stderr, so that what it prints can still be piped elsewhere.

Where stderr is no terminal nothing is shown at all: a log is not to be filled with bars.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from grader.language import gettext as _

Item = TypeVar("Item")
# A dumb terminal cannot redraw a line: it gets a new one, but not so often that the rest scrolls away.
PLAIN_LINE_EVERY_S = 10.0


class Advance(Protocol):
    """What work that is under way calls to say how far it is.

    A protocol and no plain callable, because `note` may be left out.
    """

    def __call__(self, name: str, done: int, total: int, note: str = "") -> None:
        """Show that `done` of `total` are done.

        Args:
            name: which of several rows this is about; a new name opens a new row, "" is the only row.
            note: a word or two beside the numbers.
        """


@contextmanager
def progress_bar(label: str, *, quiet: bool = False) -> Iterator[Advance]:
    """Show a row per name for as long as the block runs; nothing where stderr is no terminal.

    Args:
        label: what is being done; stands before the name of each row.
        quiet: show nothing, for output that another program reads.

    Yields:
        A function to call as often as one likes; redrawing is bounded by rich.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda name, done, total, note="": None
        return
    console = _console()
    if console.is_dumb_terminal:
        yield _PlainLines(label)
        return
    shown = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(),
    )
    with Progress(*shown, console=console, transient=True) as bar:
        rows: dict[str, TaskID] = {}

        def advance(name: str, done: int, total: int, note: str = "") -> None:
            if name not in rows:
                rows[name] = bar.add_task(f"{label} {name}".rstrip(), total=total, note=note)
            bar.update(rows[name], completed=done, total=total, note=note)

        yield advance


class _PlainLines:
    """The same in whole lines, one now and then.

    Args:
        label: what is being done; each line begins with it.
    """

    def __init__(self, label: str) -> None:
        self._label = label
        self._start = self._last = time.monotonic()

    def __call__(self, name: str, done: int, total: int, note: str = "") -> None:
        now = time.monotonic()
        if done and now - self._last >= PLAIN_LINE_EVERY_S:
            # Taken from all that is done so far: the last one alone says too little where items differ.
            minutes = (now - self._start) / done * (total - done) / 60
            told = _(", ").join(
                filter(
                    None,
                    (
                        _("{done} of {total}").format(done=done, total=total),
                        note,
                        _("{minutes:.0f} min left").format(minutes=minutes),
                    ),
                )
            )
            print(f"{self._label} {name}".rstrip() + _(": ") + told, file=sys.stderr)
            self._last = now


def counted(
    items: Iterable[Item],
    total: int,
    label: str,
    *,
    quiet: bool = False,
    fails: Callable[[Item], bool] | None = None,
    counts: Callable[[Item], bool] | None = None,
) -> Iterator[Item]:
    """Pass `items` through and show how many have come; one alone needs no bar.

    An item counts as done when the caller asks for the next, so the work on it is in the rate.

    Args:
        items: usually work that is done as they are asked for; none is asked for ahead.
        total: how many there will be that count.
        fails: which of them failed; then their number and the rate stand beside the bar.
        counts: which of them took work; by default all do.
    """
    with progress_bar(label, quiet=quiet or total < 2) as advance:
        start, done, failing = time.monotonic(), 0, 0
        advance("", 0, total)
        for item in items:
            yield item
            done += counts is None or counts(item)
            failing += fails is not None and fails(item)
            rate = _rate(done, time.monotonic() - start)
            note = _("{number} failing{rate}").format(number=failing, rate=rate) if fails else ""
            # What was lost beside others is graded once more, so there may be more than was foreseen.
            advance("", done, max(done, total), note)


def _rate(done: int, seconds: float) -> str:
    """How fast it goes; not before there is something to tell it by.

    In the first second there is nothing to divide by.
    """
    return _(", {number:.0f} a minute").format(number=60 * done / seconds) if seconds > 1 else ""


@contextmanager
def waiting(label: str, *, quiet: bool = False) -> Iterator[None]:
    """A word and a moving sign on stderr while something short runs; nothing where there is no terminal.

    Args:
        label: what is waited for, in a word or two.
        quiet: show nothing, for output that another program reads.
    """
    if quiet or not sys.stderr.isatty():
        yield
        return
    with _console().status(label):
        yield


def _console() -> Console:
    """Where progress is drawn: on stderr, and without colours where NO_COLOR is set."""
    return Console(stderr=True, no_color=bool(os.environ.get("NO_COLOR")))
