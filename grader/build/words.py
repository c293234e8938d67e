"""Say of a build what both the terminal and the page say: whose the blocks are, and what the score is called."""

from __future__ import annotations

import math
from collections.abc import Sequence

from grader.build.blocks import Block, Owner, State
from grader.build.train import Metric
from grader.language import gettext as _
from grader.language import ngettext

_OWNERS = {Owner.LEARNER: "yours", Owner.BOTH: "partly yours", Owner.LENT: "lent"}
_STATES = {
    State.SOLVED: "yours",
    State.WRITTEN: "yours, not checked yet",
    State.FAILING: "yours, fails a check",
    State.LENT: "lent",
}
_METRICS = {Metric.ACCURACY: "accuracy", Metric.R_SQUARED: "R²"}


def owner_words(owner: Owner) -> str:
    """Whose a block is."""
    return _(_OWNERS[owner])


def state_words(state: State) -> str:
    """Whose a piece is, and how far it can be trusted."""
    return _(_STATES[state])


def metric_words(metric: str) -> str:
    """What the score is called.

    Args:
        metric: of the training process, a value of `Metric`.
    """
    return _(_METRICS[Metric(metric)])


def score_words(score: float) -> str:
    """A score with four decimals, rounded down: what falls short of the goal never reads as the goal."""
    return f"{math.floor(score * 1e4 + 1e-9) / 1e4:.4f}" if math.isfinite(score) else f"{score}"


def count_yours(blocks: Sequence[Block]) -> str:
    """How many blocks are the learner's, as a sentence without its full stop."""
    yours = sum(block.whose is Owner.LEARNER for block in blocks)
    partly = sum(block.whose is Owner.BOTH for block in blocks)
    said = ngettext("{number} of {total} blocks is yours", "{number} of {total} blocks are yours", yours)
    said = said.format(number=yours, total=len(blocks))
    return said + (_(", {partly} more in part").format(partly=partly) if partly else "")
