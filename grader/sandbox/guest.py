"""Serve calls into a learner's module: a request in, a reply out. Runs inside the sandbox, one learner per process.

Nothing here is trusted by the host: whatever learner code in this process can do, it can do to this module as well. So
the host checks every answer, and this side is only kept from harming honest work.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import itertools
import socket
from collections.abc import Callable
from typing import Any

import msgspec
import torch

from grader.sandbox import protocol
from grader.sandbox.arguments import Arguments
from grader.sandbox.dispatch import OperationFilter
from grader.sandbox.evaluations import nearby_points
from grader.sandbox.loading import LearnerModule, place_of
from grader.sandbox.portability import NeedsValues, devices_of_results
from grader.sandbox.protocol import Body, OverLimit, Reply, Request, TupleValue, VersionValue, WireError
from grader.sandbox.results import Encoder, Held, Objects, Plain
from grader.sandbox.tampering import Snapshot

REPLY_OUTPUT_CHARS = 4096
MESSAGE_CHARS = 2000
# In these the learner's code runs on arguments of ours, and must leave them and the global generator alone.
_WATCHED = ("call", "method", "iter", "next", "list")


class CappedOutput(io.TextIOBase):
    """Standard output of the learner: kept in memory up to a limit, the rest dropped.

    What bypasses Python and writes to the file itself goes to the null device.

    Args:
        limit: characters kept in all, over the life of the process.
    """

    def __init__(self, limit: int) -> None:
        self._left, self._fresh = limit, ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        """Says that all was written, so that no learner code stops because of the limit."""
        kept = text[: max(0, self._left)]
        self._left -= len(kept)
        self._fresh += kept
        return len(text)

    def take(self) -> str:
        """What was printed since the last call, at most a reply's worth.

        A submission that prints a great deal is heard bit by bit, a reply's worth with each answer.
        """
        taken, self._fresh = self._fresh[:REPLY_OUTPUT_CHARS], self._fresh[REPLY_OUTPUT_CHARS:]
        return taken


class Session:
    """One learner's module and the objects made from it.

    Args:
        device: where the tensors of arguments are put.
        output_kib: how much printed text is kept.
        snapshot: how the libraries looked before; None where nobody minds what a submission leaves on them.
        operations: bars what the host says; None where nothing can be barred.
    """

    def __init__(
        self,
        device: str = "cpu",
        output_kib: int = 64,
        snapshot: Snapshot | None = None,
        operations: OperationFilter | None = None,
    ) -> None:
        self._device = torch.device(device)
        self._objects = Objects()
        self._module = LearnerModule()
        self._output = CappedOutput(output_kib * 1024)
        self._snapshot, self._operations = snapshot, operations
        self._barred: tuple[str, ...] = ()
        self._seed, self._tampered_with = -1, ""

    # --- one request ---

    def handle(self, header: bytes, body: bytearray) -> tuple[bytes, bytes]:
        """Answer one frame with one frame; whatever goes wrong in the learner's code is part of the answer.

        WireError for a frame that is no request of ours.

        Args:
            header: a packed request; none for a batch.
            body: the bytes of its tensors; the arguments lie in this memory. Of a batch its requests.
        """
        with contextlib.redirect_stdout(self._output), contextlib.redirect_stderr(self._output):
            return self._handle_one(header, body) if header else (b"", self._handle_many(body))

    def _handle_many(self, requests: bytearray) -> bytes:
        """Answer one after the other; where the answers get long, the host asks again for what is left."""
        answers, length = [], 0
        for header, body in protocol.split_frames(requests):
            answers.append(self._handle_one(header, body))
            length += sum(map(len, answers[-1]))
            if length > protocol.BATCH_ANSWERS:
                break
        return protocol.join_frames(answers)

    def _handle_one(self, header: bytes, body: bytearray) -> tuple[bytes, bytes]:
        request = protocol.unpack_request(header)
        self._take_called()  # of another session in this process
        if request.seed is not None:
            self._objects.clear()
            torch.default_generator.manual_seed(request.seed)
            if self._device.type == "cuda":
                torch.cuda.manual_seed(request.seed)
        match request.op:
            case "load":
                reply, reply_body = self._load(request.name), b""
            case "bar":
                reply, reply_body = self._bar(request.args), b""
            case _:
                with self._barring():  # to the end: a result may run code of its own while it is looked at
                    reply, reply_body = self._answer(request, body)
        output, called = self._output.take(), self._take_called()
        if output or called:
            reply = msgspec.structs.replace(reply, output=output, barred=called)
        try:
            return protocol.pack(reply), reply_body
        except WireError as error:
            return protocol.pack(_unsendable(error, reply.barred)), b""

    def _answer(self, request: Request, body: bytearray) -> tuple[Reply, bytes]:
        """One request but `load` and `bar`: make the arguments, call, look at what was changed, encode the result."""
        if request.seed not in (None, self._seed):  # another check
            self._seed = request.seed
            self._objects.restart()
            self._look_for_tampering()
        if self._tampered_with:
            return self._tampered(), b""
        watch = request.op in _WATCHED and request.mode != "meta"
        arguments = Arguments(body, self._objects.by_number, self._device_for(request), watch=watch)
        # Read anew each time: in one process with the checks, these may draw between two calls.
        random_state = self._random_state() if watch else b""
        try:
            action = self._action(request)
            if action is None:
                return Reply("missing", message=request.name), b""
            args, kwargs = _build(request, arguments, action)
            if request.mode == "meta":
                devices = devices_of_results(action, args, kwargs)
                return Reply("ok", TupleValue(devices)), b""
            if request.mode == "points":
                return Reply("ok", nearby_points(action, args, kwargs)), b""
            result = action(*args, **kwargs)
        except StopIteration:
            return Reply("stop"), b""
        except NeedsValues as error:
            return Reply("uncheckable", message=str(error)), b""
        except WireError:
            raise
        except BaseException as error:  # the learner's code may raise anything, SystemExit too
            return _raised(error), b""
        if self._snapshot is not None and self._snapshot.tensors_changed():
            self._tampered_with = "torch.Tensor"  # tensors with methods of the learner's tell us nothing
            return self._tampered(), b""
        disturbed = watch and random_state != self._random_state()
        reply_body = Body()
        try:
            value = Encoder(self._objects, reply_body).encode(result)
            changed = arguments.changed() if watch else ()
            aliases = arguments.aliased_by(result) if watch else ()
        except WireError as error:
            return _unsendable(error), b""
        except BaseException as error:  # a learner's object may misbehave while it is looked at
            return _raised(error), b""
        reply = Reply("ok", value, changed=changed, aliases=aliases, disturbed=disturbed)
        return reply, reply_body.join()

    def _device_for(self, request: Request) -> torch.device:
        """Where arguments are put. What a learner's law is tried on stays on the CPU: it is about values."""
        if self._device.type == "cpu":
            return self._device
        is_law = any(isinstance(value, VersionValue) for value in request.args)
        return torch.device("cpu") if is_law else self._device

    def _random_state(self) -> bytes:
        """The state of the global generator; of the CPU's and the GPU's where there are two."""
        state: bytes = torch.default_generator.get_state().numpy().tobytes()
        if self._device.type != "cuda":
            return state
        on_gpu: bytes = torch.cuda.get_rng_state(self._device).numpy().tobytes()
        return state + on_gpu

    def _action(self, request: Request) -> Callable[..., Any] | None:
        """The function a request means, to be called with its arguments; None if the learner has no such name."""
        target: Any = self._objects.by_number[request.target] if request.target >= 0 else None
        match request.op:
            case "call":
                return self._module.function(request.name)
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
                return lambda: Plain(target)
            case "hold":
                return lambda value: Held(_owned(value))
            case "generator":
                return lambda seed: torch.Generator(device=self._device).manual_seed(seed)
            case "model":
                return _parse_model
            case "model_bytes":
                return lambda: target.SerializeToString()
            case "judge_model":
                return _judge_model
        raise WireError(f"no such request: {request.op!r}")

    # --- loading ---

    def _load(self, source: str) -> Reply:
        try:
            self._module.compile(source)
        except BaseException as error:  # of the source's making: too deep, a null byte, not Python
            return _raised(error)
        return self._run_definitions()

    def _bar(self, words: tuple[protocol.Value, ...]) -> Reply:
        """Bar other operations from now on, and forget what the learner's code made while it was free to use them."""
        self._barred = tuple(word for word in words if isinstance(word, str))
        self._objects.clear()
        return self._run_definitions()

    def _run_definitions(self) -> Reply:
        try:
            with self._barring(spoil=True):
                names = self._module.run()
        except BaseException as error:  # the learner's code may raise anything, SystemExit too
            return _raised(error)
        self._look_for_tampering()
        return self._tampered() if self._tampered_with else Reply("ok", TupleValue(names))

    def _barring(self, *, spoil: bool = False) -> contextlib.AbstractContextManager[None]:
        if self._operations is None or not self._barred:
            return contextlib.nullcontext()
        return self._operations.barring(self._barred, spoil=spoil)

    def _take_called(self) -> tuple[str, ...]:
        """The barred operations called since the last request, whoever caught what they raised.

        Returns:
            Words of `forbidden`; empty where nothing can be barred.
        """
        if self._operations is None:
            return ()
        called = tuple(self._operations.called)
        self._operations.called.clear()
        return called

    # --- tampering ---

    def _look_for_tampering(self) -> None:
        """Compare the libraries with how they looked before the submission was loaded; the first find stays."""
        if self._snapshot is not None:
            self._tampered_with = self._tampered_with or self._snapshot.changed()

    def _tampered(self) -> Reply:
        """The answer to everything from then on: what such a process says is worth nothing."""
        message = f"the submission sets attributes on {self._tampered_with}, which is not its own"
        return Reply("raised", error="TypeError", message=message)


def _unsendable(error: WireError, barred: tuple[str, ...] = ()) -> Reply:
    """The answer in place of one that cannot be sent."""
    return Reply("unsendable", message=str(error), barred=barred, too_large=isinstance(error, OverLimit))


def _raised(error: BaseException) -> Reply:
    """What the learner's code raised, as text.

    The name and text are the learner's to choose, so the text is bounded and made valid UTF-8.
    """
    try:
        message = str(error)[:MESSAGE_CHARS]
    except BaseException:  # a learner's exception may not even print
        message = ""
    message = message.encode("utf-8", "replace").decode()
    line, function = place_of(error)
    return Reply("raised", error=type(error).__name__, message=message, line=line, function=function)


def _build(
    request: Request, arguments: Arguments, action: Callable[..., Any]
) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a request, called what the learner's function calls them.

    Returns:
        Positional and keyword arguments, made real.
    """
    names = _parameter_names(action) if request.args else []
    args = [
        arguments.build(value, names[i] if i < len(names) else f"argument {i + 1}")
        for i, value in enumerate(request.args)
    ]
    kwargs = {name: arguments.build(value, name) for name, value in request.kwargs.items()}
    return args, kwargs


def _parameter_names(action: Callable[..., Any]) -> list[str]:
    """Names of the positional parameters, without `self`; none where it is not Python code."""
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


def _parse_model(data: bytes) -> Any:
    """An `onnx.ModelProto` from bytes of the host's."""
    import onnx  # only one chapter needs it, and has it imported beforehand

    return onnx.ModelProto.FromString(data)


def _judge_model(data: bytes, x: torch.Tensor) -> Any:
    """The verdict on a model; see `grader.sandbox.onnx_evaluation`."""
    from grader.sandbox.onnx_evaluation import judge_model  # numpy and onnx come with it

    return judge_model(data, x)


def serve(sock: socket.socket, session: Session) -> None:
    """Answer frames until the other side hangs up.

    Args:
        sock: blocking; the other side decides how long it waits.
    """
    while True:
        try:
            header, body = protocol.read_frame(sock)
        except EOFError:
            return
        reply, reply_body = session.handle(header, body)
        protocol.write_frame(sock, reply, reply_body)
