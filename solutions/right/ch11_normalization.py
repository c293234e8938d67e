"""Right answers to chapter 11, written in other ways; all checks must pass them."""

# ruff: noqa: F821 -- the solution's names are put beside these versions when a submission is assembled
from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

# --- BatchNorm --------------------------------------------------------------------------------------------


class BatchNorm__column_by_column:
    """A loop over the columns."""

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        self.width, self.epsilon, self.rate = num_features, eps, momentum
        self.gamma, self.running_var = [torch.ones(num_features, dtype=torch.float64) for _ in range(2)]
        self.beta, self.running_mean = [torch.zeros(num_features, dtype=torch.float64) for _ in range(2)]
        self.fresh = True

    def forward(self, x: Tensor, training: bool) -> Tensor:
        rows, width = x.shape
        if width != self.width:
            raise ValueError(f"width {width} of x ({rows}x{width}) is not {self.width}")
        if training and rows == 1:
            raise ValueError("x has 1 row only: a batch needs two")
        if self.fresh:
            self.gamma, self.beta = self.gamma.to(x), self.beta.to(x)
            self.running_mean, self.running_var = self.running_mean.to(x), self.running_var.to(x)
            self.fresh = False
        columns, self.memory = [], []
        for j in range(width):
            column = x[:, j]
            mean, var = self.running_mean[j].clone(), self.running_var[j].clone()
            if training:
                mean = column.sum() / rows
                var = ((column - mean) ** 2).sum() / rows
                self.running_mean[j] += self.rate * (mean - self.running_mean[j])
                self.running_var[j] += self.rate * (var * rows / (rows - 1) - self.running_var[j])
            inverse = 1 / (var + self.epsilon) ** 0.5
            self.memory.append(((column - mean) * inverse, inverse))
            columns.append(self.memory[j][0] * self.gamma[j] + self.beta[j])
        return torch.stack(columns, dim=1)

    def backward(self, grad_out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        rows = len(grad_out)
        grads, grad_gamma = [], []
        for j, (x_hat, inverse) in enumerate(self.memory):
            g = grad_out[:, j] * self.gamma[j]
            centred = g - g.sum() / rows
            grads.append(inverse * (centred - x_hat * torch.dot(centred, x_hat) / rows))
            grad_gamma.append(torch.dot(grad_out[:, j], x_hat))
        return torch.stack(grads, dim=1), torch.stack(grad_gamma), torch.einsum("nd->d", grad_out)


class BatchNorm__step_by_step:
    """The chain rule through every intermediate result, as in the paper's formulas."""

    def __init__(self, num_features: int, eps: float = 1e-05, momentum: float = 0.1) -> None:
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.gamma = torch.ones(num_features)
        self.beta = torch.zeros(num_features)
        self.running_mean = torch.zeros(num_features)
        self.running_var = torch.ones(num_features)

    def forward(self, x: Tensor, training: bool) -> Tensor:
        if x.ndim != 2 or x.size(1) != self.num_features:
            raise ValueError(f"expected x of shape (N, {self.num_features}), got {list(x.shape)}")
        self.gamma = self.gamma.type_as(x)
        self.beta = self.beta.type_as(x)
        self.running_mean = self.running_mean.type_as(x)
        self.running_var = self.running_var.type_as(x)
        if not training:
            scale = self.gamma * torch.rsqrt(self.running_var + self.eps)
            return x * scale + (self.beta - self.running_mean * scale)
        n = x.size(0)
        if n <= 1:
            raise ValueError(f"x.shape is {tuple(x.shape)}: cannot train on fewer than two samples")
        mean = x.mean(dim=0)
        self.centred = x - mean
        self.var = torch.mean(self.centred * self.centred, dim=0)
        self.running_mean.mul_(1 - self.momentum).add_(mean, alpha=self.momentum)
        self.running_var.mul_(1 - self.momentum).add_(self.var, alpha=self.momentum * n / (n - 1))
        self.root = torch.pow(self.var + self.eps, -0.5)
        return torch.addcmul(self.beta, self.gamma, self.centred * self.root)

    def backward(self, grad_out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        n = grad_out.size(0)
        grad_hat = self.gamma * grad_out
        grad_root = (grad_hat * self.centred).sum(dim=0)
        grad_var = -0.5 * self.root**3 * grad_root
        grad_centred = grad_hat * self.root + 2 / n * self.centred * grad_var
        grad_x = grad_centred - grad_centred.mean(dim=0)
        return grad_x, (grad_out * self.centred * self.root).sum(dim=0), grad_out.sum(dim=0)


class BatchNorm__projection:
    """Keeps the input and works everything else out again in the backward pass, by a projection matrix."""

    def __init__(self, num_features: int, eps: float = 1e-05, momentum: float = 0.1) -> None:
        self.settings = (num_features, eps, momentum)
        self.gamma, self.beta = torch.ones(num_features), torch.zeros(num_features)
        self.running_mean, self.running_var = torch.zeros(num_features), torch.ones(num_features)

    def forward(self, x: Tensor, training: bool) -> Tensor:
        num_features, eps, momentum = self.settings
        if x.shape[-1] != num_features:
            raise ValueError("x: shape " + str(tuple(x.shape)))
        if training and x.shape[0] < 2:
            raise ValueError("training=True and x: shape " + str(tuple(x.shape)))
        self.gamma, self.beta = self.gamma.to(x), self.beta.to(x)
        mean, var = self.running_mean.to(x), self.running_var.to(x)
        if training:
            var, mean = torch.var_mean(x, dim=0)
            keep = 1 - momentum
            self.running_mean = self.running_mean.to(x) * keep + mean * momentum
            self.running_var = self.running_var.to(x) * keep + var * momentum
            var = var * (len(x) - 1) / len(x)
            self.x, self.mean, self.std = x.clone(), mean, (var + eps).sqrt()
        else:
            self.running_mean, self.running_var = mean, var
        return (x - mean) / (var + eps).sqrt() * self.gamma + self.beta

    def backward(self, grad_out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x_hat = (self.x - self.mean) / self.std
        n = len(x_hat)
        eye = torch.eye(n, dtype=x_hat.dtype, device=x_hat.device)
        columns = []
        for j in range(x_hat.shape[1]):
            away = eye - 1 / n - torch.outer(x_hat[:, j], x_hat[:, j]) / n
            columns.append(away @ grad_out[:, j] * (self.gamma[j] / self.std[j]))
        return torch.stack(columns, 1), (x_hat * grad_out).sum(0), grad_out.sum(0)


# --- layer_norm -------------------------------------------------------------------------------------------


def layer_norm__row_by_row(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-05) -> Tensor:
    """A loop over the rows."""
    rows = []
    for row in x.reshape(-1, x.shape[-1]):
        centred = row - row.sum() / len(row)
        rows.append(centred / (torch.dot(centred, centred) / len(row) + eps) ** 0.5)
    return torch.stack(rows).reshape(x.shape) * gamma + beta


def layer_norm__var_mean(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-05) -> Tensor:
    """Mean and variance in one call, and the inverse root times gamma."""
    var, mean = torch.var_mean(x, dim=-1, unbiased=False, keepdim=True)
    scale = torch.rsqrt(var + eps) * gamma
    return (x - mean) * scale + beta


def layer_norm__centring_matrix(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-05) -> Tensor:
    width = x.shape[-1]
    centring = torch.eye(width, dtype=x.dtype, device=x.device) - 1 / width
    centred = x @ centring
    var = centred.pow(2).sum(-1, keepdim=True).div(width)
    return torch.addcmul(beta, gamma, centred / var.add(eps).sqrt())


# --- layer_norm_backward ----------------------------------------------------------------------------------


def layer_norm_backward__row_by_row(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """A loop over the rows."""
    width = x.shape[-1]
    rows, grad_gamma, grad_beta = [], torch.zeros_like(gamma), torch.zeros_like(gamma)
    for row, g in zip(x.reshape(-1, width), grad_out.reshape(-1, width), strict=True):
        centred = row - row.mean()
        std = (centred.pow(2).mean() + eps).sqrt()
        x_hat, h = centred / std, g * gamma
        rows.append((h - h.mean() - x_hat * (h * x_hat).mean()) / std)
        grad_gamma = grad_gamma + g * x_hat
        grad_beta = grad_beta + g
    return torch.stack(rows).reshape(x.shape), grad_gamma, grad_beta


def layer_norm_backward__jacobian(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """The whole matrix of slopes for every row."""
    width = x.shape[-1]
    rows, g = x.reshape(-1, width), grad_out.reshape(-1, width)
    std = torch.sqrt(rows.var(1, unbiased=False) + eps)
    x_hat = (rows - rows.mean(1, keepdim=True)) / std[:, None]
    eye = torch.eye(width, dtype=x.dtype, device=x.device)
    jacobian = (eye - 1 / width - x_hat[:, :, None] * x_hat[:, None, :] / width) / std[:, None, None]
    grad_x = torch.einsum("nij,nj->ni", jacobian, g * gamma)
    return grad_x.reshape(x.shape), torch.einsum("nd,nd->d", g, x_hat), g.sum(0)


def layer_norm_backward__step_by_step(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    width = x.shape[-1]
    centred = x - x.mean(dim=-1, keepdim=True)
    root = (centred.square().mean(dim=-1, keepdim=True) + eps) ** -0.5
    grad_hat = grad_out * gamma
    grad_root = (grad_hat * centred).sum(dim=-1, keepdim=True)
    grad_centred = grad_hat * root - centred * root**3 * grad_root / width
    grad_x = grad_centred - grad_centred.sum(dim=-1, keepdim=True) / width
    leading = tuple(range(x.ndim - 1))
    x_hat = centred * root
    if not leading:
        return grad_x, grad_out * x_hat, grad_out.clone()
    return grad_x, (grad_out * x_hat).sum(dim=leading), grad_out.sum(dim=leading)


# --- rms_norm ---------------------------------------------------------------------------------------------


def rms_norm__row_by_row(x: Tensor, gamma: Tensor, eps: float = 1e-05) -> Tensor:
    """A loop over the rows."""
    rows = []
    for row in x.reshape(-1, x.shape[-1]):
        rows.append(row * gamma / (torch.dot(row, row) / len(row) + eps) ** 0.5)
    return torch.stack(rows).reshape(x.shape)


def rms_norm__rsqrt(x: Tensor, gamma: Tensor, eps: float = 1e-05) -> Tensor:
    """The inverse root by torch.rsqrt."""
    return x * torch.rsqrt(x.pow(2).mean(dim=-1, keepdim=True) + eps) * gamma


def rms_norm__from_mean_and_variance(x: Tensor, gamma: Tensor, eps: float = 1e-05) -> Tensor:
    var, mean = torch.var_mean(x, dim=-1, unbiased=False)
    return torch.einsum("...d,...,d->...d", x, (var + mean**2 + eps) ** -0.5, gamma)


def rms_norm__by_the_length(x: Tensor, gamma: Tensor, eps: float = 1e-05) -> Tensor:
    width = x.size(-1)
    length = torch.sqrt(torch.sum(x.square(), -1) + width * eps).unsqueeze(-1)
    return x.div(length).mul(width**0.5).mul(gamma)


# --- rms_norm_backward ------------------------------------------------------------------------------------


def rms_norm_backward__row_by_row(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """A loop over the rows."""
    width = x.shape[-1]
    rows, grad_gamma = [], torch.zeros_like(gamma)
    for row, g in zip(x.reshape(-1, width), grad_out.reshape(-1, width), strict=True):
        square = row.pow(2).mean() + eps
        h = g * gamma
        rows.append(h / square**0.5 - row * torch.dot(h, row) / (width * square**1.5))
        grad_gamma = grad_gamma + g * row / square**0.5
    return torch.stack(rows).reshape(x.shape), grad_gamma


def rms_norm_backward__jacobian(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """The whole matrix of slopes for every row."""
    width = x.shape[-1]
    rows, g = x.reshape(-1, width), grad_out.reshape(-1, width)
    rms = torch.sqrt((rows * rows).mean(1) + eps)
    x_hat = rows / rms[:, None]
    eye = torch.eye(width, dtype=x.dtype, device=x.device)
    jacobian = (eye - x_hat[:, :, None] * x_hat[:, None, :] / width) / rms[:, None, None]
    grad_x = torch.einsum("nij,nj->ni", jacobian, g * gamma)
    return grad_x.reshape(x.shape), torch.einsum("nd,nd->d", g, x_hat)


def rms_norm_backward__step_by_step(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """The chain rule through every intermediate result: mean square, inverse root, product."""
    inverse = torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + eps)
    grad_hat = gamma * grad_out
    grad_inverse = (grad_hat * x).sum(dim=-1, keepdim=True)
    grad_square = -0.5 * inverse**3 * grad_inverse
    grad_x = grad_hat * inverse + 2 * x * grad_square / x.shape[-1]
    per_row = grad_out * x * inverse
    leading = tuple(range(x.ndim - 1))
    return grad_x, per_row.sum(dim=leading) if leading else per_row


# --- law_normalize ----------------------------------------------------------------------------------------


def law_normalize__against_my_own(learner: Any, x: Tensor, eps: float) -> bool:
    """The answer of one's own layer_norm, up to rounding."""
    width = x.shape[-1]
    expected = layer_norm(x, torch.ones(width, dtype=x.dtype), torch.zeros(width, dtype=x.dtype), eps)
    return torch.allclose(learner.normalize(x, eps), expected)


def law_normalize__put_back(learner: Any, x: Tensor, eps: float) -> bool:
    """Multiplied and moved back, the rows are x again; the mean is asked for by itself."""
    found = learner.normalize(x, eps)
    back = found * (x.var(-1, correction=0, keepdim=True) + eps).sqrt() + x.mean(-1, keepdim=True)
    return torch.allclose(back, x, atol=1e-7) and bool(found.mean(-1).abs().max() < 1e-7)


def law_normalize__asserts(learner: Any, x: Tensor, eps: float) -> bool:
    """An error where the law is broken, row by row and pair by pair of neighbours."""
    found = learner.normalize(x, eps)
    assert found.shape == x.shape
    for row, new in zip(x.reshape(-1, x.shape[-1]), found.reshape(-1, x.shape[-1])):
        variance = float(((row - row.mean()) ** 2).mean())
        assert abs(float(new.sum())) < 1e-6
        assert abs(float((new**2).mean()) - variance / (variance + eps)) < 1e-6
        factor = (variance + eps) ** 0.5
        assert bool((new.diff() * factor - row.diff()).abs().max() < 1e-6)
    return True
