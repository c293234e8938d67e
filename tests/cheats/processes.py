"""Ways to make processes, and to reach those of others: the zygote, the host, another learner."""

import ctypes
import os
import resource
import signal
import threading

KIND = "escaping"
WORKS_UNSEALED = (
    "fork",
    "fork_by_libc",
    "clone_a_process",
    "clone_the_new_way",
    "fork_in_a_thread",
    "see_the_parent",
    "open_the_parent",
    "read_the_parent",
    "limit_the_parent",
    "slow_down_the_parent",
    "leave_the_session",
)
_libc = ctypes.CDLL(None, use_errno=True)
_CLONE3, _PIDFD_OPEN, _PRLIMIT, _TGKILL = (
    435,
    434,
    {"x86_64": 302, "aarch64": 261},
    {"x86_64": 234, "aarch64": 131},
)
_CLONE = {"x86_64": 56, "aarch64": 220}
_ZYGOTE = 1
_MACHINE = os.uname().machine


def _checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _parent():
    return os.getppid()


def fork():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return f"process {pid} was forked"


def fork_by_libc():
    pid = _checked(_libc.fork())
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return f"process {pid} was forked"


def clone_a_process():
    """A process by the raw call, without the flag that makes it a thread."""
    pid = _checked(_libc.syscall(_CLONE[_MACHINE], signal.SIGCHLD.value, 0, 0, 0, 0))
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return f"process {pid} was cloned"


def clone_the_new_way():
    arguments = (ctypes.c_uint64 * 11)()
    arguments[4] = signal.SIGCHLD.value
    pid = _checked(_libc.syscall(_CLONE3, arguments, ctypes.sizeof(arguments)))
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return f"process {pid} was cloned"


def fork_in_a_thread():
    gained, refused = [], []

    def attempt():
        try:
            gained.append(fork())
        except OSError as error:
            refused.append(error)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    if refused:
        raise refused[0]
    return gained[0]


def see_the_parent():
    os.kill(_parent(), 0)
    return "the parent can be signalled"


def kill_the_parent():
    os.kill(_parent(), signal.SIGKILL)
    return "the parent was sent SIGKILL"


def kill_the_zygote():
    os.kill(_ZYGOTE, signal.SIGKILL)
    return "the zygote was sent SIGKILL"


def kill_everything():
    os.kill(-1, signal.SIGKILL)
    return "everything was sent SIGKILL"


def kill_a_thread_of_the_zygote():
    _checked(_libc.syscall(_TGKILL[_MACHINE], _ZYGOTE, _ZYGOTE, signal.SIGKILL.value))
    return "the zygote's thread was sent SIGKILL"


def open_the_parent():
    return f"a handle on the parent: {_checked(_libc.syscall(_PIDFD_OPEN, _parent(), 0))}"


def trace_the_parent():
    _checked(_libc.ptrace(16, _parent(), None, None))
    return "the parent is traced"


def read_the_parent():
    """The parent's memory: a fork has everything at the same place."""
    wanted = ctypes.create_string_buffer(b"secret")
    found = ctypes.create_string_buffer(6)

    class Span(ctypes.Structure):
        _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))

    here, there = Span(ctypes.addressof(found), 6), Span(id(_libc), 6)
    _checked(_libc.process_vm_readv(_parent(), ctypes.byref(here), 1, ctypes.byref(there), 1, 0))
    return f"memory of the parent: {found.raw!r} {wanted.raw!r}"


def write_the_parent():
    class Span(ctypes.Structure):
        _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))

    here = Span(id(_libc), 8)
    _checked(_libc.process_vm_writev(_parent(), ctypes.byref(here), 1, ctypes.byref(here), 1, 0))
    return "memory of the parent was written"


def limit_the_parent():
    limits = (ctypes.c_uint64 * 2)()
    _checked(_libc.syscall(_PRLIMIT[_MACHINE], _parent(), resource.RLIMIT_CORE, None, limits))
    return f"limits of the parent: {list(limits)}"


def lift_own_limits():
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return "no limit of memory"


def slow_down_the_parent():
    os.setpriority(os.PRIO_PROCESS, _parent(), 19)
    return "the parent runs slower"


def leave_the_session():
    os.setsid()
    return "in a session of its own"


def become_root():
    os.setuid(0)
    return "root"


def outlive_the_zygote():
    """Clear the wish to die with the parent, and be dumpable again."""
    _checked(_libc.prctl(1, 0, 0, 0, 0))
    return "it would outlive the zygote"


def be_dumped():
    _checked(_libc.prctl(4, 1, 0, 0, 0))
    return "it can be dumped"
