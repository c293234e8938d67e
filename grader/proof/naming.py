"""Try the known mistakes on fixed inputs, keep what they answer beside the checks, and see whether each is named.

What is kept is all that a learner's copy has of them. Who changes a mistake, a solution or a check makes it anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

from grader.checking.check import Suite
from grader.course.paths import mistakes_file, solution_file
from grader.course.variants import Variant, read_variants
from grader.engine.known_mistakes import (
    KnownMistake,
    KnownMistakes,
    ProbedCheck,
    ProbedExercise,
    made_from,
    pack,
    read_known_mistakes,
    write_known_mistakes,
)
from grader.engine.nearest import nearest, resemblance
from grader.engine.probing import Probing
from grader.engine.suites import load_suite
from grader.language import kept
from grader.proof.tables import Table
from grader.proof.timeouts import TimedProcess
from grader.records import Chapter
from grader.sandbox.exceptions import LearnerLost, LearnerRaised

NAME = "names"
Advance = Callable[[str, int, int], None]


def names_table(root: Path, chapter: Chapter, pool: Executor, advance: Advance) -> Table:
    """One row per mistake that gets no name, with the one that comes nearest to it.

    What the mistakes answer is written down first, if what it was made from has changed.

    Args:
        root: a checkout.
        pool: tries the mistakes of several exercises at once.
        advance: told (chapter, mistakes tried, mistakes in all).

    Raises:
        CourseError: the mistakes or the solution cannot be read.
    """
    known = up_to_date(root, chapter, pool, advance)
    rows = tuple(row for exercise in known.exercises.values() for row in unnamed(exercise))
    count = sum(len(exercise.mistakes) for exercise in known.exercises.values())
    named = count - len(rows)
    summary = kept(f"{named} of {count} known mistakes are named")
    columns = (kept("without a name"), kept("comes nearest"), kept("alike"))
    return Table(chapter.stem, NAME, summary, columns, rows)


def up_to_date(root: Path, chapter: Chapter, pool: Executor, advance: Advance) -> KnownMistakes:
    """The known mistakes of a chapter; those that are outdated are tried and written down first.

    Args:
        root, pool, advance: as for `names_table`.
    """
    known, suite = read_known_mistakes(chapter), load_suite(chapter)
    fresh = made_from(root, chapter)
    waiting = outdated(chapter, known, suite, fresh)
    if not waiting and known.exercises.keys() == fresh.keys():
        return known
    file, solution = mistakes_file(root, chapter.stem), solution_file(root, chapter.stem)
    variants = read_variants(file, solution.read_text(encoding="utf-8")) if waiting else ()
    work = [(chapter, name, [one for one in variants if one.exercise == name]) for name in waiting]
    done, total, probed = 0, sum(len(some) for _, _, some in work), {}
    for (_, name, some), found in zip(work, pool.map(_probe_packed, work), strict=True):
        probed[name] = replace(found, made_from=fresh[name])
        advance(chapter.stem, done := done + len(some), total)
    known = KnownMistakes({name: probed.get(name) or known.exercises[name] for name in fresh})
    write_known_mistakes(chapter, known)
    return known


def outdated(chapter: Chapter, known: KnownMistakes, suite: Suite, fresh: Mapping[str, str]) -> list[str]:
    """The exercises whose mistakes are to be tried anew, by name.

    Args:
        known: what is written down.
        suite: the checks of now.
        fresh: what the mistakes are made from now, see `made_from`.
    """
    probing = Probing(TimedProcess(), chapter, suite)
    return [
        name
        for name, code in fresh.items()
        if name not in known.exercises
        or known.exercises[name].made_from != code
        or known.exercises[name].usable(probing) != list(suite.of(name))
    ]


# A pool calls functions of one argument, found by their names.
def _probe_packed(work: tuple[Chapter, str, list[Variant]]) -> ProbedExercise:
    chapter, exercise, variants = work
    return probe(chapter, load_suite(chapter), exercise, variants)


def probe(chapter: Chapter, suite: Suite, exercise: str, variants: list[Variant]) -> ProbedExercise:
    """What known mistakes answer, in this very process; one that does not come to an end is left out.

    Args:
        variants: those of the exercise.
    """
    probing, checks = Probing(TimedProcess(), chapter, suite), suite.of(exercise)
    mistakes = []
    for variant in variants:
        try:
            packed = pack(probing.answers(variant.source, checks))
        except (LearnerLost, LearnerRaised):
            continue
        mistakes.append(KnownMistake(variant.slug, variant.diagnosis, packed))
    probed = (ProbedCheck(check.name, probing.count(check), probing.inputs(check)) for check in checks)
    return ProbedExercise("", tuple(probed), tuple(mistakes))


def unnamed(exercise: ProbedExercise) -> Iterator[tuple[str, str, str]]:
    """Each mistake of an exercise that its own answers do not give the name of, and what comes nearest."""
    laws = [check.name for check in exercise.checks for _ in range(check.count)]
    every = [(mistake, mistake.answers(len(laws))) for mistake in exercise.mistakes]
    for mistake, answers in every:
        found = nearest(answers, every, laws)
        if found is None or found[0] is not mistake:
            rivals = [
                (resemblance(answers, theirs, laws).share, other)
                for other, theirs in every
                if other is not mistake
            ]
            share, other = max(rivals, key=lambda one: one[0], default=(0.0, mistake))
            yield mistake.name, other.name, f"{share:.0%}"
