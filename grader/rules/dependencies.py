"""Follow names through a file: what an exercise reaches, and what could hand something on to it."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable

from grader.rules.toplevel import Part


class Reach:
    """Who refers to whom among the parts of a file."""

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
        """The parts that run when `name` is used."""
        return self._closure(self.named.get(name, ()), reads=True)

    def handed_to(self, name: str) -> set[Part]:
        """The parts that run when `name` is used, or that could have left it a function in something shared."""
        return self._closure(self.named.get(name, ()), reads=True, read_by=self._carriers)

    def towards(self, parts: Iterable[Part]) -> set[Part]:
        """The parts that reach any of these, and these."""
        return self._closure(parts, read_by=frozenset(self.parts))

    def _closure(
        self, start: Iterable[Part], *, reads: bool = False, read_by: Container[Part] = frozenset()
    ) -> set[Part]:
        """From `start` on to what a part reads, if asked, and from those in `read_by` to what reads them."""
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
    """Whether something made once, when the file is imported, outlives a call."""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return any(isinstance(item, _CHANGEABLE) for item in ast.walk(node))
    for item in ast.walk(node):
        if isinstance(item, ast.FunctionDef):
            made_once = [*item.args.defaults, *item.args.kw_defaults, *item.decorator_list]
            if any(isinstance(part, _CHANGEABLE) for top in made_once if top for part in ast.walk(top)):
                return True
            if any("cache" in ast.unparse(decorator) for decorator in item.decorator_list):
                return True
        elif isinstance(item, ast.ClassDef):
            values = [part.value for part in item.body if isinstance(part, ast.Assign | ast.AnnAssign)]
            if any(isinstance(part, _CHANGEABLE) for value in values if value for part in ast.walk(value)):
                return True
        elif isinstance(item, ast.Name) and item.id == "type":
            return True
    return False


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
