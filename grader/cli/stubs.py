"""`brick stubs`: make the exercises that learners get from the solutions.

An exercise is its solution without what stands between the marks, so the two cannot differ in anything else. `--check`
is for the course's own tests: it fails when somebody changed a solution and forgot to make the exercise.
"""

from __future__ import annotations

from typing import Annotated

import typer

from grader.course.config import load_course
from grader.course.paths import is_checkout
from grader.course.stubs import write_stubs
from grader.errors import CourseError
from grader.language import gettext as _


def stubs(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit code 1 if a file is out of date.")
    ] = False,
) -> None:
    """Make the exercises from the solutions."""
    course = load_course()
    if not is_checkout(course.root):
        step = "run it in a checkout of the course"
        raise CourseError("stubs are made from solutions, and there are none here", str(course.root), step)
    stale = write_stubs(course, check=check)
    for path in stale:
        typer.echo((_("{path}: out of date") if check else _("{path}: written")).format(path=path))
    if not stale:
        typer.echo(_("{number} exercise files are up to date").format(number=len(course.chapters)))
    elif check:
        typer.echo(_("next: run: brick stubs"))
        raise typer.Exit(1)
