"""Where nothing can be written every command still reads, or says in three parts what it needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import onnx
import pytest
from failing_disk import GRADE, Place, Scenario, each, standing_in
from sandboxes import CHECKOUT, need

from grader.course.config import load_course
from grader.sandbox.levels import Level
from grader.workspace.progress import kept_report
from grader.workspace.workspace import workspace_of

PLATFORM = """\
client_id: tool-1
token_url: https://127.0.0.1:1/token
line_items: https://127.0.0.1:1/items
users: users.csv
key: key.pem
"""
ELSEWHERE = "/var/tmp"  # the one place that is left to write to
READING = (
    "status",
    "check ch02 --examples 5",
    "hint ch02 neuron",
    "show ch02 linear",
    "predict ch02",
    "view --text",
    "watch --plain",
    "passback --platform platform.yml --dry-run",
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
    "replay {failure}",
    "show ch02 linear --because so",
    "trust ../own",
    "release ch02 --as quiz --to out",
    "build",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A class that was graded, the course folder of who did it and practised there, and a course of one's own."""
    scenario = Scenario("status", ("init .", GRADE, "report", "new-course ../own"), practise)
    return Place(tmp_path_factory.mktemp("read_only") / "here", scenario)


def practise() -> None:
    """Work on a chapter, all of it right but the neuron; build a network; and say where scores are to be sent."""
    source = (CHECKOUT / "solutions" / "ch02_neuron.py").read_text(encoding="utf-8")
    Path("exercises/ch02_neuron.py").write_text(source.replace("(w * x)", "(w + x)"), encoding="utf-8")
    [done] = each(Path.cwd().parent, ["check ch02 --examples 5"])
    assert done["code"] == 1, done["said"]
    Path("build/blobs").mkdir(parents=True)
    flowing = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1]) for name in "xy"]
    node = onnx.helper.make_node("Relu", ["x"], ["y"])
    graph = onnx.helper.make_graph([node], "network", flowing[:1], flowing[1:])
    onnx.save(onnx.helper.make_model(graph), "build/blobs/model.onnx")
    Path("platform.yml").write_text(PLATFORM, encoding="utf-8")
    Path("key.pem").write_text("a key", encoding="utf-8")
    Path("users.csv").write_text("learner,user_id\nlearner01,u-1\n", encoding="utf-8")


def ready(place: Place, commands: Sequence[str]) -> list[str]:
    """The commands with the name of the failure that is kept in this place."""
    with standing_in(place.folder):
        course = load_course()
        [chapter] = [one for one in course.chapters if one.label == "ch02"]
        report = kept_report(workspace_of(course), chapter)
    assert report is not None
    failure = next(found.replay_id for found in report.checks if found.replay_id)
    return [words.format(failure=failure) for words in commands]


def sealed(folder: Path, *writable: str) -> list[str]:
    """The words that run a program in a folder, where the whole disk is read-only, but for these folders."""
    need(Level.BWRAP)
    words = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", ELSEWHERE]
    for one in writable:
        words += ["--bind", one, one]
    return [*words, "--chdir", str(folder), "--"]


def run_read_only(place: Place, commands: Sequence[str], *writable: str) -> list[dict[str, Any]]:
    """Run commands in one process, to which the whole disk is read-only, but for these folders."""
    script = [sys.executable, str(CHECKOUT / "tests" / "failing_disk.py")]
    done = subprocess.run(
        [*sealed(place.folder, *writable), *script, *commands],
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
    outcomes = run_read_only(place, ready(place, WRITING))

    for words, outcome in zip(WRITING, outcomes, strict=True):
        said = outcome["said"]
        assert outcome["code"] == 2, f"{words}: {said}"
        assert "Traceback" not in said, f"{words}: {said}"
        assert [part in said for part in ("error:", "  where:", "  next:")] == [True] * 3, f"{words}: {said}"
        assert "Read-only file system" in said or "readonly" in said or "folder" in said, f"{words}: {said}"


@pytest.mark.nightly
def test_a_home_that_is_read_only_is_missed_by_no_command_in_a_course_elsewhere(place: Place) -> None:
    commands = [words for words in (*READING, *WRITING) if "own" not in words and words != "build"]

    outcomes = run_read_only(place, ready(place, commands), str(place.folder / "mine"))

    for words, outcome in zip(commands, outcomes, strict=True):
        assert outcome["code"] == 2 if words == "init ../other" else outcome["code"] in (0, 1), (
            f"{words}: {outcome['said']}"
        )
        assert "Traceback" not in outcome["said"], f"{words}: {outcome['said']}"


HALF_A_WRITE = """
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA journal_mode = DELETE")
database.execute("PRAGMA cache_size = 1")
database.execute("BEGIN")
database.execute("UPDATE hand_ins SET deducted = 9")
database.execute("UPDATE sources SET source = zeroblob(100000)")
os._exit(0)
"""


@pytest.mark.nightly
def test_half_of_what_another_program_wrote_is_not_read_where_it_cannot_be_undone(place: Place) -> None:
    store = place.folder / "mine" / ".brickwork" / "results.db"
    subprocess.run([sys.executable, "-c", HALF_A_WRITE, str(store)], check=True)
    assert store.with_name("results.db-journal").stat().st_size
    commands = [words for words in READING if words.startswith(("export", "report", "roster"))]

    outcomes = run_read_only(place, commands)
    place.again()

    for words, outcome in zip(commands, outcomes, strict=True):
        assert outcome["code"] == 2, words
        assert "cannot be opened" in outcome["said"], outcome["said"]


# --- what runs in a process of its own --------------------------------------------------------------------

NOTEBOOK = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in (
    "import torch",
    "def neuron(x, w, b):\\n    return ((w * x).sum() + b).clamp(min=0)",
    "from grader import check, hint, status\\nprint(float(check('neuron')))\\nhint('linear'); status()",
):
    shell.run_cell(cell, store_history=True).raise_error()
"""
BRICK = "from grader.cli import main; main()"


def run_alone(folder: Path, home: Path, program: str, *words: str, typed: str = "") -> tuple[int, str, str]:
    """Run a program of Python where nothing can be written: its exit code, and what it says."""
    done = subprocess.run(
        [*sealed(folder), sys.executable, "-c", program, *words],
        input=typed,
        env=os.environ | {"HOME": str(home), "XDG_DATA_HOME": str(home / "data")},
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in done.stderr + done.stdout, done.stderr + done.stdout
    return done.returncode, done.stdout, done.stderr


@pytest.mark.nightly
def test_a_notebook_on_a_disk_that_is_read_only_has_its_points(place: Place) -> None:
    pytest.importorskip("IPython")

    code, said, _ = run_alone(place.folder / "mine", place.folder, NOTEBOOK)

    assert code == 0
    assert "2.0" in said


@pytest.mark.nightly
def test_checks_are_proven_on_a_disk_that_is_read_only(place: Place) -> None:
    code, said, _ = run_alone(
        place.folder / "own", place.folder, BRICK, "prove", "--seeds", "2", "--no-tables"
    )

    assert code in (0, 1), said
    assert "mutants" in said


@pytest.mark.nightly
def test_each_key_of_the_plain_watch_works_on_a_disk_that_is_read_only(place: Place) -> None:
    keys = "l\nh\np\n\nd\nx\ny\n"  # list, hint, predict without a guess, details, and a reset that is meant

    code, said, _ = run_alone(place.folder / "mine", place.folder, BRICK, "watch", "--plain", typed=keys)

    assert code == 0, said
    assert "Read-only file system" in said, "what the reset could not write"
