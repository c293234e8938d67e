"""Watch line by line, for screen readers, pipes and the plainest terminals: words down the screen, keys with Enter."""

from __future__ import annotations

import functools
import queue
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from grader.errors import KitError
from grader.report.hints import hint_lines
from grader.report.terminal import Style
from grader.text import clean, clean_line
from grader.watch.file_watcher import watch_exercises
from grader.watch.jobs import Event, EventKind
from grader.watch.plain_text import file_line, list_lines, verdict_line, verdict_on_current
from grader.watch.programs import has_window, open_window, run_brick
from grader.watch.state import WatchState
from grader.watch.view import next_step
from grader.watch.worker import Worker
from grader.workspace.questions import Question, UnreadableGuess, guess, readable, tally

if TYPE_CHECKING:
    from grader.watch.warm_sandbox import WarmSandbox

KEYS = "n next, r run, h hint, p predict, l list, o open, c check all, x reset, d details, b build, q quit; then Enter"


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
        self.state, self._say, self._style, self._reset = state, say, style, reset
        self._typed, self._editor = typed, editor
        self._inbox: queue.Queue[_Saved | _Typed | Event] = queue.Queue()
        self._worker = Worker(lambda: sandbox, self._inbox.put)
        self._files = watch_exercises(state, lambda paths: self._inbox.put(_Saved(paths)), events)
        self._file_state = state.file_state
        self._asks: Callable[[str], None] | None = None  # what the next typed line is an answer to
        self._details = False
        self._counting = False

    def run(self) -> None:
        """Watch until the learner quits or the input ends.

        Ctrl-C is a way to quit, not an error.
        """
        self._say(f"{self.state.shown_path}: {self.state.current.exercise.name}")
        self._say(f"keys: {KEYS}")
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
            return self._key(message.word)
        if isinstance(message, _Saved):
            self._saved(message.paths)
            return True
        return self._hear(message)

    # --- saves and verdicts ---

    def _saved(self, paths: list[Path]) -> None:
        """Say what became of the current file, if that has changed, and ask for what is to be judged."""
        jobs = self.state.saved(paths)
        before, self._file_state = self._file_state, self.state.file_state
        if self._file_state is not before:
            self._say(file_line(self.state))
            self._say(f"next: {next_step(self.state)}")
        if jobs:
            self._worker.ask(jobs)

    def _hear(self, event: Event) -> bool:
        """Take in what the judging thread says; False ends the loop."""
        if event.kind in (EventKind.FAULT, EventKind.NO_SANDBOX):
            self._say(f"error: {clean(event.error)}")
            return event.kind is EventKind.FAULT  # after a fault the next save is judged all the same
        if event.kind is EventKind.JUDGED and event.job is not None and event.report is not None:
            self.state.take(event.job, event.report)
            if event.job.exercise is not None and self.state.is_about_current(event.job):
                self._show_verdict(event.seconds)
            else:
                self._say(verdict_line(event.job, event.report))
        # Only after `c`: after each save the count would be noise.
        if event.kind is EventKind.DONE and self._counting:
            self._counting = False
            self._say(
                f"{len(self.state.standing.progress.done)} of {len(self.state.exercises)} exercises are done"
            )
        return True

    def _show_verdict(self, seconds: float = 0.0) -> None:
        """The current exercise alone, as `brick check --exercise` shows it; the next step is the last line."""
        text = verdict_on_current(self.state, self._style(), details=self._details, seconds=seconds)
        if text:
            self._say("")
            self._say(text)

    # --- keys ---

    def _key(self, word: str) -> bool:
        """Act on a typed line: an answer if something was asked, else a key or an exercise's name; False quits."""
        if self._asks is not None:
            # Cleared first, because the answer may ask again.
            asked, self._asks = self._asks, None
            asked(word)
            return True
        keys: dict[str, Callable[[], None]] = {
            "n": self._next,
            "r": self._run,
            "h": self._hint,
            "p": self._ask_to_predict,
            "l": lambda: self._say("\n".join(list_lines(self.state))),
            "o": self._open,
            "c": self._check_all,
            "x": self._ask_reset,
            "d": self._toggle_details,
            "b": self._build,
            "": lambda: self._say(f"keys: {KEYS}"),
        }
        if word.lower() in ("q", "quit", "exit"):
            return False
        action = keys.get(word.lower())
        if action is None:
            self._go_to(word)
        else:
            action()
        return True

    def _next(self) -> None:
        """Go on, from a solved exercise only."""
        if self.state.advance():
            self._begin_current()
        else:
            self._say(f"next: {next_step(self.state)}")

    def _go_to(self, word: str) -> None:
        """Make the exercise that was named the current one."""
        found = self.state.find(word)
        if found is None:
            self._say(f"no key and no exercise '{clean_line(word, 40)}'; keys: {KEYS}")
            return
        self.state.go_to(found)
        self._begin_current()

    def _begin_current(self) -> None:
        """Say which exercise is current now, and judge it."""
        self._say("")
        self._say(f"{self.state.shown_path}: {self.state.current.exercise.name}")
        self._file_state = self.state.file_state
        self._run()

    def _run(self) -> None:
        """Judge the current exercise again; where its file cannot be read, say what is wrong with it."""
        jobs = self.state.want_current()
        if jobs:
            self._worker.ask(jobs)
        else:
            self._say(file_line(self.state))
            self._say(f"next: {next_step(self.state)}")

    def _hint(self) -> None:
        """Say all hints that are open, for earlier ones may have scrolled away."""
        why_not = self.state.open_hint()
        if why_not:
            self._say(why_not)
            return
        self._say("\n".join(hint_lines(self.state.hints, self._style().width)))
        if self.state.more_hints:
            self._say("one more opens after the next attempt")

    def _ask_to_predict(self) -> None:
        """Ask a question of the lesson; the next typed line is taken as the guess."""
        question, width = self.state.question(), self._style().width
        if question is None:
            self._say(f"{self.state.current.chapter.stem} has no questions to predict")
            return
        self._say(f"{question.chapter.label} before {question.exercise}")
        self._say("\n".join([*readable(question.text, width), *question.choices]))
        self._say(f"your guess: {question.answer.form}; Enter alone shows the answer")
        self._asks = functools.partial(self._compare, question)

    def _compare(self, question: Question, words: str) -> None:
        """Say whether the guess is right and what the lesson says; one that cannot be read is asked for again."""
        try:
            if words:
                self._say("right" if guess(self.state.workspace, question, words) else "not so")
        except UnreadableGuess as error:
            self._say(str(error))
            self._asks = functools.partial(self._compare, question)
            return
        self._say("\n".join(readable(question.told, self._style().width)))
        self._say(tally(self.state.workspace))

    def _open(self) -> None:
        """Open the file in an editor with a window of its own, or say where to look."""
        path, line = self.state.path, self.state.line_of_current()
        # An editor in this terminal would fight with our own lines for it.
        if self._editor is not None and has_window(self._editor):
            try:
                open_window(self._editor, path, line)
                return
            except OSError as error:
                self._say(f"the editor does not start: {error.strerror}")
        self._say(f"open {path}, line {line}, in your editor")

    def _check_all(self) -> None:
        self._counting = True
        self._worker.ask(self.state.want_all())

    def _ask_reset(self) -> None:
        self._say(f"put {self.state.current.exercise.name} back to the stub? a backup is kept; y or n")
        self._asks = self._do_reset

    def _do_reset(self, answer: str) -> None:
        """Anything but a clear yes changes nothing."""
        if answer.lower() not in ("y", "yes"):
            self._say("nothing was changed")
            return
        try:
            self._say(self._reset(self.state))
        except KitError as error:
            self._say(str(error))

    def _toggle_details(self) -> None:
        self._details = not self._details
        self._show_verdict()

    def _build(self) -> None:
        """Train the network; saves and keys wait in the queue meanwhile."""
        # The other program writes to the same terminal, and what we said comes first.
        sys.stdout.flush()
        run_brick("build", cwd=self.state.workspace.root)
