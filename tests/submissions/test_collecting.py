"""Submissions are found by their names, with the time of each; what is passed over is named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from handed_in import found, only, put, said

from grader.course.config import find_chapter
from grader.errors import SubmissionError, UsageError
from grader.records import Course
from grader.submissions.collecting import collect


def test_names_that_a_download_or_a_learner_made_are_understood(tmp_path: Path, course: Course) -> None:
    put(
        tmp_path,
        "learner01/ch03_activations (2).py",
        "learner02/learner01_ch03.py",
        "learner03/CH03-final.ipynb",
        "learner04/batch03.py",
    )

    assert [item[0] for item in found(collect([tmp_path], course), tmp_path)] == [
        "learner01",
        "learner02",
        "learner03",
    ]


def test_of_several_files_for_a_chapter_the_plainest_name_counts_and_the_others_are_named(
    tmp_path: Path, course: Course
) -> None:
    put(tmp_path, "learner01/ch03_activations.py", "learner01/ch03_activations_old.py")

    collection = collect([tmp_path], course)

    assert found(collection, tmp_path) == [("learner01", "ch03", "learner01/ch03_activations.py")]
    [note] = said(collection)
    assert note.endswith("ch03_activations_old.py: ch03_activations.py was graded for ch03")


def test_a_script_and_its_notebook_are_left_to_the_reader(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "learner01/ch03_activations.py", "learner01/ch03_activations.ipynb")

    collection = collect([tmp_path], course)

    [item] = collection.submissions
    assert [file.path.suffix for file in item.files] == [".py", ".ipynb"]
    assert said(collection) == ()


def test_a_learner_met_twice_is_one_learner_and_the_later_path_counts(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "monday/learner01/ch01_dataloader.py", "friday/learner01/ch01_dataloader.py")

    collection = collect([tmp_path / "monday", tmp_path / "friday"], course)

    assert found(collection, tmp_path) == [("learner01", "ch01", "friday/learner01/ch01_dataloader.py")]
    [note] = said(collection)
    assert note.startswith(str(tmp_path / "monday"))
    assert note.endswith("friday/learner01/ch01_dataloader.py was graded for ch01 of learner01")


def test_only_the_chapters_asked_for(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "learner01/ch01_dataloader.py", "learner01/ch02_neuron.py", "learner01/ch55_future.py")

    collection = collect([tmp_path], course, [find_chapter(course, "ch02")])

    assert [item[1] for item in found(collection, tmp_path)] == ["ch02"]
    assert [note.split(": ")[1] for note in said(collection)] == ["the course has no chapter ch55"]


def test_a_whole_workspace_is_one_learners(tmp_path: Path, course: Course) -> None:
    learner = tmp_path / "learner01"
    put(
        learner,
        "exercises/ch01_dataloader.py",
        "exercises/ch02_neuron.py",
        "pictures/ch02_neuron/neuron.en.svg",
    )

    collection = collect([learner], course)

    assert collection.learners == ("learner01",)
    assert [item[1] for item in found(collection, tmp_path)] == ["ch01", "ch02"]
    assert not said(collection)


def test_code_whose_name_says_no_chapter_is_named(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "learner01/solution.py", "learner02/ch03_activations.py", "learner02/scratch.py")

    [note] = said(collect([tmp_path], course))

    assert note == f"{tmp_path / 'learner01' / 'solution.py'}: its name does not say which chapter it is"


def test_a_name_is_kept_on_one_line_composed_and_visible(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "le\u0301arner\u202e\n 01/ch03_activations.py")

    assert collect([tmp_path], course).learners == ("léarner 01",)


def test_a_pipe_where_a_file_should_be_keeps_nobody_waiting(tmp_path: Path, course: Course) -> None:
    (tmp_path / "learner01").mkdir()
    os.mkfifo(tmp_path / "learner01" / "ch03_activations.py")

    with pytest.raises(SubmissionError, match="no plain file"):
        only(collect([tmp_path], course)).read()


def test_a_learners_folder_that_may_not_be_read_is_refused_not_taken_for_empty(
    tmp_path: Path, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "learner01/ch03_activations.py", "learner02/ch03_activations.py")
    really = os.scandir

    def scandir(folder: Path) -> object:
        if Path(folder).name == "learner02":
            raise PermissionError(13, "Permission denied")
        return really(folder)

    monkeypatch.setattr("grader.submissions.layouts.os.scandir", scandir)

    with pytest.raises(UsageError, match="the folder cannot be read: Permission denied") as refusal:
        collect([tmp_path], course)

    assert refusal.value.where == str(tmp_path / "learner02")
