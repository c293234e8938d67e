"""Every attempt is an event of ProgSnap2, in an order that a reader may rely on."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from commands import brick
from made_up import keep, made_up_class

from grader.course.config import find_chapter
from grader.records import ClassResults, Course

REQUIRED = {"EventType", "EventID", "SubjectID", "ToolInstances", "CodeStateID"}


@pytest.fixture
def graded(tmp_path: Path, course: Course, monkeypatch: pytest.MonkeyPatch) -> ClassResults:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "course.yml").write_bytes((course.root / "course.yml").read_bytes())
    here = replace(course, root=tmp_path, chapters=(find_chapter(course, "ch08"),))
    results = made_up_class(here, 5)
    keep(results)
    return results


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_attempt_is_a_submit_with_a_test_for_each_exercise(graded: ClassResults, tmp_path: Path) -> None:
    result = brick("export", "--as", "progsnap2", "--out", "events")

    rows = rows_of(tmp_path / "events" / "MainTable.csv")
    reports = {one.learner: report for one in graded.learners for report in one.reports}
    submits = [row for row in rows if row["EventType"] == "Submit"]
    assert result.exit_code == 0, result.output
    assert set(rows[0]) >= REQUIRED
    assert all(row[name] for row in rows for name in REQUIRED)
    assert [row["SubjectID"] for row in submits] == sorted(reports)
    for submit in submits:
        report = reports[submit["SubjectID"]]
        tests = [row for row in rows if row["ParentEventID"] == submit["EventID"]]
        assert float(submit["Score"]) == pytest.approx(report.points / report.max_points, abs=1e-4)
        assert [row["ProblemID"] for row in tests] == [score.name for score in report.exercises]
        assert {row["EventType"] for row in tests} == {"Run.Test"}
    orders = [int(row["Order"]) for row in rows]
    assert orders == sorted(set(orders))


def test_the_metadata_says_whose_events_are_in_order(graded: ClassResults, tmp_path: Path) -> None:
    brick("export", "--as", "progsnap2", "--out", "events")

    said = {row["Property"]: row["Value"] for row in rows_of(tmp_path / "events" / "DatasetMetadata.csv")}
    assert said["EventOrderScope"] == "Restricted"
    assert set(said["EventOrderScopeColumns"].split(";")) <= set(
        rows_of(tmp_path / "events" / "MainTable.csv")[0]
    )


def test_pseudonyms_are_those_of_the_other_tables(graded: ClassResults, tmp_path: Path) -> None:
    brick("export", "--as", "progsnap2", "--out", "events", "--anonymous")
    brick("export", "--as", "csv", "--out", "grades.csv", "--anonymous")

    rows = rows_of(tmp_path / "events" / "MainTable.csv")
    known = {row["student_id"] for row in rows_of(tmp_path / "grades.csv")}
    assert {row["SubjectID"] for row in rows} <= known
    assert "learner0" not in (tmp_path / "events" / "MainTable.csv").read_text(encoding="utf-8")
