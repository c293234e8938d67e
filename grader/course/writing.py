"""Write a file whole or not at all."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, never half of it.

    Args:
        path: its folder must be there.
        content: text is written as UTF-8, with its line ends as they are.

    Raises:
        OSError: it cannot be written, and names the path; the old file is still whole then.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_bytes(content if isinstance(content, bytes) else content.encode())
        if path.exists():
            shutil.copymode(path, unfinished)  # who could not read the old one must not read the new one
        unfinished.replace(path)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        # Of a full disk the system names no file, and the unfinished one is nobody's.
        error.filename, error.filename2 = str(path), None
        raise
