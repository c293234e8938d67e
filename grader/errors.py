"""Every error of the kit in one tree: what happened, where, what next."""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable

from grader.language import kept

# What ails a machine, whatever it was doing: a file need not be named for somebody to mend it.
_DISK = "the disk, or the connection to it, fails: work on another disk, then run the same command again"
_FILES = "close other programs or raise the limit on open files, ulimit -n, then run the same command again"
_REMEDIES = {
    errno.ENOSPC: "make room on the disk, then run the same command again",
    errno.EDQUOT: "delete files of yours or ask for more room, then run the same command again",
    errno.EFBIG: "raise the limit on the size of a file, ulimit -f, then run the same command again",
    errno.ENOMEM: "close other programs, then run the same command again",
    errno.EMFILE: _FILES,
    errno.ENFILE: _FILES,
    errno.EIO: _DISK,
    errno.ESTALE: _DISK,
    errno.ENOLCK: _DISK,
    errno.ENOTCONN: _DISK,
    errno.ETIMEDOUT: _DISK,
    errno.EHOSTDOWN: _DISK,
}
# What the system says about a place that somebody named. ENOENT, EEXIST and EISDIR are not here: where a name may be
# wrong a command says so itself, elsewhere they are bugs of the kit.
_PLACES = frozenset(
    (
        errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ENOTDIR, errno.ELOOP, errno.EBUSY,
        errno.EILSEQ, errno.EINVAL,
    )
)  # fmt: skip


# What the system says of a file that it cannot write or read, as far as people meet it; `translate` where it is shown.
_OF_THE_SYSTEM = (
    "No space left on device",
    "Disk quota exceeded",
    "File too large",
    "Permission denied",
    "Operation not permitted",
    "Read-only file system",
    "No such file or directory",
    "Is a directory",
    "Not a directory",
    "File exists",
    "File name too long",
    "Too many open files",
    "Cannot allocate memory",
    "Input/output error",
    "Stale file handle",
    "Connection refused",
    "Device or resource busy",
    "Invalid argument",
    "Invalid cross-device link",
    "Too many levels of symbolic links",
    "Directory not empty",
    "Text file busy",
    "Too many open files in system",
    "Transport endpoint is not connected",
    "Host is down",
    "No locks available",
    "Broken pipe",
    "Resource temporarily unavailable",
    "Operation not supported",
    "Argument list too long",
    "Exec format error",
    "Invalid or incomplete multibyte or wide character",
    "Connection timed out",
    "Connection reset by peer",
    "Network is unreachable",
    "No route to host",
    "Name or service not known",
    "Temporary failure in name resolution",
    "timed out",
    "The read operation timed out",
    "Remote end closed connection without response",
    "[SSL: {code}] certificate verify failed: {why}",
)
# What SQLite says of its file, Python of archives and text that are damaged, and the reader of YAML.
_OF_FILES = (
    "database is locked",
    "unable to open database file",
    "file is not a database",
    "disk I/O error",
    "database disk image is malformed",
    "attempt to write a readonly database",
    "database or disk is full",
    "File is not a zip file",
    "Bad CRC-32 for file {name}",
    "Bad magic number for central directory",
    "Error {number} while decompressing data: {why}",
    "Compressed file ended before the end-of-stream marker was reached",
    "unexpected end of data",
    "not a gzip file",
    "file could not be opened successfully: {why}",
    "{codec} codec can't decode byte {byte} in position {position}: {why}",
    "invalid start byte",
    "invalid continuation byte",
    "Expecting value: {place}",
    "Expecting {character} delimiter: {place}",
    "Expecting property name enclosed in double quotes: {place}",
    "Unterminated string starting at: {place}",
    "Extra data: {place}",
    "line {line} column {column} (char {position})",
    "mapping values are not allowed here",
    "could not find expected ':'",
    "found character {character} that cannot start any token",
    "expected {one} or {other}, but got {found}",
    "Input data was truncated",
    "JSON is malformed: {why}",
    "invalid character (byte {position})",
    "Expected {expected}, got {found}",
    "expected {expected}, but got {found}",
    "expected <block end>, but found {found}",
    "found unexpected end of stream",
    "found undefined alias {name}",
)


class KitError(Exception):
    """A problem somebody can mend; the command line prints its three parts.

    Args:
        what: what happened, in one sentence.
        where: the file, line or setting it happened in.
        next_step: what to do about it.
    """

    def __init__(self, what: str, where: str, next_step: str) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.next_step = next_step

    def __reduce__(self) -> tuple[type[KitError], tuple[str, str, str]]:
        # Exceptions are pickled by their arguments, of which this one hands on the first alone.
        return type(self), (self.what, self.where, self.next_step)

    def __str__(self) -> str:
        return kept(f"{self.what}\n  where: {self.where}\n  next:  {self.next_step}")


class SubmissionError(KitError):
    """The learner acts: the submission cannot be read."""


class CourseError(KitError):
    """The author acts: the course file or a chapter is wrong."""


class SandboxError(KitError):
    """Whoever runs the machine acts: the isolation asked for is not there, or a sandbox broke."""


class UsageError(KitError):
    """Whoever typed the command acts: an unknown name or a wrong option."""


def remedy(error: OSError, otherwise: str) -> str:
    """What to do when the system refuses: what mends the machine, or what the caller knows to do about the place.

    Args:
        otherwise: such as to name another folder, which would not help where the disk is full.
    """
    return _REMEDIES.get(error.errno or 0, otherwise)


def words_of(error: OSError) -> str:
    """What the system says, without its number and without the file, which stands beside it; kept in English."""
    return error.strerror or str(error)


def refusal(error: OSError) -> KitError | None:
    """What the system refused as an error that somebody can mend; None for what may be a bug of the kit."""
    is_about_a_place = error.errno in _PLACES and error.filename is not None
    if error.errno not in _REMEDIES and not is_about_a_place:
        return None
    step = "name another file or folder, or ask for the right to use this one"
    unnamed = "what the command prints, or a file that it reads or writes"
    where = unnamed if error.filename is None else str(error.filename)
    return KitError(f"the system refuses it: {error.strerror}", where, remedy(error, step))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Name the nearest of `known` as the end of a message: "; did you mean x?", or nothing if none is near."""
    nearest = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {nearest[0]}?" if nearest else ""
