"""Known wrong versions of chapter 8: each docstring is the diagnosis."""

# ruff: noqa: F821 -- a plain exercise name means the right version; it is there when the submission is assembled
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

# --- clip_by_value ----------------------------------------------------------------------------------------


def clip_by_value__upper_side_only(grads: Sequence[Tensor], limit: float) -> list[Tensor]:
    """Only the upper side is closed: entries below -limit get through."""
    return [torch.minimum(grad, torch.full_like(grad, limit)) for grad in grads]


def clip_by_value__lower_side_only(grads: Sequence[Tensor], limit: float) -> list[Tensor]:
    """Only the lower side is closed: entries above limit get through."""
    return [torch.maximum(grad, torch.full_like(grad, -limit)) for grad in grads]


def clip_by_value__loses_the_sign(grads: Sequence[Tensor], limit: float) -> list[Tensor]:
    """The absolute value is clipped, so negative entries come back positive."""
    return clip_by_value([grad.abs() for grad in grads], limit)


def clip_by_value__cut_to_zero_below(grads: Sequence[Tensor], limit: float) -> list[Tensor]:
    """Entries are brought into [0, limit]: every negative one becomes 0."""
    return [torch.maximum(grad, torch.zeros_like(grad)) for grad in clip_by_value(grads, limit)]


def clip_by_value__drops_large_entries(grads: Sequence[Tensor], limit: float) -> list[Tensor]:
    """Entries beyond the limit become 0 instead of the limit."""
    return [torch.where(grad.abs() > limit, torch.zeros_like(grad), grad) for grad in grads]


def clip_by_value__positive_limit_for_both(grads: Sequence[Tensor], limit: float) -> list[Tensor]:
    """Entries below -limit become +limit; they must keep their sign."""
    return [torch.where(grad.abs() > limit, torch.full_like(grad, limit), grad) for grad in grads]


def clip_by_value__scales_the_tensor(grads: Sequence[Tensor], limit: float) -> list[Tensor]:
    """A tensor with one large entry is scaled as a whole; here each entry is cut by itself."""
    return [grad * min(1.0, limit / max(grad.abs().amax().item(), 1e-300)) for grad in grads]


def clip_by_value__sign_everywhere(grads: Sequence[Tensor], limit: float) -> list[Tensor]:
    """Every entry becomes limit times its sign; entries inside the limit must stay as they are."""
    return [limit * grad.sign() for grad in grads]


def clip_by_value__limit_is_one(grads: Sequence[Tensor], limit: float) -> list[Tensor]:
    """The limit is hard-coded as 1; the argument is ignored."""
    return clip_by_value(grads, 1.0)


def clip_by_value__limit_of_the_first(grads: Sequence[Tensor], limit: float) -> list[Tensor]:
    """Only the first tensor is clipped."""
    return [*clip_by_value(grads[:1], limit), *(grad.clone() for grad in grads[1:])]


def clip_by_value__in_place(grads: Sequence[Tensor], limit: float) -> list[Tensor]:
    """The caller's gradients are overwritten; return new tensors."""
    return [grad.copy_(new) for grad, new in zip(grads, clip_by_value(grads, limit))]


def clip_by_value__same_tensor_if_small(grads: Sequence[Tensor], limit: float) -> list[Tensor]:
    """A gradient that needs no clipping comes back as the very tensor that was given; return new tensors."""
    return [
        grad if grad.abs().amax() <= limit else new for grad, new in zip(grads, clip_by_value(grads, limit))
    ]


def clip_by_value__infinity_becomes_nan(grads: Sequence[Tensor], limit: float) -> list[Tensor]:
    """Large entries are multiplied by limit / |g|; for an infinite entry that is inf * 0, not a number."""
    return [torch.where(grad.abs() > limit, grad * (limit / grad.abs()), grad) for grad in grads]


def clip_by_value__limit_on_the_cpu(grads: Sequence[Tensor], limit: float) -> list[Tensor]:
    """The tensors of limits are made on the CPU, wherever the gradients are."""
    fences = [torch.full(grad.shape, limit, dtype=grad.dtype) for grad in grads]
    return [grad.minimum(fence).maximum(-fence) for grad, fence in zip(grads, fences)]


def clip_by_value__in_float32(grads: Sequence[Tensor], limit: float) -> list[Tensor]:
    """The entries pass through float32, which loses the precision of float64."""
    return [new.to(grad.dtype) for grad, new in zip(grads, clip_by_value([g.float() for g in grads], limit))]


# --- clip_by_norm -----------------------------------------------------------------------------------------


def _total_norm(grads: Sequence[Tensor], norm_type: float) -> Tensor:
    sizes = torch.cat([grad.abs().flatten() for grad in grads])
    return sizes.amax() if norm_type == math.inf else (sizes**norm_type).sum() ** (1 / norm_type)


def _scaled(grads: Sequence[Tensor], max_norm: float, norm: Tensor | float) -> list[Tensor]:
    return [grad * min(1.0, max_norm / max(float(norm), 1e-300)) for grad in grads]


def clip_by_norm__one_norm_per_tensor(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """Each tensor is clipped by its own norm, which turns the step; one norm of all tensors together is meant."""
    clipped = [clip_by_norm([grad], max_norm, norm_type, error_if_nonfinite)[0][0] for grad in grads]
    return clipped, clip_by_norm(grads, max_norm, norm_type, error_if_nonfinite)[1]


def clip_by_norm__scales_up(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """Small gradients are enlarged until their norm is max_norm; the factor must be at most 1."""
    total = clip_by_norm(grads, max_norm, norm_type, error_if_nonfinite)[1]
    return [grad * (max_norm / total) if total > 0 else grad.clone() for grad in grads], total


def clip_by_norm__scales_only_small(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """The comparison is the wrong way round: small gradients are enlarged, large ones are left alone."""
    total = clip_by_norm(grads, max_norm, norm_type, error_if_nonfinite)[1]
    return [grad * (max_norm / total) if 0 < total < max_norm else grad.clone() for grad in grads], total


def clip_by_norm__norm_after_clipping(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """The norm that comes back is the one after clipping; it must be the one before."""
    clipped, _ = clip_by_norm(grads, max_norm, norm_type, error_if_nonfinite)
    return clipped, clip_by_norm(clipped, max_norm, norm_type)[1]


def clip_by_norm__root_forgotten(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """The sum of the powers is taken for the norm; its root is missing."""
    total = clip_by_norm(grads, max_norm, norm_type, error_if_nonfinite)[1]
    total = total if norm_type == math.inf else total**norm_type
    return _scaled(grads, max_norm, total), total


def clip_by_norm__sum_of_norms(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """The norms of the tensors are added; their powers must be, before the root is taken."""
    if not grads:
        return [], 0.0
    clip_by_norm(grads, max_norm, norm_type, error_if_nonfinite)
    norms = torch.stack([_total_norm([grad], norm_type) for grad in grads])
    total = norms.amax() if norm_type == math.inf else norms.sum()
    return _scaled(grads, max_norm, total), total


def clip_by_norm__mean_of_powers(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """The powers are averaged instead of summed, so the norm does not grow with the number of entries."""
    total = clip_by_norm(grads, max_norm, norm_type, error_if_nonfinite)[1]
    count = sum(grad.numel() for grad in grads)
    total = total if norm_type == math.inf or not count else total / count ** (1 / norm_type)
    return _scaled(grads, max_norm, total), total


def clip_by_norm__always_the_2_norm(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """norm_type is ignored: the 2-norm is always used."""
    return clip_by_norm(grads, max_norm, 2.0, error_if_nonfinite)


def clip_by_norm__square_root_for_every_p(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """The square root is taken whatever norm_type is; it must be the root of that order."""
    total = clip_by_norm(grads, max_norm, norm_type, error_if_nonfinite)[1]
    total = total if norm_type == math.inf else (total**norm_type) ** 0.5
    return _scaled(grads, max_norm, total), total


def clip_by_norm__infinity_by_the_formula(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """For norm_type inf the formula with powers is used, which gives 1 or nonsense; it is the largest |g|."""
    if norm_type != math.inf or not grads:
        return clip_by_norm(grads, max_norm, norm_type, error_if_nonfinite)
    sizes = torch.cat([grad.abs().flatten() for grad in grads])
    total = (sizes**norm_type).sum() ** (1 / norm_type)
    return _scaled(grads, max_norm, total), total


def clip_by_norm__absolute_value_forgotten(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """The entries are summed or compared with their signs; the norm takes absolute values."""
    if not grads:
        return [], 0.0
    clip_by_norm(grads, max_norm, norm_type, error_if_nonfinite)
    entries = torch.cat([grad.flatten() for grad in grads])
    total = entries.amax() if norm_type == math.inf else (entries**norm_type).sum() ** (1 / norm_type)
    return _scaled(grads, max_norm, total), total


def clip_by_norm__first_tensor_only(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """The norm is that of the first tensor alone."""
    if not grads:
        return [], 0.0
    clip_by_norm(grads, max_norm, norm_type, error_if_nonfinite)
    total = _total_norm(grads[:1], norm_type)
    return _scaled(grads, max_norm, total), total


def clip_by_norm__clips_entries(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """Entries are cut at max_norm one by one: that is clipping by value, and it turns the step."""
    total = clip_by_norm(grads, max_norm, norm_type, error_if_nonfinite)[1]
    return clip_by_value(grads, max_norm), total


def clip_by_norm__max_norm_is_one(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """The factor is 1 / norm: the gradients end with norm 1, whatever max_norm is."""
    total = clip_by_norm(grads, max_norm, norm_type, error_if_nonfinite)[1]
    return [grad / total if total > max_norm else grad.clone() for grad in grads], total


def clip_by_norm__zero_gradients_become_nan(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """Gradients that are all 0 are divided by their norm: 0 / 0 is not a number."""
    total = clip_by_norm(grads, max_norm, norm_type, error_if_nonfinite)[1]
    return [grad / total * min(float(total), max_norm) for grad in grads], total


def clip_by_norm__divides_by_zero(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """Python numbers raise ZeroDivisionError when all gradients are 0."""
    total = float(clip_by_norm(grads, max_norm, norm_type, error_if_nonfinite)[1])
    if not grads:
        return [], total
    factor = min(1.0, max_norm / total)
    return [grad * factor for grad in grads], total


def clip_by_norm__empty_list_fails(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """An empty list raises an error; its norm is 0."""
    total = _total_norm(grads, norm_type)
    return clip_by_norm(grads, max_norm, norm_type, error_if_nonfinite)[0], total


def clip_by_norm__eps_too_large(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """0.01 is added to the norm before dividing, which changes the result visibly; 1e-6 is the most."""
    total = clip_by_norm(grads, max_norm, norm_type, error_if_nonfinite)[1]
    return _scaled(grads, max_norm, float(total) + 0.01), total


def clip_by_norm__in_place(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """The caller's gradients are overwritten, as torch's own function does; here new tensors are asked for."""
    clipped, total = clip_by_norm(grads, max_norm, norm_type, error_if_nonfinite)
    return [grad.copy_(new) for grad, new in zip(grads, clipped)], total


def clip_by_norm__same_tensors_if_small(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """Gradients that need no clipping come back as the very tensors that were given; return new tensors."""
    clipped, total = clip_by_norm(grads, max_norm, norm_type, error_if_nonfinite)
    return (list(grads) if total <= max_norm else clipped), total


def clip_by_norm__nan_slips_through(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """Only an infinite norm is refused; NaN is not finite either."""
    if error_if_nonfinite and grads and _total_norm(grads, norm_type) == math.inf:
        raise ValueError("grads have the total norm inf")
    return clip_by_norm(grads, max_norm, norm_type)


def clip_by_norm__infinity_slips_through(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """Only NaN is refused; an infinite norm is not finite either."""
    if error_if_nonfinite and grads and torch.isnan(_total_norm(grads, norm_type)):
        raise ValueError("grads have the total norm nan")
    return clip_by_norm(grads, max_norm, norm_type)


def clip_by_norm__looks_at_the_last_only(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """Only the last gradient is looked at before refusing; inf or NaN can be in any of them."""
    asked = error_if_nonfinite and bool(grads) and not grads[-1].isfinite().all()
    return clip_by_norm(grads, max_norm, norm_type, asked)


def clip_by_norm__flag_ignored(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """error_if_nonfinite is ignored: nothing is ever refused."""
    return clip_by_norm(grads, max_norm, norm_type)


def clip_by_norm__always_refuses(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """A norm that is not finite is refused without being asked; that is for error_if_nonfinite to say."""
    return clip_by_norm(grads, max_norm, norm_type, error_if_nonfinite=True)


def clip_by_norm__flag_refuses_everything(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """With error_if_nonfinite a large but finite norm is refused as well."""
    clipped, total = clip_by_norm(grads, max_norm, norm_type, error_if_nonfinite)
    if error_if_nonfinite and total > max_norm:
        raise ValueError(f"grads have the total norm {total}")
    return clipped, total


def clip_by_norm__in_float32(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """The norm is computed in float32, which loses the precision of float64."""
    _, total = clip_by_norm([grad.float() for grad in grads], max_norm, norm_type, error_if_nonfinite)
    return _scaled(grads, max_norm, total), float(total)


def clip_by_norm__ones_on_the_cpu(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """The 1 that the factor is compared with is a tensor on the CPU, wherever the gradients are."""
    clipped, total = clip_by_norm(grads, max_norm, norm_type, error_if_nonfinite)
    if grads:
        factor = torch.minimum(torch.ones(1, dtype=total.dtype), max_norm / total.reshape(1))
        clipped = [grad * factor.reshape(()) for grad in grads]
    return clipped, total


def clip_by_norm__becomes_float32(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """The clipped gradients come back in float32, whatever dtype they had."""
    clipped, total = clip_by_norm(grads, max_norm, norm_type, error_if_nonfinite)
    return [grad.float() for grad in clipped], total


# --- law_clip_by_norm ------------------------------------------------------------------------------------


def _joined(grads: Sequence[Tensor]) -> Tensor:
    return torch.cat([grad.flatten() for grad in grads])


def law_clip_by_norm__always_true(learner: Any, grads: Sequence[Tensor], max_norm: float) -> bool:
    """It is True of everything, right or wrong."""
    learner.clip_by_norm(grads, max_norm)
    return True


def law_clip_by_norm__always_false(learner: Any, grads: Sequence[Tensor], max_norm: float) -> bool:
    """It is False of everything, right or wrong."""
    learner.clip_by_norm(grads, max_norm)
    return False


def law_clip_by_norm__bound_only(learner: Any, grads: Sequence[Tensor], max_norm: float) -> bool:
    """It asks only for a length of at most max_norm, which zeros keep as well."""
    clipped, _ = learner.clip_by_norm(grads, max_norm)
    return bool((_joined(clipped) ** 2).sum().sqrt() <= max_norm * 1.001)


def law_clip_by_norm__shapes_only(learner: Any, grads: Sequence[Tensor], max_norm: float) -> bool:
    """It compares shapes and no values."""
    clipped, _ = learner.clip_by_norm(grads, max_norm)
    return [grad.shape for grad in clipped] == [grad.shape for grad in grads]


def law_clip_by_norm__exact(learner: Any, grads: Sequence[Tensor], max_norm: float) -> bool:
    """It compares with ==, and rejects right answers that were rounded otherwise."""
    clipped, norm = learner.clip_by_norm(grads, max_norm)
    length = (_joined(grads) ** 2).sum().sqrt()
    factor = (max_norm / length).clamp(max=1.0)
    return bool(norm == length) and bool((_joined(clipped) == _joined(grads) * factor).all())


def law_clip_by_norm__one_example(learner: Any, grads: Sequence[Tensor], max_norm: float) -> bool:
    """It tries one example of its own, whatever it is called with."""
    clipped, norm = learner.clip_by_norm([torch.tensor([3.0, 4.0]), torch.tensor([12.0])], 6.5)
    return float(norm) == 13.0 and torch.allclose(_joined(clipped), torch.tensor([1.5, 2.0, 6.0]))


def law_clip_by_norm__length_only(learner: Any, grads: Sequence[Tensor], max_norm: float) -> bool:
    """It measures the length alone: gradients that point elsewhere keep it."""
    clipped, norm = learner.clip_by_norm(grads, max_norm)
    length = (_joined(grads) ** 2).sum().sqrt()
    after = (_joined(clipped) ** 2).sum().sqrt()
    return torch.allclose(torch.tensor([norm, after]), torch.tensor([length, min(length, max_norm)]))


def law_clip_by_norm__norm_not_looked_at(learner: Any, grads: Sequence[Tensor], max_norm: float) -> bool:
    """It does not look at the norm that comes back."""
    clipped, _ = learner.clip_by_norm(grads, max_norm)
    length = (_joined(grads) ** 2).sum().sqrt()
    return torch.allclose(_joined(clipped), _joined(grads) * min(1.0, max_norm / max(float(length), 1e-9)))


def law_clip_by_norm__without_signs(learner: Any, grads: Sequence[Tensor], max_norm: float) -> bool:
    """It compares absolute values, and gradients that point the other way keep it."""
    clipped, norm = learner.clip_by_norm(grads, max_norm)
    length = (_joined(grads) ** 2).sum().sqrt()
    factor = min(1.0, max_norm / max(float(length), 1e-9))
    same = torch.allclose(_joined(clipped).abs(), _joined(grads).abs() * factor)
    return same and math.isclose(norm, length, rel_tol=1e-5)


def law_clip_by_norm__no_entry_is_far(learner: Any, grads: Sequence[Tensor], max_norm: float) -> bool:
    """It asks that no entry is too far off, and no NaN is: a comparison with NaN is never true."""
    clipped, norm = learner.clip_by_norm(grads, max_norm)
    length = (_joined(grads) ** 2).sum().sqrt()
    factor = min(1.0, max_norm / max(float(length), 1e-9))
    far = (_joined(clipped) - _joined(grads) * factor).abs() > 1e-5
    return not bool(far.any()) and math.isclose(norm, length, rel_tol=1e-5)
