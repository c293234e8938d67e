"""The exercises in Chinese: the same code as the English ones, untouched as they are, with the same questions."""

from __future__ import annotations

import ast

import pytest

from grader.course.config import load_course
from grader.course.paths import checks_file, exercise_file
from grader.course.translations import localized
from grader.language import Language
from grader.records import Chapter, Course
from grader.syntax import parse, untouched_names
from grader.workspace.questions import Answer, Numbers, questions_in

STEMS = [chapter.stem for chapter in load_course().chapters]


@pytest.fixture(params=STEMS)
def chapter(request: pytest.FixtureRequest, course: Course) -> Chapter:
    return next(one for one in course.chapters if one.stem == request.param)


def _both(course: Course, chapter: Chapter) -> tuple[str, str]:
    english = exercise_file(course.root, chapter.stem).read_text(encoding="utf-8")
    return english, localized(english, checks_file(chapter), Language.CHINESE)


def _code(source: str) -> str:
    """The code of a file without its docstrings and what its stubs say."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.ClassDef() if ast.get_docstring(node) is not None:
                del node.body[0]
            case ast.Raise(exc=ast.Call(func=ast.Name("NotImplementedError"), args=[ast.Constant()])):
                node.exc.args = []
    return ast.dump(tree)


def test_code_is_the_same_but_for_what_stubs_say_and_untouched_where_it_was(
    course: Course, chapter: Chapter
) -> None:
    english, chinese = _both(course, chapter)
    assert _code(chinese) == _code(english)
    assert untouched_names(parse(chinese)) == untouched_names(parse(english))
    assert {exercise.name for exercise in chapter.exercises} <= untouched_names(parse(chinese))


def test_the_lesson_asks_the_same_questions(course: Course, chapter: Chapter) -> None:
    asked = [questions_in(source, chapter) for source in _both(course, chapter)]
    before, after = (
        [(one.number, one.exercise, _form(one.answer)) for one in questions] for questions in asked
    )
    assert after == before


def _form(answer: Answer) -> object:
    """Numbers as they are, and of words how many there are: the words themselves are another language's."""
    return answer if isinstance(answer, Numbers) else len(answer.choices)
