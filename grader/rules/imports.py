"""Decide what every imported name of a file means, and which imports have to go."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from grader.rules.analyzer import resolve
from grader.rules.rewriting import Edit
from grader.rules.toplevel import Alias


@dataclass
class Imports:
    """What imported names mean: modules, names of modules, or nothing that is allowed."""

    modules: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    refused: dict[str, Alias] = field(default_factory=dict)
    edits: list[Edit] = field(default_factory=list)


def settle_imports(
    aliases: Iterable[Alias],
    defined: frozenset[str],
    exercises: frozenset[str],
    modules: Mapping[str, frozenset[str]],
) -> Imports:
    """Settle the imports of a file.

    Args:
        defined: names of the file's own definitions; they win over an import of the same name.
        exercises: names that may not come from an import.
        modules: the modules that may be used, with their open names.
    """
    found = Imports()
    meanings: dict[str, set[tuple[str, str]]] = {}
    left: dict[ast.Import | ast.ImportFrom, list[ast.alias]] = {}
    for item in aliases:
        left.setdefault(item.statement, [])
        if item.local in defined:
            continue
        kind, origin = _meaning(item, modules)
        meanings.setdefault(item.local, set()).add((kind, origin))
        if kind == "refused" or item.local in exercises or len(meanings[item.local]) > 1:
            found.refused[item.local] = item
        else:
            table = found.modules if kind == "module" else found.names
            table[item.local] = origin
            left[item.statement].append(_rewritten(item, modules))
    for local in found.refused:
        found.modules.pop(local, None)
        found.names.pop(local, None)
    found.edits = [
        Edit(statement, _import_line(statement, kept))
        for statement, kept in left.items()
        if [(alias.name, alias.asname) for alias in kept]
        != [(alias.name, alias.asname) for alias in statement.names]
    ]
    return found


def _meaning(item: Alias, modules: Mapping[str, frozenset[str]]) -> tuple[str, str]:
    if isinstance(item.statement, ast.Import) and item.alias.asname is None:
        # `import torch.nn` binds torch. What is wrong with it is told where torch.nn is used.
        return ("module", item.local) if item.local in modules else ("refused", item.origin)
    kind = resolve(item.origin, modules)
    if kind == "name" and isinstance(item.statement, ast.Import):
        return "refused", item.origin
    return kind, item.origin


def _rewritten(item: Alias, modules: Mapping[str, frozenset[str]]) -> ast.alias:
    """The alias as it may run: `import torch.nn` becomes `import torch`."""
    whole = isinstance(item.statement, ast.Import) and item.alias.asname is None
    return ast.alias(name=item.local) if whole and item.origin not in modules else item.alias


def _import_line(statement: ast.Import | ast.ImportFrom, kept: list[ast.alias]) -> str:
    if not kept:
        return ""
    if isinstance(statement, ast.Import):
        return ast.unparse(ast.Import(names=kept))
    return ast.unparse(ast.ImportFrom(module=statement.module, names=kept, level=statement.level))
