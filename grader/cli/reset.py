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
    # Nothing is lost where there is no file, so there is nothing to ask.
    if workspace.find(chapter) and not (
        yes or typer.confirm(f"put {shown} back to the stub? a backup is kept")
    ):
        typer.echo("nothing was changed")
        raise typer.Exit(1)
    done = put_back(course, workspace, chapter, name)
    if done.backup is None:
        typer.echo(f"{done.path}: there again, as it was handed out")
    else:
        typer.echo(f"{shown}: back to the stub in {done.path}")
        typer.echo(f"what was there: {done.backup}")
