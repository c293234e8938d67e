"""Parse source that nobody vouches for: a plain reason comes back, never a crash and never a long wait."""

from __future__ import annotations

import ast
import threading
import warnings

# An honest chapter has about 15,000 characters of code. Python's parser takes minutes, or gigabytes, for some texts
# of a megabyte (nested f-strings, a million statements); these limits keep the worst of them near one second.
MAX_CODE_CHARACTERS = 1 << 18
MAX_OPENING_BRACES = 5_000
MAX_DEPTH = 120

# Python 3.11 counts the depth of a tree per process: of two threads in ast.parse at once, one gets a SystemError.
PARSER = threading.Lock()


class Unreadable(Exception):
    """Why Python, or the grader, cannot read a source; `line` counts from 1, None if it is about the whole."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


def parse(source: str) -> ast.Module:
    """Parse `source`; raises nothing but Unreadable."""
    refuse_unusual(source)
    try:
        with PARSER, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" in a docstring is no business of the grader's terminal
            tree = ast.parse(source)
    except SyntaxError as error:
        raise Unreadable(_plain(error), _line_of(error, source)) from error
    except (RecursionError, MemoryError) as error:
        raise Unreadable("the code is nested too deeply for Python's parser") from error
    except ValueError as error:
        raise Unreadable(str(error)) from error
    _refuse_depths(tree)
    return tree


def refuse_unusual(source: str) -> None:
    """Raise Unreadable for what the parser should not even be given."""
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
    return sum(len(line) + 1 for line in source.split("\n") if not line.lstrip().startswith("#"))


def _refuse_half_characters(source: str) -> None:
    """A notebook's JSON can hold halves of characters, which no file can."""
    try:
        source.encode()
    except UnicodeEncodeError as error:
        reason = "the text holds half a character (a lone surrogate)"
        raise Unreadable(reason, _line_at(source, error.start)) from error


def _line_at(source: str, position: int) -> int:
    return source.count("\n", 0, position) + 1


def _plain(error: SyntaxError) -> str:
    """Python's own words, without its advice for programmers of Python."""
    message = error.msg or "invalid syntax"
    if "Exceeds the limit" in message:
        return "a number has too many digits"
    return message


def _line_of(error: SyntaxError, source: str) -> int:
    """The line of a syntax error, kept inside the file: at its end Python points one line further."""
    last = source.rstrip().count("\n") + 1
    return min(max(error.lineno or 1, 1), last)


def _refuse_depths(tree: ast.Module) -> None:
    """Refuse trees that would exhaust the stack of whoever walks them."""
    level: list[ast.AST] = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in _children(node)]
        if not level:
            return
    raise Unreadable(
        f"the code is nested more than {MAX_DEPTH} levels deep", getattr(level[0], "lineno", None)
    )


def _children(node: ast.AST) -> list[ast.AST]:
    found: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            found += [item for item in value if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found
