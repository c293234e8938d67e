# %% [markdown]
# # Chapter 5: Optimizers
#
# The gradient says which way is uphill. An optimizer decides how far to go the other way, and what to
# remember from the steps before. You write the two that train nearly every network: SGD with momentum, and
# Adam.
#
# Time: about 90 minutes. Reading 30, `SGD` 25, `Adam` 35. `RMSprop`, at the end, is an extra.
#
# An optimizer is a class because it remembers. It is given the parameters once and the gradients at every
# step:
#
#     optimizer = SGD([weight, bias], lr=0.1)
#     optimizer.step([grad_weight, grad_bias])          # weight and bias have moved
#
# Not allowed here: `torch.optim` and autograd. Gradients come in as plain tensors.

# %%
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

# %% [markdown]
# ## One step downhill
#
# ![four learning rates in one valley](../pictures/ch05_optimizers/learning_rates.en.svg)
#
# Each parameter moves against its gradient, by the learning rate times the gradient's size.
#
#     theta_t = theta_(t-1) - lr * g_t
#
# Try it on the valley k/2 * theta^2, whose gradient is k * theta. One step multiplies theta by (1 - lr * k),
# and that factor tells everything. With k = 1, starting at 1:
#
#     lr     factor    after 10 steps
#     0.1     0.9       0.3487    creeps down one side
#     1.0     0.0       0         there in one step
#     1.9    -0.9       0.3487    jumps from side to side, closer each time
#     2.1    -1.1       2.5937    jumps from side to side, farther each time
#
# So lr must stay below 2 / k. A real loss has steep and flat directions at once: with k = 1 and k = 100 the
# steep one allows lr = 0.018, and then the flat one still stands at 0.163 after 100 steps. The next section
# mends this.
#
# **Pitfall.** `param = param - lr * grad` makes a new tensor and gives it the old name. The network still
# holds the old tensor, and never learns; the loss printed is the same at every step. Write *into* the tensor
# you were given.
#
# **Predict, then run.** k = 1 and lr = 2, exactly on the edge. Where does theta stand after 10 steps, where
# after 11?

# %% [markdown]
# <details><summary>Answer</summary><!-- answer: 1, -1 -->At 1 and at -1. The factor is -1: it jumps between
# the same two points for ever.
#
# ```python
# >>> def after(lr, steps, **settings):
# ...     theta = torch.tensor([1.0], dtype=torch.float64)
# ...     optimizer = SGD([theta], lr, **settings)
# ...     for _ in range(steps):
# ...         optimizer.step([1.0 * theta])
# ...     return round(theta.item(), 4)
# >>> after(2.0, 10), after(2.0, 11)
# (1.0, -1.0)
# >>> after(0.1, 10), after(1.0, 10), after(1.9, 10), after(2.1, 10), after(0.018, 100)
# (0.3487, 0.0, 0.3487, 2.5937, 0.1626)
# >>> after(0.018, 100, momentum=0.9)         # for the next section
# 0.0054
# ```
# </details>

# %% [markdown]
# ## Momentum: a ball instead of a walker
#
# ![the paths of SGD, momentum and Adam over a narrow valley](../pictures/ch05_optimizers/paths.en.svg)
#
# Keep a velocity for every parameter. It starts at 0, loses a share at each step, and is pushed by the
# gradient.
#
#     v_t = mu * v_(t-1) + g_t
#     theta_t = theta_(t-1) - lr * v_t                   with Nesterov: - lr * (g_t + mu * v_t)
#
# **By hand.** mu = 0.9. Above, the gradient is always 1; below, it changes sign at every step.
#
#     1,  1,  1,  1 ...   v = 1   1.9   2.71   3.439  ...  10        ever faster, up to 1 / (1 - mu)
#     1, -1,  1, -1 ...   v = 1  -0.1   0.91  -0.181  ...  +-0.526   nearly halved, 1 / (1 + mu)
#
# Where the gradients agree the steps grow; across a ravine they cancel. In the valley with k = 1 and k = 100
# and lr = 0.018, the flat direction now stands at 0.005 after 100 steps instead of 0.163.
#
# **Nesterov** steps along the velocity as it would be if the same gradient came once more: g + mu * v. With a
# gradient that is always 1 its steps are 1.9, 2.71, 3.439: the same row, one place ahead.
#
# **Two forms.** Here lr multiplies the *finished* velocity, as in torch. The paper of 2013 keeps it inside
# (v = mu * v + lr * g), and nothing differs until a schedule lowers lr: from 0.1 to 0.01 after the first of
# two gradients of 1, the second step is 0.1 instead of 0.019. Both forms are accepted.
#
# **Pitfalls.** (1) `velocity = grad` on the first step does not copy; the next update then writes into the
# caller's gradient. (2) `None` is not zero. A zero gradient lets the ball roll on; `None` says this parameter
# had no part in the step: neither it nor its velocity changes.
#
# **Predict, then run.** Three gradients of 1, then three of 0, lr = 0.1 and mu = 0.9. Does theta stop after
# the third?

# %% [markdown]
# <details><summary>Answer</summary><!-- answer: no | yes -->No. The velocity is 2.71 after the third step and
# then fades: 2.439, 2.1951, 1.9756.
#
# ```python
# >>> theta = torch.tensor([0.0], dtype=torch.float64)
# >>> optimizer = SGD([theta], lr=0.1, momentum=0.9)
# >>> for g in (1.0, 1.0, 1.0, 0.0, 0.0, 0.0):
# ...     optimizer.step([torch.tensor([g], dtype=torch.float64)])
# ...     print(round(theta.item(), 4))
# -0.1
# -0.29
# -0.561
# -0.8049
# -1.0244
# -1.222
# ```
# </details>

# %% [markdown]
# The other numbers of this section, by machine:
#
# ```python
# >>> def steps(gradients, lr=1.0, **settings):
# ...     theta = torch.zeros(1, dtype=torch.float64)
# ...     optimizer = SGD([theta], lr, momentum=0.9, **settings)
# ...     for g in gradients:
# ...         before = theta.item()
# ...         optimizer.step([torch.tensor([g], dtype=torch.float64)])
# ...         yield round(before - theta.item(), 4)
# ...         optimizer.lr = 0.01 if lr == 0.1 else lr
# >>> list(steps([1.0, 1.0, 1.0, 1.0])), list(steps([1.0, -1.0, 1.0, -1.0]))
# ([1.0, 1.9, 2.71, 3.439], [1.0, -0.1, 0.91, -0.181])
# >>> list(steps([1.0, 1.0, 1.0], nesterov=True)), list(steps([1.0, 1.0], lr=0.1))
# ([1.9, 2.71, 3.439], [0.1, 0.019])
# >>> round(1 / 1.9, 3)
# 0.526
# ```


# %%
class SGD:
    """Move parameters against their gradients, in place, with momentum if asked for.

    Per parameter: v = momentum * v + grad, from v = 0; then param -= lr * v, or with `nesterov`
    param -= lr * (grad + momentum * v). Keeping lr inside v (v = momentum * v + lr * grad) is accepted, too.

    Args:
        params: any iterable of floating-point tensors, read once; `step` writes into these very tensors, and
            what it remembers of each has that one's dtype and device.
        lr: learning rate, at least 0. A public attribute, read anew at every step: schedules set it.
        momentum: share of the velocity kept from step to step, at least 0.
        nesterov: look one gradient ahead; needs momentum above 0.

    Raises:
        ValueError: naming the argument and its value, for a negative lr or momentum, and for nesterov (True)
            without momentum.

    Example: parameter 1.0, lr 0.1, momentum 0.9, gradients 1.0 and 1.0: it becomes 0.9, then 0.71.

    Source: the essay, section 4; Goodfellow, Bengio, Courville, Deep Learning (2016), sections 8.3.1 to
    8.3.3; Sutskever and others (2013), On the importance of initialization and momentum in deep learning.
    """

    def __init__(
        self, params: Iterable[Tensor], lr: float, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        raise NotImplementedError("SGD.__init__: write this part, then run: brick check ch05")

    def step(self, grads: Sequence[Tensor | None]) -> None:
        """Take one step.

        Args:
            grads: one gradient per parameter, shaped like it; left as they are. `None` leaves its parameter
                and its velocity as they are.

        Raises:
            ValueError: naming grads and how many there are, if that is not the number of parameters;
                then nothing has changed.
        """
        raise NotImplementedError("SGD.step: write this part, then run: brick check ch05")


# %% [markdown]
# ## Adam: why the averages are corrected
#
# ![the length of Adam's steps, corrected and not](../pictures/ch05_optimizers/first_steps.en.svg)
#
# Gradients of different weights differ in size by powers of ten, so no single lr suits them all. Adam keeps,
# for each weight, a running average m of the gradient and v of its square, and steps by lr * m / sqrt(v): the
# usual direction, divided by the usual size. Both averages start at 0, so at first they are too small, by a
# factor that is known exactly.
#
#     m_t = b1 * m_(t-1) + (1 - b1) * g_t               m_hat = m_t / (1 - b1^t)
#     v_t = b2 * v_(t-1) + (1 - b2) * g_t^2             v_hat = v_t / (1 - b2^t)
#     theta_t = theta_(t-1) - lr * m_hat / (sqrt(v_hat) + eps)
#
# Where the factor comes from: if every gradient is g, then m_t = (1 - b1^t) * g. Dividing gives back g. The
# same holds for v.
#
#     how full the averages are       t = 1    t = 2      t = 10    t = 100   t = 1000
#     1 - b1^t   (b1 = 0.9)           0.1      0.19       0.6513    1.0000    1.0000
#     1 - b2^t   (b2 = 0.999)         0.001    0.001999   0.0100    0.0952    0.6323
#
# **By hand.** lr = 0.1, theta_0 = 1, gradients 4 and then 1.
#
#     t = 1   m = 0.4    v = 0.016      m_hat = 4        v_hat = 16         step 0.1       theta = 0.9
#     t = 2   m = 0.46   v = 0.016984   m_hat = 2.42105  v_hat = 8.496248   step 0.08306   theta = 0.81694
#
# The first step is lr (eps aside), whether the gradient is 0.001 or 4,000,000: m_hat = g, sqrt(v_hat) = |g|,
# and only the sign is left. Under the root eps would act like 1e-4: a gradient of 1e-4 would step 0.0707.
#
# **Pitfall.** t counts the updates *of this tensor*. One shared counter goes wrong twice: raised inside the
# loop over tensors, the second tensor starts at t = 2; raised once per call, a tensor whose gradient was
# `None` on the first call also starts at t = 2. Either way its first step is 0.0744 instead of 0.1. With one
# tensor, and a gradient on every call, neither shows.
#
# **Predict, then run.** Leave both corrections out. Both averages are now too small. Is the first step
# smaller than lr, equal, or larger? Work out 0.1 * m / sqrt(v) for m = 0.1 * 4 and v = 0.001 * 4^2.

# %% [markdown]
# <details><summary>Answer</summary><!-- answer: larger | smaller | equal -->Larger: 0.316, that is 3.16 times
# lr. m is 10 times too small, but sqrt(v) is sqrt(1000) = 31.6 times too small, and v divides. Under a
# constant gradient it gets worse before it gets better: 6.57 times lr at step 12, 3.24 at step 100, 1.26 at
# step 1000.
#
# ```python
# >>> [round((1 - 0.9**t) / (1 - 0.999**t) ** 0.5, 2) for t in (1, 12, 100, 1000)]
# [3.16, 6.57, 3.24, 1.26]
# ```
# </details>
#
# The other numbers of this section, by machine:
#
# ```python
# >>> theta = torch.tensor([1.0], dtype=torch.float64)
# >>> optimizer = Adam([theta], lr=0.1)
# >>> for g in (4.0, 1.0):
# ...     optimizer.step([torch.tensor([g], dtype=torch.float64)])
# ...     print(round(theta.item(), 5))
# 0.9
# 0.81694
# >>> [round(1 - 0.9**t, 4) for t in (1, 2, 10, 100)], [round(1 - 0.999**t, 6) for t in (1, 2)]
# ([0.1, 0.19, 0.6513, 1.0], [0.001, 0.001999])
# >>> [round(1 - 0.999**t, 4) for t in (10, 100, 1000)]
# [0.01, 0.0952, 0.6323]
# >>> m_hat, v_hat = 0.46 / 0.19, 0.016984 / 0.001999
# >>> round(m_hat, 5), round(v_hat, 6), round(0.1 * m_hat / v_hat**0.5, 5)
# (2.42105, 8.496248, 0.08306)
# >>> round(0.1 * (0.1 / 0.19) / (0.001 / 0.001999) ** 0.5, 4)         # a first step counted as the second
# 0.0744
# >>> g = 1e-4
# >>> round(0.1 * g / (g**2 + 1e-8) ** 0.5, 4), round(0.1 * g / (g + 1e-8), 4)    # eps under the root, after
# (0.0707, 0.1)
# ```


# %%
class Adam:
    """Step by the running average of the gradient over the root of that of its square, in place.

    Args:
        params: any iterable of floating-point tensors, read once; `step` writes into these very tensors, and
            what it remembers of each has that one's dtype and device.
        lr: learning rate, at least 0. A public attribute, read anew at every step: schedules set it.
        betas: shares of the two averages kept from step to step, each at least 0 and below 1.
        eps: added to the root of the corrected average of squares, at least 0.

    Raises:
        ValueError: naming the argument and its value, for a negative lr or eps, and betas outside [0, 1).

    Example: parameter 1.0, lr 0.1, gradients 4.0 and 1.0: it becomes 0.9, then 0.81694.

    Source: the essay, section 4; Kingma and Ba (2015), Adam: a method for stochastic optimization,
    algorithm 1; Goodfellow, Bengio, Courville, Deep Learning (2016), section 8.5.3.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        raise NotImplementedError("Adam.__init__: write this part, then run: brick check ch05")

    def step(self, grads: Sequence[Tensor | None]) -> None:
        """Take one step.

        Args:
            grads: one gradient per parameter, shaped like it; left as they are. `None` leaves its parameter,
                its averages and its count of steps as they are.

        Raises:
            ValueError: naming grads and how many there are, if that is not the number of parameters;
                then nothing has changed.
        """
        raise NotImplementedError("Adam.step: write this part, then run: brick check ch05")


# %% [markdown]
# ## Extra: RMSprop, and what Adam added
#
# Before Adam there was RMSprop. It divides by the usual size of the gradient as Adam does, but has no average
# of the gradient itself, and no correction.
#
#     v_t = alpha * v_(t-1) + (1 - alpha) * g_t^2                from v = 0
#     theta_t = theta_(t-1) - lr * g_t / (sqrt(v_t) + eps)
#
# If every gradient is g, then v_t = (1 - alpha^t) * g^2, and the step is lr / sqrt(1 - alpha^t), eps aside. At
# the first step that is lr / sqrt(1 - alpha): ten times lr for the default 0.99, whatever the gradient's size.
#
#     t = 1      ##############################   10.0
#     t = 2      #####################            7.09
#     t = 10     ##########                       3.23         the step in units of lr, alpha = 0.99
#     t = 100    ####                             1.26
#     t = 1000   ###                              1.00
#
# **By hand.** lr = 0.1, alpha = 0.99, theta_0 = 1, gradients 4 and then 1.
#
#     t = 1   v = 0.16      sqrt(v) = 0.4        step 0.1 * 4 / 0.4 = 1     theta = 0
#     t = 2   v = 0.1684    sqrt(v) = 0.41037    step 0.24369               theta = -0.24369
#
# Adam's first step was 0.1 here, RMSprop's is 1: this is the reason for Adam's correction.
#
# **Pitfall.** v takes in the new gradient *before* it divides. With the old v the first step is lr * g / eps.
# And eps is added after the root. Under it, eps = 1e-8 weighs like 1e-4: a first gradient of 1e-4 would step
# 0.995 times lr in place of 9.99. Some libraries do put it there; their runs cannot be compared with these.
#
# **Predict, then run.** Somebody wants a steadier v and raises alpha to 0.9999. How many times lr is the
# first step now?

# %% [markdown]
# <details><summary>Answer</summary><!-- answer: 100 -->100 times: 1 / sqrt(1 - 0.9999). A longer memory starts
# out emptier. Adam divides v by 1 - 0.9999 at its first step and is back at lr, whatever the memory.
#
# ```python
# >>> def stops(gradients, lr=1.0, start=0.0, **settings):
# ...     theta = torch.tensor([start], dtype=torch.float64)
# ...     optimizer = RMSprop([theta], lr, **settings)
# ...     for g in gradients:
# ...         optimizer.step([torch.tensor([g], dtype=torch.float64)])
# ...         yield round(theta.item(), 5)
# >>> [round(stop, 3) for stop in stops([4.0], alpha=0.9999)]
# [-100.0]
# >>> list(stops([4.0, 1.0], lr=0.1, start=1.0))
# [0.0, -0.24369]
# >>> list(stops([4.0, 4.0])), list(stops([1e-4]))
# ([-10.0, -17.08881], [-9.99001])
# >>> [round(1 / (1 - 0.99**t) ** 0.5, 2) for t in (1, 2, 10, 100, 1000)]
# [10.0, 7.09, 3.23, 1.26, 1.0]
# >>> round(0.1684**0.5, 5), round(1e-4 / (0.01 * 1e-4**2 + 1e-8) ** 0.5, 3)
# (0.41037, 0.995)
# ```
# </details>


# %%
class RMSprop:
    """Step by the gradient over the root of the running average of its square, in place.

    Per parameter: v = alpha * v + (1 - alpha) * grad^2, from v = 0 and without any correction; then
    param -= lr * grad / (sqrt(v) + eps), with the new v.

    Args:
        params: any iterable of floating-point tensors, read once; `step` writes into these very tensors, and
            what it remembers of each has that one's dtype and device.
        lr: learning rate, at least 0. A public attribute, read anew at every step: schedules set it.
        alpha: share of the average kept from step to step, at least 0 and below 1.
        eps: added to the root of the average, at least 0.

    Raises:
        ValueError: naming the argument and its value, for a negative lr or eps, and an alpha outside [0, 1).

    Example: parameter 1.0, lr 0.1, gradients 4.0 and 1.0: it becomes 0.0, then -0.24369.

    Source: Tieleman and Hinton (2012), Neural networks for machine learning, lecture 6.5; Goodfellow, Bengio,
    Courville, Deep Learning (2016), section 8.5.2. The defaults are torch's.
    """

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8
    ) -> None:
        raise NotImplementedError("RMSprop.__init__: write this part, then run: brick check ch05")

    def step(self, grads: Sequence[Tensor | None]) -> None:
        """Take one step.

        Args:
            grads: one gradient per parameter, shaped like it; left as they are. `None` leaves its parameter
                and its average as they are.

        Raises:
            ValueError: naming grads and how many there are, if that is not the number of parameters;
                then nothing has changed.
        """
        raise NotImplementedError("RMSprop.step: write this part, then run: brick check ch05")


# %% [markdown]
# ## Extra: write the law yourself
#
# All along, laws have judged your code. Now you write one, and it judges the code of others, some of it right and
# some of it wrong, all of it called `learner`. To keep it small their optimizers are plain functions:
# `path(weight, grads, lr, momentum)` gives the weight after each step. A law says what every right path keeps. As a
# first try: the first step goes against the first gradient.
#
# ```python
# >>> def law_first_try(learner, weight, grads, lr, momentum):
# ...     first = learner.path(weight, grads, lr, momentum)[0]
# ...     return torch.allclose(first, weight - lr * grads[0])
# >>> class NoMomentum:
# ...     def path(self, weight, grads, lr, momentum):
# ...         return [weight - lr * sum(grads[: step + 1]) for step in range(len(grads))]
# >>> law_first_try(NoMomentum(), torch.tensor([1.0]), [torch.tensor([2.0]), torch.tensor([3.0])], 0.1, 0.9)
# True
# ```
#
# A path without momentum keeps it. Whoever writes a law asks which nonsense would, and adds what that nonsense
# breaks. With momentum each *step* has a share of the step before it in it: take that off, and what is left?
#
# **Pitfall.** A law that asks too much rejects who is right. Some keep lr inside the velocity, others outside, and
# their numbers differ in the last digits: compare with `torch.allclose`, never with `==`.


# %%
def law_momentum(learner: Any, weight: Tensor, grads: Sequence[Tensor], lr: float, momentum: float) -> bool:
    """Say whether `learner.path(weight, grads, lr, momentum)` is the path of gradient descent with momentum.

    It is called with many gradients and many versions. Of a right one it has to be True every time; of a wrong one
    False at least once, or an error. A law that knows no wrong version, or no right one, earns nothing.

    Args:
        learner: somebody's code. Its `path(weight, grads, lr, momentum)` should return a list of tensors: the weight
            after each step of SGD without nesterov, up to rounding.
        weight: where the path starts, shape (D,), float64.
        grads: the gradient of each step, as weight; at least one.
        lr: learning rate, greater than 0.
        momentum: at least 0, less than 1.

    Returns:
        True if the law holds, False if it is broken; a Python bool.

    Example: from 1, with lr 0.1, momentum 0.9 and the gradients 1 and 1, the path 0.9, 0.71 is right.

    Source: Claessen, Hughes, QuickCheck: a lightweight tool for random testing of Haskell programs (ICFP 2000).
    """
    raise NotImplementedError("law_momentum: write this part, then run: brick check ch05")
