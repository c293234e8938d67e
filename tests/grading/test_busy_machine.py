"""A busy machine costs nobody a point: with every core taken by other work the scores are the same, run after run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml
from sandboxes import need

from grader.sandbox.levels import Level

CHECKOUT = Path(__file__).resolve().parents[2]
CLASS = CHECKOUT / "examples" / "class"
RUNS = 3
BUSY_PER_CORE = 2  # processes that never sleep, so that a grader has a third of a core at most

pytestmark = [pytest.mark.nightly, pytest.mark.slow]


@pytest.fixture
def busy_machine() -> Iterator[None]:
    """Every core has other work to do until the test is over."""
    endless = [sys.executable, "-c", "while True: pass"]
    with ExitStack() as stack:
        for _ in range((os.cpu_count() or 1) * BUSY_PER_CORE):
            process = stack.enter_context(subprocess.Popen(endless))
            stack.callback(process.kill)
        yield


@pytest.fixture
def hand_ins(tmp_path: Path) -> Path:
    """The sample class, and one learner more who hands in every solution."""
    folder = tmp_path / "class"
    shutil.copytree(CLASS, folder)
    (folder / "solved").mkdir()
    for solution in sorted((CHECKOUT / "solutions").glob("ch*.py")):
        shutil.copy(solution, folder / "solved")
    return folder


def scores(hand_ins: Path, out: Path, secret: str) -> dict[str, dict[str, float]]:
    """What each learner gets in each chapter, graded anew."""
    words = ["grade", str(hand_ins), "--json", "--again", "--out", str(out)]
    result = subprocess.run(
        [sys.executable, "-c", "from grader.cli import main; main()", *words],
        cwd=CHECKOUT,
        env=os.environ | {"BRICKWORK_SECRET": secret},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1, result.stderr
    return {
        learner["learner"]: {report["chapter"]: round(report["points"], 6) for report in learner["reports"]}
        for learner in json.loads(result.stdout)["learners"]
    }


@pytest.mark.usefixtures("busy_machine")
def test_the_scores_of_a_busy_machine_are_those_of_a_quiet_one(hand_ins: Path, tmp_path: Path) -> None:
    need(Level.BWRAP)
    expected = yaml.safe_load((CLASS / "expected.yml").read_text(encoding="utf-8"))
    full = {solution.stem: 10.0 for solution in (hand_ins / "solved").glob("*.py")}

    for run in range(RUNS):
        found = scores(hand_ins, tmp_path / f"reports{run}", expected["secret"])

        assert found == expected["learners"] | {"solved": full}, f"run {run}"
