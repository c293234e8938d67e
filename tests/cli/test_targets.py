"""What is typed after a command: chapters, exercises, files, and what is said to a word that means nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from commands import brick

from grader.cli.targets import Target, find_targets, find_words
from grader.course.config import load_course
from grader.errors import KitError, UsageError
from grader.records import Course
from grader.workspace.workspace import Workspace, workspace_of


@pytest.fixture
def workspace(workspace: Path) -> Workspace:
    """What the kit makes of that folder."""
    return workspace_of(load_course())


@pytest.fixture
def mine(workspace: Workspace) -> Course:
    """That course."""
    return load_course(workspace.root)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["ch03"], [("ch03", None)]),
        (["softmax"], [("ch03", "softmax")]),
        (["neuron"], [("ch02", None)]),
        (["ch02", "neuron"], [("ch02", "neuron")]),
        (["DataLoader"], [("ch01", "DataLoader")]),
        (["SoftMax"], [("ch03", "softmax")]),
        (["ch03", "softmax"], [("ch03", "softmax")]),
        (["ch03/softmax"], [("ch03", "softmax")]),
        (["activations", "relu"], [("ch03", "relu")]),
        (["exercises/ch03_activations.py", "relu"], [("ch03", "relu")]),
        (["ch03", "softmax", "relu"], [("ch03", "softmax"), ("ch03", "relu")]),
        (["ch02", "ch03"], [("ch02", None), ("ch03", None)]),
        (["linear", "softmax"], [("ch02", "linear"), ("ch03", "softmax")]),
    ],
)
def test_words_mean_chapters_and_exercises(
    workspace: Workspace, mine: Course, words: list[str], meant: list[tuple[str, str | None]]
) -> None:
    found = find_targets(mine, workspace, words, None)

    assert [(target.chapter.label, target.exercise) for target in found] == meant
    assert all(target.path.is_file() for target in found)


def test_a_file_elsewhere_is_taken_where_it_lies(workspace: Workspace, mine: Course, tmp_path: Path) -> None:
    path = tmp_path / "ch02_neuron.py"
    path.write_text("", encoding="utf-8")

    assert find_targets(mine, workspace, [str(path), "linear"], None) == [
        Target(mine.chapters[1], path, "linear")
    ]


@pytest.mark.parametrize(
    ("words", "what", "step"),
    [
        (["exercises/nope.py"], "there is no such file", "name a chapter"),
        (["exercises/ch3_activations.py"], "there is no such file", "exercises/ch03_activations.py"),
        (["ch02_neuron.py"], "there is no such file", "run: brick check ch02"),
        (["sofmax"], "did you mean softmax", "type a chapter"),
        (["ch03", "sofmax"], "did you mean softmax", "type a chapter"),
        (["ch99"], "no chapter 'ch99'", "ch01 to ch12"),
    ],
)
def test_a_word_that_means_nothing_says_what_was_meant(
    workspace: Workspace, mine: Course, words: list[str], what: str, step: str
) -> None:
    with pytest.raises(UsageError) as raised:
        find_targets(mine, workspace, words, None)

    assert what in raised.value.what
    assert step in raised.value.next_step


def test_a_lost_exercise_file_is_told_how_to_get_it_back(workspace: Workspace, mine: Course) -> None:
    path = workspace.exercise_file(mine.chapters[4])
    path.unlink()

    for word in ("ch05", "exercises/ch05_optimizers.py"):
        with pytest.raises(UsageError) as raised:
            find_targets(mine, workspace, [word], None)
        assert raised.value.next_step == "run: brick reset ch05"


def test_reset_and_hint_understand_the_same_words(mine: Course) -> None:
    assert [one and (one[0].label, one[1]) for one in (find_words(mine, "ch03/relu", None),)] == [
        ("ch03", "relu")
    ]
    assert find_words(mine, "ch03", "relu")[1] == "relu"


def test_after_one_exercise_the_next_step_names_it_whole(workspace: Workspace) -> None:
    lines = brick("check", "softmax").stdout.splitlines()

    assert lines[-2:] == [
        "next: write softmax in exercises/ch03_activations.py,",
        "      then run: brick check ch03 softmax",
    ]


def test_all_shows_every_chapter_that_was_begun(workspace: Workspace, mine: Course) -> None:
    for number in (1, 7):
        path = workspace.exercise_file(mine.chapters[number])
        name = mine.chapters[number].exercises[0].name
        source = path.read_text(encoding="utf-8") + f"\ndef {name}(*_):\n    return 1\n"
        path.write_text(source, encoding="utf-8")

    whole = brick("check", "ch02", "ch03", "ch08", "--all", "--examples", "2").stdout
    first = brick("check", "ch02", "ch03", "ch08", "--examples", "2").stdout

    assert "ch08_clipping  Gradient clipping\n" in whole
    assert "ch08_clipping  Gradient clipping\n" not in first
    assert "ch02_neuron  From a neuron to a network\n" in whole


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
@pytest.mark.parametrize("words", [("check", "ch02"), ("build",), ("grade", "class")])
def test_a_device_that_is_not_there_is_one_sentence(workspace: Workspace, words: tuple[str, ...]) -> None:
    (workspace.root / "class").mkdir()
    (workspace.root / "class" / "ch02_neuron.py").write_text("x = 1\n", encoding="utf-8")
    unsealed = ("--isolation", "plain", "--unsandboxed") if words[0] == "grade" else ()

    error = brick(*words, "--device", "cuda", *unsealed).exception

    assert isinstance(error, KitError)
    assert error.what == "torch finds no CUDA device here"
    assert error.next_step == "leave --device out"


def test_status_lists_only_chapters_that_are_begun(workspace: Workspace) -> None:
    (workspace.root / "brickwork-progress.txt").write_text("done ch04_losses/mse_loss\n", encoding="utf-8")

    lines = [line for line in brick("status").stdout.splitlines() if line.startswith("left in")]

    assert [line.split(":")[0] for line in lines] == ["left in ch04"]
