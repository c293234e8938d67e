"""Pack this checkout's kit and course for a machine that grades elsewhere: no solution to a chapter, no secret.

The other machine is a platform's, and learners may come to see what is on it. So mistakes are not named there, and
inputs are drawn from a secret of that machine's own unless it is given one.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import grader
from grader.course.config import COURSE_FILE
from grader.course.paths import pictures_folder, solution_file
from grader.course.stubs import make_stub
from grader.course.template import template_files
from grader.errors import UsageError
from grader.records import Chapter, Course

_TOP = ("pyproject.toml", "README.md", "LICENSE", "constraints.txt", COURSE_FILE)
_SCRIPTS = Path(__file__).parent / "autograders"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same content gives the same archive
_PLAIN, _EXECUTABLE = 0o644, 0o755


def autograder_files(course: Course, chapter: Chapter, *, unsandboxed: bool = False) -> dict[str, bytes]:
    """What every autograder needs beside its own script.

    Args:
        course: a checkout, whose kit must be the one that runs here.
        chapter: the one that is graded there.
        unsandboxed: whether submissions may run unsealed where the machine offers no seal.

    Returns:
        The files by name; the kit is among them as a zip that pip installs.
    """
    release = {"chapter": chapter.stem, "unsandboxed": unsandboxed}
    return {
        "release.json": (json.dumps(release, indent=2) + "\n").encode(),
        "grading.py": script("grading.py"),
        "brickwork.zip": kit_archive(course),
        "constraints.txt": (course.root / "constraints.txt").read_bytes(),
        COURSE_FILE: (course.root / COURSE_FILE).read_bytes(),
    }


def script(name: str) -> bytes:
    """A script that runs on the other machine."""
    return (_SCRIPTS / name).read_bytes()


def kit_archive(course: Course) -> bytes:
    """The sources of the kit with the course's stubs, as `pip install` takes them.

    Raises:
        UsageError: the kit that runs is another one than the checkout's, which would then go out untried.
    """
    package = Path(grader.__file__).resolve().parent
    if package != (course.root / "grader").resolve():
        what = "the kit that runs here is not the one of this checkout"
        raise UsageError(what, str(package), f"run in {course.root}: pip install -e .")
    files = {name: (course.root / name).read_bytes() for name in _TOP}
    for path in package.rglob("*"):
        hidden = any(part.startswith((".", "__pycache__")) for part in path.relative_to(package).parts)
        if path.is_file() and not path.is_symlink() and not hidden and path.suffix != ".pyc":
            files[f"grader/{path.relative_to(package).as_posix()}"] = path.read_bytes()
    # The build of the kit takes the pictures and the example in.
    for path in (*pictures_folder(course.root).glob("*/*.svg"), *template_files()):
        files[path.relative_to(course.root).as_posix()] = path.read_bytes()
    for chapter in course.chapters:
        # Made here, not read: somebody may have tried the exercises out in this checkout.
        solution = solution_file(course.root, chapter.stem)
        stub = make_stub(solution.read_text(encoding="utf-8"), chapter.label, where=str(solution))
        files[f"exercises/{chapter.stem}.py"] = stub.encode()
    return archive({f"brickwork/{name}": content for name, content in files.items()})


def archive(files: Mapping[str, bytes], executable: tuple[str, ...] = ()) -> bytes:
    """A zip of these files; those in `executable` may be run."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, whose permissions follow
            entry.external_attr = (_EXECUTABLE if name in executable else _PLAIN) << 16
            packed.writestr(entry, content)
    return buffer.getvalue()
