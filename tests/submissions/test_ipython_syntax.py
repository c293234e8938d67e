"""What only IPython understands is left out of cells and scripts, and what is left out is noted."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from learner_files import CHAPTER, notebook, refusal

from grader.submissions.ipython_syntax import read_cell
from grader.submissions.reading import read_submission
from grader.syntax import Unreadable


def test_what_only_ipython_understands_is_left_out(ipynb: Path) -> None:
    ipynb.write_text(
        notebook(
            "%matplotlib inline\nimport math\n!pip install x\nfiles = !ls\nmath.exp?\n",
            "%%time\nx = 1\n",
            "%%bash\nrm -rf /\n",
            "\n%%html\n<b>",
            "if x:\n    %timeit 1 + 1\n    y = 2\n",
            'def f(a, b):\n    """Is it\n    !not so?\n    """\n    return (a\n        %b)\n',
        )
    )

    submission = read_submission(ipynb, CHAPTER)
    names: dict[str, Any] = {}
    exec(submission.source, names)

    assert (names["x"], names["y"], names["f"](7, 4)) == (1, 2, 3)
    assert "pip" not in submission.source
    assert "rm -rf" not in submission.source
    assert "!not so?" in submission.source


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("    x = 1\n    y = 2", "x = 1\ny = 2"),
        (">>> def f(x):\n...     return x\n>>> y = f(1)", "def f(x):\n    return x\ny = f(1)"),
        ("In [1]: x = 1\n   ...: y = 2", "x = 1\ny = 2"),
        ("!pip install \\\n    torch\nx = 1", "\n\nx = 1"),
        ("%config InlineBackend.figure_format = 'retina'\nx = 1", "\nx = 1"),
        ("%%time\n\nx = 1", "\n\nx = 1"),
        ("%%capture out\n%matplotlib inline\nx = 1", "\n\nx = 1"),
        ("%time import math\nx = 1", "import math\nx = 1"),
        ("if x:\n    !ls\nelse:\n    y = 1", "if x:\n    pass\nelse:\n    y = 1"),
        ("?print\nprint??\nx = 1", "\n\nx = 1"),
        ("x = (1\n  %2)\n%cd /", "x = (1\n  %2)\n"),
        ('s = """\n!ls\n%cd\n"""\n!echo "', 's = """\n!ls\n%cd\n"""\n'),
        ("!echo \"\"\"\nx = 1\n!echo '''\ny = 2", "\nx = 1\n\ny = 2"),
    ],
)
def test_lines_keep_their_numbers(cell: str, kept: str) -> None:
    assert "\n".join(read_cell(cell).lines).rstrip("\n") == kept.rstrip("\n")


@pytest.mark.parametrize("first", ["# really?", "%matplotlib inline"])
def test_an_indent_that_fits_nothing_is_told_with_its_line(ipynb: Path, python: Path, first: str) -> None:
    slip = f"{first}\ndef relu(x):\n        y = x\n    return y\n"
    ipynb.write_text(notebook("x = 1", slip))
    python.write_text(slip)

    submission = read_submission(ipynb, CHAPTER)
    [(line, why)] = submission.unread

    assert submission.source.strip() == "x = 1"
    assert "unindent does not match" in why
    assert submission.place(line) == f"{ipynb}, cell 2, line 4"
    assert "unindent does not match" in refusal(python).what
    assert refusal(python).where == f"{python}, line 4"


def test_what_a_command_would_have_named_is_said(ipynb: Path) -> None:
    ipynb.write_text(notebook("x = 1\nfiles = !ls", "%cd /"))

    submission = read_submission(ipynb, CHAPTER)

    [(line, why)] = submission.left_out
    assert submission.place(line) == f"{ipynb}, cell 1, line 2"
    assert "command" in why


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("%%bash\nls", "%%bash"),
        ("\n%%html\n<b>", "%%html"),
        ("%%timeit\nx = 1", "%%timeit"),
        ("%%writefile notes.txt\na", "no .py"),
    ],
)
def test_a_cell_that_is_left_out_is_noted(ipynb: Path, cell: str, says: str) -> None:
    ipynb.write_text(notebook("x = 1", cell))

    submission = read_submission(ipynb, CHAPTER)

    [(line, why)] = submission.left_out
    assert submission.source.strip() == "x = 1"
    assert submission.place(line) == f"{ipynb}, cell 2, line 1"
    assert says in why


def test_a_cell_that_writes_a_script_is_read_as_that_script(ipynb: Path) -> None:
    ipynb.write_text(
        notebook(
            "%%writefile ch03_activations.py\ndef relu(x):\n    return 1",
            "%%writefile -a ch03_activations.py\ndef tanh(x):\n    return 1",
            "%%writefile ch04_losses.py\ndef relu(x):\n    return 2",
        )
    )

    submission = read_submission(ipynb, CHAPTER)
    names: dict[str, Any] = {}
    exec(submission.source, names)

    assert (names["relu"](0), names["tanh"](0)) == (1, 1)
    assert submission.place(2) == f"{ipynb}, cell 1, line 2"
    assert [submission.place(line) for line, _ in submission.left_out] == [f"{ipynb}, cell 3, line 1"]


def test_a_script_that_is_written_anew_is_what_was_written_last(ipynb: Path) -> None:
    ipynb.write_text(
        notebook(
            "%%writefile ch03_activations.py\nold = 1", "y = 1", "%%writefile ch03_activations.py\nnew = 1"
        )
    )

    submission = read_submission(ipynb, CHAPTER)

    assert submission.source.split() == ["y", "=", "1", "new", "=", "1"]
    assert [submission.place(line) for line, _ in submission.left_out] == [f"{ipynb}, cell 1, line 1"]


@pytest.mark.parametrize("kind", ["raw", "markdown"])
def test_an_exercise_in_a_cell_that_is_no_code_is_pointed_out(ipynb: Path, kind: str) -> None:
    def cell(source: str) -> dict[str, Any]:
        return {"cell_type": kind, "source": source, "metadata": {}}

    ipynb.write_text(
        notebook(
            cell("# relu"),
            cell("def relu(x):\n    return x"),
            cell("def relu(x):\n    raise NotImplementedError"),
            cell("def other(x):\n    return relu"),
        )
    )

    assert [note.split(" is ")[0] for note in read_submission(ipynb, CHAPTER).notes] == ["cell 2"]


def test_a_script_as_colab_saves_it_is_read(python: Path) -> None:
    python.write_text(
        "# -*- coding: utf-8 -*-\n!pip install torch \\\n  numpy\n# %matplotlib inline\n\nx = 1\n%cd /content\n"
    )

    submission = read_submission(python, CHAPTER)

    assert submission.source.split("\n")[5] == "x = 1"
    assert submission.place(6) == f"{python}, line 6"


def test_a_mistake_beside_a_command_is_the_one_that_is_named(python: Path) -> None:
    python.write_text("!pip install torch\nx = 1\ny = = 2\n")

    assert refusal(python).where == f"{python}, line 3"


def test_ipython_is_imported_only_for_what_it_alone_can_read() -> None:
    cells = ["x = 1", "%%time\ny = 2", "%%writefile a.py\nz = 3", "def f(:"]
    program = (
        "import json, sys; from grader.submissions.ipython_syntax import read_cell\n"
        "for cell in json.loads(sys.argv[1]):\n"
        "    try: read_cell(cell)\n"
        "    except Exception: pass\n"
        "print('IPython' in sys.modules)"
    )

    seen = [
        subprocess.run(
            [sys.executable, "-c", program, json.dumps(some)], capture_output=True, text=True, check=True
        ).stdout.strip()
        for some in (cells, ["%cd /"])
    ]

    assert seen == ["False", "True"]


@pytest.mark.parametrize(
    "cell",
    [
        "%x\n" * 20_000,
        "%x\n" * 5_000 + "a = (\n" * 5_000,
        "x = !a\n" * 20_000,
        "!'''\n!'''x\n" * 500,
        "? " * 100_000 + "?",
        "!a \\\n" * 20_000,
    ],
    ids=lambda value: repr(value)[:20],
)
def test_thousands_of_magics_are_soon_read_or_refused(cell: str) -> None:
    begin = time.process_time()

    with contextlib.suppress(Unreadable):
        read_cell(cell)

    assert time.process_time() - begin < 10.0


def test_a_question_mark_in_a_script_is_a_slip_and_in_a_cell_is_noted(python: Path, ipynb: Path) -> None:
    python.write_text("import math\ndef relu(x):\n    return x?\n")
    ipynb.write_text(notebook("def relu(x):\n    return x?\n"))

    assert refusal(python).where == f"{python}, line 3"
    python.unlink()
    submission = read_submission(ipynb, CHAPTER)
    assert [submission.place(line) for line, _ in submission.left_out] == [f"{ipynb}, cell 1, line 2"]


def test_the_cells_in_a_script_that_nbconvert_made_are_put_back(python: Path) -> None:
    saved = "get_ipython().run_cell_magic('{}', '{}', {!r})\n"
    python.write_text(
        "#!/usr/bin/env python\nget_ipython().run_line_magic('matplotlib', 'inline')\n"
        + saved.format("time", "", "%config x\ndef relu(x):\n    return 1\n")
        + saved.format("writefile", "ch03_activations.py", "def tanh(x):\n    return 2\n")
        + saved.format("bash", "", "rm -rf /\n")
        + "y = 3\n"
    )

    submission = read_submission(python, CHAPTER)
    lines = submission.source.split("\n")

    assert [name for name in ("def relu(x):", "def tanh(x):", "y = 3") if name in lines] == [
        "def relu(x):",
        "def tanh(x):",
        "y = 3",
    ]
    assert [
        submission.place(lines.index(line) + 1) for line in ("    return 1", "    return 2", "y = 3")
    ] == [
        f"{python}, line 3",
        f"{python}, line 4",
        f"{python}, line 6",
    ]
    assert sum("rm -rf" in line for line in lines) == 1  # a call that the rules leave out with a word
