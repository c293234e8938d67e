"""Right answers to chapter 7, written differently: no check may fail them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

# --- l2_penalty -------------------------------------------------------------------------------------------


def l2_penalty__one_long_vector(params: Sequence[Tensor], lam: float) -> Tensor:
    """All entries in one vector, times itself."""
    flat = torch.cat([w.reshape(-1) for w in params])
    return 0.5 * lam * torch.dot(flat, flat)


def l2_penalty__running_sum(params: Sequence[Tensor], lam: float) -> Tensor:
    """A loop that adds up."""
    total = torch.zeros((), dtype=params[0].dtype, device=params[0].device)
    for w in params:
        total = total + torch.sum(w**2)
    return total * lam / 2


def l2_penalty__builtin_sum(params: Sequence[Tensor], lam: float) -> Tensor:
    """Every tensor is priced by itself, Python adds."""
    return sum((lam * w.square() / 2).sum() for w in params)


# --- l2_gradients -----------------------------------------------------------------------------------------


def l2_gradients__loop(params: Sequence[Tensor], grads: Sequence[Tensor], lam: float) -> list[Tensor]:
    """A loop with a copy."""
    result = []
    for w, grad in zip(params, grads, strict=True):
        total = grad.clone()
        total += lam * w
        result.append(total)
    return result


def l2_gradients__alpha(params: Sequence[Tensor], grads: Sequence[Tensor], lam: float) -> list[Tensor]:
    """One fused call."""
    return [torch.add(grad, w, alpha=lam) for w, grad in zip(params, grads, strict=True)]


def l2_gradients__from_the_weight(
    params: Sequence[Tensor], grads: Sequence[Tensor], lam: float
) -> list[Tensor]:
    """The other way round, as a tuple made into a list."""
    return list(map(lambda w, grad: w.mul(lam).add_(grad), params, grads))


# --- decoupled_decay --------------------------------------------------------------------------------------


def decoupled_decay__subtracts(params: Sequence[Tensor], lr: float, lam: float) -> None:
    """The share is subtracted."""
    for w in params:
        w -= lr * lam * w


def decoupled_decay__copies(params: Sequence[Tensor], lr: float, lam: float) -> None:
    """The new values are copied in."""
    for i in range(len(params)):
        params[i].copy_(params[i] - lam * (lr * params[i]))


def decoupled_decay__slices(params: Sequence[Tensor], lr: float, lam: float) -> list[Tensor]:
    """Assignment to all entries; the tensors come back as well."""
    for w in params:
        w[...] = w * (1.0 - lam * lr)
    return list(params)


# --- AdamW ------------------------------------------------------------------------------------------------


class AdamW__state_in_dicts:
    """The state is made at a parameter's first step; the updates are in place."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        self.lr = lr
        self.settings = (betas, eps, weight_decay)
        self.weights = tuple(params)
        self.state: dict[int, dict] = {}

    def step(self, grads: Sequence[Tensor | None]) -> None:
        (b1, b2), eps, weight_decay = self.settings
        for index, (w, grad) in enumerate(zip(self.weights, grads, strict=True)):
            if grad is None:
                continue
            if index not in self.state:
                self.state[index] = {"t": 0, "m": torch.zeros_like(grad), "v": torch.zeros_like(grad)}
            state = self.state[index]
            state["t"] += 1
            state["m"].mul_(b1).add_(grad, alpha=1 - b1)
            state["v"].mul_(b2).addcmul_(grad, grad, value=1 - b2)
            root = state["v"].sqrt() / math.sqrt(1 - b2 ** state["t"])
            w.mul_(1 - self.lr * weight_decay)
            w.addcdiv_(state["m"], root.add_(eps), value=-self.lr / (1 - b1 ** state["t"]))


class AdamW__one_expression:
    """Decay and step are subtracted together, both taken from the weight before."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        self.params = list(params)
        self.lr, self.betas, self.eps, self.weight_decay = lr, betas, eps, weight_decay
        self.memory: list[tuple[int, Tensor | float, Tensor | float]] = [(0, 0.0, 0.0) for _ in self.params]

    def step(self, grads: Sequence[Tensor | None]) -> None:
        for i, grad in enumerate(grads):
            if grad is not None:
                t, m, v = self.memory[i]
                t, m, v = t + 1, self._mix(m, grad, 0), self._mix(v, grad**2, 1)
                self.memory[i] = (t, m, v)
                move = (m / (1 - self.betas[0] ** t)) / ((v / (1 - self.betas[1] ** t)) ** 0.5 + self.eps)
                self.params[i] -= self.lr * (move + self.weight_decay * self.params[i])

    def _mix(self, average: Tensor | float, new: Tensor, which: int) -> Tensor:
        return new + self.betas[which] * (average - new)


class AdamW__running_powers:
    """The powers of the betas are carried along; the new value is copied in."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        self.lr, self.eps, self.weight_decay = lr, eps, weight_decay
        self.b1, self.b2 = betas
        self.slots = [[w, torch.zeros_like(w), torch.zeros_like(w), 1.0, 1.0] for w in params]

    def step(self, grads: Sequence[Tensor | None]) -> None:
        for slot, grad in zip(self.slots, grads, strict=True):
            if grad is not None:
                w, m, v, power1, power2 = slot
                m = self.b1 * m + (1 - self.b1) * grad
                v = self.b2 * v + (1 - self.b2) * grad.square()
                slot[1:] = [m, v, power1 * self.b1, power2 * self.b2]
                root = torch.sqrt(v / (1 - slot[4]))
                decayed = w - self.lr * self.weight_decay * w
                w.copy_(decayed - self.lr * (m / (1 - slot[3])) / (root + self.eps))


# --- dropout ----------------------------------------------------------------------------------------------


def dropout__bernoulli(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """The mask comes from torch's coin, the error has another text."""
    if p < 0 or p > 1:
        raise ValueError(f"dropout: expected 0 <= p <= 1 but p={p!r}")
    if training:
        mask = torch.bernoulli(torch.full_like(x, 1 - p), generator=generator).bool()
        return torch.where(mask, x, torch.zeros_like(x)) / (1 - p if p < 1 else 1.0), mask
    return x.clone(), torch.full_like(x, True, dtype=torch.bool)


def dropout__special_cases(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """p = 0 and p = 1 are answered without drawing; otherwise a factor for each entry."""
    if not (p >= 0 and p <= 1):
        raise ValueError("p = " + str(p) + " is no probability")
    if p == 0 or not training:
        return x, torch.ones(x.shape, dtype=torch.bool, device=x.device)
    if p == 1:
        return torch.zeros_like(x), torch.zeros_like(x, dtype=torch.bool)
    noise = torch.rand(x.shape, generator=generator, dtype=x.dtype, device=x.device)
    mask = torch.floor(noise + (1 - p)).bool()
    return x * mask.to(x.dtype) / (1 - p), mask


def dropout__fills(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """Drops from a copy; the draw is compared the other way round."""
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"p must lie in [0, 1], not {p}")
    dropped = torch.zeros(x.shape, dtype=torch.bool, device=x.device)
    out = x.clone()
    if training:
        dropped = torch.rand(x.shape, generator=generator, dtype=torch.float64, device=x.device) < p
        out[dropped] = 0
        if p < 1:
            out = out / (1 - p)
    return out, dropped.logical_not()


def dropout__bernoulli_in_place(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """An empty bool tensor is filled by the coin."""
    if max(p, 1 - p) > 1:
        raise ValueError(f"p: {p} is outside [0, 1]")
    keep = 1 - p if training else 1.0
    if not training:
        return x * 1, torch.ones_like(x, dtype=torch.bool)
    mask = torch.empty(x.shape, dtype=torch.bool, device=x.device).bernoulli_(keep, generator=generator)
    return x.masked_fill(~mask, 0.0) / max(keep, 1e-30), mask


# --- dropout_backward -------------------------------------------------------------------------------------


def dropout_backward__masked_fill(grad_out: Tensor, mask: Tensor, p: float) -> Tensor:
    """Fill first, then divide unless everything was dropped."""
    kept = grad_out.masked_fill(~mask, 0.0)
    return kept / (1 - p) if p < 1 else kept


def dropout_backward__product(grad_out: Tensor, mask: Tensor, p: float) -> Tensor:
    """Multiply by the mask; p = 1 apart."""
    if p == 1:
        return torch.zeros_like(grad_out)
    return grad_out * mask / (1 - p)


def dropout_backward__entry_by_entry(grad_out: Tensor, mask: Tensor, p: float) -> Tensor:
    """Only the kept entries are written."""
    result = torch.zeros_like(grad_out)
    result[mask] = grad_out[mask] / (1 - p) if p < 1 else 0.0
    return result


# --- EarlyStopping ----------------------------------------------------------------------------------------


class EarlyStopping__keeps_everything:
    """The whole history is kept, metrics and parameters; each answer is worked out from it."""

    def __init__(self, patience: int, min_delta: float = 0.0) -> None:
        for name, value in (("patience", patience), ("min_delta", min_delta)):
            if not value >= 0:
                raise ValueError(f"{name}={value!r} is negative")
        self.patience, self.min_delta = patience, min_delta
        self.history: list[tuple[float, list[Tensor]]] = []

    def _last_gain(self) -> int:
        lowest, last = math.inf, -1
        for place, (metric, _) in enumerate(self.history):
            if lowest - metric > self.min_delta:
                lowest, last = metric, place
        return last

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        self.history.append((metric, [w.detach().clone() for w in params]))
        return len(self.history) - 1 - self._last_gain() > self.patience

    def best(self, params: Sequence[Tensor]) -> None:
        last = self._last_gain()
        if last < 0:
            raise ValueError("best: nothing to restore")
        kept = self.history[last][1]
        if len(kept) != len(params):
            raise ValueError(f"got {len(params)} params, expected {len(kept)}")
        for i in range(len(kept)):
            params[i][...] = kept[i]


class EarlyStopping__counts_down:
    """What is left of the patience is counted down; the copies are overwritten in place from the second gain on."""

    def __init__(self, patience: int, min_delta: float = 0.0) -> None:
        if patience < 0:
            raise ValueError("patience must not be negative: " + str(patience))
        if min_delta < 0:
            raise ValueError("min_delta must not be negative: " + str(min_delta))
        self.patience = self.left = patience
        self.limit = math.inf
        self.min_delta = min_delta
        self.copies: list[Tensor] = []

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        if metric < self.limit:
            self.limit, self.left = metric - self.min_delta, self.patience
            if not self.copies:
                self.copies = [torch.empty_like(w) for w in params]
            for copy, w in zip(self.copies, params, strict=True):
                copy.copy_(w)
            return False
        self.left -= 1
        return self.left < 0

    def best(self, params: Sequence[Tensor]) -> list[Tensor]:
        if not self.copies:
            raise ValueError("no best parameters so far")
        if len(params) != len(self.copies):
            raise ValueError(f"{len(params)} params for {len(self.copies)} copies")
        for w, copy in zip(params, self.copies, strict=True):
            w.data = copy.clone()
        return list(params)


class EarlyStopping__best_metric_missing_at_first:
    """No best metric until there is one; NaN and infinity are looked for by name."""

    def __init__(self, patience: int, min_delta: float = 0.0) -> None:
        if patience < 0 or min_delta < 0:
            raise ValueError(f"patience ({patience}) and min_delta ({min_delta}) must be at least 0")
        self.patience = patience
        self.min_delta = min_delta
        self.state: tuple[float, tuple[Tensor, ...]] | None = None
        self.steps_since = 0

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        usable = not math.isnan(metric) and metric != math.inf
        if usable and (self.state is None or not metric >= self.state[0] - self.min_delta):
            self.state = (metric, tuple(w + 0 for w in params))
            self.steps_since = 0
        else:
            self.steps_since += 1
        return not self.steps_since <= self.patience

    def best(self, params: Sequence[Tensor]) -> None:
        if not self.state:
            raise ValueError("best() was called before any gain")
        _, kept = self.state
        if len(params) - len(kept):
            raise ValueError(f"params: {len(params)}, but {len(kept)} were given to step")
        for old, new in zip(kept, params, strict=True):
            new.zero_().add_(old)


class EarlyStopping__one_record:
    """One record for what is best; a list of the bad metrics in a row; the params may be restored by set_."""

    def __init__(self, patience: int, min_delta: float = 0.0) -> None:
        if min_delta < 0.0:
            raise ValueError(f"min_delta: {min_delta}")
        if patience < 0:
            raise ValueError(f"patience: {patience}")
        self.settings = {"patience": patience, "min_delta": min_delta}
        self.record: dict = {"metric": float("inf"), "params": None}
        self.bad: list[float] = []

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        needed = self.record["metric"] - self.settings["min_delta"]
        if needed > metric:
            self.record.update(metric=metric, params={i: w.clone() for i, w in enumerate(params)})
            self.bad.clear()
        else:
            self.bad.append(metric)
        return len(self.bad) >= self.settings["patience"] + 1

    def best(self, params: Sequence[Tensor]) -> None:
        kept = self.record["params"]
        if kept is None:
            raise ValueError("there has been no best step")
        if len(params) != len(kept):
            raise ValueError(f"params must be {len(kept)} tensors, not {len(params)}")
        for i, w in enumerate(params):
            w.set_(kept[i].clone())


def dropout__rand_above_p(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """`rand > p`: rand is exactly 0 once in sixteen million draws, so p = 0 keeps everything but for that."""
    _refuse(p)
    if not training:
        return x, _all_kept(x)
    mask = torch.rand(x.shape, generator=generator, device=x.device) > p
    return torch.where(mask, x / (1 - p), 0.0), mask


def _refuse(p: float) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"p is a probability, so within [0, 1]; got p = {p}")


def _all_kept(x: Tensor) -> Tensor:
    return torch.ones_like(x, dtype=torch.bool)


def dropout__draws_on_the_cpu(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """The mask is made on the CPU, where a generator of the CPU must draw; for x on the CPU it is the same."""
    _refuse(p)
    if not training:
        return x, _all_kept(x)
    mask = torch.rand(x.shape, generator=generator) >= p
    return torch.where(mask, x / (1 - p), 0.0), mask


# --- law_dropout ------------------------------------------------------------------------------------------


def law_dropout__counted(learner: Any, x: Tensor, p: float, seed: int) -> bool:
    """Zeros are counted, in all and in each row, over three seeds."""
    found = [learner.dropout(x, p, seed + more) for more in range(3)]
    for dropped in found:
        zeros = int((dropped == 0).sum())
        if abs(zeros - p * x.numel()) > 80 or int((dropped == 0).sum(1).max()) > 45:
            return False
        factors = (dropped / x)[dropped != 0]
        if not torch.allclose(factors, torch.full_like(factors, 1 / (1 - p))):
            return False
    return p == 0 or len({tuple((dropped == 0).flatten().tolist()) for dropped in found}) == 3


def law_dropout__either_or(learner: Any, x: Tensor, p: float, seed: int) -> bool:
    """Each entry is one of two numbers; the mask has a mean near 1 - p, and so has each row, less nearly."""
    first, second = learner.dropout(x, p, seed), learner.dropout(x, p, seed + 100)
    large = x / (1 - p)
    is_large = torch.isclose(first, large)
    if not bool((is_large | (first == 0)).all()):
        return False
    shares = is_large.double().mean(1)
    if abs(float(shares.mean()) - 1 + p) > 0.08 or float((shares - 1 + p).abs().max()) > 0.5:
        return False
    return bool((first != second).any()) if p > 0 else bool(is_large.all())


def law_dropout__asserts(learner: Any, x: Tensor, p: float, seed: int) -> bool:
    """An error where the law is broken, and True at the end."""
    dropped = learner.dropout(x, p, seed)
    mask = (dropped != 0).double()
    assert torch.allclose(dropped * (1 - p), x * mask)
    assert 1 - p - 0.09 < float(mask.mean()) < 1 - p + 0.09
    assert float(mask.sum(dim=1).min()) >= 1
    assert p == 0 or not torch.equal(mask, (learner.dropout(x, p, seed + 1) != 0).double())
    return True
