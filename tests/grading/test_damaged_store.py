"""Bytes of the store that turned bad on the disk: each reader gets its results, or one error that says what to do."""

from __future__ import annotations

import random
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from commands import brick
from stored import judged_chapter, publish

from grader.course.config import load_course
from grader.errors import KitError
from grader.grading.store import Store
from grader.workspace.workspace import workspace_of

LEARNERS = ("learner01", "learner02", "learner03")
BAD_BYTES = 40  # places in the file, one at a time
READERS: tuple[tuple[str, ...], ...] = (
    ("export", "--as", "csv", "--out", "grades.csv"),
    ("report", "--out", "pages"),
    ("roster",),
    ("adjust", "--list"),
)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The results of a small class with all that a store holds, in the folder of their course."""
    monkeypatch.chdir(tmp_path)
    assert brick("init", "mine").exit_code == 0
    monkeypatch.chdir(tmp_path / "mine")
    course = load_course(Path())
    path = workspace_of(course).state / "results.db"
    path.parent.mkdir(exist_ok=True)
    chapter = course.chapters[1]
    with Store(path) as kept:
        for number, learner in enumerate(LEARNERS):
            report = judged_chapter(chapter, *[exercise.name for exercise in chapter.exercises[:number]])
            publish(kept, report, learner, datetime(2026, 3, 1, 12, tzinfo=UTC))
    Path("roster.csv").write_text("name,id\n" + "".join(f"{one},{one[-2:]}\n" for one in LEARNERS))
    assert brick("roster", "read", "roster.csv").exit_code == 0
    assert (
        brick("adjust", LEARNERS[0], "-c", "ch02", "-e", "neuron", "--score", "1", "-r", "by hand").exit_code
        == 0
    )
    return path


def readable(words: tuple[str, ...]) -> str:
    """Run a reader; what it complained of, empty where it found nothing wrong."""
    result = brick(*words)
    if result.exception is None or isinstance(result.exception, SystemExit):
        return ""
    assert isinstance(result.exception, KitError), (words, repr(result.exception))
    return str(result.exception)


def test_a_bad_byte_anywhere_is_one_error_that_says_what_to_do(store: Path) -> None:
    whole = store.read_bytes()
    chance = random.Random(5)

    told = []
    for _ in range(BAD_BYTES):
        damaged = bytearray(whole)
        damaged[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        store.write_bytes(damaged)
        told += [readable(chance.choice(READERS))]

    assert any(told)


def test_a_damaged_verdict_is_no_loss_once_it_is_made_again(store: Path) -> None:
    with sqlite3.connect(store) as database:
        database.execute("UPDATE verdicts SET report = substr(report, 1, length(report) / 2) WHERE id = 2")
    database.close()

    assert "--again" in readable(READERS[0])

    course = load_course(Path())
    with Store(store) as kept:
        publish(kept, judged_chapter(course.chapters[1]), LEARNERS[1], datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert readable(READERS[0]) == ""
    assert "by hand" in Path("grades.csv").read_text(encoding="utf-8"), "what a person decided is there still"
