"""Turn the last failing example into text a person can read and paste."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grader.checking.formatting import is_code, shown_value
from grader.records import Counterexample, RecordedCall
from grader.sandbox.handles import Handle
from grader.sandbox.proxy import Call

CALLS_SHOWN = 12  # a walk through a DataLoader makes hundreds, and the first and the last ones tell most


def recorded(call: Call) -> RecordedCall:
    """One call as an expression and what came of it.

    Args:
        call: as the proxy recorded it; turned into text only now, since most calls are never read by anybody.
    """
    runs = all(map(is_code, [*call.args, *call.kwargs.values()]))
    if call.op == "set":
        return RecordedCall(call.target + shown_value(call.args[0]), "", runs=runs)
    shown = [shown_value(value) for value in call.args]
    shown += [f"{name}={shown_value(value)}" for name, value in call.kwargs.items()]
    expression = f"{call.target}({', '.join(shown)})"
    if call.raised:
        return RecordedCall(expression, call.raised, raised=True, runs=runs)
    if isinstance(call.result, Handle):
        return RecordedCall(f"{call.result!r} = {expression}", "", runs=runs)
    return RecordedCall(expression, shown_value(call.result), runs=runs)


def build_counterexample(
    inputs: Mapping[str, Any],
    calls: list[Call],
    *,
    got: str = "",
    expected: str = "",
    worst: str = "",
    index: tuple[int, ...] | None = None,
) -> Counterexample:
    """Put the pieces of a failure together, everything in it turned into text.

    Args:
        inputs: what was drawn, by the names of the check's arguments.
        calls: what was asked of the learner, in order; of many the first two and the last ten are kept.
        got, expected, worst, index: see `CheckFailure`.
    """
    kept = calls if len(calls) <= CALLS_SHOWN else calls[:2] + calls[-(CALLS_SHOWN - 2) :]
    return Counterexample(
        inputs=tuple((name, shown_value(value)) for name, value in inputs.items()),
        calls=tuple(recorded(call) for call in kept),
        got=got,
        expected=expected,
        worst=worst,
        left_out=len(calls) - len(kept),
        index=index,
    )
