"""The journey of one submission, written once: read it, judge it by the rules, run the checks, name the mistakes.

Everybody who wants a report comes here: the commands, the watch app, notebooks, nbgrader, pytest and the grading of a
class. Each step takes the record before it and returns the next.

    path --read--> Submission --judge--> Ruling --run--> Report --name mistakes--> Report
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from grader.checking.check import Suite
from grader.engine.diagnosis import diagnose
from grader.engine.known_mistakes import read_known_mistakes
from grader.engine.profile import Profile
from grader.engine.runner import Workplace, run_checks, unjudged, unreadable
from grader.engine.suites import load_suite
from grader.errors import SandboxError, SubmissionError
from grader.records import Chapter, Report, ReportState, Ruling, Submission
from grader.rules import judge
from grader.submissions.reading import read_submission

Tell = Callable[[Report], None]


@dataclass(frozen=True)
class Judged:
    """A report, and what the rules made of the submission: what it takes to look for known mistakes afterwards.

    `ruling` is None for a submission that could not be read.
    """

    chapter: Chapter
    report: Report
    ruling: Ruling | None = None


def grade_path(path: Path, chapter: Chapter, workplace: Workplace, profile: Profile) -> Report:
    """The whole journey of a file or folder; one that cannot be read gets a report that says so."""
    return name_mistakes(judge_path(path, chapter, workplace, profile), workplace, profile)


def grade(submission: Submission, workplace: Workplace, profile: Profile) -> Report:
    """The journey of a submission that was read already."""
    return name_mistakes(judge_and_run(submission, workplace, profile), workplace, profile)


def grade_or_fault(submission: Submission, workplace: Workplace, profile: Profile) -> Report:
    """As `grade`, for one of many: a fault of the kit is put into its report, and the others go on.

    Raises:
        SandboxError: no sandbox starts, so the others would fare no better.
    """
    try:
        return grade(submission, workplace, profile)
    except SandboxError:
        raise
    except Exception:
        return fault(submission, profile, traceback.format_exc(limit=-4))


# --- the steps --------------------------------------------------------------------------------------------


def judge_path(
    path: Path, chapter: Chapter, workplace: Workplace, profile: Profile, tell: Tell | None = None
) -> Judged:
    """Read and run a file or folder, and leave its mistakes unnamed.

    Args:
        tell: hears the report as far as it goes, see `run_checks`.
    """
    try:
        submission = read_submission(path, chapter)
    except SubmissionError as error:
        return Judged(chapter, unreadable(chapter, path, error, profile))
    return judge_and_run(submission, workplace, profile, tell=tell)


def judge_and_run(
    submission: Submission,
    workplace: Workplace,
    profile: Profile,
    *,
    suite: Suite | None = None,
    tell: Tell | None = None,
) -> Judged:
    """Judge a submission by the rules and run the checks on what may run.

    Args:
        suite: the checks; by default those of the chapter.
        tell: hears the report as far as it goes, see `run_checks`.
    """
    ruling = judge(submission)
    return Judged(submission.chapter, run_checks(submission, ruling, workplace, profile, suite, tell), ruling)


def name_mistakes(judged: Judged, workplace: Workplace, profile: Profile) -> Report:
    """Say which known mistakes a submission makes, if the profile asks for it."""
    report, ruling = judged.report, judged.ruling
    if ruling is None or not profile.names_mistakes or report.is_whole:
        return report
    known = read_known_mistakes(judged.chapter)
    if not known.exercises:
        return report
    return diagnose(judged.chapter, report, ruling, workplace, load_suite(judged.chapter), known)


def fault(submission: Submission, profile: Profile, details: str) -> Report:
    """The report on a submission that the kit could not grade; `details` are for the instructor."""
    report = unjudged(submission.chapter, submission.path, profile, ReportState.KIT_FAULT)
    return replace(report, submission_sha256=submission.sha256, output=details)
