"""Grade on the workers of a running Dask scheduler, on this machine or others.

The scheduler and its workers are Dask's own and are started without Brickwork's doing; Brickwork has to be installed
where they run. A submission travels with its source and its report comes back, so they need no disk in common. Only
the command that was typed writes to the store. Whoever can reach a scheduler can run any code on its workers, and the
course's secret travels to them: a network that others use needs Dask's TLS.
"""

from __future__ import annotations

import logging
import platform
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from distributed import Client
from distributed.scheduler import KilledWorker

from grader.engine.fingerprint import LIBRARIES, verdict_sha256
from grader.errors import SandboxError, UsageError
from grader.grading.known import content_of_checks
from grader.grading.setup import Setup
from grader.grading.worker import Needs, grade_here, needs_of
from grader.grading.workers import Open
from grader.language import kept
from grader.records import Chapter, Report, Submission
from grader.sandbox.levels import offered

_CONNECT_S = 10
_FIRST_WORKER_S = 60
_GPU = "GPU"  # what Dask's own documentation calls the resource of a worker that has one

# What a verdict depends on, by a name for people; the same on both sides or nothing is graded.
Facts = Mapping[str, str]


class ClusterWorkers:
    """The workers of a Dask scheduler.

    Args:
        scheduler: its address, such as tcp://host:8786, or the file that it wrote its address to.
    """

    lost = (KilledWorker,)
    tries = 2  # the scheduler itself has sent it to several workers before it gives a submission up

    def __init__(self, scheduler: str) -> None:
        self._scheduler = scheduler

    @contextmanager
    def open(self, setup: Setup, submissions: Sequence[Submission], *, alone: bool) -> Iterator[Open]:
        """See `grader.grading.workers.Workers`.

        Raises:
            UsageError: the scheduler is not there or has no workers, or one of them would judge otherwise.
        """
        setup = replace(setup, inputs=None)  # that folder is this machine's
        chapters = tuple(dict.fromkeys(submission.chapter for submission in submissions))
        expected = facts(setup, chapters)
        with self._client() as client:
            _require_equal(expected, self._facts_of_workers(client, setup, chapters))
            needed = {_GPU: 1} if setup.profile.device == "cuda" else None
            executor = client.get_executor(pure=False, resources=needed)
            try:
                yield _OnCluster(client, executor, setup, needs_of(submissions), expected, chapters)
            except (CancelledError, OSError) as error:
                raise self._gone() from error
            finally:
                executor.shutdown(wait=False)

    def _client(self) -> Client:
        for name in ("distributed", "distributed.client"):  # their tracebacks say what the error below says
            logging.getLogger(name).setLevel(logging.CRITICAL)
        where = (
            {"scheduler_file": self._scheduler}
            if Path(self._scheduler).is_file()
            else {"address": self._scheduler}
        )
        try:
            return Client(**where, timeout=_CONNECT_S, set_as_default=False)
        except (OSError, ValueError) as error:
            what = f"no Dask scheduler answers: {' '.join(str(error).split())}"
            step = "start one with: dask scheduler, and name the address that it prints"
            raise UsageError(what, f"--scheduler {self._scheduler}", step) from error

    def _facts_of_workers(
        self, client: Client, setup: Setup, chapters: tuple[Chapter, ...]
    ) -> Mapping[str, Facts]:
        """What each worker would judge with, by its address."""
        where = f"--scheduler {self._scheduler}"
        step = f"start one on each machine: dask worker {self._scheduler} --nthreads 1"
        try:
            client.wait_for_workers(1, timeout=_FIRST_WORKER_S)
            found: Mapping[str, Facts] = client.run(facts, setup, chapters)
        except TimeoutError as error:
            raise UsageError("the scheduler has no workers", where, step) from error
        except (ImportError, AttributeError, TypeError) as error:
            what = f"a worker does not know this Brickwork: {error}"
            step = "install the same version where the workers run, and start them anew"
            raise UsageError(what, where, step) from error
        return found

    def _gone(self) -> UsageError:
        return UsageError(
            "the scheduler is gone; what was graded until then is kept",
            f"--scheduler {self._scheduler}",
            "start it again, and the same command goes on from there",
        )


@dataclass(frozen=True)
class _OnCluster:
    client: Client
    executor: Executor
    setup: Setup
    needs: Needs
    expected: Facts
    chapters: tuple[Chapter, ...]

    @property
    def width(self) -> int:
        """Workers come and go."""
        return len(self.client.ncores())

    def send(self, submission: Submission) -> Future[Report]:
        """Hand it to the scheduler."""
        return self.executor.submit(
            _grade_there, self.setup, self.needs, self.expected, self.chapters, submission
        )


def _grade_there(
    setup: Setup,
    needs: Needs,
    expected: Facts,
    chapters: tuple[Chapter, ...],
    submission: Submission,
) -> Report:
    """Runs on a worker, which may have come after the others were asked.

    Raises:
        UsageError: it would judge otherwise.
        SandboxError: no sandbox starts on it.
    """
    _require_equal(expected, {platform.node(): facts(setup, chapters)})
    try:
        return grade_here(setup, needs, submission)
    except SandboxError as error:  # of many machines, this one
        raise SandboxError(error.what, f"worker {platform.node()}, {error.where}", error.next_step) from None


@cache
def facts(setup: Setup, chapters: tuple[Chapter, ...]) -> Facts:
    """What verdicts on these chapters would depend on in this process."""
    reason = offered()[setup.level]
    return {
        "Python": ".".join(platform.python_version_tuple()[:2]),
        **{name: _version(name) for name in LIBRARIES},
        kept("the code of Brickwork"): verdict_sha256(),
        **{
            kept(f"the checks of {chapter.label}"): content_of_checks(chapter, setup.profile.names_mistakes)
            for chapter in chapters
        },
        f"isolation {setup.level}": "there" if reason is None else reason,
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def _require_equal(expected: Facts, found: Mapping[str, Facts]) -> None:
    """Refuse to grade where the same submission could get two verdicts.

    Raises:
        UsageError: naming the worker and what differs there.
    """
    for worker, theirs in found.items():
        for name, ours in expected.items():
            if theirs.get(name) != ours:
                there = theirs.get(name, "nothing")
                short = kept(f": {ours} here, {there} there") if len(ours) < 20 else ""
                raise UsageError(
                    f"a worker would judge otherwise: {name} differs{short}",
                    f"worker {worker}",
                    "install the same there, start the worker anew, and run the same command again",
                )
