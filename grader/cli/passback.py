"""`brick passback`: send the points of a class into a learning platform's gradebook, by LTI 1.3.

Nothing is sent before it was shown and agreed to. Whoever cannot be found there for certain gets nothing and is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from grader.cli.console import agrees, say, say_list
from grader.cli.extras import needs
from grader.cli.options import OnlyChapters
from grader.cli.progress import counted
from grader.course.config import find_chapter, load_course
from grader.errors import KitError, UsageError
from grader.export.passback import Sender, Sending, sendings, user_ids
from grader.grading.gradebook import class_results
from grader.language import gettext as _
from grader.language import listed, ngettext
from grader.records import ClassResults
from grader.text import points

_NAMED = 8  # in an error, before the list is cut


def passback(
    platform: Annotated[
        Path, typer.Option("--platform", help="A YAML file with what the platform's administrator gave.")
    ],
    chapter: OnlyChapters = None,
    yes: Annotated[bool, typer.Option("--yes", help="Send without asking.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be sent, and send nothing.")
    ] = False,
) -> None:
    """Send a class's points into a learning platform's gradebook, by LTI 1.3.

    What was not handed in is sent as 0, what is excused not at all; with work that has no verdict nothing is sent.

    Exit code 0: everything was sent; 1: some could not be, and are named; 2: nothing was sent.
    """
    with needs("lms", "brick passback"):
        from grader.cli.platform_file import connected, people_in, read_platform
    course = load_course()
    results = class_results(course, [find_chapter(course, word) for word in chapter or []])
    _refuse_unsettled(results)
    said = read_platform(platform)
    ags = connected(said, platform)
    found, unplaced = user_ids(results, people_in(said, platform, ags))
    planned = sendings(results, found)
    _show(results, planned)
    say_list(_("not placed, and not sent"), list(unplaced.items()))
    if dry_run or not planned:
        raise typer.Exit(1 if unplaced else 0)
    if not yes:
        question = ngettext(
            "send {number} score to {address}?", "send {number} scores to {address}?", len(planned)
        )
        if not agrees(question.format(number=len(planned), address=said["line_items"])):
            raise typer.Abort
    failed = _send(ags, planned)
    say_list(_("not sent"), failed)
    sent = len(planned) - len(failed)
    say(ngettext("{number} score sent", "{number} scores sent", sent).format(number=sent))
    if failed or unplaced:
        raise typer.Exit(1)


def _refuse_unsettled(results: ClassResults) -> None:
    """Raise UsageError while there is work without a verdict: what was sent as a 0 would be read as one."""
    labels = {chapter.stem: chapter.label for chapter in results.chapters}
    waiting = [f"{one.learner} {labels[stem]}" for one in results.learners for stem, _ in one.ungraded]
    waiting += [f"{one.learner} {labels[stem]}" for one in results.learners for stem in one.faults]
    if waiting:
        whose = listed(waiting[:_NAMED])
        if len(waiting) > _NAMED:
            whose = _("{names} and {number} more").format(names=whose, number=len(waiting) - _NAMED)
        what = ngettext("{number} hand-in", "{number} hand-ins", len(waiting)).format(number=len(waiting))
        raise UsageError(
            f"{what} not graded yet, so nothing was sent",
            whose,
            "run brick grade again: it goes on where it was",
        )


def _show(results: ClassResults, planned: Sequence[Sending]) -> None:
    """How many scores go into each column, and between what they lie."""
    for chapter in results.chapters:
        mine = [one.score.given for one in planned if one.chapter is chapter]
        if mine:
            said = ngettext(
                "{chapter} -> {title}: {number} score, {least} to {best} of {most}",
                "{chapter} -> {title}: {number} scores, {least} to {best} of {most}",
                len(mine),
            )
            say(
                said.format(
                    chapter=chapter.label,
                    title=chapter.title,
                    number=len(mine),
                    least=points(min(mine)),
                    best=points(max(mine)),
                    most=points(chapter.points),
                )
            )


def _send(ags: Sender, planned: Sequence[Sending]) -> list[tuple[str, str]]:
    """Send one after the other; what the platform refuses is told and the others go on.

    Returns:
        Whose score was not taken, and why.

    Raises:
        KitError: a line item can be neither found nor made.
    """
    addresses = {
        chapter.stem: ags.line_item(f"brickwork/{chapter.stem}", chapter.title, chapter.points)
        for chapter in dict.fromkeys(one.chapter for one in planned)
    }
    failed = []
    for one in counted(planned, len(planned), _("sending")):
        try:
            ags.send(addresses[one.chapter.stem], one.score, datetime.now(UTC))
        except KitError as error:
            failed.append((f"{one.learner} {one.chapter.label}", error.what))
    return failed
