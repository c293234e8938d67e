"""Read what was handed in, and say what it is known by: the fact that is kept before anything is graded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from grader.errors import SubmissionError
from grader.grading.store import Collected
from grader.records import Submission
from grader.submissions.collecting import HandedIn
from grader.text import clean_line


@dataclass(frozen=True)
class HandInRead:
    """One learner's work on one chapter, and what reading it gave: a submission, or why there is none.

    Args:
        content: a SubmissionError is for the learner to mend, save for NoPermission, which is for whoever grades; any
            other exception is a fault of the kit.
    """

    item: HandedIn
    content: Submission | Exception

    @property
    def sha256(self) -> str:
        """What the work is known by from now on; its verdict is published under the same."""
        match self.content:
            case SubmissionError(what=what):
                return sha256_of_unreadable(what)
            case Exception() as error:
                return sha256_of_unreadable(repr(error))
            case submission:
                return submission.sha256

    @property
    def collected(self) -> Collected:
        """The fact that it was handed in, as the store keeps it."""
        path = self.content.path if isinstance(self.content, Submission) else self.item.path
        return Collected(
            self.item.learner, self.item.chapter.stem, self.sha256, clean_line(str(path)), self.item.time
        )


def read_each(handed_in: Iterable[HandedIn]) -> Iterator[HandInRead]:
    """Read one after the other; a file that cannot be read, or at which the kit fails, stops no other."""
    for item in handed_in:
        try:
            content: Submission | Exception = item.read()
        except Exception as error:
            content = error
        yield HandInRead(item, content)


def sha256_of_unreadable(reason: str) -> str:
    """What cannot be read has no fingerprint; the reason stands for it, wherever the file lay."""
    return hashlib.sha256(reason.encode()).hexdigest()
