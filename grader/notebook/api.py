"""Turn `check("softmax")` in the learner's own process into points and a card.

Nothing is judged here: the source goes to a process of its own, which the learner's session cannot disturb, and which
does not disturb it: no default dtype, patched function or warning of the one reaches the other.
"""

from __future__ import annotations

import os
import sys
from types import FrameType
from typing import Any

from grader.errors import KitError
from grader.language import gettext as _
from grader.language import translate
from grader.notebook.rpc import Helper, HelperLost

_helper: Helper | None = None


class Score(float):
    """Points earned on one exercise; where there is HTML, a card tells how they came about."""

    card: str

    def __new__(cls, points: float = 0.0, card: str = "") -> Score:
        """A float that brings its card."""
        score = super().__new__(cls, points)
        score.card = card
        return score

    # Written out, so that neither %precision nor a formatter for floats changes it: nbgrader reads the points here.
    def __repr__(self) -> str:
        return float.__repr__(self)

    def _repr_html_(self) -> str:
        return self.card


class Note:
    """Something to read: as HTML where there is HTML, else as text."""

    def __init__(self, text: str, html: str) -> None:
        self.text, self.html = text, html

    def __repr__(self) -> str:
        return self.text.rstrip("\n")

    def _repr_html_(self) -> str:
        return self.html


def check(name: str) -> Score:
    """Check the exercise `name` as you have written it, and see the smallest input that fails.

    Args:
        name: softmax; ch03/softmax where two chapters have the name; ch03 for the whole chapter.

    Returns:
        The points that count, a float; 0 for an extra. A notebook shows them as a card; elsewhere the card is printed.

    Nothing that a learner can mend is raised: it is shown in the card, and the points are 0.
    """
    told = _ask("check", name, sys._getframe(1))
    if not _shows_html():
        print(told["text"], end="")
    return Score(told.get("points", 0.0), told["html"])


def hint(name: str) -> Note:
    """Open a hint for the exercise `name`, and one more after each attempt. Hints cost no points.

    Args:
        name: as for `check`, but one exercise.
    """
    return _note(_ask("hint", name, sys._getframe(1)))


def predict(name: str, *guess: object) -> Note:
    """Ask a question of the lesson before the exercise `name`, or compare a guess with its answer. Never graded.

    Args:
        name: an exercise, softmax, or a chapter, ch03.
        guess: what you think comes out: `predict("softmax", 0.5, 0.5)`, or a word. Left out, the question is shown.
    """
    told = ", ".join(map(str, guess))
    try:
        return _note(_judging().ask(do="predict", name=str(name), guess=told))
    except (KitError, HelperLost) as error:
        return _note(_told(error))


def status() -> Note:
    """What has been checked since the notebook was opened: points, and what is left."""
    return _note(_ask("status", "", sys._getframe(1)))


def _note(told: dict[str, Any]) -> Note:
    """An answer as something that a notebook shows."""
    return Note(told["text"], told["html"])


def _ask(do: str, name: str, caller: FrameType) -> dict[str, Any]:
    """The answer of the process that judges; what the learner can mend is an answer too, never an exception.

    Args:
        do: check, hint or status.
        caller: the frame that called us; it says where the learner's code stands.
    """
    try:
        return _judging().ask(do=do, name=str(name), **_source_at(caller))
    except (KitError, HelperLost) as error:
        return _told(error)


def _told(error: KitError | HelperLost) -> dict[str, Any]:
    """An error as an answer: in a notebook a traceback would hide what to do."""
    if isinstance(error, HelperLost):
        what, step = (
            _("the checks ended early: {error}").format(error=translate(str(error))),
            _("run the cell again"),
        )
        return _refusal(KitError(what, _("the process that checks"), step))
    return _refusal(error)


def _judging() -> Helper:
    """The process that judges, started with the first question; it lives as long as this session."""
    global _helper
    if _helper is None:
        _helper = Helper("grader.notebook.server")
    return _helper


def _refusal(error: KitError) -> dict[str, Any]:
    """An error as an answer without points."""
    # Only for an error: it imports the templates, and the session of a learner is to stay light.
    from grader.report.html.notes import refusal_html

    lines = ((_("error:"), error.what), (_("  where:"), error.where), (_("  next: "), error.next_step))
    text = "\n".join(f"{label} {translate(words)}" for label, words in lines) + "\n"
    return {"points": 0.0, "text": text, "html": refusal_html(error)}


# --- where the learner is ---------------------------------------------------------------------------------


def _source_at(caller: FrameType) -> dict[str, Any]:
    """What the learner wrote: the cells run so far, or the file that calls.

    Raises:
        KitError: neither a notebook nor a file, as in a plain interactive Python.
    """
    shell = _shell()
    if shell is not None and caller.f_globals is shell.user_ns:
        # As typed, magics and all; `In` holds them already turned into calls.
        history = shell.history_manager
        typed = history.input_hist_raw if history is not None else shell.user_ns.get("In", [])
        return {"cells": [str(text) for text in typed]}
    path = caller.f_globals.get("__file__")
    if isinstance(path, str):
        return {"file": os.path.abspath(path)}
    what, step = (
        _("what is typed here cannot be read again"),
        _("write it into a file or a notebook, and check there"),
    )
    raise KitError(what, "this session", step)


def _shell() -> Any:
    """The IPython that runs here; None where there is none. It is not imported: whoever runs it has done so."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def _shows_html() -> bool:
    """Whether a kernel stands behind this session, with a notebook, VS Code or Colab in front."""
    return getattr(_shell(), "kernel", None) is not None
