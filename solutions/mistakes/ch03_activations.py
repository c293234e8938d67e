"""Known wrong versions of the exercises of chapter 3; each docstring is the diagnosis.

Names of the solution (`softmax`, `sigmoid`, ...) mean the right versions: a mistake is put into the solution's module.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def _measured(loss: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The gradient of a loss by differences of the fourth order: right to eleven digits or more, and no formula."""
    slopes, h = torch.zeros_like(x, memory_format=torch.contiguous_format), 1e-3
    for k in range(x.numel()):
        for steps, weight in ((1, 2 / 3), (-1, -2 / 3), (2, -1 / 12), (-2, 1 / 12)):
            moved = x.flatten().clone()
            moved[k] += steps * h
            slopes.view(-1)[k] += weight * loss(moved.reshape(x.shape)) / h
    return slopes


# --- sigmoid ----------------------------------------------------------------------------------------------


def sigmoid__exp_above_and_below(x: Tensor) -> Tensor:
    """exp(x) stands above and below the line: for large x that is inf / inf, NaN."""
    grown = torch.exp(x)
    return grown / (1 + grown)


def sigmoid__sign_of_the_exponent(x: Tensor) -> Tensor:
    """The minus in exp(-x) is missing, so this is 1 - sigmoid(x)."""
    return 1 / (1 + torch.exp(x))


def sigmoid__clamped_input(x: Tensor) -> Tensor:
    """The input is clamped to [-10, 10] to avoid overflow, which changes the result beyond."""
    return 1 / (1 + torch.exp(-x.clamp(-10, 10)))


def sigmoid__tanh_of_x(x: Tensor) -> Tensor:
    """Sigmoid is (1 + tanh(x / 2)) / 2: here x is not halved, and the S is twice too steep."""
    return (1 + tanh(x)) / 2


def sigmoid__changes_its_argument(x: Tensor) -> Tensor:
    """The result is right, but x itself was changed on the way (an operation that ends in _)."""
    return 1 / (1 + x.neg_().exp_())


def sigmoid__float32_inside(x: Tensor) -> Tensor:
    """The work is done in float32, which costs a float64 input half of its digits."""
    return (1 / (1 + torch.exp(-x.to(torch.float32)))).to(x.dtype)


def sigmoid__hard(x: Tensor) -> Tensor:
    """A straight ramp cut off at 0 and 1 (hard sigmoid) stands in for the curve."""
    return (x / 4 + 0.5).clamp(0, 1)


def sigmoid__cut_off_at_15(x: Tensor) -> Tensor:
    """Beyond 15 it is set to 0 or 1; it comes near them, and differs for long."""
    return torch.where(
        x > 15, torch.ones_like(x), torch.where(x < -15, torch.zeros_like(x), 1 / (1 + torch.exp(-x)))
    )


def sigmoid__cut_off_at_minus_30(x: Tensor) -> Tensor:
    """Below -30 it is set to 0; exp(-30) is small, and still far from the smallest number."""
    return torch.where(x < -30, torch.zeros_like(x), 1 / (1 + torch.exp(-x)))


def sigmoid__straight_near_zero(x: Tensor) -> Tensor:
    """Close to 0 a straight line stands in for the curve: 0.5 + x / 4 is not exact."""
    return torch.where(x.abs() < 0.05, 0.5 + x / 4, 1 / (1 + torch.exp(-x)))


def sigmoid__one_by_one_along_the_rows(x: Tensor) -> Tensor:
    """It loops over len(x), which a tensor without dimensions does not have."""
    return torch.stack([1 / (1 + torch.exp(-row)) for row in x])


def sigmoid__ones_on_the_cpu(x: Tensor) -> Tensor:
    """A tensor made inside is always on the CPU; it needs device=x.device to meet inputs from elsewhere."""
    return torch.ones(x.shape, dtype=x.dtype) / (1 + torch.exp(-x))


# --- sigmoid_backward -------------------------------------------------------------------------------------


def sigmoid_backward__measured(grad_out: Tensor, x: Tensor) -> Tensor:
    """The gradient is measured, by differences of the function at points close together; it is to be derived by hand."""
    h = 1e-3
    near, far = sigmoid(x + h) - sigmoid(x - h), sigmoid(x + 2 * h) - sigmoid(x - 2 * h)
    return grad_out * (8 * near - far) / (12 * h)


def sigmoid_backward__takes_x_for_the_output(grad_out: Tensor, x: Tensor) -> Tensor:
    """x is treated as if it were sigmoid's output: s * (1 - s) needs s = sigmoid(x)."""
    return grad_out * x * (1 - x)


def sigmoid_backward__exponentials_overflow(grad_out: Tensor, x: Tensor) -> Tensor:
    """exp(-x) / (1 + exp(-x))^2 is inf / inf, NaN, for very negative x."""
    return grad_out * torch.exp(-x) / (1 + torch.exp(-x)) ** 2


def sigmoid_backward__ignores_grad_out(grad_out: Tensor, x: Tensor) -> Tensor:
    """The slope alone is returned; it must be multiplied by grad_out."""
    s = sigmoid(x)
    return s * (1 - s)


def sigmoid_backward__one_factor_only(grad_out: Tensor, x: Tensor) -> Tensor:
    """The slope is s * (1 - s); here the factor 1 - s is missing."""
    return grad_out * sigmoid(x)


def sigmoid_backward__slope_of_tanh(grad_out: Tensor, x: Tensor) -> Tensor:
    """1 - s^2 is the slope of tanh; sigmoid's is s * (1 - s)."""
    return grad_out * (1 - sigmoid(x) ** 2)


def sigmoid_backward__adds_up_grad_out(grad_out: Tensor, x: Tensor) -> Tensor:
    """grad_out is added up first; every entry has a gradient of its own."""
    s = sigmoid(x)
    return grad_out.sum() * s * (1 - s)


def sigmoid_backward__changes_grad_out(grad_out: Tensor, x: Tensor) -> Tensor:
    """The result is right, but it was written into grad_out (*=), which belongs to the caller."""
    s = sigmoid(x)
    grad_out *= s * (1 - s)
    return grad_out


def sigmoid_backward__ones_on_the_cpu(grad_out: Tensor, x: Tensor) -> Tensor:
    """A tensor made inside is always on the CPU; it needs device=x.device to meet inputs from elsewhere."""
    s = sigmoid(x)
    return grad_out * s * (torch.ones(x.shape, dtype=x.dtype) - s)


# --- tanh -------------------------------------------------------------------------------------------------


def tanh__overflows_on_both_sides(x: Tensor) -> Tensor:
    """The formula as written: exp(x) or exp(-x) becomes infinite, and inf / inf is NaN."""
    up, down = torch.exp(x), torch.exp(-x)
    return (up - down) / (up + down)


def tanh__overflows_on_the_right(x: Tensor) -> Tensor:
    """exp(2x) stands above and below the line: fine for negative x, NaN for large positive x."""
    grown = torch.exp(2 * x)
    return (grown - 1) / (grown + 1)


def tanh__argument_not_doubled(x: Tensor) -> Tensor:
    """tanh(x) is 2 * sigmoid(2x) - 1: here the argument is not doubled."""
    return 2 * sigmoid(x) - 1


def tanh__sign_lost(x: Tensor) -> Tensor:
    """Only |x| is used and the sign is not put back, so negative inputs give positive outputs."""
    decay = torch.exp(-2 * x.abs())
    return (1 - decay) / (1 + decay)


def tanh__not_stretched(x: Tensor) -> Tensor:
    """This is sigmoid(2x): it runs from 0 to 1, and the stretching to -1..1 is missing."""
    return sigmoid(2 * x)


def tanh__hard(x: Tensor) -> Tensor:
    """x cut off at -1 and 1 (hard tanh) stands in for the curve."""
    return x.clamp(-1, 1)


def tanh__float32_inside(x: Tensor) -> Tensor:
    """The work is done in float32, which costs a float64 input half of its digits."""
    return _tanh_by_decay(x.to(torch.float32)).to(x.dtype)


def tanh__changes_its_argument(x: Tensor) -> Tensor:
    """The result is right, but x itself was changed on the way (an operation that ends in _)."""
    sign = x.sign()
    decay = torch.exp(-2 * x.abs_())
    return sign * (1 - decay) / (1 + decay)


def tanh__straight_near_zero(x: Tensor) -> Tensor:
    """Close to 0 x itself stands in for the curve; it is near, and not the same."""
    return torch.where(x.abs() < 0.05, x, _tanh_by_decay(x))


def tanh__a_little_off_near_zero(x: Tensor) -> Tensor:
    """A small number in the denominator shows where tanh is small itself."""
    decay = torch.exp(-2 * x.abs())
    return x.sign() * (1 - decay) / (1 + decay + 1e-8)


def tanh__quotient_with_the_size(x: Tensor) -> Tensor:
    """The sign is found by x / |x|, which is 0 / 0, NaN, at 0."""
    return x / x.abs() * _tanh_by_decay(x.abs())


def tanh__ones_on_the_cpu(x: Tensor) -> Tensor:
    """A tensor made inside is always on the CPU; it needs device=x.device to meet inputs from elsewhere."""
    return 2 * sigmoid(2 * x) - torch.ones(x.shape, dtype=x.dtype)


def _tanh_by_decay(x: Tensor) -> Tensor:
    decay = torch.exp(-2 * x.abs())
    return x.sign() * (1 - decay) / (1 + decay)


# --- tanh_backward ----------------------------------------------------------------------------------------


def tanh_backward__takes_x_for_the_output(grad_out: Tensor, x: Tensor) -> Tensor:
    """The square is of x; the slope is 1 - y^2 with y = tanh(x). Near 0 the two look alike."""
    return grad_out * (1 - x**2)


def tanh_backward__measured(grad_out: Tensor, x: Tensor) -> Tensor:
    """The slope is measured by the difference of two points, which costs digits; worked out by hand it is exact."""
    wide, h = x.double(), 1e-5
    return (grad_out * (tanh(wide + h) - tanh(wide - h)) / (2 * h)).to(x.dtype)


def tanh_backward__square_missing(grad_out: Tensor, x: Tensor) -> Tensor:
    """The slope is 1 - tanh(x)^2; here tanh(x) is not squared."""
    return grad_out * (1 - tanh(x))


def tanh_backward__slope_of_sigmoid(grad_out: Tensor, x: Tensor) -> Tensor:
    """y * (1 - y) is the slope of sigmoid; tanh's is 1 - y^2."""
    y = tanh(x)
    return grad_out * y * (1 - y)


def tanh_backward__ignores_grad_out(grad_out: Tensor, x: Tensor) -> Tensor:
    """The slope alone is returned; it must be multiplied by grad_out."""
    return 1 - tanh(x) ** 2


def tanh_backward__argument_not_doubled(grad_out: Tensor, x: Tensor) -> Tensor:
    """4 * s * (1 - s) is right with s = sigmoid(2x); here the argument is not doubled."""
    s = sigmoid(x)
    return grad_out * 4 * s * (1 - s)


def tanh_backward__tanh_of_grad_out(grad_out: Tensor, x: Tensor) -> Tensor:
    """The slope is taken at grad_out instead of at x."""
    return grad_out * (1 - tanh(grad_out) ** 2)


def tanh_backward__changes_grad_out(grad_out: Tensor, x: Tensor) -> Tensor:
    """The result is right, but it was written into grad_out (*=), which belongs to the caller."""
    grad_out *= 1 - tanh(x) ** 2
    return grad_out


def tanh_backward__ones_on_the_cpu(grad_out: Tensor, x: Tensor) -> Tensor:
    """A tensor made inside is always on the CPU; it needs device=x.device to meet inputs from elsewhere."""
    return grad_out * (torch.ones(x.shape, dtype=x.dtype) - tanh(x) ** 2)


# --- relu -------------------------------------------------------------------------------------------------


def relu__absolute_value(x: Tensor) -> Tensor:
    """Negative entries are turned around; they must become 0."""
    return x.abs()


def relu__leaky(x: Tensor) -> Tensor:
    """Negative entries keep a hundredth of their value (leaky ReLU); they must become 0."""
    return torch.where(x > 0, x, 0.01 * x)


def relu__cut_off_above(x: Tensor) -> Tensor:
    """Entries are cut off at 6 as well (ReLU6); positive ones must pass unchanged."""
    return x.clamp(0, 6)


def relu__changes_its_argument(x: Tensor) -> Tensor:
    """The zeros are written into x itself (an operation that ends in _); a new tensor is wanted."""
    return x.clamp_(min=0)


def relu__gives_its_argument_back(x: Tensor) -> Tensor:
    """x itself is returned where nothing is negative; who then changes the result changes x: a new tensor is wanted."""
    return x if bool((x >= 0).all()) else x.clamp(min=0)


def relu__gate_only(x: Tensor) -> Tensor:
    """This is the gate, 1 where x > 0 and else 0; the entries themselves are missing."""
    return (x > 0).to(x.dtype)


def relu__wrong_side(x: Tensor) -> Tensor:
    """The comparison is the wrong way round: the negative entries are kept."""
    return x.clamp(max=0)


def relu__small_threshold(x: Tensor) -> Tensor:
    """Entries up to 0.001 are taken for 0; every positive one must pass."""
    return torch.where(x > 1e-3, x, torch.zeros_like(x))


def relu__bounded_far_out(x: Tensor) -> Tensor:
    """Entries are cut off at a million; relu has no upper end."""
    return x.clamp(0, 1e6)


def relu__zeros_on_the_cpu(x: Tensor) -> Tensor:
    """A tensor made inside is always on the CPU; it needs device=x.device to meet inputs from elsewhere."""
    return torch.maximum(x, torch.zeros(x.shape, dtype=x.dtype))


def relu__flat_view(x: Tensor) -> Tensor:
    """view(-1) fails for a transposed or strided tensor; reshape does not, and here neither is needed."""
    return x.view(-1).clamp(min=0).view(x.shape)


# --- relu_backward ----------------------------------------------------------------------------------------


def relu_backward__slope_one_at_zero(grad_out: Tensor, x: Tensor) -> Tensor:
    """At exactly 0 the slope counts as 0; x >= 0 makes it 1."""
    return grad_out * (x >= 0)


def relu_backward__half_at_zero(grad_out: Tensor, x: Tensor) -> Tensor:
    """At exactly 0 the slope counts as 0; here it is one half."""
    return grad_out * (x.sign() + 1) / 2


def relu_backward__relu_of_grad_out(grad_out: Tensor, x: Tensor) -> Tensor:
    """The gate looks at grad_out instead of x: negative gradients are lost."""
    return grad_out.clamp(min=0)


def relu_backward__both_gates(grad_out: Tensor, x: Tensor) -> Tensor:
    """Only positive gradients pass; the gate must look at x alone."""
    return torch.where((x > 0) & (grad_out > 0), grad_out, torch.zeros_like(grad_out))


def relu_backward__ignores_grad_out(grad_out: Tensor, x: Tensor) -> Tensor:
    """The gate alone is returned; it must be multiplied by grad_out."""
    return (x > 0).to(x.dtype)


def relu_backward__multiplies_by_the_output(grad_out: Tensor, x: Tensor) -> Tensor:
    """grad_out is multiplied by relu(x); the slope of an open gate is 1, whatever x is."""
    return grad_out * relu(x)


def relu_backward__changes_grad_out(grad_out: Tensor, x: Tensor) -> Tensor:
    """The result is right, but the zeros were written into grad_out, which belongs to the caller."""
    grad_out[x <= 0] = 0
    return grad_out


def relu_backward__small_threshold(grad_out: Tensor, x: Tensor) -> Tensor:
    """The gate opens at 1e-7 only; every positive entry opens it."""
    return grad_out * (x > 1e-7)


def relu_backward__drops_small_gradients(grad_out: Tensor, x: Tensor) -> Tensor:
    """Gradients below 1e-6 are taken for 0; a small one passes as well."""
    return torch.where((x > 0) & (grad_out.abs() > 1e-6), grad_out, torch.zeros_like(grad_out))


def relu_backward__zeros_on_the_cpu(grad_out: Tensor, x: Tensor) -> Tensor:
    """A tensor made inside is always on the CPU; it needs device=x.device to meet inputs from elsewhere."""
    return torch.where(x > 0, grad_out, torch.zeros(x.shape, dtype=x.dtype))


def relu_backward__gate_in_float64(grad_out: Tensor, x: Tensor) -> Tensor:
    """The gate is made float64, and so is the result, whatever dtype the input has."""
    return grad_out * (x > 0).to(torch.float64)


# --- softmax ----------------------------------------------------------------------------------------------


def softmax__no_shift(x: Tensor, dim: int = -1) -> Tensor:
    """The largest score is not subtracted before exp: large scores give inf / inf, NaN."""
    weights = torch.exp(x)
    return weights / weights.sum(dim=dim, keepdim=True)


def softmax__global_maximum(x: Tensor, dim: int = -1) -> Tensor:
    """The maximum is taken over the whole tensor, not along dim: a row far below it gives 0 / 0, NaN."""
    weights = torch.exp(x - x.max())
    return weights / weights.sum(dim=dim, keepdim=True)


def softmax__maximum_along_another_dim(x: Tensor, dim: int = -1) -> Tensor:
    """The maximum is taken along dim 0, whatever dim is, so what is shifted is not each slice by its own."""
    weights = torch.exp(x - x.amax(dim=0, keepdim=True))
    return weights / weights.sum(dim=dim, keepdim=True)


def softmax__shift_by_the_mean(x: Tensor, dim: int = -1) -> Tensor:
    """The mean is subtracted instead of the maximum: one score far above the others still overflows."""
    finite = torch.where(torch.isinf(x), torch.zeros_like(x), x)
    weights = torch.exp(x - finite.mean(dim=dim, keepdim=True))
    return weights / weights.sum(dim=dim, keepdim=True)


def softmax__dim_ignored(x: Tensor, dim: int = -1) -> Tensor:
    """dim is never used: the shares always add up along the last dimension."""
    return softmax(x)


def softmax__default_dim_0(x: Tensor, dim: int = 0) -> Tensor:
    """The default of dim must be -1; here it is 0, the batch."""
    return softmax(x, dim)


def softmax__sum_over_everything(x: Tensor, dim: int = -1) -> Tensor:
    """The sum runs over the whole tensor, not along dim: one slice's shares no longer add up to 1."""
    weights = torch.exp(x - x.amax(dim=dim, keepdim=True))
    return weights / weights.sum()


def softmax__eps_in_the_denominator(x: Tensor, dim: int = -1) -> Tensor:
    """A small number is added to the sum; after the shift the sum is at least 1, and the shares no longer add up to 1."""
    weights = torch.exp(x - x.amax(dim=dim, keepdim=True))
    return weights / (weights.sum(dim=dim, keepdim=True) + 1e-6)


def softmax__no_exp(x: Tensor, dim: int = -1) -> Tensor:
    """exp is missing: the shifted scores themselves are divided by their sum."""
    weights = x - x.amin(dim=dim, keepdim=True)
    return weights / weights.sum(dim=dim, keepdim=True)


def softmax__changes_its_argument(x: Tensor, dim: int = -1) -> Tensor:
    """The result is right, but the maximum was subtracted from x itself (-=)."""
    x -= x.amax(dim=dim, keepdim=True)
    return softmax(x, dim)


def softmax__float32_inside(x: Tensor, dim: int = -1) -> Tensor:
    """The work is done in float32, which costs a float64 input half of its digits."""
    return softmax(x.to(torch.float32), dim).to(x.dtype)


def softmax__masks_lost(x: Tensor, dim: int = -1) -> Tensor:
    """A score of -inf is replaced by 0, so what was masked gets a share again."""
    return softmax(torch.where(torch.isinf(x), torch.zeros_like(x), x), dim)


def softmax__tiny_shares_lost(x: Tensor, dim: int = -1) -> Tensor:
    """Shares below 1e-12 are set to 0; they are small, and their logarithms are not."""
    shares = softmax(x, dim)
    return torch.where(shares < 1e-12, torch.zeros_like(shares), shares)


def softmax__for_tables_only(x: Tensor, dim: int = -1) -> Tensor:
    """It works with two dimensions only: of three, the sum runs over the wrong ones."""
    weights = torch.exp(x - x.amax(dim=dim, keepdim=True))
    return weights / (weights.sum(dim=dim, keepdim=True) if x.ndim == 2 else weights.sum(-1, keepdim=True))


def softmax__masks_not_low_enough(x: Tensor, dim: int = -1) -> Tensor:
    """A score of -inf is replaced by -10,000, which is not always the lowest: what was masked may get a share."""
    return softmax(torch.where(x == -torch.inf, torch.full_like(x, -1e4), x), dim)


def softmax__base_on_the_cpu(x: Tensor, dim: int = -1) -> Tensor:
    """A tensor made inside is always on the CPU; it needs device=x.device to meet inputs from elsewhere."""
    weights = torch.full(x.shape, 2.718281828459045, dtype=x.dtype) ** (x - x.amax(dim=dim, keepdim=True))
    return weights / weights.sum(dim=dim, keepdim=True)


def softmax__flat_view(x: Tensor, dim: int = -1) -> Tensor:
    """view fails where the dimension was moved or the tensor is strided; reshape does not."""
    rows = x.movedim(dim, -1)
    shares = softmax(rows.view(-1, rows.shape[-1]))
    return shares.view(rows.shape).movedim(-1, dim)


# --- softmax_backward -------------------------------------------------------------------------------------


def softmax_backward__measured(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """The gradient is measured, by differences of the function at points close together; it is to be derived by hand."""
    return _measured(lambda moved: (grad_out * softmax(moved, dim)).sum(), x)


def softmax_backward__diagonal_only(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """Each score is made to answer for its own share only, p * (1 - p); what the other shares lose is missing."""
    p = softmax(x, dim)
    return grad_out * p * (1 - p)


def softmax_backward__drops_small_gradients(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """Gradients below 1e-6 are taken for 0; a small one counts as well."""
    return softmax_backward(torch.where(grad_out.abs() < 1e-6, torch.zeros_like(grad_out), grad_out), x, dim)


def softmax_backward__plain_mean(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """The mean of grad_out is taken with equal weights; it must be weighted by the shares."""
    return softmax(x, dim) * (grad_out - grad_out.mean(dim=dim, keepdim=True))


def softmax_backward__factor_missing(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """The shares in front are missing: grad_out minus its weighted mean must be multiplied by p."""
    p = softmax(x, dim)
    return grad_out - (p * grad_out).sum(dim=dim, keepdim=True)


def softmax_backward__sum_over_everything(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """The weighted sum runs over the whole tensor, not along dim: slices disturb each other."""
    p = softmax(x, dim)
    return p * (grad_out - (p * grad_out).sum())


def softmax_backward__takes_x_for_the_shares(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """x is treated as if it held the shares; softmax has to be applied to it first."""
    return x * (grad_out - (x * grad_out).sum(dim=dim, keepdim=True))


def softmax_backward__dim_ignored(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """dim is never used: everything runs along the last dimension."""
    return softmax_backward(grad_out, x)


def softmax_backward__sum_along_the_last_dim(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """The shares are taken along dim, but the weighted sum always along the last dimension."""
    p = softmax(x, dim)
    return p * (grad_out - (p * grad_out).sum(dim=-1, keepdim=True))


def softmax_backward__default_dim_0(grad_out: Tensor, x: Tensor, dim: int = 0) -> Tensor:
    """The default of dim must be -1; here it is 0, the batch."""
    return softmax_backward(grad_out, x, dim)


def softmax_backward__of_log_softmax(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """This is the way back of log_softmax, g - p * sum(g)."""
    return grad_out - softmax(x, dim) * grad_out.sum(dim=dim, keepdim=True)


def softmax_backward__zeros(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """Nothing but zeros comes back; that is right only for a grad_out with equal entries."""
    return torch.zeros_like(x)


def softmax_backward__eye_on_the_cpu(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """A tensor made inside is always on the CPU; it needs device=x.device to meet inputs from elsewhere."""
    p, g = softmax(x, dim).movedim(dim, -1), grad_out.movedim(dim, -1)
    slopes = p.unsqueeze(-1) * (torch.eye(p.shape[-1], dtype=x.dtype) - p.unsqueeze(-2))
    return (slopes * g.unsqueeze(-2)).sum(dim=-1).movedim(-1, dim)


# --- log_softmax ------------------------------------------------------------------------------------------


def log_softmax__log_of_softmax(x: Tensor, dim: int = -1) -> Tensor:
    """The logarithm is taken of the finished shares: where a share is too small for a float this is -inf."""
    return torch.log(softmax(x, dim))


def log_softmax__log_with_eps(x: Tensor, dim: int = -1) -> Tensor:
    """A small number is added inside the logarithm: no result can fall below log(1e-12) = -27.6."""
    return torch.log(softmax(x, dim) + 1e-12)


def log_softmax__no_shift(x: Tensor, dim: int = -1) -> Tensor:
    """The largest score is not subtracted before exp: the sum becomes infinite, or 0."""
    return x - torch.log(torch.exp(x).sum(dim=dim, keepdim=True))


def log_softmax__global_maximum(x: Tensor, dim: int = -1) -> Tensor:
    """The maximum is taken over the whole tensor, not along dim: a row far below it has the sum 0, and log 0 is -inf."""
    shifted = x - x.max()
    return shifted - torch.log(torch.exp(shifted).sum(dim=dim, keepdim=True))


def log_softmax__maximum_not_given_back(x: Tensor, dim: int = -1) -> Tensor:
    """The maximum is taken off inside the sum but not off x: every result is too large by that maximum."""
    largest = x.amax(dim=dim, keepdim=True)
    return x - torch.log(torch.exp(x - largest).sum(dim=dim, keepdim=True))


def log_softmax__sum_over_everything(x: Tensor, dim: int = -1) -> Tensor:
    """The sum runs over the whole tensor, not along dim."""
    shifted = x - x.amax(dim=dim, keepdim=True)
    return shifted - torch.log(torch.exp(shifted).sum())


def log_softmax__dim_ignored(x: Tensor, dim: int = -1) -> Tensor:
    """dim is never used: the shares always add up along the last dimension."""
    return log_softmax(x)


def log_softmax__default_dim_0(x: Tensor, dim: int = 0) -> Tensor:
    """The default of dim must be -1; here it is 0, the batch."""
    return log_softmax(x, dim)


def log_softmax__base_ten(x: Tensor, dim: int = -1) -> Tensor:
    """The logarithm of the sum is to the base 10; it must be the natural one."""
    shifted = x - x.amax(dim=dim, keepdim=True)
    return shifted - torch.log10(torch.exp(shifted).sum(dim=dim, keepdim=True))


def log_softmax__float32_inside(x: Tensor, dim: int = -1) -> Tensor:
    """The work is done in float32, which costs a float64 input half of its digits."""
    return log_softmax(x.to(torch.float32), dim).to(x.dtype)


def log_softmax__total_on_the_cpu(x: Tensor, dim: int = -1) -> Tensor:
    """A tensor made inside is always on the CPU; it needs device=x.device to meet inputs from elsewhere."""
    shifted = x - x.amax(dim=dim, keepdim=True)
    total = torch.zeros(shifted.amax(dim=dim).shape, dtype=x.dtype)
    for part in shifted.unbind(dim):
        total = total + torch.exp(part)
    return shifted - torch.log(total).unsqueeze(dim)


# --- log_softmax_backward ---------------------------------------------------------------------------------


def log_softmax_backward__measured(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """The gradient is measured, by differences of the function at points close together; it is to be derived by hand."""
    return _measured(lambda moved: (grad_out * log_softmax(moved, dim)).sum(), x)


def log_softmax_backward__of_softmax(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """This is the way back of softmax, p * (g - sum(p * g))."""
    return softmax_backward(grad_out, x, dim)


def log_softmax_backward__sum_missing(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """The shares are subtracted once; they must be multiplied by the sum of grad_out along dim first."""
    return grad_out - softmax(x, dim)


def log_softmax_backward__entry_instead_of_sum(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """Each share is multiplied by its own entry of grad_out; it must be the sum of grad_out along dim."""
    return grad_out - softmax(x, dim) * grad_out


def log_softmax_backward__weighted_sum(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """The sum of grad_out is weighted by the shares; it must be plain."""
    p = softmax(x, dim)
    return grad_out - p * (p * grad_out).sum(dim=dim, keepdim=True)


def log_softmax_backward__mean_instead_of_sum(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """The mean of grad_out along dim is used; it must be the sum."""
    return grad_out - softmax(x, dim) * grad_out.mean(dim=dim, keepdim=True)


def log_softmax_backward__sum_over_everything(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """The sum of grad_out runs over the whole tensor, not along dim."""
    return grad_out - softmax(x, dim) * grad_out.sum()


def log_softmax_backward__dim_ignored(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """dim is never used: everything runs along the last dimension."""
    return log_softmax_backward(grad_out, x)


def log_softmax_backward__default_dim_0(grad_out: Tensor, x: Tensor, dim: int = 0) -> Tensor:
    """The default of dim must be -1; here it is 0, the batch."""
    return log_softmax_backward(grad_out, x, dim)


def log_softmax_backward__sign(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """The sign is turned around: it is grad_out minus the shares' part."""
    return softmax(x, dim) * grad_out.sum(dim=dim, keepdim=True) - grad_out


def log_softmax_backward__logarithms_for_shares(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """The sum of grad_out is multiplied by the logarithms; it must be the shares themselves."""
    return grad_out - log_softmax(x, dim) * grad_out.sum(dim=dim, keepdim=True)


def log_softmax_backward__eye_on_the_cpu(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """A tensor made inside is always on the CPU; it needs device=x.device to meet inputs from elsewhere."""
    p, g = softmax(x, dim).movedim(dim, -1), grad_out.movedim(dim, -1)
    slopes = torch.eye(p.shape[-1], dtype=x.dtype) - p.unsqueeze(-1)
    return (slopes * g.unsqueeze(-2)).sum(dim=-1).movedim(-1, dim)


# --- gelu ------------------------------------------------------------------------------------------------


def gelu__by_tanh(x: Tensor) -> Tensor:
    """This is the approximation by tanh, off by up to 0.0005; the exact function has erf."""
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + tanh(inner))


def gelu__by_sigmoid(x: Tensor) -> Tensor:
    """This is the approximation x * sigmoid(1.702 x), off by up to 0.02; the exact function has erf."""
    return x * sigmoid(1.702 * x)


def gelu__root_of_two_missing(x: Tensor) -> Tensor:
    """x is not divided by the square root of 2 before erf: the bell is too narrow."""
    return x * (1 + torch.erf(x)) / 2


def gelu__not_halved(x: Tensor) -> Tensor:
    """1 + erf runs from 0 to 2; it must be halved to be a chance."""
    return x * (1 + torch.erf(x / math.sqrt(2)))


def gelu__chance_only(x: Tensor) -> Tensor:
    """The chance alone is returned; it must be multiplied by x."""
    return (1 + torch.erf(x / math.sqrt(2))) / 2


def gelu__erf_only(x: Tensor) -> Tensor:
    """erf itself, from -1 to 1, is taken for the chance: negative entries come out positive."""
    return x * torch.erf(x / math.sqrt(2))


def gelu__bell_for_chance(x: Tensor) -> Tensor:
    """x is multiplied by the bell curve; it must be the chance, the area below it."""
    return x * torch.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def gelu__relu(x: Tensor) -> Tensor:
    """This is relu; the gate must open gradually."""
    return relu(x)


def gelu__float32_inside(x: Tensor) -> Tensor:
    """The work is done in float32, which costs a float64 input half of its digits."""
    return gelu(x.to(torch.float32)).to(x.dtype)


def gelu__changes_its_argument(x: Tensor) -> Tensor:
    """The result is right, but it was written into x (*=), which belongs to the caller."""
    x *= (1 + torch.erf(x / math.sqrt(2))) / 2
    return x


def gelu__flat_view(x: Tensor) -> Tensor:
    """view(-1) fails for a transposed or strided tensor; reshape does not, and here neither is needed."""
    return gelu(x.view(-1)).view(x.shape)


def gelu__ones_on_the_cpu(x: Tensor) -> Tensor:
    """A tensor made inside is always on the CPU; it needs device=x.device to meet inputs from elsewhere."""
    return x * (torch.ones(x.shape, dtype=x.dtype) + torch.erf(x / math.sqrt(2))) / 2


# --- gelu_backward ---------------------------------------------------------------------------------------


def gelu_backward__gate_taken_for_a_constant(grad_out: Tensor, x: Tensor) -> Tensor:
    """Only the chance is returned; it depends on x too, and the term with the bell curve is missing."""
    return grad_out * (1 + torch.erf(x / math.sqrt(2))) / 2


def gelu_backward__bell_not_times_x(grad_out: Tensor, x: Tensor) -> Tensor:
    """The bell curve must be multiplied by x before it is added."""
    bell = torch.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return grad_out * ((1 + torch.erf(x / math.sqrt(2))) / 2 + bell)


def gelu_backward__bell_not_scaled(grad_out: Tensor, x: Tensor) -> Tensor:
    """The bell curve is not divided by the square root of 2 pi."""
    return grad_out * ((1 + torch.erf(x / math.sqrt(2))) / 2 + x * torch.exp(-x * x / 2))


def gelu_backward__square_not_halved(grad_out: Tensor, x: Tensor) -> Tensor:
    """The exponent of the bell curve is -x^2 / 2; here it is -x^2."""
    bell = torch.exp(-x * x) / math.sqrt(2 * math.pi)
    return grad_out * ((1 + torch.erf(x / math.sqrt(2))) / 2 + x * bell)


def gelu_backward__of_the_sigmoid_version(grad_out: Tensor, x: Tensor) -> Tensor:
    """This is the slope of the approximation x * sigmoid(1.702 x)."""
    s = sigmoid(1.702 * x)
    return grad_out * (s + 1.702 * x * s * (1 - s))


def gelu_backward__ignores_grad_out(grad_out: Tensor, x: Tensor) -> Tensor:
    """The slope alone is returned; it must be multiplied by grad_out."""
    return gelu_backward(torch.ones_like(x), x)


def gelu_backward__slope_at_grad_out(grad_out: Tensor, x: Tensor) -> Tensor:
    """The slope is taken at grad_out instead of at x."""
    return gelu_backward(grad_out, grad_out)


def gelu_backward__divides_by_x(grad_out: Tensor, x: Tensor) -> Tensor:
    """The chance is taken as gelu(x) / x: at 0 that is 0 / 0, NaN."""
    bell = torch.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return grad_out * (gelu(x) / x + x * bell)


def gelu_backward__measured(grad_out: Tensor, x: Tensor) -> Tensor:
    """The slope is measured by the difference of two points, which costs digits; worked out by hand it is exact."""
    wide, h = x.double(), 1e-5
    return (grad_out * (gelu(wide + h) - gelu(wide - h)) / (2 * h)).to(x.dtype)


def gelu_backward__exponential_of_the_square_overflows(grad_out: Tensor, x: Tensor) -> Tensor:
    """exp(x^2 / 2) below and the chance times it above: far out inf / inf, NaN."""
    grown = torch.exp(x * x / 2)
    chance = (1 + torch.erf(x / math.sqrt(2))) / 2
    return grad_out * (chance * grown + x / math.sqrt(2 * math.pi)) / grown


def gelu_backward__changes_grad_out(grad_out: Tensor, x: Tensor) -> Tensor:
    """The result is right, but it was written into grad_out, which belongs to the caller."""
    return grad_out.copy_(gelu_backward(grad_out, x))


def gelu_backward__ones_on_the_cpu(grad_out: Tensor, x: Tensor) -> Tensor:
    """A tensor made inside is always on the CPU; it needs device=x.device to meet inputs from elsewhere."""
    return gelu_backward(grad_out, x) * torch.ones(x.shape, dtype=x.dtype)


# --- silu ------------------------------------------------------------------------------------------------


def silu__exp_above_and_below(x: Tensor) -> Tensor:
    """exp(x) stands above and below the line: for large x that is inf / inf, NaN."""
    grown = torch.exp(x)
    return x * grown / (1 + grown)


def silu__sign_of_the_exponent(x: Tensor) -> Tensor:
    """The minus in exp(-x) is missing: the gate opens on the wrong side."""
    return x / (1 + torch.exp(x))


def silu__gate_only(x: Tensor) -> Tensor:
    """The sigmoid alone is returned; it must be multiplied by x."""
    return sigmoid(x)


def silu__gelu_stand_in(x: Tensor) -> Tensor:
    """x is multiplied by 1.702 in the gate: that approximates GELU."""
    return x * sigmoid(1.702 * x)


def silu__gated_by_tanh(x: Tensor) -> Tensor:
    """The gate is tanh, which runs from -1 to 1; it must be sigmoid."""
    return x * tanh(x)


def silu__hard(x: Tensor) -> Tensor:
    """A straight ramp cut off at 0 and 1 stands in for the sigmoid (hard swish)."""
    return x * ((x + 3) / 6).clamp(0, 1)


def silu__clamped_input(x: Tensor) -> Tensor:
    """x is clamped to [-10, 10] to avoid overflow, which changes the result beyond."""
    near = x.clamp(-10, 10)
    return near / (1 + torch.exp(-near))


def silu__float32_inside(x: Tensor) -> Tensor:
    """The work is done in float32, which costs a float64 input half of its digits."""
    return silu(x.to(torch.float32)).to(x.dtype)


def silu__changes_its_argument(x: Tensor) -> Tensor:
    """The result is right, but it was written into x (*=), which belongs to the caller."""
    x *= sigmoid(x)
    return x


def silu__flat_view(x: Tensor) -> Tensor:
    """view(-1) fails for a transposed or strided tensor; reshape does not, and here neither is needed."""
    return silu(x.view(-1)).view(x.shape)


def silu__ones_on_the_cpu(x: Tensor) -> Tensor:
    """A tensor made inside is always on the CPU; it needs device=x.device to meet inputs from elsewhere."""
    return x / (torch.ones(x.shape, dtype=x.dtype) + torch.exp(-x))


# --- silu_backward ---------------------------------------------------------------------------------------


def silu_backward__gate_taken_for_a_constant(grad_out: Tensor, x: Tensor) -> Tensor:
    """Only the sigmoid is returned; it depends on x too, and its own slope is missing."""
    return grad_out * sigmoid(x)


def silu_backward__slope_of_the_gate_only(grad_out: Tensor, x: Tensor) -> Tensor:
    """Only x times the slope of the gate is returned; the gate itself is the other term."""
    s = sigmoid(x)
    return grad_out * x * s * (1 - s)


def silu_backward__gate_slope_not_times_x(grad_out: Tensor, x: Tensor) -> Tensor:
    """The slope of the gate must be multiplied by x before it is added."""
    s = sigmoid(x)
    return grad_out * (s + s * (1 - s))


def silu_backward__sign_of_the_second_term(grad_out: Tensor, x: Tensor) -> Tensor:
    """The term with x is subtracted; it must be added."""
    s = sigmoid(x)
    return grad_out * s * (1 - x * (1 - s))


def silu_backward__output_for_sigmoid(grad_out: Tensor, x: Tensor) -> Tensor:
    """The formula is right with s = sigmoid(x); here s is silu(x)."""
    s = silu(x)
    return grad_out * s * (1 + x * (1 - s))


def silu_backward__exponentials_overflow(grad_out: Tensor, x: Tensor) -> Tensor:
    """exp(x) stands above and below the line: for large x that is inf / inf, NaN."""
    grown = torch.exp(x)
    return grad_out * grown * (1 + x + grown) / (1 + grown) ** 2


def silu_backward__divides_by_x(grad_out: Tensor, x: Tensor) -> Tensor:
    """The sigmoid is taken as silu(x) / x: at 0 that is 0 / 0, NaN."""
    s = silu(x) / x
    return grad_out * s * (1 + x * (1 - s))


def silu_backward__ignores_grad_out(grad_out: Tensor, x: Tensor) -> Tensor:
    """The slope alone is returned; it must be multiplied by grad_out."""
    return silu_backward(torch.ones_like(x), x)


def silu_backward__measured(grad_out: Tensor, x: Tensor) -> Tensor:
    """The slope is measured by the difference of two points, which costs digits; worked out by hand it is exact."""
    wide, h = x.double(), 1e-5
    return (grad_out * (silu(wide + h) - silu(wide - h)) / (2 * h)).to(x.dtype)


def silu_backward__changes_grad_out(grad_out: Tensor, x: Tensor) -> Tensor:
    """The result is right, but it was written into grad_out, which belongs to the caller."""
    return grad_out.copy_(silu_backward(grad_out, x))


def silu_backward__ones_on_the_cpu(grad_out: Tensor, x: Tensor) -> Tensor:
    """A tensor made inside is always on the CPU; it needs device=x.device to meet inputs from elsewhere."""
    s = sigmoid(x)
    return grad_out * s * (1 + x * (torch.ones(x.shape, dtype=x.dtype) - s))


# --- leaky_relu ------------------------------------------------------------------------------------------


def leaky_relu__larger_of_the_two(x: Tensor, slope: float = 0.01) -> Tensor:
    """The larger of x and slope * x is right for a slope from 0 to 1 only; x must be compared with 0."""
    return torch.maximum(x, slope * x)


def leaky_relu__slope_ignored(x: Tensor, slope: float = 0.01) -> Tensor:
    """slope is never used; 0.01 is taken always."""
    return leaky_relu(x)


def leaky_relu__default_slope(x: Tensor, slope: float = 0.1) -> Tensor:
    """The default of slope is 0.1; it should be 0.01."""
    return leaky_relu(x, slope)


def leaky_relu__relu(x: Tensor, slope: float = 0.01) -> Tensor:
    """Entries below 0 become 0; they must be multiplied by slope."""
    return relu(x)


def leaky_relu__constant(x: Tensor, slope: float = 0.01) -> Tensor:
    """Entries below 0 become -slope, whatever they are; they must be multiplied by it."""
    return torch.where(x > 0, x, torch.full_like(x, -slope))


def leaky_relu__wrong_side(x: Tensor, slope: float = 0.01) -> Tensor:
    """The comparison is the wrong way round: the positive entries are multiplied."""
    return torch.where(x < 0, x, slope * x)


def leaky_relu__sign_turned(x: Tensor, slope: float = 0.01) -> Tensor:
    """Entries below 0 are turned around as well."""
    return torch.where(x > 0, x, slope * x.abs())


def leaky_relu__factors_in_float32(x: Tensor, slope: float = 0.01) -> Tensor:
    """torch.where of two numbers makes float32 factors, which costs a float64 input half of its digits."""
    return x * torch.where(x > 0, 1.0, slope)


def leaky_relu__changes_its_argument(x: Tensor, slope: float = 0.01) -> Tensor:
    """The product is written into x itself; a new tensor is wanted."""
    x[x < 0] *= slope
    return x


def leaky_relu__gives_its_argument_back(x: Tensor, slope: float = 0.01) -> Tensor:
    """x itself is returned for slope 1; who then changes the result changes x: a new tensor is wanted."""
    return x if slope == 1 else leaky_relu(x, slope)


def leaky_relu__flat_view(x: Tensor, slope: float = 0.01) -> Tensor:
    """view(-1) fails for a transposed or strided tensor; reshape does not, and here neither is needed."""
    return leaky_relu(x.view(-1), slope).view(x.shape)


def leaky_relu__zeros_on_the_cpu(x: Tensor, slope: float = 0.01) -> Tensor:
    """A tensor made inside is always on the CPU; it needs device=x.device to meet inputs from elsewhere."""
    zeros = torch.zeros(x.shape, dtype=x.dtype)
    return torch.maximum(x, zeros) + slope * torch.minimum(x, zeros)


# --- leaky_relu_backward ---------------------------------------------------------------------------------


def leaky_relu_backward__open_at_zero(grad_out: Tensor, x: Tensor, slope: float = 0.01) -> Tensor:
    """At exactly 0 the slope counts as `slope`; x >= 0 makes it 1."""
    return torch.where(x >= 0, grad_out, slope * grad_out)


def leaky_relu_backward__mean_at_zero(grad_out: Tensor, x: Tensor, slope: float = 0.01) -> Tensor:
    """At exactly 0 the slope counts as `slope`; here it is the mean of both sides."""
    sign = x.sign()
    return grad_out * ((1 + sign) + slope * (1 - sign)) / 2


def leaky_relu_backward__slope_ignored(grad_out: Tensor, x: Tensor, slope: float = 0.01) -> Tensor:
    """slope is never used; 0.01 is taken always."""
    return leaky_relu_backward(grad_out, x)


def leaky_relu_backward__default_slope(grad_out: Tensor, x: Tensor, slope: float = 0.1) -> Tensor:
    """The default of slope is 0.1; it should be 0.01."""
    return leaky_relu_backward(grad_out, x, slope)


def leaky_relu_backward__relu(grad_out: Tensor, x: Tensor, slope: float = 0.01) -> Tensor:
    """Nothing comes back where x is below 0; grad_out times slope must."""
    return relu_backward(grad_out, x)


def leaky_relu_backward__gate_looks_at_grad_out(grad_out: Tensor, x: Tensor, slope: float = 0.01) -> Tensor:
    """The gate looks at grad_out instead of x."""
    return leaky_relu(grad_out, slope)


def leaky_relu_backward__slope_alone(grad_out: Tensor, x: Tensor, slope: float = 0.01) -> Tensor:
    """Where x is below 0 the slope alone comes back; it must be multiplied by grad_out."""
    return torch.where(x > 0, grad_out, torch.full_like(x, slope))


def leaky_relu_backward__ignores_grad_out(grad_out: Tensor, x: Tensor, slope: float = 0.01) -> Tensor:
    """The slope alone is returned; it must be multiplied by grad_out."""
    return leaky_relu_backward(torch.ones_like(x), x, slope)


def leaky_relu_backward__multiplies_by_the_output(grad_out: Tensor, x: Tensor, slope: float = 0.01) -> Tensor:
    """grad_out is multiplied by the output; the slope of an open gate is 1, whatever x is."""
    return grad_out * leaky_relu(x, slope)


def leaky_relu_backward__factors_in_float32(grad_out: Tensor, x: Tensor, slope: float = 0.01) -> Tensor:
    """torch.where of two numbers makes float32 factors, which costs a float64 input half of its digits."""
    return grad_out * torch.where(x > 0, 1.0, slope)


def leaky_relu_backward__changes_grad_out(grad_out: Tensor, x: Tensor, slope: float = 0.01) -> Tensor:
    """The product is written into grad_out, which belongs to the caller."""
    grad_out[x <= 0] *= slope
    return grad_out


def leaky_relu_backward__ones_on_the_cpu(grad_out: Tensor, x: Tensor, slope: float = 0.01) -> Tensor:
    """A tensor made inside is always on the CPU; it needs device=x.device to meet inputs from elsewhere."""
    ones = torch.ones(x.shape, dtype=x.dtype)
    return grad_out * torch.where(x > 0, ones, slope * ones)


# --- law_softmax ------------------------------------------------------------------------------------------


def law_softmax__always_true(learner: Any, x: Tensor) -> bool:
    """It is True of everything, right or wrong."""
    learner.softmax(x)
    return True


def law_softmax__always_false(learner: Any, x: Tensor) -> bool:
    """It is False of everything, right or wrong."""
    learner.softmax(x)
    return False


def law_softmax__sums_only(learner: Any, x: Tensor) -> bool:
    """It asks for the sum alone, which equal shares have as well."""
    sums = learner.softmax(x).sum(-1)
    return torch.allclose(sums, torch.ones_like(sums))


def law_softmax__one_sum(learner: Any, x: Tensor) -> bool:
    """It asks for 1 as the sum of all entries, and rejects right answers of several rows."""
    return math.isclose(learner.softmax(x).sum(), 1.0, rel_tol=1e-6)


def law_softmax__order_only(learner: Any, x: Tensor) -> bool:
    """It asks for the sum and for the largest, and not how much larger it is."""
    shares = learner.softmax(x)
    sums = shares.sum(-1)
    largest = shares.gather(-1, x.argmax(-1, keepdim=True))
    return torch.allclose(sums, torch.ones_like(sums)) and bool((shares <= largest).all())


def law_softmax__shift_only(learner: Any, x: Tensor) -> bool:
    """It asks for the sum, and that nothing changes where all scores grow by 3; shares of powers of 2 keep both."""
    shares = learner.softmax(x)
    sums = shares.sum(-1)
    return torch.allclose(sums, torch.ones_like(sums)) and torch.allclose(shares, learner.softmax(x + 3))


def law_softmax__relation_only(learner: Any, x: Tensor) -> bool:
    """It compares shares with each other, and does not ask for their sum."""
    shares = learner.softmax(x)
    relation = (x - x.amax(-1, keepdim=True)).exp()
    return torch.allclose(shares, relation * shares.amax(-1, keepdim=True))


def law_softmax__quotients(learner: Any, x: Tensor) -> bool:
    """It divides by shares that may be 0, and rejects right answers to large scores."""
    shares = learner.softmax(x)
    sums = shares.sum(-1)
    quotients = shares / shares.amin(-1, keepdim=True)
    return torch.allclose(sums, torch.ones_like(sums)) and torch.allclose(
        quotients, (x - x.amin(-1, keepdim=True)).exp()
    )


def law_softmax__exact(learner: Any, x: Tensor) -> bool:
    """It compares with ==, and rejects right answers that were rounded otherwise."""
    return bool((learner.softmax(x) == softmax(x)).all())
