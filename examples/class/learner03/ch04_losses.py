from __future__ import annotations

import torch


def mse_loss(pred, target):
    return ((pred - target) ** 2).sum() / len(pred)  # over the rows, not over all elements


def mse_backward(pred, target):
    if target.shape != pred.shape:
        raise ValueError(f"target has shape {tuple(target.shape)}")
    return 2 * (pred - target) / pred.numel()


def binary_cross_entropy(p, q):
    if q.shape != p.shape:
        raise ValueError(f"q has shape {tuple(q.shape)}")
    return -(q * p.log().clamp(min=-100) + (1 - q) * (1 - p).log().clamp(min=-100)).mean()


def cross_entropy_distributions(p, q):
    if q.shape != p.shape:
        raise ValueError(f"q has shape {tuple(q.shape)}")
    return -(q * torch.log(p + 1e-12)).sum(dim=1).mean()


def bce_with_logits(z, q):
    if q.shape != z.shape:
        raise ValueError(f"q has shape {tuple(q.shape)}")
    p = 1 / (1 + torch.exp(-z))
    return -(q * p.log() + (1 - q) * (1 - p).log()).mean()


def bce_with_logits_backward(z, q):
    p = 1 / (1 + torch.exp(-z))
    return p - q  # the mean is forgotten


def cross_entropy(logits, labels):
    p = logits.exp() / logits.exp().sum(dim=1, keepdim=True)
    return -p[range(len(labels)), labels].log().mean()


def cross_entropy_backward(logits, labels):
    raise NotImplementedError("cross_entropy_backward: write this part, then run: brick check ch04")
