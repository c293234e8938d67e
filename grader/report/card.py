"""The card of a failed check on a terminal: what is wrong, the call, both values, the mistake's name, where to look.

A card has at most LINES lines on a terminal of 80 columns, and says nothing twice. The input is shown as the calls that
were made with it, in the learner's own names; a seed that was drawn tells nobody anything. Long numbers are shown
rounded; `brick replay` writes every digit.
"""

from __future__ import annotations

import re

from grader.language import gettext as _
from grader.language import ngettext, translate
from grader.records import CheckResult, Counterexample, Curve, RecordedCall
from grader.report.plot import FEWEST_ROWS, MOST_ROWS, plot
from grader.report.reasons import likeness_words, reason, worst_words
from grader.text import clean, clean_line, fit, pad, width_of, wrap

LINES = 12  # and two for the law above it
# Lines for the calls and for each value, the first that fit; what else a card says is short by itself.
_ROOMS = ((4, 3), (4, 2), (3, 2), (2, 2), (2, 1), (1, 1))
_REASON_LINES, _NAME_LINES, _HINT_LINES = 3, 3, 2
_VALUE_LIMIT = 600
_DIGITS, _MOST_DIGITS = 6, 17
_NUMBER = re.compile(r"(?<![\w.])-?\d+\.\d*(?:e[+-]?\d+)?(?![\w.])")
_DTYPE = re.compile(r", dtype=(torch\.\w+)(?=\))")


def card(
    result: CheckResult,
    width: int,
    indent: str = "",
    hint: bool = True,
    replay: bool = True,
    plots: bool = False,
) -> list[str]:
    """A failure on its smallest input.

    Args:
        result: of a check that failed.
        width: columns of the terminal.
        indent: stands before each line.
        hint: whether to say where to look; elsewhere hints are opened one by one.
        replay: whether to name the command that steps into the call, which knows only the learner's own reports.
        plots: whether a wrong function of one variable is drawn, where there is room for it.
    """
    example = result.counterexample or Counterexample()
    why = _within(_why(result, example), width, indent, _REASON_LINES)
    last: list[str] = []
    if result.diagnosis:
        last += _within(
            _("{likeness}: {diagnosis}").format(
                likeness=likeness_words(result), diagnosis=clean_line(translate(result.diagnosis))
            ),
            width,
            indent,
            _NAME_LINES,
        )
    if replay and result.replay_id:
        last += wrap(
            _("step into it: brick replay {replay_id}").format(replay_id=result.replay_id),
            width,
            indent=indent,
        )
    if hint and result.hint:
        last += _within(
            _("hint: {hint}").format(hint=clean_line(translate(result.hint))), width, indent, _HINT_LINES
        )
    for calls, values in _ROOMS:
        call, both = _call_lines(example, width, indent, calls), _value_lines(example, width, indent, values)
        room = LINES - len(why) - len(call) - len(last)
        shown = call + ((plots and _drawn(result.curve, width, indent, both, room)) or both)
        if len(why) + len(shown) + len(last) <= LINES:
            break
    return [*why, *shown, *last]


def _why(result: CheckResult, example: Counterexample) -> str:
    """What is wrong, and how much of it."""
    words = clean(reason(result)[:_VALUE_LIMIT]).strip()
    return _("; ").join(part for part in (words, clean_line(worst_words(example))) if part)


# --- the call ---------------------------------------------------------------------------------------------


def _call_lines(example: Counterexample, width: int, indent: str, most: int) -> list[str]:
    """The call that failed, after those that led there as far as there is room for them."""
    if not example.calls:
        return []
    last = _shown_call(example.calls[-1], example)
    inner = indent + "      "
    for before in _befores(example):
        lines: list[str] = []
        for number, text in enumerate([*before, last]):
            lines += wrap(text, width, indent=inner + "  ", first=inner if number else indent + _("call: "))
        if len(lines) <= most:
            return lines
    return _within(_("call: {last}").format(last=last), width, indent, most, below=inner)


def _befores(example: Counterexample) -> list[list[str]]:
    """What may stand before the failing call, the most first: all calls, the first one, none."""
    texts = [_shown_call(call) for call in example.calls[:-1]]
    if not texts:
        return [[]]
    skipped = len(texts) - 1 + example.left_out
    # The first call made the object that the last one is about.
    later = ngettext("… {number} call later", "… {number} calls later", skipped)
    first = [texts[0], later.format(number=skipped)]
    whole = [] if example.left_out else [texts]
    return [*whole, first, []] if skipped else [*whole, []]


def _shown_call(call: RecordedCall, example: Counterexample | None = None) -> str:
    """A call as one types it; what came of the failing one where nothing else on the card tells it."""
    text = _without_common_dtype(rounded(clean_line(call.expression, _VALUE_LIMIT)))
    told = example is None or example.got or call.raised or not call.result
    came = "" if told else f" -> {rounded(clean_line(call.result, _VALUE_LIMIT))}"
    return text + (came if width_of(came) <= 60 else "")


def _without_common_dtype(text: str) -> str:
    """A dtype that all tensors have is told once, behind."""
    dtypes = _DTYPE.findall(text)
    if len(dtypes) < 2 or len(set(dtypes)) > 1 or len(dtypes) < text.count("tensor("):
        return text
    return _("{sub}  # all of {dtypes}").format(sub=_DTYPE.sub("", text), dtypes=dtypes[0])


# --- both values ------------------------------------------------------------------------------------------


def _value_lines(example: Counterexample, width: int, indent: str, most: int) -> list[str]:
    """What came beside what should have, on one line where both fit; none for two numbers, which the reason names."""
    if example.index == ():
        return []
    got, expected = shown_apart(
        clean_line(example.got, _VALUE_LIMIT), clean_line(example.expected, _VALUE_LIMIT)
    )
    both = _("got {got}, expected {expected}").format(got=got, expected=expected)
    if got and expected and width_of(indent + both) <= width:
        return [indent + both]
    lines: list[str] = []
    labels = _("got"), _("expected")
    lead = max(map(width_of, labels)) + 2
    for label, value in zip(labels, (got, expected), strict=True):
        if value:
            lines += _within(f"{pad(label, lead)}{value}", width, indent, most, below=indent + " " * lead)
    return lines


def shown_apart(got: str, expected: str) -> tuple[str, str]:
    """Two values, rounded to as many digits as tell them apart, without a dtype that both have."""
    dtypes = set(_DTYPE.findall(got)), set(_DTYPE.findall(expected))
    if dtypes[0] == dtypes[1] and len(dtypes[0]) == 1:
        got, expected = _DTYPE.sub("", got), _DTYPE.sub("", expected)
    for digits in range(_DIGITS, _MOST_DIGITS):
        shown = rounded(got, digits), rounded(expected, digits)
        if shown[0] != shown[1]:
            return shown
    return got, expected


def rounded(text: str, digits: int = _DIGITS) -> str:
    """Code whose numbers have at most so many digits."""
    return _NUMBER.sub(lambda match: _rounded_number(match.group(), digits), text)


def _rounded_number(text: str, digits: int) -> str:
    """A number in fewer digits where that is shorter; it stays a float."""
    shown = f"{float(text):.{digits}g}"
    shown += "" if any(mark in shown for mark in ".en") else ".0"
    return shown if len(shown) < len(text) else text


def _drawn(curve: Curve | None, width: int, indent: str, values: list[str], room: int) -> list[str]:
    """Both functions, below both values if there is room for all of it: the reason names the worst of these.

    Args:
        room: lines there are; nothing is drawn where they are too few.
    """
    if curve is None:
        return []
    kept = values if room - len(values) - 1 >= FEWEST_ROWS else []
    rows = min(MOST_ROWS, room - len(kept) - 1)
    lines = plot(curve, width - width_of(indent), rows) if rows >= FEWEST_ROWS else []
    return [*kept, *(indent + line for line in lines)] if lines else []


# --- lines ------------------------------------------------------------------------------------------------


def _within(text: str, width: int, indent: str, most: int, below: str | None = None) -> list[str]:
    """Text in at most so many lines, with an ellipsis where something was cut.

    Args:
        below: stands before every line but the first; `indent` if left out.
    """
    lines = wrap(text, width, indent=indent if below is None else below, first=indent)
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    return [*lines[: most - 1], last + "…" if width_of(last) < width else fit(f"{last} ", width)]
