from __future__ import annotations

import torch
import torch.nn.functional as F


def sigmoid(x):
    return torch.sigmoid(x)


def sigmoid_backward(grad_out, x):
    s = 1 / (1 + torch.exp(-x))
    return grad_out * s * (1 - s)


def tanh(x):
    return x.tanh()


def tanh_backward(grad_out, x):
    return grad_out * (1 - _tanh(x) ** 2)


def _tanh(x):
    small = torch.exp(-2 * x.abs())
    return x.sign() * (1 - small) / (1 + small)


def relu(x):
    return F.relu(x)


def relu_backward(grad_out, x):
    return grad_out * (x > 0)


def softmax(x, dim=-1):
    return torch.exp(log_softmax(x, dim))


def softmax_backward(grad_out, x, dim=-1):
    e = torch.exp(x - x.amax(dim=dim, keepdim=True))
    p = e / e.sum(dim=dim, keepdim=True)
    return p * (grad_out - (p * grad_out).sum(dim=dim, keepdim=True))


def log_softmax(x, dim=-1):
    return x - torch.logsumexp(x, dim=dim, keepdim=True)


def log_softmax_backward(grad_out, x, dim=-1):
    x = x.detach().requires_grad_(True)
    y = F.log_softmax(x, dim)
    return torch.autograd.grad(y, x, grad_out)[0]
