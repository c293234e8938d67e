"""The learner's code as seen from outside: a proxy whose calls run elsewhere and whose answers are plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch

from grader.records import Limits
from grader.sandbox import protocol
from grader.sandbox.protocol import (
    Body,
    BytesValue,
    DictValue,
    FixtureValue,
    HandleValue,
    ListValue,
    Reply,
    Request,
    SequenceValue,
    TensorValue,
    TupleValue,
    WireError,
)

ITERATION_LIMIT = 100_000


class LearnerRaised(Exception):
    """The learner's code raised: the exception's name, message and line, all of it text."""

    def __init__(self, name: str, message: str, line: int | None) -> None:
        super().__init__(f"{name}: {message}" if message else name)
        self.name, self.message, self.line = name, message, line


class LearnerMissing(Exception):
    """The submission has no such function or class."""


class LearnerMisbehaved(Exception):
    """A call did something it must not: changed an argument, disturbed the generator, sent what cannot be read."""


class LearnerLost(BaseException):
    """The guest is gone or late. Not an Exception: Hypothesis must not shrink it."""

    def __init__(self, reason: str, *, timeout: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.timeout = reason, timeout


class Channel(Protocol):
    """Carries one frame there and one back."""

    def request(self, header: bytes, body: bytes, timeout_s: float) -> tuple[bytes, bytearray]:
        """Send a frame and wait for the answer; LearnerLost when none comes in time."""
        ...

    def distrust(self, reason: str) -> None:
        """Note that the other side broke the protocol."""
        ...


class InProcess:
    """A channel without a boundary, for breakpoints: the session lives in this process."""

    def __init__(self, device: str = "cpu") -> None:
        from grader.sandbox.guest import Session

        self._session = Session(device)

    def request(self, header: bytes, body: bytes, timeout_s: float) -> tuple[bytes, bytearray]:
        """Answer at once."""
        reply, reply_body = self._session.handle(header, bytearray(body))
        return reply, bytearray(reply_body)

    def distrust(self, reason: str) -> None:
        """There is no boundary to guard."""


@dataclass(frozen=True)
class Call:
    """One call as it was made; turned into text only when somebody will read it.

    `disturbed` says whether it drew from torch's global generator.
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


@dataclass(frozen=True)
class ByReference:
    """A tensor that lives in the guest, changed in place by the calls it is passed to."""

    handle: Handle
    start: torch.Tensor

    def value(self) -> torch.Tensor:
        """What it holds now."""
        return self.handle._learner._request(Request("value", target=self.handle._number))  # type: ignore[no-any-return]

    def wire_value(self) -> HandleValue:
        """How it travels as an argument."""
        return HandleValue(self.handle._number)


@dataclass(frozen=True)
class GuestSequence:
    """Travels as an object with only `__len__` and `__getitem__`."""

    items: tuple[Any, ...]


@dataclass(frozen=True)
class GuestFixture:
    """Travels as the guest's plain function of that name."""

    name: str


class Handle:
    """An object of the learner's that stays in the guest; attributes, methods and operators run there."""

    def __init__(self, learner: Learner, number: int, kind: str, label: str) -> None:
        object.__setattr__(self, "_learner", learner)
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_kind", kind)
        object.__setattr__(self, "_label", label)

    _learner: Learner
    _number: int
    _kind: str
    _label: str

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._learner._attribute(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._learner._set(self, name, value)

    def __len__(self) -> int:
        length = self._learner._protocol("len", self)
        if not isinstance(length, int) or not 0 <= length <= ITERATION_LIMIT:
            raise LearnerMisbehaved(f"len({self._label}) is {length!r}")
        return length

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Any]:
        found = self._learner._protocol("iter", self)
        if not isinstance(found, Handle):
            raise LearnerMisbehaved(f"iter({self._label}) gave {found!r}, not an iterator")
        return GuestIterator(found)

    def __next__(self) -> Any:
        return self._learner._protocol("next", self)

    def __repr__(self) -> str:
        return self._label


class GuestIterator:
    """An iterator of the guest, cut off when it does not end."""

    def __init__(self, handle: Handle) -> None:
        self.handle, self._taken = handle, 0

    def __iter__(self) -> GuestIterator:
        return self

    def __next__(self) -> Any:
        self._taken += 1
        if self._taken > ITERATION_LIMIT:
            raise LearnerMisbehaved(f"iteration did not end after {ITERATION_LIMIT} items")
        return next(self.handle)


def _operator(name: str) -> Callable[..., Any]:
    def apply(self: Handle, *others: Any) -> Any:
        return self._learner._invoke("method", name, others, {}, target=self)

    return apply


_OPERATORS = ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "pow", "neg", "getitem")
for _name in (f"__{word}__" for word in _OPERATORS):
    setattr(Handle, _name, _operator(_name))


# --- what a call may return -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """A return contract: what a call must give back before anything is computed with it."""

    words: str
    accepts: Callable[[Any], bool]


def _is_number(value: Any) -> bool:
    if isinstance(value, torch.Tensor):
        return value.ndim == 0 and value.dtype is not torch.bool
    return isinstance(value, int | float) and not isinstance(value, bool)


TENSOR = Kind("a tensor", lambda value: isinstance(value, torch.Tensor))
SCALAR = Kind(
    "a tensor without dimensions", lambda value: isinstance(value, torch.Tensor) and value.ndim == 0
)
NUMBER = Kind("a number", _is_number)
FLOAT = Kind("a Python float", lambda value: isinstance(value, float))
INTEGER = Kind("an int", lambda value: isinstance(value, int) and not isinstance(value, bool))
BOOL = Kind("True or False", lambda value: isinstance(value, bool))
OBJECT = Kind("an object", lambda value: isinstance(value, Handle))
NOTHING = Kind("None", lambda value: value is None)
ANYTHING = Kind("anything", lambda value: True)


def list_of(kind: Contract) -> Kind:
    """A list (or tuple) of any length whose items are all of one kind."""
    return Kind(
        f"a list, each item {contract_words(kind)}",
        lambda value: isinstance(value, list | tuple) and all(meets(item, kind) for item in value),
    )


Contract = Kind | tuple["Contract", ...]


def meets(value: Any, contract: Contract) -> bool:
    """Whether a returned value keeps a contract; a tuple of kinds asks for that many items."""
    if isinstance(contract, Kind):
        return contract.accepts(value)
    fits = isinstance(value, list | tuple) and len(value) == len(contract)
    return fits and all(meets(item, part) for item, part in zip(value, contract, strict=True))


def contract_words(contract: Contract) -> str:
    """A contract in words."""
    if isinstance(contract, Kind):
        return contract.words
    return "(" + ", ".join(contract_words(part) for part in contract) + ")"


def shown(value: Any) -> str:
    """A returned value in a few words."""
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, list | tuple):
        inner = ", ".join(shown(item) for item in value[:4]) + (", …" if len(value) > 4 else "")
        return f"a {type(value).__name__} of {len(value)}: ({inner})"
    if isinstance(value, Handle):
        return f"a {value._kind}"
    return repr(value)[:80]


# --- the proxy --------------------------------------------------------------------------------------------


@dataclass
class Learner:
    """A submission under check. `learner.softmax(x, dim=0)` runs the learner's softmax in its own process.

    Args:
        channel: the way to the guest.
        limits: seconds per call.
        device: where the guest puts tensors, and where results are expected.
        returns: a return contract per name ("softmax") or method ("BatchNorm.forward").
        answers: all that came back in this example, attributes and held tensors too.
    """

    channel: Channel
    limits: Limits = field(default_factory=Limits)
    device: str = "cpu"
    returns: Mapping[str, Contract] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    output: list[str] = field(default_factory=list)
    deadline_s: Callable[[], float] | None = None
    judge: Callable[[bytes, torch.Tensor], dict[str, Any]] | None = None
    _seed: int | None = None
    _global_rng: bool = False
    _labels: dict[str, int] = field(default_factory=dict)

    # --- for the engine ---

    def load(self, source: str) -> tuple[str, ...]:
        """Run the submission's definitions; the public names it defines. LearnerRaised when that fails."""
        reply, _ = self._exchange(protocol.pack(Request("load", source)), b"")
        if reply.status == "raised":
            raise LearnerRaised(reply.error, reply.message, reply.line)
        if not isinstance(reply.value, TupleValue):
            raise self._broken(WireError("it did not say what it loaded"))
        return tuple(name for name in reply.value.items if isinstance(name, str))

    def begin_example(self, seed: int) -> None:
        """Forget the calls and objects of the last example; seed the guest's global generator."""
        self.calls.clear()
        self.answers.clear()
        self._labels.clear()
        self._seed, self._global_rng = seed, False

    # --- for checks ---

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self._invoke("call", name, args, kwargs)

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Call the learner's function or class of that name."""
        return self._invoke("call", name, args, kwargs)

    def hold(self, tensor: torch.Tensor) -> ByReference:
        """Put a copy of `tensor` into the guest, to be changed in place there."""
        handle = self._request(self._build_request("hold", args=(tensor,)))
        return ByReference(handle, tensor.clone())

    def generator(self, seed: int) -> Handle:
        """A `torch.Generator` of the guest."""
        handle = self._request(Request("generator", args=(seed,)))
        object.__setattr__(handle, "_label", f"torch.Generator().manual_seed({seed})")
        return handle  # type: ignore[no-any-return]

    def sequence(self, items: Sequence[Any]) -> GuestSequence:
        """An argument that has `__len__` and `__getitem__` and nothing else."""
        return GuestSequence(tuple(items))

    def fixture(self, name: str) -> GuestFixture:
        """A plain function of the guest as an argument (grader/sandbox/fixtures.py)."""
        return GuestFixture(name)

    def listed(self, thing: Handle) -> list[Any]:
        """All that an iteration over `thing` gives, made there before any of it is sent."""
        found = self._protocol("list", thing)
        if not isinstance(found, list):
            raise self._broken(WireError("it did not say what it gave"))
        return found

    def allow_global_rng(self) -> None:
        """In this example the learner's code may draw from the global generator."""
        self._global_rng = True

    @property
    def last_call(self) -> Call:
        """The call made last."""
        return self.calls[-1]

    def portable(self, name: str, *args: Any, **kwargs: Any) -> tuple[str, ...] | None:
        """Run a function on fake tensors of another device; the devices of its results, None if not checkable."""
        request = self._build_request("call", name, args=args, kwargs=kwargs, mode="meta")
        reply, _ = self._exchange(*request)
        if reply.status == "uncheckable":
            return None
        if reply.status == "raised":
            raise LearnerRaised(reply.error, reply.message, reply.line)
        if reply.status != "ok" or not isinstance(reply.value, TupleValue):
            raise LearnerMissing(name)
        return tuple(str(device) for device in reply.value.items)

    def operators(self, name: str, *args: Any, **kwargs: Any) -> tuple[str, ...]:
        """The ATen operators that a call runs: evidence, not judgement."""
        reply, _ = self._exchange(*self._build_request("call", name, args=args, kwargs=kwargs, mode="trace"))
        return reply.trace

    def model(self, data: bytes) -> Handle:
        """An `onnx.ModelProto` inside the guest, from bytes of ours."""
        return self._request(self._build_request("model", args=(data,)))  # type: ignore[no-any-return]

    def model_bytes(self, model: Handle) -> bytes:
        """A learner's model as opaque bytes."""
        data = self._request(Request("model_bytes", target=model._number))
        if not isinstance(data, bytes):
            raise LearnerMisbehaved(f"expected a serialised model, got {shown(data)}")
        return data

    def judge_model(self, model: Handle | bytes, x: torch.Tensor) -> dict[str, Any]:
        """Evaluate a learner's model in a process that holds no learner code (see onnx_judge.py)."""
        data = self.model_bytes(model) if isinstance(model, Handle) else model
        if self.judge is None:
            raise RuntimeError("this learner has no judge for models")
        return self.judge(data, x)

    # --- requests ---

    def _attribute(self, handle: Handle, name: str) -> Any:
        reply, body = self._exchange(protocol.pack(Request("get", name, target=handle._number)), b"")
        if reply.status == "ok" and isinstance(reply.value, HandleValue) and reply.value.callable:
            return lambda *args, **kwargs: self._invoke("method", name, args, kwargs, target=handle)
        return self._settle(reply, body, f"{handle._label}.{name}")

    def _set(self, handle: Handle, name: str, value: Any) -> None:
        self.calls.append(Call(f"{handle._label}.{name} = ", (value,), {}, op="set"))
        self._request(self._build_request("set", name, target=handle._number, args=(value,)))

    def _invoke(
        self,
        op: str,
        name: str,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        target: Handle | None = None,
    ) -> Any:
        label = f"{target._label}.{name}" if target is not None else name
        contract_name = f"{target._kind}.{name}" if target is not None else name
        number = -1 if target is None else target._number
        packed = self._build_request(op, name, target=number, args=args, kwargs=kwargs)
        reply, body = self._exchange(*packed)
        call = Call(
            label, args, kwargs, changed=reply.changed, aliases=reply.aliases, name=contract_name, op=op,
            disturbed=reply.disturbed,
        )  # fmt: skip
        try:
            result = self._settle(reply, body, label)
        except LearnerRaised as error:
            self.calls.append(_with(call, raised=str(error)))
            raise
        self.calls.append(_with(call, result=result))
        if packed[1]:
            self._require_place(reply.value, label)
        if reply.changed:
            raise LearnerMisbehaved(
                f"{name} changed its argument {', '.join(reply.changed)}; it must leave it alone"
            )
        if reply.disturbed and not self._global_rng:
            raise LearnerMisbehaved(f"{name} drew from torch's global random generator")
        contract = self.returns.get(contract_name)
        if contract is not None and not meets(result, contract):
            raise LearnerMisbehaved(
                f"{name} returned {shown(result)}; it should return {contract_words(contract)}"
            )
        return result

    def _protocol(self, op: str, handle: Handle) -> Any:
        """`iter`, `next`, `len` or `list` of an object: recorded and watched like a method."""
        label = f"{op}({handle._label})"
        reply, body = self._exchange(protocol.pack(Request(op, target=handle._number)), b"")
        call = Call(op, (handle,), {}, name=f"{handle._kind}.{op}", op=op)
        try:
            result = self._settle(reply, body, label)
        except LearnerRaised as error:
            self.calls.append(_with(call, raised=str(error)))
            raise
        self.calls.append(_with(call, result=result))
        if reply.disturbed and not self._global_rng:
            raise LearnerMisbehaved(f"{label} drew from torch's global random generator")
        return result

    def _request(self, request: Request | tuple[bytes, bytes], label: str = "") -> Any:
        packed = (protocol.pack(request), b"") if isinstance(request, Request) else request
        return self._settle(*self._exchange(*packed), label)

    def _build_request(
        self,
        op: str,
        name: str = "",
        *,
        target: int = -1,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
        mode: str = "",
    ) -> tuple[bytes, bytes]:
        body = Body()
        request = Request(
            op,
            name,
            target=target,
            args=tuple(_encode(value, body) for value in args),
            kwargs={key: _encode(value, body) for key, value in (kwargs or {}).items()},
            mode=mode,
            seed=self._take_seed(),
        )
        return protocol.pack(request), body.join()

    def _take_seed(self) -> int | None:
        seed, self._seed = self._seed, None
        return seed

    def _exchange(self, header: bytes, body: bytes) -> tuple[Reply, bytearray]:
        if self._seed is not None:  # a request packed elsewhere: start the example first
            self.channel.request(
                protocol.pack(Request("begin", seed=self._take_seed())), b"", self.limits.call_s
            )
        timeout_s = self.limits.call_s
        if self.deadline_s is not None:
            timeout_s = min(timeout_s, self.deadline_s())
        try:
            reply_header, reply_body = self.channel.request(header, body, timeout_s)
            reply = protocol.unpack_reply(reply_header)
        except WireError as error:
            raise self._broken(error) from None
        if reply.output:
            self.output.append(reply.output)
        return reply, reply_body

    def _settle(self, reply: Reply, body: bytearray, label: str) -> Any:
        match reply.status:
            case "ok":
                try:
                    value = self._decode(reply.value, body, label, 0)
                except WireError as error:
                    raise self._broken(error) from None
                self.answers.append(value)
                return value
            case "raised":
                raise LearnerRaised(reply.error, reply.message, reply.line)
            case "stop":
                raise StopIteration
            case "missing":
                raise LearnerMissing(label)
            case "unsendable":
                raise LearnerMisbehaved(f"{label} returned something that cannot be read: {reply.message}")
        raise self._broken(WireError(f"status {reply.status[:40]!r}"))

    def _broken(self, error: WireError) -> LearnerLost:
        reason = f"the submission's process sent something that is not an answer ({error})"
        self.channel.distrust(reason)
        return LearnerLost(reason)

    def _decode(self, value: protocol.Value, body: bytearray, label: str, depth: int) -> Any:
        if depth > protocol.DEPTH_LIMIT:
            raise WireError("the value is nested too deeply")
        match value:
            case TensorValue():
                return protocol.read_tensor(value, body)
            case ListValue():
                return [self._decode(item, body, label, depth + 1) for item in value.items]
            case TupleValue():
                return tuple(self._decode(item, body, label, depth + 1) for item in value.items)
            case DictValue():
                if len(value.keys) != len(value.values) or not all(_is_key(key) for key in value.keys):
                    raise WireError("a dict whose keys are not plain")
                values = [self._decode(item, body, label, depth + 1) for item in value.values]
                return dict(zip(value.keys, values, strict=True))
            case HandleValue():
                kind = "".join(c for c in value.kind if c.isidentifier() or c.isdigit())[:40] or "object"
                return Handle(self, value.number, kind, self._label(kind))
            case BytesValue():
                return protocol.read_bytes(value, body)
            case SequenceValue() | FixtureValue():
                raise WireError("only we send those")
        return value

    def _require_place(self, value: protocol.Value, label: str) -> None:
        """What comes back of tensors that were sent is where those are: LearnerMisbehaved if not."""
        match value:
            case TensorValue() if value.device.split(":")[0] != torch.device(self.device).type:
                device = value.device[:20]
                raise LearnerMisbehaved(
                    f"{label} returned a tensor on {device}; its input is on {self.device}"
                )
            case ListValue() | TupleValue():
                for item in value.items:
                    self._require_place(item, label)
            case DictValue():
                for item in value.values:
                    self._require_place(item, label)

    def _label(self, kind: str) -> str:
        """A variable name for an object, so that recorded calls read as code."""
        word = kind.strip("_").lower()
        self._labels[word] = self._labels.get(word, 0) + 1
        count = self._labels[word]
        return word if count == 1 else f"{word}_{count}"


def _with(call: Call, **changes: Any) -> Call:
    return Call(**{**call.__dict__, **changes})


def _is_key(key: protocol.Value) -> bool:
    return key is None or isinstance(key, str | int | float | bool)


def _encode(value: Any, body: Body) -> protocol.Value:
    """One argument as a value; TypeError for what a check cannot send."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, torch.Tensor):
        return body.add_tensor(value, keep_strides=True)
    if isinstance(value, ByReference):
        return value.wire_value()
    if isinstance(value, Handle):
        return HandleValue(value._number)
    if isinstance(value, GuestIterator):
        return HandleValue(value.handle._number)
    if isinstance(value, GuestSequence):
        return SequenceValue(tuple(_encode(item, body) for item in value.items))
    if isinstance(value, GuestFixture):
        return FixtureValue(value.name)
    if isinstance(value, bytes):
        return BytesValue(body.add_bytes(value), len(value))
    if isinstance(value, list):
        return ListValue(tuple(_encode(item, body) for item in value))
    if isinstance(value, tuple):
        return TupleValue(tuple(_encode(item, body) for item in value))
    if isinstance(value, dict):
        keys = tuple(_encode(key, body) for key in value)
        return DictValue(keys, tuple(_encode(item, body) for item in value.values()))
    raise TypeError(f"a check cannot send {type(value).__name__} to the learner")
