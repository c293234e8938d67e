"""Checks of a law that the learner writes: right versions keep it, and it catches known mistakes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

from grader.checking.check import Body, Check
from grader.checking.comparison import agree
from grader.checking.failures import CheckFailure
from grader.checking.formatting import shown_value
from grader.sandbox.exceptions import LearnerRaised
from grader.sandbox.handles import GuestVersion
from grader.sandbox.proxy import Learner

Version = Callable[..., Any]

_SHOWN_CHARS = 60  # of what a mistaken version gives


def law_exercise(
    exercise: str,
    function: str,
    inputs: Iterable[Mapping[str, Any]],
    *,
    right: Sequence[Version],
    wrong: Mapping[Version, str],
    holds: Callable[..., bool] | None = None,
) -> tuple[Check, ...]:
    """The checks of a function `exercise(learner, **inputs) -> bool`, a law about `learner.function(**inputs)`.

    No `given` here: a law has to catch a mistake on one of many inputs, and `given` asks of every one. The inputs are
    the same for everybody, so a law that misses a mistake on one day misses it on all.

    Half of the points are for right versions, the other half is shared by the mistakes. A law that is always True
    catches nothing and fails the first check; one that is always False fails the second. Either way nothing else runs.

    Args:
        exercise: the function that the learner writes.
        function: what the law calls the versions.
        inputs: what the law is called with, by the names of its arguments and of the versions'. Small ones first: the
            first that tells is shown.
        right: versions that the law must let pass, each with a sentence on how it works for a docstring. They run in
            the learner's process from their source, which may use torch and math and each other.
        wrong: versions that it must catch, each with the mistake for a docstring, and a hint. The plainest comes first:
            it gives no points, and the rest waits for it.
        holds: whether a result is right, `holds(result, **inputs)`, where more than one is; by default what agrees
            with the first right version is.

    Returns:
        The checks, to be kept in a module-level tuple of the chapter.
    """
    trials = _LawTrials(exercise, function, tuple(inputs), tuple(right), tuple(wrong), holds)
    plainest, *others = wrong
    opening = trials.catches(plainest, wrong[plainest], weight=0.0, opens=True)
    fair = trials.lets_right_versions_pass(weight=float(len(others)))
    return (opening, fair, *(trials.catches(one, wrong[one], after=(fair,)) for one in others))


@dataclass(frozen=True)
class _LawTrials:
    """What one law is tried on; the arguments are those of `law_exercise`."""

    exercise: str
    function: str
    inputs: tuple[Mapping[str, Any], ...]
    right: tuple[Version, ...]
    wrong: tuple[Version, ...]
    holds: Callable[..., bool] | None

    @cached_property
    def _source(self) -> str:
        """All versions in one text, so that the guest compiles them once."""
        return "\n\n".join(inspect.getsource(one) for one in (*self.right, *self.wrong))

    def lets_right_versions_pass(self, weight: float) -> Check:
        """No right version is taken for a wrong one."""

        def body(learner: Learner) -> None:
            for one in self.right:
                for given_ in self.inputs:
                    if not self._says(learner, one, given_):
                        message = f"a false alarm, for this version is right: {_sentence(one)}"
                        raise CheckFailure(message, got="False", expected="True")

        title = f"It is True of every right {self.function}, whatever the inputs."
        hint = "Does it ask for more than the docstring promises, or for exact equality of rounded numbers?"
        return self._check("lets_right_versions_pass", title, body, hint, weight=weight)

    def catches(
        self,
        wrong: Version,
        hint: str,
        *,
        after: tuple[Check, ...] = (),
        weight: float = 1.0,
        opens: bool = False,
    ) -> Check:
        """One mistake is told from what is right, on some input."""

        def body(learner: Learner) -> None:
            if any(self._catches(learner, wrong, given_) for given_ in self.inputs):
                return
            telling = next(given_ for given_ in self.inputs if self._is_broken(wrong, given_))
            self._says(learner, wrong, telling)  # once more, as the call that is shown
            result = shown_value(wrong(**telling), _SHOWN_CHARS)
            message = f"it lets this mistake through on every input; here {self.function} gives {result}"
            raise CheckFailure(message, got="True", expected="False")

        slug = wrong.__name__.partition("__")[2]
        title = f"It catches this mistake: {_sentence(wrong)}"
        return self._check(f"catches_{slug}", title, body, hint, after, weight, opens)

    def _says(self, learner: Learner, version: Version, given_: Mapping[str, Any]) -> bool:
        """What the law says of a version; of all calls only the last is kept, since nobody reads a hundred."""
        learner.calls.clear()
        subject = GuestVersion(self._source, version.__name__, self.function)
        return bool(learner.call(self.exercise, subject, *given_.values()))

    def _catches(self, learner: Learner, wrong: Version, given_: Mapping[str, Any]) -> bool:
        """Whether the law says no, in words or by an exception: nothing can be computed with some wrong answers."""
        try:
            return not self._says(learner, wrong, given_)
        except LearnerRaised as raised:
            if raised.name == "NotImplementedError":
                raise
            return True

    def _is_broken(self, wrong: Version, given_: Mapping[str, Any]) -> bool:
        """Whether a mistake shows on an input; every one has to on some."""
        result = wrong(**given_)
        if self.holds is not None:
            return not self.holds(result, **given_)
        try:
            agree(result, self.right[0](**given_), rtol=1e-4)
        except CheckFailure:
            return True
        return False

    def _check(
        self,
        name: str,
        title: str,
        body: Body,
        hint: str,
        after: tuple[Check, ...] = (),
        weight: float = 1.0,
        opens: bool = False,
    ) -> Check:
        return Check(
            f"check_{self.exercise}_{name}", self.exercise, title, body, MappingProxyType({}), hint, after,
            weight, opens=opens,
        )  # fmt: skip


def _sentence(version: Version) -> str:
    """What a version does, from its docstring."""
    return " ".join((inspect.getdoc(version) or "").split())
