"""Right answers to chapter 2, written differently: no check may fail one of them."""

# ruff: noqa: F821 -- linear is the solution's, put there when a submission is assembled
from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from typing import Any

import torch
from torch import Tensor

# --- neuron -----------------------------------------------------------------------------------------------


def neuron__dot(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """A dot product, and the larger of it and zero."""
    total = torch.dot(w, x) + b
    return torch.maximum(total, torch.zeros_like(total))


def neuron__branches(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """An if instead of a maximum."""
    total = w @ x + b
    if total > 0:
        return total
    return total.new_zeros(())


def neuron__loop(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """A loop over the inputs, then half of the sum and its absolute value."""
    total = b
    for i in range(x.shape[0]):
        total = total + w[i] * x[i]
    return (total + total.abs()) / 2


def neuron__einsum(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """einsum, and torch.where."""
    total = torch.einsum("d,d->", x, w) + b
    return torch.where(total > 0, total, 0 * total)


# --- linear -----------------------------------------------------------------------------------------------


def linear__einsum(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """einsum names the axes; the bias is added in place, to a new tensor."""
    y = torch.einsum("nd,hd->nh", x, weight)
    y += bias
    return y


def linear__neuron_by_neuron(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """One column per neuron, stacked."""
    columns = [x @ weight[i] + bias[i] for i in range(weight.shape[0])]
    return torch.stack(columns, dim=1)


def linear__broadcast(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """All products at once in (N, H, D), summed over the last axis."""
    return (x[:, None, :] * weight[None, :, :]).sum(dim=-1).add(bias)


def linear__one_more_input(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The bias as the weight of an input that is always 1."""
    ones = torch.ones_like(x[:, :1])
    return torch.cat([x, ones], dim=1).matmul(torch.cat([weight, bias.unsqueeze(1)], dim=1).transpose(0, 1))


def linear__input_by_input(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The other view: what each input contributes to all neurons."""
    y = bias.repeat(len(x), 1)
    for d in range(x.shape[1]):
        y = y + x[:, d : d + 1] * weight[:, d]
    return y


# --- mlp_forward ------------------------------------------------------------------------------------------


def mlp_forward__counts(x: Tensor, layers: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
    """Counts layers to know the last one; written without linear."""
    last = len(layers) - 1
    for i, (weight, bias) in enumerate(layers):
        x = x.matmul(weight.t()) + bias
        if i < last:
            x = torch.maximum(x, torch.zeros_like(x))
    return x


def mlp_forward__recursive(x: Tensor, layers: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
    """One layer, and the rest of the network behind it."""
    (weight, bias), *rest = layers
    out = linear(x, weight, bias)
    return mlp_forward__recursive(out * (out > 0), rest) if rest else out


def mlp_forward__relu_before(x: Tensor, layers: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
    """The first layer by itself, then a ReLU before every other."""
    x = linear(x, layers[0][0], layers[0][1])
    for weight, bias in layers[1:]:
        hidden = x.clone()
        hidden[hidden < 0] = 0
        x = linear(hidden, weight, bias)
    return x


def mlp_forward__folded(x: Tensor, layers: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
    """A fold over the hidden layers; clamp_ on a tensor of our own."""
    hidden = reduce(lambda h, layer: linear(h, layer[0], layer[1]).clamp_(min=0), layers[:-1], x)
    return linear(hidden, *layers[-1])


# --- count_parameters -------------------------------------------------------------------------------------


def count_parameters__indices(sizes: Sequence[int]) -> int:
    """A loop over indices, weights and biases apart."""
    total = 0
    for i in range(1, len(sizes)):
        total += sizes[i - 1] * sizes[i]
        total += sizes[i]
    return total


def count_parameters__makes_them(sizes: Sequence[int]) -> int:
    """Makes the tensors and counts their entries."""
    return sum(
        torch.empty(after, before).numel() + torch.empty(after).numel()
        for before, after in zip(sizes, sizes[1:], strict=False)
    )


def count_parameters__two_sums(sizes: Sequence[int]) -> int:
    """All weights, then all biases: every size but the first."""
    weights = sum(a * b for a, b in zip(sizes[:-1], sizes[1:], strict=True))
    return weights + sum(sizes[1:])


# --- init_linear ------------------------------------------------------------------------------------------


def init_linear__normal_in_place(
    fan_in: int, fan_out: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """normal_ fills an empty tensor with the right deviation at once."""
    device = generator.device
    weight = torch.empty((fan_out, fan_in), device=device).normal_(
        0.0, (2 / fan_in) ** 0.5, generator=generator
    )
    return weight, torch.zeros(fan_out, device=device)


def init_linear__with_a_mode(
    fan_in: int, fan_out: int, generator: torch.Generator, *, mode: str = "kaiming"
) -> tuple[Tensor, Tensor]:
    """A keyword of its own besides, with a default."""
    deviation = (2.0 / fan_in) ** 0.5 if mode == "kaiming" else (2.0 / (fan_in + fan_out)) ** 0.5
    weight = torch.empty(fan_out, fan_in, device=generator.device).normal_(
        0.0, deviation, generator=generator
    )
    return weight, torch.zeros(fan_out, device=generator.device)


def init_linear__row_by_row(fan_in: int, fan_out: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Neuron by neuron, drawn in float64 and rounded; a list instead of a tuple."""
    deviation = math.sqrt(2.0) / math.sqrt(fan_in)
    rows = [
        torch.randn(fan_in, generator=generator, dtype=torch.float64, device=generator.device) * deviation
        for _ in range(fan_out)
    ]
    weight = torch.stack(rows).to(torch.float32)
    return [weight, torch.zeros_like(weight[:, 0])]


def init_linear__box_muller(fan_in: int, fan_out: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Box and Muller: two uniform numbers make a normal one."""
    radius, angle = torch.rand((2, fan_out, fan_in), generator=generator, device=generator.device)
    weight = torch.sqrt(-2 * torch.log(1 - radius)) * torch.cos(2 * math.pi * angle)
    return weight.mul(math.sqrt(2 / fan_in)), weight.new_zeros((fan_out,))


def init_linear__transposed_draw(
    fan_in: int, fan_out: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Biases first, weights drawn on their side and turned: a view that is not contiguous."""
    bias = torch.zeros(fan_out, device=generator.device)
    weight = torch.randn(fan_in, fan_out, generator=generator, device=generator.device).T
    return weight / math.sqrt(fan_in / 2), bias


# --- law_linear -------------------------------------------------------------------------------------------


def law_linear__against_my_own(learner: Any, x: Tensor, weight: Tensor, bias: Tensor) -> bool:
    """The answer of one's own linear, up to rounding."""
    return torch.allclose(learner.linear(x, weight, bias), linear(x, weight, bias))


def law_linear__entry_by_entry(learner: Any, x: Tensor, weight: Tensor, bias: Tensor) -> bool:
    """Every entry as a sum of Python numbers."""
    found = learner.linear(x, weight, bias)
    for n, sample in enumerate(x.tolist()):
        for h, row in enumerate(weight.tolist()):
            total = sum(a * b for a, b in zip(sample, row)) + float(bias[h])
            if not math.isclose(found[n, h], total, rel_tol=1e-6, abs_tol=1e-6):
                return False
    return found.shape == (len(x), len(weight))


def law_linear__asserts(learner: Any, x: Tensor, weight: Tensor, bias: Tensor) -> bool:
    """An error where the law is broken: units give columns, a sum the sum of the results, samples stay alone."""
    found = learner.linear(x, weight, bias)
    columns = learner.linear(torch.eye(weight.shape[1], dtype=x.dtype), weight, bias)
    assert torch.allclose(columns, weight.T + bias)
    tripled = learner.linear(3 * x, weight, bias)
    assert torch.allclose(tripled - found, 2 * (found - bias))
    for n in range(len(x)):
        assert torch.allclose(learner.linear(x[n : n + 1], weight, bias)[0], found[n])
    return True
