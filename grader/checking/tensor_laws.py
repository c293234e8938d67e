"""Laws that every tensor function keeps: float32 stays float32, any memory layout will do, and any device."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
from hypothesis.strategies import SearchStrategy

from grader.checking.check import Body, Check, listed
from grader.checking.comparison import agree
from grader.checking.failures import NotCheckable, fail
from grader.sandbox.exceptions import LearnerRaised
from grader.sandbox.proxy import Learner


def tensor_laws(
    exercise: str,
    inputs: Mapping[str, SearchStrategy[Any]],
    oracle: Callable[..., Any],
    *,
    call: Callable[..., Any] | None = None,
    after: Check | Iterable[Check] | None = None,
    meta: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    examples: int = 20,
) -> tuple[Check, ...]:
    """The laws of every tensor function: float32 stays float32, any memory layout will do, and any device.

    Args:
        exercise: the function.
        inputs: strategies of its arguments; tensors in float64.
        oracle: the right answer as a function of the same arguments, by name.
        call: how to call the learner, `call(learner, **inputs)`; by default with the arguments by name.
        after: checks that must pass first.
        meta: whether the function can run without values (no data-dependent branch in the solution).
        rtol, atol: tolerances of the float32 law.
    """
    ask = call or (lambda learner, **given_: learner.call(exercise, **given_))

    def keeps_float32(learner: Learner, **drawn: Any) -> None:
        single = {name: _map_tensors(value, _to_float32) for name, value in drawn.items()}
        double = {name: _map_tensors(value, _to_float64) for name, value in single.items()}
        agree(ask(learner, **single), _map_tensors(oracle(**double), _to_float32), rtol=rtol, atol=atol)

    def takes_any_layout(learner: Learner, **drawn: Any) -> None:
        strided = {name: _map_tensors(value, _scattered) for name, value in drawn.items()}
        agree(ask(learner, **strided), oracle(**strided))

    def runs_on_any_device(learner: Learner, **drawn: Any) -> None:
        # Fake tensors have no values: without this comparison any nonsense would pass.
        agree(ask(learner, **drawn), oracle(**drawn))
        if learner.device != "cpu":
            return
        try:
            devices = learner.portable(exercise, **drawn)
        except LearnerRaised as raised:
            # A stub was told above, by its first call; here NotImplementedError is torch's own, for a device.
            said = raised.message.splitlines()[0][:200] if raised.message else raised.name
            fail(f"on another device it fails: {said}")
        if devices is None:
            raise NotCheckable("the code branches on values")
        if devices not in ((), ("meta",)):
            fail(
                f"the result is on {', '.join(devices)}, the input is not: make tensors with device=x.device"
            )

    law = _LawBuilder(exercise, inputs, listed(after))
    laws = [
        law.build(
            keeps_float32, "keeps_float32", f"{exercise} keeps float32 and stays accurate in it.",
            "Make constants and new tensors with dtype=x.dtype.", examples,
        ),
        law.build(
            takes_any_layout, "takes_any_layout", f"{exercise} takes transposed and strided tensors.",
            "view() and in-place tricks need contiguous memory; reshape does not.", examples,
        ),
    ]  # fmt: skip
    if meta:
        hint = "A tensor made inside needs device=x.device."
        laws.append(
            law.build(runs_on_any_device, "runs_on_any_device", f"{exercise} works on any device.", hint, 4)
        )
    return tuple(laws)


@dataclass(frozen=True)
class _LawBuilder:
    exercise: str
    inputs: Mapping[str, SearchStrategy[Any]]
    after: tuple[Check, ...]

    def build(self, body: Body, name: str, title: str, hint: str, examples: int) -> Check:
        full_name = f"check_{self.exercise}_{name}"
        inputs = MappingProxyType(dict(self.inputs))
        return Check(full_name, self.exercise, title, body, inputs, hint, self.after, 0.5, examples)


def _map_tensors(value: Any, change: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    if isinstance(value, torch.Tensor):
        return change(value)
    if isinstance(value, list | tuple):
        return type(value)(_map_tensors(item, change) for item in value)
    return value


def _to_float32(x: torch.Tensor) -> torch.Tensor:
    return x.to(torch.float32) if x.dtype is torch.float64 else x


def _to_float64(x: torch.Tensor) -> torch.Tensor:
    return x.to(torch.float64) if x.dtype is torch.float32 else x


def _scattered(x: torch.Tensor) -> torch.Tensor:
    """The same values in memory with gaps, axes reversed."""
    if x.ndim == 0 or x.numel() == 0:
        return x
    shape = tuple(2 * side for side in reversed(x.shape))
    base = torch.full(shape, 7.0, dtype=torch.float64).to(x.dtype)
    view = base[tuple(slice(None, None, 2) for _ in shape)].permute(*reversed(range(x.ndim)))
    return view.copy_(x)
