"""What a replay script writes its values with, so that a card's call runs as it stands there."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, nan
from typing import Any

import torch

from grader.sandbox.fixtures import product_of_sines, square_of_row_sums, sum_of_squares, weighted_cubes

__all__ = [
    "empty", "inf", "nan", "product_of_sines", "sequence", "square_of_row_sums", "sum_of_squares", "tensor",
    "torch", "weighted_cubes",
]  # fmt: skip


def tensor(values: Any, dtype: torch.dtype | None = None) -> torch.Tensor:
    """A tensor as a card writes it: fractions are float64 unless another dtype is named."""
    if dtype is None and torch.tensor(values).dtype.is_floating_point:
        dtype = torch.float64
    return torch.tensor(values, dtype=dtype)


def empty(shape: tuple[int, ...], dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """A tensor without entries."""
    return torch.empty(shape, dtype=dtype)


class sequence:
    """An object that has `__len__` and `__getitem__` and nothing else."""

    def __init__(self, items: Sequence[Any]) -> None:
        self._items = tuple(items)

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> Any:
        return self._items[index]
