"""Say where the files of a course lie: a chapter's exercise, solution, known mistakes, right versions and checks.

Learners get `course.yml`, `exercises/` and the pictures that stand in them alone. All else is in a checkout of the
course only. The checks of the twelve chapters are part of the installed kit; a course of one's own has them in its
folder. One stem, such as `ch03_activations`, names the file of a chapter in every folder.

A function that names a file does not look for it: whether it is there is for the caller to ask.
"""

from __future__ import annotations

from pathlib import Path

from grader.language import Language
from grader.records import Chapter

_PACKAGE = Path(__file__).resolve().parents[1]


def exercises_folder(root: Path) -> Path:
    """Where the exercises are worked on."""
    return root / "exercises"


def solutions_folder(root: Path) -> Path:
    """Where the solutions lie; there is none outside a checkout.

    Learners' copies and the installed package come without it.
    """
    return root / "solutions"


def mistakes_folder(root: Path) -> Path:
    """Where the sources of the known mistakes lie."""
    return solutions_folder(root) / "mistakes"


def is_checkout(root: Path) -> bool:
    """Whether the course comes with its solutions, without which nothing can be released or proven."""
    return solutions_folder(root).is_dir()


def exercise_file(root: Path, stem: str) -> Path:
    """The stub that learners fill in; made from the solution."""
    return exercises_folder(root) / f"{stem}.py"


def solution_file(root: Path, stem: str) -> Path:
    """The lesson with all exercises solved."""
    return solutions_folder(root) / f"{stem}.py"


def mistakes_file(root: Path, stem: str) -> Path:
    """Versions of the exercises that are known to be wrong; the checks must catch each."""
    return mistakes_folder(root) / f"{stem}.py"


def right_file(root: Path, stem: str) -> Path:
    """Versions of the exercises that are right and written differently; the checks must pass each."""
    return solutions_folder(root) / "right" / f"{stem}.py"


def equivalents_file(root: Path) -> Path:
    """The reviewed list of mutants that change nothing, of all chapters."""
    return mistakes_folder(root) / "equivalent.yml"


def gates_file(root: Path) -> Path:
    """The reviewed list of gates that no check can kill, of all chapters."""
    return mistakes_folder(root) / "gates.yml"


def pictures_folder(root: Path) -> Path:
    """Where the pictures of the lessons lie, a folder per chapter; a course need not have any."""
    return root / "pictures"


def checks_folder(root: Path) -> Path:
    """Where a course of one's own has its checks. Who may have them run is for `grader.course.trust` to say."""
    return root / "checks"


def kit_checks_file(stem: str) -> Path:
    """The checks that the kit has for a chapter of this name."""
    return _PACKAGE / "checks" / f"{stem}.py"


def checks_file_in(root: Path, stem: str) -> Path:
    """The checks of a chapter of the course in `root`, its own or those of the kit."""
    own = checks_folder(root) / f"{stem}.py"
    return own if own.is_file() else kit_checks_file(stem)


def checks_file(chapter: Chapter) -> Path:
    """The checks by which a chapter is judged, those of its course or of the kit that runs."""
    return chapter.checks or kit_checks_file(chapter.stem)


def hints_file(chapter: Chapter) -> Path:
    """The hints on a chapter's exercises: plain text beside its checks. None has to be there."""
    return checks_file(chapter).parent / "hints" / f"{chapter.stem}.md"


def translations_file(checks: Path, language: Language) -> Path:
    """The long texts of a chapter in another language, beside its checks. None has to be there."""
    return checks.parent / language / f"{checks.stem}.md"


def known_mistakes_file(chapter: Chapter) -> Path:
    """What the known mistakes of a chapter answer, beside its checks: from it a learner's mistake gets its name."""
    return checks_file(chapter).parent / "mistakes" / f"{chapter.stem}.json"
