"""Copies are found whatever their names and layout are, independent answers are not, and hostile files harm nobody."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from browsers import DESK, PHONE, look_at, open_browser
from commands import brick

from grader.course.config import find_chapter
from grader.records import Course
from grader.similarity.comparing import THRESHOLD, document, similar_pairs
from grader.similarity.tokens import units_of
from grader.similarity.winnowing import LENGTH, WINDOW, hashes_of, winnow

sys.path.insert(0, str(Path(__file__).parent))
from measuring import all_of_it, file_of, independent_pairs, measure

STEM = "ch08_clipping"


def tokens(source: str) -> list[tuple[str, ...]]:
    return sorted(unit.tokens for unit in units_of(source))


# --- what counts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        "def f(a):\n    b = a + 1\n    return b.exp()\n",
        "def f(x: int) -> int:\n    '''Says.'''\n    # why\n    y: int = (x\n     + 2)\n    pass\n    return y.exp()\n",
        "import os\nprint(3)\ndef f(x):\n    y = x + 1.5\n    return y.exp()\n",
    ],
)
def test_names_constants_comments_and_layout_do_not_count(other: str) -> None:
    assert tokens(other) == tokens("def f(x):\n    y = x + 1\n    return y.exp()\n")


@pytest.mark.parametrize("other", ["y.log()", "torch.exp(y)", "-y.exp()", "y.exp"])
def test_what_is_called_counts(other: str) -> None:
    one = "import torch\ndef f(x):\n    y = x + 1\n    return {}\n"

    assert tokens(one.format(other)) != tokens(one.format("y.exp()"))


def test_an_addition_in_place_is_an_addition() -> None:
    assert tokens("def f(x):\n    x += 1\n") == tokens("def f(x):\n    x = x + 1\n")


def test_the_attributes_that_a_class_gives_itself_are_names() -> None:
    one = "class A:\n    def __init__(self, m):\n        self.momentum = m\n"

    assert tokens(one) == tokens(one.replace("momentum", "speed"))


def test_a_common_passage_of_the_guaranteed_length_is_always_found() -> None:
    common = [f"common{number}" for number in range(LENGTH + WINDOW - 1)]
    for before in range(12):
        one = [*(f"a{number}" for number in range(before)), *common, "a"]
        other = ["b", "b", *common, *(f"b{number}" for number in range(12 - before))]

        kept = [{hashes[place] for place in winnow(hashes)} for hashes in (hashes_of(one), hashes_of(other))]

        assert kept[0] & kept[1]


def test_what_everybody_was_given_is_no_fingerprint() -> None:
    hashes = hashes_of([str(number) for number in range(40)])

    assert winnow(hashes, frozenset(hashes)) == []
    assert {hashes[place] for place in winnow(hashes, frozenset(hashes[:10]))}.isdisjoint(hashes[:10])


def test_a_file_alone_is_like_no_other() -> None:
    source = "def f(x):\n" + "".join(f"    x = x.step{n}(x) + x.other{n}(x)\n" for n in range(9))

    assert similar_pairs([document("learner01", "c", "", source, frozenset())]) == []


def test_what_all_have_says_little_about_two_of_them(course: Course) -> None:
    usual = "def f(x):\n" + "".join(
        f"    x = x.step{n}(x) + x.other{n}(x) * x.third{n}(x)\n" for n in range(9)
    )
    own = "def g(x):\n" + "".join(
        f"    x = x.way{{0}}{n}(x) - x.last{{0}}{n}(x) / x.go{{0}}{n}(x)\n" for n in range(9)
    )
    texts = [usual + own.format(letter) for letter in "abcdefgh"]
    texts.append(texts[0])

    pairs = similar_pairs([document(str(n), "c", "", text, frozenset()) for n, text in enumerate(texts)])

    assert [(pair.left.learner, pair.right.learner, pair.identical) for pair in pairs] == [("0", "8", True)]


# --- both errors ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", ["ch04", "ch08"])
def test_copies_are_told_from_independent_answers(course: Course, label: str) -> None:
    found = measure(find_chapter(course, label), pairs=4, copies=2)

    independent = found.pop("independent")
    half = found.pop("half_of_it")
    assert len(independent) == 4
    assert all(share is not None and share < THRESHOLD for share in independent)
    assert all(share is not None and share >= THRESHOLD for shares in found.values() for share in shares)
    assert min(share or 0.0 for share in half) > max(share or 0.0 for share in independent)


# --- the command ------------------------------------------------------------------------------------------


@pytest.fixture
def handed_in(tmp_path: Path, course: Course) -> Path:
    """Two who wrote for themselves, one who copied and hid it in a notebook, and an untouched stub."""
    chapter = find_chapter(course, "ch08")
    [(left, right)] = independent_pairs(chapter, 1, seed=1)
    copied = all_of_it(file_of(left), chapter)
    notebook = {
        "cells": [{"cell_type": "code", "source": copied, "metadata": {}, "outputs": []}],
        "metadata": {}, "nbformat": 4, "nbformat_minor": 5,
    }  # fmt: skip
    files = {
        f"learner01/{STEM}.py": file_of(left),
        f"learner02/{STEM}.py": file_of(right),
        f"learner03/{STEM}.ipynb": json.dumps(notebook),
        f"stub/{STEM}.py": (course.root / "exercises" / f"{STEM}.py").read_text(encoding="utf-8"),
    }
    for name, content in files.items():
        lay_down(tmp_path / "class" / name, content.encode())
    return tmp_path / "class"


def lay_down(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(content)


HOSTILE = {
    "deep": "x = " + "(" * 4000 + ")" * 4000,
    "down": "x = " + "-" * 90_000 + "1",
    "huge": "x = 1\n" * 300_000,
    "long": "def clip_by_norm(x):\n" + "    x = x.go(x, x, x) + x.on(x) * x\n" * 1_500,
    "long2": "def clip_by_norm(y):\n" + "    y = y.go(y, y, y) + y.on(y) * y\n" * 1_500,
    "none": "\0",
    "page": "def f(x):\n    return x\n# <script>alert(1)</script>\n",
}


def test_a_hidden_copy_is_shown_first_and_hostile_files_harm_nobody(
    handed_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in HOSTILE.items():
        lay_down(handed_in / name / f"{STEM}.py", text.encode())

    result = brick("similar", str(handed_in), "--json")

    assert result.exit_code == 0, result.output
    [found] = json.loads(result.stdout)["chapters"]
    assert ["learner01", "learner03"] in [pair["learners"] for pair in found["pairs"]]
    assert {name for pair in found["pairs"] for name in pair["learners"]} <= {
        "learner01",
        "learner03",
        "long",
        "long2",
    }
    assert {"page", "stub"} <= set(found["too_little"])
    assert {"deep", "down", "huge", "none"} <= {one["learner"] for one in found["unreadable"]}


def test_the_page_says_look_and_shows_both_sides(
    handed_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    result = brick("similar", str(handed_in), "--out", "pages")

    page = (tmp_path / "pages" / "similar.html").read_text(encoding="utf-8")
    assert "Look, do not convict" in page
    assert "Look, do not convict" in result.stdout
    assert "<script" not in page
    assert page.count("<mark>") > 10
    assert "learner01 and learner03" in page


def test_last_years_class_is_compared_with_this_one_and_not_with_itself(
    handed_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "now" / "learner09").mkdir(parents=True)
    copy = (handed_in / "learner01" / f"{STEM}.py").read_text(encoding="utf-8").replace("total", "altogether")
    (tmp_path / "now" / "learner09" / f"{STEM}.py").write_text(copy)

    result = brick("similar", str(tmp_path / "now"), "--archive", "class", "--json")

    [found] = json.loads(result.stdout)["chapters"]
    pairs = [(pair["learners"], pair["archives"]) for pair in found["pairs"]]
    assert sorted(pairs) == [
        (["learner09", "learner01"], ["", "class"]),
        (["learner09", "learner03"], ["", "class"]),
    ]


@pytest.mark.parametrize(("width", "scheme"), [(PHONE, "light"), (DESK, "dark")])
def test_the_page_is_accessible_fits_and_runs_nothing_of_what_it_shows(
    handed_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, width: int, scheme: str
) -> None:
    monkeypatch.chdir(tmp_path)
    hostile = "    x = x.go('<script>alert(1)</script>', x, '" + "w" * 300 + "') + x.on(x) * x\n"
    for name in ("<img src=x onerror=alert(1)>", "long2"):
        lay_down(handed_in / name / f"{STEM}.py", f"def clip_by_norm(x):\n{hostile * 40}".encode())
    assert brick("similar", str(handed_in), "--out", "pages").exit_code == 0
    file = tmp_path / "pages" / "similar.html"

    with open_browser() as browser, look_at(browser, file, width, scheme) as seen:
        seen.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        assert "onerror" in seen.page.inner_text("main")
        assert not seen.overflows
        assert seen.violations() == []
        assert (seen.asked, seen.complaints) == ([file.as_uri()], [])
