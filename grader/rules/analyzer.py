"""Read one top-level statement: what it may not do, what it uses, and which names of the file it refers to.

A submission's names mean what Python makes of them: a parameter called `torch` is no module, a class's own names are
not seen by its methods. Where in doubt a name counts as the more dangerous thing.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeGuard

from grader.rules import allowlist

Function = ast.FunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class Finding(NamedTuple):
    """Something that no exercise may do."""

    line: int
    name: str
    reason: str


class Use(NamedTuple):
    """An operation that is open in general; `name` is its bare name, by which an exercise may forbid it."""

    line: int
    name: str
    shown: str


@dataclass(frozen=True)
class Names:
    """What the names of a file mean.

    Attributes:
        modules: alias -> module, as in `import torch as t`.
        imported: alias -> origin, as in `from torch import exp as e`.
        refused: alias -> origin, of imports that are not allowed.
        own: names that the file defines itself.
        classes: those of them that are classes and nothing else.
        star: whether the file imports with a star.
        later_annotations: whether annotations are never evaluated.
    """

    modules: Mapping[str, str]
    imported: Mapping[str, str]
    refused: Mapping[str, str]
    own: frozenset[str]
    classes: frozenset[str]
    star: bool
    later_annotations: bool


@dataclass
class Reading:
    """What was read in one statement.

    Attributes:
        reads: names of the file that it refers to; `passes` are those it does more with than call them.
        defines: attributes that its classes and assignments define.
        unknown: attributes that are not listed, to be settled when all of the file has been read.
    """

    findings: list[Finding] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    reads: set[str] = field(default_factory=set)
    passes: set[str] = field(default_factory=set)
    defines: set[str] = field(default_factory=set)
    unknown: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Scope:
    names: frozenset[str]
    kind: Literal["function", "comprehension", "class"]


def read_statement(
    statement: ast.stmt, names: Names, modules: Mapping[str, frozenset[str]], attributes: frozenset[str]
) -> Reading:
    """Read a definition or constant of the file's top level."""
    reader = _Reader(names, modules, attributes)
    reader.visit(statement)
    return reader.reading


def resolve(dotted: str, modules: Mapping[str, frozenset[str]]) -> str:
    """What a dotted origin is: a "module", a "name" that may be used, or "refused"."""
    if dotted in modules:
        return "module"
    module, _, name = dotted.rpartition(".")
    return "name" if name in modules.get(module, ()) else "refused"


class _Reader:
    """Walks a statement once. Every kind of node has a method here, or is refused."""

    def __init__(
        self, names: Names, modules: Mapping[str, frozenset[str]], attributes: frozenset[str]
    ) -> None:
        self.names = names
        self.modules = modules
        self.attributes = attributes
        self.reading = Reading()
        self.scopes: list[_Scope] = []

    def visit(self, node: ast.AST) -> None:
        kind = type(node)
        if kind in _TRANSPARENT:
            self.visit_children(node)
        elif kind in _METHODS:
            _METHODS[kind](self, node)
        else:
            self.refuse(node, _KINDS.get(kind.__name__, kind.__name__), _NOT_IN_THE_COURSE)

    def visit_all(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    def visit_children(self, node: ast.AST) -> None:
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                self.visit_all(item for item in value if isinstance(item, ast.AST))
            elif isinstance(value, ast.AST):
                self.visit(value)

    def refuse(self, node: ast.AST, name: str, reason: str = "") -> None:
        line = getattr(node, "lineno", 0)
        self.reading.findings.append(Finding(line, name, reason or allowlist.why_not(name)))

    # --- names --------------------------------------------------------------------------------------------

    def is_local(self, name: str) -> bool:
        """Whether a function around binds the name.

        What a class binds does not count, not even right inside it: `if` and order decide there whether Python
        finds the class's name or the global one.
        """
        for depth, scope in enumerate(reversed(self.scopes)):
            if name in scope.names:
                if scope.kind != "class":
                    return True
                if depth == 0:
                    return False
        return False

    def visit_name(self, node: ast.Name) -> None:
        name = node.id
        if isinstance(node.ctx, ast.Store | ast.Del):
            if name.startswith("__") and not (self.in_class_body() and name in _CLASS_VALUES):
                self.refuse(node, name, "names that begin with two underscores are Python's own")
            elif self.in_class_body():
                self.reading.defines.add(name)
        elif not self.is_local(name):
            self.global_name(node)

    def global_name(self, node: ast.Name) -> None:
        """A name of the file, of an import or of Python, used as a value."""
        name = node.id
        if name in self.names.own:
            self.reading.reads.add(name)
            self.reading.passes.add(name)
        elif name in self.names.modules:
            module = self.names.modules[name]
            self.refuse(
                node, module, f"a module may not be passed on; write {name}.something where you need it"
            )
        elif name in self.names.imported:
            self.use(node, self.names.imported[name])
        elif name in self.names.refused:
            origin = self.names.refused[name]
            self.refuse(node, origin)
        elif name.startswith("__") and not (name in allowlist.DUNDER_METHODS and self.bound_by_class(name)):
            self.refuse(node, name, "names that begin with two underscores are Python's own")
        elif hasattr(builtins, name):
            if name not in allowlist.BUILTINS:
                self.refuse(node, name, allowlist.why_not(name, _NOT_IN_THE_COURSE))
            elif name in _ONE_ARGUMENT:
                self.refuse(node, name, _ONE_ARGUMENT[name])
        elif self.names.star:
            self.refuse(node, name, "import it by name, not with a star")

    def use(self, node: ast.AST, origin: str) -> None:
        """A name of an allowed module, used as a value."""
        if origin in _ONE_ARGUMENT:
            self.refuse(node, origin, _ONE_ARGUMENT[origin])
        elif origin == _NO_GRAD:
            # Whoever has the object can set what it restores when it is left: gradients switched on.
            self.refuse(node, origin, "write with torch.no_grad(): or @torch.no_grad()")
        line = getattr(node, "lineno", 0)
        parts = origin.split(".")
        self.reading.uses += [Use(line, part, origin) for part in parts[1:]]

    def is_own(self, node: ast.AST) -> TypeGuard[ast.Name]:
        """Whether the node is a name that the file itself defines at its top level."""
        return isinstance(node, ast.Name) and node.id in self.names.own and not self.is_local(node.id)

    def in_class_body(self) -> bool:
        return bool(self.scopes) and self.scopes[-1].kind == "class"

    def bound_by_class(self, name: str) -> bool:
        return self.in_class_body() and name in self.scopes[-1].names

    def in_function(self) -> bool:
        """Whether := binds a local name here; a comprehension hands it on to what is around."""
        outer = [scope.kind for scope in self.scopes if scope.kind != "comprehension"]
        return bool(outer) and outer[-1] == "function"

    # --- attributes ---------------------------------------------------------------------------------------

    def visit_attribute(self, node: ast.Attribute) -> None:
        chain: list[ast.Attribute] = []
        base: ast.expr = node
        while isinstance(base, ast.Attribute):
            chain.append(base)
            base = base.value
        chain.reverse()
        rest = chain
        foreign = isinstance(base, ast.Name) and not self.is_local(base.id)
        if self.is_own(base):
            self.reading.reads.add(base.id)
        elif isinstance(base, ast.Name) and foreign:
            followed = self.module_chain(base, chain)
            if followed is None:
                return
            rest = followed
        else:
            self.visit(base)
        for attribute in rest:
            self.value_attribute(attribute)
        if isinstance(node.ctx, ast.Store | ast.Del):
            self.store(node, base, foreign)

    def module_chain(self, base: ast.Name, chain: list[ast.Attribute]) -> list[ast.Attribute] | None:
        """Follow `torch.linalg.norm` through the modules; return what is left for values, None if refused."""
        name = base.id
        if name not in self.names.modules:
            if name in self.names.refused:
                origin = ".".join([self.names.refused[name], *(item.attr for item in chain)])
                self.refuse(base, origin)
                return None
            self.global_name(base)
            return chain
        dotted = self.names.modules[name]
        for position, item in enumerate(chain):
            dotted = f"{dotted}.{item.attr}"
            kind = resolve(dotted, self.modules)
            if kind == "refused":
                whole = ".".join([dotted, *(later.attr for later in chain[position + 1 :])])
                self.refuse(item, whole)
                return None
            if kind == "name":
                if position + 1 < len(chain) or dotted not in _ONE_ARGUMENT:
                    self.use(item, dotted)
                else:
                    self.refuse(item, dotted, _ONE_ARGUMENT[dotted])
                return chain[position + 1 :]
        self.refuse(base, dotted, "a module may not be passed on; write its name where you need it")
        return None

    def value_attribute(self, node: ast.Attribute) -> None:
        name = node.attr
        if name.startswith("__") and name.endswith("__"):
            reading = isinstance(node.ctx, ast.Load)
            if not reading or name not in (allowlist.DUNDER_METHODS | allowlist.DUNDER_READABLE) - _CONTEXT:
                self.refuse(node, name)
            return
        if name in allowlist.NEVER:
            self.refuse(node, name)
            return
        self.reading.uses.append(Use(node.lineno, name, name))
        if name not in self.attributes:
            self.reading.unknown.append((node.lineno, name))

    def store(self, node: ast.Attribute, base: ast.expr, foreign: bool) -> None:
        """`thing.name = ...`: on objects and classes of one's own, never on modules, functions or what is imported."""
        typed = (
            isinstance(base, ast.Call)
            and isinstance(base.func, ast.Name)
            and base.func.id in ("type", "super")
        )
        if typed or (foreign and not (isinstance(base, ast.Name) and base.id in self.names.classes)):
            self.refuse(node, ast.unparse(node), "only objects of your own may get attributes")
            return
        if foreign and isinstance(base, ast.Name):
            self.reading.passes.add(base.id)
        if isinstance(node.ctx, ast.Store):
            self.reading.defines.add(node.attr)

    # --- calls and constants ------------------------------------------------------------------------------

    def visit_call(self, node: ast.Call) -> None:
        if self.is_plain_getattr(node):
            self.visit_all([node.args[0], *node.args[2:]])
            self.value_attribute(_named_attribute(node))
            return
        origin = self.origin(node.func)
        plain = len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], ast.Starred)
        if self.is_own(node.func):
            self.reading.reads.add(node.func.id)
        elif origin not in _ONE_ARGUMENT or not plain:
            self.visit(node.func)
        for argument in node.args:
            if origin in ("isinstance", "issubclass") and self.is_own(argument):
                self.reading.reads.add(argument.id)
            else:
                self.visit(argument)
        for keyword in node.keywords:
            if keyword.arg in _GRADIENT_KEYWORDS:
                self.refuse(node, keyword.arg or "")
            self.visit(keyword.value)
        if origin in ("collections.namedtuple", "typing.NamedTuple"):
            texts = [item.value for item in ast.walk(node) if isinstance(item, ast.Constant)]
            words = " ".join(text for text in texts if isinstance(text, str)).replace(",", " ").split()
            self.reading.defines.update(word for word in words if not word.startswith("__"))

    def is_plain_getattr(self, node: ast.Call) -> bool:
        """`getattr(self, "name", default)`: as plain as an attribute, for the name stands there."""
        function = node.func
        return (
            isinstance(function, ast.Name)
            and function.id == "getattr"
            and not self.is_local("getattr")
            and "getattr" not in self.names.own | self.names.imported.keys() | self.names.refused.keys()
            and 2 <= len(node.args) <= 3
            and isinstance(node.args[1], ast.Constant)
            and isinstance(node.args[1].value, str)
            and not node.keywords
            and not any(isinstance(argument, ast.Starred) for argument in node.args)
        )

    def origin(self, node: ast.expr) -> str:
        """The dotted name of something imported or built in; empty for everything else."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or self.is_local(node.id) or node.id in self.names.own:
            return ""
        name = node.id
        root = self.names.modules.get(name) or self.names.imported.get(name)
        if root is None:
            root = name if name in allowlist.BUILTINS and name not in self.names.refused else ""
        return ".".join([root, *reversed(parts)]) if root else ""

    def visit_subscript(self, node: ast.Subscript) -> None:
        if self.origin(node.value) != "type":  # the annotation type[Tensor]
            self.visit(node.value)
        self.visit(node.slice)

    def visit_constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and node.value in _GRADIENT_KEYWORDS:
            self.refuse(node, node.value)
        elif isinstance(node.value, complex):
            # A step along the imaginary axis gives any function's slope without a derivative.
            self.refuse(node, "complex")

    # --- functions, classes, comprehensions ---------------------------------------------------------------

    def visit_function(self, node: ast.FunctionDef) -> None:
        if getattr(node, "type_params", None):
            self.refuse(node, "type parameters", _NOT_IN_THE_COURSE)
        private = self.in_class_body() and not node.name.endswith("__")
        if node.name.startswith("__") and not private:
            if not self.in_class_body() or node.name not in allowlist.DUNDER_METHODS:
                self.refuse(node, node.name, "this special method is not part of the course")
        elif self.in_class_body():
            self.reading.defines.add(node.name)
        self.decorators(node)
        self.arguments(node.args)
        self.annotation(node.returns)
        self.scopes.append(_Scope(frozenset(_bound_by_function(node)), "function"))
        self.visit_all(node.body)
        self.scopes.pop()

    def visit_lambda(self, node: ast.Lambda) -> None:
        self.arguments(node.args)
        self.scopes.append(_Scope(frozenset(_bound_by_function(node)), "function"))
        self.visit(node.body)
        self.scopes.pop()

    def arguments(self, node: ast.arguments) -> None:
        self.visit_all([*node.defaults, *node.kw_defaults])
        for argument in _parameters(node):
            self.annotation(argument.annotation)
            if argument.arg.startswith("__"):
                self.refuse(argument, argument.arg, "names that begin with two underscores are Python's own")

    def annotation(self, node: ast.expr | None) -> None:
        if node is not None and not self.names.later_annotations:
            self.visit(node)

    def decorators(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        for decorator in node.decorator_list:
            called = isinstance(decorator, ast.Call)
            head = decorator.func if isinstance(decorator, ast.Call) else decorator
            if self.is_property_part(head):
                continue
            origin = self.origin(head)
            if origin not in allowlist.DECORATORS:
                self.refuse(decorator, f"@{ast.unparse(head)}", "this decorator is not part of the course")
            elif _is_no_grad(decorator, origin):
                continue
            elif called:
                self.visit(decorator)
            elif origin in _ONE_ARGUMENT:
                self.refuse(decorator, f"@{origin}", _ONE_ARGUMENT[origin])

    def is_property_part(self, head: ast.expr) -> bool:
        """`@size.setter` in the class that defines `size`."""
        return (
            isinstance(head, ast.Attribute)
            and head.attr in ("setter", "getter", "deleter")
            and isinstance(head.value, ast.Name)
            and self.bound_by_class(head.value.id)
        )

    def visit_class(self, node: ast.ClassDef) -> None:
        if getattr(node, "type_params", None):
            self.refuse(node, "type parameters", _NOT_IN_THE_COURSE)
        if node.name.startswith("__"):
            self.refuse(node, node.name, "names that begin with two underscores are Python's own")
        elif self.in_class_body():
            self.reading.defines.add(node.name)
        for keyword in node.keywords:
            self.refuse(node, f"{keyword.arg}=", "a class of the course has bases only")
        for base in node.bases:
            self.base(base)
        self.decorators(node)
        self.scopes.append(_Scope(frozenset(_bound(node.body)), "class"))
        for statement in node.body:
            if isinstance(statement, _CLASS_STATEMENTS):
                self.visit(statement)
            else:
                self.refuse(
                    statement, "a statement of a class", "a class holds methods and plain attributes here"
                )
        self.scopes.pop()

    def base(self, node: ast.expr) -> None:
        head = node.value if isinstance(node, ast.Subscript) else node
        if isinstance(head, ast.Name) and head.id in self.names.classes and not self.is_local(head.id):
            self.reading.reads.add(head.id)
        elif self.origin(head) not in allowlist.BASES:
            origin = self.origin(head) or ast.unparse(head)
            self.refuse(
                node, origin, "classes here derive from your own classes, exceptions and protocols only"
            )
        if isinstance(node, ast.Subscript):
            self.visit(node.slice)

    def visit_annotated(self, node: ast.AnnAssign) -> None:
        self.annotation(node.annotation)
        if node.value is not None:
            self.visit(node.value)
        self.visit(node.target)

    def visit_comprehension(self, node: Comprehension) -> None:
        first, *others = node.generators
        self.visit(first.iter)  # the only part that Python evaluates outside
        names = {
            part.id
            for item in node.generators
            for part in ast.walk(item.target)
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
        }
        self.scopes.append(_Scope(frozenset(names), "comprehension"))
        for generator in node.generators:
            if generator.is_async:
                self.refuse(node, "async", _NOT_IN_THE_COURSE)
            self.visit(generator.target)
            self.visit_all(generator.ifs)
        self.visit_all(generator.iter for generator in others)
        parts = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        self.visit_all(parts)
        self.scopes.pop()

    # --- single statements --------------------------------------------------------------------------------

    def visit_walrus(self, node: ast.NamedExpr) -> None:
        if not self.in_function():
            self.refuse(node, ":=", "outside a function write a plain assignment")
        self.visit(node.target)
        self.visit(node.value)

    def visit_with(self, node: ast.With) -> None:
        for item in node.items:
            call = item.context_expr
            origin = self.origin(call.func) if isinstance(call, ast.Call) else ""
            if not _is_no_grad(call, origin) or item.optional_vars:
                self.refuse(node, "with", "the course needs it for torch.no_grad() only")
        self.visit_all(node.body)

    def visit_handler(self, node: ast.ExceptHandler) -> None:
        if node.name and node.name.startswith("__"):
            self.refuse(node, node.name, "names that begin with two underscores are Python's own")
        self.visit_all([node.type, *node.body])

    def visit_import(self, node: ast.Import | ast.ImportFrom) -> None:
        self.refuse(node, "import", "imports stand at the top of the file")


def _is_no_grad(node: ast.expr, origin: str) -> bool:
    """Whether this is `torch.no_grad()`, with nothing between the brackets; `origin` is what is called."""
    return origin == _NO_GRAD and isinstance(node, ast.Call) and not node.args and not node.keywords


def _named_attribute(node: ast.Call) -> ast.Attribute:
    """The attribute that a plain getattr asks for."""
    name = node.args[1]
    assert isinstance(name, ast.Constant)
    return ast.copy_location(ast.Attribute(node.args[0], str(name.value), ast.Load()), node)


# --- which names a function or class binds ----------------------------------------------------------------


def _parameters(node: ast.arguments) -> Iterator[ast.arg]:
    yield from (*node.posonlyargs, *node.args, *node.kwonlyargs)
    yield from (item for item in (node.vararg, node.kwarg) if item is not None)


def _bound_by_function(node: Function) -> set[str]:
    names = {argument.arg for argument in _parameters(node.args)}
    return names | _bound(node.body if isinstance(node, ast.FunctionDef) else [node.body])


def _bound(body: Iterable[ast.AST]) -> set[str]:
    """Names that these statements bind in their own scope; comprehensions and inner functions have their own."""
    names: set[str] = set()
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
            waiting += node.decorator_list
            waiting += [*_defaults(node.args)] if isinstance(node, ast.FunctionDef) else node.bases
        elif isinstance(node, ast.Lambda):
            waiting += _defaults(node.args)
        elif isinstance(node, Comprehension):
            waiting += _outside_targets(node)
        else:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
                names.add(node.id)
            elif isinstance(node, ast.ExceptHandler) and node.name:
                names.add(node.name)
            waiting += ast.iter_child_nodes(node)
    return names


def _defaults(node: ast.arguments) -> list[ast.AST]:
    return [*node.defaults, *(item for item in node.kw_defaults if item is not None)]


def _outside_targets(node: Comprehension) -> Iterator[ast.AST]:
    """The parts of a comprehension in which a := binds a name of the function around."""
    for generator in node.generators:
        yield from (generator.iter, *generator.ifs)
    yield from (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)


# --- the kinds of nodes -----------------------------------------------------------------------------------

_NOT_IN_THE_COURSE = "the course does without it"
_GRADIENT_KEYWORDS = frozenset({"requires_grad"})
_NO_GRAD = "torch.no_grad"
_CONTEXT = frozenset({"__enter__", "__exit__"})
_CLASS_VALUES = allowlist.DUNDER_METHODS | allowlist.DUNDER_VALUES
_ONE_ARGUMENT = {
    "type": "write type(x), with one argument",
    "functools.wraps": "write @functools.wraps(function), with one argument",
}
_CLASS_STATEMENTS = (ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.Expr, ast.Pass)

_TRANSPARENT: frozenset[type[ast.AST]] = frozenset(
    {
        *(ast.Return, ast.Delete, ast.Assign, ast.AugAssign, ast.For, ast.While, ast.If, ast.Raise, ast.Try),
        *(
            ast.Assert,
            ast.Expr,
            ast.Pass,
            ast.Break,
            ast.Continue,
            ast.Nonlocal,
            ast.BoolOp,
            ast.BinOp,
            ast.UnaryOp,
            ast.IfExp,
        ),
        *(
            ast.Dict,
            ast.Set,
            ast.List,
            ast.Tuple,
            ast.Slice,
            ast.Compare,
            ast.Yield,
            ast.YieldFrom,
            ast.Starred,
        ),
        *(ast.FormattedValue, ast.JoinedStr, ast.Load, ast.Store, ast.Del),
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
    ast.Constant: _Reader.visit_constant,
    ast.FunctionDef: _Reader.visit_function,
    ast.Lambda: _Reader.visit_lambda,
    ast.ClassDef: _Reader.visit_class,
    ast.AnnAssign: _Reader.visit_annotated,
    ast.ListComp: _Reader.visit_comprehension,
    ast.SetComp: _Reader.visit_comprehension,
    ast.DictComp: _Reader.visit_comprehension,
    ast.GeneratorExp: _Reader.visit_comprehension,
    ast.NamedExpr: _Reader.visit_walrus,
    ast.With: _Reader.visit_with,
    ast.ExceptHandler: _Reader.visit_handler,
    ast.Import: _Reader.visit_import,
    ast.ImportFrom: _Reader.visit_import,
}
_KINDS = {
    "AsyncFunctionDef": "async",
    "AsyncFor": "async",
    "AsyncWith": "async",
    "Await": "await",
    "Match": "match",
    "Global": "global",
    "TryStar": "except*",
    "TypeAlias": "type",
}
