"""Turn values into frames and frames into values, within fixed bounds, on both sides of the sandbox.

A frame is two lengths, a header and a body. The header is msgpack, decoded into the typed structures below and
nothing else; the body holds the raw bytes of tensors and is never decoded. A frame without a header is a batch: its
body holds frames, requests in one and their answers in the other. No pickle, ever.
"""

from __future__ import annotations

import math
import socket
import struct
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

import msgspec
import numpy
import torch

from grader.sandbox.process_time import Deadline

HEADER_LIMIT = 256 * 1024
BODY_LIMIT = 64 * 1024 * 1024
BATCH_ANSWERS = 1024 * 1024  # bytes of answers after which a guest answers no more calls of a frame
_BATCH_LIMIT = BODY_LIMIT + HEADER_LIMIT + 2 * BATCH_ANSWERS  # one answer of full size may come last
DEPTH_LIMIT = 24
NODE_LIMIT = 20_000
_LENGTHS = struct.Struct("<IQ")
_READ_AHEAD = 32 * 1024
_ALIGNMENT = 8

DTYPES = {
    "float64": torch.float64,
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "int64": torch.int64,
    "int32": torch.int32,
    "int16": torch.int16,
    "int8": torch.int8,
    "uint8": torch.uint8,
    "bool": torch.bool,
}
DTYPE_NAMES = {dtype: name for name, dtype in DTYPES.items()}
# But for bfloat16, which numpy does not have.
_NUMPY_DTYPES = {name: numpy.dtype(name) for name in DTYPES if name != "bfloat16"}


class WireError(Exception):
    """The other side sent something that is not a frame, or a value cannot be sent."""


class OverLimit(WireError):
    """There is more to send than a frame holds."""


class TensorValue(msgspec.Struct, tag="T", array_like=True, frozen=True):
    """A tensor; its bytes start at `offset` of the body. `strides` asks for that layout on arrival.

    Args:
        dtype: a key of DTYPES.
        shape: no side is negative.
        offset: in bytes, a multiple of 8.
        device: where it was on the other side; the bytes always travel from and to the CPU.
    """

    dtype: str
    shape: tuple[int, ...]
    offset: int
    device: str = "cpu"
    strides: tuple[int, ...] | None = None


class ListValue(msgspec.Struct, tag="L", array_like=True, frozen=True):
    """A list."""

    items: tuple[Value, ...]


class TupleValue(msgspec.Struct, tag="U", array_like=True, frozen=True):
    """A tuple."""

    items: tuple[Value, ...]


class DictValue(msgspec.Struct, tag="D", array_like=True, frozen=True):
    """A dict, keys beside values."""

    keys: tuple[Value, ...]
    values: tuple[Value, ...]


class HandleValue(msgspec.Struct, tag="H", array_like=True, frozen=True):
    """An object that stays in the guest, by number. `callable` tells a method from a thing.

    Args:
        kind: the name of the object's class, cut short.
    """

    number: int
    kind: str = ""
    callable: bool = False


class SequenceValue(msgspec.Struct, tag="S", array_like=True, frozen=True):
    """An object with nothing but `__len__` and `__getitem__` over these items, or an iterator: `once`."""

    items: tuple[Value, ...]
    once: bool = False


class FixtureValue(msgspec.Struct, tag="F", array_like=True, frozen=True):
    """A plain function of the guest, by name (see fixtures.py)."""

    name: str


class VersionValue(msgspec.Struct, tag="V", array_like=True, frozen=True):
    """An object with one function of ours, made in the guest from its source (see versions.py)."""

    source: str
    name: str
    function: str


class BytesValue(msgspec.Struct, tag="B", array_like=True, frozen=True):
    """Opaque bytes of the body, such as a serialised model."""

    offset: int
    length: int


Value = (
    None
    | bool
    | int
    | float
    | str
    | TensorValue
    | ListValue
    | TupleValue
    | DictValue
    | HandleValue
    | SequenceValue
    | FixtureValue
    | VersionValue
    | BytesValue
)


def is_key(value: Value) -> bool:
    """Whether a value may be a key: plain ones can be looked up, whatever they came from."""
    return value is None or isinstance(value, str | int | float | bool)


class Request(msgspec.Struct, array_like=True, frozen=True):
    """One thing the guest is to do. A `seed` starts a new example: handles are dropped, the generator is seeded.

    Args:
        op: see `Session._action` in grader/sandbox/guest.py.
        name: of a function, method, attribute; or a whole source.
        target: the number of the object that is asked, -1 for none.
        mode: "meta" for a call on tensors without values, "points" for one whose evaluations are counted.
    """

    op: str
    name: str = ""
    target: int = -1
    args: tuple[Value, ...] = ()
    kwargs: dict[str, Value] = {}
    mode: str = ""
    seed: int | None = None


class Reply(msgspec.Struct, array_like=True, frozen=True):
    """What came of a request. `status` is ok, raised, stop, missing, unsendable or uncheckable.

    Args:
        error, message, line, function: the exception, where the status is raised, and where in the file it came.
        changed: the arguments that are not as they were sent, by name.
        aliases: the arguments whose memory the result shares.
        disturbed: whether torch's global generator was drawn from.
        output: what was printed meanwhile, cut to a reply's worth.
        barred: the words of the barred operations that were called, even if their refusal was caught.
        too_large: whether it is unsendable because a frame does not hold it.
    """

    status: str
    value: Value = None
    error: str = ""
    message: str = ""
    line: int | None = None
    changed: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    disturbed: bool = False
    output: str = ""
    barred: tuple[str, ...] = ()
    function: str = ""
    too_large: bool = False


Message = TypeVar("Message")
Done = TypeVar("Done")

_encoder = msgspec.msgpack.Encoder()
_request_decoder = msgspec.msgpack.Decoder(Request)
_reply_decoder = msgspec.msgpack.Decoder(Reply)


def pack(message: Request | Reply) -> bytes:
    """Encode a header; one over the limit is refused before it is sent.

    Raises:
        OverLimit: it is too large.
        WireError: it holds what msgpack cannot encode.
    """
    try:
        header = _encoder.encode(message)
    except (OverflowError, UnicodeEncodeError, RecursionError) as error:
        raise WireError(f"the value cannot be sent: {error}") from None
    if len(header) > HEADER_LIMIT:
        raise OverLimit(f"the value is too large to send: {len(header)} bytes of structure")
    return header


def unpack_request(header: bytes) -> Request:
    """Decode a request; anything else is a WireError."""
    return _unpack(_request_decoder, header)


def unpack_reply(header: bytes) -> Reply:
    """Decode a reply; anything else is a WireError."""
    return _unpack(_reply_decoder, header)


def _unpack(decoder: msgspec.msgpack.Decoder[Message], header: bytes) -> Message:
    """Bytes from the other side as a typed message; whatever is wrong with them is one kind of error."""
    try:
        return decoder.decode(header)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError) as error:
        raise WireError(f"not a message: {error}") from None


# --- frames over a socket ---------------------------------------------------------------------------------


def write_frame(
    sock: socket.socket, header: bytes, body: bytes | bytearray, deadline: Deadline | None = None
) -> None:
    """Send one frame before `deadline`; TimeoutError after it.

    Args:
        deadline: None waits as long as it takes.
    """
    data = memoryview(_LENGTHS.pack(len(header), len(body)) + header + body)
    while data:
        data = data[_in_time(sock, partial(sock.send, data), deadline) :]


def read_frame(sock: socket.socket, deadline: Deadline | None = None) -> tuple[bytes, bytearray]:
    """Receive one frame before `deadline`.

    EOFError when the other side left, WireError when it is over the limits or more than a frame.

    Returns:
        The header, and the body as memory of its own, in which tensors can lie.
    """
    frame = bytearray(_receive(sock, _READ_AHEAD, deadline))
    while len(frame) < _LENGTHS.size:
        frame += _receive(sock, _READ_AHEAD, deadline)
    header_length, body_length = _LENGTHS.unpack_from(frame)
    if header_length > HEADER_LIMIT or body_length > (BODY_LIMIT if header_length else _BATCH_LIMIT):
        raise WireError(f"a frame of {header_length} + {body_length} bytes is over the limit")
    body_start = _LENGTHS.size + header_length
    while len(frame) < body_start:
        frame += _receive(sock, _READ_AHEAD, deadline)
    header, body = bytes(frame[_LENGTHS.size : body_start]), frame[body_start:]
    while len(body) < body_length:  # grows with what is there: a claim of 64 MiB takes no memory
        body += _receive(sock, min(body_length - len(body), _READ_AHEAD), deadline)
    if len(body) > body_length:
        raise WireError("bytes that nobody asked for")
    return header, body


def join_frames(frames: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The body of a batch, from headers and bodies."""
    return b"".join(
        part for header, body in frames for part in (_LENGTHS.pack(len(header), len(body)), header, body)
    )


def split_frames(data: bytearray) -> list[tuple[bytes, bytearray]]:
    """The frames of a batch; WireError for what is none.

    Returns:
        Headers, and bodies as memory of their own.
    """
    frames, at = [], 0
    while at < len(data):
        if at + _LENGTHS.size > len(data):
            raise WireError("a batch that breaks off")
        header_length, body_length = _LENGTHS.unpack_from(data, at)
        body_start = at + _LENGTHS.size + header_length
        if not 0 < header_length <= HEADER_LIMIT or body_length > BODY_LIMIT:
            raise WireError(f"a frame of {header_length} + {body_length} bytes in a batch")
        if body_start + body_length > len(data):
            raise WireError("a batch that breaks off")
        frames.append(
            (bytes(data[at + _LENGTHS.size : body_start]), data[body_start : body_start + body_length])
        )
        at = body_start + body_length
    return frames


def _receive(sock: socket.socket, most: int, deadline: Deadline | None) -> bytes:
    """Some bytes, at least one; EOFError when the other side left."""
    chunk = _in_time(sock, partial(sock.recv, most), deadline)
    if not chunk:
        raise EOFError("the other side closed the connection")
    return chunk


def _in_time(sock: socket.socket, act: Callable[[], Done], deadline: Deadline | None) -> Done:
    """Wait for the socket no longer than the deadline allows, which may move while the other side gets no core."""
    if deadline is None:
        return act()
    while True:
        sock.settimeout(deadline.left())
        try:
            return act()
        except TimeoutError:
            continue


# --- tensors in a body ------------------------------------------------------------------------------------


class Body:
    """The raw bytes that go with one header, collected while its values are encoded."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._length = 0

    def add_bytes(self, data: bytes) -> int:
        """Append `data`, aligned; returns its offset.

        Raises:
            OverLimit: all together are more than a frame holds.
        """
        offset = self._length
        padding = -len(data) % _ALIGNMENT
        self._parts.append(data)
        if padding:
            self._parts.append(b"\0" * padding)
        self._length += len(data) + padding
        if self._length > BODY_LIMIT:
            raise OverLimit(f"the tensors are too large to send: over {BODY_LIMIT} bytes")
        return offset

    def add_tensor(self, tensor: torch.Tensor, *, keep_strides: bool = False) -> TensorValue:
        """Append a tensor's bytes; a non-contiguous layout is named when `keep_strides` asks for it.

        Raises:
            OverLimit: it is more than a frame holds.
            WireError: a kind of tensor that does not travel, such as a sparse one.
        """
        name = DTYPE_NAMES.get(tensor.dtype)
        if name is None:
            raise WireError(f"a tensor of {tensor.dtype} cannot be sent")
        if tensor.layout is not torch.strided:
            raise WireError(f"a tensor of layout {tensor.layout} cannot be sent")
        if tensor.numel() * tensor.element_size() > BODY_LIMIT:  # before it is copied
            raise OverLimit(f"the tensors are too large to send: over {BODY_LIMIT} bytes")
        shape = tuple(tensor.shape)
        device = "cpu" if tensor.is_cpu else str(tensor.device)
        if tensor.is_meta:
            raise WireError("a tensor on the meta device has no values to send")
        strides = tensor.stride() if keep_strides and not tensor.is_contiguous() else None
        flat = tensor.detach()
        if not tensor.is_cpu or not tensor.is_contiguous() or tensor.is_neg():
            flat = flat.cpu().contiguous().resolve_neg()
        # numpy has no such type; the bits are what travels.
        if flat.dtype is torch.bfloat16:
            flat = flat.view(torch.int16)
        return TensorValue(name, shape, self.add_bytes(flat.numpy().tobytes()), device, strides)

    def join(self) -> bytes:
        """All parts in a row."""
        return b"".join(self._parts)


def element_count(shape: tuple[int, ...]) -> int:
    """Entries of a tensor of this shape; WireError for a shape no tensor here has."""
    # Sides of 0 are left out: torch computes strides of an empty tensor as well, and they have to fit 64 bits.
    if len(shape) > 16 or min(shape, default=0) < 0 or math.prod(filter(None, shape)) > BODY_LIMIT:
        raise WireError(f"no tensor has the shape {shape}")
    return math.prod(shape)


def read_tensor(value: TensorValue, body: bytearray) -> torch.Tensor:
    """The tensor `value` describes, on the memory of `body`; WireError when it does not lie inside."""
    dtype = DTYPES.get(value.dtype)
    if dtype is None:
        raise WireError(f"no tensor has the dtype {value.dtype!r}")
    count = element_count(value.shape)
    size = count * dtype.itemsize
    if value.offset < 0 or value.offset + size > len(body) or value.offset % _ALIGNMENT:
        raise WireError("a tensor reaches outside its frame")
    if count == 0:
        return torch.empty(value.shape, dtype=dtype)
    # By way of numpy, which takes a third of the time.
    plain = _NUMPY_DTYPES.get("uint8" if dtype is torch.bool else value.dtype)
    if plain is None:
        return torch.frombuffer(body, dtype=dtype, count=count, offset=value.offset).view(value.shape)
    tensor = torch.from_numpy(numpy.ndarray(value.shape, plain, body, value.offset))
    # Any byte but 0 and 1 would be a value that no bool has.
    return tensor != 0 if dtype is torch.bool else tensor


def read_bytes(value: BytesValue, body: bytearray) -> bytes:
    """The bytes `value` describes; WireError when they do not lie inside the body."""
    if value.offset < 0 or value.length < 0 or value.offset + value.length > len(body):
        raise WireError("bytes reach outside their frame")
    return bytes(body[value.offset : value.offset + value.length])
