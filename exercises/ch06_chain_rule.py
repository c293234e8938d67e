# %% [markdown]
# # Chapter 6: The chain rule
#
# A network is a chain of simple steps, and every step knows its own slope. The chain rule multiplies the
# slopes along the chain, backwards from the loss, and out comes the gradient of a million weights for about
# the price of two forward passes. You write it three times: for one layer, for a whole network, and for any
# formula at all.
#
# Time: about 90 minutes. Reading 30, `numerical_gradient` 10, `linear_backward` 10, `mlp_loss_and_grads` 20,
# `Value` 20.
#
# Not allowed here: autograd, `torch.nn`, and what torch has finished (a star stands for any letters):
# `*_loss`, `*cross_entropy*`, `kl_div`, `*softmax`, `softplus`, `*sigmoid`, `log*exp*`, `gradient`; nor complex
# numbers, which would measure the slopes. The steps are small enough to differentiate by hand; differences
# are for trying out what you wrote, and gradients that are measured by them earn nothing.

# %%
from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

# %% [markdown]
# ## A slope you can trust: central differences
#
# ![the error of central differences over h](../pictures/ch06_chain_rule/differences.en.svg)
#
# Before you derive a gradient, have a way to test it. The definition itself is one: move one entry of x a
# little, see how far f moves, divide. Move it both ways, and put it back before the next entry takes its
# turn:
#
#     df/dx_i  ~  (f(x + h e_i) - f(x - h e_i)) / (2 h)                 e_i: 1 at entry i, 0 elsewhere
#
# **By hand.** f(x) = x^3 at 2, where the slope is 12, with h = 0.1. To one side: (9.261 - 8) / 0.1 = 12.61.
# To both sides: (9.261 - 6.859) / 0.2 = 12.01. The one-sided error is 6h + h^2, the central one h^2 alone:
# what the two sides have in common cancels. For a quadratic nothing is left, and the central difference is
# exact for every h.
#
# **Smaller is not better.** Near f the digits of a float64 end 16 places down; the difference loses them, and
# dividing by a tiny h blows up what is left. The error of the central difference, for x^3 at 2:
#
#     h = 1e-1    1e-3    1e-5    1e-8    1e-12
#         1e-02   1e-06   2e-10   7e-08   1e-03        falls with h^2, then rises with 1/h
#
# In float64 use h near 1e-5, in float32 near 5e-3. And it needs two runs of f for every entry: a million
# weights are two million runs. That is why this is the test of a gradient, never the way to train.
#
# **Pitfall.** `y = x` is a second name, not a second tensor: `y[i] += h` moves the caller's x, and the next
# entry is measured somewhere else. Adding h and taking it off again is no cure: 0.1 + 0.7 - 0.7 is not 0.1.
#
# **Predict, then run.** With h = 0.1 the slope of x^3 came out 0.01 too large. How much too large with h =
# 0.2?

# %% [markdown]
# <details><summary>Answer</summary><!-- answer: 0.04 -->0.04. The error is h^2: twice the step, four times
# the error. Below, this and the other numbers of the section, by machine.
#
# ```python
# >>> def cube(x):
# ...     return (x * x * x).sum()
# >>> x = torch.tensor([2.0], dtype=torch.float64)
# >>> [round(numerical_gradient(cube, x, h).item(), 6) for h in (0.1, 0.2)]
# [12.01, 12.04]
# >>> round((2.1**3 - 2**3) / 0.1, 6), round(2.1**3, 3), round(1.9**3, 3), 0.1 + 0.7 - 0.7 == 0.1
# (12.61, 9.261, 6.859, False)
# >>> for h in (1e-1, 1e-3, 1e-5, 1e-8, 1e-12):
# ...     print(f"{abs(numerical_gradient(cube, x, h).item() - 12):.0e}")
# 1e-02
# 1e-06
# 2e-10
# 7e-08
# 1e-03
# ```
# </details>


# %%
def numerical_gradient(f: Callable[[Tensor], Tensor], x: Tensor, h: float) -> Tensor:
    """Estimate the gradient of f at x by central differences, one entry at a time.

    Args:
        f: takes a tensor of x's shape and dtype and returns a tensor without dimensions.
        x: where the slope is wanted, any shape, floating point; left as it is.
        h: the step to either side, above 0. The difference is taken with this very h, large or small.

    Returns:
        The estimate for every entry, same shape, dtype and device as `x`.

    Example: for the sum of cubes at (2, 0) and h = 0.1 it is (12.01, 0.01).

    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), section 11.5; Nocedal and Wright, Numerical
    Optimization (2006), section 8.1.
    """
    raise NotImplementedError("numerical_gradient: write this part, then run: brick check ch06")


# %% [markdown]
# ## One layer, backwards
#
# A linear layer turns x (N, D) into y = x weight^T + bias (N, H). Behind it the loss follows, and hands back
# G = dL/dy, shape (N, H). The layer owes three gradients, each shaped like the thing it belongs to.
#
#     dL/dx = G weight          (N, H) (H, D)  ->  (N, D)
#     dL/dweight = G^T x        (H, N) (N, D)  ->  (H, D)
#     dL/dbias = sum of G over the rows        ->  (H,)
#
# Where they come from: y_nh = sum_d x_nd * w_hd + b_h. An entry gets the sum over all outputs it touches,
# slope times G. x_nd touches row n of y, so the sum runs over h; w_hd and b_h touch column h, so it runs over
# the batch.
#
# **By hand.** Two rows, three features, two outputs.
#
#     x = 1  2  3      weight = 1  0 -1      G = 1  0
#         4  5  6               2  1  0          2 -1
#
#     dL/dx = 1  0 -1         dL/dweight =  9  12  15         dL/dbias = 3 -1
#             0 -1 -2                      -4  -5  -6
#
# The 9 is 1 * 1 + 2 * 4: weight_11 met feature 1 of both rows.
#
# **Pitfalls.** (1) With D = H, `G @ weight.T` runs just as well and is wrong. Try shapes that differ. (2)
# Nothing is divided by N here: if the loss is a mean, its 1/N is already inside G.
#
# **Predict, then run.** Put every row into the batch twice, in x and in G. Which of the three gradients
# change, and how?

# %% [markdown]
# <details><summary>Answer</summary><!-- answer: weight and bias double | all double | none -->Those of weight
# and bias double: they sum over the batch. That of x only gets its rows twice.
#
# ```python
# >>> x = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], dtype=torch.float64)
# >>> weight = torch.tensor([[1.0, 0.0, -1.0], [2.0, 1.0, 0.0]], dtype=torch.float64)
# >>> grad_out = torch.tensor([[1.0, 0.0], [2.0, -1.0]], dtype=torch.float64)
# >>> for grad in linear_backward(grad_out, x, weight):
# ...     print(grad.tolist())
# [[1.0, 0.0, -1.0], [0.0, -1.0, -2.0]]
# [[9.0, 12.0, 15.0], [-4.0, -5.0, -6.0]]
# [3.0, -1.0]
# >>> for grad in linear_backward(torch.cat([grad_out, grad_out]), torch.cat([x, x]), weight):
# ...     print(grad.tolist())
# [[1.0, 0.0, -1.0], [0.0, -1.0, -2.0], [1.0, 0.0, -1.0], [0.0, -1.0, -2.0]]
# [[18.0, 24.0, 30.0], [-8.0, -10.0, -12.0]]
# [6.0, -2.0]
# ```
# </details>


# %%
def linear_backward(grad_out: Tensor, x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Hand a gradient back through the layer y = x weight^T + bias.

    Args:
        grad_out: dL/dy, shape (N, H).
        x: what went into the layer, shape (N, D).
        weight: shape (H, D).

    Returns:
        (grad_x, grad_w, grad_b): dL/dx (N, D), dL/dweight (H, D), dL/dbias (H,), with the dtype and
        device of `grad_out`. Sums over the batch, not means.

    Example: for x (1, 2), weight (3, 4) and grad_out (10), each one row: grad_x is (30, 40), grad_w (10, 20),
    grad_b (10).

    Source: the essay, section 5; Goodfellow, Bengio, Courville, Deep Learning (2016), section 6.5.
    """
    raise NotImplementedError("linear_backward: write this part, then run: brick check ch06")


# %% [markdown]
# ## A chain of layers
#
# The network of chapter 2 with the loss of chapter 4 behind it. Forward, every layer keeps what came into it;
# backward, the gradient runs the same road home, and each layer takes out its own two on the way.
#
#     x --[linear 1]-- z1 --relu-- a1 --[linear 2]-- logits --cross entropy-- loss          forward
#          grad_w1 <-- dz1 <-mask- da1 <-- grad_w2 <-- (softmax(logits) - one_hot) / N      backward
#
# The start is the shortest formula of the course: shares minus truth, over N because the loss is the mean.
# ReLU lets the gradient through where its input was above 0 and stops it elsewhere, at 0 too.
#
# **By hand.** One sample (1, 2), label 0, biases 0.
#
#     weight1 = 1  0    z1 = (1, -2)    weight2 = 2  1    logits = (2, 1)    shares = (0.7311, 0.2689)
#               0 -1    a1 = (1,  0)              1  3    loss = -log 0.7311 = 0.3133
#
#     dlogits = (-0.2689, 0.2689)     grad_w2 = -0.2689  0     da1 = (-0.2689, 0.5379)
#                                                0.2689  0     dz1 = (-0.2689, 0)
#     grad_w1 = -0.2689  -0.5379
#                0        0           the second neuron was off: it learns nothing from this sample
#
# **Pitfalls.** (1) grad_w1 wants the layer's *input* x, grad_w2 wants a1, not z1. (2) No ReLU after the last
# layer, so no mask there. (3) exp of a logit of 1000 is infinite: subtract each row's largest, as in chapter
# 3. (4) You collect from the last layer to the first; the answer goes from first to last.
#
# **Predict, then run.** Set all weights and biases to 0 and keep x = (1, 2), label 0. Which gradients are not
# 0?

# %% [markdown]
# <details><summary>Answer</summary><!-- answer: the last bias | the last weight and bias | all -->The last
# bias alone: (-0.5, 0.5). All inputs of the last layer are 0, so its weight has no slope; and its weight is
# 0, so nothing gets past it. A network that starts at zero learns its last bias and nothing else. That is why
# chapter 2 draws the weights at random.
#
# ```python
# >>> x, labels = torch.tensor([[1.0, 2.0]], dtype=torch.float64), torch.tensor([0])
# >>> weight, bias = torch.zeros(2, 2, dtype=torch.float64), torch.zeros(2, dtype=torch.float64)
# >>> loss, grads = mlp_loss_and_grads(x, labels, [(weight, bias), (weight, bias)])
# >>> round(loss.item(), 4), [bool(grad.any()) for pair in grads for grad in pair], grads[1][1].tolist()
# (0.6931, [False, False, False, True], [-0.5, 0.5])
# ```
# </details>
#
# The other numbers of this section, by machine:
#
# ```python
# >>> x, labels = torch.tensor([[1.0, 2.0]], dtype=torch.float64), torch.tensor([0])
# >>> weight1 = torch.tensor([[1.0, 0.0], [0.0, -1.0]], dtype=torch.float64)
# >>> weight2 = torch.tensor([[2.0, 1.0], [1.0, 3.0]], dtype=torch.float64)
# >>> bias = torch.zeros(2, dtype=torch.float64)
# >>> loss, grads = mlp_loss_and_grads(x, labels, [(weight1, bias), (weight2, bias)])
# >>> round(loss.item(), 4), round(math.exp(-loss.item()), 4)
# (0.3133, 0.7311)
# >>> [[round(entry, 4) + 0.0 for entry in grad.flatten().tolist()] for pair in grads for grad in pair]
# [[-0.2689, -0.5379, 0.0, 0.0], [-0.2689, 0.0], [-0.2689, 0.0, 0.2689, 0.0], [-0.2689, 0.2689]]
# >>> dlogits = grads[1][1]
# >>> [round(entry, 4) for entry in (dlogits @ weight2).tolist()]
# [-0.2689, 0.5379]
# ```


# %%
def mlp_loss_and_grads(
    x: Tensor, labels: Tensor, layers: list[tuple[Tensor, Tensor]]
) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
    """Run an MLP with cross entropy behind it, and differentiate the loss by every weight and bias.

    ReLU stands between the layers and none after the last; the loss is the mean over the rows. At exactly 0
    ReLU passes no gradient.

    Derive them by hand: gradients that are measured, by differences of the loss, earn nothing.

    Args:
        x: the batch, shape (N, D).
        labels: the right class of every row, int64 in [0, C), shape (N,).
        layers: at least one (weight, bias), first layer first, shapes (H, D) and (H,); the last H is C.

    Returns:
        (loss, grads): the loss without dimensions, and a list of one (grad_w, grad_b) per layer in the order
        of `layers`, shaped like its weight and bias; finite for logits as large as 10,000, with the dtype and
        device of x.

    Example: one row (1, 2), label 0 and one layer of zeros with two outputs: the loss is log 2 = 0.6931,
    grad_w is (-0.5, -1) over (0.5, 1), grad_b is (-0.5, 0.5).

    Source: the essay, section 5; Rumelhart, Hinton and Williams (1986), Learning representations by
    back-propagating errors; Goodfellow, Bengio, Courville, Deep Learning (2016), section 6.5.4.
    """
    raise NotImplementedError("mlp_loss_and_grads: write this part, then run: brick check ch06")


# %% [markdown]
# ## Any formula: numbers that remember
#
# ![the graph of a formula, with gradients flowing back](../pictures/ch06_chain_rule/graph.en.svg)
#
# A `Value` is a number that remembers which numbers it was made from, and the slope towards each. Writing a
# formula draws its graph; `backward()` walks the graph home. The rule at every node: what you got, times the
# slope, goes to each parent.
#
#     a + b: 1, 1    a * b: b, a    a ** k: k a^(k-1)    exp a: exp a    log a: 1/a    tanh a: 1 - tanh^2 a
#
# **By hand.** a = 2, b = -3; c = a * b = -6; d = c + a = -4; e = d * c = 24. Gradients of e:
#
#     a  ---->  *  ---->  c  ------------>  *  -->  e         e: 1
#     b  ---->            |                 ^                 d: c = -6
#                         v                 |                 c: d + (by way of d) 1 * -6 = -10
#     a  -------------->  +  ------->  d  --+                 b: a * -10 = -20
#                                                             a: b * -10 + (by way of d) 1 * -6 = 24
#
# Two roads lead from e to c and two more to a: their products are *added*. (Check: e = a^2 b^2 + a^2 b.)
#
# **Order.** c may pass on only when d has paid in. Had it passed on its first -4, b would get -8. So visit a
# node after *all* that use it: collect the graph parents first, each node once, then walk that list
# backwards. Once, because 60 doublings a = a + a have 2^60 roads; and with a list of your own, because
# Python's recursion ends at about 1,000 and a chain of 5,000 nodes is nothing unusual.
#
# **Two roots.** `.grad` adds up over calls of `backward()`, on whichever root. Keep this call's derivatives
# apart until they are done: a second call that starts from the old `.grad` of an inner node pays it out
# again.
#
# **Pitfalls.** (1) a * a names the same parent twice; both slopes count. (2) `2 - a` calls a's `__rsub__`,
# and it is not a - 2. (3) A plain number may stand on either side; it needs no gradient.
#
# **Predict, then run.** y = x * x + x at x = 3. What is x.grad after y.backward(), what after a second
# y.backward()?

# %% [markdown]
# <details><summary>Answer</summary><!-- answer: 7, 14 -->7, then 14: the derivative 2x + 1 = 7 is added on
# each call. An engine that starts the second call from the old `.grad` of x * x adds 13 there and shows 20.
#
# ```python
# >>> x = Value(3.0)
# >>> y = x * x + x
# >>> y.backward()
# >>> x.grad
# 7.0
# >>> y.backward()
# >>> x.grad, 7 + 2 * (2 * 3) + 1
# (14.0, 20)
# ```
# </details>
#
# The other numbers of this section, by machine:
#
# ```python
# >>> a, b = Value(2.0), Value(-3.0)
# >>> c = a * b
# >>> d = c + a
# >>> e = d * c
# >>> e.backward()
# >>> [node.data for node in (c, d, e)], [node.grad for node in (e, d, c, b, a)]
# ([-6.0, -4.0, 24.0], [1.0, -6.0, -10.0, -20.0, 24.0])
# >>> a.data * d.data                          # b, had c passed on too early
# -8.0
# >>> tower = x = Value(1.0)
# >>> for _ in range(60):
# ...     tower = tower + tower
# >>> tower.backward()
# >>> x.grad == 2**60
# True
# ```


# %%
class Value:
    """A number that remembers how it was made, so that it can be differentiated.

    `+ - * /` take a Value or a plain number on either side, `**` a plain number as exponent. None of them
    changes its operands.

    Args:
        data: the number.

    Attributes: `data`, the number; `grad`, a number: 0 at first, then the sum of the derivatives that all
    calls of `backward()` so far have added.

    Example: with x = Value(3.0) and y = x * x + x, y.data is 12.0; after y.backward(), x.grad is 7.0.

    Source: the essay, section 5; Karpathy (2020), micrograd; Baydin and others (2018), Automatic
    differentiation in machine learning: a survey, section 3.2.
    """

    def __init__(self, data: float) -> None:
        raise NotImplementedError("Value.__init__: write this part, then run: brick check ch06")

    def __add__(self, other: Value | float) -> Value:
        """self + other"""
        raise NotImplementedError("Value.__add__: write this part, then run: brick check ch06")

    def __radd__(self, other: float) -> Value:
        """other + self"""
        raise NotImplementedError("Value.__radd__: write this part, then run: brick check ch06")

    def __mul__(self, other: Value | float) -> Value:
        """self * other"""
        raise NotImplementedError("Value.__mul__: write this part, then run: brick check ch06")

    def __rmul__(self, other: float) -> Value:
        """other * self"""
        raise NotImplementedError("Value.__rmul__: write this part, then run: brick check ch06")

    def __neg__(self) -> Value:
        """-self"""
        raise NotImplementedError("Value.__neg__: write this part, then run: brick check ch06")

    def __sub__(self, other: Value | float) -> Value:
        """self - other"""
        raise NotImplementedError("Value.__sub__: write this part, then run: brick check ch06")

    def __rsub__(self, other: float) -> Value:
        """other - self"""
        raise NotImplementedError("Value.__rsub__: write this part, then run: brick check ch06")

    def __pow__(self, exponent: float) -> Value:
        """self ** exponent, for an exponent that is a plain number"""
        raise NotImplementedError("Value.__pow__: write this part, then run: brick check ch06")

    def __truediv__(self, other: Value | float) -> Value:
        """self / other"""
        raise NotImplementedError("Value.__truediv__: write this part, then run: brick check ch06")

    def __rtruediv__(self, other: float) -> Value:
        """other / self"""
        raise NotImplementedError("Value.__rtruediv__: write this part, then run: brick check ch06")

    def exp(self) -> Value:
        """e to the power of self"""
        raise NotImplementedError("Value.exp: write this part, then run: brick check ch06")

    def log(self) -> Value:
        """The natural logarithm of a self above 0."""
        raise NotImplementedError("Value.log: write this part, then run: brick check ch06")

    def tanh(self) -> Value:
        """The hyperbolic tangent of self, however large that is."""
        raise NotImplementedError("Value.tanh: write this part, then run: brick check ch06")

    def relu(self) -> Value:
        """self where it is above 0, else 0; at exactly 0 the slope is 0."""
        raise NotImplementedError("Value.relu: write this part, then run: brick check ch06")

    def backward(self) -> None:
        """Add the derivative of this value, by every node it was made from and by itself, to their `grad`."""
        raise NotImplementedError("Value.backward: write this part, then run: brick check ch06")


# %% [markdown]
# ## Extra: who checks the checker
#
# Every backward of this course is checked as you will check one now. A function f turns x into a tensor; make
# one number of it with a random grad_out, and both ways to its slope must agree:
#
#     L(x) = sum of grad_out * f(x)         backward(grad_out, x)  ~  numerical_gradient(L, x, h)
#
# **By hand.** f(x) = x^2 at 3, grad_out 2: backward must give 2 * 6 = 12, and (2 * 3.1^2 - 2 * 2.9^2) / 0.2 =
# 12 as well. A backward that forgot grad_out gives 6, and grad_out = 1 would not have shown it.
#
# **Pitfall.** How near is near? A difference of 1e-6 is nothing for a gradient of 1e6, and everything for one
# of 1e-9, where even a backward of zeros is "near". Measure against the gradient's own largest entry.
#
# ```python
# >>> def square(x):
# ...     return 1e-9 * x**2
# >>> def right(grad_out, x):
# ...     return 1e-9 * 2 * x * grad_out
# >>> def zeros(grad_out, x):
# ...     return torch.zeros_like(x)
# >>> x, generator = torch.tensor([3.0, -1.0], dtype=torch.float64), torch.Generator().manual_seed(0)
# >>> [check_gradient(square, backward, x, generator=generator) for backward in (right, zeros)]
# [True, False]
# >>> round((2 * 3.1**2 - 2 * 2.9**2) / 0.2, 6)
# 12.0
# ```
#
# **Predict, then run.** f is softmax, and grad_out is all ones. Would a backward that returns nothing but
# zeros be found out?
#
# <details><summary>Answer</summary><!-- answer: no | yes -->No: the sum of the shares is always 1, so zeros
# are the right gradient for ones. Hence the random grad_out.</details>


# %%
def check_gradient(
    forward: Callable[[Tensor], Tensor],
    backward: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    *,
    generator: torch.Generator,
) -> bool:
    """Say whether `backward` is the gradient of `forward` at x, by central differences for a random grad_out.

    A right backward is right up to rounding, however large or small the gradient is as a whole; it may be 0.
    A wrong one has another shape than x, a NaN, or an entry that is off by at least a tenth of the gradient's
    largest entry.

    Args:
        forward: takes a tensor like x and returns a tensor of any shape, also one without dimensions; smooth.
        backward: takes (grad_out, x), grad_out of the shape of forward(x), and returns the gradient of the sum
            of grad_out * forward(x) with respect to x.
        x: where to look, float64, entries about 1 in size, any shape; left as it is.
        generator: where the normal random numbers of grad_out come from; the global one is left alone.

    Returns:
        True if backward is right, False if it is wrong; a Python bool.

    Example: for forward x^2, the backward 2 * x * grad_out is right, and x * grad_out is wrong.

    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), section 11.5.
    """
    raise NotImplementedError("check_gradient: write this part, then run: brick check ch06")


# %% [markdown]
# ## Extra: write the law yourself
#
# All along, laws have judged your code. Now you write one, and it judges the code of others, some of it right and
# some of it wrong, all of it called `learner`. For a backward there is one law for all: it is the slope of the
# forward. Make one number of the layer, L = sum of grad_out * (x W^T + b), and measure. As a first try, the bias:
#
# ```python
# >>> def law_first_try(learner, grad_out, x, weight):
# ...     def loss(bias):
# ...         return (grad_out * (x @ weight.T + bias)).sum()
# ...     of_bias = learner.linear_backward(grad_out, x, weight)[2]
# ...     zeros = torch.zeros(len(weight), dtype=x.dtype)
# ...     return torch.allclose(of_bias, numerical_gradient(loss, zeros, 1e-3))
# >>> class BiasOnly:
# ...     def linear_backward(self, grad_out, x, weight):
# ...         return 0 * x, 0 * weight, grad_out.sum(0)
# >>> one = torch.ones(1, 1, dtype=torch.float64)
# >>> law_first_try(BiasOnly(), one, one, one)
# True
# ```
#
# Whoever looks only at the bias cannot see the others. And a sum of all slopes would not see two entries that changed
# places: every entry counts.
#
# **Pitfall.** A law that asks too much rejects who is right. Measured slopes are off by rounding: compare with
# `torch.allclose`, never with `==`.


# %%
def law_linear_backward(learner: Any, grad_out: Tensor, x: Tensor, weight: Tensor) -> bool:
    """Say whether `learner.linear_backward(grad_out, x, weight)` gives the slopes of a linear layer.

    It is called with many inputs and many versions. Of a right one it has to be True every time; of a wrong one
    False at least once, or an error. A law that knows no wrong version, or no right one, earns nothing. Here
    slopes may be measured: your `numerical_gradient` is a good judge.

    Args:
        learner: somebody's code. Its `linear_backward(grad_out, x, weight)` should return what yours does, up to
            rounding.
        grad_out: shape (N, H), float64.
        x: shape (N, D), as grad_out.
        weight: shape (H, D), as grad_out.

    Returns:
        True if the law holds, False if it is broken; a Python bool.

    Example: for grad_out (2), x (3) and weight (5) the gradients (10), (6) and (2) are right.

    Source: Claessen, Hughes, QuickCheck: a lightweight tool for random testing of Haskell programs (ICFP 2000).
    """
    raise NotImplementedError("law_linear_backward: write this part, then run: brick check ch06")
