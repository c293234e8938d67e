"""Right answers to chapter 5 that are written differently: checks that fail one of them are too strict."""
# ruff: noqa: F821, RUF012 -- SGD, Adam and RMSprop are the right versions, put there when a submission is assembled

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


class SGD__velocities_made_when_needed:
    """No velocity until the first gradient comes, and none at all without momentum; a dict by position."""

    def __init__(
        self, params: Iterable[Tensor], lr: float, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        if not lr >= 0:
            raise ValueError("invalid lr: " + repr(lr))
        if not momentum >= 0:
            raise ValueError("invalid momentum: " + repr(momentum))
        if nesterov and momentum == 0:
            raise ValueError("nesterov=True asks for momentum > 0")
        self.tensors = [*params]
        self.lr, self.mu, self.look_ahead = lr, momentum, nesterov
        self.state: dict[int, Tensor] = {}

    def step(self, grads: Sequence[Tensor | None]) -> None:
        if len(grads) > len(self.tensors) or len(grads) < len(self.tensors):
            raise ValueError(f"{len(grads)} grads do not fit")
        for position, (tensor, grad) in enumerate(zip(self.tensors, grads)):
            if grad is None:
                continue
            update = grad
            if self.mu != 0:
                if position in self.state:
                    self.state[position] = self.state[position] * self.mu + grad
                else:
                    self.state[position] = grad.clone()
                update = self.state[position]
                if self.look_ahead:
                    update = grad.add(update, alpha=self.mu)
            tensor.add_(update, alpha=-self.lr)


class SGD__remembers_every_gradient:
    """The velocity is not kept: it is summed from all gradients so far, each times its power of momentum."""

    def __init__(
        self, params: Iterable[Tensor], lr: float, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        for name, value in (("lr", lr), ("momentum", momentum)):
            if value < 0:
                raise ValueError(f"{name}={value} is negative")
        if nesterov and not momentum:
            raise ValueError("nesterov (True) needs momentum")
        self.params = tuple(params)
        self.lr = lr
        self.momentum = momentum
        self.nesterov = nesterov
        self.past: list[list[Tensor]] = [[] for _ in self.params]

    def step(self, grads: Sequence[Tensor | None]) -> None:
        if len(self.params) != len(grads):
            raise ValueError(f"expected {len(self.params)} grads, got {len(grads)}")
        for param, grad, past in zip(self.params, grads, self.past):
            if grad is not None:
                past.insert(0, grad.clone())
                velocity = sum(self.momentum**age * old for age, old in enumerate(past))
                if self.nesterov:
                    velocity = grad + self.momentum * velocity
                param.copy_(param - self.lr * velocity)


@dataclass
class _Moving:
    param: Tensor
    velocity: Tensor


class SGD__one_record_per_parameter:
    """A record per parameter; Nesterov as two steps; the new values written through a slice."""

    def __init__(
        self, params: Iterable[Tensor], lr: float, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        if lr < 0.0:
            raise ValueError(f"the learning rate lr must not be negative, but it is {lr}")
        if momentum < 0.0:
            raise ValueError(f"momentum must not be negative, but it is {momentum}")
        if nesterov and momentum <= 0.0:
            raise ValueError(f"nesterov is {nesterov}, so momentum must not be {momentum}")
        self.lr = lr
        self.momentum = momentum
        self.nesterov = nesterov
        self.moving = [_Moving(param, torch.zeros_like(param)) for param in params]

    def step(self, grads: Sequence[Tensor | None]) -> None:
        if len(grads) != len(self.moving):
            raise ValueError(f"grads: {len(grads)} of them for {len(self.moving)} parameters")
        for one, grad in zip(self.moving, grads):
            if grad is None:
                continue
            one.velocity = self.momentum * one.velocity + grad
            if self.nesterov:
                one.param[...] = one.param - self.lr * grad
                one.param[...] = one.param - self.lr * self.momentum * one.velocity
            else:
                one.param[...] = one.param - self.lr * one.velocity


class SGD__writes_through_data:
    """The parameter's data is replaced by a new tensor; the velocity is one, too."""

    def __init__(
        self, params: Iterable[Tensor], lr: float, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        if lr < 0:
            raise ValueError(f"lr must be >= 0, got {lr}")
        if momentum < 0:
            raise ValueError(f"momentum must be >= 0, got {momentum}")
        if nesterov and momentum == 0:
            raise ValueError(f"nesterov={nesterov} needs momentum")
        self.params = list(params)
        self.lr, self.momentum, self.nesterov = lr, momentum, nesterov
        self.v = [torch.zeros_like(p) for p in self.params]

    def step(self, grads: Sequence[Tensor | None]) -> None:
        if len(grads) != len(self.params):
            raise ValueError(f"grads: got {len(grads)}, want {len(self.params)}")
        for i, (p, g) in enumerate(zip(self.params, grads)):
            if g is None:
                continue
            self.v[i] = self.momentum * self.v[i] + g
            d = g + self.momentum * self.v[i] if self.nesterov else self.v[i]
            p.data = p.data - self.lr * d


class SGD__velocity_by_tensor:
    """The velocities are looked up by the parameter itself: a tensor is its own key."""

    def __init__(
        self, params: Iterable[Tensor], lr: float, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        if lr < 0:
            raise ValueError(f"lr must be >= 0, got {lr}")
        if momentum < 0:
            raise ValueError(f"momentum must be >= 0, got {momentum}")
        if nesterov and momentum == 0:
            raise ValueError(f"nesterov={nesterov} needs momentum")
        self.params = list(params)
        self.lr, self.momentum, self.nesterov = lr, momentum, nesterov
        self.state = {p: torch.zeros_like(p) for p in self.params}

    @torch.no_grad()
    def step(self, grads: Sequence[Tensor | None]) -> None:
        if len(grads) != len(self.params):
            raise ValueError(f"grads: got {len(grads)}, want {len(self.params)}")
        for p, g in zip(self.params, grads):
            if g is None:
                continue
            buf = self.state[p]
            buf.mul_(self.momentum).add_(g)
            p.add_(g.add(buf, alpha=self.momentum) if self.nesterov else buf, alpha=-self.lr)


class SGD__lr_inside_the_velocity:
    """The velocity is a step, as in the paper of 2013: the same way for as long as lr stays the same."""

    def __init__(
        self, params: Iterable[Tensor], lr: float, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        if lr < 0:
            raise ValueError(f"lr must be >= 0, got {lr}")
        if momentum < 0:
            raise ValueError(f"momentum must be >= 0, got {momentum}")
        if nesterov and momentum == 0:
            raise ValueError(f"nesterov={nesterov} needs momentum")
        self.params = list(params)
        self.lr, self.momentum, self.nesterov = lr, momentum, nesterov
        self.v = [torch.zeros_like(p) for p in self.params]

    def step(self, grads: Sequence[Tensor | None]) -> None:
        if len(grads) != len(self.params):
            raise ValueError(f"grads: got {len(grads)}, want {len(self.params)}")
        for i, (p, g) in enumerate(zip(self.params, grads)):
            if g is None:
                continue
            self.v[i] = self.momentum * self.v[i] - self.lr * g
            p += self.momentum * self.v[i] - self.lr * g if self.nesterov else self.v[i]


class SGD__buffer_cloned_at_first:
    """As torch does it: the first velocity is a copy of the first gradient, made when that comes."""

    def __init__(
        self, params: Iterable[Tensor], lr: float, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        if lr < 0:
            raise ValueError(f"lr must be >= 0, got {lr}")
        if momentum < 0:
            raise ValueError(f"momentum must be >= 0, got {momentum}")
        if nesterov and momentum == 0:
            raise ValueError(f"nesterov={nesterov} needs momentum")
        self.params = list(params)
        self.lr, self.momentum, self.nesterov = lr, momentum, nesterov
        self.bufs: list[Tensor | None] = [None] * len(self.params)

    def step(self, grads: Sequence[Tensor | None]) -> None:
        if len(grads) != len(self.params):
            raise ValueError(f"grads: got {len(grads)}, want {len(self.params)}")
        for i, p in enumerate(self.params):
            d_p = grads[i]
            if d_p is None:
                continue
            if self.momentum != 0:
                buf = self.bufs[i]
                if buf is None:
                    buf = torch.clone(d_p).detach()
                    self.bufs[i] = buf
                else:
                    buf.mul_(self.momentum).add_(d_p, alpha=1)
                d_p = d_p.add(buf, alpha=self.momentum) if self.nesterov else buf
            p.add_(d_p, alpha=-self.lr)


class SGD__subtracts_item_by_item:
    """The list's entries are subtracted from in place; velocities stand in a dict that fills itself."""

    def __init__(
        self, params: Iterable[Tensor], lr: float, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        if lr < 0:
            raise ValueError(f"lr must be >= 0, got {lr}")
        if momentum < 0:
            raise ValueError(f"momentum must be >= 0, got {momentum}")
        if nesterov and momentum == 0:
            raise ValueError(f"nesterov={nesterov} needs momentum")
        self.params = list(params)
        self.lr, self.momentum, self.nesterov = lr, momentum, nesterov
        self.v: dict[int, Tensor] = {}

    def step(self, grads: Sequence[Tensor | None]) -> None:
        if len(grads) != len(self.params):
            raise ValueError(f"grads: got {len(grads)}, want {len(self.params)}")
        for i, g in enumerate(grads):
            if g is not None:
                self.v[i] = self.v.get(i, 0) * self.momentum + g
                self.params[i] -= self.lr * (g + self.momentum * self.v[i] if self.nesterov else self.v[i])


class Adam__correction_in_the_step_size:
    """As torch does it: one correction goes into the step size, the other into the root."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        if lr < 0:
            raise ValueError(f"lr={lr}")
        if eps < 0:
            raise ValueError(f"eps={eps}")
        if not all(0 <= b < 1 for b in betas):
            raise ValueError(f"betas={betas}")
        self.params = list(params)
        self.lr, self.betas, self.eps = lr, betas, eps
        self.exp_avg = [torch.zeros_like(p) for p in self.params]
        self.exp_avg_sq = [torch.zeros_like(p) for p in self.params]
        self.steps = [0 for _ in self.params]

    def step(self, grads: Sequence[Tensor | None]) -> None:
        if len(grads) != len(self.params):
            raise ValueError(f"grads={len(grads)}")
        beta1, beta2 = self.betas
        for i, g in enumerate(grads):
            if g is None:
                continue
            self.steps[i] += 1
            self.exp_avg[i].mul_(beta1).add_(g, alpha=1 - beta1)
            self.exp_avg_sq[i].mul_(beta2).addcmul_(g, g, value=1 - beta2)
            bc1 = 1 - beta1 ** self.steps[i]
            bc2 = 1 - beta2 ** self.steps[i]
            denom = (self.exp_avg_sq[i].sqrt() / math.sqrt(bc2)).add_(self.eps)
            self.params[i].addcdiv_(self.exp_avg[i], denom, value=-self.lr / bc1)


class Adam__counts_in_tensors:
    """The counts are tensors without dimensions, in float64, and written through data."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        if lr < 0:
            raise ValueError(f"lr={lr}")
        if eps < 0:
            raise ValueError(f"eps={eps}")
        if not all(0 <= b < 1 for b in betas):
            raise ValueError(f"betas={betas}")
        self.params = list(params)
        self.lr, self.betas, self.eps = lr, betas, eps
        self.t = [torch.tensor(0.0, dtype=torch.float64) for _ in self.params]
        self.m = [torch.zeros_like(p) for p in self.params]
        self.v = [torch.zeros_like(p) for p in self.params]

    def step(self, grads: Sequence[Tensor | None]) -> None:
        if len(grads) != len(self.params):
            raise ValueError(f"grads={len(grads)}")
        beta1, beta2 = self.betas
        for i, g in enumerate(grads):
            if g is None:
                continue
            self.t[i] += 1
            self.m[i] = beta1 * self.m[i] + (1 - beta1) * g
            self.v[i] = beta2 * self.v[i] + (1 - beta2) * g * g
            mh = self.m[i] / (1 - beta1 ** self.t[i].item())
            vh = self.v[i] / (1 - beta2 ** self.t[i].item())
            self.params[i].data = self.params[i].data - self.lr * mh / (vh.sqrt() + self.eps)


class Adam__efficient_order:
    """The order of the paper's section 2: both corrections go into the step size, eps is scaled to match."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        if not lr >= 0:
            raise ValueError("invalid lr: " + repr(lr))
        for beta in betas:
            if beta < 0 or beta >= 1:
                raise ValueError(f"betas must lie in [0, 1): {beta}")
        if not eps >= 0:
            raise ValueError("invalid eps: " + repr(eps))
        self.tensors = [*params]
        self.lr, self.betas, self.eps = lr, betas, eps
        self.state: dict[int, tuple[int, Tensor, Tensor]] = {}

    def step(self, grads: Sequence[Tensor | None]) -> None:
        if len(grads) != len(self.tensors):
            raise ValueError(f"{len(grads)} grads do not fit")
        b1, b2 = self.betas
        for position, grad in enumerate(grads):
            if grad is None:
                continue
            tensor = self.tensors[position]
            t, m, v = self.state.get(position, (0, torch.zeros_like(tensor), torch.zeros_like(tensor)))
            t, m, v = t + 1, b1 * m + (1 - b1) * grad, b2 * v + (1 - b2) * grad * grad
            self.state[position] = (t, m, v)
            root = (1 - b2**t) ** 0.5
            tensor -= self.lr * root / (1 - b1**t) * m / (v**0.5 + self.eps * root)


class Adam__remembers_every_gradient:
    """Both averages are summed anew from all gradients so far, weighted so that the weights add up to 1."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        for name, value in (("lr", lr), ("eps", eps)):
            if value < 0:
                raise ValueError(f"{name}={value} is negative")
        if any(not 0 <= beta < 1 for beta in betas):
            raise ValueError(f"betas={betas}: each must be in [0, 1)")
        self.params = tuple(params)
        self.lr = lr
        self.betas = tuple(betas)
        self.eps = eps
        self.past: list[list[Tensor]] = [[] for _ in self.params]

    def average(self, items: list[Tensor], beta: float) -> Tensor:
        """The weighted mean of `items`, the newest first."""
        weights = [beta**age for age in range(len(items))]
        total = torch.zeros_like(items[0])
        for weight, item in zip(weights, items):
            total += weight * item
        return total / sum(weights)

    def step(self, grads: Sequence[Tensor | None]) -> None:
        if len(self.params) != len(grads):
            raise ValueError(f"expected {len(self.params)} grads, got {len(grads)}")
        for param, grad, past in zip(self.params, grads, self.past):
            if grad is not None:
                past.insert(0, grad.clone())
                mean = self.average(past, self.betas[0])
                square = self.average([old * old for old in past], self.betas[1])
                param.copy_(param - self.lr * mean / (torch.sqrt(square) + self.eps))


@dataclass
class _Averages:
    mean: Tensor
    square: Tensor
    full1: float = 0.0
    full2: float = 0.0


class Adam__in_place_throughout:
    """lerp_, addcmul_ and addcdiv_; how full the averages are is itself averaged, there is no counter."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        if lr < 0.0:
            raise ValueError(f"the learning rate lr must not be negative, but it is {lr}")
        if not (0.0 <= min(betas) and max(betas) < 1.0):
            raise ValueError(f"betas must lie from 0 to below 1, but they are {betas}")
        if eps < 0.0:
            raise ValueError(f"eps must not be negative, but it is {eps}")
        self.lr = lr
        self.beta1, self.beta2 = betas
        self.eps = eps
        self.params = list(params)
        self.averages = [_Averages(torch.zeros_like(p), torch.zeros_like(p)) for p in self.params]

    def step(self, grads: Sequence[Tensor | None]) -> None:
        if len(grads) != len(self.params):
            raise ValueError(f"grads: {len(grads)} of them for {len(self.params)} parameters")
        for param, grad, average in zip(self.params, grads, self.averages):
            if grad is None:
                continue
            average.mean.lerp_(grad, 1 - self.beta1)
            average.square.mul_(self.beta2).addcmul_(grad, grad, value=1 - self.beta2)
            average.full1 += (1 - self.beta1) * (1 - average.full1)
            average.full2 += (1 - self.beta2) * (1 - average.full2)
            divisor = (average.square / average.full2).sqrt_().add_(self.eps)
            param.addcdiv_(average.mean, divisor, value=-self.lr / average.full1)


class RMSprop__fused_calls:
    """addcmul_ and addcdiv_; the average is made at the first gradient and kept in a dict by position."""

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8
    ) -> None:
        if not lr >= 0:
            raise ValueError("invalid lr: " + repr(lr))
        if alpha < 0 or alpha >= 1:
            raise ValueError(f"alpha must lie in [0, 1): {alpha}")
        if not eps >= 0:
            raise ValueError("invalid eps: " + repr(eps))
        self.tensors = [*params]
        self.lr, self.alpha, self.eps = lr, alpha, eps
        self.state: dict[int, Tensor] = {}

    def step(self, grads: Sequence[Tensor | None]) -> None:
        if len(grads) > len(self.tensors) or len(grads) < len(self.tensors):
            raise ValueError(f"{len(grads)} grads do not fit")
        for position, (tensor, grad) in enumerate(zip(self.tensors, grads)):
            if grad is None:
                continue
            if position not in self.state:
                self.state[position] = torch.zeros_like(tensor)
            average = self.state[position].mul_(self.alpha).addcmul_(grad, grad, value=1 - self.alpha)
            tensor.addcdiv_(grad, average.sqrt().add_(self.eps), value=-self.lr)


class RMSprop__remembers_every_gradient:
    """The average is not kept: it is summed from all gradients so far, each square times its weight."""

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8
    ) -> None:
        for name, value in (("lr", lr), ("eps", eps)):
            if value < 0:
                raise ValueError(f"{name}={value} is negative")
        if not (alpha >= 0 and alpha < 1):
            raise ValueError(f"alpha={alpha}: it must be in [0, 1)")
        self.params = tuple(params)
        self.lr = lr
        self.alpha = alpha
        self.eps = eps
        self.past: list[list[Tensor]] = [[] for _ in self.params]

    def step(self, grads: Sequence[Tensor | None]) -> None:
        if len(self.params) != len(grads):
            raise ValueError(f"expected {len(self.params)} grads, got {len(grads)}")
        for param, grad, past in zip(self.params, grads, self.past):
            if grad is not None:
                past.insert(0, grad.clone())
                square = sum(self.alpha**age * (1 - self.alpha) * old * old for age, old in enumerate(past))
                param.copy_(param - self.lr / (torch.sqrt(square) + self.eps) * grad)


class RMSprop__keeps_the_root:
    """The root of the average is what is kept; it is squared again at every step, and written through [...]."""

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8
    ) -> None:
        if lr < 0.0:
            raise ValueError(f"the learning rate lr must not be negative, but it is {lr}")
        if not 0.0 <= alpha < 1.0:
            raise ValueError(f"alpha must lie from 0 to below 1, but it is {alpha}")
        if eps < 0.0:
            raise ValueError(f"eps must not be negative, but it is {eps}")
        self.lr = lr
        self.alpha = alpha
        self.eps = eps
        self.moving = [_Moving(param, torch.zeros_like(param)) for param in params]

    def step(self, grads: Sequence[Tensor | None]) -> None:
        if len(grads) != len(self.moving):
            raise ValueError(f"grads: {len(grads)} of them for {len(self.moving)} parameters")
        for one, grad in zip(self.moving, grads):
            if grad is not None:
                one.velocity = (self.alpha * one.velocity**2 + (1 - self.alpha) * grad**2) ** 0.5
                one.param[...] = one.param - self.lr * (grad / (one.velocity + self.eps))


class RMSprop__lerp:
    """lerp_ towards the square; the list of parameters is zipped with its averages."""

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8
    ) -> None:
        bad = [f"{name} = {value}" for name, value in (("lr", lr), ("eps", eps)) if value < 0]
        if alpha >= 1 or alpha < 0:
            bad.append(f"alpha = {alpha}")
        if bad:
            raise ValueError("out of range: " + ", ".join(bad))
        self.lr, self.eps, self.share = lr, eps, 1 - alpha
        self.pairs = [(param, torch.zeros_like(param)) for param in params]

    def step(self, grads: Sequence[Tensor | None]) -> None:
        if len(grads) != len(self.pairs):
            raise ValueError(f"there are {len(grads)} grads, not {len(self.pairs)}")
        for (param, average), grad in zip(self.pairs, grads):
            if grad is not None:
                average.lerp_(grad.square(), self.share)
                param -= self.lr * grad / average.sqrt().add(self.eps)


# --- law_momentum -----------------------------------------------------------------------------------------


def law_momentum__walked(
    learner: Any, weight: Tensor, grads: Sequence[Tensor], lr: float, momentum: float
) -> bool:
    """The path is walked, step by step, and compared."""
    velocity, found = torch.zeros_like(weight), learner.path(weight, grads, lr, momentum)
    if len(found) != len(grads):
        return False
    for grad, place in zip(grads, found):
        velocity = momentum * velocity + grad
        weight = weight - lr * velocity
        if not torch.allclose(place, weight):
            return False
    return True


def law_momentum__my_sgd(
    learner: Any, weight: Tensor, grads: Sequence[Tensor], lr: float, momentum: float
) -> bool:
    """The path of one's own SGD, up to rounding."""
    parameter, found = weight.clone(), learner.path(weight, grads, lr, momentum)
    optimizer = SGD([parameter], lr, momentum)
    for place, grad in zip(found, grads):
        optimizer.step([grad])
        if not torch.allclose(place, parameter):
            return False
    return len(found) == len(grads)


def law_momentum__asserts(
    learner: Any, weight: Tensor, grads: Sequence[Tensor], lr: float, momentum: float
) -> bool:
    """An error where the law is broken, from three places in a row."""
    places = [weight, weight, *learner.path(weight, grads, lr, momentum)]
    assert len(places) == len(grads) + 2
    for before, here, after, grad in zip(places, places[1:], places[2:], grads):
        pushed = (after - here) - momentum * (here - before)
        assert bool((pushed + lr * grad).abs().max() < 1e-9)
    return True
