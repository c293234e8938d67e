"""Turn the last failing example into text a person can read and paste."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from grader.checking.formatting import is_code, shown_value
from grader.records import Counterexample, RecordedCall
from grader.sandbox.example import Call
from grader.sandbox.handles import Handle

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
        inputs: what was drawn, by the names of the check's arguments; shown by those that the learner knows.
        calls: what was asked of the learner, in order; of many the first two and the last ten are kept.
        got, expected, worst, index: see `CheckFailure`.
    """
    kept = calls if len(calls) <= CALLS_SHOWN else calls[:2] + calls[-(CALLS_SHOWN - 2) :]
    return Counterexample(
        inputs=tuple(
            (known, shown_value(part))
            for name, value in inputs.items()
            for known, part in _by_known_names(name, value)
        ),
        calls=tuple(recorded(call) for call in kept),
        got=got,
        expected=expected,
        worst=worst,
        left_out=len(calls) - len(kept),
        index=index,
    )


def _by_known_names(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The parts of what was drawn together, each by its own name: those of `x_and_dim`, and the entries of a table.

    Arguments that depend on each other, such as a tensor and one of its axes, are drawn as one input. The learner wrote
    a function of `x` and `dim`, and knows nothing of that.

    Args:
        name: of the check's argument; a name `x_and_dim` says that the value is a tuple of an `x` and a `dim`.
        value: what was drawn.
    """
    names = name.split("_and_")
    if isinstance(value, tuple) and len(names) == len(value) > 1:
        for part in map(_by_known_names, names, value):
            yield from part
    elif isinstance(value, dict):
        yield from value.items()
    else:
        yield name, value
