"""`brick reset`: put an exercise or a chapter back to its stub."""

from __future__ import annotations

from typing import Annotated

import typer

from grader.cli.targets import find_words
from grader.course.config import load_course
from grader.workspace.reset import reset as put_back
from grader.workspace.workspace import workspace_of


def reset(
    what: Annotated[str, typer.Argument(help="A chapter, ch03, or an exercise, softmax.", metavar="CHAPTER")],
    exercise: Annotated[
        str | None, typer.Argument(help="Only this exercise.", metavar="EXERCISE", show_default=False)
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Start an exercise or a chapter afresh; a backup is kept."""
    course = load_course()
    workspace = workspace_of(course)
    chapter, name = find_words(course, what, exercise)
    shown = f"{name} in {chapter.stem}" if name else f"the whole of {chapter.stem}"
    if not yes and not typer.confirm(f"put {shown} back to the stub? a backup is kept"):
        typer.echo("nothing was changed")
        raise typer.Exit(1)
    undone = put_back(course, workspace, chapter, name)
    typer.echo(f"{shown}: back to the stub in {undone.path}")
    typer.echo(f"what was there: {undone.backup}")
