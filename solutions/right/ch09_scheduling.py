"""Right answers to chapter 9, written differently: no check may fail them."""

# ruff: noqa: F821 -- names of the solution are there when the submission is assembled
from __future__ import annotations

import math
from typing import Any

# --- step_lr ----------------------------------------------------------------------------------------------


def step_lr__loop(base_lr: float, step: int, step_size: int, gamma: float = 0.1) -> float:
    """One factor for each stair."""
    lr = base_lr
    for _ in range(step_size, step + 1, step_size):
        lr *= gamma
    return lr


def step_lr__floor(base_lr: float, step: int, step_size: int, gamma: float = 0.1) -> float:
    """The floor of a quotient, and pow."""
    return math.pow(gamma, math.floor(step / step_size)) * base_lr


def step_lr__recursion(base_lr: float, step: int, step_size: int, gamma: float = 0.1) -> float:
    """One stair less, one factor more."""
    if step < step_size:
        return base_lr
    return gamma * step_lr__recursion(base_lr, step - step_size, step_size, gamma)


# --- exponential_lr ---------------------------------------------------------------------------------------


def exponential_lr__loop(base_lr: float, step: int, gamma: float) -> float:
    """One factor for each step."""
    for _ in range(step):
        base_lr = base_lr * gamma
    return base_lr


def exponential_lr__logarithm(base_lr: float, step: int, gamma: float) -> float:
    """By exp and log."""
    return base_lr * math.exp(step * math.log(gamma))


def exponential_lr__stairs_of_one(base_lr: float, step: int, gamma: float) -> float:
    """Stairs of one step each."""
    return step_lr(base_lr, step, 1, gamma)


# --- cosine_lr --------------------------------------------------------------------------------------------


def cosine_lr__half_angle(base_lr: float, step: int, total: int, min_lr: float = 0.0) -> float:
    """(1 + cos a) / 2 is the square of cos(a / 2)."""
    if step >= total:
        return min_lr
    return min_lr + (base_lr - min_lr) * math.cos(0.5 * math.pi * step / total) ** 2


def cosine_lr__weighted_mean(base_lr: float, step: int, total: int, min_lr: float = 0.0) -> float:
    """A mean of both ends, weighted by the wave."""
    share = 0.5 + 0.5 * math.cos(math.pi * min(step, total) / total)
    return share * base_lr + (1 - share) * min_lr


def cosine_lr__sine(base_lr: float, step: int, total: int, min_lr: float = 0.0) -> float:
    """From the middle, by a sine."""
    middle, height = (base_lr + min_lr) / 2, (base_lr - min_lr) / 2
    return middle - height * math.sin(math.pi * (min(step / total, 1.0) - 0.5))


# --- warmup_cosine ----------------------------------------------------------------------------------------


def warmup_cosine__in_one(base_lr: float, step: int, warmup: int, total: int, min_lr: float = 0.0) -> float:
    """No call to cosine_lr, and the boundary belongs to the rise."""
    if warmup > 0 and step <= warmup:
        return base_lr * (step / warmup)
    progress = min((step - warmup) / (total - warmup), 1.0)
    return min_lr + 0.5 * (base_lr - min_lr) * (1.0 + math.cos(math.pi * progress))


def warmup_cosine__end_first(
    base_lr: float, step: int, warmup: int, total: int, min_lr: float = 0.0
) -> float:
    """The end is looked at first."""
    if step >= total:
        return min_lr
    if step >= warmup:
        angle = math.pi * (step - warmup) / (total - warmup)
        return (base_lr + min_lr) / 2 + (base_lr - min_lr) / 2 * math.cos(angle)
    return step * (base_lr / warmup)


def warmup_cosine__guarded(base_lr: float, step: int, warmup: int, total: int, min_lr: float = 0.0) -> float:
    """The rise and the wave are each held at their ends."""
    rise = min(step / max(warmup, 1), 1.0)
    if rise < 1.0 and warmup:
        return rise * base_lr
    return cosine_lr(base_lr, max(step - warmup, 0), total - warmup, min_lr)


# --- ReduceOnPlateau --------------------------------------------------------------------------------------


class ReduceOnPlateau__counts_down:
    """The patience that is left is counted down."""

    def __init__(
        self,
        lr: float,
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        min_lr: float = 0.0,
    ) -> None:
        self.current = lr
        self.lower = lambda rate: max(min_lr, rate * factor)
        self.patience = self.left = patience
        self.share = 1.0 - threshold
        self.best = float("inf")

    def step(self, metric: float) -> float:
        if self.best * self.share > metric:
            self.best, self.left = metric, self.patience
        elif self.left == 0:
            self.current, self.left = self.lower(self.current), self.patience
        else:
            self.left -= 1
        return self.current


class ReduceOnPlateau__remembers_steps:
    """Remembers when the count began; no best metric before the first finite one."""

    def __init__(
        self,
        lr: float,
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        min_lr: float = 0.0,
    ) -> None:
        self.lr, self.factor, self.patience, self.threshold, self.min_lr = (
            lr,
            factor,
            patience,
            threshold,
            min_lr,
        )
        self.best: float | None = None
        self.now = 0
        self.since = 0

    def step(self, metric: float) -> float:
        self.now += 1
        better = math.isfinite(metric) and (self.best is None or metric < self.best * (1 - self.threshold))
        if better:
            self.best = metric
            self.since = self.now
        elif self.now - self.since > self.patience:
            self.since = self.now
            lowered = self.lr * self.factor
            self.lr = lowered if lowered > self.min_lr else self.min_lr
        return self.lr


class ReduceOnPlateau__keeps_history:
    """Keeps all metrics and goes through them from the start at every step."""

    def __init__(
        self,
        lr: float,
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        min_lr: float = 0.0,
    ) -> None:
        self.start = lr
        self.settings = (factor, patience, threshold, min_lr)
        self.metrics: list[float] = []

    def step(self, metric: float) -> float:
        self.metrics.append(metric)
        factor, patience, threshold, min_lr = self.settings
        lr, best, bad = self.start, math.inf, 0
        for value in self.metrics:
            if value < best * (1 - threshold):
                best, bad = value, 0
            else:
                bad += 1
            if bad > patience:
                lr, bad = max(lr * factor, min_lr), 0
        return lr


# --- law_decay --------------------------------------------------------------------------------------------


def law_decay__from_both_ends(learner: Any, lr: float, min_lr: float, total: int) -> bool:
    """Two fingers walk from both ends to the middle."""
    rates = learner.decay(lr, min_lr, total)
    if len(rates) != total + 1 or abs(rates[0] - lr) > 1e-9:
        return False
    left, right = 0, total
    while left <= right:
        if abs((lr - rates[left]) - (rates[right] - min_lr)) > 1e-9:
            return False
        left, right = left + 1, right - 1
    return all(rates[step] >= rates[step + 1] - 1e-12 for step in range(total))


def law_decay__falls_add_up(learner: Any, lr: float, min_lr: float, total: int) -> bool:
    """The falls of the steps: none is negative, together they are the whole, and read backwards they are the same."""
    rates = learner.decay(lr, min_lr, total)
    falls = [rate - later for rate, later in zip(rates, rates[1:])]
    same = all(math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9) for a, b in zip(falls, falls[::-1]))
    whole = math.isclose(sum(falls), lr - min_lr, rel_tol=1e-6, abs_tol=1e-9)
    return len(falls) == total and rates[0] == lr and min(falls) > -1e-12 and same and whole


def law_decay__asserts(learner: Any, lr: float, min_lr: float, total: int) -> bool:
    """An error where the law is broken, and True at the end."""
    rates = learner.decay(lr, min_lr, total)
    assert len(rates) == total + 1
    assert math.isclose(rates[0], lr)
    assert math.isclose(rates[total], min_lr, abs_tol=1e-12)
    middle = (lr + min_lr) / 2
    for step, rate in enumerate(rates):
        assert math.isclose(rate - middle, middle - rates[total - step], rel_tol=1e-6, abs_tol=1e-9)
        assert step == 0 or rate <= rates[step - 1] + 1e-12
    return True
