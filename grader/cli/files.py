"""Where a command writes its files, and what it says of them."""

from __future__ import annotations

from pathlib import Path

from grader.course.writing import write_whole
from grader.errors import UsageError, remedy
from grader.language import gettext as _
from grader.release.placing import Placed

_TOLD = {
    Placed.WRITTEN: "{path}: written",
    Placed.REPLACED: "{path}: replaced",
    Placed.UNCHANGED: "{path}: unchanged",
}


def told(path: Path | str, fate: Placed) -> str:
    """The line that says what became of a file."""
    return _(_TOLD[fate]).format(path=path)


def target_file(out: Path | None, usual: Path) -> Path:
    """The file to write: `usual` if no `--out` was given, its name in a folder, or the very file that was named."""
    if out is None:
        return usual
    return out / usual.name if out.is_dir() else out


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole, its folder made if need be; UsageError when that is not possible.

    Whole means: into a file beside it that then takes its place, so that nobody reads half of it.

    Args:
        path: an existing file is replaced.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        what = f"the file cannot be written: {error.strerror}"
        raise UsageError(what, str(path), remedy(error, "name another file with --out")) from error
