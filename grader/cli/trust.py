"""`brick trust`: let the checks of a course's folder run here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.cli import console
from grader.course.config import COURSE_FILE, course_name, load_course
from grader.course.paths import checks_folder
from grader.course.trust import trust as trust_course
from grader.errors import CourseError
from grader.language import gettext as _
from grader.language import translate


def trust(
    folder: Annotated[Path, typer.Argument(help="The course's folder.", metavar="DIR")] = Path("."),
) -> None:
    """Let the checks of a course's folder run here, as your own code.

    Never for a folder that a learner handed in.
    """
    if not (folder / COURSE_FILE).is_file():
        step = f"name the folder of a course; {COURSE_FILE} lies in it"
        raise CourseError("no course here", str(folder / COURSE_FILE), step)
    name = course_name(folder)
    if not name:
        step = "to give the course checks of its own, add to it: name: my-course"
        raise CourseError(
            "the course has no name, so it has no checks of its own", str(folder / COURSE_FILE), step
        )
    before = trust_course(name, folder)
    course = load_course(folder)
    if before is not None:
        console.say(
            _("until now the checks of the course {name} came from {before}").format(name=name, before=before)
        )
    console.say(
        _("the checks in {folder} may run: those of {title} ({name})").format(
            folder=checks_folder(folder.resolve()), title=translate(course.title), name=name
        )
    )
    typer.echo(_("next: run: brick prove {label}").format(label=course.chapters[0].label))
