"""Turn a Report into the lines a learner reads on a terminal.

The text of a card, the lines under a failed check, is made by `card.py`, and by `reasons.reason` for its first
sentence. Pages and notebooks show the same words through html/cards.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from grader.language import gettext as _
from grader.language import ngettext, translate
from grader.records import Breach, Cause, CheckResult, ExerciseScore, Outcome, Report
from grader.report.card import card
from grader.report.reasons import note_words, place_words, reason, trouble_lines
from grader.report.refusals import refusal_words
from grader.text import clean, clean_line, fit, pad, points, width_of, wrap

# Words that open a line, as the code knows them; `_` says them.
_COLOURED = (
    ("ok", "32"),
    ("FAIL", "31"),
    ("not run", "33"),
    ("to do", "36"),
    ("next:", "1"),
    ("error:", "31"),
)
_COLOURS = dict(_COLOURED)
FAILING = "FAIL"
WORDS = {Outcome.PASSED: "ok", Outcome.FAILED: "FAIL", Outcome.NOT_RUN: "not run"}
_CHECK_COLUMN = 11  # where the title of a check and its card begin
_NAME_COLUMN = 9  # as wide as the longest word and two spaces
_OUTPUT_LINES = 8
_BY_ANOTHER = (Cause.WAITING, Cause.BARRED)  # the cause stands above, with its own line
_NOTES = 2
_NOTES_ALWAYS = 12


@dataclass(frozen=True)
class Style:
    """How to write.

    Args:
        width: columns of the terminal; no line is longer, apart from commands that are there to be copied.
        colour: whether colour may repeat what the words say. Words carry the meaning in any case.
        cards: how many failures of the exercise in focus are shown whole; the rest have a line each. With more than one
            all other exercises that fail are shown too.
        plots: whether functions are drawn, which nobody can be read out.
    """

    width: int = 80
    colour: bool = False
    cards: int = 1
    plots: bool = True

    def paint(self, word: str) -> str:
        """`word` in its colour, where colour is on."""
        return f"\x1b[{_COLOURS[word]}m{_(word)}\x1b[0m" if self.colour and word in _COLOURS else _(word)


def render(report: Report, style: Style | None = None, step: Step | None = None) -> str:
    """The whole report: a line per exercise, the points, the checks of the first unsolved one, and the next step.

    What is to be read first stands last, where the eye is when the command ends: the failure, and what to do.

    Args:
        report: what was found; its text may come from a learner and is cleaned here.
        style: how to write; by default 80 columns without colour.
        step: what to do now, where that is another than the report alone can say.

    Returns:
        Lines, each ended, ready to be printed.
    """
    style = style or Style()
    lines = [f"{report.chapter}  {clean_line(translate(report.title))}", ""]
    if not report.is_graded:
        lines += [*_error_lines(report, style), ""]
    lines += _lines_of_unreached(report, style)
    focus = focused_exercise(report)
    nothing_ran = all(result.outcome is Outcome.NOT_RUN for result in report.checks)
    shown = () if not report.is_graded and nothing_ran else report.exercises
    for score in shown:
        lines += _exercise_lines(report, score, focus, style)
    lines += [""] if shown else []
    lines += _side_notes(report, style)
    alone = len(shown) == 1  # then the line of the exercise says all that a sum and a heading could say
    lines += [] if alone else [tally(report)]
    whole = _shown_whole(report, shown, focus, style)
    for name in whole:
        lines += [*([] if alone else ["", name]), *_focus_lines(report, name, style)]
    lines += [""] if whole else []
    step = next_step(report) if step is None else step
    lines += step.lines(style.width) if step is not None else []
    return "\n".join(_paint_first(line, style) for line in lines) + "\n"


def _shown_whole(report: Report, shown: Sequence[ExerciseScore], focus: str, style: Style) -> list[str]:
    """The exercises whose checks are listed: the one to work on, and before it all that fail, where all are wanted."""
    failing = [score.name for score in shown if exercise_word(report, score) == FAILING]
    others = [name for name in failing if name != focus and _has_failed(report, name)]
    return (others if style.cards > 1 else []) + [name for name in failing if name == focus]


def _has_failed(report: Report, exercise: str) -> bool:
    """Whether a check of the exercise ran and failed; a rule that it breaks stands beside it already."""
    return any(result.outcome is Outcome.FAILED for result in results_of(report, exercise))


def tally(report: Report) -> str:
    """Checks and points in one line."""
    # Extras are told apart: they are on top of the points, and no score counts them.
    passed = sum(result.outcome is Outcome.PASSED for result in report.checks)
    bonus = sum(score.points for score in report.exercises if score.extra)
    scored = checks_and_points(passed, len(report.checks), report.points, report.max_points)
    return scored + (_(", {bonus} bonus").format(bonus=points(bonus)) if bonus else "")


def checks_and_points(passed: int, checks: int, reached: float, most: float) -> str:
    """How many checks pass, and the points for it."""
    return _("{passed} of {checks} checks, {points}").format(
        passed=passed, checks=checks, points=points_of(reached, most)
    )


def points_of(reached: float, most: float) -> str:
    """Points, and out of how many."""
    return _("{points} of {most} points").format(points=points(reached, most), most=points(most))


def focused_exercise(report: Report) -> str:
    """The exercise to work on: the first started one that is not whole, else the first one untouched.

    Extras come after all others. Empty where everything is whole.
    """
    open_ones = [s for s in report.exercises if not is_whole(report, s) and not s.extra]
    open_ones += [s for s in report.exercises if not is_whole(report, s) and s.extra]
    started = [score.name for score in open_ones if not is_untouched(report, score.name)]
    return started[0] if started else (open_ones[0].name if open_ones else "")


def is_whole(report: Report, score: ExerciseScore) -> bool:
    """Whether every check of the exercise passed and no rule was broken in it."""
    results = results_of(report, score.name)
    barred = any(score.name in breach.exercises for breach in report.breaches)
    return bool(results) and not barred and all(r.outcome is Outcome.PASSED for r in results)


def is_untouched(report: Report, exercise: str) -> bool:
    """Whether the exercise still is the stub: nothing passed, and what failed says it is to be written."""
    results = results_of(report, exercise)
    failed = [r for r in results if r.outcome is Outcome.FAILED]
    nothing_passed = not any(r.outcome is Outcome.PASSED for r in results)
    return nothing_passed and bool(failed) and all(r.is_unwritten for r in failed)


def results_of(report: Report, exercise: str) -> tuple[CheckResult, ...]:
    """The check results of one exercise, in the order of its checks."""
    return tuple(result for result in report.checks if result.exercise == exercise)


@dataclass(frozen=True)
class Step:
    """The one thing to do now, and the command that follows it."""

    what: str
    command: str = ""

    def __str__(self) -> str:
        if not self.command:
            return self.what
        return _("{what}, then run: {command}").format(what=self.what, command=self.command)

    def lines(self, width: int) -> list[str]:
        """The last lines of a report. The command stays on one line, for it is there to be copied."""
        whole = _("next: {step}").format(step=clean_line(str(self)))
        if not self.command or width_of(whole) <= width:
            return wrap(whole, width, indent=" " * width_of(_("next: ")), first="", cut=False)
        what = wrap(
            _("next: {step},").format(step=clean_line(self.what)),
            width,
            indent=" " * width_of(_("next: ")),
            first="",
            cut=False,
        )
        return [*what, _("      then run: {command}").format(command=clean_line(self.command))]


def next_step(report: Report, exercise: str = "") -> Step | None:
    """What to do about a report; None where nothing is left, or where the problem says it itself.

    Args:
        exercise: the one that was asked for alone, so that the command asks for it alone again.
    """
    command = f"brick check {_typed(report)}" + (f" {exercise}" if exercise else "")
    if report.problem is not None and report.problem.next_step:
        return None
    if not report.is_graded:
        return Step(_("mend the file"), command)
    name = focused_exercise(report)
    if not name:
        return None
    if is_untouched(report, name):
        return Step(_("write {name} in {path}").format(name=name, path=report.path), command)
    breach = next((b for b in report.breaches if name in b.exercises), None)
    if breach is not None:
        return Step(
            _("write {name} without {barred} in {path}").format(
                name=name, barred=breach.name, path=report.path
            ),
            command,
        )
    return Step(_("fix {name} in {path}").format(name=name, path=report.path), command)


def _typed(report: Report) -> str:
    """What to type for this file: the chapter's label, or the path if it lies elsewhere than in the workspace."""
    usual = {
        f"{folder}{report.chapter}{suffix}" for folder in ("exercises/", "") for suffix in (".py", ".ipynb")
    }
    return report.chapter.split("_", 1)[0] if report.path in usual else report.path


# --- parts ------------------------------------------------------------------------------------------------


def _paint_first(line: str, style: Style) -> str:
    """Colour the word a line opens with; the width was measured before."""
    stripped = line.lstrip(" ")
    for word in _COLOURS:
        said = _(word)
        if stripped == said or stripped.startswith(said if said.endswith("：") else f"{said} "):
            lead = line[: len(line) - len(stripped)]
            return lead + style.paint(word) + stripped[len(said) :]
    return line


def _error_lines(report: Report, style: Style) -> list[str]:
    """Why nothing could be judged, its parts under one another; a path is not broken, so that it can be copied."""
    lines: list[str] = []
    indent = " " * width_of(_("  where: {where}").format(where=""))
    for number, line in enumerate(clean("\n".join(trouble_lines(report))).splitlines()):
        text = line if number else _("error: {line}").format(line=line)
        lines += wrap(text, style.width, indent=indent, first="", cut=False)
    return lines


def _lines_of_unreached(report: Report, style: Style) -> list[str]:
    """What the rules do not allow in code that no exercise reaches."""
    lines: list[str] = []
    for breach in report.breaches:
        if not breach.exercises:
            lines += _check_line(Outcome.FAILED, _breach_words(breach), style)
    return [*lines, ""] if lines else []


def _breach_words(breach: Breach) -> str:
    """Where something stands that the rules do not allow, and why."""
    return _("{place}: {name} may not be used here: {why}").format(
        place=breach_place(breach), name=breach.name, why=refusal_words(breach)
    )


def _breaches_beside(report: Report, exercise: str, focus: str) -> list[str]:
    """What bars an exercise; the reason once, at the first that reaches it, or with the checks of the one in focus."""
    words = []
    for breach in report.breaches:
        if exercise in breach.exercises:
            first = exercise == breach.exercises[0] and focus not in breach.exercises
            words.append(_breach_words(breach) if first else f"{breach_place(breach)}{_(': ')}{breach.name}")
    return words


def breach_place(breach: Breach) -> str:
    """Where a breach stands, in the words of the file it is in."""
    return place_words(breach.place)


def _exercise_lines(report: Report, score: ExerciseScore, focus: str, style: Style) -> list[str]:
    """One exercise: its state and points, and what bars it."""
    results = results_of(report, score.name)
    word = exercise_word(report, score)
    passed = sum(r.outcome is Outcome.PASSED for r in results)
    left = "  " + pad(_(word), _NAME_COLUMN) + score.name + (_(" (bonus)") if score.extra else "")
    right = checks_and_points(passed, len(results), score.points, score.max_points)
    gap = style.width - width_of(left) - width_of(right)
    below = wrap(right, style.width, indent=" " * (2 + _NAME_COLUMN))
    lines = [left + " " * gap + right] if gap >= 2 else [left, *below]
    for words in _breaches_beside(report, score.name, focus) if word != "ok" else ():
        lines += wrap(clean_line(words), style.width, indent=" " * (2 + _NAME_COLUMN))
    return lines


def exercise_word(report: Report, score: ExerciseScore) -> str:
    """How an exercise stands: ok, FAIL, to do or not run. `_` says it in the language that is spoken."""
    if is_whole(report, score):
        return "ok"
    if is_untouched(report, score.name):
        return "to do"
    started = any(r.outcome is not Outcome.NOT_RUN for r in results_of(report, score.name))
    barred = any(score.name in breach.exercises for breach in report.breaches)
    return FAILING if started or barred else "not run"


def _focus_lines(report: Report, focus: str, style: Style) -> list[str]:
    """What bars the exercise to work on, and its checks."""
    breaches = [breach for breach in report.breaches if focus in breach.exercises]
    lines = [line for one in breaches for line in _check_line(Outcome.FAILED, _breach_words(one), style)]
    return lines + _check_lines(results_of(report, focus), style)


def without_repeats(results: Sequence[CheckResult]) -> tuple[tuple[CheckResult, ...], int]:
    """The results but for those that a missing function fails after the first, and how many these are.

    Where the file does not define it, each law fails for that alone: no law has anything to tell of its own.
    """
    missing: set[str] = set()
    kept: list[CheckResult] = []
    for result in results:
        if result.outcome is Outcome.FAILED and result.cause is Cause.MISSING:
            if result.message in missing:
                continue
            missing.add(result.message)
        kept.append(result)
    return tuple(kept), len(results) - len(kept)


def repeats_words(count: int) -> str:
    """What is said of the checks that were left out."""
    return ngettext(
        "{number} check more, for the same reason", "{number} checks more, for the same reason", count
    ).format(number=count)


def _check_lines(results: Sequence[CheckResult], style: Style) -> list[str]:
    """The checks of an exercise: those that pass, those that were not run, and last the failures with their cards.

    The failure to begin with comes last of all; it alone has the name that others share with it.
    """
    results, left_out = without_repeats(results)
    failed = [result for result in results if result.outcome is Outcome.FAILED]
    cards, rest = failed[: style.cards], failed[style.cards :]
    lines: list[str] = []
    for result in results:
        if result.outcome is Outcome.PASSED:
            lines += _check_line(result.outcome, translate(result.title), style)
    lines += _waiting_lines([r for r in results if r.outcome is Outcome.NOT_RUN], style)
    for result in rest:
        lines += _check_line(result.outcome, translate(result.title), style)
    lines += _check_line(Outcome.FAILED, repeats_words(left_out), style) if left_out else []
    told = [replace(r, diagnosis="") if r.diagnosis == cards[0].diagnosis else r for r in cards[1:]]
    for result in reversed([*cards[:1], *told]):
        lines += failed_lines(result, style)
    return lines


def failed_lines(result: CheckResult, style: Style) -> list[str]:
    """A failed check on a terminal: its law, and the card below it."""
    law = _check_line(result.outcome, translate(result.title), style)
    return law + card(result, style.width, indent=" " * _CHECK_COLUMN, plots=style.plots)


def _check_line(outcome: Outcome, text: str, style: Style) -> list[str]:
    lead = "  " + pad(_(WORDS[outcome]), _NAME_COLUMN)
    return wrap(clean_line(text, 400), style.width, indent=" " * _CHECK_COLUMN, first=lead)


def _waiting_lines(results: Sequence[CheckResult], style: Style) -> list[str]:
    """Checks that were not run, all with the same reason in one line: what they wait for is among the failures."""
    reasons: dict[str, int] = {}
    for result in results:
        why = _("waiting for what fails") if result.cause in _BY_ANOTHER else reason(result)
        reasons[why] = reasons.get(why, 0) + 1
    lines: list[str] = []
    for why, count in reasons.items():
        checks = ngettext("{number} check, {why}", "{number} checks, {why}", count)
        lines += _check_line(Outcome.NOT_RUN, checks.format(number=count, why=why), style)
    return lines


def _side_notes(report: Report, style: Style) -> list[str]:
    """What was left out of the file, and what the learner's code printed: enough of both to know of it."""
    lines: list[str] = []
    always = [note for note in report.notes if note.always][:_NOTES_ALWAYS]
    shown = always or report.notes[:_NOTES]
    for note in shown:
        lines += wrap(
            _("note: {note}").format(note=clean_line(note_words(note))),
            style.width,
            indent="      ",
            first="",
        )
    lines += (
        [_("note: {number} more like these").format(number=len(report.notes) - len(shown))]
        if len(report.notes) > len(shown)
        else []
    )
    printed = [fit(line, style.width - 2) for line in clean(report.output).splitlines() if line.strip()]
    if printed:
        lines += [_("printed by your code:"), *(f"  {line}" for line in printed[:_OUTPUT_LINES])]
        lines += (
            [_("  … {number} more lines").format(number=len(printed) - _OUTPUT_LINES)]
            if len(printed) > _OUTPUT_LINES
            else []
        )
    return [*lines, ""] if lines else []


# --- several reports --------------------------------------------------------------------------------------


def overview(reports: Sequence[Report], style: Style) -> str:
    """One line per chapter, with its state and points, and the sum of them all."""
    lines = []
    for report in reports:
        word = "ok" if report.passed else "to do" if _nothing_written(report) else "FAIL"
        right = points_of(report.points, report.max_points)
        title = clean_line(translate(report.title))
        left = "  " + pad(_(word), _NAME_COLUMN) + pad(report.chapter, 20) + "  " + title
        room = style.width - width_of(right) - 2
        lines.append(pad(fit(left, room), room) + "  " + right)
    solved = sum(report.passed for report in reports)
    total, most = sum(r.points for r in reports), sum(r.max_points for r in reports)
    lines += [
        "",
        _("{solved} of {chapters} chapters, {total} of {most} points").format(
            solved=solved, chapters=len(reports), total=points(total, most), most=points(most)
        ),
    ]
    return "\n".join(_paint_first(line, style) for line in lines) + "\n"


def _nothing_written(report: Report) -> bool:
    return report.is_graded and all(is_untouched(report, score.name) for score in report.exercises)


# --- tables -----------------------------------------------------------------------------------------------


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]], width: int) -> list[str]:
    """Columns with the first to the left and the rest to the right; the first gives way where space is short.

    Args:
        header: a word over each column.
        rows: cells, as many in each row as there are columns; they are cleaned here.
        width: columns of the terminal. Other columns are never cut, so a table of many may be wider.
    """
    cells = [tuple(clean_line(cell) for cell in row) for row in (header, *rows)]
    widths = [max(width_of(row[i]) for row in cells) for i in range(len(header))]
    rest = sum(widths[1:]) + 2 * (len(widths) - 1)
    widths[0] = max(8, min(widths[0], width - rest))
    lines = []
    for row in cells:
        first = pad(fit(row[0], widths[0]), widths[0])
        others = ["  " + " " * (w - width_of(c)) + c for c, w in zip(row[1:], widths[1:], strict=True)]
        lines.append((first + "".join(others)).rstrip())
    return lines
