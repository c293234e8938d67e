"""A wrong function of one variable is drawn beside the right one; what else fails is not taken for such a function."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader.course.config import find_chapter, load_course
from grader.engine.curves import curve_of
from grader.engine.in_process import SameProcess
from grader.engine.profile import Profile
from grader.engine.runner import run_checks
from grader.engine.suites import suite_for
from grader.records import CheckResult, Outcome, Ruling, Submission
from grader.sandbox.proxy import Learner


def first_results(
    count: int, exercise: str, code: str, label: str = "ch03", **profile: bool
) -> tuple[CheckResult, ...]:
    """How the first laws of an exercise fare."""
    chapter, source = find_chapter(load_course(), label), f"import torch\n\n{code}"
    suite = suite_for(chapter)
    report = run_checks(
        Submission(chapter, source, Path("mine.py"), ""),
        Ruling(source),
        SameProcess(),
        Profile(examples=5, **profile),
        replace(suite, checks=suite.of(exercise)[:count]),
    )
    return report.checks


def first_result(exercise: str, code: str, label: str = "ch03", **profile: bool) -> CheckResult:
    """How the law that opens an exercise fares."""
    return first_results(1, exercise, code, label, **profile)[0]


@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
def test_a_wrong_function_of_one_variable_has_both_curves(name: str) -> None:
    result = first_result(name, f"def {name}(x):\n    return x / (1 + x.abs())\n")

    assert result.curve is not None
    x, got, expected = result.curve.x, result.curve.got, result.curve.expected
    assert list(x) == sorted(set(x))
    assert 12 <= len(x) == len(got) == len(expected) <= 40
    assert [round(a / (1 + abs(a)), 4) for a in x] == [round(y, 4) for y in got if y is not None]
    assert list(expected) == sorted(expected) != list(got)


def test_what_is_no_number_leaves_a_gap_in_the_curve() -> None:
    result = first_result("sigmoid", "def sigmoid(x):\n    return torch.log(x)\n")

    assert result.curve is not None
    assert {y is None for a, y in zip(result.curve.x, result.curve.got, strict=True) if a <= 0} == {True}
    assert {y is None for a, y in zip(result.curve.x, result.curve.got, strict=True) if a > 0} == {False}


def test_of_a_wrong_way_back_the_slopes_are_drawn() -> None:
    result = first_result("relu_backward", "def relu_backward(grad_out, x):\n    return grad_out * (x > 1)\n")

    curve = result.curve
    assert curve is not None
    assert curve.is_slope
    assert curve.expected == tuple(float(x > 0) for x in curve.x)
    assert curve.got == tuple(float(x > 1) for x in curve.x)


def test_a_wrong_schedule_is_drawn_over_its_steps() -> None:
    code = "def exponential_lr(base_lr, step, gamma):\n    return base_lr * gamma ** (step + 1)\n"
    curve = first_result("exponential_lr", code, "ch09").curve

    assert curve is not None
    assert (curve.over, curve.is_slope, curve.x) == ("step", False, tuple(map(float, range(25))))
    assert curve.got[:-1] == curve.expected[1:]


@pytest.mark.parametrize(
    ("exercise", "code"),
    [
        (
            "softmax",
            "def softmax(x, dim=-1):\n    return x.exp() / 2\n",
        ),  # an entry's share hangs on the others
        ("sigmoid", "def sigmoid(x):\n    return 0.0\n"),  # nothing to draw
        ("sigmoid", "def sigmoid(x):\n    return 1 / (1 + torch.exp(-x))\n"),  # nothing is wrong
    ],
)
def test_other_failures_have_no_curves(exercise: str, code: str) -> None:
    assert first_result(exercise, code).curve is None


def test_where_nobody_looks_for_a_small_failure_nothing_is_drawn() -> None:
    assert first_result("sigmoid", "def sigmoid(x):\n    return x\n", shrink=False).curve is None


def test_of_several_failures_of_an_exercise_the_first_is_drawn() -> None:
    results = first_results(11, "relu", "def relu(x):\n    return x.clamp(min=0.5)\n")

    failed = [result for result in results if result.outcome is Outcome.FAILED]
    assert len(failed) > 3
    assert [result for result in results if result.curve is not None] == failed[:1]


class Counting(SameProcess):
    """Counts the calls of what is asked."""

    calls = 0

    def open(self, source: str) -> Learner:
        learner = super().open(source)
        ask = learner.connection.ask

        def counted(op: str, *args: Any, **kwargs: Any) -> Any:
            self.calls += op == "call"
            return ask(op, *args, **kwargs)

        learner.connection.ask = counted  # type: ignore[method-assign]
        return learner


@pytest.mark.parametrize(
    ("label", "exercise", "code", "most"),
    [
        pytest.param(
            "ch03", "softmax", "def softmax(x, dim=-1):\n    return x.exp()\n", 40, id="no variable"
        ),
        pytest.param("ch03", "tanh", "def tanh(x):\n    return x - x.mean()\n", 400, id="one variable"),
    ],
)
def test_what_cannot_have_a_curve_is_asked_for_few_points(
    label: str, exercise: str, code: str, most: int
) -> None:
    place = Counting()
    check = suite_for(find_chapter(load_course(), label)).of(exercise)[0]

    curve = curve_of(check, place.open(f"import torch\n\n{code}"), 5)

    assert (curve is not None) is (exercise == "tanh")
    assert place.calls <= most
    assert (place.calls >= 40) is (exercise == "tanh")
