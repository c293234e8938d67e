"""`brick watch`: judge every save at once, on a whole screen or line by line.

This module joins what the room `watch` is not to know: hints, resets and the sandbox, which it is handed as functions.
Torch takes seconds to import. The whole screen is drawn first and imports it in a thread; line by line it is imported
first, because then the sandbox can be a fork of this process.
"""

from __future__ import annotations

import functools
import os
import sys
from concurrent.futures import Future
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli import console
from grader.cli.progress import waiting
from grader.course.config import load_course
from grader.language import gettext as _
from grader.records import Chapter, Report
from grader.report.hints import open_hints
from grader.sandbox.launch import Level, Wishes, Zygote, launch_in_thread
from grader.watch.app import WatchApp
from grader.watch.plain import PlainWatch
from grader.watch.state import WatchState
from grader.workspace.doctor import editor_command
from grader.workspace.reset import reset as put_back
from grader.workspace.workspace import Workspace, workspace_of

if TYPE_CHECKING:
    from grader.watch.warm_sandbox import WarmSandbox


def watch(
    plain: Annotated[
        bool, typer.Option("--plain", help="Line by line, for screen readers and plain terminals.")
    ] = False,
    poll: Annotated[
        bool, typer.Option("--poll", help="Look at the files; for drives that tell of no save.")
    ] = False,
) -> None:
    """Judge every save at once, and show what to do next."""
    course = load_course()
    workspace = workspace_of(course)
    state = WatchState(course, workspace, functools.partial(_open_hints, workspace))
    if plain or not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") == "dumb":
        _watch_plainly(state, events=not poll)
        return
    set_up = functools.partial(_sandbox_in_thread, state)
    app = WatchApp(state, set_up, _reset_current, editor_command(), events=not poll)
    app.run()
    # A thread may be in the middle of importing torch, and nobody who quits waits for that. The sandbox ends with us.
    sys.stdout.flush()
    os._exit(app.return_code or 0)


def _watch_plainly(state: WatchState, *, events: bool) -> None:
    """Read keys from stdin and print lines, until the learner quits."""
    with waiting(_("getting ready")):
        sandbox = _sandbox_for(state)
        sandbox.start()  # before there are threads: then it is a fork of this process, and torch is imported once
    say = functools.partial(print, flush=True)
    loop = PlainWatch(state, sandbox, sys.stdin, say, console.style, _reset_current, editor_command(), events)
    loop.run()


def _sandbox_in_thread(state: WatchState) -> WarmSandbox:
    """A sandbox whose process imports torch while this one does."""
    wishes = Wishes(Level.PLAIN, state.course.limits, "cpu", state.imports, warm_fake=True)
    return _sandbox_for(state, launch_in_thread(wishes))


def _sandbox_for(state: WatchState, launched: Future[Zygote] | None = None) -> WarmSandbox:
    """Args:
    launched: a process that was started ahead; None starts one when it is needed.
    """
    # Only now, and for the whole screen in a thread: the screen is there long before torch is imported.
    from grader.cli.practice import practice_profile
    from grader.watch.warm_sandbox import WarmSandbox

    profile = practice_profile(state.course, state.workspace)
    return WarmSandbox(state.course.limits, state.imports, profile, launched)


def _open_hints(
    workspace: Workspace, chapter: Chapter, exercise: str, report: Report, source: str
) -> tuple[tuple[str, ...], int]:
    """Open one hint more if there was an attempt since; the hints open now, and how many there are.

    Args:
        report: decides where the first hint points.
        source: the learner's text; as long as it is the same no further hint opens.
    """
    hints = open_hints(workspace, chapter, exercise, report, source, changed=False)
    return hints.texts, hints.levels


def _reset_current(state: WatchState) -> str:
    """Put the current exercise back to its stub; what to say about it.

    Raises:
        KitError: it could not be put back; see `grader.workspace.reset.reset`.
    """
    here = state.current
    done = put_back(state.course, state.workspace, here.chapter, here.exercise.name)
    if done.backup is None:
        return _("{path} is there again, as it was handed out").format(path=state.shown_path)
    return _("{name} is back to the stub; what was there: {backup}").format(
        name=here.exercise.name, backup=state.from_root(done.backup)
    )
