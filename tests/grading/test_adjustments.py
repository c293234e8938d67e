"""What a person decides is kept with who, when and why, and is in every figure that anybody reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from stored import check, judged_chapter, publish

from grader.errors import UsageError
from grader.grading.adjustments import Adjustments, adjusted, append, checks_give, in_force, kept
from grader.grading.gradebook import class_results
from grader.grading.mistakes import mistakes_of, who_made_what
from grader.grading.regrade import Regrade
from grader.grading.store import STORE_FILE, Settings, Store
from grader.records import (
    Adjustment,
    AdjustmentKind,
    Cause,
    Course,
    ExerciseScore,
    GradientFault,
    GradientFinding,
    LatePolicy,
    LearnerResult,
    Outcome,
    Report,
    ReportState,
)
from grader.report.decisions import mistake_words, overruled_lines

DEADLINE = datetime(2026, 3, 1, 12, tzinfo=UTC)
NEVER = datetime(2026, 1, 1, tzinfo=UTC)
STEM = "ch03_activations"
SCORE, COMMENT, EXCUSE, EXTENSION, UNDO = AdjustmentKind


def decision(kind: AdjustmentKind, **fields: Any) -> Adjustment:
    """What a person decided; number and time are the store's."""
    about: dict[str, Any] = {} if kind is UNDO else {"learner": "learner01", "chapter": STEM}
    return Adjustment(0, kind, "teacher", NEVER, "because", **(about | fields))


@pytest.fixture
def course(course: Course, tmp_path: Path) -> Course:
    """Two chapters in an empty folder; the first has a deadline, and lateness costs a tenth a day."""
    late = LatePolicy(percent_per_day=10)
    chapters = (replace(course.chapters[2], deadline=DEADLINE), course.chapters[8])
    return replace(course, root=tmp_path, chapters=chapters, late=late)


@pytest.fixture
def store(course: Course) -> Iterator[Store]:
    with Store(course.root / ".brickwork" / STORE_FILE) as opened:
        yield opened


def judged(course: Course, *halves: str) -> Report:
    return judged_chapter(course.chapters[0], *halves)


def hand_in(store: Store, report: Report, learner: str = "learner01", days_late: float = 0) -> None:
    """Publish a report, handed in so many days after the deadline of a policy that takes 1 point off."""
    assigned = [STEM, "ch09_scheduling"]
    time = DEADLINE + timedelta(days=days_late)
    publish(store, report, learner, time, assigned, deducted=1.0 if days_late > 0 else 0.0,
            late_s=max(0.0, days_late * 86400))  # fmt: skip


def result(course: Course, learner: str = "learner01") -> LearnerResult:
    return next(one for one in class_results(course).learners if one.learner == learner)


def points(course: Course) -> float:
    one = result(course)
    return sum(one.points_of(report) for report in one.reports if report.chapter == STEM)


# --- in the store -----------------------------------------------------------------------------------------


def test_a_decision_is_kept_with_who_when_and_why_and_comes_back_whole(store: Store) -> None:
    before = datetime.now(UTC)

    made = append(store, decision(EXTENSION, deadline=DEADLINE))

    [found] = kept(store)
    assert found == made
    assert (found.number, found.by, found.reason, found.deadline) == (1, "teacher", "because", DEADLINE)
    assert before - timedelta(seconds=1) <= found.made <= datetime.now(UTC)


def test_undoing_is_an_entry_of_its_own_and_can_be_undone_itself(store: Store) -> None:
    append(store, decision(COMMENT, comment="well done"))

    append(store, decision(UNDO, undoes=1))
    undone = in_force(kept(store))
    append(store, decision(UNDO, undoes=2))

    assert undone == ()
    assert [one.comment for one in in_force(kept(store))] == ["well done"]
    assert len(kept(store)) == 3


@pytest.mark.parametrize(("number", "said"), [(9, "there is no entry 9"), (1, "undone already, by entry 2")])
def test_what_is_not_in_force_cannot_be_undone(store: Store, number: int, said: str) -> None:
    append(store, decision(COMMENT, comment="x"))
    append(store, decision(UNDO, undoes=1))

    with pytest.raises(UsageError, match=said):
        append(store, decision(UNDO, undoes=number))

    assert len(kept(store)) == 2


def test_a_store_that_lacks_only_the_new_tables_still_opens(tmp_path: Path) -> None:
    path = tmp_path / STORE_FILE
    with Store(path) as store:
        store._database.executescript("DROP TABLE adjustments; DROP TABLE members; PRAGMA user_version = 6;")

    with Store(path) as store:
        append(store, decision(COMMENT, comment="x"))
        assert len(kept(store)) == 1


# --- in the results ---------------------------------------------------------------------------------------


def test_a_score_that_a_person_set_stands_instead_of_the_checks_and_of_lateness(
    course: Course, store: Store
) -> None:
    hand_in(store, judged(course), days_late=0.5)
    most = course.chapters[0].points
    assert points(course) == most - 1

    made = append(store, decision(SCORE, points=3.5, judged=most - 1))

    assert points(course) == 3.5
    assert checks_give(result(course), made) == most - 1


def test_a_score_of_an_exercise_leaves_the_others_and_lateness(course: Course, store: Store) -> None:
    first = course.chapters[0].exercises[0]
    hand_in(store, judged(course, first.name), days_late=0.5)

    append(store, decision(SCORE, exercise=first.name, points=first.points))

    assert points(course) == course.chapters[0].points - 1
    [score] = [s for s in result(course).reports[0].exercises if s.name == first.name]
    assert (score.points, score.judged) == (first.points, first.points / 2)


def test_a_score_given_without_any_work_counts_and_says_that_nothing_was_graded(
    course: Course, store: Store
) -> None:
    hand_in(store, judged(course), "learner02")
    store.begin_run([STEM], ["learner01"], Settings("bwrap", None, "cpu"))

    append(store, decision(SCORE, points=6))

    one = result(course)
    assert points(course) == 6
    assert [report.state for report in one.reports] == [ReportState.BY_HAND]
    assert [stem for stem, _ in one.missing] == ["ch09_scheduling"]


def test_a_later_score_beats_an_earlier_one_and_undoing_it_brings_that_back(
    course: Course, store: Store
) -> None:
    hand_in(store, judged(course))
    append(store, decision(SCORE, points=1))
    append(store, decision(SCORE, points=2))
    assert points(course) == 2

    append(store, decision(UNDO, undoes=2))

    assert points(course) == 1


def test_what_is_excused_is_not_in_the_maximum_either(course: Course, store: Store) -> None:
    first, *others = course.chapters[0].exercises
    hand_in(store, judged(course, first.name))
    most = sum(e.worth for e in others)

    append(store, decision(EXCUSE, exercise=first.name))

    one = result(course)
    assert points(course) == most
    assert one.max_points == most + course.chapters[1].points
    assert one.worth_of(course.chapters[0]) == most
    assert first.name not in {check.exercise for check in one.reports[0].checks}


@pytest.mark.parametrize("handed_in", [True, False])
def test_an_excused_chapter_is_neither_graded_nor_missing(
    course: Course, store: Store, handed_in: bool
) -> None:
    hand_in(store, judged(course), "learner01" if handed_in else "learner02")
    store.begin_run([STEM], ["learner01"], Settings("bwrap", None, "cpu"))

    append(store, decision(EXCUSE))

    one = result(course)
    assert one.excused == (STEM,)
    assert (one.reports, one.max_points) == ((), course.chapters[1].points)


def test_an_excuse_for_everybody_reaches_everybody_and_one_of_a_learner_nobody_else(
    course: Course, store: Store
) -> None:
    first, second, *_ = course.chapters[0].exercises
    for learner in ("learner01", "learner02"):
        hand_in(store, judged(course), learner)

    append(store, decision(EXCUSE, learner="", exercise=first.name))
    append(store, decision(EXCUSE, exercise=second.name))

    both, one = (result(course, learner).reports[0].max_points for learner in ("learner01", "learner02"))
    assert one == course.chapters[0].points - first.worth
    assert both == one - second.worth


def test_an_excused_check_leaves_the_points_to_the_others(course: Course) -> None:
    first = course.chapters[0].exercises[0]
    report = judged(course, first.name)

    found = adjusted(report, [decision(EXCUSE, exercise=first.name, check="a")])

    assert found.exercises[0].points == first.points
    assert len(found.checks) == len(report.checks) - 1
    assert found.exercises[1:] == report.exercises[1:]


def test_what_waited_for_an_excused_check_is_excused_with_it_and_an_exercise_without_checks_too(
    course: Course,
) -> None:
    first = course.chapters[0].exercises[0]
    checks = (
        check(first.name, "a", Outcome.FAILED, cause=Cause.BROKEN_LAW),
        check(first.name, "b", Outcome.NOT_RUN, cause=Cause.WAITING, waits_for="law a"),
        check(first.name, "c", Outcome.NOT_RUN, cause=Cause.WAITING, waits_for="law b"),
        check("other", "d", Outcome.PASSED),
    )
    scores = (ExerciseScore(first.name, 0.0, 2.0), ExerciseScore("other", 1.0, 1.0))

    found = adjusted(Report(STEM, "", "", checks, scores), [decision(EXCUSE, exercise=first.name, check="a")])

    assert [result.name for result in found.checks] == ["d"]
    assert found.exercises == scores[1:]


def test_lateness_counts_from_the_deadline_that_a_learner_was_given(course: Course, store: Store) -> None:
    for learner in ("learner01", "learner02"):
        hand_in(store, judged(course), learner, days_late=2.5)

    append(store, decision(EXTENSION, deadline=DEADLINE + timedelta(days=2)))

    mine, other = (result(course, learner).hand_in(STEM) for learner in ("learner01", "learner02"))
    assert (mine.late_s, mine.deducted) == (43_200, course.chapters[0].points / 10)
    assert (other.late_s, other.deducted) == (216_000, 1.0)


# --- the same mistake -------------------------------------------------------------------------------------


def test_those_with_the_same_known_mistake_or_the_same_way_to_break_a_law_are_together(
    course: Course,
) -> None:
    name = course.chapters[0].exercises[0].name
    known = [check(name, law, Outcome.FAILED, diagnosis="The sum is not a mean.") for law in "ab"]
    twice, sign = (
        [check(name, "a", Outcome.FAILED, cause=Cause.BROKEN_LAW, gradient=finding)]
        for finding in (
            GradientFinding(GradientFault.SCALED, 8, factor=2.0),
            GradientFinding(GradientFault.SCALED, 8, factor=-1.0),
        )
    )
    untouched = [check(name, "a", Outcome.FAILED, cause=Cause.UNWRITTEN)]
    learners = [
        LearnerResult(f"learner{number:02}", (Report(STEM, "", "", tuple(checks), ()),))
        for number, checks in enumerate([known, twice, known, sign, twice, known, untouched], start=1)
    ]

    found = who_made_what(learners)

    assert [(mistake_words(mistake), who) for mistake, who in found.items()] == [
        ("The sum is not a mean.", ("learner01", "learner03", "learner06")),
        ("fails: law a (it is twice the right one, in every case tried)", ("learner02", "learner05")),
        ("fails: law a (its sign is wrong, in every case tried)", ("learner04",)),
    ]
    assert len({mistake.id for mistake in found}) == 3


def test_one_comment_reaches_all_who_made_a_mistake_and_nobody_else(course: Course, store: Store) -> None:
    name = course.chapters[0].exercises[0].name
    for learner, halves in (("learner01", (name,)), ("learner02", ()), ("learner03", (name,))):
        hand_in(store, replace(judged(course, *halves), submission_sha256=learner), learner)
    [mistake] = mistakes_of(result(course).reports[0])

    append(store, decision(COMMENT, learner="", mistake=mistake.id, comment="look at the norm"))

    comments = {one.learner: [a.comment for a in one.adjustments] for one in class_results(course).learners}
    assert comments == {
        "learner01": ["look at the norm"], "learner02": [], "learner03": ["look at the norm"],
    }  # fmt: skip


# --- a regrade --------------------------------------------------------------------------------------------


def test_a_regrade_leaves_a_set_score_alone_and_says_where_the_checks_differ(
    course: Course, store: Store
) -> None:
    first = course.chapters[0].exercises[0]
    hand_in(store, judged(course))
    hand_in(store, judged(course), "learner02")
    append(store, decision(SCORE, points=3.0, judged=10.0))
    attempts = list(store.standing(["learner01", "learner02"], [STEM]))
    work = Regrade(course, course.chapters, attempts, [0, 1], Adjustments(in_force(kept(store))))
    fresh = store.keep("again", judged(course, first.name))

    work.fresh = {0: fresh, 1: fresh}

    changes, _ = work.changes()
    assert [change.learner for change in changes] == ["learner02"]
    [stays] = work.overruled()
    assert (stays.learner, stays.before, stays.after) == ("learner01", 10.0, 10.0 - first.points / 2)
    [said] = overruled_lines([stays])
    assert said.startswith("learner01 ch03: 3 set by teacher stays; the checks give ")
