"""What the typed lines of a watch without a screen do: a key each, an exercise's name, or an answer."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable

from grader.errors import KitError, words_of
from grader.language import gettext as _
from grader.language import translate
from grader.report.hints import hint_lines
from grader.report.terminal import Style
from grader.text import clean_line
from grader.watch.jobs import Job
from grader.watch.plain_text import file_line, list_lines, verdict_on_current
from grader.watch.programs import has_window, open_window, run_brick
from grader.watch.state import WatchState
from grader.watch.view import next_step, reset_question, why_n_stays
from grader.workspace.questions import Question, UnreadableGuess, guess, readable, tally

KEYS = "n next, r run, h hint, p predict, l list, o open, c check all, x reset, d details, b build, q quit; then Enter"


class PlainKeys:
    """Acts on what was typed; the loop of `PlainWatch` hands in line by line.

    Args:
        state: what a key changes.
        judge: hands jobs to the judging thread.
        say: prints one line.
        style: gives the width and colour to write in, asked anew each time.
        reset: puts an exercise back to its stub; what to say about it.
        editor: the learner's editor, as a command line; None if none is known.

    Attributes:
        counting: whether all chapters are being judged for a count of what is done.
    """

    def __init__(
        self,
        state: WatchState,
        judge: Callable[[list[Job]], None],
        say: Callable[[str], None],
        style: Callable[[], Style],
        reset: Callable[[WatchState], str],
        editor: list[str] | None,
    ) -> None:
        self.state, self._judge, self._say, self._style = state, judge, say, style
        self._reset, self._editor = reset, editor
        self._asks: Callable[[str], None] | None = None  # what the next typed line is an answer to
        self.counting = False

    def take(self, word: str) -> bool:
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
            "": lambda: self._say(_("keys: {keys}").format(keys=_(KEYS))),
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
            if why := why_n_stays(self.state):
                self._say(why)
            self._say(_("next: {step}").format(step=next_step(self.state)))

    def _go_to(self, word: str) -> None:
        """Make the exercise that was named the current one."""
        found = self.state.find(word)
        if found is None:
            self._say(
                _("no key and no exercise '{word}'; keys: {keys}").format(
                    word=clean_line(word, 40), keys=_(KEYS)
                )
            )
            return
        self.state.go_to(found)
        self._begin_current()

    def _begin_current(self) -> None:
        """Say which exercise is current now, and judge it."""
        self._say("")
        self._say(self.state.shown_path + _(": ") + self.state.current.exercise.name)
        self._run()

    def _run(self) -> None:
        """Judge the current exercise again; where its file cannot be read, say what is wrong with it."""
        jobs = self.state.want_current()
        if jobs:
            self._judge(jobs)
        else:
            self._say(file_line(self.state))
            self._say(_("next: {step}").format(step=next_step(self.state)))

    def _hint(self) -> None:
        """Say all hints that are open, for earlier ones may have scrolled away."""
        why_not = self.state.open_hint()
        if why_not:
            self._say(why_not)
            return
        self._say("\n".join(hint_lines(self.state.hints, self._style().width)))
        if self.state.more_hints:
            self._say(_("one more opens after the next attempt"))

    def _ask_to_predict(self) -> None:
        """Ask a question of the lesson; the next typed line is taken as the guess."""
        question, width = self.state.question(), self._style().width
        if question is None:
            self._say(
                _("{chapter} has no questions to predict").format(chapter=self.state.current.chapter.stem)
            )
            return
        self._say(
            _("{label} before {exercise}").format(label=question.chapter.label, exercise=question.exercise)
        )
        self._say("\n".join([*readable(question.text, width), *question.choices]))
        self._say(_("your guess: {form}; Enter alone shows the answer").format(form=question.answer.form))
        self._asks = functools.partial(self._compare, question)

    def _compare(self, question: Question, words: str) -> None:
        """Say whether the guess is right and what the lesson says; one that cannot be read is asked for again."""
        try:
            if words:
                self._say(_("right") if guess(self.state.workspace, question, words) else _("not so"))
        except UnreadableGuess as error:
            self._say(translate(str(error)))
            self._asks = functools.partial(self._compare, question)
            return
        self._say("\n".join(readable(question.told, self._style().width)))
        self._say(tally(self.state.workspace))

    def _open(self) -> None:
        """Open the file in an editor with a window of its own, or say where to look."""
        path, line = self.state.path, self.state.line_of_current() or 1
        # An editor in this terminal would fight with our own lines for it.
        if self._editor is not None and has_window(self._editor):
            try:
                open_window(self._editor, path, line)
                return
            except OSError as error:
                self._say(_("the editor does not start: {error}").format(error=translate(words_of(error))))
        self._say(_("open {path}, line {line}, in your editor").format(path=self.state.shown_path, line=line))

    def _check_all(self) -> None:
        self.counting = True
        self._judge(self.state.want_all())

    def _ask_reset(self) -> None:
        self._say(_("{question} y or n").format(question=reset_question(self.state)))
        self._asks = self._do_reset

    def _do_reset(self, answer: str) -> None:
        """Anything but a clear yes changes nothing."""
        if answer.lower() not in ("y", "yes"):
            self._say(_("nothing was changed"))
            return
        try:
            self._say(self._reset(self.state))
        except KitError as error:
            self._say(translate(str(error)))

    def _toggle_details(self) -> None:
        self.state.details = not self.state.details
        text = verdict_on_current(self.state, self._style())
        if text:
            self._say("")
            self._say(text)

    def _build(self) -> None:
        """Train the network; saves and keys wait in the queue meanwhile."""
        # The other program writes to the same terminal, and what we said comes first.
        sys.stdout.flush()
        run_brick("build", cwd=self.state.workspace.root)
