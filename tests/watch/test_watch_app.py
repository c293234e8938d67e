"""Watching the workspace: a save is judged at once, a newer one wins, and nobody is dragged back."""

from __future__ import annotations

import asyncio
import fcntl
import io
import os
import pty
import queue
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.color import ColorType
from textual.pilot import Pilot
from textual.widgets import Input, Static
from typer.testing import CliRunner

from grader.cli import app as brick_app
from grader.cli.watch import _reset_current as reset_current
from grader.course.config import find_chapter, load_course
from grader.engine.profile import Profile
from grader.engine.suites import load_suite
from grader.errors import KitError
from grader.records import Chapter, Outcome, Problem, Report, ReportState
from grader.report.reasons import trouble
from grader.report.terminal import Style
from grader.text import width_of
from grader.watch.app import WatchApp
from grader.watch.file_watcher import FileWatcher
from grader.watch.jobs import Event, EventKind, Job
from grader.watch.plain import PlainWatch
from grader.watch.programs import editor_words, without_interrupts
from grader.watch.state import WatchState
from grader.watch.status_line import StatusLine
from grader.watch.view import next_step, work_lines
from grader.watch.warm_sandbox import WarmSandbox
from grader.watch.worker import Cancelled, Worker
from grader.workspace.progress import PROGRESS_FILE, keep_report, kept_report
from grader.workspace.reset import reset as put_back
from grader.workspace.workspace import workspace_of

pytestmark = pytest.mark.xdist_group("watch_app")  # they share a sandbox

PATIENCE_S = 120.0
RIGHT = {
    "linear": "return x @ weight.T + bias",
    "neuron": "return ((w * x).sum() + b).clamp(min=0)",
    "count_parameters": "return sum((m + 1) * n for m, n in zip(sizes, sizes[1:]))",
}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course folder of a learner, who stands in it."""
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(brick_app, ["init", "mine"]).exit_code == 0
    monkeypatch.chdir(tmp_path / "mine")
    return tmp_path / "mine"


def sit_down(workspace: Path) -> WatchState:
    """A sitting in the workspace, with one hint that tells its exercise."""

    def hints(chapter: Chapter, exercise: str, report: Report, source: str) -> tuple[tuple[str, ...], int]:
        return (f"look at {exercise}",), 2

    course = load_course(workspace)
    return WatchState(course, workspace_of(course), hints)


def write(workspace: Path, exercise: str, body: str, stem: str = "ch02_neuron") -> Path:
    """Put `body` where the stub of `exercise` raises."""
    path = workspace / "exercises" / f"{stem}.py"
    text = path.read_text(encoding="utf-8")
    line = f'raise NotImplementedError("{exercise}: write this part, then run: brick check {stem[:4]}")'
    assert line in text
    path.write_text(text.replace(line, body), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def sandbox() -> Iterator[WarmSandbox]:
    """A warm sandbox that all tests of this file share."""
    sandbox = WarmSandbox(load_course().limits, (), Profile(examples=5))
    sandbox.start()
    yield sandbox
    sandbox.close()


@pytest.fixture
def lent(sandbox: WarmSandbox, monkeypatch: pytest.MonkeyPatch) -> WarmSandbox:
    """The same, for one who would close it in the end."""
    monkeypatch.setattr(sandbox, "close", lambda: None)
    sandbox.allow_run()
    return sandbox


@pytest.fixture
def judged(lent: WarmSandbox) -> Iterator[tuple[Worker, queue.Queue[Event]]]:
    """A judge and what it says."""
    news: queue.Queue[Event] = queue.Queue()
    judging = Worker(lambda: lent, news.put)
    judging.start()
    yield judging, news
    judging.close()


def next_event(news: queue.Queue[Event], kind: EventKind) -> Event:
    """The next piece of that kind."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        found = news.get(timeout=PATIENCE_S)
        if found.kind is kind:
            return found
    raise AssertionError(f"no event {kind}")


def judge_now(session: WatchState, judged: tuple[Worker, queue.Queue[Event]], jobs: list[Job]) -> None:
    """Judge `jobs` and let the session take the reports."""
    judging, news = judged
    judging.ask(jobs)
    for job in jobs:
        found = next_event(news, EventKind.JUDGED)
        assert found.job == job
        assert found.report is not None
        session.take(job, found.report)


# --- the place --------------------------------------------------------------------------------------------


def test_the_first_open_exercise_is_current_and_kept_in_a_text_file(workspace: Path) -> None:
    session = sit_down(workspace)

    assert str(session.current) == "ch01_dataloader/DataLoader"
    assert "current ch01_dataloader/DataLoader" in (workspace / "brickwork-progress.txt").read_text(
        encoding="utf-8"
    )


def test_the_place_is_found_again_and_a_damaged_file_means_the_beginning(workspace: Path) -> None:
    session = sit_down(workspace)
    found = session.find("softmax")
    assert found is not None
    session.go_to(found)

    again = sit_down(workspace)
    (workspace / "brickwork-progress.txt").write_bytes(b"\xff\xfe current nonsense")
    damaged = sit_down(workspace)

    assert str(again.current) == "ch03_activations/softmax"
    assert str(damaged.current) == "ch01_dataloader/DataLoader"


def test_a_save_elsewhere_is_judged_but_does_not_move_the_place(
    workspace: Path, judged: tuple[Worker, queue.Queue[Event]]
) -> None:
    session = sit_down(workspace)
    found = session.find("relu")
    assert found is not None
    session.go_to(found)

    jobs = session.saved([write(workspace, "linear", RIGHT["linear"])])
    judge_now(session, judged, jobs)

    # mlp_forward may call linear, but as a stub it does not
    assert [job.exercise for job in jobs] == ["linear"]
    assert str(session.current) == "ch03_activations/relu"
    assert "done ch02_neuron/linear" in (workspace / "brickwork-progress.txt").read_text(encoding="utf-8")
    assert session.standing.points_of(jobs[0].chapter) == pytest.approx(2.0)


def test_only_n_advances_and_only_from_a_solved_exercise(
    workspace: Path, judged: tuple[Worker, queue.Queue[Event]]
) -> None:
    session = sit_down(workspace)
    found = session.find("neuron")
    assert found is not None
    session.go_to(found)

    before = session.advance()
    judge_now(session, judged, session.saved([write(workspace, "neuron", RIGHT["neuron"])]))
    still = session.current
    after = session.advance()

    assert not before
    assert still == found
    assert after
    assert session.current.exercise.name == "linear"


def test_an_extra_comes_last_and_holds_up_nobody(workspace: Path) -> None:
    session = sit_down(workspace)
    counted = {spot for spot in session.exercises if not spot.exercise.extra}
    extra = next(spot for spot in session.exercises if spot not in counted)

    session.go_to(extra)
    went_on = session.advance()
    after_an_extra = session.current
    session.standing.progress.done |= {str(spot) for spot in counted}
    session.advance()

    assert went_on
    assert after_an_extra in counted
    assert session.current.exercise.extra


def test_a_file_python_cannot_read_takes_no_mark_away(
    workspace: Path, judged: tuple[Worker, queue.Queue[Event]]
) -> None:
    path = write(workspace, "linear", RIGHT["linear"])
    session = sit_down(workspace)
    found = session.find("linear")
    assert found is not None
    session.go_to(found)
    judge_now(session, judged, session.want_current())

    path.write_text(path.read_text(encoding="utf-8") + "\nx = (\n", encoding="utf-8")
    jobs = session.saved([path])
    judge_now(session, judged, jobs)

    assert [job.exercise for job in jobs] == ["linear"]
    assert session.standing.is_done(found)
    assert session.shown is not None
    assert "never closed" in trouble(session.shown)
    assert next_step(session).startswith("mend ")


def test_an_exercise_is_judged_again_when_one_that_it_calls_was_rewritten(workspace: Path) -> None:
    write(workspace, "linear", "return x @ weight")
    write(workspace, "mlp_forward", "return linear(x, *layers[0])")
    session = sit_down(workspace)

    path = workspace / "exercises" / "ch02_neuron.py"
    text = path.read_text(encoding="utf-8").replace("return x @ weight", RIGHT["linear"])
    path.write_text(text, encoding="utf-8")

    assert {job.exercise for job in session.saved([path])} == {"linear", "mlp_forward"}


# --- judging ----------------------------------------------------------------------------------------------


def test_a_newer_save_stops_an_endless_run(
    workspace: Path, judged: tuple[Worker, queue.Queue[Event]]
) -> None:
    judging, news = judged
    path = write(workspace, "linear", "while True: pass")
    session = sit_down(workspace)
    found = session.find("linear")
    assert found is not None
    session.go_to(found)
    judging.ask(session.want_current())
    next_event(news, EventKind.BEGUN)
    time.sleep(0.3)

    path.write_text(path.read_text(encoding="utf-8").replace("while True: pass", RIGHT["linear"]), "utf-8")
    judging.ask(session.saved([path]))

    verdict = next_event(news, EventKind.JUDGED)
    assert verdict.report is not None
    assert verdict.report.passed, verdict.report.checks
    assert not any(found.kind is EventKind.JUDGED for found in list(news.queue))


def test_a_process_that_is_ended_while_it_loads_is_a_stopped_run(sandbox: WarmSandbox) -> None:
    sandbox.allow_run()
    before = sandbox._channel

    def stop() -> None:
        while sandbox._channel in (before, None):
            pass
        sandbox.stop_run()

    stopping = threading.Thread(target=stop)
    stopping.start()
    with pytest.raises(Cancelled):
        sandbox.open("while True: pass")
    stopping.join()


def test_a_fault_while_it_gets_ready_is_told_and_what_is_asked_is_judged(
    workspace: Path, lent: WarmSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise RuntimeError("the rehearsal")

    monkeypatch.setattr(lent, "warm_up", fail)
    write(workspace, "linear", RIGHT["linear"])
    session = sit_down(workspace)
    found = session.find("linear")
    assert found is not None
    session.go_to(found)
    news: queue.Queue[Event] = queue.Queue()
    judging = Worker(lambda: lent, news.put)
    judging.ask(session.want_current())
    judging.start()
    try:
        fault, verdict = next_event(news, EventKind.FAULT), next_event(news, EventKind.JUDGED)
    finally:
        judging.close()

    assert "the rehearsal" in fault.error
    assert verdict.report is not None
    assert verdict.report.passed


def test_the_first_failure_is_told_before_the_rest_is_judged(
    workspace: Path, judged: tuple[Worker, queue.Queue[Event]]
) -> None:
    judging, news = judged
    session = sit_down(workspace)

    judging.ask(session.saved([write(workspace, "linear", "return (x @ weight.T + bias).clamp(min=0)")])[:1])
    early, whole = next_event(news, EventKind.PARTIAL), next_event(news, EventKind.JUDGED)

    assert early.report is not None
    assert whole.report is not None
    assert len(early.report.checks) < len(whole.report.checks)
    assert early.report.checks[-1].outcome is Outcome.FAILED
    assert early.report.checks[-1].counterexample is not None
    told = [(check.name, check.outcome) for check in early.report.checks]
    assert told == [(check.name, check.outcome) for check in whole.report.checks[: len(told)]]


def test_the_name_of_a_mistake_follows_the_verdict(
    workspace: Path,
    judged: tuple[Worker, queue.Queue[Event]],
    lent: WarmSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judging, news = judged
    monkeypatch.setattr(lent, "_profile", replace(lent._profile, names_mistakes=True))
    session = sit_down(workspace)

    judging.ask(
        session.saved(
            [write(workspace, "count_parameters", "return sum(m * n for m, n in zip(sizes, sizes[1:]))")]
        )
    )
    verdict, named = next_event(news, EventKind.JUDGED), next_event(news, EventKind.JUDGED)

    assert verdict.report is not None
    assert named.report is not None
    assert {result.diagnosis for result in verdict.report.checks} == {""}
    assert any("bias" in result.diagnosis for result in named.report.checks)


def test_inputs_are_drawn_ahead_for_the_current_exercise_first(workspace: Path, sandbox: WarmSandbox) -> None:
    session = sit_down(workspace)
    found = session.find("neuron")
    assert found is not None
    kept, profile = sandbox._profile.kept, sandbox._profile
    assert kept is not None
    neuron = [
        c
        for c in load_suite(find_chapter(load_course(), "ch02")).checks
        if c.exercise == "neuron" and c.inputs
    ]

    for _ in neuron:
        sandbox.generate_ahead(found.chapter, "neuron")

    assert all(kept.has(c, profile.seed_of("ch02_neuron", c.name), profile.examples_of(c)) for c in neuron)


def test_the_screen_needs_neither_torch_nor_hypothesis() -> None:
    code = "import sys, grader.watch.app; print({'torch', 'hypothesis', 'numpy'} & set(sys.modules))"

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert said.strip() == "set()"


# --- saves ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("events", [True, False])
def test_a_save_is_seen_with_file_events_and_without(tmp_path: Path, events: bool) -> None:
    file = tmp_path / "ch01.py"
    file.write_text("one", encoding="utf-8")
    seen: queue.Queue[list[Path]] = queue.Queue()
    saves = FileWatcher([file], [tmp_path], seen.put, events=events)
    saves.start()
    time.sleep(0.2)

    beside = tmp_path / "ch01.py.new"  # as many editors save: a new file takes the name of the old
    beside.write_text("two and more", encoding="utf-8")
    beside.replace(file)

    try:
        assert seen.get(timeout=20) == [file]
    finally:
        saves.close()


# --- line by line -----------------------------------------------------------------------------------------


class Typist(io.StringIO):
    """Types a word each time something it waits for was said."""

    def __init__(self, plan: list[tuple[str, Callable[[], str]]], said: list[str]) -> None:
        super().__init__()
        self.plan, self.said, self.missed = plan, said, ""

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]
        start = 0
        for wanted, act in self.plan:
            end = time.monotonic() + PATIENCE_S
            while not any(wanted in line for line in self.said[start:]) and time.monotonic() < end:
                time.sleep(0.02)
            if not any(wanted in line for line in self.said[start:]):
                self.missed = wanted
                yield "q\n"
            start = len(self.said)
            word = act()
            if word:
                yield word + "\n"


def test_the_plain_loop_from_a_mistake_to_the_next_exercise(workspace: Path, lent: WarmSandbox) -> None:
    said: list[str] = []
    path = write(workspace, "neuron", "return (w * x).sum() + b")
    session = sit_down(workspace)

    def mend() -> str:
        text = path.read_text(encoding="utf-8").replace("return (w * x).sum() + b", RIGHT["neuron"])
        path.write_text(text, encoding="utf-8")
        return ""

    plan: list[tuple[str, Callable[[], str]]] = [
        ("judged in", lambda: "neuron"),
        ("next: fix neuron", lambda: "h"),
        ("where to look: look at neuron", lambda: "p"),
        ("your guess: 2 numbers", lambda: "often"),
        ("2 numbers, please", lambda: "2 and 0"),
        ("predictions came true", lambda: "n"),
        ("next: fix neuron", mend),
        ("next: n goes on", lambda: "n"),
        ("ch02_neuron.py: linear", lambda: "l"),
        ("you are here", lambda: "q"),
    ]
    typist = Typist(plan, said)
    PlainWatch(session, lent, typist, said.append, Style, lambda session: "").run()

    assert typist.missed == ""
    text = "\n".join(said)
    assert "keys: n next" in said[1]
    assert "n goes on once neuron passes" in text
    assert "to do  linear, you are here" in text
    assert "  done   neuron" in text
    assert "\x1b" not in text


def test_what_cannot_be_kept_is_said_and_written_down_once_it_can(workspace: Path, report: Report) -> None:
    session, job = at_softmax(workspace, report)
    line = StatusLine(session)
    reports, progress = workspace / ".brickwork" / "reports", workspace / PROGRESS_FILE
    reports.parent.mkdir(exist_ok=True)
    reports.write_text("in the way of the folder")
    judged = Event(EventKind.JUDGED, job, solved(report))

    line.hear(judged)

    assert line.beside("next: go on", 80) == "next: go on  (not kept: File exists)"
    assert kept_report(session.workspace, job.chapter) is None
    reports.unlink()
    progress.unlink()
    progress.mkdir()

    session.go_to(session.current)

    assert "not kept: Is a directory" in line.beside("next: go on", 80)
    assert kept_report(session.workspace, job.chapter) is not None, "the report found room"
    progress.rmdir()

    session.go_to(session.current)

    assert "not kept" not in line.beside("next: go on", 80)
    assert "done ch03_activations/softmax" in progress.read_text(encoding="utf-8")


# --- editors ----------------------------------------------------------------------------------------------


def test_a_failure_on_the_screen_is_what_to_do_next_even_while_the_rest_is_judged(
    workspace: Path, report: Report
) -> None:
    session = sit_down(workspace)
    found = session.find("softmax")
    assert found is not None
    session.go_to(found)
    session.standing.progress.done.add(str(found))
    job = session.want_current()[0]

    session.show(job, report)

    assert next_step(session).startswith("fix softmax")
    assert session.standing.is_done(found)


def at_softmax(workspace: Path, report: Report, exercise: str = "softmax") -> tuple[WatchState, Job]:
    """A sitting at an exercise whose last report is shown."""
    session = sit_down(workspace)
    found = session.find(f"ch03/{exercise}")
    assert found is not None
    session.go_to(found)
    job = session.want_current()[0]
    session.show(job, report)
    return session, job


def solved(report: Report) -> Report:
    """The same report, had every check passed."""
    return replace(
        report, checks=tuple(replace(c, outcome=Outcome.PASSED, cause=None) for c in report.checks)
    )


def test_an_open_hint_points_to_what_fails_now_and_a_pass_needs_none(workspace: Path, report: Report) -> None:
    session, job = at_softmax(workspace, report)
    session.open_hint()
    asked = work_lines(session, 60, 30)

    write(workspace, "softmax", "return x", "ch03_activations")
    session.take(job, report)
    tried = work_lines(session, 60, 30)
    session.take(job, solved(report))

    assert "  where to look: look at softmax" in asked
    assert asked[-1] == "  one more hint opens after the next attempt"
    assert session.hints == ()
    assert any(line.startswith("  where to look: Rows far from zero stay finite.") for line in tried)
    assert tried[-1] == "  h opens one more hint"
    assert not any("hint" in line for line in work_lines(session, 60, 30))


def test_a_hint_on_an_exercise_that_is_not_begun_is_seen(workspace: Path, report: Report) -> None:
    unwritten = next(check for check in report.checks if check.exercise == "log_softmax")
    many = replace(report, checks=tuple(replace(unwritten, name=f"check_{n}") for n in range(20)))
    session, _ = at_softmax(workspace, many, "log_softmax")
    before = work_lines(session, 60, 20)

    session.open_hint()

    assert len(before) > 20
    assert work_lines(session, 60, 20)[2:] == [
        "to do   20 checks",
        "",
        "  where to look: look at log_softmax",
        "  one more hint opens after the next attempt",
    ]


def test_no_hint_is_spent_on_a_file_that_cannot_be_judged(workspace: Path, report: Report) -> None:
    session, _ = at_softmax(workspace, replace(report, state=ReportState.UNREADABLE, checks=()))

    said = session.open_hint()

    assert said == "a hint opens once the file can be judged"
    assert session.hints == ()


def test_what_the_code_printed_leaves_the_failure_on_the_screen(workspace: Path, report: Report) -> None:
    session, _ = at_softmax(workspace, replace(report, output="x is 1\n" * 40))

    lines = work_lines(session, 50, 20)

    assert len(lines) <= 20
    assert "  expected  tensor([[1.0, 0.0]])" in lines[-2:]
    assert "  x is 1" in lines
    more = next(number for number, line in enumerate(lines) if "more lines" in line)
    assert lines[more + 1] == ""  # or the failure would read as printed


def test_a_printed_line_that_is_cut_is_whole_with_details(workspace: Path, report: Report) -> None:
    session, _ = at_softmax(workspace, replace(report, output=" ".join(f"x{n}" for n in range(40)) + "\n"))

    cut = work_lines(session, 50, 20)
    session.details = True
    whole = work_lines(session, 50, 20)

    assert not any("x39" in line for line in cut)
    assert any(line.endswith("x39") for line in whole)
    assert max(map(width_of, whole)) <= 50


def test_on_a_small_screen_no_row_above_the_failure_is_empty(workspace: Path, report: Report) -> None:
    session, _ = at_softmax(workspace, replace(report, output="x is 1\n" * 40))

    lines = work_lines(session, 42, 9)

    assert "" not in lines[:9]
    assert any(line.startswith("  expected") for line in lines[:9])
    assert lines[-1].endswith("more lines")
    assert next_step(session, short=True) == "fix softmax in ch03_activations.py, then save it"


def test_a_file_python_cannot_read_says_where_and_once_what_to_do(workspace: Path) -> None:
    session = sit_down(workspace)
    problem = Problem(
        "Python cannot read the file", f"{session.path}, line 7", "fix it, then run: brick check"
    )
    session.shown = Report("ch01_dataloader", "", "", (), (), state=ReportState.UNREADABLE, problem=problem)

    lines = work_lines(session, 60, 20)

    assert lines[2:] == [
        "error: Python cannot read the file",
        "  where: exercises/ch01_dataloader.py, line 7",
    ]
    assert next_step(session).startswith("mend exercises/ch01_dataloader.py")


def test_an_editor_is_opened_at_the_line() -> None:
    path = Path("a b.py")

    assert editor_words(["code", "--wait"], path, 7) == ["code", "--wait", "--goto", "a b.py:7"]
    assert editor_words(["nano"], path, 7) == ["nano", "+7", "a b.py"]
    assert editor_words(["ed"], path, 7) == ["ed", "a b.py"]


def terminal_with(workspace: Path, editor: str) -> tuple[subprocess.Popen[bytes], int]:
    """`brick` in a terminal of its own, and our end of that terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    command = [sys.executable, "-c", "from grader.cli import main; main()"]
    environment = os.environ | {"TERM": "xterm-256color", "EDITOR": editor, "VISUAL": ""}
    process = subprocess.Popen(
        command,
        cwd=workspace,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    return process, ours


def read_until(terminal: int, wanted: str) -> None:
    """Read what the terminal is sent until `wanted` came."""
    said, end = "", time.monotonic() + PATIENCE_S
    while wanted not in said and time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            said += os.read(terminal, 65_536).decode(errors="replace")
    assert wanted in said


def test_an_editor_that_does_not_start_leaves_the_screen_where_it_was(workspace: Path) -> None:
    process, terminal = terminal_with(workspace, editor="no-such-editor")
    try:
        read_until(terminal, "write DataLoader")
        os.write(terminal, b"o")
        read_until(terminal, "no-such-editor does not start")
        os.write(terminal, b"l")
        read_until(terminal, "search; Enter goes there")
        os.write(terminal, b"\x1b")
        read_until(terminal, "no-such-editor does not start")
        os.write(terminal, b"q")
        code = process.wait(PATIENCE_S)
    finally:
        process.kill()
        os.close(terminal)

    assert code == 0


def test_an_interrupt_is_meant_for_the_program_that_has_the_terminal() -> None:
    before = signal.getsignal(signal.SIGINT)

    with without_interrupts():
        os.kill(os.getpid(), signal.SIGINT)

    assert signal.getsignal(signal.SIGINT) is before


# --- on a whole screen ------------------------------------------------------------------------------------


def app_for(session: WatchState, sandbox: WarmSandbox, **options: object) -> WatchApp:
    """The app in the workspace, with a few examples per check."""

    def reset(session: WatchState) -> str:
        undone = put_back(
            session.course, session.workspace, session.current.chapter, session.current.exercise.name
        )
        return f"kept in {undone.backup.name}"

    return WatchApp(session, lambda: sandbox, reset, **options)  # type: ignore[arg-type]


def drive(
    app: WatchApp, steps: Callable[[Pilot[None]], Awaitable[None]], size: tuple[int, int] = (80, 24)
) -> None:
    """Run the app without a terminal, and `steps` in it."""
    try:
        run_in(app, steps, size)
    finally:
        app.close()


def run_in(app: WatchApp, steps: Callable[[Pilot[None]], Awaitable[None]], size: tuple[int, int]) -> None:
    """The same, without waiting for the app's threads."""

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await steps(pilot)

    asyncio.run(run())


def text_of(app: WatchApp, name: str) -> str:
    """What stands in a part of the screen."""
    return str(app.screen_stack[0].query_one(name, Static).content)


async def shows(pilot: Pilot[None], name: str, wanted: str) -> str:
    """Wait until a part of the screen shows `wanted`."""
    end = time.monotonic() + PATIENCE_S
    while wanted not in text_of(pilot.app, name) and time.monotonic() < end:  # type: ignore[arg-type]
        await pilot.pause(0.05)
    found = text_of(pilot.app, name)  # type: ignore[arg-type]
    assert wanted in found, found
    return found


def test_the_app_from_a_mistake_over_a_hint_to_the_next_exercise(workspace: Path, lent: WarmSandbox) -> None:
    path = write(workspace, "neuron", "return (w * x).sum() + b")
    session = sit_down(workspace)
    found = session.find("neuron")
    assert found is not None
    session.go_to(found)
    app = app_for(session, lent)

    async def steps(pilot: Pilot[None]) -> None:
        wrong = await shows(pilot, "#work", "FAIL")
        assert "call: neuron(" in wrong
        assert "hint:" not in wrong
        await pilot.press("n")
        step = await shows(pilot, "#step", "n goes on once neuron passes")
        assert "fix neuron in exercises/ch02_neuron.py" in step
        await pilot.press("h")
        # Of the verdict so far, or of the whole one: whichever was there when the key was pressed.
        await shows(pilot, "#work", "where to look: ")

        text = path.read_text(encoding="utf-8").replace("return (w * x).sum() + b", RIGHT["neuron"])
        path.write_text(text, encoding="utf-8")
        await shows(pilot, "#step", "n goes on to the next")
        assert "> neuron               ok" in text_of(app, "#list")
        await pilot.press("n")
        await shows(pilot, "#step", "write linear")
        assert "FAIL" not in text_of(app, "#list")

    drive(app, steps)


def test_the_list_is_searched_and_reset_asks_first(workspace: Path, lent: WarmSandbox) -> None:
    path = write(workspace, "linear", RIGHT["linear"])
    mine = path.read_text(encoding="utf-8")
    session = sit_down(workspace)
    app = app_for(session, lent)

    async def steps(pilot: Pilot[None]) -> None:
        await pilot.press("l")
        await pilot.pause()
        await pilot.press(*"linearly", "enter")
        await sees(pilot, "no exercise is called that")
        await pilot.press("backspace", "backspace", "enter")
        await shows(pilot, "#work", "linear   exercises/ch02_neuron.py:")
        await shows(pilot, "#list", "> linear               ok")
        await pilot.press("x")
        await pilot.pause()
        await pilot.press("n")
        await pilot.pause()
        assert path.read_text(encoding="utf-8") == mine
        await pilot.press("x")
        await pilot.pause()
        await pilot.press("y")
        await shows(pilot, "#step", "write linear")
        await shows(pilot, "#step", "(kept in ")  # where the backup is outlasts the verdict on the stub
        assert path.read_text(encoding="utf-8") != mine

    drive(app, steps)
    [backup] = (workspace / ".brickwork" / "backups").iterdir()
    assert backup.read_text(encoding="utf-8") == mine


def test_an_exercise_that_is_not_in_the_file_is_said_to_stand_on_no_line(workspace: Path) -> None:
    session = sit_down(workspace)
    before = work_lines(session, 80, 24)[0]
    session.path.write_text("class Loader:\n    pass\n", encoding="utf-8")

    after = work_lines(session, 80, 24)[0]

    assert re.fullmatch(r"DataLoader   exercises/ch01_dataloader\.py:\d+", before)
    assert after == "DataLoader   exercises/ch01_dataloader.py"


def test_a_backup_is_named_from_the_workspace(workspace: Path) -> None:
    write(workspace, "neuron", RIGHT["neuron"])
    session = sit_down(workspace)
    found = session.find("neuron")
    assert found is not None
    session.go_to(found)

    said = reset_current(session)

    assert re.fullmatch(r"neuron is back .*: \.brickwork/backups/ch02_neuron-[\d-]+\.py", said)


@pytest.mark.parametrize("size", [(80, 24), (132, 43), (40, 12)])
def test_every_line_fits_the_screen(workspace: Path, lent: WarmSandbox, size: tuple[int, int]) -> None:
    write(workspace, "linear", "return x @ weight + bias")
    session = sit_down(workspace)
    found = session.find("linear")
    assert found is not None
    session.go_to(found)
    app = app_for(session, lent)

    async def steps(pilot: Pilot[None]) -> None:
        await shows(pilot, "#work", "FAIL")
        await pilot.press("d")
        await pilot.pause()
        room = size[0] - 3 - (28 if app.query_one("#left").display else 0)
        assert max(width_of(line) for line in text_of(app, "#work").splitlines()) <= room
        assert max(width_of(line) for line in text_of(app, "#list").splitlines()) <= 25
        lines = picture(app).splitlines()
        assert any("q quit" in line for line in lines[-4:])
        assert len(lines) == size[1]

    drive(app, steps, size)


def test_the_longest_next_step_is_whole_on_a_small_screen(waiting: WatchApp, workspace: Path) -> None:
    script = workspace / "exercises" / "ch03_activations.py"
    notebook = script.with_suffix(".ipynb")
    script.rename(notebook)
    assert waiting.state.path == notebook
    notebook.unlink()

    async def steps(pilot: Pilot[None]) -> None:
        await sees(pilot, "or x brings")
        step = " ".join(picture(waiting).split())
        assert f"or x brings exercises/{script.name} as it was handed out (getting ready)" in step

    run_in(waiting, steps, (45, 15))


def test_a_question_of_the_lesson_is_asked_and_answered_on_the_screen(
    workspace: Path, lent: WarmSandbox
) -> None:
    session = sit_down(workspace)
    found = session.find("relu")
    assert found is not None
    session.go_to(found)
    app = app_for(session, lent)

    async def steps(pilot: Pilot[None]) -> None:
        await pilot.press("p")
        await sees(pilot, "so its slope is 1. What do you get")
        await sees(pilot, " Escape goes back ")  # also once something is typed
        await pilot.press(*"one", "enter")
        await sees(pilot, "a number, please")
        app.screen.query_one(Input).value = "1"
        await pilot.press("enter")
        await sees(pilot, "Both gates are shut.")
        await sees(pilot, "0 of 1 predictions came true; they are not graded")
        await pilot.press("enter")
        await sees(pilot, "> relu ")

    drive(app, steps)


def test_a_key_can_be_clicked(workspace: Path, lent: WarmSandbox) -> None:
    session = sit_down(workspace)
    app = app_for(session, lent)

    async def steps(pilot: Pilot[None]) -> None:
        await sees(pilot, "l list")
        column = picture(app).splitlines()[-1].index("l list")
        await pilot.click("#keys", offset=(column, 0))
        await sees(pilot, "search; Enter goes there")

    drive(app, steps)


# --- pictures ---------------------------------------------------------------------------------------------


def picture(app: WatchApp) -> str:
    """What stands on the screen, line by line, with what changes from run to run made the same."""
    strips = app.screen._compositor.render_strips()
    text = "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)
    return re.sub(r"(\.py:)\d+", lambda found: found[1] + "7" * (len(found[0]) - 4), text)


async def sees(pilot: Pilot[None], wanted: str) -> None:
    """Wait until `wanted` stands on the screen."""
    end = time.monotonic() + PATIENCE_S
    while wanted not in picture(pilot.app) and time.monotonic() < end:  # type: ignore[arg-type]
        await pilot.pause(0.05)
    assert wanted in picture(pilot.app)  # type: ignore[arg-type]


def colours(app: WatchApp) -> set[str]:
    """The colours on the screen that are not the terminal's own."""
    styles = [s.style for strip in app.screen._compositor.render_strips() for s in strip if s.style]
    used = {colour for style in styles for colour in (style.color, style.bgcolor) if colour is not None}
    return {str(colour) for colour in used if colour.type not in (ColorType.DEFAULT, ColorType.STANDARD)}


@pytest.fixture
def waiting(workspace: Path, report: Report) -> Iterator[WatchApp]:
    """The app over the report of tests/conftest.py, for as long as its sandbox is being set up."""
    chapter = load_course(workspace).chapters[2]
    keep_report(workspace_of(load_course(workspace)), chapter, report)
    session = sit_down(workspace)
    found = session.find("softmax")
    assert found is not None
    session.go_to(found)
    over = threading.Event()

    def set_up() -> WarmSandbox:
        over.wait(PATIENCE_S)
        raise KitError("over", "here", "none")

    app = WatchApp(session, set_up, lambda session: "")
    yield app
    over.set()
    app.close()


@pytest.mark.parametrize(
    ("name", "size", "keys"),
    [
        ("narrow", (80, 24), ()),
        ("wide", (120, 40), ()),
        ("tiny", (50, 16), ()),
        ("more", (120, 40), ("d",)),
        ("hint", (80, 24), ("h",)),
        ("small", (45, 15), ("h",)),
        ("list", (80, 24), ("l", *"soft")),
        ("sure", (80, 24), ("x",)),
    ],
)
def test_the_screen_looks_as_in_the_picture(
    waiting: WatchApp, name: str, size: tuple[int, int], keys: tuple[str, ...]
) -> None:
    kept = Path(__file__).parent / "pictures" / f"{name}.txt"

    async def steps(pilot: Pilot[None]) -> None:
        await pilot.press(*keys)
        anew = bool(os.environ.get("BRICKWORK_PICTURES"))  # look at them before they are committed
        wanted = kept.read_text(encoding="utf-8") if kept.exists() else ""
        # Lines are broken anew once the first layout tells how much room there is.
        end = time.monotonic() + (2.0 if anew else PATIENCE_S)
        while (seen := picture(waiting) + "\n") != wanted and time.monotonic() < end:
            await pilot.pause(0.05)
        if anew:
            kept.parent.mkdir(exist_ok=True)
            kept.write_text(seen, encoding="utf-8")
        assert seen == kept.read_text(encoding="utf-8")
        assert colours(waiting) == set()

    run_in(waiting, steps, size)
