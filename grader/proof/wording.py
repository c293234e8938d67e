"""Compare what a chapter's checks demand with what its lesson and docstrings say: nothing may be asked silently.

Whoever fails a check must have been able to know of it. What can be found out by itself is compared: which exceptions a
check expects, what their messages must hold, what results must keep, and which operations are barred.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from grader.checking.check import Check, Law
from grader.course.paths import checks_file
from grader.engine.suites import load_suite
from grader.language import kept
from grader.proof.tables import Table
from grader.records import Chapter, Exercise

# A message that must show a value, or name an argument, is promised by one of these words.
# In each language that a text may be written in.
_SHOWS = (
    "show",
    "value",
    "say",
    "how many",
    "number",
    "shape",
    "给出",
    "写出",
    "说出",
    "多少",
    "个数",
    "形状",
)
_NAMES = ("nam", "say", "说出", "写出", "写上", "指明")
# Of the kit's own laws: words of which a text that states them has one, and the demand.
_LAWS = {
    Law.FLOAT32: (("dtype",), kept("the dtype of the argument")),
    Law.DEVICE: (("device", "设备"), kept("the device of the argument")),
    Law.DERIVED: (("measured", "量梯度"), kept("a gradient that is derived, not measured")),
}


@dataclass(frozen=True)
class Demand:
    """Something that a check wants and that a text must therefore say.

    Args:
        exercise: whose docstring should say it.
        check: the check that wants it; empty for the rules.
        what: the demand in words.
        stated: whether it is said.
    """

    exercise: str
    check: str
    what: str
    stated: bool


@dataclass(frozen=True)
class _Texts:
    """What a learner can read: the chapter's lesson, and the docstrings of one exercise with those of its methods."""

    lesson: str
    docstring: str

    @property
    def raises(self) -> str:
        """What stands under `Raises:` in the docstrings, in one line."""
        found = re.findall(r"Raises:\n(.*?)(?=\n\s*\n|\Z)", self.docstring, flags=re.DOTALL)
        return " ".join(" ".join(found).split())

    def bars(self, word: str) -> bool:
        """Whether docstring or lesson name a built-in, as a word or by a pattern such as `*_norm`."""
        text = f"{self.docstring}\n{self.lesson}"
        patterns = re.findall(r"`([\w*]*\*[\w*]*)`", text)
        return _has(word, text) or any(fnmatchcase(word, pattern) for pattern in patterns)


def demands_of(chapter: Chapter, solution: str) -> Iterator[Demand]:
    """Everything that the checks of a chapter demand beside the right numbers.

    Args:
        solution: its source, which has the same lesson and docstrings as the exercise.

    Yields:
        Every demand, stated or not.
    """
    suite = load_suite(chapter)
    functions = _functions(checks_file(chapter))
    for exercise in chapter.exercises:
        texts = _Texts(_lesson(solution), _docstrings(solution, exercise.name))
        yield from _of_words(exercise, texts)
        for check in suite.of(exercise.name):
            yield from _of_laws(check, texts)
            for refusal in _refusals(check.name, functions):
                yield from _of_refusal(exercise.name, check.name, refusal, texts)


# --- single demands ---------------------------------------------------------------------------------------


def _of_words(exercise: Exercise, texts: _Texts) -> Iterator[Demand]:
    """The built-ins that the rules bar from an exercise are named somewhere, but for the exercise's own name.

    Args:
        texts: what a learner can read about the exercise.
    """
    own = exercise.name.removesuffix("_backward")
    silent = [word for word in exercise.forbidden if word != own and not texts.bars(word)]
    if exercise.forbidden:
        names = ", ".join(silent)
        yield Demand(exercise.name, "", kept(f"that {names} may not be used"), not silent)


def _of_laws(check: Check, texts: _Texts) -> Iterator[Demand]:
    """Which dtype and device a result has stands in the docstring, and that a gradient must not be measured."""
    if check.law in _LAWS:
        words, what = _LAWS[check.law]
        yield Demand(check.exercise, check.name, what, any(word in texts.docstring for word in words))


@dataclass(frozen=True)
class _Refusal:
    """A call of `refuses` in a check: the exception, and what its message must have, as it is written there."""

    error: str
    names: ast.expr | None
    value: ast.expr | None


def _of_refusal(exercise: str, check: str, refusal: _Refusal, texts: _Texts) -> Iterator[Demand]:
    """What a refusal asks of the docstring: the exception, the name in its message, the value in its message."""
    error = refusal.error
    yield Demand(exercise, check, kept(f"it raises {error}"), error in texts.raises)
    raises = texts.raises.replace(error, "")  # "ValueError" promises no value
    if refusal.names is not None:
        words = _words_in(refusal.names)
        stated = any(_has(word, raises) for word in words) and any(word in raises.lower() for word in _NAMES)
        names = "/".join(words)
        yield Demand(exercise, check, kept(f"the message names {names}"), stated)
    if refusal.value is not None:
        stated = any(word in raises.lower() for word in _SHOWS)
        value = ast.unparse(refusal.value)
        yield Demand(exercise, check, kept(f"the message shows {value}"), stated)


def _has(word: str, text: str) -> bool:
    """Whether a word stands in a text, not only its letters within another, or in the plural.

    Args:
        word: may hold characters that mean something in a pattern.
    """
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def _words_in(names: ast.expr) -> tuple[str, ...]:
    """The text that a message must contain, or the variables that it is made of."""
    if isinstance(names, ast.Constant):
        return (str(names.value),)
    return tuple(node.id for node in ast.walk(names) if isinstance(node, ast.Name) and node.id != "str")


# --- reading checks and texts -----------------------------------------------------------------------------


def _functions(path: Path) -> dict[str, ast.FunctionDef]:
    """The functions of a file of checks, helpers included."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return {node.name: node for node in body if isinstance(node, ast.FunctionDef)}


def _refusals(name: str, functions: dict[str, ast.FunctionDef]) -> Iterator[_Refusal]:
    """The calls of `refuses` that a check makes, itself or by the helpers of its file.

    Args:
        name: of the check.
        functions: of its file, by name.
    """
    waiting, seen = [name], {name}
    while waiting:
        function = functions.get(waiting.pop())
        for node in ast.walk(function) if function is not None else ():
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id == "refuses":
                options = {keyword.arg: keyword.value for keyword in node.keywords}
                error = ast.unparse(node.args[1]) if len(node.args) > 1 else "ValueError"
                yield _Refusal(error, options.get("names"), options.get("value"))
            elif node.func.id in functions and node.func.id not in seen:
                seen.add(node.func.id)
                waiting.append(node.func.id)


def _lesson(solution: str) -> str:
    """The markdown cells of a chapter."""
    cells = re.split(r"^# %%", solution, flags=re.MULTILINE)
    return "\n".join(cell for cell in cells if cell.lstrip().startswith("[markdown]"))


def _docstrings(solution: str, name: str) -> str:
    """The docstring of a function, or those of a class and its methods."""
    for node in ast.parse(solution).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            inner = [one for one in ast.walk(node) if isinstance(one, ast.FunctionDef | ast.ClassDef)]
            return "\n\n".join(inspect.cleandoc(ast.get_docstring(one) or "") for one in inner)
    return ""


def wording_table(chapter: Chapter, solution: str) -> Table:
    """One row per demand that no text states; each falls short."""
    demands = list(demands_of(chapter, solution))
    silent = [demand for demand in demands if not demand.stated]
    total, stated = len(demands), len(demands) - len(silent)
    by, what = kept("demanded by"), kept("not stated")
    return Table(
        chapter.stem,
        "wording",
        kept(f"{stated} of {total} demands are stated"),
        (kept("exercise"), by, what),
        tuple((one.exercise, one.check or kept("the rules"), one.what) for one in silent),
        tuple(map(_shortfall, silent)),
        worded=(by, what),
    )


def _shortfall(demand: Demand) -> str:
    """What is asked silently, and by whom."""
    exercise, check, what = demand.exercise, demand.check, demand.what
    if not check:
        return kept(f"{exercise}: the rules demand what no text states: {what}")
    return kept(f"{exercise}: {check} demands what no text states: {what}")
