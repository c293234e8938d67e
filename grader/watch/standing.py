"""What is done, and what the last reports say: kept between two runs, and brought up to date by each verdict."""

from __future__ import annotations

from dataclasses import replace

from grader.records import Chapter, Course, Report
from grader.report.terminal import is_whole
from grader.watch.jobs import Job
from grader.watch.sources import Sources
from grader.workspace.progress import (
    PROGRESS_FILE,
    CourseExercise,
    keep_report,
    kept_report,
    read_progress,
    write_progress,
)
from grader.workspace.workspace import Workspace


class Standing:
    """How far the learner is.

    What is kept lies in two places: progress in the file that may be committed, reports in the kit's own notes. Reports
    say more, so they win where both know an exercise.

    Args:
        course: all chapters.
        workspace: where both are kept.
        sources: tells which reports are about an older text.

    Attributes:
        progress: which exercises are done, and which one is current.
        reports: the last report on each chapter, by its stem.
        lost: why the last of it could not be kept, as on a full disk; None where all was.
    """

    def __init__(self, course: Course, workspace: Workspace, sources: Sources) -> None:
        self._course, self._workspace, self._sources = course, workspace, sources
        self._file = workspace.root / PROGRESS_FILE
        self.progress = read_progress(self._file)
        self.lost: OSError | None = None
        self.reports: dict[str, Report] = {}
        self._unwritten: dict[
            str, Chapter
        ] = {}  # what could not be written is tried again with the next step
        for chapter in sources.chapters:
            report = kept_report(workspace, chapter)
            if report is not None:
                self.reports[chapter.stem] = report
                self._note_done(chapter, report)

    def is_done(self, exercise: CourseExercise) -> bool:
        """Whether the exercise passed every check when it was last judged."""
        return str(exercise) in self.progress.done

    def points_of(self, chapter: Chapter) -> float:
        """The points locked in so far."""
        report = self.reports.get(chapter.stem)
        if report is None:
            return sum(e.points for e in chapter.counted if f"{chapter.stem}/{e.name}" in self.progress.done)
        return report.points

    def save(self, current: CourseExercise) -> None:
        """Write down the progress, and the reports that are not written yet.

        Args:
            current: the exercise to go on with the next time.
        """
        self.progress.current = str(current)
        lost = [write_progress(self._file, self.progress, self._course)]
        for stem, chapter in list(self._unwritten.items()):
            lost.append(keep_report(self._workspace, chapter, self.reports[stem]))
            if lost[-1] is None:
                del self._unwritten[stem]
        self.lost = next(filter(None, lost), None)

    def take(self, job: Job, report: Report) -> None:
        """Take a report in; `save` writes it down.

        Args:
            job: what was asked for; a report on one exercise is merged into that of its chapter.
            report: final, on a text that could be read.
        """
        chapter = job.chapter
        whole = report if job.exercise is None else self._merged(chapter, job.exercise, report)
        self.reports[chapter.stem] = whole
        names = [exercise.name for exercise in chapter.exercises] if job.exercise is None else [job.exercise]
        self._sources.was_judged(chapter, names)
        self._note_done(chapter, whole)
        self._unwritten[chapter.stem] = chapter

    def _merged(self, chapter: Chapter, exercise: str, report: Report) -> Report:
        """The chapter's last report with one exercise replaced.

        Returns:
            A report; without a hash where it was put together of several texts, for it is about no one of them.
        """
        before = self.reports.get(chapter.stem)
        if before is None:
            return replace(report, submission_sha256="")
        checks = {e.name: [c for c in before.checks if c.exercise == e.name] for e in chapter.exercises}
        checks[exercise] = list(report.checks)
        scores = {score.name: score for score in (*before.exercises, *report.exercises)}
        # Only a report on every exercise of this very text may pass for the whole.
        stale = [job.exercise for job in self._sources.rewritten(chapter) if job.exercise != exercise]
        whole = len(scores) == len(chapter.exercises) and not stale
        return replace(
            report,
            checks=tuple(check for listed in checks.values() for check in listed),
            exercises=tuple(scores[e.name] for e in chapter.exercises if e.name in scores),
            submission_sha256=report.submission_sha256 if whole else "",
        )

    def _note_done(self, chapter: Chapter, report: Report) -> None:
        """An exercise that fails now is no longer done, whatever it was before."""
        for score in report.exercises:
            name = f"{chapter.stem}/{score.name}"
            if is_whole(report, score):
                self.progress.done.add(name)
            else:
                self.progress.done.discard(name)
