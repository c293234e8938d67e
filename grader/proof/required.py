"""Let a chapter go out only with a proof that its checks are strong, and remember the proof by what it is about."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

import grader
from grader.errors import CourseError, UsageError
from grader.grading.store import kit_sha256
from grader.records import Chapter, Course
from grader.workspace.workspace import workspace_of

NOTE = "proofs.json"


def require_checkout(course: Course) -> None:
    """Refuse a course without its solutions: UsageError."""
    if not (course.root / "solutions").is_dir():
        what = "releases are made from solutions, and there are none here"
        raise UsageError(what, str(course.root), "run it in a checkout of the course")


def require_proof(
    course: Course,
    chapters: Iterable[Chapter],
    *,
    announce: Callable[[Chapter], None] = lambda chapter: None,
    advance: Callable[[str, int, int], None] = lambda chapter, done, total: None,
) -> None:
    """Prove the chapters whose proof is missing or of other content.

    Args:
        announce: told which chapter has to be proven now; that takes minutes.
        advance: told (chapter, candidates done, candidates in all).

    Raises:
        CourseError: a proof does not hold. It is not remembered: the next release tries again.
    """
    workspace = workspace_of(course)
    for chapter in chapters:
        fingerprint = fingerprint_of(course, chapter)
        if workspace.read_note(NOTE).get(chapter.stem) == fingerprint:
            continue
        announce(chapter)
        from grader.proof.prove import prove

        [proof] = prove(course, [chapter], advance=advance)
        if not proof.holds:
            more = f" (and {len(proof.shortfalls) - 1} more)" if len(proof.shortfalls) > 1 else ""
            raise CourseError(
                f"the checks of {chapter.stem} are not proven: {proof.shortfalls[0]}{more}",
                f"grader/checks/{chapter.stem}.py",
                f"see all of it with: brick prove {chapter.label}",
            )
        workspace.write_note(NOTE, {**workspace.read_note(NOTE), chapter.stem: fingerprint})


def fingerprint_of(course: Course, chapter: Chapter) -> str:
    """Everything that a proof is about: the chapter's files, its exercises and rules, the kit and its versions."""
    name = f"{chapter.stem}.py"
    files = (
        course.root / "solutions" / name,
        course.root / "solutions" / "mistakes" / name,
        course.root / "solutions" / "mistakes" / "equivalent.yml",
        course.root / "solutions" / "right" / name,
        course.root / "exercises" / name,
        Path(grader.__file__).parent / "checks" / name,
    )
    digest = hashlib.sha256(f"{kit_sha256()}\n{chapter.exercises}\n{chapter.imports}\n".encode())
    for path in files:
        content = path.read_bytes() if path.is_file() else b""
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()
