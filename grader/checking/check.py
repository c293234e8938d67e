"""The form of a check: which exercise it judges, on which inputs, and what must hold."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from types import MappingProxyType, ModuleType
from typing import Any

from hypothesis.strategies import SearchStrategy

Body = Callable[..., None]


class Law(Enum):
    """The laws that hold for every exercise of a kind, whatever its subject."""

    FLOAT32 = auto()  # what comes of float32 is float32
    LAYOUT = auto()  # tensors may lie in memory anyhow
    DEVICE = auto()  # the code runs where its arguments are
    DERIVED = auto()  # a gradient is derived, not measured


@dataclass(frozen=True)
class Sweep:
    """Inputs of a check that differ in one number: over it a wrong function is drawn beside the right one.

    Args:
        over: the learner's name for the number.
        inputs: the number, rising, and the arguments of the check's body that go with it.
    """

    over: str
    inputs: tuple[tuple[float, Mapping[str, Any]], ...]


def sweep(over: str, values: Iterable[float], inputs: Callable[[Any], Mapping[str, Any]]) -> Sweep:
    """Say over which number a wrong function is drawn.

    Args:
        over: the learner's name for it, such as `step`.
        values: what it is set to, rising.
        inputs: the arguments of the check's body, from the number; as the strategies might draw them.
    """
    return Sweep(over, tuple((value, inputs(value)) for value in values))


@dataclass(frozen=True)
class Check:
    """One law an exercise must keep.

    Args:
        name: `check_…`, unique in its chapter.
        exercise: the function or class it judges.
        title: the line the learner reads, from the docstring.
        body: called as `body(learner, **inputs)`; raises when the law is broken.
        inputs: a Hypothesis strategy per argument of the body; empty for a check that runs once.
        hint: where to look, shown on request.
        after: checks that must pass first, else this one is not run. What a constant, an echo of the argument, a
            table of known answers or a refusal of everything would pass comes after a law that none of them keeps.
        weight: its share of the exercise's points.
        examples: at most so many examples, whatever the profile says.
        opens: whether all other checks of the exercise come after it; they wait only where it is broken.
        law: which of the kit's own laws it is; None for any other.
        curve: on which inputs a wrong function is drawn; where it has one tensor, they are found without.
    """

    name: str
    exercise: str
    title: str
    body: Body
    inputs: Mapping[str, SearchStrategy[Any]]
    hint: str = ""
    after: tuple[Check, ...] = ()
    weight: float = 1.0
    examples: int | None = None
    opens: bool = False
    law: Law | None = None
    curve: Sweep | None = None


def given(**inputs: SearchStrategy[Any]) -> Callable[[Body], Body]:
    """Say how the arguments of a check are drawn, a strategy by the name of each.

    Stands below `@check`. It only notes the strategies: the engine arms Hypothesis itself, once per run, since the
    number of inputs and the seed are the run's.
    """

    def keep(body: Body) -> Body:
        body.given = inputs  # type: ignore[attr-defined]
        return body

    return keep


def check(
    exercise: str,
    *,
    hint: str = "",
    after: Check | Iterable[Check] | None = None,
    weight: float = 1.0,
    examples: int | None = None,
    law: Law | None = None,
    curve: Sweep | None = None,
) -> Callable[[Body], Check]:
    """Make a function `check_…(learner, …)` a check of `exercise`; its docstring is what the learner reads.

    Args:
        exercise: the function or class that is judged, by name.
        hint: where to look when just this law is broken; shown on request.
        after: a check, or several, that must pass first. Given as objects, so that a typo fails at import.
        weight: its share of the exercise's points, against 1 for others.
        examples: at most so many inputs, for a check that is expensive or that needs few.
        law: which of the kit's own laws this is, in a form that fits the exercise.
        curve: over which number a wrong function is drawn, by `sweep`.

    Raises:
        TypeError: the function has no docstring.
    """

    def build(body: Body) -> Check:
        title = inspect.getdoc(body)
        if not title:
            raise TypeError(f"{body.__name__} has no docstring; it is the line the learner reads")
        inputs: Mapping[str, SearchStrategy[Any]] = getattr(body, "given", {})
        return Check(
            body.__name__, exercise, " ".join(title.split()), body, MappingProxyType(dict(inputs)), hint,
            listed(after), weight, examples, law=law, curve=curve,
        )  # fmt: skip

    return build


def listed(after: Check | Iterable[Check] | None) -> tuple[Check, ...]:
    """One check, several or none, as a tuple."""
    if after is None:
        return ()
    return (after,) if isinstance(after, Check) else tuple(after)


@dataclass(frozen=True)
class Suite:
    """All checks of one chapter with what goes with them.

    Args:
        checks: in the order of the file, which is the order in which they run and are shown.
        returns: the return contract of each function and method, from the chapter's `RETURNS`.
        sha256: of the file of checks.
    """

    checks: tuple[Check, ...]
    returns: Mapping[str, Any]
    sha256: str = ""

    def of(self, exercise: str) -> tuple[Check, ...]:
        """The checks of one exercise."""
        return tuple(check for check in self.checks if check.exercise == exercise)


def suite_of(module: ModuleType, sha256: str = "") -> Suite:
    """Collect a module's checks in the order they are written, also those in tuples of laws.

    Raises:
        TypeError: two checks have one name. Names must differ, since seeds and kept failures go by them.
    """
    found: dict[str, Check] = {}
    for value in vars(module).values():
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Check):
                if found.setdefault(one.name, one) is not one:
                    raise TypeError(f"two checks of {module.__name__} are called {one.name}")
    openings = {one.exercise: one for one in found.values() if one.opens}
    checks = tuple(
        replace(one, after=(openings[one.exercise], *one.after))
        if one.exercise in openings and not one.opens
        else one
        for one in found.values()
    )
    return Suite(checks, getattr(module, "RETURNS", {}), sha256)
