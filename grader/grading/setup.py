"""How a class is judged: where code runs, how long it may, and on which inputs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from grader.engine.profile import Profile
from grader.records import Limits
from grader.sandbox.levels import Level


@dataclass(frozen=True)
class Setup:
    """What a worker needs to grade: where code runs, how long it may, and how it is judged.

    It travels to other processes, so it holds plain data and no open sandbox.

    Args:
        inputs: a folder of this machine where drawn inputs are kept for the next run; None for none.
    """

    level: Level
    limits: Limits
    profile: Profile
    inputs: Path | None = None
