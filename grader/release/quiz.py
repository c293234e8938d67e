"""Write the "Predict, then run" questions of a chapter as a quiz in text2qti's format, which makes QTI of it.

Canvas and other platforms import QTI. A guess of one number becomes a numerical question with the margin that
`brick predict` allows; several numbers, which QTI cannot ask for, a short answer; words a choice.

    https://github.com/gpoore/text2qti
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from grader.language import gettext as _
from grader.language import translate
from grader.records import Chapter
from grader.text import unwrapped
from grader.workspace.questions import ABOUT, CLOSE, Answer, Question, Words

_INDENT = "    "
# text2qti refuses answers nearer to 0: Canvas rounds them away.
_SMALLEST = 1e-4


def quiz_of(chapter: Chapter, questions: Sequence[Question]) -> str:
    """The quiz as text2qti reads it, in the language that is spoken; what stands before a colon is text2qti's.

    Args:
        questions: of the chapter, at least one.
    """
    title = _("{label} {title}: predict, then run").format(
        label=chapter.label, title=translate(chapter.title)
    )
    description = _("Answer before you run anything. Nothing of it counts.")
    lines = [f"Quiz title: {title}", f"Quiz description: {description}", ""]
    for number, question in enumerate(questions, start=1):
        # Each question has a title, else Canvas calls all of them "Question".
        name = _("{label} before {exercise}").format(label=chapter.label, exercise=question.exercise)
        lines += [f"Title: {name}", "Points: 1"]
        lines += _paragraph(f"{number}.", unwrapped(question.text))
        lines += _paragraph("...", unwrapped(question.told))
        lines += [*_answers(question.answer), ""]
    return "\n".join(lines)


def _paragraph(mark: str, text: str) -> list[str]:
    """Text behind its mark; what follows the first line is indented as far, which keeps it in one piece."""
    first, *rest = text.split("\n")
    lines = [f"{mark.ljust(len(_INDENT) - 1)} {first}"]
    return lines + [_INDENT + line if line.strip() else "" for line in rest]


def _answers(answer: Answer) -> Iterator[str]:
    """What is right, and what else there is to choose from."""
    if isinstance(answer, Words):
        for place, choice in enumerate(answer.choices):
            mark = "*" if choice == answer.right else ""
            yield f"{mark}{chr(ord('a') + place)}) {choice}"
        return
    [first, *others] = answer.values
    margin = abs(first) * (ABOUT if answer.about else CLOSE)
    if others or not math.isfinite(first) or abs(first) - margin < _SMALLEST:
        yield from (f"*   {written}" for written in _ways_to_write(answer.values))
    elif first == int(first) and not answer.about:
        yield f"=   {int(first)}"
    else:
        yield f"=   {first:.10g} +- {margin:.4g}"


def _ways_to_write(values: Sequence[float]) -> list[str]:
    """How people write numbers in a row; a short answer is right only to the letter."""
    words = [f"{value:.10g}" for value in values]
    ways = [
        ", ".join(words),
        ",".join(words),
        " ".join(words),
        f"({', '.join(words)})",
        f"[{', '.join(words)}]",
    ]
    if len(set(words)) == 1:
        ways.append(words[0])  # "0" for three zeros
    return list(dict.fromkeys(ways))
