"""Grade what the store holds no verdict on.

Importing this module imports torch, so commands import it when something is about to be graded, and not before.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from grader.cli.class_grading import fails
from grader.cli.extras import needs
from grader.cli.interrupting import says_what_is_kept
from grader.cli.progress import counted
from grader.engine.consistency import require_consistent
from grader.errors import UsageError
from grader.grading.cache import grade_handed_in
from grader.grading.gradebook import publish
from grader.grading.hand_ins import HandInRead
from grader.grading.known import count_unstored
from grader.grading.setup import Setup
from grader.grading.store import Store
from grader.grading.workers import LocalWorkers, Workers
from grader.language import gettext as _
from grader.records import Chapter, Course, ReportState


def require_ready(course: Course, chapters: Sequence[Chapter], jobs: int, scheduler: str) -> None:
    """Refuse what cannot be graded by.

    Raises:
        CourseError: the course speaks of what is not there, in one of these chapters.
        UsageError: there cannot be such workers.
    """
    require_consistent(course, chapters)
    workers_for(jobs, scheduler)


def workers_for(jobs: int, scheduler: str) -> Workers:
    """Where submissions are graded: on the workers of a Dask scheduler, or in processes of this machine.

    Args:
        jobs: how many processes; 0 for as many as are worth their start.
        scheduler: its address; empty for this machine.

    Raises:
        UsageError: both were asked for, or what a scheduler needs is not installed.
    """
    if not scheduler:
        return LocalWorkers(jobs)
    if jobs:
        step = "leave --jobs out: a cluster has as many workers as were started"
        raise UsageError("--jobs is for this machine alone", f"--jobs {jobs} --scheduler {scheduler}", step)
    with needs("cluster", "--scheduler"):
        from grader.grading.cluster import ClusterWorkers
    return ClusterWorkers(scheduler)


def grade_unknown(
    unknown: Sequence[HandInRead],
    setup: Setup,
    store: Store,
    course: Course,
    run: int,
    workers: Workers,
    *,
    again: bool,
    quiet: bool,
    done: int,
) -> int:
    """Grade what was handed in and let each verdict count as soon as it is there.

    Ctrl-C and SIGTERM leave the command: what was graded until then is kept, and the same command goes on from there.

    Args:
        run: the number of this run in the store, under which verdicts are published.
        workers: where it is graded.
        again: grade also what was graded before in the same way.
        quiet: show no progress.
        done: how many others have their verdict already.

    Returns:
        How many the kit could not grade.
    """
    total, faults = done + len(unknown), 0
    verdicts = grade_handed_in(unknown, setup, store, workers, again=again)
    shown = counted(
        verdicts,
        count_unstored(unknown, setup, store, again=again),
        "grading",
        quiet=quiet,
        fails=lambda pair: fails(pair[1]),
        # Copies of a file, and what the store knows, come at once: counted, they would falsify the time left.
        counts=lambda pair: pair[1].is_new,
    )
    with (
        says_what_is_kept(lambda: _("{done} of {total} are graded and kept").format(done=done, total=total)),
        closing(verdicts),  # an error must not wait for the rest of the class
    ):
        for item, verdict in shown:
            publish(store, run, course, item, verdict)
            done += 1
            faults += verdict.report.state is ReportState.KIT_FAULT
    return faults
