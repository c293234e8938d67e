"""Compare what came with what should have: kind, shape, dtype, then values with a tolerance by dtype.

The way float32 (or any dtype) is compared is decided here: `TOLERANCES` says how far off an entry may be, and
`CUDA_FLOAT32` how far where a GPU computed it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NoReturn

import torch

from grader.checking.failures import CheckFailure, fail
from grader.checking.formatting import shown_value
from grader.sandbox.exceptions import LearnerRaised

# Relative tolerance, and absolute tolerance in units of the largest expected entry (at least 1). float64 is tight
# enough to see arithmetic done in float32 on the way.
TOLERANCES = {
    torch.float64: (1e-9, 1e-10),
    torch.float32: (1e-5, 2e-6),
    torch.bfloat16: (2e-2, 1e-2),
    torch.float16: (2e-3, 1e-3),
}
# A GPU adds up in another order and rounds its exp and log otherwise.
CUDA_FLOAT32 = (1e-4, 2e-5)
# Digits that a number is shown with: few are read more easily, and 17 tell any two float64 apart.
_DIGITS, _MOST_DIGITS = 6, 17
# A smaller share of the right number is told; a larger error is seen at once in both numbers.
_SMALL_SHARE = 1e-3
# Beyond so many units of the last place an error is no matter of rounding.
_MEANINGFUL_ULPS = 1e4
# Where to look for a wrong shape or dtype, whatever the law.
_SHAPE_HINT = "Write down the shape after every line: where does it stop being what you want?"
_DTYPE_HINT = "Look for what changes the dtype: a constant, a new tensor, a comparison, a division."
_DEVICE: ContextVar[str] = ContextVar("the device that answers come from", default="cpu")

_RECORDED: ContextVar[list[tuple[torch.Tensor, torch.Tensor]] | None] = ContextVar("recorded", default=None)


@contextmanager
def comparisons() -> Iterator[list[tuple[torch.Tensor, torch.Tensor]]]:
    """Meanwhile `agree` puts down what it is given, where kind, shape and dtype are right, and judges none of it.

    Yields:
        Pairs of what came and what should have, in order; a number is a tensor without dimensions.
    """
    pairs: list[tuple[torch.Tensor, torch.Tensor]] = []
    token = _RECORDED.set(pairs)
    try:
        yield pairs
    finally:
        _RECORDED.reset(token)


@contextmanager
def answers_from(device: str) -> Iterator[None]:
    """Meanwhile compare what a device computes by its own tolerances."""
    token = _DEVICE.set(device)
    try:
        yield
    finally:
        _DEVICE.reset(token)


def agree(
    actual: Any, expected: Any, *, rtol: float | None = None, atol: float | None = None, what: str = ""
) -> None:
    """Fail the running check unless `actual` equals `expected` up to rounding.

    Args:
        actual: what the learner's code returned.
        expected: what it should be. A Python number accepts a number or a tensor without dimensions; a tensor
            demands its shape and dtype; lists, tuples and dicts are compared item by item.
        rtol: relative tolerance; by dtype if left out.
        atol: absolute tolerance; by dtype, times the largest expected entry (at least 1), if left out.
        what: the name of the thing compared, for the message.

    Raises:
        CheckFailure: with the worst entry, both values, and how many entries differ; a small error is told besides.
    """
    name = what or "the result"
    if isinstance(expected, torch.Tensor):
        _agree_tensors(actual, expected, rtol, atol, name)
    elif isinstance(expected, bool) or expected is None or isinstance(expected, str):
        if type(actual) is not type(expected) or actual != expected:
            _differ(f"{name} is {shown_value(actual)}, not {shown_value(expected)}", actual, expected)
    elif isinstance(expected, int | float):
        _agree_number(actual, expected, rtol, atol, name)
    elif isinstance(expected, Mapping):
        if not isinstance(actual, Mapping) or actual.keys() != expected.keys():
            _differ(f"{name} has other keys", actual, expected)
        for key in expected:
            agree(actual[key], expected[key], rtol=rtol, atol=atol, what=f"{name}[{key!r}]")
    elif isinstance(expected, list | tuple):
        if not isinstance(actual, list | tuple):
            _differ(f"{name} is {_kind(actual)}, not a {type(expected).__name__}", actual, expected)
        if len(actual) != len(expected):
            _differ(f"{name} has {len(actual)} items, not {len(expected)}", actual, expected)
        for index, (a, e) in enumerate(zip(actual, expected, strict=True)):
            agree(a, e, rtol=rtol, atol=atol, what=f"{name}[{index}]" if what == "" else f"{what}[{index}]")
    else:
        raise TypeError(f"agree cannot compare with {type(expected).__name__}")


def _agree_number(actual: Any, expected: float, rtol: float | None, atol: float | None, name: str) -> None:
    """A number, or a tensor without dimensions by the tolerance of its own dtype; True is no number."""
    if isinstance(actual, torch.Tensor) and actual.ndim == 0:
        dtype = actual.dtype if actual.dtype.is_floating_point else torch.float64
        found = actual.to(dtype)
    elif isinstance(actual, int | float) and not isinstance(actual, bool):
        dtype = torch.float64
        found = torch.tensor(float(actual), dtype=dtype)
    else:
        _differ(f"{name} is {_kind(actual)}, not a number", actual, expected)
    _judge(found, torch.tensor(float(expected), dtype=dtype), rtol, atol, name)


def _agree_tensors(
    actual: Any, expected: torch.Tensor, rtol: float | None, atol: float | None, name: str
) -> None:
    """Kind, shape and dtype first: a learner should read which of them is wrong, not that numbers differ."""
    if not isinstance(actual, torch.Tensor):
        _differ(f"{name} is {_kind(actual)}, not a tensor", actual, expected)
    if actual.shape != expected.shape:
        _differ(
            f"{name} has shape {tuple(actual.shape)}, not {tuple(expected.shape)}",
            actual,
            expected,
            _SHAPE_HINT,
        )
    if actual.dtype != expected.dtype:
        _differ(
            f"{name} has dtype {_bare(actual.dtype)}, not {_bare(expected.dtype)}",
            actual,
            expected,
            _DTYPE_HINT,
        )
    _judge(actual, expected.detach().cpu(), rtol, atol, name)


def _judge(
    actual: torch.Tensor, expected: torch.Tensor, rtol: float | None, atol: float | None, name: str
) -> None:
    """Compare the values of two tensors of one shape, or put them down."""
    recorded = _RECORDED.get()
    if recorded is not None:
        recorded.append((actual, expected))
        return
    _agree_values(actual, expected, rtol, atol, name)


def _agree_values(
    actual: torch.Tensor, expected: torch.Tensor, rtol: float | None, atol: float | None, name: str
) -> None:
    """Compare entry by entry, in float64 whatever their dtype; NaN equals NaN, and inf the same inf."""
    if expected.numel() == 0 or torch.equal(actual, expected):
        return
    if not expected.dtype.is_floating_point:
        a, e = actual.to(torch.float64), expected.to(torch.float64)
        allowed = torch.full_like(e, atol or 0.0) + (rtol or 0.0) * e.abs()
    else:
        relative, absolute = _tolerances(expected.dtype, rtol, atol)
        a, e = actual.to(torch.float64), expected.to(torch.float64)
        finite = e[torch.isfinite(e)]
        size = max(1.0, finite.abs().max().item()) if finite.numel() else 1.0
        allowed = absolute * (size if atol is None else 1.0) + relative * e.abs()
    same = (a == e) | (torch.isnan(a) & torch.isnan(e))
    error = (a - e).abs()
    # An infinite difference is within no tolerance, though inf <= inf holds.
    good = same | (torch.isfinite(e) & (error <= allowed))
    if not bool(good.all()):
        _fail_at_the_worst(actual, expected, good, error / allowed.clamp_min(1e-300), name)


def _fail_at_the_worst(
    actual: torch.Tensor, expected: torch.Tensor, good: torch.Tensor, excess: torch.Tensor, name: str
) -> NoReturn:
    """Fail with the entry that is furthest off.

    Args:
        actual, expected: the tensors, of one shape.
        good: which entries are near enough.
        excess: the error of each entry in units of what is allowed.
        name: what is compared.
    """
    a, e = actual.to(torch.float64), expected.to(torch.float64)
    excess = torch.where(good, torch.full_like(excess, -1.0), excess)
    excess = torch.nan_to_num(excess, nan=torch.inf, posinf=torch.inf)
    flat = int(excess.reshape(-1).argmax())
    index = _index(flat, expected.shape) if expected.numel() > 1 else ()
    found, wanted = a.reshape(-1)[flat].item(), e.reshape(-1)[flat].item()
    wrong = int((~good).sum())
    share = f"{wrong} of {expected.numel()} entries differ" if expected.numel() > 1 else ""
    size = _error_words(found, wanted, expected.dtype)
    shown, right = _told_apart(found, wanted)
    at = f"{name} is {shown} at index {index}, should be {right}"
    raise CheckFailure(
        at if index else f"{name} is {shown}, should be {right}",
        got=shown_value(actual),
        expected=shown_value(expected),
        worst="; ".join(part for part in (size, share) if part),
        index=index,
    )


def _tolerances(dtype: torch.dtype, rtol: float | None, atol: float | None) -> tuple[float, float]:
    """Relative and absolute tolerance: those asked for, else by dtype; a GPU's float32 has more, except of none."""
    by_dtype = TOLERANCES[dtype]
    found = [
        default if given is None else given for given, default in zip((rtol, atol), by_dtype, strict=True)
    ]
    if dtype is torch.float32 and _DEVICE.get() != "cpu":
        found = [
            max(value, least) if value else 0.0 for value, least in zip(found, CUDA_FLOAT32, strict=True)
        ]
    return found[0], found[1]


def _told_apart(found: float, wanted: float) -> tuple[str, str]:
    """Both numbers in as many digits as tell them apart, six at least."""
    for digits in range(_DIGITS, _MOST_DIGITS):
        texts = f"{found + 0.0:.{digits}g}", f"{wanted + 0.0:.{digits}g}"  # + 0.0, so that no zero has a sign
        if texts[0] != texts[1]:
            return texts
    return f"{found:.{_MOST_DIGITS}g}", f"{wanted:.{_MOST_DIGITS}g}"


def _error_words(found: float, wanted: float, dtype: torch.dtype) -> str:
    """How far off one entry is, where both numbers are too much alike to see it; empty elsewhere."""
    error = abs(found - wanted)
    if not dtype.is_floating_point or not wanted or not error < _SMALL_SHARE * abs(wanted):
        return ""
    ulps = error / _ulp(wanted, dtype)
    share = error / abs(wanted)
    if ulps < _MEANINGFUL_ULPS:
        return f"relative error {share:.2g}, {ulps:.3g} ulps"
    return f"relative error {share:.2g}"


def _ulp(value: float, dtype: torch.dtype) -> float:
    """The gap between `value` and the next number of that dtype."""
    x = torch.tensor(abs(value), dtype=dtype)
    gap = (
        torch.nextafter(x, torch.tensor(float("inf"), dtype=dtype)) - x if dtype.itemsize >= 4 else x * 2**-8
    )
    return float(gap) or 5e-324


def _index(flat: int, shape: torch.Size) -> tuple[int, ...]:
    """The index of the entry that is number `flat` in row order."""
    index = []
    for side in reversed(shape):
        index.append(flat % side)
        flat //= side
    return tuple(reversed(index))


def _kind(value: Any) -> str:
    """What a value is, in a word or two."""
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    return "None" if value is None else f"a {type(value).__name__}"


def _bare(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _differ(message: str, actual: Any, expected: Any, hint: str = "") -> NoReturn:
    raise CheckFailure(message, got=shown_value(actual), expected=shown_value(expected), hint=hint)


def refuses(
    call: Callable[[], Any], error: type[Exception] = ValueError, *, names: str = "", value: Any = None
) -> None:
    """Fail the running check unless `call()` raises `error` with a message that names what was wrong.

    Args:
        call: calls the learner's code with a bad argument.
        error: the built-in exception it must raise.
        names: the argument that the message must name.
        value: the value that the message must show; None asks for none.

    Raises:
        CheckFailure: nothing was raised, something else was, or the message does not say enough.
        LearnerRaised: NotImplementedError, as it came: the exercise is not written yet.
    """
    try:
        result = call()
    except LearnerRaised as raised:
        if raised.name == "NotImplementedError":
            raise
        if raised.name != error.__name__:
            fail(f"a bad argument must raise {error.__name__}; it raised {raised}")
        if names and not _names(raised.message, names):
            fail(f"the message must name the argument {names!r}; it says: {raised.message!r}")
        if value is not None and not _mentions(raised.message, value):
            fail(f"the message must show the value {value!r}; it says: {raised.message!r}")
        return
    raise CheckFailure(
        f"a bad argument must raise {error.__name__}; nothing was raised",
        got=shown_value(result),
        expected=f"{error.__name__} that names {names or 'the argument'}",
    )


def _names(message: str, name: str) -> bool:
    """Whether a message has a name in it, not only its letters within a word: q is not in "equal"."""
    return (
        re.search(rf"(?<![A-Za-z]){re.escape(name)}" if name[:1].isalpha() else re.escape(name), message)
        is not None
    )


def _mentions(message: str, value: Any) -> bool:
    """Whether a message shows a value, in any of its usual spellings."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value) in message
    if str(value) in message or f"{value:g}" in message:
        return True
    return float(value).is_integer() and str(int(value)) in message
