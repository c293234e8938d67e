"""Gradescope's metadata says whose and when."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from handed_in import DAY_S, NOON, pairs, put, zipped

from grader.records import Course
from grader.submissions.collecting import collect

GRADESCOPE = """\
submission_7:
  :submitters:
  - :name: Learner 01
    :sid: '1001'
    :email: learner01@example.org
  - :name: Learner 02
    :sid: '1002'
    :email:
  :created_at: 2026-03-02 12:00:00.000000000 Z
  :score: 4.0
"""


def test_an_export_of_gradescope_says_whose_and_when(tmp_path: Path, course: Course) -> None:
    put(tmp_path / "e", "assignment_9_export/submission_7/ch03_activations.py")
    (tmp_path / "e" / "assignment_9_export" / "submission_metadata.yml").write_text(
        GRADESCOPE, encoding="utf-8"
    )

    collection = collect([zipped(tmp_path / "e", tmp_path / "export.zip")], course)

    assert pairs(collection) == [("1002", "ch03"), ("learner01@example.org", "ch03")]
    assert {item.time for item in collection.submissions} == {NOON + DAY_S}


def test_on_gradescope_itself_the_platform_says_when(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "submission/ch03_activations.py")
    about = {"created_at": "2026-03-01T04:00:00.5-08:00"}
    (tmp_path / "submission_metadata.json").write_text(json.dumps(about), encoding="utf-8")

    [item] = collect([tmp_path / "submission"], course).submissions

    assert item.time == NOON + 0.5


@pytest.mark.parametrize(
    "created", ["9999-12-31 23:59:59 -14:00", "0001-01-01 00:00:00 Z", "2026-13-45", "[1]", ""]
)
def test_a_time_that_cannot_be_costs_one_entry(tmp_path: Path, course: Course, created: str) -> None:
    put(tmp_path, "submission_7/ch03_activations.py", "submission_8/ch03_activations.py")
    bad = f"submission_8:\n  :submitters:\n  - :email: learner03@example.org\n  :created_at: {created}\n"
    (tmp_path / "submission_metadata.yml").write_text(GRADESCOPE + bad, encoding="utf-8")
    os.utime(tmp_path / "submission_8" / "ch03_activations.py", (NOON, NOON))

    times = {item.learner: item.time for item in collect([tmp_path], course).submissions}

    assert times == {
        "1002": NOON + DAY_S,
        "learner01@example.org": NOON + DAY_S,
        "learner03@example.org": NOON,
    }
