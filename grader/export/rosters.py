"""Read who is in a class from a CSV: one's own, or what Canvas or Moodle exported."""

from __future__ import annotations

import re
from collections.abc import Mapping

from grader.errors import UsageError
from grader.export.canvas import POINTS_ROW
from grader.export.spreadsheet import Cell, Sheet, read_sheet
from grader.language import kept
from grader.records import Member
from grader.text import clean_line

# The titles of a column in the files of several programs, in lower case. The first that a file has is taken.
_TITLES = {
    "name": ("name", "full name", "student", "student name", "learner", "vollständiger name"),
    "given": ("first name", "firstname", "given name", "vorname"),
    "family": ("last name", "lastname", "surname", "family name", "nachname"),
    "number": ("id", "identifier", "student id", "number", "id number", "sis user id", "matrikelnummer"),
    "login": ("login", "sis login id", "username", "id number", "sis user id"),
    "email": ("email", "e-mail", "email address", "mail", "e-mail-adresse"),
    "section": ("section", "group", "groups", "gruppe"),
}
# Unlike a gradebook, which goes back to its platform, a list of names may come out of a spreadsheet program.
_SAVE = kept("save it as a table of text in UTF-8; spreadsheet programs call that CSV UTF-8")
_TEST_STUDENT = "Student, Test"  # Canvas's own, who is nobody
# Moodle writes "Participant 71"; the number is the one in the names of a download's folders.
_PARTICIPANT = re.compile(r"\D+ (\d+)")


def read_members(data: bytes, where: str) -> list[Member]:
    """Everybody in the table, in its order.

    Args:
        data: the file.
        where: its name, for messages.

    Raises:
        UsageError: it is no table with names, ids or addresses, nobody is in it, or two rows are of one person.
    """
    sheet = read_sheet(data, where, _SAVE)
    columns = {field: at for field, titles in _TITLES.items() if (at := _column(sheet, titles)) is not None}
    if columns.keys().isdisjoint(("name", "family", "number", "login", "email")):
        what = "no column says who is in the class"
        step = "give the first row the titles name,id,email,section; one of the first three is enough"
        raise UsageError(what, where, step)
    rows = list(enumerate(sheet.rows, start=2))
    begin = next((at for at, (_, row) in enumerate(rows, start=1) if POINTS_ROW in row[0].text), 0)
    members: dict[str, tuple[int, Member]] = {}
    for number, row in rows[begin:]:
        member = _member(row, columns)
        key = (member.number or member.login or member.email or member.name).casefold()
        if not key or member.name == _TEST_STUDENT:
            continue
        if key in members:
            what = f"rows {members[key][0]} and {number} are both of {clean_line(key)}"
            raise UsageError(what, where, "leave one of them out, or give them different ids")
        members[key] = (number, member)
    if not members:
        raise UsageError("nobody is in this file", where, "export it again, with the class in it")
    return [member for _, member in members.values()]


def _column(sheet: Sheet, titles: tuple[str, ...]) -> int | None:
    """The column with the first of these titles that the file has."""
    return next((at for title in titles if (at := sheet.column(title)) is not None), None)


def _member(row: tuple[Cell, ...], columns: Mapping[str, int]) -> Member:
    def said(field: str) -> str:
        at = columns.get(field)
        return clean_line(row[at].text, 200).strip() if at is not None and at < len(row) else ""

    name = said("name") or ", ".join(part for part in (said("family"), said("given")) if part)
    participant = _PARTICIPANT.fullmatch(said("number"))
    number = participant[1] if participant else said("number")
    login = "" if said("login") == number else said("login")
    return Member(name, number, said("email"), said("section"), login)
