"""Read the file that says which learning platform scores go to, and find out who is in the course there."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import yaml

from grader.errors import UsageError, did_you_mean, words_of
from grader.export.ags import Ags, Platform, refuse_unsafe
from grader.grading.matching import Person

_FIELDS = ("client_id", "token_url", "line_items", "key", "key_id", "members", "audience", "users")
_NEEDED = ("client_id", "token_url", "line_items", "key")


def read_platform(path: Path) -> dict[str, str]:
    """The fields of a platform's file.

    Raises:
        UsageError: it cannot be read, or a field is missing, unknown or no text.
    """
    try:
        said: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        step = "docs/lms.md shows what stands in it"
        raise UsageError(f"the platform's file cannot be read: {_reason(error)}", str(path), step) from error
    fields = said if isinstance(said, dict) else {}
    for name in fields:
        if name not in _FIELDS:
            raise UsageError(f"no such field: {name}{did_you_mean(str(name), _FIELDS)}", str(path), "mend it")
    missing = [name for name in _NEEDED if not fields.get(name)]
    missing += [] if fields.get("members") or fields.get("users") else ["members or users"]
    if missing:
        raise UsageError(f"it does not say {', '.join(missing)}", str(path), "docs/lms.md says what they are")
    found = {name: str(value) for name, value in fields.items() if value is not None}
    for name in ("token_url", "line_items", "members"):
        if found.get(name):
            refuse_unsafe(found[name])
    return found


def _reason(error: Exception) -> str:
    """What went wrong, without a number of the system's and without the file, which stands beside it."""
    return words_of(error) if isinstance(error, OSError) else str(error)


def connected(said: dict[str, str], file: Path) -> Ags:
    """The platform, with the private key from its own file."""
    key = file.parent / Path(said["key"]).expanduser()
    try:
        text = key.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            "the private key cannot be read", str(key), "name a PEM file beside the platform's"
        ) from error
    others = {name: said.get(name, "") for name in ("key_id", "members", "audience")}
    return Ags(Platform(said["client_id"], said["token_url"], said["line_items"], text, **others))


def people_in(said: dict[str, str], file: Path, ags: Ags) -> list[tuple[str, Person]]:
    """Everybody in the platform's course by their user ID there, from a CSV or from the platform itself."""
    if said.get("users"):
        return _from_csv(file.parent / said["users"])
    found = []
    for row, one in enumerate(ags.members()):
        ids = frozenset({one.number.casefold(), one.user_id.casefold()} - {""})
        logins = frozenset({one.email.casefold()} - {""})
        found.append((one.user_id, Person(row, ids, logins, one.name)))
    return found


def _from_csv(path: Path) -> list[tuple[str, Person]]:
    """`learner,user_id`, a line for each, for a platform that does not say who its members are.

    Raises:
        UsageError: it cannot be read, or has no such columns.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(
            f"the users cannot be read: {_reason(error)}", str(path), "save them as CSV in UTF-8"
        ) from error
    found = []
    for at, row in enumerate(rows):
        learner, user = (row.get("learner") or "").strip(), (row.get("user_id") or "").strip()
        if learner and user:
            found.append((user, Person(at, frozenset({learner.casefold()}), frozenset(), learner)))
    if not found:
        raise UsageError("nobody is in the file of users", str(path), "its first line is: learner,user_id")
    return found
