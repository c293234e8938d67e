"""Let a chapter go out only with a proof that its checks are strong, and remember the proof by what it is about.

A proof takes minutes, so it is kept under a fingerprint of all that it depends on. As long as nothing of that changes,
a release need not prove again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from grader.course.paths import checks_file, is_checkout
from grader.errors import CourseError, UsageError
from grader.proof.false_failures import SEEDS
from grader.proof.fingerprint import fingerprint_of
from grader.proof.prove import Proof, prove
from grader.records import Chapter, Course
from grader.workspace.workspace import workspace_of

NOTE = "proofs.json"


def require_checkout(course: Course) -> None:
    """Refuse a course without its solutions: UsageError."""
    if not is_checkout(course.root):
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

    Args:
        course: a checkout.
        chapters: that are to go out.
    """
    workspace = workspace_of(course)
    for chapter in chapters:
        if workspace.read_note(NOTE).get(chapter.stem) == fingerprint_of(course, chapter):
            continue
        announce(chapter)
        [proof] = prove(course, [chapter], advance=advance)
        remember(course, [proof])
        if not proof.holds:
            first, others = proof.shortfalls[0], len(proof.shortfalls) - 1
            what = f"the checks of {chapter.stem} are not proven: {first}"
            if others:
                what = f"the checks of {chapter.stem} are not proven: {first} (and {others} more)"
            raise CourseError(
                what, str(checks_file(chapter)), f"see all of it with: brick prove {chapter.label}"
            )


def remember(course: Course, proofs: Iterable[Proof]) -> None:
    """Keep the proofs that a release would ask for, so that it need not prove again.

    One with fewer seeds or without mutants is not enough for a release and is not kept. One that does not hold takes
    back what was kept before: more seeds may find what fewer did not.

    Args:
        course: in whose workspace the note lies.
    """
    workspace = workspace_of(course)
    kept = workspace.read_note(NOTE)
    for proof in proofs:
        if not proof.holds:
            kept.pop(proof.chapter, None)
        elif proof.seeds >= SEEDS and proof.mutants:
            kept[proof.chapter] = proof.fingerprint
    workspace.write_note(NOTE, kept)
