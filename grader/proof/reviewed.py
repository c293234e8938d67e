"""Read a reviewed list of what no check need catch; each entry says why."""

from __future__ import annotations

from pathlib import Path

import yaml

from grader.errors import CourseError

_SHORTEST_REASON = 10


def read_reviewed(path: Path) -> dict[str, dict[str, str]]:
    """The list in a file, {chapter: {label: reason}}; an empty one if there is no such file.

    Raises:
        CourseError: for an entry without a reason.

    Args:
        path: YAML; under each chapter's stem labels with their reasons.
    """
    if not path.exists():
        return {}
    listed = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    for chapter, entries in listed.items():
        for label, reason in (entries or {}).items():
            if not isinstance(reason, str) or len(reason) < _SHORTEST_REASON:
                what = f"{chapter}: {label!r} has no reason"
                raise CourseError(what, str(path), "say why it changes nothing")
    return {chapter: dict(entries or {}) for chapter, entries in listed.items()}
