"""What a learner sees of check, hint and status in a notebook's kernel, in a script, and in a bare session."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from grader.notebook.cells import cells_that_hold
from tests.sandboxes import CHECKOUT, alive

pytestmark = pytest.mark.xdist_group("notebook_api")

# One notebook for all tests: a learner who writes, checks, breaks things, and mends them.
CELLS = {
    "imports": "import torch\nimport warnings\nfrom torch import Tensor",
    "sum_missing": "def softmax(x: Tensor, dim: int = -1) -> Tensor:\n    return torch.exp(x)",
    "check_wrong": 'from grader import check\ncheck("softmax")',
    "patched": (
        "exp = torch.exp\ntorch.allclose = torch.equal = lambda *a, **k: True\ntorch.exp = lambda x: x\n"
        "torch.set_default_dtype(torch.float64)\ntorch.set_grad_enabled(False)"
    ),
    "check_patched": 'check("softmax")',
    "cannot_be_read": "def relu(x:\n    return x",
    "magics": "%matplotlib inline\n!true\nx = %pwd\nx?",
    "relu_unfinished": "def relu(x):\n    return x",
    "hint_first": 'from grader import hint, status\nhint("relu")',
    "hint_again": 'hint("relu")',
    "relu_abs": "def relu(x):\n    return x.abs()",
    "hint_after_attempt": 'hint("relu")',
    "relu": "%%time\ndef relu(x):\n    return x.clamp(min=0)",
    "check_relu": 'print("my own note")\nwarnings.warn("mine")\nscore = check("ch03/relu")\nscore',
    "tanh_leaves": "import os\ndef tanh(x):\n    while True:\n        x = x + 1",
    "check_tanh": 'check("tanh")',
    "check_misspelt": 'check("sofmax")',
    "status": "status()",
    "check_chapter": 'check("ch03")',
    "predict": 'from grader import predict\npredict("relu")',
    "predict_odd": 'predict("relu", "perhaps")',
    "predict_guess": 'predict("relu", 1)',
    "rng": (
        "torch.manual_seed(0); a = torch.rand(3)\n"
        "torch.manual_seed(0); check('relu'); b = torch.rand(3)\n(a == b).all()"
    ),
    "pids": "import grader.notebook.api\ngrader.notebook.api._helper._child.pid",
    "files": "import os; sorted(os.listdir('.'))",
}


@dataclass(frozen=True)
class Shown:
    """What one cell showed."""

    text: str = ""
    html: str = ""
    stdout: str = ""
    stderr: str = ""
    error: str = ""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shown]:
    """The notebook, run in a real kernel outside of any workspace but with a course of its own."""
    from nbclient import NotebookClient
    from nbformat import v4

    folder = tmp_path_factory.mktemp("notebook")
    text = (CHECKOUT / "course.yml").read_text(encoding="utf-8")
    (folder / "course.yml").write_text(text.replace("call_s: 5", "call_s: 1"), encoding="utf-8")
    notebook = v4.new_notebook(cells=[v4.new_code_cell(text) for text in CELLS.values()])
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, allow_errors=True, resources=resources, timeout=300).execute()
    return {name: _shown(cell.outputs) for name, cell in zip(CELLS, notebook.cells, strict=True)}


def _shown(outputs: list[Any]) -> Shown:
    found = dict.fromkeys(("text", "html", "stdout", "stderr", "error"), "")
    for output in outputs:
        if output.output_type == "stream":
            found[output.name] += output.text
        elif output.output_type == "error":
            found["error"] += output.ename
        else:
            found["text"] = output.data["text/plain"]
            found["html"] = output.data.get("text/html", "")
    return Shown(**found)


# --- in a kernel ------------------------------------------------------------------------------------------


def test_a_check_shows_a_plain_float_and_a_card(shown: dict[str, Shown]) -> None:
    wrong = shown["check_wrong"]

    assert 0 <= float(wrong.text) < 1.5
    assert wrong.text == repr(float(wrong.text))
    assert "The shares along dim add up to 1." in wrong.html
    assert "<script" not in wrong.html


def test_nothing_but_the_learners_own_warning_is_written_to_stderr(shown: dict[str, Shown]) -> None:
    written = {name: cell.stderr for name, cell in shown.items() if cell.stderr}

    assert list(written) == ["check_relu"]
    assert "mine" in written["check_relu"]
    assert "Hypothesis" not in written["check_relu"]


def test_what_the_session_did_to_torch_reaches_no_verdict(shown: dict[str, Shown]) -> None:
    assert shown["check_patched"].text == shown["check_wrong"].text


def test_a_check_does_not_disturb_the_sessions_random_numbers(shown: dict[str, Shown]) -> None:
    assert shown["rng"].text == "tensor(True)"


def test_a_cell_that_cannot_be_read_breaks_no_other(shown: dict[str, Shown]) -> None:
    assert shown["cannot_be_read"].error == "SyntaxError"
    assert shown["check_relu"].error == ""
    assert shown["check_relu"].text == "0.5"


def test_an_endless_loop_costs_points_and_not_the_session(shown: dict[str, Shown]) -> None:
    assert shown["check_tanh"].text == "0.0"
    assert "no answer within" in shown["check_tanh"].html
    assert shown["rng"].error == ""


def test_a_misspelt_name_earns_nothing_and_gets_its_neighbour(shown: dict[str, Shown]) -> None:
    misspelt = shown["check_misspelt"]

    assert misspelt.text == "0.0"
    assert "did you mean softmax?" in misspelt.html
    assert misspelt.error == ""


def test_hints_open_one_by_one_after_each_attempt(shown: dict[str, Shown]) -> None:
    first, again, after = (shown[name] for name in ("hint_first", "hint_again", "hint_after_attempt"))

    assert "where to look:" in first.text
    assert "the idea:" not in first.text
    assert again.text == first.text
    assert "the idea:" in after.text
    assert "the idea" in after.html


def test_the_status_lists_points_and_the_exercise_to_go_on_with(shown: dict[str, Shown]) -> None:
    lines = shown["status"].text.splitlines()

    assert any(line.split() == ["relu", "ok", "0.5", "of", "0.5"] for line in lines)
    assert any(line.split() == ["sigmoid", "not", "checked", "0", "of", "1"] for line in lines)
    assert lines[-1] == 'next: check("tanh")'
    assert "<table" in shown["status"].html


def test_a_whole_chapter_is_a_table_and_the_exercise_to_go_on_with(shown: dict[str, Shown]) -> None:
    chapter = shown["check_chapter"]

    assert chapter.error == ""
    assert 0.5 <= float(chapter.text) < 10
    assert "<table" in chapter.html
    assert "sigmoid_backward" in chapter.html
    assert "of 10 points" in chapter.html


def test_a_question_is_asked_then_a_guess_is_compared_and_nothing_is_graded(shown: dict[str, Shown]) -> None:
    asked, odd, guessed = (shown[name] for name in ("predict", "predict_odd", "predict_guess"))

    assert "What do you get at 0?" in asked.text
    assert 'predict("relu", ...): a number' in asked.text
    assert "a number, please" in odd.text
    assert "not so" in guessed.text
    assert "Both gates are shut." in guessed.text
    assert "<pre>" in guessed.html
    assert "0 of 1 predictions came true; they are not graded" in guessed.text


def test_checking_leaves_no_files_behind(shown: dict[str, Shown]) -> None:
    # A hint has to be remembered beyond the session; a check has not.
    assert shown["files"].text == "['.brickwork', 'course.yml']"


def test_the_process_that_judges_ends_with_the_kernel(shown: dict[str, Shown]) -> None:
    judging = {int(shown["pids"].text)}

    until = time.monotonic() + 10
    while alive(judging) and time.monotonic() < until:
        time.sleep(0.01)

    assert not alive(judging)


# --- elsewhere --------------------------------------------------------------------------------------------


def test_a_script_prints_its_card_and_goes_on_with_the_points(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(
        "from grader import check\n\ndef relu(x):\n    return x.abs()\n\n"
        'print("points:", check("relu") + 1)\n'
    )

    ended = run_python(str(script), folder=tmp_path)

    assert "relu keeps positive entries and turns all others into 0." in ended.stdout
    assert "next: mend relu, then run mine.py again" in ended.stdout
    assert 1 <= float(ended.stdout.rpartition("points: ")[2]) < 1.5
    assert ended.stderr == ""


def test_where_no_source_can_be_seen_the_check_says_so(tmp_path: Path) -> None:
    ended = run_python("-c", 'from grader import check; print(check("relu"))', folder=tmp_path)

    assert "write it into a file or a notebook" in ended.stdout
    assert ended.stdout.endswith("0.0\n")


def test_importing_the_names_imports_nothing_heavy(tmp_path: Path) -> None:
    program = "import sys\nfrom grader import check, hint, status\nprint(*sys.modules)"

    modules = run_python("-c", program, folder=tmp_path).stdout.split()

    assert not {"torch", "numpy", "hypothesis", "msgspec", "pydantic", "jinja2"} & set(modules)


def run_python(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run([sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False)


# --- which cells hold -------------------------------------------------------------------------------------


def kept(*cells: str) -> list[int]:
    """The numbers of the cells that hold."""
    return [number for number, _ in cells_that_hold([textwrap.dedent(cell) for cell in cells])]


def test_the_last_definition_of_a_name_counts() -> None:
    assert kept("def f(): return 1", "def g(): return 2", "def f(): return 3") == [1, 2]


def test_a_cell_with_one_name_that_still_holds_is_kept_whole() -> None:
    assert kept("def f(): return 1\nscale = 2", "def f(): return scale") == [0, 1]


def test_a_definition_that_a_later_cell_was_built_on_is_kept() -> None:
    assert kept("class A: pass", "class B(A): pass", "class A: x = 1") == [0, 1, 2]
    assert kept("k = 1", "def f(x=k): return x", "k = 2") == [0, 1, 2]


def test_what_is_only_called_later_needs_no_earlier_definition() -> None:
    assert kept("def f(): return 1", "def g(): return f()", "def f(): return 2") == [1, 2]


@pytest.mark.parametrize(
    "cell",
    [
        "def f(:",
        "%%bash\nls",
        "print(1)",
        'from grader import check\ncheck("f")',
        "f()",
        "",
        "%%writefile f.py\nf = 1",
    ],
)
def test_a_cell_that_defines_nothing_is_left_out(cell: str) -> None:
    assert kept("def f(): return 1", cell) == [0]


def test_magics_do_not_hide_the_definitions_beside_them() -> None:
    assert kept("%%time\ndef f(): return 1", "%timeit f()\ndef g(): return 2", "!ls\nh = 1") == [0, 1, 2]


def test_a_long_session_is_not_too_long_to_be_read() -> None:
    cells = [f"def f(x):\n    return x + {number}" for number in range(3000)]

    assert kept(*cells) == [2999]
