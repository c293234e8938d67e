"""A machine that fails is told of in three parts, and what was there before stays whole."""

from __future__ import annotations

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

from grader.errors import KitError
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


def test_work_is_checked_in_a_home_that_can_only_be_read(workspace: Path) -> None:
    need(Level.BWRAP)
    shutil.copy(CHECKOUT / "solutions" / STUB.name, STUB)
    sealed = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    sealed += ["--tmpfs", "/var/tmp", "--chdir", str(workspace)]  # a temporary file may be made
    words = ["check", "ch02", "--exercise", "neuron", "--examples", "2"]

    done = subprocess.run(
        [*sealed, "--", sys.executable, "-c", "from grader.cli import main; main()", *words],
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert "10 of 10 checks" in done.stdout


def test_a_submission_is_sealed_where_no_temporary_file_can_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyseccomp")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    seccomp.build_filter.cache_clear()

    assert seccomp.build_filter()
