"""Find the small course that `brick new-course` copies: the example of the checkout, which the wheel carries too."""

from __future__ import annotations

from pathlib import Path

from grader.course.config import COURSE_FILE

_FILES = (
    COURSE_FILE,
    "checks/*.py",
    "checks/hints/*.md",
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
