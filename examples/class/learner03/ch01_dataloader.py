"""The essay's loader: it is its own iterator, and the last short batch is lost."""

from __future__ import annotations

import torch


class DataLoader:
    def __init__(self, data, batch_size, *, shuffle=False, drop_last=False, seed=0):
        if batch_size < 1:
            raise ValueError(f"batch_size = {batch_size}")
        self.data = data
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed

    def __len__(self):
        return len(self.data) // self.batch_size

    def __iter__(self):
        self.place = 0
        self.order = list(range(len(self.data)))
        if self.shuffle:
            generator = torch.Generator().manual_seed(self.seed)
            self.order = torch.randperm(len(self.data), generator=generator).tolist()
        return self

    def __next__(self):
        if self.place >= len(self):
            raise StopIteration
        start = self.place * self.batch_size
        rows = [self.data[i] for i in self.order[start : start + self.batch_size]]
        self.place += 1
        X = torch.stack([torch.as_tensor(features, dtype=torch.float32) for features, _ in rows])
        y = torch.stack([torch.as_tensor(target) for _, target in rows])
        return X, y.float() if y.is_floating_point() else y.long()


class FeatureEncoder:
    def fit(self, rows):
        raise NotImplementedError("FeatureEncoder.fit: write this part, then run: brick check ch01")

    def transform(self, rows):
        raise NotImplementedError("FeatureEncoder.transform: write this part, then run: brick check ch01")
