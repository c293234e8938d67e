"""Say the help of a command in another language: its sentences, and the lines that typer writes around them.

English is what the code has and what typer writes, so nothing of this is needed for it. Lines are wrapped here, because
typer counts characters, and a Chinese one takes two columns and has no spaces around it.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from grader.language import Language, current
from grader.language import gettext as _

# What typer says by itself; `_` where it is shown.
_OF_TYPER = ("Usage: ", "Options", "Arguments", "Commands", "Show this message and exit.")


def translated(command: Any) -> Any:
    """A command whose help is in the language that is spoken.

    A command is typed `Any`, because its class is click's in some versions of typer and typer's own in others.
    """
    if current() is Language.ENGLISH:
        return command
    paragraphs = (" ".join(one.split()) for one in inspect.cleandoc(command.help or "").split("\n\n"))
    command.help = "\n\n".join(_(one) for one in paragraphs if one)
    for option in command.params:
        if getattr(option, "help", None):
            option.help = _(option.help)
    command.context_class = _context_class(command.context_class)
    return command


def _context_class(base: Any) -> Any:
    """A context whose help is written by `_formatter_class`."""
    return type("Context", (base,), {"formatter_class": _formatter_class(base.formatter_class)})


def _formatter_class(base: Any) -> Any:
    """The same formatter with its own words translated, and its lines wrapped by columns."""

    class Formatter(base):  # type: ignore[misc]
        def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
            super().write_usage(prog, args, _("Usage: ") if prefix is None else prefix)

        def write_heading(self, heading: str) -> None:
            self.write(" " * self.current_indent + _("{heading}:").format(heading=_(heading)) + "\n")

        def write_text(self, text: str) -> None:
            from grader.text import wrap

            indent = " " * self.current_indent
            for number, paragraph in enumerate(text.split("\n\n")):
                lines = wrap(" ".join(paragraph.split()), self.width, indent=indent)
                self.write(("\n" if number else "") + "\n".join(lines) + "\n")

        def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
            # Only now: the list of commands in English is shown without what measures columns.
            from grader.text import pad, width_of, wrap

            rows = list(rows)
            widest = min(max(width_of(first) for first, _second in rows), col_max) + col_spacing
            indent = " " * (self.current_indent + widest)
            for first, second in rows:
                lead = " " * self.current_indent + first
                fits = width_of(first) <= widest - col_spacing
                self.write("" if fits else f"{lead}\n")
                first_line = pad(lead, len(indent)) if fits else indent
                self.write("\n".join(wrap(_(second), self.width, indent=indent, first=first_line)) + "\n")

    return Formatter
