"""Gradient checks: random cotangents, autograd of the oracle, central differences, and a name for what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch

from grader.checking.comparison import agree
from grader.checking.failures import CheckFailure, GradientPair
from grader.checking.strategies import tensor_from, textured
from grader.records import GradientFault, GradientFinding, Scale
from grader.sandbox.exceptions import LearnerMisbehaved, LearnerRaised

_KINDS = ("", "", "", "", "small", "partly small", "large", "positive", "negative", "cancelling")
_PAST_SIMPLE = 1000  # the smallest seeds give whole numbers, which are all alike too often


def cotangent(like: torch.Tensor | tuple[int, ...], seed: int, *, plain: bool = False) -> torch.Tensor:
    """A random float64 gradient of the output, never constant: a sum is blind to much.

    A way back is linear in it, so every size is in its domain: some are small, down to 1e-8, some are in the hundreds,
    some are of one sign, and some add up to exactly 0.

    Args:
        like: the output, or its shape.
        seed: fixes the entries and their texture.
        plain: whether all are of about 1, for laws that are about something else or that others wait for.
    """
    shape = tuple(like.shape) if isinstance(like, torch.Tensor) else like
    entries = tensor_from(seed + _PAST_SIMPLE, shape, scale=1.0)
    if plain:
        return entries
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
    kept: float | None = None,
    forward: Callable[[torch.Tensor], Any] | None = None,
    at: torch.Tensor | None = None,
    grad_out: torch.Tensor | None = None,
) -> None:
    """Like `agree`, and a wrong gradient is told what kind of wrong it is.

    Args:
        actual: the learner's gradient (or a tuple of them).
        expected: the right one.
        batch: the batch size; a factor equal to it in every case is named as such.
        kept: the share 1 - p that dropout keeps; likewise.
        forward: the learner's own forward as a function of `at`, to tell a wrong backward from one that
            matches a wrong forward.
        at: the input that `forward` is taken at.
        grad_out: the gradient of the output that the way back was given.

    Raises:
        CheckFailure: with both gradients. What kind of wrong it is no single case can tell: see `find_fault`.
    """
    if (
        isinstance(expected, tuple | list)
        and isinstance(actual, tuple | list)
        and len(actual) == len(expected)
    ):
        for index, (a, e) in enumerate(zip(actual, expected, strict=True)):
            part = f"{what or 'gradient'}[{index}]"
            agree_gradient(a, e, rtol=rtol, atol=atol, what=part, batch=batch, kept=kept)
        return
    what = what or "the gradient"
    pair = None
    if isinstance(expected, torch.Tensor):
        given = {Scale.BATCH: batch, Scale.KEPT_SHARE: kept}
        scales = {scale: float(value) for scale, value in given.items() if value is not None}
        pair = GradientPair(what, actual, expected, scales, forward, at, grad_out)
        recorded = _RECORDED.get()
        if recorded is not None:
            recorded.append(pair)
            return
    try:
        agree(actual, expected, rtol=rtol, atol=atol, what=what)
    except CheckFailure as failure:
        failure.gradients = pair
        raise


# --- what kind of wrong -----------------------------------------------------------------------------------

_RECORDED: ContextVar[list[GradientPair] | None] = ContextVar("recorded", default=None)


@contextmanager
def recording() -> Iterator[list[GradientPair]]:
    """Meanwhile `agree_gradient` puts down both gradients and compares nothing.

    Yields:
        What was put down, in order.
    """
    pairs: list[GradientPair] = []
    token = _RECORDED.set(pairs)
    try:
        yield pairs
    finally:
        _RECORDED.reset(token)


def find_fault(failed: GradientPair, others: Iterable[GradientPair]) -> GradientFinding | None:
    """Tell how a gradient is wrong, if it is so in the failing case and in all generic ones.

    One case tells nothing: the smallest input that fails has one entry, or zeros, and there many mistakes are alike.

    Args:
        failed: where the check failed, the smallest input that does.
        others: the same gradient for inputs of any kind; those with zeros, ties or a single entry are left out.

    Returns:
        None where nothing holds in all of them, or where there are fewer than eight.
    """
    generic = sorted(filter(_is_generic, others), key=lambda pair: pair.expected.numel())
    if len(generic) < GENERIC_CASES or not _is_finite(failed):
        return None
    if _is_of_own_forward(failed, generic):
        return GradientFinding(GradientFault.OWN_FORWARD, GENERIC_CASES)
    cases, every = len(generic), [*generic, failed]
    for fault, fits in _FAULTS.items():
        if all(map(fits, every)):
            return GradientFinding(fault, cases)
    for axis in range(failed.expected.ndim + 1):
        if all(_lacks_sum(pair, axis) for pair in every):
            return GradientFinding(GradientFault.MISSING_SUM, cases, axis=axis)
    return _scaled(generic, every)


GENERIC_CASES = 8


def has_enough(pairs: Iterable[GradientPair]) -> bool:
    """Whether so many are generic that something may be told from them."""
    return sum(map(_is_generic, pairs)) >= GENERIC_CASES


def _is_finite(pair: GradientPair) -> bool:
    """Whether both are tensors of numbers."""
    actual = pair.actual
    return (
        isinstance(actual, torch.Tensor)
        and actual.is_floating_point()
        and bool(torch.isfinite(actual).all() and torch.isfinite(pair.expected).all())
    )


def _is_generic(pair: GradientPair) -> bool:
    """Whether a coincidence is out of the question: two entries or more that count, no ties, no input at 0."""
    if not _is_finite(pair):
        return False
    if pair.at is not None and (bool((pair.at == 0).any()) or _has_ties(pair.at)):
        return False
    entries = pair.expected[pair.expected != 0].abs()
    return entries.numel() >= 2 and not _has_ties(entries)


def _has_ties(entries: torch.Tensor) -> bool:
    """Whether two entries are the same number."""
    ordered = entries.flatten().sort().values
    return bool((ordered[1:] == ordered[:-1]).any())


def _both(pair: GradientPair) -> tuple[torch.Tensor, torch.Tensor]:
    """The learner's and the right one, in float64."""
    return pair.actual.to(torch.float64), pair.expected.to(torch.float64)


def _is_zero(pair: GradientPair) -> bool:
    return not pair.actual.any()


def _is_nearly_right(pair: GradientPair) -> bool:
    return _close(*_both(pair))


def _is_transposed(pair: GradientPair) -> bool:
    actual, expected = _both(pair)
    return expected.ndim == 2 and actual.shape == expected.T.shape and _close(actual, expected.T)


def _has_only_first_row(pair: GradientPair) -> bool:
    actual, expected = _both(pair)
    several = expected.ndim >= 1 and len(expected) > 1 and actual.shape == expected.shape
    return several and _close(actual[0], expected[0]) and not _close(actual[1:], expected[1:])


def _lacks_grad_out(pair: GradientPair) -> bool:
    actual, expected = _both(pair)
    above = pair.grad_out
    if above is None or not actual.shape == expected.shape == above.shape:
        return False
    return _close(actual * above.to(torch.float64), expected)


_FAULTS: Mapping[GradientFault, Callable[[GradientPair], bool]] = {
    GradientFault.ZERO: _is_zero,
    GradientFault.LAST_DIGITS: _is_nearly_right,
    GradientFault.TRANSPOSED: _is_transposed,
    GradientFault.NO_GRAD_OUT: _lacks_grad_out,
    GradientFault.FIRST_ROW: _has_only_first_row,
}


def _lacks_sum(pair: GradientPair, axis: int) -> bool:
    """Whether the right one is a sum of the learner's over an axis."""
    actual, expected = _both(pair)
    return actual.ndim == expected.ndim + 1 > axis and _close(actual.sum(axis), expected)


def _scaled(generic: Sequence[GradientPair], every: Sequence[GradientPair]) -> GradientFinding | None:
    """Whether all are the right ones times a factor: the same number, or the same measure of each case."""
    if any(pair.actual.shape != pair.expected.shape for pair in every):
        return None
    factors = [_factor(pair) for pair in generic]
    if not all(factors):
        return None
    first, cases = factors[0], len(generic)
    if all(abs(factor / first - 1) < 1e-6 for factor in factors):
        held = all(_close(actual, first * expected) for actual, expected in map(_both, every))
        return GradientFinding(GradientFault.SCALED, cases, factor=first) if held else None
    for scale in Scale:
        for inverse in (False, True):
            if all(_is_times(pair, scale, inverse) for pair in every):
                return GradientFinding(GradientFault.SCALED, cases, scale=scale, inverse=inverse)
    return None


def _factor(pair: GradientPair) -> float:
    """The factor that comes nearest, by least squares; 0 where the learner's is no multiple of the right one."""
    actual, expected = _both(pair)
    factor = float((actual * expected).sum() / (expected * expected).sum())
    return factor if _close(actual, factor * expected) else 0.0


def _is_times(pair: GradientPair, scale: Scale, inverse: bool) -> bool:
    value = _scales(pair).get(scale)
    if not value:
        return False
    actual, expected = _both(pair)
    return _close(actual, expected / value if inverse else expected * value)


def _scales(pair: GradientPair) -> dict[Scale, float]:
    """What the check says of the case, and what can be read off the shape."""
    found = dict(pair.scales)
    found[Scale.ENTRIES] = float(pair.expected.numel())
    if pair.expected.ndim:
        found[Scale.WIDTH] = float(pair.expected.shape[-1])
        found[Scale.ROOT_OF_WIDTH] = found[Scale.WIDTH] ** 0.5
    return found


def _is_of_own_forward(failed: GradientPair, generic: Sequence[GradientPair]) -> bool:
    """Whether each is the gradient of the learner's own forward there, measured by differences.

    Only wrong gradients tell: of a right forward a right one is the gradient too. Differences mean something only where
    the input is neither tiny nor huge beside their step, and take two calls for each entry, so the smallest cases are
    taken.
    """
    wrong = [pair for pair in generic if not _close(*_both(pair))]
    measurable = [pair for pair in wrong if pair.at is not None and _is_measurable(pair.at)][:GENERIC_CASES]
    if len(measurable) < GENERIC_CASES:
        return False
    # A wrong way back of a right forward is told at the first of them.
    return all(map(_fits_own_forward, measurable)) and (
        failed.at is None or not _is_measurable(failed.at) or _fits_own_forward(failed)
    )


def _is_measurable(at: torch.Tensor) -> bool:
    return 0 < at.numel() <= 64 and bool(((at.abs() > 1e-3) & (at.abs() < 100)).all())


def _fits_own_forward(pair: GradientPair) -> bool:
    if pair.forward is None or pair.at is None or pair.actual.shape != pair.at.shape:
        return False
    try:
        return _close(pair.actual, central_differences(pair.forward, pair.at, pair.grad_out), 1e-4)
    except (LearnerRaised, LearnerMisbehaved, RuntimeError, TypeError):
        return False


def _close(a: torch.Tensor, e: torch.Tensor, rtol: float = 1e-6) -> bool:
    """Equal up to a share of the largest right entry: a class of mistakes shows in the whole, not in each entry."""
    if a.shape != e.shape:
        return False
    scale = max(float(e.abs().max()), 1e-300) if e.numel() else 1.0
    return bool(((a - e).abs() <= rtol * scale).all())
