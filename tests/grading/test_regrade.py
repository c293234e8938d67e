"""A regrade grades what would be judged otherwise, shows what that changes, and lets it count when told to."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from grader.cli import app
from grader.course.config import load_course
from grader.errors import UsageError
from grader.grading.gradebook import class_results
from grader.records import Change, ExerciseScore, HandIn, Report
from grader.report.class_table import change_lines
from grader.report.terminal import Style

pytestmark = pytest.mark.xdist_group("regrade")

STUB = 'raise NotImplementedError("{0}: write this part, then run: brick check ch02")'
PARTLY = f"""\
def neuron(x, w, b):
    return ((w * x).sum() + b).clamp(min=0)

def linear(x, weight, bias):
    {STUB.format("linear")}

def count_parameters(sizes):
    return sum((m + 1) * n for m, n in zip(sizes, sizes[1:]))

def mlp_forward(x, layers):
    {STUB.format("mlp_forward")}

def init_linear(fan_in, fan_out, generator):
    {STUB.format("init_linear")}
"""
LESS = PARTLY.replace(
    "return sum((m + 1) * n for m, n in zip(sizes, sizes[1:]))", STUB.format("count_parameters")
)
CLASS = {"learner01": PARTLY, "learner02": LESS, "learner03": "def neuron(:\n"}


AS_HERE = ("--isolation", "plain", "--unsandboxed", "--examples", "2", "--jobs", "1")


def brick(*words: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(app, list(words))


def edit(workspace: Path, old: str, new: str) -> None:
    """Change the course as its author would."""
    path = workspace / "course.yml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def points(workspace: Path) -> dict[str, float]:
    """What counts now."""
    return {one.learner: one.points for one in class_results(load_course(workspace)).learners}


def rows(workspace: Path, table: str = "verdicts") -> int:
    """How many verdicts were ever made, or hand-ins published."""
    with sqlite3.connect(workspace / ".brickwork" / "results.db") as database:
        return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a class that was graded. Two points of ch02 are a neuron's."""
    workspace = tmp_path_factory.mktemp("graded") / "mine"
    here = Path.cwd()
    try:
        os.chdir(workspace.parent)
        assert brick("init", "mine").exit_code == 0
        os.chdir(workspace)
        for learner, source in CLASS.items():
            (workspace / "class" / learner).mkdir(parents=True)
            (workspace / "class" / learner / "ch02_neuron.py").write_text(source, encoding="utf-8")
        assert brick("grade", "class", *AS_HERE).exit_code == 1
    finally:
        os.chdir(here)
    return workspace


@pytest.fixture(scope="module")
def looked_at(graded: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """The same with the neuron worth four points, and what a regrade said without letting it count."""
    workspace = tmp_path_factory.mktemp("looked_at") / "mine"
    shutil.copytree(graded, workspace)
    edit(workspace, "{name: neuron, points: 2}", "{name: neuron, points: 4}")
    # What was handed in is in the store: the regrade needs no file of it.
    shutil.rmtree(workspace / "class")
    here = Path.cwd()
    try:
        os.chdir(workspace)
        return workspace, brick("regrade", "--unsandboxed", "--dry-run")
    finally:
        os.chdir(here)


@pytest.fixture
def workspace(
    looked_at: tuple[Path, Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A copy of that workspace for one test."""
    shutil.copytree(looked_at[0], tmp_path / "mine")
    monkeypatch.chdir(tmp_path / "mine")
    return tmp_path / "mine"


def test_a_dry_run_shows_what_would_change_and_lets_nothing_count(
    graded: Path, looked_at: tuple[Path, Result]
) -> None:
    workspace, said = looked_at

    assert said.exit_code == 1, said.output
    assert said.stdout.splitlines() == [
        "2 of 3 graded again: nothing that judges the others has changed",
        "2 of 3 change, none lower:",
        "learner    chapter  was  is",
        "learner01     ch02    3   5",
        "    neuron 2 -> 4",
        "learner02     ch02    2   4",
        "    neuron 2 -> 4",
        "nothing counts yet; next: brick regrade --yes",
    ]
    assert points(workspace) == points(graded) == {"learner01": 3, "learner02": 2, "learner03": 0}


def test_what_was_graded_for_the_diff_is_not_graded_again_when_it_is_accepted(workspace: Path) -> None:
    before = rows(workspace)

    result = brick("regrade", "--unsandboxed", "--yes")

    assert result.exit_code == 0, result.output
    assert points(workspace) == {"learner01": 5, "learner02": 4, "learner03": 0}
    assert rows(workspace) == before
    again = brick("regrade", "--unsandboxed")
    assert again.exit_code == 0
    assert again.stdout.splitlines()[-1] == "none of 3 changes its points"


def test_who_cannot_be_asked_has_not_agreed(workspace: Path) -> None:
    result = brick("regrade", "--unsandboxed")

    assert result.exit_code == 1
    assert points(workspace)["learner01"] == 3


def test_a_new_late_policy_grades_nothing_again_and_counts_when_accepted(
    graded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(graded, tmp_path / "mine")
    monkeypatch.chdir(tmp_path / "mine")
    edit(
        tmp_path / "mine",
        "  - stem: ch02_neuron\n",
        "  - stem: ch02_neuron\n    deadline: 2020-01-01T00:00:00Z\n",
    )

    shown = brick("regrade", "--unsandboxed", "--dry-run")
    before = points(tmp_path / "mine")
    brick("regrade", "--unsandboxed", "--yes")

    assert shown.stdout.splitlines()[0].startswith("0 of 3 graded again")
    assert "2 of 3 change, 2 lower:" in shown.stdout
    assert "lateness takes 3 instead of 0" in shown.stdout
    assert (before["learner01"], points(tmp_path / "mine")["learner01"]) == (3, 0)


def test_without_a_seal_the_regrade_of_other_peoples_code_is_refused_too(workspace: Path) -> None:
    result = brick("regrade")

    assert "--unsandboxed" in str(result.exception)


def test_a_chapter_that_was_never_graded_and_two_opposite_wishes_are_refused(workspace: Path) -> None:
    assert isinstance(brick("regrade", "-c", "ch05", "--unsandboxed").exception, UsageError)
    assert isinstance(brick("regrade", "--yes", "--dry-run").exception, UsageError)


def test_a_class_graded_again_costs_nothing_and_changes_nothing(
    graded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(graded, tmp_path / "mine")
    monkeypatch.chdir(tmp_path / "mine")

    result = brick("grade", "class", *AS_HERE)

    assert result.exit_code == 1, result.output
    assert rows(tmp_path / "mine") == rows(tmp_path / "mine", "hand_ins") == len(CLASS)


def test_again_grades_anew_and_the_new_verdict_counts(
    graded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(graded, tmp_path / "mine")
    monkeypatch.chdir(tmp_path / "mine")

    brick("grade", "class/learner01", "--again", *AS_HERE)

    assert rows(tmp_path / "mine") == rows(tmp_path / "mine", "hand_ins") == len(CLASS) + 1
    assert points(tmp_path / "mine") == points(graded)


def test_a_folder_given_by_mistake_adds_nobody_to_the_class(workspace: Path) -> None:
    (workspace / "holiday" / "photos").mkdir(parents=True)

    result = brick("grade", "holiday", "--isolation", "plain", "--unsandboxed")

    assert "no file here says which chapter it is" in str(result.exception)
    assert set(points(workspace)) == set(CLASS)


def test_those_who_lose_stand_first_and_are_marked() -> None:
    chapter = load_course(Path(__file__).resolve().parents[2]).chapters[1]

    def change(learner: str, before: float, after: float) -> Change:
        was, now = (
            Report(chapter.stem, "", "a.py", (), (ExerciseScore("neuron", points, 9.0),))
            for points in (before, after)
        )
        return Change(learner, chapter, before, after, was, now, HandIn(chapter.stem), HandIn(chapter.stem))

    changes = [change("learner09", 5, 4), change("learner01", 1, 2)]

    assert change_lines(changes, 10, Style()) == [
        "2 of 10 change, 1 lower:",
        "learner    chapter  was  is",
        "learner09     ch02    5   4  lower",
        "    neuron 5 -> 4",
        "learner01     ch02    1   2",
        "    neuron 1 -> 2",
    ]
