"""What stands beside the next step: what is being judged, or how long the last verdict took."""

from __future__ import annotations

from grader.errors import words_of
from grader.language import aside, translate
from grader.language import gettext as _
from grader.records import Outcome, Report
from grader.report.terminal import is_untouched
from grader.text import width_of
from grader.watch.jobs import Event, EventKind, Job
from grader.watch.state import WatchState


class StatusLine:
    """Follows the events, and takes their reports into the state.

    Attributes:
        note: what the last key had to say; stands in the place of the next step until something is judged.

    Args:
        state: reports go there; this object keeps only what is said beside the next step.
    """

    def __init__(self, state: WatchState) -> None:
        self._state = state
        self.note = ""
        self._busy = _("getting ready")
        self._aside = ""  # a verdict on another exercise than the current one, or what a key had to add
        self._outlasts = False  # whether that stays while what follows is judged
        self._seconds: float | None = None  # from the save to the first thing there was to read

    def beside(self, step: str, width: int) -> str:
        """The next step, and what is going on or came last; how long it took only where that needs no line more.

        Args:
            step: the next step, in one line.
            width: columns there are.
        """
        doing = self._busy or self._aside or not_kept(self._state)
        if doing:
            # Where it does not fit beside the step it begins a line, so that no word of it is parted.
            shown = aside(doing).lstrip()
            return f"{step}{'  ' if width_of(step + shown) + 2 <= width else chr(10)}{shown}"
        taken = ""
        if self._seconds is not None:
            taken = "  " + aside(_("{seconds:.2f} s").format(seconds=self._seconds)).lstrip()
        return step + taken if width_of(step + taken) <= width else step

    def add(self, words: str, *, outlasts: bool = False) -> None:
        """Put something beside the next step, until something is judged.

        Args:
            words: in place of what was added last.
            outlasts: whether they stay while the next thing is judged, which they bring about.
        """
        self.note, self._aside, self._outlasts = "", words, outlasts

    def begin(self) -> None:
        """Something was asked for: what was said about the last verdict is over."""
        self.note, self._busy, self._seconds = "", _("judging"), None
        self._aside, self._outlasts = (self._aside if self._outlasts else ""), False

    def hear(self, event: Event) -> bool:
        """Follow one event; True when a new verdict on the current exercise is there to be read.

        Args:
            event: in the order in which the judging thread sent them.
        """
        job, report = event.job, event.report
        if event.kind in (EventKind.FAULT, EventKind.NO_SANDBOX):
            self.note, self._busy = _("error: {error}").format(error=translate(str(event.error))), ""
        elif event.kind is EventKind.BEGUN and job is not None:
            self._busy = _("judging {name}").format(name=_name(job))
        elif event.kind is EventKind.PARTIAL and job is not None and report is not None:
            # Without a failure there is nothing to read yet: the last report stays.
            if _has_failed(report) and self._state.show(job, report):
                self._take_time(event)
            self._busy = _("judging {name}, {checks} checked").format(
                name=_name(job), checks=len(report.checks)
            )
        elif event.kind is EventKind.JUDGED and job is not None and report is not None:
            self._state.take(job, report)
            self._busy = ""
            if self._state.is_about_current(job):
                self._take_time(event)
                return True
            if job.exercise and not is_untouched(report, job.exercise):
                told = _("also saved: {exercise} in {label} does not pass yet")
                if report.passed:
                    told = _("also saved: {exercise} in {label} passes")
                self._aside = told.format(exercise=job.exercise, label=job.chapter.label)
        elif event.kind is EventKind.DONE:
            self._busy = ""
        return False

    def _take_time(self, event: Event) -> None:
        """The first verdict after a save counts; naming a known mistake afterwards makes nobody wait."""
        self._seconds = event.seconds if self._seconds is None else self._seconds


def not_kept(state: WatchState) -> str:
    """Why what was found is on the screen only, as on a full disk; nothing where it is written down."""
    lost = state.standing.lost
    return "" if lost is None else _("not kept: {reason}").format(reason=translate(words_of(lost)))


def _name(job: Job) -> str:
    """A job in a word."""
    return job.exercise or job.chapter.stem


def _has_failed(report: Report) -> bool:
    return any(result.outcome is Outcome.FAILED for result in report.checks)
