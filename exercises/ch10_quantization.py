# %% [markdown]
# # Chapter 10: Quantization
#
# Time: about 90 minutes. Section 7.3 of the essay.
#
# A trained network is a pile of float32 numbers, four bytes each. Most of them would do with one byte. In
# this chapter you store numbers as whole numbers from -128 to 127, bring them back, train with the loss of
# precision in view, and run a whole layer on integers. `brick build` stores your finished network this way.
#
# Build from `round`, comparisons and plain arithmetic. What torch has finished stays out (a star stands for any
# letters): `*quantize*`, `*_quant`, `choose_qparams_*`, `int_repr`.

# %%
from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

# %% [markdown]
# ## A ruler with 256 marks
#
# One byte has 256 values. Quantization lays them over the range of the numbers like the marks of a ruler.
#
#     x  is about  scale * (q - zero_point)             q a whole number from qmin to qmax
#     scale      = (x_max - x_min) / (qmax - qmin)      the distance between two marks
#     zero_point = round(qmin - x_min / scale)          the mark that lies on 0
#
# **Zero gets a mark of its own.** ReLU, padding and dropout make exact zeros by the thousand. If 0 fell
# between two marks, each of them would come back with the same small error. So the range is first stretched
# to hold 0, and the zero point is rounded to a whole number.
#
# **By hand.** Numbers from -1 to 3: scale = 4 / 255 = 0.015686, zero_point = round(-64.25) = -64.
#
#     x    -1           0                                    3
#          |------------|------------------------------------|
#     q    -128         -64                                  127
#
# ```python
# >>> -128 - (-1) / (4 / 255), choose_qparams(-1.0, 3.0), -128 - 2 / (4 / 255)
# (-64.25, (0.01568627..., -64), -255.5)
# ```
#
# **Pitfall.** Numbers from 2 to 6, the range not stretched: scale = 4 / 255, and the zero point would be
# -255.5, outside the byte. Cut off at -128 it gives a ruler from 0 to 4, too short for a 6.
#
# **Predict, then run.** Every entry of a tensor is 5. How wide is its range, and how large the scale?
#
#     choose_qparams(5.0, 5.0)
#
# <details><summary>Answer</summary><!-- answer: 5, 5/255 -->The range is 0 to 5, not 5 to 5: the scale is 5 /
# 255, and the zero point is -128. Only a tensor of zeros has a range without width. Any positive scale serves
# it: 0 has its mark anyway.</details>


# %%
def choose_qparams(x_min: float, x_max: float, qmin: int = -128, qmax: int = 127) -> tuple[float, int]:
    """Choose the scale and the zero point that lay the codes qmin..qmax over the range x_min..x_max.

    The range is first stretched to hold 0.

    Args:
        x_min: the smallest number to represent.
        x_max: the largest number to represent, not less than `x_min`.
        qmin: the smallest code.
        qmax: the largest code, greater than `qmin`.

    Returns:
        The scale, a float above 0, and the zero point, an int from `qmin` to `qmax`. If the stretched range
        has no width (0 to 0), any positive scale will do.

    Example: the range 0 to 6.375 has scale 0.025 and zero point -128.

    Source: Jacob et al., Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
    Inference (2018), sections 2.1 and 3; the essay, section 7.3.
    """
    raise NotImplementedError("choose_qparams: write this part, then run: brick check ch10")


# %% [markdown]
# ## To the nearest mark, and back
#
#     q  = clamp(round(x / scale) + zero_point, qmin, qmax)     a number becomes a code
#     x' = scale * (q - zero_point)                             a code becomes a number
#
# **By hand.** scale = 0.25 and zero_point = 3: the ruler reaches from -32.75 to 31.
#
#     x        x / scale   rounded   + 3    code   back    error
#     0.3      1.2         1         4      4      0.25    0.05      at most scale / 2 = 0.125
#     0.625    2.5         2         5      5      0.5     0.125     a tie: to the even neighbour
#     0.875    3.5         4         7      7      1.0     0.125     a tie: to the even neighbour
#     100      400         400       403    127    31.0    69        saturated at the end of the ruler
#
# ```python
# >>> q = quantize(torch.tensor([0.3, 0.625, 0.875, 100.0]), 0.25, 3)
# >>> q, dequantize(q, 0.25, 3)
# (tensor([ 4, 5, 7, 127], dtype=torch.int8), tensor([ 0.2500, 0.5000, 1.0000, 31.0000]))
# ```
#
# Ties that always went up would push up the mean of many numbers. Round first, then add the zero point: with
# an odd zero point, the other order sends every tie the other way.
#
# **Pitfall.** One-byte integers wrap around: 127 + 3 is -126. Cut to the range *before* the change of type,
# and make codes wider before you subtract from them.
#
# ```python
# >>> torch.tensor([127], dtype=torch.int8) + 3, torch.tensor([127], dtype=torch.int8) - (-128)
# (tensor([-126], dtype=torch.int8), tensor([-1], dtype=torch.int8))
# ```
#
# **Predict, then run.** Quantize, dequantize, then do both again. How large is the error of the second round?
#
# <details><summary>Answer</summary><!-- answer: 0 -->0. After the first round every number is on a mark; a
# mark comes back as itself.</details>


# %%
def quantize(x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127) -> Tensor:
    """Store each number as the code of the nearest mark.

    A number half way between two marks goes to the one with x / scale rounded to even, as `torch.round` does;
    the zero point is added afterwards. Numbers beyond the ends get the code of the end.

    Args:
        x: numbers, any shape, float32 or float64.
        scale: the distance between two marks, above 0.
        zero_point: the code of the number 0.
        qmin: the smallest code, at least -128.
        qmax: the largest code, at most 127.

    Returns:
        The codes, with dtype int8, and the shape and device of `x`.

    Example: with scale 0.5 and zero point 10, the number 1.2 has code 12.

    Source: Jacob et al. (2018), section 2.1; the essay, section 7.3.
    """
    raise NotImplementedError("quantize: write this part, then run: brick check ch10")


def dequantize(q: Tensor, scale: float, zero_point: int) -> Tensor:
    """Turn codes back into the numbers that their marks stand for.

    Args:
        q: codes, int8, any shape.
        scale: the distance between two marks, above 0.
        zero_point: the code of the number 0.

    Returns:
        The numbers, with dtype float32, and the shape and device of `q`; the code `zero_point` gives exactly 0.

    Example: with scale 0.5 and zero point 10, the code 12 is the number 1.

    Source: Jacob et al. (2018), section 2.1; the essay, section 7.3.
    """
    raise NotImplementedError("dequantize: write this part, then run: brick check ch10")


# %% [markdown]
# ## One ruler per channel
#
# ![the marks of one ruler for both rows, and of row 0's own](../pictures/ch10_quantization/rulers.en.svg)
#
# One large weight spoils the ruler for all the others: the marks must reach far, so they stand far apart.
# Rows of a weight matrix can differ in size by orders of magnitude, and each row makes one output. So each
# gets its own ruler: one scale and one zero point for every index along `axis`.
#
# **By hand.** The rows (0.004, -0.01) and (2, -1).
#
#                      range of the ruler    scale         row 0 comes back as
#     one for both     -1    to 2            0.011765      ( 0.0000, -0.0118)
#     row 0 alone      -0.01 to 0.004        0.0000549     ( 0.0040, -0.0100)
#
# With one ruler 0.004 is gone: 0 is the nearest mark. With its own ruler, the error is at most half of its
# own scale; and the range of a row is never wider than that of all rows, nor is its scale larger.
#
# ```python
# >>> w = torch.tensor([[0.004, -0.01], [2.0, -1.0]])
# >>> shared = choose_qparams(-1.0, 2.0)
# >>> dequantize(quantize(w[0], *shared), *shared)
# tensor([ 0.0000, -0.0118])
# >>> q, scales, zero_points = quantize_per_channel(w, axis=0)
# >>> scales, zero_points, dequantize(q[0], scales[0], zero_points[0])
# (tensor([5.4902e-05, 1.1765e-02]), tensor([ 54, -43]), tensor([ 0.0040, -0.0100]))
# ```

# %% [markdown]
# **Pitfall.** `axis` is the axis that *stays*. The smallest and the largest entry are taken over all the
# other axes. `w.amin(dim=axis)` does the opposite; with a square weight it even has the right shape.
#
# **Predict, then run.** Change the 2 into 200. How do the two scales move?
#
#     quantize_per_channel(torch.tensor([[0.004, -0.01], [200.0, -1.0]]), axis=0)
#
# <details><summary>Answer</summary><!-- answer: only the second moves | both move | neither moves -->The
# second becomes 201 / 255 = 0.7882. The first does not move.</details>


# %%
def quantize_per_channel(w: Tensor, axis: int) -> tuple[Tensor, Tensor, Tensor]:
    """Quantize each channel of w with a scale and a zero point of its own, codes -128..127.

    Args:
        w: weights, any shape with at least one axis, float32 or float64.
        axis: the axis whose C indices are the channels; negative values count from the end.

    Returns:
        The codes, int8, same shape as `w`; the scales (C,), in the dtype of `w`; the zero points (C,), int64.
        Channel c has the scale and zero point that its smallest and largest entries ask for.

    Example: rows (0, 2.55) and (0, 255) have the scales 0.01 and 1, and both zero points are -128.

    Source: Krishnamoorthi, Quantizing Deep Convolutional Networks for Efficient Inference (2018), section 2;
    the essay, section 7.3.
    """
    raise NotImplementedError("quantize_per_channel: write this part, then run: brick check ch10")


# %% [markdown]
# ## Training with the error in view
#
# ![the staircase of fake_quantize, and its error](../pictures/ch10_quantization/staircase.en.svg)
#
# A network that will be quantized should learn to live with it. The forward pass rounds, but stays in floats:
#
#     fake(x) = scale * (clamp(code, qmin, qmax) - zero_point)        code = round(x / scale) + zero_point
#
#     fake(x)                     _______      The derivative of a staircase is 0 on every step. Taken at its
#                            ____|             word, nothing would ever learn. So the backward pass takes the
#                       ____|                  stairs for a straight line, and the ends for flat ones. That
#     _________________|                       is the straight-through rule.
#           flat        stairs     flat
#
#     dL/dx = grad_out  where qmin <= code <= qmax,  else 0
#
# **By hand.** scale = 0.5, zero_point = 0, codes -4 to 3, so the ruler reaches from -2 to 1.5.
#
#     x           -3.0     -2.2      0.3      1.7      1.8
#     code        -6       -4        1        3        4
#     fake(x)     -2.0     -2.0      0.5      1.5      1.5
#     gradient     0        g        g        g        0
#
# ```python
# >>> x = torch.tensor([-3.0, -2.2, 0.3, 1.7, 1.8])
# >>> fake_quantize(x, 0.5, 0, -4, 3), fake_quantize_backward(torch.full((5,), 7.0), x, 0.5, 0, -4, 3)
# (tensor([-2.0000, -2.0000, 0.5000, 1.5000, 1.5000]), tensor([0., 7., 7., 7., 0.]))
# ```

# %% [markdown]
# **Pitfall.** The *code* is compared, and both ends count. 1.7 is beyond the last mark (1.5); its code, 3, is
# not. Strict comparisons would stop the gradient of every number on the first or the last mark.
#
# **Predict, then run.** What do central differences of `fake_quantize` say at x = 0.3, with h = 0.0001?
#
# <details><summary>Answer</summary><!-- answer: 0 -->0: both sides stand on the same step. Finite differences
# cannot confirm this gradient. It is wrong on purpose, and training with it works.</details>


# %%
def fake_quantize(x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127) -> Tensor:
    """Move each number to the nearest mark of the ruler, without leaving the floats.

    Rounding and ends are those of `quantize`; qmin and qmax may lie outside -128..127, as no code is stored.

    Args:
        x: numbers, any shape, float32 or float64.
        scale: the distance between two marks, above 0.
        zero_point: the code of the number 0.
        qmin: the smallest code.
        qmax: the largest code.

    Returns:
        The numbers of the marks, same shape, dtype and device as `x`; 0 stays exactly 0.

    Example: with scale 0.5 and zero point 10, the number 1.2 becomes 1.

    Source: Jacob et al. (2018), section 3; the essay, section 7.3.
    """
    raise NotImplementedError("fake_quantize: write this part, then run: brick check ch10")


def fake_quantize_backward(
    grad_out: Tensor, x: Tensor, scale: float, zero_point: int, qmin: int = -128, qmax: int = 127
) -> Tensor:
    """Pass the gradient straight through fake_quantize where x lies within the ruler.

    A number lies within the ruler if its code, before it is cut off, is at least `qmin` and at most `qmax`.

    Args:
        grad_out: gradient of the loss with respect to the output, same shape as `x`.
        x: the input of the forward pass, any shape.
        scale: the distance between two marks, above 0.
        zero_point: the code of the number 0.
        qmin: the smallest code.
        qmax: the largest code.

    Returns:
        The gradient with respect to `x`, same shape, dtype and device as `x`; 0 outside the ruler.

    Example: with scale 0.5, zero point 0 and codes -4..3, the gradient at 1.7 is that of the output.

    Source: Bengio, Leonard, Courville, Estimating or Propagating Gradients Through Stochastic Neurons (2013),
    section 4; the essay, section 7.3.
    """
    raise NotImplementedError("fake_quantize_backward: write this part, then run: brick check ch10")


# %% [markdown]
# ## A layer on integers
#
# Put x = sx * (xq - zx) and w = sw * (wq - zw) into a linear layer. Every term has the same scales: they
# leave the sum, and what stays inside are whole numbers. The floats return once per output.
#
#     y_h = sum_d x_d * w_hd + b_h = sx * sw * sum_d (xq_d - zx) * (wq_hd - zw) + b_h
#
# **By hand.** x = (1, -0.5) has the codes (3, 0) for sx = 0.5, zx = 1; w = (0.25, 0.75) has the codes (-1, 1)
# for sw = 0.25, zw = -2. The sum is 2 * 1 + (-1) * 3 = -1. Times 0.125, plus a bias of 1, makes 0.875; the
# float layer says 0.25 - 0.375 + 1, the same.
#
# ```python
# >>> x_q, w_q = torch.tensor([[3, 0]], dtype=torch.int8), torch.tensor([[-1, 1]], dtype=torch.int8)
# >>> quantized_linear(x_q, 0.5, 1, w_q, 0.25, -2, torch.tensor([1.0]))
# tensor([[0.8750]])
# ```
#
# **How wide must the sum be?** A code less its zero point lies between -255 and 255.
#
#     one product         up to 255 * 255 = 65,025        too large for int16 (32,767)
#     a sum in int32      up to 2,147,483,647             room for 33,025 such products
#     a sum in float32    exact up to 16,777,216          258 such products are still below, 259 are not
#
# ```python
# >>> 255 * 255, (2**31 - 1) // 255**2, 2**24 // 255**2
# (65025, 33025, 258)
# ```
#
# **Pitfall.** With the zero points left out, the result is off by terms that depend on x and on w. Where both
# are 0, as in symmetric quantization, it does not show.
#
# **Predict, then run.** Every entry of x_q is zx. What is the output, whatever the weights?
#
# <details><summary>Answer</summary><!-- answer: the bias | 0 | zx -->The bias, exactly: every such x is
# exactly 0. That is what the mark on 0 is for.</details>


# %%
def quantized_linear(
    x_q: Tensor,
    x_scale: float,
    x_zero_point: int,
    w_q: Tensor,
    w_scale: float,
    w_zero_point: int,
    bias: Tensor,
) -> Tensor:
    """Apply a linear layer to quantized inputs and weights; the sum over features is one of integers.

    Args:
        x_q: input codes, int8, shape (N, D).
        x_scale: scale of the inputs.
        x_zero_point: zero point of the inputs.
        w_q: weight codes, int8, shape (H, D).
        w_scale: scale of the weights.
        w_zero_point: zero point of the weights.
        bias: float32, shape (H,); it is not quantized.

    Returns:
        The outputs, shape (N, H), with dtype float32, on the device of `x_q`. Sums are exact: use int32, or wider.

    Example: if both scales are 1, both zero points 0 and the bias is 0, it is the product of the codes.

    Source: Jacob et al. (2018), section 2.2; the essay, section 7.3.
    """
    raise NotImplementedError("quantized_linear: write this part, then run: brick check ch10")


# %% [markdown]
# ## Extra: write the law yourself
#
# All along, laws have judged your code. Now you write one, and it judges the code of others, some of it right and
# some of it wrong, all of it called `learner`. Their `round_trip(x, bits)` turns numbers into codes of so many bits,
# and back. Where the marks of the ruler lie is theirs to choose, so the results of two who are right may differ: no
# formula can be the law. As a first try: no number moves by more than half a step.
#
# ```python
# >>> def law_first_try(learner, x, bits):
# ...     step = (x.max() - x.min()) / (2**bits - 1)
# ...     return bool(((learner.round_trip(x, bits) - x).abs() <= step / 2 * 1.001).all())
# >>> class Unchanged:
# ...     def round_trip(self, x, bits):
# ...         return x
# >>> law_first_try(Unchanged(), torch.tensor([0.0, 0.1, 0.2, 0.3, 1.0]), 2)
# True
# ```
#
# Whoever rounds nothing keeps it. Whoever writes a law asks which nonsense would, and adds what that nonsense breaks:
# how many different numbers can there be, and what becomes of 0?
#
# **Pitfall.** A law that asks too much rejects who is right. An error of exactly half a step is rounded itself: leave
# it a thousandth more.


# %%
def law_round_trip(learner: Any, x: Tensor, bits: int) -> bool:
    """Say whether `learner.round_trip(x, bits)` may be x, quantized to so many bits and back.

    It is called with many numbers and many versions. Of a right one it has to be True every time; of a wrong one
    False at least once, or an error. A law that knows no wrong version, or no right one, earns nothing.

    Args:
        learner: somebody's code. Its `round_trip(x, bits)` should return a tensor like x of at most 2^bits different
            numbers. 0 comes back as 0, and no number moves by more than half a step, up to rounding. A step is the
            width from the smallest number of x to the largest, over 2^bits - 1.
        x: shape (N,), float64; one entry or more is 0, and not all are.
        bits: at least 2.

    Returns:
        True if the law holds, False if it is broken; a Python bool.

    Example: for (0, 1, 2.9) and 2 bits a step is 2.9 / 3, and (0, 0.967, 2.9) is right; (0, 1, 2) is wrong.

    Source: Claessen, Hughes, QuickCheck: a lightweight tool for random testing of Haskell programs (ICFP 2000).
    """
    raise NotImplementedError("law_round_trip: write this part, then run: brick check ch10")
