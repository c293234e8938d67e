"""`brick grade`: grade other people's work in a sandbox, and keep what was graded.

Each verdict is written to the store as soon as it is there. The JSON files, the table and the exit code are made from
the store at the end, so they also hold what earlier runs have graded of these learners.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from grader.cli import console
from grader.cli.class_grading import (
    judged_by,
    level_for,
    make_folder,
    one_grader_at_a_time,
    require_same_secret,
    write_reports,
)
from grader.cli.commands import uncollected
from grader.cli.console import say
from grader.cli.files import write_file
from grader.cli.options import (
    AsJson,
    Device,
    DeviceOption,
    Examples,
    Isolation,
    Jobs,
    OnlyChapters,
    Scheduler,
    Unsandboxed,
)
from grader.cli.progress import counted
from grader.cli.roster import tell_of_leavers, tell_of_strangers
from grader.course.config import find_chapter, load_course
from grader.errors import UsageError
from grader.grading.gradebook import publish_known, results_in
from grader.grading.hand_ins import read_each
from grader.grading.known import known_verdicts, secret_sha256
from grader.grading.roster import ClassList, class_list
from grader.grading.setup import Setup
from grader.grading.store import STORE_FILE, Settings, Store
from grader.language import gettext as _
from grader.language import ngettext, translate
from grader.records import Chapter, ClassResults, Course, Submission
from grader.report.class_table import class_summary, class_table
from grader.report.terminal import Style
from grader.serialization import as_learner_dict, dumps
from grader.submissions.collecting import Collection, collect
from grader.submissions.names import ChapterNames
from grader.submissions.times import GivenTimes, read_times
from grader.text import clean_line, wrap
from grader.workspace.workspace import workspace_of

# The whole of a class, as text. A class that can be read learner by learner is printed so; of a larger one a summary
# that fits 24 lines with what follows it.
WHOLE, WHOLE_COLUMNS = "class.txt", 160
TABLE_LEARNERS, SCREEN_LINES = 12, 18

Paths = Annotated[
    list[Path],
    typer.Argument(
        help="A folder of learners, nbgrader's course, a download from Moodle or Canvas (zip or unpacked), "
        "one learner's folder, or single files.",
        metavar="PATH",
    ),
]
Out = Annotated[Path, typer.Option("--out", help="Where the reports go, one JSON file per learner.")]
Times = Annotated[
    Path | None,
    typer.Option(
        "--times",
        help="A CSV of who handed in when: learner,chapter,time. It beats what the files say.",
        show_default=False,
    ),
]
Again = Annotated[bool, typer.Option("--again", help="Grade everything anew, also what was graded before.")]


def grade(
    paths: Paths,
    chapter: OnlyChapters = None,
    times: Times = None,
    out: Out = Path("reports"),
    isolation: Annotated[
        Isolation, typer.Option(help="How submissions are sealed off.")
    ] = Isolation.STRONGEST,
    unsandboxed: Unsandboxed = False,
    examples: Examples = None,
    device: DeviceOption = Device.CPU,
    jobs: Jobs = 0,
    scheduler: Scheduler = "",
    again: Again = False,
    as_json: AsJson = False,
) -> None:
    """Grade other people's work in a sandbox.

    What was graded before is not graded again, so a run that was broken off goes on where it was.

    Exit code 0: all passed; 1: some failed; 2: some could not be graded.
    """
    course = load_course()
    only = [find_chapter(course, word) for word in chapter or []]
    with uncollected():  # what is found stays until the end
        found = collect(paths, course, only, given_times(times, course) if times else None)
    _refuse_nothing(found, paths, course)
    settings = Settings(level_for(isolation, unsandboxed).value, examples, device.value)
    setup = judged_by(course, settings)
    settings = replace(settings, secret=secret_sha256(setup.profile))
    # Whoever names chapters says what was assigned; a learner without a file for one has handed in nothing.
    assigned = only or assigned_by(found, course)
    task = _Task(course, found, assigned, setup, settings, again, jobs, scheduler, quiet=as_json)
    kept = workspace_of(course).state / STORE_FILE
    # Without a verdict everything has to be judged: what cannot be is refused before anything is made.
    if not kept.exists():
        task.require_ready(assigned)
    make_folder(out)
    with Store(kept) as store, one_grader_at_a_time(store):
        faults = _bring_up_to_date(task, store)
        known = class_list(store)
        here = [learner for learner in found.learners if learner not in known.left]
        results = write_reports(store, course, assigned, here, out)
        whole = results_in(store, course, assigned, here) if as_json else results
    learners = results.learners
    if as_json:
        everybody = [as_learner_dict(one) for one in whole.learners]
        typer.echo(dumps({"schema": "brickwork/class/v1", "learners": everybody}), nl=False)
    else:
        _show(results, found, out, console.style())
        _tell(known, found, setup, len(learners), out)
    if faults:
        raise typer.Exit(2)
    raise typer.Exit(0 if found.submissions and all(one.passed for one in learners) else 1)


@dataclass(frozen=True)
class _Task:
    """What is to be graded, how, and by whom.

    Args:
        assigned: the chapters that everybody was to hand in.
        settings: how, as it is noted in the store.
        again: grade also what was graded before in the same way.
        jobs, scheduler: as they were typed, see `workers_for`.
        quiet: show no progress.
    """

    course: Course
    found: Collection
    assigned: Sequence[Chapter]
    setup: Setup
    settings: Settings
    again: bool
    jobs: int
    scheduler: str
    quiet: bool

    def require_ready(self, chapters: Sequence[Chapter]) -> None:
        """Refuse what cannot be graded by, see `grading_anew.require_ready`.

        To judge takes torch, which takes seconds to import: imported only now.
        """
        with uncollected():
            from grader.cli.grading_anew import require_ready
        require_ready(self.course, chapters, self.jobs, self.scheduler)


def _bring_up_to_date(task: _Task, store: Store) -> int:
    """Keep what was handed in, let verdicts that are known count, and make the others.

    Returns:
        How many the kit could not grade.
    """
    if not task.again:
        require_same_secret(task.settings, store)
    submissions = task.found.submissions
    with uncollected():
        reading = read_each(submissions, store.reading)
        work = list(counted(reading, len(submissions), "reading", quiet=task.quiet))
    held = {} if task.again else known_verdicts(work, task.setup, store)
    unknown = [read for place, read in enumerate(work) if place not in held]
    # A chapter with a verdict by today's checks was consistent when that was made.
    judged = {work[place].item.chapter.stem for place in held}
    unproven = [chapter for chapter in task.assigned if chapter.stem not in judged]
    if unknown or unproven:
        task.require_ready(unproven)
    store.keep_readings(
        (one.digest, one.sha256) for one in work if one.digest and isinstance(one.content, Submission)
    )
    # What was handed in is kept before any of it is graded: broken off, it waits, and is not missing.
    stems = [chapter.stem for chapter in task.assigned]
    run = store.begin_run(stems, task.found.learners, task.settings, [read.collected for read in work])
    publish_known(store, run, task.course, [(work[place], number) for place, number in held.items()])
    if not unknown:
        return 0
    with uncollected():
        from grader.cli.grading_anew import grade_unknown, workers_for
    workers = workers_for(task.jobs, task.scheduler)
    return grade_unknown(
        unknown,
        task.setup,
        store,
        task.course,
        run,
        workers,
        again=task.again,
        quiet=task.quiet,
        done=len(held),
    )


def given_times(path: Path, course: Course) -> GivenTimes:
    """The instructor's own times, with chapters as this course calls them."""
    return read_times(path, ChapterNames(tuple(chapter.stem for chapter in course.chapters)))


def _refuse_nothing(found: Collection, paths: Sequence[Path], course: Course) -> None:
    """A path given by mistake must not add its folders to the class.

    Raises:
        UsageError: no file was found; the first that was passed over is named, for it shows what was looked at.
    """
    if found.submissions:
        return
    stem = course.chapters[0].stem
    seen = f" ({clean_line(str(found.passed_over[0]))})" if found.passed_over else ""
    raise UsageError(
        f"no file here says which chapter it is{seen}",
        ", ".join(map(str, paths)),
        f"submissions are called {stem}.py or {stem}.ipynb, or have {course.chapters[0].label} in their name",
    )


def assigned_by(found: Collection, course: Course) -> list[Chapter]:
    """The chapters that anybody handed in: to the others they are missing."""
    stems = {item.chapter.stem for item in found.submissions}
    return [chapter for chapter in course.chapters if chapter.stem in stems]


def _show(results: ClassResults, found: Collection, out: Path, style: Style) -> None:
    """The table of a small class and what was passed over; of a large one a summary. The file has it whole."""
    wide = Style(WHOLE_COLUMNS)
    file = out / WHOLE
    text = [*class_table(results.learners, wide), "", *_notes(found, wide.width)]
    write_file(file, ("\n".join(text).rstrip("\n") + "\n").encode())
    if len(results.learners) <= max(TABLE_LEARNERS, SCREEN_LINES):
        whole = [*class_table(results.learners, style), "", *_notes(found, style.width)]
        if len(results.learners) <= TABLE_LEARNERS or len(whole) <= SCREEN_LINES:
            typer.echo("\n".join(whole))
            return
    lines = class_summary(results, style)
    for note in found.notes:
        said = clean_line(_("note: {note}").format(note=translate(note)))
        wrapped = wrap(said, style.width, indent="  ", first="", cut=False)
        lines += wrapped if len(lines) + len(wrapped) < SCREEN_LINES else []
    typer.echo("\n".join(lines))
    passed_over = len(found.passed_over)
    said = ngettext(
        "learner by learner, and {number} file passed over: {file}",
        "learner by learner, and {number} files passed over: {file}",
        passed_over,
    )
    say((said if passed_over else _("learner by learner: {file}")).format(number=passed_over, file=file))


def _tell(known: ClassList, found: Collection, setup: Setup, files: int, out: Path) -> None:
    """Who is not where the roster has them, how it was graded, and where the reports are.

    Args:
        files: how many reports were written.
    """
    tell_of_strangers(known)
    tell_of_leavers(known, found.learners)
    if known.silent:
        silent = _("in the roster, and nothing handed in yet: {number}; brick roster names them")
        say(silent.format(number=len(known.silent)))
    how = _("isolation {level}, {number} examples per check")
    typer.echo(how.format(level=setup.level, number=setup.profile.examples))
    where = ngettext("{number} report in {out}/", "{number} reports in {out}/", files)
    typer.echo(where.format(number=files, out=out))
    typer.echo(_("next: run: brick report"))


def _notes(found: Collection, width: int) -> list[str]:
    """What was passed over and why, a line or more for each."""
    notes = [
        _("not graded: {note}").format(note=_(": ").join((*one.where, translate(one.why))))
        for one in found.passed_over
    ]
    notes += [_("note: {note}").format(note=translate(note)) for note in found.notes]
    # Paths are not cut off, so that they can be copied from the terminal.
    return [
        line for note in notes for line in wrap(clean_line(note), width, indent="  ", first="", cut=False)
    ]
