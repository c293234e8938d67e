"""Times are held against the calendar where they are read, and may be given by hand."""

from __future__ import annotations

import math
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from handed_in import CANVAS, DAY_S, NOON, only, put

from grader.errors import UsageError
from grader.records import Course
from grader.submissions.collecting import collect
from grader.submissions.times import as_datetime, believable, read_time, read_times


@pytest.mark.parametrize("time", [math.nan, math.inf, -math.inf, -1.0, 0, 1e30, None, "2026", b"", []])
def test_what_is_no_time_of_a_course_is_none(time: object) -> None:
    assert believable(time) is None
    assert as_datetime(time) is None


def test_a_time_of_a_course_is_kept() -> None:
    assert believable(NOON) == NOON
    assert as_datetime(NOON) == datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["2026-03-01 12:00:00.123456789 Z", "2026-03-01T13:00:00.123456+01:00", "2026-03-01 12:00:00.123456"],
)
def test_fractions_and_zones_are_read_as_platforms_write_them(text: str) -> None:
    assert read_time(text) == pytest.approx(NOON + 0.123456)


def test_a_file_of_a_year_that_cannot_be_has_no_time(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "learner01/ch03_activations.py")
    os.utime(tmp_path / "learner01" / "ch03_activations.py", (10**11, 10**11))

    assert only(collect([tmp_path], course)).time is None


# --- given by hand ----------------------------------------------------------------------------------------


def times_file(folder: Path, text: str) -> Path:
    """A CSV of times."""
    path = folder / "times.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "learner,chapter,time\nlearner01,ch03,2026-03-01T12:00:00Z\n",
        "\ufeffLearner;Time\r\nlearner01;2026-03-01 13:00 +0100\r\n",
        "time\tlearner\tsection\n2026-03-01 04:00 America/Los_Angeles\tlearner01\tA\n",
        'learner,chapter,time\nlearner01,,2026-01-01T12:00Z\n"learner01","ch03_activations.py",2026-03-01T12:00Z\n',
    ],
)
def test_a_time_that_the_instructor_gives_beats_the_files(tmp_path: Path, course: Course, text: str) -> None:
    put(tmp_path / "class", "learner01/ch03_activations.py")

    times = read_times(times_file(tmp_path, text))

    assert only(collect([tmp_path / "class"], course, times=times)).time == NOON


def test_a_given_time_says_by_how_much_what_a_platform_only_marked(tmp_path: Path, course: Course) -> None:
    put(tmp_path / "class", CANVAS[2])
    times = read_times(times_file(tmp_path, "learner,time\nlearner02_4568,2026-03-02T12:00Z\n"))

    item = only(collect([tmp_path / "class"], course, times=times))

    assert (item.time, item.marked_late) == (NOON + DAY_S, False)


def test_times_for_somebody_who_is_not_there_are_pointed_out(tmp_path: Path, course: Course) -> None:
    put(tmp_path / "class", "learner01/ch03_activations.py")
    times = read_times(times_file(tmp_path, "learner,time\nlearner1,2026-03-02T12:00Z\n"))

    [note] = collect([tmp_path / "class"], course, times=times).notes

    assert note == "times are given for learner1, of whom nothing was found"


@pytest.mark.parametrize(
    ("text", "says", "line"),
    [
        ("", "no columns", ""),
        ("name,when\nlearner01,2026-03-01T12:00Z\n", "no columns", ""),
        ("learner,time\nlearner01,2026-03-01T12:00Z\nlearner02,tomorrow\n", "tomorrow", ", line 3"),
        ("learner,time\nlearner01,2026-03-01T12:00\n", "no time with a zone", ", line 2"),
        ("learner,time\nlearner01,9999-12-31T12:00Z\n", "no time with a zone", ", line 2"),
        ("learner,time\n,2026-03-01T12:00Z\n", "no learner", ", line 2"),
        ("learner,time,chapter\nlearner01,2026-03-01T12:00Z,scheduling\n", "no chapter", ", line 2"),
    ],
)
def test_a_mistyped_file_of_times_is_refused_with_its_line(
    tmp_path: Path, text: str, says: str, line: str
) -> None:
    path = times_file(tmp_path, text)

    with pytest.raises(UsageError, match=says) as caught:
        read_times(path)

    assert caught.value.where == f"{path}{line}"


def test_a_file_of_times_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for path, words in ((tmp_path / "times.csv", "no such file"), (tmp_path, "a folder, not a file")):
        with pytest.raises(UsageError, match=words) as caught:
            read_times(path)
        assert "learner,chapter,time" in caught.value.next_step
