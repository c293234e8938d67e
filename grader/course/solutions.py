"""Read how an exercise is solved in the course's solution, and in other right ways, for whoever may see it.

A learner's folder has no solutions unless somebody put them there: `solutions/` beside `exercises/`, as
`brick release --as solutions` writes it.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from grader.course.config import original_root
from grader.course.paths import right_file, solution_file
from grader.course.stubs import MARK
from grader.errors import CourseError
from grader.records import Chapter, Course
from grader.syntax import parse_in_turn

Definition = ast.FunctionDef | ast.ClassDef
OTHERS = 2  # right versions that are shown beside the solution


@dataclass(frozen=True)
class RightWay:
    """One way to write an exercise.

    Args:
        remark: what is different about it; empty for the course's own.
        source: the definition, with the private helpers that it needs.
    """

    remark: str
    source: str


def right_ways(course: Course, chapter: Chapter, exercise: str) -> tuple[RightWay, ...]:
    """The course's own way first, then others; none where no solutions lie.

    Raises:
        CourseError: a file of them cannot be read.
    """
    roots = (course.root, original_root(course))
    root = next((root for root in roots if solution_file(root, chapter.stem).is_file()), None)
    if root is None:
        return ()
    own = _ways(solution_file(root, chapter.stem), exercise)[:1]
    file = right_file(root, chapter.stem)
    others = _ways(file, exercise)[:OTHERS] if file.is_file() else []
    return (*(RightWay("", way.source) for way in own), *others)


def _ways(file: Path, exercise: str) -> list[RightWay]:
    """The definitions in a file that are called as the exercise, or `exercise__slug`."""
    try:
        text = file.read_text(encoding="utf-8")
        body = parse_in_turn(text).body
    except (OSError, UnicodeDecodeError, SyntaxError) as error:
        raise CourseError(
            f"the solutions cannot be read: {error}", str(file), "bring the file back"
        ) from error
    lines = text.split("\n")
    helpers = {name: _shown(node, lines) for node in body if (name := _helper_name(node))}
    found = []
    for node in body:
        if isinstance(node, Definition) and node.name.partition("__")[0] == exercise:
            source = _with_helpers(_shown(node, lines, without_docstring=True), helpers)
            found.append(RightWay(_remark(node), source.replace(node.name, exercise)))
    return found


def _remark(node: Definition) -> str:
    """The docstring of a version, else the words of its slug."""
    return " ".join((ast.get_docstring(node) or node.name.partition("__")[2].replace("_", " ")).split())


def _helper_name(node: ast.stmt) -> str:
    """The private name that a statement of the top level defines; '' for any other."""
    if isinstance(node, Definition):
        name = node.name
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        name = target.id if isinstance(target, ast.Name) else ""
    else:
        name = ""
    return name if name.startswith("_") else ""


def _shown(node: ast.stmt, lines: list[str], *, without_docstring: bool = False) -> str:
    """The lines of a statement without the marks of a solution.

    Args:
        without_docstring: leave that of a function out, which the learner has in the exercise.
    """
    decorated = node.decorator_list if isinstance(node, Definition) else []
    first = min([node.lineno, *(one.lineno for one in decorated)])
    left_out: range = range(0)
    if without_docstring and isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
        left_out = range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
    kept = [
        lines[number - 1]
        for number in range(first, (node.end_lineno or first) + 1)
        if number not in left_out and not MARK.fullmatch(lines[number - 1])
    ]
    return "\n".join(kept)


def _with_helpers(source: str, helpers: dict[str, str]) -> str:
    """The source below the helpers that it names, and those that these name."""
    needed: list[str] = []
    texts = [source]
    for text in texts:  # grows while it is walked through
        for name, helper in helpers.items():
            if name not in needed and re.search(rf"\b{name}\b", text):
                needed.append(name)
                texts.append(helper)
    return "\n\n\n".join([*(helpers[name] for name in helpers if name in needed), source])
