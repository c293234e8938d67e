"""What learners hand in is read, or refused with one plain reason."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from grader.errors import SubmissionError
from grader.records import Chapter, Exercise
from grader.submissions.reading import read_submission
from grader.syntax import Unreadable, parse

CHAPTER = Chapter("ch03_activations", "t", "t", ("2",), (Exercise("relu", 1.0), Exercise("tanh", 1.0)))


def refusal(path: Path) -> SubmissionError:
    with pytest.raises(SubmissionError) as caught:
        read_submission(path, CHAPTER)
    return caught.value


def notebook(*cells: dict[str, Any] | str, **more: Any) -> str:
    full = [
        {"cell_type": "code", "source": cell, "metadata": {}, "outputs": [{"anything": [1, {}]}]}
        if isinstance(cell, str)
        else cell
        for cell in cells
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": full, **more})


@pytest.fixture
def python(tmp_path: Path) -> Path:
    return tmp_path / "ch03_activations.py"


@pytest.fixture
def ipynb(tmp_path: Path) -> Path:
    return tmp_path / "ch03_activations.ipynb"


# --- .py --------------------------------------------------------------------------------------------------


def test_a_python_file_is_read_with_its_lines(python: Path) -> None:
    python.write_bytes(b"\xef\xbb\xbf# -*- coding: utf-8 -*-\r\nx = '\xe7\xa7\xaf\xe6\x9c\xa8'\ry = 2\n")

    submission = read_submission(python, CHAPTER)

    assert submission.source == "# -*- coding: utf-8 -*-\nx = '积木'\ny = 2\n"
    assert submission.place(3) == f"{python}, line 3"
    assert submission.path == python
    assert len(submission.sha256) == 64


def test_the_digest_is_that_of_the_source(python: Path) -> None:
    python.write_bytes(b"x = 1\n")
    first = read_submission(python, CHAPTER).sha256
    python.write_bytes(b"x = 1\r\n")
    same = read_submission(python, CHAPTER).sha256
    python.write_bytes(b"x = 2\n")

    assert first == same != read_submission(python, CHAPTER).sha256


@pytest.mark.parametrize(
    ("content", "says", "line"),
    [
        (b"x = 1\ny = (\nz = 3\n", "'(' was never closed", 2),
        (b"def f(:\n  pass", "invalid syntax", 1),
        (b"if 1:\nx = 2", "expected an indented block", 2),
        (b"x = 1\ny = '\xff'\n", "not UTF-8", 2),
        (b"\xff\xfex\x00", "UTF-16", None),
        (b"x = 1\n\x00\n", "NUL", 2),
        (b"\x7fELF\x02\x01\x01\x00\x00", "NUL", 1),
        (b"# coding: latin-1\nx = 1\n", "latin-1", 1),
        (b"\n# vim: set fileencoding=gbk :\n", "gbk", 2),
        (b"x = " + b"1" * 5000, "too many digits", 1),
        (b"x = " + b"(" * 10_000 + b")" * 10_000, "nested", 1),
        (b"x = " + b"-" * 100_000 + b"1", "nested", None),
        (b"x = a" + b".b" * 100_000, "nested", None),
        (b"x = 1" + b"+1" * 100_000, "nested", None),
        (b"x = a" + b".b" * 500, "nested", 1),
        (b"if 1: pass\n" + b"elif 1: pass\n" * 15_000, "nested", None),
        (b"".join(b" " * depth + b"if 1:\n" for depth in range(200)) + b" " * 200 + b"pass", "indent", 101),
        (b"a\n" * 400_000, "too much code", None),
        (b"x = f'" + b"{1:{2}}" * 100_000 + b"'", "too much code", None),
        (b"x = f'" + b"{1:{2}}" * 30_000 + b"'", "braces", None),
        (b"#" * (1 << 20) + b"\n", "larger than 1 MiB", None),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_python_cannot_read_is_refused_once_and_soon(
    python: Path, content: bytes, says: str, line: int | None
) -> None:
    python.write_bytes(content)
    begin = time.process_time()

    error = refusal(python)

    assert says in error.what
    assert error.where == (f"{python}, line {line}" if line else str(python))
    assert error.next_step
    assert time.process_time() - begin < 5.0


def test_a_mebibyte_of_comments_is_read(python: Path) -> None:
    python.write_bytes(b"# 1234567\n" * 104_857)

    assert read_submission(python, CHAPTER).source.startswith("# 1234567\n")


def test_odd_escapes_do_not_warn(python: Path, recwarn: pytest.WarningsRecorder) -> None:
    python.write_text('"""\\d"""\nx = 1 is 1\n')

    read_submission(python, CHAPTER)

    assert not recwarn.list


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(Unreadable, match="half a character"):
        parse("x = '\ud800'")


# --- what is no plain file --------------------------------------------------------------------------------


def test_a_missing_file_is_named(python: Path) -> None:
    assert "no such file" in refusal(python).what


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x = 1")

    assert "neither" in refusal(tmp_path / "notes.txt").what


def test_a_pipe_does_not_make_us_wait(python: Path) -> None:
    os.mkfifo(python)

    assert "no plain file" in refusal(python).what
    assert "no plain file" in refusal(python.parent).what


def test_a_device_is_refused(tmp_path: Path) -> None:
    (tmp_path / "zero.py").symlink_to("/dev/zero")

    assert "outside its folder" in refusal(tmp_path / "zero.py").what


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text("x = 1")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "ch03_activations.py").symlink_to(tmp_path / "secret.py")

    assert "outside its folder" in refusal(mine).what
    assert "outside its folder" in refusal(mine / "ch03_activations.py").what


def test_a_link_inside_the_folder_is_followed(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    (mine / "drafts").mkdir(parents=True)
    (mine / "drafts" / "draft.py").write_text("x = 1")
    (mine / "ch03_activations.py").symlink_to("drafts/draft.py")
    (tmp_path / "alias").symlink_to(mine)

    assert read_submission(mine, CHAPTER).source == "x = 1"
    assert read_submission(tmp_path / "alias", CHAPTER).source == "x = 1"


def test_broken_and_circular_links_are_refused(python: Path) -> None:
    python.symlink_to(python.name)
    assert "circle" in refusal(python).what

    python.unlink()
    python.symlink_to("nowhere.py")
    assert "nowhere" in refusal(python).what


def test_a_linked_exercises_folder_cannot_lead_elsewhere(tmp_path: Path) -> None:
    other, mine = tmp_path / "other", tmp_path / "mine"
    other.mkdir()
    mine.mkdir()
    (other / "ch03_activations.py").write_text("x = 1")
    (mine / "exercises").symlink_to(other)

    assert "outside its folder" in refusal(mine).what


def test_a_folder_in_the_file_s_place_is_refused(python: Path) -> None:
    python.mkdir()

    assert "folder" in refusal(python.parent).what


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(python: Path) -> None:
    python.write_text("x = 1")
    python.chmod(0)

    assert "may not be read" in refusal(python).what


def test_a_name_no_system_accepts_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / ("a" * 5000 + ".py")).what
    assert refusal(tmp_path / "a\0.py").what


# --- folders ----------------------------------------------------------------------------------------------


def test_a_folder_without_the_chapter_names_the_nearest_file(tmp_path: Path) -> None:
    (tmp_path / "ch03_activation.py").write_text("x = 1")

    error = refusal(tmp_path)

    assert "ch03_activations.py" in error.what
    assert "did you mean ch03_activation.py?" in error.what


def test_exercises_inside_the_folder_are_found(tmp_path: Path) -> None:
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises" / "ch03_activations.py").write_text("x = 1")

    assert read_submission(tmp_path, CHAPTER).source == "x = 1"


STUB = 'def relu(): raise NotImplementedError("relu: write")\ndef tanh(): raise NotImplementedError("tanh: write")\n'
HALF = 'def relu(): return 1\ndef tanh(): raise NotImplementedError("tanh: write")\n'


@pytest.mark.parametrize(
    ("script", "cell", "counts"),
    [
        (HALF, HALF, ".py"),
        (STUB, STUB, ".py"),
        (STUB, HALF, ".ipynb"),
        (HALF, STUB, ".py"),
        (HALF, "def relu(): return 2\ndef tanh(): return 3\n", ".ipynb"),
        (HALF, "def relu(:", ".py"),
        ("def relu(:", HALF, ".ipynb"),
    ],
)
def test_of_two_files_the_one_with_more_begun_counts(
    python: Path, ipynb: Path, script: str, cell: str, counts: str
) -> None:
    python.write_text(script)
    ipynb.write_text(notebook(cell))

    assert read_submission(python.parent, CHAPTER).path.suffix == counts


def test_a_broken_file_beside_an_untouched_stub_is_reported(python: Path, ipynb: Path) -> None:
    python.write_text("def relu(:")
    ipynb.write_text(notebook(STUB))

    assert f"{python}, line 1" in refusal(python.parent).where


def test_a_broken_cell_beside_an_untouched_stub_is_reported(python: Path, ipynb: Path) -> None:
    python.write_text(STUB)
    ipynb.write_text(notebook("def relu(:"))

    submission = read_submission(python.parent, CHAPTER)

    assert submission.place(submission.unread[0][0]) == f"{ipynb}, cell 1, line 1"


# --- notebooks --------------------------------------------------------------------------------------------


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
