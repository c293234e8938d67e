"""Leave a long command on Ctrl-C or SIGTERM, and say what is kept."""

from __future__ import annotations

import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread, main_thread
from types import FrameType, FunctionType

import typer

from grader.language import gettext as _

_BY_SIGNAL = 128  # a shell's exit code for a program that a signal ended is this and the signal's number
_LOOK_EVERY_S = 0.01  # short enough not to be noticed


@contextmanager
def hears_every_interrupt() -> Iterator[None]:
    """Send Ctrl-C again where Python only prints it: in a callback of the garbage collector, or in a destructor.

    Hypothesis has such a callback, and a signal that comes during a collection is raised in it. A collection of all
    that torch has made takes so long that this was so in 6 of 20 tries while inputs were drawn.
    """
    before = sys.unraisablehook

    def unraisable(lost: sys.UnraisableHookArgs) -> None:
        if isinstance(lost.exc_value, KeyboardInterrupt):
            Thread(target=_send_again, args=(_number(lost.exc_value), unraisable), daemon=True).start()
        else:
            before(lost)

    sys.unraisablehook = unraisable
    try:
        yield
    finally:
        sys.unraisablehook = before


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
        said = _("broken off: {kept}; the same command goes on from there").format(kept=kept())
        typer.echo(said, err=True)
        raise typer.Exit(_BY_SIGNAL + _number(interrupt)) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _send_again(number: int, hook: FunctionType) -> None:
    """Send a signal to the main thread once it has left the hook, for what is raised in there is lost for good."""
    main = main_thread().ident
    assert main is not None
    while any(
        frame.f_code is hook.__code__ for frame, line in traceback.walk_stack(sys._current_frames()[main])
    ):
        time.sleep(_LOOK_EVERY_S)
    signal.pthread_kill(main, number)


def _number(interrupt: KeyboardInterrupt) -> int:
    """The signal that was raised so: Python's own handler of Ctrl-C does not say."""
    return int(interrupt.args[0]) if interrupt.args else signal.SIGINT


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt(number)
