"""A learner's own law: it earns by right versions that pass and mistakes that it catches, and gets no names to read."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

import pytest

from grader.checking.check import suite_of
from grader.checking.law_exercises import law_exercise
from grader.engine.in_process import SameProcess
from grader.engine.profile import Profile
from grader.engine.trial import Trial
from grader.records import Cause, Chapter, CheckResult, Exercise, Outcome

CHAPTER = Chapter("ch01_doubling", {"en": "Doubling"}, (), 1, (Exercise("law_double", 1.0),))


def double__sum(x):  # type: ignore[no-untyped-def]
    """It adds x to itself."""
    return x + x


def double__product(x):  # type: ignore[no-untyped-def]
    """It multiplies by 2."""
    return x * 2


def double__nothing(x):  # type: ignore[no-untyped-def]
    """It gives x."""
    return x


def double__of_the_size(x):  # type: ignore[no-untyped-def]
    """It doubles the size and loses the sign."""
    return abs(double__sum(x))


LAW = law_exercise(
    "law_double",
    "double",
    [{"x": 0.0}, {"x": 3.0}, {"x": -3.0}],
    right=(double__sum, double__product),
    wrong={double__nothing: "Is it more?", double__of_the_size: "And the sign?"},
)


MODULE = ModuleType("checks of a doubling")
vars(MODULE)["LAW"] = LAW
SUITE = suite_of(MODULE)


def judged(body: str) -> Mapping[str, CheckResult]:
    source = f"def law_double(learner, x):\n    {body}\n"
    found = {}
    for check in SUITE.checks:
        trial = Trial(check, SameProcess().open(source), Profile("one", 1, shrink=False), CHAPTER, 60.0)
        found[check.name] = trial.run()
    return found


def test_a_law_that_tells_right_from_wrong_passes_all() -> None:
    results = judged("return learner.double(x) - x == x")

    assert {result.outcome for result in results.values()} == {Outcome.PASSED}


def test_the_mistake_let_through_is_shown_where_it_shows() -> None:
    missed = judged("return abs(learner.double(x)) == 2 * abs(x)")["check_law_double_catches_of_the_size"]

    assert missed.outcome is Outcome.FAILED
    assert missed.title.endswith("It doubles the size and loses the sign.")
    assert missed.message.endswith("here double gives 6.0")
    assert missed.counterexample is not None
    [call] = missed.counterexample.calls
    assert (call.expression, call.result, call.runs) == ("law_double(learner, -3.0)", "True", False)


def test_a_false_alarm_names_the_right_version_and_its_input() -> None:
    alarm = judged("return learner.double(x) > 0 or x < 0")["check_law_double_lets_right_versions_pass"]

    assert "It adds x to itself." in alarm.message
    assert alarm.counterexample is not None
    assert alarm.counterexample.calls[0].expression == "law_double(learner, 0.0)"


def test_an_error_catches_a_mistake_but_not_where_nothing_is_written() -> None:
    assert (
        judged("assert learner.double(x) - x == x\n    return True")["check_law_double_catches_nothing"].cause
        is None
    )
    assert (
        judged("raise NotImplementedError('law_double')")["check_law_double_catches_nothing"].cause
        is Cause.UNWRITTEN
    )


@pytest.mark.parametrize("always", [True, False])
def test_a_law_that_knows_one_answer_earns_nothing(always: bool) -> None:
    passed = {name for name, result in judged(f"return {always}").items() if result.outcome is Outcome.PASSED}
    run = [check for check in SUITE.checks if {before.name for before in check.after} <= passed]

    assert [check.name for check in run if check.name in passed and check.weight] == []


def test_a_version_has_no_name_that_tells_which_it_is() -> None:
    spying = "return '__nothing' in repr(learner) or bool(learner.double.__doc__)"

    assert judged(spying)["check_law_double_catches_nothing"].outcome is Outcome.PASSED
