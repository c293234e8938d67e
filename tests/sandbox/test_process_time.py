"""Limits count the time that a process had to itself: waiting for a core is free, sleeping is not."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from sandboxes import need

from grader.records import Cause, Limits
from grader.sandbox import channel, process_time
from grader.sandbox.affinity import usable_cores
from grader.sandbox.exceptions import LearnerLost
from grader.sandbox.host import Sandbox
from grader.sandbox.levels import Level
from grader.sandbox.process_time import Deadline, ProcessClock, child_of

SPIN = "while True: pass"
SOURCE = """
import time

def sleep(s):
    time.sleep(s)
    return s

def work(s):
    end = time.process_time() + s
    while time.process_time() < end:
        pass
    return s
"""


class Starved(ProcessClock):
    """The clock of a process that never gets a core."""

    def time_s(self) -> float:
        return 0.0


@pytest.fixture
def crowd() -> Iterator[None]:
    """Eight processes that want every core that there is, each kept on one."""
    cores = usable_cores()
    if not cores:
        pytest.skip("processes cannot be kept on a core here")
    program = "import os, sys; os.sched_setaffinity(0, {int(sys.argv[1])})\n" + SPIN
    busy = [
        subprocess.Popen([sys.executable, "-S", "-c", program, str(core)]) for core in cores for _ in range(4)
    ]
    yield
    for process in busy:
        process.kill()
        process.wait()


@pytest.mark.parametrize("level", [Level.BWRAP, Level.PLAIN])
def test_a_learner_is_not_charged_for_a_core_that_others_have(level: Level, crowd: None) -> None:
    need(level)
    with Sandbox(level, Limits(call_s=10.0)) as sandbox, sandbox.learner(SOURCE) as learner:
        start = time.monotonic()
        answer = learner.work(0.6)
        waited = time.monotonic() - start
        spent = learner.spent_s

    assert answer == 0.6
    assert 0.5 < spent < 0.8 * waited  # it had a fifth of the core


@pytest.mark.parametrize("level", [Level.BWRAP, Level.PLAIN])
def test_sleeping_is_the_learners_own_time(level: Level) -> None:
    need(level)
    with Sandbox(level, Limits(call_s=0.5)) as sandbox, sandbox.learner(SOURCE) as learner:
        learner.sleep(0.2)
        spent = learner.spent_s
        with pytest.raises(LearnerLost) as lost:
            learner.sleep(60)

    assert spent > 0.1  # were sleeping nobody's, it would be nearly nothing
    assert lost.value.cause is Cause.OUT_OF_TIME


def test_who_gets_no_core_for_ten_times_the_limit_is_told_from_who_is_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channel, "ProcessClock", Starved)
    with Sandbox(limits=Limits(call_s=0.05)) as sandbox, sandbox.learner(SOURCE) as learner:
        with pytest.raises(LearnerLost) as lost:
            learner.sleep(60)
        spent = learner.spent_s

    assert lost.value.cause is Cause.STARVED
    assert spent == 0


def test_a_guest_is_known_by_the_number_it_has_here() -> None:
    need(Level.BWRAP)
    source = "import os\ndef me(): return os.getpid()"
    with Sandbox(Level.BWRAP) as sandbox, sandbox.learner(source) as learner:
        inner = learner.me()
        assert sandbox._zygote is not None
        pid = child_of(sandbox._zygote.pid, inner)

        assert pid is not None
        assert Path(f"/proc/{pid}").exists()
        assert pid != inner
    assert child_of(os.getpid(), 1) is None


def test_a_clock_of_nobody_counts_all_time() -> None:
    clock = ProcessClock(None)

    before = time.monotonic()
    told = clock.time_s()

    assert before <= told <= time.monotonic()


def test_a_deadline_moves_while_its_process_waits_and_ends_at_ten_times_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(process_time, "time", SimpleNamespace(monotonic=lambda: now))
    deadline = Deadline(0.01, Starved(None))

    now += 0.09
    assert deadline.left() > 0

    now += 0.02
    with pytest.raises(TimeoutError):
        deadline.left()
