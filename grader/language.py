"""Say in which language the kit speaks, and find its sentences there.

Sentences are written in English in the code. Two ways lead to another language:

- Words that are made to be shown go through `_` (`gettext`) or `ngettext` where they are made.
- Sentences that are kept in records and errors stay English there, so that a stored report can be shown in any
  language. `translate` finds them when they are shown: as they stand, or by the pattern of the f-string that made them.

Catalogues are PO files, read as they are: those of the kit lie in `grader/locale/zh`, a file per room, those of a
chapter beside its checks, `zh/STEM.po`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path

VARIABLE = "BRICK_LANG"
_PACKAGE = Path(__file__).resolve().parent
_COURSE_FILE = "course.yml"
_FIXED = re.compile(r"^language:[ \t]*[\"']?(\w+)", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\{(\w+)[^{}\s]*\}")  # with how its value is written, as in {seconds:.3g}
FEWEST = 4  # letters of a pattern that begins with a word; more than twice as many of another
_DEEPEST = 6  # sentences within sentences
# How names stand beside one another in a sentence, as in `ch01, ch02 or ch03`; code, with its brackets, is no name.
_BETWEEN_NAMES = re.compile(r", | and | or ")
_CHINESE_BETWEEN = {", ": "、", " and ": " 和 ", " or ": " 或 "}
# A Chinese character beside a name, a number, code with its brackets or something in quotes.
_MEET = re.compile("[\u4e00-\u9fff][A-Za-z0-9'`(\\[-]|[A-Za-z0-9'`)\\]][\u4e00-\u9fff]")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_NO_NAME = re.compile(r"[\s,()\[\]{}]")


class Language(StrEnum):
    """What the kit can speak."""

    ENGLISH = "en"
    CHINESE = "zh"


class UnknownLanguage(ValueError):
    """Somebody asked for a language that the kit does not speak.

    Args:
        asked: what was asked for.
        where: the option, variable or file that asks for it.
    """

    def __init__(self, asked: str, where: str) -> None:
        super().__init__(f"no language '{asked}'")
        self.asked, self.where = asked, where


# --- which language ---------------------------------------------------------------------------------------

_current: Language | None = None


def current() -> Language:
    """The language of this process, decided when it is first asked for.

    Raises:
        UnknownLanguage: BRICK_LANG names another one.
    """
    global _current
    if _current is None:
        _current = decide(os.environ, Path.cwd())
    return _current


def speak(language: Language | None) -> None:
    """Speak this language from now on; None decides anew."""
    global _current
    _current = language


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Speak this language for a while: what other programs read stays English, whoever asks for it."""
    global _current
    before, _current = _current, language
    try:
        yield
    finally:
        _current = before


def decide(environment: Mapping[str, str], folder: Path) -> Language:
    """The language that is asked for: by BRICK_LANG, else by the course around a folder, else by the machine.

    Args:
        environment: variables; LC_ALL, LC_MESSAGES and LANG say what the machine speaks, in this order.
        folder: where somebody stands.

    Raises:
        UnknownLanguage: BRICK_LANG names one that the kit does not speak. A machine may speak any.
    """
    if asked := environment.get(VARIABLE, ""):
        return read_language(asked, VARIABLE)
    places = (place for place in (folder, *folder.parents) if (place / _COURSE_FILE).is_file())
    if (nearest := next(places, None)) and (fixed := language_of(nearest)):
        return fixed
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if asked := environment.get(variable, ""):
            return _named(asked) or Language.ENGLISH
    return Language.ENGLISH


def read_language(text: str, where: str) -> Language:
    """The language somebody names, as `zh`, `zh_CN.UTF-8` or `en-GB`.

    Args:
        where: the option, variable or file that names it.

    Raises:
        UnknownLanguage: the kit does not speak it.
    """
    found = _named(text)
    if found is None:
        raise UnknownLanguage(text, where)
    return found


def _named(text: str) -> Language | None:
    name = re.split(r"[_.@-]", text.strip().lower())[0]
    if name in ("c", "posix"):
        return Language.ENGLISH
    return next((language for language in Language if language == name), None)


def language_of(course: Path) -> Language | None:
    """What the course.yml of a folder fixes; None if nothing. What is wrong with the file, its own reader says."""
    try:
        text = (course / _COURSE_FILE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    # Read without the YAML library: the language has to be known before anything is imported.
    found = _FIXED.search(text)
    return _named(found[1]) if found else None


# --- sentences --------------------------------------------------------------------------------------------


def gettext(message: str) -> str:
    """A sentence of the kit in the current language; English where it is not translated."""
    return message if current() is Language.ENGLISH else _kit(current()).get(message, message)


def ngettext(one: str, many: str, number: int) -> str:
    """A sentence about a number of things, with `{number}` left in it; Chinese has one form for all numbers."""
    if current() is not Language.ENGLISH and one in (kit := _kit(current())):
        return kit[one]
    return one if number == 1 else many


def kept(sentence: str) -> str:
    """The sentence as it is, marked for the catalogues: it is kept in English, and translated when it is shown."""
    return sentence


def listed(names: Iterable[str]) -> str:
    """Names one after the other: `ch01, ch02`; Chinese has a comma of its own for what is listed."""
    between = ", "
    return (between if current() is Language.ENGLISH else _CHINESE_BETWEEN[between]).join(names)


def aside(words: str) -> str:
    """What is put in brackets behind a sentence: ` (words)`; Chinese has brackets of its own, and no space before."""
    return f" ({words})" if current() is Language.ENGLISH else f"（{words}）"


def translate(sentence: str) -> str:
    """A sentence that was kept in English, in the current language; English where it is not translated.

    Args:
        sentence: of a record or an error, with its values in it.
    """
    # Without a letter it is no sentence: "." is a folder, and no full stop.
    if current() is Language.ENGLISH or not any(map(str.isalpha, sentence)):
        return sentence
    return _translated(sentence, _everything(current()), _DEEPEST)


def _translated(sentence: str, catalogue: Catalogue, depth: int) -> str:
    """By the whole sentence; else by the pattern with most words in it, its values translated in their turn.

    A value of one word is a name or a number, even where it is an English word as well, as `min` is. What stands in
    quotes was written by a learner or an author.
    """
    if sentence in catalogue or depth == 0 or _QUOTED.fullmatch(sentence):
        return catalogue.get(sentence, sentence)
    parts = _parts(sentence)
    said_parts = [_translated(part, catalogue, depth - 1) if " " in part else part for part in parts]
    if said_parts != parts:
        return f"（{_CHINESE_BETWEEN[', '].join(said_parts)}）"
    for pattern in catalogue.patterns:
        if values := pattern.values(sentence):
            said = {
                name: _translated(value, catalogue, depth - 1) if " " in value else value
                for name, value in values.items()
            }
            return _filled(catalogue[pattern.english], said)
    return _names(sentence)


def _parts(text: str) -> list[str]:
    """What stands between the commas of `(a tensor, a number)`, but for those in inner brackets; else nothing."""
    if not (text.startswith("(") and text.endswith(")")):
        return []
    parts, depth = [""], 0
    for character in text[1:-1]:
        depth += (character in "([{") - (character in ")]}")
        if depth < 0:
            return []
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def _names(text: str) -> str:
    """A list of names as Chinese writes it; anything else as it is."""
    if any(not name or _NO_NAME.search(name) for name in _BETWEEN_NAMES.split(text)):
        return text
    return _BETWEEN_NAMES.sub(lambda found: _CHINESE_BETWEEN[found[0]], text)


def _filled(sentence: str, values: Mapping[str, str]) -> str:
    """A sentence with its values; not by `format`, for a sentence may have braces of its own.

    A value may be Chinese or a name: beside a Chinese character only a name has a space.
    """

    def value(found: re.Match[str]) -> str:
        said = values.get(found[1], found[0])
        before, after = sentence[: found.start()], sentence[found.end() :]
        left = " " if _MEET.fullmatch(before[-1:] + said[:1]) else ""
        right = " " if _MEET.fullmatch(said[-1:] + after[:1]) else ""
        return f"{left}{said}{right}"

    return _PLACEHOLDER.sub(value, sentence)


def _form(name: str, *, follows: bool) -> str:
    """What a value of that name may be.

    Args:
        follows: whether it follows another value at once: it is an aside of its own then, or nothing.
    """
    if follows:
        return r"((?:; | \().*|)"
    return r"([^:]*\d)" if name == "line" else "(.*?)"


class Pattern:
    """An English sentence with placeholders, as what finds the sentences that were made of it."""

    def __init__(self, english: str) -> None:
        self.english = english
        pieces = _PLACEHOLDER.split(english)
        self._start, self._end, self._names = pieces[0], pieces[-1], pieces[1::2]
        self.words = sum(len(piece) for piece in pieces[::2])
        forms = [_form(name, follows=at > 0 and not pieces[2 * at]) for at, name in enumerate(self._names)]
        self._form = "".join(
            re.escape(words) + form for words, form in zip(pieces[::2], [*forms, ""], strict=True)
        )

    @property
    def tells(self) -> bool:
        """Whether it has words enough to know its sentences by; a line, which is a number, is known with fewer."""
        return "line" in self._names or self.words >= (FEWEST if self._start else 2 * FEWEST + 1)

    def values(self, sentence: str) -> dict[str, str]:
        """What stands in the place of each placeholder; empty where the sentence is another one."""
        if not (sentence.startswith(self._start) and sentence.endswith(self._end)):
            return {}
        found = re.fullmatch(self._form, sentence, re.DOTALL)
        return dict(zip(self._names, found.groups(), strict=True)) if found else {}


class Catalogue(dict[str, str]):
    """Translations by their English."""

    @cached_property
    def patterns(self) -> tuple[Pattern, ...]:
        """What has placeholders, most words first; `{one} and {other}` would fit nearly everything, and is none."""
        found = [Pattern(english) for english in self if _PLACEHOLDER.search(english)]
        return tuple(sorted((one for one in found if one.tells), key=lambda one: -one.words))


@cache
def _kit(language: Language) -> Catalogue:
    """The sentences of all rooms."""
    return _read([_PACKAGE / "locale" / language])


@cache
def _everything(language: Language) -> Catalogue:
    """The sentences of the rooms, and those of every chapter that was heard of."""
    chapters = _read([folder / language for folder in _folders])
    return Catalogue(_kit(language) | chapters | _titles[language])


def _read(folders: Iterable[Path]) -> Catalogue:
    found = Catalogue()
    for folder in folders:
        for path in sorted(folder.glob("*.po")):
            found.update(read_po(path.read_text(encoding="utf-8")))
    return found


_folders: list[Path] = [_PACKAGE / "checks"]
_titles: dict[Language, dict[str, str]] = {language: {} for language in Language}


def learn(titles: Mapping[str, str], language: Language, checks: Path | None = None) -> None:
    """Take in what a course says in a language beside English.

    Args:
        titles: of the course and its chapters, by the English ones.
        checks: the folder of its checks, where it has its own; their sentences lie beside them.
    """
    _titles[language].update(titles)
    if checks is not None and checks not in _folders:
        _folders.append(checks)
    _everything.cache_clear()


# --- PO files ---------------------------------------------------------------------------------------------


def read_po(text: str) -> Catalogue:
    """The translations in a PO file.

    What is not translated, marked as changed (`fuzzy`) or obsolete is left out. gettext of the standard library reads
    compiled files only, which would have to be kept in step with these.
    """
    found = Catalogue()
    for entry in re.split(r"\n[ \t]*\n", text):
        lines = entry.splitlines()
        if any(line.startswith("#,") and "fuzzy" in line for line in lines):
            continue
        fields: dict[str, str] = {}
        name = ""
        for line in lines:
            keyword, quote, rest = line.partition('"')
            if not quote or line.startswith("#"):
                continue
            name = keyword.strip() or name
            fields[name] = fields.get(name, "") + str(json.loads(f'"{rest}'))
        english, said = fields.get("msgid", ""), fields.get("msgstr") or fields.get("msgstr[0]", "")
        if english and said:
            found[english] = said
    return found
