"""Turn a class's results into the term: chapter after chapter, who fell behind, and which laws stay hard.

The same figures are a page (html/termpage.py) and three tables for a spreadsheet (`tables`).
"""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from grader.records import Chapter, ClassResults, LearnerResult, Outcome, Report, ReportState
from grader.report.statistics import Distribution, distribution, share_of
from grader.text import clean_line, guarded

STOPPED_AFTER = 2  # chapters in a row that are missing at the end
FELL_BY = 0.25  # of all points, from the earlier chapters to the last third
FEWEST_TO_FALL = 3  # chapters with a result, fewer of which are no course of things


class Place(StrEnum):
    """How a learner stands in a chapter where no share of the points says it."""

    MISSING = "missing"
    WAITING = "not graded yet"
    EXCUSED = "excused"


class Behind(StrEnum):
    """Why a learner is named among those who fell behind; the order is the page's."""

    SILENT = "nothing handed in"
    STOPPED = "stopped"
    FELL = "fell"


@dataclass(frozen=True)
class ChapterOfTerm:
    """One chapter.

    Args:
        handed_in: learners who handed it in, graded or not.
        asked: learners of whom it is asked: all but those excused.
        shares: of the points, of those with a verdict, lateness taken off.
        whole: learners with everything right.
        late: learners who came after their deadline.
    """

    chapter: Chapter
    handed_in: int
    asked: int
    shares: Distribution
    whole: int
    late: int


@dataclass(frozen=True)
class LearnerOfTerm:
    """One learner over the term.

    Args:
        places: the share of each chapter's points, or why there is none.
        share: of all points that can be had.
        behind: whether they fell behind; None if not.
        last: the last chapter that they handed in, where they stopped; None if they did not.
        earlier, recent: their mean share before the last third of the chapters and in it, where they fell.
    """

    one: LearnerResult
    places: tuple[float | Place, ...]
    share: float
    behind: Behind | None = None
    last: Chapter | None = None
    earlier: float = 0.0
    recent: float = 0.0


@dataclass(frozen=True)
class LawOfTerm:
    """One check, as those met it whose code got so far.

    Args:
        judged: learners whom it passed or failed.
        failing: those whom it fails in the attempt that counts.
        retried: those among the judged who handed in more than once.
        still: those of them whom it fails all the same.
    """

    chapter: Chapter
    exercise: str
    name: str
    title: str
    judged: int
    failing: int
    retried: int
    still: int

    @property
    def share(self) -> float:
        """The part of the judged whom it fails."""
        return self.failing / self.judged


@dataclass(frozen=True)
class Term:
    """The figures of a term; learners in the order of the class, laws the hardest first."""

    chapters: tuple[ChapterOfTerm, ...]
    learners: tuple[LearnerOfTerm, ...]
    laws: tuple[LawOfTerm, ...]

    @property
    def behind(self) -> tuple[LearnerOfTerm, ...]:
        """Those who fell behind: who is silent first, then who stopped the longest ago, then who fell the deepest."""
        order = list(Behind)
        stems = [found.chapter.stem for found in self.chapters]
        ranked = sorted(
            (found for found in self.learners if found.behind is not None),
            key=lambda f: (
                order.index(f.behind or Behind.FELL),
                stems.index(f.last.stem) if f.last is not None else 0,
                f.recent - f.earlier,
                f.one.learner,
            ),
        )
        return tuple(ranked)

    @property
    def hardest(self) -> tuple[LawOfTerm, ...]:
        """Of each exercise the law that most fail: one mistake breaks many, and one is enough to show it."""
        found: dict[tuple[str, str], LawOfTerm] = {}
        for law in self.laws:
            if law.failing:
                found.setdefault((law.chapter.stem, law.exercise), law)
        return tuple(found.values())


def term_of(results: ClassResults) -> Term:
    """The term as the class stands.

    Args:
        results: every learner with the attempt that counts at each chapter.
    """
    return Term(
        tuple(_chapter(chapter, results.learners) for chapter in results.chapters),
        tuple(_learner(one, results.chapters) for one in results.learners),
        tuple(sorted(_laws(results), key=lambda law: (-law.share, -law.failing))),
    )


def _chapter(chapter: Chapter, learners: Sequence[LearnerResult]) -> ChapterOfTerm:
    places = [_place(one, chapter) for one in learners]
    reports = [(one, report) for one in learners if (report := _handed_in(one, chapter)) is not None]
    return ChapterOfTerm(
        chapter=chapter,
        handed_in=len(reports) + places.count(Place.WAITING),
        asked=len(places) - places.count(Place.EXCUSED),
        shares=distribution([_share(one, report) for one, report in reports]),
        whole=sum(report.passed for _, report in reports),
        late=sum(one.hand_in(chapter.stem).late_s > 0 for one, _ in reports),
    )


def _handed_in(one: LearnerResult, chapter: Chapter) -> Report | None:
    """The verdict on what was handed in; None where there is none, or the kit failed."""
    states = (ReportState.KIT_FAULT, ReportState.BY_HAND)
    return next((r for r in one.reports if r.chapter == chapter.stem and r.state not in states), None)


def _share(one: LearnerResult, report: Report) -> float:
    return one.points_of(report) / report.max_points if report.max_points else 0.0


def _place(one: LearnerResult, chapter: Chapter) -> float | Place:
    if chapter.stem in one.excused:
        return Place.EXCUSED
    if chapter.stem in (*dict(one.ungraded), *one.faults):
        return Place.WAITING
    report = next((found for found in one.reports if found.chapter == chapter.stem), None)
    return Place.MISSING if report is None else _share(one, report)


def _learner(one: LearnerResult, chapters: Sequence[Chapter]) -> LearnerOfTerm:
    """A learner's places, and whether they tell of somebody who fell behind."""
    places = tuple(_place(one, chapter) for chapter in chapters)
    # What is excused or waits says nothing about how somebody does.
    known = [
        (chapter, 0.0 if place is Place.MISSING else place, place is Place.MISSING)
        for chapter, place in zip(chapters, places, strict=True)
        if not isinstance(place, Place) or place is Place.MISSING
    ]
    found = LearnerOfTerm(one, places, share_of(one))
    came = [at for at, (_, _, missing) in enumerate(known) if not missing]
    if known and not came:
        waits = Place.WAITING in places
        return found if waits else LearnerOfTerm(one, places, found.share, Behind.SILENT)
    if came and len(known) - 1 - came[-1] >= STOPPED_AFTER:
        return LearnerOfTerm(one, places, found.share, Behind.STOPPED, last=known[came[-1]][0])
    if len(known) >= FEWEST_TO_FALL:
        shares = [float(share) for _, share, _ in known]
        third = max(1, len(shares) // 3)
        earlier, recent = statistics.fmean(shares[:-third]), statistics.fmean(shares[-third:])
        if earlier - recent >= FELL_BY:
            return LearnerOfTerm(one, places, found.share, Behind.FELL, earlier=earlier, recent=recent)
    return found


def _laws(results: ClassResults) -> Iterator[LawOfTerm]:
    """Every law that judged anybody."""
    chapters = {chapter.stem: chapter for chapter in results.chapters}
    met: dict[tuple[str, str, str], list[tuple[str, bool, bool]]] = {}
    for one in results.learners:
        for report in one.reports:
            again = one.hand_in(report.chapter).attempts > 1
            for result in report.checks:
                if result.outcome is Outcome.NOT_RUN or result.is_unwritten:
                    continue
                fails = result.outcome is Outcome.FAILED
                place = (report.chapter, result.exercise, result.name)
                met.setdefault(place, []).append((result.title, fails, again))
    for (stem, exercise, name), all_of_it in met.items():
        yield LawOfTerm(
            chapters[stem], exercise, name, clean_line(all_of_it[-1][0], 200), len(all_of_it),
            sum(fails for _, fails, _ in all_of_it),
            sum(again for _, _, again in all_of_it),
            sum(fails and again for _, fails, again in all_of_it),
        )  # fmt: skip


# --- the same as tables -----------------------------------------------------------------------------------


def tables(term: Term) -> dict[str, str]:
    """The three tables as CSV, by the name of their file; shares are numbers between 0 and 1.

    Each opens with a byte order mark, without which Excel misreads names that are not ASCII.
    """
    chapters = [
        ("chapter", "title", "due", "asked", "handed_in", "late", "all_right", "quartile_1", "median",
         "quartile_3", "mean"),
        *(
            (c.chapter.stem, c.chapter.title, c.chapter.deadline.isoformat() if c.chapter.deadline else "",
             c.asked, c.handed_in, c.late, c.whole, *map(_number, (*c.shares.quartiles, c.shares.mean)))
            for c in term.chapters
        ),
    ]  # fmt: skip
    stems = [found.chapter.stem for found in term.chapters]
    learners = [
        ("learner", "name", "section", *stems, "share", "points", "max_points", "behind"),
        *(
            (f.one.learner, f.one.member.name if f.one.member else "", f.one.member.section if f.one.member else "",
             *(p.value if isinstance(p, Place) else _number(p) for p in f.places),
             _number(f.share), _number(f.one.points), _number(f.one.max_points), f.behind or "")
            for f in term.learners
        ),
    ]  # fmt: skip
    laws = [
        ("chapter", "exercise", "check", "law", "judged", "failing", "share_failing", "handed_in_again",
         "still_failing"),
        *(
            (w.chapter.stem, w.exercise, w.name, w.title, w.judged, w.failing, _number(w.share), w.retried, w.still)
            for w in term.laws
        ),
    ]  # fmt: skip
    return {"chapters.csv": _csv(chapters), "learners.csv": _csv(learners), "laws.csv": _csv(laws)}


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _csv(rows: Sequence[tuple[object, ...]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, dialect="excel")
    writer.writerows([guarded(clean_line(str(cell))) for cell in row] for row in rows)
    return "\ufeff" + file.getvalue()
