"""Grade again what a new check, kit or policy would judge otherwise, and say what that changes before it counts."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace

from grader.grading.adjustments import Adjustments, checks_give, in_force, kept
from grader.grading.cache import grade_stored
from grader.grading.gradebook import results_from
from grader.grading.known import verdict_key
from grader.grading.lateness import lateness
from grader.grading.roster import class_list
from grader.grading.setup import Setup
from grader.grading.store import Entry, Store, Verdict
from grader.grading.trouble import damaged
from grader.grading.workers import Workers
from grader.records import (
    AdjustmentKind,
    Change,
    Chapter,
    Counts,
    Course,
    LearnerResult,
    Overruled,
    Report,
    ReportState,
)

Attempt = tuple[Entry, Verdict]


@dataclass
class Regrade:
    """A regrade under way. Nothing of it counts before `publish`.

    Args:
        chapters: the chapters it looks at.
        stale: numbers, in `attempts`, of those that are to be graded again.
        adjustments: what a person decided, which a regrade leaves alone.
    """

    course: Course
    chapters: tuple[Chapter, ...]
    attempts: list[Attempt]
    stale: list[int]
    adjustments: Adjustments
    fresh: dict[int, Verdict] = field(default_factory=dict)

    def run(self, store: Store, setup: Setup, workers: Workers) -> Generator[Verdict]:
        """Grade what is stale, and yield each verdict when it is there; a verdict is kept although it may not count.

        Raises:
            KitError: what a verdict was made on is not there any more, so it cannot be made anew.
        """
        by_stem = {chapter.stem: chapter for chapter in self.chapters}
        again, submissions = [], []
        for number in self.stale:
            entry, verdict = self.attempts[number]
            submission = store.submission(entry, by_stem[entry.chapter])
            if submission is not None:
                again.append(number)
                submissions.append(submission)
            elif not _is_fault(verdict.report):  # at which the kit may have failed before it was read
                raise damaged(store.path)
        for place, verdict in grade_stored(submissions, setup, store, workers):
            self.fresh[again[place]] = verdict
            yield verdict

    def proposed(self) -> list[Attempt]:
        """Every attempt as it would stand: the fresh verdict, and lateness by today's policy."""
        by_stem = {chapter.stem: chapter for chapter in self.chapters}
        found = []
        for number, (entry, old) in enumerate(self.attempts):
            verdict = self.fresh.get(number, old)
            late_s, deducted = lateness(
                by_stem[entry.chapter], self.course.late, entry.handed_in, marked_late=entry.marked_late
            )
            new = replace(
                entry, verdict=verdict.id, late_s=late_s, deducted=deducted, counts=self.course.counts
            )
            found.append((new, verdict))
        return found

    def changes(self) -> tuple[list[Change], int]:
        """What would count otherwise, lower ones first; and how many there are that count."""
        changes = []
        before, after = self._before_and_after()
        for old, new in zip(before, after, strict=True):
            for chapter in self.chapters:
                change = _change(chapter, old, new)
                changes += [change] if change else []
        total = sum(r.state is not ReportState.BY_HAND for one in before for r in one.reports)
        return sorted(changes, key=lambda change: (not change.is_lower, change.learner)), total

    def overruled(self) -> list[Overruled]:
        """Scores that a person set, where the checks now give other points: they stay, and that is to be said."""
        found = []
        by_stem = {chapter.stem: chapter for chapter in self.chapters}
        for old, new in zip(*self._before_and_after(), strict=True):
            for one in new.adjustments:
                if one.kind is not AdjustmentKind.SCORE or one.chapter not in by_stem:
                    continue
                before, after = checks_give(old, one), checks_give(new, one)
                if before is not None and after is not None and abs(before - after) > 1e-9:
                    found.append(Overruled(new.learner, by_stem[one.chapter], one, before, after))
        return found

    def _before_and_after(self) -> tuple[Sequence[LearnerResult], Sequence[LearnerResult]]:
        """Everybody who handed in something, as they stand and as they would."""
        learners = sorted({entry.learner for entry, _ in self.attempts})
        before, after = (
            results_from(attempts, self.course, self.chapters, learners, (), self.adjustments).learners
            for attempts in (self.attempts, self.proposed())
        )
        return before, after

    def entries(self) -> list[Entry]:
        """What would be published: every attempt that would stand otherwise."""
        return [new for (new, _), (old, _) in zip(self.proposed(), self.attempts, strict=True) if new != old]

    def publish(self, store: Store, run: int) -> None:
        """Let the new verdicts count."""
        store.publish(run, self.entries())


def plan_regrade(store: Store, course: Course, chapters: tuple[Chapter, ...], setup: Setup) -> Regrade:
    """Look through what stands for what the checks, kit, mistakes or course of today would judge anew.

    Args:
        store: the verdicts that stand.
        course: as it is today; where its last attempt counts, earlier ones are let alone.
        chapters: these only.
        setup: how the regrade judges; a verdict made otherwise is stale.

    Returns:
        A regrade that has not run yet.
    """
    by_stem = {chapter.stem: chapter for chapter in chapters}
    attempts = list(store.standing(store.assigned_and_met()[1], list(by_stem)))
    stale = []
    for number, (entry, verdict) in enumerate(attempts):
        counts_no_more = course.counts is Counts.LAST and not _is_last(attempts, number)
        if counts_no_more:
            continue
        key = verdict_key(by_stem[entry.chapter], entry.sha256, setup)
        if verdict.report.submission_sha256 and (key != verdict.key or _is_fault(verdict.report)):
            stale.append(number)
    decided = Adjustments(in_force(kept(store)), class_list(store).members)
    return Regrade(course, chapters, attempts, stale, decided)


def _is_last(attempts: Sequence[Attempt], number: int) -> bool:
    entry = attempts[number][0]
    following = attempts[number + 1][0] if number + 1 < len(attempts) else None
    return following is None or (following.learner, following.chapter) != (entry.learner, entry.chapter)


def _change(chapter: Chapter, old: LearnerResult, new: LearnerResult) -> Change | None:
    before, after = _report(old, chapter), _report(new, chapter)
    if before is None or after is None:
        return None
    points = old.points_of(before), new.points_of(after)
    if abs(points[0] - points[1]) < 1e-9:
        return None
    hand_ins = old.hand_in(chapter.stem), new.hand_in(chapter.stem)
    return Change(old.learner, chapter, *points, before, after, *hand_ins)


def _is_fault(report: Report) -> bool:
    return report.state is ReportState.KIT_FAULT


def _report(one: LearnerResult, chapter: Chapter) -> Report | None:
    return next((report for report in one.reports if report.chapter == chapter.stem), None)
