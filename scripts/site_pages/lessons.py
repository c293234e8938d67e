"""A page per chapter, from its solution: the lesson as it is, and each exercise as a card with its stub."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Iterator
from pathlib import Path

import jupytext
import yaml

from grader.course.paths import pictures_folder
from grader.course.stubs import make_stub
from grader.records import Chapter, Course, Exercise
from grader.text import unwrapped
from site_pages.facts import Facts, facts_of
from site_pages.markdown import outside_code
from site_pages.sources import lesson_source
from site_pages.words import WORDS

_PICTURE = re.compile(r"!\[[^\]\n]*\]\(\.\./pictures/(?P<stem>[\w-]+)/(?P<name>[\w-]+)\.\w+\.svg\)")
_DETAILS = re.compile(r"\s*<details><summary>(.*?)</summary>(?:<!--.*?-->)?(.*?)</details>", re.DOTALL)
FORMULAS: dict[str, str] = yaml.safe_load(
    Path(__file__).with_name("formulas.yml").read_text(encoding="utf-8")
)


def overview_page(course: Course, language: str) -> str:
    """The table of all chapters."""
    words = WORDS[language]
    lines = [
        f"# {words.lessons}",
        "",
        words.how_to_read,
        "",
        words.table_head,
        "| --- | --- | ---: | ---: | --- |",
    ]
    for chapter in course.chapters:
        names = "、" if language == "zh" else ", "
        exercises = names.join(f"`{exercise.name}`" for exercise in chapter.counted)
        title = f"[{title_of(chapter, language)}]({chapter.stem}.md)"
        lines.append(f"| {chapter.label} | {title} | {chapter.minutes} | {chapter.points:g} | {exercises} |")
    pages = (
        f"{chapter.label}: {title_of(chapter, language)} <{chapter.stem}>" for chapter in course.chapters
    )
    contents = ["", "```{toctree}", ":hidden:", "", *pages, "```", ""]
    return "\n".join([*lines, *contents])


def title_of(chapter: Chapter, language: str) -> str:
    """The chapter's title, in Chinese where it has one."""
    return chapter.title_zh or chapter.title if language == "zh" else chapter.title


def chapter_page(course: Course, chapter: Chapter, language: str, repository: str) -> str:
    """The lesson of a chapter with its exercises, in the Markdown that Sphinx reads."""
    source, spoken = lesson_source(course, chapter, language)
    stub = make_stub(source, chapter.label)
    facts = facts_of(chapter, source)
    parts: list[str] = []
    for cell in jupytext.reads(stub, fmt={"extension": ".py", "format_name": "percent"}).cells:
        if cell.cell_type == "markdown":
            parts.append(_lesson(course, cell.source, language))
        else:
            parts += _code(cell.source, chapter, facts, language)
    # The page begins with the lesson's own title; what is said about the chapter comes below it.
    title, _, rest = "\n\n".join(parts).partition("\n")
    head = _head(chapter, language, repository)
    return f"---\nshown_in: {spoken}\n---\n\n{title}\n\n{head}\n\n{rest}\n"


def _head(chapter: Chapter, language: str, repository: str) -> str:
    """How long the chapter takes, and the ways to open it."""
    words, notebook = WORDS[language], f"{chapter.stem}.{language}.ipynb"
    facts = words.chapter_facts.format(
        minutes=chapter.minutes, points=f"{chapter.points:g}", count=len(chapter.counted)
    )
    ways = [f"<a href='../../notebooks/{notebook}' download>{words.notebook}</a>"]
    if repository:
        address = f"https://colab.research.google.com/github/{repository}/blob/gh-pages/notebooks/{notebook}"
        ways.insert(0, f"<a class='colab' href='{address}'>{words.colab}</a>")
    if language == "en" and chapter.title_zh:
        facts += f" In Chinese: <span lang='zh-CN'>{chapter.title_zh}</span>."
    return f"<p class='chapter-facts'>{facts} {' · '.join(ways)}</p>\n\n{words.start.format(label=chapter.label)}"


def _lesson(course: Course, text: str, language: str) -> str:
    """A cell of text, with the pictures of this language, and answers that open."""

    def picture(link: re.Match[str]) -> str:
        name = f"{link['stem']}/{link['name']}.{language}.svg"
        svg = (pictures_folder(course.root) / name).read_text(encoding="utf-8")
        told = re.search(r"<title>(.*?)</title>", svg, re.DOTALL)
        alt = html.unescape(told[1]) if told else link["name"]
        # Not as ![...]: an alternative text may hold any character.
        return f"```{{image}} ../pictures/{name}\n:alt: {' '.join(alt.split())}\n:class: lesson-picture\n```"

    text = outside_code(_PICTURE.sub(picture, text), unwrapped)
    return _DETAILS.sub(
        lambda found: f"\n\n<details><summary>{found[1]}</summary>\n\n{found[2].strip()}\n\n</details>\n\n",
        text,
    )


def _code(text: str, chapter: Chapter, facts: dict[str, Facts], language: str) -> Iterator[str]:
    """A cell of code: each exercise in it with a heading; what is only imported is left out."""
    exercises = {exercise.name: exercise for exercise in chapter.exercises}
    lines = text.split("\n")
    for node in ast.parse(text).body:
        name = getattr(node, "name", "")
        if name in exercises:
            code = "\n".join(lines[node.lineno - 1 : node.end_lineno])
            formula = f"\n\n$$\n{FORMULAS[name]}\n$$" if name in FORMULAS else ""
            card = _card(exercises[name], facts[name], language)
            yield f"### {name}\n\n{card}{formula}\n\n```python\n{code}\n```"


def _card(exercise: Exercise, facts: Facts, language: str) -> str:
    """What is known of an exercise before it is written."""
    words = WORDS[language]
    points = words.bonus if exercise.extra else words.points.format(points=f"{exercise.points:g}")
    said = [
        words.minutes.format(minutes=facts.minutes),
        words.difficulty[facts.difficulty],
        points,
        words.builds_on(facts.needed_by, facts.tasks),
    ]
    return f"<p class='exercise-facts'>{words.between.join(said)}</p>"
