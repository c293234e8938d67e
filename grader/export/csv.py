"""Turn a class into one table: a line per learner and chapter, with nbgrader's column names.

What reads nbgrader's `grades.csv` reads this too; `bonus`, `remark` and `roster_id` are ours and stand last.
"""

from __future__ import annotations

import csv
import io
from datetime import datetime

from grader.records import Chapter, ClassResults, LearnerResult, Report
from grader.report.decisions import lines_of
from grader.report.words import NOT_GRADED_YET, NOT_HANDED_IN, excused_lines, lateness, problem
from grader.text import clean_line, guarded, points

COLUMNS = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
    "raw_score", "late_submission_penalty", "score", "max_score", "bonus", "remark", "roster_id",
)  # fmt: skip


def class_csv(results: ClassResults) -> str:
    """The whole table. It opens with a byte order mark, without which Excel misreads names that are not ASCII."""
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS, dialect="excel", restval="")
    writer.writeheader()
    for one in results.learners:
        for chapter in results.chapters:
            row = _row(one, chapter)
            writer.writerow({name: guarded(clean_line(text)) for name, text in row.items()})
    return "\ufeff" + file.getvalue()


def _row(one: LearnerResult, chapter: Chapter) -> dict[str, str]:
    """One line. Not handed in is 0 points; what has no verdict yet has no score at all."""
    report = next((found for found in one.reports if found.chapter == chapter.stem), None)
    row = {"assignment": chapter.stem, "duedate": _instant(chapter.deadline), "student_id": one.learner}
    row |= _who(one)
    if chapter.stem in one.excused:
        # No score: whoever sums the column must not count a 0 for it.
        remark = "; ".join(excused_lines(one, chapter.stem))
        return row | {"max_score": "0", "remark": remark}
    if report is not None:
        return row | _scores(one, report)
    row |= {"max_score": points(one.worth_of(chapter))}
    if any(stem == chapter.stem for stem, _ in one.missing):
        return row | {"raw_score": "0", "late_submission_penalty": "0", "score": "0", "remark": NOT_HANDED_IN}
    return row | {"remark": NOT_GRADED_YET}


def _scores(one: LearnerResult, report: Report) -> dict[str, str]:
    """The columns of a chapter that was graded: points before and after lateness, and what is odd about it."""
    hand_in = one.hand_in(report.chapter)
    most = report.max_points
    return {
        "timestamp": _instant(hand_in.time),
        "raw_score": points(report.points, most),
        "late_submission_penalty": points(hand_in.deducted),
        "score": points(one.points_of(report), most),
        "max_score": points(most),
        "bonus": points(sum(score.points for score in report.exercises if score.extra)),
        "remark": "; ".join(
            filter(None, (problem(report), lateness(hand_in), *lines_of(one, report.chapter)))
        ),
    }


def _who(one: LearnerResult) -> dict[str, str]:
    """Name, address and id by the roster; nothing where it does not know.

    `student_id` is the name of the folder for those who handed in; the roster's id is said where it is another.
    """
    if one.member is None:
        return {}
    family, comma, given = one.member.name.partition(",")
    if not comma:
        given, _, family = one.member.name.rpartition(" ")
    number = one.member.number or one.member.login
    return {
        "last_name": family.strip(),
        "first_name": given.strip(),
        "email": one.member.email,
        "roster_id": number if number != one.learner else "",
    }


def _instant(time: datetime | None) -> str:
    """A time as nbgrader writes it, with its offset; empty if there is none."""
    return time.isoformat(sep=" ", timespec="seconds") if time else ""
