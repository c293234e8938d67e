"""Check learning-rate schedules against torch's schedulers and by their laws: ch09.

torch's schedulers are asked step by step, since they multiply the rate they had before; a learner computes it from the
step alone. Their roundings add up, so against torch 1e-9 is allowed, and 1e-12 where two answers of the learner's, or a
value known from the lesson, are compared.

Every schedule has edges at which one step more or less shows: a stair, the end of the warm-up, the end of the wave, the
patience used up. Each has a law that looks at both sides of its edge.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from torch.optim import lr_scheduler

from grader.checking import (
    BOOL,
    FLOAT,
    OBJECT,
    agree,
    check,
    composite,
    floats,
    given,
    integers,
    law_exercise,
    lists,
    one_of,
    require,
    sampled_from,
    sweep,
)

RETURNS = {
    "step_lr": FLOAT,
    "exponential_lr": FLOAT,
    "cosine_lr": FLOAT,
    "warmup_cosine": FLOAT,
    "ReduceOnPlateau": OBJECT,
    "ReduceOnPlateau.step": FLOAT,
    "law_decay": BOOL,
}

BASE = floats(0.01, 2.0)
# "Exact" for a schedule: a few roundings of a float.
EXACT = {"rtol": 1e-12, "atol": 1e-15}


def rates_of_torch(make: Callable[[Any], Any], base_lr: float, last: int) -> list[float]:
    """The rates of one of torch's schedulers at steps 0 to `last`."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=base_lr)
    scheduler = make(optimizer)
    rates = [base_lr]
    for _ in range(last):
        optimizer.step()
        scheduler.step()
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


# --- step_lr ----------------------------------------------------------------------------------------------
#
# base_lr, step and step_size are drawn apart, so steps below the first stair, on a stair and beside it all occur; gamma
# may be above 1, for a factor is a factor.


@check(
    "step_lr",
    hint="Count whole step_sizes: a division that rounds down.",
    curve=sweep("step", range(25), lambda step: {"base_lr": 1.0, "step": step, "step_size": 6, "gamma": 0.5}),
)
@given(base_lr=BASE, step=integers(0, 40), step_size=integers(1, 12), gamma=floats(0.1, 1.5))
def check_step_lr_is_torch_step_lr(learner, base_lr, step, step_size, gamma):
    """At any step it is the rate of torch's StepLR."""
    right = rates_of_torch(lambda optimizer: lr_scheduler.StepLR(optimizer, step_size, gamma), base_lr, step)
    agree(learner.step_lr(base_lr, step, step_size, gamma), right[step], rtol=1e-9, atol=0.0, what="lr")


@check("step_lr", hint="Three steps at 0.1, three at 0.05, and so on.", after=check_step_lr_is_torch_step_lr)
def check_step_lr_of_the_lesson(learner):
    """0.1 halved after every 3 steps: 0.1 at 0 and 2, 0.05 at 3 and 5, 0.025 at 6, 0.0125 at 9."""
    for step, rate in ((0, 0.1), (2, 0.1), (3, 0.05), (5, 0.05), (6, 0.025), (9, 0.0125)):
        agree(learner.step_lr(0.1, step, 3, gamma=0.5), rate, **EXACT, what=f"lr at step {step}")


@check("step_lr", hint="gamma is 0.1 unless it is given.", after=check_step_lr_is_torch_step_lr)
@given(base_lr=BASE, stairs=integers(0, 3), step_size=integers(1, 12))
def check_step_lr_falls_to_a_tenth_by_default(learner, base_lr, stairs, step_size):
    """Without gamma every stair is a tenth of the one before."""
    found = learner.step_lr(base_lr, stairs * step_size, step_size)
    agree(found, base_lr * 10.0**-stairs, rtol=1e-12, atol=0.0, what="lr")


@check("step_lr", hint="The new rate holds from step step_size on.", after=check_step_lr_is_torch_step_lr)
@given(base_lr=BASE, stair=integers(1, 4), step_size=integers(2, 12), gamma=floats(0.1, 0.9))
def check_step_lr_changes_at_the_stairs_only(learner, base_lr, stair, step_size, gamma):
    """The rate is the same from one stair to the next and falls by gamma exactly there."""
    edge = stair * step_size
    before, after, last = (
        learner.step_lr(base_lr, step, step_size, gamma) for step in (edge - 1, edge, edge + step_size - 1)
    )
    agree(after, gamma * before, rtol=1e-12, atol=0.0, what="lr at the stair")
    agree(last, after, rtol=0.0, atol=0.0, what="lr one step before the next stair")


# --- exponential_lr ---------------------------------------------------------------------------------------


@check(
    "exponential_lr",
    hint="How often has the factor been used at step 0, and how often at step 3?",
    curve=sweep("step", range(25), lambda step: {"base_lr": 1.0, "step": step, "gamma": 0.9}),
)
@given(base_lr=BASE, step=integers(0, 30), gamma=floats(0.1, 1.2))
def check_exponential_lr_is_torch_exponential_lr(learner, base_lr, step, gamma):
    """At any step it is the rate of torch's ExponentialLR."""
    right = rates_of_torch(lambda optimizer: lr_scheduler.ExponentialLR(optimizer, gamma), base_lr, step)
    agree(learner.exponential_lr(base_lr, step, gamma), right[step], rtol=1e-9, atol=0.0, what="lr")


@check(
    "exponential_lr",
    hint="At step 0 nothing has been lost yet.",
    after=check_exponential_lr_is_torch_exponential_lr,
)
def check_exponential_lr_of_the_lesson(learner):
    """0.1 with gamma 0.5 is 0.1, 0.05, 0.025, 0.0125 at steps 0, 1, 2, 3."""
    for step, rate in enumerate((0.1, 0.05, 0.025, 0.0125)):
        agree(learner.exponential_lr(0.1, step, 0.5), rate, **EXACT, what=f"lr at step {step}")


@check(
    "exponential_lr",
    hint="Each rate is the one before times gamma.",
    after=check_exponential_lr_is_torch_exponential_lr,
)
@given(base_lr=BASE, step=integers(0, 30), gamma=floats(0.1, 0.95))
def check_exponential_lr_loses_the_same_share_at_every_step(learner, base_lr, step, gamma):
    """Every rate is gamma times the one before it."""
    now, then = (learner.exponential_lr(base_lr, at, gamma) for at in (step, step + 1))
    agree(then, gamma * now, rtol=1e-11, atol=0.0, what="lr one step later")


# --- cosine_lr --------------------------------------------------------------------------------------------


@composite
def waves(draw: Callable[..., Any]) -> tuple[float, int, int, float]:
    """base_lr, a step before total, total, and a min_lr below base_lr; what happens at the end has its own laws."""
    total = draw(integers(2, 30))
    return draw(BASE), draw(integers(0, total - 1)), total, draw(floats(0.0, 0.01, 0.001))


@check(
    "cosine_lr",
    hint="Look at the parts one by one: the angle at both ends, the height, and what lies below it all.",
    curve=sweep("step", range(24), lambda step: {"wave": (1.0, step, 24, 0.1)}),
)
@given(wave=waves())
def check_cosine_lr_is_torch_cosine_annealing(learner, wave):
    """Up to `total` it is the rate of torch's CosineAnnealingLR."""
    base_lr, step, total, min_lr = wave
    make = lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, total, eta_min=min_lr)
    right = rates_of_torch(make, base_lr, step)
    agree(learner.cosine_lr(base_lr, step, total, min_lr), right[step], rtol=1e-9, atol=1e-12, what="lr")


@check(
    "cosine_lr",
    hint="Work the five places by hand, beginning with their angles: 0, 45, 90, 135 and 180 degrees.",
    after=check_cosine_lr_is_torch_cosine_annealing,
)
def check_cosine_lr_of_the_lesson(learner):
    """0.1 over 100 steps: 0.1, 0.0854, 0.05, 0.0146, 0 at steps 0, 25, 50, 75, 100."""
    root = math.sqrt(0.5)
    for step, share in ((0, 1.0), (25, (1 + root) / 2), (50, 0.5), (75, (1 - root) / 2), (100, 0.0)):
        agree(learner.cosine_lr(0.1, step, 100), 0.1 * share, **EXACT, what=f"lr at step {step}")


@check(
    "cosine_lr",
    hint="The share of the way done is 0 at the start and 1 at the end.",
    after=check_cosine_lr_is_torch_cosine_annealing,
)
@given(base_lr=BASE, total=integers(1, 1000), min_lr=floats(0.0, 0.01, 0.001))
def check_cosine_lr_starts_and_ends_exactly(learner, base_lr, total, min_lr):
    """It starts at base_lr and is min_lr at `total`, without a difference."""
    agree(learner.cosine_lr(base_lr, 0, total, min_lr), base_lr, **EXACT, what="lr at step 0")
    agree(learner.cosine_lr(base_lr, total, total, min_lr), min_lr, **EXACT, what="lr at `total`")


@check(
    "cosine_lr",
    hint="Do not let the share of the way done grow above 1.",
    after=check_cosine_lr_is_torch_cosine_annealing,
)
@given(base_lr=BASE, total=integers(1, 40), more=integers(1, 100), min_lr=floats(0.0, 0.01, 0.001))
def check_cosine_lr_stays_at_the_end(learner, base_lr, total, more, min_lr):
    """Past `total` the rate stays at min_lr."""
    agree(learner.cosine_lr(base_lr, total + more, total, min_lr), min_lr, **EXACT, what="lr past `total`")


@check(
    "cosine_lr",
    hint="What the first half loses, the second half mirrors.",
    after=check_cosine_lr_is_torch_cosine_annealing,
    examples=40,
)
@given(wave=waves())
def check_cosine_lr_is_symmetrical(learner, wave):
    """Equally far from start and end, the two rates add up to base_lr + min_lr."""
    base_lr, step, total, min_lr = wave
    step = max(step, 1)
    early, late = (learner.cosine_lr(base_lr, at, total, min_lr) for at in (step, total - step))
    agree(early + late, base_lr + min_lr, **EXACT, what="the sum of both rates")


@check(
    "cosine_lr",
    hint="The wave falls all the way.",
    after=check_cosine_lr_is_torch_cosine_annealing,
    examples=50,
)
@given(wave=waves())
def check_cosine_lr_never_rises(learner, wave):
    """No rate is above the one before it."""
    base_lr, step, total, min_lr = wave
    step = min(step, total - 2)
    now, then = (learner.cosine_lr(base_lr, at, total, min_lr) for at in (step, step + 1))
    require(
        then <= now * (1 + 1e-12),
        f"the rate rises from {now:.6g} at step {step} to {then:.6g} at step {step + 1}",
    )


# --- warmup_cosine ----------------------------------------------------------------------------------------
#
# Rise and wave are separate laws, and both are plain: who gets one of them right keeps it. A warm-up of 0 steps divides
# by 0 in a careless rise, so it is drawn by no other law.


@check(
    "warmup_cosine",
    hint="Where does the line begin, where does it end, and does min_lr have a part in it?",
    curve=sweep(
        "step",
        range(12),
        lambda step: {"base_lr": 1.0, "warmup": 13, "wave": 12, "at": (step + 0.5) / 12, "min_lr": 0.1},
    ),
)
@given(
    base_lr=BASE,
    warmup=integers(1, 20),
    wave=integers(1, 30),
    at=floats(0.0, 1.0),
    min_lr=floats(0.0, 0.01, 0.001),
)
def check_warmup_cosine_rises_on_a_line(learner, base_lr, warmup, wave, at, min_lr):
    """During the warm-up the rate is base_lr * step / warmup, whatever min_lr is."""
    step = int(at * (warmup - 1))
    found = learner.warmup_cosine(base_lr, step, warmup, warmup + wave, min_lr)
    agree(found, base_lr * step / warmup, **EXACT, what="lr")


@check(
    "warmup_cosine",
    hint="From which step does the wave count, and how many steps has it?",
    curve=sweep("step", range(8, 32), lambda step: {"wave": (1.0, step - 8, 24, 0.1), "warmup": 8}),
)
@given(wave=waves(), warmup=integers(1, 20))
def check_warmup_cosine_goes_on_as_a_cosine(learner, wave, warmup):
    """After the warm-up it is torch's CosineAnnealingLR over the steps that are left."""
    base_lr, step, total, min_lr = wave
    make = lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, total, eta_min=min_lr)
    right = rates_of_torch(make, base_lr, step)
    found = learner.warmup_cosine(base_lr, warmup + step, warmup, warmup + total, min_lr)
    agree(found, right[step], rtol=1e-9, atol=1e-12, what="lr")


@check(
    "warmup_cosine",
    hint="Half way up at step 5, half way down at step 60.",
    after=(check_warmup_cosine_rises_on_a_line, check_warmup_cosine_goes_on_as_a_cosine),
)
def check_warmup_cosine_of_the_lesson(learner):
    """0.1 with warmup 10 and total 110: 0, 0.05, 0.1, 0.05, 0 at steps 0, 5, 10, 60, 110."""
    for step, rate in ((0, 0.0), (5, 0.05), (10, 0.1), (60, 0.05), (110, 0.0)):
        agree(learner.warmup_cosine(0.1, step, 10, 110), rate, **EXACT, what=f"lr at step {step}")


@check(
    "warmup_cosine",
    hint="The line ends at base_lr, where the wave begins.",
    after=check_warmup_cosine_goes_on_as_a_cosine,
)
@given(base_lr=BASE, warmup=integers(1, 20), wave=integers(1, 30), min_lr=floats(0.0, 0.01, 0.001))
def check_warmup_cosine_peaks_at_base_lr(learner, base_lr, warmup, wave, min_lr):
    """At step warmup the rate is exactly base_lr: line and wave meet without a jump."""
    agree(
        learner.warmup_cosine(base_lr, warmup, warmup, warmup + wave, min_lr),
        base_lr,
        **EXACT,
        what="lr at the top",
    )


@check("warmup_cosine", hint="With warmup = 0 no step lies in the warm-up: nothing may be divided by it.")
@given(wave=waves())
def check_warmup_cosine_without_warmup(learner, wave):
    """With warmup = 0 it is the cosine schedule from step 0 on."""
    base_lr, step, total, min_lr = wave
    expected = min_lr + (base_lr - min_lr) * (1 + math.cos(math.pi * step / total)) / 2
    agree(learner.warmup_cosine(base_lr, step, 0, total, min_lr), expected, rtol=1e-11, atol=1e-14, what="lr")


@check(
    "warmup_cosine",
    hint="Past `total` the share of the wave done stays at 1.",
    after=check_warmup_cosine_goes_on_as_a_cosine,
)
@given(
    base_lr=BASE,
    warmup=integers(1, 20),
    wave=integers(1, 30),
    more=integers(0, 90),
    min_lr=floats(0.0, 0.01, 0.001),
)
def check_warmup_cosine_stays_at_the_end(learner, base_lr, warmup, wave, more, min_lr):
    """From `total` on the rate is min_lr."""
    total = warmup + wave
    found = learner.warmup_cosine(base_lr, total + more, warmup, total, min_lr)
    agree(found, min_lr, **EXACT, what="lr from `total` on")


# --- ReduceOnPlateau --------------------------------------------------------------------------------------
#
# Metrics come from few levels, so that ties and gains exactly at the threshold are
# frequent: with random numbers they would never occur, and `<` and `<=` would be the same. Infinity, a threshold, the
# smallest rate and the defaults are laws of their own.


def right_rates(metrics: list[float], lr: float, **settings: Any) -> list[float]:
    """The rates after each metric by torch's ReduceLROnPlateau; no lowering is too small for it."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=lr)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, eps=0.0, **settings)
    rates = []
    for metric in metrics:
        scheduler.step(metric)
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


def agree_rates(found: list[float], expected: list[float]) -> None:
    """Compare step by step, so that the first wrong step is named."""
    for index, (rate, right) in enumerate(zip(found, expected, strict=True)):
        agree(rate, right, rtol=1e-12, atol=0.0, what=f"lr after metric {index + 1}")


# Few levels, so that ties, small gains and gains just at the threshold are frequent.
LEVELS = sampled_from([8.0, 7.5, 7.0, 6.0, 4.0, 3.5, 3.0, 2.0, 1.0, 0.8, 0.5, 0.0, math.inf])
PLATEAU = {
    "factor": sampled_from([0.5, 0.1, 0.9]),
    "patience": integers(0, 3),
    "threshold": sampled_from([0.0, 0.1, 0.25, 0.5, 1e-4]),
    "min_lr": sampled_from([0.0, 0.01, 0.3]),
}


@check("ReduceOnPlateau", hint="Go through the table of the lesson with your code, line by line.")
@given(
    metrics=lists(sampled_from([8.0, 4.0, 2.0, 1.0, 0.5]), min_size=1, max_size=16),
    lr=floats(0.5, 2.0),
    factor=PLATEAU["factor"],
    patience=PLATEAU["patience"],
)
def check_plateau_lowers_when_patience_is_used_up(learner, metrics, lr, factor, patience):
    """The rate falls by factor after more than `patience` steps in a row without a gain."""
    plateau = learner.ReduceOnPlateau(lr, factor=factor, patience=patience)
    rates = [plateau.step(metric) for metric in metrics]
    agree_rates(rates, right_rates(metrics, lr, factor=factor, patience=patience))


@check(
    "ReduceOnPlateau",
    hint="The threshold is a share of the best metric, and a gain exactly at it does not count.",
    after=check_plateau_lowers_when_patience_is_used_up,
)
@given(metrics=lists(LEVELS, min_size=1, max_size=16), lr=floats(0.5, 2.0), **PLATEAU)
def check_plateau_is_torch_reduce_lr_on_plateau(learner, metrics, lr, factor, patience, threshold, min_lr):
    """For any metrics and settings the rates are those of torch's ReduceLROnPlateau."""
    settings = {"factor": factor, "patience": patience, "threshold": threshold, "min_lr": min_lr}
    plateau = learner.ReduceOnPlateau(lr, **settings)
    agree_rates([plateau.step(metric) for metric in metrics], right_rates(metrics, lr, **settings))


@check(
    "ReduceOnPlateau",
    hint="7.5 beats 8, but not by ten percent; the third bad step in a row lowers.",
    after=check_plateau_lowers_when_patience_is_used_up,
)
def check_plateau_of_the_lesson(learner):
    """Metrics 10, 8, 7.5, 7.3, 7, 7, 7, 7 with patience 2 and threshold 0.1 halve the rate at the last one."""
    plateau = learner.ReduceOnPlateau(0.4, factor=0.5, patience=2, threshold=0.1)
    rates = [plateau.step(metric) for metric in (10.0, 8.0, 7.5, 7.3, 7.0, 7.0, 7.0, 7.0)]
    agree_rates(rates, [0.4] * 7 + [0.2])


@check(
    "ReduceOnPlateau",
    hint="The defaults stand in the signature: factor 0.1, patience 10, threshold 1e-4, min_lr 0.",
    examples=25,
)
@given(lr=floats(0.1, 2.0), size=sampled_from([1.0, 1e-8]), metric=floats(0.5, 9.0))
def check_plateau_waits_ten_steps_by_default(learner, lr, size, metric):
    """Without settings, ten bad steps are tolerated and the next one lowers to a tenth, however small that is."""
    lr = lr * size
    plateau = learner.ReduceOnPlateau(lr)
    rates = [plateau.step(metric) for _ in range(24)]
    agree_rates(rates, [lr] * 11 + [0.1 * lr] * 11 + [0.01 * lr] * 2)


@check(
    "ReduceOnPlateau",
    hint="By default a gain has to exceed a ten-thousandth of the best metric.",
    examples=40,
)
@given(
    lr=floats(0.1, 2.0),
    metric=floats(0.5, 9.0),
    gain=sampled_from([0.5e-4, 0.9e-4, 1.1e-4, 1.5e-4]),
    settings=sampled_from([{}, {"threshold": 0.0}]),
)
def check_plateau_has_a_threshold_of_one_in_ten_thousand(learner, lr, metric, gain, settings):
    """Without a threshold, a gain of less than 0.01 percent is a bad step; with threshold 0 every gain counts."""
    plateau = learner.ReduceOnPlateau(lr, patience=0, **settings)
    rates = [plateau.step(metric), plateau.step(metric * (1 - gain))]
    agree_rates(rates, [lr, 0.1 * lr if gain < 1e-4 and not settings else lr])


@check(
    "ReduceOnPlateau",
    hint="Move best only when the metric was a gain.",
    after=check_plateau_lowers_when_patience_is_used_up,
    examples=25,
)
@given(share=floats(0.3, 0.9), patience=integers(3, 6), threshold=sampled_from([0.1, 0.01]))
def check_plateau_lets_small_gains_add_up(learner, share, patience, threshold):
    """A metric that falls a little at every step never lowers the rate, as the small gains add up."""
    plateau = learner.ReduceOnPlateau(1.0, patience=patience, threshold=threshold)
    rates = [plateau.step(math.exp(-share * threshold * step)) for step in range(14)]
    agree_rates(rates, [1.0] * 14)


@check("ReduceOnPlateau", hint="An infinite metric is not less than an infinite best.")
@given(count=integers(1, 5), patience=integers(0, 4))
def check_plateau_counts_infinite_metrics_as_bad(learner, count, patience):
    """A run that diverges from the start uses up the patience, and the first finite metric is a gain."""
    plateau = learner.ReduceOnPlateau(1.0, factor=0.5, patience=patience)
    metrics = [math.inf] * count + [5.0]
    rates = [plateau.step(metric) for metric in metrics]
    agree_rates(rates, right_rates(metrics, 1.0, factor=0.5, patience=patience))


@check(
    "ReduceOnPlateau",
    hint="Lower to min_lr if factor would go below it.",
    after=check_plateau_lowers_when_patience_is_used_up,
    examples=25,
)
@given(lr=floats(0.5, 2.0), factor=sampled_from([0.1, 0.3, 0.7]), min_lr=floats(0.05, 0.4))
def check_plateau_comes_down_to_min_lr(learner, lr, factor, min_lr):
    """On an endless plateau the rate never rises, and it ends at min_lr exactly."""
    plateau = learner.ReduceOnPlateau(lr, factor=factor, patience=0, min_lr=min_lr)
    rates = [plateau.step(1.0) for _ in range(14)]
    require(all(b <= a for a, b in pairwise(rates)), f"the rate rises: {rates}")
    agree(rates[-1], min_lr, **EXACT, what="the last lr")


@check("ReduceOnPlateau", hint="Make best and the count in __init__, not in the class body.", examples=25)
@given(metrics=lists(one_of(LEVELS, floats(1.0, 9.0)), min_size=2, max_size=6))
def check_plateau_keeps_its_own_memory(learner, metrics):
    """Two schedules that take turns do not disturb each other."""
    one, two = learner.ReduceOnPlateau(1.0, patience=0), learner.ReduceOnPlateau(2.0, patience=1)
    both = [(one.step(metric), two.step(metric + 1.0)) for metric in metrics]
    agree_rates([rates[0] for rates in both], right_rates(metrics, 1.0, factor=0.1, patience=0))
    later = right_rates([metric + 1.0 for metric in metrics], 2.0, factor=0.1, patience=1)
    agree_rates([rates[1] for rates in both], later)


# --- law_decay --------------------------------------------------------------------------------------------
#
# A schedule as a list: `decay(lr, min_lr, total)` gives the rates of the steps 0 to `total`. More than one is right.


def decay__cosine(lr, min_lr, total):
    """It follows half a cosine."""
    shares = [(1 + math.cos(math.pi * step / total)) / 2 for step in range(total + 1)]
    return [min_lr + (lr - min_lr) * share for share in shares]


def decay__straight(lr, min_lr, total):
    """It falls by as much in every step."""
    return [lr + (min_lr - lr) * step / total for step in range(total + 1)]


def decay__waits_at_both_ends(lr, min_lr, total):
    """It waits, falls, and waits again."""
    wait = total // 3
    found = []
    for step in range(total + 1):
        share = min(max((step - wait) / (total - 2 * wait), 0.0), 1.0)
        found.append(lr * (1 - share) + min_lr * share)
    return found


def decay__constant(lr, min_lr, total):
    """The rate never falls."""
    return [lr] * (total + 1)


def decay__one_too_few(lr, min_lr, total):
    """The last step is left out, and with it min_lr."""
    return decay__cosine(lr, min_lr, total)[:-1]


def decay__down_to_zero(lr, min_lr, total):
    """It falls to 0 and not to min_lr."""
    return decay__cosine(lr, 0.0, total)


def decay__never_arrives(lr, min_lr, total):
    """It is one step late, and never arrives at min_lr."""
    return decay__cosine(lr, min_lr, total + 1)[:-1]


def decay__rises_again(lr, min_lr, total):
    """It follows a whole cosine, and is back at lr in the end."""
    return [
        min_lr + (lr - min_lr) * (1 + math.cos(2 * math.pi * step / total)) / 2 for step in range(total + 1)
    ]


def decay__turned_round(lr, min_lr, total):
    """It rises from min_lr to lr."""
    return decay__cosine(min_lr, lr, total)


def decay__a_share_each_step(lr, min_lr, total):
    """It loses the same share in every step: fast in the beginning, and slowly in the end."""
    low = max(min_lr, 1e-4)
    return [lr * (low / lr) ** (step / total) for step in range(total)] + [min_lr]


def decay__wavers(lr, min_lr, total):
    """The rate rises for one step before the middle, and falls twice as much after it."""
    found = decay__straight(lr, min_lr, total)
    bump = 2 * (lr - min_lr) / total
    if total >= 4:
        found[1], found[-2] = found[1] + bump, found[-2] - bump
    return found


def decay__overshoots(lr, min_lr, total):
    """It begins above lr, and ends below min_lr by as much."""
    more = (lr - min_lr) / 10
    return decay__straight(lr + more, min_lr - more, total)


def is_balanced_decay(rates, lr, min_lr, total):
    """Whether rates are right, whichever way they take."""
    near = lambda a, b: math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-12)
    return (
        len(rates) == total + 1
        and near(rates[0], lr)
        and rates == sorted(rates, reverse=True)
        and all(near(rate + other, lr + min_lr) for rate, other in zip(rates, rates[::-1], strict=True))
    )


law_decay = law_exercise(
    "law_decay",
    "decay",
    [
        {"lr": lr, "min_lr": min_lr, "total": total}
        for total in (1, 2, 3, 4, 7, 10)
        for lr, min_lr in ((1.0, 0.0), (0.5, 0.1), (0.2, 0.2))
    ],
    right=(decay__cosine, decay__straight, decay__waits_at_both_ends),
    wrong={
        decay__constant: "Where does it end?",
        decay__one_too_few: "How many rates are there, from step 0 to step total?",
        decay__down_to_zero: "Where does it end?",
        decay__never_arrives: "Where does it end?",
        decay__rises_again: "Is a rate ever larger than the one before?",
        decay__turned_round: "Where does it begin?",
        decay__a_share_each_step: "A step from the start and one from the end: what are both rates together?",
        decay__wavers: "Is a rate ever larger than the one before?",
        decay__overshoots: "Where does it begin?",
    },
    holds=is_balanced_decay,
)
