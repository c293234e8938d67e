"""What is no plain file is refused, and nothing leads out of a learner's folder."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from learner_files import CHAPTER, refusal

from grader.submissions import contents
from grader.submissions.reading import read_submission


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


def test_a_file_that_grows_while_it_is_read_is_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, file = os.fstat, tmp_path / "ch03.py"
    file.write_bytes(b"x = 12345\n")

    def before_it_grew(handle: int) -> os.stat_result:
        found = list(usual(handle))
        found[stat.ST_SIZE] = 3
        return os.stat_result(found)

    monkeypatch.setattr(contents.os, "fstat", before_it_grew)

    assert contents.bytes_of(file, tmp_path, 10) == b"x = 12345\n"
    with pytest.raises(contents.TooLarge):
        contents.bytes_of(file, tmp_path, 9)
