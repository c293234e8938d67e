"""Keep every verdict in one SQLite file: append-only, found again by what was graded and how."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from grader.errors import KitError
from grader.records import Report
from grader.report.json import as_dict, from_dict

_SCHEMA = """
CREATE TABLE IF NOT EXISTS results (
    id           INTEGER PRIMARY KEY,
    key          TEXT NOT NULL,     -- what was graded and how; see key_of
    learner      TEXT NOT NULL,
    chapter      TEXT NOT NULL,
    attempt      TEXT NOT NULL,     -- sha256 of the submission
    handed_in    REAL,              -- when the submission was made, seconds since 1970
    graded       REAL NOT NULL,     -- when this verdict was made
    reusable     INTEGER NOT NULL,  -- 0 when a guest was lost or late: that may be the machine's fault
    report       TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS by_key ON results (key, reusable);
CREATE INDEX IF NOT EXISTS by_learner ON results (learner, chapter, id);
"""


@dataclass(frozen=True)
class Stored:
    """One verdict as it was written. `handed_in` and `graded` are seconds since 1970."""

    learner: str
    chapter: str
    report: Report
    handed_in: float | None
    graded: float


def key_of(submission_sha256: str, checks_sha256: str, *, isolation: str, device: str, profile: str) -> str:
    """The name of a verdict: the same submission, checks, kit, isolation, device and inputs give the same verdict."""
    parts = (submission_sha256, checks_sha256, kit_sha256(), isolation, device, profile)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@cache
def kit_sha256() -> str:
    """The sources of this kit and the versions of what it computes with, in one hash; checks are keyed apart."""
    digest = hashlib.sha256()
    root = Path(__file__).parent
    for path in sorted(root.rglob("*.py")):
        if path.parent != root / "checks":
            digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    for name in ("torch", "hypothesis", "numpy", "onnx"):
        digest.update(f"{name} {_version(name)}\n".encode())
    return digest.hexdigest()


def _version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


class Store:
    """Verdicts in a file. A kill at any instant loses at most the one being written.

    Args:
        path: the file; made if missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=30.0, isolation_level=None)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise KitError(
                f"the store of results cannot be opened: {error}",
                str(path),
                "move that file away, or name another",
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def find(self, key: str) -> Report | None:
        """The verdict under this key, None if there is none to be used again."""
        row = self._database.execute(
            "SELECT report FROM results WHERE key = ? AND reusable ORDER BY id DESC LIMIT 1", (key,)
        ).fetchone()
        return None if row is None else from_dict(json.loads(row[0]))

    def add(self, key: str, learner: str, report: Report, *, handed_in: float | None = None) -> None:
        """Append a verdict."""
        row = (
            key, learner, report.chapter, report.submission_sha256, handed_in, time.time(),
            int(is_reusable(report)), json.dumps(as_dict(report), ensure_ascii=False),
        )  # fmt: skip
        with self._written():
            self._database.execute(
                "INSERT INTO results (key, learner, chapter, attempt, handed_in, graded, reusable, report)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )

    def latest(self) -> Iterator[Stored]:
        """The newest verdict of every learner and chapter."""
        yield from self._read(
            "WHERE id IN (SELECT max(id) FROM results GROUP BY learner, chapter) ORDER BY learner, chapter"
        )

    def history(self, learner: str, chapter: str) -> Iterator[Stored]:
        """Every verdict on one learner's chapter, oldest first."""
        yield from self._read("WHERE learner = ? AND chapter = ? ORDER BY id", (learner, chapter))

    def _read(self, condition: str, values: tuple[str, ...] = ()) -> Iterator[Stored]:
        columns = "learner, chapter, report, handed_in, graded"
        for learner, chapter, report, handed_in, graded in self._database.execute(
            f"SELECT {columns} FROM results {condition}", values
        ):
            yield Stored(learner, chapter, from_dict(json.loads(report)), handed_in, graded)

    @contextmanager
    def _written(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise KitError(
                f"the verdict cannot be written: {error}",
                str(self.path),
                "make room on the disk, then run it again",
            ) from error


def is_reusable(report: Report) -> bool:
    """Whether the same submission would get the same verdict again: not if a guest was lost or late."""
    lost = ("no answer within", "the submission's process", "could not be loaded", "are used up", "took over")
    messages = [report.error, *(result.message for result in report.checks)]
    return not any(word in message for message in messages for word in lost)
