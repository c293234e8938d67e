"""Fill grades and feedback into a grading worksheet that Moodle exported.

The worksheet's columns are named in the language of whoever downloads it, and Moodle takes it back in that language
alone. It is read in English only: the names of other languages differ from version to version.
"""

from __future__ import annotations

import html
import re

from grader.errors import UsageError
from grader.export.gradesheets import Column, Filled, fill
from grader.export.spreadsheet import Sheet, read_sheet
from grader.grading.matching import Person
from grader.records import ClassResults, LearnerResult, Outcome, Report
from grader.report.reasons import reason
from grader.report.terminal import is_untouched, results_of
from grader.report.words import NOT_HANDED_IN, summary
from grader.text import clean_line, points

_MARK = "Brickwork: "  # what our own comments begin with; others are an instructor's, and stay
_LONGEST = 300  # characters of a line of feedback
_NEEDED = ("Identifier", "Grade", "Last modified (grade)")
# "Participant 1234": the number is the one in the names of a download's folders.
_TRAILING_NUMBER = re.compile(r"\d+$")


def fill_moodle(results: ClassResults, data: bytes, where: str, *, scale: bool = False) -> Filled:
    """Fill the worksheet of one assignment with the sum of all chapters.

    Args:
        results: the class; all its chapters count for this assignment.
        data: the worksheet.
        where: its name, for messages.
        scale: see `gradesheets.fill`.

    Raises:
        UsageError: it is no worksheet of an assignment that is graded in points, or out of other points than ours.
    """
    sheet = read_sheet(data, where)
    grade, most = _grade_and_most(sheet)
    column = Column(grade, sheet.header[grade], most, results.chapters)
    words = sheet.column("Feedback comments")
    comments = None if words is None else (words, _comment)
    return fill(sheet, _people(sheet), [column], results, scale=scale, comments=comments)


def _grade_and_most(sheet: Sheet) -> tuple[int, str]:
    """The place of the grades' column, and the most points there are, as the worksheet says in each row."""
    missing = [name for name in _NEEDED if sheet.column(name) is None]
    if missing:
        names = " and no ".join(missing)
        what = f"this is not a grading worksheet from Moodle in English: it has no {names}"
        step = (
            "in the assignment's settings allow the offline grading worksheet, choose English as Moodle's "
            "language, and download the worksheet; upload it in English too"
        )
        raise UsageError(what, sheet.where, step)
    most = sheet.column("Maximum Grade")
    if most is None:
        what = "the worksheet has no column 'Maximum Grade': this assignment is not graded in points"
        raise UsageError(what, sheet.where, "grade it in points in Moodle, then download the worksheet again")
    said = {row[most].text for row in sheet.rows if len(row) == len(sheet.header)}
    if len(said) != 1:
        what = f"the worksheet gives {len(said)} different maximum grades" if said else "nobody is in it"
        raise UsageError(what, sheet.where, "download the worksheet again")
    grade = sheet.column("Grade")
    assert grade is not None
    return grade, said.pop()


def _people(sheet: Sheet) -> list[Person]:
    """Everyone in the worksheet. Which columns it has depends on the course's settings, so any may be missing."""

    def said(name: str, row: int) -> str:
        at = sheet.column(name)
        return "" if at is None else sheet.rows[row][at].text.strip()

    people = []
    for at, row in enumerate(sheet.rows):
        if len(row) != len(sheet.header):
            continue
        number = _TRAILING_NUMBER.search(said("Identifier", at))
        ids = {number.group() if number else "", said("ID number", at).casefold()}
        logins = {said(name, at).casefold() for name in ("Username", "Email address")}
        fixed = said("Grade can be changed", at).casefold() == "no"
        locked = "its grade is locked in Moodle" if fixed else ""
        name = said("Full name", at)
        people.append(Person(at, frozenset(ids - {""}), frozenset(logins - {""}), name, locked))
    return people


# --- feedback ---------------------------------------------------------------------------------------------


def _comment(one: LearnerResult, old: str) -> str | None:
    """What to write into the feedback's cell; None where somebody else wrote something."""
    if old.strip() and not old.startswith(_MARK):
        return None
    lines = [line for report in one.reports for line in _report_lines(one, report)]
    lines += [f"{stem}: {NOT_HANDED_IN}" for stem, _ in one.missing]
    # Moodle takes the cell as HTML.
    return _MARK + "<br>".join(html.escape(line, quote=False) for line in lines)


def _report_lines(one: LearnerResult, report: Report) -> list[str]:
    """The chapter in short, and of every exercise that is not whole the first check that failed."""
    lines = summary(one, report)
    for score in report.exercises:
        failed = [r for r in results_of(report, score.name) if r.outcome is not Outcome.PASSED]
        if not failed:
            continue
        worth = f"{score.name}: {points(score.points, score.max_points)} of {points(score.max_points)} points"
        if is_untouched(report, score.name):
            lines.append(f"{worth}, not written yet")
        else:
            lines.append(clean_line(f"{worth}; first: {failed[0].title} {reason(failed[0])}", _LONGEST))
    return lines
