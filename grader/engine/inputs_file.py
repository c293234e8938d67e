"""Keep drawn inputs in a file, from which the next process takes them: drawing takes longer than running a check.

Beside them lie the calls that a check made of a submission that passed it, to be sent many at a time. Processes that
grade side by side read what the others have put there meanwhile.

A file is for one state of the checks, the kit and its libraries, and for one secret; `InputsFolder` names it by all of
them. It lies among the notes of the course, `.brickwork/inputs`, which are for their owner alone and which a sealed
guest cannot see. Whoever can write there can change the secret and the store as well. All the same a file counts only
with its seal, an HMAC by the secret: without the secret nobody makes one that is read, and a damaged one is none.
Practice has no secret, so there a learner can make one, and deceive nobody else.

What is read is plain data, decoded into the types below and nothing else.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import torch
from filelock import FileLock, Timeout

from grader.course.writing import write_whole
from grader.engine.fingerprint import written_sha256
from grader.sandbox.batches import RecordedExample, Recording
from grader.sandbox.protocol import (
    Body,
    DictValue,
    ListValue,
    TensorValue,
    TupleValue,
    Value,
    WireError,
    read_tensor,
)

Inputs = dict[str, Any]

_PUBLIC_KEY = b"brickwork practice"
_SEAL_BYTES = 32
_MOST_BYTES = 32 << 20  # one that has grown so far, by ever new seeds, begins anew
_LOCK_S = 10  # to write takes milliseconds; whoever cannot wait any longer keeps nothing
_MOST_FILES = 30  # a course has about a dozen; of those for an earlier state of the checks nobody asks again


class _Entry(msgspec.Struct, array_like=True, frozen=True):
    """The inputs of one check; tensors lie in the body."""

    inputs: tuple[dict[str, Value], ...]
    body: bytes


class _NotPlain(Exception):
    """A value that is not kept, because what would be read back might not be the same."""


_entries = msgspec.msgpack.Decoder(dict[str, msgspec.Raw])
_entry = msgspec.msgpack.Decoder(_Entry)
_requests = msgspec.msgpack.Decoder(tuple[RecordedExample, ...])


class InputsFile:
    """The inputs of a chapter's checks, as far as they were drawn before.

    Args:
        path: need not be there; one that cannot be read, or is not ours, counts as empty.
        key: of the seal.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        self.path, self._key = path, key
        self._version: tuple[int, ...] | None = None
        self._kept: dict[str, msgspec.Raw] = {}
        self._refresh()
        self._is_changed = False

    def has(self, check: str, seed: int, examples: int) -> bool:
        """Whether the inputs of a check were kept."""
        return self._find(_name(check, seed, examples)) is not None

    def get(self, check: str, seed: int, examples: int) -> tuple[Inputs, ...] | None:
        """The inputs of a check, None if they were not kept."""
        kept = self._find(_name(check, seed, examples))
        if kept is None:
            return None
        try:
            entry = _entry.decode(kept)
            body = bytearray(entry.body)
            return tuple({name: _read(value, body) for name, value in one.items()} for one in entry.inputs)
        except (msgspec.MsgspecError, WireError, ValueError, RuntimeError):
            return None

    def put(self, check: str, seed: int, examples: int, inputs: Sequence[Inputs]) -> None:
        """Keep what was drawn, if it is of plain values and tensors."""
        body = Body()
        try:
            values = tuple({name: _plain(value, body) for name, value in one.items()} for one in inputs)
            packed = msgspec.msgpack.encode(_Entry(values, body.join()))
        except (_NotPlain, WireError, OverflowError, UnicodeEncodeError):
            return
        self._kept[_name(check, seed, examples)] = msgspec.Raw(packed)
        self._is_changed = True

    def recording(self, check: str, seed: int, examples: int) -> Recording | None:
        """What a check asked on its inputs, None if that was not kept."""
        kept = self._find(f"{_name(check, seed, examples)} requests")
        if kept is None:
            return None
        try:
            return Recording(_requests.decode(kept))
        except msgspec.MsgspecError:
            return None

    def record(self, check: str, seed: int, examples: int, recording: Recording) -> None:
        """Keep what a check asked on its inputs."""
        packed = msgspec.msgpack.encode(recording.examples)
        self._kept[f"{_name(check, seed, examples)} requests"] = msgspec.Raw(packed)
        self._is_changed = True

    def save(self) -> None:
        """Write what was put there, beside what other processes kept meanwhile; a full disk costs the next run time."""
        if not self._is_changed:
            return
        self._is_changed = False
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(self.path.with_name("lock"), _LOCK_S):
                self._refresh()
                content = msgspec.msgpack.encode(self._kept)
                write_whole(self.path, self._seal(content) + content)
                self._version = self._version_there()
                newest_first = sorted(self.path.parent.glob("*.bin"), key=lambda file: -file.stat().st_mtime)
                for outdated in newest_first[_MOST_FILES:]:
                    outdated.unlink()
        except (OSError, Timeout, NotImplementedError):  # the last one where a file system knows no locks
            return

    def _find(self, name: str) -> msgspec.Raw | None:
        """What is kept under a name, by another process too."""
        if name not in self._kept:
            self._refresh()
        return self._kept.get(name)

    def _refresh(self) -> None:
        """Take over what another process wrote."""
        version = self._version_there()
        if version is not None and version != self._version:
            self._version = version
            self._kept = self._read() | self._kept

    def _version_there(self) -> tuple[int, ...] | None:
        """What changes whenever the file is written; None where there is none."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _read(self) -> dict[str, msgspec.Raw]:
        try:
            if self.path.stat().st_size > _MOST_BYTES:
                return {}
            data = self.path.read_bytes()
            seal, content = data[:_SEAL_BYTES], data[_SEAL_BYTES:]
            return _entries.decode(content) if hmac.compare_digest(seal, self._seal(content)) else {}
        except (OSError, msgspec.MsgspecError):
            return {}

    def _seal(self, content: bytes) -> bytes:
        """It covers the name too: what was drawn for one state of the checks is not read for another."""
        return hmac.digest(self._key, f"inputs {self.path.name}\n".encode() + content, "sha256")


@dataclass(frozen=True)
class InputsFolder:
    """Where a course keeps them.

    Args:
        path: made when it is needed.
        secret: the course's; None for practice.
    """

    path: Path
    secret: bytes | None = None

    def file(self, checks_sha256: str) -> InputsFile:
        """The file for a state of a chapter's checks, and for the kit as it is."""
        key = _PUBLIC_KEY if self.secret is None else self.secret
        # Whoever changes a comment in the kit draws anew; all others need not wait until all its files are parsed.
        words = f"inputs of {checks_sha256} {written_sha256()}"
        return InputsFile(self.path / f"{hmac.new(key, words.encode(), 'sha256').hexdigest()[:32]}.bin", key)


def _name(check: str, seed: int, examples: int) -> str:
    """What fixes the inputs, given the state of the checks and the kit."""
    return f"{check} {seed} {examples}"


def _plain(value: Any, body: Body) -> Value:
    """A value as it is kept; only what is surely the same when it is read."""
    if type(value) is torch.Tensor:
        if not value.is_contiguous() or value.requires_grad or value.device.type != "cpu":
            raise _NotPlain
        return body.add_tensor(value)
    if type(value) is list:
        return ListValue(tuple(_plain(item, body) for item in value))
    if type(value) is tuple:
        return TupleValue(tuple(_plain(item, body) for item in value))
    if type(value) is dict:
        keys = tuple(_plain(key, body) for key in value)
        return DictValue(keys, tuple(_plain(item, body) for item in value.values()))
    if value is None or type(value) in (bool, int, float, str):
        return value  # type: ignore[no-any-return]
    raise _NotPlain


def _read(value: Value, body: bytearray) -> Any:
    """The value that was kept.

    Raises:
        WireError: it is none that is kept here.
    """
    match value:
        case TensorValue():
            return read_tensor(value, body)
        case ListValue():
            return [_read(item, body) for item in value.items]
        case TupleValue():
            return tuple(_read(item, body) for item in value.items)
        case DictValue():
            keys = (_read(key, body) for key in value.keys)
            return dict(zip(keys, (_read(item, body) for item in value.values), strict=True))
        case None | bool() | int() | float() | str():
            return value
    raise WireError("no such value is kept")
