"""course.yml is read whole or refused by line, field and what was expected; names are found as people type them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.course.config import find_chapter, find_exercise, load_course
from grader.errors import CourseError, UsageError
from grader.records import Counts, Course, LatePolicy

SMALL = """\
title: {en: Small, zh: 小}
grading:
  practice_examples: 5
chapters:
  - stem: ch01_first
    title: {en: First, zh: 一}
    sections: ["1"]
    exercises:
      - {name: alpha, points: 1.5, forbidden: [softmax]}
      - {name: Beta, points: 2}
  - stem: ch02_second
    title: {en: Second, zh: 二}
    sections: ["2"]
    minutes: 60
    imports: [onnx]
    exercises:
      - name: gamma
        points: 3
"""


def read(folder: Path, text: str) -> Course:
    """The course that `text` describes."""
    (folder / "course.yml").write_text(text, encoding="utf-8")
    return load_course(folder)


def refusal(folder: Path, text: str) -> CourseError:
    """Why `text` is refused."""
    with pytest.raises(CourseError) as caught:
        read(folder, text)
    return caught.value


def test_a_small_course_becomes_records(tmp_path: Path) -> None:
    course = read(tmp_path, SMALL)

    first, second = course.chapters
    assert (course.title, course.title_zh, course.practice_examples, course.grade_examples) == (
        "Small",
        "小",
        5,
        100,
    )
    assert (first.stem, first.label, first.points, first.minutes) == ("ch01_first", "ch01", 3.5, 75)
    assert first.exercises[0].forbidden == ("softmax",)
    assert (second.imports, second.minutes, second.title_zh) == (("onnx",), 60, "二")


@pytest.mark.parametrize(
    "text",
    ["2026-03-01T23:59:00+01:00", "'2026-03-01T23:59+01:00'", "2026-03-01 22:59:00Z", "'2026-03-01 22:59Z'"],
)
def test_a_deadline_is_one_instant_however_it_is_written(tmp_path: Path, text: str) -> None:
    first, second = read(tmp_path, SMALL.replace("minutes: 60", f"deadline: {text}")).chapters

    assert second.deadline == datetime(2026, 3, 1, 22, 59, tzinfo=UTC)
    assert first.deadline is None


def test_what_lateness_costs_and_which_attempt_counts(tmp_path: Path) -> None:
    policy = "late: {grace_minutes: 10, percent_per_day: 20, cap_percent: 60}\n  attempts: best"

    course = read(tmp_path, SMALL.replace("practice_examples: 5", policy))

    assert (course.late, course.counts) == (LatePolicy(10, 20, 60), Counts.BEST)


def test_without_a_policy_lateness_is_free_and_the_last_attempt_counts(tmp_path: Path) -> None:
    course = read(tmp_path, SMALL)

    assert (course.late.percent_per_day, course.counts) == (0, Counts.LAST)


def test_the_course_of_this_kit_has_twelve_chapters_of_ten_points(course: Course) -> None:
    assert [chapter.label for chapter in course.chapters] == [f"ch{n:02}" for n in range(1, 13)]
    assert {chapter.points for chapter in course.chapters} == {10.0}
    assert all(60 <= chapter.minutes <= 90 and chapter.title_zh for chapter in course.chapters)


def test_every_section_of_the_essay_has_a_chapter(course: Course) -> None:
    taught = {section.split(".")[0] for chapter in course.chapters for section in chapter.sections}

    assert taught == {str(n) for n in range(1, 10)}


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("points: 2}", "points: two}", 10, ["chapters[1].exercises[2].points", "valid number", "'two'"]),
        ("points: 2}", "points: -2}", 10, ["chapters[1].exercises[2].points", "greater than 0", "-2"]),
        ("points: 2}", "worth: 2}", 10, ["chapters[1].exercises[2].worth", "no such field", "1 more"]),
        ("points: 2}", "points: .inf}", 10, ["chapters[1].exercises[2].points", "finite number", "inf"]),
        ("points: 2}", "points: .nan}", 10, ["chapters[1].exercises[2].points", "finite number", "nan"]),
        ("points: 2}", "points: 0}", 10, ["chapters[1].exercises[2].points", "greater than 0"]),
        ("name: gamma", "nmae: gamma", 17, ["exercises[1].nmae", "no such field", "did you mean name?"]),
        (
            "points: 3",
            "points: 3\n        extra: true",
            16,
            ["chapters[2].exercises", "no extra", "0 points"],
        ),
        ("practice_examples: 5", "limits: {call_s: 300}", 3, ["grading.limits", "call_s at most", "300, 30"]),
        ("practice_examples: 5", "limits: {check_s: 300}", 3, ["check_s at most chapter_s", "5, 300"]),
        ("practice_examples: 5", "limits: {call_s: .inf}", 3, ["grading.limits.call_s", "finite", "inf"]),
        ("chapters:", "chapter:", 4, ["field chapter:", "no such field", "did you mean chapters?"]),
        (
            "points: 2}",
            "points: 2, forbiden: []}",
            10,
            ["forbiden", "no such field", "did you mean forbidden?"],
        ),
        (
            "[softmax]",
            "[clampp]",
            9,
            ["exercises[1].forbidden", "clampp is not known", "did you mean clamp?"],
        ),
        ("name: Beta", "name: alpha", 8, ["chapters[1].exercises", "each exercise once", "alpha"]),
        ("name: Beta", "name: 'Be ta'", 10, ["exercises[2].name", "letters, digits", "'Be ta'"]),
        ("ch01_first", "chapter one", 5, ["chapters[1].stem", "ch03_activations", "'chapter one'"]),
        ("ch02_second", "ch01_second", 4, ["chapters", "each chapter number once", "ch01"]),
        ("ch01_first", "Week 1", 5, ["chapters[1].stem", "small letters", "'Week 1'"]),
        ("title: {en: Small, zh: 小}", "title: Small\nname: My Course", 2, ["name", "'My Course'"]),
        ('sections: ["1"]', "sections: [1]", 7, ["chapters[1].sections[1]", "valid string", "1"]),
        (
            "practice_examples: 5",
            "practise_examples: 5",
            3,
            ["practise_examples", "did you mean practice_examples?"],
        ),
        ("practice_examples: 5", "limits: {call: 5}", 3, ["grading.limits.call", "did you mean call_s?"]),
        (
            "practice_examples: 5",
            "late: {grace: 5}",
            3,
            ["grading.late.grace", "did you mean grace_minutes?"],
        ),
        ("practice_examples: 5", "late: {cap_percent: 120}", 3, ["grading.late.cap_percent", "100", "120"]),
        ("practice_examples: 5", "attempts: first", 3, ["grading.attempts", "'last' or 'best'", "'first'"]),
        (
            "minutes: 60",
            "deadline: 2026-03-01T23:59:00",
            14,
            ["chapters[2].deadline", "expected a zone", "23:59"],
        ),
        (
            "minutes: 60",
            "deadline: '2026-03-01 23:59'",
            14,
            ["chapters[2].deadline", "expected a zone", "23:59"],
        ),
        ("minutes: 60", "deadline: 2026-03-01", 14, ["deadline", "a date, a time and a zone", "2026-03-01"]),
        (
            "minutes: 60",
            "deadline: next Friday",
            14,
            ["deadline", "a date, a time and a zone", "'next Friday'"],
        ),
        ("minutes: 60", "deadline: 7", 14, ["deadline", "a date, a time and a zone", "7"]),
        ("title: {en: Small, zh: 小}", "title: {zh: 小}", 1, ["title.en", "missing"]),
        ("minutes: 60", "minutes: 60\n    minutes: 70", 15, ["minutes", "twice", "line 14"]),
        ("minutes: 60", "minutes: [60", 15, ["not YAML"]),
    ],
)
def test_a_wrong_course_is_refused_by_line_field_and_what_was_expected(
    tmp_path: Path, old: str, new: str, line: int, words: list[str]
) -> None:
    assert SMALL.count(old) == 1

    error = refusal(tmp_path, SMALL.replace(old, new))

    assert error.where == f"{tmp_path / 'course.yml'}, line {line}"
    assert [word for word in words if word not in error.what] == []
    assert error.next_step


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n"])
def test_an_empty_course_file_is_refused(tmp_path: Path, text: str) -> None:
    assert "empty" in refusal(tmp_path, text).what


def test_a_course_file_without_fields_is_refused(tmp_path: Path) -> None:
    assert "expected fields, each a name and a value, found ['ch01']" in refusal(tmp_path, "- ch01\n").what


def test_a_course_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "course.yml").write_bytes(b"title: \xff\xfe")

    with pytest.raises(CourseError, match="UTF-8"):
        load_course(tmp_path)


def test_a_folder_without_a_course_is_refused_with_a_next_step(tmp_path: Path) -> None:
    with pytest.raises(CourseError) as caught:
        load_course(tmp_path)

    assert "brick init" in caught.value.next_step


def test_the_nearest_course_upward_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "course.yml").write_text(SMALL, encoding="utf-8")
    deep = tmp_path / "exercises" / "deep"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)

    assert load_course().root == tmp_path


def test_without_a_course_upward_the_kits_own_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert len(load_course().chapters) == 12


@pytest.mark.parametrize(
    "word",
    [
        "ch03",
        "ch3",
        "3",
        "03",
        "ch03_activations",
        "activ",
        "CH03",
        "exercises/ch03_activations.py",
        "ch03.ipynb",
    ],
)
def test_a_chapter_is_found_as_people_type_it(course: Course, word: str) -> None:
    assert find_chapter(course, word).stem == "ch03_activations"


@pytest.mark.parametrize(
    ("word", "neighbour"),
    [
        ("normalisation", "ch11_normalization"),
        ("ch03_activation_", "ch03_activations"),
        ("loses", "ch04_losses"),
    ],
)
def test_an_unknown_chapter_gets_its_neighbour(course: Course, word: str, neighbour: str) -> None:
    with pytest.raises(UsageError, match=f"no chapter '{word}'; did you mean {neighbour}"):
        find_chapter(course, word)


def test_a_part_that_several_stems_have_is_refused_with_their_names(course: Course) -> None:
    with pytest.raises(UsageError, match="ch10_quantization, ch11_normalization"):
        find_chapter(course, "izatio")


def test_an_unknown_exercise_gets_its_neighbour(course: Course) -> None:
    chapter = find_chapter(course, "ch03")

    assert find_exercise(chapter, "Softmax").name == "softmax"
    with pytest.raises(UsageError, match="no exercise 'sofmax' in ch03_activations; did you mean softmax"):
        find_exercise(chapter, "sofmax")
