"""Keep what a learner wrote to the questions asked after a pass: text for people, which nothing judges.

It is one Markdown file beside the progress and may be committed with it, or edited by hand.
"""

from __future__ import annotations

from pathlib import Path

from grader.course.writing import write_whole
from grader.errors import UsageError, remedy
from grader.language import kept, translate
from grader.workspace.workspace import Workspace

EXPLANATIONS_FILE = "brickwork-explanations.md"
_HEAD = kept(
    "# Explained in a sentence\n\nNothing here is graded. brick show asks and keeps it; change it as you like.\n"
)


def explanation(workspace: Workspace, key: str) -> str:
    """What was written to the question of an exercise; '' if nothing was, or the file cannot be read.

    Args:
        key: names the exercise, `ch03_activations/softmax`.
    """
    try:
        below = _sections(_path(workspace)).get(key, "").split("\n")
    except (OSError, UnicodeDecodeError):  # whoever writes to it is told
        return ""
    return "\n".join(line for line in below if not line.startswith(">")).strip()


def keep_explanation(workspace: Workspace, key: str, question: str, words: str) -> None:
    """Keep it, in the place of what was written before.

    Raises:
        UsageError: the file cannot be read or written; it is as it was then.
    """
    path = _path(workspace)
    asked = "\n".join(f"> {line}" for line in question.split("\n"))
    try:
        sections = _sections(path) | {key: f"{asked}\n\n{_without_heading(words)}"}
        write_whole(
            path,
            "\n".join([translate(_HEAD), *(f"## {name}\n\n{text}\n" for name, text in sections.items())]),
        )
    except OSError as error:
        what = f"the explanation cannot be kept: {error.strerror}"
        step = remedy(error, "make the file UTF-8 text that you can write")
        raise UsageError(what, str(path), step) from error
    except UnicodeDecodeError as error:
        what = f"the explanation cannot be kept: {error}"
        raise UsageError(what, str(path), "make the file UTF-8 text that you can write") from error


def _path(workspace: Workspace) -> Path:
    return workspace.root / EXPLANATIONS_FILE


def _without_heading(words: str) -> str:
    """Words in which no line passes for the heading of another exercise."""
    return "\n".join(line.lstrip("# ") if line.startswith("## ") else line for line in words.split("\n"))


def _sections(path: Path) -> dict[str, str]:
    """The text below each heading; nothing where there is no file."""
    if not path.is_file():
        return {}
    found: dict[str, list[str]] = {}
    below: list[str] = []
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line.startswith("## "):
            below = found.setdefault(line.removeprefix("## ").strip(), [])
        else:
            below.append(line)
    return {name: "\n".join(lines).strip() for name, lines in found.items()}
