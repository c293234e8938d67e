"""What names say: which chapter a file is, whether it is code, and how a learner's name is kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath

from grader.records import label_of
from grader.text import clean_line

_LABEL = re.compile(r"(?<![a-z0-9])ch(\d\d)(?!\d)", re.IGNORECASE)
_PART = re.compile(r"exercises|pictures|ch\d\d(_[a-z0-9_]+)?")
# Windows hides an ending it knows and adds its own; some browsers save a notebook as the JSON that it is.
_CODE = re.compile(r"(?P<stem>.*?)(?P<suffix>\.py|\.ipynb)(\.txt|\.json)?", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class ChapterNames:
    """How files and folders say which chapter they are of: by chNN anywhere, else by the stem or label of a chapter.

    Args:
        stems: of the course's chapters. Those that are called chNN_name are known without being listed: a file of a
            chapter that the course does not have is told so.
    """

    stems: tuple[str, ...] = ()

    @cached_property
    def _by_word(self) -> dict[str, str]:
        """The label that each stem and label means, longer words first: `week1_fourier` before `week1`."""
        words = {word: label_of(stem) for stem in self.stems for word in (stem, label_of(stem))}
        return dict(sorted(words.items(), key=lambda pair: -len(pair[0])))

    @cached_property
    def _words(self) -> re.Pattern[str]:
        """Any of those words, neither part of a longer one nor of a number."""
        return re.compile(rf"(?<![^\W_])({'|'.join(self._by_word) or '(?!)'})(?![^\W_])", re.IGNORECASE)

    @cached_property
    def _labels(self) -> dict[str, str]:
        """What was asked before: of a class thousands of files are called alike."""
        return {}

    def label(self, name: str) -> str:
        """The chapter that a file's or folder's name says, such as ch03; '' if it says none."""
        known = self._labels.get(name)
        return self._labels.setdefault(name, self._label(name)) if known is None else known

    def _label(self, name: str) -> str:
        last = PurePath(name).name
        numbered = _LABEL.search(last)
        if numbered:
            return f"ch{numbered[1]}"
        word = self._words.search(last)
        return self._by_word[word[1].lower()] if word else ""

    def label_in(self, names: Sequence[str]) -> str:
        """The chapter that the last of these names says which says any."""
        return next((label for name in reversed(names) if (label := self.label(name))), "")

    def is_part(self, folder: str) -> bool:
        """Whether a folder is a part of one learner's work rather than a learner's: exercises, pictures, ch03."""
        return _PART.fullmatch(folder.lower()) is not None or folder.lower() in self._by_word


NUMBERED = ChapterNames()


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
