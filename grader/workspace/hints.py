"""Open the hints of an exercise one by one: one at first, and one more after each attempt."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from grader.course.paths import checks_file
from grader.records import Chapter
from grader.syntax import parse_in_turn
from grader.workspace.workspace import Workspace

LABELS = ("where to look", "the idea", "the steps")


def written_hints(chapter: Chapter) -> Mapping[str, tuple[str, ...]]:
    """The hints that a chapter's author wrote for each exercise: the idea, then the steps; none without checks.

    They are read from the source of the checks. Importing it would import torch and Hypothesis, and a hint is asked
    for by somebody who waits for nothing else.
    """
    path = checks_file(chapter)
    if not path.is_file():
        return {}
    for node in parse_in_turn(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "HINTS":
            hints: dict[str, tuple[str, ...]] = ast.literal_eval(node.value)
            return hints
    return {}


def open_one_more(workspace: Workspace, key: str, attempt: str, levels: int) -> int:
    """How many hints are open now: one at first, and one more whenever the attempt has changed since.

    Asking twice without writing anything opens nothing new: a hint is to be tried before the next is read.

    Args:
        key: names the exercise, `ch03_activations/softmax`.
        attempt: a fingerprint of what the learner wrote, see `attempt_of`.
        levels: how many hints there are.

    Returns:
        From 1 to `levels`.
    """
    notes = workspace.read_note("hints.json")
    note = notes.get(key)
    opened = note.get("opened", 0) if isinstance(note, dict) else 0
    if not isinstance(opened, int) or opened < 1:
        opened = 1
    elif isinstance(note, dict) and note.get("attempt") != attempt:
        opened += 1
    opened = min(opened, levels)
    workspace.write_note("hints.json", notes | {key: {"opened": opened, "attempt": attempt}})
    return opened
