"""What the process boundary costs, as ratios from one run. Figures only: nothing here can fail on time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import pytest
import torch
from sandboxes import need

from grader.sandbox.channel import InProcess
from grader.sandbox.host import Sandbox
from grader.sandbox.levels import Level
from grader.sandbox.proxy import Learner

SOFTMAX = (
    "import torch\n\ndef softmax(x, dim=-1):\n    e = torch.exp(x - x.amax(dim, keepdim=True))\n"
    "    return e / e.sum(dim, keepdim=True)\n"
)


def median_us(call: Callable[[], object], times: int) -> float:
    """Microseconds of one call, the median of many."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return statistics.median(found) * 1e6


@pytest.mark.slow
@pytest.mark.parametrize("level", [Level.PLAIN, Level.BWRAP])
def test_cost_of_the_boundary(level: Level, capsys: pytest.CaptureFixture[str]) -> None:
    need(level)
    x = torch.arange(128.0, dtype=torch.float64).reshape(8, 16)
    near = Learner(InProcess())
    near.load(SOFTMAX)
    start = time.perf_counter()

    with Sandbox(level) as sandbox:
        started_s = time.perf_counter() - start
        first_us = median_us(lambda: sandbox.open(SOFTMAX).softmax(x), 20)
        far = sandbox.open(SOFTMAX)
        in_process_us = median_us(lambda: near.softmax(x), 1000)
        round_trip_us = median_us(lambda: far.softmax(x), 1000)

    with capsys.disabled():
        print(
            f"\n{level}: start {started_s:.2f} s; a fresh process to its first answer {first_us / 1000:.1f} ms; "
            f"a call {round_trip_us:.0f} us, in process {in_process_us:.0f} us, "
            f"ratio {round_trip_us / in_process_us:.2f}"
        )
