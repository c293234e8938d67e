"""A machine that fails is told of in three parts, and what was there before stays whole."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from commands import brick
from sandboxes import CHECKOUT, need

from grader.course.writing import write_whole
from grader.errors import KitError, refusal, remedy
from grader.sandbox import seccomp
from grader.sandbox.levels import Level

resource = pytest.importorskip("resource")
STUB = Path("exercises/ch02_neuron.py")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course folder, who stands in it, and a class beside it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    assert brick("init", "mine").exit_code == 0
    monkeypatch.chdir(tmp_path / "mine")
    for learner in ("learner01", "learner02"):
        (tmp_path / "class" / learner).mkdir(parents=True)
        shutil.copy(CHECKOUT / "solutions" / "ch02_neuron.py", tmp_path / "class" / learner)
    return tmp_path / "mine"


@contextmanager
def full_disk() -> Iterator[None]:
    """Every write fails."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file in a folder that has anything in it."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize(
    "words",
    [
        "init other",
        "new-course other",
        "reset ch02 --yes",
        "release ch02 --as quiz --to other",
        "similar ../class",
        "grade ../class --isolation plain --unsandboxed --out other",
    ],
)
def test_a_full_disk_is_told_and_leaves_nothing_half_written(
    workspace: Path, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRICKWORK_SECRET", "full")
    STUB.write_text("import torch\n", encoding="utf-8")
    before = contents(workspace)

    with full_disk():
        refused = brick(*words.split())

    assert isinstance(refused.exception, KitError), refused.output
    assert all((refused.exception.what, refused.exception.where, refused.exception.next_step))
    assert contents(workspace) == before


@pytest.mark.parametrize("words", ["init other", "new-course other"])
def test_once_there_is_room_the_same_command_works(workspace: Path, words: str) -> None:
    with full_disk():
        assert brick(*words.split()).exit_code != 0

    assert brick(*words.split()).exit_code == 0


@pytest.mark.parametrize(
    "name",
    "ENOSPC EDQUOT EFBIG EIO ESTALE ENOLCK ENOTCONN ETIMEDOUT EHOSTDOWN EMFILE ENFILE ENOMEM".split(),
)
def test_what_ails_the_machine_is_told_also_where_no_file_is_named(name: str) -> None:
    number = getattr(errno, name)

    named, unnamed = (refusal(OSError(number, os.strerror(number), *path)) for path in (("notes.txt",), ()))

    assert named is not None
    assert unnamed is not None
    assert named.where == "notes.txt"
    assert named.next_step == unnamed.next_step == remedy(OSError(number, ""), "name another folder")
    assert "again" in named.next_step


@pytest.mark.parametrize("name", "EACCES EPERM EROFS ENAMETOOLONG ENOTDIR ELOOP EBUSY EILSEQ EINVAL".split())
def test_a_place_that_the_system_refuses_is_told_where_it_is_named(name: str) -> None:
    number = getattr(errno, name)

    told = refusal(OSError(number, os.strerror(number), "notes.txt"))

    assert told is not None
    assert (told.where, told.next_step[:18]) == ("notes.txt", "name another file ")
    assert remedy(OSError(number, ""), "name another folder") == "name another folder"
    assert refusal(OSError(number, os.strerror(number))) is None


def test_what_may_be_a_bug_of_the_kit_keeps_its_traceback() -> None:
    assert refusal(FileNotFoundError(errno.ENOENT, "", "notes.txt")) is None
    assert refusal(OSError("no number at all")) is None


@pytest.mark.parametrize(
    "words", ["--help", "status", pytest.param("check ch02 --json", marks=pytest.mark.nightly)]
)
def test_output_that_the_disk_does_not_take_is_told(workspace: Path, words: str) -> None:
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-c", "from grader.cli import main; main()", *words.split()]
        told = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
        untold = subprocess.run(command, stdout=full, stderr=full)

    assert told.stderr.splitlines()[0] == "error: the system refuses it: No space left on device"
    assert "what the command prints" in told.stderr
    assert "Traceback" not in told.stderr
    assert (told.returncode, untold.returncode) == (2, 2)


def test_a_file_that_cannot_be_written_whole_is_left_as_it_was_and_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("old", encoding="utf-8")

    with full_disk(), pytest.raises(OSError, match="File too large") as caught:
        write_whole(path, "new")

    assert caught.value.filename == str(path)
    assert contents(tmp_path) == {"notes.txt": b"old"}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("temporary", [(), pytest.param(("--tmpfs", "/var/tmp"), marks=pytest.mark.nightly)])
def test_work_is_checked_in_a_home_that_can_only_be_read(workspace: Path, temporary: tuple[str, ...]) -> None:
    need(Level.BWRAP)
    shutil.copy(CHECKOUT / "solutions" / STUB.name, STUB)
    sealed = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    sealed += [*temporary, "--chdir", str(workspace)]
    words = ["check", "ch02", "--exercise", "neuron", "--examples", "2"]

    done = subprocess.run(
        [*sealed, "--", sys.executable, "-c", "from grader.cli import main; main()", *words],
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert "10 of 10 checks" in done.stdout
    assert "brick status do not know of it: Read-only file system" in done.stderr


def test_a_submission_is_sealed_where_no_temporary_file_can_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyseccomp")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    seccomp.build_filter.cache_clear()

    assert seccomp.build_filter()
