"""The command `brick`: words in, words out. Each command is a module of its own, loaded when it is called."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import typer

from grader import __version__
from grader.cli.commands import LazyCommands
from grader.cli.interrupting import hears_every_interrupt
from grader.errors import KitError, UsageError, refusal
from grader.language import VARIABLE, Language, UnknownLanguage, current, decide, read_language, speak

app = typer.Typer(
    cls=LazyCommands,
    name="brick",
    help="Build a neural network from its smallest blocks, and see at once what fails and why.",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"brickwork {__version__}")
        raise typer.Exit


@app.callback()
def brick(
    context: typer.Context,
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Show the version."
    ),
    lang: str = typer.Option(
        "",
        "--lang",
        help="Speak Chinese or English; it may stand anywhere in the line.",
        metavar="zh|en",
        show_default=False,
    ),
) -> None:
    """Build a neural network from its smallest blocks, and see at once what fails and why."""
    if context.invoked_subcommand is not None:
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        typer.echo(context.get_help())
        raise typer.Exit
    # On a terminal `brick` alone is `brick watch`: what a learner needs most is the shortest to type.
    group = context.command
    assert isinstance(group, LazyCommands)
    context.invoke(group.load("watch"))


def main() -> None:
    """Run the command; a problem somebody can mend is three lines, anything else keeps its traceback.

    Exit codes are those each command's help names; 2 for every error that a person can mend.
    """
    # Before torch is imported: one thread per process, or tiny checks take a hundred times as long.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        sys.argv[1:] = _take_language(sys.argv[1:])
        with hears_every_interrupt():
            app()
    except KitError as error:
        _leave(error)
    except BrokenPipeError:
        # The reader of our output (head, less) left; that is not an error of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        refused = refusal(error)
        if refused is None:
            raise
        _leave(refused)


def _take_language(words: list[str]) -> list[str]:
    """Settle the language before any command is read; the words without `--lang` and what follows it.

    Raises:
        UsageError: a language that the kit does not speak.
    """
    options = words[: words.index("--")] if "--" in words else words
    at = next((i for i, word in enumerate(options) if word.partition("=")[0] == "--lang"), None)
    try:
        if at is None:
            current()
            return words
        _, equals, asked = options[at].partition("=")
        after = at + 1 if equals else at + 2
        language = read_language(asked if equals else "".join(options[at + 1 : at + 2]), "--lang")
    except UnknownLanguage as error:
        # In the language that would be spoken, had nobody asked for this one.
        speak(decide({name: value for name, value in os.environ.items() if name != VARIABLE}, Path.cwd()))
        step = f"name one of {', '.join(Language)}"
        raise UsageError(f"the kit does not speak '{error.asked}'", error.where, step) from error
    speak(language)
    os.environ[VARIABLE] = language  # processes that a command starts speak as it does
    return words[:at] + words[after:]


def _leave(error: KitError) -> NoReturn:
    """End the program with what happened, where, and what next."""
    # Only now: the list of commands is shown without what wraps and colours lines, which a help does not need.
    from grader.cli.console import error_lines

    with suppress(OSError):  # where standard error takes no more either, the exit code alone can tell
        print("\n".join(error_lines(error)), file=sys.stderr)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            # Python would try to write once more what it holds, complain, and end with another exit code.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    sys.exit(2)
