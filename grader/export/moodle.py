"""Fill grades and feedback into a grading worksheet that Moodle exported.

The worksheet's columns are named in the language of whoever downloads it, and Moodle takes it back in that language
alone. English headings are known by name. Those of other languages differ from version to version, so there columns
are found by what stands in them, and by where they stand, or are named by whoever exports.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import replace

from grader.errors import UsageError, did_you_mean
from grader.export.gradesheets import Column, Filled, amount, fill
from grader.export.spreadsheet import Sheet, read_sheet
from grader.grading.matching import Person
from grader.language import kept
from grader.records import ClassResults, LearnerResult, Outcome, Report
from grader.report.decisions import lines_of
from grader.report.reasons import reason
from grader.report.terminal import is_untouched, results_of
from grader.report.words import NOT_HANDED_IN, excused_lines, summary
from grader.text import clean_line, points

_MARK = "Brickwork: "  # what our own comments begin with; others are an instructor's, and stay
_LONGEST = 300  # characters of a line of feedback
# What a column is, and its heading in English.
COLUMNS = {
    "identifier": "Identifier", "name": "Full name", "number": "ID number", "username": "Username",
    "email": "Email address", "grade": "Grade", "maximum": "Maximum Grade", "locked": "Grade can be changed",
    "graded": "Last modified (grade)", "feedback": "Feedback comments",
}  # fmt: skip
_NEEDED = ("identifier", "grade", "graded")
# Moodle says in its own language whether a grade can be changed.
_YES = frozenset(("yes", "ja", "oui", "sí", "sì", "si", "sim", "tak", "ano", "evet", "是", "はい"))
_NO = frozenset(("no", "nein", "non", "não", "nee", "nej", "nei", "nie", "ne", "hayır", "否", "いいえ"))
_STEP = (
    "in the assignment's settings allow the offline grading worksheet, and download it; if its headings are not "
    "English, name them: --columns grade=HEADING --columns maximum=HEADING"
)
# "Participant 1234": the number is the one in the names of a download's folders.
_TRAILING_NUMBER = re.compile(r"\d+$")


def fill_moodle(
    results: ClassResults,
    data: bytes,
    where: str,
    *,
    scale: bool = False,
    columns: Mapping[str, str] | None = None,
) -> Filled:
    """Fill the worksheet of one assignment with the sum of all chapters.

    Args:
        results: the class; all its chapters count for this assignment.
        data: the worksheet.
        where: its name, for messages.
        scale: see `gradesheets.fill`.
        columns: headings, or places counted from 1, of columns that are not called as in English, by what they are:
            one of `COLUMNS`.

    Raises:
        UsageError: it is no worksheet of an assignment that is graded in points, or out of other points than ours.
    """
    sheet = read_sheet(data, where)
    places, notes = _places(sheet, columns or {})
    grade = places["grade"]
    column = Column(grade, sheet.header[grade], _most(sheet, places), results.chapters)
    comments = (places["feedback"], _comment) if "feedback" in places else None
    filled = fill(sheet, _people(sheet, places), [column], results, scale=scale, comments=comments)
    return replace(filled, notes=notes)


# --- which column -----------------------------------------------------------------------------------------


def _places(sheet: Sheet, named: Mapping[str, str]) -> tuple[dict[str, int], tuple[str, ...]]:
    """The place of each column that is needed or helps, and what is to be known of how it was found."""
    found = {what: at for what, title in COLUMNS.items() if (at := sheet.column(title)) is not None}
    given = {what: _named(sheet, what, heading) for what, heading in named.items()}
    missing = [COLUMNS[what] for what in _NEEDED if what not in found]
    if not given and not missing:
        return found, ()
    if not given and len(missing) < len(_NEEDED):
        names = " or ".join(missing)
        what = f"this is not a grading worksheet from Moodle in English: it has no {names}"
        raise UsageError(what, sheet.where, _STEP)
    # Where every heading is another, the worksheet is in another language, and its columns stand in Moodle's order.
    found = (_by_position(sheet, given) if missing else {}) | found | given
    told = ", ".join(f"{what}={clean_line(sheet.header[at], 40)}" for what, at in sorted(found.items()))
    return found, (
        kept(f"columns were taken as {told}; import the file in the language it was downloaded in"),
    )


def _named(sheet: Sheet, what: str, heading: str) -> int:
    """The column that somebody named, by its heading or its place; UsageError if there is none."""
    if what not in COLUMNS:
        known = ", ".join(COLUMNS)
        raise UsageError(
            f"no column is called {what}{did_you_mean(what, COLUMNS)}", "--columns", f"one of: {known}"
        )
    at = sheet.column(heading.strip())
    if at is None and heading.strip().isdecimal() and 1 <= int(heading) <= len(sheet.header):
        at = int(heading) - 1
    if at is None:
        near = did_you_mean(heading, sheet.header)
        step = "type a heading of the file, or its place from 1"
        raise UsageError(f"the worksheet has no column {clean_line(heading, 40)}{near}", sheet.where, step)
    return at


def _by_position(sheet: Sheet, given: Mapping[str, int]) -> dict[str, int]:
    """The columns of a worksheet in another language, by Moodle's order and by what stands in them.

    The maximum is the same number in every row, and the grade stands before it. What cannot be told is left out;
    UsageError if these two cannot.
    """
    rows = [row for row in sheet.rows if len(row) == len(sheet.header)]
    texts = [[row[at].text.strip() for row in rows] for at in range(len(sheet.header))]
    pairs = [
        at
        for at in range(3, len(texts))
        if len(set(texts[at])) == 1 and amount(texts[at][0]) and all(_is_grade(t) for t in texts[at - 1])
    ]
    numbered = bool(rows) and all(_TRAILING_NUMBER.search(text) for text in texts[0])
    if "grade" in given and "maximum" in given:
        places = {}
    elif len(pairs) == 1 and numbered:
        places = {"maximum": pairs[0], "grade": pairs[0] - 1}
    else:
        what = "this is not a grading worksheet from Moodle: which column takes the grade cannot be told"
        raise UsageError(what, sheet.where, _STEP)
    grade = given.get("grade", places.get("grade", 0))
    places |= {"identifier": 0, "name": 1}
    mail = [at for at in range(2, grade) if texts[at] and all("@" in text for text in texts[at])]
    places |= {"email": mail[0]} if len(mail) == 1 else {}
    yes_or_no = _YES | _NO
    answers = [
        at for at in range(grade + 2, len(texts)) if {text.casefold() for text in texts[at]} <= yes_or_no
    ]
    places |= {"locked": answers[0]} if len(answers) == 1 else {}
    # Dates are never empty there, comments mostly are.
    last = texts[-1]
    places |= {"feedback": len(texts) - 1} if any(not t or t.startswith(_MARK) for t in last) else {}
    return places


def _is_grade(text: str) -> bool:
    """Whether a cell may be that of a grade: a number, or nothing yet."""
    return text in ("", "-") or amount(text) is not None


def _most(sheet: Sheet, places: Mapping[str, int]) -> str:
    """The most points there are, as the worksheet says in each row."""
    if "maximum" not in places:
        what = "the worksheet has no column 'Maximum Grade': this assignment is not graded in points"
        raise UsageError(what, sheet.where, "grade it in points in Moodle, then download the worksheet again")
    said = {row[places["maximum"]].text for row in sheet.rows if len(row) == len(sheet.header)}
    if len(said) != 1:
        what = f"the worksheet gives {len(said)} different maximum grades" if said else "nobody is in it"
        raise UsageError(what, sheet.where, "download the worksheet again")
    return said.pop()


def _people(sheet: Sheet, places: Mapping[str, int]) -> list[Person]:
    """Everyone in the worksheet. Which columns it has depends on the course's settings, so any may be missing."""

    def said(what: str, row: int) -> str:
        return "" if what not in places else sheet.rows[row][places[what]].text.strip()

    people = []
    for at, row in enumerate(sheet.rows):
        if len(row) != len(sheet.header):
            continue
        number = _TRAILING_NUMBER.search(said("identifier", at))
        ids = {number.group() if number else "", said("number", at).casefold()}
        logins = {said(what, at).casefold() for what in ("username", "email")}
        locked = kept("its grade is locked in Moodle") if said("locked", at).casefold() in _NO else ""
        name = said("name", at)
        people.append(Person(at, frozenset(ids - {""}), frozenset(logins - {""}), name, locked))
    return people


# --- feedback ---------------------------------------------------------------------------------------------


def _comment(one: LearnerResult, old: str) -> str | None:
    """What to write into the feedback's cell; None where somebody else wrote something."""
    if old.strip() and not old.startswith(_MARK):
        return None
    lines = [line for report in one.reports for line in _report_lines(one, report)]
    without_report = {stem: [NOT_HANDED_IN, *lines_of(one, stem)] for stem, _ in one.missing}
    without_report |= {stem: excused_lines(one, stem) for stem in one.excused}
    for stem, (first, *others) in without_report.items():
        lines += [f"{stem}: {first}", *others]
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
