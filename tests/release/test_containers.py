"""What others start by one click: the development container and the workflows are as their readers expect."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

CHECKOUT = Path(__file__).resolve().parents[2]


def test_the_development_container_installs_the_kit_and_opens_an_exercise_that_is_there() -> None:
    container = json.loads((CHECKOUT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    [opened] = container["customizations"]["codespaces"]["openFiles"]

    assert "-c constraints.txt" in container["postCreateCommand"]
    assert "brick init my-course" in container["postCreateCommand"]
    assert (CHECKOUT / opened.removeprefix("my-course/")).is_file()


def test_only_the_job_that_publishes_may_ask_for_an_identity() -> None:
    workflow = yaml.safe_load(
        (CHECKOUT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    )
    asking = [name for name, job in workflow["jobs"].items() if "id-token" in job.get("permissions", {})]

    assert asking == ["publish"]
    assert workflow["jobs"]["publish"]["environment"]["name"] == "pypi"
    assert workflow["permissions"] == {"contents": "read"}
