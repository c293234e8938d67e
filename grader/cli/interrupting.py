"""Leave a long command on Ctrl-C or SIGTERM, and say what is kept."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import typer

_BY_SIGNAL = 128  # a shell's exit code for a program that a signal ended is this and the signal's number


@contextmanager
def says_what_is_kept(kept: Callable[[], str]) -> Iterator[None]:
    """Ctrl-C, or SIGTERM as a queue or a shutdown sends it, leaves the command with one line.

    Args:
        kept: what will be there when the same command is run again, such as "3 of 10 are graded and kept".
    """
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    except KeyboardInterrupt as interrupt:
        typer.echo(f"broken off: {kept()}; the same command goes on from there", err=True)
        [number] = interrupt.args or (signal.SIGINT,)
        raise typer.Exit(_BY_SIGNAL + number) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt(number)
