"""Laws that every tensor function keeps: float32 stays float32, any memory layout will do, and any device."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
from hypothesis.strategies import SearchStrategy

from grader.checking.check import Body, Check, Law, listed
from grader.checking.comparison import agree
from grader.checking.failures import NotCheckable, fail
from grader.sandbox.exceptions import LearnerRaised
from grader.sandbox.proxy import Learner

_WEIGHT = 0.5  # each takes half of what a law of the exercise's own takes
_DEVICE_EXAMPLES = 4  # a call on fake tensors costs milliseconds, and its outcome hardly depends on the input


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
        examples: how many inputs the first two laws get at most.

    Returns:
        The checks, to be kept in a module-level tuple of the chapter: `LAWS = tensor_laws(...)`.
    """
    laws = _TensorLaws(exercise, inputs, oracle, call, listed(after), rtol, atol)
    made = [laws.keeps_float32(examples), laws.takes_any_layout(examples)]
    return (*made, laws.runs_on_any_device()) if meta else tuple(made)


@dataclass(frozen=True)
class _TensorLaws:
    """The three laws of one exercise; the arguments are those of `tensor_laws`."""

    exercise: str
    inputs: Mapping[str, SearchStrategy[Any]]
    oracle: Callable[..., Any]
    call: Callable[..., Any] | None
    after: tuple[Check, ...]
    rtol: float | None
    atol: float | None

    def keeps_float32(self, examples: int) -> Check:
        """What comes of float32 is float32, and as exact as float32 can be."""

        def body(learner: Learner, **drawn: Any) -> None:
            single = {name: _map_tensors(value, _to_float32) for name, value in drawn.items()}
            # The oracle works in float64 on the very same numbers, rounded to float32 already: what differs is the
            # learner's own rounding.
            double = {name: _map_tensors(value, _to_float64) for name, value in single.items()}
            expected = _map_tensors(self.oracle(**double), _to_float32)
            agree(self._ask(learner, single), expected, rtol=self.rtol, atol=self.atol)

        title = f"{self.exercise} keeps float32 and stays accurate in it."
        hint = "Look for tensors and constants that you make yourself: what dtype have they?"
        return self._law(Law.FLOAT32, body, "keeps_float32", title, hint, examples)

    def takes_any_layout(self, examples: int) -> Check:
        """Tensors may lie in memory with gaps and with their axes in any order."""

        def body(learner: Learner, **drawn: Any) -> None:
            strided = {name: _map_tensors(value, _scattered) for name, value in drawn.items()}
            agree(self._ask(learner, strided), self.oracle(**strided))

        title = f"{self.exercise} takes transposed and strided tensors."
        hint = "Look for view() and for writing in place: both count on the order of the entries in memory."
        return self._law(Law.LAYOUT, body, "takes_any_layout", title, hint, examples)

    def runs_on_any_device(self) -> Check:
        """What is made inside is made where the arguments are.

        Tried without a GPU: the function runs on fake tensors of another device, where a tensor that was made on the
        CPU cannot be mixed in. With `--device cuda` every other check shows the same on the real one.
        """

        def body(learner: Learner, **drawn: Any) -> None:
            # Fake tensors have no values: without this comparison any nonsense would pass.
            agree(self._ask(learner, drawn), self.oracle(**drawn))
            if learner.device != "cpu":
                return
            try:
                devices = learner.portable(self.exercise, **drawn)
            except LearnerRaised as raised:
                # A stub was told above, by its first call; here NotImplementedError is torch's own, for a device.
                said = raised.message.splitlines()[0][:200] if raised.message else raised.name
                fail(f"on another device it fails: {said}")
            if devices is None:
                raise NotCheckable("the code branches on values")
            if devices not in ((), ("meta",)):
                found = ", ".join(devices)
                fail(f"the result is on {found}, the input is not: make tensors with device=x.device")

        title = f"{self.exercise} works on any device."
        hint = "Look for the tensors that you make yourself: on which device are they?"
        return self._law(Law.DEVICE, body, "runs_on_any_device", title, hint, _DEVICE_EXAMPLES)

    def _ask(self, learner: Learner, given_: Mapping[str, Any]) -> Any:
        """Call the learner as the chapter says; by default with the arguments by name."""
        return learner.call(self.exercise, **given_) if self.call is None else self.call(learner, **given_)

    def _law(self, law: Law, body: Body, name: str, title: str, hint: str, examples: int) -> Check:
        return Check(
            f"check_{self.exercise}_{name}", self.exercise, title, body, MappingProxyType(dict(self.inputs)),
            hint, self.after, _WEIGHT, examples, law=law,
        )  # fmt: skip


def _map_tensors(value: Any, change: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    """The value with every tensor in it changed; lists and tuples are walked through."""
    if isinstance(value, torch.Tensor):
        return change(value)
    if isinstance(value, list | tuple):
        return type(value)(_map_tensors(item, change) for item in value)
    return value


def _to_float32(x: torch.Tensor) -> torch.Tensor:
    """Labels, masks and float16 stay as they are."""
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
