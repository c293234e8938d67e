"""Watch line by line, for screen readers, pipes and the plainest terminals: words down the screen, keys with Enter."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from grader.language import gettext as _
from grader.language import translate
from grader.report.terminal import Style
from grader.text import clean
from grader.watch.file_watcher import watch_exercises
from grader.watch.jobs import Event, EventKind
from grader.watch.plain_keys import KEYS, PlainKeys
from grader.watch.plain_text import file_line, verdict_line, verdict_on_current
from grader.watch.state import WatchState
from grader.watch.status_line import not_kept
from grader.watch.view import next_step
from grader.watch.worker import Worker

if TYPE_CHECKING:
    from grader.watch.warm_sandbox import WarmSandbox


@dataclass(frozen=True)
class _Saved:
    """Files that changed, from the watcher's thread."""

    paths: list[Path]


@dataclass(frozen=True)
class _Typed:
    """A line that was typed, from the reading thread."""

    word: str


class PlainWatch:
    """The loop: saves, typed words and verdicts come in one queue, lines go out.

    Args:
        typed: where the keys come from, a line each.
        say: prints one line.
        style: gives the width and colour to write in, asked anew each time.
        reset: puts an exercise back to its stub; what to say about it.
        editor: the learner's editor, as a command line; None if none is known.
        events: whether to wait for file events, or to poll only.

    Everything that happens is a message in one queue, and only the loop acts on it, so no lock is needed.
    """

    def __init__(
        self,
        state: WatchState,
        sandbox: WarmSandbox,
        typed: IO[str],
        say: Callable[[str], None],
        style: Callable[[], Style],
        reset: Callable[[WatchState], str],
        editor: list[str] | None = None,
        events: bool = True,
    ) -> None:
        self.state, self._typed, self._say, self._style = state, typed, say, style
        self._inbox: queue.Queue[_Saved | _Typed | Event] = queue.Queue()
        self._worker = Worker(lambda: sandbox, self._inbox.put)
        self._files = watch_exercises(state, lambda paths: self._inbox.put(_Saved(paths)), events)
        self._file_state = state.file_state
        self._keys = PlainKeys(state, self._worker.ask, say, style, reset, editor)

    def run(self) -> None:
        """Watch until the learner quits or the input ends.

        Ctrl-C is a way to quit, not an error.
        """
        self._say(self.state.shown_path + _(": ") + self.state.current.exercise.name)
        self._say(_("keys: {keys}").format(keys=_(KEYS)))
        self._worker.start()
        self._files.start()
        threading.Thread(target=self._read, name="keys", daemon=True).start()
        self._worker.ask(self.state.want_first())
        try:
            while self._goes_on(self._inbox.get()):
                pass
        except KeyboardInterrupt:
            self._say("")
        finally:
            self._files.close()
            self._worker.close()

    def _read(self) -> None:
        """Put typed lines into the queue; the end of the input is a `q`, so that a pipe ends the watch."""
        for line in self._typed:
            self._inbox.put(_Typed(line.strip()))
        self._inbox.put(_Typed("q"))

    def _goes_on(self, message: _Saved | _Typed | Event) -> bool:
        """Act on one message; False when it ends the loop."""
        if isinstance(message, _Typed):
            return self._type(message.word)
        if isinstance(message, _Saved):
            self._saved(message.paths)
            return True
        return self._hear(message)

    def _type(self, word: str) -> bool:
        """Act on a typed line; False ends the loop."""
        before = self.state.current
        goes_on = self._keys.take(word)
        if self.state.current is not before:
            self._file_state = self.state.file_state  # of another file, and nothing has become of it
        return goes_on

    # --- saves and verdicts ---

    def _saved(self, paths: list[Path]) -> None:
        """Say what became of the current file, if that has changed, and ask for what is to be judged."""
        jobs = self.state.saved(paths)
        before, self._file_state = self._file_state, self.state.file_state
        if self._file_state is not before:
            self._say(file_line(self.state))
            self._say(_("next: {step}").format(step=next_step(self.state)))
        if jobs:
            self._worker.ask(jobs)

    def _hear(self, event: Event) -> bool:
        """Take in what the judging thread says; False ends the loop."""
        if event.kind in (EventKind.FAULT, EventKind.NO_SANDBOX):
            self._say(_("error: {line}").format(line=clean(translate(event.error))))
            return event.kind is EventKind.FAULT  # after a fault the next save is judged all the same
        if event.kind is EventKind.JUDGED and event.job is not None and event.report is not None:
            self.state.take(event.job, event.report)
            if lost := not_kept(self.state):
                self._say(_("note: {note}").format(note=lost))
            if event.job.exercise is not None and self.state.is_about_current(event.job):
                # As `brick check --exercise` shows it; the next step is the last line.
                self._say("")
                self._say(verdict_on_current(self.state, self._style(), event.seconds))
            else:
                self._say(verdict_line(event.job, event.report))
        # Only after `c`: after each save the count would be noise.
        if event.kind is EventKind.DONE and self._keys.counting:
            self._keys.counting = False
            self._say(
                _("{done} of {number} exercises are done").format(
                    done=len(self.state.standing.progress.done), number=len(self.state.exercises)
                )
            )
        return True
