"""Know what needs no grading: the name of a verdict, and which of them the store holds.

Nothing here imports what judges: in a class in which nothing has changed nothing is judged, and torch is not needed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial

from grader.course.paths import checks_file, known_mistakes_file
from grader.engine.fingerprint import source_sha256
from grader.engine.profile import Profile
from grader.errors import SubmissionError
from grader.grading.hand_ins import HandInRead
from grader.grading.setup import Setup
from grader.grading.store import Store, key_of
from grader.records import Chapter
from grader.submissions.contents import NoPermission


def known_verdicts(handed_in: Sequence[HandInRead], setup: Setup, store: Store) -> dict[int, int]:
    """Find what needs no grading: of each hand-in on which the store holds a verdict, the place and its number."""
    keys: dict[int, str] = {}
    chapters = {read.item.chapter.stem: read.item.chapter for read in handed_in}
    key_in = {stem: _keys_by(chapter, setup) for stem, chapter in chapters.items()}
    for place, read in enumerate(handed_in):
        match read.content:
            case SubmissionError() as error if not isinstance(error, NoPermission):
                keys[place] = unreadable_key(read.item.chapter, error, setup)
            case Exception():
                pass  # a fault of the kit, or of whoever grades, is tried again
            case _:
                keys[place] = key_in[read.item.chapter.stem](read.sha256)
    found = store.find_numbers(keys.values())
    return {place: found[key] for place, key in keys.items() if key in found}


def count_unstored(
    handed_in: Iterable[HandInRead], setup: Setup, store: Store, *, again: bool = False
) -> int:
    """How many files the checks have to be run on: each once, and none of which the store holds the verdict."""
    readable = [read for read in handed_in if not isinstance(read.content, Exception)]
    keys = {verdict_key(read.item.chapter, read.sha256, setup) for read in readable}
    return len(keys if again else keys - store.find_numbers(keys).keys())


def verdict_key(chapter: Chapter, submission_sha256: str, setup: Setup) -> str:
    """The store's name for the verdict on a submission: it changes with all that the verdict depends on.

    Args:
        chapter: its exercises, imports, checks and known mistakes enter.
        submission_sha256: of the source, so that a file that was only moved keeps its verdict.
        setup: isolation, limits and profile enter; of the secret only its hash, since the name is no secret.
    """
    return _keys_by(chapter, setup)(submission_sha256)


def _keys_by(chapter: Chapter, setup: Setup) -> Callable[[str], str]:
    """What makes the keys of all that is judged by the same, for a class of thousands."""
    profile, limits = setup.profile, setup.limits
    words = (
        f"{profile.name} {profile.examples} {profile.seed} {profile.only} {secret_sha256(profile)} {limits}"
    )
    judged_by = f"{content_of_checks(chapter, profile.names_mistakes)} {chapter.exercises} {chapter.imports}"
    return partial(
        key_of, checks_sha256=judged_by, isolation=setup.level.value, device=profile.device, profile=words
    )


def unreadable_key(chapter: Chapter, error: SubmissionError, setup: Setup) -> str:
    """The store's name for the verdict on what cannot be read: the same reason again is the same verdict."""
    return verdict_key(chapter, f"unreadable: {error}", setup)


def secret_sha256(profile: Profile) -> str:
    """What the secret is known by where it must not be told."""
    return hashlib.sha256(profile.secret or b"").hexdigest()


@cache
def content_of_checks(chapter: Chapter, names_mistakes: bool) -> str:
    """The checks of a chapter and its known mistakes in one word."""
    try:
        checks = source_sha256(checks_file(chapter))
    except OSError:  # each submission's own report will say so
        checks = ""
    file = known_mistakes_file(chapter)
    return checks + (
        hashlib.sha256(file.read_bytes()).hexdigest() if names_mistakes and file.is_file() else ""
    )
