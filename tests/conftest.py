"""What the tests share: the checkout's own course, and a report written by hand."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.course.config import load_course
from grader.language import VARIABLE, Language
from grader.records import (
    Cause,
    CheckResult,
    Counterexample,
    Course,
    ExerciseScore,
    Outcome,
    RecordedCall,
    Report,
)

# Whatever the machine speaks: what the tests read is English, also of the processes that they start.
os.environ[VARIABLE] = Language.ENGLISH

# Unset, it makes tiny checks a hundred times slower; the sandboxes inherit nothing and set it themselves.
os.environ.setdefault("OMP_NUM_THREADS", "1")

_CORES = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
CHECKOUT = Path(__file__).resolve().parent.parent


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that the workers end together, and stop where groups do not work.

    Without its groups the suite would pass, and take half as long again. xdist itself begins with the largest groups.
    """
    if config.getoption("loadgroup", False):
        split = [item for item in items if item.get_closest_marker("xdist_group") and "@" not in item.nodeid]
        if split:
            raise pytest.UsageError(f"pytest-xdist does not know the groups of pytest {pytest.__version__}")
        # A group stays in its own order: its tests share what a module's fixtures made.
        items.sort(key=lambda item: item.get_closest_marker("slow") is None or "@" in item.nodeid)


@pytest.fixture(scope="session", autouse=True)
def _frozen_imports() -> None:
    """Keep what collecting the tests imported out of the collector's sight, and shared with every fork."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course folder of a learner, who stands in it."""
    from commands import brick  # only now, so that its help is in the language set above

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    assert brick("init", "mine").exit_code == 0
    monkeypatch.chdir(tmp_path / "mine")
    return tmp_path / "mine"


@pytest.fixture(autouse=True)
def _any_core() -> Iterator[None]:
    """Let every test start on any core.

    A sandbox keeps its thread on one core for as long as a learner is open. One that several tests share would keep
    the whole worker there, and two workers may well have been on the same core when that began.
    """
    yield
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, _CORES)


@pytest.fixture(scope="session")
def course() -> Course:
    """The course of this checkout."""
    return load_course(CHECKOUT)


@pytest.fixture
def report() -> Report:
    """relu solved, softmax with one failure and one check waiting for it, log_softmax untouched."""
    shift = CheckResult(
        name="check_softmax_stays_finite",
        exercise="softmax",
        title="Rows far from zero stay finite.",
        outcome=Outcome.FAILED,
        weight=1.0,
        cause=Cause.BROKEN_LAW,
        message="the result has NaN where a number belongs",
        hint="Subtract the largest entry along dim before exp.",
        counterexample=Counterexample(
            inputs=(("x", "tensor([[1000.0, 0.0]])"), ("dim", "-1")),
            calls=(RecordedCall("softmax(tensor([[1000.0, 0.0]]), dim=-1)", "tensor([[nan, 0.0]])"),),
            got="tensor([[nan, 0.0]])",
            expected="tensor([[1.0, 0.0]])",
            index=(0, 0),
            worst="1 of 2 entries differ",
        ),
    )
    waiting = CheckResult(
        "check_softmax_gradient",
        "softmax",
        "The gradient is right.",
        Outcome.NOT_RUN,
        1.0,
        Cause.WAITING,
        waits_for="Rows far from zero stay finite.",
    )
    known = CheckResult("check_softmax_known", "softmax", "Two equal scores share.", Outcome.PASSED, 1.0)
    relu = CheckResult("check_relu", "relu", "relu is idempotent.", Outcome.PASSED, 1.0)
    stub = CheckResult(
        "check_log_softmax",
        "log_softmax",
        "log_softmax is accurate where softmax underflows.",
        Outcome.FAILED,
        1.0,
        Cause.UNWRITTEN,
    )
    return Report(
        chapter="ch03_activations",
        title="Activations",
        path="exercises/ch03_activations.py",
        checks=(relu, known, shift, waiting, stub),
        exercises=(
            ExerciseScore("relu", 0.5, 0.5),
            ExerciseScore("softmax", 0.5, 1.5),
            ExerciseScore("log_softmax", 0.0, 1.0),
        ),
    )
