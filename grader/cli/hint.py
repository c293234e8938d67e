"""`brick hint`: open the hints of an exercise one by one.

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
from grader.records import Chapter, Course, Report
from grader.report.hints import hints_for
from grader.report.terminal import focused_exercise, render
from grader.submissions.reading import read_submission
from grader.text import clean_line, wrap
from grader.workspace.hints import LABELS, open_one_more, written_hints
from grader.workspace.progress import report_on
from grader.workspace.workspace import Workspace, attempt_of, workspace_of


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

    First where to look, then the idea, then the steps. Hints cost no points.
    """
    course = load_course()
    workspace = workspace_of(course)
    target = _meant(course, workspace, chapter, exercise)
    submission = read_submission(target.path, target.chapter)
    report = _report_on(workspace, target, submission.sha256, course)
    if not report.is_graded:
        typer.echo(render(report, console.style()), nl=False)
        raise typer.Exit(2)
    # Without an exercise the one to go on with: the first that was begun and does not pass.
    name = target.exercise or focused_exercise(report)
    hints = hints_for(report, name, written_hints(target.chapter))
    if not name or not hints:
        typer.echo(f"{name or target.chapter.stem} passes every check; there is nothing to hint at")
        return
    opened = open_one_more(
        workspace, f"{target.chapter.stem}/{name}", attempt_of(submission.source, name), len(hints)
    )
    typer.echo(_hint_text(target.chapter, name, hints, opened), nl=False)


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


def _report_on(workspace: Workspace, target: Target, sha256: str, course: Course) -> Report:
    """The last report if it is about this very file, else a new one.

    A new one costs some seconds: only then the checks are run.
    """
    report = report_on(workspace, target.chapter, sha256)
    if report is not None:
        return report
    # Only where there is no report: this imports torch.
    from grader.cli.practice import check_targets, practice_profile, remember

    [report] = check_targets([target], course, practice_profile(course, workspace))
    remember(workspace, [target], [report])
    return report


def _hint_text(chapter: Chapter, exercise: str, hints: tuple[str, ...], opened: int) -> str:
    """The hints that are open, each under its label, and what opens the next."""
    lines = [f"{chapter.label}  {exercise}", ""]
    for label, text in zip(LABELS, hints[:opened], strict=False):
        lines += wrap(f"{label}: {clean_line(text)}", console.columns(), indent="    ", first="  ")
    if opened < len(hints):
        step = f"next: try it, then run: brick hint {chapter.label} {exercise}, which opens one more"
    else:
        step = f"next: try it, then run: brick check {chapter.label} --exercise {exercise}"
    return "\n".join([*lines, "", *wrap(step, console.columns(), indent="      ", first="")]) + "\n"
