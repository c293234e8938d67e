"""A workplace for the author's own code: this very process with an alarm clock, which counts processor time."""

from __future__ import annotations

import signal
from functools import lru_cache
from typing import Any

from grader.checking.run import SameProcess
from grader.records import Limits
from grader.sandbox.learner import Learner, LearnerLost

CALL_S, CHECK_S = 2.0, 20.0


@lru_cache
def _warm_up() -> None:
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
        _warm_up()
        super().__init__(Limits(call_s=CALL_S, check_s=CHECK_S))

    def open(self, source: str) -> Learner:
        signal.signal(signal.SIGPROF, _ring)
        signal.setitimer(signal.ITIMER_PROF, self.limits.call_s)
        try:
            learner = super().open(source)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        learner.channel = _AlarmClock(learner.channel)
        return learner


class _AlarmClock:
    def __init__(self, channel: Any) -> None:
        self._channel = channel

    def request(self, header: bytes, body: bytes, timeout_s: float) -> tuple[bytes, bytearray]:
        signal.setitimer(signal.ITIMER_PROF, timeout_s)
        try:
            return self._channel.request(header, body, timeout_s)  # type: ignore[no-any-return]
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)

    def distrust(self, reason: str) -> None:
        self._channel.distrust(reason)


def _ring(number: int, frame: Any) -> None:
    raise LearnerLost("no answer in time", timeout=True)
