"""Check gradients made by hand, of a layer, a network and a formula, against torch.autograd: ch06.

Autograd is the oracle wherever there is a gradient. Two things get in the way of comparing with it. At 0, ReLU has a
kink, and whether a number is 0 or 1e-17 depends on the order of a sum: so networks are built of eighths, whose sums are
exact, with biases that keep them off 0. And sums cancel: so an entry is compared within a share of the largest thing
that was added up, not of the result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from grader.checking import (
    BOOL,
    OBJECT,
    SCALAR,
    TENSOR,
    agree,
    agree_gradient,
    autograd,
    builds,
    central_differences,
    check,
    composite,
    derived,
    floats,
    given,
    integers,
    just,
    law_exercise,
    list_of,
    one_of,
    sampled_from,
    scores_apart,
    seeds,
    shortened,
    tensor_from,
    tensor_laws,
    tensors,
)
from grader.checking.strategies import textured
from grader.sandbox.fixtures import FORWARDS, FUNCTIONS, SCALES
from grader.sandbox.handles import GuestFixture

RETURNS = {
    "numerical_gradient": TENSOR,
    "linear_backward": (TENSOR, TENSOR, TENSOR),
    "mlp_loss_and_grads": (SCALAR, list_of((TENSOR, TENSOR))),
    "Value": OBJECT,
    "check_gradient": BOOL,
    "law_linear_backward": BOOL,
}

# --- numerical_gradient -----------------------------------------------------------------------------------
#
# The function is made so that the central difference is known as a formula, with its error in h: whoever takes one side
# only, another h, or half the distance is off by a known amount. Steps are large, for small ones drown it in rounding.

steps = sampled_from([0.5, 1.0, 0.1, 2.0, 0.03])
# No dimensions, a side of 1, three axes, and more than 64 entries: vector loops of the processor end there.
odd_shapes = sampled_from(((), (1,), (1, 3), (2, 1), (2, 1, 2), (2, 3, 2), (66,)))


def _cubes_by_rule(x: Tensor, h: float) -> Tensor:
    """Central differences of weighted_cubes, worked out: k (3 x^2 + h^2)."""
    weights = torch.arange(1, x.numel() + 1, dtype=x.dtype).reshape(x.shape)
    return weights * (3 * x**2 + h**2)


@check("numerical_gradient", hint="Both sides, this very h, one entry at a time.")
@given(x=tensors(ndim=(1, 2), side=(2, 3), special=(1.0, -3.0), textures=False), h=steps)
def check_numerical_gradient_is_central(learner, x, h):
    """For a sum of k x_k cubed it is k (3 x_k squared + h squared), for any h."""
    agree(learner.numerical_gradient(learner.fixture("weighted_cubes"), x, h), _cubes_by_rule(x, h))


def _agree_cubes(learner: Any, x: Tensor, h: float) -> None:
    """Compare where rounding is a share of the largest cube: both sides are rounded before they are subtracted."""
    cubes = (torch.arange(1, x.numel() + 1, dtype=x.dtype) * (x.reshape(-1).abs() + h) ** 3).sum()
    found = learner.numerical_gradient(learner.fixture("weighted_cubes"), x, h)
    agree(found, _cubes_by_rule(x, h), atol=1e-13 * float(cubes) / h)


@check(
    "numerical_gradient",
    hint="Walk over positions, not over rows; a tensor without dimensions has one entry.",
    after=check_numerical_gradient_is_central,
    examples=20,
)
@given(x=odd_shapes.flatmap(lambda shape: tensors(shape, special=(0.0, 1.0, -3.0), textures=False)), h=steps)
def check_numerical_gradient_takes_any_shape(learner, x, h):
    """Any shape will do: no dimensions, sides of 1, three axes, many entries."""
    _agree_cubes(learner, x, h)


@check(
    "numerical_gradient",
    hint="The step is h, not a share of x.",
    after=check_numerical_gradient_is_central,
    examples=60,
)
@given(
    x=tensors(ndim=(1, 2), side=(2, 3), special=(0.0, 20.0, -20.0, 300.0, 1e-7, -1e-7)),
    h=sampled_from([0.5, 2.0, 1.0 / 64, 16.0]),
)
def check_numerical_gradient_takes_any_size(learner, x, h):
    """Entries and steps of any size will do, and entries that are equal, sorted, or of one sign."""
    _agree_cubes(learner, x, h)


@check(
    "numerical_gradient",
    hint="Which two points do you take around each entry, and how far apart are they?",
    after=check_numerical_gradient_is_central,
)
def check_numerical_gradient_known_value(learner):
    """The example of the lesson: for x cubed at 2 and h = 0.1 the central difference is 12.01."""
    x = torch.tensor([2.0], dtype=torch.float64)
    slope = learner.numerical_gradient(learner.fixture("weighted_cubes"), x, 0.1)
    agree(slope, torch.tensor([12.01], dtype=torch.float64))


@check(
    "numerical_gradient",
    hint="Put an entry back before the next one moves, and give f the shape of x.",
    after=check_numerical_gradient_is_central,
    examples=60,
)
@given(
    name=sampled_from(sorted(FUNCTIONS)),
    x=tensors(ndim=(1, 2), side=(2, 3), special=(0.0, 1.0), textures=False),
    h=steps,
)
def check_numerical_gradient_of_any_function(learner, name, x, h):
    """It is right for functions that mix the entries of x, and f gets a tensor of x's shape."""
    expected = central_differences(FUNCTIONS[name], x, None, h)
    agree(learner.numerical_gradient(learner.fixture(name), x, h), expected)


check_numerical_gradient_everywhere = tensor_laws(
    "numerical_gradient",
    inputs={
        "f": just(GuestFixture("weighted_cubes")),
        "x": tensors(ndim=(1, 2), side=(1, 3), low=-2.0, high=2.0),
        "h": just(0.5),
    },
    oracle=lambda f, x, h: _cubes_by_rule(x, h),
    after=check_numerical_gradient_is_central,
)


# --- linear_backward --------------------------------------------------------------------------------------
#
# Three products whose shapes fit in only one way, unless two of N, D and H are equal. They are drawn apart, so squares
# occur and are not the rule.

# Powers of two keep the digits: what adds up to exactly 0 still does. They reach from 7e-9 to 1e8, and half are 1.
sizes = sampled_from((*[0] * 20, *range(-27, 28, 2))).map(lambda power: 2.0**power)


@composite
def layers_backward(draw: Any) -> tuple[Tensor, Tensor, Tensor]:
    """grad_out, x and weight of one layer, nothing special about them; often not square."""
    rows, fan_in, fan_out = draw(integers(2, 4)), draw(integers(2, 4)), draw(integers(2, 4))
    seed = 10 * draw(seeds())
    return tuple(
        tensor_from(seed + 1 + place, shape)
        for place, shape in enumerate(((rows, fan_out), (rows, fan_in), (fan_out, fan_in)))
    )


@composite
def odd_layers_backward(draw: Any) -> tuple[Tensor, Tensor, Tensor]:
    """A batch of one, a width of 1 on either side, and many of each."""
    rows, fan_in, fan_out = draw(
        sampled_from(((1, 3, 2), (3, 1, 2), (3, 2, 1), (1, 1, 1), (70, 2, 3), (2, 40, 33)))
    )
    seed = 10 * draw(seeds())
    return tuple(
        tensor_from(seed + 1 + place, shape)
        for place, shape in enumerate(((rows, fan_out), (rows, fan_in), (fan_out, fan_in)))
    )


@composite
def wide_layers_backward(draw: Any) -> tuple[Tensor, Tensor, Tensor]:
    """All three in textures and in sizes of their own, from 1e-8 to 1e8: a way back is right for every number."""
    rows, fan_in, fan_out = draw(integers(2, 4)), draw(integers(2, 4)), draw(integers(2, 4))
    special = (0.0, 1e-7, -1e-7, 40.0, -40.0)
    return tuple(
        draw(sizes) * draw(tensors(shape, special=special))
        for shape in ((rows, fan_out), (rows, fan_in), (fan_out, fan_in))
    )


def _linear_gradients(grad_out: Tensor, x: Tensor, weight: Tensor) -> tuple[Tensor, ...]:
    bias = torch.zeros(len(weight), dtype=torch.float64)
    return autograd(F.linear, grad_out, x, weight, bias)


@check(
    "linear_backward",
    hint="Which axis does each gradient sum over? Try N, D and H that all differ.",
    weight=2,
)
@given(grad_out_and_x_and_weight=layers_backward())
def check_linear_backward_matches_autograd(learner, grad_out_and_x_and_weight):
    """All three gradients are those of torch.autograd, for any batch and width."""
    agree_gradient(
        learner.linear_backward(*grad_out_and_x_and_weight),
        _linear_gradients(*grad_out_and_x_and_weight),
        batch=len(grad_out_and_x_and_weight[0]),
    )


@check(
    "linear_backward",
    hint="Write down the shape of each answer, and which side has to meet in each product.",
    after=check_linear_backward_matches_autograd,
)
def check_linear_backward_known_value(learner):
    """The example of the lesson: two rows, three features, two outputs."""
    x, weight, grad_out, *expected = (
        torch.tensor(rows, dtype=torch.float64)
        for rows in (
            [[1, 2, 3], [4, 5, 6]],
            [[1, 0, -1], [2, 1, 0]],
            [[1, 0], [2, -1]],
            [[1, 0, -1], [0, -1, -2]],
            [[9, 12, 15], [-4, -5, -6]],
            [3, -1],
        )
    )
    agree_gradient(learner.linear_backward(grad_out, x, weight), tuple(expected), batch=2)


@check(
    "linear_backward",
    hint="Sum over the batch, do not average: the 1/N of a mean is in grad_out already.",
    examples=50,
    after=check_linear_backward_matches_autograd,
)
@given(grad_out_and_x_and_weight=layers_backward())
def check_linear_backward_sums_over_the_batch(learner, grad_out_and_x_and_weight):
    """With every row twice in the batch the gradients of weight and bias double, and that of x has its rows twice."""
    grad_out, x, weight = grad_out_and_x_and_weight
    grad_x, grad_w, grad_b = learner.linear_backward(grad_out, x, weight)
    twice = learner.linear_backward(torch.cat([grad_out, grad_out]), torch.cat([x, x]), weight)
    agree(twice, (torch.cat([grad_x, grad_x]), 2 * grad_w, 2 * grad_b))


def _agree_linear(learner: Any, layer: tuple[Tensor, Tensor, Tensor]) -> None:
    """Compare where rounding is a share of what is added up, however small that is."""
    found = learner.linear_backward(*layer)
    summed = _linear_gradients(*(part.abs() for part in layer))
    for mine, right, size, name in zip(
        found, _linear_gradients(*layer), summed, ("x", "weight", "bias"), strict=True
    ):
        agree_gradient(
            mine, right, atol=1e-12 * float(size.max()), what=f"the gradient of {name}", batch=len(layer[0])
        )


@check(
    "linear_backward",
    hint="The shapes say which product is meant, also where a side is 1.",
    after=check_linear_backward_matches_autograd,
    examples=40,
)
@given(grad_out_and_x_and_weight=odd_layers_backward())
def check_linear_backward_takes_any_width(learner, grad_out_and_x_and_weight):
    """One row will do, and one input or output, and many of each."""
    _agree_linear(learner, grad_out_and_x_and_weight)


@check(
    "linear_backward",
    hint="Two products and a sum, whatever the numbers are.",
    after=check_linear_backward_matches_autograd,
)
@given(grad_out_and_x_and_weight=wide_layers_backward())
def check_linear_backward_takes_any_size(learner, grad_out_and_x_and_weight):
    """Numbers of any size will do, tiny beside large, and such as are equal, sorted, or add up to 0."""
    _agree_linear(learner, grad_out_and_x_and_weight)


check_linear_backward_everywhere = tensor_laws(
    "linear_backward",
    inputs={
        "grad_out": tensors((3, 2), special=(0.0, 1.0)),
        "x": tensors((3, 4), special=(0.0, 1.0)),
        "weight": tensors((2, 4), special=(0.0, 1.0)),
    },
    oracle=_linear_gradients,
    after=check_linear_backward_matches_autograd,
)


# --- mlp_loss_and_grads -----------------------------------------------------------------------------------
#
# Loss and gradients are judged apart: whoever has the forward pass right keeps its law. The gradients of all layers
# come in one list, and a failure names the layer and whether it is its weight or its bias.

Layers = list[tuple[Tensor, Tensor]]

_SIZES = ((3, 2), (2, 3, 2), (3, 4, 3), (2, 2, 2), (2, 3, 4, 3), (2, 3, 3, 3, 2))
# Widths of 1, many entries, and labels above 100.
_ODD_SIZES = ((1, 3), (1, 1), (3, 1, 2), (3, 30, 3), (25, 2), (2, 3, 130))


def _eighths(seed: int, *shape: int) -> Tensor:
    """Entries in eighths, within 1: their sums of products are exact, so ReLU sees the same sign in any order."""
    return tensor_from(seed, shape, low=-8.0, high=8.0).round() / 8


def _network(seed: int, sizes: tuple[int, ...]) -> Layers:
    """Layers in eighths; the biases have a finer part, so that what enters a ReLU is never exactly 0 by chance."""
    return [
        (
            _eighths(seed + 2 * place, fan_out, fan_in),
            _eighths(seed + 2 * place + 1, fan_out) + 2.0 ** -(4 * place + 7),
        )
        for place, (fan_in, fan_out) in enumerate(pairwise(sizes))
    ]


@composite
def networks(
    draw: Any, sizes: tuple[tuple[int, ...], ...] = _SIZES, rows: tuple[int, ...] = (2, 3, 4, 5)
) -> tuple[Tensor, Tensor, Layers]:
    """A batch, its labels and the layers."""
    widths, seed, count = draw(sampled_from(sizes)), draw(seeds()), draw(sampled_from(rows))
    count, *widths = shortened((count, *widths))
    x = _eighths(seed + 1, count, widths[0])
    generator = torch.Generator().manual_seed(draw(seeds()))
    labels = torch.randint(widths[-1], (count,), generator=generator)
    if draw(integers(0, 3)) == 3:
        labels[0] = widths[-1] - 1  # the far end of a long row
    return x, labels, _network(seed + 2, widths)


@composite
def networks_at_zero(draw: Any) -> tuple[Tensor, Tensor, Layers]:
    """A row of zeros and a bias of zeros, so that ReLU meets exact zeros."""
    x, labels, layers = draw(networks(_SIZES[1:]))
    x[0] = 0.0
    layers[0][1].zero_()
    return x, labels, layers


@composite
def wide_networks(draw: Any) -> tuple[Tensor, Tensor, Layers, float, float]:
    """Inputs and last layer of any size, by powers of two: ReLU sees the signs it saw before.

    Returns:
        The batch, the labels, the layers, and the factors of x and of the last weight. The logits grow by both, and
        stay within 64.
    """
    x, labels, layers = draw(networks())
    kind = draw(sampled_from(("", "", "", "equal", "positive", "negative", "sorted")))
    x = (textured(x, kind, 1) * 8).round() / 8
    down, up = -draw(integers(0, 26)), draw(integers(0, 11))
    x_power, weight_power = draw(sampled_from(((down, 0), (0, down), (up, -up), (-up, up), (down, down))))
    s, t = 2.0**x_power, 2.0**weight_power
    hidden = [(weight, s * bias) for weight, bias in layers[:-1]]
    return s * x, labels, [*hidden, (t * layers[-1][0], s * t * layers[-1][1])], s, t


def _logits(x: Tensor, layers: Layers) -> Tensor:
    for weight, bias in layers[:-1]:
        x = F.relu(F.linear(x, weight, bias))
    return F.linear(x, *layers[-1])


def _loss(x: Tensor, labels: Tensor, layers: Layers) -> Tensor:
    return F.cross_entropy(_logits(x, layers), labels)


def _loss_and_gradients(x: Tensor, labels: Tensor, layers: Layers) -> tuple[Tensor, Layers]:
    flat = [tensor for pair in layers for tensor in pair]

    def loss(*tensors: Tensor) -> Tensor:
        return _loss(x, labels, list(zip(tensors[::2], tensors[1::2], strict=True)))

    grads = autograd(loss, None, *flat)
    return loss(*flat), list(zip(grads[::2], grads[1::2], strict=True))


def _agree_all(actual: Any, expected: Layers, batch: int, rtol: float, atol: float) -> None:
    for place, (mine, wanted) in enumerate(zip(actual, expected, strict=True)):
        _agree_layer(mine, wanted, place + 1, batch, rtol, (atol, atol))


def _agree_layer(
    actual: Any, expected: Sequence[Tensor], layer: int, batch: int, rtol: float, atol: tuple[float, float]
) -> None:
    """Compare the gradients of a layer; `layer` counts from 1, `atol` is of the weight and of the bias."""
    weight, bias = actual
    what = f"the gradient of layer {layer}'s weight"
    agree_gradient(weight, expected[0], batch=batch, what=what, rtol=rtol, atol=atol[0])
    what = f"the gradient of layer {layer}'s bias"
    agree_gradient(bias, expected[1], batch=batch, what=what, rtol=rtol, atol=atol[1])


@check(
    "mlp_loss_and_grads",
    hint="The forward pass first: ReLU between, none after the last; the mean over the rows.",
    examples=60,
)
@given(x_and_labels_and_layers=networks())
def check_mlp_loss_matches_torch(learner, x_and_labels_and_layers):
    """The loss is torch's cross entropy of the network's output."""
    loss, _ = learner.mlp_loss_and_grads(*x_and_labels_and_layers)
    agree(loss, _loss(*x_and_labels_and_layers), what="the loss")


def _agree_network(
    learner: Any, x: Tensor, labels: Tensor, layers: Layers, s: float = 1.0, t: float = 1.0
) -> None:
    """Compare every gradient beside its own size: s and t are the factors of x and of the last weight."""
    loss, grads = learner.mlp_loss_and_grads(x, labels, layers)
    expected = _loss_and_gradients(x, labels, layers)
    agree(loss, expected[0], what="the loss")
    agree(len(grads), len(layers), what="the number of pairs")
    size = 1e-10 * max(1.0, float(_logits(x, layers).abs().max()))
    for place, (mine, wanted) in enumerate(zip(grads, expected[1], strict=True)):
        back = 1.0 if place == len(layers) - 1 else t
        _agree_layer(mine, wanted, place + 1, len(x), 1e-9, (size * s * back, size * back))


# The law of the loss does not wait for it. One layer that changes nothing, so that its scores are well apart.
check_mlp_gradients_are_derived = derived(
    "mlp_loss_and_grads",
    lambda seed: (
        scores_apart(seed),
        torch.tensor([seed % 2, seed // 2 % 2]),
        [(torch.eye(2, dtype=torch.float64), torch.zeros(2, dtype=torch.float64))],
    ),
    entries=6,
    opens=False,
)


@check(
    "mlp_loss_and_grads",
    hint="The last layer's bias has the first gradient, summed. Then compare layer by layer, from the last.",
    after=(check_mlp_loss_matches_torch, check_mlp_gradients_are_derived),
    weight=3,
)
@given(x_and_labels_and_layers=networks())
def check_mlp_gradients_match_autograd(learner, x_and_labels_and_layers):
    """Every gradient is that of torch.autograd, for any depth, in the order of the layers."""
    _, grads = learner.mlp_loss_and_grads(*x_and_labels_and_layers)
    x, _, layers = x_and_labels_and_layers
    agree(len(grads), len(layers), what="the number of pairs")
    # A share is as exact as the logits are: their last digit is an error of exp.
    size = max(1.0, float(_logits(x, layers).abs().max()))
    _agree_all(grads, _loss_and_gradients(*x_and_labels_and_layers)[1], len(x), rtol=1e-9, atol=1e-10 * size)


@check(
    "mlp_loss_and_grads",
    hint="Work the example of the lesson by hand, line by line.",
    after=check_mlp_gradients_match_autograd,
)
def check_mlp_known_value(learner):
    """The example of the lesson: loss 0.3133, and the neuron that was off learns nothing."""
    x, weight1, weight2, bias = (
        torch.tensor(rows, dtype=torch.float64)
        for rows in ([[1, 2]], [[1, 0], [0, -1]], [[2, 1], [1, 3]], [0, 0])
    )
    loss, grads = learner.mlp_loss_and_grads(x, torch.tensor([0]), [(weight1, bias), (weight2, bias)])
    agree(loss, torch.tensor(0.3133, dtype=torch.float64), atol=1e-4, what="the loss")
    share = 0.2689
    expected = [([[-share, -2 * share], [0, 0]], [-share, 0]), ([[-share, 0], [share, 0]], [-share, share])]
    agree(
        grads,
        [tuple(torch.tensor(rows, dtype=torch.float64) for rows in pair) for pair in expected],
        atol=2e-4,
        what="the gradients",
    )


@check(
    "mlp_loss_and_grads",
    hint="The first gradient is shares minus truth: each row of it sums to 0.",
    examples=40,
    after=check_mlp_gradients_match_autograd,
)
@given(x_and_labels_and_layers=networks())
def check_mlp_last_bias_sums_to_zero(learner, x_and_labels_and_layers):
    """The gradient of the last bias sums to 0: raising all scores together changes nothing."""
    _, grads = learner.mlp_loss_and_grads(*x_and_labels_and_layers)
    agree(grads[-1][1].sum(), torch.zeros((), dtype=torch.float64), what="the sum of the last bias' gradient")


@check(
    "mlp_loss_and_grads",
    hint="Subtract each row's largest score before exp, and take the log before dividing.",
    after=(check_mlp_loss_matches_torch, check_mlp_gradients_are_derived),
    examples=60,
)
@given(x_and_labels_and_layers=networks())
def check_mlp_stays_finite(learner, x_and_labels_and_layers):
    """Scores up to 8,000, and rows far apart, give the right loss and gradients, not NaN."""
    x, labels, layers = x_and_labels_and_layers
    size = float(_logits(x, layers).abs().max())
    factor = 2.0 ** min(12, math.floor(math.log2(8192 / max(size, 1e-3))))
    big = [*layers[:-1], (factor * layers[-1][0], factor * layers[-1][1])]
    loss, grads = learner.mlp_loss_and_grads(x, labels, big)
    expected = _loss_and_gradients(x, labels, big)
    agree(loss, expected[0], what="the loss")
    _agree_all(grads, expected[1], len(x), rtol=1e-6, atol=1e-6)


@check(
    "mlp_loss_and_grads",
    hint="At exactly 0 the slope of ReLU is 0: what entered must be above 0.",
    after=(check_mlp_loss_matches_torch, check_mlp_gradients_are_derived),
    examples=40,
)
@given(x_and_labels_and_layers=networks_at_zero())
def check_mlp_stops_at_zero(learner, x_and_labels_and_layers):
    """Where exactly 0 enters a ReLU, nothing passes on the way back."""
    _agree_network(learner, *x_and_labels_and_layers)


@check(
    "mlp_loss_and_grads",
    hint="The shapes say which product is meant, also where a side is 1.",
    after=(check_mlp_loss_matches_torch, check_mlp_gradients_are_derived),
    examples=40,
)
@given(x_and_labels_and_layers=networks(_ODD_SIZES, (1, 2, 66)))
def check_mlp_takes_any_width(learner, x_and_labels_and_layers):
    """One row will do, and layers one wide, and many rows, inputs, neurons or classes."""
    _agree_network(learner, *x_and_labels_and_layers)


@check(
    "mlp_loss_and_grads",
    hint="The way back is a chain of products: it is right for every number, or for none.",
    after=(check_mlp_loss_matches_torch, check_mlp_gradients_are_derived),
)
@given(network=wide_networks())
def check_mlp_takes_any_size(learner, network):
    """Inputs and weights of any size will do, tiny beside large, equal, sorted, or of one sign."""
    _agree_network(learner, *network)


check_mlp_everywhere = tensor_laws(
    "mlp_loss_and_grads",
    inputs={
        "x": seeds().map(lambda seed: _eighths(seed + 1, 4, 3)),
        "labels": integers(0, 80).map(
            lambda code: torch.tensor([code // 3**place % 3 for place in range(4)])
        ),
        "layers": seeds().map(lambda seed: _network(seed + 1, (3, 4, 3))),
    },
    oracle=_loss_and_gradients,
    after=check_mlp_gradients_match_autograd,
    rtol=1e-4,
    atol=1e-4,
)


# --- Value ------------------------------------------------------------------------------------------------

_numbers = floats(-4, 4)
_apart_from_zero = one_of(floats(-4, -0.1), floats(0.1, 4))
# Every magnitude from 1e-8 to 1e8 as likely, with either sign.
_far = builds(
    lambda digits, power, sign: sign * digits * 10.0**power,
    floats(1, 9.9),
    integers(-8, 7),
    sampled_from([1, -1]),
)
_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}
_UNARY: dict[str, Callable[[Any], Any]] = {
    "-": lambda a: -a,
    "exp": lambda a: a.exp(),
    "tanh": lambda a: a.tanh(),
    "relu": lambda a: a.relu(),
}


def _leaf(number: float) -> Tensor:
    return torch.tensor(number, dtype=torch.float64, requires_grad=True)


def _slopes(root: Tensor, *nodes: Tensor) -> list[float]:
    """The derivatives of root by the nodes; 0 where it does not depend on them."""
    if not root.requires_grad:
        return [0.0 for _ in nodes]
    grads = torch.autograd.grad(root, nodes, allow_unused=True, retain_graph=True)
    return [0.0 if grad is None else grad.item() for grad in grads]


def _agree_slopes(
    learner: Any, function: Callable[..., Any], *numbers: float, atol: float | None = None
) -> None:
    """The learner's value and slopes of a function of a few numbers are torch's.

    Args:
        learner: whose Value is tried.
        function: of as many values as there are numbers.
        numbers: what the values hold.
        atol: how far off may be what is not tiny itself; a ten-billionth, or as much of the result, if left out.
    """
    mine, leaves = [learner.Value(number) for number in numbers], [_leaf(number) for number in numbers]
    result, right = function(*mine), function(*leaves)
    agree(result.data, right.item(), atol=atol, what="the result's data")
    result.backward()
    for value, slope in zip(mine, _slopes(right, *leaves), strict=True):
        agree(value.grad, slope, atol=atol, what="grad")


@check("Value", hint="Two slopes per operation: by the left one and by the right one.", examples=60)
@given(sign=sampled_from("+*"), a=_apart_from_zero, b=_apart_from_zero)
def check_value_adds_and_multiplies(learner, sign, a, b):
    """a + b and a * b have the right value and slopes."""
    _agree_slopes(learner, _BINARY[sign], a, b)


@check(
    "Value",
    hint="b counts against a: its slope has a sign. A quotient is a product with b to the power of -1.",
    after=check_value_adds_and_multiplies,
    examples=60,
)
@given(sign=sampled_from("-/"), a=_apart_from_zero, b=_apart_from_zero)
def check_value_subtracts_and_divides(learner, sign, a, b):
    """a - b, a / b and -a have the right value and slopes."""
    _agree_slopes(learner, _BINARY[sign], a, b)
    _agree_slopes(learner, _UNARY["-"], a)


@check(
    "Value",
    hint="A plain number on the right is no Value: it has no grad, and needs none.",
    after=check_value_adds_and_multiplies,
    weight=0.5,
    examples=60,
)
@given(
    sign=sampled_from("+-*/"),
    a=_apart_from_zero,
    number=one_of(_apart_from_zero, sampled_from([1, 2, 3, -2])),
)
def check_value_takes_a_number_on_the_right(learner, sign, a, number):
    """A plain number may stand on the right of + - * /."""
    _agree_slopes(learner, lambda value: _BINARY[sign](value, number), a)


@check(
    "Value",
    hint="Python calls __rsub__ and __rtruediv__ of the right operand when the left one is a number.",
    after=check_value_adds_and_multiplies,
    weight=0.5,
    examples=60,
)
@given(
    sign=sampled_from("+-*/"),
    a=_apart_from_zero,
    number=one_of(_apart_from_zero, sampled_from([1, 2, 3, -2])),
)
def check_value_takes_a_number_on_the_left(learner, sign, a, number):
    """A plain number may stand on the left of + - * /."""
    _agree_slopes(learner, lambda value: _BINARY[sign](number, value), a)


@check(
    "Value",
    hint="What is the slope of exp, written with its result?",
    after=check_value_adds_and_multiplies,
    weight=0.5,
    examples=40,
)
@given(a=_numbers)
def check_value_exp(learner, a):
    """exp has the right value and slope."""
    _agree_slopes(learner, _UNARY["exp"], a)


@check(
    "Value",
    hint="What is the slope of tanh, written with its result?",
    after=check_value_adds_and_multiplies,
    weight=0.5,
    examples=40,
)
@given(a=_numbers)
def check_value_tanh(learner, a):
    """tanh has the right value and slope."""
    _agree_slopes(learner, _UNARY["tanh"], a)


@check(
    "Value",
    hint="Above 0 the slope is 1, below 0 it is 0.",
    after=check_value_adds_and_multiplies,
    weight=0.5,
    examples=40,
)
@given(a=_apart_from_zero)
def check_value_relu(learner, a):
    """relu has the right value and slope."""
    _agree_slopes(learner, _UNARY["relu"], a)


@check(
    "Value",
    hint="Which logarithm is it, and is its slope taken at the number or at the result?",
    after=check_value_adds_and_multiplies,
    weight=0.5,
    examples=40,
)
@given(a=floats(0.1, 4))
def check_value_log(learner, a):
    """log has the right value and slope."""
    _agree_slopes(learner, lambda value: value.log(), a)


@check(
    "Value",
    hint="Differentiate a to the power of 3 by hand: what comes down, and what is left?",
    after=check_value_adds_and_multiplies,
    examples=60,
)
@given(a=floats(0.1, 4), sign=sampled_from([1, -1]), exponent=sampled_from([2, 3, 1, -1, -2, 0.5, 1.5, -0.5]))
def check_value_powers(learner, a, sign, exponent):
    """a ** k for a number k has the right value and slope."""
    _agree_slopes(learner, lambda value: value**exponent, a if exponent != int(exponent) else sign * a)


@check(
    "Value",
    hint="Is anything divided by a in your slope of a power?",
    after=check_value_adds_and_multiplies,
    weight=0.5,
)
def check_value_powers_of_zero(learner):
    """0 ** 1, 0 ** 2 and 0 ** 3 have the slopes 1, 0 and 0."""
    for exponent in (1, 2, 3):
        _agree_slopes(learner, lambda value, exponent=exponent: value**exponent, 0.0)


@check(
    "Value", hint="At exactly 0 the slope of relu is 0.", after=check_value_adds_and_multiplies, weight=0.5
)
def check_value_relu_of_zero(learner):
    """relu of exactly 0 is 0, and so is its slope."""
    _agree_slopes(learner, _UNARY["relu"], 0.0)


@check(
    "Value",
    hint="A quotient of exponentials overflows; the math module has the whole function.",
    after=check_value_adds_and_multiplies,
    weight=0.5,
    examples=40,
)
@given(a=_far)
def check_value_tanh_of_any_size(learner, a):
    """tanh has the right value and slope however large the number is."""
    # 1 - t squared is rounded beside 1, however small it is.
    _agree_slopes(learner, _UNARY["tanh"], a, atol=1e-13)


@check(
    "Value",
    hint="The same slopes hold for every number.",
    after=check_value_adds_and_multiplies,
)
@given(sign=sampled_from("+-*/"), a=_far, b=_far)
def check_value_takes_any_size(learner, sign, a, b):
    """Numbers from 1e-8 to 1e8 have the right values and slopes, tiny ones beside large ones, too."""
    _agree_slopes(learner, _BINARY[sign], a, b, atol=1e-12 * (abs(a) + abs(b)) if sign in "+-" else 0.0)
    _agree_slopes(learner, _UNARY["relu"], a, atol=0.0)
    _agree_slopes(learner, lambda value: (value**2) ** 0.5, abs(a), atol=0.0)
    _agree_slopes(learner, lambda value: value.log(), abs(a), atol=1e-13)
    _agree_slopes(learner, _UNARY["exp"], max(-400.0, min(400.0, a)), atol=0.0)


@check(
    "Value",
    hint="An operation makes a new node. It writes into no other, and grad is 0 until backward.",
    after=check_value_adds_and_multiplies,
    weight=0.5,
    examples=60,
)
@given(sign=sampled_from("+-*/"), name=sampled_from(sorted(_UNARY)), a=_apart_from_zero, b=_apart_from_zero)
def check_value_leaves_its_operands(learner, sign, name, a, b):
    """No operation changes its operands, and before backward every grad is 0."""
    left, right = learner.Value(a), learner.Value(b)
    made = (_BINARY[sign](left, right), _UNARY[name](left))
    agree([left.data, right.data], [a, b], what="the operands' data, afterwards,")
    agree([value.grad for value in (left, right, *made)], [0.0] * 4, what="grad before backward")


@check(
    "Value",
    hint="The derivative of the root by itself is 1, and it is added like the others.",
    after=check_value_adds_and_multiplies,
    weight=0.5,
    examples=20,
)
@given(sign=sampled_from("+*"), a=_apart_from_zero, b=_apart_from_zero)
def check_value_counts_the_root(learner, sign, a, b):
    """After backward the root's own grad is 1."""
    root = _BINARY[sign](learner.Value(a), learner.Value(b))
    root.backward()
    agree(root.grad, 1.0, what="the root's own grad")


@check(
    "Value",
    hint="Does every node wait for all that use it? Do both slopes of a * a count?",
    after=check_value_adds_and_multiplies,
    weight=0.5,
)
def check_value_known_example(learner):
    """The example of micrograd's own page: 24.7041, with slopes 138.8338 and 645.5773."""
    a, b = learner.Value(-4.0), learner.Value(2.0)
    c = a + b
    d = a * b + b**3
    c = c + (c + 1)
    c = c + (1 + c + (-a))
    d = d + (d * 2 + (b + a).relu())
    d = d + (3 * d + (b - a).relu())
    e = c - d
    f = e**2
    g = f / 2.0 + 10.0 / f
    agree(g.data, 24.7041, atol=1e-4, what="g.data")
    g.backward()
    agree(a.grad, 138.8338, atol=1e-4, what="a.grad")
    agree(b.grad, 645.5773, atol=1e-4, what="b.grad")


# --- Value: graphs ----------------------------------------------------------------------------------------

_EXPONENTS = (2, 3, -1, 0.5)
_OPERATIONS = ("+", "-", "*", "/", "number", "**", "neg", "exp", "log", "tanh", "relu")
_LIMIT = 30.0


@composite
def programs(
    draw: Any, operations: tuple[str, ...] = _OPERATIONS
) -> tuple[list[float], list[tuple[str, int, int]]]:
    """One to three leaves and up to eight operations on earlier nodes, so that nodes are shared."""
    leaves = [draw(_numbers) for _ in range(draw(integers(1, 3)))]
    program = []
    for place in range(draw(integers(1, 8))):
        most = len(leaves) + place - 1
        program.append((draw(sampled_from(operations)), draw(integers(0, most)), draw(integers(0, most))))
    return leaves, program


def _apply(operation: str, a: Any, b: Any, x: float, y: float) -> Any:
    """One operation, on values or tensors whose numbers are x and y; tanh wherever it would leave safe ground."""
    if operation == "/" and abs(y) > 0.1 and abs(x / y) < _LIMIT:
        return a / b
    if operation in ("+", "-", "*") and abs(_BINARY[operation](x, y)) < _LIMIT:
        return _BINARY[operation](a, b)
    if operation == "sum or product":  # nothing but these two, however large it grows
        return a * b if abs(x * y) < _LIMIT else a + b
    if operation == "number" and abs(x) < _LIMIT / 3:
        return 1.5 - 2 * a
    if operation == "**" and 0.1 < abs(x) < 3:
        exponent = _EXPONENTS[int(100 * abs(x)) % 4]
        return a**exponent if x > 0 or exponent != 0.5 else a**2
    if operation == "neg":
        return -a
    if operation == "exp" and x < 3:
        return a.exp()
    if operation == "log" and x > 0.1:
        return a.log()
    if operation == "relu" and abs(x) > 1e-3:  # next to the kink rounding decides
        return a.relu()
    return a.tanh()


def _grown(
    learner: Any, leaves: list[float], program: list[tuple[str, int, int]]
) -> tuple[list[Any], list[Tensor]]:
    """All nodes of a program, the learner's and torch's."""
    mine, right = [learner.Value(leaf) for leaf in leaves], [_leaf(leaf) for leaf in leaves]
    for operation, i, j in program:
        x, y = right[i].item(), right[j].item()
        mine.append(_apply(operation, mine[i], mine[j], x, y))
        right.append(_apply(operation, right[i], right[j], x, y))
    return mine, right


def _agree_grads(mine: list[Any], expected: list[float]) -> None:
    size = max(1.0, *map(abs, expected))
    for place, (value, slope) in enumerate(zip(mine, expected, strict=True)):
        agree(value.grad, slope, atol=1e-10 * size, what=f"grad of the {place + 1}. value made")


@check(
    "Value",
    hint="A node may pass on only when all that use it have paid in: go from the root in an order of the graph.",
    after=check_value_adds_and_multiplies,
    weight=2,
)
@given(program=programs(("+", "sum or product")))
def check_value_shares_nodes(learner, program):
    """In any formula of sums and products, shared parts included, every grad is that of torch.autograd."""
    _agree_program(learner, program)


@check(
    "Value",
    hint="Each operation must be right, and a node may pass on only when all that use it have paid in.",
    after=check_value_adds_and_multiplies,
)
@given(program=programs())
def check_value_matches_autograd(learner, program):
    """In any formula of all operations, shared parts included, every grad is that of torch.autograd."""
    _agree_program(learner, program)


def _agree_program(learner: Any, program: tuple[list[float], list[tuple[str, int, int]]]) -> None:
    mine, right = _grown(learner, *program)
    agree(mine[-1].data, right[-1].item(), what="the root's data")
    mine[-1].backward()
    _agree_grads(mine, _slopes(right[-1], *right))


@check(
    "Value",
    hint="Keep this call's derivatives in a table of their own and add them to grad at the end.",
    after=check_value_adds_and_multiplies,
    weight=2,
    examples=60,
)
@given(program=programs(("+", "sum or product")), other=integers(0, 10))
def check_value_adds_up_roots(learner, program, other):
    """backward adds to grad: the same root twice, then another one, give the sum of all three."""
    # Compared with the learner's own single calls, on graphs made anew: how those go is the matter of other laws.
    second = other % (len(program[0]) + len(program[1]))
    once, more = (_own_grads(learner, program, root) for root in (-1, second))
    mine, _ = _grown(learner, *program)
    for root in (mine[-1], mine[-1], mine[second]):
        root.backward()
    _agree_grads(mine, [2 * a + b for a, b in zip(once, more, strict=True)])


def _own_grads(
    learner: Any, program: tuple[list[float], list[tuple[str, int, int]]], root: int
) -> list[float]:
    """What one call of the learner's backward leaves in every grad of a graph made anew."""
    mine, _ = _grown(learner, *program)
    mine[root].backward()
    return [value.grad for value in mine]


@check(
    "Value",
    hint="Visit each node once, however many roads lead to it.",
    after=check_value_adds_and_multiplies,
    weight=0.5,
)
def check_value_visits_nodes_once(learner):
    """60 doublings a = a + a have 2 to the 60 roads, and backward takes no time."""
    leaf = value = learner.Value(1.0)
    for _ in range(60):
        value = value + value
    value.backward()
    agree(leaf.grad, 2.0**60, what="grad after 60 doublings")


@check(
    "Value",
    hint="Walk the graph with a list of your own: Python's recursion ends at about 1,000.",
    after=check_value_adds_and_multiplies,
)
def check_value_takes_long_chains(learner):
    """A chain of 5,000 values does not hit the recursion limit."""
    # The longest check of the chapter: the length is the point, and every value is made by a call of its own.
    leaf = value = learner.Value(0.5)
    one = learner.Value(1.0)
    for _ in range(5000):
        value = value + one
    value.backward()
    agree(value.data, 5000.5, what="the chain's data")
    agree(leaf.grad, 1.0, what="grad at the chain's end")


# --- check_gradient ---------------------------------------------------------------------------------------

# Away from 0, where the slope of a cube is 0 and a difference is nothing but its own error.
around_one = tensors((2, 2), low=0.5, high=2.0, special=(1.0,))
pair_names = sampled_from(sorted(FORWARDS))
# Not the softmax: its slope is 0 for a grad_out of ones, which is a law of its own.
plain_names = sampled_from(sorted(FORWARDS.keys() - {"shares"}))


def _says(learner: Any, name: str, backward: str, x: Tensor, seed: int, scale: str = "") -> Any:
    """What the learner's checker makes of a function and of a backward by the name of what is wrong with it."""
    forward, way_back = learner.fixture(name + scale), learner.fixture(f"{name}_{backward}{scale}")
    return learner.check_gradient(forward, way_back, x, generator=learner.generator(seed))


def _right_and_wrong(learner: Any, name: str, kind: str, x: Tensor, seed: int, scale: str = "") -> None:
    right, wrong = (_says(learner, name, backward, x, seed, scale) for backward in ("backward", kind))
    agree(right, True, what="the answer for a right backward")
    agree(wrong, False, what="the answer for a wrong backward")


@check(
    "check_gradient", hint="Compare backward with central differences, signs and sizes and all.", examples=40
)
@given(name=plain_names, kind=sampled_from(("negative", "doubled", "averaged")), x=around_one, seed=seeds())
def check_check_gradient_tells_right_from_wrong(learner, name, kind, x, seed):
    """A right backward is accepted; one with a wrong sign or a wrong factor is rejected."""
    _right_and_wrong(learner, name, kind, x, seed)


@check(
    "check_gradient",
    hint="Near compared with what? Try your comparison with gradients of 1e-10.",
    examples=40,
)
@given(
    name=plain_names,
    kind=sampled_from(("doubled", "zero")),
    x=around_one,
    seed=seeds(),
    scale=sampled_from(sorted(SCALES)),
)
def check_check_gradient_has_no_scale(learner, name, kind, x, seed, scale):
    """Gradients of size 1e-10 and 1e10 are told apart as well as those of size 1."""
    _right_and_wrong(learner, name, kind, x, seed, scale)


@check("check_gradient", hint="Are entry (i, j) and entry (j, i) two entries?", examples=20)
@given(x=around_one, seed=seeds())
def check_check_gradient_rejects_a_transposed_weight(learner, x, seed):
    """A backward that multiplies by the weight and not by its transpose is rejected."""
    _right_and_wrong(learner, "product", "transposed", x, seed)


@check("check_gradient", hint="Every entry counts; a sum or a mean of them hides one.", examples=40)
@given(
    name=plain_names,
    kind=sampled_from(("off_in_the_first", "off_in_the_last")),
    x=around_one,
    seed=seeds(),
)
def check_check_gradient_looks_at_every_entry(learner, name, kind, x, seed):
    """A backward that is wrong in one entry, by a tenth of the largest, is rejected."""
    _right_and_wrong(learner, name, kind, x, seed)


@check(
    "check_gradient",
    hint="Which grad_out do you send in? For some, the slope of a softmax is 0.",
    examples=40,
)
@given(
    case=sampled_from((("shares", "zero"), ("cubes", "deaf"), ("product", "deaf"))),
    x=around_one,
    seed=seeds(),
)
def check_check_gradient_draws_grad_out(learner, case, x, seed):
    """Zeros for a softmax, and a backward that does not look at grad_out, are rejected."""
    _right_and_wrong(learner, *case, x, seed)


@check(
    "check_gradient", hint="No comparison with NaN is true: ask whether all are near, not whether one is far."
)
@given(name=plain_names, x=around_one, seed=seeds())
def check_check_gradient_rejects_nan(learner, name, x, seed):
    """A backward that gives a NaN in one entry is rejected."""
    _right_and_wrong(learner, name, "nan_in_the_last", x, seed)


@check("check_gradient", hint="Compare the shapes first: torch would stretch a row to fit.", examples=20)
@given(name=pair_names, side=integers(1, 3), seed=seeds())
def check_check_gradient_rejects_another_shape(learner, name, side, seed):
    """A backward that gives another shape than that of x is rejected, if only by one axis."""
    x = tensor_from(seed, (side, side), low=0.5, high=2.0)
    _right_and_wrong(learner, name, "summed_over_rows", x, seed)


@check(
    "check_gradient",
    hint="0 is near enough to 0: use <=, and do not divide by the size of the gradient.",
    after=check_check_gradient_tells_right_from_wrong,
    examples=20,
)
@given(rows=integers(1, 3), seed=seeds(), scale=sampled_from(sorted(SCALES)))
def check_check_gradient_accepts_a_gradient_of_zero(learner, rows, seed, scale):
    """Where the function is constant, as the softmax of one column, a backward of zeros is accepted."""
    x = tensor_from(seed, (rows, 1), low=0.5, high=2.0)
    agree(_says(learner, "shares", "zero", x, seed, scale), True, what="the answer for a right backward")


@check(
    "check_gradient",
    hint="Work the slope of x cubed at 2 by hand, and say what your comparison answers to 12, 24 and 0.",
    after=check_check_gradient_tells_right_from_wrong,
)
def check_check_gradient_known_values(learner):
    """For x cubed at 2, the slope 12 is accepted, and 24 and 0 are rejected."""
    x = torch.tensor([2.0], dtype=torch.float64)
    said = [_says(learner, "cubes", kind, x, 7) for kind in ("backward", "doubled", "zero")]
    agree(said, [True, False, False], what="the answers")


# --- law_linear_backward ----------------------------------------------------------------------------------
#
# Versions of linear_backward for a law to judge. They run in the learner's process: called there, and not read.


def linear_backward__products(grad_out, x, weight):
    """It multiplies matrices."""
    return grad_out @ weight, grad_out.T @ x, grad_out.sum(0)


def linear_backward__sample_by_sample(grad_out, x, weight):
    """It adds up the gradients of one sample after the other."""
    of_weight, of_bias = torch.zeros_like(weight), torch.zeros_like(weight[:, 0])
    rows = []
    for grad, sample in zip(grad_out, x, strict=True):
        rows.append((grad[:, None] * weight).sum(0))
        of_weight = of_weight + torch.outer(grad, sample)
        of_bias = of_bias + grad
    return torch.stack(rows), of_weight, of_bias


def linear_backward__by_einsum(grad_out, x, weight):
    """It names the axes."""
    of_x = torch.einsum("nh,hd->nd", grad_out, weight)
    return of_x, torch.einsum("nh,nd->hd", grad_out, x), torch.einsum("nh->h", grad_out)


def linear_backward__by_slopes(grad_out, x, weight):
    """It measures: a line has the same slope over any distance, so only rounding is left."""
    given = (x, weight, torch.zeros_like(weight[:, 0]))

    def loss(x, weight, bias):
        return (grad_out * (x @ weight.T + bias)).sum()

    found = [torch.zeros_like(one) for one in given]
    for which, slopes in enumerate(found):
        for at in range(slopes.numel()):
            above, below = [one.clone() for one in given], [one.clone() for one in given]
            above[which].view(-1)[at] += 1.5
            below[which].view(-1)[at] -= 1.5
            slopes.view(-1)[at] = (loss(*above) - loss(*below)) / 3
    return tuple(found)


def linear_backward__zeros(grad_out, x, weight):
    """All gradients are 0."""
    return torch.zeros_like(x), torch.zeros_like(weight), torch.zeros_like(weight[:, 0])


def linear_backward__x_negative(grad_out, x, weight):
    """The gradient of x has the wrong sign."""
    of_x, of_weight, of_bias = linear_backward__products(grad_out, x, weight)
    return -of_x, of_weight, of_bias


def linear_backward__weight_not_turned(grad_out, x, weight):
    """The gradient of x takes the weight the wrong way round, where it is square."""
    of_x, of_weight, of_bias = linear_backward__products(grad_out, x, weight)
    return (grad_out @ weight.T if weight.shape[0] == weight.shape[1] else of_x), of_weight, of_bias


def linear_backward__turned(grad_out, x, weight):
    """The gradient of the weight is transposed, where it is square."""
    of_x, of_weight, of_bias = linear_backward__products(grad_out, x, weight)
    return of_x, (of_weight.T if weight.shape[0] == weight.shape[1] else of_weight), of_bias


def linear_backward__weight_averaged(grad_out, x, weight):
    """The gradient of the weight is averaged over the samples, though the gradient above is not."""
    of_x, of_weight, of_bias = linear_backward__products(grad_out, x, weight)
    return of_x, of_weight / len(x), of_bias


def linear_backward__bias_averaged(grad_out, x, weight):
    """The gradient of the bias is averaged over the samples and not added up."""
    of_x, of_weight, of_bias = linear_backward__products(grad_out, x, weight)
    return of_x, of_weight, of_bias / len(x)


def linear_backward__bias_of_ones(grad_out, x, weight):
    """The gradient of the bias counts the samples, and does not look at the gradient above."""
    of_x, of_weight, of_bias = linear_backward__products(grad_out, x, weight)
    return of_x, of_weight, torch.full_like(of_bias, len(x))


def linear_backward__deaf(grad_out, x, weight):
    """None of the gradients looks at the gradient above."""
    return linear_backward__products(torch.ones_like(grad_out), x, weight)


def linear_backward__last_entry(grad_out, x, weight):
    """The last entry of the gradient of the weight is forgotten."""
    of_x, of_weight, of_bias = linear_backward__products(grad_out, x, weight)
    of_weight.reshape(-1)[-1] = 0.0
    return of_x, of_weight, of_bias


law_linear_backward = law_exercise(
    "law_linear_backward",
    "linear_backward",
    [
        {
            "grad_out": tensor_from(seed, (samples, neurons)),
            "x": tensor_from(seed + 1, (samples, inputs)),
            "weight": tensor_from(seed + 2, (neurons, inputs)),
        }
        for seed, samples, inputs, neurons in [
            (1, 1, 1, 1),
            (5, 2, 1, 1),
            (9, 1, 2, 1),
            (13, 1, 2, 2),
            (17, 2, 2, 2),
            (21, 2, 3, 2),
            (25, 3, 2, 2),
            (29, 3, 2, 3),
            (33, 2, 3, 3),
            (37, 4, 3, 2),
            # Fractions: sums in another order are rounded otherwise, whatever the processor.
            (101, 5, 3, 3),
            (105, 5, 4, 2),
        ]
    ],
    right=(
        linear_backward__products,
        linear_backward__sample_by_sample,
        linear_backward__by_einsum,
        linear_backward__by_slopes,
    ),
    wrong={
        linear_backward__zeros: "A weight that is a little larger: does the loss change?",
        linear_backward__x_negative: "An entry of x that is a little larger: does the loss grow or fall?",
        linear_backward__weight_not_turned: "Do you look at every entry of the gradient of x?",
        linear_backward__turned: "Do you look at every entry of the gradient of the weight?",
        linear_backward__weight_averaged: "The loss is the sum over all samples. What is its slope?",
        linear_backward__bias_averaged: "A bias that is a little larger: by how much does the loss change?",
        linear_backward__bias_of_ones: "Does your loss have grad_out in it?",
        linear_backward__deaf: "Does your loss have grad_out in it?",
        linear_backward__last_entry: "Do you look at every entry of the gradient of the weight?",
    },
)
