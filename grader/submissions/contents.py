"""Read what lies in a file that nobody vouches for: no link leads out of its folder, no pipe keeps us waiting.

Whatever goes wrong is one learner's trouble, so it comes back as a SubmissionError with a step that the learner can
take, never as an OSError that would end the run for everybody.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from grader.errors import KitError, SubmissionError
from grader.language import kept

MAX_SOURCE_BYTES = 1 << 20
MAX_NOTEBOOK_BYTES = 64 << 20  # pictures among the outputs are large, and are skipped unread
# A pipe that nobody writes to must not keep us waiting: open without blocking, then look what it is.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_AS_UTF8 = "save it as UTF-8 text"


def bytes_of(path: Path, inside: Path, limit: int) -> bytes:
    """The content of a plain file.

    Args:
        inside: the folder that the file has to lie in, links followed. Without it a link named like a chapter would
            bring any file that the grader may read into a report that the learner sees.
        limit: bytes; what is larger is refused before it is read.

    Raises:
        TooLarge: there are more bytes.
        SubmissionError: it is missing, no plain file, or not to be read.
    """
    try:
        handle = _opened_at_once(path, inside)
        if handle is None:
            real = path.resolve(strict=True)
            if not real.is_relative_to(inside.resolve(strict=True)):
                step = "put the file itself there, not a link"
                raise SubmissionError("this is a link to a file outside its folder", str(path), step)
            handle = os.open(real, _FLAGS | _NO_LINK)
    except SubmissionError:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        raise _cannot_open(path, error) from error
    try:
        kind = os.fstat(handle)
        if not stat.S_ISREG(kind.st_mode):
            what = "this is a folder, not a file" if stat.S_ISDIR(kind.st_mode) else "this is no plain file"
            raise SubmissionError(what, str(path), "put the chapter's file there")
        if kind.st_size > limit:
            raise too_large(path, limit)
        with open(handle, "rb", closefd=False) as file:
            data = file.read(kind.st_size + 1)  # room for no more than there is
            if len(data) > kind.st_size:  # it has grown since
                data += file.read(limit + 1 - len(data))
    except OSError as error:
        raise _cannot_open(path, error) from error
    finally:
        os.close(handle)
    if len(data) > limit:
        raise too_large(path, limit)
    return data


def _opened_at_once(path: Path, inside: Path) -> int | None:
    """A file of the folder itself that is no link, which cannot lead out of it; None where more has to be asked."""
    if not _NO_LINK or path.parent != inside:
        return None
    try:
        return os.open(path, _FLAGS | _NO_LINK)
    except OSError:  # perhaps a link; who looks closer says what it is
        return None


def _cannot_open(path: Path, error: Exception) -> KitError:
    """The system's reason in words that say what to do; RuntimeError is pathlib's for links in a circle."""
    code = error.errno if isinstance(error, OSError) else None
    if code == errno.ENOENT and not path.is_symlink():
        return SubmissionError("there is no such file", str(path), "check the name, or run: brick init")
    if code == errno.ENOENT:
        return SubmissionError("this link leads nowhere", str(path), "put the file itself there")
    if code in (errno.EACCES, errno.EPERM):
        return NoPermission(
            kept("the file may not be read"), str(path), "give read permission, then try again"
        )
    if code == errno.EISDIR:
        return SubmissionError("this is a folder, not a file", str(path), "put the chapter's file there")
    if code == errno.ELOOP or isinstance(error, RuntimeError):
        return SubmissionError("this link leads in a circle", str(path), "put the file itself there")
    if code in (errno.ENXIO, errno.ENODEV):
        return SubmissionError("this is no plain file", str(path), "put the chapter's file there")
    reason = os.strerror(code) if code else str(error)
    return SubmissionError(f"the file cannot be opened: {reason}", str(path), "put the chapter's file there")


class NoPermission(SubmissionError):
    """The file is there and whoever grades may not read it, which says nothing about the work in it."""


class TooLarge(SubmissionError):
    """The file is larger than it may be."""


def too_large(path: Path, limit: int) -> TooLarge:
    """The refusal of a file of more than `limit` bytes, a whole number of MiB."""
    what = f"the file is larger than {limit >> 20} MiB"
    return TooLarge(what, str(path), kept("take out data and outputs; a chapter's code is far smaller"))


def refuse_utf16(data: bytes, path: Path) -> None:
    """SubmissionError if the file begins as Windows' Unicode text does."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SubmissionError("the file is UTF-16, not UTF-8", str(path), _AS_UTF8)


def decoded(data: bytes, path: Path) -> str:
    """UTF-8 as text, without its byte order mark and with plain line ends, so that lines count as in an editor.

    Raises:
        SubmissionError: it is something else; the line is named. Guessing another encoding would grade what the
            learner did not write.
    """
    refuse_utf16(data, path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SubmissionError("the file is not UTF-8", f"{path}, line {line}", _AS_UTF8) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")
