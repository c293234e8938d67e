"""The instructor's command: export."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import console
from grader.errors import KitError, UsageError, did_you_mean
from grader.records import ReportState

if TYPE_CHECKING:
    from grader.export.gradesheets import Filled
    from grader.nbgrader_plugin.export import Recorded
    from grader.records import Chapter, ClassResults, LearnerResult

SHOWN = 8


class Format(StrEnum):
    """Who reads the file."""

    CSV = "csv"
    CANVAS = "canvas"
    MOODLE = "moodle"
    GRADESCOPE = "gradescope"
    CLASSROOM50 = "classroom50"
    JUNIT = "junit"
    NBGRADER = "nbgrader"


# Names that no gradebook's own export has, or that the reader asks for.
_FILES = {
    Format.CSV: "brickwork-grades.csv",
    Format.JUNIT: "brickwork-junit.xml",
    Format.GRADESCOPE: "results.json",
    Format.CLASSROOM50: "result.json",
}
_INTO = {
    Format.CANVAS: "the gradebook that Canvas exported: Grades, Export",
    Format.MOODLE: "the grading worksheet that Moodle exported: View all submissions, Grading action",
    Format.NBGRADER: "the folder of the nbgrader course",
}


def register(app: typer.Typer) -> None:
    """Add this command to `brick`."""
    app.command()(export)


def export(
    reader: Annotated[Format, typer.Option("--as", help="Who is to read it.")],
    chapter: Annotated[
        list[str] | None,
        typer.Option("--chapter", "-c", help="Export these chapters only.", show_default=False),
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(
            help="For canvas and moodle: their own export, to be filled; for nbgrader: the course's folder.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The file to write, or its folder. A filled export is written beside itself as NAME-graded.csv; "
            "only if you name it here is the export itself replaced.",
            show_default=False,
        ),
    ] = None,
    learner: Annotated[str | None, typer.Option(help="Export this learner only.", show_default=False)] = None,
    assignment: Annotated[
        str | None,
        typer.Option(
            help="For canvas: the assignment's name or number; by default the one named after the chapter.",
            show_default=False,
        ),
    ] = None,
    scale: Annotated[
        bool,
        typer.Option("--scale", help="Stretch points to the column's maximum where it is another than ours."),
    ] = False,
) -> None:
    """Write what was graded for another program to read.

    Exit code 0: everything was written; 1: some learners could not be placed, and are named.
    """
    from grader.course.config import find_chapter, load_course
    from grader.grading.gradebook import class_results

    _refuse_wrong_options(reader, into, out, assignment, scale)
    course = load_course()
    results = class_results(course, [find_chapter(course, word) for word in chapter or []])
    results = _only(results, learner) if learner else results
    if reader is not Format.JUNIT:  # which has a place for what went wrong
        results = _graded(reader, results)
    if reader is Format.NBGRADER:
        assert into is not None
        _write_gradebook(results, into)
    elif into is not None:
        _fill(reader, results, into, out, assignment or "", scale)
    else:
        _write(reader, results, out)


def _refuse_wrong_options(
    reader: Format, into: Path | None, out: Path | None, assignment: str | None, scale: bool
) -> None:
    if reader in _INTO and into is None:
        raise UsageError(f"--as {reader} fills what is there", "--into", f"add --into: {_INTO[reader]}")
    wrong = {
        "--into": into is not None and reader not in _INTO,
        "--out": out is not None and reader is Format.NBGRADER,
        "--assignment": assignment is not None and reader is not Format.CANVAS,
        "--scale": scale and reader not in (Format.CANVAS, Format.MOODLE),
    }
    for option, is_wrong in wrong.items():
        if is_wrong:
            raise UsageError(f"--as {reader} has no {option}", option, f"leave {option} out")


def _only(results: ClassResults, learner: str) -> ClassResults:
    found = tuple(one for one in results.learners if one.learner == learner)
    if not found:
        names = [one.learner for one in results.learners]
        what = f"nobody called {learner} was graded{did_you_mean(learner, names)}"
        raise UsageError(what, "--learner", "brick report lists everyone")
    return replace(results, learners=found)


def _graded(reader: Format, results: ClassResults) -> ClassResults:
    """The results without what the kit failed to grade: a 0 there would say nothing about the learner."""

    labels = {chapter.stem: chapter.label for chapter in results.chapters}
    again = "run: brick grade FOLDER --again"
    learners = []
    for one in results.learners:
        sound = tuple(report for report in one.reports if report.state is not ReportState.KIT_FAULT)
        for report in one.reports:
            if report not in sound:
                what = f"{one.learner} {labels[report.chapter]} could not be graded"
                if reader in (Format.GRADESCOPE, Format.CLASSROOM50):
                    raise UsageError(f"{what}, so there is nothing to publish", report.path, again)
                _say(f"left out: {what}; {again}")
        learners.append(replace(one, reports=sound))
    return replace(results, learners=tuple(learners))


# --- files of our own -------------------------------------------------------------------------------------


def _write(reader: Format, results: ClassResults, out: Path | None) -> None:
    from grader.serialization import dumps

    if reader is Format.CSV:
        from grader.export.csv import class_csv

        content = class_csv(results)
    elif reader is Format.JUNIT:
        from grader.export.junit import junit

        content = junit(results)
    elif reader is Format.GRADESCOPE:
        from grader.export.gradescope import gradescope

        content = dumps(gradescope(results, _the_one(results)))
    else:
        from grader.export.classroom50 import classroom50

        content = dumps(classroom50(results, _the_one(results), os.environ))
    path = _target(out, Path(_FILES[reader]))
    _write_file(path, content.encode())
    labels = ", ".join(chapter.label for chapter in results.chapters)
    _say(f"{_count(len(results.learners), 'learner')}, {labels}: {path}")


def _the_one(results: ClassResults) -> LearnerResult:
    """The learner a file about one learner is about."""
    if len(results.learners) == 1:
        return results.learners[0]
    names = [one.learner for one in results.learners]
    listed = ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
    raise UsageError(
        f"this file is about one learner, and {len(names)} were graded", "--learner", f"name one of {listed}"
    )


def _target(out: Path | None, usual: Path) -> Path:
    if out is None:
        return usual
    return out / usual.name if out.is_dir() else out


def _write_file(path: Path, content: bytes) -> None:
    from grader.workspace.workspace import write_whole

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        what = f"the file cannot be written: {error.strerror}"
        raise UsageError(what, str(path), "name another file with --out") from error


# --- an LMS's own export ----------------------------------------------------------------------------------


def _fill(
    reader: Format, results: ClassResults, into: Path, out: Path | None, assignment: str, scale: bool
) -> None:
    try:
        data = into.read_bytes()
    except OSError as error:
        step = f"name {_INTO[reader]}"
        raise UsageError(f"the export cannot be read: {error.strerror}", str(into), step) from error
    if reader is Format.CANVAS:
        from grader.export.canvas import fill_canvas

        filled = fill_canvas(results, data, str(into), assignment=assignment, scale=scale)
    else:
        from grader.export.moodle import fill_moodle

        filled = fill_moodle(results, data, str(into), scale=scale)
    path = _target(out, into.with_name(f"{into.stem}-graded{into.suffix}"))
    _write_file(path, filled.content)
    _show_filled(filled, results.chapters, path)
    if filled.unplaced:
        raise typer.Exit(1)


def _show_filled(filled: Filled, chapters: Sequence[Chapter], path: Path) -> None:
    from grader.export.gradesheets import amount
    from grader.text import points

    for column in filled.columns:
        labels = ", ".join(chapter.label for chapter in column.chapters)
        most = amount(column.most) or 0.0
        scaled = "" if abs(most - column.worth) < 1e-6 else f", stretched from {points(column.worth)}"
        _say(f"{labels} -> {column.name}, out of {points(most)}{scaled}")
    for chapter in chapters:
        if not any(chapter in column.chapters for column in filled.columns):
            _say(f"{chapter.label} has no column there, and was left out")
    changed = [change for change in filled.written if change.old]
    new = len(filled.written) - len(changed)
    _say(f"{_count(new, 'grade')} new, {len(changed)} changed, {filled.unchanged} as they were")
    _list("changed", [(one.learner, f"{one.old} -> {one.new} ({one.column})") for one in changed])
    _list("left alone", filled.kept)
    _list("not placed", filled.unplaced)
    _say(f"written: {path}")


# --- nbgrader ---------------------------------------------------------------------------------------------


def _write_gradebook(results: ClassResults, folder: Path) -> None:
    try:
        import nbgrader  # noqa: F401 -- the extra may not be installed
    except ImportError:
        step = "run: pip install 'brickwork[instructor]'"
        raise UsageError("nbgrader is not installed here", "--as nbgrader", step) from None
    from grader.nbgrader_plugin.export import write_gradebook
    from grader.submissions.reading import read_submission

    def fingerprint(path: Path, chapter: Chapter) -> str:
        try:
            return read_submission(path, chapter).sha256
        except KitError:
            return ""

    recorded = write_gradebook(
        results, folder, fingerprint, lambda pairs: console.progress(pairs, len(pairs), "writing")
    )
    _show_recorded(recorded, folder)
    if recorded.left or recorded.unseen:
        raise typer.Exit(1)


def _show_recorded(recorded: Recorded, folder: Path) -> None:
    _say(f"{_count(recorded.written, 'verdict')} in the gradebook of {folder}")
    _list("not written", recorded.left)
    _list("written, but formgrader cannot show the notebook", recorded.unseen)


# --- what is said -----------------------------------------------------------------------------------------


def _list(title: str, named: Sequence[tuple[str, str]]) -> None:
    if named:
        _say(f"{title}: {len(named)}")
    for name, why in named:
        _say(f"  {name}: {why}")


def _say(line: str) -> None:
    from grader.text import clean_line

    lead = line[: len(line) - len(line.lstrip(" "))]
    typer.echo(lead + clean_line(line))


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
