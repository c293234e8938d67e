"""Submissions are found as people and platforms lay them out, with the time of each; what is passed over is named."""

from __future__ import annotations

import json
import os
import stat
import struct
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.course.config import find_chapter
from grader.errors import KitError, SubmissionError, UsageError
from grader.records import Course
from grader.submissions.archives import MAX_RATIO, list_members, read_member
from grader.submissions.collecting import Collection, HandedIn, collect

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()
DAY_S = 86_400


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
    [note] = collection.passed_over
    assert note.endswith("ch03_activations_old.py: ch03_activations.py was graded for ch03")


def test_a_script_and_its_notebook_are_left_to_the_reader(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "learner01/ch03_activations.py", "learner01/ch03_activations.ipynb")

    collection = collect([tmp_path], course)

    [item] = collection.submissions
    assert [file.path.suffix for file in item.files] == [".py", ".ipynb"]
    assert collection.passed_over == ()


def test_a_link_among_the_learners_is_passed_over_and_named(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "elsewhere/ch03_activations.py", "class/learner01/ch03_activations.py")
    (tmp_path / "class" / "learner02").symlink_to(tmp_path / "elsewhere")

    collection = collect([tmp_path / "class"], course)

    assert collection.learners == ("learner01",)
    assert collection.passed_over == (f"{tmp_path / 'class' / 'learner02'}: a link, not a folder",)


def test_a_learner_met_twice_is_one_learner_and_the_later_path_counts(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "monday/learner01/ch01_dataloader.py", "friday/learner01/ch01_dataloader.py")

    collection = collect([tmp_path / "monday", tmp_path / "friday"], course)

    assert found(collection, tmp_path) == [("learner01", "ch01", "friday/learner01/ch01_dataloader.py")]
    [note] = collection.passed_over
    assert note.startswith(str(tmp_path / "monday"))
    assert note.endswith("friday/learner01/ch01_dataloader.py was graded for ch01 of learner01")


def test_only_the_chapters_asked_for(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "learner01/ch01_dataloader.py", "learner01/ch02_neuron.py", "learner01/ch55_future.py")

    collection = collect([tmp_path], course, [find_chapter(course, "ch02")])

    assert [item[1] for item in found(collection, tmp_path)] == ["ch02"]
    assert [note.split(": ")[1] for note in collection.passed_over] == ["the course has no chapter ch55"]


def test_a_path_that_is_not_there_is_refused(tmp_path: Path, course: Course) -> None:
    with pytest.raises(UsageError, match="nothing here to grade"):
        collect([tmp_path / "missing"], course)


# --- whose is it: the layouts -----------------------------------------------------------------------------


def pairs(collection: Collection) -> list[tuple[str, str]]:
    """Learner and chapter of every submission."""
    return [(item.learner, item.chapter.label) for item in collection.submissions]


def zipped(folder: Path, archive: Path, times: dict[str, float] | None = None) -> Path:
    """The files below `folder` as a zip; UTC times as Info-ZIP writes them, where given."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                name = path.relative_to(folder).as_posix()
                entry = zipfile.ZipInfo(name, (2026, 3, 1, 12, 0, 0))
                time = (times or {}).get(name)
                if time is not None:
                    entry.extra = struct.pack("<HHBi", 0x5455, 5, 1, int(time))
                file.writestr(entry, path.read_bytes())
    return archive


NBGRADER = (
    "submitted/learner01/ch03_activations/ch03_activations.ipynb",
    "submitted/learner01/ps5/ch05_optimizers.ipynb",
    "submitted/learner02/ch03_activations/notes.txt",
    "source/ch03_activations/ch03_activations.ipynb",
    "autograded/learner01/ch03_activations/ch03_activations.ipynb",
)


@pytest.mark.parametrize("given", [".", "submitted"])
def test_nbgrader_by_the_course_or_by_submitted(tmp_path: Path, course: Course, given: str) -> None:
    put(tmp_path, *NBGRADER)

    collection = collect([tmp_path / given], course)

    assert pairs(collection) == [("learner01", "ch03"), ("learner01", "ch05")]
    assert collection.learners == ("learner01", "learner02")


@pytest.mark.parametrize(
    "given",
    ["learner01", "learner01/ps5", "learner01/ps5/ch05_optimizers.ipynb", "learner01/ch03_activations"],
)
def test_a_part_of_nbgraders_folders_still_is_its_learners(
    tmp_path: Path, course: Course, given: str
) -> None:
    put(tmp_path, *NBGRADER)

    assert set(collect([tmp_path / "submitted" / given], course).learners) == {"learner01"}


def test_nbgrader_from_inside_its_folder(
    tmp_path: Path, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, *NBGRADER)
    monkeypatch.chdir(tmp_path / "submitted")

    assert pairs(collect([Path()], course)) == [("learner01", "ch03"), ("learner01", "ch05")]


MOODLE = {
    "folders": (
        "Learner 01_1001_assignsubmission_file_/ch03_activations.py",
        "Learner 01_1001_assignsubmission_file_/more/ch01_dataloader.py",
        "Learner 02_1002_assignsubmission_file/ch03_activations.ipynb",
        "Participant_1003_assignsubmission_file_/work.zip",
        "Learner 04_1004_assignsubmission_onlinetext_/onlinetext.html",
    ),
    "flat": (
        "Learner 01_1001_assignsubmission_file_ch03_activations.py",
        "Learner 01_1001_assignsubmission_file_ch01_dataloader.py",
        "Learner 02_1002_assignsubmission_file_ch03_activations.ipynb",
        "Participant_1003_assignsubmission_file_work.zip",
        "Learner 04_1004_assignsubmission_onlinetext_onlinetext.html",
    ),
}


@pytest.mark.parametrize("packed", [False, True], ids=["unpacked", "zip"])
@pytest.mark.parametrize("kind", list(MOODLE))
def test_a_download_from_moodle(tmp_path: Path, course: Course, kind: str, packed: bool) -> None:
    put(tmp_path / "download", *MOODLE[kind])
    given = zipped(tmp_path / "download", tmp_path / "download.zip") if packed else tmp_path / "download"

    collection = collect([given], course)

    assert pairs(collection) == [
        ("Learner 01_1001", "ch01"),
        ("Learner 01_1001", "ch03"),
        ("Learner 02_1002", "ch03"),
    ]
    assert collection.learners == (
        "Learner 01_1001",
        "Learner 02_1002",
        "Learner 04_1004",
        "Participant_1003",
    )
    assert [note.split(": ")[1] for note in collection.passed_over] == [
        "an archive that was handed in is not opened"
    ]


CANVAS = (
    "learner01_4567_98765_ch03_activations.py",
    "learner01_4567_98766_ch01_dataloader-1.py",
    "learner02_LATE_4568_98767_ch03_activations.py",
    "learner02_LATE_4568_98770_ch03_activations-2.py",
    "anon_x8Kq2_98771_ch03_activations.py",
    "learner04_4570_text.html",
)


@pytest.mark.parametrize("packed", [False, True], ids=["unpacked", "zip"])
def test_a_download_from_canvas(tmp_path: Path, course: Course, packed: bool) -> None:
    put(tmp_path / "download", *CANVAS)
    given = zipped(tmp_path / "download", tmp_path / "download.zip") if packed else tmp_path / "download"

    collection = collect([given], course)

    assert [(item.learner, item.chapter.label, item.marked_late) for item in collection.submissions] == [
        ("anon_x8Kq2", "ch03", False),
        ("learner01_4567", "ch01", False),
        ("learner01_4567", "ch03", False),
        ("learner02_4568", "ch03", True),
    ]
    assert collection.submissions[-1].path.name == "learner02_LATE_4568_98770_ch03_activations-2.py"
    assert "learner04_4570" in collection.learners
    [note] = collection.passed_over
    assert note.endswith("learner02_LATE_4568_98770_ch03_activations-2.py was graded for ch03")
    assert "one day late" in collection.notes[0]


GRADESCOPE = """\
submission_7:
  :submitters:
  - :name: Learner 01
    :sid: '1001'
    :email: learner01@example.org
  - :name: Learner 02
    :sid: '1002'
    :email:
  :created_at: 2026-03-02 12:00:00.000000000 Z
  :score: 4.0
"""


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


def test_an_export_of_gradescope_says_whose_and_when(tmp_path: Path, course: Course) -> None:
    put(tmp_path / "e", "assignment_9_export/submission_7/ch03_activations.py")
    (tmp_path / "e" / "assignment_9_export" / "submission_metadata.yml").write_text(
        GRADESCOPE, encoding="utf-8"
    )

    collection = collect([zipped(tmp_path / "e", tmp_path / "export.zip")], course)

    assert pairs(collection) == [("1002", "ch03"), ("learner01@example.org", "ch03")]
    assert {item.time for item in collection.submissions} == {NOON + DAY_S}


def test_on_gradescope_itself_the_platform_says_when(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "submission/ch03_activations.py")
    about = {"created_at": "2026-03-01T04:00:00.5-08:00"}
    (tmp_path / "submission_metadata.json").write_text(json.dumps(about), encoding="utf-8")

    [item] = collect([tmp_path / "submission"], course).submissions

    assert item.time == NOON + 0.5


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


def test_code_whose_name_says_no_chapter_is_named(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "learner01/solution.py", "learner02/ch03_activations.py", "learner02/scratch.py")

    [note] = collect([tmp_path], course).passed_over

    assert note == f"{tmp_path / 'learner01' / 'solution.py'}: its name does not say which chapter it is"


def test_a_name_is_kept_on_one_line_composed_and_visible(tmp_path: Path, course: Course) -> None:
    put(tmp_path, "le\u0301arner\u202e\n 01/ch03_activations.py")

    assert collect([tmp_path], course).learners == ("léarner 01",)


# --- when was it handed in --------------------------------------------------------------------------------


def only(collection: Collection) -> HandedIn:
    """The one submission there is."""
    [item] = collection.submissions
    return item


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01 12:00:00.000000 UTC",
        "2026-03-01 04:00:00.000000 America/Los_Angeles",
        "2026-03-01 13:00:00.000000 +0100",
        "2026-03-01 12:00:00",
        "2026-03-01T12:00:00Z\n",
    ],
)
def test_the_time_that_nbgrader_wrote_beats_the_files(tmp_path: Path, course: Course, text: str) -> None:
    put(tmp_path, NBGRADER[0])
    stamp = (tmp_path / NBGRADER[0]).with_name("timestamp.txt")
    stamp.write_text(text, encoding="utf-8")

    assert only(collect([tmp_path / "submitted"], course)).time == NOON


@pytest.mark.parametrize("text", ["", "yesterday", "2026-03-01 12:00:00 Nowhere/At_all", "\x00" * 3000])
def test_a_stamp_that_says_nothing_leaves_the_files_own_time(
    tmp_path: Path, course: Course, text: str
) -> None:
    put(tmp_path, NBGRADER[0])
    (tmp_path / NBGRADER[0]).with_name("timestamp.txt").write_text(text, encoding="utf-8")
    os.utime(tmp_path / NBGRADER[0], (NOON, NOON))

    assert only(collect([tmp_path / "submitted"], course)).time == NOON


def with_deadlines(course: Course) -> Course:
    """The course with a deadline at noon for every chapter."""
    noon = datetime.fromtimestamp(NOON, UTC)
    return replace(course, chapters=tuple(replace(chapter, deadline=noon) for chapter in course.chapters))


def test_the_times_in_an_archive_count_where_they_differ(tmp_path: Path, course: Course) -> None:
    put(tmp_path / "download", *MOODLE["folders"][:3])
    times = {name: NOON + number * DAY_S for number, name in enumerate(MOODLE["folders"][:3])}

    collection = collect([zipped(tmp_path / "download", tmp_path / "d.zip", times)], with_deadlines(course))

    assert [item.time for item in collection.submissions] == [NOON + DAY_S, NOON, NOON + 2 * DAY_S]
    assert collection.notes == ()


def test_the_moment_of_a_download_makes_nobody_late(tmp_path: Path, course: Course) -> None:
    put(tmp_path / "download", *MOODLE["folders"][:3])
    times = {name: NOON + 9 * DAY_S + number for number, name in enumerate(MOODLE["folders"][:3])}

    collection = collect([zipped(tmp_path / "download", tmp_path / "d.zip", times)], with_deadlines(course))

    assert {item.time for item in collection.submissions} == {None}
    [note] = collection.notes
    assert "times are those of the download" in note


# --- archives that are not what they seem -----------------------------------------------------------------


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
    [note] = collection.passed_over
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


def test_a_damaged_file_in_an_archive_is_one_learners_trouble(tmp_path: Path, course: Course) -> None:
    archive = tmp_path / "class.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("learner01/ch03_activations.py", b"first = 1\n")
        file.writestr("learner02/ch03_activations.py", b"other = 1\n")
    archive.write_bytes(archive.read_bytes().replace(b"first = 1", b"FIRST = 1"))

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
    assert "twice" in collection.passed_over[0]


def test_a_pipe_where_a_file_should_be_keeps_nobody_waiting(tmp_path: Path, course: Course) -> None:
    (tmp_path / "learner01").mkdir()
    os.mkfifo(tmp_path / "learner01" / "ch03_activations.py")

    with pytest.raises(SubmissionError, match="no plain file"):
        only(collect([tmp_path], course)).read()
