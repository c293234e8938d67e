"""`brick show`: after a pass, ask why it works, and open the course's own solution and two other right ways.

The course says when solutions open. They are in a learner's folder only if somebody put them there.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from grader.cli import console
from grader.cli.targets import find_words
from grader.course.config import COURSE_FILE, load_course
from grader.course.paths import right_file, solution_file
from grader.course.solutions import RightWay, right_ways
from grader.errors import UsageError
from grader.language import gettext as _
from grader.language import translate
from grader.records import Chapter, Course, Report, ShowSolutions
from grader.report.terminal import is_whole
from grader.text import clean, clean_line, wrap
from grader.workspace.explanations import EXPLANATIONS_FILE, explanation, keep_explanation
from grader.workspace.hints import Written, written_hints
from grader.workspace.progress import last_report
from grader.workspace.workspace import Workspace, workspace_of


def show(
    chapter: Annotated[
        str, typer.Argument(help="ch03, or an exercise.", metavar="CHAPTER", show_default=False)
    ],
    exercise: Annotated[
        str | None, typer.Argument(help="An exercise.", metavar="EXERCISE", show_default=False)
    ] = None,
    because: Annotated[
        str | None,
        typer.Option(help="Your answer to the question, kept and not graded.", show_default=False),
    ] = None,
) -> None:
    """After a pass, see the solution and two other ways; one question first."""
    course = load_course()
    workspace = workspace_of(course)
    found, name = find_words(course, chapter, exercise)
    if name is None:
        step = f"run: brick show {found.label} {found.exercises[0].name}"
        raise UsageError("an exercise is shown, and this is a chapter", found.stem, step)
    passed = _passes(last_report(workspace, found, name), name)
    _require_open(course, found, name, passed)
    typer.echo(f"{found.label}  {name}\n")
    question = written_hints(found).get(name, Written()).why
    if passed and question:
        _ask(workspace, f"{found.stem}/{name}", question, because)
    ways = right_ways(course, found, name) if course.show_solutions is not ShowSolutions.NEVER else ()
    typer.echo("\n".join(_lines(ways) or _closed(course, found)))


def _passes(report: Report | None, exercise: str) -> bool:
    """Whether the last report says that every law of the exercise holds."""
    scores = report.exercises if report is not None and report.is_graded else ()
    return any(score.name == exercise and report is not None and is_whole(report, score) for score in scores)


def _require_open(course: Course, chapter: Chapter, exercise: str, passed: bool) -> None:
    """Raises:
    UsageError: there is nothing to see yet.
    """
    if passed or course.show_solutions is ShowSolutions.ALWAYS:
        return
    step = f"run: brick check {chapter.label} --exercise {exercise}, or brick hint {chapter.label} {exercise}"
    raise UsageError("this opens when every check of the exercise passes", f"{chapter.stem}/{exercise}", step)


def _ask(workspace: Workspace, key: str, question: str, because: str | None) -> None:
    """Ask the question, once more with what was written to it before, and keep what is written now.

    Args:
        because: the answer, where it was given with the command; nobody is asked then.
    """
    width = console.columns()
    before = explanation(workspace, key)
    lines = wrap(clean_line(question), width, indent="  ", first="  ")
    if before:
        lines += [
            "",
            *wrap(
                _("You wrote: {before}").format(before=clean_line(before)), width, indent="    ", first="  "
            ),
        ]
    typer.echo("\n".join(lines))
    if because is None and sys.stdin.isatty():
        typer.echo("\n" + _("in a sentence (Enter leaves it out): "), nl=False)
        because = sys.stdin.readline()
    if because and because.strip():
        keep_explanation(workspace, key, question, because.strip())
        typer.echo(_("  kept in {file}; nobody grades it").format(file=EXPLANATIONS_FILE))
    elif because is None and not before:
        typer.echo(_('  answer with --because "..."; it is kept, and nobody grades it'))
    typer.echo()


def _lines(ways: tuple[RightWay, ...]) -> list[str]:
    """The ways one after the other, each below what is said of it."""
    lines: list[str] = []
    for way in ways:
        said = (
            _("another way: {remark}").format(remark=clean_line(translate(way.remark)))
            if way.remark
            else _("the course's own way:")
        )
        lines += [*wrap(said, console.columns(), indent="    ", first="  "), ""]
        lines += [f"    {line}".rstrip() for line in clean(way.source).split("\n")] + [""]
    return lines[:-1]


def _closed(course: Course, chapter: Chapter) -> list[str]:
    """Why no solution is shown, and who could change that."""
    if course.show_solutions is ShowSolutions.NEVER:
        text = _("The solutions stay closed: {file} says show_solutions: never.").format(file=COURSE_FILE)
    else:
        files = (solution_file(course.root, chapter.stem), right_file(course.root, chapter.stem))
        names = _(" and ").join(str(file.relative_to(course.root)) for file in files)
        text = _(
            "The solutions did not come with this course. Whoever teaches it can hand out {names}, "
            "made by: brick release {label} --as solutions --to FOLDER"
        ).format(names=names, label=chapter.label)
    return wrap(text, console.columns(), indent="  ", first="  ")
