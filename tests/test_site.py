"""The site: every lesson and document has its page, and the pages that are built work for everybody, offline."""

from __future__ import annotations

import functools
import http.server
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsers import PHONE, look_at, open_browser

from grader.records import Course

CHECKOUT = Path(__file__).resolve().parents[1]
SCRIPTS = CHECKOUT / "scripts"
HTML = CHECKOUT / "build" / "site" / "html"


@pytest.fixture(scope="module")
def scripts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        yield


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_exercise_has_its_card_and_no_solution_on_its_lessons_page(
    scripts: None, course: Course, language: str
) -> None:
    from site_pages.lessons import chapter_page

    for chapter in course.chapters:
        page = chapter_page(course, chapter, language, repository="owner/name")
        headings = re.findall(r"^### (\w+)$", page, re.MULTILINE)
        assert sorted(headings) == sorted(exercise.name for exercise in chapter.exercises)
        assert page.count("exercise-facts") == len(chapter.exercises)
        assert page.count("raise NotImplementedError") >= len(chapter.exercises)
        assert "SOLUTION" not in page
        assert f"pictures/{chapter.stem}/" in page
        assert f"{chapter.stem}.{language}.ipynb" in page


def test_every_formula_is_one_of_an_exercise(scripts: None, course: Course) -> None:
    from site_pages.lessons import FORMULAS

    names = {exercise.name for chapter in course.chapters for exercise in chapter.exercises}

    assert FORMULAS.keys() <= names


def test_every_document_stands_in_a_menu_of_the_site(scripts: None) -> None:
    from site_pages.contents import BELOW
    from site_pages.pages import page_names

    listed = {name for pages in BELOW.values() for name in pages}

    assert {name.removesuffix(".md") for name in page_names().values()} == listed - {"lessons/index"} | {
        "index"
    }


def test_a_picture_that_lies_beside_the_documents_is_shown_on_chinese_pages_too(scripts: None) -> None:
    from site_pages.pages import _with_links

    for page in ("docs/architecture.md", "docs/zh/architecture.md"):
        text = (CHECKOUT / page).read_text(encoding="utf-8")
        assert "](rooms.svg)" in _with_links(text, CHECKOUT / page, repository="")


def test_a_notebook_brings_its_installation_and_no_solution(scripts: None, course: Course) -> None:
    import nbformat
    from site_pages.notebooks import practice_notebook

    from grader import __version__

    chapter = course.chapters[2]
    notebook = nbformat.reads(practice_notebook(course, chapter, "zh"), as_version=4)

    nbformat.validate(notebook)
    install = next(cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert f'"brickwork=={__version__}"' in install
    assert not any("SOLUTION" in cell.source for cell in notebook.cells)
    assert sum(cell.source.endswith('check("relu")') for cell in notebook.cells) == 1


# --- the built site -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The site, built and served: browsers do not search in files that they open without a server."""
    pytest.importorskip("sphinx", reason="pip install 'brickwork[site]'")
    subprocess.run([sys.executable, str(SCRIPTS / "build_site.py")], check=True, cwd=CHECKOUT)
    handler = functools.partial(_Quiet, directory=str(HTML))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.nightly
def test_every_page_is_accessible_and_asks_nobody_for_anything(address: str) -> None:
    wrong = {}
    pages = sorted(page for page in HTML.glob("*/**/*.html") if "_static" not in page.parts)
    with open_browser() as browser:
        for number, page in enumerate(pages):
            scheme, width = ("light", "dark")[number % 2], (PHONE, 1280)[number // 2 % 2]
            with look_at(browser, f"{address}/{page.relative_to(HTML)}", width, scheme) as seen:
                elsewhere = [asked for asked in seen.asked if not asked.startswith((address, "data:"))]
                found = [*seen.violations(), *elsewhere, *(["too wide"] if seen.overflows else [])]
                wrong |= {str(page.relative_to(HTML)): found} if found else {}
    assert wrong == {}


@pytest.mark.nightly
def test_what_stands_around_a_chinese_page_is_chinese(address: str) -> None:
    page = (HTML / "zh" / "scale.html").read_text(encoding="utf-8")
    around = re.sub(r"<(article|script)\b.*?</\1>", "", page, flags=re.DOTALL)

    told = re.findall(r'(?:aria-label|placeholder|title)="([^"]+)"', around)
    told += re.findall(r'class="copyright"[^>]*>([^<]+)<', around)

    assert [words for words in told if not re.search("[\u4e00-\u9fff]", words)] == []
    assert any("许可证" in words for words in told)


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("language", "words"), [("zh", "归一化"), ("en", "归一化"), ("en", "layer norm"), ("zh", "layer norm")]
)
def test_the_search_finds_the_chapter_on_normalization(address: str, language: str, words: str) -> None:
    with (
        open_browser() as browser,
        look_at(browser, f"{address}/{language}/search.html?q={words}") as seen,
    ):
        found = seen.page.locator("ul.search a[href*=ch11_normalization]")
        found.first.wait_for(timeout=20_000)
        assert found.count()
