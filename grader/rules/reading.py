"""What is read in a statement, where the reader stands in it, and what a name means there."""

from __future__ import annotations

import ast
import builtins
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeGuard

from grader.records import Refusal
from grader.rules import allowlist
from grader.rules.imports import Modules
from grader.rules.scopes import LOCAL, Kind, Meaning, Scope, find

_CALLABLE = allowlist.BUILTINS | {"getattr", "setattr", "delattr"}


class Finding(NamedTuple):
    """Something that no exercise may do; `near` is the name that may have been meant."""

    line: int
    name: str
    refusal: Refusal
    near: str = ""


class Use(NamedTuple):
    """A name of an allowed module, which may be the answer of one exercise.

    Attributes:
        name: one part of it, by which an exercise may forbid it.
        origin: the whole dotted name.
    """

    line: int
    name: str
    origin: str


@dataclass(frozen=True)
class Names:
    """What the names of a file mean.

    Attributes:
        imports: what an imported name stands for.
        own: names that the file defines itself.
        classes: those of them that are classes, or records made by namedtuple, and nothing else.
        shared: names of the file that may get attributes: its functions and classes, and what its calls made.
        texts: names that stand for one plain text.
        later_annotations: whether annotations are never evaluated.
    """

    imports: Mapping[str, Meaning]
    own: frozenset[str]
    classes: frozenset[str]
    shared: frozenset[str]
    texts: Mapping[str, str]
    later_annotations: bool


@dataclass
class Reading:
    """What was read in one statement.

    Attributes:
        reads: names of the file that it refers to; `passes` are those it does more with than call them.
        defines: attributes that its classes and assignments define.
        by_position: lines with class patterns that name no attributes.
        unknown: attributes of values that are not listed, to be settled when all of the file has been read.
    """

    findings: list[Finding] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    reads: set[str] = field(default_factory=set)
    passes: set[str] = field(default_factory=set)
    defines: set[str] = field(default_factory=set)
    unknown: list[tuple[int, str]] = field(default_factory=list)
    by_position: list[int] = field(default_factory=list)


class Place(ABC):
    """Where a reader stands in a statement: the scopes around, and what names and texts mean there.

    Args:
        names: of the file.
        modules: the modules that may be used, with their open names.
        attributes: what any value may be asked for.
    """

    def __init__(self, names: Names, modules: Modules, attributes: frozenset[str]) -> None:
        self.names = names
        self.modules = modules
        self.attributes = attributes
        self.reading = Reading()
        self.scopes: list[Scope] = []
        self.owners: list[str] = []  # of each function around, the first parameter if it is a method

    @abstractmethod
    def visit(self, node: ast.AST) -> None:
        """Read a node and all that is below it."""

    def visit_all(self, nodes: Iterable[ast.AST | None]) -> None:
        """Several nodes, in order."""
        for node in nodes:
            if node is not None:
                self.visit(node)

    def visit_children(self, node: ast.AST) -> None:
        """All nodes right below one."""
        for child in ast.iter_child_nodes(node):
            self.visit(child)

    def refuse(self, node: ast.AST, name: str, refusal: Refusal, near: str = "") -> None:
        """Put down a finding at the line of a node."""
        self.reading.findings.append(Finding(getattr(node, "lineno", 0), name, refusal, near))

    # --- what a name means --------------------------------------------------------------------------------

    def meaning(self, name: str) -> Meaning:
        """What a name stands for where the reader is."""
        scope = find(self.scopes, name)
        if scope is not None:
            return scope.imports.get(name, LOCAL)
        if name in self.names.own:
            return Meaning(Kind.OWN)
        if name in self.names.imports:
            return self.names.imports[name]
        return Meaning(Kind.BUILTIN, name) if hasattr(builtins, name) else Meaning(Kind.UNDEFINED)

    def origin(self, node: ast.expr) -> str:
        """The dotted name of something imported or built in; empty for everything else."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        kind, root = self.meaning(node.id)
        known = kind in (Kind.MODULE, Kind.IMPORTED) or (kind is Kind.BUILTIN and root in _CALLABLE)
        return ".".join([root, *reversed(parts)]) if known else ""

    def is_own(self, node: ast.AST) -> TypeGuard[ast.Name]:
        """Whether the node is a name that the file itself defines at its top level."""
        return isinstance(node, ast.Name) and self.meaning(node.id).kind is Kind.OWN

    def is_module(self, node: ast.Name) -> bool:
        """Whether the name stands for an allowed module."""
        return self.meaning(node.id).kind is Kind.MODULE

    def is_own_class(self, node: ast.AST) -> bool:
        """Whether the node is a class that the submission defines."""
        if not isinstance(node, ast.Name):
            return False
        scope = find(self.scopes, node.id)
        return node.id in (self.names.classes if scope is None else scope.classes)

    def text(self, node: ast.expr) -> str | None:
        """The text that an expression is, if it stands in the file."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        if isinstance(node, ast.Name):
            scope = find(self.scopes, node.id)
            return (self.names if scope is None else scope).texts.get(node.id)
        return None

    def in_class_body(self) -> bool:
        """Whether the reader is right inside a class, not in a method of it."""
        return bool(self.scopes) and self.scopes[-1].kind == "class"

    def bound_by_class(self, name: str) -> bool:
        """Whether the class around binds the name."""
        return self.in_class_body() and name in self.scopes[-1].names

    def in_function(self) -> bool:
        """Whether := binds a local name here; a comprehension hands it on to what is around."""
        outer = [scope.kind for scope in self.scopes if scope.kind != "comprehension"]
        return bool(outer) and outer[-1] == "function"


def is_dunder(name: str) -> bool:
    """Whether it begins with two underscores: the interpreter's own, or private to a class."""
    return name.startswith("__")
