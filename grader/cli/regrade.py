"""`brick regrade`: grade again what a changed check, kit or course may judge otherwise.

New verdicts are stored beside the old ones, which still count. Only when they are agreed to does a new run make them
count, so breaking off at any moment loses no grade and changes none.
"""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import replace
from typing import Annotated

import typer

from grader.cli import console
from grader.cli.class_grading import (
    fails,
    judged_by,
    level_for,
    one_grader_at_a_time,
    require_same_secret,
)
from grader.cli.grading_anew import workers_for
from grader.cli.interrupting import says_what_is_kept
from grader.cli.options import Device, Isolation, Jobs, OnlyChapters, Scheduler, Unsandboxed
from grader.cli.progress import counted
from grader.course.config import find_chapter, load_course
from grader.engine.consistency import require_consistent
from grader.errors import UsageError
from grader.grading.gradebook import assigned_in, open_store
from grader.grading.known import secret_sha256
from grader.grading.regrade import Regrade, plan_regrade
from grader.grading.setup import Setup
from grader.grading.store import Settings, Store
from grader.grading.workers import Workers
from grader.language import gettext as _
from grader.records import Course
from grader.report.class_table import change_lines
from grader.report.decisions import overruled_lines


def regrade(
    chapter: OnlyChapters = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Let the new verdicts count without asking.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    isolation: Annotated[
        Isolation | None,
        typer.Option(help="How submissions are sealed off; by default as they were.", show_default=False),
    ] = None,
    unsandboxed: Unsandboxed = False,
    jobs: Jobs = 0,
    scheduler: Scheduler = "",
) -> None:
    """Grade again what a changed check, kit or course may judge anew.

    The submissions are those of the last runs. What would change is shown, and counts only if you say so.

    Exit code 0: nothing waits for you; 1: changes do not count yet; 2: it could not be done.
    """
    if yes and dry_run:
        raise UsageError("--yes and --dry-run exclude each other", "brick regrade", "leave one of them out")
    course = load_course()
    with open_store(course) as store:
        chapters = assigned_in(store, course, [find_chapter(course, word) for word in chapter or []])
        require_consistent(course, chapters)
        workers = workers_for(jobs, scheduler)
        setup, settings = _setup_of_last_run(course, store, isolation, unsandboxed)
        with one_grader_at_a_time(store):
            work = plan_regrade(store, course, chapters, setup)
            _run(work, store, setup, workers)
        _show_changes(work)
        if not work.entries():
            return
        # Exit code 1 lets a script see that something waits for a decision.
        if dry_run or not (yes or _agreed()):
            typer.echo(_("nothing counts yet; next: brick regrade --yes"))
            raise typer.Exit(1)
        run = store.begin_run([one.stem for one in chapters], (), settings)
        work.publish(store, run)
        typer.echo(_("the new verdicts count; next: brick report, then brick export"))


def _run(work: Regrade, store: Store, setup: Setup, workers: Workers) -> None:
    """Grade again what has to be."""
    with (
        says_what_is_kept(
            lambda: _("{done} of {total} are graded again and kept").format(
                done=len(work.fresh), total=len(work.stale)
            )
        ),
        closing(work.run(store, setup, workers)) as verdicts,
    ):
        # The verdicts are kept by `run` itself; here they are only counted.
        for _verdict in counted(verdicts, len(work.stale), _("regrading"), fails=fails):
            pass


def _show_changes(work: Regrade) -> None:
    """What would count from now on, and what a person has set and stays as it is."""
    again = _("{done} of {total} graded again: nothing that judges the others has changed")
    typer.echo(again.format(done=len(work.fresh), total=len(work.attempts)))
    changes, total = work.changes()
    for line in change_lines(changes, total, console.style()):
        typer.echo(line)
    overruled = overruled_lines(work.overruled())
    if overruled:
        typer.echo(_("set by a person, and left as they are:"))
    for line in overruled:
        typer.echo(f"  {line}")


def _setup_of_last_run(
    course: Course, store: Store, isolation: Isolation | None, unsandboxed: bool
) -> tuple[Setup, Settings]:
    """Judge as the last run did, so that a difference is one of the checks and not of the way they ran.

    An isolation that is named here beats the stored one; before the first run the strongest is taken.

    Raises:
        SandboxError: that level is not offered on this machine.
        UsageError: the secret is another one.
    """
    last = store.last_settings() or Settings(Isolation.STRONGEST.value, None, Device.CPU.value)
    wished = isolation.value if isolation else last.isolation
    settings = Settings(level_for(wished, unsandboxed).value, last.examples, last.device)
    setup = judged_by(course, settings)
    settings = replace(settings, secret=secret_sha256(setup.profile))
    require_same_secret(settings, store)
    return setup, settings


def _agreed() -> bool:
    """Ask; who cannot be asked has not agreed.

    In a pipe or a nightly job nobody can answer; there `--yes` lets the verdicts count.
    """
    return sys.stdin.isatty() and console.agrees(_("Let the new verdicts count?"))
