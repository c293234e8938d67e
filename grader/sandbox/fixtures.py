"""Plain functions that live in the guest, for arguments no value can carry: `learner.fixture("sum_of_squares")`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def sum_of_squares(x: Tensor) -> Tensor:
    """Sum of x_i**2; gradient 2 x."""
    return (x * x).sum()


def weighted_cubes(x: Tensor) -> Tensor:
    """Sum of k x_k**3 over the flattened entries, counted from 1; gradient 3 k x_k**2."""
    weights = torch.arange(1, x.numel() + 1, dtype=x.dtype, device=x.device).reshape(x.shape)
    return (weights * x**3).sum()


def product_of_sines(x: Tensor) -> Tensor:
    """Sum of sin(x_k) sin(x_(k+1)) around the ring; every entry meets its neighbours."""
    flat = x.reshape(-1)
    return (torch.sin(flat) * torch.sin(torch.roll(flat, -1))).sum()


def square_of_row_sums(x: Tensor) -> Tensor:
    """Sum over the rows of the square of their sum; not the same for a flat x. Gradient 2 times the row's sum."""
    return (x.sum(dim=-1) ** 2).sum()


FIXTURES: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (sum_of_squares, weighted_cubes, product_of_sines, square_of_row_sums)
}

# By name or description the learner's code could tell which one it is given, and take its gradient from a table.
for _function in FIXTURES.values():
    _function.__name__ = _function.__qualname__ = "f"
    _function.__doc__ = None
