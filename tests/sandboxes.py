"""What the tests of the sandbox share: levels that may be missing, hostile cases, and a look at processes."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

from grader.sandbox.levels import Level, offered

CHECKOUT = Path(__file__).resolve().parent.parent
CHEATS = Path(__file__).resolve().parent / "cheats"
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


def hostile_source(name: str) -> str:
    """The source of one hostile submission."""
    return (CHEATS / f"{name}.py").read_text(encoding="utf-8").replace("@CHECKOUT@", str(CHECKOUT))


def attacks(*names: str) -> list[tuple[str, str]]:
    """Every public function of these hostile submissions, with the submission it is in."""
    found = []
    for name in names:
        tree = ast.parse(hostile_source(name))
        functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
        found += [(name, function) for function in functions if not function.startswith("_")]
    return found


def works_unsealed(name: str) -> tuple[str, ...]:
    """The attacks of a hostile submission that may be tried without a sandbox, and then succeed."""
    for node in ast.parse(hostile_source(name)).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "WORKS_UNSEALED":
            return tuple(ast.literal_eval(node.value))
    return ()


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
