"""Grading on Dask's workers gives the verdicts of this machine, and survives the loss of a worker or the scheduler."""

from __future__ import annotations

import contextlib
import os
import pickle
import platform
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from grader.cli.grading_anew import workers_for
from grader.course.config import find_chapter
from grader.engine.profile import Profile
from grader.errors import SandboxError, UsageError
from grader.grading import cluster
from grader.grading.batch import grade_all
from grader.grading.cluster import ClusterWorkers
from grader.grading.setup import Setup
from grader.grading.worker import Needs
from grader.grading.workers import LocalWorkers
from grader.records import Course, Limits, Report, Submission
from grader.sandbox.levels import Level

SETUP = Setup(Level.PLAIN, Limits(), Profile("grade", examples=2, shrink=False, secret=b"s" * 32))


class Dask:
    """A scheduler and workers, each a process of its own on the loopback interface."""

    def __init__(self, folder: Path, workers: int) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        self._folder = folder
        self.scheduler = self._start("scheduler", "--host", self.address)
        self.workers = [
            self._start("worker", self.address, "--nthreads", "1", "--no-nanny", "--local-directory", folder)
            for _ in range(workers)
        ]

    def _start(self, *words: str | Path) -> subprocess.Popen[bytes]:
        program = "from dask.__main__ import main; main()"
        return subprocess.Popen(
            [sys.executable, "-c", program, *words, "--no-dashboard"],
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            stderr=subprocess.DEVNULL,
        )

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End a process as a machine that fails ends it."""
        process.send_signal(signal.SIGKILL)
        process.wait()

    def close(self) -> None:
        """End all that is left."""
        for process in (*self.workers, self.scheduler):
            self.kill(process)


@contextlib.contextmanager
def dask(folder: Path, workers: int) -> Iterator[Dask]:
    """Dask for one test."""
    started = Dask(folder, workers)
    try:
        yield started
    finally:
        started.close()


def submissions(course: Course, count: int) -> list[Submission]:
    """Work on one exercise, all different, every other one wrong."""
    chapter = find_chapter(course, "ch02")
    chapter = replace(chapter, exercises=(chapter.exercise("count_parameters"),))
    right = "def count_parameters(sizes):\n    return sum((m + 1) * n for m, n in zip(sizes, sizes[1:]))\n"
    wrong = "def count_parameters(sizes):\n    return sum(sizes)\n"
    sources = [f"{wrong if number % 2 else right}# {number}\n" for number in range(count)]
    return [
        Submission(chapter, source, Path(f"{number}.py"), str(number))
        for number, source in enumerate(sources)
    ]


def timeless(report: Report) -> Report:
    """A report without how long it took."""
    checks = tuple(replace(check, seconds=0.0) for check in report.checks)
    return replace(report, seconds=0.0, checks=checks)


@pytest.mark.slow
def test_with_a_worker_killed_the_verdicts_are_those_of_one_process(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = submissions(course, 12)
    here = {number: timeless(report) for number, report in grade_all(work, SETUP, LocalWorkers(1))}

    with dask(tmp_path, workers=2) as started:
        workers = ClusterWorkers(started.address)
        with monkeypatch.context() as patch:
            patch.setattr(cluster, "verdict_sha256", lambda: "another version")
            cluster.facts.cache_clear()
            with pytest.raises(UsageError, match="the code of Brickwork differs"):
                next(grade_all(work, SETUP, workers))
            cluster.facts.cache_clear()
        there = {}
        for number, report in grade_all(work, SETUP, workers):
            there[number] = timeless(report)
            if len(there) == 1:
                started.kill(started.workers[0])

    assert there == here


@pytest.mark.slow
def test_a_lost_scheduler_is_an_error_and_what_was_graded_is_right(course: Course, tmp_path: Path) -> None:
    graded: list[bool] = []

    def grade_and_kill(started: Dask) -> None:
        for number, report in grade_all(submissions(course, 8), SETUP, ClusterWorkers(started.address)):
            graded.append(report.passed == (number % 2 == 0))
            started.kill(started.scheduler)

    with dask(tmp_path, workers=1) as started, pytest.raises(UsageError, match="the scheduler is gone"):
        grade_and_kill(started)

    assert graded
    assert all(graded)


def test_a_scheduler_that_is_not_there_is_an_error(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_CONNECT_S", 0.2)

    with pytest.raises(UsageError, match="no Dask scheduler answers"):
        next(grade_all(submissions(course, 1), SETUP, ClusterWorkers("tcp://127.0.0.1:9")))


def test_a_worker_without_a_sandbox_is_named(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_sandbox(*_: object) -> Report:
        raise SandboxError("the sandbox did not start", "isolation level bwrap", "mend that")

    monkeypatch.setattr(cluster, "grade_here", no_sandbox)
    [submission] = submissions(course, 1)

    with pytest.raises(SandboxError) as caught:
        cluster._grade_there(SETUP, Needs(), cluster.facts(SETUP, ()), (), submission)

    assert caught.value.where == f"worker {platform.node()}, isolation level bwrap"
    assert pickle.loads(pickle.dumps(caught.value)).where == caught.value.where


def test_jobs_and_a_scheduler_exclude_each_other() -> None:
    with pytest.raises(UsageError, match="--jobs is for this machine alone"):
        workers_for(2, "tcp://127.0.0.1:9")


@pytest.mark.nightly
@pytest.mark.slow
def test_workers_may_come_from_a_queue_of_jobs(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dask_jobqueue import SLURMCluster

    # A queue that starts every job at once.
    queue = {
        "sbatch": 'sh "$1" >/dev/null 2>&1 &\necho "Submitted batch job 1"',
        "scancel": ":",
        "squeue": ":",
    }
    for name, lines in queue.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{lines}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    work = submissions(course, 4)

    slurm = SLURMCluster(
        cores=1, processes=1, memory="4GB", interface="lo", local_directory=str(tmp_path), death_timeout=10
    )
    with slurm:
        slurm.scale(jobs=1)
        passed = {
            number: report.passed
            for number, report in grade_all(work, SETUP, ClusterWorkers(slurm.scheduler_address))
        }

    assert passed == {number: number % 2 == 0 for number in range(4)}
