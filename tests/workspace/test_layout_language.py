"""Tests of laying a course out in another language: lesson and docstrings change, code and work do not."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from grader.course.translations import texts_of
from grader.language import Language, decide, speaking
from grader.syntax import untouched_names
from grader.workspace.workspace import lay_out

EXERCISE = '''\
# %% [markdown]
# # Means

# %%
def mean(x: list[float]) -> float:
    """Add up, and divide."""
    raise NotImplementedError("mean: write this part, then run: brick check week1")
'''


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    for name in ("exercises", "checks/zh"):
        (folder / name).mkdir(parents=True)
    (folder / "course.yml").write_text("title: Sums\nchapters: []\n", encoding="utf-8")
    (folder / "exercises" / "week1.py").write_text(EXERCISE, encoding="utf-8")
    (folder / "checks" / "week1.py").write_text("", encoding="utf-8")
    lesson, docstring = texts_of(EXERCISE)
    chinese = f"<!-- from {lesson.key}: lesson -->\n\n# 平均数\n\n<!-- from {docstring.key}: mean -->\n\n求和再除。\n"
    (folder / "checks" / "zh" / "week1.md").write_text(chinese, encoding="utf-8")
    return folder


def test_a_chinese_workspace_has_chinese_lessons_and_says_so(source: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    with speaking(Language.CHINESE):
        lay_out(mine, source)
    laid_out = (mine / "exercises" / "week1.py").read_text(encoding="utf-8")
    chinese = EXERCISE.replace("# Means", "# 平均数").replace("Add up, and divide.", "求和再除。")
    stub = "mean：请写好这一部分，再运行：brick check week1"
    assert laid_out == chinese.replace("mean: write this part, then run: brick check week1", stub)
    assert decide({"LANG": "C"}, mine / "exercises") is Language.CHINESE


def test_what_a_chinese_stub_says_changes_nothing_about_it(source: Path, tmp_path: Path) -> None:
    with speaking(Language.CHINESE):
        lay_out(tmp_path / "mine", source)
    laid_out = (tmp_path / "mine" / "exercises" / "week1.py").read_text(encoding="utf-8")
    assert "请写好" in laid_out
    assert untouched_names(ast.parse(laid_out)) == untouched_names(ast.parse(EXERCISE)) == {"mean"}


def test_a_workspace_keeps_its_language_when_somebody_else_lays_it_out_again(
    source: Path, tmp_path: Path
) -> None:
    mine, yours = tmp_path / "mine", tmp_path / "yours"
    with speaking(Language.CHINESE):
        lay_out(mine, source)
    lay_out(yours, source)
    (mine / "exercises" / "week1.py").unlink()
    assert [path.name for path in lay_out(mine, source)] == ["week1.py"]
    with speaking(Language.CHINESE):
        assert lay_out(yours, source) == ()
    assert "平均数" in (mine / "exercises" / "week1.py").read_text(encoding="utf-8")
    assert (yours / "exercises" / "week1.py").read_text(encoding="utf-8") == EXERCISE
    assert (yours / "course.yml").read_bytes() == (source / "course.yml").read_bytes()
