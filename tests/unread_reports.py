"""Reports that several rooms' tests make: what could not be read, and what the kit failed at."""

from __future__ import annotations

from dataclasses import replace

from grader.records import Problem, Report, ReportState


def unread(
    report: Report, what: str = "Python cannot read the file", where: str = "", step: str = ""
) -> Report:
    """The report, as if its file could not be read."""
    return replace(report, state=ReportState.UNREADABLE, problem=Problem(what, where, step))


def faulty(report: Report) -> Report:
    """The report, as if the kit had failed."""
    return replace(report, state=ReportState.KIT_FAULT)
