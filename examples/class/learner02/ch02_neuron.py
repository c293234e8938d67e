"""Chapter 2, with einsum and recursion."""

from __future__ import annotations

import math
from functools import reduce

import torch
from torch import Tensor


def neuron(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    pre = torch.einsum("d,d->", x, w) + b
    return torch.maximum(pre, torch.zeros_like(pre))


def linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return torch.einsum("nd,hd->nh", x, weight) + bias[None, :]


def mlp_forward(x: Tensor, layers) -> Tensor:
    (weight, bias), rest = layers[0], layers[1:]
    y = linear(x, weight, bias)
    if len(rest) == 0:
        return y
    return mlp_forward(y * (y > 0), rest)


def count_parameters(sizes) -> int:
    return reduce(lambda total, pair: total + pair[1] * (pair[0] + 1), zip(sizes, sizes[1:]), 0)


def init_linear(fan_in: int, fan_out: int, generator: torch.Generator):
    weight = torch.empty(fan_out, fan_in, device=generator.device)
    weight.normal_(0.0, math.sqrt(2.0 / fan_in), generator=generator)
    return weight, torch.zeros_like(weight[:, 0])
