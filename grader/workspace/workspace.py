"""The learner's workspace: the folder with the exercises, and what the kit remembers there between two commands.

course.yml                  which chapters there are; `brick init` copies it
exercises/ch03_....py       what the learner writes; a notebook of the same stem will do as well
pictures/                   what the lessons show
brickwork-progress.txt      how far the learner is; may be committed
brickwork-explanations.md   what was written to the questions after a pass; may be committed
.brickwork/                 notes of the kit: last reports, failing inputs, hints opened, backups, the store;
                            git is told to leave them alone
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any

from grader.course.config import COURSE_FILE, packaged_course_root
from grader.course.paths import checks_file_in, exercise_file, exercises_folder, pictures_folder
from grader.course.translations import localized
from grader.course.writing import write_whole
from grader.errors import CourseError, KitError, UsageError, remedy
from grader.language import Language, current, language_of
from grader.records import Chapter, Course
from grader.submissions.reading import further_on
from grader.syntax import parse_in_turn

STATE_FOLDER = ".brickwork"
INPUTS_FOLDER = "inputs"  # in that folder; see engine/inputs_file.py
SECRET_VARIABLE = "BRICKWORK_SECRET"
SECRET_FILE = "secret"
SHORTEST_SECRET = 32  # characters; a file cut short by a full disk must not pass for a secret
SUFFIXES = (".py", ".ipynb")


class FileState(Enum):
    """Whether an exercise file can be read. Editors and git take files away and put others in their place."""

    READABLE = auto()
    GONE = auto()
    FOLDER = auto()  # a folder bears the name of the file
    UNREADABLE = auto()  # its permissions forbid it


def state_of_file(path: Path) -> FileState:
    """What stands under a path at this moment."""
    if path.is_dir():
        return FileState.FOLDER
    if not path.is_file():
        return FileState.GONE
    return FileState.READABLE if os.access(path, os.R_OK) else FileState.UNREADABLE


@dataclass(frozen=True)
class Workspace:
    """One course folder.

    Nothing in it is trusted to be there: a learner may delete or damage any file, and every method says what then.

    Args:
        root: the folder with course.yml, or wherever somebody stands when there is none.
    """

    root: Path

    @property
    def state(self) -> Path:
        """The folder of the kit's notes; safe to delete, apart from the secret of a course that is being graded."""
        return self.root / STATE_FOLDER

    def candidates(self, chapter: Chapter) -> tuple[Path, ...]:
        """Where the file of a chapter may be; the first folder that has one counts."""
        folders = (exercises_folder(self.root), self.root)
        return tuple(folder / f"{chapter.stem}{suffix}" for folder in folders for suffix in SUFFIXES)

    def find(self, chapter: Chapter) -> Path | None:
        """The file in which `chapter` is worked on, None if there is none.

        Of a script and a notebook side by side it is the one in which more is written: the other may well be the
        stub that `brick init` put there.
        """
        found = [path for path in self.candidates(chapter) if path.is_file()]
        beside = [path for path in found if path.parent == found[0].parent]
        return further_on(beside, chapter) if len(beside) > 1 else next(iter(beside), None)

    def exercise_file(self, chapter: Chapter) -> Path:
        """The file in which `chapter` is worked on; UsageError if there is none."""
        path = self.find(chapter)
        if path is None:
            # Where others are worked on, `brick init` would refuse to touch them.
            begun = any(exercises_folder(self.root).glob("*.*"))
            step = f"run: brick reset {chapter.label}" if begun else self.how_to_begin()
            missing = exercise_file(self.root, chapter.stem)
            raise UsageError(f"{chapter.stem} has no exercise file", str(missing), step)
        return path

    def has_course(self) -> bool:
        """Whether this is a folder that `brick init` made, or a checkout, and not just where somebody stands."""
        return (self.root / COURSE_FILE).is_file()

    def how_to_begin(self) -> str:
        """The command that brings the exercises where there are none."""
        return "run: brick init ." if self.has_course() else "run: brick init"

    # --- notes ------------------------------------------------------------------------------------------------

    def read_note(self, name: str) -> dict[str, Any]:
        """A note as it was written; an empty one if it is missing or damaged.

        Args:
            name: a path below the folder of notes, such as `reports/ch03_activations.json`.

        Returns:
            What was written last. Whoever reads it checks each value: a hand, or another version, may have changed it.
        """
        try:
            value = json.loads((self.state / name).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    def write_note(self, name: str, value: dict[str, Any]) -> OSError | None:
        """Keep a note, whole or not at all; a workspace that cannot be written to is left without.

        A note is a comfort, so to lose one is no error: a read-only folder still gets its verdicts.

        Returns:
            Why it could not be kept; None where it was.
        """
        path = self.state / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            ignored = self.state / ".gitignore"
            if not ignored.exists():
                # Notes change with every save: under version control they would bar each switch to another branch.
                write_whole(ignored, "*\n")
            write_whole(path, json.dumps(value, indent=1, ensure_ascii=False))
        except OSError as error:
            return error
        return None

    def secret(self) -> bytes:
        """The course's key, from which the graded inputs are drawn: from the environment, else made once and kept.

        Whoever knows it can compute the inputs that submissions are graded on, so the file is for its owner alone.
        To lose it means that a regrade draws other inputs. One that is there and cannot be used is an error: without
        it a class would be graded on inputs that anybody can compute.

        Raises:
            KitError: it can be neither read nor written, or is damaged.
        """
        given = os.environ.get(SECRET_VARIABLE, "")
        if given:
            return given.encode()
        path = self.state / SECRET_FILE
        try:
            if not os.path.lexists(path):
                self.state.mkdir(parents=True, exist_ok=True)
                _make_secret(path)
            kept = path.read_text(encoding="ascii").strip()
        except OSError as error:
            step = f"set {SECRET_VARIABLE}, or grade from a folder you can read and write"
            what = f"the course's secret cannot be kept or read: {error.strerror}"
            raise KitError(what, str(path), remedy(error, step)) from error
        except UnicodeDecodeError:
            kept = ""
        if len(kept) < SHORTEST_SECRET:
            what = "the course's secret is damaged: it is empty, too short or no text"
            step = (
                "bring it back from a backup; or delete it, and grade everybody with --again, on other inputs"
            )
            raise KitError(what, str(path), step)
        return kept.encode()


def _make_secret(path: Path) -> None:
    """Write a new secret beside `path` and give it its name when it is whole; one that came first is left.

    Raises:
        OSError: it cannot be written; then there is no secret, rather than half of one.
    """
    unfinished = path.with_name(f".secret.{os.getpid()}")
    try:
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(SHORTEST_SECRET))
            file.flush()
            os.fsync(
                file.fileno()
            )  # a name that points to nothing after a power cut would be an empty secret
        try:
            os.link(unfinished, path)
        except FileExistsError:
            pass  # of two first runs at once both take the same secret
        except OSError:
            unfinished.replace(path)  # a disk that knows no second names
    finally:
        unfinished.unlink(missing_ok=True)


def attempt_of(source: str, exercise: str) -> str:
    """A fingerprint of what the learner wrote for one exercise; layout and comments do not change it."""
    return attempts_of(source, (exercise,))[exercise]


def attempts_of(source: str, exercises: Sequence[str]) -> dict[str, str]:
    """The fingerprint of each exercise.

    Args:
        source: the learner's file; one that Python cannot read has the same fingerprint for all exercises, its own.
        exercises: names of functions or classes.

    Returns:
        A hash by name. It changes with the exercise itself, with private helpers, and with what stands at the top
        level between the definitions, for all of these may change what the exercise does.
    """
    try:
        body = parse_in_turn(source).body
    except SyntaxError:
        return dict.fromkeys(exercises, hashlib.sha256(source.encode()).hexdigest())
    named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    texts = [(node.name if isinstance(node, named) else None, ast.dump(node)) for node in body]
    # Helpers count: moving the arithmetic into a private function is an attempt too.
    helpers = [text for name, text in texts if name and name.startswith("_")]
    found = {}
    for exercise in exercises:
        mine = [text for name, text in texts if name in (None, exercise)]
        found[exercise] = hashlib.sha256("\n".join(mine + helpers).encode()).hexdigest()
    return found


# --- laying out a new workspace ---------------------------------------------------------------------------

_FOR_AGENTS = {
    Language.ENGLISH: Path(__file__).with_name("agents.md"),
    Language.CHINESE: Path(__file__).with_name("agents.zh.md"),
}


def lay_out(target: Path, source: Path | None = None, *, update: bool = False) -> tuple[Path, ...]:
    """Copy course.yml, the exercises of a course and their pictures into `target`; of its checks nothing.

    AGENTS.md, which programs that write code look for, asks them to teach here and not to solve. One that is there
    already is left alone, for it is the learner's.

    Args:
        target: the folder to work in.
        source: the course's folder; the course that came with the kit if left out.
        update: whether an earlier version of the course is there: course.yml, which is no work, becomes the new one,
            and exercises that are there stay as they are.

    Returns:
        The files written; those that were there already, and the same, are not among them.

    Raises:
        UsageError: a file there differs from the course's; nothing is written then.
    """
    source = source or packaged_course_root()
    if not (source / COURSE_FILE).is_file():
        raise CourseError("the kit was installed without its course", str(source), "install brickwork again")
    try:
        files = _course_files(source, target)
        for copy, content in files.items():
            if not update and (copy.exists() or copy.is_symlink()) and not _holds(copy, content):
                step = "name another folder, or move that file away"
                raise UsageError("work is there already, and nothing was overwritten", str(copy), step)
        course_file = target / COURSE_FILE
        outdated = update and not _holds(course_file, files[course_file])
        files |= _files_beside(source, target)
        missing = [copy for copy in files if not copy.exists() or (outdated and copy == course_file)]
        for copy in missing:
            copy.parent.mkdir(parents=True, exist_ok=True)
            write_whole(copy, files[copy])
    except OSError as error:
        what = f"the course cannot be copied: {error.strerror}"
        step = remedy(error, "name a folder you can write to")
        raise UsageError(what, str(error.filename or target), step) from error
    return tuple(missing)


def _course_files(source: Path, target: Path) -> dict[Path, bytes]:
    """course.yml and the exercises, by where they go, in the language of the folder; a new one gets the current."""
    language = _language_there(target)
    fixed = (source / COURSE_FILE).read_bytes()
    if language is not Language.ENGLISH and language_of(source) is None:
        # So that who speaks of these exercises later, on whatever machine, speaks as they do.
        fixed = fixed.rstrip(b"\n") + f"\n\nlanguage: {language}\n".encode()
    files = {target / COURSE_FILE: fixed}
    for path in sorted(exercises_folder(source).glob("*.py")):
        text = localized(path.read_text(encoding="utf-8"), checks_file_in(source, path.stem), language)
        files[exercises_folder(target) / path.name] = text.encode()
    return files


def _language_there(target: Path) -> Language:
    """The language of a folder to be laid out; a new one gets the current."""
    language = language_of(target) if (target / COURSE_FILE).is_file() else current()
    return language or Language.ENGLISH


def _files_beside(source: Path, target: Path) -> dict[Path, bytes]:
    """What is no work, by where it goes."""
    drawn = pictures_folder(source)
    pictures = {
        pictures_folder(target) / path.relative_to(drawn): path for path in sorted(drawn.glob("*/*.svg"))
    }
    for_agents = {target / "AGENTS.md": _FOR_AGENTS[_language_there(target)]}
    return {copy: path.read_bytes() for copy, path in {**for_agents, **pictures}.items()}


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.read_bytes() == content
    except OSError:
        return False


def workspace_of(course: Course) -> Workspace:
    """The workspace around `course`; here, where the course is the one that came with the kit, for that is nobody's."""
    lent = course.root == packaged_course_root() and not Path.cwd().is_relative_to(course.root)
    return Workspace(Path.cwd() if lent else course.root)
