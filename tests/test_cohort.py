"""Submissions are found where learners put them, and what is passed over is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.cohort import sensible_jobs
from grader.collecting import Collection, collect
from grader.course import find_chapter
from grader.desk import attempt_of
from grader.errors import UsageError
from grader.records import Course


def put(folder: Path, *names: str) -> None:
    """Make files with a line each."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n", encoding="utf-8")


def found(collection: Collection, root: Path) -> list[tuple[str, str, str]]:
    """Learner, chapter and path of every submission, the path from `root`."""
    return [
        (item.learner, item.chapter.label, item.path.relative_to(root).as_posix())
        for item in collection.submissions
    ]


def test_a_folder_of_learners_in_the_order_of_their_names(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "ben/ch03_activations.py", "ben/ch01_dataloader.py", "anna/exercises/ch02_neuron.ipynb")

    collection = collect([tmp_path], course)

    assert found(collection, tmp_path) == [
        ("anna", "ch02", "anna/exercises/ch02_neuron.ipynb"),
        ("ben", "ch01", "ben/ch01_dataloader.py"),
        ("ben", "ch03", "ben/ch03_activations.py"),
    ]
    assert collection.passed_over == ()


def test_a_learner_without_a_file_is_not_forgotten(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "anna/ch01_dataloader.py", "ben/notes.txt")

    assert collect([tmp_path], course).learners == ("anna", "ben")


def test_names_that_a_download_or_a_learner_made_are_understood(tmp_path: Path, course: Course) -> None:
    put(
        tmp_path,
        "anna/ch03_activations (2).py",
        "ben/anna_ch03.py",
        "carla/CH03-final.ipynb",
        "dora/batch03.py",
    )

    assert [item[0] for item in found(collect([tmp_path], course), tmp_path)] == ["anna", "ben", "carla"]


def test_of_several_files_for_a_chapter_the_plainest_name_counts_and_the_others_are_named(
    tmp_path: Path, course: Course
) -> None:
    put(tmp_path, "anna/ch03_activations.py", "anna/ch03_activations_old.py")

    collection = collect([tmp_path], course)

    assert found(collection, tmp_path) == [("anna", "ch03", "anna/ch03_activations.py")]
    [note] = collection.passed_over
    assert note.endswith("ch03_activations_old.py: ch03_activations.py was graded for ch03")


def test_a_script_and_its_notebook_are_left_to_the_reader(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "anna/ch03_activations.py", "anna/ch03_activations.ipynb")

    collection = collect([tmp_path], course)

    assert found(collection, tmp_path) == [("anna", "ch03", "anna")]
    assert collection.passed_over == ()


def test_a_link_among_the_learners_is_passed_over_and_named(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "elsewhere/ch03_activations.py", "class/anna/ch03_activations.py")
    (tmp_path / "class" / "ben").symlink_to(tmp_path / "elsewhere")

    collection = collect([tmp_path / "class"], course)

    assert collection.learners == ("anna",)
    assert collection.passed_over == (f"{tmp_path / 'class' / 'ben'}: a link, not a folder",)


def test_two_folders_with_a_learner_of_the_same_name_stay_apart(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "monday/anna/ch01_dataloader.py", "friday/anna/ch01_dataloader.py")

    collection = collect([tmp_path / "monday", tmp_path / "friday"], course)

    assert collection.learners == ("anna", "anna-2")


def test_only_the_chapters_asked_for(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "anna/ch01_dataloader.py", "anna/ch02_neuron.py", "anna/ch55_future.py")

    collection = collect([tmp_path], course, [find_chapter(course, "ch02")])

    assert [item[1] for item in found(collection, tmp_path)] == ["ch02"]
    assert [note.split(": ")[1] for note in collection.passed_over] == ["the course has no chapter ch55"]


def test_a_path_that_is_not_there_is_refused(tmp_path: Path, course: Course) -> None:
    with pytest.raises(UsageError, match="nothing here to grade"):
        collect([tmp_path / "missing"], course)


def test_few_submissions_are_not_worth_a_second_process() -> None:
    assert sensible_jobs(1) == sensible_jobs(15) == 1


SOURCE = (
    "def softmax(x):\n    return _shift(x)\n\ndef _shift(x):\n    return x\n\ndef relu(x):\n    return x\n"
)


@pytest.mark.parametrize(
    ("old", "new", "is_another"),
    [
        ("return _shift(x)", "return _shift(x + 1)", True),
        ("    return x\n\ndef relu", "    return x - 1\n\ndef relu", True),
        ("def relu(x):\n    return x", "def relu(x):\n    return 0", False),
        ("return _shift(x)", "return _shift( x )  # shifted", False),
        ("return _shift(x)", "return _shift(x", True),
    ],
    ids=["the exercise", "a helper", "another exercise", "layout", "broken"],
)
def test_an_attempt_is_a_change_of_the_exercise_or_of_a_helper(old: str, new: str, is_another: bool) -> None:
    assert SOURCE.count(old) == 1

    changed = attempt_of(SOURCE.replace(old, new), "softmax") != attempt_of(SOURCE, "softmax")

    assert changed is is_another
