"""Turn one learner's results into the result.json that Classroom 50 collects."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from grader.errors import UsageError
from grader.records import ClassResults, ExerciseScore, LearnerResult, Report
from grader.report.decisions import line
from grader.report.terminal import is_whole
from grader.report.words import NOT_HANDED_IN, excused_lines, exercise_lines, lateness
from grader.text import clean

SCHEMA = "classroom50/result/v1"
UNIT = "1/100 point"  # scores are whole numbers there; hundredths are what every other report shows
_TAG_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)Z")
_LONGEST = 20_000  # characters of one test's output
Fields = dict[str, Any]


def classroom50(results: ClassResults, one: LearnerResult, runner: Mapping[str, str]) -> Fields:
    """The whole file: a test per exercise, and one out of 0 where lateness took points off or a person set them.

    The collector refuses fields of ours beside its own, so points and unit stand on each test, where it keeps them.

    Args:
        results: the class, for the chapters of the assignment.
        one: whose file it is.
        runner: the environment that Classroom 50's runner sets.

    Raises:
        UsageError: a variable of the runner's is not set.
    """
    tests = [
        _test(report, score)
        for chapter in results.chapters
        for report in one.reports
        if report.chapter == chapter.stem
        for score in report.exercises
    ]
    tests += [_missing(stem, worth) for stem, worth in one.missing]
    tests += [_excused(one, stem) for stem in one.excused]
    tests += [_difference(one, report) for report in one.reports if _differs(one, report)]
    return {
        "schema": SCHEMA,
        "classroom": _set(runner, "CLASSROOM"),
        "assignment": _set(runner, "ASSIGNMENT"),
        "submission": _set(runner, "SUBMISSION_TAG"),
        "commit": _set(runner, "COMMIT_URL"),
        "release": _set(runner, "RELEASE_URL"),
        "review": runner.get("REVIEW_URL") or _set(runner, "COMMIT_URL"),
        "datetime": _submitted(one, _set(runner, "SUBMISSION_TAG")).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "score": _hundredths(one.points),
        "max-score": _hundredths(one.max_points),
        "tests": tests,
    }


def _set(runner: Mapping[str, str], name: str) -> str:
    """A variable of the runner's; without it the collector would refuse the whole file."""
    value = runner.get(name, "")
    if not value:
        step = "run it from the assignment's autograder.py, where Classroom 50's runner sets it"
        raise UsageError(f"{name} is not set", "the environment", step)
    return value


def _submitted(one: LearnerResult, tag: str) -> datetime:
    """When it was submitted, which no second run may move: the tag says so, else the hand-in."""
    found = _TAG_TIME.search(tag)
    if found:
        day, hour, minute, second = found.groups()
        try:
            return datetime.fromisoformat(f"{day}T{hour}:{minute}:{second}+00:00")
        except ValueError:
            pass
    times = [hand_in.time for hand_in in one.hand_ins if hand_in.time is not None]
    return max(times, default=datetime.now(UTC)).astimezone(UTC)


def _test(report: Report, score: ExerciseScore) -> Fields:
    """One exercise. A bonus is out of 0 there, since all that a test is out of counts."""
    most = 0.0 if score.extra else score.max_points
    return {
        "test-name": f"{report.chapter}/{score.name}",
        "passed": is_whole(report, score),
        "score": 0 if score.extra else _hundredths(score.points),
        "max-score": _hundredths(most),
        "points": score.points,
        "max-points": score.max_points,
        "unit": UNIT,
        "output": clean("\n".join(exercise_lines(report, score)))[:_LONGEST],
    } | ({"bonus": True} if score.extra else {})


def _missing(stem: str, worth: float) -> Fields:
    """A chapter that was not handed in."""
    return {
        "test-name": stem, "passed": False, "score": 0, "max-score": _hundredths(worth),
        "points": 0.0, "max-points": worth, "unit": UNIT, "output": NOT_HANDED_IN,
    }  # fmt: skip


def _excused(one: LearnerResult, stem: str) -> Fields:
    """A chapter that does not count: out of 0."""
    return {
        "test-name": stem, "passed": True, "score": 0, "max-score": 0, "points": 0.0, "max-points": 0.0,
        "unit": UNIT, "output": "\n".join(excused_lines(one, stem)),
    }  # fmt: skip


def _differs(one: LearnerResult, report: Report) -> bool:
    """Whether the chapter gives other points than its exercises: for lateness, or because a person set them."""
    return abs(one.points_of(report) - report.points) > 1e-9


def _difference(one: LearnerResult, report: Report) -> Fields:
    """What lateness took off or a person set, so that the tests still add up to the score: a test out of 0."""
    by_hand = one.set_by_hand(report.chapter)
    difference = one.points_of(report) - report.points
    return {
        "test-name": f"{report.chapter}/{'set by hand' if by_hand else 'lateness'}", "passed": difference > 0,
        "score": 0, "max-score": 0, "points": difference, "max-points": 0.0, "unit": UNIT,
        "output": line(by_hand, one) if by_hand else lateness(one.hand_in(report.chapter)),
    }  # fmt: skip


def _hundredths(value: float) -> int:
    """Rounded down, so that what falls short of full marks never reads as full."""
    return math.floor(value * 100 + 1e-6)
