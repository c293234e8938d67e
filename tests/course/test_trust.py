"""Checks of a course's own run only where this user has said so; no folder speaks for itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grader.course.config import load_course
from grader.course.paths import kit_checks_file
from grader.course.trust import data_folder, install, trust, trusted
from grader.engine.suites import load_suite
from grader.errors import CourseError, UsageError
from grader.records import Course

COURSE = """\
name: small
title: Small
chapters:
  - stem: week1_doubling
    title: Doubling
    exercises: [{name: double, points: 1}]
  - stem: ch08_clipping
    title: Clipping
    exercises: [{name: clip_by_norm, points: 1}]
"""
CHECKS = '''
from pathlib import Path
from grader.checking import agree, check

Path(__file__).with_suffix(".ran").touch()

@check("double")
def check_double(learner):
    """Twice."""
    agree(learner.double(2.0), 4.0)
'''


@pytest.fixture(autouse=True)
def _own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def made(folder: Path, checks: str = CHECKS) -> Path:
    """A course with checks of its own, as somebody may find it in a folder."""
    (folder / "checks").mkdir(parents=True)
    (folder / "exercises").mkdir()
    (folder / "course.yml").write_text(COURSE)
    (folder / "checks" / "week1_doubling.py").write_text(checks)
    (folder / "exercises" / "week1_doubling.py").write_text("def double(x):\n    raise NotImplementedError\n")
    return folder


def ran(folder: Path) -> bool:
    return (folder / "checks" / "week1_doubling.ran").exists()


def test_checks_that_nobody_allowed_are_refused_and_do_not_run(tmp_path: Path) -> None:
    folder = made(tmp_path / "handed_in")

    with pytest.raises(CourseError, match="nobody has allowed it"):
        load_course(folder)

    assert not ran(folder)


def test_the_name_of_a_trusted_course_opens_no_door_for_another_folder(tmp_path: Path) -> None:
    mine, theirs = made(tmp_path / "mine"), made(tmp_path / "theirs")
    trust("small", mine)

    with pytest.raises(CourseError, match="nobody has allowed it"):
        load_course(theirs)

    assert load_suite(load_course(mine).chapters[0]).checks[0].title == "Twice."
    assert ran(mine)
    assert not ran(theirs)


def test_a_link_to_checks_is_refused_like_checks(tmp_path: Path) -> None:
    mine, theirs = made(tmp_path / "mine"), made(tmp_path / "theirs")
    trust("small", mine)
    shutil.rmtree(theirs / "checks")
    (theirs / "checks").symlink_to(tmp_path / "nowhere")

    with pytest.raises(CourseError, match="nobody has allowed it"):
        load_course(theirs)


def test_a_workspace_is_judged_by_the_copy_that_was_taken_in_and_holds_no_checks(tmp_path: Path) -> None:
    given, workspace = made(tmp_path / "given"), tmp_path / "workspace"
    copy = install("small", given, given / "course.yml")
    workspace.mkdir()
    shutil.copy(given / "course.yml", workspace)

    course = load_course(workspace)

    assert copy.is_relative_to(data_folder())
    assert (course.home, course.chapters[0].checks) == (copy, copy / "checks" / "week1_doubling.py")
    assert not ran(given)
    # What a learner puts into the workspace is not taken for checks, not even beside a copy that is trusted.
    (workspace / "checks").mkdir()
    with pytest.raises(CourseError, match="nobody has allowed it"):
        load_course(workspace)


def test_taking_a_course_in_again_brings_its_checks_up_to_date(tmp_path: Path) -> None:
    given = made(tmp_path / "given")
    before = load_suite(load_course(install("small", given, given / "course.yml")).chapters[0])
    (given / "checks" / "week1_doubling.py").write_text(CHECKS.replace("Twice.", "Two times."))

    after = load_suite(load_course(install("small", given, given / "course.yml")).chapters[0])

    assert (before.checks[0].title, after.checks[0].title) == ("Twice.", "Two times.")
    assert before.sha256 != after.sha256


def test_a_course_that_is_worked_on_is_not_replaced_by_another_of_its_name(tmp_path: Path) -> None:
    mine, given = made(tmp_path / "mine"), made(tmp_path / "given")
    trust("small", mine)

    with pytest.raises(UsageError, match="another course called small"):
        install("small", given, given / "course.yml")

    assert trusted() == {"small": mine}


def test_a_course_that_is_not_known_here_says_where_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "course.yml").write_text(COURSE)

    with pytest.raises(CourseError) as caught:
        load_course(tmp_path)

    assert "brick init --course" in caught.value.next_step


def test_a_chapter_of_the_kit_keeps_the_checks_of_the_kit(tmp_path: Path, course: Course) -> None:
    folder = made(tmp_path / "mine")
    trust("small", folder)

    [_, clipping] = load_course(folder).chapters

    assert clipping.checks is None
    assert kit_checks_file(clipping.stem).is_file()
    assert all(chapter.checks is None for chapter in course.chapters)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("import nowhere_to_be_found\n", "line 1"),
        ("\ndef broken(:\n", "line 2"),
        (CHECKS.replace('"""Twice."""', "pass"), "docstring"),
    ],
)
def test_checks_that_cannot_be_loaded_are_the_authors_error(tmp_path: Path, wrong: str, words: str) -> None:
    folder = made(tmp_path / "mine", wrong)
    trust("small", folder)

    with pytest.raises(CourseError, match="cannot be loaded") as caught:
        load_suite(load_course(folder).chapters[0])

    assert words in str(caught.value)


def test_a_damaged_list_trusts_nobody(tmp_path: Path) -> None:
    folder = made(tmp_path / "mine")
    trust("small", folder)
    (data_folder() / "courses.json").write_text("[")

    with pytest.raises(CourseError):
        load_course(folder)
