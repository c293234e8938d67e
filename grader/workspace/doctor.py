"""Look at this machine: what works, what does not, and the command that mends it.

Each look is one function that returns one finding, so that a look which fails says so and the others go on. Steps
are commands that can be copied; where there is nothing to be done there is none.
"""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import watchfiles

from grader.course.paths import exercises_folder
from grader.errors import words_of
from grader.language import aside, listed, translate
from grader.language import gettext as _
from grader.sandbox.levels import Level, offered
from grader.workspace.workspace import Workspace

EVENT_WAIT_S = 2.0
WORDS = {True: "ok", False: "FAIL", None: "note"}  # `_` says them where they are shown


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Args:
        name: what was looked at, in a word or two.
        works: None where it is a matter of taste, or a part that can be done without.
        text: what was found.
        step: the command that mends it, empty if nothing is to be done.
    """

    name: str
    works: bool | None
    text: str
    step: str = ""

    @property
    def word(self) -> str:
        """In a word."""
        return WORDS[self.works]


def examine(workspace: Workspace) -> Iterator[Finding]:
    """Look at one thing after the other; the slow ones import torch and start sandboxes, so each is told at once."""
    looks: tuple[Callable[[], Finding], ...] = (
        _python, _torch, _threads, _gpu, _isolation, _editor, _file_events, lambda: _workspace(workspace), _viewer,
    )  # fmt: skip
    for look in looks:
        yield look()


def _python() -> Finding:
    text = _("{version} at {path}").format(version=sys.version.split()[0], path=sys.executable)
    fine = sys.version_info >= (3, 11)
    return Finding("Python", fine, text, "" if fine else _("install Python 3.11 or newer"))


def _torch() -> Finding:
    try:
        found = version("torch")
    except PackageNotFoundError:
        return Finding("torch", False, _("not installed"), "pip install torch")
    try:
        import torch
    except Exception as error:
        return Finding(
            "torch",
            False,
            _("{found} does not import: {error}").format(found=found, error=translate(str(error))),
            "pip install --force-reinstall torch",
        )
    wrong = abs(float((torch.ones(3, dtype=torch.float64) / 3).sum()) - 1) > 1e-12
    return Finding("torch", not wrong, found, "pip install --force-reinstall torch" if wrong else "")


def _threads() -> Finding:
    value = os.environ.get("OMP_NUM_THREADS", "")
    text = _("OMP_NUM_THREADS={value}, {number} processors").format(
        value=value or _("unset"), number=os.cpu_count()
    )
    return Finding(
        _("threads"), True if value == "1" else None, text, "" if value == "1" else "export OMP_NUM_THREADS=1"
    )


def _gpu() -> Finding:
    try:
        import torch

        if torch.cuda.is_available():
            return Finding(
                "GPU", True, _("{gpu}; use it with --device cuda").format(gpu=torch.cuda.get_device_name(0))
            )
    except Exception as error:
        return Finding("GPU", None, _("torch cannot use it: {error}").format(error=translate(str(error))))
    return Finding("GPU", None, _("none that torch can use; everything works without one"))


def _isolation() -> Finding:
    """Plain isolation is enough for one's own work, so a machine without a seal gets a note and no failure."""
    levels = offered()
    there = [level.value for level, why in levels.items() if why is None]
    if not there:
        return Finding(
            _("isolation"),
            False,
            translate(levels[Level.PLAIN] or ""),
            _("on Windows, install WSL 2: wsl --install"),
        )
    if Level.BWRAP.value in there or Level.UID.value in there:
        return Finding(_("isolation"), True, listed(there))
    why = levels[Level.BWRAP] or ""
    step = "see: brick grade --help" if shutil.which("bwrap") else "apt install bubblewrap"
    return Finding(
        _("isolation"),
        None,
        _("plain only: enough for your own work, not for grading others ({why})").format(why=translate(why)),
        step,
    )


def _editor() -> Finding:
    command = editor_command()
    if command is None:
        return Finding(_("editor"), None, _("none named, and no code on the PATH"), "export EDITOR=nano")
    program = command[0]
    if shutil.which(program) is None:
        return Finding(
            _("editor"),
            False,
            _("{program} is not on the PATH").format(program=program),
            "export EDITOR=nano",
        )
    return Finding(_("editor"), True, " ".join(command))


def editor_command() -> list[str] | None:
    """The learner's editor, from VISUAL or EDITOR, else VS Code if it is there."""
    for name in ("VISUAL", "EDITOR"):
        words = shlex.split(os.environ.get(name, ""))
        if words:
            return words
    return ["code"] if shutil.which("code") else None


def _file_events() -> Finding:
    """Network drives and some containers pass none on; the watch then looks at the files by itself."""
    slow = _("none arrive here; brick watch looks at the files once a second instead")
    try:
        arrived = _event_arrives()
    except Exception as error:
        return Finding(_("file events"), None, slow + aside(translate(str(error))))
    return Finding(
        _("file events"),
        True if arrived is not None else None,
        slow if arrived is None else _("arrive after {arrived:.0f} ms").format(arrived=arrived * 1000),
    )


def _event_arrives() -> float | None:
    """Seconds from a save to the event about it; None if none came in time."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "exercise.py"
        start = [0.0]

        def save() -> None:
            start[0] = time.monotonic()
            file.write_text("saved\n", encoding="utf-8")

        timer = threading.Timer(0.3, save)
        timer.start()
        try:
            waits = watchfiles.watch(
                name, debounce=20, step=5, rust_timeout=int(EVENT_WAIT_S * 1000), yield_on_timeout=True
            )
            changes = next(iter(waits))
        finally:
            timer.join()
        return time.monotonic() - start[0] if changes else None


def _workspace(workspace: Workspace) -> Finding:
    count = len(list(exercises_folder(workspace.root).glob("*.*")))
    if not count:
        return Finding(
            _("workspace"), None, _("no exercises in {root}").format(root=workspace.root), "brick init"
        )
    try:
        workspace.state.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=workspace.state):
            pass
    except OSError as error:
        return Finding(
            _("workspace"),
            False,
            _("{path} cannot be written: {error}").format(
                path=workspace.state, error=translate(words_of(error))
            ),
            f"chmod u+w {workspace.root}",
        )
    return Finding(
        _("workspace"), True, _("{number} exercise files in {root}").format(number=count, root=workspace.root)
    )


def _viewer() -> Finding:
    if importlib.util.find_spec("netron") is None:
        return Finding(_("model viewer"), None, _("netron is not installed"), 'pip install "brickwork[view]"')
    return Finding(_("model viewer"), True, f"netron {version('netron')}")
