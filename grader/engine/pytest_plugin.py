"""Let pytest run the check files: `pytest grader/checks/ch03_activations.py --submission FILE`, in any editor.

Every check is one test item. The verdict is the engine's own: the same seeds, the same guest, the same words.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from grader.course.paths import exercise_file

if TYPE_CHECKING:
    from grader.checking.check import Check
    from grader.records import Chapter, CheckResult


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the check files."""
    group = parser.getgroup("brickwork")
    group.addoption(
        "--submission", type=Path, help="the file to check; the chapter's exercise file if left out"
    )
    group.addoption(
        "--in-process", action="store_true", help="run the submission in this process, for breakpoints"
    )
    group.addoption("--check-examples", type=int, default=25, help="examples per check")
    group.addoption("--check-seed", type=int, default=0, help="another set of inputs")


def pytest_pycollect_makeitem(collector: pytest.Module | pytest.Class, name: str, obj: object) -> Any:
    """Collect the Check objects of a check file, also those inside a tuple of laws."""
    path = collector.path
    if path.parent.name != "checks" or not path.stem.startswith("ch"):
        return None
    from grader.checking.check import Check

    found = [one for one in (obj if isinstance(obj, tuple) else (obj,)) if isinstance(one, Check)]
    return [CheckItem.from_parent(collector, name=check.name, check=check) for check in found] or None


class CheckItem(pytest.Item):
    """One check on one submission."""

    def __init__(self, *, check: Check, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.check = check

    def runtest(self) -> None:
        """Run the check through the engine; raises CheckFailed when the law is broken."""
        result = _desk(self.config, self.path).run(self.check)
        if result.outcome.value != "passed":
            raise CheckFailed(result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The counterexample instead of a traceback through the engine."""
        if isinstance(excinfo.value, CheckFailed):
            return "\n".join(excinfo.value.lines())
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the check stands, and the line the learner reads."""
        code = getattr(self.check.body, "__code__", None)
        line = code.co_firstlineno - 1 if code is not None and code.co_filename == str(self.path) else None
        return self.path, line, f"{self.check.exercise}: {self.check.title}"


class CheckFailed(Exception):
    """A check that did not pass, with all it found."""

    def __init__(self, result: CheckResult) -> None:
        super().__init__(result.message)
        self.result = result

    def lines(self) -> Iterable[str]:
        """The failure in the words of the report."""
        yield f"{self.result.title}\n  {self.result.message}"
        shown = self.result.counterexample
        if shown is not None:
            if shown.inputs:
                yield "  smallest input: " + ", ".join(f"{name}={value}" for name, value in shown.inputs)
            for call in shown.calls:
                yield f"    {call.expression}" + (f"  ->  {call.result}" if call.result else "")
            if shown.got:
                yield f"  got      {shown.got}\n  expected {shown.expected}"
        if self.result.hint:
            yield f"  hint: {self.result.hint}"


class Desk:
    """A chapter's submission, open for checks."""

    def __init__(self, config: pytest.Config, chapter: Chapter, submission: Path) -> None:
        from grader.engine.in_process import SameProcess
        from grader.engine.profile import Profile
        from grader.engine.suites import load_suite
        from grader.rules import judge
        from grader.sandbox.host import Sandbox
        from grader.submissions.reading import read_submission

        self._suite = load_suite(chapter.stem)
        self._submission = read_submission(submission, chapter)
        self._ruling = judge(self._submission, chapter)
        profile = Profile(
            examples=config.getoption("--check-examples"), seed=config.getoption("--check-seed")
        )
        self._profile = profile
        self._workplace: Any = SameProcess() if config.getoption("--in-process") else Sandbox(warm_fake=True)
        if isinstance(self._workplace, Sandbox):
            self._workplace.start()
            config.add_cleanup(self._workplace.close)

    def run(self, check: Check) -> CheckResult:
        """One check through the engine."""
        from dataclasses import replace

        from grader.engine.runner import grade_submission

        alone = replace(self._suite, checks=(replace(check, after=()),))
        return grade_submission(self._submission, self._ruling, self._workplace, self._profile, alone).checks[
            0
        ]


_DESK = pytest.StashKey[dict[str, Desk]]()


def _desk(config: pytest.Config, path: Path) -> Desk:
    from grader.course.config import find_chapter, load_course

    desks = config.stash.setdefault(_DESK, {})
    if path.stem not in desks:
        course = load_course(None)
        chapter = find_chapter(course, path.stem)
        submission = config.getoption("--submission") or exercise_file(course.root, chapter.stem)
        desks[path.stem] = Desk(config, chapter, submission)
    return desks[path.stem]
