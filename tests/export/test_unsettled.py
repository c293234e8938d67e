"""What was handed in and has no verdict yet is no 0: not on a page, not in an export, not in a median."""

from __future__ import annotations

import csv
import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from made_up import keep, made_up_class
from typer.testing import CliRunner, Result
from unread_reports import unread

from grader.cli import app
from grader.course.config import load_course
from grader.errors import UsageError
from grader.grading.gradebook import class_results
from grader.grading.store import STORE_FILE, Store
from grader.records import ClassResults, Course, Report
from grader.report.class_table import class_table
from grader.report.html import class_page, feedback_page
from grader.report.statistics import ClassFigures
from grader.report.terminal import Style

CHECKOUT = Path(__file__).parent.parent.parent


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """A course of its own folder, in which the instructor stands."""
    shutil.copy(CHECKOUT / "course.yml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return load_course(tmp_path)


def three_of(course: Course) -> ClassResults:
    """Three learners who handed in one chapter each, and a fourth who did not."""
    chapter = course.chapters[1]
    learners = []
    for one in made_up_class(replace(course, chapters=(chapter,)), 60).learners:
        learners += [one] if one.reports and len(learners) < 3 else []
    absent = replace(
        learners[0], learner="learner999", reports=(), hand_ins=(), missing=((chapter.stem, 10.0),)
    )
    return ClassResults(course, (chapter,), (*learners, absent))


def brick(*words: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(app, list(words))


def csv_rows(path: Path) -> dict[str, dict[str, str]]:
    """The rows of our CSV by learner."""
    text = path.read_text(encoding="utf-8").removeprefix("\ufeff")
    return {row["student_id"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}


def test_after_a_run_that_was_broken_off_nobody_who_handed_in_is_missing(course: Course) -> None:
    whole = three_of(course)
    keep(whole, stop_after=1)

    first, second, third, absent = class_results(course).learners

    assert (len(first.reports), first.ungraded, first.missing) == (1, (), ())
    for one in (second, third):
        assert (one.reports, one.ungraded, one.missing) == ((), (("ch02_neuron", 10.0),), ())
        assert not one.passed
        assert one.max_points == 10
    assert (absent.ungraded, absent.missing) == ((), (("ch02_neuron", 10.0),))


def test_export_refuses_what_is_open_and_names_it_and_partial_leaves_it_blank(course: Course) -> None:
    whole = three_of(course)
    _, second, third, absent = (one.learner for one in whole.learners)
    keep(whole, stop_after=1)
    path = course.root / "brickwork-grades.csv"

    refused = brick("export", "--as", "csv")
    nothing = path.exists()
    partial = brick("export", "--as", "csv", "--partial")

    assert isinstance(refused.exception, UsageError)
    assert "2 hand-ins of 2 learners not graded yet" in refused.exception.what
    assert refused.exception.where == f"{second} ch02, {third} ch02"
    assert not nothing
    assert partial.exit_code == 0
    assert f"left blank, not graded yet: 2: {second} ch02, {third} ch02\n" in partial.stdout
    rows = csv_rows(path)
    for name in (second, third):
        assert (rows[name]["score"], rows[name]["remark"]) == ("", "handed in, not graded yet")
    assert (rows[absent]["score"], rows[absent]["remark"]) == ("0", "not handed in")


def test_a_blank_and_a_0_mean_the_same_in_every_form(course: Course) -> None:
    whole = three_of(course)
    names = [one.learner for one in whole.learners]
    keep(whole, stop_after=1)
    canvas = "Student,ID,SIS Login ID,Section,ch02 (1)\n    Points Possible,,,,10\n"
    canvas += "".join(f'"F{n}, G",{n},{name},A,\n' for n, name in enumerate([*names, "stranger"]))
    moodle = "Identifier,Full name,Username,Grade,Maximum Grade,Last modified (grade),Feedback comments\n"
    moodle += "".join(
        f"Participant {n},G F{n},{name},,10,-,\n" for n, name in enumerate([*names, "stranger"])
    )
    Path("canvas.csv").write_text(canvas, encoding="utf-8")
    Path("moodle.csv").write_text(moodle, encoding="utf-8")

    ends = [
        brick("export", "--as", "canvas", "--into", "canvas.csv", "--partial").exit_code,
        brick("export", "--as", "moodle", "--into", "moodle.csv", "--partial").exit_code,
        brick("export", "--as", "junit", "--partial").exit_code,
        brick("export", "--as", "gradescope", "--learner", names[3]).exit_code,
    ]

    assert ends == [0, 0, 0, 0]
    for file, column in (("canvas-graded.csv", "ch02 (1)"), ("moodle-graded.csv", "Grade")):
        text = Path(file).read_text(encoding="utf-8")
        grades = [row[column] for row in csv.DictReader(io.StringIO(text))][-5:]
        assert float(grades[0]) > 0
        assert grades[1:] == ["", "", "0", ""]
    xml = Path("brickwork-junit.xml").read_text(encoding="utf-8")
    assert xml.count('<error message="handed in, not graded yet"') == 2
    assert xml.count('<failure message="not handed in"') == 1
    assert json.loads(Path("results.json").read_text(encoding="utf-8"))["score"] == 0


def test_a_grade_that_somebody_gave_elsewhere_is_not_replaced_by_a_0(course: Course) -> None:
    whole = three_of(course)
    keep(whole)
    row = f'"F, G",1,{whole.learners[3].learner},A,7.5\n'
    text = f"Student,ID,SIS Login ID,Section,ch02 (1)\n    Points Possible,,,,10\n{row}"
    Path("canvas.csv").write_text(text, encoding="utf-8")

    outcome = brick("export", "--as", "canvas", "--into", "canvas.csv")

    assert "not handed in here; the grade there, 7.5, stays" in outcome.stdout
    assert row in Path("canvas-graded.csv").read_text(encoding="utf-8")


def test_pages_and_table_say_what_waits_and_the_median_leaves_it_out(course: Course) -> None:
    whole = three_of(course)
    keep(whole, stop_after=1)
    results = class_results(course)
    first, second, *_ = results.learners

    figures = ClassFigures(results)
    table = class_table(results.learners, Style(width=100))
    text = class_page(results)
    own = feedback_page(results, second)

    assert figures.points.n == 2  # the one with a verdict, and the one who handed in nothing
    assert [name for name, _ in figures.ungraded] == [one.learner for one in whole.learners[1:3]]
    assert (figures.chapters[0].handed_in, figures.chapters[0].graded) == (3, 1)
    assert figures.absent == ("learner999",)
    assert [line.split()[1] for line in table[2:4]] == ["?", "?"]
    assert "2 handed in, not graded yet" in text
    assert "handed in, not graded yet" in own
    assert "not handed in" not in own
    assert "10 of them are not decided yet" in own
    assert "not decided yet" not in feedback_page(results, first)


def test_newer_work_that_waits_takes_the_place_of_what_was_graded_before(course: Course) -> None:
    whole = three_of(course)
    keep(whole)
    first, *others = whole.learners
    [report] = first.reports
    again = replace(first, reports=(replace(report, submission_sha256="f" * 64),))
    newer = replace(whole, learners=(again, *others))

    keep(newer, stop_after=0)
    waiting = class_results(course).learners[0]
    keep(newer)
    graded = class_results(course).learners[0]
    keep(whole, stop_after=0)  # the older version once more, found in the store before the kill
    older = class_results(course).learners[0]

    assert (waiting.reports, waiting.ungraded) == ((), ((report.chapter, 10.0),))
    assert (graded.ungraded, graded.reports[0].submission_sha256) == ((), "f" * 64)
    assert (older.ungraded, older.reports[0].submission_sha256) == ((), report.submission_sha256)


def test_work_that_cannot_be_read_has_its_verdict_too(course: Course, report: Report) -> None:
    whole = three_of(course)
    one = whole.learners[0]
    broken = unread(replace(one.reports[0], submission_sha256=""))
    keep(replace(whole, learners=(replace(one, reports=(broken,)),)))

    [learner] = class_results(course).learners

    assert learner.is_settled


def test_a_run_and_what_it_collected_are_written_together_or_not_at_all(course: Course) -> None:
    keep(three_of(course), stop_after=0)

    with Store(course.root / ".brickwork" / STORE_FILE) as store:
        waiting = store.ungraded(["ch02_neuron"])

    assert len(waiting) == 3
