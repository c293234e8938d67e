"""Pages and cards say what the terminal says, need nothing but themselves, and obey nothing a learner wrote."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from browsers import DESK, PHONE, look_at, open_browser
from hypothesis import given
from hypothesis import strategies as st
from made_up import FAILED_ON, made_up_class
from typer.testing import CliRunner
from unread_reports import unread

from grader.cli import app
from grader.cli.report import write_pages
from grader.errors import UsageError
from grader.records import (
    Adjustment,
    AdjustmentKind,
    Breach,
    Cause,
    CheckResult,
    ClassResults,
    Counterexample,
    Course,
    Curve,
    HandIn,
    LearnerResult,
    Member,
    Note,
    Outcome,
    RecordedCall,
    Refusal,
    Report,
    ReportState,
    SourceLine,
)
from grader.report.html import card_html, class_page, exercise_html, feedback_page, term_page
from grader.report.html.pictures import curve, dots, heat
from grader.report.html.rendering import script
from grader.report.html.values import entries_of, mark_worst
from grader.text import file_names

pytestmark = pytest.mark.xdist_group("pages")

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ESC, BIDI = "\x1b", "\u202e"
HOSTILE = (
    f"</style></title></code><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
    f"<style>body{{display:none}}</style>{ESC}[31m{BIDI}&quot;' onmouseover='x' {{{{ 7*7 }}}} <!-- "
)


class _Reader(HTMLParser):
    """Reads tags and text as a browser would."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if not self.tags or self.tags[-1][0] != "style":
            self.words.append(data)


def read(html: str) -> _Reader:
    """The tags and the text of a page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader


def text_of(html: str) -> str:
    """What a page says, on one line."""
    return " ".join(" ".join(read(html).words).split())


def failed_check(**changes: object) -> CheckResult:
    """A wrong gradient, told apart and recognised."""
    base = CheckResult(
        name="check_gradient",
        exercise="softmax",
        title="The gradient is that of autograd.",
        outcome=Outcome.FAILED,
        weight=1.0,
        message="the gradient is 2.4 at index (0, 2), should be 0.3; it is 8 times the right one (the batch size)",
        hint="The loss already divides by the batch.",
        counterexample=Counterexample(
            inputs=(("seed", "3"),),
            calls=(
                RecordedCall("g = softmax_backward(tensor([[0.1, 0.2, 0.3, 0.4]]), tensor([[1.0, -0.5, 2.0]]))", ""),
            ),
            got="tensor([[0.8, -1.6, 2.4, -1.6]])",
            expected="tensor([[0.1, -0.2, 0.3, -0.2]])",
            index=(0, 2),
            worst="4 of 4 entries differ",
        ),
        diagnosis="The gradient is summed over the batch, not averaged.",
        examples=100,
    )  # fmt: skip
    return replace(base, **changes)  # type: ignore[arg-type]


# --- cards ------------------------------------------------------------------------------------------------


def test_a_card_says_in_order_what_the_terminal_says() -> None:
    html = card_html(failed_check())

    said = text_of(html)
    parts = (
        "FAIL", "The gradient is that of autograd.", "it is 8 times the right one (the batch size)",
        "from grader.replay import *", "g = softmax_backward(", "got", "expected", "4 of 4 entries differ",
        "same result as", "summed over the batch", "Hint", "The loss already divides",
    )  # fmt: skip
    places = [said.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


def test_a_card_marks_the_worst_entry_of_both_values() -> None:
    html = card_html(failed_check())

    assert re.findall(r"<mark[^>]*>([^<]*)</mark>", html) == ["2.4", "0.3"]


def test_a_card_keeps_its_hint_folded_and_names_the_replay_only_where_it_works() -> None:
    closed, told = card_html(failed_check()), card_html(failed_check(), replay=True)

    assert '<details class="brick-hint"><summary>' in closed
    assert "brick replay" not in closed
    assert f"brick replay {failed_check().replay_id}" in told


def test_a_passed_check_is_one_line() -> None:
    html = card_html(failed_check(outcome=Outcome.PASSED, counterexample=None, diagnosis=""))

    assert text_of(html) == "ok The gradient is that of autograd."


def test_a_call_that_cannot_run_is_not_offered_to_be_pasted() -> None:
    call = RecordedCall("softmax(<tensor of shape (300, 300), float64>)", "", runs=False)

    html = card_html(failed_check(counterexample=Counterexample(calls=(call,))))

    assert "&lt;tensor of shape" in html
    assert "grader.replay" not in html


def test_an_exercise_shows_every_check_and_opens_the_first_failure(report: Report) -> None:
    second = replace(report.checks[2], name="check_again", title="A second failure.")
    report = replace(report, checks=(*report.checks, second))

    html = exercise_html(report, "softmax")

    said = text_of(html)
    assert "1 of 4 checks, 0.5 of 1.5 points" in said
    assert all(check.title in said for check in report.checks if check.exercise == "softmax")
    assert "first fix: Rows far from zero stay finite." in said
    assert html.count('<details class="brick-check" open>') == 1
    assert html.count('<details class="brick-check">') == 1
    assert html.index(" open>") < html.index("A second failure.")


def test_an_untouched_exercise_is_to_do_and_shows_no_failures(report: Report) -> None:
    html = exercise_html(report, "log_softmax")

    assert "to do" in text_of(html)
    assert "FAIL" not in text_of(html)
    assert "NotImplementedError" not in html


def test_a_barred_exercise_says_where_and_why_once(report: Report) -> None:
    breach = Breach(7, "torch.softmax", Refusal.ANSWER, ("softmax",), SourceLine(2, 3))
    barred = tuple(
        replace(check, outcome=Outcome.NOT_RUN, cause=Cause.BARRED) if check.exercise == "softmax" else check
        for check in report.checks
    )

    said = text_of(exercise_html(replace(report, breaches=(breach,), checks=barred), "softmax"))

    assert (
        said.count(
            "cell 3, line 2: torch.softmax may not be used here: softmax is built from exp, max and sum here"
        )
        == 1
    )
    assert "what the rules do not allow" not in said


def test_an_unknown_exercise_is_refused(report: Report) -> None:
    with pytest.raises(KeyError, match="sofmax"):
        exercise_html(report, "sofmax")


# --- values and pictures ----------------------------------------------------------------------------------


@given(st.lists(st.lists(st.floats(), min_size=2, max_size=2), min_size=1, max_size=4), st.data())
def test_every_entry_of_a_value_is_found_where_it_stands(
    rows: list[list[float]], data: st.DataObject
) -> None:
    text = f"tensor({rows}, dtype=torch.float32)"
    row, column = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(0, 1))

    entries = entries_of(text)
    before, worst, after = mark_worst(text, (row, column))

    assert entries.whole
    assert [e.index for e in entries.found] == [(r, c) for r in range(len(rows)) for c in range(2)]
    assert repr(rows[row][column]) == worst
    assert before + worst + after == text


@pytest.mark.parametrize(
    ("text", "index", "marked"),
    [
        ("tensor(3.5)", (), "3.5"),
        ("2", (), "2"),
        ("tensor([True, False])", (1,), "False"),
        ("tensor([1.0, 2.0, 3.… (shape (90,))", (1,), "2.0"),
        ("tensor([1.0, 2.0, 3.… (shape (90,))", (2,), ""),
        ("tensor([1.0, 2.0])", (7,), ""),
        ("{'a': 1}", (0,), ""),
        ("empty((0, 3))", None, ""),
        ("", (0,), ""),
    ],
)
def test_the_worst_entry_is_marked_only_where_it_is_seen(
    text: str, index: tuple[int, ...] | None, marked: str
) -> None:
    parts = mark_worst(text, index)

    assert parts[1] == marked
    assert "".join(parts) == text


@pytest.mark.parametrize(
    ("got", "expected", "drawn"),
    [
        ("tensor([0.8, -1.6, 2.4, -1.6])", "tensor([0.1, -0.2, 0.3, -0.2])", True),
        ("tensor([0.1, -0.2, 0.3, -0.2])", "tensor([0.1, -0.2, 0.3, -0.2])", False),
        ("tensor([0.0, 0.0, 0.0, 0.0])", "tensor([1.0, 1.0, 1.0, 1.0])", False),
        ("tensor([0.8, -1.6])", "tensor([0.1, -0.2])", False),
        ("tensor([0.8, nan, 2.4, -1.6])", "tensor([0.1, -0.2, 0.3, -0.2])", False),
        ("tensor([0.8, -1.6, 2.4, -1.6, 1.0])", "tensor([0.1, -0.2, 0.3, -0.2])", False),
        ("tensor([1e308, -1e308, 2.4, -1.6])", "tensor([0.1, -0.2, 0.3, -0.2])", False),
    ],
)
def test_a_picture_is_drawn_only_where_it_says_something(got: str, expected: str, drawn: bool) -> None:
    picture = dots(got, expected)

    assert bool(picture) is drawn
    assert ("4 of 4 entries differ" in picture) is drawn


def test_a_curve_shows_what_came_beside_the_right_function() -> None:
    x = tuple(float(place) for place in range(-6, 7))
    right = tuple(value / 6 for value in x)
    got = (*right[:-2], None, 1000.0)

    picture = curve(Curve(x, got, right))

    assert picture.count("<circle") == 12  # where nothing came there is no dot
    assert "1 of 13 differ" in picture
    assert ">3<" in picture  # a number far out does not flatten the rest: the top is one span above 1
    assert curve(None) == curve(Curve(x, (0.0,) * 13, (0.0,) * 13)) == ""


def test_a_wrong_number_has_its_curve_on_the_card_too(report: Report) -> None:
    steps = Curve((0.0, 1.0, 2.0), (1.0, 1.0, 0.5), (1.0, 0.5, 0.5), over="step")
    failed = report.checks[2]
    assert failed.counterexample is not None
    number = replace(failed, curve=steps, counterexample=replace(failed.counterexample, worst=""))

    assert "over step: — expected" in card_html(number)


@pytest.mark.parametrize(
    ("got", "expected", "drawn"),
    [
        ("tensor([[1.0, 2.0], [3.0, 4.0]])", "tensor([[1.0, 0.0], [0.0, 4.0]])", True),
        ("tensor([[1.0, 2.0], [3.0, 4.0]])", "tensor([[1.0, 2.0], [0.0, 4.0]])", False),  # the text says it
        ("tensor([1.0, 2.0, 3.0, 4.0])", "tensor([1.0, 0.0, 0.0, 4.0])", False),
        ("tensor([[1.0, nan], [3.0, 4.0]])", "tensor([[1.0, 0.0], [0.0, 4.0]])", False),
        ("tensor([[1.0, 2.0], [3.0, 4.0], ...", "tensor([[1.0, 0.0], [0.0, 4.0]])", False),
    ],
)
def test_a_map_is_drawn_where_a_matrix_is_wrong_in_several_places(
    got: str, expected: str, drawn: bool
) -> None:
    picture = heat(got, expected)

    assert bool(picture) is drawn
    assert ("2 of 4 entries differ" in picture) is drawn


# --- one learner's page -----------------------------------------------------------------------------------


@pytest.fixture
def softmax_class(course: Course, report: Report) -> ClassResults:
    """Two learners and two chapters: one handed in late, one handed in nothing."""
    breach = Breach(3, "import os", Refusal.OUTSIDE, ())
    graded = replace(
        report,
        path="/home/teacher/class/learner01/ch03_activations.py",
        breaches=(breach,),
        notes=(Note(SourceLine(9), "only imports, definitions and constants are kept of the top level"),),
        output="hello\n\nworld\n",
        isolation="bwrap",
    )
    zone = timezone(timedelta(hours=2), "CEST")
    chapters = (
        course.chapters[1],
        replace(course.chapters[2], deadline=datetime(2026, 6, 1, 12, tzinfo=zone)),
    )
    late = HandIn("ch03_activations", datetime(2026, 6, 2, 13, tzinfo=UTC), 2, 3, 27 * 3600.0, 0.25)
    one = LearnerResult("learner01", (graded,), (("ch02_neuron", 10.0),), (late,))
    nobody = LearnerResult("learner02", (), (("ch02_neuron", 10.0), ("ch03_activations", 3.0)))
    return ClassResults(course, chapters, (one, nobody))


def test_feedback_tells_points_lateness_attempt_isolation_and_what_is_missing(
    softmax_class: ClassResults,
) -> None:
    html = feedback_page(softmax_class, softmax_class.learners[0])
    said = text_of(html)

    assert "</strong> of 13 points" in html  # `text_of` has a space for every tag
    for part in (
        "0.75 of 13 points",
        "ch02 From a neuron to a network not handed in 0 of 10",
        "2026-06-02 15:00 CEST, attempt 2 of 3",
        "1 d 3 h late, 0.25 points off",
        "isolation bwrap; device cpu",
        "fix softmax in ch03_activations.py, then run: brick check ch03",
        "line 3: import os may not be used here: nothing is read from or written to files",
        "line 9 is not run",
        "hello world",
    ):
        assert part in said


def test_feedback_names_no_other_learner_and_no_place_on_the_instructors_machine(course: Course) -> None:
    path = "/home/teacher/learner02/ch03_activations.ipynb"
    empty = Report("ch03_activations", "Activations", path, (), ())
    report = unread(empty, where=f"{path}, line 5", step="fix that line")
    mine, other = LearnerResult("learner01", (report,)), LearnerResult("learner02", (report,))

    html = feedback_page(ClassResults(course, course.chapters[2:3], (mine, other)), mine)

    assert "learner02" not in html
    assert "/home/teacher" not in html
    assert "where: ch03_activations.ipynb, line 5" in text_of(html)


def test_feedback_after_a_fault_of_the_kit_keeps_its_traceback_to_the_instructor(course: Course) -> None:
    report = Report(
        "ch03_activations",
        "Activations",
        "x.py",
        (),
        (),
        state=ReportState.KIT_FAULT,
        output="Traceback: secret",
    )

    html = feedback_page(
        ClassResults(course, course.chapters[2:3], ()), LearnerResult("learner01", (report,))
    )

    assert "a fault of the kit, not of the submission" in html
    assert "secret" not in html


def test_feedback_cuts_what_is_endless(course: Course, report: Report) -> None:
    flood = "x" * 1_000_000
    example = replace(FAILED_ON, got=flood, expected=flood, calls=(RecordedCall(flood, flood),) * 12)
    checks = tuple(replace(c, message=flood, title=flood, counterexample=example) for c in report.checks)
    report = replace(
        report, checks=checks, notes=(Note(None, flood),) * 900, output=f"{flood[:30_000]}\n" * 3
    )

    html = feedback_page(
        ClassResults(course, course.chapters[2:3], ()), LearnerResult("learner01", (report,))
    )

    assert len(html) < 200_000


# --- hostile text -----------------------------------------------------------------------------------------


@pytest.fixture
def hostile_class(course: Course, report: Report) -> ClassResults:
    """A learner whose every word is an attack, beside one whose words are none."""
    example = Counterexample(
        ((HOSTILE, HOSTILE),), (RecordedCall(HOSTILE, HOSTILE),), HOSTILE, HOSTILE, HOSTILE
    )
    checks = tuple(
        replace(
            check, title=HOSTILE, message=HOSTILE, hint=HOSTILE, diagnosis=HOSTILE, counterexample=example
        )
        for check in report.checks
    )
    breach = Breach(1, HOSTILE, Refusal.NOT_LISTED, ("relu",))
    attacked = replace(
        report, title=HOSTILE, path=HOSTILE, checks=checks, breaches=(breach,), notes=(Note(None, HOSTILE),),
        output=HOSTILE,
        isolation=HOSTILE, device=HOSTILE, kit=HOSTILE, checks_sha256=HOSTILE, submission_sha256=HOSTILE,
    )  # fmt: skip
    broken = unread(attacked, HOSTILE, HOSTILE, HOSTILE)
    decided = tuple(
        Adjustment(number, kind, HOSTILE, datetime(2026, 3, 1, tzinfo=UTC), HOSTILE, HOSTILE, attacked.chapter,
                   points=1.0, comment=HOSTILE, deadline=datetime(2026, 3, 1, tzinfo=UTC))
        for number, kind in enumerate(AdjustmentKind, start=1)
    )  # fmt: skip
    people = (
        LearnerResult(HOSTILE, (attacked,), adjustments=decided, member=Member(HOSTILE, section=HOSTILE)),
        LearnerResult("learner02", (broken,)),
        LearnerResult("learner03", (report,)),
    )
    return ClassResults(replace(course, title=HOSTILE), course.chapters[2:3], people)


def test_hostile_text_is_text_and_nothing_else(hostile_class: ClassResults) -> None:
    report = hostile_class.learners[0].reports[0]
    harmless = replace(
        hostile_class, learners=(hostile_class.learners[2],), course=replace(hostile_class.course, title="x")
    )
    known = {tag for tag, _ in read(class_page(harmless)).tags} | {
        tag for tag, _ in read(feedback_page(harmless, harmless.learners[0])).tags
    }
    known |= {tag for tag, _ in read(term_page(harmless)).tags} | {"h3", "ul", "li", "mark"}

    pages = [feedback_page(hostile_class, one) for one in hostile_class.learners]
    pages += [class_page(hostile_class, {HOSTILE: "feedback/x.html"}), exercise_html(report, "softmax")]
    pages += [term_page(hostile_class).replace(script("term.js"), "")]
    pages += [card_html(check) for check in report.checks]

    for html in pages:
        tags = read(html).tags
        assert {tag for tag, _ in tags} <= known
        assert not any(name.startswith("on") or name == "style" for _, names in tags for name in names)
        assert ESC not in html
        assert BIDI not in html
        assert "49" not in text_of(html).replace("7*7", "")


# --- in a browser -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all of these tests."""
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def written(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of a small class, as `brick report` writes them, with something of everything in them."""
    out = tmp_path_factory.mktemp("reports")
    results = made_up_class(replace(course, chapters=course.chapters[7:9]), 12)
    first, second, *others = results.learners
    report = first.reports[0]
    name = report.exercises[0].name
    breach = Breach(4, "torch.nn", Refusal.ANSWER, (name,))
    gradient = failed_check(exercise=name)
    report = replace(
        report, breaches=(breach,), notes=(Note(SourceLine(9), "it prints"),), output="hello",
        checks=(*report.checks, replace(gradient, exercise=report.exercises[1].name)),
    )  # fmt: skip
    comment = Adjustment(1, AdjustmentKind.COMMENT, "teacher", datetime(2026, 3, 1, tzinfo=UTC), "Well done.",
                         first.learner, report.chapter, comment="Well done.")  # fmt: skip
    first = replace(first, reports=(report, *first.reports[1:]), adjustments=(comment,))
    lost = unread(second.reports[0])
    second = replace(second, reports=(lost, *second.reports[1:]))
    write_pages(replace(results, learners=(first, second, *others)), out)
    return out


@pytest.mark.parametrize(("width", "scheme"), [(DESK, "light"), (PHONE, "dark")])
@pytest.mark.parametrize("name", ["index.html", "class.html", "feedback/learner001.html"])
def test_a_page_is_accessible_fits_and_asks_for_nothing(
    browser: Browser, written: Path, name: str, width: int, scheme: str
) -> None:
    file = written / name

    with look_at(browser, file, width, scheme) as seen:
        assert not seen.overflows
        seen.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        assert not seen.overflows
        lines = "[...document.querySelectorAll('.id code')].map(each => each.getClientRects().length)"
        assert set(seen.page.evaluate(lines)) <= {1}  # what is to be typed stays in one piece
        assert seen.violations() == []
        assert seen.asked == [file.as_uri()]
        assert seen.complaints == []


@pytest.mark.parametrize("colours", ["color: #1a1a1a; background: #fff", "color: #e0e0e0; background: #111"])
def test_a_fragment_is_readable_on_light_and_on_dark_whatever_the_system_prefers(
    browser: Browser, report: Report, tmp_path: Path, colours: str
) -> None:
    body = card_html(failed_check(), replay=True) + exercise_html(report, "softmax")
    file = tmp_path / "notebook.html"
    file.write_text(
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>notebook</title><body style='{colours}'><main><h1>n</h1>{body}</main>",
        encoding="utf-8",
    )

    for scheme in ("light", "dark"):
        with look_at(browser, file, PHONE, scheme) as seen:
            seen.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            assert seen.violations() == []
            assert not seen.overflows


def test_hostile_text_neither_runs_nor_breaks_a_page(
    browser: Browser, hostile_class: ClassResults, tmp_path: Path
) -> None:
    written = write_pages(hostile_class, tmp_path)

    for file in (tmp_path / "index.html", tmp_path / "class.html", *written):
        with look_at(browser, file, PHONE) as seen:
            seen.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            assert seen.page.title() != "taken"
            assert seen.page.locator("main").is_visible()
            assert not seen.overflows
            assert seen.asked == [file.as_uri()]
            assert seen.complaints == []


def test_the_policy_stops_what_the_escaping_might_miss(
    browser: Browser, written: Path, tmp_path: Path
) -> None:
    attack = "<script>document.title='taken'</script><style>main{display:none}</style><img src='http://127.0.0.1:9/x'>"
    file = tmp_path / "class.html"
    page = (written / "class.html").read_text(encoding="utf-8")
    file.write_text(page.replace("<h1>", f"{attack}<h1>", 1), encoding="utf-8")

    with look_at(browser, file) as seen:
        assert seen.page.title() != "taken"
        assert seen.page.locator("main").is_visible()
        assert (
            seen.page.evaluate("getComputedStyle(document.querySelector('table')).borderCollapse")
            == "collapse"
        )
        assert seen.failures == ["csp"]
        assert len(seen.complaints) == 3  # the script, the style and the picture


def test_a_page_is_walked_by_keyboard(browser: Browser, written: Path) -> None:
    with look_at(browser, written / "feedback" / "learner001.html", PHONE) as seen:
        page = seen.page
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the results"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"

        page.locator("details.brick-check:not([open]) > summary").first.focus()
        page.keyboard.press("Enter")

        assert page.evaluate("document.activeElement.parentElement.open")


def test_what_is_folded_on_the_screen_is_on_paper(browser: Browser, written: Path) -> None:
    with look_at(browser, written / "feedback" / "learner001.html") as seen:
        hint = seen.page.locator(".brick-hint > p").first
        assert not hint.is_visible()

        seen.page.emulate_media(media="print")

        assert hint.is_visible()
        assert seen.page.pdf(format="A4")[:5] == b"%PDF-"


# --- brick report -----------------------------------------------------------------------------------------


NAMES = ("ada", "Ada", "../../etc/passwd", "a/b", "a_b", ".hidden", "CON", "nul.txt", "积木 学生_12", "é", "e\u0301",
         "x" * 400, HOSTILE, "", " ")  # fmt: skip


def test_brick_report_writes_the_pages_of_what_was_graded_and_names_the_next_step(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BRICKWORK_SECRET", "pages")
    shutil.copy(course.root / "course.yml", tmp_path)
    stub = (course.root / "exercises" / "ch08_clipping.py").read_text(encoding="utf-8")
    for learner, text in (("learner01", stub), ("learner02", "def clip(:\n")):
        (tmp_path / "class" / learner).mkdir(parents=True)
        (tmp_path / "class" / learner / "ch08_clipping.py").write_text(text, encoding="utf-8")
    (tmp_path / "reports" / "feedback").mkdir(parents=True)
    (tmp_path / "reports" / "feedback" / "gone.html").write_text("old")
    grading = CliRunner().invoke(
        app, ["grade", "class", "--isolation", "plain", "--unsandboxed", "--examples", "1"]
    )

    result = CliRunner().invoke(app, ["report", "-c", "ch08"])

    assert (grading.exit_code, result.exit_code) == (1, 0)
    assert "2 feedback pages in reports/feedback/" in result.stdout
    assert "gone.html is from an earlier run and of nobody in this class" in result.stdout
    assert result.stdout.count("next: ") == 1
    feedback = tmp_path / "reports" / "feedback"
    assert "isolation plain" in text_of((feedback / "learner01.html").read_text(encoding="utf-8"))
    broken = text_of((feedback / "learner02.html").read_text(encoding="utf-8"))
    assert "where: ch08_clipping.py, line 1" in broken
    assert "counts 0: " in text_of((tmp_path / "reports" / "class.html").read_text(encoding="utf-8"))


def test_brick_report_before_anything_is_graded_says_what_to_run(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(course.root / "course.yml", tmp_path)

    result = CliRunner().invoke(app, ["report"])

    assert isinstance(result.exception, UsageError)
    assert "brick grade" in result.exception.next_step
    assert not (tmp_path / "reports").exists()


def test_pages_that_cannot_be_written_are_an_error_with_a_next_step(
    course: Course, report: Report, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    results = ClassResults(course, course.chapters[2:3], (LearnerResult("learner01", (report,)),))

    with pytest.raises(UsageError, match="cannot be written") as caught:
        write_pages(results, tmp_path / "file")

    assert "--out" in caught.value.next_step


def test_file_names_are_safe_and_no_two_alike() -> None:
    names = file_names(NAMES)

    assert set(names) == set(NAMES)
    assert len({name.casefold() for name in names.values()}) == len(NAMES)
    for name in names.values():
        assert re.fullmatch(r"[\w.-]+", name)
        assert not name.startswith(".")
        assert len(name.encode()) < 230
        assert name.split(".")[0].upper() not in ("CON", "NUL")


def test_every_learner_has_a_file_and_the_class_page_links_to_it(
    course: Course, report: Report, tmp_path: Path
) -> None:
    people = tuple(LearnerResult(name, (report,)) for name in NAMES)

    written = write_pages(ClassResults(course, course.chapters[2:3], people), tmp_path)

    assert sorted((tmp_path / "feedback").iterdir()) == sorted(written)
    assert len(set(written)) == len(NAMES)
    links = [
        a["href"] for tag, a in read((tmp_path / "class.html").read_text(encoding="utf-8")).tags if tag == "a"
    ]
    assert {tmp_path / unquote(link) for link in links if link and link.startswith("feedback/")} == set(
        written
    )


def test_a_learner_page_links_to_nothing_of_others(written: Path) -> None:
    html = (written / "feedback" / "learner001.html").read_text(encoding="utf-8")

    links = [a["href"] or "" for tag, a in read(html).tags if tag == "a"]
    assert all(link.startswith("#") for link in links)
    ids = {a["id"] for _, a in read(html).tags if "id" in a}
    assert {link[1:] for link in links} <= ids
    assert not re.findall(r"learner0(?!01)\d\d", html)
    assert "class.html" not in html
