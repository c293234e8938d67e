"""Write what Sphinx reads: a folder per language with the same page names in each, so that one links to the other."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from grader.course.paths import pictures_folder
from grader.records import Course
from grader.text import unwrapped
from site_pages.contents import contents
from site_pages.lessons import chapter_page, overview_page
from site_pages.markdown import outside_code

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "build" / "site" / "source"
OUT = ROOT / "build" / "site" / "html"
LANGUAGES = {"en": "en", "zh": "zh_CN"}  # ours, and as Sphinx calls them
# Pages that lie outside docs/, and what they are called on the site.
ELSEWHERE = {"CONTRIBUTING.md": "checks.md", "SECURITY.md": "sandbox.md", "CHANGELOG.md": "changelog.md"}
ONLY_ENGLISH = ":::{note}\n本页目前只有英文。\n:::\n"
_LINK = re.compile(r"(?P<text>!?\[[^\]\n]*\])\((?!https?://|#)(?P<target>[^)#\s]+)(?P<anchor>#[^)\s]+)?\)")


def write_pages(course: Course, language: str, repository: str) -> None:
    """Write the pages of one language, and the pictures beside them.

    Args:
        language: en or zh; a page that is not there in Chinese is shown in English.
        repository: OWNER/NAME on GitHub, or empty: then a link to a file that is no page becomes its name.
    """
    folder = SOURCE / language
    (folder / "lessons").mkdir(parents=True)
    for path, name in page_names().items():
        (folder / name).write_text(_page(path, language, repository), encoding="utf-8")
    shutil.copytree(pictures_folder(course.root), folder / "pictures")
    for picture in (ROOT / "docs").glob("*.svg"):
        shutil.copy(picture, folder)
    (folder / "lessons" / "index.md").write_text(overview_page(course, language), encoding="utf-8")
    for chapter in course.chapters:
        text = chapter_page(course, chapter, language, repository)
        (folder / "lessons" / f"{chapter.stem}.md").write_text(text, encoding="utf-8")


def page_names() -> dict[str, str]:
    """Each document of the repository that is a page, by its path there, with its name on the site."""
    documents = sorted((ROOT / "docs").glob("*.md"))
    return {f"docs/{path.name}": path.name for path in documents} | ELSEWHERE


def _page(path: str, language: str, repository: str) -> str:
    """A document in this language, its links turned into those of the site."""
    translated = ROOT / "docs" / language / page_names()[path]
    source, note = (translated, "") if translated.is_file() else (ROOT / path, "")
    if language != "en" and not translated.is_file():
        note = ONLY_ENGLISH
    text = outside_code(
        source.read_text(encoding="utf-8"), lambda part: _with_links(part, source, repository)
    )
    text = outside_code(text, unwrapped)
    title, _, rest = text.partition("\n")
    front = f"---\nshown_in: {'en' if note else language}\n---\n\n"
    return f"{front}{title}\n\n{note}{rest}{contents(page_names()[path], language)}"


def _with_links(text: str, source: Path, repository: str) -> str:
    """Links between documents, as they are in the repository, turned into those between pages."""
    pages = page_names()
    pages |= {f"docs/zh/{name}": name for name in pages.values()} | {"exercises": "lessons/index.md"}

    def turned(link: re.Match[str]) -> str:
        meant = source.parent.joinpath(link["target"]).resolve()
        where = meant.relative_to(ROOT).as_posix() if meant.is_relative_to(ROOT) else link["target"]
        if where in pages:
            return f"{link['text']}({pages[where]}{link['anchor'] or ''})"
        if meant.suffix == ".svg" and meant.parent == ROOT / "docs":
            return f"{link['text']}({meant.name})"  # copied beside the pages of each language
        if link["text"].startswith("!") or not meant.exists():
            return link[0]  # a picture, or a page that is made; Sphinx says where one is missing
        if repository:
            return f"{link['text']}(https://github.com/{repository}/blob/main/{where})"
        return link["text"][1:-1]

    return _LINK.sub(turned, text)
