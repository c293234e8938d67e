"""Write the verdicts of a class into nbgrader's gradebook, and into the notebooks that formgrader shows."""

from __future__ import annotations

import glob
import logging
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat.v4 import new_output
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import CheckCellMetadata, LimitOutput

from grader.errors import UsageError
from grader.language import kept
from grader.nbgrader_plugin.config import READER
from grader.nbgrader_plugin.release import CONFIG_FILE, config_of
from grader.records import Chapter, ClassResults, Counts, LearnerResult, Report
from grader.release.notebook import CHECK_SUFFIX
from grader.report.html import exercise_html
from grader.text import clean_line, points

GRADEBOOK = "gradebook.db"
Fingerprint = Callable[[Path, Chapter], str]
Pair = tuple[LearnerResult, Report]


@dataclass(frozen=True)
class Recorded:
    """What came of writing a class into the gradebook.

    Args:
        written: how many verdicts are there now.
        left: learner and chapter of those that are not, and why.
        unseen: of those that are, but whose notebook formgrader cannot show, and why.
    """

    written: int
    left: tuple[tuple[str, str], ...]
    unseen: tuple[tuple[str, str], ...]


def write_gradebook(
    results: ClassResults,
    folder: Path,
    fingerprint: Fingerprint,
    passing: Callable[[Sequence[Pair]], Iterable[Pair]] = iter,
) -> Recorded:
    """Write each verdict on work in `submitted` into the gradebook of the nbgrader course in `folder`.

    Args:
        results: the class.
        folder: the course, or its gradebook.
        fingerprint: the sha256 of a submission, so that no verdict is put beside other work.
        passing: passes the verdicts through and shows how far it is.

    Raises:
        UsageError: it is no nbgrader course, or its gradebook knows other cells or points for a chapter.
    """
    course = _Course(folder, results.course.root)
    chapters = {chapter.stem: chapter for chapter in results.chapters}
    for chapter in results.chapters:
        course.refuse_other_cells(chapter)
    verdicts = [(learner, report) for learner in results.learners for report in learner.reports]
    written, unseen = 0, []
    left = [
        (f"{one.learner} {chapters[stem].label}", kept("excused, for which nbgrader has no word"))
        for one in results.learners
        for stem in one.excused
    ]
    for one, report in passing(verdicts):
        place = f"{one.learner} {chapters[report.chapter].label}"
        notebook = course.submitted(one.learner, report.chapter)
        if not notebook.is_file():
            left.append((place, kept(f"nbgrader has no {notebook}")))
        elif _is_other_work(notebook, report, chapters[report.chapter], results.course.counts, fingerprint):
            left.append((place, kept(f"{notebook} changed after it was graded; run: brick grade again")))
        else:
            trouble = course.show(one.learner, report)
            course.record(one, report, chapters[report.chapter])
            written += 1
            unseen += [(place, trouble)] if trouble else []
    return Recorded(written, tuple(left), tuple(unseen))


def _is_other_work(
    notebook: Path, report: Report, chapter: Chapter, counts: Counts, fingerprint: Fingerprint
) -> bool:
    """Whether the notebook is not what the verdict is on; the best attempt may be one that nbgrader forgot."""
    return (
        counts is Counts.LAST
        and bool(report.submission_sha256)
        and fingerprint(notebook, chapter) != report.submission_sha256
    )


class _Course:
    """An nbgrader course as its own configuration lays it out."""

    def __init__(self, folder: Path, course: Path) -> None:
        folder = folder.parent if folder.name == GRADEBOOK else folder
        if not (folder / CONFIG_FILE).is_file() and not (folder / GRADEBOOK).is_file():
            what = f"this is not an nbgrader course: it has no {CONFIG_FILE} and no {GRADEBOOK}"
            raise UsageError(what, str(folder), "name the folder of the course with --into")
        self.config = config_of(folder)
        # Whatever a submission holds, its notebook can be shown.
        self.config.Autograde.exporter_class = READER
        self.config.Brickwork.course = str(course)
        self.directory = CourseDirectory(config=self.config)
        self.folder = folder
        self._log = logging.Logger("nbgrader")
        self._said = _LastWords()
        self._log.addHandler(self._said)

    @contextmanager
    def _gradebook(self) -> Iterator[Any]:
        """The open gradebook; nbgrader's own converter opens it too, so it is held for as short as can be."""
        with _quiet(), Gradebook(self.directory.db_url, self.directory.course_id) as gradebook:
            yield gradebook

    def submitted(self, learner: str, stem: str) -> Path:
        """Where nbgrader keeps the notebook that was handed in."""
        path = self.directory.format_path(self.directory.submitted_directory, learner, stem)
        return Path(path) / f"{stem}.ipynb"

    def refuse_other_cells(self, chapter: Chapter) -> None:
        """UsageError unless the gradebook has this chapter's cells, each with the points it is worth here."""
        url = self.directory.db_url
        file = Path(url.removeprefix("sqlite:///"))
        step = f"run: brick release {chapter.label} --to {self.folder} --as nbgrader"
        if url.startswith("sqlite:///") and not (file.is_file() and file.stat().st_size):
            raise UsageError("the course has no gradebook yet", str(file), step)
        with self._gradebook() as gradebook:
            try:
                cells = gradebook.find_notebook(chapter.stem, chapter.stem).grade_cells
            except MissingEntry:
                what = f"the gradebook has no assignment {chapter.stem} with a notebook of that name"
                raise UsageError(what, url, step) from None
            worth = {cell.name: cell.max_score for cell in cells}
        for exercise in chapter.exercises:
            found = worth.get(exercise.name + CHECK_SUFFIX)
            if found is None or abs(found - exercise.worth) > 1e-6:
                here = f"{exercise.name}, worth {points(exercise.worth)} in course.yml"
                what = (
                    kept(f"{here}, is not in the gradebook")
                    if found is None
                    else kept(f"{here}, is worth {points(found)} in the gradebook")
                )
                raise UsageError(what, f"{url}, assignment {chapter.stem}", step)

    def show(self, learner: str, report: Report) -> str:
        """Make the notebook that formgrader shows, with a card in each cell that is graded; why not, if it fails.

        nbgrader's own converter does it, and what would run the learner's code is left out.
        """
        self.directory.assignment_id = report.chapter
        self.directory.student_id = glob.escape(learner)
        converter = Autograde(coursedir=self.directory, config=self.config, log=self._log)
        converter.force = True
        converter.autograde_preprocessors = [_showing(report), LimitOutput, CheckCellMetadata]
        try:
            with _quiet():
                converter.start()
        except NbGraderException:
            return self._said.reason
        return ""

    def record(self, one: LearnerResult, report: Report, chapter: Chapter) -> None:
        """Write the scores, in one piece: also an explicit 0, where another tool would leave nothing.

        nbgrader cannot excuse a part. An excused exercise gets the share that the others have, so the whole has it too.
        What lateness takes off or a person set for the chapter is the difference to the exercises' sum.
        """
        counted = {score.name: score.counts for score in report.exercises}
        share = report.points / report.max_points if report.max_points else 0.0
        scores = {e.name: counted.get(e.name, share * e.worth) for e in chapter.exercises}
        stretched = chapter.points / report.max_points if report.max_points else 1.0
        penalty = round((report.points - one.points_of(report)) * stretched, 4)
        with self._gradebook() as gradebook:
            gradebook.update_or_create_student(one.learner)
            submission = gradebook.update_or_create_submission(report.chapter, one.learner)
            for name, score in scores.items():
                grade = gradebook.find_grade(name + CHECK_SUFFIX, report.chapter, report.chapter, one.learner)
                grade.auto_score = score
                grade.needs_manual_grade = grade.manual_score is not None
            for notebook in submission.notebooks:
                if notebook.name == report.chapter:
                    notebook.late_submission_penalty = penalty or None
            gradebook.db.commit()


def _showing(report: Report) -> Callable[[Any, Any], tuple[Any, Any]]:
    """A preprocessor that puts each exercise's verdict into the cell that is graded for it."""
    scores = {score.name + CHECK_SUFFIX: score for score in report.exercises}

    def show(notebook: Any, resources: Any) -> tuple[Any, Any]:
        for number, cell in enumerate((c for c in notebook.cells if c.cell_type == "code"), start=1):
            score = scores.get(cell.metadata.get("nbgrader", {}).get("grade_id", ""))
            if score is None:
                continue
            data = {"text/plain": repr(float(score.counts)), "text/html": exercise_html(report, score.name)}
            cell.execution_count = number
            cell.outputs = [new_output("execute_result", data=data, execution_count=number)]
        return notebook, resources

    return show


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the warnings that nbgrader brings up in SQLAlchemy and nbformat, several per learner."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class _LastWords(logging.Handler):
    """Keeps why nbgrader gave up: the last line of the last traceback it logged."""

    reason = kept("nbgrader cannot convert the notebook")

    def emit(self, record: logging.LogRecord) -> None:
        """Look at one message."""
        # nbgrader logs tracebacks as text, without the exception; the words are Python's, and only shown.
        text = record.getMessage().strip()
        if text.startswith("Traceback"):
            self.reason = clean_line(text.splitlines()[-1], 200)
