"""What a process in the sandbox may see of this machine's files: the interpreter, its packages and this folder."""

from __future__ import annotations

import importlib.util
import os
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_NEEDED = ("torch", "numpy", "msgspec", "onnx")
_SYSTEM_LIBRARIES = ("/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32")
_OLD_LIBRARIES = ("/lib", "/lib32", "/lib64", "/libx32")
_CUDA_LIBRARIES = ("/usr/local/cuda", "/usr/local/nvidia", "/etc/alternatives")


@dataclass(frozen=True)
class Layout:
    """The files of a sandbox, under the same names as outside.

    Args:
        interpreter: the Python to start, past every symlink.
        search_path: where its packages are.
        folder: the folder of this module, the only part of the grader that goes inside.
        readable: files and folders to show, `folder` included.
        links: symbolic links to make, and what they point to.
        hidden: folders whose content stays outside although they lie in a readable one.
    """

    interpreter: Path
    search_path: tuple[Path, ...]
    folder: Path
    readable: tuple[Path, ...]
    links: tuple[tuple[Path, str], ...]
    hidden: tuple[Path, ...]

    def forbidden(self) -> tuple[str, ...]:
        """Files and folders that a probe tries to read, and must not."""
        package = self.folder.parent
        inside = [path for path in (package / "checks", package.parent / "solutions") if path.exists()]
        return ("/etc/passwd", "/proc/self/environ", str(package / "errors.py"), *map(str, inside))


@cache
def find_layout(device: str = "cpu") -> Layout:
    """Look up this interpreter's files.

    Args:
        device: "cuda" shows the driver's libraries too.
    """
    interpreter = Path(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))
    prefix = Path(os.path.realpath(sys.base_prefix))
    folder = Path(os.path.realpath(__file__)).parent
    search_path = _search_path()
    libraries = [Path(name) for name in _SYSTEM_LIBRARIES if os.path.isdir(name) and not os.path.islink(name)]
    links = []
    for name in _OLD_LIBRARIES:
        if os.path.islink(name):
            links.append((Path(name), os.readlink(name)))
        elif os.path.isdir(name):
            libraries.append(Path(name))
    if prefix != Path("/usr"):
        libraries += [prefix / name for name in {"lib", sys.platlibdir} if (prefix / name).is_dir()]
    if device != "cpu":
        libraries += [Path(name) for name in _CUDA_LIBRARIES if os.path.isdir(name)]
    cache_file = Path("/etc/ld.so.cache")
    files = [path for path in (interpreter, cache_file) if path.is_file()]
    package = folder.parent
    checkout = [] if package.parent in search_path else [package.parent]
    # An editable install leaves the course's files in a folder of the package's name beside other packages.
    copies = [path / package.name for path in search_path if (path / package.name).is_dir()]
    return Layout(
        interpreter=interpreter,
        search_path=search_path,
        folder=folder,
        readable=tuple(dict.fromkeys([*libraries, *files, *search_path, folder])),
        links=tuple(links),
        hidden=tuple(dict.fromkeys([*checkout, package, *copies])),
    )


def _search_path() -> tuple[Path, ...]:
    """The folders that installed packages lie in; a checkout on the path is not one of them."""
    found = [Path(entry) for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")]
    for name in _NEEDED:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            found.append(Path(spec.origin).parent.parent)
    real = (Path(os.path.realpath(path)) for path in found if path.is_dir())
    return tuple(dict.fromkeys(real))


def bubblewrap_mounts(layout: Layout, device: str = "cpu") -> list[str]:
    """The part of a bubblewrap command line that shows `layout` and nothing else, all of it read-only.

    Returns:
        Words of the command line; the last makes the root itself read-only.
    """
    mounts = {path: ["--ro-bind", str(path), str(path)] for path in layout.readable}
    for path in layout.hidden:
        mounts.setdefault(path, ["--tmpfs", str(path)])
    for path, target in layout.links:
        mounts[path] = ["--symlink", target, str(path)]
    for name in _devices(device):
        mounts[Path(name)] = ["--dev-bind", name, name]
    arguments: list[str] = []
    made: set[Path] = {Path("/")}
    # Outer folders first, so that what is hidden in a folder and what is shown in the hidden lie on top of it.
    for path, mount in sorted(mounts.items(), key=lambda item: (len(item[0].parts), item[0])):
        for parent in reversed(path.parents):
            if parent not in made:  # left to itself bubblewrap makes them readable by their owner only
                arguments += ["--perms", "0755", "--dir", str(parent)]
                made.add(parent)
        arguments += mount
        made.add(path)
    if device != "cpu":
        arguments += ["--proc", "/proc"]
    for path in layout.hidden:
        if mounts[path][0] == "--tmpfs":
            arguments += ["--remount-ro", str(path)]
    return [*arguments, "--remount-ro", "/"]


def landlock_paths(layout: Layout) -> tuple[list[str], list[str]]:
    """Folders that may be listed, and files and folders that may be read.

    Landlock can only allow: where a folder holds something hidden, its other parts are named one by one.
    """
    hidden = set(layout.hidden)
    readable = [part for path in layout.readable if path != layout.folder for part in _without(path, hidden)]
    folders = [str(path) for path in layout.readable if path.is_dir()]
    return folders, [*readable, str(layout.folder), "/dev/urandom"]


def _without(path: Path, hidden: set[Path]) -> list[str]:
    """The largest parts of `path` that hold nothing hidden."""
    if path in hidden:
        return []
    if not any(path in other.parents for other in hidden):
        return [str(path)]
    return [part for child in sorted(path.iterdir()) for part in _without(child, hidden)]


def _devices(device: str) -> list[str]:
    """The device files that are needed; a GPU's where it is used."""
    names = ["/dev/null", "/dev/urandom"]
    if device != "cpu":
        names += sorted(str(path) for path in Path("/dev").glob("nvidia*"))
    return names
