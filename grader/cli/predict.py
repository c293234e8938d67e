"""`brick predict`: ask a question of the lesson before the learner runs it.

What was guessed is kept in the workspace, and a question comes back only when all were answered.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from grader.cli import console
from grader.cli.targets import find_words
from grader.course.config import load_course
from grader.errors import UsageError
from grader.language import gettext as _
from grader.language import translate
from grader.records import Course
from grader.workspace.progress import PROGRESS_FILE, read_progress
from grader.workspace.questions import (
    Question,
    UnreadableGuess,
    guess,
    guesses,
    next_question,
    questions_of,
    readable,
    tally,
)
from grader.workspace.workspace import Workspace, workspace_of


def predict(
    what: Annotated[
        str | None,
        typer.Argument(
            help="A chapter, ch03, or an exercise, softmax; where you are if left out.",
            metavar="CHAPTER",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Answer a question of the lesson before you run it; never graded."""
    course = load_course()
    workspace = workspace_of(course)
    question = next_question(_questions_meant(course, workspace, what), guesses(workspace))
    if question is None:
        told = "there is no question here" if what is None else f"there is no question before {what}"
        raise UsageError(told, what or str(workspace.root), "run: brick predict ch03")
    width = console.columns()
    typer.echo("\n".join(_asked_lines(question, width)))
    if _guessed(workspace, question):
        typer.echo("\n".join(["", *readable(question.told, width), "", tally(workspace)]))


def _questions_meant(course: Course, workspace: Workspace, what: str | None) -> list[Question]:
    """Those of a chapter or before an exercise; without a word all, from the current chapter on.

    The current chapter is the one that `brick watch` was at; without any the first.
    """
    if what is not None:
        chapter, exercise = find_words(course, what, None)
        return [q for q in questions_of(course, chapter) if exercise in (None, q.exercise)]
    current = read_progress(workspace.root / PROGRESS_FILE).current.partition("/")[0]
    stems = [chapter.stem for chapter in course.chapters]
    start = stems.index(current) if current in stems else 0
    ordered = (*course.chapters[start:], *course.chapters[:start])
    return [question for chapter in ordered for question in questions_of(course, chapter)]


def _asked_lines(question: Question, width: int) -> list[str]:
    """The question under the exercise it stands before, and below it what there is to choose from."""
    head = _("{label}  before {exercise}").format(label=question.chapter.label, exercise=question.exercise)
    return [head, "", *readable(question.text, width), *(f"  {choice}" for choice in question.choices), ""]


def _guessed(workspace: Workspace, question: Question) -> bool:
    """Ask until a guess can be read; False when there is nobody to ask, as in a pipe."""
    while True:
        typer.echo(_("your guess ({form}): ").format(form=question.answer.form), nl=False)
        words = sys.stdin.readline()
        if not words.strip():
            # An empty line skips the question and shows its answer; the end of the input does not.
            typer.echo("" if words else "\n", nl=not words)
            return bool(words)
        try:
            typer.echo(_("right") if guess(workspace, question, words.strip()) else _("not so"))
            return True
        except UnreadableGuess as error:
            typer.echo(translate(str(error)))
