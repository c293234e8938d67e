"""Turn what a person decided about a result into words: what, who, when and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from grader.grading.adjustments import checks_give
from grader.grading.mistakes import Mistake
from grader.language import aside, translate
from grader.language import gettext as _
from grader.records import Adjustment, AdjustmentKind, Cause, ClassResults, LearnerResult, Overruled
from grader.report.reasons import gradient_words
from grader.text import clean_line, fit, pad, points, width_of, wrap

EVERYBODY = "everybody"
_WIDEST = 24  # columns of a name in a table


def what(adjustment: Adjustment) -> str:
    """What was decided, without whom it is about: `softmax: points set to 1.5`."""
    place = adjustment.exercise
    if adjustment.check:
        place += _(", ") + adjustment.check
    lead = place + _(": ") if place else ""
    match adjustment.kind:
        case AdjustmentKind.SCORE:
            return _("{lead}points set to {points}").format(
                lead=lead, points=points(adjustment.points or 0.0)
            )
        case AdjustmentKind.COMMENT:
            return f"{lead}{clean_line(adjustment.comment)}"
        case AdjustmentKind.EXCUSE:
            return lead + _("excused")
        case AdjustmentKind.EXTENSION:
            when = f"{adjustment.deadline:%Y-%m-%d %H:%M %Z}".strip()
            return _("deadline moved to {when}").format(when=when)
        case AdjustmentKind.UNDO:
            return _("entry {number} undone").format(number=adjustment.undoes)


def whom(adjustment: Adjustment) -> str:
    """Whom it is about; of a mistake, those who made it."""
    if adjustment.mistake:
        return _("mistake {mistake}").format(mistake=adjustment.mistake)
    return adjustment.learner or _(EVERYBODY)


def about(adjustment: Adjustment) -> str:
    """Whom and which chapter it is about, before what was decided; nothing for an undo."""
    return whom_and_where(adjustment) + _(": ") if adjustment.chapter else ""


def whom_and_where(adjustment: Adjustment) -> str:
    """Whom and which chapter it is about; nothing for an undo."""
    return f"{whom(adjustment)} {adjustment.chapter.split('_', 1)[0]}" if adjustment.chapter else ""


def line(adjustment: Adjustment, one: LearnerResult | None = None) -> str:
    """What, who, when and why, in one line; of a score also what the checks say, where `one` has been graded.

    Args:
        one: the learner whose result it is about.
    """
    said = what(adjustment)
    if one is not None and adjustment.kind is AdjustmentKind.SCORE:
        said += checks_say(one, adjustment)
    who = clean_line(adjustment.by, 60) + _(", ") + f"{adjustment.made:%Y-%m-%d}"
    # The words of a comment are its reason where no other was given.
    why = "" if adjustment.reason in ("", adjustment.comment) else _(": ") + clean_line(adjustment.reason)
    return said + aside(who + why)


def checks_say(one: LearnerResult, adjustment: Adjustment) -> str:
    """What the checks give beside the points that a person set, and whether that is what it was then."""
    now = checks_give(one, adjustment)
    if now is None:
        return ""
    if adjustment.judged is None or abs(now - adjustment.judged) < 1e-9:
        return _(", the checks give {now}").format(now=points(now))
    return _(", the checks give {now} now, {judged} when it was set").format(
        now=points(now), judged=points(adjustment.judged)
    )


def lines_of(one: LearnerResult, chapter: str) -> list[str]:
    """Everything that a person decided about a learner's chapter, a line each."""
    return [line(adjustment, one) for adjustment in one.adjustments_of(chapter)]


def overruled_lines(overruled: Iterable[Overruled]) -> list[str]:
    """Scores of a person's that stay, though the checks give other points than before the regrade."""
    lines = []
    for one in overruled:
        exercise = f" {one.adjustment.exercise}" if one.adjustment.exercise else ""
        set_by = _("{points} set by {person} stays").format(
            points=points(one.adjustment.points or 0.0), person=clean_line(one.adjustment.by, 60)
        )
        checks = _("the checks give {after} instead of {before}").format(
            after=points(one.after), before=points(one.before)
        )
        reason = clean_line(one.adjustment.reason)
        who = f"{clean_line(one.learner)} {one.chapter.label}{exercise}"
        lines.append(who + _(": ") + set_by + _("; ") + checks + aside(reason))
    return lines


@dataclass(frozen=True)
class Decided:
    """One decision in force, and how it shows in a class.

    Args:
        learners: how many it concerns.
        now: what the checks give, of a score.
    """

    adjustment: Adjustment
    learners: int
    now: str = ""


def decided_in(results: ClassResults) -> list[Decided]:
    """Every decision that concerns somebody in the class, the oldest first."""
    found: dict[int, tuple[Adjustment, list[LearnerResult]]] = {}
    for one in results.learners:
        for adjustment in one.adjustments:
            found.setdefault(adjustment.number, (adjustment, []))[1].append(one)
    return [
        Decided(
            adjustment,
            len(people),
            checks_say(people[0], adjustment) if adjustment.kind is AdjustmentKind.SCORE else "",
        )
        for _, (adjustment, people) in sorted(found.items())
    ]


def history(entries: Sequence[Adjustment], undone: Mapping[int, int], width: int) -> list[str]:
    """A table of decisions: number, day, who, about whom and which chapter, and what with why.

    Args:
        undone: the numbers of those in force no longer, each with the entry that undid it.
        width: columns of the terminal; the last column is wrapped, so that no reason is cut off.
    """
    if not entries:
        return [_("nothing was adjusted")]
    rows = [(_("no."), _("when"), _("who"), _("about"), _("what, and why"))]
    for one in entries:
        mark = _("(undone by {number}) ").format(number=undone[one.number]) if one.number in undone else ""
        why = "" if one.reason == one.comment else _("; ") + one.reason
        rows.append((str(one.number), f"{one.made:%Y-%m-%d}", clean_line(one.by), whom_and_where(one),
                     clean_line(f"{mark}{what(one)}{why}")))  # fmt: skip
    widths = [min(_WIDEST, max(width_of(row[place]) for row in rows)) for place in range(4)]
    lines = []
    for row in rows:
        lead = "".join(pad(fit(cell, w), w) + "  " for cell, w in zip(row[:4], widths, strict=True))
        lines += wrap(row[4], max(width, width_of(lead) + 24), indent=" " * width_of(lead), first=lead)
    return lines


def mistake_words(mistake: Mistake) -> str:
    """A mistake in words: the known one, or the law that fails and how."""
    if mistake.diagnosis:
        return clean_line(translate(mistake.diagnosis))
    how = _(str(mistake.cause)) if mistake.cause not in (None, Cause.BROKEN_LAW) else ""
    if mistake.gradient is not None:
        how = gradient_words(mistake.gradient)
    return clean_line(_("fails: {law}").format(law=translate(mistake.law)) + (aside(how) if how else ""))


def mistake_lines(
    groups: Mapping[Mistake, Sequence[str]], labels: Mapping[str, str], width: int
) -> list[str]:
    """A line for each mistake: its id, how many made it, where, and in words."""
    lines = []
    for mistake, who in groups.items():
        head = f"{mistake.id}  {len(who):>4}  {labels.get(mistake.chapter, '')} {mistake.exercise}"
        lines += wrap(head + _(": ") + mistake_words(mistake), width, indent=" " * 14, first="", cut=False)
    return lines
