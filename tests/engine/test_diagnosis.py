"""Naming a learner's mistake: which name is given, to which laws, and when none is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.config import find_chapter
from grader.engine import pipeline
from grader.engine.in_process import SameProcess
from grader.engine.known_mistakes import KnownMistakes, read_known_mistakes
from grader.engine.pipeline import grade_path
from grader.engine.probing import PROBE_PROFILE
from grader.engine.profile import Profile
from grader.records import CheckResult, Course, Likeness, Outcome

STEM = "ch03_activations"
NO_SHIFT = "torch.exp(x) / torch.exp(x).sum(dim=dim, keepdim=True)"
WITHOUT_SHIFT = "The largest score is not subtracted before exp: large scores give inf / inf, NaN."


def failed(course: Course, folder: Path, exercise: str, source: str) -> list[CheckResult]:
    """What fails of an exercise, with names."""
    file = folder / f"{STEM}.py"
    file.write_text(f"import torch\n\n{source}\n", encoding="utf-8")
    profile = Profile(only=exercise, shrink=False, names_mistakes=True, kept=PROBE_PROFILE.kept)
    report = grade_path(file, find_chapter(course, STEM), SameProcess(), profile)
    return [result for result in report.checks if result.outcome is Outcome.FAILED]


def test_a_known_mistake_has_its_sentence(course: Course, tmp_path: Path) -> None:
    results = failed(course, tmp_path, "softmax", f"def softmax(x, dim=-1): return {NO_SHIFT}")

    assert {(result.diagnosis, result.likeness) for result in results} == {(WITHOUT_SHIFT, Likeness.SAME)}


def test_another_mistake_beside_it_leaves_the_name_where_it_holds(course: Course, tmp_path: Path) -> None:
    results = failed(course, tmp_path, "softmax", f"def softmax(x, dim=0): return {NO_SHIFT}")

    named = [result.name for result in results if result.diagnosis]
    assert {result.likeness for result in results if result.diagnosis} == {Likeness.NEAREST}
    assert {result.diagnosis for result in results} == {WITHOUT_SHIFT, ""}
    assert "check_softmax_default_dim" not in named


def test_a_mistake_that_nobody_knows_has_no_name(course: Course, tmp_path: Path) -> None:
    results = failed(course, tmp_path, "softmax", "def softmax(x, dim=-1): return x * 3 + 1")

    assert results
    assert {(result.diagnosis, result.likeness) for result in results} == {("", None)}


@pytest.mark.parametrize(
    ("source", "processes"),
    [
        pytest.param("def softmax(x, dim=-1): return x * 3 + 1", 2, id="wrong"),
        pytest.param("def log_softmax(x, dim=-1): return x", 1, id="missing"),
    ],
)
def test_only_what_is_there_is_compared_with_known_mistakes(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, processes: int
) -> None:
    opened = []
    open_learner = SameProcess.open
    monkeypatch.setattr(
        SameProcess, "open", lambda self, text: opened.append(text) or open_learner(self, text)
    )

    assert failed(course, tmp_path, "softmax", source)

    assert len(opened) == processes


def test_where_other_inputs_are_drawn_nothing_is_named(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with another version of Hypothesis than the one that the mistakes were tried with."""
    known = read_known_mistakes(find_chapter(course, STEM))
    softmax = known.exercises["softmax"]
    checks = tuple(replace(check, inputs=b"others") for check in softmax.checks)
    others = KnownMistakes({"softmax": replace(softmax, checks=checks)})
    monkeypatch.setattr(pipeline, "read_known_mistakes", lambda chapter: others)

    results = failed(course, tmp_path, "softmax", f"def softmax(x, dim=-1): return {NO_SHIFT}")

    assert results
    assert {result.diagnosis for result in results} == {""}
