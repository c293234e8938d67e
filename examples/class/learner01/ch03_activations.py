from __future__ import annotations

import torch


def sigmoid(x):
    return 1 / (1 + torch.exp(-x))


def sigmoid_backward(grad_out, x):
    s = sigmoid(x)
    return grad_out * s * (1 - s)


def tanh(x):
    e = torch.exp(-2 * torch.abs(x))
    return torch.sign(x) * (1 - e) / (1 + e)


def tanh_backward(grad_out, x):
    return grad_out * (1 - tanh(x) ** 2)


def relu(x):
    return torch.clamp(x, min=0)


def relu_backward(grad_out, x):
    return torch.where(x > 0, grad_out, torch.zeros_like(grad_out))


def softmax(x, dim=-1):
    e = torch.exp(x - x.amax(dim=dim, keepdim=True))
    return e / e.sum(dim=dim, keepdim=True)


def softmax_backward(grad_out, x, dim=-1):
    p = softmax(x, dim)
    return p * (grad_out - (p * grad_out).sum(dim=dim, keepdim=True))


def log_softmax(x, dim=-1):
    z = x - x.amax(dim=dim, keepdim=True)
    return z - torch.log(torch.exp(z).sum(dim=dim, keepdim=True))


def log_softmax_backward(grad_out, x, dim=-1):
    return grad_out - softmax(x, dim) * grad_out.sum(dim=dim, keepdim=True)
