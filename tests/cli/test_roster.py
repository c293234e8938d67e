"""`brick roster` reads who is in the class, and says who is missing and who is unknown; names can be taken away."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from commands import brick
from stored import judged_chapter, publish

from grader.course.config import load_course
from grader.errors import UsageError
from grader.export.rosters import read_members
from grader.grading.store import STORE_FILE, Store
from grader.records import Member

CSV = """name,id,email,section
"Family01, Given01",4001,learner01@example.org,A
"Family02, Given02",4002,learner02@example.org,B
"Family03, Given03",4003,learner03@example.org,B
"""
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,ch03 (902)\r\n"
    ",,,,,Manual Posting\r\n"
    "    Points Possible,,,,,10.00\r\n"
    '"Family01, Given01",4001,S1,learner01,"A, B",\r\n'
    '"Student, Test",4999,,test,A,\r\n'
)
MOODLE = (
    'Identifier,"Full name","ID number","Email address",Status,Group,Grade\n'
    'Participant 71,"Given01 Family01",M-1,learner01@example.org,-,Lab A,\n'
)


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """learner01, learner02 and a stranger have handed in chapter 3; a roster of three lies in class.csv."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BRICKWORK_SECRET", "names")
    monkeypatch.setenv("LOGNAME", "teacher")
    shutil.copy(Path(__file__).parents[2] / "course.yml", tmp_path)
    (tmp_path / "class.csv").write_text(CSV, encoding="utf-8")
    report = judged_chapter(load_course(tmp_path).chapters[2], "relu")
    with Store(tmp_path / ".brickwork" / STORE_FILE) as store:
        for learner in ("learner01", "learner02", "stranger"):
            publish(store, report, learner)
    return tmp_path


def refused(*words: str) -> UsageError:
    error = brick("roster", *words).exception
    assert isinstance(error, UsageError), error
    return error


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CSV, Member("Family01, Given01", "4001", "learner01@example.org", "A")),
        ("First name;Last name;E-Mail\nGiven01;Family01;x@y.org\n", Member("Family01, Given01", email="x@y.org")),
        (CANVAS, Member("Family01, Given01", "4001", "", "A, B", "learner01")),
        (MOODLE, Member("Given01 Family01", "71", "learner01@example.org", "Lab A", "M-1")),
    ],
)  # fmt: skip
def test_a_roster_is_read_from_ones_own_table_and_from_an_lms(text: str, expected: Member) -> None:
    assert read_members(text.encode(), "class.csv")[0] == expected


def test_canvas_own_test_student_is_nobody() -> None:
    assert len(read_members(CANVAS.encode(), "grades.csv")) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour,size\nred,1\n", "no column says who is in the class"),
        ("name,id\n", "nobody is in this file"),
        ("name,id\nA,1\nB,1\n", "rows 2 and 3 are both of 1"),
    ],
)
def test_what_is_no_roster_is_refused(text: str, said: str) -> None:
    Path("other.csv").write_text(text, encoding="utf-8")

    assert said in refused("read", "other.csv").what
    assert "there is no roster" in brick("roster").stdout


def test_a_roster_in_another_encoding_may_come_out_of_a_spreadsheet_program() -> None:
    Path("other.csv").write_bytes("name,id\nFamilie01 Ü,1\n".encode("cp1252"))

    assert "CSV UTF-8" in refused("read", "other.csv").next_step


def test_reading_a_roster_says_who_is_missing_and_who_is_unknown() -> None:
    result = brick("roster", "read", "class.csv")

    assert "3 members in class.csv: 3 new, 0 changed" in result.stdout
    assert "nothing handed in yet: 1: Family03, Given03" in result.stdout
    assert "not in the roster (no row has this id, login, e-mail or name): 1: stranger" in result.stdout
    brick("report")
    page = Path("reports/class.html").read_text(encoding="utf-8")
    assert "Not in the roster (1)" in page
    assert "learner01, Family01, Given01" in page
    assert "4003, Family03, Given03" in page


def test_who_is_not_in_a_newer_file_leaves_only_where_that_is_asked_for() -> None:
    brick("roster", "read", "class.csv")
    Path("newer.csv").write_text(CSV.replace('"Family02, Given02",4002,learner02@example.org,B\n', ""))

    told = brick("roster", "read", "newer.csv")
    stays = json.loads(brick("roster", "--json").stdout)["members"]
    dropped = brick("roster", "read", "newer.csv", "--drop")

    assert "in the roster and not in this file: Family02, Given02" in told.stdout
    assert not any(member["left"] for member in stays)
    assert "left: Family02, Given02" in dropped.stdout


@pytest.mark.parametrize("with_roster", [True, False])
def test_who_leaves_is_in_no_export_and_comes_back_with_all_they_had(with_roster: bool) -> None:
    if with_roster:
        brick("roster", "read", "class.csv")

    def exported() -> str:
        brick("export", "--as", "csv")
        return Path("brickwork-grades.csv").read_text(encoding="utf-8")

    before = exported()
    brick("roster", "drop", "learner02")
    away = exported()
    brick("roster", "add", "learner02")

    assert "learner02" in before
    assert "learner02" not in away
    assert "learner01" in away
    assert exported() == before


def test_whoever_left_is_graded_and_named_and_in_no_table() -> None:
    for learner in ("learner01", "learner02"):
        Path("class", learner).mkdir(parents=True)
        Path("class", learner, "ch02_neuron.py").write_text("def broken(:\n", encoding="utf-8")
    brick("roster", "drop", "learner02")

    result = brick("grade", "class", "--isolation", "plain", "--unsandboxed")

    assert "left the class: 1: learner02; their work is graded and kept, and in no table" in result.stdout
    assert "learner02 " not in result.stdout
    assert not Path("reports/learner02.json").exists()
    brick("roster", "add", "learner02")
    brick("export", "--as", "csv", "-c", "ch02")
    assert "learner02" in Path("brickwork-grades.csv").read_text(encoding="utf-8")


def test_what_was_decided_before_the_first_hand_in_follows_the_learner(workspace: Path) -> None:
    brick("roster", "read", "class.csv")
    brick("adjust", "Family03, Given03", "-c", "ch03", "--comment", "Take your time.")
    course = load_course(workspace)

    with Store(workspace / ".brickwork" / STORE_FILE) as store:
        publish(store, judged_chapter(course.chapters[2]), "learner03")

    brick("report")
    page = Path("reports/feedback/learner03.html").read_text(encoding="utf-8")
    assert "Take your time." in page
    assert "Take your time." in Path("reports/class.html").read_text(encoding="utf-8")
    assert "learner03" not in brick("adjust", "learner03", "--list").stdout  # as it was typed
    assert "Take your time." in brick("adjust", "learner03", "--list").stdout


def test_somebody_is_added_by_hand() -> None:
    brick("roster", "add", "Family04, Given04", "--id", "stranger", "--section", "C")

    found = json.loads(brick("roster", "--json").stdout)

    [member] = found["members"]
    assert (member["learner"], member["name"], member["section"]) == ("stranger", "Family04, Given04", "C")
    assert [one["learner"] for one in found["unknown"]] == ["learner01", "learner02"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("read", "which file is to be read?"),
        ("read nowhere.csv", "the roster cannot be read"),
        ("add", "who is meant?"),
        ("drop learner1", "did you mean learner01?"),
        ("drop learner01 --drop", "--drop goes with read"),
        ("drop learner01 --id 3", "describe one who is added"),
        ("reveal anon-00000000", "nobody stands behind"),
    ],
)
def test_what_nobody_could_have_meant_is_refused(words: str, said: str) -> None:
    assert said in refused(*words.split()).what


def test_pages_and_tables_without_names_have_none_and_lead_back_by_the_secret() -> None:
    brick("roster", "read", "class.csv")
    brick("adjust", "learner02", "-c", "ch03", "--comment", "Look at 0.")

    pages = brick("report", "--anonymous")
    table = brick("export", "--as", "csv", "--anonymous")

    assert (pages.exit_code, table.exit_code) == (0, 0)
    out = Path("reports/anonymous")
    files = [*out.rglob("*.html"), *out.glob("*.csv"), Path("brickwork-grades.csv")]
    texts = [file.read_text(encoding="utf-8") + file.name for file in files]
    assert len(files) == 10  # four learners, the class, the term and its tables, the export
    for text in texts:
        assert not re.search(r"learner0|Family|stranger|400\d", text)
    [commented] = [file.stem for file in files if "Look at 0." in file.read_text() and "anon" in file.stem]
    assert brick("roster", "reveal", commented).stdout == f"{commented}: learner02, Family02, Given02\n"
    assert "learner02" in brick("adjust", commented, "-c", "ch03", "--score", "3", "-r", "x").stdout


def test_what_is_matched_by_name_elsewhere_is_not_exported_without_names() -> None:
    Path("grades.csv").write_text(CANVAS, encoding="utf-8")

    result = brick("export", "--as", "canvas", "--into", "grades.csv", "--anonymous")

    assert isinstance(result.exception, UsageError)
