"""What is asked of the thread that judges, and what it reports back. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from grader.records import Chapter, Report


@dataclass(frozen=True)
class Job:
    """One thing to judge: a chapter's file, and in it one exercise, or all when None.

    Args:
        path: the file as it was when the job was made; it may be gone when the job's turn comes.
    """

    chapter: Chapter
    path: Path
    exercise: str | None = None


class EventKind(Enum):
    """What has happened.

    For one job: BEGUN, then PARTIAL as often as there is news, then JUDGED once or twice. A job that is stopped by a
    newer save gets no JUDGED.
    """

    READY = auto()  # the sandbox stands; what was asked for meanwhile is judged now
    BEGUN = auto()
    PARTIAL = auto()  # a report as far as it goes, so that the first failure need not wait for the rest
    JUDGED = auto()  # comes a second time for the same job when a known mistake was recognised in it
    DONE = auto()  # everything that was asked for is judged
    FAULT = auto()  # this run came to nothing; the next save is judged all the same
    NO_SANDBOX = auto()  # nothing can be judged


@dataclass(frozen=True)
class Event:
    """One piece of news from the thread that judges.

    Args:
        job: what it is about, None where it is about all of them.
        report: with PARTIAL and JUDGED.
        seconds: from the save to this moment.
        error: with FAULT and NO_SANDBOX, to be shown whole.

    The screen and the plain watch read the same events.
    """

    kind: EventKind
    job: Job | None = None
    report: Report | None = None
    seconds: float = 0.0
    error: str = ""
