"""Turn the state of a watch into the lines of its two columns, and into the one thing to do now.

Nothing here draws or keeps anything: lines are made anew from the state each time, as plain text. Colours come last
and only repeat what the words say.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from rich.text import Text

from grader.language import gettext as _
from grader.language import ngettext, translate
from grader.records import CheckResult, Outcome, Report
from grader.report.card import card
from grader.report.hints import hint_lines
from grader.report.reasons import place_words, reason, trouble_lines
from grader.report.refusals import refusal_words
from grader.report.terminal import is_untouched, repeats_words, results_of, without_repeats
from grader.text import clean, clean_line, fit, pad, points, width_of, wrap
from grader.watch.state import WatchState
from grader.workspace.progress import CourseExercise
from grader.workspace.workspace import FileState

LIST_WIDTH = 25
_WORDS = {Outcome.PASSED: "ok", Outcome.FAILED: "FAIL", Outcome.NOT_RUN: "not run"}
# No yellow: on a light background it can hardly be read.
_COLOURS = {"ok": "green", "FAIL": "red", "to do": "cyan", "error:": "red"}
_LEAD = 8  # as wide as the longest word and a space
_ROOMY = 60  # columns from which a card stands under its title, not at the margin
_HIGH = 19  # rows in which everything fits: the longest card, its law, and what stands above
_PRINTED = 12
_LEAST_PRINTED = 4  # rows: an empty one, what it is, a line of it, and how many more there are
FILE_WORDS = {
    FileState.GONE: "the file is gone; waiting for it",
    FileState.FOLDER: "a folder bears the name of the file; waiting for the file",
    FileState.UNREADABLE: "the file may not be read; waiting until it may",
}


# --- to the left ------------------------------------------------------------------------------------------


def list_lines(state: WatchState, height: int) -> tuple[list[str], int]:
    """Chapters and their exercises; where room is short, only the exercises of the current one's chapter.

    Args:
        height: rows there are; 0 before the first layout.

    Returns:
        The lines, each as wide as the column, and the number of the line with the current exercise.
    """
    # Asked once: it is put together anew each time.
    exercises = state.exercises
    everything = len(state.chapters) + len(exercises) <= height
    lines: list[str] = []
    here = 0
    for chapter in state.chapters:
        mine = chapter is state.current.chapter
        scored = f"{points(state.standing.points_of(chapter), chapter.points)}/{points(chapter.points)}"
        name = fit(chapter.stem, LIST_WIDTH - width_of(scored) - 1)
        lines.append(pad(name, LIST_WIDTH - width_of(scored)) + scored)
        for one in (one for one in exercises if one.chapter is chapter and (mine or everything)):
            current = one == state.current
            here = len(lines) if current else here
            mark = "ok" if state.standing.is_done(one) else "+ " if one.exercise.extra else "  "
            name = fit(one.exercise.name, LIST_WIDTH - 5)
            lines.append(pad(f"{'>' if current else ' '} {name}", LIST_WIDTH - 2) + mark)
    return lines, here


def done_word(state: WatchState, exercise: CourseExercise) -> str:
    """Whether an exercise is done, in a word; both take the same columns."""
    done, left = _("done"), _("to do")
    return pad(done if state.standing.is_done(exercise) else left, max(width_of(done), width_of(left)))


# --- to the right -----------------------------------------------------------------------------------------


def work_lines(state: WatchState, width: int, height: int) -> list[str]:
    """The current exercise, its checks, what it printed, and last the first failure with its card and hints.

    The card comes last so that it stands directly above the next step. Where not everything fits, checks that need no
    reading are counted.

    Args:
        width, height: columns and rows there are.

    Returns:
        Lines of at most `width` columns; more than `height` of them can be scrolled.
    """
    name, report = state.current.exercise.name, state.shown
    file_state = state.file_state  # asked once: an editor may put the file back while it is drawn
    head = [_head(state, report, file_state, width), ""]
    if file_state is not FileState.READABLE:
        return [*head, *wrap(_(FILE_WORDS[file_state]), width, indent="  ", first="")]
    if report is None:
        return [*head, _("not judged yet")]
    if not report.is_graded:
        return [*head, *_error_lines(state, report, width), *_printed(report, width)]
    lines = [*head, *_breach_lines(report, name, width)]
    hints, printed = _hint_lines(state, width), _printed(report, width, whole=state.details)
    results = results_of(report, name)
    if is_untouched(report, name):
        titles = [line for result in results for line in _title_lines(result, width, "to do")]
        if hints and len(lines) + len(titles) + len(printed) + len(hints) > height:
            titles = [pad(_("to do"), _LEAD) + _checks(len(results))]
        return [*lines, *titles, *printed, *hints]
    results, left_out = without_repeats(results)
    failure = next((result for result in results if result.outcome is Outcome.FAILED), None)
    others = [result for result in results if result is not failure]
    repeats = [pad(_("FAIL"), _LEAD) + repeats_words(left_out)] if left_out else []
    # A picture must push nothing off the screen that is to be read.
    gap = [""] if printed and failure else []  # or the failure would read as printed, too
    plots = height >= _HIGH + len(hints) + (_LEAST_PRINTED + 1 if printed else 0)
    failed = _failure_lines(failure, width, plots=plots)
    last = [*failed, *hints]
    told = _told_lines(others, width, state.details) + repeats
    if state.details or len(lines) + len(told) + len(printed) + len(gap) + len(last) <= height:
        return [*lines, *told, *printed, *gap, *last]
    counted = _counted_lines(others) + repeats
    room = height - len(lines) - len(counted) - len(gap) - len(last)
    if room >= min(len(printed), _LEAST_PRINTED):
        return [*lines, *counted, *_printed(report, width, room), *gap, *last]
    # Nothing fits: then what can be seen without scrolling is the failure, and no row above its end is empty.
    return [*filter(None, [*lines, *failed]), *hints, "", *counted, *printed]


def newest_hint(state: WatchState, lines: Sequence[str], width: int) -> tuple[int, int]:
    """Where the hint that was opened last stands among the lines of `work_lines`: the first, and past the end.

    Both are 0 where no hint is shown.
    """
    shown, before = _hint_lines(state, width)[1:], hint_lines(state.hints[:-1], width)
    if not shown or shown[0] not in lines:
        return 0, 0
    first = lines.index(shown[0])
    return first + len(before), first + len(shown)


def _head(state: WatchState, report: Report | None, file_state: FileState, width: int) -> str:
    """The exercise, where it stands as far as there is room, and how many of its checks pass."""
    name = state.current.exercise.name + (_(" (bonus)") if state.current.exercise.extra else "")
    readable = file_state is FileState.READABLE
    unread = report is not None and not report.is_graded
    number = state.line_of_current() if readable and not unread else None
    line = "" if number is None else f":{number}"
    wheres = (f"{state.shown_path}{line}", f"{state.path.name}{line}", "")
    left = next((text for where in wheres if width_of(text := f"{name}   {where}") <= width), name)
    # What was found in a file that is gone, or that Python cannot read, says nothing of the one that is awaited.
    told = report if readable and not unread else None
    results = results_of(told, state.current.exercise.name) if told is not None else ()
    passed = sum(result.outcome is Outcome.PASSED for result in results)
    right = _("{passed} of {checks} checks").format(passed=passed, checks=len(results)) if results else ""
    if right and width_of(left) + width_of(right) + 3 <= width:
        return pad(left, width - width_of(right)) + right
    return fit(left.rstrip(), width)


def _error_lines(state: WatchState, report: Report, width: int) -> list[str]:
    """Why nothing could be judged, and where; what to do stands below, and here nobody has to run a command."""
    said = "\n".join(trouble_lines(report, step=False)).replace(str(state.path), state.shown_path)
    first, *others = clean(said).splitlines()
    lines = wrap(_("error: {line}").format(line=first), width, indent="  ", first="", cut=False)
    return lines + [line for other in others for line in wrap(other.strip(), width, indent="  ", cut=False)]


def _breach_lines(report: Report, name: str, width: int) -> list[str]:
    """A line for each rule that the current exercise breaks, with what to use instead."""
    lines: list[str] = []
    for breach in report.breaches:
        if name in breach.exercises:
            text = _("{place}: {name} may not be used here: {why}").format(
                place=place_words(breach.place), name=breach.name, why=refusal_words(breach)
            )
            lines += wrap(clean_line(text), width, indent=" " * _LEAD, first=pad(_("FAIL"), _LEAD))
    return lines


def _told_lines(results: Sequence[CheckResult], width: int, details: bool) -> list[str]:
    """A line for each check that was run; those that were not are one line, with `details` each and why."""
    lines: list[str] = []
    waiting = 0
    for result in results:
        if result.outcome is Outcome.NOT_RUN and not details:
            waiting += 1
            continue
        lines += _title_lines(result, width)
        if details and result.outcome is Outcome.FAILED:
            lines += ["", *_card_lines(result, width), ""]
        elif result.outcome is Outcome.NOT_RUN:
            lines += wrap(clean_line(reason(result), 200), width, indent=" " * _LEAD)
    return lines + (
        [pad(_("not run"), _LEAD) + _("{checks}; d says why").format(checks=_checks(waiting))]
        if waiting
        else []
    )


def _counted_lines(results: Sequence[CheckResult]) -> list[str]:
    """The same as numbers."""
    counts = {outcome: sum(result.outcome is outcome for result in results) for outcome in Outcome}
    lines = [pad(_("ok"), _LEAD) + _checks(counts[Outcome.PASSED])] if counts[Outcome.PASSED] else []
    if counts[Outcome.NOT_RUN]:
        lines.append(
            pad(_("not run"), _LEAD)
            + _("{checks}; d says why").format(checks=_checks(counts[Outcome.NOT_RUN]))
        )
    if counts[Outcome.FAILED]:
        lines.append(
            pad(_("FAIL"), _LEAD)
            + _("{checks} more; d shows them").format(checks=_checks(counts[Outcome.FAILED]))
        )
    return lines


def _failure_lines(failure: CheckResult | None, width: int, *, plots: bool) -> list[str]:
    """The first failure whole; nothing where there is none."""
    if failure is None:
        return []
    return [*_title_lines(failure, width), "", *_card_lines(failure, width, plots=plots)]


def _checks(count: int) -> str:
    """A number of checks, with the word in the right number."""
    return ngettext("{number} check", "{number} checks", count).format(number=count)


def _title_lines(result: CheckResult, width: int, word: str = "") -> list[str]:
    """Args:
    word: stands in front instead of the outcome, as `to do` for an untouched exercise.
    """
    lead = pad(_(word or _WORDS[result.outcome]), _LEAD)
    return wrap(clean_line(translate(result.title)), width, indent=" " * _LEAD, first=lead)


def _card_lines(result: CheckResult, width: int, *, plots: bool = False) -> list[str]:
    """The counterexample; on a narrow screen it begins near the margin, for its tensors need the columns."""
    return card(result, width, " " * (_LEAD if width >= _ROOMY else 2), hint=False, plots=plots)


def _hint_lines(state: WatchState, width: int) -> list[str]:
    """The hints that are open, each under its label; nothing where none is."""
    lines = hint_lines(state.hints, width)
    if lines and state.more_hints:
        more = (
            _("h opens one more hint") if state.has_tried else _("one more hint opens after the next attempt")
        )
        lines += wrap(more, width, indent="  ")
    return ["", *lines] if lines else []


def _printed(report: Report, width: int, rows: int = _PRINTED + 3, *, whole: bool = False) -> list[str]:
    """What the learner's code printed, cleaned, and cut after some lines.

    Args:
        rows: lines that it may take at most, with the one above it that is empty.
        whole: whether lines that are too wide are broken, and not cut; then it may take more rows.
    """
    said = [line for line in clean(report.output).splitlines() if line.strip()]
    if not said:
        return []
    most = min(_PRINTED, len(said) if whole or len(said) <= rows - 2 else rows - 3)
    room = width - 2
    shown = [fit(line, room * (_PRINTED if whole else 1)) for line in said[:most]]
    left = len(said) - most
    more = [_("  … {number} more lines").format(number=left)] if left > 0 else []
    lines = [f"  {part}" for line in shown for part in wrap(line, room)]
    return ["", _("printed by your code:"), *lines, *more]


# --- below both -------------------------------------------------------------------------------------------


def next_step(state: WatchState, *, short: bool = False) -> str:
    """The one thing to do now.

    Files come first: nothing else helps as long as the file cannot be read.

    Args:
        short: whether a file that is there goes by its name alone, for a narrow screen.

    Returns:
        One line, without `next:` in front.
    """
    name, path = state.current.exercise.name, state.shown_path
    match state.file_state:
        case FileState.GONE if state.handed_out != path:  # a notebook: only the script is handed out
            return _("save {path} again, or x brings {script} as it was handed out").format(
                path=path, script=state.handed_out
            )
        case FileState.GONE:
            return _("save {path} again, or x puts it back as it was handed out").format(path=path)
        case FileState.FOLDER:
            return _("move the folder {path} away, then x puts the file back as it was handed out").format(
                path=path
            )
        case FileState.UNREADABLE:
            return _("make the file readable: chmod u+r {path}").format(path=path)
    path = state.path.name if short else path
    if state.shown is not None and not state.shown.is_graded:
        return _("mend {path}, then save it").format(path=path)
    # A verdict that is not whole yet takes no mark away, but its failure is on the screen.
    if state.standing.is_done(state.current) and not _has_failed(state.shown, name):
        if state.everything_done():
            return _("everything is solved: b builds the network")
        return _("n goes on to the next exercise")
    if state.shown is None or is_untouched(state.shown, name):
        return _("write {name} in {path}, then save it").format(name=name, path=path)
    return _("fix {name} in {path}, then save it").format(name=name, path=path)


def why_n_stays(state: WatchState) -> str:
    """Why the key to go on does nothing here; nothing where all is solved, for then the next step says so."""
    if state.standing.is_done(state.current) or state.current.exercise.extra:
        return ""
    return _("n goes on once {name} passes; l lists the others").format(name=state.current.exercise.name)


def reset_question(state: WatchState) -> str:
    """What is asked before the current exercise is put back; of a file that is gone nothing can be lost."""
    if state.file_state is FileState.GONE:
        return _("Put {path} back as it was handed out?").format(path=state.handed_out)
    return _("Put {name} back to the stub? A backup is kept.").format(name=state.current.exercise.name)


def _has_failed(report: Report | None, name: str) -> bool:
    """Whether a check of the exercise has failed, as far as the report goes."""
    return report is not None and any(r.outcome is Outcome.FAILED for r in results_of(report, name))


# --- colours ----------------------------------------------------------------------------------------------


def painted(lines: Iterable[str]) -> Text:
    """The lines, the word that each opens or ends with in its colour.

    The word alone says it all, so nothing is lost without colours, or to somebody who cannot tell them apart.
    """
    return Text("\n", no_wrap=True).join(map(_painted_line, lines))


def _painted_line(line: str) -> Text:
    """One line with its colours; the current exercise is bold."""
    drawn = Text(line, style="bold" if line.startswith(">") else "")
    if os.environ.get("NO_COLOR"):
        return drawn
    for word, colour in _COLOURS.items():
        said = _(word)
        if line.startswith(said if said.endswith("：") else f"{said} "):
            drawn.stylize(colour, 0, len(said))
    if line.endswith(" ok"):
        drawn.stylize(_COLOURS["ok"], len(line) - 2)
    return drawn
