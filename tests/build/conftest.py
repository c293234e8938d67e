"""What the tests of the build share: blocks as they lie in the checkout, the data, and a learner's folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.build.blocks import Block, survey
from grader.build.data import Data, load_data
from grader.records import Course
from grader.rules import judge

CHECKOUT = Path(__file__).resolve().parents[2]
TASKS = ("wave", "digits")
FOLDERS = {"yours": "solutions", "lent": "exercises"}


def blocks_of(course: Course, task: str, folder: str) -> tuple[Block, ...]:
    """The blocks as they lie in a folder of the checkout."""
    found = []
    for chapter in course.chapters:
        path = CHECKOUT / folder / f"{chapter.stem}.py"
        found.append(survey(chapter.stem, task, judge(path.read_text(encoding="utf-8"), chapter), str(path)))
    return tuple(found)


@pytest.fixture(scope="session")
def kits(course: Course) -> dict[tuple[str, str], tuple[Block, ...]]:
    """All blocks solved, and all of them stubs."""
    return {
        (task, whose): blocks_of(course, task, folder) for task in TASKS for whose, folder in FOLDERS.items()
    }


@pytest.fixture(scope="session")
def data() -> dict[str, Data]:
    """Both tasks' data."""
    return {task: load_data(task) for task in TASKS}


@pytest.fixture
def workspace(workspace: Path) -> Path:
    """That folder, without anything solved, and with few examples."""
    course = workspace / "course.yml"
    text = course.read_text(encoding="utf-8")
    assert "practice_examples: 25" in text
    course.write_text(text.replace("practice_examples: 25", "practice_examples: 5"), encoding="utf-8")
    return workspace
