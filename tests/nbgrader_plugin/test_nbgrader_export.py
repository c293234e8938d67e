"""Verdicts written into a real nbgrader course are what nbgrader itself then reads, shows and exports."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import CsvExportPlugin
from nbgrader.utils import determine_grade

from grader.course.config import find_chapter
from grader.errors import KitError, UsageError
from grader.nbgrader_plugin.export import Recorded, write_gradebook
from grader.nbgrader_plugin.release import PLUGIN_LINE, config_of, generate
from grader.records import (
    Adjustment,
    AdjustmentKind,
    Chapter,
    CheckResult,
    ClassResults,
    Counts,
    Course,
    ExerciseScore,
    HandIn,
    LearnerResult,
    Outcome,
    Report,
)
from grader.release.notebook import as_text, make_notebook
from grader.submissions.reading import read_submission

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("nbgrader_export")]

STEM = "ch02_neuron"
SHARES = {"learner01": 1.0, "learner02": 0.0, "learner03": 0.37, "learner04": 0.5, "learner05": 0.0}


def fingerprint(path: Path, chapter: Chapter) -> str:
    """As `brick export` has it."""
    try:
        return read_submission(path, chapter).sha256
    except KitError:
        return ""


def hand_in(folder: Path, learner: str, notebook: str) -> Path:
    """Put a notebook where nbgrader collects it to."""
    place = folder / "submitted" / learner / STEM
    place.mkdir(parents=True, exist_ok=True)
    (place / "timestamp.txt").write_text("2026-02-02 14:58:23.948203 UTC", encoding="utf-8")
    (place / f"{STEM}.ipynb").write_text(notebook, encoding="utf-8")
    return place / f"{STEM}.ipynb"


def verdict(folder: Path, chapter: Chapter, learner: str, share: float, **changes: Any) -> LearnerResult:
    """A learner's result on what lies in `submitted`, with this share of every exercise's points."""
    scores, checks = [], []
    for exercise in chapter.exercises:
        scores.append(
            ExerciseScore(exercise.name, round(exercise.points * share, 4), exercise.points, exercise.extra)
        )
        outcome = Outcome.PASSED if share == 1 else Outcome.FAILED
        title = f"{exercise.name} is <b>right</b>."
        checks.append(CheckResult(f"check_{exercise.name}", exercise.name, title, outcome, 1.0, "it is not"))
    path = folder / "submitted" / learner / STEM / f"{STEM}.ipynb"
    report = Report(
        STEM, chapter.title, str(path), tuple(checks), tuple(scores),
        submission_sha256=fingerprint(path, chapter),
    )  # fmt: skip
    return LearnerResult(learner, (replace(report, **changes),))


@pytest.fixture(scope="module")
def chapter(course: Course) -> Chapter:
    """The chapter that is released."""
    return find_chapter(course, "ch02")


@pytest.fixture(scope="module")
def folder(course: Course, chapter: Chapter, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with a released chapter and five submissions, two of which would stop nbgrader."""
    folder = tmp_path_factory.mktemp("nbgrader course")
    (folder / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.course_id = 'bricks'\n{PLUGIN_LINE}\n", encoding="utf-8"
    )
    solution = (course.root / "solutions" / f"{STEM}.py").read_text(encoding="utf-8")
    source = as_text(make_notebook(solution, chapter))
    place = folder / "source" / STEM / f"{STEM}.ipynb"
    place.parent.mkdir(parents=True)
    place.write_text(source, encoding="utf-8")
    generate(folder, STEM)
    stub = (folder / "release" / STEM / f"{STEM}.ipynb").read_text(encoding="utf-8")
    hand_in(folder, "learner01", source)
    hand_in(folder, "learner02", stub)
    changed = json.loads(source)
    tests = [cell for cell in changed["cells"] if cell["metadata"]["nbgrader"]["grade"]]
    changed["cells"].remove(tests[0])
    tests[1]["source"] = "2.0"
    hand_in(folder, "learner03", json.dumps(changed))
    hand_in(folder, "learner04", json.dumps(changed | {"cells": [*changed["cells"], tests[2]]}))
    hand_in(folder, "learner05", "{ no notebook")
    return folder


@pytest.fixture(scope="module")
def results(course: Course, chapter: Chapter, folder: Path) -> ClassResults:
    """A verdict on each, the third of them late, and one on somebody whom nbgrader does not know."""
    learners = [verdict(folder, chapter, name, share) for name, share in SHARES.items()]
    late = HandIn(STEM, late_s=7200.0, deducted=1.25)
    learners[2] = replace(learners[2], hand_ins=(late,))
    stranger = verdict(folder, chapter, "stranger", 1.0)
    return ClassResults(course, (chapter,), (*learners, stranger))


@pytest.fixture(scope="module")
def recorded(results: ClassResults, folder: Path) -> Recorded:
    """Everything written once."""
    return write_gradebook(results, folder, fingerprint)


@pytest.fixture
def gradebook(folder: Path, recorded: Recorded) -> Iterator[Gradebook]:
    """nbgrader's own view."""
    with Gradebook(f"sqlite:///{folder}/gradebook.db", "bricks") as opened:
        yield opened


def test_every_verdict_on_what_nbgrader_has_is_written_and_others_are_named(recorded: Recorded) -> None:
    assert (recorded.written, recorded.unseen) == (5, ())
    [(place, why)] = recorded.left
    assert place == "stranger ch02"
    assert why.startswith("nbgrader has no ")


def test_nbgraders_own_export_has_our_scores_with_lateness_off(
    gradebook: Gradebook, tmp_path: Path, results: ClassResults
) -> None:
    CsvExportPlugin(to=str(tmp_path / "grades.csv")).export(gradebook)

    with (tmp_path / "grades.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    for one in results.learners[:5]:
        row = rows[one.learner]
        assert float(row["raw_score"]) == pytest.approx(one.reports[0].points)
        assert float(row["score"]) == pytest.approx(one.points)
        assert float(row["max_score"]) == 10
        assert row["timestamp"].startswith("2026-02-02 14:58:23")
    assert float(rows["learner03"]["late_submission_penalty"]) == 1.25
    assert "stranger" not in rows


def test_every_cell_has_an_explicit_score_that_needs_no_hand(gradebook: Gradebook, chapter: Chapter) -> None:
    for learner, share in SHARES.items():
        for exercise in chapter.exercises:
            grade = gradebook.find_grade(f"{exercise.name}-check", STEM, STEM, learner)
            assert grade.auto_score == pytest.approx(exercise.worth * share, abs=1e-4)
            assert not grade.needs_manual_grade


def test_the_notebook_that_formgrader_shows_has_a_card_and_the_score_in_each_test_cell(
    folder: Path, recorded: Recorded, chapter: Chapter
) -> None:
    for learner, share in SHARES.items():
        place = folder / "autograded" / learner / STEM
        notebook = nbformat.read(place / f"{STEM}.ipynb", 4)
        tests = {
            cell.metadata.nbgrader.grade_id: cell
            for cell in notebook.cells
            if cell.metadata.get("nbgrader", {}).get("grade")
        }
        assert sorted(tests) == sorted(f"{exercise.name}-check" for exercise in chapter.exercises)
        for exercise in chapter.exercises:
            cell = tests[f"{exercise.name}-check"]
            assert cell.source == f'from grader import check\ncheck("{exercise.name}")'
            assert determine_grade(cell)[0] == pytest.approx(exercise.worth * share, abs=1e-4)
            assert f"{exercise.name} is &lt;b&gt;right&lt;/b&gt;." in cell.outputs[0].data["text/html"]
        assert (place / "timestamp.txt").is_file()


def test_nbgrader_makes_feedback_of_it(folder: Path, recorded: Recorded) -> None:
    config = config_of(folder)
    directory = CourseDirectory(config=config)
    directory.assignment_id, directory.student_id = STEM, "learner03"

    GenerateFeedback(coursedir=directory, config=config).start()

    page = (folder / "feedback" / "learner03" / STEM / f"{STEM}.html").read_text(encoding="utf-8")
    assert "linear is &lt;b&gt;right&lt;/b&gt;." in page


def test_a_second_verdict_replaces_the_first_and_a_hand_given_score_is_asked_about(
    gradebook: Gradebook, folder: Path, chapter: Chapter, results: ClassResults
) -> None:
    by_hand = gradebook.find_grade("linear-check", STEM, STEM, "learner04")
    by_hand.manual_score = 2.0
    gradebook.db.commit()
    better = verdict(folder, chapter, "learner04", 0.75)

    write_gradebook(replace(results, learners=(better,)), folder, fingerprint)

    gradebook.db.expire_all()
    grade = gradebook.find_grade("linear-check", STEM, STEM, "learner04")
    assert (grade.auto_score, grade.manual_score, grade.needs_manual_grade) == (1.5, 2.0, True)
    assert gradebook.find_grade("neuron-check", STEM, STEM, "learner04").auto_score == 1.5


def test_no_verdict_is_put_beside_work_that_changed_since(
    gradebook: Gradebook, folder: Path, chapter: Chapter, results: ClassResults
) -> None:
    stale = verdict(folder, chapter, "learner01", 0.5, submission_sha256="0" * 64)
    last = replace(results, learners=(stale,))

    outcome = write_gradebook(last, folder, fingerprint)

    assert outcome.written == 0
    assert "changed after it was graded" in outcome.left[0][1]
    assert gradebook.find_grade("linear-check", STEM, STEM, "learner01").auto_score == 2.0


def test_where_the_best_attempt_counts_it_may_be_an_older_one(
    gradebook: Gradebook, folder: Path, chapter: Chapter, results: ClassResults
) -> None:
    older = verdict(folder, chapter, "learner02", 0.5, submission_sha256="0" * 64)
    best = replace(results, course=replace(results.course, counts=Counts.BEST), learners=(older,))

    outcome = write_gradebook(best, folder, fingerprint)

    assert (outcome.written, outcome.left) == (1, ())
    assert gradebook.find_grade("linear-check", STEM, STEM, "learner02").auto_score == 1.0


def test_other_points_or_cells_than_the_gradebook_has_are_refused_before_anything_is_written(
    course: Course, folder: Path, recorded: Recorded, results: ClassResults, chapter: Chapter
) -> None:
    dearer = tuple(replace(exercise, points=exercise.points + 1) for exercise in chapter.exercises)
    renamed = (replace(chapter.exercises[0], name="neurone"), *chapter.exercises[1:])

    for exercises, said in ((dearer, "neuron, worth 3 in course.yml, is worth 2"), (renamed, "is not in")):
        other = replace(chapter, exercises=exercises)
        with pytest.raises(UsageError, match=said):
            write_gradebook(replace(results, chapters=(other,)), folder, fingerprint)
    with pytest.raises(UsageError, match="no assignment ch03_activations") as caught:
        write_gradebook(replace(results, chapters=(find_chapter(course, "ch03"),)), folder, fingerprint)
    assert "brick release ch03" in caught.value.next_step


def test_a_folder_without_a_gradebook_is_left_without(tmp_path: Path, results: ClassResults) -> None:
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n", encoding="utf-8")

    with pytest.raises(UsageError, match="no gradebook yet"):
        write_gradebook(results, tmp_path, fingerprint)

    assert [path.name for path in tmp_path.iterdir()] == ["nbgrader_config.py"]


def test_what_a_person_decided_is_in_the_gradebook_as_far_as_nbgrader_has_a_word_for_it(
    course: Course, chapter: Chapter, folder: Path, recorded: Recorded, tmp_path: Path
) -> None:
    copy = tmp_path / "course"
    shutil.copytree(folder, copy)
    first, *others = chapter.exercises
    set_by_hand = Adjustment(
        1,
        AdjustmentKind.SCORE,
        "teacher",
        datetime(2026, 3, 1, tzinfo=UTC),
        "oral",
        "learner02",
        STEM,
        points=7.0,
    )
    mine = replace(verdict(copy, chapter, "learner02", 0.0), adjustments=(set_by_hand,))
    whole = verdict(copy, chapter, "learner01", 0.5)
    part = replace(whole.reports[0], exercises=whole.reports[0].exercises[1:])
    excused = replace(whole, reports=(part,))
    gone = LearnerResult("learner05", (), excused=(STEM,))

    found = write_gradebook(ClassResults(course, (chapter,), (mine, excused, gone)), copy, fingerprint)

    assert found.left == (("learner05 ch02", "excused, for which nbgrader has no word"),)
    with Gradebook(f"sqlite:///{copy}/gradebook.db", "bricks") as gradebook:
        CsvExportPlugin(to=str(tmp_path / "grades.csv")).export(gradebook)
    with (tmp_path / "grades.csv").open(encoding="utf-8", newline="") as file:
        scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    # Half of what is left counts as half of the whole: nbgrader's maximum is the same for everybody.
    assert scores["learner02"] == pytest.approx(7.0)
    assert scores["learner01"] == pytest.approx(chapter.points / 2)
    assert sum(e.worth for e in others) == part.max_points == chapter.points - first.points
