"""nbgrader's course folder: `submitted/<learner>/<assignment>/`, with a stamp beside the notebooks.

When a learner submits, nbgrader copies the folder and writes the stamp itself, over any that was there. That makes it
evidence, in this very place and in no other.
"""

from __future__ import annotations

from grader.errors import KitError
from grader.submissions.files import File
from grader.submissions.times import read_time

SUBMITTED = "submitted"  # its folder of learners, with an assignment's folder in each
STAMP = "timestamp.txt"
_STAMP_BYTES = 1 << 10


def read_stamp(file: File) -> float | None:
    """The time in a timestamp.txt, seconds since 1970; None if it says none that can be."""
    try:
        return read_time(file.read(_STAMP_BYTES).decode())
    except (KitError, ValueError):
        return None
