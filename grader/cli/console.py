"""How commands write to a terminal: how wide, how colourful, and an error in three lines."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence

import typer

from grader.errors import KitError
from grader.language import gettext as _
from grader.language import translate
from grader.report.terminal import Style
from grader.text import clean, clean_line, width_of, wrap

# Narrower, a card cannot be read; wider, lines are too long to be followed by the eye.
NARROWEST, WIDEST = 40, 100
_ANSWERS = {"y": True, "yes": True, "是": True, "n": False, "no": False, "否": False}


def columns() -> int:
    """Columns to write in: the terminal's, within reason; 80 where there is no terminal."""
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size((80, 24)).columns))


def wants_colour() -> bool:
    """Colour only on a terminal that has it, and never against NO_COLOR (see no-color.org).

    An empty NO_COLOR asks for nothing, as the convention has it.
    """
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not plain


def style(cards: int = 1) -> Style:
    """How to write on this terminal.

    Args:
        cards: how many failures are shown whole, with their counterexample; the others take a line each.
    """
    return Style(columns(), wants_colour(), cards)


def error_lines(error: KitError) -> list[str]:
    """The three parts of an error, cleaned of control characters and wrapped to the terminal.

    Nothing is cut off: a path or a command is there to be copied whole.

    Args:
        error: its parts may hold names of files and columns, which come from outside.

    Returns:
        Lines to print to stderr, the first with what happened, the last with what to do.
    """
    parts = ((_("error:"), error.what), (_("  where:"), error.where), (_("  next: "), error.next_step))
    labels = [label + ("" if label.endswith("：") else " ") for label, _text in parts]
    indent = " " * max(map(width_of, labels))
    lines: list[str] = []
    for label, (_label, text) in zip(labels, parts, strict=True):
        lines += wrap(label + clean(translate(text)), columns(), indent=indent, first="", cut=False)
    return lines


def say_list(title: str, named: Sequence[tuple[str, str]]) -> None:
    """Print a title with a count, then a line for each name and what is said about it; nothing for an empty list.

    Args:
        title: what the listed have in common, in the reader's language; the count is put behind it.
        named: pairs of a name and a reason that is kept in English, both may come from outside.
    """
    if named:
        say(_("{title}: {number}").format(title=title, number=len(named)))
    for name, why in named:
        say(f"  {name}" + _(": ") + translate(why))


def say(line: str) -> None:
    """Print one line without control characters, its indent kept: names of learners and columns come from outside."""
    lead = line[: len(line) - len(line.lstrip(" "))]
    typer.echo(lead + clean_line(line))


def agrees(question: str, default: bool = False) -> bool:
    """Ask a question that is answered with y or n, in the language that is spoken; `typer.confirm` speaks English only.

    Args:
        question: in the reader's language.
        default: what Enter says.

    Raises:
        typer.Abort: nobody answers, or Ctrl-C was pressed.
    """
    choice = "[Y/n]" if default else "[y/N]"
    while True:
        # The last letter goes to `input`, for readline would clear what stands before it when something is deleted.
        typer.echo(_("{question} {choice}:").format(question=question, choice=choice), nl=False)
        try:
            answer = input(" ").strip().lower()
        except (KeyboardInterrupt, EOFError):
            raise typer.Abort from None
        if not answer or answer in _ANSWERS:
            return _ANSWERS.get(answer, default)
        typer.echo(_("type y for yes, or n for no"))
