"""The term shows who fell behind and which laws stay hard, is searched and sorted by keyboard, and is in the tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsers import PHONE, look_at, open_browser
from made_up import made_up_class
from stored import check

from grader.cli.report import write_pages
from grader.language import Language, speaking
from grader.records import (
    Cause,
    ClassResults,
    Course,
    ExerciseScore,
    HandIn,
    LearnerResult,
    Outcome,
    Report,
    ReportState,
)
from grader.report.html import class_page, feedback_page, term_page
from grader.report.term import Behind, Place, tables, term_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.xdist_group("pages")


def learner(course: Course, name: str, *shares: float | Place | None) -> LearnerResult:
    """Somebody with these shares of the first chapters; None for what was not handed in."""
    reports, missing, waiting, excused = [], [], [], []
    for chapter, share in zip(course.chapters, shares, strict=False):
        if share is None:
            missing.append((chapter.stem, chapter.points))
        elif share is Place.WAITING:
            waiting.append((chapter.stem, chapter.points))
        elif share is Place.EXCUSED:
            excused.append(chapter.stem)
        else:
            scores = (ExerciseScore("all", chapter.points * float(share), chapter.points),)
            reports.append(Report(chapter.stem, chapter.title, "", (), scores))
    return LearnerResult(
        name, tuple(reports), tuple(missing), ungraded=tuple(waiting), excused=tuple(excused)
    )


def class_of(course: Course, people: Sequence[LearnerResult], chapters: int) -> ClassResults:
    return ClassResults(course, course.chapters[:chapters], tuple(people))


# --- figures ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shares", "behind"),
    [
        ((1, 1, 1, 1), None),
        ((None, None, None, None), Behind.SILENT),
        ((None, Place.WAITING, None, None), None),
        ((None, Place.EXCUSED, None, None), Behind.SILENT),
        ((Place.EXCUSED,) * 4, None),
        ((0.9, 0.9, None, None), Behind.STOPPED),
        ((0.9, None, 0.9, None), Behind.FELL),
        ((0.9, 0.9, Place.EXCUSED, None), Behind.FELL),
        ((0.9, 0.9, 0.9, 0.5), Behind.FELL),
        ((0.5, 0.5, 0.5, 0.9), None),
        ((0.2, 0.2, 0.2, 0.2), None),
    ],
)
def test_who_fell_behind_is_silent_stopped_or_fell(
    course: Course, shares: tuple[float | Place | None, ...], behind: Behind | None
) -> None:
    [found] = term_of(class_of(course, [learner(course, "learner01", *shares)], 4)).learners

    assert found.behind is behind


def test_those_who_need_somebody_first_stand_first(course: Course) -> None:
    people = [
        learner(course, "fell", 0.9, 0.9, 0.9, 0.5),
        learner(course, "fell deeper", 0.9, 0.9, 0.9, 0.1),
        learner(course, "stopped", 1, 1, None, None),
        learner(course, "stopped sooner", 1, None, None, None),
        learner(course, "silent", None, None, None, None),
        learner(course, "well", 1, 1, 1, 1),
    ]

    behind = term_of(class_of(course, people, 4)).behind

    assert [found.one.learner for found in behind] == [
        "silent", "stopped sooner", "stopped", "fell deeper", "fell",
    ]  # fmt: skip


def test_a_chapter_counts_those_who_handed_it_in_and_leaves_out_who_is_excused(course: Course) -> None:
    by_hand = learner(course, "learner05", 0.5)
    by_hand = replace(by_hand, reports=(replace(by_hand.reports[0], state=ReportState.BY_HAND),))
    people = [
        learner(course, "learner01", 1.0),
        learner(course, "learner02", None),
        learner(course, "learner03", Place.WAITING),
        learner(course, "learner04", Place.EXCUSED),
        by_hand,
    ]

    [found] = term_of(class_of(course, people, 1)).chapters

    assert (found.handed_in, found.asked, found.shares.n, found.shares.mean) == (2, 4, 1, 1.0)


def test_a_law_is_hard_by_those_whom_it_judged_and_stays_so_after_another_try(course: Course) -> None:
    chapter = course.chapters[2]

    def with_check(name: str, outcome: Outcome, attempts: int, **fields: Cause) -> LearnerResult:
        report = Report(chapter.stem, "", "", (check("relu", "a", outcome, **fields),), ())
        return LearnerResult(name, (report,), hand_ins=(HandIn(chapter.stem, attempts=attempts),))

    people = [
        with_check("learner01", Outcome.FAILED, 1),
        with_check("learner02", Outcome.FAILED, 3),
        with_check("learner03", Outcome.PASSED, 2),
        with_check("learner04", Outcome.NOT_RUN, 2),
        with_check("learner05", Outcome.FAILED, 2, cause=Cause.UNWRITTEN),
    ]

    [law] = term_of(ClassResults(course, (chapter,), tuple(people))).hardest

    assert (law.judged, law.failing, law.retried, law.still) == (3, 2, 2, 1)


def test_the_tables_say_the_same_and_no_spreadsheet_runs_them(course: Course) -> None:
    people = [learner(course, "=cmd()", 0.5, None), learner(course, "learner02", Place.EXCUSED, 1.0)]

    written = tables(term_of(class_of(course, people, 2)))

    assert sorted(written) == ["chapters.csv", "laws.csv", "learners.csv"]
    rows = list(csv.DictReader(io.StringIO(written["learners.csv"].removeprefix("\ufeff"))))
    first, second = (chapter.stem for chapter in course.chapters[:2])
    assert [(row["learner"], row[first], row[second]) for row in rows] == [
        ("'=cmd()", "0.5", "missing"),
        ("learner02", "excused", "1"),
    ]


# --- the page ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all of these tests."""
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def results(course: Course) -> ClassResults:
    """Thirty learners and three chapters."""
    return made_up_class(replace(course, chapters=course.chapters[7:10]), 30)


@pytest.fixture(scope="module")
def page(results: ClassResults, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page as `brick report` writes it."""
    out = tmp_path_factory.mktemp("term")
    write_pages(results, out)
    return out / "index.html"


def test_how_many_fell_behind_is_said_before_a_list_that_may_be_long(results: ClassResults) -> None:
    term = term_of(results)

    assert f"{len(term.behind)} of {len(results.learners)}. Who handed in nothing" in term_page(results)


def test_the_pages_speak_chinese_and_the_tables_beside_them_stay_english(results: ClassResults) -> None:
    term = term_of(results)
    english = tables(term)

    with speaking(Language.CHINESE):
        term_in_chinese, class_in_chinese = term_page(results), class_page(results)
        assert tables(term) == english

    assert "<h1>这个学期</h1>" in term_in_chinese
    assert "<h1>全班</h1>" in class_in_chinese
    for html in (term_in_chinese, class_in_chinese):
        assert '<html lang="zh">' in html


def test_the_term_page_alone_runs_a_script(results: ClassResults) -> None:
    assert "script-src 'sha256-" in unescape(term_page(results))
    for html in (class_page(results), feedback_page(results, results.learners[0])):
        assert "<script" not in html
        assert "script-src" not in html


def test_the_term_is_searched_by_keyboard(browser: Browser, page: Path) -> None:
    with look_at(browser, page) as seen:
        rows = seen.page.locator("#learners ~ .scroll tbody tr")
        assert rows.filter(visible=True).count() == 30

        seen.page.keyboard.press("/")
        seen.page.keyboard.type("learner007")

        assert rows.filter(visible=True).count() == 1
        assert " of " in seen.page.locator("#found").inner_text()
        seen.page.keyboard.press("Escape")
        assert rows.filter(visible=True).count() == 30
        assert seen.complaints == []


def test_a_table_is_sorted_by_keyboard_with_what_is_no_number_last(browser: Browser, page: Path) -> None:
    with look_at(browser, page) as seen:
        table = seen.page.locator("table.many")
        button = table.locator("thead button").nth(2)

        def column() -> list[float | None]:
            cells = table.locator("tbody tr td:nth-child(3)")
            values = cells.evaluate_all("cells => cells.map(cell => cell.dataset.value)")
            return [float(value) if value else None for value in values]

        button.focus()
        seen.page.keyboard.press("Enter")
        falling = column()
        seen.page.keyboard.press("Enter")

        numbers = [value for value in falling if value is not None]
        assert numbers == sorted(numbers, reverse=True)
        assert falling[: len(numbers)] == numbers
        assert [value for value in column() if value is not None] == sorted(numbers)
        assert table.locator("th[aria-sort]").count() == 1
        assert seen.violations() == []


def test_the_policy_lets_no_other_script_run(browser: Browser, page: Path, tmp_path: Path) -> None:
    html = page.read_text(encoding="utf-8")
    file = tmp_path / "index.html"
    attack = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
    file.write_text(html.replace("<h1>", f"{attack}<h1>", 1), encoding="utf-8")

    with look_at(browser, file) as seen:
        assert seen.page.title() != "taken"
        assert seen.page.locator("#search").is_visible()


def test_without_its_script_the_page_says_the_same(browser: Browser, page: Path, tmp_path: Path) -> None:
    html = page.read_text(encoding="utf-8")
    file = tmp_path / "index.html"
    file.write_text(html.replace("script-src", "x-script-src"), encoding="utf-8")

    with look_at(browser, file, PHONE) as seen:
        assert not seen.page.locator("#search").is_visible()
        assert seen.page.locator("table.many tbody tr").count() == 30
        assert not seen.overflows
