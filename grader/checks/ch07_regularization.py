"""Check the penalty on large weights, weight decay and dropout against torch and by their laws: ch07.

Three kinds of oracle stand behind the laws. A short formula is written out here (`right_penalty`, `right_backward`,
`right_stops`); an optimizer is held against torch's own over several steps (`after_torch`); and what is random is
judged by what must hold for every draw, and by bounds that a fair draw breaks once in 10^10 tries or less.

The first law of each exercise draws everyday inputs and is waited for by the others. What is rare (no gradient at all,
NaN, p = 0 or 1, odd shapes, a hundred entries) has a law of its own, so that it costs no more than itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from grader.checking import (
    ANYTHING,
    BOOL,
    OBJECT,
    SCALAR,
    TENSOR,
    Law,
    Learner,
    agree,
    agree_gradient,
    booleans,
    check,
    composite,
    floats,
    given,
    integers,
    just,
    law_exercise,
    list_of,
    lists,
    one_of,
    refuses,
    require,
    sampled_from,
    seeds,
    shapes,
    tensor_from,
    tensor_laws,
    tensors,
)

RETURNS = {
    "l2_penalty": SCALAR,
    "l2_gradients": list_of(TENSOR),
    "decoupled_decay": ANYTHING,
    "AdamW": OBJECT,
    "dropout": (TENSOR, TENSOR),
    "dropout_backward": TENSOR,
    "EarlyStopping": OBJECT,
    "EarlyStopping.step": BOOL,
    "EarlyStopping.best": ANYTHING,
    "law_dropout": BOOL,
}

GENTLE = (0.0, 1.0, -1.0, 0.5, -3.0)


# More than a handful of entries: who copes with few only keeps the other laws.
LARGE_SHAPES = sampled_from([(70,), (9, 8), (2, 40)])


@composite
def weights_and_gradients(draw: Callable[..., Any], large: bool = False) -> tuple[list[Tensor], list[Tensor]]:
    """Weights of one to three shapes, and a gradient for each; many entries in each with `large`."""
    found = draw(lists(LARGE_SHAPES if large else shapes((0, 3), (1, 4)), min_size=1, max_size=3))
    return [draw(tensors(shape)) for shape in found], [draw(tensors(shape)) for shape in found]


def weights(special: tuple[float, ...] | None = None) -> Any:
    """One to three tensors of weights."""
    return lists(tensors(ndim=(0, 3), side=(1, 4), special=special), min_size=1, max_size=3)


# --- l2_penalty -------------------------------------------------------------------------------------------
#
# The penalty is one number, so a wrong factor and a wrong sum look alike in it: the law on slopes tells them apart, for
# its answer does not depend on what is added up beside w. Central differences of a parabola are exact, so it needs no
# small step and no loose tolerance.


def right_penalty(params: list[Tensor], lam: float) -> Tensor:
    """The oracle."""
    return 0.5 * lam * torch.cat([w.flatten() for w in params]).square().sum()


@check("l2_penalty", hint="What is summed, over what, and which factor stands before it?")
@given(params=weights(), lam=floats(0.0, 2.0))
def check_l2_penalty_is_half_lam_times_the_squares(learner, params, lam):
    """The penalty is lam/2 times the sum of the squares of all weights."""
    agree(learner.l2_penalty(params, lam), right_penalty(params, lam))


@check(
    "l2_penalty",
    hint="Work it by hand: the squares are 9, 16 and 1.",
    after=check_l2_penalty_is_half_lam_times_the_squares,
)
def check_l2_penalty_of_the_lesson(learner):
    """The tensors (3, -4) and (1) with lam = 0.1 cost 1.3."""
    params = [torch.tensor([3.0, -4.0], dtype=torch.float64), torch.tensor([1.0], dtype=torch.float64)]
    agree(learner.l2_penalty(params, 0.1), torch.tensor(1.3, dtype=torch.float64))


@check(
    "l2_penalty",
    hint="No mean and no root on the way: nothing may depend on where a tensor ends.",
    after=check_l2_penalty_is_half_lam_times_the_squares,
    examples=40,
)
@given(params_and_grads=weights_and_gradients(), lam=floats(0.1, 2.0))
def check_l2_penalty_does_not_see_where_tensors_end(learner, params_and_grads, lam):
    """All weights in one long tensor cost the same as in many."""
    params = [w for side in params_and_grads for w in side]
    together = torch.cat([w.flatten() for w in params])
    agree(learner.l2_penalty(params, lam), learner.l2_penalty([together], lam))


@check("l2_penalty", hint="Where did the half go? It is there to make this slope come out even.")
@given(w=tensors(ndim=(1, 2), side=(1, 3), low=-3.0, high=3.0), lam=floats(0.1, 2.0))
def check_l2_penalty_has_slope_lam_times_w(learner, w, lam):
    """When one weight w grows a little, the penalty grows lam * w times as much."""
    slopes = torch.empty_like(w)
    for k in range(w.numel()):
        up, down = w.clone(), w.clone()
        up.view(-1)[k] += 0.25
        down.view(-1)[k] -= 0.25
        # A parabola's central difference is exact for any width.
        slopes.view(-1)[k] = (learner.l2_penalty([up], lam) - learner.l2_penalty([down], lam)) / 0.5
    agree(slopes, lam * w, what="the slope")


check_l2_penalty_everywhere = tensor_laws(
    "l2_penalty",
    inputs={"params": weights(GENTLE), "lam": floats(0.1, 2.0)},
    oracle=right_penalty,
    after=check_l2_penalty_is_half_lam_times_the_squares,
)


# --- l2_gradients -----------------------------------------------------------------------------------------
#
# An L2 penalty is what torch's `weight_decay` means for SGD and for Adam, but not for AdamW. Both of the former are
# oracles here, so that a sign or a factor that only shows after a step is seen too.


@check("l2_gradients", hint="Differentiate the penalty of one weight by hand. What is it added to?")
@given(params_and_grads=weights_and_gradients(), lam=floats(0.0, 2.0))
def check_l2_gradients_adds_lam_times_w(learner, params_and_grads, lam):
    """Each gradient gets lam times its weight added."""
    params, grads = params_and_grads
    expected = [torch.add(grad, w, alpha=lam) for w, grad in zip(params, grads, strict=True)]
    agree_gradient(learner.l2_gradients(params, grads, lam), expected)


@check(
    "l2_gradients",
    hint="Work it by hand: the gradient is 1; what does the weight of 4 add?",
    after=check_l2_gradients_adds_lam_times_w,
)
def check_l2_gradients_known_value(learner):
    """The weight 4 with gradient 1 and lam 0.5 has the gradient 3."""
    w, grad = torch.tensor([4.0], dtype=torch.float64), torch.tensor([1.0], dtype=torch.float64)
    agree(learner.l2_gradients([w], [grad], 0.5), [torch.tensor([3.0], dtype=torch.float64)])


@check(
    "l2_gradients",
    hint="An expression like a + b makes a new tensor; so does clone().",
    after=check_l2_gradients_adds_lam_times_w,
    examples=30,
)
@given(params_and_grads=weights_and_gradients(), lam=sampled_from([0.0, 0.5]))
def check_l2_gradients_are_new_tensors(learner, params_and_grads, lam):
    """The result shares no memory with the weights or the gradients."""
    learner.l2_gradients(*params_and_grads, lam)
    shared = learner.last_call.aliases
    require(not shared, f"the result shares memory with {', '.join(shared)}: return new tensors")


@check(
    "l2_gradients",
    hint="Follow one weight through one plain step on paper.",
    after=check_l2_gradients_adds_lam_times_w,
    examples=15,
)
@given(params_and_grads=weights_and_gradients(), lr=floats(0.01, 1.0), lam=floats(0.0, 1.0))
def check_l2_gradients_is_torch_sgd_with_weight_decay(learner, params_and_grads, lr, lam):
    """Plain gradient descent on these gradients is torch.optim.SGD with weight_decay."""
    params, grads = params_and_grads
    moved = [w - lr * g for w, g in zip(params, learner.l2_gradients(params, grads, lam), strict=True)]
    agree(moved, after_torch(torch.optim.SGD, params, [grads], lr=lr, weight_decay=lam), what="the weights")


@check(
    "l2_gradients",
    hint="Adam sees the sum of both gradients; nothing else is special about it.",
    after=check_l2_gradients_adds_lam_times_w,
    examples=15,
)
@given(params_and_grads=weights_and_gradients(), lam=floats(0.0, 1.0))
def check_l2_gradients_is_torch_adam_with_weight_decay(learner, params_and_grads, lam):
    """Adam on these gradients is torch.optim.Adam with weight_decay."""
    params, grads = params_and_grads
    total = learner.l2_gradients(params, grads, lam)
    expected = after_torch(torch.optim.Adam, params, [grads], lr=0.1, weight_decay=lam)
    agree(after_torch(torch.optim.Adam, params, [total], lr=0.1), expected, what="the weights")


@check(
    "l2_gradients",
    hint="No size is written into the formula.",
    after=check_l2_gradients_adds_lam_times_w,
    weight=0.5,
    examples=12,
)
@given(params_and_grads=weights_and_gradients(large=True), lam=floats(0.0, 2.0))
def check_l2_gradients_of_large_weights(learner, params_and_grads, lam):
    """A tensor of weights may have a hundred entries."""
    params, grads = params_and_grads
    expected = [torch.add(grad, w, alpha=lam) for w, grad in zip(params, grads, strict=True)]
    agree_gradient(learner.l2_gradients(params, grads, lam), expected)


check_l2_gradients_everywhere = tensor_laws(
    "l2_gradients",
    inputs={
        "params": lists(tensors((2, 3), special=GENTLE), min_size=2, max_size=2),
        "grads": lists(tensors((2, 3), special=GENTLE), min_size=2, max_size=2),
        "lam": floats(0.1, 2.0),
    },
    oracle=lambda params, grads, lam: [g + lam * w for w, g in zip(params, grads, strict=True)],
    after=check_l2_gradients_adds_lam_times_w,
)


# --- decoupled_decay --------------------------------------------------------------------------------------
#
# It works in place and returns what it likes, so the tensors live in the guest (`hold`) and are read back afterwards: a
# new tensor that is bound to the old name inside the function changes nothing for the caller, and fails.


def decayed(learner: Learner, params: list[Tensor], lr: float, lam: float) -> list[Tensor]:
    """What the learner's decay makes of the tensors, read back from them."""
    held = [learner.hold(w) for w in params]
    learner.decoupled_decay(held, lr, lam)
    return [w.value() for w in held]


@check(
    "decoupled_decay",
    hint="Which share of a weight is left, and is it written into the tensor that was given?",
)
@given(params=weights(), lr=floats(0.0, 1.0), lam=floats(0.0, 1.0))
def check_decoupled_decay_takes_the_share(learner, params, lr, lam):
    """Every weight loses the share lr * lam, in the very tensor that was given."""
    agree(decayed(learner, params, lr, lam), [w - lam * (lr * w) for w in params], what="params")


@check(
    "decoupled_decay",
    hint="Work it by hand: which share of 2 is lost?",
    after=check_decoupled_decay_takes_the_share,
)
def check_decoupled_decay_known_value(learner):
    """The weight 2 with lr 0.1 and lam 0.5 becomes 1.9."""
    w, expected = torch.tensor([2.0], dtype=torch.float64), torch.tensor([1.9], dtype=torch.float64)
    agree(decayed(learner, [w], 0.1, 0.5), [expected], what="params")


@check(
    "decoupled_decay",
    hint="Write both ways on paper for one weight, and compare them.",
    after=check_decoupled_decay_takes_the_share,
    examples=15,
)
@given(params_and_grads=weights_and_gradients(), lr=floats(0.01, 1.0), lam=floats(0.0, 1.0))
def check_decoupled_decay_before_sgd_is_torch_sgd_with_weight_decay(learner, params_and_grads, lr, lam):
    """A decay and then a plain step is torch.optim.SGD with weight_decay: for it both kinds agree."""
    params, grads = params_and_grads
    moved = [w - lr * g for w, g in zip(decayed(learner, params, lr, lam), grads, strict=True)]
    agree(moved, after_torch(torch.optim.SGD, params, [grads], lr=lr, weight_decay=lam), what="the weights")


@check(
    "decoupled_decay",
    hint="No size is written into the formula.",
    after=check_decoupled_decay_takes_the_share,
    weight=0.5,
    examples=12,
)
@given(params=lists(tensors(LARGE_SHAPES), min_size=1, max_size=3), lr=floats(0.0, 1.0), lam=floats(0.0, 1.0))
def check_decoupled_decay_of_large_weights(learner, params, lr, lam):
    """A tensor of weights may have a hundred entries."""
    agree(decayed(learner, params, lr, lam), [w - lam * (lr * w) for w in params], what="params")


check_decoupled_decay_everywhere = tensor_laws(
    "decoupled_decay",
    inputs={"params": weights(GENTLE), "lr": floats(0.0, 1.0), "lam": floats(0.1, 1.0)},
    oracle=lambda params, lr, lam: [w * (1 - lr * lam) for w in params],
    call=decayed,
    after=check_decoupled_decay_takes_the_share,
    meta=False,
)


# --- AdamW ------------------------------------------------------------------------------------------------
#
# Params are drawn without special values: they only ever enter as sums, while gradients are divided by their own size,
# and there 0, 1e-8 and -1e4 make a difference. `params_and_steps` has a gradient for each parameter and step. The
# settings are drawn from few values, among them betas of 0 and large eps, which show a term that is left out.

Steps = list[list[Tensor | None]]


def after_torch(
    kind: Any, params: list[Tensor], steps: Steps, rates: Any = None, **settings: Any
) -> list[Tensor]:
    """The parameters after these steps of one of torch's optimizers; `rates` sets lr before each of them."""
    leaves = [torch.nn.Parameter(w.clone()) for w in params]
    optimizer = kind(leaves, foreach=False, **settings)
    for index, grads in enumerate(steps):
        for leaf, grad in zip(leaves, grads, strict=True):
            leaf.grad = None if grad is None else grad.clone()
        if rates is not None:
            optimizer.param_groups[0]["lr"] = rates[index]
        optimizer.step()
    return [leaf.detach() for leaf in leaves]


def after_learner(
    learner: Learner, params: list[Tensor], steps: Steps, rates: Any = None, **settings: Any
) -> list[Tensor]:
    """The same with the learner's AdamW, which changes tensors that live in the guest."""
    held = [learner.hold(w) for w in params]
    optimizer = learner.AdamW(held, **settings)
    for index, grads in enumerate(steps):
        if rates is not None:
            optimizer.lr = rates[index]
        optimizer.step(grads)
    return [w.value() for w in held]


@composite
def runs(
    draw: Callable[..., Any],
    fewest: int = 1,
    most: int = 3,
    steps: tuple[int, int] = (1, 4),
    skip: bool = False,
) -> tuple[list[Tensor], Steps]:
    """Parameters, and for each step a gradient for each of them; with `skip`, None among those."""
    found = draw(lists(shapes((0, 2), (1, 3)), min_size=fewest, max_size=most))
    params = [draw(tensors(shape, special=())) for shape in found]
    history: Steps = []
    for _ in range(draw(integers(*steps))):
        grads: list[Tensor | None] = []
        for shape in found:
            drop = skip and draw(booleans())
            grads.append(None if drop else draw(tensors(shape, special=(0.0, 1e-8, 1.0, -1e4))))
        history.append(grads)
    return params, history


SETTINGS = {
    "lr": floats(0.01, 0.5),
    "b1": sampled_from([0.0, 0.5, 0.9]),
    "b2": sampled_from([0.5, 0.99, 0.999]),
    "eps": sampled_from([1e-8, 1e-3, 0.1]),
    "weight_decay": floats(0.0, 0.9),
}


@check("AdamW", hint="Go through the update line by line: averages, corrections, decay, step.")
@given(params_and_steps=runs(), **SETTINGS)
def check_adamw_moves_as_torch(learner, params_and_steps, lr, b1, b2, eps, weight_decay):
    """Several steps with any settings end where torch.optim.AdamW ends."""
    settings = {"lr": lr, "betas": (b1, b2), "eps": eps, "weight_decay": weight_decay}
    agree(
        after_learner(learner, *params_and_steps, **settings),
        after_torch(torch.optim.AdamW, *params_and_steps, **settings),
        what="params",
    )


@check(
    "AdamW",
    hint="In which order do decay and step come, and may one of them see the other?",
    after=check_adamw_moves_as_torch,
)
def check_adamw_first_step_of_the_lesson(learner):
    """From w = 1 with g = 4, lr = 0.1 and weight_decay = 0.1 the first step ends at 0.89."""
    w = torch.tensor([1.0], dtype=torch.float64)
    grad = torch.tensor([4.0], dtype=torch.float64)
    found = after_learner(learner, [w], [[grad]], lr=0.1, weight_decay=0.1)
    agree(found, [torch.tensor([0.89], dtype=torch.float64)], rtol=1e-8, what="params")


@check(
    "AdamW",
    hint="The defaults stand in the signature: lr 1e-3, betas (0.9, 0.999), eps 1e-8, weight_decay 1e-2.",
    after=check_adamw_moves_as_torch,
    examples=30,
)
@given(params_and_steps=runs(steps=(2, 4)))
def check_adamw_has_torch_defaults(learner, params_and_steps):
    """Without settings it moves as torch.optim.AdamW does without settings."""
    expected = after_torch(torch.optim.AdamW, *params_and_steps)
    agree(after_learner(learner, *params_and_steps), expected, rtol=1e-9, atol=1e-12, what="params")


@check(
    "AdamW",
    hint="The default of eps only shows where gradients are as small as eps itself.",
    after=check_adamw_moves_as_torch,
)
@given(sizes=lists(sampled_from([1e-8, -2e-8, 5e-8, 1e-7]), min_size=1, max_size=3))
def check_adamw_steps_less_for_tiny_gradients(learner, sizes):
    """Gradients as small as eps make smaller steps, as in torch."""
    steps: Steps = [[torch.tensor([size], dtype=torch.float64)] for size in sizes]
    params = [torch.tensor([1.0], dtype=torch.float64)]
    agree(after_learner(learner, params, steps), after_torch(torch.optim.AdamW, params, steps), what="params")


@check(
    "AdamW",
    hint="The decay must not pass through the averages: those divide by the size of the gradient.",
    after=check_adamw_first_step_of_the_lesson,
)
@given(
    seed=seeds(), scale=sampled_from([0.01, 100.0, 1e4]), weight_decay=floats(0.1, 0.9), steps=integers(1, 3)
)
def check_adamw_decay_does_not_depend_on_the_gradients_size(learner, seed, scale, weight_decay, steps):
    """Gradients a hundred times as large change nothing: unlike Adam with an L2 penalty."""
    noise = torch.Generator().manual_seed(seed)
    # Away from 0, where eps would show.
    history: Steps = [[torch.rand(3, generator=noise, dtype=torch.float64) + 0.5] for _ in range(steps)]
    scaled: Steps = [[scale * grad for grad in grads if grad is not None] for grads in history]
    params = [torch.tensor([2.0, -1.0, 0.5], dtype=torch.float64)]
    settings = {"lr": 0.1, "eps": 1e-15, "weight_decay": weight_decay}
    plain = after_learner(learner, params, history, **settings)
    agree(after_learner(learner, params, scaled, **settings), plain, what="params")


@check(
    "AdamW",
    hint="A zero gradient moves nothing, but the weight still decays.",
    after=check_adamw_moves_as_torch,
)
@given(w=tensors(), lr=floats(0.01, 1.0), weight_decay=floats(0.0, 1.0), steps=integers(1, 3))
def check_adamw_with_zero_gradients_only_decays(learner, w, lr, weight_decay, steps):
    """With zero gradients a weight loses the share lr * weight_decay at each step."""
    history: Steps = [[torch.zeros_like(w)]] * steps
    found = after_learner(learner, [w], history, lr=lr, weight_decay=weight_decay)
    agree(found, [w * (1 - lr * weight_decay) ** steps], what="params")


@check(
    "AdamW",
    hint="None skips the parameter: no decay, no step, and its own count of steps stays.",
    after=check_adamw_moves_as_torch,
    examples=50,
)
@given(params_and_steps=runs(2, 3, (2, 4), skip=True), weight_decay=floats(0.1, 0.9))
def check_adamw_skips_none(learner, params_and_steps, weight_decay):
    """A parameter without a gradient is left alone and starts counting later, as in torch."""
    settings = {"lr": 0.1, "weight_decay": weight_decay}
    agree(
        after_learner(learner, *params_and_steps, **settings),
        after_torch(torch.optim.AdamW, *params_and_steps, **settings),
        what="params",
    )


@check(
    "AdamW",
    hint="Read self.lr inside step, for the decay and for the step.",
    after=check_adamw_moves_as_torch,
    examples=40,
)
@given(params_and_steps=runs(steps=(2, 3)), rates=lists(floats(0.0, 1.0), min_size=3, max_size=3))
def check_adamw_reads_lr_at_every_step(learner, params_and_steps, rates):
    """Setting `lr` between steps changes step and decay, as a schedule needs."""
    settings = {"lr": 0.3, "weight_decay": 0.5}
    expected = after_torch(torch.optim.AdamW, *params_and_steps, rates, **settings)
    agree(after_learner(learner, *params_and_steps, rates, **settings), expected, what="params")


@check(
    "AdamW",
    hint="An average that *is* the first gradient changes it later. Start from zeros of your own.",
    after=check_adamw_moves_as_torch,
)
@given(grad=tensors((3,)), steps=integers(2, 3))
def check_adamw_leaves_gradients_alone(learner, grad, steps):
    """A gradient tensor used again and again keeps its entries."""
    w, held = learner.hold(torch.ones_like(grad)), learner.hold(grad)
    optimizer = learner.AdamW([w], lr=0.1)
    for _ in range(steps):
        optimizer.step([held])
    agree(held.value(), grad, rtol=0.0, atol=0.0, what="the gradient")


@check(
    "AdamW",
    hint="Lists and dictionaries in the class body are shared by all objects; make them in __init__.",
    after=check_adamw_moves_as_torch,
    examples=20,
)
@given(params_and_steps=runs(1, 1, (2, 3)))
def check_adamw_keeps_its_own_memory(learner, params_and_steps):
    """Two optimizers that take turns do not disturb each other."""
    params, history = params_and_steps
    first, second = learner.hold(params[0]), learner.hold(-params[0])
    one, two = learner.AdamW([first], lr=0.1), learner.AdamW([second], lr=0.1)
    for (grad,) in history:
        one.step([grad])
        two.step([-2 * grad])
    mirrored: Steps = [[-2 * grad] for (grad,) in history]
    agree(
        first.value(), after_torch(torch.optim.AdamW, params, history, lr=0.1)[0], what="the first parameter"
    )
    expected = after_torch(torch.optim.AdamW, [-params[0]], mirrored, lr=0.1)[0]
    agree(second.value(), expected, what="the second parameter")


@check(
    "AdamW",
    hint="Turn params into a list once: an iterator gives its items only one time.",
    after=check_adamw_moves_as_torch,
    examples=10,
)
@given(seed=seeds(), steps=integers(2, 3))
def check_adamw_takes_any_iterable(learner, seed, steps):
    """The parameters may come as a tuple, as a bare sequence, or from an iterator."""
    rows = tensor_from(seed, (2, 3))
    history: Steps = [[tensor_from(seed + 2 * k + i + 1, (3,)) for i in range(2)] for k in range(steps)]
    held = [[learner.hold(row) for row in rows] for _ in range(2)]
    stacked = learner.hold(rows)
    kinds = (tuple(held[0]), learner.sequence(held[1]), iter(stacked.handle))
    optimizers = [learner.AdamW(kind, lr=0.1, weight_decay=0.5) for kind in kinds]
    for grads in history:
        for optimizer in optimizers:
            optimizer.step(grads)
    expected = after_torch(torch.optim.AdamW, list(rows), history, lr=0.1, weight_decay=0.5)
    for found in ([w.value() for w in held[0]], [w.value() for w in held[1]], list(stacked.value())):
        agree(found, expected, what="params")


@check(
    "AdamW",
    hint="reshape and flatten of a transposed tensor make a copy; a copy that is changed helps nobody.",
    after=check_adamw_moves_as_torch,
    examples=10,
)
@given(seed=seeds(), shape=sampled_from([(2, 3), (3, 2, 2)]))
def check_adamw_takes_any_layout(learner, seed, shape):
    """Parameters and gradients may be transposed tensors."""
    flipped = lambda seed: tensor_from(seed, shape[::-1]).permute(*reversed(range(len(shape))))
    history: Steps = [[flipped(seed + k + 1)] for k in range(2)]
    settings = {"lr": 0.1, "weight_decay": 0.5}
    expected = after_torch(torch.optim.AdamW, [flipped(seed)], history, **settings)
    agree(after_learner(learner, [flipped(seed)], history, **settings), expected, what="params")


@check(
    "AdamW",
    hint="torch.zeros_like(w) takes over dtype and device.",
    after=check_adamw_moves_as_torch,
    examples=30,
    law=Law.FLOAT32,
)
@given(params_and_steps=runs(), weight_decay=floats(0.0, 0.9))
def check_adamw_keeps_float32(learner, params_and_steps, weight_decay):
    """float32 parameters stay float32 and move as in torch."""
    params = [w.float() for w in params_and_steps[0]]
    history: Steps = [[grad.float() for grad in grads] for grads in params_and_steps[1]]
    settings = {"lr": 0.1, "eps": 1e-3, "weight_decay": weight_decay}
    expected = after_torch(torch.optim.AdamW, params, history, **settings)
    # Some orders of the arithmetic lose three digits of 1 - beta.
    found = after_learner(learner, params, history, **settings)
    agree(
        found,
        expected,
        rtol=1e-4,
        atol=2e-5 * max([1.0, *(w.abs().max().item() for w in expected)]),
        what="params",
    )


# --- dropout ----------------------------------------------------------------------------------------------
#
# No mask is demanded to be torch's: how many numbers are drawn, in which order and on which device is the learner's
# choice, and `rand > p` is as right as `rand >= p`. What must hold for every mask is checked exactly; the share that is
# dropped, and that entries are tossed one by one, only within bounds that luck does not reach.

PROBABILITIES = one_of(floats(0.0, 1.0), sampled_from([0.0, 0.2, 0.75, 1.0]))


@check("dropout", hint="By what is multiplied what the mask keeps? Is p the share that goes or that stays?")
@given(x=tensors(ndim=(0, 3)), p=floats(0.0, 0.95), seed=seeds(), single=booleans())
def check_dropout_enlarges_what_it_keeps(learner, x, p, seed, single):
    """Where the mask is True, out is x / (1 - p); elsewhere it is 0."""
    x = x.float() if single else x
    out, mask = learner.dropout(x, p, training=True, generator=learner.generator(seed))
    agree(mask, (mask.reshape(x.shape) != 0), what="mask")
    agree(out, torch.where(mask, x / (1 - p), torch.zeros_like(x)), what="out")


@check(
    "dropout",
    hint="When training is False, give x back and a mask of True, before anything is drawn.",
    after=check_dropout_enlarges_what_it_keeps,
)
@given(x=tensors(ndim=(0, 3)), p=PROBABILITIES, seed=seeds())
def check_dropout_does_nothing_in_evaluation(learner, x, p, seed):
    """When not training, x comes back as it is with a mask that is all True, for every p."""
    out, mask = learner.dropout(x, p, training=False, generator=learner.generator(seed))
    agree(out, x, rtol=0.0, atol=0.0, what="out")
    agree(mask, torch.ones_like(x, dtype=torch.bool), what="mask")


@check(
    "dropout",
    hint="rand lies in [0, 1): which comparison keeps all of it for p = 0, and none for p = 1?",
    after=check_dropout_enlarges_what_it_keeps,
)
@given(x=tensors(ndim=(0, 3)), p=sampled_from([0.0, 1.0]), seed=seeds())
def check_dropout_with_p_0_and_p_1(learner, x, p, seed):
    """p = 0 keeps everything as it is; p = 1 leaves nothing but zeros."""
    out, mask = learner.dropout(x, p, training=True, generator=learner.generator(seed))
    agree(mask, torch.full_like(x, p == 0, dtype=torch.bool), what="mask")
    agree(out, x * (1 - p), what="out")


@check(
    "dropout",
    hint="p is the probability to drop, not to keep.",
    after=check_dropout_enlarges_what_it_keeps,
    examples=8,
)
@given(p=floats(0.05, 0.95), seed=seeds())
def check_dropout_drops_the_share_p(learner, p, seed):
    """Of ten thousand entries about the share p is dropped."""
    x = torch.ones(100, 100)
    _, mask = learner.dropout(x, p, training=True, generator=learner.generator(seed))
    share = 1 - mask.double().mean().item()
    # Hoeffding: a fair toss strays further than this once in 10^12 tries.
    bound = math.sqrt(math.log(2e12) / (2 * x.numel()))
    require(abs(share - p) < bound, f"with p = {p} the share {share:.4f} of the entries was dropped")


@check(
    "dropout",
    hint="Draw one number for every entry: a tensor of the shape of x.",
    after=check_dropout_enlarges_what_it_keeps,
    examples=4,
)
@given(p=floats(0.3, 0.7), seed=seeds(), shape=sampled_from([(100, 100), (4, 50, 100), (100, 3, 40)]))
def check_dropout_decides_every_entry_by_itself(learner, p, seed, shape):
    """No two rows or columns are dropped in the same places, and none as a whole, for any rank."""
    _, mask = learner.dropout(torch.ones(shape), p, training=True, generator=learner.generator(seed))
    agree(mask, mask.reshape(shape) != 0, what="mask")
    for axis in range(len(shape)):
        # Every slice along an axis has a hundred entries or more: chances of less than 1 in 10^10.
        slices = mask.movedim(axis, 0).flatten(1)
        require(
            len(torch.unique(slices, dim=0)) == len(slices), f"two slices of axis {axis} have the same mask"
        )
        uniform = slices.all(1) | ~slices.any(1)
        require(not bool(uniform.any()), f"a whole slice of axis {axis} was kept or dropped")


@check(
    "dropout",
    hint="Toss for each entry; do not pick a fixed number of entries. And draw on from the same generator.",
    after=check_dropout_enlarges_what_it_keeps,
)
def check_dropout_tosses_anew_in_every_call(learner):
    """A single entry is kept in some calls and dropped in others, with one generator."""
    x, generator = torch.ones(1), learner.generator(5)
    kept = [bool(learner.dropout(x, 0.5, training=True, generator=generator)[1]) for _ in range(60)]
    require(any(kept), "in 60 calls with p = 0.5 the entry was never kept")
    require(not all(kept), "in 60 calls with p = 0.5 the entry was never dropped")


@check(
    "dropout",
    hint="Hand the generator on to every function that draws.",
    after=check_dropout_enlarges_what_it_keeps,
)
@given(seed=seeds(), p=floats(0.3, 0.7))
def check_dropout_is_reproducible(learner, seed, p):
    """Generators with the same seed drop the same entries, call for call; a second call drops others."""
    x = torch.ones(8, 16)
    one, two = learner.generator(seed), learner.generator(seed)
    first, second = (learner.dropout(x, p, training=True, generator=one)[1] for _ in range(2))
    agree(learner.dropout(x, p, training=True, generator=two)[1], first, what="mask")
    agree(learner.dropout(x, p, training=True, generator=two)[1], second, what="mask")
    require(not torch.equal(first, second), "two calls with one generator drop the same entries")


@check(
    "dropout",
    hint="Return before drawing when training is False.",
    after=(check_dropout_does_nothing_in_evaluation, check_dropout_is_reproducible),
)
@given(seed=seeds())
def check_dropout_draws_nothing_in_evaluation(learner, seed):
    """An evaluation in between does not change the masks of the training."""
    x = torch.ones(8, 16)
    fresh, used = learner.generator(seed), learner.generator(seed)
    learner.dropout(x, 0.5, training=False, generator=used)
    expected = learner.dropout(x, 0.5, training=True, generator=fresh)[1]
    agree(learner.dropout(x, 0.5, training=True, generator=used)[1], expected, what="mask")


@check(
    "dropout",
    hint="torch functions that take generator=None draw from the global generator by themselves.",
    after=check_dropout_enlarges_what_it_keeps,
    examples=5,
)
@given(p=floats(0.3, 0.7))
def check_dropout_without_a_generator_uses_the_global_one(learner, p):
    """With generator=None the masks come from torch's global generator, new ones in every call."""
    learner.allow_global_rng()
    x = torch.ones(10, 20)
    out, first = learner.dropout(x, p, training=True, generator=None)
    agree(out, torch.where(first, x / (1 - p), torch.zeros_like(x)), what="out")
    require(learner.last_call.disturbed, "it did not draw from the global generator")
    second = learner.dropout(x, p, training=True, generator=None)[1]
    require(not torch.equal(first, second), "two calls without a generator drop the same entries")


@check(
    "dropout",
    hint="Look at p first, before asking whether it is training.",
    after=check_dropout_enlarges_what_it_keeps,
)
@given(p=one_of(sampled_from([1.5, -0.5, 2.0]), floats(1.01, 3.0), floats(-2.0, -0.01)), training=booleans())
def check_dropout_refuses_a_p_that_is_no_probability(learner, p, training):
    """A p outside [0, 1] raises ValueError, in training and evaluation."""
    generator = learner.generator(0)
    call = lambda: learner.dropout(torch.ones(3), p, training=training, generator=generator)
    refuses(call, ValueError)


def dropout_anyhow(learner: Learner, **arguments: Any) -> Any:
    """A call that may use the global generator: whatever is drawn, the answer is the same."""
    learner.allow_global_rng()
    return learner.dropout(**arguments)


check_dropout_everywhere = tensor_laws(
    "dropout",
    inputs={
        "x": tensors(ndim=(1, 3), special=GENTLE),
        "p": sampled_from([0.0, 1.0]),
        "training": booleans(),
        "generator": just(None),
    },
    oracle=lambda x, p, training, generator: (
        torch.zeros_like(x) if training and p == 1 else x,
        torch.full_like(x, not (training and p == 1), dtype=torch.bool),
    ),
    call=dropout_anyhow,
    after=(check_dropout_with_p_0_and_p_1, check_dropout_does_nothing_in_evaluation),
    # The random numbers are the generator's, on its own device: where the mask is made is no law of tensors.
    meta=False,
)


# --- dropout_backward -------------------------------------------------------------------------------------
#
# The mask is given, so nothing is random here. One law goes through the learner's own forward: <grad_in, x> and
# <grad_out, out> are equal for any linear map and its transpose, whatever convention both of them follow.


@composite
def gradients_and_masks(draw: Callable[..., Any]) -> tuple[Tensor, Tensor]:
    """A gradient, and a mask of its shape."""
    shape = draw(shapes((1, 3), (1, 5)))
    return draw(tensors(shape)), draw(tensors(shape, special=())) > 0


def right_backward(grad_out: Tensor, mask: Tensor, p: float) -> Tensor:
    """The oracle."""
    return torch.where(mask, grad_out / (1 - p), torch.zeros_like(grad_out))


@check("dropout_backward", hint="Look at the backward alone: which mask does it use, and which factor?")
@given(grad_out_and_mask=gradients_and_masks(), p=floats(0.0, 0.95))
def check_dropout_backward_uses_mask_and_factor(learner, grad_out_and_mask, p):
    """Kept entries pass their gradient on, divided by 1 - p; dropped ones pass 0."""
    expected = right_backward(*grad_out_and_mask, p)
    agree_gradient(learner.dropout_backward(*grad_out_and_mask, p), expected, kept=1 - p)


@check(
    "dropout_backward",
    hint="Work the four entries by hand: p is 0.25. What is multiplied by what?",
    after=check_dropout_backward_uses_mask_and_factor,
)
def check_dropout_backward_of_the_lesson(learner):
    """The gradient (1, 2, 3, 4) with the second entry dropped and p = 0.25 is (1.3333, 0, 4, 5.3333)."""
    grad_out = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64)
    mask = torch.tensor([True, False, True, True])
    expected = torch.tensor([4 / 3, 0.0, 4.0, 16 / 3], dtype=torch.float64)
    agree_gradient(learner.dropout_backward(grad_out, mask, 0.25), expected)


@check(
    "dropout_backward",
    hint="What is the factor for p = 1, and what is 0 times it?",
    after=check_dropout_backward_uses_mask_and_factor,
)
@given(grad_out=tensors(ndim=(1, 3)))
def check_dropout_backward_with_p_1(learner, grad_out):
    """With p = 1 everything was dropped and the gradient is all zeros."""
    mask = torch.zeros_like(grad_out, dtype=torch.bool)
    agree(learner.dropout_backward(grad_out, mask, 1.0), torch.zeros_like(grad_out))


@check(
    "dropout_backward",
    hint="Is it the same factor in both directions?",
    after=(check_dropout_backward_uses_mask_and_factor, check_dropout_enlarges_what_it_keeps),
)
@given(
    x=tensors((4, 3), special=GENTLE),
    grad_out=tensors((4, 3), special=GENTLE),
    p=floats(0.1, 0.9),
    seed=seeds(),
)
def check_dropout_backward_belongs_to_your_forward(learner, x, grad_out, p, seed):
    """It is the gradient of your own dropout: <grad_out, out> equals <grad_in, x>."""
    out, mask = learner.dropout(x, p, training=True, generator=learner.generator(seed))
    grad_in = learner.dropout_backward(grad_out, mask, p)
    agree((grad_in * x).sum(), (grad_out * out).sum(), what="<grad_in, x>")


check_dropout_backward_everywhere = tensor_laws(
    "dropout_backward",
    inputs={
        "grad_out": tensors((3, 2), special=GENTLE),
        "mask": tensors((3, 2), special=()).map(lambda x: x > 0),
        "p": floats(0.1, 0.9),
    },
    oracle=right_backward,
    after=check_dropout_backward_uses_mask_and_factor,
)


# --- EarlyStopping ----------------------------------------------------------------------------------------
#
# Two things are judged apart: what `step` returns, and what `best` writes back. The former has no need of parameters
# that differ, so it holds one tensor of ones; the latter needs a state for every step, so it has few steps. Only the
# example of the lesson, and two objects that take turns, ask for both.

NAN = math.nan
# Eighths, so that every sum and difference is exact; few, so that ties and falls by exactly min_delta are frequent.
# What is not finite has a law of its own: other laws wait for those that draw these.
METRICS = sampled_from([4.0, 3.0, 2.5, 2.0, 1.75, 1.5, 1.25, 1.0, 0.5, 0.0, -0.5, -1.0])
DELTAS = sampled_from([0.0, 0.25, 0.5, 1.0])


def right_stops(metrics: Sequence[float], patience: int, min_delta: float = 0.0) -> tuple[list[bool], int]:
    """What `step` returns for each metric, and the place of the last gain (-1 if there was none)."""
    stops, last, best = [], -1, math.inf
    for place, metric in enumerate(metrics):
        if best - min_delta > metric:
            last, best = place, metric
        stops.append(place - last > patience)
    return stops, last


def agree_stops(found: Sequence[bool], expected: Sequence[bool]) -> None:
    """Compare step by step, so that the first wrong step is named."""
    for index, (stop, right) in enumerate(zip(found, expected, strict=True)):
        agree(stop, right, what=f"what step returns for metric {index + 1}")


def stops_of(learner: Learner, metrics: Sequence[float], *settings: Any) -> list[bool]:
    """What the learner's `step` returns for each of the metrics."""
    stopping, param = learner.EarlyStopping(*settings), learner.hold(torch.ones(1, dtype=torch.float64))
    return [stopping.step(metric, [param]) for metric in metrics]


def restore(stopping: Any, params: Sequence[Any]) -> None:
    """Call the learner's `best`."""
    method = stopping.best
    require(callable(method), "`best` is an attribute that hides the method: give the attribute another name")
    method(list(params))


def set_to(params: Sequence[Any], values: Sequence[Tensor]) -> None:
    """What training does to parameters that are held in the guest: other values in the same tensors."""
    for param, value in zip(params, values, strict=True):
        param.handle.copy_(value)


def values_of(params: Sequence[Any]) -> list[Tensor]:
    """The parameters as they are now."""
    return [param.value() for param in params]


def agree_exactly(found: list[Tensor], expected: list[Tensor], what: str) -> None:
    """Nothing was computed, so there is nothing to round."""
    agree(found, expected, rtol=0.0, atol=0.0, what=what)


# Weights and biases as layers have them, few numbers each; other shapes and dtypes have a law of their own.
LAYERS = [((2, 2), (2,)), ((1, 3), (1,)), ((3, 1), (3,), (1, 3), (1,))]
OTHER_SHAPES = [((), (2,), (2,)), ((2, 2), (2, 2)), ((3, 1, 2),), ((1,), ())]


@composite
def trainings(
    draw: Callable[..., Any], least: int = 1, gain: bool = False, plain: bool = True
) -> tuple[list[float], list[list[Tensor]]]:
    """A metric for each step, and the parameters after it.

    Args:
        least: as many steps.
        gain: whether one of the metrics lies below all others.
        plain: layers in float64; else tensors of any rank, some in float32, stored column by column.
    """
    metrics = draw(lists(METRICS, min_size=least, max_size=6))
    if gain:
        metrics[draw(integers(0, len(metrics) - 1))] = -2.0
    found, seed = draw(sampled_from(LAYERS if plain else OTHER_SHAPES)), 1 + 100 * draw(seeds())
    dtype = torch.float64 if plain or draw(booleans()) else torch.float32
    states = []
    for step in range(len(metrics)):
        made = [tensor_from(seed + 10 * step + k, shape, dtype=dtype) for k, shape in enumerate(found)]
        states.append([w.mT.contiguous().mT if w.ndim > 1 and not plain else w for w in made])
    return metrics, states


def trained(
    learner: Learner, stopping: Any, metrics: Sequence[float], states: list[list[Tensor]]
) -> list[Any]:
    """Walk through a training, one `step` for each state of the same tensors; gives those tensors."""
    params = [learner.hold(w) for w in states[0]]
    for metric, state in zip(metrics, states, strict=True):
        set_to(params, state)
        stopping.step(metric, params)
    return params


@check(
    "EarlyStopping", hint="Count the steps since the last gain. More than patience of them: True.", weight=2
)
@given(metrics=lists(METRICS, min_size=1, max_size=12), patience=integers(0, 3), min_delta=DELTAS)
def check_stopping_tolerates_patience_bad_steps(learner, metrics, patience, min_delta):
    """`patience` bad steps in a row are tolerated; from the next one on step returns True, until there is a gain."""
    expected, _ = right_stops(metrics, patience, min_delta)
    agree_stops(stops_of(learner, metrics, patience, min_delta), expected)


@check(
    "EarlyStopping",
    hint="Less than, not at most: in the test of the metric there is one sign only.",
    examples=30,
)
@given(
    start=floats(-3, 3, 0.125),
    fall=floats(0.125, 2, 0.125),
    min_delta=DELTAS,
    patience=integers(0, 3),
)
def check_stopping_a_tie_is_no_gain(learner, start, fall, min_delta, patience):
    """The best metric once more is a bad step, and so is one lower by min_delta exactly; one lower still is a gain."""
    start, fall = round(8 * start) / 8, max(1, round(8 * fall)) / 8
    metrics = [start] + [start, start - min_delta] * 2 + [start - min_delta - fall]
    agree_stops(stops_of(learner, metrics, patience, min_delta), right_stops(metrics, patience, min_delta)[0])


@check(
    "EarlyStopping",
    hint="Every comparison with NaN is false. Ask for the gain, not for the bad step.",
    examples=30,
)
@given(
    bad=lists(sampled_from([NAN, math.inf]), min_size=1, max_size=3),
    before=lists(sampled_from([5.0, 3.0]), max_size=1),
    after=sampled_from([2.0, -1.0, 6.0]),
    patience=integers(0, 2),
)
def check_stopping_nan_is_no_gain(learner, bad, before, after, patience):
    """NaN and infinity are bad steps, at the very start too, and what comes later is compared with the best before."""
    metrics = [*before, *bad, after, after]
    agree_stops(stops_of(learner, metrics, patience), right_stops(metrics, patience)[0])


@check(
    "EarlyStopping",
    hint="Go through the table of the lesson with your code, column by column.",
    after=check_stopping_tolerates_patience_bad_steps,
)
def check_stopping_of_the_lesson(learner):
    """Metrics 2, 1.5, 1.25, 1, 1.25, nan, 1 with patience 2 and min_delta 0.25 stop at the last; step 4 was best."""
    metrics = [2.0, 1.5, 1.25, 1.0, 1.25, NAN, 1.0]
    states = [[torch.full((1,), k + 1.0, dtype=torch.float64)] for k in range(len(metrics))]
    stopping = learner.EarlyStopping(2, 0.25)
    param = learner.hold(states[0][0])
    stops = []
    for metric, state in zip(metrics, states, strict=True):
        set_to([param], state)
        stops.append(stopping.step(metric, [param]))
    agree_stops(stops, [False] * 6 + [True])
    restore(stopping, [param])
    agree_exactly(values_of([param]), states[3], "params")


@check(
    "EarlyStopping",
    hint="The default of min_delta is 0: a gain may be as small as it likes.",
    after=check_stopping_a_tie_is_no_gain,
    examples=20,
)
@given(start=sampled_from([1.0, 4.0, -2.0, 1e-6]), patience=integers(0, 2), steps=integers(2, 6))
def check_stopping_counts_any_fall_by_default(learner, start, patience, steps):
    """Without min_delta every fall is a gain, however small; a metric that stays is none."""
    metrics = [start * (1 + math.copysign(k, -start) * 2.0**-40) for k in range(steps)]
    metrics += [metrics[-1]] * 4
    agree_stops(stops_of(learner, metrics, patience), right_stops(metrics, patience)[0])


@check(
    "EarlyStopping",
    hint="Move the best metric only when there was a gain.",
    after=check_stopping_tolerates_patience_bad_steps,
    examples=20,
)
@given(start=sampled_from([3.0, 0.0]), patience=integers(3, 5), min_delta=sampled_from([0.5, 1.0]))
def check_stopping_lets_small_gains_add_up(learner, start, patience, min_delta):
    """A metric that falls by less than min_delta at every step never stops the training, as small gains add up."""
    metrics = [start - 0.375 * min_delta * step for step in range(12)]
    agree_stops(stops_of(learner, metrics, patience, min_delta), [False] * 12)


@check("EarlyStopping", hint="At a gain clone every parameter; copy the clones back with copy_.", weight=2)
@given(metrics_and_states=trainings(gain=True), patience=integers(0, 2), min_delta=DELTAS)
def check_stopping_restores_the_last_gain(learner, metrics_and_states, patience, min_delta):
    """step changes no parameter; best writes those of the last gain back, in place and exactly."""
    metrics, states = metrics_and_states
    stopping = learner.EarlyStopping(patience, min_delta)
    params = trained(learner, stopping, metrics, states)
    agree_exactly(values_of(params), states[-1], "after the steps, params")
    restore(stopping, params)
    agree_exactly(values_of(params), states[right_stops(metrics, patience, min_delta)[1]], "params")


@check(
    "EarlyStopping",
    hint="clone and copy_ take tensors of any rank and dtype.",
    after=check_stopping_restores_the_last_gain,
    examples=40,
)
@given(metrics_and_states=trainings(gain=True, plain=False))
def check_stopping_restores_any_tensors(learner, metrics_and_states):
    """Parameters may be scalars or have three axes, be float32, or be stored column by column."""
    metrics, states = metrics_and_states
    stopping = learner.EarlyStopping(1)
    params = trained(learner, stopping, metrics, states)
    restore(stopping, params)
    agree_exactly(values_of(params), states[right_stops(metrics, 1)[1]], "params")


@check(
    "EarlyStopping",
    hint="What is copied is not computed with: no number is too small or too large for it.",
    after=check_stopping_restores_the_last_gain,
    weight=0.5,
    examples=60,
)
@given(states=one_of(weights_and_gradients(), weights_and_gradients(large=True)))
def check_stopping_keeps_any_numbers(learner, states):
    """The parameters, and what training makes of them, may be tiny, in the thousands, or a hundred in one tensor."""
    best, later = states
    stopping, params = learner.EarlyStopping(1), [learner.hold(w) for w in best]
    stopping.step(1.0, params)
    set_to(params, later)
    restore(stopping, params)
    agree_exactly(values_of(params), best, "params")


@check(
    "EarlyStopping",
    hint="param.data = kept makes both one tensor. Copy the numbers, and the copy stays yours.",
    after=check_stopping_restores_the_last_gain,
    examples=30,
)
@given(metrics_and_states=trainings(gain=True), times=integers(1, 3))
def check_stopping_keeps_a_copy(learner, metrics_and_states, times):
    """Training may go on from the best parameters and come back to them, again and again: they are a copy."""
    metrics, states = metrics_and_states
    stopping = learner.EarlyStopping(1)
    params = trained(learner, stopping, metrics, states)
    for _ in range(times):
        restore(stopping, params)
        set_to(params, [7 - w for w in values_of(params)])
    restore(stopping, params)
    agree_exactly(values_of(params), states[right_stops(metrics, 1)[1]], "restored again, params")


@check(
    "EarlyStopping",
    hint="Overwrite every entry. A sum or a product with NaN is NaN.",
    after=check_stopping_restores_the_last_gain,
    examples=20,
)
@given(metrics_and_states=trainings(gain=True), blown=sampled_from([NAN, math.inf, 1e30]))
def check_stopping_saves_a_run_that_blew_up(learner, metrics_and_states, blown):
    """Parameters that have become NaN or infinite come back as they were."""
    metrics, states = metrics_and_states
    stopping = learner.EarlyStopping(1)
    params = trained(learner, stopping, metrics, states)
    set_to(params, [torch.full_like(w, blown) for w in states[0]])
    stopping.step(NAN, params)
    restore(stopping, params)
    agree_exactly(values_of(params), states[right_stops(metrics, 1)[1]], "params")


@check(
    "EarlyStopping",
    hint="Write into the tensors that best is given, not into those of an earlier step.",
    after=check_stopping_restores_the_last_gain,
    examples=20,
)
@given(metrics_and_states=trainings(gain=True))
def check_stopping_restores_into_other_tensors(learner, metrics_and_states):
    """best may be given other tensors of the same shapes; those of the steps then stay as they are."""
    metrics, states = metrics_and_states
    stopping = learner.EarlyStopping(1)
    params = trained(learner, stopping, metrics, states)
    others = [learner.hold(w + 5) for w in states[0]]
    restore(stopping, others)
    agree_exactly(values_of(others), states[right_stops(metrics, 1)[1]], "the other tensors")
    agree_exactly(values_of(params), states[-1], "params")


@check(
    "EarlyStopping",
    hint="best reads what is kept and changes nothing of it.",
    after=check_stopping_tolerates_patience_bad_steps,
    examples=30,
)
@given(
    metrics_and_states=trainings(least=1, gain=True),
    later=lists(METRICS, min_size=1, max_size=5),
    patience=integers(0, 3),
)
def check_stopping_counts_on_after_best(learner, metrics_and_states, later, patience):
    """Calling best in between changes nothing in what step returns afterwards."""
    metrics, states = metrics_and_states
    stopping = learner.EarlyStopping(patience)
    params = trained(learner, stopping, metrics, states)
    restore(stopping, params)
    found = [stopping.step(metric, params) for metric in later]
    expected, _ = right_stops([*metrics, *later], patience)
    agree_stops(found, expected[len(metrics) :])


@check(
    "EarlyStopping",
    hint="Make everything that is remembered in __init__, not in the class body.",
    examples=30,
)
@given(metrics_and_states=trainings(least=2, gain=True), patience=integers(0, 2))
def check_stopping_keeps_its_own_memory(learner, metrics_and_states, patience):
    """Two of them that take turns do not disturb each other."""
    metrics, states = metrics_and_states
    walks = [(metrics, states), (metrics[::-1], states[::-1])]
    both = [learner.EarlyStopping(patience), learner.EarlyStopping(patience + 1)]
    params = [[learner.hold(w) for w in states[0]] for _ in both]
    found: list[list[bool]] = [[], []]
    for step in range(len(metrics)):
        for k, (scores, values) in enumerate(walks):
            set_to(params[k], values[step])
            found[k].append(both[k].step(scores[step], params[k]))
    for k, (scores, values) in enumerate(walks):
        expected, last = right_stops(scores, patience + k)
        agree_stops(found[k], expected)
        restore(both[k], params[k])
        agree_exactly(values_of(params[k]), values[last], "params")


@check(
    "EarlyStopping",
    hint='Check the settings first and name what is wrong: f"patience is {patience}".',
    after=check_stopping_tolerates_patience_bad_steps,
    examples=30,
)
@given(patience=integers(-5, -1), min_delta=floats(-2, -0.01))
def check_stopping_refuses_bad_settings(learner, patience, min_delta):
    """A negative patience or min_delta raises ValueError with name and value; 0 for both does not."""
    learner.EarlyStopping(0, 0.0)
    refuses(lambda: learner.EarlyStopping(patience), ValueError, names="patience", value=patience)
    refuses(lambda: learner.EarlyStopping(3, min_delta), ValueError, names="min_delta", value=min_delta)


@check(
    "EarlyStopping",
    hint="Look first whether anything is kept, and only then write.",
    after=check_stopping_restores_the_last_gain,
    examples=20,
)
@given(metrics_and_states=trainings(), bad=lists(sampled_from([NAN, math.inf]), max_size=2))
def check_stopping_refuses_best_before_a_gain(learner, metrics_and_states, bad):
    """Before the first gain best raises ValueError that names it, and changes nothing; after it, it does not."""
    _, states = metrics_and_states
    stopping = learner.EarlyStopping(1)
    params = [learner.hold(w) for w in states[0]]
    for metric in bad:
        stopping.step(metric, params)
    refuses(lambda: restore(stopping, params), ValueError, names="best")
    agree_exactly(values_of(params), states[0], "after a refused best, params")
    stopping.step(1.0, params)
    set_to(params, [w + 1 for w in states[0]])
    restore(stopping, params)
    agree_exactly(values_of(params), states[0], "params")


@check(
    "EarlyStopping",
    hint="Compare the two numbers before anything is written; zip alone stops at the shorter one.",
    after=check_stopping_restores_the_last_gain,
    examples=20,
)
@given(metrics_and_states=trainings(gain=True), more=booleans())
def check_stopping_refuses_a_wrong_number_of_params(learner, metrics_and_states, more):
    """best with too few or too many tensors raises ValueError that names params and their number; nothing changes."""
    metrics, states = metrics_and_states
    stopping = learner.EarlyStopping(1)
    params = trained(learner, stopping, metrics, states)
    before = [w + 5 for w in states[-1]]
    set_to(params, before)
    wrong = [*params, params[-1]] if more else params[:-1]
    refuses(lambda: restore(stopping, wrong), ValueError, names="params", value=len(wrong))
    agree_exactly(values_of(params), before, "after a refused best, params")


# --- law_dropout ------------------------------------------------------------------------------------------
#
# A dropout without its generator: `dropout(x, p, seed)` draws by a seed, and gives the result alone.


def dropout__by_rand(x, p, seed):
    """It draws a number from 0 to 1 for each entry."""
    kept = torch.rand(x.shape, generator=torch.Generator().manual_seed(seed)) >= p
    return torch.where(kept, x / (1 - p), torch.zeros_like(x))


def dropout__by_bernoulli(x, p, seed):
    """It draws what is kept as 0 and 1, and multiplies."""
    chances = torch.full(x.shape, 1 - p, dtype=x.dtype)
    return x * torch.bernoulli(chances, generator=torch.Generator().manual_seed(seed + 77)) / (1 - p)


def dropout__by_whole_numbers(x, p, seed):
    """It draws whole numbers below 1,000, and drops those below 1,000 p."""
    drawn = torch.randint(1000, x.shape, generator=torch.Generator().manual_seed(3 * seed + 1))
    return (x / (1 - p)).masked_fill(drawn < round(1000 * p), 0.0)


def dropout__drops_nothing(x, p, seed):
    """Nothing is ever dropped."""
    return x / (1 - p)


def dropout__not_enlarged(x, p, seed):
    """What stays is not enlarged."""
    return dropout__by_rand(x, p, seed) * (1 - p)


def dropout__enlarged_by_p(x, p, seed):
    """What stays is divided by p and not by 1 - p."""
    return dropout__by_rand(x, p, seed) * (1 - p) / p if p else x.clone()


def dropout__half_as_often(x, p, seed):
    """Entries are dropped half as often as they should be."""
    return dropout__by_rand(x, p / 2, seed) * (1 - p / 2) / (1 - p)


def dropout__p_is_kept(x, p, seed):
    """p is taken for the chance to stay."""
    kept = torch.rand(x.shape, generator=torch.Generator().manual_seed(seed)) < p
    return torch.where(kept, x / (1 - p), torch.zeros_like(x)) if p else x.clone()


def dropout__same_every_time(x, p, seed):
    """The same entries are dropped every time."""
    return dropout__by_rand(x, p, 5)


def dropout__whole_rows(x, p, seed):
    """Whole rows are dropped and not single entries."""
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    kept = order[:, None] >= p * len(x)
    return torch.where(kept, x / (1 - p), torch.zeros_like(x))


def dropout__noise(x, p, seed):
    """The dropped entries get a little noise and not 0."""
    dropped = dropout__by_rand(x, p, seed)
    return torch.where(dropped == 0, torch.full_like(x, 0.01), dropped)


def dropout__signs_lost(x, p, seed):
    """What stays loses its sign."""
    return dropout__by_rand(x, p, seed).abs()


def is_dropped(found, x, p, seed):
    """Whether a result may be right, by itself: what is random is seen only over several seeds."""
    again = dropout__same_every_time(x, p, seed)
    kept = found != 0
    near = abs(float(kept.double().mean()) - (1 - p)) < 0.1 and bool(kept.any(1).all())
    fresh = p == 0 or not torch.equal(found, again)
    return (
        near
        and fresh
        and torch.equal(found[kept].sign(), x[kept].sign())
        and torch.allclose(found[kept], x[kept] / (1 - p))
    )


law_dropout = law_exercise(
    "law_dropout",
    "dropout",
    [
        {
            "x": tensor_from(40 + seed, (20, 50), low=0.5, high=2.0) * (-1.0) ** torch.arange(50),
            "p": p,
            "seed": seed,
        }
        for seed, p in enumerate([0.3, 0.0, 0.2, 0.3, 0.1, 0.3])
    ],
    right=(dropout__by_rand, dropout__by_bernoulli, dropout__by_whole_numbers),
    wrong={
        dropout__drops_nothing: "What share of the entries is 0?",
        dropout__not_enlarged: "What should become of an entry that stays?",
        dropout__enlarged_by_p: "What should become of an entry that stays?",
        dropout__half_as_often: "What share of the entries is 0, and how near must it be to p?",
        dropout__p_is_kept: "What share of the entries is 0?",
        dropout__same_every_time: "With another seed, are the same entries dropped?",
        dropout__whole_rows: "Can a row of 50 entries be 0 as a whole?",
        dropout__noise: "Every entry is 0, or what?",
        dropout__signs_lost: "What should become of an entry that stays?",
    },
    holds=is_dropped,
)
