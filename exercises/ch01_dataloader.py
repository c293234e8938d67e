# %% [markdown]
# # Chapter 1: Data in batches
#
# A network eats numbers, a few dozen samples at a time. This chapter builds the two machines in front of it:
# `DataLoader` cuts any sequence of samples into batches, and `FeatureEncoder` turns records with words in
# them into rows of numbers.
#
# Time: about 75 minutes. Reading 25, `DataLoader` 30, `FeatureEncoder` 20.
#
# A sample is a pair of features and target, and a batch is the same pair with one more axis in front:
#
#     ([0.2, 0.7, 0.1], 1)              a sample: 3 features and a target
#     X float32 (B, 3), y (B,)          a batch of B samples
#
# Not allowed here: `torch.utils.data`. It is what you are writing.

# %%
from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

# %% [markdown]
# ## Batches: how many, and how large
#
# ![2560 samples in batches of 256, and in batches of 10](../pictures/ch01_dataloader/batch_size.en.svg)
#
# A gradient from one sample is a poor guide to all n of them; a gradient from all of them costs n times as
# much. A batch of b lies between: its average varies sqrt(b) times less than that of one sample, and b rows
# through one matrix product cost far less than b products. So training goes through the data in batches, and
# once through all of them is an *epoch*.
#
#     batches of an epoch = ceil(n / b)          or floor(n / b) if a short last batch is dropped
#
# **By hand.** n = 10 samples, b = 4:
#
#     sample     0  1  2  3 | 4  5  6  7 | 8  9
#     batch          0      |     1      |  2          ceil(10 / 4) = 3, the last one has 2 samples
#
# With `drop_last` batch 2 is left out: floor(10 / 4) = 2 batches, and 8 of the 10 samples.
#
# **What the essay does.** Its loader always leaves the short batch out. That is a choice, and it should be
# yours: in training it spares a batch of one, which batch normalization cannot use (chapter 11); in a test it
# loses samples.
#
# **Put right.** The essay plans 10 batches of 256 for its 2560 samples, and writes `batch_size = 10`. A batch
# size counts samples, so that makes 256 batches of 10; meant was `batch_size = 256`. The same lines call
# `random.random()` and want an `import random` above them.

# %% [markdown]
# **Pitfall.** Batches of unequal size must not be averaged as equals. Say the ten losses are 1 for the first
# eight samples and 4 for the last two. The batch means are 1, 1 and 4, and their mean is 2; the mean of all
# ten is 1.6. Weigh each batch by its size.
#
# **Predict, then run.** Ten samples, `batch_size=16`, `drop_last=True`. How many batches does a training loop
# over this loader see in an epoch?

# %% [markdown]
# <details><summary>Answer</summary><!-- answer: 0 -->Nothing, and it says nothing: floor(10 / 16) = 0
# batches. The loss that never moves is a common first sign.
#
# ```python
# >>> ten = [([float(i)], i) for i in range(10)]
# >>> len(DataLoader(ten, 16, drop_last=True)), list(DataLoader(ten, 16, drop_last=True))
# (0, [])
# ```
# </details>
#
# The other numbers of this section, by machine:
#
# ```python
# >>> ten = [([float(i)], i) for i in range(10)]
# >>> [y.tolist() for X, y in DataLoader(ten, 4)]
# [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
# >>> [y.tolist() for X, y in DataLoader(ten, 4, drop_last=True)]
# [[0, 1, 2, 3], [4, 5, 6, 7]]
# >>> losses = torch.tensor([1.0] * 8 + [4.0] * 2)
# >>> means = torch.stack([part.mean() for part in losses.split(4)])
# >>> means.tolist(), means.mean().item(), round(losses.mean().item(), 4)
# ([1.0, 1.0, 4.0], 2.0, 1.6)
# >>> essay = [([0.0, 0.0], 0.0)] * 2560
# >>> len(DataLoader(essay, 10)), len(DataLoader(essay, 256))
# (256, 10)
# ```

# %% [markdown]
# ## The data and the bookmark
#
# `for batch in loader:` asks twice. First `iter(loader)`, once, for an *iterator*; then `next(iterator)`
# again and again, until it raises `StopIteration`. The loader owns the data. The iterator is a bookmark: how
# far this loop has come.
#
#     loader    | 0 1 2 3 | 4 5 6 7 | 8 9 |        one book
#     loop A              ^                        any number of readers,
#     loop B                        ^              each with a bookmark of its own
#
# **What the essay does.** Its `__iter__` sets the place to 0 and returns `self`. The loader is then its own
# and only bookmark, and a second loop over the same loader moves the first one.
#
# **By hand.** Two nested loops over three batches make 3 * 3 = 9 pairs. With the shared bookmark: the outer
# loop takes batch 0, the inner one starts over at 0 and reads to the end, and then the outer loop finds the
# end reached. 3 pairs instead of 9, and no error. In practice the inner loop is a look at the training
# accuracy in the middle of an epoch.
#
# **Pitfall.** A method with `yield` in it is a generator function, and calling it runs not one line of it:
# the body starts at the first `next`. Whatever must happen at `iter()`, such as drawing this epoch's order,
# must not stand in that body. Let `__iter__` do it and *return* an iterator (a generator expression, say).
#
# **Predict, then run.** A loop stops with `break` after two of three batches. A second loop then runs over
# the same loader. With which batch, counted from 0, does it start: with yours, and with the essay's?

# %% [markdown]
# <details><summary>Answer</summary><!-- answer: 0, 0 -->Both start with batch 0: a new loop calls `iter()`,
# and the essay's resets its place there. That is why the mistake hides so well. One loop after the other is
# fine; only two at once go wrong.
#
# ```python
# >>> class OneBookmark:
# ...     def __iter__(self):
# ...         self.place = 0
# ...         return self
# ...     def __next__(self):
# ...         if self.place == 3:
# ...             raise StopIteration
# ...         self.place += 1
# ...         return self.place - 1
# >>> shared, own = OneBookmark(), DataLoader([([float(i)], i) for i in range(10)], 4)
# >>> next(iter(shared)), list(shared)
# (0, [0, 1, 2])
# >>> len([1 for a in shared for b in shared]), len([1 for a in own for b in own])
# (3, 9)
# ```
# </details>

# %% [markdown]
# ## Shuffling: a new order every epoch, the same one every run
#
# ![ten samples in order, and in two shuffled epochs](../pictures/ch01_dataloader/shuffled.en.svg)
#
# Data often comes sorted: first all cats, then all dogs. In order, each batch would pull the weights towards
# one class. So every epoch draws a new *permutation*: the same samples, each exactly once, in one of n!
# orders, all equally likely.
#
# **By hand.** Five cats, then five dogs, batches of 5. In order, every batch holds a single class. Shuffled,
# the first batch is any 5 of 10, one of 252 choices, and 2 of these are pure: 0.0079.
#
#     sorted      c c c c c | d d d d d
#     shuffled    d c c d c | d c d d c           the samples move, across the batches
#
# **Seeds.** An experiment must be repeatable, so the order comes from a `torch.Generator` that the loader
# seeds once, when it is made. Epoch k of seed s is then the same in every run, and epoch k + 1 is another
# one.
#
# **Pitfalls.** (1) Seeding at every `iter()` repeats the first order in every epoch. (2) `torch.manual_seed`
# seeds the *global* generator, the one that dropout and your initial weights draw from: at each epoch they
# would start over as well. Draw from a generator of your own, `torch.randperm(n, generator=...)`. (3) Shuffle
# samples, not finished batches: cats would stay among cats.
#
# **Predict, then run.** `torch.randint(n, (n,))` in place of `randperm` also gives n positions in random
# order. Of 1000 samples, how many does one epoch then see?

# %% [markdown]
# <details><summary>Answer</summary><!-- answer: about 632 -->About 632. It draws *with* replacement: each of
# the 1000 draws misses a given sample with probability 0.999, so all miss it with probability 0.999^1000 =
# 0.3677, close to 1/e. The other 632 come once or more often. The batches look fine, which is why the checks
# count every sample.
#
# ```python
# >>> round(1 - 0.999**1000, 4)
# 0.6323
# >>> draws = torch.randint(1000, (1000,), generator=torch.Generator().manual_seed(0))
# >>> 600 < len(set(draws.tolist())) < 665
# True
# ```
# </details>
#
# The other numbers of this section, by machine:
#
# ```python
# >>> import math
# >>> math.comb(10, 5), round(2 / math.comb(10, 5), 4)
# (252, 0.0079)
# >>> def orders(seed, epochs):
# ...     loader = DataLoader([([0.0], i) for i in range(30)], 30, shuffle=True, seed=seed)
# ...     return [y.tolist() for _ in range(epochs) for X, y in loader]
# >>> first, second = orders(seed=7, epochs=2)
# >>> [first, second] == orders(seed=7, epochs=2), first == second, sorted(first) == sorted(second)
# (True, False, True)
# ```


# %%
class DataLoader:
    """Cut a sequence of samples into batches, in order or newly shuffled in every epoch.

    Each `iter()` is an epoch of its own: an iterator with its own place, whatever the others do. Epochs are
    counted as they are asked for, even if nothing is then read. Nothing is drawn from the global generator.

    Args:
        data: any sequence of samples `(features, target)`; only `len(data)` and `data[i]` are used.
            `features` is a list or tuple of D numbers or a tensor (D,); `target` is a number or a tensor
            without dimensions, and the targets are all integers or all floats.
        batch_size: samples in a batch, at least 1.
        shuffle: draw a new order for each epoch; every sample still comes exactly once.
        drop_last: leave out the last batch if it is short; otherwise it is kept.
        seed: decides the orders: the same seed and epoch give the same order, in every loader.

    Raises:
        ValueError: naming batch_size and its value, if that is below 1.

    Example: ten samples in batches of 4 come as 4, 4 and 2; with `drop_last`, as 4 and 4.

    Source: the essay, sections 1.2 and 1.3; Goodfellow, Bengio, Courville, Deep Learning (2016), section 8.1.3.
    """

    def __init__(
        self,
        data: Sequence[tuple[Any, Any]],
        batch_size: int,
        *,
        shuffle: bool = False,
        drop_last: bool = False,
        seed: int = 0,
    ) -> None:
        raise NotImplementedError("DataLoader.__init__: write this part, then run: brick check ch01")

    def __len__(self) -> int:
        """Count the batches of an epoch."""
        raise NotImplementedError("DataLoader.__len__: write this part, then run: brick check ch01")

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Start the next epoch.

        Returns:
            A new iterator over batches (X, y): X float32 (B, D); y (B,), int64 for integer targets of any
            width, float32 for floats. No data, no batch.
        """
        raise NotImplementedError("DataLoader.__iter__: write this part, then run: brick check ch01")


# %% [markdown]
# ## From words to codes
#
# Records hold words: a city, a colour. A network multiplies, so each text column gets a table of codes,
# filled in the order in which its words first appear: 0, 1, 2 and so on. Numbers pass as they are.
#
#     fitted rows            table of column 0       table of column 2     encoded
#     ("red",  1.5, "S")     red   0                 S   0                 0, 1.5, 0
#     ("blue", 2.0, "L")     blue  1                 L   1                 1, 2.0, 1
#     ("red",  0.5, "M")                             M   2                 0, 0.5, 2
#
# **What the essay does.** Its example record becomes (33, 1, 1002). Such codes mean nothing in themselves:
# here, the 34th word of its column, the 2nd and the 1003rd. They are fixed by the table, so a fitted table
# must be kept with the weights. (Its next line, `x_00, ..., x_09 = *features`, is no Python: a tuple is
# unpacked without a star.)
#
# **Not yet scaled.** In that record a 1 stands beside a 1002. A weight's gradient grows with its input and
# the curvature with its square, a million times between these two, and chapter 5 shows that one learning rate
# cannot suit both. So after the codes each column of numbers is scaled: take off its mean, divide by its
# standard deviation, both from the training rows and kept like the tables.

# %% [markdown]
# **Fit once, transform often.** `fit` reads the training rows and makes the tables; `transform` only looks
# up. Tables made anew from other rows would give the same word another code: from ("blue", ...) alone, blue
# is 0.
#
# **By hand.** The codes travel as float32, whose 24 bits of precision hold every whole number up to 2^24 =
# 16,777,216. The next one, 16,777,217, is stored as 16,777,216: two words, one code. Enough for cities; too
# few for customer numbers.
#
# **Pitfalls.** (1) A word never seen in `fit` has no code. Guessing 0 would make it the first word; refuse
# it, and say which word in which column. (2) A column is text because its values are `str`, not because they
# fail to look like numbers: postcodes "04109" and "4109" are two words. (3) Codes have an order and distances
# that the words do not: M is not twice L. Networks therefore turn each code into a vector of its own
# (one-hot, or a learned embedding).
#
# **Predict, then run.** The column "10", "9", "10". What are its codes: by first appearance, and if someone
# sorts the words first?

# %% [markdown]
# <details><summary>Answer</summary><!-- answer: 0, 1, 0, 0, 1, 0 -->0, 1, 0, and sorted the same: 0, 1, 0,
# for as words "10" comes before "9". Had it been "9", "10", "9", the sorted table would give 1, 0, 1. A check
# that tries one order only cannot tell the two apart.
#
# ```python
# >>> def codes(*words):
# ...     encoder = FeatureEncoder()
# ...     encoder.fit([[word] for word in words])
# ...     return [int(code) for code in encoder.transform([[word] for word in words])]
# >>> codes("10", "9", "10"), codes("9", "10", "9"), sorted(["9", "10"])
# ([0, 1, 0], [0, 1, 0], ['10', '9'])
# >>> codes("04109", "4109"), codes("blue")
# ([0, 1], [0])
# ```
# </details>
#
# The other numbers of this section, by machine:
#
# ```python
# >>> rows = [("red", 1.5, "S"), ("blue", 2.0, "L"), ("red", 0.5, "M")]
# >>> encoder = FeatureEncoder()
# >>> _ = encoder.fit(rows)
# >>> encoder.transform(rows)
# tensor([[0.0000, 1.5000, 0.0000],
#         [1.0000, 2.0000, 1.0000],
#         [0.0000, 0.5000, 2.0000]])
# >>> 2**24, int(torch.tensor(2**24 + 1, dtype=torch.float32))
# (16777216, 16777216)
# ```


# %%
class FeatureEncoder:
    """Turn records of words and numbers into rows of numbers.

    A column whose values are `str` is text, also where they look like numbers. Its words are coded 0, 1, 2,
    ... in the order of their first appearance in `fit`, each column by itself. Numbers pass. A column never
    holds both. Rows are lists or tuples.

    Example: fitted on ("red", 1.5), ("blue", 2.0), ("red", 0.5), the record ("blue", 7) becomes (1.0, 7.0).

    Source: the essay, sections 1.2 and 1.3.
    """

    def __init__(self) -> None:
        raise NotImplementedError("FeatureEncoder.__init__: write this part, then run: brick check ch01")

    def fit(self, rows: Sequence[Sequence[str | float]]) -> FeatureEncoder | None:
        """Learn the codes of these rows, and forget those of an earlier fit.

        Args:
            rows: at least one row; all have the same D values.

        Returns:
            The encoder itself, or None, as you like.

        Raises:
            ValueError: if a row is shorter or longer than the first; the message says which row, from 0.
        """
        raise NotImplementedError("FeatureEncoder.fit: write this part, then run: brick check ch01")

    def transform(self, rows: Sequence[Sequence[str | float]]) -> Tensor:
        """Encode rows by the codes learned; learn nothing new.

        Args:
            rows: any number of rows of D values, also none.

        Returns:
            float32 (N, D); (0, D) for no rows.

        Raises:
            ValueError: before any `fit` (the message says so); if a row has not D values (saying which row,
                from 0); for a word without a code (naming the word and its column, from 0).
        """
        raise NotImplementedError("FeatureEncoder.transform: write this part, then run: brick check ch01")


# %% [markdown]
# ## Extra: write the law yourself
#
# How does one test a loader that shuffles? There is no right answer to compare with: every order will do. But
# every right answer keeps a *law*, whatever the data. All along, laws of this kind have judged your code. Now you
# write one, and it judges the code of others, some of it right and some of it wrong.
#
# To keep it small their loaders are plain functions: `batches(items, batch_size)` gives a list of lists. A law as a
# first try: as many items come out as went in.
#
# ```python
# >>> def law_first_try(learner, items, batch_size):
# ...     found = learner.batches(items, batch_size)
# ...     return sum(len(batch) for batch in found) == len(items)
# >>> class FirstItemOnly:
# ...     def batches(self, items, batch_size):
# ...         return [[items[0]] for _ in items]
# >>> law_first_try(FirstItemOnly(), [3, 1, 2], 2)
# True
# ```
#
# Such nonsense keeps it. Whoever writes a law asks which nonsense would, and adds what that nonsense breaks.
#
# **Pitfall.** A law that asks too much rejects who is right. "The items come in the order of the list" is kept by
# some right loaders, and not by those that shuffle.


# %%
def law_batches(learner: Any, items: Sequence[int], batch_size: int) -> bool:
    """Say whether `learner.batches(items, batch_size)` serves every item once, in batches of the right sizes.

    It is called with many lists and many versions. Of a right one it has to be True every time; of a wrong one
    False at least once, or an error. A law that knows no wrong version, or no right one, earns nothing.

    Args:
        learner: somebody's code. Its `batches(items, batch_size)` should return a list of lists, in any order of
            the items: all batches have the length batch_size, but for the last, which holds what is left.
        items: a list of whole numbers; some may be equal, and it may be empty, which makes no batch.
        batch_size: at least 1.

    Returns:
        True if the law holds, False if it is broken; a Python bool.

    Example: [[3, 5], [5]] and [[5, 3], [5]] are right for the items 3, 5, 5 and batch_size 2; [[3, 5]] is wrong.

    Source: Claessen, Hughes, QuickCheck: a lightweight tool for random testing of Haskell programs (ICFP 2000).
    """
    raise NotImplementedError("law_batches: write this part, then run: brick check ch01")
