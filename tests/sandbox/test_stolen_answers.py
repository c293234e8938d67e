"""Whoever hands in torch's own answer gains nothing by it, whatever road it came by."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from conftest import CHECKOUT
from cheats.stolen_answers import CARRIERS, LOOT, SINGLE
from sandboxes import need

from grader.course.config import find_chapter
from grader.course.paths import exercise_file
from grader.engine.generation import Kept
from grader.engine.pipeline import grade_path, judge_path
from grader.engine.profile import Profile
from grader.engine.runner import run_checks
from grader.records import Cause, Course, Limits, Outcome, Report, Ruling, SourceLine
from grader.sandbox.host import Sandbox
from grader.sandbox.levels import Level
from grader.submissions.reading import read_submission

pytestmark = pytest.mark.xdist_group("stolen_answers")  # they share a sandbox and their inputs

STEM = "ch03_activations"
INPUTS = Kept()  # the same for all, drawn once
# These compute beside torch, where only the rules on the source can follow.
BESIDE_TORCH = {"numpy__tanh", "scalars__tanh"}
HONEST = """
    def softmax(x, dim=-1):
        e = torch.exp(x - x.amax(dim=dim, keepdim=True))
        return e / e.sum(dim=dim, keepdim=True)
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sealed sandbox, as a class is graded in."""
    need(Level.BWRAP)
    with Sandbox(Level.BWRAP, Limits(), warm_fake=True) as running:
        yield running


def graded(course: Course, sandbox: Sandbox, folder: Path, source: str, exercise: str) -> Report:
    """The report on one exercise of a submission: these lines before the untouched stub."""
    file = folder / f"{STEM}.py"
    stub = exercise_file(CHECKOUT, STEM).read_text(encoding="utf-8")
    file.write_text(f"import torch\n{dedent(source)}\n{stub}", encoding="utf-8")
    profile = Profile(examples=10, only=exercise, shrink=False, kept=INPUTS)
    return judge_path(file, find_chapter(course, STEM), sandbox, profile).report


def graded_without_rules(
    course: Course, sandbox: Sandbox, folder: Path, source: str, exercise: str
) -> Report:
    """The same as if the rules on the source had let all of it pass: what the sandbox stops by itself."""
    file, chapter = folder / f"{STEM}.py", find_chapter(course, STEM)
    file.write_text(f"import torch\n{dedent(source)}\n", encoding="utf-8")
    submission = read_submission(file, chapter)
    profile = Profile(examples=10, only=exercise, shrink=False, kept=INPUTS)
    return run_checks(submission, Ruling(submission.source), sandbox, profile)


def points(report: Report, exercise: str) -> float:
    return next(score.points for score in report.exercises if score.name == exercise)


def test_an_honest_answer_gains_all_there_is(course: Course, sandbox: Sandbox, tmp_path: Path) -> None:
    ruled = graded(course, sandbox, tmp_path, HONEST, "softmax")
    unruled = graded_without_rules(course, sandbox, tmp_path, HONEST, "softmax")

    assert (points(ruled, "softmax"), points(unruled, "softmax")) == (1.5, 1.5)


def test_who_asks_which_device_it_is_keeps_nothing_of_the_law_about_devices(
    course: Course, sandbox: Sandbox, tmp_path: Path
) -> None:
    source = """
        def softmax(x, dim=-1):
            if x.device.type == "meta":
                return x * 1
            e = torch.exp(x - x.amax(dim, keepdim=True))
            return e / e.sum(dim, keepdim=True) + torch.zeros(x.shape, dtype=x.dtype, device="cpu")
    """

    report = graded(course, sandbox, tmp_path, source, "softmax")

    failed = [result.name for result in report.checks if result.outcome is Outcome.FAILED]
    assert failed == ["check_softmax_runs_on_any_device"]


def test_large_answers_cost_the_grader_little(course: Course, sandbox: Sandbox, tmp_path: Path) -> None:
    """Memory of this process, which has all that came back in its hands, and looks for a known mistake in it."""
    file = tmp_path / f"{STEM}.py"
    file.write_text(
        "import torch\ndef softmax(x, dim=-1): return torch.zeros(2_000_000, dtype=torch.float64)\n",
        encoding="utf-8",
    )
    profile = Profile(examples=25, only="softmax", names_mistakes=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    report = grade_path(file, find_chapter(course, STEM), sandbox, profile)

    assert points(report, "softmax") == 0
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 600 * 1024


def test_a_barred_call_is_told_as_what_it_is(course: Course, sandbox: Sandbox, tmp_path: Path) -> None:
    source = "def softmax(x, dim=-1): return torch.softmax(x, dim)"

    report = graded_without_rules(course, sandbox, tmp_path, source, "softmax")

    first = report.checks[0]
    assert (first.cause, first.message, first.line) == (Cause.BARRED, "softmax", SourceLine(2))


@pytest.mark.parametrize("loot", LOOT)
@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_function_that_was_carried_over_gains_nothing(
    course: Course, sandbox: Sandbox, tmp_path: Path, carrier: str, loot: str
) -> None:
    exercise, function, call = LOOT[loot]
    source = (
        CARRIERS[carrier].replace("FUNCTION", function).replace("CALL", call).replace("EXERCISE", exercise)
    )

    ruled = graded(course, sandbox, tmp_path, source, exercise)
    unruled = graded_without_rules(course, sandbox, tmp_path, source, exercise)

    assert (points(ruled, exercise), points(unruled, exercise)) == (0, 0)


@pytest.mark.parametrize("theft", SINGLE)
def test_a_theft_gains_nothing(course: Course, sandbox: Sandbox, tmp_path: Path, theft: str) -> None:
    exercise = theft.rpartition("__")[2]

    report = graded(course, sandbox, tmp_path, SINGLE[theft], exercise)

    assert points(report, exercise) == 0


@pytest.mark.parametrize("theft", sorted(SINGLE.keys() - BESIDE_TORCH))
def test_the_sandbox_alone_stops_it(course: Course, sandbox: Sandbox, tmp_path: Path, theft: str) -> None:
    exercise = theft.rpartition("__")[2]

    report = graded_without_rules(course, sandbox, tmp_path, SINGLE[theft], exercise)

    assert points(report, exercise) == 0
