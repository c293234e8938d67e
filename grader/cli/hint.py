"""`brick hint`: open the hints of an exercise one by one, from the last report: nothing is checked for a hint.

How many are open is kept in the workspace. An attempt is a changed text of the exercise, so asking again without a
change shows the same hints again.
"""

from __future__ import annotations

from typing import Annotated

import typer

from grader.cli import console
from grader.cli.targets import Target, find_words, shown_path
from grader.course.config import load_course
from grader.errors import UsageError
from grader.language import gettext as _
from grader.records import Chapter, Course
from grader.report.hints import Basis, OpenHints, hint_lines, open_hints
from grader.report.terminal import focused_exercise, render
from grader.submissions.reading import read_submission
from grader.text import width_of, wrap
from grader.workspace.progress import last_report
from grader.workspace.workspace import Workspace, workspace_of


def hint(
    chapter: Annotated[
        str | None,
        typer.Argument(
            help="ch03, or an exercise; the last one checked if left out.",
            metavar="CHAPTER",
            show_default=False,
        ),
    ] = None,
    exercise: Annotated[
        str | None,
        typer.Argument(help="The unsolved one if left out.", metavar="EXERCISE", show_default=False),
    ] = None,
) -> None:
    """Open a hint, and one more after each attempt.

    First where to look, then the idea, the steps, and a worked step on another problem. Hints cost no points.
    """
    course = load_course()
    workspace = workspace_of(course)
    target = _meant(course, workspace, chapter, exercise)
    submission = read_submission(target.path, target.chapter)
    report = last_report(workspace, target.chapter, target.exercise)
    changed = report is not None and report.submission_sha256 != submission.sha256
    if report is not None and not report.is_graded:
        if not changed:
            typer.echo(render(report, console.style()), nl=False)
            raise typer.Exit(2)
        report = None
    # Without an exercise the one to go on with: the first that was begun and does not pass.
    name = target.exercise or (focused_exercise(report) if report else target.chapter.exercises[0].name)
    if not name:
        told = _("{chapter} passed every check; there is nothing to hint at")
        if changed:
            told = _("{chapter} passed every check, and has changed since; there is nothing to hint at")
        typer.echo(told.format(chapter=target.chapter.stem))
        return
    hints = open_hints(workspace, target.chapter, name, report, submission.source, changed)
    typer.echo(_hint_text(target.chapter, name, hints), nl=False)


def _meant(course: Course, workspace: Workspace, word: str | None, exercise: str | None) -> Target:
    """The file and exercise that the hint is about; without words the chapter checked last."""
    if word is None:
        word = str(workspace.read_note("last.json").get("chapter", ""))
        if not word:
            raise UsageError(
                "nothing was checked here yet", str(workspace.root), "run: brick check, or name a chapter"
            )
    chapter, name = find_words(course, word, exercise)
    return Target(chapter, shown_path(workspace.exercise_file(chapter)), name)


def _hint_text(chapter: Chapter, exercise: str, hints: OpenHints) -> str:
    """The hints that are open, each under its label, what they are based on, and what to do next."""
    width = console.columns()
    changed = hints.basis is Basis.CHANGED
    if hints.texts:
        lines = [f"{chapter.label}  {exercise}", "", *hint_lines(hints.texts, width), ""]
        if changed:
            told = _("The file has changed since it was checked; this is about what failed then.")
            lines += [*wrap(told, width, first="  ", indent="  "), ""]
    else:
        told = _("{exercise} passes every check; there is nothing to hint at")
        if changed:
            told = _(
                "{exercise} passed every check, and the file has changed since; there is nothing to hint at"
            )
        lines = wrap(told.format(exercise=exercise), width, first="")
    step = _("next: {step}").format(step=_next_step(chapter, exercise, hints))
    return "\n".join([*lines, *wrap(step, width, indent=" " * width_of(_("next: ")), first="")]) + "\n"


def _next_step(chapter: Chapter, exercise: str, hints: OpenHints) -> str:
    """What to do now: a check that is due comes first."""
    check = _("run: brick check {label} --exercise {exercise}").format(label=chapter.label, exercise=exercise)
    if hints.basis is not Basis.CURRENT:
        return check
    if not hints.texts:
        return _("run: brick show {label} {exercise}").format(label=chapter.label, exercise=exercise)
    if hints.has_more:
        return _("try it, then run: brick hint {label} {exercise}, which opens one more").format(
            label=chapter.label, exercise=exercise
        )
    return _("try it, then {check}").format(check=check)
