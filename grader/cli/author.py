"""The author's commands: stubs."""

from __future__ import annotations

from typing import Annotated

import typer

from grader.errors import CourseError


def register(app: typer.Typer) -> None:
    """Add these commands to `brick`."""
    app.command()(stubs)


def stubs(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit code 1 if a file is out of date.")
    ] = False,
) -> None:
    """Make the exercises from the solutions."""
    from grader.course import load_course
    from grader.release.stubs import write_stubs

    course = load_course()
    if not (course.root / "solutions").is_dir():
        step = "run it in a checkout of the course"
        raise CourseError("stubs are made from solutions, and there are none here", str(course.root), step)
    stale = write_stubs(course, check=check)
    for path in stale:
        typer.echo(f"{path}: {'out of date' if check else 'written'}")
    if not stale:
        typer.echo(f"{len(course.chapters)} exercise files are up to date")
    elif check:
        typer.echo("next: run: brick stubs")
        raise typer.Exit(1)
