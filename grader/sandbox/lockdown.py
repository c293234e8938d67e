"""What a process inside the sandbox gives up, by direct system calls: its user, its files, its limits, its calls.

None of it can be taken back by the process that has done it. Numbers of calls and flags stand here because Python has
no names for them; they are the same on every processor.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import signal
import sys
from collections.abc import Iterable

LINUX = sys.platform == "linux"
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_SECCOMP_MODE_FILTER = 2
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_LANDLOCK_WRITE_FILE, _LANDLOCK_READ_FILE, _LANDLOCK_READ_DIR = 1 << 1, 1 << 2, 1 << 3
_CAPABILITY_VERSION_3 = 0x20080522


class _FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    """The result of a C call; OSError with the reason where it is negative."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def _prctl(option: int, argument: int = 0, more: object = 0) -> None:
    """Raises:
    OSError: the kernel refuses.
    """
    _checked(_libc().prctl(option, ctypes.c_ulong(argument), more, 0, 0), f"prctl {option}")


def die_with_parent() -> None:
    """Be killed when the process that made this one ends."""
    if LINUX:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL.value)


def become_nobody(uid: int) -> None:
    """Leave root for good: another user, no groups, no capability.

    Args:
        uid: a user and group that nothing on this machine belongs to.

    Raises:
        OSError: it could not be done, or something of root is left.
    """
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    nothing = (ctypes.c_uint32 * 6)()
    _checked(_libc().capset((ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0), nothing), "capset")
    if held_capabilities():
        raise OSError("capabilities are left after leaving root")


def held_capabilities() -> int:
    """The capabilities this process holds or could take back, as bits."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; low and high halves
    _checked(_libc().capget(header, data), "capget")
    return int(data[0] | data[1] | data[2] | (data[3] | data[4] | data[5]) << 32)


def never_gain() -> None:
    """Rule out new privileges and being traced or dumped.

    Without it the kernel would take no filter from an ordinary user.
    """
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_DUMPABLE, 0)


def landlock_version() -> int:
    """Which landlock the kernel has; 0 for none."""
    return max(0, int(_libc().syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)))


def see_only(folders: Iterable[str], files: Iterable[str]) -> None:
    """Leave nothing of the file system but reading `files`, whole folders too, and listing `folders`.

    Args:
        folders: may be listed, but their files not read.
        files: may be read; a folder stands for all that is in it.

    Raises:
        OSError: the kernel refuses, or has no landlock.
    """
    version = landlock_version()
    # Each version of landlock knows more rights; one that is not named here would stay allowed.
    file_rights = (1 << (13 + (version >= 2) + (version >= 3) + (version >= 5))) - 1
    network_rights = 3 if version >= 4 else 0
    scopes = 3 if version >= 6 else 0
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = _Ruleset(file_rights, network_rights, scopes)
    number = _checked(
        _libc().syscall(_LANDLOCK_CREATE, ctypes.byref(ruleset), ctypes.c_size_t(size), 0), "landlock"
    )
    try:
        for path in folders:
            _allow_path(number, path, _LANDLOCK_READ_DIR)
        for path in files:
            _allow_path(
                number, path, _LANDLOCK_READ_FILE | (_LANDLOCK_READ_DIR if os.path.isdir(path) else 0)
            )
        _allow_path(number, os.devnull, _LANDLOCK_READ_FILE | _LANDLOCK_WRITE_FILE)
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        _checked(_libc().syscall(_LANDLOCK_RESTRICT, number, 0), "landlock")
    finally:
        os.close(number)


def _allow_path(ruleset: int, path: str, rights: int) -> None:
    """Make one exception; a path that is not there needs none."""
    try:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        rule = _PathRule(rights, folder)
        _checked(_libc().syscall(_LANDLOCK_ADD, ruleset, 1, ctypes.byref(rule), 0), f"landlock {path}")
    finally:
        os.close(folder)


def keep_only(descriptor: int) -> int:
    """Close every open file but `descriptor`; standard input and output become the null device. Its new number.

    The socket becomes number 3, so that whoever serves on it need not be told.
    """
    null = os.open(os.devnull, os.O_RDWR)
    descriptor = os.dup(descriptor) if descriptor < 4 else descriptor
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.dup2(descriptor, 3)
    os.closerange(4, min(os.sysconf("SC_OPEN_MAX"), 2**20))
    return 3


def limit(*, address_space: int | None, cpu_s: int, threads: int | None, open_files: int) -> None:
    """Set the limits of this process; nothing in it can raise them again.

    Args:
        address_space: bytes in all, torch's own included.
        cpu_s: seconds of processor time, after which the kernel ends the process.
        threads: processes and threads of this user; None leaves it as it is.
        open_files: how many at once.
    """
    import resource

    limits = [
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, open_files),
        (resource.RLIMIT_CPU, cpu_s),
    ]
    if threads is not None:
        limits.append((resource.RLIMIT_NPROC, threads))
    if address_space is not None:
        limits.append((resource.RLIMIT_AS, address_space))
    for kind, value in limits:
        # Other systems know fewer limits, and a limit already lower than ours stays.
        with contextlib.suppress(*(() if LINUX else (ValueError, OSError))):
            hard = resource.getrlimit(kind)[1]
            unbounded = hard == resource.RLIM_INFINITY
            value = value if unbounded else min(value, hard)
            # At the limit of its processor time a process gets a signal of its own; at the hard one SIGKILL, which
            # says nothing of who is to blame.
            later = kind == resource.RLIMIT_CPU and (unbounded or value < hard)
            resource.setrlimit(kind, (value, value + later))


def load_filter(program: bytes) -> None:
    """Put this process under a system-call filter; there is no way back.

    Args:
        program: instructions of 8 bytes each, see `grader.sandbox.seccomp`.
    """
    instructions = ctypes.create_string_buffer(program, len(program))
    described = _FilterProgram(len(program) // 8, ctypes.addressof(instructions))
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(described))
