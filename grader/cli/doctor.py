"""`brick doctor`: what works on this machine and in this course, and what mends the rest.

The exit code is 1 if anything is broken; what merely is not there, such as a GPU, breaks nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import typer

from grader.cli import console
from grader.course.config import find_course_root, load_course
from grader.errors import CourseError, KitError
from grader.grading.soundness import require_sound
from grader.grading.store import STORE_FILE
from grader.language import gettext as _
from grader.language import ngettext, translate
from grader.text import clean, pad, width_of, wrap
from grader.workspace.doctor import WORDS, Finding, examine
from grader.workspace.workspace import SECRET_FILE, Workspace, workspace_of


def doctor() -> None:
    """Look at this machine and this course, and say what mends them."""
    failed = False
    width = max(width_of(_(word)) for word in WORDS.values()) + 2
    for finding in _findings():
        # `works` may be None, for what can be done without.
        failed = failed or finding.works is False
        lead = "  " + pad(_(finding.word), width) + pad(finding.name, 14)
        lines = wrap(
            clean(finding.text), console.columns(), indent=" " * width_of(lead), first=lead, cut=False
        )
        if finding.step:
            lines += wrap(
                _("run: {step}").format(step=finding.step),
                console.columns(),
                indent=" " * width_of(lead),
                cut=False,
            )
        typer.echo("\n".join(lines))
    raise typer.Exit(1 if failed else 0)


def _findings() -> Iterator[Finding]:
    """The machine first, without which nothing of the course can be looked at; a wrong course hides none of it."""
    try:
        course = load_course()
    except CourseError as error:
        yield from examine(Workspace(find_course_root()))
        yield _broken(error)
        return
    yield from examine(workspace_of(course))
    # Only now: it imports the checks, and with them torch.
    from grader.engine.consistency import inconsistencies

    broken = [_broken(error) for error in chain(*(inconsistencies(course, one) for one in course.chapters))]
    told = _("{number} chapters, every exercise has its checks").format(number=len(course.chapters))
    yield from broken or [Finding(_("course"), True, told)]
    state = workspace_of(course).state
    if (state / SECRET_FILE).exists():  # a learner has none, and needs none
        try:
            workspace_of(course).secret()
        except KitError as error:
            yield _broken(error)
    if (state / STORE_FILE).exists():
        yield _results(state / STORE_FILE)


def _results(path: Path) -> Finding:
    """Whether all that was graded here can be read."""
    try:
        number = require_sound(path)
    except KitError as error:
        return _broken(error, _("results"))
    told = ngettext(
        "{number} hand-in, which can be read with its verdict",
        "{number} hand-ins, all of which can be read with their verdicts",
        number,
    )
    return Finding(_("results"), True, told.format(number=number))


def _broken(error: KitError, name: str = "") -> Finding:
    """One thing wrong with the course, or with what is called so; what mends it is seldom a command."""
    return Finding(
        name or _("course"),
        False,
        _("; ").join(translate(part) for part in (error.what, error.where, error.next_step)),
    )
