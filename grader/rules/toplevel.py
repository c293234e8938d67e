"""Divide the top level of a file: imports, definitions and constants are kept, the rest is scratch work.

Scratch work is what a notebook is full of: calls that try a function out, loops that print. None of it is needed by
an exercise, and a line of it that fails would cost all of them.
"""

from __future__ import annotations

import ast
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TypeGuard

from grader.rules.imports import Alias, Modules, meaning_of, origin_of
from grader.rules.reading import Finding, Reading
from grader.rules.rewriting import FUTURE, room_for_future
from grader.rules.scopes import AnyFunction, Comprehension, Kind, bound_by_alias, bound_in, global_bindings
from grader.syntax import Definition, open_parts


@dataclass(eq=False)
class Part:
    """A definition or constant of the top level.

    Attributes:
        names: what it binds for the file; of a function also what it binds with `global`.
        changes: whether it changes a constant that an earlier part made, and makes none of its own.

    Two parts are equal only if they are one: a part is a place in the file, not what stands there.
    """

    node: ast.stmt
    names: tuple[str, ...]
    changes: bool = False
    reading: Reading = field(default_factory=Reading)
    findings: list[Finding] = field(default_factory=list)

    @property
    def line(self) -> int:
        """Counted from 1, in the submission's source."""
        return self.node.lineno

    @property
    def is_definition(self) -> bool:
        """Whether it is a function or class, not a constant."""
        return isinstance(self.node, Definition)


@dataclass
class TopLevel:
    """The top level of a file.

    Attributes:
        removed: statements that will not run; `dropped` says why, for those worth a word.
        stars: imports of everything.
        nested: import statements inside an `if` or `try` that is kept.
        future: whether annotations are never evaluated; `add_future` if that import has to be put first.
    """

    parts: list[Part] = field(default_factory=list)
    aliases: list[Alias] = field(default_factory=list)
    stars: list[ast.ImportFrom] = field(default_factory=list)
    nested: set[ast.stmt] = field(default_factory=set)
    removed: set[ast.stmt] = field(default_factory=set)
    dropped: list[tuple[int, str]] = field(default_factory=list)
    future: bool = False
    add_future: bool = False

    def drop(self, node: ast.stmt, reason: str) -> None:
        """Hold a statement back and say why.

        Args:
            reason: a sentence for the learner, without a capital and a full stop.
        """
        self.removed.add(node)
        self.dropped.append((node.lineno, reason))

    def drop_part(self, part: Part, reason: str) -> None:
        """Hold a part back and say why."""
        self.drop(part.node, reason)
        self.parts.remove(part)


def divide(tree: ast.Module, exercises: frozenset[str], modules: Modules) -> TopLevel:
    """Divide the statements of a file.

    Args:
        modules: the modules that may be used, with their open names.
        exercises: functions that a constant may not call: whether they are written is seen when they are checked.

    Returns:
        The parts in the file's order, and what is left out.
    """
    found = TopLevel()
    made: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            _take_import(node, found)
        elif isinstance(node, Definition):
            found.parts.append(Part(node, tuple(dict.fromkeys((node.name, *sorted(global_bindings(node)))))))
        elif isinstance(node, ast.Assign | ast.AnnAssign) and (names := target_names(node)):
            _take_constant(node, names, exercises, found)
        elif changed := _changed_constant(node):
            _take_change(node, changed, made, exercises, found)
        elif isinstance(node, ast.If | ast.Try) and (names := _conditional_names(node)):
            _take_conditional(node, names, exercises, modules, found)
        elif not isinstance(node, ast.Pass) and not _is_text(node):
            found.drop(node, _why_dropped(node))
        if found.parts:
            made.update(found.parts[-1].names)
    _supersede(found)
    _place_future(tree, found)
    return found


def _take_import(node: ast.Import | ast.ImportFrom, found: TopLevel) -> None:
    """Note what an import binds; what it may bind is decided when all of them are known."""
    if _is_future(node):
        return
    for alias in node.names:
        if alias.name == "*" and isinstance(node, ast.ImportFrom):
            found.stars.append(node)
        else:
            found.aliases.append(Alias(node, alias, bound_by_alias(alias), origin_of(alias, node)))


def _take_constant(
    node: ast.Assign | ast.AnnAssign, names: tuple[str, ...], exercises: frozenset[str], found: TopLevel
) -> None:
    """Keep an assignment of plain names, unless its value may not be computed at once."""
    if node.value is None:
        found.removed.add(node)  # an annotation alone, `x: int`, does nothing
    elif reason := _why_not_kept(node.value, exercises):
        found.drop(node, reason)
    else:
        found.parts.append(Part(node, names))


def _take_change(
    node: ast.stmt, changed: str, made: set[str], exercises: frozenset[str], found: TopLevel
) -> None:
    """A statement that goes on working at a constant: `TABLE["a"] = 1`, `NAMES.append("b")`, `TOTAL += 1`."""
    reason = "" if changed in made else _why_dropped(node)
    if reason := reason or _why_not_kept(node, exercises):
        found.drop(node, reason)
    else:
        found.parts.append(Part(node, (changed,), changes=True))


def _take_conditional(
    node: ast.If | ast.Try,
    names: tuple[str, ...],
    exercises: frozenset[str],
    modules: Modules,
    found: TopLevel,
) -> None:
    """Keep an `if` or `try` of imports, definitions and constants as one part, which runs as Python runs it.

    Its imports count as imports of the file, so that what may not be imported goes and the rest has its meaning. A name
    that is imported in one branch and assigned in another has none, and is the file's own.
    """
    reason = _why_not_kept(node, exercises)
    if reason or (isinstance(node, ast.If) and _is_not_for_us(node)):
        found.drop(node, reason or _why_dropped(node))
        return
    imports = [
        part
        for part in ast.walk(node)
        if isinstance(part, ast.Import | ast.ImportFrom) and not _is_inside_definition(part, node)
    ]
    others = bound_in([part for part in ast.walk(node) if isinstance(part, ast.Name | Definition)])
    imported: set[str] = set()
    for part in imports:
        local = {bound_by_alias(alias) for alias in part.names}
        if not local.isdisjoint(others) and all(_is_open(alias, part, modules) for alias in part.names):
            continue  # it may be the import or something else: a name of the file's own, see `Reader.visit_import`
        found.nested.add(part)
        _take_import(part, found)
        imported |= local
    found.parts.append(Part(node, tuple(name for name in names if name not in imported or name in others)))


def _is_open(alias: ast.alias, statement: ast.stmt, modules: Modules) -> bool:
    """Whether an alias is a name that may be used."""
    return meaning_of(alias, statement, modules).kind is Kind.IMPORTED


def _is_inside_definition(part: ast.stmt, outer: ast.stmt) -> bool:
    """Whether a statement belongs to a function or class inside of another statement."""
    return any(
        part in ast.walk(definition) for definition in ast.walk(outer) if isinstance(definition, Definition)
    )


def _supersede(found: TopLevel) -> None:
    """Of two definitions with one name the last one counts, as in a notebook whose cells are run in order.

    But one in which more is left to write, a stub that was pasted or run once more, replaces none that is written.
    An earlier one stays if something is evaluated in between that reads the name: a class's bases, a default.
    """
    # By name: the definition that counts, and how much of it is left to write.
    last: dict[str, int] = {}
    unwritten: dict[str, int] = {}
    for index, part in enumerate(found.parts):
        if isinstance(part.node, Definition):
            name, left = part.names[0], open_parts(part.node)
            if left <= unwritten.get(name, left):
                last[name], unwritten[name] = index, left
    read_at: dict[str, list[int]] = {}
    for index, part in enumerate(found.parts):
        for name in {item.id for item in evaluated(part.node) if isinstance(item, ast.Name)}:
            read_at.setdefault(name, []).append(index)
    for index, part in enumerate(found.parts):
        name = part.names[0] if part.names else ""
        if part.is_definition and index > last[name]:
            line = found.parts[last[name]].line
            found.drop(part.node, f"{name} is written in line {line}; here it still is to be written")
        elif part.is_definition and index < last[name]:
            reads = read_at.get(name, [])
            if bisect_right(reads, index) == bisect_right(reads, last[name]):
                line = found.parts[last[name]].line
                found.drop(part.node, f"{name} is defined again in line {line}; the last one counts")
    found.parts = [part for part in found.parts if part.node not in found.removed]


def _place_future(tree: ast.Module, found: TopLevel) -> None:
    """Keep `from __future__ import annotations` where Python accepts it, else move it to the first line."""
    imports = [node for node in tree.body if _is_future(node)]
    wanted = any(alias.name == "annotations" for node in imports for alias in node.names)
    kept = [node for node in tree.body if node not in found.removed]
    leading = kept[1:] if kept and _is_text(kept[0]) else kept
    in_place = leading[: len(imports)] == imports and all(ast.unparse(node) == FUTURE for node in imports)
    if not in_place:
        found.removed.update(imports)
        found.add_future = wanted and room_for_future(tree, found.removed)
    found.future = wanted and (in_place or found.add_future)


def want_future(tree: ast.Module, found: TopLevel) -> None:
    """Have annotations never evaluated, where there is room: `x: np.ndarray` needs no numpy then."""
    if not found.future and room_for_future(tree, found.removed):
        found.removed.update(node for node in tree.body if _is_future(node))
        found.future = found.add_future = True


# --- telling statements apart -----------------------------------------------------------------------------


_NOT_PLAIN = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)
_CHANGING_METHODS = frozenset(
    {"append", "extend", "insert", "update", "setdefault", "add", "sort", "reverse", "remove", "appendleft"}
)


def _is_future(node: ast.stmt) -> TypeGuard[ast.ImportFrom]:
    """Whether it is `from __future__ import ...`."""
    return isinstance(node, ast.ImportFrom) and node.module == "__future__" and not node.level


def _is_text(node: ast.stmt) -> bool:
    """Whether it is a docstring, or another constant on a line of its own."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _why_not_kept(node: ast.AST, exercises: frozenset[str]) -> str:
    """Why a statement or value of the top level should not run at once; empty if it may.

    An exercise called at the top level would raise NotImplementedError as long as it is a stub, and end the loading of
    the whole file with it. A helper may be called: `SQUARES = squares(9)` is a constant like any other.
    """
    inside = evaluated(node)
    if any(isinstance(item, _NOT_PLAIN) for item in inside):
        return "a constant is a plain expression"
    called = {
        item.func.id for item in inside if isinstance(item, ast.Call) and isinstance(item.func, ast.Name)
    }
    own = sorted(called & exercises)
    return f"it calls your own {own[0]} outside of a function" if own else ""


def target_names(node: ast.Assign | ast.AnnAssign) -> tuple[str, ...]:
    """The names an assignment binds; none if it also writes into something."""
    waiting: list[ast.expr] = list(node.targets) if isinstance(node, ast.Assign) else [node.target]
    names: list[str] = []
    while waiting:
        target = waiting.pop(0)
        if isinstance(target, ast.Name):
            names.append(target.id)
        elif isinstance(target, ast.Tuple | ast.List):
            waiting = [*target.elts, *waiting]
        elif isinstance(target, ast.Starred):
            waiting.insert(0, target.value)
        else:
            return ()
    return tuple(names)


def _changed_constant(node: ast.stmt) -> str:
    """The constant that a statement changes; empty if it does anything else.

    Only plain changes count: an item or attribute set, a method that is known to change a container, and loops that do
    nothing but that. Whether the constant exists is asked by the caller.
    """
    match node:
        case ast.AugAssign(target=ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name))):
            return name
        case ast.Assign(
            targets=[ast.Subscript(value=ast.Name(id=name)) | ast.Attribute(value=ast.Name(id=name))]
        ):
            return name
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method))):
            return name if method in _CHANGING_METHODS else ""
        case ast.For(body=body, orelse=[]):
            changed = {_changed_constant(part) for part in body}
            return changed.pop() if len(changed) == 1 else ""
    return ""


def _conditional_names(node: ast.stmt) -> tuple[str, ...]:
    """The names that an `if` or `try` binds which holds imports, definitions and constants only; else none."""
    waiting: list[ast.stmt] = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.If):
            waiting += [*part.body, *part.orelse]
        elif isinstance(part, ast.Try):
            waiting += [*part.body, *part.orelse, *part.finalbody]
            waiting += [inner for handler in part.handlers for inner in handler.body]
        elif isinstance(part, ast.Assign | ast.AnnAssign):
            if not target_names(part):
                return ()
        elif not isinstance(part, ast.Import | ast.ImportFrom | ast.Pass | ast.Raise | Definition):
            return ()
    return tuple(sorted(bound_in([node])))


def _is_not_for_us(node: ast.If) -> bool:
    """`if __name__ == "__main__"` and `if TYPE_CHECKING`, in any form: neither holds where work is graded."""
    names = {getattr(part, "id", "") or getattr(part, "attr", "") for part in ast.walk(node.test)}
    return not names.isdisjoint({"__name__", "TYPE_CHECKING"})


def evaluated(node: ast.AST) -> list[ast.AST]:
    """The nodes that Python evaluates when it meets a statement: bodies of functions come later.

    Defaults, decorators and annotations are evaluated at once, and so is the body of a class.

    Returns:
        The node itself too, in no special order.
    """
    found: list[ast.AST] = []
    waiting: list[ast.AST] = [node]
    while waiting:
        item = waiting.pop()
        found.append(item)
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += [*item.decorator_list, item.args]
        elif isinstance(item, ast.Lambda):
            waiting.append(item.args)
        else:
            waiting += ast.iter_child_nodes(item)
    return found


def loose_names(node: ast.stmt) -> set[str]:
    """Names that a statement reads at once; what its comprehensions and lambdas bind is not told apart.

    A name too few is safe here: the constant then fails by itself when it runs.
    """
    inside = evaluated(node)
    bound = {
        part.id
        for item in inside
        if isinstance(item, Comprehension | ast.For)
        for target in (
            [item.target] if isinstance(item, ast.For) else [one.target for one in item.generators]
        )
        for part in ast.walk(target)
        if isinstance(part, ast.Name)
    }
    return {
        item.id for item in inside if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Load)
    } - bound


def names_needed_at_once(node: ast.stmt) -> set[str]:
    """The names in decorators, defaults and bases of a definition: Python looks them up when it meets it."""
    roots: list[ast.AST | None] = []
    if isinstance(node, AnyFunction):
        roots = [*node.decorator_list, *node.args.defaults, *node.args.kw_defaults]
    elif isinstance(node, ast.ClassDef):
        roots = [*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)]
    inside = [item for root in roots if root is not None for item in evaluated(root)]
    if any(isinstance(item, Comprehension | ast.Lambda) for item in inside):
        return set()  # what these bind is not told apart; Python will say it when the file is loaded
    return {item.id for item in inside if isinstance(item, ast.Name)}


def _why_dropped(node: ast.stmt) -> str:
    """A reason in words, for a statement that is not kept because of its form."""
    if isinstance(node, ast.If) and "__name__" in ast.unparse(node.test):
        return "the grader imports the file, so this part is not for it"
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        return "only editors look at it"
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Delete):
        return "it changes something outside of a function"
    return "only imports, definitions and constants are kept of the top level"
