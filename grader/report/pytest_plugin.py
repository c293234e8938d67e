"""Let pytest run the check files: `pytest grader/checks/ch03_activations.py --submission FILE`, in any editor.

Every check is one test item. The verdict is the engine's own: the same seeds, the same guest, the same words.
Every pytest of this environment loads this module, so what takes time to import waits until a check file is met.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from grader.language import gettext as _
from grader.language import translate
from grader.records import Outcome

if TYPE_CHECKING:
    from grader.checking.check import Check
    from grader.records import CheckResult
    from grader.report.pytest_session import OpenSubmission


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
    # Asked without importing it: other projects have folders called checks as well.
    if path.parent.name != "checks" or "grader.checking.check" not in sys.modules:
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
        result = _opened(self.config, self.path.stem).run(self.check)
        if result.outcome is not Outcome.PASSED:
            raise CheckFailed(result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The counterexample instead of a traceback through the engine."""
        if isinstance(excinfo.value, CheckFailed):
            return "\n".join(_session().failure_lines(excinfo.value.result))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the check stands, and the line the learner reads."""
        code = getattr(self.check.body, "__code__", None)
        line = code.co_firstlineno - 1 if code is not None and code.co_filename == str(self.path) else None
        return self.path, line, self.check.exercise + _(": ") + translate(self.check.title)


class CheckFailed(Exception):
    """A check that did not pass, with all it found."""

    def __init__(self, result: CheckResult) -> None:
        super().__init__(result.title)
        self.result = result


def _session() -> ModuleType:
    """What judges; not before a check file is met."""
    from grader.report import pytest_session

    return pytest_session


_OPEN = pytest.StashKey[dict[str, "OpenSubmission"]]()


def _opened(config: pytest.Config, stem: str) -> OpenSubmission:
    """The chapter's submission, opened once for all its checks."""
    opened = config.stash.setdefault(_OPEN, {})
    if stem not in opened:
        opened[stem] = _session().open_submission(config, stem)
    return opened[stem]
