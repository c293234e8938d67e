"""Turn a sitting in the workspace into the lines of its two columns."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from rich.text import Text

from grader.records import CheckResult, Outcome, Report
from grader.report.reasons import reason, trouble_lines
from grader.report.terminal import Style, card, is_untouched, results_of
from grader.text import clean, clean_line, fit, pad, points, width_of, wrap
from grader.watch.session import Session
from grader.workspace.hints import LABELS

LIST_WIDTH = 26
_WORDS = {Outcome.PASSED: "ok", Outcome.FAILED: "FAIL", Outcome.NOT_RUN: "not run"}
_COLOURS = {"ok": "green", "FAIL": "red", "not run": "yellow", "to do": "cyan", "error:": "red"}
_LEAD = 8  # as wide as the longest word and a space
_ROOMY = 60  # columns from which a card stands under its title, not at the margin
_PRINTED = 12


# --- to the left ------------------------------------------------------------------------------------------


def list_lines(session: Session, height: int) -> tuple[list[str], int]:
    """Chapters and their exercises, and the line of the current one; where room is short, only its own chapter's."""
    everything = len(session.chapters) + len(session.spots) <= height
    lines: list[str] = []
    here = 0
    for chapter in session.chapters:
        mine = chapter is session.current.chapter
        scored = f"{points(session.points_of(chapter), chapter.points)}/{points(chapter.points)}"
        name = fit(chapter.stem, LIST_WIDTH - width_of(scored) - 1)
        lines.append(pad(name, LIST_WIDTH - width_of(scored)) + scored)
        for spot in (spot for spot in session.spots if spot.chapter is chapter and (mine or everything)):
            current = spot == session.current
            here = len(lines) if current else here
            mark = "ok" if session.is_done(spot) else "+ " if spot.exercise.extra else "  "
            name = fit(spot.exercise.name, LIST_WIDTH - 5)
            lines.append(pad(f"{'>' if current else ' '} {name}", LIST_WIDTH - 2) + mark)
    return lines, here


# --- to the right -----------------------------------------------------------------------------------------


def work_lines(session: Session, width: int, height: int, details: bool) -> list[str]:
    """The current exercise, its checks, the card of the first failure, hints, prints.

    Where they do not all fit, checks that need no reading are counted; with `details` everything is told.
    """
    name, report = session.current.exercise.name, session.shown
    head = [_head(session, report, width), ""]
    if report is None:
        return [*head, "not judged yet"]
    if not report.is_graded:
        said = "\n".join(trouble_lines(report))
        error = wrap(f"error: {clean(said)}", width, indent="  ", first="", cut=False)
        return [*head, *error, *_printed(report, width)]
    lines = [*head, *_breach_lines(report, name, width)]
    rest = _printed(report, width)
    results = results_of(report, name)
    if is_untouched(report, name):
        return [*lines, *(line for r in results for line in _title_lines(r, width, "to do")), *rest]
    told = _check_lines(session, results, width, details)
    if not details and len(lines) + len(told) + len(rest) > height:
        told = _counted_lines(session, results, width)
    return [*lines, *told, *rest]


def _head(session: Session, report: Report | None, width: int) -> str:
    name = session.current.exercise.name
    bonus = " (bonus)" if session.current.exercise.extra else ""
    left = f"{name}{bonus}   {session.shown_path}:{session.line_of_current()}"
    results = results_of(report, name) if report is not None else ()
    passed = sum(result.outcome is Outcome.PASSED for result in results)
    right = f"{passed} of {len(results)} checks" if results else ""
    if right and width_of(left) + width_of(right) + 3 <= width:
        return pad(left, width - width_of(right)) + right
    return fit(left, width)


def _breach_lines(report: Report, name: str, width: int) -> list[str]:
    lines: list[str] = []
    for breach in report.breaches:
        if name in breach.exercises:
            text = f"{breach.place}: {breach.name} may not be used here: {breach.reason}"
            lines += wrap(clean_line(text), width, indent=" " * _LEAD, first=pad("FAIL", _LEAD))
    return lines


def _check_lines(session: Session, results: Sequence[CheckResult], width: int, details: bool) -> list[str]:
    """Every check; the first failure with its card, with `details` each, and why others were not run."""
    lines: list[str] = []
    cards = 0
    for result in results:
        lines += _title_lines(result, width)
        if result.outcome is Outcome.FAILED and (details or cards == 0):
            lines += ["", *_card_lines(result, width)]
            lines += _hint_lines(session, width) if cards == 0 else []
            lines.append("")
            cards += 1
        elif result.outcome is Outcome.NOT_RUN and details:
            lines += wrap(clean_line(reason(result), 200), width, indent=" " * _LEAD)
    return lines if cards else [*lines, *_hint_lines(session, width)]


def _counted_lines(session: Session, results: Sequence[CheckResult], width: int) -> list[str]:
    """The first failure whole, the others as numbers."""
    first = next((result for result in results if result.outcome is Outcome.FAILED), None)
    counts = {o: sum(r.outcome is o for r in results if r is not first) for o in Outcome}
    lines = [pad("ok", _LEAD) + _checks(counts[Outcome.PASSED])] if counts[Outcome.PASSED] else []
    if first is not None:
        lines += [*_title_lines(first, width), "", *_card_lines(first, width)]
    lines += [*_hint_lines(session, width), ""]
    if counts[Outcome.FAILED]:
        lines.append(pad("FAIL", _LEAD) + f"{_checks(counts[Outcome.FAILED])} more; d shows them")
    if counts[Outcome.NOT_RUN]:
        lines.append(pad("not run", _LEAD) + f"{_checks(counts[Outcome.NOT_RUN])}; d says why")
    return lines


def _checks(count: int) -> str:
    return "1 check" if count == 1 else f"{count} checks"


def _title_lines(result: CheckResult, width: int, word: str = "") -> list[str]:
    lead = pad(word or _WORDS[result.outcome], _LEAD)
    return wrap(clean_line(result.title), width, indent=" " * _LEAD, first=lead)


def _card_lines(result: CheckResult, width: int) -> list[str]:
    return card(result, Style(width), " " * (_LEAD if width >= _ROOMY else 2), hint=False)


def _hint_lines(session: Session, width: int) -> list[str]:
    lines: list[str] = []
    for label, text in zip(LABELS, session.hints, strict=False):
        lines += wrap(f"{label}: {clean_line(text)}", width, indent="    ", first="  ")
    if session.more_hints:
        lines += wrap("one more hint opens after the next attempt", width, indent="  ")
    return ["", *lines] if lines else []


def _printed(report: Report, width: int) -> list[str]:
    printed = [fit(line, width - 2) for line in clean(report.output).splitlines() if line.strip()]
    if not printed:
        return []
    more = [f"  … {len(printed) - _PRINTED} more lines"] if len(printed) > _PRINTED else []
    return ["", "printed by your code:", *(f"  {line}" for line in printed[:_PRINTED]), *more]


# --- colours ----------------------------------------------------------------------------------------------


def painted(lines: Iterable[str]) -> Text:
    """The lines, the word that each opens or ends with in its colour; the word alone says it all."""
    return Text("\n", no_wrap=True).join(map(_painted_line, lines))


def _painted_line(line: str) -> Text:
    drawn = Text(line, style="bold" if line.startswith(">") else "")
    if os.environ.get("NO_COLOR"):
        return drawn
    word = next((word for word in _COLOURS if line.startswith(f"{word} ")), "")
    if word:
        drawn.stylize(_COLOURS[word], 0, len(word))
    if line.endswith(" ok"):
        drawn.stylize(_COLOURS["ok"], len(line) - 2)
    return drawn
