"""The learner's code as seen from outside: a proxy whose calls run elsewhere and whose answers are plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import InitVar, dataclass, field, replace
from typing import Any

import torch

from grader.records import Limits
from grader.sandbox.channel import Channel
from grader.sandbox.connection import Answer, Connection
from grader.sandbox.contracts import Contract, contract_words, meets, shown
from grader.sandbox.exceptions import LearnerMisbehaved, LearnerMissing, LearnerRaised
from grader.sandbox.handles import (
    ByReference,
    GuestFixture,
    GuestSequence,
    Handle,
    Reference,
    reference_of,
)
from grader.sandbox.protocol import HandleValue, WireError


@dataclass(frozen=True)
class Call:
    """One call as it was made; turned into text only when somebody will read it.

    Args:
        target: what was called, as code: `softmax`, or `sgd.step`.
        result: what came back; None while `raised` says otherwise.
        raised: the exception that came instead, as text.
        changed: the arguments it changed, by name.
        aliases: the arguments whose memory the result shares.
        name: the function, or the class and the method; the key of its return contract.
        op: the kind of request, which for an attribute that was set is "set".
        disturbed: whether it drew from torch's global generator.
    """

    target: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    result: Any = None
    raised: str = ""
    changed: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    name: str = ""
    op: str = "call"
    disturbed: bool = False


@dataclass
class Learner:
    """A submission under check. `learner.softmax(x, dim=0)` runs the learner's softmax in its own process.

    Args:
        channel: the way to the guest.
        limits: seconds per call.
        device: where the guest puts tensors, and where results are expected.
        returns: a return contract per name ("softmax") or method ("BatchNorm.forward").
        calls: the calls of this example, in order.
        answers: all that came back in this example, attributes and held tensors too.
        output: what the learner's code has printed.
        deadline_s: seconds that are left for the whole check; None for no such limit.
        judge: evaluates a serialised model where no learner code is.
    """

    channel: InitVar[Channel]
    limits: Limits = field(default_factory=Limits)
    device: str = "cpu"
    returns: Mapping[str, Contract] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    output: list[str] = field(default_factory=list)
    deadline_s: Callable[[], float] | None = None
    judge: Callable[[bytes, torch.Tensor], dict[str, Any]] | None = None

    def __post_init__(self, channel: Channel) -> None:
        self.connection = Connection(
            channel, self._time_limit_s, self._make_handle, lambda text: self.output.append(text)
        )
        self._global_rng = False
        self._labels: dict[str, int] = {}

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
        self.calls.clear()
        self.answers.clear()
        self._labels.clear()
        self._global_rng = False
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
        return lambda *args, **kwargs: self.invoke("call", name, args, kwargs)

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Call the learner's function or class of that name.

        For names that `learner.name(...)` cannot reach, such as those of this class.
        """
        return self.invoke("call", name, args, kwargs)

    def hold(self, tensor: torch.Tensor) -> ByReference:
        """Put a copy of `tensor` into the guest, to be changed in place there.

        For functions whose work is to change their argument, such as a step of an optimizer.
        """
        return ByReference(self._note(self.connection.ask("hold", args=(tensor,))), tensor.clone())

    def generator(self, seed: int) -> Handle:
        """A `torch.Generator` of the guest."""
        handle: Handle = self._note(self.connection.ask("generator", args=(seed,)))
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
        found = self.ask("list", thing)
        if not isinstance(found, list):
            raise self.connection.broken(WireError("it did not say what it gave"))
        return found

    def allow_global_rng(self) -> None:
        """In this example the learner's code may draw from the global generator."""
        self._global_rng = True

    @property
    def last_call(self) -> Call:
        """The call made last."""
        return self.calls[-1]

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

    def model(self, data: bytes) -> Handle:
        """An `onnx.ModelProto` inside the guest, from bytes of ours."""
        return self._note(self.connection.ask("model", args=(data,)))  # type: ignore[no-any-return]

    def model_bytes(self, model: Handle) -> bytes:
        """A learner's model as opaque bytes.

        Raises:
            LearnerMisbehaved: it is no model.
        """
        data = self._note(self.connection.ask("model_bytes", target=model))
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

    # --- for handles ---

    def invoke(
        self,
        op: str,
        name: str,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        target: Handle | None = None,
    ) -> Any:
        """Call a function, or a method of `target`; what it returns has kept its contract.

        Raises:
            LearnerMisbehaved: it changed an argument, drew from the global generator, or returned another kind.

        Args:
            op: "call" or "method".
            name: of the function or method.
            target: the object whose method it is.
        """
        label = contract_name = name
        if target is not None:
            label, contract_name = f"{target!r}.{name}", f"{reference_of(target).kind}.{name}"
        answer = self.connection.ask(op, name, target=target, args=args, kwargs=kwargs)
        reply = answer.reply
        call = Call(
            label, args, kwargs, changed=reply.changed, aliases=reply.aliases, name=contract_name, op=op
        )
        result = self._record(replace(call, disturbed=reply.disturbed), answer, label)
        if answer.sent_tensors:
            answer.require_device(self.device, label)
        if reply.changed:
            raise LearnerMisbehaved(
                f"{name} changed its argument {', '.join(reply.changed)}; it must leave it alone",
                "Look for what writes in place: +=, an index on the left of =, a method whose name ends in _.",
            )
        self._require_untouched_generator(answer, name)
        contract = self.returns.get(contract_name)
        if contract is not None and not meets(result, contract):
            raise LearnerMisbehaved(
                f"{name} returned {shown(result)}; it should return {contract_words(contract)}",
                "Look at every return, and at what the docstring says under Returns.",
            )
        return result

    def ask(self, op: str, handle: Handle) -> Any:
        """`iter`, `next`, `len` or `list` of an object: recorded and watched like a method."""
        label = f"{op}({handle!r})"
        answer = self.connection.ask(op, target=handle)
        call = Call(op, (handle,), {}, name=f"{reference_of(handle).kind}.{op}", op=op)
        result = self._record(call, answer, label)
        self._require_untouched_generator(answer, label)
        return result

    def fetch(self, handle: Handle) -> Any:
        """What a held tensor holds now."""
        return self._note(self.connection.ask("value", target=handle))

    def get_attribute(self, handle: Handle, name: str) -> Any:
        """Read an attribute of an object; a callable one becomes a function here."""
        answer = self.connection.ask("get", name, target=handle)
        reply = answer.reply
        if reply.status == "ok" and isinstance(reply.value, HandleValue) and reply.value.callable:
            return lambda *args, **kwargs: self.invoke("method", name, args, kwargs, target=handle)
        return self._note(answer, f"{handle!r}.{name}")

    def set_attribute(self, handle: Handle, name: str, value: Any) -> None:
        """Set an attribute of an object."""
        self.calls.append(Call(f"{handle!r}.{name} = ", (value,), {}, op="set"))
        self._note(self.connection.ask("set", name, target=handle, args=(value,)))

    # --- keeping account ---

    def _record(self, call: Call, answer: Answer, label: str) -> Any:
        """Settle the answer to a call and put both on record."""
        try:
            result = self._note(answer, label)
        except LearnerRaised as error:
            self.calls.append(replace(call, raised=str(error)))
            raise
        self.calls.append(replace(call, result=result))
        return result

    def _note(self, answer: Answer, label: str = "") -> Any:
        """Settle an answer and keep its value: a card may have to show it."""
        value = answer.settle(label)
        self.answers.append(value)
        return value

    def _require_untouched_generator(self, answer: Answer, label: str) -> None:
        if answer.reply.disturbed and not self._global_rng:
            raise LearnerMisbehaved(
                f"{label} drew from torch's global random generator",
                "Look for every function that draws: which generator does it draw from?",
            )

    def _time_limit_s(self) -> float:
        """Seconds for the next call: a call's limit, or what is left of the check's if that is less."""
        if self.deadline_s is None:
            return self.limits.call_s
        return min(self.limits.call_s, self.deadline_s())

    def _make_handle(self, number: int, kind: str) -> Handle:
        """A handle with a variable name for a label, so that recorded calls read as code."""
        word = kind.strip("_").lower()
        self._labels[word] = self._labels.get(word, 0) + 1
        count = self._labels[word]
        return Handle(Reference(self, number, kind, word if count == 1 else f"{word}_{count}"))
