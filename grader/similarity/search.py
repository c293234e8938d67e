"""Read what was handed in, this year and before, and find the similar pairs of each chapter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from grader.course.config import original_root
from grader.course.paths import exercise_file, solution_file
from grader.errors import SubmissionError
from grader.records import Chapter, Course
from grader.similarity.comparing import (
    Document,
    Pair,
    document,
    hashes_of_given,
    is_comparable,
    similar_pairs,
)
from grader.submissions.collecting import HandedIn
from grader.syntax import Unreadable


@dataclass(frozen=True)
class ChapterPairs:
    """What the search came to in one chapter.

    Args:
        compared: how many files were compared, those of archives included.
        too_little: who has written little beyond what the course gives, so that nothing can be said of them.
        unreadable: whose file could not be compared, and why.
        pairs: the similar ones, most shared first.
    """

    chapter: Chapter
    compared: int
    too_little: tuple[str, ...]
    unreadable: tuple[tuple[str, str], ...]
    pairs: tuple[Pair, ...]


def find_similar(
    course: Course, handed_in: Sequence[HandedIn], archives: Mapping[str, Sequence[HandedIn]]
) -> tuple[ChapterPairs, ...]:
    """Compare the files of each chapter with each other and with those of earlier classes.

    Args:
        handed_in: the work of this class.
        archives: that of others, by the name of its folder.

    Returns:
        One for each chapter that anybody in this class has handed in, in the order of the course.
    """
    stems = {item.chapter.stem for item in handed_in}
    labelled = [("", item) for item in handed_in]
    labelled += [(name, item) for name, items in archives.items() for item in items]
    of_chapter: dict[str, list[tuple[str, HandedIn]]] = defaultdict(list)
    for name, item in labelled:
        of_chapter[item.chapter.stem].append((name, item))
    return tuple(
        _in_chapter(course, chapter, of_chapter[chapter.stem])
        for chapter in course.chapters
        if chapter.stem in stems
    )


def _in_chapter(course: Course, chapter: Chapter, items: Iterable[tuple[str, HandedIn]]) -> ChapterPairs:
    """Compare the files of one chapter; one that cannot be read is told and left out."""
    given = hashes_of_given(_given(course, chapter))
    documents: list[Document] = []
    unreadable: list[tuple[str, str]] = []
    for archive, item in items:
        try:
            source = item.read().source
            documents.append(document(item.learner, chapter.stem, str(item.path), source, given, archive))
        except (SubmissionError, Unreadable) as error:
            if not archive:
                unreadable.append(
                    (item.learner, error.what if isinstance(error, SubmissionError) else str(error))
                )
    comparable = [one for one in documents if is_comparable(one)]
    too_little = tuple(one.learner for one in documents if not one.archive and not is_comparable(one))
    return ChapterPairs(
        chapter, len(comparable), too_little, tuple(unreadable), tuple(similar_pairs(comparable))
    )


def _given(course: Course, chapter: Chapter) -> list[str]:
    """What everybody has from the course: the stub, and the solution where this is a checkout."""
    files = [
        solution_file(course.root, chapter.stem),
        exercise_file(original_root(course), chapter.stem),
    ]
    return [file.read_text(encoding="utf-8") for file in files if file.is_file()]
