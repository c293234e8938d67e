"""Known mistakes in chapter 1: near-solutions, each with the diagnosis a teacher would give."""

# ruff: noqa: F821 -- DataLoader, FeatureEncoder and _batch are the right ones, put there when it is assembled
from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

Batch = tuple[Tensor, Tensor]
Rows = Sequence[Sequence[str | float]]


# --- DataLoader: which samples come -----------------------------------------------------------------------


class DataLoader__always_drops(DataLoader):
    """The short last batch is left out always, as in the essay; only drop_last should do that."""

    def __len__(self) -> int:
        return len(self.data) // self.batch_size


class DataLoader__never_drops(DataLoader):
    """drop_last has no effect: the short last batch comes all the same."""

    def __len__(self) -> int:
        return -(-len(self.data) // self.batch_size)


class DataLoader__drops_full_batch(DataLoader):
    """drop_last leaves out the last batch even when it is full."""

    def __len__(self) -> int:
        batches = -(-len(self.data) // self.batch_size)
        return max(0, batches - 1) if self.drop_last else batches


class DataLoader__one_batch_too_many(DataLoader):
    """An empty batch is counted after the last one when the samples fill their batches exactly."""

    def __len__(self) -> int:
        return len(self.data) // self.batch_size + (0 if self.drop_last else 1)


class DataLoader__len_ignores_drop_last(DataLoader):
    """len counts the short last batch although drop_last leaves it out."""

    def __len__(self) -> int:
        return -(-len(self.data) // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        batches = list(super().__iter__())
        short = len(self.data) % self.batch_size != 0
        return iter(batches[:-1] if self.drop_last and short else batches)


class DataLoader__len_counts_samples(DataLoader):
    """len is the number of samples, not of batches."""

    def __len__(self) -> int:
        return len(self.data)


class DataLoader__keeps_first_sample_back(DataLoader):
    """Positions are counted from 1, so sample 0 never comes."""

    def __iter__(self) -> Iterator[Batch]:
        order = _positions(self)[1:]
        starts = range(0, len(order), self.batch_size)
        chunks = [order[start : start + self.batch_size] for start in starts][: len(self)]
        return (_batch([self.data[i] for i in chunk]) for chunk in chunks)


class DataLoader__needs_slices(DataLoader):
    """The data is sliced; a sequence that only has len and single items refuses that."""

    def __iter__(self) -> Iterator[Batch]:
        if self.shuffle:
            return super().__iter__()
        starts = [k * self.batch_size for k in range(len(self))]
        return (_batch(self.data[start : start + self.batch_size]) for start in starts)


class DataLoader__drops_before_shuffling(DataLoader):
    """drop_last cuts off the end of the data before it is shuffled, so the same samples are never seen."""

    def __iter__(self) -> Iterator[Batch]:
        kept = len(self) * self.batch_size if self.drop_last else len(self.data)
        order = torch.arange(kept)
        if self.shuffle:
            order = torch.randperm(kept, generator=self.generator)
        return _batches(self, order.tolist())


class DataLoader__accepts_any_batch_size(DataLoader):
    """A batch_size below 1 is not refused when the loader is made."""

    def __init__(
        self,
        data: Sequence[tuple[Any, Any]],
        batch_size: int,
        *,
        shuffle: bool = False,
        drop_last: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__(data, max(1, batch_size), shuffle=shuffle, drop_last=drop_last, seed=seed)
        self.batch_size = batch_size


class DataLoader__refuses_only_zero(DataLoader):
    """Only a batch_size of exactly 0 is refused; a negative one passes."""

    def __init__(
        self,
        data: Sequence[tuple[Any, Any]],
        batch_size: int,
        *,
        shuffle: bool = False,
        drop_last: bool = False,
        seed: int = 0,
    ) -> None:
        if batch_size == 0:
            raise ValueError(f"batch_size is {batch_size}")
        super().__init__(data, abs(batch_size), shuffle=shuffle, drop_last=drop_last, seed=seed)
        self.batch_size = batch_size


# --- DataLoader: iterators --------------------------------------------------------------------------------


class DataLoader__returns_self(DataLoader):
    """The loader is its own iterator, as in the essay: two loops over it move one and the same place."""

    def __iter__(self) -> DataLoader__returns_self:
        self.running = super().__iter__()
        return self

    def __next__(self) -> Batch:
        return next(self.running)


class DataLoader__iterator_without_iter(DataLoader):
    """The iterator has __next__ but no __iter__ that returns itself, so nothing can loop over it."""

    def __iter__(self) -> Any:
        return _Nexts(super().__iter__())


class _Nexts:
    def __init__(self, batches: Iterator[Batch]) -> None:
        self.batches = batches

    def __next__(self) -> Batch:
        return next(self.batches)


class DataLoader__one_buffer(DataLoader):
    """Every batch is written into the same two tensors, so a batch that was kept turns into the next one."""

    def __iter__(self) -> Iterator[Batch]:
        return _refilled(super().__iter__())


def _refilled(batches: Iterator[Batch]) -> Iterator[Batch]:
    X, y = torch.zeros(0), torch.zeros(0)
    for features, targets in batches:
        if X.shape != features.shape:
            X, y = torch.empty_like(features), torch.empty_like(targets)
        yield X.copy_(features), y.copy_(targets)


class DataLoader__one_epoch(DataLoader):
    """The iterator is made once, with the loader; the second epoch finds it used up."""

    def __init__(
        self,
        data: Sequence[tuple[Any, Any]],
        batch_size: int,
        *,
        shuffle: bool = False,
        drop_last: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__(data, batch_size, shuffle=shuffle, drop_last=drop_last, seed=seed)
        self.running = super().__iter__()

    def __iter__(self) -> Iterator[Batch]:
        return self.running


class DataLoader__order_at_first_next(DataLoader):
    """The epoch's order is drawn at the first next, not at iter(): a method with yield starts late."""

    def __iter__(self) -> Iterator[Batch]:
        yield from super().__iter__()


class DataLoader__len_uses_up_an_epoch(DataLoader):
    """len counts the batches by going through them, which takes an epoch's order from the loader."""

    def __len__(self) -> int:
        if self.shuffle and len(self.data) > 0:
            _positions(self)
        return super().__len__()

    def __iter__(self) -> Iterator[Batch]:
        return _batches(self, _positions(self), super().__len__())


class DataLoader__order_on_the_loader(DataLoader):
    """The order is an attribute of the loader; a new epoch changes it under an iterator still running."""

    def __iter__(self) -> Iterator[Batch]:
        self.order = _positions(self)
        starts = [k * self.batch_size for k in range(len(self))]
        return (_batch([self.data[i] for i in self.order[s : s + self.batch_size]]) for s in starts)


# --- DataLoader: shuffling --------------------------------------------------------------------------------


def _positions(loader: DataLoader) -> list[int]:
    """The order of a right epoch, one position per sample."""
    count = len(loader.data)
    if not loader.shuffle:
        return list(range(count))
    return torch.randperm(count, generator=loader.generator).tolist()


def _batches(loader: DataLoader, order: list[int], count: int | None = None) -> Iterator[Batch]:
    """Cut an order into batches as the loader should."""
    starts = [k * loader.batch_size for k in range(len(loader) if count is None else count)]
    chunks = [order[start : start + loader.batch_size] for start in starts]
    return (_batch([loader.data[i] for i in chunk]) for chunk in chunks)


class DataLoader__never_shuffles(DataLoader):
    """shuffle has no effect: the samples come in the order of the data."""

    def __iter__(self) -> Iterator[Batch]:
        return _batches(self, list(range(len(self.data))))


class DataLoader__always_shuffles(DataLoader):
    """The samples are shuffled even if nobody asked for it."""

    def __iter__(self) -> Iterator[Batch]:
        return _batches(self, torch.randperm(len(self.data), generator=self.generator).tolist())


class DataLoader__shuffles_by_default(DataLoader):
    """The default of shuffle is True; it should be False."""

    def __init__(
        self,
        data: Sequence[tuple[Any, Any]],
        batch_size: int,
        *,
        shuffle: bool = True,
        drop_last: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__(data, batch_size, shuffle=shuffle, drop_last=drop_last, seed=seed)


class DataLoader__same_order_every_epoch(DataLoader):
    """The generator is seeded at every iter(), so every epoch repeats the first order."""

    def __init__(
        self,
        data: Sequence[tuple[Any, Any]],
        batch_size: int,
        *,
        shuffle: bool = False,
        drop_last: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__(data, batch_size, shuffle=shuffle, drop_last=drop_last, seed=seed)
        self.seed = seed

    def __iter__(self) -> Iterator[Batch]:
        self.generator = torch.Generator().manual_seed(self.seed)
        return super().__iter__()


class DataLoader__ignores_seed(DataLoader):
    """The seed is ignored: every loader shuffles as with seed 0."""

    def __init__(
        self,
        data: Sequence[tuple[Any, Any]],
        batch_size: int,
        *,
        shuffle: bool = False,
        drop_last: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__(data, batch_size, shuffle=shuffle, drop_last=drop_last, seed=0)


class DataLoader__unseeded(DataLoader):
    """The order is drawn from torch's global generator, so neither seed nor epoch decides it."""

    def __iter__(self) -> Iterator[Batch]:
        count = len(self.data)
        return _batches(self, torch.randperm(count).tolist() if self.shuffle else list(range(count)))


class DataLoader__seeds_the_global_generator(DataLoader):
    """torch.manual_seed is called for each epoch: that resets the generator everybody else draws from."""

    epoch = 0

    def __init__(
        self,
        data: Sequence[tuple[Any, Any]],
        batch_size: int,
        *,
        shuffle: bool = False,
        drop_last: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__(data, batch_size, shuffle=shuffle, drop_last=drop_last, seed=seed)
        self.seed = seed

    def __iter__(self) -> Iterator[Batch]:
        if not self.shuffle:
            return super().__iter__()
        torch.manual_seed(self.seed + self.epoch)
        self.epoch += 1
        return _batches(self, torch.randperm(len(self.data)).tolist())


class DataLoader__epochs_shared(DataLoader):
    """Epochs are counted on the class, so the epochs of one loader change the order of another."""

    epochs = 0

    def __init__(
        self,
        data: Sequence[tuple[Any, Any]],
        batch_size: int,
        *,
        shuffle: bool = False,
        drop_last: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__(data, batch_size, shuffle=shuffle, drop_last=drop_last, seed=seed)
        self.seed = seed

    def __iter__(self) -> Iterator[Batch]:
        self.generator = torch.Generator().manual_seed(self.seed + DataLoader__epochs_shared.epochs)
        DataLoader__epochs_shared.epochs += 1
        return super().__iter__()


class DataLoader__seed_times_epoch(DataLoader):
    """Epoch k is seeded with seed * k, so all loaders share their first order, and seed 0 repeats it for ever."""

    def __init__(
        self,
        data: Sequence[tuple[Any, Any]],
        batch_size: int,
        *,
        shuffle: bool = False,
        drop_last: bool = False,
        seed: int = 0,
    ) -> None:
        super().__init__(data, batch_size, shuffle=shuffle, drop_last=drop_last, seed=seed)
        self.seed = seed
        self.epoch = 0

    def __iter__(self) -> Iterator[Batch]:
        self.generator = torch.Generator().manual_seed(self.seed * self.epoch)
        self.epoch += 1
        return super().__iter__()


class DataLoader__draws_with_replacement(DataLoader):
    """Positions are drawn with replacement: some samples come twice, others not at all."""

    def __iter__(self) -> Iterator[Batch]:
        count = len(self.data)
        if not self.shuffle or count == 0:
            return super().__iter__()
        return _batches(self, torch.randint(count, (count,), generator=self.generator).tolist())


class DataLoader__shuffles_whole_batches(DataLoader):
    """The batches are shuffled, not the samples: neighbours in the data always share a batch."""

    def __iter__(self) -> Iterator[Batch]:
        if not self.shuffle:
            return super().__iter__()
        order = list(range(len(self.data)))
        chunks = [order[k * self.batch_size : (k + 1) * self.batch_size] for k in range(len(self))]
        picked = torch.randperm(len(chunks), generator=self.generator).tolist()
        return (_batch([self.data[i] for i in chunks[k]]) for k in picked)


class DataLoader__shuffles_within_batches(DataLoader):
    """Samples are shuffled only within their batch: each batch holds the same samples in every epoch."""

    def __iter__(self) -> Iterator[Batch]:
        if not self.shuffle:
            return super().__iter__()
        order = torch.arange(len(self.data))
        mixed = [
            chunk[torch.randperm(len(chunk), generator=self.generator)].tolist()
            for chunk in order.split(self.batch_size)
        ]
        return _batches(self, [i for chunk in mixed for i in chunk])


class DataLoader__shuffles_the_data(DataLoader):
    """The caller's own list is put into a new order; only positions should be shuffled."""

    def __iter__(self) -> Iterator[Batch]:
        if self.shuffle:
            samples = [self.data[i] for i in _positions(self)]
            for i, sample in enumerate(samples):
                self.data[i] = sample
        return _batches(self, list(range(len(self.data))))


class DataLoader__rotates(DataLoader):
    """The data is only rotated: it starts at a random sample and keeps its order from there."""

    def __iter__(self) -> Iterator[Batch]:
        count = len(self.data)
        if not self.shuffle or count == 0:
            return super().__iter__()
        start = int(torch.randint(count, (1,), generator=self.generator))
        return _batches(self, [(start + i) % count for i in range(count)])


# --- DataLoader: what a batch is made of ------------------------------------------------------------------


class DataLoader__targets_always_float(DataLoader):
    """Integer targets become float32; they should be int64."""

    def __iter__(self) -> Iterator[Batch]:
        return ((X, y.to(torch.float32)) for X, y in super().__iter__())


class DataLoader__targets_always_integers(DataLoader):
    """Float targets are cut down to integers."""

    def __iter__(self) -> Iterator[Batch]:
        return ((X, y.to(torch.int64)) for X, y in super().__iter__())


class DataLoader__targets_through_float32(DataLoader):
    """Integer targets pass through float32 on the way, which has no room for numbers above 16,777,216."""

    def __iter__(self) -> Iterator[Batch]:
        return ((X, y.to(torch.float32).to(y.dtype)) for X, y in super().__iter__())


class DataLoader__targets_keep_their_width(DataLoader):
    """Targets keep the dtype they came with; integers of any width should become int64, floats float32."""

    def __iter__(self) -> Iterator[Batch]:
        order = _positions(self)
        chunks = [order[k * self.batch_size :][: self.batch_size] for k in range(len(self))]
        return (
            (
                _batch([self.data[i] for i in chunk])[0],
                torch.stack([torch.as_tensor(self.data[i][1]) for i in chunk]),
            )
            for chunk in chunks
        )


class DataLoader__targets_in_a_column(DataLoader):
    """Targets come as a column (B, 1), not as (B,); a loss would broadcast that against (B,) to (B, B)."""

    def __iter__(self) -> Iterator[Batch]:
        return ((X, y.reshape(-1, 1)) for X, y in super().__iter__())


class DataLoader__features_keep_dtype(DataLoader):
    """Features keep the dtype they came with: integers stay integers, doubles stay doubles."""

    def __iter__(self) -> Iterator[Batch]:
        order = _positions(self)
        chunks = [order[k * self.batch_size :][: self.batch_size] for k in range(len(self))]
        return (
            (
                torch.stack([torch.as_tensor(self.data[i][0]) for i in chunk]),
                _batch([self.data[i] for i in chunk])[1],
            )
            for chunk in chunks
        )


class DataLoader__lists_of_integers_stay_integers(DataLoader):
    """Only tensors are made float32; features that are a list of whole numbers come as int64."""

    def __iter__(self) -> Iterator[Batch]:
        order = _positions(self)
        chunks = [order[k * self.batch_size :][: self.batch_size] for k in range(len(self))]
        return (
            (
                torch.stack([_float_if_tensor(self.data[i][0]) for i in chunk]),
                _batch([self.data[i] for i in chunk])[1],
            )
            for chunk in chunks
        )


def _float_if_tensor(features: Any) -> Tensor:
    return features.float() if isinstance(features, Tensor) else torch.tensor(features)


class DataLoader__single_sample_without_batch(DataLoader):
    """A batch of one sample loses its batch axis."""

    def __iter__(self) -> Iterator[Batch]:
        batches = super().__iter__()
        return ((X.squeeze(0), y.squeeze(0)) if len(y) == 1 else (X, y) for X, y in batches)


# --- FeatureEncoder: the codes ----------------------------------------------------------------------------


class FeatureEncoder__sorted_words(FeatureEncoder):
    """Codes follow the alphabet, not the order in which the words first appear."""

    def fit(self, rows: Rows) -> None:
        super().fit(rows)
        self.tables = [{word: code for code, word in enumerate(sorted(table))} for table in self.tables]


class FeatureEncoder__codes_from_one(FeatureEncoder):
    """Codes start at 1; they should start at 0."""

    def fit(self, rows: Rows) -> None:
        super().fit(rows)
        self.tables = [{word: code + 1 for word, code in table.items()} for table in self.tables]


class FeatureEncoder__row_numbers(FeatureEncoder):
    """A word's code is the number of the row it first appears in; repeated words leave gaps."""

    def fit(self, rows: Rows) -> None:
        super().fit(rows)
        for j, table in enumerate(self.tables):
            for i in reversed(range(len(rows))):
                if isinstance(rows[i][j], str):
                    table[rows[i][j]] = i


class FeatureEncoder__last_appearance(FeatureEncoder):
    """A word seen again gets a new code, so codes follow the last appearance."""

    def fit(self, rows: Rows) -> None:
        super().fit(rows)
        for j, table in enumerate(self.tables):
            words = [row[j] for row in rows if isinstance(row[j], str)]
            latest = list(reversed(dict.fromkeys(reversed(words))))
            table.update({word: code for code, word in enumerate(latest)})


class FeatureEncoder__one_table(FeatureEncoder):
    """All text columns share one table; each column should count its own words from 0."""

    def fit(self, rows: Rows) -> None:
        super().fit(rows)
        shared: dict[str, int] = {}
        for row in rows:
            for value in row:
                if isinstance(value, str):
                    shared.setdefault(value, len(shared))
        self.tables = [{word: shared[word] for word in table} for table in self.tables]


class FeatureEncoder__codes_numbers_too(FeatureEncoder):
    """Numbers get codes as well; they should pass as they are."""

    def fit(self, rows: Rows) -> None:
        super().fit(rows)
        for j, table in enumerate(self.tables):
            for row in rows:
                table.setdefault(row[j], len(table))


class FeatureEncoder__number_like_words(FeatureEncoder):
    """Words that look like numbers are read as numbers; a column is text if its values are str."""

    def transform(self, rows: Rows) -> Tensor:
        encoded = super().transform(rows)
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                if isinstance(value, str) and value.isdigit():
                    encoded[i, j] = float(value)
        return encoded


class FeatureEncoder__truncates_numbers(FeatureEncoder):
    """Everything is made an integer, numbers with a fraction too."""

    def transform(self, rows: Rows) -> Tensor:
        return super().transform(rows).trunc()


class FeatureEncoder__ignores_case(FeatureEncoder):
    """Words that differ only in capitals get the same code."""

    def fit(self, rows: Rows) -> None:
        super().fit([[_lower(value) for value in row] for row in rows])

    def transform(self, rows: Rows) -> Tensor:
        return super().transform([[_lower(value) for value in row] for row in rows])


class FeatureEncoder__strips_words(FeatureEncoder):
    """Words that differ only in the spaces around them get the same code; they are two words."""

    def fit(self, rows: Rows) -> None:
        super().fit([[_stripped(value) for value in row] for row in rows])

    def transform(self, rows: Rows) -> Tensor:
        return super().transform([[_stripped(value) for value in row] for row in rows])


def _stripped(value: str | float) -> str | float:
    return value.strip() if isinstance(value, str) else value


def _lower(value: str | float) -> str | float:
    return value.lower() if isinstance(value, str) else value


# --- FeatureEncoder: what is kept, and what is returned ---------------------------------------------------


class FeatureEncoder__fits_in_transform(FeatureEncoder):
    """transform makes its tables anew from the rows it is given, so a word's code changes from call to call."""

    def transform(self, rows: Rows) -> Tensor:
        super().transform(rows)
        fresh = FeatureEncoder()
        if rows:
            fresh.fit(rows)
            return fresh.transform(rows)
        return super().transform(rows)


class FeatureEncoder__fits_add_up(FeatureEncoder):
    """A second fit adds to the tables of the first; it should start over."""

    def fit(self, rows: Rows) -> None:
        before = self.tables or []
        super().fit(rows)
        for j, table in enumerate(before[: len(self.tables)]):
            merged = dict(table)
            for word in self.tables[j]:
                merged.setdefault(word, len(merged))
            self.tables[j] = merged


class FeatureEncoder__shared_tables(FeatureEncoder):
    """The tables belong to the class: fitting one encoder changes all others."""

    shared: list[dict[str, int]] = []

    def fit(self, rows: Rows) -> None:
        super().fit(rows)
        self.shared[:] = self.tables

    def transform(self, rows: Rows) -> Tensor:
        if self.tables is not None:
            self.tables = self.shared
        return super().transform(rows)


class FeatureEncoder__writes_into_rows(FeatureEncoder):
    """The codes are written into the caller's rows."""

    def transform(self, rows: Rows) -> Tensor:
        encoded = super().transform(rows)
        for row, codes in zip(rows, encoded.tolist(), strict=True):
            if isinstance(row, list):
                row[:] = codes
        return encoded


class FeatureEncoder__float64(FeatureEncoder):
    """The result is float64; it should be float32."""

    def transform(self, rows: Rows) -> Tensor:
        return super().transform(rows).to(torch.float64)


class FeatureEncoder__flat_when_empty(FeatureEncoder):
    """For no rows the result has shape (0,); it should be (0, D)."""

    def transform(self, rows: Rows) -> Tensor:
        encoded = super().transform(rows)
        return encoded if len(rows) else encoded.reshape(-1)


class FeatureEncoder__transposed(FeatureEncoder):
    """The result has one row per column of the records."""

    def transform(self, rows: Rows) -> Tensor:
        return super().transform(rows).T


# --- FeatureEncoder: refusals -----------------------------------------------------------------------------


class FeatureEncoder__unseen_is_zero(FeatureEncoder):
    """A word without a code is taken for the first word of its column."""

    def transform(self, rows: Rows) -> Tensor:
        return super().transform([_known(row, self.tables) for row in rows])


def _known(row: Sequence[str | float], tables: list[dict[str, int]] | None) -> Sequence[str | float]:
    if tables is None or len(row) != len(tables):
        return row
    return [
        next(iter(table), 0.0) if isinstance(value, str) and value not in table else value
        for value, table in zip(row, tables, strict=True)
    ]


class FeatureEncoder__learns_in_transform(FeatureEncoder):
    """A word without a code gets the next free one in transform; only fit should learn."""

    def transform(self, rows: Rows) -> Tensor:
        for row in rows:
            if self.tables is not None and len(row) == len(self.tables):
                for value, table in zip(row, self.tables, strict=True):
                    if isinstance(value, str):
                        table.setdefault(value, len(table))
        return super().transform(rows)


class FeatureEncoder__unseen_is_a_key_error(FeatureEncoder):
    """A word without a code raises KeyError; it should be a ValueError that names column and word."""

    def transform(self, rows: Rows) -> Tensor:
        for row in rows:
            if self.tables is not None and len(row) == len(self.tables):
                for value, table in zip(row, self.tables, strict=True):
                    if isinstance(value, str):
                        table[value]
        return super().transform(rows)


class FeatureEncoder__unseen_unnamed(FeatureEncoder):
    """The message about a word without a code does not say in which column it stands."""

    def transform(self, rows: Rows) -> Tensor:
        for row in rows:
            if self.tables is not None and len(row) == len(self.tables):
                for value, table in zip(row, self.tables, strict=True):
                    if isinstance(value, str) and value not in table:
                        raise ValueError(f"no code for {value!r}")
        return super().transform(rows)


class FeatureEncoder__any_column_will_do(FeatureEncoder):
    """A word counts as seen if any column has it; it must have been seen in its own."""

    def transform(self, rows: Rows) -> Tensor:
        if self.tables is None:
            return super().transform(rows)
        everywhere = {word: code for table in self.tables for word, code in table.items()}
        kept = self.tables
        self.tables = [{**everywhere, **table} for table in kept]
        encoded = super().transform(rows)
        self.tables = kept
        return encoded


class FeatureEncoder__fits_ragged_rows(FeatureEncoder):
    """fit takes rows of unequal width, by cutting them to the shortest."""

    def fit(self, rows: Rows) -> None:
        width = min(len(row) for row in rows)
        super().fit([row[:width] for row in rows])


class FeatureEncoder__cuts_long_rows(FeatureEncoder):
    """transform cuts rows that are too long instead of refusing them."""

    def transform(self, rows: Rows) -> Tensor:
        return super().transform(rows if self.tables is None else [row[: len(self.tables)] for row in rows])


class FeatureEncoder__width_of_first_row(FeatureEncoder):
    """transform compares its rows with its own first row, not with the rows of fit."""

    def transform(self, rows: Rows) -> Tensor:
        if self.tables is None or not len(rows) or any(len(row) != len(rows[0]) for row in rows):
            return super().transform(rows)
        kept = self.tables
        self.tables = [*kept, *({} for _ in rows[0])][: len(rows[0])]
        encoded = super().transform(rows)
        self.tables = kept
        return encoded


class FeatureEncoder__transforms_before_fit(FeatureEncoder):
    """transform before fit is not refused; it gives zeros."""

    def transform(self, rows: Rows) -> Tensor:
        if self.tables is None:
            return torch.zeros(len(rows), len(rows[0]) if len(rows) else 0)
        return super().transform(rows)


# --- law_batches ------------------------------------------------------------------------------------------


def law_batches__always_true(learner: Any, items: Sequence[int], batch_size: int) -> bool:
    """It is True of everything, right or wrong."""
    learner.batches(items, batch_size)
    return True


def law_batches__always_false(learner: Any, items: Sequence[int], batch_size: int) -> bool:
    """It is False of everything, right or wrong."""
    learner.batches(items, batch_size)
    return False


def law_batches__counts_only(learner: Any, items: Sequence[int], batch_size: int) -> bool:
    """It counts the items and does not ask which they are."""
    return sum(len(batch) for batch in learner.batches(items, batch_size)) == len(items)


def law_batches__sets(learner: Any, items: Sequence[int], batch_size: int) -> bool:
    """It compares sets, which forget how often an item comes."""
    return {item for batch in learner.batches(items, batch_size) for item in batch} == set(items)


def law_batches__sizes_not_looked_at(learner: Any, items: Sequence[int], batch_size: int) -> bool:
    """It does not ask how long the batches are."""
    return sorted(item for batch in learner.batches(items, batch_size) for item in batch) == sorted(items)


def law_batches__sizes_at_most(learner: Any, items: Sequence[int], batch_size: int) -> bool:
    """Any batch may be short, even empty; only the last may, and not empty."""
    found = learner.batches(items, batch_size)
    served = sorted(item for batch in found for item in batch)
    return served == sorted(items) and all(len(batch) <= batch_size for batch in found)


def law_batches__in_order_only(learner: Any, items: Sequence[int], batch_size: int) -> bool:
    """It asks for the order of the list, and rejects those who shuffle."""
    return [item for batch in learner.batches(items, batch_size) for item in batch] == list(items)


def law_batches__first_batch_only(learner: Any, items: Sequence[int], batch_size: int) -> bool:
    """It looks at the first batch alone."""
    found = learner.batches(items, batch_size)
    return not items or len(found[0]) == min(batch_size, len(items))
