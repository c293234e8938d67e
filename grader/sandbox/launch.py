"""Start a zygote at an isolation level and command it over a control socket."""

from __future__ import annotations

import base64
import contextlib
import itertools
import math
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import StrEnum
from typing import IO, Any, Protocol

from grader.records import Limits
from grader.sandbox import lockdown, seccomp, zygote
from grader.sandbox.mounts import Layout, bubblewrap_mounts, find_layout, landlock_paths

START_TIMEOUT_S = 120.0
ANSWER_TIMEOUT_S = 10.0
_LEAVE_TIMEOUT_S = 2.0
_STDERR_LIMIT = 65_536
THREADS_OF_ONE_LEARNER = 32
_CREDENTIALS = struct.Struct("3i")
_FIRST_UID = 1_900_000_000  # far above any person, service or container
_FLAGS = ("-s", "-P", "-S", "-B")
_BOOT = """
import sys, types
folder, *path = sys.argv[2:]
sys.path += path
for name, place in (("grader", folder.rpartition("/")[0]), ("grader.sandbox", folder)):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [place]
from grader.sandbox import zygote
zygote.start()
"""


class Level(StrEnum):
    """How far a learner's process is kept from this machine, strongest first."""

    BWRAP = "bwrap"
    UID = "uid"
    PLAIN = "plain"


class Lack(StrEnum):
    """What a machine lacks for a level, where somebody can do something about it."""

    BUBBLEWRAP = "bubblewrap"
    PYSECCOMP = "pyseccomp"
    LIBSECCOMP = "libseccomp"
    NAMESPACES = "namespaces"


class LaunchError(Exception):
    """A zygote did not start, or broke.

    Args:
        reason: how, in words.
        lack: what the machine lacks, if that is it.
    """

    def __init__(self, reason: str, lack: Lack | None = None) -> None:
        super().__init__(reason)
        self.lack = lack


@dataclass(frozen=True)
class Wishes:
    """What a zygote is started for.

    Args:
        level: how far it is kept from this machine.
        limits: what one submission may use; they enter the limits of every process made.
        device: "cpu", or "cuda" for one that sees the GPU and its driver.
        imports: modules imported beforehand, so that no submission pays for them.
        warm_fake: whether fake tensors are made ready too, for the law about devices.
        probe: whether it only tries the doors and says which are open.
    """

    level: Level
    limits: Limits = field(default_factory=Limits)
    device: str = "cpu"
    imports: tuple[str, ...] = ()
    warm_fake: bool = False
    probe: bool = False


class Process(Protocol):
    """A started zygote, as a process to wait for."""

    stderr: IO[bytes] | None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        ...

    def kill(self) -> None:
        """End it now."""
        ...


class Zygote:
    """A running zygote: a process and the control socket to it.

    Args:
        process: to wait for and to end.
        control: our end of the socket; closing it tells the zygote to leave.

    Attributes:
        pid: the zygote's process id as this process sees it, 0 until it has said so.
    """

    def __init__(self, process: Process, control: socket.socket) -> None:
        self._process, self._control = process, control
        self._turn = threading.Lock()  # one thread may kill while another forks
        self.pid = 0

    def begin(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Send the settings and wait until it is ready; its first answer.

        Raises:
            LaunchError: it did not get ready; it is closed then.
        """
        self._control.settimeout(START_TIMEOUT_S)
        # Until Python runs inside and says so, only the program that seals it can have failed, for want of a right.
        lack: Lack | None = Lack.NAMESPACES
        try:
            self.pid = _receive_pid(self._control)
            lack = None
            zygote.send_message(self._control, settings)
            answer = zygote.receive_message(self._control)
        except (EOFError, OSError, ValueError) as error:
            raise LaunchError(self.close() or str(error), lack) from None
        if "error" in answer:
            self.close()
            raise LaunchError(str(answer["error"]))
        return answer

    def ask(self, command: dict[str, Any], descriptor: int | None = None) -> dict[str, Any]:
        """Send a command, with an open file if it takes one, and wait for the answer.

        Raises:
            LaunchError: no answer came; the zygote is of no use any more.
        """
        with self._turn:
            try:
                self._control.settimeout(ANSWER_TIMEOUT_S)
                zygote.send_message(self._control, command)
                if descriptor is not None:
                    socket.send_fds(self._control, [b"+"], [descriptor])
                return zygote.receive_message(self._control)
            except (EOFError, OSError, ValueError) as error:
                raise LaunchError(f"the zygote is gone: {error}") from None

    def address_space(self) -> int | None:
        """Bytes of address space it uses; a learner's limit is counted on top. None where /proc is missing."""
        if not lockdown.LINUX:
            return None
        with open(f"/proc/{self.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")

    def close(self) -> str:
        """End it and every process it made; the last line it wrote to standard error."""
        self._control.close()  # it leaves by itself, and its process namespace with it
        try:
            self._process.wait(_LEAVE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            if self.pid > 0:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(self.pid, signal.SIGKILL)
            self._process.kill()
            self._process.wait()
        if self._process.stderr is None or self._process.stderr.closed:
            return ""
        with self._process.stderr as stream:
            lines = stream.read(_STDERR_LIMIT).decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


class _Fork:
    """A fork of this process, with as much of Popen as is needed."""

    stderr: IO[bytes] | None = None

    def __init__(self, pid: int) -> None:
        self._pid, self._ended = pid, False

    def wait(self, timeout: float | None = None) -> int:
        """`os.waitpid` has no timeout, so it is asked again and again."""
        until = time.monotonic() + (math.inf if timeout is None else timeout)
        while not self._ended:
            try:
                found, _ = os.waitpid(self._pid, os.WNOHANG)
            except ChildProcessError:
                found = self._pid
            self._ended = found == self._pid
            if not self._ended:
                if time.monotonic() > until:
                    raise subprocess.TimeoutExpired("zygote", timeout or 0.0)
                time.sleep(0.0005)
        return 0

    def kill(self) -> None:
        if not self._ended:
            os.kill(self._pid, signal.SIGKILL)


def launch(wishes: Wishes) -> tuple[Zygote, dict[str, Any]]:
    """Start a zygote and wait until it is ready: the zygote and its first answer. LaunchError says why not.

    Args:
        wishes: what it is started for.

    Returns:
        The zygote; and `ready`, with the doors that were found `open` if it was a probe.
    """
    if os.name != "posix":
        raise LaunchError("this system cannot fork a process; on Windows use WSL 2")
    host_end, guest_end = socket.socketpair()
    if lockdown.LINUX:
        host_end.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    layout = find_layout(wishes.device)
    # A fork of this process has torch already; with threads about, or a GPU in use, only a fresh process is safe.
    calm = threading.active_count() == 1 and wishes.device == "cpu"
    fork = wishes.level is Level.PLAIN and lockdown.LINUX and calm
    try:
        settings = _settings(wishes, layout, subprocess=not fork)
        if fork:
            zygote.torch_side().prepare_forks(fake=wishes.warm_fake)
            process: Process = _fork_host(host_end, guest_end)
        else:
            command = _command(wishes, layout, guest_end.fileno())
            process = _spawn(command, guest_end.fileno(), _environment(wishes.device))
    except BaseException:
        host_end.close()
        raise
    finally:
        guest_end.close()
    running = Zygote(process, host_end)
    return running, running.begin(settings)


def launch_in_thread(wishes: Wishes) -> Future[Zygote]:
    """Begin to launch, and go on: a process that imports torch need not wait until this one has imported it too.

    Returns:
        A future; whoever takes its result closes the zygote.
    """
    launched: Future[Zygote] = Future()

    def run() -> None:
        try:
            launched.set_result(launch(wishes)[0])
        except BaseException as error:  # whoever waits for the result gets it, whatever it is
            launched.set_exception(error)

    # A daemon, unlike an executor's thread: nobody who leaves waits for it.
    threading.Thread(target=run, name="launching", daemon=True).start()
    return launched


def _settings(wishes: Wishes, layout: Layout, *, subprocess: bool) -> dict[str, Any]:
    """What the zygote is told, as plain values for JSON: everything it has to give up, and what it imports."""
    level, limits = wishes.level, wishes.limits
    cpu = wishes.device == "cpu"
    sealed = level is not Level.PLAIN
    folders, files = landlock_paths(layout) if level is Level.UID else (None, None)
    try:
        program = base64.b64encode(seccomp.build_filter(wishes.device)).decode() if sealed else None
    except seccomp.FilterUnavailable as error:
        raise LaunchError(str(error), Lack.PYSECCOMP if error.is_package else Lack.LIBSECCOMP) from None
    return {
        "probe": wishes.probe,
        "forbidden": layout.forbidden(),
        "subprocess": subprocess,
        "uid": _spare_uid() if sealed and os.geteuid() == 0 else None,
        "own_group": level is not Level.BWRAP,
        "folders": folders,
        "files": files,
        "filter": program,
        "device": wishes.device,
        "imports": wishes.imports,
        "warm_fake": wishes.warm_fake,
        "output_kib": limits.output_kib,
        "cpu_s": math.ceil(limits.chapter_s) + 1,
        # A GPU's driver opens many files of its own.
        "open_files": 64 if cpu else 1024,
        "threads": THREADS_OF_ONE_LEARNER if sealed and cpu else None,
    }


_count = itertools.count()


def _spare_uid() -> int:
    """A user that nobody is: one per sandbox, so that no two share limits or may signal each other."""
    return _FIRST_UID + os.getpid() + (next(_count) % 32) * 2**22


# --- command lines ----------------------------------------------------------------------------------------


def _command(wishes: Wishes, layout: Layout, descriptor: int) -> list[str]:
    """The command line that starts Python with the boot code, sealed where the level is bwrap."""
    python = [str(layout.interpreter), *_FLAGS, "-c", _BOOT, str(descriptor), str(layout.folder)]
    python += [str(path) for path in layout.search_path]
    return [*bubblewrap(layout, wishes.device), *python] if wishes.level is Level.BWRAP else python


def bubblewrap(layout: Layout, device: str = "cpu") -> list[str]:
    """The command line that seals whatever program follows it.

    Raises:
        LaunchError: it is not installed.
    """
    program = shutil.which("bwrap")
    if program is None:
        raise LaunchError("bubblewrap (bwrap) is not installed", Lack.BUBBLEWRAP)
    # An ordinary user gets namespaces by way of a user namespace. Root does without one, or else the process would
    # still be root outside; it keeps the two capabilities with which it turns into a nobody as its first act.
    user = ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] if os.geteuid() == 0 else ["--unshare-user"]
    environment = [part for name, value in _environment(device).items() for part in ("--setenv", name, value)]
    return [
        program,
        *("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"),
        *("--die-with-parent", "--new-session", "--as-pid-1", "--hostname", "sandbox"),
        *("--cap-drop", "ALL", *user),
        *("--clearenv", *environment),
        *bubblewrap_mounts(layout, device),
        *("--chdir", "/", "--"),
    ]


def _environment(device: str) -> dict[str, str]:
    """All of the environment there is inside."""
    environment = {
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",  # the same order of sets in every grading
        "PYTHONUTF8": "1",
        "LC_ALL": "C.UTF-8",
        "TORCHINDUCTOR_CACHE_DIR": "/",  # asked for by an import; a folder that exists need not be made
    }
    if device != "cpu" and "CUDA_VISIBLE_DEVICES" in os.environ:
        environment["CUDA_VISIBLE_DEVICES"] = os.environ["CUDA_VISIBLE_DEVICES"]
    return environment


# --- processes --------------------------------------------------------------------------------------------


def _spawn(command: list[str], descriptor: int, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a program; from another thread than the main one, keep a thread alive as long as the program."""

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=(descriptor,),
            env=environment,
            cwd="/",
            start_new_session=True,
        )

    if threading.current_thread() is threading.main_thread():
        return start()
    return _start_kept(start)


def _start_kept(start: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    """Start from a thread that outlives its caller: "die with parent" means the thread that made the process."""
    started: list[subprocess.Popen[bytes] | BaseException] = []
    known = threading.Event()

    def keep() -> None:
        try:
            process = start()
        except BaseException as error:
            started.append(error)
            known.set()
            return
        started.append(process)
        known.set()
        process.wait()

    threading.Thread(target=keep, name="sandbox-keeper", daemon=True).start()
    known.wait()
    if isinstance(started[0], BaseException):
        raise started[0]
    return started[0]


def _fork_host(host_end: socket.socket, guest_end: socket.socket) -> _Fork:
    """Make this process's own fork the zygote: torch is imported already.

    Returns:
        The fork; in the fork itself this never returns.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # idle threads of OpenMP are no danger to us
        pid = os.fork()
    if pid:
        return _Fork(pid)
    try:
        host_end.detach()
        signal.set_wakeup_fd(-1)
        zygote.main(socket.socket(fileno=lockdown.keep_only(guest_end.detach())))
    finally:
        os._exit(1)


def _receive_pid(control: socket.socket) -> int:
    """The zygote's process id as this process sees it, stamped by the kernel on the first byte.

    Raises:
        EOFError: it ended before it said anything.
    """
    if not lockdown.LINUX:
        if not control.recv(1):
            raise EOFError("the zygote did not start")
        return 0
    data, ancillary, _, _ = control.recvmsg(1, socket.CMSG_SPACE(_CREDENTIALS.size))
    control.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
    if not data:
        raise EOFError("the zygote did not start")
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            return int(_CREDENTIALS.unpack(content[: _CREDENTIALS.size])[0])
    raise EOFError("the zygote did not say who it is")
