"""What names say: which chapter a file is, whether it is code, and how a learner's name is kept."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePath

from grader.text import clean_line

_LABEL = re.compile(r"(?<![a-z0-9])ch(\d\d)(?!\d)", re.IGNORECASE)
# Windows hides an ending it knows and adds its own; some browsers save a notebook as the JSON that it is.
_CODE = re.compile(r"(?P<stem>.*?)(?P<suffix>\.py|\.ipynb)(\.txt|\.json)?", re.IGNORECASE | re.DOTALL)


def chapter_label(name: str) -> str:
    """The chapter that a file's name says, such as ch03; '' if it says none."""
    match = _LABEL.search(PurePath(name).name)
    return f"ch{match[1]}" if match else ""


def code_suffix(name: str) -> str:
    """`.py` or `.ipynb` for a name that ends so, even if `.txt` was added; '' for any other."""
    match = _CODE.fullmatch(name)
    return match["suffix"].lower() if match else ""


def stem_of(name: str) -> str:
    """A file's name without the ending that makes it code."""
    match = _CODE.fullmatch(name)
    return match["stem"] if match else PurePath(name).stem


def learner_name(raw: str) -> str:
    """A learner's name as it is kept: composed, on one line, without what no one can see.

    Two names can come to the same one; whoever collects them refuses that rather than merge two learners.
    """
    return clean_line(unicodedata.normalize("NFC", raw), 200) or "nameless"
