"""Fill grades into a gradebook that Canvas exported.

Its first rows are not about learners: one of them says out of how many points each assignment is. An assignment is a
column called `Title (12345)`; every other column is Canvas's own and stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from grader.errors import UsageError
from grader.export.assignments import Assignment, columns_for
from grader.export.gradesheets import Column, Filled, fill
from grader.export.spreadsheet import Cell, Sheet, read_sheet
from grader.grading.matching import Person
from grader.language import kept
from grader.records import ClassResults
from grader.text import clean_line

# The file's form is Canvas's: it writes these words in English whatever the language of its pages. The row of points
# is the last one above the learners, and says "(read only)" below columns that Canvas works out itself.
_TITLE_AND_ID = re.compile(r"(?P<title>.*?)\s*\((?P<id>\d+)\)")
POINTS_ROW = "Points Possible"  # says out of how many points each assignment is; learners stand below it
_READ_ONLY = "read only"
_IDS, _LOGIN = ("ID", "SIS User ID", "Integration ID"), "SIS Login ID"
# Canvas's importer takes every column with one of these in its title for one of its own totals, wherever it stands.
_IGNORED = (
    "Current Score", "Current Points", "Current Grade", "Final Score", "Final Points", "Final Grade",
    "Override Score", "Override Grade", "Override Status",
)  # fmt: skip
_EXCUSED = "EX"
_TAKEN = {_EXCUSED: kept("excused in Canvas (EX)"), "N/A": kept("not assigned to them in Canvas (N/A)")}


def fill_canvas(
    results: ClassResults, data: bytes, where: str, *, assignment: str = "", scale: bool = False
) -> Filled:
    """Fill the assignments' columns of a gradebook.

    Args:
        results: the class.
        data: the gradebook.
        where: its name, for messages.
        assignment: the name or number of the one that takes the sum of all chapters; by default each chapter
            goes to the assignment that is named after it.
        scale: see `gradesheets.fill`.

    Raises:
        UsageError: it is no gradebook of Canvas's, or no column, or more than one, is meant.
    """
    sheet = read_sheet(data, where)
    _refuse_other_files(sheet)
    columns = columns_for(sheet, _assignments(sheet), assignment, results.chapters, "Canvas")
    filled = fill(sheet, _people(sheet), columns, results, scale=scale, taken=_TAKEN, excused=_EXCUSED)
    return replace(filled, notes=tuple(_notes(sheet, columns)))


def _notes(sheet: Sheet, columns: list[Column]) -> Iterator[str]:
    """What Canvas will make of the file when it is imported, where that is not what one expects."""
    if sheet.column("ID") is None:
        yield kept("it has no column ID, so rows were found by SIS id, SIS login or name, and so will Canvas")
    for column in columns:
        word = next((word for word in _IGNORED if word in column.name), "")
        if word:
            yield kept(
                f"Canvas passes over the column {clean_line(column.name, 60)} when it imports, for '{word}' in its "
                "title means a total there: rename the assignment in Canvas, then export again"
            )


def _refuse_other_files(sheet: Sheet) -> None:
    """Raise UsageError for a table that is not Canvas's, or one whose rows above the learners were taken out."""
    named = sheet.column("Student") if sheet.column("LastName") is None else sheet.column("FirstName")
    # Canvas itself is content with any id of a learner, and goes by the name where it knows none.
    known = sheet.column(*_IDS, _LOGIN)
    missing = [
        name
        for name, at in (("Student", named), ("ID", known), ("Section", sheet.column("Section")))
        if at is None
    ]
    if missing:
        what = f"this is not a gradebook from Canvas: it has no column {', '.join(missing)}"
        raise UsageError(what, sheet.where, "in Canvas, open Grades, choose Export, and name that file")
    if _points_row(sheet) is None:
        what = f"this gradebook has no row '{POINTS_ROW}'"
        raise UsageError(what, sheet.where, "export it from Canvas again, and leave its rows as they are")


def _points_row(sheet: Sheet) -> tuple[Cell, ...] | None:
    """The row that says out of how many points each assignment is."""
    return next((row for row in sheet.rows if POINTS_ROW in row[0].text), None)


def _people(sheet: Sheet) -> list[Person]:
    """Everyone below the row of points; the rows above are not about learners."""
    name, family, given = (sheet.column(title) for title in ("Student", "LastName", "FirstName"))
    ids = [at for title in _IDS if (at := sheet.column(title)) is not None]
    login = sheet.column(_LOGIN)
    people = []
    begun = False
    for at, row in enumerate(sheet.rows):
        if not begun:
            begun = POINTS_ROW in row[0].text
            continue
        if len(row) != len(sheet.header):
            continue
        whole = row[name].text if name is not None else f"{_said(row, family)}, {_said(row, given)}"
        people.append(
            Person(
                at,
                frozenset(row[i].text.strip().casefold() for i in ids) - {""},
                frozenset({_said(row, login).casefold()}) - {""},
                whole,
            )
        )
    return people


def _said(row: tuple[Cell, ...], at: int | None) -> str:
    """What a row says in a column that the gradebook may lack."""
    return "" if at is None else row[at].text.strip()


# --- which column -----------------------------------------------------------------------------------------


def _assignments(sheet: Sheet) -> list[Assignment]:
    """Every assignment that may be graded, in the order of the columns."""
    row = _points_row(sheet) or ()
    found = []
    for at, title in enumerate(sheet.header):
        parts = _TITLE_AND_ID.fullmatch(title.strip())
        if parts and at < len(row) and _READ_ONLY not in row[at].text:
            found.append(Assignment(at, parts["title"], parts["id"], row[at].text))
    return found
