"""Tell how much time a process has had to itself: what passed, less what it waited for a core.

On a busy machine a process waits while others run. That is nobody's fault in it, so no limit counts it. Sleeping is
counted: whoever sleeps forever never answers.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

_NANO = 1e-9
BACKSTOP = 10  # as a last resort a limit also ends what has taken so many times as long by anybody's clock


class ProcessClock:
    """A clock that stands still while a process is ready to run and gets no core.

    Where the kernel does not say how long a process has waited, its processor time is counted, in steps of a hundredth
    of a second; on systems without /proc, or for an unknown process, all time is.

    Args:
        pid: the process, as this one numbers it; None where that is not known.
    """

    def __init__(self, pid: int | None) -> None:
        self._file: int | None = None
        self._read: Callable[[bytes], float] = _running
        for name, read in (("schedstat", _less_waiting), ("stat", _processor_time)):
            try:
                self._file = os.open(f"/proc/{pid}/{name}", os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                continue
            self._read = read
            break

    def time_s(self) -> float:
        """The time on this clock; only differences mean something. Once the process is gone, all time counts."""
        if self._file is None:
            return time.monotonic()
        try:
            return self._read(os.pread(self._file, 512, 0))
        except (OSError, ValueError, IndexError):
            return time.monotonic()

    def close(self) -> None:
        """Give the file back."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)


def _running(_: bytes) -> float:
    """For a system that tells nothing: all time counts."""
    return time.monotonic()


def _less_waiting(schedstat: bytes) -> float:
    """From `ran waited slices`, in nanoseconds."""
    return time.monotonic() - int(schedstat.split()[1]) * _NANO


def _processor_time(stat: bytes) -> float:
    """From the 14th and 15th fields of /proc/PID/stat; the second is a name that may hold anything."""
    fields = stat.rpartition(b")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def child_of(parent: int, inner_pid: int) -> int | None:
    """The child of a process that is called `inner_pid` in its own namespace, as this process numbers it.

    Args:
        parent: the zygote, as this process numbers it.
        inner_pid: what the zygote calls its child.

    Returns:
        None where /proc does not tell.
    """
    try:
        with open(f"/proc/{parent}/task/{parent}/children", encoding="ascii") as file:
            children = [int(word) for word in file.read().split()]
        # The newest child stands last, and is the one that is asked for.
        for pid in reversed(children):
            with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
                numbers = next(line for line in file if line.startswith("NSpid:")).split()
            if int(numbers[-1]) == inner_pid:
                return pid
    except (OSError, ValueError, StopIteration):
        return None
    return None


class Deadline:
    """When an answer must be there: after so much of the process's own time, or ten times that of anybody's.

    Args:
        limit_s: seconds of the clock's time.
        clock: the process's own time; None counts all time.
    """

    def __init__(self, limit_s: float, clock: ProcessClock | None = None) -> None:
        self._limit_s, self._clock = limit_s, clock
        self._start, self._own_start = time.monotonic(), clock.time_s() if clock is not None else 0.0

    def left(self) -> float:
        """Seconds until it has passed, if the process need not wait for a core; TimeoutError once it has."""
        elapsed = time.monotonic() - self._start
        if elapsed >= self._limit_s and self._clock is not None and elapsed < BACKSTOP * self._limit_s:
            elapsed = self.spent()
        if elapsed >= self._limit_s:
            raise TimeoutError("the deadline has passed")
        return self._limit_s - elapsed

    def spent(self) -> float:
        """Seconds of the process's own time since the start."""
        if self._clock is None:
            return time.monotonic() - self._start
        return max(0.0, self._clock.time_s() - self._own_start)
