"""Turn questions to the guest into frames, and its answers into values: one question, one answer, in turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from grader.sandbox import protocol
from grader.sandbox.channel import Channel
from grader.sandbox.exceptions import (
    LearnerBarred,
    LearnerLost,
    LearnerMisbehaved,
    LearnerMissing,
    LearnerRaised,
)
from grader.sandbox.handles import (
    ByReference,
    GuestFixture,
    GuestIterator,
    GuestSequence,
    GuestVersion,
    Handle,
    reference_of,
)
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
    VersionValue,
    WireError,
)

_KIND_CHARS = 40
# What the answers of one example may come to: they are all kept until it is over.
EXAMPLE_BYTES = 128 * 2**20


class Connection:
    """The host's end of the wire to one guest.

    Args:
        channel: carries the frames.
        time_limit_s: how long the next answer may take, asked anew for each question.
        make_handle: what stands for an object of the guest's, from its number and the name of its class.
        hear: gets what the learner's code printed.

    Attributes:
        channel: as given; may be replaced by one that adds something to it.
        received_bytes: the size of all tensors that came back so far.
        barred: the operations that the guest is to bar, by the words of grader/sandbox/operations.py. When they
            change, the submission is loaded anew before the next question: what one exercise computed with an
            operation that is barred in another is not there any more.
    """

    def __init__(
        self,
        channel: Channel,
        time_limit_s: Callable[[], float],
        make_handle: Callable[[int, str], Handle],
        hear: Callable[[str], object],
    ) -> None:
        self.channel = channel
        self.time_limit_s, self._make_handle, self._hear = time_limit_s, make_handle, hear
        self._seed: int | None = None
        self.received_bytes = self._received_before = 0
        self.barred: tuple[str, ...] = ()
        self._barred_there: tuple[str, ...] = ()

    def start_example(self, seed: int) -> None:
        """Let the next question start a new example in the guest; by itself this asks nothing."""
        self._seed = seed
        self._received_before = self.received_bytes

    def ask(
        self,
        op: str,
        name: str = "",
        *,
        target: Handle | None = None,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
        mode: str = "",
    ) -> Answer:
        """Send one question and wait for the answer.

        Raises:
            LearnerLost: no answer in time, or none that can be read.
            TypeError: an argument is of a kind that does not travel; a fault of the check's.

        Args:
            op: what is asked, one of the words that `grader.sandbox.guest` knows.
            name: of the function, method or attribute; for `load` the whole source.
            target: the object that is asked, if it is one.
            mode: "meta" runs a call on tensors without values, of a device that does not exist; "points" counts the
                points beside each other at which it evaluates functions.
        """
        body = Body()
        if self.barred != self._barred_there:
            self._send(Request("bar", args=self.barred), b"").settle()
            self._barred_there = self.barred
        seed, self._seed = self._seed, None
        request = Request(
            op,
            name,
            target=-1 if target is None else reference_of(target).number,
            args=tuple(_encode(value, body) for value in args),
            kwargs={key: _encode(value, body) for key, value in (kwargs or {}).items()},
            mode=mode,
            seed=seed,
        )
        return self._send(request, body.join())

    def _send(self, request: Request, data: bytes) -> Answer:
        """Send a request, and take note of what every answer brings: printed text, and its size."""
        try:
            header, reply_body = self.channel.request(protocol.pack(request), data, self.time_limit_s())
            reply = protocol.unpack_reply(header)
        except WireError as error:
            raise self.broken(error) from None
        if reply.output:
            self._hear(reply.output)
        self.received_bytes += len(reply_body)
        if self.received_bytes - self._received_before > EXAMPLE_BYTES:
            words = f"all its answers together are larger than {EXAMPLE_BYTES // 2**20} MiB"
            raise LearnerMisbehaved(words, is_too_large=True)
        return Answer(self, reply, reply_body, sent_tensors=bool(data))

    def known_words(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """Those of a guest's words that are ours; a guest that makes up others is broken.

        Args:
            words: what the guest says was called.
        """
        known = tuple(word for word in self.barred if word in words)
        if not known:
            raise self.broken(WireError("nothing like that is barred"))
        return known

    def broken(self, error: WireError) -> LearnerLost:
        """End the guest, which does not keep to the protocol; the exception to raise.

        Args:
            error: what was wrong with its answer.
        """
        reason = f"the submission's process sent something that is not an answer ({error})"
        self.channel.distrust(reason)
        return LearnerLost(reason)

    def decode(self, value: protocol.Value, body: bytearray, depth: int = 0) -> Any:
        """A value as it came, as data of ours; WireError for what no guest of ours sends.

        Args:
            body: the bytes that came with it; tensors are made on its memory.
            depth: how far inside a value we are.
        """
        if depth > protocol.DEPTH_LIMIT:
            raise WireError("the value is nested too deeply")
        match value:
            case TensorValue():
                return protocol.read_tensor(value, body)
            case ListValue():
                return [self.decode(item, body, depth + 1) for item in value.items]
            case TupleValue():
                return tuple(self.decode(item, body, depth + 1) for item in value.items)
            case DictValue():
                if len(value.keys) != len(value.values) or not all(
                    protocol.is_key(key) for key in value.keys
                ):
                    raise WireError("a dict whose keys are not plain")
                values = [self.decode(item, body, depth + 1) for item in value.values]
                return dict(zip(value.keys, values, strict=True))
            case HandleValue():
                # The name of a learner's class is shown in cards: what is no identifier is taken out of it.
                kind = "".join(c for c in value.kind if c.isidentifier() or c.isdigit())[:_KIND_CHARS]
                return self._make_handle(value.number, kind or "object")
            case BytesValue():
                return protocol.read_bytes(value, body)
            case SequenceValue() | FixtureValue() | VersionValue():
                raise WireError("only we send those")
        return value


class Answer:
    """What came of one question, not yet looked at; `settle` turns it into a value or an exception.

    Args:
        sent_tensors: whether the question carried any, so that the tensors of the answer have a place to be.
    """

    def __init__(self, connection: Connection, reply: Reply, body: bytearray, *, sent_tensors: bool) -> None:
        self._connection, self.reply, self._body = connection, reply, body
        self.sent_tensors = sent_tensors

    def settle(self, label: str = "") -> Any:
        """The value that was asked for.

        Args:
            label: what was called, for messages.

        Raises:
            LearnerRaised, LearnerMissing, LearnerMisbehaved, LearnerLost, StopIteration: what came instead.
        """
        reply = self.reply
        if reply.barred:
            raise LearnerBarred(self._connection.known_words(reply.barred), reply.line)
        match reply.status:
            case "ok":
                try:
                    return self._connection.decode(reply.value, self._body)
                except WireError as error:
                    raise self._connection.broken(error) from None
            case "raised":
                function = reply.function if reply.function.isidentifier() else ""
                raise LearnerRaised(reply.error, reply.message, reply.line, function)
            case "stop":
                raise StopIteration
            case "missing":
                raise LearnerMissing(label)
            case "unsendable":
                words = f"{label} returned something that cannot be read: {reply.message}"
                raise LearnerMisbehaved(words, is_too_large=reply.too_large)
        raise self._connection.broken(WireError(f"status {reply.status[:40]!r}"))

    def require_device(self, device: str, label: str) -> None:
        """LearnerMisbehaved if a tensor of the answer is not where those of the question were put.

        Args:
            device: where the question's tensors were put, as torch names it.
            label: what was called, for the message.
        """
        found = _another_device(self.reply.value, torch.device(device).type)
        if found is not None:
            raise LearnerMisbehaved(
                f"{label} returned a tensor on {found}; its input is on {device}",
                "Look for the tensors that you make yourself: on which device are they?",
            )


def _another_device(value: protocol.Value, device: str) -> str | None:
    """The device of the first tensor in `value` that is elsewhere; None if all are on `device`."""
    match value:
        case TensorValue():
            return value.device[:20] if value.device.split(":")[0] != device else None
        case ListValue() | TupleValue():
            parts = value.items
        case DictValue():
            parts = value.values
        case _:
            return None
    return next((found for part in parts if (found := _another_device(part, device)) is not None), None)


def _encode(value: Any, body: Body) -> protocol.Value:
    """One argument as a value; TypeError for what a check cannot send.

    Args:
        body: takes the bytes of tensors.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, torch.Tensor):
        return body.add_tensor(value, keep_strides=True)
    if isinstance(value, Handle):
        return HandleValue(reference_of(value).number)
    if isinstance(value, ByReference | GuestIterator):
        return HandleValue(reference_of(value.handle).number)
    if isinstance(value, GuestSequence):
        return SequenceValue(tuple(_encode(item, body) for item in value.items), value.once)
    if isinstance(value, GuestFixture):
        return FixtureValue(value.name)
    if isinstance(value, GuestVersion):
        return VersionValue(value.source, value.name, value.function)
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
