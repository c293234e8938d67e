"""`brick reset`: put an exercise or a chapter back to its stub."""

from __future__ import annotations

from typing import Annotated

import typer

from grader.cli.console import agrees
from grader.cli.targets import find_words
from grader.course.config import load_course
from grader.language import gettext as _
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
    shown = (
        _("{name} in {chapter}").format(name=name, chapter=chapter.stem)
        if name
        else _("the whole of {chapter}").format(chapter=chapter.stem)
    )
    # Nothing is lost where there is no file, so there is nothing to ask.
    if workspace.find(chapter) and not (
        yes or agrees(_("put {shown} back to the stub? a backup is kept").format(shown=shown))
    ):
        typer.echo(_("nothing was changed"))
        raise typer.Exit(1)
    done = put_back(course, workspace, chapter, name)
    if done.backup is None:
        typer.echo(_("{path}: there again, as it was handed out").format(path=done.path))
    else:
        typer.echo(_("{shown}: back to the stub in {path}").format(shown=shown, path=done.path))
        typer.echo(_("what was there: {backup}").format(backup=done.backup))
