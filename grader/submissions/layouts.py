"""A folder, a file or an archive as a tree of files, and whose work each of them is, by where it lies.

Nobody hands in as they were asked to, and every platform has a layout of its own. A file's learner is told by the
folders around it: by a platform's own names first, then by what the tree as a whole looks like.

    class/learner01/hw/my stuff/ch09_scheduling.py    learners, with whatever they have made in there
    class/hw9/learner01/ch09_scheduling.py            assignments, with learners in them
    course/submitted/learner01/ps5/ch05.ipynb         nbgrader: learners, with assignments in them
    learner01/ch09_scheduling/solution.py             one learner's own folder
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from pathlib import Path

from grader.errors import UsageError
from grader.language import kept
from grader.submissions.archives import list_members
from grader.submissions.files import File, Naming, Platform
from grader.submissions.names import NUMBERED, ChapterNames, code_suffix
from grader.submissions.platforms import canvas, gradescope, moodle, nbgrader

DEPTH = 10  # a class, an assignment, a learner, and folders that learners make for themselves
# Whoever hands in a whole project hands these in as well, with thousands of files that are not theirs.
_MADE_BY_TOOLS = frozenset({"__MACOSX", "__pycache__", "node_modules", "site-packages", "venv"})
_EVERYDAY = re.compile(
    r"submissions?|(exercises?|hw|homeworks?|assignments?|labs?|weeks?|ps|psets?|problem ?sets?|sheets?|tasks?"
    r"|chapters?|solutions?|src|code|work|python|notebooks?|files?|uploads?|old|new|final|drafts?|backups?|copy|v|versions?"
    r"|attempts?|tmp|temp|archive|desktop|documents?|downloads?)([ _-]*\(?\d+\)?)?"
)


class Layout(Enum):
    """What the folders directly below a path are."""

    LEARNERS = auto()  # a learner's each, whatever they have made in there
    ONE_LEARNER = auto()  # parts of the one learner's work whose folder the path is
    ASSIGNMENTS = auto()  # with a folder for each learner in them
    NBGRADER = auto()  # `submitted`: a learner's each, with a folder for each assignment in it


@dataclass
class Tree:
    """The files below one path, and the folders, of which some hold nothing: a learner's who handed in no work.

    Args:
        owner: whose they are if they are one learner's.
        chapters: how names say which chapter they are of.
        folders: the names that lead to each from the path.
    """

    path: Path
    owner: str
    chapters: ChapterNames = NUMBERED
    files: list[File] = field(default_factory=list)
    folders: dict[tuple[str, ...], None] = field(default_factory=dict)

    def add(self, file: File) -> None:
        """Take a file in, and the folders it lies in."""
        self.files.append(file)
        for depth in range(1, len(file.names)):
            self.folders[file.names[:depth]] = None

    def names(self, depth: int = 1) -> list[str]:
        """The names of the folders that lie so deep, each once: 1 for those directly below the path."""
        return list(dict.fromkeys(names[-1] for names in self.folders if len(names) == depth))

    def file(self, *names: str) -> File | None:
        """The file that these names lead to; None if there is none."""
        return next((file for file in self.files if file.names == names), None)


@dataclass(frozen=True)
class Placed:
    """A file and whose it is.

    Args:
        learner: '' if it lies in no learner's folder.
        name: the file's name without what a platform added.
        label: the chapter that the name says, such as ch03, or else a folder around it; '' if none does.
        inside: the folders between the learner's own and the file.
        chapters: how names say which chapter they are of.
    """

    file: File
    learner: str
    name: str
    label: str
    inside: tuple[str, ...] = ()
    platform: Platform = Platform.NONE
    marked_late: bool = False
    chapters: ChapterNames = NUMBERED

    @property
    def is_code(self) -> bool:
        """Whether its name says that it is Python or a notebook."""
        return bool(code_suffix(self.name))

    @property
    def is_named(self) -> bool:
        """Whether its own name says the chapter, not only a folder."""
        return bool(self.chapters.label(self.name))

    @property
    def depth(self) -> int:
        """How many folders it lies in that are no usual part of a learner's work."""
        return sum(not self.chapters.is_part(name) for name in self.inside)


# --- the tree ---------------------------------------------------------------------------------------------


def tree_of(path: Path, passed_over: list[tuple[Path, str]], chapters: ChapterNames = NUMBERED) -> Tree:
    """What lies at a path; what is not to be followed is named in `passed_over`, with the reason.

    Raises:
        UsageError: nothing is there, or it cannot be read as a whole.
    """
    if path.is_dir():
        inside = path / nbgrader.SUBMITTED  # nbgrader's course holds every copy it made beside it
        path = inside if inside.is_dir() else path
        tree = Tree(path, owner_of(path, chapters), chapters)
        _walk(path, (), tree, passed_over)
    elif path.suffix.lower() == ".zip":
        tree = Tree(path, path.stem, chapters)
        for member in list_members(path, passed_over):
            if not any(_is_hidden(name) for name in member.names):
                tree.add(File(path.joinpath(*member.names), member.names, member.time, path, member.name))
    elif path.is_file() or path.is_symlink():
        tree = Tree(path.parent, owner_of(path.parent, chapters), chapters)
        tree.add(File(path, (path.name,), _changed(path)))
    else:
        step = "name a folder of learners, a learner's folder, a zip of a platform, or a file"
        raise UsageError("there is nothing here to grade", str(path), step)
    return _without_wrapper(tree)


def _walk(folder: Path, names: tuple[str, ...], tree: Tree, passed_over: list[tuple[Path, str]]) -> None:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        # Inside may lie somebody's work, which must not count as missing.
        step = "give read permission, then try again"
        raise UsageError(f"the folder cannot be read: {error.strerror}", str(folder), step) from error
    for entry in entries:
        here, path = (*names, entry.name), folder / entry.name
        if _is_hidden(entry.name):
            continue
        if entry.is_dir(follow_symlinks=False):
            tree.folders[here] = None
            if len(here) < DEPTH:
                _walk(path, here, tree, passed_over)
            else:
                passed_over.append((path, kept(f"it lies more than {DEPTH} folders deep")))
        elif entry.is_symlink() and path.is_dir():
            passed_over.append((path, kept("a link, not a folder")))
        else:
            tree.add(File(path, here, _changed(path)))


def _without_wrapper(tree: Tree) -> Tree:
    """The class itself: nbgrader's `submitted` in the course around it, what lies in folders around an export."""
    inner = tree
    while nbgrader.SUBMITTED not in inner.names():
        if len(inner.names()) != 1 or _layout_by_place(inner) is not None:
            return tree
        [name] = inner.names()
        around, inner = inner, _inside(inner, name)
        if moodle.learner_of_folder(name) or _has_loose_code(around):
            return tree
        if _is_download(inner) or (around is tree and _is_class(inner, tree.path)):
            return _without_wrapper(inner)
    return _inside(inner, nbgrader.SUBMITTED)


def _is_download(tree: Tree) -> bool:
    """Whether a platform named what lies in a tree."""
    named = (file.names[0] for file in tree.files)
    return tree.file(gradescope.METADATA) is not None or any(
        naming_of(name) or moodle.learner_of_folder(name) for name in named
    )


def _is_class(tree: Tree, given: Path) -> bool:
    """Whether the only folder of what was given holds learners' folders, rather than being a learner's."""
    code = [file for file in tree.files if code_suffix(file.names[-1])]
    folders = {file.names[0] for file in code if not is_everyday(file.names[0], tree.chapters)}
    if _has_loose_code(tree):
        return False
    if given.suffix.lower() == ".zip":  # an archive of a class has a folder around it more often than not
        return bool(folders)
    # Folders of one learner may hold a chapter each. Two that hold the same one are two learners'.
    owners: dict[str, set[str]] = {}
    for file in code:
        owners.setdefault(tree.chapters.label_in(file.names), set()).add(file.names[0])
    return any(len(found & folders) > 1 for label, found in owners.items() if label)


def _has_loose_code(tree: Tree) -> bool:
    return any(len(file.names) == 1 and code_suffix(file.names[0]) for file in tree.files)


def _inside(tree: Tree, folder: str) -> Tree:
    """The tree that one of its folders is."""
    inside = Tree(tree.path / folder, owner_of(tree.path / folder, tree.chapters), tree.chapters)
    for file in tree.files:
        if file.names[0] == folder and len(file.names) > 1:
            inside.add(replace(file, names=file.names[1:]))
    for names in tree.folders:
        if names[0] == folder and len(names) > 1:
            inside.folders[names[1:]] = None
    return inside


def _changed(path: Path) -> float | None:
    """When a file was last changed, a link's own time for a link: what it leads to may not be the learner's."""
    try:
        return os.lstat(path).st_mtime
    except OSError:
        return None


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name in _MADE_BY_TOOLS


def is_everyday(folder: str, chapters: ChapterNames) -> bool:
    """Whether a folder is called as anybody calls one, and so names no learner: a part, or hw3, old, my work (2)."""
    return chapters.is_part(folder) or _EVERYDAY.fullmatch(folder.lower()) is not None


def absolute(path: Path) -> Path:
    """The whole path as it was typed: the name of a link is the name that counts."""
    return Path(os.path.abspath(path))


# --- whose is it ------------------------------------------------------------------------------------------


def owner_of(folder: Path, chapters: ChapterNames = NUMBERED) -> str:
    """The learner whose folder this is: its name, or that of the folder around a part."""
    folder = absolute(folder)
    if folder.parent.parent.name == nbgrader.SUBMITTED:
        return folder.parent.name
    while chapters.is_part(folder.name) and folder.parent != folder:
        folder = folder.parent
    return moodle.learner_of_folder(folder.name) or folder.name


def layout_of(tree: Tree) -> Layout:
    """What the folders of a tree are. Where nothing says otherwise, they are learners'."""
    by_place = _layout_by_place(tree)
    if by_place is not None:
        return by_place
    labels: dict[str, set[str]] = {}  # of the folders: the chapters in each
    inner: dict[tuple[str, str], None] = {}  # folders in folders, each pair once
    for file in tree.files:
        label = (
            tree.chapters.label_in(file.names) if code_suffix(file.names[-1]) and len(file.names) > 1 else ""
        )
        if label:
            labels.setdefault(file.names[0], set()).add(label)
            if len(file.names) > 2:
                inner[file.names[0], file.names[1]] = None
    of_people = bool(inner) and not any(is_everyday(name, tree.chapters) for _, name in inner)
    if labels and all(is_everyday(name, tree.chapters) for name in tree.names()):
        return Layout.ASSIGNMENTS if of_people else Layout.ONE_LEARNER
    # Folders of any name, with one chapter each, another in each, and the same people in them.
    one_each = all(len(found) == 1 for found in labels.values())
    different = one_each and len(set().union(*labels.values())) == len(labels) > 1
    same_people = len({name for _, name in inner}) < len(inner)
    return Layout.ASSIGNMENTS if of_people and different and same_people else Layout.LEARNERS


def _layout_by_place(tree: Tree) -> Layout | None:
    """What is told by the path itself, or by the file that a platform put there; None if nothing is."""
    path = absolute(tree.path)
    if path.name == nbgrader.SUBMITTED:
        return Layout.NBGRADER
    if nbgrader.SUBMITTED in (path.parent.name, path.parent.parent.name):
        return Layout.ONE_LEARNER
    return Layout.LEARNERS if tree.file(gradescope.METADATA) else None


def place(file: File, tree: Tree, layout: Layout) -> Placed:
    """Tell a file's learner, and chapter, from where it lies."""
    *folders, name = file.names
    around = folders[1:] if layout is Layout.ASSIGNMENTS else folders
    learner = moodle.learner_of_folder(around[0]) if around else None
    if learner:
        return _placed(tree, file, learner, name, around[1:], Platform.MOODLE)
    naming = (
        naming_of(name) if not around or (len(around) == 1 and tree.chapters.is_part(around[0])) else None
    )
    if naming is not None:
        placed = _placed(tree, file, naming.learner, naming.name, [], naming.platform)
        return replace(placed, marked_late=naming.marked_late)
    if (
        layout is Layout.ONE_LEARNER
        or not folders
        or (layout is Layout.LEARNERS and tree.chapters.is_part(folders[0]))
    ):
        return _placed(tree, file, tree.owner, name, folders)
    return _placed(tree, file, around[0] if around else "", name, around[1:])


def naming_of(name: str) -> Naming | None:
    """How Moodle or Canvas named a file that lies among all others; None if neither did."""
    return moodle.naming_of(name) or canvas.naming_of(name)


def _placed(
    tree: Tree,
    file: File,
    learner: str,
    name: str,
    inside: Sequence[str],
    platform: Platform = Platform.NONE,
) -> Placed:
    label = tree.chapters.label(name) or tree.chapters.label_in(file.names[:-1])
    return Placed(file, learner, name, label, tuple(inside), platform, chapters=tree.chapters)
