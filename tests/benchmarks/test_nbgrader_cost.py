"""CPU seconds of a submission graded by nbgrader, with the plugin and without. Figures only: nothing fails on time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sandboxes import CHECKOUT, need
from whole_command import cpu_s_of

from grader.course.config import find_chapter, load_course
from grader.nbgrader_plugin.release import PLUGIN_LINE, generate, new_config
from grader.release.notebook import as_text, make_notebook
from grader.sandbox.levels import Level

STEM = "ch03_activations"
SUBMISSIONS = 6


@pytest.mark.slow
def test_cost_of_a_submission_with_and_without_the_plugin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    need(Level.BWRAP)

    for way in ("plugin", "stock"):
        one, all_of_them = (
            cost_of(course(tmp_path / f"{way}{number}", plugin=way == "plugin", submissions=number))
            for number in (1, SUBMISSIONS)
        )
        further = (all_of_them - one) / (SUBMISSIONS - 1)
        with capsys.disabled():
            print(
                f"\nnbgrader autograde, {way}, {SUBMISSIONS} right submissions of {STEM}: {all_of_them:.1f} CPU s, "
                f"{all_of_them / SUBMISSIONS:.2f} each; {further:.2f} for one more"
            )


def course(root: Path, *, plugin: bool, submissions: int) -> Path:
    """An nbgrader course with right submissions, no two the same, and as many inputs a check either way."""
    folder = root / "source" / STEM
    folder.mkdir(parents=True)
    text = (CHECKOUT / "course.yml").read_text(encoding="utf-8")
    (root / "course.yml").write_text(text.replace("_examples: 100", "_examples: 25"), encoding="utf-8")
    source = (CHECKOUT / "solutions" / f"{STEM}.py").read_text(encoding="utf-8")
    notebook = as_text(make_notebook(source, find_chapter(load_course(root), STEM)))
    (folder / f"{STEM}.ipynb").write_text(notebook, encoding="utf-8")
    config = new_config(root) if plugin else new_config(root).replace(PLUGIN_LINE, "c.Execute.timeout = 600")
    (root / "nbgrader_config.py").write_text(config, encoding="utf-8")
    generate(root, STEM)
    release = json.loads((root / "release" / STEM / f"{STEM}.ipynb").read_text(encoding="utf-8"))
    solved = {cell["id"]: cell["source"] for cell in json.loads(notebook)["cells"]}
    for number in range(submissions):
        for cell in release["cells"]:
            if cell["metadata"]["nbgrader"]["solution"]:
                cell["source"] = [f"# {number}\n", *solved[cell["id"]]]
        place = root / "submitted" / f"learner{number:02}" / STEM
        place.mkdir(parents=True)
        (place / f"{STEM}.ipynb").write_text(json.dumps(release), encoding="utf-8")
    return root


def cost_of(root: Path) -> float:
    """CPU seconds of nbgrader's autograde and of all that it starts."""
    return cpu_s_of(root, "-m", "nbgrader", "autograde", STEM)
