"""The known mistakes of a chapter as every learner gets them: what each answers on fixed inputs, and its sentence.

A mistake's source would give most of a right answer away. Its digests say no more than a failing card does: which laws
it breaks, on which inputs, and a hash of the wrong answer. `brick prove` writes them beside the chapter's checks, from
the mistakes in `solutions/`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import compress
from pathlib import Path

import msgspec

from grader.checking.check import Check
from grader.course.paths import known_mistakes_file, mistakes_file, solution_file
from grader.course.variants import parts_of_variants
from grader.course.writing import write_whole
from grader.engine.digests import HALF
from grader.engine.fingerprint import PACKAGE, source_sha256
from grader.engine.probing import Answer, Probing
from grader.errors import CourseError, remedy
from grader.records import Chapter

_SIZE = 2 * HALF  # bytes of a digest
# What decides what is hashed. What is drawn is hashed itself, see `ProbedCheck`.
_MAKERS = tuple(PACKAGE / name for name in ("engine/digests.py", "engine/probing.py"))


@dataclass(frozen=True)
class ProbedCheck:
    """A check whose inputs the mistakes were tried on.

    Args:
        name: the check's.
        count: of its inputs.
        inputs: a digest of them; where others are drawn, the check says nothing about mistakes.
    """

    name: str
    count: int
    inputs: bytes


@dataclass(frozen=True)
class KnownMistake:
    """A known wrong version of an exercise.

    Args:
        name: unique for the exercise.
        diagnosis: the mistake in words, for a learner who made it.
        packed: see `answers`.
    """

    name: str
    diagnosis: str
    packed: bytes

    def answers(self, count: int) -> list[Answer]:
        """What it answers, input by input: first a bit for each that breaks the law, then the digests of those.

        Args:
            count: of all inputs of the exercise's checks.
        """
        head = (count + 7) // 8
        wrong = [bool(self.packed[i // 8] >> i % 8 & 1) for i in range(count)]
        digests = iter(self.packed[i : i + _SIZE] for i in range(head, len(self.packed), _SIZE))
        return [Answer(False, next(digests)) if is_wrong else RIGHT for is_wrong in wrong]


RIGHT = Answer(True, b"")


@dataclass(frozen=True)
class ProbedExercise:
    """An exercise: its checks in order, and the mistakes that their inputs were given to.

    Args:
        made_from: see `made_from`.
    """

    made_from: str = ""
    checks: tuple[ProbedCheck, ...] = ()
    mistakes: tuple[KnownMistake, ...] = ()

    def usable(self, probing: Probing) -> list[Check]:
        """The checks that still draw the inputs that the mistakes were given."""
        by_name = {check.name: check for check in probing.suite.checks}
        found = [(one, by_name[one.name]) for one in self.checks if one.name in by_name]
        return [
            check
            for one, check in found
            if (one.count, one.inputs) == (probing.count(check), probing.inputs(check))
        ]

    def answers_to(self, checks: Iterable[Check]) -> Iterator[tuple[KnownMistake, list[Answer]]]:
        """What each mistake answers to the inputs of some of the checks."""
        names = {check.name for check in checks}
        wanted = [one.name in names for one in self.checks for _ in range(one.count)]
        for mistake in self.mistakes:
            yield mistake, list(compress(mistake.answers(len(wanted)), wanted))


@dataclass(frozen=True)
class KnownMistakes:
    """The known mistakes of a chapter, by exercise."""

    exercises: dict[str, ProbedExercise] = field(default_factory=dict)


def pack(answers: Iterable[Answer]) -> bytes:
    """The answers of a mistake in as few bytes as it takes; what is right is not kept."""
    every = list(answers)
    bits = bytearray((len(every) + 7) // 8)
    for i, answer in enumerate(every):
        bits[i // 8] |= (not answer.kept) << i % 8
    return bytes(bits) + b"".join(answer.digest for answer in every if not answer.kept)


# --- the file ---------------------------------------------------------------------------------------------


def read_known_mistakes(chapter: Chapter) -> KnownMistakes:
    """The known mistakes of a chapter; none where `brick prove` has written none.

    Raises:
        CourseError: the file holds something else.
    """
    return _read(known_mistakes_file(chapter))


@cache
def _read(path: Path) -> KnownMistakes:
    try:
        return msgspec.json.decode(path.read_bytes(), type=KnownMistakes)
    except FileNotFoundError:
        return KnownMistakes()
    except (OSError, msgspec.DecodeError) as error:
        what = f"the known mistakes cannot be read: {error}"
        raise CourseError(what, str(path), "write them anew: brick prove") from None


def write_known_mistakes(chapter: Chapter, known: KnownMistakes) -> None:
    """Write the file beside the chapter's checks, a line for each field so that a change of one mistake stays small."""
    text = msgspec.json.format(msgspec.json.encode(known), indent=1)
    file = known_mistakes_file(chapter)
    try:
        file.parent.mkdir(exist_ok=True)
        write_whole(file, text + b"\n")
    except OSError as error:
        what = f"the known mistakes cannot be written: {error.strerror}"
        step = remedy(error, "make that file and its folder writable, then run the same command again")
        raise CourseError(what, str(error.filename), step) from error
    _read.cache_clear()


def made_from(root: Path, chapter: Chapter) -> dict[str, str]:
    """What the mistakes of each exercise are made from, in a hash: another hash, and they are to be tried anew.

    Of the checks the inputs count, see `ProbedExercise.usable`: to write one differently makes no other mistake.

    Args:
        root: a checkout.
    """
    file = mistakes_file(root, chapter.stem)
    if not file.is_file():
        return {}
    solution = solution_file(root, chapter.stem).read_text(encoding="utf-8")
    parts = parts_of_variants(file.read_text(encoding="utf-8"), solution)
    makers = "\n".join(map(source_sha256, _MAKERS))
    return {
        exercise: hashlib.sha256(f"{makers}\n{code}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
        for exercise, code in parts.items()
    }
