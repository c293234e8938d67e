"""Right answers to chapter 10, written in other ways; all checks must pass them."""

# ruff: noqa: F821 -- the solution's names are put beside these versions when a submission is assembled
from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

# --- choose_qparams ---------------------------------------------------------------------------------------


def choose_qparams__from_the_high_end(
    x_min: float, x_max: float, qmin: int = -128, qmax: int = 127
) -> tuple[float, int]:
    """The zero point counted down from the high end."""
    low, high = min(x_min, 0.0), max(x_max, 0.0)
    if low == high:
        return 1e-6, qmax
    scale = (high - low) / (qmax - qmin)
    return scale, round(qmax - high / scale)


def choose_qparams__floor_and_clamp(
    x_min: float, x_max: float, qmin: int = -128, qmax: int = 127
) -> tuple[float, int]:
    """Rounded by floor, and clamped to the ruler at the end."""
    if x_min > 0:
        x_min = 0.0
    if x_max < 0:
        x_max = 0.0
    width = float(x_max) - float(x_min)
    scale = width / float(qmax - qmin) if width > 0 else 0.5
    zero_point = qmin + math.floor(-x_min / scale + 0.5)
    return scale, int(max(qmin, min(qmax, zero_point)))


def choose_qparams__share_of_the_range(
    x_min: float, x_max: float, qmin: int = -128, qmax: int = 127
) -> tuple[float, int]:
    low, high = (0.0 if x_min > 0.0 else x_min), (0.0 if x_max < 0.0 else x_max)
    steps = qmax - qmin
    if high == low:
        return float(steps), (qmin + qmax) // 2
    return (high - low) / steps, qmin + round(steps * (-low / (high - low)))


def choose_qparams__tensors(
    x_min: float, x_max: float, qmin: int = -128, qmax: int = 127
) -> tuple[float, int]:
    ends = torch.tensor([x_min, x_max, 0.0], dtype=torch.float64)
    width = ends.max() - ends.min()
    scale = width / (qmax - qmin) if width > 0 else torch.ones((), dtype=torch.float64)
    return scale.item(), int(torch.round(qmin - ends.min() / scale).item())


# --- quantize ---------------------------------------------------------------------------------------------


def quantize__in_float64(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """Divided in float64; the steps are clipped before the zero point is added."""
    steps = torch.round(x.to(torch.float64) / scale)
    return torch.clip(steps, qmin - zero_point, qmax - zero_point).add(zero_point).to(torch.int8)


def quantize__where(x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127) -> Tensor:
    """Both ends by a choice, through int64."""
    codes = torch.round(torch.div(x, scale)) + zero_point
    codes = torch.where(codes > qmax, torch.full_like(codes, qmax), codes)
    codes = torch.where(codes < qmin, torch.full_like(codes, qmin), codes)
    return codes.to(torch.int64).to(torch.int8)


def quantize__times_the_inverse(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    codes = (x * (1 / scale)).round() + zero_point
    return torch.minimum(torch.maximum(codes, codes.new_tensor(qmin)), codes.new_tensor(qmax)).char()


def quantize__one_by_one(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    codes = [max(qmin, min(qmax, round(value / scale) + zero_point)) for value in x.flatten().tolist()]
    return torch.tensor(codes, dtype=torch.int8, device=x.device).reshape(x.shape)


def quantize__ties_by_hand(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    ratio = x / scale
    below = torch.floor(ratio)
    over = ratio - below
    up = (over > 0.5) | ((over == 0.5) & (below % 2 == 1))
    return (below + up + zero_point).clamp(min=qmin).clamp(max=qmax).to(torch.int8)


# --- dequantize -------------------------------------------------------------------------------------------


def dequantize__in_int32(q: Tensor, scale: float, zero_point: int) -> Tensor:
    """Subtracted in int32."""
    return (q.to(torch.int32) - zero_point).to(torch.float32) * scale


def dequantize__in_float64(q: Tensor, scale: float, zero_point: int) -> Tensor:
    """Worked out in float64, and rounded at the end."""
    return ((q.double() - zero_point) * scale).float()


def dequantize__table(q: Tensor, scale: float, zero_point: int) -> Tensor:
    marks = (torch.arange(-128, 128, device=q.device, dtype=torch.float32) - zero_point) * scale
    return marks[q.long() + 128]


# --- quantize_per_channel ---------------------------------------------------------------------------------


def quantize_per_channel__rows(w: Tensor, axis: int) -> tuple[Tensor, Tensor, Tensor]:
    """A row for each channel, its ends found by Python's min and max."""
    rows = w.transpose(0, axis).reshape(w.shape[axis], -1)
    rulers = [choose_qparams(min(row), max(row)) for row in rows.tolist()]
    q = torch.empty_like(w, dtype=torch.int8)
    for c, (scale, zero_point) in enumerate(rulers):
        q.select(axis, c).copy_(quantize(w.select(axis, c), scale, zero_point))
    scales = torch.tensor([scale for scale, _ in rulers], dtype=w.dtype, device=w.device)
    return q, scales, torch.tensor([zero_point for _, zero_point in rulers], device=w.device)


def quantize_per_channel__vectorised(w: Tensor, axis: int) -> tuple[Tensor, Tensor, Tensor]:
    """All channels at once, without a loop over them and without quantize."""
    others = [d for d in range(w.ndim) if d != axis % w.ndim]
    low, high = w, w
    for d in others:
        low, high = low.amin(d, keepdim=True), high.amax(d, keepdim=True)
    low, high = low.clamp(max=0.0), high.clamp(min=0.0)
    scale = (high - low) / 255
    scale = torch.where(scale > 0, scale, torch.ones_like(scale))
    zero_point = torch.round(-128 - low / scale)
    q = (torch.round(w / scale) + zero_point).clamp(-128, 127).to(torch.int8)
    return q, scale.flatten(), zero_point.flatten().long()


def quantize_per_channel__unbind(w: Tensor, axis: int) -> tuple[Tensor, Tensor, Tensor]:
    parts, scales, zero_points = [], [], []
    for part in torch.unbind(w, axis):
        scale, zero_point = choose_qparams(float(part.min()), float(part.max()))
        zero_points.append(zero_point)
        scales.append(torch.full((), scale, dtype=w.dtype, device=w.device))
        parts.append(quantize(part, scale, zero_point))
    return torch.stack(parts, dim=axis), torch.stack(scales), torch.tensor(zero_points, device=w.device)


# --- fake_quantize ----------------------------------------------------------------------------------------


def fake_quantize__ends_of_the_ruler(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """The steps are clamped to the ends of the ruler, so the zero point is never added."""
    return torch.clamp(torch.round(x / scale), qmin - zero_point, qmax - zero_point) * scale


def fake_quantize__whole_numbers(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """Whole numbers of type int64 in between."""
    steps = torch.round((x / scale).clamp(-1e6, 1e6)).to(torch.int64)
    codes = (steps + zero_point).clamp(qmin, qmax)
    return (codes - zero_point).to(x.dtype) * scale


def fake_quantize__where(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    low, high = (qmin - zero_point) * scale, (qmax - zero_point) * scale
    marks = torch.round(x / scale) * scale
    marks = torch.where(marks > high, torch.full_like(x, high), marks)
    return torch.where(marks < low, torch.full_like(x, low), marks)


# --- fake_quantize_backward -------------------------------------------------------------------------------


def fake_quantize_backward__where(
    grad_out: Tensor, x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """A choice between grad_out and 0."""
    codes = torch.round(x / scale) + zero_point
    outside = (codes < qmin) | (codes > qmax)
    return torch.where(outside, torch.zeros_like(grad_out), grad_out)


def fake_quantize_backward__unchanged_by_the_ends(
    grad_out: Tensor, x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """A step lies inside if clamping leaves it as it is."""
    steps = torch.round(x / scale)
    inside = steps == steps.clamp(qmin - zero_point, qmax - zero_point)
    return inside.to(grad_out.dtype) * grad_out


def fake_quantize_backward__masked_fill(
    grad_out: Tensor, x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    steps = torch.round(x / scale)
    grad = grad_out.masked_fill(steps > qmax - zero_point, 0.0)
    return grad.masked_fill(steps < qmin - zero_point, 0.0)


# --- quantized_linear -------------------------------------------------------------------------------------


def quantized_linear__one_by_one(
    x_q: Tensor,
    x_scale: float,
    x_zero_point: int,
    w_q: Tensor,
    w_scale: float,
    w_zero_point: int,
    bias: Tensor,
) -> Tensor:
    """One output after the other, summed up in int32."""
    columns = []
    for row, b in zip(w_q.to(torch.int32) - w_zero_point, bias, strict=True):
        sums = ((x_q.to(torch.int32) - x_zero_point) * row).sum(1).to(torch.float32)
        columns.append(sums * x_scale * w_scale + b)
    return torch.stack(columns, dim=1)


def quantized_linear__float64_is_exact_too(
    x_q: Tensor,
    x_scale: float,
    x_zero_point: int,
    w_q: Tensor,
    w_scale: float,
    w_zero_point: int,
    bias: Tensor,
) -> Tensor:
    """In float64, which holds these sums exactly as well."""
    x, w = x_q.to(torch.float64) - x_zero_point, w_q.to(torch.float64) - w_zero_point
    return (torch.einsum("nd,hd->nh", x, w) * (x_scale * w_scale) + bias).to(torch.float32)


def quantized_linear__multiplied_out(
    x_q: Tensor,
    x_scale: float,
    x_zero_point: int,
    w_q: Tensor,
    w_scale: float,
    w_zero_point: int,
    bias: Tensor,
) -> Tensor:
    x, w = x_q.long(), w_q.long()
    sums = (x.unsqueeze(1) * w.unsqueeze(0)).sum(-1)
    sums = sums - w_zero_point * x.sum(1, keepdim=True) - x_zero_point * w.sum(1)
    sums = sums + x.shape[1] * x_zero_point * w_zero_point
    return bias + (x_scale * w_scale) * sums.float()


def quantized_linear__integer_matmul(
    x_q: Tensor,
    x_scale: float,
    x_zero_point: int,
    w_q: Tensor,
    w_scale: float,
    w_zero_point: int,
    bias: Tensor,
) -> Tensor:
    sums = (x_q.int() - x_zero_point) @ (w_q.int() - w_zero_point).T
    return sums.float().mul(x_scale).mul(w_scale).add(bias)


# --- law_round_trip ---------------------------------------------------------------------------------------


def law_round_trip__number_by_number(learner: Any, x: Tensor, bits: int) -> bool:
    """Python numbers, one after the other."""
    before, after = x.tolist(), learner.round_trip(x, bits).tolist()
    width = max(0.0, *before) - min(0.0, *before)
    for old, new in zip(before, after):
        if abs(new - old) > 0.5005 * width / (2**bits - 1) or (old == 0 and new != 0):
            return False
    return len(before) == len(after) and len(set(after)) <= 2**bits


def law_round_trip__in_steps(learner: Any, x: Tensor, bits: int) -> bool:
    """Measured in steps, no error is more than a half; few numbers, and 0 among them."""
    marks = 2**bits - 1
    step = (x.amax() - x.amin()) / marks
    back = learner.round_trip(x, bits)
    few = len(set(back.tolist())) <= marks + 1
    return few and bool((back / step - x / step).abs().max() < 0.5 + 1e-6) and not back[x == 0].any()


def law_round_trip__asserts(learner: Any, x: Tensor, bits: int) -> bool:
    """An error where the law is broken, and True at the end."""
    back = learner.round_trip(x, bits)
    assert back.shape == x.shape
    assert not bool(back[x == 0].any())
    assert torch.unique(back).shape[0] <= 1 << bits
    low, high = min(x.min().item(), 0), max(x.max().item(), 0)
    assert (back - x).abs().max().item() * 2 * ((1 << bits) - 1) <= (high - low) * 1.0005
    return True
