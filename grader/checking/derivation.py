"""The law of every gradient worked out by hand: it is a formula, and not measured by differences of the forward."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from grader.checking.check import Check, Law
from grader.checking.failures import NotCheckable, fail
from grader.checking.strategies import seeds
from grader.sandbox.exceptions import LearnerMisbehaved, LearnerRaised
from grader.sandbox.proxy import Learner

# In copies of each entry. Numbers of a formula may come near each other by chance: a third of a copy at most in all
# right versions. Differences of the second order make one copy or more; those of the fourth, exact enough, three.
_MOST_COPIES = 0.75
_INPUTS = 5  # no chance repeats itself on so many
_EXAMPLES = 4


def derived(
    exercise: str,
    arguments: Callable[[int], tuple[Any, ...]],
    entries: int,
    *,
    call: Callable[[Learner, tuple[Any, ...]], int] | None = None,
    opens: bool = True,
) -> Check:
    """The law that a gradient is derived, for functions made of more than sums, products and comparisons.

    It gives no points, for a wrong formula keeps it too, and the others come after it: whoever measures has not done
    the exercise.

    Args:
        exercise: the function, or the class that has the method.
        arguments: from a seed what it is called with; entries have to be well apart (`apart`, `scores_apart`).
        entries: how many entries the gradients have in all.
        call: how to ask, `call(learner, arguments)`, where that is not a call of the function: the number of
            `learner.nearby_points`.
        opens: whether all other checks of the exercise wait for it; False where some have nothing to do with gradients.
    """

    def copies(learner: Learner, seed: int) -> float:
        given_ = arguments(seed)
        found = learner.nearby_points(exercise, *given_) if call is None else call(learner, given_)
        return found / entries

    def body(learner: Learner, seed: int) -> None:
        least = math.inf
        try:
            for k in range(_INPUTS):
                least = min(least, copies(learner, seed + k))
                if least <= _MOST_COPIES:
                    return
        except (LearnerRaised, LearnerMisbehaved) as error:
            if isinstance(error, LearnerRaised) and error.name == "NotImplementedError":
                raise  # nothing passes in an exercise that is not written
            raise NotCheckable("it gives no gradient") from None  # which other laws say better
        fail(
            f"the gradient is measured: {1 + least:.0f} times the work of the formula, at points close together"
        )

    return Check(
        f"check_{exercise}_is_derived", exercise, "The gradient is derived, not measured.", body,
        MappingProxyType({"seed": seeds()}),
        "Work the derivative out on paper: no difference of two values of the forward belongs in it.",
        weight=0.0, examples=_EXAMPLES, opens=opens, law=Law.DERIVED,
    )  # fmt: skip
