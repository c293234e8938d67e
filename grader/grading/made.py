"""Know which reports say what they said before, so that only the others are made anew.

In the folder of the reports a file says what each was made of, and what the file of each held. A report is made anew
where anything that it is made of differs, or where its file is no longer, byte by byte, what was written. Reports are
hashed for that, and not only looked at from outside: a time and a size may stay the same when a file is changed, and to
hash ten thousand of them takes less than a second.

What a table of the class needs is kept beside, so that nobody's verdict has to be unpacked for a line of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path

import msgspec

from grader.course.writing import write_whole
from grader.grading.adjustments import Adjustments
from grader.grading.store import Store
from grader.records import (
    Chapter,
    Course,
    ExerciseScore,
    LearnerResult,
    Outcome,
    Report,
)
from grader.serialization import CHECKS_FOLDER

MADE_FILE = ".made"  # hidden, and with no ending: nobody takes it for a report
_PACKAGE = Path(__file__).resolve().parents[1]
_SHA256_BYTES = 32


@dataclass(frozen=True)
class Made:
    """A learner's report as it was made.

    Args:
        source: a hash of all that it was made of; see `sources`.
        content: a hash of what was written into its file.
        checks: the files of checks that it names.
        result: what a table of the class needs of it; see `outline`.
    """

    source: bytes
    content: bytes
    checks: tuple[str, ...]
    result: LearnerResult

    def is_of(self, source: bytes, file: Path) -> bool:
        """Whether it would be made of the same now, and its file still holds what was written."""
        if self.source != source:
            return False
        try:
            return hashlib.sha256(file.read_bytes()).digest() == self.content
        except OSError:
            return False


def made_of(source: bytes, content: bytes, checks: Iterable[str], result: LearnerResult) -> Made:
    """What is kept of a report that was made just now.

    Args:
        content: what was written into its file.
        checks: the files of checks that it names.
        result: what it was made of.
    """
    return Made(source, hashlib.sha256(content).digest(), tuple(checks), outline(result))


def checks_files(made: Iterable[Made]) -> frozenset[str]:
    """The files of checks that any of these names; what lies elsewhere is none, whatever the note says."""
    found = {name for names in {one.checks for one in made} for name in names}
    return frozenset(name for name in found if Path(name).parent == Path(CHECKS_FOLDER))


def outline(one: LearnerResult) -> LearnerResult:
    """A learner's results with no more than their points, and what tables and summaries of a class say, are made of.

    Of the checks there stay the first that did not pass, and the first whose process was lost or late: whether all
    passed, whether it is final and why it is not, can be asked as before. Exercises are summed up, unless a person
    decided something: then it is said what the checks give for one. Who it is by the roster is left out.
    """
    reports = tuple(_outlined(report) for report in one.reports)
    if not one.adjustments:
        reports = tuple(_summed_up(report) for report in reports)
    return replace(one, reports=reports, member=None)


def _summed_up(report: Report) -> Report:
    return replace(report, exercises=(ExerciseScore("", report.points, report.max_points),))


def _outlined(report: Report) -> Report:
    failed = next((found for found in report.checks if found.outcome is not Outcome.PASSED), None)
    shown = failed, report.unanswered
    checks = tuple(found for found in report.checks if any(found is one for one in shown))
    return replace(report, checks=checks, notes=(), output="")


# --- what reports are made of -----------------------------------------------------------------------------


def sources(
    store: Store,
    course: Course,
    chapters: Sequence[Chapter],
    learners: Iterable[str],
    adjustments: Adjustments,
) -> dict[str, bytes]:
    """A hash of all that each learner's report is made of: the same one means that the report would be the same.

    That is the code that makes reports, the course, which chapters were assigned, the learner's attempts with their
    verdicts, whether one of them waits, and what a person decided. It has to be asked for before the results are: what
    is decided in between then makes the report anew the next time.
    """
    stems = [chapter.stem for chapter in chapters]
    common = hashlib.sha256(f"{_code()} {course} {stems}".encode("utf-8", "surrogatepass"))
    attempts: dict[str, list[object]] = {}
    for learner, *attempt in store.published(stems):
        attempts.setdefault(learner, []).append(attempt)
    waiting: dict[str, list[str]] = {}
    for learner, stem in sorted(store.ungraded(stems)):
        waiting.setdefault(learner, []).append(stem)
    found = {}
    for learner in learners:
        decided = [adjustments.about(learner, stem) for stem in stems]
        text = f"{learner!r} {attempts.get(learner)} {waiting.get(learner)} {decided}"
        digest = common.copy()
        digest.update(text.encode("utf-8", "surrogatepass"))
        found[learner] = digest.digest()
    return found


@cache
def _code() -> str:
    """All code of the kit, to the byte: to say which part of it makes a report would be to get it wrong once."""
    digest = hashlib.sha256()
    for file in sorted(_PACKAGE.rglob("*.py")):
        digest.update(file.read_bytes())
    return f"{digest.hexdigest()} msgspec {version('msgspec')}"


# --- the file ---------------------------------------------------------------------------------------------

_decoder = msgspec.msgpack.Decoder(dict[str, Made])


def read_made(folder: Path) -> dict[str, Made]:
    """What was made into a folder, by learner; nothing where that is not known, or the file is damaged."""
    try:
        data = (folder / MADE_FILE).read_bytes()
        if hashlib.sha256(data[_SHA256_BYTES:]).digest() != data[:_SHA256_BYTES]:
            return {}
        return _decoder.decode(data[_SHA256_BYTES:])
    except (OSError, msgspec.MsgspecError):
        return {}


def write_made(folder: Path, made: Mapping[str, Made]) -> None:
    """Keep what was made into a folder.

    Raises:
        OSError: it cannot be written; what is there already is as good as before.
    """
    data = msgspec.msgpack.encode(made)
    write_whole(folder / MADE_FILE, hashlib.sha256(data).digest() + data)
