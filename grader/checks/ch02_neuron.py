"""Check neurons, layers and networks against torch.nn.functional, and their first weights by moments: ch02."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from grader.checking import (
    INTEGER,
    SCALAR,
    TENSOR,
    agree,
    check,
    composite,
    floats,
    given,
    integers,
    lists,
    one_of,
    require,
    sampled_from,
    seeds,
    tensor_laws,
    tensors,
    tuples,
)

RETURNS = {
    "neuron": SCALAR,
    "linear": TENSOR,
    "mlp_forward": TENSOR,
    "count_parameters": INTEGER,
    "init_linear": (TENSOR, TENSOR),
}

HINTS = {
    "neuron": (
        "One number per input, one sum, one bias, and at the very end the bend.",
        "Multiply weights and inputs entry by entry, add all products up, add the bias, and let nothing below 0 "
        "through (clamp, or a maximum with 0).",
    ),
    "linear": (
        "Row i of the weight is neuron i, so the weight has to be turned before the product.",
        "Multiply x, (N, D), by the transposed weight, (D, H), as matrices; add the bias, which broadcasts over the "
        "samples by itself.",
    ),
    "mlp_forward": (
        "All layers but the last are hidden: a layer, then a ReLU. The last is a layer and nothing else.",
        "Take the last pair aside, without changing the list. For each of the others apply the layer and let nothing "
        "below 0 through. Then apply the last one.",
    ),
    "count_parameters": (
        "Look at neighbours in sizes: each pair is a layer, with a weight per arrow and a bias per neuron.",
        "For each pair of neighbouring sizes add one to the first and multiply by the second; add all that up.",
    ),
    "init_linear": (
        "torch.randn has variance 1; a factor s makes it s squared. The inputs of a neuron are fan_in.",
        "Draw (fan_out, fan_in) normal numbers from the given generator, on its device; multiply them by the root of "
        "2 / fan_in; return them with zeros of shape (fan_out,).",
    ),
}

# Products of larger entries would cancel to sums that no order of summation gets alike.
_SPECIAL = (0.0, 1.0, -1.0, 0.5, 2.0, -3.0, 30.0, -30.0)

Layers = list[tuple[Tensor, Tensor]]


@composite
def cases(draw: Any, square: bool = False) -> tuple[Tensor, Tensor, Tensor]:
    """A batch, a weight and a bias that fit; all sides equal if `square`."""
    n, d, h = [draw(integers(2, 4))] * 3 if square else [draw(integers(1, 5)) for _ in range(3)]
    x = draw(tensors((n, d), special=_SPECIAL))
    return x, draw(tensors((h, d), special=_SPECIAL)), draw(tensors((h,), special=_SPECIAL))


@composite
def networks(draw: Any, fewest: int = 1, most: int = 4) -> tuple[Tensor, Layers]:
    """A batch and one to four layers that fit."""
    sizes = draw(lists(integers(1, 5), min_size=fewest + 1, max_size=most + 1))
    x = draw(tensors((draw(integers(1, 4)), sizes[0]), special=_SPECIAL))
    layers = [
        (draw(tensors((after, before), scale=1.0, special=())), draw(tensors((after,), special=())))
        for before, after in pairwise(sizes)
    ]
    return x, layers


def network(x: Tensor, layers: Layers) -> Tensor:
    """The right output of a network."""
    for weight, bias in layers[:-1]:
        x = F.relu(F.linear(x, weight, bias))
    return F.linear(x, *layers[-1])


# --- neuron -----------------------------------------------------------------------------------------------


@check("neuron", hint="First the whole sum, then the bias once, then the ReLU.")
@given(case=cases())
def check_neuron_matches_torch(learner: Any, case: tuple[Tensor, Tensor, Tensor]) -> None:
    """relu(w . x + b), for any number of inputs and any signs."""
    x, w, b = case[0][0], case[1][0], case[2][0]
    agree(learner.neuron(x, w, b), F.relu(torch.dot(w, x) + b))


@check("neuron", hint="Work the three sums out by hand: 1, 0 and -1.", after=check_neuron_matches_torch)
def check_neuron_known_values(learner: Any) -> None:
    """The three inputs of the lesson give 1, 0 and 0."""
    w, b = torch.tensor([0.5, -1.0, 1.0], dtype=torch.float64), torch.tensor(-0.5, dtype=torch.float64)
    for middle, expected in ((2.0, 1.0), (3.0, 0.0), (4.0, 0.0)):
        x = torch.tensor([1.0, middle, 3.0], dtype=torch.float64)
        agree(learner.neuron(x, w, b), torch.tensor(expected, dtype=torch.float64))


@check(
    "neuron",
    hint="Nothing in a neuron has a size of its own: the sum grows with w and b, the ReLU keeps that.",
    examples=50,
    after=check_neuron_matches_torch,
)
@given(case=cases(), factor=floats(0, 8))
def check_neuron_scales_with_its_weights(
    learner: Any, case: tuple[Tensor, Tensor, Tensor], factor: float
) -> None:
    """Multiplying w and b by c >= 0 multiplies the output by c."""
    x, w, b = case[0][0], case[1][0], case[2][0]
    agree(learner.neuron(x, factor * w, factor * b), factor * learner.neuron(x, w, b))


@check("neuron", hint="Row i of weight and entry i of bias are all that neuron i needs.", examples=40)
@given(case=cases())
def check_neurons_make_a_layer(learner: Any, case: tuple[Tensor, Tensor, Tensor]) -> None:
    """Neuron i gives entry i of the layer, bent."""
    x, weight, bias = case
    expected = F.relu(F.linear(x, weight, bias))
    for i in range(len(weight)):
        agree(learner.neuron(x[-1], weight[i], bias[i]), expected[-1, i], what=f"neuron {i}")


check_neuron_everywhere = tensor_laws(
    "neuron",
    inputs={
        "x": tensors((4,), scale=1.0, special=()),
        "w": tensors((4,), scale=1.0, special=()),
        "b": tensors((), scale=1.0, special=(0.5, 3.0)),
    },
    oracle=lambda x, w, b: F.relu((w * x).sum() + b),
    atol=2e-5,
)


# --- linear -----------------------------------------------------------------------------------------------


@check("linear", hint="Write the shapes down: (N, D) times (D, H) is (N, H), and the bias is (H,).")
@given(case=cases())
def check_linear_matches_torch(learner: Any, case: tuple[Tensor, Tensor, Tensor]) -> None:
    """A layer is x times weight transposed plus bias, for any batch, any width, negative outputs too."""
    agree(learner.linear(*case), F.linear(*case))


@check(
    "linear",
    hint="Work entry (0, 0) out by hand: row 0 of weight with sample 0, plus entry 0 of bias.",
    after=check_linear_matches_torch,
)
def check_linear_known_value(learner: Any) -> None:
    """Two samples through the two neurons of the lesson give (1, 12) and (-1, 14)."""
    x = torch.tensor([[1.0, 2.0, 3.0], [1.0, 4.0, 3.0]], dtype=torch.float64)
    weight = torch.tensor([[0.5, -1.0, 1.0], [0.0, 1.0, 0.0]], dtype=torch.float64)
    bias = torch.tensor([-0.5, 10.0], dtype=torch.float64)
    expected = torch.tensor([[1.0, 12.0], [-1.0, 14.0]], dtype=torch.float64)
    agree(learner.linear(x, weight, bias), expected)


@check(
    "linear", hint="With all sides equal no shape helps: is row i of the weight still neuron i?", examples=60
)
@given(case=cases(square=True))
def check_linear_with_square_weight(learner: Any, case: tuple[Tensor, Tensor, Tensor]) -> None:
    """A square weight is transposed too, and the bias belongs to neurons even where N = H."""
    agree(learner.linear(*case), F.linear(*case))


@check(
    "linear",
    hint="One view of the essay is a matrix product, the other is dots with arrows: row i is dot i.",
    examples=60,
)
@given(case=cases())
def check_linear_rows_are_neurons(learner: Any, case: tuple[Tensor, Tensor, Tensor]) -> None:
    """Entry (n, i) is neuron i on sample n, before its bend."""
    x, weight, bias = case
    y = learner.linear(x, weight, bias)
    neurons = [[torch.dot(weight[i], sample) + bias[i] for i in range(len(weight))] for sample in x]
    agree(y, torch.tensor(neurons, dtype=torch.float64))


@check(
    "linear",
    hint="No sample sees another one; a batch of one keeps its axis.",
    examples=40,
    after=check_linear_matches_torch,
)
@given(case=cases())
def check_linear_takes_samples_one_by_one(learner: Any, case: tuple[Tensor, Tensor, Tensor]) -> None:
    """Each sample alone, as a batch of one, gives its row of the batch's output."""
    x, weight, bias = case
    whole = learner.linear(x, weight, bias)
    rows = [learner.linear(x[n : n + 1], weight, bias) for n in range(len(x))]
    for n, row in enumerate(rows):
        agree(row, whole[n : n + 1], what=f"sample {n}")


check_linear_everywhere = tensor_laws(
    "linear",
    inputs={
        "x": tensors((3, 4), scale=1.0, special=()),
        "weight": tensors((2, 4), scale=1.0, special=()),
        "bias": tensors((2,), scale=1.0, special=()),
    },
    oracle=lambda x, weight, bias: F.linear(x, weight, bias),
    atol=2e-5,
)


# --- mlp_forward ------------------------------------------------------------------------------------------


@check("mlp_forward", hint="A ReLU between any two layers, none before the first, none after the last.")
@given(case=networks())
def check_mlp_matches_torch(learner: Any, case: tuple[Tensor, Layers]) -> None:
    """The output is that of nn.Sequential: Linear, ReLU, Linear, ..., Linear."""
    agree(learner.mlp_forward(*case), network(*case))


@check(
    "mlp_forward", hint="Hidden values first: (0, 0), (1, 0), (1, 0), (2, 1).", after=check_mlp_matches_torch
)
def check_mlp_solves_xor(learner: Any) -> None:
    """Goodfellow's two hidden neurons compute "either, but not both"."""
    x = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
    hidden = (torch.ones(2, 2, dtype=torch.float64), torch.tensor([0.0, -1.0], dtype=torch.float64))
    last = (torch.tensor([[1.0, -2.0]], dtype=torch.float64), torch.zeros(1, dtype=torch.float64))
    expected = torch.tensor([[0.0], [1.0], [1.0], [0.0]], dtype=torch.float64)
    agree(learner.mlp_forward(x, [hidden, last]), expected)


@check("mlp_forward", hint="The only layer is the last one.", examples=50)
@given(case=networks(most=1))
def check_mlp_of_one_layer_is_that_layer(learner: Any, case: tuple[Tensor, Layers]) -> None:
    """A network of one layer is a layer without ReLU."""
    x, layers = case
    agree(learner.mlp_forward(x, layers), F.linear(x, *layers[0]))


@check("mlp_forward", hint="Nothing comes after the last layer.", examples=40)
@given(case=networks(), shift=floats(-50, 50))
def check_mlp_output_moves_with_the_last_bias(
    learner: Any, case: tuple[Tensor, Layers], shift: float
) -> None:
    """Adding c to the last bias adds c to every output, down to negative ones."""
    x, layers = case
    weight, bias = layers[-1]
    agree(learner.mlp_forward(x, [*layers[:-1], (weight, bias + shift)]), network(x, layers) + shift)


@check(
    "mlp_forward",
    hint="ReLU keeps factors: relu(c z) = c relu(z) for c > 0. It has no upper end.",
    examples=40,
)
@given(case=networks(fewest=2), factor=floats(0.25, 8))
def check_mlp_hidden_scale_cancels(learner: Any, case: tuple[Tensor, Layers], factor: float) -> None:
    """A hidden layer made c times larger and the next weight c times smaller change nothing."""
    x, layers = case
    (weight, bias), (next_weight, next_bias), *rest = layers
    scaled = [(factor * weight, factor * bias), (next_weight / factor, next_bias), *rest]
    agree(learner.mlp_forward(x, scaled), network(x, layers))


@check(
    "mlp_forward", hint="Read the list, pop nothing off it; a tuple of layers will do as well.", examples=25
)
@given(case=networks())
def check_mlp_gives_the_same_twice(learner: Any, case: tuple[Tensor, Layers]) -> None:
    """Called again, and with the layers in a tuple, the network gives the same."""
    x, layers = case
    for given_layers in (layers, layers, tuple(layers)):
        agree(learner.mlp_forward(x, given_layers), network(x, layers))


def _layer(fan_in: int, fan_out: int) -> Any:
    return tuples(
        tensors((fan_out, fan_in), scale=0.7, special=()), tensors((fan_out,), scale=0.7, special=())
    )


check_mlp_everywhere = tensor_laws(
    "mlp_forward",
    inputs={
        "x": tensors((3, 4), scale=1.0, special=()),
        "layers": tuples(_layer(4, 5), _layer(5, 3), _layer(3, 2)).map(list),
    },
    oracle=network,
    atol=1e-4,
)


# --- count_parameters -------------------------------------------------------------------------------------

# The largest layers have more than 2^24 weights, and a few of them more than 2^31: float32 and int32 lose count.
_sizes = one_of(integers(1, 30), sampled_from((784, 5_000, 50_000)))


@check("count_parameters", hint="A layer from a to b neurons: a * b weights and b biases.")
@given(sizes=lists(_sizes, min_size=1, max_size=6), kind=sampled_from((list, tuple)))
def check_count_matches_the_tensors(learner: Any, sizes: list[int], kind: type) -> None:
    """The count is the number of entries of all weights and biases; inputs alone have none."""
    layers = [(torch.empty(b, a, device="meta"), torch.empty(b, device="meta")) for a, b in pairwise(sizes)]
    expected = sum(weight.numel() + bias.numel() for weight, bias in layers)
    agree(learner.count_parameters(kind(sizes)), expected)


@check("count_parameters", hint="132 + 156 + 130.", after=check_count_matches_the_tensors)
def check_count_known_value(learner: Any) -> None:
    """10, 12, 12, 10 has 418 parameters."""
    agree(learner.count_parameters([10, 12, 12, 10]), 418)


@check(
    "count_parameters",
    hint="Each layer counts for itself, whatever comes before and after it.",
    after=check_count_matches_the_tensors,
)
@given(
    before=lists(integers(1, 30), max_size=3),
    middle=integers(1, 30),
    after=lists(integers(1, 30), max_size=3),
)
def check_count_adds_up(learner: Any, before: list[int], middle: int, after: list[int]) -> None:
    """A network cut in two at a layer has the parameters of both parts together."""
    first, second = [*before, middle], [middle, *after]
    parts = learner.count_parameters(first) + learner.count_parameters(second)
    agree(learner.count_parameters([*before, middle, *after]), parts)


# --- init_linear ------------------------------------------------------------------------------------------

# Bounds in standard errors. A normal sample strays over 7 of them less often than once in 10^11 draws, so that a
# right answer fails less than once in 10^9 even where the sample's variance is a little less than normal itself.
_STANDARD_ERRORS = 7
_MANY = 16_000


@composite
def wide_layers(draw: Any) -> tuple[int, int]:
    """fan_in and fan_out of a layer with about 16,000 weights, from very wide to very tall."""
    fan_in = draw(one_of(integers(1, 15), integers(16, 1000)))
    return fan_in, _MANY // fan_in


def drawn(learner: Any, fans: tuple[int, int], seed: int) -> Tensor:
    """The weights of a layer as float64, divided by the deviation they should have."""
    weight, _ = learner.init_linear(*fans, learner.generator(seed))
    require(weight.shape == fans[::-1], f"the weight has shape {tuple(weight.shape)}, not {fans[::-1]}")
    return weight.to(torch.float64) * math.sqrt(fans[0] / 2)


@check("init_linear", hint="randn times s has variance s squared; the inputs count.", examples=20, weight=2)
@given(fans=wide_layers(), seed=seeds())
def check_init_mean_and_variance(learner: Any, fans: tuple[int, int], seed: int) -> None:
    """The weights have mean 0 and variance 2 / fan_in."""
    z = drawn(learner, fans, seed)
    mean, square = z.mean().item(), (z * z).mean().item()
    bound = _STANDARD_ERRORS / math.sqrt(z.numel())
    require(abs(mean) <= bound, f"the mean is {mean:.3g} deviations, not 0 (+-{bound:.2g})")
    bound *= math.sqrt(2)
    require(
        abs(square - 1) <= bound,
        f"the variance is {square:.3g} times 2 / fan_in, not 1 times (+-{bound:.2g})",
    )


@check(
    "init_linear",
    hint="weight has a row per neuron: (fan_out, fan_in). Both are float32; the bias is zeros.",
    after=check_init_mean_and_variance,
)
@given(fan_in=integers(1, 9), fan_out=integers(1, 9), seed=seeds())
def check_init_shapes_and_zero_bias(learner: Any, fan_in: int, fan_out: int, seed: int) -> None:
    """The weight is float32 (fan_out, fan_in), the bias float32 zeros (fan_out,)."""
    weight, bias = learner.init_linear(fan_in, fan_out, learner.generator(seed))
    agree(bias, torch.zeros(fan_out), what="the bias")
    agree(weight.new_zeros(weight.shape), torch.zeros(fan_out, fan_in), what="the weight, all set to 0,")
    require(torch.isfinite(weight).all(), "some weights are not finite")


@check(
    "init_linear",
    hint="Every random number comes from the generator that was handed over.",
    after=check_init_mean_and_variance,
)
@given(fan_in=integers(2, 9), fan_out=integers(2, 9), seed=seeds())
def check_init_repeats_from_the_generator(learner: Any, fan_in: int, fan_out: int, seed: int) -> None:
    """Same seed, same layers; another seed, other layers."""
    first, second, other = (learner.generator(s) for s in (seed, seed, seed + 1))
    weights = [learner.init_linear(fan_in, fan_out, generator)[0] for generator in (first, second, other)]
    agree(weights[1], weights[0], what="the weight from the same seed")
    require(not torch.equal(weights[2], weights[0]), f"seeds {seed} and {seed + 1} give the same weight")


@check(
    "init_linear",
    hint="Draw from the generator and leave it there: no seeding, no copy.",
    after=check_init_mean_and_variance,
)
@given(fan_in=integers(2, 9), fan_out=integers(2, 9), seed=seeds())
def check_init_draws_anew_at_each_call(learner: Any, fan_in: int, fan_out: int, seed: int) -> None:
    """Two layers from one generator differ, and no two neurons are equal."""
    generator = learner.generator(seed)
    weights = [learner.init_linear(fan_in, fan_out, generator)[0] for _ in range(2)]
    rows = torch.cat(weights).unique(dim=0)
    require(len(rows) == 2 * fan_out, f"of {2 * fan_out} neurons in two layers only {len(rows)} differ")


@check("init_linear", hint="Normal, not uniform and not cut off: torch.randn.", examples=20)
@given(fans=wide_layers(), seed=seeds())
def check_init_is_normal(learner: Any, fans: tuple[int, int], seed: int) -> None:
    """The weights are normal: their fourth power averages 3 times the squared variance, and they have tails."""
    z = drawn(learner, fans, seed)
    # All of 15,000 normal numbers lie within 3.1 deviations less often than once in 10^12 draws.
    require(z.abs().max() > 3.1, "no weight lies beyond 3.1 deviations: are the tails cut off?")
    ratio = ((z**4).mean() / (z * z).mean() ** 2).item()
    require(
        2.7 <= ratio <= 3.5, f"the mean fourth power is {ratio:.3g} squared variances, not 3 (2.7 to 3.5)"
    )
