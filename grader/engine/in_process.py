"""A workplace without a boundary: the learner's code runs in this very process.

A debugger can step from a check into the learner's function, and no process has to be started. Nothing is kept from
this machine, so it is for one's own code alone: an author's, or one's own under `--in-process`.
"""

from __future__ import annotations

from typing import Any

from grader.records import Limits
from grader.sandbox.channel import InProcess
from grader.sandbox.proxy import Learner


class SameProcess:
    """A workplace without a sandbox; limits of time hold only where the caller brings an alarm.

    Args:
        limits: seconds per call and check.
        device: where tensors live.
    """

    level = "in process"

    def __init__(self, limits: Limits | None = None, device: str = "cpu") -> None:
        self.limits, self.device = limits or Limits(), device

    def open(self, source: str) -> Learner:
        """A fresh session in this process; what the one before left in library objects stays, unlike in a sandbox."""

        def judge(data: bytes, x: Any) -> dict[str, Any]:
            # onnx takes half a second to import, and one chapter of twelve needs it.
            from grader.sandbox.onnx_evaluation import judge_model

            return judge_model(data, x)

        learner = Learner(InProcess(self.device), self.limits, self.device, judge=judge)
        learner.load(source)
        return learner
