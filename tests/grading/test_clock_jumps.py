"""A clock that jumps changes nothing that counts: no verdict, no order of runs, no lateness, no attempt."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import pytest
from failing_disk import GRADE, Outcome, Place, Scenario, each, standing_in
from killing import Workspace

from grader.course.config import load_course
from grader.grading.gradebook import class_results, open_store

pytestmark = pytest.mark.xdist_group("clock_jumps")

HOUR_S, YEAR_S = 3600.0, 31_536_000.0
FIRST_S = 1_700_000_000.0  # when all handed in: two hours before the deadline
DEADLINE = "2023-11-15T00:13:20+00:00"
# What happens in a term; between two of these commands, or each time that somebody looks at it, the clock jumps.
TERM = (
    GRADE,
    "again",
    f"{GRADE} --examples 7",
    "adjust learner02 -c ch02 --score 3 -r first --by teacher",
    "adjust learner02 -c ch02 --score 4 -r second --by teacher",
    "roster add learner01 learner02 learner09 --by teacher",
    "roster drop learner09 --by teacher",
    f"{GRADE} --examples 7",
    "regrade --yes --unsandboxed",
)


class Clock:
    """What `time.time` says: the time goes on by a second each time that somebody looks, and jumps.

    Args:
        looked, moved: what it jumps by with each look, and with each command; again from the beginning at the end.
    """

    def __init__(self, looked: tuple[float, ...] = (0.0,), moved: tuple[float, ...] = (0.0,)) -> None:
        self._now, self._looked, self._moved = FIRST_S + YEAR_S, cycle(looked), cycle(moved)

    def __call__(self) -> float:
        self._now += 1.0 + next(self._looked)
        return self._now

    def next_command(self) -> None:
        """Jump before another command."""
        self._now += next(self._moved)


JUMPS: dict[str, Callable[[], Clock]] = {
    "back an hour between runs": lambda: Clock(moved=(-HOUR_S,)),
    "forward a year between runs": lambda: Clock(moved=(YEAR_S,)),
    "to before all began": lambda: Clock(moved=(0.0, -3 * YEAR_S, 3 * YEAR_S)),
    "back an hour during runs": lambda: Clock(looked=(-HOUR_S,)),
    "back and forward a year during runs": lambda: Clock(looked=(YEAR_S, -YEAR_S, -HOUR_S)),
}

EVERY_DAY = ("back an hour between runs", "back and forward a year during runs")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A course with a deadline and a class that handed in before it."""

    def date() -> None:
        for file in Path("../class").rglob("*.py"):
            os.utime(file, (FIRST_S, FIRST_S))
        course = Path("course.yml")
        text = course.read_text(encoding="utf-8")
        stem = "  - stem: ch02_neuron\n"
        assert stem in text
        course.write_text(text.replace(stem, f"{stem}    deadline: {DEADLINE}\n"), encoding="utf-8")

    return Place(tmp_path_factory.mktemp("clock") / "here", Scenario("status", ("init .",), date))


def term(place: Place, clock: Clock) -> tuple[str, str]:
    """What counts at the end of a term, and how its last run graded."""
    place.again()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(time, "time", clock)
        for words in TERM:
            clock.next_command()
            if words == "again":  # learner01 hands in once more, two days later
                file = place.folder / "class" / "learner01" / "ch02_neuron.py"
                file.write_text(file.read_text(encoding="utf-8") + "# better\n", encoding="utf-8")
                os.utime(file, (FIRST_S + 48 * HOUR_S, FIRST_S + 48 * HOUR_S))
                continue
            [done] = each(place.folder, [words])
            assert done["code"] in (0, 1), f"{words}: {done['said']}"
        with standing_in(place.folder), open_store(load_course()) as store:
            settings = repr(store.last_settings())
    return place.look(Outcome(0, "")).results, settings


def test_an_undisturbed_term_is_late_by_its_deadline_and_counts_what_came_last(place: Place) -> None:
    results, settings = term(place, Clock())

    assert "examples=7" in settings
    assert [entry["reason"] for entry in json.loads(results)[1]] == ["first", "second"]
    with standing_in(place.folder):
        first, second = class_results(load_course()).learners
    assert (first.hand_ins[0].attempt, first.hand_ins[0].deducted) == (2, 2.0)
    assert (second.hand_ins[0].attempt, second.hand_ins[0].deducted) == (1, 0.0)
    assert second.points == 4.0


@pytest.fixture(scope="module")
def calm(place: Place) -> tuple[str, str]:
    """How the term ends with a clock that goes on and on."""
    return term(place, Clock())


@pytest.mark.parametrize(
    "jump",
    [jump if jump in EVERY_DAY else pytest.param(jump, marks=pytest.mark.nightly) for jump in JUMPS],
)
def test_a_clock_that_jumps_changes_nothing_that_counts(
    place: Place, calm: tuple[str, str], jump: str
) -> None:
    assert term(place, JUMPS[jump]()) == calm


@pytest.mark.nightly
def test_a_clock_that_jumps_while_a_submission_runs_changes_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calm, jumped = Workspace(tmp_path / "calm", 1), Workspace(tmp_path / "jumped", 1)
    calm.grade()

    monkeypatch.setattr(time, "time", Clock(looked=(YEAR_S, -YEAR_S, -HOUR_S)))
    jumped.grade()

    assert jumped.results() == calm.results()
