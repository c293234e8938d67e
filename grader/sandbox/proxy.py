"""The learner's code as seen from outside: a proxy whose calls run elsewhere and whose answers are plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from typing import Any

import torch

from grader.records import Limits
from grader.sandbox.channel import Channel
from grader.sandbox.connection import Connection
from grader.sandbox.contracts import Contract, shown
from grader.sandbox.example import Call, Example
from grader.sandbox.exceptions import LearnerMisbehaved, LearnerMissing
from grader.sandbox.handles import ByReference, GuestFixture, GuestSequence, Handle, reference_of
from grader.sandbox.protocol import WireError


@dataclass
class Learner:
    """A submission under check. `learner.softmax(x, dim=0)` runs the learner's softmax in its own process.

    Args:
        channel: the way to the guest.
        limits: seconds per call.
        device: where the guest puts tensors, and where results are expected.
        returns: a return contract per name ("softmax") or method ("BatchNorm.forward").
        output: what the learner's code has printed.
        deadline_s: seconds that are left for the whole check; None for no such limit.
        judge: evaluates a serialised model where no learner code is.
    """

    channel: InitVar[Channel]
    limits: Limits = field(default_factory=Limits)
    device: str = "cpu"
    returns: Mapping[str, Contract] = field(default_factory=dict)
    output: list[str] = field(default_factory=list)
    deadline_s: Callable[[], float] | None = None
    judge: Callable[[bytes, torch.Tensor], dict[str, Any]] | None = None

    def __post_init__(self, channel: Channel) -> None:
        self.connection = Connection(
            channel,
            self._time_limit_s,
            lambda number, kind: self.example.make_handle(number, kind),
            lambda text: self.output.append(text),
        )
        self.example = Example(self.connection, self.device, self.returns)

    # --- for the engine ---

    def load(self, source: str) -> tuple[str, ...]:
        """Run the submission's definitions; the public names it defines. LearnerRaised when that fails.

        Args:
            source: Python that the rules have let through.
        """
        names = self.connection.ask("load", source).settle()
        if not isinstance(names, tuple):
            raise self.connection.broken(WireError("it did not say what it loaded"))
        return tuple(name for name in names if isinstance(name, str))

    def begin_example(self, seed: int) -> None:
        """Forget the calls and objects of the last example; seed the guest's global generator.

        Args:
            seed: of the guest's generator, so that the same example gives the same result.
        """
        self.example = Example(self.connection, self.device, self.returns)
        self.connection.start_example(seed)

    def evaluate_model(self, data: bytes, x: torch.Tensor) -> dict[str, Any]:
        """Ask this guest, which must not have run learner code, for its verdict on a model (onnx_evaluation.py).

        Args:
            data: a serialised model.
            x: its input.
        """
        verdict = self.connection.ask("judge_model", args=(data, x)).settle()
        if not isinstance(verdict, dict):
            raise self.connection.broken(WireError("it did not answer with a verdict"))
        return verdict

    @property
    def spent_s(self) -> float:
        """Seconds that the learner's code has had to itself: without drawing, comparing, or waiting for a core."""
        return self.connection.channel.spent_s

    @property
    def barred(self) -> tuple[str, ...]:
        """The operations that may not be used: those of the exercise whose check is running, see `Trial`."""
        return self.connection.barred

    @barred.setter
    def barred(self, words: Iterable[str]) -> None:
        self.connection.barred = tuple(words)

    # --- for checks ---

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self.example.invoke("call", name, args, kwargs)

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Call the learner's function or class of that name.

        For names that `learner.name(...)` cannot reach, such as those of this class.
        """
        return self.example.invoke("call", name, args, kwargs)

    def hold(self, tensor: torch.Tensor) -> ByReference:
        """Put a copy of `tensor` into the guest, to be changed in place there.

        For functions whose work is to change their argument, such as a step of an optimizer.
        """
        return ByReference(self.example.note(self.connection.ask("hold", args=(tensor,))), tensor.clone())

    def generator(self, seed: int) -> Handle:
        """A `torch.Generator` of the guest."""
        handle: Handle = self.example.note(self.connection.ask("generator", args=(seed,)))
        reference_of(handle).label = f"torch.Generator().manual_seed({seed})"
        return handle

    def sequence(self, items: Sequence[Any]) -> GuestSequence:
        """An argument that has `__len__` and `__getitem__` and nothing else."""
        return GuestSequence(tuple(items))

    def iterator(self, items: Sequence[Any]) -> GuestSequence:
        """An argument that gives its items one time, as a generator does."""
        return GuestSequence(tuple(items), once=True)

    def fixture(self, name: str) -> GuestFixture:
        """A plain function of the guest as an argument (grader/sandbox/fixtures.py)."""
        return GuestFixture(name)

    def listed(self, thing: Handle) -> list[Any]:
        """All that an iteration over `thing` gives, made there before any of it is sent."""
        found = self.example.ask("list", thing)
        if not isinstance(found, list):
            raise self.connection.broken(WireError("it did not say what it gave"))
        return found

    def allow_global_rng(self) -> None:
        """In this example the learner's code may draw from the global generator."""
        self.example.may_draw = True

    @property
    def calls(self) -> list[Call]:
        """The calls of this example, in order."""
        return self.example.calls

    @property
    def last_call(self) -> Call:
        """The call made last."""
        return self.example.calls[-1]

    def portable(self, name: str, *args: Any, **kwargs: Any) -> tuple[str, ...] | None:
        """Run a function on fake tensors of another device; the devices of its results, None if not checkable.

        Raises:
            LearnerRaised: it fails on another device, as with tensors of two devices.
        """
        answer = self.connection.ask("call", name, args=args, kwargs=kwargs, mode="meta")
        if answer.reply.status == "uncheckable":
            return None
        devices = answer.settle(name)
        if not isinstance(devices, tuple):
            raise LearnerMissing(name)
        return tuple(str(device) for device in devices)

    def nearby_points(self, name: str, *args: Any, target: Handle | None = None) -> int:
        """Call a function, or a method of `target`; at how many points it evaluates functions beside another point.

        Args:
            name: of the function or method.

        Returns:
            0 for a formula, whatever it is called with, if entries are well apart; see grader/sandbox/evaluations.py.

        Raises:
            LearnerRaised, LearnerMissing, LearnerBarred, LearnerLost: it does not come to an end.
        """
        op = "call" if target is None else "method"
        count = self.connection.ask(op, name, target=target, args=args, mode="points").settle(name)
        if not isinstance(count, int):
            raise self.connection.broken(WireError("it did not say how many"))
        return count

    def model(self, data: bytes, words: str = "") -> Handle:
        """An `onnx.ModelProto` inside the guest, from bytes of ours.

        Args:
            data: a serialised model.
            words: what a card tells of it, for nobody can read a model.
        """
        handle: Handle = self.example.note(self.connection.ask("model", args=(data,)))
        if words:
            reference = reference_of(handle)
            reference.label, reference.is_described = f"<{words}>", True
        return handle

    def model_bytes(self, model: Handle) -> bytes:
        """A learner's model as opaque bytes.

        Raises:
            LearnerMisbehaved: it is no model.
        """
        data = self.example.note(self.connection.ask("model_bytes", target=model))
        if not isinstance(data, bytes):
            raise LearnerMisbehaved(f"expected a serialised model, got {shown(data)}")
        return data

    def judge_model(self, model: Handle | bytes, x: torch.Tensor) -> dict[str, Any]:
        """Evaluate a learner's model in a process that holds no learner code (see onnx_evaluation.py).

        Args:
            model: a learner's model, or one as bytes.
            x: float32, its input.

        Returns:
            The verdict as `grader.sandbox.onnx_evaluation.judge_model` gives it.
        """
        data = self.model_bytes(model) if isinstance(model, Handle) else model
        if self.judge is None:
            raise RuntimeError("this learner has no judge for models")
        return self.judge(data, x)

    def _time_limit_s(self) -> float:
        """Seconds for the next call: a call's limit, or what is left of the check's if that is less."""
        if self.deadline_s is None:
            return self.limits.call_s
        return min(self.limits.call_s, self.deadline_s())
