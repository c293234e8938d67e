"""One chapter's submission, open for the checks that pytest runs; loaded when the first check is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader.checking.check import Check
from grader.course.config import find_chapter, load_course
from grader.course.paths import exercise_file
from grader.engine.in_process import SameProcess
from grader.engine.pipeline import judge_and_run
from grader.engine.profile import Profile
from grader.engine.suites import load_suite
from grader.language import gettext as _
from grader.language import translate
from grader.records import Chapter, CheckResult
from grader.report.reasons import reason
from grader.sandbox.host import Sandbox
from grader.submissions.reading import read_submission
from grader.text import pad, width_of


class OpenSubmission:
    """A chapter's submission and the place where it runs.

    Args:
        config: pytest's, with our options.
        chapter: whose checks are run.
        path: the file to check.
    """

    def __init__(self, config: pytest.Config, chapter: Chapter, path: Path) -> None:
        self._suite = load_suite(chapter)
        self._submission = read_submission(path, chapter)
        self._profile = Profile(
            examples=config.getoption("--check-examples"), seed=config.getoption("--check-seed")
        )
        self._workplace: Any = SameProcess() if config.getoption("--in-process") else Sandbox(warm_fake=True)
        if isinstance(self._workplace, Sandbox):
            self._workplace.start()
            config.add_cleanup(self._workplace.close)

    def run(self, check: Check) -> CheckResult:
        """One check through the engine, whether or not those it waits for pass."""
        alone = replace(self._suite, checks=(replace(check, after=()),))
        judged = judge_and_run(self._submission, self._workplace, self._profile, suite=alone)
        return judged.report.checks[0]


def open_submission(config: pytest.Config, stem: str) -> OpenSubmission:
    """What `--submission` names, or the chapter's exercise file."""
    course = load_course(None)
    chapter = find_chapter(course, stem)
    path = config.getoption("--submission") or exercise_file(course.root, chapter.stem)
    return OpenSubmission(config, chapter, path)


def failure_lines(result: CheckResult) -> Iterator[str]:
    """A check that did not pass, in the words of the report."""
    yield f"{translate(result.title)}\n  {reason(result)}"
    shown = result.counterexample
    if shown is not None:
        for call in shown.calls:
            came = _("raised {error}").format(error=call.result) if call.raised else call.result
            yield f"    {call.expression}" + (f"  ->  {came}" if came else "")
        if shown.got:
            names = _("got"), _("expected")
            width = max(map(width_of, names))
            for name, value in zip(names, (shown.got, shown.expected), strict=True):
                yield f"  {pad(name, width)} {value}"
    if result.hint:
        yield "  " + _("hint: {hint}").format(hint=translate(result.hint))
