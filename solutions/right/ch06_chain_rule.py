"""Right answers to chapter 6 that are written differently: checks that fail one of them are too strict."""
# ruff: noqa: F821 -- names of the solution are there when a submission is assembled

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

# --- numerical_gradient -----------------------------------------------------------------------------------


def numerical_gradient__flat_positions(f: Callable[[Tensor], Tensor], x: Tensor, h: float) -> Tensor:
    """Entries counted along the flat tensor, every point a fresh copy."""
    entries = x.reshape(-1)
    slopes = []
    for position in range(x.numel()):
        up, down = entries.clone(), entries.clone()
        up[position] = up[position] + h
        down[position] = down[position] - h
        slopes.append((f(up.reshape(x.shape)) - f(down.reshape(x.shape))) / (2.0 * h))
    return torch.stack(slopes).reshape(x.shape)


def numerical_gradient__rows_of_the_identity(f: Callable[[Tensor], Tensor], x: Tensor, h: float) -> Tensor:
    """The shifts are the rows of an identity matrix; the sides are divided before they are subtracted."""
    shifts = h * torch.eye(x.numel(), dtype=x.dtype, device=x.device)
    slopes = [f(x + shift.view(x.shape)) / (2 * h) - f(x - shift.view(x.shape)) / (2 * h) for shift in shifts]
    return torch.tensor([slope.item() for slope in slopes], dtype=x.dtype, device=x.device).view(x.shape)


def numerical_gradient__mean_of_both_sides(f: Callable[[Tensor], Tensor], x: Tensor, h: float) -> Tensor:
    """The mean of the slope ahead and the slope behind; a copy is moved and put back from memory."""
    point = x.clone(memory_format=torch.contiguous_format)
    entries = point.view(-1)
    slopes = torch.zeros_like(point)
    here = f(point)
    for position in range(len(entries)):
        before = entries[position].item()
        entries[position] = before + h
        ahead = (f(point) - here) / h
        entries[position] = before - h
        behind = (here - f(point)) / h
        entries[position] = before
        slopes.view(-1)[position] = (ahead + behind) / 2
    return slopes


# --- linear_backward --------------------------------------------------------------------------------------


def linear_backward__by_rows(grad_out: Tensor, x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """One row of the batch after the other, its outer product added up."""
    grad_x, grad_w = torch.zeros_like(x), torch.zeros_like(weight)
    grad_b = torch.zeros(len(weight), dtype=x.dtype, device=x.device)
    for row in range(len(x)):
        grad_x[row] = weight.T @ grad_out[row]
        grad_w += torch.outer(grad_out[row], x[row])
        grad_b += grad_out[row]
    return grad_x, grad_w, grad_b


def linear_backward__einsum(grad_out: Tensor, x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Each gradient as a sum over the index that the other two share."""
    return (
        torch.einsum("nh,hd->nd", grad_out, weight),
        torch.einsum("nh,nd->hd", grad_out, x),
        torch.einsum("nh->h", grad_out),
    )


def linear_backward__list_of_products(grad_out: Tensor, x: Tensor, weight: Tensor) -> list[Tensor]:
    """Products with broadcasting, and a list; the bias is the weight of a feature that is always 1."""
    grad_w = (grad_out[:, :, None] * x[:, None, :]).sum(0)
    ones = torch.ones(1, len(x), dtype=x.dtype, device=x.device)
    return [(weight.T @ grad_out.T).T, grad_w, (ones @ grad_out)[0]]


# --- mlp_loss_and_grads -----------------------------------------------------------------------------------


def mlp_loss_and_grads__recursive(
    x: Tensor, labels: Tensor, layers: list[tuple[Tensor, Tensor]]
) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
    """One layer, and the rest of the network by recursion; labels as row and column indices."""
    rows = torch.arange(len(labels), device=x.device)

    def run(entered: Tensor, rest: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, list, Tensor]:
        weight, bias = rest[0]
        z = torch.addmm(bias, entered, weight.T)
        if len(rest) == 1:
            z = z - z.amax(1, keepdim=True)
            weights = torch.exp(z)
            total = weights.sum(1)
            loss = (torch.log(total) - z[rows, labels]).mean()
            grad = weights / total[:, None]
            grad[rows, labels] -= 1
            grad, later = grad / len(labels), []
        else:
            loss, later, grad = run(torch.where(z > 0, z, torch.zeros_like(z)), rest[1:])
            grad = torch.where(z > 0, grad, torch.zeros_like(grad))
        return loss, [(grad.T @ entered, grad.sum(0)), *later], grad @ weight

    loss, grads, _ = run(x, list(layers))
    return loss, grads


def mlp_loss_and_grads__gathered(
    x: Tensor, labels: Tensor, layers: list[tuple[Tensor, Tensor]]
) -> tuple[Tensor, list[list[Tensor]]]:
    """gather picks the scores of the labels; the outputs before ReLU are kept; pairs are lists."""
    outputs = [x]
    for weight, bias in layers:
        entered = outputs[-1].clamp(min=0) if len(outputs) > 1 else outputs[-1]
        outputs.append((weight @ entered.T).T + bias)
    logits = outputs.pop()
    top = logits.max(dim=1, keepdim=True).values
    log_total = top + (logits - top).exp().sum(dim=1, keepdim=True).log()
    loss = (log_total - logits.gather(1, labels.unsqueeze(1))).mean()
    truth = (labels.unsqueeze(1) == torch.arange(logits.shape[1], device=x.device)).to(x.dtype)
    grad = ((logits - log_total).exp() - truth) / x.shape[0]
    grads = []
    for place in range(len(layers) - 1, -1, -1):
        entered = outputs[place].clamp(min=0) if place else x
        grads.insert(0, [torch.einsum("nh,nd->hd", grad, entered), grad.sum(dim=0)])
        if place:
            grad = (grad @ layers[place][0]) * (outputs[place] > 0).to(x.dtype)
    return loss, grads


def mlp_loss_and_grads__row_by_row(
    x: Tensor, labels: Tensor, layers: list[tuple[Tensor, Tensor]]
) -> tuple[Tensor, tuple[tuple[Tensor, Tensor], ...]]:
    """Every sample alone, losses and gradients added up, divided by N at the end."""
    loss = torch.zeros((), dtype=x.dtype, device=x.device)
    grads = [(torch.zeros_like(weight), torch.zeros_like(bias)) for weight, bias in layers]
    for sample, label in zip(x, labels):
        entered = [sample]
        for place, (weight, bias) in enumerate(layers):
            z = weight @ entered[place] + bias
            entered.append(z * (z > 0) if place < len(layers) - 1 else z)
        z = entered.pop()
        truth = torch.eye(len(z), dtype=x.dtype, device=x.device)[label]
        shares = torch.exp(z - z.max())
        loss = loss + shares.sum().log() - ((z - z.max()) * truth).sum()
        grad = shares / shares.sum() - truth
        for place in reversed(range(len(layers))):
            grads[place][0].add_(torch.outer(grad, entered[place]))
            grads[place][1].add_(grad)
            grad = layers[place][0].T @ grad * (entered[place] > 0)
    return loss / len(x), tuple((grad_w / len(x), grad_b / len(x)) for grad_w, grad_b in grads)


# --- Value ------------------------------------------------------------------------------------------------


class Value__closures:
    """As micrograd does it, with a closure per node, but in a loop and with this call's derivatives kept apart."""

    def __init__(self, data, _children=(), _op=""):
        self.data = data
        self.grad = 0.0
        self._g = 0.0
        self._backward = lambda: None
        self._prev = set(_children)
        self._op = _op

    def __add__(self, other):
        other = other if isinstance(other, type(self)) else type(self)(other)
        out = type(self)(self.data + other.data, (self, other), "+")

        def _backward():
            self._g += out._g
            other._g += out._g

        out._backward = _backward
        return out

    def __mul__(self, other):
        other = other if isinstance(other, type(self)) else type(self)(other)
        out = type(self)(self.data * other.data, (self, other), "*")

        def _backward():
            self._g += other.data * out._g
            other._g += self.data * out._g

        out._backward = _backward
        return out

    def __pow__(self, other):
        assert isinstance(other, (int, float))
        out = type(self)(self.data**other, (self,), f"**{other}")

        def _backward():
            self._g += (other * self.data ** (other - 1)) * out._g

        out._backward = _backward
        return out

    def __neg__(self):
        return self * -1

    def __radd__(self, other):
        return self + other

    def __sub__(self, other):
        return self + (-other)

    def __rsub__(self, other):
        return other + (-self)

    def __rmul__(self, other):
        return self * other

    def __truediv__(self, other):
        return self * other**-1

    def __rtruediv__(self, other):
        return other * self**-1

    def exp(self):
        out = type(self)(math.exp(self.data), (self,), "exp")

        def _backward():
            self._g += out.data * out._g

        out._backward = _backward
        return out

    def log(self):
        out = type(self)(math.log(self.data), (self,), "log")

        def _backward():
            self._g += out._g / self.data

        out._backward = _backward
        return out

    def tanh(self):
        t = math.tanh(self.data)
        out = type(self)(t, (self,), "tanh")

        def _backward():
            self._g += (1 - t**2) * out._g

        out._backward = _backward
        return out

    def relu(self):
        out = type(self)(0.0 if self.data < 0 else self.data, (self,), "ReLU")

        def _backward():
            self._g += (out.data > 0) * out._g

        out._backward = _backward
        return out

    def backward(self):
        topo, seen, stack = [], set(), [self]
        while stack:
            v = stack[-1]
            if v in seen:
                stack.pop()
                continue
            todo = [c for c in v._prev if c not in seen]
            if todo:
                stack.extend(todo)
            else:
                seen.add(v)
                topo.append(v)
                stack.pop()
        for v in topo:
            v._g = 0.0
        self._g = 1.0
        for v in reversed(topo):
            v._backward()
        for v in topo:
            v.grad += v._g

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"


class Value__counts_uses:
    """Local rules kept as functions; a node is paid out when all that use it have paid in (Kahn's order)."""

    def __init__(self, data: float, parents: tuple[Value__counts_uses, ...] = (), rule=None) -> None:
        self.data = float(data)
        self.grad = 0.0
        self._parents = parents
        self._rule = rule

    def lift(self, other: Value__counts_uses | float) -> Value__counts_uses:
        """A plain number as a value."""
        return other if isinstance(other, Value__counts_uses) else Value__counts_uses(other)

    def __add__(self, other: Value__counts_uses | float) -> Value__counts_uses:
        other = self.lift(other)
        return Value__counts_uses(self.data + other.data, (self, other), lambda g: (g, g))

    def __mul__(self, other: Value__counts_uses | float) -> Value__counts_uses:
        other = self.lift(other)
        return Value__counts_uses(
            self.data * other.data, (self, other), lambda g: (g * other.data, g * self.data)
        )

    def __pow__(self, k: float) -> Value__counts_uses:
        return Value__counts_uses(self.data**k, (self,), lambda g: (g * k * self.data ** (k - 1),))

    def __sub__(self, other: Value__counts_uses | float) -> Value__counts_uses:
        other = self.lift(other)
        return Value__counts_uses(self.data - other.data, (self, other), lambda g: (g, -g))

    def __truediv__(self, other: Value__counts_uses | float) -> Value__counts_uses:
        other = self.lift(other)
        ratio = self.data / other.data
        return Value__counts_uses(ratio, (self, other), lambda g: (g / other.data, -g * ratio / other.data))

    def __neg__(self) -> Value__counts_uses:
        return Value__counts_uses(-self.data, (self,), lambda g: (-g,))

    def __radd__(self, other: float) -> Value__counts_uses:
        return self.lift(other) + self

    def __rsub__(self, other: float) -> Value__counts_uses:
        return self.lift(other) - self

    def __rmul__(self, other: float) -> Value__counts_uses:
        return self.lift(other) * self

    def __rtruediv__(self, other: float) -> Value__counts_uses:
        return self.lift(other) / self

    def exp(self) -> Value__counts_uses:
        result = math.exp(self.data)
        return Value__counts_uses(result, (self,), lambda g: (g * result,))

    def log(self) -> Value__counts_uses:
        return Value__counts_uses(math.log(self.data), (self,), lambda g: (g / self.data,))

    def tanh(self) -> Value__counts_uses:
        return Value__counts_uses(
            math.tanh(self.data), (self,), lambda g: (g * (1 - math.tanh(self.data) ** 2),)
        )

    def relu(self) -> Value__counts_uses:
        on = self.data > 0
        return Value__counts_uses(self.data if on else 0, (self,), lambda g: (g if on else 0.0,))

    def backward(self) -> None:
        uses: Counter = Counter()
        seen, waiting = {self}, [self]
        while waiting:
            for parent in waiting.pop()._parents:
                uses[parent] += 1
                if parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
        owed = {self: 1.0}
        ready = [self]
        while ready:
            node = ready.pop()
            node.grad += owed[node]
            shares = node._rule(owed[node]) if node._rule else ()
            for parent, share in zip(node._parents, shares):
                owed[parent] = owed.get(parent, 0.0) + share
                uses[parent] -= 1
                if not uses[parent]:
                    ready.append(parent)


class Value__by_depth:
    """Every node knows how deep it stands; the deepest pay first. Slopes towards parents kept in a dict."""

    def __init__(self, data: float, slopes: dict[Value__by_depth, float] | None = None) -> None:
        self.data = data
        self.grad = 0
        self.slopes = slopes or {}
        self.depth = 1 + max((parent.depth for parent in self.slopes), default=0)

    def __add__(self, other: Value__by_depth | float) -> Value__by_depth:
        if isinstance(other, (int, float)):
            return Value__by_depth(self.data + other, {self: 1})
        if other is self:
            return Value__by_depth(self.data + self.data, {self: 2})
        return Value__by_depth(self.data + other.data, {self: 1, other: 1})

    def __mul__(self, other: Value__by_depth | float) -> Value__by_depth:
        if isinstance(other, (int, float)):
            return Value__by_depth(self.data * other, {self: other})
        if other is self:
            return Value__by_depth(self.data * self.data, {self: 2 * self.data})
        return Value__by_depth(self.data * other.data, {self: other.data, other: self.data})

    def __pow__(self, k: float) -> Value__by_depth:
        return Value__by_depth(pow(self.data, k), {self: k * pow(self.data, k - 1)})

    def __neg__(self) -> Value__by_depth:
        return 0 - self

    def __sub__(self, other: Value__by_depth | float) -> Value__by_depth:
        return self + other * -1

    def __truediv__(self, other: Value__by_depth | float) -> Value__by_depth:
        return self * (1 / other)

    def __rsub__(self, other: float) -> Value__by_depth:
        return self * -1 + other

    def __rtruediv__(self, other: float) -> Value__by_depth:
        return Value__by_depth(other / self.data, {self: -other / self.data**2})

    __radd__ = __add__
    __rmul__ = __mul__

    def exp(self) -> Value__by_depth:
        return Value__by_depth(math.exp(self.data), {self: math.exp(self.data)})

    def log(self) -> Value__by_depth:
        return Value__by_depth(math.log(self.data), {self: self.data**-1})

    def tanh(self) -> Value__by_depth:
        fast = math.exp(-2 * abs(self.data))
        size = (1 - fast) / (1 + fast)
        return Value__by_depth(math.copysign(size, self.data), {self: 4 * fast / (1 + fast) ** 2})

    def relu(self) -> Value__by_depth:
        return Value__by_depth(max(self.data, 0), {self: int(self.data > 0)})

    def backward(self) -> None:
        graph, waiting = {self: 0.0}, [self]
        while waiting:
            for parent in waiting.pop().slopes:
                if parent not in graph:
                    graph[parent] = 0.0
                    waiting.append(parent)
        graph[self] = 1.0
        for node in sorted(graph, key=lambda node: node.depth, reverse=True):
            node.grad = node.grad + graph[node]
            for parent, slope in node.slopes.items():
                graph[parent] += slope * graph[node]


class Value__by_age:
    """Every value has an age; backward goes from the youngest to the oldest. Numbers never become values."""

    def __init__(self, data: float) -> None:
        self.data = data
        self.grad = 0.0
        self.inputs: list[tuple[Value__by_age, float]] = []
        self.age = 0

    def then(self, data: float, *inputs: tuple[Value__by_age, float]) -> Value__by_age:
        """A new value, younger than its inputs."""
        result = Value__by_age(data)
        result.inputs = [*inputs]
        result.age = 1 + max(value.age for value, _ in inputs)
        return result

    def both(self, other: Value__by_age | float, data: float, mine: float, its: float) -> Value__by_age:
        """A new value of two, of which the second may be a number."""
        if isinstance(other, Value__by_age):
            return self.then(data, (self, mine), (other, its))
        return self.then(data, (self, mine))

    def number(self, other: Value__by_age | float) -> float:
        """The number in a value, or itself."""
        return other.data if isinstance(other, Value__by_age) else other

    def __add__(self, other: Value__by_age | float) -> Value__by_age:
        return self.both(other, self.data + self.number(other), 1.0, 1.0)

    def __radd__(self, other: float) -> Value__by_age:
        return self.then(other + self.data, (self, 1.0))

    def __sub__(self, other: Value__by_age | float) -> Value__by_age:
        return self.both(other, self.data - self.number(other), 1.0, -1.0)

    def __rsub__(self, other: float) -> Value__by_age:
        return self.then(other - self.data, (self, -1.0))

    def __mul__(self, other: Value__by_age | float) -> Value__by_age:
        b = self.number(other)
        return self.both(other, self.data * b, b, self.data)

    def __rmul__(self, other: float) -> Value__by_age:
        return self.then(other * self.data, (self, other))

    def __truediv__(self, other: Value__by_age | float) -> Value__by_age:
        b = self.number(other)
        return self.both(other, self.data / b, 1 / b, -self.data / b / b)

    def __rtruediv__(self, other: float) -> Value__by_age:
        return self.then(other / self.data, (self, -other / self.data / self.data))

    def __pow__(self, exponent: float) -> Value__by_age:
        below = self.data ** (exponent - 1)
        return self.then(self.data**exponent, (self, below * exponent))

    def __neg__(self) -> Value__by_age:
        return self.then(-self.data, (self, -1.0))

    def exp(self) -> Value__by_age:
        result = math.e**self.data
        return self.then(result, (self, result))

    def log(self) -> Value__by_age:
        return self.then(math.log2(self.data) * math.log(2), (self, 1 / self.data))

    def tanh(self) -> Value__by_age:
        decay = math.exp(-2 * abs(self.data))
        result = math.copysign((1 - decay) / (1 + decay), self.data)
        return self.then(result, (self, (1 + result) * (1 - result)))

    def relu(self) -> Value__by_age:
        if self.data > 0:
            return self.then(self.data, (self, 1.0))
        return self.then(0.0, (self, 0.0))

    def backward(self) -> None:
        found, waiting = {self}, [self]
        while waiting:
            inputs = {value for value, _ in waiting.pop().inputs} - found
            found |= inputs
            waiting += inputs
        slopes = dict.fromkeys(found, 0.0)
        slopes[self] += 1
        for value in sorted(found, key=lambda value: -value.age):
            value.grad += slopes[value]
            for before, slope in value.inputs:
                slopes[before] += slopes[value] * slope


# --- check_gradient ---------------------------------------------------------------------------------------


def check_gradient__entry_by_entry(
    forward: Callable[[Tensor], Tensor],
    backward: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    *,
    generator: torch.Generator,
) -> bool:
    """A loop over the entries with differences of its own and another step."""
    out = forward(x)
    grad_out = torch.randn(out.shape, generator=generator, dtype=x.dtype, device=x.device)
    actual = backward(grad_out, x)
    if actual.shape != x.shape:
        return False
    slopes = []
    for position in range(x.numel()):
        up, down = x.reshape(-1).clone(), x.reshape(-1).clone()
        up[position] += 1e-6
        down[position] -= 1e-6
        change = forward(up.reshape(x.shape)) - forward(down.reshape(x.shape))
        slopes.append(float((change * grad_out).sum()) / 2e-6)
    largest = max(abs(slope) for slope in slopes)
    found = actual.reshape(-1).tolist()
    return all(abs(a - slope) <= 0.001 * largest for a, slope in zip(found, slopes, strict=True))


def check_gradient__lengths(
    forward: Callable[[Tensor], Tensor],
    backward: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    *,
    generator: torch.Generator,
) -> bool:
    """The length of the difference against the lengths of both gradients, in a product."""
    grad_out = torch.empty_like(forward(x)).normal_(generator=generator)
    expected = numerical_gradient(lambda z: (forward(z) * grad_out).sum(), x, 3e-5)
    actual = backward(grad_out, x)
    if actual.shape != x.shape:
        return False

    def length(gradient: Tensor) -> float:
        return float(gradient.square().sum().sqrt())

    return length(actual - expected) <= 1e-4 * (length(actual) + length(expected))


def check_gradient__along_random_directions(
    forward: Callable[[Tensor], Tensor],
    backward: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    *,
    generator: torch.Generator,
) -> bool:
    """Slopes along random directions, instead of along the entries."""
    grad_out = torch.randn(forward(x).shape, generator=generator, dtype=x.dtype, device=x.device)
    actual = backward(grad_out, x)
    if actual.shape != x.shape:
        return False
    slopes, mine = [], []
    for _ in range(3 * x.numel()):
        direction = torch.randn(x.shape, generator=generator, dtype=x.dtype, device=x.device)
        change = forward(x + 1e-5 * direction) - forward(x - 1e-5 * direction)
        slopes.append(((change * grad_out).sum() / 2e-5).item())
        mine.append((actual * direction).sum().item())
    largest = max(map(abs, slopes))
    return all(abs(a - b) <= 1e-4 * largest for a, b in zip(slopes, mine, strict=True))


def check_gradient__allclose(
    forward: Callable[[Tensor], Tensor],
    backward: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    *,
    generator: torch.Generator,
) -> bool:
    """torch.allclose with an absolute tolerance in units of the largest entry."""
    grad_out = torch.randn(forward(x).shape, generator=generator, dtype=x.dtype, device=x.device)
    expected = numerical_gradient(lambda z: (forward(z) * grad_out).sum(), x, 1e-4)
    actual = backward(grad_out, x)
    size = expected.abs().max().item()
    return actual.shape == x.shape and torch.allclose(actual, expected, rtol=0.0, atol=1e-5 * size)


# --- law_linear_backward ----------------------------------------------------------------------------------


def law_linear_backward__against_my_own(learner: Any, grad_out: Tensor, x: Tensor, weight: Tensor) -> bool:
    """The answer of one's own linear_backward, up to rounding."""
    pairs = zip(learner.linear_backward(grad_out, x, weight), linear_backward(grad_out, x, weight))
    return all(found.shape == right.shape and torch.allclose(found, right) for found, right in pairs)


def law_linear_backward__moved_entries(learner: Any, grad_out: Tensor, x: Tensor, weight: Tensor) -> bool:
    """One entry after the other grows by 1: the loss is straight in each, so it grows by the slope."""

    def loss(x: Tensor, weight: Tensor, bias: Tensor) -> float:
        return float((grad_out * (x @ weight.T + bias)).sum())

    start = [x, weight, torch.zeros(len(weight), dtype=x.dtype)]
    for which, gradient in enumerate(learner.linear_backward(grad_out, x, weight)):
        for place in range(start[which].numel()):
            moved = [tensor.clone() for tensor in start]
            moved[which].view(-1)[place] += 1
            if not math.isclose(loss(*moved) - loss(*start), gradient.reshape(-1)[place], abs_tol=1e-6):
                return False
    return True


def law_linear_backward__asserts(learner: Any, grad_out: Tensor, x: Tensor, weight: Tensor) -> bool:
    """An error where the law is broken: units in the place of x and of the weight."""
    of_x, of_weight, of_bias = learner.linear_backward(grad_out, x, weight)
    assert of_x.shape == x.shape and of_weight.shape == weight.shape
    for d in range(x.shape[1]):
        assert torch.allclose(of_x[:, d], (grad_out * weight[:, d]).sum(1))
        for h in range(len(weight)):
            assert math.isclose(of_weight[h, d], (grad_out[:, h] * x[:, d]).sum(), abs_tol=1e-9)
    assert torch.allclose(of_bias, sum(grad_out[1:], grad_out[0]))
    return True
