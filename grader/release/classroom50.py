"""Turn a chapter into the folder from which Classroom 50 grades an assignment."""

from __future__ import annotations

from pathlib import PurePosixPath

from grader.records import Chapter, Course
from grader.release.packing import autograder_files, script


def slug_of(chapter: Chapter) -> str:
    """The assignment's short name there: small letters, digits and hyphens."""
    return chapter.stem.replace("_", "-")


def classroom50_files(
    course: Course, chapter: Chapter, *, unsandboxed: bool = False
) -> dict[PurePosixPath, bytes]:
    """The files of the assignment's autograder, below the classroom's folder."""
    folder = PurePosixPath("autograders") / slug_of(chapter)
    files = autograder_files(course, chapter, unsandboxed=unsandboxed)
    files["autograder.py"] = script("autograder.py")
    return {folder / name: content for name, content in files.items()}
