"""Every error of the kit in one tree: what happened, where, what next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from grader.language import kept


class KitError(Exception):
    """A problem somebody can mend; the command line prints its three parts.

    Args:
        what: what happened, in one sentence.
        where: the file, line or setting it happened in.
        next_step: what to do about it.
    """

    def __init__(self, what: str, where: str, next_step: str) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.next_step = next_step

    def __reduce__(self) -> tuple[type[KitError], tuple[str, str, str]]:
        # Exceptions are pickled by their arguments, of which this one hands on the first alone.
        return type(self), (self.what, self.where, self.next_step)

    def __str__(self) -> str:
        return kept(f"{self.what}\n  where: {self.where}\n  next:  {self.next_step}")


class SubmissionError(KitError):
    """The learner acts: the submission cannot be read."""


class CourseError(KitError):
    """The author acts: the course file or a chapter is wrong."""


class SandboxError(KitError):
    """Whoever runs the machine acts: the isolation asked for is not there, or a sandbox broke."""


class UsageError(KitError):
    """Whoever typed the command acts: an unknown name or a wrong option."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Name the nearest of `known` as the end of a message: "; did you mean x?", or nothing if none is near."""
    nearest = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {nearest[0]}?" if nearest else ""
