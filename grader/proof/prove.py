"""Prove that a chapter's checks are strong: every known mistake and mutant is caught, every right answer passes.

Checks are judged as a classifier is, by both of its errors: what is wrong and passes (mistakes, mutants, the untouched
stub), and what is right and fails (the solution and right versions written in other ways, under many seeds).
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

from grader.checking.check import Check, Law, Suite
from grader.course.paths import equivalents_file, is_checkout
from grader.engine.generation import Kept
from grader.engine.profile import Profile
from grader.engine.suites import load_suite
from grader.engine.trial import Trial
from grader.errors import UsageError
from grader.language import kept
from grader.proof import false_failures
from grader.proof.candidates import Candidate, Kind, right_answers, wrong_answers
from grader.proof.fingerprint import fingerprint_of
from grader.proof.reviewed import read_reviewed
from grader.proof.timeouts import CHECK_S, TimedProcess, warm_up
from grader.proof.wording import wording_table
from grader.records import Cause, Chapter, CheckResult, Course, Outcome
from grader.sandbox.exceptions import LearnerLost, LearnerRaised

SEEDS, EXAMPLES = (0, 1), 100  # as many inputs as a graded submission gets, twice
# What is wrong mostly shows at once, so it gets a short first round: nine of ten mutants end there. A gate is wrong in
# one region only and needs a few more inputs.
_FEW = {Kind.STUB: 1, Kind.MISTAKE: 5, Kind.MUTANT: 6, Kind.GATE: 20, Kind.AGAIN: EXAMPLES}
EQUIVALENTS = "equivalent.yml"
MOST_EQUIVALENTS = 0.05  # beyond that the list is an excuse for a missing law
# Fewer mistakes leave slips unseen that nobody wrote down; fewer right versions do not show that a check asks for the
# answer and not for the author's way to it.
_FEWEST_MISTAKES, _FEWEST_RIGHT = 4, 3


# --- what prove says --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """What the checks made of a candidate: the names that failed it, with the first failure's cause and message."""

    candidate: Candidate
    failed: tuple[str, ...]
    message: str = ""
    cause: Cause | None = None


@dataclass(frozen=True)
class Proof:
    """The figures of one chapter, and in `shortfalls` every reason why it does not hold.

    `kills` counts the mistakes and mutants each check caught (a mutant is done with at its first failure),
    `caught_by` names the checks that caught each mistake; the right answers passed under `seeds` seeds.
    `fingerprint` names all that the proof depends on, as it was when proving began.

    Args:
        equivalent: mutants that survive and are on the reviewed list.
        survivors: mutants that survive and are not.
        slowest: the checks that took most time on right answers, with their seconds.
    """

    chapter: str
    mistakes: int
    mistakes_caught: int
    mutants: int
    killed: int
    equivalent: int
    right: int
    right_passed: int
    seeds: int
    survivors: tuple[str, ...]
    shortfalls: tuple[str, ...]
    kills: Mapping[str, int]
    caught_by: Mapping[str, tuple[str, ...]]
    slowest: tuple[tuple[str, float], ...] = ()
    fingerprint: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing falls short."""
        return not self.shortfalls


# --- proving a chapter ------------------------------------------------------------------------------------


def prove(
    course: Course,
    chapters: Iterable[Chapter],
    *,
    seeds: int = false_failures.SEEDS,
    jobs: int | None = None,
    advance: Callable[[str, int, int], None] = lambda chapter, done, total: None,
    mutate: bool = True,
    thorough: bool = False,
    matrix: bool = True,
) -> list[Proof]:
    """Judge the checks of `chapters`.

    Args:
        course: a checkout, with solutions, mistakes and right variants beside course.yml.
        seeds: right answers are tried under so many; what is wrong, under two.
        jobs: processes; as many as there are cores if left out.
        advance: told (chapter, tasks done, tasks in all).
        mutate: whether to make mechanical mutants too.
        thorough: whether right answers meet every check under every seed, even one with few examples.
        matrix: whether a mistake meets more checks than the first that catches it, so that all of them are known.

    Raises:
        UsageError: without a checkout.
        CourseError: for a file that cannot be read.

    Returns:
        One proof a chapter, whether it holds or not.
    """
    if not is_checkout(course.root):
        raise UsageError("prove needs the solutions", str(course.root), "run it in a checkout of the course")
    chapters = list(chapters)
    for chapter in chapters:
        load_suite(chapter)  # checks that cannot be loaded are told before anything is proven
    warm_up()  # once for all processes, which are forks of this one
    proofs = []
    with ProcessPoolExecutor(jobs or os.cpu_count()) as pool:
        for chapter in chapters:
            fingerprint = fingerprint_of(course, chapter)
            right = list(right_answers(course.root, chapter))
            tasks = list(false_failures.tasks_of(chapter, right, seeds, thorough=thorough))
            wrong = list(wrong_answers(course.root, chapter, mutate=mutate))
            judge_one = partial(judge, chapter, matrix=matrix)
            done, total = 0, len(tasks) + len(wrong)
            findings, verdicts = [], []
            for found in pool.map(false_failures.find_false_failures, tasks):
                findings.append(found)
                advance(chapter.stem, done := done + 1, total)
            for verdict in pool.map(judge_one, wrong, chunksize=2):
                verdicts.append(verdict)
                advance(chapter.stem, done := done + 1, total)
            verdicts += _give_idle_checks_a_turn(pool, chapter, verdicts)
            proof = _conclude(course.root, chapter, [*_verdicts(right, findings), *verdicts], findings, seeds)
            proofs.append(replace(proof, fingerprint=fingerprint))
    return proofs


def _verdicts(right: Iterable[Candidate], findings: Iterable[false_failures.Findings]) -> Iterator[Verdict]:
    """What all tasks together say about each right answer.

    The tasks split the seeds, so one answer may fail in several of them; the first failure of each check is enough.

    Args:
        right: every right answer, also those that failed nothing.
        findings: of all tasks of the chapter.
    """
    failures = {key: words for found in findings for key, words in found.failures.items()}
    for candidate in right:
        own = {check: words for (label, check), words in failures.items() if label == candidate.label}
        yield Verdict(candidate, tuple(own), next(iter(own.values()), ""))


def _give_idle_checks_a_turn(
    pool: ProcessPoolExecutor, chapter: Chapter, verdicts: list[Verdict]
) -> list[Verdict]:
    """Show the mutants, which are done with at their first failure, to the checks that have caught nothing yet.

    A check that another one always forestalls is no idle check: somebody who is wrong in two places needs both. So it
    has to catch one mutant when it is asked alone.

    Returns:
        One verdict for each such check that catches a mutant.

    Args:
        verdicts: on everything that is wrong.
    """
    caught_something = {
        name for v in verdicts if v.candidate.kind in (Kind.MISTAKE, Kind.MUTANT) for name in v.failed
    }
    found = []
    for check in _suite(chapter).checks:
        if check.name in caught_something:
            continue
        mutants = [v.candidate for v in verdicts if v.candidate.kind is Kind.MUTANT and v.failed]
        again = [replace(m, kind=Kind.AGAIN, only=check.name) for m in mutants if check.exercise in m.judges]
        for verdict in pool.map(partial(judge, chapter), again):
            if verdict.failed:
                found.append(verdict)
                break
    return found


def _conclude(
    root: Path, chapter: Chapter, verdicts: list[Verdict], findings: list[false_failures.Findings], seeds: int
) -> Proof:
    """Count, and gather everything that falls short.

    Args:
        root: the course's folder, with the reviewed list of equivalents.
        verdicts: on every candidate of the chapter; on an idle check's mutants a second time, as kind `again`.
        findings: on the right answers, for how long each check took.
        seeds: under how many the right answers passed.
    """
    equivalents = read_equivalents(root).get(chapter.stem, {})
    of_kind: dict[Kind, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        of_kind[verdict.candidate.kind].append(verdict)
    mutants, mistakes, right = of_kind[Kind.MUTANT], of_kind[Kind.MISTAKE], of_kind[Kind.RIGHT]
    alive = [verdict.candidate for verdict in mutants if not verdict.failed]
    kills = _kills(load_suite(chapter), [*mistakes, *mutants, *of_kind[Kind.AGAIN]])
    survivors = tuple(f"{one.place}: {one.label}" for one in alive if one.label not in equivalents)
    shortfalls = [words for verdict in verdicts if (words := _shortfall(verdict))]
    shortfalls += [kept(f"the mutant survives: {survivor}") for survivor in survivors]
    if mutants:
        shortfalls += [
            kept(f"{name} catches no mistake and no mutant") for name, found in kills.items() if not found
        ]
        shortfalls += _doubtful(equivalents, {one.label for one in alive}, len(mutants))
    shortfalls += _incomplete(chapter, verdicts)
    [solution] = of_kind[Kind.SOLUTION]
    shortfalls += wording_table(chapter, solution.candidate.source).shortfalls
    return Proof(
        chapter=chapter.stem,
        mistakes=len(mistakes),
        mistakes_caught=sum(bool(verdict.failed) for verdict in mistakes),
        mutants=len(mutants),
        killed=sum(bool(verdict.failed) for verdict in mutants),
        equivalent=len(equivalents.keys() & {one.label for one in alive}),
        right=len(right),
        right_passed=sum(not verdict.failed for verdict in right),
        seeds=seeds,
        survivors=survivors,
        shortfalls=tuple(shortfalls),
        kills=kills,
        caught_by={verdict.candidate.label: verdict.failed for verdict in mistakes},
        slowest=_slowest(findings),
    )


def _kills(suite: Suite, wrong: list[Verdict]) -> dict[str, int]:
    """How many of what is wrong each check has caught."""
    return {check.name: sum(check.name in verdict.failed for verdict in wrong) for check in suite.checks}


def _slowest(findings: list[false_failures.Findings]) -> tuple[tuple[str, float], ...]:
    """The five checks that took most time on right answers."""
    seconds: Counter[str] = Counter()
    for found in findings:
        seconds.update(found.seconds)
    return tuple(seconds.most_common(5))


def _incomplete(chapter: Chapter, verdicts: list[Verdict]) -> Iterator[str]:
    """What the chapter's files lack: a stub, a check, or versions of an exercise."""
    if not any(verdict.candidate.kind is Kind.STUB for verdict in verdicts):
        yield kept(f"exercises/{chapter.stem}.py is missing; run: brick stubs")
    suite = load_suite(chapter)
    for exercise in chapter.exercises:
        yield from _missing(exercise.name, suite.of(exercise.name), verdicts)


def _shortfall(verdict: Verdict) -> str:
    """What one verdict says against the checks; '' if nothing. Surviving mutants are judged with their list."""
    candidate = verdict.candidate
    place, label = candidate.place, candidate.label
    match candidate.kind:
        case Kind.SOLUTION | Kind.RIGHT if verdict.failed:
            check, why = verdict.failed[0], verdict.message
            return kept(f"{place}: {label} is right, yet {check} fails: {why}")
        case Kind.STUB if verdict.cause is not Cause.UNWRITTEN:
            return kept(f"{place}: the stub of {label} does not say NotImplementedError")
        case Kind.MISTAKE if not verdict.failed:
            return kept(f"{place}: the mistake {label} is not caught")
    return ""


def _doubtful(equivalents: Mapping[str, str], alive: set[str], mutants: int) -> Iterator[str]:
    """What is wrong with the reviewed list of equivalents: entries that are no longer true, or too many of them."""
    file, listed, most = EQUIVALENTS, len(equivalents), f"{MOST_EQUIVALENTS:.0%}"
    for label in equivalents.keys() - alive:
        yield kept(f"{file} lists {label!r}, which is killed or gone")
    if listed > MOST_EQUIVALENTS * mutants:
        yield kept(f"{listed} of {mutants} mutants are listed as equivalent, over {most}")


def _missing(exercise: str, checks: tuple[Check, ...], verdicts: list[Verdict]) -> Iterator[str]:
    """What an exercise still lacks: a check, or enough versions to hold the checks against."""
    if not checks:
        yield kept(f"{exercise} has no check")
    of_exercise = Counter(v.candidate.kind for v in verdicts if exercise in v.candidate.judges)
    mistakes, right = of_exercise[Kind.MISTAKE], of_exercise[Kind.RIGHT]
    if mistakes < _FEWEST_MISTAKES:
        yield kept(f"{exercise} has {mistakes} mistake versions; it needs {_FEWEST_MISTAKES}")
    if right < _FEWEST_RIGHT:
        yield kept(f"{exercise} has {right} right versions; it needs {_FEWEST_RIGHT}")


def read_equivalents(root: Path) -> dict[str, dict[str, str]]:
    """The reviewed list of equivalent mutants: {chapter: {mutant's label: reason}}."""
    return read_reviewed(equivalents_file(root))


# --- judging one candidate, in a worker -------------------------------------------------------------------


def judge(chapter: Chapter, candidate: Candidate, *, matrix: bool = True) -> Verdict:
    """Run the checks that should speak on what is wrong, round by round, until one fails.

    A mutant or gate is done with at its first failure, the others at the end of that round: of a mistake it is worth
    knowing which checks catch it.

    Args:
        chapter: by whose checks; it says what its exercises bar.
        candidate: what is wrong; one that does not even load has failed every check.
        matrix: whether that is wanted; otherwise everything is done with at its first failure.

    Returns:
        The checks that failed; none if the candidate passed everything under every seed.
    """
    suite = _suite(chapter)
    workplace = TimedProcess()
    checks = [
        check
        for check in suite.checks
        if check.exercise in candidate.judges
        and candidate.only in (None, check.name)
        # A gate looks at values, which the device law takes for code that finds out where it is run: it would kill
        # every gate, and no empty region would be seen.
        and not (candidate.kind is Kind.GATE and check.law is Law.DEVICE)
    ]
    failed: dict[str, CheckResult] = {}
    # A short round first, then whole ones: most of what is wrong never needs those.
    for seed, examples in ((SEEDS[0], _FEW[candidate.kind]), *((seed, EXAMPLES) for seed in SEEDS)):
        try:
            learner = workplace.open(candidate.source)
        except (LearnerRaised, LearnerLost) as error:
            return Verdict(
                candidate, tuple(check.name for check in checks), kept(f"it does not load: {error}")
            )
        learner.returns = suite.returns
        profile = Profile("prove", examples, seed=seed, shrink=False, kept=_kept(chapter))
        for check in checks:
            result = Trial(check, learner, profile, chapter, CHECK_S).run()
            if result.outcome is Outcome.FAILED:
                failed.setdefault(check.name, result)
                if candidate.kind in (Kind.MUTANT, Kind.GATE) or not matrix:
                    break
        if failed:
            break
    first = next(iter(failed.values()), None)
    if first is None:
        return Verdict(candidate, ())
    return Verdict(candidate, tuple(failed), first.message or str(first.cause), first.cause)


@lru_cache
def _suite(chapter: Chapter) -> Suite:
    """The checks of a chapter, hashed and collected once per process."""
    return load_suite(chapter)


@lru_cache(maxsize=1)
def _kept(chapter: Chapter) -> Kept:
    """The inputs of the chapter at hand: every candidate gets the same ones, so they are drawn once."""
    return Kept()
