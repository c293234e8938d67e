"""Grade one notebook after the other, for nbgrader, in a process of its own.

Of its own, because nbgrader's has threads and a database open, and a sandbox is forked from a process that is calm.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from grader.course.config import load_course
from grader.engine.consistency import require_consistent
from grader.engine.executors import WarmSandboxes
from grader.engine.generation import Kept
from grader.engine.pipeline import grade
from grader.engine.profile import Profile
from grader.engine.runner import unreadable
from grader.errors import SubmissionError
from grader.grading.known import verdict_key
from grader.grading.setup import Setup
from grader.grading.store import STORE_FILE, Store
from grader.notebook.rpc import Message, serve
from grader.records import Chapter, Course, Report
from grader.report.html import exercise_html
from grader.report.reasons import trouble
from grader.sandbox.levels import Level
from grader.submissions.reading import read_submission
from grader.text import clean_line
from grader.workspace.workspace import workspace_of


def main() -> None:
    """Serve nbgrader for as long as it runs."""
    serve(_prepare)


def _prepare(settings: Message) -> Callable[[Message], Message]:
    os.chdir(settings["folder"])
    return Grading(load_course(Path(settings["course"])), Level(settings["level"])).answer


class Grading:
    """A course being graded: the same inputs, sandbox and store of verdicts as `brick grade` has.

    Args:
        course: whose secret decides the inputs, and in whose `.brickwork` the verdicts are kept.
        level: how submissions are sealed off.
    """

    def __init__(self, course: Course, level: Level) -> None:
        self._course, self._workspace = course, workspace_of(course)
        profile = Profile(
            "grade",
            course.grade_examples,
            secret=self._workspace.secret(),
            names_mistakes=True,
            kept=Kept(),
        )
        self._setup = Setup(level, course.limits, profile)
        self._sandboxes = WarmSandboxes(level, course.limits)
        self._consistent: set[str] = set()

    def answer(self, question: Message) -> Message:
        """Points and card of each exercise of one submission, and what is wrong with it as a whole.

        Args:
            question: `path` of the notebook and `chapter`, by its stem.

        Raises:
            CourseError: the course file speaks of what is not there; it costs nobody a point.
        """
        chapter = next(one for one in self._course.chapters if one.stem == question["chapter"])
        if chapter.stem not in self._consistent:
            require_consistent(self._course, [chapter])
            self._consistent.add(chapter.stem)
        report = self._report(Path(question["path"]), chapter)
        return {
            "points": {score.name: score.points for score in report.exercises},
            "cards": {score.name: exercise_html(report, score.name) for score in report.exercises},
            "problem": clean_line(trouble(report)),
        }

    def _report(self, path: Path, chapter: Chapter) -> Report:
        try:
            submission = read_submission(path, chapter)
            key = verdict_key(chapter, submission.sha256, self._setup)
            with Store(self._workspace.state / STORE_FILE) as store:
                known = store.find(key)
                if known is not None:
                    return known.report
                report = grade(submission, self._sandboxes.for_chapter(chapter), self._setup.profile)
                return store.keep(key, report, submission).report
        except SubmissionError as error:
            return unreadable(chapter, path, error, self._setup.profile)
