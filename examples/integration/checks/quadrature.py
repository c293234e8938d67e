"""Check rules of integration by the polynomials that they must get exactly right, and against torch's own."""

from __future__ import annotations

from typing import Any

import torch

from grader.checking import FLOAT, agree, check, floats, given, integers, lists, refuses

RETURNS = {"trapezoid": FLOAT, "simpson": FLOAT}

STEP = floats(0.1, 2.0)
VALUES = floats(-9.0, 9.0)
CLOSE = {"rtol": 1e-9, "atol": 1e-9}


def _odd(y: list[float]) -> list[float]:
    """The samples without the last one if their number is even."""
    return y if len(y) % 2 else y[:-1]


# --- trapezoid --------------------------------------------------------------------------------------------


@check("trapezoid", hint="Each step's area is h times the mean of its two samples.")
@given(y=lists(VALUES, min_size=1, max_size=12), h=STEP)
def check_trapezoid_is_that_of_torch(learner: Any, y: list[float], h: float) -> None:
    """On any samples it is torch.trapezoid."""
    right = torch.trapezoid(torch.tensor(y, dtype=torch.float64), dx=h).item()
    agree(learner.trapezoid(y, h), right, **CLOSE, what="the area")


@check("trapezoid", hint="The first and the last sample count half.", after=check_trapezoid_is_that_of_torch)
@given(a=VALUES, b=VALUES, n=integers(1, 9), h=STEP)
def check_trapezoid_is_exact_on_lines(learner: Any, a: float, b: float, n: int, h: float) -> None:
    """A straight line has its exact area."""
    y, width = [a + b * i * h for i in range(n + 1)], n * h
    agree(learner.trapezoid(y, h), width * (a + b * width / 2), rtol=1e-9, atol=1e-8, what="the area")


@check("trapezoid", hint="Raise ValueError before you compute.", after=check_trapezoid_is_that_of_torch)
def check_trapezoid_refuses_no_samples(learner: Any) -> None:
    """No samples at all are refused with ValueError."""
    refuses(lambda: learner.trapezoid([], 1.0), ValueError)


# --- simpson ----------------------------------------------------------------------------------------------


@check("simpson", hint="The weights are 1, 4, 2, 4, ..., 2, 4, 1.")
@given(y=lists(VALUES, min_size=1, max_size=13).map(_odd), h=STEP)
def check_simpson_weighs_by_one_four_two(learner: Any, y: list[float], h: float) -> None:
    """On any samples it is the sum of the parabolas' areas."""
    right = sum(h / 3 * (y[i] + 4 * y[i + 1] + y[i + 2]) for i in range(0, len(y) - 2, 2))
    agree(learner.simpson(y, h), right, **CLOSE, what="the area")


@check(
    "simpson",
    hint="Two steps at a time: h / 3 * (left + 4 * middle + right).",
    after=check_simpson_weighs_by_one_four_two,
)
@given(c=lists(floats(-3.0, 3.0), min_size=4, max_size=4), pieces=integers(1, 4), h=STEP)
def check_simpson_is_exact_on_cubics(learner: Any, c: list[float], pieces: int, h: float) -> None:
    """A cubic has its exact area."""
    y = [sum(c[k] * (i * h) ** k for k in range(4)) for i in range(2 * pieces + 1)]
    width = 2 * pieces * h
    right = sum(c[k] * width ** (k + 1) / (k + 1) for k in range(4))
    agree(learner.simpson(y, h), right, rtol=1e-8, atol=1e-6, what="the area")


@check("simpson", hint="Ask for len(y) % 2 first.", after=check_simpson_weighs_by_one_four_two)
@given(half=integers(0, 5))
def check_simpson_refuses_an_even_number_of_samples(learner: Any, half: int) -> None:
    """An even number of samples is refused with ValueError, and the message says how many there are."""
    refuses(lambda: learner.simpson([1.0] * (2 * half), 1.0), ValueError, value=2 * half)
