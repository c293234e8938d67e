"""How a call into the learner's code can end other than with an answer.

A check sees the first four as exceptions of its own call. LearnerLost ends the whole check, for there is nobody left to
ask.
"""

from __future__ import annotations

from grader.records import Cause


class LearnerRaised(Exception):
    """The learner's code raised. All that crosses the boundary is text: an exception object would be code.

    Args:
        name: the name of the exception's class, such as "ValueError".
        message: what `str()` of it gave, cut short.
        line: the line of the submission's source it came from; None if none of its frames is the learner's.
        function: the function or class of the submission that this line is in; empty where there is none.
    """

    def __init__(self, name: str, message: str, line: int | None, function: str = "") -> None:
        super().__init__(f"{name}: {message}" if message else name)
        self.name, self.message, self.line, self.function = name, message, line, function


class LearnerMissing(Exception):
    """The submission has no such function or class.

    Its text is the name.
    """


class LearnerMisbehaved(Exception):
    """A call did something it must not: changed an argument, disturbed the generator, sent what cannot be read.

    Args:
        message: a sentence for the learner, without a full stop.
        hint: where to look, where that is the same under every law.
        is_too_large: whether it sent more than is read.
    """

    def __init__(self, message: str, hint: str = "", *, is_too_large: bool = False) -> None:
        super().__init__(message)
        self.hint, self.is_too_large = hint, is_too_large


class LearnerBarred(LearnerMisbehaved):
    """A call ran built-in operations that are its exercise's answer; whether their refusal was caught is no matter.

    Args:
        operations: the words of `forbidden` in course.yml that stand for them, such as "softmax".
        line: the line of the submission that called the first of them; None if the refusal was caught.
    """

    def __init__(self, operations: tuple[str, ...], line: int | None = None) -> None:
        super().__init__(f"it calls {', '.join(operations)}, which may not be used here")
        self.operations, self.line = operations, line


class LearnerLost(BaseException):
    """The guest is gone or late. Not an Exception: Hypothesis must not shrink it, at the cost of a guest a step.

    Args:
        reason: what happened, in words.
        cause: LOST by its own doing, KILLED by the system, OUT_OF_TIME or STARVED.
    """

    def __init__(self, reason: str, cause: Cause = Cause.LOST) -> None:
        super().__init__(reason)
        self.reason, self.cause = reason, cause

    @property
    def is_late(self) -> bool:
        """Whether no answer came in time, rather than that the guest is gone."""
        return self.cause in (Cause.OUT_OF_TIME, Cause.STARVED)
