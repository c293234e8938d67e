"""Known wrong versions of chapter 11; each docstring is what a teacher would say about it."""

# ruff: noqa: F821 -- the solution's names are put beside these versions when a submission is assembled
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def _measured(loss: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The gradient of a loss by differences of the fourth order: right to eleven digits or more, and no formula."""
    slopes, h = torch.zeros_like(x, memory_format=torch.contiguous_format), 1e-3
    for k in range(x.numel()):
        for steps, weight in ((1, 2 / 3), (-1, -2 / 3), (2, -1 / 12), (-2, 1 / 12)):
            moved = x.flatten().clone()
            moved[k] += steps * h
            slopes.view(-1)[k] += weight * loss(moved.reshape(x.shape)) / h
    return slopes


# --- BatchNorm: forward in training -----------------------------------------------------------------------


class _Plain:
    """A right batch norm in one piece, whose parts the mistakes below replace."""

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.gamma, self.beta = torch.ones(num_features), torch.zeros(num_features)
        self.running_mean, self.running_var = torch.zeros(num_features), torch.ones(num_features)

    def forward(self, x: Tensor, training: bool) -> Tensor:
        self._refuse(x, training)
        self._convert(x)
        if training:
            self._update(x)
        mean, std = self._statistics(x, training)
        x_hat = (x - mean) / std
        if training:
            self.x, self.x_hat, self.std = x, x_hat, std
        return self._affine(x_hat)

    def _refuse(self, x: Tensor, training: bool) -> None:
        if x.shape[1] != self.num_features:
            raise ValueError(f"x has shape {tuple(x.shape)}; its width must be {self.num_features}")
        if training and len(x) < 2:
            raise ValueError(f"x has shape {tuple(x.shape)}; training needs two rows or more")

    def _convert(self, x: Tensor) -> None:
        self.gamma, self.beta = self.gamma.to(x), self.beta.to(x)
        self.running_mean, self.running_var = self.running_mean.to(x), self.running_var.to(x)

    def _update(self, x: Tensor) -> None:
        self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * x.mean(0)
        self.running_var = (1 - self.momentum) * self.running_var + self.momentum * x.var(0)

    def _statistics(self, x: Tensor, training: bool) -> tuple[Tensor, Tensor]:
        if training:
            return x.mean(0), torch.sqrt(x.var(0, unbiased=False) + self.eps)
        return self.running_mean, torch.sqrt(self.running_var + self.eps)

    def _affine(self, x_hat: Tensor) -> Tensor:
        return self.gamma * x_hat + self.beta

    def backward(self, grad_out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        g = grad_out * self.gamma
        grad_x = (g - g.mean(0) - self.x_hat * (g * self.x_hat).mean(0)) / self.std
        return grad_x, (grad_out * self.x_hat).sum(0), grad_out.sum(0)


class BatchNorm__unbiased_variance(_Plain):
    """The batch is normalised by the unbiased variance; only the running one divides by N - 1."""

    def _statistics(self, x: Tensor, training: bool) -> tuple[Tensor, Tensor]:
        if training:
            return x.mean(0), torch.sqrt(x.var(0) + self.eps)
        return self.running_mean, torch.sqrt(self.running_var + self.eps)


class BatchNorm__eps_outside_the_root(_Plain):
    """eps is added to the standard deviation; it belongs to the variance, under the root."""

    def _statistics(self, x: Tensor, training: bool) -> tuple[Tensor, Tensor]:
        if training:
            return x.mean(0), torch.sqrt(x.var(0, unbiased=False)) + self.eps
        return self.running_mean, torch.sqrt(self.running_var) + self.eps


class BatchNorm__no_eps(_Plain):
    """eps is not used; a constant column divides by 0."""

    def _statistics(self, x: Tensor, training: bool) -> tuple[Tensor, Tensor]:
        if training:
            return x.mean(0), torch.sqrt(x.var(0, unbiased=False))
        return self.running_mean, torch.sqrt(self.running_var)


class BatchNorm__eps_hard_coded(_Plain):
    """eps is ignored; 1e-5 is used always."""

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__(num_features, 1e-5, momentum)


class BatchNorm__no_eps_in_evaluation(_Plain):
    """In evaluation eps is left out."""

    def _statistics(self, x: Tensor, training: bool) -> tuple[Tensor, Tensor]:
        if training:
            return super()._statistics(x, training)
        return self.running_mean, torch.sqrt(self.running_var)


class BatchNorm__along_the_rows(_Plain):
    """Each row is normalised over its features: that is layer norm."""

    def _statistics(self, x: Tensor, training: bool) -> tuple[Tensor, Tensor]:
        if training:
            return x.mean(1, keepdim=True), torch.sqrt(x.var(1, unbiased=False, keepdim=True) + self.eps)
        return super()._statistics(x, training)


class BatchNorm__one_for_all_features(_Plain):
    """Mean and variance are taken over the whole batch at once; every feature has its own."""

    def _statistics(self, x: Tensor, training: bool) -> tuple[Tensor, Tensor]:
        if training:
            return x.mean(), torch.sqrt(x.var(unbiased=False) + self.eps)
        return super()._statistics(x, training)


class BatchNorm__not_centred_variance(_Plain):
    """The mean of the squares is taken for the variance; the mean must be subtracted before squaring."""

    def _statistics(self, x: Tensor, training: bool) -> tuple[Tensor, Tensor]:
        if training:
            return x.mean(0), torch.sqrt((x * x).mean(0) + self.eps)
        return super()._statistics(x, training)


class BatchNorm__difference_of_squares(_Plain):
    """The variance is computed as mean(x^2) - mean(x)^2, which loses its digits when the mean is large."""

    def _statistics(self, x: Tensor, training: bool) -> tuple[Tensor, Tensor]:
        if training:
            return x.mean(0), torch.sqrt((x * x).mean(0) - x.mean(0) ** 2 + self.eps)
        return super()._statistics(x, training)


class BatchNorm__beta_before_gamma(_Plain):
    """beta is added before the multiplication by gamma; it comes last."""

    def _affine(self, x_hat: Tensor) -> Tensor:
        return self.gamma * (x_hat + self.beta)


class BatchNorm__no_beta(_Plain):
    """beta is not added."""

    def _affine(self, x_hat: Tensor) -> Tensor:
        return self.gamma * x_hat


class BatchNorm__no_gamma(_Plain):
    """gamma is not applied in the forward pass."""

    def _affine(self, x_hat: Tensor) -> Tensor:
        return x_hat + self.beta


class BatchNorm__keeps_the_first_gamma(_Plain):
    """gamma and beta are kept from the first forward on; whoever trains sets new ones between the calls."""

    kept: tuple[Tensor, Tensor] | None = None

    def _affine(self, x_hat: Tensor) -> Tensor:
        if self.kept is None:
            self.kept = self.gamma, self.beta
        gamma, beta = self.kept
        return gamma * x_hat + beta


class BatchNorm__eps_0_ignored(_Plain):
    """`eps or 1e-5` takes an eps of 0 for one that is not given."""

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__(num_features, eps or 1e-5, momentum)


class BatchNorm__changes_x(_Plain):
    """The mean is subtracted from x in place; the caller's tensor must stay as it is."""

    def forward(self, x: Tensor, training: bool) -> Tensor:
        out = super().forward(x, training)
        x -= x.mean(0)
        return out


class BatchNorm__float32_inside(_Plain):
    """A float64 batch is normalised in float32."""

    def forward(self, x: Tensor, training: bool) -> Tensor:
        return super().forward(x.to(torch.float32), training).to(x.dtype)


class BatchNorm__stays_float32(_Plain):
    """Parameters and statistics do not take on the dtype of x at the first forward."""

    def _convert(self, x: Tensor) -> None:
        pass


# --- BatchNorm: running statistics ------------------------------------------------------------------------


class BatchNorm__momentum_reversed(_Plain):
    """momentum weighs the old value, as in the optimizers; here it is the share of the newest one."""

    def _update(self, x: Tensor) -> None:
        self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * x.mean(0)
        self.running_var = self.momentum * self.running_var + (1 - self.momentum) * x.var(0)


class BatchNorm__momentum_hard_coded(_Plain):
    """momentum is ignored; 0.1 is used always."""

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__(num_features, eps, 0.1)


class BatchNorm__biased_running_variance(_Plain):
    """The running variance collects biased variances; it needs those that divide by N - 1."""

    def _update(self, x: Tensor) -> None:
        self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * x.mean(0)
        self.running_var = (1 - self.momentum) * self.running_var + self.momentum * x.var(0, unbiased=False)


class BatchNorm__running_variance_starts_at_0(_Plain):
    """The running variance starts at 0; it starts at 1."""

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__(num_features, eps, momentum)
        self.running_var = torch.zeros(num_features)


class BatchNorm__starts_at_the_first_batch(_Plain):
    """The running statistics are those of the first batch at first; they start at 0 and 1 and move from there."""

    def _update(self, x: Tensor) -> None:
        if not self.running_mean.any():
            self.running_mean, self.running_var = x.mean(0), x.var(0)
        super()._update(x)


class BatchNorm__keeps_the_last_batch(_Plain):
    """The running statistics are replaced by those of each batch; they are averages."""

    def _update(self, x: Tensor) -> None:
        self.running_mean, self.running_var = x.mean(0), x.var(0)


class BatchNorm__never_updates(_Plain):
    """The running statistics stay at 0 and 1."""

    def _update(self, x: Tensor) -> None:
        pass


class BatchNorm__averages_standard_deviations(_Plain):
    """The running average is one of standard deviations; it must be one of variances."""

    def _update(self, x: Tensor) -> None:
        self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * x.mean(0)
        self.running_var = (1 - self.momentum) * self.running_var + self.momentum * x.std(0)


class BatchNorm__running_difference_of_squares(_Plain):
    """The running variance is computed as mean(x^2) - mean(x)^2, which loses its digits when the mean is large."""

    def _update(self, x: Tensor) -> None:
        var = ((x * x).mean(0) - x.mean(0) ** 2) * len(x) / (len(x) - 1)
        self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * x.mean(0)
        self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var


class BatchNorm__trains_on_running_statistics(_Plain):
    """In training x is normalised by the running statistics; it needs those of the batch."""

    def _statistics(self, x: Tensor, training: bool) -> tuple[Tensor, Tensor]:
        return super()._statistics(x, False)


# --- BatchNorm: evaluation --------------------------------------------------------------------------------


class BatchNorm__evaluates_on_the_batch(_Plain):
    """Evaluation normalises by the statistics of the batch; it must use the running ones."""

    def _statistics(self, x: Tensor, training: bool) -> tuple[Tensor, Tensor]:
        return super()._statistics(x, True)


class BatchNorm__evaluation_updates(_Plain):
    """Evaluation updates the running statistics too; it may only read them."""

    def forward(self, x: Tensor, training: bool) -> Tensor:
        out = super().forward(x, training)
        if not training and len(x) > 1:
            self._update(x)
        return out


class BatchNorm__evaluation_without_gamma_and_beta(_Plain):
    """Evaluation leaves out gamma and beta."""

    def forward(self, x: Tensor, training: bool) -> Tensor:
        if training:
            return super().forward(x, training)
        self._refuse(x, training)
        self._convert(x)
        return (x - self.running_mean) / torch.sqrt(self.running_var + self.eps)


class BatchNorm__refuses_one_row_always(_Plain):
    """A batch of one is refused in evaluation too; there it is fine."""

    def _refuse(self, x: Tensor, training: bool) -> None:
        super()._refuse(x, True)


# --- BatchNorm: refusals, state ---------------------------------------------------------------------------


class BatchNorm__takes_one_row(_Plain):
    """Training on a batch of one is not refused: its variance is 0, and the unbiased one 0 / 0."""

    def _refuse(self, x: Tensor, training: bool) -> None:
        super()._refuse(x, False)


class BatchNorm__takes_any_width(_Plain):
    """A wrong width is not refused; with one feature it goes through and makes nonsense."""

    def _refuse(self, x: Tensor, training: bool) -> None:
        if training and len(x) < 2:
            raise ValueError(f"x has shape {tuple(x.shape)}; training needs two rows or more")


class BatchNorm__refuses_without_a_word(_Plain):
    """The refusals do not say what was wrong: the message names neither x nor its shape."""

    def _refuse(self, x: Tensor, training: bool) -> None:
        if x.shape[1] != self.num_features or (training and len(x) < 2):
            raise ValueError("bad input")


_SHARED: dict[str, Tensor] = {}


class BatchNorm__shares_statistics(_Plain):
    """All layers of one width share their running mean: it is kept outside the object."""

    def _update(self, x: Tensor) -> None:
        key = f"{self.num_features} {x.dtype} {x.device}"
        self.running_mean = _SHARED.get(key, self.running_mean)
        super()._update(x)
        _SHARED[key] = self.running_mean


class BatchNorm__shares_the_memory_of_backward(_Plain):
    """What backward needs is kept in a dictionary of the class: with two layers, it is that of the last forward."""

    memory: dict[str, tuple[Tensor, Tensor]] = {}

    def forward(self, x: Tensor, training: bool) -> Tensor:
        out = super().forward(x, training)
        if training:
            self.memory["last"] = self.x_hat, self.std
        return out

    def backward(self, grad_out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        self.x_hat, self.std = self.memory["last"]
        return super().backward(grad_out)


# --- BatchNorm: backward ----------------------------------------------------------------------------------


class BatchNorm__constant_statistics(_Plain):
    """The backward pass takes mean and variance for constants; x moves them too."""

    def backward(self, grad_out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        _, grad_gamma, grad_beta = super().backward(grad_out)
        return grad_out * self.gamma / self.std, grad_gamma, grad_beta


class BatchNorm__constant_variance(_Plain):
    """The backward pass takes the variance for a constant; the term with x_hat is missing."""

    def backward(self, grad_out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        _, grad_gamma, grad_beta = super().backward(grad_out)
        g = grad_out * self.gamma
        return (g - g.mean(0)) / self.std, grad_gamma, grad_beta


class BatchNorm__constant_mean(_Plain):
    """The backward pass takes the mean for a constant; the mean of the gradient is not subtracted."""

    def backward(self, grad_out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        _, grad_gamma, grad_beta = super().backward(grad_out)
        g = grad_out * self.gamma
        return (g - self.x_hat * (g * self.x_hat).mean(0)) / self.std, grad_gamma, grad_beta


class BatchNorm__sums_for_means(_Plain):
    """The two terms of the backward pass are sums over the batch; they are means."""

    def backward(self, grad_out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        _, grad_gamma, grad_beta = super().backward(grad_out)
        g = grad_out * self.gamma
        return (g - g.sum(0) - self.x_hat * (g * self.x_hat).sum(0)) / self.std, grad_gamma, grad_beta


class BatchNorm__gamma_forgotten_backward(_Plain):
    """gamma is missing from the gradient with respect to x."""

    def backward(self, grad_out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        _, grad_gamma, grad_beta = super().backward(grad_out)
        return super().backward(grad_out / self.gamma)[0], grad_gamma, grad_beta


class BatchNorm__not_divided_backward(_Plain):
    """The gradient with respect to x is not divided by the standard deviation."""

    def backward(self, grad_out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        grad_x, grad_gamma, grad_beta = super().backward(grad_out)
        return grad_x * self.std, grad_gamma, grad_beta


class BatchNorm__grad_gamma_from_x(_Plain):
    """The gradient of gamma is taken with x; gamma multiplies x_hat."""

    def backward(self, grad_out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        grad_x, _, grad_beta = super().backward(grad_out)
        return grad_x, (grad_out * self.x).sum(0), grad_beta


class BatchNorm__parameter_gradients_averaged(_Plain):
    """The gradients of gamma and beta are means over the batch; they are sums."""

    def backward(self, grad_out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        grad_x, grad_gamma, grad_beta = super().backward(grad_out)
        return grad_x, grad_gamma / len(grad_out), grad_beta / len(grad_out)


class BatchNorm__parameter_gradients_not_summed(_Plain):
    """The gradients of gamma and beta are not summed over the batch."""

    def backward(self, grad_out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return super().backward(grad_out)[0], grad_out * self.x_hat, grad_out


class BatchNorm__measured(_Plain):
    """The gradient is measured, by differences of the forward at points close together; it is to be derived by hand."""

    def backward(self, grad_out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        def loss(moved: Tensor) -> Tensor:
            mean, std = self._statistics(moved, True)
            return (grad_out * self.gamma * (moved - mean) / std).sum()

        return _measured(loss, self.x), (grad_out * self.x_hat).sum(0), grad_out.sum(0)


class BatchNorm__gradients_swapped(_Plain):
    """The gradients of gamma and beta come back in the wrong order."""

    def backward(self, grad_out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        grad_x, grad_gamma, grad_beta = super().backward(grad_out)
        return grad_x, grad_beta, grad_gamma


class BatchNorm__gradients_accumulate(_Plain):
    """The gradients of gamma and beta pile up from call to call; each call returns its own."""

    piled: tuple[Tensor | float, Tensor | float] = (0.0, 0.0)

    def backward(self, grad_out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        grad_x, grad_gamma, grad_beta = super().backward(grad_out)
        self.piled = (self.piled[0] + grad_gamma, self.piled[1] + grad_beta)
        return grad_x, *self.piled


# --- layer_norm -------------------------------------------------------------------------------------------


def layer_norm__along_the_batch(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-05) -> Tensor:
    """The first axis is normalised: that is batch norm. Layer norm takes the last."""
    std = torch.sqrt(x.var(0, unbiased=False, keepdim=True) + eps)
    return gamma * ((x - x.mean(0, keepdim=True)) / std) + beta


def layer_norm__second_axis(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-05) -> Tensor:
    """The axis is written as 1, which is the last one only for a matrix."""
    axis = 1 if x.ndim > 1 else 0
    std = torch.sqrt(x.var(axis, unbiased=False, keepdim=True) + eps)
    return gamma * ((x - x.mean(axis, keepdim=True)) / std) + beta


def layer_norm__all_axes_but_the_first(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-05) -> Tensor:
    """Each sample is normalised over all its axes; only the last one counts."""
    axes = tuple(range(1, x.ndim)) or (0,)
    std = torch.sqrt(x.var(axes, unbiased=False, keepdim=True) + eps)
    return gamma * ((x - x.mean(axes, keepdim=True)) / std) + beta


def layer_norm__whole_tensor(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-05) -> Tensor:
    """Mean and variance are taken over the whole tensor; each row has its own."""
    return gamma * ((x - x.mean()) / torch.sqrt(x.var(unbiased=False) + eps)) + beta


def layer_norm__unbiased_variance(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-05) -> Tensor:
    """The variance divides by D - 1; it should divide by D."""
    std = torch.sqrt(
        ((x - x.mean(-1, keepdim=True)) ** 2).sum(-1, keepdim=True) / max(x.shape[-1] - 1, 1) + eps
    )
    return gamma * ((x - x.mean(-1, keepdim=True)) / std) + beta


def layer_norm__eps_outside_the_root(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-05) -> Tensor:
    """eps is added to the standard deviation; it belongs to the variance, under the root."""
    std = torch.sqrt(x.var(-1, unbiased=False, keepdim=True)) + eps
    return gamma * ((x - x.mean(-1, keepdim=True)) / std) + beta


def layer_norm__eps_hard_coded(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-05) -> Tensor:
    """eps is ignored; 1e-5 is used always."""
    return layer_norm(x, gamma, beta)


def layer_norm__default_eps(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-06) -> Tensor:
    """The default of eps is 1e-6; it should be 1e-5."""
    return layer_norm(x, gamma, beta, eps)


def layer_norm__no_eps(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-05) -> Tensor:
    """eps is not used; a constant row divides by 0."""
    return layer_norm(x, gamma, beta, 0.0)


def layer_norm__not_centred_variance(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-05) -> Tensor:
    """The mean of the squares is taken for the variance; the mean must be subtracted before squaring."""
    return gamma * ((x - x.mean(-1, keepdim=True)) / torch.sqrt((x * x).mean(-1, keepdim=True) + eps)) + beta


def layer_norm__mean_left_in(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-05) -> Tensor:
    """The mean is not subtracted from x."""
    return gamma * (x / torch.sqrt(x.var(-1, unbiased=False, keepdim=True) + eps)) + beta


def layer_norm__difference_of_squares(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-05) -> Tensor:
    """The variance is computed as mean(x^2) - mean(x)^2, which loses its digits when the mean is large."""
    mean = x.mean(-1, keepdim=True)
    var = (x * x).mean(-1, keepdim=True) - mean**2
    return gamma * ((x - mean) / torch.sqrt(var + eps)) + beta


def layer_norm__beta_before_gamma(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-05) -> Tensor:
    """beta is added before the multiplication by gamma; it comes last."""
    return gamma * (layer_norm(x, torch.ones_like(gamma), torch.zeros_like(beta), eps) + beta)


def layer_norm__no_beta(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-05) -> Tensor:
    """beta is not added."""
    return layer_norm(x, gamma, torch.zeros_like(beta), eps)


def layer_norm__changes_x(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-05) -> Tensor:
    """The mean is subtracted from x in place; the caller's tensor must stay as it is."""
    out = layer_norm(x, gamma, beta, eps)
    x -= x.mean(-1, keepdim=True)
    return out


def layer_norm__float32_inside(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-05) -> Tensor:
    """A float64 input is normalised in float32."""
    return layer_norm(x.to(torch.float32), gamma, beta, eps).to(x.dtype)


def layer_norm__mean_on_the_cpu(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-05) -> Tensor:
    """The mean is taken with weights made on the CPU, wherever x is."""
    shares = torch.full((x.shape[-1],), 1 / x.shape[-1], dtype=x.dtype)
    mean = (x * shares).sum(-1, keepdim=True)
    return gamma * ((x - mean) / torch.sqrt(((x - mean) ** 2).mean(-1, keepdim=True) + eps)) + beta


# --- layer_norm_backward ----------------------------------------------------------------------------------


def _parts(grad_out, x, eps):
    """x_hat and the standard deviation of the forward pass."""
    std = torch.sqrt(x.var(-1, unbiased=False, keepdim=True) + eps)
    return (x - x.mean(-1, keepdim=True)) / std, std


def layer_norm_backward__measured(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradient is measured, by differences of the function at points close together; it is to be derived by hand."""
    _, grad_gamma, grad_beta = layer_norm_backward(grad_out, x, gamma, eps)
    no_shift = torch.zeros_like(gamma)
    slopes = _measured(lambda moved: (grad_out * layer_norm(moved, gamma, no_shift, eps)).sum(), x)
    return slopes, grad_gamma, grad_beta


def layer_norm_backward__constant_statistics(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Mean and variance are taken for constants; x moves them too."""
    _, grad_gamma, grad_beta = layer_norm_backward(grad_out, x, gamma, eps)
    return grad_out * gamma / _parts(grad_out, x, eps)[1], grad_gamma, grad_beta


def layer_norm_backward__constant_variance(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """The variance is taken for a constant; the term with x_hat is missing."""
    _, grad_gamma, grad_beta = layer_norm_backward(grad_out, x, gamma, eps)
    g = grad_out * gamma
    return (g - g.mean(-1, keepdim=True)) / _parts(grad_out, x, eps)[1], grad_gamma, grad_beta


def layer_norm_backward__constant_mean(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """The mean is taken for a constant; the mean of the gradient is not subtracted."""
    _, grad_gamma, grad_beta = layer_norm_backward(grad_out, x, gamma, eps)
    (x_hat, std), g = _parts(grad_out, x, eps), grad_out * gamma
    return (g - x_hat * (g * x_hat).mean(-1, keepdim=True)) / std, grad_gamma, grad_beta


def layer_norm_backward__gamma_outside(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """gamma is applied at the end; it differs along the row, so it belongs inside both means."""
    grad_x, grad_gamma, grad_beta = layer_norm_backward(grad_out, x, torch.ones_like(gamma), eps)
    return grad_x * gamma, grad_gamma, grad_beta


def layer_norm_backward__gamma_forgotten(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """gamma is missing from the gradient with respect to x."""
    return layer_norm_backward(grad_out, x, torch.ones_like(gamma), eps)


def layer_norm_backward__sums_for_means(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """The two terms of the gradient are sums along the row; they are means."""
    _, grad_gamma, grad_beta = layer_norm_backward(grad_out, x, gamma, eps)
    (x_hat, std), g = _parts(grad_out, x, eps), grad_out * gamma
    grad_x = (g - g.sum(-1, keepdim=True) - x_hat * (g * x_hat).sum(-1, keepdim=True)) / std
    return grad_x, grad_gamma, grad_beta


def layer_norm_backward__not_divided(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradient with respect to x is not divided by the standard deviation."""
    grad_x, grad_gamma, grad_beta = layer_norm_backward(grad_out, x, gamma, eps)
    return grad_x * _parts(grad_out, x, eps)[1], grad_gamma, grad_beta


def layer_norm_backward__means_along_the_batch(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """The means of the gradient run over the first axis, as in batch norm."""
    _, grad_gamma, grad_beta = layer_norm_backward(grad_out, x, gamma, eps)
    (x_hat, std), g = _parts(grad_out, x, eps), grad_out * gamma
    grad_x = (g - g.mean(0, keepdim=True) - x_hat * (g * x_hat).mean(0, keepdim=True)) / std
    return grad_x, grad_gamma, grad_beta


def layer_norm_backward__eps_hard_coded(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """eps is ignored; 1e-5 is used always."""
    return layer_norm_backward(grad_out, x, gamma, 1e-5)


def layer_norm_backward__eps_outside_the_root(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """eps is added to the standard deviation; it belongs to the variance, under the root."""
    std = torch.sqrt(x.var(-1, unbiased=False, keepdim=True)) + eps
    x_hat, g = (x - x.mean(-1, keepdim=True)) / std, grad_out * gamma
    grad_x = (g - g.mean(-1, keepdim=True) - x_hat * (g * x_hat).mean(-1, keepdim=True)) / std
    width = len(gamma)
    return grad_x, (grad_out * x_hat).reshape(-1, width).sum(0), grad_out.reshape(-1, width).sum(0)


def layer_norm_backward__difference_of_squares(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """The variance is computed as mean(x^2) - mean(x)^2, which loses its digits when the mean is large."""
    mean, width = x.mean(-1, keepdim=True), len(gamma)
    std = torch.sqrt((x * x).mean(-1, keepdim=True) - mean**2 + eps)
    x_hat, g = (x - mean) / std, grad_out * gamma
    grad_x = (g - g.mean(-1, keepdim=True) - x_hat * (g * x_hat).mean(-1, keepdim=True)) / std
    return grad_x, (grad_out * x_hat).reshape(-1, width).sum(0), grad_out.reshape(-1, width).sum(0)


def layer_norm_backward__sums_over_the_first_axis(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of gamma and beta are summed over the first axis only; all but the last belong in."""
    grad_x, grad_gamma, grad_beta = layer_norm_backward(grad_out, x, gamma, eps)
    if x.ndim == 1:
        return grad_x, grad_gamma, grad_beta
    x_hat, _ = _parts(grad_out, x, eps)
    return grad_x, (grad_out * x_hat).sum(0), grad_out.sum(0)


def layer_norm_backward__parameter_gradients_averaged(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of gamma and beta are means over the rows; they are sums."""
    grad_x, grad_gamma, grad_beta = layer_norm_backward(grad_out, x, gamma, eps)
    rows = x.numel() // x.shape[-1]
    return grad_x, grad_gamma / rows, grad_beta / rows


def layer_norm_backward__grad_gamma_from_x(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradient of gamma is taken with x; gamma multiplies x_hat."""
    grad_x, _, grad_beta = layer_norm_backward(grad_out, x, gamma, eps)
    return grad_x, (grad_out * x).reshape(-1, len(gamma)).sum(0), grad_beta


def layer_norm_backward__grad_gamma_with_gamma(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradient of gamma holds gamma once too often."""
    grad_x, grad_gamma, grad_beta = layer_norm_backward(grad_out, x, gamma, eps)
    return grad_x, grad_gamma * gamma, grad_beta


def layer_norm_backward__gradients_swapped(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of gamma and beta come back in the wrong order."""
    grad_x, grad_gamma, grad_beta = layer_norm_backward(grad_out, x, gamma, eps)
    return grad_x, grad_beta, grad_gamma


def layer_norm_backward__float32_inside(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """float64 gradients are computed in float32."""
    single = [t.to(torch.float32) for t in (grad_out, x, gamma)]
    grad_x, grad_gamma, grad_beta = layer_norm_backward(*single, eps)
    return grad_x.to(x.dtype), grad_gamma.to(x.dtype), grad_beta.to(x.dtype)


def layer_norm_backward__sums_on_the_cpu(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradient of beta starts as zeros made on the CPU, wherever x is."""
    grad_x, grad_gamma, _ = layer_norm_backward(grad_out, x, gamma, eps)
    grad_beta = torch.zeros(x.shape[-1], dtype=x.dtype)
    for row in grad_out.reshape(-1, len(gamma)):
        grad_beta = grad_beta + row
    return grad_x, grad_gamma, grad_beta


# --- rms_norm ---------------------------------------------------------------------------------------------


def rms_norm__sum_for_mean(x: Tensor, gamma: Tensor, eps: float = 1e-5) -> Tensor:
    """The squares are summed: the row is divided by its length; the mean of the squares is wanted."""
    return gamma * x / torch.sqrt((x * x).sum(-1, keepdim=True) + eps)


def rms_norm__mean_subtracted(x: Tensor, gamma: Tensor, eps: float = 1e-5) -> Tensor:
    """The mean is subtracted first: that is layer norm. Here nothing is taken off x."""
    return layer_norm(x, gamma, torch.zeros_like(gamma), eps)


def rms_norm__variance_for_mean_square(x: Tensor, gamma: Tensor, eps: float = 1e-5) -> Tensor:
    """x is divided by its standard deviation; it is the mean of the squares that counts, mean included."""
    return gamma * x / torch.sqrt(x.var(-1, unbiased=False, keepdim=True) + eps)


def rms_norm__no_root(x: Tensor, gamma: Tensor, eps: float = 1e-5) -> Tensor:
    """x is divided by the mean of the squares itself; the root is missing."""
    return gamma * x / ((x * x).mean(-1, keepdim=True) + eps)


def rms_norm__mean_of_absolute_values(x: Tensor, gamma: Tensor, eps: float = 1e-5) -> Tensor:
    """x is divided by the mean of |x|; it is the root of the mean of the squares that is wanted."""
    return gamma * x / (x.abs().mean(-1, keepdim=True) + eps)


def rms_norm__eps_outside_the_root(x: Tensor, gamma: Tensor, eps: float = 1e-5) -> Tensor:
    """eps is added to the root; it belongs to the mean square, under the root."""
    return gamma * x / (torch.sqrt((x * x).mean(-1, keepdim=True)) + eps)


def rms_norm__no_eps(x: Tensor, gamma: Tensor, eps: float = 1e-5) -> Tensor:
    """eps is not used; a row of zeros divides by 0."""
    return rms_norm(x, gamma, 0.0)


def rms_norm__eps_hard_coded(x: Tensor, gamma: Tensor, eps: float = 1e-5) -> Tensor:
    """eps is ignored; 1e-5 is used always."""
    return rms_norm(x, gamma)


def rms_norm__default_eps(x: Tensor, gamma: Tensor, eps: float = 1e-6) -> Tensor:
    """The default of eps is 1e-6; it should be 1e-5."""
    return rms_norm(x, gamma, eps)


def rms_norm__eps_0_ignored(x: Tensor, gamma: Tensor, eps: float = 1e-5) -> Tensor:
    """`eps or 1e-5` takes an eps of 0 for one that is not given."""
    return rms_norm(x, gamma, eps or 1e-5)


def rms_norm__whole_tensor(x: Tensor, gamma: Tensor, eps: float = 1e-5) -> Tensor:
    """The mean is taken over the whole tensor; each row has its own."""
    return gamma * x / torch.sqrt((x * x).mean() + eps)


def rms_norm__along_the_batch(x: Tensor, gamma: Tensor, eps: float = 1e-5) -> Tensor:
    """The mean runs over the first axis; it must run over the last."""
    return gamma * x / torch.sqrt((x * x).mean(0, keepdim=True) + eps)


def rms_norm__second_axis(x: Tensor, gamma: Tensor, eps: float = 1e-5) -> Tensor:
    """The axis is written as 1, which is the last one only for a matrix."""
    axis = 1 if x.ndim > 1 else 0
    return gamma * x / torch.sqrt((x * x).mean(axis, keepdim=True) + eps)


def rms_norm__gamma_under_the_root(x: Tensor, gamma: Tensor, eps: float = 1e-5) -> Tensor:
    """gamma is applied before the mean is taken; it comes last."""
    return rms_norm(gamma * x, torch.ones_like(gamma), eps)


def rms_norm__no_gamma(x: Tensor, gamma: Tensor, eps: float = 1e-5) -> Tensor:
    """gamma is not applied."""
    return rms_norm(x, torch.ones_like(gamma), eps)


def rms_norm__sign_lost(x: Tensor, gamma: Tensor, eps: float = 1e-5) -> Tensor:
    """The absolute values of x are divided; the sign has to stay."""
    return rms_norm(x.abs(), gamma, eps)


def rms_norm__changes_x(x: Tensor, gamma: Tensor, eps: float = 1e-5) -> Tensor:
    """x is divided in place; the caller's tensor must stay as it is."""
    x /= torch.sqrt((x * x).mean(-1, keepdim=True) + eps)
    return gamma * x


def rms_norm__float32_inside(x: Tensor, gamma: Tensor, eps: float = 1e-5) -> Tensor:
    """A float64 input is normalised in float32."""
    return rms_norm(x.to(torch.float32), gamma.to(torch.float32), eps).to(x.dtype)


def rms_norm__flat_view(x: Tensor, gamma: Tensor, eps: float = 1e-5) -> Tensor:
    """view fails for a transposed or strided tensor; reshape does not, and here neither is needed."""
    return rms_norm(x.view(-1, x.shape[-1]), gamma, eps).view(x.shape)


def rms_norm__shares_on_the_cpu(x: Tensor, gamma: Tensor, eps: float = 1e-5) -> Tensor:
    """The mean is taken with weights made on the CPU, wherever x is."""
    shares = torch.full((x.shape[-1],), 1 / x.shape[-1], dtype=x.dtype)
    return gamma * x / torch.sqrt((x * x * shares).sum(-1, keepdim=True) + eps)


# --- rms_norm_backward ------------------------------------------------------------------------------------


def _by_rms(x, eps):
    """x divided by its root mean square, and the latter."""
    rms = torch.sqrt((x * x).mean(-1, keepdim=True) + eps)
    return x / rms, rms


def rms_norm_backward__measured(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """The gradient is measured, by differences of the function at points close together; it is to be derived by hand."""
    _, grad_gamma = rms_norm_backward(grad_out, x, gamma, eps)
    return _measured(lambda moved: (grad_out * rms_norm(moved, gamma, eps)).sum(), x), grad_gamma


def rms_norm_backward__formula_of_layer_norm(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """The mean of g is subtracted, as in layer norm; here no mean was taken off x, so none comes back."""
    _, grad_gamma = rms_norm_backward(grad_out, x, gamma, eps)
    (x_hat, rms), g = _by_rms(x, eps), grad_out * gamma
    return (g - g.mean(-1, keepdim=True) - x_hat * (g * x_hat).mean(-1, keepdim=True)) / rms, grad_gamma


def rms_norm_backward__constant_rms(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """The rms is taken for a constant; x moves it too."""
    _, grad_gamma = rms_norm_backward(grad_out, x, gamma, eps)
    return grad_out * gamma / _by_rms(x, eps)[1], grad_gamma


def rms_norm_backward__gamma_outside(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """gamma is applied at the end; it differs along the row, so it belongs inside the mean."""
    grad_x, grad_gamma = rms_norm_backward(grad_out, x, torch.ones_like(gamma), eps)
    return grad_x * gamma, grad_gamma


def rms_norm_backward__gamma_forgotten(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """gamma is missing from the gradient with respect to x."""
    return rms_norm_backward(grad_out, x, torch.ones_like(gamma), eps)


def rms_norm_backward__sum_for_mean(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """The product of g and x_hat is summed along the row; its mean is wanted."""
    _, grad_gamma = rms_norm_backward(grad_out, x, gamma, eps)
    (x_hat, rms), g = _by_rms(x, eps), grad_out * gamma
    return (g - x_hat * (g * x_hat).sum(-1, keepdim=True)) / rms, grad_gamma


def rms_norm_backward__x_for_x_hat(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """The mean is one of g times x; it must be g times x_hat."""
    _, grad_gamma = rms_norm_backward(grad_out, x, gamma, eps)
    (x_hat, rms), g = _by_rms(x, eps), grad_out * gamma
    return (g - x_hat * (g * x).mean(-1, keepdim=True)) / rms, grad_gamma


def rms_norm_backward__not_divided(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """The gradient with respect to x is not divided by the rms."""
    grad_x, grad_gamma = rms_norm_backward(grad_out, x, gamma, eps)
    return grad_x * _by_rms(x, eps)[1], grad_gamma


def rms_norm_backward__sign(grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """The term with x_hat is added; it must be subtracted."""
    _, grad_gamma = rms_norm_backward(grad_out, x, gamma, eps)
    (x_hat, rms), g = _by_rms(x, eps), grad_out * gamma
    return (g + x_hat * (g * x_hat).mean(-1, keepdim=True)) / rms, grad_gamma


def rms_norm_backward__mean_along_the_batch(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """The mean of the gradient runs over the first axis; it must run over the last."""
    _, grad_gamma = rms_norm_backward(grad_out, x, gamma, eps)
    (x_hat, rms), g = _by_rms(x, eps), grad_out * gamma
    return (g - x_hat * (g * x_hat).mean(0, keepdim=True)) / rms, grad_gamma


def rms_norm_backward__eps_hard_coded(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """eps is ignored; 1e-5 is used always."""
    return rms_norm_backward(grad_out, x, gamma, 1e-5)


def rms_norm_backward__no_eps(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """eps is not used; a row of zeros divides by 0."""
    return rms_norm_backward(grad_out, x, gamma, 0.0)


def rms_norm_backward__eps_outside_the_root(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """eps is added to the root; it belongs to the mean square, under the root."""
    rms, g = torch.sqrt((x * x).mean(-1, keepdim=True)) + eps, grad_out * gamma
    x_hat = x / rms
    grad_x = (g - x_hat * (g * x_hat).mean(-1, keepdim=True)) / rms
    return grad_x, (grad_out * x_hat).reshape(-1, len(gamma)).sum(0)


def rms_norm_backward__sums_over_the_first_axis(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """The gradient of gamma is summed over the first axis only; all but the last belong in."""
    grad_x, grad_gamma = rms_norm_backward(grad_out, x, gamma, eps)
    return grad_x, (grad_out * _by_rms(x, eps)[0]).sum(0) if x.ndim > 1 else grad_gamma


def rms_norm_backward__grad_gamma_averaged(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """The gradient of gamma is a mean over the rows; it is a sum."""
    grad_x, grad_gamma = rms_norm_backward(grad_out, x, gamma, eps)
    return grad_x, grad_gamma * x.shape[-1] / x.numel()


def rms_norm_backward__grad_gamma_from_x(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """The gradient of gamma is taken with x; gamma multiplies x_hat."""
    grad_x, _ = rms_norm_backward(grad_out, x, gamma, eps)
    return grad_x, (grad_out * x).reshape(-1, len(gamma)).sum(0)


def rms_norm_backward__grad_gamma_with_gamma(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """The gradient of gamma holds gamma once too often."""
    grad_x, grad_gamma = rms_norm_backward(grad_out, x, gamma, eps)
    return grad_x, grad_gamma * gamma


def rms_norm_backward__float32_inside(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """float64 gradients are computed in float32."""
    single = [t.to(torch.float32) for t in (grad_out, x, gamma)]
    grad_x, grad_gamma = rms_norm_backward(*single, eps)
    return grad_x.to(x.dtype), grad_gamma.to(x.dtype)


def rms_norm_backward__changes_grad_out(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """grad_out is multiplied by gamma in place; it belongs to the caller."""
    found = rms_norm_backward(grad_out, x, gamma, eps)
    grad_out *= gamma
    return found


def rms_norm_backward__flat_view(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """view fails for a transposed or strided tensor; reshape does not."""
    grad_x, _ = rms_norm_backward(grad_out, x, gamma, eps)
    rows = grad_out.view(-1, len(gamma))
    return grad_x, (rows * _by_rms(x, eps)[0].view(-1, len(gamma))).sum(0)


def rms_norm_backward__sums_on_the_cpu(
    grad_out: Tensor, x: Tensor, gamma: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """The gradient of gamma starts as zeros made on the CPU, wherever x is."""
    grad_x, _ = rms_norm_backward(grad_out, x, gamma, eps)
    grad_gamma = torch.zeros(x.shape[-1], dtype=x.dtype)
    for row in (grad_out * _by_rms(x, eps)[0]).reshape(-1, len(gamma)):
        grad_gamma = grad_gamma + row
    return grad_x, grad_gamma


# --- law_normalize ----------------------------------------------------------------------------------------


def law_normalize__always_true(learner: Any, x: Tensor, eps: float) -> bool:
    """It is True of everything, right or wrong."""
    learner.normalize(x, eps)
    return True


def law_normalize__always_false(learner: Any, x: Tensor, eps: float) -> bool:
    """It is False of everything, right or wrong."""
    learner.normalize(x, eps)
    return False


def law_normalize__mean_only(learner: Any, x: Tensor, eps: float) -> bool:
    """It looks at the mean alone."""
    means = learner.normalize(x, eps).mean(-1)
    return torch.allclose(means, torch.zeros_like(means), atol=1e-6)


def law_normalize__mean_and_variance_only(learner: Any, x: Tensor, eps: float) -> bool:
    """It looks at mean and variance, which mirrored rows have as well."""
    found = learner.normalize(x, eps)
    variance = x.var(-1, correction=0)
    right = torch.allclose(found.var(-1, correction=0), variance / (variance + eps))
    return right and torch.allclose(found.mean(-1), torch.zeros_like(variance), atol=1e-6)


def law_normalize__variance_of_one(learner: Any, x: Tensor, eps: float) -> bool:
    """It asks for a variance of exactly 1, and rejects right answers, in which eps takes off a little."""
    variances = learner.normalize(x, eps).var(-1, correction=0)
    return torch.allclose(variances, torch.ones_like(variances))


def law_normalize__roughly(learner: Any, x: Tensor, eps: float) -> bool:
    """It leaves so much room that eps may stand in the wrong place."""
    return torch.allclose(learner.normalize(x, eps), layer_norm(x, x.new_ones(()), x.new_zeros(()), eps), atol=0.3)


def law_normalize__order_only(learner: Any, x: Tensor, eps: float) -> bool:
    """It asks that the entries stay in order, and neither for the mean nor for the variance."""
    found = learner.normalize(x, eps)
    return torch.equal(found.argsort(dim=-1, stable=True), x.argsort(dim=-1, stable=True))


def law_normalize__without_signs(learner: Any, x: Tensor, eps: float) -> bool:
    """It compares absolute values, and mirrored rows keep it."""
    expected = layer_norm(x, x.new_ones(()), x.new_zeros(()), eps)
    return torch.allclose(learner.normalize(x, eps).abs(), expected.abs(), atol=1e-6)


def law_normalize__exact(learner: Any, x: Tensor, eps: float) -> bool:
    """It compares with ==, and rejects right answers that were rounded otherwise."""
    return torch.equal(learner.normalize(x, eps), layer_norm(x, x.new_ones(()), x.new_zeros(()), eps))
