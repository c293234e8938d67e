"""Turn a class's results into the figures an instructor acts on: who, which checks, which mistakes.

Figures are of what was graded. A learner who handed in nothing is absent, which is told apart from no points.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum, auto
from functools import cached_property

from grader.grading.mistakes import Mistake, distinct, who_made_what
from grader.language import gettext as _
from grader.records import (
    UNANSWERED_CAUSES,
    Cause,
    Chapter,
    CheckResult,
    ClassResults,
    LearnerResult,
    Outcome,
    Report,
    ReportState,
)
from grader.report.decisions import Decided, decided_in
from grader.report.reasons import trouble
from grader.report.terminal import breach_place
from grader.report.words import lost_or_late
from grader.text import clean_line

BINS = 10
FEWEST = 10  # learners below which a correlation says more about chance than about the check


@dataclass(frozen=True)
class Distribution:
    """Shares of the points, one per learner: how many fall into each tenth, and where the middle is.

    Args:
        counts: learners in each tenth, lowest first; full marks are in the last one.
        mean: of the shares, between 0 and 1.
        quartiles: the shares below which a quarter, half and three quarters of the learners lie.
    """

    counts: tuple[int, ...]
    mean: float
    quartiles: tuple[float, float, float]

    @property
    def n(self) -> int:
        """Learners."""
        return sum(self.counts)


@dataclass(frozen=True)
class ChapterFigures:
    """How the class did in one chapter.

    Args:
        handed_in: learners who handed in something, graded or not.
        graded: those of them with a verdict; all that follows is about them alone.
        whole: those with everything right.
        mean: of their shares of the points, lateness taken off; who handed in nothing does not count.
        late: those who came after the deadline.
        versions: different states of the checks among these reports; more than one calls for a regrade.
        median_s: seconds that grading one of them took.
    """

    chapter: Chapter
    handed_in: int
    graded: int
    whole: int
    mean: float
    late: int
    versions: int
    median_s: float


@dataclass(frozen=True)
class CheckFigures:
    """How the class did in one check: difficulty as the share that passes, discrimination as a correlation.

    `discrimination` is the corrected item-total correlation: passing this check against how many of the chapter's
    other checks the learner passes. None where it is not defined, or where there are fewer than `FEWEST` learners.
    `open` counts those who left the stub as it was, and those whose check waited for another, was barred or lost.
    """

    chapter: Chapter
    exercise: str
    name: str
    title: str
    passed: int
    failed: int
    open: int
    discrimination: float | None
    median_s: float
    longest_s: float

    @property
    def n(self) -> int:
        """Learners who handed in work for it, whether it was reached or not."""
        return self.passed + self.failed + self.open

    @property
    def judged(self) -> int:
        """Learners whose work it judged: a check that waited, or lost its process, says nothing about theirs."""
        return self.passed + self.failed

    @property
    def share(self) -> float | None:
        """The part of those judged that passes; None where nobody was."""
        return self.passed / self.judged if self.judged else None


@dataclass(frozen=True)
class MistakeFigures:
    """A mistake, in which chapter, and how many learners made it."""

    chapter: Chapter
    mistake: Mistake
    learners: int


class LookKind(IntEnum):
    """Why somebody should look, what needs a person most first."""

    KIT_FAULT = auto()  # nobody but whoever grades can mend it
    LOST = auto()  # it may be the machine, and then another try tells
    NOT_GRADED = auto()  # the learner handed in what cannot be read or run, and may not know
    BREACH = auto()  # the rules decided; the learner sees why


@dataclass(frozen=True)
class Look:
    """Something about a learner's chapter that a person should see, and why, in one sentence."""

    learner: str
    chapter: Chapter
    kind: LookKind
    why: str


@dataclass(frozen=True)
class Copies:
    """Learners who handed in the very same file for a chapter."""

    chapter: Chapter
    learners: tuple[str, ...]


@dataclass(frozen=True)
class ClassFigures:
    """All figures of a class, each counted when it is first asked for: those of the checks take longest.

    Args:
        results: every learner with the attempt that counts at each chapter.
    """

    results: ClassResults

    @cached_property
    def points(self) -> Distribution:
        """Of the learners whose every hand-in has its verdict: what waits for one is no 0."""
        learners = self.results.learners
        return distribution([share_of(one) for one in learners if one.is_settled and one.max_points])

    @cached_property
    def ungraded(self) -> tuple[tuple[str, Chapter], ...]:
        """Learner and chapter of what was handed in and has no verdict."""
        return tuple(
            (one.learner, chapter)
            for chapter in self.results.chapters
            for one in self.results.learners
            if chapter.stem in dict(one.ungraded)
        )

    @cached_property
    def chapters(self) -> tuple[ChapterFigures, ...]:
        """How the class did in each chapter."""
        learners = self.results.learners
        return tuple(_chapter_figures(chapter, mine, learners) for chapter, mine in self._reports.items())

    @cached_property
    def checks(self) -> tuple[CheckFigures, ...]:
        """How the class did in each check."""
        return tuple(
            figures
            for chapter, mine in self._reports.items()
            for figures in _check_figures(chapter, [report for _, report in mine])
        )

    @cached_property
    def mistakes(self) -> tuple[MistakeFigures, ...]:
        """What learners did wrong alike."""
        return tuple(_mistakes(self.results))

    @cached_property
    def decided(self) -> tuple[Decided, ...]:
        """What a person decided, and is in force."""
        return tuple(decided_in(self.results))

    @cached_property
    def looks(self) -> tuple[Look, ...]:
        """What needs a person most first, then by chapter and learner."""
        looks = [look for chapter, mine in self._reports.items() for look in _looks(chapter, mine)]
        return tuple(sorted(looks, key=lambda look: look.kind))

    @cached_property
    def copies(self) -> tuple[Copies, ...]:
        """The same file from several learners; most groups of a class are friends, so it is no fault by itself."""
        return tuple(found for chapter, mine in self._reports.items() for found in _copies(chapter, mine))

    @cached_property
    def absent(self) -> tuple[str, ...]:
        """The learners who handed in nothing at all, unless all is excused."""
        return tuple(one.learner for one in self.results.learners if one.missing and not _handed_in(one))

    @cached_property
    def strangers(self) -> tuple[str, ...]:
        """Who handed in something and is not in the roster, where there is one."""
        return _strangers(self.results.learners)

    @cached_property
    def _reports(self) -> dict[Chapter, list[tuple[LearnerResult, Report]]]:
        return {chapter: _reports_on(chapter, self.results.learners) for chapter in self.results.chapters}


def _reports_on(chapter: Chapter, learners: Sequence[LearnerResult]) -> list[tuple[LearnerResult, Report]]:
    """The learners who handed in work for a chapter, each with the report on it."""
    return [
        (one, report)
        for one in learners
        for report in one.reports
        if report.chapter == chapter.stem and report.state is not ReportState.BY_HAND
    ]


def _handed_in(one: LearnerResult) -> bool:
    """Whether anything came from this learner."""
    return bool(one.ungraded) or any(report.state is not ReportState.BY_HAND for report in one.reports)


def _strangers(learners: Sequence[LearnerResult]) -> tuple[str, ...]:
    """Whom the roster does not know; nobody where it knows nobody."""
    unknown = tuple(one.learner for one in learners if one.member is None)
    return unknown if len(unknown) < len(learners) else ()


def share_of(one: LearnerResult) -> float:
    """The part of all points that a learner has, lateness taken off."""
    return one.points / one.max_points if one.max_points else 0.0


def distribution(shares: Sequence[float]) -> Distribution:
    """Sort shares between 0 and 1 into tenths; full marks are in the last one."""
    counts = Counter(min(BINS - 1, int(share * BINS + 1e-9)) for share in shares)
    first, middle, last = (
        statistics.quantiles(shares, n=4, method="inclusive") if len(shares) > 1 else [*shares, 0.0][:1] * 3
    )
    return Distribution(
        tuple(counts[place] for place in range(BINS)),
        statistics.fmean(shares) if shares else 0.0,
        (first, middle, last),
    )


def _chapter_figures(
    chapter: Chapter, reports: Sequence[tuple[LearnerResult, Report]], learners: Sequence[LearnerResult]
) -> ChapterFigures:
    """One chapter's figures, from those whose work on it has a verdict; of the others it is only said how many."""
    mine = [(one, report) for one, report in reports if chapter.stem not in one.faults]
    waiting = sum(chapter.stem in (*dict(one.ungraded), *one.faults) for one in learners)
    shares = [one.points_of(report) / (report.max_points or 1.0) for one, report in mine]
    return ChapterFigures(
        chapter=chapter,
        handed_in=len(mine) + waiting,
        graded=len(mine),
        whole=sum(report.passed for _, report in mine),
        mean=statistics.fmean(shares) if shares else 0.0,
        late=sum(one.hand_in(chapter.stem).late_s > 0 for one, _ in mine),
        versions=len({report.checks_sha256 for _, report in mine}),
        median_s=statistics.median(report.seconds for _, report in mine) if mine else 0.0,
    )


def _check_figures(chapter: Chapter, reports: Sequence[Report]) -> list[CheckFigures]:
    """One per check, in the order of the newest list of checks; a learner who was not asked does not count."""
    answers: dict[tuple[str, str], list[tuple[CheckResult, int]]] = defaultdict(list)
    # Beside each answer stands how many of the other checks the learner passes: what discrimination is measured by.
    for report in reports:
        whole = sum(result.outcome is Outcome.PASSED for result in report.checks)
        for result in report.checks:
            others = whole - (result.outcome is Outcome.PASSED)
            answers[result.exercise, result.name].append((result, others))
    figures = []
    for (exercise, name), given in answers.items():
        passed = sum(result.outcome is Outcome.PASSED for result, _ in given)
        failed = sum(_is_judged_wrong(result) for result, _ in given)
        times = [result.seconds for result, _ in given if result.outcome is not Outcome.NOT_RUN]
        figures.append(
            CheckFigures(
                chapter=chapter,
                exercise=exercise,
                name=name,
                title=given[-1][0].title,
                passed=passed,
                failed=failed,
                open=len(given) - passed - failed,
                discrimination=correlation(
                    [float(result.outcome is Outcome.PASSED) for result, _ in given],
                    [float(others) for _, others in given],
                ),
                median_s=statistics.median(times) if times else 0.0,
                longest_s=max(times, default=0.0),
            )
        )
    return figures


def correlation(ones: Sequence[float], others: Sequence[float]) -> float | None:
    """Pearson's correlation; None for fewer than `FEWEST` pairs, or where one side is all the same."""
    if len(ones) < FEWEST or len(set(ones)) < 2 or len(set(others)) < 2:
        return None
    return statistics.correlation(ones, others)


def _mistakes(results: ClassResults) -> Iterator[MistakeFigures]:
    """The mistakes of the class, known ones first, and of each kind the commonest."""
    chapters = {chapter.stem: chapter for chapter in results.chapters}
    for mistake, who in distinct(who_made_what(results.learners)).items():
        yield MistakeFigures(chapters[mistake.chapter], mistake, len(who))


def _looks(chapter: Chapter, mine: Sequence[tuple[LearnerResult, Report]]) -> Iterable[Look]:
    """What a person should see: faults, lost guests, files that cannot be run, and breaches of the rules."""
    for one, report in mine:
        if one.set_by_hand(chapter.stem):
            continue  # a person has looked, and decided
        if report.state is ReportState.KIT_FAULT:
            yield Look(one.learner, chapter, LookKind.KIT_FAULT, clean_line(trouble(report), 300))
        elif not report.is_graded:
            why = clean_line(_("counts 0: {why}").format(why=trouble(report)), 300)
            yield Look(one.learner, chapter, LookKind.NOT_GRADED, why)
        elif report.unanswered is not None:
            why = clean_line(lost_or_late(report), 200)
            if report.unanswered.cause is not Cause.LOST:  # a machine may be slow, too
                why = _("{why}; if it may be the machine, grade it with --again").format(why=why)
            yield Look(one.learner, chapter, LookKind.LOST, why)
        if report.breaches:
            first, *rest = report.breaches
            why = _("{place}: {name} is not allowed").format(place=breach_place(first), name=first.name)
            why += _(", and {number} more").format(number=len(rest)) if rest else ""
            yield Look(one.learner, chapter, LookKind.BREACH, clean_line(why, 300))


def _copies(chapter: Chapter, mine: Sequence[tuple[LearnerResult, Report]]) -> Iterable[Copies]:
    """Groups of learners with the very same file, the largest first."""
    same: dict[str, list[str]] = defaultdict(list)
    for one, report in mine:
        # The stub that everybody starts from is worth nothing and proves nothing.
        if report.submission_sha256 and report.points > 0:
            same[report.submission_sha256].append(one.learner)
    groups = sorted((names for names in same.values() if len(names) > 1), key=len, reverse=True)
    return [Copies(chapter, tuple(names)) for names in groups]


def _is_judged_wrong(result: CheckResult) -> bool:
    """Whether a check judged work and found it wrong: a stub was not judged, nor what was lost or late."""
    wrong = result.outcome is Outcome.FAILED and not result.is_unwritten
    return wrong and result.cause not in UNANSWERED_CAUSES
