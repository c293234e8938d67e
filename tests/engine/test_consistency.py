"""A course that speaks of what is not there is refused before it costs anybody a point."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from commands import brick

from grader.course.config import load_course
from grader.course.paths import exercises_folder
from grader.engine.consistency import inconsistencies, require_consistent
from grader.errors import CourseError
from grader.records import Course

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course with the stubs of one chapter, in which somebody stands."""
    shutil.copy(CHECKOUT / "course.yml", tmp_path)
    exercises_folder(tmp_path).mkdir()
    shutil.copy(CHECKOUT / "exercises" / "ch02_neuron.py", exercises_folder(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def edited(folder: Path, old: str, new: str) -> Course:
    """The course with something else in its file."""
    path = folder / "course.yml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    return load_course(folder)


def whats(course: Course, label: str = "ch02") -> list[str]:
    """What is wrong with a chapter, in words."""
    [chapter] = [one for one in course.chapters if one.label == label]
    return [error.what for error in inconsistencies(course, chapter)]


def test_the_course_of_this_checkout_is_consistent(course: Course) -> None:
    assert [error for chapter in course.chapters for error in inconsistencies(course, chapter)] == []


def test_a_mistyped_exercise_has_no_check_and_no_place_in_the_file(folder: Path) -> None:
    course = edited(folder, "{name: mlp_forward,", "{name: mlp_foward,")

    assert whats(course) == [
        "ch02: no check judges the exercise mlp_foward; did you mean mlp_forward?",
        "ch02: ch02_neuron.py has no exercise mlp_foward; did you mean mlp_forward?",
    ]
    with pytest.raises(CourseError, match=r"mlp_foward.*\(1 more: run brick doctor\)"):
        require_consistent(course, course.chapters[1:2])


def test_a_file_of_the_learners_own_may_lack_what_it_pleases(folder: Path) -> None:
    course = load_course(folder)
    (exercises_folder(folder) / "ch02_neuron.py").write_text("def neuron(x, w, b): ...\n", encoding="utf-8")

    require_consistent(course, course.chapters[1:2], exercises=False)
    with pytest.raises(CourseError, match=r"ch02_neuron\.py has no exercise linear"):
        require_consistent(course, course.chapters[1:2])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nunpy", "no names of the module nunpy are listed; did you mean numpy?"),
        ("os", "no names of the module os are listed"),
    ],
)
def test_a_module_that_learners_cannot_import_is_named(folder: Path, name: str, said: str) -> None:
    course = edited(folder, "imports: [onnx, numpy]", f"imports: [onnx, {name}]")

    assert whats(course, "ch12") == [f"ch12: {said}"]


def test_a_chapter_without_checks_is_named(folder: Path) -> None:
    course = edited(folder, "stem: ch09_scheduling", "stem: ch09_schedules")

    assert whats(course, "ch09") == ["the chapter has no checks"]


def test_grade_check_and_doctor_all_ask(folder: Path) -> None:
    edited(folder, "{name: count_parameters,", "{name: count_paramters,")
    work = folder / "class" / "learner01" / "ch02_neuron.py"
    work.parent.mkdir(parents=True)
    work.write_text("def neuron(x, w, b): ...\n", encoding="utf-8")

    graded = brick("grade", "class", "--isolation", "plain", "--unsandboxed")
    checked = brick("check", "ch02")
    examined = brick("doctor")

    for result in (graded, checked):
        assert isinstance(result.exception, CourseError)
        assert "no check judges the exercise count_paramters" in result.exception.what
    assert not (folder / ".brickwork" / "results.db").exists()
    assert examined.exit_code == 1
    assert "no check judges the exercise count_paramters" in " ".join(examined.stdout.split())


def test_doctor_tells_of_a_course_that_cannot_be_read_and_still_looks_at_the_machine(folder: Path) -> None:
    path = folder / "course.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("chapters:", "chaptres:"), encoding="utf-8")

    result = brick("doctor")

    assert result.exit_code == 1
    assert "torch" in result.stdout
    assert "did you mean chapters?" in " ".join(result.stdout.split())
