from __future__ import annotations

import torch


def _same_shape(name, tensor, like):
    if tensor.shape != like.shape:
        raise ValueError(f"{name} has shape {tuple(tensor.shape)}, expected {tuple(like.shape)}")


def _labels_fit(logits, labels):
    n, classes = logits.shape
    if tuple(labels.shape) != (n,):
        raise ValueError(f"labels has shape {tuple(labels.shape)}, expected {(n,)}")
    for label in labels.tolist():
        if label < 0 or label >= classes:
            raise ValueError(f"labels holds {label}, expected 0 to {classes - 1}")


def _log_p(logits):
    z = logits - logits.amax(dim=1, keepdim=True)
    return z - z.exp().sum(dim=1, keepdim=True).log()


def mse_loss(pred, target):
    _same_shape("target", target, pred)
    return ((pred - target) ** 2).mean()


def mse_backward(pred, target):
    _same_shape("target", target, pred)
    return 2 * (pred - target) / pred.numel()


def binary_cross_entropy(p, q):
    _same_shape("q", q, p)
    yes = p.log().clamp(min=-100)
    no = (1 - p).log().clamp(min=-100)
    return -(q * yes + (1 - q) * no).mean()


def cross_entropy_distributions(p, q):
    _same_shape("q", q, p)
    return -(q * p.log().clamp(min=-100)).sum(dim=1).mean()


def bce_with_logits(z, q):
    _same_shape("q", q, z)
    return (z.clamp(min=0) - z * q + torch.log1p(torch.exp(-z.abs()))).mean()


def bce_with_logits_backward(z, q):
    _same_shape("q", q, z)
    return (1 / (1 + torch.exp(-z)) - q) / z.numel()


def cross_entropy(logits, labels):
    _labels_fit(logits, labels)
    rows = torch.arange(len(labels), device=logits.device)
    return -_log_p(logits)[rows, labels].mean()


def cross_entropy_backward(logits, labels):
    _labels_fit(logits, labels)
    grad = _log_p(logits).exp()
    rows = torch.arange(len(labels), device=logits.device)
    grad[rows, labels] -= 1
    return grad / len(labels)
