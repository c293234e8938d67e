"""Predict, then run: every question of every lesson can be answered, and nothing is graded."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from grader.cli import app
from grader.course.config import load_course, packaged_course_root
from grader.errors import CourseError, KitError
from grader.records import Chapter
from grader.workspace.questions import (
    Numbers,
    Question,
    UnreadableGuess,
    Words,
    questions_in,
    questions_of,
    read_answer,
    read_numbers,
    readable,
)

COURSE = load_course(packaged_course_root())
QUESTIONS = [question for chapter in COURSE.chapters for question in questions_of(COURSE, chapter)]
LESSON = """# %% [markdown]
# ## Sums
#
# **Predict, then run.** What is 1 + 1, and what
# is `1 - 1`?
#
#     1 + 1
#
# <details><summary>Answer</summary><!-- answer: {answer} -->Two, *then* nothing.
#
# ```python
# >>> 1 + 1
# 2
# ```
# </details>

# %%
def relu(x):
    raise NotImplementedError
"""


@pytest.fixture
def chapter() -> Chapter:
    """Chapter 3."""
    return COURSE.chapters[2]


def brick(*words: str, answer: str = "") -> Result:
    """Run the command in this process, with `answer` typed when it asks."""
    return CliRunner().invoke(app, list(words), input=answer)


# --- the lessons ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chapter", COURSE.chapters, ids=lambda chapter: chapter.label)
def test_every_chapter_has_questions_each_before_one_of_its_exercises(chapter: Chapter) -> None:
    questions = questions_of(COURSE, chapter)

    assert len(questions) >= 2
    assert {question.exercise for question in questions} <= {exercise.name for exercise in chapter.exercises}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.key)
def test_the_right_answer_is_accepted_and_the_lesson_says_it_too(question: Question) -> None:
    answer = question.answer
    written = answer.right if isinstance(answer, Words) else ", ".join(map(repr, answer.values))

    assert answer.accepts(written)
    assert question.text.endswith(("?", ".", ")", "```")), question.text
    if isinstance(answer, Numbers):
        said = numbers_said(" ".join(question.told.split()))
        said += [-number for number in said]  # the question may leave the sign out
        said += [0.0] if re.search("zeros|nothing|at once", question.told, re.IGNORECASE) else []
        missing = [
            v for v in answer.values if not any(Numbers((v,), about=True).accepts(str(s)) for s in said)
        ]
        assert missing == []


@pytest.mark.parametrize(
    "question", [q for q in QUESTIONS if isinstance(q.answer, Words)], ids=lambda question: question.key
)
def test_every_wrong_word_is_told_from_the_right_one(question: Question) -> None:
    assert isinstance(question.answer, Words)
    wrong = [word for word in question.answer.choices if word != question.answer.right]

    assert wrong
    assert not any(question.answer.accepts(word) for word in wrong)


def numbers_said(text: str) -> list[float]:
    """Every number that stands in a text, fractions and logarithms worked out."""
    found = re.findall(
        r"log \d+|\b\d+ / \d+|\b\d+/\d+|-?\b(?!0\d)\d+(?:\.\d+)?(?:\.\.\.)?(?:e-?\d+)?|nan", text
    )
    return [value for word in found for value in read_numbers(word.replace("...", ""))]


# --- answers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "right", "wrong"),
    [
        ("2, 0", ("2, 0", "(2, 0)", "[2.0, 0]", "2 and 0", "2 0", "1 + 1, 0"), ("0, 2", "2, 1")),
        ("3, 4", ("torch.Size([3, 4])", "tensor([3, 4])", "3;4"), ("4, 3",)),
        ("0, 0, 0", ("0", "zeros", "0, 0, 0"), ("1", "0, 0, 1")),
        ("12/9", ("4/3", "1.33", "1.3333"), ("1", "1.4")),
        ("log 10", ("2.3", "log(10)", "ln 10"), ("10", "1")),
        ("nan", ("nan", "NaN"), ("0", "inf")),
        ("about 632", ("632", "600"), ("500", "1000")),
        ("44", ("44", "44.0"), ("43.9", "45")),
        ("no | yes", ("no", "No", "n"), ("yes", "y")),
        ("less | a tenth | a thousandth", ("less", "LESS", "c"), ("a tenth", "a thousandth", "a", "b")),
        ("softmax twice | log_softmax twice", ("softmax twice", "soft", "b"), ("log", "a")),
    ],
)
def test_a_guess_is_compared_as_a_person_would(
    answer: str, right: tuple[str, ...], wrong: tuple[str, ...]
) -> None:
    found = read_answer(answer)

    assert [guess for guess in right if not found.accepts(guess)] == []
    assert [guess for guess in wrong if found.accepts(guess)] == []


@pytest.mark.parametrize(
    "guess", ["", "what?", "1, 2, 3", "9**9**9**9", "(-1) ** 0.5", "__import__('os')", "(" * 150, "1" * 300]
)
def test_a_guess_in_another_form_is_asked_for_again_and_never_run(guess: str) -> None:
    with pytest.raises(UnreadableGuess):
        read_answer("2, 0").accepts(guess)


# --- lessons of one's own ---------------------------------------------------------------------------------


def test_a_question_is_read_with_its_exercise_its_answer_and_what_is_told(chapter: Chapter) -> None:
    [question] = questions_in(LESSON.format(answer="2, 0"), chapter)

    assert (question.key, question.exercise) == ("ch03_activations/1", "relu")
    assert question.answer == Numbers((2.0, 0.0))
    assert readable(question.text, 40) == ["What is 1 + 1, and what is 1 - 1?", "", "    1 + 1"]
    assert readable(question.told, 40) == ["Two, then nothing.", "", "    >>> 1 + 1", "    2"]


@pytest.mark.parametrize("answer", ["as you like", "__import__('os')", ""])
def test_an_answer_nobody_can_give_is_the_authors_error(chapter: Chapter, answer: str) -> None:
    with pytest.raises(CourseError):
        questions_in(LESSON.format(answer=answer), chapter)


def test_a_question_without_an_answer_is_the_authors_error(chapter: Chapter) -> None:
    lesson = LESSON.format(answer="2, 0").replace("<!-- answer: 2, 0 -->", "")

    with pytest.raises(CourseError, match="no answer"):
        questions_in(lesson, chapter)


# --- the command ------------------------------------------------------------------------------------------


def test_predict_asks_compares_and_then_tells(workspace: Path) -> None:
    result = brick("predict", "relu", answer="perhaps\n1\n")

    assert result.exit_code == 0, result.output
    assert "What do you get at 0?" in result.stdout
    assert "a number, please" in result.stdout
    assert "not so" in result.stdout
    assert "Both gates are shut." in result.stdout
    assert "0 of 1 predictions came true; they are not graded" in result.stdout
    assert max(len(line) for line in result.stdout.splitlines()) <= 80


def test_predict_goes_on_to_the_next_question_and_nothing_is_graded(workspace: Path) -> None:
    first, second = (brick("predict", answer="0\n").stdout for _ in range(2))
    status = brick("status").stdout

    assert first.splitlines()[0] == "ch01  before DataLoader"
    assert first.splitlines()[2] != second.splitlines()[2]
    assert "0 of 120 points" in status


def test_predict_without_an_answer_tells_but_keeps_nothing(workspace: Path) -> None:
    told, silent = brick("predict", "softmax", answer="\n").stdout, brick("predict", "softmax").stdout

    assert "Doubling doubles the differences" in told
    assert "Doubling doubles" not in silent
    assert not (workspace / ".brickwork" / "predictions.json").exists()


def test_predict_survives_damaged_notes(workspace: Path) -> None:
    (workspace / ".brickwork").mkdir(exist_ok=True)
    (workspace / ".brickwork" / "predictions.json").write_text(
        '{"ch03_activations/4": "\\u001b[31m"}', "utf-8"
    )

    result = brick("predict", "relu", answer="0\n")

    assert "right" in result.stdout
    assert "1 of 1 predictions" in result.stdout


def test_predict_before_an_exercise_without_a_question_says_so(workspace: Path) -> None:
    result = brick("predict", "relu_backward")

    assert isinstance(result.exception, KitError)
    assert "relu_backward" in result.exception.what


def test_a_line_of_a_chinese_lesson_goes_on_without_a_space() -> None:
    assert readable("如果没人比较形状，差的平方\n求平均，得 **多少**？", 80) == [
        "如果没人比较形状，差的平方求平均，得 多少？"
    ]


def test_emphasis_beside_chinese_characters_leaves_no_mark() -> None:
    assert readable("*算出来*的两个斜率，**也**是 2*x*y 吗？", 60) == ["算出来的两个斜率，也是 2*x*y 吗？"]
