"""Check the optimizers against torch's own arithmetic, one step or many at a time: ch05."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.optim.adam import adam
from torch.optim.rmsprop import rmsprop
from torch.optim.sgd import sgd

from grader.checking import (
    agree,
    booleans,
    check,
    composite,
    floats,
    given,
    integers,
    lists,
    one_of,
    refuses,
    require,
    sampled_from,
    seeds,
    tensor_from,
)

HINTS = {
    "SGD": (
        "Every parameter has a velocity that belongs to it alone. A step changes the velocity first, then the "
        "parameter, both in the tensors that are there already.",
        "When made: refuse bad settings, keep the parameters in a list, give each a velocity of zeros of its own "
        "shape and dtype. At a step: refuse a wrong number of gradients first. Then for each parameter with a "
        "gradient: shrink its velocity by momentum and add the gradient; the direction is the velocity or, with "
        "Nesterov, the gradient plus momentum times the velocity; subtract lr times the direction in place.",
    ),
    "Adam": (
        "Every parameter has two averages and a count of its own updates. The averages are stored as they are; "
        "the correction is made anew at every step, on the way to the parameter.",
        "When made: refuse bad settings; two tensors of zeros and a count of 0 per parameter. At a step: refuse a "
        "wrong number of gradients first. Then for each parameter with a gradient: raise its count; move the first "
        "average towards the gradient and the second towards its square; divide each by one minus its beta to the "
        "power of the count; divide the first by the root of the second plus eps; subtract lr times that in place.",
    ),
    "RMSprop": (
        "Every parameter has one average, that of its gradient's square. It is used as it is, however empty it still "
        "is: nothing counts the steps.",
        "When made: refuse bad settings, keep the parameters in a list, give each a tensor of zeros of its own shape "
        "and dtype. At a step: refuse a wrong number of gradients first. Then for each parameter with a gradient: move "
        "its average towards the square of the gradient; divide the gradient by the root of the average plus eps; "
        "subtract lr times that in place.",
    ),
}

Steps = list[list[Tensor | None]]


# --- what the optimizers should do ------------------------------------------------------------------------


class _Right:
    """Copies of the parameters, moved by torch's arithmetic; `reach` is the largest size they ever had."""

    def __init__(self, params: Sequence[Tensor], lr: float) -> None:
        self.params = [param.clone() for param in params]
        self.lr = lr
        self.reach = max(1.0, *(_size(param) for param in params))

    def step(self, grads: Sequence[Tensor | None]) -> None:
        for index, grad in enumerate(grads):
            if grad is not None:
                self.move(index, grad.clone())
                self.reach = max(self.reach, _size(self.params[index]))

    def move(self, index: int, grad: Tensor) -> None:
        """Update one parameter."""
        raise NotImplementedError


class _RightSGD(_Right):
    def __init__(
        self, params: Sequence[Tensor], lr: float, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        super().__init__(params, lr)
        self.momentum, self.nesterov = momentum, nesterov
        self.buffers: list[list[Tensor | None]] = [[None] for _ in self.params]

    def move(self, index: int, grad: Tensor) -> None:
        sgd(
            [self.params[index]], [grad], self.buffers[index], foreach=False, fused=False, lr=self.lr,
            momentum=self.momentum, nesterov=self.nesterov, weight_decay=0.0, dampening=0.0, maximize=False,
        )  # fmt: skip


class _RightAdam(_Right):
    def __init__(
        self,
        params: Sequence[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        super().__init__(params, lr)
        self.betas, self.eps = betas, eps
        self.means = [torch.zeros_like(param) for param in self.params]
        self.squares = [torch.zeros_like(param) for param in self.params]
        self.counts = [torch.zeros(()) for _ in self.params]

    def move(self, index: int, grad: Tensor) -> None:
        adam(
            [self.params[index]], [grad], [self.means[index]], [self.squares[index]], [], [self.counts[index]],
            foreach=False, fused=False, amsgrad=False, beta1=self.betas[0], beta2=self.betas[1], lr=self.lr,
            weight_decay=0.0, eps=self.eps, maximize=False,
        )  # fmt: skip


class _RightRMSprop(_Right):
    def __init__(
        self, params: Sequence[Tensor], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8
    ) -> None:
        super().__init__(params, lr)
        self.alpha, self.eps = alpha, eps
        self.squares = [torch.zeros_like(param) for param in self.params]
        self.counts = [torch.zeros(()) for _ in self.params]

    def move(self, index: int, grad: Tensor) -> None:
        rmsprop(
            [self.params[index]], [grad], [self.squares[index]], [], [], [self.counts[index]], foreach=False,
            lr=self.lr, alpha=self.alpha, eps=self.eps, weight_decay=0.0, momentum=0.0, centered=False,
        )  # fmt: skip


RIGHT = {"SGD": _RightSGD, "Adam": _RightAdam, "RMSprop": _RightRMSprop}


def _size(x: Tensor) -> float:
    return float(x.abs().max())


# --- inputs -----------------------------------------------------------------------------------------------


_SHAPES = (
    ((1,),),
    ((), (2,)),
    ((3,),),
    ((2,), (2,)),
    ((3,), (2,)),
    ((2, 3), (3,), (3,)),
    ((2, 2), (2, 2), (2, 2)),
    ((1, 3), (2, 1, 2)),
    ((2, 1), (1, 2), (2,)),
)
_shapes, _scales = sampled_from(_SHAPES), sampled_from([1.0, 1.0, 1e-3, 100.0])
_lrs, _momenta, _yes_or_no = floats(0.01, 1), floats(0.1, 0.99), booleans()
_first_betas, _second_betas = floats(0.1, 0.95), floats(0.5, 0.99)
_eps = sampled_from([1e-8, 1e-3, 0.1])


def _by_columns(x: Tensor) -> Tensor:
    """A matrix stored column by column, as a transposed weight is: flattened, it is a copy."""
    return x.mT.contiguous().mT if x.ndim > 1 else x


@composite
def journeys(
    draw: Any,
    *,
    none: bool = False,
    zeros: bool = True,
    least_steps: int = 1,
    dtype: torch.dtype = torch.float64,
) -> tuple[list[Tensor], Steps]:
    """Parameters, often of one shape, and the gradients of a few steps: random, all zeros, or None."""
    all_shapes = draw(_shapes)
    count = draw(integers(least_steps, 5))
    seed = 100 * draw(seeds())
    scale = draw(_scales) if dtype is torch.float64 else 1.0
    # A digit per gradient: 0 and 1 random, 2 zeros, 3 None. One number shrinks faster than a list of choices.
    pattern = draw(integers(0, 4 ** (count * len(all_shapes)) - 1))
    params = [
        _by_columns(tensor_from(seed + 1 + place, shape, dtype=dtype))
        for place, shape in enumerate(all_shapes)
    ]
    steps: Steps = []
    for step in range(count):
        grads: list[Tensor | None] = []
        for place, shape in enumerate(all_shapes):
            pattern, kind = divmod(pattern, 4)
            grad = scale * tensor_from(seed + 10 * (step + 1) + place, shape, dtype=dtype)
            if none and kind == 3:
                grads.append(None)
            else:
                grads.append(torch.zeros_like(grad) if zeros and kind == 2 else grad)
        steps.append(grads)
    return params, steps


@composite
def _settings_of_sgd(draw: Any) -> dict[str, Any]:
    if draw(integers(0, 3)) == 0:
        return {"lr": draw(_lrs)}
    return {"lr": draw(_lrs), "momentum": draw(_momenta), "nesterov": draw(_yes_or_no)}


@composite
def _settings_of_adam(draw: Any) -> dict[str, Any]:
    return {"lr": draw(_lrs), "betas": (draw(_first_betas), draw(_second_betas)), "eps": draw(_eps)}


@composite
def _settings_of_rmsprop(draw: Any) -> dict[str, Any]:
    return {"lr": draw(_lrs), "alpha": draw(_second_betas), "eps": draw(_eps)}


sgd_settings, adam_settings = _settings_of_sgd(), _settings_of_adam()
rmsprop_settings = _settings_of_rmsprop()


# --- how they are compared --------------------------------------------------------------------------------


def _follow(
    learner: Any,
    name: str,
    params: Sequence[Tensor],
    steps: Steps,
    lrs: Sequence[float] = (),
    **settings: Any,
) -> None:
    """Walk the same steps with the learner's optimizer and with the right one; `lrs` are set before each step."""
    held = [learner.hold(param) for param in params]
    theirs, right = learner.call(name, held, **settings), RIGHT[name](params, **settings)
    for index, grads in enumerate(steps):
        if index < len(lrs):
            theirs.lr = right.lr = lrs[index]
        theirs.step(grads)
        right.step(grads)
    _compare(held, right)


def _compare(held: Sequence[Any], right: _Right) -> None:
    """The held parameters are where the right ones are, up to rounding along the way."""
    # In float32 some orders of the arithmetic lose three digits of 1 - beta.
    rtol, unit = (1e-9, 1e-10) if right.params[0].dtype is torch.float64 else (1e-4, 2e-5)
    for index, (param, wanted) in enumerate(zip(held, right.params, strict=True)):
        agree(param.value(), wanted, rtol=rtol, atol=unit * right.reach, what=f"parameter {index}")


def _keeps_gradients(
    learner: Any, name: str, params: Sequence[Tensor], steps: Steps, **settings: Any
) -> None:
    """Walk with gradients that live on the learner's side, the first step's used twice."""
    held = [learner.hold(param) for param in params]
    theirs, right = learner.call(name, held, **settings), RIGHT[name](params, **settings)
    walk = [steps[0], *steps]
    kept = [[learner.hold(grad) for grad in grads] for grads in steps]
    for grads, held_grads in zip(walk, [kept[0], *kept], strict=True):
        theirs.step(held_grads)
        right.step(grads)
    for grads, held_grads in zip(steps, kept, strict=True):
        for grad, held_grad in zip(grads, held_grads, strict=True):
            agree(held_grad.value(), grad, what="the caller's gradient, after the steps,")
    _compare(held, right)


def _two_at_once(learner: Any, name: str, params: Sequence[Tensor], steps: Steps, **settings: Any) -> None:
    """Walk with two optimizers in turn, the second over the steps backwards."""
    walks = (steps, steps[::-1])
    held = [[learner.hold(param) for param in params] for _ in walks]
    theirs = [learner.call(name, mine, **settings) for mine in held]
    right = [RIGHT[name](params, **settings) for _ in walks]
    for pair in zip(*walks, strict=True):
        for optimizer, model, grads in zip(theirs, right, pair, strict=True):
            optimizer.step(grads)
            model.step(grads)
    for mine, model in zip(held, right, strict=True):
        _compare(mine, model)


def _any_iterable(learner: Any, name: str, rows: Tensor, steps: Steps, **settings: Any) -> None:
    """Walk with parameters given as a tuple, as a bare sequence, and as an iterator that is used up once."""
    right = RIGHT[name](list(rows), **settings)
    held = [[learner.hold(row) for row in rows] for _ in range(2)]
    stacked = learner.hold(rows)
    kinds = (tuple(held[0]), learner.sequence(held[1]), iter(stacked.handle))
    theirs = [learner.call(name, kind, **settings) for kind in kinds]
    for grads in steps:
        right.step(grads)
        for optimizer in theirs:
            optimizer.step(tuple(grads))
    for mine in held:
        _compare(mine, right)
    agree(stacked.value(), torch.stack(right.params), atol=1e-10 * right.reach, what="the parameters")


def _refuses_counts(
    learner: Any, name: str, params: Sequence[Tensor], steps: Steps, count: int, **settings: Any
) -> None:
    """A step with `count` gradients is refused and moves nothing, nor what the next step depends on."""
    held = [learner.hold(param) for param in params]
    theirs, right = learner.call(name, held, **settings), RIGHT[name](params, **settings)
    grads = (steps[0] * 4)[: count + (count >= len(params))]
    refuses(lambda: theirs.step(grads), ValueError, names="grads", value=len(grads))
    for index, (param, before) in enumerate(zip(held, params, strict=True)):
        agree(param.value(), before, rtol=0, atol=0, what=f"parameter {index}, after a refused step,")
    theirs.step(steps[0])
    right.step(steps[0])
    _compare(held, right)


def _descends(learner: Any, name: str, seed: int, count: int, **settings: Any) -> None:
    """Walk down a bowl of random steepness, in step with the right optimizer; the bottom is reached."""
    bottom = tensor_from(seed + 1, (3,), scale=1.0)
    steepness = tensor_from(seed + 2, (3,), low=0.5, high=2.0)
    held = learner.hold(torch.zeros_like(bottom))
    theirs, right = learner.call(name, [held], **settings), RIGHT[name]([held.start], **settings)
    for _ in range(count):
        grad = steepness * (right.params[0] - bottom)
        theirs.step([grad])
        right.step([grad])
        _compare([held], right)
    distance = _size(held.value() - bottom)
    require(distance < 0.05, f"after {count} steps down a bowl it is still {distance:.3g} from the bottom")


# --- SGD --------------------------------------------------------------------------------------------------


@check("SGD", hint="Move against the gradient, and write into the tensor that was passed in.", examples=50)
@given(journey=journeys(), lr=floats(0, 2))
def check_sgd_moves_against_the_gradient(learner, journey, lr):
    """Plain SGD moves each parameter in place by lr times its gradient, downhill."""
    params, steps = journey
    held = [learner.hold(param) for param in params]
    learner.SGD(held, lr).step(steps[0])
    for param, before, grad in zip(held, params, steps[0], strict=True):
        agree(param.value(), before - lr * grad, what="the parameter after one step")


@check(
    "SGD",
    hint="Work the example of the lesson by hand: velocities 1, 1.9, 2.71.",
    after=check_sgd_moves_against_the_gradient,
)
def check_sgd_known_values(learner):
    """The example of the lesson: with momentum 0.9 a gradient of 1 steps 1, 1.9, 2.71; Nesterov 1.9, 2.71, 3.439."""
    one = torch.ones(1, dtype=torch.float64)
    for nesterov, stops in ((False, (-1.0, -2.9, -5.61)), (True, (-1.9, -4.61, -8.049))):
        held = learner.hold(torch.zeros_like(one))
        optimizer = learner.SGD([held], 1.0, 0.9, nesterov)
        for stop in stops:
            optimizer.step([one])
            agree(held.value(), torch.full_like(one, stop), what="the parameter")


@check(
    "SGD",
    hint="v = momentum * v + grad, from zero; the step is lr times v, or lr times (grad + momentum * v).",
    after=check_sgd_moves_against_the_gradient,
    weight=2,
)
@given(journey=journeys(), settings=sgd_settings)
def check_sgd_follows_torch(learner, journey, settings):
    """With momentum and Nesterov it goes the way of torch.optim.SGD, however many parameters and steps."""
    _follow(learner, "SGD", *journey, **settings)


@check(
    "SGD",
    hint="Skip a parameter whose gradient is None: velocity and all. Go on with the next one.",
    after=check_sgd_follows_torch,
    examples=60,
)
@given(journey=journeys(none=True, least_steps=2), settings=sgd_settings)
def check_sgd_skips_none(learner, journey, settings):
    """A None gradient leaves its parameter and its velocity as they are, and the other parameters move."""
    _follow(learner, "SGD", *journey, **settings)


@check(
    "SGD",
    hint="lr multiplies the finished velocity, and is read at every step.",
    after=check_sgd_follows_torch,
    examples=50,
)
@given(
    journey=journeys(least_steps=2), settings=sgd_settings, lrs=lists(floats(0, 1), min_size=2, max_size=5)
)
def check_sgd_reads_lr_at_every_step(learner, journey, settings, lrs):
    """Setting lr between steps changes the whole next step, velocity included."""
    _follow(learner, "SGD", *journey, lrs, **settings)


@check(
    "SGD",
    hint="Whose tensor is the velocity? Keep one of your own; do not write into the gradient.",
    examples=40,
)
@given(journey=journeys(zeros=False), settings=sgd_settings)
def check_sgd_keeps_the_gradients(learner, journey, settings):
    """The caller's gradients stay as they are, also when the same tensor is passed in again."""
    _keeps_gradients(learner, "SGD", *journey, **settings)


@check(
    "SGD", hint="Velocities belong to one optimizer: make them in __init__, not on the class.", examples=40
)
@given(journey=journeys(none=True), settings=sgd_settings)
def check_sgd_keeps_optimizers_apart(learner, journey, settings):
    """Two optimizers used in turn do not disturb each other."""
    _two_at_once(learner, "SGD", *journey, **settings)


@check("SGD", hint="Turn params into a list once: an iterator gives its items only one time.", examples=10)
@given(seed=seeds(), settings=sgd_settings)
def check_sgd_takes_any_iterable(learner, seed, settings):
    """The parameters may come as a tuple, as a bare sequence, or from an iterator; the gradients as a tuple."""
    rows = tensor_from(seed, (2, 3))
    steps: Steps = [[tensor_from(seed + 2 * k + i + 1, (3,)) for i in range(2)] for k in range(2)]
    _any_iterable(learner, "SGD", rows, steps, **settings)


@check(
    "SGD",
    hint="New tensors need the dtype of their parameter: torch.zeros_like.",
    after=check_sgd_follows_torch,
    examples=40,
)
@given(journey=journeys(none=True, dtype=torch.float32), settings=sgd_settings)
def check_sgd_works_in_float32(learner, journey, settings):
    """It works on float32 parameters as well."""
    _follow(learner, "SGD", *journey, **settings)


@check("SGD", hint="The velocity must go on growing and fading after the first steps.", examples=3)
@given(seed=seeds(), nesterov=booleans())
def check_sgd_reaches_the_bottom(learner, seed, nesterov):
    """It finds the bottom of a random bowl in 120 steps, each of them right."""
    _descends(learner, "SGD", seed, 120, lr=0.1, momentum=0.8, nesterov=nesterov)


@check(
    "SGD",
    hint='Check the settings first and name what is wrong: f"lr is {lr}".',
    after=check_sgd_follows_torch,
)
@given(lr=floats(-2, -0.01), momentum=floats(-2, -0.01), nesterov=booleans())
def check_sgd_refuses_bad_settings(learner, lr, momentum, nesterov):
    """A negative lr or momentum, and nesterov without momentum, raise ValueError with name and value; lr 0 does not."""
    param = learner.hold(torch.zeros(2, dtype=torch.float64))
    learner.SGD([param], 0.0, 0.5, nesterov)
    refuses(lambda: learner.SGD([param], lr, 0.5, nesterov), ValueError, names="lr", value=lr)
    refuses(
        lambda: learner.SGD([param], 0.1, momentum=momentum), ValueError, names="momentum", value=momentum
    )
    refuses(lambda: learner.SGD([param], 0.1, nesterov=True), ValueError, names="nesterov", value=True)


@check(
    "SGD", hint="Compare the two lengths before anything moves.", examples=40, after=check_sgd_follows_torch
)
@given(journey=journeys(zeros=False), count=integers(0, 3))
def check_sgd_refuses_a_wrong_number_of_gradients(learner, journey, count):
    """Too few or too many gradients raise ValueError, and nothing has changed then."""
    _refuses_counts(learner, "SGD", *journey, count, lr=0.1, momentum=0.5)


# --- Adam -------------------------------------------------------------------------------------------------


@check(
    "Adam",
    hint="After one step both corrected averages are plain: g and g squared. eps is added after the root.",
)
@given(
    seed=seeds(),
    power=integers(-6, 6),
    lr=floats(0, 1),
    betas=sampled_from([(0.9, 0.999), (0.0, 0.0), (0.5, 0.0), (0.0, 0.9), (0.3, 0.7)]),
    eps=sampled_from([1e-8, 0.0, 0.01]),
)
def check_adam_first_step_is_lr(learner, seed, power, lr, betas, eps):
    """The first step is lr * g / (|g| + eps): as long as lr, whatever the gradient's scale and the betas."""
    grad = 10.0**power * tensor_from(seed + 1, (2, 3), low=0.5, high=9.0)
    grad[0] *= -1
    held = learner.hold(torch.zeros_like(grad))
    learner.Adam([held], lr, betas, eps).step([grad])
    agree(held.value(), -lr * grad / (grad.abs() + eps), what="the parameter after one step from 0")


@check("Adam", hint="Work the table of the lesson by hand, line by line.", after=check_adam_first_step_is_lr)
def check_adam_known_values(learner):
    """The example of the lesson: lr 0.1, start at 1, gradients 4 and then 1: 0.9, then 0.81694."""
    held = learner.hold(torch.ones(1, dtype=torch.float64))
    optimizer = learner.Adam([held], 0.1)
    for grad, stop in ((4.0, 0.9), (1.0, 0.81694)):
        optimizer.step([torch.full((1,), grad, dtype=torch.float64)])
        agree(held.value(), torch.full((1,), stop, dtype=torch.float64), atol=2e-6, what="the parameter")


@check(
    "Adam",
    hint="Which power do the betas have in the correction? Are the averages stored uncorrected?",
    after=check_adam_first_step_is_lr,
    weight=2,
)
@given(journey=journeys(), settings=adam_settings)
def check_adam_follows_torch(learner, journey, settings):
    """It goes the way of torch.optim.Adam, however many parameters and steps, for any settings."""
    _follow(learner, "Adam", *journey, **settings)


@check(
    "Adam",
    hint="The defaults stand in the signature: keep them, and use them.",
    after=check_adam_first_step_is_lr,
)
@given(seed=seeds(), power=sampled_from([-8, 0]))
def check_adam_defaults(learner, seed, power):
    """Left out, lr is 0.001, the betas are 0.9 and 0.999, and eps is 1e-8."""
    steps: Steps = [[10.0**power * tensor_from(seed + k, (3,), low=0.5, high=9.0)] for k in range(1, 4)]
    _follow(learner, "Adam", [torch.zeros(3, dtype=torch.float64)], steps)


@check(
    "Adam",
    hint="Each parameter counts its own updates; None means that it had none this time.",
    after=check_adam_follows_torch,
    weight=2,
)
@given(journey=journeys(none=True, least_steps=2), settings=adam_settings)
def check_adam_counts_per_parameter(learner, journey, settings):
    """Each parameter counts its own steps: a None gradient leaves parameter, averages and count as they are."""
    _follow(learner, "Adam", *journey, **settings)


@check(
    "Adam", hint="Use self.lr in step, not a copy made earlier.", after=check_adam_follows_torch, examples=50
)
@given(
    journey=journeys(least_steps=2), settings=adam_settings, lrs=lists(floats(0, 1), min_size=2, max_size=5)
)
def check_adam_reads_lr_at_every_step(learner, journey, settings, lrs):
    """Setting lr between steps changes the next step."""
    _follow(learner, "Adam", *journey, lrs, **settings)


@check(
    "Adam",
    hint="Scale and square into new tensors, or into your own averages; not into the gradient.",
    examples=40,
)
@given(journey=journeys(zeros=False), settings=adam_settings)
def check_adam_keeps_the_gradients(learner, journey, settings):
    """The caller's gradients stay as they are, also when the same tensor is passed in again."""
    _keeps_gradients(learner, "Adam", *journey, **settings)


@check("Adam", hint="Averages belong to one optimizer: make them in __init__, not on the class.", examples=40)
@given(journey=journeys(none=True), settings=adam_settings)
def check_adam_keeps_optimizers_apart(learner, journey, settings):
    """Two optimizers used in turn do not disturb each other."""
    _two_at_once(learner, "Adam", *journey, **settings)


@check("Adam", hint="Turn params into a list once: an iterator gives its items only one time.", examples=10)
@given(seed=seeds(), settings=adam_settings)
def check_adam_takes_any_iterable(learner, seed, settings):
    """The parameters may come as a tuple, as a bare sequence, or from an iterator; the gradients as a tuple."""
    rows = tensor_from(seed, (2, 3))
    steps: Steps = [[tensor_from(seed + 2 * k + i + 1, (3,)) for i in range(2)] for k in range(2)]
    _any_iterable(learner, "Adam", rows, steps, **settings)


@check(
    "Adam",
    hint="New tensors need the dtype of their parameter: torch.zeros_like.",
    after=check_adam_follows_torch,
    examples=40,
)
@given(journey=journeys(none=True, dtype=torch.float32), settings=adam_settings)
def check_adam_works_in_float32(learner, journey, settings):
    """It works on float32 parameters as well."""
    _follow(learner, "Adam", *journey, **settings)


@check("Adam", hint="The averages must go on moving after the first steps.", examples=3)
@given(seed=seeds())
def check_adam_reaches_the_bottom(learner, seed):
    """It finds the bottom of a random bowl in 150 steps, each of them right."""
    _descends(learner, "Adam", seed, 150, lr=0.1, betas=(0.8, 0.95))


@check(
    "Adam",
    hint='Check the settings first and name what is wrong: f"lr is {lr}". Both betas count.',
    after=check_adam_follows_torch,
)
@given(
    bad=floats(-2, -0.01),
    beta=one_of(floats(-1, -0.01), floats(1, 2)),
    first=booleans(),
)
def check_adam_refuses_bad_settings(learner, bad, beta, first):
    """A negative lr or eps, and a beta outside [0, 1), raise ValueError with name and value; all zeros do not."""
    param = learner.hold(torch.zeros(2, dtype=torch.float64))
    betas = (beta, 0.9) if first else (0.9, beta)
    learner.Adam([param], 0.0, (0.0, 0.0), 0.0)
    refuses(lambda: learner.Adam([param], bad), ValueError, names="lr", value=bad)
    refuses(lambda: learner.Adam([param], eps=bad), ValueError, names="eps", value=bad)
    refuses(lambda: learner.Adam([param], betas=betas), ValueError, names="betas", value=beta)


@check(
    "Adam", hint="Compare the two lengths before anything moves.", examples=40, after=check_adam_follows_torch
)
@given(journey=journeys(zeros=False), count=integers(0, 3))
def check_adam_refuses_a_wrong_number_of_gradients(learner, journey, count):
    """Too few or too many gradients raise ValueError, and nothing has changed then."""
    _refuses_counts(learner, "Adam", *journey, count, lr=0.1)


# --- RMSprop ----------------------------------------------------------------------------------------------


@check(
    "RMSprop",
    hint="After one step the average is (1 - alpha) * g squared, and so it is used. eps is added after the root.",
)
@given(
    seed=seeds(),
    power=integers(-6, 6),
    lr=floats(0, 1),
    alpha=sampled_from([0.99, 0.0, 0.5, 0.9, 0.75]),
    eps=sampled_from([1e-8, 0.0, 0.01]),
)
def check_rmsprop_first_step_is_too_long(learner, seed, power, lr, alpha, eps):
    """The first step is lr / sqrt(1 - alpha) long, eps aside, whatever the gradient's scale: ten times lr for 0.99."""
    grad = 10.0**power * tensor_from(seed + 1, (2, 3), low=0.5, high=9.0)
    grad[0] *= -1
    held = learner.hold(torch.zeros_like(grad))
    learner.RMSprop([held], lr, alpha, eps).step([grad])
    wanted = -lr * grad / ((1 - alpha) ** 0.5 * grad.abs() + eps)
    agree(held.value(), wanted, what="the parameter after one step from 0")


@check(
    "RMSprop",
    hint="The average must go on filling: the step falls from lr / sqrt(1 - alpha) to lr, and stays there.",
    after=check_rmsprop_first_step_is_too_long,
    examples=6,
)
@given(seed=seeds(), lr=floats(0.01, 1), alpha=sampled_from([0.9, 0.8, 0.95]))
def check_rmsprop_steps_settle_at_lr(learner, seed, lr, alpha):
    """Under a gradient that stays the same, step t is lr / sqrt(1 - alpha^t) long, for each of 60 steps."""
    grad = tensor_from(seed + 1, (3,), low=0.5, high=9.0)
    start = torch.zeros_like(grad)
    held = learner.hold(start)
    optimizer, stop = learner.RMSprop([held], lr, alpha, 0.0), start
    for step in range(1, 61):
        optimizer.step([grad])
        stop = stop - lr / (1 - alpha**step) ** 0.5
        agree(held.value(), stop, what=f"the parameter after step {step}")


@check(
    "RMSprop",
    hint="Work the example of the lesson by hand, line by line.",
    after=check_rmsprop_first_step_is_too_long,
)
def check_rmsprop_known_values(learner):
    """The example of the lesson: lr 0.1, start at 1, gradients 4 and then 1: 0, then -0.24369."""
    held = learner.hold(torch.ones(1, dtype=torch.float64))
    optimizer = learner.RMSprop([held], 0.1)
    for grad, stop in ((4.0, 0.0), (1.0, -0.24369)):
        optimizer.step([torch.full((1,), grad, dtype=torch.float64)])
        agree(held.value(), torch.full((1,), stop, dtype=torch.float64), atol=6e-6, what="the parameter")


@check(
    "RMSprop",
    hint="The average of the squares comes first, with the gradient of now; then the gradient itself is divided.",
    after=check_rmsprop_first_step_is_too_long,
    weight=2,
)
@given(journey=journeys(), settings=rmsprop_settings)
def check_rmsprop_follows_torch(learner, journey, settings):
    """It goes the way of torch.optim.RMSprop, however many parameters and steps, for any settings."""
    _follow(learner, "RMSprop", *journey, **settings)


@check(
    "RMSprop",
    hint="The defaults stand in the signature: keep them, and use them.",
    after=check_rmsprop_first_step_is_too_long,
    examples=50,
)
@given(seed=seeds(), power=sampled_from([-7, 0]))
def check_rmsprop_defaults(learner, seed, power):
    """Left out, lr is 0.01, alpha is 0.99, and eps is 1e-8."""
    steps: Steps = [[10.0**power * tensor_from(seed + k, (3,), low=0.5, high=9.0)] for k in range(1, 4)]
    _follow(learner, "RMSprop", [torch.zeros(3, dtype=torch.float64)], steps)


@check(
    "RMSprop",
    hint="Skip a parameter whose gradient is None: average and all. Go on with the next one.",
    after=check_rmsprop_follows_torch,
    examples=60,
)
@given(journey=journeys(none=True, least_steps=2), settings=rmsprop_settings)
def check_rmsprop_skips_none(learner, journey, settings):
    """A None gradient leaves its parameter and its average as they are, and the other parameters move."""
    _follow(learner, "RMSprop", *journey, **settings)


@check(
    "RMSprop",
    hint="Use self.lr in step, not a copy made earlier; and keep it out of the average.",
    after=check_rmsprop_follows_torch,
    examples=50,
)
@given(
    journey=journeys(least_steps=2),
    settings=rmsprop_settings,
    lrs=lists(floats(0, 1), min_size=2, max_size=5),
)
def check_rmsprop_reads_lr_at_every_step(learner, journey, settings, lrs):
    """Setting lr between steps changes the next step."""
    _follow(learner, "RMSprop", *journey, lrs, **settings)


@check(
    "RMSprop",
    hint="Square and divide into new tensors, or into your own average; not into the gradient.",
    examples=40,
)
@given(journey=journeys(zeros=False), settings=rmsprop_settings)
def check_rmsprop_keeps_the_gradients(learner, journey, settings):
    """The caller's gradients stay as they are, also when the same tensor is passed in again."""
    _keeps_gradients(learner, "RMSprop", *journey, **settings)


@check(
    "RMSprop", hint="Averages belong to one optimizer: make them in __init__, not on the class.", examples=40
)
@given(journey=journeys(none=True), settings=rmsprop_settings)
def check_rmsprop_keeps_optimizers_apart(learner, journey, settings):
    """Two optimizers used in turn do not disturb each other."""
    _two_at_once(learner, "RMSprop", *journey, **settings)


@check(
    "RMSprop", hint="Turn params into a list once: an iterator gives its items only one time.", examples=10
)
@given(seed=seeds(), settings=rmsprop_settings)
def check_rmsprop_takes_any_iterable(learner, seed, settings):
    """The parameters may come as a tuple, as a bare sequence, or from an iterator; the gradients as a tuple."""
    rows = tensor_from(seed, (2, 3))
    steps: Steps = [[tensor_from(seed + 2 * k + i + 1, (3,)) for i in range(2)] for k in range(2)]
    _any_iterable(learner, "RMSprop", rows, steps, **settings)


@check(
    "RMSprop",
    hint="New tensors need the dtype of their parameter: torch.zeros_like.",
    after=check_rmsprop_follows_torch,
    examples=40,
)
@given(journey=journeys(none=True, dtype=torch.float32), settings=rmsprop_settings)
def check_rmsprop_works_in_float32(learner, journey, settings):
    """It works on float32 parameters as well."""
    _follow(learner, "RMSprop", *journey, **settings)


@check(
    "RMSprop",
    hint='Check the settings first and name what is wrong: f"lr is {lr}".',
    after=check_rmsprop_follows_torch,
)
@given(bad=floats(-2, -0.01), alpha=one_of(floats(-1, -0.01), floats(1, 2)))
def check_rmsprop_refuses_bad_settings(learner, bad, alpha):
    """A negative lr or eps, and an alpha outside [0, 1), raise ValueError with name and value; all zeros do not."""
    param = learner.hold(torch.zeros(2, dtype=torch.float64))
    learner.RMSprop([param], 0.0, 0.0, 0.0)
    refuses(lambda: learner.RMSprop([param], bad), ValueError, names="lr", value=bad)
    refuses(lambda: learner.RMSprop([param], eps=bad), ValueError, names="eps", value=bad)
    refuses(lambda: learner.RMSprop([param], alpha=alpha), ValueError, names="alpha", value=alpha)


@check(
    "RMSprop",
    hint="Compare the two lengths before anything moves.",
    examples=40,
    after=check_rmsprop_follows_torch,
)
@given(journey=journeys(zeros=False), count=integers(0, 3))
def check_rmsprop_refuses_a_wrong_number_of_gradients(learner, journey, count):
    """Too few or too many gradients raise ValueError, and nothing has changed then."""
    _refuses_counts(learner, "RMSprop", *journey, count, lr=0.1)
