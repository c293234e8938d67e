"""Grade the one submission that a course platform has put on this machine, with `brick`.

It runs before, and without, the kit's own environment: on any Python 3, with nothing but its library.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SUFFIXES = (".py", ".ipynb")


def find_work(folder: Path, chapter: str) -> list[Path]:
    """The files of a chapter such as ch03_activations in the first folder, at most two deep, that holds any.

    `brick grade` gets the files themselves: it would take the other folders of a learner's repository for those of
    other learners.
    """
    label, real = chapter.split("_")[0], folder.resolve()
    found = [
        path
        for pattern in ("*", "*/*", "*/*/*")
        for path in sorted(folder.glob(pattern))
        if path.suffix.lower() in SUFFIXES
        and label in path.stem.lower()
        and path.is_file()
        and path.resolve() == real / path.relative_to(folder)  # no link on the way to it
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    return [path for path in found if path.parent == found[0].parent]


def hand_in(work: list[Path], seconds: float) -> None:
    """Give the files the time at which they were handed in; `brick grade` counts lateness from it."""
    for path in work:
        os.utime(path, (seconds, seconds))


def brick(venv: Path, course: Path, *words: str) -> int:
    """Run a `brick` command in the folder of the course; its exit code. What it prints is for the instructor."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "NO_COLOR": "1"}
    print("$ brick", *words, flush=True)
    run = subprocess.run(
        [str(venv / "bin" / "brick"), *words], cwd=course, env=environment, stderr=subprocess.STDOUT
    )
    print(flush=True)
    sys.stdout.flush()
    return run.returncode
