"""The hints of the chapters: each exercise has all of them, and the worked step teaches without giving the answer."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.course.config import load_course
from grader.course.paths import solution_file
from grader.errors import CourseError
from grader.records import Course
from grader.workspace.hints import Written, read_hints, written_hints

CHECKOUT = Path(__file__).resolve().parents[2]
CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)
SHORTEST_TELLING_LINE = 14  # `else:` or `return False` is nobody's answer


def written(course: Course, stem: str) -> dict[str, Written]:
    """What is written on each exercise of a chapter."""
    chapter = next(one for one in course.chapters if one.stem == stem)
    return dict(written_hints(chapter))


def code_of(hint: str) -> str:
    """The code of a worked step, all of it together."""
    return "\n".join(CODE.findall(hint))


def solution_lines(stem: str) -> set[str]:
    """The lines that are the answer to some exercise of the chapter."""
    text = solution_file(CHECKOUT, stem).read_text(encoding="utf-8")
    answers = re.findall(r"# BEGIN SOLUTION\n(.*?)# END SOLUTION", text, re.DOTALL)
    lines = {line.strip() for answer in answers for line in answer.splitlines()}
    return {line for line in lines if len(line) >= SHORTEST_TELLING_LINE and not line.startswith("#")}


def faults(stem: str, name: str, hint: str) -> Iterator[str]:
    """What is wrong with a worked step, apart from code that does not run."""
    words = len(hint.replace("```python", "").replace("```", "").split())
    if not 80 <= words <= 160:
        yield f"{words} words"
    if re.search(rf"\b{re.escape(name)}\b", hint):
        yield "names the exercise"
    shared = {line.strip() for line in code_of(hint).splitlines()} & solution_lines(stem)
    if shared:
        yield f"is a line of the solution: {shared}"
    if not code_of(hint):
        yield "has no code"
    if any(len(line) > 72 for line in code_of(hint).splitlines()):
        yield "code is wider than a terminal"


STEMS = [chapter.stem for chapter in load_course(CHECKOUT).chapters]


@pytest.mark.parametrize("stem", STEMS)
def test_worked_steps_are_short_run_and_are_not_the_answer(stem: str, course: Course) -> None:
    found: dict[str, list[str]] = {}
    for name, parts in written(course, stem).items():
        code = compile(ast.parse(code_of(parts.worked_step)), f"{stem}/{name}", "exec")
        exec(code, {})
        found[name] = list(faults(stem, name, parts.worked_step))

    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("stem", STEMS)
def test_every_exercise_has_an_idea_and_steps_without_code_and_a_question(stem: str, course: Course) -> None:
    chapter = next(one for one in course.chapters if one.stem == stem)
    hints = written(course, stem)

    assert set(hints) == {exercise.name for exercise in chapter.exercises}
    assert [name for name, parts in hints.items() if not (parts.idea and parts.steps)] == []
    assert [name for name, parts in hints.items() if "```" in parts.idea + parts.steps] == []
    assert [
        name for name, parts in hints.items() if not parts.why.startswith("Explain in a sentence why")
    ] == []


def test_a_comment_in_code_is_no_heading_and_a_wrong_heading_is_named() -> None:
    text = "# relu\n\n## worked step\n\n```python\n# a comment\nx = 1\n```\n\n## why\n\nExplain.\n"

    [parts] = read_hints(text, Path("ch03.md")).values()
    with pytest.raises(CourseError) as raised:
        read_hints(text + "\n## because\n", Path("ch03.md"))

    assert parts == Written(worked_step="```python\n# a comment\nx = 1\n```", why="Explain.")
    assert "because" in raised.value.what
    assert "line 14" in raised.value.where
