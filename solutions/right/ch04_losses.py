"""Differently written right versions of the exercises of chapter 4: every check must let them pass.

Names of the solution (`mse_loss`, `cross_entropy`, ...) mean the solution's versions.
"""
# ruff: noqa: F821 -- a variant is put into the solution's module, where those names are defined

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

# --- squared error ----------------------------------------------------------------------------------------


def _same_shape(name: str, given: Tensor, wanted: Tensor) -> None:
    if list(given.shape) != list(wanted.shape):
        raise ValueError(f"expected {name} of shape {list(wanted.shape)}, got {list(given.shape)}")


def mse_loss__named_methods(pred: Tensor, target: Tensor) -> Tensor:
    """Methods only, size and nelement; the message is put together from strings."""
    if pred.size() != target.size():
        raise ValueError(
            "pred and target differ: " + str(tuple(pred.size())) + " vs " + str(tuple(target.size()))
        )
    return (pred - target).pow(2).sum().div(pred.nelement())


def mse_loss__dot_product(pred: Tensor, target: Tensor) -> Tensor:
    """The sum of squares as a dot product; torch's own words for shapes."""
    if pred.shape != target.shape:
        raise ValueError(f"target: {target.shape} does not match {pred.shape}")
    difference = (pred - target).reshape(-1)
    return difference.dot(difference) / difference.numel()


def mse_loss__multiplied_out(pred: Tensor, target: Tensor) -> Tensor:
    """Squares by multiplication, the mean by a sum."""
    _same_shape("target", target, pred)
    difference = target - pred
    return (difference * difference).sum() / math.prod(pred.shape)


def mse_loss__entry_by_entry(pred: Tensor, target: Tensor) -> Tensor:
    """A loop over single entries."""
    _same_shape("target", target, pred)
    total = torch.zeros((), dtype=pred.dtype, device=pred.device)
    for p, t in zip(pred.reshape(-1), target.reshape(-1), strict=True):
        total = total + (p - t) ** 2
    return total / pred.numel()


def mse_backward__trusts_its_arguments(pred: Tensor, target: Tensor) -> Tensor:
    """The factor first; shapes are the loss's business."""
    return 2.0 / pred.numel() * (pred - target)


def mse_backward__as_a_mean(pred: Tensor, target: Tensor) -> Tensor:
    """The factor first."""
    _same_shape("target", target, pred)
    return (pred - target) * (2 / pred.numel())


def mse_backward__two_halves(pred: Tensor, target: Tensor) -> Tensor:
    """The product rule on d * d."""
    _same_shape("target", target, pred)
    difference = (pred - target) / pred.numel()
    return difference + difference


def mse_backward__entry_by_entry(pred: Tensor, target: Tensor) -> Tensor:
    """A loop over single entries."""
    _same_shape("target", target, pred)
    slopes = [2 * (p - t) / pred.numel() for p, t in zip(pred.reshape(-1), target.reshape(-1), strict=True)]
    return torch.stack(slopes).reshape(pred.shape)


# --- cross-entropy of chances -----------------------------------------------------------------------------


def binary_cross_entropy__where(p: Tensor, q: Tensor) -> Tensor:
    """The bound by a choice."""
    _same_shape("q", q, p)
    least = torch.full_like(p, math.exp(-100))
    log_yes = torch.where(p > least, torch.log(p), torch.full_like(p, -100))
    log_no = torch.maximum(torch.log1p(-p), torch.full_like(p, -100))
    return (-q * log_yes - (1 - q) * log_no).mean()


def binary_cross_entropy__two_classes(p: Tensor, q: Tensor) -> Tensor:
    """A binary truth is a distribution over two classes."""
    _same_shape("q", q, p)
    both_p = torch.stack([p, 1 - p], dim=-1).reshape(-1, 2)
    both_q = torch.stack([q, 1 - q], dim=-1).reshape(-1, 2)
    return cross_entropy_distributions(both_p, both_q)


def binary_cross_entropy__entry_by_entry(p: Tensor, q: Tensor) -> Tensor:
    """A loop over Python numbers."""
    _same_shape("q", q, p)

    def bounded(chance: float) -> float:
        return max(math.log(chance), -100.0) if chance > 0 else -100.0

    total = 0.0
    for a, b in zip(p.reshape(-1).tolist(), q.reshape(-1).tolist(), strict=True):
        total -= b * bounded(a) + (1 - b) * bounded(1 - a)
    return torch.tensor(total / p.numel(), dtype=p.dtype, device=p.device)


def cross_entropy_distributions__einsum(p: Tensor, q: Tensor) -> Tensor:
    """One contraction over everything, divided by the rows."""
    _same_shape("q", q, p)
    return -torch.einsum("nc,nc->", q, p.log().clamp(min=-100)) / len(p)


def cross_entropy_distributions__row_by_row(p: Tensor, q: Tensor) -> Tensor:
    """A loop over the rows."""
    _same_shape("q", q, p)
    rows = [-(b * torch.clamp(torch.log(a), min=-100)).sum() for a, b in zip(p, q, strict=True)]
    return torch.stack(rows).mean()


def cross_entropy_distributions__mean_times_classes(p: Tensor, q: Tensor) -> Tensor:
    """The mean over all entries, times the classes."""
    _same_shape("q", q, p)
    prices = q * -torch.maximum(p.log(), torch.full_like(p, -100.0))
    return prices.mean() * p.shape[-1]


# --- cross-entropy of scores ------------------------------------------------------------------------------


def bce_with_logits__two_cases(z: Tensor, q: Tensor) -> Tensor:
    """The two signs of the score, one by one."""
    _same_shape("q", q, z)
    decay = torch.log1p(torch.exp(-z.abs()))
    return torch.where(z >= 0, (1 - q) * z + decay, -q * z + decay).mean()


def bce_with_logits__two_softplus(z: Tensor, q: Tensor) -> Tensor:
    """Both prices in full: q * softplus(-z) + (1 - q) * softplus(z)."""
    _same_shape("q", q, z)
    decay = torch.log(1 + torch.exp(-z.abs()))
    yes, no = (-z).clamp(min=0) + decay, z.clamp(min=0) + decay
    return (q * yes + (1 - q) * no).sum() / z.numel()


def bce_with_logits__two_classes(z: Tensor, q: Tensor) -> Tensor:
    """The scores z and 0 of two classes, by a log-sum over them."""
    _same_shape("q", q, z)
    scores = torch.stack([z, torch.zeros_like(z)])
    largest = scores.amax(dim=0)
    log_sum = largest + (scores - largest).exp().sum(dim=0).log()
    return (log_sum - q * z).mean()


def bce_with_logits__maximum(z: Tensor, q: Tensor) -> Tensor:
    """maximum with zeros, and log1p."""
    if z.shape != q.shape:
        raise ValueError(f"z {tuple(z.shape)} q {tuple(q.shape)}")
    return torch.mean(torch.maximum(z, torch.zeros_like(z)) - z * q + torch.log1p((-z.abs()).exp()))


def bce_with_logits_backward__trusts_its_arguments(z: Tensor, q: Tensor) -> Tensor:
    """No look at the shapes, which are the loss's business; sigmoid by way of half the score."""
    e = torch.exp(-z.abs())
    return (torch.where(z >= 0, 1 / (1 + e), e / (1 + e)) - q).div(z.numel())


def bce_with_logits_backward__by_sides(z: Tensor, q: Tensor) -> Tensor:
    """sigmoid with exp(-|z|)."""
    _same_shape("q", q, z)
    decay = torch.exp(-z.abs())
    p = torch.where(z >= 0, 1 / (1 + decay), decay / (1 + decay))
    return (p - q) / z.numel()


def bce_with_logits_backward__weighted_sides(z: Tensor, q: Tensor) -> Tensor:
    """(1 - q) * sigmoid(z) - q * sigmoid(-z)."""
    _same_shape("q", q, z)
    yes, no = 1 / (1 + torch.exp(-z)), 1 / (1 + torch.exp(z))
    return ((1 - q) * yes - q * no) / math.prod(z.shape)


def bce_with_logits_backward__two_classes(z: Tensor, q: Tensor) -> Tensor:
    """softmax over the scores z and 0."""
    _same_shape("q", q, z)
    largest = z.clamp(min=0)
    up, other = torch.exp(z - largest), torch.exp(-largest)
    return (up / (up + other) - q) * (1 / z.numel())


def _bad_labels(logits: Tensor, labels: Tensor) -> None:
    rows, classes = logits.shape
    if tuple(labels.shape) != (rows,):
        raise ValueError(f"labels must have shape ({rows},), not {labels.shape}")
    for label in labels.tolist():
        if not 0 <= label < classes:
            raise ValueError(f"labels: {label} is no class, there are {classes}")


def cross_entropy__row_by_row(logits: Tensor, labels: Tensor) -> Tensor:
    """A loop over the rows."""
    _bad_labels(logits, labels)
    prices = []
    for row, label in zip(logits, labels.tolist(), strict=True):
        shifted = row - row.max()
        prices.append(shifted.exp().sum().log() - shifted[label])
    return torch.stack(prices).mean()


def cross_entropy__one_hot(logits: Tensor, labels: Tensor) -> Tensor:
    """The truth as a row of zeros and a one."""
    _bad_labels(logits, labels)
    truth = (labels[:, None] == torch.arange(logits.shape[1], device=logits.device)).to(logits.dtype)
    log_p = logits - logits.amax(dim=1, keepdim=True)
    log_p = log_p - log_p.exp().sum(dim=1, keepdim=True).log()
    return -(truth * log_p).sum() / len(logits)


def cross_entropy__margins(logits: Tensor, labels: Tensor) -> Tensor:
    """All scores measured from that of the label."""
    _bad_labels(logits, labels)
    rows = torch.arange(len(labels), device=logits.device)
    margins = logits - logits[rows, labels][:, None]
    top = margins.amax(dim=1)
    return (top + (margins - top[:, None]).exp().sum(dim=1).log()).mean()


def cross_entropy__gathered(logits: Tensor, labels: Tensor) -> Tensor:
    """The log of the sum first, then the label's own score taken off; labels are looked at one by one."""
    if labels.shape != logits.shape[:-1]:
        raise ValueError(f"labels shape {tuple(labels.shape)}")
    for label in labels:
        if label < 0 or label >= logits.shape[1]:
            raise ValueError(f"labels has {label}")
    m = logits.amax(1)
    lse = m + (logits - m[:, None]).exp().sum(1).log()
    return (lse - logits.gather(1, labels[:, None]).squeeze(1)).mean()


def cross_entropy__python_loop(logits: Tensor, labels: Tensor) -> Tensor:
    """Row by row with Python's own numbers for labels; only their count is looked at."""
    if len(labels) != len(logits):
        raise ValueError(f"labels: {len(labels)} for {len(logits)} rows")
    total = torch.zeros((), dtype=logits.dtype, device=logits.device)
    for row, k in zip(logits, labels.tolist()):
        if not 0 <= k < len(row):
            raise ValueError(f"labels: {k}")
        m = row.max()
        total = total + (torch.log(torch.exp(row - m).sum()) + m - row[k])
    return total / len(labels)


def cross_entropy_backward__scatter_add(logits: Tensor, labels: Tensor) -> Tensor:
    """Minus ones are added at the labels, which are trusted: the loss has looked at them."""
    e = torch.exp(logits - logits.amax(1, keepdim=True))
    p = e / e.sum(1, keepdim=True)
    minus = -torch.ones(len(labels), 1, dtype=logits.dtype, device=logits.device)
    return p.scatter_add(1, labels.unsqueeze(1), minus) / len(labels)


def cross_entropy_backward__indexed(logits: Tensor, labels: Tensor) -> Tensor:
    """1 taken off at (row, label), in a tensor of its own."""
    _bad_labels(logits, labels)
    weights = torch.exp(logits - logits.max(dim=1, keepdim=True).values)
    gradient = weights / weights.sum(dim=1, keepdim=True)
    gradient[torch.arange(len(labels), device=logits.device), labels] -= 1
    return gradient / len(labels)


def cross_entropy_backward__row_by_row(logits: Tensor, labels: Tensor) -> Tensor:
    """A loop over the rows."""
    _bad_labels(logits, labels)
    gradients = []
    for row, label in zip(logits, labels.tolist(), strict=True):
        weights = torch.exp(row - row.max())
        gradient = weights / weights.sum()
        gradient[label] -= 1
        gradients.append(gradient / len(labels))
    return torch.stack(gradients)


def cross_entropy_backward__one_hot(logits: Tensor, labels: Tensor) -> Tensor:
    """Shares given minus shares wanted, by comparison with the class numbers."""
    _bad_labels(logits, labels)
    wanted = labels[:, None] == torch.arange(logits.shape[1], device=logits.device)
    weights = torch.exp(logits - logits.amax(1, True))
    return (weights / weights.sum(1, True) - wanted.to(logits.dtype)) / logits.shape[0]


# --- cross-entropy in full --------------------------------------------------------------------------------


def _bad_options(logits: Tensor, labels: Tensor, reduction: str, left_out: int, share: float) -> None:
    if reduction != "none" and reduction != "sum" and reduction != "mean":
        raise ValueError(f"unknown reduction: {reduction}")
    if share < 0 or share > 1:
        raise ValueError(f"label_smoothing = {share} is not between 0 and 1")
    if tuple(labels.shape) != (len(logits),):
        raise ValueError(f"labels must have shape ({len(logits)},), not {labels.shape}")
    for label in labels.tolist():
        if label != left_out and not 0 <= label < logits.shape[1]:
            raise ValueError(f"labels: {label} is neither a class nor {left_out}")


def _log_p(logits: Tensor) -> Tensor:
    log_p = logits - logits.amax(dim=1, keepdim=True)
    return log_p - log_p.exp().sum(dim=1, keepdim=True).log()


def cross_entropy_full__row_by_row(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """A loop over the rows."""
    _bad_options(logits, labels, reduction, ignore_index, label_smoothing)
    prices, count = [], 0
    for row, label in zip(logits, labels.tolist(), strict=True):
        if label == ignore_index:
            prices.append(torch.zeros((), dtype=logits.dtype, device=logits.device))
            continue
        costs = (row - row.max()).exp().sum().log() - (row - row.max())
        prices.append((1 - label_smoothing) * costs[label] + label_smoothing * costs.mean())
        count += 1
    every = torch.stack(prices)
    if reduction == "none":
        return every
    return every.sum() if reduction == "sum" else every.sum() / torch.tensor(count)


def cross_entropy_full__kept_rows_only(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """The kept rows are taken out first; the plain loss and the smooth one are mixed."""
    _bad_options(logits, labels, reduction, ignore_index, label_smoothing)
    kept = (labels != ignore_index).nonzero()[:, 0]
    log_p = _log_p(logits[kept])
    plain = -log_p[torch.arange(len(kept), device=logits.device), labels[kept]]
    prices = plain + label_smoothing * (-log_p.mean(dim=1) - plain)
    if reduction == "mean":
        return prices.mean()
    if reduction == "sum":
        return prices.sum()
    return torch.zeros(len(logits), dtype=logits.dtype, device=logits.device).index_copy(0, kept, prices)


def cross_entropy_full__one_hot_with_empty_rows(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """An ignored label meets no class number, and so its row of truth stays empty."""
    _bad_options(logits, labels, reduction, ignore_index, label_smoothing)
    weights = (labels != ignore_index).to(logits.dtype)
    truth = (labels[:, None] == torch.arange(logits.shape[1], device=logits.device)).to(logits.dtype)
    truth = truth * (1 - label_smoothing) + label_smoothing / logits.shape[1]
    prices = -(truth * weights[:, None] * _log_p(logits)).sum(1)
    return {"none": prices, "sum": prices.sum(), "mean": prices.sum() / weights.sum()}[reduction]


def cross_entropy_full_backward__row_by_row(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """A loop over the rows; ignored ones are skipped."""
    _bad_options(logits, labels, reduction, ignore_index, label_smoothing)
    gradient = torch.zeros_like(logits)
    count = sum(label != ignore_index for label in labels.tolist())
    for row, label in enumerate(labels.tolist()):
        if label == ignore_index:
            continue
        weights = torch.exp(logits[row] - logits[row].max())
        gradient[row] = weights / weights.sum() - label_smoothing / logits.shape[1]
        gradient[row, label] -= 1 - label_smoothing
        if reduction == "mean":
            gradient[row] /= count
    return gradient


def cross_entropy_full_backward__kept_rows_only(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """The kept rows are taken out, worked on, and put back."""
    _bad_options(logits, labels, reduction, ignore_index, label_smoothing)
    kept = labels != ignore_index
    shares = _log_p(logits[kept]).exp()
    shares[torch.arange(len(shares), device=logits.device), labels[kept]] -= 1 - label_smoothing
    shares -= label_smoothing / logits.shape[1]
    gradient = torch.zeros_like(logits)
    gradient[kept] = shares / len(shares) if reduction == "mean" and len(shares) > 0 else shares
    return gradient


def cross_entropy_full_backward__weights(
    logits: Tensor,
    labels: Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Tensor:
    """A weight for every row: 0, 1, or 1 over the number of labels kept."""
    _bad_options(logits, labels, reduction, ignore_index, label_smoothing)
    kept = labels != ignore_index
    weights = kept.to(logits.dtype)
    if reduction == "mean" and bool(kept.any()):
        weights = weights / weights.sum()
    wanted = (labels[:, None] == torch.arange(logits.shape[1], device=logits.device)).to(logits.dtype)
    plain, even = _log_p(logits).exp() - wanted, _log_p(logits).exp() - 1 / logits.shape[1]
    return weights[:, None] * ((1 - label_smoothing) * plain + label_smoothing * even)


# --- law_cross_entropy ------------------------------------------------------------------------------------


def law_cross_entropy__against_my_own(learner: Any, logits: Tensor, labels: Tensor) -> bool:
    """The answer of one's own cross_entropy, up to rounding."""
    return torch.allclose(learner.cross_entropy(logits, labels), cross_entropy(logits, labels))


def law_cross_entropy__from_logarithms(learner: Any, logits: Tensor, labels: Tensor) -> bool:
    """The formula in Python numbers."""
    total = 0.0
    for row, label in zip(logits.tolist(), labels.tolist()):
        total += max(row) - row[label] + math.log(sum(math.exp(score - max(row)) for score in row))
    found = float(learner.cross_entropy(logits, labels))
    return math.isclose(found, total / len(labels), rel_tol=1e-6, abs_tol=1e-9)


def law_cross_entropy__asserts(learner: Any, logits: Tensor, labels: Tensor) -> bool:
    """An error where the law is broken: shares of each class, then the batch."""
    found = learner.cross_entropy(logits, labels)
    total = 0.0
    for row, label in zip(logits, labels):
        losses = [float(learner.cross_entropy(row[None, :], torch.tensor([c]))) for c in range(len(row))]
        assert abs(sum(math.exp(-loss) for loss in losses) - 1) < 1e-6
        for c, loss in enumerate(losses):
            assert abs((loss - losses[0]) - float(row[0] - row[c])) < 1e-6
        total += losses[int(label)]
    assert abs(float(found) - total / len(labels)) < 1e-6
    return True
