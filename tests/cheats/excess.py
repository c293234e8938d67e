"""Ways to use more than a submission may: memory, time, threads, output, files, the stack."""

import ctypes
import os
import sys
import threading
import time

import torch

KIND = "exhausting"
MUST = {
    "tensors_without_end": "RuntimeError",
    "lists_without_end": "MemoryError",
    "one_huge_tensor": "RuntimeError",
    "mapped_memory": "MemoryError",
    "endless_loop": "lost",
    "endless_sleep": "lost",
    "endless_loop_that_ignores_everything": "lost",
    "endless_sum": "lost",
    "threads_without_end": "BlockingIOError",
    "flood_of_output": "returned",
    "flood_past_python": "returned",
    "files_without_end": "OSError",
    "leave": "lost",
    "leave_politely": "SystemExit",
    "crash": "lost",
    "abort": "lost",
    "huge_answer": "unsendable",
    "huge_text": "unsendable",
    "long_list": "unsendable",
    "deep_list": "unsendable",
    "huge_exception": "ValueError",
}


def tensors_without_end():
    kept = []
    while True:
        kept.append(torch.ones(4 * 1024 * 1024))


def lists_without_end():
    kept = []
    while True:
        kept.append([0] * 1_000_000)


def one_huge_tensor():
    return torch.empty(2**40)


def mapped_memory():
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    mapped = 0
    while True:
        found = libc.mmap(None, ctypes.c_size_t(2**28), 3, 0x21, -1, ctypes.c_long(0))  # shared, not private
        if found == ctypes.c_void_p(-1).value:
            raise MemoryError(f"{mapped} MiB were mapped")
        mapped += 2**8
        if mapped > 2**14:
            return f"{mapped} MiB of shared memory"


def endless_loop():
    while True:
        pass


def endless_sleep():
    time.sleep(10_000)


def endless_loop_that_ignores_everything():
    while True:
        try:
            while True:
                time.sleep(0.01)
        except BaseException:
            continue


def endless_sum():
    """A loop inside one operator, where Python does not get a word in, over 2**50 entries that take no memory."""
    return torch.ones(()).expand(2**25, 2**25).sum()


def threads_without_end():
    made = 0
    try:
        for _ in range(10_000):
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
            made += 1
    except RuntimeError:
        raise BlockingIOError(f"{made} threads were made") from None
    return f"{made} threads"


def flood_of_output():
    for _ in range(20_000):
        print("x" * 1000)
    sys.stderr.write("y" * 1_000_000)
    return 1


def flood_past_python():
    for number in (1, 2):
        for _ in range(2_000):
            os.write(number, b"x" * 1000)
    return 1


def files_without_end():
    kept = []
    while True:
        kept.append(open("/dev/urandom", "rb"))  # noqa: SIM115 -- keeping them open is the point


def leave():
    os._exit(0)


def leave_politely():
    sys.exit(0)


def crash():
    ctypes.string_at(0)


def abort():
    os.abort()


def huge_answer():
    return torch.zeros(17 * 1024 * 1024)


def huge_text():
    return "x" * (8 * 1024 * 1024)


def long_list():
    return list(range(1_000_000))


def deep_list():
    found = []
    for _ in range(100_000):
        found = [found]
    return found


def huge_exception():
    raise ValueError("x" * 50_000_000)
