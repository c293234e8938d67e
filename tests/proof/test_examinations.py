"""What is asked of checks beside strength: which inputs they draw, and whether the text says what they demand."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from commands import brick

from grader.course.config import find_chapter
from grader.course.paths import solution_file
from grader.errors import CourseError
from grader.proof import wording
from grader.proof.candidates import right_answers
from grader.proof.coverage import Drawn, drawn_inputs
from grader.proof.reviewed import read_reviewed
from grader.proof.wording import demands_of
from grader.records import Course

# --- inputs -----------------------------------------------------------------------------------------------


def test_every_number_is_counted_in_its_region() -> None:
    drawn = Drawn()

    drawn.note([torch.tensor([0.0, -1e-7, 1e-6, 5e-4, 0.5, 15.0]), 20, (-700.5, torch.tensor(float("inf")))])

    counted = {region: count for region, count in drawn.numbers.items() if count}
    assert counted == {
        "0": 1, "to 1e-6": 2, "to 1e-3": 1, "to 1": 1, "to 15": 1, "to 100": 1, "to 1000": 1, "above": 1, "negative": 2,
    }  # fmt: skip
    assert drawn.ranks == {0: 1, 1: 1}


@pytest.mark.parametrize(
    ("entries", "kinds"),
    [
        ([1.0, 2.0, 3.0], {"one sign", "sorted"}),
        ([2.0, 2.0], {"one sign", "constant", "ties"}),
        ([1.0, -3.0, 2.0], {"sum 0"}),
        ([[4.0, -1.0]], {"side 1"}),
        ([], {"empty"}),
        ([7.0], set()),
        ([float(k % 9 - 3) for k in range(65)], {"ties", "over 64"}),
    ],
)
def test_every_tensor_is_counted_by_its_kinds(entries: list[object], kinds: set[str]) -> None:
    drawn = Drawn()

    drawn.note(torch.tensor(entries))

    assert {kind for kind, count in drawn.kinds.items() if count} == kinds


def test_the_arguments_of_functions_and_methods_are_told_apart(course: Course) -> None:
    chapter = find_chapter(course, "ch08")

    found = drawn_inputs(chapter, next(right_answers(course.root, chapter)))

    assert {"clip_by_value.grads", "clip_by_value.limit", "clip_by_norm.max_norm"} <= found.keys()
    assert found["clip_by_value.grads"].numbers["to 15"] > 100


# --- wording ----------------------------------------------------------------------------------------------

CHECKS = '''
def helper(learner, p):
    refuses(lambda: learner.halve(p), ValueError, names="p", value=p)

@check("halve")
def check_halve_refuses(learner):
    """It refuses."""
    helper(learner, -1)
'''
SOLUTION = '''# %% [markdown]
# `median` stays out.

# %%
def halve(x, p):
    """Halve.

    Returns:
        The dtype of x.

    Raises:
        {raises}
    """
'''


@pytest.mark.parametrize(
    ("raises", "silent"),
    [
        ("ValueError: naming p and its value, if it is negative.", []),
        ("ValueError: if p is negative.", ["the message names p", "the message shows p"]),
        ("TypeError: naming p and its value.", ["it raises ValueError"]),
        ("ValueError: the message names x.", ["the message names p", "the message shows p"]),
    ],
)
def test_what_a_refusal_demands_stands_under_raises(tmp_path: Path, raises: str, silent: list[str]) -> None:
    checks = tmp_path / "checks.py"
    checks.write_text(CHECKS)
    texts = wording._Texts("", wording._docstrings(SOLUTION.format(raises=raises), "halve"))

    [refusal] = wording._refusals("check_halve_refuses", wording._functions(checks))
    demands = wording._of_refusal("halve", "check_halve_refuses", refusal, texts)

    assert [demand.what for demand in demands if not demand.stated] == silent


def test_every_demand_of_a_chapter_is_found(course: Course) -> None:
    chapter = find_chapter(course, "ch05")
    solution = solution_file(course.root, chapter.stem).read_text(encoding="utf-8")

    def stated(solution: str) -> dict[tuple[str, str], bool]:
        return {(demand.exercise, demand.what): demand.stated for demand in demands_of(chapter, solution)}

    assert stated(solution)["SGD", "the message names nesterov"]
    assert not stated(solution.replace("nesterov", "lookahead"))["SGD", "the message names nesterov"]


# --- the command ------------------------------------------------------------------------------------------


def test_tables_are_printed_instead_of_the_proof(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(course.root)

    result = brick("prove", "ch09", "--table", "inputs", "--table", "wording")

    assert result.exit_code == 0, result.output
    assert "ok    ch09_scheduling        inputs: " in result.stdout
    assert "ok    ch09_scheduling        wording: " in result.stdout
    assert "mutants" not in result.stdout


def test_a_reviewed_entry_without_a_reason_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gates.yml").write_text("ch01_a:\n  'f, x: rank 3': no\n")

    with pytest.raises(CourseError, match="no reason"):
        read_reviewed(tmp_path / "gates.yml")
