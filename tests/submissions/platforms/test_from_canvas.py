"""Downloads from Canvas say whose each file is, which attempt, and who was late."""

from __future__ import annotations

from pathlib import Path

import pytest
from handed_in import CANVAS, put, said, zipped

from grader.records import Course
from grader.submissions.collecting import collect


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
    note, other = said(collection)
    assert other.endswith("learner04_4570_text.html: neither a .py file nor a notebook")
    assert note.endswith("learner02_LATE_4568_98770_ch03_activations-2.py was graded for ch03")
    assert "one day late" in collection.notes[0]
