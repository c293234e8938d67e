"""Known wrong versions of chapter 9: each docstring is the diagnosis."""

# ruff: noqa: F821 -- a plain exercise name means the right version; it is there when the submission is assembled
from __future__ import annotations

import math
from typing import Any

# --- step_lr ----------------------------------------------------------------------------------------------


def step_lr__division_not_whole(base_lr: float, step: int, step_size: int, gamma: float = 0.1) -> float:
    """step / step_size is not rounded down, so the rate falls at every step instead of in stairs."""
    return base_lr * gamma ** (step / step_size)


def step_lr__rounds_to_nearest(base_lr: float, step: int, step_size: int, gamma: float = 0.1) -> float:
    """step / step_size is rounded to the nearest number, so the rate falls half a stair too early."""
    return base_lr * gamma ** math.floor(step / step_size + 0.5)


def step_lr__one_step_early(base_lr: float, step: int, step_size: int, gamma: float = 0.1) -> float:
    """The rate falls one step too early: each rate lasts step_size steps, counted from step 0."""
    return step_lr(base_lr, step + 1, step_size, gamma)


def step_lr__one_step_late(base_lr: float, step: int, step_size: int, gamma: float = 0.1) -> float:
    """The rate falls one step too late: the new rate holds from step step_size on."""
    return step_lr(base_lr, max(step - 1, 0), step_size, gamma)


def step_lr__lowers_once(base_lr: float, step: int, step_size: int, gamma: float = 0.1) -> float:
    """The rate is lowered once only; it falls after every step_size steps."""
    return base_lr * gamma if step >= step_size else base_lr


def step_lr__product_not_power(base_lr: float, step: int, step_size: int, gamma: float = 0.1) -> float:
    """gamma is multiplied by the number of stairs; it is raised to that power."""
    stairs = step // step_size
    return base_lr * gamma * stairs if stairs else base_lr


def step_lr__subtracts(base_lr: float, step: int, step_size: int, gamma: float = 0.1) -> float:
    """gamma is subtracted at each stair; it is a factor."""
    return base_lr - gamma * (step // step_size)


def step_lr__remainder(base_lr: float, step: int, step_size: int, gamma: float = 0.1) -> float:
    """The remainder of step by step_size is taken, not the number of whole step_sizes."""
    return base_lr * gamma ** (step % step_size)


def step_lr__gamma_ignored(base_lr: float, step: int, step_size: int, gamma: float = 0.1) -> float:
    """gamma is hard-coded as 0.1; the argument is ignored."""
    return step_lr(base_lr, step, step_size, 0.1)


def step_lr__other_default(base_lr: float, step: int, step_size: int, gamma: float = 0.5) -> float:
    """The default of gamma is 0.1."""
    return step_lr(base_lr, step, step_size, gamma)


def step_lr__divides(base_lr: float, step: int, step_size: int, gamma: float = 0.1) -> float:
    """The rate is divided by gamma, so it rises."""
    return base_lr / gamma ** (step // step_size)


# --- exponential_lr ---------------------------------------------------------------------------------------


def exponential_lr__natural_exponential(base_lr: float, step: int, gamma: float) -> float:
    """exp(-gamma * step) is another schedule; here gamma itself is the factor of each step."""
    return base_lr * math.exp(-gamma * step)


def exponential_lr__complement(base_lr: float, step: int, gamma: float) -> float:
    """1 - gamma is used as the factor; gamma is what is left, not what goes."""
    return base_lr * (1 - gamma) ** step


def exponential_lr__product_not_power(base_lr: float, step: int, gamma: float) -> float:
    """gamma is multiplied by the step; it is raised to that power."""
    return base_lr * gamma * step if step else base_lr


def exponential_lr__one_step_ahead(base_lr: float, step: int, gamma: float) -> float:
    """The rate is one step ahead: at step 0 it is base_lr, untouched."""
    return base_lr * gamma ** (step + 1)


def exponential_lr__one_step_behind(base_lr: float, step: int, gamma: float) -> float:
    """The rate is one step behind: step 1 already has the factor gamma once."""
    return base_lr * gamma ** max(step - 1, 0)


def exponential_lr__base_inside(base_lr: float, step: int, gamma: float) -> float:
    """base_lr is raised to the power as well; only gamma is."""
    return (base_lr * gamma) ** step


def exponential_lr__base_forgotten(base_lr: float, step: int, gamma: float) -> float:
    """base_lr is left out."""
    return gamma**step


def exponential_lr__inverse_time(base_lr: float, step: int, gamma: float) -> float:
    """The rate falls like 1 / (1 + gamma * step): that is another schedule."""
    return base_lr / (1 + gamma * step)


# --- cosine_lr --------------------------------------------------------------------------------------------


def cosine_lr__no_hold(base_lr: float, step: int, total: int, min_lr: float = 0.0) -> float:
    """Past `total` the wave goes on and the rate rises again; it must stay at min_lr."""
    return min_lr + (base_lr - min_lr) * (1 + math.cos(math.pi * step / total)) / 2


def cosine_lr__starts_again(base_lr: float, step: int, total: int, min_lr: float = 0.0) -> float:
    """The wave starts again at `total`; there the rate must be min_lr and stay there."""
    return cosine_lr(base_lr, step % total, total, min_lr)


def cosine_lr__zero_past_total(base_lr: float, step: int, total: int, min_lr: float = 0.0) -> float:
    """Past `total` the rate is 0; it must be min_lr."""
    return 0.0 if step > total else cosine_lr(base_lr, step, total, min_lr)


def cosine_lr__min_lr_ignored(base_lr: float, step: int, total: int, min_lr: float = 0.0) -> float:
    """min_lr is ignored: the rate falls to 0."""
    return cosine_lr(base_lr, step, total)


def cosine_lr__min_lr_as_floor(base_lr: float, step: int, total: int, min_lr: float = 0.0) -> float:
    """The wave goes to 0 and is cut off at min_lr; it must end at min_lr by itself."""
    return max(min_lr, cosine_lr(base_lr, step, total))


def cosine_lr__min_lr_added(base_lr: float, step: int, total: int, min_lr: float = 0.0) -> float:
    """min_lr is added to the whole wave, so the rate starts above base_lr; the wave has height base_lr - min_lr."""
    return min_lr + cosine_lr(base_lr, step, total)


def cosine_lr__not_halved(base_lr: float, step: int, total: int, min_lr: float = 0.0) -> float:
    """The half is missing: 1 + cos lies between 0 and 2, so the rate starts at twice its height."""
    return min_lr + 2 * (cosine_lr(base_lr, step, total, min_lr) - min_lr)


def cosine_lr__whole_wave(base_lr: float, step: int, total: int, min_lr: float = 0.0) -> float:
    """A whole wave, 2 pi, is run through: the rate is back at base_lr in the end."""
    progress = min(step / total, 1)
    return min_lr + (base_lr - min_lr) * (1 + math.cos(2 * math.pi * progress)) / 2


def cosine_lr__quarter_wave(base_lr: float, step: int, total: int, min_lr: float = 0.0) -> float:
    """A quarter of the wave is used, cos from 0 to pi/2: it ends steep instead of flat."""
    progress = min(step / total, 1)
    return min_lr + (base_lr - min_lr) * math.cos(math.pi / 2 * progress)


def cosine_lr__straight_line(base_lr: float, step: int, total: int, min_lr: float = 0.0) -> float:
    """The rate falls on a straight line; start, middle and end agree, the rest does not."""
    return min_lr + (base_lr - min_lr) * (1 - min(step / total, 1))


def cosine_lr__one_step_short(base_lr: float, step: int, total: int, min_lr: float = 0.0) -> float:
    """The wave ends at step total - 1; it ends at `total`."""
    return cosine_lr(base_lr, step, max(total - 1, 1), min_lr)


def cosine_lr__rises(base_lr: float, step: int, total: int, min_lr: float = 0.0) -> float:
    """The sign of the cosine is wrong: the rate rises from min_lr to base_lr."""
    return base_lr + min_lr - cosine_lr(base_lr, step, total, min_lr)


# --- warmup_cosine ----------------------------------------------------------------------------------------


def warmup_cosine__wave_under_way(
    base_lr: float, step: int, warmup: int, total: int, min_lr: float = 0.0
) -> float:
    """The wave counts from step 0, so the rate jumps where the warm-up ends; it must start there, at its top."""
    if step < warmup:
        return base_lr * step / warmup
    return cosine_lr(base_lr, step, total, min_lr)


def warmup_cosine__wave_too_long(
    base_lr: float, step: int, warmup: int, total: int, min_lr: float = 0.0
) -> float:
    """The wave takes `total` steps after the warm-up; only total - warmup are left."""
    if step < warmup:
        return base_lr * step / warmup
    return cosine_lr(base_lr, step - warmup, total, min_lr)


def warmup_cosine__one_step_ahead(
    base_lr: float, step: int, warmup: int, total: int, min_lr: float = 0.0
) -> float:
    """The rise is one step ahead: at step 0 the rate is 0, at step warmup it is base_lr."""
    if step < warmup:
        return base_lr * (step + 1) / warmup
    return cosine_lr(base_lr, step - warmup, total - warmup, min_lr)


def warmup_cosine__rises_from_min_lr(
    base_lr: float, step: int, warmup: int, total: int, min_lr: float = 0.0
) -> float:
    """The rise starts at min_lr; it starts at 0."""
    if step < warmup:
        return min_lr + (base_lr - min_lr) * step / warmup
    return cosine_lr(base_lr, step - warmup, total - warmup, min_lr)


def warmup_cosine__min_lr_forgotten(
    base_lr: float, step: int, warmup: int, total: int, min_lr: float = 0.0
) -> float:
    """min_lr is not handed on: the wave ends at 0."""
    return warmup_cosine(base_lr, step, warmup, total)


def warmup_cosine__min_lr_under_the_rise(
    base_lr: float, step: int, warmup: int, total: int, min_lr: float = 0.0
) -> float:
    """The rise is cut off below at min_lr; min_lr is the end of the wave only."""
    return max(min_lr, warmup_cosine(base_lr, step, warmup, total, min_lr))


def warmup_cosine__product(base_lr: float, step: int, warmup: int, total: int, min_lr: float = 0.0) -> float:
    """The rise is multiplied with a wave that is already falling; the one comes after the other."""
    rise = min(step / warmup, 1.0) if warmup else 1.0
    return rise * cosine_lr(base_lr, step, total, min_lr)


def warmup_cosine__no_warmup(
    base_lr: float, step: int, warmup: int, total: int, min_lr: float = 0.0
) -> float:
    """During the warm-up the full rate is used; it must rise from 0."""
    return cosine_lr(base_lr, max(step - warmup, 0), total - warmup, min_lr)


def warmup_cosine__squared_rise(
    base_lr: float, step: int, warmup: int, total: int, min_lr: float = 0.0
) -> float:
    """The rise is a parabola; it is a straight line."""
    if step < warmup:
        return base_lr * (step / warmup) ** 2
    return warmup_cosine(base_lr, step, warmup, total, min_lr)


def warmup_cosine__zero_warmup_fails(
    base_lr: float, step: int, warmup: int, total: int, min_lr: float = 0.0
) -> float:
    """warmup = 0 divides by zero; it means that there is no warm-up."""
    if step <= warmup:
        return base_lr * step / warmup
    return cosine_lr(base_lr, step - warmup, total - warmup, min_lr)


def warmup_cosine__no_hold(base_lr: float, step: int, warmup: int, total: int, min_lr: float = 0.0) -> float:
    """Past `total` the rate rises again; it must stay at min_lr."""
    if step < warmup:
        return base_lr * step / warmup
    progress = (step - warmup) / (total - warmup)
    return min_lr + (base_lr - min_lr) * (1 + math.cos(math.pi * progress)) / 2


# --- ReduceOnPlateau --------------------------------------------------------------------------------------


class ReduceOnPlateau__one_step_impatient(ReduceOnPlateau):
    """The rate is lowered at bad step `patience`; so many are tolerated, the next one lowers."""

    def step(self, metric: float) -> float:
        if metric < self.best * (1 - self.threshold):
            self.best = metric
            self.bad_steps = 0
        else:
            self.bad_steps += 1
        if self.bad_steps >= max(self.patience, 1):
            self.lr = max(self.lr * self.factor, self.min_lr)
            self.bad_steps = 0
        return self.lr


class ReduceOnPlateau__one_step_patient(ReduceOnPlateau):
    """One bad step too many is tolerated: after `patience` of them the next one lowers."""

    def step(self, metric: float) -> float:
        self.patience += 1
        lr = super().step(metric)
        self.patience -= 1
        return lr


class ReduceOnPlateau__counts_on(ReduceOnPlateau):
    """The bad steps are not counted from 0 again after lowering, so every further one lowers."""

    def step(self, metric: float) -> float:
        if metric < self.best * (1 - self.threshold):
            self.best = metric
            self.bad_steps = 0
        else:
            self.bad_steps += 1
        if self.bad_steps > self.patience:
            self.lr = max(self.lr * self.factor, self.min_lr)
        return self.lr


class ReduceOnPlateau__gain_does_not_reset(ReduceOnPlateau):
    """A gain does not set the bad steps back to 0; only bad steps in a row count."""

    def step(self, metric: float) -> float:
        if metric < self.best * (1 - self.threshold):
            self.best = metric
        else:
            self.bad_steps += 1
        if self.bad_steps > self.patience:
            self.lr = max(self.lr * self.factor, self.min_lr)
            self.bad_steps = 0
        return self.lr


class ReduceOnPlateau__forgets_the_best(ReduceOnPlateau):
    """The best metric is forgotten when the rate is lowered; it must be kept."""

    def step(self, metric: float) -> float:
        before = self.lr
        super().step(metric)
        if self.lr != before:
            self.best = math.inf
        return self.lr


class ReduceOnPlateau__compares_with_the_last(ReduceOnPlateau):
    """The metric is compared with the one before, not with the best."""

    def step(self, metric: float) -> float:
        lr = super().step(metric)
        self.best = metric
        return lr


class ReduceOnPlateau__small_gains_forgotten(ReduceOnPlateau):
    """Gains below the threshold move the best too, so that small gains never add up."""

    def step(self, metric: float) -> float:
        lr = super().step(metric)
        self.best = min(self.best, metric)
        return lr


class ReduceOnPlateau__absolute_threshold(ReduceOnPlateau):
    """The threshold is subtracted from the best; it is a share of it."""

    def step(self, metric: float) -> float:
        if metric < self.best - self.threshold:
            self.best = metric
            self.bad_steps = 0
        else:
            self.bad_steps += 1
        if self.bad_steps > self.patience:
            self.lr = max(self.lr * self.factor, self.min_lr)
            self.bad_steps = 0
        return self.lr


class ReduceOnPlateau__threshold_ignored(ReduceOnPlateau):
    """The threshold is ignored: any metric below the best counts as a gain."""

    def step(self, metric: float) -> float:
        self.threshold = 0.0
        return super().step(metric)


class ReduceOnPlateau__threshold_generous(ReduceOnPlateau):
    """The sign of the threshold is wrong: metrics slightly worse than the best count as a gain."""

    def step(self, metric: float) -> float:
        threshold = self.threshold
        self.threshold = -threshold
        lr = super().step(metric)
        self.threshold = threshold
        return lr


class ReduceOnPlateau__tie_is_a_gain(ReduceOnPlateau):
    """A metric exactly at best * (1 - threshold) counts as a gain; it must be less."""

    def step(self, metric: float) -> float:
        if metric == self.best * (1 - self.threshold) and metric < math.inf:
            self.best, self.bad_steps = metric, 0
            return self.lr
        return super().step(metric)


class ReduceOnPlateau__first_is_free(ReduceOnPlateau):
    """The first metric becomes the best whatever it is; an infinite one is a bad step."""

    def step(self, metric: float) -> float:
        if self.best == math.inf and metric == math.inf:
            return self.lr
        return super().step(metric)


class ReduceOnPlateau__waits_for_larger(ReduceOnPlateau):
    """A larger metric counts as the gain; here smaller is better."""

    def step(self, metric: float) -> float:
        if self.best == math.inf or metric > self.best * (1 + self.threshold):
            self.best = metric
            self.bad_steps = 0
        else:
            self.bad_steps += 1
        if self.bad_steps > self.patience:
            self.lr = max(self.lr * self.factor, self.min_lr)
            self.bad_steps = 0
        return self.lr


class ReduceOnPlateau__min_lr_ignored(ReduceOnPlateau):
    """min_lr is ignored: the rate falls below it."""

    def step(self, metric: float) -> float:
        self.min_lr = 0.0
        return super().step(metric)


class ReduceOnPlateau__stops_above_min_lr(ReduceOnPlateau):
    """A lowering that would pass below min_lr is left out; the rate must come down to min_lr."""

    def step(self, metric: float) -> float:
        before = self.lr
        super().step(metric)
        if before * self.factor < self.min_lr:
            self.lr = before
        return self.lr


class ReduceOnPlateau__lowers_once(ReduceOnPlateau):
    """The rate is always computed from the first one, so it is lowered only once."""

    def __init__(
        self,
        lr: float,
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(lr, factor, patience, threshold, min_lr)
        self.first = lr

    def step(self, metric: float) -> float:
        before = self.lr
        super().step(metric)
        if self.lr != before:
            self.lr = max(self.first * self.factor, self.min_lr)
        return self.lr


class ReduceOnPlateau__returns_the_old_rate(ReduceOnPlateau):
    """The rate from before this step comes back, so a lowering is reported one step late."""

    def step(self, metric: float) -> float:
        before = self.lr
        super().step(metric)
        return before


class ReduceOnPlateau__one_memory_for_all(ReduceOnPlateau):
    """Best metric and bad steps are kept on the class, so two schedules disturb each other."""

    memory: dict[str, float] = {}

    def step(self, metric: float) -> float:
        self.best = self.memory.get("best", math.inf)
        lr = super().step(metric)
        self.memory["best"] = self.best
        return lr


class ReduceOnPlateau__factor_ignored(ReduceOnPlateau):
    """The factor is hard-coded as 0.1; the argument is ignored."""

    def __init__(
        self,
        lr: float,
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(lr, 0.1, patience, threshold, min_lr)


class ReduceOnPlateau__smallest_lowering(ReduceOnPlateau):
    """A lowering by less than 1e-8 is left out, as in torch; a small rate would never be lowered."""

    def step(self, metric: float) -> float:
        before = self.lr
        super().step(metric)
        if before - self.lr < 1e-8:
            self.lr = before
        return self.lr


class ReduceOnPlateau__zero_threshold_ignored(ReduceOnPlateau):
    """`threshold or 1e-4` takes a threshold of 0 for one that is not given; with 0 any gain counts."""

    def __init__(
        self,
        lr: float,
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(lr, factor, patience, threshold or 1e-4, min_lr)


class ReduceOnPlateau__other_default_floor(ReduceOnPlateau):
    """The default of min_lr is 1e-6, so that a small rate even rises; it is 0."""

    def __init__(
        self,
        lr: float,
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        min_lr: float = 1e-6,
    ) -> None:
        super().__init__(lr, factor, patience, threshold, min_lr)


# --- law_decay --------------------------------------------------------------------------------------------


def law_decay__always_true(learner: Any, lr: float, min_lr: float, total: int) -> bool:
    """It is True of everything, right or wrong."""
    learner.decay(lr, min_lr, total)
    return True


def law_decay__always_false(learner: Any, lr: float, min_lr: float, total: int) -> bool:
    """It is False of everything, right or wrong."""
    learner.decay(lr, min_lr, total)
    return False


def law_decay__ends_only(learner: Any, lr: float, min_lr: float, total: int) -> bool:
    """It looks at the first and the last rate alone."""
    rates = learner.decay(lr, min_lr, total)
    return math.isclose(rates[0], lr) and math.isclose(rates[-1], min_lr)


def law_decay__falls_only(learner: Any, lr: float, min_lr: float, total: int) -> bool:
    """It asks for rates that never rise from lr to min_lr, and not for balance."""
    rates = learner.decay(lr, min_lr, total)
    ends = math.isclose(rates[0], lr) and math.isclose(rates[-1], min_lr)
    return ends and rates == sorted(rates, reverse=True)


def law_decay__always_falls(learner: Any, lr: float, min_lr: float, total: int) -> bool:
    """It asks for a fall in every step, and rejects right ways that wait for a while."""
    rates = learner.decay(lr, min_lr, total)
    return all(later < rate for rate, later in zip(rates, rates[1:]))


def law_decay__cosine_only(learner: Any, lr: float, min_lr: float, total: int) -> bool:
    """It takes the cosine for the only right way."""
    rates = learner.decay(lr, min_lr, total)
    return all(math.isclose(rate, cosine_lr(lr, step, total, min_lr)) for step, rate in enumerate(rates))


def law_decay__balanced_only(learner: Any, lr: float, min_lr: float, total: int) -> bool:
    """It asks for balance alone, which ways keep that rise or begin elsewhere."""
    rates = learner.decay(lr, min_lr, total)
    pairs = zip(rates, reversed(rates))
    return len(rates) == total + 1 and all(math.isclose(a + b, lr + min_lr, abs_tol=1e-9) for a, b in pairs)


def law_decay__exact(learner: Any, lr: float, min_lr: float, total: int) -> bool:
    """It compares sums with ==, and rejects right rates that were rounded."""
    rates = learner.decay(lr, min_lr, total)
    falls = rates == sorted(rates, reverse=True)
    return rates[0] == lr and falls and all(a + b == lr + min_lr for a, b in zip(rates, rates[::-1]))
