"""Turn a solution into the exercise: what stands between the marks is taken out, everything else stays.

There is one source of a chapter, its solution; the file that learners get is made from it and never edited by hand. So
lesson, signatures and docstrings cannot drift apart, and `brick stubs --check` tells when the two differ.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.course.paths import exercise_file, solution_file
from grader.course.writing import write_whole
from grader.errors import CourseError
from grader.language import kept
from grader.records import Chapter, Course

MARK = re.compile(r"(?P<indent>[ \t]*)# (?P<kind>BEGIN|END) SOLUTION\s*")
# What a stub says when it is called.
UNWRITTEN = kept("{function}: write this part, then run: brick check {label}")
STRAY = re.compile(r"(BEGIN|END)\s+SOLUTION")
CELL = re.compile(r"# %%(?P<kind>.*)")

Documented = ast.Module | ast.ClassDef | ast.FunctionDef


@dataclass(frozen=True)
class _Secret:
    """The lines from one BEGIN to its END, both included, counted from 1.

    `indent` is that of the marks, and of the line that takes their place.
    """

    first: int
    last: int
    indent: str


def make_stub(source: str, label: str, *, where: str = "the solution") -> str:
    """Take the secret parts out of a solution.

    A part inside a function becomes `raise NotImplementedError(...)`, a part at column 0 or directly in a class
    vanishes.

    Args:
        source: the solution, in percent format.
        label: the chapter's short name, such as ch03, for the message.
        where: the solution's file, for errors.

    Returns:
        The exercise, with the solution's lessons, signatures and docstrings to the letter.

    Raises:
        CourseError: for marks that do not pair up or cut into what must stay, and for a file that is not Python.
    """
    tree = _parse(source, where)
    lines = source.rstrip("\n").split("\n")  # not splitlines: Python counts no form feed as a new line
    # Copied line by line, so that everything outside the marks stays as it is to the last space.
    kept: list[str] = []
    position = 0
    for secret in _secrets(lines, where):
        kept += lines[position : secret.first - 1]
        position = secret.last
        function = _function_around(tree, secret)
        if secret.indent and function:
            message = UNWRITTEN.format(function=function, label=label)
            kept.append(f'{secret.indent}raise NotImplementedError("{message}")')
        else:
            position = _close_gap(kept, lines, position)
    stub = "\n".join(kept + lines[position:]) + "\n"
    _compare(tree, stub, where)
    return stub


def write_stubs(course: Course, *, check: bool = False) -> tuple[str, ...]:
    """Bring exercises/ up to date with solutions/, or with `check` only look.

    Args:
        check: write nothing.

    Returns:
        The exercise files that were out of date, relative to the course's root.

    Raises:
        CourseError: for a chapter without a solution, or an exercise in which nothing is left to write.

    A file is written only where it differs, so that its time tells when it really changed.
    """
    stale: list[str] = []
    for chapter in course.chapters:
        solution = solution_file(course.root, chapter.stem)
        exercise = exercise_file(course.root, chapter.stem)
        if not solution.is_file():
            step = "write the solution; stubs are made from it, in a checkout of the course"
            raise CourseError(f"{chapter.stem} has no solution", str(solution), step)
        source = solution.read_text(encoding="utf-8")
        stub = make_stub(source, chapter.label, where=str(solution))
        _every_exercise_is_open(chapter, stub, str(solution))
        if not exercise.is_file() or exercise.read_bytes() != stub.encode():
            stale.append(exercise.relative_to(course.root).as_posix())
            if not check:
                _write(exercise, stub)
    return tuple(stale)


def _write(exercise: Path, stub: str) -> None:
    """Raises:
    CourseError: it cannot be written; the one before is still whole then.
    """
    try:
        exercise.parent.mkdir(exist_ok=True)
        write_whole(exercise, stub)
    except OSError as error:
        what = f"the exercise cannot be written: {error.strerror}"
        step = "make room on the disk, and that file and its folder writable; then run in the course: brick stubs"
        raise CourseError(what, str(exercise), step) from error


# --- the marks --------------------------------------------------------------------------------------------


def _parse(source: str, where: str) -> ast.Module:
    """The tree of the author's own file; an error names its line.

    Raises:
        CourseError: it is no Python.
    """
    try:
        return ast.parse(source)
    except SyntaxError as error:
        place = f"{where}, line {error.lineno}"
        raise CourseError(f"Python cannot read the file: {error.msg}", place, "fix that line") from error


def _secrets(lines: list[str], where: str) -> Iterator[_Secret]:
    """The parts between the marks, top to bottom; marks that do not pair up are refused by line.

    Strict, for what a forgotten mark would cost: the solution would go out to learners.

    Raises:
        CourseError: with the line of the mark that is wrong.
    """
    begin: tuple[int, str] | None = None
    for number, line in enumerate(lines, start=1):
        place = f"{where}, line {number}"
        mark = MARK.fullmatch(line)
        if mark is None:
            if STRAY.search(line):
                step = "write '# BEGIN SOLUTION' and '# END SOLUTION', nothing else in that line"
                raise CourseError("a mark stands alone in its line", place, step)
        elif mark["kind"] == "BEGIN":
            if begin is not None:
                step = f"end the part that begins in line {begin[0]} first"
                raise CourseError("BEGIN SOLUTION inside a solution", place, step)
            begin = (number, mark["indent"])
        elif begin is None:
            raise CourseError("END SOLUTION without a BEGIN", place, "write the BEGIN, or take the END out")
        elif mark["indent"] != begin[1]:
            step = f"indent it like its BEGIN in line {begin[0]}"
            raise CourseError("END SOLUTION is indented differently", place, step)
        else:
            yield _Secret(begin[0], number, begin[1])
            begin = None
    if begin is not None:
        raise CourseError("BEGIN SOLUTION is never ended", f"{where}, line {begin[0]}", "write the END")


def _function_around(tree: ast.Module, secret: _Secret) -> str:
    """The function that encloses a secret part, `Class.method` for a method; empty if none does.

    Of a function inside a function it is the outer one, for that is what a learner is told to write.
    """
    path: list[str] = []
    waiting: list[ast.stmt] = list(tree.body)
    in_function = False
    while waiting:
        node = waiting.pop()
        if not node.lineno < secret.first <= (node.end_lineno or 0):
            continue
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            path.append(node.name)
            in_function = isinstance(node, ast.FunctionDef)
            if in_function:
                break
        waiting = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
    return ".".join(path) if in_function else ""


def _close_gap(kept: list[str], lines: list[str], position: int) -> int:
    """Where a part vanished, drop a cell left empty and all but the usual blank lines; say where to go on.

    Args:
        kept: the lines of the stub so far; blank ones at its end are taken away here.
        lines: the solution.
        position: the first line after the part, counted from 0.
    """
    rest = position
    while rest < len(lines) and not lines[rest].strip():
        rest += 1
    while kept and not kept[-1].strip():
        kept.pop()
    # A code cell of which nothing is left would be an empty box in the notebook; a lesson stays.
    next_is_cell = rest == len(lines) or CELL.match(lines[rest])
    if kept and next_is_cell and (cell := CELL.fullmatch(kept[-1])) and "markdown" not in cell["kind"]:
        kept.pop()
        while kept and not kept[-1].strip():
            kept.pop()
    if kept and rest < len(lines):
        indented = lines[rest][0].isspace()
        after_comment = CELL.fullmatch(kept[-1]) is not None
        kept += [""] * (0 if after_comment else 1 if indented or next_is_cell else 2)
    return rest


# --- what must not change ---------------------------------------------------------------------------------


def _documented(tree: ast.Module) -> dict[str, tuple[str | None, str]]:
    """Docstring and signature of every function and class, methods by `Class.method`."""
    found: dict[str, tuple[str | None, str]] = {"": (ast.get_docstring(tree, clean=False), "")}
    waiting: list[tuple[str, Documented]] = [("", tree)]
    while waiting:
        prefix, parent = waiting.pop()
        for node in parent.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                head = ast.unparse(node.args) if isinstance(node, ast.FunctionDef) else ""
                found[prefix + node.name] = (ast.get_docstring(node, clean=False), head)
                if isinstance(node, ast.ClassDef):
                    waiting.append((f"{prefix}{node.name}.", node))
    return found


def _compare(solution: ast.Module, stub: str, where: str) -> None:
    """Refuse a stub that Python cannot read, or whose signatures and docstrings are not the solution's."""
    try:
        tree = ast.parse(stub)
    except SyntaxError as error:
        what = f"without its secret parts Python cannot read the file: {error.msg}, at '{error.text or ''}'"
        raise CourseError(what, where, "move the marks so that a whole block stands between them") from error
    before = _documented(solution)
    for name, described in _documented(tree).items():
        if before.get(name) != described:
            what = f"the marks cut into the docstring or signature of {name or 'the file'}"
            raise CourseError(what, where, "put BEGIN SOLUTION below the docstring")


def _every_exercise_is_open(chapter: Chapter, stub: str, where: str) -> None:
    """Refuse a solution whose stub lacks an exercise or has nothing left to write in it."""
    # Methods are looked into below; here the names at the top level are those of exercises.
    definitions = {node.name: node for node in ast.parse(stub).body if isinstance(node, Documented)}
    for exercise in chapter.exercises:
        node = definitions.get(exercise.name)
        if node is None:
            step = "define it outside the marks, with its docstring"
            raise CourseError(f"the stub lacks the exercise {exercise.name}", where, step)
        texts = [item.value for item in ast.walk(node) if isinstance(item, ast.Constant)]
        if not any(str(text).startswith((f"{exercise.name}: write", f"{exercise.name}.")) for text in texts):
            step = "put BEGIN SOLUTION and END SOLUTION around its body"
            raise CourseError(f"{exercise.name} has no secret part", f"{where}, line {node.lineno}", step)
