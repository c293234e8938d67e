"""A class that was never taught: as many learners as a test asks for, the same ones every time."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from grader.grading.gradebook import publish
from grader.grading.hand_ins import sha256_of_unreadable
from grader.grading.store import STORE_FILE, Collected, Settings, Store
from grader.records import (
    Cause,
    Chapter,
    CheckResult,
    ClassResults,
    Counterexample,
    Course,
    ExerciseScore,
    HandIn,
    LearnerResult,
    Outcome,
    RecordedCall,
    Report,
)
from grader.submissions.collecting import HandedIn
from grader.submissions.files import File
from grader.workspace.workspace import workspace_of

AS_USUAL = Settings("bwrap", None, "cpu")
CHECKS = 6  # of each exercise
FAILED_ON = Counterexample(
    inputs=(("x", "tensor([[0.0, -3.0]])"),),
    calls=(RecordedCall("softmax(tensor([[0.0, -3.0]]))", "tensor([[0.5, 0.5]])"),),
    got="tensor([[0.5, 0.5]])",
    expected="tensor([[0.9526, 0.0474]])",
    index=(0, 1),
    worst="2 of 2 entries differ",
)


def made_up_class(course: Course, learners: int, seed: int = 0) -> ClassResults:
    """Learners of all abilities on checks of all difficulties; some hand in late, some not at all."""
    draw = random.Random(seed)
    difficulty = {
        (exercise.name, place): draw.gauss(-0.8, 1.2)
        for chapter in course.chapters
        for exercise in chapter.exercises
        for place in range(CHECKS)
    }
    people = tuple(
        _learner(f"learner{n:03}", course, draw.gauss(0, 1.3), difficulty, draw)
        for n in range(1, learners + 1)
    )
    return ClassResults(course, course.chapters, people)


def keep(results: ClassResults, stop_after: int | None = None) -> None:
    """Put a class into its store as `brick grade` does; with a number, killed after so many new verdicts."""
    course = results.course
    chapters = {chapter.stem: chapter for chapter in results.chapters}
    work = [(one, report, collected_of(one, report)) for one in results.learners for report in one.reports]
    with Store(workspace_of(course).state / STORE_FILE) as store:
        run = store.begin_run(
            list(chapters), [one.learner for one in results.learners], AS_USUAL, [fact for *_, fact in work]
        )
        made = 0
        for one, report, fact in work:
            key = f"{one.learner} {report.chapter} {fact.sha256}"
            found = store.find(key)
            if found is None and made == stop_after:
                return
            made += found is None
            path = Path(fact.path)
            item = HandedIn(
                one.learner, chapters[report.chapter], (File(path, (path.name,)),), fact.handed_in
            )
            publish(store, run, course, item, found or store.keep(key, report))


def collected_of(one: LearnerResult, report: Report) -> Collected:
    """What is known of a hand-in before it is graded."""
    time = one.hand_in(report.chapter).time
    return Collected(
        one.learner,
        report.chapter,
        report.submission_sha256 or sha256_of_unreadable(report.problem.what if report.problem else ""),
        f"{one.learner}.py",
        None if time is None else time.timestamp(),
    )


def _learner(
    name: str,
    course: Course,
    ability: float,
    difficulty: dict[tuple[str, int], float],
    draw: random.Random,
) -> LearnerResult:
    reports, missing, hand_ins = [], [], []
    for number, chapter in enumerate(course.chapters):
        if draw.random() < 0.25 / (1 + math.exp(ability)) * (1 + number / 4):
            missing.append((chapter.stem, chapter.points))
            continue
        report = _report(name, chapter, ability, difficulty, draw)
        late = 1 if draw.random() < 0.1 else 0
        attempts = draw.choice((1, 1, 1, 2, 3))
        reports.append(report)
        time = datetime(2026, 3, 2, 20, tzinfo=UTC) + timedelta(days=7 * number + late)
        hand_ins.append(
            HandIn(chapter.stem, time, attempts, attempts, 5400.0 * late, min(report.points, 1.0 * late))
        )
    return LearnerResult(name, tuple(reports), tuple(missing), tuple(hand_ins))


def _report(
    name: str,
    chapter: Chapter,
    ability: float,
    difficulty: dict[tuple[str, int], float],
    draw: random.Random,
) -> Report:
    checks, scores = [], []
    for exercise in chapter.exercises:
        mine = [
            _check(exercise.name, place, ability - difficulty[exercise.name, place], draw)
            for place in range(CHECKS)
        ]
        passed = sum(check.outcome is Outcome.PASSED for check in mine)
        checks += mine
        scores.append(
            ExerciseScore(exercise.name, exercise.points * passed / CHECKS, exercise.points, exercise.extra)
        )
    return Report(
        chapter=chapter.stem,
        title=chapter.title,
        path=f"submitted/{name}/{chapter.stem}.py",
        checks=tuple(checks),
        exercises=tuple(scores),
        profile="grade",
        isolation="bwrap",
        submission_sha256=f"{draw.getrandbits(256):064x}",
        checks_sha256="c" * 64,
        kit="0.1.0",
        seconds=draw.uniform(2, 12),
    )


def _check(exercise: str, place: int, margin: float, draw: random.Random) -> CheckResult:
    base = CheckResult(
        name=f"check_{exercise}_{place}",
        exercise=exercise,
        title=f"{exercise} keeps its law number {place + 1} for every input there is.",
        outcome=Outcome.PASSED,
        weight=1.0,
        hint="Look at the axis that is summed over.",
        examples=100,
        seconds=draw.uniform(0.01, 0.3) * (place + 1),
    )
    if draw.random() < 1 / (1 + math.exp(-1.7 * margin)):
        return base
    if draw.random() < 0.2:
        return replace(
            base, outcome=Outcome.NOT_RUN, cause=Cause.WAITING, waits_for="the law before.", seconds=0.0
        )
    return replace(
        base,
        outcome=Outcome.FAILED,
        cause=Cause.BROKEN_LAW,
        message="the result is 0.5 at index (0, 1), should be 0.0474",
        counterexample=FAILED_ON,
        diagnosis="The sum runs over the wrong axis." if draw.random() < 0.3 else "",
    )
