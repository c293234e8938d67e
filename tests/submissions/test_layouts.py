"""Folders and archives as people lay them out: whose each file is, and what is passed over."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from handed_in import CANVAS, DAY_S, MOODLE, NBGRADER, NOON, found, pairs, put, said, zipped

from grader.course.config import find_chapter
from grader.errors import UsageError
from grader.records import Course
from grader.submissions.collecting import Collection, collect


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
    assert said(collection) == ()


def test_a_learner_without_a_file_is_not_forgotten(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "learner01/ch01_dataloader.py", "learner02/notes.txt")

    assert collect([tmp_path], course).learners == ("learner01", "learner02")


def test_a_link_among_the_learners_is_passed_over_and_named(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "elsewhere/ch03_activations.py", "class/learner01/ch03_activations.py")
    (tmp_path / "class" / "learner02").symlink_to(tmp_path / "elsewhere")

    collection = collect([tmp_path / "class"], course)

    assert collection.learners == ("learner01",)
    assert said(collection) == (f"{tmp_path / 'class' / 'learner02'}: a link, not a folder",)


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
    assert said(collection) == ()


def test_the_zip_of_one_learner_is_that_learners(tmp_path: Path, course: Course) -> None:
    put(tmp_path / "z", "exercises/ch03_activations.py", "ch01_dataloader.py")

    collection = collect([zipped(tmp_path / "z", tmp_path / "learner01.zip")], course)

    assert pairs(collection) == [("learner01", "ch01"), ("learner01", "ch03")]


def test_a_loose_file_beside_several_learners_is_nobodys(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "ch03_activations.py", "learner01/ch03_activations.py", "learner02/ch03_activations.py")

    collection = collect([tmp_path], course)

    assert pairs(collection) == [("learner01", "ch03"), ("learner02", "ch03")]
    assert said(collection) == (f"{tmp_path / 'ch03_activations.py'}: it lies in no learner's folder",)


def test_a_learners_old_copies_are_not_another_learners_work(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "learner01/ch03_activations.py", "learner01/old/ch03_activations.py")

    collection = collect([tmp_path / "learner01"], course)

    assert found(collection, tmp_path) == [("learner01", "ch03", "learner01/ch03_activations.py")]


# --- where files really lie -------------------------------------------------------------------------------


def learners_and_paths(collection: Collection, root: Path) -> list[tuple[str, str]]:
    """Learner and path, from `root`, of every submission."""
    return [(learner, path) for learner, _, path in found(collection, root)]


@pytest.mark.parametrize(
    "name",
    [
        "learner01/hw/my stuff/ch09_scheduling.py",
        "learner01/ch09_scheduling/ch09_scheduling.py",
        "learner01/ch09_scheduling.py.txt",
        "learner01/ch09_scheduling.PY",
        "learner01/a/b/c/d/e/ch09_scheduling (1).ipynb",
        "learner01/ch09_scheduling/solution.py",
    ],
)
def test_the_only_candidate_is_taken_wherever_it_lies(tmp_path: Path, course: Course, name: str) -> None:
    put(tmp_path, name, "learner02/ch09_scheduling.py")

    collection = collect([tmp_path], course)

    assert learners_and_paths(collection, tmp_path) == [
        ("learner01", name),
        ("learner02", "learner02/ch09_scheduling.py"),
    ]
    assert said(collection) == ()


@pytest.mark.parametrize(
    ("names", "learners"),
    [
        (
            (
                "ch09_scheduling/learner01/ch09_scheduling.py",
                "ch03_activations/learner01/ch03_activations.py",
            ),
            1,
        ),
        (
            ("hw9/learner01/ch09_scheduling.py", "hw9/learner02/ch09_scheduling.py", "hw3/learner01/ch03.py"),
            2,
        ),
        (("Week 9/learner01/code/ch09_scheduling.py", "Week 9/learner02/ch09_scheduling.py"), 2),
        (
            (
                "scheduling/learner01/ch09_scheduling.py",
                "scheduling/learner02/ch09_scheduling.py",
                "losses/learner01/ch04_losses.py",
            ),
            2,
        ),
    ],
)
def test_a_folder_of_the_assignment_may_lie_around_the_learners(
    tmp_path: Path, course: Course, names: tuple[str, ...], learners: int
) -> None:
    put(tmp_path, *names)

    collection = collect([tmp_path], course)

    assert collection.learners == ("learner01", "learner02")[:learners]
    assert sorted(path for _, path in learners_and_paths(collection, tmp_path)) == sorted(names)


@pytest.mark.parametrize(
    "names", [CANVAS, MOODLE["flat"], MOODLE["folders"], NBGRADER], ids="canvas flat folders nbgrader".split()
)
def test_a_folder_around_an_unpacked_export_changes_nothing(
    tmp_path: Path, course: Course, names: tuple[str, ...]
) -> None:
    put(tmp_path / "plain", *names)
    put(tmp_path / "wrapped" / "download" / "again", *names)

    wrapped, plain = (collect([tmp_path / name], course) for name in ("wrapped", "plain"))

    assert pairs(wrapped) == pairs(plain)
    assert wrapped.learners == plain.learners


def test_the_folders_of_one_learner_are_no_class(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "learner01/old/ch09_scheduling.py", "learner01/new/ch09_scheduling.py")
    put(tmp_path, "learner01/losses/ch04_losses.py")

    put(tmp_path, "other/learner02/hw3/ch03_activations.py", "other/learner02/hw9/code/ch09_scheduling.py")

    assert collect([tmp_path / "other"], course).learners == ("learner02",)
    assert collect([tmp_path / "other" / "learner02"], course).learners == ("learner02",)
    assert collect([tmp_path], course).learners == ("learner01", "other")


def test_of_versions_the_newest_counts_and_the_others_are_named_learner_by_learner(
    tmp_path: Path, course: Course
) -> None:
    for number, name in enumerate(["learner02/ch09 (2).py", "learner02/ch09 (3).py", "learner02/ch09.py"]):
        put(tmp_path, name)
        os.utime(tmp_path / name, (NOON - number * DAY_S, NOON - number * DAY_S))
    put(tmp_path, "learner01/v1/ch09_scheduling.py", "learner01/v2/ch09_scheduling.py")
    os.utime(tmp_path / "learner01/v2/ch09_scheduling.py", (NOON, NOON))
    os.utime(tmp_path / "learner01/v1/ch09_scheduling.py", (NOON - 60, NOON - 60))

    collection = collect([tmp_path], course)

    assert [path for _, path in learners_and_paths(collection, tmp_path)] == [
        "learner01/v2/ch09_scheduling.py",
        "learner02/ch09 (2).py",
    ]
    assert [(one.learner, one.path.relative_to(tmp_path).as_posix()) for one in collection.passed_over] == [
        ("learner01", "learner01/v1/ch09_scheduling.py"),
        ("learner02", "learner02/ch09 (3).py"),
        ("learner02", "learner02/ch09.py"),
    ]


def test_the_only_file_is_taken_for_the_only_chapter_and_that_is_said(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "learner01/solution.py", "learner02/a.py", "learner02/b.py", "learner03/ch09_scheduling.py")
    put(tmp_path, "learner03/helper.py")

    collection = collect([tmp_path], course, [find_chapter(course, "ch09")])

    assert [path for _, path in learners_and_paths(collection, tmp_path)] == [
        "learner01/solution.py",
        "learner03/ch09_scheduling.py",
    ]
    assert [one.learner for one in collection.passed_over] == ["learner02", "learner02"]
    assert collection.notes == (
        f"learner01: {tmp_path / 'learner01' / 'solution.py'} was taken for ch09, as the only file",
    )


def test_work_in_another_format_is_named_and_hundreds_of_files_are_counted(
    tmp_path: Path, course: Course
) -> None:
    put(tmp_path, "learner01/ch09_scheduling.docx", "learner01/readme.md", "learner01/ch09_scheduling.rar")
    put(tmp_path, *(f"learner02/part{number:03}.py" for number in range(100)))
    put(tmp_path, "learner03/venv/lib/ch09_scheduling.py", "learner03/node_modules/ch09_scheduling.py")
    put(tmp_path, "learner03/ch09_scheduling.py")

    collection = collect([tmp_path], course)

    assert [one.why for one in collection.passed_over if one.learner == "learner01"] == [
        "neither a .py file nor a notebook",
        "neither a .py file nor a notebook",
    ]
    assert len([one for one in collection.passed_over if one.learner == "learner02"]) == 6
    assert [one for one in collection.passed_over if one.learner == "learner03"] == []


# --- names that read the same -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        "\x01learner01",
        "learn\u200ber01",
        "learn\u00ader01",
        "\x1b[31mlearner01",
        "Learner01",
        "learner01 ",
        "learner\u202e01",
    ],
)
def test_two_names_that_read_the_same_are_refused_and_both_are_shown(
    tmp_path: Path, course: Course, other: str
) -> None:
    put(tmp_path, "learner01/ch03_activations.py", f"{other}/ch03_activations.py")

    with pytest.raises(UsageError, match="read the same") as caught:
        collect([tmp_path], course)

    assert "'learner01'" in caught.value.what
    assert repr(other) in caught.value.what
    assert caught.value.where.isprintable()
    assert str(tmp_path / "learner01" / "ch03_activations.py") in caught.value.where


def test_two_ways_to_write_one_character_are_one_name(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "a/le\u0301a/ch03_activations.py", "b/l\u00e9a/ch01_dataloader.py")

    assert collect([tmp_path / "a", tmp_path / "b"], course).learners == ("l\u00e9a",)


def test_a_learner_whose_folder_in_an_assignment_is_empty_is_not_forgotten(
    tmp_path: Path, course: Course
) -> None:
    put(tmp_path, "hw9/learner01/ch09_scheduling.py", "hw3/learner01/ch03_activations.py")
    (tmp_path / "hw9" / "learner02").mkdir()

    assert collect([tmp_path], course).learners == ("learner01", "learner02")


def test_the_instructors_own_files_beside_the_learners_make_no_learner(
    tmp_path: Path, course: Course
) -> None:
    put(tmp_path / "class", "expected.yml", "solution.py", "learner01/ch03_activations.py", "learner02/x.txt")
    put(tmp_path / "download", "notes.txt", *CANVAS)

    collection = collect([tmp_path / "class"], course)
    download = collect([tmp_path / "download"], course)

    assert collection.learners == ("learner01", "learner02")
    assert said(collection) == (
        f"{tmp_path / 'class' / 'solution.py'}: it lies in no learner's folder",
        f"{tmp_path / 'class' / 'learner02' / 'x.txt'}: neither a .py file nor a notebook",
    )
    assert "download" not in download.learners


def test_one_learners_folder_is_that_learners_whatever_is_in_it(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "learner01/ch03_activations.py", "learner01/notes.txt", "learner01/data/a.csv")
    put(tmp_path, "learner02/solution.py", "learner02/notes.txt")

    whole = collect([tmp_path / "learner01"], course)
    unnamed = collect([tmp_path / "learner02"], course)

    assert (whole.learners, pairs(whole)) == (("learner01",), [("learner01", "ch03")])
    assert unnamed.learners == ("learner02",)
    assert [one.learner for one in unnamed.passed_over] == ["learner02"]
