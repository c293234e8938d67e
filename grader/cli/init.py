"""`brick init`: copy the course into a folder of the learner's own.

With `--course` it is another course than the kit's: its checks are copied into the user's own data folder, where they
are trusted, and not into the workspace. A second run brings back what was lost since. Where a file differs from the
course's nothing is written at all: it is work.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.cli import console
from grader.course.config import COURSE_FILE, course_name, load_course
from grader.course.trust import install
from grader.errors import CourseError
from grader.language import gettext as _
from grader.language import ngettext, translate
from grader.text import width_of, wrap
from grader.workspace.workspace import lay_out


def init(
    folder: Annotated[Path, typer.Argument(help="Where to put the course.", metavar="DIR")] = Path(
        "brickwork"
    ),
    course_folder: Annotated[
        Path | None,
        typer.Option(
            "--course",
            help="The folder of another course, whose checks may then run here as your own code.",
            metavar="FOLDER",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Copy lessons and exercises into a folder of your own."""
    if course_folder is None:
        written = lay_out(folder)
    else:
        # Who has begun with an earlier version gets what is new in this one.
        begun = (folder / COURSE_FILE).is_file() and course_name(folder) == course_name(course_folder)
        written = lay_out(folder, taken_in(course_folder), update=begun)
    # The course of the new folder, not the one that this process may stand in.
    course = load_course(folder)
    first = course.chapters[0]
    if written:
        exercises = sum(path.suffix == ".py" for path in written)
        typer.echo(
            ngettext(
                "{folder}: {number} exercise file of {title}",
                "{folder}: {number} exercise files of {title}",
                exercises,
            ).format(folder=folder, number=exercises, title=translate(course.title))
        )
    else:
        typer.echo(_("{folder}: everything is there already").format(folder=folder))
    step = _("next: cd {folder}, open exercises/{stem}.py in your editor, and run: brick").format(
        folder=folder, stem=first.stem
    )
    typer.echo(
        "\n".join(wrap(step, console.columns(), indent=" " * width_of(_("next: ")), first="", cut=False))
    )


def taken_in(folder: Path) -> Path:
    """The folder to copy exercises from, after the course's checks were taken in.

    Raises:
        CourseError: it is no folder of a course with checks of its own.
    """
    name = course_name(folder)
    if not name:
        step = "leave --course out: this course is judged by the checks of the kit"
        raise CourseError(
            "the course has no name, so it has no checks of its own", str(folder / COURSE_FILE), step
        )
    return install(name, folder, folder / COURSE_FILE)
