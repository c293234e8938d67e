"""Right answers to chapter 8, written differently: no check may fail them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

# --- clip_by_value ----------------------------------------------------------------------------------------


def clip_by_value__where(grads: Sequence[Tensor], limit: float) -> list[Tensor]:
    """Two choices, one after the other."""
    return [torch.where(g < -limit, -limit, torch.where(g > limit, limit, g)) for g in grads]


def clip_by_value__sign(grads: Sequence[Tensor], limit: float) -> list[Tensor]:
    """The limit with the entry's sign where the entry is too large."""
    return [torch.where(g.abs() >= limit, limit * g.sign(), g) for g in grads]


def clip_by_value__fills_a_copy(grads: Sequence[Tensor], limit: float) -> list[Tensor]:
    """A copy is overwritten where it is too large."""
    clipped = []
    for grad in grads:
        copy = grad.clone()
        copy.masked_fill_(grad > limit, limit)
        copy.masked_fill_(grad < -limit, -limit)
        clipped.append(copy)
    return clipped


# --- clip_by_norm -----------------------------------------------------------------------------------------


def clip_by_norm__as_torch_does(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """A norm of norms, and 1e-6 in the denominator."""

    def norm(values: Tensor) -> Tensor:
        if math.isinf(norm_type):
            return values.abs().max()
        return values.abs().pow(norm_type).sum().pow(1.0 / norm_type)

    if len(grads) == 0:
        return [], torch.tensor(0.0)
    total = norm(torch.stack([norm(grad) for grad in grads]))
    if error_if_nonfinite and (total.isnan() or total.isinf()):
        raise ValueError(f"the norm of grads is non-finite: {total.item()}")
    factor = torch.clamp(max_norm / (total + 1e-6), max=1.0)
    return [grad.detach().mul(factor) for grad in grads], total


def clip_by_norm__python_numbers(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """Python numbers and a branch; the norm comes back as a float."""
    total = 0.0
    for grad in grads:
        size = grad.abs()
        if norm_type == float("inf"):
            part = size.max().item()
            total = part if part > total or math.isnan(part) else total
        else:
            total += (size**norm_type).sum().item()
    if norm_type != float("inf"):
        total = total ** (1 / norm_type)
    if error_if_nonfinite and not math.isfinite(total):
        raise ValueError("grads: total norm is " + str(total))
    if total > max_norm:
        return [grad * max_norm / total for grad in grads], total
    return [grad.clone() for grad in grads], total


def clip_by_norm__special_cases(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """The usual norms each in its own way; zeros are copied."""
    entries = [entry for grad in grads for entry in grad.reshape(-1).abs()]
    if not entries:
        return [grad.clone() for grad in grads], 0.0
    flat = torch.stack(entries)
    if norm_type == 1:
        total = flat.sum()
    elif norm_type == 2:
        total = (flat @ flat).sqrt()
    elif norm_type == math.inf:
        total = flat.max()
    else:
        total = torch.exp(torch.log(flat[flat != 0]).mul(norm_type).exp().sum().log() / norm_type)
    if error_if_nonfinite and not bool(torch.isfinite(total)):
        raise ValueError(f"cannot clip grads of norm {total:.1f}")
    factor = 1.0 if total == 0 else torch.minimum(max_norm / total, torch.ones_like(total))
    return [factor * grad for grad in grads], total


def clip_by_norm__largest_taken_out(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """The largest entry is taken out first, so that no power overflows; an inf then makes the norm NaN."""
    if not grads:
        return [], 0
    sizes = torch.cat([grad.reshape(-1).abs() for grad in grads])
    largest = sizes.amax()
    if largest == 0:
        return [grad.clone() for grad in grads], largest
    shares = sizes / largest
    norm = shares.amax() if norm_type == math.inf else shares.pow(norm_type).sum().pow(1 / norm_type)
    total = largest * norm
    if error_if_nonfinite and not math.isfinite(total):
        raise ValueError(f"the norm of grads is not finite: {total.item()}")
    return [grad / torch.clamp(total / max_norm, min=1.0) for grad in grads], total


def clip_by_norm__pythons_max(
    grads: Sequence[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> tuple[list[Tensor], Tensor | float]:
    """Python's max keeps or loses a NaN according to its place: `max(nan, 1)` is NaN, `max(1, nan)` is 1."""
    if norm_type != math.inf or not grads:
        return clip_by_norm(grads, max_norm, norm_type, error_if_nonfinite)
    total = 0.0
    for grad in grads:
        total = max(grad.abs().amax().item(), total)
    if error_if_nonfinite and not math.isfinite(total):
        raise ValueError(f"grads have the total norm {total}")
    return _scaled(grads, max_norm, total), total


def _scaled(grads: Sequence[Tensor], max_norm: float, norm: Tensor | float) -> list[Tensor]:
    return [grad * min(1.0, max_norm / max(float(norm), 1e-300)) for grad in grads]


# --- law_clip_by_norm ------------------------------------------------------------------------------------


def law_clip_by_norm__tensor_by_tensor(learner: Any, grads: Sequence[Tensor], max_norm: float) -> bool:
    """The right factor, and each tensor compared by itself."""
    clipped, norm = learner.clip_by_norm(grads, max_norm)
    length = math.sqrt(sum(float((grad * grad).sum()) for grad in grads))
    factor = 1.0 if length <= max_norm else max_norm / length
    if len(clipped) != len(grads) or not math.isclose(norm, length, rel_tol=1e-4):
        return False
    return all(torch.allclose(found, factor * grad, rtol=1e-4) for found, grad in zip(clipped, grads))


def law_clip_by_norm__asserts(learner: Any, grads: Sequence[Tensor], max_norm: float) -> bool:
    """An error where the law is broken, and True at the end."""
    clipped, norm = learner.clip_by_norm(grads, max_norm)
    assert [grad.shape for grad in clipped] == [grad.shape for grad in grads]
    before, after = (torch.cat([grad.reshape(-1) for grad in tensors]) for tensors in (grads, clipped))
    assert abs(norm - before.norm()) < 1e-4
    assert abs(after.norm() - min(before.norm(), max_norm)) < 1e-4
    assert (after @ before - after.norm() * before.norm()).abs() < 1e-3
    return True


def law_clip_by_norm__against_my_own(learner: Any, grads: Sequence[Tensor], max_norm: float) -> bool:
    """The answer of one's own clip_by_norm, up to rounding."""
    expected, found = clip_by_norm(grads, max_norm), learner.clip_by_norm(grads, max_norm)
    if len(found[0]) != len(expected[0]):
        return False
    pairs = [*zip(expected[0], found[0]), *zip([torch.tensor(float(expected[1]))], [torch.tensor(float(found[1]))])]
    return all(torch.allclose(a, b, rtol=1e-4) for a, b in pairs)
