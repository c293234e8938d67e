"""Differently written right versions of the exercises of chapter 3: every check must let them pass.

Names of the solution (`softmax`, `sigmoid`, ...) mean the solution's versions.
"""
# ruff: noqa: F821 -- a variant is put into the solution's module, where those names are defined

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

# --- sigmoid and its way back -----------------------------------------------------------------------------


def sigmoid__by_sides(x: Tensor) -> Tensor:
    """The exponential of -|x| only, never above 1."""
    decay = torch.exp(-x.abs())
    return torch.where(x >= 0, 1 / (1 + decay), decay / (1 + decay))


def sigmoid__from_tanh(x: Tensor) -> Tensor:
    """The identity with tanh, exact up to absolute rounding."""
    return (1 + tanh(x / 2)) / 2


def sigmoid__entry_by_entry(x: Tensor) -> Tensor:
    """A loop over Python numbers."""
    out = torch.empty_like(x, memory_format=torch.contiguous_format)
    for index, value in enumerate(x.reshape(-1).tolist()):
        decay = math.exp(-abs(value))
        out.view(-1)[index] = 1 / (1 + decay) if value >= 0 else decay / (1 + decay)
    return out


def sigmoid__by_masks(x: Tensor) -> Tensor:
    """Each side by its own formula, written through masks."""
    out = torch.zeros_like(x)
    positive = x >= 0
    out[positive] = 1 / (1 + torch.exp(-x[positive]))
    grown = torch.exp(x[~positive])
    out[~positive] = grown / (1 + grown)
    return out


def sigmoid__clamped_far_out(x: Tensor) -> Tensor:
    """Clamped where float64 knows 0 and 1 only."""
    return 1 / (1 + torch.exp(-x.clamp(-500, 500)))


def sigmoid__reciprocal(x: Tensor) -> Tensor:
    """The same formula by methods, on a copy of its own."""
    return x.neg().exp().add(1).reciprocal()


def sigmoid_backward__both_sides(grad_out: Tensor, x: Tensor) -> Tensor:
    """1 - s written as sigmoid(-x)."""
    return grad_out * sigmoid(x) * sigmoid(-x)


def sigmoid_backward__difference(grad_out: Tensor, x: Tensor) -> Tensor:
    """s - s^2."""
    s = sigmoid(x)
    return (s - s**2) * grad_out


def sigmoid_backward__by_decay(grad_out: Tensor, x: Tensor) -> Tensor:
    """The quotient with exp(-|x|), which cannot overflow; the slope is even."""
    decay = torch.exp(-x.abs())
    return grad_out * decay / (1 + decay) ** 2


# --- tanh and its way back --------------------------------------------------------------------------------


def tanh__from_sigmoid(x: Tensor) -> Tensor:
    """The identity with sigmoid, exact up to absolute rounding."""
    return 2 * sigmoid(2 * x) - 1


def tanh__one_exponential(x: Tensor) -> Tensor:
    """Infinity stands below the line only."""
    return 1 - 2 / (1 + torch.exp(2 * x))


def tanh__expm1(x: Tensor) -> Tensor:
    """Accurate near 0 as well."""
    lack = torch.expm1(-2 * x.abs())
    return -torch.sign(x) * lack / (2 + lack)


def tanh__clamped(x: Tensor) -> Tensor:
    """The formula as written, where it is safe: beyond 30 a float64 tanh is 1."""
    near = x.clamp(-30, 30)
    up, down = torch.exp(near), torch.exp(-near)
    return (up - down) / (up + down)


def tanh_backward__stretched_sigmoid(grad_out: Tensor, x: Tensor) -> Tensor:
    """One minus the square of 2 s - 1."""
    t = 2 / (1 + torch.exp(-2 * x)) - 1
    return grad_out * (1 - t**2)


def tanh_backward__by_hyperbolic_cosine(grad_out: Tensor, x: Tensor) -> Tensor:
    """One over the squared hyperbolic cosine, which may well be infinite below the line."""
    return grad_out / torch.cosh(x) ** 2


def tanh_backward__by_factors(grad_out: Tensor, x: Tensor) -> Tensor:
    """(1 - y)(1 + y)."""
    y = tanh(x)
    return grad_out * (1 - y) * (1 + y)


def tanh_backward__from_sigmoid(grad_out: Tensor, x: Tensor) -> Tensor:
    """4 s (1 - s) at 2x."""
    s = sigmoid(2 * x)
    return 4 * grad_out * s * (1 - s)


def tanh_backward__by_decay(grad_out: Tensor, x: Tensor) -> Tensor:
    """One over the squared hyperbolic cosine, divided by its large exponential."""
    decay = torch.exp(-2 * x.abs())
    return grad_out * 4 * decay / (1 + decay) ** 2


# --- relu and its way back --------------------------------------------------------------------------------


def relu__where(x: Tensor) -> Tensor:
    """A choice between x and 0."""
    return torch.where(x > 0, x, torch.zeros_like(x))


def relu__product(x: Tensor) -> Tensor:
    """A product with the gate; a negative entry becomes -0.0, which equals 0."""
    return x * (x > 0)


def relu__product_with_floats(x: Tensor) -> Tensor:
    """A product with a gate of float32, which float64 widens."""
    return x * (x > 0).float()


def relu__where_with_a_number(x: Tensor) -> Tensor:
    """A choice between x and the number 0."""
    return torch.where(x > 0, x, 0.0)


def relu__max_of_two(x: Tensor) -> Tensor:
    """torch.max of two tensors."""
    return torch.max(x, torch.tensor(0, dtype=x.dtype, device=x.device))


def relu__step_function(x: Tensor) -> Tensor:
    """The gate by torch.heaviside."""
    return x * torch.heaviside(x, torch.zeros_like(x))


def relu__half_sum(x: Tensor) -> Tensor:
    """Half of x + |x|."""
    return (x + x.abs()) / 2


def relu__masked_copy(x: Tensor) -> Tensor:
    """Zeros written into a copy."""
    out = x.clone()
    out[x < 0] = 0
    return out


def relu__maximum(x: Tensor) -> Tensor:
    """The larger of x and 0, entry by entry."""
    return torch.maximum(x, torch.zeros((), dtype=x.dtype, device=x.device))


def relu_backward__where(grad_out: Tensor, x: Tensor) -> Tensor:
    """A choice between grad_out and 0."""
    return torch.where(x > 0, grad_out, torch.zeros_like(grad_out))


def relu_backward__masked_copy(grad_out: Tensor, x: Tensor) -> Tensor:
    """Zeros written into a copy."""
    out = grad_out.clone()
    out[x <= 0] = 0
    return out


def relu_backward__sign_of_output(grad_out: Tensor, x: Tensor) -> Tensor:
    """The sign of relu(x) is the gate."""
    return grad_out * relu(x).sign()


# --- softmax and its way back -----------------------------------------------------------------------------


def softmax__exp_of_log_softmax(x: Tensor, dim: int = -1) -> Tensor:
    """The exponential of the logarithms."""
    return torch.exp(log_softmax(x, dim))


def softmax__slice_by_slice(x: Tensor, dim: int = -1) -> Tensor:
    """A loop over the slices of a two-dimensional view."""
    rows = x.movedim(dim, -1)
    shares = []
    for row in rows.reshape(-1, rows.shape[-1]):
        weights = torch.exp(row - row.max())
        shares.append(weights / weights.sum())
    return torch.stack(shares).reshape(rows.shape).movedim(-1, dim)


def softmax__max_with_values(x: Tensor, dim: int = -1) -> Tensor:
    """torch.max along dim, a reciprocal of the sum."""
    largest, _ = torch.max(x, dim=dim, keepdim=True)
    weights = torch.exp(x - largest)
    return weights * weights.sum(dim, keepdim=True).reciprocal()


def softmax__transposed(x: Tensor, dim: int = -1) -> Tensor:
    """dim changes places with the last dimension, and back."""
    y = x.transpose(dim, -1)
    y = (y - y.max(-1, True)[0]).exp()
    return (y / y.sum(-1, True)).transpose(dim, -1)


def softmax__in_float64(x: Tensor, dim: int = -1) -> Tensor:
    """Worked out in float64, and rounded to the dtype of x."""
    y = x.double()
    weights = torch.exp(y - y.amax(dim, keepdim=True))
    return (weights / weights.sum(dim, keepdim=True)).to(x.dtype)


def softmax__nothing_below_700(x: Tensor, dim: int = -1) -> Tensor:
    """Shares too small for float64 are set to 0 before exp."""
    shifted = x - x.amax(dim, keepdim=True)
    weights = torch.where(shifted < -700, torch.zeros_like(shifted), shifted.clamp(min=-700).exp())
    return weights / weights.sum(dim, keepdim=True)


def softmax__detached_maximum(x: Tensor, dim: int = -1) -> Tensor:
    """Written for autograd: no gradient is wanted through the maximum."""
    shifted = x - x.max(dim, keepdim=True).values.detach()
    return torch.div(shifted.exp(), shifted.exp().sum(dim, keepdim=True))


def softmax__unsqueezed(x: Tensor, dim: int = -1) -> Tensor:
    """Dimensions dropped and put back by hand."""
    weights = torch.exp(x - x.amax(dim).unsqueeze(dim))
    return weights.div(weights.sum(dim).unsqueeze(dim))


def softmax_backward__expanded(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """The product multiplied out."""
    pulled = softmax(x, dim) * grad_out
    return pulled - softmax(x, dim) * pulled.sum(dim, keepdim=True)


def softmax_backward__jacobian(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """The whole matrix of slopes, diag(p) - p p^T, for every slice."""
    p, g = softmax(x, dim).movedim(dim, -1), grad_out.movedim(dim, -1)
    slopes = torch.diag_embed(p) - p.unsqueeze(-1) * p.unsqueeze(-2)
    return torch.einsum("...ij,...j->...i", slopes, g).movedim(-1, dim)


def softmax_backward__row_by_row(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """The matrix of slopes of one row after the other."""
    rows, gradients = x.movedim(dim, -1), grad_out.movedim(dim, -1)
    width = rows.shape[-1]
    found = []
    for row, gradient in zip(rows.reshape(-1, width), gradients.reshape(-1, width), strict=True):
        p = (row - row.max()).exp()
        p = p / p.sum()
        found.append((torch.diag(p) - torch.outer(p, p)) @ gradient)
    return torch.stack(found).reshape(rows.shape).movedim(-1, dim)


def softmax_backward__by_log_softmax(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """Through the logarithm: p = exp(log p)."""
    return log_softmax_backward(grad_out * softmax(x, dim), x, dim)


# --- log_softmax and its way back -------------------------------------------------------------------------


def log_softmax__log_sum_first(x: Tensor, dim: int = -1) -> Tensor:
    """The log-sum with the maximum added back, then subtracted from x."""
    largest = x.amax(dim=dim, keepdim=True)
    log_sum = largest + torch.log(torch.exp(x - largest).sum(dim=dim, keepdim=True))
    return x - log_sum


def log_softmax__slice_by_slice(x: Tensor, dim: int = -1) -> Tensor:
    """A loop over the slices of a two-dimensional view."""
    rows = x.movedim(dim, -1)
    logs = []
    for row in rows.reshape(-1, rows.shape[-1]):
        shifted = row - row.max()
        logs.append(shifted - shifted.exp().sum().log())
    return torch.stack(logs).reshape(rows.shape).movedim(-1, dim)


def log_softmax__of_the_largest_share(x: Tensor, dim: int = -1) -> Tensor:
    """The largest share is never tiny; the others follow from the differences of the scores."""
    largest = softmax(x, dim).amax(dim=dim, keepdim=True)
    return (x - x.amax(dim=dim, keepdim=True)) + torch.log(largest)


def log_softmax_backward__in_logs(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """The shares as exponentials of log_softmax."""
    total = grad_out.sum(dim, keepdim=True)
    return grad_out - total * log_softmax(x, dim).exp()


def log_softmax_backward__jacobian(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """The whole matrix of slopes, I - 1 p^T, for every slice."""
    p, g = softmax(x, dim).movedim(dim, -1), grad_out.movedim(dim, -1)
    slopes = torch.eye(p.shape[-1], dtype=x.dtype, device=x.device) - p.unsqueeze(-2)
    return torch.einsum("...ij,...i->...j", slopes, g).movedim(-1, dim)


def log_softmax_backward__slice_by_slice(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """A loop over the slices."""
    gradients = []
    p, g = softmax(x, dim).movedim(dim, -1), grad_out.movedim(dim, -1)
    for g_row, p_row in zip(g.reshape(-1, g.shape[-1]), p.reshape(-1, p.shape[-1]), strict=True):
        gradients.append(g_row - p_row * g_row.sum())
    return torch.stack(gradients).reshape(g.shape).movedim(-1, dim)


# --- the extras: gelu, silu, leaky_relu and their ways back ----------------------------------------------


def gelu__erfc(x: Tensor) -> Tensor:
    """The chance from the complement of erf."""
    return 0.5 * x * torch.erfc(-x / 2**0.5)


def gelu__entry_by_entry(x: Tensor) -> Tensor:
    """A loop over Python numbers."""
    out = torch.empty_like(x, memory_format=torch.contiguous_format)
    for index, value in enumerate(x.reshape(-1).tolist()):
        out.view(-1)[index] = value * (1 + math.erf(value / math.sqrt(2))) / 2
    return out


def gelu__two_halves(x: Tensor) -> Tensor:
    """Half of x plus half of |x| times erf of |x|; erf is odd."""
    size = x.abs()
    return 0.5 * (x + size * torch.erf(size * 0.5**0.5))


def gelu_backward__erfc(grad_out: Tensor, x: Tensor) -> Tensor:
    """The complement of erf, and the bell as an exponential of one sum."""
    bell = torch.exp(-0.5 * x**2 - 0.5 * math.log(2 * math.pi))
    return (0.5 * torch.erfc(-x / 2**0.5) + x * bell) * grad_out


def gelu_backward__two_terms(grad_out: Tensor, x: Tensor) -> Tensor:
    """Each term times grad_out."""
    half = (torch.erf(x * math.sqrt(0.5)) + 1) * 0.5
    bell = (-x.square() / 2).exp() * (1 / math.sqrt(2 * math.pi))
    return grad_out * half + grad_out * bell * x


def gelu_backward__by_the_opposite(grad_out: Tensor, x: Tensor) -> Tensor:
    """What lacks to 1 is the slope on the other side."""
    return grad_out - gelu_backward(grad_out, -x)


def silu__times_sigmoid(x: Tensor) -> Tensor:
    """The definition."""
    return x * sigmoid(x)


def silu__by_tanh(x: Tensor) -> Tensor:
    """The identity of sigmoid and tanh."""
    return x * (1 + tanh(x / 2)) / 2


def silu__by_sides(x: Tensor) -> Tensor:
    """The exponential of -|x| only, never above 1."""
    decay = torch.exp(-x.abs())
    return torch.where(x >= 0, x, x * decay) / (1 + decay)


def silu_backward__product_rule(grad_out: Tensor, x: Tensor) -> Tensor:
    """s plus x times the slope of s."""
    s = sigmoid(x)
    return grad_out * (s + x * s * (1 - s))


def silu_backward__through_sigmoid_backward(grad_out: Tensor, x: Tensor) -> Tensor:
    """The product rule, with the way back of sigmoid."""
    return grad_out * sigmoid(x) + sigmoid_backward(grad_out * x, x)


def silu_backward__from_the_output(grad_out: Tensor, x: Tensor) -> Tensor:
    """y + s * (1 - y)."""
    s, y = sigmoid(x), silu(x)
    return grad_out * (y + s * (1 - y))


def leaky_relu__two_relus(x: Tensor, slope: float = 0.01) -> Tensor:
    """The positive part, less slope times the negative part."""
    return relu(x) - slope * relu(-x)


def leaky_relu__masked_copy(x: Tensor, slope: float = 0.01) -> Tensor:
    """The entries below 0 of a copy."""
    out = x.clone()
    out[x < 0] *= slope
    return out


def leaky_relu__clamped(x: Tensor, slope: float = 0.01) -> Tensor:
    """Both sides by clamp."""
    return x.clamp(min=0) + x.clamp(max=0) * slope


def leaky_relu__half_sum(x: Tensor, slope: float = 0.01) -> Tensor:
    """A straight line plus a multiple of |x|."""
    return ((1 + slope) * x + (1 - slope) * x.abs()) / 2


def leaky_relu_backward__product(grad_out: Tensor, x: Tensor, slope: float = 0.01) -> Tensor:
    """A product with a factor per entry."""
    gate = (x > 0).to(x.dtype)
    return grad_out * (gate + slope * (1 - gate))


def leaky_relu_backward__masked_copy(grad_out: Tensor, x: Tensor, slope: float = 0.01) -> Tensor:
    """The entries of a copy where the gate is shut."""
    out = grad_out.clone()
    out[x <= 0] *= slope
    return out


def leaky_relu_backward__through_relu_backward(grad_out: Tensor, x: Tensor, slope: float = 0.01) -> Tensor:
    """What relu lets pass, and slope times the rest."""
    passed = relu_backward(grad_out, x)
    return passed + slope * (grad_out - passed)


# --- law_softmax ------------------------------------------------------------------------------------------


def law_softmax__against_my_own(learner: Any, x: Tensor) -> bool:
    """The answer of one's own softmax, up to rounding."""
    return torch.allclose(learner.softmax(x), softmax(x))


def law_softmax__pairs(learner: Any, x: Tensor) -> bool:
    """Each pair of shares in a row: crosswise, so that nothing is divided by 0."""
    shares = learner.softmax(x).reshape(-1, x.shape[-1]).tolist()
    for scores, row in zip(x.reshape(-1, x.shape[-1]).tolist(), shares):
        if not math.isclose(sum(row), 1.0, rel_tol=1e-9):
            return False
        for a, p in zip(scores, row):
            for b, q in zip(scores, row):
                top = max(a, b)
                if not math.isclose(p * math.exp(b - top), q * math.exp(a - top), rel_tol=1e-6, abs_tol=1e-12):
                    return False
    return True


def law_softmax__asserts(learner: Any, x: Tensor) -> bool:
    """An error where the law is broken; the relation is taken from the logarithms, where there are any."""
    shares = learner.softmax(x)
    assert shares.shape == x.shape
    assert bool((shares.sum(-1) - 1).abs().max() < 1e-6)
    top, scores = shares.amax(-1, keepdim=True), x - x.amax(-1, keepdim=True)
    assert bool(((shares / top).log() - scores)[scores > -500].abs().max() < 1e-6)
    assert bool((shares[scores < -800] == 0).all())
    return True
