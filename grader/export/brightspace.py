"""Fill grades into the grades that Brightspace exported.

A column for points is called `Title Points Grade <Numeric MaxPoints:10 Weight:5>`, user names and ids begin with `#`,
and each line ends with a column of `#` alone, without which Brightspace takes nothing.
"""

from __future__ import annotations

import re

from grader.errors import UsageError
from grader.export.assignments import Assignment, columns_for
from grader.export.gradesheets import Filled, fill
from grader.export.spreadsheet import Sheet, read_sheet
from grader.grading.matching import Person
from grader.records import ClassResults

_COLUMN = re.compile(r"(?P<title>.*?) Points Grade(?:\s*<(?P<more>[^>]*)>)?")
_MOST = re.compile(r"MaxPoints:\s*(?P<most>[\d.,]+)")
_END = "End-of-Line Indicator"


def fill_brightspace(
    results: ClassResults, data: bytes, where: str, *, assignment: str = "", scale: bool = False
) -> Filled:
    """Fill the columns of an export.

    Args:
        results: the class.
        data: the export, with points and with the maximum in the headings, as Brightspace writes them.
        where: its name, for messages.
        assignment: see `assignments.columns_for`.
        scale: see `gradesheets.fill`.

    Raises:
        UsageError: it is no export of Brightspace's, or no column, or more than one, is meant.
    """
    sheet = read_sheet(data, where)
    known = sheet.column("OrgDefinedId", "Org Defined ID", "Username") is not None
    if not known or sheet.column(_END) is None:
        what = f"this is no export of grades from Brightspace: it has no OrgDefinedId, Username or {_END}"
        step = "in Brightspace, open Grades, Export, with key field Both and Points grade, and name that file"
        raise UsageError(what, where, step)
    columns = columns_for(sheet, _assignments(sheet), assignment, results.chapters, "Brightspace")
    return fill(sheet, _people(sheet), columns, results, scale=scale)


def _assignments(sheet: Sheet) -> list[Assignment]:
    """The columns that take points, with the most that their headings say."""
    found = []
    for at, heading in enumerate(sheet.header):
        parts = _COLUMN.fullmatch(heading.strip())
        if parts and "Calculated" not in (parts["more"] or ""):
            most = _MOST.search(parts["more"] or "")
            found.append(Assignment(at, parts["title"], "", most["most"] if most else ""))
    return found


def _people(sheet: Sheet) -> list[Person]:
    """Everyone in the export; the sign before ids keeps spreadsheet programs from making numbers of them."""
    names = (("OrgDefinedId", "Org Defined ID"), ("Username",), ("Email",), ("Last Name",), ("First Name",))
    places = [sheet.column(*name) for name in names]
    people = []
    for at, row in enumerate(sheet.rows):
        if len(row) != len(sheet.header):
            continue
        said = ["" if i is None else row[i].text.strip().removeprefix("#") for i in places]
        number, login, mail, family, given = said
        ids = frozenset({number.casefold()} - {""})
        logins = frozenset({login.casefold(), mail.casefold()} - {""})
        people.append(Person(at, ids, logins, f"{family}, {given}" if family or given else ""))
    return people
