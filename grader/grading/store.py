"""Keep every verdict, and what is published of it, in one SQLite file: append-only, found again by content."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass, fields, replace
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import msgspec

from grader.engine.fingerprint import verdict_sha256
from grader.errors import KitError, remedy
from grader.grading.opening import Seen, open_to_read, open_to_write, seen_now
from grader.grading.packing import CommonText, Packer
from grader.grading.trouble import DAMAGE, cannot_open, cannot_read, cannot_write, damaged
from grader.records import Chapter, Counts, Report, SourceLine, Submission
from grader.serialization import from_json, report_json
from grader.submissions.times import believable

STORE_FILE = "results.db"
VERSION = 8
# Versions that lack tables of this one and are else alike: what they lack is added when they are opened.
_FEWER_TABLES = frozenset({5, 6, 7})
_SCHEMA = """
CREATE TABLE IF NOT EXISTS verdicts (
    id         INTEGER PRIMARY KEY,
    key        TEXT NOT NULL,     -- what was graded and how; see key_of
    graded     REAL NOT NULL,     -- when this verdict was made, seconds since 1970
    reusable   INTEGER NOT NULL,  -- 0 when a guest was lost, or the kit failed: another try may differ
    report     BLOB NOT NULL      -- as JSON, packed; see grading/packing.py
);
CREATE INDEX IF NOT EXISTS verdicts_by_key ON verdicts (key, reusable);
CREATE TABLE IF NOT EXISTS sources (
    sha256     TEXT PRIMARY KEY,  -- of the submission
    source     BLOB NOT NULL,     -- its text, packed: a regrade must not depend on where the file is now
    about      BLOB NOT NULL      -- line and cell of every line of a notebook, and what was left out, as JSON, packed
);
CREATE TABLE IF NOT EXISTS common_texts (
    number     INTEGER PRIMARY KEY,
    kind       TEXT NOT NULL,     -- of which texts; the newest of a kind is the one that they are packed against
    content    BLOB NOT NULL      -- packed by zlib
);
CREATE TABLE IF NOT EXISTS readings (
    digest     BLOB PRIMARY KEY,  -- of what was handed in, byte by byte, and of how it is read; see grading/hand_ins.py
    sha256     TEXT NOT NULL      -- of the submission that it was read as
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS runs (
    id         INTEGER PRIMARY KEY,
    started    REAL NOT NULL,
    chapters   TEXT NOT NULL,     -- stems of the chapters assigned, as JSON
    learners   TEXT NOT NULL,     -- the learners met for the first time, as JSON
    settings   TEXT NOT NULL      -- how it was graded, as JSON
);
CREATE TABLE IF NOT EXISTS collected (
    id         INTEGER PRIMARY KEY,
    run        INTEGER NOT NULL REFERENCES runs (id),
    learner    TEXT NOT NULL,
    chapter    TEXT NOT NULL,
    sha256     TEXT NOT NULL,     -- of the submission, as in hand_ins
    path       TEXT NOT NULL,     -- where it lay
    handed_in  REAL               -- when it was handed in, seconds since 1970
);
CREATE INDEX IF NOT EXISTS collected_by_learner ON collected (learner, chapter, id);
CREATE TABLE IF NOT EXISTS hand_ins (
    id         INTEGER PRIMARY KEY,
    run        INTEGER NOT NULL REFERENCES runs (id),
    learner    TEXT NOT NULL,
    chapter    TEXT NOT NULL,
    attempt    INTEGER NOT NULL,  -- counted from 1; the newest row of an attempt stands for it
    sha256     TEXT NOT NULL,     -- of the submission
    path       TEXT NOT NULL,     -- where the submission lay
    handed_in  REAL,              -- when the submission was made, seconds since 1970
    marked_late INTEGER NOT NULL, -- whether the platform says that it was late, without saying by how much
    verdict    INTEGER NOT NULL REFERENCES verdicts (id),
    late_s     REAL NOT NULL,     -- lateness and its price, by the policy of the day this was published
    deducted   REAL NOT NULL,
    counts     TEXT NOT NULL      -- which attempt counts: last or best
);
CREATE INDEX IF NOT EXISTS hand_ins_by_attempt ON hand_ins (learner, chapter, attempt, id);
CREATE TABLE IF NOT EXISTS adjustments (
    number     INTEGER PRIMARY KEY,
    made       REAL NOT NULL,     -- seconds since 1970
    entry      TEXT NOT NULL      -- what a person decided, as JSON; see records.Adjustment
);
CREATE TABLE IF NOT EXISTS members (
    id         INTEGER PRIMARY KEY,
    made       REAL NOT NULL,     -- seconds since 1970
    made_by    TEXT NOT NULL,
    active     INTEGER NOT NULL,  -- 0 from when they left; the newest row of a member stands
    member     TEXT NOT NULL      -- who it is, as JSON; see records.Member
);
"""


@dataclass(frozen=True)
class Verdict:
    """A report, and the key it is found by; `is_new` if the checks were run for it just now."""

    id: int
    key: str
    report: Report
    is_new: bool = False


@dataclass(frozen=True)
class Settings:
    """How a run graded; a regrade does the same.

    Args:
        examples: None where the course says how many.
        secret: a hash of the secret that drew the inputs; empty where an earlier version did not write it down.
    """

    isolation: str
    examples: int | None
    device: str
    secret: str = ""


@dataclass(frozen=True)
class Collected:
    """What a run found of one learner for one chapter: a fact of its own, known before anything is graded."""

    learner: str
    chapter: str
    sha256: str
    path: str
    handed_in: float | None


@dataclass(frozen=True)
class Entry:
    """What is published of one attempt: when and where it was handed in, its verdict, what lateness takes off."""

    learner: str
    chapter: str
    attempt: int
    sha256: str
    path: str
    handed_in: float | None
    marked_late: bool
    verdict: int
    late_s: float
    deducted: float
    counts: Counts


T = TypeVar("T")
_COLUMNS = tuple(field.name for field in fields(Entry))
_COLLECTED = tuple(field.name for field in fields(Collected))


def key_of(submission_sha256: str, checks_sha256: str, *, isolation: str, device: str, profile: str) -> str:
    """The name of a verdict: the same submission, checks, kit, isolation, device and inputs give the same verdict."""
    parts = (submission_sha256, checks_sha256, verdict_sha256(), isolation, device, profile)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


class Store:
    """Verdicts and hand-ins in a file. A kill at any instant loses at most the one being written.

    Args:
        path: the file; made if missing, but not to read it.
        to_read: nothing is to be written, so the disk may be full or read-only.
    """

    def __init__(self, path: Path, *, to_read: bool = False) -> None:
        self.path = path
        self._seen: Seen | None = None
        self._packer = Packer(self._newest_common_text, self._common_text, self._add_common_text)
        try:
            if to_read:
                self._database, self._seen = open_to_read(path)
            else:
                self._database = open_to_write(path)
            if self._version() != VERSION:
                if self._seen is not None:
                    self._database.close()
                    self._database, self._seen = open_to_write(path), None
                # At once: who opens it meanwhile must not see tables without their version.
                script = f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;"
                self._database.executescript(script)
        except OSError as error:
            step = remedy(error, "make that folder one you can use")
            reason = error.strerror
            what = (
                f"the results cannot be read: {reason}"
                if to_read
                else f"the results cannot be kept: {reason}"
            )
            raise KitError(what, str(path), step) from error
        except sqlite3.Error as error:
            raise cannot_open(path, error) from error
        except UnicodeDecodeError as error:  # by Python's own words on it, where they name what turned bad
            raise damaged(path) from error

    def _version(self) -> int:
        """The version of what is in the file, 0 if nothing is."""
        query = "SELECT user_version, (SELECT count(*) FROM sqlite_schema) FROM pragma_user_version"
        [(version, tables)] = self._rows(query, (), _as_it_is)
        if tables and version != VERSION and version not in _FEWER_TABLES:
            raise self._of_another_version()
        return int(version)

    def _of_another_version(self) -> KitError:
        what = "these results were written by another version of the kit"
        return KitError(what, str(self.path), "move that file away, then run: brick grade FOLDER")

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file.

        Raises:
            KitError: it was read as it lay, and somebody wrote to it meanwhile.
        """
        self._database.close()
        if self._seen is not None and self._seen != seen_now(self.path):
            what = "the results were written to while they were read"
            raise KitError(what, str(self.path), "run the same command again")

    # --- verdicts ---------------------------------------------------------------------------------------------

    def find(self, key: str) -> Verdict | None:
        """The verdict under this key, None if there is none to be used again."""
        condition = "WHERE key = ? AND reusable ORDER BY id DESC LIMIT 1"
        query = f"SELECT id, report FROM verdicts {condition}"
        return next(
            self._rows(query, (key,), lambda number, kept: Verdict(number, key, self._report(kept))), None
        )

    def find_numbers(self, keys: Iterable[str]) -> dict[str, int]:
        """Of those of these keys under which there is a verdict to be used again, its number."""
        query = (
            "SELECT key, max(id) FROM verdicts"
            " WHERE key IN (SELECT value FROM json_each(?)) AND reusable GROUP BY key"
        )
        return dict(self._rows(query, (json.dumps(list(keys)),), _as_it_is))

    def keep(self, key: str, report: Report, submission: Submission | None = None) -> Verdict:
        """Append a verdict, and the submission that it is on, if that could be read."""
        text = report_json(report)
        with self.at_once():
            packed = self._packer.pack(f"report {report.checks_sha256} {report.state}", text)
            row = (key, time.time(), int(report.is_final), packed)
            if submission is not None:
                self._keep_source(submission)
            cursor = self._database.execute(
                "INSERT INTO verdicts (key, graded, reusable, report) VALUES (?, ?, ?, ?)", row
            )
        return Verdict(int(cursor.lastrowid or 0), key, report, is_new=submission is not None)

    def _keep_source(self, submission: Submission) -> None:
        about = {
            "lines": [[origin.line, origin.cell] for origin in submission.origins],
            "unread": submission.unread,
            "left_out": submission.left_out,
            "notes": submission.notes,
        }
        stem, source = submission.chapter.stem, submission.source.encode("utf-8", "surrogatepass")
        packed = self._packer.pack(f"source {stem}", source)
        packed_about = self._packer.pack(f"about {stem}", json.dumps(about).encode())
        self._database.execute(
            "INSERT OR IGNORE INTO sources (sha256, source, about) VALUES (?, ?, ?)",
            (submission.sha256, packed, packed_about),
        )

    def submission(self, entry: Entry, chapter: Chapter) -> Submission | None:
        """What was handed in, as it was read then; None if it could not be read."""

        def read(packed: bytes, told: str | bytes) -> Submission:
            # Earlier versions kept it as plain text.
            about = json.loads(told if isinstance(told, str) else self._packer.unpack(told))
            return Submission(
                chapter,
                self._packer.unpack(packed).decode("utf-8", "surrogatepass"),
                Path(entry.path),
                entry.sha256,
                tuple(SourceLine(line, cell) for line, cell in about["lines"]),
                tuple((line, why) for line, why in about["unread"]),
                tuple((line, why) for line, why in about["left_out"]),
                tuple(about["notes"]),
            )

        query = "SELECT source, about FROM sources WHERE sha256 = ?"
        return next(self._rows(query, (entry.sha256,), read), None)

    # --- what bytes were read as ------------------------------------------------------------------------------

    def reading(self, digest: bytes) -> str | None:
        """The hash of the submission that was read from what has this digest; None if none of it was ever graded."""
        # By a hash that turned bad on the disk nothing is known; what was handed in is read again then.
        query = "SELECT sha256 FROM readings JOIN sources USING (sha256) WHERE digest = ?"
        return next(self._rows(query, (digest,), str), None)

    def keep_readings(self, readings: Iterable[tuple[bytes, str]]) -> None:
        """Keep what was read: digests, and the hash of the submission that each was read as."""
        with self.at_once():
            query = "INSERT OR IGNORE INTO readings (digest, sha256) VALUES (?, ?)"
            self._database.executemany(query, readings)

    # --- runs: what was assigned, and who was met -------------------------------------------------------------

    def begin_run(
        self,
        chapters: Iterable[str],
        learners: Iterable[str],
        settings: Settings,
        collected: Iterable[Collected] = (),
    ) -> int:
        """Append a run, and all that it collected in the same write: a run broken off later forgets no hand-in.

        Args:
            chapters: the stems that it assigns.
            learners: everybody it met, also those without any work.
            settings: how it grades.
            collected: the work it found.

        Returns:
            Its number, under which verdicts are published.
        """
        places = ", ".join("?" * (len(_COLLECTED) + 1))
        with self.at_once():
            # What earlier runs wrote down stands: of a class that hands in nothing new, no row is added.
            before, met = self._collected(), set(self.assigned_and_met()[1])
            lists = (list(chapters), [one for one in learners if one not in met], asdict(settings))
            row = (time.time(), *(json.dumps(value, ensure_ascii=False) for value in lists))
            cursor = self._database.execute(
                "INSERT INTO runs (started, chapters, learners, settings) VALUES (?, ?, ?, ?)", row
            )
            run = int(cursor.lastrowid or 0)
            self._database.executemany(
                f"INSERT INTO collected (run, {', '.join(_COLLECTED)}) VALUES ({places})",
                [(run, *astuple(found)) for found in collected if found not in before],
            )
        return run

    def _collected(self) -> set[Collected]:
        """What is known of every learner's newest work at each chapter."""
        newest = "SELECT max(id) FROM collected GROUP BY learner, chapter"
        query = f"SELECT {', '.join(_COLLECTED)} FROM collected WHERE id IN ({newest})"
        return set(self._rows(query, (), Collected))

    def ungraded(self, chapters: Iterable[str]) -> set[tuple[str, str]]:
        """Learner and chapter of all whose newest work was collected, and has no verdict yet."""
        # An older attempt may have one: it says nothing about what was handed in since.
        query = (
            "SELECT c.learner, c.chapter FROM collected c"
            " WHERE c.id IN (SELECT max(id) FROM collected GROUP BY learner, chapter)"
            " AND c.chapter IN (SELECT value FROM json_each(?))"
            " AND c.sha256 IS NOT (SELECT h.sha256 FROM hand_ins h"
            "  WHERE h.learner = c.learner AND h.chapter = c.chapter ORDER BY h.attempt DESC, h.id DESC LIMIT 1)"
        )
        return {
            (learner, chapter)
            for learner, chapter in self._rows(query, (json.dumps(list(chapters)),), _as_it_is)
        }

    def last_settings(self) -> Settings | None:
        """How the newest run graded."""
        query = "SELECT settings FROM runs ORDER BY id DESC LIMIT 1"
        return next(
            self._rows(query, (), lambda settings: msgspec.json.decode(settings, type=Settings)), None
        )

    def assigned_and_met(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Stems of all chapters ever assigned, and all learners ever met, each sorted."""
        chapters: set[str] = set()
        learners: set[str] = set()
        query = "SELECT chapters, learners FROM runs"
        for assigned, met in self._rows(query, (), _sets_of_names):
            chapters |= assigned
            learners |= met
        return tuple(sorted(chapters)), tuple(sorted(learners))

    # --- hand-ins: what is published --------------------------------------------------------------------------

    def publish(self, run: int, entries: Iterable[Entry]) -> None:
        """Append entries, all or none; from now on they stand for their attempts."""
        places = ", ".join("?" * (len(_COLUMNS) + 1))
        with self.at_once():
            for entry in entries:
                self._database.execute(
                    f"INSERT INTO hand_ins (run, {', '.join(_COLUMNS)}) VALUES ({places})",
                    (run, *astuple(entry)),
                )

    def newest_of_each(self, chapters: Iterable[str]) -> dict[tuple[str, str], Entry]:
        """What stands for the last attempt of every learner at each of these chapters."""
        query = (
            f"SELECT {', '.join(_COLUMNS)} FROM hand_ins"
            " WHERE id IN (SELECT max(id) FROM hand_ins GROUP BY learner, chapter, attempt)"
            " AND chapter IN (SELECT value FROM json_each(?)) ORDER BY attempt"
        )
        entries = self._rows(query, (json.dumps(list(chapters)),), _entry)
        return {(entry.learner, entry.chapter): entry for entry in entries}

    def newest(self, learner: str, chapter: str) -> Entry | None:
        """What stands for the last attempt of a learner at a chapter."""
        condition = "WHERE learner = ? AND chapter = ? ORDER BY attempt DESC, id DESC LIMIT 1"
        query = f"SELECT {', '.join(_COLUMNS)} FROM hand_ins {condition}"
        return next(self._rows(query, (learner, chapter), _entry), None)

    def standing(self, learners: Iterable[str], chapters: Iterable[str]) -> Iterator[tuple[Entry, Verdict]]:
        """What stands for every attempt of these learners at these chapters, by learner, chapter, attempt."""

        def read(*row: Any) -> tuple[Entry, Verdict]:
            *about, key, report = row
            entry, kept = _entry(*about), self._report(report)
            if kept.chapter != entry.chapter or kept.submission_sha256 not in ("", entry.sha256):
                raise ValueError("this is the verdict on other work")
            return entry, Verdict(entry.verdict, key, replace(kept, path=entry.path))

        columns = ", ".join(f"h.{name}" for name in _COLUMNS)
        wanted = (json.dumps(list(learners)), json.dumps(list(chapters)))
        yield from self._rows(
            f"SELECT {columns}, v.key, v.report FROM hand_ins h JOIN verdicts v ON v.id = h.verdict"
            " WHERE h.id IN (SELECT max(id) FROM hand_ins GROUP BY learner, chapter, attempt)"
            " AND h.learner IN (SELECT value FROM json_each(?))"
            " AND h.chapter IN (SELECT value FROM json_each(?))"
            " ORDER BY h.learner, h.chapter, h.attempt",
            wanted,
            read,
        )

    def published(self, chapters: Iterable[str]) -> Iterator[tuple[Any, ...]]:
        """What stands for every attempt at these chapters, without the reports: learner first, then whatever there is.

        A verdict is told by its key and by when it was made: numbers begin anew in a file that was made anew.
        """
        columns = ", ".join(f"h.{name}" for name in _COLUMNS)
        yield from self._rows(
            f"SELECT {columns}, v.key, v.graded FROM hand_ins h JOIN verdicts v ON v.id = h.verdict"
            " WHERE h.id IN (SELECT max(id) FROM hand_ins GROUP BY learner, chapter, attempt)"
            " AND h.chapter IN (SELECT value FROM json_each(?))"
            " ORDER BY h.learner, h.chapter, h.attempt",
            (json.dumps(list(chapters)),),
            _as_it_is,
        )

    # --- what a person decided: adjustments and the roster ----------------------------------------------------

    def append(self, table: str, **values: object) -> int:
        """Append a row, made now, to the table `adjustments` or `members`; the number of the row."""
        values = {"made": time.time()} | values
        places = ", ".join("?" * len(values))
        with self._writing():
            cursor = self._database.execute(
                f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", tuple(values.values())
            )
        return int(cursor.lastrowid or 0)

    def all_rows(self, table: str, read: Callable[..., T]) -> Iterator[T]:
        """Every row of the table `adjustments` or `members`, the oldest first.

        Args:
            read: makes of the columns of a row what it stands for; what it cannot read is damaged.
        """
        yield from self._rows(f"SELECT * FROM {table} ORDER BY 1", (), read)

    # --- whether all of it can be read ------------------------------------------------------------------------

    def require_whole(self) -> None:
        """Look at every page of the file, and unpack every text that was handed in.

        Raises:
            KitError: something of it is damaged.
        """

        def unpack(source: bytes, about: str | bytes) -> None:
            self._packer.unpack(source)
            if isinstance(about, bytes):
                self._packer.unpack(about)

        for found in self._rows("PRAGMA integrity_check(1)", (), str):
            if found != "ok":
                raise damaged(self.path)
        for _ in self._rows("SELECT source, about FROM sources", (), unpack):
            pass

    # --- reading and writing ----------------------------------------------------------------------------------

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Everything inside is written together or not at all, and no other process writes in between."""
        database = self._database
        if self._database.in_transaction:
            yield
            return
        with self._writing():
            database.execute("BEGIN IMMEDIATE")
            try:
                yield
                database.execute("COMMIT")
            except BaseException:
                if database.in_transaction:  # SQLite may have undone it already, as on a full disk
                    database.execute("ROLLBACK")
                raise

    def _rows(self, query: str, values: tuple[object, ...], read: Callable[..., T]) -> Iterator[T]:
        """What the query finds.

        Args:
            values: for the question marks in it.
            read: makes of the columns of a row what it stands for.

        Raises:
            KitError: the file, or something in it, cannot be read.
        """
        try:
            for row in self._database.execute(query, values):
                yield read(*row)
        except sqlite3.Error as error:
            raise cannot_read(self.path, error) from error
        except DAMAGE as error:
            raise damaged(self.path) from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise cannot_write(self.path, error) from error

    def _report(self, packed: bytes) -> Report:
        return from_json(self._packer.unpack(packed))

    # --- what texts are packed against ------------------------------------------------------------------------

    def _newest_common_text(self, kind: str) -> CommonText | None:
        condition = "WHERE kind = ? ORDER BY number DESC LIMIT 1"
        query = f"SELECT number, content FROM common_texts {condition}"
        return next(self._rows(query, (kind,), _common_text), None)

    def _common_text(self, number: int) -> CommonText:
        query = "SELECT number, content FROM common_texts WHERE number = ?"
        for common in self._rows(query, (number,), _common_text):
            return common
        raise ValueError(f"there is no common text {number}")

    def _add_common_text(self, kind: str, text: bytes) -> CommonText:
        row = (kind, zlib.compress(text))
        cursor = self._database.execute("INSERT INTO common_texts (kind, content) VALUES (?, ?)", row)
        return CommonText(int(cursor.lastrowid or 0), text)


def _as_it_is(*row: Any) -> tuple[Any, ...]:
    return row


def _sets_of_names(*row: str) -> list[set[str]]:
    return [msgspec.json.decode(names, type=set[str]) for names in row]


def _common_text(number: int, packed: bytes) -> CommonText:
    return CommonText(number, zlib.decompress(packed))


def _entry(*row: object) -> Entry:
    values = dict(zip(_COLUMNS, row, strict=True))
    values |= {"counts": Counts(str(values["counts"])), "marked_late": bool(values["marked_late"])}
    time = believable(values["handed_in"])
    if time is None and values["handed_in"] is not None:
        # Earlier versions kept any time that a file said. What followed from one that cannot be goes with it.
        values |= {"handed_in": None}
        values |= {} if values["marked_late"] else {"late_s": 0.0, "deducted": 0.0}
    return msgspec.convert(values, Entry)
