"""Folders and archives as people lay them out: whose each file is, and what is passed over."""

from __future__ import annotations

from pathlib import Path

import pytest
from handed_in import CANVAS, MOODLE, NBGRADER, found, pairs, put, zipped

from grader.errors import UsageError
from grader.records import Course
from grader.submissions.collecting import collect


def test_a_folder_of_learners_in_the_order_of_their_names(tmp_path: Path, course: Course) -> None:
    put(
        tmp_path,
        "learner02/ch03_activations.py",
        "learner02/ch01_dataloader.py",
        "learner01/exercises/ch02_neuron.ipynb",
    )

    collection = collect([tmp_path], course)

    assert found(collection, tmp_path) == [
        ("learner01", "ch02", "learner01/exercises/ch02_neuron.ipynb"),
        ("learner02", "ch01", "learner02/ch01_dataloader.py"),
        ("learner02", "ch03", "learner02/ch03_activations.py"),
    ]
    assert collection.passed_over == ()


def test_a_learner_without_a_file_is_not_forgotten(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "learner01/ch01_dataloader.py", "learner02/notes.txt")

    assert collect([tmp_path], course).learners == ("learner01", "learner02")


def test_a_link_among_the_learners_is_passed_over_and_named(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "elsewhere/ch03_activations.py", "class/learner01/ch03_activations.py")
    (tmp_path / "class" / "learner02").symlink_to(tmp_path / "elsewhere")

    collection = collect([tmp_path / "class"], course)

    assert collection.learners == ("learner01",)
    assert collection.passed_over == (f"{tmp_path / 'class' / 'learner02'}: a link, not a folder",)


def test_a_path_that_is_not_there_is_refused(tmp_path: Path, course: Course) -> None:
    with pytest.raises(UsageError, match="nothing here to grade"):
        collect([tmp_path / "missing"], course)


@pytest.mark.parametrize(
    "names", [CANVAS, MOODLE["flat"], MOODLE["folders"], NBGRADER], ids="canvas flat folders nbgrader".split()
)
def test_a_download_that_was_packed_again_with_its_folder(
    tmp_path: Path, course: Course, names: tuple[str, ...]
) -> None:
    put(tmp_path / "a" / "download", *names)
    put(tmp_path / "b", *names)

    packed = collect([zipped(tmp_path / "a", tmp_path / "again.zip")], course)

    assert pairs(packed) == pairs(collect([tmp_path / "b"], course))
    assert packed.submissions


def test_a_zip_of_a_class_with_a_folder_around_it(tmp_path: Path, course: Course) -> None:
    put(
        tmp_path / "z",
        "class/learner01/ch03_activations.py",
        "class/learner02/exercises/ch03_activations.py",
        "__MACOSX/class/learner01/._ch03_activations.py",
        "class/.DS_Store",
    )

    collection = collect([zipped(tmp_path / "z", tmp_path / "class.zip")], course)

    assert pairs(collection) == [("learner01", "ch03"), ("learner02", "ch03")]
    assert collection.passed_over == ()


def test_the_zip_of_one_learner_is_that_learners(tmp_path: Path, course: Course) -> None:
    put(tmp_path / "z", "exercises/ch03_activations.py", "ch01_dataloader.py")

    collection = collect([zipped(tmp_path / "z", tmp_path / "learner01.zip")], course)

    assert pairs(collection) == [("learner01", "ch01"), ("learner01", "ch03")]


def test_a_loose_file_beside_several_learners_is_nobodys(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "ch03_activations.py", "learner01/ch03_activations.py", "learner02/ch03_activations.py")

    collection = collect([tmp_path], course)

    assert pairs(collection) == [("learner01", "ch03"), ("learner02", "ch03")]
    assert collection.passed_over == (f"{tmp_path / 'ch03_activations.py'}: it lies in no learner's folder",)


def test_a_learners_old_copies_are_not_another_learners_work(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "learner01/ch03_activations.py", "learner01/old/ch03_activations.py")

    collection = collect([tmp_path / "learner01"], course)

    assert found(collection, tmp_path) == [("learner01", "ch03", "learner01/ch03_activations.py")]
