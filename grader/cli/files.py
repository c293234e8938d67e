"""Where a command that exports writes its file, and what it says when it cannot."""

from __future__ import annotations

from pathlib import Path

from grader.errors import UsageError
from grader.workspace.workspace import write_whole


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
        raise UsageError(what, str(path), "name another file with --out") from error
