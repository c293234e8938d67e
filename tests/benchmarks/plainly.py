"""The checks of chapter 3 as a plain pytest file would have them: pytest, Hypothesis and the functions themselves.

`test_check_cost.py` has pytest run this file. No process, no protocol, no records; what an example of Hypothesis'
gives is the check's to compare, as everywhere.
"""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import hypothesis
import pytest
from sandboxes import CHECKOUT

from grader.checking.check import Check
from grader.checking.failures import NotCheckable
from grader.course.config import find_chapter, load_course
from grader.engine.suites import suite_for
from grader.sandbox.evaluations import nearby_points
from grader.sandbox.exceptions import LearnerRaised
from grader.sandbox.handles import GuestVersion
from grader.sandbox.portability import NeedsValues, devices_of_results
from grader.sandbox.versions import version

COURSE = load_course(CHECKOUT)
CHAPTER = find_chapter(COURSE, "ch03")


class Direct:
    """What checks ask of a learner, asked of a module of this process."""

    device = "cpu"
    last_call = SimpleNamespace(aliases=())

    def __init__(self, source: str) -> None:
        self._module = sys.modules["submission"] = ModuleType("submission")
        exec(compile(source, "submission", "exec"), vars(self._module))
        self.calls: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: self.call(name, *args, **kwargs)

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Call a function of the module."""
        made = [
            version(one.source, one.name, one.function) if isinstance(one, GuestVersion) else one
            for one in args
        ]
        try:
            return vars(self._module)[name](*made, **kwargs)
        except Exception as error:
            raise LearnerRaised(type(error).__name__, str(error), None) from None

    def portable(self, name: str, *args: Any, **kwargs: Any) -> tuple[str, ...] | None:
        """As `Learner.portable`."""
        try:
            return devices_of_results(vars(self._module)[name], args, kwargs)
        except NeedsValues:
            return None

    def nearby_points(self, name: str, *args: Any) -> int:
        """As `Learner.nearby_points`."""
        return nearby_points(vars(self._module)[name], args, {})


SOLUTION = Direct((CHECKOUT / "solutions" / f"{CHAPTER.stem}.py").read_text(encoding="utf-8"))


@pytest.mark.parametrize("check", suite_for(CHAPTER).checks, ids=lambda check: check.name)
def test_a_check(check: Check) -> None:
    def body(**drawn: Any) -> None:
        try:
            check.body(SOLUTION, **drawn)
        except NotCheckable:
            return

    if not check.inputs:
        body()
        return
    settings = hypothesis.settings(
        max_examples=min(COURSE.practice_examples, check.examples or COURSE.practice_examples),
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    settings(hypothesis.given(**check.inputs)(body))()
