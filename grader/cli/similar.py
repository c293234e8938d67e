"""`brick similar`: find files of a class that have more in common than chance explains, for a person to look at.

Nothing runs, nothing is graded and nothing leaves this machine: files are read and compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from grader.cli import console
from grader.cli.options import AsJson, OnlyChapters
from grader.course.config import find_chapter, load_course
from grader.course.writing import write_whole
from grader.errors import UsageError, remedy
from grader.language import gettext as _
from grader.language import ngettext, translate
from grader.report.html import similar_page
from grader.report.html.similar import name_of
from grader.serialization import dumps
from grader.similarity.search import ChapterPairs, find_similar
from grader.submissions.collecting import collect

PAGE = "similar.html"
_ON_SCREEN = 10


def similar(
    paths: Annotated[
        list[Path], typer.Argument(help="Whatever brick grade takes: a class, a download.", metavar="PATH")
    ],
    chapter: OnlyChapters = None,
    archive: Annotated[
        list[Path] | None,
        typer.Option("--archive", help="An earlier class, to compare this one with.", show_default=False),
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the page goes.")] = Path("reports"),
    most: Annotated[int, typer.Option("--most", min=1, help="Show so many pairs of a chapter.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Find files that have more in common than chance explains: look, do not convict."""
    course = load_course()
    only = [find_chapter(course, word) for word in chapter or []]
    here = collect(paths, course, only).submissions
    if not here:
        raise UsageError("no file here says which chapter it is", ", ".join(map(str, paths)), "name a class")
    names = archive or []
    earlier = {str(folder): collect([folder], course, only).submissions for folder in names}
    chapters = find_similar(course, here, earlier)
    if as_json:
        typer.echo(dumps(_as_dict(chapters)), nl=False)
        return
    path = out / PAGE
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_whole(path, similar_page(course.title, chapters, most))
    except OSError as error:
        what = f"the page cannot be written: {error.strerror}"
        step = remedy(error, "name another folder with --out")
        raise UsageError(what, str(error.filename or path), step) from error
    for found in chapters:
        _say(found)
    typer.echo(_("the page, for you alone: {path}").format(path=path))
    typer.echo(_("Look, do not convict: read both sides before you think anything of anybody."))


def _say(found: ChapterPairs) -> None:
    """A chapter's figures, and its first pairs."""
    told = [_("{number} files compared").format(number=found.compared)]
    if found.too_little:
        told.append(_("{number} with too little of their own").format(number=len(found.too_little)))
    number = len(found.pairs)
    told.append(ngettext("{number} pair alike", "{number} pairs alike", number).format(number=number))
    console.say(found.chapter.label + _(": ") + _(", ").join(told))
    for pair in found.pairs[:_ON_SCREEN]:
        said = _("{left} and {right}, the same file") if pair.identical else _("{left} and {right}")
        names = said.format(left=name_of(pair.left), right=name_of(pair.right))
        console.say(f"  {pair.share:4.0%}  {names}")
    if number > _ON_SCREEN:
        console.say("  " + _("and {number} more on the page").format(number=number - _ON_SCREEN))
    for learner, why in found.unreadable:
        not_compared = _("not compared: {learner}: {why}")
        console.say("  " + not_compared.format(learner=learner, why=translate(why)))


def _as_dict(chapters: Sequence[ChapterPairs]) -> dict[str, object]:
    """What was found, for a program."""
    return {
        "schema": "brickwork/similar/v1",
        "chapters": [
            {
                "chapter": found.chapter.stem,
                "compared": found.compared,
                "too_little": list(found.too_little),
                "unreadable": [{"learner": learner, "why": why} for learner, why in found.unreadable],
                "pairs": [
                    {
                        "learners": [pair.left.learner, pair.right.learner],
                        "archives": [pair.left.archive, pair.right.archive],
                        "share": round(pair.share, 3),
                        "shared": pair.shared,
                        "identical": pair.identical,
                        "exercises": sorted({block.left.name for block in pair.blocks}),
                    }
                    for pair in found.pairs
                ],
            }
            for found in chapters
        ],
    }
