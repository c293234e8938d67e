"""A class is graded whole even if grading is killed; and what is worth a second process, what an attempt is."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import active_children
from pathlib import Path

import pytest
from commands import brick
from killing import Workspace, kill_and_rerun
from sandboxes import need
from soaking import LongClass

from grader.course.config import find_chapter
from grader.engine.inputs_file import InputsFolder
from grader.engine.profile import Profile
from grader.engine.runner import unjudged
from grader.engine.suites import suite_for
from grader.errors import SandboxError
from grader.grading.batch import grade_all
from grader.grading.setup import Setup
from grader.grading.workers import LocalWorkers, sensible_jobs
from grader.records import Cause, CheckResult, Course, Limits, Outcome, Report, ReportState, Submission
from grader.sandbox.levels import Level
from grader.workspace.workspace import attempt_of

PLAIN = Setup(Level.PLAIN, Limits(), Profile("grade", examples=2))


# Of two kills one meets a single process and the other two that grade side by side.
@pytest.mark.slow
@pytest.mark.parametrize(("learners", "kills"), [(18, 2), pytest.param(60, 20, marks=pytest.mark.nightly)])
def test_killed_again_and_again_it_ends_with_the_results_of_a_run_left_alone(
    tmp_path: Path, learners: int, kills: int
) -> None:
    calm, killed = Workspace(tmp_path / "calm", learners), Workspace(tmp_path / "killed", learners)
    calm.grade()

    reached = kill_and_rerun(killed, kills)

    assert reached[-1] < learners
    assert killed.results() == calm.results()
    assert (killed.count("verdicts"), killed.count("hand_ins")) == (learners, learners)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_broken_off_it_says_what_is_kept_and_goes_on_from_there(
    tmp_path: Path, number: signal.Signals
) -> None:
    workspace = Workspace(tmp_path, learners=4)
    second = tmp_path / "class" / "learner001" / "ch02_neuron.py"
    quick = second.read_text(encoding="utf-8")
    second.write_text("def neuron(x, w, b):\n    while True:\n        pass\n", encoding="utf-8")
    process = workspace.start(jobs=1, stderr=subprocess.PIPE)
    while process.poll() is None and not workspace.count("verdicts"):
        time.sleep(0.002)

    process.send_signal(number)
    _, said = process.communicate()
    kept = workspace.count("hand_ins")
    second.write_text(quick, encoding="utf-8")
    workspace.grade()

    assert f"broken off: {kept} of 4 are graded and kept" in said.decode()
    assert process.returncode == 128 + number
    assert workspace.count("verdicts") == 4


@pytest.mark.slow
def test_of_two_graders_the_second_waits_and_each_verdict_is_made_once(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, learners=9)
    first = workspace.start(jobs=1)
    while first.poll() is None and not workspace.count("verdicts"):
        time.sleep(0.002)

    said = workspace.grade()
    first.wait()

    assert "another brick grade is at work here" in said
    assert first.returncode == 1
    assert workspace.count("verdicts") == 9


@pytest.mark.nightly
def test_a_long_class_on_two_lanes_ends_as_on_one_and_leaves_nothing(tmp_path: Path) -> None:
    need(Level.BWRAP)
    one, two = LongClass(tmp_path / "one", 200), LongClass(tmp_path / "two", 200)

    runs = one.run(1, marks=(50, 190)), two.run(2, marks=(50, 190))

    assert two.results() == one.results()
    for run in runs:
        assert not run.left
        (coordinator, lane), (coordinator_later, lane_later) = run.memory.values()
        assert coordinator_later - coordinator < 32
        assert lane_later - lane < 64


def test_where_no_sandbox_starts_it_is_said_why_and_nobody_gets_a_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need(Level.BWRAP)  # and found to be offered: what follows fails at the start of a sandbox
    broken = tmp_path / "bin" / "bwrap"
    broken.parent.mkdir()
    broken.write_text(
        "#!/bin/sh\necho 'bwrap: Creating new namespace failed' >&2\nexit 1\n", encoding="utf-8"
    )
    broken.chmod(0o755)
    workspace = Workspace(tmp_path / "mine", learners=2)
    workspace.words = ("grade", "class", "--isolation", "bwrap", "--examples", "2")
    monkeypatch.chdir(workspace.folder)
    monkeypatch.setenv("BRICKWORK_SECRET", "kill")

    with monkeypatch.context() as patched:
        patched.setenv("PATH", f"{broken.parent}:/usr/bin:/bin")
        refused = brick(*workspace.words, "--jobs", "1")

    assert isinstance(refused.exception, SandboxError), refused.output
    assert "bwrap: Creating new namespace failed" in refused.exception.what
    assert (workspace.count("verdicts"), workspace.missing()) == (0, [])


class Busy:
    """Two workers on a machine that kills, or keeps from a core, submissions 0 and 3 as long as others are at work.

    Args:
        cause: which of both.
    """

    lost = (BrokenProcessPool,)
    tries = 3
    width = 2

    def __init__(self, cause: Cause) -> None:
        self.cause, self.sent, self.opened = cause, list[str](), 0
        self._in_flight: list[tuple[Submission, Future[Report]]] = []

    @contextmanager
    def open(self, setup: Setup, submissions: Sequence[Submission], *, alone: bool) -> Iterator[Busy]:
        self.opened += 1
        yield self

    def send(self, submission: Submission) -> Future[Report]:
        self.sent.append(submission.sha256)
        future: Future[Report] = Future()
        self._in_flight = [(one, other) for one, other in self._in_flight if not other.done()]
        self._in_flight.append((submission, future))
        is_alone = self.sent.count(submission.sha256) == 2 and len(self._in_flight) == 1
        for one, other in self._in_flight:
            report = unjudged(one.chapter, one.path, PLAIN.profile, ReportState.GRADED)
            if one.sha256 in "03" and not is_alone:
                result = CheckResult("check_a", "neuron", "A.", Outcome.FAILED, 1.0, self.cause)
                report = replace(report, checks=(result,))
            other.set_result(report)
        return future


@pytest.mark.parametrize("cause", [Cause.KILLED, Cause.STARVED, Cause.OUT_OF_TIME, Cause.LOST])
def test_what_the_machine_may_have_done_is_tried_again_alone_and_last_in_the_same_workers(
    course: Course, cause: Cause
) -> None:
    chapter = find_chapter(course, "ch02")
    submissions = [Submission(chapter, "", Path(f"{number}.py"), str(number)) for number in range(6)]
    busy = Busy(cause)

    graded = list(grade_all(submissions, PLAIN, busy))

    again = ["0", "3"] if cause in (Cause.KILLED, Cause.STARVED) else []
    assert busy.sent == [*map(str, range(6)), *again]
    assert busy.opened == 1
    assert [number for number, _ in graded][6 - len(again) :] == list(map(int, again))
    assert sorted(number for number, _ in graded) == list(range(6))
    assert not any(report.is_transient for _, report in graded)


def test_side_by_side_the_inputs_of_a_chapter_are_drawn_whole_by_both_together(
    tmp_path: Path, course: Course
) -> None:
    chapter = replace(
        find_chapter(course, "ch02"), exercises=(find_chapter(course, "ch02").exercise("neuron"),)
    )
    profile = Profile("grade", examples=2, secret=b"secret", shrink=False)
    submissions = [Submission(chapter, f"# {n}\n", Path(f"{n}.py"), str(n)) for n in range(2)]

    list(grade_all(submissions, replace(PLAIN, profile=profile, inputs=tmp_path), LocalWorkers(2)))

    suite = suite_for(chapter)
    file = InputsFolder(tmp_path, b"secret").file(suite.sha256)
    drawn = [check for check in suite.checks if check.inputs]
    assert len(drawn) > 4
    for check in drawn:
        assert file.has(check.name, profile.seed_of(chapter.stem, check.name), profile.examples_of(check))


def test_broken_off_nothing_is_left_at_work(course: Course) -> None:
    chapter = replace(
        find_chapter(course, "ch02"), exercises=(find_chapter(course, "ch02").exercise("neuron"),)
    )
    submissions = [Submission(chapter, f"# {n}\n", Path(f"{n}.py"), str(n)) for n in range(8)]
    before = set(threading.enumerate())

    verdicts = grade_all(submissions, PLAIN, LocalWorkers(2))
    next(verdicts)
    verdicts.close()  # as Ctrl-C does

    # A thread of the pool's that outlives it complains on the terminal when Python ends.
    assert set(threading.enumerate()) <= before
    assert not active_children()


class Fragile:
    """Workers that all end when they get submission 2; submission 1 is still with them when they first do."""

    lost = (BrokenProcessPool,)
    tries = 3
    width = 2

    @contextmanager
    def open(self, setup: Setup, submissions: Sequence[Submission], *, alone: bool) -> Iterator[Fragile]:
        self.alone, self.in_flight, self.ended = alone, list[Future[Report]](), False
        yield self

    def send(self, submission: Submission) -> Future[Report]:
        if self.ended:
            raise BrokenProcessPool
        future: Future[Report] = Future()
        self.in_flight.append(future)
        if submission.sha256 == "2":
            self.ended = True
            for one in self.in_flight:
                if not one.done():
                    one.set_exception(BrokenProcessPool())
        elif self.alone or submission.sha256 != "1":
            future.set_result(
                unjudged(submission.chapter, submission.path, PLAIN.profile, ReportState.GRADED)
            )
        return future


def test_only_the_submission_that_ends_its_worker_every_time_is_a_fault_of_the_kit(course: Course) -> None:
    chapter = find_chapter(course, "ch02")
    submissions = [Submission(chapter, "", Path(f"{number}.py"), str(number)) for number in range(9)]

    graded = dict(grade_all(submissions, PLAIN, Fragile()))

    assert sorted(graded) == list(range(9))
    assert [n for n, report in graded.items() if report.state is ReportState.KIT_FAULT] == [2]


def test_few_submissions_are_not_worth_a_second_process() -> None:
    assert sensible_jobs(1) == sensible_jobs(15) == 1


SOURCE = (
    "def softmax(x):\n    return _shift(x)\n\ndef _shift(x):\n    return x\n\ndef relu(x):\n    return x\n"
)


@pytest.mark.parametrize(
    ("old", "new", "is_another"),
    [
        ("return _shift(x)", "return _shift(x + 1)", True),
        ("    return x\n\ndef relu", "    return x - 1\n\ndef relu", True),
        ("def relu(x):\n    return x", "def relu(x):\n    return 0", False),
        ("return _shift(x)", "return _shift( x )  # shifted", False),
        ("return _shift(x)", "return _shift(x", True),
    ],
    ids=["the exercise", "a helper", "another exercise", "layout", "broken"],
)
def test_an_attempt_is_a_change_of_the_exercise_or_of_a_helper(old: str, new: str, is_another: bool) -> None:
    assert SOURCE.count(old) == 1

    changed = attempt_of(SOURCE.replace(old, new), "softmax") != attempt_of(SOURCE, "softmax")

    assert changed is is_another
