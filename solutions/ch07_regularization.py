# %% [markdown]
# # Chapter 7: Regularization
#
# A network with enough weights can learn its training data by heart, noise included. This chapter builds the
# three usual answers to that: a price on large weights, weight decay beside Adam, and dropout.
#
# - Time: 75 minutes
# - Needs: gradient descent and Adam (chapter 5), gradients by hand (chapter 6)
# - You write: `l2_penalty`, `l2_gradients`, `decoupled_decay`, `AdamW`, `dropout`, `dropout_backward`
# - An extra, at the end: `EarlyStopping`
# - The essay: section 6
#
# Gradients are written by hand; `torch.autograd` and `torch.optim` stay closed. So does what torch has finished
# (a star stands for any letters): for the penalty `*norm`, `linalg`, `dist` and `hypot`, for dropout every
# `*dropout`. Gradients are written by hand, without `complex` numbers.

# %%
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

# %% [markdown]
# ## A price on large weights
#
# ![where the price pulls two weights](../pictures/ch07_regularization/pull.en.svg)
#
# To bend sharply between two noisy samples, a network needs large weights. So let size cost something:
# training now makes the sum of the loss L and a price as small as it can.
#
#     J = L + lam/2 * sum of w^2               dJ/dw = dL/dw + lam * w
#
# The sum runs over every entry of every tensor given. The half is there for the gradient: it leaves lam * w.
#
# **By hand.** lam = 0.1 and the tensors (3, -4) and (1): the squares sum to 26, the price is 0.05 * 26 = 1.3,
# and what is added to the gradients is (0.3, -0.4) and (0.1).
#
# ```python
# >>> tensors = [torch.tensor([3.0, -4.0]), torch.tensor([1.0])]
# >>> l2_penalty(tensors, 0.1)
# tensor(1.3000)
# >>> l2_gradients(tensors, [torch.zeros(2), torch.zeros(1)], 0.1)
# [tensor([ 0.3000, -0.4000]), tensor([0.1000])]
# ```
#
# **Who pays.** Let the loss alone want w = a, with curvature h: L = h/2 * (w - a)^2. The sum J is least where
# h * (w - a) + lam * w = 0, that is at w = a * h / (h + lam). For lam = 0.5 the weight keeps this share of a:
#
#     h = 10     ######################   0.952      the loss cares: almost nothing is lost
#     h = 1      ###############          0.667
#     h = 0.1    ####                     0.167      the loss hardly cares: the weight goes
#
# ```python
# >>> [round(h / (h + 0.5), 3) for h in (10, 1, 0.1)]
# [0.952, 0.667, 0.167]
# ```

# %% [markdown]
# **Pitfall.** A sum over the weights, not their mean. With the mean, a layer ten times as wide would pay a
# tenth per weight, and every change of the network would ask for a new lam. The loss is a mean over
# *samples*; that is another axis.
#
# **Pitfall.** The gradients belong to the caller. `grad += lam * w` changes them in place: whoever logs them,
# clips them or uses them a second time now has the price in them, once more with every call. Return new
# tensors.
#
# **Predict, then run.** A unit has died: the gradient of its weight is 0 from now on. Plain gradient descent
# with lr = 0.1 and lam = 0.5 goes on for ten steps from w = 1. Where does the weight end: at 1, at 0.5, at
# 0.6, or exactly at 0?
#
# ```python
# w = torch.tensor([1.0])
# for _ in range(10):
#     w = w - 0.1 * l2_gradients([w], [torch.zeros(1)], 0.5)[0]
# ```
#
# <details><summary>Answer</summary><!-- answer: 0.6 -->
#
# ```python
# >>> w = torch.tensor([1.0])
# >>> for _ in range(10):
# ...     w = w - 0.1 * l2_gradients([w], [torch.zeros(1)], 0.5)[0]
# >>> w
# tensor([0.5987])
# ```
#
# About 0.6: each step multiplies the weight by 1 - 0.1 * 0.5 = 0.95, and 0.95^10 = 0.5987. A share goes each
# time, never the whole; a price on |w| in place of w^2 is what makes weights exactly 0.
# </details>


# %%
def l2_penalty(params: Sequence[Tensor], lam: float) -> Tensor:
    """Price the size of all weights together: lam/2 times the sum of their squares.

    Args:
        params: one tensor or more, of any shapes; every entry counts, whichever tensor it is in.
        lam: the price, at least 0.

    Returns:
        A 0-dim tensor of the dtype and device of the weights.

    Example: lam 0.1 and the tensors (3, -4) and (1) cost 0.05 * 26 = 1.3.

    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), section 7.1.1; the essay, section 6.
    """
    # BEGIN SOLUTION
    return lam / 2 * torch.stack([(w * w).sum() for w in params]).sum()
    # END SOLUTION


# %%
def l2_gradients(params: Sequence[Tensor], grads: Sequence[Tensor], lam: float) -> list[Tensor]:
    """Add the gradient of `l2_penalty` to the gradients of the loss.

    Args:
        params: the weights, tensors of any shapes.
        grads: the gradient of the loss for each of them, same order and shapes, no `None`.
        lam: the price, as in `l2_penalty`.

    Returns:
        A list of new tensors, one per weight tensor, each with the dtype and device of its gradient; `params` and
        `grads` stay as they are.

    Example: for the weight 4, the gradient 1 and lam 0.5 the result is 3.

    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), section 7.1.1; the essay, section 6.
    """
    # BEGIN SOLUTION
    return [grad + lam * params[i] for i, grad in enumerate(grads)]
    # END SOLUTION


# %% [markdown]
# ## Weight decay, and why Adam needs its own
#
# ![a weight under noise: Adam with a price, and AdamW](../pictures/ch07_regularization/decay.en.svg)
#
# For plain gradient descent the price can be read in another way:
#
#     w - lr * (g + lam * w)   =   (1 - lr * lam) * w - lr * g
#
# First every weight *decays* by a fixed share, then the step goes on as if there were no price. Same numbers,
# two readings.
#
# For Adam they part. Whatever is added to the gradient ends up in m and in v, and the step is m_hat /
# sqrt(v_hat): the price is divided by the usual size of the gradient, too. Where gradients are large, it no
# longer counts. AdamW leaves the gradient alone and lets the weight decay beside the step, untouched by v:
#
#     w = (1 - lr * lam) * w                          the decay, of the weight as it was
#     w = w - lr * m_hat / (sqrt(v_hat) + eps)        Adam's step for g alone
#
# **By hand.** w = 1, g = 4, lr = 0.1, lam = 0.1; the first step.
#
#     Adam on g + lam * w    g = 4.1    step 0.1 * 4.1 / 4.1 = 0.1         w = 0.9     no trace of the price
#     AdamW                  g = 4      decay to 0.99, step 0.1 * 4 / 4    w = 0.89
#
# ```python
# >>> w = torch.tensor([1.0], dtype=torch.float64)
# >>> AdamW([w], lr=0.1, weight_decay=0.1).step([torch.tensor([4.0], dtype=torch.float64)])
# >>> w
# tensor([0.8900], dtype=torch.float64)
# ```

# %% [markdown]
# A gradient that only flips its sign, +G, -G, +G, ..., tells the weight nothing. What a weight of 1 has left
# after 100 steps with lr = 0.01 and lam = 0.1:
#
#     G         Adam on g + lam * w           AdamW
#     0.1       #########            0.440    ##################   0.889
#     1         ##################   0.890    ##################   0.889
#     10        ###################  0.973    ##################   0.889
#
# In the right column only lr and lam decide. In the left one the noise of the gradient decides, and the
# noisiest weight, the one you would most like to hold down, pays least.
#
# ```python
# >>> def left_after_100_steps(size, lam_in_gradient, decay):
# ...     w = torch.tensor([1.0], dtype=torch.float64)
# ...     optimizer = AdamW([w], lr=0.01, weight_decay=decay)
# ...     for step in range(100):
# ...         g = torch.full_like(w, size * (-1) ** step)
# ...         optimizer.step(l2_gradients([w], [g], lam_in_gradient))
# ...     return round(w.item(), 3)
# >>> [(left_after_100_steps(G, 0.1, 0.0), left_after_100_steps(G, 0.0, 0.1)) for G in (0.1, 1.0, 10.0)]
# [(0.44, 0.889), (0.89, 0.889), (0.973, 0.889)]
# ```

# %% [markdown]
# **Pitfall.** The decay is lr * lam, not lam: when a schedule lowers lr, the decay falls with it. And in
# place means in place. `w = w * 0.99` makes a second tensor and gives it the name `w`; the tensor that the
# network uses keeps its value.
#
# **Predict, then run.** A dead unit again: w = 1, g = 0, lr = 0.1, lam = 0.1, one step. Which of the two
# leaves less of the weight: Adam on g + lam * w, or AdamW? Write both weights down first.
#
# ```python
# a, b, g = torch.tensor([1.0]), torch.tensor([1.0]), torch.tensor([0.0])
# AdamW([a], lr=0.1, weight_decay=0.0).step(l2_gradients([a], [g], 0.1))
# AdamW([b], lr=0.1, weight_decay=0.1).step([g])
# ```
#
# <details><summary>Answer</summary><!-- answer: 0.9, 0.99 -->
#
# ```python
# >>> a, b, g = torch.tensor([1.0]), torch.tensor([1.0]), torch.tensor([0.0])
# >>> AdamW([a], lr=0.1, weight_decay=0.0).step(l2_gradients([a], [g], 0.1))
# >>> AdamW([b], lr=0.1, weight_decay=0.1).step([g])
# >>> a, b
# (tensor([0.9000]), tensor([0.9900]))
# ```
#
# Adam on g + lam * w, ten times as much. With no gradient but the price, Adam divides the price by itself: a
# full step of lr, however small lam is. Here the price is far too strong, above it was too weak.
# </details>


# %%
def decoupled_decay(params: Sequence[Tensor], lr: float, lam: float) -> None:
    """Let every weight decay by the share lr * lam, in place, whatever its dtype.

    Args:
        params: the weights, tensors of any shapes; their entries are overwritten.
        lr: the learning rate of the step that follows.
        lam: the strength of the decay.

    Example: the weight 2 with lr 0.1 and lam 0.5 becomes 1.9.

    Source: Loshchilov, Hutter, Decoupled Weight Decay Regularization (ICLR 2019), section 2.
    """
    # BEGIN SOLUTION
    for w in params:
        w.mul_(1 - lr * lam)
    # END SOLUTION


# %%
class AdamW:
    """Adam with decoupled weight decay; updates its parameters in place.

    One step does for each tensor `decoupled_decay` first and then Adam's step for its gradient alone, with
    both averages corrected for their start at 0. A `None` gradient skips its tensor wholly: no step, no decay
    and no counting, so each tensor counts its own steps. `lr` is a public attribute, read at every step.

    Args:
        params: the tensors to train, any iterable; each keeps its dtype.
        lr: the learning rate.
        betas: how much is kept, at each step, of the running averages of the gradient and of its square.
        eps: added to the square root, outside it.
        weight_decay: lam of the decay.

    Example: w = 1, g = 4, lr = 0.1, weight_decay = 0.1: after the first step w is 0.89.

    Source: Loshchilov, Hutter, Decoupled Weight Decay Regularization (ICLR 2019), algorithm 2.
    The defaults are torch's.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        # BEGIN SOLUTION
        self.params = list(params)
        self.lr = lr
        self.betas = betas
        self.eps = eps
        self.weight_decay = weight_decay
        self.counts = [0 for _ in self.params]
        self.averages = [torch.zeros_like(w) for w in self.params]
        self.squares = [torch.zeros_like(w) for w in self.params]
        # END SOLUTION

    def step(self, grads: Sequence[Tensor | None]) -> None:
        """Update every parameter that has a gradient.

        Args:
            grads: one gradient, or `None`, for each parameter, in their order; they stay as they are.
        """
        # BEGIN SOLUTION
        b1, b2 = self.betas
        for i, grad in enumerate(grads):
            if grad is None:
                continue
            self.counts[i] += 1
            self.averages[i] = b1 * self.averages[i] + (1 - b1) * grad
            self.squares[i] = b2 * self.squares[i] + (1 - b2) * grad * grad
            m_hat = self.averages[i] / (1 - b1 ** self.counts[i])
            v_hat = self.squares[i] / (1 - b2 ** self.counts[i])
            decoupled_decay([self.params[i]], self.lr, self.weight_decay)
            self.params[i].sub_(self.lr * m_hat / (v_hat.sqrt() + self.eps))
        # END SOLUTION


# %% [markdown]
# ## Dropout: a different team for every batch
#
# ![the masks of three batches, and prediction](../pictures/ch07_regularization/masks.en.svg)
#
# Units learn to lean on one another: one makes an error, another undoes it, and on new data the pair falls
# apart. Dropout breaks such pacts. During training every entry is dropped with probability p, each by a toss
# of its own; nobody can rely on a neighbour. At prediction time everybody plays.
#
#     out_i = x_i / (1 - p)   where kept            out_i = 0   where dropped
#
# Why divide: the next layer should meet the same mean with and without dropout. An entry is kept with
# probability 1 - p, so on average out_i is (1 - p) * x_i / (1 - p) = x_i. Done in training, it leaves
# prediction alone: nothing to do there.
#
# **By hand.** p = 0.25, so what stays grows by 1 / 0.75 = 1.3333.
#
#     x        1.0       2.0     3.0       4.0
#     mask     kept      -       kept      kept
#     out      1.3333    0       4.0000    5.3333
#
# Backward is the same rule with the same mask: a dropped entry has no say in the loss, its gradient is 0, and
# a kept one counts 1 / (1 - p) times. For the mask above and the gradient (1, 2, 3, 4) it gives the very
# numbers of the last row.
#
# ```python
# >>> mask = torch.tensor([True, False, True, True])
# >>> dropout_backward(torch.tensor([1.0, 2.0, 3.0, 4.0]), mask, 0.25)
# tensor([1.3333, 0.0000, 4.0000, 5.3333])
# ```

# %% [markdown]
# **Pitfall.** p is the share that is *dropped*. Keep with probability p, or divide by p, and with p = 0.5 you
# see no difference, for there p and 1 - p are the same. Try your code with p = 0.2.
#
# **Pitfall.** At p = 1 everything is dropped and 1 / (1 - p) is infinite. `x * mask / (1 - p)` is then 0 / 0
# = NaN; choosing with `torch.where` never looks at the infinite side.
#
# **Predict, then run.** Ten thousand ones go through dropout with p = 0.2. Which values does `out` hold, and
# what is its mean? And what is the mean of its *squares*: less than 1, 1, or more?
#
# ```python
# out, mask = dropout(torch.ones(10_000), 0.2, training=True, generator=torch.Generator().manual_seed(0))
# ```
#
# <details><summary>Answer</summary><!-- answer: more | less than 1 | exactly 1 -->
#
# ```python
# >>> out, mask = dropout(torch.ones(10_000), 0.2, training=True, generator=torch.Generator().manual_seed(0))
# >>> sorted(set(out.tolist()))
# [0.0, 1.25]
# >>> abs(out.mean().item() - 1) < 0.02, abs((out * out).mean().item() - 1.25) < 0.03
# (True, True)
# ```
#
# Zeros and 1.25; the mean is about 1, as promised. The mean of the squares is not: 0.8 * 1.25^2 = 1.25 = 1 /
# (1 - p). Dropout keeps the mean and raises the spread. A batch normalization placed after it learns a spread
# in training that prediction never shows: put dropout behind it.
# </details>


# %%
def dropout(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """Drop entries of x at random while training, and enlarge the ones that stay.

    Args:
        x: any shape.
        p: the probability that an entry is dropped, in [0, 1]; every entry is decided by itself.
        training: when False, nothing is dropped or enlarged and no random number is drawn.
        generator: where the random numbers come from; `None` means torch's global generator.

    Returns:
        (out, mask): out has the shape, dtype and device of x; mask is a bool tensor like it, True where the
        entry was kept, so all True when not training. In training kept entries are x / (1 - p), the others 0.

    Raises:
        ValueError: if p lies outside [0, 1], training or not.

    Example: with p = 0.25 a kept 3 becomes 4.

    Source: Srivastava et al., Dropout (JMLR 2014), with the scaling moved to training; the essay, section 6.
    """
    # BEGIN SOLUTION
    if not 0 <= p <= 1:
        raise ValueError(f"p is a probability, so within [0, 1]; got p = {p}")
    if not training:
        return x, torch.ones_like(x, dtype=torch.bool)
    # rand lies in [0, 1): for p = 0 every entry is kept, for p = 1 none.
    mask = torch.rand(x.shape, generator=generator, device=x.device) >= p
    return torch.where(mask, x / (1 - p), 0.0), mask
    # END SOLUTION


# %%
def dropout_backward(grad_out: Tensor, mask: Tensor, p: float) -> Tensor:
    """Carry the gradient back through a `dropout` that was run in training.

    Args:
        grad_out: the gradient with respect to `out`, any shape.
        mask: the bool mask that `dropout` returned, same shape.
        p: the same probability as in the forward; for p = 1 the gradient is all zeros.

    Returns:
        The gradient with respect to x, shape, dtype and device of `grad_out`.

    Example: with p = 0.25 the gradient 3 becomes 4 where the mask is True and 0 elsewhere.

    Source: Srivastava et al., Dropout (JMLR 2014), section 5.1.
    """
    # BEGIN SOLUTION
    return torch.where(mask, grad_out / (1 - p), 0.0)
    # END SOLUTION


# %% [markdown]
# ## Extra: early stopping, or keep the best
#
# The training loss falls and falls. The loss on data held back, the validation loss, falls, turns and rises:
# from the turn on the network learns noise. The cheapest regularization is to stop there. But the curve
# jitters, and the turn is certain only when it has long passed. So wait a while, and keep a copy of the best.
#
#     metric < best - min_delta       a gain: best = metric, copy the parameters, the bad steps count from 0
#     otherwise                       one more bad step
#     more than `patience` of them    stop
#
# `best` starts at infinity, and lower is better.
#
# **By hand.** patience = 2, min_delta = 0.25.
#
#     metric       2      1.5    1.25   1      1.25   nan    1
#     needed <     inf    1.75   1.25   1.25   0.75   0.75   0.75
#     bad steps    0      0      1      0      1      2      3
#     stop         -      -      -      -      -      -      yes
#     copy of w    w1     w2     w2     w4     w4     w4     w4
#
# 1.25 is lower than 1.5 by exactly min_delta, and that is not more: a bad step. Against the same 1.5, 1 is a
# gain, and the last 1 is a tie. What was kept are the parameters of step 4.
#
# ```python
# >>> w, stopping = torch.zeros(1), EarlyStopping(patience=2, min_delta=0.25)
# >>> for metric in (2.0, 1.5, 1.25, 1.0, 1.25, float("nan"), 1.0):
# ...     stop = stopping.step(metric, [w.add_(1)])
# >>> stopping.best([w])
# >>> stop, w
# (True, tensor([4.]))
# ```

# %% [markdown]
# **Pitfall.** `list(params)` is a new list of the same tensors. Training goes on writing into them, and "the
# best" is always the latest. And back again: write *into* the tensors of the network, or it never hears of it.
#
# **Pitfall.** An attribute named `best`, say `self.best = metric`, hides the method of that name.
#
# **Pitfall.** `patience` has two meanings. Here, as in torch's ReduceLROnPlateau, so many bad steps are
# tolerated and the next one stops. Elsewhere, as in the book by Goodfellow, the last of so many stops already.
#
# **Predict, then run.** Somebody turns the test round: "if metric >= best it is a bad step, else a gain". No
# difference, it seems. Metrics 2, nan, 5, 3: how many gains does your class count, and how many does theirs?

# %% [markdown]
# <details><summary>Answer</summary><!-- answer: 1, 4 -->
#
# ```python
# >>> def gains(metrics, is_gain):
# ...     best, count = float("inf"), 0
# ...     for metric in metrics:
# ...         if is_gain(metric, best):
# ...             best, count = metric, count + 1
# ...     return count
# >>> metrics = [2.0, float("nan"), 5.0, 3.0]
# >>> gains(metrics, lambda metric, best: metric < best), gains(metrics, lambda metric, best: not metric >= best)
# (1, 4)
# ```
#
# Yours counts 1, theirs 4. Every comparison with NaN is false, so "not at least" is true: NaN is a gain. And
# once best is NaN, 5 is a gain as well. The good parameters of the first step are lost.
# </details>


# %%
class EarlyStopping:
    """Say when a metric has stopped getting lower, and keep the parameters it was lowest with.

    Lower is better. A metric is a gain when it is less than best - min_delta, where best is the metric of the
    last gain, and infinity at the start. Any other is a bad step: a tie, a metric lower by min_delta exactly,
    NaN, infinity. A gain keeps a copy of all parameters, and the bad steps count from 0 again. `patience` bad
    steps in a row are tolerated: from the next one on `step` returns True, until there is a gain.

    Args:
        patience: how many bad steps in a row are tolerated, at least 0; 0 stops at the first one.
        min_delta: a gain is lower than best by more than this, at least 0; with 0 any lower metric is one.

    Raises:
        ValueError: naming the argument and its value, for a negative patience or min_delta.

    Example: patience 1 and the metrics 3, 2, 2, 4: `step` returns True for the 4 only, and `best` brings back
    the parameters of the first 2.

    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), section 7.8 and algorithm 7.1, where the bad
    step number `patience` itself stops.
    """

    def __init__(self, patience: int, min_delta: float = 0.0) -> None:
        # BEGIN SOLUTION
        if patience < 0:
            raise ValueError(f"patience is {patience}; it is at least 0")
        if min_delta < 0:
            raise ValueError(f"min_delta is {min_delta}; it is at least 0")
        self.patience = patience
        self.min_delta = min_delta
        self.lowest = float("inf")
        self.bad_steps = 0
        self.kept: list[Tensor] | None = None
        # END SOLUTION

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        """Take in the metric of one more step, and the parameters that it was measured with.

        Args:
            metric: any float, negative ones too.
            params: one floating-point tensor or more, of any shapes; left as they are.

        Returns:
            True if it is time to stop, else False. The parameters are not restored; `best` does that.
        """
        # BEGIN SOLUTION
        self.bad_steps += 1
        if metric < self.lowest - self.min_delta:
            self.lowest = metric
            self.bad_steps = 0
            self.kept = [param.clone() for param in params]
        return self.bad_steps > self.patience
        # END SOLUTION

    def best(self, params: Sequence[Tensor]) -> None:
        """Write the parameters of the last gain into `params`, in place and bit for bit.

        It may be called at any time and again and again: the copy is still kept afterwards, and the counting
        goes on as if `best` had not been called.

        Args:
            params: as many tensors, of the same shapes and dtypes and in the same order, as `step` was given;
                the very same or others. All their entries are overwritten.

        Raises:
            ValueError: naming best, before the first gain, for there is none yet; naming params and how many
                there are, if that is another number than is kept. Then nothing has changed.
        """
        # BEGIN SOLUTION
        if self.kept is None:
            raise ValueError("there is no best yet: no step was a gain")
        if len(params) != len(self.kept):
            raise ValueError(f"params has {len(params)} tensors; {len(self.kept)} are kept")
        for index, kept in enumerate(self.kept):
            params[index].copy_(kept)
        # END SOLUTION


# %% [markdown]
# ## Extra: write the law yourself
#
# How does one test what is random? There is no right answer to compare with. But every right answer keeps a *law*.
# All along, laws have judged your code. Now you write one, and it judges the code of others, some of it right and
# some of it wrong. To keep it small their dropout takes a seed: `dropout(x, p, seed)`. As a first try: every entry is
# 0, or x / (1 - p).
#
# ```python
# >>> def law_first_try(learner, x, p, seed):
# ...     dropped = learner.dropout(x, p, seed)
# ...     kept = dropped != 0
# ...     return torch.allclose(dropped[kept], x[kept] / (1 - p))
# >>> class DropsNothing:
# ...     def dropout(self, x, p, seed):
# ...         return x / (1 - p)
# >>> law_first_try(DropsNothing(), torch.ones(20, 50), 0.3, 0)
# True
# ```
#
# Whoever never drops anything keeps it. Whoever writes a law asks which nonsense would, and adds what that
# nonsense breaks: here the *share* that is dropped, and whether it is another part of x each time.
#
# **Pitfall.** A law that asks too much rejects who is right. Of 1,000 entries with p = 0.3 about 300 are dropped,
# with a spread of sqrt(1000 * 0.3 * 0.7) = 14.5: seldom exactly 300, hardly ever more than 375 or fewer than 225.


# %%
def law_dropout(learner: Any, x: Tensor, p: float, seed: int) -> bool:
    """Say whether `learner.dropout(x, p, seed)` drops entries at random and enlarges the ones that stay.

    It is called with many seeds and many versions. Of a right one it has to be True every time; of a wrong one
    False at least once, or an error. A law that knows no wrong version, or no right one, earns nothing.

    Args:
        learner: somebody's code. Its `dropout(x, p, seed)` should return x in training: each entry is 0 with
            probability p, decided by itself, and else x / (1 - p). Another seed drops other entries; call it as often
            as you like.
        x: shape (20, 50), float64; no entry is 0.
        p: from 0 to 0.3.
        seed: where the random numbers come from, at least 0.

    Returns:
        True if the law holds, False if it is broken; a Python bool.

    Example: with p = 0.25 a result of three quarters 4s for an x of 3s is right; the same 4s for every seed are not.

    Source: Claessen, Hughes, QuickCheck: a lightweight tool for random testing of Haskell programs (ICFP 2000).
    """
    # BEGIN SOLUTION
    dropped, again = learner.dropout(x, p, seed), learner.dropout(x, p, seed + 1)
    kept = dropped != 0
    share = kept.to(x.dtype).mean()
    right_share = share.allclose(torch.full_like(share, 1 - p), atol=0.1)
    is_random = bool(kept.any(dim=1).all()) and (p == 0 or not dropped.equal(again))
    return dropped[kept].allclose(x[kept] / (1 - p)) and right_share and is_random
    # END SOLUTION
