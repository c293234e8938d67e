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
    from grader.cohort import Collection, HandedIn
    from grader.records import Chapter, Report
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
    from grader.cohort import Lane, collect, could_not_grade, grade_all, grade_stored
    from grader.course import find_chapter, load_course
    from grader.desk import desk_of
    from grader.sandbox.isolation import Level, require
    from grader.store import Store

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
    store = Store(desk.state / "results.db")
    verdicts = (
        grade_all(found.submissions, lane, jobs)
        if again
        else grade_stored(found.submissions, lane, store, jobs)
    )
    graded = list(console.progress(verdicts, len(found.submissions), "grading", quiet=as_json))
    store.close()
    learners = by_learner(found, graded, only)
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
    if any(could_not_grade(report) for _, report in graded):
        raise typer.Exit(2)
    raise typer.Exit(0 if graded and all(one.passed for one in learners) else 1)


def by_learner(
    found: Collection, graded: Sequence[tuple[HandedIn, Report]], only: Sequence[Chapter]
) -> list[LearnerResult]:
    """The reports of each learner, in the course's order; what others handed in and this one did not is missing."""
    assigned = {chapter.stem: chapter for chapter in only} or {
        item.chapter.stem: item.chapter for item in found.submissions
    }
    stems = sorted(assigned)
    reports = {(item.learner, item.chapter.stem): report for item, report in graded}
    results = []
    for learner in found.learners:
        mine = tuple(reports[learner, stem] for stem in stems if (learner, stem) in reports)
        missing = tuple((stem, assigned[stem].points) for stem in stems if (learner, stem) not in reports)
        results.append(LearnerResult(learner, mine, missing))
    return results


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
