"""The questions to predict become a quiz that text2qti reads, each with an answer that it accepts."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from commands import brick

from grader.language import Language, speaking
from grader.records import Chapter, Course, Exercise
from grader.release.quiz import quiz_of
from grader.workspace.questions import Numbers, Question, Words, questions_of

KINDS = ("numerical", "short_answer", "multiple_choice", "true_false")
CHAPTER = Chapter("ch03_x", "X", "", (), (Exercise("f", 1),))


def question(answer: Numbers | Words, text: str = "How many?", told: str = "So many.") -> Question:
    return Question(CHAPTER, 1, "f", text, answer, told)


@pytest.mark.parametrize(
    ("answer", "lines"),
    [
        (Numbers((5.0,)), ["=   5"]),
        (Numbers((0.0,)), ["*   0", "*   (0)", "*   [0]"]),
        (Numbers((0.35,)), ["=   0.35 +- 0.00175"]),
        (Numbers((632.0,), about=True), ["=   632 +- 63.2"]),
        (Numbers((2.0, 0.5)), ["*   2, 0.5", "*   2,0.5", "*   2 0.5", "*   (2, 0.5)", "*   [2, 0.5]"]),
        (Numbers((0.0, 0.0)), ["*   0, 0", "*   0,0", "*   0 0", "*   (0, 0)", "*   [0, 0]", "*   0"]),
        (Numbers((math.inf,)), ["*   inf", "*   (inf)", "*   [inf]"]),
        (Numbers((1e-5,)), ["*   1e-05", "*   (1e-05)", "*   [1e-05]"]),
        (Words("smaller", ("equal", "smaller")), ["a) equal", "*b) smaller"]),
    ],
)
def test_an_answer_is_asked_for_in_the_form_that_fits(answer: Numbers | Words, lines: list[str]) -> None:
    quiz = quiz_of(CHAPTER, [question(answer)])

    assert quiz.rstrip().split("\n")[-len(lines) :] == lines


def test_a_chinese_quiz_is_chinese_but_for_the_words_of_text2qti() -> None:
    with speaking(Language.CHINESE):
        quiz = quiz_of(CHAPTER, [question(Numbers((5.0,)), text="输出变成\n多少？", told="变成\n五。")])

    assert quiz.splitlines() == [
        "Quiz title: ch03 X：先猜，再运行",
        "Quiz description: 先答，再运行。全都不计分。",
        "",
        "Title: ch03 在 f 之前",
        "Points: 1",
        "1.  输出变成多少？",
        "... 变成五。",
        "=   5",
    ]


def test_every_lesson_is_read_by_text2qti(course: Course) -> None:
    text2qti = pytest.importorskip("text2qti.quiz", reason="text2qti is not installed: pip install text2qti")
    from text2qti.config import Config

    for chapter in course.chapters:
        asked = questions_of(course, chapter)
        quiz = text2qti.Quiz(quiz_of(chapter, asked), config=Config())

        assert len(quiz.questions_and_delims) == len(asked) > 0
        kinds = {found.type for found in quiz.questions_and_delims}
        assert kinds <= {
            "numerical_question",
            "short_answer_question",
            "multiple_choice_question",
            "true_false_question",
        }
        for found, one in zip(quiz.questions_and_delims, asked, strict=True):
            # Code of the lesson stays code, fenced or indented; no line of it is taken for an answer.
            assert ("&lt;pre" in found.question_html_xml) == ("```" in one.text or "\n    " in one.text)


def test_release_writes_a_quiz_without_a_proof(tmp_path: Path) -> None:
    result = brick("release", "ch03", "--as", "quiz", "--to", str(tmp_path))

    assert result.exit_code == 0, result.output
    assert "Quiz title: ch03 Activations" in (tmp_path / "ch03_activations-quiz.txt").read_text(
        encoding="utf-8"
    )
    assert "text2qti ch03_activations-quiz.txt" in result.stdout
