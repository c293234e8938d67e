"""Turn a cell, or a script that once was a notebook, into the lines of it that are Python, numbered as before.

What only IPython understands (magics, shell commands, prompts, questions) is found by IPython's own tokens, for only
they know that a `!` in a docstring is no command and a `%` in a continued expression no magic. Nothing of it runs:
its lines are left empty.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

from grader.syntax import Unreadable, parse

if TYPE_CHECKING:
    from IPython.core.inputtransformer2 import TokenTransformBase

# Their cell runs as ordinary Python in the same session, so its definitions hold. Those of %%timeit do not.
RUNS_AS_PYTHON = ("%%time", "%%capture", "%%prun")
WRITES_A_FILE = ("%%writefile", "%%file")
MAX_PASSES = 8  # a command that was taken out can reveal the next, as one with an open quotation mark does

# A look before IPython is imported, which takes a quarter of a second that a plain mistake need not wait for.
_COMMAND = re.compile(r"^[ \t]*[%!]|=[ \t]*[!%]")
_MAY_BE_IPYTHON = re.compile(r"^[ \t]*([%!?/,;]|>>>|In \[\d+\])|\?[ \t]*$|=[ \t]*[!%]", re.MULTILINE)


@dataclass(frozen=True)
class PythonCell:
    """What a cell comes to.

    Args:
        lines: as many as the cell has; empty where something is not Python.
        left_out: why nothing of it is read; '' if it is.
        file: the file that the cell writes instead of running; '' if it runs.
        appends: whether it adds to that file rather than writing it anew.
        commands: lines, from 1, that are not run and that other lines may count on: they name something, or are a
            step inside a function.
    """

    lines: list[str]
    left_out: str = ""
    file: str = ""
    appends: bool = False
    commands: tuple[int, ...] = ()


def read_script(text: str) -> PythonCell:
    """Find the Python in a script that was saved from a notebook: it holds commands, and nothing else of IPython.

    Raises:
        Unreadable: Python cannot read what is left. In a script `return x?` is a slip, and to be told as one.
    """
    return _without_magics(text.split("\n"), is_script=True)


def read_cell(text: str) -> PythonCell:
    """Find the Python in a cell.

    Raises:
        Unreadable: Python cannot read what is left; the line counts in the cell.
    """
    lines = text.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None or not lines[first].startswith("%%"):
        return _without_magics(lines)
    magic, *words = lines[first].split()
    lines[first] = ""
    if magic in RUNS_AS_PYTHON:
        return _without_magics(lines)
    files = [word for word in words if not word.startswith("-")]
    if magic not in WRITES_A_FILE:
        return PythonCell([""] * len(lines), f"{magic} keeps it from being ordinary Python")
    if not files or not files[0].lower().endswith(".py"):
        return PythonCell([""] * len(lines), f"{magic} writes it into a file that is no .py")
    parse("\n".join(lines))
    return PythonCell(lines, file=files[0], appends="-a" in words or "--append" in words)


def with_saved_cells(source: str) -> tuple[str, tuple[int, ...]]:
    """Put back the cells of a script that nbconvert made: it writes one with a magic as a call, the cell as a text.

    Returns:
        The source, and for each of its lines the line of the script that it came from; none if there is no such cell.
    """
    if "run_cell_magic" not in source:
        return source, ()
    lines = source.split("\n")
    found: list[str] = []
    origins: list[int] = []
    position = 0
    for node in parse(source).body:
        cell = _saved_cell(node)
        if cell is not None:
            first, last = node.lineno, node.end_lineno or node.lineno
            found += [*lines[position : first - 1], *cell]
            origins += [*range(position + 1, first), *[first] * len(cell)]
            position = last
    return "\n".join([*found, *lines[position:]]), (*origins, *range(position + 1, len(lines) + 1))


def _saved_cell(node: ast.stmt) -> list[str] | None:
    """The lines of the cell in `get_ipython().run_cell_magic("time", "", "...")`, if they are Python."""
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return None
    texts = [str(item.value) for item in call.args if isinstance(item, ast.Constant)]
    if call.func.attr != "run_cell_magic" or len(texts) != 3:
        return None
    try:
        cell = read_cell(f"%%{texts[0]} {texts[1]}\n{texts[2]}")
    except Unreadable:
        return None
    return None if cell.left_out else cell.lines


def _without_magics(lines: list[str], *, is_script: bool = False) -> PythonCell:
    """The lines with what only IPython understands left empty, or `pass` where Python wants a statement."""
    try:
        parse("\n".join(lines))
        return PythonCell(lines)
    except Unreadable:
        if not _MAY_BE_IPYTHON.search("\n".join(lines)) and not _is_indented(lines):
            raise
    lines = _without_prompts(lines)
    commands: list[int] = []
    for _ in range(MAX_PASSES):
        try:
            parse("\n".join(lines))
            break
        except Unreadable:
            found = _ipython_parts(lines)
            if is_script:
                found = [part for part in found if _COMMAND.search(lines[part.start_line])]
            if not found:
                raise
            for part in reversed(found):
                commands += _take_out(part, lines)
    parse("\n".join(lines))
    return PythonCell(lines, commands=tuple(sorted(commands)))


def _ipython() -> ModuleType:
    """IPython's input transformation, which comes only with the whole of IPython: imported when it is needed."""
    from IPython.core import inputtransformer2

    return inputtransformer2


def _is_indented(lines: list[str]) -> bool:
    return next((line for line in lines if line.strip()), "")[:1] in (" ", "\t")


def _without_prompts(lines: list[str]) -> list[str]:
    """A cell that was pasted with `>>>`, `In [3]:` or a common indent, as IPython accepts it."""
    ipython = _ipython()
    blank = next((number for number, line in enumerate(lines) if line.strip()), 0)
    ended = [f"{line}\n" for line in lines[blank:]]
    for transform in (ipython.leading_indent, ipython.classic_prompt, ipython.ipython_prompt):
        ended = transform(ended)
    return [*lines[:blank], *(line.removesuffix("\n") for line in ended)]


def _ipython_parts(lines: list[str]) -> list[TokenTransformBase]:
    """What IPython would rewrite, at most one part a line, in the order of the lines.

    Raises:
        Unreadable: the indentation fits nothing before it, so that not even tokens can be made of it.
    """
    ipython = _ipython()
    kinds = ipython.TransformerManager().token_transformers
    # All at once: IPython itself looks for one at a time, which takes minutes for a cell of a thousand magics.
    try:
        tokens_by_line = ipython.make_tokens_by_line([f"{line}\n" for line in lines])
    except IndentationError as error:
        raise Unreadable(error.msg, error.lineno) from error
    found = []
    for tokens in tokens_by_line:
        here = [part for kind in kinds if (part := kind.find([tokens])) is not None]
        found += sorted(here, key=lambda part: part.sortby())[:1]
    return found


def _take_out(part: TokenTransformBase, lines: list[str]) -> list[int]:
    """Leave its lines empty; the number of the first, from 1, if other lines may count on it."""
    ipython = _ipython()
    start = last = part.start_line
    first = lines[start]
    while lines[last].endswith("\\") and last + 1 < len(lines):  # continued on the next one
        last += 1
    indent = first[: len(first) - len(first.lstrip())]
    lines[start : last + 1] = [""] * (last + 1 - start)
    timed = first.strip().removeprefix("%time ")
    if timed != first.strip():
        lines[start] = indent + timed
    elif indent:
        lines[start] = f"{indent}pass"
    assigns = isinstance(part, ipython.MagicAssign | ipython.SystemAssign)
    return [start + 1] if assigns or indent else []
