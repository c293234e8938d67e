"""Hash whatever a verdict depends on: the rooms of the kit that judge, and the libraries they compute with."""

from __future__ import annotations

import ast
import hashlib
import platform
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from grader.syntax import PARSER

PACKAGE = Path(__file__).resolve().parents[1]
# Whole rooms, so that nobody has to think of this list when a module is added or renamed inside one. They are all
# that the engine imports, directly or not; a test holds them to that. The checks of a chapter are hashed apart,
# each file for itself: one of them says nothing about the other chapters.
VERDICT_ROOMS = (
    "records.py",
    "errors.py",
    "syntax.py",
    "language.py",
    "text.py",
    "course",
    "submissions",
    "rules",
    "sandbox",
    "checking",
    "engine",
)
# Their results enter verdicts: tensors, generated inputs, quantization, models. The other dependencies only show.
LIBRARIES = ("torch", "hypothesis", "numpy", "onnx")


def verdict_sha256(package: Path = PACKAGE) -> str:
    """What a verdict depends on besides the submission and its checks: code that judges, libraries, Python.

    Args:
        package: the folder of the package `grader`.
    """
    return hashlib.sha256(f"{rooms_sha256(package, VERDICT_ROOMS)}\n{_versions()}".encode()).hexdigest()


@cache
def written_sha256(package: Path = PACKAGE) -> str:
    """As `verdict_sha256`, of every byte: a comment changes it too, and it takes a fiftieth of the time.

    Args:
        package: the folder of the package `grader`.
    """
    digest = hashlib.sha256(_versions().encode())
    for file in _files_in(package, VERDICT_ROOMS):
        digest.update(f"\n{file.relative_to(package).as_posix()} ".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


@cache
def rooms_sha256(package: Path, rooms: Iterable[str]) -> str:
    """All code of some rooms (folders or modules of `package`), with the names of its files, in one hash."""
    digest = hashlib.sha256()
    for file in _files_in(package, rooms):
        digest.update(f"{file.relative_to(package).as_posix()} {source_sha256(file)}\n".encode())
    return digest.hexdigest()


def _files_in(package: Path, rooms: Iterable[str]) -> Iterator[Path]:
    for room in rooms:
        path = package / room
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def source_sha256(file: Path) -> str:
    """The code of a Python file in one hash; layout and comments do not change it.

    The syntax tree is what Python runs, and it has everything that can change a verdict, docstrings included: they
    are the titles of checks and the names of mistakes. A file that Python cannot read is hashed as it is.
    """
    return content_sha256(file.read_bytes())


# Checks are the same with each save, and to parse their file took longer than to run them.
@lru_cache(maxsize=32)
def content_sha256(content: bytes) -> str:
    """As `source_sha256`, of what a file holds."""
    try:
        with PARSER:
            text = ast.dump(ast.parse(content))
    except (SyntaxError, ValueError):  # whoever runs it will say so
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@cache
def _versions() -> str:
    # A syntax tree is written differently by each version of Python, which may compute differently as well.
    python = ".".join(platform.python_version_tuple()[:2])
    return "\n".join([f"python {python}", *(f"{name} {_version(name)}" for name in LIBRARIES)])


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
