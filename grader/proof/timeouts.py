"""A workplace for the author's own code: this very process with an alarm clock, which counts processor time."""

from __future__ import annotations

import signal
import time
from functools import lru_cache
from typing import Any

from grader.engine.in_process import SameProcess
from grader.records import Limits
from grader.sandbox.exceptions import LearnerLost
from grader.sandbox.proxy import Learner

CALL_S, CHECK_S = 2.0, 20.0
_RINGS = 10


@lru_cache
def warm_up() -> None:
    """Let torch import what it imports late: an alarm in the middle of an import leaves it broken for good."""
    import torch
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode():
        table = torch.empty((2, 3), device="meta")
        (table.exp() / table.sum(dim=-1, keepdim=True)).amax(dim=0)
    torch.optim.SGD([torch.zeros(1)], lr=0.1).step()


class Alarmed(SameProcess):
    """The code judged here is the author's own: an alarm clock is boundary enough."""

    def __init__(self) -> None:
        warm_up()
        super().__init__(Limits(call_s=CALL_S, check_s=CHECK_S))

    def open(self, source: str) -> Learner:
        with _Alarm(self.limits.call_s):
            learner = super().open(source)
        connection = learner.connection
        connection.channel = _AlarmClock(connection.channel)
        return learner


class _AlarmClock:
    def __init__(self, channel: Any) -> None:
        self._channel = channel

    def request(self, header: bytes, body: bytes, timeout_s: float) -> tuple[bytes, bytearray]:
        with _Alarm(timeout_s):
            return self._channel.request(header, body, timeout_s)  # type: ignore[no-any-return]

    def distrust(self, reason: str) -> None:
        self._channel.distrust(reason)


class _Alarm:
    """LearnerLost when what runs meanwhile has taken so many seconds of the processor.

    The kernel's timers of processor time cost more than a call; so the wall's clock rings, and whoever has had less
    than that of the processor, on a busy machine, is given the rest.
    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s

    def __enter__(self) -> None:
        self._end, self._rings = time.process_time() + self._timeout_s, 0
        signal.signal(signal.SIGALRM, self._ring)
        signal.setitimer(signal.ITIMER_REAL, self._timeout_s)

    def __exit__(self, *exception: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _ring(self, number: int, frame: object) -> None:
        left_s = self._end - time.process_time()
        self._rings += 1
        if left_s < 0.01 or self._rings > _RINGS:  # one that only waits never ends either
            raise LearnerLost("no answer in time", timeout=True)
        signal.setitimer(signal.ITIMER_REAL, left_s)
