"""Open the file that results are kept in: to add to them, or to read them where nothing can be written."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from grader.grading.trouble import CUT_SHORT, is_busy

WAIT_S = 30.0  # for another program to let go of the file
Seen = tuple[int, int]  # size and time of a file


def open_to_write(path: Path) -> sqlite3.Connection:
    """Open the file, made if missing, so that others can read it meanwhile.

    Raises:
        OSError: its folder cannot be made.
        sqlite3.Error: it cannot be opened, or written beside, or it was cut short.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)
    try:
        _refuse_cut_short(path, database)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        database.close()
        raise
    return database


def open_to_read(path: Path) -> tuple[sqlite3.Connection, Seen | None]:
    """Open the file to read it, also on a full disk or on one that is read-only.

    Returns:
        The database, an empty one if there is no file; and what the file looked like, if it is read as it lies: then
        nobody is kept from writing to it, and what was read counts only if it looks the same afterwards.

    Raises:
        OSError: nobody may look for it.
        sqlite3.Error: it cannot be opened, or was cut short.
    """
    if not path.exists():
        return sqlite3.connect(":memory:", isolation_level=None), None
    try:
        return open_to_write(path), None
    except sqlite3.OperationalError as error:
        # SQLite makes two files beside one that others may write to, and cannot make them here. As long as neither of
        # those that hold what was written last is there, all of it is in the file itself.
        beside = [path.with_name(f"{path.name}-{ending}") for ending in ("wal", "journal")]
        if is_busy(error) or any(file.exists() and file.stat().st_size for file in beside):
            raise
        seen = seen_now(path)
        uri = f"{path.absolute().as_uri()}?immutable=1"
        database = sqlite3.connect(uri, timeout=WAIT_S, isolation_level=None, uri=True)
        database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        return database, seen


def _refuse_cut_short(path: Path, database: sqlite3.Connection) -> None:
    """SQLite finds pages that are missing, but takes what is missing of the last one for zeros."""
    [page_size] = database.execute("PRAGMA page_size").fetchone()
    if path.stat().st_size % page_size:
        raise sqlite3.DatabaseError(CUT_SHORT)


def seen_now(path: Path) -> Seen:
    """What the file looks like now."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns
