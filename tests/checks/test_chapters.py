"""Every chapter, every run: lessons compute, solutions get full marks, stubs none, and the checks are proven."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from sandboxes import need

from grader.course.config import load_course
from grader.course.variants import read_variants
from grader.engine.diagnosis import diagnose
from grader.engine.generation import Kept, draw_straight
from grader.engine.known_mistakes import read_known_mistakes
from grader.engine.pipeline import grade_path
from grader.engine.profile import Profile
from grader.engine.runner import run_checks
from grader.engine.suites import load_suite
from grader.proof.prove import prove
from grader.proof.timeouts import TimedProcess
from grader.records import Chapter, Outcome, Ruling, Submission
from grader.sandbox.host import Sandbox
from grader.sandbox.levels import Level, strongest

CHECKOUT = Path(__file__).resolve().parents[2]
COURSE = load_course(CHECKOUT)
STEMS = [chapter.stem for chapter in COURSE.chapters]
every_chapter = pytest.mark.parametrize("stem", STEMS)
LESSON_LINES = 35


def chapter_of(stem: str) -> Chapter:
    return next(chapter for chapter in COURSE.chapters if chapter.stem == stem)


# --- lessons ----------------------------------------------------------------------------------------------


def lessons(stem: str) -> list[str]:
    """The markdown cells of a chapter, as a reader sees them."""
    text = (CHECKOUT / "solutions" / f"{stem}.py").read_text(encoding="utf-8")
    cells = re.split(r"^# %%", text, flags=re.MULTILINE)
    markdown = [cell.split("\n", 1)[1] for cell in cells if cell.lstrip().startswith("[markdown]")]
    return [
        "\n".join(line.removeprefix("# ").rstrip("#") for line in cell.strip().splitlines())
        for cell in markdown
    ]


@every_chapter
def test_every_number_worked_in_a_lesson_is_what_the_code_gives(stem: str) -> None:
    names: dict[str, Any] = {"__name__": stem}
    exec(compile((CHECKOUT / "solutions" / f"{stem}.py").read_text(encoding="utf-8"), stem, "exec"), names)
    text = "\n".join(re.findall(r"```python\n(.*?)```", "\n".join(lessons(stem)), flags=re.DOTALL))
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    example = doctest.DocTestParser().get_doctest(text, names, stem, None, 0)
    said: list[str] = []

    result = doctest.DocTestRunner(optionflags=flags).run(example, out=said.append)

    assert result.attempted > 0
    assert result.failed == 0, "".join(said)


@every_chapter
def test_no_lesson_is_longer_than_a_screen(stem: str) -> None:
    cells = lessons(stem)

    assert cells
    assert [cell.splitlines()[0] for cell in cells if len(cell.splitlines()) > LESSON_LINES] == []


# --- solutions, stubs and checks --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sealed sandbox for every chapter."""
    need(Level.BWRAP)
    with Sandbox(Level.BWRAP, COURSE.limits, imports=("onnx", "numpy"), warm_fake=True) as found:
        yield found


@every_chapter
def test_the_solution_gets_full_marks_sealed(stem: str, sandbox: Sandbox) -> None:
    # Ten inputs a law, since the seal is what is tried here; many inputs are the matter of the proof below.
    profile = Profile("grade", 10, kept=Kept(draw_straight))
    report = grade_path(CHECKOUT / "solutions" / f"{stem}.py", chapter_of(stem), sandbox, profile)

    assert [(r.name, r.message) for r in report.checks if r.outcome is not Outcome.PASSED] == []
    assert report.points == report.max_points > 0


@every_chapter
def test_the_stub_gets_nothing_sealed(stem: str, sandbox: Sandbox) -> None:
    report = grade_path(CHECKOUT / "exercises" / f"{stem}.py", chapter_of(stem), sandbox, Profile("grade", 5))

    assert report.points == 0
    assert {r.outcome for r in report.checks} <= {Outcome.FAILED, Outcome.NOT_RUN}


def test_the_solutions_get_full_marks_with_their_tensors_elsewhere() -> None:
    # A process of its own, for torch learns the name of a device once and for all; one for all chapters, for that
    # process imports torch and sets the pretended device up.
    done = subprocess.run(
        [sys.executable, str(CHECKOUT / "tests" / "elsewhere.py"), *STEMS],
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip

    said = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert [line for line in said if not line.endswith(": full marks")] == []
    assert said == [f"{stem}: full marks" for stem in STEMS]


@pytest.mark.gpu
@every_chapter
def test_the_solution_gets_full_marks_on_a_gpu(stem: str) -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device here")

    with Sandbox(strongest(), COURSE.limits, imports=("onnx", "numpy"), device="cuda") as sandbox:
        profile = Profile("grade", 50, device="cuda")
        report = grade_path(CHECKOUT / "solutions" / f"{stem}.py", chapter_of(stem), sandbox, profile)

    assert [(r.name, r.message) for r in report.checks if r.outcome is not Outcome.PASSED] == []
    assert report.points == report.max_points > 0


@pytest.mark.slow
@every_chapter
def test_the_checks_are_proven(stem: str) -> None:
    # Under 25 seeds, without mutants, and each mistake until it is caught; `make nightly` and every release take more
    # seeds, kill all mutants, and ask every check.
    [proof] = prove(COURSE, [chapter_of(stem)], jobs=1, seeds=25, mutate=False, matrix=False)

    assert proof.shortfalls == ()
    assert proof.mistakes >= 4 * len(chapter_of(stem).exercises)
    assert proof.right_passed == proof.right >= 3 * len(chapter_of(stem).exercises)


# --- diagnosis --------------------------------------------------------------------------------------------


def named(stem: str, every: int) -> tuple[int, int, list[str]]:
    """Feed every so-many-th known mistake as a submission: how many are named, tried, and misnamed."""
    chapter = chapter_of(stem)
    solution = (CHECKOUT / "solutions" / f"{stem}.py").read_text(encoding="utf-8")
    mistakes = read_variants(CHECKOUT / "solutions" / "mistakes" / f"{stem}.py", solution)
    suite, workplace, right, wrong = load_suite(chapter), TimedProcess(), 0, []
    known = read_known_mistakes(chapter)
    tried, kept = mistakes[::every], Kept()
    for mistake in tried:
        profile = Profile(examples=25, only=mistake.exercise, shrink=False, kept=kept)
        submission, ruling = Submission(chapter, mistake.source, Path("x.py"), ""), Ruling(mistake.source)
        report = run_checks(submission, ruling, workplace, profile, suite)
        report = diagnose(chapter, report, ruling, workplace, suite, known)
        said = {result.diagnosis for result in report.checks if result.diagnosis}
        right += said == {mistake.diagnosis}
        wrong += [mistake.name] if said - {mistake.diagnosis} else []
    return right, len(tried), wrong


@pytest.mark.slow
@pytest.mark.parametrize("every", [27, pytest.param(1, marks=pytest.mark.nightly)])
@every_chapter
def test_a_known_mistake_is_named_and_never_by_another_name(stem: str, every: int) -> None:
    right, tried, wrong = named(stem, every)

    assert wrong == []
    assert right >= 0.85 * tried
