"""Inputs are fixed by their seed, whether a law is run on them as they are drawn or they are kept for later."""

from __future__ import annotations

import pytest
from hypothesis import assume
from hypothesis import strategies as st

from grader.checking.check import Check
from grader.course.config import find_chapter
from grader.engine.digests import digest
from grader.engine.generation import DRAW, draw_many, run_examples
from grader.engine.inputs_file import Inputs
from grader.engine.suites import suite_for
from grader.records import Course


@pytest.mark.parametrize("label", ["ch01", "ch04", "ch06"])
def test_what_is_kept_is_what_a_run_of_the_check_gets(course: Course, label: str) -> None:
    for check in suite_for(find_chapter(course, label)).checks:
        if not check.inputs:
            continue
        met: list[Inputs] = []
        run_examples(check, lambda met=met, **drawn: met.append(drawn), 7, 12, DRAW)

        drawn = draw_many(check, 7, 12)

        assert len(drawn) == len(met) > 0, check.name
        assert digest(drawn) == digest(met), check.name


@st.composite
def odd(draw: st.DrawFn) -> int:
    number = draw(st.integers(0, 99))
    assume(number % 2)
    return number


def test_what_does_not_keep_its_conditions_is_no_input() -> None:
    check = Check("check_odd", "softmax", "A law.", lambda learner, number: None, {"number": odd()})
    met: list[Inputs] = []
    run_examples(check, lambda **drawn: met.append(drawn), 3, 20, DRAW)

    drawn = draw_many(check, 3, 20)

    assert drawn == met
    assert all(one["number"] % 2 for one in drawn)
