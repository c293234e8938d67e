"""Build the system-call filter that a learner's process runs under: everything it does not need is refused."""

from __future__ import annotations

import contextlib
import errno
import os
from functools import cache
from typing import Any

# What computing with tensors needs: memory, time, its own open files, reading modules, threads of its own.
ALLOWED = """
    read readv pread64 write writev close lseek fstat stat lstat newfstatat statx access faccessat faccessat2
    readlink readlinkat getcwd getdents getdents64 fcntl dup dup2 dup3
    mmap munmap mprotect mremap madvise brk mincore
    futex set_robust_list get_robust_list rseq membarrier sched_yield sched_getaffinity getcpu
    rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack restart_syscall
    clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times getrusage
    getpid gettid getppid getuid geteuid getgid getegid getgroups getresuid getresgid uname sysinfo getrandom
    capget
    poll ppoll select pselect6 recvfrom recvmsg sendto sendmsg getsockname getpeername getsockopt
    exit exit_group set_tid_address getrlimit
""".split()  # readable as words, not as a hundred lines

# Each of these was a way out, or a way to the host, the zygote or another learner. Refused by name so that the
# answer is "not permitted", and so that the CUDA filter, which allows what it does not know, refuses them too.
DENIED = """
    socket socketpair connect bind listen accept accept4
    execve execveat fork vfork
    ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp
    kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_open pidfd_getfd pidfd_send_signal
    setrlimit setpriority sched_setscheduler sched_setattr sched_setparam
    mount umount2 pivot_root chroot move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr
    unshare setns io_uring_setup io_uring_enter io_uring_register bpf userfaultfd perf_event_open
    keyctl add_key request_key open_by_handle_at name_to_handle_at personality memfd_create memfd_secret
    init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff acct quotactl
    setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid setfsgid capset seccomp
    creat mknod mknodat mkdir mkdirat unlink unlinkat rename renameat renameat2 link linkat symlink symlinkat
    truncate ftruncate chmod fchmod fchmodat chown fchown lchown fchownat utimensat setxattr lsetxattr fsetxattr
    setsid setpgid shmget shmat shmctl semget semop semctl msgget msgsnd msgrcv mq_open mq_unlink
""".split()  # readable as words, not as a hundred lines

# Absent rather than refused: glibc then makes its threads with clone, whose flags a filter can read.
ABSENT = ("clone3", "openat2")

_WRITE_FLAGS = 0o1 | 0o2 | 0o100 | 0o1000  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC
_CLONE_THREAD = 0x00010000
_CLONE_NAMESPACES = 0x7E020080
_IOCTLS = (0x5401, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
_PRCTLS = (15, 16)  # PR_SET_NAME, PR_GET_NAME
_PRCTLS_OF_ESCAPE = (1, 4)  # PR_SET_PDEATHSIG, PR_SET_DUMPABLE


class FilterUnavailable(Exception):
    """This machine cannot build the filter.

    Args:
        reason: why not, in words.
        is_package: whether the Python package is missing, not the system's library.
    """

    def __init__(self, reason: str, *, is_package: bool) -> None:
        super().__init__(reason)
        self.is_package = is_package


@cache
def build_filter(device: str = "cpu") -> bytes:
    """The filter as a BPF program; FilterUnavailable without libseccomp.

    For the CPU it allows a list and refuses the rest. A CUDA driver needs calls that nobody lists, so there the
    filter allows what it does not know and refuses the known holes.

    Args:
        device: "cpu" for the strict filter.
    """
    try:
        import pyseccomp as seccomp
    except ImportError:
        raise FilterUnavailable("the Python package pyseccomp is not installed", is_package=True) from None
    except (RuntimeError, OSError) as error:
        reason = f"the library libseccomp.so.2 is missing ({error})"
        raise FilterUnavailable(reason, is_package=False) from None

    strict = device == "cpu"
    program = seccomp.SyscallFilter(seccomp.ERRNO(errno.ENOSYS) if strict else seccomp.ALLOW)
    program.set_attr(seccomp.Attr.ACT_BADARCH, seccomp.KILL_PROCESS)
    refuse = seccomp.ERRNO(errno.EPERM)
    for name in DENIED:
        _add(program, refuse, name)
    if strict:
        for name in ALLOWED:
            _add(program, seccomp.ALLOW, name)
        _allow_by_argument(program, seccomp)
    else:
        for name in ABSENT:
            _add(program, seccomp.ERRNO(errno.ENOSYS), name)
        _refuse_by_argument(program, seccomp)
    # In memory: a machine without a writable folder can seal a submission all the same.
    with open(os.memfd_create("filter"), "w+b") as file:
        program.export_bpf(file)
        file.seek(0)
        return file.read()


def _allow_by_argument(program: Any, seccomp: Any) -> None:
    """Calls that are harmless with some arguments only."""

    def masked(index: int, mask: int, value: int) -> Any:
        return seccomp.Arg(index, seccomp.MASKED_EQ, mask, value)

    _add(program, seccomp.ALLOW, "open", masked(1, _WRITE_FLAGS, 0))
    _add(program, seccomp.ALLOW, "openat", masked(2, _WRITE_FLAGS, 0))
    _add(program, seccomp.ALLOW, "clone", masked(0, _CLONE_THREAD | _CLONE_NAMESPACES, _CLONE_THREAD))
    own_limits = (seccomp.Arg(0, seccomp.EQ, 0), seccomp.Arg(2, seccomp.EQ, 0))
    _add(program, seccomp.ALLOW, "prlimit64", *own_limits)
    for request in _IOCTLS:
        _add(program, seccomp.ALLOW, "ioctl", masked(1, 0xFFFFFFFF, request))
    for option in _PRCTLS:
        _add(program, seccomp.ALLOW, "prctl", masked(0, 0xFFFFFFFF, option))


def _refuse_by_argument(program: Any, seccomp: Any) -> None:
    """The same for the filter that allows what it does not know: the harmful arguments are refused."""
    refuse = seccomp.ERRNO(errno.EPERM)
    _add(program, refuse, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, _CLONE_THREAD, 0))
    _add(program, refuse, "prlimit64", seccomp.Arg(2, seccomp.NE, 0))
    _add(program, refuse, "prlimit64", seccomp.Arg(0, seccomp.NE, 0))
    for option in _PRCTLS_OF_ESCAPE:
        _add(program, refuse, "prctl", seccomp.Arg(0, seccomp.MASKED_EQ, 0xFFFFFFFF, option))


def _add(program: Any, action: int, name: str, *arguments: Any) -> None:
    """Add one rule."""
    # A name unknown to this processor or to an older libseccomp is left out; the CPU filter refuses it by default.
    with contextlib.suppress(OSError, ValueError):
        program.add_rule(action, name, *arguments)
