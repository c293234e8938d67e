"""What is written and what is still the stub is told from the syntax tree; newer syntax is called that."""

from __future__ import annotations

import ast
import contextlib
import sys
import threading
from pathlib import Path

import pytest

from grader.syntax import (
    Definition,
    Unreadable,
    is_written,
    open_parts,
    parse,
    parse_in_turn,
    untouched_names,
    written_names,
)

RAISE = 'raise NotImplementedError("relu: write this part, then run: brick check ch03")'


@pytest.mark.parametrize(
    ("body", "written"),
    [
        (RAISE, False),
        ('"""A docstring."""\n    ' + RAISE, False),
        ("y = 1\n    " + RAISE, False),
        ("raise NotImplementedError", False),
        ("raise NotImplementedError()\n    return x", False),
        ("with a:\n        " + RAISE, False),
        ("for y in x:\n        " + RAISE, False),
        ("pass", False),
        ('"""Nothing more."""', False),
        ("...", False),
        ("return x\n    " + RAISE, True),
        (f"if x is None:\n        {RAISE}\n    return x", True),
        ("try:\n        return x\n    except E:\n        " + RAISE, True),
        (f"def inner():\n        {RAISE}\n    return inner", True),
        ("raise ValueError", True),
        ("x = 1", True),
        (f"return {RAISE!r}", True),
    ],
)
def test_a_function_is_a_stub_if_python_comes_to_its_raise(body: str, written: bool) -> None:
    [node] = ast.parse(f"def relu(x):\n    {body}\n").body

    assert isinstance(node, Definition)
    assert is_written(node) is written


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        (f"class SGD:\n    def __init__(self): self.x = 1\n    def step(self):\n        {RAISE}\n", 1),
        (f"class SGD:\n    def __init__(self):\n        {RAISE}\n    def step(self):\n        {RAISE}\n", 2),
        ("class SGD:\n    pass", 1),
        ("class SGD:\n    lr: float = 0.1", 0),
    ],
)
def test_a_class_has_as_many_open_parts_as_methods_to_write(source: str, parts: int) -> None:
    [node] = ast.parse(source).body

    assert isinstance(node, Definition)
    assert open_parts(node) == parts


def test_one_written_definition_of_several_is_enough() -> None:
    tree = ast.parse(f"def relu(x):\n    return x\ndef relu(x):\n    {RAISE}\ndef tanh(x):\n    {RAISE}\n")

    assert written_names(tree) == {"relu"}


NEWER = [
    ((3, 12), "def f[T](x: T) -> T:\n    return x\n", 1),
    ((3, 12), "class A[T]:\n    pass\n", 1),
    ((3, 12), "x = 1\ntype Row = list[int]\n", 2),
    ((3, 12), 'd = {}\ny = f"{d["a"]}"\n', 2),
    ((3, 12), "z = f\"{'\\n'.join([])}\"\n", 1),
    ((3, 13), "def f[T = int](x: T) -> T:\n    return x\n", 1),
    ((3, 14), "try:\n    pass\nexcept A, B:\n    pass\n", 3),
    ((3, 14), 'x = t"hello {y}"\n', 1),
]


@pytest.mark.parametrize(("version", "source", "line"), NEWER)
def test_syntax_newer_than_the_graders_python_is_called_that(
    version: tuple[int, int], source: str, line: int
) -> None:
    if sys.version_info >= version:
        parse(source)
        return

    with pytest.raises(Unreadable) as caught:
        parse(source)

    assert f"needs Python {version[0]}.{version[1]}" in caught.value.reason
    assert caught.value.line == line


@pytest.mark.parametrize(
    "source", ["def f(:\n    pass", "x = = 1", 'y = f"{a"', "print 1", "class A(:\n    pass", "typed x = 3"]
)
def test_a_plain_mistake_is_not_taken_for_newer_syntax(source: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse(source)

    assert "needs Python" not in caught.value.reason


# --- nothing written at all -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "untouched"),
    [
        (f"def relu(x):\n    {RAISE}\n", True),
        (f'def relu(x):\n    """A docstring."""\n    {RAISE}\n', True),
        (f"class relu:\n    size = 1\n    def __init__(self):\n        {RAISE}\n", True),
        (f"def relu(x):\n    y = 1\n    {RAISE}\n", False),
        (
            f"def relu(x):\n    try:\n        {RAISE}\n    except NotImplementedError:\n        return x\n",
            False,
        ),
        (
            f"class relu:\n    def __init__(self):\n        {RAISE}\n    def step(self):\n        return 1\n",
            False,
        ),
        (f"class relu(Base):\n    def step(self):\n        {RAISE}\n", False),
        (f"@other\ndef relu(x):\n    {RAISE}\n", False),
        (f"def relu(x):\n    {RAISE}\ndef relu(x):\n    return x\n", False),
        (f"def relu(x):\n    {RAISE}\nrelu = abs\n", False),
        (f"def relu(x):\n    {RAISE}\nfrom math import exp as relu\n", False),
        (f"def relu(x):\n    {RAISE}\nif True:\n    def relu(x):\n        return x\n", False),
        ("def relu(x):\n    pass\n", False),
        ("", False),
    ],
)
def test_only_what_surely_raises_is_untouched(source: str, untouched: bool) -> None:
    assert ("relu" in untouched_names(ast.parse(source))) is untouched


def test_every_exercise_handed_out_is_untouched() -> None:
    for path in sorted((Path(__file__).resolve().parents[1] / "exercises").glob("ch*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        defined = {node.name for node in tree.body if isinstance(node, Definition)}

        assert untouched_names(tree) == defined != set(), path.name


def test_a_parse_goes_well_while_others_parse_out_of_turn() -> None:
    deep = "x = " + "(" * 60 + "1" + ")" * 60 + "\n" + "def f():\n    return [1, [2, [3, [4]]]]\n" * 200
    over = threading.Event()

    def parse_out_of_turn() -> None:
        while not over.is_set():
            with contextlib.suppress(SystemError):
                ast.parse(deep)

    others = [threading.Thread(target=parse_out_of_turn) for _ in range(2)]
    for thread in others:
        thread.start()
    try:
        sizes = {len(parse_in_turn(deep).body) for _ in range(30)}
    finally:
        over.set()
        for thread in others:
            thread.join()

    assert sizes == {201}
