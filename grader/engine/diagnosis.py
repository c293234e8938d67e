"""Name a learner's mistake: the known wrong version that answers every probe as the learner's code does.

A name is a claim, and a false one sends the learner the wrong way. So it is given only where exactly one known mistake
gives the same answers on every probe, not on the smallest failing input alone: many mistakes agree there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from grader.checking.check import Check, Suite
from grader.course.variants import Variant
from grader.engine.profile import Profile
from grader.engine.runner import Workplace
from grader.engine.trial import Trial
from grader.records import Chapter, Outcome, Report, Ruling
from grader.sandbox.exceptions import LearnerLost, LearnerRaised
from grader.sandbox.handles import Handle, reference_of
from grader.sandbox.proxy import Learner

PROBES = 40  # inputs for each check; one of eight mistakes was misnamed on one input, none on forty
CHECKS_PROBED = 6
PROBED_BYTES = 64 * 2**20  # what a version's answers may come to; all of the learner's are kept
# Two versions may add up in another order. They are told apart by less than any check allows.
_RTOL, _ATOL = 1e-7, 1e-9

Transcript = list[Any]


def diagnose(
    chapter: Chapter,
    report: Report,
    ruling: Ruling,
    workplace: Workplace,
    profile: Profile,
    suite: Suite,
    mistakes: Iterable[Variant],
) -> Report:
    """Say of each failed exercise which known mistake gives the same results, if exactly one does.

    One input is not enough: different mistakes often agree on the smallest failing one. So the exercise's checks
    are run again on drawn inputs, for the learner and for each mistake, every one in a guest, and all that came back
    is compared. Exercises that are not written, or whose guest was lost, have no diagnosis.

    Args:
        chapter: the chapter of all that follows.
        report: what the checks found.
        ruling: the learner's source, as it ran.
        workplace: where all versions run, one after the other.
        profile: the seed of the probes.
        suite: the checks of the chapter.
        mistakes: the known ones of the chapter.

    Returns:
        The report, with the name in every failed check of the exercises that have one.
    """
    by_exercise: dict[str, list[Variant]] = {}
    for mistake in mistakes:
        by_exercise.setdefault(mistake.exercise, []).append(mistake)
    found: dict[str, str] = {}
    probing = Probing(workplace, profile, chapter, suite)
    for exercise, candidates in by_exercise.items():
        probed = _checks_to_probe(report, suite, exercise)
        if probed:
            name = _same_results(ruling.source, candidates, probed, probing)
            if name is not None:
                found[exercise] = name.diagnosis
    checks = tuple(
        replace(result, diagnosis=found[result.exercise])
        if result.outcome is Outcome.FAILED and result.exercise in found
        else result
        for result in report.checks
    )
    return replace(report, checks=checks)


def _checks_to_probe(report: Report, suite: Suite, exercise: str) -> tuple[Check, ...]:
    """The failed checks of an exercise first, then others; none when there is nothing to compare."""
    results = {result.name: result for result in report.checks if result.exercise == exercise}
    failed = [r for r in results.values() if r.outcome is Outcome.FAILED and not r.is_unwritten]
    if not failed:
        return ()
    names = {result.name for result in failed}
    ordered = sorted(suite.of(exercise), key=lambda check: check.name not in names)
    return tuple(ordered[:CHECKS_PROBED])


class _Different(BaseException):
    """The candidate answered otherwise; not an Exception, so that nothing shrinks or goes on."""


def _same_results(
    source: str, candidates: list[Variant], checks: tuple[Check, ...], probing: Probing
) -> Variant | None:
    """The one candidate that gives the learner's results on every probe; None if there is none, or several."""
    try:
        theirs = probing.watch(source, checks)
    except (LearnerLost, LearnerRaised):
        return None
    matching = [candidate for candidate in candidates if probing.repeats(candidate.source, checks, theirs)]
    return matching[0] if len(matching) == 1 else None


@dataclass(frozen=True)
class Probing:
    """Where versions of an exercise are probed, and on which inputs.

    Args:
        workplace: where their code runs.
        profile: the seed; the number of inputs is `PROBES` for each check.
        chapter: bars what its exercises may not use; its stem enters the seeds.
        suite: the checks of the chapter, for what its functions return.
    """

    workplace: Workplace
    profile: Profile
    chapter: Chapter
    suite: Suite

    def watch(self, source: str, checks: tuple[Check, ...]) -> Transcript:
        """Everything a version gives back on the probes, example by example."""
        transcript: Transcript = []
        self._probe(source, checks, transcript.append)
        return transcript

    def repeats(self, source: str, checks: tuple[Check, ...], theirs: Transcript) -> bool:
        """Whether a version gives back the same; done with at the first difference."""
        expected = iter(theirs)

        def compare(example: Any) -> None:
            if not alike(example, next(expected, None)):
                raise _Different

        try:
            self._probe(source, checks, compare)
        except (_Different, LearnerLost, LearnerRaised):
            return False
        return next(expected, None) is None

    def _probe(self, source: str, checks: tuple[Check, ...], note: Callable[[Any], None]) -> None:
        learner = self.workplace.open(source)
        learner.returns = self.suite.returns
        profile = replace(self.profile, examples=PROBES, shrink=False, memory=None)
        for check in checks:
            trial = Trial(
                _observed(check, note), learner, profile, self.chapter, self.workplace.limits.check_s
            )
            trial.run()
            if trial.lost:
                raise LearnerLost("a probe got no answer")


def _observed(check: Check, note: Callable[[Any], None]) -> Check:
    """The same check, never failing, that notes what each call of an example gave."""

    def body(learner: Learner, **drawn: Any) -> None:
        try:
            check.body(learner, **drawn)
            outcome = "kept"
        except Exception as error:
            outcome = type(error).__name__
        calls = [(c.target, c.result, c.raised.split(":")[0], c.changed, c.aliases) for c in learner.calls]
        # An optimizer's step returns nothing: what counts is read back from attributes and held tensors.
        note([outcome, *calls, *learner.example.answers])
        if learner.connection.received_bytes > PROBED_BYTES:
            raise LearnerLost("its answers are too large to be kept and compared")

    return replace(check, body=body)


def alike(a: Any, b: Any) -> bool:
    """Whether two parts of transcripts are equal up to rounding, kind by kind."""
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        if not a.dtype.is_floating_point:
            return torch.equal(a, b)
        rtol = _RTOL if a.dtype is torch.float64 else 1e-4
        return torch.allclose(
            a, b, rtol=rtol, atol=_ATOL if a.dtype is torch.float64 else 1e-5, equal_nan=True
        )
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(alike(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(alike(a[key], b[key]) for key in a)
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (a != a and b != b) or abs(a - b) <= _ATOL + _RTOL * abs(b)
    if isinstance(a, Handle) and isinstance(b, Handle):
        return reference_of(a).kind == reference_of(b).kind
    return type(a) is type(b) and bool(a == b)
