"""Sort the top level of a file: imports, definitions and constants are kept, the rest is scratch work."""

from __future__ import annotations

import ast
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TypeGuard

from grader.rules.analyzer import Finding, Reading
from grader.rules.rewriting import FUTURE, room_for_future
from grader.syntax import Definition, open_parts

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(eq=False)
class Part:
    """A definition or constant of the top level."""

    node: ast.stmt
    names: tuple[str, ...]
    reading: Reading = field(default_factory=Reading)
    findings: list[Finding] = field(default_factory=list)

    @property
    def line(self) -> int:
        return self.node.lineno

    @property
    def is_definition(self) -> bool:
        return isinstance(self.node, DEFINITIONS)


@dataclass(frozen=True)
class Alias:
    """One name of an import: `local` is what it binds, `origin` where that comes from."""

    statement: ast.Import | ast.ImportFrom
    alias: ast.alias
    local: str
    origin: str


@dataclass
class Sorted:
    """The top level of a file.

    Attributes:
        removed: statements that will not run; `dropped` says why, for those worth a word.
        star: whether something is imported with a star.
        future: whether annotations are never evaluated; `add_future` if that import has to be put first.
    """

    parts: list[Part] = field(default_factory=list)
    aliases: list[Alias] = field(default_factory=list)
    removed: set[ast.stmt] = field(default_factory=set)
    dropped: list[tuple[int, str]] = field(default_factory=list)
    star: bool = False
    future: bool = False
    add_future: bool = False

    def drop(self, node: ast.stmt, reason: str) -> None:
        """Hold a statement back and say why."""
        self.removed.add(node)
        self.dropped.append((node.lineno, reason))


def sort_file(tree: ast.Module) -> Sorted:
    """Sort the statements of a file."""
    found = Sorted()
    definitions = {node.name for node in tree.body if isinstance(node, DEFINITIONS)}
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            _sort_import(node, found)
        elif isinstance(node, DEFINITIONS):
            found.parts.append(Part(node, (node.name,)))
        elif isinstance(node, ast.Assign | ast.AnnAssign) and (names := target_names(node)):
            _sort_constant(node, names, definitions, found)
        elif not isinstance(node, ast.Pass) and not _is_text(node):
            found.drop(node, _why_dropped(node))
    _supersede(found)
    _place_future(tree, found)
    return found


def _sort_import(node: ast.Import | ast.ImportFrom, found: Sorted) -> None:
    if _is_future(node):
        return
    for alias in node.names:
        if alias.name == "*":
            found.star = True
            module = getattr(node, "module", None) or "."
            found.drop(node, f"it imports everything from {module}; import by name")
        elif isinstance(node, ast.Import):
            local = alias.asname or alias.name.split(".")[0]
            found.aliases.append(Alias(node, alias, local, alias.name))
        else:
            origin = f"{'.' * node.level}{node.module or ''}.{alias.name}"
            found.aliases.append(Alias(node, alias, alias.asname or alias.name, origin))


def _sort_constant(
    node: ast.Assign | ast.AnnAssign, names: tuple[str, ...], definitions: set[str], found: Sorted
) -> None:
    if node.value is None:
        found.removed.add(node)  # an annotation alone, `x: int`, does nothing
        return
    inside = list(evaluated(node.value))
    called = {
        item.func.id for item in inside if isinstance(item, ast.Call) and isinstance(item.func, ast.Name)
    }
    if any(isinstance(item, _NOT_PLAIN) for item in inside):
        found.drop(node, "a constant is a plain expression")
    elif own := sorted(called & definitions):
        found.drop(node, f"it calls your own {own[0]} outside of a function")
    else:
        found.parts.append(Part(node, names))


def _supersede(found: Sorted) -> None:
    """Of two definitions with one name the last one counts, as in a notebook whose cells are run in order.

    But one in which more is left to write, a stub that was pasted or run once more, replaces none that is written.
    An earlier one stays if something is evaluated in between that reads the name: a class's bases, a default.
    """
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
        name = part.names[0]
        if part.is_definition and index > last[name]:
            line = found.parts[last[name]].line
            found.drop(part.node, f"{name} is written in line {line}; here it still is to be written")
        elif part.is_definition and index < last[name]:
            reads = read_at.get(name, [])
            if bisect_right(reads, index) == bisect_right(reads, last[name]):
                line = found.parts[last[name]].line
                found.drop(part.node, f"{name} is defined again in line {line}; the last one counts")
    found.parts = [part for part in found.parts if part.node not in found.removed]


def _place_future(tree: ast.Module, found: Sorted) -> None:
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


# --- telling statements apart -----------------------------------------------------------------------------


_NOT_PLAIN = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)


def _is_future(node: ast.stmt) -> TypeGuard[ast.ImportFrom]:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__" and not node.level


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


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


def evaluated(node: ast.AST) -> list[ast.AST]:
    """The nodes that Python evaluates when it meets a statement: bodies of functions come later."""
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


def _why_dropped(node: ast.stmt) -> str:
    if isinstance(node, ast.If) and "__name__" in ast.unparse(node.test):
        return "the grader imports the file, so this part is not for it"
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        return "only editors look at it"
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Delete):
        return "it changes something outside of a function"
    return "only imports, definitions and constants are kept of the top level"
