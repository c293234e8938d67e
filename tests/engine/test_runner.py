"""The engine: what one check finds, what a report counts, and that the same seed means the same inputs."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import torch

from grader.checking import TENSOR, agree, check, given, require, seeds, tensor_laws, tensors
from grader.checking.check import Check, Suite
from grader.course.config import find_chapter, load_course
from grader.engine import trial
from grader.engine.counterexample import build_counterexample
from grader.engine.generation import Kept, has_failed_before
from grader.engine.in_process import SameProcess
from grader.engine.profile import Profile
from grader.engine.runner import run_checks
from grader.engine.scoring import score
from grader.engine.trial import Trial
from grader.records import (
    Breach,
    Cause,
    Chapter,
    CheckResult,
    Exercise,
    Limits,
    Outcome,
    Refusal,
    Report,
    ReportState,
    Ruling,
    SourceLine,
    Submission,
)
from grader.report.reasons import reason
from grader.sandbox.proxy import Learner

CHAPTER = Chapter("ch99_test", "Test", "测试", ("1",), (Exercise("double", 4.0), Exercise("other", 2.0)))
PRACTICE = Profile()


@check("double", hint="Add x to itself.")
@given(x=tensors(ndim=(1, 2)))
def check_double_is_twice(learner: Any, x: torch.Tensor) -> None:
    """Doubling gives twice the entries."""
    agree(learner.double(x), 2 * x)


@check("double", after=check_double_is_twice, weight=3)
@given(x=tensors(ndim=1), seed=seeds())
def check_double_is_additive(learner: Any, x: torch.Tensor, seed: int) -> None:
    """Doubling a sum doubles its parts."""
    agree(learner.double(x + seed), learner.double(x) + 2 * seed)


@check("other")
def check_other_is_one(learner: Any) -> None:
    """It gives 1."""
    require(learner.other() == 1, "it does not give 1")


SUITE = Suite((check_double_is_twice, check_double_is_additive, check_other_is_one), {"double": TENSOR})
RIGHT = "def double(x):\n    return x + x\ndef other():\n    return 1\n"


def graded(source: str, *checks: Check, profile: Profile = PRACTICE, ruling: Ruling | None = None) -> Report:
    suite = replace(SUITE, checks=checks) if checks else SUITE
    submission = Submission(CHAPTER, source, Path("submission.py"), "")
    return run_checks(submission, ruling or Ruling(source), SameProcess(Limits()), profile, suite)


def test_a_right_submission_gets_every_point() -> None:
    report = graded(RIGHT)

    assert report.passed
    assert (report.points, report.max_points) == (6.0, 6.0)
    assert [result.examples for result in report.checks] == [25, 25, 1]


def test_cells_and_files_left_out_come_before_other_notes_and_are_always_shown() -> None:
    origins = tuple(SourceLine(1, cell) for cell in range(1, 8))
    submission = Submission(
        CHAPTER, RIGHT, Path("submission.ipynb"), "", origins, unread=((3, "not Python"),), left_out=((1, "%%bash"),),
        notes=("submission.py is not graded",),
    )  # fmt: skip
    ruling = Ruling(RIGHT, dropped=((2, "scratch work"),))

    report = run_checks(submission, ruling, SameProcess(Limits()), PRACTICE, SUITE)

    assert [(note.place, note.why, note.always) for note in report.notes] == [
        (None, "submission.py is not graded", True),
        (SourceLine(1, 1), "%%bash", True),
        (SourceLine(1, 3), "not Python", True),
        (SourceLine(1, 2), "scratch work", False),
    ]


def test_a_failure_shows_the_smallest_input_both_values_and_the_call() -> None:
    report = graded(RIGHT.replace("x + x", "x * x"))
    failed = report.checks[0]
    shown = failed.counterexample

    assert failed.outcome is Outcome.FAILED
    assert shown is not None
    assert shown.inputs in [(("x", f"tensor([{value}])"),) for value in ("1.0", "-1.0", "-2.0", "0.5")]
    assert (shown.got, shown.expected) == ("tensor([1.0])", shown.inputs[0][1].replace("1.0", "2.0"))
    assert shown.calls[0].expression == f"double({shown.inputs[0][1]})"


def test_what_is_too_large_to_be_sent_is_not_shrunk_however_fast_the_machine_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trial, "SLOW_S", math.inf)

    report = graded(RIGHT.replace("x + x", "x.new_zeros(20_000_000)"))

    failed = report.checks[0]
    assert "too large to send" in failed.message
    assert failed.examples == 1


@pytest.mark.parametrize("kept", [None, Kept()], ids=["drawn", "kept"])
def test_only_the_first_broken_law_of_an_exercise_is_shrunk_and_the_others_show_short_sides(
    kept: Kept | None,
) -> None:
    calls: list[str] = []

    @check("double")
    @given(x=tensors(ndim=2))
    def check_first(learner: Any, x: torch.Tensor) -> None:
        """The first."""
        calls.append("first")
        agree(learner.double(x), 2 * x)

    @check("double")
    @given(x=tensors(ndim=2))
    def check_second(learner: Any, x: torch.Tensor) -> None:
        """The second."""
        calls.append("second")
        agree(learner.double(-x), -2 * x)

    profile = replace(PRACTICE, kept=kept)
    first, second = graded(
        RIGHT.replace("x + x", "x * x + 1"), check_first, check_second, profile=profile
    ).checks

    assert first.outcome is second.outcome is Outcome.FAILED
    assert first.counterexample is not None
    assert second.counterexample is not None
    assert first.counterexample.inputs == (("x", "tensor([[0.0]])"),)
    assert second.counterexample.inputs[0][1].count(",") <= 3, "at most two rows of two"
    assert calls.count("second") < calls.count("first")


def test_what_only_shorter_sides_show_is_looked_for_there_at_once_in_the_laws_that_follow() -> None:
    calls: list[str] = []

    @check("double")
    @given(x=tensors((3, 4)))
    def check_first(learner: Any, x: torch.Tensor) -> None:
        """The first."""
        agree(learner.double(x), 2 * x)

    @check("double")
    @given(x=tensors((3, 4)))
    def check_second(learner: Any, x: torch.Tensor) -> None:
        """The second."""
        calls.append("second")
        agree(learner.double(-x), -2 * x)

    source = RIGHT.replace("x + x", "x + x if x.shape[0] == x.shape[1] else x + 1")
    first, second = graded(source, check_first, check_second).checks

    for result in (first, second):
        assert result.counterexample is not None
        assert result.counterexample.inputs[0][1].count("[") == 3, "two rows of one"
    assert len(calls) < 10


@pytest.mark.parametrize("draws", ["check", "learner"])
def test_who_draws_between_two_calls_is_the_one_who_did(draws: str) -> None:
    @check("double")
    @given(x=tensors())
    def check_twice(learner: Any, x: torch.Tensor) -> None:
        """Twice."""
        agree(learner.double(x), 2 * x)
        if draws == "check":
            torch.nn.Linear(2, 2)
        agree(learner.double(x), 2 * x)

    drawing = "import torch\n" + RIGHT.replace("x + x", "x + x + 0 * torch.rand(())")
    [result] = graded(drawing if draws == "learner" else RIGHT, check_twice).checks

    assert result.outcome is (Outcome.PASSED if draws == "check" else Outcome.FAILED)
    assert ("generator" in result.message) is (draws == "learner")


def test_a_machine_that_others_keep_busy_finds_the_same_smallest_input(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def shown() -> CheckResult:
        learner = SameProcess(Limits()).open(RIGHT.replace("x + x", "x * x"))
        return replace(Trial(check_double_is_twice, learner, PRACTICE, CHAPTER, 1e9).run(), seconds=0.0)

    undisturbed = shown()
    minutes = count(step=60.0)
    monkeypatch.setattr(time, "monotonic", lambda: next(minutes))

    assert shown() == undisturbed


def test_a_failure_that_is_known_stays_if_looking_for_a_smaller_one_takes_all_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        Trial, "spent_s", property(lambda trial: 0.0 if trial.failure is None else trial._limit_s + 1.0)
    )
    learner = SameProcess(Limits()).open(RIGHT.replace("x + x", "x * x"))

    assert Trial(check_double_is_twice, learner, PRACTICE, CHAPTER, 60.0).run().cause is Cause.BROKEN_LAW


@check("double")
@given(x=tensors((5, 3)))
def check_double_of_a_table(learner: Any, x: torch.Tensor) -> None:
    """Doubling works for five rows."""
    agree(learner.double(x), 2 * x)


@pytest.mark.parametrize(
    ("body", "shape"),
    [
        ("return x * x", (2, 2)),
        ("return 2 * x[:, :2]", (5, 3)),  # not wrong where there are two columns
        ("return x * x if len(x) > 4 else x.no_such_name", (5, 3)),  # another mistake there
    ],
)
def test_a_failure_on_a_fixed_shape_is_shown_on_two_by_two_if_it_is_there_too(
    body: str, shape: tuple[int, int]
) -> None:
    [result] = graded(f"def double(x):\n    {body}\n", check_double_of_a_table).checks

    assert result.counterexample is not None
    call = result.counterexample.calls[-1].expression
    x = eval(call.removeprefix("double"), {"tensor": torch.tensor})
    assert result.cause is Cause.BROKEN_LAW
    assert tuple(x.shape) == shape


def test_what_was_drawn_together_is_shown_by_the_names_that_learners_know() -> None:
    drawn = {
        "x_and_dim": (torch.zeros(1, dtype=torch.float64), 0),
        "grad_and_settings": (1, {"lr": 0.5}),
        "rise_and_fall": 3,
    }

    shown = build_counterexample(drawn, [])

    assert shown.inputs == (
        ("x", "tensor([0.0])"), ("dim", "0"), ("grad", "1"), ("lr", "0.5"), ("rise_and_fall", "3"),
    )  # fmt: skip


def test_a_check_that_waits_for_a_failed_one_is_not_run_and_worth_nothing() -> None:
    report = graded(RIGHT.replace("x + x", "x * x"))

    assert report.checks[1].outcome is Outcome.NOT_RUN
    assert (report.checks[1].cause, report.checks[1].waits_for) == (
        Cause.WAITING, "Doubling gives twice the entries."
    )  # fmt: skip
    assert report.points == 2.0


@check("other", after=check_double_is_twice)
def check_other_is_an_int(learner: Any) -> None:
    """It gives a whole number."""
    require(isinstance(learner.other(), int), "it gives no whole number")


@pytest.mark.parametrize("source", [RIGHT, RIGHT.replace("x + x", "x * x")], ids=["right", "wrong"])
def test_an_exercise_checked_alone_is_worth_what_it_is_among_the_others(source: str) -> None:
    checks = (check_double_is_twice, check_other_is_an_int)

    alone = graded(source, *checks, profile=Profile(only="other"))
    together = graded(source, *checks)

    assert alone.exercises == together.exercises[1:]
    assert [result.outcome for result in alone.checks] == [together.checks[1].outcome]


def test_score_counts_a_check_that_never_ran_as_lost() -> None:
    passed = CheckResult("check_double_is_twice", "double", "", Outcome.PASSED, 1.0)
    never_ran = CheckResult("check_double_is_additive", "double", "", Outcome.NOT_RUN, 3.0)

    scores = score(CHAPTER, (passed, never_ran), Ruling(""))

    assert [s.points for s in scores] == [1.0, 0.0]


def test_points_are_shared_by_weight() -> None:
    half = "calls = []\ndef double(x):\n    return x + x\ndef other():\n    return 2\n"

    report = graded(half)

    assert [score.points for score in report.exercises] == [4.0, 0.0]


def test_an_exercise_the_rules_bar_gets_nothing_and_the_rest_is_graded() -> None:
    breach = Breach(1, "torch.add", Refusal.ANSWER, ("double",))

    report = graded(RIGHT, ruling=Ruling(RIGHT, (breach,)))

    assert [score.points for score in report.exercises] == [0.0, 2.0]
    assert not report.passed


def test_an_unwritten_exercise_is_told_so_without_shrinking() -> None:
    report = graded(
        "def double(x):\n    raise NotImplementedError('write this part')\ndef other():\n    return 1\n"
    )

    assert report.checks[0].cause is Cause.UNWRITTEN
    assert report.checks[0].examples == 1


def test_the_function_that_is_missing_is_named_not_the_one_that_needs_it() -> None:
    stub = "def other():\n    raise NotImplementedError('write this part')\n"

    result = graded(f"def double(x):\n    return x * (other() + 1)\n{stub}").checks[0]

    assert (result.cause, result.function, result.is_unwritten) == (Cause.UNWRITTEN, "other", False)
    assert reason(result) == "other is not written yet, and double needs it"


@pytest.mark.parametrize(
    ("helper", "named"),
    [
        ("def helper(x):\n    return x.nothing\n", "helper"),
        ("class Helper:\n    def __call__(self, x):\n        return 1 / 0\nhelper = Helper()\n", "Helper"),
        ("def helper(x):\n    def inner():\n        return [][1]\n    return inner()\n", "helper"),
        ("helper = lambda x: undefined\n", ""),
    ],
)
def test_a_helper_that_breaks_is_named(helper: str, named: str) -> None:
    result = graded(f"{helper}def double(x):\n    return helper(x)\ndef other():\n    return 1\n").checks[0]

    assert (result.cause, result.function) == (Cause.RAISED, named)
    assert (f" in {named}" in reason(result)) == bool(named)


class Nowhere(SameProcess):
    """A place where nothing can run."""

    def open(self, source: str) -> Learner:
        raise AssertionError("something was to be run")


def test_where_nothing_is_written_nothing_is_run_and_the_report_is_the_same() -> None:
    stub = "    raise NotImplementedError('write this part')\n"
    source = f"def double(x):\n{stub}def other():\n{stub}"
    submission = Submission(CHAPTER, source, Path("submission.py"), "")

    report = run_checks(submission, Ruling(source), Nowhere(Limits()), PRACTICE, SUITE)
    # One statement more, and it has to be run.
    ran = graded(source.replace(":\n", ":\n    1 + 1\n"))

    def told(report: Report) -> list[object]:
        return [(one.name, one.outcome, one.cause, one.waits_for) for one in report.checks]

    assert told(report) == told(ran)
    assert report.is_graded
    assert report.points == 0


def test_a_missing_function_is_told_so() -> None:
    report = graded("def double(x):\n    return x + x\n")

    assert (report.checks[2].cause, report.checks[2].message) == (Cause.MISSING, "other")


@pytest.mark.parametrize(
    ("body", "words", "hint"),
    [
        ("return None", "double returned None; it should return a tensor", "at every return"),
        ("raise KeyError('lost')", "it raised KeyError: 'lost', line 2", "Add x to itself."),
        ("x.mul_(2)\n    return x.clone()", "changed its argument x", "writes in place"),
        ("return (x + x).float()", "dtype float32, not float64", "changes the dtype"),
        ("return (x + x)[None]", "has shape", "the shape after every line"),
        ("import sys\n    sys.exit(0)", "it raised SystemExit", "Add x to itself."),
        ("return double(x)", "RecursionError", "Add x to itself."),
    ],
)
def test_every_way_to_fail_has_words_and_says_where_to_look(body: str, words: str, hint: str) -> None:
    report = graded(f"def double(x):\n    {body}\ndef other():\n    return 1\n")

    assert report.checks[0].outcome is Outcome.FAILED
    assert words in reason(report.checks[0])
    assert hint in report.checks[0].hint


def test_answers_that_change_from_call_to_call_are_a_failure_of_their_own() -> None:
    source = "seen = []\ndef double(x):\n    seen.append(1)\n    return x + x + (len(seen) == 9)\n"

    report = graded(source, check_double_is_twice)

    assert report.checks[0].outcome is Outcome.FAILED
    assert not report.checks[0].repeatable


def test_the_report_so_far_is_told_after_each_check() -> None:
    source = RIGHT.replace("x + x", "x * x")
    submission = Submission(CHAPTER, source, Path("submission.py"), "")
    told: list[Report] = []

    report = run_checks(submission, Ruling(source), SameProcess(), PRACTICE, SUITE, told.append)

    assert [len(so_far.checks) for so_far in told] == [1, 2, 3]
    assert told[0].checks[0].counterexample == report.checks[0].counterexample


def test_with_kept_inputs_a_failure_is_told_before_its_smallest_input_is_found() -> None:
    source = RIGHT.replace("x + x", "x + x + (x.sum() > 9)")
    submission, profile = Submission(CHAPTER, source, Path("submission.py"), ""), Profile(kept=Kept())
    told: list[Report] = []

    report = run_checks(submission, Ruling(source), SameProcess(), profile, SUITE, told.append)

    early, final = told[0].checks[0], told[1].checks[0]
    assert early.outcome is final.outcome is Outcome.FAILED
    assert early.counterexample is not None
    assert final == report.checks[0]


def test_a_file_that_raises_when_loaded_loses_every_check_with_one_reason() -> None:
    report = graded("x = 1 / 0\n" + RIGHT)

    assert report.points == 0
    assert report.state is ReportState.NOT_LOADED
    assert report.problem is not None
    assert (report.problem.cause, report.problem.what) == (
        Cause.RAISED,
        "ZeroDivisionError: division by zero",
    )
    assert report.problem.line == SourceLine(1)
    assert {result.outcome for result in report.checks} == {Outcome.NOT_RUN}


def test_what_the_learner_prints_is_kept() -> None:
    report = graded(
        "def double(x):\n    print('here', len(x))\n    return x + x\ndef other():\n    return 1\n"
    )

    assert "here 1" in report.output


def test_universal_laws_catch_lost_dtype_memory_layout_and_device() -> None:
    laws = tensor_laws("double", {"x": tensors(ndim=2)}, lambda x: 2 * x)
    body = {
        "check_double_keeps_float32": "return x + x.double()",
        "check_double_takes_any_layout": "return x.view(-1).add(x.view(-1)).view(x.shape)",
        "check_double_runs_on_any_device": "return x + x + torch.zeros(x.shape, dtype=x.dtype)",
    }

    for law in laws:
        report = graded(f"import torch\ndef double(x):\n    {body[law.name]}\n", *laws)
        outcomes = {result.name: result.outcome for result in report.checks}
        assert [name for name, outcome in outcomes.items() if outcome is not Outcome.PASSED] == [law.name]


def test_code_that_branches_on_values_is_not_failed_for_portability() -> None:
    laws = tensor_laws("double", {"x": tensors(ndim=2)}, lambda x: 2 * x)

    report = graded("def double(x):\n    return x + x if x.sum().item() > 0 else 2 * x\n", *laws)

    last = report.checks[-1]
    assert (last.outcome, last.weight) == (Outcome.PASSED, 0.0)
    assert last.cause is Cause.UNCHECKABLE


# --- seeds ------------------------------------------------------------------------------------------------


def inputs_seen(profile: Profile) -> list[list[float]]:
    seen: list[list[float]] = []

    @check("double")
    @given(x=tensors(ndim=1), seed=seeds())
    def check_collects(learner: Any, x: torch.Tensor, seed: int) -> None:
        """Collects."""
        seen.append([*x.tolist(), seed])

    graded(RIGHT, check_collects, profile=profile)
    return seen


def test_the_same_profile_draws_the_same_inputs() -> None:
    grade = Profile("grade", 40, secret=b"course")

    assert inputs_seen(grade) == inputs_seen(grade)


@pytest.mark.parametrize(
    "other", [Profile("grade", 40, secret=b"b"), Profile("grade", 40, secret=b"a", seed=1)]
)
def test_another_secret_or_seed_draws_other_inputs(other: Profile) -> None:
    assert inputs_seen(Profile("grade", 40, secret=b"a")) != inputs_seen(other)


def test_kept_inputs_are_those_that_would_be_drawn() -> None:
    drawn = inputs_seen(Profile(examples=40))
    profile = Profile(examples=40, kept=Kept())

    first, again = inputs_seen(profile), inputs_seen(profile)

    assert sorted(first) == sorted(drawn)
    assert [len(inputs) for inputs in first] == sorted(len(inputs) for inputs in drawn)
    assert again == first


@pytest.mark.parametrize("wrong", ["x * x", "x + x.abs()", "x + x + (x == 100)"])
def test_kept_inputs_lead_to_the_same_smallest_failure(wrong: str) -> None:
    source = RIGHT.replace("x + x", wrong)
    kept = Kept()
    graded(RIGHT, profile=Profile(kept=kept))

    found = [graded(source, profile=profile).checks for profile in (PRACTICE, Profile(kept=kept))]

    assert found[0][0].outcome is Outcome.FAILED
    assert [(a.outcome, a.message, a.counterexample) for a in found[0]] == [
        (b.outcome, b.message, b.counterexample) for b in found[1]
    ]


def test_a_check_that_changes_its_inputs_leaves_the_kept_ones_alone() -> None:
    @check("double")
    @given(x=tensors(ndim=1))
    def check_spoils(learner: Any, x: torch.Tensor) -> None:
        """Spoils."""
        firsts.append(float(x.sum()))
        x.add_(1)

    profile = Profile(kept=Kept())
    runs = []
    for _ in range(2):
        firsts: list[float] = []
        graded(RIGHT, check_spoils, profile=profile)
        runs.append(firsts)

    assert runs[0] == runs[1]


def test_what_failed_before_is_met_beside_the_kept_inputs(tmp_path: Path) -> None:
    wrong = RIGHT.replace("x + x", "x + x + (x == 100)")
    few = Profile(examples=3, kept=Kept(), memory=tmp_path)
    [unseen] = graded(wrong, check_double_is_twice, profile=few).checks
    [failed] = graded(wrong, check_double_is_twice, profile=Profile(memory=tmp_path)).checks

    [seen] = graded(wrong, check_double_is_twice, profile=few).checks

    assert unseen.outcome is Outcome.PASSED
    assert seen.counterexample == failed.counterexample


def test_only_a_check_that_failed_has_inputs_to_repeat(tmp_path: Path) -> None:
    graded(RIGHT.replace("x + x", "x"), check_double_is_twice, profile=Profile(memory=tmp_path))

    found = [
        has_failed_before(one, tmp_path)
        for one in (check_double_is_twice, replace(check_double_is_twice, name="x"))
    ]

    assert found == [True, False]


def test_an_exercise_that_a_course_leaves_out_is_not_checked() -> None:
    root = Path(__file__).resolve().parents[2]
    whole = find_chapter(load_course(root), "ch08")
    chapter = replace(whole, exercises=whole.exercises[:1])
    source = (root / "solutions" / f"{whole.stem}.py").read_text(encoding="utf-8")

    report = run_checks(
        Submission(chapter, source, Path("submission.py"), ""),
        Ruling(source),
        SameProcess(),
        Profile(examples=1),
    )

    assert {result.exercise for result in report.checks} == {chapter.exercises[0].name}
    assert report.points == report.max_points > 0


@pytest.mark.parametrize(("seconds", "is_shrunk"), [(0.0, True), (0.3, False)])
def test_what_takes_long_to_fail_is_not_tried_again_to_be_made_smaller(
    seconds: float, is_shrunk: bool
) -> None:
    source = f"""
import time
def double(x):
    global calls
    if x.numel() > 3:
        calls += 1
        end = time.thread_time() + {seconds}
        while time.thread_time() < end:
            pass
        raise ValueError(calls)
    return x + x
calls = 0
"""
    report = graded(source, check_double_is_twice, profile=Profile(kept=Kept()))

    [result] = report.checks
    assert result.cause is Cause.RAISED
    assert (result.message == "ValueError: 1") is not is_shrunk


def test_a_failure_that_does_not_come_back_is_told_as_such() -> None:
    source = "seen = []\ndef double(x):\n    seen.append(1)\n    return x + x + (len(seen) == 9)\n"

    [result] = graded(source, check_double_is_twice, profile=Profile(kept=Kept())).checks

    assert result.outcome is Outcome.FAILED
    assert not result.repeatable


PRINT_INPUTS = """
import sys
{imports}
sys.path.insert(0, {tests!r})
from tests.engine.test_runner import inputs_seen, Profile
print(inputs_seen(Profile("grade", 60, secret=b"course")))
"""


def test_a_seed_fixes_the_inputs_across_processes_and_imports() -> None:
    root = str(Path(__file__).resolve().parents[2])
    answers = [
        subprocess.run(
            [sys.executable, "-c", PRINT_INPUTS.format(imports=imports, tests=root)],
            capture_output=True, text=True, check=True, cwd=root,
        ).stdout
        for imports in ("", "import grader.course.config, grader.course.variants, decimal, fractions")
    ]  # fmt: skip

    assert answers[0] == answers[1]
    assert len(answers[0]) > 1000


# --- barred operations ------------------------------------------------------------------------------------


def test_a_trial_bars_what_its_exercise_may_not_use_whoever_starts_it() -> None:
    barring = replace(CHAPTER, exercises=(Exercise("double", 4.0, forbidden=("add",)),))
    learner = SameProcess(Limits()).open(RIGHT)

    free = Trial(check_double_is_twice, learner, PRACTICE, CHAPTER, 60.0).run()
    barred = Trial(check_double_is_twice, learner, PRACTICE, barring, 60.0).run()
    free_again = Trial(check_double_is_twice, learner, PRACTICE, CHAPTER, 60.0).run()

    assert (free.outcome, free_again.outcome) == (Outcome.PASSED, Outcome.PASSED)
    assert (barred.cause, barred.message) == (Cause.BARRED, "add")
