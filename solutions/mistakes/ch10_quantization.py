"""Known wrong versions of chapter 10; each docstring is what a teacher would say about it."""

# ruff: noqa: F821 -- the solution's names are put beside these versions when a submission is assembled

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

# --- choose_qparams ---------------------------------------------------------------------------------------


def choose_qparams__range_not_stretched(
    x_min: float, x_max: float, qmin: int = -128, qmax: int = 127
) -> tuple[float, int]:
    """The range is not stretched to hold 0, so the zero point may lie outside the codes."""
    scale = (x_max - x_min) / (qmax - qmin) or 1.0
    return scale, round(qmin - x_min / scale)


def choose_qparams__zero_point_cut_off(
    x_min: float, x_max: float, qmin: int = -128, qmax: int = 127
) -> tuple[float, int]:
    """The range is not stretched to hold 0; the zero point is cut off instead, and part of the range is lost."""
    scale = (x_max - x_min) / (qmax - qmin) or 1.0
    return scale, max(qmin, min(qmax, round(qmin - x_min / scale)))


def choose_qparams__only_low_end_stretched(
    x_min: float, x_max: float, qmin: int = -128, qmax: int = 127
) -> tuple[float, int]:
    """Only the low end is stretched to 0; a range of negative numbers still leaves 0 outside."""
    low = min(x_min, 0.0)
    scale = (x_max - low) / (qmax - qmin) or 1.0
    return scale, round(qmin - low / scale)


def choose_qparams__only_high_end_stretched(
    x_min: float, x_max: float, qmin: int = -128, qmax: int = 127
) -> tuple[float, int]:
    """Only the high end is stretched to 0; a range of positive numbers still leaves 0 outside."""
    high = max(x_max, 0.0)
    scale = (high - x_min) / (qmax - qmin) or 1.0
    return scale, round(qmin - x_min / scale)


def choose_qparams__counts_marks(
    x_min: float, x_max: float, qmin: int = -128, qmax: int = 127
) -> tuple[float, int]:
    """The range is divided by the number of marks; between n marks there are n - 1 steps."""
    low, high = min(x_min, 0.0), max(x_max, 0.0)
    scale = (high - low) / (qmax - qmin + 1) or 1.0
    return scale, min(qmax, round(qmin - low / scale))


def choose_qparams__zero_point_not_rounded(
    x_min: float, x_max: float, qmin: int = -128, qmax: int = 127
) -> tuple[float, int]:
    """The zero point is not rounded to a whole number, so 0 has no code of its own."""
    low, high = min(x_min, 0.0), max(x_max, 0.0)
    scale = (high - low) / (qmax - qmin) or 1.0
    return scale, qmin - low / scale


def choose_qparams__zero_point_truncated(
    x_min: float, x_max: float, qmin: int = -128, qmax: int = 127
) -> tuple[float, int]:
    """int() cuts the zero point's fraction off; it must go to the nearest whole number."""
    low, high = min(x_min, 0.0), max(x_max, 0.0)
    scale = (high - low) / (qmax - qmin) or 1.0
    return scale, int(qmin - low / scale)


def choose_qparams__zero_point_sign(
    x_min: float, x_max: float, qmin: int = -128, qmax: int = 127
) -> tuple[float, int]:
    """The sign in the zero point is wrong: x_min / scale is subtracted from qmin."""
    low, high = min(x_min, 0.0), max(x_max, 0.0)
    scale = (high - low) / (qmax - qmin) or 1.0
    return scale, round(qmin + low / scale)


def choose_qparams__zero_point_from_zero(
    x_min: float, x_max: float, qmin: int = -128, qmax: int = 127
) -> tuple[float, int]:
    """The zero point is counted from 0, not from qmin."""
    low, high = min(x_min, 0.0), max(x_max, 0.0)
    scale = (high - low) / (qmax - qmin) or 1.0
    return scale, round(-low / scale)


def choose_qparams__codes_hard_coded(
    x_min: float, x_max: float, qmin: int = -128, qmax: int = 127
) -> tuple[float, int]:
    """qmin and qmax are ignored; the codes are always -128 to 127."""
    low, high = min(x_min, 0.0), max(x_max, 0.0)
    scale = (high - low) / 255 or 1.0
    return scale, round(-128 - low / scale)


def choose_qparams__symmetric(
    x_min: float, x_max: float, qmin: int = -128, qmax: int = 127
) -> tuple[float, int]:
    """The zero point is always 0: that is the symmetric scheme, which wastes codes on a one-sided range."""
    largest = max(abs(x_min), abs(x_max))
    return largest / max(-qmin, qmax) or 1.0, 0


def choose_qparams__divides_by_zero(
    x_min: float, x_max: float, qmin: int = -128, qmax: int = 127
) -> tuple[float, int]:
    """A range of zeros has no width, and dividing by a scale of 0 fails."""
    low, high = min(x_min, 0.0), max(x_max, 0.0)
    scale = (high - low) / (qmax - qmin)
    return scale, round(qmin - low / scale)


def choose_qparams__scale_zero(
    x_min: float, x_max: float, qmin: int = -128, qmax: int = 127
) -> tuple[float, int]:
    """A range of zeros gets the scale 0; a scale is above 0."""
    low, high = min(x_min, 0.0), max(x_max, 0.0)
    if low == high:
        return 0.0, qmin
    return choose_qparams(x_min, x_max, qmin, qmax)


def choose_qparams__constant_range(
    x_min: float, x_max: float, qmin: int = -128, qmax: int = 127
) -> tuple[float, int]:
    """A constant tensor is treated as one without a range; it has one, from 0 to the constant."""
    if x_min == x_max:
        return 1.0, qmin
    return choose_qparams(x_min, x_max, qmin, qmax)


def choose_qparams__float32(
    x_min: float, x_max: float, qmin: int = -128, qmax: int = 127
) -> tuple[float, int]:
    """The scale is computed in float32; Python's floats have twice the digits."""
    scale, zero_point = choose_qparams(x_min, x_max, qmin, qmax)
    return torch.tensor(scale, dtype=torch.float32).item(), zero_point


def choose_qparams__smallest_scale(
    x_min: float, x_max: float, qmin: int = -128, qmax: int = 127
) -> tuple[float, int]:
    """No scale below 1e-8 is given; small numbers then share a few marks. Only a range of zeros needs help."""
    low, high = min(x_min, 0.0), max(x_max, 0.0)
    scale = max((high - low) / (qmax - qmin), 1e-8)
    return scale, round(qmin - low / scale)


def choose_qparams__zero_point_0_for_zeros(
    x_min: float, x_max: float, qmin: int = -128, qmax: int = 127
) -> tuple[float, int]:
    """A range of zeros gets the zero point 0, which need not be one of the codes."""
    if x_min == x_max == 0.0:
        return 1.0, 0
    return choose_qparams(x_min, x_max, qmin, qmax)


# --- quantize ---------------------------------------------------------------------------------------------


def quantize__wraps(x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127) -> Tensor:
    """Numbers beyond the ends are not cut off; stored in one byte, they wrap around."""
    return (torch.round(x / scale) + zero_point).clamp(-(2.0**62), 2.0**62).to(torch.int64).to(torch.int8)


def quantize__cut_off_after_the_byte(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """The codes become one-byte integers before they are cut off: they have wrapped already."""
    codes = (torch.round(x / scale) + zero_point).clamp(-(2.0**62), 2.0**62).to(torch.int64).to(torch.int8)
    return codes.clamp(qmin, qmax)


def quantize__cut_off_after_int64(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """The codes become 64-bit integers before they are cut off; a huge number does not fit even there."""
    return (torch.round(x / scale).to(torch.int64) + zero_point).clamp(qmin, qmax).to(torch.int8)


def quantize__cut_off_before_the_zero_point(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """The rounded number is cut off before the zero point is added; it is the code that must stay in range."""
    return (torch.round(x / scale).clamp(qmin, qmax) + zero_point).to(torch.int64).to(torch.int8)


def quantize__zero_point_before_rounding(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """The zero point is added before rounding; with an odd one, ties go the other way."""
    return torch.round(x / scale + zero_point).clamp(qmin, qmax).to(torch.int8)


def quantize__ties_up(x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127) -> Tensor:
    """Ties always go up: floor(x + 0.5) is not rounding to even."""
    return (torch.floor(x / scale + 0.5) + zero_point).clamp(qmin, qmax).to(torch.int8)


def quantize__ties_away(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """Ties go away from 0; they should go to the even neighbour."""
    codes = torch.sign(x) * torch.floor(torch.abs(x / scale) + 0.5) + zero_point
    return codes.clamp(qmin, qmax).to(torch.int8)


def quantize__truncates(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """Fractions are cut off; the nearest mark is found by rounding."""
    return (torch.trunc(x / scale) + zero_point).clamp(qmin, qmax).to(torch.int8)


def quantize__range_hard_coded(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """qmin and qmax are ignored; codes are always cut off at -128 and 127."""
    return (torch.round(x / scale) + zero_point).clamp(-128, 127).to(torch.int8)


def quantize__zero_point_subtracted(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """The zero point is subtracted; it is added here and subtracted on the way back."""
    return (torch.round(x / scale) - zero_point).clamp(qmin, qmax).to(torch.int8)


def quantize__multiplies(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """The numbers are multiplied by the scale instead of divided."""
    return (torch.round(x * scale) + zero_point).clamp(qmin, qmax).to(torch.int8)


def quantize__int32(x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127) -> Tensor:
    """The codes are stored in four bytes each; int8 is the point of it."""
    return quantize(x, scale, zero_point, qmin, qmax).to(torch.int32)


def quantize__stays_float(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """The codes are still floats."""
    return (torch.round(x / scale) + zero_point).clamp(qmin, qmax)


def quantize__in_float32(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """float64 numbers are rounded to float32 first, and some end up on the wrong side of a tie."""
    return quantize(x.to(torch.float32), scale, zero_point, qmin, qmax)


def quantize__inverse_in_float32(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """1 / scale is rounded to float32, as torch does; in float64 some numbers get the wrong mark."""
    inverse = torch.full((), 1 / scale, dtype=torch.float32, device=x.device).to(x.dtype)
    return (torch.round(x * inverse) + zero_point).clamp(qmin, qmax).to(torch.int8)


def quantize__in_place(x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127) -> Tensor:
    """x itself is divided by the scale; the caller's tensor must stay as it is."""
    x /= scale
    return (torch.round(x) + zero_point).clamp(qmin, qmax).to(torch.int8)


def quantize__ends_on_the_cpu(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """The ends of the range are tensors made on the CPU, wherever x is."""
    codes = torch.round(x / scale) + zero_point
    low, high = torch.full(x.shape, float(qmin)), torch.full(x.shape, float(qmax))
    return torch.minimum(torch.maximum(codes, low), high).to(torch.int8)


# --- dequantize -------------------------------------------------------------------------------------------


def dequantize__subtracts_in_int8(q: Tensor, scale: float, zero_point: int) -> Tensor:
    """The zero point is subtracted in one byte, where 127 - (-128) is -1."""
    return (q - zero_point).to(torch.float32) * scale


def dequantize__zero_point_added(q: Tensor, scale: float, zero_point: int) -> Tensor:
    """The zero point is added; on the way back it is subtracted."""
    return (q.to(torch.float32) + zero_point) * scale


def dequantize__zero_point_after_the_scale(q: Tensor, scale: float, zero_point: int) -> Tensor:
    """The zero point is a code, so it is subtracted before the scale is applied."""
    return q.to(torch.float32) * scale - zero_point


def dequantize__no_zero_point(q: Tensor, scale: float, zero_point: int) -> Tensor:
    """The zero point is left out."""
    return q.to(torch.float32) * scale


def dequantize__scale_before_the_subtraction(q: Tensor, scale: float, zero_point: int) -> Tensor:
    """The scale is applied before the subtraction; both terms are rounded, and 0 does not come back as exactly 0."""
    return q.to(torch.float32) * scale - zero_point * scale


def dequantize__divides(q: Tensor, scale: float, zero_point: int) -> Tensor:
    """The codes are divided by the scale instead of multiplied."""
    return (q.to(torch.float32) - zero_point) / scale


def dequantize__float64(q: Tensor, scale: float, zero_point: int) -> Tensor:
    """The result is float64; it should be float32."""
    return (q.to(torch.float64) - zero_point) * scale


def dequantize__no_negative_codes(q: Tensor, scale: float, zero_point: int) -> Tensor:
    """The codes are read as unsigned bytes; negative ones come out 256 too large."""
    return (torch.where(q < 0, q.to(torch.float32) + 256.0, q.to(torch.float32)) - zero_point) * scale


def dequantize__table_on_the_cpu(q: Tensor, scale: float, zero_point: int) -> Tensor:
    """The codes are looked up in a table made on the CPU, wherever q is."""
    return ((torch.arange(-128, 128) - zero_point) * scale)[q.to(torch.int64) + 128]


# --- quantize_per_channel ---------------------------------------------------------------------------------


def _by_channel(w, axis, rulers):
    """Quantize channel c along axis by rulers[c]."""
    pairs = zip(w.movedim(axis, 0), rulers)
    codes = torch.stack([quantize(channel, scale, zero_point) for channel, (scale, zero_point) in pairs])
    scales = torch.tensor([scale for scale, _ in rulers], dtype=w.dtype, device=w.device)
    return codes.movedim(0, axis), scales, torch.tensor([z for _, z in rulers], device=w.device)


def _ruler(values):
    return choose_qparams(values.min().item(), values.max().item())


def quantize_per_channel__reduces_over_axis(w: Tensor, axis: int) -> tuple[Tensor, Tensor, Tensor]:
    """The extremes are taken over axis itself; axis is the one that stays."""
    other = 1 - axis % w.ndim if w.ndim == 2 else axis
    return _by_channel(w, other, [_ruler(channel) for channel in w.movedim(other, 0)])


def quantize_per_channel__one_ruler(w: Tensor, axis: int) -> tuple[Tensor, Tensor, Tensor]:
    """All channels share the scale and zero point of the whole tensor."""
    return _by_channel(w, axis, [_ruler(w)] * w.shape[axis])


def quantize_per_channel__always_axis_0(w: Tensor, axis: int) -> tuple[Tensor, Tensor, Tensor]:
    """axis is ignored; the channels are always those of the first axis."""
    return quantize_per_channel(w, 0)


def quantize_per_channel__always_last_axis(w: Tensor, axis: int) -> tuple[Tensor, Tensor, Tensor]:
    """axis is ignored; the channels are always those of the last axis."""
    return quantize_per_channel(w, -1)


def quantize_per_channel__no_negative_axis(w: Tensor, axis: int) -> tuple[Tensor, Tensor, Tensor]:
    """A negative axis is not counted from the end: the extremes are taken over all axes."""
    if axis < 0:
        return _by_channel(w, axis, [_ruler(w)] * w.shape[axis])
    return quantize_per_channel(w, axis)


def quantize_per_channel__channels_moved_to_front(w: Tensor, axis: int) -> tuple[Tensor, Tensor, Tensor]:
    """The codes come back with the channels as the first axis; they need the shape of w."""
    codes, scales, zero_points = quantize_per_channel(w, axis)
    return codes.movedim(axis, 0), scales, zero_points


def quantize_per_channel__symmetric(w: Tensor, axis: int) -> tuple[Tensor, Tensor, Tensor]:
    """The zero points are all 0: a channel of one sign wastes half of its codes."""
    rulers = [(channel.abs().max().item() / 127 or 1.0, 0) for channel in w.movedim(axis, 0)]
    return _by_channel(w, axis, rulers)


def quantize_per_channel__not_stretched(w: Tensor, axis: int) -> tuple[Tensor, Tensor, Tensor]:
    """The ranges of the channels are not stretched to hold 0."""
    rulers = []
    for channel in w.movedim(axis, 0):
        low, high = channel.min().item(), channel.max().item()
        scale = (high - low) / 255 or 1.0
        rulers.append((scale, max(-128, min(127, round(-128 - low / scale)))))
    return _by_channel(w, axis, rulers)


def quantize_per_channel__float32_scales(w: Tensor, axis: int) -> tuple[Tensor, Tensor, Tensor]:
    """The scales are float32 even when w is float64."""
    codes, scales, zero_points = quantize_per_channel(w, axis)
    return codes, scales.to(torch.float32), zero_points


def quantize_per_channel__float_zero_points(w: Tensor, axis: int) -> tuple[Tensor, Tensor, Tensor]:
    """The zero points are floats; they are codes, so whole numbers."""
    codes, scales, zero_points = quantize_per_channel(w, axis)
    return codes, scales, zero_points.to(w.dtype)


def quantize_per_channel__matrices_only(w: Tensor, axis: int) -> tuple[Tensor, Tensor, Tensor]:
    """It works for matrices only: of a third axis each slice is treated as a channel of its own."""
    if w.ndim <= 2:
        return quantize_per_channel(w, axis)
    rows = w.movedim(axis, 0)
    rulers = [_ruler(row[0]) for row in rows]
    return _by_channel(w, axis, rulers)


def quantize_per_channel__smallest_scale(w: Tensor, axis: int) -> tuple[Tensor, Tensor, Tensor]:
    """No channel gets a scale below 1e-8; small weights then share a few marks."""
    rulers = []
    for channel in w.movedim(axis, 0):
        low, high = min(channel.min().item(), 0.0), max(channel.max().item(), 0.0)
        scale = max((high - low) / 255, 1e-8)
        rulers.append((scale, round(-128 - low / scale)))
    return _by_channel(w, axis, rulers)


# --- fake_quantize ----------------------------------------------------------------------------------------


def fake_quantize__always_float32(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """It goes through dequantize, so a float64 input comes back as float32."""
    codes = (torch.round(x / scale) + zero_point).clamp(qmin, qmax)
    return (codes.to(torch.float32) - zero_point) * scale


def fake_quantize__never_saturates(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """The codes are not cut off, so no number saturates."""
    return torch.round(x / scale) * scale


def fake_quantize__range_hard_coded(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """qmin and qmax are ignored; codes are always cut off at -128 and 127."""
    return fake_quantize(x, scale, zero_point)


def fake_quantize__cuts_numbers_off(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """The numbers are cut off at qmin and qmax; it is their codes that lie between them."""
    return torch.round(x.clamp(qmin, qmax) / scale) * scale


def fake_quantize__zero_point_left_in(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """The zero point is added but not subtracted again."""
    return (torch.round(x / scale) + zero_point).clamp(qmin, qmax) * scale


def fake_quantize__zero_point_ignored(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """The zero point is left out altogether; it decides where the ruler ends."""
    return torch.round(x / scale).clamp(qmin, qmax) * scale


def fake_quantize__floor(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """Numbers go to the mark below; they should go to the nearest."""
    return ((torch.floor(x / scale) + zero_point).clamp(qmin, qmax) - zero_point) * scale


def fake_quantize__ties_up(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """Ties always go up; they should go to the even neighbour, as in quantize."""
    return ((torch.floor(x / scale + 0.5) + zero_point).clamp(qmin, qmax) - zero_point) * scale


def fake_quantize__zero_point_before_rounding(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """The zero point is added before rounding; with an odd one, ties go the other way."""
    return (torch.round(x / scale + zero_point).clamp(qmin, qmax) - zero_point) * scale


def fake_quantize__scale_before_the_subtraction(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """The scale is applied before the subtraction; both terms are rounded, and 0 does not stay exactly 0."""
    return (torch.round(x / scale) + zero_point).clamp(qmin, qmax) * scale - zero_point * scale


def fake_quantize__cut_off_after_int32(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """The codes become integers before they are cut off; a huge number does not fit there."""
    codes = (torch.round(x / scale).to(torch.int32) + zero_point).clamp(qmin, qmax)
    return (codes - zero_point).to(x.dtype) * scale


def fake_quantize__only_cuts_off(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """The numbers are cut off at the ends but not rounded."""
    return x.clamp((qmin - zero_point) * scale, (qmax - zero_point) * scale)


def fake_quantize__in_place(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """x itself is changed; the caller's tensor must stay as it is."""
    x.copy_(fake_quantize(x, scale, zero_point, qmin, qmax))
    return x


def fake_quantize__int8_codes(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """The codes are stored in int8 on the way; other ranges of codes wrap around."""
    codes = (torch.round(x / scale) + zero_point).clamp(qmin, qmax).to(torch.int64).to(torch.int8)
    return (codes.to(x.dtype) - zero_point) * scale


def fake_quantize__ends_on_the_cpu(
    x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """The ends of the range are tensors made on the CPU, wherever x is."""
    codes = torch.round(x / scale) + zero_point
    low = torch.full(x.shape, qmin, dtype=x.dtype)
    high = torch.full(x.shape, qmax, dtype=x.dtype)
    return (torch.minimum(torch.maximum(codes, low), high) - zero_point) * scale


# --- fake_quantize_backward -------------------------------------------------------------------------------


def fake_quantize_backward__passes_everything(
    grad_out: Tensor, x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """The gradient passes everywhere; where x saturates, it must be 0."""
    return grad_out.clone()


def fake_quantize_backward__true_derivative(
    grad_out: Tensor, x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """This is the true derivative of a staircase, 0 everywhere; nothing would ever learn."""
    return torch.zeros_like(grad_out)


def fake_quantize_backward__ends_left_out(
    grad_out: Tensor, x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """Strict comparisons leave out the first and the last mark; both belong to the range."""
    codes = torch.round(x / scale) + zero_point
    return grad_out * ((codes > qmin) & (codes < qmax))


def fake_quantize_backward__low_end_forgotten(
    grad_out: Tensor, x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """Only the high end stops the gradient."""
    return grad_out * (torch.round(x / scale) + zero_point <= qmax)


def fake_quantize_backward__high_end_forgotten(
    grad_out: Tensor, x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """Only the low end stops the gradient."""
    return grad_out * (torch.round(x / scale) + zero_point >= qmin)


def fake_quantize_backward__compares_marks(
    grad_out: Tensor, x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """x is compared with the outermost marks; its rounded code is what counts, so half a step more is inside."""
    low, high = (qmin - zero_point) * scale, (qmax - zero_point) * scale
    return grad_out * ((x >= low) & (x <= high))


def fake_quantize_backward__compares_numbers(
    grad_out: Tensor, x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """x itself is compared with qmin and qmax; those are codes."""
    return grad_out * ((x >= qmin) & (x <= qmax))


def fake_quantize_backward__zero_point_ignored(
    grad_out: Tensor, x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """The zero point is left out of the codes that are compared."""
    codes = torch.round(x / scale)
    return grad_out * ((codes >= qmin) & (codes <= qmax))


def fake_quantize_backward__times_scale(
    grad_out: Tensor, x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """The gradient is multiplied by the scale; the division by it, inside the rounding, cancels that."""
    return fake_quantize_backward(grad_out, x, scale, zero_point, qmin, qmax) * scale


def fake_quantize_backward__range_hard_coded(
    grad_out: Tensor, x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """qmin and qmax are ignored; the range is always -128 to 127."""
    return fake_quantize_backward(grad_out, x, scale, zero_point)


def fake_quantize_backward__gradient_cut_off(
    grad_out: Tensor, x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """The gradient is cut off at the ends of the ruler; only x decides, and grad_out keeps its size."""
    low, high = (qmin - zero_point) * scale, (qmax - zero_point) * scale
    return fake_quantize_backward(grad_out.clamp(low, high), x, scale, zero_point, qmin, qmax)


def fake_quantize_backward__float32(
    grad_out: Tensor, x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """The gradient comes back as float32 even when x is float64."""
    return fake_quantize_backward(grad_out, x, scale, zero_point, qmin, qmax).to(torch.float32)


def fake_quantize_backward__zeros_on_the_cpu(
    grad_out: Tensor, x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """The zeros for the outside are made on the CPU, wherever x is."""
    codes = torch.round(x / scale) + zero_point
    return torch.where((codes >= qmin) & (codes <= qmax), grad_out, torch.zeros(x.shape, dtype=x.dtype))


# --- quantized_linear -------------------------------------------------------------------------------------


def quantized_linear__subtracts_in_int8(
    x_q: Tensor,
    x_scale: float,
    x_zero_point: int,
    w_q: Tensor,
    w_scale: float,
    w_zero_point: int,
    bias: Tensor,
) -> Tensor:
    """The zero points are subtracted in one byte, where the difference wraps around."""
    x, w = (x_q - x_zero_point).to(torch.int64), (w_q - w_zero_point).to(torch.int64)
    return (x[:, None] * w).sum(2) * (x_scale * w_scale) + bias


def quantized_linear__products_in_int16(
    x_q: Tensor,
    x_scale: float,
    x_zero_point: int,
    w_q: Tensor,
    w_scale: float,
    w_zero_point: int,
    bias: Tensor,
) -> Tensor:
    """The products are kept in two bytes; 255 * 255 is too large for them."""
    x, w = x_q.to(torch.int16) - x_zero_point, w_q.to(torch.int16) - w_zero_point
    return (x[:, None] * w).sum(2) * (x_scale * w_scale) + bias


def quantized_linear__sums_in_int16(
    x_q: Tensor,
    x_scale: float,
    x_zero_point: int,
    w_q: Tensor,
    w_scale: float,
    w_zero_point: int,
    bias: Tensor,
) -> Tensor:
    """The sums are kept in two bytes and wrap around."""
    x, w = x_q.to(torch.int64) - x_zero_point, w_q.to(torch.int64) - w_zero_point
    return (x[:, None] * w).sum(2).to(torch.int16) * (x_scale * w_scale) + bias


def quantized_linear__sums_in_float32(
    x_q: Tensor,
    x_scale: float,
    x_zero_point: int,
    w_q: Tensor,
    w_scale: float,
    w_zero_point: int,
    bias: Tensor,
) -> Tensor:
    """The sums are kept in float32, which is exact only up to 16,777,216."""
    x, w = x_q.to(torch.float32) - x_zero_point, w_q.to(torch.float32) - w_zero_point
    return x @ w.T * (x_scale * w_scale) + bias


def quantized_linear__products_in_float32(
    x_q: Tensor,
    x_scale: float,
    x_zero_point: int,
    w_q: Tensor,
    w_scale: float,
    w_zero_point: int,
    bias: Tensor,
) -> Tensor:
    """The products are summed up in float32, which is exact only up to 16,777,216."""
    x, w = x_q.to(torch.float32) - x_zero_point, w_q.to(torch.float32) - w_zero_point
    return (x[:, None] * w).sum(2) * (x_scale * w_scale) + bias


def quantized_linear__dequantizes_first(
    x_q: Tensor,
    x_scale: float,
    x_zero_point: int,
    w_q: Tensor,
    w_scale: float,
    w_zero_point: int,
    bias: Tensor,
) -> Tensor:
    """Inputs and weights are turned back into floats first; the sum must be one of integers."""
    return dequantize(x_q, x_scale, x_zero_point) @ dequantize(w_q, w_scale, w_zero_point).T + bias


def quantized_linear__no_zero_points(
    x_q: Tensor,
    x_scale: float,
    x_zero_point: int,
    w_q: Tensor,
    w_scale: float,
    w_zero_point: int,
    bias: Tensor,
) -> Tensor:
    """Both zero points are left out."""
    sums = (x_q.to(torch.int64)[:, None] * w_q.to(torch.int64)).sum(2)
    return sums * (x_scale * w_scale) + bias


def quantized_linear__no_weight_zero_point(
    x_q: Tensor,
    x_scale: float,
    x_zero_point: int,
    w_q: Tensor,
    w_scale: float,
    w_zero_point: int,
    bias: Tensor,
) -> Tensor:
    """The zero point of the weights is left out."""
    sums = ((x_q.to(torch.int64) - x_zero_point)[:, None] * w_q.to(torch.int64)).sum(2)
    return sums * (x_scale * w_scale) + bias


def quantized_linear__no_input_zero_point(
    x_q: Tensor,
    x_scale: float,
    x_zero_point: int,
    w_q: Tensor,
    w_scale: float,
    w_zero_point: int,
    bias: Tensor,
) -> Tensor:
    """The zero point of the inputs is left out."""
    sums = (x_q.to(torch.int64)[:, None] * (w_q.to(torch.int64) - w_zero_point)).sum(2)
    return sums * (x_scale * w_scale) + bias


def quantized_linear__last_term_missing(
    x_q: Tensor,
    x_scale: float,
    x_zero_point: int,
    w_q: Tensor,
    w_scale: float,
    w_zero_point: int,
    bias: Tensor,
) -> Tensor:
    """Multiplied out, the product of the two zero points is needed once per feature; it is missing."""
    x, w = x_q.to(torch.int64), w_q.to(torch.int64)
    sums = (x[:, None] * w).sum(2) - w_zero_point * x.sum(1, keepdim=True) - x_zero_point * w.sum(1)
    return sums * (x_scale * w_scale) + bias


def quantized_linear__one_scale(
    x_q: Tensor,
    x_scale: float,
    x_zero_point: int,
    w_q: Tensor,
    w_scale: float,
    w_zero_point: int,
    bias: Tensor,
) -> Tensor:
    """Only the scale of the inputs is applied; the sum carries both scales."""
    return quantized_linear(x_q, x_scale, x_zero_point, w_q, 1.0, w_zero_point, bias)


def quantized_linear__bias_scaled(
    x_q: Tensor,
    x_scale: float,
    x_zero_point: int,
    w_q: Tensor,
    w_scale: float,
    w_zero_point: int,
    bias: Tensor,
) -> Tensor:
    """The bias is added before the scales are applied; it is not quantized, so it comes after."""
    sums = quantized_linear(x_q, 1.0, x_zero_point, w_q, 1.0, w_zero_point, torch.zeros_like(bias))
    return (sums + bias) * (x_scale * w_scale)


def quantized_linear__bias_rounded(
    x_q: Tensor,
    x_scale: float,
    x_zero_point: int,
    w_q: Tensor,
    w_scale: float,
    w_zero_point: int,
    bias: Tensor,
) -> Tensor:
    """The bias is rounded to whole steps of x_scale * w_scale; it should stay as it is."""
    step = x_scale * w_scale
    return quantized_linear(
        x_q, x_scale, x_zero_point, w_q, w_scale, w_zero_point, torch.round(bias / step) * step
    )


def quantized_linear__no_bias(
    x_q: Tensor,
    x_scale: float,
    x_zero_point: int,
    w_q: Tensor,
    w_scale: float,
    w_zero_point: int,
    bias: Tensor,
) -> Tensor:
    """The bias is left out."""
    zeros = torch.zeros_like(bias)
    return quantized_linear(x_q, x_scale, x_zero_point, w_q, w_scale, w_zero_point, zeros)


def quantized_linear__output_rounded(
    x_q: Tensor,
    x_scale: float,
    x_zero_point: int,
    w_q: Tensor,
    w_scale: float,
    w_zero_point: int,
    bias: Tensor,
) -> Tensor:
    """The output is rounded to whole numbers; it is a float."""
    return torch.round(quantized_linear(x_q, x_scale, x_zero_point, w_q, w_scale, w_zero_point, bias))


def quantized_linear__float64(
    x_q: Tensor,
    x_scale: float,
    x_zero_point: int,
    w_q: Tensor,
    w_scale: float,
    w_zero_point: int,
    bias: Tensor,
) -> Tensor:
    """The result is float64; it should be float32."""
    return quantized_linear(x_q, x_scale, x_zero_point, w_q, w_scale, w_zero_point, bias).to(torch.float64)


def quantized_linear__sums_on_the_cpu(
    x_q: Tensor,
    x_scale: float,
    x_zero_point: int,
    w_q: Tensor,
    w_scale: float,
    w_zero_point: int,
    bias: Tensor,
) -> Tensor:
    """The sums start as zeros made on the CPU, wherever the codes are."""
    x, w = x_q.to(torch.int32) - x_zero_point, w_q.to(torch.int32) - w_zero_point
    sums = torch.zeros(len(x), len(w), dtype=torch.int32)
    for d in range(x.shape[1]):
        sums = sums + x[:, d, None] * w[:, d]
    return sums * (x_scale * w_scale) + bias


# --- law_round_trip ---------------------------------------------------------------------------------------


def law_round_trip__always_true(learner: Any, x: Tensor, bits: int) -> bool:
    """It is True of everything, right or wrong."""
    learner.round_trip(x, bits)
    return True


def law_round_trip__always_false(learner: Any, x: Tensor, bits: int) -> bool:
    """It is False of everything, right or wrong."""
    learner.round_trip(x, bits)
    return False


def law_round_trip__near_only(learner: Any, x: Tensor, bits: int) -> bool:
    """It asks for small errors alone, and x unchanged has the smallest."""
    step = (x.max() - x.min()) / (2**bits - 1)
    return bool(((learner.round_trip(x, bits) - x).abs() <= step / 2 * 1.001).all())


def law_round_trip__count_only(learner: Any, x: Tensor, bits: int) -> bool:
    """It counts the different numbers, and does not ask how far they are from x."""
    return learner.round_trip(x, bits).unique().numel() <= 2**bits


def law_round_trip__a_whole_step(learner: Any, x: Tensor, bits: int) -> bool:
    """It lets numbers move by a whole step, as they do where it is cut off and not rounded."""
    back = learner.round_trip(x, bits)
    step = (x.max() - x.min()) / (2**bits - 1)
    near = bool(((back - x).abs() <= step * 1.001).all())
    return near and back.unique().numel() <= 2**bits and bool((back[x == 0] == 0).all())


def law_round_trip__zero_not_looked_at(learner: Any, x: Tensor, bits: int) -> bool:
    """It does not ask what becomes of 0."""
    back = learner.round_trip(x, bits)
    step = (x.max() - x.min()) / (2**bits - 1)
    return bool(((back - x).abs() <= step / 2 * 1.001).all()) and back.unique().numel() <= 2**bits


def law_round_trip__range_without_zero(learner: Any, x: Tensor, bits: int) -> bool:
    """The smallest number has to come back as it was, which is right only where it is a mark; right ones are rejected."""
    back = learner.round_trip(x, bits)
    return bool(back.min() == x.min()) and back.unique().numel() <= 2**bits


def law_round_trip__one_way(learner: Any, x: Tensor, bits: int) -> bool:
    """It takes one ruler for the only right one."""
    back = learner.round_trip(x, bits)
    scale = (x.max() - x.min()) / (2**bits - 1)
    return torch.equal(back, (x / scale).round() * scale)
