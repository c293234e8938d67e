"""What learners hand in is read, or refused with one plain reason."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from learner_files import CHAPTER, notebook, refusal

from grader.submissions.reading import read_submission
from grader.syntax import Unreadable, parse


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


def test_the_file_that_is_passed_over_is_named(python: Path, ipynb: Path) -> None:
    python.write_text(HALF)
    ipynb.write_text(notebook("def relu(): return 2\ndef tanh(): return 3\n"))

    submission = read_submission(python.parent, CHAPTER)
    by_name = read_submission(ipynb, CHAPTER)
    other_way_round = read_submission(python, CHAPTER)
    python.unlink()
    alone = read_submission(ipynb, CHAPTER)

    [note] = submission.notes
    assert submission == by_name
    assert other_way_round.notes[0].startswith("ch03_activations.ipynb is not graded: 2 are written in it")
    assert note == (
        "ch03_activations.py is not graded: 1 are written in it, 2 exercises are written in ch03_activations.ipynb"
    )
    assert submission.sha256 != alone.sha256  # the report on it says more


def test_an_untouched_stub_beside_the_work_is_not_worth_a_word(python: Path, ipynb: Path) -> None:
    python.write_text(STUB)
    ipynb.write_text(notebook(HALF))

    assert read_submission(python.parent, CHAPTER).notes == ()


def test_a_file_beside_the_work_that_cannot_be_read_is_named(python: Path, ipynb: Path) -> None:
    python.write_text("def relu(:")
    ipynb.write_text(notebook(HALF))

    [note] = read_submission(python.parent, CHAPTER).notes

    assert note.startswith("ch03_activations.py is not graded: Python cannot read the file")


@pytest.mark.parametrize("dead", ['raise NotImplementedError("relu: write")', "raise NotImplementedError()"])
def test_a_raise_below_a_return_leaves_an_exercise_written(python: Path, ipynb: Path, dead: str) -> None:
    python.write_text(HALF)
    ipynb.write_text(notebook(f"def relu():\n    return 1\n    {dead}\ndef tanh(): return 1\n"))

    assert read_submission(python.parent, CHAPTER).path == ipynb
