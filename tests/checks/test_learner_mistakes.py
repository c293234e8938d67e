"""Mistakes as learners write them: each is caught, most get a name, and no name is a false one.

They were written without a look at the known mistakes. Under the heading of each stands the name that it gets, which
was read and found true, after `#= `; nothing stands there for one that gets none. To print what they get now:

    python -m pytest -m nightly -s tests/checks/test_learner_mistakes.py
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from ways import Way, read_ways

from grader.engine.generation import Kept
from grader.engine.pipeline import grade
from grader.engine.profile import Profile
from grader.proof.timeouts import TimedProcess
from grader.records import CheckResult, Outcome
from grader.report.terminal import Style, failed_lines

MISTAKES = read_ways(Path(__file__).with_name("learner_mistakes.txt"))
NAME = "#= "
CARD_LINES = 14


@dataclass(frozen=True)
class Shown:
    """What a learner is shown of a mistake: the broken law that comes first, and the name."""

    way: Way
    first: CheckResult
    name: str

    @property
    def expected(self) -> str:
        """The name that stands in the file."""
        return " ".join(
            line.removeprefix(NAME) for line in self.way.code.splitlines() if line.startswith(NAME)
        )

    @property
    def card(self) -> list[str]:
        """The card of that law on a terminal of 80 columns."""
        return failed_lines(self.first, Style(80))


@pytest.fixture(scope="module")
def shown() -> list[Shown]:
    """All mistakes, judged as `brick check` judges them; each must be caught."""
    inputs = Kept()
    found = []
    for way in MISTAKES:
        profile = Profile(examples=25, only=way.exercise, names_mistakes=True, kept=inputs)
        report = grade(way.submission(), TimedProcess(), profile)
        failed = [result for result in report.checks if result.outcome is Outcome.FAILED]
        assert failed, way.title
        names = {result.diagnosis for result in failed if result.diagnosis}
        found.append(Shown(way, failed[0], " / ".join(sorted(names))))
        print(f"\n{way.chapter.label} {way.exercise}: {way.title}", found[-1].name, *found[-1].card, sep="\n")
    return found


@pytest.mark.nightly
@pytest.mark.slow
def test_every_name_is_one_that_was_read_and_found_true(shown: list[Shown]) -> None:
    assert {one.way.title: one.name for one in shown} == {one.way.title: one.expected for one in shown}


@pytest.mark.nightly
@pytest.mark.slow
def test_four_of_five_get_a_name_and_nine_of_ten_cards_are_short(shown: list[Shown]) -> None:
    assert sum(bool(one.name) for one in shown) >= 0.8 * len(shown)
    assert sum(len(one.card) <= CARD_LINES for one in shown) >= 0.9 * len(shown)
