"""Grade a long class in which some are hostile and some broken. By hand: python tests/soaking.py 1000"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from killing import SOURCES, Workspace
from sandboxes import alive, descendants

GRADE = ("grade", "class", "--examples", "2")
# One in fifty each. None is the same file as another, or the store would answer for it.
HOSTILE = (
    "def neuron(x, w, b):\n    while True:\n        pass\n",
    "def neuron(x, w, b):\n    kept = []\n    while True:\n        kept.append([0] * 1_000_000)\n",
    "def neuron(x, w, b):\n    raise SystemExit(0)\n",
    "def neuron(x, w, b):\n    print('x' * 10_000_000)\n    return b\n",
    "def neuron(x, w, b):\n    return x.new_zeros(20_000_000)\n",
    "def neuron(x, w, b):\n    return neuron(x, w, b)\n",
    "import os\ndef neuron(x, w, b):\n    os._exit(0)\n",
    "class Yes:\n    def __eq__(self, other): return True\ndef neuron(x, w, b):\n    return Yes()\n",
)
BROKEN = (b"def neuron(x, w, b:\n", b"\xff\xfe\x00d\x00", b"\x00\x01\x02", b"# caf\xe9\n", b"")


def source(number: int) -> bytes:
    """What learner `number` hands in."""
    of_fifty, in_turn = number % 50, number // 50
    if of_fifty == 17:
        return f"import torch\n{HOSTILE[in_turn % len(HOSTILE)]}# {number}\n".encode()
    if of_fifty == 38:
        return BROKEN[in_turn % len(BROKEN)] + f"# {number}\n".encode()
    return f"{SOURCES[number % len(SOURCES)]}# {number}\n".encode()


@dataclass
class Run:
    """What one run cost.

    Attributes:
        memory: MiB of the coordinator and of its largest lane, by how many verdicts there were.
        left: processes that it started and that outlived it.
    """

    wall_s: float = 0.0
    memory: dict[int, tuple[int, int]] = field(default_factory=dict)
    left: set[int] = field(default_factory=set)


class LongClass(Workspace):
    """A class of so many, each with work of their own; graded in the strongest sandbox there is."""

    words = GRADE

    def __init__(self, folder: Path, learners: int) -> None:
        super().__init__(folder, learners)
        for number in range(learners):
            file = folder / "class" / f"learner{number:03}" / "ch02_neuron.py"
            file.write_bytes(source(number))
            os.utime(file, (1_700_000_000, 1_700_000_000 + number))

    def run(self, jobs: int, marks: tuple[int, ...]) -> Run:
        """Grade it as a process, and look at its memory whenever so many verdicts are there."""
        run, begun, waiting = Run(), time.monotonic(), list(marks)
        process = self.start(jobs, stderr=subprocess.DEVNULL)
        started: set[int] = set()
        while process.poll() is None:
            time.sleep(0.2)
            family = descendants(process.pid)
            started |= family
            if waiting and (done := self.count("verdicts")) >= waiting[0]:
                waiting.pop(0)
                run.memory[done] = resident(process.pid), max(map(resident, lanes(process.pid)), default=0)
        run.wall_s = time.monotonic() - begun
        until = time.monotonic() + 20  # what is told to leave may do so after the command has ended
        while alive(started) and time.monotonic() < until:
            time.sleep(0.1)
        run.left = alive(started)
        return run


def lanes(pid: int) -> list[int]:
    """The processes that the coordinator grades by, and the one they are forked from; not the guests."""
    own = _children(pid)
    return [*own, *(lane for child in own for lane in _children(child))]


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:  # it has ended
        return []


def resident(pid: int) -> int:
    """MiB of memory that a process has; 0 if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="latin-1").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) >> 10 for line in lines if line.startswith("VmRSS")), 0)


if __name__ == "__main__":
    import tempfile

    learners = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as place:
        last = int(learners * 0.95)
        marks = (*(mark for mark in (100, 300, 1_000, 3_000, 10_000) if mark < last), last)
        classes = {jobs: LongClass(Path(place) / f"{jobs}", learners) for jobs in (2, 1)}
        for jobs, one in classes.items():
            run = one.run(jobs, marks)
            print(
                f"{jobs} lanes: {run.wall_s:.0f} s, {1000 * run.wall_s / learners:.0f} ms each, left: {run.left}"
            )
            for verdicts, (coordinator, lane) in run.memory.items():
                print(f"  at {verdicts} verdicts: coordinator {coordinator} MiB, largest lane {lane} MiB")
            again = one.run(jobs, ())
            print(f"  graded again, unchanged: {again.wall_s:.1f} s", flush=True)
        print("same results:", classes[1].results() == classes[2].results())
