"""Answers that solve nothing gain nothing: no check passes them before a law of its exercise has held."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import indent

import pytest
from corpus import Cheat, cheats

from grader.course.config import load_course
from grader.engine.generation import Kept
from grader.engine.in_process import SameProcess
from grader.engine.profile import Profile
from grader.engine.runner import run_checks
from grader.records import Chapter, Submission
from grader.rules import judge

pytestmark = pytest.mark.xdist_group("cheats")  # they share their inputs

ROOT = Path(__file__).parents[2]
CHAPTERS = {chapter.label: chapter for chapter in load_course(ROOT).chapters}
INPUTS = Kept()  # the same for all, drawn once
EXERCISES = [(label, exercise.name) for label in CHAPTERS for exercise in CHAPTERS[label].exercises]


def points_of(chapter: Chapter, exercise: str, source: str) -> float:
    """What an exercise of a submission is worth, by the rules and a few examples of each check."""
    submission = Submission(chapter, source, Path("cheat.py"), "")
    profile = Profile(examples=10, only=exercise, shrink=False, kept=INPUTS)
    report = run_checks(submission, judge(submission), SameProcess(), profile)
    assert report.is_graded
    [score] = report.exercises  # an extra counts nowhere, yet it must not be had for nothing either
    return score.points


def solution_with(chapter: Chapter, exercise: str, body: str = "", code: str = "") -> str:
    """The solution with an exercise replaced by `code`, or the body of its every public function by `body`."""
    source = (ROOT / "solutions" / f"{chapter.stem}.py").read_text(encoding="utf-8")
    tree, lines = ast.parse(source), source.splitlines()
    found = next(node for node in tree.body if getattr(node, "name", "") == exercise)
    if code:
        lines[found.lineno - 1 : found.end_lineno] = code.splitlines()
        return "\n".join(lines)
    functions = [node for node in ast.walk(found) if isinstance(node, ast.FunctionDef)]
    for node in sorted(functions, key=lambda node: -node.lineno):
        if node.name != "__init__" and (not node.name.startswith("_") or node.name.endswith("__")):
            names = [argument.arg for argument in node.args.args if argument.arg != "self"] or ["self"]
            text = body.replace("FIRST", names[0]).replace("NAMES", ", ".join(names))
            lines[node.body[0].lineno - 1 : node.body[-1].end_lineno] = indent(
                text, " " * node.body[0].col_offset
            ).splitlines()
    return "\n".join(lines)


@pytest.mark.parametrize(
    "body",
    [
        "raise ValueError(f'bad argument: {locals_of(NAMES)}')",
        "return FIRST",
        "return FIRST.clone() if hasattr(FIRST, 'clone') else [item.clone() for item in FIRST]",
        "return 0.0",
        "return None",
    ],
    ids=["refuse", "give back", "copy", "zero", "nothing"],
)
def test_an_answer_without_thought_gains_nothing(body: str) -> None:
    # The refusal names every argument and shows every value, so that no message could be more to the point.
    helper = "\n\ndef locals_of(*values):\n    return 'p x grads inf nan 1 2 3 4 5', values\n"

    gained = {
        exercise: points
        for label, exercise in EXERCISES
        if (
            points := points_of(
                CHAPTERS[label], exercise, solution_with(CHAPTERS[label], exercise, body) + helper
            )
        )
    }

    assert gained == {}


HARD_CODED = [cheat for cheat in cheats() if cheat.is_beside_solution]


@pytest.mark.parametrize("cheat", HARD_CODED, ids=lambda cheat: cheat.name)
def test_what_is_known_by_heart_gains_nothing(cheat: Cheat) -> None:
    chapter = CHAPTERS[cheat.chapter]

    points = points_of(chapter, cheat.exercise, solution_with(chapter, cheat.exercise, code=cheat.source))

    assert points == 0
