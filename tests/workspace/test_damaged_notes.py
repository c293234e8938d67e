"""Whatever turned bad in a learner's own notes: no command fails at it, and none tells of a verdict that was not."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from commands import brick
from failing_disk import Place, Scenario, standing_in
from sandboxes import CHECKOUT

from grader.course.config import find_chapter, load_course
from grader.errors import KitError
from grader.records import Report
from grader.watch.state import WatchState
from grader.watch.view import work_lines
from grader.workspace.progress import keep_report
from grader.workspace.questions import NOTE as PREDICTIONS
from grader.workspace.replay import find_failure
from grader.workspace.workspace import workspace_of

pytestmark = pytest.mark.xdist_group("damaged_notes")

NOTES = (
    ".brickwork/last.json",
    ".brickwork/hints.json",
    f".brickwork/{PREDICTIONS}",
    ".brickwork/reports/ch02_neuron.json",
    ".brickwork/reports/ch02_neuron/neuron.json",
    "brickwork-progress.txt",
    "brickwork-explanations.md",
)
READERS = (
    "status",
    "hint",
    "hint ch02 neuron",
    "predict",
    "show ch02 linear",
    "show ch02 linear --because so",
)
CHECK = ("check", "ch02", "--exercise", "neuron", "--examples", "5")
ODD = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b"[" * 100_000,
    b'{"chapter": 3}',
    b'{"ch02_neuron/neuron": 5}',
    b"\xff\xfe",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A course folder with all notes there are, of a learner whose neuron adds where it should multiply."""

    def practise() -> None:
        source = (CHECKOUT / "solutions" / "ch02_neuron.py").read_text(encoding="utf-8")
        Path("exercises/ch02_neuron.py").write_text(source.replace("(w * x)", "(w + x)"), encoding="utf-8")
        assert brick("check", "ch02", "--examples", "5").exit_code == 1
        assert brick(*CHECK).exit_code == 1
        assert brick("hint", "ch02", "neuron").exit_code == 0
        workspace_of(load_course()).write_note(PREDICTIONS, {"ch02_neuron/1": True})
        watch()
        assert brick("show", "ch02", "linear", "--because", "It is so.").exit_code == 0

    made = Place(tmp_path_factory.mktemp("notes") / "here", Scenario("status", ("init .",), practise))
    assert all((made.folder / "mine" / note).is_file() for note in NOTES)
    return made


def watch() -> None:
    """Begin to watch, and draw the screen."""
    course = load_course()
    state = WatchState(course, workspace_of(course), lambda *about: ((), 0))
    state.details = True
    assert work_lines(state, 80, 30)
    state.question()
    with suppress(KitError):  # no such failure is kept
        find_failure(course, workspace_of(course), "abcdef")


def said_by(words: str) -> str:
    """What a command says, its errors too; there must be no traceback."""
    done = brick(*words.split())
    if done.exception is None or isinstance(done.exception, SystemExit):
        return done.output
    assert isinstance(done.exception, KitError), (words, repr(done.exception))
    return str(done.exception)


def damaged(content: bytes, chance: random.Random, bits: int) -> Iterator[bytes]:
    """The same with a bad bit, a hole, without its end; and what is something else."""
    for _ in range(bits):
        other = bytearray(content)
        other[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        yield bytes(other)
    hole = chance.randrange(len(content))
    yield content[:hole] + bytes(len(content[hole : hole + 64])) + content[hole + 64 :]
    yield content[: chance.randrange(len(content))]
    yield bytes(len(content))
    yield chance.randbytes(len(content))
    yield from ODD


def restore_notes(place: Place) -> None:
    """All notes as they were; the rest of the folder no reader changes."""
    mine, kept = (folder / "mine" for folder in (place.folder, place.folder.with_name("kept")))
    for note in NOTES:
        if (mine / note).is_dir():
            (mine / note).rmdir()
        shutil.copyfile(kept / note, mine / note)


def read_all(
    place: Place, note: str, content: bytes | None, allowed: set[str], readers: tuple[str, ...]
) -> None:
    """Let the note hold this, None for a folder in its place, and see what each reader says.

    Args:
        allowed: what `brick status` may say.
    """
    path = place.folder / "mine" / note
    for words in readers:
        restore_notes(place)
        path.unlink()
        if content is None:
            path.mkdir()
        else:
            path.write_bytes(content)
        with standing_in(place.folder):
            told = said_by(words)
            watch()
        assert words != "status" or told in allowed, content


def told_with_and_without(place: Place, note: str) -> set[str]:
    """What `brick status` says with the note as it was, and where there is none."""
    place.again()
    with standing_in(place.folder):
        whole = said_by("status")
        Path(note).unlink()
        return {whole, said_by("status")}


def test_a_damaged_note_is_as_good_as_none(place: Place) -> None:
    chance = random.Random(5)

    for note in NOTES:
        allowed = told_with_and_without(place, note)
        content = (place.folder.with_name("kept") / "mine" / note).read_bytes()
        found = [None, *damaged(content, chance, bits=8)]
        for other in chance.sample(found, 2):
            read_all(place, note, other, allowed, ("status", chance.choice(READERS[1:])))


@pytest.mark.nightly
@pytest.mark.parametrize("note", NOTES)
def test_each_command_reads_whatever_became_of_a_note(place: Place, note: str) -> None:
    allowed = told_with_and_without(place, note)
    content = (place.folder.with_name("kept") / "mine" / note).read_bytes()

    for other in (None, *damaged(content, random.Random(note), bits=4)):
        read_all(place, note, other, allowed, READERS)


def test_a_verdict_that_another_number_stands_in_counts_no_longer(place: Place) -> None:
    place.again()
    note = place.folder / "mine" / ".brickwork/reports/ch02_neuron.json"
    text = note.read_text(encoding="utf-8")
    assert '"points": 0.0' in text
    note.write_text(text.replace('"points": 0.0', '"points": 2.0', 1), encoding="utf-8")

    with standing_in(place.folder):
        told = said_by("status")

    assert "10 of 10 points" not in told
    assert "8 of 10 points" in told, "by what the progress file says"


def test_a_report_of_an_earlier_version_has_no_seal_and_is_read(place: Place, report: Report) -> None:
    place.again()
    with standing_in(place.folder):
        workspace, chapter = workspace_of(load_course()), find_chapter(load_course(), "ch03")
        assert keep_report(workspace, chapter, report) is None
        note = workspace.read_note("reports/ch03_activations.json")
        sealed = said_by("status")
        del note["sha256"]
        workspace.write_note("reports/ch03_activations.json", note)

        assert said_by("status") == sealed
    assert "1 of 10  ch03_activations" in sealed


def test_inputs_and_failures_that_turned_bad_change_no_verdict(place: Place) -> None:
    place.again()
    mine = place.folder / "mine"
    chance = random.Random(5)
    kept = [path for name in ("inputs", "failing") for path in (mine / ".brickwork" / name).rglob("*")]
    files = [path for path in kept if path.is_file()]
    assert len(files) >= 3
    with standing_in(place.folder):
        right = brick(*CHECK).stdout
    place.again()
    for path in files:
        path.write_bytes(chance.randbytes(path.stat().st_size))

    with standing_in(place.folder):
        told = brick(*CHECK)

    assert told.stdout == right
    assert told.exit_code == 1
