"""What a term costs: CPU seconds and bytes of a right and of a wrong submission of every chapter. Figures only."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from made_up import made_up_class
from sandboxes import CHECKOUT, need

from grader.course.config import load_course
from grader.engine.generation import Kept
from grader.engine.pipeline import grade
from grader.engine.profile import Profile
from grader.grading.store import Store
from grader.proof.candidates import Kind, wrong_answers
from grader.records import Chapter, Course, LearnerResult, Report, Submission
from grader.report.html import class_page
from grader.sandbox.host import Sandbox
from grader.sandbox.levels import Level
from grader.serialization import learner_json
from grader.similarity.comparing import document, similar_pairs

EACH = 3  # submissions that a cost is the mean of
VERDICTS = 20
LEARNERS = 300


@dataclass(frozen=True)
class Cost:
    """CPU seconds of a lane's first submission without its guest, and of later ones; bytes of a verdict."""

    first: float
    right: float
    wrong: float
    stored: float
    file: float


def cpu_s(*whose: int) -> float:
    """CPU seconds of this process, of its dead children, or of both."""
    used = map(resource.getrusage, whose or (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def sources(chapter: Chapter) -> Iterator[tuple[str, str]]:
    """The solution, and files with one known mistake each."""
    solution = (CHECKOUT / "solutions" / f"{chapter.stem}.py").read_text(encoding="utf-8")
    candidates = wrong_answers(CHECKOUT, chapter, mutate=False)
    mistakes = (wrong for wrong in candidates if wrong.kind is Kind.MISTAKE)
    for number, wrong in zip(range(EACH), mistakes, strict=False):
        yield f"{solution}# {number}\n", wrong.source


def stored_bytes(folder: Path, report: Report, submission: Submission) -> float:
    """Bytes of the store for a verdict and its submission."""
    with Store(folder / f"{report.chapter}.db") as store:
        for number in range(VERDICTS):
            store.keep(str(number), report, replace(submission, sha256=str(number)))
    return (folder / f"{report.chapter}.db").stat().st_size / VERDICTS


class Grader:
    """The course's own way to grade, sealed and warm, with mistakes named."""

    def __init__(self, chapter: Chapter, examples: int) -> None:
        self.chapter = chapter
        self.profile = Profile("grade", examples, kept=Kept(), names_mistakes=True)

    def cost_of(self, texts: list[str]) -> tuple[float, list[tuple[Report, Submission]]]:
        """CPU seconds of these submissions, and of starting and ending their sandbox: only the dead are counted."""
        before, made = cpu_s(), []
        with Sandbox(Level.BWRAP, imports=self.chapter.imports, warm_fake=True) as sandbox:
            for text in texts:
                submission = Submission(self.chapter, text, Path(f"{self.chapter.stem}.py"), "")
                made.append((grade(submission, sandbox, self.profile), submission))
        return cpu_s() - before, made

    def first(self, text: str) -> float:
        """CPU seconds of this process for the first submission, most of which draw the inputs."""
        before = cpu_s(resource.RUSAGE_SELF)
        self.cost_of([text])
        return cpu_s(resource.RUSAGE_SELF) - before


def cost_of(chapter: Chapter, examples: int, start: float, folder: Path) -> Cost:
    """What one chapter costs.

    Args:
        start: CPU seconds that a sandbox takes to start.
    """
    grader, pairs = Grader(chapter, examples), list(sources(chapter))
    first = grader.first(pairs[0][0])
    right, made = grader.cost_of([one for one, _ in pairs])
    wrong, _ = grader.cost_of([one for _, one in pairs])
    report, submission = made[0]
    file = len(learner_json(LearnerResult("learner01", (report,))))
    stored = stored_bytes(folder, report, submission)
    return Cost(first, (right - start) / len(pairs), (wrong - start) / len(pairs), stored, file)


@pytest.mark.slow
def test_cost_of_a_term(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    need(Level.BWRAP)
    course, total = load_course(CHECKOUT), [0.0] * 5
    start, _ = Grader(course.chapters[0], course.grade_examples).cost_of([])

    with capsys.disabled():
        print(f"\na sandbox starts in {start:.1f} CPU s; CPU s a lane and a submission, KB of its verdict:")
        print("chapter    first   right   wrong  stored    file")
        for chapter in course.chapters:
            cost = cost_of(chapter, course.grade_examples, start, tmp_path)
            figures = (cost.first, cost.right, cost.wrong, cost.stored / 1000, cost.file / 1000)
            total = [one + other for one, other in zip(total, figures, strict=True)]
            print(f"{chapter.label:8}" + "".join(f"{figure:8.2f}" for figure in figures), flush=True)
        print("a term  " + "".join(f"{figure:8.2f}" for figure in total))


@pytest.mark.slow
def test_cost_of_a_large_class(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    """What grows with the class: memory of all its reports at once, the class page, and comparing all pairs."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    results = made_up_class(course, LEARNERS)
    reports_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    began = time.process_time()
    page = len(class_page(results).encode())
    page_s = time.process_time() - began
    source = "def f{0}(x):\n" + "".join(f"    x = x.way{{0}}{n}(x) + x.go{n}(x)\n" for n in range(40))
    documents = [document(str(n), "c", "", source.format(n), frozenset()) for n in range(LEARNERS)]
    began = time.process_time()
    similar_pairs(documents)
    pairs_s = time.process_time() - began

    with capsys.disabled():
        print(
            f"\n{LEARNERS} learners, {len(course.chapters)} chapters: reports in memory {reports_mib:.0f} MiB;"
        )
        print(
            f"class page {page / 1e6:.1f} MB in {page_s:.1f} CPU s; all pairs of one chapter {pairs_s:.1f} CPU s"
        )
