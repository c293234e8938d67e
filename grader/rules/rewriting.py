"""Take statements out of a source, or put others in their place, without moving any other line.

Lines stay where they are, so that a line in a traceback is a line of the learner's file. What comes out is parsed again
and compared with the tree that was judged: a mistake here must not let anything run that nobody looked at.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from grader.syntax import Unreadable, parse, parsed

FUTURE = "from __future__ import annotations"


class Edit(NamedTuple):
    """A statement that goes; `text`, one line, stands there instead. Inside a block something has to stand there."""

    node: ast.stmt
    text: str = ""


def without(source: str, tree: ast.Module, edits: Sequence[Edit], *, add_future: bool = False) -> str:
    """The source after the edits; what is kept stays in its lines.

    Args:
        tree: the source's tree. Statements replaced in it beforehand stand where those of the source stood.
        edits: of the top level, or inside of what stays there. Of two for one statement the first one counts.
        add_future: put `from __future__ import annotations` into the first line, where `room_for_future` says so.

    Raises:
        Unreadable: the statements of the source cannot be told apart.
    """
    # As bytes, for columns of the tree count bytes.
    lines = source.encode().split(b"\n")
    starts = _starts(tree)
    first = {edit.node: edit for edit in reversed(edits)}
    outer = {node: edit for node, edit in first.items() if node in starts}
    inner = _inside_of_what_stays(tree, first.keys() - outer.keys(), outer.keys())
    wanted = [*outer.values(), *(first[node] for node in inner)]
    for edit in sorted(wanted, key=lambda edit: starts.get(edit.node, _start(edit.node)), reverse=True):
        _cut(lines, starts.get(edit.node, _start(edit.node)), _end(edit.node), edit.text.encode())
    if add_future:
        rest = lines[0].strip()
        lines[0] = FUTURE.encode() + (b"; " + rest if rest and not rest.startswith(b"#") else b"")
    result = b"\n".join(lines).decode()
    _compare(tree, first, inner, result)
    return result


def room_for_future(tree: ast.Module, removed: Iterable[ast.stmt]) -> bool:
    """Whether a future import fits into the first line: nothing that is kept and spans lines begins there.

    Args:
        removed: statements that go.
    """
    gone = set(removed)
    starts = _starts(tree)
    compound = (node for node in tree.body if node not in gone and not isinstance(node, _SIMPLE))
    return all(starts[node][0] > 0 and node.lineno > 1 for node in compound)


_SIMPLE = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Pass)


def _inside_of_what_stays(
    tree: ast.Module, nodes: Iterable[ast.stmt], gone: Iterable[ast.stmt]
) -> dict[ast.stmt, ast.stmt]:
    """Those of the nodes that stand inside a statement of the top level which stays, with that statement."""
    waiting, left = set(nodes), set(gone)
    if not waiting:
        return {}
    found: dict[ast.stmt, ast.stmt] = {}
    for outer in tree.body:
        if outer not in left:
            found |= {
                node: outer for node in ast.walk(outer) if isinstance(node, ast.stmt) and node in waiting
            }
    return found


def _starts(tree: ast.Module) -> dict[ast.stmt, tuple[int, int]]:
    """Line and column, both from 0, of every top-level statement.

    A decorated one begins where the one before ends, for the tree does not say where its first `@` stands.
    """
    starts: dict[ast.stmt, tuple[int, int]] = {}
    above = 0
    for node in tree.body:
        decorated = bool(getattr(node, "decorator_list", None))
        starts[node] = (above, 0) if decorated else _start(node)
        above = _end(node)[0] + 1
    return starts


def _start(node: ast.stmt) -> tuple[int, int]:
    """Line and column, both from 0; columns count bytes, as Python's parser does."""
    return node.lineno - 1, node.col_offset


def _end(node: ast.stmt) -> tuple[int, int]:
    """The place behind the last character of a statement, in the same way."""
    return (node.end_lineno or node.lineno) - 1, node.end_col_offset or 0


def _cut(lines: list[bytes], start: tuple[int, int], end: tuple[int, int], text: bytes) -> None:
    """Take out what stands between two places; the lines stay, empty."""
    (first, left), (last, right) = start, end
    before, after = lines[first][:left], lines[last][right:]
    if after.lstrip().startswith(b";"):
        text = text or b"0"  # something must stand before the semicolon
    lines[first:last] = [b""] * (last - first)
    if before.strip():
        lines[last] = text + after
        lines[first] = before + lines[first]
    else:
        lines[last] = before + text + after


def _compare(
    tree: ast.Module, edits: dict[ast.stmt, Edit], inner: dict[ast.stmt, ast.stmt], result: str
) -> None:
    """What runs must be what was judged: the same statements, in the same lines and order."""
    kept = [node for node in tree.body if node not in edits]
    changed = set(inner.values())
    for node in parsed(result).body:
        if kept and _place(node) == _place(kept[0]):
            if kept[0] in changed and ast.dump(node) != ast.dump(_Edited(edits).visit(kept[0])):
                break
            kept.pop(0)
        elif not isinstance(node, ast.Import | ast.ImportFrom) and ast.unparse(node) != "0":
            kept.insert(0, node)
            break
    if kept:
        raise Unreadable("the statements cannot be told apart; write one in each line", kept[0].lineno)


class _Edited(ast.NodeTransformer):
    """Makes the edits in a tree; it is of no further use then."""

    def __init__(self, edits: dict[ast.stmt, Edit]) -> None:
        self.edits = edits

    def visit(self, node: ast.AST) -> ast.AST:
        """Put the text of an edit in the place of its statement."""
        if isinstance(node, ast.stmt) and node in self.edits:
            return parse(self.edits[node].text).body[0]
        return self.generic_visit(node)


def _place(node: ast.stmt) -> tuple[type[ast.stmt], int, int | None]:
    """Kind and lines of a statement: enough to find it again in the parsed result."""
    return type(node), node.lineno, node.end_lineno
