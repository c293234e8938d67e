"""Serve calls into a learner's module: a request in, a reply out. Runs inside the sandbox, one learner per process."""

from __future__ import annotations

import contextlib
import inspect
import io
import itertools
import linecache
import math
import socket
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import torch

from grader.sandbox import protocol
from grader.sandbox.fixtures import FIXTURES
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
from grader.sandbox.tampering import Seals

FILENAME = "<submission>"
REPLY_OUTPUT_CHARS = 4096
MESSAGE_CHARS = 2000
# What fake tensors raise when code asks for a value, or for a shape that depends on one.
_UNCHECKABLE = (
    "DataDependentOutputException",
    "DynamicOutputShapeException",
    "UnsupportedFakeTensorException",
)


class MinimalSequence:
    """A sequence with `__len__` and `__getitem__` and not one method more."""

    __slots__ = ("_items",)

    def __init__(self, items: list[Any]) -> None:
        self._items = items

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> Any:
        if not 0 <= index < len(self._items):
            raise IndexError(index)
        return self._items[index]


class _Capped(io.TextIOBase):
    """Standard output of the learner: kept in memory up to a limit, the rest counted and dropped."""

    def __init__(self, limit: int) -> None:
        self._left, self._fresh = limit, ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        kept = text[: max(0, self._left)]
        self._left -= len(kept)
        self._fresh += kept
        return len(text)

    def take(self) -> str:
        """What was printed since the last call, at most a reply's worth."""
        taken, self._fresh = self._fresh[:REPLY_OUTPUT_CHARS], self._fresh[REPLY_OUTPUT_CHARS:]
        return taken


class _Arguments:
    """The arguments of one call, made real, with what is needed to see whether the call changed them."""

    def __init__(self, session: Session, body: bytearray, *, watch: bool) -> None:
        self._session, self._body, self._watch = session, body, watch
        self._original = bytes(body) if watch else b""
        self._tensors: list[tuple[str, torch.Tensor, TensorValue, torch.Tensor | None]] = []
        self._containers: list[tuple[str, Any, Any]] = []

    def build(self, value: protocol.Value, name: str) -> Any:
        """Turn one value into the object the learner's code gets."""
        match value:
            case TensorValue():
                return self._tensor(value, name)
            case ListValue():
                items = [self.build(item, name) for item in value.items]
                self._containers.append((name, items, list(items)))
                return items
            case TupleValue():
                return tuple(self.build(item, name) for item in value.items)
            case DictValue():
                keys = [self.build(key, name) for key in value.keys]
                made = dict(zip(keys, (self.build(item, name) for item in value.values), strict=True))
                self._containers.append((name, made, dict(made)))
                return made
            case HandleValue():
                return self._session.handles[value.number]
            case SequenceValue():
                return MinimalSequence([self.build(item, name) for item in value.items])
            case FixtureValue():
                return FIXTURES[value.name]
            case BytesValue():
                return protocol.read_bytes(value, self._body)
        return value

    def _tensor(self, value: TensorValue, name: str) -> torch.Tensor:
        tensor = protocol.read_tensor(value, self._body)
        copy = None
        if value.strides is not None:
            tensor = _with_strides(tensor, value.strides)
            copy = tensor.clone()
        elif tensor.dtype is torch.bool:
            copy = tensor.clone()
        if self._session.device.type != "cpu":
            tensor = tensor.to(self._session.device)
            copy = tensor.clone() if self._watch else None
        self._tensors.append((name, tensor, value, copy))
        return tensor

    def changed(self) -> tuple[str, ...]:
        """Names of the arguments that are not as they were sent."""
        names: list[str] = []
        body_changed = self._body != self._original
        for name, tensor, value, copy in self._tensors:
            if tuple(tensor.shape) != value.shape:
                names.append(name)
            elif copy is not None:
                if not torch.equal(_bits(tensor), _bits(copy)):
                    names.append(name)
            elif body_changed:
                size = tensor.numel() * tensor.element_size()
                region = slice(value.offset, value.offset + size)
                if self._body[region] != self._original[region]:
                    names.append(name)
        for name, now, before in self._containers:
            if isinstance(now, list):
                same = len(now) == len(before) and all(a is b for a, b in zip(now, before, strict=True))
            else:
                same = now.keys() == before.keys() and all(now[key] is before[key] for key in before)
            if not same:
                names.append(name)
        return tuple(dict.fromkeys(names))

    def aliased_by(self, result: Any) -> tuple[str, ...]:
        """Names of the arguments whose memory the result shares."""
        memory = {t.untyped_storage().data_ptr() for t in _tensors_in(result) if t.numel() and not t.is_meta}
        memory.discard(0)
        if not memory:
            return ()
        held = [(name, tensor) for name, tensor, _, _ in self._tensors]
        return tuple(dict.fromkeys(name for name, t in held if t.untyped_storage().data_ptr() in memory))


class Session:
    """One learner's module and the objects made from it.

    Args:
        device: where the tensors of arguments are put.
        output_kib: how much printed text is kept.
        seals: how the libraries looked before; None where nobody minds what a submission leaves on them.
    """

    def __init__(self, device: str = "cpu", output_kib: int = 64, seals: Seals | None = None) -> None:
        self.device = torch.device(device)
        self.handles: dict[int, Any] = {}
        self._next_handle = 0
        self._module = types.ModuleType("submission")
        self._output = _Capped(output_kib * 1024)
        self._seals, self._seed, self._broken = seals, -1, ""

    # --- one request ---

    def handle(self, header: bytes, body: bytearray) -> tuple[bytes, bytes]:
        """Answer one frame with one frame; whatever goes wrong in the learner's code is part of the answer."""
        request = protocol.unpack_request(header)
        if request.seed is not None:
            self.handles.clear()
            torch.default_generator.manual_seed(request.seed)
            if self.device.type == "cuda":
                torch.cuda.manual_seed(request.seed)
        with contextlib.redirect_stdout(self._output), contextlib.redirect_stderr(self._output):
            reply, reply_body = self._answer(request, body)
        try:
            return protocol.pack(reply), reply_body
        except WireError as error:
            return protocol.pack(Reply("unsendable", message=str(error))), b""

    def _answer(self, request: Request, body: bytearray) -> tuple[Reply, bytes]:
        if request.op == "load":
            return self._load(request.name), b""
        if request.seed not in (None, self._seed):  # another check
            self._seed = request.seed
            self._look_at_seals()
        if self._broken:
            return self._tampered(), b""
        if request.mode == "meta":
            return self._call_on_meta(request, body)
        watch = request.op in ("call", "method", "iter", "next", "list")
        arguments = _Arguments(self, body, watch=watch)
        random_state = self._random_state() if watch else None
        try:
            action = self._action(request)
            if action is None:
                return Reply("missing", message=request.name), b""
            args, kwargs = self._build(request, arguments, action)
            result = action(*args, **kwargs)
        except StopIteration:
            return Reply("stop", output=self._output.take()), b""
        except WireError:
            raise
        except BaseException as error:  # the learner's code may raise anything, SystemExit too
            return self._raised(error), b""
        if self._seals is not None and self._seals.broken_on_tensors():
            self._broken = "torch.Tensor"  # tensors with methods of the learner's tell us nothing
            return self._tampered(), b""
        disturbed = random_state is not None and not torch.equal(random_state, self._random_state())
        reply_body = Body()
        try:
            value = self._encode(result, reply_body)
            changed = arguments.changed() if watch else ()
            aliases = arguments.aliased_by(result) if watch else ()
        except WireError as error:
            return Reply("unsendable", message=str(error)), b""
        except BaseException as error:  # a learner's object may misbehave while it is looked at
            return self._raised(error), b""
        reply = Reply(
            "ok",
            value,
            changed=changed,
            aliases=aliases,
            disturbed=disturbed,
            output=self._output.take(),
        )
        return reply, reply_body.join()

    def _random_state(self) -> torch.Tensor:
        """The state of the global generator; of the CPU's and the GPU's where there are two."""
        state = torch.default_generator.get_state()
        if self.device.type != "cuda":
            return state
        return torch.cat([state, torch.cuda.get_rng_state(self.device)])

    def _action(self, request: Request) -> Callable[..., Any] | None:
        """The function a request means, to be called with its arguments; None if the learner has no such name."""
        target: Any = self.handles[request.target] if request.target >= 0 else None
        match request.op:
            case "call":
                return self._function(request.name)
            case "method":
                method: Callable[..., Any] = getattr(target, request.name)
                return method
            case "get":
                return lambda: getattr(target, request.name)
            case "set":
                return lambda value: setattr(target, request.name, value)
            case "iter":
                return lambda: iter(target)
            case "next":
                return lambda: next(target)
            case "len":
                return lambda: len(target)
            case "list":
                # What never ends becomes a list that is too long to be sent.
                return lambda: list(itertools.islice(target, protocol.NODE_LIMIT))
            case "value":
                return lambda: _Plain(target)
            case "hold":
                return lambda value: _Held(_owned(value))
            case "generator":
                return lambda seed: torch.Generator(device=self.device).manual_seed(seed)
            case "begin":
                return lambda: None
            case "model":
                return _parse_model
            case "model_bytes":
                return lambda: target.SerializeToString()
            case "judge_model":
                return _judge_model
        raise WireError(f"no such request: {request.op!r}")

    def _function(self, name: str) -> Callable[..., Any] | None:
        found: object = vars(self._module).get(name)
        return found if callable(found) else None

    def _build(
        self, request: Request, arguments: _Arguments, action: Callable[..., Any]
    ) -> tuple[list[Any], dict[str, Any]]:
        names = _parameter_names(action) if request.args else []
        args = [
            arguments.build(value, names[i] if i < len(names) else f"argument {i + 1}")
            for i, value in enumerate(request.args)
        ]
        kwargs = {name: arguments.build(value, name) for name, value in request.kwargs.items()}
        return args, kwargs

    # --- loading ---

    def _load(self, source: str) -> Reply:
        """Run the module's definitions once."""
        linecache.cache[FILENAME] = (len(source), None, source.splitlines(keepends=True), FILENAME)
        self._module = types.ModuleType("submission")
        sys.modules["submission"] = self._module  # dataclasses look their module up there
        try:
            exec(compile(source, FILENAME, "exec"), vars(self._module))
        except BaseException as error:  # the learner's code may raise anything, SystemExit too
            return self._raised(error)
        self._look_at_seals()
        if self._broken:
            return self._tampered()
        names = tuple(
            name for name, value in vars(self._module).items() if callable(value) and name[0] != "_"
        )
        return Reply("ok", TupleValue(names), output=self._output.take())

    def _look_at_seals(self) -> None:
        if self._seals is not None:
            self._broken = self._broken or self._seals.broken()

    def _tampered(self) -> Reply:
        message = f"the submission sets attributes on {self._broken}, which is not its own"
        return Reply("raised", error="TypeError", message=message, output=self._output.take())

    # --- device portability ---

    def _call_on_meta(self, request: Request, body: bytearray) -> tuple[Reply, bytes]:
        """Run a function on fake tensors of the meta device: a tensor made on the CPU and mixed in raises."""
        from torch._subclasses.fake_tensor import FakeTensorMode
        from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode

        arguments = _Arguments(self, body, watch=False)
        function = vars(self._module).get(request.name)
        if not callable(function):
            return Reply("missing", message=request.name), b""
        args, kwargs = self._build(request, arguments, function)
        try:
            # Without the flag, torch.tensor([...], device=x.device) could not be mixed in: it makes a real meta tensor.
            with FakeTensorMode(allow_non_fake_inputs=True):
                args = [_on_meta(value) for value in args]
                kwargs = {name: _on_meta(value) for name, value in kwargs.items()}
                result = function(*args, **kwargs)
        except GuardOnDataDependentSymNode as error:
            return Reply("uncheckable", message=type(error).__name__), b""
        except BaseException as error:  # the learner's code may raise anything, SystemExit too
            name = type(error).__name__
            if name in _UNCHECKABLE:
                return Reply("uncheckable", message=name), b""
            return self._raised(error), b""
        devices = tuple(sorted({t.device.type for t in _tensors_in(result)}))
        return Reply("ok", TupleValue(devices)), b""

    # --- encoding ---

    def _raised(self, error: BaseException) -> Reply:
        line = None
        frames = error.__traceback__
        while frames is not None:
            if frames.tb_frame.f_code.co_filename == FILENAME:
                line = frames.tb_lineno
            frames = frames.tb_next
        try:
            message = str(error)[:MESSAGE_CHARS]
        except BaseException:  # a learner's exception may not even print
            message = ""
        message = message.encode("utf-8", "replace").decode()
        return Reply(
            "raised", error=type(error).__name__, message=message, line=line, output=self._output.take()
        )

    def _encode(self, result: Any, body: Body) -> protocol.Value:
        return _Encoder(self, body).encode(result, 0)

    def keep(self, thing: Any) -> HandleValue:
        """Give an object a number and keep it until the next example."""
        number = self._next_handle
        self._next_handle += 1
        self.handles[number] = thing
        return HandleValue(number, type(thing).__name__[:80], callable(thing))


class _Held:
    """Marks a tensor that is to be sent as a handle."""

    def __init__(self, value: Any) -> None:
        self.value = value


class _Plain:
    """Marks a held thing that is to be sent by value."""

    def __init__(self, value: Any) -> None:
        self.value = value


class _Encoder:
    """Turns one result into a value, counting as it goes."""

    def __init__(self, session: Session, body: Body) -> None:
        self._session, self._body, self._nodes = session, body, 0

    def encode(self, thing: Any, depth: int) -> protocol.Value:
        self._nodes += 1
        if self._nodes > protocol.NODE_LIMIT or depth > protocol.DEPTH_LIMIT:
            raise WireError("the result has too many parts")
        kind = type(thing)
        if thing is None or isinstance(thing, bool) or (isinstance(thing, float) and kind is float):
            return thing
        if isinstance(thing, int) and kind is int:
            if not -(2**63) <= thing < 2**63:
                raise WireError("the result has an integer of more than 64 bits")
            return thing
        if isinstance(thing, str) and kind is str:
            return thing[: protocol.HEADER_LIMIT].encode("utf-8", "replace").decode()
        if isinstance(thing, torch.Tensor):
            return self._body.add_tensor(thing)
        if kind is list:
            return ListValue(tuple(self.encode(item, depth + 1) for item in thing))
        if isinstance(thing, tuple):
            return TupleValue(tuple(self.encode(item, depth + 1) for item in thing))
        if kind is dict:
            keys = tuple(self.encode(key, depth + 1) for key in thing)
            return DictValue(keys, tuple(self.encode(item, depth + 1) for item in thing.values()))
        if kind is bytes:
            return BytesValue(self._body.add_bytes(thing), len(thing))
        if isinstance(thing, torch.dtype | torch.device):
            return str(thing)
        if kind is _Plain:
            return self.encode(thing.value, depth)
        return self._session.keep(thing.value if kind is _Held else thing)


# --- small helpers ----------------------------------------------------------------------------------------


def _parameter_names(action: Callable[..., Any]) -> list[str]:
    initializer = vars(action).get("__init__") if isinstance(action, type) else action
    code = getattr(initializer, "__code__", None)
    if code is None:
        code = getattr(getattr(action, "__func__", None), "__code__", None)
    if code is None:
        return []
    names = list(code.co_varnames[: code.co_argcount])
    return names[1:] if isinstance(action, type) or inspect.ismethod(action) else names


def _owned(value: Any) -> Any:
    """A held tensor has memory of its own, apart from the frame it came in."""
    return value.clone() if isinstance(value, torch.Tensor) else value


def _with_strides(tensor: torch.Tensor, strides: tuple[int, ...]) -> torch.Tensor:
    """The same values in another layout; stride 0 is an expanded axis."""
    shape = tensor.shape
    if len(strides) != len(shape) or any(stride < 0 for stride in strides):
        raise WireError(f"no tensor of shape {tuple(shape)} has the strides {strides}")
    reach = 1 + sum((side - 1) * stride for side, stride in zip(shape, strides, strict=True) if side)
    if reach * tensor.element_size() > protocol.BODY_LIMIT or math.prod(shape) == 0:
        return tensor
    base = torch.zeros(reach, dtype=tensor.dtype)
    narrow = tensor
    for axis, stride in enumerate(strides):
        if stride == 0 and shape[axis] > 1:
            narrow = narrow.narrow(axis, 0, 1)
    base.as_strided(narrow.shape, strides).copy_(narrow)
    return base.as_strided(shape, strides)


def _bits(tensor: torch.Tensor) -> torch.Tensor:
    """The tensor's bytes: NaN equals the same NaN, and -0.0 is not 0.0."""
    return tensor.contiguous().reshape(-1).view(torch.uint8)


def _tensors_in(thing: Any, depth: int = 0) -> Iterator[torch.Tensor]:
    if isinstance(thing, torch.Tensor):
        yield thing
    elif isinstance(thing, _Held):
        return
    elif isinstance(thing, list | tuple) and depth < 4:
        for item in thing[:1000]:
            yield from _tensors_in(item, depth + 1)
    elif type(thing) is dict and depth < 4:
        for item in thing.values():
            yield from _tensors_in(item, depth + 1)


def _on_meta(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return torch.empty_strided(value.shape, value.stride(), dtype=value.dtype, device="meta")
    if isinstance(value, list | tuple):
        return type(value)(_on_meta(item) for item in value)
    return value


def _parse_model(data: bytes) -> Any:
    import onnx

    return onnx.ModelProto.FromString(data)


def _judge_model(data: bytes, x: torch.Tensor) -> Any:
    from grader.sandbox.onnx_evaluation import judge_model

    return judge_model(data, x)


def serve(sock: socket.socket, session: Session) -> None:
    """Answer frames until the other side hangs up."""
    while True:
        try:
            header, body = protocol.read_frame(sock)
        except EOFError:
            return
        reply, reply_body = session.handle(header, body)
        protocol.write_frame(sock, reply, reply_body)
