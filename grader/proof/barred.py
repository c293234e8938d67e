"""Find the finished functions of torch that give an exercise's answer, and see whether the sandbox bars each.

An exercise is not to be answered by one call of a finished function. Which of torch's many functions would do that
nobody can list, so all of them are called with what the checks ask, and compared with the solution.
"""

from __future__ import annotations

import ast
import contextlib
import math
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from grader.checking.check import Check
from grader.course.paths import solution_file
from grader.engine.in_process import SameProcess
from grader.engine.profile import Profile
from grader.engine.suites import suite_for
from grader.engine.trial import Trial
from grader.language import kept
from grader.proof.candidates import right_answers
from grader.records import Chapter
from grader.sandbox.dispatch import operation_filter
from grader.sandbox.example import Call
from grader.sandbox.proxy import Learner

_EXAMPLES = 5
_SAMPLES = 8
_PLACES = {
    "torch": torch,
    "torch.Tensor": torch.Tensor,
    "torch.nn.functional": F,
    "torch.special": torch.special,
    "torch.linalg": torch.linalg,
}
# They change torch itself, start something, or wait; none computes.
_NOT_TRIED = frozenset(
    """
    autocast autocast_decrement_nesting autocast_increment_nesting backward compile cond cuda fork from_file hub
    import_ir_module import_ir_module_from_buffer init_num_threads load manual_seed parse_ir parse_schema pin_memory
    save seed share_memory_ thread_safe_generator use_deterministic_algorithms vmap wait xpu
    """.split()
)


@dataclass(frozen=True)
class FinishedAnswer:
    """A function of torch that gives an exercise's answer on every sample.

    Args:
        exercise: whose answer it is.
        function: where it lies, such as `torch.special.softmax`.
        arguments: how it is called with the arguments of the exercise, such as "the tensors, turned round".
        barred: whether the call is refused while the exercise runs.
        elementary: whether a right version calls an operation of that name, so that it is a tool, not the answer.
    """

    exercise: str
    function: str
    arguments: str
    barred: bool
    elementary: bool

    @property
    def is_open(self) -> bool:
        """Whether it gives the answer away."""
        return not self.barred and not self.elementary


@dataclass(frozen=True)
class _Sample:
    """What an exercise was asked, and what the solution answered.

    Inputs are those of a check, so they are as the exercise expects them.
    """

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    result: Any


def finished_answers(root: Path, chapter: Chapter) -> list[FinishedAnswer]:
    """Call every finished function of torch with what the checks of a chapter ask, and keep those that are right.

    Args:
        root: the folder of the course; the chapter's solution lies in it.

    Returns:
        One entry for each function and way to call it, in the order of the exercises.
    """
    source = solution_file(root, chapter.stem).read_text(encoding="utf-8")
    samples = _samples(source, chapter)
    tools = _tools(root, chapter)
    operations = operation_filter()
    found = []
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for exercise in chapter.exercises:
            for name, words, call in _matching(samples.get(exercise.name, [])):
                with operations.barring(exercise.forbidden):
                    operations.called.clear()
                    with contextlib.suppress(Exception):
                        call()
                    barred = bool(operations.called)
                elementary = _operation(name) in tools.get(exercise.name, set())
                found.append(FinishedAnswer(exercise.name, name, words, barred, elementary))
    return found


def _tools(root: Path, chapter: Chapter) -> dict[str, set[str]]:
    """The operations that right versions name, by exercise.

    A right version is written by hand, so what it names is a step on the way and no finished answer.
    """
    found: dict[str, set[str]] = {}
    for answer in right_answers(root, chapter):
        for node in ast.walk(ast.parse(answer.source)):
            if isinstance(node, ast.Attribute):
                for exercise in answer.judges:
                    found.setdefault(exercise, set()).add(_operation(node.attr))
    return found


def _operation(name: str) -> str:
    """An operation without its place and its form: `clamp` of `torch.clamp_`, `torch.Tensor.clip` or `clamp_min`."""
    return re.sub("clip|clamp_(min|max)", "clamp", name.rpartition(".")[2].strip("_"))


# --- what is asked ----------------------------------------------------------------------------------------


def _samples(source: str, chapter: Chapter) -> dict[str, list[_Sample]]:
    """Calls that the checks make on the solution, by exercise: those whose answers tell the most first.

    Args:
        source: of the solution.

    Returns:
        For each exercise a few calls of it, which did not raise.
    """
    suite = suite_for(chapter)
    learner = SameProcess().open(source)
    learner.returns = suite.returns
    found: dict[str, list[_Sample]] = {}
    for check in suite.checks:
        calls: list[Call] = []
        Trial(
            _overheard(check, calls), learner, Profile(examples=_EXAMPLES, shrink=False), chapter, 60.0
        ).run()
        for call in calls:
            if (
                call.op in ("call", "method")
                and call.name.split(".")[0] == check.exercise
                and not call.raised
            ):
                found.setdefault(check.exercise, []).append(_Sample(call.args, call.kwargs, call.result))
    return {name: _telling(samples) for name, samples in found.items()}


def _overheard(check: Check, calls: list[Call]) -> Check:
    """The same check, which also puts down its calls.

    Args:
        check: runs as before.
        calls: takes them, also where the check fails.
    """

    def body(learner: Learner, **drawn: Any) -> None:
        try:
            check.body(learner, **drawn)
        finally:
            calls.extend(learner.calls)

    return replace(check, body=body)


def _count(x: torch.Tensor) -> int:
    """How many different entries there are."""
    return len(set(x.flatten().tolist()))


def _telling(samples: list[_Sample]) -> list[_Sample]:
    """A few samples whose answers no other function gives by chance: many values, finite, positive and negative."""

    def worth(sample: _Sample) -> tuple[bool, int]:
        result = sample.result
        if not isinstance(result, torch.Tensor) or not result.numel():
            return isinstance(result, float) and result not in (0.0, 1.0), 0
        inputs = [value for value in sample.args if isinstance(value, torch.Tensor)]
        ordinary = all(
            value.is_floating_point() and bool((value.abs() < 100).all()) and _count(value) > 1
            for value in inputs
        )
        return ordinary and bool(result.isfinite().all()), min(_count(result), 6)

    useful = [sample for sample in samples if worth(sample) > (False, 1) or worth(sample)[0]]
    return sorted(useful, key=worth, reverse=True)[:_SAMPLES]


# --- what is tried ----------------------------------------------------------------------------------------

Arrange = Callable[[Sequence[Any], Sequence[torch.Tensor]], Sequence[Any]]

# How the values of a call, and the tensors among them, become the arguments of a function of torch: those tried with
# every function, and those that only some can take, which a part of the function's name tells.
_ARRANGEMENTS: dict[str, Arrange] = {
    kept("as they are"): lambda values, x: values,
    kept("the tensors"): lambda values, x: x,
    kept("the first tensor"): lambda values, x: x[:1],
    kept("the tensors, turned round"): lambda values, x: x[::-1],
    kept("the first two swapped"): lambda values, x: (values[1], values[0], *values[2:]),
    kept("along the last axis"): lambda values, x: (*x[:1], -1),
}
_FITTING: dict[str, dict[str, Arrange]] = {
    "backward softmax tanh sigmoid": {kept("all along the last axis"): lambda values, x: (*x, -1)},
    "clamp clip elu threshold hardtanh": {
        kept("with 0"): lambda values, x: (*x[:1], 0.0),
        kept("between 0 and infinity"): lambda values, x: (*x[:1], 0.0, math.inf),
        kept("with 0 below 0"): lambda values, x: (*x[:1], 0.0, 0.0),
    },
    "mm mv baddbmm addr linear matmul": {
        kept("with the last transposed"): lambda values, x: (*x[:-1], x[-1].mT),
        kept("with the second transposed"): lambda values, x: (x[0], x[1].mT, *x[2:]),
        kept("a sum of the last and a product"): lambda values, x: (x[2], x[0], x[1]),
        kept("a sum of the last and a product with a transposed"): lambda values, x: (x[2], x[0], x[1].mT),
    },
    "norm": {
        kept("over the shape of the last axis"): lambda values, x: (x[0], x[0].shape[-1:], *x[1:]),
        kept("of a batch in training"): lambda values, x: (x[0], None, None, None, None, True),
        kept("in one group"): lambda values, x: (x[0], 1, *x[1:]),
    },
    "cross nll": {kept("as logits with whole labels"): lambda values, x: (x[0], x[1].long())},
}


def _matching(samples: list[_Sample]) -> Iterator[tuple[str, str, Callable[[], Any]]]:
    """Functions that give the answer to every sample, with the words for how they are called, and one such call.

    Samples are tried by themselves where the exercise is called in another way: `softmax(x)` beside `softmax(x, 0)`.

    Yields:
        Name, words for the way it is called, and one call with the first sample.
    """
    asked: dict[object, list[_Sample]] = {}
    for sample in samples:
        asked.setdefault((len(sample.args), *sample.kwargs), []).append(sample)
    for alike in asked.values():
        # One answer may agree by chance.
        if len(alike) < 2:
            continue
        everywhere = _arranged(alike, _ARRANGEMENTS)
        fitting = {parts: _arranged(alike, arrangements) for parts, arrangements in _FITTING.items()}
        for name, function in _finished():
            ways = [everywhere, *(fitting[parts] for parts in fitting if _is_like(name, parts))]
            for words, calls in (item for way in ways for item in way.items()):
                if all(_gives(function, args, sample) for args, sample in zip(calls, alike, strict=True)):
                    yield name, words, partial(_call, function, calls[0])


def _is_like(name: str, parts: str) -> bool:
    """Whether a function's own name contains one of the words."""
    return any(part in name.rpartition(".")[2].lower() for part in parts.split())


def _arranged(samples: list[_Sample], arrangements: Mapping[str, Arrange]) -> dict[str, list[Sequence[Any]]]:
    """The arguments for each sample, arranged in every way that is possible and gives others than those before."""
    found: dict[str, list[Sequence[Any]]] = {}
    seen: set[tuple[int, ...]] = set()
    for words, arrange in arrangements.items():
        calls = []
        for sample in samples:
            values = [*sample.args, *sample.kwargs.values()]
            with contextlib.suppress(IndexError, RuntimeError):
                calls.append(arrange(values, [value for value in values if isinstance(value, torch.Tensor)]))
        key = tuple(id(value) for value in calls[0]) if len(calls) == len(samples) else ()
        if key and key not in seen:
            seen.add(key)
            found[words] = calls
    return found


_takes_no: set[tuple[int, tuple[type, ...]]] = set()


def _gives(function: Callable[..., Any], args: Sequence[Any], sample: _Sample) -> bool:
    """Whether the answer is the solution's. Torch takes long to refuse arguments, so their kinds are remembered."""
    kinds = id(function), tuple(map(type, args))
    if kinds in _takes_no:
        return False
    try:
        return _equal(_call(function, args), sample.result)
    except TypeError:
        _takes_no.add(kinds)
    except Exception:  # most functions take other arguments
        pass
    return False


def _call(function: Callable[..., Any], args: Sequence[Any]) -> Any:
    """Call a function with copies of the arguments."""
    return function(*_copied(args))


def _copied(args: Sequence[Any]) -> list[Any]:
    """Fresh tensors: some functions work in place."""
    return [value.clone() if isinstance(value, torch.Tensor) else value for value in args]


def _equal(found: Any, expected: Any) -> bool:
    """Whether an answer is the solution's, as far as dtype and container allow; the first of several results counts."""
    if isinstance(found, tuple | list) and not isinstance(expected, tuple | list):
        return bool(found) and _equal(found[0], expected)
    if isinstance(found, tuple | list) and isinstance(expected, tuple | list):
        return len(found) == len(expected) and all(map(_equal, found, expected))
    if isinstance(expected, torch.Tensor) and isinstance(found, torch.Tensor):
        if found.shape != expected.shape or found.is_quantized:
            return False
        return torch.allclose(found.to(expected.dtype), expected, rtol=1e-6, atol=1e-9, equal_nan=True)
    if isinstance(expected, float | int) and isinstance(found, torch.Tensor | float | int):
        return math.isclose(float(found), expected, rel_tol=1e-9)
    return False


@cache
def _finished() -> tuple[tuple[str, Callable[..., Any]], ...]:
    """The finished functions of torch, with where they lie; modules as functions of their input."""
    found = [
        (f"{place}.{name}", value)
        for place, holder in _PLACES.items()
        for name, value in ((name, getattr(holder, name)) for name in dir(holder))
        if name[0] != "_" and name not in _NOT_TRIED and not name.startswith("set_")
        if callable(value) and not isinstance(value, type)
    ]
    for name in dir(nn):
        kind = getattr(nn, name)
        if isinstance(kind, type) and issubclass(kind, nn.Module) and "Transformer" not in name:
            with contextlib.suppress(Exception):  # what must be told its sizes has weights of its own
                found.append((f"torch.nn.{name}", kind()))
    return tuple(found)
