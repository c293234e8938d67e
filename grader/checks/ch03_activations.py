"""Check sigmoid, tanh, relu, softmax, log-softmax, the extras gelu, silu, leaky relu, and their ways back."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import torch
from hypothesis.strategies import SearchStrategy
from torch.nn import functional

from grader.checking import (
    BOOL,
    TENSOR,
    Check,
    LearnerRaised,
    NotCheckable,
    agree,
    agree_gradient,
    apart,
    autograd,
    check,
    composite,
    cotangent,
    derived,
    floats,
    given,
    integers,
    law_exercise,
    one_of,
    require,
    sampled_from,
    scores_apart,
    seeds,
    shapes,
    shortened,
    tensor_from,
    tensor_laws,
    tensors,
)

ELEMENTWISE = ("sigmoid", "tanh", "relu")
ALONG_DIM = ("softmax", "log_softmax")
EXTRA = ("gelu", "silu", "leaky_relu")
# Each returns one tensor: a tuple or a list is told so before any law is tried.
RETURNS = {name + way: TENSOR for name in ELEMENTWISE + ALONG_DIM + EXTRA for way in ("", "_backward")} | {
    "law_softmax": BOOL
}

# A law that others wait for draws plain inputs: two dimensions, entries of about 1. Each corner has a law of its own
# that nothing waits for, so that one slip costs one law.
ORDINARY = (1.0, 0.0, -1.0, 0.5, 2.0, -3.0)
LARGE = (1e4, -1e4, 0.0, 800.0, -800.0, 100.0, -100.0, 1.0)
WISHES = (0.0, 1.0, -1.0)
INF = math.inf
# What is bounded by 1 may carry a few roundings of 1.1e-16 each: 2 * sigmoid(2x) - 1 is a right way to write tanh. So
# an error is measured beside what the result is made of, not beside the result, which may be far smaller.
ROUNDING = 4e-15


# A small number in the denominator, as many write it, changes the ninth digit: that costs one law, and not all
# the others.
NEARLY = {"rtol": 1e-6, "atol": 1e-7}


def exactly(*sizes: torch.Tensor) -> dict[str, float]:
    """Tolerances of a result worked out by hand: right to the last digits. One measured by differences is not.

    Args:
        sizes: the tensors whose largest entries the result's rounding grows with, such as grad_out.
    """
    largest = [float(size.abs().max()) for size in sizes if size.numel()]
    return {"rtol": 1e-11, "atol": ROUNDING * math.prod(largest)}


def nonzero(x: torch.Tensor) -> torch.Tensor:
    """Ones for zeros: 0 is where functions have corners and quotients fail, and has a law of its own."""
    return torch.where(x == 0, torch.ones_like(x), x)


def away_from_zero(x: torch.Tensor) -> torch.Tensor:
    """Entries of 0.1 or more: what is nearer to 0 moves away from it, and a zero becomes 1."""
    return nonzero(torch.where(x.abs() < 0.1, x + 0.1 * x.sign(), x))


def half_zero(x: torch.Tensor) -> torch.Tensor:
    """Every other entry becomes 0, or -0 if it was negative: a constant is not right for both."""
    places = torch.arange(x.numel()).reshape(x.shape) % 2 == 0
    return torch.where(places, 0.0 * x, x)


def plain() -> SearchStrategy[torch.Tensor]:
    """One or two dimensions and entries of about 1: what everybody tries first.

    None is close to 0, where a law of its own looks for the last digits.
    """
    return tensors(ndim=(1, 2), side=(2, 4), special=ORDINARY, textures=False).map(away_from_zero)


def plain_pair() -> dict[str, SearchStrategy[torch.Tensor]]:
    """The same for a way back: grad_out, which may well be 0, and x, of one shape."""
    return {
        "grad_out": tensors(shape=(2, 3), special=WISHES, textures=False),
        "x": tensors(shape=(2, 3), special=ORDINARY, textures=False).map(nonzero),
    }


def wishes() -> SearchStrategy[torch.Tensor]:
    """Gradients of the output of any size and texture: a way back is linear in them, so no size may matter."""
    return one_of(
        tensors(shape=(2, 3), special=WISHES),
        seeds().map(lambda seed: cotangent(shortened((2, 3)), seed)),
        floats(-3, 3).map(lambda wish: torch.full(shortened((2, 3)), wish, dtype=torch.float64)),
    )


@composite
def magnitudes(draw, low, high):
    """Entries of either sign, of one magnitude between 10^low and 10^high, each as likely; now and then one of about 1.

    One magnitude for all: an error is judged beside the largest entry, and would hide in the company of larger ones.
    """
    shape = draw(shapes((1, 2), (1, 4)))
    seed, decade = draw(seeds()), draw(one_of(floats(low, high), floats(low, min(high, low + 1))))
    digits = tensor_from(seed, shape, low=1.0, high=5.0)
    signs = tensor_from(seed + 1, shape, low=-1.0, high=1.0)
    x = torch.where(signs < 0, -digits, digits) * 10.0**decade
    if draw(integers(0, 3)) == 0:
        x.view(-1)[-1] = 0.5
    return x


def odd_shapes() -> SearchStrategy[torch.Tensor]:
    """One entry, sides of 1, three and four dimensions, and more entries than anybody writes down by hand."""
    few = one_of(shapes((3, 4), (1, 3)), sampled_from([(1,), (1, 1), (4, 1), (1, 3)]))
    return tensors(one_of(few, few, sampled_from([(9, 9), (130,)])), special=ORDINARY).map(nonzero)


@composite
def with_dim(draw, ndim=2, side=(2, 4), special=ORDINARY, far=False, masked=False, textures=False):
    """Scores and a legal dim, counted from either end.

    Args:
        ndim, side, special, textures: of the scores, as in `tensors`.
        far: each slice along dim lies at least a thousand above or below the one before it.
        masked: some scores are -inf, never a whole slice.
    """
    x = draw(tensors(ndim=ndim, side=side, special=special, textures=textures))
    dim = draw(integers(-x.ndim, x.ndim - 1))
    if far:
        flat = tuple(1 if axis == dim % x.ndim else side for axis, side in enumerate(x.shape))
        x = x + draw(sampled_from((1000.0, -1000.0, 5000.0))) * torch.arange(
            math.prod(flat), dtype=x.dtype
        ).reshape(flat)
    if masked:
        shut = cotangent(x, draw(seeds())) > 0
        x = torch.where(shut & (x < x.amax(dim, keepdim=True)), torch.full_like(x, -INF), x)
    return x, dim


@composite
def lone_scores(draw):
    """Scores of which each is alone along dim."""
    dim = draw(integers(-2, 1))
    return draw(tensors(ndim=1, side=(1, 4), special=ORDINARY)).unsqueeze(dim), dim


def without_dim(learner: Any, exercise: str, *arguments: torch.Tensor) -> Any:
    """What the function gives when dim is left out.

    Whoever demands dim, as functools.partial of a helper may, loses nothing: only a wrong default is judged.
    """
    try:
        return learner.call(exercise, *arguments)
    except LearnerRaised as raised:
        # Raised by the call itself: not one line of the learner's had run.
        if raised.name == "TypeError" and raised.line is None:
            raise NotCheckable("dim has no default here") from None
        raise


# --- corners that several functions share ------------------------------------------------------------------


def law(
    exercise: str, name: str, title: str, body: Callable[..., None], inputs: Mapping[str, Any], **more: Any
) -> Check:
    """A check of one of the chapter's families, like `@check` on a function of that name."""
    more = {"weight": 0.5, "examples": 40} | more
    return Check(f"check_{exercise}_{name}", exercise, title, body, MappingProxyType(dict(inputs)), **more)


@dataclass(frozen=True)
class Entrywise:
    """A function that works entry by entry, or its way back, beside torch's.

    Args:
        exercise: whose name says whether it is a way back.
        function: torch's forward function.
        options: what both are called with besides.
        grows: whether the result's rounding grows with x, as that of x * sigmoid(x) does.
    """

    exercise: str
    function: Callable[..., torch.Tensor]
    options: Mapping[str, float]
    grows: bool

    @property
    def is_back(self) -> bool:
        """Whether it is a way back, which gets grad_out too."""
        return self.exercise.endswith("_backward")

    def same(self, learner: Any, x: torch.Tensor, grad_out: torch.Tensor) -> None:
        """The learner's result is torch's; a function forward gets no grad_out."""
        sizes = (x.abs().clamp_min(1.0),) * self.grows
        if self.is_back:
            (expected,) = autograd(lambda z: self.function(z, **self.options), grad_out, x)
            actual = learner.call(self.exercise, grad_out, x, **self.options)
            agree_gradient(actual, expected, **exactly(grad_out, *sizes))
        else:
            expected = self.function(x, **self.options)
            agree(learner.call(self.exercise, x, **self.options), expected, **exactly(*sizes))

    def same_of_x(self, learner: Any, x: torch.Tensor) -> None:
        """The law of a function forward."""
        self.same(learner, x, x)

    def same_of_x_and_seed(self, learner: Any, x: torch.Tensor, seed: int) -> None:
        """The law of a way back whose grad_out has nothing particular."""
        self.same(learner, x, cotangent(x, seed, plain=True))

    def of_textures(self) -> Check:
        """The law of entries that have something in common, in x and in grad_out."""
        # Half of these have a texture, and a sixth of those the one that a slip needs: hence the many examples.
        inputs = {"x": tensors(shape=(2, 3), special=ORDINARY).map(nonzero)}
        if self.is_back:
            inputs["grad_out"] = wishes()
        return law(
            self.exercise,
            "works_entry_by_entry",
            "Equal, sorted, one-signed or cancelling entries change nothing: each is worked out for itself.",
            self.same if self.is_back else self.same_of_x,
            inputs,
            hint="No entry's result depends on the others, nor on how many there are.",
            examples=60,
        )

    def corner(
        self, name: str, title: str, hint: str, x: SearchStrategy[torch.Tensor], weight: float = 0.5
    ) -> Check:
        """A law about one kind of x."""
        inputs = {"x": x, "seed": seeds()} if self.is_back else {"x": x}
        body = self.same_of_x_and_seed if self.is_back else self.same_of_x
        return law(self.exercise, name, title, body, inputs, hint=hint, weight=weight)

    def of_shapes(self) -> tuple[Check, Check]:
        """The laws of tensors of any shape, and of a single number."""
        return (
            self.corner(
                "takes_any_shape",
                "One entry or a hundred, in one dimension or in four: the shape does not matter.",
                "Nothing in the formula depends on the shape.",
                odd_shapes(),
            ),
            self.corner(
                "takes_a_single_number",
                "A tensor without dimensions, a single number, will do.",
                "torch.tensor(2.0) has no dimension: nothing can be indexed or counted there.",
                tensors(ndim=0, special=ORDINARY).map(nonzero),
                weight=0.25,
            ),
        )


def entrywise_laws(
    exercise: str,
    function: Callable[..., torch.Tensor],
    *,
    zero: str,
    zero_hint: str = "0 has no sign, and nothing may be divided by it.",
    far: str,
    far_hint: str,
    grows: bool = False,
    **options: float,
) -> tuple[Check, ...]:
    """The corners of a function that works entry by entry, or of its way back; no law waits for another.

    Args:
        exercise, function, grows, options: as in `Entrywise`.
        zero, zero_hint: title and hint of the law about entries of exactly 0.
        far, far_hint: title and hint of the law about large entries.
    """
    laws = Entrywise(exercise, function, options, grows)
    return (
        laws.of_textures(),
        laws.corner("at_zero", zero, zero_hint, plain().map(half_zero)),
        laws.corner(
            "close_to_zero",
            "Close to 0 the result is right to the last digits too.",
            "Is there a threshold, or a small number added somewhere?",
            magnitudes(-8, 0),
        ),
        laws.corner("far_out", far, far_hint, magnitudes(1, 8), weight=1.0),
        *laws.of_shapes(),
    )


@dataclass(frozen=True)
class AlongDim:
    """A function that works along a dim, or its way back, beside torch's.

    Args:
        exercise: whose name says whether it is a way back.
        function: torch's forward function of x and dim.
    """

    exercise: str
    function: Callable[..., torch.Tensor]

    @property
    def is_back(self) -> bool:
        """Whether it is a way back, which gets grad_out too."""
        return self.exercise.endswith("_backward")

    def same(self, learner: Any, x: torch.Tensor, dim: int, grad_out: torch.Tensor) -> None:
        """The learner's result is torch's; a function forward gets no grad_out."""
        if self.is_back:
            (expected,) = autograd(lambda z: self.function(z, dim), grad_out, x)
            agree_gradient(learner.call(self.exercise, grad_out, x, dim), expected, **exactly(grad_out))
        else:
            agree(learner.call(self.exercise, x, dim), self.function(x, dim), **NEARLY)

    def same_of_x(self, learner: Any, x: torch.Tensor, dim: int) -> None:
        """The law of a function forward."""
        self.same(learner, x, dim, x)

    def same_of_pair(self, learner: Any, x_and_dim: tuple[torch.Tensor, int]) -> None:
        """The same law, where x decides which dims there are."""
        self.same(learner, *x_and_dim, x_and_dim[0])

    def same_of_pair_and_seed(self, learner: Any, x_and_dim: tuple[torch.Tensor, int], seed: int) -> None:
        """The law of a way back whose grad_out has nothing particular."""
        self.same(learner, *x_and_dim, cotangent(x_and_dim[0], seed, plain=True))

    def of_textures(self) -> Check:
        """The law of entries that have something in common, in x and in grad_out."""
        inputs = {"x": tensors(shape=(2, 3), special=ORDINARY), "dim": sampled_from((0, 1, -1, -2))}
        if self.is_back:
            inputs["grad_out"] = wishes()
        return law(
            self.exercise,
            "takes_any_entries",
            "Scores may be tiny, equal, sorted, of one sign, or add up to 0.",
            self.same if self.is_back else self.same_of_x,
            inputs,
            hint="Only the differences of the scores count.",
            examples=60,
        )

    def corner(self, name: str, title: str, hint: str, x_and_dim: Any, weight: float = 0.5) -> Check:
        """A law about one kind of x and dim."""
        inputs = {"x_and_dim": x_and_dim, "seed": seeds()} if self.is_back else {"x_and_dim": x_and_dim}
        body = self.same_of_pair_and_seed if self.is_back else self.same_of_pair
        return law(self.exercise, name, title, body, inputs, hint=hint, weight=weight)


def along_dim_laws(exercise: str, function: Callable[..., torch.Tensor], first: Check) -> tuple[Check, ...]:
    """The corners of a function that works along a dim, or of its way back; none but the last waits for another.

    Args:
        exercise, function: as in `AlongDim`.
        first: the law that the one of a single score comes after.
    """
    laws = AlongDim(exercise, function)
    of_one = laws.corner(
        "of_a_single_score",
        "A slice of one score has one share, the whole.",
        "With one score along dim nothing is left to share.",
        lone_scores(),
        weight=0.25,
    )
    return (
        laws.of_textures(),
        laws.corner(
            "takes_any_rank",
            "One dimension or four, a few scores or a hundred: only dim matters.",
            "Let every operation run along dim, and keep that dimension; then the rank never enters.",
            one_of(with_dim(ndim=(3, 4), side=(1, 3)), with_dim(ndim=1, side=(2, 5)), with_dim(side=(9, 10))),
        ),
        replace(of_one, after=(first,)),  # equal shares for all would keep this law
    )


# --- sigmoid ----------------------------------------------------------------------------------------------


# What everybody writes first is right here: where exp overflows, a NaN costs the law about far entries
# alone.
@check("sigmoid", hint="Compare your line with the formula of the lesson, sign by sign.")
@given(x=plain())
def check_sigmoid_matches_torch(learner, x):
    """Sigmoid of every entry is 1 / (1 + exp(-x))."""
    agree(learner.sigmoid(x), torch.sigmoid(x))


# A constant 0.5 keeps this law, so it comes after one that no constant keeps.
@check(
    "sigmoid",
    hint="Work x and -x out by hand with your own line: which of the two is off?",
    after=check_sigmoid_matches_torch,
    examples=40,
)
@given(x=plain())
def check_sigmoid_of_the_opposite(learner, x):
    """sigmoid(-x) and sigmoid(x) add up to 1."""
    agree(learner.sigmoid(-x) + learner.sigmoid(x), torch.ones_like(x), what="sigmoid(-x) + sigmoid(x)")


# The numbers of the lesson. A table of known answers would pass, so it comes after the law.
@check(
    "sigmoid",
    hint="Work 2 and -2 out by hand with your own line, step by step.",
    after=check_sigmoid_matches_torch,
)
def check_sigmoid_known_values(learner):
    """sigmoid of (-2, 0, 2) is (0.1192, 0.5, 0.8808)."""
    x = torch.tensor([-2.0, 0.0, 2.0], dtype=torch.float64)
    expected = torch.tensor([0.11920292202211755, 0.5, 0.8807970779778823], dtype=torch.float64)
    agree(learner.sigmoid(x), expected)


# exp(-x) is infinite in float64 from x = -710 on: the formula survives it, exp(x) / (1 + exp(x)) does not.
check_sigmoid_corners = entrywise_laws(
    "sigmoid",
    torch.sigmoid,
    zero="At exactly 0 it is 0.5, whatever stands beside.",
    far="Very large and very small inputs give 1 and 0, never NaN.",
    far_hint="An infinite exponential may stand below the line, never above and below.",
)

# Plain inputs: what goes wrong in float32 or on another device shows with any.
check_sigmoid_everywhere = tensor_laws(
    "sigmoid",
    inputs={"x": plain()},
    oracle=torch.sigmoid,
    after=check_sigmoid_matches_torch,
)


check_sigmoid_backward_is_derived = derived(
    "sigmoid_backward", lambda seed: (apart(seed + 1, (2, 2)), apart(seed, (2, 2))), entries=4
)


# The slope is at most 0.25; near 1 the difference 1 - s has an absolute rounding of 1e-16, which `exactly`
# allows in proportion to grad_out.
@check(
    "sigmoid_backward",
    hint="Look at the backward alone: is the slope right, and does grad_out multiply it entry by entry?",
)
@given(x=plain(), seed=seeds())
def check_sigmoid_backward_matches_autograd(learner, x, seed):
    """The gradient equals that of torch's sigmoid, for random grad_out."""
    g = cotangent(x, seed, plain=True)
    (expected,) = autograd(torch.sigmoid, g, x)
    agree_gradient(
        learner.sigmoid_backward(g, x), expected, forward=learner.sigmoid, at=x, grad_out=g, **exactly(g)
    )


# Autograd works at x and the learner at -x, so a way back that takes x for the output fails for either
# sign.
@check("sigmoid_backward", hint="The curve is symmetric: what is the slope on the other side?", examples=40)
@given(x=plain(), seed=seeds())
def check_sigmoid_backward_is_even(learner, x, seed):
    """The slope at -x is the slope at x."""
    g = cotangent(x, seed, plain=True)
    agree(learner.sigmoid_backward(g, -x), autograd(torch.sigmoid, g, x)[0], **exactly(g))


# The steepest point, and the one that the lesson works by hand.
@check(
    "sigmoid_backward",
    hint="Work the slope at 0 out by hand, where sigmoid is one half.",
    after=check_sigmoid_backward_matches_autograd,
)
def check_sigmoid_backward_known_values(learner):
    """The slope of sigmoid is 0.25 at 0 and 0.1050 at 2."""
    x = torch.tensor([0.0, 2.0], dtype=torch.float64)
    expected = torch.tensor([0.25, 0.10499358540350652], dtype=torch.float64)
    agree(learner.sigmoid_backward(torch.ones_like(x), x), expected)


# exp(-x) / (1 + exp(-x))^2 is inf / inf for x below -710 in float64; s * (1 - s) is 0.
check_sigmoid_backward_corners = entrywise_laws(
    "sigmoid_backward",
    torch.sigmoid,
    zero="At exactly 0 the slope is 0.25.",
    far="Far out the gradient is 0, never NaN.",
    far_hint="Is there an exponential in the backward itself? What is it for x = -1000?",
)

check_sigmoid_backward_everywhere = tensor_laws(
    "sigmoid_backward",
    inputs=plain_pair(),
    oracle=lambda grad_out, x: autograd(torch.sigmoid, grad_out, x)[0],
    after=check_sigmoid_backward_matches_autograd,
)

# --- tanh -------------------------------------------------------------------------------------------------


# The quotient of the lesson is right on these inputs; it overflows from 710 on, in the law about far
# entries.
@check("tanh", hint="Compare your line with the formula of the lesson, sign by sign.")
@given(x=plain())
def check_tanh_matches_torch(learner, x):
    """Tanh of every entry is (exp(x) - exp(-x)) / (exp(x) + exp(-x))."""
    agree(learner.tanh(x), torch.tanh(x))


# Zero is odd as well, and so is x itself: hence after the law that knows the values.
@check(
    "tanh",
    hint="If you work with |x|, the sign has to be put back.",
    after=check_tanh_matches_torch,
    examples=40,
)
@given(x=plain())
def check_tanh_is_odd(learner, x):
    """tanh(-x) is -tanh(x)."""
    agree(learner.tanh(-x), -learner.tanh(x))


# The right side is torch's, so this law stands alone; it names the identity that chapters to come build on.
@check("tanh", hint="Where is it steeper, and to which ends is it stretched? Try x = 1 by hand.", examples=40)
@given(x=plain())
def check_tanh_is_a_stretched_sigmoid(learner, x):
    """tanh(x) is 2 * sigmoid(2x) - 1."""
    agree(learner.tanh(x), 2 * torch.sigmoid(2 * x) - 1)


# A table of known answers would pass, hence after.
@check(
    "tanh",
    hint="Work x = 1 out by hand with your own line: exp(1) is 2.7183.",
    after=check_tanh_matches_torch,
)
def check_tanh_known_values(learner):
    """tanh of (-2, 0, 1) is (-0.9640, 0, 0.7616)."""
    x = torch.tensor([-2.0, 0.0, 1.0], dtype=torch.float64)
    expected = torch.tensor([-0.9640275800758169, 0.0, 0.7615941559557649], dtype=torch.float64)
    agree(learner.tanh(x), expected)


# Close to 0 tanh is as small as x: 1e-8 is compared to within 4e-15, which lets 2 * sigmoid(2x) - 1 pass
# and finds a formula that is off by a millionth.
check_tanh_corners = entrywise_laws(
    "tanh",
    torch.tanh,
    zero="At exactly 0 it is 0, whatever stands beside.",
    far="Very large and very small inputs give 1 and -1, never NaN.",
    far_hint="Which exponential becomes infinite there, and does it stand above the line and below it?",
)

check_tanh_everywhere = tensor_laws(
    "tanh", inputs={"x": plain()}, oracle=torch.tanh, after=check_tanh_matches_torch
)


check_tanh_backward_is_derived = derived(
    "tanh_backward", lambda seed: (apart(seed + 1, (2, 2)), apart(seed, (2, 2))), entries=4
)


# 1 - x^2 comes near 1 - tanh(x)^2 for small x only; entries of 1 to 5 tell them apart.
@check(
    "tanh_backward",
    hint="Look at the backward alone: is the slope made of the output, and does grad_out multiply it?",
)
@given(x=plain(), seed=seeds())
def check_tanh_backward_matches_autograd(learner, x, seed):
    """The gradient equals that of torch's tanh, for random grad_out."""
    g = cotangent(x, seed, plain=True)
    (expected,) = autograd(torch.tanh, g, x)
    agree_gradient(
        learner.tanh_backward(g, x), expected, forward=learner.tanh, at=x, grad_out=g, **exactly(g)
    )


# The learner is asked at -x, autograd at x.
@check("tanh_backward", hint="The curve is symmetric: what is the slope on the other side?", examples=40)
@given(x=plain(), seed=seeds())
def check_tanh_backward_is_even(learner, x, seed):
    """The slope at -x is the slope at x."""
    g = cotangent(x, seed, plain=True)
    agree(learner.tanh_backward(g, -x), autograd(torch.tanh, g, x)[0], **exactly(g))


# 1 - x^2 gives 0 at 1, where the slope is 0.42: the lesson's pitfall in one number.
@check(
    "tanh_backward",
    hint="Work the slope at 1 out by hand; tanh is 0.7616 there.",
    after=check_tanh_backward_matches_autograd,
)
def check_tanh_backward_known_values(learner):
    """The slope of tanh is 1 at 0 and 0.4200 at 1."""
    x = torch.tensor([0.0, 1.0], dtype=torch.float64)
    expected = torch.tensor([1.0, 0.41997434161402614], dtype=torch.float64)
    agree(learner.tanh_backward(torch.ones_like(x), x), expected)


# Far out tanh is 1 to the last digit and the slope exactly 0; 1 - x^2 is huge there.
check_tanh_backward_corners = entrywise_laws(
    "tanh_backward",
    torch.tanh,
    zero="At exactly 0 the slope is 1.",
    far="Far out the gradient is 0, never NaN.",
    far_hint="What is squared in the backward? It may never leave -1..1.",
)

check_tanh_backward_everywhere = tensor_laws(
    "tanh_backward",
    inputs=plain_pair(),
    oracle=lambda grad_out, x: autograd(torch.tanh, grad_out, x)[0],
    after=check_tanh_backward_matches_autograd,
)

# --- relu -------------------------------------------------------------------------------------------------


# Fractions, whole numbers and both signs: a gate, an absolute value or a bound at 6 all differ on some of
# them.
@check("relu", hint="Try (-3, 0, 2) by hand: which entry goes wrong, a positive or a negative one?")
@given(x=plain())
def check_relu_matches_torch(learner, x):
    """relu keeps positive entries and turns all others into 0."""
    agree(learner.relu(x), torch.relu(x))


# The second call gets entries that relu need not change: whoever hands x itself back is seen by the memory
# that both share.
@check(
    "relu",
    hint="What relu gives has no negative entries left: a second relu finds nothing to do.",
    examples=40,
    after=check_relu_matches_torch,
)
@given(x=plain())
def check_relu_twice_is_relu(learner, x):
    """A second relu changes nothing, and makes a new tensor all the same."""
    once = learner.relu(x)
    agree(learner.relu(once), once)
    require(not learner.last_call.aliases, "relu gave back its argument; the result is a tensor of its own")


# The identity x itself keeps this law, hence after.
@check(
    "relu",
    hint="What does your function do to a negative entry, and to the same entry with its sign turned?",
    examples=40,
    after=check_relu_matches_torch,
)
@given(x=plain())
def check_relu_parts_make_the_whole(learner, x):
    """relu(x) - relu(-x) is x."""
    agree(learner.relu(x) - learner.relu(-x), x, what="relu(x) - relu(-x)")


# All three cases, negative, 0 and positive, in one line.
@check(
    "relu",
    hint="Which of the three entries is off: the one below 0, 0 itself, or the one above?",
    after=check_relu_matches_torch,
)
def check_relu_known_values(learner):
    """relu of (-3, 0, 2) is (0, 0, 2)."""
    x = torch.tensor([-3.0, 0.0, 2.0], dtype=torch.float64)
    agree(learner.relu(x), torch.tensor([0.0, 0.0, 2.0], dtype=torch.float64))


# A threshold such as x > 1e-3 shows among the small entries, a bound such as 6 or 1e6 among the large.
check_relu_corners = entrywise_laws(
    "relu",
    torch.relu,
    zero="At exactly 0 it is 0, whatever stands beside.",
    far="Very large entries pass unchanged, and very negative ones become 0.",
    far_hint="relu has no bound above.",
)

# view(-1) fails for the strided ones among these, zeros of a fixed dtype for those of float32.
check_relu_everywhere = tensor_laws(
    "relu", inputs={"x": plain()}, oracle=torch.relu, after=check_relu_matches_torch
)


# grad_out has either sign wherever the gate is open: relu(grad_out) would lose half of it.
@check("relu_backward", hint="Look at the backward alone: which tensor is compared with 0, and what passes?")
@given(x=plain(), seed=seeds())
def check_relu_backward_matches_autograd(learner, x, seed):
    """The gradient equals that of torch's relu, for random grad_out."""
    g = cotangent(x, seed, plain=True)
    (expected,) = autograd(torch.relu, g, x)
    agree_gradient(
        learner.relu_backward(g, x), expected, forward=learner.relu, at=x, grad_out=g, **exactly(g)
    )


# Zero is left out here: at 0 both gates are shut, which is a law of its own.
@check(
    "relu_backward",
    hint="The gate looks at x, and an open gate multiplies by exactly 1.",
    examples=40,
    after=check_relu_backward_matches_autograd,
)
@given(x=plain(), seed=seeds())
def check_relu_backward_opens_one_gate(learner, x, seed):
    """Of x and -x one lets all of grad_out pass, and the other nothing."""
    x = torch.where(x == 0, torch.ones_like(x), x)
    g = cotangent(x, seed)
    both = learner.relu_backward(g, x) + learner.relu_backward(g, -x)
    agree(both, g, what="the gradient at x plus the gradient at -x")


# A negative grad_out at an open gate, and a positive one at a shut gate.
@check("relu_backward", hint="Only x decides which entries pass.", after=check_relu_backward_matches_autograd)
def check_relu_backward_known_values(learner):
    """A grad_out of (5, 5, -5) at x = (-3, 0, 2) comes back as (0, 0, -5)."""
    g, x = torch.tensor([[5.0, 5.0, -5.0], [-3.0, 0.0, 2.0]], dtype=torch.float64)
    agree(learner.relu_backward(g, x), torch.tensor([0.0, 0.0, -5.0], dtype=torch.float64))


# An open gate multiplies by exactly 1, so grad_out passes to its last digit, however small it is.
check_relu_backward_corners = entrywise_laws(
    "relu_backward",
    torch.relu,
    zero="At exactly 0 the slope counts as 0.",
    zero_hint="On which side of your comparison does 0 itself fall?",
    far="However large x is, an open gate multiplies by 1.",
    far_hint="Of x only the sign counts.",
)

check_relu_backward_everywhere = tensor_laws(
    "relu_backward",
    inputs=plain_pair(),
    oracle=lambda grad_out, x: autograd(torch.relu, grad_out, x)[0],
    after=check_relu_backward_matches_autograd,
)

# --- softmax ----------------------------------------------------------------------------------------------


# Two dimensions, dim 0 as often as 1, and sides that differ: who sums over the wrong one gets another
# number. Scores stay so small that nothing overflows without a shift.
@check("softmax", hint="Along which dim do you add up, and does every slice meet its own sum?")
@given(x_and_dim=with_dim())
def check_softmax_matches_torch(learner, x_and_dim):
    """Along any dim the shares are exp(x) over the sum of exp(x)."""
    x, dim = x_and_dim
    agree(learner.softmax(x, dim), torch.softmax(x, dim), **NEARLY)


# Arithmetic in float32, or a small number added somewhere, passes the other laws and not this one.
@check(
    "softmax",
    hint="Is something added to the sum, or is the work done in float32?",
    after=check_softmax_matches_torch,
    examples=60,
)
@given(x_and_dim=with_dim())
def check_softmax_to_the_last_digits(learner, x_and_dim):
    """The shares are right to the last digits."""
    x, dim = x_and_dim
    # The log of a sum may be added to the largest score before it is subtracted: x is part of the rounding.
    agree(learner.softmax(x, dim), torch.softmax(x, dim), **exactly(x.abs().clamp_min(1.0)))


# Only the missing argument is new here, so that a default of 0 costs one law.
@check("softmax", hint="The default of dim is -1.", examples=40)
@given(x=plain())
def check_softmax_default_dim(learner, x):
    """Without dim the shares are taken along the last dimension."""
    agree(without_dim(learner, "softmax", x), torch.softmax(x, -1), **NEARLY)


# Equal shares add up to 1 as well, hence after.
@check(
    "softmax",
    hint="By what is each slice divided, and is it taken along dim?",
    examples=40,
    after=check_softmax_matches_torch,
)
@given(x_and_dim=with_dim())
def check_softmax_sums_to_one(learner, x_and_dim):
    """The shares along dim add up to 1."""
    x, dim = x_and_dim
    total = learner.softmax(x, dim=dim).sum(dim)
    agree(total, torch.ones_like(total), what="the sum of the shares", **NEARLY)


# One constant of up to 10,000 for the whole tensor. Whoever subtracts any maximum at all keeps it, also
# that of the whole tensor.
@check(
    "softmax",
    hint="How large may a score get before its exponential is infinite? Only differences of scores count.",
    examples=60,
)
@given(x=plain(), c=floats(-1e4, 1e4, 1))
def check_softmax_ignores_a_shift(learner, x, c):
    """Adding a constant to every score leaves the shares unchanged."""
    agree(learner.softmax(x + c, -1), torch.softmax(x, -1), **NEARLY)


# 800 is above 709, where exp overflows in float64; a mean instead of the maximum is not enough, since one
# score may lie 10,000 above the rest.
@check("softmax", hint="Which exponential is the largest you take, and of what number?")
@given(x_and_dim=with_dim(special=LARGE))
def check_softmax_survives_large_scores(learner, x_and_dim):
    """Scores as large as 10,000 give shares, never NaN."""
    x, dim = x_and_dim
    agree(learner.softmax(x, dim), torch.softmax(x, dim), **NEARLY)


# All shares are compared relative to themselves; beside 1 the tiny ones would count as 0.
@check(
    "softmax",
    hint="Is there a threshold, or a small number added somewhere?",
    after=check_softmax_matches_torch,
    weight=0.5,
    examples=40,
)
@given(x_and_dim=with_dim(), gap=floats(3, 30))
def check_softmax_of_unequal_scores(learner, x_and_dim, gap):
    """A tiny share is right to the last digits too."""
    x, dim = x_and_dim
    # Gaps of up to 60 or so leave shares of 1e-26; only their relative error tells them from 0.
    x = x + gap * x.sign()
    agree(learner.softmax(x, dim), torch.softmax(x, dim), rtol=1e-9, atol=0.0)


# A maximum of the whole tensor leaves exp(-1000) = 0 for a whole slice, and 0 / 0.
@check("softmax", hint="What do slices share in your code that each should have for itself?")
@given(x_and_dim=with_dim(far=True))
def check_softmax_keeps_slices_apart(learner, x_and_dim):
    """Slices whose scores lie thousands apart do not disturb each other."""
    x, dim = x_and_dim
    agree(learner.softmax(x, dim), torch.softmax(x, dim), **NEARLY)


# The scores beside the mask are plain, so that a missing shift costs nothing here.
@check("softmax", hint="exp(-inf) is 0 by itself; what is subtracted from -inf must be finite.", examples=60)
@given(x_and_dim=with_dim(masked=True))
def check_softmax_gives_masked_scores_nothing(learner, x_and_dim):
    """A score of -inf gets the share 0, and the others share the whole."""
    x, dim = x_and_dim
    agree(learner.softmax(x, dim), torch.softmax(x, dim), **NEARLY)


# A mask of -10,000 is enough until the scores lie lower: here all do, whole slices alike.
@check("softmax", hint="No finite number is low enough to stand for -inf.", weight=0.5, examples=40)
@given(x_and_dim=with_dim(masked=True), low=floats(-3e4, -1e4, 100))
def check_softmax_masks_below_the_lowest(learner, x_and_dim, low):
    """A score of -inf gets nothing however low the others are."""
    x, dim = x_and_dim
    agree(learner.softmax(x + low, dim), torch.softmax(x + low, dim), **NEARLY)


# The numbers of the lesson, by hand.
@check(
    "softmax",
    hint="Work the three exponentials out by hand: 7.3891, 2.7183 and 1.",
    after=check_softmax_matches_torch,
)
def check_softmax_known_values(learner):
    """softmax of (2, 1, 0) is (0.6652, 0.2447, 0.0900)."""
    expected = torch.tensor(
        [0.6652409557748219, 0.24472847105479764, 0.09003057317038046], dtype=torch.float64
    )
    agree(learner.softmax(torch.tensor([2.0, 1.0, 0.0], dtype=torch.float64), -1), expected, **NEARLY)


# No overflow in any of these: rank, width and pattern of the scores are the only corners.
check_softmax_corners = along_dim_laws("softmax", torch.softmax, check_softmax_matches_torch)

# dim 0 of a transposed tensor is what a flat view of the rows cannot reach.
check_softmax_everywhere = tensor_laws(
    "softmax",
    inputs={"x": plain_pair()["x"], "dim": sampled_from((0, 1, -1))},
    oracle=torch.softmax,
    after=check_softmax_matches_torch,
)


check_softmax_backward_is_derived = derived(
    "softmax_backward", lambda seed: (apart(seed + 1, (2, 2)), scores_apart(seed), -1), entries=4
)


# grad_out is random: with equal entries the gradient is 0, and a way back that returns zeros would pass.
@check(
    "softmax_backward",
    hint="Look at the backward alone: each score moves every share of its slice. Is that in it?",
)
@given(x_and_dim=with_dim(), seed=seeds())
def check_softmax_backward_matches_autograd(learner, x_and_dim, seed):
    """Along any dim the gradient equals that of torch's softmax, for random grad_out."""
    x, dim = x_and_dim
    g = cotangent(x, seed, plain=True)
    (expected,) = autograd(lambda z: torch.softmax(z, dim), g, x)
    actual = learner.softmax_backward(g, x, dim)
    agree_gradient(
        actual, expected, forward=lambda z: learner.softmax(z, dim), at=x, grad_out=g, **exactly(g)
    )


# Square tables are among these, so that a wrong default is not told by the shape.
@check("softmax_backward", hint="The default of dim is -1.", examples=40)
@given(x=plain(), seed=seeds())
def check_softmax_backward_default_dim(learner, x, seed):
    """Without dim everything runs along the last dimension."""
    g = cotangent(x, seed, plain=True)
    agree(without_dim(learner, "softmax_backward", g, x), autograd(lambda z: torch.softmax(z, -1), g, x)[0])


# Zeros add up to 0 too, hence after.
@check(
    "softmax_backward",
    hint="Raising all scores of a slice changes no share, so its gradient adds up to 0.",
    examples=40,
    after=check_softmax_backward_matches_autograd,
)
@given(x_and_dim=with_dim(), seed=seeds())
def check_softmax_backward_sums_to_zero(learner, x_and_dim, seed):
    """The gradient along dim adds up to 0."""
    x, dim = x_and_dim
    total = learner.softmax_backward(cotangent(x, seed, plain=True), x, dim=dim).sum(dim)
    agree(total, torch.zeros_like(total), what="the sum of the gradient")


# This is what y.sum().backward() sends. Any answer of zeros passes, hence after.
@check(
    "softmax_backward",
    hint="More of everything cannot be had: the shares always add up to 1.",
    examples=40,
    after=check_softmax_backward_matches_autograd,
)
@given(x_and_dim=with_dim(), c=floats(-3, 3))
def check_softmax_backward_of_equal_wishes(learner, x_and_dim, c):
    """A grad_out with equal entries gives a gradient of 0."""
    x, dim = x_and_dim
    agree(learner.softmax_backward(torch.full_like(x, c), x, dim), torch.zeros_like(x))


# One score takes the whole here, so most gradients are exactly 0; they must be 0, not NaN.
@check("softmax_backward", hint="Where do large scores enter? Only through the shares.", examples=60)
@given(x_and_dim=with_dim(special=LARGE, far=True), seed=seeds())
def check_softmax_backward_never_overflows(learner, x_and_dim, seed):
    """Large scores, and slices that lie thousands apart, give finite gradients."""
    x, dim = x_and_dim
    g = cotangent(x, seed, plain=True)
    agree(learner.softmax_backward(g, x, dim), autograd(lambda z: torch.softmax(z, dim), g, x)[0])


# 0 * -inf is NaN: who multiplies by the score itself finds one here.
@check("softmax_backward", hint="Where does -inf enter? Only through its share, 0.", weight=0.5, examples=40)
@given(x_and_dim=with_dim(masked=True), seed=seeds())
def check_softmax_backward_of_masked_scores(learner, x_and_dim, seed):
    """A score of -inf gets the gradient 0, and the others theirs."""
    x, dim = x_and_dim
    g = cotangent(x, seed, plain=True)
    agree(learner.softmax_backward(g, x, dim), autograd(lambda z: torch.softmax(z, dim), g, x)[0])


# By hand in the lesson; the sum of the three is 0.
@check(
    "softmax_backward",
    hint="The weighted mean of (0, 1, 0) is 0.2447.",
    after=check_softmax_backward_matches_autograd,
)
def check_softmax_backward_known_values(learner):
    """A grad_out of (0, 1, 0) at x = (2, 1, 0) gives (-0.1628, 0.1848, -0.0220)."""
    g, x = torch.tensor([[0.0, 1.0, 0.0], [2.0, 1.0, 0.0]], dtype=torch.float64)
    expected = torch.tensor([-0.16280340198, 0.18483644651, -0.02203304452], dtype=torch.float64)
    agree(learner.softmax_backward(g, x, -1), expected, atol=1e-10)


# grad_out of every pattern: equal entries, sums of 0, and sizes from 1e-8 to hundreds.
check_softmax_backward_corners = along_dim_laws(
    "softmax_backward", torch.softmax, check_softmax_backward_matches_autograd
)

check_softmax_backward_everywhere = tensor_laws(
    "softmax_backward",
    inputs={
        **plain_pair(),
        "dim": sampled_from((0, 1, -1)),
    },
    oracle=lambda grad_out, x, dim: autograd(lambda z: torch.softmax(z, dim), grad_out, x)[0],
    after=check_softmax_backward_matches_autograd,
)

# --- log_softmax ------------------------------------------------------------------------------------------


# log(softmax(x)) is right on these: no share is too small to have a logarithm.
@check("log_softmax", hint="Along which dim do you add up, and does every slice meet its own sum?")
@given(x_and_dim=with_dim())
def check_log_softmax_matches_torch(learner, x_and_dim):
    """Along any dim the result is the logarithm of the shares."""
    x, dim = x_and_dim
    agree(learner.log_softmax(x, dim), torch.log_softmax(x, dim), **NEARLY)


# Arithmetic in float32, or a small number added somewhere, passes the other laws and not this one.
@check(
    "log_softmax",
    hint="Is something added to the sum, or is the work done in float32?",
    after=check_log_softmax_matches_torch,
    examples=60,
)
@given(x_and_dim=with_dim())
def check_log_softmax_to_the_last_digits(learner, x_and_dim):
    """The logarithms are right to the last digits."""
    x, dim = x_and_dim
    # The log of a sum may be added to the largest score before it is subtracted: x is part of the rounding.
    agree(learner.log_softmax(x, dim), torch.log_softmax(x, dim), **exactly(x.abs().clamp_min(1.0)))


# Only the missing argument is new here, so that a default of 0 costs one law.
@check("log_softmax", hint="The default of dim is -1.", examples=40)
@given(x=plain())
def check_log_softmax_default_dim(learner, x):
    """Without dim the shares are taken along the last dimension."""
    agree(without_dim(learner, "log_softmax", x), torch.log_softmax(x, -1), **NEARLY)


# -log(n) everywhere keeps this law, hence after.
@check(
    "log_softmax",
    hint="exp of the result has to be softmax.",
    examples=40,
    after=check_log_softmax_matches_torch,
)
@given(x_and_dim=with_dim())
def check_log_softmax_shares_sum_to_one(learner, x_and_dim):
    """The exponentials of the results add up to 1 along dim."""
    x, dim = x_and_dim
    total = learner.log_softmax(x, dim=dim).exp().sum(dim)
    agree(total, torch.ones_like(total), what="the sum of the exponentials", **NEARLY)


# Log-softmax is a projection; the identity keeps this law too, hence after.
@check(
    "log_softmax",
    hint="Applied to its own result, the log of the sum is log 1 = 0.",
    examples=40,
    after=check_log_softmax_matches_torch,
)
@given(x_and_dim=with_dim())
def check_log_softmax_twice_is_log_softmax(learner, x_and_dim):
    """A second log_softmax changes nothing."""
    x, dim = x_and_dim
    once = learner.log_softmax(x, dim)
    agree(learner.log_softmax(once, dim), once, **NEARLY)


# After a shift by 10,000 the differences have lost about four digits of sixteen; twelve are left.
@check(
    "log_softmax",
    hint="How large may a score get before its exponential is infinite? Only differences of scores count.",
    examples=60,
)
@given(x=plain(), c=floats(-1e4, 1e4, 1))
def check_log_softmax_ignores_a_shift(learner, x, c):
    """Adding a constant to every score leaves the result unchanged."""
    agree(learner.log_softmax(x + c, -1), torch.log_softmax(x, -1), **NEARLY)


# exp(-800) is 0 in float64, and its logarithm -inf; the right answer is -800.
@check(
    "log_softmax", hint="The logarithm of a finished share comes too late: -1000 is fine, exp(-1000) is 0."
)
@given(x_and_dim=with_dim(special=LARGE))
def check_log_softmax_where_shares_vanish(learner, x_and_dim):
    """Where a share is too small for a float, its logarithm is still accurate."""
    x, dim = x_and_dim
    agree(learner.log_softmax(x, dim), torch.log_softmax(x, dim), **NEARLY)


# The slices lie so far apart that one maximum for all leaves a slice without any share.
@check("log_softmax", hint="What do slices share in your code that each should have for itself?")
@given(x_and_dim=with_dim(far=True))
def check_log_softmax_keeps_slices_apart(learner, x_and_dim):
    """Slices whose scores lie thousands apart do not disturb each other."""
    x, dim = x_and_dim
    agree(learner.log_softmax(x, dim), torch.log_softmax(x, dim), **NEARLY)


# -inf - (-inf) is NaN: whatever is subtracted must be finite.
@check("log_softmax", hint="What is subtracted from -inf must be finite.", weight=0.5, examples=40)
@given(x_and_dim=with_dim(masked=True))
def check_log_softmax_of_masked_scores(learner, x_and_dim):
    """A score of -inf gives -inf, and the others share the whole."""
    x, dim = x_and_dim
    agree(learner.log_softmax(x, dim), torch.log_softmax(x, dim), **NEARLY)


# By hand in the lesson.
@check("log_softmax", hint="log 11.1073 is 2.4076.", after=check_log_softmax_matches_torch)
def check_log_softmax_known_values(learner):
    """log_softmax of (2, 1, 0) is (-0.4076, -1.4076, -2.4076)."""
    expected = torch.tensor([2.0, 1.0, 0.0], dtype=torch.float64) - 2.4076059644443806
    agree(learner.log_softmax(torch.tensor([2.0, 1.0, 0.0], dtype=torch.float64), -1), expected, **NEARLY)


check_log_softmax_corners = along_dim_laws("log_softmax", torch.log_softmax, check_log_softmax_matches_torch)

check_log_softmax_everywhere = tensor_laws(
    "log_softmax",
    inputs={"x": plain_pair()["x"], "dim": sampled_from((0, 1, -1))},
    oracle=torch.log_softmax,
    after=check_log_softmax_matches_torch,
)


check_log_softmax_backward_is_derived = derived(
    "log_softmax_backward", lambda seed: (apart(seed + 1, (2, 2)), scores_apart(seed), -1), entries=4
)


# Softmax's own way back has a weighted sum where this one has a plain sum; random grad_out tells them
# apart.
@check(
    "log_softmax_backward",
    hint="Look at the backward alone: which sum along dim is in it, of grad_out or of something else?",
)
@given(x_and_dim=with_dim(), seed=seeds())
def check_log_softmax_backward_matches_autograd(learner, x_and_dim, seed):
    """Along any dim the gradient equals that of torch's log_softmax, for random grad_out."""
    x, dim = x_and_dim
    g = cotangent(x, seed, plain=True)
    (expected,) = autograd(lambda z: torch.log_softmax(z, dim), g, x)
    actual = learner.log_softmax_backward(g, x, dim)
    agree_gradient(
        actual, expected, forward=lambda z: learner.log_softmax(z, dim), at=x, grad_out=g, **exactly(g)
    )


@check("log_softmax_backward", hint="The default of dim is -1.", examples=40)
@given(x=plain(), seed=seeds())
def check_log_softmax_backward_default_dim(learner, x, seed):
    """Without dim everything runs along the last dimension."""
    g = cotangent(x, seed, plain=True)
    agree(
        without_dim(learner, "log_softmax_backward", g, x),
        autograd(lambda z: torch.log_softmax(z, -1), g, x)[0],
    )


# Zeros keep this law, hence after.
@check(
    "log_softmax_backward",
    hint="Raising all scores of a slice changes no share, so its gradient adds up to 0.",
    examples=40,
    after=check_log_softmax_backward_matches_autograd,
)
@given(x_and_dim=with_dim(), seed=seeds())
def check_log_softmax_backward_sums_to_zero(learner, x_and_dim, seed):
    """The gradient along dim adds up to 0."""
    x, dim = x_and_dim
    total = learner.log_softmax_backward(cotangent(x, seed, plain=True), x, dim=dim).sum(dim)
    agree(total, torch.zeros_like(total), what="the sum of the gradient")


# An echo of grad_out keeps this law, hence after.
@check(
    "log_softmax_backward",
    hint="The shares are multiplied by the sum of grad_out; if that is 0, they drop out.",
    examples=40,
    after=check_log_softmax_backward_matches_autograd,
)
@given(x_and_dim=with_dim(), seed=seeds())
def check_log_softmax_backward_without_a_sum(learner, x_and_dim, seed):
    """A grad_out that adds up to 0 along dim comes back unchanged."""
    x, dim = x_and_dim
    g = cotangent(x, seed, plain=True)
    balanced = g - g.mean(dim, keepdim=True)
    agree(learner.log_softmax_backward(balanced, x, dim), balanced)


# The shares are 0 or 1 here, and their logarithms in the thousands.
@check("log_softmax_backward", hint="Where do large scores enter? Only through the shares.", examples=60)
@given(x_and_dim=with_dim(special=LARGE, far=True), seed=seeds())
def check_log_softmax_backward_never_overflows(learner, x_and_dim, seed):
    """Large scores, and slices that lie thousands apart, give finite gradients."""
    x, dim = x_and_dim
    g = cotangent(x, seed, plain=True)
    agree(learner.log_softmax_backward(g, x, dim), autograd(lambda z: torch.log_softmax(z, dim), g, x)[0])


@check(
    "log_softmax_backward", hint="Where does -inf enter? Only through its share, 0.", weight=0.5, examples=40
)
@given(x_and_dim=with_dim(masked=True), seed=seeds())
def check_log_softmax_backward_of_masked_scores(learner, x_and_dim, seed):
    """Beside a score of -inf the others have the gradient that they have without it."""
    x, dim = x_and_dim
    g = cotangent(x, seed, plain=True)
    agree(learner.log_softmax_backward(g, x, dim), autograd(lambda z: torch.log_softmax(z, dim), g, x)[0])


# Shares given minus shares wanted, as in every classifier.
@check(
    "log_softmax_backward",
    hint="The shares are 0.6652, 0.2447 and 0.0900. What has become of each?",
    after=check_log_softmax_backward_matches_autograd,
)
def check_log_softmax_backward_known_values(learner):
    """A grad_out of (-1, 0, 0) at x = (2, 1, 0) gives (-0.3348, 0.2447, 0.0900)."""
    g, x = torch.tensor([[-1.0, 0.0, 0.0], [2.0, 1.0, 0.0]], dtype=torch.float64)
    expected = torch.tensor(
        [-0.3347590442251781, 0.24472847105479764, 0.09003057317038046], dtype=torch.float64
    )
    agree(learner.log_softmax_backward(g, x, -1), expected)


# Where grad_out adds up to exactly 0 the shares drop out; it does so on purpose in some of these.
check_log_softmax_backward_corners = along_dim_laws(
    "log_softmax_backward", torch.log_softmax, check_log_softmax_backward_matches_autograd
)

check_log_softmax_backward_everywhere = tensor_laws(
    "log_softmax_backward",
    inputs={
        **plain_pair(),
        "dim": sampled_from((0, 1, -1)),
    },
    oracle=lambda grad_out, x, dim: autograd(lambda z: torch.log_softmax(z, dim), grad_out, x)[0],
    after=check_log_softmax_backward_matches_autograd,
)

# --- gelu ------------------------------------------------------------------------------------------------


# The stand-ins by tanh and by sigmoid(1.702 x) are off by 1e-4 and 1e-2 for entries of about 1.
@check(
    "gelu",
    hint="Is it the exact chance, or one of the formulas that only come near?",
)
@given(x=plain())
def check_gelu_matches_torch(learner, x):
    """Every entry is multiplied by the chance that a standard normal number is at most that entry."""
    agree(learner.gelu(x), functional.gelu(x))


# relu(x) keeps this law too, hence after.
@check(
    "gelu",
    hint="The chances at x and at -x add up to 1.",
    examples=40,
    after=check_gelu_matches_torch,
)
@given(x=plain())
def check_gelu_parts_make_the_whole(learner, x):
    """gelu(x) - gelu(-x) is x."""
    agree(learner.gelu(x) - learner.gelu(-x), x, what="gelu(x) - gelu(-x)")


@check("gelu", hint="The chances are 0.1587, 0.5 and 0.8413.", after=check_gelu_matches_torch)
def check_gelu_known_values(learner):
    """gelu of (-1, 0, 1) is (-0.1587, 0, 0.8413)."""
    x = torch.tensor([-1.0, 0.0, 1.0], dtype=torch.float64)
    agree(learner.gelu(x), torch.tensor([-0.15865525393145702, 0.0, 0.841344746068543], dtype=torch.float64))


# 1 + erf cancels on the left: the error is 1e-16 times x, not times the result, and so is the tolerance.
check_gelu_corners = entrywise_laws(
    "gelu",
    functional.gelu,
    zero="At exactly 0 it is 0, whatever stands beside.",
    far="Very large inputs pass unchanged and very negative ones give 0, never NaN.",
    far_hint="What are the chance and the bell curve far out, and is anything infinite on the way?",
    grows=True,
)

# Near -4 float32 has lost most digits of 1 + erf: the tolerance is absolute, and five times the usual.
check_gelu_everywhere = tensor_laws(
    "gelu",
    inputs={"x": plain()},
    oracle=lambda x: functional.gelu(x),
    after=check_gelu_matches_torch,
    atol=1e-5,
)


check_gelu_backward_is_derived = derived(
    "gelu_backward", lambda seed: (apart(seed + 1, (2, 2)), apart(seed, (2, 2))), entries=4
)


# The second term, x times the bell, is 0 at 0 and far out only; entries of about 1 need it.
@check(
    "gelu_backward",
    hint="Look at the backward alone: a product has a slope of two parts. Are both there, and grad_out?",
)
@given(x=plain(), seed=seeds())
def check_gelu_backward_matches_autograd(learner, x, seed):
    """The gradient equals that of torch's gelu, for random grad_out."""
    g = cotangent(x, seed, plain=True)
    (expected,) = autograd(functional.gelu, g, x)
    agree_gradient(
        learner.gelu_backward(g, x), expected, forward=learner.gelu, at=x, grad_out=g, **exactly(g)
    )


# Any pair of slopes that add up to 1 keeps it, such as 1/2 everywhere: hence after.
@check(
    "gelu_backward",
    hint="The slope of gelu(x) - gelu(-x), which is x, is 1.",
    examples=40,
    after=check_gelu_backward_matches_autograd,
)
@given(x=plain(), seed=seeds())
def check_gelu_backward_slopes_add_up_to_one(learner, x, seed):
    """The slopes at x and at -x add up to 1."""
    g = cotangent(x, seed, plain=True)
    both = learner.gelu_backward(g, x) + learner.gelu_backward(g, -x)
    agree(both, g, what="the gradient at x plus the gradient at -x")


@check(
    "gelu_backward",
    hint="Work the slope at 1 out by hand: the chance is 0.8413, the bell curve 0.2420.",
    after=check_gelu_backward_matches_autograd,
)
def check_gelu_backward_known_values(learner):
    """The slope of gelu is -0.0833 at -1, 0.5 at 0 and 1.0833 at 1."""
    x = torch.tensor([-1.0, 0.0, 1.0], dtype=torch.float64)
    expected = torch.tensor([-0.08331547058768635, 0.5, 1.0833154705876864], dtype=torch.float64)
    agree(learner.gelu_backward(torch.ones_like(x), x), expected)


# exp(x^2 / 2) in a denominator is infinite there, which is harmless; above and below the line it is NaN.
check_gelu_backward_corners = entrywise_laws(
    "gelu_backward",
    functional.gelu,
    zero="At exactly 0 the slope is 0.5.",
    far="Far out on the right grad_out passes, far out on the left nothing does, and there is no NaN.",
    far_hint="What are the chance and the bell curve far out, and is anything infinite on the way?",
    grows=True,
)

check_gelu_backward_everywhere = tensor_laws(
    "gelu_backward",
    inputs=plain_pair(),
    oracle=lambda grad_out, x: autograd(functional.gelu, grad_out, x)[0],
    after=check_gelu_backward_matches_autograd,
    atol=2e-5,
)

# --- silu ------------------------------------------------------------------------------------------------


# x * exp(x) / (1 + exp(x)) is right on these and overflows far out only.
@check("silu", hint="Compare your line with the formula of the lesson, sign by sign.")
@given(x=plain())
def check_silu_matches_torch(learner, x):
    """Every entry is multiplied by its own sigmoid."""
    agree(learner.silu(x), functional.silu(x))


# relu(x) keeps this law too, hence after.
@check(
    "silu",
    hint="sigmoid(x) + sigmoid(-x) is 1.",
    examples=40,
    after=check_silu_matches_torch,
)
@given(x=plain())
def check_silu_parts_make_the_whole(learner, x):
    """silu(x) - silu(-x) is x."""
    agree(learner.silu(x) - learner.silu(-x), x, what="silu(x) - silu(-x)")


@check("silu", hint="The sigmoids are 0.1192, 0.5 and 0.8808.", after=check_silu_matches_torch)
def check_silu_known_values(learner):
    """silu of (-2, 0, 2) is (-0.2384, 0, 1.7616)."""
    x = torch.tensor([-2.0, 0.0, 2.0], dtype=torch.float64)
    agree(learner.silu(x), torch.tensor([-0.2384058440442351, 0.0, 1.7615941559557646], dtype=torch.float64))


# The result grows with x, and so does the rounding of x * (1 + tanh(x / 2)) / 2.
check_silu_corners = entrywise_laws(
    "silu",
    functional.silu,
    zero="At exactly 0 it is 0, whatever stands beside.",
    far="Very large inputs pass unchanged and very negative ones give 0, never NaN.",
    far_hint="An infinite exponential may stand below the line, never above and below.",
    grows=True,
)

check_silu_everywhere = tensor_laws(
    "silu",
    inputs={"x": plain()},
    oracle=lambda x: functional.silu(x),
    after=check_silu_matches_torch,
    atol=1e-5,
)


check_silu_backward_is_derived = derived(
    "silu_backward", lambda seed: (apart(seed + 1, (2, 2)), apart(seed, (2, 2))), entries=4
)


# The slope of the gate counts as well: sigmoid alone is right at 0 only.
@check(
    "silu_backward",
    hint="Look at the backward alone: a product has a slope of two parts. Are both there, and grad_out?",
)
@given(x=plain(), seed=seeds())
def check_silu_backward_matches_autograd(learner, x, seed):
    """The gradient equals that of torch's silu, for random grad_out."""
    g = cotangent(x, seed, plain=True)
    (expected,) = autograd(functional.silu, g, x)
    agree_gradient(
        learner.silu_backward(g, x), expected, forward=learner.silu, at=x, grad_out=g, **exactly(g)
    )


# 1/2 everywhere keeps this law, hence after.
@check(
    "silu_backward",
    hint="The slope of silu(x) - silu(-x), which is x, is 1.",
    examples=40,
    after=check_silu_backward_matches_autograd,
)
@given(x=plain(), seed=seeds())
def check_silu_backward_slopes_add_up_to_one(learner, x, seed):
    """The slopes at x and at -x add up to 1."""
    g = cotangent(x, seed, plain=True)
    both = learner.silu_backward(g, x) + learner.silu_backward(g, -x)
    agree(both, g, what="the gradient at x plus the gradient at -x")


@check(
    "silu_backward",
    hint="Work the slope at 2 out by hand; sigmoid is 0.8808 there.",
    after=check_silu_backward_matches_autograd,
)
def check_silu_backward_known_values(learner):
    """The slope of silu is -0.0908 at -2, 0.5 at 0 and 1.0908 at 2."""
    x = torch.tensor([-2.0, 0.0, 2.0], dtype=torch.float64)
    expected = torch.tensor([-0.09078424878489547, 0.5, 1.0907842487848955], dtype=torch.float64)
    agree(learner.silu_backward(torch.ones_like(x), x), expected)


# y + s * (1 - y) is a right way to write it, and y is as large as x: hence the tolerance that grows.
check_silu_backward_corners = entrywise_laws(
    "silu_backward",
    functional.silu,
    zero="At exactly 0 the slope is 0.5.",
    far="Far out on the right grad_out passes, far out on the left nothing does, and there is no NaN.",
    far_hint="An infinite exponential may stand below the line, never above and below.",
    grows=True,
)

check_silu_backward_everywhere = tensor_laws(
    "silu_backward",
    inputs=plain_pair(),
    oracle=lambda grad_out, x: autograd(functional.silu, grad_out, x)[0],
    after=check_silu_backward_matches_autograd,
    atol=2e-5,
)

# --- leaky_relu -------------------------------------------------------------------------------------------

# What is called a leak; any other number is a legal slope too, and has laws of its own.
LEAKS = sampled_from((0.1, 0.3, 0.05, 0.5, 0.75))
OTHER_SLOPES = sampled_from((2.0, -0.5, 1.5, -2.0, 10.0))


# Slopes between 0 and 1, where the larger of x and slope * x is right too.
@check("leaky_relu", hint="Try (-3, 0, 2) by hand: which entry goes wrong?")
@given(x=plain(), slope=LEAKS)
def check_leaky_relu_matches_torch(learner, x, slope):
    """Positive entries are kept and all others multiplied by slope."""
    agree(learner.leaky_relu(x, slope), functional.leaky_relu(x, slope))


# With slope 2 the larger of x and slope * x is wrong on both sides.
@check(
    "leaky_relu",
    hint="Is the side chosen by the sign of x, or by which result is larger? Try slope 2.",
    examples=40,
)
@given(x=plain(), slope=OTHER_SLOPES)
def check_leaky_relu_of_any_slope(learner, x, slope):
    """slope may be any number, also one above 1 or below 0."""
    agree(learner.leaky_relu(x, slope), functional.leaky_relu(x, slope))


# Only the missing argument is new here, so that another default costs one law.
@check("leaky_relu", hint="The default of slope is 0.01.", examples=40)
@given(x=plain())
def check_leaky_relu_default_slope(learner, x):
    """By default slope is 0.01."""
    agree(learner.leaky_relu(x), functional.leaky_relu(x))


# With slope 1 nothing changes, and x itself would be equal: only its memory tells.
@check(
    "leaky_relu",
    hint="What does each slope make of the entries below 0?",
    examples=40,
    after=check_leaky_relu_matches_torch,
)
@given(x=plain())
def check_leaky_relu_family(learner, x):
    """Slope 0 is relu, and slope 1 the identity, in a new tensor all the same."""
    agree(learner.leaky_relu(x, 0.0), torch.relu(x), what="leaky_relu with slope 0")
    agree(learner.leaky_relu(x, 1.0), x, what="leaky_relu with slope 1")
    require(
        not learner.last_call.aliases, "leaky_relu gave back its argument; the result is a tensor of its own"
    )


@check("leaky_relu", hint="Only -3 is multiplied by 0.1.", after=check_leaky_relu_matches_torch)
def check_leaky_relu_known_values(learner):
    """With slope 0.1, (-3, 0, 2) gives (-0.3, 0, 2)."""
    x = torch.tensor([-3.0, 0.0, 2.0], dtype=torch.float64)
    agree(learner.leaky_relu(x, 0.1), torch.tensor([-0.3, 0.0, 2.0], dtype=torch.float64))


check_leaky_relu_corners = entrywise_laws(
    "leaky_relu",
    lambda x, slope: functional.leaky_relu(x, slope),
    zero="At exactly 0 it is 0, whatever stands beside.",
    far="Very large entries pass unchanged, and very negative ones are multiplied by slope.",
    far_hint="leaky_relu has no bound on either side.",
    grows=True,
    slope=0.3,
)

check_leaky_relu_everywhere = tensor_laws(
    "leaky_relu",
    inputs={"x": plain(), "slope": LEAKS},
    oracle=lambda x, slope: functional.leaky_relu(x, slope),
    after=check_leaky_relu_matches_torch,
)


# The gate looks at x; grad_out has either sign on both sides of it.
@check(
    "leaky_relu_backward",
    hint="Look at the backward alone: which tensor is compared with 0, and what is multiplied by slope?",
)
@given(x=plain(), slope=LEAKS, seed=seeds())
def check_leaky_relu_backward_matches_autograd(learner, x, slope, seed):
    """The gradient equals that of torch's leaky_relu, for random grad_out."""
    g = cotangent(x, seed, plain=True)
    (expected,) = autograd(lambda z: functional.leaky_relu(z, slope), g, x)
    agree_gradient(learner.leaky_relu_backward(g, x, slope), expected, **exactly(g))


# Signs and sizes of slope that no leak has; the formula does not mind.
@check("leaky_relu_backward", hint="Which side is multiplied by slope? Compare x with 0.", examples=40)
@given(x=plain(), slope=OTHER_SLOPES, seed=seeds())
def check_leaky_relu_backward_of_any_slope(learner, x, slope, seed):
    """slope may be any number, also one above 1 or below 0."""
    g = cotangent(x, seed, plain=True)
    (expected,) = autograd(lambda z: functional.leaky_relu(z, slope), g, x)
    agree_gradient(learner.leaky_relu_backward(g, x, slope), expected, **exactly(g, torch.tensor(slope)))


# Only the missing argument is new here.
@check("leaky_relu_backward", hint="The default of slope is 0.01.", examples=40)
@given(x=plain(), seed=seeds())
def check_leaky_relu_backward_default_slope(learner, x, seed):
    """By default slope is 0.01."""
    g = cotangent(x, seed, plain=True)
    agree(learner.leaky_relu_backward(g, x), autograd(functional.leaky_relu, g, x)[0], **exactly(g))


# Slope 0 shuts the gate, which a division by slope would not survive.
@check(
    "leaky_relu_backward",
    hint="What does each slope make of a gradient where x is below 0?",
    examples=40,
    after=check_leaky_relu_backward_matches_autograd,
)
@given(x=plain(), seed=seeds())
def check_leaky_relu_backward_family(learner, x, seed):
    """Slope 0 is the way back of relu, and with slope 1 grad_out comes back as it is."""
    g = cotangent(x, seed, plain=True)
    agree(learner.leaky_relu_backward(g, x, 0.0), g * (x > 0), what="the gradient with slope 0")
    agree(learner.leaky_relu_backward(g, x, 1.0), g, what="the gradient with slope 1")


@check(
    "leaky_relu_backward",
    hint="Only x decides which entries are multiplied by slope.",
    after=check_leaky_relu_backward_matches_autograd,
)
def check_leaky_relu_backward_known_values(learner):
    """With slope 0.1, a grad_out of (5, 5, -5) at x = (-3, 0, 2) comes back as (0.5, 0.5, -5)."""
    g, x = torch.tensor([[5.0, 5.0, -5.0], [-3.0, 0.0, 2.0]], dtype=torch.float64)
    expected = torch.tensor([0.5, 0.5, -5.0], dtype=torch.float64)
    agree(learner.leaky_relu_backward(g, x, 0.1), expected)


check_leaky_relu_backward_corners = entrywise_laws(
    "leaky_relu_backward",
    lambda x, slope: functional.leaky_relu(x, slope),
    zero="At exactly 0 the slope counts as slope.",
    zero_hint="On which side of your comparison does 0 itself fall?",
    far="However large x is, an open gate multiplies by 1 and a shut one by slope.",
    far_hint="Of x only the sign counts.",
    slope=0.3,
)

check_leaky_relu_backward_everywhere = tensor_laws(
    "leaky_relu_backward",
    inputs={
        **plain_pair(),
        "slope": LEAKS,
    },
    oracle=lambda grad_out, x, slope: autograd(lambda z: functional.leaky_relu(z, slope), grad_out, x)[0],
    after=check_leaky_relu_backward_matches_autograd,
)


# --- law_softmax ------------------------------------------------------------------------------------------
#
# Versions of softmax for a law to judge. They run in the learner's process and can be called there, but not read.


def softmax__largest_first(x):
    """It takes the largest score off first."""
    powers = (x - x.amax(-1, keepdim=True)).exp()
    return powers / powers.sum(-1, keepdim=True)


def softmax__of_torch(x):
    """It is torch's own."""
    return torch.softmax(x, -1)


def softmax__by_logarithms(x):
    """It takes off the logarithm of the sum, and then the exponential."""
    return (x - x.logsumexp(-1, keepdim=True)).exp()


def softmax__not_divided(x):
    """The exponentials are not divided by their sum."""
    return (x - x.amax(-1, keepdim=True)).exp()


def softmax__one_for_all(x):
    """All rows together have the sum 1, and not each row."""
    return torch.softmax(x.flatten(), 0).reshape(x.shape)


def softmax__down_the_columns(x):
    """The columns have the sum 1, and not the rows."""
    return torch.softmax(x, 0)


def softmax__base_two(x):
    """The powers are those of 2, and not those of e."""
    return torch.softmax(x * math.log(2), -1)


def softmax__no_exponential(x):
    """Scores are divided by their sum, without an exponential."""
    positive = x - x.amin(-1, keepdim=True) + 1
    return positive / positive.sum(-1, keepdim=True)


def softmax__winner_takes_all(x):
    """The largest score gets everything."""
    return torch.nn.functional.one_hot(x.argmax(-1), x.shape[-1]).to(x.dtype)


def softmax__equal_shares(x):
    """All get equal shares, whatever the scores."""
    return torch.ones_like(x) / x.shape[-1]


def softmax__turned_round(x):
    """The smallest score gets the largest share."""
    return torch.softmax(-x, -1)


def softmax__overflows(x):
    """Large scores become NaN, for nothing is taken off before the exponential."""
    return x.exp() / x.exp().sum(-1, keepdim=True)


law_softmax = law_exercise(
    "law_softmax",
    "softmax",
    [{"x": torch.tensor(rows, dtype=torch.float64)} for rows in (
        [0.0], [2.0, 0.0], [1.0, 1.0, 3.0], [[1.0], [2.0]], [[0.0, 1.0], [2.0, -1.0]], [1000.0, 999.0],
        [[0.5, -2.0, 1.0], [3.0, 3.0, 3.0]], [[-1000.0, -1001.0], [0.0, 2000.0]],
    )],
    right=(softmax__largest_first, softmax__of_torch, softmax__by_logarithms),
    wrong={
        softmax__not_divided: "What is the sum of the shares?",
        softmax__one_for_all: "What is the sum of the shares in each row?",
        softmax__down_the_columns: "What is the sum of the shares in each row?",
        softmax__base_two: "Scores that differ by 1: how many times larger is the larger share?",
        softmax__no_exponential: "Scores that differ by 1: how many times larger is the larger share?",
        softmax__winner_takes_all: "Two scores that differ a little: how do their shares differ?",
        softmax__equal_shares: "Two scores that differ: do their shares?",
        softmax__turned_round: "Which of two scores should have the larger share?",
        softmax__overflows: "No comparison with NaN is true. Does your law say True because of that?",
    },
)  # fmt: skip
