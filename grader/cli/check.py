"""`brick check`: judge one's own work, and show the smallest input that fails.

With `--json` one object of the schema brickwork/check/v1 goes to stdout, and no progress to stderr. Without it at most
one chapter is shown whole, so that its next step is the last line on the screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from grader.cli import console
from grader.cli.options import AsJson, Device, DeviceOption, Examples
from grader.cli.targets import Target, find_targets
from grader.course.config import load_course
from grader.errors import words_of
from grader.language import gettext as _
from grader.language import translate
from grader.records import Report
from grader.report.terminal import is_untouched, next_step, overview, render
from grader.serialization import as_dict, dumps
from grader.workspace.workspace import workspace_of

# More than any chapter has checks, so that --all leaves none out.
EVERY_CARD = 99


def check(
    chapters: Annotated[
        list[str] | None,
        typer.Argument(
            help="ch03, 3, activations, an exercise, or a file; all chapters if left out.",
            metavar="CHAPTER",
            show_default=False,
        ),
    ] = None,
    exercise: Annotated[str | None, typer.Option("--exercise", "-e", help="Check this one only.")] = None,
    device: DeviceOption = Device.CPU,
    examples: Examples = None,
    seed: Annotated[int, typer.Option(help="Another seed draws other inputs.")] = 0,
    every: Annotated[
        bool, typer.Option("--all", "-a", help="Show every failure whole, not the first only.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check your own work, and see the smallest input that fails.

    Exit code 0: all passed; 1: some failed; 2: it could not be graded.
    """
    course = load_course()
    workspace = workspace_of(course)
    targets = find_targets(course, workspace, chapters or [], exercise)
    # Only now, so that a mistyped name is answered before torch is imported.
    from grader.cli.practice import check_targets, exit_code, practice_profile, remember

    profile = practice_profile(course, workspace, examples=examples, seed=seed, device=device)
    reports = check_targets(targets, course, profile, quiet=as_json)
    lost = remember(workspace, targets, reports)
    if as_json:
        typer.echo(
            dumps({"schema": "brickwork/check/v1", "reports": [as_dict(r) for r in reports]}), nl=False
        )
    else:
        typer.echo(_written(targets, reports, cards=EVERY_CARD if every else 1), nl=False)
    if lost is not None:
        said = _("note: this is not kept, so brick hint and brick status do not know of it: {reason}")
        typer.echo(said.format(reason=translate(words_of(lost))), err=True)
    raise typer.Exit(exit_code(reports))


def _written(targets: Sequence[Target], reports: Sequence[Report], cards: int) -> str:
    """One report whole; of several chapters a line each, and whole only the one to go on with.

    That is the first unsolved one somebody has begun with, for an untouched chapter says nothing that is new.
    With more than one card every unsolved report is shown.
    """
    style = console.style(cards)
    shown = [
        render(report, style, next_step(report, target.exercise or ""))
        for target, report in zip(targets, reports, strict=True)
    ]
    # Whoever names exercises wants to see each of them, whatever their number.
    if len(reports) == 1 or any(target.exercise for target in targets):
        return "\n".join(shown)
    unsolved = [number for number, report in enumerate(reports) if not report.passed]
    started = [
        number
        for number in unsolved
        if not all(is_untouched(reports[number], score.name) for score in reports[number].exercises)
    ]
    # At most one chapter is shown whole, so that its next step is the last line on the screen.
    focus = started if cards > 1 and started else (started or unsolved)[:1]
    return "\n".join([overview(reports, style), *(shown[number] for number in focus)])
