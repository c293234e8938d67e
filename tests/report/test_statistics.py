"""The figures of a class are those that the textbooks define, and count every learner once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from made_up import made_up_class
from unread_reports import faulty, unread

from grader.records import (
    Adjustment,
    AdjustmentKind,
    Breach,
    Cause,
    CheckResult,
    ClassResults,
    Course,
    ExerciseScore,
    HandIn,
    LearnerResult,
    Outcome,
    Overrun,
    Refusal,
    Report,
    TimeLimit,
)
from grader.report.html import class_page
from grader.report.statistics import FEWEST, ClassFigures, distribution

STEM = "ch03_activations"


def report_of(answers: Sequence[bool | None], sha256: str = "", **changes: object) -> Report:
    """A report with one exercise: True passed, False failed, None not run."""
    outcomes = {True: Outcome.PASSED, False: Outcome.FAILED, None: Outcome.NOT_RUN}
    checks = tuple(
        CheckResult(f"check_{k}", "softmax", f"Law {k}.", outcomes[answer], 1.0, seconds=float(k + 1))
        for k, answer in enumerate(answers)
    )
    score = ExerciseScore("softmax", float(sum(answer is True for answer in answers)), float(len(answers)))
    base = Report(STEM, "Activations", "x.py", checks, (score,), submission_sha256=sha256)
    return replace(base, **changes)  # type: ignore[arg-type]


def class_of(course: Course, *reports: Report | None) -> ClassResults:
    """One learner for each report; None for one who handed in nothing."""
    people = tuple(
        LearnerResult(f"learner{n:02}", (report,) if report else (), () if report else ((STEM, 3.0),))
        for n, report in enumerate(reports, 1)
    )
    return ClassResults(course, course.chapters[2:3], people)


# --- points -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "place"),
    [(0.0, 0), (0.0999, 0), (0.1, 1), (0.3, 3), (0.1 + 0.2, 3), (0.7, 7), (0.9999, 9), (1.0, 9)],
)
def test_a_share_falls_into_the_tenth_it_belongs_to(share: float, place: int) -> None:
    counts = distribution([share]).counts

    assert counts.index(1) == place
    assert sum(counts) == 1


def test_quartiles_and_mean_are_those_of_numpy() -> None:
    shares = [0.0, 0.1, 0.15, 0.4, 0.7, 0.72, 1.0]

    found = distribution(shares)

    assert found.quartiles == pytest.approx(np.quantile(shares, [0.25, 0.5, 0.75]))
    assert found.mean == pytest.approx(np.mean(shares))


@pytest.mark.parametrize("shares", [[], [0.4]])
def test_a_class_of_none_or_one_has_a_distribution_too(shares: list[float]) -> None:
    found = distribution(shares)

    assert found.n == len(shares)
    assert set(found.quartiles) == {*(shares or [0.0])}


def test_the_distribution_takes_lateness_off_and_counts_a_missing_chapter_as_nothing(course: Course) -> None:
    late = LearnerResult(
        "learner01", (report_of([True, True]),), (), (HandIn(STEM, late_s=1.0, deducted=1.0),)
    )
    absent = LearnerResult("learner02", (), ((STEM, 2.0),))

    figures = ClassFigures(ClassResults(course, course.chapters[2:3], (late, absent)))

    assert figures.points.counts[5] == 1
    assert figures.points.counts[0] == 1
    assert figures.absent == ("learner02",)
    [chapter] = figures.chapters
    assert (chapter.handed_in, chapter.late, chapter.whole, chapter.mean) == (1, 1, 1, 0.5)


# --- checks -----------------------------------------------------------------------------------------------


def test_difficulty_tells_passed_failed_and_not_reached_apart(course: Course) -> None:
    unwritten = report_of([False])
    stub = replace(unwritten.checks[0], cause=Cause.UNWRITTEN)
    unwritten = replace(unwritten, checks=(stub,))

    [check] = ClassFigures(
        class_of(
            course,
            report_of([True]),
            report_of([True]),
            report_of([False]),
            report_of([None]),
            unwritten,
            None,
        )
    ).checks

    assert (check.passed, check.failed, check.open, check.n) == (2, 1, 2, 5)
    assert check.judged == 3
    assert check.share == pytest.approx(2 / 3)  # of those judged; who did not get there failed nothing


def test_discrimination_is_the_correlation_with_the_other_checks(course: Course) -> None:
    draw = np.random.default_rng(3)
    passed = draw.random((24, 5)) < draw.random((24, 1))

    figures = ClassFigures(class_of(course, *(report_of([bool(a) for a in row]) for row in passed)))

    for k, check in enumerate(figures.checks):
        others = np.delete(passed, k, axis=1).sum(axis=1)
        assert check.discrimination == pytest.approx(np.corrcoef(passed[:, k], others)[0, 1])


def test_discrimination_is_not_invented_where_there_is_none(course: Course) -> None:
    everybody = ClassFigures(class_of(course, *[report_of([True, k % 2 == 0]) for k in range(FEWEST)]))
    too_few = ClassFigures(
        class_of(course, *[report_of([k % 2 == 0, k % 2 == 0]) for k in range(FEWEST - 1)])
    )
    enough = ClassFigures(class_of(course, *[report_of([k % 2 == 0, k % 2 == 0]) for k in range(FEWEST)]))

    assert [check.discrimination for check in everybody.checks] == [None, None]
    assert [check.discrimination for check in too_few.checks] == [None, None]
    assert [check.discrimination for check in enough.checks] == [1.0, 1.0]


def test_times_leave_out_those_who_did_not_get_there(course: Course) -> None:
    slow = report_of([True])
    slow = replace(slow, checks=(replace(slow.checks[0], seconds=9.0),))

    [check] = ClassFigures(class_of(course, report_of([True]), report_of([None]), slow)).checks

    assert (check.median_s, check.longest_s) == (5.0, 9.0)


def test_a_learner_judged_by_older_checks_counts_only_where_asked(course: Course) -> None:
    old, new = report_of([True], checks_sha256="old"), report_of([True, False], checks_sha256="new")

    figures = ClassFigures(class_of(course, old, new, new))

    assert [(check.name, check.n) for check in figures.checks] == [("check_0", 3), ("check_1", 2)]
    assert figures.chapters[0].versions == 2


# --- mistakes and people ----------------------------------------------------------------------------------


def test_a_mistake_counts_once_for_each_learner_who_made_it(course: Course) -> None:
    def with_diagnoses(*words: str) -> Report:
        report = report_of([False] * len(words))
        checks = zip(report.checks, words, strict=True)
        return replace(report, checks=tuple(replace(check, diagnosis=text) for check, text in checks))

    figures = ClassFigures(
        class_of(
            course,
            with_diagnoses("rare", "often", "often"),
            with_diagnoses("often", "", ""),
            report_of([True]),
        )
    )

    found = [(one.mistake.diagnosis, one.learners) for one in figures.mistakes if one.mistake.diagnosis]
    assert found == [("often", 2), ("rare", 1)]


def test_people_to_look_at_are_those_whose_work_broke_was_lost_or_not_allowed(course: Course) -> None:
    lost = report_of([False, True])
    late = replace(lost.checks[0], cause=Cause.OUT_OF_TIME, overrun=Overrun(TimeLimit.CALL, 5.0))
    lost = replace(lost, checks=(late, lost.checks[1]))
    crashed = replace(lost, checks=(replace(late, cause=Cause.LOST, message="it crashed"), lost.checks[1]))
    breaches = tuple(
        Breach(line, name, refusal, ("softmax",))
        for line, name, refusal in [(3, "torch.nn", Refusal.BUILT_HERE), (4, "eval", Refusal.UNREADABLE_NAME)]
    )
    unreadable = unread(report_of([None]), where="x.py, line 3")

    figures = ClassFigures(
        class_of(course, report_of([True]), lost, report_of([None], breaches=breaches), unreadable,
                 faulty(report_of([None])), report_of([False]), crashed)
    )  # fmt: skip

    assert [(look.learner, look.why) for look in figures.looks] == [
        ("learner05", "a fault of the kit, not of the submission"),
        ("learner02", "softmax: no answer within 5 seconds; if it may be the machine, grade it with --again"),
        ("learner07", "softmax: it crashed"),
        ("learner04", "counts 0: Python cannot read the file"),
        ("learner03", "line 3: torch.nn is not allowed, and 1 more"),
    ]
    [first, second] = figures.checks
    assert (first.failed, first.open) == (1, 5)  # what was lost or late is open, not failed
    assert second.judged == 2


def test_what_a_person_has_decided_is_looked_at_no_more(course: Course) -> None:
    results = class_of(course, faulty(report_of([None])), unread(report_of([None])))
    decided = Adjustment(
        1,
        AdjustmentKind.SCORE,
        "teacher",
        datetime(2026, 3, 2, tzinfo=UTC),
        "by voice",
        "learner01",
        STEM,
        points=1.0,
    )
    first, second = results.learners
    settled = replace(first, adjustments=(decided,))

    figures = ClassFigures(replace(results, learners=(settled, second)))

    assert [look.learner for look in figures.looks] == ["learner02"]


def test_the_hardest_check_is_the_one_that_most_of_those_judged_fail(course: Course) -> None:
    """The law that nobody reached is not hard: most of its learners wait for the one before."""
    reports = [report_of([False, None])] * 8 + [report_of([True, False])] * 2 + [report_of([True, True])] * 6

    text = class_page(class_of(course, *reports))

    hardest = text[text.index("What the class finds hard") : text.index("Every check")]
    assert "Law 0." in hardest
    assert "Law 1." not in hardest
    assert "8 of 16" in hardest


def test_who_leaves_a_bonus_open_has_all_right(course: Course) -> None:
    bonus = ExerciseScore("law_softmax", 0.0, 1.0, extra=True)
    unwritten = CheckResult("check_law", "law_softmax", "Law.", Outcome.FAILED, 1.0, cause=Cause.UNWRITTEN)
    whole = report_of([True, True])
    without_bonus = replace(whole, checks=(*whole.checks, unwritten), exercises=(*whole.exercises, bonus))

    [chapter] = ClassFigures(class_of(course, without_bonus, report_of([True, False]), None)).chapters

    assert (chapter.handed_in, chapter.whole) == (2, 1)
    assert without_bonus.passed
    assert not without_bonus.is_whole
    alone = replace(whole, checks=(unwritten,), exercises=(bonus,))
    assert not alone.passed, "it is all that was judged"


def test_the_same_file_from_two_learners_is_apart_from_faults_unless_it_is_worth_nothing(
    course: Course,
) -> None:
    whole, stub = report_of([True], "a" * 64), report_of([False], "b" * 64)

    figures = ClassFigures(class_of(course, whole, whole, stub, stub, report_of([True], "c" * 64)))

    assert figures.looks == ()
    assert [found.learners for found in figures.copies] == [("learner01", "learner02")]


def test_every_check_of_a_whole_course_is_counted(course: Course) -> None:
    results = made_up_class(course, 30)

    figures = ClassFigures(results)

    graded = [check for one in results.learners for report in one.reports for check in report.checks]
    assert sum(check.n for check in figures.checks) == len(graded)
    assert sum(check.passed for check in figures.checks) == sum(c.outcome is Outcome.PASSED for c in graded)
    assert figures.points.n == 30
    # The made-up learners' abilities run through all checks, so checks tell strong from weak.
    known = [check.discrimination for check in figures.checks if check.discrimination is not None]
    assert np.mean(known) > 0.2
