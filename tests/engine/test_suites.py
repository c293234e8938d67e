"""The checks of a chapter, and what a sandbox is to have ready for them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sandboxes import CHECKOUT

from grader.course.config import find_chapter, load_course
from grader.engine.suites import needs_fake_tensors


@pytest.mark.parametrize(
    ("labels", "needed"),
    [(["ch03"], True), (["ch01", "ch05", "ch09", "ch12"], False), (["ch05", "ch08"], True), ([], False)],
)
def test_fake_tensors_are_needed_where_a_law_is_about_devices(labels: list[str], needed: bool) -> None:
    course = load_course(CHECKOUT)

    assert needs_fake_tensors(find_chapter(course, label) for label in labels) is needed


def test_only_the_exercises_that_a_course_has_count() -> None:
    chapter = find_chapter(load_course(CHECKOUT), "ch06")
    without = tuple(
        one for one in chapter.exercises if not needs_fake_tensors([replace(chapter, exercises=(one,))])
    )

    assert without
    assert not needs_fake_tensors([replace(chapter, exercises=without)])
