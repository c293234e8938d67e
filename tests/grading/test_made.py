"""Only what changed is made anew, and every file holds the bytes that it would hold if all were made anew."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from made_up import made_up_class
from stored import judged_chapter, publish
from unread_reports import faulty, unread

from grader.cli.class_grading import write_reports
from grader.grading import made as made_module
from grader.grading.adjustments import append
from grader.grading.gradebook import adjustments_in, results_in
from grader.grading.made import MADE_FILE, outline, read_made, sources
from grader.grading.roster import class_list, enter, leave
from grader.grading.store import STORE_FILE, Collected, Settings, Store
from grader.records import (
    Adjustment,
    AdjustmentKind,
    Breach,
    Cause,
    Chapter,
    ClassResults,
    Course,
    LatePolicy,
    Member,
    Outcome,
    Overrun,
    Problem,
    Refusal,
    Report,
    ReportState,
    TimeLimit,
)
from grader.report.class_table import class_summary, class_table
from grader.report.terminal import Style
from grader.serialization import learner_json

DEADLINE = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEARNERS = ("learner01", "learner02", "learner03")
SCORE, COMMENT, EXCUSE, EXTENSION, _UNDO = AdjustmentKind


@pytest.fixture
def course(course: Course, tmp_path: Path) -> Course:
    """Two chapters in an empty folder; the first has a deadline, and lateness costs a tenth a day."""
    chapters = (replace(course.chapters[2], deadline=DEADLINE), course.chapters[8])
    return replace(course, root=tmp_path, chapters=chapters, late=LatePolicy(percent_per_day=10))


@pytest.fixture
def store(course: Course) -> Iterator[Store]:
    """Three learners: one all right, one half, and one who handed in the second chapter only."""
    with Store(course.root / ".brickwork" / STORE_FILE) as opened:
        first, second = course.chapters
        assigned = [first.stem, second.stem]
        publish(opened, judged(first), "learner01", DEADLINE, assigned)
        publish(opened, judged(first, "softmax", "relu"), "learner02", DEADLINE, assigned)
        publish(opened, judged(second), "learner03", DEADLINE, assigned)
        yield opened


def judged(chapter: Chapter, *halves: str) -> Report:
    """As `judged_chapter`, with a name for each check that no other of its chapter has."""
    report = judged_chapter(chapter, *halves)
    checks = tuple(replace(one, name=f"{one.exercise}_{one.name}") for one in report.checks)
    return replace(report, checks=checks)


def written(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def nodes(folder: Path) -> dict[str, int]:
    """Which file it is that lies under a name: one that was written anew is another."""
    return {path.name: path.stat().st_ino for path in folder.glob("*.json")}


def write(store: Store, course: Course, out: Path) -> ClassResults:
    return write_reports(store, course, course.chapters, class_list(store).learners, out)


def write_anew(store: Store, course: Course) -> dict[str, bytes]:
    """What stands in a folder in which everything was written just now."""
    fresh = course.root / "fresh"
    write(store, course, fresh)
    return written(fresh)


# --- what changes something -------------------------------------------------------------------------------


def decide(kind: AdjustmentKind, **fields: Any) -> Callable[[Store, Course], Course]:
    def change(store: Store, course: Course) -> Course:
        about: dict[str, Any] = {"learner": "learner02", "chapter": course.chapters[0].stem}
        append(store, Adjustment(0, kind, "teacher", DEADLINE, "because", **(about | fields)))
        return course

    return change


def another_attempt(store: Store, course: Course) -> Course:
    chapter = course.chapters[0]
    report = replace(judged(chapter, "relu"), submission_sha256="another")
    publish(store, report, "learner02", DEADLINE)
    return course


def another_verdict(store: Store, course: Course) -> Course:
    """As a regrade publishes it: the same attempt, judged otherwise."""
    [(entry, _)] = store.standing(["learner02"], [course.chapters[0].stem])
    judged_otherwise = judged(course.chapters[0], "softmax")
    verdict = store.keep("again", replace(judged_otherwise, submission_sha256=entry.sha256))
    store.publish(1, [replace(entry, verdict=verdict.id)])
    return course


def lateness(store: Store, course: Course) -> Course:
    [(entry, _)] = store.standing(["learner02"], [course.chapters[0].stem])
    store.publish(1, [replace(entry, late_s=7200.0, deducted=1.0)])
    return course


def something_that_waits(store: Store, course: Course) -> Course:
    waiting = Collected("learner02", course.chapters[0].stem, "newer", "", None)
    store.begin_run([], [], Settings("bwrap", None, "cpu"), [waiting])
    return course


def another_points(store: Store, course: Course) -> Course:
    """As a hand changes course.yml: the missing chapter is worth something else."""
    first, second = course.chapters
    exercises = tuple(replace(one, points=one.points + 1) for one in second.exercises)
    return replace(course, chapters=(first, replace(second, exercises=exercises)))


def someone_new(store: Store, course: Course) -> Course:
    publish(store, judged(course.chapters[1]), "learner04", DEADLINE)
    return course


def someone_left(store: Store, course: Course) -> Course:
    enter(store, [Member(login=one) for one in LEARNERS], "teacher")
    leave(store, [Member(login="learner03")], "teacher")
    return course


def known_by_another_name(store: Store, course: Course) -> Course:
    """What was decided about a name that the roster ties to a learner only now."""
    course = decide(SCORE, learner="2002", points=3.0)(store, course)
    enter(store, [Member(name="Learner Two", number="2002", login="learner02")], "teacher")
    return course


def nothing(store: Store, course: Course) -> Course:
    return course


@pytest.mark.parametrize(
    "change",
    [
        decide(SCORE, points=2.0),
        decide(SCORE, exercise="softmax", points=0.5),
        decide(COMMENT, comment="Well done."),
        decide(COMMENT, learner="", comment="To everybody."),
        decide(EXCUSE),
        decide(EXCUSE, exercise="relu", check="relu_a"),
        decide(EXTENSION, deadline=datetime(2026, 4, 1, tzinfo=UTC)),
        another_attempt,
        another_verdict,
        lateness,
        something_that_waits,
        another_points,
        someone_new,
        someone_left,
        known_by_another_name,
        nothing,
    ],
)
def test_what_changed_is_made_anew_and_nothing_else_differs_from_all_made_anew(
    store: Store, course: Course, change: Callable[[Store, Course], Course]
) -> None:
    out = course.root / "reports"
    write(store, course, out)
    write(store, course, out)

    course = change(store, course)
    results = write(store, course, out)

    expected = write_anew(store, course)
    stale = written(out).keys() - expected.keys()
    assert stale == ({"learner03.json"} if change is someone_left else set())
    assert {name: content for name, content in written(out).items() if name not in stale} == expected
    full = results_in(store, course, course.chapters, class_list(store).learners)
    assert results.learners == tuple(replace(outline(one), member=one.member) for one in full.learners)
    assert all(expected[f"{one.learner}.json"] == learner_json(one) for one in full.learners)


def test_of_a_class_in_which_nothing_changed_nothing_is_read_or_written(
    store: Store, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = course.root / "reports"
    write(store, course, out)
    before, made = nodes(out), (out / MADE_FILE).stat().st_ino
    monkeypatch.setattr(Store, "standing", None)  # whoever asks for a report fails

    results = write(store, course, out)

    assert (nodes(out), (out / MADE_FILE).stat().st_ino) == (before, made)
    assert [one.learner for one in results.learners] == list(LEARNERS)


def test_only_the_report_of_whom_it_concerns_is_written(store: Store, course: Course) -> None:
    out = course.root / "reports"
    write(store, course, out)
    before = nodes(out)

    write(store, decide(SCORE, points=1.0)(store, course), out)

    after = nodes(out)
    assert [name for name in before if before[name] != after[name]] == ["learner02.json"]


def test_a_report_that_was_changed_or_deleted_is_written_anew(store: Store, course: Course) -> None:
    """Also one whose size and time are what they were."""
    out = course.root / "reports"
    write(store, course, out)
    expected = written(out)
    edited, deleted = out / "learner01.json", out / "learner02.json"
    times = edited.stat()
    edited.write_bytes(edited.read_bytes().replace(b"true", b"null", 1))
    os.utime(edited, ns=(times.st_atime_ns, times.st_mtime_ns))
    deleted.unlink()
    assert edited.stat().st_size == times.st_size

    write(store, course, out)

    assert written(out) == expected


def test_a_file_of_checks_that_was_changed_or_deleted_is_written_anew(store: Store, course: Course) -> None:
    out = course.root / "reports"
    write(store, course, out)
    expected = written(out)
    edited, deleted = sorted((out / "checks").iterdir())
    edited.write_bytes(edited.read_bytes().replace(b"law a", b"law c", 1))
    deleted.unlink()

    write(store, course, out)

    assert written(out) == expected


def test_a_file_of_checks_that_no_report_names_any_more_is_deleted(store: Store, course: Course) -> None:
    out = course.root / "reports"
    write(store, course, out)
    before, first = set((out / "checks").iterdir()), course.chapters[0].stem
    foreign = out / "checks" / "mine.json"
    foreign.write_bytes(b"{}")

    write(store, decide(EXCUSE, learner="", exercise="relu")(store, course), out)

    after = set((out / "checks").iterdir())
    assert foreign in after
    for changed in (before - after, after - before - {foreign}):
        assert [path.name.startswith(first) for path in changed] == [True]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data.replace(b"learner01", b"learner09"),
        lambda data: b"\0" * len(data),
    ],
)
def test_a_damaged_note_of_what_was_made_is_none(
    store: Store, course: Course, damage: Callable[[bytes], bytes]
) -> None:
    out = course.root / "reports"
    write(store, course, out)
    expected, note = written(out), out / MADE_FILE
    note.write_bytes(damage(note.read_bytes()))

    assert read_made(out) == {}
    write(store, course, out)

    assert written(out) == expected


def test_the_code_of_the_kit_is_part_of_what_a_report_is_made_of(
    store: Store, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    def now() -> dict[str, bytes]:
        return sources(store, course, course.chapters, LEARNERS, adjustments_in(store, {}))

    before = now()
    monkeypatch.setattr(made_module, "_code", lambda: "another version")

    assert all(before[one] != now()[one] for one in LEARNERS)


# --- what tables need of a report -------------------------------------------------------------------------


def disturbed(report: Report, number: int) -> Report:
    """A report of each kind of which a table has something to say."""
    first, *rest = report.checks
    lost = replace(first, outcome=Outcome.NOT_RUN, cause=Cause.LOST, message="it was ended by signal 9")
    late = replace(lost, cause=Cause.OUT_OF_TIME, overrun=Overrun(TimeLimit.CHECK, 30.0))
    kinds = (
        report,
        replace(report, checks=(*rest, lost, late)),
        replace(report, checks=(late, *rest), output="printed " * 9),
        replace(report, breaches=tuple(Breach(n, "eval", Refusal.UNWATCHED, ()) for n in (3, 4))),
        replace(report, state=ReportState.NOT_LOADED, problem=Problem("no", cause=Cause.RAISED)),
        unread(report, "'(' was never closed"),
        faulty(report),
        replace(report, submission_sha256="copied"),
    )
    return kinds[number % len(kinds)]


def test_tables_and_summaries_of_outlines_say_what_those_of_whole_results_say(course: Course) -> None:
    results = made_up_class(course, 80)
    learners = tuple(
        replace(
            one,
            reports=tuple(disturbed(report, place * 3 + number) for place, report in enumerate(one.reports)),
        )
        for number, one in enumerate(results.learners)
    )
    whole, short = (
        replace(results, learners=learners),
        replace(results, learners=tuple(map(outline, learners))),
    )

    for style in (Style(width=80), Style(width=160)):
        assert class_table(short.learners, style) == class_table(whole.learners, style)
        assert class_summary(short, style) == class_summary(whole, style)
    assert [one.passed for one in short.learners] == [one.passed for one in whole.learners]
    assert max(len(report.checks) for one in short.learners for report in one.reports) <= 2
