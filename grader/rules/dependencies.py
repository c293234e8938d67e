"""Follow names through a file: what an exercise reaches, and what could hand something on to it."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable

from grader.rules.toplevel import Part
from grader.syntax import Definition


class Reach:
    """Who refers to whom among the parts of a file.

    Two questions are asked. What runs when an exercise is called: everything it reads, and what that reads. And what
    could have left it something: whoever shares a thing with it that outlives a call, be it a list, a class or a
    global. The second is needed for what the sandbox does not see where it runs.

    Attributes:
        parts: the definitions and constants of the file, in its order.
        named: the parts that bind a name; more than one where a constant is changed, or a function says `global`.
    """

    def __init__(self, parts: Iterable[Part]) -> None:
        self.parts = tuple(parts)
        self.named: dict[str, list[Part]] = {}
        self._readers: dict[str, list[Part]] = {}
        for part in self.parts:
            for name in part.names:
                self.named.setdefault(name, []).append(part)
            for name in part.reading.reads:
                self._readers.setdefault(name, []).append(part)
        # What is only called carries nothing from one function to another. What is passed on as well could be given
        # attributes, and so could what it is passed by.
        passed = {name for part in self.parts for name in part.reading.passes}
        self._carriers = {
            part
            for part in self.parts
            if part.reading.passes or not passed.isdisjoint(part.names) or _keeps(part.node)
        }

    def of(self, name: str) -> set[Part]:
        """The parts that run when `name` is used.

        Returns:
            Nothing for a name that the file does not define.
        """
        return self._closure(self.named.get(name, ()), reads=True)

    def handed_to(self, name: str) -> set[Part]:
        """The parts that run when `name` is used, or that could have left it a function in something shared.

        More than `of`: it also follows things that outlive a call back to whoever else uses them.
        """
        return self._closure(self.named.get(name, ()), reads=True, read_by=self._carriers)

    def towards(self, parts: Iterable[Part]) -> set[Part]:
        """The parts that reach any of these, and these."""
        return self._closure(parts, read_by=frozenset(self.parts))

    def _closure(
        self, start: Iterable[Part], *, reads: bool = False, read_by: Container[Part] = frozenset()
    ) -> set[Part]:
        """From `start` on to what a part reads, if asked, and from those in `read_by` to what reads them.

        Args:
            start: where to begin; these are part of the result.
            reads: whether to follow the names that a part reads.
            read_by: the parts whose readers are followed too.
        """
        found: set[Part] = set()
        forwards: set[str] = set()
        backwards: set[str] = set()
        waiting = list(start)
        while waiting:
            part = waiting.pop()
            if part in found:
                continue
            found.add(part)
            for name in part.reading.reads - forwards if reads else ():
                forwards.add(name)
                waiting += self.named.get(name, ())
            for name in set(part.names) - backwards if part in read_by else ():
                backwards.add(name)
                waiting += self._readers.get(name, ())
        return found


def _keeps(node: ast.stmt) -> bool:
    """Whether something outlives a call: made once when the file is loaded, or left on a class or in a global."""
    if not isinstance(node, Definition):
        return any(isinstance(item, _CHANGEABLE) for item in ast.walk(node))
    return any(_keeps_part(item) for item in ast.walk(node))


def _keeps_part(item: ast.AST) -> bool:
    """Whether one node of a definition makes such a thing."""
    if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef):
        made_once = [*item.args.defaults, *item.args.kw_defaults]
        decorated = any(_name_of(decorator) not in _FORGETFUL for decorator in item.decorator_list)
        return decorated or any(_makes_changeable(part) for part in made_once)
    if isinstance(item, ast.ClassDef):
        values = [part.value for part in item.body if isinstance(part, ast.Assign | ast.AnnAssign)]
        return any(_makes_changeable(value) for value in values)
    if isinstance(item, ast.Attribute):
        return item.attr == "__class__"
    return isinstance(item, ast.Global) or (isinstance(item, ast.Name) and item.id == "type")


def _makes_changeable(value: ast.AST | None) -> bool:
    """Whether a list, a dict, an object or the like is made there, which later calls share."""
    return value is not None and any(isinstance(part, _CHANGEABLE) for part in ast.walk(value))


def _name_of(decorator: ast.expr) -> str:
    """The last word of a decorator: `wraps` for `@functools.wraps(f)`."""
    head = decorator.func if isinstance(decorator, ast.Call) else decorator
    return head.attr if isinstance(head, ast.Attribute) else getattr(head, "id", "")


# Decorators that keep nothing from one call to the next. A class method can leave something on its class.
_FORGETFUL = frozenset(
    "property setter getter deleter staticmethod abstractmethod dataclass total_ordering wraps no_grad inference_mode"
    " final overload override runtime_checkable contextmanager".split()
)
_CHANGEABLE = (
    ast.List,
    ast.Dict,
    ast.Set,
    ast.ListComp,
    ast.DictComp,
    ast.SetComp,
    ast.GeneratorExp,
    ast.Call,
)
