"""Pick, of all cells that were ever run, those whose definitions still hold.

A session remembers every cell in the order it was run, and a learner runs the same cell many times. What counts is
what the names mean now, so the last cell that bound each name is taken, and what it read while it ran.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from grader.rules.toplevel import evaluated, target_names
from grader.submissions.ipython_syntax import read_cell
from grader.syntax import Definition, Unreadable, parse


@dataclass(frozen=True)
class Contents:
    """What a cell does to the names of the session: those it binds, and those it reads while it runs."""

    binds: frozenset[str]
    reads: frozenset[str]


def cells_that_hold(cells: Sequence[str]) -> tuple[tuple[int, str], ...]:
    """The cells that bound a name for the last time, or before a cell that read it; each with its number.

    A cell that Python cannot read defined nothing; one that only tries things out leaves nothing behind.

    Args:
        cells: as typed, in the order they were run; the same cell may stand there many times.

    Returns:
        Pairs of the cell's number, counted from 0, and its text, in the order they were run.
    """
    kept: list[tuple[int, str]] = []
    bound: set[str] = set()
    wanted: set[str] = set()
    # Backwards: the last cell that binds a name decides, and what it read is then looked for before it.
    for number in range(len(cells) - 1, -1, -1):
        contents = contents_of(cells[number])
        if contents.binds <= bound and not contents.binds & wanted:
            continue
        kept.append((number, cells[number]))
        bound |= contents.binds
        wanted = (wanted - contents.binds) | contents.reads
    return tuple(reversed(kept))


@lru_cache(maxsize=4096)
def contents_of(cell: str) -> Contents:
    """Look into one cell: imports, definitions and constants, for the rules keep nothing else.

    Cached, because a session asks about all its cells at each check, and most have not changed.
    """
    binds: set[str] = set()
    reads: set[str] = set()
    try:
        read = read_cell(cell)
        # What a cell writes into a file is not defined in the session.
        body = [] if read.file else parse("\n".join(read.lines)).body
    except Unreadable:
        return Contents(frozenset(), frozenset())
    for node in body:
        names = _bound_by(node)
        if names:
            binds |= names
            reads |= {item.id for item in evaluated(node) if isinstance(item, ast.Name)}
    return Contents(frozenset(binds), frozenset(reads))


def _bound_by(node: ast.stmt) -> set[str]:
    """The names that a statement binds in the session; none for one that the rules drop anyway."""
    if isinstance(node, Definition):
        return {node.name}
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return set(target_names(node))
    if isinstance(node, ast.ImportFrom) and node.module == "grader":
        return set()  # our own `from grader import check`
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.split(".")[0] for alias in node.names}
    return set()
