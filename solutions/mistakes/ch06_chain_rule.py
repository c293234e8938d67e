"""Known mistakes in chapter 6: near-solutions, each with the diagnosis a teacher would give."""
# ruff: noqa: F821 -- names of the solution are there when a submission is assembled

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

# --- numerical_gradient -----------------------------------------------------------------------------------


def numerical_gradient__one_sided(f: Callable[[Tensor], Tensor], x: Tensor, h: float) -> Tensor:
    """The difference is one-sided, (f(x + h) - f(x)) / h: its error falls with h, that of the central one with h^2."""
    slopes = torch.empty_like(x)
    for index in itertools.product(*map(range, x.shape)):
        shift = torch.zeros_like(x)
        shift[index] = h
        slopes[index] = (f(x + shift) - f(x)) / h
    return slopes


def numerical_gradient__divides_by_h(f: Callable[[Tensor], Tensor], x: Tensor, h: float) -> Tensor:
    """The two points are 2 h apart, and the difference is divided by h: every slope is twice too large."""
    return 2 * numerical_gradient(f, x, h)


def numerical_gradient__sign(f: Callable[[Tensor], Tensor], x: Tensor, h: float) -> Tensor:
    """The difference is taken the wrong way round, f(x - h) - f(x + h): the sign is wrong."""
    return -numerical_gradient(f, x, h)


def numerical_gradient__step_of_its_own(f: Callable[[Tensor], Tensor], x: Tensor, h: float) -> Tensor:
    """h is accepted and then ignored: the step is 1e-5 whatever was asked for."""
    return numerical_gradient(f, x, 1e-5)


def numerical_gradient__step_relative_to_x(f: Callable[[Tensor], Tensor], x: Tensor, h: float) -> Tensor:
    """The step is h times the size of the entry; it should be h itself."""
    slopes = torch.empty_like(x)
    for index in itertools.product(*map(range, x.shape)):
        step = h * max(1.0, abs(x[index].item()))
        shift = torch.zeros_like(x)
        shift[index] = step
        slopes[index] = (f(x + shift) - f(x - shift)) / (2 * step)
    return slopes


def numerical_gradient__all_entries_at_once(f: Callable[[Tensor], Tensor], x: Tensor, h: float) -> Tensor:
    """All entries move together, so every entry gets the sum of all slopes; move one at a time."""
    return torch.zeros_like(x) + (f(x + h) - f(x - h)) / (2 * h)


def numerical_gradient__not_put_back(f: Callable[[Tensor], Tensor], x: Tensor, h: float) -> Tensor:
    """An entry is not put back before the next one moves, so later slopes are measured somewhere else."""
    slopes = torch.empty_like(x)
    up, down = x.clone(), x.clone()
    for index in itertools.product(*map(range, x.shape)):
        up[index] += h
        down[index] -= h
        slopes[index] = (f(up) - f(down)) / (2 * h)
    return slopes


def numerical_gradient__moves_the_callers_x(f: Callable[[Tensor], Tensor], x: Tensor, h: float) -> Tensor:
    """x itself is moved and moved back by adding and subtracting, which leaves rounding errors in the caller's tensor."""
    slopes = torch.empty_like(x)
    for index in itertools.product(*map(range, x.shape)):
        x[index] += h
        above = f(x)
        x[index] -= 2 * h
        below = f(x)
        x[index] += h
        slopes[index] = (above - below) / (2 * h)
    return slopes


def numerical_gradient__rows_only(f: Callable[[Tensor], Tensor], x: Tensor, h: float) -> Tensor:
    """Only the first axis is walked: a whole row moves at once, which is right for vectors alone."""
    slopes = torch.empty_like(x)
    for row in range(len(x)):
        shift = torch.zeros_like(x)
        shift[row] = h
        slopes[row] = (f(x + shift) - f(x - shift)) / (2 * h)
    return slopes


def numerical_gradient__flattens_for_f(f: Callable[[Tensor], Tensor], x: Tensor, h: float) -> Tensor:
    """f is given a flat copy of x; it was promised a tensor of x's shape."""
    return numerical_gradient(f, x.reshape(-1), h).reshape(x.shape)


def numerical_gradient__flat_result(f: Callable[[Tensor], Tensor], x: Tensor, h: float) -> Tensor:
    """The result is flat; it should have the shape of x."""
    return numerical_gradient(f, x, h).reshape(-1)


def numerical_gradient__float32_result(f: Callable[[Tensor], Tensor], x: Tensor, h: float) -> Tensor:
    """The result is float32 whatever x is: torch.zeros(shape) forgets the dtype."""
    slopes = torch.zeros(x.shape)
    slopes[...] = numerical_gradient(f, x, h)
    return slopes


# --- linear_backward --------------------------------------------------------------------------------------


def linear_backward__transposed_weight(
    grad_out: Tensor, x: Tensor, weight: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradient goes back through weight^T instead of weight; only a square weight lets that run."""
    back = weight.T if weight.shape[0] == weight.shape[1] else weight
    return grad_out @ back, grad_out.T @ x, grad_out.sum(dim=0)


def linear_backward__weight_gradient_transposed(
    grad_out: Tensor, x: Tensor, weight: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradient of the weight is x^T G, shape (D, H); it should be G^T x, shaped like the weight."""
    return grad_out @ weight, x.T @ grad_out, grad_out.sum(dim=0)


def linear_backward__mean_over_the_batch(
    grad_out: Tensor, x: Tensor, weight: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of weight and bias are averaged over the batch; the 1/N of a mean is in grad_out already."""
    return grad_out @ weight, grad_out.T @ x / len(x), grad_out.mean(dim=0)


def linear_backward__bias_averaged(
    grad_out: Tensor, x: Tensor, weight: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradient of the bias is averaged over the batch; it is the sum."""
    return grad_out @ weight, grad_out.T @ x, grad_out.mean(dim=0)


def linear_backward__bias_not_summed(
    grad_out: Tensor, x: Tensor, weight: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradient of the bias is not summed over the batch; the bias has shape (H,), and so has its gradient."""
    return grad_out @ weight, grad_out.T @ x, grad_out


def linear_backward__bias_keeps_an_axis(
    grad_out: Tensor, x: Tensor, weight: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradient of the bias has shape (1, H); the bias has shape (H,)."""
    return grad_out @ weight, grad_out.T @ x, grad_out.sum(dim=0, keepdim=True)


def linear_backward__bias_summed_over_outputs(
    grad_out: Tensor, x: Tensor, weight: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradient of the bias is summed over the outputs; it is summed over the batch."""
    return grad_out @ weight, grad_out.T @ x, grad_out.sum(dim=1)


def linear_backward__first_row_only(
    grad_out: Tensor, x: Tensor, weight: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Only the first row of the batch reaches the weight: the outer product has to be summed over all rows."""
    return grad_out @ weight, grad_out[0][:, None] * x[0], grad_out.sum(dim=0)


def linear_backward__wrong_order(
    grad_out: Tensor, x: Tensor, weight: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients come back as weight, bias, x; the order is x, weight, bias."""
    return grad_out.T @ x, grad_out.sum(dim=0), grad_out @ weight


def linear_backward__in_float32(grad_out: Tensor, x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The arithmetic is done in float32 on the way, which loses half of a float64's digits."""
    single = linear_backward(grad_out.float(), x.float(), weight.float())
    return single[0].to(x.dtype), single[1].to(x.dtype), single[2].to(x.dtype)


def linear_backward__small_gradients_dropped(
    grad_out: Tensor, x: Tensor, weight: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Entries of grad_out under 1e-3 count as 0: late in training all of them are that small."""
    return linear_backward(grad_out * (grad_out.abs() >= 1e-3), x, weight)


def linear_backward__bounded_gradients(
    grad_out: Tensor, x: Tensor, weight: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """grad_out is cut off at 100, which nobody asked for: clipping is a step of its own."""
    return linear_backward(grad_out.clamp(-100, 100), x, weight)


def linear_backward__ones_on_the_cpu(
    grad_out: Tensor, x: Tensor, weight: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The ones that sum the bias are made on the CPU, wherever x is: device=x.device is missing."""
    ones = torch.ones(len(x), dtype=x.dtype)
    return grad_out @ weight, grad_out.T @ x, ones @ grad_out


# --- mlp_loss_and_grads -----------------------------------------------------------------------------------

_Layers = list[tuple[Tensor, Tensor]]


def _mlp(
    x: Tensor,
    labels: Tensor,
    layers: _Layers,
    *,
    rectify_last: bool = False,
    masked: bool = True,
    mask_at_zero: bool = False,
    start: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] | None = None,
    entered: str = "input",
) -> tuple[Tensor, _Layers]:
    """The right answer with one part to be exchanged."""
    inputs, outputs = [], []
    signal = x
    for weight, bias in layers:
        inputs.append(signal)
        outputs.append(signal @ weight.T + bias)
        signal = outputs[-1].clamp(min=0)
    loss, grad = (start or _cross_entropy)(signal if rectify_last else outputs[-1], labels)
    grads = []
    for place in reversed(range(len(layers))):
        from_below = inputs[place]
        if entered == "before relu" and place:
            from_below = outputs[place - 1]
        grad, grad_w, grad_b = linear_backward(grad, from_below, layers[place][0])
        grads.insert(0, (grad_w, grad_b))
        if masked and place:
            below = outputs[place - 1]
            grad = grad * (below >= 0 if mask_at_zero else below > 0)
    return loss, grads


def _measured(loss: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The gradient of a loss by differences of the fourth order: right to eleven digits or more, and no formula."""
    slopes, h = torch.zeros_like(x, memory_format=torch.contiguous_format), 1e-3
    for k in range(x.numel()):
        for steps, weight in ((1, 2 / 3), (-1, -2 / 3), (2, -1 / 12), (-2, 1 / 12)):
            moved = x.flatten().clone()
            moved[k] += steps * h
            slopes.view(-1)[k] += weight * loss(moved.reshape(x.shape)) / h
    return slopes


def _one_hot(logits: Tensor, labels: Tensor) -> Tensor:
    return torch.zeros_like(logits).scatter(1, labels[:, None], 1.0)


def _log_shares(logits: Tensor) -> Tensor:
    shifted = logits - logits.amax(dim=1, keepdim=True)
    return shifted - shifted.exp().sum(dim=1, keepdim=True).log()


def _cross_entropy(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    truth, log_shares = _one_hot(logits, labels), _log_shares(logits)
    return -(truth * log_shares).sum() / len(labels), (log_shares.exp() - truth) / len(labels)


def mlp_loss_and_grads__measured(x: Tensor, labels: Tensor, layers: _Layers) -> tuple[Tensor, _Layers]:
    """The gradients are measured, by differences of the loss at points close together; derive them by hand."""

    def loss_at(place: int, part: int, moved: Tensor) -> Tensor:
        pair = (moved, layers[place][1]) if part == 0 else (layers[place][0], moved)
        changed = [*layers[:place], pair, *layers[place + 1 :]]
        return mlp_loss_and_grads(x, labels, changed)[0]

    def slopes(place: int, part: int) -> Tensor:
        return _measured(lambda moved: loss_at(place, part, moved), layers[place][part])

    loss, _ = mlp_loss_and_grads(x, labels, layers)
    return loss, [(slopes(place, 0), slopes(place, 1)) for place in range(len(layers))]


def mlp_loss_and_grads__no_mask(x: Tensor, labels: Tensor, layers: _Layers) -> tuple[Tensor, _Layers]:
    """ReLU is forgotten on the way back: the gradient passes through neurons that were off."""
    return _mlp(x, labels, layers, masked=False)


def mlp_loss_and_grads__open_at_zero(x: Tensor, labels: Tensor, layers: _Layers) -> tuple[Tensor, _Layers]:
    """The gradient passes where ReLU's input is exactly 0; there the slope is 0."""
    return _mlp(x, labels, layers, mask_at_zero=True)


def mlp_loss_and_grads__relu_after_the_last(
    x: Tensor, labels: Tensor, layers: _Layers
) -> tuple[Tensor, _Layers]:
    """ReLU stands after the last layer too, so negative scores are cut off before the loss."""
    return _mlp(x, labels, layers, rectify_last=True)


def mlp_loss_and_grads__before_relu(x: Tensor, labels: Tensor, layers: _Layers) -> tuple[Tensor, _Layers]:
    """The gradient of a weight is taken with what stood before ReLU; the layer's input is what came out of it."""
    return _mlp(x, labels, layers, entered="before relu")


def mlp_loss_and_grads__sum_over_the_batch(
    x: Tensor, labels: Tensor, layers: _Layers
) -> tuple[Tensor, _Layers]:
    """Loss and gradients are sums over the batch; the loss is the mean."""

    def start(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        loss, grad = _cross_entropy(logits, labels)
        return loss * len(labels), grad * len(labels)

    return _mlp(x, labels, layers, start=start)


def mlp_loss_and_grads__gradient_not_averaged(
    x: Tensor, labels: Tensor, layers: _Layers
) -> tuple[Tensor, _Layers]:
    """The loss is a mean but its gradient is not divided by N; the 1/N belongs into the first gradient."""

    def start(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        loss, grad = _cross_entropy(logits, labels)
        return loss, grad * len(labels)

    return _mlp(x, labels, layers, start=start)


def mlp_loss_and_grads__averaged_over_classes(
    x: Tensor, labels: Tensor, layers: _Layers
) -> tuple[Tensor, _Layers]:
    """Loss and gradients are divided by the number of entries of the logits; it is the mean over the rows."""

    def start(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        loss, grad = _cross_entropy(logits, labels)
        return loss / logits.shape[1], grad / logits.shape[1]

    return _mlp(x, labels, layers, start=start)


def mlp_loss_and_grads__no_shift(x: Tensor, labels: Tensor, layers: _Layers) -> tuple[Tensor, _Layers]:
    """The largest logit is not subtracted before exp, which is infinite for a logit of 1000."""

    def start(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        truth, weights = _one_hot(logits, labels), logits.exp()
        shares = weights / weights.sum(dim=1, keepdim=True)
        return -(truth * shares.log()).sum() / len(labels), (shares - truth) / len(labels)

    return _mlp(x, labels, layers, start=start)


def mlp_loss_and_grads__global_maximum(x: Tensor, labels: Tensor, layers: _Layers) -> tuple[Tensor, _Layers]:
    """The largest logit of the whole batch is subtracted, not that of each row: rows far below it turn into 0 / 0."""

    def start(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        truth, shifted = _one_hot(logits, labels), logits - logits.max()
        log_shares = shifted - shifted.exp().sum(dim=1, keepdim=True).log()
        return -(truth * log_shares).sum() / len(labels), (log_shares.exp() - truth) / len(labels)

    return _mlp(x, labels, layers, start=start)


def mlp_loss_and_grads__log_of_shares(x: Tensor, labels: Tensor, layers: _Layers) -> tuple[Tensor, _Layers]:
    """The log is taken of the finished share, which is 0 for a sure miss; take the log before the division."""

    def start(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        truth, shares = _one_hot(logits, labels), _log_shares(logits).exp()
        return -(truth * (shares + 1e-12).log()).sum() / len(labels), (shares - truth) / len(labels)

    return _mlp(x, labels, layers, start=start)


def mlp_loss_and_grads__shares_without_truth(
    x: Tensor, labels: Tensor, layers: _Layers
) -> tuple[Tensor, _Layers]:
    """The first gradient is the shares alone; the truth, 1 at the label, has to be subtracted."""

    def start(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        return _cross_entropy(logits, labels)[0], _log_shares(logits).exp() / len(labels)

    return _mlp(x, labels, layers, start=start)


def mlp_loss_and_grads__truth_on_the_cpu(
    x: Tensor, labels: Tensor, layers: _Layers
) -> tuple[Tensor, _Layers]:
    """The one-hot table is made on the CPU, wherever the logits are: device=x.device is missing."""

    def start(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        log_shares = _log_shares(logits)
        truth = torch.zeros(logits.shape, dtype=logits.dtype).scatter(1, labels[:, None], 1.0)
        return -(truth * log_shares).sum() / len(labels), (log_shares.exp() - truth) / len(labels)

    return _mlp(x, labels, layers, start=start)


def mlp_loss_and_grads__last_layer_first(
    x: Tensor, labels: Tensor, layers: _Layers
) -> tuple[Tensor, _Layers]:
    """The gradients stand in the order they were found, last layer first; the order is that of `layers`."""
    loss, grads = mlp_loss_and_grads(x, labels, layers)
    return loss, grads[::-1]


def mlp_loss_and_grads__two_layers_at_most(
    x: Tensor, labels: Tensor, layers: _Layers
) -> tuple[Tensor, _Layers]:
    """Written for two layers: with more, the middle ones get the gradient of the layer behind them."""
    loss, grads = mlp_loss_and_grads(x, labels, layers)
    middle = [(torch.zeros_like(weight), torch.zeros_like(bias)) for weight, bias in layers[1:-1]]
    return loss, [*grads[:1], *middle, *grads[1:][-1:]]


def mlp_loss_and_grads__trains_on_the_way(
    x: Tensor, labels: Tensor, layers: _Layers
) -> tuple[Tensor, _Layers]:
    """The weights are updated on the way; this function only measures, moving them is the optimizer's part."""
    loss, grads = mlp_loss_and_grads(x, labels, layers)
    for (weight, bias), (grad_w, grad_b) in zip(layers, grads):
        weight -= 0.1 * grad_w
        bias -= 0.1 * grad_b
    return loss, grads


def mlp_loss_and_grads__in_float32(x: Tensor, labels: Tensor, layers: _Layers) -> tuple[Tensor, _Layers]:
    """The arithmetic is done in float32 on the way, which loses half of a float64's digits."""
    single = [(weight.float(), bias.float()) for weight, bias in layers]
    loss, grads = mlp_loss_and_grads(x.float(), labels, single)
    return loss.to(x.dtype), [(grad_w.to(x.dtype), grad_b.to(x.dtype)) for grad_w, grad_b in grads]


# --- Value ------------------------------------------------------------------------------------------------


class _Node:
    """A right Value whose results are of its own kind, so that a subclass with one thing wrong stays wrong."""

    def __init__(self, data: float) -> None:
        self.data = data
        self.grad = 0.0
        self.parents: list[tuple[_Node, float]] = []

    def made(self, data: float, *parents: tuple[_Node, float]) -> _Node:
        result = type(self)(data)
        result.parents = list(parents)
        return result

    def lifted(self, other: _Node | float) -> _Node:
        return other if isinstance(other, _Node) else type(self)(other)

    def __add__(self, other: _Node | float) -> _Node:
        other = self.lifted(other)
        return self.made(self.data + other.data, (self, 1.0), (other, 1.0))

    def __radd__(self, other: float) -> _Node:
        return self + other

    def __mul__(self, other: _Node | float) -> _Node:
        other = self.lifted(other)
        return self.made(self.data * other.data, (self, other.data), (other, self.data))

    def __rmul__(self, other: float) -> _Node:
        return self * other

    def __neg__(self) -> _Node:
        return self * -1.0

    def __sub__(self, other: _Node | float) -> _Node:
        other = self.lifted(other)
        return self.made(self.data - other.data, (self, 1.0), (other, -1.0))

    def __rsub__(self, other: float) -> _Node:
        return self.lifted(other) - self

    def __truediv__(self, other: _Node | float) -> _Node:
        other = self.lifted(other)
        return self.made(
            self.data / other.data, (self, 1 / other.data), (other, -self.data / (other.data * other.data))
        )

    def __rtruediv__(self, other: float) -> _Node:
        return self.lifted(other) / self

    def __pow__(self, exponent: float) -> _Node:
        return self.made(self.data**exponent, (self, exponent * self.data ** (exponent - 1)))

    def exp(self) -> _Node:
        return self.made(math.exp(self.data), (self, math.exp(self.data)))

    def log(self) -> _Node:
        return self.made(math.log(self.data), (self, 1 / self.data))

    def tanh(self) -> _Node:
        return self.made(math.tanh(self.data), (self, 1 - math.tanh(self.data) ** 2))

    def relu(self) -> _Node:
        return self.made(max(0.0, self.data), (self, 1.0 if self.data > 0 else 0.0))

    def order(self) -> list[_Node]:
        """Every node before its parents, this one first."""
        found: list[_Node] = []
        seen = set()
        waiting: list[tuple[_Node, bool]] = [(self, False)]
        while waiting:
            node, done = waiting.pop()
            if done:
                found.append(node)
            elif node not in seen:
                seen.add(node)
                waiting.append((node, True))
                waiting.extend((parent, False) for parent, _ in node.parents)
        return found[::-1]

    def pay(self, order: Iterable[_Node]) -> None:
        """Hand the derivatives on in that order."""
        slopes = {self: 1.0}
        for node in order:
            node.grad += slopes[node]
            for parent, slope in node.parents:
                slopes[parent] = slopes.get(parent, 0.0) + slope * slopes[node]

    def backward(self) -> None:
        self.pay(self.order())


class Value__overwrites_grad(_Node):
    """A node that is used twice keeps only the derivative that came last; they have to be added."""

    def pay(self, order: Iterable[_Node]) -> None:
        slopes = {self: 1.0}
        for node in order:
            node.grad += slopes[node]
            for parent, slope in node.parents:
                slopes[parent] = slope * slopes[node]


class Value__same_parent_once(_Node):
    """A parent that stands twice in one operation, as in x * x, is counted once."""

    def made(self, data: float, *parents: tuple[_Node, float]) -> _Node:
        return super().made(data, *{parent: (parent, slope) for parent, slope in parents}.values())


class Value__passes_on_too_early(_Node):
    """A node passes on its derivative before all that use it have paid in; an order from the root to the leaves is missing."""

    def order(self) -> list[_Node]:
        found, waiting = [self], [self]
        while waiting:
            for parent, _ in waiting.pop(0).parents:
                if parent not in found:
                    found.append(parent)
                    waiting.append(parent)
        return found


class Value__recursive(_Node):
    """The graph is walked by recursion, which Python ends at about 1,000 levels; a long chain needs a list of your own."""

    def order(self) -> list[_Node]:
        found: list[_Node] = []
        seen = set()

        def visit(node: _Node) -> None:
            if node not in seen:
                seen.add(node)
                for parent, _ in node.parents:
                    visit(parent)
                found.append(node)

        visit(self)
        return found[::-1]


class Value__classic_micrograd:
    """As micrograd does it: it recurses, and a second backward passes on what the first one left in grad."""

    def __init__(self, data, _children=(), _op=""):
        self.data = data
        self.grad = 0.0
        self._backward = lambda: None
        self._prev = set(_children)

    def __add__(self, other):
        other = other if isinstance(other, type(self)) else type(self)(other)
        out = type(self)(self.data + other.data, (self, other))

        def _backward():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = _backward
        return out

    def __mul__(self, other):
        other = other if isinstance(other, type(self)) else type(self)(other)
        out = type(self)(self.data * other.data, (self, other))

        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = _backward
        return out

    def __pow__(self, other):
        out = type(self)(self.data**other, (self,))

        def _backward():
            self.grad += other * self.data ** (other - 1) * out.grad

        out._backward = _backward
        return out

    def __neg__(self):
        return self * -1

    def __radd__(self, o):
        return self + o

    def __sub__(self, o):
        return self + (-o)

    def __rsub__(self, o):
        return o + (-self)

    def __rmul__(self, o):
        return self * o

    def __truediv__(self, o):
        return self * o**-1

    def __rtruediv__(self, o):
        return o * self**-1

    def exp(self):
        out = type(self)(math.exp(self.data), (self,))

        def _backward():
            self.grad += out.data * out.grad

        out._backward = _backward
        return out

    def log(self):
        out = type(self)(math.log(self.data), (self,))

        def _backward():
            self.grad += out.grad / self.data

        out._backward = _backward
        return out

    def tanh(self):
        out = type(self)(math.tanh(self.data), (self,))

        def _backward():
            self.grad += (1 - out.data**2) * out.grad

        out._backward = _backward
        return out

    def relu(self):
        out = type(self)(max(0.0, self.data), (self,))

        def _backward():
            self.grad += (out.data > 0) * out.grad

        out._backward = _backward
        return out

    def backward(self):
        topo, visited = [], set()

        def build(v):
            if v not in visited:
                visited.add(v)
                for c in v._prev:
                    build(c)
                topo.append(v)

        build(self)
        self.grad = 1.0
        for v in reversed(topo):
            v._backward()


class Value__walks_every_road(_Node):
    """Every road from the root is walked on its own; shared nodes double the roads, and 60 doublings never end."""

    def backward(self) -> None:
        waiting: list[tuple[_Node, float]] = [(self, 1.0)]
        while waiting:
            node, derivative = waiting.pop()
            node.grad += derivative
            waiting.extend((parent, slope * derivative) for parent, slope in node.parents)


class Value__pays_old_gradients_again(_Node):
    """A second backward starts from the gradients of the first and pays them out again."""

    def backward(self) -> None:
        self.grad = 1.0
        for node in self.order():
            for parent, slope in node.parents:
                parent.grad += slope * node.grad


class Value__forgets_the_root_before(_Node):
    """backward sets all gradients to zero first, so two roots that share nodes do not give the sum."""

    def backward(self) -> None:
        order = self.order()
        for node in order:
            node.grad = 0.0
        self.pay(order)


class Value__leaves_only(_Node):
    """Only the leaves get a gradient; every node of the graph has one, the root 1."""

    def pay(self, order: Iterable[_Node]) -> None:
        nodes = list(order)
        before = [node.grad for node in nodes]
        super().pay(nodes)
        for node, grad in zip(nodes, before):
            if node.parents:
                node.grad = grad


class Value__root_not_counted(_Node):
    """The root's own derivative, 1, is not added to its gradient."""

    def pay(self, order: Iterable[_Node]) -> None:
        super().pay(order)
        self.grad -= 1.0


class Value__number_on_the_right_only(_Node):
    """A number on the left of + and * is not understood: __radd__ and __rmul__ are missing."""

    __radd__ = None
    __rmul__ = None


class Value__number_on_the_left_not_multiplied(_Node):
    """2 - x is computed as x - 2: in __rsub__ the other one comes first."""

    def __rsub__(self, other: float) -> _Node:
        return self - other


class Value__divides_the_wrong_way(_Node):
    """2 / x is computed as x / 2: in __rtruediv__ the other one is divided."""

    def __rtruediv__(self, other: float) -> _Node:
        return self / other


class Value__values_only(_Node):
    """Plain numbers are not understood at all: they have no .data."""

    def lifted(self, other: _Node | float) -> _Node:
        if not isinstance(other, _Node):
            raise TypeError("expected a Value")
        return other


class Value__subtraction_adds_gradient(_Node):
    """The slope of a - b by b is -1, not 1."""

    def __sub__(self, other: _Node | float) -> _Node:
        other = self.lifted(other)
        return self.made(self.data - other.data, (self, 1.0), (other, 1.0))


class Value__division_without_sign(_Node):
    """The slope of a / b by b is -a / b^2; the minus is missing."""

    def __truediv__(self, other: _Node | float) -> _Node:
        other = self.lifted(other)
        return self.made(
            self.data / other.data, (self, 1 / other.data), (other, self.data / (other.data * other.data))
        )


class Value__product_slopes_swapped(_Node):
    """The slope of a * b by a is b; here each factor gets itself."""

    def __mul__(self, other: _Node | float) -> _Node:
        other = self.lifted(other)
        return self.made(self.data * other.data, (self, self.data), (other, other.data))


class Value__power_without_exponent(_Node):
    """The slope of a ** k is k * a ** (k - 1); the factor k is missing."""

    def __pow__(self, exponent: float) -> _Node:
        return self.made(self.data**exponent, (self, self.data ** (exponent - 1)))


class Value__power_of_same_exponent(_Node):
    """The slope of a ** k is k * a ** (k - 1); here the exponent stays k."""

    def __pow__(self, exponent: float) -> _Node:
        return self.made(self.data**exponent, (self, exponent * self.data**exponent))


class Value__power_divides_by_the_base(_Node):
    """The slope of a ** k is written k * a ** k / a, which divides by zero at 0."""

    def __pow__(self, exponent: float) -> _Node:
        result = self.data**exponent
        return self.made(result, (self, exponent * result / self.data))


class Value__tanh_by_exponentials(_Node):
    """tanh is (e^2a - 1) / (e^2a + 1) as written: exp is too large for a float above 709."""

    def tanh(self) -> _Node:
        power = math.exp(2 * self.data)
        result = (power - 1) / (power + 1)
        return self.made(result, (self, 1 - result**2))


class Value__tanh_of_the_input(_Node):
    """The slope of tanh is 1 minus the square of its result; here the input is squared."""

    def tanh(self) -> _Node:
        return self.made(math.tanh(self.data), (self, 1 - self.data**2))


class Value__exp_of_power_rule(_Node):
    """The slope of exp a is exp a itself; here it is a * exp(a - 1), the rule for powers."""

    def exp(self) -> _Node:
        return self.made(math.exp(self.data), (self, self.data * math.exp(self.data - 1)))


class Value__log_of_the_result(_Node):
    """The slope of log a is 1 / a; here it is one over the result."""

    def log(self) -> _Node:
        result = math.log(self.data)
        return self.made(result, (self, 1 / result if result else 0.0))


class Value__log_of_base_ten(_Node):
    """log is the natural logarithm, not that of base 10."""

    def log(self) -> _Node:
        return self.made(math.log10(self.data), (self, 1 / (self.data * math.log(10))))


class Value__relu_passes_everything(_Node):
    """relu stops the value below 0 but lets the gradient through."""

    def relu(self) -> _Node:
        return self.made(max(0.0, self.data), (self, 1.0))


class Value__relu_open_at_zero(_Node):
    """At exactly 0 the slope of relu is 0, not 1."""

    def relu(self) -> _Node:
        return self.made(max(0.0, self.data), (self, 1.0 if self.data >= 0 else 0.0))


class Value__changes_its_operand(_Node):
    """+ changes the value on its left; it has to make a new one."""

    def __add__(self, other: _Node | float) -> _Node:
        result = super().__add__(other)
        self.data = result.data
        return result


class Value__parents_on_the_class(_Node):
    """The list of parents stands on the class, so all values share one graph."""

    shared: list[tuple[_Node, float]] = []

    def made(self, data: float, *parents: tuple[_Node, float]) -> _Node:
        result = type(self)(data)
        self.shared.extend(parents)
        result.parents = self.shared[-8:]
        return result


# --- check_gradient ---------------------------------------------------------------------------------------


def check_gradient__absolute_tolerance(
    forward: Callable[[Tensor], Tensor],
    backward: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    *,
    generator: torch.Generator,
) -> bool:
    """The tolerance is 1e-6 whatever the gradient's size: tiny gradients always pass, huge ones never."""
    actual, expected = _both_gradients(forward, backward, x, generator)
    if actual.shape != x.shape:
        return False
    return bool(((actual - expected).abs() <= 1e-6).all())


def check_gradient__grad_out_of_ones(
    forward: Callable[[Tensor], Tensor],
    backward: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    *,
    generator: torch.Generator,
) -> bool:
    """grad_out is all ones: zeros pass for softmax, and a backward that ignores grad_out passes, too."""
    ones = torch.ones_like(forward(x))
    expected = numerical_gradient(lambda point: forward(point).sum(), x, 1e-5)
    actual = backward(ones, x)
    return actual.shape == x.shape and _near(actual, expected)


def check_gradient__sum_of_the_entries(
    forward: Callable[[Tensor], Tensor],
    backward: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    *,
    generator: torch.Generator,
) -> bool:
    """Only the sums of both gradients are compared: two entries may swap, as in a transpose."""
    actual, expected = _both_gradients(forward, backward, x, generator)
    if actual.shape != x.shape:
        return False
    off = (actual.sum() - expected.sum()).abs()
    return bool(off <= 1e-4 * expected.abs().amax())


def check_gradient__first_entry_only(
    forward: Callable[[Tensor], Tensor],
    backward: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    *,
    generator: torch.Generator,
) -> bool:
    """Only the first entry is compared."""
    actual, expected = _both_gradients(forward, backward, x, generator)
    if actual.shape != x.shape:
        return False
    off = (actual - expected).reshape(-1)[0].abs()
    return bool(off <= 1e-4 * expected.abs().amax())


def check_gradient__mean_error(
    forward: Callable[[Tensor], Tensor],
    backward: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    *,
    generator: torch.Generator,
) -> bool:
    """The error is averaged and allowed to be large: one wrong entry among many goes unseen."""
    actual, expected = _both_gradients(forward, backward, x, generator)
    if actual.shape != x.shape:
        return False
    return bool((actual - expected).abs().mean() <= 0.05 * expected.abs().amax())


def check_gradient__sizes_only(
    forward: Callable[[Tensor], Tensor],
    backward: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    *,
    generator: torch.Generator,
) -> bool:
    """Absolute values are compared: a wrong sign passes."""
    actual, expected = _both_gradients(forward, backward, x, generator)
    if actual.shape != x.shape:
        return False
    return _near(actual.abs(), expected.abs())


def check_gradient__direction_only(
    forward: Callable[[Tensor], Tensor],
    backward: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    *,
    generator: torch.Generator,
) -> bool:
    """Both gradients are scaled to length 1 before they are compared: a wrong factor passes."""
    actual, expected = _both_gradients(forward, backward, x, generator)
    if actual.shape != x.shape:
        return False
    if bool(expected.any()) and bool(actual.any()):
        actual = actual / (actual**2).sum().sqrt()
        expected = expected / (expected**2).sum().sqrt()
    return _near(actual, expected)


def check_gradient__divides_by_the_gradient(
    forward: Callable[[Tensor], Tensor],
    backward: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    *,
    generator: torch.Generator,
) -> bool:
    """The error is divided by the gradient, entry by entry: where the gradient is 0, 0 / 0 is NaN."""
    actual, expected = _both_gradients(forward, backward, x, generator)
    if actual.shape != x.shape:
        return False
    return bool(((actual - expected).abs() / expected.abs() <= 1e-4).all())


def check_gradient__strictly_less(
    forward: Callable[[Tensor], Tensor],
    backward: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    *,
    generator: torch.Generator,
) -> bool:
    """The error must be less than the tolerance; for a gradient of 0 both are 0."""
    actual, expected = _both_gradients(forward, backward, x, generator)
    if actual.shape != x.shape:
        return False
    return bool(((actual - expected).abs() < 1e-4 * expected.abs().amax()).all())


def check_gradient__nan_is_never_far(
    forward: Callable[[Tensor], Tensor],
    backward: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    *,
    generator: torch.Generator,
) -> bool:
    """It asks whether any entry is too far off; a comparison with NaN is never true, so NaN passes."""
    actual, expected = _both_gradients(forward, backward, x, generator)
    if actual.shape != x.shape:
        return False
    return not bool(((actual - expected).abs() > 1e-4 * expected.abs().amax()).any())


def check_gradient__any_shape(
    forward: Callable[[Tensor], Tensor],
    backward: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    *,
    generator: torch.Generator,
) -> bool:
    """The shapes are not compared: torch stretches a gradient of another shape."""
    actual, expected = _both_gradients(forward, backward, x, generator)
    return _near(actual, expected)


def check_gradient__exactly_equal(
    forward: Callable[[Tensor], Tensor],
    backward: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    *,
    generator: torch.Generator,
) -> bool:
    """Both gradients must be equal to the last digit; differences are never that exact."""
    actual, expected = _both_gradients(forward, backward, x, generator)
    if actual.shape != x.shape:
        return False
    return torch.equal(actual, expected)


def check_gradient__global_generator(
    forward: Callable[[Tensor], Tensor],
    backward: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    *,
    generator: torch.Generator,
) -> bool:
    """grad_out is drawn from the global generator and not from the one handed over."""
    grad_out = torch.randn(forward(x).shape, dtype=x.dtype)
    expected = numerical_gradient(lambda point: (grad_out * forward(point)).sum(), x, 1e-5)
    actual = backward(grad_out, x)
    return actual.shape == x.shape and _near(actual, expected)


def check_gradient__step_too_large(
    forward: Callable[[Tensor], Tensor],
    backward: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    *,
    generator: torch.Generator,
) -> bool:
    """With h = 0.5 the differences are too coarse: a right backward of a cube is rejected."""
    right = check_gradient(forward, backward, x, generator=generator)
    coarse = numerical_gradient(lambda point: forward(point).sum(), x, 0.5)
    fine = numerical_gradient(lambda point: forward(point).sum(), x, 1e-5)
    return right and _near(coarse, fine)


def check_gradient__always_true(
    forward: Callable[[Tensor], Tensor],
    backward: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    *,
    generator: torch.Generator,
) -> bool:
    """Nothing is ever rejected."""
    check_gradient(forward, backward, x, generator=generator)
    return True


def check_gradient__moves_x(
    forward: Callable[[Tensor], Tensor],
    backward: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    *,
    generator: torch.Generator,
) -> bool:
    """The answer is right, but the caller's x has been moved and not put back."""
    answer = check_gradient(forward, backward, x, generator=generator)
    x += 1e-5
    return answer


def _both_gradients(
    forward: Callable[[Tensor], Tensor],
    backward: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    grad_out = torch.empty_like(forward(x)).normal_(generator=generator)
    return backward(grad_out, x), numerical_gradient(lambda point: (grad_out * forward(point)).sum(), x, 1e-5)


def _near(actual: Tensor, expected: Tensor) -> bool:
    return bool(((actual - expected).abs() <= 1e-4 * expected.abs().amax()).all())


# --- law_linear_backward ----------------------------------------------------------------------------------


def law_linear_backward__always_true(learner: Any, grad_out: Tensor, x: Tensor, weight: Tensor) -> bool:
    """It is True of everything, right or wrong."""
    learner.linear_backward(grad_out, x, weight)
    return True


def law_linear_backward__always_false(learner: Any, grad_out: Tensor, x: Tensor, weight: Tensor) -> bool:
    """It is False of everything, right or wrong."""
    learner.linear_backward(grad_out, x, weight)
    return False


def law_linear_backward__shapes_only(learner: Any, grad_out: Tensor, x: Tensor, weight: Tensor) -> bool:
    """It compares shapes and no values."""
    of_x, of_weight, of_bias = learner.linear_backward(grad_out, x, weight)
    return (of_x.shape, of_weight.shape, of_bias.shape) == (x.shape, weight.shape, weight.shape[:1])


def law_linear_backward__bias_not_looked_at(
    learner: Any, grad_out: Tensor, x: Tensor, weight: Tensor
) -> bool:
    """It does not look at the gradient of the bias."""
    of_x, of_weight, _ = learner.linear_backward(grad_out, x, weight)
    return torch.allclose(of_x, grad_out @ weight) and torch.allclose(of_weight, grad_out.T @ x)


def law_linear_backward__sums_only(learner: Any, grad_out: Tensor, x: Tensor, weight: Tensor) -> bool:
    """It compares the sums of gradients: a transposed one has the same."""
    sums = [found.sum() for found in learner.linear_backward(grad_out, x, weight)]
    right = [found.sum() for found in linear_backward(grad_out, x, weight)]
    return torch.allclose(torch.stack(sums), torch.stack(right))


def law_linear_backward__ones_above(learner: Any, grad_out: Tensor, x: Tensor, weight: Tensor) -> bool:
    """It tries a gradient of ones from above, which cannot tell who does not look at it."""
    ones = torch.ones_like(grad_out)
    pairs = zip(learner.linear_backward(ones, x, weight), linear_backward(ones, x, weight))
    return all(torch.allclose(found, right) for found, right in pairs)


def law_linear_backward__mean_of_samples(
    learner: Any, grad_out: Tensor, x: Tensor, weight: Tensor
) -> bool:
    """Its loss is the mean over the samples and not the sum, and it rejects right answers."""
    pairs = zip(learner.linear_backward(grad_out, x, weight), linear_backward(grad_out / len(x), x, weight))
    return all(torch.allclose(found, right) for found, right in pairs)


def law_linear_backward__exact(learner: Any, grad_out: Tensor, x: Tensor, weight: Tensor) -> bool:
    """It compares with ==, and rejects sums that were added up in another order."""
    pairs = zip(learner.linear_backward(grad_out, x, weight), linear_backward(grad_out, x, weight))
    return all(torch.equal(found, right) for found, right in pairs)
