"""Parse source that nobody vouches for: a plain reason comes back, never a crash and never a long wait.

Whether an exercise is written or still the stub is decided here too, on the syntax tree, for everybody who asks.
"""

from __future__ import annotations

import ast
import re
import sys
import threading
import warnings
from collections.abc import Sequence
from functools import lru_cache

# An honest chapter has about 15,000 characters of code. Python's parser takes minutes, or gigabytes, for some texts
# of a megabyte (nested f-strings, a million statements); these limits keep the worst of them near one second.
MAX_CODE_CHARACTERS = 1 << 18
MAX_OPENING_BRACES = 5_000
MAX_DEPTH = 120

# Python 3.11 counts the depth of a tree per process: of two threads in ast.parse at once, one gets a SystemError.
PARSER = threading.Lock()
PARSE_TRIES = 20


class Unreadable(Exception):
    """Why Python, or the grader, cannot read a source; `line` counts from 1, None if it is about the whole."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


def parse(source: str) -> ast.Module:
    """Parse `source`; raises nothing but Unreadable.

    Args:
        source: what a learner handed in, as text.

    Raises:
        Unreadable: Python cannot read it, or it is too large or too deep for an honest chapter.
    """
    refuse_unusual(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" in a docstring is no business of the grader's terminal
            # Python's own recursion limit holds while a tree is made; below, ours holds for those who walk it.
            tree = parse_in_turn(source)
    except SyntaxError as error:
        line = _line_of(error, source)
        raise Unreadable(_plain(error, source.split("\n")[line - 1]), line) from error
    except (RecursionError, MemoryError) as error:
        raise Unreadable("the code is nested too deeply for Python's parser") from error
    except ValueError as error:
        raise Unreadable(str(error)) from error
    _refuse_depths(tree)
    return tree


@lru_cache(maxsize=1)  # one stage after the other looks at the same text
def parsed(source: str) -> ast.Module:
    """As `parse`, for those who only look at the tree: they share it."""
    return parse(source)


def parse_in_turn(source: str) -> ast.Module:
    """As `ast.parse`, for programs with threads: they take turns, see PARSER.

    Not every parse is ours to put in turn: Hypothesis and torch parse too, and one of theirs may spoil one of ours.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: as `ast.parse`.
        SystemError: a parse of somebody else's spoilt every try.
    """
    for _ in range(PARSE_TRIES - 1):
        try:
            with PARSER:
                return ast.parse(source)
        except SystemError:
            continue
    with PARSER:
        return ast.parse(source)


def refuse_unusual(source: str) -> None:
    """Raise Unreadable for what the parser should not even be given.

    Only counting here: each look is one pass over the text, so even a huge file is refused at once.
    """
    if source.isascii() is False:
        _refuse_half_characters(source)
    if "\0" in source:
        raise Unreadable(
            "the file holds NUL bytes, so it is no Python source", _line_at(source, source.index("\0"))
        )
    if len(source) > MAX_CODE_CHARACTERS and _code_characters(source) > MAX_CODE_CHARACTERS:
        raise Unreadable(
            f"there is too much code: more than {MAX_CODE_CHARACTERS:,} characters beside the comments"
        )
    if source.count("{") > MAX_OPENING_BRACES:
        raise Unreadable(f"there are more than {MAX_OPENING_BRACES:,} opening braces")


def _code_characters(source: str) -> int:
    """Characters without comment lines: the lessons of a chapter are comments, and may be as long as they like."""
    return sum(len(line) + 1 for line in source.split("\n") if not line.lstrip().startswith("#"))


def _refuse_half_characters(source: str) -> None:
    """A notebook's JSON can hold halves of characters, which no file can."""
    try:
        source.encode()
    except UnicodeEncodeError as error:
        reason = "the text holds half a character (a lone surrogate)"
        raise Unreadable(reason, _line_at(source, error.start)) from error


def _line_at(source: str, position: int) -> int:
    """The line of a position in the text, counted from 1."""
    return source.count("\n", 0, position) + 1


# What newer versions of Python accept and older ones refuse, by the line that they refuse. Their own words for it
# ("expected '('") would send an honest learner looking for a mistake that is none.
_NEWER_SYNTAX = (
    ((3, 13), r"\s*(async\s+def|def|class)\s+\w+\[[^\]]*=", "a default for a type parameter"),
    ((3, 12), r"\s*(async\s+def|def|class)\s+\w+\[", "a type parameter in brackets"),
    ((3, 12), r"\s*type\s+\w+(\[.*\])?\s*=", "a type statement"),
    (
        (3, 12),
        r""".*\b[fF][rR]?(["'])(?:(?!\1).)*\{[^}]*(\1[^}]*|\\[^}]*|\#.*)\}.*\1""",
        "an f-string with its own quotes, a backslash or a comment in braces",
    ),
    ((3, 14), r"\s*except\s+[\w.]+\s*,[^()]*:", "several exceptions without parentheses"),
    ((3, 14), r""".*(?<![\w"'])([tT][rR]?|[rR][tT])["']""", "a t-string"),
)


def _plain(error: SyntaxError, line: str) -> str:
    """Python's own words, without its advice for programmers of Python; its `line` may be too new for this one."""
    for version, pattern, what in _NEWER_SYNTAX:
        if sys.version_info < version and re.match(pattern, line):
            return f"{what} needs Python {_dotted(version)}, and the grader runs {_dotted(sys.version_info)}"
    message = error.msg or "invalid syntax"
    # Python raises this with words alone. They only choose what is shown; that the file is refused is decided already.
    if "Exceeds the limit" in message:
        return "a number has too many digits"
    return message


def _dotted(version: Sequence[object]) -> str:
    """A version as people write it: 3.12."""
    return f"{version[0]}.{version[1]}"


def _line_of(error: SyntaxError, source: str) -> int:
    """The line of a syntax error, kept inside the file: at its end Python points one line further."""
    last = source.rstrip().count("\n") + 1
    return min(max(error.lineno or 1, 1), last)


def _refuse_depths(tree: ast.Module) -> None:
    """Refuse trees that would exhaust the stack of whoever walks them."""
    # Level by level, not by recursion, which would itself exhaust the stack.
    level: list[ast.AST] = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return
    raise Unreadable(
        f"the code is nested more than {MAX_DEPTH} levels deep", getattr(level[0], "lineno", None)
    )


# --- written, or still the stub ---------------------------------------------------------------------------

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_LOOKED_INTO = (ast.With, ast.AsyncWith, ast.For, ast.AsyncFor, ast.While, ast.Try)


def is_written(node: Definition) -> bool:
    """Whether nothing in a definition is left to write."""
    return open_parts(node) == 0


def open_parts(node: Definition) -> int:
    """How many functions of a definition are still to be written: those that end in `raise NotImplementedError`.

    A raise that the code before it keeps Python from reaching, below a `return` or under an `if`, is no stub. A body
    of nothing but a docstring, `pass` or `...` is one.

    Returns:
        For a class the number of its methods, 1 for a class without a body; for a function 0 or 1.
    """
    if isinstance(node, ast.ClassDef):
        inner = [item for item in node.body if isinstance(item, Definition)]
        return sum(map(open_parts, inner)) if inner else int(_is_blank(node.body))
    return int(_is_blank(node.body) or _ends_unwritten(node.body) is True)


def written_names(tree: ast.Module) -> frozenset[str]:
    """The functions and classes of a file that have a definition with nothing left to write.

    Of a name that is defined twice one written definition is enough; which one counts is for the rules to say.
    """
    return frozenset(node.name for node in tree.body if isinstance(node, Definition) and is_written(node))


def untouched_names(tree: ast.Module) -> frozenset[str]:
    """The functions and classes of a file that surely fail whoever calls them: each part raises, and does nothing else.

    This is stricter than `not is_written`: running one of these can tell nothing that is not known already. A name
    that is bound in any other way too is not among them.
    """
    elsewhere: set[str] = set()
    found: dict[str, bool] = {}
    for node in tree.body:
        if isinstance(node, Definition):
            found[node.name] = found.get(node.name, True) and _only_raises(node)
        else:
            elsewhere |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            elsewhere |= {part.name for part in ast.walk(node) if isinstance(part, Definition)}
            elsewhere |= {part.asname or part.name for part in ast.walk(node) if isinstance(part, ast.alias)}
    return frozenset(name for name, raises in found.items() if raises) - elsewhere


def _only_raises(node: Definition) -> bool:
    """Decorators and base classes could make it do more than its body says."""
    if node.decorator_list:
        return False
    if isinstance(node, ast.ClassDef):
        inner = [item for item in node.body if isinstance(item, Definition)]
        return bool(inner) and not node.bases and all(map(_only_raises, inner))
    body = [item for item in node.body if not _is_blank([item])]
    return len(body) == 1 and isinstance(body[0], ast.Raise) and bool(_names_not_implemented(body[0].exc))


def _is_blank(body: Sequence[ast.stmt]) -> bool:
    """Whether there is nothing but docstrings, `pass` and `...`."""
    return all(
        isinstance(item, ast.Pass) or (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant))
        for item in body
    )


def _ends_unwritten(body: Sequence[ast.stmt]) -> bool | None:
    """Whether Python, going straight through, meets `raise NotImplementedError` first; None if it ends nowhere.

    A part to be written may stand in a `with` or a loop of the stub, so these are gone into.
    """
    for item in body:
        if isinstance(item, ast.Raise):
            return _names_not_implemented(item.exc)
        if isinstance(item, ast.Return):
            return False
        inside = _ends_unwritten(item.body) if isinstance(item, _LOOKED_INTO) else None
        if inside is not None:
            return inside
    return None


def _names_not_implemented(raised: ast.expr | None) -> bool:
    """Whether what is raised is NotImplementedError, called or not."""
    name = raised.func if isinstance(raised, ast.Call) else raised
    return isinstance(name, ast.Name) and name.id == "NotImplementedError"
