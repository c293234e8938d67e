"""Read the hints that a chapter's author wrote, and open those of an exercise one by one.

They are text of their own, `hints/STEM.md` beside the checks, so that a hint costs no import of the checks, and another
language is another file. `# softmax` opens what belongs to an exercise; below it stand `## idea`, `## steps`,
`## worked step` (on another problem, with code) and `## why`, a question for whoever has passed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from grader.course.paths import checks_file, hints_file
from grader.course.translations import key_of, long_texts
from grader.errors import CourseError
from grader.language import current
from grader.records import Chapter
from grader.workspace.workspace import Workspace

# Said by `gettext` where they are shown.
LABELS = ("where to look", "the idea", "the steps", "a worked step")
_PARTS = {"idea": "idea", "steps": "steps", "worked step": "worked_step", "why": "why"}


@dataclass(frozen=True)
class Written:
    """What an author wrote on one exercise, each part Markdown; '' for a part that is not there.

    Args:
        idea, steps: the second and the third level of the hints, in words.
        worked_step: the fourth, the technique on another problem, with code.
        why: a question asked after a pass; nothing judges the answer.
    """

    idea: str = ""
    steps: str = ""
    worked_step: str = ""
    why: str = ""

    def translated(self, texts: Mapping[str, str]) -> Written:
        """The same in another language.

        Args:
            texts: by the keys of the English ones; what is missing stays English.
        """
        parts = {one.name: getattr(self, one.name) for one in fields(self)}
        return Written(**{name: texts.get(key_of(english), english) for name, english in parts.items()})

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels that follow the first, which comes from the law that fails."""
        return tuple(text for text in (self.idea, self.steps, self.worked_step) if text)


def written_hints(chapter: Chapter) -> Mapping[str, Written]:
    """What is written on each exercise of a chapter, by its name; nothing where there is no such file.

    Raises:
        CourseError: the file cannot be read, or has a heading that means nothing.
    """
    path = hints_file(chapter)
    if not path.is_file():
        return {}
    translated = long_texts(checks_file(chapter), current())
    try:
        found = read_hints(path.read_text(encoding="utf-8"), path)
        return {name: written.translated(translated) for name, written in found.items()}
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError("the hints cannot be read", str(path), "save the file as UTF-8 text") from error


def read_hints(text: str, where: Path) -> dict[str, Written]:
    """The hints in a file's text, by exercise.

    Args:
        where: the file, for messages.

    Raises:
        CourseError: a heading means nothing.
    """
    parts: dict[str, dict[str, str]] = {}
    exercise = ""
    for depth, title, line, body in _sections(text):
        if depth == 1:
            exercise = title
            parts[exercise] = {}
        elif exercise and title in _PARTS:
            parts[exercise][_PARTS[title]] = body
        else:
            step = f"write # and an exercise, and below it ## and one of: {', '.join(_PARTS)}"
            raise CourseError(f"the heading '{title}' means nothing here", f"{where}, line {line}", step)
    return {name: Written(**found) for name, found in parts.items()}


def _sections(text: str) -> Iterator[tuple[int, str, int, str]]:
    """Each heading of one or two marks: their number, its words, its line, and the text below it.

    A line of code is no heading, though a comment begins as one does.
    """
    lines = text.splitlines()
    fenced = False
    heads: list[int] = []
    for at, line in enumerate(lines):
        fenced ^= line.startswith("```")
        if not fenced and line.startswith(("# ", "## ")):
            heads.append(at)
    for start, end in zip(heads, [*heads[1:], len(lines)], strict=True):
        marks, _, title = lines[start].partition(" ")
        yield len(marks), title.strip(), start + 1, "\n".join(lines[start + 1 : end]).strip()


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
