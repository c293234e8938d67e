"""Turn a class into the table that an instructor reads on a terminal, and a regrade into what it would change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from grader.language import gettext as _
from grader.language import ngettext
from grader.records import Change, ClassResults, LearnerResult, Report
from grader.report.decisions import lines_of
from grader.report.statistics import ClassFigures, LookKind
from grader.report.terminal import Style, table
from grader.report.words import change_reasons, lateness, problem
from grader.text import clean_line, points, width_of, wrap

SHOWN_CHANGES = 60


def class_table(learners: Sequence[LearnerResult], style: Style) -> list[str]:
    """One row per learner and one column per chapter, then why a score is what it is where that is not plain.

    Args:
        learners: in the order of the rows; `!` marks a score with a remark, `-` a chapter that was not handed in,
            `?` one that was, and has no verdict yet, `ex` one that is excused.
        style: for its width. Where the chapters do not fit, the sums alone are shown.
    """
    stems = sorted(
        {r.chapter for one in learners for r in one.reports}
        | {stem for one in learners for stem, _ in (*one.missing, *one.ungraded)}
        | {stem for one in learners for stem in one.excused}
    )
    labels = tuple(stem.split("_", 1)[0] for stem in stems)
    header = (_("learner"), *labels, _("points"), _("of"))
    rows = []
    for one in learners:
        reports = {report.chapter: report for report in one.reports}
        cells = (_score_cell(one, stem, reports.get(stem)) for stem in stems)
        rows.append((one.learner, *cells, points(one.points, one.max_points), points(one.max_points)))
    lines = table(header, rows, style.width)
    if any(width_of(line) > style.width for line in lines):
        narrow = [(row[0], *row[-2:]) for row in rows]
        lines = table((header[0], *header[-2:]), narrow, style.width)
    return lines + _notes(learners, style)


def class_summary(results: ClassResults, style: Style) -> list[str]:
    """A class that fits a screen however large it is: a row per chapter, and what there is to look at, counted.

    Args:
        results: the class; `class_table` is the whole of it.
        style: for its width.
    """
    figures = ClassFigures(results)
    header = (_("chapter"), _("handed in"), _("waiting"), _("all right"), _("mean"), _("late"))
    rows = [
        (
            one.chapter.label, str(one.handed_in), str(one.handed_in - one.graded), str(one.whole),
            _percent(one.mean) if one.graded else "-", str(one.late),
        )
        for one in figures.chapters
    ]  # fmt: skip
    lines = table(header, rows, style.width)
    median = (
        _(", median {percent} of the points").format(percent=_percent(figures.points.quartiles[1]))
        if figures.points.n
        else ""
    )
    lines.append(
        _("{number} learners{median}, {absent} handed in nothing").format(
            number=len(results.learners), median=median, absent=len(figures.absent)
        )
    )
    off = [hand_in.deducted for one in results.learners for hand_in in one.hand_ins if hand_in.late_s > 0]
    if off:
        lines.append(
            _("late: {number} hand-ins, {points} points off in all").format(
                number=len(off), points=points(sum(off))
            )
        )
    counts = Counter(look.kind for look in figures.looks)
    told = [f"{counts[kind]} {_(words)}" for kind, words in _LOOK_WORDS.items() if counts[kind]]
    if figures.copies:
        told.append(
            ngettext(
                "{number} group with the very same file",
                "{number} groups with the very same file",
                len(figures.copies),
            ).format(number=len(figures.copies))
        )
    return lines + (
        wrap(_("look at: {told}").format(told=_(", ").join(told)), style.width, indent="  ", first="")
        if told
        else []
    )


_LOOK_WORDS = {
    LookKind.KIT_FAULT: "at which the kit failed",
    LookKind.LOST: "lost or late",
    LookKind.NOT_GRADED: "that cannot be read or run",
    LookKind.BREACH: "with what the rules do not allow",
}


def _percent(share: float) -> str:
    """A share in whole percents, rounded down: what falls short of all never reads as all."""
    return f"{int(100 * share + 1e-9)} %"


def _score_cell(one: LearnerResult, stem: str, report: Report | None) -> str:
    """The points of one chapter, lateness taken off."""
    if stem in one.excused:
        return "ex"
    if stem in one.faults:
        return "?!"
    if report is None:
        return "?" if stem in dict(one.ungraded) else "-"
    return points(one.points_of(report), report.max_points) + ("!" if _remarks(one, report) else "")


def _remarks(one: LearnerResult, report: Report) -> list[str]:
    """Why the points are not what the checks alone would say."""
    hand_in = one.hand_in(report.chapter)
    found = [problem(report), lateness(hand_in) if hand_in.deducted else ""]
    if hand_in.attempt != hand_in.attempts:
        found.append(
            _("attempt {attempt} of {attempts} counts").format(
                attempt=hand_in.attempt, attempts=hand_in.attempts
            )
        )
    found += lines_of(one, report.chapter)
    return [remark for remark in found if remark]


def _notes(learners: Sequence[LearnerResult], style: Style) -> list[str]:
    """A line for every remark, under the table; each begins with the mark that stands beside the score."""
    lines: list[str] = []
    for one in learners:
        for report in one.reports:
            for remark in _remarks(one, report):
                text = clean_line(f"! {one.learner} {report.chapter.split('_', 1)[0]}{_(': ')}{remark}")
                lines += wrap(text, style.width, indent="  ", first="", cut=False)
    return ["", *lines] if lines else []


def change_lines(changes: Sequence[Change], total: int, style: Style) -> list[str]:
    """What a regrade would change: how many, how many of them lower, and which, with why.

    Args:
        changes: lower ones first.
        total: how many verdicts count, changed or not.
        style: for its width.
    """
    lower = sum(change.is_lower for change in changes)
    if not changes:
        return [_("none of {total} changes its points").format(total=total)]
    lines = [
        (
            _("{number} of {total} change, {lower} lower:")
            if lower
            else _("{number} of {total} change, none lower:")
        ).format(number=len(changes), total=total, lower=lower)
    ]
    shown = changes[:SHOWN_CHANGES]
    rows = [(one.learner, one.chapter.label, points(one.before), points(one.after)) for one in shown]
    header, *written = table((_("learner"), _("chapter"), _("was"), _("is")), rows, style.width)
    lines.append(header)
    for line, change in zip(written, shown, strict=True):
        lines.append(line + (_("  lower") if change.is_lower else ""))
        why = change_reasons(change)
        lines += wrap(clean_line(_("; ").join(why)), style.width, indent="    ") if why else []
    if len(changes) > len(shown):
        lines.append(_("and {number} more").format(number=len(changes) - len(shown)))
    return lines
