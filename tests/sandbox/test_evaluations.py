"""Points beside each other: a formula on inputs that are apart has none, a gradient that is measured has many."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from grader.checking.strategies import apart, scores_apart
from grader.sandbox.evaluations import nearby_points

X = apart(3, (2, 2))
SCORES = scores_apart(3)
STEP = 1e-3


def sigmoid(x: Tensor) -> Tensor:
    return 1 / (1 + torch.exp(-x))


def softmax(x: Tensor) -> Tensor:
    grown = torch.exp(x - x.amax(-1, keepdim=True))
    return grown / grown.sum(-1, keepdim=True)


def log_of_shares(x: Tensor) -> Tensor:
    return (x - x.exp().sum(-1, keepdim=True).log()).exp()


def one_by_one(x: Tensor) -> Tensor:
    return torch.stack([sigmoid(entry) for entry in x.reshape(-1)])


def by_both_sides(x: Tensor) -> Tensor:
    return sigmoid(x) * sigmoid(-x) + torch.tanh(x) + torch.exp(-x * x / 2) * torch.erf(x / 2**0.5)


def guarded(x: Tensor) -> Tensor:
    shares = softmax(x)
    return torch.log(shares) + torch.log(shares + 1e-12) + shares.square() ** 2


@pytest.mark.parametrize("formula", [sigmoid, one_by_one, by_both_sides])
def test_a_formula_has_points_beside_each_other_by_chance_alone(formula: Callable[[Tensor], Tensor]) -> None:
    found = [nearby_points(formula, (apart(seed, (2, 2)),), {}) for seed in range(40)]

    assert sum(count > 2 for count in found) <= 4
    assert sum(found) <= 60


@pytest.mark.parametrize("formula", [softmax, log_of_shares, guarded])
def test_so_has_a_formula_of_shares(formula: Callable[[Tensor], Tensor]) -> None:
    found = [nearby_points(formula, (scores_apart(seed),), {}) for seed in range(40)]

    assert sum(count > 2 for count in found) <= 4
    assert sum(found) <= 60


def second_order(x: Tensor) -> Tensor:
    return (sigmoid(x + STEP) - sigmoid(x - STEP)) / (2 * STEP)


def stacked(x: Tensor) -> Tensor:
    steps = torch.tensor([-2, -1, 1, 2], dtype=x.dtype).reshape(-1, 1, 1)
    return (sigmoid(x + STEP * steps) * torch.tensor([1, -8, 8, -1.0]).reshape(-1, 1, 1)).sum(0) / (12 * STEP)


def batched(x: Tensor) -> Tensor:
    return torch.func.vmap(lambda step: sigmoid(x + step))(torch.tensor([-STEP, STEP]))


def in_place(x: Tensor) -> Tensor:
    near = (-x - STEP).exp_().add_(1).reciprocal_()
    return (near - (-x + STEP).exp_().add_(1).reciprocal_()) / (2 * STEP)


def step_as_a_factor(x: Tensor) -> Tensor:
    grown = torch.exp(-x)
    return 1 / (1 + grown * 0.999) - 1 / (1 + grown * 1.001)


def powers_of_a_base(x: Tensor) -> Tensor:
    return 2.0 ** (x + STEP) - 2.0 ** (x - STEP)


def lists_at_once(x: Tensor) -> Tensor:
    up, down = torch._foreach_exp([x + STEP, x - STEP])
    return up - down


def entry_by_entry(x: Tensor) -> Tensor:
    slopes = []
    for k in range(x.numel()):
        up, down = x.flatten().clone(), x.flatten().clone()
        up[k] += STEP
        down[k] -= STEP
        slopes.append((sigmoid(up) - sigmoid(down)).sum() / (2 * STEP))
    return torch.stack(slopes)


@pytest.mark.parametrize(
    "measured",
    [
        second_order, stacked, batched, in_place, step_as_a_factor, powers_of_a_base, lists_at_once, entry_by_entry,
    ],
)  # fmt: skip
def test_a_measured_slope_has_a_point_beside_every_entry(measured: Callable[[Tensor], Tensor]) -> None:
    assert nearby_points(measured, (X,), {}) >= X.numel()


def test_one_score_moved_at_a_time_is_seen_in_every_score() -> None:
    def measured(x: Tensor) -> list[Tensor]:
        return [softmax(x + STEP * step.reshape(x.shape)) for step in torch.eye(4, dtype=x.dtype)] + [
            softmax(x)
        ]

    assert nearby_points(measured, (SCORES,), {}) >= SCORES.numel()


def test_sums_products_and_whole_powers_are_no_evaluations() -> None:
    assert nearby_points(lambda x: (x + STEP) ** 2 - (x - STEP) ** 2 + (x + STEP) * x, (X,), {}) == 0


def test_what_the_function_raises_passes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        nearby_points(lambda x: 1 / 0, (X,), {})
