"""`brick adjust`: what no program can decide, a person decides, with a reason that stays.

Each decision is an entry of its own in the store: it is never changed, it outlives every regrade, and it is undone by
another entry. What is asked for is worked out and refused as a whole before anything is written.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated

import typer

from grader.cli import console
from grader.cli.console import say
from grader.cli.learners import find_learner, login_name
from grader.cli.meant import find_check, find_mistake, new_deadline
from grader.cli.options import AsJson
from grader.course.config import find_chapter, load_course
from grader.errors import UsageError, did_you_mean
from grader.grading.adjustments import append, checks_give, kept, undone_in
from grader.grading.gradebook import results_in
from grader.grading.mistakes import distinct, who_made_what
from grader.grading.roster import class_list
from grader.grading.store import STORE_FILE, Store
from grader.language import gettext as _
from grader.language import listed, ngettext, translate
from grader.records import Adjustment, AdjustmentKind, Chapter, ClassResults, Course, LearnerResult
from grader.report.decisions import about, history, line, mistake_lines, what
from grader.serialization import as_plain, dumps
from grader.text import clean_line, points
from grader.workspace.workspace import workspace_of

MOST_CHARACTERS = 2000
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
    wish = Wish(score, comment, excuse, extend, check)
    _refuse_mixed(wish, listed, mistakes, undo, mistake, bool(learners or everybody or exercise))
    course = load_course()
    only = find_chapter(course, chapter) if chapter else None
    with Store(workspace_of(course).state / STORE_FILE, to_read=listed or mistakes) as store:
        if listed:
            _show_entries(store, course, learners or (), only, as_json)
            return
        if mistakes:
            _show_mistakes(_everything(store, course, only))
            return
        who = clean_line(by) or login_name()
        draft = Adjustment(0, AdjustmentKind.COMMENT, who, _UNSAVED, _words(reason, "--reason"))
        if undo:
            _require_reason(draft)
            _write(store, [replace(draft, kind=AdjustmentKind.UNDO, undoes=number) for number in undo])
        elif mistake is not None:
            _comment_on_mistake(store, _everything(store, course, only), draft, mistake, comment or "")
        elif only is None:
            raise UsageError("which chapter is it about?", "--chapter", "add -c ch03")
        else:
            results = _of_chapter(store, course, only)
            names = _whom(results, learners or [], everybody, course)
            draft = replace(draft, chapter=only.stem, exercise=_exercise(only, exercise))
            _decide(store, results, draft, only, names, wish)
            _show_effect(results, _of_chapter(store, course, only), only)


@dataclass(frozen=True)
class Wish:
    """What is to be decided, as it was typed: several things at once are as many entries.

    Args:
        check: what is excused of an exercise, by name or law.
    """

    score: float | None
    comment: str | None
    excuse: bool
    extend: str | None
    check: str | None

    @property
    def more_than_words(self) -> bool:
        """Whether anything but a comment is asked for."""
        return self.score is not None or self.excuse or bool(self.extend) or bool(self.check)


def _refuse_mixed(
    wish: Wish, listed: bool, mistakes: bool, undo: list[int] | None, mistake: str | None, somebody: bool
) -> None:
    """Raise UsageError where options would be ignored: whoever typed one expects something of it.

    Args:
        somebody: whether learners or an exercise are named, whom a mistake and an undo name themselves.
    """
    if wish.excuse and wish.score is not None:
        step = "an excused chapter or exercise has no points: leave one of the two out"
        raise UsageError("--excuse and --score exclude each other", "brick adjust", step)
    if mistake is not None and (wish.more_than_words or somebody or not wish.comment):
        raise UsageError("to a mistake there is only a comment", "--mistake", 'add --comment "…" alone')
    decides = wish.more_than_words or (bool(wish.comment) and mistake is None)
    wanted = {
        "--list": listed, "--mistakes": mistakes, "--undo": bool(undo), "--mistake": mistake is not None,
        "a decision": decides,
    }  # fmt: skip
    named = [name for name, is_wanted in wanted.items() if is_wanted]
    if len(named) > 1:
        raise UsageError(f"{' and '.join(named)} exclude each other", "brick adjust", "run them one by one")
    if somebody and (undo or mistakes):
        step = "leave the learners out: the number says it all" if undo else "name a chapter with -c instead"
        raise UsageError(f"{named[0]} is about no learner", named[0], step)


# --- what is asked for ------------------------------------------------------------------------------------


def _words(text: str, option: str) -> str:
    """What somebody wrote, on one line; UsageError for more than is kept, since half of it may say the opposite."""
    if len(text) > MOST_CHARACTERS:
        what = f"{len(text):,} characters are more than the {MOST_CHARACTERS:,} that are kept"
        raise UsageError(what, option, "say it in fewer")
    return clean_line(text, MOST_CHARACTERS)


def _require_reason(draft: Adjustment) -> None:
    """UsageError without a reason: next term nobody else will know it."""
    if not draft.reason:
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
    found = [""] if everybody else [find_learner(results.learners, word, course) for word in words]
    return list(dict.fromkeys(found))  # whoever is named twice is decided about once


def _exercise(chapter: Chapter, name: str | None) -> str:
    """The exercise's name, empty for the whole chapter; UsageError if the chapter has none of that name."""
    known = [exercise.name for exercise in chapter.exercises]
    if name and name not in known:
        what = f"{chapter.stem} has no exercise {clean_line(name)}{did_you_mean(name, known)}"
        raise UsageError(what, "--exercise", f"it has {', '.join(known)}")
    return name or ""


def _drafts(draft: Adjustment, chapter: Chapter, results: ClassResults, wish: Wish) -> list[Adjustment]:
    """One entry for each thing that is asked for, still of nobody.

    Args:
        draft: what all of them share: who, why, which chapter and exercise.

    Raises:
        UsageError: nothing is asked for, or something that cannot be.
    """
    found = []
    if wish.score is not None:
        most = chapter.exercise(draft.exercise).points if draft.exercise else chapter.points
        if not math.isfinite(wish.score) or not 0 <= wish.score <= most:
            where = draft.exercise or chapter.stem
            raise UsageError(
                f"{where} is worth 0 to {points(most)} points", "--score", "give points, not percent"
            )
        found.append(replace(draft, kind=AdjustmentKind.SCORE, points=wish.score))
    if wish.excuse:
        found.append(_excused(draft, results, wish.check))
    elif wish.check:
        raise UsageError("a check is excused, and nothing else", "--check", "add --excuse")
    if wish.extend:
        if draft.exercise:
            raise UsageError("a chapter is extended as a whole", "--exercise", "leave --exercise out")
        deadline = new_deadline(chapter, wish.extend)
        found.append(replace(draft, kind=AdjustmentKind.EXTENSION, deadline=deadline))
    if wish.comment:
        comment = _words(wish.comment, "--comment")
        # A comment alone says itself why it was made.
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
    result = find_check(results, draft.exercise, check)
    return replace(excuse, exercise=result.exercise, check=result.name)


# --- what is done -----------------------------------------------------------------------------------------


def _decide(
    store: Store,
    results: ClassResults,
    draft: Adjustment,
    chapter: Chapter,
    names: Sequence[str],
    wish: Wish,
) -> None:
    """Write what was decided about these learners.

    Args:
        results: everybody's in the chapter, as they are before.
        names: whom it is about; `""` stands for everybody.

    Raises:
        UsageError: something of it cannot be meant; nothing is written then.
    """
    drafts = _drafts(draft, chapter, results, wish)
    if wish.more_than_words:
        _require_reason(draft)
    if wish.score is not None and "" in names:
        raise UsageError("one score for everybody is no score", "--score", "name the learners")
    entries = [replace(one, learner=name) for name in names for one in drafts]
    _tell_of_earlier_scores(results, entries)
    _write(store, [_with_judged(one, results) for one in entries])


def _comment_on_mistake(
    store: Store, results: ClassResults, draft: Adjustment, word: str, comment: str
) -> None:
    """Write one comment to all who made a mistake, now or in later work; without another reason it is the mistake."""
    mistake, who = find_mistake(results, word)
    # A reason is in the words of whoever gives it, so this one in the language that is spoken here.
    said = translate(mistake.diagnosis or mistake.law)
    reason = draft.reason or clean_line(mistake.exercise + _(": ") + said, 300)
    entry = replace(
        draft,
        chapter=mistake.chapter,
        exercise=mistake.exercise,
        mistake=mistake.id,
        comment=_words(comment, "--comment"),
        reason=reason,
    )
    _write(store, [entry])
    reached = ngettext(
        "it reaches {number} learner: {names}", "it reaches {number} learners: {names}", len(who)
    )
    say(reached.format(number=len(who), names=_some(who)))


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
                said = _("instead of entry {number}, {learner}: {entry}")
                say(said.format(number=old.number, learner=entry.learner, entry=line(old, one)))
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
        was, now = _standing(old, chapter), _standing(new, chapter)
        if was != now and (old.reports or new.reports or new.excused):
            change = _("{now}, was {was}").format(now=now, was=was)
            changed.append(f"{new.learner} {chapter.label}" + _(": ") + change)
    for told in changed[:_SHOWN]:
        say(told)
    if len(changed) > _SHOWN:
        say(_("and {number} more").format(number=len(changed) - _SHOWN))
    say(_("next: brick report, then brick export"))


def _standing(one: LearnerResult, chapter: Chapter) -> str:
    """What a chapter counts for a learner, where that is known."""
    if chapter.stem in one.excused:
        return _("excused")
    if any(stem == chapter.stem for stem, worth in one.ungraded):
        return _("not graded yet")
    return _("{points} of {most}").format(points=points(one.points), most=points(one.max_points))


def _some(names: Sequence[str]) -> str:
    """The first names of a list, and how many more there are."""
    shown = listed(names[:_SHOWN])
    if len(names) <= _SHOWN:
        return shown
    return _("{names} and {number} more").format(names=shown, number=len(names) - _SHOWN)


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
        say(_("no two learners made the same mistake"))
        return
    labels = {chapter.stem: chapter.label for chapter in results.chapters}
    first = dict(islice(groups.items(), _MISTAKES_SHOWN))
    for told in mistake_lines(first, labels, console.columns()):
        typer.echo(told)
    if len(groups) > len(first):
        say(_("and {number} rarer ones; -c shows one chapter's").format(number=len(groups) - len(first)))
    say(_('next: brick adjust --mistake ID --comment "…"'))
