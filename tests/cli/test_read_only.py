"""Where nothing can be written every command still reads, or says in three parts what it needs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from failing_disk import GRADE, Place, Scenario
from sandboxes import CHECKOUT, need

from grader.sandbox.levels import Level

ELSEWHERE = "/var/tmp"  # the one place that is left to write to
READING = (
    "status",
    "check ch02",
    "hint ch02",
    "doctor",
    "roster",
    "adjust --list",
    "adjust --mistakes",
    f"report --out {ELSEWHERE}/pages",
    f"export --as csv --out {ELSEWHERE}/grades.csv",
    f"export --as junit --out {ELSEWHERE}/junit.xml",
    f"export --as progsnap2 --out {ELSEWHERE}/events",
    f"similar ../class --out {ELSEWHERE}",
    f"release ch02 --as quiz --to {ELSEWHERE}/quiz",
    f"init {ELSEWHERE}/course",
)
WRITING = (
    "init ../other",
    "new-course ../own",
    GRADE,
    "regrade --yes --unsandboxed",
    "report",
    "export --as csv",
    "similar ../class",
    "adjust learner01 -c ch02 --score 3 -r why",
    "roster add learner09",
    "reset ch02 --yes",
    "release ch02 --as quiz --to out",
    "build",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A class that was graded, and the course folder of who did it."""
    scenario = Scenario("status", ("init .", GRADE, "report", "check ch02"))
    return Place(tmp_path_factory.mktemp("read_only") / "here", scenario)


def run_read_only(place: Place, commands: Sequence[str], *writable: str) -> list[dict[str, Any]]:
    """Run commands in one process, to which the whole disk is read-only, but for these folders."""
    need(Level.BWRAP)
    sealed = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", ELSEWHERE]
    for folder in writable:
        sealed += ["--bind", folder, folder]
    script = [sys.executable, str(CHECKOUT / "tests" / "failing_disk.py")]
    done = subprocess.run(
        [*sealed, "--chdir", str(place.folder), "--", *script, *commands],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return list(map(json.loads, done.stdout.splitlines()))


@pytest.mark.slow
def test_on_a_disk_that_is_read_only_all_that_reads_works(place: Place) -> None:
    outcomes = run_read_only(place, READING)

    for words, outcome in zip(READING, outcomes, strict=True):
        assert outcome["code"] in (0, 1), f"{words}: {outcome['said']}"
        assert "Traceback" not in outcome["said"], f"{words}: {outcome['said']}"


@pytest.mark.slow
def test_on_a_disk_that_is_read_only_all_that_writes_says_so(place: Place) -> None:
    outcomes = run_read_only(place, WRITING)

    for words, outcome in zip(WRITING, outcomes, strict=True):
        said = outcome["said"]
        assert outcome["code"] == 2, f"{words}: {said}"
        assert "Traceback" not in said, f"{words}: {said}"
        assert [part in said for part in ("error:", "  where:", "  next:")] == [True] * 3, f"{words}: {said}"
        assert "Read-only file system" in said or "readonly" in said or "folder" in said, f"{words}: {said}"


@pytest.mark.slow
def test_a_home_that_is_read_only_is_missed_by_no_command_in_a_course_elsewhere(place: Place) -> None:
    commands = [words for words in (*READING, *WRITING) if "own" not in words and words != "build"]

    outcomes = run_read_only(place, commands, str(place.folder / "mine"))

    for words, outcome in zip(commands, outcomes, strict=True):
        assert outcome["code"] == 2 if words == "init ../other" else outcome["code"] in (0, 1), (
            f"{words}: {outcome['said']}"
        )
        assert "Traceback" not in outcome["said"], f"{words}: {outcome['said']}"
