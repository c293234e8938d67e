"""An answer as two short hashes: rounding leaves one of them as it is, anything else changes both."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from grader.engine.digests import HALF, agree, digest


def entries(*values: float, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.tensor(values, dtype=dtype)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (entries(0.1 + 0.2), entries(0.3)),
        (entries(0.0, 1.0), entries(1e-17, 1.0)),
        (entries(0.0), entries(-0.0)),
        (entries(math.nan, math.inf, -math.inf), entries(-math.nan, math.inf, -math.inf)),
        (entries(1.0, dtype=torch.float32), entries(1.0000001, dtype=torch.float32)),
        (0.1 + 0.2, 0.3),
        (math.inf, math.inf),
        ([entries(1.0), 2], (entries(1.0), 2)),
        ({"a": 1, "b": entries(2.0)}, {"b": entries(2.0), "a": 1}),
    ],
)
def test_answers_that_differ_by_rounding_agree(one: Any, other: Any) -> None:
    assert agree(digest(one), digest(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (entries(1.0), entries(1.000001)),
        (entries(1e-3), entries(1.001e-3)),
        (entries(1.0), entries(1.0, dtype=torch.float32)),
        (entries(1.0, 2.0), entries(1.0, 2.0).reshape(2, 1)),
        (entries(math.inf), entries(-math.inf)),
        (entries(math.nan), entries(0.0)),
        (1.0, 1),
        (True, 1),
        ("1", 1),
        (None, ()),
        ([[1], 2], [[1, 2]]),
        ({"a": 1}, {"b": 1}),
    ],
)
def test_any_other_difference_is_seen(one: Any, other: Any) -> None:
    assert not agree(digest(one), digest(other))


def test_no_border_of_a_cell_parts_what_only_rounding_tells_apart() -> None:
    """One grid alone would: of so many numbers a few lie next to a border."""
    generator = torch.Generator().manual_seed(0)
    apart = halves = 0
    for _ in range(200):
        x = torch.randn(500, generator=generator, dtype=torch.float64)
        one, other = digest(x), digest(x * (1 + 1e-12))
        apart += not agree(one, other)
        halves += one != other

    assert apart == 0
    assert halves > 0
    assert len(one) == 2 * HALF
