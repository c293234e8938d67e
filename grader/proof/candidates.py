"""What a chapter's checks are tried on: its solution and stub, right variants, known mistakes and mutants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from grader.course.paths import exercise_file, mistakes_file, right_file, solution_file
from grader.course.variants import read_variants
from grader.errors import CourseError
from grader.proof.mutants import mutants_of
from grader.records import Chapter


class Kind(StrEnum):
    """What a candidate is, and so what its verdict has to be.

    AGAIN is a mutant tried on one check alone, which it had not come to.
    """

    SOLUTION = "solution"
    STUB = "stub"
    MISTAKE = "mistake"
    RIGHT = "right"
    MUTANT = "mutant"
    GATE = "gate"
    AGAIN = "again"


@dataclass(frozen=True)
class Candidate:
    """A source that the checks are to judge: solution, stub, mistake, right variant or mutant.

    `judges` are the exercises whose checks must speak, or `only` one check; `label` names it in messages.

    Args:
        line: in `path`; 0 where it is no line of a file.
    """

    kind: Kind
    label: str
    judges: tuple[str, ...]
    source: str
    line: int = 0
    path: str = ""
    only: str | None = None

    @property
    def place(self) -> str:
        """Where it is written."""
        return f"{self.path}:{self.line}" if self.line else self.path


def right_answers(root: Path, chapter: Chapter) -> Iterator[Candidate]:
    """The solution of a chapter, and its differently written right variants.

    Args:
        root: the course's folder, a checkout.

    Yields:
        First the solution, which answers every exercise; then the variants, each right in one of them.

    Raises:
        CourseError: for a file that cannot be read.
    """
    path = solution_file(root, chapter.stem)
    solution = _read(path)
    names = tuple(exercise.name for exercise in chapter.exercises)
    yield Candidate(Kind.SOLUTION, chapter.stem, names, solution, path=str(path))
    yield from _variants(Kind.RIGHT, right_file(root, chapter.stem), solution)


def wrong_answers(root: Path, chapter: Chapter, *, mutate: bool = True) -> Iterator[Candidate]:
    """The stub of each exercise, the known mistakes, and mechanical mutants of the solution if wanted.

    Args:
        root: the course's folder, a checkout.
        mutate: whether to make mutants too.

    Raises:
        CourseError: for a file that cannot be read.
    """
    path = solution_file(root, chapter.stem)
    solution = _read(path)
    names = tuple(exercise.name for exercise in chapter.exercises)
    stub = exercise_file(root, chapter.stem)
    for name in names if stub.exists() else ():
        yield Candidate(Kind.STUB, name, (name,), _read(stub), path=str(stub))
    yield from _variants(Kind.MISTAKE, mistakes_file(root, chapter.stem), solution)
    for mutant in mutants_of(solution) if mutate else ():
        # A mutant of a helper may show in any exercise that calls it.
        judges = (mutant.definition,) if mutant.definition in names else names
        yield Candidate(Kind.MUTANT, mutant.label, judges, mutant.source, mutant.line, str(path))


def _variants(kind: Kind, file: Path, solution: str) -> Iterator[Candidate]:
    """The variants in a file, each a whole submission; none where there is no such file."""
    for variant in read_variants(file, solution) if file.exists() else ():
        yield Candidate(kind, variant.name, (variant.exercise,), variant.source, variant.line, str(file))


def _read(path: Path) -> str:
    """Raises:
    CourseError: the file is not there or cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise CourseError(
            f"cannot read the file: {error.strerror}", str(path), "write it, then run: brick stubs"
        ) from None
