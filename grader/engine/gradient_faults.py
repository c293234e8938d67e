"""Tell how a learner's gradient is wrong: the failed check is run again on generic inputs, and must show it on all."""

from __future__ import annotations

from grader.checking.check import Check
from grader.checking.failures import CheckFailure, GradientPair
from grader.checking.gradients import find_fault, has_enough, recording
from grader.engine.generation import drawing_straight
from grader.records import GradientFinding
from grader.sandbox.exceptions import LearnerBarred, LearnerMisbehaved, LearnerMissing, LearnerRaised
from grader.sandbox.proxy import Learner

# Of so many random inputs enough are generic, unless the law is about few, tied or zero entries only.
_INPUTS = 48


def gradient_fault(check: Check, learner: Learner, seed: int, failed: GradientPair) -> GradientFinding | None:
    """Name what is wrong with a gradient, by inputs of the same law.

    Args:
        check: the law that failed.
        learner: whose gradient it is; its code is called again.
        seed: fixes the inputs.
        failed: both gradients in the smallest case that fails.

    Returns:
        None where nothing holds in every case, or where a single case is all there is.

    Raises:
        LearnerLost: the learner's process came to its end.
    """
    if not check.inputs:
        return None
    found: list[GradientPair] = []
    is_possible = False
    for drawn in drawing_straight(check, seed, _INPUTS):
        learner.begin_example(seed & 0xFFFF_FFFF)
        with recording() as pairs:
            try:
                check.body(learner, **drawn)
            except (CheckFailure, LearnerRaised, LearnerMisbehaved, LearnerMissing, LearnerBarred):
                continue  # what fails in another way says nothing about this gradient
        found += [pair for pair in pairs if pair.what == failed.what]
        if not is_possible and has_enough(found):
            # What does not hold in these holds in no larger number of cases.
            is_possible = find_fault(failed, found) is not None
            if not is_possible:
                return None
    return find_fault(failed, found)
