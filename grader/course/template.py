"""Find the small course that `brick new-course` copies: the example of the checkout, which the wheel carries too.

It is written in English; `checks/zh/` has its texts in Chinese. A copy is written in one language, that of its author.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from grader.course.config import COURSE_FILE
from grader.course.paths import checks_file_in, translations_file
from grader.course.translations import key_of, long_texts, translate_chapter
from grader.language import Language, current, read_po

_CHAPTER = "quadrature"
_FILES = (
    COURSE_FILE,
    "checks/*.py",
    "checks/hints/*.md",
    "checks/zh/*",
    "checks/mistakes/*.json",
    "solutions/*.py",
    "solutions/mistakes/*.py",
    "solutions/right/*.py",
)


def template_root() -> Path:
    """Its folder, in the package or in the checkout around it."""
    package = Path(__file__).resolve().parents[1]
    packaged = package / "course_template"
    return packaged if packaged.is_dir() else package.parent / "examples" / "integration"


def template_files() -> tuple[Path, ...]:
    """The files that are the course, course.yml first; what the kit left there while it was tried is none of them."""
    return tuple(path for part in _FILES for path in sorted(template_root().glob(part)))


def template_texts() -> dict[Path, bytes]:
    """What a copy consists of, by its path below the course's folder, in the language that is spoken."""
    root, spoken = template_root(), current()
    own = [path for path in template_files() if path.parent.name not in set(Language)]
    found = {path.relative_to(root): path.read_bytes() for path in own}
    if spoken is Language.ENGLISH:
        return found
    checks = checks_file_in(root, _CHAPTER)
    sentences = read_po(translations_file(checks, spoken).with_suffix(".po").read_text(encoding="utf-8"))
    return {
        path: _said(content.decode(), path.suffix, long_texts(checks, spoken), sentences).encode()
        for path, content in found.items()
    }


def _said(text: str, suffix: str, long: Mapping[str, str], sentences: Mapping[str, str]) -> str:
    """A file of the course in another language; code, names and keys stay.

    Args:
        suffix: of its name.
        long: lessons, docstrings and hints, by the keys of the English ones.
        sentences: all others, by the English ones.
    """
    if suffix == ".md":  # hints, each below its heading
        parts = re.split(r"(?m)^(#+ .*)$", text)
        text = "".join(f"\n\n{long[key_of(part)]}\n\n" if key_of(part) in long else part for part in parts)
    if suffix == ".py":
        text = translate_chapter(text, long)
    # The longest first: a short one may stand in another.
    for english in sorted(sentences, key=len, reverse=True):
        text = text.replace(english, sentences[english])
    return text
