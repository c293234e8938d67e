"""Read calls, assignments and constants: some are read in another way than their parts."""

from __future__ import annotations

import ast
import string
from collections.abc import Mapping

from grader.records import Refusal
from grader.rules import allowlist
from grader.rules.attributes import AttributeReader
from grader.rules.reading import is_dunder

_ACCESS: Mapping[str, ast.expr_context] = {
    "getattr": ast.Load(),
    "setattr": ast.Store(),
    "delattr": ast.Del(),
    "object.__setattr__": ast.Store(),
}


class CallReader(AttributeReader):
    """Reads expressions whose meaning is more than that of their parts."""

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
        elif _records_nothing(node):
            assert isinstance(node.func, ast.Attribute)
            self.visit(node.func.value)
            return
        elif self.is_own(node.func):
            self.reading.reads.add(node.func.id)
        elif not (origin in allowlist.ONE_ARGUMENT and has_one_argument(node)):
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
            if keyword.arg == "requires_grad" and not (is_false(keyword.value) or self.is_own(node.func)):
                self.refuse(node, "requires_grad", Refusal.BY_HAND)
            if not (origin == "print" and keyword.arg == "file" and self.is_standard_stream(keyword.value)):
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

    def is_standard_stream(self, node: ast.expr) -> bool:
        """`sys.stderr`, which as a place to print to leads nowhere."""
        return self.origin(node) in ("sys.stdout", "sys.stderr")

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
        if is_false(node.value) and all(
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


def is_false(node: ast.expr) -> bool:
    """Whether it is the word False."""
    return isinstance(node, ast.Constant) and node.value is False


def _records_nothing(node: ast.Call) -> bool:
    """`x.requires_grad_(False)`, which switches nothing on: x is what it was."""
    return (
        isinstance(node.func, ast.Attribute)
        and node.func.attr == "requires_grad_"
        and has_one_argument(node)
        and is_false(node.args[0])
    )


def _is_constant(node: ast.expr) -> bool:
    """Whether it is a number, text, truth value or None as written."""
    return isinstance(node, ast.Constant)


def has_one_argument(node: ast.Call) -> bool:
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
    return {word for word in words if not is_dunder(word)}
