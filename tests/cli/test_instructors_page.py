"""Every command of docs/instructors.md does what the page says, typed in its order."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from commands import brick
from stored import judged_chapter, publish

from grader.course.config import load_course
from grader.grading.roster import pseudonym
from grader.grading.store import STORE_FILE, Store
from grader.records import Report

CHECKOUT = Path(__file__).resolve().parents[2]
LAW = "Adding a constant to every score leaves the shares unchanged."
SECRET = "page"


def test_every_command_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BRICKWORK_SECRET", SECRET)
    lay_out_class(tmp_path)
    page = (CHECKOUT / "docs" / "instructors.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    real = pseudonym("learner01", SECRET.encode())

    failed = []
    for line in lines:
        words = shlex.split(re.sub(r"anon-\w+", real, line), comments=True)
        result = brick(*words[1:])
        if words[0] != "brick" or result.exit_code != 0:
            failed.append((line, result.output, result.exception))

    assert len(lines) > 15
    assert failed == []


def test_the_law_that_the_page_excuses_is_a_law_of_that_chapter() -> None:
    checks = (CHECKOUT / "grader" / "checks" / "ch03_activations.py").read_text(encoding="utf-8")

    assert LAW in checks


def lay_out_class(folder: Path) -> None:
    """A course whose third chapter has a deadline; of the two who handed it in one fails in tanh and one in relu."""
    text = (CHECKOUT / "course.yml").read_text(encoding="utf-8")
    stem = "  - stem: ch03_activations\n"
    deadline = "    deadline: 2027-03-01T23:59:00+01:00\n"
    (folder / "course.yml").write_text(text.replace(stem, stem + deadline, 1), encoding="utf-8")
    (folder / "class.csv").write_text(
        "name,id,email,section\n"
        "Family01 Given01,4001,learner01@example.org,A\nFamily02 Given02,4002,learner02@example.org,B\n"
    )
    chapter = load_course(folder).chapters[2]
    with Store(folder / ".brickwork" / STORE_FILE) as store:
        publish(store, with_law(judged_chapter(chapter, "tanh")), "learner01")
        publish(store, with_law(judged_chapter(chapter, "relu")), "learner02")


def with_law(report: Report) -> Report:
    """The report with one real law of softmax in it."""
    checks = tuple(
        replace(found, title=LAW) if (found.exercise, found.name) == ("softmax", "a") else found
        for found in report.checks
    )
    return replace(report, checks=checks)
