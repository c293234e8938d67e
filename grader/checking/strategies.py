"""Inputs for checks: tensors and numbers that catch mistakes, repeat from a seed, and shrink to something readable."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Shape = tuple[int, ...]

# Plain random entries miss a third of the mistakes; a few of these among them catch the rest.
SPECIAL = (0.0, 1.0, -1.0, 0.5, 2.0, -3.0, 30.0, -30.0, 100.0, -100.0, 1e4, -1e4, 1e-8)
_SEEDS = 2**16
_SIMPLE = 32
_DECADES = 8  # small entries go down to 1e-8 of their size
_SHORT = 2


@dataclass
class ShortSides:
    """How sides are cut: of three to 2, of more to `long`; `cut` tells whether any was."""

    long: int
    cut: bool = False


_SHORT_SIDES: ContextVar[ShortSides | None] = ContextVar("sides are short", default=None)


@contextmanager
def short_sides(long: int) -> Iterator[ShortSides]:
    """Meanwhile fixed shapes are drawn with sides of at most 2, for the card of a failure: see `shortened`.

    Args:
        long: what a side of more than 3 becomes: 2, or 1 so that two sides stay different.

    Yields:
        What tells whether that made a difference.
    """
    sides = ShortSides(long)
    token = _SHORT_SIDES.set(sides)
    try:
        yield sides
    finally:
        _SHORT_SIDES.reset(token)


def shortened(shape: Shape) -> Shape:
    """The shape itself; with sides of at most 2 where a failure is looked for that a person reads at a glance.

    A law that others wait for asks for shapes whose sides all differ and are not 1, so that it is broken by nothing but
    its own mistake. Those have many entries. Once it is broken, the same mistake mostly shows on two by two.

    Args:
        shape: or any other numbers that say how many there are of something, such as the widths of a network. Equal
            ones stay equal, so what belongs together still fits.
    """
    sides = _SHORT_SIDES.get()
    if sides is None or all(side <= _SHORT for side in shape):
        return shape
    sides.cut = True
    return tuple(min(side, _SHORT) if side <= _SHORT + 1 else sides.long for side in shape)


@lru_cache(maxsize=1024)  # Hypothesis has a cache of its own, but asking it costs as much as the draw
def integers(low: int, high: int) -> SearchStrategy[int]:
    """Whole numbers from `low` to `high`, both included."""
    return st.integers(low, high)


def floats(low: float, high: float, step: float = 0.01) -> SearchStrategy[float]:
    """Numbers between `low` and `high` with few digits, both ends among them."""
    places = max(0, -int(np.floor(np.log10(step))))
    first, last = int(np.ceil(low / step)), int(np.floor(high / step))
    grid = st.integers(first, last).map(lambda k: float(min(high, max(low, round(k * step, places)))))
    return st.one_of(grid, grid, st.sampled_from([float(low), float(high)]))


def seeds() -> SearchStrategy[int]:
    """A seed for a generator of the check's own."""
    return integers(0, _SEEDS - 1)


def _shape_of(sides: list[int]) -> Shape:
    return shortened(tuple(sides))


@lru_cache(maxsize=1024)
def shapes(ndim: int | tuple[int, int] = (1, 3), side: tuple[int, int] = (1, 5)) -> SearchStrategy[Shape]:
    """Shapes of `ndim` axes, each of a length in `side`."""
    fewest, most = (ndim, ndim) if isinstance(ndim, int) else ndim
    return st.lists(integers(*side), min_size=fewest, max_size=most).map(_shape_of)


def tensor_from(
    seed: int,
    shape: Shape,
    *,
    scale: float = 2.0,
    low: float | None = None,
    high: float | None = None,
    dtype: torch.dtype = torch.float64,
) -> torch.Tensor:
    """The tensor of that seed: rounded random entries; seed 0 gives zeros (or `low`)."""
    if seed == 0:
        return torch.full(shape, 0.0 if low is None or low <= 0.0 <= (high or 0.0) else low, dtype=dtype)
    generator = np.random.Generator(np.random.PCG64(seed))
    if low is not None and high is not None:
        entries = np.round(generator.uniform(low, high, shape), 1 if seed < _SIMPLE else 3).clip(low, high)
    else:
        # The smallest seeds give whole numbers: a failing input shrinks to one of them.
        entries = np.round(generator.standard_normal(shape) * scale, 0 if seed < _SIMPLE else 2)
    return torch.from_numpy(np.asarray(entries)).to(dtype)


def apart(seed: int, shape: Shape) -> torch.Tensor:
    """Float64 entries whose sizes are 0.3 apart or more, of either sign: one that moves a short step stays alone.

    Args:
        seed: fixes them; seldom are the double or the square of one close to another, and not under the next seed.
        shape: of few entries, since they go up from 0.2, and tanh and its like are flat far out.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    count = int(np.prod(shape))
    sizes = 0.2 + 0.3 * np.arange(count) + np.sort(generator.uniform(0.0, 0.6, count))
    entries = generator.permutation(sizes) * generator.choice((-1.0, 1.0), count)
    return torch.from_numpy(entries.round(4).reshape(shape))


def scores_apart(seed: int) -> torch.Tensor:
    """Two rows of two scores, float64: their differences and the logarithms of their shares are well apart.

    Args:
        seed: fixes them.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    differences = np.array([generator.uniform(0.7, 0.9), generator.uniform(1.6, 2.0)])
    first = generator.uniform(-1.0, 1.0, 2)
    second = first + differences * generator.choice((-1.0, 1.0), 2)
    return torch.from_numpy(generator.permutation(np.stack([first, second], axis=1)).round(4))


@st.composite
def tensors(
    draw: Callable[[SearchStrategy[Any]], Any],
    shape: Shape | SearchStrategy[Shape] | None = None,
    *,
    ndim: int | tuple[int, int] = (1, 3),
    side: tuple[int, int] = (1, 5),
    dtype: torch.dtype = torch.float64,
    scale: float = 2.0,
    low: float | None = None,
    high: float | None = None,
    special: Sequence[float] | None = None,
    textures: bool = True,
) -> torch.Tensor:
    """Tensors of rounded random entries with up to three of them replaced by special values or ties.

    About half of them have a texture besides, since random entries alone never visit some regions: all entries small
    (down to 1e-8, each magnitude as likely), of one sign, equal, sorted, or adding up to exactly 0.

    Args:
        shape: the shape, or a strategy of shapes; else drawn from `ndim` and `side`.
        ndim: number of axes, or its range.
        side: range of an axis' length.
        dtype: float64 unless said otherwise.
        scale: standard deviation of the random entries.
        low, high: entries lie between them, uniformly, instead.
        special: values to mix in; () for none. By default SPECIAL, or the ends of [low, high].
        textures: False for a check whose law fails on one of them.
    """
    if shape is None:
        found: Shape = draw(shapes(ndim, side))
    elif isinstance(shape, tuple):
        found = shortened(shape)
    else:
        found = draw(shape)
    x = tensor_from(draw(seeds()), found, scale=scale, low=low, high=high, dtype=dtype)
    if special is None:
        special = SPECIAL if low is None or high is None else (low, high)
    count = x.numel()
    if count == 0 or not special:
        return x
    flat = x.view(-1)
    # Half of these change nothing. They are drawn all the same, so that zeros with one special entry are simpler
    # to Hypothesis than a random tensor with none.
    choices = len(special)
    for _ in range(min(3, count)):
        which = draw(integers(0, 2 * choices + 1))
        where = draw(integers(0, count - 1))
        if 1 <= which <= choices:
            flat[where] = special[which - 1]
        elif which == choices + 1:
            flat[where] = flat[0]  # a tie
    if not textures or not dtype.is_floating_point:
        return x
    names = _TEXTURES if low is None and high is None else _TEXTURES_WITHIN
    # Drawn last, and 0 is none: a failing input shrinks to a plain one wherever that fails too.
    return textured(x, names[draw(integers(0, len(names) - 1))], draw(integers(1, _DECADES)))


@st.composite
def magnitudes(
    draw: Callable[[SearchStrategy[Any]], Any],
    shape: Shape | SearchStrategy[Shape],
    *,
    smallest: float = 1e-8,
    largest: float = 1e6,
    signed: bool = True,
) -> torch.Tensor:
    """Float64 tensors whose entries are of every order of magnitude between two, each order as likely.

    For a law of its own that gates nothing: who is right for everyday numbers only keeps the other laws. Sums of such
    entries cancel, so a check compares them within a share of the sum of their absolute values.

    Args:
        shape: the shape, or a strategy of shapes.
        smallest, largest: the absolute values lie between them; three digits each.
        signed: whether half of the entries are negative.
    """
    found: Shape = shape if isinstance(shape, tuple) else draw(shape)
    generator = np.random.Generator(np.random.PCG64(draw(seeds())))
    exponents = generator.uniform(np.log10(smallest), np.log10(largest), found)
    entries = 10.0 ** np.floor(exponents) * np.round(10.0 ** (exponents % 1.0), 2)
    if signed:
        entries = entries * generator.choice((-1.0, 1.0), found)
    return torch.from_numpy(np.asarray(entries))


_TEXTURES = (
    *[""] * 7,
    "small",
    "small",
    "partly small",
    "positive",
    "negative",
    "equal",
    "sorted",
    "cancelling",
)
_TEXTURES_WITHIN = (*[""] * 6, "equal", "sorted")  # what keeps entries between two bounds


def textured(x: torch.Tensor, texture: str, decade: int) -> torch.Tensor:
    """The tensor with a texture; the same where it has too few entries for it.

    Args:
        x: any shape, floating point; left as it is.
        texture: one of the words of `tensors`; empty for none.
        decade: small entries are divided by 10 to this power.
    """
    flat = x.clone().reshape(-1)
    match texture:
        case "small":
            flat *= 10.0**-decade
        case "partly small":
            flat[::2] *= 10.0**-decade
        case "positive":
            flat = flat.abs() + 0.01
        case "negative":
            flat = -flat.abs() - 0.01
        case "equal" if flat.numel():
            flat[:] = flat[0]
        case "sorted":
            flat = flat.sort().values
        case "cancelling" if flat.numel() > 1:
            # Sixteenths add up without rounding, in any order.
            flat = (flat.clamp(-1e6, 1e6) * 16).round() / 16
            flat[-1] = -flat[:-1].sum()
    return flat.reshape(x.shape)
