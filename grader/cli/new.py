"""`brick new`: lay out the files of a new chapter for its author."""

from __future__ import annotations

from typing import Annotated

import typer

from grader.cli.files import told
from grader.course.config import load_course
from grader.course.stubs import write_stubs
from grader.language import gettext as _
from grader.records import label_of
from grader.release.placing import Placed
from grader.release.scaffold import lay_out_chapter


def new(
    stem: Annotated[
        str,
        typer.Argument(help="chNN_name, such as ch13_attention, or week2.", metavar="CHAPTER"),
    ],
) -> None:
    """Lay out the files of a new chapter, and its entry in course.yml."""
    # Solution, checks and mistakes belong in a checkout; elsewhere it is refused before anything is written.
    course = load_course()
    for path in lay_out_chapter(course, stem):
        typer.echo(told(path.relative_to(course.root), Placed.WRITTEN))
    # Read again: the chapter stands in course.yml only now.
    for name in write_stubs(load_course(course.root)):
        typer.echo(told(name, Placed.WRITTEN))
    following = _("next: fill the places marked TODO, then run: brick stubs && brick prove {chapter}")
    typer.echo(following.format(chapter=label_of(stem)))
