"""`brick init`: copy the course into a folder of the learner's own.

A second run brings back what was lost since. Where a file differs from the kit's nothing is written at all: it is work.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.cli import console
from grader.course.config import load_course
from grader.text import wrap
from grader.workspace.workspace import lay_out


def init(
    folder: Annotated[Path, typer.Argument(help="Where to put the course.", metavar="DIR")] = Path(
        "brickwork"
    ),
) -> None:
    """Copy lessons and exercises into a folder of your own."""
    written = lay_out(folder)
    # The course of the new folder, not the one that this process may stand in.
    course = load_course(folder)
    first = course.chapters[0]
    if written:
        exercises = sum(path.suffix == ".py" for path in written)
        typer.echo(f"{folder}: {exercises} exercise files of {course.title}")
    else:
        typer.echo(f"{folder}: everything is there already")
    step = f"next: cd {folder}, open exercises/{first.stem}.py in your editor, and run: brick"
    typer.echo("\n".join(wrap(step, console.columns(), indent="      ", first="", cut=False)))
