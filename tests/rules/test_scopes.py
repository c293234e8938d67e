"""The scopes made by hand bind what Python's own symbol table says."""

from __future__ import annotations

import ast
import symtable
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from ordinary_python import PIECES

from grader.rules.scopes import Kind, Meaning, class_scope, comprehension_scope, function_scope

ROOT = Path(__file__).parents[2]
FILES = sorted([*(ROOT / "solutions").glob("*.py"), *(ROOT / "grader").glob("**/*.py")])
HARD = """
x = 1
def outer(a, /, b=lambda q=[w for w in [1]]: q, *c, d: int = 2, **e):
    global g, x
    nonlocal_ = 1
    def inner(f=(z := 3)):
        nonlocal nonlocal_
        nonlocal_ += 1
        import os.path, sys as s
        from math import pi as p, e as q
        return [y := i for i in range(3) for j in [i] if (k := j)], {m: n for m, n in []}
    g = x = 2
    try:
        del t
    except (ValueError, TypeError) as error:
        pass
    for u, [v, *w] in []:
        with open(u) as h, open(v) as (h2, h3):
            pass
    match a:
        case {"k": m1, **m2} | [m1, *m2]:
            pass
        case str(m3) as m4:
            pass
    class C(b, metaclass=(mm := type)):
        attribute: int = 1
        later: int
        def method(self):
            return __class__
        r = [attribute2 for attribute2 in []]
    async def co():
        async for aa in a:
            async with aa as bb:
                await bb
    return (lambda s1, *s2: (s3 := s1)), inner, co, C
"""


def no_meaning(alias: ast.alias, statement: ast.stmt) -> Meaning:
    return Meaning(Kind.REFUSED)


def by_hand(source: str) -> dict[tuple[str, int], list[list[str]]]:
    """What each function, lambda and comprehension binds, by name and line."""
    found: dict[tuple[str, int], list[list[str]]] = defaultdict(list)
    names = {ast.Lambda: "lambda", ast.ListComp: "listcomp", ast.SetComp: "setcomp", ast.DictComp: "dictcomp"}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            scope = function_scope(node, no_meaning)
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            scope = comprehension_scope(node)
        elif isinstance(node, ast.ClassDef):
            scope = class_scope(node)
        else:
            continue
        name = getattr(node, "name", names.get(type(node), "genexpr"))
        found[name, node.lineno].append(plain(scope.names))
    return {key: sorted(value) for key, value in found.items()}


def by_python(source: str) -> dict[tuple[str, int], list[list[str]]]:
    """The same, by Python's symbol table."""
    found: dict[tuple[str, int], list[list[str]]] = defaultdict(list)
    for table in tables(symtable.symtable(source, "x.py", "exec")):
        if table.get_type() in ("function", "class"):
            bound = [symbol.get_name() for symbol in table.get_symbols() if symbol.is_local()]
            found[table.get_name(), table.get_lineno()].append(plain(bound))
    return {key: sorted(value) for key, value in found.items()}


def tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from tables(child)


def plain(names: object) -> list[str]:
    """Sorted, without the names that Python makes up or writes anew: .0, __class__, _A__private."""
    assert isinstance(names, frozenset | list)
    return sorted(name for name in names if name[0] != "." and "__" not in name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_scope_of_a_file_binds_what_python_says(path: Path) -> None:
    source = path.read_text(encoding="utf-8")

    assert by_hand(source) == by_python(source)


def test_every_scope_binds_what_python_says_in_hard_cases_too() -> None:
    pieces = "".join(
        f"{piece.top}\ndef piece_{i}():\n" + "".join(f"    {line}\n" for line in piece.inside.splitlines())
        for i, piece in enumerate(PIECES.values())
        if "import *" not in piece.top and "__future__" not in piece.top
    )

    for source in (HARD, pieces):
        assert by_hand(source) == by_python(source)
