from __future__ import annotations

import torch


def neuron(x, w, b):
    z = torch.dot(w, x) + b
    return torch.clamp(z, min=0)


def linear(x, weight, bias):
    return x @ weight.T + bias


def mlp_forward(x, layers):
    for i, (weight, bias) in enumerate(layers):
        x = linear(x, weight, bias)
        if i < len(layers) - 1:
            x = torch.clamp(x, min=0)
    return x


def count_parameters(sizes):
    total = 0
    for fan_in, fan_out in zip(sizes[:-1], sizes[1:], strict=True):
        total += fan_in * fan_out + fan_out
    return total


def init_linear(fan_in, fan_out, generator):
    std = (2 / fan_in) ** 0.5
    weight = std * torch.randn(fan_out, fan_in, generator=generator, device=generator.device)
    return weight, torch.zeros(fan_out, device=generator.device)
