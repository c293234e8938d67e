"""Right ways of writing an exercise get full marks, however odd, and wrong ones lose something, however common."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from sandboxes import CHECKOUT, need

from grader.course.config import find_chapter, load_course
from grader.course.paths import solution_file
from grader.engine.generation import Kept
from grader.engine.pipeline import judge_and_run
from grader.engine.profile import Profile
from grader.engine.runner import Workplace
from grader.proof.timeouts import TimedProcess
from grader.records import Chapter, Outcome, Report, ReportState, Submission
from grader.sandbox.host import Sandbox
from grader.sandbox.levels import Level

pytestmark = pytest.mark.xdist_group("ways_of_writing")  # they share their inputs

COURSE = load_course(CHECKOUT)
HEADING = re.compile(
    r"^#@ (?P<label>ch\d\d) (?P<exercise>\w+) (?P<verdict>right|wrong|any)( (?P<title>.+))?$"
)
INPUTS = Kept()  # of all tests here: the ways of one exercise get the same


@dataclass(frozen=True)
class Way:
    """One way of writing an exercise; `top` goes before everything else in the file."""

    chapter: Chapter
    exercise: str
    verdict: str
    title: str
    code: str
    top: str

    def submission(self) -> Submission:
        """The solution of the chapter with this way of writing in the place of what it defines."""
        tree = ast.parse(solution_file(COURSE.root, self.chapter.stem).read_text(encoding="utf-8"))
        mine = ast.parse(self.code).body
        names = {name for node in mine for name in _bound(node)}
        kept = [node for node in tree.body if not names.intersection(_bound(node))]
        future = 1 + next(i for i, node in enumerate(kept) if isinstance(node, ast.ImportFrom))
        tree.body = [*kept[:future], *ast.parse(self.top).body, *kept[future:], *mine]
        return Submission(self.chapter, ast.unparse(tree), Path(f"{self.chapter.stem}.py"), self.title)


def _bound(node: ast.stmt) -> set[str]:
    """The names that a statement defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    return set()


def read_ways() -> list[Way]:
    """All ways in the file beside this one."""
    ways, lines = [], Path(__file__).with_name("ways_of_writing.txt").read_text(encoding="utf-8").splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("#@ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        match = HEADING.match(lines[start])
        assert match is not None, lines[start]
        body = lines[start + 1 : end]
        top = [line.removeprefix("#top ") for line in body if line.startswith("#top ")]
        code = [line for line in body if not line.startswith("#top ")]
        chapter = find_chapter(COURSE, match["label"])
        ways.append(
            Way(
                chapter,
                match["exercise"],
                match["verdict"],
                match["title"] or "",
                "\n".join(code),
                "\n".join(top),
            )
        )
    return ways


WAYS = read_ways()


def verdict_on(way: Way, workplace: Workplace, examples: int) -> Report:
    """What a learner who wrote it so would get for that exercise."""
    profile = Profile("grade", examples, only=way.exercise, shrink=False, kept=INPUTS)
    return judge_and_run(way.submission(), workplace, profile).report


def assert_fair(way: Way, report: Report) -> None:
    """The verdict is the one that the file says."""
    said = [(r.name, r.message or r.cause) for r in report.checks if r.outcome is not Outcome.PASSED]
    assert report.state is ReportState.GRADED, report.problem
    [score] = [score for score in report.exercises if score.name == way.exercise]
    if way.verdict == "right":
        assert (said, report.breaches) == ([], ())
        assert score.points == score.max_points
    elif way.verdict == "wrong":
        assert score.points < score.max_points


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.chapter.label}-{way.exercise}-{way.title}")
def test_a_way_of_writing_gets_what_it_is_worth(way: Way) -> None:
    assert_fair(way, verdict_on(way, TimedProcess(), examples=25))


@pytest.mark.nightly
@pytest.mark.slow
def test_right_ways_of_writing_get_full_marks_sealed() -> None:
    need(Level.BWRAP)
    with Sandbox(Level.BWRAP, COURSE.limits, imports=("onnx", "numpy"), warm_fake=True) as sandbox:
        for way in WAYS:
            assert_fair(way, verdict_on(way, sandbox, examples=100))
