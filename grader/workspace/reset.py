"""Put an exercise, or a whole chapter, back to the stub it started as; what was there is kept in a backup."""

from __future__ import annotations

import ast
import time
from dataclasses import dataclass
from pathlib import Path

from grader.course.config import original_root
from grader.course.paths import checks_file, exercise_file, solution_file
from grader.course.stubs import make_stub
from grader.course.translations import localized
from grader.course.writing import write_whole
from grader.errors import CourseError, SubmissionError, UsageError, remedy
from grader.records import Chapter, Course
from grader.syntax import PARSER, parse_in_turn
from grader.workspace.workspace import FileState, Workspace, state_of_file


@dataclass(frozen=True)
class Reset:
    """What a reset did: the file it wrote, and where the text before it lies now; None where there was no file."""

    path: Path
    backup: Path | None


def reset(course: Course, workspace: Workspace, chapter: Chapter, exercise: str | None = None) -> Reset:
    """Write the stub in place of what the learner wrote; a file that was lost comes back whole.

    Args:
        exercise: only this function or class; None for the whole file.

    Raises:
        UsageError: a folder or a notebook is in the way, or nothing can be written there.
        SubmissionError: one exercise is to be put back, and Python cannot read the file around it.
    """
    path = _file_to_write(workspace, chapter)
    stub = stub_of(course, chapter)
    try:
        before = path.read_bytes() if path.exists() else None
        after = (
            stub
            if exercise is None or before is None
            else _with_stub_in(path, before, stub, exercise, chapter)
        )
        backup = None if before is None else _back_up(workspace, path, before)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, after)
    except OSError as error:
        step = "nothing was lost; make the file and its folder readable and writable, then try again"
        what = f"the exercise cannot be written: {error.strerror}"
        raise UsageError(what, str(path), remedy(error, step)) from error
    return Reset(path, backup)


def _file_to_write(workspace: Workspace, chapter: Chapter) -> Path:
    """The chapter's file, or where it belongs if it was lost; not in a folder that is no workspace."""
    lost = exercise_file(workspace.root, chapter.stem)
    if state_of_file(lost) is FileState.FOLDER:
        raise UsageError("a folder lies where the exercise file belongs", str(lost), "move that folder away")
    path = workspace.find(chapter) or (lost if workspace.has_course() else workspace.exercise_file(chapter))
    if path.suffix != ".py":
        step = f"run: brick reset {chapter.label} in a folder with the .py file, or clear the cell by hand"
        raise UsageError("only .py files can be put back", str(path), step)
    return path


def stub_of(course: Course, chapter: Chapter) -> str:
    """The exercise file as the course hands it out, in the language that is spoken."""
    return localized(_english_stub(course, chapter), checks_file(chapter))


def _english_stub(course: Course, chapter: Chapter) -> str:
    solution = solution_file(course.root, chapter.stem)
    if solution.is_file():  # in a checkout the file in exercises/ is the one that is worked on
        with PARSER:
            return make_stub(solution.read_text(encoding="utf-8"), chapter.label, where=str(solution))
    original = exercise_file(original_root(course), chapter.stem)
    if not original.is_file():
        step = "take the file from wherever the course came from"
        raise CourseError(f"the kit has no exercise file of {chapter.stem}", str(original), step)
    return original.read_text(encoding="utf-8")


def _with_stub_in(path: Path, before: bytes, stub: str, exercise: str, chapter: Chapter) -> str:
    """The learner's file with one exercise put back; everything else stays as it is."""
    try:
        source = before.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SubmissionError("the file is not UTF-8 text", str(path), "save it as UTF-8") from error
    return with_stub_of(source, stub, exercise, path, chapter.label)


def with_stub_of(source: str, stub: str, exercise: str, path: Path, label: str) -> str:
    """`source` with the definition of one exercise replaced by the stub's; appended if it was deleted."""
    [(first, last)] = _definitions(stub, exercise, path, label) or [(1, 0)]
    fresh = _lines(stub)[first - 1 : last]
    if not fresh:
        raise CourseError(f"the stub lacks the exercise {exercise}", str(path), "run: brick stubs")
    lines = _lines(source)
    places = _definitions(source, exercise, path, label)
    if not places:
        return source.rstrip("\n") + "\n\n\n" + "\n".join(fresh) + "\n"
    for start, end in reversed(places):  # a second definition would win over the stub
        lines[start - 1 : end] = fresh if (start, end) == places[0] else []
    return "\n".join(lines)


def _lines(source: str) -> list[str]:
    return source.split("\n")  # not splitlines: Python counts no form feed as a new line


def _definitions(source: str, name: str, path: Path, label: str) -> list[tuple[int, int]]:
    """First and last line of each top-level definition of `name`, decorators included."""
    try:
        body = parse_in_turn(source).body
    except SyntaxError as error:
        step = f"mend that line, or put the whole chapter back: brick reset {label}"
        raise SubmissionError(
            f"Python cannot read the file: {error.msg}", f"{path}, line {error.lineno}", step
        ) from error
    found = []
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == name:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            found.append((first, node.end_lineno or node.lineno))
    return found


def _back_up(workspace: Workspace, path: Path, content: bytes) -> Path:
    """Keep the content under a name that no earlier backup has."""
    folder = workspace.state / "backups"
    folder.mkdir(parents=True, exist_ok=True)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    for count in range(1, 1000):
        again = "" if count == 1 else f"-{count}"
        backup = folder / f"{path.stem}-{stamp}{again}{path.suffix}"
        if not backup.exists():
            break
    write_whole(backup, content)
    return backup
