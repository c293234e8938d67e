"""Known mistakes in chapter 5: near-solutions, each with the diagnosis a teacher would give."""
# ruff: noqa: F821 -- SGD, Adam and RMSprop are the right versions, put there when a submission is assembled

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor


def _refuse_wrong_count(grads: Sequence[Tensor | None], params: Sequence[Tensor]) -> None:
    if len(grads) != len(params):
        raise ValueError(f"grads has {len(grads)} entries, for {len(params)} parameters")


# --- SGD: the update --------------------------------------------------------------------------------------


class SGD__new_tensor(SGD):
    """The updated values go into a new tensor; the tensors of `params` themselves never move."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        _refuse_wrong_count(grads, self.params)
        for index, grad in enumerate(grads):
            if grad is not None:
                velocity = self.velocities[index].mul_(self.momentum).add_(grad)
                direction = grad + self.momentum * velocity if self.nesterov else velocity
                self.params[index] = self.params[index] - self.lr * direction


class SGD__writes_into_a_copy(SGD):
    """The step is taken in the flattened parameter; reshape makes that a copy where memory is not in order."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        kept, self.params = self.params, [param.reshape(-1) for param in self.params]
        try:
            super().step([None if grad is None else grad.reshape(-1) for grad in grads])
        finally:
            self.params = kept

    def __init__(
        self, params: Iterable[Tensor], lr: float, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        super().__init__(params, lr, momentum, nesterov)
        self.velocities = [velocity.reshape(-1) for velocity in self.velocities]


class SGD__no_scalars(SGD):
    """The new values are written through param[:], which a parameter without dimensions does not have."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        _refuse_wrong_count(grads, self.params)
        for index, grad in enumerate(grads):
            if grad is not None:
                velocity = self.velocities[index].mul_(self.momentum).add_(grad)
                direction = grad + self.momentum * velocity if self.nesterov else velocity
                self.params[index][:] = self.params[index] - self.lr * direction


class SGD__uphill(SGD):
    """The step goes along the gradient, uphill; it should go against it."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        super().step([None if grad is None else -grad for grad in grads])


class SGD__dampened(SGD):
    """The gradient enters the velocity times 1 - momentum; here the velocity is a sum, not an average."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        _refuse_wrong_count(grads, self.params)
        for index, grad in enumerate(grads):
            if grad is not None:
                velocity = self.velocities[index].mul_(self.momentum).add_((1 - self.momentum) * grad)
                direction = grad + self.momentum * velocity if self.nesterov else velocity
                self.params[index].sub_(self.lr * direction)


class SGD__last_gradient_only(SGD):
    """The velocity remembers the last gradient alone; all earlier ones are forgotten."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        _refuse_wrong_count(grads, self.params)
        for index, grad in enumerate(grads):
            if grad is not None:
                velocity = self.momentum * self.velocities[index] + grad
                self.velocities[index] = grad.clone()
                direction = grad + self.momentum * velocity if self.nesterov else velocity
                self.params[index].sub_(self.lr * direction)


class SGD__nesterov_ignored(SGD):
    """The keyword nesterov is accepted and then ignored."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        self.nesterov = False
        super().step(grads)


class SGD__nesterov_counts_velocity_twice(SGD):
    """The Nesterov step is v + momentum * v; it should be the gradient plus momentum * v."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        _refuse_wrong_count(grads, self.params)
        for index, grad in enumerate(grads):
            if grad is not None:
                velocity = self.velocities[index].mul_(self.momentum).add_(grad)
                direction = velocity + self.momentum * velocity if self.nesterov else velocity
                self.params[index].sub_(self.lr * direction)


class SGD__nesterov_with_the_old_velocity(SGD):
    """The Nesterov step takes the velocity from before this gradient; the gradient enters the velocity first."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        _refuse_wrong_count(grads, self.params)
        for index, grad in enumerate(grads):
            if grad is not None:
                before = self.velocities[index].clone()
                velocity = self.velocities[index].mul_(self.momentum).add_(grad)
                direction = grad + self.momentum * before if self.nesterov else velocity
                self.params[index].sub_(self.lr * direction)


class SGD__bounds_the_gradient(SGD):
    """Gradients are cut off at 100, which nobody asked for: clipping is a step of its own."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        super().step([None if grad is None else grad.clamp(-100, 100) for grad in grads])


class SGD__small_gradients_skipped(SGD):
    """Entries under 1e-6 count as 0; small gradients are what is left near the bottom."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        super().step([None if grad is None else grad * (grad.abs() >= 1e-6) for grad in grads])


class SGD__lr_fixed_at_start(SGD):
    """The learning rate is copied when the optimizer is made, so setting lr later changes nothing."""

    def __init__(
        self, params: Iterable[Tensor], lr: float, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        super().__init__(params, lr, momentum, nesterov)
        self.first_lr = lr

    def step(self, grads: Sequence[Tensor | None]) -> None:
        self.lr = self.first_lr
        super().step(grads)


class SGD__momentum_by_default(SGD):
    """The default momentum is 0.9; plain SGD, momentum 0, is the default."""

    def __init__(
        self, params: Iterable[Tensor], lr: float, momentum: float = 0.9, nesterov: bool = False
    ) -> None:
        super().__init__(params, lr, momentum, nesterov)


# --- SGD: what is remembered, and where -------------------------------------------------------------------


class SGD__velocity_is_the_gradient(SGD):
    """The first velocity is the caller's gradient itself, not a copy, so the next step writes into that gradient."""

    def __init__(
        self, params: Iterable[Tensor], lr: float, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        super().__init__(params, lr, momentum, nesterov)
        self.moving: list[Tensor | None] = [None for _ in self.params]

    def step(self, grads: Sequence[Tensor | None]) -> None:
        _refuse_wrong_count(grads, self.params)
        for index, grad in enumerate(grads):
            if grad is not None:
                velocity = self.moving[index]
                if velocity is None:
                    velocity = grad
                else:
                    velocity.mul_(self.momentum).add_(grad)
                self.moving[index] = velocity
                direction = grad + self.momentum * velocity if self.nesterov else velocity
                self.params[index].sub_(self.lr * direction)


class SGD__changes_the_gradient(SGD):
    """The momentum is added into the gradient that was passed in, which belongs to the caller."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        _refuse_wrong_count(grads, self.params)
        for index, grad in enumerate(grads):
            if grad is not None:
                velocity = self.velocities[index].mul_(self.momentum).add_(grad)
                if self.nesterov:
                    velocity = grad.add_(velocity, alpha=self.momentum)
                self.params[index].sub_(self.lr * velocity)


class SGD__state_by_shape(SGD):
    """The velocity is looked up by the parameter's shape, so two parameters of one shape share it."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        first = {param.shape: index for index, param in reversed(list(enumerate(self.params)))}
        self.velocities = [self.velocities[first[param.shape]] for param in self.params]
        super().step(grads)


class SGD__state_on_the_class(SGD):
    """The velocities are kept on the class, so a second optimizer goes on with the velocities of the first."""

    rolling: dict[tuple[int, torch.Size], Tensor] = {}

    def __init__(
        self, params: Iterable[Tensor], lr: float, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        super().__init__(params, lr, momentum, nesterov)
        self.velocities = [
            self.rolling.setdefault((index, param.shape), velocity)
            for index, (param, velocity) in enumerate(zip(self.params, self.velocities))
        ]


class SGD__float32_velocity(SGD):
    """The velocities are float32 whatever the parameters are: torch.zeros(shape) forgets the dtype."""

    def __init__(
        self, params: Iterable[Tensor], lr: float, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        super().__init__(params, lr, momentum, nesterov)
        self.velocities = [torch.zeros(param.shape) for param in self.params]


class SGD__reads_params_at_every_step(SGD):
    """`params` is not copied into a list; an iterator such as a generator is used up after the first step."""

    def __init__(
        self, params: Iterable[Tensor], lr: float, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        super().__init__([], lr, momentum, nesterov)
        self.source = params

    def step(self, grads: Sequence[Tensor | None]) -> None:
        self.params = list(self.source)
        self.velocities = self.velocities or [torch.zeros_like(param) for param in self.params]
        super().step(grads)


# --- SGD: None and zero gradients -------------------------------------------------------------------------


class SGD__none_is_zero(SGD):
    """A `None` gradient is treated as zeros: the velocity fades and moves a parameter that should rest."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        _refuse_wrong_count(grads, self.params)
        super().step(
            [torch.zeros_like(param) if grad is None else grad for param, grad in zip(self.params, grads)]
        )


class SGD__none_stops_the_ball(SGD):
    """A `None` gradient sets the velocity back to 0; it should stay as it was."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        super().step(grads)
        for velocity, grad in zip(self.velocities, grads):
            if grad is None:
                velocity.zero_()


class SGD__none_ends_the_step(SGD):
    """The first `None` gradient ends the loop, so the parameters behind it are not updated."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        _refuse_wrong_count(grads, self.params)
        for index, grad in enumerate(grads):
            if grad is None:
                break
            velocity = self.velocities[index].mul_(self.momentum).add_(grad)
            direction = grad + self.momentum * velocity if self.nesterov else velocity
            self.params[index].sub_(self.lr * direction)


class SGD__zero_gradient_skipped(SGD):
    """A gradient of zeros is skipped like `None`; the velocity should roll on and fade."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        super().step([grad if grad is not None and bool(grad.any()) else None for grad in grads])


# --- SGD: refusals ----------------------------------------------------------------------------------------


class SGD__negative_lr_accepted(SGD):
    """A negative lr is not refused; it climbs."""

    def __init__(
        self, params: Iterable[Tensor], lr: float, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        super().__init__(params, abs(lr), momentum, nesterov)
        self.lr = lr


class SGD__zero_lr_refused(SGD):
    """lr = 0 is refused; it is legal, a schedule may end there."""

    def __init__(
        self, params: Iterable[Tensor], lr: float, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        if lr <= 0:
            raise ValueError(f"lr is {lr}; it must be above 0")
        super().__init__(params, lr, momentum, nesterov)


class SGD__negative_momentum_accepted(SGD):
    """A negative momentum is not refused."""

    def __init__(
        self, params: Iterable[Tensor], lr: float, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        super().__init__(params, lr, abs(momentum), nesterov)
        self.momentum = momentum


class SGD__nesterov_alone_accepted(SGD):
    """nesterov without momentum is not refused, though it does nothing then."""

    def __init__(
        self, params: Iterable[Tensor], lr: float, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        super().__init__(params, lr, momentum, nesterov and momentum != 0)


class SGD__refuses_without_saying_why(SGD):
    """The ValueError does not name the argument and its value, so nobody can tell what to mend."""

    def __init__(
        self, params: Iterable[Tensor], lr: float, momentum: float = 0.0, nesterov: bool = False
    ) -> None:
        if lr < 0 or momentum < 0 or (nesterov and momentum == 0):
            raise ValueError("invalid settings")
        super().__init__(params, lr, momentum, nesterov)


class SGD__wrong_count_accepted(SGD):
    """A wrong number of gradients is not refused: zip stops at the shorter list and says nothing."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        given = list(grads)[: len(self.params)]
        super().step(given + [None] * (len(self.params) - len(given)))


class SGD__velocity_moves_before_refusing(SGD):
    """The velocities take in the gradients before their number is checked; a refused step changes the next one."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        for velocity, grad in zip(self.velocities, grads):
            if grad is not None and grad.shape == velocity.shape:
                velocity.mul_(self.momentum).add_(grad)
        _refuse_wrong_count(grads, self.params)
        for param, velocity, grad in zip(self.params, self.velocities, grads):
            if grad is not None:
                param.sub_(self.lr * (grad + self.momentum * velocity if self.nesterov else velocity))


class SGD__moves_before_refusing(SGD):
    """The number of gradients is checked after the loop, when the parameters have moved already."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        given = list(grads)[: len(self.params)]
        super().step(given + [None] * (len(self.params) - len(given)))
        _refuse_wrong_count(grads, self.params)


# --- Adam: the update -------------------------------------------------------------------------------------


class Adam__new_tensor(Adam):
    """The updated values go into a new tensor; the tensors of `params` themselves never move."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        self.params = [param.clone() for param in self.params]
        super().step(grads)


class _Adam(Adam):
    """Adam with its parts apart, so that one of them can be wrong."""

    def first(self, grad: Tensor) -> Tensor:
        """What enters the first average."""
        return grad

    def second(self, grad: Tensor, mean: Tensor) -> Tensor:
        """What enters the second average."""
        return grad**2

    def move(self, mean: Tensor, square: Tensor, count: int) -> Tensor:
        """The step divided by lr."""
        mean_hat, square_hat = self.corrected(mean, square, count)
        return mean_hat / (square_hat.sqrt() + self.eps)

    def corrected(self, mean: Tensor, square: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """Both averages without the pull towards 0."""
        beta1, beta2 = self.betas
        return mean / (1 - beta1**count), square / (1 - beta2**count)

    def step(self, grads: Sequence[Tensor | None]) -> None:
        _refuse_wrong_count(grads, self.params)
        beta1, beta2 = self.betas
        for index, grad in enumerate(grads):
            if grad is not None:
                self.counts[index] += 1
                mean = self.means[index].mul_(beta1).add_((1 - beta1) * self.first(grad))
                square = self.squares[index].mul_(beta2).add_((1 - beta2) * self.second(grad, mean))
                self.params[index].sub_(self.lr * self.move(mean, square, self.counts[index]))


class Adam__no_bias_correction(_Adam):
    """The bias correction is missing: both averages start at 0 and are used as they are."""

    def corrected(self, mean: Tensor, square: Tensor, count: int) -> tuple[Tensor, Tensor]:
        return mean, square


class Adam__correction_ends_after_ten_steps(_Adam):
    """The correction is left out after ten steps; a second beta of 0.999 takes thousands of them to fill."""

    def corrected(self, mean: Tensor, square: Tensor, count: int) -> tuple[Tensor, Tensor]:
        return super().corrected(mean, square, count) if count <= 10 else (mean, square)


class Adam__only_mean_corrected(_Adam):
    """Only the average of the gradient is corrected; that of its square is not."""

    def corrected(self, mean: Tensor, square: Tensor, count: int) -> tuple[Tensor, Tensor]:
        return mean / (1 - self.betas[0] ** count), square


class Adam__correction_ends_after_first_step(_Adam):
    """The correction uses 1 - beta instead of 1 - beta^t: right at the first step and wrong afterwards."""

    def corrected(self, mean: Tensor, square: Tensor, count: int) -> tuple[Tensor, Tensor]:
        return super().corrected(mean, square, 1)


class Adam__count_one_ahead(_Adam):
    """The count is one too high in the correction: the first step must use t = 1."""

    def corrected(self, mean: Tensor, square: Tensor, count: int) -> tuple[Tensor, Tensor]:
        return super().corrected(mean, square, count + 1)


class Adam__stores_corrected_averages(_Adam):
    """The corrected averages are stored back, so the next step averages and corrects them once more."""

    def corrected(self, mean: Tensor, square: Tensor, count: int) -> tuple[Tensor, Tensor]:
        beta1, beta2 = self.betas
        return mean.div_(1 - beta1**count), square.div_(1 - beta2**count)


class Adam__eps_inside_root(_Adam):
    """eps stands inside the square root; it is added after the root is taken."""

    def move(self, mean: Tensor, square: Tensor, count: int) -> Tensor:
        mean_hat, square_hat = self.corrected(mean, square, count)
        return mean_hat / (square_hat + self.eps).sqrt()


class Adam__eps_before_correction(_Adam):
    """eps is added before the average of squares is corrected, so the correction scales eps too."""

    def move(self, mean: Tensor, square: Tensor, count: int) -> Tensor:
        beta1, beta2 = self.betas
        return mean / (1 - beta1**count) * (1 - beta2**count) ** 0.5 / (square.sqrt() + self.eps)


class Adam__eps_ignored(_Adam):
    """eps is accepted and then ignored: 1e-8 is written into the formula."""

    def move(self, mean: Tensor, square: Tensor, count: int) -> Tensor:
        mean_hat, square_hat = self.corrected(mean, square, count)
        return mean_hat / (square_hat.sqrt() + 1e-8)


class Adam__no_root(_Adam):
    """The root is missing: the step is divided by the average square, not by its root."""

    def move(self, mean: Tensor, square: Tensor, count: int) -> Tensor:
        mean_hat, square_hat = self.corrected(mean, square, count)
        return mean_hat / (square_hat + self.eps)


class Adam__averages_absolute_values(_Adam):
    """The usual size is the average of |g|; it should be the root of the average of g squared."""

    def second(self, grad: Tensor, mean: Tensor) -> Tensor:
        return grad.abs()

    def move(self, mean: Tensor, square: Tensor, count: int) -> Tensor:
        mean_hat, square_hat = self.corrected(mean, square, count)
        return mean_hat / (square_hat + self.eps)


class Adam__squares_the_mean(_Adam):
    """The second average is fed with the square of the first average, not with the square of the gradient."""

    def second(self, grad: Tensor, mean: Tensor) -> Tensor:
        return mean**2


class Adam__one_size_per_tensor(_Adam):
    """One size is kept for a whole tensor; every entry has its own."""

    def second(self, grad: Tensor, mean: Tensor) -> Tensor:
        return (grad**2).mean()


class Adam__uphill(_Adam):
    """The step goes along the gradient, uphill; it should go against it."""

    def first(self, grad: Tensor) -> Tensor:
        return -grad


class Adam__largest_square_so_far(_Adam):
    """The step is divided by the largest average so far, as AMSGrad does; Adam takes the one of now."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        super().__init__(params, lr, betas, eps)
        self.largest: dict[int, Tensor] = {}

    def corrected(self, mean: Tensor, square: Tensor, count: int) -> tuple[Tensor, Tensor]:
        mean_hat, square_hat = super().corrected(mean, square, count)
        largest = torch.maximum(self.largest.get(id(square), square_hat), square_hat)
        self.largest[id(square)] = largest
        return mean_hat, largest


class Adam__small_gradients_skipped(Adam):
    """Entries under 1e-6 count as 0; Adam steps by lr however small the gradient is."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        super().step([None if grad is None else grad * (grad.abs() >= 1e-6) for grad in grads])


class Adam__changes_the_gradient(_Adam):
    """The gradient that was passed in is scaled in place, though it belongs to the caller."""

    def second(self, grad: Tensor, mean: Tensor) -> Tensor:
        return grad.mul_(grad)


# --- Adam: settings ---------------------------------------------------------------------------------------


class Adam__betas_swapped(Adam):
    """The two betas are swapped: the first belongs to the gradient, the second to its square."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        super().__init__(params, lr, betas, eps)
        self.betas = (betas[1], betas[0])


class Adam__betas_ignored(Adam):
    """betas is accepted and then ignored: 0.9 and 0.999 are written into the formula."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        super().__init__(params, lr, betas, eps)
        self.betas = (0.9, 0.999)


class Adam__other_default_beta(Adam):
    """The default of the second beta is 0.99; it is 0.999."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.99),
        eps: float = 1e-8,
    ) -> None:
        super().__init__(params, lr, betas, eps)


class Adam__other_default_eps(Adam):
    """The default eps is 1e-6; it is 1e-8."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-6,
    ) -> None:
        super().__init__(params, lr, betas, eps)


class Adam__other_default_lr(Adam):
    """The default lr is 0.01; it is 0.001."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-2,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        super().__init__(params, lr, betas, eps)


class Adam__lr_fixed_at_start(Adam):
    """The learning rate is copied when the optimizer is made, so setting lr later changes nothing."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        super().__init__(params, lr, betas, eps)
        self.first_lr = lr

    def step(self, grads: Sequence[Tensor | None]) -> None:
        self.lr = self.first_lr
        super().step(grads)


# --- Adam: what is remembered, and where ------------------------------------------------------------------


class Adam__one_count_for_all(Adam):
    """One counter serves all parameters and is raised once per parameter, so the second one starts at t = 2."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        _refuse_wrong_count(grads, self.params)
        for index, grad in enumerate(grads):
            if grad is not None:
                self.counts = [max(self.counts) for _ in self.params]
                super().step([grad if place == index else None for place in range(len(self.params))])


class Adam__counts_calls(Adam):
    """The counter counts calls of step, so a parameter whose gradient was `None` at first starts too late."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        super().step(grads)
        self.counts = [max(self.counts) for _ in self.params]


class Adam__none_is_zero(Adam):
    """A `None` gradient is treated as zeros: the averages fade and move a parameter that should rest."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        _refuse_wrong_count(grads, self.params)
        super().step(
            [torch.zeros_like(param) if grad is None else grad for param, grad in zip(self.params, grads)]
        )


class Adam__zero_gradient_skipped(Adam):
    """A gradient of zeros is skipped like `None`; the averages should fade and the count go on."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        super().step([grad if grad is not None and bool(grad.any()) else None for grad in grads])


class Adam__state_by_shape(Adam):
    """The averages are looked up by the parameter's shape, so two parameters of one shape share them."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        first = {param.shape: index for index, param in reversed(list(enumerate(self.params)))}
        self.means = [self.means[first[param.shape]] for param in self.params]
        self.squares = [self.squares[first[param.shape]] for param in self.params]
        super().step(grads)


class Adam__state_on_the_class(Adam):
    """The averages are kept on the class, so a second optimizer goes on with those of the first."""

    kept: dict[tuple[int, torch.Size], tuple[Tensor, Tensor]] = {}

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        super().__init__(params, lr, betas, eps)
        for index, param in enumerate(self.params):
            fresh = (self.means[index], self.squares[index])
            self.means[index], self.squares[index] = self.kept.setdefault((index, param.shape), fresh)


class Adam__float32_averages(Adam):
    """The averages are float32 whatever the parameters are: torch.zeros(shape) forgets the dtype."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        super().__init__(params, lr, betas, eps)
        self.means = [torch.zeros(param.shape) for param in self.params]
        self.squares = [torch.zeros(param.shape) for param in self.params]


class Adam__reads_params_at_every_step(Adam):
    """`params` is not copied into a list; an iterator such as a generator is used up after the first step."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        super().__init__([], lr, betas, eps)
        self.source = params

    def step(self, grads: Sequence[Tensor | None]) -> None:
        self.params = list(self.source)
        if not self.counts:
            self.counts = [0 for _ in self.params]
            self.means = [torch.zeros_like(param) for param in self.params]
            self.squares = [torch.zeros_like(param) for param in self.params]
        super().step(grads)


# --- Adam: refusals ---------------------------------------------------------------------------------------


class Adam__negative_lr_accepted(Adam):
    """A negative lr is not refused; it climbs."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        super().__init__(params, abs(lr), betas, eps)
        self.lr = lr


class Adam__zero_lr_refused(Adam):
    """lr = 0 is refused; it is legal, a schedule may end there."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        if lr <= 0:
            raise ValueError(f"lr is {lr}; it must be above 0")
        super().__init__(params, lr, betas, eps)


class Adam__second_beta_unchecked(Adam):
    """Only the first of the two betas is checked."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        super().__init__(params, lr, (betas[0], 0.999), eps)
        self.betas = betas


class Adam__beta_of_one_accepted(Adam):
    """A beta of exactly 1 is not refused: the average never hears of a gradient, and its correction divides by 0."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        super().__init__(
            params, lr, (0.5 if betas[0] == 1 else betas[0], 0.5 if betas[1] == 1 else betas[1]), eps
        )
        self.betas = betas


class Adam__negative_eps_accepted(Adam):
    """A negative eps is not refused; it can make the divisor 0."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        super().__init__(params, lr, betas, abs(eps))
        self.eps = eps


class Adam__zero_eps_refused(Adam):
    """eps = 0 is refused; it is legal, eps is only at least 0."""

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        if eps <= 0:
            raise ValueError(f"eps is {eps}; it must be above 0")
        super().__init__(params, lr, betas, eps)


class Adam__wrong_count_accepted(Adam):
    """A wrong number of gradients is not refused: zip stops at the shorter list and says nothing."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        given = list(grads)[: len(self.params)]
        super().step(given + [None] * (len(self.params) - len(given)))


class Adam__counts_before_refusing(Adam):
    """The steps are counted before the number of gradients is checked, so a refused step counts."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        if len(grads) != len(self.params):
            self.counts = [count + 1 for count in self.counts]
        super().step(grads)


class Adam__moves_before_refusing(Adam):
    """The number of gradients is checked after the loop, when the parameters have moved already."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        given = list(grads)[: len(self.params)]
        super().step(given + [None] * (len(self.params) - len(given)))
        _refuse_wrong_count(grads, self.params)


# --- RMSprop: the update ----------------------------------------------------------------------------------


class _RMSprop(RMSprop):
    """RMSprop with its parts apart, so that one of them can be wrong."""

    steps = 0

    def move(self, grad: Tensor, square: Tensor, before: Tensor) -> Tensor:
        """The step divided by lr."""
        return grad / (square.sqrt() + self.eps)

    def second(self, grad: Tensor) -> Tensor:
        """What enters the average."""
        return grad**2

    def step(self, grads: Sequence[Tensor | None]) -> None:
        _refuse_wrong_count(grads, self.params)
        self.steps += 1
        for index, grad in enumerate(grads):
            if grad is not None:
                before = self.squares[index].clone()
                square = self.squares[index].mul_(self.alpha).add_((1 - self.alpha) * self.second(grad))
                self.params[index].sub_(self.lr * self.move(grad, square, before))


class RMSprop__new_tensor(RMSprop):
    """The updated values go into a new tensor; the tensors of `params` themselves never move."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        self.params = [param.clone() for param in self.params]
        super().step(grads)


class RMSprop__no_scalars(RMSprop):
    """The new values are written through param[:], which a parameter without dimensions does not have."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        _refuse_wrong_count(grads, self.params)
        for index, grad in enumerate(grads):
            if grad is not None:
                square = self.squares[index].mul_(self.alpha).add_((1 - self.alpha) * grad**2)
                self.params[index][:] = self.params[index] - self.lr * grad / (square.sqrt() + self.eps)


class RMSprop__corrected(_RMSprop):
    """The average is corrected for its start at 0, as in Adam; RMSprop uses it as it is."""

    def move(self, grad: Tensor, square: Tensor, before: Tensor) -> Tensor:
        return grad / ((square / (1 - self.alpha**self.steps)).sqrt() + self.eps)


class RMSprop__first_step_corrected(_RMSprop):
    """The average is divided by 1 - alpha at every step, so that the first one is lr; RMSprop leaves it alone."""

    def move(self, grad: Tensor, square: Tensor, before: Tensor) -> Tensor:
        return grad / ((square / (1 - self.alpha)).sqrt() + self.eps)


class RMSprop__starts_at_the_first_square(RMSprop):
    """The average starts with the first square instead of 0, so the first step is lr."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        for square, grad in zip(self.squares, grads):
            if grad is not None and self.fresh:
                square.copy_(grad**2)
        self.fresh = False
        super().step(grads)

    fresh = True


class RMSprop__old_average(_RMSprop):
    """The gradient is divided by the average of the steps before; the average takes in the new square first."""

    def move(self, grad: Tensor, square: Tensor, before: Tensor) -> Tensor:
        return grad / (before.sqrt() + self.eps)


class RMSprop__eps_inside_root(_RMSprop):
    """eps stands inside the square root; it is added after the root is taken."""

    def move(self, grad: Tensor, square: Tensor, before: Tensor) -> Tensor:
        return grad / (square + self.eps).sqrt()


class RMSprop__eps_ignored(_RMSprop):
    """eps is accepted and then ignored: 1e-8 is written into the formula."""

    def move(self, grad: Tensor, square: Tensor, before: Tensor) -> Tensor:
        return grad / (square.sqrt() + 1e-8)


class RMSprop__no_root(_RMSprop):
    """The root is missing: the step is divided by the average square, not by its root."""

    def move(self, grad: Tensor, square: Tensor, before: Tensor) -> Tensor:
        return grad / (square + self.eps)


class RMSprop__only_the_sign(_RMSprop):
    """The gradient is divided by its own size, not by that of the average: only its sign is left."""

    def move(self, grad: Tensor, square: Tensor, before: Tensor) -> Tensor:
        return grad / ((1 - self.alpha) ** 0.5 * grad.abs() + self.eps)


class RMSprop__uphill(_RMSprop):
    """The step goes along the gradient, uphill; it should go against it."""

    def move(self, grad: Tensor, square: Tensor, before: Tensor) -> Tensor:
        return -grad / (square.sqrt() + self.eps)


class RMSprop__averages_absolute_values(_RMSprop):
    """The usual size is the average of |g|; it should be the root of the average of g squared."""

    def second(self, grad: Tensor) -> Tensor:
        return grad.abs()

    def move(self, grad: Tensor, square: Tensor, before: Tensor) -> Tensor:
        return grad / (square + self.eps)


class RMSprop__one_size_per_tensor(_RMSprop):
    """One size is kept for a whole tensor; every entry has its own."""

    def second(self, grad: Tensor) -> Tensor:
        return (grad**2).mean()


class RMSprop__changes_the_gradient(_RMSprop):
    """The gradient that was passed in is squared in place, though it belongs to the caller."""

    def second(self, grad: Tensor) -> Tensor:
        self.plain = grad.clone()
        return grad.mul_(grad)

    def move(self, grad: Tensor, square: Tensor, before: Tensor) -> Tensor:
        return self.plain / (square.sqrt() + self.eps)


class RMSprop__sum_of_squares(RMSprop):
    """The squares are summed, not averaged, so the steps get smaller for ever: that is Adagrad."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        _refuse_wrong_count(grads, self.params)
        for index, grad in enumerate(grads):
            if grad is not None:
                square = self.squares[index].add_(grad**2)
                self.params[index].sub_(self.lr * grad / (square.sqrt() + self.eps))


class RMSprop__new_square_at_full_weight(_RMSprop):
    """The new square enters at full weight: the factor 1 - alpha is missing."""

    def second(self, grad: Tensor) -> Tensor:
        return grad**2 / (1 - self.alpha)


class RMSprop__average_stops_after_ten_steps(_RMSprop):
    """The average stands still after ten steps; it must go on following the gradients."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        kept = [square.clone() for square in self.squares]
        super().step(grads)
        if self.steps > 10:
            self.squares = kept


# --- RMSprop: settings ------------------------------------------------------------------------------------


class RMSprop__alpha_swapped(RMSprop):
    """alpha and 1 - alpha are swapped: alpha is the share that is kept, not that of the new square."""

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8
    ) -> None:
        super().__init__(params, lr, alpha, eps)
        self.alpha = 1 - alpha


class RMSprop__alpha_ignored(RMSprop):
    """alpha is accepted and then ignored: 0.99 is written into the formula."""

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8
    ) -> None:
        super().__init__(params, lr, alpha, eps)
        self.alpha = 0.99


class RMSprop__other_default_alpha(RMSprop):
    """The default alpha is 0.9, as in other libraries; here it is 0.99."""

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-2, alpha: float = 0.9, eps: float = 1e-8
    ) -> None:
        super().__init__(params, lr, alpha, eps)


class RMSprop__other_default_eps(RMSprop):
    """The default eps is 1e-6; it is 1e-8."""

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-6
    ) -> None:
        super().__init__(params, lr, alpha, eps)


class RMSprop__other_default_lr(RMSprop):
    """The default lr is 0.001, that of Adam; here it is 0.01."""

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-3, alpha: float = 0.99, eps: float = 1e-8
    ) -> None:
        super().__init__(params, lr, alpha, eps)


class RMSprop__lr_fixed_at_start(RMSprop):
    """The learning rate is copied when the optimizer is made, so setting lr later changes nothing."""

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8
    ) -> None:
        super().__init__(params, lr, alpha, eps)
        self.first_lr = lr

    def step(self, grads: Sequence[Tensor | None]) -> None:
        self.lr = self.first_lr
        super().step(grads)


# --- RMSprop: what is remembered, and where ---------------------------------------------------------------


class RMSprop__none_is_zero(RMSprop):
    """A `None` gradient is treated as zeros: the average fades, and the next step is too long."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        _refuse_wrong_count(grads, self.params)
        super().step(
            [torch.zeros_like(param) if grad is None else grad for param, grad in zip(self.params, grads)]
        )


class RMSprop__none_ends_the_step(RMSprop):
    """The first `None` gradient ends the loop, so the parameters behind it are not updated."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        _refuse_wrong_count(grads, self.params)
        given = list(grads)
        first = next((index for index, grad in enumerate(given) if grad is None), len(given))
        super().step(given[:first] + [None] * (len(given) - first))


class RMSprop__zero_gradient_skipped(RMSprop):
    """A gradient of zeros is skipped like `None`; the average should fade."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        super().step([grad if grad is not None and bool(grad.any()) else None for grad in grads])


class RMSprop__state_by_shape(RMSprop):
    """The average is looked up by the parameter's shape, so two parameters of one shape share it."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        first = {param.shape: index for index, param in reversed(list(enumerate(self.params)))}
        self.squares = [self.squares[first[param.shape]] for param in self.params]
        super().step(grads)


class RMSprop__state_on_the_class(RMSprop):
    """The averages are kept on the class, so a second optimizer goes on with those of the first."""

    kept: dict[tuple[int, torch.Size], Tensor] = {}

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8
    ) -> None:
        super().__init__(params, lr, alpha, eps)
        self.squares = [
            self.kept.setdefault((index, param.shape), square)
            for index, (param, square) in enumerate(zip(self.params, self.squares))
        ]


class RMSprop__float32_average(RMSprop):
    """The averages are float32 whatever the parameters are: torch.zeros(shape) forgets the dtype."""

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8
    ) -> None:
        super().__init__(params, lr, alpha, eps)
        self.squares = [torch.zeros(param.shape) for param in self.params]


class RMSprop__reads_params_at_every_step(RMSprop):
    """`params` is not copied into a list; an iterator such as a generator is used up after the first step."""

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8
    ) -> None:
        super().__init__([], lr, alpha, eps)
        self.source = params

    def step(self, grads: Sequence[Tensor | None]) -> None:
        self.params = list(self.source)
        self.squares = self.squares or [torch.zeros_like(param) for param in self.params]
        super().step(grads)


# --- RMSprop: refusals ------------------------------------------------------------------------------------


class RMSprop__negative_lr_accepted(RMSprop):
    """A negative lr is not refused; it climbs."""

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8
    ) -> None:
        super().__init__(params, abs(lr), alpha, eps)
        self.lr = lr


class RMSprop__zero_lr_refused(RMSprop):
    """lr = 0 is refused; it is legal, a schedule may end there."""

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8
    ) -> None:
        if lr <= 0:
            raise ValueError(f"lr is {lr}; it must be above 0")
        super().__init__(params, lr, alpha, eps)


class RMSprop__alpha_of_one_accepted(RMSprop):
    """An alpha of exactly 1 is not refused: the average then never hears of a gradient and stays 0."""

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8
    ) -> None:
        super().__init__(params, lr, 0.5 if alpha == 1 else alpha, eps)
        self.alpha = alpha


class RMSprop__negative_alpha_accepted(RMSprop):
    """A negative alpha is not refused; the average can then become negative, and its root NaN."""

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8
    ) -> None:
        super().__init__(params, lr, abs(alpha) if -1 < alpha < 0 else alpha, eps)
        self.alpha = alpha


class RMSprop__zero_alpha_refused(RMSprop):
    """alpha = 0 is refused; it is legal, the average is then the last square."""

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8
    ) -> None:
        if alpha <= 0:
            raise ValueError(f"alpha is {alpha}; it must be above 0")
        super().__init__(params, lr, alpha, eps)


class RMSprop__negative_eps_accepted(RMSprop):
    """A negative eps is not refused; it can make the divisor 0."""

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8
    ) -> None:
        super().__init__(params, lr, alpha, abs(eps))
        self.eps = eps


class RMSprop__zero_eps_refused(RMSprop):
    """eps = 0 is refused; it is legal, eps is only at least 0."""

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8
    ) -> None:
        if eps <= 0:
            raise ValueError(f"eps is {eps}; it must be above 0")
        super().__init__(params, lr, alpha, eps)


class RMSprop__wrong_count_accepted(RMSprop):
    """A wrong number of gradients is not refused: zip stops at the shorter list and says nothing."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        given = list(grads)[: len(self.params)]
        super().step(given + [None] * (len(self.params) - len(given)))


class RMSprop__moves_before_refusing(RMSprop):
    """The number of gradients is checked after the loop, when the parameters have moved already."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        given = list(grads)[: len(self.params)]
        super().step(given + [None] * (len(self.params) - len(given)))
        _refuse_wrong_count(grads, self.params)


class RMSprop__averages_before_refusing(RMSprop):
    """The averages take in the gradients before their number is checked; a refused step changes the next one."""

    def step(self, grads: Sequence[Tensor | None]) -> None:
        if len(grads) != len(self.params):
            for square, grad in zip(self.squares, grads):
                if grad is not None and grad.shape == square.shape:
                    square.mul_(self.alpha).add_((1 - self.alpha) * grad**2)
        super().step(grads)


# --- law_momentum -----------------------------------------------------------------------------------------


def law_momentum__always_true(learner: Any, weight: Tensor, grads: Sequence[Tensor], lr: float, momentum: float) -> bool:
    """It is True of everything, right or wrong."""
    learner.path(weight, grads, lr, momentum)
    return True


def law_momentum__always_false(learner: Any, weight: Tensor, grads: Sequence[Tensor], lr: float, momentum: float) -> bool:
    """It is False of everything, right or wrong."""
    learner.path(weight, grads, lr, momentum)
    return False


def law_momentum__moves(
    learner: Any, weight: Tensor, grads: Sequence[Tensor], lr: float, momentum: float
) -> bool:
    """It asks only whether the weight moves."""
    return not torch.equal(learner.path(weight, grads, lr, momentum)[-1], weight)


def law_momentum__first_step_only(
    learner: Any, weight: Tensor, grads: Sequence[Tensor], lr: float, momentum: float
) -> bool:
    """It looks at the first step alone, which has no momentum yet."""
    return torch.allclose(learner.path(weight, grads, lr, momentum)[0], weight - lr * grads[0])


def law_momentum__without_momentum(
    learner: Any, weight: Tensor, grads: Sequence[Tensor], lr: float, momentum: float
) -> bool:
    """It takes a path without momentum for right, and rejects those that have it."""
    found = torch.stack(learner.path(weight, grads, lr, momentum))
    return torch.allclose(found, weight - lr * torch.stack([*grads]).cumsum(0))


def law_momentum__second_step_only(
    learner: Any, weight: Tensor, grads: Sequence[Tensor], lr: float, momentum: float
) -> bool:
    """It looks at the first two steps, and forgets that momentum goes back further."""
    found = learner.path(weight, grads, lr, momentum)
    right = torch.allclose(found[0], weight - lr * grads[0])
    if len(grads) == 1:
        return right
    return right and torch.allclose(found[1], found[0] - lr * (grads[1] + momentum * grads[0]))


def law_momentum__exact(
    learner: Any, weight: Tensor, grads: Sequence[Tensor], lr: float, momentum: float
) -> bool:
    """It compares with ==, and rejects right paths that were rounded otherwise."""
    velocity = torch.zeros_like(weight)
    for grad, found in zip(grads, learner.path(weight, grads, lr, momentum)):
        velocity = momentum * velocity + grad
        weight = weight - lr * velocity
        if not torch.equal(found, weight):
            return False
    return True


def law_momentum__downhill(
    learner: Any, weight: Tensor, grads: Sequence[Tensor], lr: float, momentum: float
) -> bool:
    """It asks that the first step goes against the gradient, and not how far."""
    found = learner.path(weight, grads, lr, momentum)
    return bool((((weight - found[0]) * grads[0]).sum() >= 0) & (found[0] != weight).any())
