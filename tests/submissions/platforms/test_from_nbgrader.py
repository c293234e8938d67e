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


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01 00:00:00 UTC",
        "0001-01-01 00:00:00 Asia/Tokyo",
        "9999-12-31 23:59:59 America/Los_Angeles",
        "1970-01-01T00:00:00Z",
    ],
)
def test_a_stamp_that_no_calendar_holds_costs_a_note_and_nobody_else(
    tmp_path: Path, course: Course, text: str
) -> None:
    put(tmp_path, NBGRADER[0], "submitted/learner02/ch03_activations/ch03_activations.py")
    stamp = (tmp_path / NBGRADER[0]).with_name("timestamp.txt")
    stamp.write_text(text, encoding="utf-8")
    os.utime(tmp_path / NBGRADER[0], (NOON, NOON))

    collection = collect([tmp_path], course)

    assert [item.learner for item in collection.submissions] == ["learner01", "learner02"]
    assert collection.submissions[0].time == NOON
    assert collection.notes == (f"{stamp} says no time that can be, so the file's own counts",)


@pytest.mark.parametrize(
    "folder",
    [
        "class/learner01",
        "class/learner01/ch03_activations",
        "submitted/learner01/ch03_activations/more",
        "course/submitted/learner01/ch03_activations/more",
    ],
)
def test_a_stamp_that_nbgrader_did_not_write_is_one_more_file_of_the_learners(
    tmp_path: Path, course: Course, folder: str
) -> None:
    put(tmp_path, f"{folder}/ch03_activations.py")
    (tmp_path / folder / "timestamp.txt").write_text("2026-01-01 12:00:00 UTC", encoding="utf-8")
    os.utime(tmp_path / folder / "ch03_activations.py", (NOON, NOON))

    assert only(collect([tmp_path / folder.split("/")[0]], course)).time == NOON


@pytest.mark.parametrize("given", ["submitted", "submitted/learner01", "submitted/learner01/ps5"])
def test_a_stamp_counts_from_wherever_the_folder_is_named(tmp_path: Path, course: Course, given: str) -> None:
    put(tmp_path, NBGRADER[1])
    (tmp_path / NBGRADER[1]).with_name("timestamp.txt").write_text("2026-03-01 12:00 UTC", encoding="utf-8")

    assert only(collect([tmp_path / given], course)).time == NOON
