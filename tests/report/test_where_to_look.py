"""Where a hint says to look: by how a law failed, and on a page its code apart from its words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.records import Cause, CheckResult, Outcome, Report, SourceLine
from grader.report.hints import hint_lines, hints_for, prose_and_code
from grader.workspace.hints import Written

LAW = CheckResult("check_relu", "relu", "A law.", Outcome.FAILED, 1.0, Cause.BROKEN_LAW, hint="Look here.")
WORKED = "First words.\n\n```python\nx = 1\nif x:\n    y = 2\n```\n\nLast words."


def report_with(*checks: CheckResult) -> Report:
    """A report on these checks alone."""
    return Report("ch03_activations", "Activations", "mine.py", checks, ())


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (LAW, "A law. Look here."),
        (replace(LAW, cause=Cause.UNWRITTEN), "Nothing is written yet"),
        (replace(LAW, cause=Cause.UNWRITTEN, function="exp"), "exp is not written yet, and relu needs it."),
        (replace(LAW, cause=Cause.RAISED, line=SourceLine(7)), "Look at line 7, where it raises"),
        (replace(LAW, cause=Cause.OUT_OF_TIME), "look at the loops"),
        (replace(LAW, repeatable=False), "The same call gave two answers"),
        (replace(LAW, outcome=Outcome.NOT_RUN, cause=Cause.LOST), "A law. Look here."),
    ],
)
def test_the_first_level_goes_by_how_the_law_failed(result: CheckResult, words: str) -> None:
    assert words in hints_for(report_with(result), "relu", Written())[0]


def test_a_law_with_weight_that_failed_comes_before_others() -> None:
    waiting = replace(LAW, title="Waiting.", outcome=Outcome.NOT_RUN, cause=Cause.WAITING)
    derived = replace(LAW, title="Derived.", weight=0.0)

    assert hints_for(report_with(waiting, derived, LAW), "relu", Written())[0].startswith("A law.")


def test_what_passes_or_belongs_to_another_exercise_has_no_hint() -> None:
    passed = replace(LAW, outcome=Outcome.PASSED, cause=None)

    assert hints_for(report_with(passed, replace(LAW, exercise="tanh")), "relu", Written("idea")) == ()


def test_levels_follow_each_other_and_code_keeps_its_lines() -> None:
    texts = hints_for(report_with(LAW), "relu", Written("The idea.", "The steps.", WORKED, "Why?"))

    lines = hint_lines(texts, 60)

    assert texts == ("A law. Look here.", "The idea.", "The steps.", WORKED)
    assert lines[:3] == [
        "  where to look: A law. Look here.",
        "  the idea: The idea.",
        "  the steps: The steps.",
    ]
    assert lines[3:6] == ["", "  a worked step:", "    First words."]
    assert "            y = 2" in lines
    assert prose_and_code(WORKED) == [
        (False, "First words."),
        (True, "x = 1\nif x:\n    y = 2"),
        (False, "Last words."),
    ]
