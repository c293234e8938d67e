"""Chapter 3, by other identities. `_stable_exp_ratio` is shared by sigmoid and tanh."""

from __future__ import annotations

import torch
from torch import Tensor


def _stable_exp_ratio(x: Tensor) -> Tensor:
    """1 / (1 + exp(-x)) without a large exponential on either side."""
    small = torch.exp(-x.abs())
    return torch.where(x >= 0, 1 / (1 + small), small / (1 + small))


def sigmoid(x: Tensor) -> Tensor:
    return _stable_exp_ratio(x)


def sigmoid_backward(grad_out: Tensor, x: Tensor) -> Tensor:
    return grad_out * _stable_exp_ratio(x) * _stable_exp_ratio(-x)


def tanh(x: Tensor) -> Tensor:
    # expm1 keeps the digits near 0 that 1 - exp(-2|x|) loses
    shrunk = torch.expm1(-2 * x.abs())
    return -x.sign() * shrunk / (2 + shrunk)


def tanh_backward(grad_out: Tensor, x: Tensor) -> Tensor:
    y = tanh(x)
    return grad_out * (1 - y) * (1 + y)


def relu(x: Tensor) -> Tensor:
    return torch.where(x > 0, x, torch.zeros_like(x))


def relu_backward(grad_out: Tensor, x: Tensor) -> Tensor:
    return grad_out.masked_fill(x <= 0, 0)


def log_softmax(x: Tensor, dim: int = -1) -> Tensor:
    top, _ = x.max(dim, keepdim=True)
    return x - top - (x - top).exp().sum(dim, keepdim=True).log()


def softmax(x: Tensor, dim: int = -1) -> Tensor:
    return log_softmax(x, dim).exp()


def softmax_backward(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    p = softmax(x, dim)
    weighted = grad_out * p
    return weighted - p * weighted.sum(dim, keepdim=True)


def log_softmax_backward(grad_out: Tensor, x: Tensor, dim: int = -1) -> Tensor:
    return grad_out - grad_out.sum(dim, keepdim=True) * softmax(x, dim)


if __name__ == "__main__":
    print(softmax(torch.tensor([2.0, 1.0, 0.0])))
