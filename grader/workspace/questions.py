"""Find the questions of a lesson, and compare a learner's guess with the answer that stands beside each.

A question is `**Predict, then run.** ...` in a lesson, its answer the `<details>` block that follows. The block opens
with what a guess is compared with: `<!-- answer: 2, 0 -->` numbers in the order asked for, `about 632` for within a
tenth, `no | yes` or `larger | smaller | equal` the right word first. Nothing of it is ever graded.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.course.config import original_root
from grader.course.paths import checks_file, exercise_file
from grader.course.translations import localized
from grader.errors import CourseError
from grader.language import gettext as _
from grader.language import listed
from grader.records import Chapter, Course
from grader.syntax import parse_in_turn
from grader.text import clean, unwrapped, width_of, wrap
from grader.workspace.workspace import Workspace

NOTE = "predictions.json"
LONGEST_GUESS = 200
CLOSE, ABOUT = 0.005, 0.1  # how far off a guess may be, as a share of the answer

# In each language; the tests of the translations hold them to these words.
_ASKED = re.compile(r"\*\*(?:Predict, then run\.|先猜，再运行。)\*\*")
# What follows it, up to the next question: the question, and below it the answer.
_ANSWERED = re.compile(
    r"(?P<text>.*?)"
    r"<details><summary>(?:Answer|答案)</summary>\s*<!-- answer: (?P<answer>[^\n]*?) -->(?P<told>.*?)</details>",
    re.DOTALL,
)


class UnreadableGuess(ValueError):
    """A guess in another form than the one asked for."""


# --- answers ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Numbers:
    """One or more numbers in order; a shape is that too. `about` lets a guess be a tenth off."""

    values: tuple[float, ...]
    about: bool = False

    @property
    def form(self) -> str:
        """What a guess looks like."""
        count = len(self.values)
        form = _("a number") if count == 1 else _("{number} numbers").format(number=count)
        return form + (_(", roughly") if self.about else "")

    def accepts(self, guess: str) -> bool:
        """Whether a guess names these numbers; UnreadableGuess when it names none, or another number of them."""
        try:
            found = read_numbers(guess)
        except UnreadableGuess:
            found = ()
        if len(found) == 1 and len(set(self.values)) == 1:
            found *= len(self.values)  # "0" for three zeros
        if len(found) != len(self.values):
            raise UnreadableGuess(_("{form}, please").format(form=self.form))
        return all(self._close(a, b) for a, b in zip(found, self.values, strict=True))

    def _close(self, guess: float, value: float) -> bool:
        if math.isnan(value) or math.isnan(guess):
            return math.isnan(value) and math.isnan(guess)
        if self.about:
            return math.isclose(guess, value, rel_tol=ABOUT)
        exact = not math.isfinite(value) or value == int(value)
        return guess == value if exact else math.isclose(guess, value, rel_tol=CLOSE)


_YES_AND_NO = ({"yes", "no"}, {"是", "否"})


@dataclass(frozen=True)
class Words:
    """One of a few words; `choices` in the order shown."""

    right: str
    choices: tuple[str, ...]

    @property
    def lettered(self) -> bool:
        """Whether the choices are shown with letters; yes and no speak for themselves."""
        return set(self.choices) not in _YES_AND_NO

    @property
    def form(self) -> str:
        """What a guess looks like."""
        if not self.lettered:
            return _("yes or no")
        letters = [chr(ord("a") + number) for number in range(len(self.choices))]
        return _("{letters} or {last}").format(letters=listed(letters[:-1]), last=letters[-1])

    def accepts(self, guess: str) -> bool:
        """Whether a guess is the right one, by its letter or by how it begins."""
        word = " ".join(guess.lower().split())
        if self.lettered and len(word) == 1 and 0 <= ord(word) - ord("a") < len(self.choices):
            return self.choices[ord(word) - ord("a")] == self.right
        meant = [c for c in self.choices if c.lower() == word]
        meant = meant or [c for c in self.choices if word and c.lower().startswith(word)]
        if len(meant) != 1:
            raise UnreadableGuess(_("{form}, please").format(form=self.form))
        return meant[0] == self.right


Answer = Numbers | Words


def read_answer(text: str) -> Answer:
    """What the author put between the marks; UnreadableGuess if it is neither numbers nor words."""
    right, *others = (" ".join(word.split()) for word in text.split("|"))
    if others:
        return Words(right, tuple(sorted({right, *others}, key=str.lower)))
    about = text.startswith("about ")
    return Numbers(read_numbers(text.removeprefix("about ")), about)


# --- numbers as people write them -------------------------------------------------------------------------

_SIGNS: dict[type, Callable[..., float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: operator.pow, ast.USub: operator.neg, ast.UAdd: operator.pos,
}  # fmt: skip
_NAMES = {
    "pi": math.pi,
    "e": math.e,
    "inf": math.inf,
    "nan": math.nan,
    "zero": 0.0,
    "zeros": 0.0,
    "nothing": 0.0,
}
_FUNCTIONS = {"log": math.log, "ln": math.log, "exp": math.exp, "sqrt": math.sqrt}


def read_numbers(text: str) -> tuple[float, ...]:
    """The numbers in `2, 0`, `(2, 0)`, `1/7 and 1/5`, `log 10`, `[[1, 0]]`; UnreadableGuess if there are none."""
    if len(text) > LONGEST_GUESS:
        raise UnreadableGuess(_("a number, please"))
    text = re.sub(r"\band\b|;", ",", text.lower().replace("^", "**").replace("−", "-"))
    text = re.sub(r"\b(log|ln|exp|sqrt)\s+([\w.]+)", r"\1(\2)", text)
    for written in (text, re.sub(r"\s+", ",", text.strip())):
        try:
            body = parse_in_turn(written.strip().rstrip(",")).body
            if len(body) == 1 and isinstance(body[0], ast.Expr):
                return tuple(_numbers(body[0].value))
        except (SyntaxError, ValueError, ArithmeticError, RecursionError, MemoryError):
            continue
    raise UnreadableGuess(_("a number, please"))


def _numbers(node: ast.expr) -> list[float]:
    """A sequence flattened, whatever it is called: torch.Size([2, 3]) is 2 and 3.

    The tree is read and never run: a guess is text that somebody typed.
    """
    if isinstance(node, ast.Tuple | ast.List):
        return [number for item in node.elts for number in _numbers(item)]
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("tensor", "torch.tensor", "torch.size"):
        return [number for item in node.args for number in _numbers(item)]
    return [_number(node)]


def _number(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.Name) and node.id in _NAMES:
        return _NAMES[node.id]
    if isinstance(node, ast.UnaryOp) and type(node.op) in _SIGNS:
        return _SIGNS[type(node.op)](_number(node.operand))
    if isinstance(node, ast.BinOp) and type(node.op) in _SIGNS:
        return _real(_SIGNS[type(node.op)](_number(node.left), _number(node.right)))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1:
        if node.func.id in _FUNCTIONS:
            return _FUNCTIONS[node.func.id](_number(node.args[0]))
    raise ValueError("not a number")


def _real(value: Any) -> float:
    if isinstance(value, complex):
        raise ValueError("not a real number")
    return float(value)


# --- questions --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """One question of a lesson.

    Args:
        number: which one of its chapter, from 1.
        exercise: the one it stands before.
        text: the question, as in the lesson.
        told: what the lesson says to it.
    """

    chapter: Chapter
    number: int
    exercise: str
    text: str
    answer: Answer
    told: str

    @property
    def key(self) -> str:
        """Its name in the learner's notes."""
        return f"{self.chapter.stem}/{self.number}"

    @property
    def choices(self) -> tuple[str, ...]:
        """The words to choose from, with their letters."""
        if isinstance(self.answer, Words) and self.answer.lettered:
            return tuple(f"{chr(ord('a') + i)}  {word}" for i, word in enumerate(self.answer.choices))
        return ()


def questions_in(source: str, chapter: Chapter, where: str = "the lesson") -> tuple[Question, ...]:
    """The questions of a chapter's file in percent format; CourseError when one has no answer that can be read."""
    lesson = "\n".join(_lesson_line(line) for line in source.split("\n"))
    before, *asked = _ASKED.split(lesson)
    line = before.count("\n")
    found = []
    for number, part in enumerate(asked, start=1):
        match = _ANSWERED.match(part)
        if match is None:
            step = "put <details><summary>Answer</summary><!-- answer: ... --> and </details> after each"
            raise CourseError("a question to predict has no answer", where, step)
        try:
            answer = read_answer(match["answer"])
        except UnreadableGuess as error:
            step = "write numbers, or words with | between them, the right one first"
            raise CourseError(f"nobody can give the answer '{match['answer']}'", where, step) from error
        exercise = _exercise_after(source.split("\n"), line, chapter)
        found.append(
            Question(chapter, number, exercise, match["text"].strip(), answer, match["told"].strip())
        )
        line += part.count("\n")
    return tuple(found)


def _lesson_line(line: str) -> str:
    """A line of a markdown cell as it is read; a line of code, or the start of a cell, is nothing to read."""
    if line.startswith("# %%") or not line.startswith("#"):
        return ""
    return line.removeprefix("#").removeprefix(" ")


def _exercise_after(lines: Sequence[str], start: int, chapter: Chapter) -> str:
    names = {exercise.name for exercise in chapter.exercises}
    defined = re.compile(r"(?:def|class) (\w+)")
    for line in lines[start:]:
        found = defined.match(line)
        if found and found[1] in names:
            return found[1]
    return chapter.exercises[-1].name


def lesson_of(course: Course, chapter: Chapter) -> Path:
    """The file with the lesson as the course hands it out; a learner's own file may lack it by now."""
    original = exercise_file(original_root(course), chapter.stem)
    return original if original.is_file() else exercise_file(course.root, chapter.stem)


def questions_of(course: Course, chapter: Chapter) -> tuple[Question, ...]:
    """The questions of a chapter; none where it has no lesson to read."""
    path = lesson_of(course, chapter)
    try:
        source = localized(path.read_text(encoding="utf-8"), checks_file(chapter))
    except (OSError, UnicodeDecodeError):
        return ()
    return questions_in(source, chapter, str(path))


# --- what was guessed -------------------------------------------------------------------------------------


def guesses(workspace: Workspace) -> dict[str, bool]:
    """The questions that were answered here, and whether the guess was right."""
    return {key: right for key, right in workspace.read_note(NOTE).items() if isinstance(right, bool)}


def guess(workspace: Workspace, question: Question, words: str) -> bool:
    """Compare a guess with the answer and keep which it was.

    Args:
        words: as typed; numbers in any usual notation, or the beginning or letter of a choice.

    Returns:
        Whether it is right.

    Raises:
        UnreadableGuess: it has another form than the one asked for; nothing is kept then.
    """
    right = question.answer.accepts(words)
    workspace.write_note(NOTE, guesses(workspace) | {question.key: right})
    return right


def next_question(questions: Sequence[Question], answered: dict[str, bool]) -> Question | None:
    """The first that was not answered yet, else the first; None when there are none."""
    return next((q for q in questions if q.key not in answered), questions[0] if questions else None)


def tally(workspace: Workspace) -> str:
    """How many were guessed, in words; they count for nothing."""
    known = guesses(workspace)
    told = _("{right} of {all} predictions came true; they are not graded")
    return told.format(right=sum(known.values()), all=len(known))


# --- reading a lesson in a terminal -----------------------------------------------------------------------

_MARKED = re.compile(r"\*\*(.+?)\*\*|(?<![A-Za-z\d_*])\*(\S(?:.*?\S)?)\*(?![A-Za-z\d_*])|`([^`]+)`")


def readable(markdown: str, width: int) -> list[str]:
    """Lesson text as plain lines: paragraphs wrapped, code as it stands, no marks.

    Only what the lessons use of Markdown is understood: bold, emphasis, code, fences and indented blocks.
    """
    lines: list[str] = []
    paragraph: list[str] = []
    fenced = False

    def close() -> None:
        if paragraph:
            joined = unwrapped("\n".join(paragraph)).replace("\n", " ")
            text = _MARKED.sub(lambda mark: next(filter(None, mark.groups())), joined)
            lines.extend(wrap(text, width, first=""))
            paragraph.clear()

    for line in clean(markdown).split("\n"):
        if line.startswith("```"):
            close()
            lines += [""] if lines and lines[-1] else []
            fenced = not fenced
        elif fenced or line.startswith("    "):
            close()
            lines += _code_lines(line if fenced else line[4:], width)
        elif line.strip():
            paragraph.append(line.strip())
        else:
            close()
            lines += [""] if lines and lines[-1] else []
    close()
    return lines if not lines or lines[-1] else lines[:-1]


def _code_lines(code: str, width: int) -> list[str]:
    """A line of code, broken only where it does not fit."""
    line = "    " + code.rstrip()
    return [line] if width_of(line) <= width else wrap(code.strip(), width, indent="        ", first="    ")
