"""nbgrader's course folder is read as nbgrader lays it out, with the times that it wrote."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from handed_in import NBGRADER, NOON, only, pairs, put

from grader.records import Course
from grader.submissions.collecting import collect


@pytest.mark.parametrize("given", [".", "submitted"])
def test_nbgrader_by_the_course_or_by_submitted(tmp_path: Path, course: Course, given: str) -> None:
    put(tmp_path, *NBGRADER)

    collection = collect([tmp_path / given], course)

    assert pairs(collection) == [("learner01", "ch03"), ("learner01", "ch05")]
    assert collection.learners == ("learner01", "learner02")


@pytest.mark.parametrize(
    "given",
    ["learner01", "learner01/ps5", "learner01/ps5/ch05_optimizers.ipynb", "learner01/ch03_activations"],
)
def test_a_part_of_nbgraders_folders_still_is_its_learners(
    tmp_path: Path, course: Course, given: str
) -> None:
    put(tmp_path, *NBGRADER)

    assert set(collect([tmp_path / "submitted" / given], course).learners) == {"learner01"}


def test_nbgrader_from_inside_its_folder(
    tmp_path: Path, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, *NBGRADER)
    monkeypatch.chdir(tmp_path / "submitted")

    assert pairs(collect([Path()], course)) == [("learner01", "ch03"), ("learner01", "ch05")]


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01 12:00:00.000000 UTC",
        "2026-03-01 04:00:00.000000 America/Los_Angeles",
        "2026-03-01 13:00:00.000000 +0100",
        "2026-03-01 12:00:00",
        "2026-03-01T12:00:00Z\n",
    ],
)
def test_the_time_that_nbgrader_wrote_beats_the_files(tmp_path: Path, course: Course, text: str) -> None:
    put(tmp_path, NBGRADER[0])
    stamp = (tmp_path / NBGRADER[0]).with_name("timestamp.txt")
    stamp.write_text(text, encoding="utf-8")

    assert only(collect([tmp_path / "submitted"], course)).time == NOON


@pytest.mark.parametrize("text", ["", "yesterday", "2026-03-01 12:00:00 Nowhere/At_all", "\x00" * 3000])
def test_a_stamp_that_says_nothing_leaves_the_files_own_time(
    tmp_path: Path, course: Course, text: str
) -> None:
    put(tmp_path, NBGRADER[0])
    (tmp_path / NBGRADER[0]).with_name("timestamp.txt").write_text(text, encoding="utf-8")
    os.utime(tmp_path / NBGRADER[0], (NOON, NOON))

    assert only(collect([tmp_path / "submitted"], course)).time == NOON
