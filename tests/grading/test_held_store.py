"""A store that another program holds: a command waits a while, then names the program; nothing is lost."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from failing_disk import GRADE, Outcome, Place, Scenario, each

from grader.grading import opening

WRITING = (
    f"{GRADE} --again",
    "adjust learner01 -c ch02 --score 3 -r why --by teacher",
    "roster add learner09 --by teacher",
)
READING = (
    "report --out pages",
    "export --as csv --out grades.csv",
    "adjust --list",
    "roster",
    "regrade --dry-run --unsandboxed",  # of what is not out of date nothing is written
)
HOLD = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute(f"PRAGMA locking_mode = {sys.argv[2]}")
database.execute("BEGIN EXCLUSIVE")
database.execute("UPDATE runs SET started = started")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A class that was graded."""
    return Place(tmp_path_factory.mktemp("held") / "here", Scenario("status", ("init .", GRADE)))


@contextmanager
def held(place: Place, locking: str) -> Iterator[int]:
    """Inside, another process holds the store; its number.

    Args:
        locking: NORMAL keeps others from writing, EXCLUSIVE from reading too.
    """
    store = place.folder / "mine" / ".brickwork" / "results.db"
    program = [sys.executable, "-c", HOLD, str(store), locking]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        yield other.pid
        other.communicate("")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for long."""
    monkeypatch.setattr(opening, "WAIT_S", 0.05)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("locking", "refused", "through"),
    [("NORMAL", WRITING, READING), ("EXCLUSIVE", (*WRITING, *READING), ())],
)
def test_who_holds_the_results_is_named_and_once_they_are_free_all_is_there(
    place: Place, locking: str, refused: tuple[str, ...], through: tuple[str, ...]
) -> None:
    place.again()
    before = place.look(Outcome(0, ""))

    with held(place, locking) as pid:
        told = list(each(place.folder, refused))
        done = list(each(place.folder, through))

    for words, outcome in zip(refused, told, strict=True):
        said = " ".join(outcome["said"].split())
        assert outcome["code"] == 2, f"{words}: {said}"
        assert "database is locked" in said, words
        if Path("/proc/locks").exists():
            assert f"(process {pid}) end, which holds the file" in said, words
        assert "run it again" in said
    assert [outcome["code"] for outcome in done] == [0] * len(through), done
    assert place.look(Outcome(0, "")).results == before.results
    assert [outcome["code"] for outcome in each(place.folder, WRITING)] == [1, 0, 0]
