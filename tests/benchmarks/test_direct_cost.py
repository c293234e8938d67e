"""CPU seconds of a sealed submission of ch03, beside the same laws on directly called functions. Figures only.

Two kinds of later submissions: with the functions of one that came before, and with one function written otherwise.
"""

from __future__ import annotations

import time
from contextlib import suppress
from itertools import islice

import pytest
from plainly import CHAPTER, COURSE, SOLUTION
from sandboxes import CHECKOUT, need
from test_term_cost import Grader, sources

from grader.checking.failures import NotCheckable
from grader.engine.suites import suite_for
from grader.proof.candidates import right_answers
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

    others = [one.source for one in islice(right_answers(CHECKOUT, CHAPTER), 1, 1 + SUBMISSIONS * ROUNDS)]

    found = []
    for number in range(ROUNDS):
        start, _made = grader.cost_of([])
        same, _made = grader.cost_of([f"{right}# {number}\n" for number in range(SUBMISSIONS)])
        new = others[number::ROUNDS]  # not met before, so what is new in them has to be judged
        other, made = grader.cost_of(new)
        assert all(report.passed for report, _ in made)
        found.append(((same - start) / SUBMISSIONS, (other - start) / len(new), direct_s(grader)))

    same, other, direct = (min(one) for one in zip(*found, strict=True))
    with capsys.disabled():
        print(
            f"\n{CHAPTER.stem}, {COURSE.grade_examples} inputs: {direct:.2f} CPU s with its functions called directly; "
            f"sealed and warm {same:.2f} with functions met before, ratio {same / direct:.2f}, "
            f"{other:.2f} with one written otherwise, ratio {other / direct:.2f}"
        )
