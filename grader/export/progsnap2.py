"""Turn every attempt of a class into ProgSnap2's main table of events, for those who study how people learn to program.

Each attempt is a `Submit`, and each of its exercises a `Run.Test` below it. Scores are what the checks gave, from 0 to
1: without lateness, and without what a person decided. The code itself is left out, since names may stand in it; its
`CodeStateID` is a hash, the same for the same code.

    https://cssplice.org/progsnap2
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from grader.grading.store import Entry, Verdict
from grader.records import Course, Report
from grader.text import guarded

COLUMNS = (
    "EventID", "Order", "SubjectID", "EventType", "CodeStateID", "ToolInstances", "ServerTimestamp",
    "ServerTimezone", "CourseID", "AssignmentID", "ProblemID", "Attempt", "Score", "EventInitiator",
    "ParentEventID",
)  # fmt: skip
METADATA = (
    ("Property", "Value"),
    ("Version", "6"),
    # The times of different learners come from different clocks, or are not known: only one learner's are in order.
    ("IsEventOrderingConsistent", "true"),
    ("EventOrderScope", "Restricted"),
    ("EventOrderScopeColumns", "SubjectID;AssignmentID"),
    ("CodeStateRepresentation", "Table"),
)


def main_table(
    attempts: Iterable[tuple[Entry, Verdict]], course: Course, subject: Callable[[str], str]
) -> str:
    """The table as CSV.

    Args:
        attempts: sorted by learner, chapter and attempt, as `Store.standing` gives them.
        course: they belong to.
        subject: what a learner is called in the table.
    """
    rows: list[dict[str, object]] = []
    for entry, verdict in attempts:
        submit = len(rows)
        event = {
            "SubjectID": guarded(subject(entry.learner)),
            "CodeStateID": entry.sha256,
            "ToolInstances": f"Python; Brickwork {verdict.report.kit}",
            "CourseID": guarded(course.name or course.title),
            "AssignmentID": entry.chapter,
            "Attempt": entry.attempt,
            **_time(entry.handed_in),
        }
        rows.append(event | {"EventType": "Submit", "Score": _share(verdict.report)})
        rows += [
            event
            | {"EventType": "Run.Test", "ProblemID": score.name, "ParentEventID": submit}
            | {"Score": f"{score.points / score.max_points:.4f}" if score.max_points else ""}
            for score in verdict.report.exercises
        ]
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for number, row in enumerate(rows):
        who = "UserDirectAction" if row["EventType"] == "Submit" else "ToolReaction"
        writer.writerow({"EventID": number, "Order": number, "EventInitiator": who} | row)
    return file.getvalue()


def metadata_table() -> str:
    """What whoever reads the main table has to know of it first, as CSV."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(METADATA)
    return file.getvalue()


def _time(handed_in: float | None) -> dict[str, object]:
    """When, in UTC; nothing where nobody knows it."""
    if handed_in is None:
        return {}
    time = datetime.fromtimestamp(handed_in, UTC).replace(tzinfo=None)
    return {"ServerTimestamp": time.isoformat(timespec="seconds"), "ServerTimezone": "0"}


def _share(report: Report) -> str:
    """The chapter's points as a share; an extra can take nobody above 1."""
    return f"{min(1.0, report.points / report.max_points):.4f}" if report.max_points else ""
