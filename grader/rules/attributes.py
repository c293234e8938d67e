"""Read names and attributes: which may be used, which are the submission's own, and which nobody has listed."""

from __future__ import annotations

import ast
import builtins
import difflib
import importlib

from grader.records import Refusal
from grader.rules import allowlist
from grader.rules.imports import resolve
from grader.rules.reading import Place, Use, is_dunder
from grader.rules.refusals import refusal_of, refusal_of_import
from grader.rules.scopes import Kind, Meaning

_CLASS_VALUES = allowlist.DUNDER_METHODS | allowlist.DUNDER_HOOKS | allowlist.DUNDER_VALUES
# What a `with` enters and leaves is not entered and left by hand.
_READABLE = (allowlist.DUNDER_METHODS | allowlist.DUNDER_READABLE) - {"__enter__", "__exit__"}
_TENSOR = "torch.Tensor"


class AttributeReader(Place):
    """Reads what is named: names of the file, of modules and of Python, and attributes of whatever they stand for."""

    # --- names --------------------------------------------------------------------------------------------

    def visit_name(self, node: ast.Name) -> None:
        """A name that is read, or bound: no binding may replace what the interpreter itself looks up."""
        if isinstance(node.ctx, ast.Load):
            self.value(node, self.meaning(node.id))
        elif is_dunder(node.id) and not (self.in_class_body() and node.id in _CLASS_VALUES):
            self.refuse(node, node.id, Refusal.INTERNAL)
        elif self.in_class_body():
            self.define(node, node.id)

    def value(self, node: ast.Name, meaning: Meaning) -> None:
        """A name used as a value, with what it means."""
        name, origin = node.id, meaning.origin
        match meaning.kind:
            case Kind.OWN:
                self.reading.reads.add(name)
                self.reading.passes.add(name)
            case Kind.MODULE:
                self.refuse(node, origin, Refusal.MODULE_AS_VALUE)
            case Kind.IMPORTED:
                self.use(node, origin)
            case Kind.REFUSED:
                self.refuse(node, origin, refusal_of_import(origin))
            case Kind.BUILTIN:
                if name in allowlist.ONE_ARGUMENT:
                    self.refuse(node, name, Refusal.ONE_ARGUMENT)
                elif name not in allowlist.BUILTINS and not self.is_hook_of_class(name):
                    self.refuse(node, name, refusal_of(name))
            case Kind.UNDEFINED if is_dunder(name) and not self.is_hook_of_class(name):
                self.refuse(node, name, Refusal.INTERNAL)

    def is_hook_of_class(self, name: str) -> bool:
        """Whether a class body reads a special method that it has defined: `__radd__ = __add__`."""
        return name in allowlist.DUNDER_METHODS and self.bound_by_class(name)

    def use(self, node: ast.AST, origin: str) -> None:
        """A name of an allowed module, used as a value."""
        if origin in allowlist.ONE_ARGUMENT:
            self.refuse(node, origin, Refusal.ONE_ARGUMENT)
        elif origin in allowlist.CONTEXTS:
            self.refuse(node, origin, Refusal.CONTEXT_ONLY)
        line = getattr(node, "lineno", 0)
        self.reading.uses += [Use(line, part, origin) for part in origin.split(".")[1:]]

    def define(self, node: ast.AST, name: str) -> None:
        """A name that a class of the file has; none may be one of the interpreter's own (see `visit_class_pattern`)."""
        if name in allowlist.INTERPRETER:
            self.refuse(node, name, Refusal.INTERNAL)
        self.reading.defines.add(name)

    def visit_global(self, node: ast.Global) -> None:
        """A function that binds a name of the file, which others may read."""
        for name in node.names:
            # A built-in under an own name would be Python's again where the function has not run.
            if name in self.names.imports or hasattr(builtins, name) or is_dunder(name):
                self.refuse(node, f"global {name}", Refusal.TWO_MEANINGS)
            elif name in self.names.own:
                self.reading.reads.add(name)
                self.reading.passes.add(name)

    # --- attributes ---------------------------------------------------------------------------------------

    def visit_attribute(self, node: ast.Attribute) -> None:
        """Follow a chain of attributes from what it begins with: a module, a class of the file, or some value."""
        base, chain = _unchained(node)
        if isinstance(base, ast.Name):
            rest = self.rest_for_values(base, chain)
        else:
            self.visit(base)
            rest = chain
        for attribute in rest or ():
            self.value_attribute(attribute)
        if rest is not None and isinstance(node.ctx, ast.Store | ast.Del):
            self.store(node, base)

    def rest_for_values(self, base: ast.Name, chain: list[ast.Attribute]) -> list[ast.Attribute] | None:
        """What of a chain of attributes is asked of values; None if it is settled already."""
        kind, origin = self.meaning(base.id)
        match kind:
            case Kind.LOCAL if self.is_own_class(base):
                return self.rest_for_own(chain)
            case Kind.LOCAL:
                return chain
            case Kind.OWN:
                self.reading.reads.add(base.id)
                return self.rest_for_own(chain) if base.id in self.names.classes else chain
            case Kind.MODULE:
                return self.rest_of_module(base, origin, chain)
            case Kind.REFUSED:
                dotted = ".".join([origin, *(item.attr for item in chain)])
                self.refuse(base, dotted, refusal_of_import(dotted))
                return None
            case Kind.UNDEFINED if not is_dunder(base.id):
                return None  # Python will say that the name is not defined
        if origin == _TENSOR:
            origin = f"{origin}.{chain[0].attr}"
        self.value(base, Meaning(kind, origin))
        return chain

    def rest_for_own(self, chain: list[ast.Attribute]) -> list[ast.Attribute]:
        """`Act.sigmoid`: the first attribute of a class of the file is the file's own, whatever it is called.

        What begins with an underscore may come from a base instead: `_convert_` of an enumeration reads a module.
        """
        first = chain[0].attr
        return chain if first.startswith("_") or first in allowlist.FORMATTING else chain[1:]

    def rest_of_module(
        self, base: ast.Name, dotted: str, chain: list[ast.Attribute]
    ) -> list[ast.Attribute] | None:
        """Follow `torch.linalg.norm` through the modules; return what is left for values, None if refused."""
        for position, item in enumerate(chain):
            dotted = f"{dotted}.{item.attr}"
            kind = resolve(dotted, self.modules)
            if kind is Kind.REFUSED:
                whole = ".".join([dotted, *(later.attr for later in chain[position + 1 :])])
                self.refuse_of_module(item, dotted, whole)
                return None
            if kind is Kind.IMPORTED:
                rest = chain[position + 1 :]
                if dotted == _TENSOR and rest:
                    dotted = f"{dotted}.{rest[0].attr}"  # a method by its class
                self.use(item, dotted)
                return rest
        self.refuse(base, dotted, Refusal.MODULE_AS_VALUE)
        return None

    def refuse_of_module(self, node: ast.AST, dotted: str, whole: str) -> None:
        """Refuse a name of an allowed module, and tell apart what the module does not even have."""
        parent, _, name = dotted.rpartition(".")
        if (
            parent in self.modules
            and not is_dunder(name)
            and not hasattr(importlib.import_module(parent), name)
        ):
            near = difflib.get_close_matches(name, self.modules[parent], n=1, cutoff=0.5)
            self.refuse(node, whole, Refusal.ABSENT, *near)
        else:
            self.refuse(node, whole, refusal_of(whole))

    def value_attribute(self, node: ast.Attribute) -> None:
        """An attribute of a value of which nothing is known."""
        name = node.attr
        if name.startswith("__") and name.endswith("__"):
            if not isinstance(node.ctx, ast.Load) or name not in _READABLE:
                self.refuse(node, name, refusal_of(name, Refusal.INTERNAL))
            elif name == "__class__" and isinstance(node.value, ast.Attribute) and node.value.attr == name:
                self.refuse(node, "__class__.__class__", Refusal.INTERNAL)  # it makes classes, as type does
        elif name in allowlist.FORMATTING and not self.is_self(node.value):
            self.refuse(node, name, Refusal.UNREADABLE_NAME)
        elif name == "requires_grad" and not isinstance(node.ctx, ast.Load) and not self.is_self(node.value):
            self.refuse(node, name, Refusal.BY_HAND)
        elif name not in self.attributes:
            self.reading.unknown.append((node.lineno, name))

    def store(self, node: ast.Attribute, base: ast.expr) -> None:
        """`thing.name = ...`: on what is the submission's own, never on modules or on what is imported.

        Args:
            node: the attribute that is set or deleted.
            base: what its chain begins with.
        """
        kind = self.meaning(base.id).kind if isinstance(base, ast.Name) else Kind.LOCAL
        foreign = kind is not Kind.LOCAL and not (isinstance(base, ast.Name) and base.id in self.names.shared)
        if foreign or self.is_class_of_something(node.value):
            self.refuse(node, ast.unparse(node), Refusal.NOT_OWN)
            return
        if kind is Kind.OWN and isinstance(base, ast.Name):
            self.reading.passes.add(base.id)
        if isinstance(node.ctx, ast.Store):
            self.define(node, node.attr)

    def is_class_of_something(self, node: ast.expr) -> bool:
        """`type(x)`, `super()` or `x.__class__`, which may be a class of torch; `type(self)` is one's own."""
        if isinstance(node, ast.Attribute) and node.attr == "__class__":
            return not self.is_self(node.value)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            argument = node.args[0] if node.args else None
            return node.func.id == "super" or (node.func.id == "type" and not self.is_self(argument))
        return False

    def is_self(self, node: ast.expr | None) -> bool:
        """Whether it is the first parameter of a method around."""
        return isinstance(node, ast.Name) and node.id in self.owners


def _unchained(node: ast.Attribute) -> tuple[ast.expr, list[ast.Attribute]]:
    """`a.b.c` as the expression a and the attributes b and c."""
    chain: list[ast.Attribute] = []
    base: ast.expr = node
    while isinstance(base, ast.Attribute):
        chain.append(base)
        base = base.value
    return base, chain[::-1]
