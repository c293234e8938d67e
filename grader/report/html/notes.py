"""Turn what a notebook is told beside its verdicts into HTML: a hint, the state of things, a refusal."""

from __future__ import annotations

from collections.abc import Sequence

from grader.errors import KitError
from grader.language import gettext as _
from grader.language import translate
from grader.report.hints import prose_and_code
from grader.report.html.rendering import fill, stylesheet
from grader.workspace.hints import LABELS


def hints_html(exercise: str, texts: Sequence[str], step: str) -> str:
    """The hints open so far, each with its label, and what to do next."""
    hints = [(_(label), prose_and_code(text)) for label, text in zip(LABELS, texts, strict=False)]
    return fill("hints.html", exercise=exercise, hints=hints, step=step, style=stylesheet("brick.css"))


def lines_html(head: str, text: str, step: str) -> str:
    """Text whose line breaks and indents count, such as a question with code in it."""
    return fill("lines.html", head=head, text=text, step=step, style=stylesheet("brick.css"))


def status_html(rows: Sequence[tuple[str, str, str]], total: str, step: str) -> str:
    """A table of exercises: name, state and points."""
    return fill("status.html", rows=rows, total=total, step=step, style=stylesheet("brick.css"))


def refusal_html(error: KitError) -> str:
    """The three parts of an error."""
    error = KitError(translate(error.what), translate(error.where), translate(error.next_step))
    return fill("refusal.html", error=error, style=stylesheet("brick.css"))
