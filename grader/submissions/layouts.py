"""A folder, a file or an archive as a tree of files, and whose work each of them is, by where it lies."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from grader.errors import UsageError
from grader.submissions.archives import list_members
from grader.submissions.files import File, Naming, Platform
from grader.submissions.names import chapter_label, code_suffix
from grader.submissions.platforms import canvas, moodle
from grader.submissions.platforms.nbgrader import SUBMITTED

DEPTH = 3  # a learner's folder, a folder in it, a file


@dataclass
class Tree:
    """The files below one path. `owner` is whose they are if they are one learner's.

    `folders` are the names directly below the path, in the order in which they were met.
    """

    path: Path
    owner: str
    files: list[File] = field(default_factory=list)
    folders: dict[str, None] = field(default_factory=dict)

    def add(self, file: File) -> None:
        """Take a file in, and the folder it lies in."""
        self.files.append(file)
        if len(file.names) > 1:
            self.folders[file.names[0]] = None

    def file(self, *names: str) -> File | None:
        """The file that these names lead to; None if there is none."""
        return next((file for file in self.files if file.names == names), None)


@dataclass(frozen=True)
class Placed:
    """A file and whose it is. `name` is the file's name without what a platform added.

    Args:
        label: the chapter that the name says, such as ch03; '' if it says none.
    """

    file: File
    learner: str
    name: str
    label: str
    platform: Platform = Platform.NONE
    marked_late: bool = False


# --- the tree ---------------------------------------------------------------------------------------------


def tree_of(path: Path, passed_over: list[str]) -> Tree:
    """What lies at a path; what is not to be followed is named in `passed_over`.

    Raises:
        UsageError: nothing is there, or it cannot be read as a whole.
    """
    if path.is_dir():
        inside = path / SUBMITTED  # the course folder
        path = inside if inside.is_dir() else path
        tree = Tree(path, _owner_of(path))
        _walk(path, (), tree, passed_over)
    elif path.suffix.lower() == ".zip":
        tree = Tree(path, path.stem)
        for member in list_members(path, passed_over):
            if not any(_is_hidden(name) for name in member.names):
                tree.add(File(path.joinpath(*member.names), member.names, member.time, path, member.name))
        return _without_wrapper(tree)
    elif path.is_file() or path.is_symlink():
        tree = Tree(path.parent, _owner_of(path.parent))
        tree.add(File(path, (path.name,), _changed(path)))
    else:
        step = "name a folder of learners, a learner's folder, a zip of a platform, or a file"
        raise UsageError("there is nothing here to grade", str(path), step)
    return tree


def _walk(folder: Path, names: tuple[str, ...], tree: Tree, passed_over: list[str]) -> None:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        if not names:
            step = "give read permission, then try again"
            raise UsageError(f"the folder cannot be read: {error.strerror}", str(folder), step) from error
        passed_over.append(f"{folder}: {error.strerror}")
        return
    for entry in entries:
        here = (*names, entry.name)
        if _is_hidden(entry.name):
            continue
        if entry.is_dir(follow_symlinks=False):
            if not names:
                tree.folders[entry.name] = None
            if len(here) < DEPTH:
                _walk(folder / entry.name, here, tree, passed_over)
        elif entry.is_symlink() and (folder / entry.name).is_dir():
            if not names or is_part(entry.name):
                passed_over.append(f"{folder / entry.name}: a link, not a folder")
        else:
            tree.add(File(folder / entry.name, here, _changed(folder / entry.name)))


def _without_wrapper(tree: Tree) -> Tree:
    """An archive often holds one folder with everything in it: the tree in there, unless it is a learner's."""
    while len(tree.folders) == 1:
        [name] = tree.folders
        code = [file.names for file in tree.files if is_code(file)]
        of_learners = {names[1] for names in code if len(names) > 2 and not is_part(names[1])}
        is_class = bool(of_learners) and all(len(names) > 2 for names in code)
        is_download = any(len(names) == 2 and _naming_of(names[1]) for names in code)
        if moodle.learner_of_folder(name) or not (is_class or is_download):
            break
        tree = _inside(tree, name)
    return _inside(tree, SUBMITTED) if SUBMITTED in tree.folders else tree


def _inside(tree: Tree, folder: str) -> Tree:
    inside = Tree(tree.path / folder, _owner_of(tree.path / folder))
    for file in tree.files:
        if file.names[0] == folder and len(file.names) > 1:
            inside.add(File(file.path, file.names[1:], file.time, file.archive, file.member))
    return inside


def _changed(path: Path) -> float | None:
    try:
        return path.lstat().st_mtime
    except OSError:
        return None


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name in ("__MACOSX", "__pycache__")


def is_code(file: File) -> bool:
    """Whether its name says that it is Python or a notebook."""
    return bool(code_suffix(file.path.name))


def is_part(folder: str) -> bool:
    """Whether a folder is a part of one learner's work rather than a learner's: exercises, ch03, ch03_activations."""
    return re.fullmatch(r"exercises|ch\d\d(_[a-z0-9_]+)?", folder.lower()) is not None


def absolute(path: Path) -> Path:
    """The whole path as it was typed: the name of a link is the name that counts."""
    return Path(os.path.abspath(path))


# --- whose is it ------------------------------------------------------------------------------------------


def _owner_of(folder: Path) -> str:
    """The learner whose folder this is: its name, or that of the folder around a part."""
    folder = absolute(folder)
    if folder.parent.parent.name == SUBMITTED:
        return folder.parent.name
    while is_part(folder.name) and folder.parent != folder:
        folder = folder.parent
    return moodle.learner_of_folder(folder.name) or folder.name


def place(file: File, tree: Tree) -> Placed | None:
    """Tell a file's learner from where it lies; None where no learner would put it."""
    first, *rest = file.names
    if rest:
        learner = moodle.learner_of_folder(first)
        if learner:
            return _placed(file, learner, rest[-1], Platform.MOODLE)
        if len(rest) == 1:
            one_learners = is_part(first) or absolute(tree.path).parent.name == SUBMITTED
            return _placed(file, tree.owner if one_learners else first, rest[0])
        in_assignment = absolute(tree.path).name == SUBMITTED or is_part(rest[0])
        return _placed(file, first, rest[-1]) if in_assignment and len(rest) == 2 else None
    naming = _naming_of(first)
    if naming is None:
        return _placed(file, tree.owner, first)
    return _placed(file, naming.learner, naming.name, naming.platform, marked_late=naming.marked_late)


def _naming_of(name: str) -> Naming | None:
    """How Moodle or Canvas named a file that lies among all others."""
    return moodle.naming_of(name) or canvas.naming_of(name)


def _placed(
    file: File, learner: str, name: str, platform: Platform = Platform.NONE, *, marked_late: bool = False
) -> Placed:
    label = chapter_label(name) if is_code(file) else ""
    return Placed(file, learner, name, label, platform, marked_late)
