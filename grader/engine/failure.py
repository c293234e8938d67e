"""What a failing example comes to: a cause and its particulars, from the exception that ended the example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from grader.checking.failures import CheckFailure, GradientPair
from grader.engine.counterexample import build_counterexample
from grader.records import Cause, CheckResult, Counterexample, Outcome, Overrun, SourceLine
from grader.sandbox.example import Call
from grader.sandbox.exceptions import (
    LearnerBarred,
    LearnerLost,
    LearnerMisbehaved,
    LearnerMissing,
    LearnerRaised,
)


@dataclass(frozen=True)
class Failure:
    """A failing example as it was when it failed.

    Args:
        cause: the kind of failure; message, line, overrun and function are its particulars, as in `CheckResult`.
        got, expected, worst: both values as code, and how far off the worst entry is, where there are any.
        index: where the worst entry is.
        gradients: both gradients, where it is two gradients that differ.
        hint: where to look, where this kind of failure says more about that than the law does.
        inputs: the values drawn, by the names of the check's arguments.
        calls: what was asked of the learner, in order.
        repeatable: whether the same input failed again.
        is_too_large: whether what came is more than is read.
    """

    cause: Cause
    message: str = ""
    line: SourceLine | None = None
    overrun: Overrun | None = None
    function: str = ""
    got: str = ""
    expected: str = ""
    worst: str = ""
    index: tuple[int, ...] | None = None
    gradients: GradientPair | None = None
    hint: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    calls: tuple[Call, ...] = ()
    repeatable: bool = True
    is_too_large: bool = False

    @property
    def ends_check(self) -> bool:
        """Whether another input would only repeat it: a stub, a lost process, a timeout."""
        return self.cause not in (Cause.BROKEN_LAW, Cause.RAISED)

    def is_like(self, other: Failure) -> bool:
        """Whether both show the same: an exception at the same line, two values that differ, or the same words."""
        if (self.cause, self.line, self.function) != (other.cause, other.line, other.function):
            return False
        kinds = [(one.index is None, bool(one.expected)) for one in (self, other)]
        by_words = self.cause is Cause.BROKEN_LAW and not self.expected
        return kinds[0] == kinds[1] and (self.message == other.message or not by_words)

    def counterexample(self) -> Counterexample:
        """The same as text, which a person can read and paste."""
        return build_counterexample(
            self.inputs,
            list(self.calls),
            got=self.got,
            expected=self.expected,
            worst=self.worst,
            index=self.index,
        )

    def told_in(self, result: CheckResult) -> CheckResult:
        """The result of a check that would have passed, had this not been found."""
        return replace(
            result,
            outcome=Outcome.FAILED,
            cause=self.cause,
            message=self.message,
            line=self.line,
            overrun=self.overrun,
            function=self.function,
            repeatable=self.repeatable,
            hint=self.hint or result.hint,
            counterexample=self.counterexample(),
        )


def failure_of(error: Exception | LearnerLost) -> Failure:
    """What an exception in an example says about the learner's code.

    Args:
        error: of a call, of a comparison, or of the check's own arithmetic on what came back.

    Returns:
        Cause and particulars alone. Whoever ran the example knows its inputs and calls, and which limit a call met.
    """
    match error:
        case CheckFailure():
            return Failure(
                Cause.BROKEN_LAW, error.message, got=error.got, expected=error.expected, worst=error.worst,
                index=error.index, gradients=error.gradients, hint=error.hint,
            )  # fmt: skip
        case LearnerRaised(name="NotImplementedError"):
            return Failure(Cause.UNWRITTEN, function=error.function)
        case LearnerRaised():
            return Failure(Cause.RAISED, str(error), _line(error.line), function=error.function)
        case LearnerMissing():
            return Failure(Cause.MISSING, str(error))
        case LearnerBarred():
            return Failure(Cause.BARRED, ", ".join(error.operations), _line(error.line))
        case LearnerMisbehaved():
            return Failure(Cause.BROKEN_LAW, str(error), hint=error.hint, is_too_large=error.is_too_large)
        case LearnerLost():
            return Failure(error.cause, "" if error.is_late else error.reason)
        case StopIteration():
            return Failure(Cause.BROKEN_LAW, "the iteration ended too early")
    # Arithmetic on what came back failed: the learner's answer has the wrong form.
    return Failure(Cause.BROKEN_LAW, f"what it returned cannot be used: {type(error).__name__}: {error}")


def _line(number: int | None) -> SourceLine | None:
    return SourceLine(number) if number else None
