"""The file system does what it likes, and the watch goes on: files are renamed, half written, gone, or folders."""

from __future__ import annotations

import asyncio
import json
import os
import queue
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import brick
from textual.pilot import Pilot
from textual.widgets import Static

from grader.course.config import load_course
from grader.errors import KitError
from grader.report.terminal import Style
from grader.watch.app import WatchApp
from grader.watch.file_watcher import FileWatcher
from grader.watch.plain import PlainWatch
from grader.watch.plain_text import file_line
from grader.watch.state import WatchState
from grader.watch.view import next_step, reset_question, work_lines
from grader.watch.warm_sandbox import WarmSandbox
from grader.workspace.reset import reset as put_back
from grader.workspace.workspace import FileState, workspace_of

PATIENCE_S = 60.0
FILE = "exercises/ch01_dataloader.py"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course folder of a learner, who stands in it."""
    monkeypatch.chdir(tmp_path)
    assert brick("init", "mine").exit_code == 0
    monkeypatch.chdir(tmp_path / "mine")
    return tmp_path / "mine"


@pytest.fixture
def state(workspace: Path) -> WatchState:
    """A watch at the first exercise."""
    course = load_course(workspace)
    return WatchState(course, workspace_of(course), lambda *about: ((), 0))


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def cut_off(path: Path) -> None:
    """Half of a save: the text ends in the middle of a character."""
    path.write_bytes(path.read_bytes()[:200] + "界".encode()[:2])


HARMS: dict[str, Callable[[Path], object]] = {
    "removed": Path.unlink,
    "renamed": lambda path: path.rename(path.with_suffix(".bak")),
    "a folder": make_folder,
    "cut off": cut_off,
    "empty": lambda path: path.write_bytes(b""),
    "its folder removed": lambda path: shutil.rmtree(path.parent),
    "a dangling link": lambda path: (path.unlink(), path.symlink_to("nowhere")),
}


@pytest.mark.parametrize("harm", HARMS)
def test_every_line_can_be_drawn_and_every_key_pressed_without_the_file(
    state: WatchState, workspace: Path, harm: str
) -> None:
    HARMS[harm](workspace / FILE)
    jobs = state.saved([workspace / FILE])

    state.details = True
    lines = work_lines(state, 60, 20)
    step = next_step(state)
    state.open_hint()
    state.line_of_current()

    assert lines
    assert FILE in step
    if harm not in ("cut off", "empty"):
        assert jobs == state.want_current() == []
        assert "waiting for" in lines[-1]


class Flickering(WatchState):
    """A file that is gone whenever it is asked for an odd time: an editor puts another in its place."""

    asked = 0

    @property
    def file_state(self) -> FileState:
        self.asked += 1
        return FileState.GONE if self.asked % 2 else FileState.READABLE


def test_a_file_that_comes_back_while_it_is_drawn_is_one_thing_or_the_other(workspace: Path) -> None:
    course = load_course(workspace)
    state = Flickering(course, workspace_of(course), lambda *about: ((), 0))

    drawn = [work_lines(state, 60, 20)[-1] for _ in range(2)]
    said = [file_line(state) for _ in range(2)]

    assert drawn == ["the file is gone; waiting for it", "not judged yet"]
    assert said == [f"{FILE}: the file is gone; waiting for it", f"{FILE}: the file is there again"]


def test_to_put_a_lost_file_back_loses_nothing(state: WatchState, workspace: Path) -> None:
    asked = reset_question(state)
    (workspace / FILE).unlink()

    assert asked == "Put DataLoader back to the stub? A backup is kept."
    assert reset_question(state) == f"Put {FILE} back as it was handed out?"


def as_notebook(path: Path) -> Path:
    """The same work in a notebook, which takes the place of the script."""
    notebook = path.with_suffix(".ipynb")
    cell = {
        "cell_type": "code",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": path.read_text(),
    }
    notebook.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    path.unlink()
    return notebook


def test_in_place_of_a_lost_notebook_the_script_is_offered_which_is_what_a_reset_brings(
    state: WatchState, workspace: Path
) -> None:
    notebook = as_notebook(workspace / FILE)
    state.saved([notebook])
    notebook.unlink()

    step, asked = next_step(state), reset_question(state)
    brought = put_back(state.course, state.workspace, state.current.chapter).path

    assert step == f"save exercises/{notebook.name} again, or x brings {FILE} as it was handed out"
    assert asked == f"Put {FILE} back as it was handed out?"
    assert brought == workspace / FILE


def test_a_notebook_half_written_beside_the_stub_is_what_is_worked_on(
    state: WatchState, workspace: Path
) -> None:
    path = workspace / FILE
    stub = path.read_text(encoding="utf-8")
    notebook = as_notebook(path)
    path.write_text(stub, encoding="utf-8")
    notebook.write_text(notebook.read_text()[:5000])

    [job] = state.saved([notebook])

    assert job.path == notebook
    assert next_step(state).endswith(f"{notebook.name}, then save it")


def test_a_lost_file_takes_no_marks_and_keeps_its_exercises(state: WatchState, workspace: Path) -> None:
    exercises, done = state.exercises, str(state.current)
    state.standing.progress.done.add(done)

    shutil.rmtree(workspace / "exercises")
    state.saved([workspace / FILE])

    assert state.file_state is FileState.GONE
    assert state.exercises == exercises
    assert state.standing.is_done(state.current)


def test_a_file_that_is_there_again_is_judged(state: WatchState, workspace: Path) -> None:
    path = workspace / FILE
    away = path.with_suffix(".away")
    path.rename(away)
    gone = state.saved([path])
    away.rename(path)

    again = state.saved([path])

    assert gone == []
    assert [job.exercise for job in again] == [state.current.exercise.name]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_says_how_to_make_it_readable(state: WatchState, workspace: Path) -> None:
    (workspace / FILE).chmod(0)

    assert next_step(state).endswith(f"chmod u+r {FILE}")


# --- seeing it --------------------------------------------------------------------------------------------


@pytest.fixture(params=[True, False], ids=["events", "polling"])
def seen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Path, queue.Queue[list[Path]]]]:
    """A file in a folder of its own, and what a watcher tells of it."""
    folder = tmp_path / "exercises"
    folder.mkdir()
    file = folder / "ch01.py"
    file.write_text("0", encoding="utf-8")
    told: queue.Queue[list[Path]] = queue.Queue()
    watcher = FileWatcher([file], [folder, tmp_path], told.put, events=request.param)
    watcher.start()
    yield file, told
    watcher.close()


def wait_until(told: queue.Queue[list[Path]], holds: Callable[[], bool]) -> None:
    """Wait for news after which something holds."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        told.get(timeout=PATIENCE_S)
        if holds():
            return
    raise AssertionError("no news of it")


def test_the_last_of_many_fast_saves_is_told(seen: tuple[Path, queue.Queue[list[Path]]]) -> None:
    file, told = seen
    reads: list[str] = []

    for number in range(200):  # as vim saves: the old file is renamed, a new one is written
        file.rename(file.with_suffix(".py~"))
        time.sleep(0.02)
        file.write_text(str(number + 1), encoding="utf-8")

    def read() -> bool:
        reads.append(file.read_text(encoding="utf-8"))
        return reads[-1] == "200"

    wait_until(told, read)


def test_a_folder_that_is_made_anew_is_watched_again(seen: tuple[Path, queue.Queue[list[Path]]]) -> None:
    file, told = seen

    shutil.rmtree(file.parent)
    wait_until(told, lambda: not file.exists())
    file.parent.mkdir()
    file.write_text("back", encoding="utf-8")
    wait_until(told, file.exists)
    file.write_text("and saved", encoding="utf-8")

    wait_until(told, lambda: file.read_text(encoding="utf-8") == "and saved")


# --- the two front ends -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sandbox() -> Iterator[WarmSandbox]:
    """A warm sandbox for the plain loop."""
    from grader.engine.profile import Profile

    sandbox = WarmSandbox(load_course().limits, (), Profile(examples=3))
    sandbox.start()
    yield sandbox
    sandbox.close()


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def test_the_kits_own_notes_stay_out_of_git(state: WatchState, workspace: Path) -> None:
    git(workspace, "init", "-q")
    state.workspace.write_note("last.json", {"chapter": "ch01_dataloader"})

    git(workspace, "add", "-A")

    listed = subprocess.run(
        ["git", "ls-files"], cwd=workspace, check=True, capture_output=True, text=True
    ).stdout
    assert FILE in listed
    assert ".brickwork/" not in listed


def test_the_screen_says_that_the_file_is_gone_and_goes_on_when_it_is_back(
    state: WatchState, workspace: Path
) -> None:
    over = threading.Event()

    def set_up() -> WarmSandbox:
        over.wait(PATIENCE_S)
        raise KitError("over", "here", "none")

    def reset(state: WatchState) -> str:
        return f"{put_back(state.course, state.workspace, state.current.chapter).path.name} is there again"

    app = WatchApp(state, set_up, reset)

    async def shows(pilot: Pilot[None], part: str, wanted: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while (
            wanted not in str(app.screen_stack[0].query_one(part, Static).content) and time.monotonic() < end
        ):
            await pilot.pause(0.05)
        assert wanted in str(app.screen_stack[0].query_one(part, Static).content)

    async def run() -> None:
        async with app.run_test(size=(80, 24)) as pilot:
            git(workspace, "init", "-q")
            git(workspace, "add", "exercises")
            git(workspace, "commit", "-qm", "all")
            shutil.rmtree(workspace / "exercises")
            await shows(pilot, "#work", "gone; waiting for it")
            await shows(pilot, "#step", "x puts it back")
            for key in ("r", "h", "d", "n", "l", "escape"):
                await pilot.press(key)
            git(workspace, "checkout", "-q", ".")
            await shows(pilot, "#step", "write DataLoader in")
            (workspace / FILE).unlink()
            await shows(pilot, "#work", "gone; waiting for it")
            await pilot.press("x")
            await pilot.pause()
            await pilot.press("y")
            await shows(pilot, "#step", "write DataLoader in")

    try:
        asyncio.run(run())
    finally:
        over.set()
        app.close()
    assert (workspace / FILE).is_file()


def test_the_plain_loop_says_that_the_file_is_gone_and_judges_it_when_it_is_back(
    state: WatchState, workspace: Path, sandbox: WarmSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "close", lambda: None)
    said: queue.Queue[str] = queue.Queue()
    keys: queue.Queue[str] = queue.Queue()
    loop = PlainWatch(state, sandbox, iter(keys.get, ""), said.put, Style, lambda state: "")  # type: ignore[arg-type]
    thread = threading.Thread(target=loop.run, daemon=True)
    thread.start()

    def wait_for(wanted: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while wanted not in said.get(timeout=max(0.1, end - time.monotonic())):
            pass

    path, away = workspace / FILE, workspace / "away.py"
    wait_for("next: write DataLoader")
    path.rename(away)
    wait_for("gone; waiting for it")
    keys.put("r")
    wait_for("gone; waiting for it")
    away.rename(path)
    wait_for("there again")
    wait_for("next: write DataLoader")
    keys.put("q")
    thread.join(PATIENCE_S)

    assert not thread.is_alive()
