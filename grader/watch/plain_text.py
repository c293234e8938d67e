"""Turn the state of a watch into plain lines: a verdict, a file that is gone, the list of exercises."""

from __future__ import annotations

from dataclasses import replace

from grader.language import gettext as _
from grader.language import translate
from grader.records import Report
from grader.report.terminal import Step, Style, points_of, render
from grader.text import pad, width_of
from grader.watch.jobs import Job
from grader.watch.state import WatchState
from grader.watch.view import FILE_WORDS, done_word, next_step
from grader.workspace.workspace import FileState

# More than any exercise has checks, so that all failures are shown whole.
_EVERY_CARD = 99


def verdict_on_current(state: WatchState, style: Style, seconds: float = 0.0) -> str:
    """The verdict on the current exercise alone; empty when there is none.

    Args:
        seconds: how long it took, 0 to say nothing of that.

    Returns:
        Lines joined by newlines, without one at the end; the last is the next step.
    """
    report, name = state.shown, state.current.exercise.name
    if report is None:
        return ""
    mine = replace(
        report,
        checks=tuple(check for check in report.checks if check.exercise == name),
        exercises=tuple(score for score in report.exercises if score.name == name),
    )
    style = replace(style, cards=_EVERY_CARD if state.details else 1, plots=False)
    took = _("judged in {seconds:.2f} s").format(seconds=seconds) + "\n" if seconds else ""
    return took + render(mine, style, Step(next_step(state))).rstrip("\n")


def verdict_line(job: Job, report: Report) -> str:
    """A line on a chapter, or on an exercise that was saved beside the current one.

    Args:
        job: what was asked; without an exercise it was the whole chapter.
    """
    chapter = job.chapter
    if job.exercise is not None:
        told = _("also saved: {exercise} in {label} does not pass yet")
        if report.passed:
            told = _("also saved: {exercise} in {label} passes")
        return told.format(exercise=job.exercise, label=chapter.label)
    word = "ok" if report.passed else "FAIL" if report.points else "to do"
    width = max(width_of(_(one)) for one in ("ok", "FAIL", "to do")) + 1
    return f"{pad(_(word), width)}{chapter.stem}{_(': ')}{points_of(report.points, chapter.points)}"


def file_line(state: WatchState) -> str:
    """What has become of the current file."""
    file_state = state.file_state  # asked once: it may be another a moment later
    if file_state is FileState.READABLE:
        words = _("the file is there again")
    else:
        words = _(FILE_WORDS[file_state])
    return f"{state.shown_path}{_(': ')}{words}"


def list_lines(state: WatchState) -> list[str]:
    """The chapters with their points, and under each its exercises.

    Returns:
        A line for each chapter and exercise, and one that says how to go there.
    """
    lines: list[str] = []
    for chapter in state.chapters:
        scored = state.standing.points_of(chapter)
        lines.append(
            f"{chapter.label} {translate(chapter.title)}{_(': ')}{points_of(scored, chapter.points)}"
        )
        for one in state.exercises:
            if one.chapter is chapter:
                here = _(", you are here") if one == state.current else ""
                lines.append(f"  {done_word(state, one)}  {one.exercise.name}{here}")
    return [*lines, _("type an exercise's name to go there")]
