"""A course of the real nbgrader, graded through one line of its configuration: scores, cells, pages, and no harm."""

from __future__ import annotations

import copy
import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.converters import Autograde
from nbgrader.plugins import CsvExportPlugin
from nbgrader.preprocessors import Execute
from traitlets.config import Config
from typer.testing import CliRunner

from grader.cli import app
from grader.course.config import find_chapter, load_course
from grader.errors import CourseError
from grader.nbgrader_plugin import configure
from grader.nbgrader_plugin.config import GRADER, READER
from grader.nbgrader_plugin.release import PLUGIN_LINE, generate, new_config
from grader.nbgrader_plugin.released_cells import MasterCell, restored
from grader.nbgrader_plugin.server import Grading
from grader.release.notebook import as_text, make_notebook
from grader.sandbox.levels import Level
from grader.submissions.notebooks import NotebookCell
from tests.sandboxes import CHECKOUT, need

pytestmark = pytest.mark.xdist_group("nbgrader_autograde")

STEM = "ch02_neuron"
POINTS = {"neuron": 2.0, "linear": 2.0, "mlp_forward": 3.0, "count_parameters": 1.0, "init_linear": 2.0}
SCORES = POINTS | {"law_linear": 0.0}  # a bonus, which nobody here hands in
Notebook = dict[str, Any]


@dataclass(frozen=True)
class Class:
    """An nbgrader course after its class was graded."""

    root: Path
    log: str

    def scores(self) -> dict[str, dict[str, float | None]]:
        """What the gradebook has for each learner and exercise; None where nothing was written."""
        with Gradebook(f"sqlite:///{self.root}/gradebook.db") as gradebook:
            return {
                handed_in.student.id: {
                    grade.cell.name.removesuffix("-check"): grade.auto_score
                    for notebook in handed_in.notebooks
                    for grade in notebook.grades
                }
                for handed_in in gradebook.assignment_submissions(STEM)
            }

    def autograded(self, learner: str) -> Notebook:
        """The notebook that formgrader shows."""
        return read(self.root / "autograded" / learner / STEM / f"{STEM}.ipynb")

    def api(self) -> NbGraderAPI:
        """What stands behind formgrader's buttons."""
        config = Config()
        configure(config)
        config.CourseDirectory.root = str(self.root)
        return NbGraderAPI(config=config)


# --- a course ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", autouse=True)
def _the_same_inputs_in_every_run() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BRICKWORK_SECRET", "tests of nbgrader")
        yield


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new nbgrader course with one chapter released, and submissions in it that nobody graded yet."""
    root = tmp_path_factory.mktemp("course").resolve()
    text = (CHECKOUT / "course.yml").read_text(encoding="utf-8")
    text = text.replace("_examples: 25", "_examples: 10").replace("_examples: 100", "_examples: 10")
    (root / "course.yml").write_text(text.replace("call_s: 5", "call_s: 1"), encoding="utf-8")
    source = (CHECKOUT / "solutions" / f"{STEM}.py").read_text(encoding="utf-8")
    folder = root / "source" / STEM
    folder.mkdir(parents=True)
    chapter = find_chapter(load_course(root), STEM)
    (folder / f"{STEM}.ipynb").write_text(as_text(make_notebook(source, chapter)), encoding="utf-8")
    (root / "nbgrader_config.py").write_text(new_config(root), encoding="utf-8")
    generate(root, STEM)
    for learner, write in LEARNERS.items():
        hand_in(root, learner, write)
    return root


@pytest.fixture(scope="module")
def graded(released: Path) -> Class:
    """The class, graded by nbgrader's own command."""
    need(Level.BWRAP)
    return Class(released, autograde(released))


def autograde(root: Path, *words: str) -> str:
    """Run `nbgrader autograde` in a course, and return what it says."""
    ended = subprocess.run(
        [sys.executable, "-m", "nbgrader", "autograde", STEM, *words],
        cwd=root,
        env=os.environ | {"JUPYTER_CONFIG_DIR": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stderr


def read(path: Path) -> Notebook:
    """A notebook as JSON."""
    notebook: Notebook = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def cell(notebook: Notebook, name: str) -> Notebook:
    """The cell that nbgrader knows by this name."""
    found = [one for one in notebook["cells"] if grade_id(one) == name]
    assert len(found) == 1, name
    return found[0]


def grade_id(one: Notebook) -> str:
    """The name by which nbgrader knows a cell."""
    return str(one["metadata"].get("nbgrader", {}).get("grade_id", ""))


def code(text: str, **nbgrader: Any) -> Notebook:
    """A cell that a learner added."""
    metadata = {"nbgrader": nbgrader} if nbgrader else {}
    return {"cell_type": "code", "id": "mine", "metadata": metadata, "source": text, "outputs": [],
            "execution_count": None}  # fmt: skip


def hand_in(root: Path, learner: str, write: Callable[[Notebook, Notebook, Path], None] | str) -> None:
    """Put a submission where nbgrader collects them: the release as a learner changed it, or any text."""
    notebook = read(root / "release" / STEM / f"{STEM}.ipynb")
    if not isinstance(write, str):
        write(notebook, read(root / "source" / STEM / f"{STEM}.ipynb"), root / "harm")
    text = write if isinstance(write, str) else json.dumps(notebook)
    folder = root / "submitted" / learner / STEM
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{STEM}.ipynb").write_text(text, encoding="utf-8")
    (folder / "timestamp.txt").write_text("2026-10-02 14:58:23.948203 UTC", encoding="utf-8")


# --- learners ---------------------------------------------------------------------------------------------


def solves(notebook: Notebook, source: Notebook, harm: Path, *names: str) -> None:
    """Everything right; or only `names`."""
    for name in names or POINTS:
        cell(notebook, name)["source"] = cell(source, name)["source"]


def solves_partly(notebook: Notebook, source: Notebook, harm: Path) -> None:
    """One right, one for a single device, one that forgets the biases, one that cannot be read, and notes."""
    solves(notebook, source, harm, "neuron")
    cell(notebook, "linear")["source"] = (
        "def linear(x, weight, bias):\n    return x @ weight.T + bias + torch.zeros(len(bias), dtype=x.dtype)"
    )
    cell(notebook, "count_parameters")["source"] = (
        "def count_parameters(sizes):\n    return sum(a * b for a, b in itertools.pairwise(sizes))"
    )
    cell(notebook, "init_linear")["source"] = "def init_linear(fan_in, fan_out, generator)\n    return 0"
    note = "my *note* <script>steal()</script>\n```\n</code><img src=x onerror=steal()>"
    page = {"raw_mimetype": "text/html"}
    notebook["cells"] += [
        {"cell_type": "markdown", "id": "note", "metadata": {}, "source": note},
        {"cell_type": "raw", "id": "page", "metadata": page, "source": "<script>steal()</script>"},
        code("%time linear(torch.ones(1, 2), torch.ones(3, 2), torch.ones(3))"),
    ]


def cheats(notebook: Notebook, source: Notebook, harm: Path) -> None:
    """One right; for the others every way to points but work."""
    solves(notebook, source, harm, "linear")
    write = f"open({str(harm)!r}, 'w').write('here')"
    notebook["cells"].insert(
        0, code(f"import torch, os\ntorch.allclose = lambda *a, **k: True\n{write}\nprint('2.0')")
    )
    cell(notebook, "neuron")["source"] = f"def neuron(x, w, b):\n    {write}\n    return x"
    edited = cell(notebook, "neuron-check")
    edited["source"], edited["metadata"]["nbgrader"]["points"] = "print('2.0')\n2.0", 100
    notebook["cells"].remove(cell(notebook, "mlp_forward-check"))
    shown = {
        "output_type": "execute_result",
        "data": {"text/plain": "1.0"},
        "metadata": {},
        "execution_count": 1,
    }
    demoted = cell(notebook, "count_parameters-check")
    demoted["metadata"]["nbgrader"].update(grade=False, locked=False)
    demoted["outputs"] = [shown]
    pointed = cell(notebook, "init_linear-check")
    pointed["metadata"]["nbgrader"]["grade_id"] = "linear-check"
    again = copy.deepcopy(cell(notebook, "linear"))
    again["source"] = "1.0"
    notebook["cells"] += [again, code("1.0", grade_id="nobodys", grade=True, points=5, locked=True)]


LEARNERS: dict[str, Callable[[Notebook, Notebook, Path], None] | str] = {
    "learner01": solves,
    "learner02": solves_partly,
    "learner03": cheats,
    "learner04": "{ no notebook",
}


# --- scores -----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_learner_gets_what_the_work_is_worth(graded: Class) -> None:
    scores = graded.scores()

    assert scores["learner01"] == SCORES
    partly = scores["learner02"]
    assert partly["neuron"] == 2.0
    assert 0 < (partly["linear"] or 0) < 2.0
    assert 0 <= (partly["count_parameters"] or 0) < 1.0
    assert (partly["mlp_forward"], partly["init_linear"]) == (0.0, 0.0)
    assert scores["learner03"] == dict.fromkeys(SCORES, 0.0) | {"linear": 2.0}


@pytest.mark.slow
def test_what_cannot_be_read_has_an_explicit_zero(graded: Class) -> None:
    assert graded.scores()["learner04"] == dict.fromkeys(SCORES, 0.0)
    assert "learner04" in graded.log


@pytest.mark.slow
def test_no_learners_code_ran_outside_of_the_sandbox(graded: Class) -> None:
    assert not (graded.root / "harm").exists()


@pytest.mark.slow
def test_brick_grade_of_the_same_folder_agrees_to_the_last_point(
    graded: Class, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(graded.root)
    words = ["grade", "submitted", "--again", "--json", "--out", str(tmp_path)]

    result = CliRunner().invoke(app, words)

    by_brick = {
        learner["learner"]: {score["name"]: score["points"] for score in learner["reports"][0]["exercises"]}
        for learner in json.loads(result.stdout)["learners"]
    }
    scores = graded.scores()
    assert by_brick == {learner: scores[learner] for learner in LEARNERS}


@pytest.mark.slow
def test_nbgrader_without_the_plugin_gives_the_same_scores_to_honest_work(
    graded: Class, tmp_path: Path
) -> None:
    plain = tmp_path / "plain"
    shutil.copytree(
        graded.root, plain, ignore=shutil.ignore_patterns("autograded", "feedback", "gradebook.db")
    )
    config = (plain / "nbgrader_config.py").read_text(encoding="utf-8")
    (plain / "nbgrader_config.py").write_text(config.replace(PLUGIN_LINE, ""), encoding="utf-8")
    for learner in ("learner03", "learner04"):
        shutil.rmtree(plain / "submitted" / learner)
    generate(plain, STEM)

    autograde(plain, "--Execute.timeout=600")  # its 30 s are the clock's, and a busy machine needs longer

    honest = {learner: graded.scores()[learner] for learner in ("learner01", "learner02")}
    assert Class(plain, "").scores() == honest


# --- cells ------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("learner", LEARNERS)
def test_every_test_cell_is_there_once_as_released_with_points_and_a_card(
    graded: Class, learner: str
) -> None:
    notebook = graded.autograded(learner)

    for exercise, most in POINTS.items():
        test = cell(notebook, f"{exercise}-check")
        assert "".join(test["source"]) == f'from grader import check\ncheck("{exercise}")'
        [output] = test["outputs"]
        assert output["output_type"] == "execute_result"
        assert "".join(output["data"]["text/plain"]) == repr(graded.scores()[learner][exercise])
        assert 'class="brick"' in "".join(output["data"]["text/html"])
        assert test["metadata"]["nbgrader"]["points"] == most
    others = [
        one for one in notebook["cells"] if one["cell_type"] == "code" and "-check" not in grade_id(one)
    ]
    assert not any(one["outputs"] for one in others)


@pytest.mark.slow
def test_the_card_says_why_an_exercise_has_no_points(graded: Class) -> None:
    def card(learner: str, exercise: str) -> str:
        test = cell(graded.autograded(learner), f"{exercise}-check")
        return "".join(test["outputs"][0]["data"]["text/html"])

    assert "open may not be used here" in card("learner03", "neuron")
    assert "this is no notebook" in card("learner04", "neuron")
    assert "linear works on any device" in card("learner02", "linear")
    assert "Python cannot read this cell" in card("learner02", "init_linear")


# --- feedback, export, formgrader's buttons ---------------------------------------------------------------


class _Active(HTMLParser):
    """Collects what a page would run: the text of scripts, and handlers."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script"
        self.scripts += [value or "" for name, value in attrs if name.startswith("on")]

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        self.scripts += [data] if self._inside else []


@pytest.mark.slow
def test_the_feedback_page_shows_cards_and_runs_nothing_a_learner_wrote(graded: Class) -> None:
    result = graded.api().generate_feedback(STEM, "learner02")

    assert result["success"], result
    page = (graded.root / "feedback" / "learner02" / STEM / f"{STEM}.html").read_text(encoding="utf-8")
    active = _Active()
    active.feed(page)
    assert 'class="brick"' in page
    assert "&lt;script&gt;steal()&lt;/script&gt;" in re.sub(r"</?span[^>]*>", "", page)
    assert not any("steal" in script for script in active.scripts)


@pytest.mark.slow
def test_the_exported_grades_are_the_sums(graded: Class, tmp_path: Path) -> None:
    exporter = CsvExportPlugin()
    exporter.to = str(tmp_path / "grades.csv")

    with Gradebook(f"sqlite:///{graded.root}/gradebook.db") as gradebook:
        exporter.export(gradebook)

    rows = list(csv.DictReader((tmp_path / "grades.csv").open(encoding="utf-8")))
    sums = {
        learner: sum(score or 0 for score in scores.values()) for learner, scores in graded.scores().items()
    }
    assert {row["student_id"]: float(row["score"]) for row in rows} == pytest.approx(sums)


def never_ends(notebook: Notebook, source: Notebook, harm: Path) -> None:
    """All right but the first, which does not come back."""
    solves(notebook, source, harm)
    cell(notebook, "neuron")["source"] = "def neuron(x, w, b):\n    while True:\n        b = b + 1"


@pytest.mark.slow
def test_formgraders_button_overwrites_full_marks_when_the_new_work_crashes(graded: Class) -> None:
    marks = []

    for work in (solves, never_ends, "no notebook any more"):
        hand_in(graded.root, "learner05", work)
        result = graded.api().autograde(STEM, "learner05", force=True)
        assert result["success"], result
        marks.append(graded.scores()["learner05"])

    assert marks == [SCORES, SCORES | {"neuron": 0.0}, dict.fromkeys(SCORES, 0.0)]


@pytest.mark.slow
def test_a_notebook_that_is_no_chapter_is_refused_and_not_executed(graded: Class) -> None:
    harm = graded.root / "harm"
    source = {"cells": [code(f"open({str(harm)!r}, 'w').write('here')")], "metadata": {}, "nbformat": 4,
              "nbformat_minor": 5}  # fmt: skip
    for folder in ("source/essay", "submitted/learner01/essay"):
        (graded.root / folder).mkdir(parents=True)
        (graded.root / folder / "essay.ipynb").write_text(json.dumps(source), encoding="utf-8")
    generate(graded.root, "essay")

    result = graded.api().autograde("essay", "learner01")

    assert not result["success"]
    assert "the notebook essay is no chapter of this course" in result["log"]
    assert not harm.exists()


# --- configuration ----------------------------------------------------------------------------------------


def test_a_course_that_speaks_of_what_is_not_there_costs_nobody_a_point(tmp_path: Path) -> None:
    text = (CHECKOUT / "course.yml").read_text(encoding="utf-8")
    (tmp_path / "course.yml").write_text(text.replace("{name: mlp_forward,", "{name: mlp_foward,"))

    with pytest.raises(CourseError, match="no check judges the exercise mlp_foward"):
        Grading(load_course(tmp_path), Level.PLAIN).answer({"path": "learner01.ipynb", "chapter": STEM})


def test_only_the_execution_is_replaced_in_nbgraders_own_list() -> None:
    default = Autograde.autograde_preprocessors.default()
    config = Config()

    configure(config)

    listed = config.Autograde.autograde_preprocessors
    assert len(listed) == len(default)
    assert [one.rpartition(".")[2] for one in listed] == [
        "Grade" if one is Execute else one.__name__ for one in default
    ]
    assert GRADER in listed
    assert config.Autograde.exporter_class == READER


def test_a_list_of_the_instructors_own_keeps_its_other_members() -> None:
    config = Config()
    config.Autograde.autograde_preprocessors = [Execute, "nbgrader.preprocessors.SaveAutoGrades"]

    configure(config)

    assert config.Autograde.autograde_preprocessors == [GRADER, "nbgrader.preprocessors.SaveAutoGrades"]


def test_formgrader_can_show_the_configuration() -> None:
    config = Config()

    configure(config)

    assert GRADER in json.dumps(config)


# --- the notebook that nbgrader goes on with --------------------------------------------------------------


def master(name: str, **about: Any) -> MasterCell:
    """A released cell."""
    test = name.endswith("-check")
    usual = {"kind": "code", "source": f"# {name}", "checksum": "c", "locked": test, "grade": test,
             "solution": not test, "task": False, "points": 2.0 if test else 0.0}  # fmt: skip
    return MasterCell(name, **(usual | about))


MASTERS = (master("f"), master("f-check"), master("g"), master("g-check"))


def layout(*cells: NotebookCell) -> list[tuple[str, str]]:
    """Names and sources of a notebook that was built anew from these cells."""
    return [(grade_id(one), one["source"]) for one in restored(cells, MASTERS).cells]


def test_missing_moved_and_doubled_test_cells_stand_after_their_exercises() -> None:
    moved = NotebookCell("code", "forged", "g-check")

    cells = layout(moved, NotebookCell("code", "mine", "f"), NotebookCell("code", "other", "g"), moved)

    assert cells == [("f", "mine"), ("f-check", "# f-check"), ("g", "other"), ("g-check", "# g-check")]


def test_test_cells_without_their_exercise_come_last() -> None:
    cells = layout(NotebookCell("code", "scratch"))

    assert cells == [("", "scratch"), ("f-check", "# f-check"), ("g-check", "# g-check")]


def test_of_two_cells_with_one_name_the_last_keeps_it() -> None:
    cells = layout(NotebookCell("code", "one", "f"), NotebookCell("code", "two", "f"))

    assert cells[:2] == [("", "one"), ("f", "two")]


def test_a_cell_turned_into_text_or_of_an_unknown_name_is_the_learners_own() -> None:
    cells = layout(NotebookCell("markdown", "text", "f"), NotebookCell("code", "2.0", "nobodys"))

    assert cells[:2] == [("", "```text\ntext\n```"), ("", "2.0")]


def test_no_text_can_close_the_fence_it_is_shown_in() -> None:
    [(_, shown), *_] = layout(NotebookCell("markdown", "a\n`````\n<script>"))

    assert shown == "``````text\na\n`````\n<script>\n``````"
