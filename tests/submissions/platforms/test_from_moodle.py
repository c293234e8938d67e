"""Downloads from Moodle say whose each file is, and when only where the times are no download's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from handed_in import DAY_S, MOODLE, NOON, pairs, put, said, zipped

from grader.records import Course
from grader.submissions.collecting import collect


@pytest.mark.parametrize("packed", [False, True], ids=["unpacked", "zip"])
@pytest.mark.parametrize("kind", list(MOODLE))
def test_a_download_from_moodle(tmp_path: Path, course: Course, kind: str, packed: bool) -> None:
    put(tmp_path / "download", *MOODLE[kind])
    given = zipped(tmp_path / "download", tmp_path / "download.zip") if packed else tmp_path / "download"

    collection = collect([given], course)

    assert pairs(collection) == [
        ("Learner 01_1001", "ch01"),
        ("Learner 01_1001", "ch03"),
        ("Learner 02_1002", "ch03"),
    ]
    assert collection.learners == (
        "Learner 01_1001",
        "Learner 02_1002",
        "Learner 04_1004",
        "Participant_1003",
    )
    assert [note.split(": ")[1] for note in said(collection)] == [
        "neither a .py file nor a notebook",
        "an archive that was handed in is not opened",
    ]


def with_deadlines(course: Course) -> Course:
    """The course with a deadline at noon for every chapter."""
    noon = datetime.fromtimestamp(NOON, UTC)
    return replace(course, chapters=tuple(replace(chapter, deadline=noon) for chapter in course.chapters))


def test_the_times_in_an_archive_count_where_they_differ(tmp_path: Path, course: Course) -> None:
    put(tmp_path / "download", *MOODLE["folders"][:3])
    times = {name: NOON + number * DAY_S for number, name in enumerate(MOODLE["folders"][:3])}

    collection = collect([zipped(tmp_path / "download", tmp_path / "d.zip", times)], with_deadlines(course))

    assert [item.time for item in collection.submissions] == [NOON + DAY_S, NOON, NOON + 2 * DAY_S]
    assert collection.notes == ()


def test_the_moment_of_a_download_makes_nobody_late(tmp_path: Path, course: Course) -> None:
    put(tmp_path / "download", *MOODLE["folders"][:3])
    times = {name: NOON + 9 * DAY_S + number for number, name in enumerate(MOODLE["folders"][:3])}

    collection = collect([zipped(tmp_path / "download", tmp_path / "d.zip", times)], with_deadlines(course))

    assert {item.time for item in collection.submissions} == {None}
    [note] = collection.notes
    assert "times are those of the download" in note
