"""Show which inputs the checks give to the exercises, region by region, so that an empty region is seen."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from grader.checking.check import Check
from grader.engine.generation import Kept
from grader.engine.profile import Profile
from grader.engine.suites import load_suite
from grader.engine.trial import Trial
from grader.language import kept
from grader.proof.candidates import Candidate
from grader.proof.tables import Table
from grader.proof.timeouts import CHECK_S, TimedProcess
from grader.records import Chapter
from grader.sandbox.proxy import Learner

EXAMPLES = 100  # as many as a submission that counts is judged by
# Upper ends of the regions of magnitude. Below 1e-6 squares are lost beside 1 in float64, below 1e-3 in float32; at 15
# a sigmoid is 1 in float32, at 100 and 1000 exp is infinite in float32 and in float64.
_ENDS = (1e-6, 1e-3, 0.1, 1.0, 15.0, 100.0, 1000.0, float("inf"))
_REGIONS = (
    "0", kept("to 1e-6"), kept("to 1e-3"), kept("to 0.1"), kept("to 1"), kept("to 15"), kept("to 100"),
    kept("to 1000"), kept("above"),
)  # fmt: skip
_KINDS = (
    kept("negative"), kept("one sign"), kept("constant"), kept("ties"), kept("sum 0"), kept("sorted"),
    kept("over 64"), kept("side 1"), kept("empty"),
)  # fmt: skip


@dataclass
class Drawn:
    """All values of one argument of one exercise, counted.

    `numbers` says how many entries lie in each region of magnitude, `kinds` how many tensors have a property, and
    `ranks` how many have so many axes.
    """

    calls: int = 0
    numbers: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    ranks: Counter[int] = field(default_factory=Counter)

    def note(self, value: Any) -> None:
        """Count one value: a number, a tensor, or all that a list or tuple of them holds."""
        if isinstance(value, list | tuple):
            for one in value:
                self.note(one)
        elif isinstance(value, torch.Tensor):
            self._note_tensor(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            self._note_numbers(torch.tensor([float(value)], dtype=torch.float64))

    def _note_tensor(self, x: torch.Tensor) -> None:
        """Count a tensor's axes, its entries and its properties; of one on another device only the axes."""
        self.ranks[x.ndim] += 1
        if x.device.type != "cpu" or x.dtype is torch.bool:
            return
        flat = x.detach().to(torch.float64).reshape(-1)
        self._note_numbers(flat)
        for kind, holds in _kinds_of(x, flat).items():
            self.kinds[kind] += holds

    def _note_numbers(self, flat: torch.Tensor) -> None:
        """Count entries by sign and by magnitude."""
        self.numbers["negative"] += int((flat < 0).sum())
        # 0 is a region of its own: it ends where the smallest numbers begin.
        places = torch.bucketize(flat.abs(), torch.tensor((0.0, *_ENDS), dtype=torch.float64))
        for place, count in Counter(places.tolist()).items():
            self.numbers[_REGIONS[min(place, len(_REGIONS) - 1)]] += count  # NaN lies behind the last end


def _kinds_of(x: torch.Tensor, flat: torch.Tensor) -> dict[str, bool]:
    """Which properties a tensor has that a careless solution may trip over.

    Args:
        x: the tensor.
        flat: its entries as float64, in one row.
    """
    if not flat.numel():
        return {"empty": True}
    several = flat.numel() > 1
    return {
        "one sign": several and bool((flat > 0).all() or (flat < 0).all()),
        "constant": several and bool((flat == flat[0]).all()),
        "ties": several and len(set(flat.tolist())) < flat.numel(),
        "sum 0": several and bool(flat.sum() == 0) and bool(flat.any()),
        "sorted": flat.numel() > 2 and bool((flat.diff() > 0).all()),
        "over 64": flat.numel() > 64,
        "side 1": several and 1 in x.shape,
    }


def drawn_inputs(chapter: Chapter, solution: Candidate) -> dict[str, Drawn]:
    """What the exercises of a chapter are called with when its solution is graded, by `exercise.argument`.

    Not what the strategies draw: a check may still scale it, scatter it in memory or put it into a list.

    Args:
        chapter: whose checks are run, with as many inputs as when work is graded.
        solution: runs in this process; it is the author's own.
    """
    suite, found = load_suite(chapter), dict[str, Drawn]()
    learner = TimedProcess().open(solution.source)
    learner.returns = suite.returns
    profile = Profile("grade", EXAMPLES, shrink=False, kept=Kept())
    names = _argument_names(solution.source)

    def note(learner: Learner) -> None:
        for call in learner.calls:
            arguments = dict(zip(names.get(call.target, ()), call.args, strict=False)) | dict(call.kwargs)
            for name, value in arguments.items():
                one = found.setdefault(f"{call.target}.{name}", Drawn())
                one.calls += 1
                one.note(value)

    for check in suite.checks:
        Trial(_observed(check, note), learner, profile, chapter, CHECK_S).run()
    return found


def _observed(check: Check, note: Any) -> Check:
    """The same check, which tells of the calls of each example."""

    def body(learner: Learner, **drawn: Any) -> None:
        try:
            check.body(learner, **drawn)
        finally:
            note(learner)

    return replace(check, body=body)


def _argument_names(source: str) -> dict[str, tuple[str, ...]]:
    """The names of the positional arguments of every function, and of every class' and method's without self.

    Args:
        source: of the solution.
    """
    found: dict[str, tuple[str, ...]] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = _positional(node)
        elif isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, ast.FunctionDef):
                    name = node.name if method.name == "__init__" else f"{node.name}.{method.name}"
                    found[name] = _positional(method)[1:]
    return found


def _positional(function: ast.FunctionDef) -> tuple[str, ...]:
    """The names of the parameters that can be given by position."""
    return tuple(one.arg for one in (*function.args.posonlyargs, *function.args.args))


def inputs_table(chapter: Chapter, solution: Candidate) -> Table:
    """One row per argument: how often each region of magnitude, sign, shape and pattern occurs; a dot for never."""
    rows = tuple(_rows(drawn_inputs(chapter, solution)))
    columns = (kept("argument"), kept("calls"), *_REGIONS, *_KINDS, kept("ranks"))
    number = len(rows)
    return Table(chapter.stem, "inputs", kept(f"what is given to {number} arguments"), columns, rows)


def _rows(found: dict[str, Drawn]) -> Iterator[tuple[str, ...]]:
    """One row per argument, in the order in which they were first met."""
    for name, drawn in found.items():
        numbers = [drawn.numbers[region] for region in _REGIONS]
        kinds = [drawn.numbers["negative"], *(drawn.kinds[kind] for kind in _KINDS[1:])]
        ranks = " ".join(f"{rank}:{count}" for rank, count in sorted(drawn.ranks.items())) or "."
        yield (name, str(drawn.calls), *(str(count) if count else "." for count in (*numbers, *kinds)), ranks)
