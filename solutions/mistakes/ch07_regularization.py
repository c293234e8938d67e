"""Known wrong versions of chapter 7: each docstring is the diagnosis."""

# ruff: noqa: F821 -- a plain exercise name means the right version; it is there when the submission is assembled
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

# --- l2_penalty -------------------------------------------------------------------------------------------


def l2_penalty__no_half(params: Sequence[Tensor], lam: float) -> Tensor:
    """The half is missing: the penalty is lam/2 times the sum of squares, so that its gradient is lam * w."""
    return lam * torch.stack([(w * w).sum() for w in params]).sum()


def l2_penalty__mean_of_squares(params: Sequence[Tensor], lam: float) -> Tensor:
    """The squares of each tensor are averaged instead of summed, so wide layers pay less per weight."""
    return lam / 2 * torch.stack([(w * w).mean() for w in params]).sum()


def l2_penalty__norm(params: Sequence[Tensor], lam: float) -> Tensor:
    """The root is taken: the penalty uses the norm of the weights, not its square."""
    return lam / 2 * torch.stack([(w * w).sum() for w in params]).sum().sqrt()


def l2_penalty__absolute_values(params: Sequence[Tensor], lam: float) -> Tensor:
    """The absolute values are summed: that is the L1 penalty."""
    return lam / 2 * torch.stack([w.abs().sum() for w in params]).sum()


def l2_penalty__square_of_sum(params: Sequence[Tensor], lam: float) -> Tensor:
    """The weights are summed before squaring, so weights of opposite sign cancel."""
    return lam / 2 * torch.stack([w.sum() ** 2 for w in params]).sum()


def l2_penalty__first_tensor_only(params: Sequence[Tensor], lam: float) -> Tensor:
    """Only the first tensor of the list is counted."""
    return l2_penalty(params[:1], lam)


def l2_penalty__matrices_only(params: Sequence[Tensor], lam: float) -> Tensor:
    """Tensors of fewer than two dimensions are left out; every tensor that is given counts."""
    zero = torch.zeros((), dtype=params[0].dtype, device=params[0].device)
    return zero + lam / 2 * sum((w * w).sum() for w in params if w.ndim >= 2)


def l2_penalty__product_of_tensors(params: Sequence[Tensor], lam: float) -> Tensor:
    """The sums of the tensors are multiplied instead of added."""
    return lam / 2 * torch.stack([(w * w).sum() for w in params]).prod()


def l2_penalty__squares_in_place(params: Sequence[Tensor], lam: float) -> Tensor:
    """The weights themselves are squared in place; the penalty must leave them alone."""
    return lam / 2 * torch.stack([w.mul_(w).sum() for w in params]).sum()


def l2_penalty__sum_on_the_cpu(params: Sequence[Tensor], lam: float) -> Tensor:
    """The tensor that collects the sum is made on the CPU, wherever the weights are."""
    total = torch.zeros(1, dtype=params[0].dtype)
    for w in params:
        total = total + (w * w).sum()
    return lam / 2 * total[0]


def l2_penalty__in_float32(params: Sequence[Tensor], lam: float) -> Tensor:
    """The weights are turned into float32 on the way, which loses the precision of float64."""
    return l2_penalty([w.float() for w in params], lam).to(params[0].dtype)


def l2_penalty__python_number(params: Sequence[Tensor], lam: float) -> Tensor:
    """A Python number comes back instead of a tensor of the weights' dtype."""
    return l2_penalty(params, lam).item()


# --- l2_gradients -----------------------------------------------------------------------------------------


def l2_gradients__factor_two(params: Sequence[Tensor], grads: Sequence[Tensor], lam: float) -> list[Tensor]:
    """2 * lam * w is added: with the half in the penalty its gradient is lam * w."""
    return [grad + 2 * lam * params[i] for i, grad in enumerate(grads)]


def l2_gradients__half(params: Sequence[Tensor], grads: Sequence[Tensor], lam: float) -> list[Tensor]:
    """lam/2 * w is added: the half cancels when the square is differentiated."""
    return [grad + lam / 2 * params[i] for i, grad in enumerate(grads)]


def l2_gradients__wrong_sign(params: Sequence[Tensor], grads: Sequence[Tensor], lam: float) -> list[Tensor]:
    """The penalty's gradient is subtracted, so the weights grow."""
    return [grad - lam * params[i] for i, grad in enumerate(grads)]


def l2_gradients__sign_of_weight(
    params: Sequence[Tensor], grads: Sequence[Tensor], lam: float
) -> list[Tensor]:
    """lam * sign(w) is added: that is the gradient of the L1 penalty."""
    return [grad + lam * params[i].sign() for i, grad in enumerate(grads)]


def l2_gradients__adds_the_penalty(
    params: Sequence[Tensor], grads: Sequence[Tensor], lam: float
) -> list[Tensor]:
    """The penalty itself, one number, is added to every gradient instead of its gradient."""
    return [grad + l2_penalty(params, lam) for grad in grads]


def l2_gradients__loss_forgotten(
    params: Sequence[Tensor], grads: Sequence[Tensor], lam: float
) -> list[Tensor]:
    """Only the penalty's gradient comes back; the gradient of the loss is lost."""
    return [lam * w for w in params]


def l2_gradients__mean(params: Sequence[Tensor], grads: Sequence[Tensor], lam: float) -> list[Tensor]:
    """The penalty's gradient is divided by the number of entries; the penalty is a sum, not a mean."""
    return [grad + lam * params[i] / grad.numel() for i, grad in enumerate(grads)]


def l2_gradients__grads_in_place(
    params: Sequence[Tensor], grads: Sequence[Tensor], lam: float
) -> list[Tensor]:
    """The caller's gradients are changed in place; return new tensors."""
    return [grad.add_(lam * params[i]) for i, grad in enumerate(grads)]


def l2_gradients__params_in_place(
    params: Sequence[Tensor], grads: Sequence[Tensor], lam: float
) -> list[Tensor]:
    """The weights are multiplied by lam in place; they must stay as they are."""
    return [params[i].mul_(lam).add(grad) for i, grad in enumerate(grads)]


def l2_gradients__first_tensor_only(
    params: Sequence[Tensor], grads: Sequence[Tensor], lam: float
) -> list[Tensor]:
    """Only the first gradient gets the penalty's share."""
    return [grads[0] + lam * params[0], *(grad.clone() for grad in grads[1:])]


def l2_gradients__price_on_the_cpu(
    params: Sequence[Tensor], grads: Sequence[Tensor], lam: float
) -> list[Tensor]:
    """lam is turned into tensors on the CPU, wherever the weights are; a Python number fits everywhere."""
    prices = [torch.full(w.shape, lam, dtype=w.dtype) for w in params]
    return [grad + prices[i] * params[i] for i, grad in enumerate(grads)]


def l2_gradients__in_float32(params: Sequence[Tensor], grads: Sequence[Tensor], lam: float) -> list[Tensor]:
    """The sum is made in float32, which loses the precision of float64."""
    return [(grad.float() + lam * params[i].float()).to(grad.dtype) for i, grad in enumerate(grads)]


# --- decoupled_decay --------------------------------------------------------------------------------------


def decoupled_decay__rebinds(params: Sequence[Tensor], lr: float, lam: float) -> None:
    """`w = w * …` makes a new tensor and leaves the one that was given unchanged; work in place."""
    for w in params:
        w = w * (1 - lr * lam)


def decoupled_decay__without_lr(params: Sequence[Tensor], lr: float, lam: float) -> None:
    """The learning rate is left out: the share that decays is lr * lam."""
    for w in params:
        w.mul_(1 - lam)


def decoupled_decay__lr_only(params: Sequence[Tensor], lr: float, lam: float) -> None:
    """lam is left out: the share that decays is lr * lam."""
    for w in params:
        w.mul_(1 - lr)


def decoupled_decay__grows(params: Sequence[Tensor], lr: float, lam: float) -> None:
    """The sign is wrong: the weights grow by lr * lam instead of decaying."""
    for w in params:
        w.mul_(1 + lr * lam)


def decoupled_decay__half(params: Sequence[Tensor], lr: float, lam: float) -> None:
    """Half the share decays: the half belongs to the penalty, not to the decay."""
    for w in params:
        w.mul_(1 - lr * lam / 2)


def decoupled_decay__constant_amount(params: Sequence[Tensor], lr: float, lam: float) -> None:
    """The same amount lr * lam is subtracted everywhere; it must be a share of each weight."""
    for w in params:
        w.sub_(lr * lam)


def decoupled_decay__towards_zero_by_sign(params: Sequence[Tensor], lr: float, lam: float) -> None:
    """Every weight moves towards 0 by the same amount: that is the decay of an L1 penalty."""
    for w in params:
        w.sub_(lr * lam * w.sign())


def decoupled_decay__leaves_the_decay(params: Sequence[Tensor], lr: float, lam: float) -> None:
    """The weights are multiplied by lr * lam itself: only the share that should go is left."""
    for w in params:
        w.mul_(lr * lam)


def decoupled_decay__exponential(params: Sequence[Tensor], lr: float, lam: float) -> None:
    """The factor is exp(-lr * lam), close to 1 - lr * lam only while that is small."""
    for w in params:
        w.mul_(2.718281828459045 ** (-lr * lam))


def decoupled_decay__first_tensor_only(params: Sequence[Tensor], lr: float, lam: float) -> None:
    """Only the first tensor decays."""
    decoupled_decay(params[:1], lr, lam)


def decoupled_decay__matrices_only(params: Sequence[Tensor], lr: float, lam: float) -> None:
    """Tensors of fewer than two dimensions do not decay; the caller chooses what is given, all of it decays."""
    decoupled_decay([w for w in params if w.ndim >= 2], lr, lam)


def decoupled_decay__returns_only(params: Sequence[Tensor], lr: float, lam: float) -> None:
    """The decayed weights are returned as new tensors; the ones that were given stay as they are."""
    return [w * (1 - lr * lam) for w in params]


# --- AdamW ------------------------------------------------------------------------------------------------


def _adam_step(optimizer: AdamW, i: int, grad: Tensor) -> None:
    """Adam's step for one tensor, without decay."""
    b1, b2 = optimizer.betas
    optimizer.counts[i] += 1
    optimizer.averages[i] = b1 * optimizer.averages[i] + (1 - b1) * grad
    optimizer.squares[i] = b2 * optimizer.squares[i] + (1 - b2) * grad * grad
    m_hat = optimizer.averages[i] / (1 - b1 ** optimizer.counts[i])
    v_hat = optimizer.squares[i] / (1 - b2 ** optimizer.counts[i])
    optimizer.params[i].sub_(optimizer.lr * m_hat / (v_hat.sqrt() + optimizer.eps))


class AdamW__coupled(AdamW):
    """The decay is added to the gradient, lam * w, and divided by sqrt(v): that is Adam with an L2 penalty."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        for i, grad in enumerate(grads):
            if grad is not None:
                _adam_step(self, i, grad + self.weight_decay * self.params[i])


class AdamW__decay_after_step(AdamW):
    """The weight decays after Adam's step, so the step decays too; the decay is of the weight before it."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        for i, grad in enumerate(grads):
            if grad is not None:
                _adam_step(self, i, grad)
                self.params[i].mul_(1 - self.lr * self.weight_decay)


class AdamW__decay_without_lr(AdamW):
    """The share that decays is weight_decay; it must be lr * weight_decay."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        for i, grad in enumerate(grads):
            if grad is not None:
                self.params[i].mul_(1 - self.weight_decay)
                _adam_step(self, i, grad)


class AdamW__no_decay(AdamW):
    """The weights do not decay at all: this is Adam, weight_decay is ignored."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        for i, grad in enumerate(grads):
            if grad is not None:
                _adam_step(self, i, grad)


class AdamW__decay_fixed_at_creation(AdamW):
    """The decay is computed once, from the first lr; when a schedule sets `lr`, it must change as well."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)
        self.keep = 1 - lr * weight_decay

    def step(self, grads: Sequence[Tensor | None]) -> None:
        for i, grad in enumerate(grads):
            if grad is not None:
                self.params[i].mul_(self.keep)
                _adam_step(self, i, grad)


class AdamW__lr_fixed_at_creation(AdamW):
    """The learning rate is copied when the optimizer is made; `lr` must be read at every step."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)
        self.first_lr = lr

    def step(self, grads: Sequence[Tensor | None]) -> None:
        self.lr = self.first_lr
        super().step(grads)


class AdamW__none_still_decays(AdamW):
    """A parameter whose gradient is None decays all the same; None skips it wholly."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        for i, grad in enumerate(grads):
            self.params[i].mul_(1 - self.lr * self.weight_decay)
            if grad is not None:
                _adam_step(self, i, grad)


class AdamW__none_is_zero(AdamW):
    """A None gradient is treated as a gradient of zeros, which decays, counts and moves by momentum."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        super().step([torch.zeros_like(w) if g is None else g for w, g in zip(self.params, grads)])


class AdamW__none_ends_the_step(AdamW):
    """The loop ends at the first None gradient, so the parameters after it are not updated."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        for i, grad in enumerate(grads):
            if grad is None:
                break
            self.params[i].mul_(1 - self.lr * self.weight_decay)
            _adam_step(self, i, grad)


class AdamW__counts_calls(AdamW):
    """The steps are counted per call, not per parameter: one that was skipped is corrected as if it had moved."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)
        self.calls = 0

    def step(self, grads: Sequence[Tensor | None]) -> None:
        self.counts = [self.calls for _ in self.params]
        super().step(grads)
        self.calls += 1


class AdamW__counts_in_the_loop(AdamW):
    """One counter is raised for every parameter in turn, so the second one starts at step 2."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)
        self.count = 0

    def step(self, grads: Sequence[Tensor | None]) -> None:
        for i, grad in enumerate(grads):
            if grad is not None:
                self.counts[i] = self.count
                self.params[i].mul_(1 - self.lr * self.weight_decay)
                _adam_step(self, i, grad)
                self.count += 1


class AdamW__no_bias_correction(AdamW):
    """Both bias corrections are missing: the averages start at 0 and are too small at first."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        b1, b2 = self.betas
        for i, grad in enumerate(grads):
            if grad is not None:
                self.averages[i] = b1 * self.averages[i] + (1 - b1) * grad
                self.squares[i] = b2 * self.squares[i] + (1 - b2) * grad * grad
                self.params[i].mul_(1 - self.lr * self.weight_decay)
                self.params[i].sub_(self.lr * self.averages[i] / (self.squares[i].sqrt() + self.eps))


class AdamW__squares_not_corrected(AdamW):
    """The correction of the second average is missing; only the first one is divided by 1 - b1^t."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        b1, b2 = self.betas
        for i, grad in enumerate(grads):
            if grad is not None:
                self.counts[i] += 1
                self.averages[i] = b1 * self.averages[i] + (1 - b1) * grad
                self.squares[i] = b2 * self.squares[i] + (1 - b2) * grad * grad
                m_hat = self.averages[i] / (1 - b1 ** self.counts[i])
                self.params[i].mul_(1 - self.lr * self.weight_decay)
                self.params[i].sub_(self.lr * m_hat / (self.squares[i].sqrt() + self.eps))


class AdamW__eps_inside_root(AdamW):
    """eps is added inside the square root; it belongs outside."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        b1, b2 = self.betas
        for i, grad in enumerate(grads):
            if grad is not None:
                self.counts[i] += 1
                self.averages[i] = b1 * self.averages[i] + (1 - b1) * grad
                self.squares[i] = b2 * self.squares[i] + (1 - b2) * grad * grad
                m_hat = self.averages[i] / (1 - b1 ** self.counts[i])
                v_hat = self.squares[i] / (1 - b2 ** self.counts[i])
                self.params[i].mul_(1 - self.lr * self.weight_decay)
                self.params[i].sub_(self.lr * m_hat / (v_hat + self.eps).sqrt())


class AdamW__betas_swapped(AdamW):
    """The two betas are swapped: the first is for the gradient, the second for its square."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(params, lr, (betas[1], betas[0]), eps, weight_decay)


class AdamW__betas_ignored(AdamW):
    """The betas are hard-coded as 0.9 and 0.999; the argument is ignored."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(params, lr, (0.9, 0.999), eps, weight_decay)


class AdamW__eps_ignored(AdamW):
    """eps is hard-coded as 1e-8; the argument is ignored."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(params, lr, betas, 1e-8, weight_decay)


class AdamW__default_of_adam(AdamW):
    """weight_decay is 0 by default, as in Adam; here the default is 0.01."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)


class AdamW__rebinds(AdamW):
    """New tensors replace the parameters inside the optimizer; the ones that were given must be updated in place."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        for i, grad in enumerate(grads):
            if grad is not None:
                self.params[i] = self.params[i] * (1 - self.lr * self.weight_decay)
                _adam_step(self, i, grad)


class AdamW__state_shared(AdamW):
    """Counts and averages are kept on the class, so two optimizers disturb each other."""

    shared: dict[int, tuple] = {}

    def step(self, grads: Sequence[Tensor | None]) -> None:
        if not self.shared:
            self.shared[0] = (self.counts, self.averages, self.squares)
        counts, averages, squares = self.shared[0]
        if [a.shape for a in averages] == [w.shape for w in self.params]:
            self.counts, self.averages, self.squares = counts, averages, squares
        super().step(grads)


class AdamW__keeps_the_gradient(AdamW):
    """The first gradient itself becomes the average and is then changed in place; gradients belong to the caller."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        b1, b2 = self.betas
        for i, grad in enumerate(grads):
            if grad is not None:
                self.counts[i] += 1
                self.squares[i].mul_(b2).add_((1 - b2) * grad * grad)
                if self.counts[i] == 1:
                    self.averages[i] = grad.mul_(1 - b1)
                else:
                    self.averages[i].mul_(b1).add_((1 - b1) * grad)
                m_hat = self.averages[i] / (1 - b1 ** self.counts[i])
                v_hat = self.squares[i] / (1 - b2 ** self.counts[i])
                self.params[i].mul_(1 - self.lr * self.weight_decay)
                self.params[i].sub_(self.lr * m_hat / (v_hat.sqrt() + self.eps))


class AdamW__state_in_float32(AdamW):
    """The averages are kept in float32; for float64 parameters that loses precision."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        super().step(grads)
        self.averages = [m.float().to(m.dtype) for m in self.averages]
        self.squares = [v.float().to(v.dtype) for v in self.squares]


class AdamW__squares_are_absolute(AdamW):
    """The second average is of |g|, not of g squared."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        b1, b2 = self.betas
        for i, grad in enumerate(grads):
            if grad is not None:
                self.counts[i] += 1
                self.averages[i] = b1 * self.averages[i] + (1 - b1) * grad
                self.squares[i] = b2 * self.squares[i] + (1 - b2) * grad.abs()
                m_hat = self.averages[i] / (1 - b1 ** self.counts[i])
                v_hat = self.squares[i] / (1 - b2 ** self.counts[i])
                self.params[i].mul_(1 - self.lr * self.weight_decay)
                self.params[i].sub_(self.lr * m_hat / (v_hat.sqrt() + self.eps))


class AdamW__reads_params_at_every_step(AdamW):
    """`params` is not copied into a list; an iterator such as a generator is used up after the first step."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__([], lr, betas, eps, weight_decay)
        self.source = params

    def step(self, grads: Sequence[Tensor | None]) -> None:
        self.params = list(self.source)
        if not self.counts:
            self.counts = [0 for _ in self.params]
            self.averages = [torch.zeros_like(w) for w in self.params]
            self.squares = [torch.zeros_like(w) for w in self.params]
        super().step(grads[: len(self.params)])


class AdamW__moves_a_flat_copy(AdamW):
    """The parameter is flattened first; of a transposed tensor that makes a copy, and the copy is what moves."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        kept = self.params
        self.params = [w.reshape(-1) for w in kept]
        self.averages = [m.reshape(-1) for m in self.averages]
        self.squares = [v.reshape(-1) for v in self.squares]
        super().step([None if grad is None else grad.reshape(-1) for grad in grads])
        self.params = kept


# --- dropout ----------------------------------------------------------------------------------------------


def _refuse(p: float) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"p is a probability, so within [0, 1]; got p = {p}")


def _kept(x: Tensor, p: float, generator: torch.Generator | None) -> Tensor:
    return torch.rand(x.shape, generator=generator, device=x.device) >= p


def _all_kept(x: Tensor) -> Tensor:
    return torch.ones_like(x, dtype=torch.bool)


def dropout__keeps_with_p(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """p is taken as the probability to keep an entry; it is the probability to drop one."""
    _refuse(p)
    return dropout(x, 1 - p, training=training, generator=generator)


def dropout__not_scaled(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """The kept entries are not divided by 1 - p, so the mean shrinks in training."""
    out, mask = dropout(x, p, training=training, generator=generator)
    return torch.where(mask, x, torch.zeros_like(x)), mask


def dropout__divides_by_p(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """The kept entries are divided by p instead of 1 - p; only for p = 0.5 that is the same."""
    out, mask = dropout(x, p, training=training, generator=generator)
    return (torch.where(mask, x / p if p > 0 else x, torch.zeros_like(x)) if training else out), mask


def dropout__multiplies(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """The kept entries are multiplied by 1 - p instead of divided."""
    out, mask = dropout(x, p, training=training, generator=generator)
    return (torch.where(mask, x * (1 - p), torch.zeros_like(x)) if training else out), mask


def dropout__divides_by_share_kept(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """The kept entries are divided by the share that happened to be kept; the factor is 1 / (1 - p), always."""
    out, mask = dropout(x, p, training=training, generator=generator)
    return torch.where(mask, x / mask.to(x.dtype).mean(), torch.zeros_like(x)), mask


def dropout__scales_in_eval(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """The scaling is done in evaluation, by 1 - p, and not in training; here training carries it."""
    out, mask = dropout(x, p, training=training, generator=generator)
    return (torch.where(mask, x, torch.zeros_like(x)) if training else x * (1 - p)), mask


def dropout__drops_in_eval(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """Entries are dropped in evaluation too: `training` is ignored."""
    return dropout(x, p, training=True, generator=generator)


def dropout__training_inverted(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """It drops in evaluation and does nothing in training: the condition is inverted."""
    return dropout(x, p, training=not training, generator=generator)


def dropout__nan_at_one(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """Dropped entries are multiplied by 0 / (1 - p); at p = 1 that is 0 / 0, not a number."""
    _refuse(p)
    if not training:
        return x, _all_kept(x)
    mask = _kept(x, p, generator)
    return x * mask / torch.tensor(1 - p, dtype=x.dtype, device=x.device), mask


def dropout__mask_shared_by_rows(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """One mask is drawn and used for every row; every entry is decided by itself."""
    _refuse(p)
    if not training:
        return x, _all_kept(x)
    mask = _kept(x[:1], p, generator).expand(x.shape)
    return torch.where(mask, x / (1 - p), 0.0), mask


def dropout__whole_rows(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """Whole rows are dropped or kept; every entry is decided by itself."""
    _refuse(p)
    if not training:
        return x, _all_kept(x)
    mask = _kept(x[..., :1], p, generator).expand(x.shape)
    return torch.where(mask, x / (1 - p), 0.0), mask


def dropout__fixed_number(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """Exactly the share p is dropped each time; entries are to be decided independently of each other."""
    _refuse(p)
    if not training:
        return x, _all_kept(x)
    order = torch.rand(x.numel(), generator=generator, device=x.device).argsort()
    mask = (order >= round(p * x.numel())).reshape(x.shape)
    return torch.where(mask, x / (1 - p), 0.0), mask


def dropout__generator_ignored(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """The random numbers come from torch's global generator; the one that was given is ignored."""
    return dropout(x, p, training=training, generator=None)


def dropout__seeds_anew(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """The generator is set back to its seed in every call, so every call drops the same entries."""
    if generator is not None:
        generator.manual_seed(generator.initial_seed())
    return dropout(x, p, training=training, generator=generator)


def dropout__own_generator_for_none(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """Without a generator a new one with a fixed seed is made, so the mask never changes; None means the global one."""
    if generator is None:
        generator = torch.Generator(device=x.device).manual_seed(0)
    return dropout(x, p, training=training, generator=generator)


def dropout__new_generator_for_none(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """Without a generator a new one is made and seeded by the clock; torch.manual_seed cannot repeat its masks."""
    _refuse(p)
    if generator is not None or not training:
        return dropout(x, p, training=training, generator=generator)
    generator = torch.Generator()
    generator.seed()
    mask = (torch.rand(x.shape, generator=generator) >= p).to(x.device)
    return torch.where(mask, x / (1 - p), 0.0), mask


def dropout__whole_channels(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """For x of rank 3 the last axis shares one toss, as in channel dropout; every entry is decided by itself."""
    if x.ndim < 3 or not training:
        return dropout(x, p, training=training, generator=generator)
    mask = _kept(x[..., :1], p, generator).expand(x.shape)
    return torch.where(mask, x / (1 - p), 0.0), mask


def dropout__draws_in_eval(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """Random numbers are drawn in evaluation too, so an evaluation changes the masks of the training after it."""
    _refuse(p)
    mask = _kept(x, p, generator)
    if not training:
        return x, _all_kept(x)
    return torch.where(mask, x / (1 - p), 0.0), mask


def dropout__mask_of_dropped(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """The mask is True where an entry was dropped; it must be True where it was kept."""
    out, mask = dropout(x, p, training=training, generator=generator)
    return out, ~mask


def dropout__mask_of_numbers(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """The mask holds numbers; a bool mask is asked for."""
    out, mask = dropout(x, p, training=training, generator=generator)
    return out, mask.to(x.dtype)


def dropout__mask_false_in_eval(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """In evaluation the mask is all False, though everything is kept."""
    out, mask = dropout(x, p, training=training, generator=generator)
    return out, mask & training


def dropout__mask_from_zeros(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """The mask is read off the output: an entry that was 0 before is reported as dropped."""
    out, _ = dropout(x, p, training=training, generator=generator)
    return out, out != 0


def dropout__no_refusal(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """A p outside [0, 1] is not refused."""
    return dropout(x, min(max(p, 0.0), 1.0), training=training, generator=generator)


def dropout__refuses_only_above(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """Only p > 1 is refused; a negative p must be, too."""
    return dropout(x, max(p, 0.0), training=training, generator=generator)


def dropout__refuses_only_in_training(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """A p outside [0, 1] is refused in training only; a wrong p must not wait for that."""
    return dropout(x, p if training else 0.5, training=training, generator=generator)


def dropout__refuses_one(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """p = 1 is refused; it is legal and drops everything."""
    if p == 1:
        raise ValueError(f"p must be below 1; got p = {p}")
    return dropout(x, p, training=training, generator=generator)


def dropout__in_place(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """x itself is overwritten; return a new tensor."""
    out, mask = dropout(x, p, training=training, generator=generator)
    return x.copy_(out), mask


def dropout__in_float32(
    x: Tensor, p: float, *, training: bool, generator: torch.Generator | None
) -> tuple[Tensor, Tensor]:
    """The division is made in float32, which loses the precision of float64."""
    out, mask = dropout(x.float(), p, training=training, generator=generator)
    return out.to(x.dtype), mask


# --- dropout_backward -------------------------------------------------------------------------------------


def dropout_backward__not_scaled(grad_out: Tensor, mask: Tensor, p: float) -> Tensor:
    """The gradient is not divided by 1 - p, though the forward scaled the kept entries."""
    return torch.where(mask, grad_out, torch.zeros_like(grad_out))


def dropout_backward__mask_ignored(grad_out: Tensor, mask: Tensor, p: float) -> Tensor:
    """The mask is ignored: dropped entries get a gradient, though the loss does not depend on them."""
    return grad_out / (1 - p) if p < 1 else torch.zeros_like(grad_out)


def dropout_backward__mask_inverted(grad_out: Tensor, mask: Tensor, p: float) -> Tensor:
    """The gradient goes to the dropped entries: the mask is True where an entry was kept."""
    return dropout_backward(grad_out, ~mask, p)


def dropout_backward__divides_by_p(grad_out: Tensor, mask: Tensor, p: float) -> Tensor:
    """The gradient is divided by p instead of 1 - p; only for p = 0.5 that is the same."""
    return torch.where(mask, grad_out / p if p > 0 else grad_out, torch.zeros_like(grad_out))


def dropout_backward__multiplies(grad_out: Tensor, mask: Tensor, p: float) -> Tensor:
    """The gradient is multiplied by 1 - p instead of divided."""
    return torch.where(mask, grad_out * (1 - p), torch.zeros_like(grad_out))


def dropout_backward__divides_by_share_kept(grad_out: Tensor, mask: Tensor, p: float) -> Tensor:
    """The gradient is divided by the share of the mask that is True; the forward divided by 1 - p."""
    return torch.where(mask, grad_out / mask.to(grad_out.dtype).mean(), torch.zeros_like(grad_out))


def dropout_backward__scaled_twice(grad_out: Tensor, mask: Tensor, p: float) -> Tensor:
    """The gradient is divided by 1 - p twice."""
    return dropout_backward(dropout_backward(grad_out, mask, p), mask, p)


def dropout_backward__nan_at_one(grad_out: Tensor, mask: Tensor, p: float) -> Tensor:
    """The mask is multiplied, not chosen by: at p = 1 that is 0 / 0, not a number."""
    return grad_out * mask / torch.tensor(1 - p, dtype=grad_out.dtype, device=grad_out.device)


def dropout_backward__new_mask(grad_out: Tensor, mask: Tensor, p: float) -> Tensor:
    """A new mask is drawn; the backward must use the mask of the forward."""
    return dropout(grad_out, p, training=True, generator=None)[0]


def dropout_backward__in_place(grad_out: Tensor, mask: Tensor, p: float) -> Tensor:
    """grad_out itself is overwritten; return a new tensor."""
    return grad_out.copy_(dropout_backward(grad_out, mask, p))


def dropout_backward__zeros_on_the_cpu(grad_out: Tensor, mask: Tensor, p: float) -> Tensor:
    """The zeros are made on the CPU, wherever grad_out is."""
    return torch.where(mask, grad_out / (1 - p), torch.zeros(grad_out.shape, dtype=grad_out.dtype))


def dropout_backward__in_float32(grad_out: Tensor, mask: Tensor, p: float) -> Tensor:
    """The division is made in float32, which loses the precision of float64."""
    return dropout_backward(grad_out.float(), mask, p).to(grad_out.dtype)


# --- EarlyStopping: what is a gain ------------------------------------------------------------------------


class _EarlyStopping(EarlyStopping):
    """EarlyStopping with its parts apart, so that one of them can be wrong."""

    def is_gain(self, metric: float) -> bool:
        """Whether a metric is a gain."""
        return metric < self.lowest - self.min_delta

    def copies(self, params: Sequence[Tensor]) -> list[Tensor]:
        """What is kept of the parameters at a gain."""
        return [param.clone() for param in params]

    def restore(self, param: Tensor, kept: Tensor) -> None:
        """Bring one parameter back."""
        param.copy_(kept)

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        self.bad_steps += 1
        if self.is_gain(metric):
            self.lowest = metric
            self.bad_steps = 0
            self.kept = self.copies(params)
        return self.bad_steps > self.patience

    def best(self, params: Sequence[Tensor]) -> None:
        if self.kept is None:
            raise ValueError("there is no best yet: no step was a gain")
        if len(params) != len(self.kept):
            raise ValueError(f"params has {len(params)} tensors; {len(self.kept)} are kept")
        for param, kept in zip(params, self.kept):
            self.restore(param, kept)


class EarlyStopping__tie_is_a_gain(_EarlyStopping):
    """A tie counts as a gain (<=), so a metric that stays the same never stops the training."""

    def is_gain(self, metric: float) -> bool:
        return metric <= self.lowest - self.min_delta and metric < float("inf")


class EarlyStopping__nan_is_a_gain(_EarlyStopping):
    """The test is turned round: every comparison with NaN is false, so NaN counts as a gain."""

    def is_gain(self, metric: float) -> bool:
        return not metric >= self.lowest - self.min_delta


class EarlyStopping__first_metric_is_a_gain(_EarlyStopping):
    """The first metric is a gain whatever it is; if it is NaN, nothing is ever below it."""

    def is_gain(self, metric: float) -> bool:
        return self.kept is None or metric < self.lowest - self.min_delta


class EarlyStopping__infinity_is_a_gain(_EarlyStopping):
    """A first metric of infinity counts as a gain; a run that diverged from the start has no best."""

    def is_gain(self, metric: float) -> bool:
        return metric < self.lowest - self.min_delta or (self.kept is None and metric == self.lowest)


class EarlyStopping__starts_at_zero(_EarlyStopping):
    """The best metric starts at a number, not at infinity; here it is 0, so a metric above 0 is never a gain."""

    def is_gain(self, metric: float) -> bool:
        return metric < (0.0 if self.kept is None else self.lowest - self.min_delta)


class EarlyStopping__higher_is_better(_EarlyStopping):
    """A higher metric counts as a gain; here lower is better, as for a loss."""

    def __init__(self, patience: int, min_delta: float = 0.0) -> None:
        super().__init__(patience, min_delta)
        self.lowest = -float("inf")

    def is_gain(self, metric: float) -> bool:
        return metric > self.lowest + self.min_delta


class EarlyStopping__min_delta_ignored(_EarlyStopping):
    """min_delta is accepted and then ignored."""

    def is_gain(self, metric: float) -> bool:
        return metric < self.lowest


class EarlyStopping__min_delta_reached_is_a_gain(_EarlyStopping):
    """A metric lower by min_delta exactly counts as a gain; it must be lower by more."""

    def is_gain(self, metric: float) -> bool:
        return (
            metric < self.lowest
            if not self.min_delta
            else metric <= self.lowest - self.min_delta < self.lowest
        )


class EarlyStopping__min_delta_added(_EarlyStopping):
    """min_delta is added where it must be subtracted, so a metric that got worse is a gain."""

    def is_gain(self, metric: float) -> bool:
        return metric < self.lowest + self.min_delta


class EarlyStopping__min_delta_is_a_share(_EarlyStopping):
    """min_delta is taken as a share of the best metric; it is a difference."""

    def is_gain(self, metric: float) -> bool:
        return metric < self.lowest * (1 - self.min_delta)


class EarlyStopping__other_default_min_delta(EarlyStopping):
    """The default of min_delta is 0.001; it is 0, so that any fall is a gain."""

    def __init__(self, patience: int, min_delta: float = 1e-3) -> None:
        super().__init__(patience, min_delta)


class EarlyStopping__compares_with_the_last(EarlyStopping):
    """The metric is compared with the one before, not with the best."""

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        stop = super().step(metric, params)
        self.lowest = metric
        return stop


class EarlyStopping__best_follows_every_fall(EarlyStopping):
    """The best metric moves down at every fall, gain or not, so small gains never add up."""

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        stop = super().step(metric, params)
        self.lowest = min(self.lowest, metric)
        return stop


class EarlyStopping__bad_metric_becomes_best(EarlyStopping):
    """After a bad step its metric is the one to beat."""

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        stop = super().step(metric, params)
        if self.bad_steps:
            self.lowest = max(self.lowest, metric)
        return stop


# --- EarlyStopping: when to stop --------------------------------------------------------------------------


class EarlyStopping__stops_one_step_early(EarlyStopping):
    """It stops at bad step number patience; so many are tolerated, and the next one stops."""

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        super().step(metric, params)
        return self.bad_steps >= self.patience


class EarlyStopping__stops_one_step_late(EarlyStopping):
    """It tolerates one bad step more than patience."""

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        super().step(metric, params)
        return self.bad_steps > self.patience + 1


class EarlyStopping__counts_all_bad_steps(EarlyStopping):
    """A gain does not set the count back to 0, so bad steps add up over the whole training."""

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        bad = self.bad_steps
        super().step(metric, params)
        self.bad_steps = bad + (self.bad_steps > 0)
        return self.bad_steps > self.patience


class EarlyStopping__gain_takes_one_back(EarlyStopping):
    """A gain takes one bad step back; it should set the count to 0."""

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        bad = self.bad_steps
        super().step(metric, params)
        self.bad_steps = bad + 1 if self.bad_steps else max(bad - 1, 0)
        return self.bad_steps > self.patience


class EarlyStopping__gain_counts_as_one(EarlyStopping):
    """A gain sets the count to 1, as if it were a bad step itself."""

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        super().step(metric, params)
        self.bad_steps = max(self.bad_steps, 1) if self.patience else self.bad_steps
        return self.bad_steps > self.patience


class EarlyStopping__says_stop_once(EarlyStopping):
    """It says stop at one step only and then starts to count anew; it should go on saying so."""

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        stop = super().step(metric, params)
        self.bad_steps = 0 if stop else self.bad_steps
        return stop


class EarlyStopping__stays_stopped(EarlyStopping):
    """Once it has said stop it says so for ever; a gain after that makes it False again."""

    stopped = False

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        self.stopped = super().step(metric, params) or self.stopped
        return self.stopped


class EarlyStopping__stops_at_the_first_rise(EarlyStopping):
    """patience is accepted and then ignored: the first bad step stops."""

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        super().step(metric, params)
        return self.bad_steps > 0


class EarlyStopping__says_go_on(EarlyStopping):
    """It returns True to go on; True means stop."""

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        return not super().step(metric, params)


class EarlyStopping__returns_the_count(EarlyStopping):
    """The number of bad steps comes back; True or False is asked for."""

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        super().step(metric, params)
        return self.bad_steps


# --- EarlyStopping: what is kept, and where it goes -------------------------------------------------------


class EarlyStopping__keeps_the_tensors(_EarlyStopping):
    """The list of parameters is kept, not a copy of them: training goes on writing into the same tensors."""

    def copies(self, params: Sequence[Tensor]) -> list[Tensor]:
        return list(params)


class EarlyStopping__keeps_views(_EarlyStopping):
    """detach (or a view) shares its memory with the parameter; only clone makes a copy."""

    def copies(self, params: Sequence[Tensor]) -> list[Tensor]:
        return [param.detach() for param in params]


class EarlyStopping__keeps_float32(_EarlyStopping):
    """The copies are float32 whatever the parameters are."""

    def copies(self, params: Sequence[Tensor]) -> list[Tensor]:
        return (
            [param.float() for param in params]
            if params[0].dtype is not torch.float32
            else [param.clone() for param in params]
        )


class EarlyStopping__keeps_one_parameter(_EarlyStopping):
    """Only the first parameter is copied; the others come back as they are now."""

    def copies(self, params: Sequence[Tensor]) -> list[Tensor]:
        return [params[0].clone(), *params[1:]]


class EarlyStopping__keeps_the_latest(EarlyStopping):
    """The parameters are copied at every step, so the latest come back, not the best."""

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        stop = super().step(metric, params)
        if self.kept is not None:
            self.kept = [param.clone() for param in params]
        return stop


class EarlyStopping__keeps_the_first_gain(EarlyStopping):
    """The parameters are copied at the first gain only."""

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        kept = self.kept
        stop = super().step(metric, params)
        self.kept = kept or self.kept
        return stop


class EarlyStopping__keeps_every_fall(EarlyStopping):
    """The parameters are copied at every new lowest metric, even one that is no gain."""

    truly_lowest = float("inf")

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        stop = super().step(metric, params)
        if metric < self.truly_lowest:
            self.truly_lowest = metric
            self.kept = [param.clone() for param in params]
        return stop


class EarlyStopping__keeps_the_parameters_before(EarlyStopping):
    """The copy is made after the decision, at the next step: it holds what training made of the best since."""

    waiting = False

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        kept = self.kept
        if self.waiting:
            kept = [param.clone() for param in params]
        stop = super().step(metric, params)
        self.waiting = self.bad_steps == 0
        if kept is not None:
            self.kept = kept
        return stop


class EarlyStopping__copies_by_shape(_EarlyStopping):
    """The copies are kept by shape, so of two parameters of one shape both get the values of the last."""

    def copies(self, params: Sequence[Tensor]) -> list[Tensor]:
        by_shape = {param.shape: param.clone() for param in params}
        return [by_shape[param.shape] for param in params]


class EarlyStopping__restores_when_it_stops(EarlyStopping):
    """The best parameters are written back when it stops; that is for the caller to ask."""

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        stop = super().step(metric, params)
        if stop and self.kept is not None:
            super().best(params)
        return stop


class EarlyStopping__rebinds(EarlyStopping):
    """The kept tensors are put into the list; the tensors of the network keep their values."""

    def best(self, params: Sequence[Tensor]) -> None:
        super().best([param.clone() for param in params])
        if self.kept is not None and isinstance(params, list):
            params[:] = [kept.clone() for kept in self.kept]


class EarlyStopping__returns_the_copies(EarlyStopping):
    """The copies come back as a result; nothing is written into `params`."""

    def best(self, params: Sequence[Tensor]) -> None:
        super().best([param.clone() for param in params])
        return [kept.clone() for kept in self.kept or ()]


class EarlyStopping__hands_out_the_copy(_EarlyStopping):
    """param.data = kept makes both one tensor, so the next step of training changes the copy."""

    def restore(self, param: Tensor, kept: Tensor) -> None:
        param.data = kept


class EarlyStopping__adds_the_difference(_EarlyStopping):
    """The difference to the copy is added; for a parameter that is NaN or infinite this is NaN."""

    def restore(self, param: Tensor, kept: Tensor) -> None:
        param.add_(kept - param)


class EarlyStopping__into_the_tensors_of_the_gain(EarlyStopping):
    """The values are written into the tensors that `step` was given, not into those that `best` is given."""

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        self.seen = list(params)
        return super().step(metric, params)

    def best(self, params: Sequence[Tensor]) -> None:
        super().best([param.clone() for param in params])
        super().best(self.seen)


class EarlyStopping__no_scalars(_EarlyStopping):
    """The values are written through param[:], which a parameter without dimensions does not have."""

    def restore(self, param: Tensor, kept: Tensor) -> None:
        param[:] = kept


class EarlyStopping__writes_into_a_copy(_EarlyStopping):
    """The values are written into the flattened parameter; reshape makes that a copy where memory is not in order."""

    def restore(self, param: Tensor, kept: Tensor) -> None:
        param.reshape(-1).copy_(kept.reshape(-1))


class EarlyStopping__skips_the_vectors(_EarlyStopping):
    """Only matrices are restored; biases and scalars keep the values of the last step."""

    def restore(self, param: Tensor, kept: Tensor) -> None:
        if param.ndim > 1:
            param.copy_(kept)


class EarlyStopping__forgets_after_best(EarlyStopping):
    """The copy is given up once it was restored, so `best` works a single time."""

    def best(self, params: Sequence[Tensor]) -> None:
        super().best(params)
        self.kept = None


class EarlyStopping__counts_anew_after_best(EarlyStopping):
    """Restoring sets the count of bad steps back to 0; it should change nothing else."""

    def best(self, params: Sequence[Tensor]) -> None:
        super().best(params)
        self.bad_steps = 0


class EarlyStopping__starts_anew_after_best(EarlyStopping):
    """Restoring forgets the best metric, so the next one is a gain whatever it is."""

    def best(self, params: Sequence[Tensor]) -> None:
        super().best(params)
        self.lowest = float("inf")


class EarlyStopping__best_is_a_number(EarlyStopping):
    """An attribute named best, the best metric, hides the method of that name."""

    def __init__(self, patience: int, min_delta: float = 0.0) -> None:
        super().__init__(patience, min_delta)
        self.best = float("inf")


class EarlyStopping__memory_on_the_class(EarlyStopping):
    """The copies are kept on the class, so a second one brings back the parameters of the first."""

    shared: list[Tensor] = []

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        self.kept = None
        stop = super().step(metric, params)
        if self.kept is not None:
            self.shared[:] = self.kept
        return stop

    def best(self, params: Sequence[Tensor]) -> None:
        self.kept = self.shared or None
        super().best(params)


class EarlyStopping__counts_on_the_class(EarlyStopping):
    """The bad steps are counted on the class, so two of them disturb each other."""

    counts = {"bad": 0}

    def __init__(self, patience: int, min_delta: float = 0.0) -> None:
        super().__init__(patience, min_delta)
        self.counts["bad"] = 0

    def step(self, metric: float, params: Sequence[Tensor]) -> bool:
        self.bad_steps = self.counts["bad"]
        stop = super().step(metric, params)
        self.counts["bad"] = self.bad_steps
        return stop


# --- EarlyStopping: refusals ------------------------------------------------------------------------------


class EarlyStopping__negative_patience_accepted(EarlyStopping):
    """A negative patience is not refused; it stops even at a gain."""

    def __init__(self, patience: int, min_delta: float = 0.0) -> None:
        super().__init__(max(patience, 0), min_delta)
        self.patience = patience


class EarlyStopping__zero_patience_refused(EarlyStopping):
    """patience = 0 is refused; it is legal and stops at the first bad step."""

    def __init__(self, patience: int, min_delta: float = 0.0) -> None:
        if patience < 1:
            raise ValueError(f"patience is {patience}; it is at least 1")
        super().__init__(patience, min_delta)


class EarlyStopping__negative_min_delta_accepted(EarlyStopping):
    """A negative min_delta is not refused; a metric that got worse is then a gain."""

    def __init__(self, patience: int, min_delta: float = 0.0) -> None:
        super().__init__(patience, max(min_delta, 0.0))
        self.min_delta = min_delta


class EarlyStopping__refuses_without_saying_why(EarlyStopping):
    """The ValueError does not name the argument and its value, so nobody can tell what to mend."""

    def __init__(self, patience: int, min_delta: float = 0.0) -> None:
        if patience < 0 or min_delta < 0:
            raise ValueError("invalid settings")
        super().__init__(patience, min_delta)


class EarlyStopping__no_best_is_silent(EarlyStopping):
    """Before the first gain `best` does nothing and says nothing; the caller believes in a best that is none."""

    def best(self, params: Sequence[Tensor]) -> None:
        if self.kept is not None:
            super().best(params)


class EarlyStopping__no_best_is_a_type_error(EarlyStopping):
    """Before the first gain the missing copy raises a TypeError, which does not say what is missing."""

    def best(self, params: Sequence[Tensor]) -> None:
        if self.kept is None:
            raise TypeError("NoneType is not iterable")
        super().best(params)


class EarlyStopping__no_best_gives_zeros(EarlyStopping):
    """Before the first gain zeros are written, as the copies start as zeros."""

    def best(self, params: Sequence[Tensor]) -> None:
        if self.kept is None:
            for param in params:
                param.zero_()
        super().best(params)


class EarlyStopping__wrong_number_accepted(EarlyStopping):
    """Another number of tensors is not refused: zip stops at the shorter list and says nothing."""

    def best(self, params: Sequence[Tensor]) -> None:
        super().best([kept.clone() for kept in self.kept or ()])
        for param, kept in zip(params, self.kept or ()):
            param.copy_(kept)


class EarlyStopping__writes_before_refusing(EarlyStopping):
    """The number of tensors is checked at the end, when some have been overwritten already."""

    def best(self, params: Sequence[Tensor]) -> None:
        for param, kept in zip(params, self.kept or ()):
            param.copy_(kept)
        super().best(params)


# --- law_dropout ------------------------------------------------------------------------------------------


def law_dropout__always_true(learner: Any, x: Tensor, p: float, seed: int) -> bool:
    """It is True of everything, right or wrong."""
    learner.dropout(x, p, seed)
    return True


def law_dropout__always_false(learner: Any, x: Tensor, p: float, seed: int) -> bool:
    """It is False of everything, right or wrong."""
    learner.dropout(x, p, seed)
    return False


def law_dropout__some_zeros(learner: Any, x: Tensor, p: float, seed: int) -> bool:
    """It asks only whether something was dropped, and not how much, nor what became of the rest."""
    return p == 0 or bool((learner.dropout(x, p, seed) == 0).any())


def law_dropout__exact_count(learner: Any, x: Tensor, p: float, seed: int) -> bool:
    """It asks for exactly p times as many zeros as there are entries, and rejects what is random."""
    dropped = learner.dropout(x, p, seed)
    kept = dropped != 0
    return int((~kept).sum()) == round(p * x.numel()) and torch.allclose(dropped[kept], x[kept] / (1 - p))


def law_dropout__mean_only(learner: Any, x: Tensor, p: float, seed: int) -> bool:
    """It compares the mean before and after, which many wrong ways keep as well."""
    return abs(float(learner.dropout(x.abs(), p, seed).mean() - x.abs().mean())) < 0.2


def law_dropout__one_seed(learner: Any, x: Tensor, p: float, seed: int) -> bool:
    """It never asks with another seed, and takes the same entries every time for random ones."""
    dropped = learner.dropout(x, p, seed)
    kept = dropped != 0
    right_share = abs(float(kept.double().mean()) - (1 - p)) < 0.1 and bool(kept.any(1).all())
    return right_share and torch.allclose(dropped[kept], x[kept] / (1 - p))


def law_dropout__rows_not_looked_at(learner: Any, x: Tensor, p: float, seed: int) -> bool:
    """It counts zeros over all entries, and does not see that they lie in whole rows."""
    dropped, again = learner.dropout(x, p, seed), learner.dropout(x, p, seed + 1)
    kept = dropped != 0
    right_share = abs(float(kept.double().mean()) - (1 - p)) < 0.1 and (p == 0 or not torch.equal(dropped, again))
    return right_share and torch.allclose(dropped[kept], x[kept] / (1 - p))


def law_dropout__not_enlarged(learner: Any, x: Tensor, p: float, seed: int) -> bool:
    """It takes x for right where an entry stays, and not x / (1 - p); it rejects right answers."""
    dropped = learner.dropout(x, p, seed)
    return torch.allclose(dropped[dropped != 0], x[dropped != 0])
