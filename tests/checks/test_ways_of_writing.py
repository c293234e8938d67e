"""Right ways of writing an exercise get full marks, however odd, and wrong ones lose something, however common."""

from __future__ import annotations

from pathlib import Path

import pytest
from sandboxes import need
from ways import COURSE, Way, read_ways

from grader.engine.generation import Kept
from grader.engine.pipeline import judge_and_run
from grader.engine.profile import Profile
from grader.engine.runner import Workplace
from grader.proof.timeouts import TimedProcess
from grader.records import Outcome, Report, ReportState
from grader.sandbox.host import Sandbox
from grader.sandbox.levels import Level

pytestmark = pytest.mark.xdist_group("ways_of_writing")  # they share their inputs

INPUTS = Kept()  # of all tests here: the ways of one exercise get the same
WAYS = read_ways(Path(__file__).with_name("ways_of_writing.txt"))


def verdict_on(way: Way, workplace: Workplace, examples: int) -> Report:
    """What a learner who wrote it so would get for that exercise."""
    profile = Profile("grade", examples, only=way.exercise, shrink=False, kept=INPUTS)
    return judge_and_run(way.submission(), workplace, profile).report


def assert_fair(way: Way, report: Report) -> None:
    """The verdict is the one that the file says."""
    said = [(r.name, r.message or r.cause) for r in report.checks if r.outcome is not Outcome.PASSED]
    assert report.state is ReportState.GRADED, report.problem
    [score] = [score for score in report.exercises if score.name == way.exercise]
    if way.verdict == "right":
        assert (said, report.breaches) == ([], ())
        assert score.points == score.max_points
    elif way.verdict == "wrong":
        assert score.points < score.max_points


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.chapter.label}-{way.exercise}-{way.title}")
def test_a_way_of_writing_gets_what_it_is_worth(way: Way) -> None:
    assert_fair(way, verdict_on(way, TimedProcess(), examples=25))


@pytest.mark.nightly
@pytest.mark.slow
def test_right_ways_of_writing_get_full_marks_sealed() -> None:
    need(Level.BWRAP)
    with Sandbox(Level.BWRAP, COURSE.limits, imports=("onnx", "numpy"), warm_fake=True) as sandbox:
        for way in WAYS:
            assert_fair(way, verdict_on(way, sandbox, examples=100))
