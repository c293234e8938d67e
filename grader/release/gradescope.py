"""Turn a chapter into the zip from which Gradescope builds its autograder."""

from __future__ import annotations

from grader.records import Chapter, Course
from grader.release.packing import archive, autograder_files, script


def gradescope_zip(course: Course, chapter: Chapter, *, unsandboxed: bool = False) -> bytes:
    """The zip with `setup.sh` and `run_autograder` at its root.

    In the containers of Gradescope submissions are sealed off as another user, or by bubblewrap where it works.
    Where neither does, nothing is graded, unless `unsandboxed` says that it may be.
    """
    scripts = ("setup.sh", "run_autograder")
    files = autograder_files(course, chapter, unsandboxed=unsandboxed)
    return archive(files | {name: script(name) for name in scripts}, executable=scripts)
