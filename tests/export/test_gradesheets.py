"""Grades go into an instructor's own export, each beside the right name, and every other byte stays."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import made_up_class
from unread_reports import unread

from grader.course.config import find_chapter
from grader.errors import UsageError
from grader.export.blackboard import fill_blackboard
from grader.export.brightspace import fill_brightspace
from grader.export.canvas import fill_canvas
from grader.export.moodle import fill_moodle
from grader.export.spreadsheet import read_sheet
from grader.grading.matching import Person, place
from grader.records import (
    Adjustment,
    AdjustmentKind,
    ClassResults,
    Course,
    ExerciseScore,
    HandIn,
    LearnerResult,
    Member,
    Report,
)

BOM = b"\xef\xbb\xbf"


def graded(course: Course, *earned: tuple[str, str, float]) -> ClassResults:
    """A class in which each learner earned so many points in the chapter of that label."""
    labels = sorted({label for _, label, _ in earned})
    chapters = tuple(find_chapter(course, label) for label in labels)
    learners: dict[str, list[Report]] = {}
    for name, label, points in earned:
        chapter = find_chapter(course, label)
        scores = (ExerciseScore("all", points, chapter.points),)
        learners.setdefault(name, []).append(Report(chapter.stem, chapter.title, "", (), scores))
    return ClassResults(
        course, chapters, tuple(LearnerResult(name, tuple(reports)) for name, reports in learners.items())
    )


# --- cells ------------------------------------------------------------------------------------------------

TEXT = st.text(st.sampled_from('ab é积,;"\n\t=\u2028'), max_size=6)


@given(
    rows=st.lists(st.lists(TEXT, min_size=2, max_size=4), min_size=1, max_size=5),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    mark=st.sampled_from(["", "\ufeff"]),
    trailing=st.booleans(),
)
def test_cells_are_those_that_python_reads_and_unwritten_ones_keep_their_bytes(
    rows: list[list[str]], end: str, quoting: int, mark: str, trailing: bool
) -> None:
    file = io.StringIO()
    header = [f"column {n}" for n in range(4)]
    csv.writer(file, lineterminator=end, quoting=quoting).writerows([header, *rows])
    text = file.getvalue() if trailing else file.getvalue().removesuffix(end)
    data = (mark + text).encode()

    sheet = read_sheet(data, "export.csv")
    rewritten = sheet.written({sheet.rows[-1][0]: 'new, "quoted"'})

    expected = list(csv.reader(io.StringIO(text, newline="")))
    assert [[cell.text for cell in row] for row in sheet.rows] == expected[1:]
    assert list(sheet.header) == expected[0]
    assert sheet.written({}) == data
    again = read_sheet(rewritten, "export.csv")
    assert again.rows[-1][0].text == 'new, "quoted"'
    cell = sheet.rows[-1][0]
    before, after = sheet.text[: cell.start].encode(), sheet.text[cell.end :].encode()
    assert rewritten.startswith(before)
    assert rewritten.endswith(after)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"Student,ID\nFamily\xe901,1\n", "not UTF-8"),
        (b"\xff\xfeS", "not UTF-16"),
        (b"Student,ID\n\x00,1\n", "NUL"),
        (b'Student,ID\n"Family01,1\n', "row 2 opens a quote that is never closed"),
        (b'Student,ID\n"Family01"x,1\n', "row 2 goes on after a closing quote"),
    ],
)
def test_what_is_no_table_in_utf8_is_refused_with_its_place(data: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        read_sheet(data, "export.csv")

    assert caught.value.where == "export.csv"


# --- whose row it is --------------------------------------------------------------------------------------


def person(row: int, *, ids: str = "", logins: str = "", name: str = "") -> Person:
    return Person(row, frozenset(ids.split()), frozenset(logins.split()), name)


@pytest.mark.parametrize(
    ("learner", "row"),
    [
        ("4001", 0),  # an id
        ("family01given01_4001", 0),  # a file that Canvas named
        ("Given01 Family01_4001", 0),  # a file that Moodle named
        ("Group A-Given01 Family01_4001", 0),  # and with groups
        ("_4001", 0),  # whose name had no letter that a file name may have
        ("LOGIN02", 1),  # a login, in any case
        ("login02@example.org", 1),
        ("mailbox03", 2),  # the address without its domain
        ("Given02 Family02", 1),  # a name in the other order
        ("given02family02", 1),
        ("Família02 Given02", None),  # another name
        ("Given03 Familý03", 2),  # accents aside
        ("积木_99", 3),
        ("learner_4001", None),  # a plain folder whose name ends in somebody's number
        ("nobody", None),
    ],
)
def test_a_learner_is_found_by_id_then_login_then_name(learner: str, row: int | None) -> None:
    people = [
        person(0, ids="4001", name="Family01, Given01"),
        person(1, ids="4002", logins="login02 login02@example.org", name="Family02, Given02"),
        person(2, ids="4003", logins="mailbox03@example.org", name="Family03, Given03"),
        person(3, ids="4004", name="积木"),
    ]

    placed, unplaced = place([learner], people)

    assert [one.row for one in placed.values()] == ([] if row is None else [row])
    assert (learner in unplaced) == (row is None)


def test_what_fits_two_rows_or_two_learners_is_named_and_left_alone() -> None:
    people = [
        person(0, ids="1", name="Family, Given"),
        person(1, ids="2", name="Family, Given"),
        person(2, ids="3", logins="login03", name="Family03, Given03"),
        person(3, ids="4", logins="login04", name="Family04, Given04"),
    ]

    placed, unplaced = place(
        ["Given Family", "Given03 Family03", "Family03 Given03", "login04", "Given04 Family04"], people
    )

    assert unplaced == {
        "Given Family": "more than one row fits: 2, 3",
        "Given03 Family03": "row 4 fits Family03 Given03 as well",
        "Family03 Given03": "row 4 fits Given03 Family03 as well",
        "Given04 Family04": "row 5 fits login04 as well",
    }
    assert {learner: one.row for learner, one in placed.items()} == {"login04": 3}


# --- Canvas -----------------------------------------------------------------------------------------------

CANVAS = BOM + (
    b"Student,ID,SIS User ID,SIS Login ID,Section,ch02 Neuron (902),Activations (903),Essay (904),Final Score\r\n"
    b",,,,,,Manual Posting,,\r\n"
    b"    Points Possible,,,,,10.00,10.00,5.00,(read only)\r\n"
    b'"Family01, Given ""G"" 01",4001,S1,learner01,"A, B",,,4.50,80.00\r\n'
    b'"Family02, Given02",4002,S2,learner02,A,7.50,EX,4.50,80.00\r\n'
    b'"=""Family03"", Given03",4003,S3,learner03,A,3.00,N/A,4.50,80.00\r\n'
    b'"Student, Test",4999,,test,A,1.00,2.00,,'
)


def test_canvas_grades_go_into_the_column_named_after_the_chapter_and_nothing_else_moves(
    course: Course,
) -> None:
    results = graded(
        course,
        ("learner01", "ch02", 10.0),
        ("learner01", "ch03", 6.25),
        ("learner02", "ch02", 7.5),
        ("learner02", "ch03", 9.0),
        ("learner03", "ch02", 0.0),
        ("learner03", "ch03", 1.0),
        ("learner99", "ch02", 5.0),
    )

    filled = fill_canvas(results, CANVAS, "grades.csv")

    assert filled.content == CANVAS.replace(b'"A, B",,,', b'"A, B",10,6.25,').replace(
        b"learner03,A,3.00", b"learner03,A,0"
    )
    assert [(one.learner, one.old, one.new) for one in filled.written] == [
        ("learner01", "", "10"),
        ("learner03", "3.00", "0"),
        ("learner01", "", "6.25"),
    ]
    assert filled.unchanged == 1
    assert dict(filled.kept) == {
        "learner02": "excused in Canvas (EX)",
        "learner03": "not assigned to them in Canvas (N/A)",
    }
    assert dict(filled.unplaced) == {"learner99": "no row has this id, login, e-mail or name"}


def test_filling_a_filled_gradebook_again_changes_no_byte(course: Course) -> None:
    results = graded(course, ("learner01", "ch02", 10.0), ("learner03", "ch02", 2 / 3))
    once = fill_canvas(results, CANVAS, "grades.csv").content

    twice = fill_canvas(results, once, "grades.csv")

    assert twice.content == once
    assert (twice.written, twice.unchanged) == ((), 2)


def test_who_handed_in_nothing_keeps_the_cell_as_it_is(course: Course) -> None:
    results = graded(course, ("learner01", "ch02", 10.0), ("learner02", "ch03", 5.0))

    filled = fill_canvas(results, CANVAS, "grades.csv")

    assert [one.learner for one in filled.written] == ["learner01"]
    assert b"learner02,A,7.50,EX" in filled.content


@pytest.mark.parametrize("wanted", ["904", "essay", "Essay (904)"])
def test_an_assignment_is_named_by_its_name_or_number_and_takes_all_chapters(
    course: Course, wanted: str
) -> None:
    results = graded(course, ("learner01", "ch02", 10.0), ("learner01", "ch03", 6.0))

    filled = fill_canvas(results, CANVAS, "grades.csv", assignment=wanted, scale=True)

    [change] = filled.written
    assert (change.column, change.old, change.new) == ("Essay (904)", "4.50", "4")


@pytest.mark.parametrize(
    ("assignment", "what", "step"),
    [
        (
            "Esay",
            "no assignment is called 'Esay'; did you mean Essay?",
            "ch02 Neuron (902), Activations (903)",
        ),
        ("Final Score", "no assignment is called 'Final Score'", "Essay (904)"),
        ("", "no assignment is named after ch05", "Essay (904)"),
    ],
)
def test_an_unknown_assignment_is_answered_with_those_there_are(
    course: Course, assignment: str, what: str, step: str
) -> None:
    results = graded(course, ("learner01", "ch05", 1.0))

    with pytest.raises(UsageError) as caught:
        fill_canvas(results, CANVAS, "grades.csv", assignment=assignment)

    assert what in caught.value.what
    assert step in caught.value.next_step


def test_two_assignments_named_after_one_chapter_are_not_chosen_between(course: Course) -> None:
    data = CANVAS.replace(b"Essay", b"Essay on ch02")

    with pytest.raises(UsageError, match="more than one assignment is named after ch02"):
        fill_canvas(graded(course, ("learner01", "ch02", 1.0)), data, "grades.csv")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"Student,ID", b"Name,ID", "no column Student"),
        (b",Section", b",Group", "no column Section"),
        (b"    Points Possible", b"    Points", "no row 'Points Possible'"),
        (b",10.00,10.00,", b",,10.00,", "does not say out of how many points"),
        (b",10.00,10.00,", b",20.00,10.00,", "the column is out of 20, and ch02 out of 10"),
    ],
)
def test_a_file_that_is_not_canvas_own_or_counts_otherwise_is_refused(
    course: Course, old: bytes, new: bytes, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        fill_canvas(graded(course, ("learner01", "ch02", 1.0)), CANVAS.replace(old, new), "grades.csv")


def test_a_gradebook_with_two_name_columns_and_semicolons_is_filled_with_commas(course: Course) -> None:
    data = (
        b"LastName;FirstName;ID;SIS Login ID;Section;ch02 (902)\n"
        b"    Points Possible;;;;;10,00\n"
        b"Family01;Given01;4001;x1;A;\n"
    )

    filled = fill_canvas(graded(course, ("family01given01_4001", "ch02", 7.5)), data, "grades.csv")

    assert filled.content == data.replace(b";A;\n", b";A;7,5\n")


def test_what_canvas_itself_reads_is_the_grade(course: Course) -> None:
    """Canvas reads with Ruby's CSV, splits like ours, and strips; this reads as it does."""
    results = made_up_class(course, 40)
    labels = [chapter.label for chapter in results.chapters]
    header = ["Student", "ID", "SIS Login ID", "Section", *(f"{label} ({label[2:]})" for label in labels)]
    rows = [header, ["    Points Possible", "", "", "", *(f"{c.points:.2f}" for c in results.chapters)]]
    rows += [
        [f"Family{n}, Given{n}", str(n), one.learner, "A", *("" for _ in labels)]
        for n, one in enumerate(results.learners)
    ]
    file = io.StringIO()
    csv.writer(file).writerows(rows)

    filled = fill_canvas(results, file.getvalue().encode(), "grades.csv")

    read = list(csv.DictReader(io.StringIO(filled.content.decode(), newline="")))[1:]
    for row, one in zip(read, results.learners, strict=True):
        for chapter in results.chapters:
            report = next((r for r in one.reports if r.chapter == chapter.stem), None)
            said = row[f"{chapter.label} ({chapter.label[2:]})"]
            assert abs(float(said) - (0 if report is None else one.points_of(report))) <= 0.01
    assert filled.unplaced == ()


def test_a_gradebook_without_ids_is_matched_by_login_or_name_and_that_is_said(course: Course) -> None:
    data = (
        b"Student,SIS Login ID,Section,ch02 (902)\n"
        b"    Points Possible,,,10\n"
        b'"Family01, Given01",login01,A,\n'
        b'"Family02, Given02",,A,\n'
    )
    results = graded(course, ("login01", "ch02", 7.0), ("Given02 Family02", "ch02", 8.0))

    filled = fill_canvas(results, data, "grades.csv")

    assert filled.content == data.replace(b"login01,A,", b"login01,A,7").replace(b",,A,\n", b",,A,8\n")
    [note] = filled.notes
    assert "no column ID" in note
    assert "SIS login or name" in note


@pytest.mark.parametrize("title", ["ch02 Final Score", "Final Grade of ch02", "Unposted Current Points ch02"])
def test_a_title_that_canvas_passes_over_is_warned_of(course: Course, title: str) -> None:
    data = CANVAS.replace(b"ch02 Neuron", title.encode())

    filled = fill_canvas(graded(course, ("learner01", "ch02", 1.0)), data, "grades.csv")
    plain = fill_canvas(graded(course, ("learner01", "ch02", 1.0)), CANVAS, "grades.csv")

    [note] = filled.notes
    assert "Canvas passes over the column" in note
    assert title in note
    assert plain.notes == ()


# --- Moodle -----------------------------------------------------------------------------------------------

MOODLE = (
    b'Identifier,"Full name","Email address",Status,Grade,"Maximum Grade","Grade can be changed",'
    b'"Last modified (submission)","Last modified (grade)","Feedback comments"\n'
    b'Participant 71,"Given01 Family01",learner01@example.org,"Submitted for grading",,10.00,Yes,-,-,\n'
    b'Participant 72,"Given02 Family02",other@example.org,-,3.00,10.00,Yes,-,-,"<p>Well,\nsee me</p>"\n'
    b'Participant 73,"Given03 Family03",learner03@example.org,-,1.00,10.00,No,-,-,\n'
    b'Participant 74,"Given04 Family04",learner04@example.org,-,4.00,10.00,Yes,-,-,\n'
)


def test_moodle_gets_grades_and_feedback_where_nobody_else_wrote_and_all_else_stays(course: Course) -> None:
    results = graded(
        course,
        ("learner01", "ch02", 7.5),
        ("Given02 Family02_72", "ch02", 9.0),
        ("learner03", "ch02", 9.0),
    )

    filled = fill_moodle(results, MOODLE, "worksheet.csv")

    before, after = (list(csv.reader(io.StringIO(d.decode(), newline=""))) for d in (MOODLE, filled.content))
    grade, feedback = before[0].index("Grade"), before[0].index("Feedback comments")
    assert [row[grade] for row in after[1:]] == ["7.5", "9", "1.00", "4.00"]
    assert after[1][feedback].startswith("Brickwork: ch02_neuron")
    assert [row[feedback] for row in after[2:]] == ["<p>Well,\nsee me</p>", "", ""]
    for old, new in zip(before, after, strict=True):
        rest = [at for at in range(len(old)) if at not in (grade, feedback)]
        assert [new[at] for at in rest] == [old[at] for at in rest]
    assert dict(filled.kept) == {
        "Given02 Family02_72": "has feedback from somebody else, which stays; the grade is written",
        "learner03": "its grade is locked in Moodle",
    }
    twice = fill_moodle(results, filled.content, "worksheet.csv")
    assert twice.content == filled.content


def test_feedback_is_html_that_a_learner_cannot_write(course: Course, report: Report) -> None:
    hostile = replace(report.checks[2], message="=cmd|' /C calc'!A0 <img src=x onerror=alert(1)>\u202e")
    mine = replace(report, chapter="ch03_activations", checks=(*report.checks[:2], hostile))
    mine = unread(mine, "<b>!</b>")
    one = LearnerResult(
        "learner01", (mine,), hand_ins=(HandIn("ch03_activations", late_s=5400, deducted=0.25),)
    )
    results = ClassResults(course, (find_chapter(course, "ch03"),), (one,))

    content = fill_moodle(results, MOODLE, "worksheet.csv").content.decode()

    [row] = [row for row in csv.DictReader(io.StringIO(content, newline="")) if "71" in row["Identifier"]]
    said = row["Feedback comments"]
    assert "<" not in said.replace("<br>", "")
    assert "onerror" in html.unescape(said)
    assert "\u202e" not in said
    assert "1 h 30 min late, 0.25 points off: 0.75 of 3 points" in said
    assert row["Grade"] == "0.75"


def test_decimal_commas_are_answered_with_decimal_commas(course: Course) -> None:
    data = MOODLE.replace(b"10.00", b'"10,00"').replace(b"3.00", b'"3,00"')

    filled = fill_moodle(graded(course, ("learner01", "ch02", 7.5)), data, "worksheet.csv")

    assert b',"7,5","10,00",' in filled.content


def test_another_maximum_is_refused_until_scaling_is_asked_for(course: Course) -> None:
    data = MOODLE.replace(b"10.00", b"100.00")
    results = graded(course, ("learner01", "ch02", 7.5))

    with pytest.raises(UsageError, match="the column is out of 100, and ch02 out of 10") as caught:
        fill_moodle(results, data, "worksheet.csv")
    filled = fill_moodle(results, data, "worksheet.csv", scale=True)

    assert "--scale (5 is then written as 50)" in caught.value.next_step
    assert [one.new for one in filled.written] == ["75"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"Identifier", b"Kennung", "no Identifier"),
        (b",Grade,", b",Bewertung,", "no Grade"),
        (b"Maximum Grade", b"Scale", "not graded in points"),
        (b"other@example.org,-,3.00,10.00", b"other@example.org,-,3.00,12.00", "different maximum grades"),
    ],
)
def test_a_file_that_is_not_moodles_own_is_refused(course: Course, old: bytes, new: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        fill_moodle(graded(course, ("learner01", "ch02", 1.0)), MOODLE.replace(old, new, 1), "worksheet.csv")


GERMAN = (
    b'ID,"Vollst\xc3\xa4ndiger Name",E-Mail-Adresse,Status,Bewertung,Bestwertung,'
    b'"Bewertung kann ge\xc3\xa4ndert werden",'
    b'"Zuletzt ge\xc3\xa4ndert (Abgabe)","Zuletzt ge\xc3\xa4ndert (Bewertung)","Feedback als Kommentar"\n'
    b'Teilnehmer/in71,"Given01 Family01",learner01@example.org,Abgegeben,,"10,00",Ja,-,-,\n'
    b'Teilnehmer/in72,"Given02 Family02",other@example.org,-,"3,00","10,00",Ja,-,-,"siehe mich"\n'
    b'Teilnehmer/in73,"Given03 Family03",learner03@example.org,-,"1,00","10,00",Nein,-,-,\n'
)


def test_a_worksheet_in_another_language_is_read_by_its_places(course: Course) -> None:
    results = graded(
        course, ("learner01", "ch02", 7.5), ("Given02 Family02_72", "ch02", 9.0), ("learner03", "ch02", 9.0)
    )

    filled = fill_moodle(results, GERMAN, "worksheet.csv")

    rows = list(csv.reader(io.StringIO(filled.content.decode(), newline="")))
    assert [row[4] for row in rows[1:]] == ["7,5", "9", "1,00"]
    assert rows[1][9].startswith("Brickwork: ch02_neuron")
    assert rows[2][9] == "siehe mich"
    assert dict(filled.kept)["learner03"] == "its grade is locked in Moodle"
    [note] = filled.notes
    assert "grade=Bewertung" in note
    assert "maximum=Bestwertung" in note
    assert filled.unplaced == ()


def test_where_places_do_not_tell_the_columns_are_asked_for_and_named(course: Course) -> None:
    odd = GERMAN.replace(b"Status", b"Punkte").replace(b"Abgegeben", b"5").replace(b',-,"3', b',5,"3')
    odd = (
        odd.replace(b',-,"1', b',5,"1')
        .replace(b"learner01@example.org", b"")
        .replace(b"other@example.org", b"")
    )
    odd = odd.replace(b"learner03@example.org", b"")
    results = graded(course, ("Given01 Family01", "ch02", 7.5))
    named = {"grade": "Bewertung", "maximum": "6"}

    with pytest.raises(UsageError, match="which column takes the grade cannot be told") as caught:
        fill_moodle(results, odd, "worksheet.csv")
    filled = fill_moodle(results, odd, "worksheet.csv", columns=named)

    assert "--columns grade=HEADING" in caught.value.next_step
    assert [(one.column, one.new) for one in filled.written] == [("Bewertung", "7,5")]


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({"grad": "Bewertung"}, "no column is called grad; did you mean grade?"),
        ({"grade": "Bewertug"}, "has no column Bewertug; did you mean Bewertung?"),
        ({"grade": "11"}, "has no column 11"),
    ],
)
def test_a_mistyped_column_is_answered_with_its_neighbour(
    course: Course, named: dict[str, str], said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        fill_moodle(graded(course, ("learner01", "ch02", 1.0)), GERMAN, "worksheet.csv", columns=named)

    assert said in caught.value.what


def test_short_of_full_marks_is_never_written_as_full(course: Course) -> None:
    filled = fill_moodle(graded(course, ("learner01", "ch02", 9.9999)), MOODLE, "worksheet.csv")

    assert [one.new for one in filled.written] == ["9.99"]


def test_a_class_of_a_thousand_is_placed_in_no_time_worth_waiting_for(course: Course) -> None:
    people = [person(n, ids=str(n), logins=f"l{n}@x.org", name=f"Family{n}, Given{n}") for n in range(1000)]

    placed, unplaced = place([f"Given{n} Family{n}" for n in range(1000)], people)

    assert (len(placed), unplaced) == (1000, {})


# --- excused ----------------------------------------------------------------------------------------------


def excused(course: Course, *stems: str, exercise: str = "") -> ClassResults:
    """learner01 with 6 points of 8 in the second chapter, where 2 are excused, or with whole chapters excused."""
    chapter = find_chapter(course, "ch02")
    why = Adjustment(1, AdjustmentKind.EXCUSE, "teacher", datetime(2026, 1, 1, tzinfo=UTC), "ill", "learner01",
                     chapter.stem, exercise)  # fmt: skip
    report = Report(chapter.stem, chapter.title, "", (), (ExerciseScore("others", 6.0, 8.0),))
    one = LearnerResult("learner01", () if stems else (report,), adjustments=(why,), excused=stems)
    return ClassResults(course, (chapter,), (one,))


def test_an_excused_grade_is_ex_in_canvas_and_stays_so(course: Course) -> None:
    results = excused(course, "ch02_neuron")

    filled = fill_canvas(results, CANVAS, "grades.csv")
    again = fill_canvas(results, filled.content, "grades.csv")

    assert filled.content == CANVAS.replace(b'"A, B",,,', b'"A, B",EX,,')
    assert (again.written, again.unchanged, again.kept) == ((), 1, ())


def test_moodle_has_no_word_for_excused_so_the_cell_stays_and_that_is_said(course: Course) -> None:
    filled = fill_moodle(excused(course, "ch02_neuron"), MOODLE, "worksheet.csv")

    assert filled.content == MOODLE
    assert [name for name, _ in filled.kept] == ["learner01"]


def test_where_a_part_is_excused_the_rest_is_stretched_to_the_columns_maximum(course: Course) -> None:
    filled = fill_canvas(excused(course, exercise="linear"), CANVAS, "grades.csv")

    assert [(one.learner, one.new) for one in filled.written] == [("learner01", "7.5")]


def test_work_under_a_name_that_the_table_lacks_is_placed_by_the_roster(course: Course) -> None:
    results = graded(course, ("folder 7", "ch02", 7.5), ("learner02", "ch02", 1.0), ("nobody", "ch02", 2.0))
    known = (Member("", "4001"), None, Member("", "4002"))
    people = tuple(replace(one, member=m) for one, m in zip(results.learners, known, strict=True))

    filled = fill_canvas(replace(results, learners=people), CANVAS, "grades.csv")

    assert [(one.learner, one.old, one.new) for one in filled.written] == [
        ("folder 7", "", "7.5"),
        ("learner02", "7.50", "1"),
    ]
    assert [name for name, _ in filled.unplaced] == ["nobody"]  # the row is somebody else's


# --- Blackboard and Brightspace ---------------------------------------------------------------------------

BLACKBOARD = (
    '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"Last Access"\t"Availability"\t'
    '"Weighted Total [Total Pts: up to 20 Score] |1"\t"Homework ch08 [Total Pts: 10 Score] |44"\t'
    '"Remarks ch08 [Total Pts: 0 Text] |45"\n'
    '"Family01"\t"Given01"\t"login01"\t"4001"\t"2026-03-01"\t"Yes"\t"5.00"\t""\t""\n'
    '"Family02"\t"Given02"\t"login02"\t"4002"\t"2026-03-01"\t"Yes"\t""\t"In Progress"\t""\n'
    '"Family03"\t"Given03"\t"login03"\t"4003"\t"2026-03-01"\t"Yes"\t""\t"7.00"\t""\n'
)
BRIGHTSPACE = (
    "OrgDefinedId,Username,Last Name,First Name,"
    "ch08 Points Grade <Numeric MaxPoints:10 Weight:5 Category:Homework>,"
    "Sum ch08 Points Grade <Calculated MaxPoints:10>,End-of-Line Indicator\r\n"
    "#4001,#login01,Family01,Given01,,,#\r\n"
    "#4002,#login02,Family02,Given02,9,9,#\r\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_blackboards_gradebook_keeps_its_encoding_and_takes_points(course: Course, encoding: str) -> None:
    data = ("\ufeff" + BLACKBOARD).encode(encoding)
    results = graded(course, ("login01", "ch08", 8.5), ("4002", "ch08", 3), ("Given03 Family03", "ch08", 7))

    filled = fill_blackboard(results, data, "gc.xls")

    lines = filled.content.decode(encoding).split("\n")
    assert lines[1].split("\t")[7:] == ['"8.5"', '""']
    assert lines[2:] == BLACKBOARD.split("\n")[2:]
    assert filled.kept == (("4002", "Blackboard says the attempt is in progress"),)
    assert filled.unchanged == 1


def test_brightspace_takes_points_and_keeps_the_ends_of_its_lines(course: Course) -> None:
    results = graded(course, ("4001", "ch08", 8.5), ("login02", "ch08", 4))

    filled = fill_brightspace(results, BRIGHTSPACE.encode(), "grades.csv")

    assert filled.content.decode() == BRIGHTSPACE.replace("Given01,,", "Given01,8.5,").replace(
        "Given02,9,", "Given02,4,"
    )
    assert [(one.old, one.new) for one in filled.written] == [("", "8.5"), ("9", "4")]


@pytest.mark.parametrize(
    ("fill", "data", "words"),
    [
        (fill_blackboard, BRIGHTSPACE, "not a gradebook from Blackboard"),
        (fill_brightspace, BLACKBOARD, "no export of grades from Brightspace"),
        (fill_blackboard, BLACKBOARD.replace("ch08", "ch09"), "no assignment is named after ch08"),
        (fill_brightspace, BRIGHTSPACE.replace("MaxPoints:10 W", "W"), "does not say out of how many"),
        (fill_blackboard, BLACKBOARD.replace("Pts: 10", "Pts: 100"), "out of 100"),
    ],
)
def test_another_platforms_file_or_scale_is_refused(
    course: Course, fill: Callable[..., object], data: str, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        fill(graded(course, ("4001", "ch08", 8.5)), data.encode(), "export")
