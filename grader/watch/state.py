"""What both front ends of `brick watch` share: the current exercise, what was judged, and what a key leads to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from grader.course.paths import exercise_file
from grader.errors import UsageError
from grader.language import gettext as _
from grader.records import Chapter, Course, Report, ReportState
from grader.report.hints import where_to_look
from grader.watch.jobs import Job
from grader.watch.sources import Sources
from grader.watch.standing import Standing
from grader.workspace.progress import CourseExercise, exercises_of
from grader.workspace.questions import Question, guesses, next_question, questions_of
from grader.workspace.workspace import FileState, Workspace, attempt_of

OpenHints = Callable[[Chapter, str, Report, str], tuple[tuple[str, ...], int]]


class WatchState:
    """The state behind the screen. It draws nothing, starts nothing, and never fails because of a file.

    Args:
        course: all chapters; only those with a file here take part.
        workspace: where the files are.
        open_hints: opens hints: (chapter, exercise, report, source) -> the hints open now, and how many there are.

    Attributes:
        current: the exercise that is worked on.
        shown: the last report on its chapter, as far as it goes; None before the first.
        hints, more_hints: the hints that are open, and whether there are more.
        has_tried: whether another attempt was made since, so that one more may be opened.
        details: whether everything is told, however long it gets: every failure whole, and each check.

    Raises:
        UsageError: there is not one exercise file.
    """

    def __init__(self, course: Course, workspace: Workspace, open_hints: OpenHints) -> None:
        self.course, self.workspace = course, workspace
        self._open_hints = open_hints
        self.sources = Sources(course, workspace)
        if not self.exercises:
            raise UsageError("there are no exercises here", str(workspace.root), workspace.how_to_begin())
        self.standing = Standing(course, workspace, self.sources)
        self.current = (
            self._called(self.standing.progress.current)
            or self._first_open(self.exercises)
            or self.exercises[0]
        )
        self.shown: Report | None = self.standing.reports.get(self.current.chapter.stem)
        self.hints: tuple[str, ...] = ()
        self.more_hints = False
        self.has_tried = False
        self._hinted = ""
        self.details = False
        self._keep_progress()

    # --- where we are ---

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        """The chapters that have a file here, or had one."""
        return self.sources.chapters

    @property
    def exercises(self) -> tuple[CourseExercise, ...]:
        """Their exercises, in the order of the course."""
        return tuple(one for one in exercises_of(self.course) if one.chapter in self.chapters)

    @property
    def imports(self) -> tuple[str, ...]:
        """What the chapters may import beyond the common modules."""
        return tuple(sorted({name for chapter in self.chapters for name in chapter.imports}))

    @property
    def path(self) -> Path:
        """The file of the current exercise, or where it was last."""
        return self.sources.path_of(self.current.chapter)

    @property
    def file_state(self) -> FileState:
        """Whether that file is there and can be read."""
        return self.sources.state_of(self.current.chapter)

    @property
    def shown_path(self) -> str:
        """That file, as short as it can be named from the workspace."""
        return self.from_root(self.path)

    @property
    def handed_out(self) -> str:
        """The file that a reset brings where the current one is lost: the script, even in place of a notebook."""
        return self.from_root(exercise_file(self.workspace.root, self.current.chapter.stem))

    def from_root(self, path: Path) -> str:
        """A path as short as it can be named from the workspace."""
        try:
            return str(path.relative_to(self.workspace.root))
        except ValueError:
            return str(path)

    def line_of_current(self) -> int | None:
        """The line of the file that the current exercise starts on; None where it is not there, as in a notebook."""
        if self.path.suffix != ".py":
            return None
        return self.sources.text_of(self.current.chapter).lines.get(self.current.exercise.name)

    def everything_done(self) -> bool:
        """Whether no exercise is open."""
        return all(self.standing.is_done(exercise) for exercise in self.exercises)

    def advance(self) -> bool:
        """Go on to the next open exercise, later ones first; False when nothing is open, or this one is.

        Extras come after all others, and hold up nobody.

        Where the current one is done but nothing else is open, it stays.
        """
        if not self.standing.is_done(self.current) and not self.current.exercise.extra:
            return False
        exercises = self.exercises
        start = exercises.index(self.current) + 1
        following = self._first_open((*exercises[start:], *exercises[: start - 1]))
        if following is not None:
            self.go_to(following)
        return following is not None

    def go_to(self, exercise: CourseExercise) -> None:
        """Make an exercise the current one.

        Its last report is shown at once; hints start closed.
        """
        self.current = exercise
        self.shown = self.standing.reports.get(exercise.chapter.stem)
        self.hints, self.more_hints = (), False
        self._keep_progress()

    def find(self, word: str) -> CourseExercise | None:
        """The exercise meant by `softmax`, `ch03/softmax` or a part of a name.

        A whole name beats a part of one; of several, the first in the order of the course.
        """
        wanted = word.strip().lower()
        exact = [
            one
            for one in self.exercises
            if wanted
            in (
                one.exercise.name.lower(),
                f"{one.chapter.label}/{one.exercise.name}".lower(),
                str(one).lower(),
            )
        ]
        near = [one for one in self.exercises if wanted and wanted in str(one).lower()]
        return next(iter(exact or near), None)

    def _called(self, name: str) -> CourseExercise | None:
        """The exercise of that full name; None for a chapter that is no longer here."""
        return next((one for one in self.exercises if str(one) == name), None)

    def _first_open(self, exercises: Iterable[CourseExercise]) -> CourseExercise | None:
        """The first that is not done; an extra only where nothing else is left."""
        left = [one for one in exercises if not self.standing.is_done(one)]
        return min(left, key=lambda one: one.exercise.extra, default=None)

    # --- what to judge ---

    def want_current(self) -> list[Job]:
        """The current exercise alone; nothing as long as its file cannot be read."""
        return [self._current_job()] if self.file_state is FileState.READABLE else []

    def want_first(self) -> list[Job]:
        """At the start: the current exercise, then what was rewritten while nobody watched.

        Returns:
            Jobs on whole chapters after the current exercise: what their reports say is about an older text.
        """
        jobs = self.want_current()
        for chapter in self.chapters:
            report = self.standing.reports.get(chapter.stem)
            if report is not None and report.submission_sha256 != self.sources.sha256_of(chapter):
                jobs.append(Job(chapter, self.sources.path_of(chapter)))
        return jobs

    def want_all(self) -> list[Job]:
        """Every chapter in the workspace, the current one first."""
        first = self.current.chapter
        ordered = [first, *(chapter for chapter in self.chapters if chapter is not first)]
        return [
            Job(chapter, self.sources.path_of(chapter))
            for chapter in ordered
            if self.sources.state_of(chapter) is FileState.READABLE
        ]

    def saved(self, paths: Sequence[Path]) -> list[Job]:
        """What a save asks for; see `Sources.saved`.

        The current exercise stays the same: a save in another chapter is judged, and only its mark changes.
        """
        return self.sources.saved(paths, self._current_job())

    def _current_job(self) -> Job:
        """Made anew each time, for the file may have moved."""
        return Job(self.current.chapter, self.path, self.current.exercise.name)

    # --- what was judged ---

    def is_about_current(self, job: Job) -> bool:
        """Whether a job is about the current exercise, alone or with the rest of its chapter."""
        here = self.current
        return job.chapter.stem == here.chapter.stem and job.exercise in (None, here.exercise.name)

    def show(self, job: Job, report: Report) -> bool:
        """Show a report as far as it goes; False when it is not about the current exercise."""
        mine = self.is_about_current(job)
        self.shown = report if mine else self.shown
        return mine

    def take(self, job: Job, report: Report) -> None:
        """Keep a report: marks, points and progress follow from it.

        Args:
            job: what was asked for.
            report: final, not a partial one.
        """
        self.show(job, report)
        if report.state is not ReportState.UNREADABLE:  # not one line ran; what was known still is
            self.standing.take(job, report)
            self._renew_hints(job, report)
            self.workspace.write_note("last.json", {"chapter": self.current.chapter.stem})
            self._keep_progress()

    def _keep_progress(self) -> None:
        """Written after each step, so that a terminal that is closed loses nothing."""
        self.standing.save(self.current)

    # --- keys ---

    def open_hint(self) -> str:
        """Open a hint on the current exercise, one more after each attempt; why not, if there is none."""
        if self.shown is None:
            return _("save the file first, so that there is something to hint at")
        if self.file_state is not FileState.READABLE or not self.shown.is_graded:
            return _("a hint opens once the file can be judged")
        source = self.sources.source_of(self.current.chapter)
        found, levels = self._open_hints(self.current.chapter, self.current.exercise.name, self.shown, source)
        self.hints, self.more_hints = found, len(found) < levels
        self._hinted, self.has_tried = attempt_of(source, self.current.exercise.name), False
        return "" if found else _("{name} has nothing to hint at").format(name=self.current.exercise.name)

    def _renew_hints(self, job: Job, report: Report) -> None:
        """Let the open hints fit the newest verdict: the first points to what fails now, and a pass needs none."""
        if not self.hints or not self.is_about_current(job):
            return
        name = self.current.exercise.name
        where = where_to_look(report, name)
        self.hints = (where, *self.hints[1:]) if where else ()
        self.has_tried = attempt_of(self.sources.source_of(self.current.chapter), name) != self._hinted

    def question(self) -> Question | None:
        """A question of the lesson: before this exercise if one is open there, else of the chapter.

        Returns:
            None where the lesson asks nothing.
        """
        found, answered = questions_of(self.course, self.current.chapter), guesses(self.workspace)
        here = [question for question in found if question.exercise == self.current.exercise.name]
        still = [question for question in here if question.key not in answered]
        return next_question(still or found, answered)
