"""Check quantization: the ruler, the way to codes and back, its gradient, and a layer on integers.

Rounding to the nearest code makes a jump out of the smallest difference. Near a tie, x / scale and x * (1 / scale) may
give different codes, and both are right: plain laws keep away from ties (`off_ties`), and a law of its own asks for
ties with scales that are powers of two, where every way of computing agrees.

Codes are whole numbers that must match exactly; scales are compared to 1e-12, and a zero point may be either neighbour
where 0 falls half way between two codes.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from grader.checking import (
    BOOL,
    FLOAT,
    INTEGER,
    TENSOR,
    Learner,
    agree,
    agree_gradient,
    autograd,
    check,
    composite,
    cotangent,
    floats,
    given,
    integers,
    just,
    law_exercise,
    one_of,
    require,
    sampled_from,
    seeds,
    tensor_from,
    tensor_laws,
    tensors,
)

RETURNS = {
    "choose_qparams": (FLOAT, INTEGER),
    "quantize": TENSOR,
    "dequantize": TENSOR,
    "quantize_per_channel": (TENSOR, TENSOR, TENSOR),
    "fake_quantize": TENSOR,
    "fake_quantize_backward": TENSOR,
    "quantized_linear": TENSOR,
    "law_round_trip": BOOL,
}

CODES = sampled_from([(-128, 127), (-127, 127), (-8, 7), (-100, 27), (0, 100)])
WIDE_CODES = sampled_from([(-128, 127), (0, 255), (-8, 7), (-40, 300), (3, 18)])
POWERS = sampled_from([0.125, 0.25, 0.5, 1.0, 2.0])  # x / scale is exact, so every tie is one for everybody
TIE_MARGIN = 1e-3


def codes_of(x: Tensor, scale: float, zero_point: int) -> Tensor:
    """The codes of x before they are cut off, float64."""
    return torch.round(x.to(torch.float64) / scale) + zero_point


def off_ties(x: Tensor, scale: float) -> Tensor:
    """x with 0 where x / scale is so near a tie that rounding errors decide."""
    steps = x.to(torch.float64) / scale
    near = (steps - torch.floor(steps) - 0.5).abs() < TIE_MARGIN
    return torch.where(near, torch.zeros_like(x), x)


def int8_codes(shape: Any = None, **options: Any) -> Any:
    """Random codes with the ends of the byte among them."""
    return tensors(shape, low=-128, high=127, dtype=torch.int8, **options)


def on_the_grid(x: Tensor, scale: float, zero_point: int, qmin: int, qmax: int) -> Tensor:
    """What fake_quantize is to return, in the dtype of x."""
    return ((codes_of(x, scale, zero_point).clamp(qmin, qmax) - zero_point) * scale).to(x.dtype)


# --- choose_qparams ---------------------------------------------------------------------------------------
#
# Plain ranges reach to both sides of 0. A range on one side, and one without width, have laws of their own, for they
# need a second thought and no more of the formula. Scale and zero point are judged apart.


@composite
def ranges(draw: Any) -> tuple[float, float]:
    """A range with 0 inside, of any size: its low end is below 0 and its high end above."""
    size = draw(sampled_from([1.0, 1.0, 1e-9, 1e6]))
    return -draw(floats(0.01, 20)) * size, draw(floats(0.01, 30)) * size


@composite
def one_sided(draw: Any) -> tuple[float, float]:
    """A range above or below 0, of any size, sometimes without width; never 0 to 0."""
    near, width, size = draw(floats(0, 20)), draw(floats(0, 30)), draw(sampled_from([1.0, 1e-9, 1e6]))
    far = near + width or 1.0
    return (near * size, far * size) if draw(integers(0, 1)) else (-far * size, -near * size)


@check("choose_qparams", hint="Between n marks there are n - 1 steps. Is 0 inside the range?")
@given(x_min_and_x_max=ranges())
def check_choose_qparams_scale_spans_the_range(
    learner: Learner, x_min_and_x_max: tuple[float, float]
) -> None:
    """255 steps of one scale span the range."""
    scale, _ = learner.choose_qparams(*x_min_and_x_max)
    agree(scale, (x_min_and_x_max[1] - x_min_and_x_max[0]) / 255, rtol=1e-12, atol=0.0, what="scale")


@check("choose_qparams", hint="Count in steps from qmin, starting at the low end of the stretched range.")
@given(x_min_and_x_max=ranges())
def check_choose_qparams_zero_point_is_nearest(
    learner: Learner, x_min_and_x_max: tuple[float, float]
) -> None:
    """The zero point is the code nearest to where 0 falls."""
    verify_zero_point(x_min_and_x_max, *learner.choose_qparams(*x_min_and_x_max), -128, 127)


@check(
    "choose_qparams",
    hint="Work the lesson's example by hand: -1 to 3.",
    after=(check_choose_qparams_scale_spans_the_range, check_choose_qparams_zero_point_is_nearest),
)
def check_choose_qparams_known_value(learner: Learner) -> None:
    """The range -1 to 3 has scale 4 / 255 and zero point -64."""
    agree(learner.choose_qparams(-1.0, 3.0), (4 / 255, -64))
    agree(learner.choose_qparams(0.0, 6.375), (0.025, -128))


@check("choose_qparams", hint="Are qmin and qmax used, and not only their defaults?")
@given(x_min_and_x_max=ranges(), qmin_and_qmax=WIDE_CODES)
def check_choose_qparams_other_codes(
    learner: Learner, x_min_and_x_max: tuple[float, float], qmin_and_qmax: tuple[int, int]
) -> None:
    """Other codes than -128 to 127 can be asked for."""
    scale, zero_point = learner.choose_qparams(*x_min_and_x_max, qmin=qmin_and_qmax[0], qmax=qmin_and_qmax[1])
    agree(
        scale,
        (x_min_and_x_max[1] - x_min_and_x_max[0]) / (qmin_and_qmax[1] - qmin_and_qmax[0]),
        rtol=1e-12,
        atol=0.0,
        what="scale",
    )
    verify_zero_point(x_min_and_x_max, scale, zero_point, *qmin_and_qmax)


@check(
    "choose_qparams",
    hint="The ruler needs a mark on 0: stretch the range to hold it, at whichever end.",
    after=(check_choose_qparams_scale_spans_the_range, check_choose_qparams_zero_point_is_nearest),
    weight=1.5,
)
@given(x_min_and_x_max=one_sided())
def check_choose_qparams_stretches_to_zero(learner: Learner, x_min_and_x_max: tuple[float, float]) -> None:
    """A range above or below 0, even one without width, is stretched until it holds 0."""
    low, high = min(x_min_and_x_max[0], 0.0), max(x_min_and_x_max[1], 0.0)
    scale, zero_point = learner.choose_qparams(*x_min_and_x_max)
    agree(scale, (high - low) / 255, rtol=1e-12, atol=0.0, what="scale")
    verify_zero_point(x_min_and_x_max, scale, zero_point, -128, 127)


@check(
    "choose_qparams",
    hint="A scale of 0 cannot be divided by. Any positive one will do here.",
    after=(check_choose_qparams_scale_spans_the_range, check_choose_qparams_zero_point_is_nearest),
)
@given(qmin_and_qmax=WIDE_CODES)
def check_choose_qparams_zeros_only(learner: Learner, qmin_and_qmax: tuple[int, int]) -> None:
    """The range 0 to 0 gets a scale above 0 and a zero point among the codes."""
    scale, zero_point = learner.choose_qparams(0.0, 0.0, *qmin_and_qmax)
    require(0 < scale < float("inf"), f"the scale is {scale}; it must be above 0")
    require(
        qmin_and_qmax[0] <= zero_point <= qmin_and_qmax[1],
        f"the zero point is {zero_point}, not one of the codes {qmin_and_qmax}",
    )


def verify_zero_point(
    x_min_and_x_max: tuple[float, float], scale: float, zero_point: int, qmin: int, qmax: int
) -> None:
    """Fail unless 0 falls within half a step of the zero point, which is a code."""
    low, high = min(x_min_and_x_max[0], 0.0), max(x_min_and_x_max[1], 0.0)
    require(
        qmin <= zero_point <= qmax, f"the zero point {zero_point} is not one of the codes {qmin} to {qmax}"
    )
    if low < high:
        place = qmin - low * (qmax - qmin) / (high - low)
        require(
            abs(zero_point - place) <= 0.5 + 1e-6,
            f"0 falls at {place:.4f}, but the zero point is {zero_point}",
        )


# --- quantize ---------------------------------------------------------------------------------------------
#
# Beyond the ends of the ruler a code is cut off, and it matters when: a byte that is filled first wraps around. The law
# on saturation has numbers for which the integer types of 8, 16, 32 and 64 bits overflow.


@check("quantize", hint="Follow one number through your steps: where is it rounded, moved and cut off?")
@given(x=tensors(ndim=(0, 3), scale=20.0), scale=floats(0.01, 2), zero_point=integers(-128, 127))
def check_quantize_nearest_mark(learner: Learner, x: Tensor, scale: float, zero_point: int) -> None:
    """Each number gets the code of the nearest mark."""
    x = off_ties(x, scale)
    expected = codes_of(x, scale, zero_point).clamp(-128, 127).to(torch.int8)
    agree(learner.quantize(x, scale, zero_point), expected)


@check("quantize", hint="Work the table of the lesson by hand.", after=check_quantize_nearest_mark)
def check_quantize_known_value(learner: Learner) -> None:
    """With scale 0.25 and zero point 3, (0.3, 0.625, 0.875, 100) has the codes (4, 5, 7, 127)."""
    x = torch.tensor([0.3, 0.625, 0.875, 100.0])
    agree(learner.quantize(x, 0.25, 3), torch.tensor([4, 5, 7, 127], dtype=torch.int8))


@check("quantize", hint="Are qmin and qmax used?")
@given(x=tensors(scale=20.0), scale=floats(0.01, 2), qmin_and_qmax=CODES, share=floats(0, 1))
def check_quantize_other_codes(
    learner: Learner, x: Tensor, scale: float, qmin_and_qmax: tuple[int, int], share: float
) -> None:
    """Codes stay between qmin and qmax when these are given."""
    x, zero_point = (
        off_ties(x, scale),
        round(qmin_and_qmax[0] + share * (qmin_and_qmax[1] - qmin_and_qmax[0])),
    )
    expected = codes_of(x, scale, zero_point).clamp(*qmin_and_qmax).to(torch.int8)
    agree(learner.quantize(x, scale, zero_point, qmin=qmin_and_qmax[0], qmax=qmin_and_qmax[1]), expected)


@check("quantize", hint="torch.round sends ties to even. Is the zero point added before or after?")
@given(steps=tensors(scale=6.0), scale=POWERS, zero_point=integers(-20, 20))
def check_quantize_ties_to_even(learner: Learner, steps: Tensor, scale: float, zero_point: int) -> None:
    """A number half way between two marks goes to the even number of steps."""
    x = (torch.floor(steps) + 0.5) * scale
    expected = codes_of(x, scale, zero_point).clamp(-128, 127).to(torch.int8)
    agree(learner.quantize(x, scale, zero_point), expected)


@check("quantize", hint="Is everything computed in the dtype of x?")
@given(
    steps=tensors(scale=6.0, special=()),
    scale=one_of(POWERS, floats(0.01, 2)),
    zero_point=integers(-20, 20),
    up=sampled_from([-1, 1]),
)
def check_quantize_beside_a_tie(
    learner: Learner, steps: Tensor, scale: float, zero_point: int, up: int
) -> None:
    """In float64, a number just beside a tie goes to the nearer mark."""
    x = (torch.floor(steps) + 0.5 + up * 1e-9) * scale
    agree(learner.quantize(x, scale, zero_point), codes_of(x, scale, zero_point).to(torch.int8))


@check(
    "quantize",
    hint="Cut off the codes while they are floats; one byte wraps around.",
    after=check_quantize_nearest_mark,
)
@given(
    scale=floats(0.01, 2),
    zero_point=integers(-128, 127),
    size=floats(300, 70_000),
    grow=sampled_from([1, 1e5, 1e30]),
)
def check_quantize_saturates(
    learner: Learner, scale: float, zero_point: int, size: float, grow: float
) -> None:
    """Numbers beyond the ends get the code of the end, however large they are."""
    x = torch.tensor([size, -size], dtype=torch.float64) * grow * scale
    agree(learner.quantize(x, scale, zero_point), torch.tensor([127, -128], dtype=torch.int8))


check_quantize_everywhere = tensor_laws(
    "quantize",
    inputs={"x": tensors(ndim=(1, 3), scale=10.0), "scale": POWERS, "zero_point": integers(-50, 50)},
    oracle=lambda x, scale, zero_point: codes_of(x, scale, zero_point).clamp(-128, 127).to(torch.int8),
    after=check_quantize_nearest_mark,
)


# --- dequantize -------------------------------------------------------------------------------------------
#
# Codes and zero points are drawn from all of int8: their difference reaches 255, which int8 does not hold.


def numbers_of(q: Tensor, scale: float, zero_point: int) -> Tensor:
    """What dequantize is to return."""
    return ((q.to(torch.float64) - zero_point) * scale).to(torch.float32)


@check("dequantize", hint="Subtract the zero point in a type that can hold 255; then apply the scale.")
@given(q=int8_codes(ndim=(0, 3)), scale=floats(0.01, 5), zero_point=integers(-128, 127))
def check_dequantize_marks(learner: Learner, q: Tensor, scale: float, zero_point: int) -> None:
    """A code becomes the number of its mark, in float32."""
    agree(learner.dequantize(q, scale, zero_point), numbers_of(q, scale, zero_point))


@check("dequantize", hint="Work the table of the lesson from right to left.", after=check_dequantize_marks)
def check_dequantize_known_value(learner: Learner) -> None:
    """With scale 0.25 and zero point 3, the codes (4, 5, 7, 127) are (0.25, 0.5, 1, 31)."""
    q = torch.tensor([4, 5, 7, 127], dtype=torch.int8)
    agree(learner.dequantize(q, 0.25, 3), torch.tensor([0.25, 0.5, 1.0, 31.0]))


@check("dequantize", hint="What does your line make of the zero point itself?", after=check_dequantize_marks)
@given(scale=floats(0.01, 5), zero_point=integers(-128, 127))
def check_dequantize_zero_is_exact(learner: Learner, scale: float, zero_point: int) -> None:
    """The zero point stands for exactly 0."""
    q = torch.full((2,), zero_point, dtype=torch.int8)
    agree(learner.dequantize(q, scale, zero_point), torch.zeros(2), rtol=0.0, atol=0.0)


@check("dequantize", hint="Quantize and dequantize must use scale and zero point the same way round.")
@given(x=tensors(low=-10.0, high=10.0), scale=floats(0.1, 2), zero_point=integers(-28, 27))
def check_dequantize_comes_back(learner: Learner, x: Tensor, scale: float, zero_point: int) -> None:
    """On the ruler, a number comes back with an error of at most half a scale."""
    back = learner.dequantize(learner.quantize(x, scale, zero_point), scale, zero_point)
    require(back.shape == x.shape, f"the result has shape {tuple(back.shape)}, not {tuple(x.shape)}")
    error = (back - x).abs().max().item()
    require(error <= scale * 0.5001, f"the error is {error:.6g}, more than half of the scale {scale}")


check_dequantize_everywhere = tensor_laws(
    "dequantize",
    inputs={"q": int8_codes(ndim=(1, 3)), "scale": floats(0.01, 5), "zero_point": integers(-128, 127)},
    oracle=numbers_of,
    after=check_dequantize_marks,
)


# --- quantize_per_channel ---------------------------------------------------------------------------------
#
# Channels differ in size by factors of up to 300 and more, so one scale for all of them is far off for the small ones.
# The axis may be negative. With ties either code is right, as above.


@composite
def weights(
    draw: Any,
    dtype: torch.dtype = torch.float64,
    ndim: tuple[int, int] = (2, 3),
    side: tuple[int, int] = (2, 5),
) -> tuple[Tensor, int]:
    """Weights whose channels differ in size, and the axis of the channels."""
    w = draw(tensors(ndim=ndim, side=side, special=(0.0, 50.0, -50.0)))
    axis = draw(integers(-w.ndim, w.ndim - 1))
    pairs = sampled_from([(1.0, 1.0), (0.01, 3.0), (7.0, 0.2), (1e-9, 1.0)])
    sizes = torch.tensor(draw(pairs) * 3, dtype=torch.float64)[: w.shape[axis]]
    w = (w.movedim(axis, -1) * sizes).movedim(-1, axis)
    channels = w.movedim(axis, 0).reshape(w.shape[axis], -1)
    # A channel of zeros has no range; it is a law of its own, as it is for one ruler.
    channels[:, 0] = torch.where((channels == 0).all(1), torch.ones_like(channels[:, 0]), channels[:, 0])
    w = channels.reshape(w.movedim(axis, 0).shape).movedim(0, axis)
    return w.contiguous().to(dtype), axis


def verify_channels(found: tuple[Tensor, Tensor, Tensor], w: Tensor, axis: int) -> None:
    """Fail unless scales and zero points fit each channel's range, and the codes fit them."""
    q, scales, zero_points = found
    channels = w.to(torch.float64).movedim(axis, 0).reshape(w.shape[axis], -1)
    low, high = channels.amin(1).clamp(max=0), channels.amax(1).clamp(min=0)
    narrow = low == high  # such a channel may have any scale
    require(scales.shape == low.shape, f"scales have shape {tuple(scales.shape)}, not {tuple(low.shape)}")
    require(bool((scales > 0).all()), f"the scales are {scales.tolist()}; they must be above 0")
    right = torch.where(narrow, scales.to(torch.float64), (high - low) / 255).to(w.dtype)
    agree(scales, right, atol=0.0, what="scales")
    require(zero_points.shape == low.shape, f"zero points have shape {tuple(zero_points.shape)}")
    require(zero_points.dtype is torch.int64, f"zero points have dtype {zero_points.dtype}, not int64")
    place = -128 - low / scales.to(torch.float64)
    far = ((zero_points - place).abs() > 0.5 + TIE_MARGIN) & ~narrow | (zero_points.abs() > 128)
    require(not far.any(), f"0 falls at {place.tolist()}, but the zero points are {zero_points.tolist()}")
    steps = channels / scales.to(torch.float64)[:, None]
    tie = (
        steps - torch.floor(steps) - 0.5
    ).abs() < TIE_MARGIN  # rounding errors decide: either code is right
    expected = (torch.round(steps) + zero_points[:, None]).clamp(-128, 127).to(torch.int8)
    require(q.shape == w.shape, f"the codes have shape {tuple(q.shape)}, not {tuple(w.shape)}")
    got = q.movedim(axis, 0).reshape(expected.shape)
    agree(torch.where(tie & ((got - expected).abs() <= 1), expected, got), expected, what="codes")


@check(
    "quantize_per_channel", hint="Treat each channel as a tensor of its own, then put it back where it was."
)
@given(w_and_axis=weights())
def check_quantize_per_channel_each_on_its_own(learner: Learner, w_and_axis: tuple[Tensor, int]) -> None:
    """Each channel has the scale and zero point of its own range, and its codes use them."""
    verify_channels(learner.quantize_per_channel(*w_and_axis), *w_and_axis)


@check(
    "quantize_per_channel",
    hint="A channel of zeros has a range without width: what does choose_qparams make of it?",
    after=check_quantize_per_channel_each_on_its_own,
    examples=30,
)
@given(w_and_axis=weights(), place=integers(0, 3))
def check_quantize_per_channel_of_zeros(learner: Learner, w_and_axis: tuple[Tensor, int], place: int) -> None:
    """A channel of zeros gets a scale above 0, and its codes are its zero point."""
    w, axis = w_and_axis
    w.select(axis, place % w.shape[axis]).zero_()
    verify_channels(learner.quantize_per_channel(w, axis), w, axis)


@check(
    "quantize_per_channel",
    hint="With one axis each entry is a channel; with one channel there is one scale.",
    after=check_quantize_per_channel_each_on_its_own,
    examples=30,
)
@given(w_and_axis=weights(ndim=(1, 3), side=(1, 2)))
def check_quantize_per_channel_short_axes(learner: Learner, w_and_axis: tuple[Tensor, int]) -> None:
    """One axis alone, or axes of one entry, are no exception."""
    verify_channels(learner.quantize_per_channel(*w_and_axis), *w_and_axis)


@check(
    "quantize_per_channel",
    hint="Which axis stays, and over which axes are the extremes taken?",
    after=check_quantize_per_channel_each_on_its_own,
)
def check_quantize_per_channel_known_value(learner: Learner) -> None:
    """The rows (0, 2.55) and (0, 255) have the scales 0.01 and 1, and the zero points are -128."""
    w = torch.tensor([[0.0, 2.55], [0.0, 255.0]], dtype=torch.float64)
    codes = torch.tensor([[-128, 127], [-128, 127]], dtype=torch.int8)
    scales = torch.tensor([0.01, 1.0], dtype=torch.float64)
    agree(learner.quantize_per_channel(w, 0), (codes, scales, torch.tensor([-128, -128])))


@check(
    "quantize_per_channel",
    hint="The scales take the dtype of w.",
    after=check_quantize_per_channel_each_on_its_own,
    examples=30,
)
@given(w_and_axis=weights(dtype=torch.float32))
def check_quantize_per_channel_float32(learner: Learner, w_and_axis: tuple[Tensor, int]) -> None:
    """For float32 weights the scales are float32."""
    verify_channels(learner.quantize_per_channel(*w_and_axis), *w_and_axis)


@check(
    "quantize_per_channel",
    hint="Use reshape, not view.",
    after=check_quantize_per_channel_each_on_its_own,
    examples=30,
)
@given(w_and_axis=weights())
def check_quantize_per_channel_any_layout(learner: Learner, w_and_axis: tuple[Tensor, int]) -> None:
    """quantize_per_channel takes transposed tensors."""
    w, axis = w_and_axis
    w = w.movedim(0, -1).contiguous().movedim(-1, 0)
    verify_channels(learner.quantize_per_channel(w, axis), w, axis)


@check(
    "quantize_per_channel",
    hint="Is the range of a channel wider than that of the whole tensor?",
    after=check_quantize_per_channel_each_on_its_own,
)
@given(w_and_axis=weights())
def check_quantize_per_channel_beats_one_ruler(learner: Learner, w_and_axis: tuple[Tensor, int]) -> None:
    """No channel's scale is larger than one for all would be, no error larger than half of its own scale."""
    w, axis = w_and_axis
    q, scales, zero_points = learner.quantize_per_channel(w, axis)
    shared = (max(w.max().item(), 0.0) - min(w.min().item(), 0.0)) / 255
    if shared:
        within = (scales <= shared * (1 + 1e-9)) | (w.movedim(axis, 0).reshape(len(scales), -1) == 0).all(1)
        require(bool(within.all()), f"scales {scales.tolist()} exceed the shared one, {shared:.6g}")
    back = (q.movedim(axis, -1).to(torch.float64) - zero_points) * scales
    error = ((back - w.movedim(axis, -1)).abs() / scales).max().item()
    require(error <= 0.5001, f"an error is {error:.6g} times its channel's scale, more than half")


# --- fake_quantize ----------------------------------------------------------------------------------------


@composite
def rulers(draw: Any, scales: Any = POWERS) -> dict[str, Any]:
    """Scale, zero point and codes that go together; the ruler reaches a few units either way."""
    qmin, qmax = draw(WIDE_CODES)
    zero_point = round(qmin + draw(floats(0, 1)) * (qmax - qmin))
    return {"scale": draw(scales), "zero_point": zero_point, "qmin": qmin, "qmax": qmax}


@composite
def near_the_ends(draw: Any) -> tuple[Tensor, dict[str, Any]]:
    """Numbers on, between and just outside the marks at both ends of a ruler, with exact ties."""
    ruler = draw(rulers())
    x = draw(tensors(ndim=(1, 2), scale=10.0))
    low = (ruler["qmin"] - ruler["zero_point"]) * ruler["scale"]
    high = (ruler["qmax"] - ruler["zero_point"]) * ruler["scale"]
    steps = [-1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0]
    flat = x.view(-1)
    for place in range(min(4, x.numel())):
        end = draw(sampled_from([low, high]))
        flat[place] = end + draw(sampled_from(steps)) * ruler["scale"]
    return x, ruler


# Codes of these fit into 32 bits for any of the scales drawn.
EVERYDAY = (0.0, 1.0, -0.5, 30.0, -30.0, 1e4, -1e4)
HUGE = (1e12, -1e12, 1e30, -1e30)


@check("fake_quantize", hint="Follow one number through your steps: where is it rounded, moved and cut off?")
@given(x=tensors(ndim=(0, 3), scale=20.0, special=EVERYDAY), ruler=rulers(floats(0.01, 2)))
def check_fake_quantize_moves_to_marks(learner: Learner, x: Tensor, ruler: dict[str, Any]) -> None:
    """Each number moves to the nearest mark of the ruler, in its own dtype."""
    x = off_ties(x, ruler["scale"])
    agree(learner.fake_quantize(x, **ruler), on_the_grid(x, **ruler))


@check(
    "fake_quantize",
    hint="Cut off the codes while they are floats: no integer type holds the code of 1e30.",
    after=check_fake_quantize_moves_to_marks,
    examples=30,
)
@given(x=tensors(ndim=1, special=HUGE), far=sampled_from(HUGE), ruler=rulers(floats(0.01, 2)))
def check_fake_quantize_saturates(learner: Learner, x: Tensor, far: float, ruler: dict[str, Any]) -> None:
    """Numbers however far beyond the ends move to the end."""
    x = off_ties(x, ruler["scale"])
    x[0] = far
    agree(learner.fake_quantize(x, **ruler), on_the_grid(x, **ruler))


@check(
    "fake_quantize", hint="Work the table of the lesson by hand.", after=check_fake_quantize_moves_to_marks
)
def check_fake_quantize_known_value(learner: Learner) -> None:
    """With scale 0.5, zero point 0 and codes -4 to 3, 0.3 becomes 0.5 and -3 becomes -2."""
    x = torch.tensor([-3.0, -2.2, 0.3, 1.7, 1.8])
    agree(learner.fake_quantize(x, 0.5, 0, -4, 3), torch.tensor([-2.0, -2.0, 0.5, 1.5, 1.5]))


@check(
    "fake_quantize",
    hint="What does your line make of the code that stands for 0?",
    after=check_fake_quantize_moves_to_marks,
)
@given(ruler=rulers(floats(0.01, 2)))
def check_fake_quantize_zero_is_exact(learner: Learner, ruler: dict[str, Any]) -> None:
    """0 has a mark of its own: it stays exactly 0, in float32 too."""
    zeros = torch.zeros(2)
    agree(learner.fake_quantize(zeros, **ruler), zeros, rtol=0.0, atol=0.0)


@check("fake_quantize", hint="Are the defaults -128 and 127?")
@given(x=tensors(scale=200.0), scale=POWERS, zero_point=integers(-128, 127))
def check_fake_quantize_default_codes(learner: Learner, x: Tensor, scale: float, zero_point: int) -> None:
    """Without qmin and qmax, the ruler has the codes -128 to 127."""
    agree(learner.fake_quantize(x, scale, zero_point), on_the_grid(x, scale, zero_point, -128, 127))


@check(
    "fake_quantize",
    hint="Ties go to even, as in quantize.",
    after=check_fake_quantize_moves_to_marks,
    examples=60,
)
@given(x_and_ruler=near_the_ends())
def check_fake_quantize_matches_torch(learner: Learner, x_and_ruler: tuple[Tensor, dict[str, Any]]) -> None:
    """In float32 it equals torch's fake quantization, ties and ends included."""
    x, ruler = x_and_ruler[0].to(torch.float32), x_and_ruler[1]
    expected = torch.fake_quantize_per_tensor_affine(
        x, ruler["scale"], ruler["zero_point"], ruler["qmin"], ruler["qmax"]
    )
    agree(learner.fake_quantize(x, **ruler), expected)


check_fake_quantize_everywhere = tensor_laws(
    "fake_quantize",
    inputs={"x": tensors(ndim=(1, 3), scale=20.0), "scale": POWERS, "zero_point": integers(-50, 50)},
    oracle=lambda x, scale, zero_point: on_the_grid(x, scale, zero_point, -128, 127),
    after=check_fake_quantize_moves_to_marks,
)


# --- fake_quantize_backward -------------------------------------------------------------------------------


def straight_through(
    grad_out: Tensor, x: Tensor, scale: float, zero_point: int, qmin: int, qmax: int
) -> Tensor:
    """The gradient by torch.autograd of torch's fake quantization; scale is a power of two."""
    return autograd(
        lambda leaf: torch.fake_quantize_per_tensor_affine(leaf, scale, zero_point, qmin, qmax), grad_out, x
    )[0]


@check("fake_quantize_backward", hint="Compare the code, before it is cut off; both ends count.")
@given(x_and_ruler=near_the_ends(), seed=seeds())
def check_fake_quantize_backward_matches_autograd(
    learner: Learner, x_and_ruler: tuple[Tensor, dict[str, Any]], seed: int
) -> None:
    """It equals the gradient of torch's fake quantization."""
    x, ruler = x_and_ruler
    g = cotangent(x, seed)
    agree_gradient(learner.fake_quantize_backward(g, x, **ruler), straight_through(g, x, **ruler))


@check(
    "fake_quantize_backward",
    hint="Work the table of the lesson by hand.",
    after=check_fake_quantize_backward_matches_autograd,
)
def check_fake_quantize_backward_known_value(learner: Learner) -> None:
    """With scale 0.5, zero point 0 and codes -4 to 3, the gradient passes at -2.2, 0.3 and 1.7 only."""
    x, g = torch.tensor([-3.0, -2.2, 0.3, 1.7, 1.8]), torch.tensor([2.0, 3.0, 5.0, 7.0, 11.0])
    agree(learner.fake_quantize_backward(g, x, 0.5, 0, -4, 3), torch.tensor([0.0, 3.0, 5.0, 7.0, 0.0]))


@check("fake_quantize_backward", hint="Are the defaults -128 and 127?")
@given(steps=tensors(scale=150.0), scale=POWERS, zero_point=integers(-128, 127), seed=seeds())
def check_fake_quantize_backward_default_codes(
    learner: Learner, steps: Tensor, scale: float, zero_point: int, seed: int
) -> None:
    """Without qmin and qmax, the ruler has the codes -128 to 127."""
    x = steps * scale
    x.view(-1)[0] = (127 - zero_point) * scale if seed % 2 else (-128 - zero_point) * scale
    x.view(-1)[-1] = (128 - zero_point) * scale if seed % 3 else (-129 - zero_point) * scale
    g = cotangent(x, seed)
    expected = straight_through(g, x, scale, zero_point, -128, 127)
    agree_gradient(learner.fake_quantize_backward(g, x, scale, zero_point), expected)


@check(
    "fake_quantize_backward",
    hint="No scale appears in the gradient: the one inside cancels the one outside.",
    examples=50,
)
@given(x=tensors(scale=20.0), ruler=rulers(floats(0.01, 2)), seed=seeds())
def check_fake_quantize_backward_any_scale(
    learner: Learner, x: Tensor, ruler: dict[str, Any], seed: int
) -> None:
    """For any scale the gradient passes unchanged on the ruler and is 0 outside."""
    x = off_ties(x, ruler["scale"])
    g = cotangent(x, seed)
    codes = codes_of(x, ruler["scale"], ruler["zero_point"])
    expected = torch.where((codes < ruler["qmin"]) | (codes > ruler["qmax"]), 0.0, g)
    agree_gradient(learner.fake_quantize_backward(g, x, **ruler), expected)


check_fake_quantize_backward_everywhere = tensor_laws(
    "fake_quantize_backward",
    inputs={
        "grad_out": tensors(shape=(3, 4), scale=1.0),
        "x": tensors(shape=(3, 4), scale=80.0),
        "scale": POWERS,
        "zero_point": integers(-50, 50),
    },
    oracle=lambda grad_out, x, scale, zero_point: straight_through(grad_out, x, scale, zero_point, -128, 127),
    after=check_fake_quantize_backward_any_scale,
)


# --- quantized_linear -------------------------------------------------------------------------------------


def integer_layer(
    x_q: Tensor,
    x_scale: float,
    x_zero_point: int,
    w_q: Tensor,
    w_scale: float,
    w_zero_point: int,
    bias: Tensor,
) -> Tensor:
    """What quantized_linear is to return."""
    sums = (x_q.to(torch.int64) - x_zero_point) @ (w_q.to(torch.int64) - w_zero_point).T
    return (sums.to(torch.float64) * (x_scale * w_scale) + bias).to(torch.float32)


@composite
def integer_layers(draw: Any, most: int = 30) -> dict[str, Any]:
    """Arguments of quantized_linear; all its sides differ most of the time.

    Args:
        most: codes and zero points lie between its negative and it. With 30, six products add up to less than 2**15.
    """
    n, d, h = draw(integers(1, 4)), draw(integers(1, 6)), draw(one_of(integers(1, 5), just(70)))
    low = -min(most + 1, 128)
    return {
        "x_q": draw(tensors((n, d), low=low, high=most, dtype=torch.int8)),
        "x_scale": draw(floats(0.01, 2)),
        "x_zero_point": draw(integers(low, most)),
        "w_q": draw(tensors((h, d), low=low, high=most, dtype=torch.int8)),
        "w_scale": draw(floats(0.01, 2)),
        "w_zero_point": draw(integers(low, most)),
        "bias": draw(tensors((h,), dtype=torch.float32)),
    }


def verify_layer(learner: Learner, layer: dict[str, Any]) -> None:
    """Fail unless the learner's layer is right up to a few roundings of float32."""
    size = integer_layer(**{**layer, "bias": torch.zeros_like(layer["bias"])}).abs().max().item()
    atol = 1e-6 * (size + layer["bias"].abs().max().item())
    agree(learner.quantized_linear(**layer), integer_layer(**layer), rtol=1e-6, atol=atol)


@check("quantized_linear", hint="In which order are zero points, sum, scales and bias used?")
@given(layer=integer_layers())
def check_quantized_linear_is_the_layer(learner: Learner, layer: dict[str, Any]) -> None:
    """It equals the linear layer of the numbers that the codes stand for, in float32."""
    verify_layer(learner, layer)


@check(
    "quantized_linear",
    hint="A code less its zero point needs nine bits, and the product of two of them eighteen.",
    after=check_quantized_linear_is_the_layer,
)
@given(layer=integer_layers(most=127))
def check_quantized_linear_of_any_codes(learner: Learner, layer: dict[str, Any]) -> None:
    """Codes and zero points at the ends of the byte overflow nothing."""
    verify_layer(learner, layer)


@check(
    "quantized_linear", hint="Work the lesson's example by hand.", after=check_quantized_linear_is_the_layer
)
def check_quantized_linear_known_value(learner: Learner) -> None:
    """The codes (3, 0) and (-1, 1) of the lesson give 0.875."""
    x_q, w_q = torch.tensor([[3, 0]], dtype=torch.int8), torch.tensor([[-1, 1]], dtype=torch.int8)
    y = learner.quantized_linear(x_q, 0.5, 1, w_q, 0.25, -2, torch.tensor([1.0]))
    agree(y, torch.tensor([[0.875]]))


@check(
    "quantized_linear",
    hint="The bias is a float and joins at the very end.",
    examples=25,
    after=check_quantized_linear_is_the_layer,
)
@given(layer=integer_layers())
def check_quantized_linear_zeros_give_the_bias(learner: Learner, layer: dict[str, Any]) -> None:
    """If every input is 0, the output is exactly the bias."""
    layer["x_q"] = torch.full_like(layer["x_q"], layer["x_zero_point"])
    expected = layer["bias"].expand(len(layer["x_q"]), -1)
    agree(learner.quantized_linear(**layer), expected, rtol=0.0, atol=0.0)


@check(
    "quantized_linear",
    hint="Keep the sum in int32, or wider.",
    after=check_quantized_linear_is_the_layer,
    examples=5,
)
@given(seed=seeds(), scale=floats(0.01, 2), sides=sampled_from([(16, 1000), (2, 30_000)]))
def check_quantized_linear_sums_are_exact(
    learner: Learner, seed: int, scale: float, sides: tuple[int, int]
) -> None:
    """Sums that pass 2**24 on the way are still exact."""
    generator = torch.Generator().manual_seed(seed)
    # matmul keeps many partial sums when there are few rows and outputs, a plain sum keeps 32 of them always: the
    # first sides let the ones of matmul get that far, the second the others.
    x = torch.randint(120, 127, sides, generator=generator, dtype=torch.int8)
    w = torch.randint(120, 127, sides, generator=generator, dtype=torch.int8)
    w_q = torch.cat([w, -w], 1)
    w_q[:, -5:] += 1  # the halves would cancel; now a small sum is left
    layer = {"x_q": torch.cat([x, x], 1), "w_q": w_q, "x_scale": scale, "x_zero_point": -128, "w_scale": 0.5}
    layer |= {"w_zero_point": 0, "bias": torch.zeros(sides[0])}
    agree(learner.quantized_linear(**layer), integer_layer(**layer), rtol=1e-6, atol=0.0)


check_quantized_linear_everywhere = tensor_laws(
    "quantized_linear",
    inputs={
        "x_q": tensors((3, 4), low=-31, high=30, dtype=torch.int8),
        "x_scale": floats(0.01, 2),
        "x_zero_point": integers(-31, 30),
        "w_q": tensors((2, 4), low=-31, high=30, dtype=torch.int8),
        "w_scale": floats(0.01, 2),
        "w_zero_point": integers(-31, 30),
        "bias": tensors((2,), dtype=torch.float32),
    },
    oracle=integer_layer,
    after=check_quantized_linear_is_the_layer,
)


# --- law_round_trip ---------------------------------------------------------------------------------------
#
# To codes and back in one: `round_trip(x, bits)` quantizes with its own range, and dequantizes. More than one is right.


def round_trip__zero_point(x, bits):
    """It lays the codes over the range of x and 0, with a whole zero point."""
    low, high, most = min(float(x.min()), 0.0), max(float(x.max()), 0.0), 2**bits - 1
    scale = (high - low) / most
    zero_point = round(-low / scale)
    codes = ((x / scale).round() + zero_point).clamp(0, most)
    return (codes - zero_point) * scale


def round_trip__signed_codes(x, bits):
    """It counts its codes from below 0, number by number."""
    low, high = min(*x.tolist(), 0.0), max(*x.tolist(), 0.0)
    first, last = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    scale = (high - low) / (last - first)
    zero_point = round(first - low / scale)
    codes = [max(first, min(last, round(entry / scale) + zero_point)) for entry in x.tolist()]
    return torch.tensor([scale * (code - zero_point) for code in codes], dtype=x.dtype)


def round_trip__few_numbers_in_a_table(x, bits):
    """Where there are few enough different numbers it keeps them in a table, just as they are."""
    return x.clone() if x.unique().numel() <= 2**bits else round_trip__zero_point(x, bits)


def round_trip__unchanged(x, bits):
    """Nothing is rounded: x comes back as it was."""
    return x.clone()


def round_trip__cut_off(x, bits):
    """It cuts off where it should round."""
    low, high, most = min(float(x.min()), 0.0), max(float(x.max()), 0.0), 2**bits - 1
    scale = (high - low) / most
    zero_point = round(-low / scale)
    return (((x / scale).floor() + zero_point).clamp(0, most) - zero_point) * scale


def round_trip__one_code_unused(x, bits):
    """One code is never used, so that its steps are wider than they need to be."""
    low, high, most = min(float(x.min()), 0.0), max(float(x.max()), 0.0), 2**bits - 2
    scale = (high - low) / most
    zero_point = round(-low / scale)
    return (((x / scale).round() + zero_point).clamp(0, most) - zero_point) * scale


def round_trip__twice_the_bits(x, bits):
    """It has twice as many codes as bits, and not 2 to the power of them."""
    low, high, most = min(float(x.min()), 0.0), max(float(x.max()), 0.0), 2 * bits - 1
    scale = (high - low) / most
    zero_point = round(-low / scale)
    return (((x / scale).round() + zero_point).clamp(0, most) - zero_point) * scale


def round_trip__one_bit_more(x, bits):
    """It has one bit more than it may have."""
    return round_trip__zero_point(x, bits + 1)


def round_trip__symmetric(x, bits):
    """Its range is as wide below 0 as above, so that its steps are too wide for a range that leans to one side."""
    last = 2 ** (bits - 1) - 1
    scale = float(x.abs().max()) / last
    return (x / scale).round().clamp(-last - 1, last) * scale


def round_trip__zero_between_marks(x, bits):
    """Its marks start at the smallest number, and 0 is not one of them."""
    low, high = min(float(x.min()), 0.0), max(float(x.max()), 0.0)
    scale = (high - low) / (2**bits - 1)
    return low + ((x - low) / scale).round() * scale


def round_trip__nothing_below_zero(x, bits):
    """Negative numbers become 0."""
    return round_trip__zero_point(x.clamp(min=0), bits)


def round_trip__wraps(x, bits):
    """The largest code is one too many, and wraps round to the smallest."""
    low, high, most = min(float(x.min()), 0.0), max(float(x.max()), 0.0), 2**bits - 1
    scale = (high - low) / most
    zero_point = round(-low / scale)
    return (((x / scale).round() + zero_point) % most - zero_point) * scale


def round_trip__codes_stay(x, bits):
    """The zero point is added, and not taken off again."""
    low, high, most = min(float(x.min()), 0.0), max(float(x.max()), 0.0), 2**bits - 1
    scale = (high - low) / most
    return ((x / scale).round() + round(-low / scale)).clamp(0, most) * scale


def is_round_trip(found, x, bits):
    """Whether numbers may have come through that many bits."""
    step = (max(float(x.max()), 0.0) - min(float(x.min()), 0.0)) / (2**bits - 1)
    near = bool(((found - x).abs() <= step * 0.5001).all())
    return near and found.unique().numel() <= 2**bits and bool((found[x == 0] == 0).all())


def with_a_zero(seed, size, low, high):
    """A 0, and other numbers from `low` to `high`."""
    return torch.cat([torch.zeros(1, dtype=torch.float64), tensor_from(seed, (size,), low=low, high=high)])


law_round_trip = law_exercise(
    "law_round_trip",
    "round_trip",
    [
        {"x": with_a_zero(seed, size, low, high), "bits": bits}
        for seed, (size, bits, low, high) in enumerate(
            [
                (3, 2, 0.0, 3.0), (4, 2, -1.0, 1.0), (6, 2, 0.0, 5.0), (9, 3, -4.0, 1.0), (9, 2, 2.0, 3.0),
                (24, 4, -1.0, 2.0), (24, 3, -3.0, -1.0), (40, 4, -0.7, 1.9), (40, 2, -5.0, 3.0), (90, 5, -1.0, 4.0),
            ],
            start=41,
        )
    ],
    right=(round_trip__zero_point, round_trip__signed_codes, round_trip__few_numbers_in_a_table),
    wrong={
        round_trip__unchanged: "How many different numbers can there be?",
        round_trip__cut_off: "How far may a number be from where it was?",
        round_trip__one_code_unused: "How wide is a step, and how far may a number be from where it was?",
        round_trip__twice_the_bits: "Do you ask with more than 2 bits as well?",
        round_trip__one_bit_more: "How many different numbers can there be?",
        round_trip__symmetric: "How wide is a step, if the range leans to one side?",
        round_trip__zero_between_marks: "What becomes of 0?",
        round_trip__nothing_below_zero: "How far may a number be from where it was?",
        round_trip__wraps: "What becomes of the largest number?",
        round_trip__codes_stay: "What becomes of 0?",
    },
    holds=is_round_trip,
)  # fmt: skip
