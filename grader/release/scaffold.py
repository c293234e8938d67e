"""Lay out the files of a new chapter, with the places to fill, or of a whole new course.

What is written is a whole chapter already, with one exercise that doubles its input, so that its author changes
something that works. CONTRIBUTING.md walks through what the places are for.
"""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from pathlib import Path

from grader.course.config import COURSE_FILE
from grader.course.paths import is_checkout
from grader.course.template import template_texts
from grader.course.writing import write_whole
from grader.errors import UsageError, remedy
from grader.language import gettext as _
from grader.records import Course, label_of
from grader.release.chapter_files import ENTRY, FILES

STEM = re.compile(r"[a-z][a-z0-9_]*")
_NUMBERED = re.compile(r"[a-z]+\d+_(?P<name>[a-z].*)")
# In the course of the kit the number tells the chapter's place.
_OF_THE_KIT = re.compile(r"ch\d\d_[a-z][a-z0-9_]*")

# What an author is to replace in the files of a new chapter; `_` where they are written.
_TEXTS = (
    "TODO: what this block is for, and that it takes 60 to 90 minutes.",
    "TODO: one idea",
    "TODO: why, the formula, a number worked by hand, a picture, a pitfall, a question to answer before running.",
    "TODO: one imperative line.",
    "TODO, shape (N, D).",
    "TODO: the shape, with the dtype and device of `x`.",
    "Source: TODO.",
    "Checks of {stem}: TODO, the laws in a sentence.",
    "Known mistakes of {stem}: each is named <exercise>__<slug>, its docstring is the diagnosis.",
    "Right answers of {stem}, written differently: they catch checks that are too strict.",
    "TODO: where to look.",
    "TODO: the law, as the learner reads it.",
    "TODO: the idea, in a sentence or two. No formula.",
    "TODO: the steps in words, no code.",
    "TODO: the technique on another problem, in 80 to 160 words.",
    "TODO: Explain in a sentence why ..., asked after a pass.",
    "TODO: the input comes back as it was.",
    "TODO: a product instead of a sum.",
)


def lay_out_chapter(course: Course, stem: str) -> tuple[Path, ...]:
    """Write the files of chapter `stem` and its entry in course.yml; nothing that is there is touched.

    Args:
        course: a checkout.
        stem: chNN_name in the kit's own course, any name of small letters, digits and `_` in another one. What stands
            behind the number becomes the exercise's name.

    Returns:
        The files that were written, course.yml last.

    Raises:
        UsageError: for a name that no chapter can have, a number that is taken, a file that exists, or no checkout.
    """
    _refuse_stem(course, stem)
    numbered = _NUMBERED.fullmatch(stem)
    name = numbered["name"] if numbered else stem
    words = {
        "stem": stem,
        "exercise": name,
        "title": name.replace("_", " ").capitalize(),
        "checks": "checks" if course.name else "grader/checks",
    }
    files = {course.root / name.format(**words): _said(text).format(**words) for name, text in FILES.items()}
    for path in files:
        if path.exists():
            raise UsageError(
                "a file of that name is there already", str(path), "move it away, or choose another name"
            )
    listed = course.root / COURSE_FILE
    entries = listed.read_text(encoding="utf-8").rstrip("\n") + "\n" + ENTRY.format(**words)
    try:
        for path, text in (
            files | {listed: entries}
        ).items():  # the entry last, so that it names no missing file
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, text)
    except OSError as error:
        for path in files:  # half a chapter would be in the way of the next try
            with suppress(OSError):
                path.unlink(missing_ok=True)
        what = f"the chapter cannot be written: {error.strerror}"
        step = remedy(error, "make that file and its folder writable, then run the same command again")
        raise UsageError(what, str(error.filename), step) from error
    return (*files, listed)


def _said(template: str) -> str:
    """A file's template with the texts that are to be replaced in the language that is spoken; code stays."""
    for text in _TEXTS:
        template = template.replace(text, _(text))
    return template


def take_away(folder: Path) -> None:
    """Empty the folder of a course that was not finished: it was new or empty, and would be in the way of the next."""
    for path in folder.glob("*"):
        with suppress(OSError):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _refuse_stem(course: Course, stem: str) -> None:
    """Raise UsageError where no chapter can be called so, or no chapter can be added."""
    if (STEM if course.name else _OF_THE_KIT).fullmatch(stem) is None:
        step = "use small letters, digits and _" if course.name else "write chNN_name, such as ch13_attention"
        raise UsageError(f"no chapter can be called {stem}", "the name", step)
    if not is_checkout(course.root):
        raise UsageError(
            "a chapter is added in a checkout, and this is none", str(course.root), "clone the course"
        )
    taken = [chapter.stem for chapter in course.chapters if chapter.label == label_of(stem)]
    if taken:
        raise UsageError(f"chapter {label_of(stem)} is there already", taken[0], "choose one that is free")


def lay_out_course(folder: Path) -> tuple[str, tuple[Path, ...]]:
    """Copy the example course into `folder`, under a name of its own; its stubs are still to be made.

    Args:
        folder: new or empty; its name becomes that of the course.

    Returns:
        The name of the course, and the files that were written.

    Raises:
        UsageError: something is there already, nothing can be written there, or no name can be made of the folder's.
    """
    name = re.sub(r"[^a-z0-9_-]+", "-", folder.resolve().name.lower()).strip("-_")[:60]
    if not re.match(r"[a-z]", name):
        raise UsageError(
            "no course can be called so", str(folder), "begin the folder's name with a letter, a to z"
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            "something is there already, and nothing was written", str(folder), "name a new folder"
        )
    texts = template_texts()
    listed = texts[Path(COURSE_FILE)].decode()
    listed = re.sub(r"(?m)\A#.*\n#.*\n", "", re.sub(r"(?m)^name: .*$", f"name: {name}", listed))
    files = {folder / path: content for path, content in texts.items()}
    files[folder / COURSE_FILE] = listed.encode()
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    except OSError as error:
        take_away(folder)
        step = remedy(error, "name another folder you can write to")
        raise UsageError(f"the course cannot be written: {error.strerror}", str(folder), step) from error
    return name, tuple(files)
