"""A file that was handed in, wherever it lies: in a folder or, unopened, in an archive."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from grader.submissions.archives import read_member
from grader.submissions.contents import bytes_of


@dataclass(frozen=True)
class File:
    """A file in a folder or an archive; `names` lead to it from there, `time` is its own, seconds since 1970."""

    path: Path
    names: tuple[str, ...]
    time: float | None = None
    archive: Path | None = None
    member: str = ""

    def read(self, limit: int) -> bytes:
        """Its content; SubmissionError if it is larger than `limit` bytes or is not to be read."""
        if self.archive is None:
            return bytes_of(self.path, self.path.parent, limit)
        return read_member(self.archive, self.member, limit)


class Platform(Enum):
    """Who named a file that lies among those of all learners."""

    NONE = auto()
    MOODLE = auto()
    CANVAS = auto()


@dataclass(frozen=True)
class Naming:
    """What a platform wrote into a file's name: whose it is, and what the learner had called it.

    Args:
        name: the learner's own name of the file, '' where the platform made the file itself.
        marked_late: whether the platform says that it came late; it does not say by how much.
    """

    platform: Platform
    learner: str
    name: str
    marked_late: bool = False
