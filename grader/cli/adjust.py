"""`brick adjust`: what no program can decide, a person decides, with a reason that stays.

Each decision is an entry of its own in the store: it is never changed, it outlives every regrade, and it is undone by
another entry. What is asked for is worked out and refused as a whole before anything is written.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import Annotated

import typer

from grader.cli import console
from grader.cli.console import number_of, say
from grader.cli.learners import find_learner, login_name
from grader.cli.options import AsJson
from grader.course.config import find_chapter, load_course
from grader.errors import UsageError, did_you_mean
from grader.grading.adjustments import append, checks_give, kept, undone_in
from grader.grading.gradebook import results_in
from grader.grading.mistakes import Mistake, distinct, who_made_what
from grader.grading.roster import class_list
from grader.grading.store import STORE_FILE, Store
from grader.records import Adjustment, AdjustmentKind, Chapter, CheckResult, ClassResults, Course
from grader.report.decisions import about, history, line, mistake_lines, what
from grader.serialization import as_plain, dumps
from grader.text import clean_line, points
from grader.workspace.workspace import workspace_of

_LATER = re.compile(r"\+(\d+)([dh])")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SHOWN = 8
_MISTAKES_SHOWN = 30
_UNSAVED = datetime.fromtimestamp(0, UTC)  # the store says when an entry was made

Learners = Annotated[
    list[str] | None,
    typer.Argument(
        help="Whom it is about: names as in the reports, ids or addresses of the roster, or pseudonyms.",
        metavar="LEARNER",
        show_default=False,
    ),
]
InChapter = Annotated[
    str | None, typer.Option("--chapter", "-c", help="The chapter it is about.", show_default=False)
]
Exercise = Annotated[
    str | None, typer.Option("--exercise", "-e", help="This exercise of it only.", show_default=False)
]
Check = Annotated[
    str | None,
    typer.Option(
        "--check", help="With --excuse: this check only, by its name or its law.", show_default=False
    ),
]
Everybody = Annotated[bool, typer.Option("--all", help="It is about everybody.")]
Score = Annotated[float | None, typer.Option("--score", help="Set the points.", show_default=False)]
Comment = Annotated[
    str | None, typer.Option("--comment", help="Say something to the learner.", show_default=False)
]
Excuse = Annotated[bool, typer.Option("--excuse", help="Do not count it, not in the maximum either.")]
Extend = Annotated[
    str | None,
    typer.Option(
        "--extend",
        help="Another deadline: +3d, +12h, 2026-12-03 or 2026-12-03T18:00.",
        show_default=False,
    ),
]
OfMistake = Annotated[
    str | None,
    typer.Option(
        "--mistake",
        help="With --comment: to all who made this mistake, by its id or some of its words.",
        show_default=False,
    ),
]
Undo = Annotated[
    list[int] | None,
    typer.Option("--undo", help="Take the entry of this number out of force.", show_default=False),
]
Reason = Annotated[str, typer.Option("--reason", "-r", help="Why. The learner reads it.", show_default=False)]
By = Annotated[str, typer.Option("--by", help="Who decides; your login name by default.", show_default=False)]


def adjust(
    learners: Learners = None,
    chapter: InChapter = None,
    exercise: Exercise = None,
    check: Check = None,
    everybody: Everybody = False,
    score: Score = None,
    comment: Comment = None,
    excuse: Excuse = False,
    extend: Extend = None,
    mistake: OfMistake = None,
    undo: Undo = None,
    reason: Reason = "",
    by: By = "",
    listed: Annotated[bool, typer.Option("--list", help="Show every entry ever made.")] = False,
    mistakes: Annotated[bool, typer.Option("--mistakes", help="Show which mistakes several made.")] = False,
    as_json: AsJson = False,
) -> None:
    """Set a score, comment, excuse or extend, with a reason that stays.

    Entries are never changed, only undone, and a regrade leaves them alone.
    """
    course = load_course()
    only = find_chapter(course, chapter) if chapter else None
    reason, by = clean_line(reason), clean_line(by)
    with Store(workspace_of(course).state / STORE_FILE) as store:
        if listed:
            _show_entries(store, course, learners or (), only, as_json)
            return
        if mistakes:
            _show_mistakes(_everything(store, course, only))
            return
        draft = Adjustment(0, AdjustmentKind.COMMENT, by or login_name(), _UNSAVED, reason)
        if undo:
            _require_reason(reason)
            _write(store, [replace(draft, kind=AdjustmentKind.UNDO, undoes=number) for number in undo])
            return
        if mistake is not None:
            if not comment or score is not None or excuse or extend or learners or everybody:
                raise UsageError(
                    "to a mistake there is only a comment", "--mistake", 'add --comment "…" alone'
                )
            found, who = _meant_mistake(_everything(store, course, only), mistake)
            why = reason or clean_line(f"{found.exercise}: {found.diagnosis or found.law}", 300)
            _write(
                store,
                [replace(draft, chapter=found.chapter, exercise=found.exercise, mistake=found.id,
                         comment=clean_line(comment), reason=why)],
            )  # fmt: skip
            say(f"it reaches {number_of(len(who), 'learner')}: {_some(who)}")
            return
        if only is None:
            raise UsageError("which chapter is it about?", "--chapter", "add -c ch03")
        results = _of_chapter(store, course, only)
        names = _whom(results, learners or [], everybody, course)
        draft = replace(draft, chapter=only.stem, exercise=_exercise(only, exercise))
        drafts = _drafts(draft, only, results, check, score, comment, excuse, extend)
        if any(one.kind is not AdjustmentKind.COMMENT for one in drafts):
            _require_reason(reason)
        if everybody and score is not None:
            raise UsageError("one score for everybody is no score", "--score", "name the learners")
        entries = [replace(one, learner=name) for name in names for one in drafts]
        _tell_of_earlier_scores(results, entries)
        _write(store, [_with_judged(one, results) for one in entries])
        _show_effect(results, _of_chapter(store, course, only), only)


# --- what is asked for ------------------------------------------------------------------------------------


def _require_reason(reason: str) -> None:
    """UsageError without a reason: next term nobody else will know it."""
    if not reason:
        raise UsageError("why?", "--reason", 'add --reason "…"; the learner reads it')


def _of_chapter(store: Store, course: Course, chapter: Chapter) -> ClassResults:
    """Everybody's results in one chapter, which need not have been assigned yet: an extension may come first."""
    return results_in(store, course, [chapter], class_list(store).learners)


def _everything(store: Store, course: Course, only: Chapter | None) -> ClassResults:
    """Everybody's results in every chapter, or in one."""
    chapters = [only] if only else list(course.chapters)
    return results_in(store, course, chapters, class_list(store).learners)


def _whom(results: ClassResults, words: Sequence[str], everybody: bool, course: Course) -> list[str]:
    """The learners meant, `""` for everybody; UsageError for nobody, for both, or for an unknown name."""
    if everybody == bool(words):
        raise UsageError("whom is it about?", "LEARNER", "name learners, or add --all for everybody")
    return [""] if everybody else [find_learner(results.learners, word, course) for word in words]


def _exercise(chapter: Chapter, name: str | None) -> str:
    """The exercise's name, empty for the whole chapter; UsageError if the chapter has none of that name."""
    known = [exercise.name for exercise in chapter.exercises]
    if name and name not in known:
        what = f"{chapter.stem} has no exercise {clean_line(name)}{did_you_mean(name, known)}"
        raise UsageError(what, "--exercise", f"it has {', '.join(known)}")
    return name or ""


def _drafts(
    draft: Adjustment,
    chapter: Chapter,
    results: ClassResults,
    check: str | None,
    score: float | None,
    comment: str | None,
    excuse: bool,
    extend: str | None,
) -> list[Adjustment]:
    """One entry for each thing that is asked for, still of nobody.

    Raises:
        UsageError: nothing is asked for, or something that cannot be.
    """
    found = []
    if score is not None:
        most = chapter.exercise(draft.exercise).points if draft.exercise else chapter.points
        if not math.isfinite(score) or not 0 <= score <= most:
            where = draft.exercise or chapter.stem
            raise UsageError(
                f"{where} is worth 0 to {points(most)} points", "--score", "give points, not percent"
            )
        found.append(replace(draft, kind=AdjustmentKind.SCORE, points=score))
    if excuse:
        found.append(_excused(draft, results, check))
    elif check:
        raise UsageError("a check is excused, and nothing else", "--check", "add --excuse")
    if extend:
        if draft.exercise:
            raise UsageError("a chapter is extended as a whole", "--exercise", "leave --exercise out")
        found.append(replace(draft, kind=AdjustmentKind.EXTENSION, deadline=_new_deadline(chapter, extend)))
    if comment:
        comment = clean_line(comment)
        found.append(replace(draft, comment=comment, reason=draft.reason or comment))
    if not found:
        step = "add --score, --comment, --excuse or --extend; brick adjust --help shows all"
        raise UsageError("what is to be adjusted?", "brick adjust", step)
    return found


def _excused(draft: Adjustment, results: ClassResults, check: str | None) -> Adjustment:
    """An excuse, of a check where one is named; its exercise is the check's own."""
    excuse = replace(draft, kind=AdjustmentKind.EXCUSE)
    if not check:
        return excuse
    result = _meant_check(results, draft.exercise, check)
    return replace(excuse, exercise=result.exercise, check=result.name)


def _meant_check(results: ClassResults, exercise: str, word: str) -> CheckResult:
    """The check that has this name, or the only one with these words in its law; UsageError otherwise."""
    known = {
        (result.exercise, result.name): result
        for one in results.learners
        for report in one.reports
        for result in report.checks
        if exercise in ("", result.exercise)
    }
    wanted = word.strip().casefold()
    found = [r for r in known.values() if wanted in (r.name.casefold(), r.title.casefold())]
    found = found or [r for r in known.values() if wanted in r.title.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        named = ", ".join(f"{r.name} of {r.exercise}" for r in found[:_SHOWN])
        raise UsageError(f"'{clean_line(word)}' could be {named}", "--check", "type a name, and --exercise")
    near = did_you_mean(word, [name for _, name in known])
    raise UsageError(
        f"no check of this chapter that was graded is called '{clean_line(word)}'{near}", "--check",
        "brick report lists every check under its law",
    )  # fmt: skip


def _new_deadline(chapter: Chapter, text: str) -> datetime:
    """The deadline that is meant, in the time zone of the chapter's own; a day alone ends at its midnight.

    Raises:
        UsageError: it is no time, not after the chapter's deadline, or the chapter has none.
    """
    old = chapter.deadline
    if old is None:
        step = f"nothing of {chapter.label} is ever late; to change that, set a deadline in course.yml"
        raise UsageError(f"{chapter.stem} has no deadline", "--extend", step)
    new = _read_deadline(text.strip(), old)
    if new is None:
        raise UsageError(f"'{clean_line(text)}' is no time", "--extend", "type +3d, +12h or 2026-12-03T18:00")
    if new <= old:
        raise UsageError(f"the deadline is {old:%Y-%m-%d %H:%M %Z} already", "--extend", "name a later time")
    return new


def _read_deadline(text: str, old: datetime) -> datetime | None:
    later = _LATER.fullmatch(text)
    try:
        if later:
            return old + timedelta(**{{"d": "days", "h": "hours"}[later[2]]: int(later[1])})
        new = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    if _DAY.fullmatch(text):
        new = datetime.combine(new, time(23, 59, 59))
    zone: tzinfo | None = old.tzinfo
    return new if new.tzinfo else new.replace(tzinfo=zone)


def _meant_mistake(results: ClassResults, word: str) -> tuple[Mistake, tuple[str, ...]]:
    """The mistake with this id, or the only one with these words, and who made it; UsageError otherwise."""
    groups = who_made_what(results.learners)
    wanted = word.strip().casefold()
    found = [m for m in groups if m.id == wanted]
    found = found or [
        m for m in groups if wanted in f"{m.exercise} {m.diagnosis} {m.law} {m.explanation}".casefold()
    ]
    if len(found) == 1:
        return found[0], groups[found[0]]
    step = "brick adjust --mistakes lists them with their ids"
    if found:
        ids = ", ".join(m.id for m in found[:_SHOWN])
        raise UsageError(f"{len(found)} mistakes have '{clean_line(word)}' in them: {ids}", "--mistake", step)
    raise UsageError(f"nobody made a mistake '{clean_line(word)}'", "--mistake", step)


# --- what is done -----------------------------------------------------------------------------------------


def _with_judged(entry: Adjustment, results: ClassResults) -> Adjustment:
    """A score with what the checks give now beside it, so that a later difference can be told."""
    if entry.kind is not AdjustmentKind.SCORE:
        return entry
    one = next(found for found in results.learners if found.learner == entry.learner)
    return replace(entry, judged=checks_give(one, entry))


def _tell_of_earlier_scores(results: ClassResults, entries: Sequence[Adjustment]) -> None:
    """Say which scores that a person set are about to give way: no such score is overwritten in silence."""
    by_name = {one.learner: one for one in results.learners}
    for entry in entries:
        if entry.kind is not AdjustmentKind.SCORE:
            continue
        one = by_name[entry.learner]
        for old in one.adjustments_of(entry.chapter)[::-1]:
            if old.kind is AdjustmentKind.SCORE and old.exercise == entry.exercise:
                say(f"instead of entry {old.number}, {entry.learner}: {line(old, one)}")
                break


def _write(store: Store, entries: Sequence[Adjustment]) -> None:
    """Append the entries, all or none, and show their numbers."""
    with store.at_once():
        made = [append(store, entry) for entry in entries]
    for entry in made:
        say(f"{entry.number}  {about(entry)}{what(entry)}")


def _show_effect(before: ClassResults, after: ClassResults, chapter: Chapter) -> None:
    """Say whose points changed from what to what, then what is next."""
    changed = []
    for old, new in zip(before.learners, after.learners, strict=True):
        was, now = (f"{points(one.points)} of {points(one.max_points)}" for one in (old, new))
        if was != now and (old.reports or new.reports or new.excused):
            changed.append(f"{new.learner} {chapter.label}: {now if chapter.stem not in new.excused else 'excused'}"
                           f", was {was}")  # fmt: skip
    for told in changed[:_SHOWN]:
        say(told)
    if len(changed) > _SHOWN:
        say(f"and {len(changed) - _SHOWN} more")
    say("next: brick report, then brick export")


def _some(names: Sequence[str]) -> str:
    """The first names of a list, and how many more there are."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


# --- what was done ----------------------------------------------------------------------------------------


def _show_entries(
    store: Store, course: Course, words: Sequence[str], only: Chapter | None, as_json: bool
) -> None:
    """Every entry, the oldest first, of these learners and this chapter where some are named."""
    entries = kept(store)
    undone = undone_in(entries)
    names: set[str] = set()
    if words:
        results = results_in(store, course, (), class_list(store).learners)  # names alone
        found = {find_learner(results.learners, word, course) for word in words}
        members = [one.member for one in results.learners if one.learner in found and one.member]
        names = found | {name for member in members for name in member.names}
    shown = [
        one
        for one in entries
        if (not names or one.learner in names or not one.learner)
        and (only is None or one.chapter in ("", only.stem))
    ]
    if as_json:
        plain = [
            as_plain(one) | {"in_force": one.number not in undone, "undone_by": undone.get(one.number)}
            for one in shown
        ]
        typer.echo(dumps({"schema": "brickwork/adjustments/v1", "adjustments": plain}), nl=False)
        return
    for shown_line in history(shown, undone, console.columns()):
        typer.echo(shown_line)


def _show_mistakes(results: ClassResults) -> None:
    """The mistakes that several learners made, with their ids."""
    groups = {m: who for m, who in distinct(who_made_what(results.learners)).items() if len(who) > 1}
    if not groups:
        say("no two learners made the same mistake")
        return
    labels = {chapter.stem: chapter.label for chapter in results.chapters}
    first = dict(islice(groups.items(), _MISTAKES_SHOWN))
    for told in mistake_lines(first, labels, console.columns()):
        typer.echo(told)
    if len(groups) > len(first):
        say(f"and {len(groups) - len(first)} rarer ones; -c shows one chapter's")
    say('next: brick adjust --mistake ID --comment "…"')
