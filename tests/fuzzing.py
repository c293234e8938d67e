"""Readers of bytes that strangers wrote: what each may raise, and what a right input looks like.

`tests/test_fuzzing.py` gives each a hundred inputs. `make fuzz` gives as many as there is time for, and atheris leads
them into code that none has reached yet.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

import torch

from grader.course.config import find_chapter, load_course
from grader.errors import KitError
from grader.export.rosters import read_members
from grader.records import Chapter
from grader.sandbox import protocol
from grader.sandbox.exceptions import LearnerLost, LearnerMisbehaved, LearnerRaised
from grader.sandbox.protocol import Reply, Request, TensorValue, WireError
from grader.sandbox.proxy import Learner
from grader.submissions.archives import list_members, read_member
from grader.submissions.files import File
from grader.submissions.platforms import canvas, gradescope, moodle
from grader.submissions.platforms.nbgrader import read_stamp
from grader.submissions.reading import read_files
from grader.submissions.times import read_times

CHECKOUT = Path(__file__).resolve().parent.parent
GROWTH_MIB = 64  # a reader's memory, whatever it is given
_STAMP = b"2026-03-01 10:00:00.948203 America/Los_Angeles"
_NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": ["# ReLU\n"]},
        {
            "cell_type": "code",
            "execution_count": 1,
            "id": "a",
            "metadata": {"nbgrader": {"grade": False, "grade_id": "relu", "solution": True}, "tags": ["x"]},
            "outputs": [{"data": {"image/png": "AAAA"}, "output_type": "display_data"}],
            "source": "import torch\n%timeit 1\ndef relu(x):\n    return x.clamp(min=0)\n",
        },
    ],
    "metadata": {"kernelspec": {"name": "python3"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


@dataclass(frozen=True)
class Reader:
    """Something that reads bytes.

    Args:
        read: reads them, or raises KitError; anything else is a fault.
        samples: what it is meant to read, to begin from.
        words: what its inputs are made of.
    """

    read: Callable[[bytes], object]
    samples: tuple[bytes, ...]
    words: tuple[str, ...] = ()


class Answering:
    """The other side of a channel, whose every answer is the same frame."""

    spent_s = 0.0

    def __init__(self, header: bytes, body: bytes) -> None:
        self._answer = header, bytearray(body)

    def request(self, header: bytes, body: bytes, timeout_s: float) -> tuple[bytes, bytearray]:
        return self._answer

    def distrust(self, reason: str) -> None:
        """Nothing to end."""


def read_frame(data: bytes) -> None:
    """A frame as an answer of a guest, and its header as a request to one, which is not carried out; and as a batch.

    The first byte says how long the header is.
    """
    length = 1 + (data[0] if data else 0)
    header, body = data[1:length], data[length:]
    with suppress(LearnerLost, LearnerRaised, LearnerMisbehaved, StopIteration):
        Learner(Answering(header, body)).relu(torch.zeros(2))
    with suppress(WireError):
        protocol.unpack_request(header)
    with suppress(WireError):
        protocol.split_frames(bytearray(data))


@cache
def chapter() -> Chapter:
    return find_chapter(load_course(CHECKOUT), "ch03")


@cache
def _folder() -> Path:
    """A folder for the readers that want a file; it goes with the process."""
    place = tempfile.TemporaryDirectory()
    _kept.append(place)
    return Path(place.name)


_kept: list[object] = []


def _file(name: str, data: bytes) -> Path:
    path = _folder() / name
    path.write_bytes(data)
    return path


def read_notebook(data: bytes) -> object:
    return read_files([(Path("ch03_activations.ipynb"), lambda limit: data)], chapter())


def read_script(data: bytes) -> object:
    return read_files([(Path("ch03_activations.py"), lambda limit: data)], chapter())


def read_course(data: bytes) -> object:
    return load_course(_file("course.yml", data).parent)


def read_given_times(data: bytes) -> object:
    return read_times(_file("times.csv", data))


def read_roster(data: bytes) -> object:
    return read_members(data, "roster.csv")


def read_stamps(data: bytes) -> object:
    return read_stamp(File(_file("timestamp.txt", data), ("timestamp.txt",)))


def read_metadata(data: bytes) -> object:
    name = gradescope.METADATA
    found = gradescope.read_export(File(_file(name, data), (name,)))
    return [(found.learners(folder), found.time_of(folder)) for folder in found.entries]


def read_names(data: bytes) -> object:
    """What Moodle and Canvas call files and folders."""
    name = data.decode(errors="surrogateescape")
    return (
        moodle.naming_of(name),
        moodle.learner_of_folder(name),
        canvas.naming_of(name),
        canvas.attempt_of(name),
    )


def read_archive(data: bytes) -> object:
    path, notes = _file("class.zip", data), list[tuple[Path, str]]()
    for member in list_members(path, notes):
        with suppress(KitError):
            read_member(path, member.name, 1 << 20)
    return notes


def _frame(header: bytes, body: bytes = b"") -> bytes:
    return bytes([len(header)]) + header + body


def _zip() -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("learner01/ch03_activations.py", b"x = 1\n")
        archive.writestr("learner02/ch03_activations.ipynb", json.dumps(_NOTEBOOK))
    return file.getvalue()


READERS = {
    "frame": Reader(
        read_frame,
        (
            _frame(protocol.pack(Reply("ok", TensorValue("float64", (2, 1), 0, "cpu", (1, 1)))), bytes(16)),
            _frame(protocol.pack(Reply("ok", None))),
            _frame(protocol.pack(Reply("raised", None, error="ValueError", message="x", line=3))),
            _frame(protocol.pack(Request("call", "relu"))),
        ),
    ),
    "notebook": Reader(
        read_notebook,
        (json.dumps(_NOTEBOOK).encode(),),
        (
            "cells",
            "cell_type",
            "code",
            "source",
            "metadata",
            "nbgrader",
            "tags",
            "outputs",
            "nbformat",
            "raw",
        ),
    ),
    "script": Reader(read_script, (b"import torch\n\n\ndef relu(x):\n    return x.clamp(min=0)\n",)),
    "course": Reader(
        read_course,
        (
            b"title: T\nchapters:\n  - {stem: ch01_a, title: {en: A, zh: B}, exercises: [{name: f, points: 1}]}\n",
        ),
        (
            "name",
            "title",
            "chapters",
            "exercises",
            "stem",
            "points",
            "deadline",
            "grading",
            "limits",
            "forbidden",
        ),
    ),
    "times": Reader(
        read_given_times,
        (b"learner,chapter,time\nlearner01,ch03,2026-03-01T23:59:00+01:00\n",),
        ("learner", "chapter", "time", "ch03", "2026-03-01T23:59:00Z", "9999-12-31T23:59:59-23:59"),
    ),
    "roster": Reader(
        read_roster,
        (
            b"name,id,email,section\nlearner01,1,a@example.org,A\n",
            b'Student,ID,SIS Login ID,Section\n    Points Possible,,,\n"Family, Given",7,learner01,A\n',
        ),
        (
            "name",
            "id",
            "email",
            "section",
            "Student",
            "    Points Possible",
            "Participant 7",
            "Student, Test",
        ),
    ),
    "stamp": Reader(
        read_stamps, (_STAMP, b"2026-03-02 12:00:00.000000000 Z"), ("UTC", "2026-03-01", "10:00:00")
    ),
    "gradescope": Reader(
        read_metadata,
        (
            b"submission_7:\n  :submitters:\n  - :name: A\n    :email: a@example.org\n  :created_at: "
            + _STAMP,
        ),
        (":submitters", ":name", ":email", ":created_at", "submission_7"),
    ),
    "names": Reader(
        read_names,
        (
            b"Family Given_123456_assignsubmission_file_ch03.py",
            b"learner01_LATE_8421_99_ch03_activations-2.py",
        ),
        ("_assignsubmission_file_", "_LATE_", "_onlinetext_", "12", "-1"),
    ),
    "archive": Reader(read_archive, (_zip(),)),
}
