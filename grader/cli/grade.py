"""The instructor's commands: grade and regrade."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import console
from grader.cli.check import Device
from grader.course.paths import mistakes_folder
from grader.errors import UsageError
from grader.records import ReportState
from grader.text import clean_line, file_names, wrap

if TYPE_CHECKING:
    from grader.grading.batch import Lane
    from grader.grading.store import Settings, Store, Verdict
    from grader.records import Chapter, Course, LearnerResult
    from grader.report.terminal import Style
    from grader.sandbox.levels import Level
    from grader.submissions.collecting import Collection


class Isolation(StrEnum):
    """How far submissions are kept from this machine."""

    STRONGEST = "strongest"
    BWRAP = "bwrap"
    UID = "uid"
    PLAIN = "plain"


Chapters = Annotated[
    list[str] | None, typer.Option("--chapter", "-c", help="These chapters only.", show_default=False)
]
Unsandboxed = Annotated[
    bool, typer.Option("--unsandboxed", help="Accept no seal at all: the code can do what you can do.")
]
Jobs = Annotated[int, typer.Option(min=0, help="Grade this many at once; 0 means as many as pay off.")]


def register(app: typer.Typer) -> None:
    """Add these commands to `brick`."""
    app.command()(grade)
    app.command()(regrade)


# --- brick grade ------------------------------------------------------------------------------------------


def grade(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="A folder of learners, nbgrader's course, a download from Moodle or Canvas (zip or unpacked), "
            "one learner's folder, or single files.",
            metavar="PATH",
        ),
    ],
    chapter: Chapters = None,
    out: Annotated[Path, typer.Option(help="Where the reports go, one JSON file per learner.")] = Path(
        "reports"
    ),
    isolation: Annotated[
        Isolation, typer.Option(help="How submissions are sealed off.")
    ] = Isolation.STRONGEST,
    unsandboxed: Unsandboxed = False,
    examples: Annotated[
        int | None,
        typer.Option(
            min=1, help="Inputs per check; the course says how many by default.", show_default=False
        ),
    ] = None,
    device: Annotated[Device, typer.Option(help="Where the tensors live.")] = Device.CPU,
    jobs: Jobs = 0,
    again: Annotated[
        bool, typer.Option("--again", help="Grade everything anew, also what was graded before.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Grade other people's work in a sandbox.

    What was graded before is not graded again, so a run that was broken off goes on where it was.

    Exit code 0: all passed; 1: some failed; 2: some could not be graded.
    """
    from grader.course.config import find_chapter, load_course
    from grader.grading.batch import grade_handed_in
    from grader.grading.gradebook import publish, results_in
    from grader.grading.store import STORE_FILE, Settings, Store
    from grader.sandbox.levels import Level, require
    from grader.serialization import as_learner_dict, dumps
    from grader.submissions.collecting import collect
    from grader.workspace.workspace import workspace_of

    course = load_course()
    only = [find_chapter(course, word) for word in chapter or []]
    found = collect(paths, course, only)
    _refuse_nothing(found, paths, course)
    level = require(None if isolation is Isolation.STRONGEST else Level(isolation.value), unsandboxed)
    settings = Settings(level.value, examples, device.value)
    lane = _lane(course, level, settings)
    assigned = only or assigned_by(found, course)
    done = faults = 0
    with Store(workspace_of(course).state / STORE_FILE) as store:
        run = store.begin_run([one.stem for one in assigned], found.learners, settings)
        verdicts = grade_handed_in(found.submissions, lane, store, jobs, again=again)
        total = len(found.submissions)
        shown = console.grading(verdicts, total, "grading", lambda pair: _fails(pair[1]), quiet=as_json)
        try:
            with closing(verdicts):  # an error must not wait for the rest of the class
                for item, verdict in shown:
                    publish(store, run, course, item, verdict)
                    done += 1
                    faults += verdict.report.state is ReportState.KIT_FAULT
        except KeyboardInterrupt:
            kept = f"broken off: {done} of {total} are graded and kept"
            typer.echo(f"{kept}; the same command goes on from there", err=True)
            raise typer.Exit(130) from None
        learners = results_in(store, course, assigned, found.learners).learners
    files = write_reports(learners, out)
    if as_json:
        everybody = [as_learner_dict(one) for one in learners]
        typer.echo(dumps({"schema": "brickwork/class/v1", "learners": everybody}), nl=False)
    else:
        _show(learners, found, console.style())
        typer.echo(f"isolation {level}, {lane.profile.examples} examples per check")
        typer.echo(f"{len(files)} reports in {out}/")
        typer.echo("next: run: brick report")
    if faults:
        raise typer.Exit(2)
    raise typer.Exit(0 if found.submissions and all(one.passed for one in learners) else 1)


def _lane(course: Course, level: Level, settings: Settings) -> Lane:
    """How other people's work on this course is judged."""
    from grader.engine.profile import Profile
    from grader.grading.batch import Lane
    from grader.workspace.workspace import workspace_of

    profile = Profile(
        "grade",
        settings.examples or course.grade_examples,
        secret=workspace_of(course).secret(),
        device=settings.device,
        mistakes=mistakes_folder(course.root),
    )
    return Lane(level, course.limits, profile)


def _refuse_nothing(found: Collection, paths: Sequence[Path], course: Course) -> None:
    """A path given by mistake must not add its folders to the class."""
    if found.submissions:
        return
    stem = course.chapters[0].stem
    seen = f" ({clean_line(found.passed_over[0])})" if found.passed_over else ""
    raise UsageError(
        f"no file here says which chapter it is{seen}",
        ", ".join(map(str, paths)),
        f"submissions are called {stem}.py or {stem}.ipynb, or have ch01 in their name",
    )


def assigned_by(found: Collection, course: Course) -> list[Chapter]:
    """The chapters that anybody handed in: to the others they are missing."""
    stems = {item.chapter.stem for item in found.submissions}
    return [chapter for chapter in course.chapters if chapter.stem in stems]


def write_reports(learners: Sequence[LearnerResult], out: Path) -> list[Path]:
    """Write one JSON file per learner into `out`."""
    from grader.serialization import as_learner_dict, dumps
    from grader.workspace.workspace import write_whole

    names = file_names(one.learner for one in learners)
    files = {out / f"{names[one.learner]}.json": one for one in learners}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path, learner in files.items():
            write_whole(path, dumps(as_learner_dict(learner)))
    except OSError as error:
        what = f"the reports cannot be written: {error.strerror}"
        raise UsageError(what, str(error.filename or out), "name another folder with --out") from error
    return list(files)


def _show(learners: Sequence[LearnerResult], found: Collection, style: Style) -> None:
    from grader.report.class_table import class_table

    for line in class_table(learners, style):
        typer.echo(line)
    typer.echo()
    notes = [f"not graded: {note}" for note in found.passed_over] + [f"note: {note}" for note in found.notes]
    for note in notes:
        for line in wrap(clean_line(note), style.width, indent="  ", first="", cut=False):
            typer.echo(line)


# --- brick regrade ----------------------------------------------------------------------------------------


def regrade(
    chapter: Chapters = None,
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
) -> None:
    """Grade again what a changed check, kit or course may judge anew.

    The submissions are those of the last runs. What would change is shown, and counts only if you say so.

    Exit code 0: nothing waits for you; 1: changes do not count yet; 2: it could not be done.
    """
    from grader.course.config import find_chapter, load_course
    from grader.grading.gradebook import assigned_in, open_store
    from grader.grading.regrade import plan_regrade
    from grader.report.class_table import change_lines

    if yes and dry_run:
        raise UsageError("--yes and --dry-run exclude each other", "brick regrade", "leave one of them out")
    course = load_course()
    with open_store(course) as store:
        chapters = assigned_in(store, course, [find_chapter(course, word) for word in chapter or []])
        lane, settings = _lane_of_last_run(course, store, isolation, unsandboxed)
        work = plan_regrade(store, course, chapters, lane)
        with closing(work.run(store, lane, jobs)) as verdicts:
            for _ in console.grading(verdicts, len(work.stale), "regrading", _fails):
                pass
        changes, total = work.changes()
        again = f"{len(work.fresh)} of {len(work.attempts)} graded again"
        typer.echo(f"{again}: nothing that judges the others has changed")
        for line in change_lines(changes, total, console.style()):
            typer.echo(line)
        if not work.entries():
            return
        if dry_run or not (yes or _agreed()):
            typer.echo("nothing counts yet; next: brick regrade --yes")
            raise typer.Exit(1)
        run = store.begin_run([one.stem for one in chapters], (), settings)
        work.publish(store, run)
        typer.echo("the new verdicts count; next: brick report, then brick export")


def _fails(verdict: Verdict) -> bool:
    return not verdict.report.passed


def _lane_of_last_run(
    course: Course, store: Store, isolation: Isolation | None, unsandboxed: bool
) -> tuple[Lane, Settings]:
    """Judge as the last run did, so that a difference is one of the checks and not of the way they ran."""
    from grader.grading.store import Settings
    from grader.sandbox.levels import Level, require

    last = store.last_settings() or Settings(Isolation.STRONGEST.value, None, Device.CPU.value)
    wished = isolation.value if isolation else last.isolation
    level = require(None if wished == Isolation.STRONGEST.value else Level(wished), unsandboxed)
    settings = Settings(level.value, last.examples, last.device)
    return _lane(course, level, settings), settings


def _agreed() -> bool:
    """Ask; who cannot be asked has not agreed."""
    return sys.stdin.isatty() and typer.confirm("Let the new verdicts count?", default=False)
