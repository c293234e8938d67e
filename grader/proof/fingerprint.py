"""Hash whatever a proof is about: a chapter's files, the code that judges, and the code that proves."""

from __future__ import annotations

import hashlib
from pathlib import Path

from grader.course.paths import (
    checks_file,
    equivalents_file,
    exercise_file,
    mistakes_file,
    right_file,
    solution_file,
)
from grader.engine.fingerprint import PACKAGE, rooms_sha256, source_sha256, verdict_sha256
from grader.records import Chapter, Course

PROOF_ROOMS = ("proof",)


def prover_sha256(package: Path = PACKAGE) -> str:
    """What a proof depends on besides the chapter: all that a verdict depends on, and how strength is judged.

    Args:
        package: the folder of the kit.
    """
    parts = f"{verdict_sha256(package)}\n{rooms_sha256(package, PROOF_ROOMS)}"
    return hashlib.sha256(parts.encode()).hexdigest()


def fingerprint_of(course: Course, chapter: Chapter) -> str:
    """Name the proof of a chapter by all that it depends on; another content, prover or rule is another name.

    Comments change it no more than they change what the code does, with one exception: the exercise is made from
    the solution as text, so it is compared as text.

    Args:
        course: a checkout.

    Returns:
        Hexadecimal digits; files that are missing count as such.
    """
    root, stem = course.root, chapter.stem
    code = (
        solution_file(root, stem),
        mistakes_file(root, stem),
        right_file(root, stem),
        checks_file(chapter),
    )
    digest = hashlib.sha256(f"{prover_sha256()}\n{chapter.exercises}\n{chapter.imports}\n".encode())
    for path in code:
        digest.update(f"{source_sha256(path) if path.is_file() else None}\n".encode())
    for path in (exercise_file(root, stem), equivalents_file(root)):
        content = path.read_bytes() if path.is_file() else b""
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()
