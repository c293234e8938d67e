"""Replace what is of no use where work is graded, before anything is judged: debuggers, imports that cannot succeed.

A forgotten breakpoint would wait for a keyboard that is not there, and `try: import numpy` has to go on as it would on
a machine without numpy. The statements in their place are judged like any others.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator

from grader.language import kept
from grader.rules.imports import Modules, meaning_of
from grader.rules.rewriting import Edit
from grader.rules.scopes import Kind, binds

_DEBUGGERS = frozenset({"pdb", "ipdb", "pudb", "debugpy", "web_pdb"})
_STOPPERS = frozenset({"set_trace", "breakpoint", "post_mortem"})
_CATCH_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


def replace_leftovers(tree: ast.Module, modules: Modules) -> tuple[list[Edit], list[tuple[int, str]]]:
    """Replace leftovers in the tree itself.

    Args:
        modules: the modules that may be used, with their open names.

    Returns:
        The same replacements as edits of the source, and what to tell about them.

    Args:
        tree: of the whole file; it is changed.
    """
    own = {
        name
        for node in ast.walk(tree)
        if not isinstance(node, ast.Import | ast.ImportFrom)
        for name in binds(node)
    }
    edits: list[Edit] = []
    told: list[tuple[int, str]] = []
    # At the top level itself a debugger is scratch work like any other call, and a refused import goes.
    waiting = [*tree.body]
    while waiting:
        outer = waiting.pop()
        if isinstance(outer, ast.Try) and _imports_surely(outer, modules):
            edits += _silence_handlers(outer)
        for body, import_may_fail in _blocks(outer):
            for place, statement in enumerate(body):
                new: ast.stmt | None = None
                if _is_debugger(statement, own):
                    new = ast.Pass()
                    told.append((statement.lineno, kept(f"{ast.unparse(statement)} waits for a keyboard")))
                elif import_may_fail and (name := _refused_import(statement, modules)):
                    new = ast.Raise(ast.Name("ImportError", ast.Load()))
                    told.append((statement.lineno, kept(f"{name} may not be imported")))
                if new is not None:
                    body[place] = ast.fix_missing_locations(ast.copy_location(new, statement))
                    edits.append(Edit(body[place], ast.unparse(new)))
            waiting += body
    return edits, told


def _blocks(statement: ast.stmt) -> Iterator[tuple[list[ast.stmt], bool]]:
    """The lists of statements inside a statement, each with whether an import that fails is caught there."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(statement, name, None)
        if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
            yield (
                block,
                name == "body" and isinstance(statement, ast.Try) and _catches_import_errors(statement),
            )
    for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield part.body, False


# --- debuggers --------------------------------------------------------------------------------------------


def _is_debugger(statement: ast.stmt, own: set[str]) -> bool:
    """Whether it imports a debugger or stops in one.

    Args:
        own: names that the file gives a meaning of its own; a function called `breakpoint` is no debugger.
    """
    match statement:
        case ast.Import(names=aliases):
            return all(alias.name.split(".")[0] in _DEBUGGERS for alias in aliases)
        case ast.ImportFrom(module=str(module)):
            return module.split(".")[0] in _DEBUGGERS
        case ast.Expr(value=ast.Call(func=ast.Name(id=name))):
            return name in _STOPPERS and name not in own
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=stop))):
            return name in _DEBUGGERS - own and stop in _STOPPERS
    return False


# --- imports that may fail --------------------------------------------------------------------------------


def _catches_import_errors(statement: ast.Try) -> bool:
    """Whether an import that fails in the `try` is caught there."""
    caught: set[str] = set()
    for handler in statement.handlers:
        if handler.type is None:
            return True
        caught.update(node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name))
    return not caught.isdisjoint(_CATCH_IMPORT_ERRORS)


def _refused_import(statement: ast.stmt, modules: Modules) -> str:
    """What of an import statement may not be imported; empty for everything else."""
    if not isinstance(statement, ast.Import | ast.ImportFrom):
        return ""
    for alias in statement.names:
        meaning = meaning_of(alias, statement, modules)
        if meaning.kind is Kind.REFUSED or alias.name == "*":
            return meaning.origin
    return ""


def _imports_surely(statement: ast.Try, modules: Modules) -> bool:
    """Whether it tries nothing but imports that are allowed, of names that are there in this version."""
    if not _catches_import_errors(statement):
        return False
    for part in statement.body:
        if not isinstance(part, ast.Import | ast.ImportFrom) or _refused_import(part, modules):
            return False
        # An allowed name may be missing in this version of torch, and then the handler does count.
        if isinstance(part, ast.ImportFrom):
            module = importlib.import_module(part.module or "")
            if not all(hasattr(module, alias.name) for alias in part.names):
                return False
    return True


def _silence_handlers(statement: ast.Try) -> list[Edit]:
    """Empty the handlers of imports that succeed: what a name would stand for there is not what it stands for.

    Left in, `except ImportError: torch = None` would give `torch` two meanings, and every use of it were in doubt.
    """
    edits: list[Edit] = []
    for handler in statement.handlers:
        for place, part in enumerate(handler.body):
            handler.body[place] = ast.copy_location(ast.Pass(), part)
            edits.append(Edit(handler.body[place], "pass"))
    return edits
