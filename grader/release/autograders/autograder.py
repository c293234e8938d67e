"""Runs for every submission on Classroom 50, in the learner's checkout: grade it and write result.json.

Exit code 0 means that grading came to its end, whatever the score. Any other says that it did not, and Classroom
50's runner then reports an error instead of a score.

The assignment's `runtime` should be {"runs-on": "ubuntu-latest", "python": "3.12", "apt": ["bubblewrap",
"libseccomp2"]}. On a machine of your own BRICKWORK_VENV names an environment in which the kit is installed already;
BRICKWORK_SECRET, where it is set, fixes the inputs of the checks.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT = Path.cwd()

sys.path.insert(0, str(HERE))
from grading import brick, find_work, hand_in  # noqa: E402


def main() -> int:
    """Grade the checkout; the exit code."""
    release = json.loads((HERE / "release.json").read_text(encoding="utf-8"))
    chapter = release["chapter"]
    work = find_work(CHECKOUT, chapter)
    if not work:
        print(f"::error::there is no {chapter}.py or {chapter}.ipynb in this repository")
        return 1
    environment = installed()
    allow_namespaces()
    hand_in(work, time_of_commit())
    options = ["--unsandboxed"] if release["unsandboxed"] else []
    code = brick(environment, HERE, "grade", *map(str, work), "--chapter", chapter, "--jobs", "1", *options)
    if code not in (0, 1):
        return code
    out = str(CHECKOUT / "result.json")
    return brick(environment, HERE, "export", "--as", "classroom50", "--chapter", chapter, "--out", out)


def installed() -> Path:
    """The environment with the kit: a given one, or one made now, which takes a minute or two."""
    given = os.environ.get("BRICKWORK_VENV")
    if given:
        return Path(given)
    folder = Path(os.environ.get("RUNNER_TEMP") or tempfile.mkdtemp()) / "brickwork-venv"
    venv.create(folder, with_pip=True, clear=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "uv"], check=True)
    uv = [str(folder / "bin" / "python"), "-m", "uv", "pip", "install", "--python", str(folder)]
    kit = ["-c", str(HERE / "constraints.txt"), str(HERE / "brickwork.zip")]
    subprocess.run([*uv, "--torch-backend", "cpu", *kit], check=True)
    return folder


def allow_namespaces() -> None:
    """Ubuntu forbids what bubblewrap needs; GitHub's own machines, gone after this job, may lift that."""
    setting = "kernel.apparmor_restrict_unprivileged_userns"
    hosted = os.environ.get("RUNNER_ENVIRONMENT") == "github-hosted"
    if hosted and Path("/proc/sys", *setting.split(".")).exists():
        subprocess.run(["sudo", "-n", "sysctl", "-q", "-w", f"{setting}=0"], check=False)


def time_of_commit() -> float:
    """When the graded commit was made: grading it again must not make it late."""
    # In a container the checkout may belong to another user, of which git would rather be told.
    command = ["git", "-c", "safe.directory=*", "log", "-1", "--format=%ct"]
    run = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    return float(run.stdout) if run.stdout.strip() else time.time()


if __name__ == "__main__":
    sys.exit(main())
