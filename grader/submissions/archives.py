"""List and read a zip that other people filled: nothing is extracted, and no name, link or size in it is trusted.

The archive as a whole is the instructor's: one that is damaged is refused at once. Each file in it is a learner's: it
is passed over, or refused when it is read, and the others go on.
"""

from __future__ import annotations

import re
import stat
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from grader.errors import SubmissionError, UsageError, words_of
from grader.language import kept
from grader.submissions.contents import too_large
from grader.text import clean_line

MAX_RATIO = 200  # text packs 3 to 30 times; a thousand times is a bomb
_END_RECORD, _END_RECORD_SIZE = b"PK\x05\x06", 22
_UNIX_TIMES = 0x5455
_DRIVE = re.compile("[A-Za-z]:")
_DAMAGED = (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, EOFError, ValueError, struct.error, zlib.error)


@dataclass(frozen=True)
class Member:
    """One file of an archive: the parts of its name, and when it was made, seconds since 1970."""

    name: str
    names: tuple[str, ...]
    time: float | None


def list_members(archive: Path, passed_over: list[tuple[Path, str]]) -> list[Member]:
    """The plain files of a zip, in its order.

    Args:
        passed_over: is told of each file that has a name or kind that is not to be followed, and why.

    Raises:
        UsageError: it is no zip, is damaged, or holds more than any class hands in.
    """
    _refuse_too_many(archive)
    _opened.cache_clear()  # it may be another file than when it was last looked at
    found: dict[str, Member] = {}
    for entry in _opened(archive).infolist():
        if entry.is_dir():
            continue
        reason = _reason_to_pass_over(entry)
        if entry.filename in found:
            reason = kept("the name stands twice in the archive")
        if reason:
            passed_over.append((archive / clean_line(entry.filename.lstrip("/"), 200), reason))
        else:
            names = tuple(entry.filename.split("/"))
            found[entry.filename] = Member(entry.filename, names, _time_of(entry))
    return list(found.values())


def read_member(archive: Path, name: str, limit: int) -> bytes:
    """The content of one file of a zip, unpacked no further than `limit` bytes.

    Args:
        name: as `list_members` gave it, in full.
        limit: bytes. The size that the archive states may lie, so it is counted again while unpacking.

    Raises:
        SubmissionError: it is larger, packed like a bomb, or damaged.
    """
    path = archive / clean_line(name)
    try:
        zipped = _opened(archive)
        entry = zipped.getinfo(name)
        if entry.file_size > limit:
            raise too_large(path, limit)
        if entry.file_size > MAX_RATIO * max(1, entry.compress_size) and entry.file_size > 1 << 16:
            what = f"the file unpacks to more than {MAX_RATIO} times its size"
            raise SubmissionError(what, str(path), "hand in the chapter's file alone")
        with zipped.open(entry) as file:
            data = file.read(limit + 1)
    except (*_DAMAGED, KeyError, NotImplementedError, RuntimeError) as error:
        what = f"the archive is damaged here: {clean_line(str(error), 200)}"
        raise SubmissionError(what, str(path), "download it again, or ask for the file") from error
    if len(data) > limit:
        raise too_large(path, limit)
    return data


@lru_cache(maxsize=1)
def _opened(archive: Path) -> zipfile.ZipFile:
    """The archive, kept open while its files are read one after the other."""
    try:
        return zipfile.ZipFile(archive)
    except _DAMAGED as error:
        raise _refused(archive, clean_line(str(error), 200)) from error


def _refuse_too_many(archive: Path) -> None:
    """Look at the number of files before their list is read; 65,535 says that there are more than fit."""
    try:
        with archive.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _END_RECORD_SIZE - 0xFFFF))
            tail = file.read()
    except OSError as error:
        raise _refused(archive, words_of(error)) from error
    end = tail.rfind(_END_RECORD)
    if end < 0 or len(tail) < end + _END_RECORD_SIZE:
        raise _refused(archive, kept("it is no zip, or its end is missing"))
    if struct.unpack_from("<H", tail, end + 10)[0] == 0xFFFF:
        raise _refused(archive, kept("it holds more than 65,000 files"))


def _refused(archive: Path, reason: str) -> UsageError:
    """The refusal of a whole archive, which whoever named it can mend."""
    step = "download it again, or unpack it and name the folder"
    return UsageError(f"this archive cannot be read: {reason}", str(archive), step)


def _reason_to_pass_over(entry: zipfile.ZipInfo) -> str:
    """Why an entry is not to be followed; '' for a plain file with a plain name."""
    name, kind = entry.filename, entry.external_attr >> 16
    parts = name.split("/")
    if name.startswith("/") or "\\" in name or _DRIVE.match(name) or not {"", ".", ".."}.isdisjoint(parts):
        return kept("the name leads out of the archive")
    if kind and stat.S_IFMT(kind) and not stat.S_ISREG(kind):
        return kept("a link or device, not a file")
    if entry.flag_bits & 1:
        return kept("it is locked with a password")
    # Other methods unpack a few bytes into many megabytes before a limit can stop them.
    usual = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    return "" if entry.compress_type in usual else kept("it is packed in a way that is not read here")


def _time_of(entry: zipfile.ZipInfo) -> float | None:
    """When the file was last changed: exact where the archive says so, else by this machine's clock."""
    for kind, data in _extra_fields(entry.extra):
        if kind == _UNIX_TIMES and len(data) >= 5 and data[0] & 1:
            return float(struct.unpack_from("<i", data, 1)[0])
    try:
        return time.mktime((*entry.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return None


def _extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """The kind and content of each extra field; an entry cut short ends the list."""
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        yield kind, extra[4 : 4 + size]
        extra = extra[4 + size :]
