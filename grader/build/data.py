"""What the network learns from: the essay's function with noise, or small pictures of handwritten digits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

Sample = tuple[tuple[float, ...], float | int]

# A sample is a row of features and its target, as the learner's DataLoader takes them.
WAVE_SAMPLES = 2_560
WAVE_NOISE = 0.01  # standard deviation; the function lies between -1 and 1
TEST_SHARE = 0.2

# Where the pictures come from and their licence stand at the head of the file.
DIGITS_FILE = Path(__file__).with_name("digits.txt")
BLACK = 16  # the darkest pixel, written g: a digit to the base of 17


@dataclass(frozen=True)
class Data:
    """Samples to train on, and others to judge by.

    Args:
        train: plain numbers, since a DataLoader is the learner's to write.
        x_test: features, shape (N, D), float32.
        y_test: targets, shape (N,): float32 for the wave, int64 for digits.
    """

    train: tuple[Sample, ...]
    x_test: Tensor
    y_test: Tensor


def load_data(task: str) -> Data:
    """The data of a task, "wave" or "digits"; the same at every call, so that runs can be compared.

    One sample in five is held out. Both the draw and the split have seeds of their own: the seed of a build moves
    weights, order and dropout alone.
    """
    x, y = _digits() if task == "digits" else _wave()
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(1))
    held_out = round(TEST_SHARE * len(x))
    test, train = order[:held_out], order[held_out:]
    samples = tuple(
        (tuple(features), target)
        for features, target in zip(x[train].tolist(), y[train].tolist(), strict=True)
    )
    return Data(samples, x[test], y[test])


def wave(x: Tensor) -> Tensor:
    """The essay's function (a² - b²) / (a² + b²) of each row of `x`, shape (N, 2); NaN at a = b = 0."""
    a, b = x.double().unbind(1)
    return ((a**2 - b**2) / (a**2 + b**2)).float()


def _wave() -> tuple[Tensor, Tensor]:
    """The wave on the square from -1 to 1, with a little noise: x of shape (N, 2), y of shape (N,)."""
    generator = torch.Generator().manual_seed(1)
    x = torch.rand(WAVE_SAMPLES, 2, generator=generator) * 2 - 1
    noise = WAVE_NOISE * torch.randn(WAVE_SAMPLES, generator=generator)
    return x, wave(x) + noise


def _digits() -> tuple[Tensor, Tensor]:
    """1,797 pictures of 8 by 8 pixels, from 0 (white) to 1 (black), shape (1797, 64), and which digits they show."""
    lines = DIGITS_FILE.read_text(encoding="utf-8").splitlines()
    pictures = [line.split() for line in lines if not line.startswith("#")]
    pixels = [[int(level, BLACK + 1) for level in picture] for _, picture in pictures]
    labels = [int(digit) for digit, _ in pictures]
    return torch.tensor(pixels, dtype=torch.float32) / BLACK, torch.tensor(labels, dtype=torch.int64)
