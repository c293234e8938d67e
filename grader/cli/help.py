"""Say in another language what typer says by itself: the help of a command, and what is wrong with the words typed.

English is what the code has and what typer writes, so nothing of this is needed for it. Lines are wrapped here, because
typer counts characters, and a Chinese one takes two columns and has no spaces around it.

typer has no catalogues, and few of its sentences go through gettext. So it is asked to raise what is wrong instead of
telling it (`standalone_mode`), and its sentences are found by their patterns, as those of the kit are.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, NoReturn

import typer

from grader.language import Language, current, translate
from grader.language import gettext as _

# What typer says by itself; `_` where it is shown.
_OF_TYPER = ("Usage: ", "Options", "Arguments", "Commands", "Show this message and exit.", "required")
# What it says of words that it cannot take, in its own forms and those of click, which came with it before; `translate`
# where it is shown. What begins with "Input" are the words of pydantic.
_OF_WORDS = (
    "No such option: {name}",
    "No such option {name}.",
    "No such option: {name} (Possible options: {options})",
    "No such option: {name} Did you mean {option}?",
    "No such option {name}. Did you mean {option}?",
    "Option {name} requires an argument.",
    "Option {name} does not take a value.",
    "Missing command.",
    "Missing argument {name}.",
    "Missing option {name}.",
    "Missing option {name}. Choose from:{choices}",
    "Got unexpected extra argument ({words})",
    "Got unexpected extra arguments ({words})",
    "Got unexpected extra argument(s) ({words})",
    "Invalid value: {why}",
    "Invalid value for {name}: {why}",
    "Value error, {why}",
    "{value} is not one of {choices}.",
    "{value} is not in the range {range}.",
    "{value} is not a valid integer.",
    "{value} is not a valid int range.",  # so typer up to 0.28
    "{value} is not a valid float.",
    "{value} is not a valid float range.",
    "Input should be greater than or equal to {least}",
    "Input should be a valid integer, unable to parse string as an integer",
    "Input should be a valid number, unable to parse string as a number",
)
_BESIDE = re.compile(
    r"\s*\[([^\[\]]*)\]$"
)  # what typer writes behind the help of an option: [default: 0; required]
_UsageError: Any = typer.BadParameter.__base__  # typer names it in some of its versions only


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


def run(main: Callable[[], Any]) -> NoReturn:
    """Run a command line to its end, and say in the language that is spoken what is wrong with it.

    Args:
        main: runs it, and raises what is wrong.

    Ends the program with the exit codes that typer has: 2 for words that it cannot take, 1 for what was broken off.
    """
    try:
        code = main()
    except typer.Abort:
        typer.echo(_("Aborted!"), err=True)
        code = 1
    except _UsageError as error:
        _say_what_is_wrong(error)
        code = 2
    sys.exit(code if isinstance(code, int) else 0)


def _say_what_is_wrong(error: Any) -> None:
    """The usage of the command, how to get its help, and what cannot be taken."""
    context = error.ctx
    if context is not None:
        step = _("Try '{command} {option}' for help.")
        option = context.help_option_names[0]
        typer.echo(
            f"{context.get_usage()}\n{step.format(command=context.command_path, option=option)}\n", err=True
        )
    typer.echo(_("Error: {message}").format(message=translate(error.format_message())), err=True)


def _context_class(base: Any) -> Any:
    """A context whose help is written by `_formatter_class`."""
    return type("Context", (base,), {"formatter_class": _formatter_class(base.formatter_class)})


def _columns() -> ModuleType:
    """What measures columns; not before it is needed, for the list of commands in English is shown without."""
    from grader import text

    return text


def _formatter_class(base: Any) -> Any:
    """The same formatter with its own words translated, and its lines wrapped by columns."""

    class Formatter(base):  # type: ignore[misc]
        def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
            super().write_usage(prog, args, _("Usage: ") if prefix is None else prefix)

        def write_heading(self, heading: str) -> None:
            self.write(" " * self.current_indent + _("{heading}:").format(heading=_(heading)) + "\n")

        def write_text(self, text: str) -> None:
            indent = " " * self.current_indent
            for number, paragraph in enumerate(text.split("\n\n")):
                lines = _columns().wrap(" ".join(paragraph.split()), self.width, indent=indent)
                self.write(("\n" if number else "") + "\n".join(lines) + "\n")

        def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
            rows, columns = list(rows), _columns()
            widest = min(max(columns.width_of(first) for first, _second in rows), col_max) + col_spacing
            indent = " " * (self.current_indent + widest)
            for first, second in rows:
                lead = " " * self.current_indent + first
                fits = columns.width_of(first) <= widest - col_spacing
                self.write("" if fits else f"{lead}\n")
                first_line = columns.pad(lead, len(indent)) if fits else indent
                told = columns.wrap(_described(second), self.width, indent=indent, first=first_line)
                self.write("\n".join(told) + "\n")

    return Formatter


def _described(text: str) -> str:
    """The help of an option, and in brackets behind it what typer says of its value."""
    beside = _BESIDE.search(text)
    if beside is None:
        return _(text)
    facts = (
        _("default: {value}").format(value=fact.removeprefix("default: "))
        if fact.startswith("default: ")
        else _(fact)
        for fact in beside[1].split("; ")
    )
    return _("{help} [{facts}]").format(help=_(text[: beside.start()]), facts=_("; ").join(facts))
