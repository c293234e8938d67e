# %% [markdown]
# # Chapter 4: Losses
#
# Time: about 90 minutes. Section 3 of the essay "像搭积木一样搭神经网络".
#
# A network is as good as its loss says: one number, never negative, small when predictions fit the truth.
# Training does nothing but push this number down, so nothing that comes after can mend a slip in it.
#
#     loss                                averages over     predicted              true
#     mse_loss(pred, target)              all elements      numbers                numbers
#     binary_cross_entropy(p, q)          all elements      chances of "yes"       chances of "yes"
#     cross_entropy_distributions(p, q)   the rows          rows of chances        rows of chances
#     bce_with_logits(z, q)               all elements      scores, any number     chances of "yes"
#     cross_entropy(logits, labels)       the rows          rows of scores         one class number per row
#
# **The same everywhere.** The prediction comes first and the truth second. A loss is a tensor without
# dimensions, of the dtype and device of the prediction; a gradient has the prediction's shape. No argument is
# changed. It is always an *average*, so that a batch of 64 does not weigh twice as much as one of 32.
#
# Shapes that do not belong together are refused by a `ValueError` that names the argument at fault (the
# second one) and shows its shape. torch would often stretch one to fit, and go on with a wrong number. That
# is the loss's business: `mse_backward`, `bce_with_logits_backward` and `cross_entropy_backward` come after
# it and may trust their arguments.
#
# Build from plain tensor operations. What torch has finished is the answer and stays out (a star stands for
# any letters): `*_loss`, `*cross_entropy*`, `kl_div`, `*norm`, `*dist`, `*softmax`, `softplus`, `*sigmoid`,
# `log*exp*`; and so do complex numbers, with which a gradient can be measured instead of derived. One that is
# measured, by differences of the loss, earns nothing. Every chapter stands alone, so write again what you
# need of chapter 3.

# %%
from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

# %% [markdown]
# ## Mean squared error: how far off
#
# For predictions that are plain numbers, a price or a temperature. Square every difference, take the mean.
#
#     L = 1/n * sum_i (pred_i - target_i)^2            n: how many numbers there are, rows times columns
#
# **By hand.**
#
#     pred  1  2      target  1  4      difference  0  -2      squared  0  4
#           3  5              0  4                  3   1               9  1      mean 14 / 4 = 3.5
#
# ```python
# >>> mse_loss(torch.tensor([[1.0, 2.0], [3.0, 5.0]]), torch.tensor([[1.0, 4.0], [0.0, 4.0]]))
# tensor(3.5000)
# ```
#
# Being off by 3 costs nine times as much as being off by 1: the square is for errors that should never be
# large.
#
# **Pitfall.** A layer with one output gives shape (N, 1), a data loader gives targets of shape (N,).
# Subtracting them raises no error: torch stretches both to (N, N) and compares every prediction with every
# target.
#
# **Predict, then run.** pred is (1, 2, 3), one below the other, target is (1, 2, 3) in a row: a perfect fit.
# What is the mean of the squared differences, if nobody compares the shapes?
#
# <details><summary>Answer</summary><!-- answer: 12/9 -->
#
# ```python
# >>> pred, target = torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([1.0, 2.0, 3.0])
# >>> (pred - target).shape, ((pred - target) ** 2).mean()
# (torch.Size([3, 3]), tensor(1.3333))
# ```
# 12 / 9. Training on it would draw every prediction to the mean of all targets. Hence the refusal.</details>


# %%
def mse_loss(pred: Tensor, target: Tensor) -> Tensor:
    """Average the squared differences between `pred` and `target` over all elements.

    Args:
        pred: predicted numbers, any shape.
        target: true numbers, the shape of `pred`.

    Returns:
        The loss, a tensor without dimensions, of the dtype and device of `pred`.

    Raises:
        ValueError: if `target` has another shape than `pred`; the message names `target` and shows its shape.

    Example: predictions (1, 2) against targets (1, 4) give 2.

    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), section 5.1.4; the essay, section 3.
    """
    raise NotImplementedError("mse_loss: write this part, then run: brick check ch04")


# %% [markdown]
# ## Mean squared error, the way back
#
# A loss is where the way back starts, so there is no grad_out: dL/dL is 1. Every prediction stands in one
# square only:
#
#     dL/dpred_i = 2/n * (pred_i - target_i)
#
# **By hand.** For the four numbers above, n = 4 and the gradient is half of each difference.
#
#     difference  0  -2      gradient  0.0  -1.0
#                 3   1                1.5   0.5
#
# ```python
# >>> mse_backward(torch.tensor([[1.0, 2.0], [3.0, 5.0]]), torch.tensor([[1.0, 4.0], [0.0, 4.0]]))
# tensor([[ 0.0000, -1.0000],
#         [ 1.5000,  0.5000]])
# ```
#
# **Pitfall.** n counts all elements. Dividing by the number of rows is right for one column, and with ten
# columns makes the learning rate ten times what you set.
#
# **Predict, then run.** Targets are 1, 2, 3 and 100, and the network can only give one and the same number
# for all of them. At which number do the four gradients cancel?
#
# <details><summary>Answer</summary><!-- answer: 26.5 -->
#
# ```python
# >>> target = torch.tensor([1.0, 2.0, 3.0, 100.0])
# >>> mse_backward(torch.full((4,), 26.5), target), mse_backward(torch.full((4,), 26.5), target).sum()
# (tensor([ 12.7500,  12.2500,  11.7500, -36.7500]), tensor(0.))
# ```
# At 26.5, the mean of the targets. One outlier drags it far away from the other three.</details>


# %%
def mse_backward(pred: Tensor, target: Tensor) -> Tensor:
    """Take the gradient of `mse_loss(pred, target)` with respect to `pred`.

    Args:
        pred: predicted numbers, any shape.
        target: true numbers, the shape of `pred`.

    Returns:
        dL/dpred, the same shape, dtype and device as `pred`.

    Example: predictions (1, 2) against targets (1, 4) give (0, -2).

    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), section 5.1.4; the essay, section 3.
    """
    raise NotImplementedError("mse_backward: write this part, then run: brick check ch04")


# %% [markdown]
# ## Binary cross-entropy: the price of surprise
#
# ![the price of a forecast, for both truths](../pictures/ch04_losses/surprise.en.svg)
#
# The network says "yes" with chance p. If the truth is yes, it pays -log p; if it is no, it pays -log(1 - p).
#
#     chance given to what happened    0.99     0.9      0.5      0.1      0.01
#     price, -log of it                0.0101   0.1054   0.6931   2.3026   4.6052
#
# If the truth is itself a chance q, both count, by weight. L is the mean over all elements of
#
#     -(q * log p + (1 - q) * log(1 - p))
#
# **Put right.** The essay prints p and q the other way round. The weight in front is the *truth*, the
# logarithm is of the *prediction*. Swapped, a true "yes" (q = 1) puts log(1 - q) = log 0 into every price.
#
# **By hand.** p = 0.8. If the truth is yes: -log 0.8 = 0.2231. If it is no: -log 0.2 = 1.6094.
#
# ```python
# >>> one, p = torch.tensor(1.0), torch.tensor([0.99, 0.9, 0.5, 0.1, 0.01])
# >>> -p.log(), binary_cross_entropy(0.8 * one, one), binary_cross_entropy(0.8 * one, 0 * one)
# (tensor([0.0101, 0.1054, 0.6931, 2.3026, 4.6052]), tensor(0.2231), tensor(1.6094))
# ```

# %% [markdown]
# **Pitfall.** p = 1 and q = 1 is perfect, yet (1 - q) * log(1 - p) is 0 * -inf = NaN. So no logarithm counts
# as less than -100, as in torch: 0 * -100 is 0, and a sure miss costs 100. Bound the logarithms, not p.
#
# **Predict, then run.** The truth is q = 0.3, and the network says exactly 0.3. Does it pay nothing?
#
# <details><summary>Answer</summary><!-- answer: no | yes -->No: a toss surprises even a perfect forecast. But
# no p pays less.
#
# ```python
# >>> [round(binary_cross_entropy(torch.tensor(p), torch.tensor(0.3)).item(), 4) for p in (0.2, 0.3, 0.5)]
# [0.639, 0.6109, 0.6931]
# ```
# </details>


# %%
def binary_cross_entropy(p: Tensor, q: Tensor) -> Tensor:
    """Average -(q log p + (1 - q) log(1 - p)) over all elements, for `p` predicted and `q` true.

    No logarithm counts as less than -100.

    Args:
        p: predicted chances of "yes", in [0, 1], any shape.
        q: true chances of "yes", in [0, 1] (often just 0 and 1), the shape of `p`.

    Returns:
        The loss, a tensor without dimensions, of the dtype and device of `p`.

    Raises:
        ValueError: if `q` has another shape than `p`; the message names `q` and shows its shape.

    Example: p = 0.8 costs 0.2231 if q = 1 and 1.6094 if q = 0; p = 1 costs 100 if q = 0.

    Source: Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.2; the essay, section 3.
    """
    raise NotImplementedError("binary_cross_entropy: write this part, then run: brick check ch04")


# %% [markdown]
# ## Cross-entropy of distributions: several outcomes
#
# With C classes a row of p holds C chances that add up to 1, and so does a row of the truth q. L is the mean,
# over the rows, of
#
#     H(q, p) = -sum_c q_c * log p_c
#
# **By hand.** q = (0.5, 0.25, 0.25), and four forecasts:
#
#     p = (0.5, 0.25, 0.25)    1.0397     p = q: the least possible, called the entropy of q
#     p = (1/3, 1/3, 1/3)      1.0986     log 3, whatever q is
#     p = (0.25, 0.25, 0.5)    1.2130
#     p = (0.8, 0.1, 0.1)      1.2629     right order, but too sure
#
# Nothing beats p = q. This is Gibbs' inequality, and the reason why this loss makes forecasts honest.
#
# ```python
# >>> q, others = [0.5, 0.25, 0.25], ([1 / 3, 1 / 3, 1 / 3], [0.25, 0.25, 0.5], [0.8, 0.1, 0.1])
# >>> [cross_entropy_distributions(torch.tensor([p]), torch.tensor([q])) for p in (q, *others)]
# [tensor(1.0397), tensor(1.0986), tensor(1.2130), tensor(1.2629)]
# ```
#
# **Pitfall.** `.mean()` of the whole product divides by N * C and is C times too small. Sum over the classes,
# then average over the rows. And bound the logarithms at -100 again, so that 0 * log 0 is 0.
#
# **Predict, then run.** The truth is (0, 1, 0). Which costs less, (0.7, 0.2, 0.1) or (0.4, 0.2, 0.4)?
#
# <details><summary>Answer</summary><!-- answer: neither | the first | the second -->Neither: only -log 0.2 counts.
#
# ```python
# >>> q = torch.tensor([[0.0, 1.0, 0.0]])
# >>> [cross_entropy_distributions(torch.tensor([p]), q) for p in ([0.7, 0.2, 0.1], [0.4, 0.2, 0.4])]
# [tensor(1.6094), tensor(1.6094)]
# ```
# </details>


# %%
def cross_entropy_distributions(p: Tensor, q: Tensor) -> Tensor:
    """Average -sum(q log p) over the rows, for rows `p` of predicted and rows `q` of true chances.

    No logarithm counts as less than -100.

    Args:
        p: predicted chances, shape (N, C); every row adds up to 1.
        q: true chances, shape (N, C); every row adds up to 1.

    Returns:
        The loss, a tensor without dimensions, of the dtype and device of `p`.

    Raises:
        ValueError: if `q` has another shape than `p`; the message names `q` and shows its shape.

    Example: one row p = (0.25, 0.25, 0.5) with q = (0.5, 0.25, 0.25) costs 1.2130.

    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), section 3.13; Cover, Thomas, Elements of
    Information Theory (2006), section 2.6; the essay, section 3.
    """
    raise NotImplementedError("cross_entropy_distributions: write this part, then run: brick check ch04")


# %% [markdown]
# ## Binary cross-entropy from the score
#
# A network makes a score z, and p = sigmoid(z) = 1 / (1 + exp(-z)). On the way through p digits get lost: in
# float32 sigmoid(20) is exactly 1. The price of a wrong "yes" (q = 0), in float32:
#
#     z                   2         10         20         1000
#     by way of p         2.1269    9.9996     100        100
#     from the score      2.1269    10.0000    20         1000
#
# So put the formulas together on paper. log p = -log(1 + exp(-z)) and log(1 - p) = log p - z give the price
#
#     z - q * z + log(1 + exp(-z))
#
# **Pitfall.** exp(-z) overflows at z = -89 (float32). For negative z write log(1 + exp(-z)) as -z + log(1 +
# exp(z)); then z drops out of the front, and both cases fit into one line:
#
#     max(z, 0) - q * z + log(1 + exp(-|z|))
#
# **By hand.** z = 2: log(1 + 0.1353) = 0.1269. q = 1 costs 2 - 2 + 0.1269 = 0.1269, q = 0 costs 2.1269.
#
# ```python
# >>> bce_with_logits(torch.tensor([2.0]), torch.tensor([1.0]))
# tensor(0.1269)
# >>> z, no = torch.tensor([2.0, 10.0, 20.0, 1000.0]), torch.tensor(0.0)
# >>> [round(binary_cross_entropy(1 / (1 + torch.exp(-score)), no).item(), 4) for score in z]
# [2.1269, 9.9996, 100.0, 100.0]
# >>> [round(bce_with_logits(score, no).item(), 4) for score in z]
# [2.1269, 10.0, 20.0, 1000.0]
# ```
#
# **Predict, then run.** At z = 0 the network has no opinion. What does it pay for q = 1, q = 0, q = 0.3?
#
# <details><summary>Answer</summary><!-- answer: log 2, log 2, log 2 -->log 2 = 0.6931 each time. A network
# that has learnt nothing starts there.</details>


# %%
def bce_with_logits(z: Tensor, q: Tensor) -> Tensor:
    """Average the binary cross-entropy of sigmoid(z) over all elements, accurate for scores of any size.

    Nothing is bounded here: a score of 1000 for a true "no" costs 1000.

    Args:
        z: scores, any real numbers, any shape.
        q: true chances of "yes", in [0, 1], the shape of `z`.

    Returns:
        The loss, a tensor without dimensions, of the dtype and device of `z`.

    Raises:
        ValueError: if `q` has another shape than `z`; the message names `q` and shows its shape.

    Example: z = 2 costs 0.1269 if q = 1 and 2.1269 if q = 0.

    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), section 6.2.2.2.
    """
    raise NotImplementedError("bce_with_logits: write this part, then run: brick check ch04")


# %% [markdown]
# ## From the score, the way back: nothing but the difference
#
# ![the gradient of a sure mistake, for two losses](../pictures/ch04_losses/mistakes.en.svg)
#
# Sigmoid and logarithm undo each other's curves, and what is left could not be simpler, over n elements:
#
#     dL/dz = (sigmoid(z) - q) / n
#
# **By hand.** One score, z = 2, so p = 0.8808: the gradient is -0.1192 if q = 1 and 0.8808 if q = 0.
#
# ```python
# >>> z, yes, no = torch.tensor([2.0]), torch.tensor([1.0]), torch.tensor([0.0])
# >>> bce_with_logits_backward(z, yes), bce_with_logits_backward(z, no)
# (tensor([-0.1192]), tensor([0.8808]))
# ```
#
# The size of the gradient is the size of the miss: at most 1 per element, and near 1 for every sure mistake.
#
# **Pitfall.** Whoever knows chapter 3 adds the slope of sigmoid, p * (1 - p), once more. It has cancelled
# already, against the 1 / (p * (1 - p)) of the logarithms. And n counts all elements, rows times columns, as
# in the loss.
#
# **Predict, then run.** A network is sure and wrong, z = -20 where q = 1. How large is its gradient, its sign
# left out? And how large would it be if the loss were the squared difference (sigmoid(z) - q)^2?
#
# <details><summary>Answer</summary><!-- answer: about 1, 4.1e-9 -->
#
# ```python
# >>> z, q = torch.tensor([-20.0], dtype=torch.float64), torch.tensor([1.0], dtype=torch.float64)
# >>> p = 1 / (1 + torch.exp(-z))
# >>> bce_with_logits_backward(z, q), 2 * (p - q) * p * (1 - p)
# (tensor([-1.0000], dtype=torch.float64), tensor([-4.1223e-09], dtype=torch.float64))
# ```
# 1 against four billionths: with the squared difference the worst mistakes are the ones that are never
# mended.</details>


# %%
def bce_with_logits_backward(z: Tensor, q: Tensor) -> Tensor:
    """Take the gradient of `bce_with_logits(z, q)` with respect to `z`.

    Derive it by hand: a gradient that is measured, by differences of the loss, earns nothing.

    Args:
        z: scores, any real numbers, any shape.
        q: true chances of "yes", in [0, 1], the shape of `z`.

    Returns:
        dL/dz, the same shape, dtype and device as `z`. Finite for every score, however large.

    Example: z = 2 has the gradient -0.1192 if q = 1 and 0.8808 if q = 0.

    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), section 6.2.2.2.
    """
    raise NotImplementedError("bce_with_logits_backward: write this part, then run: brick check ch04")


# %% [markdown]
# ## Cross-entropy from scores: one label per row
#
# Nearly every classifier is trained on this one. A row has C scores and one true class, its label. Its price
# is -log p_label with p = softmax(z), and L is the mean over the rows of
#
#     log sum_c exp(z_c) - z_label
#
# **By hand.** z = (2, 1, 0) with label 0 costs log 11.1073 - 2 = 0.4076, z = (0, 0, 0) with label 2 costs log
# 3 - 0 = 1.0986; the mean is 0.7531. As in chapter 3, take each row's largest score off before exp.
#
# ```python
# >>> logits, labels = torch.tensor([[2.0, 1.0, 0.0], [0.0, 0.0, 0.0]]), torch.tensor([0, 2])
# >>> [cross_entropy(logits[rows], labels[rows]) for rows in (slice(0, 1), slice(1, 2), slice(0, 2))]
# [tensor(0.4076), tensor(1.0986), tensor(0.7531)]
# ```
#
# **Pitfall 1.** Scores, not chances. With one more softmax in front, the best row, (1, 0, 0), costs 0.5514.
#
# ```python
# >>> cross_entropy(torch.tensor([[1.0, 0.0, 0.0]]), torch.tensor([0]))
# tensor(0.5514)
# ```
#
# **Pitfall 2.** torch's indexing takes -1 for the last class, without a word. Refuse a label outside 0..C-1.
#
# **Predict, then run.** An untrained network for ten digits gives scores close to 0. What is its first loss?
#
# <details><summary>Answer</summary><!-- answer: log 10 -->log 10. If your log starts at 30, the first weights
# are too large.
#
# ```python
# >>> cross_entropy(torch.zeros(4, 10), torch.tensor([3, 1, 4, 1]))
# tensor(2.3026)
# ```
# </details>

# %%
def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Average -log softmax(logits)[label] over the rows, accurate for scores of any size.

    Nothing is bounded here: a right class 1000 below the best one costs 1000.

    Args:
        logits: scores, any real numbers, shape (N, C).
        labels: the true class of each row, shape (N,), int64, from 0 to C - 1.

    Returns:
        The loss, a tensor without dimensions, of the dtype and device of `logits`.

    Raises:
        ValueError: if `labels` does not hold one number per row, or holds one outside 0..C-1; the message
            names `labels` and shows its shape, or that number.

    Example: scores (2, 1, 0) with label 0 cost 0.4076.

    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), section 6.2.2.3; the essay, section 3.
    """
    raise NotImplementedError("cross_entropy: write this part, then run: brick check ch04")


# %% [markdown]
# ## Cross-entropy, the way back: shares given minus shares wanted
#
#     dL/dz_ic = (p_ic - [c is the label of row i]) / N            p = softmax(z), row by row
#
# **By hand.** The two rows from above, N = 2:
#
#     z          label    p                           minus 1 at the label        divided by 2
#     2  1  0    0        0.6652  0.2447  0.0900      -0.3348  0.2447   0.0900    -0.1674  0.1224   0.0450
#     0  0  0    2        0.3333  0.3333  0.3333       0.3333  0.3333  -0.6667     0.1667  0.1667  -0.3333
#
# Every row adds up to 0: what the right class gains, the others lose.
#
# ```python
# >>> logits, labels = torch.tensor([[2.0, 1.0, 0.0], [0.0, 0.0, 0.0]]), torch.tensor([0, 2])
# >>> cross_entropy_backward(logits, labels)
# tensor([[-0.1674,  0.1224,  0.0450],
#         [ 0.1667,  0.1667, -0.3333]])
# ```
#
# **Pitfall.** p - 1 at the label needs one number *per row*. Written p[:, labels] -= 1, torch takes whole
# columns: each row loses 1 at the labels of all rows. With a batch of one nobody sees it.
#
# **Predict, then run.** Put the batch twice below itself, 4 rows instead of 2. What happens to the loss, and
# to the first row's gradient?
#
# <details><summary>Answer</summary><!-- answer: only the gradient halves | both stay | both double -->
#
# ```python
# >>> logits, labels = torch.tensor([[2.0, 1.0, 0.0], [0.0, 0.0, 0.0]]), torch.tensor([0, 2])
# >>> twice, labels_twice = torch.cat([logits, logits]), torch.cat([labels, labels])
# >>> cross_entropy(twice, labels_twice), cross_entropy_backward(twice, labels_twice)[0]
# (tensor(0.7531), tensor([-0.0837,  0.0612,  0.0225]))
# ```
# The mean stays. Each row now has a quarter of the say instead of half, but there are twice as many of them:
# the step that the weights take is the same. That is what the 1/N is for.</details>


# %%
def cross_entropy_backward(logits: Tensor, labels: Tensor) -> Tensor:
    """Take the gradient of `cross_entropy(logits, labels)` with respect to `logits`.

    Derive it by hand: a gradient that is measured, by differences of the loss, earns nothing.

    Args:
        logits: scores, any real numbers, shape (N, C).
        labels: the true class of each row, shape (N,), int64, from 0 to C - 1.

    Returns:
        dL/dlogits, the same shape, dtype and device as `logits`. Finite for every score, however large.

    Example: one row (2, 1, 0) with label 0 has the gradient (-0.3348, 0.2447, 0.0900).

    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), section 6.2.2.3.
    """
    raise NotImplementedError("cross_entropy_backward: write this part, then run: brick check ch04")


# %% [markdown]
# ## Extra: cross-entropy in full
#
# Two things the plain loss cannot do. Sentences padded to one length have places without any truth: their
# label is a number that is no class, and they must not count. And a wanted share of exactly 1 is never
# reached, so that scores grow for ever; **label smoothing** s wants a little less, and spreads s over all C.
#
#     wanted    q_c = s / C, and at the label 1 - s more
#     price     -sum_c q_c * log p_c, and 0 for a row whose label is ignore_index
#     L         "none": the prices, one per row     "sum": their sum     "mean": sum / number of labels kept
#
# **By hand.** z = (2, 1, 0), label 0. The three classes cost 0.4076, 1.4076, 2.4076, on average 1.4076.
# Smoothed by 0.1, the row costs 0.9 * 0.4076 + 0.1 * 1.4076 = 0.5076. Add a row of padding: same mean.
#
# ```python
# >>> logits, labels = torch.tensor([[2.0, 1.0, 0.0], [5.0, 0.0, 0.0]]), torch.tensor([0, -100])
# >>> cross_entropy_full(logits, labels), cross_entropy_full(logits, labels, label_smoothing=0.1)
# (tensor(0.4076), tensor(0.5076))
# >>> [cross_entropy(logits[:1], torch.tensor([label])) for label in (0, 1, 2)]
# [tensor(0.4076), tensor(1.4076), tensor(2.4076)]
# ```
#
# **Pitfall.** Divide by the labels kept, not by N: half a batch of padding would halve the loss. And the
# range is for the labels that are kept: -100 is no class, and indexing with it fails.
#
# **Predict, then run.** Three classes, smoothed by 0.1. Which share of the right class costs least?
#
# <details><summary>Answer</summary><!-- answer: 14/15 -->0.9 + 0.1 / 3 = 0.9333: by Gibbs' inequality, p = q.
#
# ```python
# >>> forecasts = torch.tensor([[s, (1 - s) / 2, (1 - s) / 2] for s in (0.9, 14 / 15, 0.99)]).log()
# >>> cross_entropy_full(forecasts, torch.tensor([0, 0, 0]), reduction="none", label_smoothing=0.1)
# tensor([0.2981, 0.2911, 0.3626])
# ```
# </details>

# %%
def cross_entropy_full(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """Price each row at -sum(q log softmax(logits)), q being its smoothed label, and put the prices together.

    q is label_smoothing / C for every class, and 1 - label_smoothing more for the label. A row whose label is
    `ignore_index` costs 0 and is not counted.

    Args:
        logits: scores, any real numbers, shape (N, C).
        labels: the true class of each row, shape (N,), int64, from 0 to C - 1, or `ignore_index`.
        reduction: "none" for the prices themselves, "sum" for their sum, "mean" for their sum divided by the
            number of labels that are not ignored.
        ignore_index: the label of rows to leave out; any whole number, one of the classes, too.
        label_smoothing: the share spread evenly over all classes, from 0 to 1.

    Returns:
        The prices, shape (N,), for "none", else a tensor without dimensions; of the dtype and device of
        `logits`. If every label is ignored, "none" and "sum" are 0 and "mean", 0 / 0, is NaN.

    Raises:
        ValueError: if `labels` has not shape (N,), or holds a number that is neither in 0..C-1 nor
            `ignore_index`; if `reduction` is none of the three; if `label_smoothing` is outside [0, 1]. The
            message names the argument and shows the shape, number or word.

    Example: scores (2, 1, 0) with label 0 cost 0.4076, and 0.5076 smoothed by 0.1.

    Source: Szegedy et al., Rethinking the Inception Architecture for Computer Vision (2016), section 7.
    """
    raise NotImplementedError("cross_entropy_full: write this part, then run: brick check ch04")


# %% [markdown]
# ## Extra: cross-entropy in full, the way back
#
# Still shares given minus shares wanted; only what is wanted is softer, and some rows want nothing.
#
#     dL/dz_ic = (p_ic - q_ic) / n, and 0 in an ignored row
#     n = the number of labels kept for "mean", 1 for "sum" and "none"
#
# **By hand.** z = (2, 1, 0), label 0, smoothed by 0.1:
#
#     p   0.6652  0.2447  0.0900      q   0.9333  0.0333  0.0333      p - q   -0.2681  0.2114  0.0567
#
# ```python
# >>> cross_entropy_full_backward(torch.tensor([[2.0, 1.0, 0.0]]), torch.tensor([0]), label_smoothing=0.1)
# tensor([[-0.2681,  0.2114,  0.0567]])
# ```
#
# **Pitfall.** A batch of nothing but padding. Its mean loss is 0 / 0, NaN, an honest reading. But a NaN in
# the gradient goes into every weight, and no later batch mends it. No score matters here: the gradient is 0.
#
# ```python
# >>> nothing = (torch.tensor([[2.0, 1.0, 0.0]]), torch.tensor([-100]))
# >>> cross_entropy_full(*nothing), cross_entropy_full_backward(*nothing)
# (tensor(nan), tensor([[0., 0., 0.]]))
# ```
#
# **Predict, then run.** The scores (9, 0, 0) are right and sure of it: label 0. Smoothed by 0.1, where does a
# step of gradient descent take the first score?
#
# <details><summary>Answer</summary><!-- answer: down | up | nowhere -->Down: 0.9998 is more than 0.9333.
#
# ```python
# >>> cross_entropy_full_backward(torch.tensor([[9.0, 0.0, 0.0]]), torch.tensor([0]), label_smoothing=0.1)
# tensor([[ 0.0664, -0.0332, -0.0332]])
# ```
# </details>


# %%
def cross_entropy_full_backward(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """Take the gradient of `cross_entropy_full`, with the same keywords, with respect to `logits`.

    With "none", row i is the gradient of the price of row i, which depends on no other row; so "none" and
    "sum" have the same gradient.

    Derive it by hand: a gradient that is measured, by differences of the loss, earns nothing.

    Args:
        logits: scores, any real numbers, shape (N, C).
        labels: the true class of each row, shape (N,), int64, from 0 to C - 1, or `ignore_index`.
        reduction: "none", "sum" or "mean".
        ignore_index: the label of rows to leave out; any whole number, one of the classes, too.
        label_smoothing: the share spread evenly over all classes, from 0 to 1.

    Returns:
        The gradient, the same shape, dtype and device as `logits`. Finite for every score, however large, and
        0 in a row that is ignored; also for "mean" when every label is ignored.

    Raises:
        ValueError: if `labels` has not shape (N,), or holds a number that is neither in 0..C-1 nor
            `ignore_index`; if `reduction` is none of the three; if `label_smoothing` is outside [0, 1]. The
            message names the argument and shows the shape, number or word.

    Example: one row (2, 1, 0) with label 0, smoothed by 0.1, has the gradient (-0.2681, 0.2114, 0.0567).

    Source: Szegedy et al., Rethinking the Inception Architecture for Computer Vision (2016), section 7.
    """
    raise NotImplementedError("cross_entropy_full_backward: write this part, then run: brick check ch04")


# %% [markdown]
# ## Extra: write the law yourself
#
# All along, laws have judged your code. Now you write one, and it judges the code of others, some of it right and
# some of it wrong, all of it called `learner`. A law needs no answer of its own to compare with: it says what every
# right answer keeps, and may ask more than once. As a first try: of two classes, the one with the larger score has the
# smaller loss.
#
# ```python
# >>> def law_first_try(learner, logits, labels):
# ...     losses = [learner.cross_entropy(logits[:1], torch.tensor([c])) for c in range(logits.shape[1])]
# ...     return bool(logits[0].argmax() == torch.stack(losses).argmin())
# >>> class MinusTheScore:
# ...     def cross_entropy(self, logits, labels):
# ...         return -logits.gather(1, labels[:, None]).mean()
# >>> law_first_try(MinusTheScore(), torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([0]))
# True
# ```
#
# Nonsense without any exponential keeps it. Whoever writes a law asks which nonsense would, and adds what that
# nonsense breaks. Here: exp(-loss) is the share of a class again. What is the sum of all shares?
#
# **Pitfall.** A law that asks too much rejects who is right. Numbers that went other ways differ in their last
# digits: compare with `torch.allclose`, never with `==`.


# %%
def law_cross_entropy(learner: Any, logits: Tensor, labels: Tensor) -> bool:
    """Say whether `learner.cross_entropy` is the mean cross-entropy of scores.

    It is called with many scores and many versions. Of a right one it has to be True every time; of a wrong one
    False at least once, or an error. A law that knows no wrong version, or no right one, earns nothing.

    Args:
        learner: somebody's code. Its `cross_entropy(logits, labels)` should return what yours does, up to rounding;
            call it as often as you like, with any labels.
        logits: shape (N, C), float64, at least one row and two classes; scores may be as large as 1,000.
        labels: shape (N,), int64, from 0 to C - 1.

    Returns:
        True if the law holds, False if it is broken; a Python bool.

    Example: for the scores (0, 0) the loss log 2 is right, and 1 (the same in base 2) and -log 2 are wrong.

    Source: Claessen, Hughes, QuickCheck: a lightweight tool for random testing of Haskell programs (ICFP 2000).
    """
    raise NotImplementedError("law_cross_entropy: write this part, then run: brick check ch04")
