"""What opens on top of the screen: the list of exercises, a question of the lesson, and whether one is sure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from grader.language import gettext as _
from grader.language import translate
from grader.watch.state import WatchState
from grader.watch.view import done_word
from grader.workspace.progress import CourseExercise
from grader.workspace.questions import Question, UnreadableGuess, guess, readable, tally
from grader.workspace.workspace import Workspace

_WIDE = 76


class Chooser(ModalScreen[CourseExercise | None]):
    """The list of exercises; typing narrows it down.

    Ends with the exercise chosen, None after Escape.
    """

    CSS = """
    Chooser { align: center middle; }
    Chooser #box { width: 60; height: 80%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "back"),
        Binding("down", "into_list", show=False),
    ]

    def __init__(self, state: WatchState) -> None:
        super().__init__()
        self._state = state

    def compose(self) -> ComposeResult:
        """A line to search in, and the list."""
        with Vertical(id="box", classes="box") as box:
            box.border_subtitle = _("Escape goes back")
            yield Input(placeholder=_("search; Enter goes there"))
            yield OptionList(*self._options(""), markup=False)

    def _options(self, word: str) -> Iterable[Option]:
        """The exercises whose name or chapter contains `word`, in the order of the course."""
        for one in self._state.exercises:
            if word.lower() in f"{one} {one.chapter.title}".lower():
                here = ">" if one == self._state.current else " "
                done = done_word(self._state, one)
                yield Option(f"{here} {done}  {one.chapter.label}  {one.exercise.name}", id=_id(one))

    def on_mount(self) -> None:
        """Begin at the current exercise."""
        choices = self.query_one(OptionList)
        choices.highlighted = self._state.exercises.index(self._state.current)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list down."""
        choices = self.query_one(OptionList)
        choices.clear_options()
        found = list(self._options(event.value))
        choices.add_options(found or [Option(_("no exercise is called that"), disabled=True)])
        choices.highlighted = 0 if found else None

    def on_input_submitted(self) -> None:
        """Enter in the search line takes the one that is marked."""
        choices = self.query_one(OptionList)
        if choices.highlighted is not None:
            self._choose(choices.get_option_at_index(choices.highlighted).id)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter or a click in the list."""
        self._choose(event.option.id)

    def action_into_list(self) -> None:
        """From the search line down into the list."""
        self.query_one(OptionList).focus()

    def _choose(self, name: str | None) -> None:
        """Close with the exercise of that id."""
        self.dismiss(next((one for one in self._state.exercises if _id(one) == name), None))


class Sure(ModalScreen[bool]):
    """Something that is not to be undone by a slip: y or n.

    Ends with True after y; everything else leaves things as they are.
    """

    CSS = """
    Sure { align: center middle; }
    Sure #asked { width: 60; height: auto; padding: 1 2; }
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
        yield Label(f"{self._text}\n\n{_('y yes    n no')}", id="asked", classes="box", markup=False)


class Predict(ModalScreen[None]):
    """A question of the lesson, a guess, and what the lesson says to it.

    Ends with nothing: the guess is kept in the workspace, and never graded.
    """

    CSS = """
    Predict { align: center middle; }
    Predict #box { width: 80; height: auto; max-height: 90%; padding: 0 1; }
    Predict Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "back")]

    def __init__(self, question: Question, workspace: Workspace) -> None:
        super().__init__()
        self._question, self._workspace = question, workspace
        self._told = False

    def compose(self) -> ComposeResult:
        """The question and a line to answer in; what the lesson says comes below."""
        with VerticalScroll(id="box", classes="box", can_focus=False) as box:
            box.border_subtitle = _("Escape goes back")
            yield Static(self._asked(), id="question", markup=False)
            yield Input(
                placeholder=_("{form}; Enter shows the answer").format(form=self._question.answer.form)
            )
            yield Static(id="told", markup=False)

    def _width(self) -> int:
        """Columns for the text: as many as there are beside the frame, and no more than can be read well."""
        return max(30, min(_WIDE, self.app.size.width - 8))

    def _asked(self) -> str:
        """Where the question stands in the lesson, the question, and what there is to choose from."""
        question = self._question
        head = _("{label}  before {exercise}").format(
            label=question.chapter.label, exercise=question.exercise
        )
        choices = [f"  {choice}" for choice in question.choices]
        return "\n".join([head, "", *readable(question.text, self._width()), *choices])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Compare the guess; a second Enter leaves."""
        if self._told:
            self.dismiss(None)
            return
        words = event.value.strip()
        try:
            # Enter without a guess shows the answer, and counts as nothing.
            verdict = (
                (_("right") if guess(self._workspace, self._question, words) else _("not so"))
                if words
                else ""
            )
        except UnreadableGuess as error:
            self.query_one("#told", Static).update(translate(str(error)))
            return
        self._told = True
        lines = [verdict, "", *readable(self._question.told, self._width()), "", tally(self._workspace)]
        self.query_one("#told", Static).update("\n".join(lines).strip("\n"))
        self.query_one("#told").scroll_visible(animate=False)


def _id(one: CourseExercise) -> str:
    """textual allows no slash in an id."""
    return f"{one.chapter.stem}-{one.exercise.name}"
