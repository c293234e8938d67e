"""Whether points follow closeness."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.course.config import find_chapter, load_course
from grader.engine.suites import load_suite
from grader.proof import examinations
from grader.proof.candidates import Kind, right_answers, wrong_answers
from grader.proof.fairness import CLOSE, Closeness, closeness_of, plain_checks
from grader.records import Course


@pytest.mark.parametrize(
    ("agrees", "keeps", "unfair"), [(0.95, 0.4, True), (0.95, 0.5, False), (0.85, None, False)]
)
def test_unfair_is_who_is_nearly_right_and_loses_most(
    agrees: float, keeps: float | None, unfair: bool
) -> None:
    assert Closeness("a mistake", agrees, keeps).is_unfair is unfair


def test_what_others_wait_for_draws_the_plain_inputs() -> None:
    suite = load_suite(find_chapter(load_course(), "ch08"))

    for exercise in ("clip_by_norm", "clip_by_value"):
        plain = plain_checks(suite, exercise)
        waited_for = {needed.name for check in suite.of(exercise) for needed in check.after}
        assert {check.name for check in plain} <= waited_for


def test_a_mistake_is_measured_against_the_solution(course: Course) -> None:
    chapter = find_chapter(course, "ch08")
    solution = next(right_answers(course.root, chapter))
    mistakes = [
        one
        for one in wrong_answers(course.root, chapter, mutate=False)
        if one.kind is Kind.MISTAKE and one.judges == ("clip_by_value",)
    ][:2]

    found = list(closeness_of(chapter, solution, [*mistakes, replace(solution, judges=("clip_by_value",))]))

    assert [one.label for one in found[:2]] == [one.label for one in mistakes]
    assert all(one.agrees < 1 and (one.keeps is None) == (one.agrees < CLOSE) for one in found[:2])
    assert (found[2].agrees, found[2].keeps) == (1.0, 1.0)


def test_the_course_shows_the_ten_that_are_judged_hardest() -> None:
    chapters = {
        "ch01_a": [Closeness(f"a__{keeps}", 0.95, keeps / 100) for keeps in range(30, 90, 10)],
        "ch02_b": [Closeness("b__far", 0.2, None)]
        + [Closeness(f"b__{keeps}", 0.95, keeps / 100) for keeps in range(45, 95, 10)],
    }

    table = examinations._hardest_judged(chapters)

    assert [row[0] for row in table.rows[:4]] == ["a__30", "a__40", "b__45", "a__50"]
    assert len(table.rows) == 10
    assert table.summary == "11 of 12 mistakes are nearly right; none of them keeps less than 30%"
    assert not table.shortfalls
