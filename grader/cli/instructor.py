"""The instructor's commands: grade."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import console
from grader.cli.learner import Device
from grader.errors import UsageError
from grader.records import LearnerResult
from grader.report.json import as_learner_dict, dumps
from grader.report.terminal import class_table
from grader.report.text import clean_line, wrap

if TYPE_CHECKING:
    from grader.collecting import Collection
    from grader.records import Chapter, Course
    from grader.report.terminal import Style


class Isolation(StrEnum):
    """How far submissions are kept from this machine."""

    STRONGEST = "strongest"
    BWRAP = "bwrap"
    UID = "uid"
    PLAIN = "plain"


def register(app: typer.Typer) -> None:
    """Add these commands to `brick`."""
    app.command()(grade)


def grade(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="A folder of learners, one learner's folder, or single files.", metavar="PATH..."
        ),
    ],
    chapter: Annotated[
        list[str] | None,
        typer.Option("--chapter", "-c", help="Grade these chapters only.", show_default=False),
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the reports go, one JSON file per learner.")] = Path(
        "reports"
    ),
    isolation: Annotated[
        Isolation, typer.Option(help="How submissions are sealed off.")
    ] = Isolation.STRONGEST,
    unsandboxed: Annotated[
        bool, typer.Option("--unsandboxed", help="Accept no seal at all: the code can do what you can do.")
    ] = False,
    examples: Annotated[
        int | None,
        typer.Option(
            min=1, help="Inputs per check; the course says how many by default.", show_default=False
        ),
    ] = None,
    device: Annotated[Device, typer.Option(help="Where the tensors live.")] = Device.CPU,
    jobs: Annotated[
        int, typer.Option(min=0, help="Grade this many at once; 0 means as many as pay off.")
    ] = 0,
    again: Annotated[
        bool, typer.Option("--again", help="Grade everything anew, also what was graded before.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Grade other people's work in a sandbox.

    Exit code 0: all passed; 1: some failed; 2: some could not be graded.
    """
    from grader.checking.run import Profile
    from grader.cohort import Lane, could_not_grade, grade_handed_in
    from grader.collecting import collect
    from grader.course import find_chapter, load_course
    from grader.desk import desk_of
    from grader.gradebook import publish, results_in
    from grader.sandbox.isolation import Level, require
    from grader.store import STORE_FILE, Store

    course = load_course()
    only = [find_chapter(course, word) for word in chapter or []]
    found = collect(paths, course, only)
    wished = None if isolation is Isolation.STRONGEST else Level(isolation.value)
    level = require(wished, unsandboxed)
    desk = desk_of(course)
    secret = desk.secret()
    profile = Profile(
        "grade",
        examples or course.grade_examples,
        secret=secret,
        device=device,
        mistakes=course.root / "solutions" / "mistakes",
    )
    lane = Lane(level, course.limits, profile)
    assigned = only or assigned_by(found, course)
    with Store(desk.state / STORE_FILE) as store:
        run = store.begin_run([one.stem for one in assigned], found.learners)
        verdicts = grade_handed_in(found.submissions, lane, store, jobs, again=again)
        faults = 0
        for item, verdict in console.progress(verdicts, len(found.submissions), "grading", quiet=as_json):
            publish(store, run, course, item, verdict)
            faults += could_not_grade(verdict.report)
        learners = results_in(store, course, assigned, found.learners).learners
    files = write_reports(learners, out)
    if as_json:
        typer.echo(
            dumps({"schema": "brickwork/class/v1", "learners": [as_learner_dict(one) for one in learners]}),
            nl=False,
        )
    else:
        _show(learners, found, console.style())
        typer.echo(f"isolation {level}, {profile.examples} examples per check")
        typer.echo(f"{len(files)} reports in {out}/")
    if faults:
        raise typer.Exit(2)
    raise typer.Exit(0 if found.submissions and all(one.passed for one in learners) else 1)


def assigned_by(found: Collection, course: Course) -> list[Chapter]:
    """The chapters that anybody handed in: to the others they are missing."""
    stems = {item.chapter.stem for item in found.submissions}
    return [chapter for chapter in course.chapters if chapter.stem in stems]


def write_reports(learners: Sequence[LearnerResult], out: Path) -> list[Path]:
    """Write one JSON file per learner into `out`."""
    from grader.desk import write_whole

    files: dict[Path, LearnerResult] = {}
    for learner in learners:
        name = re.sub(r"[^\w.-]+", "_", learner.learner).lstrip(".") or "learner"
        path, number = out / f"{name}.json", 2
        while path in files:
            path, number = out / f"{name}-{number}.json", number + 1
        files[path] = learner
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path, learner in files.items():
            write_whole(path, dumps(as_learner_dict(learner)))
    except OSError as error:
        what = f"the reports cannot be written: {error.strerror}"
        raise UsageError(what, str(error.filename or out), "name another folder with --out") from error
    return list(files)


def _show(learners: Sequence[LearnerResult], found: Collection, style: Style) -> None:
    for line in class_table(learners, style):
        typer.echo(line)
    typer.echo()
    for note in found.passed_over:
        for line in wrap(f"not graded: {clean_line(note)}", style.width, indent="  ", first="", cut=False):
            typer.echo(line)
