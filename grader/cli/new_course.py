"""`brick new-course`: make a course with checks of its own, which may run here from then on."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from grader.cli.files import told
from grader.course.config import load_course
from grader.course.stubs import write_stubs
from grader.course.trust import trust
from grader.errors import UsageError
from grader.language import gettext as _
from grader.release.placing import Placed
from grader.release.scaffold import lay_out_course, take_away


def new_course(
    folder: Annotated[
        Path, typer.Argument(help="Where to put it; its name becomes the course's.", metavar="DIR")
    ],
) -> None:
    """Make a course with checks of its own, with one chapter to begin from."""
    name, written = lay_out_course(folder)
    try:
        trust(name, folder)
    except UsageError:
        take_away(folder)
        raise
    course = load_course(folder)
    for path in (*written, *(folder / stub for stub in write_stubs(course))):
        typer.echo(told(path, Placed.WRITTEN))
    label = course.chapters[0].label
    following = _("next: cd {folder}, run: brick prove {chapter}, and make the chapter yours")
    typer.echo(following.format(folder=shlex.quote(str(folder)), chapter=label))
