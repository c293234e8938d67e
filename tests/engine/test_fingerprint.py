"""A verdict is hashed with all that it depends on, and with nothing else."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.engine import fingerprint
from grader.engine.fingerprint import PACKAGE, VERDICT_ROOMS, source_sha256, verdict_sha256, written_sha256
from grader.proof.fingerprint import PROOF_ROOMS, prover_sha256


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the kit to change."""
    shutil.copytree(PACKAGE, tmp_path / "grader", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "grader"


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    """The hash is worked out once per process; here the files change."""
    yield
    fingerprint.rooms_sha256.cache_clear()


def hashes(package: Path) -> tuple[str, str]:
    """What a verdict and what a proof depends on."""
    fingerprint.rooms_sha256.cache_clear()
    return verdict_sha256(package), prover_sha256(package)


# --- everything that is imported is hashed ----------------------------------------------------------------


def module_file(name: str) -> Path | None:
    """The file of a module of the kit; None for a name that is no module."""
    path = PACKAGE.joinpath(*name.split(".")[1:])
    found = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return found if found.is_file() else None


def imported_by(file: Path) -> Iterator[Path]:
    """The files of the kit that a file imports, anywhere in it, with the rooms they lie in.

    Not the __init__ of the whole: it only hands on `brick.check` and the like, to notebooks.
    """
    for node in ast.walk(ast.parse(file.read_bytes())):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            names = [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "grader":
                for length in range(2, len(parts) + 1):
                    found = module_file(".".join(parts[:length]))
                    if found is not None:
                        yield found


def reached_from(*rooms: str) -> set[str]:
    """All files of the kit that some rooms import, directly or not, relative to the package."""
    waiting = [file for room in rooms for file in (PACKAGE / room).rglob("*.py")]
    found = set(waiting)
    while waiting:
        fresh = set(imported_by(waiting.pop())) - found
        found |= fresh
        waiting += fresh
    return {file.relative_to(PACKAGE).as_posix() for file in found}


def outside(files: set[str], rooms: tuple[str, ...]) -> set[str]:
    return {file for file in files if file not in rooms and file.split("/")[0] not in rooms}


def test_all_that_the_engine_and_the_checks_import_is_in_the_hash_of_a_verdict() -> None:
    found = reached_from("engine", "checking")

    assert {"sandbox/guest.py", "checking/comparison.py", "records.py"} <= found
    assert outside(found, VERDICT_ROOMS) == set()
    assert outside(reached_from("checks"), (*VERDICT_ROOMS, "checks")) == set()


def test_all_that_proving_imports_is_in_the_hash_of_a_proof() -> None:
    # The memory of proofs lies in the workspace; it proves nothing.
    found = reached_from("proof") - reached_from("workspace")

    assert {"proof/mutants.py", "proof/false_failures.py"} <= found
    assert outside(found, (*VERDICT_ROOMS, *PROOF_ROOMS)) == set()


# --- each hash moves when, and only when, it must ---------------------------------------------------------


def replaced(package: Path, file: str, old: str, new: str) -> None:
    path = package / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "moves"),
    [
        ("checking/comparison.py", "rtol", "_rtol", (True, True)),
        ("sandbox/guest.py", "def ", "def _", (True, True)),
        ("rules/allowlist.py", "math", "cmath", (True, True)),
        ("records.py", "call_s: float = 5.0", "call_s: float = 6.0", (True, True)),
        ("proof/false_failures.py", "SEEDS = 200", "SEEDS = 1", (False, True)),
        ("proof/prove.py", "def _shortfall(verdict: Verdict) -> str:", "def _shortfall(verdict): return ''\ndef _x():",
         (False, True)),
        ("proof/mutants.py", "import ast", "# a comment\nimport ast", (False, False)),
        ("engine/trial.py", "import time", "\n\n# a comment\nimport time", (False, False)),
        ("report/terminal.py", "def ", "def _", (False, False)),
        ("grading/store.py", "def ", "def _", (False, False)),
        ("checks/ch03_activations.py", "def ", "def _", (False, False)),
    ],
)  # fmt: skip
def test_a_change_moves_the_hashes_of_what_depends_on_it(
    package: Path, file: str, old: str, new: str, moves: tuple[bool, bool]
) -> None:
    before = hashes(package)

    replaced(package, file, old, new)

    assert tuple(a != b for a, b in zip(before, hashes(package), strict=True)) == moves


def test_moving_a_module_moves_the_hashes_only_inside_their_rooms(package: Path) -> None:
    before = hashes(package)

    (package / "report" / "words.py").rename(package / "cli" / "words.py")
    elsewhere = hashes(package)
    (package / "proof" / "mutants.py").rename(package / "proof" / "slips.py")
    in_proof = hashes(package)
    (package / "engine" / "scoring.py").rename(package / "engine" / "points.py")
    in_engine = hashes(package)

    assert elsewhere == before
    assert (in_proof[0], in_engine[0] != in_proof[0]) == (before[0], True)
    assert len({before[1], in_proof[1], in_engine[1]}) == 3


def test_what_is_written_changes_with_a_comment_in_the_same_rooms_and_with_none_elsewhere(
    package: Path,
) -> None:
    found = [written_sha256(package)]
    for file in ("proof/mutants.py", "engine/scoring.py", "engine/scoring.py"):
        with (package / file).open("a", encoding="utf-8") as opened:
            opened.write("# more\n")
        written_sha256.cache_clear()
        found.append(written_sha256(package))

    assert found[0] == found[1]
    assert len(set(found)) == 3


def test_another_version_of_a_library_or_of_python_is_another_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    def with_versions(of: str, is_now: str) -> str:
        monkeypatch.setattr(fingerprint, "version", lambda name: is_now if name == of else "1")
        fingerprint._versions.cache_clear()
        return verdict_sha256()

    found = {with_versions(name, "2") for name in ("torch", "hypothesis", "numpy", "onnx", "rich", "typer")}
    monkeypatch.setattr(fingerprint.platform, "python_version_tuple", lambda: ("4", "0", "0"))
    found.add(with_versions("torch", "1"))
    monkeypatch.undo()
    fingerprint._versions.cache_clear()

    assert len(found) == 4 + 1 + 1  # rich and typer only show


def test_a_source_is_hashed_by_what_python_runs(tmp_path: Path) -> None:
    def sha256(text: str) -> str:
        (tmp_path / "x.py").write_text(text, encoding="utf-8")
        return source_sha256(tmp_path / "x.py")

    assert sha256("x = 1  # one\n") == sha256("\n\nx  =  1\n")
    assert (
        len({sha256(text) for text in ("x = 1", "x = 1.0", "x = True", "x = '1'", "(", "((", '"""x"""')}) == 7
    )
