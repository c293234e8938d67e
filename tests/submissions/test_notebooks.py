"""Notebooks become the Python in their cells, and every line keeps its cell."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from learner_files import CHAPTER, notebook, refusal

from grader.submissions.notebooks import read_cells
from grader.submissions.reading import read_submission


def test_code_cells_are_joined_and_lines_keep_their_cell(ipynb: Path) -> None:
    ipynb.write_text(
        notebook(
            {"cell_type": "markdown", "source": ["# Title\n", "x = y ="], "metadata": {}},
            "import math\n",
            {
                "cell_type": "code",
                "source": ["def relu(x):\n", "    return 1"],
                "metadata": {"tags": ["mine"]},
            },
            {"cell_type": "raw", "source": "not python", "metadata": {}},
            "def relu(x):\n    return 2",
        )
    )

    submission = read_submission(ipynb, CHAPTER)
    names: dict[str, Any] = {}
    exec(submission.source, names)

    assert names["relu"](0) == 2  # as in a kernel, the last definition wins
    line = submission.source.split("\n").index("    return 1") + 1
    assert submission.place(line) == f"{ipynb}, cell 3, line 2"
    assert len(submission.origins) == len(submission.source.split("\n"))


def test_grader_cells_are_left_out(ipynb: Path) -> None:
    def cell(source: str, **metadata: Any) -> dict[str, Any]:
        return {"cell_type": "code", "source": source, "metadata": metadata}

    ipynb.write_text(
        notebook(
            cell("a = 1", nbgrader={"grade": True, "solution": False, "points": 4, "grade_id": "tests"}),
            cell("b = 1", nbgrader={"grade": True, "solution": True}),
            cell("c = 1", nbgrader={"grade": False, "solution": True}),
            cell("d = 1", tags=["grader"]),
        )
    )

    source = read_submission(ipynb, CHAPTER).source

    assert [name for name in "abcd" if f"{name} = 1" in source] == ["b", "c"]


@pytest.mark.parametrize(
    ("cells", "kept", "says", "where"),
    [
        (("x = 1", "y = (\n"), "x = 1", "never closed", "cell 2, line 1"),
        (("x = (", ")", "z = 1"), "z = 1", "never closed", "cell 1, line 1"),
        (("%time\nx = = 1", "y = 1"), "y = 1", "invalid syntax", "cell 1, line 2"),
    ],
)
def test_a_cell_that_python_cannot_read_is_left_out_and_named(
    ipynb: Path, cells: tuple[str, ...], kept: str, says: str, where: str
) -> None:
    ipynb.write_text(notebook(*cells))

    submission = read_submission(ipynb, CHAPTER)

    assert submission.source.strip() == kept
    line, why = submission.unread[0]
    assert says in why
    assert submission.place(line) == f"{ipynb}, {where}"


@pytest.mark.parametrize(
    ("content", "says", "where"),
    [
        (notebook("x = '\ud800'"), "surrogate", ""),
        ("{", "no notebook", ""),
        ("[]", "no notebook", ""),
        ('{"cells": [{"cell_type": 3}]}', "no notebook", ""),
        ('{"cells": [{"cell_type": "code", "source": {"a": 1}}]}', "no notebook", ""),
        ('{"nbformat": 3, "worksheets": []}', "old format", ""),
        ("[" * 200_000, "no notebook", ""),
        ('{"x": ' + "[" * 200_000, "no notebook", ""),
        (notebook("#" * 600_000, "#" * 600_000), "larger than 1 MiB", ""),
        (notebook(*["%x\n" * 2000 + "a\n" * 2000] * 70), "too much code", ""),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_broken_notebook_is_refused(ipynb: Path, content: str, says: str, where: str) -> None:
    ipynb.write_text(content)

    error = refusal(ipynb)

    assert says in error.what
    assert where in error.where


def test_pictures_among_the_outputs_do_not_count(ipynb: Path) -> None:
    picture = {"cell_type": "code", "source": "x = 1", "metadata": {}, "outputs": [{"png": "A" * (3 << 20)}]}
    ipynb.write_text(notebook(picture))

    assert read_submission(ipynb, CHAPTER).source.startswith("x = 1")


def test_a_notebook_is_read_without_jupyter(ipynb: Path) -> None:
    import subprocess
    import sys

    ipynb.write_text(notebook("x = 1"))
    program = (
        "import sys; from pathlib import Path; from grader.submissions.reading import read_submission;"
        "from grader.records import Chapter; read_submission(Path(sys.argv[1]), Chapter('ch03', 't', 't', (), ()));"
        "print([name for name in ('nbformat', 'torch', 'IPython') if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program, str(ipynb)], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


# --- what Jupyter writes beside the code ------------------------------------------------------------------


@pytest.mark.parametrize(
    "outputs",
    [
        r'"\ud800"',
        r'{"text": "\\\\\ud83d"}',
        r'"\udc00\ud800"',
        r'[NaN, -Infinity, {"x": Infinity}]',
        r'{"text": "a \" quote, NaN, and more", "y": NaN}',
    ],
)
def test_what_is_no_json_among_the_outputs_costs_nothing(ipynb: Path, outputs: str) -> None:
    code = json.dumps('x = "[1, NaN, 2] \\ \\" "\ny = "\\\\"\nz = "😀"')
    ipynb.write_text(f'{{"cells": [{{"cell_type": "code", "outputs": [{outputs}], "source": {code}}}]}}')

    assert read_submission(ipynb, CHAPTER).source.rstrip() == json.loads(code)


@pytest.mark.parametrize(
    "metadata",
    [
        "null",
        "[]",
        '{"nbgrader": null, "tags": null}',
        '{"nbgrader": 3, "tags": "x"}',
        r'{"a": "\ud800"}',
        "3",
    ],
)
def test_metadata_of_any_kind_is_no_reason_to_refuse(ipynb: Path, metadata: str) -> None:
    ipynb.write_text(f'{{"cells": [{{"cell_type": "code", "source": "x = 1", "metadata": {metadata}}}]}}')

    assert read_submission(ipynb, CHAPTER).source == "x = 1\n"


def test_a_cell_without_a_source_is_empty(ipynb: Path) -> None:
    ipynb.write_text(
        '{"cells": [{"cell_type": "code", "source": null}, {"cell_type": "code", "source": "x = 1"}]}'
    )

    submission = read_submission(ipynb, CHAPTER)

    assert submission.place(submission.source.split("\n").index("x = 1") + 1) == f"{ipynb}, cell 2, line 1"


def test_fifty_megabytes_of_outputs_are_skipped(ipynb: Path) -> None:
    outputs = ['{"output_type": "stream", "text": ["loss 0.1\\n"]}'] * 500_000 + [f'"{"A" * (28 << 20)}"']
    cell = f'{{"cell_type": "code", "outputs": [{",".join(outputs)}], "source": "x = 1"}}'
    ipynb.write_text(f'{{"cells": [{cell}]}}')
    assert ipynb.stat().st_size > 50 << 20
    begin = time.process_time()

    submission = read_submission(ipynb, CHAPTER)

    assert submission.source == "x = 1\n"
    assert time.process_time() - begin < 3.0  # of the processor: a parse into objects takes far longer


def test_the_work_itself_may_hold_no_half_character(ipynb: Path) -> None:
    ipynb.write_text(notebook("x = 1", "y = '\ud800'"))

    assert "half a character" in refusal(ipynb).what


# --- files that are not what they are called --------------------------------------------------------------


def test_a_notebook_named_py_is_read_as_the_notebook_it_is(python: Path) -> None:
    python.write_text(notebook("%matplotlib inline", "x = 1", picture="A" * (2 << 20)))

    submission = read_submission(python, CHAPTER)

    assert submission.source.strip() == "x = 1"
    assert submission.place(3) == f"{python}, cell 2, line 1"


def test_python_named_ipynb_is_read_as_python(ipynb: Path) -> None:
    ipynb.write_text("\nx = 1\n")

    submission = read_submission(ipynb, CHAPTER)

    assert (submission.source, submission.place(2)) == ("\nx = 1\n", f"{ipynb}, line 2")


@pytest.mark.parametrize("content", ["", " \n", "{}", "[1]", "<!DOCTYPE html><html></html>", '{"cells": '])
def test_what_is_neither_is_called_no_notebook(ipynb: Path, content: str) -> None:
    ipynb.write_text(content)

    assert "notebook" in refusal(ipynb).what


def test_a_name_to_which_txt_was_added_is_that_of_a_script(tmp_path: Path) -> None:
    (tmp_path / "ch03_activations.py.txt").write_text("x = 1")
    (tmp_path / "ch03_activations.ipynb.json").write_text(notebook("x = 1"))

    assert read_submission(tmp_path / "ch03_activations.py.txt", CHAPTER).source == "x = 1"
    assert read_submission(tmp_path / "ch03_activations.ipynb.json", CHAPTER).source == "x = 1\n"


def test_half_a_character_in_a_cell_to_be_shown_is_replaced(ipynb: Path) -> None:
    ipynb.write_text(notebook({"cell_type": "markdown", "source": "a\ud800b 😀", "metadata": {}}))

    assert [cell.text for cell in read_cells(ipynb)] == ["a\ufffdb 😀"]
    assert read_submission(ipynb, CHAPTER).source == ""
