"""At whichever write a disk is full: it is said what to do, nothing is lost, and the next run makes it good."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from failing_disk import DISK_MIB, SCENARIOS, Place, RefusingHook, until_it_is_through
from sandboxes import CHECKOUT, need

from grader.sandbox.levels import Level

MOST_TRIES = 200
# One of each kind on every push; all of them take three minutes.
NO_FILE_EVERY_DAY = ("init", "grade", "export", "check", "reset", "stubs", "release")
FULL_EVERY_DAY = ("export",)
# Their verdicts are there to be read whether or not they can be kept.
COMFORTS = ("check",)


def each_of(names: Iterable[str], every_day: Sequence[str]) -> list[Any]:
    """The scenarios as parameters: those that are not for every day run nightly."""
    return [name if name in every_day else pytest.param(name, marks=pytest.mark.nightly) for name in names]


@pytest.fixture(scope="module")
def hook() -> RefusingHook:
    return RefusingHook()


def judge(name: str, tries: Iterator[dict[str, Any]]) -> int:
    """See that each try said what to do, lost nothing and was made good; how many failed."""
    whole = next(tries)["whole"]
    assert whole["code"] in (0, 1), whole["said"]
    failures = 0
    for number, one in enumerate(tries):
        assert number < MOST_TRIES
        room, before, failed, again = one["room"], one["before"], one["failed"], one["again"]

        assert failed["code"] is not None, f"room {room}: {failed['said']}"
        assert "Traceback" not in failed["said"], f"room {room}: {failed['said']}"
        if failed["code"] == 2:
            failures += 1
            lines = failed["said"].splitlines()
            assert lines[0].startswith("error: "), failed["said"]
            assert any(line.startswith("  where:") for line in lines), failed["said"]
            assert "room" in " ".join(lines[lines.index(next(x for x in lines if "next:" in x)) :]), failed[
                "said"
            ]
        elif name in COMFORTS:
            failures += "not kept" in failed["said"]
        else:
            assert (failed["code"], failed["files"]) == (whole["code"], whole["files"]), f"room {room}"

        for path, content in before["files"].items():  # each is as it was, or as it was to become
            assert failed["files"].get(path) in (content, whole["files"].get(path)), f"room {room}: {path}"
        for path, content in failed["files"].items():
            assert content in (before["files"].get(path), whole["files"].get(path)), f"room {room}: {path}"
        assert bool(before["results"]) <= bool(failed["results"])

        assert again["code"] == whole["code"], f"room {room}: {failed['said']}{again['said']}"
        assert again["files"] == whole["files"], f"room {room}"
        assert again["results"] == whole["results"], f"room {room}"
    return failures


@pytest.mark.parametrize(
    "name",
    each_of([name for name, scenario in SCENARIOS.items() if scenario.makes_files], NO_FILE_EVERY_DAY),
)
def test_wherever_no_file_can_be_made_the_next_run_makes_it_good(
    tmp_path: Path, hook: RefusingHook, name: str
) -> None:
    place = Place(tmp_path / "here", SCENARIOS[name])

    failures = judge(
        name,
        until_it_is_through(
            place, lambda number: hook.after(number, tmp_path / "here"), SCENARIOS[name].step
        ),
    )

    assert failures


@pytest.mark.slow
@pytest.mark.parametrize("name", each_of(SCENARIOS, FULL_EVERY_DAY))
def test_with_ever_more_room_on_a_full_disk_nothing_is_lost(tmp_path: Path, name: str) -> None:
    need(Level.BWRAP)
    disk = tmp_path / "disk"
    disk.mkdir()
    sealed = ["bwrap", "--bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--chdir", str(disk)]
    sealed += ["--size", str(DISK_MIB << 20), "--tmpfs", str(disk), "--chdir", str(disk)]
    words = [sys.executable, str(CHECKOUT / "tests" / "failing_disk.py"), name]

    done = subprocess.run([*sealed, "--", *words], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert judge(name, map(json.loads, done.stdout.splitlines()))
