"""Turn the facts of a report into the sentences that say why: what a comparison found is worded by the check.

Nothing reads these sentences back. Whoever has to decide something looks at `CheckResult.cause`, `Report.state` and
their particulars; so a sentence can be mended, or said in another language, without changing a verdict.
"""

from __future__ import annotations

from grader.records import (
    Cause,
    CheckResult,
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
    TimeLimit,
)

FAULT = "a fault of the kit, not of the submission"
BARRED = "uses what the rules do not allow"


def reason(result: CheckResult) -> str:
    """Why a check failed, was not run, or carries no weight; empty for one that simply passed."""
    if result.outcome is Outcome.NOT_RUN:
        return _why_not_run(result)
    words = _finding(result)
    if not result.repeatable:
        words = f"not the same twice: the same call gave another answer ({words})"
    if result.gradient is None:
        return words
    how = gradient_words(result.gradient)
    # Whoever mends the way back of a wrong forward mends the wrong place.
    return f"{how}; {words}" if result.gradient.fault is GradientFault.OWN_FORWARD else f"{words}; {how}"


def likeness_words(result: CheckResult) -> str:
    """What stands before the known mistake that a result is given the name of."""
    return "most like" if result.likeness is Likeness.NEAREST else "same result as"


def _finding(result: CheckResult) -> str:
    """What a check that ran has found wrong."""
    match result.cause:
        case Cause.UNWRITTEN if result.function:
            return f"{result.function} is not written yet, and {result.exercise} needs it"
        case Cause.UNWRITTEN:
            return f"{result.exercise} is not written yet"
        case Cause.MISSING:
            # A cell of the notebook that was left out may hold it.
            left_out = f"; {result.line}: {result.explanation}" if result.line else ""
            return f"the file does not define {result.message}{left_out}"
        case Cause.RAISED:
            inside = f" in {result.function}" if result.function else ""
            return f"it raised {result.message}{inside}" + (f", {result.line}" if result.line else "")
        case Cause.BARRED:
            return f"it calls {result.message}, which may not be used here" + (
                f", {result.line}" if result.line else ""
            )
        case Cause.OUT_OF_TIME if result.overrun is not None:
            return _overrun(result.overrun)
        case Cause.UNCHECKABLE:
            return f"not checkable: {result.message}"
    return result.message


def gradient_words(finding: GradientFinding) -> str:
    """How a gradient is wrong; it holds in every case that was tried."""
    match finding.fault:
        case GradientFault.OWN_FORWARD:
            return "it is the gradient of your own forward: mend the forward first"
        case GradientFault.ZERO:
            words = "it is zero everywhere"
        case GradientFault.LAST_DIGITS:
            words = (
                "only its last digits are wrong: was it worked out in float32, or measured by differences?"
            )
        case GradientFault.TRANSPOSED:
            words = "it is the transpose of the right one"
        case GradientFault.FIRST_ROW:
            words = "only its first row is right: does it work for a batch of more than one?"
        case GradientFault.NO_GRAD_OUT:
            words = "grad_out is not multiplied in"
        case GradientFault.MISSING_SUM:
            words = f"a sum over axis {finding.axis} is missing"
        case GradientFault.SCALED:
            words = _factor_words(finding)
    return f"{words}, in every case tried"


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
        name = _SCALES[finding.scale]
        return f"it is the right one {'divided by' if finding.inverse else 'times'} {name}"
    factor = finding.factor or 0.0
    known = {-1.0: "its sign is wrong", 2.0: "it is twice the right one", 0.5: "it is half the right one"}
    near = (words for value, words in known.items() if abs(factor / value - 1) < 1e-6)
    return next(near, f"it is {factor:.4g} times the right one")


def _why_not_run(result: CheckResult) -> str:
    """Why a check never ran; it scores nothing all the same, since it was listed beforehand."""
    match result.cause:
        case Cause.BARRED:
            return f"{result.exercise} {BARRED}"
        case Cause.WAITING:
            return f"first fix: {result.waits_for}"
        case Cause.OUT_OF_TIME if result.overrun is not None and result.overrun.limit is TimeLimit.CHAPTER:
            return _overrun(result.overrun)
        case Cause.LOST if not result.message:
            return f"{result.exercise} gave no answer several times already"
        case None:
            return "the submission could not be judged"
    return _loading(result.cause, result.message, str(result.line or ""), result.overrun)


def _overrun(overrun: Overrun) -> str:
    """Which limit of time was met."""
    match overrun.limit:
        case TimeLimit.CALL:
            return f"no answer within {overrun.seconds:.3g} seconds"
        case TimeLimit.CHECK:
            return f"the checks of one law took over {overrun.seconds:.0f} s"
        case TimeLimit.CHAPTER:
            return f"the chapter's {overrun.seconds:g} s are used up"


def _loading(cause: Cause | None, what: str, line: str, overrun: Overrun | None) -> str:
    """Why a file's definitions did not come to their end."""
    if cause is Cause.RAISED:
        return f"the file raises {what} when it is loaded" + (f", {line}" if line else "")
    return f"the file could not be loaded: {_overrun(overrun) if overrun is not None else what}"


# --- the submission as a whole ----------------------------------------------------------------------------


def trouble(report: Report) -> str:
    """Why a report is not graded, in one line; empty for one that is."""
    problem = report.problem or Problem()
    match report.state:
        case ReportState.GRADED:
            return ""
        case ReportState.KIT_FAULT:
            return FAULT
        case ReportState.BY_HAND:
            return "nothing was graded; a person gave the points"
        case ReportState.UNREADABLE:
            return problem.what
        case ReportState.NOT_LOADED:
            return _loading(problem.cause, problem.what, str(problem.line or ""), problem.overrun)


def trouble_lines(report: Report, *, step: bool = True) -> list[str]:
    """The same with where it is and what to do, where that is known: a line each.

    Args:
        step: whether to say what to do; elsewhere that stands in a place of its own.
    """
    found = [trouble(report)] if not report.is_graded else []
    if report.problem is not None and report.problem.where:
        found.append(f"  where: {report.problem.where}")
    if step and report.problem is not None and report.problem.next_step:
        found.append(f"  next:  {report.problem.next_step}")
    return found


def note_words(note: Note) -> str:
    """What was left out of a submission, and why."""
    return note.why if note.place is None else f"{note.place} is not run: {note.why}"
