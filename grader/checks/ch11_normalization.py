"""Check normalization: batch norm over several calls, layer norm, RMS norm, and their gradients.

The oracles are torch's functions and autograd through them, in float64, where they and a learner's formula differ by
rounding alone. Rounding is not the same everywhere: a row of equal entries has a variance of 0, the root of eps is then
all that is divided by, and every error is larger by as much. So gradients are compared within a share of the largest
number that went into them, and float32 is asked for with a larger eps only.

Conventions that go wrong one at a time are judged one at a time: biased or unbiased variance, eps under or outside of
the root, momentum of the new or of the old, gamma inside or outside of the means of the way back.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import torch
from hypothesis.strategies import SearchStrategy
from torch import Tensor
from torch.nn import functional

from grader.checking import (
    BOOL,
    OBJECT,
    TENSOR,
    Check,
    Learner,
    agree,
    agree_gradient,
    apart,
    autograd,
    booleans,
    check,
    composite,
    cotangent,
    derived,
    floats,
    given,
    integers,
    just,
    law_exercise,
    lists,
    refuses,
    require,
    sampled_from,
    seeds,
    shortened,
    tensor_laws,
    tensors,
)

GRADIENTS = (TENSOR, TENSOR, TENSOR)
RETURNS = {
    "BatchNorm": OBJECT,
    "BatchNorm.forward": TENSOR,
    "BatchNorm.backward": GRADIENTS,
    "layer_norm": TENSOR,
    "layer_norm_backward": GRADIENTS,
    "rms_norm": TENSOR,
    "rms_norm_backward": (TENSOR, TENSOR),
    "law_normalize": BOOL,
}

EPS = sampled_from([1e-5, 1e-3, 0.1, 1.0])
KNOWN = torch.tensor([[2.0], [4.0], [4.0], [6.0]], dtype=torch.float64)
STATE = ("running_mean", "running_var")


@composite
def layers(draw: Any) -> dict[str, Any]:
    """A batch norm: its settings, parameters and running statistics, none of them at their start."""
    [width] = shortened((draw(integers(1, 4)),))
    positive = tensors((width,), low=0.1, high=4.0)
    return {
        "num_features": width,
        "eps": draw(EPS),
        "momentum": draw(sampled_from([0.1, 0.01, 0.3, 0.75])),
        "gamma": draw(tensors((width,), special=(0.0, -1.0))),
        "beta": draw(tensors((width,), special=(0.0,))),
        "running_mean": draw(tensors((width,), special=(0.0,))),
        "running_var": draw(positive),
    }


@composite
def layers_and_batches(draw: Any, most: int = 1) -> tuple[dict[str, Any], list[Tensor]]:
    """A batch norm and some batches that it can train on."""
    layer = draw(layers())
    rows = draw(lists(integers(2, 5), min_size=1, max_size=most))
    return layer, [draw(tensors((n, layer["num_features"]))) for n in rows]


# More than a handful of rows or columns: who copes with small tables only keeps the other laws.
LARGE = tensors(sampled_from([(70, 2), (3, 30), (2, 70)]), special=(), textures=False)


@composite
def layers_and_large_batches(draw: Any) -> tuple[dict[str, Any], Tensor]:
    """A batch norm, and a batch of many rows or of many columns."""
    x = draw(LARGE)
    width = x.shape[1]
    gamma, beta, running_mean = (draw(tensors((width,), special=())) for _ in range(3))
    start = {
        "gamma": gamma,
        "beta": beta,
        "running_mean": running_mean,
        "running_var": torch.ones_like(gamma),
    }
    return {"num_features": width, "eps": draw(EPS), "momentum": 0.1, **start}, x


def build(learner: Learner, layer: dict[str, Any]) -> Any:
    """The learner's batch norm with all its settings; nothing is left at its default."""
    bn = learner.BatchNorm(layer["num_features"], eps=layer["eps"], momentum=layer["momentum"])
    bn.gamma, bn.beta = layer["gamma"], layer["beta"]
    bn.running_mean, bn.running_var = layer["running_mean"], layer["running_var"]
    return bn


def expected_output(layer: dict[str, Any], x: Tensor, training: bool) -> Tensor:
    """torch's batch norm; in training the layer's running statistics move along."""
    return functional.batch_norm(
        x, layer["running_mean"], layer["running_var"], layer["gamma"], layer["beta"], training,
        layer["momentum"], layer["eps"],
    )  # fmt: skip


def copied(layer: dict[str, Any]) -> dict[str, Any]:
    """The same layer with tensors of its own, for the oracle to change."""
    return {name: value.clone() if isinstance(value, Tensor) else value for name, value in layer.items()}


# --- BatchNorm: forward in training -----------------------------------------------------------------------


@check(
    "BatchNorm",
    hint="Over which axis do mean and variance run, by what is the variance divided, and where does eps stand?",
)
@given(layer_and_batches=layers_and_batches())
def check_batch_norm_training_matches_torch(
    learner: Learner, layer_and_batches: tuple[dict[str, Any], list[Tensor]]
) -> None:
    """In training the output equals torch's, for any eps, gamma and beta."""
    layer, (x,) = layer_and_batches
    agree(build(learner, layer).forward(x, training=True), expected_output(copied(layer), x, True))


@check(
    "BatchNorm",
    hint="Work the lesson's column (2, 4, 4, 6) by hand.",
    after=check_batch_norm_training_matches_torch,
)
def check_batch_norm_known_value(learner: Learner) -> None:
    """With eps 0, gamma 3 and beta 1, (2, 4, 4, 6) becomes (-3.2426, 1, 1, 5.2426)."""
    bn = learner.BatchNorm(1, eps=0.0)
    bn.gamma, bn.beta = torch.tensor([3.0], dtype=torch.float64), torch.tensor([1.0], dtype=torch.float64)
    agree(bn.forward(KNOWN, training=True), 1 + 3 * (KNOWN - 4) / 2**0.5)


@check(
    "BatchNorm",
    hint="Which of the four multiply, and which are added? What changes nothing at the start?",
    after=check_batch_norm_training_matches_torch,
)
@given(width=integers(1, 5))
def check_batch_norm_starts_neutral(learner: Learner, width: int) -> None:
    """gamma and running_var start as ones, beta and running_mean as zeros."""
    bn = learner.BatchNorm(width)
    for name, start in (("gamma", 1.0), ("beta", 0.0), ("running_mean", 0.0), ("running_var", 1.0)):
        value = getattr(bn, name)
        require(isinstance(value, Tensor), f"{name} is {value!r}, not a tensor")
        agree(value.to(torch.float64), torch.full((width,), start, dtype=torch.float64), what=name)


@check("BatchNorm", hint="The default of eps is 1e-5.", after=check_batch_norm_training_matches_torch)
@given(x=tensors(ndim=2, side=(2, 4), scale=1.0, special=()))
def check_batch_norm_default_eps(learner: Learner, x: Tensor) -> None:
    """By default eps is 1e-5."""
    x = x * 1e-2  # so small that eps matters
    expected = functional.batch_norm(x, None, None, training=True)
    agree(learner.BatchNorm(x.shape[1]).forward(x, True), expected)


@check(
    "BatchNorm",
    hint="What is divided by when all entries of a column are the same?",
    after=check_batch_norm_training_matches_torch,
    examples=25,
)
@given(layer=layers(), rows=integers(2, 5), value=floats(-100, 100))
def check_batch_norm_constant_column(
    learner: Learner, layer: dict[str, Any], rows: int, value: float
) -> None:
    """A column whose entries are all the same becomes beta."""
    x = torch.full((rows, layer["num_features"]), value, dtype=torch.float64)
    agree(build(learner, layer).forward(x, training=True), layer["beta"].expand(rows, -1), atol=1e-8)


@check("BatchNorm", hint="The mean must be gone and the variance 1, before gamma and beta.")
@given(x=tensors(ndim=2, side=(2, 5)), eps=EPS)
def check_batch_norm_moments(learner: Learner, x: Tensor, eps: float) -> None:
    """Each output column has mean 0 and variance var / (var + eps)."""
    out = learner.BatchNorm(x.shape[1], eps=eps).forward(x, training=True)
    var = x.var(0, unbiased=False)
    agree(out.mean(0), torch.zeros_like(var), atol=1e-9, what="the mean of each column")
    agree(out.var(0, unbiased=False), var / (var + eps), rtol=1e-7, what="the variance of each column")


@check("BatchNorm", hint="Only distances from the mean may count, measured in standard deviations.")
@given(
    x=tensors(ndim=2, side=(2, 5), special=(0.0, 30.0)),
    c=sampled_from([0.5, 3.0, 100.0]),
    shift=floats(-1000, 1000),
)
def check_batch_norm_ignores_shift_and_scale(learner: Learner, x: Tensor, c: float, shift: float) -> None:
    """Adding a number to every entry changes nothing; nor does a factor c, with eps times c squared."""
    plain = functional.batch_norm(x, None, None, training=True, eps=1e-3)
    changed = learner.BatchNorm(x.shape[1], eps=1e-3 * c**2).forward(x * c + shift, training=True)
    agree(changed, plain, atol=1e-8)


# --- BatchNorm: running statistics ------------------------------------------------------------------------
#
# The running variance is the unbiased one while the output uses the biased one. A learner who takes one for both keeps
# the laws on outputs. Batches of two rows show it best: there one is twice the other.


@check("BatchNorm", hint="Follow running_mean and running_var through two calls on paper.", examples=40)
@given(layer_and_batches=layers_and_batches(most=3))
def check_batch_norm_statistics_match_torch(
    learner: Learner, layer_and_batches: tuple[dict[str, Any], list[Tensor]]
) -> None:
    """Over several batches of different sizes the running statistics equal torch's."""
    layer, batches = layer_and_batches
    bn, twin = build(learner, layer), copied(layer)
    for x in batches:
        bn.forward(x, training=True)
        expected_output(twin, x, True)
        for name in STATE:
            agree(getattr(bn, name), twin[name], what=name)


@check(
    "BatchNorm",
    hint="momentum is the share of the newest batch; the running variance is the unbiased one.",
    after=check_batch_norm_statistics_match_torch,
)
def check_batch_norm_known_statistics(learner: Learner) -> None:
    """After one and two calls on (2, 4, 4, 6), running_mean is 0.4 and 0.76, running_var 1.1667 and 1.3167."""
    bn = learner.BatchNorm(1)
    for mean, var in ((0.4, 0.9 + 0.8 / 3), (0.76, 0.81 + 0.19 * 8 / 3)):
        bn.forward(KNOWN, training=True)
        agree(bn.running_mean, torch.tensor([mean], dtype=torch.float64), what="running_mean")
        agree(bn.running_var, torch.tensor([var], dtype=torch.float64), what="running_var")


@check(
    "BatchNorm",
    hint="How is your variance worked out? A difference of two large numbers loses its last digits.",
)
@given(x=tensors(just((5, 2)), scale=1.0, special=()), shift=sampled_from([1000.0, -1000.0]))
def check_batch_norm_large_mean(learner: Learner, x: Tensor, shift: float) -> None:
    """In float32 a common mean of 1,000 spoils neither the output nor the running variance."""
    x = torch.round(x * 8) / 8  # exact in float32 beside 1,000
    x[0], x[1] = 1.0, -1.0
    expected = functional.batch_norm(x, None, None, training=True).to(torch.float32)
    bn = learner.BatchNorm(2, momentum=1.0)
    agree(bn.forward((x + shift).to(torch.float32), training=True), expected, rtol=0.0, atol=2e-3)
    agree(bn.running_var, x.var(0).to(torch.float32), rtol=2e-3, what="running_var")


@check("BatchNorm", hint="Evaluation reads the running statistics and nothing of the batch.", examples=40)
@given(layer=layers(), rows=integers(1, 4), seed=seeds())
def check_batch_norm_evaluation_matches_torch(
    learner: Learner, layer: dict[str, Any], rows: int, seed: int
) -> None:
    """In evaluation the output equals torch's, for a single row too."""
    x = cotangent((rows, layer["num_features"]), seed) * 3
    agree(build(learner, layer).forward(x, training=False), expected_output(copied(layer), x, False))


@check(
    "BatchNorm",
    hint="Only training may write the running statistics. Read gamma and beta anew in every call.",
    examples=60,
)
@given(
    layer_and_batches=layers_and_batches(most=4),
    training=lists(booleans(), min_size=4, max_size=4),
    seed=seeds(),
)
def check_batch_norm_calls_in_any_order(
    learner: Learner, layer_and_batches: tuple[dict[str, Any], list[Tensor]], training: list[bool], seed: int
) -> None:
    """Training and evaluation in any order, gamma and beta set in between: each call does what torch's does."""
    layer, batches = layer_and_batches
    bn, twin = build(learner, layer), copied(layer)
    for x, mode in zip(batches, training, strict=False):
        agree(bn.forward(x, mode), expected_output(twin, x, mode))
        for name in STATE:
            agree(getattr(bn, name), twin[name], what=name)
        seed += 1
        bn.gamma = twin["gamma"] = cotangent(layer["gamma"], seed)
        bn.beta = twin["beta"] = cotangent(layer["beta"], seed + 1)


@check("BatchNorm", hint="Is anything kept outside the object, or in the class?", examples=40)
@given(layer_and_batches=layers_and_batches(most=2), seed=seeds())
def check_batch_norm_layers_are_independent(
    learner: Learner, layer_and_batches: tuple[dict[str, Any], list[Tensor]], seed: int
) -> None:
    """What one layer sees does not change another, nor what another remembers for its backward."""
    layer, batches = layer_and_batches
    width = layer["num_features"]
    first, second = build(learner, layer), learner.BatchNorm(width)
    for x in batches:
        first.forward(x, training=True)
    for name, start in zip(STATE, (0.0, 1.0), strict=True):
        value = getattr(second, name).to(torch.float64)
        agree(value, torch.full((width,), start, dtype=torch.float64), what=f"the other's {name}")
    second.forward(cotangent(x, seed + 1), training=True)
    g = cotangent(x, seed)
    agree_gradient(first.backward(g), expected_gradients(layer, g, x))


@check("BatchNorm", hint="At the first forward, gamma, beta and both running statistics become what x is.")
@given(x=tensors((3, 2)), single=booleans(), training=booleans())
def check_batch_norm_takes_on_the_dtype(learner: Learner, x: Tensor, single: bool, training: bool) -> None:
    """Output, parameters and statistics have the dtype of x from the first forward on."""
    x = x.to(torch.float32) if single else x
    bn = learner.BatchNorm(2)
    out = bn.forward(x, training)
    start = torch.zeros_like(x[0]), torch.ones_like(x[0])
    expected = functional.batch_norm(x, *start, training=training)
    # About the dtype: where a column is constant, what rounding left of it is divided by the root of eps alone.
    rounding = 4 * torch.finfo(x.dtype).eps * float(x.abs().max()) / 1e-5**0.5
    agree(out, expected, rtol=1e-4, atol=max(1e-3, rounding))
    for name in ("gamma", "beta", *STATE):
        found = getattr(bn, name).dtype
        require(found is x.dtype, f"{name} has dtype {found} after a forward with {x.dtype}")


@check("BatchNorm", hint="No size is written into the formula.", weight=0.5, examples=12)
@given(layer_and_batches=layers_and_large_batches())
def check_batch_norm_of_large_batches(
    learner: Learner, layer_and_batches: tuple[dict[str, Any], Tensor]
) -> None:
    """There may be a hundred rows or columns."""
    layer, x = layer_and_batches
    agree(build(learner, layer).forward(x, training=True), expected_output(copied(layer), x, True))


@check("BatchNorm", hint="Use reshape, not view.", after=check_batch_norm_training_matches_torch, examples=25)
@given(layer_and_batches=layers_and_batches(), seed=seeds())
def check_batch_norm_any_layout(
    learner: Learner, layer_and_batches: tuple[dict[str, Any], list[Tensor]], seed: int
) -> None:
    """BatchNorm takes transposed and expanded tensors."""
    layer, (x,) = layer_and_batches
    bn, x = build(learner, layer), x.T.contiguous().T
    agree(bn.forward(x, training=True), expected_output(copied(layer), x, True))
    g = cotangent((layer["num_features"],), seed).expand(len(x), -1)
    agree_gradient(bn.backward(g), expected_gradients(layer, g, x))


# --- BatchNorm: refusals ----------------------------------------------------------------------------------


@check(
    "BatchNorm",
    hint="One row is its own mean: nothing is left of it. Name x and its shape.",
    after=check_batch_norm_training_matches_torch,
)
@given(width=integers(1, 4), seed=seeds())
def check_batch_norm_refuses_to_train_on_one_row(learner: Learner, width: int, seed: int) -> None:
    """Training on a batch of one raises ValueError that names x and its shape."""
    x = cotangent((1, width), seed)
    refuses(lambda: learner.BatchNorm(width).forward(x, training=True), names="x", value=1)


@check(
    "BatchNorm",
    hint="Compare the width of x with num_features in both modes. Name x and its shape.",
    after=check_batch_norm_training_matches_torch,
)
@given(width=integers(1, 4), other=integers(1, 4), training=booleans(), rows=integers(2, 4))
def check_batch_norm_refuses_another_width(
    learner: Learner, width: int, other: int, training: bool, rows: int
) -> None:
    """An x of another width raises ValueError that names x and its shape."""
    x = cotangent((rows, other + (other >= width)), rows)
    refuses(lambda: learner.BatchNorm(width).forward(x, training), names="x", value=x.shape[1])


# --- BatchNorm: backward ----------------------------------------------------------------------------------
#
# `backward` answers for the last forward in training, so every law makes one first, with `build`, which sets all
# parameters. Gradients of the output have every size (`cotangent`), for a way back is linear in them.


def expected_gradients(layer: dict[str, Any], grad_out: Tensor, x: Tensor) -> tuple[Tensor, ...]:
    """Gradients of torch's batch norm in training, with respect to x, gamma and beta."""
    return autograd(
        lambda x, gamma, beta: functional.batch_norm(x, None, None, gamma, beta, True, eps=layer["eps"]),
        grad_out, x, layer["gamma"], layer["beta"],
    )  # fmt: skip


def _points_of_backward(learner: Learner, arguments: tuple[Any, ...]) -> int:
    """At how many points beside each other backward evaluates functions, after one forward in training."""
    x, grad_out, gamma = arguments
    bn = learner.BatchNorm(x.shape[1])
    bn.gamma = gamma
    bn.forward(x, training=True)
    return learner.nearby_points("backward", grad_out, target=bn)


# The laws of forward do not wait for it.
check_batch_norm_backward_is_derived = derived(
    "BatchNorm",
    lambda seed: (apart(seed, (3, 2)), apart(seed + 1, (3, 2)), apart(seed + 2, (2,))),
    entries=6,
    call=_points_of_backward,
    opens=False,
)


@check(
    "BatchNorm",
    hint="x moves its column's mean and variance too. Which of the three gradients is wrong?",
    after=check_batch_norm_backward_is_derived,
)
@given(layer_and_batches=layers_and_batches(most=2), seed=seeds())
def check_batch_norm_backward_matches_autograd(
    learner: Learner, layer_and_batches: tuple[dict[str, Any], list[Tensor]], seed: int
) -> None:
    """The gradients of x, gamma and beta equal torch's, after the last of several forwards."""
    layer, batches = layer_and_batches
    bn = build(learner, layer)
    for x in batches:
        bn.forward(x, training=True)
    g = cotangent(x, seed)
    agree_gradient(bn.backward(g), expected_gradients(layer, g, x), batch=len(x))


@check(
    "BatchNorm",
    hint="Work the table of the lesson by hand.",
    after=check_batch_norm_backward_matches_autograd,
)
def check_batch_norm_backward_known_value(learner: Learner) -> None:
    """For the column (2, 4, 4, 6) and the gradient (1, 0, 0, 0), dL/dx is (0.1768, -0.1768, -0.1768, 0.1768)."""
    bn = learner.BatchNorm(1, eps=0.0)
    bn.forward(KNOWN, training=True)
    g = torch.tensor([[1.0], [0.0], [0.0], [0.0]], dtype=torch.float64)
    quarter = torch.tensor([[0.25], [-0.25], [-0.25], [0.25]], dtype=torch.float64) / 2**0.5
    agree(bn.backward(g), (quarter, -(2**0.5) * g[0], g[0]), what="gradients")


@check(
    "BatchNorm",
    hint="No size is written into the formula.",
    after=check_batch_norm_backward_is_derived,
    weight=0.5,
    examples=12,
)
@given(layer_and_batches=layers_and_large_batches(), seed=seeds())
def check_batch_norm_backward_of_large_batches(
    learner: Learner, layer_and_batches: tuple[dict[str, Any], Tensor], seed: int
) -> None:
    """The gradients of a hundred rows or columns equal torch's."""
    layer, x = layer_and_batches
    bn = build(learner, layer)
    bn.forward(x, training=True)
    g = cotangent(x, seed)
    expected = expected_gradients(layer, g, x)
    agree_gradient(bn.backward(g), expected, atol=1e-12 * (1 + g.abs().sum().item()), batch=len(x))


@check(
    "BatchNorm",
    hint="backward reads what forward kept; it adds nothing to it.",
    after=check_batch_norm_backward_is_derived,
    examples=40,
)
@given(layer_and_batches=layers_and_batches(), first=seeds(), second=seeds())
def check_batch_norm_backward_twice(
    learner: Learner, layer_and_batches: tuple[dict[str, Any], list[Tensor]], first: int, second: int
) -> None:
    """A second backward, with another gradient, does not remember the first."""
    layer, (x,) = layer_and_batches
    bn = build(learner, layer)
    bn.forward(x, training=True)
    bn.backward(cotangent(x, first))
    g = cotangent(x, second)
    agree_gradient(bn.backward(g), expected_gradients(layer, g, x))


@check(
    "BatchNorm",
    hint="What does a shift of a whole column change?",
    after=check_batch_norm_backward_matches_autograd,
    examples=40,
)
@given(layer_and_batches=layers_and_batches(), seed=seeds())
def check_batch_norm_makes_a_bias_useless(
    learner: Learner, layer_and_batches: tuple[dict[str, Any], list[Tensor]], seed: int
) -> None:
    """A bias just before batch norm has gradient 0: dL/dx sums to 0 in every column."""
    layer, (x,) = layer_and_batches
    bn = build(learner, layer)
    bn.forward(x, training=True)
    grad_x = bn.backward(cotangent(x, seed))[0]
    size = grad_x.abs().max().item()
    agree(grad_x.sum(0), torch.zeros_like(x[0]), atol=1e-9 * (1 + size), what="the column sums")


# --- layer_norm -------------------------------------------------------------------------------------------
#
# Batch norm turned round, without a memory. Axes are drawn from one to four: whoever names the axis by its number
# instead of counting from the end is right for tables only.


@composite
def rows_and_parameters(draw: Any, ndim: tuple[int, int] = (1, 4)) -> dict[str, Any]:
    """Arguments of layer_norm, of any rank; those of its way back have rows, and so two axes or more."""
    x = draw(tensors(ndim=ndim, side=(1, 4)))
    parameter = tensors((x.shape[-1],), special=(0.0, -1.0))
    return {"x": x, "gamma": draw(parameter), "beta": draw(parameter), "eps": draw(EPS)}


def expected_layer_norm(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-5) -> Tensor:
    """torch's layer norm over the last axis."""
    return functional.layer_norm(x, x.shape[-1:], gamma, beta, eps)


def plain(width: int, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    """gamma all ones, beta all zeros."""
    return torch.ones(width, dtype=dtype), torch.zeros(width, dtype=dtype)


@check("layer_norm", hint="Over which axis do mean and variance run, and what comes after the division?")
@given(inputs=rows_and_parameters())
def check_layer_norm_matches_torch(learner: Learner, inputs: dict[str, Any]) -> None:
    """It equals torch's for any rank, gamma, beta and eps."""
    agree(learner.layer_norm(**inputs), expected_layer_norm(**inputs))


@check("layer_norm", hint="Work the lesson's row (2, 1, 0, 7) by hand.", after=check_layer_norm_matches_torch)
def check_layer_norm_known_value(learner: Learner) -> None:
    """With eps 0, (2, 1, 0, 7) becomes (-0.1857, -0.5571, -0.9285, 1.6713)."""
    x = torch.tensor([2.0, 1.0, 0.0, 7.0], dtype=torch.float64)
    agree(learner.layer_norm(x, *plain(4), eps=0.0), (x - 2.5) / 7.25**0.5)


@check("layer_norm", hint="The default of eps is 1e-5.", after=check_layer_norm_matches_torch)
@given(x=tensors(ndim=2, side=(2, 4), scale=1.0, special=()))
def check_layer_norm_default_eps(learner: Learner, x: Tensor) -> None:
    """By default eps is 1e-5."""
    x = x * 1e-2  # so small that eps matters
    agree(learner.layer_norm(x, *plain(x.shape[1])), expected_layer_norm(x, *plain(x.shape[1])))


@check(
    "layer_norm",
    hint="What is divided by when all entries of a row are the same?",
    after=check_layer_norm_matches_torch,
)
@given(value=floats(-100, 100), shape=sampled_from([(1,), (4,), (2, 3), (3, 1)]), seed=seeds())
def check_layer_norm_constant_row(learner: Learner, value: float, shape: tuple[int, ...], seed: int) -> None:
    """A row whose entries are all the same becomes beta."""
    x, beta = torch.full(shape, value, dtype=torch.float64), cotangent(shape[-1:], seed)
    agree(learner.layer_norm(x, plain(shape[-1])[0], beta), beta.expand(shape), atol=1e-8)


@check("layer_norm", hint="gamma and beta are numbers like any others.", weight=0.5, examples=40)
@given(x=tensors(ndim=2, side=(2, 4), special=(), textures=False), gamma_seed=seeds(), beta_seed=seeds())
def check_layer_norm_with_any_parameters(
    learner: Learner, x: Tensor, gamma_seed: int, beta_seed: int
) -> None:
    """gamma and beta may be tiny or in the hundreds."""
    gamma, beta = cotangent(x.shape[1:], gamma_seed), cotangent(x.shape[1:], beta_seed)
    agree(learner.layer_norm(x, gamma, beta, 0.1), expected_layer_norm(x, gamma, beta, 0.1))


@check("layer_norm", hint="No size is written into the formula.", weight=0.5, examples=12)
@given(x=LARGE, seed=seeds())
def check_layer_norm_of_large_tables(learner: Learner, x: Tensor, seed: int) -> None:
    """There may be a hundred rows, or a hundred entries in each."""
    gamma, beta = cotangent(x.shape[1:], seed), cotangent(x.shape[1:], seed + 1)
    agree(learner.layer_norm(x, gamma, beta), expected_layer_norm(x, gamma, beta))


@check("layer_norm", hint="Does a row see its neighbours?", after=check_layer_norm_matches_torch)
@given(x=tensors(ndim=2, side=(2, 4)), seed=seeds())
def check_layer_norm_rows_are_independent(learner: Learner, x: Tensor, seed: int) -> None:
    """A row gives the same whatever the other rows are."""
    gamma, beta = cotangent((x.shape[1],), seed), cotangent((x.shape[1],), seed + 1)
    whole = learner.layer_norm(x, gamma, beta)
    require(whole.shape == x.shape, f"the result has shape {tuple(whole.shape)}, not {tuple(x.shape)}")
    agree(learner.layer_norm(x[:1], gamma, beta), whole[:1])


@check("layer_norm", hint="Only distances from the row's mean may count, measured in standard deviations.")
@given(
    x=tensors(side=(1, 5), special=(0.0, 30.0)), c=sampled_from([0.5, 3.0, 100.0]), shift=floats(-1000, 1000)
)
def check_layer_norm_ignores_shift_and_scale(learner: Learner, x: Tensor, c: float, shift: float) -> None:
    """Adding a number to every entry changes nothing; nor does a factor c, with eps times c squared."""
    gamma, beta = plain(x.shape[-1])
    changed = learner.layer_norm(x * c + shift, gamma, beta, eps=1e-3 * c**2)
    agree(changed, expected_layer_norm(x, gamma, beta, 1e-3), atol=1e-8)


@check(
    "layer_norm",
    hint="How is your variance worked out? A difference of two large numbers loses its last digits.",
)
@given(x=tensors(just((2, 5)), scale=1.0, special=()), shift=sampled_from([1000.0, -1000.0]))
def check_layer_norm_large_mean(learner: Learner, x: Tensor, shift: float) -> None:
    """In float32 a common mean of 1,000 does not spoil the output."""
    x = torch.round(x * 8) / 8  # exact in float32 beside 1,000
    x[:, 0], x[:, 1] = 1.0, -1.0
    expected = expected_layer_norm(x, *plain(5)).to(torch.float32)
    found = learner.layer_norm((x + shift).to(torch.float32), *plain(5, torch.float32))
    agree(found, expected, rtol=0.0, atol=2e-3)


WIDE_EPS = floats(0.05, 1)  # a row with hardly any spread would make float32 itself inexact
check_layer_norm_everywhere = tensor_laws(
    "layer_norm",
    inputs={
        "x": tensors((2, 3, 4), special=()),
        "gamma": tensors((4,), special=()),
        "beta": tensors((4,), special=()),
        "eps": WIDE_EPS,
    },
    oracle=expected_layer_norm,
    after=check_layer_norm_matches_torch,
    rtol=1e-5,
    atol=2e-5,
)


# --- what the ways back of layer_norm and rms_norm share ---------------------------------------------------


def rounding(*entries: Tensor) -> float:
    """By how much rounding may move a gradient: 1e-10 of the largest entry, and of 1 at least."""
    return 1e-10 * max(1.0, *(part.abs().max().item() for part in entries))


def backward_laws(
    exercise: str,
    arguments: SearchStrategy[dict[str, Any]],
    gradients: Callable[[Tensor, Tensor, Tensor, float], tuple[Tensor, ...]],
) -> tuple[Check, Check]:
    """The laws of a way back about the same gradient everywhere, and about large tables.

    Args:
        exercise: the way back, of (grad_out, x, gamma, eps).
        arguments: draws x, gamma and eps, among others.
        gradients: torch's own, of the same four.
    """

    def of_a_constant_gradient(learner: Learner, inputs: dict[str, Any], value: float) -> None:
        x, gamma, eps = inputs["x"], inputs["gamma"], inputs["eps"]
        g = torch.full_like(x, value)
        expected = gradients(g, x, gamma, eps)
        agree_gradient(learner.call(exercise, g, x, gamma, eps), expected, atol=rounding(*expected))

    def of_large_tables(learner: Learner, x: Tensor, seed: int) -> None:
        g, gamma = cotangent(x, seed), cotangent(x.shape[1:], seed + 1)
        expected = gradients(g, x, gamma, 0.1)
        agree_gradient(learner.call(exercise, g, x, gamma, 0.1), expected, atol=rounding(g, *expected))

    return (
        Check(
            f"check_{exercise}_of_a_constant_gradient", exercise,
            "The same dL/dy at every entry gives torch's gradients too.", of_a_constant_gradient,
            MappingProxyType({"inputs": arguments, "value": sampled_from([1.0, -2.0, 0.5])}),
            "A gradient that is the same everywhere is a gradient like any other.", weight=0.5, examples=20,
        ),
        Check(
            f"check_{exercise}_of_large_tables", exercise,
            "There may be a hundred rows, or a hundred entries in each.", of_large_tables,
            MappingProxyType({"x": LARGE, "seed": seeds()}),
            "No size is written into the formula.", weight=0.5, examples=12,
        ),
    )  # fmt: skip


# --- layer_norm_backward ----------------------------------------------------------------------------------


def expected_layer_norm_gradients(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, ...]:
    """Gradients of torch's layer norm with respect to x, gamma and beta."""
    return autograd(
        lambda x, gamma, beta: expected_layer_norm(x, gamma, beta, eps),
        grad_out,
        x,
        gamma,
        torch.zeros_like(gamma),
    )


check_layer_norm_backward_is_derived = derived(
    "layer_norm_backward",
    lambda seed: (apart(seed + 1, (2, 3)), apart(seed, (2, 3)), apart(seed + 2, (3,)), 1e-5),
    entries=6,
)


@check("layer_norm_backward", hint="Which of the three is wrong? Is gamma inside both means?")
@given(inputs=rows_and_parameters((2, 4)), seed=seeds())
def check_layer_norm_backward_matches_autograd(learner: Learner, inputs: dict[str, Any], seed: int) -> None:
    """The gradients of x, gamma and beta equal torch's, for any rank, gamma and eps."""
    x, gamma, eps = inputs["x"], inputs["gamma"], inputs["eps"]
    g = cotangent(x, seed)
    expected = expected_layer_norm_gradients(g, x, gamma, eps)
    # Where a row is constant, what is left of it is rounding, and a large gradient makes that larger.
    agree_gradient(learner.layer_norm_backward(g, x, gamma, eps), expected, atol=rounding(g, *expected))


@check(
    "layer_norm_backward",
    hint="The lesson on batch norm has these numbers, in a column.",
    after=check_layer_norm_backward_matches_autograd,
)
def check_layer_norm_backward_known_value(learner: Learner) -> None:
    """For the row (2, 4, 4, 6) and the gradient (1, 0, 0, 0), dL/dx is (0.1768, -0.1768, -0.1768, 0.1768)."""
    x, g = KNOWN.T, torch.tensor([[1.0, 0.0, 0.0, 0.0]], dtype=torch.float64)
    quarter = torch.tensor([[0.25, -0.25, -0.25, 0.25]], dtype=torch.float64) / 2**0.5
    found = learner.layer_norm_backward(g, x, torch.ones_like(x[0]), 0.0)
    agree(found, (quarter, -(2**0.5) * g[0], g[0]), what="gradients")


@check(
    "layer_norm_backward",
    hint="What does a shift of a whole row change? Subtract the mean before squaring.",
    after=check_layer_norm_backward_matches_autograd,
    examples=40,
)
@given(inputs=rows_and_parameters((2, 4)), shift=sampled_from([0.0, 1e6, -1e6]), seed=seeds())
def check_layer_norm_backward_does_not_see_a_shift(
    learner: Learner, inputs: dict[str, Any], shift: float, seed: int
) -> None:
    """Shifting a row changes nothing: no gradient changes, and dL/dx sums to 0 along every row."""
    x, gamma, eps = inputs["x"] + shift, inputs["gamma"], inputs["eps"]
    g = cotangent(x, seed)
    found = learner.layer_norm_backward(g, x, gamma, eps)
    # What the sum with the shift has rounded away is no fault of the learner's.
    expected = expected_layer_norm_gradients(g, x - shift, gamma, eps)
    size = max(1.0, *(part.abs().max().item() for part in expected))
    agree_gradient(found, expected, rtol=1e-6, atol=1e-6 * size)
    agree(found[0].sum(-1), torch.zeros_like(x[..., 0]), atol=1e-6 * size, what="the row sums")


check_layer_norm_backward_corners = backward_laws(
    "layer_norm_backward", rows_and_parameters((2, 4)), expected_layer_norm_gradients
)

check_layer_norm_backward_everywhere = tensor_laws(
    "layer_norm_backward",
    inputs={
        "grad_out": tensors((2, 3, 4), scale=1.0, special=()),
        "x": tensors((2, 3, 4), special=()),
        "gamma": tensors((4,), special=()),
        "eps": WIDE_EPS,
    },
    oracle=expected_layer_norm_gradients,
    after=check_layer_norm_backward_matches_autograd,
    rtol=1e-4,
    atol=1e-4,
)


# --- rms_norm ---------------------------------------------------------------------------------------------
#
# Without a mean there is nothing that a shift leaves alone, and a row of equal entries is no special case; a row of
# zeros is.


def expected_rms_norm(x: Tensor, gamma: Tensor, eps: float = 1e-5) -> Tensor:
    """torch's RMS norm over the last axis."""
    return functional.rms_norm(x, x.shape[-1:], gamma, eps)


@composite
def rows_and_factors(draw: Any) -> dict[str, Any]:
    """Arguments of rms_norm, of any rank."""
    x = draw(tensors(ndim=(1, 4), side=(1, 4)))
    return {"x": x, "gamma": draw(tensors((x.shape[-1],), special=(0.0, -1.0))), "eps": draw(EPS)}


@check("rms_norm", hint="What is averaged, over which axis, and where do eps and gamma stand?")
@given(inputs=rows_and_factors())
def check_rms_norm_matches_torch(learner: Learner, inputs: dict[str, Any]) -> None:
    """It equals torch's for any rank, gamma and eps."""
    agree(learner.rms_norm(**inputs), expected_rms_norm(**inputs))


@check("rms_norm", hint="Work the lesson's row (3, 4) by hand.", after=check_rms_norm_matches_torch)
def check_rms_norm_known_value(learner: Learner) -> None:
    """With eps 0, (3, 4) becomes (0.8485, 1.1314)."""
    x = torch.tensor([3.0, 4.0], dtype=torch.float64)
    agree(learner.rms_norm(x, torch.ones_like(x), eps=0.0), x / 12.5**0.5)


@check("rms_norm", hint="The default of eps is 1e-5.", after=check_rms_norm_matches_torch)
@given(x=tensors(ndim=2, side=(2, 4), scale=1.0, special=()))
def check_rms_norm_default_eps(learner: Learner, x: Tensor) -> None:
    """By default eps is 1e-5."""
    x = x * 1e-2  # so small that eps matters
    gamma = torch.ones_like(x[0])
    agree(learner.rms_norm(x, gamma), expected_rms_norm(x, gamma))


@check("rms_norm", hint="A mean of squares, not their sum, and nothing subtracted from x.")
@given(x=tensors(side=(1, 5)), eps=EPS)
def check_rms_norm_mean_square(learner: Learner, x: Tensor, eps: float) -> None:
    """With gamma 1, each output row has the mean square m / (m + eps), where m is that of its input row."""
    before = x.square().mean(-1)
    after = learner.rms_norm(x, torch.ones(x.shape[-1], dtype=x.dtype), eps).square().mean(-1)
    agree(after, before / (before + eps), what="the mean square of each row")


@check("rms_norm", hint="What is divided by when all entries of a row are 0?")
@given(shape=sampled_from([(1,), (4,), (2, 3), (3, 1, 2)]), seed=seeds())
def check_rms_norm_zero_row(learner: Learner, shape: tuple[int, ...], seed: int) -> None:
    """A row of zeros stays one, and the rows around it do not mind."""
    zeros, gamma = torch.zeros(shape, dtype=torch.float64), cotangent(shape[-1:], seed)
    x = torch.stack([zeros, cotangent(shape, seed + 1)])
    agree(learner.rms_norm(x, gamma), expected_rms_norm(x, gamma))


@check("rms_norm", hint="x and its rms grow by the same factor; the sign of x stays.")
@given(x=tensors(side=(1, 5), special=(0.0, 30.0)), c=sampled_from([0.5, 3.0, 100.0, -1.0, -20.0]))
def check_rms_norm_ignores_scale(learner: Learner, x: Tensor, c: float) -> None:
    """A factor c before it, with eps times c squared, changes nothing but the sign where c is negative."""
    gamma = torch.ones(x.shape[-1], dtype=x.dtype)
    changed = learner.rms_norm(x * c, gamma, eps=1e-3 * c**2)
    agree(changed, expected_rms_norm(x, gamma, 1e-3) * (1 if c > 0 else -1), atol=1e-8)


@check("rms_norm", hint="Does a row see its neighbours?", after=check_rms_norm_matches_torch, examples=40)
@given(x=tensors(ndim=2, side=(2, 4)), seed=seeds())
def check_rms_norm_rows_are_independent(learner: Learner, x: Tensor, seed: int) -> None:
    """A row gives the same whatever the other rows are."""
    gamma = cotangent((x.shape[1],), seed)
    whole = learner.rms_norm(x, gamma)
    require(whole.shape == x.shape, f"the result has shape {tuple(whole.shape)}, not {tuple(x.shape)}")
    agree(learner.rms_norm(x[:1], gamma), whole[:1])


@check("rms_norm", hint="No size is written into the formula.", weight=0.5, examples=12)
@given(x=LARGE, seed=seeds())
def check_rms_norm_of_large_tables(learner: Learner, x: Tensor, seed: int) -> None:
    """There may be a hundred rows, or a hundred entries in each."""
    gamma = cotangent(x.shape[1:], seed)
    agree(learner.rms_norm(x, gamma), expected_rms_norm(x, gamma))


check_rms_norm_everywhere = tensor_laws(
    "rms_norm",
    inputs={"x": tensors((2, 3, 4), special=()), "gamma": tensors((4,), special=()), "eps": WIDE_EPS},
    oracle=expected_rms_norm,
    after=check_rms_norm_matches_torch,
    rtol=1e-5,
    atol=2e-5,
)


# --- rms_norm_backward ------------------------------------------------------------------------------------


def expected_rms_norm_gradients(grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float) -> tuple[Tensor, ...]:
    """Gradients of torch's RMS norm with respect to x and gamma."""
    return autograd(lambda x, gamma: expected_rms_norm(x, gamma, eps), grad_out, x, gamma)


check_rms_norm_backward_is_derived = derived(
    "rms_norm_backward",
    lambda seed: (apart(seed + 1, (2, 3)), apart(seed, (2, 3)), apart(seed + 2, (3,)), 1e-5),
    entries=6,
)


@check("rms_norm_backward", hint="Which of the two is wrong? Is gamma inside the mean, and mean(g) left out?")
@given(inputs=rows_and_factors(), seed=seeds())
def check_rms_norm_backward_matches_autograd(learner: Learner, inputs: dict[str, Any], seed: int) -> None:
    """The gradients of x and gamma equal torch's, for any rank, gamma and eps."""
    x, gamma, eps = inputs["x"], inputs["gamma"], inputs["eps"]
    g = cotangent(x, seed)
    agree_gradient(learner.rms_norm_backward(g, x, gamma, eps), expected_rms_norm_gradients(g, x, gamma, eps))


@check(
    "rms_norm_backward",
    hint="Work the table of the lesson by hand.",
    after=check_rms_norm_backward_matches_autograd,
)
def check_rms_norm_backward_known_value(learner: Learner) -> None:
    """For the row (3, 4) and the gradient (1, 0), dL/dx is (0.1810, -0.1358) and dL/dgamma (0.8485, 0)."""
    x, g = torch.tensor([[3.0, 4.0], [1.0, 0.0]], dtype=torch.float64)
    found = learner.rms_norm_backward(g, x, torch.ones_like(x), 0.0)
    across = torch.tensor([0.64, -0.48], dtype=torch.float64)
    agree(found, (across / 12.5**0.5, 3 * g / 12.5**0.5), what="gradients")


@check(
    "rms_norm_backward",
    hint="To stretch a row changes nothing: which part of the gradient has to go?",
    after=check_rms_norm_backward_matches_autograd,
    examples=40,
)
@given(x=tensors(side=(1, 5), special=(30.0, -30.0)), seed=seeds())
def check_rms_norm_backward_is_at_a_right_angle(learner: Learner, x: Tensor, seed: int) -> None:
    """With eps 0, dL/dx times x sums to 0 along every row."""
    x = torch.where(x.abs() < 0.5, torch.ones_like(x), x)
    g, gamma = cotangent(x, seed), cotangent(x.shape[-1:], seed + 1)
    products = learner.rms_norm_backward(g, x, gamma, 0.0)[0] * x
    size = (g * gamma).abs().max().item()
    agree(products.sum(-1), torch.zeros_like(x[..., 0]), atol=1e-9 * (1 + size), what="the row sums")


@check("rms_norm_backward", hint="What is divided by when all entries of a row are 0?", examples=40)
@given(shape=sampled_from([(1,), (4,), (2, 3), (3, 1, 2)]), eps=EPS, seed=seeds())
def check_rms_norm_backward_zero_row(learner: Learner, shape: tuple[int, ...], eps: float, seed: int) -> None:
    """At a row of zeros dL/dx is gamma times dL/dy by the root of eps, and dL/dgamma is 0."""
    x, g, gamma = torch.zeros(shape, dtype=torch.float64), cotangent(shape, seed), cotangent(shape[-1:], seed)
    agree_gradient(
        learner.rms_norm_backward(g, x, gamma, eps), (g * gamma / eps**0.5, torch.zeros_like(gamma))
    )


check_rms_norm_backward_corners = backward_laws(
    "rms_norm_backward", rows_and_factors(), expected_rms_norm_gradients
)

check_rms_norm_backward_everywhere = tensor_laws(
    "rms_norm_backward",
    inputs={
        "grad_out": tensors((2, 3, 4), scale=1.0, special=()),
        "x": tensors((2, 3, 4), special=()),
        "gamma": tensors((4,), special=()),
        "eps": WIDE_EPS,
    },
    oracle=expected_rms_norm_gradients,
    after=check_rms_norm_backward_matches_autograd,
    rtol=1e-4,
    atol=1e-4,
)


# --- law_normalize ----------------------------------------------------------------------------------------
#
# A layer norm without gamma and beta: `normalize(x, eps)` brings each row to mean 0 and variance 1.


def normalize__mean_first(x, eps):
    """It takes the mean off first."""
    centred = x - x.mean(-1, keepdim=True)
    return centred / (centred.square().mean(-1, keepdim=True) + eps).sqrt()


def normalize__of_torch(x, eps):
    """It is torch's own."""
    return torch.nn.functional.layer_norm(x, x.shape[-1:], eps=eps)


def normalize__row_by_row(x, eps):
    """It takes one row after the other, in Python numbers."""
    found = []
    for row in x.reshape(-1, x.shape[-1]).tolist():
        mean = sum(row) / len(row)
        variance = sum((entry - mean) ** 2 for entry in row) / len(row)
        found.append([(entry - mean) / (variance + eps) ** 0.5 for entry in row])
    return torch.tensor(found, dtype=x.dtype).reshape(x.shape)


def normalize__times_the_inverse(x, eps):
    """It multiplies by one over the root."""
    centred = x - x.mean(-1, keepdim=True)
    return centred * (centred.square().mean(-1, keepdim=True) + eps) ** -0.5


def normalize__centred_only(x, eps):
    """The mean is taken off, and nothing is divided."""
    return x - x.mean(-1, keepdim=True)


def normalize__not_centred(x, eps):
    """The mean is not taken off."""
    return x / (x.square().mean(-1, keepdim=True) + eps).sqrt()


def normalize__columns(x, eps):
    """The columns are normalised, and not the rows."""
    return normalize__mean_first(x.transpose(0, -1), eps).transpose(0, -1)


def normalize__all_together(x, eps):
    """All entries are normalised together, and not each row."""
    return normalize__mean_first(x.reshape(1, -1), eps).reshape(x.shape)


def normalize__one_less(x, eps):
    """The variance is divided by D - 1, and not by D."""
    centred = x - x.mean(-1, keepdim=True)
    return centred / (centred.square().sum(-1, keepdim=True) / max(x.shape[-1] - 1, 1) + eps).sqrt()


def normalize__variance_below(x, eps):
    """It is divided by the variance, and not by its root."""
    centred = x - x.mean(-1, keepdim=True)
    return centred / (centred.square().mean(-1, keepdim=True) + eps)


def normalize__eps_outside(x, eps):
    """eps is added to the root, and not below it."""
    centred = x - x.mean(-1, keepdim=True)
    return centred / (centred.square().mean(-1, keepdim=True).sqrt() + eps)


def normalize__eps_forgotten(x, eps):
    """eps is forgotten, and a row of equal entries becomes NaN."""
    return normalize__mean_first(x, 0.0)


def normalize__mirrored(x, eps):
    """The smallest entry becomes the largest."""
    return -normalize__mean_first(x, eps)


def normalize__sorted(x, eps):
    """The entries of each row come back in order, and not in their places."""
    return normalize__mean_first(x, eps).sort(-1).values


law_normalize = law_exercise(
    "law_normalize",
    "normalize",
    [
        {"x": torch.tensor(rows, dtype=torch.float64), "eps": eps}
        for rows in (
            [1.0, 3.0], [[2.0, 0.0, 1.0]], [[0.0, 2.0], [5.0, 1.0]], [[4.0, 4.0], [1.0, 0.0]],
            [[3.0, -1.0, 1.0, 0.5], [10.0, 20.0, 0.0, -5.0], [0.1, 0.3, 0.2, 0.7]],
            # Fractions: what is worked out in another order is rounded otherwise, whatever the processor.
            [[0.3, 1.7, -2.2], [12.5, 3.1, 0.9], [-0.6, 0.8, 4.4]],
        )
        for eps in (1e-5, 0.5)
    ],
    right=(normalize__mean_first, normalize__of_torch, normalize__row_by_row, normalize__times_the_inverse),
    wrong={
        normalize__centred_only: "What is the variance of a row afterwards?",
        normalize__not_centred: "What is the mean of a row afterwards?",
        normalize__columns: "What is the mean of a row afterwards?",
        normalize__all_together: "What is the mean of a row afterwards?",
        normalize__one_less: "What is the variance of a row afterwards, exactly?",
        normalize__variance_below: "What is the variance of a row afterwards?",
        normalize__eps_outside: "What is the variance of a row afterwards, if eps is not small?",
        normalize__eps_forgotten: "What is the variance of a row afterwards, if eps is not small?",
        normalize__mirrored: "Mean and variance are right: is the largest entry still the largest?",
        normalize__sorted: "Mean and variance are right: are the entries still in their places?",
    },
)  # fmt: skip
