"""Ways into the kernel that no computation with tensors needs. Numbers above 424 are the same on every processor."""

import ctypes
import mmap
import os

KIND = "escaping"
WORKS_UNSEALED = ("personality", "perf_event", "io_uring", "watch_page_faults", "key_ring")
_libc = ctypes.CDLL(None, use_errno=True)
_MACHINE = os.uname().machine
_CLONE_NEWUSER = 0x10000000


def _checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _call(x86_64, aarch64, *arguments):
    return _checked(_libc.syscall({"x86_64": x86_64, "aarch64": aarch64}[_MACHINE], *arguments))


def mount():
    _checked(_libc.mount(b"none", b"/tmp", b"tmpfs", 0, None))
    return "a file system was mounted"


def unmount():
    _checked(_libc.umount2(b"/", 2))
    return "the root was unmounted"


def mount_the_new_way():
    return f"a file system context: {_call(430, 430, b'tmpfs', 0)}"


def change_the_root():
    os.chroot("/")
    return "another root"


def pivot_the_root():
    _call(155, 41, b"/", b"/")
    return "another root"


def new_user_namespace():
    _checked(_libc.unshare(_CLONE_NEWUSER))
    return "root in a namespace of its own"


def new_namespaces_for_a_thread():
    """The flag of a thread with those of a namespace."""
    flags = 0x00010000 | 0x00000800 | 0x00000100 | _CLONE_NEWUSER
    _call(56, 220, flags, 0, 0, 0, 0)
    return "a thread in a namespace of its own"


def enter_a_namespace():
    _checked(_libc.setns(3, 0))
    return "another namespace"


def io_uring():
    return f"a ring: {_call(425, 425, 4, (ctypes.c_uint32 * 32)())}"


def load_a_bpf_program():
    return f"a map: {_call(321, 280, 0, (ctypes.c_uint32 * 32)(2, 4, 8, 1), 128)}"


def watch_page_faults():
    return f"a file of page faults: {_call(323, 282, 1)}"


def perf_event():
    attributes = (ctypes.c_uint32 * 32)(1, 128)
    attributes[10] = 0b1100001  # disabled, without the kernel
    return f"a counter: {_call(298, 241, attributes, 0, -1, -1, 0)}"


def key_ring():
    return f"a key: {_call(248, 217, b'user', b'brickwork', b'x', 1, -2)}"


def key_control():
    return f"a key ring: {_call(250, 219, 0, -3, 1)}"


def open_by_handle():
    return f"a file: {_call(304, 265, -100, (ctypes.c_uint32 * 16)(8, 1), 0)}"


def personality():
    return f"a personality: {_call(135, 92, 0xFFFFFFFF)}"


def secret_memory():
    return f"secret memory: {_call(447, 447, 0)}"


def load_a_module():
    _call(313, 273, 3, b"", 0)
    return "a module"


def another_filter():
    return f"a filter: {_call(317, 277, 0, 8, 0)}"


def change_the_clock():
    _call(227, 112, 0, (ctypes.c_uint64 * 2)())
    return "another time"


def kernel_log():
    buffer = ctypes.create_string_buffer(64)
    _call(103, 116, 3, buffer, 64)
    return "the kernel's log"


def shared_memory_of_old():
    return f"shared memory: {_call(29, 194, 0, 4096, 0o1600)}"


def message_queue():
    return f"a queue: {_call(68, 186, 0, 0o1600)}"


def other_calling_convention():
    """A socket by the number that the x32 convention has for it."""
    return f"a socket: {_checked(_libc.syscall(0x40000000 + 41, 1, 1, 0))}"


def old_calling_convention():
    """A socket through the 32-bit gate, which filters of 64-bit calls have overlooked before."""
    code = bytes.fromhex("53 b8 67010000 bb 01000000 b9 01000000 31d2 cd80 5b c3".replace(" ", ""))
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    function = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    result = function()
    if result < 0:
        raise OSError(-result, os.strerror(-result))
    return f"a socket: {result}"
