"""The store gives back what was put in, keeps history, and survives being killed while writing."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from grader.errors import KitError
from grader.records import CheckResult, Outcome, Report
from grader.store import Store, is_reusable, key_of


def name(submission: str = "a", checks: str = "b", **changes: str) -> str:
    return key_of(
        submission, checks, **({"isolation": "bwrap", "device": "cpu", "profile": "grade 100 x"} | changes)
    )


def test_a_verdict_comes_back_as_it_was_written(tmp_path: Path, report: Report) -> None:
    store = Store(tmp_path / "results.db")

    store.add(name(), "learner01", report, handed_in=12.5)

    assert store.find(name()) == report
    [stored] = store.latest()
    assert (stored.learner, stored.chapter, stored.handed_in) == ("learner01", report.chapter, 12.5)


@pytest.mark.parametrize(
    "other",
    [
        name("z"),
        name("a", "z"),
        name(isolation="plain"),
        name(device="cuda"),
        name(profile="grade 100 y"),
    ],
)
def test_another_submission_check_level_device_or_profile_is_another_verdict(
    tmp_path: Path, report: Report, other: str
) -> None:
    store = Store(tmp_path / "results.db")
    store.add(name(), "learner01", report)

    assert store.find(other) is None


def test_history_is_kept_and_the_newest_counts(tmp_path: Path, report: Report) -> None:
    store = Store(tmp_path / "results.db")
    better = replace(report, submission_sha256="new")

    store.add(name(), "learner01", report)
    store.add(name("new"), "learner01", better)

    assert [stored.report for stored in store.history("learner01", report.chapter)] == [report, better]
    assert [stored.report for stored in store.latest()] == [better]


@pytest.mark.parametrize(
    "message", ["no answer within 5 seconds", "the submission's process ended early: crashed"]
)
def test_a_lost_guest_is_not_held_against_the_submission_for_ever(
    tmp_path: Path, report: Report, message: str
) -> None:
    store = Store(tmp_path / "results.db")
    lost = CheckResult("check_a", "softmax", "A", Outcome.FAILED, 1.0, message)
    late = replace(report, checks=(lost,))

    store.add(name(), "learner01", late)

    assert not is_reusable(late)
    assert store.find(name()) is None
    assert [stored.report for stored in store.latest()] == [late]


def _write_for_ever(path: Path, report: Report, started: object) -> None:
    store = Store(path)
    number = 0
    while True:
        store.add(name(str(number)), f"learner{number:05}", report)
        number += 1
        if number == 3:
            started.set()  # type: ignore[attr-defined]


def test_a_kill_while_writing_leaves_whole_verdicts_only(tmp_path: Path, report: Report) -> None:
    path = tmp_path / "results.db"
    for _ in range(5):
        started = multiprocessing.Event()
        process = multiprocessing.Process(target=_write_for_ever, args=(path, report, started))
        process.start()
        assert started.wait(60)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()

        with sqlite3.connect(path) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = list(Store(path).latest())
        assert len(found) >= 3
        assert all(stored.report == report for stored in found)


def test_a_file_that_is_no_store_is_refused_plainly(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    path.write_bytes(b"not a database, but long enough to be looked at " * 40)

    with pytest.raises(KitError, match="cannot be opened"):
        Store(path)
