"""What a name means where it stands, by Python's rules for scopes: local, the file's, an import's, Python's own.

Made by hand because the reader needs more than `symtable` tells (which import a local name stands for, which text it
holds) and needs it for a tree of which parts are replaced. The tests compare the two for every name of many files.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple

AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef
Function = AnyFunction | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class Kind(StrEnum):
    """What a name can be."""

    LOCAL = "local"  # bound in a function around
    OWN = "own"  # bound at the top level of the file
    MODULE = "module"  # an allowed module
    IMPORTED = "imported"  # an open name of an allowed module
    REFUSED = "refused"  # an import that is not allowed
    BUILTIN = "built-in"
    UNDEFINED = "undefined"  # Python will raise NameError


class Meaning(NamedTuple):
    """What a name stands for; `origin` is the dotted name of an import, or a built-in's own name."""

    kind: Kind
    origin: str = ""


LOCAL = Meaning(Kind.LOCAL)


@dataclass(frozen=True)
class Scope:
    """What one function, class or comprehension binds.

    Attributes:
        names: all of it.
        global_names: names that a `global` statement here hands to the file.
        imports: names that are bound by imports and nothing else, with what they stand for.
        texts: names that are bound once, to a plain text.
        classes: names that are bound by class statements and nothing else.
    """

    names: frozenset[str]
    kind: Literal["function", "comprehension", "class"]
    global_names: frozenset[str] = frozenset()
    imports: Mapping[str, Meaning] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    classes: frozenset[str] = frozenset()


def find(scopes: Iterable[Scope], name: str) -> Scope | None:
    """The innermost of `scopes` (outermost first) in which Python finds the name; None if it is global.

    What a class binds does not count, not even right inside it: `if` and order decide there whether Python finds the
    class's name or the global one, and where in doubt a name counts as the more dangerous thing.

    Args:
        scopes: outermost first, as they are entered.
        name: as it is read.
    """
    for depth, scope in enumerate(reversed([*scopes])):
        if name in scope.global_names:
            return None
        if name in scope.names:
            if scope.kind != "class":
                return scope
            if depth == 0:
                return None
    return None


# --- what one scope binds ---------------------------------------------------------------------------------


def function_scope(node: Function, meaning_of: Callable[[ast.alias, ast.stmt], Meaning]) -> Scope:
    """The scope of a function.

    Args:
        meaning_of: tells what an alias of an import statement in it stands for.

    Args:
        node: a lambda is a function of one expression.
    """
    body: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else [*node.body]
    parameters = {argument.arg for argument in parameters_of(node.args)}
    nodes = list(own_nodes(body))
    global_names = {name for item in nodes if isinstance(item, ast.Global) for name in item.names}
    outer = global_names | {name for item in nodes if isinstance(item, ast.Nonlocal) for name in item.names}
    bound: dict[str, list[ast.AST]] = {}
    for item in nodes:
        for name in binds(item):
            bound.setdefault(name, []).append(item)
    names = frozenset(parameters | bound.keys()) - outer
    plain = names - parameters
    imports: dict[str, Meaning] = {}
    for name in plain:
        if all(isinstance(item, ast.Import | ast.ImportFrom) for item in bound[name]):
            imports[name] = _one_meaning(name, bound[name], meaning_of)
    return Scope(
        names,
        "function",
        frozenset(global_names),
        imports,
        _texts(nodes, {name for name in plain if len(bound[name]) == 1}),
        frozenset(name for name in plain if all(isinstance(item, ast.ClassDef) for item in bound[name])),
    )


def _one_meaning(
    name: str, statements: Iterable[ast.AST], meaning_of: Callable[[ast.alias, ast.stmt], Meaning]
) -> Meaning:
    """What several imports of one name come to: refused if they differ."""
    meanings = [
        meaning_of(alias, statement)
        for statement in statements
        if isinstance(statement, ast.Import | ast.ImportFrom)
        for alias in statement.names
        if bound_by_alias(alias) == name
    ]
    refused = next((meaning for meaning in meanings if meaning.kind is Kind.REFUSED), None)
    if refused is not None or len(set(meanings)) > 1:
        return Meaning(Kind.REFUSED, (refused or meanings[0]).origin)
    return meanings[0]


def _texts(nodes: Iterable[ast.AST], bound_once: set[str]) -> dict[str, str]:
    """Names that one assignment gives a plain text, such as a pattern that is formatted later."""
    return {
        item.targets[0].id: item.value.value
        for item in nodes
        if isinstance(item, ast.Assign)
        and len(item.targets) == 1
        and isinstance(item.targets[0], ast.Name)
        and item.targets[0].id in bound_once
        and isinstance(item.value, ast.Constant)
        and isinstance(item.value.value, str)
    }


def class_scope(node: ast.ClassDef) -> Scope:
    """The scope of a class."""
    return Scope(frozenset(bound_in(node.body)), "class")


def comprehension_scope(node: Comprehension) -> Scope:
    """The scope of a comprehension: its loop variables."""
    names = {
        part.id
        for item in node.generators
        for part in ast.walk(item.target)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    }
    return Scope(frozenset(names), "comprehension")


def bound_in(body: Iterable[ast.AST]) -> set[str]:
    """Names that these statements bind in their own scope."""
    return {name for node in own_nodes(body) for name in binds(node)}


def global_bindings(node: ast.AST) -> set[str]:
    """Names of the file that functions in this statement bind, with `global`."""
    found: set[str] = set()
    for item in ast.walk(node):
        if isinstance(item, AnyFunction):
            inside = list(own_nodes(item.body))
            declared = {name for part in inside if isinstance(part, ast.Global) for name in part.names}
            found |= declared.intersection(name for part in inside for name in binds(part))
    return found


def binds(node: ast.AST) -> tuple[str, ...]:
    """The names that a node itself binds."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return (name,)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return (name,)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return (name,)
        case ast.MatchMapping(rest=str(name)):
            return (name,)
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return tuple(bound_by_alias(alias) for alias in names)
    return ()


def bound_by_alias(alias: ast.alias) -> str:
    """The name that an alias of an import statement binds: `torch` for `import torch.nn`."""
    return alias.asname or alias.name.split(".")[0]


def own_nodes(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes of a scope, without those of inner functions, classes and comprehensions.

    What Python evaluates outside of these (decorators, defaults, bases, the first iterable) belongs to the scope, and
    so does a := in a comprehension.

    Args:
        body: statements or expressions of one scope.
    """
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, AnyFunction):
            waiting += [*node.decorator_list, *_defaults(node.args)]
        elif isinstance(node, ast.ClassDef):
            waiting += [*node.decorator_list, *node.bases, *(item.value for item in node.keywords)]
        elif isinstance(node, ast.Lambda):
            waiting += _defaults(node.args)
        elif isinstance(node, Comprehension):
            waiting += _outside_targets(node)
        else:
            waiting += ast.iter_child_nodes(node)


def parameters_of(node: ast.arguments) -> Iterator[ast.arg]:
    """All parameters, in no special order.

    `*args` and `**kwargs` too.
    """
    yield from (*node.posonlyargs, *node.args, *node.kwonlyargs)
    yield from (item for item in (node.vararg, node.kwarg) if item is not None)


def _defaults(node: ast.arguments) -> list[ast.AST]:
    """The expressions for default values; of keyword parameters without one there is none."""
    return [*node.defaults, *(item for item in node.kw_defaults if item is not None)]


def _outside_targets(node: Comprehension) -> Iterator[ast.AST]:
    """The parts of a comprehension in which a := binds a name of the function around."""
    for generator in node.generators:
        yield from (generator.iter, *generator.ifs)
    yield from (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
