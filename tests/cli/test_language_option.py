"""Tests of the language of commands: `--lang` stands anywhere, and help, errors and output follow it."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import brick, brick_process

from grader.cli import _take_language
from grader.errors import UsageError
from grader.language import Language, current, speaking
from grader.text import width_of


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (["--lang", "zh", "check"], ["check"]),
        (["check", "ch03", "--lang=zh_CN"], ["check", "ch03"]),
    ],
)
def test_the_option_stands_anywhere_and_no_command_sees_it(
    words: list[str], left: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRICK_LANG", "en")
    with speaking(Language.ENGLISH):
        assert _take_language(words) == left
        assert current() is Language.CHINESE


def test_an_argument_after_two_dashes_is_no_option() -> None:
    with speaking(Language.ENGLISH):
        assert _take_language(["check", "--", "--lang", "zh"]) == ["check", "--", "--lang", "zh"]
        assert current() is Language.ENGLISH


@pytest.mark.parametrize("words", [["--lang", "fr"], ["check", "--lang"], ["--lang="]])
def test_a_language_that_is_not_spoken_is_named_with_those_that_are(words: list[str]) -> None:
    with speaking(Language.ENGLISH), pytest.raises(UsageError) as caught:
        _take_language(words)
    assert "en, zh" in caught.value.next_step


def test_help_is_in_chinese_and_its_columns_are_even() -> None:
    with speaking(Language.CHINESE):
        told = brick("check", "--help").output
    assert told.startswith("用法：")
    assert "选项：" in told
    assert "显示这段说明，然后退出。" in told
    assert all(width_of(line) <= 80 for line in told.splitlines())
    assert brick("check", "--help").output.startswith("Usage: ")


def test_an_error_is_in_chinese_with_its_values(tmp_path: Path) -> None:
    told = brick_process("check", "ch99", "--lang", "zh", cwd=tmp_path).stderr
    assert told.startswith("错误：")
    assert "没有“ch99”这一章；是不是想写" in told
    assert "ch01" in told
