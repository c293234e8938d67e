"""Say which score goes to whom in a learning platform, before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from grader.grading.matching import Person, place_learners
from grader.language import Language, speaking
from grader.records import Chapter, ClassResults, LearnerResult
from grader.report.words import NOT_HANDED_IN, summary
from grader.text import clean_line


@dataclass(frozen=True)
class Score:
    """One learner's score on one line item.

    Args:
        user_id: the platform's.
        given: the points, of `maximum`.
        comment: what the learner reads beside it.
        handed_in: whether there is any work; the standard wants to know how far the learner is.
    """

    user_id: str
    given: float
    maximum: float
    comment: str = ""
    handed_in: bool = True


@dataclass(frozen=True)
class Sending:
    """One score, and whose and for what it is."""

    learner: str
    chapter: Chapter
    score: Score


class Sender(Protocol):
    """A platform that scores can be sent to; `grader.export.ags` has the one that there is.

    Both methods raise KitError when the platform does not do as it is asked.
    """

    def line_item(self, resource_id: str, label: str, maximum: float) -> str:
        """The address of a column, made where there is none."""
        ...

    def send(self, line_item: str, score: Score, now: datetime) -> None:
        """Put one score into it."""
        ...


def user_ids(
    results: ClassResults, people: Sequence[tuple[str, Person]]
) -> tuple[dict[str, str], dict[str, str]]:
    """The platform's user ID of each learner, and why others have none.

    Learners are matched as in every export: by number, by e-mail or login, at last by name, and never by two at once.
    The roster's number and address count as the learner's own.

    Args:
        people: everybody in the platform's course, by user ID.
    """
    by_row = {person.row: user for user, person in people}
    found, unplaced = place_learners(results.learners, [person for _, person in people])
    return {learner: by_row[person.row] for learner, person in found.items()}, unplaced


def sendings(results: ClassResults, users: dict[str, str]) -> list[Sending]:
    """A score for each learner who was found and each chapter that counts for them.

    Where a part is excused, the rest is stretched to the whole, since a column's maximum is the same for everybody.
    """
    planned = []
    for chapter in results.chapters:
        for one in results.learners:
            score = _score(one, chapter, users.get(one.learner, ""))
            if score is not None:
                planned.append(Sending(one.learner, chapter, score))
    return planned


# What another program keeps stays English, whoever runs the command.
@speaking(Language.ENGLISH)
def _score(one: LearnerResult, chapter: Chapter, user: str) -> Score | None:
    """What to send; None where nothing counts, or nobody was found."""
    worth = one.worth_of(chapter)
    if not user or not worth:
        return None
    report = next((found for found in one.reports if found.chapter == chapter.stem), None)
    if report is not None:
        given = round(one.points_of(report) / worth * chapter.points, 4)
        comment = clean_line("; ".join(summary(one, report)), 500)
        return Score(user, given, chapter.points, comment)
    if any(stem == chapter.stem for stem, _ in one.missing):
        return Score(user, 0.0, chapter.points, NOT_HANDED_IN, handed_in=False)
    return None
