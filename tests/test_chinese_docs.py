"""Each document has its Chinese page, and the page still says what the English one says, as far as this can be counted.

Code, tables, lists, links and figures are compared section by section. What is merely worded anew is not seen.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
CHINESE = CHECKOUT / "docs" / "zh"
# Each English document with its Chinese page.
PAGES = {path: CHINESE / path.name for path in sorted((CHECKOUT / "docs").glob("*.md"))} | {
    CHECKOUT / "README.md": CHECKOUT / "README.zh.md",
    CHECKOUT / "SECURITY.md": CHINESE / "sandbox.md",
    CHECKOUT / "CONTRIBUTING.md": CHINESE / "checks.md",
}

_SECTION = re.compile(r"^(?=#+ )", re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"(^|\s)\s*#.*$", re.MULTILINE)
_WORDS = re.compile(r'(--reason |--comment |NotImplementedError\()"[^"]*"')
_CARD = re.compile(r"```\n  (?:FAIL|未通过) ")
_UNSPOKEN = re.compile(r"tensor\(\[[^]]*\]\)|\b\w+\(\w*|brick \w+ \w+|\d+(?:\.\d+)?")
_INLINE = re.compile(r"`[^`]+`")
_LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
_ITEM = re.compile(r"^ *(-|\d+\.) ", re.MULTILINE)
_MONTHS = "January February March April May June July August September October November December".split()
_MONTH = re.compile(rf"\b({'|'.join(_MONTHS)})(?= \d{{4}})")
_NUMBER = re.compile(r"(\d[\d,]*(?:\.\d+)?) ?(million|万|亿)?")
_TIMES = {"": 1, "million": 10**6, "万": 10**4, "亿": 10**8}


@dataclass(frozen=True)
class Section:
    """What can be counted between a heading and the next, whatever the language.

    Args:
        level: of the heading.
        blocks: fenced code, without comments and without words that a person would read.
        inline: each piece of code in a sentence, however often.
        tables: how many bars each line of a table has.
        links: where they lead, sorted; those of an English document to the Chinese pages.
        figures: numbers in digits, sorted; 1200000 for "1.2 million" and for "120 万" alike.
    """

    level: int
    blocks: list[str]
    inline: set[str]
    items: int
    tables: list[int]
    links: list[str]
    figures: list[float]


def test_every_document_has_its_chinese_page() -> None:
    assert [page.name for page in PAGES.values() if not page.exists()] == []


@pytest.mark.parametrize("english", PAGES, ids=lambda path: path.stem)
def test_a_chinese_page_says_what_the_english_one_says(english: Path) -> None:
    chinese = PAGES[english]
    ours, theirs = _sections(english), _sections(chinese)

    assert [section.level for section in ours] == [section.level for section in theirs]
    for number, (here, there) in enumerate(zip(ours, theirs, strict=True), start=1):
        for what, expected in asdict(here).items():
            assert getattr(there, what) == expected, f"{what} in section {number} of {chinese.name}"


def _sections(path: Path) -> list[Section]:
    """The sections of a document, its title's first."""
    text = path.read_text(encoding="utf-8")
    # A comment in a block looks like a heading, so that blocks are taken out before sections are told apart.
    waiting = iter(_FENCED.findall(text))
    parts = [part for part in _SECTION.split(_FENCED.sub("\0", text)) if part.strip()]
    return [_section(part, [next(waiting) for _ in range(part.count("\0"))], path) for part in parts]


def _section(prose: str, blocks: list[str], path: Path) -> Section:
    said = _LINK.sub("]", _INLINE.sub("", prose))
    return Section(
        level=len(prose) - len(prose.lstrip("#")),
        blocks=[_code_in(block) for block in blocks],
        inline={_WORDS.sub(r'\1""', " ".join(code.split())) for code in _INLINE.findall(prose)},
        items=len(_ITEM.findall(prose)),
        tables=[line.count("|") for line in prose.splitlines() if line.startswith("|")],
        links=sorted(_meant(target, path) for target in _LINK.findall(prose) if "README" not in target),
        figures=sorted(_figures(_ITEM.sub("", said))),
    )


def _code_in(block: str) -> str:
    """A block without what is written for people; of a card, what no language changes."""
    if _CARD.match(block):
        return " ".join(_UNSPOKEN.findall(block))
    return _WORDS.sub(r'\1""', _COMMENT.sub("", block))


def _meant(target: str, document: Path) -> str:
    """Where a link leads, and for one of an English document, where the Chinese one should lead."""
    if ":" in target:
        return target
    path = (document.parent / target).resolve()
    return str(PAGES.get(path, path) if document in PAGES else path)


def _figures(text: str) -> list[float]:
    text = _MONTH.sub(lambda month: str(_MONTHS.index(month[1]) + 1), text)
    return [round(float(number.replace(",", "")) * _TIMES[unit], 6) for number, unit in _NUMBER.findall(text)]
