"""Work what a person decided into what the checks found: scores set by hand, comments, excuses, extensions.

The store keeps every decision as an entry of its own, so a regrade leaves them alone. Results are adjusted here and
nowhere else, when they are read: pages and exports all get the same figures.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import msgspec

from grader.errors import UsageError
from grader.grading.lateness import lateness
from grader.grading.mistakes import mistakes_of
from grader.grading.store import Entry, Store
from grader.records import (
    Adjustment,
    AdjustmentKind,
    Cause,
    Chapter,
    CheckResult,
    ExerciseScore,
    HandIn,
    LatePolicy,
    LearnerResult,
    Member,
    Outcome,
    Report,
    ReportState,
)
from grader.serialization import sealed, unsealed

# --- in the store -----------------------------------------------------------------------------------------


def append(store: Store, adjustment: Adjustment) -> Adjustment:
    """Keep a decision; its number and its time are given here.

    Raises:
        UsageError: it undoes an entry that is not there or not in force.
    """
    with store.at_once():
        if adjustment.kind is AdjustmentKind.UNDO:
            _refuse_undoing(store, adjustment.undoes)
        fields = msgspec.to_builtins(adjustment)
        entry = {name: value for name, value in fields.items() if name not in ("number", "made")}
        number = store.append("adjustments", entry=json.dumps(sealed(entry), ensure_ascii=False))
    return next(found for found in kept(store) if found.number == number)


def kept(store: Store) -> tuple[Adjustment, ...]:
    """Every decision ever made, the oldest first, those undone included."""
    return tuple(store.all_rows("adjustments", _adjustment))


def _adjustment(number: int, made: float, entry: str) -> Adjustment:
    values = unsealed(json.loads(entry)) | {"number": number, "made": datetime.fromtimestamp(made, UTC)}
    return msgspec.convert(values, Adjustment)


def undone_in(adjustments: Sequence[Adjustment]) -> dict[int, int]:
    """The numbers of those that are in force no longer, each with the entry that undid it."""
    undone: dict[int, int] = {}
    # From the newest: whatever could undo an entry stands after it, and may be undone itself.
    for one in reversed(adjustments):
        if one.undoes is not None and one.number not in undone:
            undone[one.undoes] = one.number
    return undone


def in_force(adjustments: Sequence[Adjustment]) -> tuple[Adjustment, ...]:
    """Those that are not undone, without the undoing ones."""
    undone = undone_in(adjustments)
    return tuple(a for a in adjustments if a.kind is not AdjustmentKind.UNDO and a.number not in undone)


def _refuse_undoing(store: Store, number: int | None) -> None:
    entries = kept(store)
    if all(one.number != number for one in entries):
        step = "brick adjust --list shows the numbers"
        raise UsageError(f"there is no entry {number}", str(store.path), step)
    undone_by = undone_in(entries).get(number or 0)
    if undone_by is not None:
        step = f"to put it in force again, run: brick adjust --undo {undone_by} --reason WHY"
        raise UsageError(f"entry {number} is undone already, by entry {undone_by}", str(store.path), step)


# --- worked into results ----------------------------------------------------------------------------------


class Adjustments:
    """The decisions in force, asked by learner and chapter.

    Args:
        entries: as `in_force` gives them.
        members: whom the roster knows, by the learner's name. A decision may be older than the first hand-in: then
            the learner was known by a name of the roster alone.
    """

    def __init__(
        self, entries: Iterable[Adjustment] = (), members: Mapping[str, Member] | None = None
    ) -> None:
        # What is about one learner comes after what is about everybody, since later ones win.
        self._entries = sorted(entries, key=lambda one: (bool(one.learner), one.number))
        self._members = members or {}

    def about(self, learner: str, chapter: str) -> tuple[Adjustment, ...]:
        """What may concern a learner's chapter: of two that exclude each other the later in this order holds."""
        member = self._members.get(learner)
        names = {learner, *(member.names if member is not None else ())}
        return tuple(
            replace(one, learner=learner) if one.learner else one
            for one in self._entries
            if one.chapter in ("", chapter) and (not one.learner or one.learner in names)
        )

    def applied(
        self, entry: Entry, report: Report, chapter: Chapter, policy: LatePolicy
    ) -> tuple[Entry, Report]:
        """An attempt as it counts: the report without what is excused, and lateness by the learner's own deadline.

        A platform's mark without a time stays: nobody knows whether the new deadline was met. Where exercises are
        excused, lateness costs a share of the points that are left.

        Args:
            policy: what a day costs, where the deadline is another than the chapter's.
        """
        about = self.about(entry.learner, entry.chapter)
        if not about:
            return entry, report
        late_s, deducted = entry.late_s, entry.deducted
        deadline = deadline_of(about)
        if deadline is not None and not (entry.handed_in is None and entry.marked_late):
            extended = lateness(replace(chapter, deadline=deadline), policy, entry.handed_in)
            # The chapter's deadline may be younger than the verdict: an extension takes nothing away.
            late_s, deducted = min(extended, (late_s, deducted))
        counted = adjusted(report, about)
        if report.max_points:
            deducted *= counted.max_points / report.max_points
        return replace(entry, late_s=late_s, deducted=round(deducted, 4)), counted

    def settled(self, one: LearnerResult, chapters: Sequence[Chapter]) -> LearnerResult:
        """A learner's results with what concerns chapters as wholes, and with the decisions themselves.

        Args:
            one: made of reports that went through `applied`.
            chapters: what was assigned.
        """
        reports: list[Report] = []
        missing: list[tuple[str, float]] = []
        ungraded: list[tuple[str, float]] = []
        excused: list[str] = []
        mine: list[Adjustment] = []
        waiting = dict(one.ungraded)
        by_stem = {report.chapter: report for report in one.reports}
        for chapter in chapters:
            about = self.about(one.learner, chapter.stem)
            report = by_stem.get(chapter.stem) or _by_hand(chapter, about)
            made = {found.id for found in mistakes_of(report)} if report else set()
            mine += [a for a in about if not a.mistake or a.mistake in made]
            worth = report.max_points if report is not None else _worth(chapter, about)
            if worth <= 0 < chapter.points:
                excused.append(chapter.stem)
            elif report is not None:
                reports.append(report)
            else:
                (ungraded if chapter.stem in waiting else missing).append((chapter.stem, worth))
        return replace(
            one,
            reports=tuple(reports),
            missing=tuple(missing),
            ungraded=tuple(ungraded),
            excused=tuple(excused),
            adjustments=tuple(sorted(mine, key=lambda found: (bool(found.learner), found.number))),
        )


def deadline_of(about: Sequence[Adjustment]) -> datetime | None:
    """The deadline that a learner was given; None if it is the chapter's own."""
    found = [one.deadline for one in about if one.kind is AdjustmentKind.EXTENSION]
    return found[-1] if found else None


def adjusted(report: Report, about: Sequence[Adjustment]) -> Report:
    """A report without what is excused, its points counted from the checks that are left, or set by hand.

    An exercise that has no check left is excused whole. So is a check that was not run because it waited for one
    that is excused: nobody knows what it would have found.

    Args:
        about: the decisions on this learner's chapter, of which later ones win.
    """
    excuses = [one for one in about if one.kind is AdjustmentKind.EXCUSE]
    checks = _without(report.checks, {(one.exercise, one.check) for one in excuses if one.check})
    touched = {result.exercise for result in report.checks if result not in checks}
    gone = {one.exercise for one in excuses if not one.check} | touched - {one.exercise for one in checks}
    scores = []
    for score in report.exercises:
        if score.name in gone or "" in gone:
            continue
        if score.name in touched:
            score = _counted(score, [result for result in checks if result.exercise == score.name])
        scores.append(_set(score, about))
    kept_checks = tuple(result for result in checks if result.exercise not in gone and "" not in gone)
    return replace(report, checks=kept_checks, exercises=tuple(scores))


def _without(checks: Sequence[CheckResult], excused: set[tuple[str, str]]) -> tuple[CheckResult, ...]:
    """The checks without those excused, and without those that waited for one of them."""
    gone = [result for result in checks if (result.exercise, result.name) in excused]
    titles = {(result.exercise, result.title) for result in gone if result.outcome is not Outcome.PASSED}
    found = {id(result) for result in gone}
    grown = True
    while grown:
        waiting = [
            result for result in checks
            if id(result) not in found and result.cause is Cause.WAITING
            and (result.exercise, result.waits_for) in titles
        ]  # fmt: skip
        found |= {id(result) for result in waiting}
        titles |= {(result.exercise, result.title) for result in waiting}
        grown = bool(waiting)
    return tuple(result for result in checks if id(result) not in found)


def _counted(score: ExerciseScore, checks: Sequence[CheckResult]) -> ExerciseScore:
    """The score by the checks that are left, shared by weight as the engine does."""
    total = sum(result.weight for result in checks)
    passed = sum(result.weight for result in checks if result.outcome is Outcome.PASSED)
    earned = 0.0 if score.barred or not total else score.max_points * passed / total
    return replace(score, points=round(earned, 4))


def _set(score: ExerciseScore, about: Sequence[Adjustment]) -> ExerciseScore:
    """The score with the points that a person set, if one did; what the checks give stays beside them."""
    found = [a for a in about if a.kind is AdjustmentKind.SCORE and a.exercise == score.name]
    if not found or found[-1].points is None:
        return score
    return replace(score, points=min(found[-1].points, score.max_points), judged=score.points)


def _by_hand(chapter: Chapter, about: Sequence[Adjustment]) -> Report | None:
    """A report for a chapter without a verdict that got points all the same; None if it got none."""
    if not any(one.kind is AdjustmentKind.SCORE for one in about):
        return None
    scores = tuple(ExerciseScore(e.name, 0.0, e.points, e.extra) for e in chapter.exercises)
    empty = Report(chapter.stem, chapter.title, "", (), scores, state=ReportState.BY_HAND)
    return adjusted(empty, about)


def _worth(chapter: Chapter, about: Sequence[Adjustment]) -> float:
    """The most points of a chapter, without the exercises that are excused."""
    gone = {one.exercise for one in about if one.kind is AdjustmentKind.EXCUSE and not one.check}
    return 0.0 if "" in gone else sum(e.worth for e in chapter.exercises if e.name not in gone)


# --- a score of a person and what the checks say ----------------------------------------------------------


def checks_give(one: LearnerResult, adjustment: Adjustment) -> float | None:
    """What the checks give now where a person set the points; None if nothing was graded."""
    report = next((found for found in one.reports if found.chapter == adjustment.chapter), None)
    if report is None or report.state is ReportState.BY_HAND:
        return None
    return judged_points(report, one.hand_in(report.chapter), adjustment.exercise)


def judged_points(report: Report, hand_in: HandIn, exercise: str = "") -> float | None:
    """What the checks give for an exercise, or for the chapter with lateness taken off; None if it is not there."""
    if exercise:
        return next((_judged(score) for score in report.exercises if score.name == exercise), None)
    earned = sum(_judged(score) for score in report.exercises if not score.extra)
    return max(0.0, earned - hand_in.deducted)


def _judged(score: ExerciseScore) -> float:
    return score.points if score.judged is None else score.judged
