"""Ways to run another program."""

import ctypes
import os
import subprocess
import sys

KIND = "escaping"
WORKS_UNSEALED = ("run_a_shell", "spawn_a_program", "start_python", "program_from_memory", "shell_by_libc")


def run_a_shell():
    return subprocess.check_output(["/bin/sh", "-c", "echo it ran"], text=True)


def spawn_a_program():
    pid = os.posix_spawn(sys.executable, [sys.executable, "-c", ""], {})
    return f"process {pid} was spawned: {os.waitpid(pid, 0)}"


def start_python():
    return subprocess.check_output([sys.executable, "-S", "-c", "print('it ran')"], text=True)


def become_another_program():
    os.execv(sys.executable, [sys.executable, "-S", "-c", "import time; time.sleep(3)"])


def program_from_memory():
    """A program without a file."""
    descriptor = os.memfd_create("program")
    with open(sys.executable, "rb") as file:
        os.write(descriptor, file.read())
    return subprocess.check_output(
        [f"/proc/self/fd/{descriptor}", "-S", "-c", "print(1)"], pass_fds=(descriptor,)
    )


def shell_by_libc():
    status = ctypes.CDLL(None).system(b"exit 7")
    if status < 0 or os.waitstatus_to_exitcode(status) != 7:
        raise OSError("system() did not run")
    return "system() ran a shell"
