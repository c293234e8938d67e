"""Turn a solution into mechanical mutants: one small change each, of the kinds that slips of the pen make."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

_BINARY: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_COMPARE: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}


@dataclass(frozen=True)
class Mutant:
    """The solution with one change. `label` is stable: definition, text before and after, occurrence."""

    definition: str
    label: str
    line: int
    source: str


def mutants_of(solution: str) -> tuple[Mutant, ...]:
    """Every mutant of every top-level function and class of a solution."""
    tree = ast.parse(solution)
    found: list[Mutant] = []
    for place, statement in enumerate(tree.body):
        if not isinstance(statement, ast.FunctionDef | ast.ClassDef):
            continue
        seen: dict[str, int] = {}
        for change in _changes(statement):
            text = f"{statement.name}: {change.before} => {change.after}"
            seen[text] = seen.get(text, 0) + 1
            label = text if seen[text] == 1 else f"{text} #{seen[text]}"
            mutated = copy.copy(tree)
            mutated.body = [*tree.body[:place], cast(ast.stmt, change.statement), *tree.body[place + 1 :]]
            source = ast.unparse(ast.fix_missing_locations(mutated))
            found.append(Mutant(statement.name, label, change.line, source))
    return tuple(found)


@dataclass(frozen=True)
class _Change:
    statement: ast.AST
    before: str
    after: str
    line: int


def _changes(statement: ast.stmt) -> Iterator[_Change]:
    """All single changes of one definition; each works on a fresh copy, found again by its position."""
    for index, node in enumerate(_judged(statement)):
        for variant in range(_variants(node)):
            fresh: ast.AST = copy.deepcopy(statement)
            target = next(n for i, n in enumerate(_judged(fresh)) if i == index)
            before = _short(target)
            replacement = _apply(target, variant)
            if replacement is not target:
                fresh = _Swap(target, replacement).visit(fresh)
            after = _short(replacement)
            if after != before:
                yield _Change(fresh, before, after, getattr(node, "lineno", 0))


def _judged(statement: ast.AST) -> Iterator[ast.AST]:
    """The nodes that may change: no docstrings, annotations, or texts of error messages."""
    yield statement
    for name, value in ast.iter_fields(statement):
        if name in ("annotation", "returns", "decorator_list", "bases", "exc", "type_comment"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_text(child):
                yield from _judged(child)


def _is_text(node: ast.AST) -> bool:
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return (
        docstring
        or isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str))
    )


def _variants(node: ast.AST) -> int:
    """How many changes a node offers."""
    match node:
        case ast.BinOp(op=op):
            return int(type(op) in _BINARY) + int(isinstance(op, ast.MatMult | ast.Sub | ast.Div))
        case ast.AugAssign(op=op):
            return int(type(op) in _BINARY) + 1
        case ast.Compare(ops=[op]):
            return len(_COMPARE.get(type(op), ()))
        case ast.BoolOp():
            return 1
        case ast.UnaryOp(op=ast.USub() | ast.Not()):
            return 1
        case ast.Constant(value=bool()):
            return 1
        case ast.Constant(value=int() | float()):
            return 2
        case ast.Call(args=args, keywords=keywords):
            swappable = len(args) >= 2 and not any(isinstance(a, ast.Starred) for a in args[:2])
            return sum(k.arg is not None for k in keywords) + int(swappable)
        case ast.If() | ast.While():
            return 2
        case ast.IfExp():
            return 1
        case ast.comprehension(ifs=[_]):
            return 1
        case ast.Expr() | ast.Assign() | ast.For() | ast.Raise() | ast.Continue() | ast.Break():
            return 1
    return 0


def _apply(node: ast.AST, variant: int) -> ast.AST:
    """Make one change; returns the node to stand in its place."""
    match node:
        case ast.BinOp(op=op):
            if variant == 0 and type(op) in _BINARY:
                node.op = _BINARY[type(op)]()
            else:
                node.left, node.right = node.right, node.left
        case ast.AugAssign(op=op):
            if variant == 0 and type(op) in _BINARY:
                node.op = _BINARY[type(op)]()
            else:
                return ast.Pass()
        case ast.Compare(ops=[op]):
            node.ops = [_COMPARE[type(op)][variant]()]
        case ast.BoolOp(op=op):
            node.op = ast.Or() if isinstance(op, ast.And) else ast.And()
        case ast.UnaryOp(operand=operand):
            return operand
        case ast.Constant(value=bool(value)):
            node.value = not value
        case ast.Constant(value=int(value) | float(value)):
            other = (
                (value + 1, value - 1)
                if isinstance(value, int)
                else (value * 2 if value else 1.0, value + 1.0)
            )
            node.value = other[variant]
        case ast.Call(args=args, keywords=keywords):
            named = [index for index, keyword in enumerate(keywords) if keyword.arg is not None]
            if variant < len(named):
                del keywords[named[variant]]
            else:
                args[0], args[1] = args[1], args[0]
        case ast.If(test=test) | ast.While(test=test):
            if variant == 1:
                return ast.Pass()
            node.test = ast.UnaryOp(ast.Not(), test)
        case ast.IfExp():
            node.body, node.orelse = node.orelse, node.body
        case ast.comprehension(ifs=[test]):
            node.ifs = [ast.UnaryOp(ast.Not(), test)]
        case ast.stmt():
            return ast.Pass()
    return node


class _Swap(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self._new if node is self._old else self.generic_visit(node)


def _short(node: ast.AST) -> str:
    if isinstance(node, ast.comprehension):
        return " if ".join(ast.unparse(test) for test in node.ifs)
    if isinstance(node, ast.If | ast.While | ast.For):
        return ast.unparse(node).splitlines()[0]
    return " ".join(ast.unparse(ast.fix_missing_locations(node)).split())[:120]
