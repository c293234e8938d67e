"""Tests of the language of commands: `--lang` stands anywhere, and help, errors and output follow it."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from commands import brick, brick_process

from grader.cli import _take_language
from grader.cli.console import agrees, error_lines
from grader.errors import KitError, UsageError
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


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["chek"], "没有“chek”这个命令；是不是想写 check？"),
        (["check", "--sed", "1"], "没有选项 --sed；是不是想写 --seed？"),
        (["init", "--course"], "选项 '--course' 后面要写一个值"),
        (["check", "--json=3"], "选项 '--json' 后面不能写值"),
        (["init", "a", "b"], "多出了参数（b）"),
        (["show"], "少了参数 'CHAPTER'"),
        (["check", "--examples", "many"], "'--examples' 的值不对："),
        (["check", "--examples", "0"], "'--examples' 的值不对："),
        (["adjust", "--score", "many"], "'--score' 的值不对："),
        (["check", "--device", "gpu"], "'gpu' 不在 'cpu'、'cuda' 之中"),
        (["export"], "少了选项 '--as'"),
    ],
)
def test_what_is_wrong_with_the_words_is_said_in_chinese(words: list[str], told: str) -> None:
    with speaking(Language.CHINESE):
        result = brick(*words)
    assert result.exit_code == 2
    [error] = [line for line in result.stderr.splitlines() if line.startswith("错误：")]
    assert told in error
    assert re.search("[A-Za-z]+ [a-z]+", error) is None
    assert "Try" not in result.stderr


def test_help_says_in_chinese_what_typer_says_of_a_value() -> None:
    with speaking(Language.CHINESE):
        told = "".join(brick("grade", "--help").output.split())  # a line may end within
    assert "（默认：cpu）" in told
    assert "（必填）" in told
    assert "default" not in told


@pytest.mark.parametrize(
    ("typed", "agreed"), [("y\n", True), ("是\n", True), ("n\n", False), ("\n", False), ("what\nYES\n", True)]
)
def test_a_question_is_asked_until_it_is_answered(
    typed: str, agreed: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    with speaking(Language.CHINESE):
        assert agrees("重来吗？") is agreed
    said = capsys.readouterr().out
    assert said.startswith("重来吗？ [y/N]：")
    assert ("请输入 y（是）或 n（否）" in said) is ("what" in typed)


def test_what_is_broken_off_is_said_in_chinese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with speaking(Language.CHINESE):
        assert brick("init", ".").exit_code == 0
        result = brick("reset", "ch03")
    assert result.exit_code == 1
    assert "已中断！" in result.stderr


@pytest.mark.parametrize(
    ("language", "label"), [(Language.ENGLISH, "  where: "), (Language.CHINESE, "  位置：")]
)
def test_the_parts_of_an_error_go_on_below_their_own_words(language: Language, label: str) -> None:
    words = "a sentence that is far too long for one line of a terminal, whatever the language around it is"
    with speaking(language):
        lines = error_lines(KitError(words, words, words))
    broken = [line for line in lines if line.startswith(" " * 4)]
    assert len(broken) >= 3
    assert {len(line) - len(line.lstrip()) for line in broken} == {width_of(label)}
