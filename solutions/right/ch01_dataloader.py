"""Right answers to chapter 1, written differently: no check may fail one of them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

Batch = tuple[Tensor, Tensor]


# --- DataLoader -------------------------------------------------------------------------------------------


class _Walk:
    """An iterator written out: an order, and how far along it we are."""

    def __init__(self, data: Sequence[Any], order: list[int], size: int, stop: int) -> None:
        self.data, self.order, self.size, self.stop = data, order, size, stop
        self.place = 0

    def __iter__(self) -> _Walk:
        return self

    def __next__(self) -> Batch:
        if self.place >= self.stop:
            raise StopIteration
        indices = self.order[self.place : self.place + self.size]
        self.place += self.size
        features, targets = [], []
        for index in indices:
            row, target = self.data[index]
            features.append([float(value) for value in row])
            targets.append(target.item() if isinstance(target, Tensor) else target)
        whole = all(isinstance(target, int) for target in targets)
        return (
            torch.tensor(features, dtype=torch.float32),
            torch.tensor(targets, dtype=torch.int64 if whole else torch.float32),
        )


class DataLoader__iterator_class:
    """A class for the iterator, a generator seeded anew for each epoch, plain lists all the way."""

    def __init__(
        self,
        data: Sequence[tuple[Any, Any]],
        batch_size: int,
        *,
        shuffle: bool = False,
        drop_last: bool = False,
        seed: int = 0,
    ) -> None:
        if not batch_size >= 1:
            raise ValueError("batch_size must be at least 1, got " + str(batch_size))
        self.data = data
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        if self.drop_last:
            return len(self.data) // self.batch_size
        return (len(self.data) + self.batch_size - 1) // self.batch_size

    def __iter__(self) -> _Walk:
        order = list(range(len(self.data)))
        if self.shuffle:
            generator = torch.Generator()
            generator.manual_seed(self.seed + self.epoch)
            order = torch.randperm(len(order), generator=generator).tolist()
        self.epoch += 1
        stop = len(self.data)
        if self.drop_last:
            stop -= stop % self.batch_size
        return _Walk(self.data, order, self.batch_size, stop)


class DataLoader__list_of_batches:
    """All batches of an epoch in a list; the order by sorting random numbers."""

    def __init__(
        self,
        data: Sequence[tuple[Any, Any]],
        batch_size: int,
        *,
        shuffle: bool = False,
        drop_last: bool = False,
        seed: int = 0,
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"batch_size {batch_size}")
        self.data, self.batch_size, self.shuffle, self.drop_last = data, batch_size, shuffle, drop_last
        self.seed, self.epoch = seed, 0

    def __len__(self) -> int:
        n = len(self.data)
        return n // self.batch_size if self.drop_last else -(n // -self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        order = torch.arange(len(self.data))
        if self.shuffle:
            generator = torch.Generator().manual_seed(self.seed * 7919 + self.epoch)
            order = order[torch.rand(len(self.data), generator=generator).argsort()]
        self.epoch += 1
        batches = []
        for part in order.split(self.batch_size):
            if len(part) == 0 or (self.drop_last and len(part) < self.batch_size):
                continue
            rows = [self.data[int(i)] for i in part]
            X = torch.stack([torch.as_tensor(features).to(torch.float32) for features, _ in rows])
            y = torch.stack([torch.as_tensor(target) for _, target in rows])
            batches.append((X, y.to(torch.float32 if y.is_floating_point() else torch.int64)))
        return iter(batches)


class DataLoader__all_at_once:
    """Stacks all data first, sorts random keys for the order, makes every batch at iter(); gives lists."""

    def __init__(
        self,
        data: Sequence[tuple[Any, Any]],
        batch_size: int,
        *,
        shuffle: bool = False,
        drop_last: bool = False,
        seed: int = 0,
    ) -> None:
        if batch_size <= 0:
            raise ValueError(f"{batch_size} is no batch_size")
        samples = [data[i] for i in range(len(data))]
        self.size, self.count = batch_size, len(samples)
        self.shuffle, self.drop_last, self.seed, self.epochs = shuffle, drop_last, seed, 0
        if samples:
            self.features = torch.stack([torch.as_tensor(row).float() for row, _ in samples])
            self.targets = torch.stack([torch.as_tensor(target) for _, target in samples])
            is_float = self.targets.dtype in (torch.float16, torch.float32, torch.float64)
            self.targets = self.targets.float() if is_float else self.targets.long()

    def __len__(self) -> int:
        return (math.floor if self.drop_last else math.ceil)(self.count / self.size)

    def __iter__(self) -> Iterator[list[Tensor]]:
        keys = torch.arange(self.count, dtype=torch.float64)
        if self.shuffle:
            generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epochs)
            keys = torch.rand(self.count, generator=generator, dtype=torch.float64)
        self.epochs += 1
        order = keys.argsort()
        batches = []
        for k in range(len(self)):
            picked = order[k * self.size : (k + 1) * self.size]
            batches.append([self.features[picked], self.targets[picked]])
        return iter(batches)


class DataLoader__swaps:
    """Fisher and Yates' shuffle by hand, and a helper method with yield that is given the finished order."""

    def __init__(
        self,
        data: Sequence[tuple[Any, Any]],
        batch_size: int,
        *,
        shuffle: bool = False,
        drop_last: bool = False,
        seed: int = 0,
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"batch_size={batch_size!r}: at least one sample per batch, please")
        self._data, self._size, self._shuffle, self._drop = data, batch_size, shuffle, drop_last
        self._generator = torch.Generator().manual_seed(seed)

    def __len__(self) -> int:
        batches = 0
        left = len(self._data)
        while left >= self._size or (left > 0 and not self._drop):
            batches += 1
            left -= self._size
        return batches

    def __iter__(self) -> Iterator[Batch]:
        order = list(range(len(self._data)))
        if self._shuffle:
            for last in range(len(order) - 1, 0, -1):
                other = int(torch.randint(0, last + 1, (), generator=self._generator))
                order[last], order[other] = order[other], order[last]
        return self._walk(order)

    def _walk(self, order: list[int]) -> Iterator[Batch]:
        rows: list[Tensor] = []
        targets: list[Tensor] = []
        for index in order:
            features, target = self._data[index]
            rows.append(torch.as_tensor(features, dtype=torch.float32))
            targets.append(torch.as_tensor(target))
            if len(rows) == self._size:
                yield self._stacked(rows, targets)
                rows, targets = [], []
        if rows and not self._drop:
            yield self._stacked(rows, targets)

    def _stacked(self, rows: list[Tensor], targets: list[Tensor]) -> Batch:
        dtype = torch.float32 if targets[0].dtype.is_floating_point else torch.int64
        return torch.stack(rows), torch.stack(targets).to(dtype)


# --- FeatureEncoder ---------------------------------------------------------------------------------------


class FeatureEncoder__lists_of_words:
    """Keeps each column's words in a list and looks up their place in it."""

    def __init__(self) -> None:
        self.words: list[list[str]] = []
        self.fitted = False

    def fit(self, rows: Sequence[Sequence[str | float]]) -> FeatureEncoder__lists_of_words:
        for number, row in enumerate(rows):
            if len(row) != len(rows[0]):
                raise ValueError(f"rows are ragged: rows[{number}] has {len(row)} values")
        self.words = [[] for _ in rows[0]]
        for row in rows:
            for words, value in zip(self.words, row, strict=True):
                if type(value) is str and value not in words:
                    words.append(value)
        self.fitted = True
        return self

    def transform(self, rows: Sequence[Sequence[str | float]]) -> Tensor:
        if not self.fitted:
            raise ValueError("this encoder has seen no rows yet: fit it first")
        encoded = []
        for number, row in enumerate(rows):
            if len(row) != len(self.words):
                raise ValueError(f"rows[{number}] should have {len(self.words)} values, not {len(row)}")
            codes = []
            for column, (words, value) in enumerate(zip(self.words, row, strict=True)):
                if not isinstance(value, str):
                    codes.append(float(value))
                elif value in words:
                    codes.append(float(words.index(value)))
                else:
                    raise ValueError(f"unseen category {value} in column {column}")
            encoded.append(codes)
        return torch.tensor(encoded, dtype=torch.float32).reshape(len(rows), len(self.words))


class FeatureEncoder__column_by_column:
    """Encodes whole columns and puts them side by side; one dict keyed by column and word."""

    def fit(self, rows: Sequence[Sequence[str | float]]) -> None:
        widths = [len(row) for row in rows]
        ragged = [number for number, width in enumerate(widths) if width != widths[0]]
        if ragged:
            raise ValueError(f"row {ragged[0]} differs in width from row 0")
        self.width = widths[0]
        self.codes: dict[tuple[int, str], int] = {}
        self.counts: dict[int, int] = defaultdict(int)
        for row in rows:
            for column, value in enumerate(row):
                if isinstance(value, str) and (column, value) not in self.codes:
                    self.codes[column, value] = self.counts[column]
                    self.counts[column] += 1

    def __init__(self) -> None:
        self.width = -1

    def transform(self, rows: Sequence[Sequence[str | float]]) -> Tensor:
        if self.width < 0:
            raise ValueError("transform came before fit")
        for number, row in enumerate(rows):
            if len(row) != self.width:
                raise ValueError(f"row {number} of rows: {len(row)} values instead of {self.width}")
        if len(rows) == 0:
            return torch.zeros((0, self.width))
        columns = [
            torch.tensor([self._code(column, row[column]) for row in rows], dtype=torch.float64)
            for column in range(self.width)
        ]
        return torch.stack(columns, dim=1).to(torch.float32)

    def _code(self, column: int, value: str | float) -> float:
        if not isinstance(value, str):
            return value
        if (column, value) not in self.codes:
            raise ValueError(f"{value!r} was never seen in column {column}")
        return self.codes[column, value]


class FeatureEncoder__text_columns_known:
    """Decides in fit, by the first row, which columns are text; codes by setdefault."""

    def __init__(self) -> None:
        self.tables: dict[int, dict[str, int]] | None = None

    def fit(self, rows: Sequence[Sequence[str | float]]) -> FeatureEncoder__text_columns_known:
        first = rows[0]
        for number in range(1, len(rows)):
            if len(rows[number]) != len(first):
                raise ValueError("rows: row " + str(number) + " has another width")
        self.width = len(first)
        self.tables = {column: {} for column, value in enumerate(first) if isinstance(value, str)}
        for column, table in self.tables.items():
            for row in rows:
                table.setdefault(row[column], len(table))
        return self

    def transform(self, rows: Sequence[Sequence[str | float]]) -> Tensor:
        if self.tables is None:
            raise ValueError("no codes: call fit() before transform()")
        encoded = torch.zeros(len(rows), self.width, dtype=torch.float32)
        for number, row in enumerate(rows):
            if len(row) != self.width:
                raise ValueError(f"bad width in row {number}")
            for column, value in enumerate(row):
                if column not in self.tables:
                    encoded[number, column] = value
                    continue
                try:
                    encoded[number, column] = self.tables[column][value]
                except KeyError:
                    raise ValueError(f"column {column}: unknown {value}") from None
        return encoded


class FeatureEncoder__codes_by_length:
    """The next code is the length of the table."""

    def __init__(self) -> None:
        self.tables: list[dict[str, int] | None] | None = None

    def fit(self, rows: Sequence[Sequence[str | float]]) -> None:
        tables: list[dict[str, int] | None] = [{} if isinstance(value, str) else None for value in rows[0]]
        for place, row in enumerate(rows):
            if len(row) != len(tables):
                raise ValueError(f"row {place} has {len(row)} values, not {len(tables)}")
            for table, value in zip(tables, row, strict=True):
                if table is not None:
                    table.setdefault(str(value), len(table))
        self.tables = tables

    def transform(self, rows: Sequence[Sequence[str | float]]) -> Tensor:
        if self.tables is None:
            raise ValueError("call fit before transform")
        lines = []
        for place, row in enumerate(rows):
            if len(row) != len(self.tables):
                raise ValueError(f"row {place} has {len(row)} values")
            line = []
            for column, (table, value) in enumerate(zip(self.tables, row, strict=True)):
                if table is None:
                    line.append(float(value))
                elif value in table:
                    line.append(float(table[str(value)]))
                else:
                    raise ValueError(f"column {column}: {value!r} was not seen")
            lines.append(line)
        return torch.tensor(lines, dtype=torch.float32).reshape(len(rows), len(self.tables))


# --- law_batches ------------------------------------------------------------------------------------------


def law_batches__crossed_off(learner: Any, items: Sequence[int], batch_size: int) -> bool:
    """Every item that comes is crossed off a list; all batches but the last are full."""
    left, found = list(items), learner.batches(items, batch_size)
    for place, batch in enumerate(found):
        if not batch or len(batch) > batch_size or (place + 1 < len(found) and len(batch) < batch_size):
            return False
        for item in batch:
            if item not in left:
                return False
            left.remove(item)
    return not left


def law_batches__counted(learner: Any, items: Sequence[int], batch_size: int) -> bool:
    """How often each item comes, in a table; the sizes from the place."""
    count: defaultdict[int, int] = defaultdict(int)
    for item in items:
        count[item] += 1
    found = learner.batches(items, batch_size)
    for batch in found:
        for item in batch:
            count[item] -= 1
    wanted = [min(batch_size, len(items) - start) for start in range(0, len(items), batch_size)]
    return all(number == 0 for number in count.values()) and list(map(len, found)) == wanted


def law_batches__asserts(learner: Any, items: Sequence[int], batch_size: int) -> bool:
    """An error where the law is broken, and True at the end."""
    found = learner.batches(items, batch_size)
    assert len(found) == math.ceil(len(items) / batch_size)
    assert all(len(batch) == batch_size for batch in found[:-1])
    assert sorted(sum((list(batch) for batch in found), [])) == sorted(items)
    return True
