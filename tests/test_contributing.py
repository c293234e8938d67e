"""CONTRIBUTING.md is true: the chapter that it builds step by step is built from it, and proven."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
# **`path`**, an empty line, and a block of code: a part of that file.
PART = re.compile(r"^\*\*`(?P<path>[^`]+)`\*\*\n\n```\w+\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the checkout with the chapter of the page added."""
    for folder in ("solutions", "exercises", "grader"):
        shutil.copytree(CHECKOUT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / "course.yml", tmp_path)
    for part in PART.finditer((CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8")):
        with (tmp_path / part["path"]).open("a", encoding="utf-8") as file:
            file.write(part["text"])
    return tmp_path


def brick(checkout: Path, *words: str) -> str:
    """What the command, run out of that checkout, says; it must end well."""
    command = [sys.executable, "-c", "from grader.cli import main; main()", *words]
    run = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_the_chapter_of_the_page_is_proven(checkout: Path) -> None:
    brick(checkout, "stubs")

    solved = brick(checkout, "check", "solutions/ch13_mixing.py")
    proof = brick(checkout, "prove", "ch13", "--seeds", "20", "--no-tables")

    assert "10 of 10 points" in solved
    assert "ch13_mixing" in proof


def test_the_checks_of_the_page_are_written_as_the_others_are(checkout: Path) -> None:
    command = [sys.executable, "-m", "ruff", "check", "--config", str(CHECKOUT / "pyproject.toml")]
    files = [checkout / "grader" / "checks" / "ch13_mixing.py", checkout / "solutions" / "ch13_mixing.py"]

    run = subprocess.run([*command, *map(str, files)], capture_output=True, text=True)

    assert run.returncode == 0, run.stdout
