"""Run `brick` where the disk takes no more, at one write after the other, and see what was lost and what is said.

Two disks fail: one where the Nth file cannot be made, and one that is really full, with room for N pages. The second is
a file system of a few MiB, which bubblewrap makes and this file runs in: python tests/failing_disk.py NAME

With several words each is a command, which is run in the folder where this file is started.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import (
    AbstractContextManager,
    chdir,
    contextmanager,
    redirect_stderr,
    redirect_stdout,
    suppress,
)
from dataclasses import asdict, dataclass, field, replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from sandboxes import CHECKOUT
from stored import judged_chapter

from grader.cli import grading_anew, main, regrade
from grader.course.config import load_course
from grader.errors import UsageError
from grader.grading.gradebook import class_results
from grader.grading.setup import Setup
from grader.grading.store import STORE_FILE, Store
from grader.language import VARIABLE, Language
from grader.proof.fingerprint import fingerprint_of
from grader.records import Report, Submission
from grader.workspace.workspace import STATE_FOLDER, workspace_of

PAGE = 4096  # what a file system in memory gives away at once
DISK_MIB = 8
GRADE = "grade ../class --isolation plain --unsandboxed"
# Of a report: how long it took, and the seal over that.
SECONDS = re.compile(rb'"seconds": [\d.e-]+|"sha256": "\w+"')
MADE = re.compile(r"made=datetime\.datetime\([^)]*\)")
CHANGES = ("results.db", "results.db-wal", "results.db-shm", "grading.lock", "similar.html", ".made")


@dataclass(frozen=True)
class Scenario:
    """A command, and what it finds.

    Args:
        words: the command; it runs in the folder `mine`, beside a class of three in `class`.
        before: commands that went well before, while there was room.
        after: what happens between them and the command.
        step: by so many pages there is more room each time.
    """

    words: str
    before: tuple[str, ...] = ()
    after: Callable[[], object] = lambda: None
    step: int = 1
    makes_files: bool = True  # besides the store, whose files SQLite makes
    course: str = "."  # the folder that it is about


def _hand_in(learner: str) -> None:
    folder = Path("../class") / learner
    folder.mkdir(parents=True)
    source = (CHECKOUT / "solutions" / "ch02_neuron.py").read_text(encoding="utf-8")
    (folder / "ch02_neuron.py").write_text(f"{source}\n# {learner}\n", encoding="utf-8")


def _prove() -> None:
    course = load_course()
    proofs = {chapter.stem: fingerprint_of(course, chapter) for chapter in course.chapters}
    workspace_of(course).write_note("proofs.json", proofs)


def _write_a_stub() -> None:
    Path("exercises/ch02_neuron.py").write_text("import torch\n", encoding="utf-8")


def _change_a_solution() -> None:
    path = next(Path("solutions").glob("*.py"))
    path.write_text(
        path.read_text(encoding="utf-8").replace("# %% [markdown]\n# # ", "# %% [markdown]\n# # A ")
    )


_CLASS, _OWN = ("init .", GRADE), ("new-course .",)
SCENARIOS = {
    "init": Scenario("init other", step=16),
    "grade": Scenario(GRADE, _CLASS, lambda: _hand_in("learner09")),
    "grade again": Scenario(f"{GRADE} --out other", _CLASS),
    "report": Scenario("report", (*_CLASS, "report"), step=4),
    "export": Scenario("export --as csv --out grades.csv", (*_CLASS, "export --as csv --out grades.csv")),
    "events": Scenario("export --as progsnap2 --out events", _CLASS),
    "adjust": Scenario("adjust learner01 -c ch02 --score 3 -r why --by teacher", _CLASS, makes_files=False),
    "roster": Scenario("roster add learner09 --by teacher", _CLASS, makes_files=False),
    "check": Scenario("check ch02", ("init .", "check ch02")),
    "reset": Scenario("reset ch02 --yes", ("init .",), _write_a_stub),
    "similar": Scenario("similar ../class", ("init .",)),
    "new-course": Scenario("new-course other", course="other"),
    "new": Scenario("new week9", _OWN),
    "stubs": Scenario("stubs", _OWN, _change_a_solution),
    "release": Scenario("release quadrature --to out", _OWN, _prove),
}


@dataclass
class Outcome:
    """What became of a command.

    Args:
        code: its exit code; None where it ended with a traceback, which is in `said` then.
        said: what it wrote to standard error.
        files: what lies in the folder afterwards.
        results: what the store holds, and what a person decided; empty where there is none.
    """

    code: int | None
    said: str
    files: dict[str, str] = field(default_factory=dict)
    results: str = ""


# --- a disk that fails ------------------------------------------------------------------------------------


class RefusingHook:
    """Lets no more files or folders be made below a folder once so many were.

    An audit hook stays for good, so there is one, which can be switched off.
    """

    def __init__(self) -> None:
        self._below, self._left, self.refused = "", 0, 0
        sys.addaudithook(self._hear)

    @contextmanager
    def after(self, number: int, below: Path) -> Iterator[None]:
        """Inside, the system refuses whatever comes after so many files."""
        self._below, self._left, self.refused = str(below), number, 0
        try:
            yield
        finally:
            self._below = ""

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._below or event not in ("open", "os.mkdir", "os.rename", "os.link"):
            return
        path = arguments[1] if event in ("os.rename", "os.link") else arguments[0]
        if event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            return
        if event == "os.mkdir" and os.path.isdir(
            path
        ):  # that it is there already is what the system would say
            return
        if not isinstance(path, str | os.PathLike) or not str(Path(path).absolute()).startswith(self._below):
            return
        self._left -= 1
        if self._left < 0:
            self.refused += 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


@contextmanager
def room_for(pages: int, disk: Path) -> Iterator[None]:
    """Inside, the disk has room for so many pages: a file takes up the rest."""
    ballast = disk / "ballast"
    free = os.statvfs(disk)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, (free.f_bavail - pages) * free.f_frsize))
    assert os.statvfs(disk).f_bavail == pages
    try:
        yield
    finally:
        ballast.unlink()


# --- a command and what it leaves -------------------------------------------------------------------------


class Place:
    """A folder in which a scenario is begun anew as often as one likes."""

    def __init__(self, folder: Path, scenario: Scenario) -> None:
        self.folder, self.scenario = folder, scenario
        self._kept = folder.with_name("kept")
        self._begin()

    def _begin(self) -> None:
        """Do what was done before, and keep it apart."""
        (self.folder / "mine").mkdir(parents=True)
        with self._here():
            for learner in ("learner01", "learner02"):
                _hand_in(learner)
            for words in self.scenario.before:
                begun = _brick(words)
                assert begun.code in (0, 1), begun.said
            self.scenario.after()
        shutil.copytree(self.folder, self._kept, symlinks=True)

    def again(self) -> None:
        """Everything as it was before the command."""
        shutil.rmtree(self.folder)
        shutil.copytree(self._kept, self.folder, symlinks=True)

    def run(self) -> Outcome:
        """The command."""
        with self._here():
            return _brick(self.scenario.words)

    def run_next(self, failed: Outcome) -> Outcome:
        """What the error says is to be run next: the same command, but for one."""
        if "run in the course: brick stubs" not in " ".join(failed.said.split()):
            return self.run()
        with self._here(), chdir(self.scenario.course):
            return _brick("stubs")

    def look(self, done: Outcome) -> Outcome:
        """The same with what lies here now; the disk must have room, for to look is to open the store."""
        with self._here():
            return replace(done, files=self._files(), results=_results())

    def _here(self) -> AbstractContextManager[None]:
        return standing_in(self.folder)

    def _files(self) -> dict[str, str]:
        files = [path for path in self.folder.rglob("*") if path.is_file() and path.name not in CHANGES]
        return {
            str(path.relative_to(self.folder)): SECONDS.sub(b"", path.read_bytes()).hex()
            for path in sorted(files)
            if "inputs" not in path.parts and "backups" not in path.parts and path.stat().st_size
        }


@contextmanager
def standing_in(folder: Path) -> Iterator[None]:
    """Inside, somebody whose home the folder is stands in the course `mine` in it."""
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder / "mine")
        patched.setenv("BRICKWORK_SECRET", "s" * 32)
        patched.setenv("HOME", str(folder))
        patched.setenv("XDG_DATA_HOME", str(folder / "data"))
        patched.setenv(VARIABLE, Language.ENGLISH)
        for command in (grading_anew, regrade):
            patched.setattr(command, "workers_for", lambda *_: MadeUp())
        yield


class MadeUp:
    """Workers that judge nothing: what is made up is kept as what was judged is."""

    lost: tuple[type[BaseException], ...] = ()
    tries = 2
    width = 1

    @contextmanager
    def open(self, setup: Setup, submissions: object, *, alone: bool) -> Iterator[MadeUp]:
        yield self

    def send(self, submission: Submission) -> Future[Report]:
        future: Future[Report] = Future()
        report = judged_chapter(submission.chapter, submission.chapter.exercises[0].name)
        future.set_result(replace(report, submission_sha256=submission.sha256, path=str(submission.path)))
        return future


def _brick(words: str) -> Outcome:
    """The command as a shell would see it, in this process."""
    said = StringIO()
    code: int | None = None
    with (
        pytest.MonkeyPatch.context() as patched,
        redirect_stderr(said),
        redirect_stdout(StringIO()),
    ):
        patched.setattr(sys, "argv", ["brick", *words.split()])
        try:
            main()
        except SystemExit as left:
            code = int(left.code or 0)
        except BaseException:
            said.write(traceback.format_exc())
    return Outcome(code, said.getvalue())


def _results() -> str:
    """What the store here holds, but for the times at which it was written."""
    path = Path(STATE_FOLDER) / STORE_FILE
    if not path.is_file():
        return ""
    try:
        results = MADE.sub("", repr(class_results(load_course()).learners))
    except UsageError as error:  # nothing graded yet
        results = error.what
    with Store(path, to_read=True) as store:
        decided = [json.loads(entry) for _number, _made, entry in store.all_rows("adjustments", _as_it_is)]
        members = [row[2:] for row in store.all_rows("members", _as_it_is)]
    return json.dumps([results, decided, members])


def _as_it_is(*row: Any) -> tuple[Any, ...]:
    return row


# --- one disk after the other -----------------------------------------------------------------------------


def until_it_is_through(place: Place, fail: Callable[[int], Any], step: int) -> Iterator[dict[str, Any]]:
    """Run the command with ever more room.

    Args:
        fail: a disk with so much room, as a context.

    Yields:
        First the command on a disk that does not fail. Then for each that does: `before` the command, what it `failed`
        with, and how it went `again` afterwards, when there was room.
    """
    before = place.look(Outcome(0, ""))
    whole = place.look(place.run())
    yield {"whole": asdict(whole)}
    room = 0
    while True:
        place.again()
        with fail(room):
            done = place.run()
        failed = place.look(done)
        if failed == whole:
            return
        again = place.look(place.run_next(failed))
        yield {"room": room, "before": asdict(before), "failed": asdict(failed), "again": asdict(again)}
        room += step


def each(folder: Path, commands: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Run one command after the other."""
    for words in commands:
        with standing_in(folder):
            yield asdict(_brick(words))


if __name__ == "__main__":
    disk = Path.cwd()
    if len(sys.argv) > 2:
        for outcome in each(disk, sys.argv[1:]):
            print(json.dumps(outcome), flush=True)
        sys.exit()
    chosen = SCENARIOS[sys.argv[1]]
    with suppress(BrokenPipeError):
        for one in until_it_is_through(
            Place(disk / "here", chosen), lambda pages: room_for(pages, disk), chosen.step
        ):
            print(json.dumps(one), flush=True)
