"""Read the long texts of a chapter in another language, and put them in the place of the English ones.

A chapter is written once, in English, code and lesson together. Beside its checks lies a file per language, such as
`zh/ch03_activations.md`, with its long texts: cells of the lesson, docstrings, hints. Each text stands below a mark
with a hash of the English that it was made from:

    <!-- from 8f14e45f: docstring of neuron -->

So nothing else has to be kept in step: a text whose English has changed is found no more, and the English is shown.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from grader.course.paths import translations_file
from grader.course.stubs import UNWRITTEN
from grader.language import Language, current, speaking, translate

MARK = re.compile(r"<!-- from (?P<key>[0-9a-f]{8}): (?P<name>.*) -->")
_LESSON = "# %% [markdown]"

_STUB = re.compile(
    r'^(?P<start>[ \t]*raise NotImplementedError\(")(?P<said>'
    + re.sub(r"\\\{\w+\\\}", r"[\\w.]+", re.escape(UNWRITTEN))
    + r')"\)$',
    re.MULTILINE,
)

Documented = ast.Module | ast.ClassDef | ast.FunctionDef


@dataclass(frozen=True)
class Text:
    """A text that learners read, and where it stands.

    Args:
        name: what it is, such as `docstring of neuron`, for people.
        english: Markdown, or what stands in a docstring, without indentation.
    """

    name: str
    english: str

    @property
    def key(self) -> str:
        """By what its translation is found."""
        return key_of(self.english)


@dataclass(frozen=True)
class _Place:
    """A text and the lines of the source that it fills, the first counted from 0, the last not included.

    `indent` is None for the cell of a lesson, else that of the docstring; `prefix` is what stands before its quotes.
    """

    text: Text
    first: int
    last: int
    indent: str | None = None
    prefix: str = ""


def key_of(english: str) -> str:
    """A short hash of an English text."""
    return hashlib.sha256(english.strip().encode()).hexdigest()[:8]


def read_translations(text: str) -> dict[str, str]:
    """The texts of a file by the keys of their marks; one that still is the English is left out."""
    return {key: body for key, _, body in marked(text) if key_of(body) != key}


def marked(text: str) -> Iterator[tuple[str, str, str]]:
    """Key, name and text below each mark of a file, top to bottom."""
    lines = text.splitlines()
    marks = [(at, mark) for at, line in enumerate(lines) if (mark := MARK.fullmatch(line))]
    ends = [at for at, _ in marks[1:]] + [len(lines)]
    for (at, mark), end in zip(marks, ends, strict=True):
        yield mark["key"], mark["name"], "\n".join(lines[at + 1 : end]).strip("\n")


def texts_of(source: str) -> tuple[Text, ...]:
    """The cells of the lesson and the docstrings in a chapter's file, top to bottom.

    Args:
        source: an exercise or its solution, in percent format.
    """
    return tuple(place.text for place in _places(source))


def translate_chapter(source: str, translations: Mapping[str, str]) -> str:
    """A chapter's file with its lesson and docstrings in another language; code, names and marks stay to the letter.

    Args:
        source: as for `texts_of`.
        translations: texts by the keys of the English ones. What is missing stays English.
    """
    lines = source.split("\n")
    for place in reversed(_places(source)):
        if place.text.key in translations:
            lines[place.first : place.last] = _lines(place, translations[place.text.key])
    return "\n".join(lines)


def localized(source: str, checks: Path, language: Language | None = None) -> str:
    """A chapter's file in the language that is spoken.

    Args:
        source: an exercise or its solution, in percent format.
        checks: the chapter's file of checks, beside which the translations lie.
        language: another one than the current.
    """
    spoken = language or current()
    found = long_texts(checks, spoken)
    with speaking(spoken):
        source = _STUB.sub(_stub, source)
    return translate_chapter(source, found) if found else source


def _stub(found: re.Match[str]) -> str:
    """The line that a stub is made of, which says when it is called what to do; judged by nothing but its form."""
    return f'{found["start"]}{translate(found["said"])}")'


def long_texts(checks: Path, language: Language) -> Mapping[str, str]:
    """The long texts of a chapter in a language, by the keys of the English ones; none in English.

    Args:
        checks: the chapter's file of checks.
    """
    return {} if language is Language.ENGLISH else _read(translations_file(checks, language))


@cache
def _read(path: Path) -> Mapping[str, str]:
    return read_translations(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _places(source: str) -> list[_Place]:
    """Every text of a source, top to bottom."""
    lines = source.split("\n")
    return sorted([*_cells(lines), *_docstrings(source, lines)], key=lambda place: place.first)


def _cells(lines: list[str]) -> Iterator[_Place]:
    """The cells of the lesson."""
    starts = [at for at, line in enumerate(lines) if line == _LESSON]
    for number, start in enumerate(starts, start=1):
        end = start + 1
        while end < len(lines) and lines[end].startswith("#") and not lines[end].startswith("# %%"):
            end += 1
        english = "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines[start + 1 : end])
        yield _Place(Text(f"lesson, cell {number}", english), start + 1, end)


def _docstrings(source: str, lines: list[str]) -> Iterator[_Place]:
    """The docstrings of functions, classes and methods."""
    waiting: list[tuple[str, Documented]] = [("", ast.parse(source))]
    while waiting:
        prefix, parent = waiting.pop()
        for node in parent.body:
            if not isinstance(node, ast.FunctionDef | ast.ClassDef):
                continue
            name = prefix + node.name
            waiting.append((f"{name}.", node))
            english, first = ast.get_docstring(node), node.body[0]
            if english is not None:
                start = first.lineno - 1
                head, _, _ = lines[start].partition('"""')
                indent = head[: len(head) - len(head.lstrip())]
                text = Text(f"docstring of {name}", english)
                yield _Place(text, start, first.end_lineno or start + 1, indent, head.strip())


def _lines(place: _Place, text: str) -> list[str]:
    """A text as the lines of Python that take its place."""
    lines = text.strip("\n").split("\n")
    if place.indent is None:
        return [f"# {line}".rstrip() for line in lines]
    # A lone line keeps its closing quotes beside it, as the English does.
    end = [f'{lines[-1]}"""'] if len(lines) == 1 else [lines[-1], '"""']
    quoted = (
        [f'{place.prefix}"""{lines[0]}', *lines[1:-1], *end]
        if len(lines) > 1
        else [f'{place.prefix}"""{end[0]}']
    )
    return [f"{place.indent}{line}".rstrip() for line in quoted]
