"""The store gives back what was put in, forgets nothing, and survives being killed while writing."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import sqlite3
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from unread_reports import faulty

from grader.errors import KitError
from grader.grading.store import Entry, Settings, Store, Verdict, key_of
from grader.records import (
    Cause,
    CheckResult,
    Counts,
    Course,
    Note,
    Outcome,
    Problem,
    Report,
    ReportState,
    SourceLine,
    Submission,
)
from grader.serialization import as_dict

AS_USUAL = Settings("bwrap", None, "cpu")


def name(submission: str = "a", checks: str = "b", **changes: str) -> str:
    return key_of(
        submission, checks, **({"isolation": "bwrap", "device": "cpu", "profile": "grade 100 x"} | changes)
    )


def entry(verdict: Verdict, learner: str = "learner01", attempt: int = 1, **changes: Any) -> Entry:
    """What is published of an attempt at the verdict's chapter."""
    chapter = verdict.report.chapter
    path = verdict.report.path
    made = Entry(
        learner, chapter, attempt, "sha", path, 1_772_366_412.5, False, verdict.id, 0.0, 0.0, Counts.LAST
    )
    return replace(made, **changes)


def test_a_verdict_comes_back_as_it_was_written(tmp_path: Path, report: Report) -> None:
    store = Store(tmp_path / "results.db")

    kept = store.keep(name(), report)

    assert store.find(name()) == kept
    assert kept.report == report


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
    store.keep(name(), report)

    assert store.find(other) is None


def test_of_each_attempt_the_newest_entry_stands_and_none_is_lost(tmp_path: Path, report: Report) -> None:
    store = Store(tmp_path / "results.db")
    run = store.begin_run([report.chapter], ["learner01"], AS_USUAL)
    old, new = store.keep(name(), report), store.keep(name("b"), replace(report, notes=(Note(None, "new"),)))

    store.publish(run, [entry(old, attempt=1), entry(old, attempt=2)])
    store.publish(run, [entry(new, attempt=1)])

    standing = list(store.standing(["learner01"], [report.chapter]))
    assert [(one.attempt, verdict.id) for one, verdict in standing] == [(1, new.id), (2, old.id)]
    assert store.newest("learner01", report.chapter) == entry(old, attempt=2)
    with sqlite3.connect(store.path) as database:
        assert database.execute("SELECT count(*) FROM hand_ins").fetchone() == (3,)


def test_only_the_learners_and_chapters_asked_for(tmp_path: Path, report: Report) -> None:
    store = Store(tmp_path / "results.db")
    run = store.begin_run([report.chapter], ["learner01", "learner02"], AS_USUAL)
    verdict = store.keep(name(), report)

    store.publish(
        run, [entry(verdict), entry(verdict, "learner02"), entry(verdict, chapter="ch01_dataloader")]
    )

    assert [one for one, _ in store.standing(["learner01"], [report.chapter])] == [entry(verdict)]


def test_a_shared_verdict_is_read_with_the_path_of_each_who_shares_it(tmp_path: Path, report: Report) -> None:
    store = Store(tmp_path / "results.db")
    run = store.begin_run([report.chapter], ["learner01", "learner02"], AS_USUAL)
    verdict = store.keep(name(), report)

    store.publish(run, [entry(verdict, path="one.py"), entry(verdict, "learner02", path="two.py")])

    standing = store.standing(["learner01", "learner02"], [report.chapter])
    assert [verdict.report.path for _, verdict in standing] == ["one.py", "two.py"]


def test_who_was_met_and_what_was_assigned_grow_with_every_run(tmp_path: Path) -> None:
    store = Store(tmp_path / "results.db")

    store.begin_run(["ch02_neuron"], ["learner02", "学生"], AS_USUAL)
    store.begin_run(["ch01_dataloader", "ch02_neuron"], ["learner01", "learner02"], AS_USUAL)

    assert store.assigned_and_met() == (
        ("ch01_dataloader", "ch02_neuron"),
        ("learner01", "learner02", "学生"),
    )


def test_entries_are_published_all_or_none(tmp_path: Path, report: Report) -> None:
    store = Store(tmp_path / "results.db")
    run = store.begin_run([report.chapter], ["learner01"], AS_USUAL)
    verdict = store.keep(name(), report)
    impossible = entry(verdict, attempt=2, sha256=None)

    with pytest.raises(KitError, match="cannot be written"):
        store.publish(run, [entry(verdict), impossible])

    assert store.newest("learner01", report.chapter) is None


@pytest.mark.parametrize(
    ("cause", "another_try", "found"),
    [
        (Cause.LOST, False, True),
        (Cause.OUT_OF_TIME, False, True),
        (Cause.KILLED, True, False),
        (Cause.STARVED, True, False),
    ],
)
def test_only_what_was_killed_or_starved_is_not_held_against_the_submission_for_ever(
    tmp_path: Path, report: Report, cause: Cause, another_try: bool, found: bool
) -> None:
    store = Store(tmp_path / "results.db")
    result = CheckResult("check_a", "softmax", "A", Outcome.FAILED, 1.0, cause)

    for unanswered in (
        replace(report, checks=(result,)),
        replace(report, state=ReportState.NOT_LOADED, problem=Problem(cause=cause)),
    ):
        key = name(unanswered.state, cause)
        store.keep(key, unanswered)

        assert unanswered.is_transient is another_try
        assert (store.find(key) is not None) is found


def test_a_fault_of_the_kit_is_kept_and_not_used_again(tmp_path: Path, report: Report) -> None:
    store = Store(tmp_path / "results.db")
    run = store.begin_run([report.chapter], ["learner01"], AS_USUAL)

    verdict = store.keep(name(), faulty(report))
    store.publish(run, [entry(verdict)])

    assert store.find(name()) is None
    [(_, standing)] = store.standing(["learner01"], [report.chapter])
    assert standing.report.state is ReportState.KIT_FAULT


def _write_for_ever(path: Path, report: Report, started: object) -> None:
    store = Store(path)
    run = store.begin_run([report.chapter], [], AS_USUAL)
    number = 0
    while True:
        store.publish(run, [entry(store.keep(name(str(number)), report), f"learner{number:05}")])
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
        learners = [f"learner{number:05}" for number in range(100_000)]
        found = list(Store(path).standing(learners, [report.chapter]))
        assert len(found) >= 3
        assert all(verdict.report == report for _, verdict in found)


def _add_fifty(path: Path, report: Report, learner: str) -> None:
    with Store(path) as store:
        run = store.begin_run([report.chapter], [learner], AS_USUAL)
        for number in range(50):
            verdict = store.keep(name(f"{learner} {number}"), report)
            store.publish(run, [entry(verdict, learner, attempt=number + 1)])


def test_two_who_write_at_once_lose_nothing(tmp_path: Path, report: Report) -> None:
    path = tmp_path / "results.db"
    learners = ["learner01", "learner02"]
    writers = [multiprocessing.Process(target=_add_fifty, args=(path, report, one)) for one in learners]

    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert [writer.exitcode for writer in writers] == [0, 0]
    with Store(path) as store:
        assert store.assigned_and_met() == ((report.chapter,), ("learner01", "learner02"))
        standing = [one.learner for one, _ in store.standing(learners, [report.chapter])]
    assert standing == ["learner01"] * 50 + ["learner02"] * 50


def _fill(store: Store, kept: list[Verdict], report: Report) -> None:
    for number in range(1000):
        kept.append(store.keep(name(str(number)), replace(report, output=random.randbytes(9000).hex())))


def _find_all(path: Path, verdicts: list[Verdict], *, to_read: bool = False) -> None:
    with Store(path, to_read=to_read) as store:
        for verdict in verdicts:
            store.find(verdict.key)


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """No file can become larger than this."""
    resource = pytest.importorskip("resource")
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def test_a_full_disk_is_told_and_what_was_written_before_stays(tmp_path: Path, report: Report) -> None:
    store = Store(tmp_path / "results.db")
    kept = [store.keep(name("first"), report)]

    with disk_of(256 << 10), pytest.raises(KitError, match="cannot be written") as caught:
        _fill(store, kept, report)

    assert "make room on the disk" in caught.value.next_step
    kept.append(store.keep(name("second"), report))  # the same store goes on, once there is room
    store.close()
    with Store(tmp_path / "results.db") as store:
        assert len(kept) > 3
        assert all(store.find(verdict.key) == verdict for verdict in kept)
        assert store.find(store.keep(name("after"), report).key) is not None


def test_results_are_read_where_nothing_can_be_written(tmp_path: Path, report: Report) -> None:
    path = tmp_path / "results.db"
    with Store(path) as store:
        kept = store.keep(name(), report)
    data = path.read_bytes()

    with disk_of(0):
        with pytest.raises(KitError, match="cannot be opened"):
            Store(path)
        with Store(path, to_read=True) as store:
            assert store.find(name()) == replace(kept, is_new=False)

    assert path.read_bytes() == data


def test_what_is_read_as_it_lies_must_not_change_meanwhile(tmp_path: Path, report: Report) -> None:
    path = tmp_path / "results.db"
    with Store(path) as store:
        store.keep(name(), report)
    os.utime(path, (1_700_000_000, 1_700_000_000))  # not in the same tick of the clock
    with disk_of(0):
        reader = Store(path, to_read=True)

    with Store(path) as store:
        store.keep(name("another"), report)

    with pytest.raises(KitError, match="written to while they were read") as caught:
        reader.close()
    assert "again" in caught.value.next_step


def test_to_read_what_is_not_there_makes_nothing(tmp_path: Path, report: Report) -> None:
    with Store(tmp_path / "notes" / "results.db", to_read=True) as store:
        assert store.find(name()) is None
        assert store.assigned_and_met() == ((), ())

    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_is_taken_back_whole(tmp_path: Path, report: Report) -> None:
    store = Store(tmp_path / "results.db")

    with suppress(KeyboardInterrupt), store.at_once():
        store.keep(name(), report)
        raise KeyboardInterrupt

    assert store.find(name()) is None
    assert store.keep(name(), report) == store.find(name())


def test_a_damaged_file_is_told_and_left_as_it_is(tmp_path: Path, report: Report) -> None:
    path = tmp_path / "results.db"
    with Store(path) as store:
        verdicts = [store.keep(name(str(number)), report) for number in range(50)]
    data = bytearray(path.read_bytes())
    data[8192:] = b"\xff" * len(data[8192:])
    path.write_bytes(data)

    with pytest.raises(KitError, match="earlier runs cannot be") as caught:
        _find_all(path, verdicts)

    assert "backup" in caught.value.next_step
    assert path.read_bytes() == data


def test_a_place_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")

    with pytest.raises(KitError, match="results cannot be kept"):
        Store(tmp_path / "file" / "results.db")


def test_what_was_handed_in_comes_back_as_it_was_read(tmp_path: Path, report: Report, course: Course) -> None:
    store = Store(tmp_path / "results.db")
    chapter = course.chapters[2]
    lines = (SourceLine(1, 2), SourceLine(2, 2), SourceLine(1, 4))
    handed_in = Submission(
        chapter, "a = 1\n# 学生 \udc80\nb = 2", Path(report.path), "sha", lines, unread=((3, "no Python"),),
        left_out=((1, "%%bash"),), notes=("another file",),
    )  # fmt: skip

    verdict = store.keep(name(), report, handed_in)

    assert store.submission(entry(verdict), chapter) == handed_in
    assert store.submission(entry(verdict, sha256="another"), chapter) is None


def test_results_of_the_version_before_are_read_and_added_to(
    tmp_path: Path, report: Report, course: Course
) -> None:
    path = tmp_path / "results.db"
    handed_in = Submission(
        course.chapters[2], "a = 1\n# \udc80", Path(report.path), "sha", unread=((1, "why"),)
    )
    with Store(path) as store:
        kept = store.keep(name(), report, handed_in)
    about = {"lines": [], "unread": [(1, "why")], "left_out": [], "notes": []}
    source = zlib.compress(handed_in.source.encode("utf-8", "surrogatepass"))
    with sqlite3.connect(path) as database:
        packed = zlib.compress(json.dumps(as_dict(report), ensure_ascii=False).encode())
        database.execute("UPDATE verdicts SET report = ?", (packed,))
        database.execute("UPDATE sources SET source = ?, about = ?", (source, json.dumps(about)))
        database.executescript("DROP TABLE common_texts; PRAGMA user_version = 7")

    with Store(path, to_read=True) as store:
        assert store.find(name()) == replace(kept, is_new=False)
    with Store(path) as store:
        assert store.submission(entry(kept), course.chapters[2]) == handed_in
        assert store.find(store.keep(name("another"), report).key) is not None


def test_what_the_files_of_a_class_have_in_common_is_kept_once(
    tmp_path: Path, report: Report, course: Course
) -> None:
    store = Store(tmp_path / "results.db")
    lesson = "\n".join(f"# {number**9}" for number in range(500))
    handed_in = [
        Submission(course.chapters[2], f"{lesson}\nx = {n}", Path(report.path), f"sha{n}") for n in range(20)
    ]

    verdicts = [
        store.keep(name(str(n)), replace(report, output=lesson, seconds=float(n)), one)
        for n, one in enumerate(handed_in)
    ]

    with sqlite3.connect(store.path) as database:
        [(size,)] = database.execute("SELECT max(length(v.report)) FROM verdicts v")
        [(source_size,)] = database.execute("SELECT max(length(source)) FROM sources")
    assert max(size, source_size) < len(zlib.compress(lesson.encode())) / 10
    assert all(store.find(verdict.key) == replace(verdict, is_new=False) for verdict in verdicts)
    assert store.submission(entry(verdicts[7], sha256="sha7"), course.chapters[2]) == handed_in[7]


def test_results_of_another_version_are_left_alone_and_refused(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE results (id INTEGER PRIMARY KEY)")

    with pytest.raises(KitError, match="another version of the kit"):
        Store(path)

    with sqlite3.connect(path) as database:
        assert database.execute("SELECT name FROM sqlite_schema").fetchall() == [("results",)]


def test_a_file_that_is_no_store_is_refused_plainly(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    path.write_bytes(b"not a database, but long enough to be looked at " * 40)

    with pytest.raises(KitError, match="cannot be opened") as caught:
        Store(path)

    assert "move that file away" in caught.value.next_step
    assert path.read_bytes().startswith(b"not a database")


@pytest.mark.parametrize("to_read", [False, True])
@pytest.mark.parametrize(
    "left", [1, 16, 99, 100, 511, 512, 4095, 4096, 4097, 8192, 0.3, 0.5, 0.9, -4096, -4095, -100, -1]
)
def test_a_file_cut_short_anywhere_is_told_and_left_as_it_is(
    tmp_path: Path, report: Report, left: float, to_read: bool
) -> None:
    path = tmp_path / "results.db"
    with Store(path) as store:
        verdicts = [store.keep(name(str(number)), report) for number in range(50)]
    whole = path.read_bytes()
    data = whole[: int(left) if isinstance(left, int) else int(left * len(whole))]
    path.write_bytes(data)

    with pytest.raises(KitError, match="earlier runs cannot be") as caught:
        _find_all(path, verdicts, to_read=to_read)

    assert "backup" in caught.value.next_step
    assert path.read_bytes() == data


def test_a_store_that_another_program_holds_is_told(
    tmp_path: Path, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = partial(sqlite3.connect)
    monkeypatch.setattr(
        sqlite3, "connect", lambda path, timeout, **more: impatient(path, timeout=0.01, **more)
    )
    with (
        Store(tmp_path / "results.db") as store,
        closing(impatient(store.path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(KitError, match="database is locked") as caught:
            store.keep(name(), report)
        other.execute("COMMIT")

        assert "let the other brick grade end" in caught.value.next_step
        assert store.keep(name(), report) == store.find(name())


def test_a_clock_that_is_set_back_changes_nothing_that_counts(
    tmp_path: Path, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "results.db")
    first = store.begin_run(["ch01_dataloader"], ["learner01"], AS_USUAL)
    store.publish(first, [entry(store.keep(name(), faulty(report)))])
    monkeypatch.setattr(time, "time", lambda: 86_400.0)  # a day after 1970

    second = store.begin_run([report.chapter], ["learner01"], replace(AS_USUAL, examples=7))
    verdict = store.keep(name(), report)
    store.publish(second, [entry(verdict)])

    assert store.last_settings() == replace(AS_USUAL, examples=7)
    assert store.find(name()) == verdict
    assert [found.id for _, found in store.standing(["learner01"], [report.chapter])] == [verdict.id]
