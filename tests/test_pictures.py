"""The pictures of the lessons can be read: in both palettes, in both languages, and by those who do not see them."""

from __future__ import annotations

import importlib.util
import re
import sys
from itertools import product
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[1]
PICTURES = sorted((ROOT / "pictures").glob("*/*.en.svg"))


@pytest.fixture(scope="module")
def style() -> ModuleType:
    spec = importlib.util.spec_from_file_location("style", ROOT / "scripts" / "pictures" / "style.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "style", module)
        spec.loader.exec_module(module)
    return module


def luminance(color: str) -> float:
    """As WCAG 2 defines it, of a colour such as #1d5fad."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_every_label_stands_out_from_what_is_behind_it(style: ModuleType, dark: bool) -> None:
    washes = {
        style.INK: (style.PAPER, style.WASH, style.BLUE_WASH, style.ORANGE_WASH, *style.LEVELS),
        style.MUTED: (style.PAPER, style.WASH),
        style.BLUE: (style.PAPER, style.WASH, style.BLUE_WASH),
        style.ORANGE: (style.PAPER, style.WASH, style.ORANGE_WASH),
        style.GREEN: (style.PAPER,),
    }
    shade = style.DARK.get if dark else lambda color: color

    pairs = [pair for ink, behind in washes.items() for pair in product([ink], behind)]

    assert [pair for pair in pairs if contrast(*map(shade, pair)) < 4.5] == []


@pytest.mark.parametrize("english", PICTURES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_picture_has_its_words_and_its_text_in_both_languages(english: Path) -> None:
    chinese = english.with_name(english.name.replace(".en.", ".zh."))

    told = {path: ElementTree.parse(path).getroot() for path in (english, chinese)}

    titles = [root.findtext("{http://www.w3.org/2000/svg}title") or "" for root in told.values()]
    assert [len(title) > 30 for title in titles] == [True, True]
    assert [bool(re.search(r"[\u4e00-\u9fff]", title)) for title in titles] == [False, True]
    # Chinese has marks of its own; a mixture of both kinds looks careless.
    assert (
        re.findall(r"[\u4e00-\u9fff][,;:!?]|[,;:!?][\u4e00-\u9fff]", "".join(told[chinese].itertext())) == []
    )
