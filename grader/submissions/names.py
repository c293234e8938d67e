"""What a file's name says: which chapter it is, and whether it is code."""

from __future__ import annotations

import re
from pathlib import PurePath

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
