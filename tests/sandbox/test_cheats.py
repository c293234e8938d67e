"""No published cheat gains a point, none costs the next learner anything, and each lock holds alone."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
from corpus import CHECKOUT, TABLES, Cheat, cheats, handed_in, is_barred, with_table, without_stub
from sandboxes import need

from grader.course.config import find_chapter
from grader.engine.generation import Kept
from grader.engine.pipeline import grade_path
from grader.engine.profile import Profile
from grader.engine.runner import run_checks
from grader.engine.suites import Suite, suite_for
from grader.records import Cause, Course, Limits, Report, Ruling, SourceLine
from grader.rules import judge
from grader.sandbox.host import Sandbox
from grader.sandbox.levels import Level

pytestmark = pytest.mark.xdist_group("cheats")  # they share sandboxes and their inputs

LIMITS = Limits(call_s=4.0)  # a cheat that never answers takes that long
INPUTS = Kept()  # the same for all, drawn once
PROFILE = Profile(examples=10, shrink=False, kept=INPUTS)
KINDS = sorted({cheat.kind for cheat in cheats() if not cheat.is_beside_solution})
HONEST = Cheat(
    "honest",
    "an honest answer",
    "computes it",
    "ch03",
    "softmax",
    dedent("""
        def softmax(x, dim=-1):
            e = torch.exp(x - x.amax(dim=dim, keepdim=True))
            return e / e.sum(dim=dim, keepdim=True)
    """),
    "earn all",
)


@pytest.fixture(scope="module")
def sealed() -> Iterator[Sandbox]:
    """A sealed sandbox, as a class is graded in."""
    need(Level.BWRAP)
    with Sandbox(Level.BWRAP, LIMITS, warm_fake=True) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def plain() -> Iterator[Sandbox]:
    """Processes of their own and no wall around them."""
    with Sandbox(Level.PLAIN, LIMITS, warm_fake=True) as sandbox:
        yield sandbox


def suite_of(cheat: Cheat, course: Course) -> Suite:
    """The checks of the exercise; where functions are carried over, those of the exercise before it too."""
    suite, wanted = suite_for(find_chapter(course, cheat.chapter)), {cheat.exercise}
    if "def relu(" in cheat.source:
        wanted.add("relu")
    return replace(suite, checks=tuple(check for check in suite.checks if check.exercise in wanted))


def graded(cheat: Cheat, course: Course, sandbox: Sandbox) -> Report:
    """The report on the file, by the rules and in the sandbox."""
    submission = handed_in(cheat, course)
    return run_checks(submission, judge(submission), sandbox, PROFILE, suite_of(cheat, course))


def graded_without_rules(cheat: Cheat, course: Course, sandbox: Sandbox) -> Report:
    """The same as if the rules had let all of it pass: what is stopped where it runs."""
    submission = without_stub(cheat, course)
    return run_checks(submission, Ruling(submission.source), sandbox, PROFILE, suite_of(cheat, course))


def gains(cheat: Cheat, report: Report) -> bool:
    """Whether the cheat got what it must not get."""
    [score] = [score for score in report.exercises if score.name == cheat.exercise]
    if cheat.must == "earn nothing":
        return score.points != 0
    return score.points == score.max_points


def of_kind(kind: str, *, thorough: bool = False) -> list[Cheat]:
    return [one for one in cheats(thorough=thorough) if one.kind == kind and not one.is_beside_solution]


def test_an_honest_answer_gains_all_there_is(course: Course, sealed: Sandbox) -> None:
    for report in (graded(HONEST, course, sealed), graded_without_rules(HONEST, course, sealed)):
        assert gains(HONEST, report)


def test_large_answers_cost_the_grader_little(course: Course, sealed: Sandbox, tmp_path: Path) -> None:
    """Memory of this process, which has all that came back in its hands, and looks for a known mistake in it."""
    file = tmp_path / "ch03_activations.py"
    file.write_text(
        "import torch\ndef softmax(x, dim=-1): return torch.zeros(2_000_000, dtype=torch.float64)\n",
        encoding="utf-8",
    )
    profile = Profile(examples=25, only="softmax", names_mistakes=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    report = grade_path(file, find_chapter(course, "ch03"), sealed, profile)

    assert not gains(replace(HONEST, must="earn nothing"), report)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 600 * 1024


def test_a_barred_call_is_told_as_what_it_is(course: Course, sealed: Sandbox) -> None:
    borrowed = replace(HONEST, source="def softmax(x, dim=-1): return torch.softmax(x, dim)")

    first = graded_without_rules(borrowed, course, sealed).checks[0]

    assert (first.cause, first.message, first.line) == (Cause.BARRED, "softmax", SourceLine(2))


@pytest.mark.parametrize("kind", KINDS)
def test_no_cheat_gains_anything(course: Course, sealed: Sandbox, kind: str) -> None:
    """Each once: as it is handed in, or, where the rules do not let it run at all, as if there were no rules."""
    gained = []

    for cheat in of_kind(kind):
        is_stopped_before = is_barred(cheat, course) and not cheat.is_beside_torch
        grade = graded_without_rules if is_stopped_before else graded
        if gains(cheat, grade(cheat, course, sealed)):
            gained.append(cheat.name)

    assert gained == []


@pytest.fixture(scope="module", params=list(Level))
def alone(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox of each level in turn, before which no rules stand."""
    need(request.param)
    with Sandbox(request.param, LIMITS, warm_fake=True) as sandbox:
        yield sandbox


@pytest.mark.nightly
@pytest.mark.parametrize("kind", KINDS)
def test_no_cheat_gains_anything_where_there_are_no_rules(course: Course, alone: Sandbox, kind: str) -> None:
    tried = [cheat for cheat in of_kind(kind, thorough=True) if not cheat.is_beside_torch]

    gained = [cheat.name for cheat in tried if gains(cheat, graded_without_rules(cheat, course, alone))]

    unsealed = alone.level is Level.PLAIN
    assert gained == [cheat.name for cheat in tried if unsealed and cheat.is_open_unsealed]


@pytest.mark.nightly
@pytest.mark.parametrize("kind", KINDS)
def test_no_cheat_gains_anything_where_there_is_no_wall(course: Course, plain: Sandbox, kind: str) -> None:
    gained = [
        cheat.name for cheat in of_kind(kind, thorough=True) if gains(cheat, graded(cheat, course, plain))
    ]

    assert gained == []


@pytest.mark.parametrize("page", TABLES)
def test_the_table_of_what_is_stopped_is_that_of_the_corpus(page: str) -> None:
    text = (CHECKOUT / page).read_text(encoding="utf-8")

    assert with_table(text, TABLES[page]) == text, "write it anew: python tests/corpus.py"
