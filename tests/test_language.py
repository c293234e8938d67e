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
    aside,
    decide,
    gettext,
    listed,
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


def test_the_line_of_a_file_is_said_though_little_else_is() -> None:
    catalogue = Catalogue({"{path}, line {line}": "{path}，第 {line} 行"})
    assert _translated("my work/x.py, line 3", catalogue, 3) == "my work/x.py，第 3 行"
    assert _translated("my work/x.py, line up", catalogue, 3) == "my work/x.py, line up"


def test_a_name_that_is_not_chinese_stands_apart_from_what_is() -> None:
    catalogue = Catalogue({"{name} is {value}, not {other}": "{name}是{value}，应为{other}", "the sum": "和"})
    assert _translated("the sum is 1, not 2", catalogue, 3) == "和是 1，应为 2"
    assert _translated("grad[0] is -1, not 2", catalogue, 3) == "grad[0] 是 -1，应为 2"


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


def test_a_form_of_several_parts_is_translated_part_by_part() -> None:
    form = "f returned a list of 2: (a tensor of shape (2, 3), 3.0); it should return (a tensor, a number)"
    with speaking(Language.CHINESE):
        assert (
            translate(form)
            == "f 返回的是：list（2 项）：（形状为 (2, 3) 的张量、3.0）；应返回：（张量、一个数）"
        )
        assert translate("f returned 1; it should return a list with (a tensor, a number) for each item") == (
            "f 返回的是：1；应返回：每一项都是（张量、一个数）的列表"
        )
        assert translate("(2, 3)") == "(2, 3)"


def test_names_are_listed_as_each_language_does_it_and_code_stays() -> None:
    catalogue = Catalogue({"it could be {names}": "可能是 {names}"})
    assert _translated("it could be ch01, ch02 or ch03", catalogue, 3) == "可能是 ch01、ch02 或 ch03"
    assert _translated("it could be f(a, b)", catalogue, 3) == "可能是 f(a, b)"
    assert listed(["ch01", "ch02"]) == "ch01, ch02"
    with speaking(Language.CHINESE):
        assert listed(["ch01", "ch02"]) == "ch01、ch02"


def test_a_path_of_signs_alone_is_no_sentence() -> None:
    with speaking(Language.CHINESE):
        assert translate(".") == "."


def test_what_python_says_of_a_file_is_said_in_chinese() -> None:
    with speaking(Language.CHINESE):
        assert (
            translate("Python cannot read the file: '(' was never closed")
            == "Python 读不了这个文件：'(' 没有闭合"
        )
        said = translate("invalid character '，' (U+FF0C)")
    assert said == "不能用字符 '，'（U+FF0C）"


@pytest.mark.parametrize(
    ("said", "chinese"),
    [
        ("expected ':'", "少了 ':'"),
        ("invalid decimal literal", "数字写得不对"),
        ("expected an indented block after 'if' statement on line 3", "第 3 行的 'if' 语句之后要有缩进的代码"),
        ("expected an indented block after function definition on line 3", "第 3 行的函数定义之后要有缩进的代码"),
        ("f-string: expecting '}'", "f-string 里：少了 '}'"),
        ("cannot assign to function call here. Maybe you meant '==' instead of '='?",
         "这里不能给函数调用赋值。'=' 是不是该写成 '=='？"),
    ],
)  # fmt: skip
def test_no_half_of_what_python_says_stays_english(said: str, chinese: str) -> None:
    with speaking(Language.CHINESE):
        assert translate(said) == chinese


def test_a_name_has_a_space_beside_a_chinese_character_and_chinese_has_none() -> None:
    catalogue = Catalogue({"{what} is {value} here": "{what}是 {value}", "the result": "结果"})
    assert _translated("lr is 3 here", catalogue, 3) == "lr 是 3"
    assert _translated("the result is 3 here", catalogue, 3) == "结果是 3"


def test_what_somebody_wrote_stays_as_it_was_written() -> None:
    with speaking(Language.CHINESE):
        said = translate("the message must name the argument 'p'; it says: 'not kept: mask before p'")
    assert said.endswith("'not kept: mask before p'")
    assert said.startswith("报错信息要指明参数 'p'")


def test_of_two_values_side_by_side_the_second_is_an_aside_or_nothing() -> None:
    with speaking(Language.CHINESE):
        assert translate("no exercise 'relu' in ch09_scheduling") == "ch09_scheduling 里没有练习“relu”"
        said = translate("no exercise 'rel' in ch03_activations; did you mean relu?")
    assert said == "ch03_activations 里没有练习“rel”；是不是想写 relu？"


def test_an_aside_begins_behind_the_commas_of_the_value_before_it() -> None:
    with speaking(Language.CHINESE):
        said = translate("course.yml: expected a number, found 'x' (50 more to mend after this)")
    assert said == "course.yml：应为一个数，写的是 'x'（改好之后还有 50 处要改）"


def test_each_language_has_brackets_of_its_own() -> None:
    assert "late" + aside("2 days") == "late (2 days)"
    with speaking(Language.CHINESE):
        assert "迟交" + aside("2 天") == "迟交（2 天）"
