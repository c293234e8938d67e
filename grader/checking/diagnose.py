"""Name a learner's mistake: the known wrong version that answers every probe as the learner's code does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import torch

from grader.checking.law import Check, Suite
from grader.checking.run import Profile, Trial, Workplace
from grader.records import Outcome, Report, Ruling
from grader.sandbox.learner import Handle, Learner, LearnerLost, LearnerRaised
from grader.variants import Variant

PROBES = 40
CHECKS_PROBED = 6
_RTOL, _ATOL = 1e-7, 1e-9

Transcript = list[Any]


def diagnose(
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
    """
    by_exercise: dict[str, list[Variant]] = {}
    for mistake in mistakes:
        by_exercise.setdefault(mistake.exercise, []).append(mistake)
    found: dict[str, str] = {}
    for exercise, candidates in by_exercise.items():
        probed = _checks_to_probe(report, suite, exercise)
        if probed:
            name = _same_results(ruling.source, candidates, probed, workplace, profile, report.chapter, suite)
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
    failed = [r for r in results.values() if r.outcome is Outcome.FAILED and "not written yet" not in r.message]
    if not failed:
        return ()
    names = {result.name for result in failed}
    ordered = sorted(suite.of(exercise), key=lambda check: check.name not in names)
    return tuple(ordered[:CHECKS_PROBED])


def _same_results(
    source: str,
    candidates: list[Variant],
    checks: tuple[Check, ...],
    workplace: Workplace,
    profile: Profile,
    chapter: str,
    suite: Suite,
) -> Variant | None:
    try:
        theirs = _transcript(source, checks, workplace, profile, chapter, suite)
    except (LearnerLost, LearnerRaised):
        return None
    matching = []
    for candidate in candidates:
        try:
            known = _transcript(candidate.source, checks, workplace, profile, chapter, suite)
        except (LearnerLost, LearnerRaised):
            continue
        if _alike(theirs, known):
            matching.append(candidate)
    return matching[0] if len(matching) == 1 else None


def _transcript(
    source: str, checks: tuple[Check, ...], workplace: Workplace, profile: Profile, chapter: str, suite: Suite
) -> Transcript:
    """Everything a version of the exercise gives back while its checks are run on the probes."""
    learner = workplace.open(source)
    learner.returns = suite.returns
    transcript: Transcript = []
    for check in checks:
        seen = _observed(check, transcript)
        examples = replace(profile, examples=PROBES, shrink=False, memory=None)
        trial = Trial(seen, learner, examples, chapter, workplace.limits.check_s)
        trial.run()
        if trial.lost:
            raise LearnerLost("a probe got no answer")
    return transcript


def _observed(check: Check, transcript: Transcript) -> Check:
    """The same check, never failing, that notes what each call gave."""

    def body(learner: Learner, **drawn: Any) -> None:
        try:
            check.body(learner, **drawn)
            outcome = "kept"
        except LearnerLost:
            raise
        except Exception as error:
            outcome = type(error).__name__
        for call in learner.calls:
            transcript.append((call.target, call.result, call.raised.split(":")[0], call.changed, call.aliases))
        transcript.append(outcome)

    return replace(check, body=body)


def _alike(a: Any, b: Any) -> bool:
    """Equal up to rounding, kind by kind."""
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        if not a.dtype.is_floating_point:
            return torch.equal(a, b)
        rtol = _RTOL if a.dtype is torch.float64 else 1e-4
        return torch.allclose(a, b, rtol=rtol, atol=_ATOL if a.dtype is torch.float64 else 1e-5, equal_nan=True)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(_alike(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_alike(a[key], b[key]) for key in a)
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (a != a and b != b) or abs(a - b) <= _ATOL + _RTOL * abs(b)
    if isinstance(a, Handle) and isinstance(b, Handle):
        return a._kind == b._kind
    return type(a) is type(b) and bool(a == b)
