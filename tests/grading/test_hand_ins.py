"""What was handed in is a fact before it is graded, read or not; and what is left to run is counted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from grader.cli.progress import counted
from grader.course.config import find_chapter
from grader.engine.profile import Profile
from grader.engine.runner import unjudged, unreadable
from grader.errors import SubmissionError
from grader.grading.cache import grade_handed_in, grade_stored
from grader.grading.gradebook import publish, publish_known
from grader.grading.hand_ins import HandInRead, ReadBefore, read_each, read_whole
from grader.grading.known import count_unstored, known_verdicts, verdict_key
from grader.grading.setup import Setup
from grader.grading.store import STORE_FILE, Settings, Store
from grader.grading.workers import LocalWorkers, Open
from grader.records import Cause, CheckResult, Course, Limits, Outcome, Report, ReportState, Submission
from grader.sandbox.levels import Level
from grader.submissions.collecting import HandedIn, collect
from grader.submissions.contents import NoPermission

SETUP = Setup(Level.PLAIN, Limits(), Profile("grade", examples=2, secret=b"s" * 32))
SOURCES = {
    "learner01": "x = 1\n",
    "learner02": "x = 1\n",
    "learner03": "x = 2\n",
    "learner04": "def broken(:\n",
}


@pytest.fixture
def work(tmp_path: Path, course: Course) -> list[HandInRead]:
    """Two copies of one file, another one, and one that cannot be read."""
    for learner, source in SOURCES.items():
        (tmp_path / "class" / learner).mkdir(parents=True)
        (tmp_path / "class" / learner / "ch02_neuron.py").write_text(source, encoding="utf-8")
    return list(read_each(collect([tmp_path / "class"], course).submissions))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / STORE_FILE) as opened:
        yield opened


def test_what_cannot_be_read_is_handed_in_all_the_same(work: list[HandInRead], course: Course) -> None:
    facts = [read.collected for read in work]
    broken = work[-1].content

    assert [(fact.learner, fact.chapter) for fact in facts] == [(name, "ch02_neuron") for name in SOURCES]
    assert facts[0].sha256 == facts[1].sha256
    assert len({fact.sha256 for fact in facts}) == 3
    assert all(fact.handed_in for fact in facts)
    assert isinstance(broken, SubmissionError)
    # The verdict on it is published under the very hash of the fact, or it would wait for ever.
    report = unreadable(find_chapter(course, "ch02"), work[-1].item.path, broken, SETUP.profile)
    assert report.problem is not None
    assert report.problem.what == broken.what


class Unforeseen(HandedIn):
    """Work at which the kit itself fails."""

    def read(self) -> Submission:
        raise IndexError("tuple index out of range")


class Locked(HandedIn):
    """Work that lies where whoever grades may not read."""

    def read(self) -> Submission:
        raise NoPermission(
            "the file may not be read", "ch02_neuron.py", "give read permission, then try again"
        )


def test_what_may_not_be_read_gets_no_grade_and_is_tried_again(work: list[HandInRead], store: Store) -> None:
    item = work[-1].item
    [read] = read_each([Locked("learner05", item.chapter, item.files)])

    [(_, verdict)] = grade_handed_in([read], SETUP, store)

    assert verdict.report.state is ReportState.KIT_FAULT
    assert "give read permission" in verdict.report.output
    assert store.find(verdict.key) is None


def test_a_fault_of_the_kit_while_reading_costs_nobody_else(work: list[HandInRead], store: Store) -> None:
    item = work[-1].item
    odd = Unforeseen("learner05", item.chapter, item.files)

    read = list(read_each([odd, item]))
    verdicts = list(grade_handed_in(read, SETUP, store))

    states = [verdict.report.state for _, verdict in verdicts]
    assert states == [ReportState.KIT_FAULT, ReportState.UNREADABLE]
    assert "tuple index out of range" in verdicts[0][1].report.output
    # Published under the hash of the fact, and no verdict for next time.
    assert verdicts[0][1].report.submission_sha256 == read[0].collected.sha256
    assert store.find(verdicts[0][1].key) is None


class Killing(LocalWorkers):
    """Workers on a machine that kills whatever runs there."""

    width = 1

    @contextmanager
    def open(self, setup: Setup, submissions: Sequence[Submission], *, alone: bool) -> Iterator[Open]:
        yield self

    def send(self, submission: Submission) -> Future[Report]:
        """A report that says so."""
        future: Future[Report] = Future()
        report = unjudged(submission.chapter, submission.path, SETUP.profile, ReportState.GRADED)
        killed = CheckResult("check_a", "neuron", "A.", Outcome.FAILED, 1.0, Cause.KILLED)
        future.set_result(replace(report, checks=(killed,)))
        return future


def test_copies_share_even_a_verdict_that_another_try_may_change(store: Store, course: Course) -> None:
    chapter = find_chapter(course, "ch02")
    copies = [Submission(chapter, "", Path(f"learner0{n}.py"), "sha") for n in (1, 2)]

    verdicts = dict(grade_stored(copies, SETUP, store, Killing()))

    assert [verdicts[n].is_new for n in (0, 1)] == [True, False]
    assert verdicts[0].id == verdicts[1].id
    assert verdicts[1].report == replace(verdicts[0].report, path="learner02.py")
    assert verdicts[0].report.is_transient


class Nowhere(LocalWorkers):
    """Workers that fail the test that sends them anything."""

    @contextmanager
    def open(self, setup: Setup, submissions: Sequence[Submission], *, alone: bool) -> Iterator[Open]:
        raise AssertionError(f"{len(submissions)} are graded")
        yield


def test_what_never_ends_has_its_verdict_once(store: Store, course: Course) -> None:
    chapter = find_chapter(course, "ch02")
    endless = Submission(
        chapter, "def neuron(x, w, b):\n    while True:\n        pass\n", Path("learner01.py"), "sha"
    )
    setup = Setup(Level.PLAIN, Limits(call_s=0.2), Profile("grade", examples=1, shrink=False))

    [(_, first)] = grade_stored([endless], setup, store)
    [(_, second)] = grade_stored([endless], setup, store, Nowhere())

    causes = [result.cause for result in first.report.checks if result.exercise == "neuron"]
    assert causes[:2] == [Cause.OUT_OF_TIME, Cause.OUT_OF_TIME]
    assert set(causes[2:]) == {Cause.GIVEN_UP, Cause.WAITING}  # nothing was lost for another reason
    assert (second.id, second.is_new) == (first.id, False)


def test_copies_and_what_the_store_knows_are_no_work(
    work: list[HandInRead], store: Store, report: Report
) -> None:
    first = work[0].content
    assert isinstance(first, Submission)

    before = count_unstored(work, SETUP, store)
    store.keep(verdict_key(first.chapter, first.sha256, SETUP), report, first)

    assert before == 2
    assert count_unstored(work, SETUP, store) == 1
    assert count_unstored(work, SETUP, store, again=True) == 2


def keep_all(store: Store, work: list[HandInRead], report: Report) -> None:
    """Keep what was read, and a verdict on it."""
    for read in work:
        if isinstance(read.content, Submission):
            store.keep_readings([(read.digest, read.sha256)])
            store.keep("a", report, read.content)


def test_the_very_bytes_that_were_read_before_are_not_parsed_again(
    work: list[HandInRead], store: Store, report: Report
) -> None:
    keep_all(store, work, report)
    again = list(read_each([read.item for read in work], store.reading))

    assert [type(read.content) for read in again] == [ReadBefore, ReadBefore, ReadBefore, SubmissionError]
    assert [read.collected for read in again] == [read.collected for read in work]
    assert [read_whole(read).content for read in again[:3]] == [read.content for read in work[:3]]
    assert count_unstored(again, SETUP, store) == count_unstored(work, SETUP, store)


def test_other_bytes_or_another_name_are_read_anew(
    work: list[HandInRead], store: Store, report: Report
) -> None:
    [file] = work[0].item.files
    named = file.path.rename(file.path.with_name("ch02_neuron (1).py"))
    keep_all(store, work, report)
    work[1].item.path.write_text("x = 3\n", encoding="utf-8")
    renamed = replace(work[0].item, files=(replace(file, path=named),))

    again = list(read_each([renamed, work[1].item], store.reading))

    assert all(isinstance(read.content, Submission) for read in again)


def test_a_verdict_that_the_store_holds_is_published_as_one_that_was_just_made(
    work: list[HandInRead], store: Store, course: Course, report: Report
) -> None:
    chapter, first = work[0].item.chapter, work[0].content
    assert isinstance(first, Submission)
    made = replace(report, chapter=chapter.stem, submission_sha256=first.sha256, path=str(first.path))
    verdict = store.keep(verdict_key(chapter, first.sha256, SETUP), made, first)
    run = store.begin_run([chapter.stem], SOURCES, Settings("plain", 2, "cpu"))

    known = known_verdicts(work, SETUP, store)
    publish(store, run, course, work[0].item, verdict)
    by_one = store.newest("learner01", chapter.stem)
    assert by_one is not None
    publish_known(store, run, course, [(work[place], number) for place, number in known.items()])

    assert known == {0: verdict.id, 1: verdict.id}
    standing = [entry for entry, _ in store.standing(SOURCES, [chapter.stem])]
    path = str(work[1].item.path)
    assert standing == [by_one, replace(by_one, learner="learner02", path=path, handed_in=work[1].item.time)]


def test_a_class_that_hands_in_nothing_new_adds_no_row(work: list[HandInRead], store: Store) -> None:
    facts = [read.collected for read in work]
    later = replace(facts[0], sha256="another")
    for found in (facts, facts, [later, *facts[1:]], facts):
        store.begin_run(["ch02_neuron"], SOURCES, Settings("plain", 2, "cpu"), found)

    with sqlite3.connect(store.path) as database:
        [(rows,)] = database.execute("SELECT count(*) FROM collected")
    assert rows == len(facts) + 2
    assert store.assigned_and_met() == (("ch02_neuron",), tuple(SOURCES))
    assert len(store.ungraded(["ch02_neuron"])) == len(SOURCES)


def test_a_verdict_is_new_only_when_it_was_just_made(
    work: list[HandInRead], store: Store, report: Report
) -> None:
    submission = work[0].content
    assert isinstance(submission, Submission)

    made, unread = store.keep("a", report, submission), store.keep("b", report)
    found = store.find("a")

    assert (made.is_new, unread.is_new) == (True, False)
    assert found is not None
    assert not found.is_new


def test_what_took_no_work_passes_through_and_is_not_counted(capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[int] = []

    items = list(counted(iter(range(5)), 2, "grading", counts=lambda n: asked.append(n) or n > 2))

    assert items == asked == [0, 1, 2, 3, 4]
    assert capsys.readouterr().err == ""  # no terminal, no bar
