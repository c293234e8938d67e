"""When something was handed in: read, held against the calendar, and given by hand where no file can know it.

Times are seconds since 1970. A file's name, its stamp and its own date are the learner's to set, so none of them is
believed to be a date at all before it lies in the years in which a course can have been held.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from grader.errors import KitError, UsageError
from grader.submissions.contents import bytes_of, decoded
from grader.submissions.names import NUMBERED, ChapterNames, learner_name

# Python's calendar ends within a day of the years 1 and 9999, and every zone and sum of it with them.
FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC).timestamp(), datetime(2100, 1, 1, tzinfo=UTC).timestamp()
_TIMES_BYTES = 16 << 20
_FRACTION = re.compile(r"(\.\d{6})\d+")  # Gradescope counts nanoseconds
_OFFSET = re.compile(r"[+-]\d\d:?\d\d|Z")


def believable(time: object) -> float | None:
    """The time if it lies in the years of a course; None for any other number, and for what is none."""
    return float(time) if isinstance(time, int | float) and FIRST <= time < LAST else None


def as_datetime(time: object) -> datetime | None:
    """A stored time for people to read; None if it is no time that can be."""
    found = believable(time)
    return None if found is None else datetime.fromtimestamp(found, UTC)


def read_time(text: str) -> float | None:
    """A time as platforms write it: ISO, with a zone's offset or its name, without one for UTC.

    `2015-02-02 14:58:23.948203 America/Los_Angeles` is nbgrader's, `2026-03-02 12:00:00.000000000 Z` Gradescope's.

    Returns:
        None for what is no time, or none that can be.
    """
    words = _FRACTION.sub(r"\1", text).split()
    try:
        if len(words) == 3 and not _OFFSET.fullmatch(words[2]):
            zone = ZoneInfo(words[2])
            return believable(datetime.fromisoformat(" ".join(words[:2])).replace(tzinfo=zone).timestamp())
        time = datetime.fromisoformat("".join([" ".join(words[:2]), *words[2:]]))
        return believable((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError, OSError, KeyError):
        return None


# --- given by hand ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class GivenTimes:
    """Times that the instructor gives: by learner and the chapter's label, '' for every chapter of theirs."""

    times: dict[tuple[str, str], float] = field(default_factory=dict)

    def of(self, learner: str, label: str) -> float | None:
        """When this learner handed in this chapter; None if nothing is given."""
        return self.times.get((learner, label), self.times.get((learner, "")))

    @property
    def learners(self) -> frozenset[str]:
        """Everybody whom the times name."""
        return frozenset(learner for learner, _ in self.times)


def read_times(path: Path, chapters: ChapterNames = NUMBERED) -> GivenTimes:
    """Read a CSV of times with the columns `learner`, `time` and, where they differ by it, `chapter`.

    Commas, semicolons or tabs separate. A time is one instant, the same for everybody: it names its zone.

    Args:
        chapters: how the words in the column `chapter` say which one is meant.

    Raises:
        UsageError: the file cannot be read, or one of its lines says no time; the line is named.
    """
    try:
        text = decoded(bytes_of(path, path.absolute().parent, _TIMES_BYTES), path)
    except KitError as error:
        step = "name a CSV in UTF-8 with the columns learner,chapter,time"
        raise UsageError(error.what, error.where, step) from error
    header = text.partition("\n")[0]
    mark = max(",;\t", key=header.count)
    rows = csv.DictReader(io.StringIO(text), delimiter=mark, restkey="more", restval="")
    columns = [name.strip().lower() for name in rows.fieldnames or ()]
    if not {"learner", "time"} <= set(columns):
        step = "name the columns in the first line: learner,chapter,time"
        raise UsageError("this file of times has no columns learner and time", str(path), step)
    rows.fieldnames = columns
    times: dict[tuple[str, str], float] = {}
    try:
        for row in rows:
            learner, label, time = _given(row, f"{path}, line {rows.line_num}", chapters)
            times[learner, label] = time
    except csv.Error as error:
        where = f"{path}, line {rows.line_num}"
        raise UsageError(f"this file of times cannot be read: {error}", where, "save it as CSV") from error
    return GivenTimes(times)


def _given(row: dict[str, str], where: str, chapters: ChapterNames) -> tuple[str, str, float]:
    learner, chapter, written = (row.get(name, "").strip() for name in ("learner", "chapter", "time"))
    time = read_time(written) if re.search(r"([+-]\d\d:?\d\d|Z|[A-Za-z]+/\w+|UTC)$", written) else None
    if not learner or time is None:
        step = "write learner01,ch03,2026-03-01T23:59:00+01:00"
        raise UsageError(f"'{written}' is no time with a zone" if learner else "no learner", where, step)
    label = chapters.label(chapter)
    if chapter and not label:
        raise UsageError(f"'{chapter}' is no chapter", where, "write it as ch03, or leave it empty for all")
    return learner_name(learner), label, time
