"""CPU seconds of one submission with three questions, sealed and warm. Figures only: nothing here can fail on time."""

from __future__ import annotations

import resource
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from sandboxes import need

from grader.checking import agree, check, given, tensors
from grader.checking.check import Suite
from grader.engine.generation import Kept
from grader.engine.profile import Profile
from grader.engine.runner import run_checks
from grader.records import Chapter, Exercise, Submission
from grader.rules import judge
from grader.sandbox.host import Sandbox
from grader.sandbox.levels import Level
from grader.sandbox.proxy import Learner

SUBMISSIONS = 30
INPUTS = 20
ANSWERS = """
import torch


def softmax(x):
    weights = torch.exp(x - x.amax(-1, keepdim=True))
    return weights / weights.sum(-1, keepdim=True)


def layer_norm(x):
    centred = x - x.mean(-1, keepdim=True)
    return centred / torch.sqrt((centred**2).mean(-1, keepdim=True) + 1e-5)


def adam_step(x):
    m, v = 0.1 * x, 0.001 * x**2
    return -1e-3 * (m / 0.1) / (torch.sqrt(v / 0.001) + 1e-8)
"""
NAMES = ("softmax", "layer_norm", "adam_step")
CHAPTER = Chapter("ch99_three", "Three questions", "三题", ("0",), tuple(Exercise(name, 1) for name in NAMES))


@check("softmax")
@given(x=tensors(ndim=2))
def check_softmax(learner: Learner, x: torch.Tensor) -> None:
    """Softmax."""
    agree(learner.softmax(x), torch.softmax(x, -1))


@check("layer_norm")
@given(x=tensors(ndim=2, low=-100, high=100))
def check_layer_norm(learner: Learner, x: torch.Tensor) -> None:
    """Layer norm."""
    agree(learner.layer_norm(x), torch.nn.functional.layer_norm(x, x.shape[-1:]), atol=1e-6)


@check("adam_step")
@given(x=tensors(ndim=2, low=-100, high=100))
def check_adam_step(learner: Learner, x: torch.Tensor) -> None:
    """One step of Adam."""
    weight = torch.zeros_like(x, requires_grad=True)
    weight.grad = x
    torch.optim.Adam([weight]).step()
    agree(learner.adam_step(x), weight.detach(), atol=1e-9)


KEPT = Kept()  # as `brick grade` has it: all learners get the same inputs
SUITE = Suite((check_softmax, check_layer_norm, check_adam_step), {})


@dataclass(frozen=True)
class Cost:
    """CPU seconds of this process and of its dead children."""

    ours: float
    theirs: float

    @staticmethod
    def now() -> Cost:
        mine, children = (resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return Cost(mine.ru_utime + mine.ru_stime, children.ru_utime + children.ru_stime)


def graded(sandbox: Sandbox, number: int) -> None:
    """Grade `number` submissions, each in a fresh process."""
    submission = Submission(CHAPTER, ANSWERS, Path("ch99_three.py"), "")
    ruling = judge(submission)
    profile = Profile("grade", INPUTS, kept=KEPT)
    for _ in range(number):
        report = run_checks(submission, ruling, sandbox, profile, SUITE)
        assert report.points == report.max_points, [result.message for result in report.checks]


def cost_of(level: Level, number: int) -> tuple[float, float]:
    """CPU and wall-clock seconds of a warm sandbox for `number` submissions, its start included."""
    before, start = Cost.now(), time.perf_counter()
    with Sandbox(level) as sandbox:
        graded(sandbox, number)
    after = Cost.now()
    return after.ours - before.ours + after.theirs - before.theirs, time.perf_counter() - start


@pytest.mark.slow
def test_cost_of_three_questions(capsys: pytest.CaptureFixture[str]) -> None:
    need(Level.BWRAP)
    cost_of(Level.BWRAP, 1)  # Hypothesis and torch are warm from here on

    few_cpu, few_wall = cost_of(Level.BWRAP, 1)
    many_cpu, many_wall = cost_of(Level.BWRAP, 1 + SUBMISSIONS)

    cpu_s, wall_s = (many_cpu - few_cpu) / SUBMISSIONS, (many_wall - few_wall) / SUBMISSIONS
    with capsys.disabled():
        print(
            f"\nthree questions, {INPUTS} inputs each, sealed by bwrap, warm: {cpu_s:.3f} CPU s and {wall_s:.3f} s "
            f"a submission; a start costs {few_cpu:.2f} CPU s"
        )
