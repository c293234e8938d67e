"""Answer a notebook: what its cells earn, the next hint, and how far the learner is. Runs in a process of its own.

One process per notebook: the learner's kernel sends the source of its cells and gets text and HTML back. So neither
torch's state nor a crash of the one reaches the other.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from grader.course.config import find_by_name, load_course
from grader.engine.executors import WarmSandboxes
from grader.engine.generation import Kept
from grader.engine.pipeline import grade
from grader.engine.profile import Profile
from grader.engine.runner import unreadable
from grader.errors import SubmissionError, UsageError
from grader.language import gettext as _
from grader.notebook.cells import cells_that_hold, contents_of
from grader.notebook.rpc import Message, serve
from grader.records import Chapter, Course, Exercise, Report, Submission
from grader.report.hints import Basis, hint_lines, open_hints
from grader.report.html import exercise_html
from grader.report.html.notes import hints_html, lines_html, status_html
from grader.report.terminal import (
    Step,
    Style,
    exercise_word,
    focused_exercise,
    is_whole,
    points_of,
    render,
    table,
)
from grader.sandbox.levels import Level
from grader.submissions.reading import join_cells, read_submission
from grader.text import points, width_of, wrap
from grader.workspace.questions import (
    UnreadableGuess,
    guess,
    guesses,
    next_question,
    questions_of,
    readable,
    tally,
)
from grader.workspace.workspace import workspace_of

HERE = Path("this notebook")
_WIDTH = 80
# Words of a row; `_` says them.
_UNCHECKED, _CHANGED = "not checked", "changed since"


def main() -> None:
    """Serve one notebook for as long as it is open."""
    serve(lambda _: NotebookServer(load_course()).answer)


@dataclass(frozen=True)
class Found:
    """What the last check of an exercise found, and what the exercise was then.

    Args:
        report: on that exercise alone.
        definition: its syntax tree as text; another one now means that the report is out of date.
    """

    report: Report
    definition: str


class NotebookServer:
    """Answers one notebook, or one script, that works on its exercises.

    It lives as long as the notebook's kernel, keeps sandboxes warm and inputs generated between two checks, and
    writes nothing but what was opened as a hint or guessed.
    """

    def __init__(self, course: Course) -> None:
        self.course = course
        self._workspace = workspace_of(course)
        # As far from this machine as that of `brick check`: it is one's own work.
        self._sandboxes = WarmSandboxes(Level.PLAIN, course.limits)
        self._found: dict[tuple[str, str], Found] = {}
        self._kept = Kept()

    def answer(self, question: Message) -> Message:
        """One question: `do` is check, hint, predict or status; the source is `cells` or a `file`.

        Returns:
            `html` and `text` that say the same; `points` too where something was checked.

        Raises:
            KitError: what was asked cannot be answered, such as an unknown name; the other side shows it.
        """
        work = Work(question.get("cells"), question.get("file"))
        match question["do"]:
            case "check":
                return self._check(question["name"], work)
            case "hint":
                return self._hint(question["name"], work)
            case "predict":
                return self._predict(question["name"], question["guess"])
            case _:
                return self._status(work)

    # --- check ------------------------------------------------------------------------------------------------

    def _check(self, name: str, work: Work) -> Message:
        """A chapter by its label, else one exercise."""
        chapter = next((one for one in self.course.chapters if name in (one.label, one.stem)), None)
        if chapter is not None:
            return self._check_chapter(chapter, work)
        chapter, exercise = self._meant(name, work)
        report = self._report(chapter, exercise, work)
        [score] = report.exercises
        step = (
            ""
            if report.passed
            else _("mend {name}, then {again}").format(name=exercise.name, again=work.again(exercise.name))
        )
        return {
            "points": min(score.counts, exercise.worth),
            "html": exercise_html(report, exercise.name),
            "text": render(report, Style(_WIDTH), Step(step) if step else None),
        }

    def _check_chapter(self, chapter: Chapter, work: Work) -> Message:
        """All exercises of a chapter: a table, and the one to go on with whole."""
        report = self._report(chapter, None, work)
        name = focused_exercise(report)
        step = (
            _("mend {name}, then {again}").format(name=name, again=work.again(chapter.label)) if name else ""
        )
        total = points_of(report.points, report.max_points)
        rows = tuple(
            (score.name, _(exercise_word(report, score)), f"{points(score.points, score.max_points)}")
            for score in report.exercises
        )
        return {
            "points": report.points,
            "html": status_html(rows, total, step) + (exercise_html(report, name) if name else ""),
            "text": render(report, Style(_WIDTH), Step(step) if step else None),
        }

    def _meant(self, name: str, work: Work) -> tuple[Chapter, Exercise]:
        """The exercise of that name; of several, the one in the chapter that the notebook works on most.

        Raises:
            UsageError: no exercise has the name, or it cannot be told which of several is meant.
        """
        owners = find_by_name(self.course, name)
        if len(owners) == 1:
            return owners[0]
        mine = work.names()
        done = [sum(e.name in mine for e in chapter.exercises) for chapter, _ in owners]
        if done.count(max(done)) == 1:
            return owners[done.index(max(done))]
        choices = [f"{chapter.label}/{exercise.name}" for chapter, exercise in owners]
        raise UsageError(f"'{name}' could be {' or '.join(choices)}", "check", f'type check("{choices[0]}")')

    def _report(self, chapter: Chapter, exercise: Exercise | None, work: Work) -> Report:
        """The report on one exercise, or on all of a chapter; what was found is kept for `status`."""
        only = exercise.name if exercise is not None else None
        profile = Profile(
            examples=self.course.practice_examples,
            only=only,
            names_mistakes=True,
            kept=self._kept,
        )
        try:
            report = grade(work.submission(chapter), self._sandboxes.for_chapter(chapter), profile)
        except SubmissionError as error:
            report = unreadable(chapter, work.path, error, profile)
        # Every plot and print of a notebook is left out; to say so each time is noise.
        report = replace(report, notes=())
        for one in chapter.exercises if exercise is None else (exercise,):
            alone = _alone(report, one.name)
            self._found[chapter.stem, one.name] = Found(alone, work.definition(chapter, one))
        return report if only is None else _alone(report, only)

    # --- hint -------------------------------------------------------------------------------------------------

    def _hint(self, name: str, work: Work) -> Message:
        """From the last check in this notebook: nothing is checked again for a hint."""
        chapter, exercise = self._meant(name, work)
        found = self._found.get((chapter.stem, exercise.name))
        report = found.report if found is not None else None
        changed = found is not None and found.definition != work.definition(chapter, exercise)
        if report is not None and not report.is_graded:
            return {"html": exercise_html(report, exercise.name), "text": render(report, Style(_WIDTH))}
        source = work.submission(chapter).source
        hints = open_hints(self._workspace, chapter, exercise.name, report, source, changed)
        if not hints.texts:
            lines = [_("{name} passes every check; there is nothing to hint at").format(name=exercise.name)]
            if changed:
                lines = [
                    _("{name} passed every check and has changed since: {again}").format(
                        name=exercise.name, again=work.again(exercise.name)
                    )
                ]
            return {"html": hints_html(exercise.name, (), lines[0]), "text": lines[0] + "\n"}
        if hints.basis is Basis.UNCHECKED:
            step = _('check it: check("{name}")').format(name=exercise.name)
        elif hints.basis is Basis.CHANGED:
            step = _("this is about what failed before the last change; {again}").format(
                again=work.again(exercise.name)
            )
        elif hints.has_more:
            step = _('try it, then run hint("{name}") again, which opens one more').format(name=exercise.name)
        else:
            step = _("try it, then {check}").format(check=work.again(exercise.name))
        lines = [f"{chapter.label}  {exercise.name}", "", *hint_lines(hints.texts, _WIDTH)]
        lines += [
            "",
            *wrap(_("next: {step}").format(step=step), _WIDTH, indent=" " * width_of(_("next: ")), first=""),
        ]
        return {"html": hints_html(exercise.name, hints.texts, step), "text": "\n".join(lines) + "\n"}

    # --- predict ----------------------------------------------------------------------------------------------

    def _predict(self, name: str, words: str) -> Message:
        """A question of the lesson; with a guess, whether it is right and what the lesson says to it.

        Which answer is right is known here alone, so the guess comes to us.
        """
        chapter = next((one for one in self.course.chapters if name in (one.label, one.stem)), None)
        exercise = None
        if chapter is None:
            chapter, exercise = find_by_name(self.course, name)[0]
        asked = [
            q for q in questions_of(self.course, chapter) if exercise is None or q.exercise == exercise.name
        ]
        question = next_question(asked, guesses(self._workspace))
        if question is None:
            raise UsageError(
                f"there is no question before {name}", "predict", f'type predict("{chapter.label}")'
            )
        head = _("{label}  before {exercise}").format(label=chapter.label, exercise=question.exercise)
        lines = readable(question.text, _WIDTH)
        if not words:
            step = _('guess with predict("{name}", ...): {form}').format(name=name, form=question.answer.form)
            return _told(head, [*lines, *question.choices], step)
        try:
            verdict = _("right") if guess(self._workspace, question, words) else _("not so")
        except UnreadableGuess as error:
            return _told(head, [*lines, *question.choices], str(error))
        return _told(head, [verdict, "", *readable(question.told, _WIDTH)], tally(self._workspace))

    # --- status -----------------------------------------------------------------------------------------------

    def _status(self, work: Work) -> Message:
        """The table of what was checked since the notebook was opened; before the first check, of what is defined."""
        mine = work.names()
        checked = {stem for stem, _ in self._found}
        chapters = [
            chapter
            for chapter in self.course.chapters
            if chapter.stem in checked or (not checked and any(e.name in mine for e in chapter.exercises))
        ]
        rows = [self._row(chapter, exercise, work) for chapter in chapters for exercise in chapter.exercises]
        if not rows:
            step = _('write an exercise, then check it: check("{name}")').format(
                name=self.course.chapters[0].exercises[0].name
            )
            return {"html": status_html((), "", step), "text": _("next: {step}").format(step=step) + "\n"}
        counted = [row for row in rows if not row.extra]
        earned, most = sum(row.points for row in counted), sum(row.of for row in counted)
        total = points_of(earned, most)
        begun = [row.name for row in rows if row.word not in ("ok", _UNCHECKED)]
        left = next(iter([*begun, *(row.name for row in rows if row.word == _UNCHECKED)]), "")
        step = f'check("{left}")' if left else ""
        cells = [
            (
                row.name,
                _(row.word),
                _("{points} of {most}").format(points=points(row.points, row.of), most=points(row.of)),
            )
            for row in rows
        ]
        lines = [*table((_("exercise"), _("state"), _("points")), [*cells], _WIDTH), "", total]
        lines += [_("next: {step}").format(step=step)] if step else []
        return {"html": status_html(tuple(cells), total, step), "text": "\n".join(lines) + "\n"}

    def _row(self, chapter: Chapter, exercise: Exercise, work: Work) -> Row:
        """An exercise that was changed since it was checked says so, with the points of that check."""
        found = self._found.get((chapter.stem, exercise.name))
        if found is None:
            return Row(exercise.name, _UNCHECKED, 0.0, exercise.points, exercise.extra)
        [score] = found.report.exercises
        word = "ok" if is_whole(found.report, score) else "FAIL"
        if found.definition != work.definition(chapter, exercise):
            word = _CHANGED
        return Row(exercise.name, word, score.points, exercise.points, exercise.extra)


def _alone(report: Report, exercise: str) -> Report:
    """What a report says about one exercise."""
    return replace(
        report,
        checks=tuple(result for result in report.checks if result.exercise == exercise),
        exercises=tuple(score for score in report.exercises if score.name == exercise),
        breaches=tuple(breach for breach in report.breaches if exercise in breach.exercises),
    )


def _told(head: str, lines: Sequence[str], step: str) -> Message:
    """Lines of text as an answer, for a notebook and for a terminal."""
    text = "\n".join([head, "", *lines, "", step]) + "\n"
    return {"html": lines_html(head, "\n".join(lines), step), "text": text}


@dataclass(frozen=True)
class Row:
    """One exercise as the table shows it.

    Args:
        word: the state in a word: ok, FAIL, changed since, or not checked.
        points: of the last check; `of` is the most there is.
        extra: whether it is left out of the sum.
    """

    name: str
    word: str
    points: float
    of: float
    extra: bool


@dataclass(frozen=True)
class Work:
    """What the learner wrote: the cells run so far, or a file.

    Args:
        cells: None where the work is a file.
        file: its path; None in a notebook.
    """

    cells: list[str] | None
    file: str | None

    @property
    def path(self) -> Path:
        """How messages name it."""
        return HERE if self.file is None else Path(self.file)

    def submission(self, chapter: Chapter) -> Submission:
        """The source as a submission of this chapter; SubmissionError if it cannot be read.

        Joined cells are named after the notebook, which has no path that we know.
        """
        if self.file is not None:
            return read_submission(Path(self.file), chapter)
        return join_cells(cells_that_hold(self.cells or []), chapter, HERE)

    def definition(self, chapter: Chapter, exercise: Exercise) -> str:
        """What the exercise is now, apart from its layout; '' if that cannot be read."""
        try:
            body = ast.parse(self.submission(chapter).source).body
        except SubmissionError:
            return ""
        return "\n".join(ast.dump(node) for node in body if getattr(node, "name", "") == exercise.name)

    def names(self) -> frozenset[str]:
        """The names that the work defines.

        Found on the syntax tree; nothing is run.
        """
        if self.file is None:
            return frozenset().union(*(contents_of(cell).binds for cell in self.cells or []))
        try:
            return contents_of(Path(self.file).read_text(encoding="utf-8")).binds
        except (OSError, UnicodeDecodeError):
            return frozenset()

    def again(self, exercise: str) -> str:
        """What to do after a change."""
        return (
            _('run check("{exercise}") again').format(exercise=exercise)
            if self.file is None
            else _("run {name} again").format(name=self.path.name)
        )
