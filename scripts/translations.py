"""Bring the Chinese files up to date with the English of kit and course, and say what is missing or wrong in them.

Usage: translations.py extract|check|missing [CHAPTER or ROOM ...]

Per chapter there are two files in `grader/checks/zh/`: `STEM.po` has its sentences (titles of laws, names of mistakes,
remarks on other right ways, messages), `STEM.md` its long texts (cells of the lesson, docstrings, hints); `common.po`
has what several chapters say.
Per room there is a file in `grader/locale/zh/`: what goes through `_` and `ngettext`, the help of commands, and the
sentences that are kept in records and errors, f-strings as patterns.

`extract` adds what is new in English and keeps what is translated; `check` says what is wrong with a translation, with
exit code 1; `missing` lists what is not translated yet.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from grader.cli.commands import COMMANDS
from grader.course.config import load_course
from grader.course.paths import checks_file, exercise_file, mistakes_file, solution_file
from grader.course.solutions import right_ways
from grader.course.translations import Text, key_of, marked, texts_of
from grader.course.variants import read_variants
from grader.engine.suites import load_suite
from grader.language import Pattern
from grader.records import Chapter, Course
from grader.workspace.hints import written_hints

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "grader" / "checks" / "zh"
COMMON = "common"
PACKAGE, LOCALE = ROOT / "grader", ROOT / "grader" / "locale" / "zh"
BUILT_IN = ("tuple", "len", "min", "max", "str", "sorted", "clean_line", "points", "type", "list", "_")
# What is the same in every language: an option, a command, a file, a schema, a word in capitals.
WORDLESS = re.compile(
    r"[^A-Za-z]*|--?[\w-]+ *|brick(?: [a-z-]+){0,2}(?: [A-Z]+)* *|[A-Z]{5,}|NAME"
    r"|[\w/.-]+\.(?:py|json|onnx|md)(?:, \w+)?|pip install .*|brickwork/\w+/v\d+"
)
ERRORS = ("KitError", "CourseError", "UsageError", "SubmissionError", "SandboxError")
KEPT = (
    *ERRORS, "CheckFailure", "LearnerMisbehaved", "Refused", "_differ", "fail", "require", "Note", "kept",
    "PlatformError", "remedy", "_odd", "Shortfall", "LaunchError", "Unreadable", "drop", "drop_part",
)  # fmt: skip
# Whatever these modules say of an answer or a file is kept in a report.
WHOLE = (
    "checking/comparison.py", "checking/derivation.py", "checking/law_exercises.py", "checking/tensor_laws.py",
    "errors.py", "engine/failure.py", "grading/trouble.py", "sandbox/channel.py", "sandbox/contracts.py",
    "sandbox/example.py", "submissions/reading.py", "submissions/ipython_syntax.py", "submissions/notebooks.py",
    "rules/toplevel.py",
)  # fmt: skip
ROOMS = (
    "build", "checking", "cli", "course", "engine", "errors", "export", "grading", "nbgrader_plugin", "notebook",
    "proof", "release", "report", "rules", "sandbox", "similarity", "submissions", "syntax", "watch", "workspace",
)  # fmt: skip
FORMS = {"_": 1, "gettext": 1, "ngettext": 2}  # how many of its first arguments are forms of a sentence
NOT_BY_NAME = {"require": 1, "fail": 0}  # calls that make a message, and which argument it is
Sentence = tuple[Any, str]  # the English, of what is counted both forms; and what it is

# --- what there is in English -----------------------------------------------------------------------------


def sentences_of(course: Course, chapter: Chapter) -> list[Sentence]:
    """Every sentence of a chapter, once: titles of laws and where to look, names of mistakes, other ways, messages."""
    found: dict[str, str] = {}
    for check in load_suite(chapter).checks:
        found.setdefault(check.title, f"law of {check.exercise}")
        if check.hint:
            found.setdefault(check.hint, f"where to look, {check.exercise}")
    solution = solution_file(course.root, chapter.stem).read_text(encoding="utf-8")
    for variant in read_variants(mistakes_file(course.root, chapter.stem), solution):
        found.setdefault(variant.diagnosis, f"mistake in {variant.exercise}")
    for exercise in chapter.exercises:
        for way in right_ways(course, chapter, exercise.name)[1:]:
            found.setdefault(way.remark, f"another way, {exercise.name}")
    checks = checks_file(chapter).read_text(encoding="utf-8")
    for message in messages_of(checks):
        found.setdefault(message, "what a check found")
    for sentence in right_versions_in(checks):
        found.setdefault(sentence, "a right version that a law takes for a wrong one")
    of_the_kit = [Pattern(english) for english, _ in sentences_of_room("checking")]
    return [
        (english, what)
        for english, what in found.items()
        if not any(is_made_of(english, one) for one in of_the_kit)
    ]


def is_made_of(sentence: str, pattern: Pattern) -> bool:
    """Whether a sentence is one of the kit's own, with nothing but names of exercises in it."""
    values = pattern.values(sentence).values()
    return sentence == pattern.english or (bool(values) and all(value.isidentifier() for value in values))


def messages_of(source: str) -> Iterator[str]:
    """What the checks of a file say of an answer: the words of `require` and `fail`, and names after `what=`."""
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    around = {id(part): function for function in functions for part in ast.walk(function)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        at = NOT_BY_NAME.get(name)
        words = [node.args[at]] if at is not None and len(node.args) > at else []
        words += [keyword.value for keyword in node.keywords if keyword.arg in ("what", "message")]
        for word in words:
            yield from phrases(word, around.get(id(node), word))


def right_versions_in(source: str) -> Iterator[str]:
    """How each right version works that the law of a `law_exercise` has to let pass; a false alarm says which it is."""
    tree = ast.parse(source)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in (one for one in calls if getattr(one.func, "id", "") == "law_exercise"):
        right = next(keyword.value for keyword in call.keywords if keyword.arg == "right")
        for name in (part.id for part in ast.walk(right) if isinstance(part, ast.Name)):
            yield " ".join((ast.get_docstring(functions[name]) or "").split())


def template(node: ast.expr) -> str:
    """A string as it stands, or an f-string with the name of each value in braces; empty for anything else."""
    return named("".join(pieces(node))) if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp) else ""


def pieces(node: ast.expr) -> Iterator[str]:
    """The words of a string, and `{name}` for each value in it."""
    if isinstance(node, ast.Constant):
        yield node.value if isinstance(node.value, str) else ""
    elif isinstance(node, ast.JoinedStr):
        for part in node.values:
            yield from pieces(part)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from (*pieces(node.left), *pieces(node.right))
    else:
        names = [one.id for one in ast.walk(node) if isinstance(one, ast.Name)]
        yield f"{{{next((one for one in names if one not in BUILT_IN), 'value')}}}"


def named(text: str) -> str:
    """Placeholders of one name numbered, so that each can be told apart."""
    taken = Counter[str]()

    def number(found: re.Match[str]) -> str:
        taken[found[1]] += 1
        return f"{{{found[1]}{taken[found[1]] if taken[found[1]] > 1 else ''}}}"

    return re.sub(r"\{(\w+)\}", number, text)


def sentences_of_room(room: str) -> list[Sentence]:
    """Every sentence of a room of the kit, once, in the order of its files."""
    found: dict[str | tuple[str, str], str] = {}
    base = PACKAGE / room if (PACKAGE / room).is_dir() else PACKAGE / f"{room}.py"
    for path in sorted(base.rglob("*")) if base.is_dir() else [base]:
        name = path.relative_to(PACKAGE).as_posix()
        if path.suffix in (".html", ".css", ".svg", ".js", ".py"):
            for message in marked_in(path):
                found.setdefault(message, name)
        if path.suffix == ".py":
            text = path.read_text(encoding="utf-8")
            tree = ast.parse(text)
            kept = [*kept_in(tree, whole=name in WHOLE), *(in_constants(tree) if "gettext" in text else ())]
            for message in (one for one in kept if not WORDLESS.fullmatch(PLACEHOLDER.sub("", one))):
                found.setdefault(message, name)
    return list(found.items())


def marked_in(path: Path) -> Iterator[str | tuple[str, str]]:
    """What goes through `_`, `gettext` and `ngettext`; of the last both forms."""
    if path.suffix == ".py":
        yield from marked_in_code(path.read_text(encoding="utf-8"), path.as_posix())
        return
    keywords: dict[str, Any] = {"_": None, "gettext": None, "ngettext": (1, 2)}
    with path.open("rb") as file:
        for _line, message, _comments, _context in extract(
            "jinja2.ext:babel_extract", file, keywords, options={"trimmed": "true"}
        ):
            yield message


def marked_in_code(source: str, name: str) -> Iterator[str | tuple[str, str]]:
    """The same of Python, from its syntax tree: before Python 3.12 Babel finds no call inside an f-string.

    Args:
        name: what the file is called, for a complaint.

    Raises:
        ValueError: a sentence is an f-string. No catalogue has it with its values filled in, so it would stay English.
    """
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        function = call.func.id if isinstance(call.func, ast.Name) else ""
        words = call.args[: FORMS.get(function, 0)]
        if any(isinstance(word, ast.JoinedStr) for word in words):
            raise ValueError(f"{name}, line {call.lineno}: the values go in by .format, not by an f-string")
        forms = [
            word.value for word in words if isinstance(word, ast.Constant) and isinstance(word.value, str)
        ]
        if forms:
            yield forms[0] if function != "ngettext" else (forms[0], forms[1])


def in_constants(tree: ast.Module) -> Iterator[str]:
    """The words that a module keeps in constants, for `_` where they are shown; keys are no words."""
    waiting: list[ast.AST] = [
        node.value for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign) and node.value
    ]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.Dict):
            waiting[:0] = node.values
        elif isinstance(node, ast.Tuple | ast.List):
            waiting[:0] = node.elts
        elif text := template(node):
            yield text


def kept_in(tree: ast.Module, whole: bool = False) -> Iterator[str]:
    """Sentences that are translated when they are shown: those of errors, and the help of commands.

    Args:
        whole: of a module whose every sentence is kept in a record.
    """
    for scope in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)] + [tree]:
        for node in ast.walk(scope):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                words = node.args if name in KEPT else []
                words = [*words, *(k.value for k in node.keywords if name in KEPT or k.arg == "help")]
                for word in words:
                    yield from phrases(word, scope)
    documents = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inside = {
        id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)
    }
    for node in ast.walk(tree) if whole else ():
        is_part = id(node) in inside and not isinstance(node, ast.JoinedStr)
        if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in documents and not is_part:
            text = template(node)
            if " " in text.strip() and "\\" not in text and "\n" not in text:
                yield text


def phrases(node: ast.expr, scope: ast.AST) -> Iterator[str]:
    """The sentences that an argument may be: as it stands, by its condition, or by what its name was given."""
    if isinstance(node, ast.IfExp):
        yield from (*phrases(node.body, scope), *phrases(node.orelse, scope))
    elif isinstance(node, ast.Name):
        for other in ast.walk(scope):
            if isinstance(other, ast.Assign) and any(
                getattr(to, "id", "") == node.id for to in other.targets
            ):
                if not isinstance(other.value, ast.Name):
                    yield from phrases(other.value, scope)
    elif text := template(node):
        yield text


def help_of_commands() -> Iterator[str]:
    """The paragraphs of what `brick COMMAND --help` says."""
    for name, line in COMMANDS.items():
        yield line
        function = getattr(
            importlib.import_module(f"grader.cli.{name.replace('-', '_')}"), name.replace("-", "_")
        )
        for paragraph in inspect.cleandoc(function.__doc__ or "").split("\n\n"):
            yield " ".join(paragraph.split())


def long_texts_of(course: Course, chapter: Chapter) -> list[Text]:
    """Every long text of a chapter, once."""
    texts = list(texts_of(exercise_file(course.root, chapter.stem).read_text(encoding="utf-8")))
    for name, hints in written_hints(chapter).items():
        for part in ("idea", "steps", "worked_step", "why"):
            if english := getattr(hints, part):
                texts.append(Text(f"hint on {name}, {part.replace('_', ' ')}", english))
    return list({text.key: text for text in texts}.values())


# --- files ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Source:
    """What is to be translated in the files of one name: sentences in its PO file, long texts in its Markdown."""

    stem: str
    folder: Path
    sentences: list[Sentence]
    texts: list[Text]

    @property
    def catalogue(self) -> Path:
        return self.folder / f"{self.stem}.po"

    @property
    def long_texts(self) -> Path:
        return self.folder / f"{self.stem}.md"


def sources(wanted: set[str]) -> Iterator[Source]:
    """What there is to translate, chapters first.

    Args:
        wanted: labels or stems of chapters, names of rooms; everything if empty.
    """
    course = load_course(ROOT)
    if not wanted or wanted - set(ROOMS):
        chapters = {chapter.stem: sentences_of(course, chapter) for chapter in course.chapters}
        count = Counter(english for sentences in chapters.values() for english, _ in sentences)
        shared = {s[0]: "several chapters" for found in chapters.values() for s in found if count[s[0]] > 1}
        for chapter in course.chapters:
            if not wanted or wanted & {chapter.stem, chapter.label}:
                own = [s for s in chapters[chapter.stem] if s[0] not in shared]
                yield Source(chapter.stem, FOLDER, own, long_texts_of(course, chapter))
        if not wanted or COMMON in wanted:
            yield Source(COMMON, FOLDER, list(shared.items()), [])
    for room in ROOMS:
        found = [(text, "help of commands") for text in help_of_commands()] if room == "cli" else []
        found = [*sentences_of_room(room), *found]
        if not wanted or room in wanted:
            yield Source(room, LOCALE, found, [])


def catalogue_of(sentences: list[Sentence]) -> Catalog:
    """Sentences as a catalogue without translations."""
    empty = Catalog(locale="zh", fuzzy=False)
    for english, what in sentences:
        empty.add(english, auto_comments=[what])
    return empty


def read_catalogue(path: Path) -> Catalog:
    """The catalogue of a file; an empty one if there is none."""
    if not path.is_file():
        return Catalog(locale="zh", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale="zh")


def write_catalogue(source: Source) -> None:
    """Bring a catalogue up to date: what is translated stays, what has changed in English is marked `fuzzy`."""
    catalog = read_catalogue(source.catalogue)
    catalog.update(catalogue_of(source.sentences))
    with source.catalogue.open("wb") as file:
        write_po(file, catalog, width=0, omit_header=True, ignore_obsolete=True)


def write_long_texts(source: Source) -> None:
    """Bring a file of long texts up to date: translated ones stay, new ones stand in English, old ones come last."""
    before = {key: (name, body) for key, name, body in written(source.long_texts)}
    parts = []
    for text in source.texts:
        _, body = before.pop(text.key, ("", text.english.strip()))
        parts.append(f"<!-- from {text.key}: {text.name} -->\n\n{body}\n")
    for key, (name, body) in before.items():
        if key_of(body) != key:
            parts.append(f"<!-- from {key}: OLD {name.removeprefix('OLD ')} -->\n\n{body}\n")
    source.long_texts.write_text("\n".join(parts), encoding="utf-8")


def written(path: Path) -> list[tuple[str, str, str]]:
    """Key, name and text of each entry of a file of long texts; none if there is no file."""
    return list(marked(path.read_text(encoding="utf-8"))) if path.is_file() else []


# --- what is wrong ----------------------------------------------------------------------------------------

PLACEHOLDER = re.compile(r"\{\w+[^{}\s]*\}|%\(\w+\)s")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"^(?: {4}.*\n?)+", re.MULTILINE)
SPAN = re.compile(r"`[^`\n]+`")
FORMULA = re.compile(r"[A-Za-z]\w*(?:[\^/]\w+|\(\w+\))+|[A-Za-z]+_\w+")  # as in `exp(x)`, `dL/dx`, `x_i`
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
ANSWER = re.compile(r"<!-- answer: (.*?) -->")
HAN = "[\u4e00-\u9fff]"
MIXED = re.compile(rf"{HAN}[,;:?!]|{HAN}\.(?=\s|$)|{HAN}\(|\){HAN}|[，。；：？！、] ")
NO_SPACE = re.compile(
    rf"(?<=[，。；：？！、（）“”])\n(?=\S)|(?<={HAN})\n(?={HAN}|[（“])"
)  # a break that is no space
KEYWORDS = re.compile(r"^(?:Args|Returns|Raises|Yields|Attributes):", re.MULTILINE)


def faults_of_sentence(english: str, chinese: str) -> Iterator[str]:
    """What is wrong with the translation of a sentence."""
    if Counter(PLACEHOLDER.findall(english)) != Counter(PLACEHOLDER.findall(chinese)):
        yield f"placeholders differ: {PLACEHOLDER.findall(english)}, {PLACEHOLDER.findall(chinese)}"
    if english.startswith("  ") != chinese.startswith("  "):
        yield "the indent differs"
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
    ours, theirs = (FENCED.sub("", text) for text in (english, chinese))
    yield from faults_of_drawings(*("".join(INDENTED.findall(text)) for text in (ours, theirs)))
    yield from faults_of_words(*(joined(INDENTED.sub("", text)) for text in (ours, theirs)))


def faults_of_drawings(english: str, chinese: str) -> Iterator[str]:
    """What is wrong with the indented blocks: formulas, tables and drawings, of which only words are translated."""
    if lost := Counter(NUMBER.findall(english)) - Counter(NUMBER.findall(chinese)):
        yield f"numbers are missing in an indented block: {sorted(lost)}"
    if lost := set(FORMULA.findall(english)) - set(FORMULA.findall(chinese)):
        yield f"formulas are missing in an indented block: {sorted(lost)}"


def joined(text: str) -> str:
    """A text whose paragraphs stand on one line each: code may be wrapped like any other words."""
    return re.sub(r"(?<=\S)\n(?=\S)", " ", NO_SPACE.sub("", text))


def code_alone(block: str) -> str:
    """A block of code without its comments."""
    return re.sub(r"\s*#.*", "", block)


def heads(text: str) -> list[int]:
    """The depth of each heading."""
    return [len(marks) for marks in re.findall(r"^(#+) ", FENCED.sub("", text), re.MULTILINE)]


# --- commands ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """A text in both languages; `chinese` is empty where it is missing."""

    what: str
    english: str
    chinese: str
    is_long: bool = False

    @property
    def line(self) -> str:
        """Its English, as far as it fits on a line."""
        return self.english.splitlines()[0][:90]

    def faults(self) -> list[str]:
        """What is wrong with the translation; nothing with one that is missing."""
        find = faults_of_text if self.is_long else faults_of_sentence
        return list(find(self.english, self.chinese)) if self.chinese else []


def entries(source: Source) -> Iterator[Entry]:
    """Every text of the files of one name."""
    catalog = read_catalogue(source.catalogue)
    for english, what in source.sentences:
        message = catalog.get(english)
        one, said = (english, message.string if message is not None and not message.fuzzy else "")
        if isinstance(one, tuple):
            one, said = one[1], said[0] if isinstance(said, tuple | list) else said
        yield Entry(f"{source.stem}.po, {what}", one, str(said))
    found = {key: body for key, _, body in written(source.long_texts)}
    for text in source.texts:
        body = found.get(text.key, "")
        yield Entry(
            f"{source.stem}.md, {text.name}", text.english, "" if key_of(body) == text.key else body, True
        )


def stale(source: Source) -> Iterator[str]:
    """Entries whose English is no more, or has changed."""
    for message in read_catalogue(source.catalogue):
        if message.id and message.fuzzy:
            yield f"{source.stem}.po: the English has changed (fuzzy): {message.id}"
    wanted = {text.key for text in source.texts}
    for key, name, _ in written(source.long_texts):
        if key not in wanted:
            yield f"{source.stem}.md: the English has changed: {name} ({key}): move what is still right, delete it"


def faults_of(source: Source) -> list[str]:
    """All that is wrong with the translations of the files of one name; what is missing is no fault."""
    found = [f"{one.what}: {one.line!r}: {fault}" for one in entries(source) for fault in one.faults()]
    return [*stale(source), *found]


def main() -> int:
    """Do what the command line says."""
    if len(sys.argv) < 2 or sys.argv[1] not in ("extract", "check", "missing"):
        print(__doc__, file=sys.stderr)
        return 2
    command, wanted = sys.argv[1], set(sys.argv[2:])
    wrong = 0
    for source in sources(wanted):
        source.folder.mkdir(parents=True, exist_ok=True)
        if command == "extract":
            write_catalogue(source)
            if source.texts:
                write_long_texts(source)
        found = list(entries(source))
        missing = [one for one in found if not one.chinese]
        if command == "missing" and wanted:
            print("\n".join(f"{one.what}: {one.line}" for one in missing))
        faults = faults_of(source) if command == "check" else []
        wrong += len(faults)
        print("\n".join([*faults, f"{source.stem}: {len(found) - len(missing)} of {len(found)} translated"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
