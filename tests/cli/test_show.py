"""`brick show`: closed before a pass, then a question that is kept, the solution and two other ways."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from commands import brick

from grader.course.config import find_chapter, load_course
from grader.course.solutions import right_ways
from grader.errors import UsageError
from grader.records import Course, Report
from grader.workspace.explanations import EXPLANATIONS_FILE, explanation, keep_explanation
from grader.workspace.progress import keep_report
from grader.workspace.workspace import Workspace, lay_out, workspace_of

CHECKOUT = Path(__file__).resolve().parents[2]
QUESTION = "Explain in a sentence why a network of layers without any bend"


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: Report) -> Path:
    """A learner's folder whose last report has relu passed and softmax failed."""
    lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    course = load_course(tmp_path)
    keep_report(workspace_of(course), find_chapter(course, "ch03"), report)
    return tmp_path


def say(folder: Path, when: str) -> None:
    """Let the course open its solutions at another time."""
    file = folder / "course.yml"
    text = file.read_text(encoding="utf-8")
    assert "show_solutions: after_pass" in text
    file.write_text(text.replace("show_solutions: after_pass", f"show_solutions: {when}"), encoding="utf-8")


def test_after_a_pass_a_question_is_asked_and_three_ways_are_open(mine: Path) -> None:
    first = brick("show", "ch03", "relu")
    answered = brick("show", "relu", "--because", "Straight lines stay straight.")
    again = brick("show", "relu")

    assert QUESTION in " ".join(first.stdout.split())
    assert "answer with --because" in first.stdout
    assert first.stdout.count("def relu(x: Tensor) -> Tensor:") == 3
    assert "the course's own way:" in first.stdout
    assert "another way: A choice between x and 0." in first.stdout
    assert "kept in brickwork-explanations.md" in answered.stdout
    assert "You wrote: Straight lines stay straight." in again.stdout
    assert "--because" not in again.stdout


def test_before_a_pass_nothing_opens_unless_the_course_says_always(mine: Path) -> None:
    closed = brick("show", "softmax", "--because", "It does.")
    say(mine, "always")
    opened = brick("show", "softmax", "--because", "It does.")

    assert isinstance(closed.exception, UsageError)
    assert "brick hint ch03 softmax" in closed.exception.next_step
    assert "def softmax(" in opened.stdout
    assert "Explain in a sentence" not in opened.stdout
    assert not (mine / EXPLANATIONS_FILE).exists()


def test_a_course_that_keeps_its_solutions_still_asks(mine: Path) -> None:
    say(mine, "never")

    shown = brick("show", "relu").stdout

    assert QUESTION in " ".join(shown.split())
    assert "The solutions stay closed" in shown
    assert "def relu" not in shown


def test_released_solutions_open_where_none_came_with_the_course(tmp_path: Path, course: Course) -> None:
    made = brick("release", "ch03", "--as", "solutions", "--to", str(tmp_path / "out"))
    chapter = find_chapter(course, "ch03")
    without = Course(tmp_path / "none", "own", "", (chapter,), home=tmp_path / "none")
    beside = Course(tmp_path / "out", "own", "", (chapter,), home=tmp_path / "none")

    assert made.exit_code == 0, made.output
    assert right_ways(without, chapter, "relu") == ()
    assert [way.remark for way in right_ways(beside, chapter, "relu")][:2] == [
        "",
        "A choice between x and 0.",
    ]


def test_every_exercise_has_three_ways_that_can_be_read(course: Course) -> None:
    for chapter in course.chapters:
        for exercise in chapter.exercises:
            ways = right_ways(course, chapter, exercise.name)

            assert len(ways) == 3, exercise.name
            assert all(way.remark for way in ways[1:]), exercise.name
            for way in ways:
                names = {getattr(node, "name", "") for node in ast.parse(way.source).body}
                assert exercise.name in names
                assert "SOLUTION" not in way.source


def test_explanations_are_kept_apart_whatever_is_written(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    keep_explanation(workspace, "ch03_activations/relu", "Why?", "## no heading\nbut words")
    keep_explanation(workspace, "ch03_activations/tanh", "Why\nso?", "Because.")
    keep_explanation(workspace, "ch03_activations/tanh", "Why\nso?", json.dumps({"odd": "text"}))

    assert explanation(workspace, "ch03_activations/relu") == "no heading\nbut words"
    assert explanation(workspace, "ch03_activations/tanh") == '{"odd": "text"}'
    assert explanation(workspace, "ch03_activations/gelu") == ""
