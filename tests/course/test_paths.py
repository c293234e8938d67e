"""The files of a chapter lie where one module says."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course import paths
from grader.records import Course


@pytest.mark.parametrize(
    "file",
    [paths.exercise_file, paths.solution_file, paths.mistakes_file, paths.right_file],
    ids=lambda file: file.__name__,
)
def test_every_chapter_has_its_files(course: Course, file: object) -> None:
    assert [c.stem for c in course.chapters if not file(course.root, c.stem).is_file()] == []  # type: ignore[operator]


def test_the_checks_are_those_of_the_kit_that_runs(course: Course) -> None:
    assert [c.stem for c in course.chapters if not paths.checks_file(c).is_file()] == []


def test_a_course_without_solutions_is_no_checkout(course: Course, tmp_path: Path) -> None:
    (tmp_path / "exercises").mkdir()

    assert paths.is_checkout(course.root)
    assert not paths.is_checkout(tmp_path)
