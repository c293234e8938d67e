"""Gradient checks: random cotangents, autograd of the oracle, central differences, and a name for what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from grader.checking.comparison import agree
from grader.checking.failures import CheckFailure
from grader.checking.strategies import tensor_from, textured
from grader.sandbox.exceptions import LearnerMisbehaved, LearnerRaised

_KINDS = ("", "", "", "", "small", "partly small", "large", "positive", "negative", "cancelling")
_PAST_SIMPLE = 1000  # the smallest seeds give whole numbers, which are all alike too often


def cotangent(like: torch.Tensor | tuple[int, ...], seed: int) -> torch.Tensor:
    """A random float64 gradient of the output, never constant: a sum is blind to much.

    A way back is linear in it, so every size is in its domain: some are small, down to 1e-8, some are in the hundreds,
    some are of one sign, and some add up to exactly 0.

    Args:
        like: the output, or its shape.
        seed: fixes the entries and their texture.
    """
    shape = tuple(like.shape) if isinstance(like, torch.Tensor) else like
    entries = tensor_from(seed + _PAST_SIMPLE, shape, scale=1.0)
    kind, decade = seed % len(_KINDS), 1 + seed // len(_KINDS) % 8
    if _KINDS[kind] == "large":
        return entries * 200.0
    return textured(entries, _KINDS[kind], decade)


def autograd(
    function: Callable[..., torch.Tensor], grad_out: torch.Tensor | None, *inputs: torch.Tensor
) -> tuple[torch.Tensor, ...]:
    """Gradients of an oracle by torch.autograd, in float64, one per input.

    Args:
        function: the oracle, of as many tensors as there are inputs.
        grad_out: the gradient of the output, of its shape; None for an output that is a single number.
        inputs: float tensors of any shape; they are left as they are.

    Returns:
        A tensor of the shape of each input; zeros for one that the output does not depend on.
    """
    leaves = [x.detach().to(torch.float64).requires_grad_() for x in inputs]
    with torch.enable_grad():
        out = function(*leaves)
        cotangents = None if grad_out is None else grad_out.to(out.dtype)
        grads = torch.autograd.grad(out, leaves, cotangents, allow_unused=True)
    return tuple(torch.zeros_like(x) if g is None else g for x, g in zip(leaves, grads, strict=True))


def central_differences(
    forward: Callable[[torch.Tensor], Any], at: torch.Tensor, grad_out: torch.Tensor | None, h: float = 1e-6
) -> torch.Tensor:
    """The gradient of <grad_out, forward(x)> by central differences, entry by entry.

    Args:
        forward: called twice for each entry of `at`.
        at: where the slope is wanted, any shape.
        grad_out: the gradient of the output; None for an output that is a single number.
        h: half the distance of the two points. In float64, 1e-6 leaves about nine right digits.
    """
    slopes = torch.zeros_like(at)
    for k in range(at.numel()):
        up, down = at.clone(), at.clone()
        up.view(-1)[k] += h
        down.view(-1)[k] -= h
        change = torch.as_tensor(forward(up)) - torch.as_tensor(forward(down))
        slopes.view(-1)[k] = (change if grad_out is None else change * grad_out).sum() / (2 * h)
    return slopes


def agree_gradient(
    actual: Any,
    expected: Any,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    what: str = "",
    batch: int | None = None,
    forward: Callable[[torch.Tensor], Any] | None = None,
    at: torch.Tensor | None = None,
    grad_out: torch.Tensor | None = None,
) -> None:
    """Like `agree`, and a wrong gradient is told what kind of wrong it is.

    Args:
        actual: the learner's gradient (or a tuple of them).
        expected: the right one.
        batch: the batch size; a constant factor equal to it is named as such.
        forward: the learner's own forward as a function of `at`, to tell a wrong backward from one that
            matches a wrong forward.
        at: the input that `forward` is taken at.
        grad_out: the gradient of the output that the way back was given.

    Raises:
        CheckFailure: with an `explain` that names the kind of wrong. It may call the learner's code, so it is asked
            once, on the smallest failing input, and not while Hypothesis looks for that.
    """
    if (
        isinstance(expected, tuple | list)
        and isinstance(actual, tuple | list)
        and len(actual) == len(expected)
    ):
        for index, (a, e) in enumerate(zip(actual, expected, strict=True)):
            agree_gradient(a, e, rtol=rtol, atol=atol, what=f"{what or 'gradient'}[{index}]", batch=batch)
        return
    try:
        agree(actual, expected, rtol=rtol, atol=atol, what=what or "the gradient")
    except CheckFailure as failure:

        def explain() -> str:
            words = classify(actual, expected, batch)
            if (
                not words
                and forward is not None
                and at is not None
                and _own_forward(actual, forward, at, grad_out)
            ):
                words = "it is the gradient of your own forward: mend the forward first"
            return words

        failure.explain = explain
        raise


def classify(actual: Any, expected: Any, batch: int | None = None) -> str:
    """Name what a wrong gradient has to do with the right one; '' when nothing fits."""
    if not isinstance(actual, torch.Tensor) or not isinstance(expected, torch.Tensor):
        return ""
    if not torch.isfinite(actual).all() or expected.numel() == 0:
        return ""
    a, e = actual.to(torch.float64), expected.to(torch.float64)
    if a.shape != e.shape:
        return _classify_shape(a, e)
    if not a.any():
        return "it is zero everywhere" if e.any() else ""
    factor = float((a * e).sum() / (e * e).sum()) if e.any() else 0.0
    if factor and _close(a, factor * e):
        return _factor_words(factor, batch)
    if e.ndim == 2 and e.shape[0] == e.shape[1] and _close(a, e.T):
        return "it is the transpose of the right one"
    if e.ndim >= 1 and e.shape[0] > 1 and _close(a[0], e[0]):
        return "only its first row is right: does it work for a batch of more than one?"
    return ""


def _classify_shape(a: torch.Tensor, e: torch.Tensor) -> str:
    """The same for a gradient of another shape: turned round, or with an axis too many."""
    if a.ndim == e.ndim == 2 and a.shape == e.T.shape and _close(a.T, e):
        return "it is the transpose of the right one"
    if a.ndim == e.ndim + 1:
        for axis in range(a.ndim):
            if a.sum(axis).shape == e.shape and _close(a.sum(axis), e):
                return f"a sum over axis {axis} is missing"
    return ""


def _factor_words(factor: float, batch: int | None) -> str:
    """Name a constant factor between the learner's gradient and the right one."""
    if abs(factor - 1) < 1e-6:
        return "only its last digits are wrong: was it worked out in float32, or measured by differences?"
    if abs(factor + 1) < 1e-6:
        return "its sign is wrong"
    if batch and batch > 1:
        for value, words in ((batch, "the batch size"), (1 / batch, "1 / the batch size")):
            if abs(factor / value - 1) < 1e-6:
                return f"it is {factor:.4g} times the right one ({words})"
    return f"it is {factor:.4g} times the right one"


def _own_forward(
    actual: Any, forward: Callable[[torch.Tensor], Any], at: torch.Tensor, grad_out: torch.Tensor | None
) -> bool:
    # Differences take two calls for each entry: past 64 entries the courtesy costs more than it is worth.
    if not isinstance(actual, torch.Tensor) or actual.shape != at.shape or at.numel() > 64:
        return False
    try:
        return _close(actual, central_differences(forward, at, grad_out), 1e-4)
    except (LearnerRaised, LearnerMisbehaved, RuntimeError, TypeError):
        return False


def _close(a: torch.Tensor, e: torch.Tensor, rtol: float = 1e-6) -> bool:
    """Equal up to a share of the largest right entry: a class of mistakes shows in the whole, not in each entry."""
    scale = max(float(e.abs().max()), 1e-300) if e.numel() else 1.0
    return bool(((a - e).abs() <= rtol * scale).all())
