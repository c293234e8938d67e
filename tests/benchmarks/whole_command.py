"""What a command costs with every process that comes of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

# Every process that comes of the command is waited for, also one whose own parent is gone.
_MEASURE = """
import ctypes, os, resource, subprocess, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
try:
    while True:
        os.wait()
except ChildProcessError:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(code, used.ru_utime + used.ru_stime)
"""


def cpu_s_of(folder: Path, *words: str) -> float:
    """CPU seconds of a Python command, run in a folder; it has to succeed."""
    command = [sys.executable, "-c", _MEASURE, sys.executable, *words]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}  # as `brick` has it: a second thread only waits
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    code, cpu_s = ended.stdout.split()
    assert code == "0", f"{words} left with {code}"
    return float(cpu_s)
