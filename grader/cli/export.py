"""`brick export`: write what was graded in the form that another program reads."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from grader.cli.console import say, say_list
from grader.cli.extras import needs_nbgrader
from grader.cli.files import target_file, write_file
from grader.cli.options import Anonymous, OnlyChapters
from grader.course.config import find_chapter, load_course
from grader.errors import UsageError, did_you_mean
from grader.export.blackboard import fill_blackboard
from grader.export.brightspace import fill_brightspace
from grader.export.canvas import fill_canvas
from grader.export.classroom50 import classroom50
from grader.export.csv import class_csv
from grader.export.gradescope import gradescope
from grader.export.gradesheets import Filled, amount
from grader.export.junit import junit
from grader.export.moodle import fill_moodle
from grader.export.progsnap2 import main_table, metadata_table
from grader.grading.gradebook import class_results, open_store, without_faults
from grader.grading.roster import pseudonym
from grader.language import Language, listed, ngettext, speaking, translate
from grader.language import gettext as _
from grader.records import Chapter, ClassResults, Course, LearnerResult
from grader.report.anonymous import anonymous
from grader.serialization import dumps
from grader.text import points
from grader.workspace.workspace import workspace_of

# How many names stand in an error before the list is cut.
SHOWN = 8


class Format(StrEnum):
    """Who reads the file.

    csv, junit and progsnap2 are files of our own; those for gradescope and classroom50 are about one learner; for the
    others something is filled that the program has made.
    """

    CSV = "csv"
    CANVAS = "canvas"
    MOODLE = "moodle"
    BLACKBOARD = "blackboard"
    BRIGHTSPACE = "brightspace"
    GRADESCOPE = "gradescope"
    CLASSROOM50 = "classroom50"
    JUNIT = "junit"
    NBGRADER = "nbgrader"
    PROGSNAP2 = "progsnap2"


# Names that no gradebook's own export has, or that the reader asks for.
_NAMES = {
    Format.CSV: "brickwork-grades.csv",
    Format.JUNIT: "brickwork-junit.xml",
    Format.GRADESCOPE: "results.json",
    Format.CLASSROOM50: "result.json",
}
FILLED_BY = {
    Format.CANVAS: "the gradebook that Canvas exported: Grades, Export",
    Format.MOODLE: "the grading worksheet that Moodle exported: View all submissions, Grading action",
    Format.BLACKBOARD: "the gradebook that Blackboard exported: Download Grades, Full Gradebook",
    Format.BRIGHTSPACE: "the grades that Brightspace exported: Grades, Export, key field Both, Points grade",
    Format.NBGRADER: "the folder of the nbgrader course",
}


# Gradebooks of several assignments: all are filled in the same way.
_FILLERS = {
    Format.CANVAS: fill_canvas,
    Format.BLACKBOARD: fill_blackboard,
    Format.BRIGHTSPACE: fill_brightspace,
}

Into = Annotated[
    Path | None,
    typer.Option(
        "--into",
        help="For canvas, moodle, blackboard and brightspace: their own export, to be filled; for nbgrader: the "
        "course's folder.",
        show_default=False,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        help="The file to write, or its folder. A filled export is written beside itself as NAME-graded.csv; "
        "only if you name it here is the export itself replaced.",
        show_default=False,
    ),
]
Assignment = Annotated[
    str | None,
    typer.Option(
        "--assignment",
        help="For canvas, blackboard and brightspace: the assignment's name or number; by default the one named after "
        "the chapter.",
        show_default=False,
    ),
]
Scale = Annotated[
    bool,
    typer.Option("--scale", help="Stretch points to the column's maximum where it is another than ours."),
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--columns",
        help="For moodle in another language: WHAT=HEADING, where columns cannot be told by their place; repeatable.",
        metavar="WHAT=HEADING",
        show_default=False,
    ),
]
Partial = Annotated[
    bool,
    typer.Option("--partial", help="Leave blank what has no verdict yet, instead of refusing."),
]


def export(
    reader: Annotated[Format, typer.Option("--as", help="Who is to read it.")],
    chapter: OnlyChapters = None,
    into: Into = None,
    out: Out = None,
    learner: Annotated[str | None, typer.Option(help="Export this learner only.", show_default=False)] = None,
    assignment: Assignment = None,
    scale: Scale = False,
    columns: Columns = None,
    partial: Partial = False,
    without_names: Anonymous = False,
) -> None:
    """Write what was graded for another program to read.

    What was not handed in is 0. What has no verdict yet is refused, or left blank with --partial.

    Exit code 0: everything was written; 1: some learners could not be placed, and are named; 2: nothing was written.
    """
    _refuse_wrong_options(reader, into, out, assignment, scale, partial, without_names)
    if columns and reader is not Format.MOODLE:
        raise UsageError(f"--as {reader} has no --columns", "--columns", "leave --columns out")
    course = load_course()
    results = class_results(course, [find_chapter(course, word) for word in chapter or []])
    results = _only(results, learner) if learner else results
    if reader is Format.PROGSNAP2:
        _tell_of_unsettled(reader, results, partial)
        _write_events(course, results, out or Path("brickwork-progsnap2"), without_names)
        return
    results = anonymous(results, workspace_of(course).secret()) if without_names else results
    _tell_of_unsettled(reader, results, partial)
    if reader is not Format.JUNIT:  # which has a place for what went wrong
        results = without_faults(results)
    if reader is Format.NBGRADER:
        assert into is not None
        with needs_nbgrader():
            from grader.cli.nbgrader_course import export_to_nbgrader
        everybody = export_to_nbgrader(results, into)
    elif into is not None:
        everybody = _fill(reader, results, into, out, assignment or "", scale, _named_columns(columns or []))
    else:
        _write(reader, results, out)
        everybody = True
    if not everybody:
        raise typer.Exit(1)


def _refuse_wrong_options(
    reader: Format,
    into: Path | None,
    out: Path | None,
    assignment: str | None,
    scale: bool,
    partial: bool,
    without_names: bool,
) -> None:
    """Refuse options that would be ignored: whoever typed one expects something of it."""
    # In the order in which somebody would mend the command: what is missing, then what is too much.
    if reader in FILLED_BY and into is None:
        raise UsageError(f"--as {reader} fills what is there", "--into", f"add --into: {FILLED_BY[reader]}")
    wrong = {
        "--into": into is not None and reader not in FILLED_BY,
        "--out": out is not None and reader is Format.NBGRADER,
        "--assignment": assignment is not None and reader not in _FILLERS,
        "--scale": scale and reader not in (*_FILLERS, Format.MOODLE),
        # The others are read by programs that know everybody by name.
        "--anonymous": without_names and reader not in (Format.CSV, Format.JUNIT, Format.PROGSNAP2),
        # Their files are about one learner, and have a sum: it cannot be left blank.
        "--partial": partial and reader in (Format.GRADESCOPE, Format.CLASSROOM50),
    }
    for option, is_wrong in wrong.items():
        if is_wrong:
            raise UsageError(f"--as {reader} has no {option}", option, f"leave {option} out")


def _only(results: ClassResults, learner: str) -> ClassResults:
    """The results of one learner; UsageError if nobody of that name was graded.

    The class's other results stay out of the file, its chapters stay in.
    """
    found = tuple(one for one in results.learners if one.learner == learner)
    if not found:
        names = [one.learner for one in results.learners]
        what = f"nobody called {learner} was graded{did_you_mean(learner, names)}"
        raise UsageError(what, "--learner", "brick report lists everyone")
    return replace(results, learners=found)


def _tell_of_unsettled(reader: Format, results: ClassResults, partial: bool) -> None:
    """Name whose work has no verdict, because it was not reached yet or because the kit failed at it.

    Raises:
        UsageError: there is such work, and a part was not asked for. A blank is soon taken for a 0 elsewhere.
    """
    labels = {chapter.stem: chapter.label for chapter in results.chapters}
    waiting = [(one.learner, labels[stem]) for one in results.learners for stem, _ in one.ungraded]
    failed = [(one.learner, labels[stem]) for one in results.learners for stem in one.faults]
    if partial:
        # The file has all of them; hundreds of lines would push what follows off the screen.
        for said, pairs in (
            (_("left blank, not graded yet: {number}: {names}"), waiting),
            (_("left blank, the kit could not grade it: {number}: {names}"), failed),
        ):
            if pairs:
                say(said.format(number=len(pairs), names=_some([" ".join(pair) for pair in pairs])))
        return
    if not (waiting or failed):
        return
    learners = {learner for learner, _ in (*waiting, *failed)}
    number = len(waiting) + len(failed)
    what = _("{hand_ins} of {learners}").format(
        hand_ins=ngettext("{number} hand-in", "{number} hand-ins", number).format(number=number),
        learners=ngettext("{number} learner", "{number} learners", len(learners)).format(
            number=len(learners)
        ),
    )
    named = [f"{learner} {label}" for learner, label in waiting]
    named += [
        _("{learner} {chapter} (the kit failed)").format(learner=learner, chapter=label)
        for learner, label in failed
    ]
    step = _("run brick grade again: it goes on where it was")
    if reader not in (Format.GRADESCOPE, Format.CLASSROOM50):
        step += _("; or add --partial, which leaves them blank")
    raise UsageError(f"{what} not graded yet, so nothing was written", _some(named), step)


def _some(names: Sequence[str]) -> str:
    """The first of these names, and how many more there are."""
    shown = listed(names[:SHOWN])
    if len(names) <= SHOWN:
        return shown
    return _("{names} and {number} more").format(names=shown, number=len(names) - SHOWN)


# --- files of our own -------------------------------------------------------------------------------------


def _write(reader: Format, results: ClassResults, out: Path | None) -> None:
    """Write a file of our own, and say whom and which chapters it holds."""
    content = _content(reader, results)
    path = target_file(out, Path(_NAMES[reader]))
    write_file(path, content.encode())
    labels = listed(chapter.label for chapter in results.chapters)
    number = len(results.learners)
    said = ngettext("{number} learner, {chapters}: {path}", "{number} learners, {chapters}: {path}", number)
    say(said.format(number=number, chapters=labels, path=path))


# What other programs read stays English, whoever runs the command.
@speaking(Language.ENGLISH)
def _content(reader: Format, results: ClassResults) -> str:
    """What stands in a file of our own."""
    if reader is Format.CSV:
        return class_csv(results)
    if reader is Format.JUNIT:
        return junit(results)
    if reader is Format.GRADESCOPE:
        return dumps(gradescope(results, _the_one(results)))
    # Classroom 50's runner says in the environment what this run is about.
    return dumps(classroom50(results, _the_one(results), os.environ))


def _write_events(course: Course, results: ClassResults, out: Path, without_names: bool) -> None:
    """Write every attempt of these learners as ProgSnap2's main table, and the table that says how to read it.

    Args:
        out: the folder.
        without_names: call learners by the pseudonyms that pages and tables have.
    """
    secret = workspace_of(course).secret() if without_names else b""
    stems = [chapter.stem for chapter in results.chapters]
    with open_store(course, to_read=True) as store:
        attempts = list(store.standing([one.learner for one in results.learners], stems))
    if without_names:
        # No order may tell who is who.
        attempts.sort(key=lambda pair: (pseudonym(pair[0].learner, secret), pair[0].chapter, pair[0].attempt))
    with speaking(Language.ENGLISH):
        table = main_table(attempts, course, lambda name: pseudonym(name, secret) if without_names else name)
        metadata = metadata_table()
    write_file(out / "MainTable.csv", table.encode())
    write_file(out / "DatasetMetadata.csv", metadata.encode())
    made, number = len(attempts), len(results.learners)
    say(
        _("{attempts} of {learners}: {path}").format(
            attempts=ngettext("{number} attempt", "{number} attempts", made).format(number=made),
            learners=ngettext("{number} learner", "{number} learners", number).format(number=number),
            path=out,
        )
    )


def _the_one(results: ClassResults) -> LearnerResult:
    """The learner a file about one learner is about.

    Raises:
        UsageError: there are several, and none was named.
    """
    if len(results.learners) == 1:
        return results.learners[0]
    names = [one.learner for one in results.learners]
    what = f"this file is about one learner, and {len(names)} were graded"
    raise UsageError(what, "--learner", f"name one of {_some(names)}")


# --- an LMS's own export ----------------------------------------------------------------------------------


def _named_columns(words: Sequence[str]) -> dict[str, str]:
    """What each `WHAT=HEADING` says; UsageError for a word without its equals sign."""
    for word in words:
        if "=" not in word:
            raise UsageError(f"{word} names no heading", "--columns", "as in --columns grade=Bewertung")
    return {what.strip(): heading for what, _sign, heading in (word.partition("=") for word in words)}


def _fill(
    reader: Format,
    results: ClassResults,
    into: Path,
    out: Path | None,
    assignment: str,
    scale: bool,
    columns: Mapping[str, str],
) -> bool:
    """Fill a copy of the gradebook that the LMS exported, so that it can be imported there again.

    Returns:
        Whether every learner found a row.

    Args:
        into: the export; it is read, and written only where `out` names it.
        assignment: Canvas's name or number of a column; empty finds the one named after the chapter.
        scale: stretch points where a column has another maximum than ours.
        columns: for Moodle, what its columns are called in another language.

    Raises:
        UsageError: the export cannot be read, is none of that program, or its columns do not fit.
    """
    try:
        data = into.read_bytes()
    except OSError as error:
        step = f"name {FILLED_BY[reader]}"
        raise UsageError(f"the export cannot be read: {error.strerror}", str(into), step) from error
    with speaking(Language.ENGLISH):
        if reader in _FILLERS:
            filled = _FILLERS[reader](results, data, str(into), assignment=assignment, scale=scale)
        else:
            filled = fill_moodle(results, data, str(into), scale=scale, columns=columns)
    path = target_file(out, into.with_name(f"{into.stem}-graded{into.suffix}"))
    write_file(path, filled.content)
    _show_filled(filled, results.chapters)
    say(_("written: {path}").format(path=path))
    return not filled.unplaced


def _show_filled(filled: Filled, chapters: Sequence[Chapter]) -> None:
    """Say what went into which column, which grades changed from what to what, and who found no row.

    An instructor is to see this before the file is imported: the import overwrites, and asks nothing.
    """
    for note in filled.notes:
        say(_("note: {note}").format(note=translate(note)))
    for column in filled.columns:
        labels = listed(chapter.label for chapter in column.chapters)
        most = amount(column.most) or 0.0
        said = _("{chapters} -> {column}, out of {most}")
        if abs(most - column.worth) >= 1e-6:
            said = _("{chapters} -> {column}, out of {most}, stretched from {worth}")
        worth = points(column.worth)
        say(said.format(chapters=labels, column=column.name, most=points(most), worth=worth))
    for chapter in chapters:
        if not any(chapter in column.chapters for column in filled.columns):
            say(_("{chapter} has no column there, and was left out").format(chapter=chapter.label))
    changed = [change for change in filled.written if change.old]
    new = len(filled.written) - len(changed)
    said = ngettext(
        "{number} grade new, {changed} changed, {unchanged} as they were",
        "{number} grades new, {changed} changed, {unchanged} as they were",
        new,
    )
    say(said.format(number=new, changed=len(changed), unchanged=filled.unchanged))
    say_list(_("changed"), [(one.learner, f"{one.old} -> {one.new} ({one.column})") for one in changed])
    say_list(_("left alone"), filled.kept)
    say_list(_("not placed"), filled.unplaced)
