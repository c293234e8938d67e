"""Turn a source into the shape of its functions: what is left when names, constants, comments and layout are gone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from grader.syntax import parse

_Function = ast.FunctionDef | ast.AsyncFunctionDef
# Given by the stub, or nothing that runs: annotations, and how a name is used in its place.
_SKIPPED_FIELDS = frozenset({"annotation", "returns", "type_comment", "type_params", "ctx", "kind"})
_OWN, _CONSTANT = "name", "constant"


@dataclass(frozen=True)
class Unit:
    """One function or method, or what else a class holds; units are compared one by one, so their order is free.

    Args:
        name: `softmax`, or `Adam.step`.
        first: its first line in the source, counted from 1.
        last: its last line.
        tokens: its syntax tree from top to bottom, a word for each node.
        lines: the line of each token.
    """

    name: str
    first: int
    last: int
    tokens: tuple[str, ...]
    lines: tuple[int, ...]


def units_of(source: str) -> tuple[Unit, ...]:
    """The functions of a source, in their order; what stands between the definitions is scratch work and left out.

    Raises:
        Unreadable: Python cannot read it, or it is too large or too deep for an honest chapter.
    """
    tree = parse(source)
    shape = _Shape(tree)
    found: list[Unit] = []
    for node in tree.body:
        if isinstance(node, _Function):
            found.append(shape.unit(node.name, node, node.body))
        elif isinstance(node, ast.ClassDef):
            rest = [item for item in node.body if not isinstance(item, _Function)]
            methods = [item for item in node.body if isinstance(item, _Function)]
            found.append(shape.unit(node.name, node, rest))
            found += [shape.unit(f"{node.name}.{item.name}", item, item.body) for item in methods]
    return tuple(found)


class _Shape:
    """Writes nodes as tokens, with the names that a source gives itself made alike.

    Whoever renames a variable changes nothing; that one file calls `exp` and another `log` stays to be seen.
    """

    def __init__(self, tree: ast.Module) -> None:
        self._own: set[str] = set()
        self._imported: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                self._own.add(node.id)
            elif isinstance(node, ast.arg):
                self._own.add(node.arg)
            elif isinstance(node, _Function | ast.ClassDef):
                self._own.add(node.name)
            elif isinstance(node, ast.alias):
                name = node.name.rpartition(".")[2]
                self._imported[node.asname or name] = name

    def unit(self, name: str, node: ast.stmt, body: list[ast.stmt]) -> Unit:
        """A definition with a body, or a part of it; its docstring and what is around it does not count."""
        pairs: list[tuple[str, int]] = []
        if isinstance(node, _Function):
            pairs += [
                ("argument", node.lineno) for argument in ast.walk(node.args) if isinstance(argument, ast.arg)
            ]
        for statement in body:
            pairs += self._tokens(statement)
        tokens, lines = [token for token, _ in pairs], [line for _, line in pairs]
        return Unit(name, node.lineno, node.end_lineno or node.lineno, tuple(tokens), tuple(lines))

    def _tokens(self, top: ast.stmt) -> Iterator[tuple[str, int]]:
        """A statement's nodes from top to bottom; by a stack, so that no depth can exhaust Python's."""
        waiting: list[tuple[ast.AST, int]] = [(top, top.lineno)]
        while waiting:
            node, line = waiting.pop()
            line = getattr(node, "lineno", line)
            if _says_nothing(node):
                continue
            yield self._word(node), line
            waiting += [(child, line) for child in reversed(_children(node))]

    def _word(self, node: ast.AST) -> str:
        """What a node is, without what is free to choose in it."""
        if isinstance(node, ast.Name):
            return _OWN if node.id in self._own else self._imported.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            is_own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            return ".name" if is_own else f".{node.attr}"
        if isinstance(node, ast.Constant):
            return _CONSTANT
        if isinstance(node, ast.AugAssign | ast.AnnAssign):
            return "Assign"  # x += y is x = x + y
        return type(node).__name__


def _says_nothing(node: ast.AST) -> bool:
    """Docstrings and other constants that stand alone, `pass`, and annotations of nothing."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.Pass) or (isinstance(node, ast.AnnAssign) and node.value is None)


def _children(node: ast.AST) -> list[ast.AST]:
    """The nodes below one, in the order in which they are written."""
    if isinstance(node, ast.AugAssign):
        return [node.target, ast.BinOp(node.target, node.op, node.value)]
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        return [node.target, node.value]
    found: list[ast.AST] = []
    for name, value in ast.iter_fields(node):
        items = value if isinstance(value, list) else [value]
        found += [item for item in items if isinstance(item, ast.AST) and name not in _SKIPPED_FIELDS]
    return found
