"""What somebody means who names a check, a mistake or a new deadline: found by a name, an id, or some of its words.

What could mean two things is refused with both named, and what means nothing with its nearest neighbour.
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta, tzinfo

from grader.errors import UsageError, did_you_mean
from grader.grading.mistakes import Mistake, who_made_what
from grader.language import gettext as _
from grader.language import listed
from grader.records import Chapter, CheckResult, ClassResults
from grader.report.decisions import mistake_words
from grader.text import clean_line

# How many of those that could be meant are named.
_SHOWN = 8
_LATER = re.compile(r"\+(\d+)([dh])")
_UNITS = {"d": "days", "h": "hours"}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def find_check(results: ClassResults, exercise: str, word: str) -> CheckResult:
    """The check that has this name, or the only one with these words in its law.

    Args:
        results: everybody's in the chapter; a check that nobody was judged by is not known here.
        exercise: where it is looked for; empty for the whole chapter.
        word: its name, its law, or a part of that which no other law has.

    Raises:
        UsageError: no check is called so, or several are.
    """
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
        named = listed(
            _("{name} of {exercise}").format(name=r.name, exercise=r.exercise) for r in found[:_SHOWN]
        )
        raise UsageError(f"'{clean_line(word)}' could be {named}", "--check", "type a name, and --exercise")
    near = did_you_mean(word, [name for _, name in known])
    raise UsageError(
        f"no check of this chapter that was graded is called '{clean_line(word)}'{near}", "--check",
        "brick report lists every check under its law",
    )  # fmt: skip


def new_deadline(chapter: Chapter, text: str) -> datetime:
    """The deadline that is meant, in the time zone of the chapter's own; a day alone ends at its midnight.

    Args:
        text: `+3d` or `+12h` from the chapter's own, or a day or a time in ISO's form.

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
    """The time that a text says, seen from the old deadline; None if it says none."""
    later = _LATER.fullmatch(text)
    try:
        if later:
            return old + timedelta(**{_UNITS[later[2]]: int(later[1])})
        new = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    if _DAY.fullmatch(text):
        new = datetime.combine(new, time(23, 59, 59))
    zone: tzinfo | None = old.tzinfo
    return new if new.tzinfo else new.replace(tzinfo=zone)


def find_mistake(results: ClassResults, word: str) -> tuple[Mistake, tuple[str, ...]]:
    """The mistake with this id, or the only one with these words, and who made it.

    Args:
        results: everybody's in the chapters where it is looked for.
        word: its id, or a part of its exercise, its name, its law or how that fails.

    Raises:
        UsageError: nobody made one that is called so, or several are.
    """
    groups = who_made_what(results.learners)
    wanted = word.strip().casefold()
    found = [m for m in groups if m.id == wanted]
    found = found or [m for m in groups if wanted in f"{m.exercise} {mistake_words(m)}".casefold()]
    if len(found) == 1:
        return found[0], groups[found[0]]
    step = "brick adjust --mistakes lists them with their ids"
    if found:
        ids = listed(m.id for m in found[:_SHOWN])
        raise UsageError(f"{len(found)} mistakes have '{clean_line(word)}' in them: {ids}", "--mistake", step)
    raise UsageError(f"nobody made a mistake '{clean_line(word)}'", "--mistake", step)
