"""nbgrader's course folder: `submitted/<learner>/<assignment>/`, with a stamp beside the notebooks."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from grader.errors import KitError
from grader.submissions.files import File
from grader.submissions.times import seconds

SUBMITTED = "submitted"  # its folder of learners, with an assignment's folder in each
STAMP = "timestamp.txt"
_STAMP_BYTES = 1 << 10


def read_stamp(file: File) -> float | None:
    """The time in a timestamp.txt: `2015-02-02 14:58:23.948203 America/Los_Angeles`, or any ISO time."""
    try:
        text = file.read(_STAMP_BYTES).decode().strip()
        words = text.split()
        if len(words) == 3 and not re.fullmatch(r"[+-]\d\d:?\d\d", words[2]):
            zone: Callable[[], ZoneInfo] = lambda: ZoneInfo(words[2])
            return datetime.fromisoformat(" ".join(words[:2])).replace(tzinfo=zone()).timestamp()
        return seconds(datetime.fromisoformat("".join([" ".join(words[:2]), *words[2:]])))
    except (KitError, ValueError, OSError, KeyError):
        return None
