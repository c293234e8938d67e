"""Fill the grades of a class into an instructor's own export: find each learner's row, or say why there is none.

A wrong grade in the wrong row is worse than none. So a learner whose row is not certain is left out and named, a cell
that says something else than a grade is kept, and a scale that is not ours is refused until somebody asks for it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from grader.errors import UsageError
from grader.export.spreadsheet import Cell, Sheet
from grader.records import Chapter, ClassResults, LearnerResult
from grader.text import clean_line, points

_AMOUNT = re.compile(r"\d+(?:[.,]\d+)?")
_DOWNLOADED = re.compile(r"(.*)_(\d+)")


@dataclass(frozen=True)
class Person:
    """One row of the export and who it is about.

    Args:
        row: its place below the header, from 0.
        ids: numbers of the platform or the school, lower case.
        logins: user names and e-mail addresses, lower case.
        name: as the export writes it, "Given Family" or "Family, Given".
        locked: why its grade is not to be touched; empty if it may be.
    """

    row: int
    ids: frozenset[str]
    logins: frozenset[str]
    name: str
    locked: str = ""


@dataclass(frozen=True)
class Column:
    """A column that takes grades.

    Args:
        at: its place in a row, from 0.
        name: its header.
        most: the points it is out of, as the export writes them: with a comma where the platform has one.
        chapters: whose points go there, summed.
    """

    at: int
    name: str
    most: str
    chapters: tuple[Chapter, ...]

    @property
    def worth(self) -> float:
        """The most our points for it can be."""
        return sum(chapter.points for chapter in self.chapters)


@dataclass(frozen=True)
class Change:
    """One cell: whose, in which column, what was there and what is there now."""

    learner: str
    column: str
    old: str
    new: str


@dataclass(frozen=True)
class Filled:
    """The filled file, and an account of every learner of the class.

    Args:
        content: the file to hand in.
        columns: those that were filled.
        written: cells that say something else now.
        unchanged: how many cells said the same before.
        kept: learners whose cell stays as it is, and why.
        unplaced: learners who have no row for certain, and why.
    """

    content: bytes
    columns: tuple[Column, ...]
    written: tuple[Change, ...]
    unchanged: int
    kept: tuple[tuple[str, str], ...]
    unplaced: tuple[tuple[str, str], ...]


# --- filling ----------------------------------------------------------------------------------------------


def fill(
    sheet: Sheet,
    people: Sequence[Person],
    columns: Sequence[Column],
    results: ClassResults,
    *,
    scale: bool = False,
    taken: Mapping[str, str] | None = None,
    comments: tuple[int, Callable[[LearnerResult, str], str | None]] | None = None,
) -> Filled:
    """Write the grades of everyone who has a verdict; the cells of all others stay as they are.

    Args:
        sheet: the export.
        people: its rows about learners.
        columns: where grades go.
        results: the class.
        scale: whether points may be stretched to the most a column takes, when that is not what ours are out of.
        taken: words in a grade's cell that are worth more than a grade, and what they mean.
        comments: a column for words, and what to write there for a learner, given what is there; None to keep it.

    Raises:
        UsageError: a column is out of other points than ours and `scale` is not set, or says no points.
    """
    for column in columns:
        _refuse_another_scale(sheet, column, scale)
    filling = _Filling(sheet, taken or {})
    for column in columns:
        graded = {one.learner: one for one in results.learners if _has_verdict(one, column)}
        placed, lost = place(list(graded), people)
        filling.unplaced |= lost
        for learner, person in placed.items():
            if filling.write_grade(graded[learner], person, column) and comments is not None:
                filling.write_comment(graded[learner], person, *comments)
    return Filled(
        sheet.written(filling.new), tuple(columns), tuple(filling.written), filling.unchanged,
        tuple(filling.kept.items()), tuple(filling.unplaced.items()),
    )  # fmt: skip


class _Filling:
    """The account of one run over a sheet; cells are collected here and written all at once."""

    def __init__(self, sheet: Sheet, taken: Mapping[str, str]) -> None:
        self._sheet, self._taken = sheet, taken
        self.new: dict[Cell, str] = {}
        self.written: list[Change] = []
        self.unchanged = 0
        self.kept: dict[str, str] = {}
        self.unplaced: dict[str, str] = {}

    def write_grade(self, one: LearnerResult, person: Person, column: Column) -> bool:
        """Put the points of a column into a learner's cell; False if the cell has to stay as it is."""
        cell = self._sheet.rows[person.row][column.at]
        why = person.locked or self._taken.get(cell.text.strip(), "")
        if why:
            self.kept[one.learner] = why
            return False
        grade = _grade(one, column).replace(".", _decimal_mark(self._sheet, column))
        # "8", "8.0" and "8,00" are one grade; writing it anew would list a change that is none.
        if _same_number(cell.text, grade):
            self.unchanged += 1
        else:
            self.new[cell] = grade
            self.written.append(Change(one.learner, column.name, cell.text.strip(), grade))
        return True

    def write_comment(
        self, one: LearnerResult, person: Person, at: int, words: Callable[[LearnerResult, str], str | None]
    ) -> None:
        """Put feedback into the column `at`, unless `words` gives None for what stands there."""
        cell = self._sheet.rows[person.row][at]
        comment = words(one, cell.text)
        if comment is None:
            self.kept[one.learner] = "has feedback from somebody else, which stays; the grade is written"
        elif comment != cell.text:
            self.new[cell] = comment


def _has_verdict(one: LearnerResult, column: Column) -> bool:
    """Whether anything was graded for the column. Not handed in is no grade of 0: the instructor says what it is."""
    stems = {chapter.stem for chapter in column.chapters}
    return any(report.chapter in stems for report in one.reports)


def _grade(one: LearnerResult, column: Column) -> str:
    """The points, lateness taken off, as the column counts them: stretched to its most if that is another."""
    stems = {chapter.stem for chapter in column.chapters}
    earned = sum(one.points_of(report) for report in one.reports if report.chapter in stems)
    most = amount(column.most) or column.worth
    return points(earned / column.worth * most, most)


def amount(text: str) -> float | None:
    """A number as a learning platform writes it, with a decimal point or comma; None if it is none."""
    text = text.strip()
    return float(text.replace(",", ".")) if _AMOUNT.fullmatch(text) else None


def _same_number(one: str, other: str) -> bool:
    """Whether both are numbers, and the same one; an empty cell is no number."""
    return amount(one) is not None and amount(one) == amount(other)


def _decimal_mark(sheet: Sheet, column: Column) -> str:
    """The comma if the export's own numbers in this column have one: a point would make dates of them."""
    texts = [column.most, *(row[column.at].text for row in sheet.rows if len(row) > column.at)]
    return "," if any("," in text and amount(text) is not None for text in texts) else "."


def _refuse_another_scale(sheet: Sheet, column: Column, scale: bool) -> None:
    """Raise UsageError where points would mean something else in the column than they do here."""
    most = amount(column.most)
    where = f"{sheet.where}, column {clean_line(column.name)}"
    if not most:
        what = f"the column does not say out of how many points it is, but '{clean_line(column.most)}'"
        raise UsageError(what, where, f"set its points to {points(column.worth)}, then export it again")
    if abs(most - column.worth) > 1e-6 and not scale:
        labels = " and ".join(chapter.label for chapter in column.chapters)
        what = f"the column is out of {points(most)}, and {labels} out of {points(column.worth)}"
        half = f"{points(column.worth / 2)} is then written as {points(most / 2)}"
        step = (
            f"add --scale ({half}), or set the column's points to {points(column.worth)} and export it again"
        )
        raise UsageError(what, where, step)


# --- whose row it is --------------------------------------------------------------------------------------

# People by one kind of key: an id, a login, a mailbox or a name. A key that two people share finds both.
_Book = dict[str, list[Person]]


def place(learners: Iterable[str], people: Sequence[Person]) -> tuple[dict[str, Person], dict[str, str]]:
    """The row of each learner, and why the others have none.

    Ids come first, then logins and e-mail addresses, then names; where two fit, neither is taken. Where two learners
    claim one row, the one with the better kind of key has it: an id beats a name.

    Args:
        learners: names of folders or files, as the platform or a person gave them.
        people: the rows to choose from.
    """
    claims: dict[int, list[tuple[int, str]]] = {}
    found: dict[str, Person] = {}
    unplaced: dict[str, str] = {}
    books = _books(people)
    for learner in learners:
        rank, fitting = _fitting(learner, books)
        if not fitting:
            unplaced[learner] = "no row has this id, login, e-mail or name"
        elif len(fitting) > 1:
            rows = ", ".join(str(person.row + 2) for person in fitting)
            unplaced[learner] = f"more than one row fits: {rows}"
        else:
            found[learner] = fitting[0]
            claims.setdefault(fitting[0].row, []).append((rank, learner))
    for row, claimants in claims.items():
        best = min(rank for rank, _ in claimants)
        first = [learner for rank, learner in claimants if rank == best]
        for _, learner in claimants:
            if first != [learner]:
                others = ", ".join(other for _, other in claimants if other != learner)
                unplaced[learner] = f"row {row + 2} fits {others} as well"
    return {learner: person for learner, person in found.items() if learner not in unplaced}, unplaced


def _books(people: Sequence[Person]) -> tuple[_Book, ...]:
    """The people by id, by login, by the part of an e-mail address before the @, and by name."""
    return (
        _book(people, lambda person: person.ids),
        _book(people, lambda person: person.logins),
        _book(people, lambda person: {login.partition("@")[0] for login in person.logins}),
        _book(people, lambda person: _name_keys(person.name)),
    )


def _book(people: Sequence[Person], keys: Callable[[Person], Iterable[str]]) -> _Book:
    """The people by the keys that a function gives for each."""
    book: _Book = {}
    for person in people:
        for key in keys(person):
            book.setdefault(key, []).append(person)
    return book


def _fitting(learner: str, books: tuple[_Book, ...]) -> tuple[int, list[Person]]:
    """The people whom the first book that knows the learner has, and which book it was.

    A download names folders `Name_12345`, with the platform's id. The id is believed only beside a name that fits.
    """
    by_id, by_login, by_mailbox, by_name = books
    whole = learner.strip().casefold()
    downloaded = _DOWNLOADED.fullmatch(learner)
    name, number = downloaded.groups() if downloaded else (learner, "")
    named = {person.row: person for key in _name_keys(name) for person in by_name.get(key, [])}
    answers = (
        by_id.get(whole, []) + [one for one in by_id.get(number, []) if _share_a_name(name, one.name)],
        by_login.get(whole, []),
        by_mailbox.get(whole, []),
        list(named.values()),
    )
    return next(((rank, found) for rank, found in enumerate(answers) if found), (len(answers), []))


def _share_a_name(downloaded: str, name: str) -> bool:
    """Whether the name before a number could be the row's: `learner_12` may be a folder's plain name.

    Downloads drop signs and letters of a name, so one word in common will do, and so will no name at all.
    """
    mine, theirs = "".join(_words(downloaded)), _words(name)
    return not mine or not theirs or mine == "".join(theirs) or any(len(w) > 1 and w in mine for w in theirs)


def _name_keys(name: str) -> set[str]:
    """What a name is found by: its words in any order, and run together in the two usual orders.

    Platforms write "Family, Given" in one file and "givenfamily" in the name of another.
    """
    family, _, given = name.partition(",")
    words = _words(name)
    return {" ".join(sorted(words)), "".join(words), "".join(_words(f"{given} {family}"))} - {""}


def _words(name: str) -> list[str]:
    """The words of a name without case, accents and signs, which downloads drop or change."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return re.findall(r"[^\W_]+", plain.casefold())
