"""Bring the Chinese files of the course up to date with its English, and say what is missing or wrong in them.

Usage: translations.py extract|check|missing [CHAPTER ...]

Per chapter there are two files in `grader/checks/zh/`: `STEM.po` has its sentences (titles of laws, names of mistakes,
messages), `STEM.md` its long texts (cells of the lesson, docstrings, hints). `common.po` has the sentences of several
chapters. `extract` adds what is new in English and keeps what is translated; `check` says what is wrong with a
translation, with exit code 1; `missing` lists what is not translated yet.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from grader.course.config import find_chapter, load_course
from grader.course.paths import checks_file, exercise_file, mistakes_file, solution_file
from grader.course.translations import Text, key_of, marked, texts_of
from grader.course.variants import read_variants
from grader.engine.suites import load_suite
from grader.records import Chapter, Course
from grader.workspace.hints import written_hints

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "grader" / "checks" / "zh"
COMMON = "common"
COMMON_FROM = 2  # chapters that have a sentence
NOT_BY_NAME = {"require": 1, "fail": 0}  # calls that make a message, and which argument it is
Sentence = tuple[str, str]  # the English, and what it is

# --- what there is in English -----------------------------------------------------------------------------


def sentences_of(course: Course, chapter: Chapter) -> list[Sentence]:
    """Every sentence of a chapter, once: titles of laws and where to look, names of mistakes, messages."""
    found: dict[str, str] = {}
    for check in load_suite(chapter).checks:
        title = check.title
        if check.law is not None and title.startswith(f"{check.exercise} "):
            title = "{exercise}" + title.removeprefix(check.exercise)
        found.setdefault(title, f"law of {check.exercise}")
        if check.hint:
            found.setdefault(check.hint, f"where to look, {check.exercise}")
    solution = solution_file(course.root, chapter.stem).read_text(encoding="utf-8")
    for variant in read_variants(mistakes_file(course.root, chapter.stem), solution):
        found.setdefault(variant.diagnosis, f"mistake in {variant.exercise}")
    for message in messages_of(checks_file(chapter).read_text(encoding="utf-8")):
        found.setdefault(message, "what a check found")
    return list(found.items())


def messages_of(source: str) -> Iterator[str]:
    """What the checks of a file say of an answer: the words of `require` and `fail`, and names after `what=`."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        at = NOT_BY_NAME.get(name)
        words = [node.args[at]] if at is not None and len(node.args) > at else []
        words += [keyword.value for keyword in node.keywords if keyword.arg in ("what", "message")]
        for word in words:
            if text := template(word):
                yield text


def template(node: ast.expr) -> str:
    """A string as it stands, or an f-string with the name of each value in braces; empty for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return ""
    text, taken = "", Counter[str]()
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += str(part.value)
        elif isinstance(part, ast.FormattedValue):
            names = [one.id for one in ast.walk(part.value) if isinstance(one, ast.Name)]
            name = next((one for one in names if one not in ("tuple", "len", "min")), "value")
            taken[name] += 1
            text += f"{{{name}{taken[name] if taken[name] > 1 else ''}}}"
    return text


def long_texts_of(course: Course, chapter: Chapter) -> list[Text]:
    """Every long text of a chapter, once."""
    texts = list(texts_of(exercise_file(course.root, chapter.stem).read_text(encoding="utf-8")))
    for name, hints in written_hints(chapter).items():
        for part in ("idea", "steps", "worked_step", "why"):
            if english := getattr(hints, part):
                texts.append(Text(f"hint on {name}, {part.replace('_', ' ')}", english))
    return list({text.key: text for text in texts}.values())


# --- files ------------------------------------------------------------------------------------------------


def catalogue(sentences: list[Sentence]) -> Catalog:
    """Sentences as a catalogue without translations."""
    empty = Catalog(fuzzy=False)
    for english, what in sentences:
        empty.add(english, auto_comments=[what])
    return empty


def read_catalogue(path: Path) -> Catalog:
    """The catalogue of a file; an empty one if there is none."""
    if not path.is_file():
        return Catalog(locale="zh", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale="zh")


def write_catalogue(path: Path, sentences: list[Sentence]) -> None:
    """Bring a catalogue up to date: what is translated stays, what has changed in English is marked `fuzzy`."""
    fresh, catalog = catalogue(sentences), read_catalogue(path)
    catalog.update(fresh)
    lines: dict[str, None] = {}
    with path.open("wb") as file:
        write_po(file, catalog, width=0, omit_header=True, sort_output=False)
    del lines


def write_long_texts(path: Path, texts: list[Text]) -> None:
    """Bring a file of long texts up to date: translated ones stay, new ones stand in English, old ones come last."""
    before = (
        {key: (name, body) for key, name, body in marked(path.read_text("utf-8"))} if path.is_file() else {}
    )
    parts = []
    for text in texts:
        _, body = before.pop(text.key, ("", text.english.strip()))
        parts.append(f"<!-- from {text.key}: {text.name} -->\n\n{body}\n")
    for key, (name, body) in before.items():
        if key_of(body) != key:
            parts.append(f"<!-- from {key}: {name.removeprefix('OLD ').join(('OLD ', ''))} -->\n\n{body}\n")
    path.write_text("\n".join(parts), encoding="utf-8")


def split(course: Course) -> dict[str, list[Sentence]]:
    """The sentences of every file of sentences: those of several chapters are in the common one."""
    chapters = {chapter.stem: sentences_of(course, chapter) for chapter in course.chapters}
    count = Counter(english for sentences in chapters.values() for english, _ in sentences)
    common = {s[0]: s for sentences in chapters.values() for s in sentences if count[s[0]] >= COMMON_FROM}
    files = {stem: [s for s in found if s[0] not in common] for stem, found in chapters.items()}
    return files | {COMMON: [(english, "several chapters") for english in common]}


# --- what is wrong ----------------------------------------------------------------------------------------

PLACEHOLDER = re.compile(r"\{\w+\}")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"^(?: {4}.*\n?)+", re.MULTILINE)
SPAN = re.compile(r"`[^`\n]+`")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
ANSWER = re.compile(r"<!-- answer: (.*?) -->")
HAN = "[\u4e00-\u9fff]"
MIXED = re.compile(rf"{HAN}[,;:?!]|{HAN}\.(?=\s|$)|{HAN}\(|\){HAN}|[，。；：？！、] ")
KEYWORDS = re.compile(r"^(?:Args|Returns|Raises|Yields|Attributes):", re.MULTILINE)


def faults_of_sentence(english: str, chinese: str) -> Iterator[str]:
    """What is wrong with the translation of a sentence."""
    if Counter(PLACEHOLDER.findall(english)) != Counter(PLACEHOLDER.findall(chinese)):
        yield f"placeholders differ: {PLACEHOLDER.findall(english)}, {PLACEHOLDER.findall(chinese)}"
    yield from faults_of_words(english, chinese)


def faults_of_words(english: str, chinese: str) -> Iterator[str]:
    """What is wrong with any translation: code, numbers, punctuation."""
    if set(SPAN.findall(english)) != set(SPAN.findall(chinese)):
        yield f"code in `...` differs: {sorted(set(SPAN.findall(english)) ^ set(SPAN.findall(chinese)))}"
    lost = set(NUMBER.findall(english)) - set(NUMBER.findall(chinese))
    if lost:
        yield f"numbers are missing: {sorted(lost)}"
    prose = SPAN.sub("``", chinese)
    for mixed in MIXED.finditer(prose):
        yield f"punctuation: {prose[max(0, mixed.start() - 8) : mixed.end() + 4]!r}"


def faults_of_text(english: str, chinese: str) -> Iterator[str]:
    """What is wrong with the translation of a long text."""
    if [code_alone(block) for block in FENCED.findall(english)] != [
        code_alone(block) for block in FENCED.findall(chinese)
    ]:
        yield "the code between ``` differs"
    if english.count("<details>") != chinese.count("<details>"):
        yield "<details> blocks differ"
    for ours, theirs in zip(ANSWER.findall(english), ANSWER.findall(chinese), strict=False):
        same = len(ours.split("|")) == len(theirs.split("|")) if "|" in ours else ours == theirs
        if not same:
            yield f"answer: {ours!r} became {theirs!r}"
    if len(ANSWER.findall(english)) != len(ANSWER.findall(chinese)):
        yield "<!-- answer: ... --> is missing"
    if heads(english) != heads(chinese):
        yield "headings differ"
    if KEYWORDS.findall(english) != KEYWORDS.findall(chinese):
        yield "Args:, Returns:, Raises: stay as they are"
    pictures = [link.replace(".en.svg", ".zh.svg") for link in re.findall(r"\]\((\S+)\)", english)]
    if pictures != re.findall(r"\]\((\S+)\)", chinese):
        yield "links differ; a picture X.en.svg becomes X.zh.svg"
    if ("**Predict, then run.**" in english) != ("**先猜，再运行。**" in chinese):
        yield "**Predict, then run.** becomes **先猜，再运行。**"
    if '"""' in chinese or ("\\" in chinese and "\\" not in english):
        yield "no triple quotes and no backslashes: the text stands in a docstring"
    yield from faults_of_words(*(INDENTED.sub("", FENCED.sub("", text)) for text in (english, chinese)))


def code_alone(block: str) -> str:
    """A block of code without its comments."""
    return re.sub(r"\s*#.*", "", block)


def heads(text: str) -> list[int]:
    """The depth of each heading."""
    return [len(marks) for marks in re.findall(r"^(#+) ", FENCED.sub("", text), re.MULTILINE)]


# --- commands ---------------------------------------------------------------------------------------------


def states(stem: str, sentences: list[Sentence], texts: list[Text]) -> Iterator[tuple[str, str, str]]:
    """Every entry of the two files of a chapter: its English, its Chinese (empty if missing), what it is."""
    catalog = read_catalogue(FOLDER / f"{stem}.po")
    for english, what in sentences:
        message: Message | None = catalog.get(english)
        fuzzy = message is None or message.fuzzy
        yield english, "" if fuzzy or message is None else str(message.string), f"{stem}.po, {what}"
    path = FOLDER / f"{stem}.md"
    found = {key: body for key, _, body in marked(path.read_text("utf-8"))} if path.is_file() else {}
    for text in texts:
        body = found.get(text.key, "")
        yield text.english, "" if key_of(body) == text.key else body, f"{stem}.md, {text.name}"


def stale(stem: str, texts: list[Text]) -> Iterator[str]:
    """Entries whose English is no more, or has changed."""
    for message in read_catalogue(FOLDER / f"{stem}.po"):
        if message.id and message.fuzzy:
            yield f"{stem}.po: the English has changed (fuzzy): {message.id}"
    path, wanted = FOLDER / f"{stem}.md", {text.key for text in texts}
    for key, name, _ in marked(path.read_text("utf-8")) if path.is_file() else ():
        if key not in wanted:
            yield f"{stem}.md: the English has changed: {name} ({key}); move what is still right, delete the entry"


def main() -> int:
    """Do what the command line says."""
    if len(sys.argv) < 2 or sys.argv[1] not in ("extract", "check", "missing"):
        print(__doc__, file=sys.stderr)
        return 2
    command, course = sys.argv[1], load_course(ROOT)
    wanted = {find_chapter(course, word).stem if word != COMMON else word for word in sys.argv[2:]}
    FOLDER.mkdir(exist_ok=True)
    wrong = 0
    for stem, sentences in split(course).items():
        if wanted and stem not in wanted:
            continue
        texts = [] if stem == COMMON else long_texts_of(course, find_chapter(course, stem))
        if command == "extract":
            write_catalogue(FOLDER / f"{stem}.po", sentences)
            if texts:
                write_long_texts(FOLDER / f"{stem}.md", texts)
            continue
        entries = list(states(stem, sentences, texts))
        missing = [(what, english) for english, chinese, what in entries if not chinese]
        if command == "missing":
            for what, english in missing if wanted else ():
                print(f"{what}: {english.splitlines()[0][:90]}")
        else:
            faults = list(stale(stem, texts))
            for english, chinese, what in entries:
                find = faults_of_text if ".md, " in what else faults_of_sentence
                for fault in find(english, chinese) if chinese else ():
                    faults.append(f"{what}: {english.splitlines()[0][:60]!r}: {fault}")
            wrong += len(faults)
            print("\n".join(faults), end="\n" if faults else "")
        print(f"{stem}: {len(entries) - len(missing)} of {len(entries)} translated, {len(missing)} missing")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
