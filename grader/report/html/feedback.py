"""Turn one learner's results into a page that is theirs alone: the score, every check, what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from grader.language import gettext as _
from grader.records import Chapter, ClassResults, LearnerResult, Outcome, Report, ReportState
from grader.report.anonymous import with_path
from grader.report.decisions import lines_of
from grader.report.html.cards import ShownExercise, breach_words, exercise_of, printed
from grader.report.html.rendering import cut, page
from grader.report.reasons import note_words, trouble_lines
from grader.report.terminal import focused_exercise, next_step
from grader.report.words import EXCUSED, NOT_GRADED_YET, NOT_HANDED_IN, lateness
from grader.text import clean_line

NOTES_SHOWN = 20


@dataclass(frozen=True)
class ShownChapter:
    """One chapter as its learner sees it.

    Args:
        points: lateness taken off; None where no verdict says what they are.
        worth: the most points, without what is excused.
        without_report: what is known of a chapter that has no report, in words.
        handed_in, late: when, which attempt, and what lateness costs, in words.
        report: None for a chapter that was not handed in, or not graded yet.
        error: why nothing could be judged.
        breaches: what the rules do not allow, where it costs no exercise.
        notes: what was left out of the file.
        nothing_ran: whether there is no check to show.
        focus: the exercise to work on, which is open at first.
        next_step: the one thing to do now.
        facts: how the verdict was made, name and value.
        decided: what a person decided about it, in words.
    """

    chapter: Chapter
    points: float | None
    worth: float
    without_report: str = ""
    handed_in: str = ""
    late: str = ""
    report: Report | None = None
    error: str = ""
    breaches: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    exercises: tuple[ShownExercise, ...] = ()
    output: str = ""
    nothing_ran: bool = False
    focus: str = ""
    next_step: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    decided: tuple[str, ...] = ()


def feedback_page(results: ClassResults, learner: LearnerResult) -> str:
    """The page of one learner; nothing in it comes from another one.

    Args:
        results: the class, for its course and the chapters assigned.
        learner: whose page it is.
    """
    reports = {report.chapter: report for report in learner.reports}
    ungraded = dict(learner.ungraded)
    chapters = []
    for chapter in results.chapters:
        if chapter.stem in reports:
            chapters.append(_shown(chapter, learner, reports[chapter.stem]))
            continue
        worth, decided = learner.worth_of(chapter), tuple(lines_of(learner, chapter.stem))
        if chapter.stem in learner.excused:
            chapters.append(ShownChapter(chapter, 0.0, worth, _(EXCUSED), decided=decided))
        elif chapter.stem in ungraded:
            chapters.append(ShownChapter(chapter, None, worth, _(NOT_GRADED_YET), decided=decided))
        else:
            chapters.append(ShownChapter(chapter, 0.0, worth, _(NOT_HANDED_IN), decided=decided))
    return page(
        "feedback.html",
        title=_("{learner}: feedback").format(learner=clean_line(learner.learner, 80)),
        course=results.course,
        learner=learner,
        chapters=chapters,
        open_points=sum(shown.worth for shown in chapters if shown.points is None),
        next_up=next((shown for shown in chapters if shown.next_step), None),
    )


def _shown(chapter: Chapter, learner: LearnerResult, report: Report) -> ShownChapter:
    hand_in = learner.hand_in(chapter.stem)
    when = _when(hand_in.time, chapter)
    attempt = (
        _("attempt {attempt} of {attempts}").format(attempt=hand_in.attempt, attempts=hand_in.attempts)
        if hand_in.attempts > 1
        else ""
    )
    broken = report.state is ReportState.KIT_FAULT
    # Where it lay when it was graded is the instructor's affair, and who handed in the very same file shares the
    # verdict, so that the path may hold another learner's name.
    report = with_path(report, f"{report.chapter}{Path(report.path).suffix or '.py'}")
    return ShownChapter(
        chapter=chapter,
        points=None if chapter.stem in learner.faults else learner.points_of(report),
        worth=report.max_points,
        without_report=_(NOT_HANDED_IN) if report.state is ReportState.BY_HAND else "",
        decided=tuple(lines_of(learner, chapter.stem)),
        handed_in=_(", ").join(part for part in (when, attempt) if part),
        late=lateness(hand_in),
        report=report,
        error=cut("\n".join(trouble_lines(report)), 2000),
        # Those that cost an exercise its points are told where it stands.
        breaches=tuple(breach_words(breach) for breach in report.breaches if not breach.exercises),
        notes=_notes(report),
        exercises=tuple(exercise_of(report, score.name) for score in report.exercises),
        nothing_ran=not report.is_graded and all(r.outcome is Outcome.NOT_RUN for r in report.checks),
        # What a fault of the kit left behind is for the instructor.
        output="" if broken else printed(report.output),
        focus=focused_exercise(report) if report.is_graded else "",
        next_step=clean_line(str(next_step(report) or "")),
        facts=_facts(report),
    )


def _when(time: datetime | None, chapter: Chapter) -> str:
    """The time of handing in, by the clock of the deadline."""
    if time is None:
        return ""
    zone = chapter.deadline.tzinfo if chapter.deadline else None
    return time.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z").strip()


def _notes(report: Report) -> tuple[str, ...]:
    notes = [clean_line(note_words(note), 300) for note in report.notes[:NOTES_SHOWN]]
    left = len(report.notes) - NOTES_SHOWN
    return (*notes, _("{number} more like these").format(number=left)) if left > 0 else tuple(notes)


def _facts(report: Report) -> tuple[tuple[str, str], ...]:
    """How the verdict was made, so that it can be made again."""
    examples = max((result.examples for result in report.checks), default=0)
    facts = (
        (_("isolation"), report.isolation),
        (_("device"), report.device),
        (_("inputs"), _("up to {number} per check").format(number=examples) if examples else ""),
        (_("time"), _("{seconds:.1f} s").format(seconds=report.seconds)),
        (_("file"), report.path),
        (_("submission"), report.submission_sha256[:12]),
        (_("checks"), report.checks_sha256[:12]),
        (_("kit"), report.kit),
    )
    return tuple((name, value) for name, value in facts if value)
