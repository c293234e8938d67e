"""Read one top-level statement: what it may not do, what it uses, and which names of the file it refers to.

What counts is what a name is, where that can be known: a parameter called `torch` is no module, an attribute of a
class of the file is the learner's own whatever it is called. Where it cannot be known, as for an attribute of some
value, a name counts as the most dangerous thing it could be on any value that learner code meets.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from grader.records import Refusal
from grader.rules import allowlist
from grader.rules.calls import CallReader, has_one_argument, is_false
from grader.rules.imports import Modules, meaning_of, origin_of
from grader.rules.reading import Names, Reading, is_dunder
from grader.rules.scopes import (
    AnyFunction,
    Comprehension,
    Kind,
    Meaning,
    bound_by_alias,
    class_scope,
    comprehension_scope,
    function_scope,
    parameters_of,
)


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


class _Reader(CallReader):
    """Walks a statement once. Every kind of node has a method here or in a base, or is refused."""

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

    def visit_function(self, node: AnyFunction) -> None:
        """Decorators, defaults and annotations belong to the scope around, the body to its own."""
        self.refuse_type_parameters(node)
        method = self.in_class_body()
        private = method and not node.name.endswith("__")
        if is_dunder(node.name) and not private:
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
            if alias.asname and is_dunder(alias.asname):
                self.refuse(node, alias.asname, Refusal.INTERNAL)
            if not self.scopes and bound_by_alias(alias) in self.names.own:
                self.use(node, origin_of(alias, node))  # an own name that may stand for it

    def arguments(self, node: ast.arguments) -> None:
        """Defaults and annotations, read where the function is defined."""
        self.visit_all([*node.defaults, *node.kw_defaults])
        for argument in parameters_of(node):
            self.annotation(argument.annotation)
            if is_dunder(argument.arg):
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
        """`torch.no_grad()`, with nothing between the brackets that changes it, or `@torch.no_grad` without them.

        `torch.set_grad_enabled(False)` is the same by another name.
        """
        if isinstance(node, ast.Call):
            if self.origin(node.func) == "torch.set_grad_enabled":
                return has_one_argument(node) and is_false(node.args[0])
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
        if is_dunder(node.name):
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
        if node.name and is_dunder(node.name):
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
        if name and is_dunder(name):
            self.refuse(node, name, Refusal.INTERNAL)
        self.visit_children(node)


# --- the kinds of nodes -----------------------------------------------------------------------------------

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
