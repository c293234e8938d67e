# %% [markdown]
# # Chapter 3: Activations
#
# Time: about 90 minutes. Section 2 of the essay "像搭积木一样搭神经网络".
#
# **Why bend the line.** Send x through the layer 2x + 1 and the result through the layer 3y - 4. Together
# they are 6x - 1: one layer, written twice. A hundred layers would still be one. So a bend goes between them,
# and the simplest is relu, which turns every negative number into 0:
#
#     x        -2    -1     0     1
#     2x + 1   -3    -1     1     3
#     relu      0     0     1     3
#     3y - 4   -4    -4    -1     5        flat at first, then rising: no straight line does that
#
# **How far a bend carries.** "Any function", says the essay. What is proven: one hidden layer, wide enough,
# comes as near as you like to any *continuous* function on a *bounded* region, with every activation that is
# no polynomial (Leshno and others, 1993). How wide is not said, nor that training finds the weights, and
# nothing holds outside the region. Nor does a bend solve non-convex problems: the loss of one straight layer
# is a single bowl, and the bend ends that.

# %% [markdown]
# ![sigmoid, tanh and ReLU with their slopes and dead zones](../pictures/ch03_activations/slopes.en.svg)
#
# **What you build.** Five activations, each with its way back. `grad_out` is dL/dy: how the loss L, a single
# number at the end of the network, answers to every entry of the output y. The way back turns it into dL/dx.
#
#     forward                  way back
#     sigmoid(x)               sigmoid_backward(grad_out, x)
#     tanh(x)                  tanh_backward(grad_out, x)
#     relu(x)                  relu_backward(grad_out, x)
#     softmax(x, dim)          softmax_backward(grad_out, x, dim)
#     log_softmax(x, dim)      log_softmax_backward(grad_out, x, dim)
#
# Note the `x`: every way back gets the *input* of the forward function, never its output.
#
# **The same everywhere.** Any shape goes in; the result has the shape, dtype and device of x; no argument is
# changed. Build from plain tensor operations: + - * /, comparisons, `abs`, `exp`, `log`, `sum`, `amax`,
# `where`. What torch has finished is the answer and stays out, under any name (a star stands for any letters):
# `*sigmoid`, `tan`, `tanh`, `*softmax`, `softmin`, `softplus`, `log*exp*`, `*elu`, `silu`, `mish`, `hard*`,
# `threshold`, `glu`, and `complex` numbers. tanh, gelu and silu do without `sinh` and `cosh` as well. The ways
# back are derived on paper: one that measures the slope, by differences of the function, earns nothing.

# %%
from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

# %% [markdown]
# ## Sigmoid: any number becomes a chance
#
# A network that answers yes or no ends in one real number. Sigmoid bends the whole number line into the space
# between 0 and 1.
#
#     sigmoid(x) = 1 / (1 + exp(-x))
#
#     x = -4   #                                         0.0180
#     x = -2   #####                                     0.1192
#     x = 0    ####################                      0.5000
#     x = 2    ###################################       0.8808
#     x = 4    #######################################   0.9820     one # is 0.025
#
# **By hand.** For x = 2, exp(-2) is 0.1353, and 1 / 1.1353 = 0.8808. For x = -2, exp(2) is 7.3891, and
# 1 / 8.3891 = 0.1192. The two add up to 1, and that is a law: sigmoid(-x) = 1 - sigmoid(x).
#
# ```python
# >>> torch.exp(torch.tensor([-2.0, 2.0])), sigmoid(torch.tensor([-4.0, -2.0, 0.0, 2.0, 4.0]))
# (tensor([0.1353, 7.3891]), tensor([0.0180, 0.1192, 0.5000, 0.8808, 0.9820]))
# ```
#
# **Pitfall.** Multiply above and below by exp(x), and the same function reads exp(x) / (1 + exp(x)). On paper
# nothing has changed. But in float32 exp(89) is infinite, and inf / inf is NaN. With exp(-x) the infinity
# comes at x = -89 and stands below the line only, where it is harmless: 1 / inf is 0, the right answer.
#
# ```python
# >>> large = torch.exp(torch.tensor(89.0))
# >>> large, large / (1 + large), 1 / (1 + large)
# (tensor(inf), tensor(nan), tensor(0.))
# ```


# %%
def sigmoid(x: Tensor) -> Tensor:
    """Squash every entry of `x` into [0, 1], by 1 / (1 + exp(-x)).

    Args:
        x: real numbers, any shape.

    Returns:
        The same shape, dtype and device as `x`. Finite for every finite entry, however large.

    Example: 0 gives 0.5, 2 gives 0.8808, -1000 gives 0.

    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), section 3.10.
    """
    raise NotImplementedError("sigmoid: write this part, then run: brick check ch03")


# %% [markdown]
# ## Sigmoid, the way back: steepest in the middle
#
# The derivative of 1 / (1 + exp(-x)) is exp(-x) / (1 + exp(-x))^2. Split it in two and both factors are old
# friends: 1 / (1 + exp(-x)) is s = sigmoid(x), and exp(-x) / (1 + exp(-x)) is 1 - s.
#
#     dL/dx = grad_out * s * (1 - s)
#
# **By hand.** At x = 2 the slope is 0.8808 * 0.1192 = 0.1050. At x = 0 it is 0.5 * 0.5 = 0.25, and nowhere is
# it more. So a gradient that walks back through ten sigmoids keeps at most 0.25^10, a millionth of itself,
# and the early layers hardly learn. This *vanishing gradient* is why hidden layers use relu today.
#
# ```python
# >>> sigmoid_backward(torch.ones(5), torch.tensor([-4.0, -2.0, 0.0, 2.0, 4.0]))
# tensor([0.0177, 0.1050, 0.2500, 0.1050, 0.0177])
# >>> 0.25**10
# 9.5367431640625e-07
# ```
#
# **Pitfall.** The first form, with exp(-x) above and below, is inf / inf = NaN at x = -89 in float32,
# although sigmoid was well there, and one NaN soon reaches every weight. The form with s has none of that.
#
# **Predict, then run.** The curve is symmetric, so the slopes at 40 and -40 are equal. Are the two *computed*
# slopes equal, in float64?
#
# <details><summary>Answer</summary><!-- answer: no | yes -->
#
# ```python
# >>> sigmoid_backward(torch.ones(2, dtype=torch.float64), torch.tensor([40, -40], dtype=torch.float64))
# tensor([0.0000e+00, 4.2484e-18], dtype=torch.float64)
# ```
# No. Just below 1 float64 numbers lie 1.1e-16 apart, so sigmoid(40) is exactly 1 and 1 - s exactly 0. Near 0
# they lie far closer, and 4.2e-18 survives. The lost digits return as a real problem in chapter 4.</details>


# %%
def sigmoid_backward(grad_out: Tensor, x: Tensor) -> Tensor:
    """Take the gradient of a loss back through `sigmoid`.

    Derive it by hand: a gradient that is measured, by differences of the function, earns nothing.

    Args:
        grad_out: dL/dy for y = sigmoid(x), the shape of `x`.
        x: the input that `sigmoid` was given (not its output).

    Returns:
        dL/dx, the same shape, dtype and device as `x`. Where sigmoid is saturated it is 0, never NaN.

    Example: a grad_out of 1 at x = 0 gives 0.25, at x = 2 it gives 0.1050.

    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), sections 3.10 and 6.3.2.
    """
    raise NotImplementedError("sigmoid_backward: write this part, then run: brick check ch03")


# %% [markdown]
# ## Tanh: the same S, centred on zero
#
# All outputs of sigmoid are positive. A neuron fed by them has weight gradients delta * x_i that all carry
# the sign of delta: its weights rise together or fall together. Tanh runs from -1 to 1, through 0.
#
#     tanh(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x))
#
#     x = -2   ###################|                      -0.9640
#     x = -1       ###############|                      -0.7616
#     x =  0                      |                       0.0000
#     x =  1                      |###############        0.7616
#     x =  2                      |###################    0.9640     one # is 0.05
#
# **By hand.** For x = 1: (2.7183 - 0.3679) / (2.7183 + 0.3679) = 2.3504 / 3.0862 = 0.7616. It is odd,
# tanh(-x) = -tanh(x), and it is sigmoid, twice as steep and stretched: tanh(x) = 2 * sigmoid(2x) - 1.
#
# ```python
# >>> torch.exp(torch.tensor([1.0, -1.0])), tanh(torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0]))
# (tensor([2.7183, 0.3679]), tensor([-0.9640, -0.7616,  0.0000,  0.7616,  0.9640]))
# ```
#
# **Pitfall.** As written, the formula dies on both sides: infinity above *and* below the line. Divide both by
# the larger exponential, exp(|x|): only exp(-2|x|) is left, between 0 and 1, and the sign of x goes in front.
#
# **Predict, then run.** float64 can hold exp(709). What does the formula as written give for x = 1000?
#
# <details><summary>Answer</summary><!-- answer: nan -->
#
# ```python
# >>> up, down = torch.tensor([1000.0, -1000.0], dtype=torch.float64).exp()
# >>> (up - down) / (up + down), tanh(torch.tensor(1000.0, dtype=torch.float64))
# (tensor(nan, dtype=torch.float64), tensor(1., dtype=torch.float64))
# ```
# </details>


# %%
def tanh(x: Tensor) -> Tensor:
    """Squash every entry of `x` into [-1, 1], by (exp(x) - exp(-x)) / (exp(x) + exp(-x)).

    Args:
        x: real numbers, any shape.

    Returns:
        The same shape, dtype and device as `x`. Finite for every finite entry, however large.

    Example: 0 gives 0, 1 gives 0.7616, -1000 gives -1.

    Source: LeCun, Bottou, Orr, Müller, Efficient BackProp (1998), section 4.4.
    """
    raise NotImplementedError("tanh: write this part, then run: brick check ch03")


# %% [markdown]
# ## Tanh, the way back: four times as steep
#
#     dL/dx = grad_out * (1 - tanh(x)^2)
#
# **By hand.** At 0 the slope is 1, four times the best that sigmoid can do. At x = 1 it is
# 1 - 0.7616^2 = 0.4200, and at x = 2 it is 1 - 0.9640^2 = 0.0707.
#
# **Pitfall.** The square is of the *output*. Books that write 1 - y^2 pass y along; this function is handed
# x. Whoever forgets that computes 1 - x^2, and near 0, where networks start, nobody notices:
#
#     x                0.01     0.1      0.5      1         2
#     1 - tanh(x)^2    0.9999   0.9901   0.7864   0.4200    0.0707
#     1 - x^2          0.9999   0.9900   0.7500   0.0000   -3.0000
#
# At x = 2 even the sign is wrong: each step would lead uphill. Test gradients far from the origin, too.
#
# ```python
# >>> x = torch.tensor([0.01, 0.1, 0.5, 1.0, 2.0])
# >>> tanh_backward(torch.ones(5), x), 1 - x**2
# (tensor([0.9999, 0.9901, 0.7864, 0.4200, 0.0707]),
#  tensor([ 0.9999,  0.9900,  0.7500,  0.0000, -3.0000]))
# ```
#
# **Predict, then run.** A gradient of 1 goes back through ten tanh, each at x = 1. How much of it is left?
# How much after ten sigmoids?
#
# <details><summary>Answer</summary><!-- answer: about 1.7e-4, 8.6e-8 -->
#
# ```python
# >>> one = torch.ones((), dtype=torch.float64)
# >>> tanh_backward(one, one).item() ** 10, sigmoid_backward(one, one).item() ** 10
# (0.000170..., 8.63...e-08)
# ```
# About 2000 times as much with tanh, and still not much.</details>


# %%
def tanh_backward(grad_out: Tensor, x: Tensor) -> Tensor:
    """Take the gradient of a loss back through `tanh`.

    Derive it by hand: a gradient that is measured, by differences of the function, earns nothing.

    Args:
        grad_out: dL/dy for y = tanh(x), the shape of `x`.
        x: the input that `tanh` was given (not its output).

    Returns:
        dL/dx, the same shape, dtype and device as `x`. Where tanh is saturated it is 0, never NaN.

    Example: a grad_out of 1 at x = 0 gives 1, at x = 1 it gives 0.4200.

    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), section 6.3.2.
    """
    raise NotImplementedError("tanh_backward: write this part, then run: brick check ch03")


# %% [markdown]
# ## ReLU: a gate, not a curve
#
#     relu(x) = x if x > 0, else 0              slope:  1 if x > 0, else 0
#
#                 /
#                /        No exponential, and no saturation on the right: however many
#               /         open gates a gradient passes, each multiplies it by exactly 1.
#     _________/
#              0
#
# **By hand.** x = (-3, 0, 2) gives y = (0, 0, 2). A grad_out of (5, 5, -5) comes back as (0, 0, -5).
#
# ```python
# >>> x = torch.tensor([-3.0, 0.0, 2.0])
# >>> relu(x), relu_backward(torch.tensor([5.0, 5.0, -5.0]), x)
# (tensor([0., 0., 2.]), tensor([ 0.,  0., -5.]))
# ```

# %% [markdown]
# ![a ReLU whose inputs are all on its flat side](../pictures/ch03_activations/dead.en.svg)
#
# **Pitfall 1.** The gate looks at x and not at grad_out: a negative gradient passes an open gate. Code that
# returns relu(grad_out) loses every -5, and the bias before it is only ever pushed down.
#
# **Dead.** One negative input kills nothing: the next sample may open the gate again. A neuron is dead when
# its gate is shut for *every* sample, for then no gradient reaches its weights, and nothing will open it. One
# step too long is enough. Inputs 1, 2, 3 with w = 1 and b = 0 are all open; push b to -4, and they are -3,
# -2, -1. Smaller steps help, first weights of the right size (chapter 2), or a gate that never shuts (the
# last extra).
#
# ```python
# >>> x = torch.tensor([1.0, 2.0, 3.0])
# >>> relu_backward(torch.ones(3), 1 * x + 0), relu_backward(torch.ones(3), 1 * x - 4)
# (tensor([1., 1., 1.]), tensor([0., 0., 0.]))
# ```
#
# **Pitfall 2.** At 0 there is a corner, and any slope from 0 to 1 could be argued for. Like torch we take
# **0**. The case is common: blank pixels times any weights, plus a bias of zero, are exactly 0.
#
# **Predict, then run.** relu(x) - relu(-x) is x, for every x, so its slope is 1. What do you get at 0?
#
# <details><summary>Answer</summary><!-- answer: 0 -->
#
# ```python
# >>> one, zero = torch.ones(()), torch.zeros(())
# >>> relu_backward(one, zero) + relu_backward(one, -zero)
# tensor(0.)
# ```
# Both gates are shut. The slope at a corner is a convention, and conventions do not obey algebra.</details>


# %%
def relu(x: Tensor) -> Tensor:
    """Keep the positive entries of `x` and turn the others into 0.

    Args:
        x: real numbers, any shape.

    Returns:
        A new tensor of the same shape, dtype and device as `x`.

    Example: (-3, 0, 2) gives (0, 0, 2).

    Source: Glorot, Bordes, Bengio, Deep Sparse Rectifier Neural Networks (2011), section 3.
    """
    raise NotImplementedError("relu: write this part, then run: brick check ch03")


# %%
def relu_backward(grad_out: Tensor, x: Tensor) -> Tensor:
    """Take the gradient of a loss back through `relu`. The slope at exactly 0 counts as 0.

    Args:
        grad_out: dL/dy for y = relu(x), the shape of `x`.
        x: the input that `relu` was given.

    Returns:
        dL/dx, the same shape, dtype and device as `x`.

    Example: a grad_out of (5, 5, -5) at x = (-3, 0, 2) gives (0, 0, -5).

    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), section 6.3.1.
    """
    raise NotImplementedError("relu_backward: write this part, then run: brick check ch03")


# %% [markdown]
# ## Softmax: a row of scores shares out one whole
#
# ![what softmax makes of three scores, shifted and doubled](../pictures/ch03_activations/shares.en.svg)
#
# Ten classes get ten scores, and the answer wanted is ten chances that add up to 1. Softmax makes every score
# positive, by exp, then divides by the sum along `dim`.
#
#     p_i = exp(x_i) / sum_j exp(x_j)
#
#     x = 2   ###########################   0.6652
#     x = 1   ##########                    0.2447
#     x = 0   ####                          0.0900     one # is 0.025
#
# **By hand.** For (2, 1, 0) the exponentials are 7.3891, 2.7183 and 1, and their sum is 11.1073. A score 1
# lower means a share 2.7183 times smaller. Only that difference counts: (102, 101, 100) does the same.
#
# ```python
# >>> softmax(torch.tensor([[2.0, 1.0, 0.0], [102.0, 101.0, 100.0]]))
# tensor([[0.6652, 0.2447, 0.0900],
#         [0.6652, 0.2447, 0.0900]])
# ```

# %% [markdown]
# **Pitfall.** In float32 exp(102) is infinite, so shift a row down first, by its largest score. By *its own*:
# with 102, the largest of the whole tensor, a third row (-2, -3, -4) would have three exponentials equal to
# 0, and 0 / 0 is NaN. Take the maximum along `dim` and keep that dimension, so that every row meets its own.
#
# **Predict, then run.** Add 5 to all of (2, 1, 0), or double them all. Which one changes the shares, and how?
#
# <details><summary>Answer</summary><!-- answer: doubling them | adding 5 -->Doubling doubles the differences,
# and the winner takes more.
#
# ```python
# >>> softmax(torch.tensor([7.0, 6.0, 5.0])), softmax(torch.tensor([4.0, 2.0, 0.0]))
# (tensor([0.6652, 0.2447, 0.0900]), tensor([0.8668, 0.1173, 0.0159]))
# ```
# </details>


# %%
def softmax(x: Tensor, dim: int = -1) -> Tensor:
    """Turn the scores along `dim` into shares of one whole.

    Args:
        x: scores, any shape of at least one dimension. A score of -inf gets the share 0; along `dim` there is
            always at least one finite score.
        dim: the dimension along which the shares add up to 1; negative numbers count from the end.

    Returns:
        Shares in [0, 1], the same shape, dtype and device as `x`. Finite scores, however large, give no NaN.

    Example: (2, 1, 0) gives (0.6652, 0.2447, 0.0900).

    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), sections 4.1 and 6.2.2.3.
    """
    raise NotImplementedError("softmax: write this part, then run: brick check ch03")


# %% [markdown]
# ## Softmax, the way back: the whole row answers
#
# Raise one score and its share grows, at the cost of all the others. So dL/dx_i hears from the whole row:
#
#     dL/dx_i = p_i * (g_i - m)        m = sum_j p_j g_j, the mean of g = grad_out, weighted by the shares
#
# A score is pulled up if its g lies above that mean, down if below, and the harder the larger its share.
#
# **By hand.** Scores (2, 1, 0), g = (0, 1, 0): the mean is m = 0.2447.
#
#     i    p_i      g_i - m     dL/dx_i
#     1    0.6652   -0.2447     -0.1628
#     2    0.2447    0.7553      0.1848
#     3    0.0900   -0.2447     -0.0220      the sum is 0: raising all scores at once changes no share
#
# ```python
# >>> softmax_backward(torch.tensor([0.0, 1.0, 0.0]), torch.tensor([2.0, 1.0, 0.0]))
# tensor([-0.1628,  0.1848, -0.0220])
# ```
#
# **Pitfall.** Carried over from sigmoid, the slope p * (1 - p) would give (0, 0.1848, 0): the middle number
# is right by luck, since g is 0 elsewhere, and what the other two scores lose is missing.
#
# **Predict, then run.** g = (7, 7, 7) asks for more of everything. What comes back?
#
# <details><summary>Answer</summary><!-- answer: 0, 0, 0 -->
#
# ```python
# >>> softmax_backward(torch.full((3,), 7.0), torch.tensor([2.0, 1.0, 0.0])).abs().max() < 1e-5
# tensor(True)
# ```
# Zeros, up to rounding: shares add up to 1, so there is no more of everything. A test by `y.sum().backward()`
# sends just such a g, and a way back that returns nothing but zeros passes it. Test with random g.</details>


# %%
def softmax_backward(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """Take the gradient of a loss back through `softmax`.

    Derive it by hand: a gradient that is measured, by differences of the function, earns nothing.

    Args:
        grad_out: dL/dy for y = softmax(x, dim), the shape of `x`.
        x: the scores that `softmax` was given (not the shares).
        dim: the dimension that `softmax` was given.

    Returns:
        dL/dx, the same shape, dtype and device as `x`. Where one score takes the whole it is 0, never NaN.

    Example: a grad_out of (0, 1, 0) at x = (2, 1, 0) gives (-0.1628, 0.1848, -0.0220).

    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), section 6.2.2.3.
    """
    raise NotImplementedError("softmax_backward: write this part, then run: brick check ch03")


# %% [markdown]
# ## Log-softmax: where shares are too small to write down
#
# Losses want log p, and a share can be as small as exp(-1000). No float holds that number; its logarithm,
# -1000, is no trouble at all. So take the logarithm on paper first:
#
#     log p_i = x_i - log sum_j exp(x_j)
#
# **By hand.** For (2, 1, 0): log 11.1073 = 2.4076, so log p = (-0.4076, -1.4076, -2.4076).
#
# ```python
# >>> log_softmax(torch.tensor([2.0, 1.0, 0.0]))
# tensor([-0.4076, -1.4076, -2.4076])
# ```
#
# **Pitfall.** log(softmax(x)) is the same on paper. In float32, the smaller of two scores, a gap apart:
#
#     gap      its share     log of that    log_softmax
#     10       4.5398e-05    -10.0000         -10.0000
#     100      3.7835e-44    -99.9831        -100.0000     running out of digits
#     1000     0             -inf           -1000.0000     out of numbers
#
# An infinite loss has no useful gradient, and one such row spoils the batch. The sum in the formula wants the
# same care as in softmax: shift by the largest score along `dim` first. Its log is then at least log 1 = 0.
#
# ```python
# >>> gaps = torch.tensor([[10.0, 0.0], [100.0, 0.0], [1000.0, 0.0]])
# >>> softmax(gaps)[:, 1], softmax(gaps).log()[:, 1]
# (tensor([4.5398e-05, 3.7835e-44, 0.0000e+00]), tensor([-10.0000, -99.9831, -inf]))
# >>> log_softmax(gaps)[:, 1]
# tensor([  -10.0000,  -100.0000, -1000.0000])
# ```


# %%
def log_softmax(x: Tensor, dim: int = -1) -> Tensor:
    """Take the logarithm of `softmax`, accurate also where the share itself is too small for a float.

    Args:
        x: scores, any shape of at least one dimension. A score of -inf gives -inf; along `dim` there is
            always at least one finite score.
        dim: the dimension along which the shares add up to 1; negative numbers count from the end.

    Returns:
        Logarithms of shares, at most 0, the same shape, dtype and device as `x`. Finite scores, however
        large, give finite logarithms.

    Example: (2, 1, 0) gives (-0.4076, -1.4076, -2.4076), and (1000, 0) gives (0, -1000).

    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), section 6.2.2.3.
    """
    raise NotImplementedError("log_softmax: write this part, then run: brick check ch03")


# %% [markdown]
# ## Log-softmax, the way back: shares minus the truth
#
# In y_i = x_i - log sum_j exp(x_j) the first term hands g = grad_out straight back. The log-sum stands in
# every y of the row, and its slope towards x_i is p_i:
#
#     dL/dx_i = g_i - p_i * sum_j g_j
#
# **By hand.** Scores (2, 1, 0) and the loss L = -y_1, so g = (-1, 0, 0), and the sum of g is -1:
#
#     dL/dx = (-1 + 0.6652,  0.2447,  0.0900) = (-0.3348, 0.2447, 0.0900)
#
# That is p - (1, 0, 0), shares given minus shares wanted: the gradient behind almost every classifier.
#
# ```python
# >>> log_softmax_backward(torch.tensor([-1.0, 0.0, 0.0]), torch.tensor([2.0, 1.0, 0.0]))
# tensor([-0.3348,  0.2447,  0.0900])
# ```
#
# **Pitfall.** It is easily mixed up with softmax's way back. Here the sum of g is plain, not weighted by p,
# and p stands before the sum only. In both the sum runs *along `dim`*, not over the whole tensor.
#
# **Predict, then run.** A slip applies softmax twice in a row, or log_softmax twice. Which does harm?
#
# <details><summary>Answer</summary><!-- answer: softmax twice | log_softmax twice -->
#
# ```python
# >>> x = torch.tensor([2.0, 1.0, 0.0])
# >>> softmax(softmax(x)), log_softmax(log_softmax(x))
# (tensor([0.4506, 0.2959, 0.2535]), tensor([-0.4076, -1.4076, -2.4076]))
# ```
# The second softmax sees scores between 0 and 1 and flattens them. The second log_softmax subtracts
# log sum_j p_j = log 1 = 0: doing it again changes nothing, as with relu.</details>


# %%
def log_softmax_backward(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    """Take the gradient of a loss back through `log_softmax`.

    Derive it by hand: a gradient that is measured, by differences of the function, earns nothing.

    Args:
        grad_out: dL/dy for y = log_softmax(x, dim), the shape of `x`.
        x: the scores that `log_softmax` was given (not the logarithms).
        dim: the dimension that `log_softmax` was given.

    Returns:
        dL/dx, the same shape, dtype and device as `x`.

    Example: a grad_out of (-1, 0, 0) at x = (2, 1, 0) gives (-0.3348, 0.2447, 0.0900).

    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), section 6.2.2.3.
    """
    raise NotImplementedError("log_softmax_backward: write this part, then run: brick check ch03")


# %% [markdown]
# ## Extra: GELU, a gate that opens slowly
#
# ![GELU, SiLU and leaky ReLU with their slopes](../pictures/ch03_activations/gates.en.svg)
#
# An exercise for whoever wants more; its points come on top. relu keeps x or drops it. GELU keeps a share of
# it, namely the chance P(x) that a standard normal number is at most x:
#
#     gelu(x) = x * P(x)                 P(x) = (1 + erf(x / sqrt(2))) / 2
#
#     x         -3        -2        -1       -0.5      0    0.5      1        2        3
#     P(x)       0.0013    0.0228    0.1587   0.3085   0.5  0.6915   0.8413   0.9772   0.9987
#     gelu(x)   -0.0040   -0.0455   -0.1587  -0.1543   0    0.3457   0.8413   1.9545   2.9960
#
# A smooth relu with a dip: its lowest value is about -0.17, near x = -0.75. The networks behind today's
# language models are full of it. torch.erf is an elementary operation here.
#
# **By hand.** One number in 1 / 0.1587 = 6.3 lies below -1. So P(-1) = 0.1587, P(1) = 0.8413, and gelu(1) -
# gelu(-1) = 0.8413 + 0.1587 = 1. For every x, P(x) + P(-x) = 1, so gelu(x) - gelu(-x) = x.
#
# ```python
# >>> gelu(torch.tensor([-3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0]))
# tensor([-0.0040, -0.0455, -0.1587, -0.1543,  0.0000,  0.3457,  0.8413,  1.9545,  2.9960])
# ```
#
# **Pitfall.** x * sigmoid(1.702 * x) is a well-known stand-in from the days when erf was slow. It is near, and
# not the same: at 1 it gives 0.8458, and at -3 the wrong -0.0181. Here the exact one is wanted.
#
# ```python
# >>> x = torch.tensor([1.0, -3.0])
# >>> x * sigmoid(1.702 * x)
# tensor([ 0.8458, -0.0181])
# ```


# %%
def gelu(x: Tensor) -> Tensor:
    """Multiply every entry of `x` by the chance that a standard normal number is at most that entry.

    The exact function, with erf, not one of its approximations.

    Args:
        x: real numbers, any shape.

    Returns:
        The same shape, dtype and device as `x`. Finite for every finite entry, however large.

    Example: -1 gives -0.1587, 0 gives 0, 1 gives 0.8413.

    Source: Hendrycks, Gimpel, Gaussian Error Linear Units (2016), section 2.
    """
    raise NotImplementedError("gelu: write this part, then run: brick check ch03")


# %% [markdown]
# ## Extra: GELU, the way back
#
# A product, so two terms. The slope of P is the bell curve p(x) = exp(-x^2 / 2) / sqrt(2 pi):
#
#     dL/dx = grad_out * (P(x) + x * p(x))
#
# **By hand.** p(1) = 0.6065 / 2.5066 = 0.2420. The slope at 1 is 0.8413 + 0.2420 = 1.0833, at -1 it is 0.1587
# - 0.2420 = -0.0833: steeper than relu here, falling there. The two add up to 1, as the law says they must.
#
# ```python
# >>> gelu_backward(torch.ones(5), torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0]))
# tensor([-0.0852, -0.0833,  0.5000,  1.0833,  1.0852])
# ```
#
# **Pitfall.** To return grad_out * P(x), as if the gate were a constant. It is right at 0 and far out.
#
# **Predict, then run.** relu never learns where its gate is shut. What slope does GELU have at -10?
#
# <details><summary>Answer</summary><!-- answer: 0 -->
#
# ```python
# >>> gelu_backward(torch.ones(1), torch.tensor([-10.0])).abs() < 1e-20
# tensor([True])
# ```
# As good as 0: about -8e-22. Only the neighbourhood of 0 has been helped.</details>


# %%
def gelu_backward(grad_out: Tensor, x: Tensor) -> Tensor:
    """Take the gradient of a loss back through `gelu`.

    Derive it by hand: a gradient that is measured, by differences of the function, earns nothing.

    Args:
        grad_out: dL/dy for y = gelu(x), the shape of `x`.
        x: the input that `gelu` was given (not its output).

    Returns:
        dL/dx, the same shape, dtype and device as `x`. Far out it is grad_out or 0, never NaN.

    Example: a grad_out of 1 at x = 0 gives 0.5, at x = 1 it gives 1.0833.

    Source: Hendrycks, Gimpel, Gaussian Error Linear Units (2016), section 2.
    """
    raise NotImplementedError("gelu_backward: write this part, then run: brick check ch03")


# %% [markdown]
# ## Extra: SiLU, gated by itself
#
# An exercise for whoever wants more; its points come on top. The same idea with sigmoid for a gate:
#
#     silu(x) = x * s                         s = sigmoid(x)
#     dL/dx   = grad_out * s * (1 + x * (1 - s))
#
# The second line is the product rule: s, plus x times the slope s * (1 - s) of the gate.
#
# **By hand.** At x = 2: s = 0.8808, silu = 1.7616, slope 0.8808 * (1 + 2 * 0.1192) = 1.0908. At x = -2:
# s = 0.1192, silu = -0.2384, slope 0.1192 * (1 - 2 * 0.8808) = -0.0908. As sigmoid(x) + sigmoid(-x) = 1,
# silu(x) - silu(-x) = x: 1.7616 + 0.2384 = 2. And the slopes add up to 1.
#
# ```python
# >>> x = torch.tensor([-2.0, 0.0, 2.0])
# >>> silu(x), silu_backward(torch.ones(3), x)
# (tensor([-0.2384,  0.0000,  1.7616]), tensor([-0.0908,  0.5000,  1.0908]))
# ```
#
# **Pitfall.** The function is simply x / (1 + exp(-x)), one infinity below the line at most. But written as
# x * exp(x) / (1 + exp(x)), it is inf / inf = NaN in float32 from x = 89 on.
#
# **Predict, then run.** Its lowest point lies near x = -1.2785. What does silu_backward give there?
#
# <details><summary>Answer</summary><!-- answer: 0 -->
#
# ```python
# >>> lowest = torch.tensor([-1.2785])
# >>> silu(lowest), silu_backward(torch.ones(1), lowest).abs() < 1e-4
# (tensor([-0.2785]), tensor([True]))
# ```
# 0, at the bottom of a valley. The curve is flat there, and left of it it rises again, towards 0.</details>


# %%
def silu(x: Tensor) -> Tensor:
    """Multiply every entry of `x` by its own sigmoid.

    Args:
        x: real numbers, any shape.

    Returns:
        The same shape, dtype and device as `x`. Finite for every finite entry, however large.

    Example: -2 gives -0.2384, 0 gives 0, 2 gives 1.7616.

    Source: Ramachandran, Zoph, Le, Searching for Activation Functions (2017), with beta = 1.
    """
    raise NotImplementedError("silu: write this part, then run: brick check ch03")


# %%
def silu_backward(grad_out: Tensor, x: Tensor) -> Tensor:
    """Take the gradient of a loss back through `silu`.

    Derive it by hand: a gradient that is measured, by differences of the function, earns nothing.

    Args:
        grad_out: dL/dy for y = silu(x), the shape of `x`.
        x: the input that `silu` was given (not its output).

    Returns:
        dL/dx, the same shape, dtype and device as `x`. Far out it is grad_out or 0, never NaN.

    Example: a grad_out of 1 at x = 0 gives 0.5, at x = 2 it gives 1.0908.

    Source: Ramachandran, Zoph, Le, Searching for Activation Functions (2017), section 5, with beta = 1.
    """
    raise NotImplementedError("silu_backward: write this part, then run: brick check ch03")


# %% [markdown]
# ## Extra: Leaky ReLU, a gate that never shuts
#
# An exercise for whoever wants more; its points come on top. A relu whose inputs are all negative has no
# gradient left, and stays as it is for ever: it is dead. So let a little through:
#
#     leaky_relu(x) = x if x > 0, else slope * x            dL/dx = grad_out * (1 if x > 0, else slope)
#
# **By hand.** x = (-3, 0, 2), slope 0.1: y = (-0.3, 0, 2). A grad_out of (5, 5, -5) comes back as
# (0.5, 0.5, -5). At the corner, x = 0, the slope counts as `slope`.
#
# ```python
# >>> x = torch.tensor([-3.0, 0.0, 2.0])
# >>> leaky_relu(x, 0.1), leaky_relu_backward(torch.tensor([5.0, 5.0, -5.0]), x, 0.1)
# (tensor([-0.3000,  0.0000,  2.0000]), tensor([ 0.5000,  0.5000, -5.0000]))
# ```
#
# One family: slope 0 is relu, slope 1 changes nothing, slope -1 is the absolute value.
#
# **Pitfall.** The larger of x and slope * x is the same, for a slope from 0 to 1. With slope 2 it is wrong on
# both sides: of -3 and -6 it takes -3, of 2 and 4 it takes 4. Compare with 0 instead.
#
# **Predict, then run.** How much of a gradient of 1 comes back through ten leaky relus, each with its input
# below 0 and the usual slope, 0.01?
#
# <details><summary>Answer</summary><!-- answer: about 1e-20 -->
#
# ```python
# >>> one = torch.ones((), dtype=torch.float64)
# >>> leaky_relu_backward(one, -one).item() ** 10
# 1.0000000000000...e-20
# ```
# 0.01 ten times over, 1e-20: not dead, and not far from it.</details>


# %%
def leaky_relu(x: Tensor, slope: float = 0.01) -> Tensor:
    """Keep the positive entries of `x` and multiply the others by `slope`.

    Args:
        x: real numbers, any shape.
        slope: any number, also one above 1 or below 0.

    Returns:
        A new tensor of the same shape, dtype and device as `x`.

    Example: with slope 0.1, (-3, 0, 2) gives (-0.3, 0, 2).

    Source: Maas, Hannun, Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models (2013), section 2.
    """
    raise NotImplementedError("leaky_relu: write this part, then run: brick check ch03")


# %%
def leaky_relu_backward(grad_out: Tensor, x: Tensor, slope: float = 0.01) -> Tensor:
    """Take the gradient of a loss back through `leaky_relu`. The slope at exactly 0 counts as `slope`.

    Args:
        grad_out: dL/dy for y = leaky_relu(x, slope), the shape of `x`.
        x: the input that `leaky_relu` was given (not its output).
        slope: the slope that `leaky_relu` was given.

    Returns:
        dL/dx, the same shape, dtype and device as `x`.

    Example: with slope 0.1, a grad_out of (5, 5, -5) at x = (-3, 0, 2) gives (0.5, 0.5, -5).

    Source: Maas, Hannun, Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models (2013), section 2.
    """
    raise NotImplementedError("leaky_relu_backward: write this part, then run: brick check ch03")


# %% [markdown]
# ## Extra: write the law yourself
#
# All along, laws have judged your code. Now you write one, and it judges the code of others, some of it right and
# some of it wrong, all of it called `learner`. A law needs no answer of its own to compare with: it says what every
# right answer keeps, whatever the scores. As a first try: the shares have the sum 1.
#
# ```python
# >>> def law_first_try(learner, x):
# ...     sums = learner.softmax(x).sum(-1)
# ...     return torch.allclose(sums, torch.ones_like(sums))
# >>> class EqualShares:
# ...     def softmax(self, x):
# ...         return torch.ones_like(x) / x.shape[-1]
# >>> law_first_try(EqualShares(), torch.tensor([1.0, 2.0, 3.0]))
# True
# ```
#
# Equal shares keep it. Whoever writes a law asks which nonsense would, and adds what that nonsense breaks. Here it is
# the relation of two shares: p_i / p_j = exp(x_i - x_j).
#
# **Pitfall.** A law that asks too much rejects who is right. A share may be 0, since exp(-1000) is nothing in float64:
# its logarithm is -inf, and a quotient with it is NaN. And no two ways round alike: compare with `torch.allclose`.


# %%
def law_softmax(learner: Any, x: Tensor) -> bool:
    """Say whether `learner.softmax(x)` are the softmax shares of x along its last axis.

    It is called with many scores and many versions. Of a right one it has to be True every time; of a wrong one
    False at least once, or an error. A law that knows no wrong version, or no right one, earns nothing.

    Args:
        learner: somebody's code. Its `softmax(x)` should return what yours does for the last axis, up to rounding.
        x: shape (C,) or (N, C), float64; scores may be as large as 2,000.

    Returns:
        True if the law holds, False if it is broken; a Python bool.

    Example: for the scores (0, 0) the shares (0.5, 0.5) are right, and (1, 1) and (0.4, 0.6) are wrong.

    Source: Claessen, Hughes, QuickCheck: a lightweight tool for random testing of Haskell programs (ICFP 2000).
    """
    raise NotImplementedError("law_softmax: write this part, then run: brick check ch03")
