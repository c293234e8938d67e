"""What a wrong gradient is called: only what holds in the failing case and in eight generic ones or more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from grader.checking import agree_gradient
from grader.checking.failures import CheckFailure, GradientPair
from grader.checking.gradients import find_fault, recording
from grader.course.config import find_chapter, load_course
from grader.engine.in_process import SameProcess
from grader.engine.profile import Profile
from grader.engine.runner import run_checks
from grader.records import CheckResult, GradientFault, GradientFinding, Outcome, Scale, Submission
from grader.report.reasons import gradient_words, reason
from grader.rules import judge

F64 = torch.float64
COURSE = load_course(Path(__file__).resolve().parents[2])
Wrong = Callable[[Tensor], Tensor]


def pairs_of(
    wrong: Wrong, shape: Callable[[int], tuple[int, ...]] = lambda n: (2 + n % 2, 3)
) -> list[GradientPair]:
    """Ten cases: gradients at random, and what a mistake makes of them."""
    found = []
    for number in range(10):
        right = torch.randn(shape(number), dtype=F64, generator=torch.Generator().manual_seed(number))
        found.append(GradientPair("", wrong(right), right, {Scale.BATCH: float(len(right))}))
    return found


def fault_of(wrong: Wrong, **shapes: Callable[[int], tuple[int, ...]]) -> GradientFinding | None:
    first, *others = pairs_of(wrong, **shapes)
    return find_fault(first, others)


@pytest.mark.parametrize(
    ("wrong", "fault", "words"),
    [
        (lambda g: -g, GradientFault.SCALED, "its sign is wrong"),
        (lambda g: g * 2, GradientFault.SCALED, "twice the right one"),
        (lambda g: g * 2.5, GradientFault.SCALED, "2.5 times"),
        (lambda g: g * len(g), GradientFault.SCALED, "times the batch size"),
        (lambda g: g / len(g), GradientFault.SCALED, "divided by the batch size"),
        (lambda g: g * g.numel(), GradientFault.SCALED, "times the number of entries"),
        (lambda g: g * (1 + 1e-8), GradientFault.LAST_DIGITS, "only its last digits"),
        (torch.zeros_like, GradientFault.ZERO, "zero everywhere"),
        (lambda g: g.T.contiguous(), GradientFault.TRANSPOSED, "transpose"),
        (lambda g: torch.cat([g[:1], g[1:] + 1]), GradientFault.FIRST_ROW, "only its first row"),
        (lambda g: torch.stack([g / 2, g / 2]), GradientFault.MISSING_SUM, "a sum over axis 0"),
    ],
)
def test_a_wrong_gradient_is_told_what_kind_of_wrong_it_is(
    wrong: Wrong, fault: GradientFault, words: str
) -> None:
    found = fault_of(wrong)

    assert found is not None
    assert found.fault is fault
    assert words in gradient_words(found)
    assert gradient_words(found).endswith("in every case tried")


def test_a_factor_that_depends_on_the_width_is_told_as_such() -> None:
    found = fault_of(lambda g: g / g.shape[-1] ** 0.5, shape=lambda n: (3, 2 + n % 3))

    assert found is not None
    assert (found.scale, found.inverse, found.factor) == (Scale.ROOT_OF_WIDTH, True, None)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda g: g + torch.eye(len(g), 3, dtype=F64),
        lambda g: g * torch.tensor([1.0, -1.0, 1.0], dtype=F64),
        lambda g: torch.where(g > 1, g * 2, g),
    ],
    ids=["a shift", "a sign here and there", "in a region"],
)
def test_what_does_not_hold_in_every_case_has_no_name(wrong: Wrong) -> None:
    assert fault_of(wrong) is None


def test_a_single_case_a_zero_or_a_tie_tells_nothing() -> None:
    one = GradientPair("", torch.tensor([-3.0], dtype=F64), torch.tensor([1.0], dtype=F64))
    tied = GradientPair("", torch.full((3,), -3.0, dtype=F64), torch.ones(3, dtype=F64))

    assert find_fault(one, []) is None
    assert find_fault(one, [one] * 20) is None
    assert find_fault(tied, [tied] * 20) is None


def test_the_failing_case_must_show_it_too() -> None:
    generic = pairs_of(lambda g: g * 2)
    other = GradientPair("", torch.tensor([5.0], dtype=F64), torch.tensor([1.0], dtype=F64))

    assert find_fault(other, generic) is None


def test_of_a_tuple_each_gradient_is_compared_by_itself() -> None:
    right = (torch.ones(2, dtype=F64), torch.ones(3, dtype=F64))

    with recording() as pairs:
        agree_gradient((right[0], -right[1]), right)
    with pytest.raises(CheckFailure) as caught:
        agree_gradient((right[0], -right[1]), right)

    assert [pair.what for pair in pairs] == ["gradient[0]", "gradient[1]"]
    assert caught.value.gradients is not None
    assert caught.value.gradients.what == "gradient[1]"


# --- by real checks ---------------------------------------------------------------------------------------


def failed(label: str, exercise: str, source: str) -> list[CheckResult]:
    """The checks of an exercise that a submission breaks."""
    chapter = find_chapter(COURSE, label)
    solution = (COURSE.root / "solutions" / f"{chapter.stem}.py").read_text(encoding="utf-8")
    submission = Submission(chapter, f"{solution}\n\n{source}", Path("x.py"), "")
    report = run_checks(submission, judge(submission), SameProcess(), Profile(examples=25, only=exercise))
    return [result for result in report.checks if result.outcome is Outcome.FAILED]


def named(label: str, exercise: str, source: str) -> set[GradientFault]:
    return {
        result.gradient.fault for result in failed(label, exercise, source) if result.gradient is not None
    }


@pytest.mark.parametrize(
    ("exercise", "body", "faults"),
    [
        # At a single entry this is -3.125 times the right one, or zero, or anything.
        ("sigmoid_backward", "s = sigmoid(x)\n    return s * (1 - s)", {GradientFault.NO_GRAD_OUT}),
        ("sigmoid_backward", "return grad_out * x * (1 - x)", set()),
        ("tanh_backward", "return -grad_out * (1 - tanh(x) ** 2)", {GradientFault.SCALED}),
        ("tanh_backward", "return grad_out * (1 - tanh(x))", set()),
        ("relu_backward", "return torch.zeros_like(x)", {GradientFault.ZERO}),
    ],
)
def test_a_name_is_given_only_where_it_is_true(exercise: str, body: str, faults: set[GradientFault]) -> None:
    assert named("ch03", exercise, f"def {exercise}(grad_out, x):\n    {body}\n") == faults


def test_a_backward_that_fits_a_wrong_forward_is_told_so_first() -> None:
    source = (
        "def tanh(x):\n    e = torch.exp(-2 * x.abs())\n    return 2 * torch.sign(x) * (1 - e) / (1 + e)\n\n"
    )
    source += "def tanh_backward(grad_out, x):\n    return grad_out * (2 - tanh(x) ** 2 / 2)\n"

    assert GradientFault.OWN_FORWARD in named("ch03", "tanh_backward", source)


def test_a_wrong_backward_of_a_right_forward_is_not_put_down_to_it() -> None:
    # With one column it is right, and so the gradient of the forward; the other cases tell.
    source = "def mse_backward(pred, target):\n    return 2 * (pred - target) / len(pred)\n"

    assert GradientFault.OWN_FORWARD not in named("ch04", "mse_backward", source)


def test_that_the_forward_is_wrong_stands_before_what_came_of_it() -> None:
    finding = GradientFinding(GradientFault.OWN_FORWARD, 8)
    result = CheckResult(
        "check_x", "x", "A law.", Outcome.FAILED, 1.0, message="entry 0 is wrong", gradient=finding
    )

    assert reason(result).startswith("it is the gradient of your own forward")
    assert reason(result).endswith("entry 0 is wrong")
