"""The list of commands, and a command group that imports a command's module only when it is called."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import Any

import typer
from typer.core import TyperGroup

from grader.cli.help import run, translated
from grader.errors import did_you_mean
from grader.language import Language, current, gettext

# Every command with the line that `brick --help` shows for it: the first line of its docstring, which a test
# compares. They stand here too, so that the list of commands can be shown without importing any of them.
COMMANDS = {
    "init": "Copy lessons and exercises into a folder of your own.",
    "check": "Check your own work, and see the smallest input that fails.",
    "hint": "Open a hint, and one more after each attempt.",
    "show": "After a pass, see the solution and two other ways; one question first.",
    "build": "Train a network made of your own blocks.",
    "view": "Look at the network you built.",
    "watch": "Judge every save at once, and show what to do next.",
    "status": "Show what is done, the points so far, and what is left.",
    "reset": "Start an exercise or a chapter afresh; a backup is kept.",
    "replay": "Run a card's failing call as a script of its own, for a debugger.",
    "predict": "Answer a question of the lesson before you run it; never graded.",
    "doctor": "Look at this machine and this course, and say what mends them.",
    "release": "Make what learners get, or the autograder that grades them.",
    "grade": "Grade other people's work in a sandbox.",
    "regrade": "Grade again what a changed check, kit or course may judge anew.",
    "roster": "Say who is in the class; see who is missing and who is unknown.",
    "adjust": "Set a score, comment, excuse or extend, with a reason that stays.",
    "report": "Write a page for every learner, and one about the class for you.",
    "similar": "Find files that have more in common than chance explains: look, do not convict.",
    "export": "Write what was graded for another program to read.",
    "passback": "Send a class's points into a learning platform's gradebook, by LTI 1.3.",
    "new-course": "Make a course with checks of its own, with one chapter to begin from.",
    "trust": "Let the checks of a course's folder run here, as your own code.",
    "new": "Lay out the files of a new chapter, and its entry in course.yml.",
    "stubs": "Make the exercises from the solutions.",
    "prove": "Judge the checks by mistakes, mutants and right answers.",
}


class LazyCommands(TyperGroup):
    """The group behind `brick`. The command NAME is the function NAME of the module `grader.cli.NAME`, `_` for `-`.

    A context is typed `Any` below, because its class is click's in some versions of typer and typer's own in others.
    """

    def make_context(self, *args: Any, **options: Any) -> Any:
        """The context of the whole command line, for help in the language that is spoken."""
        return super(LazyCommands, translated(self)).make_context(*args, **options)

    def main(self, *args: Any, **options: Any) -> Any:
        """Run the command line; what is wrong with it is said in the language that is spoken."""
        if current() is Language.ENGLISH or not options.get("standalone_mode", True):
            return super().main(*args, **options)
        return run(partial(super().main, *args, **options | {"standalone_mode": False}))

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, its module imported now; None if there is none."""
        return self.load(cmd_name) if cmd_name in COMMANDS else None

    def load(self, name: str) -> Any:
        """Import the module of a command, and let typer make a command of its function."""
        if name not in self.commands:
            python_name = name.replace("-", "_")
            with uncollected():
                function = getattr(importlib.import_module(f"grader.cli.{python_name}"), python_name)
            single = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
            single.command(name)(function)
            self.add_command(translated(typer.main.get_command(single)), name)
        return self.commands[name]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that was typed; an unknown one is told with its nearest neighbour, an empty word refused.

        Ends the program with exit code 2 then, as click does with every mistake in the words.
        """
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"there is no command '{args[0]}'{did_you_mean(args[0], COMMANDS)}")
        _refuse_empty(ctx, args)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of commands from the table above, for the modules' own docstrings would need an import."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, gettext(line)) for name, line in COMMANDS.items()])


@contextmanager
def uncollected() -> Iterator[None]:
    """Import inside what may bring torch and the kit along: a million objects that stay until the program ends.

    The garbage collector would go through all of them again and again, while they are made and ever after. It rests
    meanwhile, and leaves alone what is there then.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _refuse_empty(ctx: Any, args: list[str]) -> None:
    """A shell's variable that was never set must not turn one exercise into a chapter, or a folder into this one."""
    for before, word in pairwise(args):
        option, equals, value = word.partition("=")
        if word.strip() == "":
            ctx.fail(f"the word after '{before}' is empty: fill it in, or leave it out")
        if option.startswith("--") and equals and not value.strip():
            ctx.fail(f"'{option}' is empty: fill it in, or leave it out")
