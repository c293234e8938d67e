"""A right answer keeps every law on inputs with short sides too, so a failure that is shown on them is a real one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from grader.checking import Check, NotCheckable
from grader.checking.strategies import short_sides
from grader.course.config import find_chapter, load_course
from grader.course.paths import solution_file
from grader.engine.generation import DRAW, run_examples
from grader.engine.in_process import SameProcess
from grader.engine.suites import suite_for
from grader.sandbox.proxy import Learner

CHECKOUT = Path(__file__).resolve().parents[2]
EXAMPLES = 3


class _NotCut(Exception):
    """The inputs of a check have no sides to cut."""


def tried(check: Check, learner: Learner, long: int) -> bool:
    """Run a check on a few inputs with short sides; whether it has any."""
    with short_sides(long) as sides:

        def once(**drawn: Any) -> None:
            if not sides.cut:
                raise _NotCut
            learner.begin_example(1)
            check.body(learner, **drawn)

        try:
            run_examples(check, once, 1, EXAMPLES, DRAW)
        except (_NotCut, NotCheckable):
            return False
    return True


@pytest.mark.parametrize("label", [f"ch{n:02}" for n in range(1, 13)])
def test_the_solution_keeps_every_law_on_short_sides(label: str) -> None:
    chapter = find_chapter(load_course(CHECKOUT), label)
    suite = suite_for(chapter)
    learner = SameProcess().open(solution_file(CHECKOUT, chapter.stem).read_text(encoding="utf-8"))
    learner.returns = suite.returns
    for check in suite.checks:
        for long in (2, 1):
            if not check.inputs or not tried(check, learner, long):
                break
