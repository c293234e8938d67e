"""When something was handed in, in seconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime


def seconds(time: object) -> float | None:
    """Seconds since 1970; a time that names no zone is taken for UTC, as nbgrader and Gradescope mean it."""
    if not isinstance(time, datetime):
        return None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
