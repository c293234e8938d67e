"""Carry frames to a guest and back: to one behind a boundary, each in time, or to one in this very process."""

from __future__ import annotations

import select
import signal
import socket
import time
from typing import Protocol

from grader.records import Cause
from grader.sandbox import protocol
from grader.sandbox.dispatch import operation_filter
from grader.sandbox.exceptions import LearnerLost
from grader.sandbox.guest import Session
from grader.sandbox.launch import LaunchError, Zygote
from grader.sandbox.process_time import Deadline, ProcessClock, child_of
from grader.sandbox.protocol import WireError

_KILLED = "it was killed by the system, most likely for using too much memory or processor time"
# Signals that a process gets for what it did itself.
_ENDINGS = {
    "SIGXCPU": "it used up its processor time",
    "SIGSEGV": "it crashed (segmentation fault)",
    "SIGABRT": "it crashed (aborted)",
    "SIGBUS": "it crashed (bus error)",
    "SIGFPE": "it crashed (arithmetic error)",
    "SIGILL": "it crashed (illegal instruction)",
    "SIGSYS": "it made a forbidden system call",
}


class Channel(Protocol):
    """Carries one frame there and one back.

    Attributes:
        carries_many: whether a frame of many calls takes less time than as many frames.
    """

    carries_many: bool

    @property
    def spent_s(self) -> float:
        """Seconds that the learner's code has had to itself so far; what limits count."""
        ...

    def request(self, header: bytes, body: bytes, timeout_s: float) -> tuple[bytes, bytearray]:
        """Send a frame and wait for the answer; LearnerLost when none comes in time.

        Args:
            header: a packed message.
            body: the bytes of its tensors.
            timeout_s: seconds for the way there, the work and the way back.
        """
        ...

    def distrust(self, reason: str) -> None:
        """Note that the other side broke the protocol.

        After that no request is answered any more.
        """
        ...


class Around:
    """A channel that adds something to another, which carries the frames.

    Args:
        channel: the other one.
    """

    carries_many = False

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    @property
    def spent_s(self) -> float:
        """As the other has it."""
        return self._channel.spent_s

    def request(self, header: bytes, body: bytes, timeout_s: float) -> tuple[bytes, bytearray]:
        """As the other does."""
        return self._channel.request(header, body, timeout_s)

    def distrust(self, reason: str) -> None:
        """As the other does."""
        self._channel.distrust(reason)


class InProcess:
    """A channel without a boundary, for breakpoints: the session lives in this process.

    Attributes:
        spent_s: seconds of processor time so far; of this thread alone, for the time of a process costs the kernel
            twenty times as much to tell, and more than a call of the learner's.
    """

    carries_many = False  # and a debugger stops where the check asks

    def __init__(self, device: str = "cpu") -> None:
        self._session = Session(device, operations=operation_filter())
        self.spent_s = 0.0

    def request(self, header: bytes, body: bytes, timeout_s: float) -> tuple[bytes, bytearray]:
        """Answer at once; nothing here can end a call that takes too long.

        Args:
            timeout_s: not kept.
        """
        start = time.thread_time()
        reply, reply_body = self._session.handle(header, bytearray(body))
        self.spent_s += time.thread_time() - start
        return reply, bytearray(reply_body)

    def distrust(self, reason: str) -> None:
        """There is no boundary to guard."""


def _signal_name(number: int) -> str:
    """SIGKILL for 9; empty for a number that no signal has."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return ""


class GuestChannel:
    """The way to one learner's process: one question, one answer, each in time.

    Args:
        zygote: makes the process and tells how it ended.
        address_space: bytes of address space it may use, torch's own included; None for no limit.
        core: the core that both sides stay on, so that neither has to be woken on another; None where it matters not.

    Attributes:
        suspect: whether it broke the protocol, which no honest submission does.
        spent_s: seconds of its own time so far.
    """

    carries_many = True

    def __init__(self, zygote: Zygote, address_space: int | None, core: int | None) -> None:
        self._zygote, self._lost, self._cause = zygote, "", Cause.LOST
        self.suspect = False
        self._sock, guest_end = socket.socketpair()
        with guest_end:
            order = {"do": "fork", "address_space": address_space, "core": core}
            answer = zygote.ask(order, guest_end.fileno())
        self._pid = int(answer["pid"])
        self._clock = ProcessClock(child_of(zygote.pid, self._pid))
        self.spent_s = 0.0
        self._ready = select.poll()
        self._ready.register(self._sock, select.POLLIN)

    def request(self, header: bytes, body: bytes, timeout_s: float) -> tuple[bytes, bytearray]:
        """Send a frame and wait for the answer; LearnerLost when none comes.

        Args:
            timeout_s: seconds for both together, of the learner's own time: waiting for a core is not counted.
        """
        if self._lost:
            raise LearnerLost(self._lost, self._cause)
        deadline = Deadline(timeout_s, self._clock)
        try:
            if self._spoke_unasked():
                raise WireError("bytes that nobody asked for")
            protocol.write_frame(self._sock, header, body, deadline)
            answer = protocol.read_frame(self._sock, deadline)
            self.spent_s += deadline.spent()
            return answer
        except TimeoutError:
            spent_s = deadline.spent()
            self.spent_s += min(spent_s, timeout_s)
            self._lose(f"no answer within {timeout_s:.3g} seconds", gently=False)
            self._cause = Cause.OUT_OF_TIME if spent_s >= timeout_s else Cause.STARVED
            raise LearnerLost(self._lost, self._cause) from None
        except WireError as error:
            self.suspect = True
            self._lose(
                f"the submission's process sent something that is not an answer ({error})", gently=False
            )
        except (EOFError, OSError):
            self._lose("", gently=True)
        raise LearnerLost(self._lost, self._cause)

    def _spoke_unasked(self) -> bool:
        """Whether bytes are there that answer no question; they could pass for the answer to the next."""
        return bool(self._ready.poll(0)) and bool(self._sock.recv(1, socket.MSG_PEEK))

    def _lose(self, reason: str, *, gently: bool) -> None:
        """Close, and remember why: every later request gets the same reason."""
        ending = self.close(gently=gently)
        self._lost = reason or f"the submission's process ended early: {ending}"

    def distrust(self, reason: str) -> None:
        """Note that the guest broke the protocol, and end it.

        A guest that is suspect costs its sandbox: see `Sandbox._end_guests`.
        """
        self.suspect = True
        self._lose(reason, gently=False)

    def close(self, *, gently: bool = False) -> str:
        """End the process at once, or after a moment if it is leaving `gently`; how it ended, in words.

        A second call only says again how it ended.
        """
        if self._lost:
            return self._lost
        self._lost = "the submission's process has been stopped"
        self._sock.close()
        self._clock.close()
        try:
            answer = self._zygote.ask({"do": "end", "pid": self._pid, "gently": gently})
            code, killed = int(answer["code"]), bool(answer["killed"])
        except (LaunchError, KeyError, TypeError, ValueError):
            self.suspect, self._cause = True, Cause.KILLED
            return "its sandbox is gone"
        if killed:
            return "it closed its connection" if gently else "it was stopped"
        if code >= 0:
            return f"it left with exit code {code}"
        name = _signal_name(-code)
        if name in _ENDINGS:
            return _ENDINGS[name]
        self._cause = Cause.KILLED
        return _KILLED if name == "SIGKILL" else f"signal {-code} ended it"
