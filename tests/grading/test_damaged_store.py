"""Bytes of the store that turned bad on the disk: each reader gets its results, or one error that says what to do."""

from __future__ import annotations

import random
import sqlite3
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from commands import brick
from failing_disk import GRADE, PAGE, Place, Scenario, each, standing_in
from stored import judged_chapter, publish

from grader.course.config import load_course
from grader.errors import KitError
from grader.grading.gradebook import class_results
from grader.grading.packing import CommonText, Packer
from grader.grading.store import Store
from grader.grading.trouble import DAMAGE
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


# --- by the commands that grade -----------------------------------------------------------------------------

BY_HAND = (
    "adjust learner01 -c ch02 -e neuron --score 1 -r why --by teacher",
    "roster add learner01 learner02 --by teacher",
)
GRADING = (GRADE, f"{GRADE} --again", "regrade --dry-run --unsandboxed")


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A class of two that was graded, a decision, and the roster."""
    return Place(tmp_path_factory.mktemp("graded") / "here", Scenario("status", ("init .", GRADE, *BY_HAND)))


def scores(place: Place) -> dict[str, list[tuple[str, float]]]:
    """What the verdicts that stand give everybody, and on which work."""
    with standing_in(place.folder):
        learners = class_results(load_course()).learners
    return {
        one.learner: [(found.submission_sha256, found.points) for found in one.reports] for one in learners
    }


def run_on(place: Place, content: bytes, words: str) -> dict[str, Any]:
    """Run a command where the store holds this."""
    store = place.folder / "mine" / ".brickwork" / "results.db"
    for beside in store.parent.glob("results.db-*"):
        beside.unlink()
    store.write_bytes(content)
    [outcome] = each(place.folder, [words])
    assert outcome["code"] is not None, f"{words}: {outcome['said']}"
    return outcome


def require_told_or_right(place: Place, content: bytes, words: str) -> None:
    """Either it is said what to do, now or by whoever asks for the results; or all verdicts are right."""
    right = scores(place)
    outcome = run_on(place, content, words)
    if outcome["code"] == 2:
        assert "  next:" in outcome["said"], f"{words}: {outcome['said']}"
        return
    with suppress(KitError):
        assert scores(place) == right, words


def whole(place: Place) -> bytes:
    """The store as it was made."""
    place.again()
    return (place.folder / "mine" / ".brickwork" / "results.db").read_bytes()


@pytest.mark.parametrize("places", [12, pytest.param(300, marks=pytest.mark.nightly)])
def test_by_a_bad_byte_nobody_gets_another_verdict(graded: Place, places: int) -> None:
    content, chance = whole(graded), random.Random(places)

    for _ in range(places):
        damaged = bytearray(content)
        damaged[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        graded.again()
        require_told_or_right(graded, bytes(damaged), chance.choice(GRADING))


@pytest.mark.nightly
@pytest.mark.parametrize("words", GRADING)
def test_by_a_page_of_zeros_nobody_gets_another_verdict(graded: Place, words: str) -> None:
    content = whole(graded)

    for at in range(0, len(content), PAGE):
        graded.again()
        require_told_or_right(graded, content[:at] + bytes(PAGE) + content[at + PAGE :], words)


def changed(content: bytes, folder: Path, statement: str) -> bytes:
    """The store after a statement in SQL."""
    path = folder / "changed.db"
    path.write_bytes(content)
    with sqlite3.connect(path) as database:
        assert database.execute(statement).rowcount > 0
    database.close()
    return path.read_bytes()


def test_what_bytes_were_read_as_is_read_again_where_it_turned_bad(graded: Place, tmp_path: Path) -> None:
    content = changed(whole(graded), tmp_path, "UPDATE readings SET sha256 = 'x' || substr(sha256, 2)")
    right = scores(graded)

    outcome = run_on(graded, content, GRADE)

    assert outcome["code"] == 1, outcome["said"]
    assert scores(graded) == right, "and nobody waits for a verdict on work that nobody handed in"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE hand_ins SET verdict = 3 - verdict",
        "UPDATE hand_ins SET sha256 = 'x' || substr(sha256, 2)",
    ],
)
def test_the_verdict_on_other_work_is_nobodys(graded: Place, tmp_path: Path, statement: str) -> None:
    content = changed(whole(graded), tmp_path, statement)

    outcome = run_on(graded, content, "report --out pages")

    assert outcome["code"] == 2, outcome["said"]
    assert "damaged" in outcome["said"]
    assert "--again" in outcome["said"]


@pytest.mark.parametrize(
    ("words", "statement"),
    [
        (
            "report --out pages",
            """UPDATE adjustments SET entry = replace(entry, '"points": 1.0', '"points": 3.0')""",
        ),
        ("roster", "UPDATE members SET member = replace(member, 'learner0', 'learner8')"),
    ],
)
def test_what_a_person_decided_is_never_read_with_another_word_in_it(
    graded: Place, tmp_path: Path, words: str, statement: str
) -> None:
    content = changed(whole(graded), tmp_path, statement)

    outcome = run_on(graded, content, words)

    assert outcome["code"] == 2, outcome["said"]
    assert "bring the file back from a backup" in " ".join(outcome["said"].split())


def test_decisions_of_an_earlier_version_have_no_seal_and_are_read(graded: Place, tmp_path: Path) -> None:
    right = whole(graded)
    content = right
    for table, column in (("adjustments", "entry"), ("members", "member")):
        unsealed = f"UPDATE {table} SET {column} = json_remove({column}, '$.sha256')"
        content = changed(content, tmp_path, unsealed)

    outcomes = [run_on(graded, one, "export --as csv --out grades.csv")["code"] for one in (right, content)]
    listed = run_on(graded, content, "roster")

    assert (outcomes, listed["code"]) == ([0, 0], 0)


def test_a_regrade_leaves_nobody_out_whose_work_is_lost(graded: Place, tmp_path: Path) -> None:
    content = changed(
        whole(graded), tmp_path, "UPDATE sources SET sha256 = 'x' || substr(sha256, 2) WHERE rowid = 1"
    )
    course = graded.folder / "mine" / "course.yml"
    course.write_text(
        course.read_text(encoding="utf-8").replace("name: neuron, points: 2", "name: neuron, points: 4")
    )

    told = run_on(graded, content, "regrade --dry-run --unsandboxed")
    [mended, again] = each(graded.folder, [f"{GRADE} --again", "regrade --dry-run --unsandboxed"])

    assert told["code"] == 2
    assert "--again" in told["said"]
    assert (mended["code"], again["code"]) == (1, 0), again["said"]


def test_a_bit_anywhere_in_a_packed_text_is_never_another_text() -> None:
    common = CommonText(1, b'{"chapter": "ch02_neuron", "points": 2.0}')
    text = b'{"chapter": "ch02_neuron", "points": 1.5, "notes": []}'
    packed = common.pack(text)
    packer = Packer(lambda kind: common, {1: common}.__getitem__, lambda kind, text: common)

    for at in range(8 * len(packed)):
        damaged = bytearray(packed)
        damaged[at // 8] ^= 1 << at % 8
        with suppress(*DAMAGE):
            assert packer.unpack(bytes(damaged)) == text


# --- what brick doctor says ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE verdicts SET report = substr(report, 1, length(report) / 2) WHERE id = 2",
        "UPDATE sources SET source = zeroblob(length(source))",
        "UPDATE adjustments SET entry = substr(entry, 2)",
        "UPDATE runs SET settings = '{'",
    ],
)
def test_doctor_names_a_damaged_store_and_says_what_mends_it(
    graded: Place, tmp_path: Path, statement: str
) -> None:
    content = changed(whole(graded), tmp_path, statement)

    with standing_in(graded.folder):
        sound = brick("doctor").stdout
    run_on(graded, content, "status")
    with standing_in(graded.folder):
        told = brick("doctor")

    assert "2 hand-ins, all of which can be read with their verdicts" in " ".join(sound.split())
    assert told.exit_code == 1
    assert "FAIL  results" in told.stdout
    assert "results.db" in told.stdout.replace("\n", "").replace(" ", "")
    assert "backup" in told.stdout
