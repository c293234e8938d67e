"""Assignment downloads of Moodle: a folder per learner, or all files side by side, each with the learner's name.

Learner 01_1001_assignsubmission_file_/ch03_activations.py    "download submissions in folders"
Learner 01_1001_assignsubmission_file_ch03_activations.py     without
Participant_1003_assignsubmission_file_/work.zip              with anonymous submissions
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from grader.submissions.files import Naming, Platform

HOUR_S = 3600.0
# The number is that of the participant in this one assignment; the last word says file or onlinetext.
_FOLDER = re.compile(r"(?P<learner>.+)_assignsubmission_[a-z]+_?")
_FILE = re.compile(r"(?P<learner>.+?)_assignsubmission_[a-z]+_(?P<file>.+)")


def learner_of_folder(name: str) -> str | None:
    """Whose folder this is; None if Moodle did not name it."""
    match = _FOLDER.fullmatch(name)
    return match["learner"] if match else None


def naming_of(name: str) -> Naming | None:
    """What the name of a file without a folder says; None if Moodle did not name it."""
    match = _FILE.fullmatch(name)
    return Naming(Platform.MOODLE, match["learner"], match["file"]) if match else None


def are_of_the_download(times: Sequence[float]) -> bool:
    """Whether the times of a download's files are the moment of the download, which says nothing about learners.

    Moodle writes that moment into its archives. Times so close together are that moment, or a rush before the
    deadline: then nobody is late either.
    """
    return bool(times) and max(times) - min(times) < HOUR_S
