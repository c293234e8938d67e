"""The list of commands: complete, true to each command's own words, and shown without importing one of them."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
from commands import brick

import grader.cli
from grader.cli.commands import COMMANDS

MODULES = {module.name for module in pkgutil.iter_modules(grader.cli.__path__)}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_a_module_and_its_line_is_its_own(name: str) -> None:
    python_name = name.replace("-", "_")
    function = getattr(importlib.import_module(f"grader.cli.{python_name}"), python_name)

    assert function.__doc__.splitlines()[0] == COMMANDS[name]
    assert brick(name, "--help").stdout.startswith(f"Usage: brick {name} ")


def test_every_module_that_defines_a_command_is_listed() -> None:
    found = {
        name
        for name in MODULES
        if callable(getattr(importlib.import_module(f"grader.cli.{name}"), name, None))
    }

    assert found == {name.replace("-", "_") for name in COMMANDS}


def test_help_imports_no_command(tmp_path: Path) -> None:
    loaded = modules_after("--help", folder=tmp_path)

    assert {f"grader.cli.{name}" for name in COMMANDS} & loaded == set()
    assert {"rich", "pydantic", "yaml", "torch"} & loaded == set()


def test_a_mistyped_chapter_is_answered_before_torch_is_imported(tmp_path: Path) -> None:
    assert {"torch", "hypothesis"} & modules_after("check", "nonsense", folder=tmp_path) == set()


def test_the_garbage_collector_rests_while_a_command_is_imported_and_works_afterwards() -> None:
    program = (
        "import gc; from grader.cli.commands import LazyCommands;"
        "gc.collect(); before = gc.get_stats()[2]['collections'];"
        "LazyCommands(name='brick').load('hint');"
        "print(gc.get_stats()[2]['collections'] - before, gc.isenabled(), len(gc.get_objects()) < 1000)"
    )
    command = [sys.executable, "-c", program]

    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "0 True True\n"


def modules_after(*words: str, folder: Path) -> set[str]:
    """What is imported in a fresh process when `brick` has run with these words."""
    program = (
        "import sys; from typer.testing import CliRunner; from grader.cli import app;"
        "CliRunner().invoke(app, sys.argv[1:]); print(*sys.modules)"
    )
    command = [sys.executable, "-c", program, *words]
    return set(subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.split())


def test_checking_a_file_imports_neither_the_store_nor_multiprocessing(tmp_path: Path) -> None:
    checking = modules_after("init", "mine", folder=tmp_path) | modules_after(
        "check", "ch02", "-e", "linear", "--examples", "2", folder=tmp_path / "mine"
    )
    # torch imports some of multiprocessing itself; that much cannot be helped.
    program = "import sys, torch; print(*sys.modules)"
    torch_alone = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()

    assert "grader.engine.pipeline" in checking
    assert not [name for name in checking if name.startswith(("grader.grading", "sqlite3"))]
    assert not [name for name in checking - {*torch_alone} if name.startswith("multiprocessing")]
    assert "concurrent.futures.process" not in checking


def test_grading_a_class_that_was_graded_before_imports_nothing_that_judges(tmp_path: Path) -> None:
    modules_after("init", "mine", folder=tmp_path)
    for learner, source in (("learner01", "x = 1\n"), ("learner02", "def (:\n"), ("learner03", "\0")):
        file = tmp_path / "mine" / "class" / learner / "ch02_neuron.py"
        file.parent.mkdir(parents=True)
        file.write_text(source, encoding="utf-8")
    words = ["grade", "class", "--isolation", "plain", "--unsandboxed", "--examples", "2"]
    assert "torch" in modules_after(*words, folder=tmp_path / "mine")
    reports = contents(tmp_path / "mine" / "reports")

    loaded = modules_after(*words, folder=tmp_path / "mine")

    assert {"torch", "hypothesis", "numpy"} & loaded == set()
    assert contents(tmp_path / "mine" / "reports") == reports


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
