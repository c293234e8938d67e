"""`brick watch` on a whole screen: exercises to the left, the current one to the right, next step and keys below.

All state is in `WatchState`, and all lines are made in `view`; here are only widgets, keys and threads. The same watch
without a screen is `plain.py`: whatever is added here has a way to be said there.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Static

from grader.errors import KitError, words_of
from grader.language import gettext as _
from grader.language import translate
from grader.text import clean_line, width_of, wrap
from grader.watch.file_watcher import watch_exercises
from grader.watch.jobs import Event, Job
from grader.watch.programs import has_window, open_window, run_brick, run_in_terminal, without_interrupts
from grader.watch.screens import Chooser, Predict, Sure
from grader.watch.state import WatchState
from grader.watch.status_line import StatusLine
from grader.watch.view import (
    LIST_WIDTH,
    list_lines,
    newest_hint,
    next_step,
    painted,
    reset_question,
    why_n_stays,
    work_lines,
)
from grader.watch.worker import Worker
from grader.workspace.progress import CourseExercise

if TYPE_CHECKING:
    from grader.watch.warm_sandbox import WarmSandbox

KEYS = {
    "n": "next", "r": "run", "h": "hint", "p": "predict", "l": "list", "o": "open", "c": "all", "x": "reset",
    "d": "more", "b": "build", "q": "quit",
}  # fmt: skip
_LEFT = LIST_WIDTH + 3
_NARROW = 70  # below, the list would leave no room to read a card; l shows it


def _action(word: str) -> str:
    """What a key does, by the word that stands beside it."""
    return {"all": "check_all", "more": "details"}.get(word, word)


class _Column(VerticalScroll):
    """A column that has its text broken anew when its room changes, also for the first time, below a question."""

    def on_resize(self) -> None:
        """Lines are broken by ourselves, so a new size means a new text."""
        self.app.call_later(cast(WatchApp, self.app).draw)


class WatchApp(App[None]):
    """The screen. Threads watch the files and judge; whatever they have to say is acted on in the screen's own thread.

    Args:
        state: what is shown, and what a key changes.
        set_up: makes the sandbox that learner code runs in, once the screen is there.
        reset: puts the current exercise back to its stub; what to say about it.
        editor: the learner's editor, as a command line; None if none is known.
        events: whether to wait for file events, or to poll only.
    """

    TITLE = "brick"
    ENABLE_COMMAND_PALETTE = False
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding(key, _action(word), word) for key, word in KEYS.items()]

    def __init__(
        self,
        state: WatchState,
        set_up: Callable[[], WarmSandbox],
        reset: Callable[[WatchState], str],
        editor: list[str] | None = None,
        events: bool = True,
    ) -> None:
        super().__init__(ansi_color=True)
        self.state, self._reset, self._editor = state, reset, editor
        self._worker = Worker(set_up, lambda event: self._from_thread(self._hear, event))
        self._files = watch_exercises(state, lambda paths: self._from_thread(self._saved, paths), events)
        self._status = StatusLine(state)

    # --- the screen ---

    def compose(self) -> ComposeResult:
        """Two columns, the next step, the keys."""
        with Horizontal():
            with VerticalScroll(id="left", can_focus=False):
                yield Static(id="list", markup=False)
            with _Column(id="right"):
                yield Static(id="work", markup=False)
        yield Static(id="step", markup=False)
        yield Static(id="keys")

    def on_mount(self) -> None:
        """Draw what is known already, and begin to judge."""
        self.draw()
        self._worker.start()
        self._files.start()
        self._worker.ask(self.state.want_first())

    def on_unmount(self) -> None:
        """Stop the threads; nobody who quits wants to wait for them."""
        self._files.stop()
        self._worker.stop()

    def close(self) -> None:
        """End the threads and the sandbox, for whoever goes on after the app has run."""
        self._files.close()
        self._worker.close()

    def draw(self) -> None:
        """Put everything that is known on the screen; cheap enough to be done after each event."""
        # The screen at the bottom: a question or a list may lie on top, and what is below goes on changing.
        screen = self.screen_stack[0]
        width, left = screen.size.width, screen.query_one("#left", VerticalScroll)
        left.display = width >= _NARROW
        screen.query_one("#keys", Static).update(keys_text(width))
        screen.query_one("#list", Static).update(self._list_text(left))
        lines = work_lines(self.state, *self._room())
        screen.query_one("#work", Static).update(painted(lines))
        step = self._status.note or _("next: {step}").format(
            step=next_step(self.state, short=width < _NARROW)
        )
        # By ourselves, as all lines: a Chinese sentence has no spaces to be broken at.
        told = wrap(self._status.beside(clean_line(step), width - 2), width - 2)
        screen.query_one("#step", Static).update(Text("\n".join(told)))

    def _room(self) -> tuple[int, int]:
        """Columns and rows there are for the current exercise."""
        screen = self.screen_stack[0]
        left = _LEFT if screen.query_one("#left", VerticalScroll).display else 0
        height = screen.query_one("#right", VerticalScroll).size.height
        return max(20, screen.size.width - 3 - left), height

    def _list_text(self, left: VerticalScroll) -> Text:
        """The left column, scrolled so that the current exercise is in its middle."""
        height = left.size.height
        lines, here = list_lines(self.state, height)
        if height:  # it is not known before the first layout
            self.call_after_refresh(left.scroll_to, y=max(0, here - height // 2), animate=False)
        return painted(lines)

    # --- what the threads say ---

    def _from_thread(self, act: Callable[..., None], *about: object) -> None:
        """Let the screen's own thread act; a screen that is closing hears nothing any more.

        Args:
            act: a method of the app.
            about: its arguments.
        """
        if self._loop is not None and not self._loop.is_closed() and self.is_running:
            self._loop.call_soon_threadsafe(lambda: self.call_later(act, *about))

    def _saved(self, paths: list[Path]) -> None:
        """Judge what a save asks for."""
        jobs = self.state.saved(paths)
        if jobs:
            self._judge(jobs)
        else:
            self.draw()  # a file may have come or gone, which is to be seen

    def _judge(self, jobs: list[Job]) -> None:
        """Show that something is judged from now on, and hand it to the thread; it replaces what was asked before."""
        self._status.begin()
        self._worker.ask(jobs)
        self.draw()

    def _hear(self, event: Event) -> None:
        """Take in what the judging thread says; a new verdict is read from its top."""
        if self._status.hear(event):
            self.screen_stack[0].query_one("#right", VerticalScroll).scroll_home(animate=False)
        self.draw()

    # --- keys ---

    def action_next(self) -> None:
        """Go on, from a solved exercise only."""
        if self.state.advance():
            self._judge(self.state.want_current())
        else:
            self._add(why_n_stays(self.state))

    def action_run(self) -> None:
        """Judge the current exercise again."""
        self._judge(self.state.want_current())

    def action_hint(self) -> None:
        """Open a hint, and one more after each attempt, where it can be seen."""
        self._say(self.state.open_hint())
        self.call_after_refresh(self._scroll_to_hint)

    def _scroll_to_hint(self) -> None:
        """Show the hint that was opened last, with as much as possible of what stands above it."""
        width, height = self._room()
        first, end = newest_hint(self.state, work_lines(self.state, width, height), width)
        if end > height:
            column = self.screen_stack[0].query_one("#right", VerticalScroll)
            column.scroll_to(y=min(first, end - height), animate=False)

    def action_predict(self) -> None:
        """Ask a question of the lesson; nothing hangs on the answer."""
        question = self.state.question()
        if question is None:
            self._say(
                _("{chapter} has no questions to predict").format(chapter=self.state.current.chapter.stem)
            )
        else:
            self.push_screen(Predict(question, self.state.workspace))

    def action_list(self) -> None:
        """Choose an exercise."""
        self.push_screen(Chooser(self.state), self._go_to)

    def _go_to(self, chosen: CourseExercise | None) -> None:
        """Leaving the list with Escape chooses nothing."""
        if chosen is not None and chosen != self.state.current:
            self.state.go_to(chosen)
            self._judge(self.state.want_current())

    def action_open(self) -> None:
        """Open the file in the learner's editor, at the exercise."""
        path, line = self.state.path, self.state.line_of_current() or 1
        if self._editor is None:
            self._say(
                _("open {path}, line {line}; EDITOR would name your editor").format(
                    path=self.state.shown_path, line=line
                )
            )
            return
        try:
            if has_window(self._editor):
                open_window(self._editor, path, line)
            else:
                self._lend_terminal(run_in_terminal, self._editor, path, line)
        except OSError as error:
            self._say(
                _("{editor} does not start: {error}").format(
                    editor=self._editor[0], error=translate(words_of(error))
                )
            )

    def _lend_terminal(self, act: Callable[..., object], *about: object) -> None:
        """Put the screen away while something needs the terminal whole.

        Args:
            act: what needs it; raises OSError where it cannot be started.
            about: its arguments.
        """
        failure: OSError | None = None
        with self.suspend(), without_interrupts():
            # Textual brings the screen back only where nothing is raised in here.
            try:
                act(*about)
            except OSError as error:
                failure = error
        self.refresh()
        if failure is not None:
            raise failure

    def action_check_all(self) -> None:
        """Judge every chapter in the workspace."""
        self._judge(self.state.want_all())

    def action_reset(self) -> None:
        """Put the current exercise back to its stub, once that was said twice."""
        self.push_screen(Sure(reset_question(self.state)), self._do_reset)

    def _do_reset(self, sure: bool | None) -> None:
        """A file that cannot be written is told in the line of the next step, like everything a key leads to."""
        if not sure:
            return
        try:
            # The stub is judged at once, and then is still to be read where the backup is.
            self._add(self._reset(self.state), outlasts=True)
        except KitError as error:
            self._say(translate(str(error)))

    def action_details(self) -> None:
        """Show every failure whole, or the first only."""
        self.state.details = not self.state.details
        self.draw()

    def action_build(self) -> None:
        """Train the network, in the terminal below this screen."""
        self._lend_terminal(_run_and_wait, "build", self.state.workspace.root)

    def _say(self, note: str) -> None:
        """Show a note in place of the next step, until something is judged or another key has something to say."""
        self._status.note = note
        self.draw()

    def _add(self, words: str, *, outlasts: bool = False) -> None:
        """Say something beside the next step.

        Args:
            words: nothing takes back what stands there.
            outlasts: whether it stays while one more save is judged.
        """
        self._status.add(words, outlasts=outlasts)
        self.draw()


def _run_and_wait(word: str, folder: Path) -> None:
    """Run another command of ours in the terminal, and leave what it said there until Enter.

    Args:
        word: the command, as `build`.
        folder: where to run it.
    """
    run_brick(word, cwd=folder)
    with suppress(EOFError):  # Ctrl-D goes back as well
        input("\n" + _("Enter goes back "))


def keys_text(width: int) -> str:
    """The keys in as many lines as they need, each to be clicked as well; textual's markup.

    Args:
        width: columns there are; keys stand closer together where that saves a line.
    """
    gap = 2 if sum(width_of(f"{key} {_(word)}") + 2 for key, word in KEYS.items()) - 2 <= width else 1
    lines: list[list[str]] = [[]]
    room = width
    for key, word in KEYS.items():
        taken = width_of(f"{key} {_(word)}") + gap
        if lines[-1] and taken - gap > room:
            lines.append([])
            room = width
        room -= taken
        lines[-1].append(f"[@click=app.{_action(word)}][b]{key}[/b] {_(word)}[/]")
    return "\n".join((" " * gap).join(line) for line in lines)
