"""Fill the grades of a class into an instructor's own export: find each learner's row, or say why there is none.

A wrong grade in the wrong row is worse than none. So a learner whose row is not certain is left out and named, a cell
that says something else than a grade is kept, and a scale that is not ours is refused until somebody asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from grader.errors import UsageError
from grader.export.spreadsheet import Cell, Sheet
from grader.grading.matching import Person, place_learners
from grader.language import kept
from grader.records import Chapter, ClassResults, LearnerResult
from grader.report.words import NOT_GRADED_YET
from grader.text import clean_line, points

_AMOUNT = re.compile(r"\d+(?:[.,]\d+)?")


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
        notes: what whoever imports the file should know first.
    """

    content: bytes
    columns: tuple[Column, ...]
    written: tuple[Change, ...]
    unchanged: int
    kept: tuple[tuple[str, str], ...]
    unplaced: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()


# --- filling ----------------------------------------------------------------------------------------------


def fill(
    sheet: Sheet,
    people: Sequence[Person],
    columns: Sequence[Column],
    results: ClassResults,
    *,
    scale: bool = False,
    taken: Mapping[str, str] | None = None,
    excused: str = "",
    comments: tuple[int, Callable[[LearnerResult, str], str | None]] | None = None,
) -> Filled:
    """Write the grades of everyone who has a verdict, and 0 where nothing was handed in and the cell is empty.

    The cells of all others stay as they are: who is not in the class, and who waits for a verdict.

    Args:
        sheet: the export.
        people: its rows about learners.
        columns: where grades go.
        results: the class.
        scale: whether points may be stretched to the most a column takes, when that is not what ours are out of.
        taken: words in a grade's cell that are worth more than a grade, and what they mean.
        excused: the platform's word for a grade that does not count; empty if it has none.
        comments: a column for words, and what to write there for a learner, given what is there; None to keep it.

    Raises:
        UsageError: a column is out of other points than ours and `scale` is not set, or says no points.
    """
    for column in columns:
        _refuse_another_scale(sheet, column, scale)
    filling = _Filling(sheet, taken or {}, excused)
    for column in columns:
        known = {one.learner: one for one in results.learners if _is_about(one, column)}
        placed, lost = place_learners(list(known.values()), people)
        filling.unplaced |= lost
        for learner, person in placed.items():
            if filling.write_grade(known[learner], person, column) and comments is not None:
                filling.write_comment(known[learner], person, *comments)
    return Filled(
        sheet.written(filling.new), tuple(columns), tuple(filling.written), filling.unchanged,
        tuple(filling.kept.items()), tuple(filling.unplaced.items()),
    )  # fmt: skip


class _Filling:
    """The account of one run over a sheet; cells are collected here and written all at once."""

    def __init__(self, sheet: Sheet, taken: Mapping[str, str], excused: str) -> None:
        self._sheet, self._taken, self._excused = sheet, taken, excused
        self.new: dict[Cell, str] = {}
        self.written: list[Change] = []
        self.unchanged = 0
        self.kept: dict[str, str] = {}
        self.unplaced: dict[str, str] = {}

    def write_grade(self, one: LearnerResult, person: Person, column: Column) -> bool:
        """Put the points of a column into a learner's cell; False if the cell has to stay as it is."""
        cell = self._sheet.rows[person.row][column.at]
        is_excused = _is_excused(one, column)
        if is_excused and self._excused and cell.text.strip() == self._excused:
            self.unchanged += 1
            return False
        why = person.locked or self._taken.get(cell.text.strip(), "")
        if is_excused and not self._excused:
            why = kept("excused, for which this file has no word: see to it there by hand")
        why = why or ("" if is_excused else _why_not_now(one, column, cell.text))
        if why:
            self.kept[one.learner] = why
            return False
        if is_excused:
            grade = self._excused
        else:
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
            self.kept[one.learner] = kept(
                "has feedback from somebody else, which stays; the grade is written"
            )
        elif comment != cell.text:
            self.new[cell] = comment


def _is_about(one: LearnerResult, column: Column) -> bool:
    """Whether anything is known of a learner for the column: a verdict, or that it is missing, excused or waits."""
    stems = {chapter.stem for chapter in column.chapters}
    known = [*one.excused, *(report.chapter for report in one.reports)]
    known += [stem for stem, _ in (*one.missing, *one.ungraded)]
    return not stems.isdisjoint(known)


def _why_not_now(one: LearnerResult, column: Column, old: str) -> str:
    """Why a cell stays as it is for the learner's sake; empty if it is to be written."""
    stems = {chapter.stem for chapter in column.chapters}
    if any(stem in stems for stem, _ in one.ungraded):
        return NOT_GRADED_YET
    if old.strip() and amount(old) != 0 and not any(report.chapter in stems for report in one.reports):
        # Somebody gave a grade for work that we have never seen.
        return kept(f"not handed in here; the grade there, {clean_line(old.strip(), 20)}, stays")
    return ""


def _is_excused(one: LearnerResult, column: Column) -> bool:
    """Whether nothing that goes into the column counts for this learner."""
    return all(chapter.stem in one.excused for chapter in column.chapters)


def _grade(one: LearnerResult, column: Column) -> str:
    """The points, lateness taken off, as the column counts them: stretched to its most if that is another.

    The column's most is the same for everybody; where a part is excused, the rest is stretched to it.
    """
    stems = {chapter.stem for chapter in column.chapters}
    earned = sum(one.points_of(report) for report in one.reports if report.chapter in stems)
    worth = sum(one.worth_of(chapter) for chapter in column.chapters) or column.worth
    most = amount(column.most) or column.worth
    return points(earned / worth * most, most)


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
        half = kept(f"{points(column.worth / 2)} is then written as {points(most / 2)}")
        step = (
            f"add --scale ({half}), or set the column's points to {points(column.worth)} and export it again"
        )
        raise UsageError(what, where, step)
