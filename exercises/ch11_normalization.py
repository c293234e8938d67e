# %% [markdown]
# # Chapter 11: Normalization
#
# Time: about 90 minutes. Section 8 of the essay.
#
# A layer learns best when the numbers that reach it have a steady size. Normalization makes it so, inside the
# network, at every step. You write it along the two axes of a batch: batch norm works down the columns, layer
# norm along the rows. The arithmetic is the same, and so is the gradient.
#
# Build from sums, means, powers and roots, without `complex` numbers. What torch has finished stays out:
# `*_norm*`, where a star stands for any letters. The ways back are derived on paper: one that measures the
# slopes, by differences of the function, earns nothing.

# %%
from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

# %% [markdown]
# ## Batch norm: every feature on the same footing
#
# For each feature j (a column of x), over the N rows of the batch:
#
#     mean_j = 1/N sum_i x_ij                             var_j = 1/N sum_i (x_ij - mean_j)^2
#     x_hat_ij = (x_ij - mean_j) / sqrt(var_j + eps)      y_ij = gamma_j * x_hat_ij + beta_j
#
# x_hat has mean 0 and variance 1 in every column. gamma and beta, one of each per feature and learned, let
# the network choose another size and mean where it needs them. eps keeps a constant column from dividing by
# 0.
#
# **By hand.** The column (2, 4, 4, 6): mean 4, squared distances 4 + 0 + 0 + 4, variance 8 / 4 = 2.
#
#     x        2          4          4          6           minus the mean, by sqrt(2) = 1.4142
#     x_hat   -1.4142     0          0          1.4142      times gamma = 3, plus beta = 1
#     y       -3.2426     1          1          5.2426
#
# ```python
# >>> bn, x = BatchNorm(1, eps=0.0), torch.tensor([[2.0], [4.0], [4.0], [6.0]])
# >>> bn.gamma, bn.beta = torch.tensor([3.0]), torch.tensor([1.0])
# >>> bn.forward(x, training=True).flatten(), x.var(unbiased=False), x.var()
# (tensor([-3.2426, 1.0000, 1.0000, 5.2426]), tensor(2.), tensor(2.6667))
# ```
#
# **What is lost.** (102, 104, 104, 106) and (20, 40, 40, 60) have the same x_hat. A bias added just before
# batch norm does nothing, so its gradient is 0: leave it out, beta takes its place.
#
# **Pitfall.** This variance divides by N. `Tensor.var` divides by N - 1 unless told otherwise: 2.6667 here.
#
# **Predict, then run.** A batch of two rows, whose entries differ. Which two numbers are in x_hat?
#
#     BatchNorm(3).forward(torch.tensor([[1.0, -7.0, 0.5], [3.0, 200.0, 0.0]]), training=True)
#
# <details><summary>Answer</summary><!-- answer: -1, 1 -->-1 and 1, whatever the numbers (eps aside). A batch
# of one would give nothing but zeros, so training on it is refused.</details>

# %% [markdown]
# ## One row at a time: running statistics
#
# ![a running mean that forgets its start](../pictures/ch11_normalization/running.en.svg)
#
# In use there may be one row only, and its answer must not depend on its neighbours. So training also keeps
# running averages, and evaluation (`training=False`) uses those in place of the batch's own.
#
#     running_mean = (1 - momentum) * running_mean + momentum * mean                  starts at 0
#     running_var  = (1 - momentum) * running_var  + momentum * var * N / (N - 1)     starts at 1
#
# Why another variance? The rows lie closer to their own mean than to the true one: as an estimate for rows
# yet to come, var is too small, on average by the factor (N - 1) / N. For this batch itself it is exact.
#
# **By hand.** momentum = 0.1, always the column (2, 4, 4, 6): mean 4, var 2, corrected 8 / 3 = 2.6667.
#
#     calls            0         1         2         10        100
#     running_mean     0         0.4       0.76      2.6053    3.9999
#     running_var      1         1.1667    1.3167    2.0855    2.6666
#
# ```python
# >>> bn = BatchNorm(1)
# >>> for call in range(1, 101):
# ...     _ = bn.forward(torch.tensor([[2.0], [4.0], [4.0], [6.0]]), training=True)
# ...     if call in (1, 2, 10, 100):
# ...         print(bn.running_mean, bn.running_var, bn.forward(torch.tensor([[4.0]]), training=False))
# tensor([0.4000]) tensor([1.1667]) tensor([[3.3329]])
# tensor([0.7600]) tensor([1.3167]) tensor([[2.8236]])
# tensor([2.6053]) tensor([2.0855]) tensor([[0.9658]])
# tensor([3.9999]) tensor([2.6666]) tensor([[6.4...e-05]])
# ```

# %% [markdown]
# **Pitfall.** `momentum` is the share of the *newest* value, the opposite of the optimizers'. And evaluation
# only reads: if it wrote too, one prediction would change the next.
#
# **Predict, then run.** The third number of each line is the answer for a lone 4, the mean. After one call it
# is 3.3329: which mean was taken off? <details><summary>Answer</summary><!-- answer: 0.4 -->(4 - 0.4) /
# sqrt(1.1667): the averages remember their start.</details>

# %% [markdown]
# ## Backward through a mean and a variance
#
# An entry of x moves its own output, and through mean and variance all others of its column. With g = gamma *
# dL/dy, and all means taken over the N rows:
#
#     dL/dx = (g - mean(g) - x_hat * mean(g * x_hat)) / sqrt(var + eps)
#     dL/dgamma = sum_i dL/dy * x_hat                     dL/dbeta = sum_i dL/dy
#
# Read it as a subtraction. Batch norm does not see a shift of the column, nor (eps aside) its scale. So the
# part of g along (1, 1, 1, ...) and the part along x_hat are taken away; the rest can still change something.
#
# **By hand.** (2, 4, 4, 6) once more: x_hat = (-1.4142, 0, 0, 1.4142). dL/dy = (1, 0, 0, 0), gamma = 1.
#
#     g                             1         0         0         0
#     - mean(g)                    -0.25     -0.25     -0.25     -0.25
#     - x_hat * mean(g * x_hat)    -0.5       0         0         0.5        mean(g * x_hat) = -0.3536
#     sum                           0.25     -0.25     -0.25      0.25
#     divided by 1.4142             0.1768   -0.1768   -0.1768    0.1768
#
# ```python
# >>> bn = BatchNorm(1, eps=0.0)
# >>> _ = bn.forward(torch.tensor([[2.0], [4.0], [4.0], [6.0]]), training=True)
# >>> [grad.flatten() for grad in bn.backward(torch.tensor([[1.0], [0.0], [0.0], [0.0]]))]
# [tensor([ 0.1768, -0.1768, -0.1768, 0.1768]), tensor([-1.4142]), tensor([1.])]
# ```
#
# **Pitfall.** Take mean and variance for constants, and dL/dx is g / sqrt(var + eps), here (0.7071, 0, 0, 0).
# Nothing crashes, and the loss may even fall for a while; only a gradient check tells.
#
# **Predict, then run.** What are dL/dx and dL/dgamma for dL/dy = (1, 1, 1, 1)?
#
#     bn.backward(torch.ones(4, 1))
#
# <details><summary>Answer</summary><!-- answer: 0, 0 -->0 and 0: x_hat sums to 0 in a column. Only dL/dbeta,
# 4, is left.</details>


# %%
class BatchNorm:
    """Normalise each feature over the batch, then scale it by gamma and shift it by beta.

    Attributes (all of shape (num_features,); they take on dtype and device of x at the first forward, and
    may be set from outside at any time):
        gamma: the factors, ones at first.
        beta: the shifts, zeros at first.
        running_mean: average of the means of the batches, zeros at first.
        running_var: average of their unbiased variances, ones at first.

    A large common mean does not spoil the result: in float32, columns a thousand times further from 0 than
    they are spread keep three digits.

    Example: training on the column (2, 4, 4, 6) turns it into about (-1.414, 0, 0, 1.414).

    Source: Ioffe, Szegedy, Batch Normalization (2015), algorithms 1 and 2; the essay, section 8.
    """

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        """Set up num_features features.

        Args:
            num_features: width of x.
            eps: added to the variance, under the root.
            momentum: the share of the newest batch in the running statistics.
        """
        raise NotImplementedError("BatchNorm.__init__: write this part, then run: brick check ch11")

    def forward(self, x: Tensor, training: bool) -> Tensor:
        """Normalise x by the statistics of the batch (training) or by the running ones (evaluation).

        Training also updates the running statistics and remembers what `backward` needs. Evaluation changes
        nothing.

        Args:
            x: shape (N, num_features).
            training: whether to use the batch's own mean and (biased) variance.

        Returns:
            gamma * x_hat + beta, same shape, dtype and device as `x`.

        Raises:
            ValueError: if x has another width than num_features, or one row only in training; the message
                names x and its shape.
        """
        raise NotImplementedError("BatchNorm.forward: write this part, then run: brick check ch11")

    def backward(self, grad_out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Carry the gradient back through the last forward, which was one in training.

        Derive it by hand: a gradient that is measured, by differences of the forward, earns nothing.

        Args:
            grad_out: gradient of the loss with respect to the output, shape (N, num_features).

        Returns:
            The gradients with respect to x (N, num_features), gamma and beta (num_features,).
        """
        raise NotImplementedError("BatchNorm.backward: write this part, then run: brick check ch11")


# %% [markdown]
# ## Layer norm: the same along the rows
#
# ![which entries batch norm and layer norm average](../pictures/ch11_normalization/axes_reduced.en.svg)
#
# Turn the picture by 90 degrees: each row gets mean 0 and variance 1 from its own D features.
#
#     batch norm: a column at a time         layer norm: a row at a time
#
#             [ 2 ]  1    0    7                 [ 2    1    0    7 ]       mean 2.5, variance 7.25
#             [ 4 ]  0    3    3                   4    0    3    3
#             [ 6 ]  5    1    0                   6    5    1    0
#
# A row does not see its neighbours: no running statistics, no difference between training and evaluation, and
# a batch of one is fine. The input may have any rank, (batch, time, features) too; only the last axis is
# normalised. gamma and beta still have one entry per feature.
#
# **By hand.** The row (2, 1, 0, 7): mean 2.5, variance (0.25 + 2.25 + 6.25 + 20.25) / 4 = 7.25, root 2.6926.
#
# ```python
# >>> layer_norm(torch.tensor([2.0, 1.0, 0.0, 7.0]), torch.ones(4), torch.zeros(4), eps=0.0)
# tensor([-0.1857, -0.5571, -0.9285, 1.6713])
# ```
#
# **Backward.** As in batch norm, with the means along the row:
#
#     dL/dx = (g - mean(g) - x_hat * mean(g * x_hat)) / sqrt(var + eps)             g = gamma * dL/dy

# %% [markdown]
# **Pitfall.** gamma belongs inside both means: it differs along the very axis they run over, so it cannot
# wait until the end, as it could in batch norm. While gamma is all ones, as at the start, it does not show.
# And its own gradient is summed over *all* axes but the last, not over the first only.
#
# **Predict, then run.** What comes out when there is just one feature?
#
#     layer_norm(torch.tensor([[3.0], [-8.0]]), torch.ones(1), torch.zeros(1))
#
# <details><summary>Answer</summary><!-- answer: 0, 0 -->Zeros: each row is its own mean. Two features give
# (-1, 1) or (1, -1).</details>


# %%
def layer_norm(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-5) -> Tensor:
    """Normalise the last axis of x, then scale it by gamma and shift it by beta.

    A large common mean does not spoil the result, as in BatchNorm.

    Args:
        x: shape (..., D), any rank from 1.
        gamma: the factors, shape (D,).
        beta: the shifts, shape (D,).
        eps: added to the (biased) variance, under the root.

    Returns:
        gamma * x_hat + beta, same shape, dtype and device as `x`.

    Example: for gamma 1 and beta 0, the row (2, 4, 4, 6) becomes about (-1.414, 0, 0, 1.414).

    Source: Ba, Kiros, Hinton, Layer Normalization (2016), section 3; the essay, section 8.
    """
    raise NotImplementedError("layer_norm: write this part, then run: brick check ch11")


def layer_norm_backward(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Carry the gradient back through layer_norm.

    Derive it by hand: a gradient that is measured, by differences of the function, earns nothing.

    Args:
        grad_out: gradient of the loss with respect to the output, same shape as `x`.
        x: the input of the forward pass, shape (..., D), with two axes or more.
        gamma: the factors, shape (D,).
        eps: added to the (biased) variance, under the root.

    Returns:
        The gradients with respect to x (..., D), gamma and beta (D,), with the dtype and device of `x`.

    Example: if grad_out is the same along a row and gamma is 1, that row of the gradient is 0.

    Source: Ba, Kiros, Hinton (2016), section 3; the essay, section 8.
    """
    raise NotImplementedError("layer_norm_backward: write this part, then run: brick check ch11")


# %% [markdown]
# ## Extra: RMS norm, layer norm without the mean
#
# An exercise for whoever wants more; its points come on top. Many language models of today no longer subtract
# the mean. They only divide each row by its *root mean square*, the size of a typical entry:
#
#     rms = sqrt(1/D sum_j x_j^2 + eps)            y_j = gamma_j * x_j / rms
#
# One mean instead of two, no beta, and training goes about as well.
#
# **By hand.** The row (3, 4): mean square (9 + 16) / 2 = 12.5, root 3.5355, so y = (0.8485, 1.1314).
#
#                       (3, 4)               (103, 104)            (-3, -4)
#     layer norm     -1        1           -1        1            1        -1
#     RMS norm        0.8485   1.1314       0.9952   1.0048      -0.8485   -1.1314
#
# Both ignore the scale of a row (eps aside). RMS norm does see a shift: far from 0, all entries look alike.
#
# ```python
# >>> rows = torch.tensor([[3.0, 4.0], [103.0, 104.0], [-3.0, -4.0]])
# >>> rms_norm(rows, torch.ones(2), eps=0.0)
# tensor([[ 0.8485,  1.1314], [ 0.9952,  1.0048], [-0.8485, -1.1314]])
# >>> layer_norm(rows, torch.ones(2), torch.zeros(2), eps=0.0)
# tensor([[-1.,  1.], [-1.,  1.], [ 1., -1.]])
# ```
#
# **Pitfall.** A *mean* of squares, not their sum. Divided by its length, which is 5, the row would become
# (0.6, 0.8): right in direction, and too small by sqrt(D). At D = 4096 that is a factor of 64.
#
# **Predict, then run.** The row (7, 7): layer norm turns it into zeros. What does RMS norm make of it?
#
#     rms_norm(torch.tensor([7.0, 7.0]), torch.ones(2))
#
# <details><summary>Answer</summary><!-- answer: 1, 1 -->1 and 1: the rms of the row is 7.</details>


# %%
def rms_norm(x: Tensor, gamma: Tensor, eps: float = 1e-5) -> Tensor:
    """Divide the last axis of x by its root mean square, then scale it by gamma.

    Args:
        x: shape (..., D), any rank from 1.
        gamma: the factors, shape (D,).
        eps: added to the mean square, under the root.

    Returns:
        gamma * x / sqrt(mean(x^2) + eps), same shape, dtype and device as `x`.

    Example: for gamma 1, the row (3, 4) becomes about (0.8485, 1.1314).

    Source: Zhang, Sennrich, Root Mean Square Layer Normalization (2019), section 4.
    """
    raise NotImplementedError("rms_norm: write this part, then run: brick check ch11")


# %% [markdown]
# ## Extra: RMS norm, the way back
#
# The formula of layer norm with one term less: no mean was subtracted, so none has to be undone. With
# x_hat = x / rms, g = gamma * dL/dy and the mean taken along the row,
#
#     dL/dx = (g - x_hat * mean(g * x_hat)) / rms          dL/dgamma = sum over the rows of dL/dy * x_hat
#
# Only the part of g along the row itself is taken away: to stretch the row changes nothing (eps aside), to
# turn it does. What is left stands at a right angle to x.
#
# **By hand.** x = (3, 4), gamma = 1, eps = 0, dL/dy = (1, 0). x_hat = (0.8485, 1.1314), rms = 3.5355.
#
#     g                             1          0
#     - x_hat * mean(g * x_hat)    -0.36      -0.48       mean(g * x_hat) = 0.8485 / 2 = 0.4243
#     sum                           0.64      -0.48       3 * 0.64 - 4 * 0.48 = 0: a right angle
#     divided by 3.5355             0.1810    -0.1358
#
# ```python
# >>> rms_norm_backward(torch.tensor([1.0, 0.0]), torch.tensor([3.0, 4.0]), torch.ones(2), 0.0)
# (tensor([ 0.1810, -0.1358]), tensor([0.8485, 0.0000]))
# ```
#
# **Pitfall.** Copied from layer norm, the term mean(g) comes along, and (0.1810, -0.1358) turns into
# (0.0396, -0.2772). No shape is wrong, and nothing crashes.
#
# **Predict, then run.** The row gets twice as long, (6, 8), and dL/dy stays. By what factor does dL/dx change?
#
# <details><summary>Answer</summary><!-- answer: 0.5 -->
#
# ```python
# >>> rms_norm_backward(torch.tensor([1.0, 0.0]), torch.tensor([6.0, 8.0]), torch.ones(2), 0.0)[0]
# tensor([ 0.0905, -0.0679])
# ```
# By 0.5: x_hat and g are as before, and the rms is twice as large.</details>


# %%
def rms_norm_backward(grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """Carry the gradient back through rms_norm.

    Derive it by hand: a gradient that is measured, by differences of the function, earns nothing.

    Args:
        grad_out: gradient of the loss with respect to the output, same shape as `x`.
        x: the input of the forward pass, shape (..., D).
        gamma: the factors, shape (D,).
        eps: added to the mean square, under the root.

    Returns:
        The gradients with respect to x (..., D) and gamma (D,), with the dtype and device of `x`.

    Example: for gamma 1 and eps 0, a grad_out that is a multiple of x gives a gradient of x that is 0.

    Source: Zhang, Sennrich (2019), section 4.
    """
    raise NotImplementedError("rms_norm_backward: write this part, then run: brick check ch11")


# %% [markdown]
# ## Extra: write the law yourself
#
# All along, laws have judged your code. Now you write one, and it judges the code of others, some of it right and
# some of it wrong, all of it called `learner`. Their `normalize(x, eps)` is a layer norm without gamma and beta. A law
# needs no answer of its own to compare with: it says what every right answer keeps. As a first try: each row has
# mean 0.
#
# ```python
# >>> def law_first_try(learner, x, eps):
# ...     means = learner.normalize(x, eps).mean(-1)
# ...     return torch.allclose(means, torch.zeros_like(means), atol=1e-6)
# >>> class Zeros:
# ...     def normalize(self, x, eps):
# ...         return torch.zeros_like(x)
# >>> law_first_try(Zeros(), torch.tensor([[1.0, 3.0]]), 1e-5)
# True
# ```
#
# Zeros keep it. Whoever writes a law asks which nonsense would, and adds what that nonsense breaks: the variance. And
# then? A row that is mirrored has the right mean and the right variance, too. Two rows point the same way if the sum
# of their products is as large as it can be: the product of their lengths.
#
# **Pitfall.** A law that asks too much rejects who is right. With eps the variance is not quite 1: var / (var + eps).
# And sums are rounded: compare with `torch.allclose`, never with `==`.


# %%
def law_normalize(learner: Any, x: Tensor, eps: float) -> bool:
    """Say whether `learner.normalize(x, eps)` are the rows of x with mean 0 and variance 1.

    It is called with many rows and many versions. Of a right one it has to be True every time; of a wrong one
    False at least once, or an error. A law that knows no wrong version, or no right one, earns nothing.

    Args:
        learner: somebody's code. Its `normalize(x, eps)` should return what your `layer_norm` does for gamma 1 and
            beta 0, up to rounding.
        x: shape (..., D), float64, any rank from 1; a row may have equal entries.
        eps: greater than 0, added to the (biased) variance under the root; it need not be small.

    Returns:
        True if the law holds, False if it is broken; a Python bool.

    Example: for the row (1, 3) and a tiny eps (-1, 1) is right; (1, -1) and (-0.7, 0.7) are wrong.

    Source: Claessen, Hughes, QuickCheck: a lightweight tool for random testing of Haskell programs (ICFP 2000).
    """
    raise NotImplementedError("law_normalize: write this part, then run: brick check ch11")
