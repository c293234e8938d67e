"""What the tests of the sandbox share: levels that may be missing, and a look at processes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from grader.sandbox.levels import Level, offered

CHECKOUT = Path(__file__).resolve().parent.parent
HONEST = "import torch\n\ndef double(x):\n    return x * 2\n"
SEALED = (Level.BWRAP, Level.UID)


def need(level: Level) -> None:
    """Skip the test where the machine lacks `level`, saying why; on CI bubblewrap must be there."""
    reason = offered()[level]
    if reason is None:
        return
    if level is Level.BWRAP and os.environ.get("CI") == "true":
        pytest.fail(f"CI must offer {level}: {reason}")
    pytest.skip(f"this machine does not offer {level}: {reason}")


def python_for_uid() -> Path:
    """A Python of this version that another user may start, with which root is offered the level `uid`.

    Root's own, under its home, cannot be; the system's can.
    """
    if os.geteuid() != 0:
        pytest.skip("only root can run a process as another user")
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    candidates = [
        Path(sys.executable).resolve(),
        *(Path(folder) / name for folder in ("/usr/bin", "/usr/local/bin")),
    ]
    for python in candidates:
        folders = [python.resolve(), *python.resolve().parents]
        if python.exists() and all(folder.stat().st_mode & 0o001 for folder in folders):
            return python
    lacking = f"no {name} that other users may start; on Debian: apt install {name}"
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must offer uid where it is root: {lacking}")
    pytest.skip(lacking)


def descendants(pid: int | None = None) -> set[int]:
    """All processes that come from this one, as the whole machine numbers them."""
    children: dict[int, set[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text(encoding="latin-1")
            except OSError:
                continue
            parent = int(stat.rpartition(")")[2].split()[1])
            children.setdefault(parent, set()).add(int(entry.name))
    found: set[int] = set()
    waiting = [os.getpid() if pid is None else pid]
    while waiting:
        fresh = children.get(waiting.pop(), set()) - found
        found |= fresh
        waiting += fresh
    return found


def alive(pids: set[int]) -> set[int]:
    """Those of the processes that still run; one that is dead and not yet collected does not."""
    found = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="latin-1").rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state not in "ZX":
            found.add(pid)
    return found
