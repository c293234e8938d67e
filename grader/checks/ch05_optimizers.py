"""Check the optimizers against torch's own arithmetic, one step or many at a time: ch05.

torch's functional optimizers (`adam`, `sgd`, `rmsprop`) move copies of the parameters along with the learner's, step by
step, so a gradient may be None and `lr` may change in between. Where two conventions are right, either will do: SGD may
keep lr inside or outside of the velocity, which differ only when lr changes.

Parameters live in the guest (`hold`) and are read back: an optimizer works in place, and one that binds a new tensor to
its own list moves nothing for its caller. Laws that hold for any optimizer are made by `_Laws`, once for each class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor
from torch.optim.adam import adam
from torch.optim.rmsprop import rmsprop
from torch.optim.sgd import sgd

from grader.checking import (
    BOOL,
    Check,
    agree,
    booleans,
    check,
    composite,
    floats,
    given,
    integers,
    law_exercise,
    lists,
    one_of,
    refuses,
    require,
    sampled_from,
    seeds,
    shortened,
    tensor_from,
)
from grader.checking.failures import CheckFailure
from grader.checking.strategies import textured

RETURNS = {"law_momentum": BOOL}

Steps = list[list[Tensor | None]]
Settings = Mapping[str, Any]


# --- what the optimizers should do ------------------------------------------------------------------------


class _Right:
    """Copies of the parameters, moved by torch's arithmetic; `reach` is the largest size each of them ever had."""

    def __init__(self, params: Sequence[Tensor], lr: float) -> None:
        self.params = [param.clone() for param in params]
        self.lr = lr
        self.reach = [_size(param) for param in params]

    def step(self, grads: Sequence[Tensor | None]) -> None:
        for index, grad in enumerate(grads):
            if grad is not None:
                self.move(index, grad.clone())
                self.reach[index] = max(self.reach[index], _size(self.params[index]))

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


class _RightSGDOfThePaper(_RightSGD):
    """SGD with lr inside the velocity, as it stands in the paper of 2013: the same while lr stays the same."""

    def move(self, index: int, grad: Tensor) -> None:
        [velocity] = self.buffers[index]
        velocity = self.momentum * (0.0 if velocity is None else velocity) + self.lr * grad
        self.buffers[index][0] = velocity
        self.params[index] -= self.lr * grad + self.momentum * velocity if self.nesterov else velocity


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


# Every one that is right; where there are several, the learner may take the way of any.
RIGHT: Mapping[str, tuple[Callable[..., _Right], ...]] = {
    "SGD": (_RightSGD, _RightSGDOfThePaper),
    "Adam": (_RightAdam,),
    "RMSprop": (_RightRMSprop,),
}


def _size(x: Tensor) -> float:
    return float(x.abs().max())


# --- inputs -----------------------------------------------------------------------------------------------

# What laws draw that others wait for: no two shapes alike, no side of 1, nothing without dimensions.
_PLAIN = (((3,),), ((3,), (2,)), ((2, 3), (3,)), ((2, 2), (4,)), ((3, 2), (2,), (4,)))
_ALIKE = (((2,), (2,)), ((2, 3), (3,), (3,)), ((2, 2), (2, 2), (2, 2)))
# Without dimensions, a side of 1, three axes, and more than 64 entries: vector loops of the processor end there.
_ODD = (
    ((), (2,)),
    ((1,),),
    ((1, 3), (2, 1, 2)),
    ((2, 1), (1, 2), (2,)),
    ((2, 3, 2),),
    ((66,),),
    ((5, 14), ()),
)
_lrs, _momenta, _yes_or_no = floats(0.01, 1), floats(0.1, 0.99), booleans()
_first_betas, _second_betas = floats(0.1, 0.95), floats(0.5, 0.99)
_negative = one_of(floats(-2, -0.01), sampled_from([-1e-3, -1e-9, -1e6]))
_TEXTURES = ("", "", "partly small", "positive", "negative", "equal", "sorted", "cancelling")


def _by_columns(x: Tensor) -> Tensor:
    """A matrix stored column by column, as a transposed weight is: flattened, it is a copy."""
    return x.mT.contiguous().mT if x.ndim > 1 else x


@composite
def journeys(
    draw: Any,
    shapes: Sequence[tuple[tuple[int, ...], ...]] = _PLAIN,
    *,
    none: bool = False,
    zeros: bool = False,
    least_steps: int = 1,
    dtype: torch.dtype = torch.float64,
) -> tuple[list[Tensor], Steps]:
    """Parameters, and the gradients of a few steps.

    Args:
        shapes: of the parameters, one of which is drawn.
        none: whether some gradients are None.
        zeros: whether some gradients are all zeros.
        least_steps: five is the most.
        dtype: of all of them.
    """
    all_shapes = tuple(map(shortened, draw(sampled_from(shapes))))
    count = draw(integers(least_steps, 5))
    seed = 100 * draw(seeds())
    # A digit per gradient: 0 and 1 random, 2 zeros, 3 None. One number shrinks faster than a list of choices.
    pattern = draw(integers(0, 4 ** (count * len(all_shapes)) - 1)) if none or zeros else 0
    params = [tensor_from(seed + 1 + place, shape, dtype=dtype) for place, shape in enumerate(all_shapes)]
    steps: Steps = []
    for step in range(count):
        grads: list[Tensor | None] = []
        for place, shape in enumerate(all_shapes):
            pattern, kind = divmod(pattern, 4)
            grad = tensor_from(seed + 10 * (step + 1) + place, shape, dtype=dtype)
            if none and kind == 3:
                grads.append(None)
            else:
                grads.append(torch.zeros_like(grad) if zeros and kind == 2 else grad)
        steps.append(grads)
    return params, steps


@composite
def odd_journeys(draw: Any) -> tuple[list[Tensor], Steps]:
    """Parameters of unusual shapes, matrices stored by columns."""
    params, steps = draw(journeys(_ODD))
    return [_by_columns(param) for param in params], steps


@composite
def wide_journeys(draw: Any) -> tuple[list[Tensor], Steps]:
    """Gradients of any size, each power of ten from 1e-8 to 1e8 as likely, in textures that random ones never have.

    The parameters start at 0: beside a parameter of size 1, a step of 1e-10 would be within rounding.
    """
    params, steps = draw(journeys((*_PLAIN, ((2, 3, 2), (2,)))))
    scale, texture = 10.0 ** draw(integers(-8, 8)), draw(sampled_from(_TEXTURES))
    wide: Steps = [
        [grad if grad is None else scale * textured(grad, texture, 4) for grad in grads] for grads in steps
    ]
    return [torch.zeros_like(param) for param in params], wide


@composite
def _settings_of_sgd(draw: Any, *, nesterov: bool | None = False) -> dict[str, Any]:
    turned_on = draw(_yes_or_no) if nesterov is None else nesterov
    return {"lr": draw(_lrs), "momentum": draw(_momenta)} | ({"nesterov": True} if turned_on else {})


@composite
def _settings_of_adam(draw: Any, eps: Sequence[float] = (1e-8,)) -> dict[str, Any]:
    return {
        "lr": draw(_lrs),
        "betas": (draw(_first_betas), draw(_second_betas)),
        "eps": draw(sampled_from(eps)),
    }


@composite
def _settings_of_rmsprop(draw: Any, eps: Sequence[float] = (1e-8,)) -> dict[str, Any]:
    return {"lr": draw(_lrs), "alpha": draw(_second_betas), "eps": draw(sampled_from(eps))}


# Large enough that it counts where it stands.
_EPS = (0.1, 1e-3, 0.5)


# --- how they are compared --------------------------------------------------------------------------------

# Relative, and in units of how far the parameter ever was from 0. Most laws ask for the way and not for the last
# digits: an eps in another place, or an average kept in float32, is the matter of one law alone.
_ABOUT = (1e-6, 1e-7)
_EXACT = (1e-9, 1e-10)
# In float32 some orders of the arithmetic lose three digits of 1 - beta.
_SINGLE = (1e-4, 2e-5)


def _follow(
    learner: Any,
    name: str,
    params: Sequence[Tensor],
    steps: Steps,
    lrs: Sequence[float] = (),
    tolerance: tuple[float, float] = _ABOUT,
    **settings: Any,
) -> None:
    """Walk the same steps with the learner's optimizer and with the right ones; `lrs` are set before each step."""
    held = [learner.hold(param) for param in params]
    theirs, right = learner.call(name, held, **settings), [make(params, **settings) for make in RIGHT[name]]
    for index, grads in enumerate(steps):
        if index < len(lrs):
            for optimizer in (theirs, *right):
                optimizer.lr = lrs[index]
        theirs.step(grads)
        for one in right:
            one.step(grads)
    _compare(held, right, tolerance)


def _compare(held: Sequence[Any], right: Sequence[_Right], tolerance: tuple[float, float] = _ABOUT) -> None:
    """The held parameters are where one of the right ones has them; the first is shown if none has."""
    values = [param.value() for param in held]
    failures = []
    for one in right:
        try:
            for index, (value, wanted, reach) in enumerate(zip(values, one.params, one.reach, strict=True)):
                agree(value, wanted, rtol=tolerance[0], atol=tolerance[1] * reach, what=f"parameter {index}")
        except CheckFailure as failure:
            failures.append(failure)
        else:
            return
    raise failures[0]


def _walk(
    learner: Any, name: str, params: Sequence[Tensor], steps: Steps, settings: Settings
) -> list[Tensor]:
    """Where the learner's own optimizer ends."""
    held = [learner.hold(param) for param in params]
    theirs = learner.call(name, held, **settings)
    for grads in steps:
        theirs.step(grads)
    return [param.value() for param in held]


# --- laws of any optimizer --------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Laws:
    """What every optimizer keeps, each law after the first step or after the main law, and none before another.

    Args:
        name: the class.
        first: the law of the first step; whoever does nothing breaks it.
        main: the law of several plain steps.
        plain: settings without corners, for laws that compare with the right optimizer.
        settings: settings with corners, for laws that compare the learner's optimizer with itself.
        memory: what an optimizer keeps for each parameter, in the titles.
        hints: by law, where they differ.
    """

    name: str
    first: Check
    main: Check
    plain: Any
    settings: Any
    memory: str
    hints: Mapping[str, str]

    def all(self) -> tuple[Check, ...]:
        """Every law, in the order in which they run and are shown."""
        return (
            *self._of_parameters(), *self._of_gradients(), self._of_lr(),
            *self._of_callers(), *self._of_dtypes(), self._of_refusals(),
        )  # fmt: skip

    def _law(
        self,
        key: str,
        title: str,
        body: Callable[..., None],
        hint: str,
        after: Check,
        examples: int,
        **inputs: Any,
    ) -> Check:
        return Check(
            f"check_{self.name.lower()}_{key}", self.name, title, body, MappingProxyType(inputs),
            self.hints.get(key, hint), (after,), examples=examples,
        )  # fmt: skip

    # --- compared with the right optimizer ---

    def _of_parameters(self) -> Iterator[Check]:
        yield self._law(
            "takes_any_shape",
            "Parameters may have no dimensions, sides of 1 or three axes, many entries, and lie in memory by columns.",
            self._follows, "Write into the parameter as it is: no param[:], no flattening.", self.main, 40,
            params_and_steps=odd_journeys(), settings=self.plain,
        )  # fmt: skip
        yield self._law(
            "keeps_parameters_apart", f"Two parameters of one shape have {self.memory} of their own each.",
            self._follows, "Look things up by position, not by shape.", self.main, 40,
            params_and_steps=journeys(_ALIKE), settings=self.plain,
        )  # fmt: skip

    def _of_gradients(self) -> Iterator[Check]:
        yield self._law(
            "takes_any_gradient",
            "Gradients of any size will do, from 1e-8 to 1e8, equal, sorted, of one sign, or adding up to 0.",
            self._follows, "The same formula holds for every number.", self.main, 100,
            params_and_steps=wide_journeys(), settings=self.plain,
        )  # fmt: skip
        yield self._law(
            "rolls_on_without_gradient", f"A gradient of zeros is a gradient: {self.memory} take it in and fade.",
            self._follows, "Zeros are not None. Go through the same lines as for any gradient.", self.main, 40,
            params_and_steps=journeys(zeros=True, least_steps=2), settings=self.plain,
        )  # fmt: skip
        yield self._law(
            "skips_none", f"A None gradient leaves its parameter and {self.memory} as they are, and the others move.",
            self._follows, "Skip a parameter whose gradient is None and go on with the next one.", self.main, 60,
            params_and_steps=journeys(none=True, least_steps=2), settings=self.plain,
        )  # fmt: skip

    def _of_lr(self) -> Check:
        return self._law(
            "reads_lr_at_every_step", "Setting lr between steps changes the next step.",
            self._follows_changing_lr, "Use self.lr in step, not a copy made earlier.", self.main, 50,
            params_and_steps=journeys(least_steps=2), settings=self.plain,
            lrs=lists(floats(0, 1), min_size=2, max_size=5),
        )  # fmt: skip

    def _of_dtypes(self) -> Iterator[Check]:
        hint = "New tensors need the dtype of their parameter: torch.zeros_like."
        yield self._law(
            "works_in_float32", "It works on float32 parameters as well.",
            self._follows_in_float32, hint, self.main, 40,
            params_and_steps=journeys(dtype=torch.float32), settings=self.plain,
        )  # fmt: skip
        yield self._law(
            "is_exact_in_float64", "In float64 nine digits are right: nothing on the way is kept in float32.",
            self._follows_exactly, hint, self.main, 40,
            params_and_steps=journeys(), settings=self.plain,
        )  # fmt: skip

    def _follows(self, learner: Any, params_and_steps: Any, settings: Settings) -> None:
        _follow(learner, self.name, *params_and_steps, **settings)

    def _follows_exactly(self, learner: Any, params_and_steps: Any, settings: Settings) -> None:
        _follow(learner, self.name, *params_and_steps, tolerance=_EXACT, **settings)

    def _follows_in_float32(self, learner: Any, params_and_steps: Any, settings: Settings) -> None:
        _follow(learner, self.name, *params_and_steps, tolerance=_SINGLE, **settings)

    def _follows_changing_lr(
        self, learner: Any, params_and_steps: Any, settings: Settings, lrs: Sequence[float]
    ) -> None:
        _follow(learner, self.name, *params_and_steps, lrs, **settings)

    # --- compared with itself, so that no other mistake shows ---

    def _of_callers(self) -> Iterator[Check]:
        yield self._law(
            "keeps_the_gradients", "The caller's gradients stay as they are, also when a tensor is passed in again.",
            self._keeps_gradients, "Work in new tensors, or in your own; not in the gradient.", self.first, 40,
            params_and_steps=journeys(), settings=self.settings,
        )  # fmt: skip
        yield self._law(
            "keeps_optimizers_apart", "An optimizer goes the same way beside another one as it goes alone.",
            self._keeps_optimizers_apart, f"Make {self.memory} in __init__, not on the class.", self.first, 25,
            params_and_steps=journeys(), settings=self.settings,
        )  # fmt: skip
        yield self._law(
            "takes_any_iterable",
            "The parameters may come as a tuple, as a bare sequence, or from an iterator; the gradients as a tuple.",
            self._takes_any_iterable, "Turn params into a list once: an iterator gives its items only one time.",
            self.first, 10, params_and_steps=journeys(least_steps=2), settings=self.settings,
        )  # fmt: skip

    def _of_refusals(self) -> Check:
        return self._law(
            "refuses_a_wrong_number_of_gradients",
            "Too few or too many gradients raise ValueError, and nothing has changed then.",
            self._refuses_counts, "Compare the two lengths before anything moves.", self.first, 40,
            params_and_steps=journeys(), settings=self.settings, count=integers(0, 3),
        )  # fmt: skip

    def _keeps_gradients(self, learner: Any, params_and_steps: Any, settings: Settings) -> None:
        # Where the parameters end is no matter of this law: it looks at the gradients alone.
        params, steps = params_and_steps
        theirs = learner.call(self.name, [learner.hold(param) for param in params], **settings)
        kept = [[learner.hold(grad) for grad in grads] for grads in steps]
        for held_grads in (kept[0], *kept):  # the same tensors twice: a velocity may be one of them by now
            theirs.step(held_grads)
        for grads, held_grads in zip(steps, kept, strict=True):
            for grad, held_grad in zip(grads, held_grads, strict=True):
                agree(held_grad.value(), grad, what="the caller's gradient, after the steps,")

    def _keeps_optimizers_apart(self, learner: Any, params_and_steps: Any, settings: Settings) -> None:
        params, steps = params_and_steps
        walks = (steps, steps[::-1])
        alone = [_walk(learner, self.name, params, walk, settings) for walk in walks]
        held = [[learner.hold(param) for param in params] for _ in walks]
        theirs = [learner.call(self.name, mine, **settings) for mine in held]
        for pair in zip(*walks, strict=True):
            for optimizer, grads in zip(theirs, pair, strict=True):
                optimizer.step(grads)
        for mine, wanted in zip(held, alone, strict=True):
            for index, (param, value) in enumerate(zip(mine, wanted, strict=True)):
                agree(param.value(), value, what=f"parameter {index}, beside another optimizer,")

    def _takes_any_iterable(self, learner: Any, params_and_steps: Any, settings: Settings) -> None:
        params, steps = params_and_steps
        wanted = _walk(learner, self.name, params, steps, settings)
        for kind in (tuple, learner.sequence, learner.iterator):
            held = [learner.hold(param) for param in params]
            theirs = learner.call(self.name, kind(held), **settings)
            for grads in steps:
                theirs.step(tuple(grads))
            for index, (param, value) in enumerate(zip(held, wanted, strict=True)):
                agree(param.value(), value, what=f"parameter {index}")

    def _refuses_counts(self, learner: Any, params_and_steps: Any, settings: Settings, count: int) -> None:
        params, steps = params_and_steps
        held = [learner.hold(param) for param in params]
        theirs = learner.call(self.name, held, **settings)
        grads = (steps[0] * 4)[: count + (count >= len(params))]
        refuses(lambda: theirs.step(grads), ValueError, names="grads", value=len(grads))
        for index, (param, before) in enumerate(zip(held, params, strict=True)):
            agree(param.value(), before, rtol=0, atol=0, what=f"parameter {index}, after a refused step,")
        theirs.step(steps[0])
        wanted = _walk(learner, self.name, params, steps[:1], settings)
        for index, (param, value) in enumerate(zip(held, wanted, strict=True)):
            agree(param.value(), value, what=f"parameter {index}, one step after a refused one,")


def _descends(learner: Any, name: str, seed: int, count: int, **settings: Any) -> None:
    """Walk down a bowl of random steepness, in step with the right optimizer; the bottom is reached."""
    bottom = tensor_from(seed + 1, (3,), scale=1.0)
    steepness = tensor_from(seed + 2, (3,), low=0.5, high=2.0)
    held = learner.hold(torch.zeros_like(bottom))
    theirs, right = learner.call(name, [held], **settings), RIGHT[name][0]([held.start], **settings)
    for _ in range(count):
        grad = steepness * (right.params[0] - bottom)
        theirs.step([grad])
        right.step([grad])
        _compare([held], [right])
    distance = _size(held.value() - bottom)
    require(distance < 0.05, f"after {count} steps down a bowl it is still {distance:.3g} from the bottom")


def _stops_at(held: Any, wanted: Tensor, tolerance: tuple[float, float]) -> None:
    """Where a parameter is that started at 0: compared by its own size, which may be tiny."""
    agree(
        held.value(),
        wanted,
        rtol=tolerance[0],
        atol=tolerance[1] * _size(wanted),
        what="the parameter after one step",
    )


# --- SGD --------------------------------------------------------------------------------------------------
#
# A plain step comes first, since momentum and Nesterov are only seen from the second step on: who has no momentum yet
# keeps the laws of the plain step.


@check("SGD", hint="Move against the gradient, and write into the tensor that was passed in.", examples=50)
@given(params_and_steps=journeys(), lr=floats(0.01, 2))
def check_sgd_moves_against_the_gradient(learner, params_and_steps, lr):
    """Plain SGD moves each parameter in place by lr times its gradient, downhill."""
    params, steps = params_and_steps
    held = [learner.hold(param) for param in params]
    learner.SGD(held, lr).step(steps[0])
    for param, before, grad in zip(held, params, steps[0], strict=True):
        agree(param.value(), before - lr * grad, rtol=1e-6, atol=1e-6, what="the parameter after one step")


@check(
    "SGD",
    hint="Follow one velocity through three steps on paper: what is kept of it, and what is added?",
    after=check_sgd_moves_against_the_gradient,
    weight=2,
)
@given(params_and_steps=journeys(), settings=_settings_of_sgd())
def check_sgd_follows_torch(learner, params_and_steps, settings):
    """With momentum it goes the way of torch.optim.SGD, however many parameters and steps."""
    _follow(learner, "SGD", *params_and_steps, **settings)


@check(
    "SGD",
    hint="With which velocity is the look ahead made, the old one or the new one?",
    after=check_sgd_moves_against_the_gradient,
)
@given(params_and_steps=journeys(), settings=_settings_of_sgd(nesterov=True))
def check_sgd_looks_ahead(learner, params_and_steps, settings):
    """With Nesterov it goes the way of torch.optim.SGD, too."""
    _follow(learner, "SGD", *params_and_steps, **settings)


def _sgd_stops(learner: Any, stops: Sequence[float], *, nesterov: bool) -> None:
    """Where gradients of 1 lead with lr 1 and momentum 0.9."""
    one = torch.ones(1, dtype=torch.float64)
    held = learner.hold(torch.zeros_like(one))
    optimizer = learner.SGD([held], 1.0, 0.9, nesterov)
    for stop in stops:
        optimizer.step([one])
        agree(held.value(), torch.full_like(one, stop), rtol=1e-6, what="the parameter")


@check(
    "SGD",
    hint="Work the example of the lesson by hand: velocities 1, 1.9, 2.71.",
    after=check_sgd_moves_against_the_gradient,
    weight=0.5,
)
def check_sgd_known_values(learner):
    """The example of the lesson: with momentum 0.9 gradients of 1 make steps of 1, 1.9 and 2.71."""
    _sgd_stops(learner, (-1.0, -2.9, -5.61), nesterov=False)


@check(
    "SGD",
    hint="Work the first step by hand: what is the first velocity, and what is moved by?",
    after=check_sgd_moves_against_the_gradient,
    weight=0.5,
)
def check_sgd_known_values_of_nesterov(learner):
    """The example of the lesson: with Nesterov and momentum 0.9 gradients of 1 make steps of 1.9, 2.71 and 3.439."""
    _sgd_stops(learner, (-1.9, -4.61, -8.049), nesterov=True)


@check(
    "SGD",
    hint="The defaults stand in the signature: keep them, and use them.",
    after=check_sgd_moves_against_the_gradient,
    examples=20,
)
@given(params_and_steps=journeys(least_steps=2), lr=_lrs)
def check_sgd_has_no_momentum_by_default(learner, params_and_steps, lr):
    """Left out, momentum is 0 and nesterov is off, at every step."""
    _follow(learner, "SGD", *params_and_steps, lr=lr)


@check(
    "SGD",
    hint="lr = 0 is legal: refuse what is below 0 only.",
    after=check_sgd_moves_against_the_gradient,
    weight=0.5,
    examples=10,
)
@given(params_and_steps=journeys(), settings=_settings_of_sgd(nesterov=None))
def check_sgd_takes_an_lr_of_zero(learner, params_and_steps, settings):
    """An lr of 0 is legal, and nothing moves."""
    _follow(learner, "SGD", *params_and_steps, **(settings | {"lr": 0.0}))


check_sgd_everywhere = _Laws(
    "SGD",
    check_sgd_moves_against_the_gradient,
    check_sgd_follows_torch,
    _settings_of_sgd(),
    _settings_of_sgd(nesterov=None),
    "velocities",
    {
        "skips_none": "Skip a parameter whose gradient is None: velocity and all. Go on with the next one.",
        "keeps_the_gradients": "Whose tensor is the velocity? Keep one of your own; do not write into the gradient.",
    },
).all()


@check(
    "SGD",
    hint="The velocity must go on growing and fading after the first steps.",
    examples=3,
    after=check_sgd_follows_torch,
)
@given(seed=seeds())
def check_sgd_reaches_the_bottom(learner, seed):
    """It finds the bottom of a random bowl in 120 steps, each of them right."""
    _descends(learner, "SGD", seed, 120, lr=0.1, momentum=0.8)


@check(
    "SGD",
    hint='Check the settings first and name what is wrong: f"lr is {lr}".',
    after=check_sgd_moves_against_the_gradient,
    examples=30,
)
@given(bad=_negative)
def check_sgd_refuses_negative_settings(learner, bad):
    """A negative lr and a negative momentum raise ValueError with name and value."""
    param = learner.hold(torch.zeros(2, dtype=torch.float64))
    refuses(lambda: learner.SGD([param], bad), ValueError, names="lr", value=bad)
    refuses(lambda: learner.SGD([param], 0.1, momentum=bad), ValueError, names="momentum", value=bad)


@check(
    "SGD",
    hint="Nesterov needs a momentum above 0; name nesterov and show its value.",
    after=check_sgd_moves_against_the_gradient,
    weight=0.5,
)
def check_sgd_refuses_nesterov_alone(learner):
    """nesterov without momentum raises ValueError with name and value."""
    param = learner.hold(torch.zeros(2, dtype=torch.float64))
    refuses(lambda: learner.SGD([param], 0.1, nesterov=True), ValueError, names="nesterov", value=True)


# --- Adam -------------------------------------------------------------------------------------------------
#
# The corrections by 1 - beta to the power of the count matter most in the first steps, so a few steps show them. An
# eps of 1e-8 hides where it stands; larger ones, in a law of their own, tell.


@composite
def first_gradients(draw: Any, *, powers: tuple[int, int] = (0, 0)) -> Tensor:
    """A gradient of both signs without small entries beside large ones, times a power of ten."""
    grad = 10.0 ** draw(integers(*powers)) * tensor_from(
        draw(seeds()) + 1, shortened((2, 3)), low=0.5, high=9.0
    )
    grad[0] *= -1
    return grad


def _adam_first_step(
    learner: Any,
    grad: Tensor,
    lr: float,
    betas: tuple[float, float],
    eps: float,
    tolerance: tuple[float, float],
) -> None:
    held = learner.hold(torch.zeros_like(grad))
    learner.Adam([held], lr, betas, eps).step([grad])
    _stops_at(held, -lr * grad / (grad.abs() + eps), tolerance)


_some_betas = sampled_from([(0.9, 0.999), (0.8, 0.95), (0.5, 0.9), (0.3, 0.7)])


@check("Adam", hint="What are both averages after one step, before and after the correction?", examples=60)
@given(grad=first_gradients(), lr=_lrs, betas=_some_betas)
def check_adam_first_step_is_lr(learner, grad, lr, betas):
    """The first step is as long as lr, eps aside, whatever the betas are."""
    _adam_first_step(learner, grad, lr, betas, 1e-8, _ABOUT)


@check(
    "Adam",
    hint="eps is added after the root is taken, and after the correction.",
    after=check_adam_first_step_is_lr,
)
@given(
    grad=first_gradients(powers=(-8, 8)),
    lr=_lrs,
    betas=_some_betas,
    eps=sampled_from([1e-8, 1e-8, 0.01, 1e-4]),
)
def check_adam_first_step_of_any_scale(learner, grad, lr, betas, eps):
    """The first step is lr * g / (|g| + eps) for gradients from 1e-8 to 1e8."""
    _adam_first_step(learner, grad, lr, betas, eps, _EXACT)


@check(
    "Adam",
    hint="Work the table of the lesson by hand, line by line.",
    after=check_adam_first_step_is_lr,
    weight=0.5,
)
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
@given(params_and_steps=journeys(), settings=_settings_of_adam())
def check_adam_follows_torch(learner, params_and_steps, settings):
    """It goes the way of torch.optim.Adam, however many parameters and steps, for any lr and betas."""
    _follow(learner, "Adam", *params_and_steps, **settings)


@check(
    "Adam",
    hint="eps is an argument: use it, once, after the root.",
    after=check_adam_follows_torch,
    examples=60,
)
@given(params_and_steps=journeys(), settings=_settings_of_adam(_EPS))
def check_adam_adds_eps(learner, params_and_steps, settings):
    """eps is added to the root of the corrected average."""
    _follow(learner, "Adam", *params_and_steps, **settings)


@check(
    "Adam",
    hint="The defaults stand in the signature: keep them, and use them.",
    after=check_adam_first_step_is_lr,
    examples=50,
)
@given(seed=seeds(), power=sampled_from([-8, 0]))
def check_adam_defaults(learner, seed, power):
    """Left out, lr is 0.001, the betas are 0.9 and 0.999, and eps is 1e-8."""
    steps: Steps = [[10.0**power * tensor_from(seed + k, (3,), low=0.5, high=9.0)] for k in range(1, 4)]
    _follow(learner, "Adam", [torch.zeros(3, dtype=torch.float64)], steps)


@check(
    "Adam",
    hint="Zeros are legal: refuse what is below 0, and betas from 1 on.",
    after=check_adam_first_step_is_lr,
    weight=0.5,
    examples=30,
)
@given(
    grad=first_gradients(),
    zeros=sampled_from([{"lr": 0.0}, {"eps": 0.0}, {"betas": (0.0, 0.9)}, {"betas": (0.5, 0.0)}]),
)
def check_adam_takes_settings_of_zero(learner, grad, zeros):
    """An lr, an eps and betas of 0 are legal."""
    _follow(learner, "Adam", [torch.zeros_like(grad)], [[grad], [grad / 2]], **zeros)


check_adam_everywhere = _Laws(
    "Adam",
    check_adam_first_step_is_lr,
    check_adam_follows_torch,
    _settings_of_adam(),
    _settings_of_adam((1e-8, *_EPS)),
    "averages",
    {
        "skips_none": "Each parameter counts its own updates; None means that it had none this time.",
        "keeps_the_gradients": "Scale and square into new tensors, or into your own averages; not into the gradient.",
    },
).all()


@check(
    "Adam",
    hint="The averages must go on moving after the first steps.",
    examples=3,
    after=check_adam_follows_torch,
)
@given(seed=seeds())
def check_adam_reaches_the_bottom(learner, seed):
    """It finds the bottom of a random bowl in 150 steps, each of them right."""
    _descends(learner, "Adam", seed, 150, lr=0.1, betas=(0.8, 0.95))


# 1 is outside: the average would never hear of a gradient.
_no_shares = one_of(floats(-1, -0.01), floats(1, 2), sampled_from([1.0, -1e-9]))


@check(
    "Adam",
    hint='Check the settings first and name what is wrong: f"lr is {lr}".',
    after=check_adam_first_step_is_lr,
    examples=30,
)
@given(bad=_negative)
def check_adam_refuses_negative_settings(learner, bad):
    """A negative lr and a negative eps raise ValueError with name and value."""
    param = learner.hold(torch.zeros(2, dtype=torch.float64))
    refuses(lambda: learner.Adam([param], bad), ValueError, names="lr", value=bad)
    refuses(lambda: learner.Adam([param], eps=bad), ValueError, names="eps", value=bad)


@check(
    "Adam",
    hint="Both betas count, and 1 is outside: name betas and show the value.",
    after=check_adam_first_step_is_lr,
)
@given(beta=_no_shares, first=booleans())
def check_adam_refuses_bad_betas(learner, beta, first):
    """A beta outside [0, 1) raises ValueError with name and value, be it the first or the second."""
    param = learner.hold(torch.zeros(2, dtype=torch.float64))
    betas = (beta, 0.9) if first else (0.9, beta)
    refuses(lambda: learner.Adam([param], betas=betas), ValueError, names="betas", value=beta)


# --- RMSprop ----------------------------------------------------------------------------------------------
#
# It differs from Adam by what is missing: no first average, and no correction of an average that is still empty.


def _rmsprop_first_step(
    learner: Any, grad: Tensor, lr: float, alpha: float, eps: float, tolerance: tuple[float, float]
) -> None:
    held = learner.hold(torch.zeros_like(grad))
    learner.RMSprop([held], lr, alpha, eps).step([grad])
    _stops_at(held, -lr * grad / ((1 - alpha) ** 0.5 * grad.abs() + eps), tolerance)


_some_alphas = sampled_from([0.99, 0.5, 0.9, 0.75])


@check("RMSprop", hint="What is the average after one step, and is it used as it is?", examples=60)
@given(grad=first_gradients(), lr=_lrs, alpha=_some_alphas)
def check_rmsprop_first_step_is_too_long(learner, grad, lr, alpha):
    """The first step is lr / sqrt(1 - alpha) long, eps aside: ten times lr for 0.99."""
    _rmsprop_first_step(learner, grad, lr, alpha, 1e-8, _ABOUT)


@check(
    "RMSprop",
    hint="eps is added after the root is taken.",
    after=check_rmsprop_first_step_is_too_long,
)
@given(
    grad=first_gradients(powers=(-8, 8)),
    lr=_lrs,
    alpha=_some_alphas,
    eps=sampled_from([1e-8, 1e-8, 0.01, 1e-4]),
)
def check_rmsprop_first_step_of_any_scale(learner, grad, lr, alpha, eps):
    """The first step is lr * g / (sqrt(1 - alpha) * |g| + eps) for gradients from 1e-8 to 1e8."""
    _rmsprop_first_step(learner, grad, lr, alpha, eps, _EXACT)


@check(
    "RMSprop",
    hint="How full is the average after t steps, and does it go on filling?",
    after=check_rmsprop_first_step_is_too_long,
    examples=6,
)
@given(seed=seeds(), lr=floats(0.01, 1), alpha=sampled_from([0.9, 0.8, 0.95]))
def check_rmsprop_steps_settle_at_lr(learner, seed, lr, alpha):
    """Under a gradient that stays the same, step t is lr / sqrt(1 - alpha^t) long, for each of 60 steps."""
    grad = tensor_from(seed + 1, (3,), low=0.5, high=9.0)
    start = torch.zeros_like(grad)
    held = learner.hold(start)
    optimizer, stop = learner.RMSprop([held], lr, alpha, 1e-8), start
    for step in range(1, 61):
        optimizer.step([grad])
        stop = stop - lr / (1 - alpha**step) ** 0.5
        agree(held.value(), stop, rtol=1e-6, what=f"the parameter after step {step}")


@check(
    "RMSprop",
    hint="Work the example of the lesson by hand, line by line.",
    after=check_rmsprop_first_step_is_too_long,
    weight=0.5,
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
@given(params_and_steps=journeys(), settings=_settings_of_rmsprop())
def check_rmsprop_follows_torch(learner, params_and_steps, settings):
    """It goes the way of torch.optim.RMSprop, however many parameters and steps, for any lr and alpha."""
    _follow(learner, "RMSprop", *params_and_steps, **settings)


@check(
    "RMSprop",
    hint="eps is an argument: use it, once, after the root.",
    after=check_rmsprop_follows_torch,
    examples=60,
)
@given(params_and_steps=journeys(), settings=_settings_of_rmsprop(_EPS))
def check_rmsprop_adds_eps(learner, params_and_steps, settings):
    """eps is added to the root of the average."""
    _follow(learner, "RMSprop", *params_and_steps, **settings)


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
    hint="Zeros are legal: refuse what is below 0, and an alpha from 1 on.",
    after=check_rmsprop_first_step_is_too_long,
    weight=0.5,
    examples=30,
)
@given(grad=first_gradients(), zeros=sampled_from([{"lr": 0.0}, {"eps": 0.0}, {"alpha": 0.0}]))
def check_rmsprop_takes_settings_of_zero(learner, grad, zeros):
    """An lr, an eps and an alpha of 0 are legal."""
    _follow(learner, "RMSprop", [torch.zeros_like(grad)], [[grad], [grad / 2]], **zeros)


check_rmsprop_everywhere = _Laws(
    "RMSprop",
    check_rmsprop_first_step_is_too_long,
    check_rmsprop_follows_torch,
    _settings_of_rmsprop(),
    _settings_of_rmsprop((1e-8, *_EPS)),
    "averages",
    {
        "skips_none": "Skip a parameter whose gradient is None: average and all. Go on with the next one.",
        "reads_lr_at_every_step": "Use self.lr in step, not a copy made earlier; and keep it out of the average.",
        "keeps_the_gradients": "Square and divide into new tensors, or into your own average; not into the gradient.",
    },
).all()


@check(
    "RMSprop",
    hint='Check the settings first and name what is wrong: f"lr is {lr}".',
    after=check_rmsprop_first_step_is_too_long,
    examples=30,
)
@given(bad=_negative)
def check_rmsprop_refuses_negative_settings(learner, bad):
    """A negative lr and a negative eps raise ValueError with name and value."""
    param = learner.hold(torch.zeros(2, dtype=torch.float64))
    refuses(lambda: learner.RMSprop([param], bad), ValueError, names="lr", value=bad)
    refuses(lambda: learner.RMSprop([param], eps=bad), ValueError, names="eps", value=bad)


@check(
    "RMSprop",
    hint="1 is outside: name alpha and show its value.",
    after=check_rmsprop_first_step_is_too_long,
    examples=60,
)
@given(alpha=_no_shares)
def check_rmsprop_refuses_a_bad_alpha(learner, alpha):
    """An alpha outside [0, 1) raises ValueError with name and value."""
    param = learner.hold(torch.zeros(2, dtype=torch.float64))
    refuses(lambda: learner.RMSprop([param], alpha=alpha), ValueError, names="alpha", value=alpha)


# --- law_momentum -----------------------------------------------------------------------------------------
#
# An optimizer without its class: `path(weight, grads, lr, momentum)` gives the weight after each step.


def path__velocity(weight, grads, lr, momentum):
    """It keeps a velocity."""
    velocity, found = torch.zeros_like(weight), []
    for grad in grads:
        velocity = momentum * velocity + grad
        weight = weight - lr * velocity
        found.append(weight)
    return found


def path__rate_inside(weight, grads, lr, momentum):
    """It keeps the learning rate inside the velocity."""
    move, found = torch.zeros_like(weight), []
    for grad in grads:
        move = move * momentum - grad * lr
        weight = weight + move
        found.append(weight)
    return found


def path__all_gradients(weight, grads, lr, momentum):
    """It adds up all earlier gradients anew for each step, each by its age."""
    found = []
    for step in range(len(grads)):
        ages = [momentum ** (step - earlier) for earlier in range(step + 1)]
        total = sum(share * grad for share, grad in zip(ages, grads, strict=False))
        weight = weight - lr * total
        found.append(weight)
    return found


def path__stands_still(weight, grads, lr, momentum):
    """The weight never moves."""
    return [weight.clone() for _ in grads]


def path__uphill(weight, grads, lr, momentum):
    """It goes with the gradient and not against it."""
    return path__velocity(weight, grads, -lr, momentum)


def path__no_momentum(weight, grads, lr, momentum):
    """There is no momentum: every step is lr times its gradient."""
    return path__velocity(weight, grads, lr, 0.0)


def path__damped(weight, grads, lr, momentum):
    """The gradient counts 1 - momentum, so that all steps are shorter."""
    return path__velocity(weight, grads, lr * (1 - momentum), momentum)


def path__nesterov(weight, grads, lr, momentum):
    """It looks one gradient ahead, as Nesterov's way does."""
    velocity, found = torch.zeros_like(weight), []
    for grad in grads:
        velocity = momentum * velocity + grad
        weight = weight - lr * (grad + momentum * velocity)
        found.append(weight)
    return found


def path__forgets(weight, grads, lr, momentum):
    """The velocity remembers the last gradient only, and not those before it."""
    found = []
    for step, grad in enumerate(grads):
        before = grads[step - 1] if step else torch.zeros_like(grad)
        weight = weight - lr * (grad + momentum * before)
        found.append(weight)
    return found


def path__rate_squared(weight, grads, lr, momentum):
    """The learning rate is multiplied in twice."""
    return path__velocity(weight, grads, lr * lr, momentum)


def path__first_gradient(weight, grads, lr, momentum):
    """All steps take the first gradient."""
    return path__velocity(weight, [grads[0]] * len(grads), lr, momentum)


def path__weight_fades(weight, grads, lr, momentum):
    """The momentum is put on the weight, which fades with every step."""
    found = []
    for grad in grads:
        weight = momentum * weight - lr * grad
        found.append(weight)
    return found


law_momentum = law_exercise(
    "law_momentum",
    "path",
    [
        {
            "weight": tensor_from(1 + 6 * number, (size,)),
            "grads": [tensor_from(2 + 6 * number + step, (size,)) for step in range(steps)],
            "lr": lr,
            "momentum": momentum,
        }
        for number, (size, steps, lr, momentum) in enumerate(
            [
                (1, 1, 0.1, 0.9),
                (1, 2, 0.5, 0.0),
                (1, 2, 0.1, 0.5),
                (2, 2, 0.1, 0.9),
                (1, 3, 0.01, 0.9),
                (2, 4, 0.3, 0.8),
            ]
        )
    ],
    right=(path__velocity, path__rate_inside, path__all_gradients),
    wrong={
        path__stands_still: "Is there a step at all?",
        path__uphill: "Where does the first step go?",
        path__no_momentum: "How much of a step comes again in the next one?",
        path__damped: "How long is the first step?",
        path__nesterov: "How long is the first step?",
        path__forgets: "How much of the second step comes again in the third?",
        path__rate_squared: "How long is the first step?",
        path__first_gradient: "Which gradient does the second step take?",
        path__weight_fades: "What part of a step comes from the weight itself?",
    },
)
