"""Known mistakes in chapter 2: near-solutions, each with the diagnosis a teacher would give."""

# ruff: noqa: F821 -- a plain exercise name means the right version, put there when a submission is assembled
from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

Layers = Sequence[tuple[Tensor, Tensor]]


# --- neuron -----------------------------------------------------------------------------------------------


def neuron__no_relu(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """The ReLU is missing: negative sums come through."""
    return (w * x).sum() + b


def neuron__bias_inside_the_sum(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """The bias is added once per input, inside the sum; it belongs after it."""
    return (w * x + b).sum().clamp(min=0)


def neuron__bias_forgotten(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """The bias is not used."""
    return (w * x).sum().clamp(min=0)


def neuron__bias_is_a_threshold(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """The bias is subtracted, like a threshold; it is added here."""
    return ((w * x).sum() - b).clamp(min=0)


def neuron__relu_before_the_bias(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """The ReLU is taken before the bias is added."""
    return (w * x).sum().clamp(min=0) + b


def neuron__relu_on_each_product(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Each product goes through the ReLU by itself; it is the sum with the bias that should."""
    return (w * x).clamp(min=0).sum() + b.clamp(min=0)


def neuron__mean_of_products(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """The products are averaged, not summed."""
    return ((w * x).mean() + b).clamp(min=0)


def neuron__absolute_value(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Negative sums lose their sign instead of becoming 0."""
    return ((w * x).sum() + b).abs()


def neuron__step(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """The output is 1 where the sum is positive, as in a perceptron; it should be the sum itself."""
    return ((w * x).sum() + b > 0).to(x.dtype)


def neuron__keeps_a_dimension(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """The result has shape (1,); it should have no dimensions."""
    return neuron(x, w, b).reshape(1)


def neuron__computes_in_float32(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Everything is computed in float32, also where the input is float64."""
    return neuron(x.float(), w.float(), b.float()).to(x.dtype)


def neuron__always_float64(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """The result is float64 even for a float32 input."""
    return neuron(x.double(), w.double(), b.double())


def neuron__zero_on_the_cpu(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """The zero it is compared with is made on the CPU; the input may be elsewhere."""
    return torch.maximum((w * x).sum() + b, torch.zeros(1, dtype=x.dtype))[0]


def neuron__multiplies_in_place(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """The products are written into the caller's x."""
    x *= w
    return (x.sum() + b).clamp(min=0)


# --- linear -----------------------------------------------------------------------------------------------


def linear__not_transposed(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The weight is not transposed: refused for most shapes, and wrong for a square weight."""
    return x @ weight + bias


def linear__reshaped(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The weight is reshaped to (D, H), which keeps the order of its entries; it must be transposed."""
    return x @ weight.reshape(weight.shape[1], weight.shape[0]) + bias


def linear__square_not_transposed(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The weight is transposed only where the shapes do not fit otherwise, so a square one is not."""
    return x @ (weight if weight.shape[0] == x.shape[1] else weight.T) + bias


def linear__bias_forgotten(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The bias is not used."""
    return x @ weight.T


def linear__bias_per_sample(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The bias is added as a column, one entry per sample, where the batch is as large as the layer."""
    if len(x) == len(bias):
        return x @ weight.T + bias[:, None]
    return x @ weight.T + bias


def linear__bias_before_the_product(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The sum of all biases reaches every neuron; each should get its own only."""
    return x @ weight.T + bias.sum()


def linear__relu_inside(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """A ReLU is part of the layer; it belongs between layers, and negative outputs must come through."""
    return (x @ weight.T + bias).clamp(min=0)


def linear__batch_of_one_squeezed(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """A batch of one sample, or a layer of one neuron, loses its axis."""
    return linear(x, weight, bias).squeeze()


def linear__transposes_in_place(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The caller's weight is transposed in place."""
    return x @ weight.t_() + bias


def linear__small_bias_dropped(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Biases below 1e-6 are taken for 0; a small one counts as well."""
    return x @ weight.T + torch.where(bias.abs() < 1e-6, torch.zeros_like(bias), bias)


def linear__bias_needs_a_sum(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Whether there is a bias is asked by its sum, which is also 0 where biases cancel."""
    return x @ weight.T + bias if bias.sum() != 0 else x @ weight.T


def linear__computes_in_float32(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Everything is computed in float32, also where the input is float64."""
    return linear(x.float(), weight.float(), bias.float()).to(x.dtype)


def linear__fills_a_default_tensor(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The result is filled into a tensor of the default dtype; it should keep the dtype of x."""
    y = torch.zeros(len(x), len(weight))
    for i in range(len(weight)):
        y[:, i] = x @ weight[i] + bias[i]
    return y


# --- mlp_forward ------------------------------------------------------------------------------------------


def mlp_forward__no_relu(x: Tensor, layers: Layers) -> Tensor:
    """There is no ReLU between the layers, so all of them together are one layer."""
    for weight, bias in layers:
        x = linear(x, weight, bias)
    return x


def mlp_forward__relu_after_the_last(x: Tensor, layers: Layers) -> Tensor:
    """The last layer has a ReLU too: negative outputs become 0."""
    for weight, bias in layers:
        x = linear(x, weight, bias).clamp(min=0)
    return x


def mlp_forward__relu_on_the_input(x: Tensor, layers: Layers) -> Tensor:
    """The ReLU comes before each layer, so the input goes through it as well."""
    for weight, bias in layers:
        x = linear(x.clamp(min=0), weight, bias)
    return x


def mlp_forward__relu_only_once(x: Tensor, layers: Layers) -> Tensor:
    """Only the first hidden layer has a ReLU; there should be one between any two layers."""
    for index, (weight, bias) in enumerate(layers):
        x = linear(x, weight, bias)
        if index == 0 and len(layers) > 1:
            x = x.clamp(min=0)
    return x


def mlp_forward__single_layer_with_relu(x: Tensor, layers: Layers) -> Tensor:
    """A network of a single layer gets a ReLU, since the first layer is always taken for a hidden one."""
    if len(layers) == 1:
        return mlp_forward(x, layers).clamp(min=0)
    return mlp_forward(x, layers)


def mlp_forward__last_layer_missing(x: Tensor, layers: Layers) -> Tensor:
    """The last layer is not applied."""
    for weight, bias in layers[:-1]:
        x = linear(x, weight, bias).clamp(min=0)
    return x


def mlp_forward__two_layers_only(x: Tensor, layers: Layers) -> Tensor:
    """Only the first and the last layer are applied, whatever stands between."""
    return mlp_forward(x, [layers[0], layers[-1]])


def mlp_forward__hidden_bias_forgotten(x: Tensor, layers: Layers) -> Tensor:
    """The hidden layers leave out their biases."""
    for weight, _ in layers[:-1]:
        x = (x @ weight.T).clamp(min=0)
    return linear(x, *layers[-1])


def mlp_forward__saturates_at_one(x: Tensor, layers: Layers) -> Tensor:
    """Hidden values are cut off at 1 as well as at 0."""
    for weight, bias in layers[:-1]:
        x = linear(x, weight, bias).clamp(0, 1)
    return linear(x, *layers[-1])


def mlp_forward__squashes(x: Tensor, layers: Layers) -> Tensor:
    """The hidden layers bend with tanh; here it is ReLU."""
    for weight, bias in layers[:-1]:
        x = 1 - 2 / (1 + torch.exp(2 * linear(x, weight, bias)))
    return linear(x, *layers[-1])


def mlp_forward__pops_the_last(x: Tensor, layers: Layers) -> Tensor:
    """The last layer is popped off the caller's list; a second call runs a shorter network."""
    weight, bias = layers.pop()
    for hidden_weight, hidden_bias in layers:
        x = linear(x, hidden_weight, hidden_bias).clamp(min=0)
    return linear(x, weight, bias)


def mlp_forward__reuses_the_input(x: Tensor, layers: Layers) -> Tensor:
    """Hidden values are written into the caller's batch where the shapes agree."""
    for weight, bias in layers[:-1]:
        hidden = linear(x, weight, bias).clamp(min=0)
        x = x.copy_(hidden) if x.shape == hidden.shape else hidden
    return linear(x, *layers[-1])


def mlp_forward__zeros_on_the_cpu(x: Tensor, layers: Layers) -> Tensor:
    """The zeros of the ReLU are made on the CPU; the input may be elsewhere."""
    for weight, bias in layers[:-1]:
        hidden = linear(x, weight, bias)
        x = torch.maximum(hidden, torch.zeros(hidden.shape, dtype=hidden.dtype))
    return linear(x, *layers[-1])


def mlp_forward__relu_with_a_threshold(x: Tensor, layers: Layers) -> Tensor:
    """Hidden values below 1e-4 become 0; every positive one must pass."""
    for weight, bias in layers[:-1]:
        hidden = linear(x, weight, bias)
        x = torch.where(hidden > 1e-4, hidden, torch.zeros_like(hidden))
    return linear(x, *layers[-1])


def mlp_forward__computes_in_float32(x: Tensor, layers: Layers) -> Tensor:
    """Hidden values are float32, also where the input is float64."""
    for weight, bias in layers[:-1]:
        x = linear(x, weight, bias).clamp(min=0).float().to(x.dtype)
    return linear(x, *layers[-1])


# --- count_parameters -------------------------------------------------------------------------------------


def count_parameters__biases_forgotten(sizes: Sequence[int]) -> int:
    """The biases are not counted."""
    return sum(fan_in * fan_out for fan_in, fan_out in itertools.pairwise(sizes))


def count_parameters__biases_of_the_inputs(sizes: Sequence[int]) -> int:
    """The inputs are counted as if they had biases; only neurons have."""
    return sum(fan_in * fan_out for fan_in, fan_out in itertools.pairwise(sizes)) + sum(sizes)


def count_parameters__one_bias_per_layer(sizes: Sequence[int]) -> int:
    """One bias is counted per layer; each neuron has its own."""
    return sum(fan_in * fan_out + 1 for fan_in, fan_out in itertools.pairwise(sizes))


def count_parameters__bias_per_input(sizes: Sequence[int]) -> int:
    """One bias is counted per input of a layer; there is one per neuron."""
    return sum(fan_in * (fan_out + 1) for fan_in, fan_out in itertools.pairwise(sizes))


def count_parameters__last_layer_missing(sizes: Sequence[int]) -> int:
    """The last layer is not counted."""
    return sum((fan_in + 1) * fan_out for fan_in, fan_out in itertools.pairwise(sizes[:-1]))


def count_parameters__ends_only(sizes: Sequence[int]) -> int:
    """Only the first and the last layer are counted, as in a network with one hidden size."""
    if len(sizes) < 2:
        return 0
    return (sizes[0] + 1) * sizes[1] + (len(sizes) > 2) * (sizes[-2] + 1) * sizes[-1]


def count_parameters__in_float32(sizes: Sequence[int]) -> int:
    """The products are added up in float32, which loses count above 16,777,216."""
    counts = torch.tensor(sizes, dtype=torch.float32)
    return int((counts[:-1] * counts[1:]).sum() + counts[1:].sum())


def count_parameters__pops_sizes(sizes: Sequence[int]) -> int:
    """The caller's list is used up on the way."""
    total = count_parameters(sizes)
    while isinstance(sizes, list) and len(sizes) > 1:
        sizes.pop()
    return total


def count_parameters__a_float(sizes: Sequence[int]) -> float:
    """The count is a float; it should be an int."""
    return float(count_parameters(sizes))


# --- init_linear ------------------------------------------------------------------------------------------


def init_linear__no_root(fan_in: int, fan_out: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The weights are multiplied by the variance, not by its root: 2 / fan_in is taken for the deviation."""
    weight = torch.randn(fan_out, fan_in, generator=generator)
    return weight * (2 / fan_in), torch.zeros(fan_out)


def init_linear__one_over_fan_in(
    fan_in: int, fan_out: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """The variance is 1 / fan_in; the half that ReLU takes away needs 2 / fan_in."""
    weight = torch.randn(fan_out, fan_in, generator=generator)
    return weight * math.sqrt(1 / fan_in), torch.zeros(fan_out)


def init_linear__fan_out(fan_in: int, fan_out: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The variance is 2 / fan_out; it is the inputs that add up, so it should be 2 / fan_in."""
    weight = torch.randn(fan_out, fan_in, generator=generator)
    return weight * math.sqrt(2 / fan_out), torch.zeros(fan_out)


def init_linear__both_fans(fan_in: int, fan_out: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The variance is 2 / (fan_in + fan_out), which suits tanh; before a ReLU it should be 2 / fan_in."""
    weight = torch.randn(fan_out, fan_in, generator=generator)
    return weight * math.sqrt(2 / (fan_in + fan_out)), torch.zeros(fan_out)


def init_linear__counts_the_bias(
    fan_in: int, fan_out: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """The bias is counted as an input: the variance is 2 / (fan_in + 1)."""
    weight = torch.randn(fan_out, fan_in, generator=generator)
    return weight * math.sqrt(2 / (fan_in + 1)), torch.zeros(fan_out)


def init_linear__fixed_size(fan_in: int, fan_out: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The deviation is 0.01 whatever fan_in is."""
    weight = torch.randn(fan_out, fan_in, generator=generator)
    return 0.01 * weight, torch.zeros(fan_out)


def init_linear__uniform(fan_in: int, fan_out: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The weights are uniform, with the right variance; they should be normal."""
    weight = 2 * torch.rand(fan_out, fan_in, generator=generator) - 1
    return weight * math.sqrt(6 / fan_in), torch.zeros(fan_out)


def init_linear__cut_off(fan_in: int, fan_out: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Weights beyond two deviations are cut off; a normal one has no end."""
    weight = torch.randn(fan_out, fan_in, generator=generator).clamp(-2, 2)
    return weight * math.sqrt(2 / fan_in), torch.zeros(fan_out)


def init_linear__cut_off_far_out(
    fan_in: int, fan_out: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Weights beyond three deviations are cut off; that is rare, but a normal one has no end."""
    weight = torch.randn(fan_out, fan_in, generator=generator).clamp(-3, 3)
    return weight * math.sqrt(2 / fan_in), torch.zeros(fan_out)


def init_linear__standardised(fan_in: int, fan_out: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The sample is forced to mean 0 and the exact variance: weights must be independent, and one alone is NaN."""
    weight = torch.randn(fan_out, fan_in, generator=generator)
    return (weight - weight.mean()) / weight.std() * math.sqrt(2 / fan_in), torch.zeros(fan_out)


def init_linear__never_negative(
    fan_in: int, fan_out: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """All weights are positive; their mean should be 0."""
    weight, bias = init_linear(fan_in, fan_out, generator)
    return weight.abs(), bias


def init_linear__transposed(fan_in: int, fan_out: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The weight is (fan_in, fan_out); it should be (fan_out, fan_in), a row per neuron."""
    weight = torch.randn(fan_in, fan_out, generator=generator)
    return weight * math.sqrt(2 / fan_in), torch.zeros(fan_out)


def init_linear__equal_neurons(
    fan_in: int, fan_out: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """One row is drawn and repeated: all neurons are equal and will stay so."""
    row = torch.randn(fan_in, generator=generator) * math.sqrt(2 / fan_in)
    return row.repeat(fan_out, 1), torch.zeros(fan_out)


def init_linear__random_bias(fan_in: int, fan_out: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The biases are drawn like the weights; they should be zeros."""
    weight, _ = init_linear(fan_in, fan_out, generator)
    return weight, torch.randn(fan_out, generator=generator) * math.sqrt(2 / fan_in)


def init_linear__bias_per_input(
    fan_in: int, fan_out: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """The bias has one entry per input; it should have one per neuron."""
    return init_linear(fan_in, fan_out, generator)[0], torch.zeros(fan_in)


def init_linear__global_generator(
    fan_in: int, fan_out: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """The weights come from torch's global generator; the one handed over is not used."""
    return torch.randn(fan_out, fan_in) * math.sqrt(2 / fan_in), torch.zeros(fan_out)


def init_linear__own_generator(
    fan_in: int, fan_out: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """The weights come from a generator seeded inside: all layers of one size are equal, in every run."""
    return init_linear(fan_in, fan_out, torch.Generator().manual_seed(0))


def init_linear__rewinds_the_generator(
    fan_in: int, fan_out: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """The generator is set back to its seed at each call, so all layers start with the same numbers."""
    generator.manual_seed(generator.initial_seed())
    return init_linear(fan_in, fan_out, generator)


def init_linear__float64(fan_in: int, fan_out: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Weight and bias are float64; they should be float32."""
    weight, bias = init_linear(fan_in, fan_out, generator)
    return weight.double(), bias.double()


# --- law_linear -------------------------------------------------------------------------------------------


def law_linear__always_true(learner: Any, x: Tensor, weight: Tensor, bias: Tensor) -> bool:
    """It is True of everything, right or wrong."""
    learner.linear(x, weight, bias)
    return True


def law_linear__always_false(learner: Any, x: Tensor, weight: Tensor, bias: Tensor) -> bool:
    """It is False of everything, right or wrong."""
    learner.linear(x, weight, bias)
    return False


def law_linear__shape_only(learner: Any, x: Tensor, weight: Tensor, bias: Tensor) -> bool:
    """It compares shapes and no values."""
    return learner.linear(x, weight, bias).shape == (len(x), len(bias))


def law_linear__zeros_only(learner: Any, x: Tensor, weight: Tensor, bias: Tensor) -> bool:
    """It tries zeros alone, for which nothing is left but the bias."""
    return torch.allclose(learner.linear(torch.zeros_like(x), weight, bias), bias.expand(len(x), -1))


def law_linear__twice_only(learner: Any, x: Tensor, weight: Tensor, bias: Tensor) -> bool:
    """It asks for twice the result of twice the input, which results keep that have nothing to do with the weight."""
    once, twice = (learner.linear(times * x, weight, bias) - bias for times in (1, 2))
    return torch.allclose(twice, 2 * once)


def law_linear__forgets_the_bias(learner: Any, x: Tensor, weight: Tensor, bias: Tensor) -> bool:
    """Twice the input gives twice the result only without the bias; right answers are rejected."""
    return torch.allclose(learner.linear(2 * x, weight, bias), 2 * learner.linear(x, weight, bias))


def law_linear__exact(learner: Any, x: Tensor, weight: Tensor, bias: Tensor) -> bool:
    """It compares with ==, and rejects sums that were added up in another order."""
    return bool((learner.linear(x, weight, bias) == x @ weight.T + bias).all())


def law_linear__first_sample_only(learner: Any, x: Tensor, weight: Tensor, bias: Tensor) -> bool:
    """It looks at the first sample alone."""
    return torch.allclose(learner.linear(x, weight, bias)[0], linear(x, weight, bias)[0])
