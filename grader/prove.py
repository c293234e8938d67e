"""Prove that a chapter's checks are strong: every known mistake and mutant is caught, every right answer passes."""

from __future__ import annotations

import os
import signal
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from grader.checking.drawing import Kept
from grader.checking.law import Check
from grader.checking.run import Profile, SameProcess, Trial, load_suite
from grader.errors import CourseError, UsageError
from grader.mutants import mutants_of
from grader.records import Chapter, Course, Limits, Outcome
from grader.sandbox.learner import Learner, LearnerLost, LearnerRaised
from grader.variants import Variant, read_variants

SEEDS = (0, 1)
EQUIVALENTS = "equivalent.yml"
MOST_EQUIVALENTS = 0.05
_CALL_S, _CHECK_S = 2.0, 20.0


# --- what prove says --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Candidate:
    """A source that the checks are to judge: solution, stub, mistake, right variant or mutant.

    `judges` are the exercises whose checks must speak, or `only` one check; `label` names it in messages.
    """

    kind: str
    label: str
    judges: tuple[str, ...]
    source: str
    line: int = 0
    path: str = ""
    only: str | None = None


@dataclass(frozen=True)
class Verdict:
    """What the checks made of a candidate: the names that failed it, with the first failure's message."""

    candidate: Candidate
    failed: tuple[str, ...]
    message: str = ""
    seconds: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Proof:
    """The figures of one chapter, and in `shortfalls` every reason why it does not hold.

    `kills` counts the mistakes and mutants each check caught (a mutant is done with at its first failure),
    `caught_by` names the checks that caught each mistake.
    """

    chapter: str
    mistakes: int
    mistakes_caught: int
    mutants: int
    killed: int
    equivalent: int
    right: int
    right_passed: int
    survivors: tuple[str, ...]
    shortfalls: tuple[str, ...]
    kills: Mapping[str, int]
    caught_by: Mapping[str, tuple[str, ...]]
    slowest: tuple[tuple[str, float], ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing falls short."""
        return not self.shortfalls


# --- proving a chapter ------------------------------------------------------------------------------------


def prove(
    course: Course,
    chapters: Iterable[Chapter],
    *,
    seeds: tuple[int, ...] = SEEDS,
    examples: int = 100,
    jobs: int | None = None,
    advance: Callable[[str, int, int], None] = lambda chapter, done, total: None,
    mutate: bool = True,
) -> list[Proof]:
    """Judge the checks of `chapters`.

    Args:
        course: a checkout, with solutions, mistakes and right variants beside course.yml.
        seeds: every claim is tried under each of them.
        examples: examples per check.
        jobs: processes; as many as there are cores if left out.
        advance: told (chapter, candidates done, candidates in all).
        mutate: whether to make mechanical mutants too.

    Raises:
        UsageError: without a checkout.
        CourseError: for a file that cannot be read.
    """
    if not (course.root / "solutions").is_dir():
        raise UsageError("prove needs the solutions", str(course.root), "run it in a checkout of the course")
    proofs = []
    with ProcessPoolExecutor(jobs or os.cpu_count()) as pool:
        for chapter in chapters:
            candidates = list(candidates_of(course.root, chapter, mutate=mutate))
            work = [(chapter.stem, candidate, seeds, examples) for candidate in candidates]
            verdicts = []
            for verdict in pool.map(_judge_packed, work, chunksize=2):
                verdicts.append(verdict)
                advance(chapter.stem, len(verdicts), len(candidates))
            verdicts += _second_look(pool, chapter.stem, verdicts, seeds, examples)
            proofs.append(_conclude(course.root, chapter, verdicts))
    return proofs


def _second_look(
    pool: ProcessPoolExecutor, stem: str, verdicts: list[Verdict], seeds: tuple[int, ...], examples: int
) -> list[Verdict]:
    """Show the mutants, which are done with at their first failure, to the checks that have caught nothing yet."""
    busy = {name for v in verdicts if v.candidate.kind in ("mistake", "mutant") for name in v.failed}
    found = []
    for check in _suite(stem).checks:
        if check.name in busy:
            continue
        mutants = [v.candidate for v in verdicts if v.candidate.kind == "mutant" and v.failed]
        again = [replace(m, kind="again", only=check.name) for m in mutants if check.exercise in m.judges]
        for verdict in pool.map(_judge_packed, [(stem, one, seeds[:1], examples) for one in again]):
            if verdict.failed:
                found.append(verdict)
                break
    return found


def candidates_of(root: Path, chapter: Chapter, *, mutate: bool = True) -> Iterator[Candidate]:
    """Everything that the checks of a chapter are tried on."""
    path = root / "solutions" / f"{chapter.stem}.py"
    solution = _read(path)
    names = tuple(exercise.name for exercise in chapter.exercises)
    yield Candidate("solution", chapter.stem, names, solution, path=str(path))
    stub = root / "exercises" / f"{chapter.stem}.py"
    for name in names if stub.exists() else ():
        yield Candidate("stub", name, (name,), _read(stub), path=str(stub))
    for kind, file in (
        ("mistake", root / "solutions" / "mistakes" / f"{chapter.stem}.py"),
        ("right", root / "tests" / "right" / f"{chapter.stem}.py"),
    ):
        for variant in read_variants(file, solution) if file.exists() else ():
            yield _from_variant(kind, variant, file)
    if mutate:
        for mutant in mutants_of(solution):
            judges = (mutant.definition,) if mutant.definition in names else names
            yield Candidate("mutant", mutant.label, judges, mutant.source, mutant.line, str(path))


def _from_variant(kind: str, variant: Variant, file: Path) -> Candidate:
    return Candidate(kind, variant.name, (variant.exercise,), variant.source, variant.line, str(file))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise CourseError(
            f"cannot read the file: {error.strerror}", str(path), "write it, then run: brick stubs"
        ) from None


def _conclude(root: Path, chapter: Chapter, verdicts: list[Verdict]) -> Proof:
    """Count, and gather everything that falls short."""
    suite = load_suite(chapter.stem)
    equivalents = read_equivalents(root).get(chapter.stem, {})
    of_kind: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        of_kind[verdict.candidate.kind].append(verdict)
    mutants, mistakes, right = of_kind["mutant"], of_kind["mistake"], of_kind["right"]
    wrong = [*mistakes, *mutants, *of_kind["again"]]
    kills = {check.name: sum(check.name in verdict.failed for verdict in wrong) for check in suite.checks}
    alive = {verdict.candidate.label for verdict in mutants if not verdict.failed}
    survivors = [
        f"{_place(verdict.candidate)}: {verdict.candidate.label}"
        for verdict in mutants
        if not verdict.failed and verdict.candidate.label not in equivalents
    ]
    shortfalls = [words for verdict in verdicts if (words := _shortfall(verdict))]
    shortfalls += [f"the mutant survives: {survivor}" for survivor in survivors]
    if mutants:
        shortfalls += [
            f"{name} catches no mistake and no mutant" for name, count in kills.items() if not count
        ]
        shortfalls += _doubtful(equivalents, alive, len(mutants))
    if not of_kind["stub"]:
        shortfalls.append(f"exercises/{chapter.stem}.py is missing; run: brick stubs")
    for exercise in chapter.exercises:
        shortfalls += _missing(exercise.name, suite.of(exercise.name), verdicts)
    seconds = dict(item for verdict in of_kind["solution"] for item in (verdict.seconds or {}).items())
    return Proof(
        chapter=chapter.stem,
        mistakes=len(mistakes),
        mistakes_caught=sum(bool(verdict.failed) for verdict in mistakes),
        mutants=len(mutants),
        killed=sum(bool(verdict.failed) for verdict in mutants),
        equivalent=len(equivalents.keys() & alive),
        right=len(right),
        right_passed=sum(not verdict.failed for verdict in right),
        survivors=tuple(survivors),
        shortfalls=tuple(shortfalls),
        kills=kills,
        caught_by={verdict.candidate.label: verdict.failed for verdict in mistakes},
        slowest=tuple(sorted(seconds.items(), key=lambda item: -item[1])[:5]),
    )


def _shortfall(verdict: Verdict) -> str:
    """What one verdict says against the checks; '' if nothing. Surviving mutants are judged with their list."""
    candidate = verdict.candidate
    place, label = _place(candidate), candidate.label
    match candidate.kind:
        case "solution" | "right" if verdict.failed:
            return f"{place}: {label} is right, yet {verdict.failed[0]} fails: {verdict.message}"
        case "stub" if "not written yet" not in verdict.message:
            return f"{place}: the stub of {label} does not say NotImplementedError"
        case "mistake" if not verdict.failed:
            return f"{place}: the mistake {label} is not caught"
    return ""


def _place(candidate: Candidate) -> str:
    return f"{candidate.path}:{candidate.line}" if candidate.line else candidate.path


def _doubtful(equivalents: Mapping[str, str], alive: set[str], mutants: int) -> Iterator[str]:
    """What is wrong with the reviewed list of equivalents."""
    for label in equivalents.keys() - alive:
        yield f"{EQUIVALENTS} lists {label!r}, which is killed or gone"
    if len(equivalents) > MOST_EQUIVALENTS * mutants:
        yield f"{len(equivalents)} of {mutants} mutants are listed as equivalent, over {MOST_EQUIVALENTS:.0%}"


def _missing(exercise: str, checks: tuple[Check, ...], verdicts: list[Verdict]) -> Iterator[str]:
    """What an exercise still lacks."""
    if not checks:
        yield f"{exercise} has no check"
    for kind, least in (("mistake", 4), ("right", 3)):
        count = sum(v.candidate.kind == kind and exercise in v.candidate.judges for v in verdicts)
        if count < least:
            yield f"{exercise} has {count} {kind} versions; it needs {least}"


def read_equivalents(root: Path) -> dict[str, dict[str, str]]:
    """The reviewed list of equivalent mutants: {chapter: {mutant's label: reason}}."""
    path = root / "solutions" / "mistakes" / EQUIVALENTS
    if not path.exists():
        return {}
    listed = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    for chapter, mutants in listed.items():
        for label, reason in (mutants or {}).items():
            if not isinstance(reason, str) or len(reason) < 10:
                raise CourseError(
                    f"{chapter}: {label!r} has no reason", str(path), "say why it changes nothing"
                )
    return {chapter: dict(mutants or {}) for chapter, mutants in listed.items()}


# --- judging one candidate, in a worker -------------------------------------------------------------------


def _judge_packed(work: tuple[str, Candidate, tuple[int, ...], int]) -> Verdict:
    return judge(*work)


def judge(stem: str, candidate: Candidate, seeds: tuple[int, ...] = SEEDS, examples: int = 100) -> Verdict:
    """Run the checks that should speak on a candidate, round by round. A mutant is done with at its first failure."""
    suite = _suite(stem)
    workplace = Alarmed()
    checks = [
        check
        for check in suite.checks
        if check.exercise in candidate.judges and candidate.only in (None, check.name)
    ]
    failed: dict[str, str] = {}
    seconds: dict[str, float] = {}
    for seed, enough in _rounds(candidate.kind, seeds, examples):
        if failed and candidate.kind not in ("solution", "right"):
            break
        try:
            learner = workplace.open(candidate.source)
        except (LearnerRaised, LearnerLost) as error:
            return Verdict(candidate, tuple(check.name for check in checks), f"it does not load: {error}")
        learner.returns = suite.returns
        profile = Profile("prove", enough, seed=seed, shrink=False, kept=_kept(stem))
        for check in checks:
            result = Trial(check, learner, profile, stem, _CHECK_S).run()
            seconds[check.name] = seconds.get(check.name, 0.0) + result.seconds
            if result.outcome is Outcome.FAILED:
                failed.setdefault(check.name, result.message)
                if candidate.kind == "mutant":
                    break
    message = next(iter(failed.values()), "")
    return Verdict(candidate, tuple(failed), message, seconds)


def _rounds(kind: str, seeds: tuple[int, ...], examples: int) -> list[tuple[int, int]]:
    """Seeds and examples in turn. What is wrong mostly shows at once, so it gets a short first round."""
    whole = [(seed, examples) for seed in seeds]
    short = {"mutant": 6, "mistake": 20, "stub": 1}.get(kind)
    return whole if short is None else [(seeds[0], min(short, examples)), *whole]


@lru_cache
def _suite(stem: str) -> Any:
    return load_suite(stem)


@lru_cache(maxsize=1)
def _kept(stem: str) -> Kept:
    """The inputs of the chapter at hand: every candidate gets the same ones, so they are drawn once."""
    return Kept()


@lru_cache
def _warm_up() -> None:
    """Let torch import what it imports late: an alarm in the middle of an import leaves it broken for good."""
    import torch
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode():
        table = torch.empty((2, 3), device="meta")
        (table.exp() / table.sum(dim=-1, keepdim=True)).amax(dim=0)
    torch.optim.SGD([torch.zeros(1)], lr=0.1).step()


class Alarmed(SameProcess):
    """The code judged here is the author's own: an alarm clock is boundary enough."""

    def __init__(self) -> None:
        _warm_up()
        super().__init__(Limits(call_s=_CALL_S, check_s=_CHECK_S))

    def open(self, source: str) -> Learner:
        signal.signal(signal.SIGALRM, _ring)
        signal.setitimer(signal.ITIMER_REAL, self.limits.call_s)
        try:
            learner = super().open(source)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        learner.channel = _AlarmClock(learner.channel)
        return learner


class _AlarmClock:
    def __init__(self, channel: Any) -> None:
        self._channel = channel

    def request(self, header: bytes, body: bytes, timeout_s: float) -> tuple[bytes, bytearray]:
        signal.setitimer(signal.ITIMER_REAL, timeout_s)
        try:
            return self._channel.request(header, body, timeout_s)  # type: ignore[no-any-return]
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def distrust(self, reason: str) -> None:
        self._channel.distrust(reason)


def _ring(number: int, frame: Any) -> None:
    raise LearnerLost("no answer in time", timeout=True)
