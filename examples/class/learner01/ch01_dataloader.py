from __future__ import annotations

import math

import torch


class DataLoader:
    def __init__(self, data, batch_size, *, shuffle=False, drop_last=False, seed=0):
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, not {batch_size}")
        self.data = data
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.generator = torch.Generator()
        self.generator.manual_seed(seed)

    def __len__(self):
        batches = len(self.data) / self.batch_size
        return math.floor(batches) if self.drop_last else math.ceil(batches)

    def __iter__(self):
        n = len(self.data)
        order = torch.randperm(n, generator=self.generator).tolist() if self.shuffle else list(range(n))
        return self._batches(order, len(self))

    def _batches(self, order, count):
        for b in range(count):
            rows = [self.data[i] for i in order[b * self.batch_size : (b + 1) * self.batch_size]]
            X = torch.stack([torch.as_tensor(f, dtype=torch.float32) for f, _ in rows])
            y = torch.stack([torch.as_tensor(t) for _, t in rows])
            yield X, y.to(torch.float32) if y.is_floating_point() else y.to(torch.int64)


class FeatureEncoder:
    def __init__(self):
        self.codes = None

    def fit(self, rows):
        width = len(rows[0])
        self._check(rows, width)
        self.codes = [{} for _ in range(width)]
        for row in rows:
            for table, value in zip(self.codes, row, strict=True):
                if isinstance(value, str) and value not in table:
                    table[value] = len(table)
        return self

    def transform(self, rows):
        if self.codes is None:
            raise ValueError("call fit before transform")
        self._check(rows, len(self.codes))
        out = torch.zeros(len(rows), len(self.codes))
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                if isinstance(value, str):
                    if value not in self.codes[j]:
                        raise ValueError(f"column {j}: {value!r} was not seen in fit")
                    value = self.codes[j][value]
                out[i, j] = value
        return out

    def _check(self, rows, width):
        for i, row in enumerate(rows):
            if len(row) != width:
                raise ValueError(f"row {i} has {len(row)} values instead of {width}")
