"""The lesson of a chapter in a language, and which language it really is in."""

from __future__ import annotations

from grader.course.paths import checks_file, solution_file
from grader.course.translations import localized
from grader.language import Language
from grader.records import Chapter, Course


def lesson_source(course: Course, chapter: Chapter, language: str) -> tuple[str, str]:
    """The solution whose lesson is in this language, or in English where there is none.

    Returns:
        The source in percent format with its secret parts, and the language that it speaks.
    """
    english = solution_file(course.root, chapter.stem).read_text(encoding="utf-8")
    source = localized(english, checks_file(chapter), Language(language))
    return source, "en" if source == english else language
