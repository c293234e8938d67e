# %% [markdown]
# # Chapter 9: Learning-rate schedules
#
# A large learning rate is fast and coarse, a small one slow and fine. A schedule gives a training run both:
# long steps while there is far to go, short ones at the end. This chapter builds five.
#
# - Time: 75 minutes
# - Needs: gradient descent (chapter 5)
# - You write: `step_lr`, `exponential_lr`, `cosine_lr`, `warmup_cosine`, `ReduceOnPlateau`
# - The essay: section 7.2
#
# Everything here is a Python number; tensors have no part in it. `base_lr` is the rate that the schedule
# starts from, `step` counts the updates (or epochs) that are already done, from 0.

# %%
from __future__ import annotations

import math
from typing import Any

# %% [markdown]
# ## Steps and exponentials: from coarse to fine
#
# ![the four schedules over their steps](../pictures/ch09_scheduling/schedules.en.svg)
#
# A gradient from a batch is noisy. Near the minimum the weights therefore do not come to rest, they jitter,
# and the jitter is as wide as the learning rate allows. Lowering the rate lets them settle. The oldest
# schedule lowers it in stairs, by a factor gamma after every `step_size` steps; the smooth one lowers it a
# little at every step.
#
#     step_lr          lr = base_lr * gamma^(number of full step_size's in step)
#     exponential_lr   lr = base_lr * gamma^step
#
# **By hand.** base_lr = 0.1, step_size = 3, gamma = 0.5.
#
#     lr = 0.1       #  #  #
#          0.05               #  #  #
#          0.025                       #  #  #
#          0.0125                               #  ...
#     step           0  1  2  3  4  5  6  7  8  9
#
# The new rate holds *from* step 3 on: steps 0, 1, 2 are three full steps at the old one.
#
# ```python
# >>> [step_lr(0.1, step, 3, gamma=0.5) for step in (0, 2, 3, 5, 6, 9)]
# [0.1, 0.1, 0.05, 0.05, 0.025, 0.0125]
# >>> [round(exponential_lr(0.1, step, 0.5), 6) for step in (0, 1, 2, 3)]
# [0.1, 0.05, 0.025, 0.0125]
# ```

# %% [markdown]
# **Pitfall.** A schedule is a function of the step, not a habit. `lr = lr * gamma` inside the training loop
# works until somebody calls it twice, or resumes a run at step 500. Computed from `base_lr` and `step`, the
# rate is right wherever you ask.
#
# **Pitfall.** Per step or per epoch? gamma = 0.95 per epoch is gentle. The same gamma per update, a thousand
# updates to the epoch, leaves 0.95^1000 of the rate after the first one, about 5e-23 of it: training has
# stopped, and the loss curve only looks converged.
#
# **Predict, then run.** `exponential_lr` with gamma = 0.9 loses a tenth at each step. After how many steps is
# less than a hundredth of the rate left: 10, 22, 44 or 90?
#
# ```python
# next(step for step in range(100) if exponential_lr(1.0, step, 0.9) < 0.01)
# ```
#
# <details><summary>Answer</summary><!-- answer: 44 -->
#
# ```python
# >>> next(step for step in range(100) if exponential_lr(1.0, step, 0.9) < 0.01)
# 44
# >>> round(math.log(0.01) / math.log(0.9), 1), round(exponential_lr(1.0, 10, 0.9), 2)
# (43.7, 0.35)
# >>> f"{exponential_lr(1.0, 1000, 0.95):.0e}"
# '5e-23'
# ```
#
# 44, because 0.9^step = 0.01 at step = ln 0.01 / ln 0.9 = 43.7. A tenth of what is left gets smaller and
# smaller, so ten steps only take the rate down to 0.35.
# </details>


# %%
def step_lr(base_lr: float, step: int, step_size: int, gamma: float = 0.1) -> float:
    """Lower the learning rate by the factor gamma after every `step_size` steps.

    Args:
        base_lr: the rate at step 0.
        step: the steps already done, from 0.
        step_size: how many steps each rate lasts, at least 1.
        gamma: the factor between one rate and the next.

    Returns:
        The rate at `step`, a float.

    Example: base_lr 0.1, step_size 3, gamma 0.5: 0.1 at steps 0 to 2, 0.05 at steps 3 to 5.

    Source: Zhang, Lipton, Li, Smola, Dive into Deep Learning (2023), section 12.11; the essay, section 7.2.
    """
    # BEGIN SOLUTION
    return base_lr * gamma ** (step // step_size)
    # END SOLUTION


# %%
def exponential_lr(base_lr: float, step: int, gamma: float) -> float:
    """Lower the learning rate by the factor gamma at every step.

    Args:
        base_lr: the rate at step 0.
        step: the steps already done, from 0.
        gamma: the factor between one rate and the next.

    Returns:
        The rate at `step`, a float.

    Example: base_lr 0.1 and gamma 0.5: 0.1, 0.05, 0.025 at steps 0, 1, 2.

    Source: Zhang, Lipton, Li, Smola, Dive into Deep Learning (2023), section 12.11; the essay, section 7.2.
    """
    # BEGIN SOLUTION
    return base_lr * gamma**step
    # END SOLUTION


# %% [markdown]
# ## Cosine: slow, fast, slow
#
# Stairs shock the training, exponentials leave too early. Half a cosine wave does neither: flat at the top,
# flat at the bottom, steepest in the middle, and it reaches its end exactly at step `total`.
#
#     lr = min_lr + (base_lr - min_lr) * (1 + cos(pi * step / total)) / 2          for step <= total
#     lr = min_lr                                                                  after that
#
# **By hand.** base_lr = 0.1, total = 100, min_lr = 0. The cosine of 0, 45, 90, 135, 180 degrees is 1, 0.7071,
# 0, -0.7071, -1:
#
#     step 0      ####################    0.1
#     step 25     #################       0.0854
#     step 50     ##########              0.05
#     step 75     ###                     0.0146
#     step 100                            0
#
# ```python
# >>> [round(cosine_lr(0.1, step, 100), 4) for step in (0, 25, 50, 75, 100, 150)]
# [0.1, 0.0854, 0.05, 0.0146, 0.0, 0.0]
# ```

# %% [markdown]
# **Pitfall.** A cosine does not stop. At step 150 of 100 it is back at half height, and a run that goes on
# for a while learns at full rate again. Hold the rate at min_lr from `total` on.
#
# **Predict, then run.** How much of all the learning, the sum of the rates over a run, happens in the first
# half of a cosine schedule: a half, two thirds, or four fifths?
#
# ```python
# rates = [cosine_lr(1.0, step, 1000) for step in range(1000)]
# sum(rates[:500]) / sum(rates)
# ```
#
# <details><summary>Answer</summary><!-- answer: four fifths | a half | two thirds -->
#
# ```python
# >>> rates = [cosine_lr(1.0, step, 1000) for step in range(1000)]
# >>> round(sum(rates[:500]) / sum(rates), 2), cosine_lr(0.1, 150, 100)
# (0.82, 0.0)
# ```
#
# Four fifths: 1/2 + 1/pi = 0.82. The second half is for fine work. A run stopped half way has done most of
# its walking and none of its settling; choose `total` as long as the run really is.
# </details>


# %%
def cosine_lr(base_lr: float, step: int, total: int, min_lr: float = 0.0) -> float:
    """Lower the learning rate along half a cosine wave, from base_lr at step 0 to min_lr at step `total`.

    Args:
        base_lr: the rate at step 0.
        step: the steps already done, from 0; past `total` the rate stays at min_lr.
        total: the step at which the wave ends, at least 1.
        min_lr: the rate at the end.

    Returns:
        The rate at `step`, a float.

    Example: base_lr 0.1 and total 100: 0.1, 0.05, 0 at steps 0, 50, 100, and 0 at step 150.

    Source: Loshchilov, Hutter, SGDR (ICLR 2017), section 3, without restarts; the essay, section 7.2.
    """
    # BEGIN SOLUTION
    progress = min([step / total, 1])
    return min_lr + (base_lr - min_lr) * (1 + math.cos(math.pi * progress)) / 2
    # END SOLUTION


# %% [markdown]
# ## Warm-up: first find your feet
#
# The first steps need care as well. The weights are random, Adam's averages are nearly empty, the gradients
# large and pointing anywhere; a full step now can spoil a run for good. Warm-up raises the rate on a straight
# line from 0, and the cosine wave begins where the line ends, at its top:
#
#     lr = base_lr * step / warmup                                  for step < warmup
#     lr = a cosine wave over the total - warmup steps left         from there on
#
# **By hand.** base_lr = 0.1, warmup = 10, total = 110: the wave has 100 steps.
#
#     step 0                              0
#     step 5      ##########              0.05
#     step 10     ####################    0.1         the top: the line ends, the wave begins
#     step 35     #################       0.0854      25 steps into the wave
#     step 60     ##########              0.05
#     step 110                            0
#
# ```python
# >>> [round(warmup_cosine(0.1, step, 10, 110), 4) for step in (0, 5, 10, 35, 60, 110)]
# [0.0, 0.05, 0.1, 0.0854, 0.05, 0.0]
# >>> round(warmup_cosine(0.1, 9, 10, 110), 4), round(cosine_lr(0.1, 10, 110), 4)
# (0.09, 0.098)
# ```

# %% [markdown]
# **Pitfall.** Do not ask the cosine for `step` of `total`. At step 10 of 110 its wave is already under way:
# the rate climbs to 0.09 at step 9, jumps to 0.098 and never touches 0.1. The wave counts from the end of the
# line.
#
# **Predict, then run.** base_lr = 0.1, warmup = 4, total = 8, min_lr = 0.02. At which of the steps 0 to 8 is
# the rate lowest, and how far does the very first update move the weights?
#
# ```python
# [round(warmup_cosine(0.1, step, 4, 8, min_lr=0.02), 3) for step in range(9)]
# ```
#
# <details><summary>Answer</summary><!-- answer: 0, 0 -->
#
# ```python
# >>> [round(warmup_cosine(0.1, step, 4, 8, min_lr=0.02), 3) for step in range(9)]
# [0.0, 0.025, 0.05, 0.075, 0.1, 0.088, 0.06, 0.032, 0.02]
# ```
#
# At step 0, where it is 0: min_lr is the floor of the wave, not of the line, and the first update moves
# nothing at all. Adam still collects its averages in that step, and that is what it is good for.
# </details>


# %%
def warmup_cosine(base_lr: float, step: int, warmup: int, total: int, min_lr: float = 0.0) -> float:
    """Raise the learning rate on a straight line from 0, then lower it along half a cosine wave.

    Args:
        base_lr: the rate at step `warmup`, the highest.
        step: the steps already done, from 0; past `total` the rate stays at min_lr.
        warmup: how many steps the rise takes, less than `total`; 0 means no warm-up.
        total: the step at which the wave ends.
        min_lr: the rate at the end; the rise starts at 0 all the same.

    Returns:
        The rate at `step`, a float.

    Example: base_lr 0.1, warmup 10, total 110: 0, 0.05, 0.1, 0.05, 0 at steps 0, 5, 10, 60, 110.

    Source: Goyal et al., Accurate, Large Minibatch SGD (2017), section 2.2, for the warm-up; the essay,
    section 7.2.
    """
    # BEGIN SOLUTION
    if step < warmup:
        return base_lr * step / warmup
    return cosine_lr(base_lr, step - warmup, total - warmup, min_lr)
    # END SOLUTION


# %% [markdown]
# ## On a plateau: let the loss decide
#
# ![a metric with its bad steps, and the rate](../pictures/ch09_scheduling/plateau.en.svg)
#
# The schedules so far need to know beforehand how long a run will be. This one watches a metric, usually the
# validation loss once per epoch, and lowers the rate when the metric has stopped falling.
#
#     metric < best * (1 - threshold)      a gain: best = metric, the bad steps count from 0 again
#     otherwise                            one more bad step
#     more than `patience` bad steps       lr = max(lr * factor, min_lr), they count from 0 again
#
# `best` starts at infinity. The threshold asks for a gain that is worth waiting for: at 0.1, ten percent.
#
# **By hand.** lr = 0.4, factor = 0.5, patience = 2, threshold = 0.1.
#
#     metric      10     8      7.5    7.3    7      7      7      7
#     needed <    inf    9      7.2    7.2    7.2    6.3    6.3    6.3
#     bad steps   0      0      1      2       0      1      2      3 -> 0
#     lr          0.4    0.4    0.4    0.4     0.4    0.4    0.4    0.2
#
# Two bad steps are tolerated, the third one lowers. 7.5 beats 8, but not by ten percent: a bad step, and best
# stays 8.
#
# ```python
# >>> plateau = ReduceOnPlateau(0.4, factor=0.5, patience=2, threshold=0.1)
# >>> [plateau.step(metric) for metric in (10, 8, 7.5, 7.3, 7, 7, 7, 7)]
# [0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.2]
# ```

# %% [markdown]
# **Pitfall.** Compare with the best metric, not with the one before. A loss that goes 5, 7, 6, 7, 6, 7
# improves on every second step when measured against its neighbour, and is still worse than it was.
#
# **Pitfall.** Start to count again after lowering. Otherwise the counter stays above `patience`, the rate
# falls on every further bad step, and with factor 0.1 it is at a thousandth three epochs later.
#
# **Predict, then run.** The loss falls by 0.004 percent at every step, with the default threshold of 0.01
# percent and patience 5. No single step is a gain. Will the rate be lowered within 1,000 steps?
#
# ```python
# plateau = ReduceOnPlateau(0.1, patience=5)
# [plateau.step(0.99996**step) for step in range(1000)][-1]
# ```
#
# <details><summary>Answer</summary><!-- answer: no | yes -->
#
# ```python
# >>> plateau = ReduceOnPlateau(0.1, patience=5)
# >>> [plateau.step(0.99996**step) for step in range(1000)][-1]
# 0.1
# ```
#
# No. A small gain does not move best, so small gains add up: after three steps the loss is 0.012 percent
# below best, and that counts. Had you written best = min(best, metric) at every step, each gain would be
# forgotten as soon as made, and the rate would be lowered again and again while the loss still falls.
# </details>


# %%
class ReduceOnPlateau:
    """Lower the learning rate when a metric has stopped getting smaller.

    A metric is a gain when it is less than best * (1 - threshold), where best is the last metric that was a
    gain, and infinity at the start; any other is a bad step. `patience` bad steps in a row are tolerated, the
    next one multiplies the rate by `factor`, but not below `min_lr`. Then the bad steps count from 0 again;
    best stays.

    Args:
        lr: the rate at the start.
        factor: what the rate is multiplied by, in (0, 1).
        patience: how many bad steps in a row are tolerated, at least 0.
        threshold: the share of the best metric that a gain has to exceed, in [0, 1).
        min_lr: the rate never falls below it; at most `lr`.

    Example: patience 2 and a constant metric: step 1 is a gain, steps 2 and 3 are tolerated, step 4 lowers.

    Source: torch.optim.lr_scheduler.ReduceLROnPlateau, mode "min" with a relative threshold; the essay,
    section 7.2.
    """

    def __init__(
        self,
        lr: float,
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        min_lr: float = 0.0,
    ) -> None:
        # BEGIN SOLUTION
        self.lr = lr
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.min_lr = min_lr
        self.best = math.inf
        self.bad_steps = 0
        # END SOLUTION

    def step(self, metric: float) -> float:
        """Take in the metric of one more step.

        Args:
            metric: at least 0; `math.inf`, a run that diverged, is never a gain.

        Returns:
            The rate to use from now on, a float.
        """
        # BEGIN SOLUTION
        self.bad_steps += 1
        if metric < self.best * (1 - self.threshold):
            self.best = metric
            self.bad_steps = 0
        if self.bad_steps > self.patience:
            self.lr = max([self.lr * self.factor, self.min_lr])
            self.bad_steps = 0
        return self.lr
        # END SOLUTION


# %% [markdown]
# ## Extra: write the law yourself
#
# All along, laws have judged your code. Now you write one, and it judges the code of others, some of it right and
# some of it wrong, all of it called `learner`. Their `decay(lr, min_lr, total)` gives the rates of the steps 0 to
# total as a list. It may be a cosine, a straight line or another way down, as long as it is *balanced*: as far below
# lr after so many steps as it is above min_lr so many steps before the end. So no formula can be the law.
#
# As a first try: it begins at lr and ends at min_lr.
#
# ```python
# >>> def law_first_try(learner, lr, min_lr, total):
# ...     rates = learner.decay(lr, min_lr, total)
# ...     return math.isclose(rates[0], lr) and math.isclose(rates[-1], min_lr)
# >>> class Jumps:
# ...     def decay(self, lr, min_lr, total):
# ...         return [lr] + [7.0] * (total - 1) + [min_lr]
# >>> law_first_try(Jumps(), 0.5, 0.1, 4)
# True
# ```
#
# A rate of 7 in the middle keeps it. Whoever writes a law asks which nonsense would, and adds what that nonsense
# breaks: a rate is never larger than the one before, and what else?
#
# **Pitfall.** A law that asks too much rejects who is right. Rates may stay equal for a while, and sums are rounded:
# compare them with `math.isclose`, never with `==`.


# %%
def law_decay(learner: Any, lr: float, min_lr: float, total: int) -> bool:
    """Say whether `learner.decay(lr, min_lr, total)` is a balanced way down from lr to min_lr.

    It is called with many rates and many versions. Of a right one it has to be True every time; of a wrong one
    False at least once, or an error. A law that knows no wrong version, or no right one, earns nothing.

    Args:
        learner: somebody's code. Its `decay(lr, min_lr, total)` should return total + 1 floats, of the steps 0 to
            total. They begin at lr, never rise, and the rates of the steps k and total - k are lr + min_lr together.
        lr: the first rate, greater than 0.
        min_lr: the last rate, from 0 to lr.
        total: at least 1.

    Returns:
        True if the law holds, False if it is broken; a Python bool.

    Example: from 1 to 0 in two steps (1, 0.5, 0) is right; (1, 0.4, 0) and (1, 1, 0) are wrong.

    Source: Claessen, Hughes, QuickCheck: a lightweight tool for random testing of Haskell programs (ICFP 2000).
    """
    # BEGIN SOLUTION
    rates = learner.decay(lr, min_lr, total)
    falls = rates == sorted(rates, reverse=True)
    sums = [(rate + rates[-1 - step], lr + min_lr) for step, rate in enumerate(rates)]
    balanced = all(math.isclose(*pair) for pair in [(rates[0], lr), *sums])
    return len(rates) == total + 1 and falls and balanced
    # END SOLUTION
