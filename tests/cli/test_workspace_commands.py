"""The commands of the workspace: status, reset, replay, doctor; what they show, and that no work gets lost."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from grader.cli import app
from grader.course.config import packaged_course_root
from grader.errors import KitError

LINEAR = """

def linear(x, weight, bias):
    return x @ weight + bias
"""


def brick(*words: str, answer: str = "") -> Result:
    """Run the command in this process, with `answer` typed when it asks."""
    return CliRunner().invoke(app, list(words), input=answer)


def problem(*words: str) -> KitError:
    """The error that a command ends with."""
    result = brick(*words)
    assert isinstance(result.exception, KitError), result.output
    return result.exception


def stub(stem: str) -> str:
    """An exercise file as it is handed out."""
    return (packaged_course_root() / "exercises" / f"{stem}.py").read_text(encoding="utf-8")


def solve(workspace: Path, stem: str, exercise: str, body: str) -> Path:
    """Put `body` where the stub of `exercise` raises."""
    path = workspace / "exercises" / f"{stem}.py"
    text = path.read_text(encoding="utf-8")
    label = stem.split("_")[0]
    line = f'raise NotImplementedError("{exercise}: write this part, then run: brick check {label}")'
    assert line in text
    path.write_text(text.replace(line, body), encoding="utf-8")
    return path


# --- status -----------------------------------------------------------------------------------------------


def test_status_of_a_new_desk_names_the_first_exercise(workspace: Path) -> None:
    result = brick("status")

    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].split()[:4] == ["0", "of", "2", "ch01_dataloader"]
    assert any(line.startswith("0 of ") and "exercises" in line for line in lines)
    assert lines[-1].startswith("next: ")
    assert "ch01" in lines[-1]
    assert all(len(line) <= 80 for line in lines)


def test_status_counts_what_the_last_check_found_and_says_what_changed_since(workspace: Path) -> None:
    path = solve(workspace, "ch02_neuron", "linear", "return x @ weight.T + bias")
    brick("check", "ch02", "--examples", "3")

    first = brick("status").stdout
    path.write_text(path.read_text(encoding="utf-8") + "\n# more\n", encoding="utf-8")
    second = brick("status").stdout

    [line] = [line for line in first.splitlines() if "ch02_neuron" in line]
    assert line.split()[:3] == ["1", "of", "5"]
    assert "0 of 10" not in line
    assert "left in ch02: " in first
    assert "changed since" not in first
    assert "changed since" in second


def test_status_counts_no_extras(workspace: Path) -> None:
    (workspace / "brickwork-progress.txt").write_text(
        "done ch04_losses/cross_entropy_full\n", encoding="utf-8"
    )

    lines = brick("status").stdout.splitlines()

    [line] = [line for line in lines if "ch04_losses" in line]
    assert line.split()[:3] == ["0", "of", "8"]
    assert any(line.startswith("0 of 56 exercises, 0 of 120 points") for line in lines)


def test_status_outside_a_workspace_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert problem("status").next_step == "run: brick init"
    assert list(tmp_path.iterdir()) == []


# --- reset ------------------------------------------------------------------------------------------------


def test_reset_puts_one_exercise_back_and_keeps_the_others_and_a_backup(workspace: Path) -> None:
    solve(workspace, "ch02_neuron", "linear", "return x @ weight.T + bias")
    path = solve(workspace, "ch02_neuron", "neuron", "return (w * x).sum() + b")
    mine = path.read_text(encoding="utf-8")

    result = brick("reset", "linear", "--yes")

    assert result.exit_code == 0, result.output
    after = path.read_text(encoding="utf-8")
    assert "return x @ weight.T + bias" not in after
    assert "return (w * x).sum() + b" in after
    [backup] = (workspace / ".brickwork" / "backups").iterdir()
    assert backup.read_text(encoding="utf-8") == mine


def test_reset_of_a_chapter_gives_the_file_that_was_handed_out(workspace: Path) -> None:
    path = solve(workspace, "ch02_neuron", "linear", "return x @ weight.T + bias")
    path.write_text(path.read_text(encoding="utf-8") + "\nthis is no Python (\n", encoding="utf-8")

    result = brick("reset", "ch02", "--yes")

    assert result.exit_code == 0, result.output
    assert path.read_text(encoding="utf-8") == stub("ch02_neuron")


def test_reset_asks_first(workspace: Path) -> None:
    path = solve(workspace, "ch02_neuron", "linear", "return x @ weight.T + bias")
    mine = path.read_text(encoding="utf-8")

    result = brick("reset", "ch02", "linear", answer="n\n")

    assert result.exit_code == 1
    assert path.read_text(encoding="utf-8") == mine
    assert not (workspace / ".brickwork" / "backups").exists()


def test_two_resets_in_one_second_keep_two_backups(workspace: Path) -> None:
    for body in ("return x @ weight", "return x @ weight.T + bias"):
        solve(workspace, "ch02_neuron", "linear", body)
        brick("reset", "linear", "--yes")

    texts = [p.read_text(encoding="utf-8") for p in (workspace / ".brickwork" / "backups").iterdir()]
    assert len(texts) == 2
    assert texts[0] != texts[1]


def test_reset_brings_a_deleted_exercise_back_and_removes_a_second_definition(workspace: Path) -> None:
    path = workspace / "exercises" / "ch02_neuron.py"
    path.write_text("import torch\n" + LINEAR + "\n# mine\n" + LINEAR, encoding="utf-8")

    brick("reset", "linear", "--yes")
    brick("reset", "neuron", "--yes")

    text = path.read_text(encoding="utf-8")
    assert text.count("def linear(") == 1
    assert text.count("def neuron(") == 1
    assert "# mine" in text
    compile(text, str(path), "exec")


def test_reset_of_one_exercise_in_a_file_python_cannot_read_says_what_to_do(workspace: Path) -> None:
    path = workspace / "exercises" / "ch02_neuron.py"
    path.write_text("def linear(:\n", encoding="utf-8")

    error = problem("reset", "linear", "--yes")

    assert error.where.endswith("line 1")
    assert "brick reset ch02" in error.next_step
    assert path.read_text(encoding="utf-8") == "def linear(:\n"


def test_reset_brings_a_lost_file_back_without_asking(workspace: Path) -> None:
    path = workspace / "exercises" / "ch05_optimizers.py"
    path.unlink()

    advice = problem("check", "ch05").next_step
    result = brick("reset", "ch05")

    assert advice == "run: brick reset ch05"
    assert result.exit_code == 0, result.output
    assert path.read_text(encoding="utf-8") == stub("ch05_optimizers")
    assert "there again" in result.stdout
    assert not (workspace / ".brickwork" / "backups").exists()


def test_reset_brings_a_lost_folder_back_but_never_touches_one_in_its_place(workspace: Path) -> None:
    shutil.rmtree(workspace / "exercises")
    brick("reset", "softmax")
    found = (workspace / "exercises" / "ch03_activations.py").read_text(encoding="utf-8")
    (workspace / "exercises" / "ch04_losses.py").mkdir()

    error = problem("reset", "ch04")

    assert found == stub("ch03_activations")
    assert error.next_step == "move that folder away"


def test_reset_where_nobody_works_makes_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert problem("reset", "ch05").next_step == "run: brick init"
    assert list(tmp_path.iterdir()) == []


def test_reset_of_a_chapter_keeps_even_what_is_no_text(workspace: Path) -> None:
    path = workspace / "exercises" / "ch02_neuron.py"
    path.write_bytes(b"\xff\xfe\x00")

    assert brick("reset", "ch02", "--yes").exit_code == 0

    [backup] = (workspace / ".brickwork" / "backups").iterdir()
    assert backup.read_bytes() == b"\xff\xfe\x00"
    assert path.read_text(encoding="utf-8") == stub("ch02_neuron")


# --- replay -----------------------------------------------------------------------------------------------


def card_id(text: str) -> str:
    """The ID on the first card."""
    [line, *_] = [line for line in text.splitlines() if "brick replay" in line]
    return line.split()[-1]


def test_replay_writes_and_runs_a_short_script_with_the_failing_call(workspace: Path) -> None:
    path = solve(workspace, "ch02_neuron", "linear", "return (x @ weight.T + bias).clamp(min=0)")
    name = card_id(brick("check", "ch02", "linear", "--examples", "3").stdout)

    result = brick("replay", name)
    script = workspace / ".brickwork" / "replay" / f"replay_{name}.py"
    ran = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)

    assert result.exit_code == 0, result.output
    assert f"python -m pdb {script}" in result.stdout
    assert "\nexpected: tensor([" in result.stdout
    lines = script.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 6
    assert lines[-1].startswith("print(linear(tensor(")
    assert str(path.parent) in lines[3]
    assert ran.stdout.startswith("tensor([")
    assert "-" not in ran.stdout  # a ReLU that does not belong there


def test_replay_of_an_unknown_failure_says_where_ids_come_from(workspace: Path) -> None:
    error = problem("replay", "abc123")

    assert "abc123" in error.what
    assert "brick check" in error.next_step


# --- doctor -----------------------------------------------------------------------------------------------


def test_doctor_names_every_part_and_how_to_mend_it(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "no-such-editor --wait")

    result = brick("doctor")

    names = ("Python", "torch", "threads", "GPU", "isolation", "editor", "file events", "workspace")
    assert [name for name in names if name not in result.stdout] == []
    assert "no-such-editor is not on the PATH" in result.stdout
    assert "run: export EDITOR=" in result.stdout
    assert result.exit_code == 1
    assert max(len(line) for line in result.stdout.splitlines()) <= 100
    assert json.dumps(result.stdout)  # no lone surrogates


# --- without a command ------------------------------------------------------------------------------------


def test_without_a_command_and_a_terminal_the_help_is_shown(workspace: Path) -> None:
    result = brick()

    assert result.exit_code == 0
    assert "watch" in result.stdout
    assert "replay" in result.stdout
