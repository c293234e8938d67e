"""Import torch once inside the sandbox, then fork a fresh process for every learner the host asks for.

The zygote never reads a byte that a learner sent: it forks, kills and reports how a process ended, no more.

It has one client, the host, and obeys three words: settings at the start, then `fork` and `end`. When the host hangs
up, it ends with all its children.
"""

from __future__ import annotations

import base64
import functools
import gc
import json
import os
import signal
import socket
import struct
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from typing import Any

from grader.sandbox import affinity, lockdown

_LENGTH = struct.Struct("<I")
_GRACE_S = 0.1
_NEW_FILE = os.O_WRONLY | os.O_CREAT


# --- the control socket: messages of ours only, on both ends ----------------------------------------------


def send_message(control: socket.socket, message: dict[str, Any]) -> None:
    """Send one message to the other end of a control socket.

    Args:
        message: what JSON can hold.
    """
    data = json.dumps(message).encode()
    control.sendall(_LENGTH.pack(len(data)) + data)


def receive_message(control: socket.socket) -> dict[str, Any]:
    """Receive one message; EOFError when the other end is closed.

    Raises:
        ValueError: it is no message of ours.
    """
    (length,) = _LENGTH.unpack(_receive_exactly(control, _LENGTH.size))
    message = json.loads(_receive_exactly(control, length))
    if not isinstance(message, dict):
        raise ValueError("not a control message")
    return message


def _receive_exactly(control: socket.socket, count: int) -> bytes:
    """That many bytes, however they arrive; EOFError when there are fewer."""
    data = b""
    while len(data) < count:
        chunk = control.recv(count - len(data))
        if not chunk:
            raise EOFError("the control socket is closed")
        data += chunk
    return data


# --- starting ---------------------------------------------------------------------------------------------


def main(control: socket.socket) -> None:
    """Run the zygote on its end of the control socket until the host closes the other. Never returns."""
    try:
        control.sendall(b"!")  # the kernel stamps this byte with our process id as the host sees it
        settings = receive_message(control)
        try:
            _enter(settings)
            gc.disable()  # nothing of what torch makes while it is imported is garbage, and looking takes half a second
            answer = _probe(settings) if settings["probe"] else torch_side().warm_up(settings)
        except BaseException as error:
            send_message(
                control, {"error": f"{type(error).__name__}: {error}", "trace": traceback.format_exc()}
            )
            return
        send_message(control, answer)
        # Objects that are frozen are not written to by the collector, so their memory stays shared with every fork.
        gc.collect()
        gc.freeze()
        gc.enable()
        _serve_host(control, settings)
    except (EOFError, OSError):
        pass  # the host has gone
    finally:
        os._exit(0)


def _enter(settings: dict[str, Any]) -> None:
    """Give up what the zygote itself never needs.

    Args:
        settings: see `grader.sandbox.launch`; None means that a thing is not given up at this level.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the host's to act on
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if settings["uid"] is not None:
        lockdown.become_nobody(settings["uid"])
    if settings["subprocess"]:
        lockdown.die_with_parent()  # changing the user cleared it
    if settings["files"] is not None:
        lockdown.see_only(settings["folders"], settings["files"])
    if settings["filter"] is not None:
        lockdown.never_gain()
        tempfile.tempdir = "/"  # parts of torch ask for its name when imported, and would be refused one


def torch_side() -> Any:
    """The modules that import torch, which takes a second: only when everything is given up, and not for a probe."""
    from grader.sandbox import serving

    return serving


# --- serving the host -------------------------------------------------------------------------------------


def _serve_host(control: socket.socket, settings: dict[str, Any]) -> None:
    """Obey the host until it hangs up. Learners die with this process."""
    children: set[int] = set()
    with open(os.devnull, "wb") as null:  # what went to standard error until now was about starting
        os.dup2(null.fileno(), 2)
    try:
        while True:
            command = receive_message(control)
            match command["do"]:
                case "fork":
                    pid = _fork_guest(control, settings, command)
                    children.add(pid)
                    send_message(control, {"pid": pid})
                case "end":
                    children.discard(command["pid"])
                    send_message(
                        control, _end(command["pid"], grace_s=_GRACE_S if command["gently"] else 0.0)
                    )
    finally:
        for pid in children:
            _end(pid, grace_s=0.0)


def _fork_guest(control: socket.socket, settings: dict[str, Any], command: dict[str, Any]) -> int:
    """Fork, seal the child and let it serve its socket; the parent goes on with the child's process id."""
    _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
    pid = os.fork()
    if pid:
        for descriptor in descriptors:
            os.close(descriptor)
        return pid
    status = 1
    try:
        control.detach()
        if command["core"] is not None:
            affinity.stay_on(command["core"])
        seal(descriptors[0], settings, address_space=command["address_space"])
        with socket.socket(fileno=3) as sock:
            torch_side().serve_learner(sock, settings)
        status = 0
    except (EOFError, OSError):
        status = 0  # the host hung up
    finally:
        os._exit(status)


def seal(descriptor: int, settings: dict[str, Any], *, address_space: int | None) -> None:
    """Close everything that learner code must not reach; its socket is then number 3.

    Args:
        descriptor: the socket to the host.
        settings: what the level asks for.
        address_space: bytes; None for no limit.
    """
    lockdown.die_with_parent()
    if settings["own_group"]:
        os.setpgid(0, 0)
    lockdown.keep_only(descriptor)
    lockdown.limit(
        address_space=address_space,
        cpu_s=settings["cpu_s"],
        threads=settings["threads"],
        open_files=settings["open_files"],
    )
    if settings["filter"] is not None:
        lockdown.never_gain()
        lockdown.load_filter(base64.b64decode(settings["filter"]))


def _end(pid: int, *, grace_s: float) -> dict[str, Any]:
    """Kill a process and say how it ended; `grace_s` lets one that is already leaving finish by itself.

    Returns:
        The exit code, negative for a signal, and whether it was we who killed it.
    """
    until = time.monotonic() + grace_s
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return {"code": os.waitstatus_to_exitcode(status), "killed": False}
        if time.monotonic() >= until:
            break
        time.sleep(0.001)
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
    _, status = os.waitpid(pid, 0)
    return {"code": os.waitstatus_to_exitcode(status), "killed": True}


# --- the probe --------------------------------------------------------------------------------------------


def _probe(settings: dict[str, Any]) -> dict[str, Any]:
    """Seal a child as a learner's process is sealed, let it try the doors, and report those that opened."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        found = ["the probe itself failed"]
        try:
            found = _open_doors(writing, settings)
        except BaseException as error:
            found = [f"{type(error).__name__}: {error}"]
        finally:
            os.write(3, json.dumps(found).encode())
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        report = pipe.read()
    os.waitpid(pid, 0)
    return {"ready": True, "open": json.loads(report or b'["the probe died"]')}


def _open_doors(writing: int, settings: dict[str, Any]) -> list[str]:
    """Try from inside a sealed process what must not work, and name what does."""
    forbidden = settings["forbidden"]
    seal(writing, settings, address_space=None)
    doors: dict[str, Callable[[], object]] = {
        "a socket can be made": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
        "a process can be forked": lambda: os.fork() or os._exit(0),
        "a program can be started": lambda: os.execv(sys.executable, [sys.executable, "-c", ""]),
        "a signal can be sent": lambda: os.kill(os.getppid(), 0),
    }
    for path in forbidden:
        doors[f"{path} can be read"] = functools.partial(_read, path)
    for folder in ("/", "/tmp", "/dev", "/dev/shm"):
        doors[f"{folder} can be written"] = functools.partial(os.open, f"{folder}/brickwork-probe", _NEW_FILE)
    found = [] if os.getuid() != 0 else ["it runs as root"]
    if lockdown.held_capabilities():
        found.append("it holds capabilities")
    for name, attempt in doors.items():
        try:
            attempt()
        except OSError:
            continue
        found.append(name)
    return found


def _read(path: str) -> None:
    """Open a file, or the first one in a folder; OSError where that is refused."""
    if os.path.isdir(path):
        if not os.listdir(path):
            raise FileNotFoundError(path)
        path = os.path.join(path, min(os.listdir(path)))
    os.open(path, os.O_RDONLY)


def start() -> None:
    """Entry of a fresh interpreter: the number of the control socket is the first argument."""
    main(socket.socket(fileno=int(sys.argv[1])))
