"""`brick report`: a page for every learner, and one about the class for the instructor.

A learner's page stands for itself, so that the one file can be sent by mail. The page about the class names everybody,
and is not to be handed out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from grader.cli.options import Anonymous, OnlyChapters
from grader.cli.progress import counted
from grader.course.config import find_chapter, load_course
from grader.course.writing import write_whole
from grader.errors import UsageError, remedy
from grader.grading.gradebook import class_results
from grader.language import gettext as _
from grader.records import ClassResults
from grader.report.anonymous import anonymous
from grader.report.html import class_page, feedback_page, term_page
from grader.report.term import tables, term_of
from grader.text import file_names
from grader.workspace.workspace import workspace_of

FEEDBACK = "feedback"
CLASS_PAGE, TERM_PAGE = "class.html", "index.html"


def report(
    chapter: OnlyChapters = None,
    out: Annotated[Path, typer.Option(help="Where the pages go.")] = Path("reports"),
    without_names: Anonymous = False,
) -> None:
    """Write a page for every learner, and one about the class for you.

    With --anonymous they go into the folder `anonymous` of that place, so that no page with a name is among them.
    """
    course = load_course()
    results = class_results(course, [find_chapter(course, word) for word in chapter or []])
    if without_names:
        results, out = anonymous(results, workspace_of(course).secret()), out / "anonymous"
    written = write_pages(results, out)
    pages = _("{number} feedback pages in {folder}/, one file for each learner")
    typer.echo(pages.format(number=len(written), folder=out / FEEDBACK))
    alone = _("for you alone: {term}, the term, and {page}, the class in detail")
    typer.echo(alone.format(term=out / TERM_PAGE, page=out / CLASS_PAGE))
    for path in left_over(written, out):
        typer.echo(_("note: {path} is from an earlier run and of nobody in this class").format(path=path))
    then = "brick roster reveal PSEUDONYM" if without_names else _("give every learner their own file")
    typer.echo(_("next: open {page}, then {then}").format(page=out / TERM_PAGE, then=then))


def write_pages(results: ClassResults, out: Path) -> list[Path]:
    """Write DIR/feedback/NAME.html for every learner, and last DIR/class.html and DIR/index.html, which link to them.

    Beside them stand the figures of the term as CSV: chapters, learners and laws.

    Returns:
        The learners' pages, in the order of the class.

    Raises:
        UsageError: a page cannot be written.

    Args:
        results: what counts now, of the chapters that were asked for.
        out: made if it is not there.
    """
    names = file_names(one.learner for one in results.learners)
    written = []
    try:
        (out / FEEDBACK).mkdir(parents=True, exist_ok=True)
        for one in counted(results.learners, len(results.learners), "writing"):
            path = out / FEEDBACK / f"{names[one.learner]}.html"
            write_whole(path, feedback_page(results, one))
            written.append(path)
        links = {learner: f"{FEEDBACK}/{quote(name)}.html" for learner, name in names.items()}
        # Last, so that none of their links leads nowhere.
        write_whole(out / CLASS_PAGE, class_page(results, links))
        term = term_of(results)
        for name, content in tables(term).items():
            write_whole(out / name, content)
        write_whole(out / TERM_PAGE, term_page(results, links, term))
    except OSError as error:
        what = f"the pages cannot be written: {error.strerror}"
        step = remedy(error, "name another folder with --out")
        raise UsageError(what, str(error.filename or out), step) from error
    return written


def left_over(written: list[Path], out: Path) -> list[Path]:
    """Feedback pages there that this run did not write: giving one out would be giving out an old verdict."""
    return sorted(set((out / FEEDBACK).glob("*.html")) - set(written))
