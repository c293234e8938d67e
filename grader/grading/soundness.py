"""Read all that a store holds, to see whether any of it turned bad on the disk."""

from __future__ import annotations

from pathlib import Path

from grader.grading.adjustments import kept
from grader.grading.roster import members
from grader.grading.store import Store


def require_sound(path: Path) -> int:
    """Read every hand-in with its verdict, every decision, the roster and whatever was handed in.

    Args:
        path: of the store.

    Returns:
        How many hand-ins there are.

    Raises:
        KitError: something of it cannot be read; what, where, and what to do.
    """
    with Store(path, to_read=True) as store:
        store.require_whole()
        store.last_settings()
        kept(store)
        members(store)
        chapters, learners = store.assigned_and_met()
        return sum(1 for _ in store.standing(learners, chapters))
