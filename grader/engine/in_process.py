"""A workplace without a boundary: the learner's code runs in this very process."""

from __future__ import annotations

from typing import Any

from grader.records import Limits
from grader.sandbox.channel import InProcess
from grader.sandbox.proxy import Learner


class SameProcess:
    """A workplace without a sandbox, for breakpoints and for the author's desk: code runs in this very process."""

    level = "in process"

    def __init__(self, limits: Limits | None = None, device: str = "cpu") -> None:
        self.limits, self.device = limits or Limits(), device

    def open(self, source: str) -> Learner:
        """A fresh session in this process."""

        def judge(data: bytes, x: Any) -> dict[str, Any]:
            from grader.sandbox.onnx_evaluation import judge_model

            return judge_model(data, x)

        learner = Learner(InProcess(self.device), self.limits, self.device, judge=judge)
        learner.load(source)
        return learner
