"""Find the known mistake that answers as a learner does, where one does so far better than all others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from grader.engine.digests import agree
from grader.engine.probing import Answer
from grader.records import Likeness

# The figures are such that of all known mistakes, each left out in turn, none gets the name of another one unless both
# answer the same.
AGREEMENT = 0.85  # of the wrong answers to the laws that the mistake breaks
IN_EACH_LAW = 0.5  # and more than so much of those to any of these laws
SHARE = 2 / 3  # of all wrong answers
MARGIN = 0.2  # of all wrong answers, before the next mistake
FEWEST = 12  # inputs: in a single law one different answer may be another mistake

Named = TypeVar("Named")


@dataclass(frozen=True)
class Resemblance:
    """How much a learner's answers are those of a known mistake.

    Args:
        share: of the inputs that one of both answers wrong, those where both give the same.
        in_its_laws: the same share among the inputs of the laws that the mistake breaks. Whoever makes another mistake
            besides is wrong elsewhere too.
        in_worst_law: the same share in the one of these laws where it is least.
        agreed: where both give the same.
    """

    share: float
    in_its_laws: float
    in_worst_law: float
    agreed: frozenset[int]


def resemblance(learner: Sequence[Answer], mistake: Sequence[Answer], laws: Sequence[str]) -> Resemblance:
    """Compare answers to the same inputs. What both answer right says nothing: every mistake is right somewhere.

    Args:
        laws: which law each input is of.
    """
    wrong = [i for i, (a, b) in enumerate(zip(learner, mistake, strict=True)) if not (a.kept and b.kept)]
    agreed = frozenset(i for i in wrong if _same_wrong(learner[i], mistake[i]))
    broken = {laws[i] for i in wrong if not mistake[i].kept}
    every, same = Counter(laws[i] for i in wrong if laws[i] in broken), Counter(laws[i] for i in agreed)
    return Resemblance(
        share=len(agreed) / max(1, len(wrong)),
        in_its_laws=len(agreed) / max(1, every.total()),
        in_worst_law=min((same[law] / count for law, count in every.items()), default=0.0),
        agreed=agreed,
    )


def _same_wrong(a: Answer, b: Answer) -> bool:
    return not a.kept and not b.kept and agree(a.digest, b.digest)


def nearest(
    learner: Sequence[Answer], mistakes: Iterable[tuple[Named, Sequence[Answer]]], laws: Sequence[str]
) -> tuple[Named, Likeness, Resemblance] | None:
    """The one mistake that a learner's answers are those of; None where there is none, or several come near.

    Args:
        learner: what the learner's code answered.
        mistakes: each with its answers to the same inputs.
        laws: which law each input is of.
    """
    found = [(mistake, resemblance(learner, answers, laws)) for mistake, answers in mistakes]
    found.sort(key=lambda one: one[1].share, reverse=True)
    if not found:
        return None
    best, like = found[0]
    ahead = like.share - (found[1][1].share if len(found) > 1 else 0.0)
    if like.share == 1 and ahead > 0:
        return best, Likeness.SAME, like
    is_its = like.in_its_laws >= AGREEMENT and like.in_worst_law > IN_EACH_LAW
    if is_its and like.share >= SHARE and ahead >= MARGIN and len(like.agreed) >= FEWEST:
        return best, Likeness.NEAREST, like
    return None
