"""Turn a solution into mechanical mutants: one small change each, of the kinds that slips of the pen make.

Known mistakes are those that somebody thought of; mutants are those that nobody did. A mutant that no check catches is
a program that a learner could hand in for full marks, unless no input can tell it from the solution.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

# Next to each other on paper or in the mind. `**` becomes `*`, for `/` would mostly raise and prove nothing.
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
# With and without the boundary, and turned round.
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
    """The solution with one change. `label` is stable: definition, text before and after, occurrence.

    Args:
        definition: the function or class that is changed.
        line: in the solution.
    """

    definition: str
    label: str
    line: int
    source: str


def mutants_of(solution: str) -> tuple[Mutant, ...]:
    """Every mutant of every top-level function and class of a solution.

    Args:
        solution: the source.

    Returns:
        In the order of the source. The label of each is unique: equal changes of one definition are numbered.
    """
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
    """A definition with one node replaced; `before` and `after` are the texts of that node."""

    statement: ast.AST
    before: str
    after: str
    line: int


def _changes(statement: ast.stmt) -> Iterator[_Change]:
    """All single changes of one definition."""
    for node in _judged(statement):
        for replacement in _replacements(node):
            before, after = _short(node), _short(replacement)
            if after != before:  # a swap of two equal operands is no mutant
                yield _Change(
                    _replaced(statement, node, replacement), before, after, getattr(node, "lineno", 0)
                )


def _judged(statement: ast.AST) -> Iterator[ast.AST]:
    """The nodes that may change: no docstrings, annotations, or texts of error messages.

    Yields:
        The statement itself, then what is inside it, from the outside in.
    """
    yield statement
    for name, value in ast.iter_fields(statement):
        if name in ("annotation", "returns", "decorator_list", "bases", "exc", "type_comment"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_text(child):
                yield from _judged(child)


def _is_text(node: ast.AST) -> bool:
    """Whether it is a docstring, or a text of any kind: other words make no other program."""
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return (
        docstring
        or isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str))
    )


# --- what may stand in a node's place ---------------------------------------------------------------------

# The order of the replacements is part of the labels of those that read alike (`… #2`), and the reviewed list of
# equivalents names mutants by their labels: a new kind of slip comes after those that are there.


def _replacements(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that may stand in this one's place, one slip of the pen each; the node itself stays as it is."""
    match node:
        case ast.BinOp(left=left, op=op, right=right):
            yield from _other_operators(node, op)
            # The operands of the others may be swapped freely: the result is the same.
            if isinstance(op, ast.MatMult | ast.Sub | ast.Div):
                yield _with(node, left=right, right=left)
        case ast.AugAssign(op=op):
            yield from _other_operators(node, op)
            yield ast.Pass()
        case ast.Compare(ops=[op]):
            for other in _COMPARE.get(type(op), ()):
                yield _with(node, ops=[other()])
        case ast.BoolOp(op=op):
            yield _with(node, op=ast.Or() if isinstance(op, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.USub() | ast.Not(), operand=operand):
            yield operand
        case ast.Constant(value=value):
            for number in _other_numbers(value):
                yield _with(node, value=number)
        case ast.Call():
            yield from _other_arguments(node)
        case ast.comprehension(ifs=[test]):
            yield _with(node, ifs=[ast.UnaryOp(ast.Not(), test)])
        case _:
            yield from _other_branches(node)


def _other_operators(node: ast.BinOp | ast.AugAssign, op: ast.operator) -> Iterator[ast.AST]:
    """The neighbour of an operator, if it has one."""
    if type(op) in _BINARY:
        yield _with(node, op=_BINARY[type(op)]())


def _other_numbers(value: object) -> tuple[bool | int | float, ...]:
    """What may be written instead of a number or truth value; nothing for a text or None."""
    match value:
        case bool():  # before int, for True is one
            return (not value,)
        case int():
            return value + 1, value - 1
        case float():
            return value * 2 if value else 1.0, value + 1.0
    return ()


def _other_arguments(node: ast.Call) -> Iterator[ast.AST]:
    """A named argument forgotten, or the first two by position swapped."""
    for index, keyword in enumerate(node.keywords):
        if keyword.arg is not None:  # `**options` may well be empty
            yield _with(node, keywords=[*node.keywords[:index], *node.keywords[index + 1 :]])
    first = node.args[:2]
    if len(first) == 2 and not any(isinstance(one, ast.Starred) for one in first):
        yield _with(node, args=[*reversed(first), *node.args[2:]])


def _other_branches(node: ast.AST) -> Iterator[ast.AST]:
    """A condition turned round, or a statement left out; a definition and a `return` stay.

    The whole `if` or `while` may go as well, with all that is in it.
    """
    match node:
        case ast.If(test=test) | ast.While(test=test):
            yield _with(node, test=ast.UnaryOp(ast.Not(), test))
            yield ast.Pass()
        case ast.IfExp(body=body, orelse=orelse):
            yield _with(node, body=orelse, orelse=body)
        case ast.Expr() | ast.Assign() | ast.For() | ast.Raise() | ast.Continue() | ast.Break():
            yield ast.Pass()


# --- trees ------------------------------------------------------------------------------------------------


def _with(node: ast.AST, **fields: object) -> ast.AST:
    """The same node with some fields changed."""
    fresh = copy.copy(node)
    for name, value in fields.items():
        setattr(fresh, name, value)
    return fresh


def _replaced(tree: ast.AST, old: ast.AST, new: ast.AST) -> ast.AST:
    """The same tree with one node replaced; what it has in common with the old tree is shared, not copied.

    Args:
        old: found by identity, for equal nodes stand in many places.
    """
    if tree is old:
        return new
    fields: dict[str, object] = {}
    for name, value in ast.iter_fields(tree):
        if isinstance(value, ast.AST):
            fields[name] = _replaced(value, old, new)
        elif isinstance(value, list):
            fields[name] = [_replaced(one, old, new) if isinstance(one, ast.AST) else one for one in value]
    return _with(tree, **fields)


def _short(node: ast.AST) -> str:
    """A node as one line of text: of a statement with a body the first."""
    if isinstance(node, ast.comprehension):
        return " if ".join(ast.unparse(test) for test in node.ifs)
    if isinstance(node, ast.If | ast.While | ast.For):
        return ast.unparse(node).splitlines()[0]
    return " ".join(ast.unparse(ast.fix_missing_locations(node)).split())[:120]
