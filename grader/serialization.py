"""Turn a Report into JSON that other programs read, and back."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import msgspec

from grader.records import Adjustment, HandIn, LearnerResult, Outcome, Report
from grader.text import clean

# Reports of other schemas are refused, so whatever changes the meaning of a field counts this up.
SCHEMA = "brickwork/report/v2"
LEARNER_SCHEMA = "brickwork/learner/v1"


def as_dict(report: Report) -> dict[str, Any]:
    """The report as plain values: a key per field of the records, totals first.

    Every text is cleaned, since a learner could have written it; `report` itself keeps what was written.
    """
    passed = sum(result.outcome is Outcome.PASSED for result in report.checks)
    totals = {
        "schema": SCHEMA,
        "passed": report.passed,
        "points": report.points,
        "max_points": report.max_points,
        "checks_passed": passed,
        "checks_listed": len(report.checks),
    }
    cleaned = _cleaned(totals | msgspec.to_builtins(report))
    assert isinstance(cleaned, dict)
    return cleaned


def as_learner_dict(result: LearnerResult) -> dict[str, Any]:
    """All reports of one learner as plain values."""
    return {
        "schema": LEARNER_SCHEMA,
        "learner": clean(result.learner),
        "passed": result.passed,
        "points": result.points,
        "max_points": result.max_points,
        "missing": [stem for stem, _ in result.missing],
        "ungraded": [stem for stem, _ in result.ungraded],
        "excused": list(result.excused),
        "hand_ins": [_hand_in(hand_in) for hand_in in result.hand_ins],
        "adjustments": [as_plain(adjustment) for adjustment in result.adjustments],
        "reports": [as_dict(report) for report in result.reports],
    }


def as_plain(adjustment: Adjustment) -> dict[str, Any]:
    """A decision as plain values, times in ISO's form."""
    cleaned = _cleaned(msgspec.to_builtins(adjustment))
    assert isinstance(cleaned, dict)
    return cleaned


def _hand_in(hand_in: HandIn) -> dict[str, Any]:
    """The plain values of a hand-in; the offset of its time stays as it was given, UTC's as +00:00."""
    time = None if hand_in.time is None else hand_in.time.isoformat()
    return asdict(hand_in) | {"time": time}


def dumps(value: dict[str, Any]) -> str:
    """One JSON document, readable and strict: no NaN, which msgspec would write as null."""
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {key: _cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    return value


def from_dict(data: dict[str, Any]) -> Report:
    """The Report that `as_dict` wrote.

    Raises:
        ValueError: it is of another schema, lacks a field, or a value is not of its field's type.
    """
    if data.get("schema") != SCHEMA:
        raise ValueError(f"expected schema {SCHEMA}, found {data.get('schema')!r}")
    missing = Report.__dataclass_fields__.keys() - data.keys()
    if missing:  # a default would pass for a verdict
        raise ValueError(f"no {', '.join(sorted(missing))} in the report")
    try:
        return msgspec.convert(data, Report)
    except msgspec.ValidationError as error:  # a ValueError itself in newer releases only
        raise ValueError(str(error)) from error
