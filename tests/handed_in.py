"""Folders and archives as learners and platforms fill them, and what was found in them."""

from __future__ import annotations

import struct
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from grader.submissions.collecting import Collection, HandedIn

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()
DAY_S = 86_400

NBGRADER = (
    "submitted/learner01/ch03_activations/ch03_activations.ipynb",
    "submitted/learner01/ps5/ch05_optimizers.ipynb",
    "submitted/learner02/ch03_activations/notes.txt",
    "source/ch03_activations/ch03_activations.ipynb",
    "autograded/learner01/ch03_activations/ch03_activations.ipynb",
)

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

CANVAS = (
    "learner01_4567_98765_ch03_activations.py",
    "learner01_4567_98766_ch01_dataloader-1.py",
    "learner02_LATE_4568_98767_ch03_activations.py",
    "learner02_LATE_4568_98770_ch03_activations-2.py",
    "anon_x8Kq2_98771_ch03_activations.py",
    "learner04_4570_text.html",
)


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


def said(collection: Collection) -> tuple[str, ...]:
    """What is said of each file that was passed over."""
    return tuple(map(str, collection.passed_over))


def only(collection: Collection) -> HandedIn:
    """The one submission there is."""
    [item] = collection.submissions
    return item
