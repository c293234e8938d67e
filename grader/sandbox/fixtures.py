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


FUNCTIONS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (sum_of_squares, weighted_cubes, product_of_sines, square_of_row_sums)
}

# --- pairs of a function and its way back, right and wrong ------------------------------------------------

# Takes the gradient of what comes after, and the input; gives the gradient with respect to the input.
Backward = Callable[[Tensor, Tensor], Tensor]


def _cubes(x: Tensor) -> Tensor:
    return x**3


def _cubes_backward(grad_out: Tensor, x: Tensor) -> Tensor:
    return grad_out * 3 * x**2


def _matrix(x: Tensor) -> Tensor:
    """A square matrix that is far from being its own transpose.

    So that using it where its transpose belongs gives another result.
    """
    side = torch.arange(1, x.shape[-1] + 1, dtype=x.dtype, device=x.device)
    return side[:, None] - 2 * side**2


def _product(x: Tensor) -> Tensor:
    return x @ _matrix(x)


def _product_backward(grad_out: Tensor, x: Tensor) -> Tensor:
    return grad_out @ _matrix(x).T


def _product_transposed(grad_out: Tensor, x: Tensor) -> Tensor:
    return grad_out @ _matrix(x)


def _shares(x: Tensor) -> Tensor:
    """Softmax over the last axis."""
    grown = torch.exp(x - x.amax(dim=-1, keepdim=True))
    return grown / grown.sum(dim=-1, keepdim=True)


def _shares_backward(grad_out: Tensor, x: Tensor) -> Tensor:
    p = _shares(x)
    return p * (grad_out - (grad_out * p).sum(dim=-1, keepdim=True))


def _total(x: Tensor) -> Tensor:
    return (x**2).sum()


def _total_backward(grad_out: Tensor, x: Tensor) -> Tensor:
    return grad_out * 2 * x


def _off_at(place: int, by: float) -> Callable[[Tensor], Tensor]:
    """A gradient that is wrong in one entry: by a share of its largest, so that no scale hides it."""

    def change(gradient: Tensor) -> Tensor:
        flat = gradient.reshape(-1).clone()
        flat[place] += by * flat.abs().max()
        return flat.reshape(gradient.shape)

    return change


# Each is a mistake that a gradient check of a learner's has to find.
WRONG: dict[str, Callable[[Tensor], Tensor]] = {
    "negative": lambda gradient: -gradient,
    "doubled": lambda gradient: 2 * gradient,
    "averaged": lambda gradient: gradient / len(gradient),
    "zero": torch.zeros_like,
    "off_in_the_first": _off_at(0, 0.1),
    "off_in_the_last": _off_at(-1, -0.1),
    "nan_in_the_last": _off_at(-1, float("nan")),
    "summed_over_rows": lambda gradient: gradient.sum(dim=0),
}
# Far from 1, a bound that is not relative finds everything right, or nothing.
SCALES = {"": 1.0, "_tiny": 1e-10, "_huge": 1e10}
FORWARDS: dict[str, tuple[Callable[[Tensor], Tensor], Backward]] = {
    "cubes": (_cubes, _cubes_backward),
    "product": (_product, _product_backward),
    "shares": (_shares, _shares_backward),
    "total": (_total, _total_backward),
}


def _pair(
    forward: Callable[[Tensor], Tensor], backward: Backward, scale: float
) -> tuple[Callable[[Tensor], Tensor], Backward]:
    """Forward and backward, both times `scale`."""
    return lambda x: scale * forward(x), lambda grad_out, x: scale * backward(grad_out, x)


def _changed(backward: Backward, change: Callable[[Tensor], Tensor]) -> Backward:
    """A backward whose gradient goes through `change`."""
    return lambda grad_out, x: change(backward(grad_out, x))


def _deaf(backward: Backward) -> Backward:
    """A backward that takes no notice of the gradient that comes in."""
    return lambda grad_out, x: backward(torch.ones_like(grad_out), x)


def _pairs() -> dict[str, Callable[..., Any]]:
    """Names: `cubes` and `cubes_backward`; what is wrong follows, and the scale comes last: `cubes_zero_tiny`."""
    found: dict[str, Callable[..., Any]] = {}
    for name, (forward, backward) in FORWARDS.items():
        for ending, scale in SCALES.items():
            found[name + ending], right = _pair(forward, backward, scale)
            found[f"{name}_backward{ending}"] = right
            found[f"{name}_deaf{ending}"] = _deaf(right)
            for kind, change in WRONG.items():
                found[f"{name}_{kind}{ending}"] = _changed(right, change)
    found["product_transposed"] = _product_transposed
    return found


FIXTURES: dict[str, Callable[..., Any]] = FUNCTIONS | _pairs()

# By name or description the learner's code could tell which one it is given, and take its gradient from a table.
for _function in FIXTURES.values():
    _function.__name__ = _function.__qualname__ = "f"
    _function.__doc__ = None
