"""What is known of an exercise before anybody writes it: its minutes, its difficulty, and what builds on it."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from grader.build.blocks import PIECES
from grader.records import Chapter
from grader.syntax import Definition

SHORT, MIDDLE = 4, 10  # statements of a solution up to which an exercise counts as easy, as medium


@dataclass(frozen=True)
class Facts:
    """Of one exercise.

    Args:
        minutes: the chapter's, shared out by points and rounded to 5.
        difficulty: 0 easy, 1 medium, 2 hard, by the statements of the course's own solution.
        needed_by: exercises of the chapter whose solution calls it.
        tasks: networks of `brick build` that are made of it.
    """

    minutes: int
    difficulty: int
    needed_by: tuple[str, ...]
    tasks: tuple[str, ...]


def facts_of(chapter: Chapter, solution: str) -> dict[str, Facts]:
    """The facts of all exercises of a chapter, by name; `solution` is its source with the secret parts."""
    nodes = {node.name: node for node in ast.parse(solution).body if isinstance(node, Definition)}
    reached = {name: _reached(name, nodes) for name in nodes}
    exercises = {exercise.name for exercise in chapter.exercises}
    found = {}
    for exercise in chapter.exercises:
        name = exercise.name
        needed = tuple(other for other in sorted(exercises - {name}) if name in reached[other])
        tasks = tuple(task for task, pieces in PIECES.items() if name in pieces.get(chapter.stem, ()))
        size = sum(
            _statements(nodes[part]) for part in {name, *reached[name]} if part not in exercises - {name}
        )
        minutes = max(5, 5 * round(chapter.minutes * exercise.points / chapter.points / 5))
        found[name] = Facts(minutes, (size > SHORT) + (size > MIDDLE), needed, tasks)
    return found


def _reached(name: str, nodes: dict[str, ast.FunctionDef | ast.ClassDef]) -> set[str]:
    """The other definitions of the file that run when this one is used."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        names = {part.id for part in ast.walk(nodes[waiting.pop()]) if isinstance(part, ast.Name)}
        new = (names & nodes.keys()) - found - {name}
        found |= new
        waiting += new
    return found


def _statements(node: ast.AST) -> int:
    """The statements of a definition, without docstrings."""
    inside = [part for part in ast.walk(node) if isinstance(part, ast.stmt) and part is not node]
    texts = [part for part in inside if isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)]
    return len(inside) - len(texts)
