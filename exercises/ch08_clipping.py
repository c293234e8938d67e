# %% [markdown]
# # Chapter 8: Gradient clipping
#
# One bad batch can produce a gradient a thousand times as large as the others, and a single step along it
# undoes hours of training. Clipping puts a bound on what one step can do. This chapter builds the two usual
# kinds.
#
# - Time: 60 minutes
# - Needs: gradient descent (chapter 5)
# - You write: `clip_by_value`, `clip_by_norm`
# - The essay: section 7.1
#
# Both take the gradients of all parameters and return new ones; what they are given stays as it was. Norms
# and clipping come from `abs`, sums, powers and comparisons. What torch has finished stays closed here (a star
# stands for any letters): `clip`, `clamp*`, `hardtanh` and `nan_to_num`; `*norm`, `linalg`, `*dist` and `hypot`.

# %%
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

# %% [markdown]
# ## Clip by value: a fence around every entry
#
# A loss can have cliffs: flat ground, then a wall. On the wall the gradient is huge, and a step of lr *
# gradient throws the weights far across the plain. The simplest bound looks at each entry by itself:
#
#     g_i becomes  limit      where g_i >  limit
#                 -limit      where g_i < -limit
#                  g_i        everywhere else
#
# **By hand.** limit = 2 and the gradient (-7, 0.5, 3): the result is (-2, 0.5, 2).
#
#     after
#       2 |               .--------         before    -7    0.5    3
#       0 |             /                   after     -2    0.5    2
#      -2 |  ---------'
#                     -2  0  2   before
#
# ```python
# >>> clip_by_value([torch.tensor([-7.0, 0.5, 3.0])], 2.0)
# [tensor([-2.0000,  0.5000,  2.0000])]
# ```

# %% [markdown]
# **Pitfall.** A fence has two sides. `g.minimum(limit)` alone stops +7 and lets -7 through, and a huge
# negative entry throws the weights just as far.
#
# **Predict, then run.** The gradient (0.3, 60) points almost exactly along the second axis, at 89.7 degrees
# from the first. At which angle does it point after clipping with limit 0.5?
#
# ```python
# g = clip_by_value([torch.tensor([0.3, 60.0])], 0.5)[0]
# ```
#
# <details><summary>Answer</summary><!-- answer: about 59 -->
#
# ```python
# >>> g = clip_by_value([torch.tensor([0.3, 60.0])], 0.5)[0]
# >>> g, round(math.degrees(math.atan2(60.0, 0.3)), 1), round(math.degrees(math.atan2(g[1], g[0])), 1)
# (tensor([0.3000, 0.5000]), 89.7, 59.0)
# ```
#
# At 59 degrees. Each entry is cut by itself, so the large ones lose more than the small ones and the step
# goes somewhere else. That is the price of this kind, and the reason for the next one.
# </details>


# %%
def clip_by_value(grads: Sequence[Tensor], limit: float) -> list[Tensor]:
    """Bring every entry of every gradient into [-limit, limit].

    Args:
        grads: tensors of any shapes, no `None`; they stay as they are.
        limit: the largest size an entry may have, at least 0.

    Returns:
        A list of new tensors, shapes, dtypes and devices as in `grads`. Infinite entries become limit or -limit.

    Example: (-7, 0.5, 3) with limit 2 becomes (-2, 0.5, 2).

    Source: Goodfellow, Bengio, Courville, Deep Learning (2016), section 10.11.1; the essay, section 7.1.
    """
    raise NotImplementedError("clip_by_value: write this part, then run: brick check ch08")


# %% [markdown]
# ## Clip by norm: shorter, not elsewhere
#
# ![five gradients clipped to a square and to a circle](../pictures/ch08_clipping/circle.en.svg)
#
# The gradients of all parameters together are one long arrow. Measure its length once; if it is too long,
# shorten the whole arrow by one factor. Every ratio between entries stays, so the step goes the same way,
# only less far.
#
#     norm = (sum of |g|^p over every entry of every tensor)^(1/p)         p = 2: the usual length
#     norm = largest |g| of all                                            p = inf
#
#     factor = min(1, max_norm / norm)            every gradient becomes factor * g
#
# **By hand.** Two parameters with gradients (3, 4) and (12), max_norm 6.5. The squares sum to 9 + 16 + 144 =
# 169: norm 13, factor 0.5.
#
#                       (3, 4)         (12)      second / first
#     before            length 5       12        2.4
#     one norm          length 2.5     6         2.4        the same arrow, half as long
#     one per tensor    length 5       6.5       1.3        another direction
#
# ```python
# >>> (9 + 16 + 144) ** 0.5, 12 / 5, 6 / 2.5, 6.5 / 5
# (13.0, 2.4, 2.4, 1.3)
# >>> clip_by_norm([torch.tensor([3.0, 4.0]), torch.tensor([12.0])], 6.5)
# ([tensor([1.5000, 2.0000]), tensor([6.])], tensor(13.))
# ```
#
# The norm that comes back is the one *before* clipping. After it the norm says nothing: it would read 6.5 on
# every bad batch. A log of the norms before it shows how wild training is, and what a sensible max_norm would
# be.

# %% [markdown]
# **Pitfall.** The factor is at most 1. Without the `min`, a gradient of length 0.001 with max_norm 1 is blown
# up a thousand times, and near a minimum, where gradients fade, training never settles.
#
# **Pitfall.** All gradients can be 0. Then max_norm / norm divides by 0: an exception for Python numbers, inf
# for tensors, and inf * 0 is NaN. min(1, inf) is 1, so with tensors the `min` saves you here as well.
#
# **Pitfall.** Clipping does not cure NaN, it spreads it: one NaN makes the norm NaN, and the common factor
# carries it into *every* parameter. So a caller can ask for an error instead and skip the batch.
#
# ```python
# >>> clip_by_norm([torch.tensor([1.0, 2.0]), torch.tensor([math.nan])], 1.0)[0]
# [tensor([nan, nan]), tensor([nan])]
# ```
#
# **Predict, then run.** The gradient (3, 4) and max_norm 1. Three norms: p = 1, p = 2, p = inf. Which of them
# leaves the shortest arrow, which the longest? Write the three factors down first.
#
# ```python
# for p in (1.0, 2.0, math.inf):
#     print(clip_by_norm([torch.tensor([3.0, 4.0])], 1.0, norm_type=p))
# ```
#
# <details><summary>Answer</summary><!-- answer: 1/7, 1/5, 1/4 -->
#
# ```python
# >>> for p in (1.0, 2.0, math.inf):
# ...     print(clip_by_norm([torch.tensor([3.0, 4.0])], 1.0, norm_type=p))
# ([tensor([0.4286, 0.5714])], tensor(7.))
# ([tensor([0.6000, 0.8000])], tensor(5.))
# ([tensor([0.7500, 1.0000])], tensor(4.))
# ```
#
# Factors 1/7, 1/5 and 1/4. The 1-norm is the largest of the three, so it shortens most. A max_norm means
# nothing without its p.
# </details>


# %%
def clip_by_norm(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """Shorten all gradients by one common factor, so that their total norm is at most max_norm.

    Args:
        grads: tensors of any shapes, no `None`; they stay as they are. The list may be empty.
        max_norm: the largest total norm that is let through, greater than 0.
        norm_type: p of the norm, a number from 1 on or `math.inf`.
        error_if_nonfinite: whether a total norm that is inf or NaN is refused. When it is not, no error is
            raised, and what the returned tensors then hold is not promised.

    Returns:
        (clipped, total_norm): a list of new tensors, shapes, dtypes and devices as in `grads`, and the norm of
        all entries together before clipping, as a 0-dim tensor or a float; 0 for an empty list. A norm below
        `max_norm` leaves every entry as it is. Dividing by norm + 1e-6, as torch does, is fine as well.

    Raises:
        ValueError: if `error_if_nonfinite` and the norm of `grads` is inf or NaN.

    Example: (3, 4) and (12) with max_norm 6.5 become (1.5, 2) and (6), and total_norm is 13.

    Source: Pascanu, Mikolov, Bengio, On the difficulty of training recurrent neural networks (ICML 2013),
    section 3.2; the essay, section 7.1.
    """
    raise NotImplementedError("clip_by_norm: write this part, then run: brick check ch08")


# %% [markdown]
# ## Extra: write the law yourself
#
# All along, laws have judged your code. Now you write one, and it judges the code of others: some of it right,
# some of it wrong, all of it called `learner`. A law needs no answer of its own to compare with. It says what
# every right answer has in common, whatever the inputs.
#
# A law of clipping by value, as a first try: no entry is larger than the limit.
#
# ```python
# >>> def law_clip_by_value(learner, grads, limit):
# ...     clipped = learner.clip_by_value(grads, limit)
# ...     return all(bool((entries.abs() <= limit).all()) for entries in clipped)
# >>> class Zeros:
# ...     def clip_by_value(self, grads, limit):
# ...         return [torch.zeros_like(grad) for grad in grads]
# >>> law_clip_by_value(Zeros(), [torch.tensor([-7.0, 0.5, 3.0])], 2.0)
# True
# ```
#
# Zeros keep it. So it needs a second half: entries within the limit come back as they were. Whoever writes a
# law asks which nonsense would keep it, and adds what that nonsense breaks.
#
# **Pitfall.** A law that asks too much is worse than none, for it rejects who is right. Numbers that went
# other ways differ in their last digits: compare with `torch.allclose`, never with `==`.


# %%
def law_clip_by_norm(learner: Any, grads: Sequence[Tensor], max_norm: float) -> bool:
    """Say whether `learner.clip_by_norm(grads, max_norm)` keeps the law of clipping by the 2-norm.

    It is called with many gradients and many versions. Of a right one it has to be True every time; of a wrong
    one False at least once, or an error. A law that knows no wrong version, or no right one, earns nothing.

    Args:
        learner: somebody's code. Its `clip_by_norm(grads, max_norm)` should return (clipped, total_norm), as yours
            does with the 2-norm. A right one may divide by norm + 1e-6 and give the norm as a float.
        grads: float64 tensors of any shapes, at least one; they may be all 0.
        max_norm: greater than 0.

    Returns:
        True if the law holds, False if it is broken; a Python bool.

    Example: (3, 4) and (12) with max_norm 6.5 may become (1.5, 2) and (6) with the norm 13, and nothing else.

    Source: Claessen, Hughes, QuickCheck: a lightweight tool for random testing of Haskell programs (ICFP 2000).
    """
    raise NotImplementedError("law_clip_by_norm: write this part, then run: brick check ch08")
