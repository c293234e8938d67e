"""CPU seconds of a sealed submission of ch03, beside the same laws on directly called functions. Figures only."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from plainly import CHAPTER, COURSE, SOLUTION
from sandboxes import need
from test_term_cost import Grader, sources

from grader.checking.failures import NotCheckable
from grader.engine.suites import suite_for
from grader.sandbox.levels import Level

SUBMISSIONS = 8
ROUNDS = 3


def direct_s(grader: Grader) -> float:
    """CPU seconds of every law on the inputs that are kept, with no process, protocol or record."""
    before = time.process_time()
    for check in suite_for(CHAPTER).checks:
        seed, examples = grader.profile.seed_of(CHAPTER.stem, check.name), grader.profile.examples_of(check)
        for drawn in grader.profile.kept.inputs(check, seed, examples) if check.inputs else ({},):
            with suppress(NotCheckable):
                check.body(SOLUTION, **drawn)
    return time.process_time() - before


@pytest.mark.slow
def test_cost_of_a_sealed_submission_beside_direct_calls(capsys: pytest.CaptureFixture[str]) -> None:
    need(Level.BWRAP)
    grader = Grader(CHAPTER, COURSE.grade_examples)
    right = next(sources(CHAPTER))[0]
    grader.cost_of([right])  # draws, and loads what is loaded at a first use

    found = []
    for _ in range(ROUNDS):
        start, _made = grader.cost_of([])
        sealed, _made = grader.cost_of([f"{right}# {number}\n" for number in range(SUBMISSIONS)])
        found.append(((sealed - start) / SUBMISSIONS, direct_s(grader)))

    sealed, direct = (min(one) for one in zip(*found, strict=True))
    with capsys.disabled():
        print(
            f"\n{CHAPTER.stem}, {COURSE.grade_examples} inputs: {sealed:.2f} CPU s sealed and warm, {direct:.2f} with "
            f"its functions called directly, ratio {sealed / direct:.2f}"
        )
