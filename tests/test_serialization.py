"""Reports as they are kept on a disk: small, and the same when they are read back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from grader.records import CheckResult, LearnerResult, Report
from grader.serialization import as_dict, as_learner_dict, dumps, from_json, learner_json, report_json

ESC = "\x1b"


def test_what_is_kept_comes_back_as_the_same_report(report: Report) -> None:
    assert from_json(report_json(report)) == report
    assert from_json(report_json(from_json(report_json(report)))) == report
    assert from_json(report_json(replace(report, checks=()))).checks == ()


def test_what_earlier_versions_kept_in_full_is_read_too(report: Report) -> None:
    assert from_json(dumps(as_dict(report)).encode()) == report


def test_in_full_it_is_the_same_as_before_it_was_kept(report: Report) -> None:
    assert dumps(as_dict(from_json(report_json(report)))) == dumps(as_dict(report))


def test_of_a_check_only_what_is_not_usual_is_kept_and_on_one_line(report: Report) -> None:
    lines = report_json(report).decode().splitlines()

    passed = json.loads(lines[1].rstrip(","))
    assert len(lines) == len(report.checks) + 2
    assert passed["outcome"] == "passed"
    assert {"cause", "counterexample", "message", "repeatable"} & passed.keys() == set()


def test_what_a_learner_wrote_is_cleaned_before_it_is_kept(report: Report) -> None:
    dirty = replace(report.checks[0], message=f"{ESC}[31mred\u202e\ud800")

    kept = from_json(report_json(replace(report, checks=(dirty,), output=f"{ESC}[1mbold")))

    assert (kept.checks[0].message, kept.output) == ("red", "bold")


@pytest.mark.parametrize("text", [b"", b"[]", b'{"schema": "brickwork/report/v2"}', b"\xff"])
def test_what_is_no_report_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"JSON|Expected|Input|report|truncated|malformed"):
        from_json(text)


def test_a_learners_file_says_what_the_plain_values_say(report: Report) -> None:
    result = LearnerResult("learner01", (report,), (("ch04_losses", 10.0),))
    usual = as_dict(replace(report, checks=(CheckResult("", "", "", report.checks[0].outcome, 1.0),)))[
        "checks"
    ][0]

    found = json.loads(learner_json(result))

    for one in found["reports"]:
        one["checks"] = [usual | check for check in one["checks"]]
    assert found == as_learner_dict(result)
