"""Stubs keep what a learner is told and lose what a learner is to find."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from grader.course.stubs import make_stub, write_stubs
from grader.errors import CourseError
from grader.records import Chapter, Course, Exercise

ROOT = Path(__file__).parents[2]

SOLUTION = '''# %% [markdown]
# # Chapter 9: Shapes

# %%
from __future__ import annotations

import torch

# %%
# BEGIN SOLUTION
def _secret_helper(x):
    return x


# END SOLUTION


# %%
SIDES = 4


def area(side: float, *, unit: str = "m") -> float:
    """Give the area of a square.

    # the docstring may hold a comment

    Example: area(2.0) is 4.0.
    """
    # BEGIN SOLUTION
    secret_answer = side * side

    return secret_answer
    # END SOLUTION


# BEGIN SOLUTION
SECRET_NUMBER = 3
# END SOLUTION


class Square:
    """A square."""

    def __init__(self, side: float) -> None:
        """Keep the side."""
        self.side = side
        # BEGIN SOLUTION
        self._secret = side
        # END SOLUTION

    # BEGIN SOLUTION
    def _secret_method(self) -> float:
        return self._secret

    # END SOLUTION
    def grow(self) -> None:
        """Grow."""
        if self.side:
            # BEGIN SOLUTION
            self._secret_method()
            # END SOLUTION
'''


def test_the_stub_of_a_small_chapter() -> None:
    stub = make_stub(SOLUTION, "ch09")

    assert (
        stub
        == '''# %% [markdown]
# # Chapter 9: Shapes

# %%
from __future__ import annotations

import torch

# %%
SIDES = 4


def area(side: float, *, unit: str = "m") -> float:
    """Give the area of a square.

    # the docstring may hold a comment

    Example: area(2.0) is 4.0.
    """
    raise NotImplementedError("area: write this part, then run: brick check ch09")


class Square:
    """A square."""

    def __init__(self, side: float) -> None:
        """Keep the side."""
        self.side = side
        raise NotImplementedError("Square.__init__: write this part, then run: brick check ch09")

    def grow(self) -> None:
        """Grow."""
        if self.side:
            raise NotImplementedError("Square.grow: write this part, then run: brick check ch09")
'''
    )


def test_a_stub_is_its_own_stub() -> None:
    stub = make_stub(SOLUTION, "ch09")

    assert make_stub(stub, "ch09") == stub


@pytest.mark.parametrize(
    ("source", "line", "says"),
    [
        ("def f():\n    # BEGIN SOLUTION\n    return 1\n", 2, "never ended"),
        ("x = 1\n# END SOLUTION\n", 2, "without a BEGIN"),
        ("# BEGIN SOLUTION\n# BEGIN SOLUTION\nx = 1\n# END SOLUTION\n", 2, "inside a solution"),
        ("def f():\n    # BEGIN SOLUTION\n    return 1\n# END SOLUTION\n", 4, "indented"),
        ("x = 1  # BEGIN SOLUTION\n# END SOLUTION\n", 1, "alone in its line"),
        ("### BEGIN SOLUTION\nx = 1\n### END SOLUTION\n", 1, "alone in its line"),
        ("# BEGIN SOLUTION \nx = 1\n# END  SOLUTION\n", 3, "alone in its line"),
        ("x = (\n", 1, "never closed"),
    ],
)
def test_a_stray_mark_is_named_by_line(source: str, line: int, says: str) -> None:
    with pytest.raises(CourseError, match=says) as caught:
        make_stub(source, "ch09", where="ch09_shapes.py")

    assert caught.value.where == f"ch09_shapes.py, line {line}"


@pytest.mark.parametrize(
    "source",
    [
        'def f():\n    """Say.\n    # BEGIN SOLUTION\n    hidden\n    # END SOLUTION\n    """\n    return 1\n',
        "def f(a,\n    # BEGIN SOLUTION\n    b,\n    # END SOLUTION\n    ): return 1\n",
        'class A:\n    # BEGIN SOLUTION\n    """Say."""\n    # END SOLUTION\n    x = 1\n',
        "if 1:\n    pass\n    # BEGIN SOLUTION\nelse:\n    pass\n    # END SOLUTION\nelif 2:\n    pass\n",
    ],
)
def test_marks_that_cut_into_what_stays_are_refused(source: str) -> None:
    with pytest.raises(CourseError):
        make_stub(source, "ch09")


def course_at(root: Path, *names: str) -> Course:
    exercises = tuple(Exercise(name, 1.0) for name in names)
    return Course(root, "t", "t", (Chapter("ch09_shapes", "t", "t", ("9",), exercises),))


def test_exercises_are_written_once_and_stale_ones_are_named(tmp_path: Path) -> None:
    course = course_at(tmp_path, "area", "Square")
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "ch09_shapes.py").write_text(SOLUTION, encoding="utf-8")
    exercise = tmp_path / "exercises" / "ch09_shapes.py"

    assert write_stubs(course, check=True) == ("exercises/ch09_shapes.py",)
    assert not exercise.exists()
    assert write_stubs(course) == ("exercises/ch09_shapes.py",)
    assert write_stubs(course) == ()
    exercise.write_text(exercise.read_text() + "# more\n")
    assert write_stubs(course, check=True) == ("exercises/ch09_shapes.py",)


def test_an_exercise_without_a_secret_part_is_refused(tmp_path: Path) -> None:
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "ch09_shapes.py").write_text(SOLUTION + "\n\ndef given(): return 1\n")

    with pytest.raises(CourseError, match="given has no secret part"):
        write_stubs(course_at(tmp_path, "area", "given"))
    with pytest.raises(CourseError, match="lacks the exercise missing"):
        write_stubs(course_at(tmp_path, "area", "missing"))


def test_a_missing_solution_is_named(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="no solution"):
        write_stubs(course_at(tmp_path, "area"))


@pytest.mark.parametrize("path", sorted(ROOT.glob("solutions/ch*.py")), ids=lambda path: path.stem)
def test_no_secret_of_the_course_survives(path: Path) -> None:
    source = path.read_text(encoding="utf-8")

    stub = make_stub(source, path.stem[:4], where=str(path))

    ast.parse(stub)
    parts = source.split("# BEGIN SOLUTION")[1:]
    outside = source.split("# BEGIN SOLUTION")[0] + "".join(part.split("# END SOLUTION")[1] for part in parts)
    said_outside = {line.strip() for line in outside.splitlines()}
    for part in parts:
        for line in part.split("# END SOLUTION")[0].splitlines():
            told = line.strip()
            if len(told) > 12 and told not in said_outside:
                assert told not in {kept.strip() for kept in stub.splitlines()}
