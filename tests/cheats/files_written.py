"""Ways to write, change or delete a file, anywhere."""

import os
import sys

import torch

KIND = "escaping"
WORKS_UNSEALED = (
    "write_to_tmp",
    "write_to_shared_memory",
    "write_beside_torch",
    "nameless_file",
    "file_in_memory",
    "device_node",
)


def _new_file(folder):
    path = os.path.join(folder, f"brickwork-hostile-{os.getpid()}")
    with open(path, "w"):
        os.unlink(path)
    return f"{path} was written"


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
