"""What agree and refuses accept and refuse, and the words they find."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from grader.checking import agree, refuses
from grader.checking.comparison import answers_from
from grader.checking.failures import CheckFailure
from grader.checking.gradients import autograd, central_differences, cotangent
from grader.sandbox.exceptions import LearnerRaised

F64 = torch.float64


def double(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=F64)


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (double(1.0, 2.0), double(1.0, 2.0)),
        (double(float("nan"), float("inf")), double(float("nan"), float("inf"))),
        (double(1.0 + 1e-12), double(1.0)),
        (torch.zeros(0, 3), torch.zeros(0, 3)),
        (torch.tensor([1, 2]), torch.tensor([1, 2])),
        (3, 3.0),
        (torch.tensor(3.0), 3.0),
        ([double(1.0), 2], (double(1.0), 2)),
        ({"a": 1.0}, {"a": 1.0}),
        (True, True),
        (None, None),
    ],
)
def test_equal_things_agree(actual: Any, expected: Any) -> None:
    assert agree(actual, expected) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize("given", [{}, {"rtol": 1e-6, "atol": 1e-7}])
def test_float32_of_a_gpu_has_a_tolerance_of_its_own(given: dict[str, float]) -> None:
    computed, expected = torch.tensor([1.00005]), torch.tensor([1.0])

    with answers_from("cuda"):
        agree(computed, expected, **given)
        for wrong in (torch.tensor([1.0003]), computed.double()):
            with pytest.raises(CheckFailure):
                agree(wrong, expected.to(wrong.dtype), **given)
        with pytest.raises(CheckFailure):
            agree(computed, expected, rtol=0.0, atol=0.0)
    with pytest.raises(CheckFailure):
        agree(computed, expected, **given)


@pytest.mark.parametrize(
    ("actual", "expected", "words"),
    [
        (None, double(1.0), "is None, not a tensor"),
        (1.0, double(1.0), "is a float, not a tensor"),
        (double(1.0), double(1.0, 2.0), r"shape \(1,\), not \(2,\)"),
        (torch.ones(1), double(1.0), "dtype float32, not float64"),
        (double(1.0, 2.5), double(1.0, 2.0), r"2.5 at index \(1,\), should be 2"),
        (double(float("nan")), double(1.0), "is nan, should be 1"),
        (double(1.0), double(float("nan")), "should be nan"),
        (double(float("inf")), double(float("-inf")), "should be -inf"),
        (torch.tensor([1, 2]), torch.tensor([1, 3]), "should be 3"),
        (True, 1.0, "not a number"),
        (1, True, "not True"),
        ([double(1.0)], [double(1.0), double(2.0)], "1 items, not 2"),
        ([double(1.0), double(3.0)], [double(1.0), double(2.0)], r"\[1\] is 3"),
        ({"a": 1}, {"b": 1}, "other keys"),
        (double(1.0, 2.0), [1.0, 2.0], "not a list"),
    ],
)
def test_different_things_do_not_agree(actual: Any, expected: Any, words: str) -> None:
    with pytest.raises(CheckFailure, match=words):
        agree(actual, expected)


def test_float32_arithmetic_inside_a_float64_answer_is_seen() -> None:
    x = torch.linspace(0.1, 3, 7, dtype=F64)

    with pytest.raises(CheckFailure):
        agree(x.to(torch.float32).exp().to(F64), x.exp())


@pytest.mark.parametrize(
    ("found", "wanted", "message", "worst"),
    [
        (4.1, 4.0, "is 4.1 at index (3,), should be 4", "2 of 4"),
        (4.0 + 8e-9, 4.0, "is 4.00000001 at index (3,), should be 4", "relative error 2e-09; 2 of 4"),
        (-0.5, 1e-16, "is -0.5 at index (3,), should be 1e-16", "2 of 4"),
        (1e-3, -0.0, "is 0.001 at index (3,), should be 0", "2 of 4"),
    ],
)
def test_the_worst_entry_is_told_in_numbers_that_say_something(
    found: float, wanted: float, message: str, worst: str
) -> None:
    with pytest.raises(CheckFailure) as failure:
        agree(double(1.0, 2.0 + 1e-12, 3.0, found), double(1.0, 2.0, 3.0, wanted), rtol=1e-14, atol=1e-15)

    assert message in failure.value.message
    assert failure.value.worst.startswith(f"{worst} entries differ")


def test_what_may_be_rounding_is_told_in_ulps() -> None:
    with pytest.raises(CheckFailure) as failure:
        agree(1.0 + 6 * 2.0**-52, 1.0, rtol=1e-16, atol=0.0)

    assert failure.value.message == "the result is 1.000000000000001, should be 1"
    assert failure.value.worst == "relative error 1.3e-15, 6 ulps"


# --- refuses ----------------------------------------------------------------------------------------------


def raising(name: str, message: str) -> Callable[[], None]:
    def call() -> None:
        raise LearnerRaised(name, message, 1)

    return call


@pytest.mark.parametrize(
    "message", ["p is 1.5, not in [0, 1]", "p=1.50 is too large", "bad p: 1.5", "self.p 1.5"]
)
def test_a_refusal_that_names_argument_and_value_is_accepted(message: str) -> None:
    assert refuses(raising("ValueError", message), ValueError, names="p", value=1.5) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: 3, "nothing was raised"),
        (raising("TypeError", "p is 1.5"), "it raised TypeError"),
        (raising("ValueError", "1.5 is bad"), "must name the argument 'p'"),
        (raising("ValueError", "a step of 1.5"), "must name the argument 'p'"),
        (raising("ValueError", "p is bad"), "must show the value 1.5"),
    ],
)
def test_a_refusal_without_its_parts_fails(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(CheckFailure, match=words):
        refuses(call, ValueError, names="p", value=1.5)


def test_an_unwritten_exercise_is_not_taken_for_a_refusal() -> None:
    with pytest.raises(LearnerRaised):
        refuses(raising("NotImplementedError", "write this part"), ValueError)


# --- gradients --------------------------------------------------------------------------------------------


def test_autograd_and_central_differences_agree_on_a_smooth_function() -> None:
    x, grad_out = double(0.3, -1.2, 2.0), double(1.0, -2.0, 0.5)

    exact = autograd(torch.sin, grad_out, x)[0]

    assert torch.allclose(central_differences(torch.sin, x, grad_out), exact, atol=1e-8)


def test_a_cotangent_is_never_constant() -> None:
    for seed in range(200):
        g = cotangent((4,), seed)
        assert g.unique().numel() > 1
