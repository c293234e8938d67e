"""Find the column of a gradebook that a chapter's points go into: the one somebody named, or its namesake."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from grader.errors import UsageError, did_you_mean
from grader.export.gradesheets import Column
from grader.export.spreadsheet import Sheet
from grader.language import kept
from grader.records import Chapter
from grader.text import clean_line


@dataclass(frozen=True)
class Assignment:
    """A column that takes grades.

    Args:
        at: its place in a row, from 0.
        title: what people call it, without what the platform adds.
        number: the platform's own, '' if it has none.
        most: the points it is out of, as the export writes them.
    """

    at: int
    title: str
    number: str
    most: str


def columns_for(
    sheet: Sheet, found: Sequence[Assignment], wanted: str, chapters: tuple[Chapter, ...], platform: str
) -> list[Column]:
    """The columns to fill.

    Args:
        sheet: the gradebook.
        found: every assignment in it that may be graded.
        wanted: the name or number of the one that takes the sum of all chapters; if it is empty each chapter goes to
            the one that is named after it.
        chapters: whose points there are.
        platform: its name, for messages.

    Raises:
        UsageError: no assignment, or more than one, is meant.
    """
    if wanted:
        return [_named(sheet, found, wanted, chapters, platform)]
    columns = []
    for chapter in chapters:
        about = [one for one in found if _is_about(one.title, chapter)]
        if len(about) > 1:
            what = f"more than one assignment is named after {chapter.label}"
            raise UsageError(what, sheet.where, _choices(found, platform))
        columns += [_column(sheet, one, (chapter,)) for one in about]
    if not columns:
        labels = ", ".join(chapter.label for chapter in chapters)
        raise UsageError(f"no assignment is named after {labels}", sheet.where, _choices(found, platform))
    return columns


def _column(sheet: Sheet, one: Assignment, chapters: tuple[Chapter, ...]) -> Column:
    return Column(one.at, sheet.header[one.at], one.most, chapters)


def _named(
    sheet: Sheet, found: Sequence[Assignment], wanted: str, chapters: tuple[Chapter, ...], platform: str
) -> Column:
    """The column of the assignment that somebody named, by its title, its number or both; UsageError without one."""
    words = wanted.strip().casefold()
    meant = [
        one
        for one in found
        if words in (one.title.casefold(), one.number, sheet.header[one.at].strip().casefold())
    ]
    if len(meant) == 1:
        return _column(sheet, meant[0], chapters)
    called = clean_line(wanted)
    if meant:
        raise UsageError(
            f"more than one assignment is called '{called}'", sheet.where, _choices(found, platform)
        )
    near = did_you_mean(wanted, [one.title for one in found])
    raise UsageError(f"no assignment is called '{called}'{near}", sheet.where, _choices(found, platform))


def _is_about(title: str, chapter: Chapter) -> bool:
    """Whether an assignment's title has the chapter's label in it, as a word, or its title as a whole."""
    label = re.compile(rf"(?<![^\W_]){re.escape(chapter.label)}(?![^\W_])", re.IGNORECASE)
    names = (chapter.stem, chapter.title, chapter.title_zh)
    return bool(label.search(title)) or title.strip().casefold() in [
        name.casefold() for name in names if name
    ]


def _choices(found: Sequence[Assignment], platform: str) -> str:
    """What to do when no assignment is meant for certain: the titles and numbers to choose from."""
    listed = ", ".join(
        clean_line(one.title, 60) + (f" ({one.number})" if one.number else "") for one in found
    )
    if not listed:
        return kept(f"make the assignment in {platform} first, then export the gradebook again")
    return kept(f"name one with --assignment, by its name or number: {listed}")
