"""Read what was handed in, and say what it is known by: the fact that is kept before anything is graded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.engine.fingerprint import verdict_sha256
from grader.errors import SubmissionError
from grader.grading.store import Collected
from grader.records import Chapter, Submission
from grader.submissions.collecting import HandedIn
from grader.submissions.contents import MAX_NOTEBOOK_BYTES
from grader.text import clean_line


@dataclass(frozen=True)
class ReadBefore:
    """A submission that an earlier run read from the very same bytes. It is read again where it has to be graded."""

    sha256: str
    path: Path


@dataclass(frozen=True)
class HandInRead:
    """One learner's work on one chapter, and what reading it gave: a submission, or why there is none.

    Args:
        content: a SubmissionError is for the learner to mend, save for NoPermission, which is for whoever grades; any
            other exception is a fault of the kit.
        digest: of the bytes, and of all that decides how they are read; empty where several files were weighed.
    """

    item: HandedIn
    content: Submission | ReadBefore | Exception
    digest: bytes = b""

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
        path = self.item.path if isinstance(self.content, Exception) else self.content.path
        return Collected(
            self.item.learner, self.item.chapter.stem, self.sha256, clean_line(str(path)), self.item.time
        )


def read_each(
    handed_in: Iterable[HandedIn], known: Callable[[bytes], str | None] = lambda digest: None
) -> Iterator[HandInRead]:
    """Read one after the other; a file that cannot be read, or at which the kit fails, stops no other.

    Args:
        known: what a digest was read as, see `Store.reading`: of most of a class nothing has changed since.
    """
    readers: dict[str, bytes] = {}
    for item in handed_in:
        reader = readers.get(item.chapter.stem) or readers.setdefault(
            item.chapter.stem, _reader(item.chapter)
        )
        digest = _digest(item, reader)
        sha256 = known(digest) if digest else None
        content = ReadBefore(sha256, item.path) if sha256 else _content(item)
        yield HandInRead(item, content, digest)


def read_whole(read: HandInRead) -> HandInRead:
    """The same with its content, which what was read before does not have."""
    return HandInRead(read.item, _content(read.item)) if isinstance(read.content, ReadBefore) else read


def _content(item: HandedIn) -> Submission | Exception:
    try:
        return item.read()
    except Exception as error:
        return error


def _digest(item: HandedIn, reader: bytes) -> bytes:
    """What decides how an item is read: its bytes, its name, its chapter, and the code that reads.

    Args:
        reader: the chapter and that code, in one word.
    """
    if len(item.files) > 1:
        return b""
    [file] = item.files
    try:
        data = file.read(MAX_NOTEBOOK_BYTES)
    except Exception:  # whoever reads it says why
        return b""
    return hashlib.sha256(reader + file.path.name.encode("utf-8", "replace") + b"\n" + data).digest()


def _reader(chapter: Chapter) -> bytes:
    return hashlib.sha256(f"{verdict_sha256()} {chapter}".encode()).digest()


def sha256_of_unreadable(reason: str) -> str:
    """What cannot be read has no fingerprint; the reason stands for it, wherever the file lay."""
    return hashlib.sha256(reason.encode()).hexdigest()
