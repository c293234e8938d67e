"""Ways to read what is not for a learner."""

import os

KIND = "reading"
WORKS_UNSEALED = (
    "users",
    "environment_of_the_first_process",
    "own_environment_file",
    "host_name_of_the_machine",
    "solutions",
    "checks",
    "engine",
    "whole_file_system",
)
_CHECKOUT = "@CHECKOUT@"


def _first_file(folder):
    names = [name for name in sorted(os.listdir(folder)) if name.endswith(".py")]
    if not names:
        raise FileNotFoundError(f"{folder} shows no Python file")
    with open(os.path.join(folder, names[0])) as file:
        return f"{names[0]}: {file.read()[:40]}"


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


def other_open_files():
    """Open files that came along from the zygote or the host."""
    for number in range(4, 1024):
        try:
            os.fstat(number)
        except OSError:
            continue
        return f"file {number} is open"
    raise PermissionError("only its own are open")
