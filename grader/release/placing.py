"""Put the files of a release where the instructor wants them, never over something else in silence."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from grader.course.writing import write_whole
from grader.errors import UsageError, remedy
from grader.language import kept


class Placed(StrEnum):
    """What became of a file; the value is the word that is told."""

    WRITTEN = "written"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"


def place(files: Mapping[Path, bytes], *, replace: bool = False) -> dict[Path, Placed]:
    """Write the files, all or none.

    Args:
        files: their content by path. Folders are made, and each file appears whole or not at all.
        replace: whether a file with other content may be written over.

    Raises:
        UsageError: one is there already and differs, or a folder cannot be written to.
    """
    fates = {path: _fate(path, content) for path, content in files.items()}
    different = [path for path, fate in fates.items() if fate is Placed.REPLACED]
    if different and not replace:
        others = len(different) - 1
        more = kept(f" (and {others} more)") if others else ""
        step = "name another folder, move it away, or write over it with --replace"
        raise UsageError(f"another file is there, and nothing was written{more}", str(different[0]), step)
    try:
        for path, fate in fates.items():
            if fate is not Placed.UNCHANGED:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(path, files[path])
    except OSError as error:
        what = f"the release cannot be written: {error.strerror}"
        step = remedy(error, "name a folder that you can write to with --to")
        raise UsageError(what, str(error.filename or path), step) from error
    return fates


def _fate(path: Path, content: bytes) -> Placed:
    """What would become of a file; one that cannot be read counts as another one."""
    if path.is_symlink() or path.exists():
        try:
            same = path.is_file() and path.read_bytes() == content
        except OSError:
            same = False
        return Placed.UNCHANGED if same else Placed.REPLACED
    return Placed.WRITTEN
