"""Ways to read what is not for a learner, and to write anything at all."""

import os
import sys

import torch

WORKS_UNSEALED = (
    "users",
    "environment_of_the_first_process",
    "own_environment_file",
    "host_name_of_the_machine",
    "solutions",
    "checks",
    "engine",
    "whole_file_system",
    "write_to_tmp",
    "write_to_shared_memory",
    "write_beside_torch",
    "nameless_file",
    "file_in_memory",
    "device_node",
)
_CHECKOUT = "@CHECKOUT@"


def _first_file(folder):
    names = [name for name in sorted(os.listdir(folder)) if name.endswith(".py")]
    if not names:
        raise FileNotFoundError(f"{folder} shows no Python file")
    with open(os.path.join(folder, names[0])) as file:
        return f"{names[0]}: {file.read()[:40]}"


def _new_file(folder):
    path = os.path.join(folder, f"brickwork-hostile-{os.getpid()}")
    with open(path, "w"):
        os.unlink(path)
    return f"{path} was written"


def users():
    with open("/etc/passwd") as file:
        return file.read()[:40]


def environment_of_the_first_process():
    with open("/proc/1/environ", "rb") as file:
        file.read()
    return "the environment of process 1"


def own_environment_file():
    with open("/proc/self/environ", "rb") as file:
        file.read()
    return "a /proc"


def host_name_of_the_machine():
    with open("/proc/sys/kernel/hostname") as file:
        return file.read()


def solutions():
    return _first_file(f"{_CHECKOUT}/solutions")


def checks():
    return _first_file(f"{_CHECKOUT}/grader/checks")


def engine():
    return _first_file(f"{_CHECKOUT}/grader")


def whole_file_system():
    """Look at every name there is for a check, a solution, or something that can be written."""
    for folder, folders, names in os.walk("/"):
        folders[:] = [name for name in folders if not os.path.islink(os.path.join(folder, name))]
        if folder == "/":
            folders[:] = [name for name in folders if name not in ("proc", "sys")]
        for name in names:
            path = os.path.join(folder, name)
            if name.startswith("ch0") and name.endswith(".py"):
                return f"found {path}"
            if (
                os.path.isfile(path)
                and os.access(path, os.W_OK)
                and path not in ("/dev/null", "/dev/urandom")
            ):
                return f"may write {path}"
        if os.access(folder, os.W_OK):
            return f"may write {folder}"
    raise PermissionError("nothing found")


def write_to_root():
    return _new_file("/")


def write_to_tmp():
    os.makedirs("/tmp", exist_ok=True)
    return _new_file("/tmp")


def write_to_dev():
    return _new_file("/dev")


def write_to_shared_memory():
    return _new_file("/dev/shm")


def write_to_the_current_folder():
    return _new_file(".")


def write_beside_torch():
    return _new_file(os.path.dirname(torch.__file__))


def write_to_the_grader():
    return _new_file(os.path.dirname(sys.modules["grader.sandbox.guest"].__file__))


def change_the_guest():
    path = sys.modules["grader.sandbox.guest"].__file__
    with open(path, "a"):
        return f"{path} is open for writing"


def delete_the_guest():
    os.unlink(sys.modules["grader.sandbox.guest"].__file__)
    return "it is deleted"


def shorten_the_guest():
    os.truncate(sys.modules["grader.sandbox.guest"].__file__, 0)
    return "it is empty"


def rename_the_guest():
    path = sys.modules["grader.sandbox.guest"].__file__
    os.rename(path, path + ".old")
    return "it is renamed"


def make_a_folder():
    os.mkdir("/tmp/brickwork-hostile")
    return "a folder"


def nameless_file():
    return f"a nameless file: {os.open('/tmp', os.O_TMPFILE | os.O_RDWR)}"


def file_in_memory():
    return f"a file in memory: {os.memfd_create('memory')}"


def device_node():
    os.mknod("/tmp/brickwork-hostile-node", 0o600)
    os.unlink("/tmp/brickwork-hostile-node")
    return "a node"


def change_a_mode():
    os.chmod(torch.__file__, 0o777)
    return "a mode was changed"


def other_open_files():
    """Open files that came along from the zygote or the host."""
    for number in range(4, 1024):
        try:
            os.fstat(number)
        except OSError:
            continue
        return f"file {number} is open"
    raise PermissionError("only its own are open")
