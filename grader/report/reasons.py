"""Turn the facts of a report into the sentences that say why: what a comparison found is worded by the check.

Nothing reads these sentences back. Whoever has to decide something looks at `CheckResult.cause`, `Report.state` and
their particulars; so a sentence can be mended, or said in another language, without changing a verdict.
"""

from __future__ import annotations

from grader.language import gettext as _
from grader.language import translate
from grader.records import (
    Cause,
    CheckResult,
    Counterexample,
    GradientFault,
    GradientFinding,
    Likeness,
    Note,
    Outcome,
    Overrun,
    Problem,
    Report,
    ReportState,
    Scale,
    SourceLine,
    TimeLimit,
)

FAULT = "a fault of the kit, not of the submission"
BARRED = "uses what the rules do not allow"
# What Python says of a file that it cannot read, as far as beginners meet it; `translate` where it is shown.
_OF_PYTHON = (
    "invalid syntax",
    "invalid syntax. Perhaps you forgot a comma?",
    "invalid syntax. Maybe you meant {one} or {other} instead of {typed}?",
    "cannot assign to {what} here. Maybe you meant {meant} instead of {typed}?",
    "{bracket} was never closed",
    "unmatched {bracket}",
    "closing parenthesis {closing} does not match opening parenthesis {opening}",
    "closing parenthesis {closing} does not match opening parenthesis {opening} on line {line}",
    "expected an indented block after {what} on line {line}",
    "unexpected indent",
    "unindent does not match any outer indentation level",
    "inconsistent use of tabs and spaces in indentation",
    "unterminated string literal (detected at line {line})",
    "unterminated triple-quoted string literal (detected at line {line})",
    "invalid character {character} ({code})",
    "invalid non-printable character {code}",
    "{what} outside function",
    "{keyword} statement",
    "function definition",
    "class definition",
    "invalid decimal literal",
    "invalid hexadecimal literal",
    "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers",
    "expected ':'",
    "expected '('",
    "expected {token} after {start} expression",
    "expected {token} or {other} block",
    "expected argument value expression",
    "expected default value expression",
    "cannot assign to expression here. Maybe you meant {meant} instead of {typed}?",
    "cannot assign to function call here. Maybe you meant {meant} instead of {typed}?",
    "cannot assign to literal here. Maybe you meant {meant} instead of {typed}?",
    "cannot assign to attribute here. Maybe you meant {meant} instead of {typed}?",
    "cannot assign to subscript here. Maybe you meant {meant} instead of {typed}?",
    "cannot assign to comparison",
    "cannot assign to function call",
    "cannot assign to literal",
    "cannot assign to expression",
    "cannot assign to {name}",
    "cannot delete function call",
    "{word} outside loop",
    "{word} not properly in loop",
    "Missing parentheses in call to {name}. Did you mean {meant}?",
    "positional argument follows keyword argument",
    "positional argument follows keyword argument unpacking",
    "iterable argument unpacking follows keyword argument unpacking",
    "keyword argument repeated: {name}",
    "Generator expression must be parenthesized",
    "non-default argument follows default argument",
    "parameter without a default follows parameter with a default",
    "duplicate argument {name} in function definition",
    "arguments cannot follow var-keyword argument",
    "named arguments must follow bare *",
    "{character} expected after dictionary key",
    "expression expected after dictionary key and {character}",
    "dict unpacking cannot be used in dict comprehension",
    "can't use starred expression here",
    "starred assignment target must be in a list or tuple",
    "illegal target for annotation",
    "bytes can only contain ASCII literal characters",
    "(unicode error) {why}",
    "f-string: {why}",
    "empty expression not allowed",
    "expecting {bracket}",
    "valid expression required before {bracket}",
    "Expected one or more names after {word}",
    "from __future__ imports must occur at the beginning of the file",
    "future feature {name} is not defined",
    "import * only allowed at module level",
    "name {name} is assigned to before global declaration",
    "no binding for nonlocal {name} found",
)


def reason(result: CheckResult) -> str:
    """Why a check failed, was not run, or carries no weight; empty for one that simply passed."""
    if result.outcome is Outcome.NOT_RUN:
        return _why_not_run(result)
    words = _finding(result)
    if not result.repeatable:
        words = _("not the same twice: the same call gave another answer ({words})").format(words=words)
    if result.gradient is None:
        return words
    how = gradient_words(result.gradient)
    # Whoever mends the way back of a wrong forward mends the wrong place.
    parts = (how, words) if result.gradient.fault is GradientFault.OWN_FORWARD else (words, how)
    return _("; ").join(parts)


def likeness_words(result: CheckResult) -> str:
    """What stands before the known mistake that a result is given the name of."""
    return _("most like") if result.likeness is Likeness.NEAREST else _("same result as")


def worst_words(example: Counterexample) -> str:
    """How far off the worst entry is, and how many are off."""
    return _("; ").join(translate(part) for part in example.worst.split("; "))


def _finding(result: CheckResult) -> str:
    """What a check that ran has found wrong."""
    match result.cause:
        case Cause.UNWRITTEN if result.function:
            return _("{function} is not written yet, and {exercise} needs it").format(
                function=result.function, exercise=result.exercise
            )
        case Cause.UNWRITTEN:
            return _("{exercise} is not written yet").format(exercise=result.exercise)
        case Cause.MISSING:
            # A cell of the notebook that was left out may hold it.
            words = _("the file does not define {name}").format(name=result.message)
            if result.line is None:
                return words
            return f"{words}{_('; ')}{place_words(result.line)}{_(': ')}{translate(result.explanation)}"
        case Cause.RAISED:
            inside = _(" in {function}").format(function=result.function) if result.function else ""
            return _("it raised {error}").format(error=result.message) + inside + _at(result.line)
        case Cause.BARRED:
            words = _("it calls {name}, which may not be used here").format(name=result.message)
            return words + _at(result.line)
        case Cause.OUT_OF_TIME if result.overrun is not None:
            return _overrun(result.overrun)
        case Cause.STARVED:
            return _starved()
        case Cause.UNCHECKABLE:
            return _("not checkable: {why}").format(why=translate(result.message))
    return translate(result.message)


def place_words(line: SourceLine) -> str:
    """A line of a file, or of a cell, as its author knows it."""
    if line.cell is None:
        return _("line {line}").format(line=line.line)
    return _("cell {cell}, line {line}").format(cell=line.cell, line=line.line)


def _at(line: SourceLine | None) -> str:
    """Where something happened, behind what happened."""
    return "" if line is None else _(", ") + place_words(line)


def gradient_words(finding: GradientFinding) -> str:
    """How a gradient is wrong; it holds in every case that was tried."""
    match finding.fault:
        case GradientFault.OWN_FORWARD:
            return _("it is the gradient of your own forward: mend the forward first")
        case GradientFault.ZERO:
            words = _("it is zero everywhere")
        case GradientFault.LAST_DIGITS:
            words = _(
                "only its last digits are wrong: was it worked out in float32, or measured by differences?"
            )
        case GradientFault.TRANSPOSED:
            words = _("it is the transpose of the right one")
        case GradientFault.FIRST_ROW:
            words = _("only its first row is right: does it work for a batch of more than one?")
        case GradientFault.NO_GRAD_OUT:
            words = _("grad_out is not multiplied in")
        case GradientFault.MISSING_SUM:
            words = _("a sum over axis {axis} is missing").format(axis=finding.axis)
        case GradientFault.SCALED:
            words = _factor_words(finding)
    return _("{words}, in every case tried").format(words=words)


_SCALES = {
    Scale.BATCH: "the batch size",
    Scale.ENTRIES: "the number of entries",
    Scale.WIDTH: "the length of the last axis",
    Scale.ROOT_OF_WIDTH: "the root of the length of the last axis",
    Scale.KEPT_SHARE: "(1 - p)",
}


def _factor_words(finding: GradientFinding) -> str:
    """The factor between a gradient and the right one, as a number or as what it is in each case."""
    if finding.scale is not None:
        scale = _(_SCALES[finding.scale])
        if finding.inverse:
            return _("it is the right one divided by {scale}").format(scale=scale)
        return _("it is the right one times {scale}").format(scale=scale)
    factor = finding.factor or 0.0
    known = {
        -1.0: _("its sign is wrong"),
        2.0: _("it is twice the right one"),
        0.5: _("it is half the right one"),
    }
    near = (words for value, words in known.items() if abs(factor / value - 1) < 1e-6)
    return next(near, _("it is {factor:.4g} times the right one").format(factor=factor))


def _why_not_run(result: CheckResult) -> str:
    """Why a check never ran; it scores nothing all the same, since it was listed beforehand."""
    match result.cause:
        case Cause.BARRED:
            return f"{result.exercise} {_(BARRED)}"
        case Cause.WAITING:
            return _("first fix: {waits_for}").format(waits_for=translate(result.waits_for))
        case Cause.OUT_OF_TIME if result.overrun is not None and result.overrun.limit is TimeLimit.CHAPTER:
            return _overrun(result.overrun)
        case Cause.STARVED if result.overrun is not None and result.overrun.limit is TimeLimit.CHAPTER:
            return _starved()
        case Cause.GIVEN_UP | Cause.LOST if not result.message:  # lost, by earlier versions
            return _("{exercise} gave no answer several times already").format(exercise=result.exercise)
        case None:
            return _("the submission could not be judged")
    return _loading(result.cause, result.message, result.line, result.overrun)


def _overrun(overrun: Overrun) -> str:
    """Which limit of time was met."""
    match overrun.limit:
        case TimeLimit.CALL:
            return _("no answer within {seconds:.3g} seconds").format(seconds=overrun.seconds)
        case TimeLimit.CHECK:
            return _("the checks of one law took over {seconds:.0f} s").format(seconds=overrun.seconds)
        case TimeLimit.CHAPTER:
            return _("the chapter's {seconds:g} s are used up").format(seconds=overrun.seconds)


def _starved() -> str:
    return _("other work kept its process from a core for ten times its time")


def _loading(cause: Cause | None, what: str, line: SourceLine | None, overrun: Overrun | None) -> str:
    """Why a file's definitions did not come to their end."""
    if cause is Cause.RAISED:
        return _("the file raises {what} when it is loaded").format(what=what) + _at(line)
    if cause is Cause.STARVED:
        why = _starved()
    else:
        why = _overrun(overrun) if overrun is not None else translate(what)
    return _("the file could not be loaded: {why}").format(why=why)


# --- the submission as a whole ----------------------------------------------------------------------------


def trouble(report: Report) -> str:
    """Why a report is not graded, in one line; empty for one that is."""
    problem = report.problem or Problem()
    match report.state:
        case ReportState.GRADED:
            return ""
        case ReportState.KIT_FAULT:
            return _(FAULT)
        case ReportState.BY_HAND:
            return _("nothing was graded; a person gave the points")
        case ReportState.UNREADABLE:
            return translate(problem.what)
        case ReportState.NOT_LOADED:
            return _loading(problem.cause, problem.what, problem.line, problem.overrun)


def trouble_lines(report: Report, *, step: bool = True) -> list[str]:
    """The same with where it is and what to do, where that is known: a line each.

    Args:
        step: whether to say what to do; elsewhere that stands in a place of its own.
    """
    found = [trouble(report)] if not report.is_graded else []
    if report.problem is not None and report.problem.where:
        found.append(_("  where: {where}").format(where=translate(report.problem.where)))
    if step and report.problem is not None and report.problem.next_step:
        found.append(_("  next:  {what}").format(what=translate(report.problem.next_step)))
    return found


def note_words(note: Note) -> str:
    """What was left out of a submission, and why."""
    why = translate(note.why)
    return (
        why
        if note.place is None
        else _("{place} is not run: {why}").format(place=place_words(note.place), why=why)
    )
