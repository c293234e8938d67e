"""Turn the term into a page for the instructor, with a search and tables that sort: the one page that runs a script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from grader.language import gettext as _
from grader.language import listed, translate
from grader.records import ClassResults
from grader.report.html.rendering import page, percent, script
from grader.report.term import Behind, LearnerOfTerm, Place, Term, term_of
from grader.text import clean_line

_SIGNS = {Place.MISSING: "–", Place.WAITING: "?", Place.EXCUSED: "ex"}
_WORDS = {Place.MISSING: "missing", Place.WAITING: "not graded yet", Place.EXCUSED: "excused"}


@dataclass(frozen=True)
class Row:
    """A learner in a table.

    Args:
        cells: what is written for each chapter, and what it is sorted by; None comes last.
        why: how they fell behind, in words; empty if they did not.
        marks: each chapter as a column of the small picture: its class, and how high it is, of 10.
        words: the picture in words.
    """

    found: LearnerOfTerm
    href: str
    cells: tuple[tuple[str, int | None], ...]
    why: str
    marks: tuple[tuple[str, float], ...]
    words: str


def term_page(results: ClassResults, pages: Mapping[str, str] | None = None, term: Term | None = None) -> str:
    """The page about the term, for the instructor alone: it names everybody.

    Args:
        results: the class as it stands.
        pages: each learner's own page, as a link from this one; links to other pages only where there are some.
        term: its figures, where somebody worked them out already.
    """
    term = term or term_of(results)
    pages = pages or {}
    rows = {found.one.learner: _row(found, term, pages) for found in term.learners}
    return page(
        "term.html",
        script=script("term.js"),
        title=_("{course}: the term").format(course=clean_line(translate(results.course.title), 80)),
        results=results,
        term=term,
        rows=sorted(rows.values(), key=lambda row: (-row.found.share, row.found.one.learner)),
        behind=[rows[found.one.learner] for found in term.behind],
        sections=any(found.one.member and found.one.member.section for found in term.learners),
        linked=bool(pages),
    )


def _row(found: LearnerOfTerm, term: Term, pages: Mapping[str, str]) -> Row:
    cells: list[tuple[str, int | None]] = []
    marks: list[tuple[str, float]] = []
    words: list[str] = []
    for place, chapter in zip(found.places, term.chapters, strict=True):
        label = chapter.chapter.label
        if isinstance(place, Place):
            # What is missing counts 0; what is excused or waits is no number.
            cells.append((_(_SIGNS[place]), 0 if place is Place.MISSING else None))
            marks.append(("hm" if place is Place.MISSING else "hu", 1.0))
            words.append(f"{label} {_(_WORDS[place])}")
        else:
            cells.append((percent(place).removesuffix(" %"), round(1000 * place)))
            marks.append(("bar-part", round(max(0.4, 10 * place), 1)))
            words.append(f"{label} {percent(place)}")
    return Row(
        found, pages.get(found.one.learner, ""), tuple(cells), _why(found), tuple(marks), listed(words)
    )


def _why(found: LearnerOfTerm) -> str:
    """How a learner fell behind."""
    match found.behind:
        case Behind.SILENT:
            return _("nothing handed in")
        case Behind.STOPPED if found.last is not None:
            return _("nothing since {chapter}").format(chapter=found.last.label)
        case Behind.FELL:
            # On a phone the sign stays with its number.
            shares = [percent(share).replace(" %", "\u00a0%") for share in (found.earlier, found.recent)]
            return _("from {earlier} to {recent}").format(earlier=shares[0], recent=shares[1])
    return ""
