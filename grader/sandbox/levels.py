"""Find out by real runs which isolation levels this machine offers, and hold a caller to one.

Whether a kernel lets us seal a process depends on its version, its settings and the container around it, which no table
tells. So each level is tried: a zygote is started as for grading, and tries what must not work.
"""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass

from grader.errors import SandboxError
from grader.language import kept
from grader.sandbox import lockdown
from grader.sandbox.launch import Lack, LaunchError, Level, Wishes, launch

__all__ = ["Level", "offered", "require", "strongest"]

_NEXT_STEPS = {
    Lack.BUBBLEWRAP: kept("install it (apt install bubblewrap, dnf install bubblewrap)"),
    Lack.PYSECCOMP: kept("install it (pip install pyseccomp)"),
    Lack.LIBSECCOMP: kept("install it (apt install libseccomp2, dnf install libseccomp)"),
    Lack.NAMESPACES: kept(
        "allow user namespaces (sysctl kernel.unprivileged_userns_clone=1; on Ubuntu also "
        "kernel.apparmor_restrict_unprivileged_userns=0; in a container, a seccomp profile that permits unshare)"
    ),
}


@dataclass(frozen=True)
class Shortfall:
    """Why a level is not to be had: the reason in words, and what is lacking where it can be got."""

    reason: str
    lack: Lack | None = None


def offered() -> dict[Level, str | None]:
    """Each level with the reason why this machine does not offer it, None if it does. Probed once per process."""
    shortfalls = {level: _missing(level) for level in Level}
    return {level: found.reason if found is not None else None for level, found in shortfalls.items()}


@functools.cache
def _missing(level: Level) -> Shortfall | None:
    """Why a level is not to be had: what a real run with all doors tried came to.

    Cached: what the machine offers does not change while a process runs.
    """
    if level is Level.PLAIN:
        can_fork = os.name == "posix"
        return None if can_fork else Shortfall("this system cannot fork a process; on Windows use WSL 2")
    if not lockdown.LINUX:
        return Shortfall("it needs Linux")
    if level is Level.UID and os.geteuid() != 0:
        return Shortfall("only root can run a process as another user")
    if level is Level.UID and not lockdown.landlock_version():
        return Shortfall("this kernel has no landlock")
    try:
        zygote, answer = launch(Wishes(level, probe=True))
    except LaunchError as error:
        return Shortfall(str(error), error.lack)
    zygote.close()
    if answer["open"]:
        return Shortfall(f"a probe found doors open: {', '.join(answer['open'])}")
    return None


def strongest() -> Level:
    """The strongest level this machine offers.

    Raises:
        SandboxError: not even `plain` is to be had.
    """
    for level in Level:
        if _missing(level) is None:
            return level
    raise _refusal(Level.PLAIN)


def require(level: Level | None, unsandboxed: bool) -> Level:
    """The level to grade other people's code at, SandboxError if there is none.

    Args:
        level: the level asked for, None for the strongest there is.
        unsandboxed: whether the caller accepts `plain`, which protects nothing.
    """
    chosen = strongest() if level is None else level
    if _missing(chosen) is not None:
        raise _refusal(chosen)
    if chosen is Level.PLAIN and not unsandboxed:
        if level is None:
            raise _refusal(Level.BWRAP)
        raise SandboxError(
            "isolation level plain lets the submissions do whatever you can do",
            "the isolation level",
            "leave the level out for the strongest there is, or add --unsandboxed",
        )
    return chosen


def _refusal(level: Level) -> SandboxError:
    """An error that says why this level is not to be had, why the others are not, and what would help."""
    reasons = {name: reason for name, reason in offered().items() if reason is not None}
    found = _missing(level)
    reason, lack = (found.reason, found.lack) if found is not None else ("", None)
    step = _NEXT_STEPS[lack] if lack is not None else kept("mend that, or choose another level")
    others = "; ".join(f"{name}: {text}" for name, text in reasons.items() if name is not level)
    where = kept(f"isolation level {level} ({others})" if others else f"isolation level {level}")
    return SandboxError(
        f"this machine cannot seal a submission: {reason}",
        where,
        f"{step}; for code you trust, add --unsandboxed",
    )
