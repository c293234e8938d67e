"""Of every learner the attempt that counts is read from the store, with lateness taken off."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from unread_reports import unread

from grader.course.config import find_chapter
from grader.errors import UsageError
from grader.grading.gradebook import class_results, publish
from grader.grading.lateness import lateness
from grader.grading.store import STORE_FILE, Settings, Store
from grader.records import (
    Chapter,
    Counts,
    Course,
    ExerciseScore,
    HandIn,
    LatePolicy,
    LearnerResult,
    Problem,
    Report,
)
from grader.report.class_table import class_table
from grader.report.terminal import Style
from grader.submissions.collecting import HandedIn
from grader.submissions.files import File

DEADLINE = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY_S = 86_400
AS_USUAL = Settings("bwrap", None, "cpu")


@pytest.fixture
def workspace(tmp_path: Path, course: Course) -> Course:
    """The course with an empty workspace; chapter 3 has a deadline and lateness costs a tenth a day."""
    chapters = tuple(
        replace(chapter, deadline=DEADLINE) if chapter.label == "ch03" else chapter
        for chapter in course.chapters
    )
    late = LatePolicy(grace_min=30, percent_per_day=10, cap_percent=50)
    return replace(course, root=tmp_path, chapters=chapters, late=late)


def verdict_of(chapter: Chapter, points: float, version: str) -> Report:
    """A report that gives so many points on one version of a file."""
    scores = (ExerciseScore("all", points, chapter.points),)
    return Report(chapter.stem, chapter.title, "", (), scores, submission_sha256=version)


def hand_in(
    course: Course,
    learner: str,
    version: str,
    points: float,
    late_s: float | None = None,
    *,
    label: str = "ch03",
    error: str = "",
    marked_late: bool = False,
) -> None:
    """One run of `brick grade` that met one file of one learner."""
    chapter = find_chapter(course, label)
    time = None if late_s is None else DEADLINE.timestamp() + late_s
    report = verdict_of(chapter, points, version)
    report = unread(report, error) if error else report
    with Store(course.root / ".brickwork" / STORE_FILE) as store:
        run = store.begin_run([chapter.stem], [learner], AS_USUAL)
        verdict = store.find(version) or store.keep(version, report)
        path = Path(f"{version}.py")
        item = HandedIn(learner, chapter, (File(path, (path.name,)),), time, marked_late)
        publish(store, run, course, item, verdict)


def only(course: Course) -> tuple[Report, HandIn, LearnerResult]:
    """What counts, in a class of one with one chapter."""
    [learner] = class_results(course).learners
    [report] = learner.reports
    return report, learner.hand_in(report.chapter), learner


def test_before_anything_is_graded_there_is_a_next_step(workspace: Course) -> None:
    with pytest.raises(UsageError, match="nothing was graded yet") as caught:
        class_results(workspace)

    assert "brick grade" in caught.value.next_step
    assert not (workspace.root / ".brickwork").exists()


def test_the_class_is_everybody_ever_met_and_what_they_did_not_hand_in_is_missing(workspace: Course) -> None:
    hand_in(workspace, "learner02", "v1", 4)
    hand_in(workspace, "learner01", "v2", 5, label="ch01")

    results = class_results(workspace)

    assert [chapter.label for chapter in results.chapters] == ["ch01", "ch03"]
    first, second = results.learners
    assert (first.learner, first.points, first.missing) == ("learner01", 5, (("ch03_activations", 10.0),))
    assert (second.learner, second.points, second.missing) == ("learner02", 4, (("ch01_dataloader", 10.0),))


def test_only_the_chapters_asked_for_and_none_that_was_never_graded(workspace: Course) -> None:
    hand_in(workspace, "learner01", "v1", 4)
    hand_in(workspace, "learner01", "v2", 5, label="ch01")

    [learner] = class_results(workspace, [find_chapter(workspace, "ch01")]).learners

    assert (learner.points, learner.max_points) == (5, 10)
    with pytest.raises(UsageError, match="ch05_optimizers was not graded yet"):
        class_results(workspace, [find_chapter(workspace, "ch05")])


def test_the_last_attempt_counts_even_if_it_is_an_older_version_again(workspace: Course) -> None:
    for version, points in (("v1", 4.0), ("v2", 7.0), ("v1", 4.0)):
        hand_in(workspace, "learner01", version, points)

    report, handed_in, _ = only(workspace)

    assert (report.submission_sha256, report.points) == ("v1", 4)
    assert (handed_in.attempt, handed_in.attempts) == (3, 3)


def test_the_same_work_met_again_is_no_new_attempt_and_no_new_row(workspace: Course) -> None:
    hand_in(workspace, "learner01", "v1", 4, late_s=-60)
    hand_in(workspace, "learner01", "v1", 4, late_s=-60)

    _, handed_in, _ = only(workspace)

    assert (handed_in.attempt, handed_in.attempts) == (1, 1)
    with closing(sqlite3.connect(workspace.root / ".brickwork" / STORE_FILE)) as database:
        assert database.execute("SELECT count(*) FROM hand_ins").fetchall() == [(1,)]


def test_the_best_attempt_counts_where_the_course_says_so_after_lateness(workspace: Course) -> None:
    best = replace(workspace, counts=Counts.BEST)
    hand_in(best, "learner01", "v1", 6, late_s=-60)
    hand_in(best, "learner01", "v2", 6.5, late_s=60 * 60)  # a day begun: 5.5
    hand_in(best, "learner01", "v3", 3, late_s=-30)

    report, handed_in, learner = only(best)

    assert (report.submission_sha256, learner.points) == ("v1", 6)
    assert (handed_in.attempt, handed_in.attempts) == (1, 3)


def test_a_copy_made_later_does_not_move_the_time_of_the_hand_in(workspace: Course) -> None:
    hand_in(workspace, "learner01", "v1", 4, late_s=-60)
    hand_in(workspace, "learner01", "v1", 4, late_s=3 * DAY_S)

    _, handed_in, learner = only(workspace)

    assert handed_in.time == DEADLINE - timedelta(minutes=1)
    assert learner.points == 4


@pytest.mark.parametrize("time", [-62135596800.0, 253402300799.0, -1e18, 1e18, math.inf, "soon"])
def test_a_time_in_the_store_that_cannot_be_costs_one_row_its_time(workspace: Course, time: object) -> None:
    hand_in(workspace, "learner01", "v1", 8, late_s=DAY_S)
    hand_in(workspace, "learner02", "v2", 8, late_s=DAY_S)
    with Store(workspace.root / ".brickwork" / STORE_FILE) as store:
        store._database.execute("UPDATE hand_ins SET handed_in = ? WHERE learner = 'learner01'", (time,))

    first, second = class_results(workspace).learners
    hand_in(workspace, "learner01", "v1", 8, late_s=-60)

    assert (first.points, first.hand_in("ch03_activations").time) == (8, None)
    assert (second.points, second.hand_in("ch03_activations").late_s) == (7, DAY_S)
    handed_in = class_results(workspace).learners[0].hand_in("ch03_activations")
    assert (handed_in.time, handed_in.attempt) == (DEADLINE - timedelta(minutes=1), 1)


def test_a_work_that_cannot_be_read_is_told_and_counts_0(workspace: Course) -> None:
    hand_in(workspace, "learner01", "", 0, error="Python cannot read the file")

    report, _, learner = only(workspace)

    assert report.problem == Problem("Python cannot read the file")
    assert learner.points == 0


@pytest.mark.parametrize(
    ("late_s", "deducted"),
    [
        (-1, 0),
        (30 * 60, 0),  # within the grace
        (30 * 60 + 1, 1),  # beyond it the first day has begun
        (DAY_S, 1),
        (DAY_S + 1, 2),
        (4 * DAY_S + 1, 5),
        (400 * DAY_S, 5),  # the cap
    ],
)
def test_lateness_costs_a_share_for_each_day_begun_up_to_the_cap(
    workspace: Course, late_s: float, deducted: float
) -> None:
    hand_in(workspace, "learner01", "v1", 8, late_s=late_s)

    _, handed_in, learner = only(workspace)

    assert handed_in.late_s == max(0.0, late_s)
    assert handed_in.deducted == pytest.approx(deducted)
    assert learner.points == pytest.approx(8 - deducted)


def test_lateness_takes_no_more_than_there_is(workspace: Course) -> None:
    hand_in(workspace, "learner01", "v1", 2, late_s=4 * DAY_S)

    _, handed_in, learner = only(workspace)

    assert (handed_in.deducted, learner.points) == (2, 0)


def test_a_mark_of_the_platform_alone_costs_one_day(workspace: Course) -> None:
    hand_in(workspace, "learner01", "v1", 8, marked_late=True)

    assert only(workspace)[2].points == 7


def test_without_a_deadline_nothing_is_late(workspace: Course) -> None:
    chapter = find_chapter(workspace, "ch01")

    assert lateness(chapter, workspace.late, DEADLINE.timestamp() + 99 * DAY_S) == (0.0, 0.0)


def test_a_new_policy_takes_effect_when_the_work_is_published_again_not_before(workspace: Course) -> None:
    hand_in(workspace, "learner01", "v1", 8, late_s=DAY_S)
    milder = replace(workspace, late=LatePolicy(percent_per_day=5))

    before = only(milder)[2].points
    hand_in(milder, "learner01", "v1", 8, late_s=DAY_S)

    assert (before, only(milder)[2].points) == (7, 7.5)


def test_the_table_says_what_lateness_took_and_which_attempt_counts(workspace: Course) -> None:
    best = replace(workspace, counts=Counts.BEST)
    hand_in(best, "learner01", "v1", 8, late_s=DAY_S + 2 * 3600)
    hand_in(best, "learner01", "v2", 2, late_s=DAY_S + 3 * 3600)
    hand_in(best, "learner02", "v3", 8, late_s=20 * 60)

    lines = class_table(class_results(best).learners, Style())

    assert lines[1].split() == ["learner01", "6!", "6", "10"]
    assert lines[2].split() == ["learner02", "8", "8", "10"]
    assert lines[4:] == [
        "! learner01 ch03: 1 d 2 h late, 2 points off",
        "! learner01 ch03: attempt 1 of 2 counts",
    ]
