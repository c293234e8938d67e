"""Keep both sides of a sandbox on one core: they take turns, and waking a core that sleeps takes longer than a call."""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
from functools import cache


@cache
def usable_cores() -> tuple[int, ...]:
    """The cores this process was given, by number; none where a thread cannot be kept on one."""
    return tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_setaffinity") else ()


def stay_on(core: int) -> None:
    """Keep the calling thread, and what it starts from now on, on one core, if the system lets it."""
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, {core})


class OneCore:
    """A thread that is kept on the core where it is, and let go again.

    Only one at a time: to hold a thread lets the one before go.
    """

    def __init__(self) -> None:
        self._thread: int | None = None

    def hold(self) -> int | None:
        """Keep the calling thread where it is; the number of that core, or None where this cannot be done."""
        self.release()
        cores = usable_cores()
        # Asked of the C library, for Python does not say which core a thread is on.
        here: int | None = ctypes.CDLL(None).sched_getcpu() if cores else None
        if here not in cores:
            return None
        self._thread = threading.get_native_id()
        stay_on(here)
        return here

    def release(self) -> None:
        """Let the thread go where the system sends it.

        Safe to call from another thread, and where nothing is held.
        """
        thread, self._thread = self._thread, None
        if thread is not None:
            with contextlib.suppress(OSError):  # the thread may have ended
                os.sched_setaffinity(thread, usable_cores())
