"""The sample class gets exactly the scores written beside it, sealed and unsealed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from sandboxes import need

from grader.report.html.cards import breach_words
from grader.report.reasons import note_words
from grader.report.words import exercise_lines, problem
from grader.sandbox.levels import Level
from grader.serialization import from_dict

CHECKOUT = Path(__file__).resolve().parents[2]
CLASS = CHECKOUT / "examples" / "class"
EXPECTED: dict[str, Any] = yaml.safe_load((CLASS / "expected.yml").read_text(encoding="utf-8"))

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sample_class")]


def graded(level: Level, out: Path) -> dict[str, Any]:
    """What `brick grade --json` says about the class, learner by learner."""
    words = ["grade", str(CLASS), "--json", "--out", str(out), "--isolation", level.value, "--unsandboxed"]
    result = subprocess.run(
        [sys.executable, "-c", "from grader.cli import main; main()", *words],
        cwd=CHECKOUT,
        env=os.environ | {"BRICKWORK_SECRET": EXPECTED["secret"]},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert result.returncode == 1, result.stderr
    return {learner["learner"]: learner for learner in json.loads(result.stdout)["learners"]}


# What differs without a seal is tried one by one in tests/sandbox; the whole class costs as much as all of that.
@pytest.fixture(
    scope="module",
    params=[Level.BWRAP, pytest.param(Level.PLAIN, marks=pytest.mark.nightly)],
    ids=lambda level: level.value,
)
def learners(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The class graded at one level of isolation."""
    level: Level = request.param
    need(level)
    return graded(level, tmp_path_factory.mktemp("reports"))


def test_every_score_is_the_one_written_beside_the_class(learners: dict[str, Any]) -> None:
    scores = {
        name: {report["chapter"]: round(report["points"], 6) for report in learner["reports"]}
        for name, learner in learners.items()
    }

    assert scores == EXPECTED["learners"]


def test_the_reports_say_why(learners: dict[str, Any]) -> None:
    def said(learner: str, chapter: str) -> str:
        [report] = [from_dict(r) for r in learners[learner]["reports"] if r["chapter"] == chapter]
        lines = [line for score in report.exercises for line in exercise_lines(report, score)]
        lines += [breach_words(breach) for breach in report.breaches]
        lines += [note_words(note) for note in report.notes]
        # What breaks sentences is the width of a terminal.
        return " ".join(" ".join([problem(report), report.output, *lines]).split())

    for learner, chapter, words in EXPECTED["said"]:
        assert words in said(learner, chapter), f"{learner} {chapter}: {words}"


def test_no_cheat_left_a_trace_on_this_machine(learners: dict[str, Any]) -> None:
    assert learners["learner09"]["points"] < learners["learner09"]["max_points"] / 4
    assert not Path("/tmp/brickwork-was-here").exists()
