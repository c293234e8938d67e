"""Turn check results into HTML fragments that look right wherever they are put: notebook, editor, page.

What stands in them is decided here, field by field; how it looks is decided by the templates beside this module.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from markupsafe import Markup

from grader.language import gettext as _
from grader.language import translate
from grader.records import Breach, CheckResult, Counterexample, ExerciseScore, Outcome, Report
from grader.report.html.pictures import picture_of
from grader.report.html.rendering import cut, fill, stylesheet
from grader.report.html.values import mark_worst
from grader.report.reasons import BARRED, likeness_words, reason, trouble_lines, worst_words
from grader.report.refusals import refusal_words
from grader.report.terminal import (
    WORDS,
    breach_place,
    exercise_word,
    is_untouched,
    repeats_words,
    results_of,
    without_repeats,
)
from grader.text import clean_line

VALUE_CHARS, MESSAGE_CHARS, CODE_CHARS = 1000, 1000, 3000


@dataclass(frozen=True)
class Card:
    """A check as it is shown; every text is cleaned and cut already, and is escaped by the template.

    Args:
        word: how it went: ok, FAIL, not run.
        title: the law.
        message: what is wrong.
        code: the calls that led there, with an import before them where they can be pasted and run.
        got, expected: in three parts each, the worst entry in the middle.
        worst: how far off that entry is.
        picture: both curves, or where and how far both values differ, as an inline drawing; empty where it would
            say no more than the text.
        diagnosis: the known mistake with the same results, or nearly.
        likeness: which of both, in words.
        replay: what is typed after `brick replay`; empty where that command does not know the failure.
        hint: where to look.
    """

    word: str
    title: str
    message: str
    code: str = ""
    got: tuple[str, str, str] = ("", "", "")
    expected: tuple[str, str, str] = ("", "", "")
    worst: str = ""
    picture: Markup = field(default_factory=Markup)
    diagnosis: str = ""
    likeness: str = ""
    replay: str = ""
    hint: str = ""


def card_html(result: CheckResult, *, replay: bool = False) -> str:
    """One check with what it found, as a fragment that brings its own style.

    Args:
        replay: name the command that steps into the failing call, where the workspace remembers it.
    """
    return fill("card.html", card=card_of(result, replay=replay), style=stylesheet("brick.css"))


def exercise_html(report: Report, exercise: str, *, replay: bool = False) -> str:
    """One exercise with all its checks, as a fragment that brings its own style.

    Raises:
        KeyError: the report has no such exercise.
    """
    shown = exercise_of(report, exercise, replay=replay)
    return fill("exercise.html", exercise=shown, style=stylesheet("brick.css"))


def card_of(result: CheckResult, *, replay: bool = False) -> Card:
    """What a card shows, in the order and the words of the one on the terminal."""
    word, title = WORDS[result.outcome], clean_line(translate(result.title))
    message = cut(reason(result), MESSAGE_CHARS)
    if result.outcome is not Outcome.FAILED:
        return Card(word, title, message)
    example = result.counterexample or Counterexample()
    got, expected = clean_line(example.got, VALUE_CHARS), clean_line(example.expected, VALUE_CHARS)
    return Card(
        word=word,
        title=title,
        message=message,
        code=_code(example),
        got=mark_worst(got, example.index),
        expected=mark_worst(expected, example.index),
        worst=clean_line(worst_words(example), VALUE_CHARS),
        picture=picture_of(result, got, expected),
        diagnosis=clean_line(translate(result.diagnosis)),
        likeness=likeness_words(result),
        replay=result.replay_id if replay else "",
        hint=clean_line(translate(result.hint)),
    )


def _code(example: Counterexample) -> str:
    """The calls that led to the failure, as lines that run where the learner's code is."""
    calls = [clean_line(call.expression, VALUE_CHARS) for call in example.calls]
    if not calls:
        return ""
    last = example.calls[-1]
    told = last.result == example.got or last.raised
    gives = _("  # gives {result}").format(result=clean_line(last.result, 300))
    came = gives if last.result and not told else ""
    lines = [
        *(["from grader.replay import *"] if example.can_run else []),
        *calls[:-1],
        calls[-1] + came,
    ]
    return cut("\n".join(lines), CODE_CHARS)


@dataclass(frozen=True)
class ShownExercise:
    """An exercise as it is shown.

    Args:
        name, word, score, passed: its heading: how it stands, its points, how many checks passed.
        count: how many checks there are.
        cards: one for each check, in order, but for those that fail for the reason of another.
        repeats: how many these are, in words; empty for none.
        trouble: why none of it counts, or why nothing could be run.
        untouched: whether the stub still stands there.
        first_failure: the number of the card that is open at first; -1 for none.
        folded: whether its checks say no more than its heading: all passed, or none was reached.
        output: the beginning of what the code printed.
        barred: a sentence, where the rules bar it.
    """

    name: str
    word: str
    score: ExerciseScore
    passed: int
    count: int
    cards: tuple[Card, ...]
    repeats: str = ""
    trouble: tuple[str, ...] = ()
    untouched: bool = False
    first_failure: int = -1
    folded: bool = False
    output: str = ""
    barred: str = ""


def exercise_of(report: Report, name: str, *, replay: bool = False) -> ShownExercise:
    """What is shown of one exercise."""
    score = next((found for found in report.exercises if found.name == name), None)
    if score is None:
        raise KeyError(name)
    results = results_of(report, name)
    shown, left_out = without_repeats(results)
    failures = [place for place, result in enumerate(shown) if result.outcome is Outcome.FAILED]
    trouble = [] if report.is_graded else [clean_line(" ".join(trouble_lines(report)), MESSAGE_CHARS)]
    trouble += [breach_words(breach) for breach in report.breaches if name in breach.exercises]
    word = exercise_word(report, score)
    cards = [card_of(result, replay=replay) for result in shown]
    # The trouble is told once; that the checks were not run for it needs no saying at each of them.
    cards = [replace(card, message="") if trouble and card.word == "not run" else card for card in cards]
    untouched = is_untouched(report, name)
    return ShownExercise(
        name=name,
        word=word,
        score=score,
        passed=sum(result.outcome is Outcome.PASSED for result in results),
        count=len(results),
        cards=tuple(cards),
        repeats=repeats_words(left_out) if left_out else "",
        trouble=tuple(trouble),
        untouched=untouched,
        first_failure=failures[0] if failures else -1,
        folded=untouched or not failures,
        output=printed(report.output),
        barred=_(BARRED) if score.barred else "",
    )


def breach_words(breach: Breach) -> str:
    """A breach of the rules in one sentence."""
    return clean_line(
        _("{place}: {name} may not be used here: {why}").format(
            place=breach_place(breach), name=breach.name, why=refusal_words(breach)
        ),
        400,
    )


def printed(output: str, lines: int = 40) -> str:
    """The beginning of what the code printed, empty lines left out, and how much more there was."""
    written = [line.rstrip() for line in cut(output, 70_000).splitlines() if line.strip()]
    shown = [line if len(line) <= 200 else line[:199] + "…" for line in written[:lines]]
    shown += [_("… {number} more lines").format(number=len(written) - lines)] if len(written) > lines else []
    return "\n".join(shown)
