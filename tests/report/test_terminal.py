"""Reports say what fails, on which input and what to do next; nothing a learner wrote can steer the terminal."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from made_up import made_up_class
from unread_reports import unread

from grader.language import Language, speaking
from grader.records import (
    Breach,
    Cause,
    Counterexample,
    Course,
    ExerciseScore,
    LearnerResult,
    Note,
    Outcome,
    Refusal,
    Report,
    SourceLine,
)
from grader.report.class_table import class_summary, class_table
from grader.report.html.cards import exercise_html
from grader.report.terminal import Step, Style, focused_exercise, overview, render, table
from grader.serialization import as_dict, as_learner_dict, dumps, from_dict
from grader.text import clean, clean_line, fit, points, width_of, wrap

ESC = "\x1b"


# --- text -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (f"{ESC}[31mred{ESC}[0m", "red"),
        (f"{ESC}[2J{ESC}[Hgone", "gone"),
        (f"{ESC}]0;title\x07text", "text"),
        (f"{ESC}]8;;http://x{ESC}\\link{ESC}]8;;{ESC}\\", "link"),
        (f"{ESC}]0;never ended\nnext line", "\nnext line"),
        (f"{ESC}c{ESC}(Breset", "reset"),
        ("\x9b31mred\x9d0;title\x07text", "redtext"),
        ("over\rwritten\r\nnext", "over\nwritten\nnext"),
        ("abc\u202edcba\u2066x\u2069\u200f", "abcdcbax"),
        ("in\u200bvis\ufeffible\u00ad\U000e0041", "invisible"),
        ("back\b\b\bspace\x00\x7f", "backspace"),
        ("half \ud800 pair", "half  pair"),
        ("z\u0300\u0301\u0302\u0303\u0304\u0305algo", "z\u0300\u0301\u0302algo"),
        ("积木 ± é\tπ\n", "积木 ± é\tπ\n"),
    ],
)
def test_clean_drops_what_a_terminal_would_obey(written: str, shown: str) -> None:
    assert clean(written) == shown


@given(st.text(st.characters()))
@example(f"{ESC}{ESC}[31m[31m")
@example(f"{ESC}[{ESC}[31m31m")
def test_clean_leaves_nothing_unseen_and_changes_nothing_twice(text: str) -> None:
    cleaned = clean(text)

    assert all(c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs") for c in cleaned)
    assert clean(cleaned) == cleaned


@given(st.text(st.sampled_from("ab 积木é\u0301👍\t\n"), max_size=80), st.integers(20, 60))
def test_wrap_keeps_the_words_within_the_width(text: str, width: int) -> None:
    lines = wrap(text, width, indent="    ")

    assert all(width_of(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_fit_counts_chinese_characters_as_two_columns() -> None:
    assert fit("积木积木", 8) == "积木积木"
    assert fit("积木积木", 7) == "积木积…"
    assert fit("积木积木", 6) == "积木…"


@pytest.mark.parametrize(
    ("value", "out_of", "written"),
    [
        (1.5, 3, "1.5"),
        (10, 10, "10"),
        (2 / 3, 1, "0.67"),
        (9.999, 10, "9.99"),
        (0, 10, "0"),
        (10, None, "10"),
    ],
)
def test_points_are_short_and_never_rounded_up_to_full_marks(
    value: float, out_of: float | None, written: str
) -> None:
    assert points(value, out_of) == written


# --- the terminal -----------------------------------------------------------------------------------------


def test_a_report_shows_the_failure_its_input_both_values_the_hint_and_one_next_step(report: Report) -> None:
    text = render(report)

    assert text == (
        "ch03_activations  Activations\n"
        "\n"
        "  ok       relu                                 1 of 1 checks, 0.5 of 0.5 points\n"
        "  FAIL     softmax                              1 of 3 checks, 0.5 of 1.5 points\n"
        "  to do    log_softmax                              0 of 1 checks, 0 of 1 points\n"
        "\n"
        "2 of 5 checks, 1 of 3 points\n"
        "\n"
        "softmax\n"
        "  ok       Two equal scores share.\n"
        "  not run  1 check, waiting for what fails\n"
        "  FAIL     Rows far from zero stay finite.\n"
        "           the result has NaN where a number belongs; 1 of 2 entries differ\n"
        "           call: softmax(tensor([[1000.0, 0.0]]), dim=-1)\n"
        "           got tensor([[nan, 0.0]]), expected tensor([[1.0, 0.0]])\n"
        "           step into it: brick replay f0ab7a\n"
        "           hint: Subtract the largest entry along dim before exp.\n"
        "\n"
        "next: fix softmax in exercises/ch03_activations.py, then run: brick check ch03\n"
    )


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_a_report_stays_within_the_terminal(report: Report, width: int) -> None:
    lines = render(report, Style(width=width)).splitlines()

    assert max(map(width_of, lines)) <= width


def test_colour_repeats_the_words_and_says_nothing_of_its_own(report: Report) -> None:
    coloured, plain = render(report, Style(colour=True)), render(report)

    assert ESC in coloured
    assert clean(coloured) == plain


def test_a_started_exercise_comes_before_an_untouched_one(report: Report) -> None:
    stub, *_ = [result for result in report.checks if result.exercise == "log_softmax"]
    relu_untouched = replace(
        report, checks=(replace(stub, name="check_relu", exercise="relu"), *report.checks[1:])
    )

    assert focused_exercise(relu_untouched) == "softmax"
    assert "write" not in render(relu_untouched).splitlines()[-1]


def test_an_untouched_chapter_says_to_write_its_first_exercise(report: Report) -> None:
    stub = report.checks[-1]
    untouched = replace(report, checks=tuple(replace(stub, exercise=s.name) for s in report.exercises))

    text = render(untouched)

    assert text.count("to do") == 3
    assert "FAIL" not in text
    assert text.endswith("next: write relu in exercises/ch03_activations.py, then run: brick check ch03\n")


def test_a_whole_report_has_no_next_step(report: Report) -> None:
    passed = tuple(replace(result, outcome=Outcome.PASSED) for result in report.checks)
    scores = tuple(replace(score, points=score.max_points) for score in report.exercises)

    text = render(replace(report, checks=passed, exercises=scores))

    assert text.endswith("\n5 of 5 checks, 3 of 3 points\n")
    assert "next:" not in text


def test_a_refused_file_is_one_error_and_not_one_per_check(report: Report) -> None:
    waiting = tuple(replace(result, outcome=Outcome.NOT_RUN) for result in report.checks)
    scores = tuple(replace(score, points=0.0) for score in report.exercises)

    refused = replace(report, checks=waiting, exercises=scores)
    what = "Python cannot read the file: '(' was never closed"

    text = render(unread(refused, what, "a.py, line 12", "fix that line"))

    assert text.splitlines()[2:] == [
        "error: Python cannot read the file: '(' was never closed",
        "  where: a.py, line 12",
        "  next:  fix that line",
        "",
        "0 of 5 checks, 0 of 3 points",
    ]


def test_a_breach_stands_beside_the_exercises_it_bars_and_its_reason_above_the_next_step(
    report: Report,
) -> None:
    breach = Breach(12, "torch.softmax", Refusal.ANSWER, ("softmax", "log_softmax"))

    text = render(replace(report, breaches=(breach,)), Style(width=100))

    reason = "line 12: torch.softmax may not be used here: softmax is built from exp, max and sum here"
    lines = text.splitlines()
    assert text.count(reason) == 1
    assert lines.index(f"  FAIL     {reason}") > lines.index("softmax")
    for name in breach.exercises:
        [place] = [number for number, line in enumerate(lines) if f" {name} " in line and "points" in line]
        assert lines[place + 1].strip() == "line 12: torch.softmax"
    assert "next: write softmax without torch.softmax in" in text


def test_a_learners_text_cannot_forge_lines_of_the_report(report: Report) -> None:
    forged = f"x{ESC}[2J\n10 of 10 checks, 10 of 10 points\nnext: nothing\u202e"
    softmax = replace(
        report.checks[2],
        message=forged,
        counterexample=Counterexample(inputs=(("x", forged),), got=forged, expected=forged, worst=forged),
    )

    lines = render(replace(report, checks=(softmax,), output=forged)).splitlines()

    assert ESC not in "".join(lines)
    assert "\u202e" not in "".join(lines)
    assert [line for line in lines if line.startswith(("10 of", "next: nothing"))] == []


def test_an_overview_has_a_line_per_chapter_and_the_sum(report: Report) -> None:
    whole = Report(
        "ch01_dataloader", "Data", "a.py", (replace(report.checks[0]),), (ExerciseScore("relu", 10, 10),)
    )

    lines = overview((whole, report), Style()).splitlines()

    assert lines[0].startswith("  ok       ch01_dataloader")
    assert lines[1].endswith("1 of 3 points")
    assert lines[-1] == "1 of 2 chapters, 11 of 13 points"


# --- a class ----------------------------------------------------------------------------------------------


def test_a_class_table_has_a_row_per_learner_and_says_why_a_score_is_odd(report: Report) -> None:
    broken = unread(replace(report, exercises=()), "Python cannot read the file: '(' was never closed", "x")
    learners = [
        LearnerResult("learner01", (report,), (("ch04_losses", 10.0),)),
        LearnerResult("learner02", (broken, replace(report, chapter="ch04_losses"))),
    ]

    lines = class_table(learners, Style())

    assert lines[0].split() == ["learner", "ch03", "ch04", "points", "of"]
    assert lines[1].split() == ["learner01", "1", "-", "1", "13"]
    assert lines[2].split() == ["learner02", "0!", "1", "1", "3"]
    assert lines[-1] == "! learner02 ch03: Python cannot read the file: '(' was never closed"


def test_a_class_table_of_many_chapters_fits_a_narrow_terminal(report: Report) -> None:
    reports = tuple(replace(report, chapter=f"ch{n:02}_x") for n in range(1, 13))

    lines = class_table([LearnerResult("a learner with quite a long name 积木", reports)], Style(width=60))

    assert max(map(width_of, lines)) <= 60
    assert lines[1].split()[-2:] == ["12", "36"]


def test_a_table_cuts_only_its_first_column() -> None:
    lines = table(("name", "points"), [("x" * 50, "12.5")], width=30)

    assert lines == ["name" + " " * 18 + "  points", "x" * 21 + "…" + "    12.5"]


def test_every_cell_that_was_left_out_is_named_and_scratch_work_counted(report: Report) -> None:
    cells = tuple(Note(SourceLine(1, cell), "not Python", always=True) for cell in range(1, 6))
    scratch = tuple(Note(SourceLine(1, cell), "scratch work") for cell in range(6, 9))

    text = render(replace(report, notes=cells + scratch))

    assert [f"note: cell {cell}, line 1 is not run: not Python" in text for cell in range(1, 6)] == [True] * 5
    assert "note: 3 more like these" in text
    assert "scratch work" not in text


# --- JSON -------------------------------------------------------------------------------------------------


def test_json_comes_back_as_the_same_report(report: Report) -> None:
    full = replace(
        unread(report, "what", "where", "step"),
        breaches=(Breach(3, "open", Refusal.OUTSIDE, ("softmax",), SourceLine(2, 3)),),
        notes=(Note(SourceLine(2, 3), "it prints"), Note(None, "another file", always=True)),
        output="hi\n",
    )

    assert from_dict(json.loads(dumps(as_dict(full)))) == full


def test_json_carries_its_schema_and_the_totals(report: Report) -> None:
    data = as_dict(report)

    assert data["schema"] == "brickwork/report/v2"
    assert (data["points"], data["max_points"], data["passed"]) == (1.0, 3.0, False)
    assert (data["checks_passed"], data["checks_listed"]) == (2, 5)


def test_json_of_another_schema_is_refused(report: Report) -> None:
    with pytest.raises(ValueError, match="expected schema brickwork/report/v2, found 'brickwork/report/v9'"):
        from_dict(as_dict(report) | {"schema": "brickwork/report/v9"})


@pytest.mark.parametrize(
    "broken",
    [
        {"points": None, "checks": None},
        {"seconds": "long"},
        {"state": "graded well"},
        {"breaches": [{"line": 1}]},
        {"exercises": [["softmax", 1.0, 1.0]]},
    ],
)
def test_json_with_a_value_of_another_type_is_refused(report: Report, broken: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"Expected|Invalid|required"):
        from_dict(as_dict(report) | broken)


def test_json_without_a_field_is_refused(report: Report) -> None:
    data = as_dict(report)
    del data["breaches"]

    with pytest.raises(ValueError, match="no breaches in the report"):
        from_dict(data)


def test_json_drops_control_characters_of_the_learner(report: Report) -> None:
    written = dumps(as_dict(replace(report, output=f"{ESC}[31mred\u202e\ud800")))

    assert json.loads(written)["output"] == "red"
    written.encode("utf-8")


def test_json_of_a_learner_holds_every_report_and_what_is_missing(report: Report) -> None:
    data = as_learner_dict(LearnerResult("learner01", (report,), (("ch04_losses", 10.0),)))

    assert data["schema"] == "brickwork/learner/v2"
    assert (data["points"], data["max_points"], data["missing"]) == (1.0, 13.0, ["ch04_losses"])
    assert [item["chapter"] for item in data["reports"]] == ["ch03_activations"]


def test_a_line_of_text_is_cut_at_its_limit() -> None:
    assert clean_line("a  b\nc" * 9, limit=8) == "a b ca …"


def test_a_class_of_300_and_twelve_chapters_fits_a_screen_and_counts_who_was_late(course: Course) -> None:
    results = made_up_class(course, 300)
    late = [one for learner in results.learners for one in learner.hand_ins if one.late_s > 0]

    lines = class_summary(results, Style(width=80))

    assert len(lines) <= 20
    assert max(width_of(line) for line in lines) <= 80
    assert [line.split()[0] for line in lines[:13]] == ["chapter", *(one.label for one in course.chapters)]
    assert any(line.startswith(f"late: {len(late)} hand-ins, ") for line in lines)
    assert not any("learner0" in line for line in lines)


def test_a_function_that_is_not_there_is_told_once(report: Report) -> None:
    lost = replace(report.checks[2], cause=Cause.MISSING, message="softmax", counterexample=None)
    checks = (
        report.checks[0],
        lost,
        *(replace(lost, name=f"check_{k}", title=f"Law {k}.") for k in range(5)),
    )
    without = replace(report, checks=checks, exercises=report.exercises[:2])

    text = render(without, Style(cards=99))

    assert text.count("the file does not define softmax") == 1
    assert "FAIL     5 checks more, for the same reason" in text
    assert "Law 3." not in text
    assert "0 of 6 checks" in text


def test_a_function_that_is_not_there_is_told_once_on_a_page(report: Report) -> None:
    lost = replace(report.checks[2], cause=Cause.MISSING, message="softmax", counterexample=None)
    checks = (lost, *(replace(lost, name=f"check_{k}", title=f"Law {k}.") for k in range(5)))

    page = exercise_html(replace(report, checks=checks), "softmax")

    assert page.count("the file does not define softmax") == 1
    assert "5 checks more, for the same reason" in page
    assert "0 of 6 checks" in page


def test_all_cards_are_those_of_every_failing_exercise_and_the_first_to_mend_is_last(report: Report) -> None:
    named = replace(report.checks[2], diagnosis="The known name.")
    deeper = replace(named, name="check_2", title="A deeper law.")
    other = replace(named, name="check_3", exercise="relu", title="A law of relu.", diagnosis="Another name.")
    failing = replace(report, checks=(other, named, deeper, *report.checks[4:]))

    text = render(failing, Style(cards=99))
    alone = render(failing, Style())

    places = [text.index(f"FAIL     {law}") for law in ("A deeper law.", "Rows far from", "A law of relu.")]
    assert focused_exercise(failing) == "relu"
    assert places == sorted(places)
    assert text.count("The known name.") == text.count("Another name.") == 1
    assert "Rows far from" not in alone


@pytest.mark.parametrize(
    ("language", "label"), [(Language.ENGLISH, "next: "), (Language.CHINESE, "下一步：")]
)
def test_a_step_that_is_broken_goes_on_below_its_own_words(language: Language, label: str) -> None:
    step = Step("fix every block of this chapter that somebody has written", "brick check ch03")
    with speaking(language):
        first, *below = step.lines(40)
    assert first.startswith(f"{label}fix")
    assert {len(line) - len(line.lstrip()) for line in below} == {width_of(label)}
