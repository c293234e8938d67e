"""What grading and regrading a class share: how submissions are judged, and where the reports are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile

import typer
from filelock import FileLock, Timeout

from grader.cli.devices import require_device
from grader.cli.options import Isolation
from grader.course.writing import write_whole
from grader.engine.profile import Profile
from grader.errors import KitError, UsageError, remedy
from grader.grading.gradebook import adjustments_in, each_result
from grader.grading.made import checks_files, made_of, read_made, sources, write_made
from grader.grading.roster import class_list
from grader.grading.setup import Setup
from grader.grading.store import Settings, Store, Verdict
from grader.language import gettext as _
from grader.records import Chapter, ClassResults, Course
from grader.sandbox.levels import Level, require
from grader.serialization import checks_file, is_named_by_its_content, learner_json
from grader.text import file_names
from grader.workspace.workspace import INPUTS_FOLDER, SECRET_VARIABLE, STATE_FOLDER, workspace_of


def level_for(isolation: str, unsandboxed: bool) -> Level:
    """The level that was asked for, or the strongest this machine offers; SandboxError if there is none.

    Args:
        isolation: one of `Isolation`, as text because the store keeps it so.
        unsandboxed: whether a level without a seal is accepted.
    """
    return require(None if isolation == Isolation.STRONGEST else Level(isolation), unsandboxed)


def judged_by(course: Course, settings: Settings) -> Setup:
    """How other people's work on this course is judged: the course's secret draws the inputs, mistakes get names.

    Args:
        settings: as the store keeps them; no number of examples means the course's.

    Raises:
        UsageError: the device is not there.
    """
    require_device(settings.device)
    profile = Profile(
        "grade",
        settings.examples or course.grade_examples,
        secret=workspace_of(course).secret(),
        device=settings.device,
        names_mistakes=True,
    )
    inputs = workspace_of(course).state / INPUTS_FOLDER
    return Setup(Level(settings.isolation), course.limits, profile, inputs)


@contextmanager
def one_grader_at_a_time(store: Store) -> Iterator[None]:
    """Wait until nobody else grades into this store, so that no verdict is made twice.

    The lock ends with the process that holds it, however that ends. Reading and settling by hand need none.

    Args:
        store: the lock is a file beside it.
    """
    path = store.path.with_name("grading.lock")
    lock = FileLock(path)
    try:
        try:
            lock.acquire(blocking=False)
        except Timeout:
            typer.echo(
                _("another brick grade is at work here; this one goes on when that has ended"), err=True
            )
            lock.acquire()
    except OSError as error:
        what = f"a second brick grade cannot be kept from grading here: {error.strerror}"
        step = remedy(error, "make that file and its folder writable, then run it again")
        raise KitError(what, str(path), step) from error
    try:
        yield
    finally:
        lock.release()


def require_same_secret(settings: Settings, store: Store) -> None:
    """Refuse another secret than that of the last run.

    Some learners would be judged on other inputs than the rest, and a change of the checks could not be told from luck.

    Raises:
        UsageError: it is another one.
    """
    last = store.last_settings()
    if last is not None and last.secret not in ("", settings.secret):
        what = "the secret is another than that of the last run, so the inputs would be others"
        step = f"set {SECRET_VARIABLE} as it was, or bring the file back; or: brick grade FOLDER --again"
        raise UsageError(what, f"{SECRET_VARIABLE}, or {STATE_FOLDER}/secret", step)


def fails(verdict: Verdict) -> bool:
    """Whether a verdict counts as failing while the bar runs."""
    return not verdict.report.passed


def write_reports(
    store: Store, course: Course, chapters: Sequence[Chapter], learners: Sequence[str], out: Path
) -> ClassResults:
    """Write one JSON file per learner into `out`, and the files of checks that they name: what changed, and no more.

    Returns:
        The class, of each learner what a table of it needs; see `grading.made.outline`.

    Args:
        chapters: what was assigned.
        learners: who is in the class, in its order.

    Raises:
        UsageError: they cannot be written.
    """
    # Names of learners come from outside: none may lead out of the folder or fall together with another.
    names = file_names(learners)
    files = {one: out / f"{names[one]}.json" for one in learners}
    members = class_list(store).members
    before = read_made(out)
    intact = {name for name in checks_files(before.values()) if is_named_by_its_content(out / name)}
    source = sources(store, course, chapters, learners, adjustments_in(store, members))
    made = {
        one: before[one]
        for one in learners
        if one in before
        and intact.issuperset(before[one].checks)
        and before[one].is_of(source[one], files[one])
    }
    anew = [one for one in learners if one not in made]
    make_folder(out)
    try:
        for one in each_result(store, course, chapters, anew, members):
            checks = dict(map(checks_file, one.reports))
            for name, said in checks.items():
                _write_changed(out / name, said)
            content = learner_json(one)
            _write_changed(files[one.learner], content)
            made[one.learner] = made_of(source[one.learner], content, checks, one)
        made = {one: made[one] for one in learners}
        for name in intact - checks_files(made.values()):
            (out / name).unlink(missing_ok=True)
        if anew or list(made) != list(before):
            write_made(out, made)
    except OSError as error:
        raise _cannot_write(error, out) from error
    known = tuple(replace(made[one].result, member=members.get(one)) for one in learners)
    return ClassResults(course, tuple(chapters), known)


def _write_changed(path: Path, content: bytes) -> None:
    """Write a file where it does not say this already, its folder made if need be."""
    if not _holds(path, content):
        path.parent.mkdir(exist_ok=True)
        write_whole(path, content)


def _holds(path: Path, content: bytes) -> bool:
    """Whether the file says this already."""
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False


def make_folder(out: Path) -> None:
    """Make the folder for the reports; asked for before grading, too, which may take an hour.

    Raises:
        UsageError: it cannot be made, or nothing can be written there.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=out).close()
    except OSError as error:
        raise _cannot_write(error, out) from error


def _cannot_write(error: OSError, out: Path) -> UsageError:
    what = f"the reports cannot be written: {error.strerror}"
    step = remedy(error, "name another folder with --out")
    return UsageError(what, str(error.filename or out), step)
