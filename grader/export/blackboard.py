"""Fill grades into a gradebook that Blackboard exported, a file of commas or, by its name `.xls`, of tabs in UTF-16.

A column for grades is called `Title [Total Pts: 10 Score] |12345`. The number is what Blackboard finds it by when the
file is uploaded; a column without one would be made anew, out of points of Blackboard's own choice.
"""

from __future__ import annotations

import re

from grader.errors import UsageError
from grader.export.assignments import Assignment, columns_for
from grader.export.gradesheets import Filled, fill
from grader.export.spreadsheet import Sheet, read_sheet
from grader.grading.matching import Person
from grader.language import kept
from grader.records import ClassResults

_COLUMN = re.compile(
    r"(?P<title>.*?)\s*\[[^\]:]*:\s*(?:up to )?(?P<most>[\d.,]+)(?P<kind>[^\]]*)\]\s*\|(?P<id>\d+)"
)
_NUMBERED = re.compile(r"\|\d+\s*$")
# Instead of a grade Blackboard writes what state the attempt is in.
_TAKEN = {
    "In Progress": kept("Blackboard says the attempt is in progress"),
    "Exempt": kept("exempt in Blackboard"),
}


def fill_blackboard(
    results: ClassResults, data: bytes, where: str, *, assignment: str = "", scale: bool = False
) -> Filled:
    """Fill the columns of a gradebook.

    Args:
        results: the class.
        data: the gradebook.
        where: its name, for messages.
        assignment: see `assignments.columns_for`.
        scale: see `gradesheets.fill`.

    Raises:
        UsageError: it is no gradebook of Blackboard's, or no column, or more than one, is meant.
    """
    sheet = read_sheet(data, where)
    numbered = any(_NUMBERED.search(title) for title in sheet.header)
    if sheet.column("Username") is None or sheet.column("Last Name") is None or not numbered:
        what = "this is not a gradebook from Blackboard in English: it has no Username, Last Name or numbered columns"
        step = (
            "in Blackboard, open the gradebook, choose Download Grades (Full Gradebook), and name that file"
        )
        raise UsageError(what, where, step)
    columns = columns_for(sheet, _assignments(sheet), assignment, results.chapters, "Blackboard")
    return fill(sheet, _people(sheet), columns, results, scale=scale, taken=_TAKEN)


def _assignments(sheet: Sheet) -> list[Assignment]:
    """The columns that take points: no totals, which Blackboard works out itself, and no text."""
    found = []
    for at, title in enumerate(sheet.header):
        parts = _COLUMN.fullmatch(title.strip())
        if parts and "Text" not in parts["kind"] and "up to" not in title.casefold():
            found.append(Assignment(at, parts["title"], parts["id"], parts["most"]))
    return found


def _people(sheet: Sheet) -> list[Person]:
    """Everyone in the gradebook; Blackboard knows them by their user name."""
    places = [sheet.column(name) for name in ("Last Name", "First Name", "Username", "Student ID")]
    people = []
    for at, row in enumerate(sheet.rows):
        if len(row) != len(sheet.header):
            continue
        family, given, login, number = ("" if i is None else row[i].text.strip() for i in places)
        ids, logins = frozenset({number.casefold()} - {""}), frozenset({login.casefold()} - {""})
        people.append(Person(at, ids, logins, f"{family}, {given}"))
    return people
