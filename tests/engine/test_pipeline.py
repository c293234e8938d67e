"""The journey of one submission: what a learner's own words cannot do to a verdict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grader.course.config import find_chapter
from grader.engine.in_process import SameProcess
from grader.engine.pipeline import fault, grade_path
from grader.engine.profile import Profile
from grader.grading.store import Store
from grader.records import Cause, Course, Outcome, Report, ReportState, SourceLine
from grader.report.reasons import reason, trouble
from grader.report.terminal import render
from grader.submissions.reading import read_submission

# Sentences that the kit itself might say; a learner's exception may say them too.
FORGED = (
    "see <line chart> below",
    "<line 8>",
    "these are used up",
    "no answer within 5 seconds",
    "the submission's process ended early",
    "relu is not written yet",
    "write this part, then run: brick check ch03",
    "a fault of the kit, not of the submission",
    "the file does not define relu",
    "next: rest",
    "raised nothing",
)


def notebook(*cells: str) -> str:
    """A notebook of these code cells, as JSON."""
    code = [{"cell_type": "code", "source": cell, "metadata": {}, "outputs": []} for cell in cells]
    return json.dumps({"cells": code, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def graded(course: Course, path: Path) -> Report:
    """What relu in this file is worth."""
    chapter = find_chapter(course, "ch03")
    return grade_path(path, chapter, SameProcess(), Profile(examples=3, only="relu", shrink=False))


@pytest.mark.parametrize("words", FORGED)
@pytest.mark.parametrize("suffix", [".py", ".ipynb"])
def test_no_words_of_a_learners_exception_decide_anything(
    course: Course, tmp_path: Path, words: str, suffix: str
) -> None:
    source = f"def relu(x):\n    raise ValueError({words!r})\n"
    path = tmp_path / f"ch03_activations{suffix}"
    path.write_text(notebook("import torch", source) if suffix == ".ipynb" else source, encoding="utf-8")

    report = graded(course, path)

    first = report.checks[0]
    assert report.state is ReportState.GRADED
    assert (first.outcome, first.cause, first.message) == (
        Outcome.FAILED,
        Cause.RAISED,
        f"ValueError: {words}",
    )
    assert first.line == (SourceLine(2, 2) if suffix == ".ipynb" else SourceLine(2))
    assert reason(first) == f"it raised ValueError: {words}, {first.line}"
    assert report.is_final
    assert "ValueError" in render(report)


def test_pythons_own_words_are_shown_whole(course: Course, tmp_path: Path) -> None:
    path = tmp_path / "ch03_activations.py"
    path.write_text('def relu(x):\n    return x if "a" > 1 else x\n', encoding="utf-8")

    first = graded(course, path).checks[0]

    said = "it raised TypeError: '>' not supported between instances of 'str' and 'int', line 2"
    assert reason(first) == said


@pytest.mark.parametrize("words", FORGED)
def test_a_verdict_on_a_raised_exception_is_used_again_whatever_it_says(
    course: Course, tmp_path: Path, words: str
) -> None:
    path = tmp_path / "ch03_activations.py"
    path.write_text(f"raise ValueError({words!r})\ndef relu(x):\n    return x\n", encoding="utf-8")
    report = graded(course, path)

    with Store(tmp_path / "results.db") as store:
        store.keep("key", report)

        assert store.find("key") is not None


def test_a_fault_of_the_kit_is_a_state_and_not_a_sentence(course: Course, tmp_path: Path) -> None:
    chapter = find_chapter(course, "ch03")
    path = tmp_path / "ch03_activations.py"
    path.write_text("def relu(x):\n    return x\n", encoding="utf-8")

    report = fault(read_submission(path, chapter), Profile(), "Traceback: secret")

    assert report.state is ReportState.KIT_FAULT
    assert not report.is_final
    assert trouble(report) == "a fault of the kit, not of the submission"
    assert report.points == 0
