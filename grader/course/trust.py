"""Keep a list of the courses whose own checks may run here, for no folder may speak for itself.

The checks of a course of one's own are Python, and run as the code of whoever grades or practises. A folder that calls
itself a course may be a learner's, looked into by the instructor. So the list lies apart from every course, in the
user's own data folder, and grows by a command alone: `brick new-course`, `brick trust`, or `brick init --course`. The
last also keeps a copy of the course there, so that a learner's workspace holds no checks, and none that it holds count.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import platformdirs

from grader.course.paths import checks_folder, exercises_folder
from grader.course.writing import write_whole
from grader.errors import CourseError, UsageError, remedy
from grader.language import Language, kept

_LIST = "courses.json"
_CHECKS_PER_COURSE = 500  # more files are no course, but a folder that was named by mistake


def data_folder() -> Path:
    """Where this user's list of courses lies, and the copies that `brick init --course` makes."""
    return platformdirs.user_data_path("brickwork", appauthor=False)


def trusted() -> dict[str, Path]:
    """The folder of each course that was trusted, by the course's name; none if there is no list or it is damaged."""
    try:
        listed = json.loads((data_folder() / _LIST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(listed, dict):
        return {}
    return {str(name): Path(folder) for name, folder in listed.items() if isinstance(folder, str)}


def trust(name: str, folder: Path) -> Path | None:
    """Let the checks in `folder` run as those of the course `name`.

    Returns:
        The folder that they came from until now, if it was another one.

    Raises:
        UsageError: the list cannot be written.
    """
    listed, resolved = trusted(), folder.resolve()
    before = listed.get(name)
    listed[name] = resolved
    path = data_folder() / _LIST
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({key: str(value) for key, value in listed.items()}, indent=1, ensure_ascii=False)
        write_whole(path, text)
    except OSError as error:
        what = f"the list of trusted courses cannot be written: {error.strerror}"
        step = remedy(error, "make its folder writable, then try again")
        raise UsageError(what, str(path), step) from error
    return before if before != resolved else None


def home_of(name: str, root: Path, file: Path) -> Path:
    """The folder that the checks of a course are read from.

    Args:
        name: as the course file says it.
        root: the folder of the course file, which is trusted only if it is listed itself.
        file: the course file, for errors.

    Returns:
        `root` if it is on the list; else, where `root` holds no checks, the folder that is listed under the name.

    Raises:
        CourseError: `root` holds checks that nobody let run, or the course is not known here.
    """
    home = trusted().get(name)
    own = checks_folder(root)
    if home == root.resolve():
        return root
    if own.exists() or own.is_symlink():
        other = kept(f"; those of the course {name} that may run are in {home}") if home else ""
        what = f"these checks are code that would run as yours, and nobody has allowed it{other}"
        raise CourseError(
            what, str(own), f"if this course is yours or your teacher's, run: brick trust {root}"
        )
    if home is None or not home.is_dir():
        what = f"the checks of the course {name} are not on this machine"
        step = "get the course's folder from your teacher, then run: brick init --course FOLDER"
        raise CourseError(what, str(file), step)
    return home


def install(name: str, source: Path, course_file: Path) -> Path:
    """Take a course in for practice: keep a copy of what learners need, and trust the copy.

    Args:
        name: of the course.
        source: its folder, with `exercises/` and `checks/`.
        course_file: the file in it that says what the course is.

    Returns:
        The folder to take exercises from: the copy, or `source` where that is trusted itself.

    Raises:
        UsageError: another folder has the name and is worked on there; or something cannot be copied.
    """
    home, copy = trusted().get(name), data_folder() / "courses" / name
    if home == source.resolve():
        return source
    if home is not None and home != copy.resolve() and home.is_dir():
        step = f"to practise with this one all the same, run: brick trust {source}"
        raise UsageError(f"there is another course called {name} here", str(home), step)
    files = [course_file, *_python_files(exercises_folder(source)), *_python_files(checks_folder(source))]
    files += sorted(checks_folder(source).glob("hints/*.md"))
    files += sorted(checks_folder(source).glob("mistakes/*.json"))
    files += sorted(path for one in Language for path in checks_folder(source).glob(f"{one}/*.[mp][do]"))
    unfinished = copy.with_name(f".{name}.{os.getpid()}")
    try:
        for file in files:
            target = unfinished / file.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        shutil.rmtree(copy, ignore_errors=True)
        unfinished.replace(copy)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        what = f"the course cannot be copied: {error.strerror}"
        step = remedy(error, "name the folder of a course")
        raise UsageError(what, str(error.filename or copy), step) from error
    trust(name, copy)
    return copy


def _python_files(folder: Path) -> list[Path]:
    """The plain Python files of a folder; what a link leads to is not the course's."""
    found = sorted(path for path in folder.glob("*.py") if path.is_file() and not path.is_symlink())
    if len(found) > _CHECKS_PER_COURSE:
        raise UsageError(
            f"{len(found)} files are more than a course has", str(folder), "name a course's folder"
        )
    return found
