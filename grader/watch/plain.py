"""Watch line by line, for screen readers, pipes and the plainest terminals: words down the screen, keys with Enter."""

from __future__ import annotations

import functools
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from grader.course.paths import exercises_folder
from grader.errors import KitError
from grader.report.terminal import Style, render
from grader.text import clean, clean_line, points, wrap
from grader.watch.file_watcher import Saves
from grader.watch.session import Session, editor_words, has_window, run_brick
from grader.watch.worker import Judging, News
from grader.workspace.questions import Question, UnreadableGuess, guess, readable, tally

if TYPE_CHECKING:
    from grader.watch.warm_sandbox import Bench

KEYS = "n next, r run, h hint, p predict, l list, o open, c check all, x reset, d details, b build, q quit; then Enter"


@dataclass(frozen=True)
class _Saved:
    paths: list[Path]


@dataclass(frozen=True)
class _Typed:
    word: str


class PlainWatch:
    """The loop: saves, typed words and verdicts come in one queue, lines go out.

    Args:
        typed: where the keys come from, a line each.
        say: prints one line.
        style: gives the width and colour to write in, asked anew each time.
        reset: puts an exercise back to its stub; what to say about it.
    """

    def __init__(
        self,
        session: Session,
        bench: Bench,
        typed: IO[str],
        say: Callable[[str], None],
        style: Callable[[], Style],
        reset: Callable[[Session], str],
        editor: list[str] | None = None,
        events: bool = True,
    ) -> None:
        self.session, self._say, self._style, self._reset = session, say, style, reset
        self._typed, self._editor = typed, editor
        self._inbox: queue.Queue[_Saved | _Typed | News] = queue.Queue()
        self._judging = Judging(lambda: bench, self._inbox.put)
        self._saves = Saves(
            lambda: [
                path for c in session.course.chapters if (path := session.workspace.find(c)) is not None
            ],
            [exercises_folder(session.workspace.root), session.workspace.root],
            lambda paths: self._inbox.put(_Saved(paths)),
            events=events,
        )
        self._asks: Callable[[str], None] | None = None
        self._details = False
        self._counting = False

    def run(self) -> None:
        """Watch until the learner quits or the input ends."""
        self._say(f"{self.session.shown_path}: {self.session.current.exercise.name}")
        self._say(f"keys: {KEYS}")
        self._judging.start()
        self._saves.start()
        threading.Thread(target=self._read, name="keys", daemon=True).start()
        self._judging.ask(self.session.want_first())
        try:
            while self._one(self._inbox.get()):
                pass
        except KeyboardInterrupt:
            self._say("")
        finally:
            self._saves.close()
            self._judging.close()

    def _read(self) -> None:
        for line in self._typed:
            self._inbox.put(_Typed(line.strip()))
        self._inbox.put(_Typed("q"))

    def _one(self, message: _Saved | _Typed | News) -> bool:
        if isinstance(message, _Typed):
            return self._key(message.word)
        if isinstance(message, _Saved):
            jobs = self.session.saved(message.paths)
            if jobs:
                self._judging.ask(jobs)
            return True
        return self._hear(message)

    # --- verdicts ---

    def _hear(self, news: News) -> bool:
        session = self.session
        if news.kind == "broken":
            self._say(f"error: {clean(news.error)}")
            return False
        if news.kind == "judged" and news.job is not None and news.report is not None:
            session.take(news.job.chapter, news.job.exercise, news.report)
            mine = news.job.chapter.stem == session.current.chapter.stem
            if mine and news.job.exercise == session.current.exercise.name:
                self._verdict(news.seconds)
            elif news.job.exercise is None:
                self._chapter_line(news)
            else:
                self._other_line(news)
        if news.kind == "done" and self._counting:
            self._counting = False
            self._say(f"{len(session.place.done)} of {len(session.spots)} exercises are done")
        return True

    def _verdict(self, seconds: float = 0.0) -> None:
        """The current exercise alone, as `brick check --exercise` shows it."""
        from dataclasses import replace

        session, name = self.session, self.session.current.exercise.name
        report = session.shown
        if report is None:
            return
        mine = replace(
            report,
            checks=tuple(check for check in report.checks if check.exercise == name),
            exercises=tuple(score for score in report.exercises if score.name == name),
        )
        style = self._style()
        shown = Style(style.width, style.colour, 99 if self._details else 1)
        self._say("")
        self._say(render(mine, shown, session.next_step()).rstrip("\n"))
        if seconds:
            self._say(f"judged in {seconds:.2f} s")

    def _chapter_line(self, news: News) -> None:
        assert news.report is not None
        assert news.job is not None
        chapter = news.job.chapter
        word = "ok  " if news.report.passed else "FAIL" if news.report.points else "open"
        scored = f"{points(news.report.points, chapter.points)} of {points(chapter.points)} points"
        self._say(f"{word}  {chapter.stem}: {scored}")

    def _other_line(self, news: News) -> None:
        assert news.report is not None
        assert news.job is not None
        passed = "passes" if news.report.passed else "does not pass yet"
        self._say(f"also saved: {news.job.exercise} in {news.job.chapter.label} {passed}")

    # --- keys ---

    def _key(self, word: str) -> bool:
        if self._asks is not None:
            asked, self._asks = self._asks, None
            asked(word)
            return True
        keys: dict[str, Callable[[], None]] = {
            "n": self._next,
            "r": lambda: self._judging.ask(self.session.want_current()),
            "h": self._hint,
            "p": self._ask_to_predict,
            "l": self._list,
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
        session = self.session
        if session.advance():
            self._say("")
            self._say(f"{session.shown_path}: {session.current.exercise.name}")
            self._judging.ask(session.want_current())
        else:
            self._say(f"next: {session.next_step()}")

    def _go_to(self, word: str) -> None:
        spot = self.session.find(word)
        if spot is None:
            self._say(f"no key and no exercise '{clean_line(word, 40)}'; keys: {KEYS}")
            return
        self.session.go_to(spot)
        self._say(f"{self.session.shown_path}: {spot.exercise.name}")
        self._judging.ask(self.session.want_current())

    def _hint(self) -> None:
        why_not = self.session.open_hint()
        if why_not:
            self._say(why_not)
            return
        for text in self.session.hints:
            self._say("\n".join(wrap(clean_line(text), self._style().width, indent="      ", first="hint: ")))
        if self.session.more_hints:
            self._say("one more opens after the next attempt")

    def _ask_to_predict(self) -> None:
        question, width = self.session.question(), self._style().width
        if question is None:
            self._say(f"{self.session.current.chapter.stem} has no questions to predict")
            return
        self._say(f"{question.chapter.label} before {question.exercise}")
        self._say("\n".join([*readable(question.text, width), *question.choices]))
        self._say(f"your guess: {question.answer.form}; Enter alone shows the answer")
        self._asks = functools.partial(self._compare, question)

    def _compare(self, question: Question, words: str) -> None:
        try:
            if words:
                self._say("right" if guess(self.session.workspace, question, words) else "not so")
        except UnreadableGuess as error:
            self._say(str(error))
            self._asks = functools.partial(self._compare, question)
            return
        self._say("\n".join(readable(question.told, self._style().width)))
        self._say(tally(self.session.workspace))

    def _list(self) -> None:
        for chapter in self.session.chapters:
            scored = self.session.points_of(chapter)
            self._say(
                f"{chapter.label} {chapter.title}: {points(scored, chapter.points)} of {points(chapter.points)} points"
            )
            for spot in self.session.spots:
                if spot.chapter is chapter:
                    here = ", you are here" if spot == self.session.current else ""
                    self._say(
                        f"  {'done' if self.session.is_done(spot) else 'open'}  {spot.exercise.name}{here}"
                    )
        self._say("type an exercise's name to go there")

    def _open(self) -> None:
        path, line = self.session.path, self.session.line_of_current()
        if self._editor is not None and has_window(self._editor):
            try:
                subprocess.Popen(editor_words(self._editor, path, line))
                return
            except OSError as error:
                self._say(f"the editor does not start: {error.strerror}")
        self._say(f"open {path}, line {line}, in your editor")

    def _check_all(self) -> None:
        self._counting = True
        self._judging.ask(self.session.want_all())

    def _ask_reset(self) -> None:
        self._say(f"put {self.session.current.exercise.name} back to the stub? a backup is kept; y or n")
        self._asks = self._do_reset

    def _do_reset(self, answer: str) -> None:
        if answer.lower() not in ("y", "yes"):
            self._say("nothing was changed")
            return
        try:
            self._say(self._reset(self.session))
        except KitError as error:
            self._say(str(error))

    def _toggle_details(self) -> None:
        self._details = not self._details
        self._verdict()

    def _build(self) -> None:
        sys.stdout.flush()
        run_brick("build", cwd=self.session.workspace.root)
