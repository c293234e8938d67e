"""Read one top-level statement: what it may not do, what it uses, and which names of the file it refers to.

What counts is what a name is, where that can be known: a parameter called `torch` is no module, an attribute of a
class of the file is the learner's own whatever it is called. Where it cannot be known, as for an attribute of some
value, a name counts as the most dangerous thing it could be on any value that learner code meets.
"""

from __future__ import annotations

import ast
import builtins
import difflib
import importlib
import string
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeGuard

from grader.records import Refusal
from grader.rules import allowlist
from grader.rules.imports import Modules, meaning_of, origin_of, resolve
from grader.rules.refusals import refusal_of, refusal_of_import
from grader.rules.scopes import (
    LOCAL,
    AnyFunction,
    Comprehension,
    Kind,
    Meaning,
    Scope,
    bound_by_alias,
    class_scope,
    comprehension_scope,
    find,
    function_scope,
    parameters_of,
)


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


def read_statement(
    statement: ast.stmt, names: Names, modules: Modules, attributes: frozenset[str]
) -> Reading:
    """Read a definition or constant of the file's top level.

    Args:
        modules: the modules that may be used, with their open names.
        attributes: what any value may be asked for.

    Returns:
        What was found; the attributes in `unknown` are for the caller to settle, who knows the whole file.
    """
    reader = _Reader(names, modules, attributes)
    reader.visit(statement)
    return reader.reading


class _Reader:
    """Walks a statement once. Every kind of node has a method here, or is refused."""

    def __init__(self, names: Names, modules: Modules, attributes: frozenset[str]) -> None:
        self.names = names
        self.modules = modules
        self.attributes = attributes
        self.reading = Reading()
        self.scopes: list[Scope] = []
        self.owners: list[str] = []  # of each function around, the first parameter if it is a method

    def visit(self, node: ast.AST) -> None:
        """Args:
        node: of any kind; one that is not known, as of a later version of Python, is refused.
        """
        kind = type(node)
        if kind in _TRANSPARENT:
            self.visit_children(node)
        elif kind in _METHODS:
            _METHODS[kind](self, node)
        else:
            self.refuse(node, _FORMS.get(kind.__name__, kind.__name__), Refusal.FORM)

    def visit_all(self, nodes: Iterable[ast.AST | None]) -> None:
        """Several nodes, in order."""
        for node in nodes:
            if node is not None:
                self.visit(node)

    def visit_children(self, node: ast.AST) -> None:
        """All nodes right below one."""
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                self.visit_all(item for item in value if isinstance(item, ast.AST))
            elif isinstance(value, ast.AST):
                self.visit(value)

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

    # --- names --------------------------------------------------------------------------------------------

    def visit_name(self, node: ast.Name) -> None:
        """A name that is read, or bound: no binding may replace what the interpreter itself looks up."""
        if isinstance(node.ctx, ast.Load):
            self.value(node, self.meaning(node.id))
        elif _is_dunder(node.id) and not (self.in_class_body() and node.id in _CLASS_VALUES):
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
            case Kind.UNDEFINED if _is_dunder(name) and not self.is_hook_of_class(name):
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
            if name in self.names.imports or hasattr(builtins, name) or _is_dunder(name):
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
            case Kind.UNDEFINED if not _is_dunder(base.id):
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
            and not _is_dunder(name)
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

    # --- calls and constants ------------------------------------------------------------------------------

    def visit_call(self, node: ast.Call) -> None:
        """Some calls are read in another way than their parts: `getattr(x, "name")`, `type(x)`, `"{}".format(x)`."""
        origin = self.origin(node.func)
        # The dotted name decides, so it is all the same under which alias the function was imported.
        if _is_named_access(node, origin):
            self.named_access(node, origin)
            return
        if self.is_plain_formatting(node) or self.is_own_hook(node):
            assert isinstance(node.func, ast.Attribute)
            self.visit(node.func.value)
        elif self.is_own(node.func):
            self.reading.reads.add(node.func.id)
        elif not (origin in allowlist.ONE_ARGUMENT and _has_one_argument(node)):
            self.visit(node.func)
        elif origin == "type" and self.makes_a_metaclass(node):
            self.refuse(node, "type(type(...))", Refusal.INTERNAL)
        for argument in node.args:
            if origin in ("isinstance", "issubclass") and self.is_own(argument):
                self.reading.reads.add(argument.id)
            elif origin == "hasattr" and isinstance(argument, ast.Name) and self.is_module(argument):
                continue  # what a module has is no secret
            else:
                self.visit(argument)
        for keyword in node.keywords:
            if keyword.arg == "requires_grad" and not (_is_false(keyword.value) or self.is_own(node.func)):
                self.refuse(node, "requires_grad", Refusal.BY_HAND)
            self.visit(keyword.value)
        if origin in allowlist.RECORD_MAKERS:
            self.reading.defines.update(_words_in(node))
        elif origin == "types.SimpleNamespace":
            self.reading.defines.update(keyword.arg for keyword in node.keywords if keyword.arg)

    def named_access(self, node: ast.Call, origin: str) -> None:
        """`getattr(x, "name")`, `setattr(x, "name", y)`: as plain as an attribute, for the name stands there."""
        name = node.args[1]
        assert isinstance(name, ast.Constant)
        attribute = ast.Attribute(node.args[0], str(name.value), _ACCESS[origin])
        self.visit_all([ast.copy_location(attribute, node), *node.args[2:]])

    def is_plain_formatting(self, node: ast.Call) -> bool:
        """`"{:.3f}".format(x)`: of a text that stands in the file and asks for no attribute."""
        if not isinstance(node.func, ast.Attribute) or node.func.attr not in allowlist.FORMATTING:
            return False
        text = self.text(node.func.value)
        return text is not None and _asks_no_attribute(text)

    def is_own_hook(self, node: ast.Call) -> bool:
        """`super().__setattr__(name, value)`, which acts on an instance of the submission's own class."""
        function = node.func
        return (
            isinstance(function, ast.Attribute)
            and function.attr in allowlist.DUNDER_HOOKS
            and isinstance(function.value, ast.Call)
            and self.origin(function.value.func) == "super"
        )

    def makes_a_metaclass(self, node: ast.Call) -> bool:
        """`type(type(x))`, which makes classes."""
        inner = node.args[0]
        called = isinstance(inner, ast.Call) and self.origin(inner.func) == "type"
        return called or (isinstance(inner, ast.Attribute) and inner.attr == "__class__")

    def visit_subscript(self, node: ast.Subscript) -> None:
        """What is indexed, then the index."""
        if self.origin(node.value) != "type":  # the annotation type[Tensor]
            self.visit(node.value)
        self.visit(node.slice)

    def visit_assign(self, node: ast.Assign) -> None:
        """The value before the targets, as Python does it."""
        if _is_false(node.value) and all(
            isinstance(target, ast.Attribute) and target.attr == "requires_grad" for target in node.targets
        ):
            # x.requires_grad = False switches nothing on; it is what it was.
            self.visit_all(target.value for target in node.targets if isinstance(target, ast.Attribute))
            return
        if any(isinstance(target, ast.Name) and target.id == "__match_args__" for target in node.targets):
            self.reading.defines.update(_words_in(node.value))
            if not isinstance(node.value, ast.Tuple) or not all(map(_is_constant, node.value.elts)):
                self.refuse(node, "__match_args__", Refusal.UNREADABLE_NAME)
        self.visit(node.value)
        self.visit_all(node.targets)

    def visit_compare(self, node: ast.Compare) -> None:
        """`np is None`, after an import that may fail, asks nothing of the module."""
        only_identity = all(isinstance(operator, ast.Is | ast.IsNot) for operator in node.ops)
        if not (only_identity and isinstance(node.left, ast.Name) and self.is_module(node.left)):
            self.visit(node.left)
        self.visit_all(node.comparators)

    def visit_constant(self, node: ast.Constant) -> None:
        """Refuse the few texts and numbers that would get around a rule."""
        if node.value == "requires_grad":
            self.refuse(node, "requires_grad", Refusal.BY_HAND)
        elif isinstance(node.value, complex):
            # A step along the imaginary axis gives any function's slope without a derivative.
            self.refuse(node, "complex", Refusal.REAL_NUMBERS)
        elif isinstance(node.value, str) and node.value.startswith("__torch_"):
            self.refuse(node, node.value, Refusal.INTERNAL)  # a method for a class that is made by a call

    # --- functions, classes, comprehensions ---------------------------------------------------------------

    def visit_function(self, node: AnyFunction) -> None:
        """Decorators, defaults and annotations belong to the scope around, the body to its own."""
        self.refuse_type_parameters(node)
        method = self.in_class_body()
        private = method and not node.name.endswith("__")
        if _is_dunder(node.name) and not private:
            if not method or node.name not in allowlist.DUNDER_METHODS | allowlist.DUNDER_HOOKS:
                self.refuse(node, node.name, Refusal.INTERNAL)
        elif method:
            self.define(node, node.name)
        self.decorators(node)
        self.arguments(node.args)
        self.annotation(node.returns)
        first = [*node.args.posonlyargs, *node.args.args][:1]
        around = len(self.owners)
        self.owners += [argument.arg for argument in first] if method else []
        self.scopes.append(function_scope(node, self.meaning_of))
        self.visit_all(node.body)
        self.scopes.pop()
        del self.owners[around:]

    def visit_lambda(self, node: ast.Lambda) -> None:
        """As a function of one expression."""
        self.arguments(node.args)
        self.scopes.append(function_scope(node, self.meaning_of))
        self.visit(node.body)
        self.scopes.pop()

    def meaning_of(self, alias: ast.alias, statement: ast.stmt) -> Meaning:
        """What an import inside a function means."""
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            return Meaning(Kind.REFUSED, "__future__")
        return meaning_of(alias, statement, self.modules)

    def visit_import(self, node: ast.Import | ast.ImportFrom) -> None:
        """What it binds is in the scope; an import that is refused counts where its name is used."""
        if self.in_class_body():
            self.refuse(node, "import in a class", Refusal.FORM)
        for alias in node.names:
            if alias.asname and _is_dunder(alias.asname):
                self.refuse(node, alias.asname, Refusal.INTERNAL)
            if not self.scopes and bound_by_alias(alias) in self.names.own:
                self.use(node, origin_of(alias, node))  # an own name that may stand for it

    def arguments(self, node: ast.arguments) -> None:
        """Defaults and annotations, read where the function is defined."""
        self.visit_all([*node.defaults, *node.kw_defaults])
        for argument in parameters_of(node):
            self.annotation(argument.annotation)
            if _is_dunder(argument.arg):
                self.refuse(argument, argument.arg, Refusal.INTERNAL)

    def annotation(self, node: ast.expr | None) -> None:
        """Read only where Python evaluates it."""
        if node is not None and not self.names.later_annotations:
            self.visit(node)

    def decorators(self, node: AnyFunction | ast.ClassDef) -> None:
        """Read like expressions, apart from `@size.setter` and contexts such as `@torch.no_grad()`."""
        for decorator in node.decorator_list:
            if not self.is_property_part(decorator) and not self.is_context(decorator):
                self.visit(decorator)

    def is_property_part(self, head: ast.expr) -> bool:
        """`@size.setter` in the class that defines `size`."""
        return (
            isinstance(head, ast.Attribute)
            and head.attr in ("setter", "getter", "deleter")
            and isinstance(head.value, ast.Name)
            and self.bound_by_class(head.value.id)
        )

    def is_context(self, node: ast.expr) -> bool:
        """`torch.no_grad()`, with nothing between the brackets that changes it, or `@torch.no_grad` without them."""
        if isinstance(node, ast.Call):
            plain = not node.args and all(keyword.arg in _HARMLESS_SETTINGS for keyword in node.keywords)
            return plain and self.origin(node.func) in allowlist.CONTEXTS
        return self.origin(node) in allowlist.CONTEXTS

    def refuse_type_parameters(self, node: AnyFunction | ast.ClassDef) -> None:
        """Python's own syntax for generics evaluates in scopes of its own, which nothing here follows."""
        if getattr(node, "type_params", None):
            self.refuse(node, "type parameters", Refusal.FORM)

    def visit_class(self, node: ast.ClassDef) -> None:
        """Bases, keywords and decorators first; then a body of definitions, values and plain conditions."""
        self.refuse_type_parameters(node)
        if _is_dunder(node.name):
            self.refuse(node, node.name, Refusal.INTERNAL)
        elif self.in_class_body():
            self.define(node, node.name)
        for keyword in node.keywords:
            if keyword.arg == "metaclass" and self.origin(keyword.value) not in allowlist.METACLASSES:
                self.refuse(node, "metaclass=", Refusal.SUBCLASS)
            elif keyword.arg != "metaclass":
                self.visit(keyword.value)
        for base in node.bases:
            self.base(base)
        self.decorators(node)
        self.scopes.append(class_scope(node))
        for statement in node.body:
            if isinstance(statement, _CLASS_STATEMENTS):
                self.visit(statement)
            else:
                self.refuse(statement, "a statement of a class", Refusal.FORM)
        self.scopes.pop()

    def base(self, node: ast.expr) -> None:
        """A base is a class of the file, a record, or on a short list: others bring methods that nobody looked at."""
        head = node.value if isinstance(node, ast.Subscript) else node
        if isinstance(head, ast.Name) and self.is_own_class(head):
            if self.is_own(head):
                self.reading.reads.add(head.id)
        elif isinstance(head, ast.Call) and self.origin(head.func) in allowlist.RECORD_MAKERS:
            self.visit(head)
        elif self.origin(head) not in allowlist.BASES:
            self.refuse(node, self.origin(head) or ast.unparse(head), Refusal.SUBCLASS)
        if isinstance(node, ast.Subscript):
            self.visit(node.slice)

    def visit_annotated(self, node: ast.AnnAssign) -> None:
        """The value before the target, as Python does it."""
        self.annotation(node.annotation)
        if node.value is not None:
            self.visit(node.value)
        self.visit(node.target)

    def visit_comprehension(self, node: Comprehension) -> None:
        """The first iterable belongs to the scope around."""
        first, *others = node.generators
        self.visit(first.iter)  # the only part that Python evaluates outside
        self.scopes.append(comprehension_scope(node))
        for generator in node.generators:
            self.visit(generator.target)
            self.visit_all(generator.ifs)
        self.visit_all(generator.iter for generator in others)
        parts = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        self.visit_all(parts)
        self.scopes.pop()

    # --- single statements --------------------------------------------------------------------------------

    def visit_walrus(self, node: ast.NamedExpr) -> None:
        """Outside of a function it would bind a name of the class or file in the middle of an expression."""
        if not self.in_function():
            self.refuse(node, ":=", Refusal.FORM)
        self.visit(node.target)
        self.visit(node.value)

    def visit_with(self, node: ast.With | ast.AsyncWith) -> None:
        """The contexts that are allowed only here are not values; all others are read like any expression."""
        for item in node.items:
            if not (self.is_context(item.context_expr) and isinstance(item.context_expr, ast.Call)):
                self.visit(item.context_expr)
            self.visit_all([item.optional_vars])  # what these contexts hand out is not themselves
        self.visit_all(node.body)

    def visit_handler(self, node: ast.ExceptHandler) -> None:
        """The name is a binding like others, but stands as a text in the tree."""
        if node.name and _is_dunder(node.name):
            self.refuse(node, node.name, Refusal.INTERNAL)
        self.visit_all([node.type, *node.body])

    def visit_class_pattern(self, node: ast.MatchClass) -> None:
        """`case Point(x=0, y=y)` asks for the attributes x and y.

        Without names it asks for those in the class's `__match_args__`, which can be any that the file defines: what
        belongs to a class can be a matter of registering.
        """
        self.visit(node.cls)
        if node.patterns:
            self.reading.by_position.append(node.lineno)
        for name in node.kwd_attrs:
            self.value_attribute(ast.copy_location(ast.Attribute(node.cls, name, ast.Load()), node))
        self.visit_all([*node.patterns, *node.kwd_patterns])

    def visit_captures(self, node: ast.MatchAs | ast.MatchStar | ast.MatchMapping) -> None:
        """Patterns bind names that stand as texts in the tree."""
        name = node.rest if isinstance(node, ast.MatchMapping) else node.name
        if name and _is_dunder(name):
            self.refuse(node, name, Refusal.INTERNAL)
        self.visit_children(node)


# --- small questions --------------------------------------------------------------------------------------


def _is_dunder(name: str) -> bool:
    """Whether it begins with two underscores: the interpreter's own, or private to a class."""
    return name.startswith("__")


def _unchained(node: ast.Attribute) -> tuple[ast.expr, list[ast.Attribute]]:
    """`a.b.c` as the expression a and the attributes b and c."""
    chain: list[ast.Attribute] = []
    base: ast.expr = node
    while isinstance(base, ast.Attribute):
        chain.append(base)
        base = base.value
    return base, chain[::-1]


def _is_false(node: ast.expr) -> bool:
    """Whether it is the word False."""
    return isinstance(node, ast.Constant) and node.value is False


def _is_constant(node: ast.expr) -> bool:
    """Whether it is a number, text, truth value or None as written."""
    return isinstance(node, ast.Constant)


def _has_one_argument(node: ast.Call) -> bool:
    """Exactly one, by position, which no star can turn into several."""
    return len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], ast.Starred)


def _is_named_access(node: ast.Call, origin: str) -> bool:
    """Whether it is a getattr or the like with the attribute's name written out."""
    return (
        origin in _ACCESS
        and len(node.args) >= 2
        and isinstance(node.args[1], ast.Constant)
        and isinstance(node.args[1].value, str)
        and not node.keywords
        and not any(isinstance(argument, ast.Starred) for argument in node.args)
    )


def _asks_no_attribute(text: str) -> bool:
    """Whether a text to be formatted names no attribute; a format inside a format is looked at as well.

    Args:
        text: as `str.format` takes it, such as `{x:.3f}`.
    """
    try:
        fields = list(string.Formatter().parse(text))
    except ValueError:
        return True  # Python will say so when it runs
    return all("." not in (name or "") and _asks_no_attribute(spec or "") for _, name, spec, _ in fields)


def _words_in(node: ast.AST) -> set[str]:
    """The words of all texts in an expression, as namedtuple takes them."""
    texts = [item.value for item in ast.walk(node) if isinstance(item, ast.Constant)]
    words = " ".join(text for text in texts if isinstance(text, str)).replace(",", " ").split()
    return {word for word in words if not _is_dunder(word)}


# --- the kinds of nodes -----------------------------------------------------------------------------------

_CLASS_VALUES = allowlist.DUNDER_METHODS | allowlist.DUNDER_HOOKS | allowlist.DUNDER_VALUES
# What a `with` enters and leaves is not entered and left by hand.
_READABLE = (allowlist.DUNDER_METHODS | allowlist.DUNDER_READABLE) - {"__enter__", "__exit__"}
_ACCESS: Mapping[str, ast.expr_context] = {
    "getattr": ast.Load(),
    "setattr": ast.Store(),
    "delattr": ast.Del(),
    "object.__setattr__": ast.Store(),
}
_CALLABLE = allowlist.BUILTINS | {"getattr", "setattr", "delattr"}
_TENSOR = "torch.Tensor"
_HARMLESS_SETTINGS = frozenset({"record"})
_CLASS_STATEMENTS = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.Expr, ast.Pass, ast.If,
)  # fmt: skip

_TRANSPARENT: frozenset[type[ast.AST]] = frozenset(
    {
        *(
            ast.Return,
            ast.Delete,
            ast.AugAssign,
            ast.For,
            ast.AsyncFor,
            ast.While,
            ast.If,
            ast.Raise,
            ast.Try,
        ),
        *(ast.Assert, ast.Expr, ast.Pass, ast.Break, ast.Continue, ast.Nonlocal, ast.BoolOp, ast.BinOp),
        *(ast.UnaryOp, ast.IfExp, ast.Dict, ast.Set, ast.List, ast.Tuple, ast.Slice, ast.Await),
        *(
            ast.Yield,
            ast.YieldFrom,
            ast.Starred,
            ast.FormattedValue,
            ast.JoinedStr,
            ast.Load,
            ast.Store,
            ast.Del,
        ),
        *(ast.Match, ast.match_case, ast.MatchValue, ast.MatchSingleton, ast.MatchSequence, ast.MatchOr),
        *(ast.TryStar,),
        *ast.operator.__subclasses__(),
        *ast.unaryop.__subclasses__(),
        *ast.boolop.__subclasses__(),
        *ast.cmpop.__subclasses__(),
    }
)
_METHODS: Mapping[type[ast.AST], Callable[..., None]] = {
    ast.Name: _Reader.visit_name,
    ast.Attribute: _Reader.visit_attribute,
    ast.Call: _Reader.visit_call,
    ast.Subscript: _Reader.visit_subscript,
    ast.Assign: _Reader.visit_assign,
    ast.Compare: _Reader.visit_compare,
    ast.Constant: _Reader.visit_constant,
    ast.FunctionDef: _Reader.visit_function,
    ast.AsyncFunctionDef: _Reader.visit_function,
    ast.Lambda: _Reader.visit_lambda,
    ast.ClassDef: _Reader.visit_class,
    ast.AnnAssign: _Reader.visit_annotated,
    ast.ListComp: _Reader.visit_comprehension,
    ast.SetComp: _Reader.visit_comprehension,
    ast.DictComp: _Reader.visit_comprehension,
    ast.GeneratorExp: _Reader.visit_comprehension,
    ast.NamedExpr: _Reader.visit_walrus,
    ast.With: _Reader.visit_with,
    ast.AsyncWith: _Reader.visit_with,
    ast.ExceptHandler: _Reader.visit_handler,
    ast.Global: _Reader.visit_global,
    ast.Import: _Reader.visit_import,
    ast.ImportFrom: _Reader.visit_import,
    ast.MatchClass: _Reader.visit_class_pattern,
    ast.MatchAs: _Reader.visit_captures,
    ast.MatchStar: _Reader.visit_captures,
    ast.MatchMapping: _Reader.visit_captures,
}
_FORMS = {"TypeAlias": "type"}
