"""The law that gradients are derived: it gives no points, and whoever breaks it gets none for the gradient."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.checking.check import Check, Law
from grader.course.config import find_chapter
from grader.course.variants import read_variants
from grader.engine.in_process import SameProcess
from grader.engine.profile import Profile
from grader.engine.runner import run_checks
from grader.engine.suites import load_suite
from grader.engine.trial import Trial
from grader.records import Cause, Chapter, CheckResult, Course, Outcome, Report, Ruling, Submission
from grader.report.hints import hints_for
from grader.report.terminal import is_untouched
from grader.workspace.hints import Written

STEMS = ("ch03_activations", "ch04_losses", "ch06_chain_rule", "ch11_normalization")
FEW = Profile("few", 4, shrink=False)
SIGMOID = "import torch\ndef sigmoid(x):\n    return 1 / (1 + torch.exp(-x))\n"
DERIVED = SIGMOID + "def sigmoid_backward(grad_out, x):\n    return grad_out * sigmoid(x) * sigmoid(-x)\n"
MEASURED = SIGMOID + (
    "def sigmoid_backward(grad_out, x):\n"
    "    d = lambda h: (sigmoid(x + h) - sigmoid(x - h)) / (2 * h)\n"
    "    return grad_out * (4 * d(0.0005) - d(0.001)) / 3\n"
)


def judged(source: str, law: Check, chapter: Chapter) -> CheckResult:
    return Trial(law, SameProcess().open(source), FEW, chapter, 60.0).run()


def graded(course: Course, source: str) -> Report:
    chapter = find_chapter(course, "ch03")
    submission = Submission(chapter, source, Path("ch03.py"), "")
    only = Profile("few", 4, only="sigmoid_backward", shrink=False)
    return run_checks(submission, Ruling(source), SameProcess(), only)


@pytest.mark.parametrize("imported", ["import math", "from math import exp", "import math as m"])
def test_numbers_of_pythons_own_are_counted_too(course: Course, imported: str) -> None:
    exp = {"import math": "math.exp", "from math import exp": "exp", "import math as m": "m.exp"}[imported]
    source = (
        f"import torch\n{imported}\n"
        f"def s(v, h): return 1 / (1 + {exp}(-v - h))\n"
        "def sigmoid_backward(grad_out, x):\n"
        "    slopes = [(s(v, 1e-5) - s(v, -1e-5)) / 2e-5 for v in x.reshape(-1).tolist()]\n"
        "    return grad_out * torch.tensor(slopes, dtype=x.dtype).reshape(x.shape)\n"
    )
    chapter = find_chapter(course, "ch03")
    law = next(check for check in load_suite(chapter).of("sigmoid_backward") if check.opens)

    assert judged(source, law, chapter).message.startswith("the gradient is measured: 2 times")
    assert (
        judged(source.replace("s(v, 1e-5) - s(v, -1e-5)", "s(v, 0)"), law, chapter).outcome is Outcome.PASSED
    )


def test_a_measured_gradient_earns_nothing_and_is_told_why(course: Course) -> None:
    report = graded(course, MEASURED)

    law, *others = report.checks
    assert (law.outcome, law.cause) == (Outcome.FAILED, Cause.BROKEN_LAW)
    assert (
        law.message == "the gradient is measured: 7 times the work of the formula, at points close together"
    )
    assert {(other.outcome, other.waits_for) for other in others} == {(Outcome.NOT_RUN, law.title)}
    assert report.points == 0


def test_a_derived_gradient_is_not_held_up_and_gets_nothing_for_it(course: Course) -> None:
    report = graded(course, DERIVED)

    assert report.passed
    assert report.checks[0].weight == 0


@pytest.mark.parametrize("body", ["raise ValueError('no')", "return x.nothing"])
def test_what_gives_no_gradient_is_left_to_the_other_laws(course: Course, body: str) -> None:
    source = f"import torch\ndef sigmoid_backward(g, x):\n    {body}\n"

    chapter = find_chapter(course, "ch03")
    law = next(check for check in load_suite(chapter).of("sigmoid_backward") if check.opens)

    result = judged(source, law, chapter)

    assert (result.outcome, result.cause, result.weight) == (Outcome.PASSED, Cause.UNCHECKABLE, 0)


def test_an_unwritten_exercise_says_so_in_every_law_and_its_hint_shows_the_way(course: Course) -> None:
    report = graded(course, SIGMOID + "def sigmoid_backward(grad_out, x):\n    raise NotImplementedError\n")

    assert is_untouched(report, "sigmoid_backward")
    assert sum(result.is_unwritten for result in report.checks) > 5
    assert "The first law is: The gradient equals" in hints_for(report, "sigmoid_backward", Written())[0]


@pytest.mark.parametrize("stem", STEMS)
def test_every_right_version_keeps_it_and_every_measured_one_breaks_it(course: Course, stem: str) -> None:
    chapter = find_chapter(course, stem)
    solution = (course.root / "solutions" / f"{stem}.py").read_text(encoding="utf-8")
    laws = {check.exercise: check for check in load_suite(chapter).checks if check.law is Law.DERIVED}
    right = read_variants(course.root / "solutions" / "right" / f"{stem}.py", solution)
    wrong = read_variants(course.root / "solutions" / "mistakes" / f"{stem}.py", solution)
    measured = [variant for variant in wrong if variant.slug == "measured"]

    # A way back may be built on a forward that is written in another way.
    kept = [
        judged(variant.source, laws[name], chapter).outcome
        for variant in right
        for name in (variant.exercise, f"{variant.exercise}_backward")
        if name in laws
    ]
    broken = {
        variant.exercise: judged(variant.source, laws[variant.exercise], chapter) for variant in measured
    }

    assert set(kept) == {Outcome.PASSED}
    assert broken.keys() == laws.keys()
    assert {result.outcome for result in broken.values()} == {Outcome.FAILED}
