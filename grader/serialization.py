"""Turn a Report into JSON that other programs read, and back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from grader.records import (
    Adjustment,
    CheckResult,
    ExerciseScore,
    HandIn,
    LearnerResult,
    Outcome,
    Report,
)
from grader.text import clean

# Reports of other schemas are refused, so whatever changes the meaning of a field counts this up.
SCHEMA = "brickwork/report/v2"
LEARNER_SCHEMA = "brickwork/learner/v2"
FILE_SCHEMA = "brickwork/learner-file/v1"
FILE_REPORT_SCHEMA = "brickwork/short-report/v1"
CHECKS_SCHEMA = "brickwork/checks/v1"
CHECKS_FOLDER = "checks"  # beside the learners' files


def _usual_in(record: type[CheckResult | ExerciseScore]) -> dict[str, Any]:
    return {
        field.name: msgspec.to_builtins(field.default)
        for field in fields(record)
        if field.default is not MISSING
    }


# What a check's result, or a score, says where nothing is known; in what is kept on a disk it is left out.
_USUAL, _USUAL_SCORE = _usual_in(CheckResult), _usual_in(ExerciseScore)
# What is the same in a whole class stands in a file of its own, and not in every learner's.
_OF_THE_CHECK = ("exercise", "title", "weight", "hint")
# A learner's file does not hold what the inputs are drawn from: whoever has it can compute them.
_ELSEWHERE = frozenset({"name", "seconds", "seed", *_OF_THE_CHECK})


def as_dict(report: Report) -> dict[str, Any]:
    """The report as plain values: a key per field of the records, totals first.

    Every text is cleaned, since a learner could have written it; `report` itself keeps what was written.
    """
    return _head(report) | {"checks": [_in_full(result) for result in report.checks]}


def _in_full(result: CheckResult) -> dict[str, Any]:
    """What a check found, a key per field: of what was read from a disk, msgspec writes only what stood there."""
    plain = as_plain(result)
    return {field.name: plain.get(field.name, _USUAL.get(field.name)) for field in fields(CheckResult)}


def _head(report: Report) -> dict[str, Any]:
    """The report as plain values, its checks left out."""
    passed = sum(result.outcome is Outcome.PASSED for result in report.checks)
    totals = {
        "schema": SCHEMA,
        "passed": report.passed,
        "points": report.points,
        "max_points": report.max_points,
        "checks_passed": passed,
        "checks_listed": len(report.checks),
    }
    cleaned = _cleaned(totals | msgspec.to_builtins(replace(report, checks=())))
    assert isinstance(cleaned, dict)
    return cleaned


def as_learner_dict(result: LearnerResult) -> dict[str, Any]:
    """All reports of one learner as plain values."""
    return _learner_head(result) | {"reports": [as_dict(report) for report in result.reports]}


def _learner_head(result: LearnerResult) -> dict[str, Any]:
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
    }


def as_plain(record: Adjustment | CheckResult) -> dict[str, Any]:
    """A decision, or what a check found, as plain values, times in ISO's form."""
    cleaned = _cleaned(msgspec.to_builtins(record))
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
    _refuse_others(data, data.get("schema"))
    try:
        return msgspec.convert(data, Report)
    except msgspec.ValidationError as error:  # a ValueError itself in newer releases only
        raise ValueError(str(error)) from error


def _refuse_others(data: Mapping[str, Any], schema: object) -> None:
    if schema != SCHEMA:
        raise ValueError(f"expected schema {SCHEMA}, found {schema!r}")
    missing = Report.__dataclass_fields__.keys() - data.keys()
    if missing:  # a default would pass for a verdict
        raise ValueError(f"no {', '.join(sorted(missing))} in the report")


# --- what turned bad on a disk ----------------------------------------------------------------------------

_SEAL = "sha256"


def sealed(values: dict[str, Any]) -> dict[str, Any]:
    """Plain values with a hash of them: a bad byte may leave JSON in which another number stands."""
    return values | {_SEAL: _seal_of(values)}


def unsealed(values: Any) -> dict[str, Any]:
    """The plain values that were sealed; earlier versions of the kit sealed nothing.

    Args:
        values: as they were read.

    Raises:
        ValueError: they are not what was written.
    """
    if not isinstance(values, dict):
        raise ValueError("this is no object")
    plain = {name: value for name, value in values.items() if name != _SEAL}
    if values.get(_SEAL) not in (None, _seal_of(plain)):
        raise ValueError("this is not what was written")
    return plain


def _seal_of(values: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


# --- as it is kept on a disk ------------------------------------------------------------------------------


def report_json(report: Report) -> bytes:
    """The report as JSON that takes little room: a line for each check, of which only what is not usual is written."""
    lines = b",\n".join(_RESULTS.text_of(result) for result in report.checks)
    return msgspec.json.encode(_head(report) | {"checks": msgspec.Raw(b"[\n" + lines + b"\n]")})


def learner_json(result: LearnerResult) -> bytes:
    """A learner's file: what `as_learner_dict` makes, but for what stands in the file of the checks; see `checks_file`.

    What checks found stands together where it is the same, with the seconds that each took.
    """
    reports = [msgspec.Raw(_short_report(report)) for report in result.reports]
    head = _learner_head(result) | {"schema": FILE_SCHEMA, "reports": reports}
    return msgspec.json.encode(head) + b"\n"


def _short_report(report: Report) -> bytes:
    groups: dict[bytes, list[bytes]] = {}
    for result in report.checks:
        found, name_and_seconds = _RESULTS.parts_of(result)
        groups.setdefault(found, []).append(name_and_seconds)
    lines = b",\n".join(
        b'{%s,"seconds":{%s}}' % (found, b",".join(members)) for found, members in groups.items()
    )
    head = _head(report) | {"schema": FILE_REPORT_SCHEMA, "checks_file": checks_file(report)[0]}
    del head["checks"]
    head["exercises"] = [
        {name: value for name, value in score.items() if (name, value) not in _USUAL_SCORE.items()}
        for score in head["exercises"]
    ]
    return msgspec.json.encode(head | {"results": msgspec.Raw(b"[\n" + lines + b"\n]")})


def checks_file(report: Report) -> tuple[str, bytes]:
    """The file that says of each check of a report what is the same in a whole class, named by its content.

    Returns:
        Its path from the folder of the learners' files, and what it holds.
    """
    checks = tuple((one.name, one.exercise, one.title, one.weight, one.hint) for one in report.checks)
    return _checks_file(report.chapter, report.checks_sha256, checks)


# Of a class there are a few: one a chapter, and one for each part of it that is excused.
@lru_cache(maxsize=64)
def _checks_file(
    chapter: str, checks_sha256: str, checks: tuple[tuple[str, str, str, float, str], ...]
) -> tuple[str, bytes]:
    said = {name: dict(zip(_OF_THE_CHECK, values, strict=True)) for name, *values in checks}
    head = {"schema": CHECKS_SCHEMA, "chapter": chapter, "checks_sha256": checks_sha256}
    content = dumps(_cleaned(head | {"checks": said})).encode()
    return f"{CHECKS_FOLDER}/{chapter}-{_mark(content)}.json", content


def is_named_by_its_content(path: Path) -> bool:
    """Whether a file of checks is there and holds what its name says."""
    try:
        return path.stem.endswith(f"-{_mark(path.read_bytes())}")
    except OSError:
        return False


def _mark(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def from_json(text: bytes) -> Report:
    """The Report that `report_json` wrote, or `as_dict`.

    Raises:
        ValueError: as `from_dict`.
    """
    try:
        found = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        checks = msgspec.json.decode(found.get("checks", b"null"), type=list[msgspec.Raw])
        _refuse_others(found, msgspec.json.decode(found.get("schema", b"null")))
        head = msgspec.json.decode(msgspec.json.encode(found | {"checks": ()}), type=Report)
        return replace(head, checks=tuple(_RESULTS.result_of(bytes(check)) for check in checks))
    except msgspec.MsgspecError as error:  # a ValueError itself in newer releases only
        raise ValueError(str(error)) from error


class _Results:
    """What checks found, each beside its text: most of a class share most of it, so it is read and written once."""

    _MOST = 100_000  # about 100 MB; then it begins anew

    def __init__(self) -> None:
        self._results: dict[bytes, CheckResult] = {}
        self._parts: dict[bytes, tuple[bytes, bytes]] = {}
        self._texts: dict[int, bytes] = {}  # by the identity of a result that is held above

    def result_of(self, text: bytes) -> CheckResult:
        """The result that a text is of."""
        found = self._results.get(text)
        if found is None:
            found = msgspec.json.decode(text, type=CheckResult)
            if len(self._results) >= self._MOST:
                self._results.clear()
                self._texts.clear()
                self._parts.clear()
            self._results[text] = found
            self._texts[id(found)] = text
        return found

    def text_of(self, result: CheckResult) -> bytes:
        """What is kept of a result: where it was read, the very text."""
        return self._texts.get(id(result)) or _text_of(result)

    def parts_of(self, result: CheckResult) -> tuple[bytes, bytes]:
        """What a check found, as fields of an object, and its name with its seconds, as another."""
        text = self._texts.get(id(result))
        if text is None:
            return _parts_of(_text_of(result))
        return self._parts.get(text) or self._parts.setdefault(text, _parts_of(text))


_USUAL_TEXT = {name: msgspec.json.encode(value) for name, value in _USUAL.items()}
_RESULTS = _Results()


def _parts_of(text: bytes) -> tuple[bytes, bytes]:
    """Both parts of what is kept of a result; earlier versions kept what is usual too."""
    text = msgspec.json.format(text, indent=-1) if b"\n" in text else text
    found = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    others = b",".join(
        b'"%s":%s' % (name.encode(), bytes(value))
        for name, value in found.items()
        if name not in _ELSEWHERE and bytes(value) != _USUAL_TEXT.get(name)
    )
    return others, bytes(found["name"]) + b":" + bytes(found.get("seconds", b"0.0"))


def _text_of(result: CheckResult) -> bytes:
    plain = {key: value for key, value in as_plain(result).items() if (key, value) not in _USUAL.items()}
    return json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
