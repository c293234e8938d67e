"""What a failed check carries: words for the learner, and both values where there are two."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn


class CheckFailure(Exception):
    """The learner's code does not keep a law.

    Args:
        message: what is wrong, in words.
        got: what came out, as text.
        expected: what should have, as text.
        worst: how far off the worst entry is.
        index: where the worst entry is; () in a single number, None where no entries were compared.
        explain: finds words for what kind of wrong it is; called once, on the smallest failing input.
    """

    def __init__(
        self,
        message: str,
        *,
        got: str = "",
        expected: str = "",
        worst: str = "",
        index: tuple[int, ...] | None = None,
        explain: Callable[[], str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message, self.got, self.expected, self.worst = message, got, expected, worst
        self.index, self.explain = index, explain


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
