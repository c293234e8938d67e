"""AGENTS.md, which `brick init` writes for a learner's AI: it lies in the workspace, and what it says is true."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from commands import brick

from grader.cli.commands import COMMANDS
from grader.language import Language, speaking
from grader.records import Cause, CheckResult, Counterexample, Outcome
from grader.workspace.workspace import lay_out


def test_a_new_workspace_asks_to_teach_and_an_own_file_is_left_alone(tmp_path: Path) -> None:
    lay_out(tmp_path / "mine")
    (tmp_path / "mine" / "AGENTS.md").write_text("mine", encoding="utf-8")

    again = brick("init", str(tmp_path / "mine"))

    assert again.exit_code == 0, again.output
    assert (tmp_path / "mine" / "AGENTS.md").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("language", Language)
def test_its_commands_and_fields_are_there(tmp_path: Path, language: Language) -> None:
    with speaking(language):
        lay_out(tmp_path)
    text = (tmp_path / "AGENTS.md").read_text(encoding="utf-8")
    assert text.startswith("# 写给" if language is Language.CHINESE else "# For an AI")
    quoted = re.findall(r"`([^`]+)`", text)
    known = {field.name for record in (CheckResult, Counterexample) for field in fields(record)}
    known |= {*Outcome, *Cause, "checks"}

    commands = {words.split()[1] for words in quoted if words.startswith("brick ")}
    others = {words for words in quoted if not words.startswith("brick ") and not words.endswith("/")}

    assert commands <= COMMANDS.keys()
    assert {"check", "hint", "replay", "reset", "status"} <= commands
    assert others <= known
