"""A term of 300 learners, killed twice while grading and settled by hand, ends as one that was left alone."""

from __future__ import annotations

import csv
import io
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from commands import brick
from made_up import AS_USUAL, made_up_class

from grader.course.config import find_chapter, load_course
from grader.errors import UsageError
from grader.grading.gradebook import class_results, publish
from grader.grading.hand_ins import read_each
from grader.grading.store import STORE_FILE, Store
from grader.records import Report
from grader.report.html import class_page, feedback_page
from grader.report.statistics import ClassFigures
from grader.submissions.collecting import Collection, collect

CHECKOUT = Path(__file__).resolve().parents[2]
LABELS = ("ch02", "ch08", "ch09")
DEADLINE = "2026-03-02T12:00:00+00:00"
STAMP = "2026-03-0{day} 10:00:00 UTC"
LEARNERS = 300
BAD_STAMP, CLASH = "learner042", "learner017"
EXCUSED, SET, EXTENDED, DROPPED, ABSENT = "learner010", "learner020", "learner030", "learner041", "learner050"


class Term:
    """A course folder with the class's work in nbgrader's `submitted/`, graded by reports that are made up."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        text = (CHECKOUT / "course.yml").read_text(encoding="utf-8")
        for stem in ("ch02_neuron", "ch08_clipping", "ch09_scheduling"):
            text = text.replace(f"- stem: {stem}\n", f"- stem: {stem}\n    deadline: {DEADLINE}\n")
        (folder / "course.yml").write_text(text, encoding="utf-8")
        self.course = load_course(folder)
        self.chapters = [find_chapter(self.course, label) for label in LABELS]
        made_up = made_up_class(replace(self.course, chapters=tuple(self.chapters)), LEARNERS).learners
        # Everybody has a report; who hands in nothing is said below.
        self.reports = {
            (f"learner{number:03}", report.chapter): report
            for number, one in enumerate(made_up)
            for report in one.reports
            if f"learner{number:03}" != ABSENT
        }
        for number, (learner, stem) in enumerate(self.reports):
            self.hand_in(
                learner, stem, f"# {learner} {stem}\n", 3 if number % 9 == 4 or learner == EXTENDED else 1
            )
        for one in map("learner{:03}".format, range(LEARNERS)):
            (folder / "submitted" / one).mkdir(exist_ok=True)
        bad = folder / "submitted" / BAD_STAMP / self.of(BAD_STAMP)
        (bad / "timestamp.txt").write_text("9999-12-31 23:59:59 UTC", encoding="utf-8")

    def of(self, learner: str) -> str:
        """The first chapter that a learner handed in."""
        return next(stem for name, stem in self.reports if name == learner)

    def hand_in(self, learner: str, stem: str, source: str, day: int) -> None:
        """Put a file and its stamp where nbgrader collects them."""
        folder = self.folder / "submitted" / learner / stem
        folder.mkdir(parents=True)
        path = folder / f"{stem}.py"
        path.write_text(source, encoding="utf-8")
        os.utime(path, (1_772_300_000, 1_772_300_000))
        (folder / "timestamp.txt").write_text(STAMP.format(day=day), encoding="utf-8")

    def collected(self) -> Collection:
        return collect([self.folder], self.course, self.chapters)

    def grade(self, killed_after: int | None = None) -> None:
        """As `brick grade` does, with verdicts that are made up; killed after so many new ones if a number is given."""
        found = self.collected()
        work = list(read_each(found.submissions))
        with Store(self.folder / ".brickwork" / STORE_FILE) as store:
            facts = [read.collected for read in work]
            run = store.begin_run([one.stem for one in self.chapters], found.learners, AS_USUAL, facts)
            made = 0
            for read in work:
                kept = store.find(read.sha256)
                if kept is None and made == killed_after:
                    return
                made += kept is None
                report = self.report(read.item.learner, read.item.chapter.stem, read.sha256)
                publish(store, run, self.course, read.item, kept or store.keep(read.sha256, report))

    def report(self, learner: str, stem: str, sha256: str) -> Report:
        return replace(self.reports[learner, stem], submission_sha256=sha256)


@pytest.fixture(scope="module")
def terms(tmp_path_factory: pytest.TempPathFactory) -> tuple[Term, Term]:
    """The same class twice: to be left alone, and to be killed."""
    folder = tmp_path_factory.mktemp("terms")
    return Term(folder / "calm"), Term(folder / "killed")


def decide(term: Term, monkeypatch: pytest.MonkeyPatch) -> str:
    """Settle four learners by hand in a term's folder, where nobody did; the CSV of all of it."""
    monkeypatch.chdir(term.folder)
    monkeypatch.setenv("LOGNAME", "teacher")
    if (term.folder / "grades.csv").exists():
        return (term.folder / "grades.csv").read_text(encoding="utf-8")
    for words in (
        ("adjust", EXCUSED, "-c", "ch02", "--excuse", "-r", "was ill"),
        ("adjust", SET, "-c", "ch08", "--score", "9", "-r", "by voice"),
        ("adjust", EXTENDED, "-c", "ch09", "--extend", "+3d", "-r", "moved house"),
        ("roster", "drop", DROPPED),
    ):
        assert brick(*words).exit_code == 0
    assert brick("export", "--as", "csv", "--out", "grades.csv").exit_code == 0
    return (term.folder / "grades.csv").read_text(encoding="utf-8")


def rows_of(text: str) -> dict[tuple[str, str], dict[str, str]]:
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    return {(row["student_id"], row["assignment"]): row for row in rows}


def test_a_disturbed_term_tells_the_truth_at_every_moment_and_ends_as_an_undisturbed_one(
    terms: tuple[Term, Term], monkeypatch: pytest.MonkeyPatch
) -> None:
    calm, killed = terms
    clash = killed.folder / "submitted" / f"\x01{CLASH}"
    shutil.copytree(killed.folder / "submitted" / CLASH, clash)

    # Two names that clash: refused, with both, and nothing is kept of it.
    with pytest.raises(UsageError, match="the names of two learners read the same"):
        killed.grade()
    shutil.rmtree(clash)
    assert not (killed.folder / ".brickwork").exists()

    # One bad stamp is said, and stops nobody.
    assert any(BAD_STAMP in note and "no time that can be" in note for note in killed.collected().notes)

    monkeypatch.chdir(killed.folder)
    for killed_after in (100, 300):
        killed.grade(killed_after)
        results = class_results(killed.course)
        figures = ClassFigures(results)
        waiting = {(one.learner, stem) for one in results.learners for stem, _ in one.ungraded}
        graded = {(one.learner, r.chapter) for one in results.learners for r in one.reports}
        missing = {(one.learner, stem) for one in results.learners for stem, _ in one.missing}

        # Everything handed in is graded or waits, and only what was not handed in is missing.
        assert waiting | graded == set(killed.reports)
        assert not waiting & graded
        assert not missing & set(killed.reports)
        assert len(figures.ungraded) == len(waiting) > 0
        assert figures.points.n == sum(one.is_settled for one in results.learners) < LEARNERS
        assert f"<strong>{len(waiting)} handed in, not graded yet</strong>" in class_page(results)
        one = next(one for one in results.learners if one.ungraded)
        assert "handed in, not graded yet" in feedback_page(results, one)

        refused = brick("export", "--as", "csv")
        assert isinstance(refused.exception, UsageError)
        assert f"{len(waiting)} hand-ins of" in refused.exception.what
        assert brick("export", "--as", "csv", "--partial", "--out", "part.csv").exit_code == 0
        part = rows_of((killed.folder / "part.csv").read_text(encoding="utf-8"))
        assert {place for place, row in part.items() if row["score"] == ""} == waiting
        assert {place for place, row in part.items() if row["remark"] == "not handed in"} == missing
    for term in terms:
        term.grade()

    texts = [decide(term, monkeypatch) for term in (calm, killed)]

    assert texts[0] == texts[1]
    rows = rows_of(texts[1])
    assert (rows[EXCUSED, "ch02_neuron"]["score"], rows[EXCUSED, "ch02_neuron"]["max_score"]) == ("", "0")
    assert rows[SET, "ch08_clipping"]["score"] == "9"
    assert "by voice" in rows[SET, "ch08_clipping"]["remark"]
    assert rows[EXTENDED, "ch09_scheduling"]["late_submission_penalty"] == "0"
    assert not any(learner == DROPPED for learner, _ in rows)
    assert {rows[ABSENT, one.stem]["score"] for one in killed.chapters} == {"0"}
    bad = rows[BAD_STAMP, killed.of(BAD_STAMP)]
    assert bad["timestamp"].startswith("2026-02-28")  # the file's own time
    for place, row in rows.items():
        if row["remark"] == "not handed in":
            assert place not in killed.reports
    page = class_page(class_results(killed.course))
    assert DROPPED not in page
    assert "not graded yet</strong>" not in page


def test_what_is_sent_to_canvas_and_junit_says_the_same_as_the_csv(
    terms: tuple[Term, Term], monkeypatch: pytest.MonkeyPatch
) -> None:
    calm = terms[0]
    calm.grade()
    rows = rows_of(decide(calm, monkeypatch))
    learners = sorted({learner for learner, _ in rows})
    head = "Student,ID,SIS Login ID,Section," + ",".join(f"{label} ({n})" for n, label in enumerate(LABELS))
    body = "".join(f'"Family{n}, Given",{n},{name},A,,,\n' for n, name in enumerate(learners))
    Path("canvas.csv").write_text(f"{head}\n    Points Possible,,,,10,10,10\n{body}", encoding="utf-8")

    sent = brick("export", "--as", "canvas", "--into", "canvas.csv")
    tested = brick("export", "--as", "junit")

    assert (sent.exit_code, tested.exit_code) == (0, 0)
    filled = list(csv.reader(io.StringIO(Path("canvas-graded.csv").read_text(encoding="utf-8"))))[2:]
    assert len(filled) == LEARNERS - 1
    for name, cells in ((row[2], row[4:]) for row in filled):
        for chapter, cell in zip(calm.chapters, cells, strict=True):
            row = rows[name, chapter.stem]
            assert cell == (row["score"] or "EX")
    xml = Path("brickwork-junit.xml").read_text(encoding="utf-8")
    absent = sum(row["remark"] == "not handed in" for row in rows.values())
    assert xml.count('message="not handed in"') == absent
    assert "not graded yet" not in xml
