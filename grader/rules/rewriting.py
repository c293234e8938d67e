"""Take statements out of a source without moving any other line."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from grader.syntax import Unreadable, parse

FUTURE = "from __future__ import annotations"


class Edit(NamedTuple):
    """A top-level statement that goes; `text`, one line, stands there instead."""

    node: ast.stmt
    text: str = ""


def without(source: str, tree: ast.Module, edits: Sequence[Edit], *, add_future: bool = False) -> str:
    """The source after the edits; what is kept stays in its lines.

    Args:
        add_future: put `from __future__ import annotations` into the first line, where `room_for_future` says so.
    """
    lines = source.encode().split(b"\n")
    starts = _starts(tree)
    for edit in sorted(edits, key=lambda edit: starts[edit.node], reverse=True):
        _cut(lines, starts[edit.node], _end(edit.node), edit.text.encode())
    if add_future:
        rest = lines[0].strip()
        lines[0] = FUTURE.encode() + (b"; " + rest if rest and not rest.startswith(b"#") else b"")
    result = b"\n".join(lines).decode()
    _compare(tree, {edit.node for edit in edits}, result)
    return result


def room_for_future(tree: ast.Module, removed: Iterable[ast.stmt]) -> bool:
    """Whether a future import fits into the first line: no function or class that is kept begins there."""
    gone = set(removed)
    starts = _starts(tree)
    compound = (
        node for node in tree.body if node not in gone and isinstance(node, ast.FunctionDef | ast.ClassDef)
    )
    return all(starts[node][0] > 0 and node.lineno > 1 for node in compound)


def _starts(tree: ast.Module) -> dict[ast.stmt, tuple[int, int]]:
    """Line and column, both from 0, of every top-level statement.

    A decorated one begins where the one before ends, for the tree does not say where its first `@` stands.
    """
    starts: dict[ast.stmt, tuple[int, int]] = {}
    above = 0
    for node in tree.body:
        decorated = bool(getattr(node, "decorator_list", None))
        starts[node] = (above, 0) if decorated else (node.lineno - 1, node.col_offset)
        above = _end(node)[0] + 1
    return starts


def _end(node: ast.stmt) -> tuple[int, int]:
    return (node.end_lineno or node.lineno) - 1, node.end_col_offset or 0


def _cut(lines: list[bytes], start: tuple[int, int], end: tuple[int, int], text: bytes) -> None:
    (first, left), (last, right) = start, end
    before, after = lines[first][:left], lines[last][right:]
    if after.lstrip().startswith(b";"):
        text = text or b"0"  # something must stand before the semicolon
    lines[first:last] = [b""] * (last - first)
    lines[last] = text + after
    lines[first] = before + lines[first]


def _compare(tree: ast.Module, gone: set[ast.stmt], result: str) -> None:
    """What runs must be what was judged: the same statements, in the same lines and order."""
    kept = [node for node in tree.body if node not in gone]
    for node in parse(result).body:
        if kept and _place(node) == _place(kept[0]):
            kept.pop(0)
        elif not isinstance(node, ast.Import | ast.ImportFrom) and ast.unparse(node) != "0":
            kept.insert(0, node)
            break
    if kept:
        raise Unreadable("the statements cannot be told apart; write one in each line", kept[0].lineno)


def _place(node: ast.stmt) -> tuple[type[ast.stmt], int, int | None]:
    return type(node), node.lineno, node.end_lineno
