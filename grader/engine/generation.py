"""Draw the inputs of a check from its seed with Hypothesis, and keep them where the same checks run again and again.

The same seed must give the same inputs on every machine and in every process, or the same submission would get other
points when it is graded again. Hypothesis alone does not promise that: see `RepeatableProvider`.
"""

from __future__ import annotations

import copy
import unittest
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import hypothesis
import torch
from hypothesis import Phase
from hypothesis.control import BuildContext
from hypothesis.database import DirectoryBasedExampleDatabase, ExampleDatabase
from hypothesis.errors import FlakyStrategyDefinition, StopTest, Unsatisfiable, UnsatisfiedAssumption
from hypothesis.internal.conjecture.data import ConjectureData
from hypothesis.internal.conjecture.engine import ConjectureRunner
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

from grader.checking.check import Check
from grader.engine.inputs_file import Inputs, InputsFile, InputsFolder
from grader.sandbox.batches import Recording

# Hypothesis' phases: `reuse` repeats what failed before, from the memory given.
DRAW = (Phase.explicit, Phase.reuse, Phase.generate)
DRAW_AND_SHRINK = (*DRAW, Phase.shrink)
REPEAT = (Phase.explicit, Phase.reuse)
REPEAT_AND_SHRINK = (*REPEAT, Phase.shrink)
_TRIES = 50  # to draw an input that keeps its conditions


class RepeatableProvider(HypothesisProvider):
    """Hypothesis' own draws without the constants it mines from imported modules: a seed alone fixes the inputs."""

    def _maybe_draw_constant(self, *args: Any, **kwargs: Any) -> None:
        return None


# Where shrinking has to draw what it is short of, Hypothesis takes its own provider, whatever the backend. Left as it
# is, the smallest input would depend on what else was imported, and a cache would appear in the learner's folder.
setattr(HypothesisProvider, "_maybe_draw_constant", RepeatableProvider._maybe_draw_constant)  # noqa: B010 -- not ours
# By its import path, which is the documented form; releases before 6.148 take no class here.
AVAILABLE_PROVIDERS["brickwork"] = f"{__name__}.{RepeatableProvider.__name__}"


def run_examples(
    check: Check,
    body: Callable[..., None],
    seed: int,
    examples: int,
    phases: tuple[Phase, ...] = DRAW_AND_SHRINK,
    memory: Path | None = None,
) -> None:
    """Call `body` with one set of drawn inputs after the other; what it raises for the last and smallest is raised.

    Args:
        check: its strategies and its name, by which Hypothesis keeps failing inputs.
        body: called with the drawn values by name.
        seed: fixes the inputs, together with the version of Hypothesis.
        examples: how many to draw.
        phases: draw new inputs, repeat those that failed before, shrink a failing one.
        memory: a folder where failing inputs are kept; None for none.

    Raises:
        TypeError: the strategies give nothing, or not the same twice: a fault of the check.
        Exception: whatever `body` raised for the smallest failing input.
    """
    settings = _settings(examples, phases, None if memory is None else _Memory(memory))

    def example(**drawn: Any) -> None:
        body(**drawn)

    example.__name__ = example.__qualname__ = check.name
    # The seed first: it would take the memory out of settings that are there already.
    armed: Any = settings(hypothesis.seed(seed)(hypothesis.given(**check.inputs)(example)))
    armed.hypothesis.inner_test._hypothesis_internal_add_digest = check.name.encode()
    # Else it reads and hashes the source of `example` for one.
    armed._hypothesis_internal_database_key = _key(check)
    try:
        armed()
    except (Unsatisfiable, FlakyStrategyDefinition) as error:
        raise TypeError(f"{check.name}: its inputs cannot be drawn: {error}") from error
    except unittest.SkipTest:  # nothing failed before, so there was nothing to repeat
        return


def _settings(
    examples: int, phases: tuple[Phase, ...], database: ExampleDatabase | None = None
) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=examples,
        backend="brickwork",
        deadline=None,
        database=database,
        report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=phases,
        verbosity=hypothesis.Verbosity.quiet,
        print_blob=False,
    )


class _Memory(ExampleDatabase):
    """The smallest inputs that failed, in a folder. What Hypothesis would keep besides takes long to meet again."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._kept = DirectoryBasedExampleDatabase(folder)

    def fetch(self, key: bytes) -> Iterable[bytes]:
        return () if _is_besides(key) else self._kept.fetch(key)

    def save(self, key: bytes, value: bytes) -> None:
        if not _is_besides(key):
            self._kept.save(key, value)

    def delete(self, key: bytes, value: bytes) -> None:
        if not _is_besides(key):
            self._kept.delete(key, value)


def has_failed_before(check: Check, memory: Path) -> bool:
    """Whether there are inputs to repeat. Hypothesis takes as long to find none as a dozen calls of a learner's."""
    return any(True for _ in _Memory(memory).fetch(_key(check)))


def _key(check: Check) -> bytes:
    return check.name.encode()


def _is_besides(key: bytes) -> bool:
    """Whether a key is of the corpus that Hypothesis keeps beside the failures themselves."""
    return key.endswith((b".secondary", b".pareto"))


def draw_many(check: Check, seed: int, examples: int) -> list[Inputs]:
    """The inputs that a run of the check would get: the simplest, small ones, random ones and changed ones.

    They are those of `run_examples`, to the bit, in three quarters of its time: where no code of anybody's is run, the
    random states of the process need not be set and put back for each.

    Args:
        check, seed, examples: as for `run_examples`.

    Raises:
        TypeError: the strategies give nothing, or not the same twice: a fault of the check.
    """
    found: list[Inputs] = []

    def once(data: ConjectureData) -> None:
        try:
            found.append(_drawn_from(data, check))
        except UnsatisfiedAssumption as reason:
            data.mark_invalid(reason.reason)

    try:
        ConjectureRunner(once, settings=_settings(examples, DRAW), random=Random(seed)).run()
    except FlakyStrategyDefinition as error:
        raise TypeError(f"{check.name}: its inputs cannot be drawn: {error}") from error
    if not found:
        raise TypeError(f"{check.name}: its inputs cannot be drawn: none keeps their conditions")
    return found


def draw_straight(check: Check, seed: int, examples: int) -> list[Inputs]:
    """Random inputs straight from the strategies: several times as fast as a run of a few, and each seed's own.

    Raises:
        TypeError: too few of what is drawn keep their conditions.
    """
    return list(drawing_straight(check, seed, examples))


def drawing_straight(check: Check, seed: int, examples: int) -> Iterator[Inputs]:
    """As `draw_straight`, each when it is asked for."""
    random, found = Random(seed), 0
    for _ in range(_TRIES * examples):
        data = ConjectureData(random=random, provider=RepeatableProvider)
        try:
            drawn = _drawn_from(data, check)
        except (StopTest, UnsatisfiedAssumption):
            continue
        yield drawn
        found += 1
        if found == examples:
            return
    raise TypeError(f"{check.name}: its inputs cannot be drawn: too few keep their conditions")


def _drawn_from(data: ConjectureData, check: Check) -> Inputs:
    """What the strategies of a check make of these choices."""
    with BuildContext(data, wrapped_test=check.body):
        return {name: data.draw(strategy) for name, strategy in check.inputs.items()}


class Kept:
    """Inputs that were drawn before: check, seed and number fix them, so they are those that would be drawn again.

    Drawing takes several times as long as running what was drawn. The small ones come first: whichever fails first is
    then small enough to be shown.

    Args:
        draw: draws so many inputs of a check from a seed.
        folder: where they are kept for other processes; None for this one alone.
    """

    def __init__(
        self,
        draw: Callable[[Check, int, int], list[Inputs]] = draw_many,
        folder: InputsFolder | None = None,
    ) -> None:
        self._draw, self._folder = draw, folder
        self._kept: dict[tuple[str, int, int], tuple[Inputs, ...]] = {}
        self._recordings: dict[tuple[str, int, int], Recording] = {}
        self._files: dict[str, InputsFile] = {}
        self._file: InputsFile | None = None

    def open(self, checks_sha256: str) -> None:
        """From now on take what was kept for this state of a chapter's checks."""
        if self._folder is not None and checks_sha256 not in self._files:
            self._files[checks_sha256] = self._folder.file(checks_sha256)
        self._file = self._files.get(checks_sha256)

    def save(self) -> None:
        """Keep what was drawn for other processes."""
        if self._file is not None:
            self._file.save()

    def has(self, check: Check, seed: int, examples: int) -> bool:
        """Whether they need not be drawn any more."""
        return not check.inputs or (check.name, seed, examples) in self._kept

    def generate(self, check: Check, seed: int, examples: int) -> None:
        """Draw them now, unless this process or another has."""
        in_file = self._file is not None and self._file.has(check.name, seed, examples)
        if not in_file and not self.has(check, seed, examples):
            self._kept[check.name, seed, examples] = self._drawn(check, seed, examples)

    def inputs(
        self, check: Check, seed: int, examples: int, left_out: Callable[[], bool] = lambda: False
    ) -> Iterator[Inputs]:
        """The inputs of a check, example by example; whoever gets them may change them.

        Args:
            left_out: asked of each in turn, when it is due: whether nobody needs it.
        """
        key = (check.name, seed, examples)
        if key not in self._kept:
            self._kept[key] = self._from_file(*key) or self._drawn(check, seed, examples)
        for drawn in self._kept[key]:
            if not left_out():
                yield {name: _copied(value) for name, value in drawn.items()}

    def recording(self, check: Check, seed: int, examples: int) -> Recording | None:
        """What the check asked on these inputs of a submission that passed it; None if there was none yet."""
        key = (check.name, seed, examples)
        if key not in self._recordings and self._file is not None:
            kept = self._file.recording(*key)
            if kept is not None:
                self._recordings[key] = kept
        return self._recordings.get(key)

    def record(self, check: Check, seed: int, examples: int, recording: Recording) -> None:
        """Put down what a check asked of a submission that passed it."""
        self._recordings[check.name, seed, examples] = recording
        if self._file is not None:
            self._file.record(check.name, seed, examples, recording)

    def _from_file(self, name: str, seed: int, examples: int) -> tuple[Inputs, ...] | None:
        return None if self._file is None else self._file.get(name, seed, examples)

    def _drawn(self, check: Check, seed: int, examples: int) -> tuple[Inputs, ...]:
        drawn = tuple(sorted(self._draw(check, seed, examples), key=size_of))
        if self._file is not None:
            self._file.put(check.name, seed, examples, drawn)
        return drawn


def size_of(value: Any) -> int:
    """How many numbers and words there are to read."""
    if isinstance(value, torch.Tensor):
        return value.numel()
    if isinstance(value, Mapping):
        return sum(map(size_of, value.values()))
    if isinstance(value, list | tuple):
        return sum(map(size_of, value))
    return 1


def _copied(value: Any) -> Any:
    """As deepcopy, which takes as long for a small tensor as a learner does to answer."""
    if isinstance(value, torch.Tensor) and value.is_contiguous():
        return value.clone()
    if type(value) in (list, tuple):
        return type(value)(_copied(item) for item in value)
    return value if type(value) in (int, float, bool, str) else copy.deepcopy(value)
