# %% [markdown]
# # Chapter 2: From a neuron to a network
#
# One neuron is a weighted sum with a bend in it. A row of neurons is a matrix product, a stack of rows is a
# network: three short functions. Two more count its parameters and give them their first values.
#
# Time: about 75 minutes. Reading 30, `neuron` and `linear` 15, `mlp_forward` and `count_parameters` 15,
# `init_linear` 15.
#
# Throughout the course, a batch of N samples with D features is `x` of shape (N, D), and a layer of H neurons
# has
#
#     weight (H, D)      row i: the weights of neuron i         (fan_out, fan_in)
#     bias   (H,)        entry i: its bias
#
# Not allowed here: `torch.nn`, nor `addmm`, `addbmm` and `baddbmm` in a layer. They are what you are writing.

# %%
from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

# %% [markdown]
# ## One neuron
#
# ![weights, sum, bias and bend of one neuron](../pictures/ch02_neuron/neuron.en.svg)
#
# A neuron weighs its inputs, adds them up, adds a bias, and passes on what is positive.
#
#     neuron(x) = relu(w . x + b) = max(0, w_1 x_1 + ... + w_D x_D + b)
#
# **By hand.** w = (0.5, -1, 1) and b = -0.5:
#
#     x = (1, 2, 3)    0.5 - 2 + 3 - 0.5 =  1     ->  1
#     x = (1, 3, 3)    0.5 - 3 + 3 - 0.5 =  0     ->  0     exactly on the edge
#     x = (1, 4, 3)    0.5 - 4 + 3 - 0.5 = -1     ->  0
#
#      output       /
#        1 |       /          The points with w . x + b = 0 form a plane: the edge. On one side the neuron
#          |      /           is silent. On the other its output is |w| times the distance from the edge.
#        0 |_____/            w says which way is up and how steep it is; b moves the edge along.
#               edge
#
# Here |w| = sqrt(0.25 + 1 + 1) = 1.5, so (1, 2, 3) lies 1 / 1.5 = 0.6667 from the edge.
#
# **Pitfall.** The bias comes *after* the sum. In `(w * x + b).sum()` it is added once per input: (1, 2, 3)
# gives 1.5 - 3 * 0.5 = 0 instead of 1. With b = 0, or a single input, nothing shows.
#
# **Predict, then run.** Multiply w and b by 2. What becomes of the output for (1, 2, 3)? And if both are
# multiplied by -1?

# %% [markdown]
# <details><summary>Answer</summary><!-- answer: 2, 0 -->2, and then 0. relu(c z) = c relu(z) holds for c >= 0
# only: doubling w and b doubles the slope and leaves the edge where it is; changing the sign swaps the silent
# side with the other.
#
# ```python
# >>> w, b = torch.tensor([0.5, -1.0, 1.0]), torch.tensor(-0.5)
# >>> x = torch.tensor([1.0, 2.0, 3.0])
# >>> neuron(x, w, b), neuron(x, 2 * w, 2 * b), neuron(x, -w, -b)
# (tensor(1.), tensor(2.), tensor(0.))
# ```
# </details>
#
# The other numbers of this section, by machine:
#
# ```python
# >>> w = torch.tensor([0.5, -1.0, 1.0])
# >>> points = [torch.tensor([1.0, a, 3.0]) for a in (2.0, 3.0, 4.0)]
# >>> [neuron(x, w, torch.tensor(-0.5)).item() for x in points]
# [1.0, 0.0, 0.0]
# >>> [(w @ x - 0.5).item() for x in points], (w * points[0] - 0.5).sum().item()
# ([1.0, 0.0, -1.0], 0.0)
# >>> length = (w * w).sum().item() ** 0.5
# >>> length, round(1 / length, 4)
# (1.5, 0.6667)
# ```


# %%
def neuron(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Pass on the weighted sum of the inputs plus a bias, where that is positive.

    Args:
        x: inputs, (D,).
        w: weights, (D,).
        b: bias, a tensor without dimensions.

    Returns:
        relu(w . x + b), a tensor without dimensions, dtype and device of x.

    Example: x (1, 2, 3), w (0.5, -1, 1), b -0.5 give 1; with x (1, 4, 3) the sum is -1, and they give 0.

    Source: the essay, section 1.1; Goodfellow, Bengio, Courville, Deep Learning (2016), section 6.3.
    """
    raise NotImplementedError("neuron: write this part, then run: brick check ch02")


# %% [markdown]
# ## A layer: many neurons, one product
#
# ![the essay's network, and whose weights W_0i are](../pictures/ch02_neuron/network.en.svg)
#
# H neurons look at the same inputs. Written as one product, for a whole batch:
#
#     y = x weight^T + bias              y_ni = sum_d x_nd weight_id + bias_i
#     (N, H) = (N, D) (D, H) + (H,)
#
# The essay shows the same thing in two ways, as dots with arrows and as a matrix. They meet like this: *row i
# of the weight is neuron i*, all arrows that end in dot i. Column d is input d: all arrows that leave it. The
# bend of the neuron is not part of the layer; it comes after it.
#
# **Put right.** The essay's W_0i is the row of neuron i of its *second* layer: 0 is the layer that the row
# reads from. That layer has 12 neurons, so the rows run from W_00 to W_0,11, not to W_09, and the second bias
# is b_01, not b_10.
#
# **By hand.** The neuron from above, and a second one that reads input 2 only:
#
#     x = 1 2 3       weight =  0.5  -1   1     bias = -0.5  10        y =  1  12
#         1 4 3                 0     1   0                                -1  14
#
# y_00 = 0.5 - 2 + 3 - 0.5 = 1, and y_11 = 4 + 10 = 14. The -1 stays: no ReLU here.

# %% [markdown]
# **Why the weight is stored on its side.** As (H, D) each neuron's weights lie next to each other, and row i
# is something to look at: for digits, an image of what neuron i responds to. PyTorch and ONNX store it so
# too, and chapter 12 exports it as it is.
#
# **Pitfalls.** (1) Without the transpose, `x @ weight` refuses unless D = H, and then it runs and is wrong.
# Never test a layer with a square weight. (2) The bias belongs to the *last* axis. As a column it is refused
# unless N = H, and then every sample gets a bias of its own.
#
# **Predict, then run.** weight = ((0, 1), (0, 0)), bias 0, x = (1, 2). What is y, and what does the forgotten
# transpose give?

# %% [markdown]
# <details><summary>Answer</summary><!-- answer: 2, 0, 0, 1 -->(2, 0): neuron 0 reads input 1, neuron 1 reads
# nothing. Forgotten, it is (0, 1): same shape, plausible numbers, another network.
#
# ```python
# >>> weight = torch.tensor([[0.0, 1.0], [0.0, 0.0]])
# >>> x = torch.tensor([[1.0, 2.0]])
# >>> linear(x, weight, torch.zeros(2)).tolist(), (x @ weight).tolist()
# ([[2.0, 0.0]], [[0.0, 1.0]])
# ```
# </details>
#
# The other numbers of this section, by machine:
#
# ```python
# >>> x = torch.tensor([[1.0, 2.0, 3.0], [1.0, 4.0, 3.0]])
# >>> weight = torch.tensor([[0.5, -1.0, 1.0], [0.0, 1.0, 0.0]])
# >>> linear(x, weight, torch.tensor([-0.5, 10.0])).tolist()
# [[1.0, 12.0], [-1.0, 14.0]]
# ```


# %%
def linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Apply a layer of neurons, without their bend, to each sample of a batch.

    Args:
        x: samples, (N, D).
        weight: (H, D), row i the weights of neuron i.
        bias: (H,).

    Returns:
        (N, H), entry (n, i) = weight[i] . x[n] + bias[i]; dtype and device of x.

    Example: x (1, 2, 3), weight rows (0.5, -1, 1) and (0, 1, 0), bias (-0.5, 10) give (1, 12).

    Source: the essay, sections 1.1 and 1.4; Goodfellow, Bengio, Courville, Deep Learning (2016), section 6.1.
    """
    raise NotImplementedError("linear: write this part, then run: brick check ch02")


# %% [markdown]
# ## A network: layers with a bend between
#
# Two layers on top of each other are only one, W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2), and a hundred
# of them are one too. The ReLU between is what makes depth worth anything.
#
#     h = relu(linear(x, W1, b1))        hidden, as many as you like
#     y = linear(h, W2, b2)              the last layer stays straight: outputs may be negative
#
# **By hand.** "Either, but not both" of a and b is beyond a single layer: straight functions keep f(0,0) +
# f(1,1) = f(0,1) + f(1,0), and here 0 + 0 is not 1 + 1. Two hidden neurons do it, h1 = relu(a + b) and h2 =
# relu(a + b - 1), with y = h1 - 2 h2:
#
#     a  b     a + b    a + b - 1     h1   h2     y      without ReLU
#     0  0       0         -1          0    0     0           2
#     0  1       1          0          1    0     1           1
#     1  0       1          0          1    0     1           1
#     1  1       2          1          2    1     0           0

# %% [markdown]
# ![XOR before and after the hidden layer](../pictures/ch02_neuron/xor.en.svg)
#
# **Put right.** The essay says that many layers solved XOR and that activations came on top. The last column
# has the same two layers without the bend, and fails: neither does it alone, a bend *between* layers does.
#
# **Write it.** In two lines the network is h = relu(a + b, a + b - 1) and y = h1 - 2 h2. Change it so that y
# is 1 for "both or neither".
#
# <details><summary>One way</summary>
#
# y = 1 - h1 + 2 h2: what was taken away is now taken from 1.
#
# ```python
# >>> corners = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
# >>> hidden = torch.ones(2, 2), torch.tensor([0.0, -1.0])
# >>> mlp_forward(corners, [hidden, (torch.tensor([[-1.0, 2.0]]), torch.ones(1))]).flatten().tolist()
# [1.0, 0.0, 0.0, 1.0]
# ```
# </details>
#
# **Parameters.** From D inputs to H neurons a layer has D * H weights and H biases: (D + 1) * H. The network
# 10, 12, 12, 10 has 11 * 12 + 13 * 12 + 13 * 10 = 132 + 156 + 130 = 418.
#
# **The widths at the ends** are given: first the numbers in a sample, after coding; last what is asked for.
# That is a score per class, as the essay says, but one score for yes or no, and one number where a number is
# predicted. Its own f(a, b) wants 2 at the start and 1 at the end.
#
# **Pitfalls.** (1) A ReLU after the last layer as well: every score below 0 becomes 0, and no gradient tells
# it to come back. The XOR above does not show it, its outputs are not negative. (2) `x.clamp_(min=0)` and
# `layers.pop()` work on the caller's batch and the caller's network.
#
# **Predict, then run.** Both hidden layers of 10, 12, 12, 10 get twice as many neurons. Twice as many
# parameters?

# %% [markdown]
# <details><summary>Answer</summary><!-- answer: no | yes -->1114, not 836. The layers at the ends double,
# nearly: 264 and 250. But the one between grows on both sides: 25 * 24 = 600 instead of 156.
#
# ```python
# >>> count_parameters([10, 12, 12, 10]), count_parameters([10, 24, 24, 10])
# (418, 1114)
# >>> [count_parameters([a, b]) for a, b in ((10, 12), (12, 12), (12, 10), (10, 24), (24, 24), (24, 10))]
# [132, 156, 130, 264, 600, 250]
# ```
# </details>
#
# The other numbers of this section, by machine:
#
# ```python
# >>> W1, b1 = torch.ones(2, 2), torch.tensor([0.0, -1.0])
# >>> W2, b2 = torch.tensor([[1.0, -2.0]]), torch.zeros(1)
# >>> x = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
# >>> mlp_forward(x, [(W1, b1), (W2, b2)]).flatten().tolist()
# [0.0, 1.0, 1.0, 0.0]
# >>> linear(linear(x, W1, b1), W2, b2).flatten().tolist()
# [2.0, 1.0, 1.0, 0.0]
# >>> linear(x, W2 @ W1, W2 @ b1 + b2).flatten().tolist()
# [2.0, 1.0, 1.0, 0.0]
# ```


# %%
def mlp_forward(x: Tensor, layers: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
    """Run a batch through a network: ReLU between the layers, none after the last.

    Args:
        x: samples, (N, D).
        layers: at least one `(weight, bias)`, weight (fan_out, fan_in) and bias (fan_out,); each fan_in is
            the fan_out before it. Left as it is.

    Returns:
        (N, C), C the fan_out of the last layer; dtype and device of x.

    Example: weights ((1, 1), (1, 1)) and ((1, -2)), biases (0, -1) and (0) turn (1, 1) into 0, (0, 1) into 1.

    Source: the essay, section 1.4; Goodfellow, Bengio, Courville, Deep Learning (2016), section 6.1.
    """
    raise NotImplementedError("mlp_forward: write this part, then run: brick check ch02")


# %%
def count_parameters(sizes: Sequence[int]) -> int:
    """Count the weights and biases of a fully connected network.

    Args:
        sizes: neurons per layer, the inputs first; a list or tuple, at least one. Inputs alone have none.

    Returns:
        The number of entries of all weights and biases together, an int.

    Example: (10, 12, 12, 10) has 418.

    Source: the essay, section 1.4.
    """
    raise NotImplementedError("count_parameters: write this part, then run: brick check ch02")


# %% [markdown]
# ## The first weights: neither fading nor blowing up
#
# Zeros will not do: all neurons of a layer would compute the same, get the same gradient, and stay alike for
# ever. So the weights are random. The question is how large.
#
# A neuron adds fan_in products w * x. With w of mean 0 and variance v, the mean square of the sum is fan_in *
# v * (mean square of x). The sum is as often negative as positive, so ReLU takes away half:
#
#     a layer multiplies the mean square by  fan_in * v / 2             1 when  v = 2 / fan_in
#
#     variance      per layer     after 20 layers
#     1 / fan_in      1/2           0.00000095        the signal is gone
#     2 / fan_in      1             1                 it arrives as it left
#     4 / fan_in      2             1048576           it drowns everything
#
# The biases start at 0: the weights already make the neurons differ.
#
# **By hand.** fan_in = 8: the variance is 0.25 and the standard deviation 0.5. So `0.5 * torch.randn(fan_out,
# 8)`.
#
# **Pitfalls.** (1) `torch.randn` has standard deviation 1, and multiplying it by s gives variance s^2:
# multiply by the *root*, sqrt(2 / fan_in). At fan_in = 2 both are 1, and the mistake is invisible. (2) fan_in
# is the weight's *second* side; with a square weight nobody can tell. (3) Draw from the generator you are
# given. Seeding one of your own inside makes all layers of a size equal; drawing from torch's global one
# makes runs depend on whoever drew before.
#
# **Predict, then run.** Forget the root: multiply by 2 / fan_in. The layers are 512 wide. What share of the
# mean square is left after three of them: a tenth, a thousandth, less?

# %% [markdown]
# <details><summary>Answer</summary><!-- answer: less | a tenth | a thousandth -->Far less: 6e-8. The variance
# is now 4 / 512^2, so a layer multiplies the mean square by 512 * 4 / 512^2 / 2 = 1/256, and three of them by
# 1/16,777,216.
#
# ```python
# >>> 512 * 4 / 512**2 / 2 == 1 / 256, f"{(1 / 256) ** 3:.1g}", 256**3
# (True, '6e-08', 16777216)
# ```
# </details>
#
# The other numbers of this section, by machine. A width of 512 is not infinite, so the product of 20 factors
# strays a little:
#
# ```python
# >>> f"{0.5**20:.2g}", 2**20, math.sqrt(2 / 8)
# ('9.5e-07', 1048576, 0.5)
# >>> def share_left(factor, depth=20):
# ...     generator = torch.Generator().manual_seed(0)
# ...     x = torch.randn(64, 512, generator=generator)
# ...     start = (x * x).mean()
# ...     for _ in range(depth):
# ...         weight, bias = init_linear(512, 512, generator)
# ...         x = linear(x, factor * weight, bias).clamp(min=0)
# ...     return ((x * x).mean() / start).item()
# >>> 0.3 < share_left(1.0) < 3, 3e-7 < share_left(0.5**0.5) < 3e-6, 3e5 < share_left(2**0.5) < 3e6
# (True, True, True)
# >>> 4e-8 < share_left((2 / 512) ** 0.5, depth=3) < 8e-8
# True
# ```


# %%
def init_linear(fan_in: int, fan_out: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw the first weights and biases of a layer that a ReLU follows.

    Args:
        fan_in: inputs of the layer, at least 1.
        fan_out: its neurons, at least 1.
        generator: all randomness comes from it, and each call draws anew; nothing else is seeded or drawn.

    Returns:
        weight (fan_out, fan_in), normal with mean 0 and variance 2 / fan_in, and bias (fan_out,), zeros; both
        float32, on the generator's device.

    Example: for fan_in 8 the weights have a standard deviation of 0.5, whatever fan_out is.

    Source: He, Zhang, Ren, Sun (2015), Delving deep into rectifiers, section 2.2.
    """
    raise NotImplementedError("init_linear: write this part, then run: brick check ch02")


# %% [markdown]
# ## Extra: write the law yourself
#
# All along, laws have judged your code. Now you write one, and it judges the code of others, some of it right and
# some of it wrong, all of it called `learner`. A law says what every right answer keeps, whatever the inputs. It
# may ask more than once: linear means that twice the input gives twice the result, but for the bias.
#
# ```python
# >>> def law_first_try(learner, x, weight, bias):
# ...     once, twice = (learner.linear(times * x, weight, bias) - bias for times in (1, 2))
# ...     return torch.allclose(twice, 2 * once)
# >>> class Zeros:
# ...     def linear(self, x, weight, bias):
# ...         return torch.zeros(len(x), len(bias)) + bias
# >>> law_first_try(Zeros(), torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0]]), torch.tensor([5.0]))
# True
# ```
#
# Nonsense that does not look at x keeps it. Whoever writes a law asks which nonsense would, and adds what that
# nonsense breaks: with a single input of 1 and zeros elsewhere, what should come out?
#
# **Pitfall.** A law that asks too much rejects who is right. Sums that were added up in another order differ in
# their last digits: compare with `torch.allclose`, never with `==`.


# %%
def law_linear(learner: Any, x: Tensor, weight: Tensor, bias: Tensor) -> bool:
    """Say whether `learner.linear` is a linear layer, with this weight and bias.

    It is called with many inputs and many versions. Of a right one it has to be True every time; of a wrong one
    False at least once, or an error. A law that knows no wrong version, or no right one, earns nothing.

    Args:
        learner: somebody's code. Its `linear(x, weight, bias)` should return what yours does, up to rounding; call
            it as often as you like, with any x.
        x: shape (N, D), float64.
        weight: shape (H, D), as x.
        bias: shape (H,), as x.

    Returns:
        True if the law holds, False if it is broken; a Python bool.

    Example: with x = (1, 2), weight (3, 4) and bias 5 the result is 16; without the bias, 11 is wrong.

    Source: Claessen, Hughes, QuickCheck: a lightweight tool for random testing of Haskell programs (ICFP 2000).
    """
    raise NotImplementedError("law_linear: write this part, then run: brick check ch02")
