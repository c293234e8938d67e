"""pytest runs a check file on a submission, and says what the command says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
CHECKS = "grader/checks/ch08_clipping.py"


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """pytest on the check file of chapter 8, with nothing of this run's settings."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-q",
        CHECKS,
        *words,
    ]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("how", [(), ("--in-process",)], ids=["sandboxed", "in process"])
def test_the_solution_passes_either_way(how: tuple[str, ...]) -> None:
    result = run("--submission", "solutions/ch08_clipping.py", "--check-examples", "5", *how)

    assert result.returncode == 0, result.stdout
    assert " passed" in result.stdout
    assert "failed" not in result.stdout


def test_a_wrong_answer_shows_its_counterexample(tmp_path: Path) -> None:
    source = (CHECKOUT / "solutions" / "ch08_clipping.py").read_text()
    wrong = tmp_path / "ch08_clipping.py"
    wrong.write_text(source + "\n\ndef clip_by_value(grads, limit):\n    return list(grads)\n")

    result = run("--submission", str(wrong), "-k", "clip_by_value")

    assert result.returncode == 1
    assert "clip_by_value(" in result.stdout
    assert "Traceback" not in result.stdout


def test_a_failure_is_told_in_the_language_that_is_spoken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (CHECKOUT / "solutions" / "ch08_clipping.py").read_text()
    wrong = tmp_path / "ch08_clipping.py"
    wrong.write_text(source + "\n\ndef clip_by_value(grads, limit):\n    return list(grads)\n")
    monkeypatch.setenv("BRICK_LANG", "zh")

    result = run("--submission", str(wrong), "-k", "clip_by_value", "--in-process", "--check-examples", "2")

    assert "  应为 " in result.stdout
    assert "  提示：" in result.stdout
    assert not [word for word in ("expected", "hint", "raised") if f"  {word}" in result.stdout]


def test_without_a_submission_the_exercise_is_checked() -> None:
    result = run("-k", "clip_by_value", "--check-examples", "2")

    assert result.returncode == 1
    assert "is not written yet" in result.stdout
