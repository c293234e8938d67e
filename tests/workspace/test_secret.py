"""The course's secret is whole or an error, and never replaced by the public seeds of practice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from grader.engine.profile import Profile
from grader.errors import KitError
from grader.workspace.workspace import SECRET_VARIABLE, Workspace

_ON_A_FULL_DISK = """
import resource, sys
from pathlib import Path
from grader.errors import KitError
from grader.workspace.workspace import Workspace

resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
try:
    Workspace(Path(sys.argv[1])).secret()
except KitError as error:
    print(error.what)
"""


@pytest.fixture(autouse=True)
def _no_secret_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SECRET_VARIABLE, raising=False)


def test_a_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    first = Workspace(tmp_path).secret()
    second = Workspace(tmp_path).secret()

    assert first == second
    assert len(first) == 64
    assert (tmp_path / ".brickwork" / "secret").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / ".brickwork").iterdir()] == ["secret"]


def test_a_full_disk_leaves_no_secret_instead_of_half_a_one(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", _ON_A_FULL_DISK, str(tmp_path)], capture_output=True, text=True, check=True
    )

    assert run.stdout.startswith("the course's secret cannot be kept or read: File too large")
    assert not list((tmp_path / ".brickwork").iterdir())
    assert len(Workspace(tmp_path).secret()) == 64  # with room again it is made


@pytest.mark.parametrize("content", [b"", b"\n", b"abc123", b"\xff" * 64])
def test_a_damaged_secret_is_refused_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / ".brickwork" / "secret"
    path.parent.mkdir()
    path.write_bytes(content)

    with pytest.raises(KitError, match="the course's secret is damaged") as caught:
        Workspace(tmp_path).secret()

    assert caught.value.where == str(path)
    assert "backup" in caught.value.next_step
    assert "--again" in caught.value.next_step
    assert path.read_bytes() == content


def test_a_secret_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".brickwork" / "secret").mkdir(parents=True)

    with pytest.raises(KitError, match="cannot be kept or read: Is a directory"):
        Workspace(tmp_path).secret()


def test_a_link_that_leads_nowhere_is_no_reason_for_a_new_secret(tmp_path: Path) -> None:
    (tmp_path / ".brickwork").mkdir()
    (tmp_path / ".brickwork" / "secret").symlink_to(tmp_path / "gone")

    with pytest.raises(KitError, match="cannot be kept or read: No such file"):
        Workspace(tmp_path).secret()


def test_an_empty_secret_never_becomes_the_public_one() -> None:
    with pytest.raises(ValueError, match="empty secret"):
        Profile("grade", secret=b"")

    assert Profile("grade", secret=b"x").seed_of("ch02_neuron", "a") != Profile().seed_of("ch02_neuron", "a")
