"""Turn a class's results into the one page that an instructor reads: who, which checks, which mistakes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from grader.language import gettext as _
from grader.language import translate
from grader.records import Chapter, ClassResults, LearnerResult, Report
from grader.report.decisions import line, mistake_words, what, whom
from grader.report.html.rendering import page
from grader.report.statistics import (
    ChapterFigures,
    CheckFigures,
    ClassFigures,
    MistakeFigures,
    share_of,
)
from grader.report.words import lateness, problem
from grader.text import clean_line, points

SHADES = 6  # 0 for no points, 5 for all of them, and four between
SHOWN = 10
MISTAKES_SHOWN = 30
BLUNT = 0.1  # a correlation below which a check does not tell who knows the rest


class Absent(StrEnum):
    """How the part of a learner without a share is drawn, as the end of a class of the style sheet."""

    EXCUSED = "x"
    MISSING = "m"
    UNGRADED = "u"


@dataclass(frozen=True)
class Run:
    """Neighbouring learners who did alike: drawn as one rectangle."""

    start: int
    width: int
    shade: str


@dataclass(frozen=True)
class Strip:
    """One row of the heat map: a chapter over all learners, and the same in words."""

    figures: ChapterFigures
    runs: tuple[Run, ...]
    words: str


@dataclass(frozen=True)
class Row:
    """A learner in the table of all."""

    name: str
    href: str
    cells: tuple[str, ...]
    notes: tuple[str, ...]
    points: str
    share: float


def class_page(results: ClassResults, pages: Mapping[str, str] | None = None) -> str:
    """The page about all learners, for the instructor alone: it names every one of them.

    Args:
        results: the class as it stands.
        pages: each learner's own page, as a link from this one.
    """
    figures = ClassFigures(results)
    ranked = sorted(results.learners, key=lambda one: (-share_of(one), one.learner))
    pages = pages or {}
    shared = [found for found in figures.mistakes if _is_shared(found)]
    return page(
        "class.html",
        title=_("{course}: the class").format(course=clean_line(translate(results.course.title), 80)),
        results=results,
        most=sum(chapter.points for chapter in results.chapters),
        figures=figures,
        bins=_bins(figures),
        strips=[_strip(chapter, ranked) for chapter in figures.chapters],
        hardest=_hardest(figures.checks),
        blunt=_blunt(figures.checks),
        slowest=sorted(figures.checks, key=lambda check: -check.median_s)[:5],
        unfailed=_by_chapter([check for check in figures.checks if check.passed and not check.failed]),
        by_chapter=_by_chapter(figures.checks),
        mistakes=[(found, mistake_words(found.mistake)) for found in shared[:MISTAKES_SHOWN]],
        more_mistakes=max(0, len(shared) - MISTAKES_SHOWN),
        shown=SHOWN,
        pages=pages,
        labels={one.learner: one.label for one in results.learners},
        what=what,
        whom=whom,
        rows=[_row(one, results.chapters, pages.get(one.learner, "")) for one in ranked],
    )


def _bins(figures: ClassFigures) -> list[tuple[str, int, float]]:
    """The distribution from the best down: a range, how many, and how long its bar is."""
    counts = figures.points.counts
    most = max(counts) or 1
    size = 100 // len(counts)
    ranges = [f"{place * size}–{(place + 1) * size} %" for place in range(len(counts))]
    return [(name, count, count / most) for name, count in zip(ranges, counts, strict=True)][::-1]


def _strip(figures: ChapterFigures, ranked: Sequence[LearnerResult]) -> Strip:
    """One chapter's row: neighbours of the same shade become one rectangle, so that 300 learners stay few shapes."""
    shades = [_shade(one, figures.chapter) for one in ranked]
    runs, start = [], 0
    for shade, group in groupby(shades):
        width = len(list(group))
        runs.append(Run(start, width, shade))
        start += width
    absent, waiting = shades.count(Absent.MISSING), figures.handed_in - figures.graded
    words = _(
        "{chapter}, learners from the most points to the fewest: {whole} of {all} with everything right, "
        "{absent} without a hand-in"
    ).format(chapter=figures.chapter.label, whole=figures.whole, all=len(ranked), absent=absent)
    if waiting:
        words += _(", {number} not graded yet").format(number=waiting)
    return Strip(figures, tuple(runs), words)


def _shade(one: LearnerResult, chapter: Chapter) -> str:
    """How dark a learner's part of the row is; the ends are kept for nothing and for everything right."""
    report = _report(one, chapter)
    if chapter.stem in one.excused:
        return Absent.EXCUSED
    if chapter.stem in (*dict(one.ungraded), *one.faults):
        return Absent.UNGRADED
    if report is None:
        return Absent.MISSING
    share = one.points_of(report) / report.max_points if report.max_points else 0.0
    if share >= 1 - 1e-9:
        return str(SHADES - 1)
    return "0" if share <= 0 else str(1 + min(SHADES - 3, int(share * (SHADES - 2))))


def _report(one: LearnerResult, chapter: Chapter) -> Report | None:
    return next((report for report in one.reports if report.chapter == chapter.stem), None)


def _hardest(checks: Sequence[CheckFigures]) -> list[CheckFigures]:
    """Of each exercise the check that most fail of those judged; one mistake fails many, and one is enough to show."""
    by_exercise: dict[tuple[str, str], CheckFigures] = {}
    for check in sorted((c for c in checks if c.failed), key=lambda c: (-c.failed, c.judged)):
        by_exercise.setdefault((check.chapter.stem, check.exercise), check)
    return list(by_exercise.values())[:SHOWN]


def _is_shared(found: MistakeFigures) -> bool:
    """Whether a mistake is for the page: a known one always, a law that one learner alone breaks is no group."""
    return bool(found.mistake.diagnosis) or found.learners > 1


def _blunt(checks: Sequence[CheckFigures]) -> list[CheckFigures]:
    """Checks passed by the weak as often as by the strong: suspect, if anything is."""
    found = [c for c in checks if c.discrimination is not None and c.discrimination < BLUNT]
    return sorted(found, key=lambda c: c.discrimination or 0.0)[:SHOWN]


def _by_chapter(
    checks: Sequence[CheckFigures],
) -> Iterator[tuple[Chapter, list[tuple[str, list[CheckFigures]]]]]:
    """Checks under their exercises under their chapters, in the order they came."""
    for chapter, mine in groupby(checks, key=lambda check: check.chapter):
        yield (
            chapter,
            [(name, list(group)) for name, group in groupby(mine, key=lambda check: check.exercise)],
        )


def _row(one: LearnerResult, chapters: Sequence[Chapter], href: str) -> Row:
    """A learner's line in the table of all, with lateness as notes beside it."""
    cells, notes = [], []
    for chapter in chapters:
        report = _report(one, chapter)
        if chapter.stem in one.excused:
            cells.append(_("ex"))
            continue
        if report is None:
            cells.append("?" if chapter.stem in dict(one.ungraded) else "–")
            continue
        if chapter.stem in one.faults:
            cells.append("?!")
            continue
        cells.append(points(one.points_of(report), report.max_points) + ("!" if problem(report) else ""))
        late = lateness(one.hand_in(chapter.stem))
        notes += [f"{chapter.label} {late}"] if late else []
    # What is about everybody stands once, in a section of its own.
    notes += [
        f"{a.chapter.split('_', 1)[0]} {line(a, one)}" for a in one.adjustments if a.learner and not a.mistake
    ]
    total = points(one.points, one.max_points)
    if one.max_points != sum(chapter.points for chapter in chapters):
        total = _("{points} of {most}").format(points=total, most=points(one.max_points))
    return Row(one.learner, href, tuple(cells), tuple(notes), total, share_of(one))
