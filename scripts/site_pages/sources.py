"""The lesson of a chapter in a language, and which language it really is in."""

from __future__ import annotations

from grader.course.paths import solution_file
from grader.records import Chapter, Course


def lesson_source(course: Course, chapter: Chapter, language: str) -> tuple[str, str]:
    """The solution whose lesson is in this language, or in English where there is none.

    Returns:
        The source in percent format with its secret parts, and the language that it speaks.
    """
    return solution_file(course.root, chapter.stem).read_text(encoding="utf-8"), "en"
