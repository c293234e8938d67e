"""Say how late a submission came, and what that costs by the course's policy."""

from __future__ import annotations

import math

from grader.records import Chapter, LatePolicy

DAY_S = 86_400.0


def lateness(
    chapter: Chapter, policy: LatePolicy, handed_in: float | None, *, marked_late: bool = False
) -> tuple[float, float]:
    """Seconds after the deadline, grace included, and the points they cost.

    Args:
        chapter: holds the deadline and the points that a share is taken of.
        policy: what a day costs.
        handed_in: seconds since 1970; None if it is not known.
        marked_late: whether the course's platform says that it was late, without saying by how much: one day.

    Returns:
        Seconds and points. Nothing is late where the time or the deadline is not known.
    """
    if marked_late:
        late_s, days = DAY_S, 1
    elif handed_in is None or chapter.deadline is None:
        return 0.0, 0.0
    else:
        late_s = max(0.0, handed_in - chapter.deadline.timestamp())
        days = 0 if late_s <= policy.grace_min * 60 else math.ceil(late_s / DAY_S)
    percent = min(policy.percent_per_day * days, policy.cap_percent)
    return late_s, round(chapter.points * percent / 100, 4)
