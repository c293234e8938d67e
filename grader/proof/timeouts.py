"""Run the author's own code in this very process, with limits in seconds of processor time."""

from __future__ import annotations

import signal
import time
from functools import lru_cache

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from grader.engine.in_process import SameProcess
from grader.language import kept
from grader.records import Cause, Limits
from grader.sandbox.channel import Around
from grader.sandbox.exceptions import LearnerLost
from grader.sandbox.proxy import Learner

CALL_S, CHECK_S = 2.0, 20.0
_MOST_SIGNALS = 10


@lru_cache
def warm_up() -> None:
    """Let torch import what it imports late: a signal in the middle of an import leaves it broken for good."""
    with FakeTensorMode():
        table = torch.empty((2, 3), device="meta")
        (table.exp() / table.sum(dim=-1, keepdim=True)).amax(dim=0)
    torch.optim.SGD([torch.zeros(1)], lr=0.1).step()


class TimedProcess(SameProcess):
    """This process as a place where candidates run. They are the author's own, so a timer is boundary enough.

    A mutant may well loop for ever; without a boundary only a signal can end it. A sandbox would do as well, but a
    proof makes millions of calls, and each would cost several times as much.
    """

    def __init__(self) -> None:
        warm_up()
        super().__init__(Limits(call_s=CALL_S, check_s=CHECK_S))

    def open(self, source: str) -> Learner:
        """A fresh learner with `source` loaded; LearnerLost if loading takes too long.

        Raises:
            LearnerRaised: the source raises when it is loaded.
        """
        _timer.install()
        with _timer(self.limits.call_s):
            learner = super().open(source)
        learner.connection.channel = _TimedChannel(learner.connection.channel)
        return learner


class _TimedChannel(Around):
    """A channel whose requests raise LearnerLost when they take too long."""

    def request(self, header: bytes, body: bytes, timeout_s: float) -> tuple[bytes, bytearray]:
        """One request, with a timer around it.

        Raises:
            LearnerLost: it took too long. What the timer raised was caught: the guest takes whatever comes out of a
                learner's code for an error of that code, and would say that it raised LearnerLost.
        """
        with _timer(timeout_s):
            answer = self._channel.request(header, body, timeout_s)
        if _timer.rang:
            raise LearnerLost(kept("no answer in time"), Cause.OUT_OF_TIME)
        return answer


class _Timer:
    """LearnerLost when what runs meanwhile has taken so many seconds of the processor.

    The kernel's timers of processor time cost more than a call; so the wall's clock sends the signal, and whoever has
    had less than that of the processor, on a busy machine, is given the rest. The time of the thread is counted, which
    the kernel tells at a twentieth of the price of the process's.

    One for the whole process, since there is one signal, and only in its main thread, for signals come to no other.
    """

    _timeout_s = _end = 0.0
    _signals = 0
    rang = False  # whether the last one came to its end

    def install(self) -> None:
        """Answer the signal from now on; to say so for every call would cost a tenth of it."""
        signal.signal(signal.SIGALRM, self._interrupt)

    def __call__(self, timeout_s: float) -> _Timer:
        """For a `with` statement that may take so many seconds."""
        self._timeout_s = timeout_s
        return self

    def __enter__(self) -> None:
        self._end, self._signals, self.rang = time.thread_time() + self._timeout_s, 0, False
        signal.setitimer(signal.ITIMER_REAL, self._timeout_s)

    def __exit__(self, *exception: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _interrupt(self, number: int, frame: object) -> None:
        """Raise in the middle of whatever runs, or set the timer once more."""
        left_s = self._end - time.thread_time()
        self._signals += 1
        if left_s < 0.01 or self._signals > _MOST_SIGNALS:  # one that only sleeps never ends either
            self.rang = True
            raise LearnerLost(kept("no answer in time"), Cause.OUT_OF_TIME)
        signal.setitimer(signal.ITIMER_REAL, left_s)


_timer = _Timer()
