"""Kill `brick grade` at random instants until it is through. By hand: python tests/killing.py 200 20"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import chdir
from dataclasses import replace
from pathlib import Path
from typing import Any

from sandboxes import alive, descendants
from typer.testing import CliRunner

from grader.cli import app
from grader.course.config import load_course
from grader.errors import UsageError
from grader.grading.gradebook import class_results
from grader.workspace.workspace import lay_out

NEURON = """\
def neuron(x, w, b):
    return ((w * x).sum() + b).clamp(min=0)
"""
COUNT = """\
def count_parameters(sizes):
    return sum((m + 1) * n for m, n in zip(sizes, sizes[1:]))
"""
SOURCES = (
    NEURON,
    COUNT,
    NEURON + COUNT,
)  # right or not there: what fails would be shrunk, and that takes long
GRADE = ("grade", "class", "--isolation", "plain", "--unsandboxed", "--examples", "2")


class Workspace:
    """A course folder with a class of so many learners, each with work of their own."""

    words = GRADE

    def __init__(self, folder: Path, learners: int) -> None:
        lay_out(folder)
        self.folder, self.learners = folder, learners
        for number in range(learners):
            home = folder / "class" / f"learner{number:03}"
            home.mkdir(parents=True)
            source = f"{SOURCES[number % 3]}# {number}\n"
            (home / "ch02_neuron.py").write_text(source, encoding="utf-8")
            os.utime(home / "ch02_neuron.py", (1_700_000_000, 1_700_000_000 + number))

    def start(self, jobs: int, stderr: int | None = None) -> subprocess.Popen[bytes]:
        """`brick grade` as a process of its own."""
        command = [
            sys.executable,
            "-c",
            "from grader.cli import main; main()",
            *self.words,
            "--jobs",
            str(jobs),
        ]
        environment = os.environ | {"BRICKWORK_SECRET": "kill"}
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            # Whoever runs the tests in the background has them ignore Ctrl-C, and a child would inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def grade(self) -> str:
        """`brick grade` in this process, to the end: what it said on stderr."""
        with chdir(self.folder):
            runner = CliRunner(env={"BRICKWORK_SECRET": "kill"})
            done = runner.invoke(app, [*self.words, "--jobs", "1"])
        assert done.exit_code == 1
        return done.stderr

    def grade_until(self, verdicts: int, delay_s: float, jobs: int) -> None:
        """Grade, and kill it a moment after there are so many verdicts; nothing it started is left."""
        process = self.start(jobs)
        while process.poll() is None and self.count("verdicts") < verdicts:
            time.sleep(0.002)
        time.sleep(delay_s)
        started = descendants(process.pid)
        process.send_signal(signal.SIGKILL)
        process.wait()
        while alive(started):
            time.sleep(0.01)

    def count(self, table: str) -> int:
        """Rows in a table of the store; 0 while there is none."""
        path = self.folder / ".brickwork" / "results.db"
        if not path.is_file():
            return 0
        database = sqlite3.connect(path, timeout=30)
        try:
            return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
        except sqlite3.OperationalError:
            return 0
        finally:
            database.close()

    def missing(self) -> list[str]:
        """Who counts as having handed in nothing: nobody, however far grading came."""
        try:
            learners = class_results(load_course(self.folder)).learners
        except UsageError:  # killed before anything was collected
            return []
        return [one.learner for one in learners if one.missing]

    def results(self) -> Any:
        """Everything that counts, but for how long it took."""
        learners = class_results(load_course(self.folder)).learners
        return [replace(one, reports=tuple(_timeless(report) for report in one.reports)) for one in learners]


def _timeless(report: Any) -> Any:
    return replace(report, seconds=0.0, checks=tuple(replace(check, seconds=0.0) for check in report.checks))


def kill_and_rerun(workspace: Workspace, kills: int, seed: int = 0) -> list[int]:
    """Kill it so many times, every other time with two workers, then let it end; the verdicts there at each kill."""
    draw = random.Random(seed)
    reached = []
    for number, verdicts in enumerate(sorted(draw.sample(range(workspace.learners), kills))):
        workspace.grade_until(verdicts, draw.uniform(0, 0.05), jobs=1 + number % 2)
        reached.append(workspace.count("verdicts"))
        assert not workspace.missing()
    workspace.grade()
    return reached


if __name__ == "__main__":
    import tempfile

    learners, kills = int(sys.argv[1]), int(sys.argv[2])
    with tempfile.TemporaryDirectory() as place:
        begun = time.monotonic()
        calm = Workspace(Path(place) / "calm", learners)
        calm.grade()
        print(f"undisturbed: {calm.count('verdicts')} verdicts, {time.monotonic() - begun:.0f} s")
        killed = Workspace(Path(place) / "killed", learners)
        print("verdicts at the kills:", *kill_and_rerun(killed, kills))
        print("verdicts, hand-ins:", killed.count("verdicts"), killed.count("hand_ins"))
        print("same results:", killed.results() == calm.results())
