"""Send the calls of a law many at a time: which ones they will be is known from a submission that kept the law.

Two processes that take turns on one core find their memory gone from its caches with every call, so a frame of many
calls costs a fraction of as many frames. A law asks whatever it likes, also what hangs on earlier answers. So its
requests are put on record while a submission keeps the law, and sent ahead for later submissions; each is compared with
the one that the law then makes. The first ones go alone: what a wrong submission gets wrong it mostly gets wrong at
once, and then its process has done nothing that was not asked for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

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


class Diverged(BaseException):
    """The law asks something else than what was sent ahead; the process has to be made anew."""


class Recorded(msgspec.Struct, array_like=True, frozen=True):
    """One request.

    Args:
        header, body: its frame.
        alone: whether it holds something that an earlier request of its example was answered: then it differs where
            the answer does, and would tell a submission what it is about to be asked for.
        seconds: of its own time that the submission took to answer.
    """

    header: bytes
    body: bytes
    alone: bool
    seconds: float


@dataclass
class Recording:
    """The requests of one law on its kept inputs, in order.

    Attributes:
        misses: how often in a row the law then asked something else.
    """

    requests: tuple[Recorded, ...]
    misses: int = 0

    @property
    def is_worth_it(self) -> bool:
        """Whether the law asks the same of one submission after the other."""
        return self.misses < _MISSES


class Recorder(Around):
    """A channel that puts on record what goes through it.

    Args:
        channel: the one that carries it.
    """

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel)
        self._recorded: list[Recorded] = []
        self._asked: set[object] = set()
        self._answered: set[object] = set()

    def request(self, header: bytes, body: bytes, timeout_s: float) -> tuple[bytes, bytearray]:
        """Carry one, and put it on record; what bars operations belongs to no law."""
        request = protocol.unpack_request(header)
        before_s = self.spent_s
        answer = self._channel.request(header, body, timeout_s)
        if request.op == "bar":
            return answer
        if request.seed is not None:
            self._asked, self._answered = set(), set()
        values = (*request.args, *request.kwargs.values())
        parts = {part for value in values for part in _parts(value, body)}
        alone = not parts.isdisjoint(self._answered)
        self._recorded.append(Recorded(header, body, alone, self.spent_s - before_s))
        self._asked |= parts
        self._answered |= set(_parts(protocol.unpack_reply(answer[0]).value, answer[1])) - self._asked
        return answer

    def recording(self) -> Recording:
        """What was recorded so far."""
        return Recording(tuple(self._recorded))


class Batches(Around):
    """A channel that sends ahead what is on record.

    Args:
        channel: the one that carries it.
        recording: what the law asked of another submission.

    Attributes:
        is_ahead: whether the process was asked something that the law has not asked yet.
    """

    def __init__(self, channel: Channel, recording: Recording) -> None:
        super().__init__(channel)
        self._recording = recording
        self._sizes = iter(_SIZES)
        self._at = 0
        self._answers: deque[tuple[bytes, bytearray]] = deque()
        self.is_ahead = False

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
            return self._channel.request(header, body, timeout_s)
        if not self._answers:
            self._send(timeout_s)
        self._at += 1
        answer = self._answers.popleft()
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
        """From the request that is due on, as far as may be sent in one frame."""
        requests, size = self._recording.requests, next(self._sizes, _SIZE)
        length, seconds = 0, 0.0
        for number, one in enumerate(requests[self._at : self._at + size]):
            length, seconds = length + len(one.header) + len(one.body), seconds + one.seconds
            if number and (one.alone or length > _BYTES or seconds > _SECONDS):
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
