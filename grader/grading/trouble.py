"""Turn what SQLite says of a file of results into what happened, where, and what to do."""

from __future__ import annotations

import os
import sqlite3
import zlib
from pathlib import Path

from grader.errors import KitError
from grader.language import kept

CUT_SHORT = "the file was cut short"
_ROOM = "make room on the disk, then run it again: what was graded is kept"
_FAILS = "make room on the disk, or see why it fails, then run it again: what was graded is kept"
_LOCKS = "work on a disk of this machine, for this one does not lock files; then run it again"
# By SQLite's more exact code where there is one, else by the code that it belongs to.
_REMEDIES = {
    sqlite3.SQLITE_BUSY: "let the other brick grade end, or close the program that holds the file; then run it again",
    sqlite3.SQLITE_FULL: _ROOM,
    sqlite3.SQLITE_IOERR: _FAILS,
    sqlite3.SQLITE_IOERR_LOCK: _LOCKS,
    sqlite3.SQLITE_IOERR_SHMLOCK: _LOCKS,
    sqlite3.SQLITE_IOERR_SHMMAP: _LOCKS,
    sqlite3.SQLITE_PROTOCOL: _LOCKS,
    sqlite3.SQLITE_NOMEM: "close other programs, then run it again: what was graded is kept",
    sqlite3.SQLITE_READONLY: "make that file and its folder writable, then run it again",
    sqlite3.SQLITE_CANTOPEN: "make room on the disk, and that file and its folder writable, then run it again",
}
_OTHER_REMEDY = "move that file away and grade the class again, or bring it back from a backup"
_LOCKS_OF_ALL = Path("/proc/locks")  # only Linux says who holds what

# What the content of a file that turned bad on the disk can raise where it is unpacked, decoded and made a value of.
DAMAGE = (ValueError, TypeError, LookupError, ArithmeticError, MemoryError, OSError, zlib.error)


def cannot_open(path: Path, error: sqlite3.Error) -> KitError:
    """The file cannot be opened."""
    return KitError(f"the results of earlier runs cannot be opened: {error}", str(path), _step(path, error))


def cannot_read(path: Path, error: sqlite3.Error) -> KitError:
    """Something in the file cannot be read."""
    return KitError(f"the results of earlier runs cannot be read: {error}", str(path), _step(path, error))


def cannot_write(path: Path, error: sqlite3.Error) -> KitError:
    """Something cannot be added to the file; whatever was added before is there."""
    return KitError(f"the results cannot be written: {error}", str(path), _step(path, error))


def damaged(path: Path) -> KitError:
    """Something in the file is not what the kit wrote; a verdict can be made anew, a decision cannot."""
    what = "something in the results cannot be read: it is damaged, or another version of the kit wrote it"
    step = "run: brick grade FOLDER --again; if that fails too, bring the file back from a backup"
    return KitError(what, str(path), step)


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another program held the file for as long as one was willing to wait."""
    return _code(error) & 0xFF == sqlite3.SQLITE_BUSY


def _step(path: Path, error: sqlite3.Error) -> str:
    holder = _holder(path) if is_busy(error) else ""
    if holder:
        return kept(f"let {holder} end, which holds the file; then run it again: what was graded is kept")
    code = _code(error)
    return _REMEDIES.get(code) or _REMEDIES.get(code & 0xFF, _OTHER_REMEDY)


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)


def _holder(path: Path) -> str:
    """The program that nobody else can write to the file for, and its number; empty where the system does not say."""
    try:
        # With a log beside it, the lock on writing lies on the index of that log.
        files = [file for file in (path, path.with_name(f"{path.name}-shm")) if file.exists()]
        for line in _LOCKS_OF_ALL.read_text(encoding="ascii").splitlines():
            # 3: POSIX  ADVISORY  WRITE 23513 fe:00:2146308 120 120
            _number, _kind, _mode, access, process, file, *_bytes = line.split()
            if access == "WRITE" and file in map(_as_locked, files) and int(process) != os.getpid():
                name = Path(f"/proc/{process}/comm").read_text(encoding="utf-8", errors="replace").strip()
                return f"{name} (process {process})"
    except (OSError, ValueError):
        return ""
    return ""


def _as_locked(file: Path) -> str:
    """What the list of all locks calls a file."""
    status = file.stat()
    return f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
