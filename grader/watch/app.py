"""The workspace on a whole screen: chapters and exercises to the left, the current one to the right, keys below."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Static

from grader.course.paths import exercises_folder
from grader.errors import KitError
from grader.records import Outcome, Report
from grader.report.terminal import is_untouched
from grader.text import clean, clean_line
from grader.watch.file_watcher import Saves
from grader.watch.screens import Chooser, Predict, Sure
from grader.watch.session import Job, Session, editor_words, has_window, run_brick
from grader.watch.view import LIST_WIDTH, list_lines, painted, work_lines
from grader.watch.worker import Judging, News
from grader.workspace.progress import Spot

if TYPE_CHECKING:
    from grader.watch.warm_sandbox import Bench

KEYS = {
    "n": "next", "r": "run", "h": "hint", "p": "predict", "l": "list", "o": "open", "c": "all", "x": "reset",
    "d": "more", "b": "build", "q": "quit",
}  # fmt: skip
_LEFT = LIST_WIDTH + 2
_NARROW = 70  # below, the list would leave no room to read a card; l shows it


def _action(word: str) -> str:
    """What a key does, by the word that stands beside it."""
    return {"all": "check_all", "more": "details"}.get(word, word)


class WatchApp(App[None]):
    """Watch the workspace.

    Args:
        set_up: makes the bench that learner code runs on, once the screen is there.
        reset: puts the current exercise back to its stub; what to say about it.
        editor: the learner's editor, as a command line; None if none is known.
    """

    TITLE = "brick"
    ENABLE_COMMAND_PALETTE = False
    # The terminal's own colours only: they fit its background, whichever that is.
    CSS = f"""
    Screen {{ background: ansi_default; color: ansi_default; }}
    ModalScreen {{ background: transparent; }}
    * {{
        scrollbar-size-vertical: 1; scrollbar-color: ansi_bright_black; scrollbar-color-hover: ansi_bright_black;
        scrollbar-color-active: ansi_bright_black; scrollbar-background: ansi_default;
        scrollbar-background-hover: ansi_default; scrollbar-background-active: ansi_default;
    }}
    #left {{ width: {_LEFT}; border-right: solid ansi_bright_black; }}
    #right {{ padding: 0 1; }}
    #list, #work {{ width: 100%; height: auto; }}
    #step {{ height: auto; max-height: 4; padding: 0 1; text-style: bold; border-top: solid ansi_bright_black; }}
    #keys {{
        height: auto; link-style: none; link-color: ansi_default; link-style-hover: underline;
        link-color-hover: ansi_default; link-background-hover: ansi_default;
    }}
    .box {{ max-width: 95%; border: round ansi_default; background: ansi_default; color: ansi_default; }}
    Input, Input:focus {{ border: round ansi_bright_black; background: ansi_default; color: ansi_default; }}
    Input > .input--placeholder {{ color: ansi_bright_black; }}
    OptionList, OptionList:focus {{
        height: 1fr; border: none; background: ansi_default; color: ansi_default;
    }}
    OptionList > .option-list--option-highlighted, OptionList:focus > .option-list--option-highlighted {{
        background: ansi_blue; color: ansi_bright_white; text-style: bold;
    }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding(key, _action(word), word) for key, word in KEYS.items()]

    def __init__(
        self,
        session: Session,
        set_up: Callable[[], Bench],
        reset: Callable[[Session], str],
        editor: list[str] | None = None,
        events: bool = True,
    ) -> None:
        super().__init__(ansi_color=True)
        self.session, self._reset, self._editor = session, reset, editor
        self._judging = Judging(set_up, lambda news: self._from_thread(self._hear, news))
        self._saves = Saves(
            lambda: [
                path for c in session.course.chapters if (path := session.workspace.find(c)) is not None
            ],
            [exercises_folder(session.workspace.root), session.workspace.root],
            lambda paths: self._from_thread(self._saved, paths),
            events=events,
        )
        self._details = False
        self._state = "getting ready"
        self._note = ""
        self._shown_s: float | None = None  # seconds from the save to the first thing there was to read

    # --- the screen ---

    def compose(self) -> ComposeResult:
        """Two columns, the next step, the keys."""
        with Horizontal():
            with VerticalScroll(id="left", can_focus=False):
                yield Static(id="list", markup=False)
            with VerticalScroll(id="right"):
                yield Static(id="work", markup=False)
        yield Static(id="step", markup=False)
        yield Static(id="keys")

    def on_mount(self) -> None:
        """Draw what is known already, and begin to judge."""
        self._draw()
        self._judging.start()
        self._saves.start()
        self._judging.ask(self.session.want_first())

    def on_unmount(self) -> None:
        """Stop the threads; nobody who quits wants to wait for them."""
        self._saves.stop()
        self._judging.stop()

    def close(self) -> None:
        """End the threads and the sandbox, for whoever goes on after the app has run."""
        self._saves.close()
        self._judging.close()

    def on_resize(self) -> None:
        """Lines are broken by ourselves, so a new width means a new text."""
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        screen = self.screen_stack[0]
        width, left = screen.size.width, screen.query_one("#left", VerticalScroll)
        left.display = width >= _NARROW
        screen.query_one("#keys", Static).update(keys_text(width))
        screen.query_one("#list", Static).update(self._list_text(left))
        height = screen.query_one("#right", VerticalScroll).size.height
        room = width - 3 - (_LEFT if left.display else 0)
        lines = work_lines(self.session, max(20, room), height, self._details)
        screen.query_one("#work", Static).update(painted(lines))
        step = self._note or f"next: {self.session.next_step()}"
        state = f"  ({self._state})" if self._state else ""
        screen.query_one("#step", Static).update(Text(clean_line(step) + state))

    def _list_text(self, left: VerticalScroll) -> Text:
        height = left.size.height
        lines, here = list_lines(self.session, height)
        if height:  # it is not known before the first layout
            self.call_after_refresh(left.scroll_to, y=max(0, here - height // 2), animate=False)
        return painted(lines)

    # --- what the threads say ---

    def _from_thread(self, act: Callable[..., None], *about: object) -> None:
        """Let the screen's own thread act; a screen that is closing hears nothing any more."""
        if self._loop is not None and not self._loop.is_closed() and self.is_running:
            self._loop.call_soon_threadsafe(lambda: self.call_later(act, *about))

    def _saved(self, paths: list[Path]) -> None:
        jobs = self.session.saved(paths)
        if jobs:
            self._judge(jobs)

    def _judge(self, jobs: list[Job]) -> None:
        self._note = ""
        self._state, self._shown_s = "judging", None
        self._judging.ask(jobs)
        self._draw()

    def _hear(self, news: News) -> None:
        if news.kind == "broken":
            self._note, self._state = f"error: {clean(news.error)}", ""
        elif news.kind == "begun" and news.job is not None:
            self._state = f"judging {news.job.exercise or news.job.chapter.stem}"
        elif news.kind == "so far" and news.job is not None and news.report is not None:
            self._show(news.job, news.report, news.seconds)
        elif news.kind == "judged" and news.job is not None and news.report is not None:
            self._take(news.job, news.report, news.seconds)
        elif news.kind == "done" and self._state.startswith(("judging", "getting")):
            self._state = "" if self._shown_s is None else f"{self._shown_s:.2f} s"
        self._draw()

    def _show(self, job: Job, report: Report, seconds: float) -> None:
        """The report as far as it goes: its first failure need not wait for the rest."""
        if any(result.outcome is Outcome.FAILED for result in report.checks):
            if self.session.show(job.chapter, job.exercise, report) and self._shown_s is None:
                self._shown_s = seconds
        self._state = f"judging {job.exercise or job.chapter.stem}, {len(report.checks)} checked"

    def _take(self, job: Job, report: Report, seconds: float) -> None:
        self.session.take(job.chapter, job.exercise, report)
        here = self.session.current
        if job.chapter.stem == here.chapter.stem and job.exercise in (None, here.exercise.name):
            self._shown_s = seconds if self._shown_s is None else self._shown_s
            self._state = f"{self._shown_s:.2f} s"
            self.screen_stack[0].query_one("#right", VerticalScroll).scroll_home(animate=False)
        elif job.exercise and not is_untouched(report, job.exercise):
            passed = "passes" if report.passed else "does not pass yet"
            self._state = f"also saved: {job.exercise} in {job.chapter.label} {passed}"

    # --- keys ---

    def action_next(self) -> None:
        """Go on, from a solved exercise only."""
        if self.session.advance():
            self._judge(self.session.want_current())
        else:
            self._say(f"next: {self.session.next_step()}")

    def action_run(self) -> None:
        """Judge the current exercise again."""
        self._judge(self.session.want_current())

    def action_hint(self) -> None:
        """Open a hint, and one more after each attempt."""
        self._say(self.session.open_hint())

    def action_predict(self) -> None:
        """Ask a question of the lesson; nothing hangs on the answer."""
        question = self.session.question()
        if question is None:
            self._say(f"{self.session.current.chapter.stem} has no questions to predict")
        else:
            self.push_screen(Predict(question, self.session.workspace))

    def action_list(self) -> None:
        """Choose an exercise."""
        self.push_screen(Chooser(self.session), self._go_to)

    def _go_to(self, spot: Spot | None) -> None:
        if spot is not None and spot != self.session.current:
            self.session.go_to(spot)
            self._judge(self.session.want_current())

    def action_open(self) -> None:
        """Open the file in the learner's editor, at the exercise."""
        path, line = self.session.path, self.session.line_of_current()
        if self._editor is None:
            self._say(f"open {path}, line {line}; EDITOR would name your editor")
            return
        words = editor_words(self._editor, path, line)
        try:
            if has_window(self._editor):
                subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            else:
                with self.suspend():
                    subprocess.run(words, check=False)
                self.refresh()
        except OSError as error:
            self._say(f"{words[0]} does not start: {error.strerror}")

    def action_check_all(self) -> None:
        """Judge every chapter in the workspace."""
        self._judge(self.session.want_all())

    def action_reset(self) -> None:
        """Put the current exercise back to its stub, once that was said twice."""
        name = self.session.current.exercise.name
        self.push_screen(Sure(f"Put {name} back to the stub? A backup is kept."), self._do_reset)

    def _do_reset(self, sure: bool | None) -> None:
        if not sure:
            return
        try:
            self._say(self._reset(self.session))
        except KitError as error:
            self._say(str(error))

    def action_details(self) -> None:
        """Show every failure whole, or the first only."""
        self._details = not self._details
        self._draw()

    def action_build(self) -> None:
        """Train the network, in the terminal below this screen."""
        with self.suspend():
            run_brick("build", cwd=self.session.workspace.root)
            input("\nEnter goes back ")
        self.refresh()

    def _say(self, note: str) -> None:
        self._note = note
        self._draw()


def keys_text(width: int) -> str:
    """The keys in as many lines as they need, each to be clicked as well; textual's markup."""
    gap = 2 if sum(len(f"{key} {word}") + 2 for key, word in KEYS.items()) - 2 <= width else 1
    lines: list[list[str]] = [[]]
    room = width
    for key, word in KEYS.items():
        taken = len(f"{key} {word}") + gap
        if lines[-1] and taken - gap > room:
            lines.append([])
            room = width
        room -= taken
        lines[-1].append(f"[@click=app.{_action(word)}][b]{key}[/b] {word}[/]")
    return "\n".join((" " * gap).join(line) for line in lines)
