"""What there is to say about an exercise that is not solved, from a first pointer to a worked step.

A hint is made from the last report, however old: nothing is checked again for it. What it is based on is told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from grader.language import gettext as _
from grader.language import translate
from grader.records import Cause, Chapter, CheckResult, Outcome, Report
from grader.report.reasons import place_words, reason
from grader.report.refusals import refusal_words
from grader.text import clean_line, wrap
from grader.workspace.hints import LABELS, Written, open_one_more, written_hints
from grader.workspace.questions import readable
from grader.workspace.workspace import Workspace, attempt_of

_FENCE = re.compile(r"```\w*\n(.*?)```", re.DOTALL)
_UNKNOWN = "Which law fails is not known: the exercise was not checked yet."


class Basis(Enum):
    """What a hint is based on."""

    CURRENT = auto()  # the report is on the text as it is
    CHANGED = auto()  # the text has changed since
    UNCHECKED = auto()  # no report says anything of the exercise


@dataclass(frozen=True)
class OpenHints:
    """The hints on one exercise that are open now.

    Args:
        texts: from the first level on; none where every check passes.
        levels: how many there are.
        basis: what the first of them is based on.
    """

    texts: tuple[str, ...]
    levels: int
    basis: Basis

    @property
    def has_more(self) -> bool:
        """Whether another attempt opens one more."""
        return len(self.texts) < self.levels


def open_hints(
    workspace: Workspace, chapter: Chapter, exercise: str, report: Report | None, source: str, changed: bool
) -> OpenHints:
    """Open one hint more if there was an attempt since.

    Args:
        report: the last one that may say something of the exercise.
        source: the learner's text; as long as the exercise in it is the same no further hint opens.
        changed: whether the report is on another text than this.

    Raises:
        CourseError: what the author wrote cannot be read.
    """
    written = written_hints(chapter).get(exercise, Written())
    known = report is not None and any(result.exercise == exercise for result in report.checks)
    basis = Basis.UNCHECKED if not known else Basis.CHANGED if changed else Basis.CURRENT
    hints = hints_for(report if known else None, exercise, written)
    if not hints:
        return OpenHints((), 0, basis)
    key = f"{chapter.stem}/{exercise}"
    opened = open_one_more(workspace, key, attempt_of(source, exercise), len(hints))
    return OpenHints(hints[:opened], len(hints), basis)


def hints_for(report: Report | None, exercise: str, written: Written) -> tuple[str, ...]:
    """All hints on an exercise: where to look by the law that fails, then what its author wrote.

    Args:
        report: None if the exercise was not checked yet.

    Returns:
        None where every check passes.
    """
    where = _(_UNKNOWN) if report is None else where_to_look(report, exercise)
    return (where, *written.levels) if where else ()


def where_to_look(report: Report, exercise: str) -> str:
    """The rule that is broken, or the first law that fails; '' if all is well."""
    for breach in report.breaches:
        if exercise in breach.exercises:
            return _("{name} may not be used here: {why}").format(name=breach.name, why=refusal_words(breach))
    broken = [r for r in report.checks if r.exercise == exercise and r.outcome is not Outcome.PASSED]
    # A law without weight says how an answer must not be come by; another one points to the way.
    broken.sort(key=lambda result: (result.outcome is not Outcome.FAILED, not result.weight))
    return _pointer(broken[0]) if broken else ""


def _pointer(result: CheckResult) -> str:
    """The law, and where to look: by how it failed if that says enough, else by what its author wrote."""
    match result.cause:
        case Cause.UNWRITTEN if not result.function:
            return _(
                "Nothing is written yet: begin with the lesson above it. The first law is: {title}"
            ).format(title=translate(result.title))
        case Cause.UNWRITTEN | Cause.MISSING:
            return reason(result) + _(".")
        case Cause.RAISED if result.line is not None:
            return _("{title} Look at {line}, where it raises: what is that line given?").format(
                title=translate(result.title), line=place_words(result.line)
            )
        case Cause.OUT_OF_TIME:
            return _("{title} It takes too long: look at the loops. Does each end, and is it needed?").format(
                title=translate(result.title)
            )
    if not result.repeatable:
        return _(
            "{title} The same call gave two answers: look for what is kept between calls, or drawn."
        ).format(title=translate(result.title))
    return _("{title} {hint}").format(title=translate(result.title), hint=translate(result.hint)).strip()


def hint_lines(texts: Sequence[str], width: int) -> list[str]:
    """The hints that are open, each under its label; code stands on lines of its own, as it was written."""
    lines: list[str] = []
    for label, text in zip(LABELS, texts, strict=False):
        if _FENCE.search(text):
            lines += [
                "",
                _("  {label}:").format(label=_(label)),
                *(f"    {line}".rstrip() for line in readable(text, width - 4)),
            ]
        else:
            lines += wrap(
                _("{label}: {text}").format(label=_(label), text=clean_line(text)),
                width,
                indent="    ",
                first="  ",
            )
    return lines


def prose_and_code(text: str) -> list[tuple[bool, str]]:
    """The text of a hint in pieces, for a page: whether it is code, and the piece."""
    pieces = [(at % 2 == 1, piece.strip("\n")) for at, piece in enumerate(_FENCE.split(text))]
    return [(is_code, piece) for is_code, piece in pieces if piece.strip()]
