"""Print the constraints that install the oldest allowed version of every direct dependency.

Usage: oldest_dependencies.py [EXTRA ...] > oldest.txt, then: pip install -c oldest.txt -e '.[EXTRA,...]'

The lower bounds of pyproject.toml are the only place where these versions stand: `make test-oldest` installs what
this prints and runs the tests, so a bound that is not true fails there.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]


def lower_bound(requirement: Requirement) -> str:
    """The version after `>=`; ValueError where a dependency states none."""
    bounds = [spec.version for spec in requirement.specifier if spec.operator == ">="]
    if len(bounds) != 1:
        raise ValueError(f"{requirement}: state one lower bound")
    return bounds[0]


def constraints(project: dict[str, object], extras: list[str]) -> list[str]:
    """`name==version` for each direct dependency of the project, of the named extras and of those they name."""
    found = [Requirement(text) for text in project["dependencies"]]
    waiting = list(extras)
    while waiting:
        for text in project["optional-dependencies"][waiting.pop()]:
            requirement = Requirement(text)
            # `brickwork[instructor]` stands for an extra of this project.
            if requirement.name == project["name"]:
                waiting += sorted(requirement.extras)
            else:
                found.append(requirement)
    return [f"{one.name}=={lower_bound(one)}" for one in found]


if __name__ == "__main__":
    print(
        "\n".join(constraints(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"], sys.argv[1:]))
    )
