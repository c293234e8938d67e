"""What a failed check carries: words for the learner, and both values where there are two."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import torch

from grader.records import Scale


@dataclass(frozen=True)
class GradientPair:
    """A learner's gradient beside the right one.

    Args:
        what: which gradient of the check's it is, in words.
        actual: whatever the learner returned.
        expected: the right one, a tensor of any shape.
        scales: numbers that a mistaken factor may be, by what they are.
        forward: the learner's own forward as a function of `at`.
        at: the input that the gradient belongs to.
        grad_out: the gradient from above; None where the output is a single number.
    """

    what: str
    actual: Any
    expected: torch.Tensor
    scales: Mapping[Scale, float] = field(default_factory=dict)
    forward: Callable[[torch.Tensor], Any] | None = None
    at: torch.Tensor | None = None
    grad_out: torch.Tensor | None = None


class CheckFailure(Exception):
    """The learner's code does not keep a law.

    Args:
        message: what is wrong, in words.
        got: what came out, as text.
        expected: what should have, as text.
        worst: how far off the worst entry is.
        index: where the worst entry is; () in a single number, None where no entries were compared.
        gradients: both gradients, where it is two gradients that differ.
        hint: where to look, where that is the same under every law.
    """

    def __init__(
        self,
        message: str,
        *,
        got: str = "",
        expected: str = "",
        worst: str = "",
        index: tuple[int, ...] | None = None,
        gradients: GradientPair | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message)
        self.message, self.got, self.expected, self.worst = message, got, expected, worst
        self.index, self.gradients, self.hint = index, gradients, hint


class NotCheckable(BaseException):
    """This check cannot judge this code (a data-dependent shape under fake tensors); it then carries no weight."""


def fail(message: str) -> NoReturn:
    """Fail the running check with `message`."""
    raise CheckFailure(message)


def require(condition: object, message: str) -> None:
    """Fail the running check with `message` unless `condition` holds.

    For what is no comparison of two values; `agree` shows both of them, and this can only show words.
    """
    if not condition:
        raise CheckFailure(message)
