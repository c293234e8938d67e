"""The desk on a whole screen: chapters and exercises to the left, the current one to the right, keys below."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Footer, Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from grader.errors import KitError
from grader.records import Outcome, Report
from grader.report.terminal import Style, card, results_of
from grader.report.text import clean, clean_line, fit, pad, points, width_of, wrap
from grader.watch.judging import Judging, News
from grader.watch.place import Spot
from grader.watch.saves import Saves
from grader.watch.session import Job, Session, editor_words, has_window, run_brick

if TYPE_CHECKING:
    from grader.watch.bench import Bench

_WORDS = {Outcome.PASSED: "ok", Outcome.FAILED: "FAIL", Outcome.NOT_RUN: "not run"}
_COLOURS = {"ok": "green", "FAIL": "red", "not run": "yellow", "error:": "red", "to do": "cyan"}
_LEFT = 26
_PRINTED = 12


class Chooser(ModalScreen[Spot | None]):
    """The list of exercises; typing narrows it down."""

    CSS = """
    Chooser { align: center middle; }
    #box { width: 60; max-width: 95%; height: 80%; border: round $foreground; background: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "back"),
        Binding("down", "into_list", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def compose(self) -> ComposeResult:
        """A line to search in, and the list."""
        with VerticalScroll(id="box", can_focus=False):
            yield Input(placeholder="search; Enter goes there, Escape goes back")
            yield OptionList(*self._options(""), markup=False)

    def _options(self, word: str) -> Iterable[Option]:
        for spot in self._session.spots:
            if word.lower() in f"{spot} {spot.chapter.title}".lower():
                here = ">" if spot == self._session.current else " "
                done = "done" if self._session.is_done(spot) else "open"
                yield Option(f"{here} {done}  {spot.chapter.label}  {spot.exercise.name}", id=_id(spot))

    def on_mount(self) -> None:
        """Begin at the current exercise."""
        choices = self.query_one(OptionList)
        choices.highlighted = self._session.spots.index(self._session.current)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list down."""
        choices = self.query_one(OptionList)
        choices.clear_options()
        choices.add_options(self._options(event.value))
        if choices.option_count:
            choices.highlighted = 0

    def on_input_submitted(self) -> None:
        """Enter in the search line takes the one that is marked."""
        choices = self.query_one(OptionList)
        if choices.highlighted is not None and choices.option_count:
            self._choose(choices.get_option_at_index(choices.highlighted).id)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter or a click in the list."""
        self._choose(event.option.id)

    def action_into_list(self) -> None:
        """From the search line down into the list."""
        self.query_one(OptionList).focus()

    def _choose(self, name: str | None) -> None:
        self.dismiss(next((spot for spot in self._session.spots if _id(spot) == name), None))


class Question(ModalScreen[bool]):
    """Something that is not to be undone by a slip: y or n."""

    CSS = """
    Question { align: center middle; }
    #asked { width: 60; max-width: 95%; height: auto; border: round $foreground; padding: 1 2;
             background: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", "yes"),
        Binding("n,escape", "dismiss(False)", "no"),
    ]

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """The question."""
        yield Label(f"{self._text}\n\ny yes    n no", id="asked", markup=False)


class WatchApp(App[None]):
    """Watch the desk.

    Args:
        set_up: makes the bench that learner code runs on, once the screen is there.
        reset: puts the current exercise back to its stub; what to say about it.
        editor: the learner's editor, as a command line; None if none is known.
    """

    TITLE = "brick"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Screen { layout: vertical; }
    #left { width: 28; scrollbar-size-vertical: 1; border-right: solid $foreground 40%; }
    #right { padding: 0 1; }
    #list, #work { width: 100%; height: auto; }
    #step { height: auto; max-height: 3; padding: 0 1; text-style: bold; border-top: solid $foreground 40%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "next", "next"),
        Binding("r", "run", "run"),
        Binding("h", "hint", "hint"),
        Binding("l", "list", "list"),
        Binding("o", "open", "open"),
        Binding("c", "check_all", "check all"),
        Binding("x", "reset", "reset"),
        Binding("d", "details", "details"),
        Binding("b", "build", "build"),
        Binding("q", "quit", "quit"),
    ]

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
            lambda: [path for c in session.course.chapters if (path := session.desk.find(c)) is not None],
            [session.desk.root / "exercises", session.desk.root],
            lambda paths: self._from_thread(self._saved, paths),
            events=events,
        )
        self._details = False
        self._state = "getting ready"
        self._note = ""

    # --- the screen ---

    def compose(self) -> ComposeResult:
        """Two columns, the next step, the keys."""
        with Horizontal():
            with VerticalScroll(id="left", can_focus=False):
                yield Static(id="list", markup=False)
            with VerticalScroll(id="right"):
                yield Static(id="work", markup=False)
        yield Static(id="step", markup=False)
        yield Footer(show_command_palette=False, compact=True)

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
        screen.query_one("#list", Static).update(self._list_text())
        room = max(30, screen.size.width - 28 - 4)
        screen.query_one("#work", Static).update(_painted(work_lines(self.session, room, self._details)))
        step = self._note or f"next: {self.session.next_step()}"
        state = f"  ({self._state})" if self._state else ""
        screen.query_one("#step", Static).update(Text(clean_line(step) + state))

    def _list_text(self) -> Text:
        lines, here = list_lines(self.session)
        left = self.screen_stack[0].query_one("#left", VerticalScroll)
        height = max(1, left.size.height)
        self.call_after_refresh(left.scroll_to, y=max(0, here - height // 2), animate=False)
        return _painted(lines)

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
        self._state = "judging"
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
            self._state = ""
        self._draw()

    def _show(self, job: Job, report: Report, seconds: float) -> None:
        """The report as far as it goes: its first failure need not wait for the rest."""
        if any(result.outcome is Outcome.FAILED for result in report.checks):
            self.session.show(job.chapter, job.exercise, report)
        self._state = f"judging {job.exercise or job.chapter.stem}, {len(report.checks)} checks so far"

    def _take(self, job: Job, report: Report, seconds: float) -> None:
        self.session.take(job.chapter, job.exercise, report)
        here = self.session.current
        if job.chapter.stem == here.chapter.stem and job.exercise in (None, here.exercise.name):
            self._state = f"{seconds:.2f} s"
        elif job.exercise:
            passed = "passes" if report.passed else "does not pass yet"
            self._note = f"also saved: {job.exercise} in {job.chapter.label} {passed}; l goes there"

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
        """Judge every chapter on the desk."""
        self._judge(self.session.want_all())

    def action_reset(self) -> None:
        """Put the current exercise back to its stub, once that was said twice."""
        name = self.session.current.exercise.name
        self.push_screen(Question(f"Put {name} back to the stub? A backup is kept."), self._do_reset)

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
            run_brick("build", cwd=self.session.desk.root)
            input("\nEnter goes back ")
        self.refresh()

    def _say(self, note: str) -> None:
        self._note = note
        self._draw()


# --- what stands on it ------------------------------------------------------------------------------------


def list_lines(session: Session) -> tuple[list[str], int]:
    """The left column, and the line that the current exercise stands on."""
    lines: list[str] = []
    here = 0
    for chapter in session.chapters:
        scored = f"{points(session.points_of(chapter), chapter.points)}/{points(chapter.points)}"
        name = fit(chapter.stem, _LEFT - width_of(scored) - 1)
        lines.append(pad(name, _LEFT - width_of(scored)) + scored)
        for spot in (spot for spot in session.spots if spot.chapter is chapter):
            current = spot == session.current
            here = len(lines) if current else here
            mark = "ok" if session.is_done(spot) else "  "
            lines.append(fit(f"{'>' if current else ' '} {mark} {spot.exercise.name}", _LEFT))
    return lines, here


def work_lines(session: Session, width: int, details: bool) -> list[str]:
    """The right column: the current exercise, its checks, the card of the first failure, hints, prints."""
    name, report = session.current.exercise.name, session.shown
    lines = [fit(f"{name}   {session.shown_path}:{session.line_of_current()}", width), ""]
    if report is None:
        return [*lines, "not judged yet"]
    if report.error:
        lines += wrap(f"error: {clean(report.error)}", width, indent="  ", first="", cut=False)
        return [*lines, *_printed(report, width)]
    for breach in report.breaches:
        if name in breach.exercises:
            where = breach.place or f"line {breach.line}"
            text = f"{where}: {breach.name} may not be used here: {breach.reason}"
            lines += wrap(clean_line(text), width, indent="        ", first=pad("FAIL", 8))
    cards = 0
    for result in results_of(report, name):
        lead = pad(_WORDS[result.outcome], 8)
        lines += wrap(clean_line(result.title), width, indent=" " * 8, first=lead)
        if result.outcome is Outcome.FAILED and (details or cards == 0):
            lines += ["", *card(result, Style(width), " " * 8, hint=details), ""]
            cards += 1
        elif result.outcome is Outcome.NOT_RUN and details:
            lines += wrap(clean_line(result.message, 200), width, indent=" " * 8)
    return [*lines, *_hint_lines(session, width), *_printed(report, width)]


def _hint_lines(session: Session, width: int) -> list[str]:
    lines: list[str] = []
    for label, text in zip(("where to look: ", "the idea: ", "the steps: "), session.hints, strict=False):
        lines += wrap(label + clean_line(text), width, indent="    ", first="")
    if session.more_hints:
        lines.append("one more hint opens after the next attempt")
    return ["", *lines] if lines else []


def _printed(report: Report, width: int) -> list[str]:
    printed = [fit(line, width - 2) for line in clean(report.output).splitlines() if line.strip()]
    if not printed:
        return []
    more = [f"  … {len(printed) - _PRINTED} more lines"] if len(printed) > _PRINTED else []
    return ["", "printed by your code:", *(f"  {line}" for line in printed[:_PRINTED]), *more]


def _painted(lines: Iterable[str]) -> Text:
    """The lines, their first word in its colour; the word alone says it all."""
    text = Text(no_wrap=True)
    for line in lines:
        word = next((word for word in _COLOURS if line.lstrip("> ").startswith(f"{word} ")), "")
        start = line.find(word) if word else 0
        text.append(line[:start])
        text.append(line[start : start + len(word)], style=_COLOURS.get(word, "") if _colourful() else "")
        bold = line.startswith(">")
        text.append(line[start + len(word) :] + "\n", style="bold" if bold else "")
    return text


def _colourful() -> bool:
    return not os.environ.get("NO_COLOR")


def _id(spot: Spot) -> str:
    return f"{spot.chapter.stem}-{spot.exercise.name}"
