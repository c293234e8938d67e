"""Every sentence of the kit and the course in Chinese: none out of date, none with other placeholders, none missing."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from grader.language import read_po

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "translations.py"


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("translations", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["translations"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def translations() -> ModuleType:
    return _script()


@pytest.fixture(scope="module")
def sources(translations: ModuleType) -> list[Any]:
    """Loads the checks of every chapter, once."""
    return list(translations.sources(set()))


@pytest.mark.xdist_group("translations")
def test_no_translation_is_out_of_date_or_differs_in_what_must_not_change(
    translations: ModuleType, sources: list[Any]
) -> None:
    assert [fault for source in sources for fault in translations.faults_of(source)] == []


@pytest.mark.xdist_group("translations")
def test_nothing_is_left_untranslated(translations: ModuleType, sources: list[Any]) -> None:
    """`scripts/translations.py missing NAME` says what is, file by file."""
    missing = [one for source in sources for one in translations.entries(source) if not one.chinese]
    assert [f"{one.what}: {one.line}" for one in missing] == []


@pytest.mark.parametrize(
    ("english", "chinese", "fault"),
    [
        ("{a} is {b}", "{a}是", "placeholders"),
        ("use `x` twice", "把 `y` 用两次", "code"),
        ("for 12 samples", "对于样本", "numbers"),
        ("one, two", "一,二", "punctuation"),
        ("  # one", "# 一", "the indent"),
        (" (one)", "（一）", ""),
        ("one (two)", "一(二)", "punctuation"),
        ("in (N, D)", "形状 (N, D)，逗号", ""),
    ],
)
def test_what_a_sentence_must_keep_is_looked_for(
    translations: ModuleType, english: str, chinese: str, fault: str
) -> None:
    found = list(translations.faults_of_sentence(english, chinese))
    assert (found[0] if found else "").startswith(fault)
    assert bool(found) == bool(fault)


def test_a_long_text_keeps_code_answers_pictures_and_headings(translations: ModuleType) -> None:
    english = (
        "# One\n\n![a](../pictures/x/y.en.svg)\n\n<!-- answer: no | yes -->\n\n```python\nx = 1  # one\n```"
    )
    good = "# 一\n\n![甲](../pictures/x/y.zh.svg)\n\n<!-- answer: 否 | 是 -->\n\n```python\nx = 1  # 一\n```"
    assert list(translations.faults_of_text(english, good)) == []
    for right, wrong in (
        ("# 一\n", "## 一\n"),
        (".zh.svg", ".en.svg"),
        ("否 | 是", "否"),
        ("x = 1", "x = 2"),
    ):
        assert list(translations.faults_of_text(english, good.replace(right, wrong, 1)))


@pytest.mark.parametrize(
    ("english", "chinese", "fault"),
    [
        ("    x_i = 2.5\n", "    x_i = 2.4\n", "numbers"),
        ("    dL/dx = exp(x)\n", "    dL/dx = exp(z)\n", "formulas"),
        ("    x_i = 2.5  words\n", "    x_i = 2.5  文字\n", ""),
        ("of `two\nwords` here", "这里的 `two words`", ""),
        ("of `two words` here", "这里的 `two\nlines`", "code"),
    ],
)
def test_indented_blocks_and_code_over_a_line_end_are_compared(
    translations: ModuleType, english: str, chinese: str, fault: str
) -> None:
    found = list(translations.faults_of_text(english, chinese))
    assert (found[0] if found else "").startswith(fault)
    assert bool(found) == bool(fault)


def test_a_message_is_found_inside_an_f_string_too(translations: ModuleType, tmp_path: Path) -> None:
    module = tmp_path / "asking.py"
    module.write_text("asked = f\"{text} {_('y yes')} {ngettext('a day', 'days', 2)}\"", encoding="utf-8")

    assert list(translations.marked_in(module)) == ["y yes", ("a day", "days")]


def test_a_message_is_found_behind_its_name_in_the_same_function(translations: ModuleType) -> None:
    source = """
def f(a):
    what = f"the slope of {a}"
    agree(a, what=what)

def g(what):
    agree(1, what=what)
"""
    assert list(translations.messages_of(source)) == ["the slope of {a}"]


def test_a_sentence_that_only_sounds_like_one_of_the_kit_is_kept(translations: ModuleType) -> None:
    pattern = translations.Pattern("{name} is {value}, not {other}")
    assert translations.is_made_of("softmax is x, not y", pattern)
    assert not translations.is_made_of("log is the natural logarithm, not that of base 10.", pattern)


def test_an_english_sentence_is_said_in_one_way_whatever_room_says_it() -> None:
    """The rooms share one catalogue, so of two translations the last file's would stand in both places."""
    said: dict[str, set[str]] = {}
    for path in sorted((SCRIPT.parent.parent / "grader" / "locale" / "zh").glob("*.po")):
        for english, chinese in read_po(path.read_text(encoding="utf-8")).items():
            said.setdefault(english, set()).add(chinese)
    assert {english: ways for english, ways in said.items() if len(ways) > 1} == {}


def test_how_a_right_version_of_a_law_works_is_a_sentence_to_translate(translations: ModuleType) -> None:
    source = """
def decay__straight(lr):
    \"\"\"It falls by as much
    in every step.\"\"\"

law_decay = law_exercise("law_decay", "decay", [], right=(decay__straight,), wrong={})
"""
    assert list(translations.right_versions_in(source)) == ["It falls by as much in every step."]


def test_what_is_marked_inside_an_f_string_is_found(translations: ModuleType) -> None:
    source = """
said = f"{name}{_('; ')}{_('a joined ' 'sentence')}"
told = f"{ngettext('{number} day', '{number} days', late)}" + _(kept_elsewhere)
"""
    found = list(translations.marked_in_code(source, "here.py"))
    assert found == ["; ", "a joined sentence", ("{number} day", "{number} days")]


@pytest.mark.parametrize("call", ['_(f"hello {name}")', 'ngettext("one", f"{n} of them", n)'])
def test_a_marked_f_string_is_refused_for_no_catalogue_can_have_it(
    translations: ModuleType, call: str
) -> None:
    with pytest.raises(ValueError, match=r"here\.py, line 2"):
        list(translations.marked_in_code(f"\n{call}", "here.py"))
