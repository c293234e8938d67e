"""Reports as they are kept on a disk: small, and the same when they are read back."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sandboxes import CHECKOUT

from grader.records import CheckResult, LearnerResult, Outcome, Report
from grader.serialization import (
    as_dict,
    as_learner_dict,
    checks_file,
    dumps,
    from_json,
    learner_json,
    report_json,
)

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


def in_full(found: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What a learner's file says, put together with the files that it names: as `as_learner_dict`, without seeds."""
    usual = plain_check("", Outcome.PASSED)
    for report in found["reports"]:
        about = json.loads((folder / report.pop("checks_file")).read_text(encoding="utf-8"))
        assert about["schema"] == "brickwork/checks/v1"
        assert [about[name] for name in ("chapter", "checks_sha256")] == [
            report[name] for name in ("chapter", "checks_sha256")
        ]
        results = {
            name: {"name": name, "seconds": seconds} | result
            for result in report.pop("results")
            for name, seconds in result.pop("seconds").items()
        }
        report["checks"] = [usual | said | results[name] for name, said in about["checks"].items()]
        report["exercises"] = [
            {"extra": False, "barred": False, "judged": None} | score for score in report["exercises"]
        ]
        assert report.pop("schema") == "brickwork/short-report/v1"
    assert found.pop("schema") == "brickwork/learner-file/v1"
    return found


def plain_check(name: str, outcome: Outcome) -> dict[str, Any]:
    checks = as_dict(Report("", "", "", (CheckResult(name, "", "", outcome, 1.0),), ()))["checks"]
    assert isinstance(checks, list)
    return dict(checks[0])


def write_checks(result: LearnerResult, folder: Path) -> None:
    for report in result.reports:
        name, content = checks_file(report)
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)


@pytest.mark.parametrize("kept", [False, True])
def test_a_learners_file_and_the_checks_it_names_say_what_the_plain_values_say(
    tmp_path: Path, report: Report, kept: bool
) -> None:
    checks = tuple(
        replace(one, seed=7 + place, seconds=place / 4, examples=25)
        for place, one in enumerate((*report.checks, replace(report.checks[0], name="check_alike")))
    )
    full = replace(report, checks=checks, checks_sha256="c" * 64)
    result = LearnerResult(
        "learner01", (from_json(report_json(full)) if kept else full,), (("ch04_losses", 10.0),)
    )
    write_checks(result, tmp_path)

    found = in_full(json.loads(learner_json(result)), tmp_path)

    expected = as_learner_dict(result)
    del expected["schema"]
    for one in expected["reports"]:
        del one["schema"]
        one["checks"] = [check | {"seed": 0} for check in one["checks"]]
    assert found == expected


def test_checks_that_found_the_same_are_one_entry_of_a_learners_file(report: Report) -> None:
    first, second, *_ = (one for one in report.checks if one.outcome is not Outcome.PASSED)
    passed = tuple(
        replace(report.checks[0], name=f"check_{n}", hint=f"{n}", seconds=n / 8) for n in range(200)
    )
    result = LearnerResult("learner01", (replace(report, checks=(*passed, first, second)),))

    text = learner_json(result)

    [same, *others] = json.loads(text)["reports"][0]["results"]
    assert passed[0].outcome is Outcome.PASSED
    assert same == {"outcome": "passed", "seconds": {one.name: one.seconds for one in passed}}
    assert [list(one["seconds"]) for one in others] == [[first.name], [second.name]]
    assert passed[0].title not in text.decode()


def test_what_earlier_versions_kept_in_full_is_as_short_in_a_learners_file(report: Report) -> None:
    earlier = from_json(dumps(as_dict(report)).encode())

    assert learner_json(LearnerResult("learner01", (earlier,))) == learner_json(
        LearnerResult("learner01", (report,))
    )


def test_reading_a_learners_file_as_the_page_on_formats_says(
    tmp_path: Path, report: Report, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "reports"
    out.mkdir()
    result = LearnerResult("learner01", (report, replace(report, checks=())))
    write_checks(result, out)
    (out / "learner01.json").write_bytes(learner_json(result))

    for page in ("formats.md", "zh/formats.md"):
        [program] = re.findall(
            r"```python\n(.*?)```", (CHECKOUT / "docs" / page).read_text(encoding="utf-8"), re.S
        )
        exec(compile(program, page, "exec"), {})

        said = sorted(capsys.readouterr().out.splitlines())
        assert said == sorted(f"{c.exercise} {c.outcome}: {c.title} {c.seconds}" for c in report.checks)
