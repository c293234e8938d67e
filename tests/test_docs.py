"""The documents are true: what they name is there, and no room is forgotten."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
DOCUMENTS = (
    "README.md",
    "README.zh.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    *sorted(path.relative_to(CHECKOUT).as_posix() for path in (CHECKOUT / "docs").glob("**/*.md")),
)
# What authors write stands for any chapter, and ch13 is the example that nobody has written.
_EXAMPLES = re.compile(r"STEM|ch13_")
_PATH = re.compile(r"`((?:grader|tests|scripts|docs|solutions|examples|exercises)/[\w./]*)`")
_CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?://)([^)#]+)(?:#([^)]+))?\)")


def _headings(path: Path) -> set[str]:
    """The anchors of a document, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_path_that_a_document_names_is_there(name: str) -> None:
    text = (CHECKOUT / name).read_text(encoding="utf-8")

    paths = [path for path in _PATH.findall(text) if not _EXAMPLES.search(path)]

    assert [path for path in paths if not (CHECKOUT / path).exists()] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_leads_somewhere(name: str) -> None:
    document = CHECKOUT / name
    prose = _CODE.sub("", document.read_text(encoding="utf-8"))
    for target, anchor in _LINK.findall(prose):
        path = document.parent / target
        assert path.exists(), target
        assert not anchor or anchor in _headings(path), f"{target}#{anchor}"


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if not name.startswith("README")])
def test_every_column_of_a_page_has_a_heading(name: str) -> None:
    lines = (CHECKOUT / name).read_text(encoding="utf-8").splitlines()

    heads = [line for line, below in pairwise(lines) if below.startswith("| --")]

    assert [line for line in heads if not all(cell.strip() for cell in line.split("|")[1:-1])] == []


def test_the_architecture_names_every_room() -> None:
    text = (CHECKOUT / "docs" / "architecture.md").read_text(encoding="utf-8")
    modules = [path for path in (CHECKOUT / "grader").iterdir() if path.suffix == ".py"]
    folders = [path.parent for path in (CHECKOUT / "grader").glob("*/__init__.py")]

    rooms = [f"{folder.name}/" for folder in folders]
    rooms += [path.name for path in modules if path.stem != "__init__"]

    assert [room for room in rooms if f"`{room}" not in text and f"/{room}" not in text] == []


def test_names_that_say_where_to_change_something_are_in_that_file() -> None:
    text = (CHECKOUT / "docs" / "architecture.md").read_text(encoding="utf-8")
    where = re.findall(r"((?:`\w+`(?:, | and ))*`\w+`)[^`|;:]* in `(grader/[\w/]+\.py)`", text)

    assert where
    for names, path in where:
        for name in re.findall(r"`(\w+)`", names):
            assert re.search(rf"^(def |class )?{name}\b", (CHECKOUT / path).read_text(), re.MULTILINE), name
