"""Turn a Report into JSON that other programs read, and back."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from grader.records import (
    Breach,
    Cause,
    CheckResult,
    Counterexample,
    ExerciseScore,
    HandIn,
    LearnerResult,
    Note,
    Outcome,
    Overrun,
    Problem,
    RecordedCall,
    Refusal,
    Report,
    ReportState,
    SourceLine,
    TimeLimit,
)
from grader.text import clean

SCHEMA = "brickwork/report/v2"
LEARNER_SCHEMA = "brickwork/learner/v1"


def as_dict(report: Report) -> dict[str, Any]:
    """The report as plain values, totals first, every text cleaned."""
    passed = sum(result.outcome is Outcome.PASSED for result in report.checks)
    totals = {
        "schema": SCHEMA,
        "passed": report.passed,
        "points": report.points,
        "max_points": report.max_points,
        "checks_passed": passed,
        "checks_listed": len(report.checks),
    }
    cleaned = _cleaned(totals | asdict(report))
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
        "hand_ins": [_hand_in(hand_in) for hand_in in result.hand_ins],
        "reports": [as_dict(report) for report in result.reports],
    }


def _hand_in(hand_in: HandIn) -> dict[str, Any]:
    time = None if hand_in.time is None else hand_in.time.isoformat()
    return asdict(hand_in) | {"time": time}


def dumps(value: dict[str, Any]) -> str:
    """One JSON document, readable and strict: no NaN, no lone surrogates."""
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
    """The Report that `as_dict` wrote; ValueError for another schema."""
    if data.get("schema") != SCHEMA:
        raise ValueError(f"expected schema {SCHEMA}, found {data.get('schema')!r}")
    fields = {name: data[name] for name in Report.__dataclass_fields__}
    fields["checks"] = tuple(_check_result(item) for item in data["checks"])
    fields["exercises"] = tuple(ExerciseScore(**item) for item in data["exercises"])
    fields["breaches"] = tuple(_breach(item) for item in data["breaches"])
    fields["notes"] = tuple(Note(**{**item, "place": _line(item["place"])}) for item in data["notes"])
    fields["state"] = ReportState(data["state"])
    fields["problem"] = _problem(data["problem"])
    return Report(**fields)


def _check_result(item: dict[str, Any]) -> CheckResult:
    example = item["counterexample"]
    if example is not None:
        inputs = tuple((name, value) for name, value in example["inputs"])
        calls = tuple(RecordedCall(**call) for call in example["calls"])
        example = Counterexample(**{**example, "inputs": inputs, "calls": calls})
    facts = {
        "outcome": Outcome(item["outcome"]),
        "cause": _cause(item["cause"]),
        "line": _line(item["line"]),
        "overrun": _overrun(item["overrun"]),
        "counterexample": example,
    }
    return CheckResult(**{**item, **facts})


def _breach(item: dict[str, Any]) -> Breach:
    facts = {
        "refusal": Refusal(item["refusal"]),
        "exercises": tuple(item["exercises"]),
        "origin": _line(item["origin"]),
    }
    return Breach(**{**item, **facts})


def _problem(item: dict[str, Any] | None) -> Problem | None:
    if item is None:
        return None
    facts = {
        "cause": _cause(item["cause"]),
        "line": _line(item["line"]),
        "overrun": _overrun(item["overrun"]),
    }
    return Problem(**{**item, **facts})


def _line(item: dict[str, Any] | None) -> SourceLine | None:
    return None if item is None else SourceLine(**item)


def _cause(word: str | None) -> Cause | None:
    return None if word is None else Cause(word)


def _overrun(item: dict[str, Any] | None) -> Overrun | None:
    return None if item is None else Overrun(TimeLimit(item["limit"]), item["seconds"])
