"""Check the loader against torch's own, and the encoder against tables made by hand: ch01."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice, pairwise
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from grader.checking import (
    BOOL,
    OBJECT,
    TENSOR,
    agree,
    booleans,
    check,
    composite,
    floats,
    given,
    integers,
    just,
    law_exercise,
    lists,
    one_of,
    refuses,
    require,
    sampled_from,
    seeds,
    tensors,
)

RETURNS = {
    "DataLoader": OBJECT,
    "FeatureEncoder": OBJECT,
    "FeatureEncoder.transform": TENSOR,
    "law_batches": BOOL,
}

Samples = list[tuple[Any, Any]]


# --- DataLoader: what should come, and what does ----------------------------------------------------------

# Plain data are lists of two or more float features with a small whole number as their target, and a whole number of
# batches: the short batch at the end, a single feature, other kinds of numbers, and no data have laws of their own.


@composite
def samples(draw: Any, count: int, fewest_features: int = 2) -> Samples:
    """Plain samples."""
    features = draw(tensors(just((count, draw(integers(fewest_features, 4)))), textures=False))
    targets = draw(lists(integers(0, 9), min_size=count, max_size=count))
    return list(zip(features.tolist(), targets, strict=True))


@composite
def full_batches(draw: Any, fewest: int = 1, most: int = 4) -> tuple[Samples, int]:
    """Plain samples that fill all their batches, and the batch size."""
    batch_size = draw(integers(2, 4))
    return draw(samples(batch_size * draw(integers(fewest, most)))), batch_size


@composite
def short_batches(draw: Any) -> tuple[Samples, int]:
    """Plain samples of which the last batch is short, and the batch size; often it is the only batch."""
    batch_size = draw(integers(2, 5))
    rest = draw(integers(1, batch_size - 1))
    return draw(samples(batch_size * draw(integers(0, 3)) + rest)), batch_size


# float32 has no room for the larger of these, and int32 none for the largest.
_whole_targets = sampled_from((0, 1, 2, -3, 9, 2**24 + 1, 2**40 + 1))


@composite
def samples_of_any_numbers(draw: Any) -> Samples:
    """Two batches of two, in lists or tuples, features whole or not, targets whole, even very large, or not."""
    features = draw(tensors(just((4, 2))))
    targets = draw(lists(draw(sampled_from((_whole_targets, floats(-5.0, 5.0)))), min_size=4, max_size=4))
    row = draw(sampled_from((list, tuple)))
    rows = (features.long() if draw(booleans()) else features).tolist()
    return [(row(x), target) for x, target in zip(rows, targets, strict=True)]


# Whatever is lost, doubled or torn apart on the way can be told from such samples.
def numbered(count: int) -> Samples:
    """Samples that carry their position in both features and as their target."""
    return [([float(i), -0.5 * i], i) for i in range(count)]


def as_torch_loads(data: Samples, batch_size: int, drop_last: bool = False) -> list[tuple[Tensor, Tensor]]:
    """The batches of torch's own loader, unshuffled."""
    if not data:
        return []
    X = torch.tensor([features for features, _ in data], dtype=torch.float32)
    y = torch.tensor([target for _, target in data])  # Python's ints become int64, its floats float32
    loader = DataLoader(TensorDataset(X, y), batch_size, drop_last=drop_last)
    return [(features, targets) for features, targets in loader]


def batch_of(found: Any) -> tuple[Tensor, Tensor]:
    """What an iterator gave, if it has the form of a batch."""
    pair = isinstance(found, tuple | list) and len(found) == 2
    require(
        pair and all(isinstance(part, Tensor) for part in found), "a batch is not a pair of tensors (X, y)"
    )
    X, y = found
    return X, y


# Cut off, since a loader that never ends must fail a law and not run out of time.
def batches(iterator: Iterable[Any], most: int) -> list[tuple[Tensor, Tensor]]:
    """The batches of an iterator, cut off when there are more than `most`."""
    found = [batch_of(batch) for batch in islice(iterator, most + 1)]
    require(len(found) <= most, f"there are more than {most} batches")
    return found


def order_of(iterator: Iterable[Any], count: int) -> list[int]:
    """The positions that an epoch of `numbered(count)` visits; every sample must still be in one piece."""
    order: list[int] = []
    for X, y in batches(iterator, count):
        agree(X, torch.stack([y.to(torch.float32), -0.5 * y], dim=1), what="the features")
        order += y.tolist()
    return order


# A copy of the order is taken by `listed`, in the learner's process: 40 batches cost one call.
def epochs(learner: Any, count: int, batch_size: int, number: int, **settings: Any) -> list[list[int]]:
    """The orders of the first epochs of a shuffling loader, each of them of full length."""
    loader = learner.DataLoader(numbered(count), batch_size, shuffle=True, **settings)
    orders = [order_of(learner.listed(loader), count) for _ in range(number)]
    kept = count - count % batch_size if settings.get("drop_last") else count
    for epoch, order in enumerate(orders):
        agree(len(order), kept, what=f"the number of samples in epoch {epoch}")
    return orders


# --- DataLoader: in order ---------------------------------------------------------------------------------


def _batches_agree(learner: Any, data: Samples, batch_size: int, **settings: Any) -> None:
    """What a new loader gives is what torch's gives."""
    expected = as_torch_loads(data, batch_size, **settings)
    loader = learner.DataLoader(data, batch_size, **settings)
    found = batches(iter(loader), len(expected))
    agree(len(found), len(expected), what="the number of batches")
    agree(found, expected, what="batch")


# The essay's loader, which drops the short batch and is its own iterator, is right on these.
@check("DataLoader", hint="Stack the features of a batch, and its targets, in their order.", examples=40)
@given(filled=full_batches())
def check_loader_gives_the_batches_of_torch(learner: Any, filled: tuple[Samples, int]) -> None:
    """The batches are those of torch's DataLoader: same samples, order, shapes and dtypes."""
    _batches_agree(learner, *filled)


# A batch that is the only one and short at once is among these; int(n / batch_size) makes none of it.
@check("DataLoader", hint="What is left at the end is a batch too, however short.", weight=2, examples=40)
@given(short=short_batches())
def check_loader_keeps_the_short_batch(learner: Any, short: tuple[Samples, int]) -> None:
    """The last batch is kept if it is short, even where it is the only one."""
    _batches_agree(learner, *short)


# Full batches are among these: with drop_last a last batch that is full stays.
@check("DataLoader", hint="drop_last leaves out a short batch, never a full one.", weight=0.5, examples=40)
@given(cut=one_of(short_batches(), full_batches()))
def check_loader_drops_the_short_batch(learner: Any, cut: tuple[Samples, int]) -> None:
    """With drop_last a short batch is left out, and a full one is kept."""
    _batches_agree(learner, *cut, drop_last=True)


# squeeze(), or handing over the only sample as it is, loses an axis.
@check(
    "DataLoader",
    hint="A batch keeps its first axis, and a sample its features, also where that axis has length 1.",
    weight=0.5,
    examples=40,
)
@given(data=samples(4, fewest_features=1), batch_size=sampled_from((1, 1, 2, 4)))
def check_loader_keeps_axes_of_one(learner: Any, data: Samples, batch_size: int) -> None:
    """With a batch_size of 1, or with a single feature, X still has shape (B, D), and y (B,)."""
    _batches_agree(learner, [(features[:1], target) for features, target in data], batch_size)
    _batches_agree(learner, data, 1)


# More than anybody would write down by hand, in as few and as many batches as there can be.
@check("DataLoader", hint="The last index is len(data) - 1, however many there are.", weight=0.5, examples=10)
@given(data=samples(150), batch_size=sampled_from((1, 50, 75, 150)))
def check_loader_cuts_many_samples(learner: Any, data: Samples, batch_size: int) -> None:
    """A hundred samples come as well, one by one or in one batch."""
    _batches_agree(learner, data, batch_size)


# 2^24 + 1 is not a float32, and 2^40 + 1 not an int32: targets must not pass through either.
@check(
    "DataLoader",
    hint="Whole features become float32 too; targets become int64 if whole, however large, else float32.",
    examples=40,
)
@given(data=samples_of_any_numbers())
def check_loader_takes_any_numbers(learner: Any, data: Samples) -> None:
    """Features and targets may be whole or not, very large or not, in lists or in tuples."""
    _batches_agree(learner, data, 2)


# The docstring's example.
@check(
    "DataLoader",
    hint="Go in steps of batch_size; what is left at the end is a batch too.",
    after=check_loader_gives_the_batches_of_torch,
    weight=0.5,
)
def check_loader_cuts_ten_samples_into_4_4_2(learner: Any) -> None:
    """Ten samples in batches of 4 come as 4, 4 and 2, in their order."""
    loader = learner.DataLoader(numbered(10), 4)
    found = batches(iter(loader), 3)
    agree(found, as_torch_loads(numbered(10), 4), what="batch")


# Each kind of features and targets at least once among six pairs; uint8 and int8 must be widened, float64
# narrowed.
@check(
    "DataLoader",
    hint="X is float32 always; y is int64 if the targets are integers of any width, else float32.",
    examples=40,
)
@given(
    X=tensors((4, 3)),
    kinds=sampled_from([
        (torch.float32, torch.int64), (torch.float64, torch.float64), (torch.int64, torch.int8),
        (torch.float64, torch.int32), (torch.int16, torch.float32), (torch.float32, torch.uint8),
    ]),
    batch_size=sampled_from((2, 4)),
)  # fmt: skip
def check_loader_settles_the_dtypes(
    learner: Any, X: Tensor, kinds: tuple[torch.dtype, torch.dtype], batch_size: int
) -> None:
    """Tensors of any dtype become float32 features and int64 or float32 targets."""
    features = X.clamp(-100, 100).to(kinds[0])
    targets = torch.arange(len(X)).to(kinds[1])
    whole = not targets.is_floating_point()
    expected = (features.to(torch.float32), targets.to(torch.int64 if whole else torch.float32))
    loader = learner.DataLoader(list(zip(features, targets, strict=True)), batch_size)
    pieces = zip(*(part.split(batch_size) for part in expected), strict=True)
    agree(batches(iter(loader), len(X)), list(pieces), what="batch")


# No data, less than a batch, full batches and a rest all occur.
@check("DataLoader", hint="Divide, and look at the rest; with drop_last a rest does not count.", examples=60)
@given(count=integers(0, 12), batch_size=integers(1, 6), drop_last=booleans())
def check_loader_length_is_the_number_of_batches(
    learner: Any, count: int, batch_size: int, drop_last: bool
) -> None:
    """len() is the number of batches, with drop_last and without."""
    # Only len() is asked: whether iteration gives as many is the matter of other laws.
    expected = len(as_torch_loads(numbered(count), batch_size, drop_last))
    loader = learner.DataLoader(numbered(count), batch_size, drop_last=drop_last)
    agree(len(loader), expected, what="len(loader)")


# The sequence refuses slices and iteration, as a data set on a disk may.
@check(
    "DataLoader",
    hint="Use only len(data) and data[i], with i from 0 to len(data) - 1: no slices, no copies.",
    examples=30,
)
@given(filled=full_batches())
def check_loader_needs_only_len_and_getitem(learner: Any, filled: tuple[Samples, int]) -> None:
    """Data that has only __len__ and __getitem__ will do."""
    data, batch_size = filled
    expected = as_torch_loads(data, batch_size)
    loader = learner.DataLoader(learner.sequence(data), batch_size)
    found = batches(iter(loader), len(expected))
    agree(len(found), len(expected), what="the number of batches")
    agree(found, expected, what="batch")


# Three loops take turns in a random order: a place or a buffer that they share shows in one of them.
@check(
    "DataLoader",
    hint="The place in the data belongs to the iterator; the loader must not be its own iterator.",
    weight=2,
    examples=40,
)
@given(count=sampled_from((2, 4, 6, 8)), turns=lists(integers(0, 2), max_size=12))
def check_loader_iterators_do_not_disturb_each_other(learner: Any, count: int, turns: list[int]) -> None:
    """Several loops over one loader at once each see all batches; iter() of an iterator is that iterator."""
    batch_size = 2
    expected = as_torch_loads(numbered(count), batch_size)
    loader = learner.DataLoader(numbered(count), batch_size)
    iterators = [iter(iter(loader).handle) for _ in range(3)]
    found: list[list[Any]] = [[], [], []]
    for turn in [*turns, *[0, 1, 2] * len(expected)]:
        if len(found[turn]) < len(expected):
            batch = next(iterators[turn], None)
            require(
                batch is not None, f"loop {turn} ends after {len(found[turn])} batches, not {len(expected)}"
            )
            found[turn].append(batch_of(batch))
    for turn, iterator in enumerate(iterators):
        agree(found[turn], expected, what=f"loop {turn}, batch")
        require(next(iterator, None) is None, f"loop {turn} does not end after {len(expected)} batches")


# list() holds all batches at once, and compares them at the end.
@check(
    "DataLoader",
    hint="Stack into new tensors each time; do not fill one buffer again and again.",
    examples=20,
)
@given(filled=full_batches(fewest=2))
def check_loader_batches_stay_as_they_are(learner: Any, filled: tuple[Samples, int]) -> None:
    """A batch that is kept does not change when the next one comes."""
    data, batch_size = filled
    loader = learner.DataLoader(data, batch_size)
    agree(learner.listed(loader), as_torch_loads(data, batch_size), what="list(loader)")


# An epoch that is broken off leaves a place behind where the loader is its own iterator.
@check("DataLoader", hint="Every iter() starts anew; nothing may be used up.", examples=30)
@given(filled=full_batches())
def check_loader_can_be_read_again(learner: Any, filled: tuple[Samples, int]) -> None:
    """A second epoch gives the same batches as the first, also after one broken off."""
    data, batch_size = filled
    expected = as_torch_loads(data, batch_size)
    loader = learner.DataLoader(data, batch_size)
    next(iter(loader))
    for epoch in (1, 2):
        agree(batches(iter(loader), len(expected)), expected, what=f"epoch {epoch}, batch")


# torch.stack([]) is an error. A loader that never gives anything would pass, hence after.
@check(
    "DataLoader",
    hint="Nothing to stack: make no batch at all.",
    after=check_loader_gives_the_batches_of_torch,
)
def check_loader_gives_no_batch_for_no_data(learner: Any) -> None:
    """Without data there is no batch and no error, with drop_last and without; with one sample there is one."""
    for settings in ({}, {"drop_last": True}):
        for count in (0, 1):
            loader = learner.DataLoader(numbered(count), 1, **settings)
            agree(len(batches(iter(loader), count)), count, what=f"the number of batches of {count} samples")


# A loader that refuses everything would pass, hence after.
@check(
    "DataLoader",
    hint="Test batch_size < 1 when the loader is made; put its name and value into the message.",
    after=check_loader_gives_the_batches_of_torch,
)
@given(count=integers(1, 3), batch_size=integers(-3, 0))
def check_loader_refuses_a_batch_size_below_one(learner: Any, count: int, batch_size: int) -> None:
    """A batch_size below 1 is a ValueError that names batch_size and its value."""
    refuses(lambda: learner.DataLoader(numbered(count), batch_size), names="batch_size", value=batch_size)


# --- DataLoader: shuffled ---------------------------------------------------------------------------------


# Features carry their position as the target does: a permutation of one of them alone is seen.
@check(
    "DataLoader",
    hint="What is shuffled, and do features and target of a sample stay together?",
    examples=60,
)
@given(number=integers(1, 6), batch_size=integers(2, 7), seed=seeds())
def check_loader_shuffles_every_sample_once(learner: Any, number: int, batch_size: int, seed: int) -> None:
    """A shuffled epoch holds every sample exactly once, its features and target together."""
    count = number * batch_size
    loader = learner.DataLoader(numbered(count), batch_size, shuffle=True, seed=seed)
    order = order_of(iter(loader), count)
    agree(len(order), count, what="the number of samples")
    twice = sorted({i for i in order if order.count(i) > 1})
    require(not twice, f"samples {twice} come more than once")


# Everything about short batches again, but shuffled, in one law.
@check(
    "DataLoader",
    hint="Shuffling changes the order alone: how batches are cut stays the same.",
    weight=0.5,
    examples=40,
)
@given(count=integers(0, 20), batch_size=integers(1, 7), drop_last=booleans(), seed=seeds())
def check_loader_cuts_shuffled_samples_alike(
    learner: Any, count: int, batch_size: int, drop_last: bool, seed: int
) -> None:
    """Shuffled or not, the batches have the same sizes, and len() says how many there are."""
    expected = [len(y) for _, y in as_torch_loads(numbered(count), batch_size, drop_last)]
    loader = learner.DataLoader(numbered(count), batch_size, shuffle=True, drop_last=drop_last, seed=seed)
    agree(len(loader), len(expected), what="len(loader)")
    sizes = [len(y) for _, y in batches(iter(loader), len(expected))]
    agree(sizes, expected, what="the sizes of the batches")


# 20 samples have so many orders that two agree by chance less often than once in 10^18 draws.
@check(
    "DataLoader",
    hint="From which generator do you draw, when is it seeded, and who else draws from it?",
    examples=20,
)
@given(count=sampled_from((20, 30, 40)), batch_size=sampled_from((5, 10)), seed=seeds())
def check_loader_repeats_its_orders_from_the_seed(
    learner: Any, count: int, batch_size: int, seed: int
) -> None:
    """Same seed, same orders, epoch by epoch, whatever other loaders do; the default seed is 0."""
    first, second = (
        learner.DataLoader(numbered(count), batch_size, shuffle=True, seed=seed) for _ in range(2)
    )
    for epoch in range(3):
        found = [order_of(learner.listed(loader), count) for loader in (first, second)]
        agree(len(found[0]), count, what=f"the number of samples in epoch {epoch}")
        agree(found[0], found[1], what=f"the order of epoch {epoch}")
    agree(
        epochs(learner, count, batch_size, 1), epochs(learner, count, batch_size, 1, seed=0), what="the order"
    )


# seed + 1 in epoch 0 must not be seed in epoch 1 for every seed; only epoch 0 is compared across seeds.
@check(
    "DataLoader",
    hint="Seed the generator once, when the loader is made, and let it run on from epoch to epoch.",
    examples=20,
)
@given(count=sampled_from((20, 30, 40)), batch_size=sampled_from((5, 10)), seed=seeds())
def check_loader_changes_the_order_every_epoch(learner: Any, count: int, batch_size: int, seed: int) -> None:
    """Every epoch and every seed has an order of its own."""
    orders = epochs(learner, count, batch_size, 3, seed=seed)
    for epoch in (1, 2):
        require(orders[epoch] not in orders[:epoch], f"epoch {epoch} repeats the order of an earlier epoch")
    other = epochs(learner, count, batch_size, 1, seed=seed + 1)
    require(other[0] != orders[0], f"seed {seed} and seed {seed + 1} give the same order")
    require(orders[0] != list(range(count)), "with shuffle=True the samples come in their old order")


# Four epochs are asked for before any is read, and then read in another order.
@check(
    "DataLoader",
    hint="A method with yield starts at the first next: draw in __iter__, return an iterator.",
    examples=20,
)
@given(count=sampled_from((20, 30, 40)), batch_size=sampled_from((5, 10)), seed=seeds())
def check_loader_draws_the_order_at_iter(learner: Any, count: int, batch_size: int, seed: int) -> None:
    """An epoch counts from its iter(), whenever and whether it is read; len() counts for none."""
    expected = epochs(learner, count, batch_size, 4, seed=seed)
    loader = learner.DataLoader(numbered(count), batch_size, shuffle=True, seed=seed)
    running = []
    for _ in range(4):
        len(loader)
        running.append(iter(loader))
    for epoch in (2, 0, 3):
        agree(order_of(running[epoch], count), expected[epoch], what=f"the order of epoch {epoch}")


# In a random order of 40 samples about 2 pairs of neighbours stay neighbours, and about 5 samples stay in their
# batch of 5. Over 20 of either come less often than once in 10^9 draws, so no right answer meets these bounds.
@check(
    "DataLoader",
    hint="Permute all samples, then cut batches: not the batches, nor within each.",
    examples=10,
)
@given(seed=seeds())
def check_loader_mixes_across_batches(learner: Any, seed: int) -> None:
    """Shuffling moves samples across batches and parts neighbours."""
    for epoch, order in enumerate(epochs(learner, 40, 5, 2, seed=seed)):
        neighbours = sum(abs(a - b) == 1 for a, b in pairwise(order))
        require(neighbours <= 20, f"in epoch {epoch}, {neighbours} of 39 pairs of neighbours stay together")
        at_home = sum(place // 5 == i // 5 for place, i in enumerate(order))
        require(at_home <= 25, f"in epoch {epoch}, {at_home} of 40 samples stay in the batch they were in")


# The same sample of 41 is left out 8 times in a row less often than once in 10^11 draws.
@check(
    "DataLoader",
    hint="Permute all the samples; the short batch is cut off after that, not before.",
    examples=5,
)
@given(seed=seeds())
def check_loader_drops_other_samples_every_epoch(learner: Any, seed: int) -> None:
    """Shuffled, drop_last leaves out whatever comes last in that epoch, not the same samples for ever."""
    orders = epochs(learner, 41, 40, 8, seed=seed, drop_last=True)
    left_out = {i for order in orders for i in set(range(41)) - set(order)}
    require(len(left_out) > 1, f"in each of 8 epochs sample {min(left_out)} is left out")


# --- FeatureEncoder: tables and what follows from them ----------------------------------------------------

# Plain words stay apart whatever is done to them; those that a tidy mind would merge have a law of their own.
WORDS = ("red", "blue", "green", "black", "white", "grey", "pink")
NEAR = ("red", "Red", "red ", "RED", " red", "", " ", "04109", "4109", "10", "10.0", "1e1")
Rows = list[Any]


@composite
def tables(draw: Any, words: tuple[str, ...] = WORDS) -> tuple[Rows, Rows]:
    """Rows to fit and rows to transform: one to four columns of words or numbers; no new words in the second."""
    text = draw(lists(booleans(), min_size=1, max_size=4))
    row = draw(sampled_from((list, tuple)))
    number = floats(-50.0, 50.0)
    fitted = []
    for _ in range(draw(integers(1, 7))):
        fitted.append(row(draw(sampled_from(words)) if is_text else draw(number) for is_text in text))
    columns = [sampled_from([r[j] for r in fitted]) if is_text else number for j, is_text in enumerate(text)]
    encoded = [row(draw(column) for column in columns) for _ in range(draw(integers(1, 5)))]
    return fitted, encoded


def encoding(fitted: Rows, rows: Rows) -> Tensor:
    """What transform(rows) should give after fit(fitted)."""
    words: list[list[Any]] = [[] for _ in fitted[0]]
    for row in fitted:
        for seen, value in zip(words, row, strict=True):
            if isinstance(value, str) and value not in seen:
                seen.append(value)
    codes = [
        [seen.index(v) if isinstance(v, str) else v for seen, v in zip(words, row, strict=True)]
        for row in rows
    ]
    return torch.tensor(codes, dtype=torch.float32).reshape(len(rows), len(words))


# fit may return the encoder or nothing, so its result is never used.
def fitted_encoder(learner: Any, rows: Rows) -> Any:
    """An encoder of the learner's, fitted."""
    encoder = learner.FeatureEncoder()
    encoder.fit(rows)
    return encoder


# The words are far from each other, and every word to transform has been seen: the corners are other laws'.
@check(
    "FeatureEncoder",
    hint="A table per column, filled in the order of the rows; numbers pass as they are.",
    examples=60,
)
@given(rows=tables())
def check_encoder_codes_by_first_appearance(learner: Any, rows: tuple[Rows, Rows]) -> None:
    """Words are coded in the order of their first appearance, column by column; numbers pass; float32 (N, D)."""
    fitted, encoded = rows
    encoder = fitted_encoder(learner, fitted)
    agree(encoder.transform(encoded), encoding(fitted, encoded))
    agree(encoder.transform(fitted), encoding(fitted, fitted), what="the encoding of the fitted rows")


# A post code that begins with 0 is not a number, and a name in capitals may be somebody else.
@check(
    "FeatureEncoder", hint="A word is its letters: nothing is stripped, lowered or converted.", examples=60
)
@given(rows=tables(NEAR))
def check_encoder_keeps_like_words_apart(learner: Any, rows: tuple[Rows, Rows]) -> None:
    """Words that differ in a space, in capitals or in a leading zero are different words."""
    agree(fitted_encoder(learner, rows[0]).transform(rows[1]), encoding(*rows))


# A table that is made from the first rows only misses nothing in small tables.
@check("FeatureEncoder", hint="Every row is looked at, in fit and in transform.", weight=0.5, examples=10)
@given(rows=tables(), seed=seeds())
def check_encoder_takes_many_rows(learner: Any, rows: tuple[Rows, Rows], seed: int) -> None:
    """A hundred rows are encoded like a few."""
    fitted = [rows[0][i % len(rows[0])] for i in range(90 + seed % 20)]
    agree(fitted_encoder(learner, fitted).transform(rows[1] * 40), encoding(fitted, rows[1] * 40))


# The only table with more than a thousand words.
@check(
    "FeatureEncoder",
    hint="Count each column's own words, from 0, in the order in which they first appear.",
    after=check_encoder_codes_by_first_appearance,
)
def check_encoder_codes_the_record_of_the_essay(learner: Any) -> None:
    """The 34th, 2nd and 1003rd words of their columns are the essay's record: (33, 1, 1002)."""
    rows = [[f"place {i % 40}", f"kind {i % 2}", f"name {i}"] for i in range(1003)]
    encoder = fitted_encoder(learner, rows)
    agree(encoder.transform([["place 33", "kind 1", "name 1002"]]), torch.tensor([[33.0, 1.0, 1002.0]]))


# float('1e3') works: who asks whether a value can be a number takes the word for one.
@check("FeatureEncoder", hint="Ask isinstance(value, str), not whether it looks like a number.", examples=50)
@given(words=lists(sampled_from(("7", "3.5", "-1", "3", "1e3", "007")), min_size=1, max_size=6))
def check_encoder_codes_words_that_look_like_numbers(learner: Any, words: list[str]) -> None:
    """Words that look like numbers are coded like any others."""
    rows = [(number, word) for number, word in enumerate(words)]
    agree(fitted_encoder(learner, rows).transform(rows), encoding(rows, rows))


# 3e8 + 1 would be rounded, 3e8 is a float32; 1e-6 is not 0.
@check("FeatureEncoder", hint="float32, as it is: not rounded, not counted as a category.", examples=60)
@given(numbers=lists(sampled_from((0, 3, -7, 0.25, -1.5, 1e-6, 3e8, 33, 1002)), min_size=1, max_size=5))
def check_encoder_passes_numbers(learner: Any, numbers: list[float]) -> None:
    """Numbers pass unchanged, whole or not, seen before or not."""
    encoder = fitted_encoder(learner, [(1.0, "a"), (2, "b")])
    rows = [(number, "b") for number in numbers]
    agree(encoder.transform(rows), torch.tensor([[n, 1.0] for n in numbers], dtype=torch.float32))


# The earlier tables are larger or smaller, as it comes: neither words nor widths may be left over.
@check("FeatureEncoder", hint="fit starts with empty tables each time.", examples=30)
@given(before=tables(), rows=tables())
def check_encoder_forgets_an_earlier_fit(
    learner: Any, before: tuple[Rows, Rows], rows: tuple[Rows, Rows]
) -> None:
    """After a second fit only the second counts."""
    encoder = fitted_encoder(learner, before[0])
    encoder.fit(rows[0])
    agree(encoder.transform(rows[1]), encoding(*rows))


# Both are fitted before either is asked.
@check(
    "FeatureEncoder",
    hint="Make the tables in __init__ or fit, as attributes of self, not on the class.",
    examples=25,
)
@given(first=tables(), second=tables())
def check_encoders_do_not_share_tables(
    learner: Any, first: tuple[Rows, Rows], second: tuple[Rows, Rows]
) -> None:
    """Two encoders keep tables of their own."""
    encoders = [fitted_encoder(learner, fitted) for fitted, _ in (first, second)]
    for encoder, rows in zip(encoders, (first, second), strict=True):
        agree(encoder.transform(rows[1]), encoding(*rows))


# torch.tensor([]) has one axis; the shape must be given by hand.
@check("FeatureEncoder", hint="An empty list carries no width: take D from the fitted rows.", examples=15)
@given(rows=tables())
def check_encoder_gives_no_rows_for_no_rows(learner: Any, rows: tuple[Rows, Rows]) -> None:
    """transform([]) gives a float32 tensor of shape (0, D), before and after other rows."""
    encoder = fitted_encoder(learner, rows[0])
    agree(encoder.transform([]), torch.zeros(0, len(rows[0][0])))
    agree(encoder.transform(rows[1]), encoding(*rows))
    agree(encoder.transform([]), torch.zeros(0, len(rows[0][0])))


# The word stands in the other columns' tables: looking it up anywhere is not enough. Twice, since a table
# that learns would know it then.
@check(
    "FeatureEncoder",
    hint="Look the word up in its own column only; say the column's number and the word.",
    examples=60,
    after=check_encoder_codes_by_first_appearance,
)
@given(
    width=integers(1, 4), column=integers(0, 3), place=integers(0, 2), word=sampled_from(("Mars", "w", ""))
)
def check_encoder_refuses_unseen_words(learner: Any, width: int, column: int, place: int, word: str) -> None:
    """A word its column has not seen is a ValueError that names column and word, every time anew."""
    column %= width
    seen = [[f"{letter}{letter}" for letter in "abcd"[:width]], ["Mars"] * width, ["w"] * width, [""] * width]
    for row in seen[1:]:
        row[column] = "ab"
    encoder = fitted_encoder(learner, seen)
    rows = [list(seen[0]) for _ in range(3)]
    rows[place][column] = word
    for _ in range(2):
        refuses(lambda: encoder.transform(rows), names=str(column), value=word)
    agree(encoder.transform(seen), encoding(seen, seen), what="the encoding afterwards")


# The first row may be the wrong one as well as any; the message says which differs from it.
@check(
    "FeatureEncoder",
    hint="Compare the width of every row with that of the first one; name the row.",
    examples=60,
    after=check_encoder_codes_by_first_appearance,
)
@given(width=integers(1, 3), count=integers(2, 5), place=integers(1, 4), other=sampled_from((-1, 1, 2)))
def check_encoder_refuses_ragged_rows_in_fit(
    learner: Any, width: int, count: int, place: int, other: int
) -> None:
    """fit refuses rows of unequal width with a ValueError that says which row."""
    rows = [["a"] * width for _ in range(count)]
    learner.FeatureEncoder().fit(rows)
    place = min(place, count - 1)
    rows[place] = ["a"] * (width + other)
    refuses(lambda: learner.FeatureEncoder().fit(rows), names="row", value=place)


# If every row is too wide they agree with each other, and still not with the fitted ones.
@check(
    "FeatureEncoder",
    hint="Compare the width of every row with that of the fitted rows; name the row.",
    examples=60,
    after=check_encoder_codes_by_first_appearance,
)
@given(
    width=integers(1, 3),
    count=integers(1, 4),
    place=integers(0, 3),
    other=sampled_from((-1, 1, 2)),
    every=booleans(),
)
def check_encoder_refuses_rows_of_another_width(
    learner: Any, width: int, count: int, place: int, other: int, every: bool
) -> None:
    """transform refuses rows that are not as wide as the fitted ones with a ValueError that says which row."""
    encoder = fitted_encoder(learner, [[1.5] * width, [2.0] * width])
    place = 0 if every else min(place, count - 1)
    rows = [[0.5] * (width + other if every or i == place else width) for i in range(count)]
    refuses(lambda: encoder.transform(rows), names="row", value=place)


# After the refusal the same encoder can still be fitted.
@check(
    "FeatureEncoder",
    hint="Keep None until fit has been called, and test for it.",
    after=check_encoder_codes_by_first_appearance,
)
def check_encoder_refuses_transform_before_fit(learner: Any) -> None:
    """transform before fit is a ValueError that says so, for text, numbers and no rows at all; after it, it is not."""
    for rows in ([["a", 1.0]], [[1.0]], []):
        encoder = learner.FeatureEncoder()
        refuses(lambda encoder=encoder, rows=rows: encoder.transform(rows), names="fit")
        encoder.fit([["b", 0.0]])
        agree(encoder.transform([["b", 2.0]]), torch.tensor([[0.0, 2.0]]))


# --- law_batches ------------------------------------------------------------------------------------------
#
# A loader without its tensors: a list of items goes in, and a list of batches comes out, in any order.


def batches__in_order(items, batch_size):
    """It cuts the list from its start."""
    return [items[start : start + batch_size] for start in range(0, len(items), batch_size)]


def batches__from_the_end(items, batch_size):
    """It goes from the last item to the first."""
    return batches__in_order(items[::-1], batch_size)


def batches__shuffled(items, batch_size):
    """It shuffles first."""
    order = torch.randperm(len(items), generator=torch.Generator().manual_seed(5)).tolist()
    return batches__in_order([items[place] for place in order], batch_size)


def batches__drops_the_rest(items, batch_size):
    """A short batch at the end is left out."""
    return [batch for batch in batches__in_order(items, batch_size) if len(batch) == batch_size]


def batches__one_too_many(items, batch_size):
    """Each batch has one item too many."""
    return batches__in_order(items, batch_size + 1)


def batches__rest_in_the_last(items, batch_size):
    """What is left is put into the last full batch, which is then too large."""
    found = batches__in_order(items, batch_size)
    if len(found) < 2 or len(found[-1]) == batch_size:
        return found
    return [*found[:-2], found[-2] + found[-1]]


def batches__short_one_first(items, batch_size):
    """The short batch comes first and not last."""
    rest = len(items) % batch_size
    return ([items[:rest]] if rest else []) + batches__in_order(items[rest:], batch_size)


def batches__empty_one_last(items, batch_size):
    """An empty batch comes at the end."""
    return [*batches__in_order(items, batch_size), []]


def batches__filled_up(items, batch_size):
    """The short batch is filled up with items from the start."""
    return batches__in_order(items + items[: -len(items) % batch_size], batch_size)


def batches__first_for_last(items, batch_size):
    """In place of the last item the first one comes again."""
    return batches__in_order(items[:-1] + items[: 1 if items else 0], batch_size)


def batches__with_replacement(items, batch_size):
    """Items are drawn with replacement: some come twice, and others never."""
    drawn = torch.randint(max(len(items), 1), (len(items),), generator=torch.Generator().manual_seed(5))
    return batches__in_order([items[place] for place in drawn.tolist()], batch_size)


def batches__equal_ones_once(items, batch_size):
    """Items that are equal come only once."""
    return batches__in_order(list(dict.fromkeys(items)), batch_size)


def is_every_item_once(found, items, batch_size):
    """Whether batches are right, in whatever order the items come."""
    full, rest = divmod(len(items), batch_size)
    sizes = [batch_size] * full + [rest] * (rest > 0)
    served = [item for batch in found for item in batch]
    return [len(batch) for batch in found] == sizes and sorted(served) == sorted(items)


law_batches = law_exercise(
    "law_batches",
    "batches",
    [
        {"items": items, "batch_size": batch_size}
        for items in ([], [4], [3, 1], [5, 2, 5], [1, 1, 2, 3], [7, 0, 7, 4, 2], [6, 1, 5, 2, 4, 3, 0])
        for batch_size in (1, 2, 3, 5)
    ],
    right=(batches__in_order, batches__from_the_end, batches__shuffled),
    wrong={
        batches__drops_the_rest: "Did as many items come out as went in?",
        batches__one_too_many: "How long may a batch be?",
        batches__rest_in_the_last: "How long may the last batch be?",
        batches__short_one_first: "Which of the batches may be short?",
        batches__empty_one_last: "Is there a batch with nothing in it?",
        batches__filled_up: "How often may an item come?",
        batches__first_for_last: "As many items came as went in: are they the same ones?",
        batches__with_replacement: "As many items came as went in: are they the same ones?",
        batches__equal_ones_once: "Items may be equal, and count all the same: a set forgets how many there were.",
    },
    holds=is_every_item_once,
)
