"""Tests of grader.language: which language is spoken, and what is found in it."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from grader.language import (
    Catalogue,
    Language,
    UnknownLanguage,
    _translated,
    decide,
    gettext,
    ngettext,
    read_po,
    speaking,
    translate,
)

PO = dedent(
    """\
    #. law of neuron
    msgid "relu(w . x + b), for any signs."
    msgstr "relu(w . x + b)，符号任意。"

    msgid "{what} has shape {shape}, not {other}"
    msgstr "{what}的形状是 {shape}，应为 {other}"

    msgid "the result"
    msgstr "结果"

    #, fuzzy
    msgid "changed since"
    msgstr "旧的"

    msgid ""
    "a \\"long\\" "
    "line"
    msgstr "一行"

    msgid "{number} check"
    msgid_plural "{number} checks"
    msgstr[0] "{number} 项检查"

    msgid "missing"
    msgstr ""

    #~ msgid "gone"
    #~ msgstr "没了"
    """
)


@pytest.mark.parametrize(
    ("environment", "spoken"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_TW"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "BRICK_LANG": "en"}, "en"),
        ({"BRICK_LANG": "zh-CN"}, "zh"),
    ],
)
def test_the_language_is_the_nearest_that_is_asked_for(
    environment: dict[str, str], spoken: str, tmp_path: Path
) -> None:
    assert decide(environment, tmp_path) == spoken


def test_a_course_fixes_the_language_against_the_machine_but_not_against_a_person(tmp_path: Path) -> None:
    (tmp_path / "course.yml").write_text("title: x\n# language: en\nlanguage: zh\n", encoding="utf-8")
    inside = tmp_path / "exercises"
    inside.mkdir()
    assert decide({"LANG": "en_US.UTF-8"}, inside) is Language.CHINESE
    assert decide({"BRICK_LANG": "en"}, inside) is Language.ENGLISH


def test_a_language_that_is_not_spoken_is_refused_where_a_person_asks(tmp_path: Path) -> None:
    with pytest.raises(UnknownLanguage, match="fr"):
        decide({"BRICK_LANG": "fr"}, tmp_path)


def test_a_catalogue_has_what_is_translated_and_up_to_date() -> None:
    assert read_po(PO) == {
        "relu(w . x + b), for any signs.": "relu(w . x + b)，符号任意。",
        "{what} has shape {shape}, not {other}": "{what}的形状是 {shape}，应为 {other}",
        "the result": "结果",
        'a "long" line': "一行",
        "{number} check": "{number} 项检查",
    }


def test_a_kept_sentence_is_found_by_its_pattern_with_its_values_in_turn() -> None:
    sentence = "the result has shape (2, 3), not (3, 2)"
    assert _translated(sentence, read_po(PO), 3) == "结果的形状是 (2, 3)，应为 (3, 2)"
    assert _translated("nobody wrote this", read_po(PO), 3) == "nobody wrote this"


def test_a_name_in_a_sentence_stays_though_it_is_an_english_word_too() -> None:
    catalogue = Catalogue({"min": "分钟", "the file does not define {name}": "文件里没有定义 {name}"})
    assert _translated("the file does not define min", catalogue, 3) == "文件里没有定义 min"


def test_a_line_is_a_number() -> None:
    catalogue = Catalogue({"at line {line}": "在第 {line} 行"})
    assert _translated("at line 3", catalogue, 3) == "在第 3 行"
    assert (
        _translated("at line 3: min may not stand here", catalogue, 3) == "at line 3: min may not stand here"
    )


def test_english_stays_as_it_is_written() -> None:
    assert gettext("error:") == "error:"
    assert translate("the result has shape (2, 3), not (3, 2)").startswith("the result")
    assert [ngettext("{number} check", "{number} checks", n) for n in (1, 2)] == [
        "{number} check",
        "{number} checks",
    ]


def test_a_sentence_without_translation_is_said_in_english() -> None:
    with speaking(Language.CHINESE):
        assert gettext("nobody wrote this") == "nobody wrote this"
        assert ngettext("{number} thing here", "{number} things here", 2) == "{number} things here"


def test_what_is_said_for_another_program_stays_english_and_the_language_comes_back() -> None:
    @speaking(Language.ENGLISH)
    def remark() -> str:
        return gettext("not handed in")

    with speaking(Language.CHINESE):
        assert remark() == "not handed in"
        assert gettext("not handed in") == "没有交"
