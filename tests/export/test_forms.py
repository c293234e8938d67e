"""Every reader gets a file it can read, with nothing in it that a learner could make it do."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import xmlschema
from junitparser import Error, Failure, JUnitXml, Skipped
from made_up import keep, made_up_class
from typer.testing import CliRunner, Result
from unread_reports import faulty, unread

from grader.cli import app
from grader.course.config import find_chapter, load_course
from grader.errors import UsageError
from grader.export.classroom50 import classroom50
from grader.export.csv import COLUMNS, class_csv
from grader.export.gradescope import gradescope
from grader.export.junit import junit
from grader.export.moodle import fill_moodle
from grader.records import (
    Adjustment,
    AdjustmentKind,
    Breach,
    ClassResults,
    Course,
    HandIn,
    LearnerResult,
    Member,
    Outcome,
    Refusal,
    Report,
)
from grader.text import guarded, points

HERE = Path(__file__).resolve().parents[1]
RUNNER = {
    "CLASSROOM": "course",
    "ASSIGNMENT": "ch03",
    "SUBMISSION_TAG": "submit/2026-06-01T14-32-05Z-a1b2c3d",
    "COMMIT_URL": "https://example.org/commit/1",
    "RELEASE_URL": "https://example.org/release/1",
}


@pytest.fixture
def one(report: Report) -> LearnerResult:
    """A learner with the report of conftest, handed in late, and nothing for chapter 1."""
    late = HandIn("ch03_activations", datetime(2026, 3, 2, 8, tzinfo=UTC), 2, 2, 93_600.0, 0.25)
    return LearnerResult("learner01", (report,), (("ch01_dataloader", 10.0),), (late,))


@pytest.fixture
def results(course: Course, one: LearnerResult) -> ClassResults:
    """A class of this one."""
    chapters = (find_chapter(course, "ch01"), find_chapter(course, "ch03"))
    return ClassResults(course, chapters, (one,))


# --- CSV --------------------------------------------------------------------------------------------------


def read_csv(text: str) -> list[dict[str, str]]:
    """What a program finds that reads the file as Python's documentation says."""
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), dialect="excel"))


def test_csv_has_a_row_for_each_learner_and_chapter_with_nbgraders_columns(results: ClassResults) -> None:
    text = class_csv(results)

    missing, handed_in = read_csv(text)
    assert text.startswith(
        "\ufeffassignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,"
    )
    assert (missing["assignment"], missing["score"], missing["remark"]) == (
        "ch01_dataloader",
        "0",
        "not handed in",
    )
    assert handed_in | {"remark": ""} == dict.fromkeys(COLUMNS, "") | {
        "assignment": "ch03_activations",
        "timestamp": "2026-03-02 08:00:00+00:00",
        "student_id": "learner01",
        "raw_score": "1",
        "late_submission_penalty": "0.25",
        "score": "0.75",
        "max_score": "3",
        "bonus": "0",
    }
    assert handed_in["remark"] == "1 d 2 h late, 0.25 points off"


def test_csv_names_who_is_in_the_roster_by_its_id(results: ClassResults, one: LearnerResult) -> None:
    member = Member("Family, Given", "4001", "learner01@example.edu", login="l01")
    known = replace(results, learners=(replace(one, member=member),))
    by_login = replace(results, learners=(replace(one, member=replace(member, number="")),))

    for rows, number in ((read_csv(class_csv(known)), "4001"), (read_csv(class_csv(by_login)), "l01")):
        for row in rows:
            assert row["student_id"] == "learner01"
            assert (row["last_name"], row["first_name"], row["roster_id"]) == ("Family", "Given", number)


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1", "'＝1"),
        ("-2.5", "-2.5"),
        ("+49", "+49"),
        ("learner01", "learner01"),
        ("", ""),
    ],
)
def test_no_cell_of_a_csv_begins_a_formula(text: str, safe: str) -> None:
    assert guarded(text) == safe


def test_a_learner_cannot_break_out_of_the_csv(
    results: ClassResults, one: LearnerResult, report: Report
) -> None:
    name = '=HYPERLINK("http://x","y"),\n"learner",02\r\n\x1b[31m'
    mine = unread(report, '@x "quoted",\n=second line')
    hostile = replace(one, learner=name, reports=(mine,))

    rows = read_csv(class_csv(replace(results, learners=(hostile,))))

    assert [row["student_id"] for row in rows] == ['\'=HYPERLINK("http://x","y"), "learner",02'] * 2
    assert rows[1]["remark"].startswith('\'@x "quoted", =second line; 1 d 2 h late')
    assert all(set(row) == set(COLUMNS) for row in rows)


def test_what_could_not_be_graded_is_no_zero_in_the_csv(results: ClassResults, one: LearnerResult) -> None:
    rows = read_csv(class_csv(replace(results, learners=(replace(one, reports=()),))))

    said = [(row["raw_score"], row["score"], row["remark"]) for row in rows]
    assert said == [("0", "0", "not handed in"), ("", "", "handed in, not graded yet")]


# --- JUnit ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    """JUnit XML as Ant's reports have it and Jenkins reads it; see the file for its source."""
    return xmlschema.XMLSchema(HERE / "junit.xsd")


def test_junit_has_a_suite_for_each_learner_and_chapter_and_a_case_for_each_check(
    results: ClassResults, schema: xmlschema.XMLSchema
) -> None:
    text = junit(results)

    schema.validate(text)
    handed_in, missing = JUnitXml.fromstring(text.encode())
    assert (handed_in.name, handed_in.tests, handed_in.failures, handed_in.skipped) == (
        "learner01 ch03_activations", 5, 2, 1,
    )  # fmt: skip
    found = {case.name: [type(one) for one in case.result] for case in handed_in}
    assert found == {
        "relu is idempotent.": [],
        "Two equal scores share.": [],
        "Rows far from zero stay finite.": [Failure],
        "The gradient is right.": [Skipped],
        "log_softmax is accurate where softmax underflows.": [Failure],
    }
    known = {one.name: one.value for one in handed_in.properties()}
    assert (known["points"], known["max_points"], known["points of softmax"]) == ("0.75", "3", "0.5 of 1.5")
    [case] = missing
    assert (missing.name, case.result[0].message) == ("learner01 ch01_dataloader", "not handed in")


def test_checks_of_a_file_that_cannot_be_read_are_errors_and_a_passed_one_stays_passed(
    results: ClassResults, one: LearnerResult, report: Report, schema: xmlschema.XMLSchema
) -> None:
    checks = (report.checks[0], replace(report.checks[1], outcome=Outcome.NOT_RUN))
    broken = unread(replace(report, checks=checks))

    text = junit(replace(results, learners=(replace(one, reports=(broken,)),)))

    schema.validate(text)
    suite = next(iter(JUnitXml.fromstring(text.encode())))
    assert [[type(r) for r in case.result] for case in suite] == [[], [Error]]
    assert (suite.errors, suite.failures) == (1, 0)


def test_junit_has_no_character_that_xml_forbids(
    results: ClassResults, one: LearnerResult, report: Report, schema: xmlschema.XMLSchema
) -> None:
    forbidden = [*range(0x20), *range(0x7F, 0xA0), 0xD800, 0xFFFE, 0xFFFF, 0x1FFFF]
    every = "]]>&<\"'" + "".join(map(chr, forbidden))
    failed = replace(report.checks[2], message=every, title=every, counterexample=None, diagnosis=every)
    mine = replace(
        unread(report, every, every, every),
        checks=(failed,),
        breaches=(Breach(1, every, Refusal.NOT_LISTED, ()),),
    )

    text = junit(replace(results, learners=(replace(one, learner=every, reports=(mine,)),)))

    schema.validate(text)
    text.encode()
    case = next(iter(next(iter(JUnitXml.fromstring(text.encode())))))
    assert case.name == "]]>&<\"'"
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", text)


def test_a_whole_class_is_counted_alike_by_junit_and_by_its_reader(
    course: Course, schema: xmlschema.XMLSchema
) -> None:
    results = made_up_class(course, 6)

    text = junit(results)

    schema.validate(text)
    read = JUnitXml.fromstring(text.encode())
    counted = (read.tests, read.failures, read.errors)
    read.update_statistics()
    assert counted == (read.tests, read.failures, read.errors)
    checks = [check for one in results.learners for report in one.reports for check in report.checks]
    assert read.tests == len(checks) + sum(len(one.missing) for one in results.learners)


# --- Gradescope -------------------------------------------------------------------------------------------

FORMATS = ["text", "html", "simple_format", "md", "ansi"]
VISIBILITY = ["visible", "hidden", "after_due_date", "after_published"]
# The fields of Gradescope's documentation of results.json; a field it does not know is an error here.
GRADESCOPE: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["score", "tests"],
    "properties": {
        "score": {"type": "number", "minimum": 0},
        "execution_time": {"type": "number"},
        "output": {"type": "string"},
        "output_format": {"enum": FORMATS},
        "test_output_format": {"enum": FORMATS},
        "test_name_format": {"enum": FORMATS},
        "visibility": {"enum": VISIBILITY},
        "stdout_visibility": {"enum": VISIBILITY},
        "extra_data": {"type": "object"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "status"],
                "dependentRequired": {"score": ["max_score"], "max_score": ["score"]},
                "properties": {
                    "score": {"type": "number", "minimum": 0},
                    "max_score": {"type": "number"},
                    "status": {"enum": ["passed", "failed"]},
                    "name": {"type": "string", "minLength": 1},
                    "name_format": {"enum": FORMATS},
                    "number": {"type": "string"},
                    "output": {"type": "string"},
                    "output_format": {"enum": FORMATS},
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "visibility": {"enum": VISIBILITY},
                    "extra_data": {"type": "object"},
                },
            },
        },
    },
}


def test_gradescope_has_a_test_for_each_exercise_and_the_score_less_lateness(
    results: ClassResults, one: LearnerResult
) -> None:
    fields = gradescope(results, one)

    jsonschema.validate(fields, GRADESCOPE)
    assert fields["score"] == 0.75
    shown = [
        (t.get("number", ""), t["name"], t["score"], t["max_score"], t["status"]) for t in fields["tests"]
    ]
    assert shown == [
        ("", "ch01_dataloader", 0.0, 10.0, "failed"),
        ("3.1", "ch03 relu", 0.5, 0.5, "passed"),
        ("3.2", "ch03 softmax", 0.5, 1.5, "failed"),
        ("3.3", "ch03 log_softmax", 0.0, 1.0, "failed"),
    ]
    assert "1 d 2 h late, 0.25 points off: 0.75 of 3 points" in fields["output"]
    assert "ch01_dataloader: not handed in" in fields["output"]


def test_what_a_learner_reads_on_gradescope_has_the_smallest_input_and_no_command_that_fails_there(
    results: ClassResults, one: LearnerResult
) -> None:
    softmax = gradescope(results, one)["tests"][2]["output"]

    assert softmax.startswith("ok       Two equal scores share.\nFAIL     Rows far from zero stay finite.\n")
    assert "call: softmax(tensor([[1000.0, 0.0]]), dim=-1)" in softmax
    assert "not run  The gradient is right.\n         first fix: Rows far" in softmax
    assert "brick replay" not in softmax


def excused(results: ClassResults, one: LearnerResult, *exercises: str) -> tuple[ClassResults, LearnerResult]:
    """The learner with the first chapter excused: as a whole, or exercise by exercise, and with a word about it."""
    stem, made = "ch01_dataloader", datetime(2026, 3, 1, tzinfo=UTC)
    kinds = [(AdjustmentKind.COMMENT, ""), *((AdjustmentKind.EXCUSE, name) for name in exercises or ("",))]
    decisions = tuple(
        Adjustment(number, kind, "teacher", made, "ill", one.learner, stem, name, comment="get well soon")
        for number, (kind, name) in enumerate(kinds, start=1)
    )
    mine = replace(one, missing=(), excused=(stem,), adjustments=decisions)
    return replace(results, learners=(mine,)), mine


def remarks(results: ClassResults, one: LearnerResult) -> dict[str, str]:
    """What each file says of the first chapter."""
    tests = classroom50(results, one, RUNNER)["tests"]
    header = "Identifier,Email address,Grade,Maximum Grade,Last modified (grade),Feedback comments\n"
    worksheet = f"{header}Participant 71,learner01@example.org,,20.00,-,\n".encode()
    return {
        "csv": read_csv(class_csv(results))[0]["remark"],
        "classroom50": next(t["output"] for t in tests if t["test-name"] == "ch01_dataloader"),
        "gradescope": gradescope(results, one)["output"],
        "moodle": fill_moodle(results, worksheet, "worksheet.csv").content.decode(),
    }


def test_a_chapter_that_was_excused_as_a_whole_is_said_to_be_so_once(
    results: ClassResults, one: LearnerResult
) -> None:
    for file, said in remarks(*excused(results, one)).items():
        assert said.count("excused") == 1, (file, said)
        assert said.index("excused (teacher, 2026-03-01: ill)") < said.index("get well soon"), file


def test_a_chapter_whose_exercises_were_excused_one_by_one_is_said_to_be_excused(
    results: ClassResults, one: LearnerResult
) -> None:
    for file, said in remarks(*excused(results, one, "DataLoader", "encode")).items():
        assert said.count("excused") == 3, (file, said)
        assert said.index("excused") < said.index("DataLoader: excused"), file


def test_a_bonus_exercise_is_shown_on_gradescope_and_counts_nothing(
    results: ClassResults, one: LearnerResult, report: Report
) -> None:
    bonus = replace(report.exercises[1], extra=True)
    mine = replace(report, exercises=(report.exercises[0], bonus))

    fields = gradescope(results, replace(one, reports=(mine,), hand_ins=()))

    jsonschema.validate(fields, GRADESCOPE)
    assert fields["score"] == 0.5
    assert fields["tests"][2]["name"] == "ch03 softmax (bonus)"
    assert "score" not in fields["tests"][2]


def test_a_flood_and_escapes_do_not_reach_gradescope(
    results: ClassResults, one: LearnerResult, report: Report
) -> None:
    flood = tuple(
        replace(report.checks[2], message="x" * 5000 + "\x1b[2J<script>", title=f"{n}") for n in range(200)
    )
    fields = gradescope(results, replace(one, reports=(replace(report, checks=flood),)))

    text = json.dumps(fields, allow_nan=False)

    assert len(text) < 200_000
    assert "\\u001b" not in text
    assert {fields["test_output_format"], fields["output_format"], fields["test_name_format"]} == {"text"}


# --- Classroom 50 -----------------------------------------------------------------------------------------

# As classroom50's schemas/result-v1.schema.json has it, without the fields that its runner stamps afterwards.
CLASSROOM50: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": [
        "schema", "classroom", "assignment", "submission", "commit", "release", "review", "datetime",
        "score", "max-score", "tests",
    ],
    "properties": {
        "schema": {"const": "classroom50/result/v1"},
        **{
            name: {"type": "string", "minLength": 1}
            for name in ("classroom", "assignment", "commit", "release", "review")
        },
        "submission": {"type": "string", "pattern": "^submit/"},
        "datetime": {
            "type": "string",
            "pattern": r"^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$",
        },
        "score": {"type": "integer", "minimum": 0},
        "max-score": {"type": "integer", "minimum": 0},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["test-name", "passed", "score", "max-score"],
                "properties": {
                    "test-name": {"type": "string", "minLength": 1},
                    "passed": {"type": "boolean"},
                    "score": {"type": "integer", "minimum": 0},
                    "max-score": {"type": "integer", "minimum": 0},
                },
            },
        },
    },
}  # fmt: skip


def test_classroom50_gets_whole_hundredths_and_the_points_beside_them(
    results: ClassResults, one: LearnerResult
) -> None:
    fields = classroom50(results, one, RUNNER)

    jsonschema.validate(fields, CLASSROOM50)
    assert (fields["score"], fields["max-score"]) == (75, 1300)
    assert (fields["datetime"], fields["review"]) == ("2026-06-01T14:32:05Z", RUNNER["COMMIT_URL"])
    tests = {test["test-name"]: test for test in fields["tests"]}
    assert list(tests) == [
        "ch03_activations/relu",
        "ch03_activations/softmax",
        "ch03_activations/log_softmax",
        "ch01_dataloader",
        "ch03_activations/lateness",
    ]
    softmax = tests["ch03_activations/softmax"]
    assert (softmax["score"], softmax["max-score"], softmax["points"]) == (50, 150, 0.5)
    assert {test["unit"] for test in tests.values()} == {"1/100 point"}
    assert tests["ch03_activations/lateness"]["points"] == -0.25


def test_no_rounding_makes_full_marks_of_less_and_no_score_is_above_its_maximum(course: Course) -> None:
    results = made_up_class(course, 6)

    for one in results.learners:
        fields = classroom50(results, one, RUNNER)
        jsonschema.validate(fields, CLASSROOM50)
        assert fields["score"] <= fields["max-score"]
        for test in fields["tests"]:
            assert test["score"] <= test["max-score"]
            if test["max-score"]:
                assert (test["score"] == test["max-score"]) == (test["points"] == test["max-points"])


def test_the_submission_instant_does_not_move_and_falls_back_on_the_hand_in(
    results: ClassResults, one: LearnerResult
) -> None:
    odd = classroom50(results, one, RUNNER | {"SUBMISSION_TAG": "submit/2026-99-01T14-32-05Z-a1b2c3d"})
    again = classroom50(results, one, RUNNER)

    assert odd["datetime"] == "2026-03-02T08:00:00Z"
    assert again == classroom50(results, one, RUNNER)


def test_away_from_its_runner_classroom50_is_refused_by_the_name_of_what_is_missing(
    results: ClassResults, one: LearnerResult
) -> None:
    with pytest.raises(UsageError, match="CLASSROOM is not set"):
        classroom50(results, one, {})


# --- the command ------------------------------------------------------------------------------------------


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """The folder of a course in which a class was graded, and the instructor stands in it."""
    shutil.copy(HERE.parent / "course.yml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    course = load_course(tmp_path)
    chapters = (find_chapter(course, "ch02"), find_chapter(course, "ch03"))
    whole = made_up_class(course, 5)
    stems = {chapter.stem for chapter in chapters}
    learners = tuple(
        replace(
            one,
            reports=tuple(report for report in one.reports if report.chapter in stems),
            missing=tuple(pair for pair in one.missing if pair[0] in stems),
        )
        for one in whole.learners
    )
    keep(ClassResults(course, chapters, learners))
    return course


def brick(*words: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(app, ["export", *words])


def test_files_of_ours_have_names_of_their_own_and_go_where_out_says(workspace: Course) -> None:
    outcomes = [
        brick("--as", "csv"),
        brick("--as", "junit", "--out", "."),
        brick("--as", "csv", "--out", "new/a.csv"),
    ]

    assert [outcome.exit_code for outcome in outcomes] == [0, 0, 0]
    assert outcomes[0].stdout == "5 learners, ch02, ch03: brickwork-grades.csv\n"
    rows = read_csv((workspace.root / "brickwork-grades.csv").read_text(encoding="utf-8"))
    assert len(rows) == 10
    assert (workspace.root / "brickwork-junit.xml").is_file()
    assert (workspace.root / "new" / "a.csv").read_bytes() == (
        workspace.root / "brickwork-grades.csv"
    ).read_bytes()


def test_chapters_and_learners_are_chosen_by_name(workspace: Course) -> None:
    outcome = brick("--as", "csv", "-c", "ch03", "--learner", "learner002")

    assert outcome.exit_code == 0
    [row] = read_csv((workspace.root / "brickwork-grades.csv").read_text(encoding="utf-8"))
    assert (row["student_id"], row["assignment"]) == ("learner002", "ch03_activations")


def test_a_file_about_one_learner_asks_which_one(workspace: Course) -> None:
    several = brick("--as", "gradescope")
    unknown = brick("--as", "gradescope", "--learner", "learner02")
    named = brick("--as", "gradescope", "--learner", "learner002")

    assert isinstance(several.exception, UsageError)
    assert "learner001, learner002" in several.exception.next_step
    assert "did you mean learner002?" in str(unknown.exception)
    assert named.exit_code == 0
    jsonschema.validate(json.loads((workspace.root / "results.json").read_text(encoding="utf-8")), GRADESCOPE)


def canvas_export(workspace: Course) -> bytes:
    """What Canvas would export: three of the learners, and somebody else."""
    names = ["learner001", "learner002", "learner003", "stranger"]
    rows = "".join(f'"Family{n}, Given",{n},{name},A,,\n' for n, name in enumerate(names))
    head = "Student,ID,SIS Login ID,Section,ch02 (12),ch03 (13)\n    Points Possible,,,,10,10\n"
    return (head + rows).encode()


def test_an_export_is_filled_beside_itself_and_who_is_not_in_it_is_named(workspace: Course) -> None:
    source = workspace.root / "canvas.csv"
    source.write_bytes(canvas_export(workspace))

    outcome = brick("--as", "canvas", "--into", "canvas.csv")

    assert outcome.exit_code == 1
    assert source.read_bytes() == canvas_export(workspace)
    filled = read_csv((workspace.root / "canvas-graded.csv").read_text(encoding="utf-8"))
    brick("--as", "csv")
    ours = read_csv((workspace.root / "brickwork-grades.csv").read_text(encoding="utf-8"))
    for row in filled[1:4]:
        mine = [one for one in ours if one["student_id"] == row["SIS Login ID"]]
        assert [row["ch02 (12)"], row["ch03 (13)"]] == [one["score"] for one in mine]
    assert [filled[4]["ch02 (12)"], filled[4]["ch03 (13)"]] == ["", ""]
    assert "ch02 -> ch02 (12), out of 10" in outcome.stdout
    for name in ("learner004", "learner005"):
        assert f"  {name}: no row has this id, login, e-mail or name\n" in outcome.stdout


def test_the_export_itself_is_replaced_only_if_out_names_it(workspace: Course) -> None:
    source = workspace.root / "canvas.csv"
    source.write_bytes(canvas_export(workspace))
    source.chmod(0o600)

    brick("--as", "canvas", "--into", "canvas.csv", "--out", "canvas.csv")

    assert source.read_bytes() != canvas_export(workspace)
    assert source.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in workspace.root.iterdir() if "canvas" in path.name) == ["canvas.csv"]


def test_what_the_kit_failed_to_grade_is_no_grade_and_is_named(workspace: Course, report: Report) -> None:
    chapter = find_chapter(workspace, "ch03")
    keep(ClassResults(workspace, (chapter,), (LearnerResult("learner099", (faulty(report),)),)))
    (workspace.root / "canvas.csv").write_bytes(canvas_export(workspace).replace(b"stranger", b"learner099"))
    canvas = ("--as", "canvas", "--into", "canvas.csv", "-c", "ch03")

    refused = brick(*canvas)
    outcome = brick(*canvas, "--partial")
    published = brick("--as", "gradescope", "--learner", "learner099", "-c", "ch03")

    for one in (refused, published):
        assert "1 hand-in of 1 learner not graded yet, so nothing was written" in str(one.exception)
        assert "learner099 ch03 (the kit failed)" in str(one.exception)
    assert not (workspace.root / "results.json").exists()
    assert "left blank, the kit could not grade it: 1: learner099 ch03\n" in outcome.stdout
    assert "learner099,A,,\n" in (workspace.root / "canvas-graded.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--as", "canvas"], "--as canvas fills what is there"),
        (["--as", "csv", "--into", "canvas.csv"], "--as csv has no --into"),
        (["--as", "moodle", "--into", "x.csv", "--assignment", "a"], "--as moodle has no --assignment"),
        (["--as", "csv", "--columns", "grade=x"], "--as csv has no --columns"),
        (["--as", "junit", "--scale"], "--as junit has no --scale"),
        (["--as", "gradescope", "--partial"], "--as gradescope has no --partial"),
        (["--as", "nbgrader", "--into", ".", "--out", "x"], "--as nbgrader has no --out"),
        (["--as", "moodle", "--into", "x.csv", "--columns", "grade"], "grade names no heading"),
        (["--as", "moodle", "--into", "gone.csv"], "the export cannot be read: No such file"),
        (["--as", "canvas", "--into", "."], "the export cannot be read: Is a directory"),
        (["--as", "moodle", "--into", "course.yml"], "this is not a grading worksheet from Moodle"),
        (["--as", "csv", "--out", "course.yml/x.csv"], "the file cannot be written"),
        (["--as", "nbgrader", "--into", "."], "this is not an nbgrader course"),
    ],
)
def test_a_wrong_option_or_file_is_answered_in_words_and_nothing_is_written(
    workspace: Course, words: list[str], what: str
) -> None:
    before = sorted(workspace.root.rglob("*.csv")) + sorted(workspace.root.glob("*"))

    outcome = brick(*words)

    assert isinstance(outcome.exception, UsageError)
    assert what in outcome.exception.what
    assert sorted(workspace.root.rglob("*.csv")) + sorted(workspace.root.glob("*")) == before


def test_points_in_every_file_are_the_same(course: Course) -> None:
    results = made_up_class(course, 3)
    rows = read_csv(class_csv(results))

    for one in results.learners:
        mine = [row for row in rows if row["student_id"] == one.learner]
        assert abs(sum(float(row["score"]) for row in mine) - one.points) <= 0.01 * len(mine)
        assert gradescope(results, one)["score"] == round(one.points, 4)
        assert points(classroom50(results, one, RUNNER)["score"] / 100, one.points + 1) in (
            points(one.points - 0.005), points(one.points), points(one.points - 0.01),
        )  # fmt: skip
