"""Turn results into the plain sentences that every writer for outside readers uses.

Exports, pages and tables all say the same of a learner because they ask here. Why a single check failed is said in
reasons.py, and how a terminal shows a whole report in terminal.py.
"""

from __future__ import annotations

from grader.language import gettext as _
from grader.language import ngettext, translate
from grader.records import (
    AdjustmentKind,
    Change,
    ExerciseScore,
    HandIn,
    LearnerResult,
    Outcome,
    Report,
)
from grader.report.card import card
from grader.report.decisions import line, lines_of
from grader.report.reasons import BARRED, reason, trouble
from grader.report.refusals import refusal_words
from grader.report.terminal import WORDS, breach_place, results_of, tally
from grader.text import clean_line, pad, points

_WIDTH = 100
# Every page and export says it so. The first is worth 0; what the second is worth nobody knows yet.
NOT_HANDED_IN = "not handed in"
EXCUSED = "excused"
NOT_GRADED_YET = "handed in, not graded yet"


def lateness(hand_in: HandIn) -> str:
    """How late it came and what that costs; empty if it came in time."""
    if hand_in.late_s <= 0:
        return ""
    late = duration(hand_in.late_s)
    if not hand_in.deducted:
        return _("{duration} late, nothing off").format(duration=late)
    off = 1 if hand_in.deducted == 1 else 2
    cost = ngettext("{duration} late, {number} point off", "{duration} late, {number} points off", off)
    return cost.format(duration=late, number=points(hand_in.deducted))


def duration(seconds: float) -> str:
    """A time span in its two largest units, such as "1 d 3 h"; at least a minute, for 0 would read as in time."""
    minutes = max(1, round(seconds / 60))
    days, hours, left = minutes // 1440, minutes // 60 % 24, minutes % 60
    units = [(days, _("d")), (hours, _("h")), (left, _("min"))]
    first = next(at for at, (count, _) in enumerate(units) if count)
    return " ".join(f"{count} {unit}" for count, unit in units[first : first + 2] if count)


def problem(report: Report) -> str:
    """Why the score is what it is where the checks do not say: an error, what the rules do not allow, or lost time."""
    if not report.is_graded:
        return clean_line(trouble(report))
    if not report.breaches:
        return clean_line(lost_or_late(report), 300)
    first = report.breaches[0]
    others = (
        _(", and {number} more").format(number=len(report.breaches) - 1) if len(report.breaches) > 1 else ""
    )
    return clean_line(
        _("{place}: {name} may not be used here: {why}{others}").format(
            place=breach_place(first),
            name=first.name,
            why=refusal_words(first),
            others=others,
        )
    )


def lost_or_late(report: Report) -> str:
    """What became of the first check whose process was lost or late; empty where none was.

    It is said wherever the score is: another try may end otherwise.
    """
    found = report.unanswered
    return "" if found is None else _("{exercise}: {why}").format(exercise=found.exercise, why=reason(found))


def summary(one: LearnerResult, report: Report) -> list[str]:
    """The whole of one chapter in a few lines: points, lateness, what a person decided, what went wrong as a whole."""
    hand_in = one.hand_in(report.chapter)
    lines = [f"{report.chapter}  {clean_line(translate(report.title))}{_(': ')}{tally(report)}"]
    late = lateness(hand_in)
    if late:
        left = points(one.points_of(report), report.max_points)
        lines.append(
            _("{late}: {left} of {most} points").format(late=late, left=left, most=points(report.max_points))
        )
    lines += lines_of(one, report.chapter)
    why = problem(report)
    return [*lines, why] if why else lines


def excused_lines(one: LearnerResult, chapter: str) -> list[str]:
    """That a chapter is excused, once, and then what else a person decided about it.

    A decision on the chapter as a whole says so itself; where its exercises were excused one by one, none does.
    """
    about = one.adjustments_of(chapter)
    whole = [a for a in about if a.kind is AdjustmentKind.EXCUSE and not a.exercise]
    others = [a for a in about if a not in whole]
    return [*([line(a) for a in whole] or [_(EXCUSED)]), *(line(a, one) for a in others)]


def exercise_lines(report: Report, score: ExerciseScore) -> list[str]:
    """Every check of one exercise, in words, with a failing input of those that fail."""
    lines = [_(BARRED)] if score.barred else []
    for result in results_of(report, score.name):
        lines.append(pad(_(WORDS[result.outcome]), 9) + clean_line(translate(result.title)))
        if result.outcome is Outcome.FAILED:
            # `brick replay` knows only what failed in the learner's own workspace.
            lines += card(result, _WIDTH, indent=" " * 9, replay=False)
        elif result.outcome is Outcome.NOT_RUN:
            lines.append(" " * 9 + clean_line(reason(result), 200))
    return lines


def change_reasons(change: Change) -> list[str]:
    """In which exercises, by what trouble, attempt or lateness the points of a regrade differ."""
    lines = []
    earlier, later = change.old_hand_in, change.new_hand_in
    if earlier.attempt != later.attempt:
        lines.append(
            _("attempt {attempt} instead of {earlier}").format(attempt=later.attempt, earlier=earlier.attempt)
        )
    if (change.old.state, change.old.problem) != (change.new.state, change.new.problem):
        lines.append(trouble(change.new) or _("it can be graded now"))
    was = {score.name: score.points for score in change.old.exercises}
    for score in change.new.exercises:
        before = was.get(score.name, 0.0)
        if abs(before - score.points) > 1e-9:
            lines.append(f"{score.name} {before:g} -> {score.points:g}")
    if abs(earlier.deducted - later.deducted) > 1e-9:
        lines.append(
            _("lateness takes {deducted:g} instead of {earlier:g}").format(
                deducted=later.deducted, earlier=earlier.deducted
            )
        )
    return lines
