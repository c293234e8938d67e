"""`brick status`: what is done, the points so far, and what is left; from what is remembered, nothing is checked."""

from __future__ import annotations

from pathlib import Path

import typer

from grader.cli import console
from grader.course.config import load_course
from grader.errors import SubmissionError, UsageError
from grader.language import gettext as _
from grader.language import listed, translate
from grader.records import Chapter, Course, Report
from grader.report.terminal import is_whole, points_of
from grader.submissions.reading import read_submission
from grader.text import fit, pad, points, width_of, wrap
from grader.workspace.progress import PROGRESS_FILE, kept_report, read_progress
from grader.workspace.workspace import Workspace, workspace_of


def status() -> None:
    """Show what is done, the points so far, and what is left."""
    course = load_course()
    workspace = workspace_of(course)
    if not any(workspace.find(chapter) for chapter in course.chapters):
        raise UsageError("there are no exercises here", str(workspace.root), workspace.how_to_begin())
    typer.echo("\n".join(status_lines(course, workspace, console.columns())))


def status_lines(course: Course, workspace: Workspace, width: int) -> list[str]:
    """One line per chapter, the sum, and what to do next; from notes, nothing is checked anew.

    Extras count nowhere: neither their points nor their being open.

    Args:
        width: columns to write in.

    Returns:
        Lines to print; the last says what to do next.
    """

    place = read_progress(workspace.root / PROGRESS_FILE)
    lines, earned, solved = [], 0.0, 0
    left: list[str] = []
    for chapter in course.chapters:
        report = kept_report(workspace, chapter)
        done = done_in(chapter, report, place.done)
        counted = [exercise for exercise in chapter.counted if exercise.name in done]
        # Without a report, as on another machine with the same progress file, a solved exercise has all its points.
        scored = report.points if report else sum(exercise.points for exercise in counted)
        earned += scored
        solved += len(counted)
        left += [f"{chapter.stem}/{e.name}" for e in chapter.counted if e.name not in done]
        lines.append(_chapter_line(chapter, report, len(counted), scored, workspace, width))
    total = sum(len(chapter.counted) for chapter in course.chapters)
    most = sum(chapter.points for chapter in course.chapters)
    lines += [
        "",
        _("{solved} of {total} exercises, {earned} of {most} points").format(
            solved=solved, total=total, earned=points(earned, most), most=points(most)
        ),
    ]
    return lines + _left_lines(course, place.current, left, width)


def done_in(chapter: Chapter, report: Report | None, kept: set[str]) -> frozenset[str]:
    """The exercises of a chapter that passed when last checked; without a report, those kept in the place file.

    Args:
        report: the last one on the whole chapter, if it is kept on this machine.
        kept: `stem/exercise` of all exercises noted as done.
    """
    if report is None:
        return frozenset(e.name for e in chapter.exercises if f"{chapter.stem}/{e.name}" in kept)
    return frozenset(score.name for score in report.exercises if is_whole(report, score))


def _chapter_line(
    chapter: Chapter, report: Report | None, done: int, scored: float, workspace: Workspace, width: int
) -> str:
    """What is solved in a chapter, its name or that the file has changed since, and the points, set flush right."""
    path = workspace.find(chapter)
    if path is None:
        word = _("no file")
    elif done == len(chapter.counted):
        word = _("ok")
    else:
        word = _("{done} of {counted}").format(done=done, counted=len(chapter.counted))
    changed = path is not None and report is not None and _changed(path, chapter, report)
    title = _("changed since it was checked") if changed else translate(chapter.title)
    right = points_of(scored, chapter.points)
    left = "  " + pad(word, 9) + pad(chapter.stem, 20) + "  " + title
    room = width - width_of(right) - 2
    return pad(fit(left, room), room) + "  " + right


def _changed(path: Path, chapter: Chapter, report: Report) -> bool:
    """Whether the file is another one than the report is about; one put together of several says nothing."""

    if not report.submission_sha256:
        return False
    try:
        return read_submission(path, chapter).sha256 != report.submission_sha256
    except SubmissionError:
        return True


def _left_lines(course: Course, current: str, left: list[str], width: int) -> list[str]:
    """What is left of the chapters that were begun, and the next step: the current exercise while it is open.

    Args:
        current: `stem/exercise` that `brick watch` was at last.
        left: all that are open, in the order of the course.
    """
    if not left:
        return [_("next: everything is solved; run: brick build")]
    lines: list[str] = []
    for chapter in course.chapters:
        names = [name.partition("/")[2] for name in left if name.startswith(f"{chapter.stem}/")]
        # Chapters not begun would fill the screen; that all of them is left is told by their own line.
        if 0 < len(names) < len(chapter.counted):
            lines += wrap(
                _("left in {label}: {names}").format(label=chapter.label, names=listed(names)),
                width,
                indent="    ",
                first="",
            )
    stem, _slash, name = (current if current in left else left[0]).partition("/")
    label = stem.partition("_")[0]
    step = _("next: {name} in {label}; run: brick, or: brick check {label} --exercise {name}").format(
        name=name, label=label
    )
    return [*lines, *wrap(step, width, indent=" " * width_of(_("next: ")), first="")]
