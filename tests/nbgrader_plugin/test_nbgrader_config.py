"""What an nbgrader course is configured to do, read as nbgrader reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.nbgrader_plugin.release import CONFIG_FILE, PLUGIN_LINE, new_config, uses_plugin


@pytest.mark.parametrize(
    ("lines", "used"),
    [
        (PLUGIN_LINE, True),
        ("from grader.nbgrader_plugin import *\nconfigure(c)", True),
        (f"# {PLUGIN_LINE}", False),
        ("c.CourseDirectory.course_id = 'without nbgrader_plugin'", False),
    ],
)
def test_a_course_uses_the_plugin_when_nbgrader_would_load_it(tmp_path: Path, lines: str, used: bool) -> None:
    (tmp_path / CONFIG_FILE).write_text(f"c = get_config()\n{lines}\n", encoding="utf-8")

    assert uses_plugin(tmp_path) is used


def test_a_course_without_configuration_does_not_use_the_plugin(tmp_path: Path) -> None:
    assert not uses_plugin(tmp_path)

    (tmp_path / CONFIG_FILE).write_text(new_config(tmp_path), encoding="utf-8")

    assert uses_plugin(tmp_path)
