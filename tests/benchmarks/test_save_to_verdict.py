"""Seconds from a save to the verdict, beside a file watcher that runs pytest cold. Figures only: nothing fails on time.

BRICKWORK_FIGURES=40 takes 40 saves in place of a few. On a busy machine CPU seconds tell more than those of the clock.
"""

from __future__ import annotations

import contextlib
import os
import pty
import queue
import select
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import watchfiles
from typer.testing import CliRunner

from grader.cli import app as brick_app
from grader.course.config import load_course, packaged_course_root
from grader.course.paths import mistakes_file, solution_file
from grader.course.variants import Variant, read_variants
from grader.engine.profile import Profile
from grader.records import Chapter
from grader.watch.file_watcher import watch_exercises
from grader.watch.jobs import Event, EventKind, Job
from grader.watch.state import WatchState
from grader.watch.warm_sandbox import WarmSandbox
from grader.watch.worker import Worker
from grader.workspace.workspace import workspace_of

SAVES = int(os.environ.get("BRICKWORK_FIGURES", "2"))
COLD = max(1, SAVES // 4)
PATIENCE_S = 120.0
STEM, EXERCISE = "ch02_neuron", "linear"  # 8 checks; half of the exercises have more
RIGHT = "return x @ weight.T + bias"
WRONG = "return x @ weight.T + bias.sum()"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A learner's folder with chapter 2 solved."""
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(brick_app, ["init", "mine"]).exit_code == 0
    monkeypatch.chdir(tmp_path / "mine")
    (tmp_path / "mine" / "exercises" / f"{STEM}.py").write_text(solved(RIGHT, 0), encoding="utf-8")
    return tmp_path / "mine"


def solved(body: str, number: int) -> str:
    """The solved chapter with `body` in the exercise, a little different each time."""
    solution = (packaged_course_root() / "solutions" / f"{STEM}.py").read_text(encoding="utf-8")
    assert RIGHT in solution
    return solution.replace(RIGHT, f"attempt = {number}\n    {body}")


class Watched:
    """`brick watch` without its screen: file events, session and judge as they stand there."""

    def __init__(self, workspace: Path) -> None:
        course = load_course(workspace)
        self.session = WatchState(course, workspace_of(course), lambda *about: ((), 0))
        found = self.session.find(EXERCISE)
        assert found is not None
        self.session.go_to(found)
        self.file = self.session.path
        self.cpu_at_card = 0.0
        self._inbox: queue.Queue[Event | list[Path]] = queue.Queue()
        profile = Profile(examples=course.practice_examples, memory=self.session.workspace.state / "failing")
        self._judging = Worker(lambda: WarmSandbox(course.limits, (), profile), self._inbox.put)
        self._saves = watch_exercises(self.session, self._inbox.put, events=True)
        self._judging.start()
        self._saves.start()
        self._next(EventKind.READY)

    def turn_to(self, chapter: Chapter, exercise: str) -> None:
        """Go on with another exercise."""
        found = self.session.find(f"{chapter.stem}/{exercise}")
        assert found is not None
        self.session.go_to(found)
        self.file = self.session.path

    def close(self) -> None:
        """End the threads and the sandbox."""
        self._saves.close()
        self._judging.close()

    def _next(self, *kinds: EventKind) -> Event:
        while True:
            found = self._inbox.get(timeout=PATIENCE_S)
            if isinstance(found, Event) and found.kind in kinds:
                return found

    def save(self, text: str, whole: bool = False, first_failure: bool = False) -> float:
        """Seconds from a save to its verdict, on the exercise or on the whole chapter."""
        start = time.perf_counter()
        self.file.write_text(text, encoding="utf-8")
        while isinstance(saved := self._inbox.get(timeout=PATIENCE_S), Event):
            pass
        jobs = [Job(self.session.current.chapter, self.file)] if whole else self.session.saved(saved)[:1]
        self._judging.ask(jobs)
        early = self._next(EventKind.PARTIAL, EventKind.JUDGED) if first_failure else None
        taken = time.perf_counter() - start
        self.cpu_at_card = cpu_seconds() if first_failure else 0.0
        news = early if early is not None and early.kind is EventKind.JUDGED else self._next(EventKind.JUDGED)
        assert news.job is not None
        assert news.report is not None
        self.session.take(news.job, news.report)
        if not first_failure:
            taken = time.perf_counter() - start
        assert news.report.passed is not first_failure
        self._next(EventKind.DONE)
        return taken


def cpu_seconds() -> float:
    """CPU seconds that this process and its sandboxes have taken so far, with those of processes that ended."""
    parents, ticks = {}, {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended since
            fields = file.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            pid = int(file.parent.name)
            parents[pid], ticks[pid] = int(fields[1]), sum(map(int, fields[11:15]))
    family = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return sum(ticks[pid] for pid in family) / os.sysconf("SC_CLK_TCK")


class ColdPytest:
    """A file watcher that runs the same checks with pytest after each save, in one process."""

    def __init__(self, file: Path, *only: str) -> None:
        checks = packaged_course_root() / "grader" / "checks" / f"{STEM}.py"
        self._command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(checks)]
        self._command += ["--submission", str(file), "--in-process", *only]
        self._file, self._end = file, threading.Event()
        self._ran: queue.Queue[int] = queue.Queue()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        time.sleep(0.5)  # the watcher does not say when it begins to look

    def _run(self) -> None:
        for _ in watchfiles.watch(self._file.parent, stop_event=self._end, rust_timeout=200):
            root, environment = packaged_course_root(), os.environ | {"PYTHONDONTWRITEBYTECODE": ""}
            done = subprocess.run(self._command, cwd=root, env=environment, capture_output=True, check=False)
            self._ran.put(done.returncode)

    def save(self, text: str) -> float:
        """Seconds from a save to the end of pytest."""
        start = time.perf_counter()
        self._file.write_text(text, encoding="utf-8")
        assert self._ran.get(timeout=PATIENCE_S) in (0, 1)
        return time.perf_counter() - start

    def close(self) -> None:
        """End the watcher."""
        self._end.set()
        self._thread.join(10)


def figures(seconds: list[float]) -> tuple[float, float]:
    """The median and the 95th percentile."""
    if len(seconds) == 1:
        return seconds[0], seconds[0]
    return statistics.median(seconds), statistics.quantiles(seconds, n=20, method="inclusive")[-1]


def row(name: str, brick: list[float], cold: list[float]) -> str:
    """Both loops and how they compare, as one line."""
    (median, high), (cold_median, cold_high) = figures(brick), figures(cold)
    return (
        f"{name:<42} {median:6.2f} {high:6.2f}   {cold_median:6.2f} {cold_high:6.2f}   "
        f"{cold_median / median:5.1f} {cold_high / high:5.1f}"
    )


@pytest.mark.slow
def test_save_to_verdict(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    watched = Watched(workspace)
    watched.save(solved(RIGHT, -1), whole=True)  # the first time everything is drawn
    right, wrong, whole = [], [], []
    for number in range(SAVES):
        whole.append(watched.save(solved(RIGHT, SAVES + number), whole=True))
        right.append(watched.save(solved(RIGHT, number)))
        wrong.append(watched.save(solved(WRONG, number), first_failure=True))
    watched.close()

    cold = {}
    for name, body, only in (
        ("one", RIGHT, ("-k", f"check_{EXERCISE}")),
        ("wrong", WRONG, ("-k", f"check_{EXERCISE}")),
        ("all", RIGHT, ()),
    ):
        loop = ColdPytest(watched.file, *only)
        cold[name] = [loop.save(solved(body, 1000 + number)) for number in range(COLD)]
        loop.close()

    with capsys.disabled():
        print(f"\n{'seconds from a save (median, 95th)':<42}  brick watch    pytest, cold    ratios")
        print(row("one exercise, all its checks pass", right, cold["one"]))
        print(row("one exercise, to its first failing card", wrong, cold["wrong"]))
        print(row("a whole chapter, all checks pass", whole, cold["all"]))


def mistakes_of_all_chapters(number: int) -> list[tuple[Chapter, Variant, str]]:
    """So many known mistakes, spread over the course, each with the solution that it spoils."""
    found = []
    for chapter in load_course().chapters:
        solution = solution_file(packaged_course_root(), chapter.stem).read_text(encoding="utf-8")
        mistakes = read_variants(mistakes_file(packaged_course_root(), chapter.stem), solution)
        found += [(chapter, mistake, solution) for mistake in mistakes]
    return found[:: len(found) // number][:number]


@pytest.mark.slow
def test_save_to_first_card(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    watched = Watched(workspace)
    rows = []
    for chapter, mistake, solution in mistakes_of_all_chapters(SAVES):
        watched.turn_to(chapter, mistake.exercise)
        watched.save(solution)  # whoever works on an exercise has saved it before
        before = cpu_seconds()
        taken = watched.save(mistake.source, first_failure=True)
        rows.append((taken, cpu_seconds() - before, watched.cpu_at_card - before, mistake.name))
    watched.close()

    with capsys.disabled():
        print(f"\nfrom a save to the first card, over {len(rows)} mistakes of all chapters (median, 95th)")
        for name, column in (("by the clock", 0), ("CPU seconds", 2), ("CPU seconds to the name", 1)):
            print("{:<42} {:6.2f} {:6.2f}".format(name, *figures([float(row[column]) for row in rows])))
        for taken, cpu, at_card, name in sorted(rows, reverse=True)[:5]:
            print(f"  {taken:6.2f} s, {at_card:5.2f} s CPU of {cpu:5.2f}: {name}")


# --- cold start -------------------------------------------------------------------------------------------


def seconds_until(wanted: tuple[str, ...], command: list[str], folder: Path) -> Iterator[float]:
    """Start a program in a terminal of 80 by 24; seconds until each of `wanted` stands on it."""
    start = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ |= {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
        os.execv(command[0], command)
    said = ""
    try:
        for word in wanted:
            while word not in said and time.perf_counter() - start < PATIENCE_S:
                if select.select([terminal], [], [], 0.05)[0]:
                    said += os.read(terminal, 65_536).decode(errors="replace")
            yield time.perf_counter() - start
        os.write(terminal, b"q")
    finally:
        os.close(terminal)
        os.waitpid(pid, 0)


def timed(act: Callable[[], object]) -> float:
    """Seconds that something takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


@pytest.mark.slow
def test_cold_start(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    watch = [sys.executable, "-c", "from grader.cli import main; main()", "watch"]
    torch = [sys.executable, "-c", "import torch"]
    runs = [list(seconds_until(("ch01_dataloader", " s)"), watch, workspace)) for _ in range(COLD)]
    imports = [timed(lambda: subprocess.run(torch, check=True)) for _ in range(COLD)]

    painted, judged = (statistics.median(run[number] for run in runs) for number in (0, 1))
    with capsys.disabled():
        print(
            f"\ncold start of brick: the screen after {painted:.2f} s, the first verdict after {judged:.2f} s; "
            f"python -c 'import torch' takes {statistics.median(imports):.2f} s"
        )
