"""Decide what every imported name of a file means, and which imports have to go."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from grader.rules.rewriting import Edit
from grader.rules.scopes import Kind, Meaning, bound_by_alias

# By dotted name, the names that are open in each module.
Modules = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Alias:
    """One name of an import: `local` is what it binds, `origin` where that comes from."""

    statement: ast.Import | ast.ImportFrom
    alias: ast.alias
    local: str
    origin: str


@dataclass
class Imports:
    """What the names mean that are imported at the top level.

    Attributes:
        meanings: by the name that is bound.
        refused: the aliases of what may not be imported.
        edits: import statements that have to be written anew, or to go.
    """

    meanings: dict[str, Meaning] = field(default_factory=dict)
    refused: dict[str, Alias] = field(default_factory=dict)
    edits: list[Edit] = field(default_factory=list)


def resolve(dotted: str, modules: Modules) -> Kind:
    """What a dotted origin is: a module, a name that may be used, or refused.

    Args:
        dotted: such as `torch.linalg.norm`.
        modules: the modules that may be used, with their open names.
    """
    if dotted in modules:
        return Kind.MODULE
    module, _, name = dotted.rpartition(".")
    return Kind.IMPORTED if name in modules.get(module, ()) else Kind.REFUSED


def origin_of(alias: ast.alias, statement: ast.stmt) -> str:
    """The dotted name that an alias of an import statement names.

    Dots of a relative import stay in front, so that it is refused as what it is: another file.
    """
    if isinstance(statement, ast.ImportFrom):
        return f"{'.' * statement.level}{statement.module or ''}.{alias.name}"
    return alias.name


def meaning_of(alias: ast.alias, statement: ast.stmt, modules: Modules) -> Meaning:
    """What the name means that an alias of an import statement binds.

    Args:
        alias, statement: one name of an import, at the top level or in a function.
        modules: the modules that may be used, with their open names.

    Returns:
        A module, an open name of one, or refused; `origin` is the whole dotted name in each case.
    """
    origin = origin_of(alias, statement)
    if isinstance(statement, ast.Import):
        if alias.asname is None:
            # `import torch.fft` binds torch. What is wrong with it is told where torch.fft is used.
            root = bound_by_alias(alias)
            return Meaning(Kind.MODULE, root) if root in modules else Meaning(Kind.REFUSED, origin)
        return Meaning(Kind.MODULE if origin in modules else Kind.REFUSED, origin)
    return Meaning(resolve(origin, modules), origin)


def settle_imports(
    aliases: Iterable[Alias],
    defined: frozenset[str],
    exercises: frozenset[str],
    modules: Modules,
    nested: frozenset[ast.stmt] = frozenset(),
) -> Imports:
    """Settle the imports of the top level.

    Args:
        defined: names of the file's own definitions; they win over an import of the same name.
        exercises: names that may not come from an import.
        modules: the modules that may be used, with their open names.
        nested: those of the statements that stand in an `if` or a `try`, where something has to stay.

    Returns:
        What each name means, what is refused, and how the statements have to be written.
    """
    found = Imports()
    left: dict[ast.Import | ast.ImportFrom, list[ast.alias]] = {}
    for item in aliases:
        left.setdefault(item.statement, [])
        if item.local in defined:
            continue
        meaning = meaning_of(item.alias, item.statement, modules)
        # A name that is imported twice, from two places, has no one meaning, and is refused.
        before = found.meanings.setdefault(item.local, meaning)
        if meaning.kind is Kind.REFUSED or item.local in exercises or before != meaning:
            found.refused.setdefault(item.local, item)
            found.meanings[item.local] = Meaning(Kind.REFUSED, found.refused[item.local].origin)
        else:
            left[item.statement].append(_rewritten(item.alias, item.statement, modules))
    found.edits = [
        Edit(statement, _import_line(statement, kept) or ("pass" if statement in nested else ""))
        for statement, kept in left.items()
        if not _same(kept, statement)
    ]
    return found


def edits_inside(functions: Iterable[ast.stmt], modules: Modules) -> list[Edit]:
    """How the imports inside functions have to be written anew: what may not be imported is left out.

    Nobody loses by it: a function that uses such a name is in breach and does not run, and in all others the import
    was of no use. What an import runs on the way is nothing that a submission should start.

    Args:
        functions: definitions that will run; classes count with their methods.
    """
    edits: list[Edit] = []
    for function in functions:
        for statement in ast.walk(function):
            if isinstance(statement, ast.Import | ast.ImportFrom):
                kept = [
                    _rewritten(alias, statement, modules)
                    for alias in statement.names
                    if meaning_of(alias, statement, modules).kind is not Kind.REFUSED
                ]
                if not _same(kept, statement):
                    edits.append(Edit(statement, _import_line(statement, kept) or "pass"))
    return edits


def star_names(statement: ast.ImportFrom, wanted: Iterable[str]) -> list[str]:
    """Which of the `wanted` names a star import binds, by what the module of this version holds.

    Args:
        statement: of a module that may be used; it is imported here.
    """
    module = importlib.import_module(statement.module or "")
    public: Iterable[str] = getattr(module, "__all__", [name for name in vars(module) if name[0] != "_"])
    return sorted(set(wanted).intersection(public))


def _same(kept: list[ast.alias], statement: ast.Import | ast.ImportFrom) -> bool:
    """Whether nothing of a statement has to go."""
    return [(alias.name, alias.asname) for alias in kept] == [
        (alias.name, alias.asname) for alias in statement.names
    ]


def _rewritten(alias: ast.alias, statement: ast.stmt, modules: Modules) -> ast.alias:
    """The alias as it may run: `import torch.fft` becomes `import torch`."""
    whole = isinstance(statement, ast.Import) and alias.asname is None
    return ast.alias(name=bound_by_alias(alias)) if whole and alias.name not in modules else alias


def _import_line(statement: ast.Import | ast.ImportFrom, kept: list[ast.alias]) -> str:
    """The statement with these aliases only; empty if there are none."""
    if not kept:
        return ""
    if isinstance(statement, ast.Import):
        return ast.unparse(ast.Import(names=kept))
    return ast.unparse(ast.ImportFrom(module=statement.module, names=kept, level=statement.level))
