"""Run `brick` as a person would: in this process, or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner, Result

from grader.cli import app


def brick(*words: str) -> Result:
    """Run the command in this process; stdout and stderr are kept apart."""
    return CliRunner().invoke(app, list(words))


def brick_process(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    command = [sys.executable, "-c", "from grader.cli import main; main()", *words]
    return subprocess.run(
        command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, timeout=300
    )
