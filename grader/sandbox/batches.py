"""Send the calls of a law many at a time: which ones they will be is known from a submission that kept the law.

Two processes that take turns on one core find their memory gone from its caches with every call, so a frame of many
calls costs a fraction of as many frames. A law asks whatever it likes, also what hangs on earlier answers. So its
requests are put on record while a submission keeps the law, and sent ahead for later submissions; each is compared with
the one that the law then makes. The first ones go alone: what a wrong submission gets wrong it mostly gets wrong at
once, and then its process has done nothing that was not asked for.

What a law makes of an example hangs on the answers alone. So where they are, to the bit, what a submission answered
that kept the law, this one keeps it too, and the law need not be run.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

import msgspec

from grader.sandbox import protocol
from grader.sandbox.channel import Around, Channel
from grader.sandbox.protocol import DictValue, ListValue, TensorValue, TupleValue, Value, WireError

# How many requests go in the first frames of a law, and in all that come after.
_SIZES = (1, 2, 8)
_SIZE = 32
_BYTES = 256 * 1024  # of one frame; what is sent ahead in vain is little
_SECONDS = 0.2  # that one took another submission, for all its calls have the time of one
_MISSES = 2
_KNOWN_ANSWERS = 8  # to one example; right functions differ by their last digits, and in few ways


class Diverged(BaseException):
    """The law asks something else than what was sent ahead; the process has to be made anew."""


class Recorded(msgspec.Struct, array_like=True, frozen=True):
    """One request.

    Args:
        header, body: its frame.
        told: where it holds something that an earlier request of its example was answered, all answers before it, by
            their digest; otherwise empty. It differs where they do, and would tell a submission what it is about to
            be asked for, so it is sent to none that has not answered the same.
        seconds: of its own time that the submission took to answer.
    """

    header: bytes
    body: bytes
    told: bytes
    seconds: float


class RecordedExample(msgspec.Struct, array_like=True, frozen=True):
    """What a law asked in one example.

    Args:
        requests: in order.
        answers: what came, as `_Answers` tells it; empty where it is of no use to others.
    """

    requests: tuple[Recorded, ...]
    answers: bytes


@dataclass
class Recording:
    """What one law asked on its kept inputs, example by example.

    Attributes:
        misses: how often in a row the law then asked something else.
        known: of each example the answers that kept the law.
    """

    examples: tuple[RecordedExample, ...]
    misses: int = 0
    requests: tuple[Recorded, ...] = field(init=False)
    known: tuple[set[bytes], ...] = field(init=False)

    def __post_init__(self) -> None:
        self.requests = tuple(chain.from_iterable(one.requests for one in self.examples))
        self.known = tuple({one.answers} - {b""} for one in self.examples)

    @property
    def is_worth_it(self) -> bool:
        """Whether the law asks the same of one submission after the other."""
        return self.misses < _MISSES


class _Answers:
    """The answers of one example, told by a digest.

    Args:
        device: where tensors are expected; it decides what an answer is worth.
    """

    def __init__(self, device: str) -> None:
        self._hash = hashlib.blake2b(device.encode(), digest_size=16)
        self._headers: list[bytes] = []

    def add(self, header: bytes, body: bytearray) -> None:
        """The next one, before anybody can write to its memory."""
        self._headers.append(header)
        self._hash.update(b"%d %d\n" % (len(header), len(body)))
        self._hash.update(header)
        self._hash.update(body)

    def digest(self) -> bytes:
        """The same for the same answers alone."""
        return self._hash.digest()

    def useful(self) -> bytes:
        """The digest; empty where something was printed, which the report shows."""
        printed = any(protocol.unpack_reply(header).output for header in self._headers)
        return b"" if printed else self.digest()


class Recorder(Around):
    """A channel that puts on record what goes through it.

    Args:
        channel: the one that carries it.
        device: where the learner's tensors are.
    """

    def __init__(self, channel: Channel, device: str = "cpu") -> None:
        super().__init__(channel)
        self._device = device
        self._examples: list[RecordedExample] = []
        self._begin()

    def _begin(self) -> None:
        self._requests: list[Recorded] = []
        self._answers = _Answers(self._device)
        self._asked: set[object] = set()
        self._answered: set[object] = set()

    def request(self, header: bytes, body: bytes, timeout_s: float) -> tuple[bytes, bytearray]:
        """Carry one, and put it on record; what bars operations belongs to no law."""
        request = protocol.unpack_request(header)
        before_s = self.spent_s
        answer = self._channel.request(header, body, timeout_s)
        if request.op == "bar":
            return answer
        values = (*request.args, *request.kwargs.values())
        parts = {part for value in values for part in _parts(value, body)}
        told = b"" if parts.isdisjoint(self._answered) else self._answers.digest()
        self._requests.append(Recorded(header, body, told, self.spent_s - before_s))
        self._answers.add(*answer)
        self._asked |= parts
        self._answered |= set(_parts(protocol.unpack_reply(answer[0]).value, answer[1])) - self._asked
        return answer

    def end_example(self) -> None:
        """The law was kept in this example."""
        self._examples.append(RecordedExample(tuple(self._requests), self._answers.useful()))
        self._begin()

    def recording(self) -> Recording:
        """What was recorded in the examples so far."""
        return Recording(tuple(self._examples))


class Batches(Around):
    """A channel that sends ahead what is on record.

    Args:
        channel: the one that carries it.
        recording: what the law asked of another submission.
        device: where the learner's tensors are.

    Attributes:
        is_ahead: whether the process was asked something that the law has not asked yet.
    """

    def __init__(self, channel: Channel, recording: Recording, device: str = "cpu") -> None:
        super().__init__(channel)
        self._recording, self._device = recording, device
        self._sent = 0
        self._at = self._end = 0  # which request is due, and the first one of the next example
        self._example = -1
        self._answers: deque[tuple[bytes, bytearray]] = deque()
        self._given = _Answers(device)
        self._asked_else = False  # in this example, than what is on record
        self.is_ahead = False

    def next_is_known(self, timeout_s: float) -> bool:
        """Go on to the next example; whether it is known to keep the law, so that the law need not be run.

        What the first requests of a law are answered the law itself looks at, so blame is as it is call by call.

        Args:
            timeout_s: as for `request`.

        Raises:
            LearnerLost, WireError: as `request`.
        """
        self._example += 1
        is_on_record = self._at == self._end
        self._given, self._asked_else = _Answers(self._device), not is_on_record
        if self._example >= len(self._recording.examples):
            return False
        one = self._recording.examples[self._example]
        self._end += len(one.requests)
        if not is_on_record:
            return False
        answers = _Answers(self._device)
        for number, request in enumerate(one.requests):
            if request.told not in (b"", answers.digest()):
                return False
            if number == len(self._answers):
                if not self._sent:
                    return False
                self.is_ahead = True
                self._send(timeout_s)
            answers.add(*self._answers[number])
        if answers.digest() not in self._recording.known[self._example]:
            return False
        for _ in one.requests:
            self._answers.popleft()
        self._at = self._end
        self.is_ahead = bool(self._answers)
        return True

    def end_example(self) -> None:
        """The law was kept in this example: whoever answers the same keeps it too."""
        if self._asked_else or self._at != self._end or self._example >= len(self._recording.examples):
            return
        known = self._recording.known[self._example]
        if len(known) < _KNOWN_ANSWERS:
            known |= {self._given.useful()} - {b""}

    def request(self, header: bytes, body: bytes, timeout_s: float) -> tuple[bytes, bytearray]:
        """The answer that is there already, or the first one of the next batch.

        Raises:
            Diverged: this is not the request that was sent ahead.
            LearnerLost: as the channel does; after a batch it is not known at which of its calls.
            WireError: the guest does not answer the calls of a batch.

        Args:
            timeout_s: for one call, and for a whole batch too: what takes longer has to be tried call by call.
        """
        requests, at = self._recording.requests, self._at
        is_expected = at < len(requests) and (requests[at].header, requests[at].body) == (header, body)
        if not is_expected:
            if self._answers:
                self._recording.misses += 1
                raise Diverged
            self._asked_else = True
            return self._channel.request(header, body, timeout_s)
        if not self._answers:
            self._send(timeout_s)
        self._at += 1
        answer = self._answers.popleft()
        self._given.add(*answer)
        self.is_ahead = bool(self._answers)
        return answer

    def end(self) -> bool:
        """Whether the process was asked more than the law asked, so that it is of no use any more."""
        if not self.is_ahead:
            self._recording.misses = 0
        return self.is_ahead

    def _send(self, timeout_s: float) -> None:
        """Send the next batch; the guest may answer only the first calls of it."""
        batch = list(self._next())
        self._sent += 1
        if len(batch) == 1:
            self._answers.append(self._channel.request(batch[0].header, batch[0].body, timeout_s))
            return
        self.is_ahead = True
        frames = protocol.join_frames((one.header, one.body) for one in batch)
        header, body = self._channel.request(b"", frames, timeout_s)
        if header:
            raise WireError("one answer to many calls")
        answers = protocol.split_frames(body)
        if not 1 <= len(answers) <= len(batch):
            raise WireError(f"{len(answers)} answers to {len(batch)} calls")
        self._answers.extend(answers)

    def _next(self) -> Iterator[Recorded]:
        """From the first request that is not sent yet on, as far as may be sent in one frame."""
        size = _SIZES[self._sent] if self._sent < len(_SIZES) else _SIZE
        begin = self._at + len(self._answers)
        length, seconds = 0, 0.0
        for number, one in enumerate(self._recording.requests[begin : begin + size]):
            length, seconds = length + len(one.header) + len(one.body), seconds + one.seconds
            if number and (one.told or length > _BYTES or seconds > _SECONDS):
                return
            yield one


def _parts(value: Value, body: bytes | bytearray) -> Iterator[object]:
    """What of a value says something: its numbers, and its tensors as bytes."""
    match value:
        case TensorValue():
            size = protocol.element_count(value.shape) * protocol.DTYPES[value.dtype].itemsize
            if size:
                yield bytes(body[value.offset : value.offset + size])
        case ListValue() | TupleValue():
            for item in value.items:
                yield from _parts(item, body)
        case DictValue():
            for item in value.values:
                yield from _parts(item, body)
        case float():
            yield value
