"""Assignment downloads of Canvas: all files side by side, named by learner, lateness, user and attachment.

learner01_4567_98765_ch03_activations.py          name, user, attachment, the file's own name
learner02_LATE_4568_98767_ch03_activations-2.py   handed in late, and for the third time
anon_x8Kq2_98771_ch03_activations.py              where graders are not to see names
learner04_4570_text.html                          typed into the page: no file of the learner's
"""

from __future__ import annotations

import re

from grader.submissions.files import Naming, Platform

_REST = r"_(?:\d+_(?P<file>.+)|text\.html|link\.html)"
_NAMED = re.compile(r"(?P<name>.+?)_(?P<late>LATE_)?(?P<user>\d+)" + _REST)
_ANONYMOUS = re.compile(r"(?P<late>LATE_)?(?P<name>anon)_(?P<user>[A-Za-z0-9]+)" + _REST)
_AGAIN = re.compile(r"-(\d+)$")  # what is handed in again is numbered: ch03_activations-2.py


def naming_of(name: str) -> Naming | None:
    """What the name of a file says; None if Canvas did not name it."""
    match = _NAMED.fullmatch(name) or _ANONYMOUS.fullmatch(name)
    if match is None:
        return None
    learner, late = f"{match['name']}_{match['user']}", match["late"] is not None
    return Naming(Platform.CANVAS, learner, match["file"] or "", late)


def attempt_of(stem: str) -> tuple[str, int]:
    """A file's name without the number that Canvas added, and that number: 0 for what was handed in first."""
    match = _AGAIN.search(stem)
    return (stem[: match.start()], int(match[1])) if match else (stem, 0)
