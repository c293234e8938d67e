"""`brick replay`: run a card's failing call as a script of its own.

The script imports the learner's file and makes the one call of the card, without the kit's checks around it, so that a
debugger can step into it. It is written into the workspace and stays there.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Annotated

import typer

from grader.course.config import load_course
from grader.language import gettext as _
from grader.report.reasons import reason
from grader.text import clean_line
from grader.workspace.replay import find_failure, write_script
from grader.workspace.workspace import workspace_of


def replay(
    name: Annotated[str, typer.Argument(help="The ID on a counterexample card.", metavar="ID")],
) -> None:
    """Run a card's failing call as a script of its own, for a debugger."""
    course = load_course()
    workspace = workspace_of(course)
    chapter, result = find_failure(course, workspace, name)
    script = write_script(workspace, chapter, result)
    typer.echo(script.read_text(encoding="utf-8"))
    # In a process of its own: the call may well raise, hang or print, for that is why it is replayed.
    subprocess.run([sys.executable, str(script)], cwd=workspace.root, check=False)
    expected = result.counterexample.expected if result.counterexample else ""
    typer.echo(
        _("expected: {expected}").format(expected=clean_line(expected))
        if expected
        else _("what is wrong: {reason}").format(reason=clean_line(reason(result)))
    )
    typer.echo("\n" + _("next: step into it with: python -m pdb {script}").format(script=script))
