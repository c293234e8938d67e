"""A new chapter, as CONTRIBUTING walks through it: laid out, stubbed, and told what is still missing."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the checkout to add a chapter to."""
    for folder in ("solutions", "exercises", "grader"):
        shutil.copytree(CHECKOUT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / "course.yml", tmp_path)
    return tmp_path


def brick(checkout: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command out of that checkout."""
    command = [sys.executable, "-c", "from grader.cli import main; main()", *words]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=300)


def test_a_new_chapter_walks_from_layout_to_proof(checkout: Path) -> None:
    laid_out = brick(checkout, "new", "ch13_doubling")
    assert laid_out.returncode == 0, laid_out.stderr
    assert "next: fill the places marked TODO" in laid_out.stdout

    assert brick(checkout, "stubs", "--check").returncode == 0
    stub = (checkout / "exercises" / "ch13_doubling.py").read_text()
    assert "NotImplementedError" in stub
    assert "x + x" not in stub

    solved = brick(checkout, "check", "solutions/ch13_doubling.py")
    assert solved.returncode == 0, solved.stdout

    proof = brick(checkout, "prove", "ch13", "--seeds", "20", "--no-tables")
    assert proof.returncode == 1
    assert "doubling has 1 mistake versions; it needs 4" in proof.stdout
    assert "doubling has 1 right versions; it needs 3" in proof.stdout


def test_what_an_author_is_to_replace_is_chinese_where_chinese_is_spoken(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRICK_LANG", "zh")

    assert brick(checkout, "new", "ch13_doubling").returncode == 0

    written = [path for path in checkout.rglob("ch13_doubling.*") if "__pycache__" not in path.parts]
    texts = [
        line for path in written for line in path.read_text(encoding="utf-8").splitlines() if "TODO" in line
    ]
    assert len(written) == 6
    assert [line for line in texts if not re.search("[\u4e00-\u9fff]|# TODO$", line)] == []
    assert brick(checkout, "stubs", "--check").returncode == 0
    assert brick(checkout, "check", "solutions/ch13_doubling.py").returncode == 0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("attention", "no chapter can be called attention"),
        ("ch03_again", "chapter ch03 is there already"),
        ("ch13_../../x", "no chapter can be called"),
    ],
)
def test_a_name_that_will_not_do_is_refused_and_nothing_is_written(
    checkout: Path, name: str, words: str
) -> None:
    before = sorted(checkout.rglob("*.py"))

    result = brick(checkout, "new", name)

    assert result.returncode == 2
    assert words in result.stderr
    assert sorted(checkout.rglob("*.py")) == before
