"""Turn the state of a watch into plain lines: a verdict, a file that is gone, the list of exercises."""

from __future__ import annotations

from dataclasses import replace

from grader.records import Report
from grader.report.terminal import Step, Style, render
from grader.text import points
from grader.watch.jobs import Job
from grader.watch.state import WatchState
from grader.watch.view import FILE_WORDS, next_step
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
    took = f"judged in {seconds:.2f} s\n" if seconds else ""
    return took + render(mine, style, Step(next_step(state))).rstrip("\n")


def verdict_line(job: Job, report: Report) -> str:
    """A line on a chapter, or on an exercise that was saved beside the current one.

    Args:
        job: what was asked; without an exercise it was the whole chapter.
    """
    chapter = job.chapter
    if job.exercise is not None:
        passed = "passes" if report.passed else "does not pass yet"
        return f"also saved: {job.exercise} in {chapter.label} {passed}"
    word = "ok  " if report.passed else "FAIL" if report.points else "open"
    return (
        f"{word}  {chapter.stem}: {points(report.points, chapter.points)} of {points(chapter.points)} points"
    )


def file_line(state: WatchState) -> str:
    """What has become of the current file."""
    words = (
        "the file is there again" if state.file_state is FileState.READABLE else FILE_WORDS[state.file_state]
    )
    return f"{state.shown_path}: {words}"


def list_lines(state: WatchState) -> list[str]:
    """The chapters with their points, and under each its exercises.

    Returns:
        A line for each chapter and exercise, and one that says how to go there.
    """
    lines: list[str] = []
    for chapter in state.chapters:
        scored = state.standing.points_of(chapter)
        lines.append(
            f"{chapter.label} {chapter.title}: "
            f"{points(scored, chapter.points)} of {points(chapter.points)} points"
        )
        for one in state.exercises:
            if one.chapter is chapter:
                here = ", you are here" if one == state.current else ""
                lines.append(
                    f"  {'done' if state.standing.is_done(one) else 'open'}  {one.exercise.name}{here}"
                )
    return [*lines, "type an exercise's name to go there"]
