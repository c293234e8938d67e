"""Check neurons, layers and networks against torch.nn.functional, and their first weights by moments: ch02."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from grader.checking import (
    BOOL,
    INTEGER,
    SCALAR,
    TENSOR,
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
    seeds,
    shortened,
    tensor_from,
    tensor_laws,
    tensors,
    tuples,
)
from grader.checking.strategies import textured

RETURNS = {
    "neuron": SCALAR,
    "linear": TENSOR,
    "mlp_forward": TENSOR,
    "count_parameters": INTEGER,
    "init_linear": (TENSOR, TENSOR),
    "law_linear": BOOL,
}

# Products of larger entries would cancel to sums that no order of summation gets alike.
_SPECIAL = (0.0, 1.0, -1.0, 0.5, 2.0, -3.0, 30.0, -30.0)
# A sum is as exact as the largest of its terms allows: 65 terms, each with a rounding of 1.1e-16, stay well below this.
_ROUNDING = 1e-13

Case = tuple[Tensor, Tensor, Tensor]
Layers = list[tuple[Tensor, Tensor]]

# Every side differs from the others, and none is 1: there a forgotten transpose cannot hide, nor a lost axis show.
_PLAIN_SIDES = ((2, 3, 4), (4, 3, 2), (3, 5, 2), (2, 4, 5), (5, 2, 3), (3, 4, 5))


@composite
def cases(draw: Any, sides: Any = _PLAIN_SIDES, textures: bool = False) -> Case:
    """A batch, a weight and a bias that fit.

    Args:
        sides: what (N, D, H) is sampled from. The plain ones have laws that others wait for; a batch of one, a single
            input or neuron, equal sides and large layers have laws of their own.
        textures: whether entries may be all small, equal, sorted, of one sign, or cancel, as in `tensors`.
    """
    n, d, h = shortened(draw(sampled_from(sides)))
    shapes = ((n, d), (h, d), (h,))
    x, weight, bias = (draw(tensors(shape, special=_SPECIAL, textures=textures)) for shape in shapes)
    return x, weight, bias


@composite
def scaled_cases(draw: Any) -> tuple[Case, float]:
    """A case in which x and weight have any size, with the largest term that its sums can have."""
    x, weight, bias = draw(cases())
    # The sums grow with both, and the bias with them: so each of the three still counts.
    of_x, of_weight = (10.0 ** draw(floats(-8, 8)) for _ in range(2))
    x, weight, bias = of_x * x, of_weight * weight, of_x * of_weight * bias
    return (x, weight, bias), float(x.abs().max() * weight.abs().max() + bias.abs().max())


@composite
def networks(draw: Any, fewest: int = 2, most: int = 4, equal: bool = False) -> tuple[Tensor, Layers]:
    """A batch and two to four layers that fit, if not said otherwise.

    Args:
        fewest, most: layers.
        equal: all layers as wide as the batch is, so that every shape agrees with every other. Otherwise no two
            neighbours have the same width: hidden values then never fit into the batch they came from.
    """
    count = draw(integers(fewest, most))
    if equal:
        sizes = [draw(integers(2, 3))] * (count + 1)
    else:
        first = draw(integers(2, 5))
        # A step of 1 to 3 round the four widths 2 to 5 never ends where it began.
        sizes = [first]
        for _ in range(count):
            sizes.append(2 + (sizes[-1] - 2 + draw(integers(1, 3))) % 4)
    rows = sizes[0] if equal else draw(integers(2, 4))
    rows, *sizes = shortened((rows, *sizes))
    x = draw(tensors((rows, sizes[0]), special=_SPECIAL, textures=False))
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


# Both signs of the sum occur about equally often, so that the bend counts as much as the sum.
@check("neuron", hint="In which order do sum, bias and bend come, and how often is each done?")
@given(case=cases())
def check_neuron_matches_torch(learner: Any, case: Case) -> None:
    """relu(w . x + b), for any signs."""
    x, w, b = case[0][0], case[1][0], case[2][0]
    agree(learner.neuron(x, w, b), F.relu(torch.dot(w, x) + b))


# The sum may cancel: its error is judged beside the largest term that it can have, which keeps small ones
# exact too.
@check("neuron", hint="Nothing in a neuron has a size of its own.", weight=0.5, examples=60)
@given(scaled=scaled_cases())
def check_neuron_of_any_size(learner: Any, scaled: tuple[Case, float]) -> None:
    """Inputs and weights may be as small as 1e-8 or as large as 1e8."""
    (x, weight, bias), largest = scaled
    expected = F.relu(torch.dot(weight[0], x[0]) + bias[0])
    agree(learner.neuron(x[0], weight[0], bias[0]), expected, rtol=1e-9, atol=_ROUNDING * largest)


@check("neuron", hint="One product per input, however many there are.", weight=0.5, examples=20)
@given(case=cases(((1, 1, 1), (1, 1, 1), (1, 80, 1), (1, 130, 1)), textures=True))
def check_neuron_of_one_input_or_many(learner: Any, case: Case) -> None:
    """A neuron may have one input, or a hundred."""
    x, w, b = case[0][0], case[1][0], case[2][0]
    agree(learner.neuron(x, w, b), F.relu(torch.dot(w, x) + b))


@check("neuron", hint="Add the products up, whatever they are.", weight=0.5)
@given(case=cases(((1, 4, 1),), textures=True))
def check_neuron_of_any_entries(learner: Any, case: Case) -> None:
    """Inputs and weights may be equal, sorted, of one sign, or cancel."""
    x, w, b = case[0][0], case[1][0], case[2][0]
    agree(learner.neuron(x, w, b), F.relu(torch.dot(w, x) + b))


@check(
    "neuron",
    hint="Work the three neurons of the lesson out by hand, and stop before the bend.",
    after=check_neuron_matches_torch,
)
def check_neuron_known_values(learner: Any) -> None:
    """The three inputs of the lesson give 1, 0 and 0."""
    w, b = torch.tensor([0.5, -1.0, 1.0], dtype=torch.float64), torch.tensor(-0.5, dtype=torch.float64)
    for middle, expected in ((2.0, 1.0), (3.0, 0.0), (4.0, 0.0)):
        x = torch.tensor([1.0, middle, 3.0], dtype=torch.float64)
        agree(learner.neuron(x, w, b), torch.tensor(expected, dtype=torch.float64))


# A constant 0 keeps this law, hence after.
@check(
    "neuron",
    hint="Nothing in a neuron has a size of its own: the sum grows with w and b, the ReLU keeps that.",
    examples=50,
    after=check_neuron_matches_torch,
)
@given(case=cases(), factor=floats(0, 8))
def check_neuron_scales_with_its_weights(learner: Any, case: Case, factor: float) -> None:
    """Multiplying w and b by c >= 0 multiplies the output by c."""
    x, w, b = case[0][0], case[1][0], case[2][0]
    agree(learner.neuron(x, factor * w, factor * b), factor * learner.neuron(x, w, b))


# The essay's two views: dots with arrows, and a matrix.
@check("neuron", hint="Row i of weight and entry i of bias are all that neuron i needs.", examples=40)
@given(case=cases())
def check_neurons_make_a_layer(learner: Any, case: Case) -> None:
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


# The three sides differ, so the shape of the result alone refuses most slips.
@check(
    "linear",
    hint="Write the three shapes down: which sides meet in the product, and to which axis does the bias belong?",
)
@given(case=cases())
def check_linear_matches_torch(learner: Any, case: Case) -> None:
    """A layer is x times weight transposed plus bias, negative outputs too."""
    agree(learner.linear(*case), F.linear(*case))


@check("linear", hint="Nothing in a layer has a size of its own.", weight=0.5, examples=60)
@given(scaled=scaled_cases())
def check_linear_of_any_size(learner: Any, scaled: tuple[Case, float]) -> None:
    """Inputs and weights may be as small as 1e-8 or as large as 1e8."""
    case, largest = scaled
    agree(learner.linear(*case), F.linear(*case), rtol=1e-9, atol=_ROUNDING * largest)


# Biases that cancel are among these: whether there is a bias must not be asked by its sum.
@check("linear", hint="Add the products up, whatever they are.", weight=0.5)
@given(case=cases(textures=True))
def check_linear_of_any_entries(learner: Any, case: Case) -> None:
    """Entries may be equal, sorted, of one sign, or cancel."""
    agree(learner.linear(*case), F.linear(*case))


@check(
    "linear", hint="An axis of length 1 is an axis: nothing may be squeezed away.", weight=0.5, examples=40
)
@given(case=cases(((3, 1, 2), (3, 2, 1), (2, 1, 1), (1, 1, 1), (4, 3, 1), (1, 1, 3))))
def check_linear_of_one_input_or_one_neuron(learner: Any, case: Case) -> None:
    """A layer of one neuron, or with one input, keeps both axes."""
    agree(learner.linear(*case), F.linear(*case))


@check("linear", hint="No size is written into the formula.", weight=0.5, examples=12)
@given(case=cases(((80, 2, 3), (2, 40, 3), (3, 2, 70))))
def check_linear_of_large_layers(learner: Any, case: Case) -> None:
    """There may be a hundred samples, inputs or neurons."""
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


# Where D = H a forgotten transpose fits, and where N = H a bias in a column does.
@check(
    "linear", hint="With all sides equal no shape helps: is row i of the weight still neuron i?", examples=60
)
@given(case=cases(((2, 2, 2), (3, 3, 3), (4, 4, 4), (2, 3, 3), (3, 2, 3))))
def check_linear_with_square_weight(learner: Any, case: Case) -> None:
    """A square weight is transposed too, and the bias belongs to the neurons even where N = H."""
    agree(learner.linear(*case), F.linear(*case))


# The oracle is written neuron by neuron here, so that no two laws rest on one formula.
@check(
    "linear",
    hint="One view of the essay is a matrix product, the other is dots with arrows: row i is dot i.",
    examples=60,
)
@given(case=cases())
def check_linear_rows_are_neurons(learner: Any, case: Case) -> None:
    """Entry (n, i) is neuron i on sample n, before its bend."""
    x, weight, bias = case
    y = learner.linear(x, weight, bias)
    neurons = [[torch.dot(weight[i], sample) + bias[i] for i in range(len(weight))] for sample in x]
    agree(y, torch.tensor(neurons, dtype=torch.float64))


# A batch of one: squeeze() would take its axis away.
@check(
    "linear",
    hint="No sample sees another one; a batch of one keeps its axis.",
    examples=40,
)
@given(case=cases())
def check_linear_takes_samples_one_by_one(learner: Any, case: Case) -> None:
    """Each sample alone, as a batch of one, gives its row of the batch's output."""
    x, weight, bias = case
    whole = F.linear(x, weight, bias)
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


def _network_of(sizes: tuple[int, ...], seed: int) -> tuple[Tensor, Layers]:
    """A batch of sizes[0] samples and the layers between the other sizes, all random."""
    rows, *widths = sizes
    x = tensor_from(seed + 1000, (rows, widths[0]))
    layers = [
        (tensor_from(seed + 2000 + i, (after, before)), tensor_from(seed + 3000 + i, (after,)))
        for i, (before, after) in enumerate(pairwise(widths))
    ]
    return x, layers


# Two layers to four. Widths of neighbours differ, so that writing into the batch is not possible by chance.
@check("mlp_forward", hint="After which layers does a bend come, and after which does none?")
@given(x_and_layers=networks())
def check_mlp_matches_torch(learner: Any, x_and_layers: tuple[Tensor, Layers]) -> None:
    """The output is that of nn.Sequential: Linear, ReLU, Linear, ..., Linear."""
    agree(learner.mlp_forward(*x_and_layers), network(*x_and_layers))


# Where shapes agree, hidden values could be written into x, and square weights used the wrong way round.
@check("mlp_forward", hint="Hidden values are tensors of their own; x belongs to the caller.", weight=0.5)
@given(x_and_layers=networks(equal=True))
def check_mlp_of_equal_widths(learner: Any, x_and_layers: tuple[Tensor, Layers]) -> None:
    """Where all layers are as wide as the batch, every weight is still transposed, and the batch left alone."""
    agree(learner.mlp_forward(*x_and_layers), network(*x_and_layers))


@check(
    "mlp_forward",
    hint="An axis of length 1 is an axis, and no size is written down.",
    weight=0.5,
    examples=24,
)
@given(
    sizes=sampled_from(
        ((1, 3, 1, 1), (2, 3, 1, 1), (70, 2, 9, 9), (3, 2, 40, 3), (1, 1, 4, 2), (9, 9, 9, 1))
    ),
    seed=seeds(),
)
def check_mlp_of_one_or_many(learner: Any, sizes: tuple[int, ...], seed: int) -> None:
    """There may be one sample, input or neuron, or a hundred."""
    case = _network_of(sizes, seed)
    agree(learner.mlp_forward(*case), network(*case))


# relu keeps factors, so the second layer undoes the first one's; a threshold beside 0 shows at one end.
@check(
    "mlp_forward", hint="Nothing in a network has a size of its own, and zero is the only edge.", weight=0.5
)
@given(
    seed=seeds(),
    of_x=floats(-8, 8),
    of_weights=floats(-8, 8),
    texture=sampled_from(("", "", "equal", "sorted", "positive", "negative")),
)
def check_mlp_of_any_size(learner: Any, seed: int, of_x: float, of_weights: float, texture: str) -> None:
    """Inputs and weights may be as small as 1e-8 or as large as 1e8, and inputs equal, sorted or of one sign."""
    x, ((weight, bias), *rest) = _network_of((3, 4, 5, 2), seed)
    x = textured(x, texture, 1)
    # Two layers, of which the second has the inverse size, so that the outputs are as large as x.
    size, inverse = 10.0**of_weights, 10.0**-of_weights
    scale = 10.0**of_x
    (next_weight, next_bias) = rest[0]
    layers = [(size * weight, size * scale * bias), (inverse * next_weight, scale * next_bias)]
    case = (scale * x, layers)
    agree(learner.mlp_forward(*case), network(*case), rtol=1e-9, atol=_ROUNDING * 100 * scale)


# A table of known answers would pass, hence after. No output is negative here: this example cannot show a
# last ReLU.
@check(
    "mlp_forward",
    hint="Work the hidden values of the four inputs out by hand first.",
    after=check_mlp_matches_torch,
)
def check_mlp_solves_xor(learner: Any) -> None:
    """Goodfellow's two hidden neurons compute "either, but not both"."""
    x = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
    hidden = (torch.ones(2, 2, dtype=torch.float64), torch.tensor([0.0, -1.0], dtype=torch.float64))
    last = (torch.tensor([[1.0, -2.0]], dtype=torch.float64), torch.zeros(1, dtype=torch.float64))
    expected = torch.tensor([[0.0], [1.0], [1.0], [0.0]], dtype=torch.float64)
    agree(learner.mlp_forward(x, [hidden, last]), expected)


@check("mlp_forward", hint="The only layer is the last one.", examples=50)
@given(x_and_layers=networks(fewest=1, most=1))
def check_mlp_of_one_layer_is_that_layer(learner: Any, x_and_layers: tuple[Tensor, Layers]) -> None:
    """A network of one layer is a layer without ReLU."""
    x, layers = x_and_layers
    agree(learner.mlp_forward(x, layers), F.linear(x, *layers[0]))


# Shifts of up to 50 push every output below 0: a ReLU after the last layer shows at once.
@check("mlp_forward", hint="Nothing comes after the last layer.", examples=40)
@given(x_and_layers=networks(), shift=floats(-50, 50))
def check_mlp_output_moves_with_the_last_bias(
    learner: Any, x_and_layers: tuple[Tensor, Layers], shift: float
) -> None:
    """Adding c to the last bias adds c to every output, down to negative ones."""
    x, layers = x_and_layers
    weight, bias = layers[-1]
    agree(learner.mlp_forward(x, [*layers[:-1], (weight, bias + shift)]), network(x, layers) + shift)


# A bend such as tanh, or an upper end such as 1 or 6, does not keep factors.
@check(
    "mlp_forward",
    hint="ReLU keeps factors: relu(c z) = c relu(z) for c > 0. It has no upper end.",
    examples=40,
)
@given(x_and_layers=networks(fewest=2), factor=floats(0.25, 8))
def check_mlp_hidden_scale_cancels(learner: Any, x_and_layers: tuple[Tensor, Layers], factor: float) -> None:
    """A hidden layer made c times larger and the next weight c times smaller change nothing."""
    x, layers = x_and_layers
    (weight, bias), (next_weight, next_bias), *rest = layers
    scaled = [(factor * weight, factor * bias), (next_weight / factor, next_bias), *rest]
    agree(learner.mlp_forward(x, scaled), network(x, layers))


# layers.pop() is right once. A tuple cannot be popped at all, and is a sequence too.
@check(
    "mlp_forward", hint="Read the list, pop nothing off it; a tuple of layers will do as well.", examples=25
)
@given(x_and_layers=networks())
def check_mlp_gives_the_same_twice(learner: Any, x_and_layers: tuple[Tensor, Layers]) -> None:
    """Called again, and with the layers in a tuple, the network gives the same."""
    x, layers = x_and_layers
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


def _entries(sizes: list[int]) -> int:
    """How many entries the weights and biases of a network have, by making them (without memory)."""
    layers = [(torch.empty(b, a, device="meta"), torch.empty(b, device="meta")) for a, b in pairwise(sizes)]
    return sum(weight.numel() + bias.numel() for weight, bias in layers)


# Counted by making the tensors, not by the formula that is asked for.
@check(
    "count_parameters", hint="Count one layer by hand, with 2 inputs and 3 neurons: arrows, and what else?"
)
@given(sizes=lists(integers(1, 30), min_size=2, max_size=6))
def check_count_matches_the_tensors(learner: Any, sizes: list[int]) -> None:
    """The count is the number of entries of all weights and biases."""
    agree(learner.count_parameters(sizes), _entries(sizes))


# The largest layers have more than 2^24 weights, and a few of them more than 2^31: float32 and int32 lose count.
@check("count_parameters", hint="Python's whole numbers have no upper end; float32 has.", weight=0.5)
@given(sizes=lists(sampled_from((7, 784, 5_000, 50_000)), min_size=2, max_size=6))
def check_count_of_large_networks(learner: Any, sizes: list[int]) -> None:
    """Billions of parameters are counted to the last one."""
    agree(learner.count_parameters(sizes), _entries(sizes))


@check(
    "count_parameters",
    hint="A pair of neighbours is a layer; one size has no neighbour.",
    after=check_count_matches_the_tensors,  # a count of 0 for everything would pass
    weight=0.5,
    examples=10,
)
@given(size=integers(1, 30))
def check_count_of_inputs_alone(learner: Any, size: int) -> None:
    """Inputs alone have no parameters."""
    agree(learner.count_parameters([size]), 0)


@check(
    "count_parameters", hint="sizes is read, never changed: any sequence will do.", weight=0.5, examples=10
)
@given(sizes=lists(integers(1, 30), min_size=2, max_size=6))
def check_count_takes_a_tuple(learner: Any, sizes: list[int]) -> None:
    """sizes may be a tuple as well as a list."""
    agree(learner.count_parameters(tuple(sizes)), _entries(sizes))


@check(
    "count_parameters",
    hint="Count the three layers one by one: 132, 156 and 130.",
    after=check_count_matches_the_tensors,
)
def check_count_known_value(learner: Any) -> None:
    """10, 12, 12, 10 has 418 parameters."""
    agree(learner.count_parameters([10, 12, 12, 10]), 418)


# A constant 0 adds up as well, hence after.
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


@check(
    "init_linear",
    hint="What is the variance of what you draw, after your factor? Which side of the layer does it depend on?",
    examples=20,
    weight=2,
)
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


# fan_in and fan_out of 1 are among these: one weight alone has no variance to divide by.
@check(
    "init_linear",
    hint="Print shape and dtype of both: which of the two sides counts the rows?",
    after=check_init_mean_and_variance,
)
@given(fan_in=integers(1, 9), fan_out=integers(1, 9), seed=seeds())
def check_init_shapes_and_zero_bias(learner: Any, fan_in: int, fan_out: int, seed: int) -> None:
    """The weight is float32 (fan_out, fan_in), the bias float32 zeros (fan_out,)."""
    weight, bias = learner.init_linear(fan_in, fan_out, learner.generator(seed))
    agree(bias, torch.zeros(fan_out), what="the bias")
    agree(weight.new_zeros(weight.shape), torch.zeros(fan_out, fan_in), what="the weight, all set to 0,")
    require(torch.isfinite(weight).all(), "some weights are not finite")


# Constant weights repeat as well, hence after the law about their variance.
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


# Rewinding the generator, or seeding one inside, gives the second layer the first one's weights.
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


# Uniform weights have a fourth power of 1.8 and no tails; cut at 2 deviations it is about 2.4.
@check("init_linear", hint="Which distribution do you draw from? Its tails tell.", examples=20)
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


# --- law_linear -------------------------------------------------------------------------------------------
#
# Versions of linear for a law to judge. They run in the learner's process and can be called there, but not read.


def linear__product(x, weight, bias):
    """It multiplies matrices."""
    return x @ weight.T + bias


def linear__neuron_by_neuron(x, weight, bias):
    """It computes one neuron after the other."""
    return torch.stack([(x * row).sum(1) + b for row, b in zip(weight, bias, strict=True)], dim=1)


def linear__bias_first(x, weight, bias):
    """It starts from the bias and adds input after input."""
    total = bias.repeat(len(x), 1)
    for place in range(x.shape[1]):
        total = total + torch.outer(x[:, place], weight[:, place])
    return total


def linear__without_bias(x, weight, bias):
    """The bias is forgotten."""
    return x @ weight.T


def linear__bias_twice(x, weight, bias):
    """The bias is added twice."""
    return x @ weight.T + 2 * bias


def linear__not_turned(x, weight, bias):
    """The weight is not turned, which shows where it is square."""
    return x @ (weight if weight.shape[0] == weight.shape[1] else weight.T) + bias


def linear__bias_down(x, weight, bias):
    """The bias is added down the samples, where there are as many as neurons."""
    return x @ weight.T + (bias[:, None] if len(x) == len(bias) else bias)


def linear__bent(x, weight, bias):
    """Negative results become 0."""
    return (x @ weight.T + bias).clamp(min=0)


def linear__cut_at_five(x, weight, bias):
    """Results above 5 become 5."""
    return (x @ weight.T + bias).clamp(max=5)


def linear__averaged(x, weight, bias):
    """The products are averaged and not added up."""
    return x @ weight.T / x.shape[1] + bias


def linear__first_for_all(x, weight, bias):
    """Every sample gets the result of the first one."""
    return (x[:1] @ weight.T + bias).repeat(len(x), 1)


def linear__mixed(x, weight, bias):
    """The mean of the batch is taken off first, so that samples have to do with each other."""
    return (x - x.mean(0)) @ weight.T + bias


law_linear = law_exercise(
    "law_linear",
    "linear",
    [
        {
            "x": tensor_from(1 + 5 * number, (samples, inputs)),
            "weight": tensor_from(2 + 5 * number, (neurons, inputs)),
            "bias": tensor_from(3 + 5 * number, (neurons,)),
        }
        for number, (samples, inputs, neurons) in enumerate(
            [
                (1, 1, 1),
                (2, 1, 2),
                (1, 2, 2),
                (2, 2, 1),
                (2, 2, 2),
                (3, 2, 3),
                (3, 3, 3),
                (2, 4, 3),
                (5, 3, 4),
            ]
        )
    ],
    right=(linear__product, linear__neuron_by_neuron, linear__bias_first),
    wrong={
        linear__without_bias: "What should come of inputs that are all 0?",
        linear__bias_twice: "What should come of inputs that are all 0?",
        linear__not_turned: "What should come where one input is 1 and all others are 0?",
        linear__bias_down: "Has each neuron its own bias in every sample?",
        linear__bent: "Twice the input: what should become of the result, less the bias?",
        linear__cut_at_five: "Twice the input: what should become of the result, less the bias?",
        linear__averaged: "What should come where one input is 1 and all others are 0?",
        linear__first_for_all: "Do different samples get different results?",
        linear__mixed: "Does a sample's result depend on the other samples?",
    },
)
