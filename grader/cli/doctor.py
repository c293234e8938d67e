"""`brick doctor`: what works on this machine, and what mends the rest.

The exit code is 1 if anything is broken; what merely is not there, such as a GPU, breaks nothing.
"""

from __future__ import annotations

import typer

from grader.cli import console
from grader.course.config import load_course
from grader.text import clean, pad, wrap
from grader.workspace.doctor import examine
from grader.workspace.workspace import workspace_of


def doctor() -> None:
    """Look at this machine, and say what mends it."""
    failed = False
    for finding in examine(workspace_of(load_course())):
        # `works` may be None, for what can be done without.
        failed = failed or finding.works is False
        lead = "  " + pad(finding.word, 6) + pad(finding.name, 14)
        lines = wrap(clean(finding.text), console.columns(), indent=" " * len(lead), first=lead, cut=False)
        if finding.step:
            lines += wrap(f"run: {finding.step}", console.columns(), indent=" " * len(lead), cut=False)
        typer.echo("\n".join(lines))
    raise typer.Exit(1 if failed else 0)
