"""CPU seconds of `brick check` on a solved chapter, beside a plain pytest file of its checks. Figures only."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sandboxes import CHECKOUT
from whole_command import cpu_s_of

from grader.workspace.workspace import lay_out

STEM = "ch03_activations"
BRICK = ("-c", "from grader.cli import main; main()")
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist")


@pytest.mark.slow
def test_cost_of_a_check_beside_plain_pytest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(tmp_path)
    shutil.copy(CHECKOUT / "solutions" / f"{STEM}.py", tmp_path / "exercises" / f"{STEM}.py")

    first = cpu_s_of(tmp_path, *BRICK, "check", STEM)
    later = cpu_s_of(tmp_path, *BRICK, "check", STEM)
    plain = cpu_s_of(CHECKOUT, *PYTEST, str(Path(__file__).with_name("plainly.py")))

    with capsys.disabled():
        print(
            f"\nbrick check {STEM}, solved: {first:.1f} CPU s the first time, {later:.1f} from then on; pytest and "
            f"Hypothesis in one process: {plain:.1f}; ratios {first / plain:.2f} and {later / plain:.2f}"
        )
