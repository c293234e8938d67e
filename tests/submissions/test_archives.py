"""Archives that are not what they seem: nothing leads out of them, and no size in them is trusted."""

from __future__ import annotations

import stat
import struct
import zipfile
from pathlib import Path

import pytest
from handed_in import pairs, said

from grader.errors import KitError, SubmissionError, UsageError
from grader.records import Course
from grader.submissions.archives import MAX_RATIO, list_members, read_member
from grader.submissions.collecting import collect


def member(name: str, *, mode: int = 0, method: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    """An entry of an archive as its maker would like it to be read."""
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    entry.compress_type = method
    return entry


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (member("../learner09/ch03_activations.py"), "leads out"),
        (member("learner09/../../ch03_activations.py"), "leads out"),
        (member("/etc/learner09/ch03_activations.py"), "leads out"),
        (member("C:/learner09/ch03_activations.py"), "leads out"),
        (member("..\\learner09\\ch03_activations.py"), "leads out"),
        (member("learner09/ch03_activations.py", mode=stat.S_IFLNK | 0o777), "a link"),
        (member("learner09/ch03_activations.py", mode=stat.S_IFIFO | 0o666), "a link or device"),
        (member("learner09/ch03_activations.py", method=zipfile.ZIP_LZMA), "packed in a way"),
    ],
)
def test_a_member_that_is_not_to_be_followed_is_named_and_the_rest_is_found(
    tmp_path: Path, course: Course, entry: zipfile.ZipInfo, reason: str
) -> None:
    archive = tmp_path / "class.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(entry, b"/etc/passwd")
        file.writestr("learner01/ch03_activations.py", b"x = 1\n")
        file.writestr("learner02/ch03_activations.py", b"x = 1\n")

    collection = collect([archive], course)

    assert pairs(collection) == [("learner01", "ch03"), ("learner02", "ch03")]
    [note] = said(collection)
    assert reason in note


def test_a_file_that_unpacks_too_far_is_refused_and_the_others_are_read(
    tmp_path: Path, course: Course
) -> None:
    archive = tmp_path / "class.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("learner01/ch03_activations.py", b"\n" * (512 << 10))
        file.writestr("learner02/ch03_activations.py", b"\n" * (32 << 20))
        file.writestr("learner03/ch03_activations.py", b"x = 1\n")

    bomb, large, honest = collect([archive], course).submissions

    with pytest.raises(SubmissionError, match=f"more than {MAX_RATIO} times"):
        bomb.read()
    with pytest.raises(SubmissionError, match="larger than 1 MiB"):
        large.read()
    assert honest.read().source == "x = 1\n"


def test_a_size_that_lies_does_not_help_a_bomb(tmp_path: Path) -> None:
    archive = tmp_path / "class.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("ch03_activations.py", b"\n" * (32 << 20))
    data = archive.read_bytes()
    archive.write_bytes(data.replace(struct.pack("<I", 32 << 20), struct.pack("<I", 1000)))

    with pytest.raises(SubmissionError, match="damaged"):
        read_member(archive, "ch03_activations.py", 1 << 20)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_damaged_file_in_an_archive_is_one_learners_trouble(
    tmp_path: Path, course: Course, method: int
) -> None:
    archive, first = tmp_path / "class.zip", member("learner01/ch03_activations.py", method=method)
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(first, b"first = 1\n")
        file.writestr("learner02/ch03_activations.py", b"other = 1\n")
        start = len(first.FileHeader())
    data = bytearray(archive.read_bytes())
    data[start : start + first.compress_size] = b"\xff" * first.compress_size  # no block of deflate begins so
    archive.write_bytes(data)

    damaged, honest = collect([archive], course).submissions

    with pytest.raises(SubmissionError, match="damaged"):
        damaged.read()
    assert honest.read().source == "other = 1\n"


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x05\x06" + b"\xff" * 18, b"PK\x05\x06"])
def test_what_is_no_archive_is_refused_with_a_next_step(
    tmp_path: Path, course: Course, content: bytes
) -> None:
    path = tmp_path / "class.zip"
    path.write_bytes(content)

    with pytest.raises(UsageError, match="archive cannot be read") as caught:
        collect([path], course)

    assert "download it again" in caught.value.next_step


def test_an_archive_cut_short_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "class.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("learner01/ch03_activations.py", b"x = 1\n" * 1000)
    archive.write_bytes(archive.read_bytes()[:-30])

    with pytest.raises(KitError):
        list_members(archive, [])


def test_a_name_that_stands_twice_is_read_once(tmp_path: Path, course: Course) -> None:
    archive = tmp_path / "class.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("learner01/ch03_activations.py", b"x = 1\n")
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("learner01/ch03_activations.py", b"x = 2\n")

    collection = collect([archive], course)

    assert pairs(collection) == [("learner01", "ch03")]
    assert "twice" in said(collection)[0]
